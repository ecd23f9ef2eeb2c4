/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AArch32 at EL0, SErrors and external aborts: arm64_errors.c. All of it ends in the
 * vectors. The assembler is AArch64's: it has AArch32 as words and halfwords only.
 */
#include "common.h"
#include "traps.h"

/* A32 */
	entry	a32_call
	.inst	0xe3a0302a		/* mov	r3, #42 */
	.inst	0xe0811003		/* add	r1, r1, r3 */
	.inst	0xef000007		/* svc	#7 */
	entry	a32_store
	.inst	0xe5801000		/* str	r1, [r0] */
	.inst	0xef000001		/* svc	#1 */
	entry	a32_load
	.inst	0xe1d020f0		/* ldrsh r2, [r0] */
	.inst	0xef000001		/* svc	#1 */
	entry	a32_unless
	.inst	0xe1510001		/* cmp	r1, r1 */
	.inst	0x15801000		/* strne r1, [r0] */
	.inst	0xef000001		/* svc	#1 */
	entry	a32_many
	.inst	0xe880000e		/* stm	r0, {r1, r2, r3} */
	.inst	0xef000001		/* svc	#1 */
	entry	a32_undefined
	.inst	0xe7f000f0		/* udf	#0 */
	entry	a32_other
	.inst	0xee1f0f10		/* mrc	p15, 0, r0, c15, c0, 0 */
	entry	a32_nowhere
	.inst	0xe12fff10		/* bx	r0 */

/* T32 */
	entry	t32_call
	.hword	0x2307			/* movs	r3, #7 */
	.hword	0x18c9			/* adds	r1, r1, r3 */
	.hword	0xdf09			/* svc	#9 */
	entry	t32_store
	.hword	0x8001			/* strh	r1, [r0] */
	.hword	0xdf01			/* svc	#1 */
/* the store is the first of a block of which the second is for the opposite */
	entry	t32_block
	.hword	0x4289			/* cmp	r1, r1 */
	.hword	0xbf0c			/* ite	eq */
	.hword	0x6001			/* streq r1, [r0] */
	.hword	0x3201			/* addne r2, #1 */
	.hword	0x3301			/* adds	r3, #1 */
	.hword	0xdf01			/* svc	#1 */

/* SErrors: while they are masked, and when they are not */
	entry	call
	svc	#0
	b	.
	entry	unmask
	msr	daifclr, #4
	isb
	nop
	msr	daifset, #4
	svc	#0
	b	.
/* ESB, DISR_EL1 before and after */
	entry	barrier
	mrs	x1, S3_0_C12_C1_1
	hint	#16
	mrs	x0, S3_0_C12_C1_1
	msr	S3_0_C12_C1_1, xzr
	svc	#0
	b	.

	entry	ids
	mrs	x0, id_aa64pfr0_el1
	svc	#0
	b	.

	entry	load
	ldr	w0, [x1]
	svc	#0
	b	.
	entry	store
	str	w0, [x1]
	dsb	sy
	svc	#0
	b	.

	TRAPS
