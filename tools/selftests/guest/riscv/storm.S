/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests under a storm of interrupts: the handler counts by cause at GUEST_DATA,
 * and takes what GUEST_POSTED says was meant by it over to GUEST_TAKEN. And one that
 * computes, so that every register that goes wrong is seen in the result.
 */
#include "common.h"
#include "storm.h"

.macro storm_start
	la	t0, storm_handlers
	csrw	stvec, t0
	csrw	sie, SIE_SOFT
	csrsi	sstatus, SSTATUS_SIE
	li	s0, GUEST_READY
	li	t0, 1
	sw	t0, (s0)
.endm

	entry	storm_spin
	storm_start
1:	j	1b

	entry	storm_halt
	storm_start
1:	wfi
	j	1b

/* interrupts on and off, exits to the VMM and such as the kernel serves */
	entry	storm_mixed
	storm_start
	li	s1, 0
1:	csrci	sstatus, SSTATUS_SIE
	addi	s1, s1, 1
	mv	a0, s1
	sync
	csrsi	sstatus, SSTATUS_SIE
	nop
	li	a7, 0x10		/* the version of the SBI */
	li	a6, 0
	ecall
	wfi
	csrrci	a0, sstatus, SSTATUS_SIE
	nop
	csrs	sstatus, a0
	j	1b

/* t3 to t6 are lost */
	entry	storm_handlers
	csrr	t3, scause
	slli	t3, t3, 2		/* the top bit goes */
	li	t4, GUEST_DATA
	add	t3, t3, t4
	csrci	sip, SIE_SOFT
	lw	t4, (t3)
	addiw	t4, t4, 1
	sw	t4, (t3)
	/* what was posted before the interrupt was taken back is seen here */
	fence
	li	t3, GUEST_POSTED
	amoswap.w.aqrl t4, zero, (t3)
	lw	t5, GUEST_TAKEN - GUEST_POSTED(t3)
	addw	t5, t5, t4
	sw	t5, GUEST_TAKEN - GUEST_POSTED(t3)
	sret

/*
 * a4: a block of COMPUTE_* words. Forever: COMPUTE_ROUNDS steps in registers of
 * each kind, the results to the block, an exit.
 */
	entry	compute
	li	t0, 0x2000		/* FS: initial */
	csrs	sstatus, t0
	fcvt.d.w f20, zero
	fmv.d.x	f0, zero
	li	s2, COMPUTE_MUL
	li	s3, COMPUTE_ADD
	ld	s4, COMPUTE_VALUE(a4)
1:	li	s5, COMPUTE_ROUNDS
2:	mul	s4, s4, s2
	add	s4, s4, s3
	slli	t1, s4, 13
	srli	s4, s4, 51
	or	s4, s4, t1
	/* any pattern of bits survives in these */
	fmv.d.x	f1, s4
	fmv.x.d	t1, f1
	fmv.x.d	t2, f0
	add	t1, t1, t2
	fmv.d.x	f0, t1
	slli	t1, s4, 48
	srli	t1, t1, 48
	fcvt.d.w f21, t1
	fadd.d	f20, f20, f21
	addi	s5, s5, -1
	bnez	s5, 2b
	sd	s4, COMPUTE_VALUE(a4)
	fsd	f0, COMPUTE_SUM(a4)
	fcvt.l.d t1, f20
	sd	t1, COMPUTE_FSUM(a4)
	sync
	j	1b

/* says what is in memory, again and again */
	entry	tell
	li	t0, GUEST_DATA
	li	t1, GUEST_SYNC
1:	lw	a0, (t0)
	sw	a0, (t1)
	j	1b
