/* SPDX-License-Identifier: GPL-2.0-only */
/* For guests: macros that several have use for. */
#ifndef AXV_SELFTEST_GUEST_COMMON_H
#define AXV_SELFTEST_GUEST_COMMON_H

#include "guest.h"

/* An entry point that C can name: GUEST_SYM(file, name). */
.macro entry name
	.balign	4
	.globl	\name
\name:
.endm

/* @reg = a constant, by as many instructions as it takes */
.macro li reg, value
	.if (\value) & ~0xffff
	movz	\reg, #((\value) & 0xffff)
	.if ((\value) >> 16) & 0xffff
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	.endif
	.if ((\value) >> 32) & 0xffff
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	.endif
	.if ((\value) >> 48) & 0xffff
	movk	\reg, #(((\value) >> 48) & 0xffff), lsl #48
	.endif
	.else
	movz	\reg, #(\value)
	.endif
.endm

/* "Here I am": a byte of x0 to GUEST_SYNC. x16 is lost. */
.macro sync
	li	x16, GUEST_SYNC
	strb	w0, [x16]
.endm

/* The end of a piece: HYPERCALL, whatever x0 is. */
.macro exit
	hvc	#1
.endm

#define ICC_PMR_EL1	S3_0_C4_C6_0
#define ICC_IAR0_EL1	S3_0_C12_C8_0
#define ICC_EOIR0_EL1	S3_0_C12_C8_1
#define ICC_IAR1_EL1	S3_0_C12_C12_0
#define ICC_EOIR1_EL1	S3_0_C12_C12_1
#define ICC_HPPIR1_EL1	S3_0_C12_C12_2
#define ICC_BPR1_EL1	S3_0_C12_C12_3
#define ICC_CTLR_EL1	S3_0_C12_C12_4
#define ICC_SRE_EL1	S3_0_C12_C12_5
#define ICC_IGRPEN0_EL1	S3_0_C12_C12_6
#define ICC_IGRPEN1_EL1	S3_0_C12_C12_7
#define ICC_SGI1R_EL1	S3_0_C12_C11_5
#define ICC_RPR_EL1	S3_0_C12_C11_3
#define ICC_DIR_EL1	S3_0_C12_C11_1

/*
 * Vectors that go to @sync and @irq, of the mode itself with its own stack; what else
 * comes is an exit at "astray".
 */
.macro VECTORS name, sync, irq
	.balign	2048
	.globl	\name
\name:
	.irp	kind, 0, 1, 2, 3
	.balign	128
	b	astray
	.endr
	.balign	128
	b	\sync
	.balign	128
	b	\irq
	.irp	kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	.balign	128
	b	astray
	.endr
	.balign	128
	.globl	astray
astray:
	exit
	b	astray
.endm

/* Is there a GICv3? @reg is not 0 then. */
.macro has_gic reg
	mrs	\reg, id_aa64pfr0_el1
	and	\reg, \reg, #(0xf << 24)
.endm

/* Interrupts of group 1 can come, once DAIF lets them, if there are any. @reg is lost. */
.macro gic_on reg
	has_gic	\reg
	cbz	\reg, .Lno_gic\@
	mov	\reg, #0xff
	msr	ICC_PMR_EL1, \reg
	mov	\reg, #1
	msr	ICC_IGRPEN1_EL1, \reg
	isb
.Lno_gic\@:
.endm

/* The same, and exceptions go to @vectors. */
.macro irqs_to vectors, reg
	adr	\reg, \vectors
	msr	vbar_el1, \reg
	gic_on	\reg
.endm

/* FP and SIMD registers, and SVE's where they are. @reg is lost. */
.macro fp_on reg
	mov	\reg, #0x330000
	msr	cpacr_el1, \reg
	isb
.endm

#endif /* AXV_SELFTEST_GUEST_COMMON_H */
