/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests with interrupts of all kinds: arm64_gic.c. */
#include "common.h"

#define ICC_DIR		S3_0_C12_C11_1
#define ICC_SGI1R	S3_0_C12_C11_5
#define ICC_ASGI1R	S3_0_C12_C11_6
#define ICC_SGI0R	S3_0_C12_C11_7

/*
 * The handlers note what they do at x22: an INTID when it is acknowledged, with bit 31
 * when it has ended, with bit 30 where it came as FIQ. x21 says what else:
 * 0: "here I am" between the two, with x0 the INTID; 1: others may come between the two;
 * 2: the end is a priority drop (EOImode), and its own by DIR not yet
 */
.macro HANDLER name, iar, eoir, mark
\name:
	stp	x0, x1, [sp, #-64]!
	stp	x2, x16, [sp, #16]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x0, x1, [sp, #32]
	mrs	x0, \iar
	str	x0, [sp, #48]
	dsb	sy
	mov	w1, #\mark
	orr	w1, w1, w0
	str	w1, [x22], #4
	tbz	x21, #0, 1f
	sync
1:	tbz	x21, #1, 2f
	msr	daifclr, #3
	isb
	nop
	msr	daifset, #3
	isb
2:	ldr	x0, [sp, #48]
	mov	w1, #\mark
	orr	w1, w1, w0
	orr	w1, w1, #0x80000000
	str	w1, [x22], #4
	msr	\eoir, x0
	isb
	ldp	x0, x1, [sp, #32]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x2, x16, [sp, #16]
	ldp	x0, x1, [sp], #64
	eret
.endm

	HANDLER	irq, ICC_IAR1_EL1, ICC_EOIR1_EL1, 0
	HANDLER	fiq, ICC_IAR0_EL1, ICC_EOIR0_EL1, 0x40000000

	.balign	2048
vectors:
	.irp	kind, 0, 1, 2, 3
	.balign	128
	b	astray
	.endr
	.balign	128
	b	astray
	.balign	128
	b	irq
	.balign	128
	b	fiq
	.irp	kind, 0, 1, 2, 3, 4, 5, 6, 7, 8
	.balign	128
	b	astray
	.endr
	.balign	128
astray:
	exit
	b	astray

	entry	boot
	adr	x9, vectors
	msr	vbar_el1, x9
	mov	x9, #0xff
	msr	ICC_PMR_EL1, x9
	mov	x9, #1
	msr	ICC_IGRPEN0_EL1, x9
	msr	ICC_IGRPEN1_EL1, x9
	isb
	sync
	b	.

/* until the notes reach x24; x25 counts the looks at them */
	entry	run
	msr	daifclr, #3
1:	add	x25, x25, #1
	cmp	x22, x24
	b.lo	1b
	msr	daifset, #3
	sync
	b	.

/* for a while; x9 is lost */
	entry	peek
	msr	daifclr, #3
	mov	x9, #200
1:	subs	x9, x9, #1
	isb
	b.ne	1b
	msr	daifset, #3
	sync
	b	.

/* masked: waits for one that could come */
	entry	wait
	wfi
	sync
	b	.

	entry	sgi1
	msr	ICC_SGI1R, x1
	isb
	sync
	b	.
	entry	asgi1
	msr	ICC_ASGI1R, x1
	isb
	sync
	b	.
	entry	sgi0
	msr	ICC_SGI0R, x1
	isb
	sync
	b	.

/* the CPU interface; x2: what it reads as then */
	entry	pmr
	msr	ICC_PMR_EL1, x1
	mrs	x2, ICC_PMR_EL1
	isb
	sync
	b	.
	entry	groups
	msr	ICC_IGRPEN0_EL1, x1
	msr	ICC_IGRPEN1_EL1, x2
	isb
	sync
	b	.
	entry	ctlr
	msr	ICC_CTLR_EL1, x1
	mrs	x2, ICC_CTLR_EL1
	isb
	sync
	b	.
	entry	dir
	msr	ICC_DIR, x1
	isb
	sync
	b	.
	entry	look
	mrs	x1, ICC_RPR_EL1
	mrs	x2, ICC_HPPIR1_EL1
	mrs	x3, ICC_SRE_EL1
	msr	ICC_SRE_EL1, xzr
	isb
	mrs	x4, ICC_SRE_EL1
	sync
	b	.

/* at x1 from or to x2 */
	entry	load1
	ldrb	w2, [x1]
	sync
	b	.
	entry	load2
	ldrh	w2, [x1]
	sync
	b	.
	entry	load4
	ldr	w2, [x1]
	sync
	b	.
	entry	load8
	ldr	x2, [x1]
	sync
	b	.
	entry	store1
	strb	w2, [x1]
	sync
	b	.
	entry	store4
	str	w2, [x1]
	sync
	b	.
	entry	store8
	str	x2, [x1]
	sync
	b	.

/* without a GIC: one line, and a handler that says where it is */
	.balign	2048
line_vectors:
	.rept	5
	.balign	128
	b	astray
	.endr
	.balign	128
	mov	x0, #0x11
	sync
	eret
	.rept	10
	.balign	128
	b	astray
	.endr

	entry	line
	adr	x9, line_vectors
	msr	vbar_el1, x9
	mov	x0, #1
	sync
	msr	daifclr, #2
	isb
	mov	x0, #2
	sync
	wfi
	msr	daifset, #2
	isb
	mov	x0, #3
	sync
	b	.
