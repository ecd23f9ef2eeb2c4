/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that makes exits: exit_*.c. Each piece ends at done. The test loads registers
 * itself and jumps to the piece it wants.
 */
#include "common.h"
#include "traps.h"

/* One instruction between NAME and NAME_end, then the end. */
.macro INSN name, insn:vararg
	entry	\name
	\insn
	.globl	\name\()_end
\name\()_end:
	b	finish
.endm

	entry	finish
	entry	done
	exit
	b	finish

	INSN	hypercall, hvc #1
	INSN	smccc, hvc #0

/* ---- MMIO: x1 points to a hole ---------------------------------------------------- */

	INSN	read8, ldrb w7, [x1]
	INSN	read16, ldrh w4, [x1, #2]
	INSN	read32, ldr w5, [x1, #4]
	INSN	read64, ldr x28, [x1, #8]
	INSN	read_sx8, ldrsb x0, [x1]
	INSN	read_sx16, ldrsh x9, [x1]
	INSN	read_sx32, ldrsw x10, [x1]
	INSN	read_none, ldr wzr, [x1]
	INSN	read_pair, ldp x7, x8, [x1]
	INSN	read_post, ldr x7, [x1], #8
	INSN	read_f32, ldr s10, [x1]
	INSN	read_f64, ldr d31, [x1, #8]
	INSN	read_f128, ldr q3, [x1, #16]
	INSN	write8, strb w2, [x1]
	INSN	write16, strh w4, [x1, #2]
	INSN	write32, str w5, [x1, #4]
	INSN	write64, str x28, [x1, #8]
	INSN	write_zero, str xzr, [x1]
	INSN	write_pair, stp x4, x5, [x1]
	INSN	write_pre, str x4, [x1, #8]!
	INSN	write_f32, str s10, [x1, #4]
	INSN	write_f64, str d31, [x1]
	INSN	write_f128, str q3, [x1, #16]

/* ---- what is not decoded -------------------------------------------------------- */

	INSN	reserve, ldxr w7, [x1]
	INSN	straddle, stur x2, [x1, #0xfc]

/* not by one instruction: not every CPU has those that could */
	entry	modify
	ldxr	w7, [x1]
	add	w7, w7, w2
	stxr	w8, w7, [x1]
	.globl	modify_end
modify_end:
	cbnz	w8, modify
	b	finish

/* ---- system registers ----------------------------------------------------------------- */

/* one that the architecture leaves to the implementation */
	INSN	sys_read, mrs x4, S3_0_C15_C7_7
	INSN	sys_write, msr S3_0_C15_C7_7, x2

/* ---- the rest -------------------------------------------------------------------------- */

	INSN	halt, wfi
	INSN	write_ro, str w2, [x1]
	INSN	jump_out, br x1
	INSN	invalid, udf #0
	INSN	breakpoint, brk #0
	INSN	load, ldr w2, [x1]

/* interrupts are on: at once */
	entry	irqs_on
	msr	daifclr, #2
	entry	irqs_open
	nop
	b	finish

/* halted until something comes */
	entry	halt_if
	gic_on	x9
	msr	daifclr, #2
	wfi
	entry	halt_if_end
	li	x9, GUEST_DATA
	ldr	w10, [x9]
	add	w10, w10, #1
	str	w10, [x9]
	b	finish

	entry	spin
	nop
	b	spin

	entry	spin_if
	msr	daifclr, #2
	li	x9, GUEST_DATA
1:	ldr	w10, [x9]
	add	w10, w10, #1
	str	w10, [x9]
	b	1b

/* no handler, and nothing where it would be: a fault for ever */
	entry	triple
	msr	vbar_el1, xzr
	isb
	entry	triple_at
	udf	#0

	TRAPS
