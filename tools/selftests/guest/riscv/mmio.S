/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and stores: riscv_mmio.c. Each ends at an ebreak, which changes no register;
 * where the hart does not know it, it goes to illegal.
 */
#include "common.h"
#include "guest/riscv/mmio_forms.h"
#include "decode/riscv/zcb.h"

#define ALL_REGS	0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
#define NOT_ZERO	1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
#define POPULAR		8,9,10,11,12,13,14,15

	.set	group_now, 0
.macro GROUP nr
	.set	group_now, \nr
.endm

/* The base register's number, the instruction. */
.macro FORM base, insn:vararg
7:	\insn
8:	ebreak
	.pushsection .rodata
	.word	7b, 8b
	.byte	\base, group_now, 0, 0
	.popsection
.endm

	.pushsection .rodata
	.balign	4
	.globl	forms
forms:
	.popsection

	entry	illegal
	ebreak

/* ---- 32 bits -------------------------------------------------------------------- */

	.option	norvc

/* All data registers. */
.macro DATA op
	.irp	n, ALL_REGS
	FORM	5, \op x\n, 24(x5)
	.endr
	FORM	6, \op x5, 24(x6)
.endm

/* All base registers; where it is the data register, too, a load overwrites it. */
.macro BASES op
	.irp	n, NOT_ZERO
	FORM	\n, \op x7, -8(x\n)
	FORM	\n, \op x\n, 8(x\n)
	.endr
	FORM	0, \op x7, 0x7f0(x0)
	FORM	0, \op x0, 16(x0)
.endm

/* Offsets, aligned or not, up to both ends. */
.macro OFFSETS op
	.irp	i, -2048, -2047, -1025, -65, -32, -31, -1, 0, 1, 2, 3, 4, 5, 6, 7, 31, 64, 1023, 2040
	FORM	28, \op x7, \i\()(x28)
	.endr
.endm

	GROUP	FORM_G_LOAD
	DATA	lb
	DATA	lh
	DATA	lw
	DATA	ld

	GROUP	FORM_G_LOAD_UNSIGNED
	DATA	lbu
	DATA	lhu
	DATA	lwu

	GROUP	FORM_G_STORE
	DATA	sb
	DATA	sh
	DATA	sw
	DATA	sd

	GROUP	FORM_G_BASE
	BASES	lw
	BASES	ld
	BASES	sb
	BASES	sd

	GROUP	FORM_G_OFFSET
	.irp	op, lb, lh, lw, ld, lbu, lhu, lwu, sb, sh, sw, sd
	OFFSETS	\op
	.endr

	GROUP	FORM_G_FLOAT
.macro FLOATS op
	.irp	n, ALL_REGS
	FORM	10, \op f\n, 16(x10)
	.endr
	.irp	i, -2048, -3, 1, 2, 7, 2040
	FORM	31, \op f1, \i\()(x31)
	.endr
.endm
	FLOATS	flw
	FLOATS	fld
	FLOATS	fsw
	FLOATS	fsd

	GROUP	FORM_G_FLOAT_HALF
	.option	push
	.option	arch, +zfh
	FLOATS	flh
	FLOATS	fsh
	.option	pop

/* ---- 16 bits -------------------------------------------------------------------- */

	.option	rvc

.macro SHORTS op, class, imms:vararg
	.irp	n, POPULAR
	FORM	8, \op \class\n, 8(x8)
	FORM	\n, \op \class\()12, 16(x\n)
	.endr
	.irp	i, \imms
	FORM	15, \op \class\()9, \i\()(x15)
	.endr
.endm

.macro STACKS op, class, regs:vararg
	.irp	n, \regs
	FORM	2, \op \class\n, 16(x2)
	.endr
.endm

	GROUP	FORM_G_SHORT
	SHORTS	c.lw, x, 0, 4, 32, 64, 124
	SHORTS	c.ld, x, 0, 64, 128, 248
	SHORTS	c.sw, x, 0, 4, 32, 64, 124
	SHORTS	c.sd, x, 0, 64, 128, 248

	GROUP	FORM_G_SHORT_STACK
	STACKS	c.lwsp, x, NOT_ZERO
	STACKS	c.ldsp, x, NOT_ZERO
	STACKS	c.swsp, x, ALL_REGS
	STACKS	c.sdsp, x, ALL_REGS
	.irp	i, 0, 4, 32, 64, 128, 252
	FORM	2, c.lwsp x17, \i\()(x2)
	FORM	2, c.swsp x17, \i\()(x2)
	FORM	2, c.ldsp x17, 2 * \i\()(x2)
	FORM	2, c.sdsp x17, 2 * \i\()(x2)
	.endr

	GROUP	FORM_G_FLOAT_SHORT
	SHORTS	c.fld, f, 0, 64, 128, 248
	SHORTS	c.fsd, f, 0, 64, 128, 248
	STACKS	c.fldsp, f, ALL_REGS
	STACKS	c.fsdsp, f, ALL_REGS

	GROUP	FORM_G_ZCB
.macro ZCBS op, imms:vararg
	.irp	n, POPULAR
	FORM	8, \op \n, 0, 8
	FORM	\n, \op 12, 2, \n
	.endr
	.irp	i, \imms
	FORM	15, \op 9, \i, 15
	.endr
.endm
	ZCBS	c_lbu, 0, 1, 2, 3
	ZCBS	c_lhu, 0, 2
	ZCBS	c_lh, 0, 2
	ZCBS	c_sb, 0, 1, 2, 3
	ZCBS	c_sh, 0, 2

/* ---- what is not decoded -------------------------------------------------------- */

	.option	norvc
.macro OTHER name, insn:vararg
	entry	\name
	\insn
	ebreak
.endm
	/* a1 points to the device */
	OTHER	amo_add, amoadd.w a4, a2, (a1)
	OTHER	amo_swap, amoswap.d zero, a2, (a1)
	OTHER	load_reserved, lr.d a4, (a1)
	OTHER	store_conditional, sc.w a4, a2, (a1)
	OTHER	vector_setup, vsetivli zero, 1, e64, m1, ta, ma
	OTHER	vector_load, vle8.v v8, (a1)
	OTHER	vector_store, vse64.v v8, (a1)
	OTHER	store_byte, sb a2, 0(a1)
	OTHER	store_double, sd a2, 0(a1)
	OTHER	load_word, lw a4, 0(a1)
	.option	rvc
	OTHER	load_short, c.lw a4, 0(a1)

	.pushsection .rodata
	.globl	forms_end
forms_end:
	.popsection
