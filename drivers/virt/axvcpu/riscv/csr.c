// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that trap because a guest runs them, or that the hart does not know:
 * wfi, and CSRs that the VMM wants to answer for. All else is an illegal instruction
 * to the guest, as it would be on a hart without the H extension.
 *
 * A CSR that the hart has not at all traps as an illegal instruction, which is the
 * guest's own affair, unless there is a filter: see axv_riscv_wants_illegal().
 */
#include <linux/rcupdate.h>
#include <asm/csr.h>

#include "riscv.h"

/* funct3 of the CSR instructions */
#define FUNCT3_KIND	3
#define FUNCT3_WRITE	1
#define FUNCT3_SET	2
#define FUNCT3_IMM	4	/* rs1 is the value itself */

/* a CSR's number says who may access it, and whether it can be written */
#define CSR_MODE(nr)		((nr) >> 8 & 3)
#define CSR_READ_ONLY(nr)	((nr) >> 10 == 3)

/**
 * axv_riscv_wants_illegal() - illegal instructions may be the VMM's
 * @v: the vCPU
 */
bool axv_riscv_wants_illegal(const struct axv_vcpu *v)
{
	return rcu_access_pointer(v->vm->msr_filter);
}

/* The instruction does not exist for the guest. */
static int illegal(struct axv_vcpu *v, u32 insn)
{
	if (!(v->vm->exception_exits & BIT(EXC_INST_ILLEGAL))) {
		axv_riscv_illegal(v, insn);
		return AXV_RESUME;
	}
	axv_riscv_new_exit(v, AXVCPU_EXIT_EXCEPTION);
	v->exit.exception.vector = EXC_INST_ILLEGAL;
	v->exit.exception.addr = insn;
	return AXV_EXIT;
}

/* ---- CSRs ----------------------------------------------------------------------- */

/* csrrw to x0 does not read; csrrs and csrrc of x0 or 0 do not write. */
static bool reads(const struct axv_riscv_insn *d)
{
	return (d->funct & FUNCT3_KIND) != FUNCT3_WRITE || d->rd;
}

static bool writes(const struct axv_riscv_insn *d)
{
	return (d->funct & FUNCT3_KIND) == FUNCT3_WRITE || d->rs1;
}

static u64 new_value(struct axv_vcpu *v, const struct axv_riscv_insn *d, u64 old)
{
	u64 operand = d->funct & FUNCT3_IMM ? d->rs1 : axv_riscv_x(v, d->rs1);

	switch (d->funct & FUNCT3_KIND) {
	case FUNCT3_WRITE:
		return operand;
	case FUNCT3_SET:
		return old | operand;
	}
	return old & ~operand;
}

/* What the VMM has for an access; the kernel has no CSR of its own to answer for. */
static bool answered(u32 action)
{
	return action == AXVCPU_FILTER_EXIT || action == AXVCPU_FILTER_IGNORE;
}

static u32 action_for(struct axv_vcpu *v, const struct axv_riscv_insn *d, bool write)
{
	return axv_filter_action(&v->vm->msr_filter, d->csr, write);
}

/* May the guest, as far as the architecture is concerned? */
static bool permitted(const struct axv_vcpu *v, const struct axv_riscv_insn *d)
{
	if (axv_riscv_is_user(v) && CSR_MODE(d->csr))
		return false;
	return !writes(d) || !CSR_READ_ONLY(d->csr);
}

static int csr_exit(struct axv_vcpu *v, u32 reason, const struct axv_riscv_insn *d, u64 value)
{
	axv_riscv_new_exit(v, reason);
	v->exit.sysreg.addr = d->csr;
	v->exit.sysreg.value = value;
	v->exit.sysreg.reg = reason == AXVCPU_EXIT_SYSREG_READ ? d->rd : AXVCPU_REG_NONE;
	axv_riscv_note_insn(v, v->arch.insn, d->len);
	return AXV_EXIT;
}

/* The end of the instruction. */
static int csr_done(struct axv_vcpu *v, const struct axv_riscv_insn *d, u64 old)
{
	axv_riscv_set_x(v, d->rd, old);
	axv_riscv_skip(v, d->len);
	return AXV_RESUME;
}

/* The second half, @old having been read where that was wanted. */
static int csr_write_half(struct axv_vcpu *v, const struct axv_riscv_insn *d, u64 old)
{
	u32 action;

	if (!writes(d))
		return csr_done(v, d, old);
	action = action_for(v, d, true);
	if (!answered(action))
		return illegal(v, v->arch.insn);
	if (action == AXVCPU_FILTER_IGNORE)
		return csr_done(v, d, old);
	v->arch.csr_old = old;
	return csr_exit(v, AXVCPU_EXIT_SYSREG_WRITE, d, new_value(v, d, old));
}

static int csr_access(struct axv_vcpu *v, u32 insn, const struct axv_riscv_insn *d)
{
	if (!permitted(v, d) ||
	    (reads(d) && !answered(action_for(v, d, false))) ||
	    (writes(d) && !answered(action_for(v, d, true))))
		return illegal(v, insn);

	v->arch.insn = insn;
	if (reads(d) && action_for(v, d, false) == AXVCPU_FILTER_EXIT)
		return csr_exit(v, AXVCPU_EXIT_SYSREG_READ, d, 0);
	return csr_write_half(v, d, 0);
}

/**
 * axv_riscv_csr_complete() - FULFIL of SYSREG_READ or SYSREG_WRITE
 * @v: the vCPU, at rest
 * @data: the value read
 *
 * Return: enum axv_next; AXV_EXIT: the same instruction's SYSREG_WRITE.
 */
int axv_riscv_csr_complete(struct axv_vcpu *v, u64 data)
{
	struct axv_riscv_insn d;

	axv_riscv_decode(v->arch.insn, &d);
	if (v->exit.reason == AXVCPU_EXIT_SYSREG_READ)
		return csr_write_half(v, &d, data);
	return csr_done(v, &d, v->arch.csr_old);
}

/* ---- the trap ------------------------------------------------------------------- */

/**
 * axv_riscv_virtual() - a virtual instruction, or an illegal one that was not delegated
 * @v: the vCPU, in the section
 *
 * Return: enum axv_next.
 */
int axv_riscv_virtual(struct axv_vcpu *v)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;
	struct axv_riscv_trap fetch;
	struct axv_riscv_insn d;
	u32 insn = t->stval;

	/* Where the hart does not tell, and it cannot be read now, the guest is to find out. */
	if (!insn && axv_riscv_fetch(v, v->arch.ctx.pc, &insn, &fetch))
		return AXV_RESUME;
	axv_riscv_decode(insn, &d);
	if (d.op == AXV_RISCV_CSR)
		return csr_access(v, insn, &d);
	if (d.op == AXV_RISCV_WFI && !axv_riscv_is_user(v) && t->scause == EXC_VIRTUAL_INST_FAULT)
		return axv_riscv_wfi(v);
	return illegal(v, insn);
}
