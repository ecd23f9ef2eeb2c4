/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CSR instructions and others that trap because a guest runs them: riscv_csr.c. Each
 * ends at an ebreak; traps go to trapped.
 */
#include "common.h"

	.option	norvc

#define ALL_REGS	0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31

.macro INSN name, insn:vararg
	entry	\name
	\insn
	ebreak
.endm

	INSN	trapped, nop

/* 0x5c0: the supervisor's, for custom use: no hart here has it */
	INSN	csrrw, csrrw a4, 0x5c0, a2
	INSN	csrrw_x0, csrrw zero, 0x5c0, a2
	INSN	csrrs, csrrs a4, 0x5c0, a2
	INSN	csrrs_x0, csrrs a4, 0x5c0, zero
	INSN	csrrc, csrrc a4, 0x5c0, a2
	INSN	csrrc_x0, csrrc a4, 0x5c0, zero
	INSN	csrrwi, csrrwi a4, 0x5c0, 21
	INSN	csrrwi_x0, csrrwi zero, 0x5c0, 21
	INSN	csrrsi, csrrsi a4, 0x5c0, 21
	INSN	csrrsi_0, csrrsi a4, 0x5c0, 0
	INSN	csrrci, csrrci a4, 0x5c0, 21
	INSN	csrrci_0, csrrci a4, 0x5c0, 0
	INSN	csrrs_no_rd, csrrs zero, 0x5c0, a2
	INSN	csrrw_same, csrrw a2, 0x5c0, a2
	INSN	csrrc_same, csrrc a2, 0x5c0, a2

/* All registers, as destination and as source. */
	.balign	4
	.globl	to_all, from_all
to_all:
	.irp	n, ALL_REGS
	csrrs	x\n, 0x5c0, zero
	.endr
	ebreak
from_all:
	.irp	n, ALL_REGS
	csrrw	zero, 0x5c0, x\n
	.endr
	ebreak

/* read-only ones; those of the user; a hypervisor's, of H and of nobody */
	INSN	read_only, csrrs a4, 0xcc0, zero
	INSN	read_only_write, csrrw a4, 0xcc0, a2
	INSN	user, csrrw a4, 0x8c0, a2
	INSN	hstatus, csrrw a4, 0x600, a2
	INSN	vsatp, csrrw a4, 0x280, a2
	INSN	mscratch, csrrw a4, 0x340, a2
	INSN	cycle, csrrs a4, 0xc00, zero
	INSN	time, csrrs a4, 0xc01, zero

/* and what is no CSR */
	INSN	wait, wfi
	INSN	hypervisor_fence, hfence.gvma
	INSN	hypervisor_load, hlv.w a4, (a1)
	INSN	nothing, unimp
