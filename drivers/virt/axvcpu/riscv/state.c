// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU's registers: made, set up, reset, and exchanged with the run page. */
#include <linux/string.h>
#include <asm/csr.h>

#include "riscv.h"

/* bits of sstatus that a guest may have; hardware keeps what it knows of them */
#define SR_GUEST_MXR	BIT_ULL(19)
#define GUEST_SSTATUS	(SR_SIE | SR_SPIE | SR_SPP | SR_VS | SR_FS | SR_XS | SR_SUM | \
			 SR_GUEST_MXR | SR_SD)
#define SSTATUS_UXL_64	(2ull << 32)

/* ---- create, setup, reset ------------------------------------------------------- */

static void reset_registers(struct axv_vcpu *v)
{
	struct axv_vcpu_arch *a = &v->arch;

	memset(a->ctx.x, 0, sizeof(a->ctx.x));
	a->ctx.pc = 0;
	a->ctx.sstatus = SSTATUS_UXL_64 | SR_SPP;
	memset(&a->ctx.trap, 0, sizeof(a->ctx.trap));
	memset(&a->csr, 0, sizeof(a->csr));
	a->csr.vsstatus = SSTATUS_UXL_64;
	a->csr.vstimecmp = U64_MAX;
	/* as firmware leaves it: a kernel that does not count does not think of it */
	a->csr.scounteren = 7;
	axv_riscv_set_debug(v, 0);
	a->insn = 0;
	a->access.htinst = AXV_RISCV_NO_HTINST;
	axv_riscv_fp_reset(v);
}

/**
 * axv_riscv_vcpu_create() - AXVCPU_CREATE_VCPU, the hart's part
 * @v: the vCPU
 * @args: hartid, dtb and imsic
 *
 * Return: 0, -EINVAL, -ENOMEM; -EOPNOTSUPP, -EBUSY for an IMSIC.
 */
int axv_riscv_vcpu_create(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args)
{
	int r;

	if (args->arch.reserved[3])
		return -EINVAL;
	v->arch.hartid = args->arch.riscv.hartid;
	v->arch.dtb = args->arch.riscv.dtb;
	r = axv_riscv_fp_create(v);
	if (r)
		return r;
	r = axv_riscv_imsic_create(v, args->arch.riscv.imsic);
	if (r) {
		axv_riscv_fp_destroy(v);
		return r;
	}
	axv_riscv_irq_create(v);
	axv_riscv_timer_create(v);
	reset_registers(v);
	return 0;
}

/**
 * axv_riscv_vcpu_destroy() - undo axv_riscv_vcpu_create()
 * @v: the vCPU
 */
void axv_riscv_vcpu_destroy(struct axv_vcpu *v)
{
	axv_riscv_timer_destroy(v);
	axv_riscv_imsic_destroy(v);
	axv_riscv_fp_destroy(v);
}

/**
 * axv_riscv_vcpu_reset() - back to what create left
 * @v: the vCPU, not in RUN
 */
void axv_riscv_vcpu_reset(struct axv_vcpu *v)
{
	axv_riscv_timer_reset(v);
	axv_riscv_irq_reset(v);
	axv_riscv_imsic_reset(v);
	reset_registers(v);
}

/**
 * axv_riscv_vcpu_setup() - AXVCPU_SETUP
 * @v: the vCPU, CREATED
 * @args: entry and start state
 *
 * Return: 0 or -EINVAL.
 */
int axv_riscv_vcpu_setup(struct axv_vcpu *v, const struct axvcpu_setup *args)
{
	const struct axvcpu_riscv_setup *s = &args->arch.riscv;

	if ((args->entry & 1) || memchr_inv(s->reserved, 0, sizeof(s->reserved)))
		return -EINVAL;
	axv_riscv_vcpu_reset(v);
	v->arch.ctx.pc = args->entry;
	v->arch.ctx.x[AXV_A0] = v->arch.hartid;
	v->arch.ctx.x[AXV_A1] = v->arch.dtb;
	v->arch.ctx.x[2] = s->sp;
	v->arch.csr.vsatp = s->satp;
	WRITE_ONCE(v->arch.irq.wait_start, v->id && !(args->flags & AXVCPU_SETUP_RUNNABLE));
	return 0;
}

/**
 * axv_riscv_set_entry() - AXVCPU_SET_ENTRY
 * @v: the vCPU, at rest
 * @entry: new pc
 *
 * Return: 0 or -EINVAL.
 */
int axv_riscv_set_entry(struct axv_vcpu *v, u64 entry)
{
	if (entry & 1)
		return -EINVAL;
	v->arch.ctx.pc = entry;
	WRITE_ONCE(v->arch.irq.halted, false);
	return 0;
}

/* ---- single registers ----------------------------------------------------------- */

/**
 * axv_riscv_set_gpr() - AXVCPU_SET_GPR
 * @v: the vCPU, at rest
 * @reg: number; 0 stays 0
 * @value: new value
 *
 * Return: 0 or -EINVAL.
 */
int axv_riscv_set_gpr(struct axv_vcpu *v, u32 reg, u64 value)
{
	if (reg >= 32)
		return -EINVAL;
	axv_riscv_set_x(v, reg, value);
	return 0;
}

/**
 * axv_riscv_set_return_value() - AXVCPU_SET_RETURN_VALUE
 * @v: the vCPU, at rest
 * @value: goes to a0
 */
void axv_riscv_set_return_value(struct axv_vcpu *v, u64 value)
{
	axv_riscv_set_x(v, AXV_A0, value);
}

/* ---- register groups ------------------------------------------------------------ */

static int check_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_riscv_regs *r,
		      const struct axvcpu_riscv_fp *fp)
{
	if ((groups & AXVCPU_REGS_GPR) &&
	    (r->gpr.x[0] || (r->gpr.pc & 1) || r->gpr.mode > AXVCPU_RISCV_MODE_S))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_CONTROL) &&
	    memchr_inv(r->control.reserved, 0, sizeof(r->control.reserved)))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_INTR) && axv_riscv_check_intr(&r->intr))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_INTR) && (r->intr.flags & AXVCPU_RISCV_INTR_IMSIC) &&
	    axv_riscv_imsic_check(v, &r->imsic))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_TIMER) &&
	    ((r->timer.flags & ~AXVCPU_RISCV_TIMER_SET) || r->timer.reserved))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_DEBUG) &&
	    ((r->debug.control & ~AXVCPU_RISCV_DEBUG_SW_BP) || r->debug.reserved))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_FP) && axv_riscv_fp_check(v, fp))
		return -EINVAL;
	return 0;
}

static void set_gprs(struct axv_vcpu *v, const struct axvcpu_riscv_gpr *g)
{
	struct axv_riscv_ctx *ctx = &v->arch.ctx;

	memcpy(&ctx->x[1], &g->x[1], 31 * sizeof(ctx->x[0]));
	ctx->pc = g->pc;
	ctx->sstatus &= ~SR_SPP;
	if (g->mode == AXVCPU_RISCV_MODE_S)
		ctx->sstatus |= SR_SPP;
}

static void set_control(struct axv_vcpu *v, const struct axvcpu_riscv_control *c)
{
	struct axv_riscv_csrs *g = &v->arch.csr;

	g->vsstatus = (c->sstatus & GUEST_SSTATUS) | SSTATUS_UXL_64;
	g->vstvec = c->stvec;
	g->vsscratch = c->sscratch;
	g->vsepc = c->sepc;
	g->vscause = c->scause;
	g->vstval = c->stval;
	g->vsatp = c->satp;
	g->scounteren = c->scounteren;
	g->senvcfg = c->senvcfg;
}

/**
 * axv_riscv_commit_regs() - see struct axv_arch_ops
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 * @regs: a private copy
 * @fp: likewise, with AXVCPU_REGS_FP
 *
 * Return: 0 or, with nothing changed, -EINVAL.
 */
int axv_riscv_commit_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_run *regs,
			  const void *fp)
{
	const struct axvcpu_riscv_regs *r = &regs->regs.riscv;

	if (check_regs(v, groups, r, fp))
		return -EINVAL;
	if (groups & AXVCPU_REGS_GPR)
		set_gprs(v, &r->gpr);
	if (groups & AXVCPU_REGS_CONTROL)
		set_control(v, &r->control);
	if (groups & AXVCPU_REGS_INTR) {
		axv_riscv_set_intr(v, &r->intr);
		if (r->intr.flags & AXVCPU_RISCV_INTR_IMSIC)
			axv_riscv_imsic_set(v, &r->imsic);
	}
	if (groups & AXVCPU_REGS_TIMER)
		axv_riscv_set_timer_regs(v, &r->timer);
	if (groups & AXVCPU_REGS_DEBUG)
		axv_riscv_set_debug(v, r->debug.control);
	if (groups & AXVCPU_REGS_FP)
		axv_riscv_fp_commit(v, fp);
	return 0;
}

static void get_gprs(struct axv_vcpu *v, struct axvcpu_riscv_gpr *g)
{
	const struct axv_riscv_ctx *ctx = &v->arch.ctx;

	g->x[0] = 0;
	memcpy(&g->x[1], &ctx->x[1], 31 * sizeof(ctx->x[0]));
	g->pc = ctx->pc;
	g->mode = ctx->sstatus & SR_SPP ? AXVCPU_RISCV_MODE_S : AXVCPU_RISCV_MODE_U;
}

static void get_control(struct axv_vcpu *v, struct axvcpu_riscv_control *c)
{
	const struct axv_riscv_csrs *g = &v->arch.csr;

	c->sstatus = g->vsstatus;
	c->stvec = g->vstvec;
	c->sscratch = g->vsscratch;
	c->sepc = g->vsepc;
	c->scause = g->vscause;
	c->stval = g->vstval;
	c->satp = g->vsatp;
	c->scounteren = g->scounteren;
	c->senvcfg = g->senvcfg;
	c->hartid = v->arch.hartid;
	memset(c->reserved, 0, sizeof(c->reserved));
}

/**
 * axv_riscv_fetch_regs() - see struct axv_arch_ops
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 * @regs: written only
 * @fp: likewise
 */
void axv_riscv_fetch_regs(struct axv_vcpu *v, u32 groups, struct axvcpu_run *regs, void *fp)
{
	struct axvcpu_riscv_regs *r = &regs->regs.riscv;

	if (groups & AXVCPU_REGS_GPR)
		get_gprs(v, &r->gpr);
	if (groups & AXVCPU_REGS_CONTROL)
		get_control(v, &r->control);
	if (groups & AXVCPU_REGS_INTR) {
		axv_riscv_get_intr(v, &r->intr);
		axv_riscv_imsic_get(v, &r->imsic);
	}
	if (groups & AXVCPU_REGS_TIMER)
		axv_riscv_get_timer_regs(v, &r->timer);
	if (groups & AXVCPU_REGS_DEBUG) {
		r->debug.control = v->arch.debug_control;
		r->debug.reserved = 0;
	}
	if (groups & AXVCPU_REGS_FP)
		axv_riscv_fp_fetch(v, fp);
}
