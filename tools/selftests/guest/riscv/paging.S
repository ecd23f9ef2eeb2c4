/* SPDX-License-Identifier: GPL-2.0-only */
/* One access to where a1 points: riscv_paging.c. Traps go to trapped. */
#include "common.h"

	.option	norvc

.macro PIECE name, insn:vararg
	entry	\name
	\insn
	ebreak
.endm

	PIECE	load, ld a0, 0(a1)
	PIECE	store, sd a2, 0(a1)
	/* there is an ebreak */
	PIECE	jump, jr a1
	PIECE	fence, sfence.vma
	PIECE	trapped, nop
