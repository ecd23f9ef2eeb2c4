/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that makes exits: exit_*.c. Each piece ends at done. The test loads registers
 * itself (a7 with SBI_HVC among them) and jumps to the piece it wants.
 */
#include "common.h"
#include "traps.h"

	.option	norvc

/* One instruction between NAME and NAME_end, then the end. */
.macro INSN name, insn:vararg
	entry	\name
	\insn
	.globl	\name\()_end
\name\()_end:
	j	finish
.endm

/* The same, of two bytes. */
.macro CINSN name, insn:vararg
	.option	push
	.option	rvc
	entry	\name
	\insn
	.globl	\name\()_end
\name\()_end:
	j	finish
	.option	pop
	.balign	4
.endm

	entry	finish
	li	a7, SBI_HVC
	entry	done
	ecall
	j	finish

	INSN	hypercall, ecall

/* ---- MMIO: a1 points to a hole ---------------------------------------------------- */

	INSN	read8, lbu t1, 0(a1)
	INSN	read16, lhu a4, 2(a1)
	INSN	read32, lwu a5, 4(a1)
	INSN	read64, ld t6, 8(a1)
	INSN	read_sx8, lb a0, 0(a1)
	INSN	read_sx16, lh s1, 0(a1)
	INSN	read_sx32, lw t3, 0(a1)
	INSN	read_none, lw zero, 0(a1)
	INSN	read_f32, flw f10, 0(a1)
	INSN	read_f64, fld f31, 8(a1)
	INSN	write8, sb a2, 0(a1)
	INSN	write16, sh a4, 2(a1)
	INSN	write32, sw a5, 4(a1)
	INSN	write64, sd t6, 8(a1)
	INSN	write_zero, sd zero, 0(a1)
	INSN	write_f32, fsw f10, 4(a1)
	INSN	write_f64, fsd f31, 0(a1)
	CINSN	read_c32, c.lw a2, 4(a1)
	CINSN	read_c64, c.ld a2, 8(a1)
	CINSN	write_c32, c.sw a2, 4(a1)
	CINSN	write_c64, c.sd a2, 8(a1)
	CINSN	read_cf64, c.fld f10, 8(a1)
	CINSN	write_cf64, c.fsd f10, 8(a1)

/* ---- what is not decoded -------------------------------------------------------- */

	INSN	modify, amoadd.w a4, a2, (a1)
	INSN	reserve, lr.w a4, (a1)
	INSN	straddle, sd a2, 0x7fc(a1)

/* ---- CSRs -------------------------------------------------------------------------- */

/* one for S-mode that nobody has, to be read and written */
	INSN	csr_read, csrr a4, 0x5c0
	INSN	csr_write, csrw 0x5c0, a2
	INSN	csr_swap, csrrw a4, 0x5c0, a2

/* ---- the rest -------------------------------------------------------------------------- */

	INSN	halt, wfi
	INSN	write_ro, sw a2, 0(a1)
	INSN	jump_out, jr a1
	INSN	invalid, unimp
	INSN	breakpoint, ebreak
	CINSN	c_breakpoint, c.ebreak
	INSN	load, lwu a2, 0(a1)

/* interrupts are on: at once */
	entry	irqs_on
	csrsi	sstatus, SSTATUS_SIE
	entry	irqs_open
	nop
	j	finish

/* halted until something comes */
	entry	halt_if
	li	t0, SIE_SOFT | SIE_EXT
	csrw	sie, t0
	csrsi	sstatus, SSTATUS_SIE
	wfi
	entry	halt_if_end
	li	t0, GUEST_DATA
	lw	t1, (t0)
	addiw	t1, t1, 1
	sw	t1, (t0)
	j	finish

	entry	spin
	nop
	j	spin

	entry	spin_if
	csrsi	sstatus, SSTATUS_SIE
	li	t0, GUEST_DATA
1:	lw	t1, (t0)
	addiw	t1, t1, 1
	sw	t1, (t0)
	j	1b

/* no handler, and no memory where it would be: a fault for ever */
	entry	triple
	csrw	stvec, zero
	entry	triple_at
	unimp

	TRAPS
