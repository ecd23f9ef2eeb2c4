// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU's registers: made, set up, reset, and exchanged with the run page. */
#include <linux/gfp.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>

#include "arm64.h"

/* MPIDR_EL1.Aff3 and Aff2 to Aff0 */
#define MPIDR_AFFINITY	(GENMASK_ULL(39, 32) | GENMASK_ULL(23, 0))
#define GICR_ALIGN	0x10000ull
#define GICR_SIZE	0x20000ull

#define SPSR_RESET	(PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT | PSR_MODE_EL1h)
#define SPSR_SS		BIT_ULL(21)
#define SPSR_ALLINT	BIT_ULL(13)
/* what an SPSR has from AArch64 on every CPU, beside those in extensions[] */
#define SPSR_64		(PSR_N_BIT | PSR_Z_BIT | PSR_C_BIT | PSR_V_BIT | SPSR_SS | PSR_IL_BIT | \
			 PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT | PSR_MODE_MASK)
/* from AArch32 every bit of the lower half has a meaning */
#define SPSR_32		GENMASK_ULL(31, 0)

/* Bits of PSTATE, and the field of an ID register without which a CPU does not have them. */
static const struct {
	u32 bits;
	u32 reg;
	u8 shift;
	u8 least;
} extensions[] = {
	{ PSR_DIT_BIT,		SYS_ID_AA64PFR0_EL1, 48, 1 },
	{ PSR_BTYPE_MASK,	SYS_ID_AA64PFR1_EL1, 0, 1 },
	{ PSR_SSBS_BIT,		SYS_ID_AA64PFR1_EL1, 4, 1 },
	{ PSR_TCO_BIT,		SYS_ID_AA64PFR1_EL1, 8, 2 },
	{ SPSR_ALLINT,		SYS_ID_AA64PFR1_EL1, 36, 1 },
	{ PSR_PAN_BIT,		SYS_ID_AA64MMFR1_EL1, 20, 1 },
	{ PSR_UAO_BIT,		SYS_ID_AA64MMFR2_EL1, 4, 1 },
};

/* ---- create, setup, reset ------------------------------------------------------- */

static void reset_registers(struct axv_vcpu *v)
{
	struct axv_vcpu_arch *a = &v->arch;
	struct axv_arm64_ctx *ctx = a->ctx;

	memset(ctx->x, 0, sizeof(ctx->x));
	ctx->pc = 0;
	ctx->sp_el0 = 0;
	ctx->pstate = SPSR_RESET;
	memset(&ctx->trap, 0, sizeof(ctx->trap));
	memset(ctx->reg, 0, sizeof(ctx->reg));
	ctx->reg[AXV_REG_SCTLR] = AXV_ARM64_SCTLR;
	a->insn = 0;
	a->part = 0;
	a->setup_flags = 0;
	axv_arm64_fp_reset(v);
	axv_arm64_debug_reset(v);
}

/* The page that the entries work on: EL2 has to see it, too. */
static int create_ctx(struct axv_vcpu *v)
{
	int r;

	static_assert(sizeof(struct axv_arm64_ctx) <= PAGE_SIZE);
	v->arch.ctx = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!v->arch.ctx)
		return -ENOMEM;
	v->arch.ctx->features = axv_arm64_cpu;
	if (axv_arm64_vhe())
		return 0;
	r = axv_arm64_nvhe_get();
	if (r)
		goto out_page;
	r = axv_arm64_nvhe_map(v->arch.ctx);
	if (r)
		goto out_put;
	return 0;

out_put:
	axv_arm64_nvhe_put();
out_page:
	free_page((unsigned long)v->arch.ctx);
	v->arch.ctx = NULL;
	return r;
}

static void destroy_ctx(struct axv_vcpu *v)
{
	if (!axv_arm64_vhe()) {
		axv_arm64_nvhe_unmap(v->arch.ctx);
		axv_arm64_nvhe_put();
	}
	free_page((unsigned long)v->arch.ctx);
	v->arch.ctx = NULL;
}

static int check_create(const struct axvcpu_create_vcpu *args)
{
	u64 gicr = args->arch.arm64.gicr;

	if (args->arch.reserved[3] || (args->arch.arm64.mpidr & ~MPIDR_AFFINITY))
		return -EINVAL;
	if ((gicr & (GICR_ALIGN - 1)) || gicr + GICR_SIZE < gicr ||
	    (gicr + GICR_SIZE - 1) >> axv_probe.info.gpa_bits)
		return -EINVAL;
	/* without list registers there is nothing behind it */
	if (gicr && !axv_arm64_has(AXVCPU_ARM64_FEAT_GICV3))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * axv_arm64_vcpu_create() - AXVCPU_CREATE_VCPU, the CPU's part
 * @v: the vCPU
 * @args: mpidr, dtb and gicr
 *
 * Return: 0; -EINVAL; -ENOMEM; -EOPNOTSUPP: a redistributor without a GICv3; of nVHE what
 * axv_arm64_nvhe_get() says: -EBUSY, where EL2 is somebody else's.
 */
int axv_arm64_vcpu_create(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args)
{
	int r;

	r = check_create(args);
	if (r)
		return r;
	v->arch.mpidr = args->arch.arm64.mpidr;
	v->arch.dtb = args->arch.arm64.dtb;
	v->arch.gicr = args->arch.arm64.gicr;
	r = create_ctx(v);
	if (r)
		return r;
	r = axv_arm64_fp_create(v);
	if (r)
		goto out_ctx;
	r = axv_arm64_debug_create(v);
	if (r)
		goto out_fp;
	axv_arm64_irq_create(v);
	r = axv_arm64_gic_create(v);
	if (r)
		goto out_debug;
	axv_arm64_timer_create(v);
	reset_registers(v);
	return 0;

out_debug:
	axv_arm64_debug_destroy(v);
out_fp:
	axv_arm64_fp_destroy(v);
out_ctx:
	destroy_ctx(v);
	return r;
}

/**
 * axv_arm64_vcpu_destroy() - undo axv_arm64_vcpu_create()
 * @v: the vCPU
 */
void axv_arm64_vcpu_destroy(struct axv_vcpu *v)
{
	axv_arm64_forward_drop(v);
	axv_arm64_timer_destroy(v);
	axv_arm64_gic_destroy(v);
	axv_arm64_debug_destroy(v);
	axv_arm64_fp_destroy(v);
	destroy_ctx(v);
}

/**
 * axv_arm64_vcpu_reset() - back to what create left
 * @v: the vCPU, not in RUN
 */
void axv_arm64_vcpu_reset(struct axv_vcpu *v)
{
	axv_arm64_forward_drop(v);
	axv_arm64_timer_reset(v);
	axv_arm64_irq_reset(v);
	axv_arm64_gic_reset(v);
	reset_registers(v);
}

static int check_setup(const struct axvcpu_setup *args)
{
	const struct axvcpu_arm64_setup *s = &args->arch.arm64;

	if ((args->entry & 3) || s->reserved0 || s->reserved ||
	    (s->flags & ~(AXVCPU_ARM64_SETUP_TIMER | AXVCPU_ARM64_SETUP_INTERRUPT)))
		return -EINVAL;
	if (!(s->flags & AXVCPU_ARM64_SETUP_INTERRUPT) && (s->host_irq || s->guest_irq))
		return -EINVAL;
	if ((s->flags & AXVCPU_ARM64_SETUP_TIMER) && !axv_arm64_has(AXVCPU_ARM64_FEAT_PTIMER)) {
		pr_info_ratelimited("arm64: no guest can have the physical timer: %s\n",
				    axv_arm64_vhe() ? "firmware describes no interrupt of it" :
				    "the kernel, which is at EL1, has it for itself");
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * axv_arm64_vcpu_setup() - AXVCPU_SETUP
 * @v: the vCPU, CREATED
 * @args: entry and start state
 *
 * Return: 0, -EINVAL; -EOPNOTSUPP: a flag for what the host does not leave free, the log
 * says why; and what axv_arm64_forward_setup() says.
 */
int axv_arm64_vcpu_setup(struct axv_vcpu *v, const struct axvcpu_setup *args)
{
	const struct axvcpu_arm64_setup *s = &args->arch.arm64;
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	int r;

	r = check_setup(args);
	if (r)
		return r;
	axv_arm64_vcpu_reset(v);
	if (s->flags & AXVCPU_ARM64_SETUP_INTERRUPT) {
		r = axv_arm64_forward_setup(v, s);
		if (r)
			return r;
	}
	ctx->pc = args->entry;
	ctx->x[0] = v->arch.dtb;
	ctx->reg[AXV_REG_SP_EL1] = s->sp;
	if (s->sctlr)
		ctx->reg[AXV_REG_SCTLR] = s->sctlr;
	ctx->reg[AXV_REG_TTBR0] = s->ttbr0;
	ctx->reg[AXV_REG_TCR] = s->tcr;
	ctx->reg[AXV_REG_MAIR] = s->mair;
	v->arch.setup_flags = s->flags;
	axv_arm64_timer_setup(v, s->flags & AXVCPU_ARM64_SETUP_TIMER);
	WRITE_ONCE(v->arch.irq.wait_start, v->id && !(args->flags & AXVCPU_SETUP_RUNNABLE));
	return 0;
}

/**
 * axv_arm64_set_entry() - AXVCPU_SET_ENTRY
 * @v: the vCPU, at rest
 * @entry: new pc
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_set_entry(struct axv_vcpu *v, u64 entry)
{
	if (entry & 3)
		return -EINVAL;
	v->arch.ctx->pc = entry;
	WRITE_ONCE(v->arch.irq.halted, false);
	return 0;
}

/* ---- single registers ----------------------------------------------------------- */

/**
 * axv_arm64_set_gpr() - AXVCPU_SET_GPR
 * @v: the vCPU, at rest
 * @reg: X0 to X30, 31: the stack pointer in use
 * @value: new value
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_set_gpr(struct axv_vcpu *v, u32 reg, u64 value)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;

	if (reg > 31)
		return -EINVAL;
	if (reg < 31)
		ctx->x[reg] = value;
	else if ((ctx->pstate & PSR_MODE_MASK) == PSR_MODE_EL1h)
		ctx->reg[AXV_REG_SP_EL1] = value;
	else
		ctx->sp_el0 = value;
	return 0;
}

/**
 * axv_arm64_set_return_value() - AXVCPU_SET_RETURN_VALUE
 * @v: the vCPU, at rest
 * @value: goes to x0
 */
void axv_arm64_set_return_value(struct axv_vcpu *v, u64 value)
{
	axv_arm64_set_x(v, 0, value);
}

/* ---- register groups ------------------------------------------------------------ */

static u64 pstate_bits(void)
{
	u64 bits = SPSR_64, id;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		id = read_sanitised_ftr_reg(extensions[i].reg) >> extensions[i].shift & 0xf;
		if (id >= extensions[i].least)
			bits |= extensions[i].bits;
	}
	return bits;
}

/* Could an eret to it come out there? */
static bool is_pstate(u64 pstate)
{
	if (pstate & PSR_MODE32_BIT)
		return axv_arm64_has(AXVCPU_ARM64_FEAT_EL0_32) && !(pstate & ~SPSR_32) &&
		       (pstate & PSR_AA32_MODE_MASK) == PSR_AA32_MODE_USR;
	switch (pstate & PSR_MODE_MASK) {
	case PSR_MODE_EL0t:
	case PSR_MODE_EL1t:
	case PSR_MODE_EL1h:
		return !(pstate & ~pstate_bits());
	}
	return false;
}

/* Registers that the guest does not have are zero. */
static int check_control(const struct axvcpu_arm64_control *c)
{
	if (memchr_inv(c->reserved, 0, sizeof(c->reserved)))
		return -EINVAL;
	if (!(axv_arm64_cpu & AXV_CPU_PAUTH) &&
	    (c->apia[0] | c->apia[1] | c->apib[0] | c->apib[1] | c->apda[0] | c->apda[1] |
	     c->apdb[0] | c->apdb[1] | c->apga[0] | c->apga[1]))
		return -EINVAL;
	if (!(axv_arm64_cpu & AXV_CPU_TCR2) && c->tcr2)
		return -EINVAL;
	if (!(axv_arm64_cpu & AXV_CPU_S1PIE) && (c->pir | c->pire0))
		return -EINVAL;
	if (!(axv_arm64_cpu & AXV_CPU_CSV2_2) && (c->scxtnum | c->scxtnum_el0))
		return -EINVAL;
	if (!(axv_arm64_cpu & AXV_CPU_RAS) && c->disr)
		return -EINVAL;
	return 0;
}

static int check_timer(const struct axvcpu_arm64_timer *t)
{
	/* ENABLE, IMASK, and ISTATUS, which a fetch has and nobody can set */
	if ((t->flags & ~AXVCPU_ARM64_TIMER_SET) || (t->cntv_ctl & ~7u) || (t->cntp_ctl & ~7u) ||
	    memchr_inv(t->reserved, 0, sizeof(t->reserved)))
		return -EINVAL;
	return 0;
}

static int check_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_arm64_regs *r,
		      const struct axvcpu_arm64_fp *fp)
{
	if ((groups & AXVCPU_REGS_GPR) && !is_pstate(r->gpr.pstate))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_CONTROL) && check_control(&r->control))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_INTR) && axv_arm64_check_intr(&r->intr))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_TIMER) && check_timer(&r->timer))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_DEBUG) && axv_arm64_check_debug(&r->debug))
		return -EINVAL;
	if ((groups & AXVCPU_REGS_FP) && axv_arm64_fp_check(v, fp))
		return -EINVAL;
	return 0;
}

static void set_gprs(struct axv_vcpu *v, const struct axvcpu_arm64_gpr *g)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;

	memcpy(ctx->x, g->x, sizeof(ctx->x));
	ctx->pc = g->pc;
	ctx->pstate = g->pstate;
	ctx->sp_el0 = g->sp_el0;
	ctx->reg[AXV_REG_SP_EL1] = g->sp_el1;
	axv_arm64_debug_pstate(v);
}

static void get_gprs(struct axv_vcpu *v, struct axvcpu_arm64_gpr *g)
{
	const struct axv_arm64_ctx *ctx = v->arch.ctx;

	memcpy(g->x, ctx->x, sizeof(g->x));
	g->pc = ctx->pc;
	g->pstate = ctx->pstate;
	g->sp_el0 = ctx->sp_el0;
	g->sp_el1 = ctx->reg[AXV_REG_SP_EL1];
}

#define CONTROL(member)	(offsetof(struct axvcpu_arm64_control, member) / sizeof(u64))

/* Members of the control group, and the registers that they are as they stand. */
static const struct {
	u16 member;
	u16 reg;
} control_regs[] = {
	{ CONTROL(sctlr), AXV_REG_SCTLR },
	{ CONTROL(cpacr), AXV_REG_CPACR },
	{ CONTROL(ttbr0), AXV_REG_TTBR0 },
	{ CONTROL(ttbr1), AXV_REG_TTBR1 },
	{ CONTROL(tcr), AXV_REG_TCR },
	{ CONTROL(mair), AXV_REG_MAIR },
	{ CONTROL(amair), AXV_REG_AMAIR },
	{ CONTROL(vbar), AXV_REG_VBAR },
	{ CONTROL(esr), AXV_REG_ESR },
	{ CONTROL(far), AXV_REG_FAR },
	{ CONTROL(afsr0), AXV_REG_AFSR0 },
	{ CONTROL(afsr1), AXV_REG_AFSR1 },
	{ CONTROL(elr), AXV_REG_ELR },
	{ CONTROL(spsr), AXV_REG_SPSR },
	{ CONTROL(par), AXV_REG_PAR },
	{ CONTROL(contextidr), AXV_REG_CONTEXTIDR },
	{ CONTROL(tpidr), AXV_REG_TPIDR },
	{ CONTROL(tpidr_el0), AXV_REG_TPIDR_EL0 },
	{ CONTROL(tpidrro_el0), AXV_REG_TPIDRRO_EL0 },
	{ CONTROL(cntkctl), AXV_REG_CNTKCTL },
	{ CONTROL(csselr), AXV_REG_CSSELR },
	{ CONTROL(apia[0]), AXV_REG_APIAKEYLO },
	{ CONTROL(apia[1]), AXV_REG_APIAKEYHI },
	{ CONTROL(apib[0]), AXV_REG_APIBKEYLO },
	{ CONTROL(apib[1]), AXV_REG_APIBKEYHI },
	{ CONTROL(apda[0]), AXV_REG_APDAKEYLO },
	{ CONTROL(apda[1]), AXV_REG_APDAKEYHI },
	{ CONTROL(apdb[0]), AXV_REG_APDBKEYLO },
	{ CONTROL(apdb[1]), AXV_REG_APDBKEYHI },
	{ CONTROL(apga[0]), AXV_REG_APGAKEYLO },
	{ CONTROL(apga[1]), AXV_REG_APGAKEYHI },
	{ CONTROL(tcr2), AXV_REG_TCR2 },
	{ CONTROL(pir), AXV_REG_PIR },
	{ CONTROL(pire0), AXV_REG_PIRE0 },
	{ CONTROL(scxtnum), AXV_REG_SCXTNUM },
	{ CONTROL(scxtnum_el0), AXV_REG_SCXTNUM_EL0 },
	{ CONTROL(disr), AXV_REG_VDISR },
};

static void set_control(struct axv_vcpu *v, const struct axvcpu_arm64_control *c)
{
	u64 *reg = v->arch.ctx->reg;
	const u64 *from = (const u64 *)c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(control_regs); i++)
		reg[control_regs[i].reg] = from[control_regs[i].member];
	axv_arm64_set_mdscr(v, c->mdscr);
}

static void get_control(struct axv_vcpu *v, struct axvcpu_arm64_control *c)
{
	const u64 *reg = v->arch.ctx->reg;
	u64 *to = (u64 *)c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(control_regs); i++)
		to[control_regs[i].member] = reg[control_regs[i].reg];
	c->actlr = reg[AXV_REG_ACTLR];
	c->mdscr = axv_arm64_get_mdscr(v);
	c->mpidr = BIT_ULL(31) | v->arch.mpidr;
	memset(c->reserved, 0, sizeof(c->reserved));
}

/**
 * axv_arm64_commit_regs() - see struct axv_arch_ops
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 * @regs: a private copy
 * @fp: likewise, with AXVCPU_REGS_FP
 *
 * Return: 0 or, with nothing changed, -EINVAL.
 */
int axv_arm64_commit_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_run *regs,
			  const void *fp)
{
	const struct axvcpu_arm64_regs *r = &regs->regs.arm64;

	if (check_regs(v, groups, r, fp))
		return -EINVAL;
	if (groups & AXVCPU_REGS_CONTROL)
		set_control(v, &r->control);
	if (groups & AXVCPU_REGS_GPR)
		set_gprs(v, &r->gpr);
	if (groups & AXVCPU_REGS_DEBUG)
		axv_arm64_set_debug(v, &r->debug);
	if (groups & AXVCPU_REGS_INTR)
		axv_arm64_set_intr(v, &r->intr);
	if (groups & AXVCPU_REGS_TIMER)
		axv_arm64_set_timer_regs(v, &r->timer);
	if (groups & AXVCPU_REGS_FP)
		axv_arm64_fp_commit(v, fp);
	return 0;
}

/**
 * axv_arm64_fetch_regs() - see struct axv_arch_ops
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 * @regs: written only
 * @fp: likewise
 */
void axv_arm64_fetch_regs(struct axv_vcpu *v, u32 groups, struct axvcpu_run *regs, void *fp)
{
	struct axvcpu_arm64_regs *r = &regs->regs.arm64;

	if (groups & AXVCPU_REGS_GPR)
		get_gprs(v, &r->gpr);
	if (groups & AXVCPU_REGS_CONTROL)
		get_control(v, &r->control);
	if (groups & AXVCPU_REGS_INTR)
		axv_arm64_get_intr(v, &r->intr);
	if (groups & AXVCPU_REGS_TIMER)
		axv_arm64_get_timer_regs(v, &r->timer);
	if (groups & AXVCPU_REGS_DEBUG)
		axv_arm64_get_debug(v, &r->debug);
	if (groups & AXVCPU_REGS_FP)
		axv_arm64_fp_fetch(v, fp);
}
