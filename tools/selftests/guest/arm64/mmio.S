/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and stores: arm64_mmio.c. Each ends at an svc, which changes no register but the
 * pc; that and what the CPU does not know comes to the vectors.
 */
#include "common.h"
#include "guest/arm64/mmio_forms.h"

	/* at GUEST_CODE */
code:
	.set	group_now, 0
.macro GROUP nr
	.set	group_now, \nr
.endm

/* The base register's number, the index register's and what it is, the instruction. */
.macro FORM_INDEXED base, index, kind, insn:vararg
7:	\insn
8:	svc	#0
	.pushsection .rodata
	.word	7b, 8b
	.byte	\base, group_now, \index, \kind
	.popsection
.endm

.macro FORM base, insn:vararg
	FORM_INDEXED \base, 0, FORM_I_NONE, \insn
.endm

	.pushsection .rodata
	.balign	4
	.globl	forms
forms:
	.popsection

#define NUMBERS	0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30

/* ---- one register, described by the syndrome --------------------------------------- */

/* All data registers: @op with x or w registers. */
.macro DATA op, width
	.irp	n, NUMBERS
	.if	\n != 5
	FORM	5, \op \width\n, [x5, #24]
	.endif
	.endr
	FORM	6, \op \width\()5, [x6, #24]
	FORM	5, \op \width\()zr, [x5, #24]
.endm

	GROUP	FORM_G_LOAD
	DATA	ldrb, w
	DATA	ldrh, w
	DATA	ldr, w
	DATA	ldr, x
	DATA	ldrsb, w
	DATA	ldrsb, x
	DATA	ldrsh, w
	DATA	ldrsh, x
	DATA	ldrsw, x

	GROUP	FORM_G_STORE
	DATA	strb, w
	DATA	strh, w
	DATA	str, w
	DATA	str, x

/* All base registers; where it is the data register, too, a load overwrites it. */
.macro BASES op, width
	.irp	n, NUMBERS
	.if	\n != 7
	FORM	\n, \op \width\()7, [x\n, #8]
	.endif
	FORM	\n, \op \width\n, [x\n, #16]
	.endr
	FORM	31, \op \width\()7, [sp, #32]
	FORM	31, \op \width\()zr, [sp, #32]
.endm

	GROUP	FORM_G_BASE
	BASES	ldr, w
	BASES	ldr, x
	BASES	strb, w
	BASES	str, x

/* Offsets, aligned or not, up to both ends; and those that are scaled. */
.macro OFFSETS op, uop, width, size
	.irp	i, -256, -255, -129, -65, -32, -31, -1, 0, 1, 2, 3, 4, 5, 6, 7, 31, 64, 255
	FORM	28, \uop \width\()7, [x28, #\i]
	.endr
	.irp	i, 0, 1, 2, 3, 7, 31, 200, 255
	FORM	28, \op \width\()7, [x28, #\i * \size]
	.endr
.endm

	GROUP	FORM_G_OFFSET
	OFFSETS	ldrb, ldurb, w, 1
	OFFSETS	ldrh, ldurh, w, 2
	OFFSETS	ldr, ldur, w, 4
	OFFSETS	ldr, ldur, x, 8
	OFFSETS	ldrsb, ldursb, w, 1
	OFFSETS	ldrsh, ldursh, x, 2
	OFFSETS	ldrsw, ldursw, x, 4
	OFFSETS	strb, sturb, w, 1
	OFFSETS	strh, sturh, w, 2
	OFFSETS	str, stur, w, 4
	OFFSETS	str, stur, x, 8

.macro INDICES op, width, shift
	FORM_INDEXED 20, 21, FORM_I_UXTW, \op \width\()7, [x20, w21, uxtw]
	FORM_INDEXED 20, 21, FORM_I_SXTW, \op \width\()7, [x20, w21, sxtw]
	FORM_INDEXED 20, 21, FORM_I_X, \op \width\()7, [x20, x21]
	FORM_INDEXED 20, 21, FORM_I_X, \op \width\()7, [x20, x21, sxtx]
	FORM_INDEXED 20, 30, FORM_I_UXTW, \op \width\()30, [x20, w30, uxtw #\shift]
	FORM_INDEXED 31, 0, FORM_I_SXTW, \op \width\()0, [sp, w0, sxtw #\shift]
	FORM_INDEXED 20, 21, FORM_I_X, \op \width\()7, [x20, x21, lsl #\shift]
	FORM	20, \op \width\()7, [x20, xzr]
.endm

	GROUP	FORM_G_INDEX
	INDICES	ldrb, w, 0
	INDICES	ldrh, w, 1
	INDICES	ldr, w, 2
	INDICES	ldr, x, 3
	INDICES	ldrsb, x, 0
	INDICES	ldrsh, w, 1
	INDICES	ldrsw, x, 2
	INDICES	strb, w, 0
	INDICES	strh, w, 1
	INDICES	str, w, 2
	INDICES	str, x, 3

/* ---- ... and not ------------------------------------------------------------------- */

.macro WRITEBACKS op, width
	.irp	i, -256, -16, -3, 0, 1, 8, 16, 255
	FORM	28, \op \width\()7, [x28, #\i]!
	FORM	28, \op \width\()7, [x28], #\i
	.endr
	.irp	n, 0, 7, 15, 30
	FORM	\n, \op \width\()8, [x\n], #4
	FORM	9, \op \width\n, [x9, #4]!
	.endr
	FORM	9, \op \width\()zr, [x9], #8
	FORM	31, \op \width\()7, [sp, #-16]!
	FORM	31, \op \width\()7, [sp], #16
.endm

	GROUP	FORM_G_WRITEBACK
	WRITEBACKS ldrb, w
	WRITEBACKS ldrh, w
	WRITEBACKS ldr, w
	WRITEBACKS ldr, x
	WRITEBACKS ldrsb, w
	WRITEBACKS ldrsb, x
	WRITEBACKS ldrsh, w
	WRITEBACKS ldrsh, x
	WRITEBACKS ldrsw, x
	WRITEBACKS strb, w
	WRITEBACKS strh, w
	WRITEBACKS str, w
	WRITEBACKS str, x

.macro PAIRS op, width, size
	.irp	i, -64, -3, 0, 1, 63
	FORM	28, \op \width\()7, \width\()8, [x28, #\i * \size]
	.endr
	FORM	28, \op \width\()zr, \width\()8, [x28]
	FORM	28, \op \width\()7, \width\()zr, [x28]
	FORM	28, \op \width\()30, \width\()0, [x28]
	FORM	9, \op \width\()9, \width\()10, [x9, #\size]
	FORM	9, \op \width\()10, \width\()9, [x9, #\size]
	FORM	31, \op \width\()10, \width\()11, [sp, #\size]
.endm

	GROUP	FORM_G_PAIR
	PAIRS	ldp, x, 8
	PAIRS	ldnp, x, 8
	PAIRS	stp, x, 8
	PAIRS	stnp, x, 8
	PAIRS	ldp, w, 4
	PAIRS	ldnp, w, 4
	PAIRS	stp, w, 4
	PAIRS	stnp, w, 4
	PAIRS	ldpsw, x, 4

.macro PAIR_WRITEBACKS op, width, size
	.irp	i, -64, -2, 0, 2, 63
	FORM	28, \op \width\()7, \width\()8, [x28, #\i * \size]!
	FORM	28, \op \width\()7, \width\()8, [x28], #\i * \size
	.endr
	FORM	31, \op \width\()29, \width\()30, [sp, #-16]!
	FORM	31, \op \width\()29, \width\()30, [sp], #16
	FORM	28, \op \width\()zr, \width\()8, [x28], #\size
.endm

	GROUP	FORM_G_PAIR_WRITEBACK
	PAIR_WRITEBACKS ldp, x, 8
	PAIR_WRITEBACKS stp, x, 8
	PAIR_WRITEBACKS ldp, w, 4
	PAIR_WRITEBACKS stp, w, 4
	PAIR_WRITEBACKS ldpsw, x, 4

/* as if from EL0 */
	GROUP	FORM_G_USER
	.irp	op, ldtrb, ldtrh, ldtr, ldtrsb, ldtrsh, sttrb, sttrh, sttr
	FORM	10, \op w7, [x10]
	FORM	10, \op w7, [x10, #-5]
	FORM	31, \op wzr, [sp, #16]
	.endr
	.irp	op, ldtr, ldtrsb, ldtrsh, ldtrsw, sttr
	FORM	10, \op x7, [x10, #-256]
	FORM	10, \op x10, [x10, #8]
	.endr

	GROUP	FORM_G_ORDERED
	.irp	op, ldarb, ldarh, ldar, stlrb, stlrh, stlr
	.irp	n, 0, 9, 30
	FORM	10, \op w\n, [x10]
	.endr
	FORM	31, \op wzr, [sp]
	.endr
	.irp	op, ldar, stlr
	.irp	n, 0, 9, 10, 30
	FORM	10, \op x\n, [x10]
	.endr
	.endr

	GROUP	FORM_G_ORDERED_LATER
	.irp	op, ldaprb, ldaprh, ldapr
	FORM	10, \op w9, [x10]
	.endr
	FORM	10, ldapr x9, [x10]
	.irp	op, ldapurb, ldapursb, stlurb
	FORM	10, \op w9, [x10, #-17]
	.endr
	/* one that is not aligned would be a fault of the guest's */
	.irp	op, ldapurh, ldapur, ldapursh, stlurh, stlur
	FORM	10, \op w9, [x10, #-20]
	.endr
	.irp	op, ldapurb, ldapurh, ldapur, ldapursb, ldapursh, stlurb, stlurh, stlur
	FORM	10, \op wzr, [x10, #16]
	.endr
	.irp	op, ldapur, ldapursb, ldapursh, ldapursw, stlur
	FORM	10, \op x9, [x10, #24]
	.endr
	.irp	op, ldlarb, ldlarh, ldlar, stllrb, stllrh, stllr
	FORM	10, \op w9, [x10]
	.endr

.macro LITERALS op, reg
	FORM	FORM_NO_BASE, \op \reg, code + (FORM_PTR - GUEST_CODE)
	FORM	FORM_NO_BASE, \op \reg, code + (FORM_PTR + 0x124 - GUEST_CODE)
	FORM	FORM_NO_BASE, \op \reg, code + (FORM_WINDOW + 8 - GUEST_CODE)
.endm

	GROUP	FORM_G_LITERAL
	LITERALS ldr, w7
	LITERALS ldr, x7
	LITERALS ldr, xzr
	LITERALS ldrsw, x7
	LITERALS ldr, s7
	LITERALS ldr, d7
	LITERALS ldr, q7

/* ---- FP and SIMD ------------------------------------------------------------------------- */

.macro FLOATS op, uop, width, size
	.irp	n, NUMBERS, 31
	FORM	10, \op \width\n, [x10, #16]
	.endr
	.irp	i, -256, -9, -1, 1, 2, 7, 15, 255
	FORM	28, \uop \width\()1, [x28, #\i]
	.endr
	FORM	28, \op \width\()1, [x28, #\size * 100]
	FORM	31, \op \width\()1, [sp]
.endm

	GROUP	FORM_G_FLOAT
	FLOATS	ldr, ldur, b, 1
	FLOATS	ldr, ldur, h, 2
	FLOATS	ldr, ldur, s, 4
	FLOATS	ldr, ldur, d, 8
	FLOATS	ldr, ldur, q, 16
	FLOATS	str, stur, b, 1
	FLOATS	str, stur, h, 2
	FLOATS	str, stur, s, 4
	FLOATS	str, stur, d, 8
	FLOATS	str, stur, q, 16

.macro FLOAT_WRITEBACKS op, width
	.irp	i, -256, -16, 1, 16, 255
	FORM	28, \op \width\()7, [x28, #\i]!
	FORM	28, \op \width\()31, [x28], #\i
	.endr
	FORM	31, \op \width\()7, [sp, #-16]!
.endm

	GROUP	FORM_G_FLOAT_WRITEBACK
	.irp	width, b, h, s, d, q
	FLOAT_WRITEBACKS ldr, \width
	FLOAT_WRITEBACKS str, \width
	.endr

.macro FLOAT_INDICES op
	INDICES	\op, b, 0
	INDICES	\op, h, 1
	INDICES	\op, s, 2
	INDICES	\op, d, 3
	INDICES	\op, q, 4
.endm

	GROUP	FORM_G_FLOAT_INDEX
	FLOAT_INDICES ldr
	FLOAT_INDICES str

.macro FLOAT_PAIRS op, nop, width, size
	.irp	i, -64, -1, 0, 1, 63
	FORM	28, \op \width\()7, \width\()8, [x28, #\i * \size]
	FORM	28, \nop \width\()31, \width\()0, [x28, #\i * \size]
	FORM	28, \op \width\()7, \width\()8, [x28, #\i * \size]!
	FORM	28, \op \width\()7, \width\()8, [x28], #\i * \size
	.endr
	FORM	31, \op \width\()7, \width\()8, [sp], #16 * \size
.endm

	GROUP	FORM_G_FLOAT_PAIR
	FLOAT_PAIRS ldp, ldnp, s, 4
	FLOAT_PAIRS ldp, ldnp, d, 8
	FLOAT_PAIRS ldp, ldnp, q, 16
	FLOAT_PAIRS stp, stnp, s, 4
	FLOAT_PAIRS stp, stnp, d, 8
	FLOAT_PAIRS stp, stnp, q, 16

	.pushsection .rodata
	.globl	forms_end
forms_end:
	.popsection

/* ---- what is not done: x1 points to a device ------------------------------------------------ */

.macro OTHER name, insn:vararg
	entry	\name
	\insn
	svc	#0
.endm
	.arch_extension sve
	OTHER	exclusive, ldxr w4, [x1]
	OTHER	exclusive_pair, ldaxp x4, x5, [x1]
	OTHER	atomic_add, ldadd w2, w4, [x1]
	OTHER	compare_swap, cas w4, w2, [x1]
	OTHER	structure, ld1 {v0.16b}, [x1]
	OTHER	structure_four, st4 {v0.2d, v1.2d, v2.2d, v3.2d}, [x1]
	OTHER	sve_load, ldr z0, [x1]
	OTHER	zero_block, dc zva, x1
/* what accesses nothing */
	OTHER	prefetch, prfm pldl1keep, [x1]
	OTHER	clean, dc cvac, x1
	OTHER	flush, dc civac, x1
	OTHER	invalidate, dc ivac, x1
	OTHER	icache, ic ivau, x1
/* what is done */
	OTHER	store_byte, strb w2, [x1]
	OTHER	store_double, str x2, [x1]
	OTHER	store_pair, stp x2, x3, [x1]
	OTHER	store_post, str x2, [x1], #8
	OTHER	store_quad, str q0, [x1]
	OTHER	load_word, ldr w4, [x1]
	OTHER	load_pair, ldp x4, x5, [x1]

	.balign	2048
	.globl	vectors
vectors:
	.rept	16
	.balign	128
	exit
	.endr
	.balign	128
