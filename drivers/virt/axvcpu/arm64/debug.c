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
#include <linux/string.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/debug-monitors.h>
#include <asm/ptrace.h>

#include "arm64.h"

#define NR_POINTS	16	/* as many as the architecture has room for */

/* MDSCR_EL1: what a guest can change, and what of that the CPU gets */
#define MDSCR_SS	BIT(0)
#define MDSCR_TDCC	BIT(12)
#define MDSCR_KDE	BIT(13)
#define MDSCR_HDE	BIT(14)
#define MDSCR_MDE	BIT(15)
#define MDSCR_LIVE	(MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE)
#define MDSCR_BITS	(MDSCR_LIVE | MDSCR_HDE)

/* DBGBCRn_EL1, DBGWCRn_EL1: the bits there are */
#define BCR_BITS	0x00ffe1e7u
#define WCR_BITS	0x1f1fffffu
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

/* OSLSR_EL1: there is an OS lock; it is locked */
#define OSLSR_OSLM	BIT(3)
#define OSLSR_OSLK	BIT(1)

#define DEBUG_CONTROLS	(AXVCPU_ARM64_DEBUG_SW_BP | AXVCPU_ARM64_DEBUG_STEP)

/**
 * struct axv_points - one owner's breakpoints and watchpoints
 * @bvr: values
 * @bcr: controls
 * @wvr: watchpoints' values
 * @wcr: their controls
 */
struct axv_points {
	u64 bvr[NR_POINTS];
	u64 bcr[NR_POINTS];
	u64 wvr[NR_POINTS];
	u64 wcr[NR_POINTS];
};

/**
 * struct axv_arm64_debug - debugging of and by one guest
 * @guest: as it wrote them
 * @mdscr: its MDSCR_EL1
 * @locked: its OS lock
 * @control: AXVCPU_ARM64_DEBUG_*
 * @own_ss: what PSTATE.SS is but for the VMM
 * @was_masked: when it was last looked at the guest could not have a step of its own
 * @passing: breakpoints are off for an instruction, to get past one
 * @points: in a section: breakpoints and watchpoints are the guest's, @host is filled in
 * @host: the host's, in a section
 * @host_mdscr: likewise
 * @host_daif: likewise
 * @host_pmscr: likewise: PMSCR_EL1 with SPE
 * @host_trfcr: likewise: TRFCR_EL1 with a trace buffer
 */
struct axv_arm64_debug {
	struct axv_points guest;
	u64 mdscr;
	bool locked;
	u32 control;
	bool own_ss;
	bool was_masked;
	bool passing;
	bool points;
	struct axv_points host;
	u64 host_mdscr;
	u64 host_daif;
	u64 host_pmscr;
	u64 host_trfcr;
};

/* how many the guest has: the fewest of all CPUs, as the kernel itself */
static unsigned int axv_nr_brps __ro_after_init;
static unsigned int axv_nr_wrps __ro_after_init;

/* nVHE: there are buffers that the host at EL1 may be filling, in some CPU */
bool axv_arm64_has_buffers __ro_after_init;

/* ---- the CPU's registers -------------------------------------------------------- */

/* Their numbers are part of the instruction. From the highest one down, @nr of them. */
#define FROM_15(X) \
	X(15) X(14) X(13) X(12) X(11) X(10) X(9) X(8) X(7) X(6) X(5) X(4) X(3) X(2) X(1) X(0)

static void save_points(struct axv_points *p)
{
#define SAVE_B(n) \
	case (n) + 1: \
		p->bvr[n] = read_sysreg_s(SYS_DBGBVRn_EL1(n)); \
		p->bcr[n] = read_sysreg_s(SYS_DBGBCRn_EL1(n)); \
		fallthrough;
#define SAVE_W(n) \
	case (n) + 1: \
		p->wvr[n] = read_sysreg_s(SYS_DBGWVRn_EL1(n)); \
		p->wcr[n] = read_sysreg_s(SYS_DBGWCRn_EL1(n)); \
		fallthrough;
	switch (axv_nr_brps) {
	FROM_15(SAVE_B)
	case 0:
		break;
	}
	switch (axv_nr_wrps) {
	FROM_15(SAVE_W)
	case 0:
		break;
	}
}

static void load_points(const struct axv_points *p)
{
#define LOAD_B(n) \
	case (n) + 1: \
		write_sysreg_s(p->bvr[n], SYS_DBGBVRn_EL1(n)); \
		write_sysreg_s(p->bcr[n], SYS_DBGBCRn_EL1(n)); \
		fallthrough;
#define LOAD_W(n) \
	case (n) + 1: \
		write_sysreg_s(p->wvr[n], SYS_DBGWVRn_EL1(n)); \
		write_sysreg_s(p->wcr[n], SYS_DBGWCRn_EL1(n)); \
		fallthrough;
	switch (axv_nr_brps) {
	FROM_15(LOAD_B)
	case 0:
		break;
	}
	switch (axv_nr_wrps) {
	FROM_15(LOAD_W)
	case 0:
		break;
	}
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

	for (n = 0; n < axv_nr_brps; n++) {
		p.bvr[n] = guest->bvr[n];
		p.bcr[n] = fit_bcr(guest->bcr[n]);
	}
	for (n = 0; n < axv_nr_wrps; n++) {
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

static void note_active(struct axv_vcpu *v)
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

/* The guest has changed something, in the section. */
static void changed(struct axv_vcpu *v)
{
	bool was = v->arch.debug_active;

	note_active(v);
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

/* ---- the guest's accesses ------------------------------------------------------- */

#define REG(op1, crn, crm, op2)	AXVCPU_ARM64_SYSREG(2, op1, crn, crm, op2)
/* of DBGBVRn_EL1 and its like: what they are, without n in CRm */
#define POINT_KIND(reg)		((reg) & ~(0xfu << 3))
#define POINT_NR(reg)		((reg) >> 3 & 0xf)

static u64 *point(struct axv_arm64_debug *d, u32 reg, u64 *bits)
{
	unsigned int n = POINT_NR(reg);

	*bits = ~0ull;
	switch (POINT_KIND(reg)) {
	case REG(0, 0, 0, 4):
		return n < axv_nr_brps ? &d->guest.bvr[n] : NULL;
	case REG(0, 0, 0, 5):
		*bits = BCR_BITS;
		return n < axv_nr_brps ? &d->guest.bcr[n] : NULL;
	case REG(0, 0, 0, 6):
		return n < axv_nr_wrps ? &d->guest.wvr[n] : NULL;
	case REG(0, 0, 0, 7):
		*bits = WCR_BITS;
		return n < axv_nr_wrps ? &d->guest.wcr[n] : NULL;
	}
	return NULL;
}

/* There is nobody at the other end of the debug communications channel. */
static bool is_idle(u32 reg, bool write)
{
	switch (reg) {
	case REG(0, 0, 0, 2):		/* OSDTRRX_EL1 */
	case REG(0, 0, 2, 0):		/* MDCCINT_EL1 */
	case REG(0, 0, 3, 2):		/* OSDTRTX_EL1 */
	case REG(0, 0, 6, 2):		/* OSECCR_EL1 */
	case REG(0, 1, 3, 4):		/* OSDLR_EL1 */
	case REG(0, 1, 4, 4):		/* DBGPRCR_EL1 */
	case REG(0, 7, 8, 6):		/* DBGCLAIMSET_EL1 */
	case REG(0, 7, 9, 6):		/* DBGCLAIMCLR_EL1 */
	case REG(3, 0, 4, 0):		/* DBGDTR_EL0 */
	case REG(3, 0, 5, 0):		/* DBGDTRRX_EL0, DBGDTRTX_EL0 */
		return true;
	case REG(0, 1, 0, 0):		/* MDRAR_EL1 */
	case REG(0, 7, 14, 6):		/* DBGAUTHSTATUS_EL1 */
	case REG(3, 0, 1, 0):		/* MDCCSR_EL0 */
		return !write;
	}
	return false;
}

static bool read_reg(struct axv_arm64_debug *d, u32 reg, u64 *value)
{
	u64 bits, *p;

	switch (reg) {
	case REG(0, 0, 2, 2):		/* MDSCR_EL1 */
		*value = d->mdscr;
		return true;
	case REG(0, 1, 1, 4):		/* OSLSR_EL1 */
		*value = OSLSR_OSLM | (d->locked ? OSLSR_OSLK : 0);
		return true;
	}
	p = point(d, reg, &bits);
	if (p)
		*value = *p;
	else
		*value = 0;
	return p || is_idle(reg, false);
}

static bool write_reg(struct axv_arm64_debug *d, u32 reg, u64 value)
{
	u64 bits, *p;

	switch (reg) {
	case REG(0, 0, 2, 2):		/* MDSCR_EL1 */
		d->mdscr = value & MDSCR_BITS;
		return true;
	case REG(0, 1, 0, 4):		/* OSLAR_EL1 */
		d->locked = value & 1;
		return true;
	}
	p = point(d, reg, &bits);
	if (p)
		*p = value & bits;
	return p || is_idle(reg, true);
}

/**
 * axv_arm64_debug_trap() - an access to a debug register
 * @v: the vCPU, in the section
 * @reg: AXVCPU_ARM64_SYSREG(), op0 is 2
 * @write: direction
 * @rt: general register
 *
 * Return: enum axv_next, or -1: there is none like that.
 */
int axv_arm64_debug_trap(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	struct axv_arm64_debug *d = v->arch.debug;
	u64 value;

	if (write) {
		if (!write_reg(d, reg, axv_arm64_x(v, rt)))
			return -1;
		changed(v);
	} else {
		if (!read_reg(d, reg, &value))
			return -1;
		axv_arm64_set_x(v, rt, value);
	}
	return AXV_RESUME;
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
	changed(v);
	return AXV_RESUME;
}

/* Past it. */
static bool passed(struct axv_vcpu *v)
{
	struct axv_arm64_debug *d = v->arch.debug;

	if (!d->passing)
		return false;
	d->passing = false;
	changed(v);
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

/* ---- the register groups -------------------------------------------------------- */

static bool all_zero(const void *p, const void *end)
{
	return !memchr_inv(p, 0, end - p);
}

/**
 * axv_arm64_check_debug() - may a guest have these?
 * @d: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_check_debug(const struct axvcpu_arm64_debug *d)
{
	unsigned int n;

	if ((d->control & ~DEBUG_CONTROLS) || d->reserved)
		return -EINVAL;
	for (n = 0; n < NR_POINTS; n++)
		if ((d->bcr[n] & ~BCR_BITS) || (d->wcr[n] & ~WCR_BITS))
			return -EINVAL;
	if (!all_zero(d->bvr + axv_nr_brps, d->bvr + NR_POINTS) ||
	    !all_zero(d->bcr + axv_nr_brps, d->bcr + NR_POINTS) ||
	    !all_zero(d->wvr + axv_nr_wrps, d->wvr + NR_POINTS) ||
	    !all_zero(d->wcr + axv_nr_wrps, d->wcr + NR_POINTS))
		return -EINVAL;
	return 0;
}

/* PSTATE.SS is the VMM's while it steps. */
static void set_control(struct axv_vcpu *v, u32 control)
{
	struct axv_arm64_debug *d = v->arch.debug;
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	u32 turned = d->control ^ control;

	if (turned & control & AXVCPU_ARM64_DEBUG_STEP) {
		d->own_ss = ctx->pstate & DBG_SPSR_SS;
		ctx->pstate |= DBG_SPSR_SS;
	} else if (turned & AXVCPU_ARM64_DEBUG_STEP) {
		ctx->pstate &= ~(u64)DBG_SPSR_SS;
		ctx->pstate |= d->own_ss ? DBG_SPSR_SS : 0;
	}
	d->passing = false;
	d->control = control;
}

/**
 * axv_arm64_set_debug() - take them
 * @v: the vCPU, at rest; its PSTATE is what it is going to be
 * @r: checked
 */
void axv_arm64_set_debug(struct axv_vcpu *v, const struct axvcpu_arm64_debug *r)
{
	struct axv_points *p = &v->arch.debug->guest;
	unsigned int n;

	for (n = 0; n < NR_POINTS; n++) {
		p->bvr[n] = r->bvr[n];
		p->bcr[n] = r->bcr[n];
		p->wvr[n] = r->wvr[n];
		p->wcr[n] = r->wcr[n];
	}
	set_control(v, r->control);
	note_active(v);
}

/**
 * axv_arm64_get_debug() - put them into the run page
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_arm64_get_debug(struct axv_vcpu *v, struct axvcpu_arm64_debug *r)
{
	const struct axv_points *p = &v->arch.debug->guest;
	unsigned int n;

	r->control = v->arch.debug->control;
	r->nr_brps = axv_nr_brps;
	r->nr_wrps = axv_nr_wrps;
	r->reserved = 0;
	for (n = 0; n < NR_POINTS; n++) {
		r->bvr[n] = p->bvr[n];
		r->bcr[n] = p->bcr[n];
		r->wvr[n] = p->wvr[n];
		r->wcr[n] = p->wcr[n];
	}
}

/**
 * axv_arm64_get_mdscr() - MDSCR_EL1 of the guest
 * @v: the vCPU
 */
u64 axv_arm64_get_mdscr(const struct axv_vcpu *v)
{
	return v->arch.debug->mdscr;
}

/**
 * axv_arm64_set_mdscr() - write it
 * @v: the vCPU, at rest
 * @value: bits that are not there are dropped, as if the guest wrote them
 */
void axv_arm64_set_mdscr(struct axv_vcpu *v, u64 value)
{
	v->arch.debug->mdscr = value & MDSCR_BITS;
	note_active(v);
}

/**
 * axv_arm64_debug_pstate() - the VMM has changed PSTATE
 * @v: the vCPU, at rest
 */
void axv_arm64_debug_pstate(struct axv_vcpu *v)
{
	if (v->arch.debug->control & AXVCPU_ARM64_DEBUG_STEP)
		v->arch.ctx->pstate |= DBG_SPSR_SS;
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_arm64_debug_reset() - as firmware leaves it: the OS lock is open
 * @v: the vCPU, at rest
 */
void axv_arm64_debug_reset(struct axv_vcpu *v)
{
	memset(v->arch.debug, 0, sizeof(*v->arch.debug));
	note_active(v);
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

	axv_nr_brps = (dfr0 >> DFR0_BRPS & 0xf) + 1;
	axv_nr_wrps = (dfr0 >> DFR0_WRPS & 0xf) + 1;
	if (!axv_arm64_vhe())
		on_each_cpu(look_at_cpu, NULL, true);
}
