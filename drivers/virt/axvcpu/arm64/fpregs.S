/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FP, SIMD and SVE registers, to memory and back. The caller has seen to it that they
 * can be used, and how long they are.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>

	.text
	.arch_extension fp
	.arch_extension simd

	.macro	each_pair insn
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	pair	\insn, \n, %(\n + 1)
	.endr
	.endm

	.altmacro
	.macro	pair insn, a, b
	\insn	q\a, q\b, [x0, #16 * \a]
	.endm

/* void __axv_arm64_v_save(void *v): 32 times 16 bytes */
SYM_FUNC_START(__axv_arm64_v_save)
	each_pair stp
	ret
SYM_FUNC_END(__axv_arm64_v_save)

/* void __axv_arm64_v_load(const void *v) */
SYM_FUNC_START(__axv_arm64_v_load)
	each_pair ldp
	ret
SYM_FUNC_END(__axv_arm64_v_load)

	.noaltmacro
	.arch_extension sve

	.macro	each_z insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\insn	z\n, [x0, #\n, mul vl]
	.endr
	.endm

	.macro	each_p insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\insn	p\n, [x1, #\n, mul vl]
	.endr
	.endm

	/* x1: behind the Z registers that x0 points to */
	.macro	behind_z
	addvl	x1, x0, #31
	addvl	x1, x1, #1
	.endm

/* void __axv_arm64_sve_save(void *z): Z registers, P registers, FFR */
SYM_FUNC_START(__axv_arm64_sve_save)
	behind_z
	each_z	str
	each_p	str
	rdffr	p0.b
	str	p0, [x1, #16, mul vl]
	ldr	p0, [x1]
	ret
SYM_FUNC_END(__axv_arm64_sve_save)

/* void __axv_arm64_sve_load(const void *z) */
SYM_FUNC_START(__axv_arm64_sve_load)
	behind_z
	ldr	p0, [x1, #16, mul vl]
	wrffr	p0.b
	each_p	ldr
	each_z	ldr
	ret
SYM_FUNC_END(__axv_arm64_sve_load)

/* u64 __axv_arm64_sve_vl(void): bytes of a Z register */
SYM_FUNC_START(__axv_arm64_sve_vl)
	rdvl	x0, #1
	ret
SYM_FUNC_END(__axv_arm64_sve_vl)
