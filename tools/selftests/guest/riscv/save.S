/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program whose result depends on everything a vCPU holds, with an exit of every
 * kind on its way: exit_save.c moves it to another vCPU at each of them. s11 gathers
 * the result; s10 counts what went wrong.
 */
#include "common.h"
#include "traps.h"

	.option	norvc

#define BUFFER	(GUEST_DATA + 0x1000)
#define RESULT	GUEST_DATA
#define RO_PAGE	0x100000
#define CSR	0x5c0

.macro mix reg
	slli	t0, s11, 7
	srli	s11, s11, 57
	or	s11, s11, t0
	xor	s11, s11, \reg
	fmv.x.d	t0, f2
	add	t0, t0, s11
	fmv.d.x	f2, t0
	fmv.d	f31, f2
.endm

/* Time never goes back, whoever runs this. */
.macro clock
	rdtime	t0
	bgeu	t0, s9, 1f
	addi	s10, s10, 1
1:	mv	s9, t0
.endm

	entry	start
	li	t0, 0x2000		/* FS: initial */
	csrs	sstatus, t0
	csrw	sie, SIE_SOFT
	csrw	fcsr, 0x1f
	li	t0, 0x0123456789abcdef
	fmv.d.x	f2, t0
	fmv.d.x	f0, t0
	li	t0, 0x7007
	csrw	scounteren, t0
	li	s10, 0
	li	s9, 0
	li	s11, 0x1f2e3d4c5b6a7988
	li	s8, 2
	li	tp, 0x4242
	li	gp, 0x7777000

again:	clock
	li	a6, 1
	hvc				/* the test raises the line here */
	mix	a0
	clock
	li	t1, GUEST_MMIO
	ld	t2, (t1)
	mix	t2
	lh	t2, 0x12(t1)
	mix	t2
	sd	s11, 8(t1)
	fmv.d.x	f3, s11
	fsd	f3, 0x10(t1)
	flw	f4, 0x18(t1)
	fmv.x.d	t2, f4
	mix	t2
	csrr	t2, CSR
	mix	t2
	csrw	CSR, s11
	csrrw	t2, CSR, s10
	mix	t2
	clock
	csrsi	sstatus, SSTATUS_SIE
	nop				/* the interrupt comes before this */
	csrci	sstatus, SSTATUS_SIE
	mix	s11
	wfi
	mix	tp
	unimp				/* the test skips it in sepc */
	mix	gp
	li	t1, RO_PAGE
	sd	s11, (t1)		/* the test makes it writable */
	ld	t2, (t1)
	mix	t2
	clock
	addi	s8, s8, -1
	bnez	s8, again

	csrr	t1, scounteren
	mix	t1
	csrr	t1, stvec
	mix	t1
	csrr	t1, sie
	mix	t1
	csrr	t1, sstatus
	mix	t1
	frcsr	t1
	mix	t1
	fmv.x.d	t1, f0
	mix	t1
	li	t1, BUFFER
	fsd	f31, (t1)
	sd	sp, 8(t1)
	li	t1, RESULT
	sd	s11, (t1)
	sd	s10, 8(t1)
	li	a6, 2
	li	a7, SBI_HVC
	entry	finish
	ecall
	j	finish

/* halted, for as long as nothing comes; then a mark */
	entry	halted
	csrw	sie, SIE_SOFT
	csrsi	sstatus, SSTATUS_SIE
	wfi
	entry	halted_next
	li	t0, RESULT
	li	t1, 0x600d
	sw	t1, (t0)
	li	a7, SBI_HVC
	entry	halted_done
	ecall
	j	halted_done

	TRAPS
