// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints, watchpoints and software step: the guest's, and the VMM's of the guest.
 *
 * The guest's accesses to debug registers always trap: what it writes is kept here, and
 * goes into the CPU for a section where MDSCR_EL1 says that it has an effect. So it is
 * known what is there, and fit for it: the guest's EL1 and EL0 are all that a breakpoint
 * of it may match, never EL2 or the host's EL1.
 *
 * MDSCR_EL1 exists once. In a section it is the guest's, PSTATE.D keeps the host from
 * breakpoints that were set for the guest, and the host's own ones, set for the thread or
 * the kernel, are off.
 *
 * The VMM's software step is that of the hardware: PSTATE.SS of the guest is set when it
 * is asked for and after each step, MDSCR_EL1.SS in the section, and MDCR_EL2.TDE makes
 * the exceptions come to EL2. What it did not ask for is given to the guest.
 *
 * Exceptions that come to EL2 can be masked neither by PSTATE.D nor by MDSCR_EL1.KDE, as
 * those of the guest's EL1 can. So where the guest debugs itself while its VMM wants BRK,
 * some come that the guest must not see: see masked().
 */
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/debug-monitors.h>
#include <asm/ptrace.h>

#include "debug.h"

/* DBGBVRn_EL1 and so on */
#define SYS_BVR(n)	sys_reg(2, 0, 0, n, 4)
#define SYS_BCR(n)	sys_reg(2, 0, 0, n, 5)
#define SYS_WVR(n)	sys_reg(2, 0, 0, n, 6)
#define SYS_WCR(n)	sys_reg(2, 0, 0, n, 7)

/* DBGBCRn_EL1, DBGWCRn_EL1 */
#define CR_ENABLE	BIT(0)
#define CR_LEVELS	GENMASK(2, 1)	/* EL1, EL0 */
#define CR_OTHER_LEVELS	GENMASK(15, 13)	/* HMC, SSC: EL2, EL3 and who is secure */
#define BCR_TYPE(bcr)	((bcr) >> 20 & 0xf)
#define BCR_TYPE_MAX	3		/* further ones look at VMIDs and EL2's own context */

/* MDCR_EL2: how many counters EL1 has, which is the host's business; what traps */
#define MDCR_HPMN	GENMASK_ULL(4, 0)
#define MDCR_TPMCR	BIT_ULL(5)
#define MDCR_TPM	BIT_ULL(6)
#define MDCR_TDE	BIT_ULL(8)
#define MDCR_TDA	BIT_ULL(9)
#define MDCR_TDOSA	BIT_ULL(10)
#define MDCR_TDRA	BIT_ULL(11)
#define MDCR_TPMS	BIT_ULL(14)
#define MDCR_TTRF	BIT_ULL(19)
#define MDCR_TRAPS	(MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | \
			 MDCR_TPMS | MDCR_TTRF)

/* ID_AA64DFR0_EL1 */
#define DFR0_PMUVER	8
#define DFR0_BRPS	12
#define DFR0_WRPS	20
#define DFR0_PMSVER	32
#define DFR0_TRBE	44
/* PMBIDR_EL1, TRBIDR_EL1 */
#define BUFFER_TAKEN	BIT(4)
/* PMCR_EL0 */
#define PMCR_N		11

/* the fewest of all CPUs, as the kernel itself has them */
unsigned int axv_arm64_nr_brps __ro_after_init;
unsigned int axv_arm64_nr_wrps __ro_after_init;

/* nVHE: there are buffers that the host at EL1 may be filling, in some CPU */
bool axv_arm64_has_buffers __ro_after_init;

/* ---- the CPU's registers -------------------------------------------------------- */

/* Their numbers are part of the instruction. */
#define EACH_POINT(X) \
	do { \
		X(0); X(1); X(2); X(3); X(4); X(5); X(6); X(7); \
		X(8); X(9); X(10); X(11); X(12); X(13); X(14); X(15); \
	} while (0)

static void save_points(struct axv_points *p)
{
#define SAVE(n) \
	do { \
		if ((n) < axv_arm64_nr_brps) { \
			p->bvr[n] = read_sysreg_s(SYS_BVR(n)); \
			p->bcr[n] = read_sysreg_s(SYS_BCR(n)); \
		} \
		if ((n) < axv_arm64_nr_wrps) { \
			p->wvr[n] = read_sysreg_s(SYS_WVR(n)); \
			p->wcr[n] = read_sysreg_s(SYS_WCR(n)); \
		} \
	} while (0)
	EACH_POINT(SAVE);
#undef SAVE
}

static void load_points(const struct axv_points *p)
{
#define LOAD(n) \
	do { \
		if ((n) < axv_arm64_nr_brps) { \
			write_sysreg_s(p->bvr[n], SYS_BVR(n)); \
			write_sysreg_s(p->bcr[n], SYS_BCR(n)); \
		} \
		if ((n) < axv_arm64_nr_wrps) { \
			write_sysreg_s(p->wvr[n], SYS_WVR(n)); \
			write_sysreg_s(p->wcr[n], SYS_WCR(n)); \
		} \
	} while (0)
	EACH_POINT(LOAD);
#undef LOAD
}

/* A control of the guest's as the CPU may have it: for EL1 and EL0, or not at all. */
static u64 fit(u64 control)
{
	control &= ~CR_OTHER_LEVELS;
	return control & CR_LEVELS ? control : control & ~(u64)CR_ENABLE;
}

static u64 fit_bcr(u64 bcr)
{
	return BCR_TYPE(bcr) > BCR_TYPE_MAX ? 0 : fit(bcr);
}

static void load_guest_points(const struct axv_points *guest)
{
	struct axv_points p;
	unsigned int n;

	for (n = 0; n < axv_arm64_nr_brps; n++) {
		p.bvr[n] = guest->bvr[n];
		p.bcr[n] = fit_bcr(guest->bcr[n]);
	}
	for (n = 0; n < axv_arm64_nr_wrps; n++) {
		p.wvr[n] = guest->wvr[n];
		p.wcr[n] = fit(guest->wcr[n]);
	}
	load_points(&p);
}

/* ---- the section ---------------------------------------------------------------- */

/* MDSCR_EL1 for the guest to run with. */
static u64 mdscr_now(const struct axv_arm64_debug *d)
{
	u64 mdscr = d->mdscr & MDSCR_LIVE;

	if (d->locked)
		mdscr &= ~(u64)(MDSCR_SS | MDSCR_MDE);
	if (d->passing)
		mdscr &= ~(u64)MDSCR_MDE;
	if (d->passing || (d->control & AXVCPU_ARM64_DEBUG_STEP))
		mdscr |= MDSCR_SS;
	return mdscr;
}

/* Would the guest's EL1 not take its own breakpoints and steps where it is? */
static bool masked(const struct axv_vcpu *v)
{
	if (axv_arm64_is_user(v))
		return false;
	return !(v->arch.debug->mdscr & MDSCR_KDE) || (v->arch.ctx->pstate & PSR_D_BIT);
}

/**
 * axv_arm64_debug_note() - the same, at rest
 * @v: the vCPU
 */
void axv_arm64_debug_note(struct axv_vcpu *v)
{
	v->arch.debug_active = mdscr_now(v->arch.debug) & (MDSCR_SS | MDSCR_MDE);
	v->arch.debug->was_masked = masked(v);
}

/* Is there one in this CPU, whose ID_AA64DFR0_EL1 is @dfr0, that EL3 has not taken? */
static bool has_spe(u64 dfr0)
{
	return (dfr0 >> DFR0_PMSVER & 0xf) && !(read_sysreg_s(SYS_PMBIDR_EL1) & BUFFER_TAKEN);
}

static bool has_trbe(u64 dfr0)
{
	return (dfr0 >> DFR0_TRBE & 0xf) && !(read_sysreg_s(SYS_TRBIDR_EL1) & BUFFER_TAKEN);
}

/*
 * Without VHE the statistical profile and the trace of the host's EL1 are written through
 * buffers of EL1, to which MDCR_EL2 puts an end for the guest: first what is on its way has
 * to be there. With VHE they are EL2's, and nothing of the guest gets into them.
 */
static void stop_buffers(struct axv_arm64_debug *d)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);

	d->host_pmscr = 0;
	d->host_trfcr = 0;
	if (has_spe(dfr0) && (read_sysreg_s(SYS_PMBLIMITR_EL1) & 1)) {
		d->host_pmscr = read_sysreg_s(SYS_PMSCR_EL1);
		write_sysreg_s(0, SYS_PMSCR_EL1);
		isb();
		psb_csync();
	}
	if (has_trbe(dfr0) && (read_sysreg_s(SYS_TRBLIMITR_EL1) & 1)) {
		d->host_trfcr = read_sysreg_s(SYS_TRFCR_EL1);
		write_sysreg_s(0, SYS_TRFCR_EL1);
		isb();
		tsb_csync();
	}
	if (d->host_pmscr || d->host_trfcr)
		dsb(nsh);
}

static void restart_buffers(const struct axv_arm64_debug *d)
{
	if (d->host_pmscr)
		write_sysreg_s(d->host_pmscr, SYS_PMSCR_EL1);
	if (d->host_trfcr)
		write_sysreg_s(d->host_trfcr, SYS_TRFCR_EL1);
}

/**
 * axv_arm64_debug_begin() - the guest's debug registers into the CPU
 * @v: the vCPU, in the section; axv_arm64_debug_wanted()
 */
void axv_arm64_debug_begin(struct axv_vcpu *v)
{
	struct axv_arm64_debug *d = v->arch.debug;
	u64 mdscr = mdscr_now(d);

	d->host_daif = read_sysreg(daif);
	d->host_mdscr = read_sysreg(mdscr_el1);
	asm volatile("msr daifset, #8" : : : "memory");
	/* Nothing may match by the values of one owner and the controls of another. */
	write_sysreg(0, mdscr_el1);
	isb();
	d->points = mdscr & MDSCR_MDE;
	if (d->points) {
		save_points(&d->host);
		load_guest_points(&d->guest);
	}
	if (axv_arm64_has_buffers)
		stop_buffers(d);
	/* seen by the guest, which begins with an exception return */
	write_sysreg(mdscr, mdscr_el1);
	v->arch.debug_loaded = true;
}

/**
 * axv_arm64_debug_end() - the host's again
 * @v: the vCPU, in the section; v->arch.debug_loaded
 */
void axv_arm64_debug_end(struct axv_vcpu *v)
{
	struct axv_arm64_debug *d = v->arch.debug;

	write_sysreg(0, mdscr_el1);
	isb();
	if (d->points)
		load_points(&d->host);
	if (axv_arm64_has_buffers)
		restart_buffers(d);
	write_sysreg(d->host_mdscr, mdscr_el1);
	isb();
	if (!(d->host_daif & PSR_D_BIT))
		asm volatile("msr daifclr, #8" : : : "memory");
	v->arch.debug_loaded = false;
}

/**
 * axv_arm64_debug_changed() - what the CPU's registers shall be has changed
 * @v: the vCPU, in the section
 */
void axv_arm64_debug_changed(struct axv_vcpu *v)
{
	bool was = v->arch.debug_active;

	axv_arm64_debug_note(v);
	if (!was && !v->arch.debug_active)
		return;
	if (v->arch.debug_loaded)
		axv_arm64_debug_end(v);
	if (axv_arm64_debug_wanted(v))
		axv_arm64_debug_begin(v);
}

/* Without VHE: how many event counters MDCR_EL2 leaves to EL1, which are the host's. */
static u64 counters(void)
{
	u64 pmuver = read_sysreg(id_aa64dfr0_el1) >> DFR0_PMUVER & 0xf;

	return pmuver && pmuver != 0xf ? read_sysreg(pmcr_el0) >> PMCR_N & MDCR_HPMN : 0;
}

/**
 * axv_arm64_mdcr() - MDCR_EL2 for a guest
 * @v: the vCPU
 * @host: the host's, with VHE
 */
u64 axv_arm64_mdcr(const struct axv_vcpu *v, u64 host)
{
	u64 mdcr;

	if (!axv_arm64_vhe())
		host = counters();
	mdcr = (host & MDCR_HPMN) | MDCR_TRAPS;
	if (v->arch.debug->control)
		mdcr |= MDCR_TDE;
	return mdcr;
}

/* ---- exceptions that came to EL2 ------------------------------------------------- */

static int reflect(struct axv_vcpu *v)
{
	axv_arm64_reflect(v);
	v->arch.debug->was_masked = true;
	return AXV_RESUME;
}

/* Is the guest where its EL1 has just returned to? */
static bool returned(struct axv_vcpu *v)
{
	const struct axv_arm64_ctx *ctx = v->arch.ctx;
	u64 spsr = axv_arm64_read_sys(v, AXV_REG_SPSR);

	return axv_arm64_read_sys(v, AXV_REG_ELR) == ctx->pc &&
	       !((spsr ^ ctx->pstate) & (PSR_MODE_MASK | PSR_MODE32_BIT));
}

/*
 * A step of the guest's own. Where it is masked the guest goes on, one instruction after
 * the other, until it is not; and if that came by its ERET, SPSR_EL1.SS says whether one
 * more is to be executed: the CPU itself takes that for a step from where it was on.
 */
static int guest_step(struct axv_vcpu *v)
{
	struct axv_arm64_debug *d = v->arch.debug;
	bool was_masked = d->was_masked;

	d->was_masked = masked(v);
	if (d->was_masked || (was_masked && returned(v) &&
			      (axv_arm64_read_sys(v, AXV_REG_SPSR) & DBG_SPSR_SS))) {
		v->arch.ctx->pstate |= DBG_SPSR_SS;
		return AXV_RESUME;
	}
	return reflect(v);
}

/* A breakpoint or watchpoint of the guest's own. */
static int guest_point(struct axv_vcpu *v)
{
	if (!masked(v))
		return reflect(v);
	v->arch.debug->passing = true;
	v->arch.ctx->pstate |= DBG_SPSR_SS;
	axv_arm64_debug_changed(v);
	return AXV_RESUME;
}

/* Past it. */
static bool passed(struct axv_vcpu *v)
{
	struct axv_arm64_debug *d = v->arch.debug;

	if (!d->passing)
		return false;
	d->passing = false;
	axv_arm64_debug_changed(v);
	return !(mdscr_now(d) & MDSCR_SS);
}

static int debug_exit(struct axv_vcpu *v, u32 kind, u8 insn_len)
{
	axv_arm64_new_exit(v, AXVCPU_EXIT_DEBUG);
	v->exit.insn_len = insn_len;
	v->exit.debug.kind = kind;
	v->exit.debug.addr = v->arch.ctx->pc;
	return AXV_EXIT;
}

/**
 * axv_arm64_debug_exit() - a debug exception of the guest's came to EL2
 * @v: the vCPU, in the section
 *
 * Return: enum axv_next.
 */
int axv_arm64_debug_exit(struct axv_vcpu *v)
{
	u32 control = v->arch.debug->control;

	switch (axv_arm64_class(v)) {
	case ESR_ELx_EC_SOFTSTP_LOW:
		if (passed(v))
			return AXV_RESUME;
		if (!(control & AXVCPU_ARM64_DEBUG_STEP))
			return guest_step(v);
		/* for the next one */
		v->arch.ctx->pstate |= DBG_SPSR_SS;
		return debug_exit(v, AXVCPU_DEBUG_STEP, 0);
	case ESR_ELx_EC_BREAKPT_LOW:
	case ESR_ELx_EC_WATCHPT_LOW:
		return guest_point(v);
	case ESR_ELx_EC_BRK64:
	case ESR_ELx_EC_BKPT32:
		if (!(control & AXVCPU_ARM64_DEBUG_SW_BP))
			break;
		return debug_exit(v, AXVCPU_DEBUG_SW_BP,
				  v->arch.ctx->trap.esr & ESR_ELx_IL ? 4 : 2);
	}
	return reflect(v);
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_arm64_debug_reset() - as firmware leaves it: the OS lock is open
 * @v: the vCPU, at rest
 */
void axv_arm64_debug_reset(struct axv_vcpu *v)
{
	memset(v->arch.debug, 0, sizeof(*v->arch.debug));
	axv_arm64_debug_note(v);
}

/**
 * axv_arm64_debug_create() - room for a vCPU's
 * @v: the vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int axv_arm64_debug_create(struct axv_vcpu *v)
{
	v->arch.debug = kzalloc(sizeof(*v->arch.debug), GFP_KERNEL_ACCOUNT);
	return v->arch.debug ? 0 : -ENOMEM;
}

/**
 * axv_arm64_debug_destroy() - undo axv_arm64_debug_create()
 * @v: the vCPU
 */
void axv_arm64_debug_destroy(struct axv_vcpu *v)
{
	kfree(v->arch.debug);
	v->arch.debug = NULL;
}

static void __init look_at_cpu(void *unused)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);

	if (has_spe(dfr0) || has_trbe(dfr0))
		axv_arm64_has_buffers = true;
}

/** axv_arm64_debug_init() - at load: what the CPUs have */
void __init axv_arm64_debug_init(void)
{
	u64 dfr0 = read_sanitised_ftr_reg(SYS_ID_AA64DFR0_EL1);

	axv_arm64_nr_brps = (dfr0 >> DFR0_BRPS & 0xf) + 1;
	axv_arm64_nr_wrps = (dfr0 >> DFR0_WRPS & 0xf) + 1;
	if (!axv_arm64_vhe())
		on_each_cpu(look_at_cpu, NULL, true);
}
