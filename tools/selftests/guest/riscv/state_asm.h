/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Macros that load, dump and compare all that a hart holds, from, to and in the area of
 * state.h that s0 points to: the only register that is not loaded.
 */
#ifndef AXV_SELFTEST_GUEST_STATE_ASM_H
#define AXV_SELFTEST_GUEST_STATE_ASM_H

#include "state.h"

.macro fp_on
	li	t0, 0x6600		/* FS and VS: dirty */
	csrs	sstatus, t0
.endm

/* Whole registers, eight at a time; t0 points to them. t1 is lost. */
.macro each_v insn
	ld	t1, STATE_VLENB(s0)
	slli	t1, t1, 3
	\insn	v0, (t0)
	add	t0, t0, t1
	\insn	v8, (t0)
	add	t0, t0, t1
	\insn	v16, (t0)
	add	t0, t0, t1
	\insn	v24, (t0)
.endm

.macro load_csr csr, word
	ld	t0, STATE_LOAD + 8 * \word(s0)
	csrw	\csr, t0
.endm

.macro dump_csr csr, word
	csrr	t0, \csr
	sd	t0, STATE_DUMP + 8 * \word(s0)
.endm

.macro load_state
	ld	t0, STATE_VLENB(s0)
	beqz	t0, 7f
	csrw	vstart, zero		/* or the first elements stay */
	li	t0, STATE_LOAD_V
	add	t0, t0, s0
	each_v	vl8re8.v
	/* vl and vtype by an instruction; it clears vstart */
	ld	t0, STATE_LOAD + 8 * STATE_VL(s0)
	ld	t1, STATE_LOAD + 8 * STATE_VTYPE(s0)
	vsetvl	zero, t0, t1
	load_csr vcsr, STATE_VCSR
	load_csr vstart, STATE_VSTART
7:	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fld	f\n, STATE_LOAD + 8 * (STATE_F + \n)(s0)
	.endr
	load_csr fcsr, STATE_FCSR
	load_csr sscratch, STATE_SSCRATCH
	load_csr sepc, STATE_SEPC
	load_csr scause, STATE_SCAUSE
	load_csr stval, STATE_STVAL
	load_csr stvec, STATE_STVEC
	load_csr scounteren, STATE_COUNTEREN
	.irp n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	x\n, STATE_LOAD + 8 * \n(s0)
	.endr
.endm

.macro dump_state
	.irp n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, STATE_DUMP + 8 * \n(s0)
	.endr
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fsd	f\n, STATE_DUMP + 8 * (STATE_F + \n)(s0)
	.endr
	dump_csr fcsr, STATE_FCSR
	dump_csr sscratch, STATE_SSCRATCH
	dump_csr sepc, STATE_SEPC
	dump_csr scause, STATE_SCAUSE
	dump_csr stval, STATE_STVAL
	dump_csr stvec, STATE_STVEC
	dump_csr scounteren, STATE_COUNTEREN
	ld	t0, STATE_VLENB(s0)
	beqz	t0, 8f
	dump_csr vstart, STATE_VSTART
	dump_csr vl, STATE_VL
	dump_csr vtype, STATE_VTYPE
	dump_csr vcsr, STATE_VCSR
	csrw	vstart, zero
	li	t0, STATE_DUMP_V
	add	t0, t0, s0
	each_v	vs8r.v
8:
.endm

/* a3 words at a1 with those at a2: to @differ at the first that is not the same */
.macro compare_words differ
9:	ld	a4, (a1)
	ld	a5, (a2)
	bne	a4, a5, \differ
	addi	a1, a1, 8
	addi	a2, a2, 8
	addi	a3, a3, -1
	bnez	a3, 9b
.endm

/*
 * What was dumped with what was loaded: to @regs or to @vectors where they differ. a1 to
 * a5 and t0 are lost.
 */
.macro compare_state regs, vectors
	addi	a1, s0, STATE_LOAD
	addi	a2, s0, STATE_DUMP
	li	a3, STATE_WORDS
	ld	t0, STATE_VLENB(s0)
	bnez	t0, 7f
	li	a3, STATE_VSTART
7:	compare_words \regs
	beqz	t0, 8f
	li	a1, STATE_LOAD_V
	li	a2, STATE_DUMP_V
	add	a1, a1, s0
	add	a2, a2, s0
	slli	a3, t0, 2		/* 32 registers, words of 8 bytes */
	compare_words \vectors
8:
.endm

#endif /* AXV_SELFTEST_GUEST_STATE_ASM_H */
