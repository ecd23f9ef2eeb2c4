/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests under a storm of interrupts: the handler counts by INTID at GUEST_DATA. And
 * one that computes, so that every register that goes wrong is seen in the result.
 */
#include "common.h"
#include "storm.h"

.macro storm_start
	irqs_to	vectors, x9
	msr	daifclr, #2
	li	x19, GUEST_READY
	mov	w9, #1
	str	w9, [x19]
.endm

	entry	storm_spin
	storm_start
1:	b	1b

	entry	storm_halt
	storm_start
1:	wfi
	b	1b

/* interrupts on and off, exits to the VMM and such as the kernel serves */
	entry	storm_mixed
	storm_start
	mov	x20, #0
1:	msr	daifset, #2
	add	x20, x20, #1
	mov	x0, x20
	sync
	msr	daifclr, #2
	nop
	li	x0, 0x84000000		/* the version of PSCI */
	hvc	#0
	wfi
	mrs	x0, daif
	msr	daifset, #2
	nop
	msr	daif, x0
	b	1b

/* x10 to x13 are lost */
	entry	storm_handlers
	mrs	x10, ICC_IAR1_EL1
	cmp	x10, #1020
	b.hs	1f
	li	x11, GUEST_DATA
	ldr	w12, [x11, x10, lsl #2]
	add	w12, w12, #1
	str	w12, [x11, x10, lsl #2]
	msr	ICC_EOIR1_EL1, x10
1:	eret

	VECTORS	vectors, astray, storm_handlers

/*
 * x4: a block of COMPUTE_* words. Forever: COMPUTE_ROUNDS steps in registers of
 * each kind, the results to the block, an exit.
 */
	entry	compute
	fp_on	x9
	fmov	d20, xzr
	fmov	d0, xzr
	li	x20, COMPUTE_MUL
	li	x21, COMPUTE_ADD
	ldr	x22, [x4, #COMPUTE_VALUE]
1:	mov	x23, #COMPUTE_ROUNDS
2:	madd	x22, x22, x20, x21
	ror	x22, x22, #51
	/* any pattern of bits survives in these */
	fmov	d1, x22
	fmov	x9, d1
	fmov	x10, d0
	add	x9, x9, x10
	fmov	d0, x9
	and	x9, x22, #0xffff
	ucvtf	d21, x9
	fadd	d20, d20, d21
	subs	x23, x23, #1
	b.ne	2b
	str	x22, [x4, #COMPUTE_VALUE]
	str	d0, [x4, #COMPUTE_SUM]
	fcvtzs	x9, d20
	str	x9, [x4, #COMPUTE_FSUM]
	sync
	b	1b

/* says what is in memory, again and again */
	entry	tell
	li	x9, GUEST_DATA
	li	x10, GUEST_SYNC
1:	ldr	w0, [x9]
	str	w0, [x10]
	b	1b
