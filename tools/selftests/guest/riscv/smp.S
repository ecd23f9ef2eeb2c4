/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests of many vCPUs: smp_storm.c. s0 is the vCPU's block, found by the hart id in
 * a0. Starts, stops and IPIs are SBI's.
 */
#include "common.h"
#include "smp.h"

#define SBI_IPI		0x735049
#define SBI_HSM		0x48534d

/* s1: block of vCPU s6 */
.macro other_block
	slli	s1, s6, SMP_BLOCK_SHIFT
	li	t0, SMP_BLOCKS
	add	s1, s1, t0
.endm

.macro own_block
	mv	s6, a0
	other_block
	mv	s0, s1
.endm

.macro own_irqs
	own_block
	la	t0, irq
	csrw	stvec, t0
	csrw	sie, SIE_SOFT
.endm

/* to vCPU s6 */
.macro ipi
	li	a0, 1
	mv	a1, s6
	li	a6, 0
	li	a7, SBI_IPI
	ecall
	bnez	a0, wrong
.endm

/* Do what follows, up to next_other, for vCPUs 1, 2 ... in s6. */
.macro each_other
	li	s6, 1
5:	other_block
.endm

.macro next_other
	addi	s6, s6, 1
	li	t0, SMP_CPUS
	lw	t0, (t0)
	bne	s6, t0, 5b
.endm

/* Until the other's word is @reg. */
.macro wait_for word, reg
1:	lw	t0, \word(s1)
	bne	t0, \reg, 1b
.endm

/* vCPU 0. s2: rounds made, s3: IPIs that each of the others has had */
	entry	boot
	own_irqs
	li	s2, 0
	li	s3, 0
round:	addi	s2, s2, 1
	each_other
1:	mv	a0, s6
	la	a1, secondary
	mv	a2, s2
	li	a6, 0
	li	a7, SBI_HSM
	ecall
	/* it is on its way to its stop: already available */
	li	t0, -6
	beq	a0, t0, 1b
	bnez	a0, wrong
	next_other
	each_other
	wait_for SMP_STARTS, s2
	next_other

	li	s4, SMP_IPIS_A_ROUND
2:	addi	s3, s3, 1
	each_other
	ipi
	next_other
	each_other
	wait_for SMP_IPIS, s3
	next_other
	addi	s4, s4, -1
	bnez	s4, 2b

	addi	s3, s3, 1
	each_other
	sw	s3, SMP_WANT(s1)
	fence
	sw	s2, SMP_ORDER(s1)
	fence
	ipi
	next_other
	each_other
	wait_for SMP_IPIS, s3
	next_other
	li	t0, SMP_ROUNDS
	lw	t0, (t0)
	bne	s2, t0, round
9:	li	a6, SMP_CALL_DONE
	hvc
	j	9b

	entry	secondary
	own_irqs
	lw	s2, SMP_STARTS(s0)
	addiw	s2, s2, 1
	sw	s2, SMP_STARTS(s0)
1:	csrci	sstatus, SSTATUS_SIE
	lw	t0, SMP_ORDER(s0)
	bne	t0, s2, 2f
	fence
	lw	t0, SMP_WANT(s0)
	lw	t1, SMP_IPIS(s0)
	beq	t0, t1, 3f
2:	wfi
	csrsi	sstatus, SSTATUS_SIE
	j	1b
3:	li	a6, 1
	li	a7, SBI_HSM
	ecall
wrong:	li	a6, 0x666
	hvc
	j	wrong

/* IPIs from each to each: SMP_ROUNDS of them from every vCPU, with those to come still
 * served after that
 */
	entry	storm
	own_irqs
	csrsi	sstatus, SSTATUS_SIE
	li	t0, 1
	sw	t0, SMP_READY(s0)
	li	t1, SMP_GO
1:	lw	t0, (t1)
	beqz	t0, 1b
	mv	s4, s0
	li	s5, 1103515245
	li	s7, 12345
	li	s2, 0
2:	mulw	s4, s4, s5
	addw	s4, s4, s7
	srliw	s6, s4, 16
	andi	s6, s6, 3
	other_block
	beq	s0, s1, 2b
	addi	t0, s1, SMP_POSTED
	li	t1, 1
	amoadd.w.aqrl zero, t1, (t0)
	ipi
	addi	s2, s2, 1
	sw	s2, SMP_SENT(s0)
	li	t0, SMP_ROUNDS
	lw	t0, (t0)
	bne	s2, t0, 2b
3:	wfi
	j	3b

/* t3 to t6 are lost */
	entry	irq
	csrci	sip, SIE_SOFT
	fence
	addi	t3, s0, SMP_POSTED
	amoswap.w.aqrl t4, zero, (t3)
	lw	t5, SMP_TAKEN(s0)
	addw	t5, t5, t4
	sw	t5, SMP_TAKEN(s0)
	lw	t5, SMP_IPIS(s0)
	addiw	t5, t5, 1
	sw	t5, SMP_IPIS(s0)
	sret

	entry	count
	own_block
1:	lw	t0, SMP_COUNT(s0)
	addiw	t0, t0, 1
	sw	t0, SMP_COUNT(s0)
	j	1b

	entry	hello
	li	t0, SMP_CAME
	li	t1, 1
	amoadd.w zero, t1, (t0)
1:	wfi
	j	1b

	entry	idle
	own_irqs
	csrsi	sstatus, SSTATUS_SIE
	li	t0, 1
	sw	t0, SMP_READY(s0)
1:	wfi
	lw	t0, SMP_COUNT(s0)
	addiw	t0, t0, 1
	sw	t0, SMP_COUNT(s0)
	j	1b
