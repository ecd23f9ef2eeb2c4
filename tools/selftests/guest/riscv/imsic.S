/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests with IMSICs: riscv_imsic.c. s0 is the vCPU's block, found by the hart id in a0.
 */
#include "common.h"
#include "guest/imsic.h"

/* by number: the assembler need not know them */
#define CSR_SISELECT	0x150
#define CSR_SIREG	0x151
#define CSR_STOPEI	0x15c

#define EIDELIVERY	0x70
#define EITHRESHOLD	0x72
#define EIP0		0x80
#define EIE0		0xc0

.macro select nr
	li	t0, \nr
	csrw	CSR_SISELECT, t0
.endm

/* s1: block of vCPU s6, s7: its page */
.macro other
	slli	s1, s6, IMSIC_SHIFT
	li	t0, IMSIC_BLOCKS
	add	s1, s1, t0
	slli	s7, s6, 12
	li	t0, IMSIC_PAGES
	add	s7, s7, t0
.endm

.macro own_block
	mv	s6, a0
	other
	mv	s0, s1
	mv	s8, s6
.endm

.macro irqs_on
	la	t0, irq
	csrw	stvec, t0
	li	t0, SIE_EXT
	csrw	sie, t0
	csrsi	sstatus, SSTATUS_SIE
	li	t0, 1
	fence
	sw	t0, IMSIC_READY(s0)
.endm

/* all identities up to 63, of any priority */
.macro file_on
	select	EITHRESHOLD
	csrw	CSR_SIREG, zero
	select	EIE0
	li	t0, -2
	csrw	CSR_SIREG, t0
	select	EIDELIVERY
	li	t0, 1
	csrw	CSR_SIREG, t0
.endm

.macro wait_go
	li	t1, IMSIC_GO
1:	lw	t0, (t1)
	beqz	t0, 1b
.endm

/* MSI s9 to vCPU s6, noted before */
.macro send
	slli	t2, s9, 2
	add	t2, t2, s1
	addi	t2, t2, IMSIC_POSTED
	li	t1, 1
	amoadd.w.aqrl zero, t1, (t2)
	fence
	sw	s9, (s7)
.endm

/*
 * IMSIC_ROUNDS MSIs to any of the others that have taken the last one from here, each with
 * the sender's own identity
 */
	entry	storm
	own_block
	file_on
	irqs_on
	wait_go
	addi	s9, s8, 1
	mv	s4, s0
	li	s5, 1103515245
	li	s10, 12345
	li	s2, 0
2:	mulw	s4, s4, s5
	addw	s4, s4, s10
	srliw	s6, s4, 16
	li	t0, IMSIC_CPUS
	lwu	t0, (t0)
	remu	s6, s6, t0
	beq	s6, s8, 2b
	other
	slli	t0, s9, 2
	add	t0, t0, s1
	lw	t0, IMSIC_POSTED(t0)
	bnez	t0, 2b
	send
	addi	s2, s2, 1
	sw	s2, IMSIC_SENT(s0)
	li	t0, IMSIC_ROUNDS
	lw	t0, (t0)
	bne	s2, t0, 2b
3:	wfi
	j	3b

/* To vCPU 1, each identity in turn; all of them taken before the next round */
	entry	each
	own_block
	file_on
	irqs_on
	wait_go
	li	s6, 1
	other
	li	s2, 0
	li	s3, 0
4:	li	s9, 1
5:	send
	addi	s3, s3, 1
	addi	s9, s9, 1
	li	t0, IMSIC_IDS
	bne	s9, t0, 5b
6:	lw	t0, IMSIC_IRQS(s1)
	bne	t0, s3, 6b
	addi	s2, s2, 1
	li	t0, IMSIC_ROUNDS
	lw	t0, (t0)
	bne	s2, t0, 4b
7:	li	a6, IMSIC_CALL_DONE
	hvc
	j	7b

/* MSI a1 to vCPU a2, IMSIC_ROUNDS times */
	entry	burst
	mv	s9, a1
	mv	s6, a2
	other
	li	s2, 0
	li	t3, IMSIC_ROUNDS
	lw	t3, (t3)
8:	sw	s9, (s7)
	addi	s2, s2, 1
	bne	s2, t3, 8b
	j	7b

/* Waits, with interrupts on, and counts how often that ends. */
	entry	idle
	own_block
	file_on
	irqs_on
9:	wfi
	lw	t0, IMSIC_WAKES(s0)
	addiw	t0, t0, 1
	sw	t0, IMSIC_WAKES(s0)
	j	9b

/* the same with the file as it is */
	entry	idle_as_is
	own_block
	irqs_on
	j	9b

/* Goes round and round. */
	entry	busy
	own_block
	file_on
	irqs_on
10:	lw	t0, IMSIC_WAKES(s0)
	addiw	t0, t0, 1
	sw	t0, IMSIC_WAKES(s0)
	j	10b

/* What the file's registers are: a0 to a4 */
	entry	look
	select	EIDELIVERY
	csrr	a0, CSR_SIREG
	select	EITHRESHOLD
	csrr	a1, CSR_SIREG
	select	EIP0
	csrr	a2, CSR_SIREG
	select	EIE0
	csrr	a3, CSR_SIREG
	csrr	a4, CSR_STOPEI
	j	7b

/* The registers get a1 to a4. */
	entry	set
	select	EIDELIVERY
	csrw	CSR_SIREG, a1
	select	EITHRESHOLD
	csrw	CSR_SIREG, a2
	select	EIP0
	csrw	CSR_SIREG, a3
	select	EIE0
	csrw	CSR_SIREG, a4
	j	7b

/* Accesses of all kinds to a1, of a2. */
.macro access name, insn:vararg
	entry	\name
	la	t0, trap
	csrw	stvec, t0
	\insn
	j	7b
.endm
	access	store_1, sb a2, (a1)
	access	store_2, sh a2, (a1)
	access	store_4, sw a2, (a1)
	access	store_8, sd a2, (a1)
	access	load_1, lbu a2, (a1)
	access	load_4, lw a2, (a1)
	access	load_8, ld a2, (a1)
	access	amo, amoadd.w a2, a2, (a1)

	.balign	4
trap:	csrr	a0, scause
	csrr	a1, stval
	li	a6, IMSIC_CALL_TRAP
	hvc
	j	trap

/* t3 to t6 are lost */
	.balign	4
irq:	csrrw	t4, CSR_STOPEI, zero
	beqz	t4, 12f
	srli	t4, t4, 16
	fence
	slli	t4, t4, 2
	add	t4, t4, s0
	addi	t3, t4, IMSIC_POSTED
	amoswap.w.aqrl t5, zero, (t3)
	lw	t6, IMSIC_TAKEN(s0)
	addw	t6, t6, t5
	sw	t6, IMSIC_TAKEN(s0)
	lw	t6, IMSIC_COUNT(t4)
	addiw	t6, t6, 1
	sw	t6, IMSIC_COUNT(t4)
	lw	t6, IMSIC_IRQS(s0)
	addiw	t6, t6, 1
	fence
	sw	t6, IMSIC_IRQS(s0)
	j	irq
12:	sret
