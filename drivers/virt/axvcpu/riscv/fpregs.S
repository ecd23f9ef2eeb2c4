/* SPDX-License-Identifier: GPL-2.0-only */
/* All FP registers, to memory and back. sstatus has FS on. */
#include <linux/linkage.h>
#include <asm/asm.h>

	.text
	.option	arch, +d

	.macro	each_register insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\insn	f\n, \n*8(a0)
	.endr
	.endm

/* void __axv_riscv_f_save(u64 *f) */
SYM_FUNC_START(__axv_riscv_f_save)
	each_register fsd
	ret
SYM_FUNC_END(__axv_riscv_f_save)

/* void __axv_riscv_f_load(const u64 *f) */
SYM_FUNC_START(__axv_riscv_f_load)
	each_register fld
	ret
SYM_FUNC_END(__axv_riscv_f_load)
