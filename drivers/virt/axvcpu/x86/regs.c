// SPDX-License-Identifier: GPL-2.0-only
/* Register groups between the run page and the vCPU. */
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/tsc.h>

#include "x86.h"
#include "gpr.h"

#define GPR_OFFSET(reg)	(offsetof(struct axvcpu_x86_gpr, r) + AXVCPU_X86_##reg * 8)

static_assert(GPR_OFFSET(RAX) == GPR_RAX);
static_assert(GPR_OFFSET(RCX) == GPR_RCX);
static_assert(GPR_OFFSET(RDX) == GPR_RDX);
static_assert(GPR_OFFSET(RBX) == GPR_RBX);
static_assert(GPR_OFFSET(RBP) == GPR_RBP);
static_assert(GPR_OFFSET(RSI) == GPR_RSI);
static_assert(GPR_OFFSET(RDI) == GPR_RDI);
static_assert(GPR_OFFSET(R8) == GPR_R8);
static_assert(GPR_OFFSET(R15) == GPR_R15);

#define RFLAGS_BITS	(X86_EFLAGS_CF | X86_EFLAGS_FIXED | X86_EFLAGS_PF | \
			 X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF |    \
			 X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF |    \
			 X86_EFLAGS_OF | X86_EFLAGS_IOPL | X86_EFLAGS_NT |  \
			 X86_EFLAGS_RF | X86_EFLAGS_VM | X86_EFLAGS_AC |    \
			 X86_EFLAGS_VIF | X86_EFLAGS_VIP | X86_EFLAGS_ID)

/* bits that always read as one, and those of the rest that always read as zero */
#define DR6_ONES	0xffff0ff0ull
#define DR6_ZEROES	(BIT_ULL(12) | GENMASK_ULL(63, 32))
#define DR7_ONES	BIT_ULL(10)
#define DR7_ZEROES	(BIT_ULL(11) | BIT_ULL(12) | BIT_ULL(14) | BIT_ULL(15) | \
			 GENMASK_ULL(63, 32))

#define DR7_GD		BIT_ULL(13)

#define DEBUG_CONTROL	(AXVCPU_X86_DEBUG_STEP | AXVCPU_X86_DEBUG_SW_BP | \
			 AXVCPU_X86_DEBUG_HW_BP)

/* ---- checks -------------------------------------------------------------------- */

/*
 * RIP may be one behind the last canonical address, where the next fetch
 * faults, so the sign bit is not looked at.
 */
static bool valid_rip(u64 rip, bool in_64bit)
{
	s64 upper = (s64)rip >> axv_x86_host.virt_bits;

	return in_64bit ? upper == 0 || upper == -1 : !(rip >> 32);
}

static int check_gpr(const struct axvcpu_x86_gpr *g, const struct axvcpu_x86_control *c)
{
	bool long_mode = c->efer & EFER_LMA;

	if (g->rflags & ~(u64)RFLAGS_BITS)
		return -EINVAL;
	if (g->rflags & X86_EFLAGS_VM && (long_mode || !(c->cr0 & X86_CR0_PE)))
		return -EINVAL;
	if (!valid_rip(g->rip, long_mode && c->seg[AXVCPU_X86_CS].attr & AXV_X86_ATTR_L))
		return -EINVAL;
	return 0;
}

static int check_timer(const struct axvcpu_x86_timer *t)
{
	return t->flags & ~AXVCPU_X86_TIMER_OFFSET || t->reserved ? -EINVAL : 0;
}

static int check_debug(const struct axvcpu_x86_debug *d)
{
	if (d->dr6 & DR6_ZEROES || d->dr7 & DR7_ZEROES)
		return -EINVAL;
	/* GD guards the guest's own registers */
	if (d->bp_dr7 & (DR7_ZEROES | DR7_GD))
		return -EINVAL;
	return d->control & ~DEBUG_CONTROL || d->reserved ? -EINVAL : 0;
}

static int check_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_x86_regs *x,
		      const void *fp)
{
	const struct axvcpu_x86_control *control = axv_x86_control(v);
	const struct axvcpu_x86_gpr *gpr = &v->arch.gpr;
	int r = 0;

	if (groups & ~AXVCPU_REGS_ALL)
		return -EINVAL;
	/* The groups are checked against each other as they will be. */
	if (groups & AXVCPU_REGS_GPR)
		gpr = &x->gpr;
	if (groups & AXVCPU_REGS_CONTROL) {
		control = &x->control;
		r = axv_x86_check_control(v, control);
	}
	if (!r && groups & (AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL))
		r = check_gpr(gpr, control);
	if (!r && groups & AXVCPU_REGS_FP)
		r = axv_x86_fpu_check(control->xcr0, fp);
	if (!r && groups & AXVCPU_REGS_INTR) {
		r = axv_x86_check_intr(v, &x->intr);
		if (!r && v->arch.lapic.there)
			r = axv_x86_lapic_check(v, &x->apic);
	}
	if (!r && groups & AXVCPU_REGS_TIMER)
		r = check_timer(&x->timer);
	if (!r && groups & AXVCPU_REGS_DEBUG)
		r = check_debug(&x->debug);
	return r;
}

/* ---- commit ------------------------------------------------------------------------ */

static void commit_intr(struct axv_vcpu *v, const struct axvcpu_x86_regs *x)
{
	/* first: what the group queues counts in the state of the APIC */
	if (v->arch.lapic.there)
		axv_x86_lapic_commit(v, &x->apic);
	axv_x86_commit_intr(v, &x->intr);
}

static void commit_timer(struct axv_vcpu *v, const struct axvcpu_x86_timer *t)
{
	if (t->flags & AXVCPU_X86_TIMER_OFFSET)
		WRITE_ONCE(v->arch.tsc_offset, t->tsc_offset);
	else
		WRITE_ONCE(v->arch.tsc_offset, t->tsc - rdtsc_ordered());
	axv_x86_lapic_tsc_changed(v);
}

static void commit_debug(struct axv_vcpu *v, const struct axvcpu_x86_debug *d)
{
	v->arch.debug = *d;
	v->arch.debug.dr6 |= DR6_ONES;
	v->arch.debug.dr7 |= DR7_ONES;
	v->arch.debug.bp_dr7 |= DR7_ONES;
	if (!(d->control & AXVCPU_X86_DEBUG_STEP))
		v->arch.stepped = false;
}

/**
 * axv_x86_commit_regs() - take register groups from user space
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 * @regs: a private copy of the run page
 * @fp: with AXVCPU_REGS_FP a private copy of that group
 *
 * Return: 0, or -EINVAL with nothing taken.
 */
int axv_x86_commit_regs(struct axv_vcpu *v, u32 groups,
			const struct axvcpu_run *regs, const void *fp)
{
	const struct axvcpu_x86_regs *x = &regs->regs.x86;
	int r;

	r = check_regs(v, groups, x, fp);
	if (r)
		return r;
	if (groups & AXVCPU_REGS_GPR) {
		v->arch.gpr = x->gpr;
		v->arch.gpr.rflags |= X86_EFLAGS_FIXED;
	}
	if (groups & AXVCPU_REGS_CONTROL)
		axv_x86_commit_control(v, &x->control);
	if (groups & AXVCPU_REGS_FP)
		axv_x86_fpu_commit(v, fp);
	/* a deadline is of the TSC that comes with it */
	if (groups & AXVCPU_REGS_TIMER)
		commit_timer(v, &x->timer);
	if (groups & AXVCPU_REGS_INTR)
		commit_intr(v, x);
	if (groups & AXVCPU_REGS_DEBUG)
		commit_debug(v, &x->debug);
	return 0;
}

/* ---- fetch --------------------------------------------------------------------------- */

static void fetch_timer(struct axv_vcpu *v, struct axvcpu_x86_timer *t)
{
	*t = (struct axvcpu_x86_timer) {
		.tsc = rdtsc_ordered() + v->arch.tsc_offset,
		.tsc_offset = v->arch.tsc_offset,
		.tsc_khz = tsc_khz,
	};
}

static void fetch_intr(struct axv_vcpu *v, struct axvcpu_x86_regs *page)
{
	struct axvcpu_x86_intr intr;
	struct axvcpu_x86_apic apic;

	/* Built aside: the page is user space's to scribble over. */
	axv_x86_fetch_intr(v, &intr);
	page->intr = intr;
	if (!v->arch.lapic.there)
		return;
	axv_x86_lapic_fetch(v, &apic);
	page->apic = apic;
}

/**
 * axv_x86_fetch_regs() - give register groups to user space
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 * @regs: the run page or a copy; written only
 * @fp: its FP group; written only
 */
void axv_x86_fetch_regs(struct axv_vcpu *v, u32 groups,
			struct axvcpu_run *regs, void *fp)
{
	struct axvcpu_x86_regs *x = &regs->regs.x86;

	if (groups & AXVCPU_REGS_GPR)
		x->gpr = v->arch.gpr;
	if (groups & AXVCPU_REGS_CONTROL)
		x->control = *axv_x86_control(v);
	if (groups & AXVCPU_REGS_FP)
		axv_x86_fpu_fetch(v, fp);
	if (groups & AXVCPU_REGS_INTR)
		fetch_intr(v, x);
	if (groups & AXVCPU_REGS_TIMER)
		fetch_timer(v, &x->timer);
	if (groups & AXVCPU_REGS_DEBUG)
		x->debug = v->arch.debug;
}

/* ---- single registers ------------------------------------------------------------------- */

/**
 * axv_x86_set_gpr() - AXVCPU_SET_GPR
 * @v: the vCPU, at rest
 * @reg: enum axvcpu_x86_reg
 * @value: new value
 *
 * Return: 0 or -EINVAL.
 */
int axv_x86_set_gpr(struct axv_vcpu *v, u32 reg, u64 value)
{
	if (reg >= AXVCPU_X86_NR_GPRS)
		return -EINVAL;
	*axv_x86_reg(v, reg) = value;
	return 0;
}

/**
 * axv_x86_set_return_value() - AXVCPU_SET_RETURN_VALUE
 * @v: the vCPU, at rest
 * @value: goes to rax
 */
void axv_x86_set_return_value(struct axv_vcpu *v, u64 value)
{
	*axv_x86_reg(v, AXVCPU_X86_RAX) = value;
}

/**
 * axv_x86_get_pc() - the instruction pointer
 * @v: the vCPU
 */
u64 axv_x86_get_pc(struct axv_vcpu *v)
{
	return v->arch.gpr.rip;
}
