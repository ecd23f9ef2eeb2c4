// SPDX-License-Identifier: GPL-2.0-only
/* Debug registers as the guest accesses them, and as the VMM does. */
#include <linux/string.h>
#include <asm/debug-monitors.h>

#include "debug.h"

/* the bits there are of DBGBCRn_EL1 and DBGWCRn_EL1 */
#define BCR_BITS	0x00ffe1e7u
#define WCR_BITS	0x1f1fffffu

/* OSLSR_EL1: there is an OS lock; it is locked */
#define OSLSR_OSLM	BIT(3)
#define OSLSR_OSLK	BIT(1)

#define DEBUG_CONTROLS	(AXVCPU_ARM64_DEBUG_SW_BP | AXVCPU_ARM64_DEBUG_STEP)

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
		return n < axv_arm64_nr_brps ? &d->guest.bvr[n] : NULL;
	case REG(0, 0, 0, 5):
		*bits = BCR_BITS;
		return n < axv_arm64_nr_brps ? &d->guest.bcr[n] : NULL;
	case REG(0, 0, 0, 6):
		return n < axv_arm64_nr_wrps ? &d->guest.wvr[n] : NULL;
	case REG(0, 0, 0, 7):
		*bits = WCR_BITS;
		return n < axv_arm64_nr_wrps ? &d->guest.wcr[n] : NULL;
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
		axv_arm64_debug_changed(v);
	} else {
		if (!read_reg(d, reg, &value))
			return -1;
		axv_arm64_set_x(v, rt, value);
	}
	return AXV_RESUME;
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
	if (!all_zero(d->bvr + axv_arm64_nr_brps, d->bvr + NR_POINTS) ||
	    !all_zero(d->bcr + axv_arm64_nr_brps, d->bcr + NR_POINTS) ||
	    !all_zero(d->wvr + axv_arm64_nr_wrps, d->wvr + NR_POINTS) ||
	    !all_zero(d->wcr + axv_arm64_nr_wrps, d->wcr + NR_POINTS))
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
	axv_arm64_debug_note(v);
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
	r->nr_brps = axv_arm64_nr_brps;
	r->nr_wrps = axv_arm64_nr_wrps;
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
	axv_arm64_debug_note(v);
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
