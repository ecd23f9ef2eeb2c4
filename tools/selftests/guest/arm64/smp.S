/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests of many vCPUs: smp_storm.c. x19 is the vCPU's block, found by MPIDR_EL1. Starts
 * and stops are PSCI's, IPIs are SGI 1.
 */
#include "common.h"
#include "smp.h"

#define CPU_OFF		0x84000002
#define CPU_ON		0xc4000003
#define ALREADY_ON	4
#define SGI_1		(1 << 24)

/* x20: block of vCPU x26 */
.macro other_block
	li	x9, SMP_BLOCKS
	add	x20, x9, x26, lsl #SMP_BLOCK_SHIFT
.endm

.macro own_block
	mrs	x26, mpidr_el1
	and	x9, x26, #0xf
	ubfx	x26, x26, #8, #8
	add	x26, x9, x26, lsl #4
	other_block
	mov	x19, x20
.endm

.macro own_irqs
	own_block
	irqs_to	vectors, x9
.endm

/* PSCI starts a CPU without. */
.macro mmu_on
	mov	x9, #0xff
	msr	mair_el1, x9
	li	x9, 0x200803510
	msr	tcr_el1, x9
	li	x9, GUEST_PML4
	msr	ttbr0_el1, x9
	isb
	li	x9, 0x34d5d81d
	msr	sctlr_el1, x9
	isb
.endm

/* to vCPU x26, below 16 */
.macro ipi
	mov	x0, #1
	lsl	x0, x0, x26
	orr	x0, x0, #SGI_1
	dsb	ishst
	msr	ICC_SGI1R_EL1, x0
	isb
.endm

/* Do what follows, up to next_other, for vCPUs 1, 2 ... in x26. */
.macro each_other
	mov	x26, #1
5:	other_block
.endm

.macro next_other
	add	x26, x26, #1
	li	x9, SMP_CPUS
	ldr	w9, [x9]
	cmp	w26, w9
	b.ne	5b
.endm

/* Until the other's word is @reg. */
.macro wait_for word, reg
1:	ldr	w9, [x20, #\word]
	cmp	w9, \reg
	b.ne	1b
.endm

/* vCPU 0. x22: rounds made, x23: IPIs that each of the others has had */
	entry	boot
	own_irqs
	mov	x22, #0
	mov	x23, #0
round:	add	x22, x22, #1
	each_other
1:	li	x0, CPU_ON
	mov	x1, x26
	adr	x2, secondary
	mov	x3, x22
	hvc	#0
	/* it is on its way to its stop */
	cmn	x0, #ALREADY_ON
	b.eq	1b
	cbnz	x0, wrong
	next_other
	each_other
	wait_for SMP_STARTS, w22
	next_other

	mov	x24, #SMP_IPIS_A_ROUND
2:	add	x23, x23, #1
	each_other
	ipi
	next_other
	each_other
	wait_for SMP_IPIS, w23
	next_other
	subs	x24, x24, #1
	b.ne	2b

	add	x23, x23, #1
	each_other
	str	w23, [x20, #SMP_WANT]
	dmb	ish
	str	w22, [x20, #SMP_ORDER]
	ipi
	next_other
	each_other
	wait_for SMP_IPIS, w23
	next_other
	li	x9, SMP_ROUNDS
	ldr	w9, [x9]
	cmp	w22, w9
	b.ne	round
9:	mov	x0, #SMP_CALL_DONE
	exit
	b	9b

	entry	secondary
	mmu_on
	own_irqs
	ldr	w22, [x19, #SMP_STARTS]
	add	w22, w22, #1
	str	w22, [x19, #SMP_STARTS]
1:	msr	daifset, #2
	ldr	w9, [x19, #SMP_ORDER]
	cmp	w9, w22
	b.ne	2f
	dmb	ish
	ldr	w9, [x19, #SMP_WANT]
	ldr	w10, [x19, #SMP_IPIS]
	cmp	w9, w10
	b.eq	3f
2:	wfi
	msr	daifclr, #2
	b	1b
3:	li	x0, CPU_OFF
	hvc	#0
	entry	wrong
	mov	x0, #0x666
	exit
	b	wrong

/* IPIs from each to each: SMP_ROUNDS of them from every vCPU, with those to come still
 * served after that
 */
	entry	storm
	own_irqs
	msr	daifclr, #2
	mov	w9, #1
	str	w9, [x19, #SMP_READY]
	li	x10, SMP_GO
1:	ldr	w9, [x10]
	cbz	w9, 1b
	mov	x24, x19
	li	x25, 1103515245
	li	x27, 12345
	mov	x22, #0
2:	madd	w24, w24, w25, w27
	ubfx	w26, w24, #16, #2
	other_block
	cmp	x19, x20
	b.eq	2b
	add	x9, x20, #SMP_POSTED
3:	ldaxr	w10, [x9]
	add	w10, w10, #1
	stlxr	w11, w10, [x9]
	cbnz	w11, 3b
	ipi
	add	x22, x22, #1
	str	w22, [x19, #SMP_SENT]
	li	x9, SMP_ROUNDS
	ldr	w9, [x9]
	cmp	w22, w9
	b.ne	2b
3:	wfi
	b	3b

/* x12 to x15 are lost */
	entry	irq
	mrs	x12, ICC_IAR1_EL1
	cmp	x12, #1020
	b.hs	2f
	dmb	ish
	add	x13, x19, #SMP_POSTED
1:	ldaxr	w14, [x13]
	stlxr	w15, wzr, [x13]
	cbnz	w15, 1b
	ldr	w15, [x19, #SMP_TAKEN]
	add	w15, w15, w14
	str	w15, [x19, #SMP_TAKEN]
	ldr	w15, [x19, #SMP_IPIS]
	add	w15, w15, #1
	str	w15, [x19, #SMP_IPIS]
	msr	ICC_EOIR1_EL1, x12
2:	eret

	VECTORS	vectors, wrong, irq

	entry	count
	own_block
1:	ldr	w9, [x19, #SMP_COUNT]
	add	w9, w9, #1
	str	w9, [x19, #SMP_COUNT]
	b	1b

	entry	hello
	li	x9, SMP_CAME
1:	ldaxr	w10, [x9]
	add	w10, w10, #1
	stlxr	w11, w10, [x9]
	cbnz	w11, 1b
1:	wfi
	b	1b

	entry	idle
	own_irqs
	msr	daifclr, #2
	mov	w9, #1
	str	w9, [x19, #SMP_READY]
1:	wfi
	ldr	w9, [x19, #SMP_COUNT]
	add	w9, w9, #1
	str	w9, [x19, #SMP_COUNT]
	b	1b
