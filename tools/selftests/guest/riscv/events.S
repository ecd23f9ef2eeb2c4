/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that is interrupted in all sorts of places: riscv_delivery.c. */
#include "common.h"
#include "traps.h"

	.option	norvc

	entry	spin
	nop
	j	spin

	entry	finish
	li	a7, SBI_HVC
	entry	done
	ecall
	j	finish

/* Each way to let interrupts in: they come right behind it. */
.macro WAY name, insn:vararg
	entry	\name
	\insn
	.globl	\name\()_after
\name\()_after:
	nop
	j	finish
.endm
	WAY	by_set, csrsi sstatus, SSTATUS_SIE
	WAY	by_set_register, csrs sstatus, a2
	WAY	by_write, csrw sstatus, a2
	WAY	by_swap, csrrw a5, sstatus, a2
	WAY	by_enable, csrw sie, a3
	WAY	by_enable_set, csrs sie, a3

/* a1 is where it goes, a2 the sstatus with which */
	entry	by_return
	csrw	sepc, a1
	csrw	sstatus, a2
	sret
	entry	returned
	nop
	j	finish

/* off, and for a while */
	entry	stays_off
	csrci	sstatus, SSTATUS_SIE
	nop
	nop
	j	finish

	entry	invalid
	unimp

/* counts in memory, without the test: a3 are the interrupts enabled */
.macro counting
	la	t0, count_handler
	csrw	stvec, t0
	csrw	sie, a3
	li	s0, GUEST_DATA
	csrsi	sstatus, SSTATUS_SIE
	li	s1, 1
	sw	s1, (s0)
.endm
	entry	count_spin
	counting
1:	lw	s1, 8(s0)
	addiw	s1, s1, 1
	sw	s1, 8(s0)
	j	1b

	entry	count_halt
	counting
1:	wfi
	lw	s1, 12(s0)
	addiw	s1, s1, 1
	sw	s1, 12(s0)
	j	1b

/* interrupts at 4; an external one is over when the test has lowered the line */
	entry	count_handler
	csrr	t0, scause
	li	t1, GUEST_DATA
	bgez	t0, count_exception
	csrci	sip, SIE_SOFT
	lw	t2, 4(t1)
	addiw	t2, t2, 1
	sw	t2, 4(t1)
1:	csrr	t0, sip
	andi	t0, t0, SIE_EXT
	bnez	t0, 1b
	sret

/* exceptions at 16; those of an instruction would be made again */
count_exception:
	lw	t2, 16(t1)
	addiw	t2, t2, 1
	sw	t2, 16(t1)
	sret

/* a table of stvec's vectored mode: t6 tells by which entry it was come */
	.balign	256
	entry	vectors
	.rept	16
	jal	t6, vectored
	.endr
vectored:
	hvc
	j	vectored

	.balign	4096
	TRAPS
