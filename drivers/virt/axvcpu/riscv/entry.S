/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch into a guest and back, and fetches that may fault. */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/csr.h>

#include "offsets.h"

/* what of the host's lies where in ctx->host */
#define HOST_RA		CTX_HOST(0)
#define HOST_SP		CTX_HOST(1)
#define HOST_GP		CTX_HOST(2)
#define HOST_TP		CTX_HOST(3)
#define HOST_S(n)	CTX_HOST(4 + (n))
#define HOST_STVEC	CTX_HOST(16)

	.text

/*
 * void __axv_riscv_enter(struct axv_riscv_ctx *ctx)
 *
 * Interrupts are off, the guest's CSRs loaded, hstatus says that sret goes to
 * V=1. The trap that ends the guest arrives at the label below: whatever traps
 * are enabled in HS-mode, interrupts of the host among them, which stay pending.
 * sscratch is 0 while the kernel runs, and has to be that for it to know itself.
 */
SYM_FUNC_START(__axv_riscv_enter)
	REG_S	ra, HOST_RA(a0)
	REG_S	sp, HOST_SP(a0)
	REG_S	gp, HOST_GP(a0)
	REG_S	tp, HOST_TP(a0)
	REG_S	s0, HOST_S(0)(a0)
	REG_S	s1, HOST_S(1)(a0)
	REG_S	s2, HOST_S(2)(a0)
	REG_S	s3, HOST_S(3)(a0)
	REG_S	s4, HOST_S(4)(a0)
	REG_S	s5, HOST_S(5)(a0)
	REG_S	s6, HOST_S(6)(a0)
	REG_S	s7, HOST_S(7)(a0)
	REG_S	s8, HOST_S(8)(a0)
	REG_S	s9, HOST_S(9)(a0)
	REG_S	s10, HOST_S(10)(a0)
	REG_S	s11, HOST_S(11)(a0)

	REG_L	t0, CTX_SSTATUS(a0)
	REG_L	t1, CTX_PC(a0)
	lla	t2, .Lguest_trap
	csrrw	t0, CSR_SSTATUS, t0
	csrw	CSR_SEPC, t1
	csrrw	t2, CSR_STVEC, t2
	csrw	CSR_SSCRATCH, a0
	REG_S	t0, CTX_SSTATUS(a0)
	REG_S	t2, HOST_STVEC(a0)

	REG_L	ra, CTX_X(1)(a0)
	REG_L	sp, CTX_X(2)(a0)
	REG_L	gp, CTX_X(3)(a0)
	REG_L	tp, CTX_X(4)(a0)
	REG_L	t0, CTX_X(5)(a0)
	REG_L	t1, CTX_X(6)(a0)
	REG_L	t2, CTX_X(7)(a0)
	REG_L	s0, CTX_X(8)(a0)
	REG_L	s1, CTX_X(9)(a0)
	REG_L	a1, CTX_X(11)(a0)
	REG_L	a2, CTX_X(12)(a0)
	REG_L	a3, CTX_X(13)(a0)
	REG_L	a4, CTX_X(14)(a0)
	REG_L	a5, CTX_X(15)(a0)
	REG_L	a6, CTX_X(16)(a0)
	REG_L	a7, CTX_X(17)(a0)
	REG_L	s2, CTX_X(18)(a0)
	REG_L	s3, CTX_X(19)(a0)
	REG_L	s4, CTX_X(20)(a0)
	REG_L	s5, CTX_X(21)(a0)
	REG_L	s6, CTX_X(22)(a0)
	REG_L	s7, CTX_X(23)(a0)
	REG_L	s8, CTX_X(24)(a0)
	REG_L	s9, CTX_X(25)(a0)
	REG_L	s10, CTX_X(26)(a0)
	REG_L	s11, CTX_X(27)(a0)
	REG_L	t3, CTX_X(28)(a0)
	REG_L	t4, CTX_X(29)(a0)
	REG_L	t5, CTX_X(30)(a0)
	REG_L	t6, CTX_X(31)(a0)
	REG_L	a0, CTX_X(10)(a0)
	sret

	/* stvec's low bits are its mode */
	.balign	4
.Lguest_trap:
	csrrw	a0, CSR_SSCRATCH, a0
	REG_S	ra, CTX_X(1)(a0)
	REG_S	sp, CTX_X(2)(a0)
	REG_S	gp, CTX_X(3)(a0)
	REG_S	tp, CTX_X(4)(a0)
	REG_S	t0, CTX_X(5)(a0)
	REG_S	t1, CTX_X(6)(a0)
	REG_S	t2, CTX_X(7)(a0)
	REG_S	s0, CTX_X(8)(a0)
	REG_S	s1, CTX_X(9)(a0)
	REG_S	a1, CTX_X(11)(a0)
	REG_S	a2, CTX_X(12)(a0)
	REG_S	a3, CTX_X(13)(a0)
	REG_S	a4, CTX_X(14)(a0)
	REG_S	a5, CTX_X(15)(a0)
	REG_S	a6, CTX_X(16)(a0)
	REG_S	a7, CTX_X(17)(a0)
	REG_S	s2, CTX_X(18)(a0)
	REG_S	s3, CTX_X(19)(a0)
	REG_S	s4, CTX_X(20)(a0)
	REG_S	s5, CTX_X(21)(a0)
	REG_S	s6, CTX_X(22)(a0)
	REG_S	s7, CTX_X(23)(a0)
	REG_S	s8, CTX_X(24)(a0)
	REG_S	s9, CTX_X(25)(a0)
	REG_S	s10, CTX_X(26)(a0)
	REG_S	s11, CTX_X(27)(a0)
	REG_S	t3, CTX_X(28)(a0)
	REG_S	t4, CTX_X(29)(a0)
	REG_S	t5, CTX_X(30)(a0)
	REG_S	t6, CTX_X(31)(a0)

	REG_L	t0, HOST_STVEC(a0)
	REG_L	t1, CTX_SSTATUS(a0)
	csrrw	t2, CSR_SSCRATCH, x0
	csrw	CSR_STVEC, t0
	csrrw	t1, CSR_SSTATUS, t1
	csrr	t3, CSR_SEPC
	REG_S	t2, CTX_X(10)(a0)
	REG_S	t1, CTX_SSTATUS(a0)
	REG_S	t3, CTX_PC(a0)
	csrr	t0, CSR_SCAUSE
	csrr	t1, CSR_STVAL
	csrr	t2, CSR_HTVAL
	csrr	t3, CSR_HTINST
	REG_S	t0, CTX_SCAUSE(a0)
	REG_S	t1, CTX_STVAL(a0)
	REG_S	t2, CTX_HTVAL(a0)
	REG_S	t3, CTX_HTINST(a0)

	REG_L	ra, HOST_RA(a0)
	REG_L	sp, HOST_SP(a0)
	REG_L	gp, HOST_GP(a0)
	REG_L	tp, HOST_TP(a0)
	REG_L	s0, HOST_S(0)(a0)
	REG_L	s1, HOST_S(1)(a0)
	REG_L	s2, HOST_S(2)(a0)
	REG_L	s3, HOST_S(3)(a0)
	REG_L	s4, HOST_S(4)(a0)
	REG_L	s5, HOST_S(5)(a0)
	REG_L	s6, HOST_S(6)(a0)
	REG_L	s7, HOST_S(7)(a0)
	REG_L	s8, HOST_S(8)(a0)
	REG_L	s9, HOST_S(9)(a0)
	REG_L	s10, HOST_S(10)(a0)
	REG_L	s11, HOST_S(11)(a0)
	ret
SYM_FUNC_END(__axv_riscv_enter)

/*
 * int __axv_riscv_hlvx_hu(u64 addr, u32 *insn, struct axv_riscv_trap *trap)
 * int __axv_riscv_hlvx_wu(u64 addr, u32 *insn, struct axv_riscv_trap *trap)
 *
 * Read two or four bytes of guest code as the guest fetches them: hstatus.SPVP says
 * as whom. A trap in the one instruction that may have one comes to our vector and
 * is an answer: 0, or 1 with *trap filled in. Interrupts are off.
 */
.macro HLVX name, funct7
SYM_FUNC_START(\name)
	lla	t0, hlvx_trap
	csrrw	t0, CSR_STVEC, t0
	/* hlvx.hu or hlvx.wu a3, (a0): the assembler need not know the extension */
	.insn	r 0x73, 4, \funct7, a3, a0, x3
	csrw	CSR_STVEC, t0
	sw	a3, 0(a1)
	li	a0, 0
	ret
SYM_FUNC_END(\name)
.endm

HLVX __axv_riscv_hlvx_hu, 0x32
HLVX __axv_riscv_hlvx_wu, 0x34

	/* stvec's low bits are its mode */
	.balign	4
SYM_CODE_START_LOCAL(hlvx_trap)
	csrw	CSR_STVEC, t0
	csrr	t0, CSR_SCAUSE
	csrr	t1, CSR_STVAL
	csrr	t2, CSR_HTVAL
	csrr	t3, CSR_HTINST
	REG_S	t0, 0(a2)
	REG_S	t1, 8(a2)
	REG_S	t2, 16(a2)
	REG_S	t3, 24(a2)
	li	a0, 1
	ret
SYM_CODE_END(hlvx_trap)
