// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space is told with an exit, and entry commands: what it decided about it.
 *
 * Nothing of an instruction is done before its exit, so that FULFIL does it all, SKIP
 * leaves it out, RETRY is no change, and FAULT puts an exception in its place.
 */
#include "arm64.h"
#include "../commands.h"

static const u8 commands[AXVCPU_EXIT_NR] = {
	AXV_EXIT_COMMANDS,
	[AXVCPU_EXIT_IO_READ]		= NONE | RETRY,
	[AXVCPU_EXIT_IO_WRITE]		= NONE | RETRY,
	[AXVCPU_EXIT_CPU_DOWN]		= ACCESS,
	[AXVCPU_EXIT_SEND_IPI]		= ACCESS,
	[AXVCPU_EXIT_EXCEPTION]		= NONE | RETRY,
};

/* Addresses that go with no exception of the class are whatever they were. */
static __always_inline bool is_abort(u64 esr)
{
	static_assert(ESR_ELx_EC_DABT_LOW == (ESR_ELx_EC_IABT_LOW | 4));
	return (ESR_ELx_EC(esr) & ~4ul) == ESR_ELx_EC_IABT_LOW;
}

/**
 * axv_arm64_describe() - what goes with any exit
 * @v: the vCPU, at rest
 * @x: in the run page: written only
 *
 * Return: the entry commands that v->exit allows, a mask of 1 << enum axvcpu_command.
 */
u32 notrace axv_arm64_describe(struct axv_vcpu *v, struct axvcpu_exit *x)
{
	const struct axv_arm64_trap *t = &v->arch.ctx->trap;
	u32 mask = commands[v->exit.reason];

	x->raw[0] = t->esr;
	if (likely(is_abort(t->esr))) {
		x->raw[1] = t->far;
		x->raw[2] = t->hpfar;
	} else {
		x->raw[1] = ESR_ELx_EC(t->esr) == ESR_ELx_EC_WATCHPT_LOW ? t->far : 0;
		x->raw[2] = 0;
	}
	x->raw[3] = t->kind;
	x->pc = v->arch.ctx->pc;
	x->intr_state = axv_arm64_intr_state(v);
	/* Only an instruction whose end is known can be left behind. */
	if (unlikely(!v->exit.insn_len))
		mask &= ~(u32)(FULFIL | SKIP);
	return mask;
}

/* ---- FAULT ---------------------------------------------------------------------- */

static void fault(struct axv_vcpu *v)
{
	const struct axv_arm64_trap *t = &v->arch.ctx->trap;

	switch (v->exit.reason) {
	case AXVCPU_EXIT_MMIO_READ:
	case AXVCPU_EXIT_MMIO_WRITE:
	case AXVCPU_EXIT_NESTED_PAGE_FAULT:
	case AXVCPU_EXIT_INTERNAL_ERROR:
		switch (axv_arm64_class(v)) {
		case ESR_ELx_EC_IABT_LOW:
			axv_arm64_abort(v, t->far, true);
			return;
		case ESR_ELx_EC_DABT_LOW:
			axv_arm64_abort(v, t->far, false);
			return;
		}
		break;
	case AXVCPU_EXIT_DEBUG:
		axv_arm64_reflect(v);
		return;
	}
	axv_arm64_undefined(v);
}

/* ---- complete ------------------------------------------------------------------- */

/* Exits that a call by SMCCC made. */
static bool is_smccc(const struct axv_vcpu *v)
{
	switch (axv_arm64_class(v)) {
	case ESR_ELx_EC_HVC64:
	case ESR_ELx_EC_SMC64:
		return !(v->arch.ctx->trap.esr & ESR_ELx_xVC_IMM_MASK);
	}
	return false;
}

static bool is_call(const struct axv_vcpu *v)
{
	switch (v->exit.reason) {
	case AXVCPU_EXIT_HYPERCALL:
	case AXVCPU_EXIT_CPU_UP:
	case AXVCPU_EXIT_CPU_DOWN:
	case AXVCPU_EXIT_SYSTEM_DOWN:
	case AXVCPU_EXIT_HALT:		/* CPU_SUSPEND's, or WFI's */
		return is_smccc(v);
	}
	return false;
}

static noinline int complete_other(struct axv_vcpu *v, u32 cmd, u64 data)
{
	if (is_call(v))
		return axv_arm64_smccc_complete(v, cmd, data);
	if (cmd == AXVCPU_CMD_FAULT) {
		fault(v);
		return AXV_RESUME;
	}
	/* nothing was pending, or nothing has to be decided */
	if (cmd != AXVCPU_CMD_FULFIL && cmd != AXVCPU_CMD_SKIP)
		return AXV_RESUME;
	if (cmd == AXVCPU_CMD_FULFIL) {
		switch (v->exit.reason) {
		case AXVCPU_EXIT_SYSREG_READ:
		case AXVCPU_EXIT_SYSREG_WRITE:
			return axv_arm64_sys_complete(v, data);
		case AXVCPU_EXIT_HYPERCALL:
			axv_arm64_set_x(v, 0, data);
			break;
		}
	}
	/* FULFIL of HALT, too: as if an event had ended it the moment it began */
	axv_arm64_skip(v);
	return AXV_RESUME;
}

/**
 * axv_arm64_complete() - do what user space decided about v->exit
 * @v: the vCPU, at rest
 * @cmd: enum axvcpu_command; one of those axv_arm64_describe() gave
 * @data: FULFIL: the value read, or the call's result
 *
 * Return: enum axv_next; AXV_EXIT where an instruction makes another access.
 */
int notrace axv_arm64_complete(struct axv_vcpu *v, u32 cmd, u64 data)
{
	if (cmd == AXVCPU_CMD_RETRY)
		return AXV_RESUME;
	if (unlikely(cmd != AXVCPU_CMD_FULFIL || (v->exit.reason != AXVCPU_EXIT_MMIO_READ &&
						  v->exit.reason != AXVCPU_EXIT_MMIO_WRITE)))
		return complete_other(v, cmd, data);
	/* of one that was decoded there may be more to do than the CPU says */
	if (unlikely(v->exit.insn_nr))
		return axv_arm64_mmio_continue(v, data);
	if (v->exit.reason == AXVCPU_EXIT_MMIO_READ)
		axv_arm64_load(v, data);
	axv_arm64_skip(v);
	return AXV_RESUME;
}
