// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exception taken by the guest's EL1, done as the CPU does it: AArch64.TakeException()
 * of the Arm Architecture Reference Manual's pseudocode.
 *
 * What the CPU does because it has a feature, it does whether or not the guest was told of
 * it: bits of PSTATE come with tags (TCO) and with non-maskable interrupts (ALLINT).
 */
#include <linux/bits.h>
#include <asm/ptrace.h>

#include "arm64.h"

/* bits of SCTLR_EL1 */
#define GUEST_SCTLR_SPAN	BIT_ULL(23)
#define GUEST_SCTLR_DSSBS	BIT_ULL(44)
#define GUEST_SCTLR_SPINTMASK	BIT_ULL(62)

#define SPSR_ALLINT	BIT_ULL(13)

/* offsets in the vector table, by where the exception comes from */
#define FROM_EL1T	0x000
#define FROM_EL1H	0x200
#define FROM_EL0	0x400
#define FROM_EL0_32	0x600

/* what an exception leaves of PSTATE as it was; in an AArch32 SPSR they stand there, too */
#define PSTATE_KEPT	(PSR_N_BIT | PSR_Z_BIT | PSR_C_BIT | PSR_V_BIT | PSR_DIT_BIT | PSR_PAN_BIT)
#define PSTATE_MASKED	(PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT)

static u64 vector_offset(u64 pstate)
{
	if (pstate & PSR_MODE32_BIT)
		return FROM_EL0_32;
	switch (pstate & PSR_MODE_MASK) {
	case PSR_MODE_EL1t:
		return FROM_EL1T;
	case PSR_MODE_EL1h:
		return FROM_EL1H;
	}
	return FROM_EL0;
}

/* Does an exception of this class have an address? Else FAR_EL1 stays what it was. */
static bool has_far(u64 esr)
{
	switch (ESR_ELx_EC(esr)) {
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_IABT_CUR:
	case ESR_ELx_EC_PC_ALIGN:
	case ESR_ELx_EC_DABT_LOW:
	case ESR_ELx_EC_DABT_CUR:
	case ESR_ELx_EC_WATCHPT_LOW:
	case ESR_ELx_EC_WATCHPT_CUR:
		return true;
	}
	return false;
}

/**
 * axv_arm64_trap_guest() - the guest's EL1 takes a synchronous exception, now
 * @v: the vCPU; its own thread calls, in the section or at rest
 * @esr: ESR_EL1
 * @far: FAR_EL1, where the class has one
 *
 * The guest stands at the instruction: ELR_EL1 is its pc.
 */
void axv_arm64_trap_guest(struct axv_vcpu *v, u64 esr, u64 far)
{
	u64 sctlr = axv_arm64_read_sys(v, AXV_REG_SCTLR);
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	u64 old = ctx->pstate, new;

	new = (old & PSTATE_KEPT) | PSTATE_MASKED | PSR_MODE_EL1h;
	if ((ctx->features & AXV_CPU_PAN) && !(sctlr & GUEST_SCTLR_SPAN))
		new |= PSR_PAN_BIT;
	if (ctx->features & AXV_CPU_TCO)
		new |= PSR_TCO_BIT;
	if ((ctx->features & AXV_CPU_NMI) && !(sctlr & GUEST_SCTLR_SPINTMASK))
		new |= SPSR_ALLINT;
	if (sctlr & GUEST_SCTLR_DSSBS)
		new |= PSR_SSBS_BIT;

	axv_arm64_write_sys(v, AXV_REG_ESR, esr);
	if (has_far(esr))
		axv_arm64_write_sys(v, AXV_REG_FAR, far);
	axv_arm64_write_sys(v, AXV_REG_ELR, ctx->pc);
	axv_arm64_write_sys(v, AXV_REG_SPSR, old);
	/* the low bits of VBAR_EL1 are RES0 */
	ctx->pc = (axv_arm64_read_sys(v, AXV_REG_VBAR) & ~0x7ffull) + vector_offset(old);
	ctx->pstate = new;
}

/**
 * axv_arm64_undefined() - the guest's instruction is one that does not exist
 * @v: the vCPU, at the instruction
 */
void axv_arm64_undefined(struct axv_vcpu *v)
{
	axv_arm64_trap_guest(v, (u64)ESR_ELx_EC_UNKNOWN << ESR_ELx_EC_SHIFT | ESR_ELx_IL, 0);
}

/**
 * axv_arm64_abort_esr() - ESR_EL1 of an abort
 * @v: the vCPU
 * @insn: of a fetch
 * @iss: what it says
 */
u64 axv_arm64_abort_esr(const struct axv_vcpu *v, bool insn, u64 iss)
{
	u64 class = insn ? ESR_ELx_EC_IABT_LOW : ESR_ELx_EC_DABT_LOW;

	/* IL: a fetch and an access without a syndrome have no other */
	if (!axv_arm64_is_user(v))
		class++;
	return class << ESR_ELx_EC_SHIFT | ESR_ELx_IL | iss;
}

/**
 * axv_arm64_abort() - the guest's access is answered by an error of the bus
 * @v: the vCPU, at the instruction
 * @far: address
 * @insn: it was a fetch
 */
void axv_arm64_abort(struct axv_vcpu *v, u64 far, bool insn)
{
	u64 iss = ESR_ELx_FSC_EXTABT;

	if (!insn && axv_arm64_class(v) == ESR_ELx_EC_DABT_LOW)
		iss |= v->arch.ctx->trap.esr & (ESR_ELx_WNR | ESR_ELx_CM);
	axv_arm64_trap_guest(v, axv_arm64_abort_esr(v, insn, iss), far);
}

/**
 * axv_arm64_reflect() - the guest's EL1 takes what came to EL2
 * @v: the vCPU, at the instruction, the trap in its ctx
 *
 * Where it comes from a lower exception level than EL2, it may be EL1's own.
 */
void axv_arm64_reflect(struct axv_vcpu *v)
{
	const struct axv_arm64_trap *t = &v->arch.ctx->trap;
	u64 esr = t->esr & (ESR_ELx_EC_MASK | ESR_ELx_IL | ESR_ELx_ISS_MASK);

	if (!axv_arm64_is_user(v)) {
		switch (ESR_ELx_EC(esr)) {
		case ESR_ELx_EC_IABT_LOW:
		case ESR_ELx_EC_DABT_LOW:
		case ESR_ELx_EC_BREAKPT_LOW:
		case ESR_ELx_EC_SOFTSTP_LOW:
		case ESR_ELx_EC_WATCHPT_LOW:
			esr += 1ull << ESR_ELx_EC_SHIFT;
			break;
		}
	}
	axv_arm64_trap_guest(v, esr, t->far);
}
