/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that reads or writes everything a hart holds: regs_riscv.c. s0 is the area of
 * state.h, and the only register that is not loaded.
 */
#include "common.h"
#include "state_asm.h"
#include "traps.h"

	.option	norvc

	entry	done
	li	a6, 0			/* a number of a call, whatever it was */
	hvc
	j	done

/* all of it to memory */
	entry	dump
	dump_state
	j	done

/* all of it from memory, and an exit that changes nothing */
	entry	load
	fp_on
	load_state
	entry	loaded
	ecall
	j	loaded

/* from memory, something in the middle, and to memory */
.macro AROUND name, insn:vararg
	entry	around_\name
	fp_on
	load_state
	entry	at_\name
	\insn
	entry	after_\name
	dump_state
	j	done
.endm

	AROUND	hypercall, ecall
	AROUND	write, sd a2, (a1)
	AROUND	read, ld a2, (a1)
	AROUND	memory, ld a2, (a1)
	AROUND	halt, wfi
	AROUND	csr, csrw 0x5c0, a2
	AROUND	float, fsd f7, (a1)
	AROUND	spin, j .

/*
 * For ever: from memory, some time in U-mode's or the host's reach, to memory, and a
 * comparison. The first that differs ends it.
 */
	entry	guard
	fp_on
6:	load_state
	li	t6, 20000
1:	addi	t6, t6, -1
	bnez	t6, 1b
	ld	t6, STATE_LOAD + 8 * 31(s0)
	dump_state
	compare_state wrong, wrong
	ld	t0, STATE_ROUNDS(s0)
	addi	t0, t0, 1
	sd	t0, STATE_ROUNDS(s0)
	j	6b

	entry	wrong
	li	a6, 0
	hvc
	j	wrong

/* junk into everything that is the host's too, then out */
	entry	scribble
	fp_on
	load_state
	li	a6, 0
	li	a7, SBI_HVC
	ecall
	j	scribble

	TRAPS
