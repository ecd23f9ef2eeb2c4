// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers and system instructions that trap.
 *
 * First the VMM's filter: what it wants an exit for, ignored or refused. Then what the
 * kernel has an answer for: ID registers, timers, the GIC's CPU interface, debug registers.
 * All else, a feature that the guest was not told of, is undefined, as it is on a CPU that
 * does not have it.
 */
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "arm64.h"

/* op0 is 3 but for the system instructions */
#define REG(op1, crn, crm, op2)		AXVCPU_ARM64_SYSREG(3, op1, crn, crm, op2)
#define INSN(op1, crn, crm, op2)	AXVCPU_ARM64_SYSREG(1, op1, crn, crm, op2)

#define REG_OP0(reg)	((reg) >> 14)
#define REG_OP1(reg)	((reg) >> 11 & 7)
#define REG_OP2(reg)	((reg) & 7)

/* of an exception of class 0x18 */
#define ISS_WRITE(iss)	(!((iss) & 1))
#define ISS_RT(iss)	((iss) >> 5 & 0x1f)
#define ISS_REG(iss)	AXVCPU_ARM64_SYSREG((iss) >> 20 & 3, (iss) >> 14 & 7, (iss) >> 10 & 0xf, \
					    (iss) >> 1 & 0xf, (iss) >> 17 & 7)

/* in the order of the manual, by op1, CRn, CRm, op2 */
#define ACTLR		REG(0, 1, 0, 1)
#define ICC_PMR		REG(0, 4, 6, 0)
#define ERRIDR		REG(0, 5, 3, 0)
#define ERRSELR		REG(0, 5, 3, 1)
#define ERXFR		REG(0, 5, 4, 0)
#define ERXCTLR		REG(0, 5, 4, 1)
#define ERXSTATUS	REG(0, 5, 4, 2)
#define ERXADDR		REG(0, 5, 4, 3)
#define ERXMISC0	REG(0, 5, 5, 0)
#define ERXMISC1	REG(0, 5, 5, 1)
#define ICC_SGI1R	REG(0, 12, 11, 5)
#define ICC_ASGI1R	REG(0, 12, 11, 6)
#define ICC_SGI0R	REG(0, 12, 11, 7)
#define CCSIDR		REG(1, 0, 0, 0)
#define CLIDR		REG(1, 0, 0, 1)
#define CCSIDR2		REG(1, 0, 0, 2)
#define CSSELR		REG(2, 0, 0, 0)
#define CTR		REG(3, 0, 0, 1)
#define CNTPCT		REG(3, 14, 0, 1)
#define CNTPCTSS	REG(3, 14, 0, 5)
#define CNTP_TVAL	REG(3, 14, 2, 0)
#define CNTP_CTL	REG(3, 14, 2, 1)
#define CNTP_CVAL	REG(3, 14, 2, 2)
/* a family: what of the number tells it */
#define IS_ICC(reg)	(((reg) & ~0x7fu) == REG(0, 12, 0, 0))

#define DC_ISW		INSN(0, 7, 6, 2)
#define DC_CSW		INSN(0, 7, 10, 2)
#define DC_CISW		INSN(0, 7, 14, 2)

/* no such register */
#define NONE		(-1)

/* ---- registers the kernel has an answer for -------------------------------------- */

/* CCSIDR_EL1 of the cache that the guest's CSSELR_EL1 names. */
static u64 read_ccsidr(struct axv_vcpu *v, bool second)
{
	u64 own, value;

	if (v->arch.loaded)
		return second ? read_sysreg_s(sys_reg(3, 1, 0, 0, 2)) : read_sysreg(ccsidr_el1);
	/* Without VHE the host's is there, between entries. */
	own = read_sysreg(csselr_el1);
	write_sysreg(axv_arm64_read_sys(v, AXV_REG_CSSELR), csselr_el1);
	isb();
	value = second ? read_sysreg_s(sys_reg(3, 1, 0, 0, 2)) : read_sysreg(ccsidr_el1);
	write_sysreg(own, csselr_el1);
	isb();
	return value;
}

/* CCSIDR2_EL1 comes with the long form of CCSIDR_EL1. */
static bool has_ccsidr2(const struct axv_vcpu *v)
{
	u64 mmfr2;

	return axv_arm64_idreg(v, REG(0, 0, 7, 2), &mmfr2) && (mmfr2 >> 20 & 0xf);
}

/* Does the guest have error records? It is told of FEAT_RAS, of no record. */
static bool has_ras(const struct axv_vcpu *v)
{
	u64 pfr0;

	return axv_arm64_idreg(v, REG(0, 0, 4, 0), &pfr0) && (pfr0 >> 28 & 0xf);
}

static bool is_ras(u32 reg, bool write)
{
	switch (reg) {
	case ERRIDR:
	case ERXFR:
		return !write;
	case ERRSELR:
	case ERXCTLR:
	case ERXSTATUS:
	case ERXADDR:
	case ERXMISC0:
	case ERXMISC1:
		return true;
	}
	return false;
}

static bool read_reg(struct axv_vcpu *v, u32 reg, u64 *value)
{
	if (axv_arm64_idreg(v, reg, value))
		return true;
	*value = 0;
	switch (reg) {
	case ACTLR:
		return true;
	/* these trap where the CPUs' caches differ */
	case CCSIDR:
		*value = read_ccsidr(v, false);
		return true;
	case CLIDR:
		*value = read_sysreg(clidr_el1);
		return true;
	case CCSIDR2:
		if (!has_ccsidr2(v))
			return false;
		*value = read_ccsidr(v, true);
		return true;
	case CSSELR:
		*value = axv_arm64_read_sys(v, AXV_REG_CSSELR);
		return true;
	case CTR:
		*value = read_sanitised_ftr_reg(SYS_CTR_EL0);
		return true;
	}
	return is_ras(reg, false) && has_ras(v);
}

static bool write_reg(struct axv_vcpu *v, u32 reg, u64 value)
{
	switch (reg) {
	case ACTLR:
		return true;
	case CSSELR:
		/* level and kind; a CPU with MTE has one bit more */
		axv_arm64_write_sys(v, AXV_REG_CSSELR, value & 0xf);
		return true;
	}
	return is_ras(reg, true) && has_ras(v);
}

/* ---- by whom it is served -------------------------------------------------------- */

/* Parts of the CPU that files of their own emulate; pc is behind the instruction. */
static int access_part(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	switch (reg) {
	case CNTPCT:
	case CNTPCTSS:
	case CNTP_TVAL:
	case CNTP_CTL:
	case CNTP_CVAL:
		return axv_arm64_timer_trap(v, reg, write, rt);
	case ICC_SGI1R:
	case ICC_ASGI1R:
	case ICC_SGI0R:
		if (!axv_arm64_nr_lrs || !write)
			return NONE;
		return axv_arm64_gic_sgi(v, axv_arm64_x(v, rt), REG_OP2(reg));
	case ICC_PMR:
		return axv_arm64_nr_lrs ? axv_arm64_gic_trap(v, reg, write, rt) : NONE;
	}
	if (IS_ICC(reg))
		return axv_arm64_nr_lrs ? axv_arm64_gic_trap(v, reg, write, rt) : NONE;
	return NONE;
}

static int access_reg(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	u64 value;

	if (write) {
		if (!write_reg(v, reg, axv_arm64_x(v, rt)))
			return NONE;
	} else {
		if (!read_reg(v, reg, &value))
			return NONE;
		axv_arm64_set_x(v, rt, value);
	}
	return AXV_RESUME;
}

/* Maintenance of the data cache by set and way: see axv_arm64_sys_handle(). */
static bool is_set_way(u32 reg)
{
	return reg == DC_ISW || reg == DC_CSW || reg == DC_CISW;
}

static int access(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	u64 pc = ctx->pc, pstate = ctx->pstate;
	int r;

	if (is_set_way(reg))
		return AXV_SLOW;
	axv_arm64_skip(v);
	switch (REG_OP0(reg)) {
	case 2:
		r = axv_arm64_debug_trap(v, reg, write, rt);
		break;
	case 3:
		r = access_part(v, reg, write, rt);
		if (r == NONE)
			r = access_reg(v, reg, write, rt);
		break;
	default:
		r = NONE;
	}
	if (likely(r != NONE))
		return r;
	ctx->pc = pc;
	ctx->pstate = pstate;
	axv_arm64_undefined(v);
	return AXV_RESUME;
}

/* ---- what the VMM wants of it ---------------------------------------------------- */

static int sys_exit(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	axv_arm64_new_exit(v, write ? AXVCPU_EXIT_SYSREG_WRITE : AXVCPU_EXIT_SYSREG_READ);
	v->exit.insn_len = 4;
	v->exit.sysreg.addr = reg;
	v->exit.sysreg.value = write ? axv_arm64_x(v, rt) : 0;
	v->exit.sysreg.reg = write ? AXVCPU_REG_NONE : rt;
	return AXV_EXIT;
}

/*
 * Registers of EL1 that EL0 may not access, though the access traps: it does for some that
 * the architecture leaves to the implementation.
 */
static bool permitted(const struct axv_vcpu *v, u32 reg)
{
	return REG_OP1(reg) == 3 || !axv_arm64_is_user(v);
}

static int filtered(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	switch (axv_filter_action(&v->vm->msr_filter, reg, write)) {
	case AXVCPU_FILTER_EXIT:
		return sys_exit(v, reg, write, rt);
	case AXVCPU_FILTER_IGNORE:
		if (!write)
			axv_arm64_set_x(v, rt, 0);
		axv_arm64_skip(v);
		return AXV_RESUME;
	case AXVCPU_FILTER_FAULT:
		axv_arm64_undefined(v);
		return AXV_RESUME;
	}
	return access(v, reg, write, rt);
}

/**
 * axv_arm64_sys() - MSR, MRS or a system instruction trapped
 * @v: the vCPU, in the section
 *
 * Return: enum axv_next.
 */
int axv_arm64_sys(struct axv_vcpu *v)
{
	u64 iss = v->arch.ctx->trap.esr & ESR_ELx_ISS_MASK;
	bool write = ISS_WRITE(iss);
	unsigned int rt = ISS_RT(iss);
	u32 reg = ISS_REG(iss);

	if (!permitted(v, reg)) {
		axv_arm64_undefined(v);
		return AXV_RESUME;
	}
	if (unlikely(rcu_access_pointer(v->vm->msr_filter)))
		return filtered(v, reg, write, rt);
	return access(v, reg, write, rt);
}

/**
 * axv_arm64_sys_handle() - the rest of it, where interrupts have to be on
 * @v: the vCPU
 *
 * Cache maintenance by set and way is of one CPU's caches, and its guest may be running on
 * another one at the next instruction. It is asked for by guests that turn their caches
 * off, or have them off: what they wrote has to be found in memory. So all that the guest
 * has is taken away from it; what it touches again is cleaned before. Where stage 2 makes all
 * of it cacheable there is nothing to be done.
 *
 * Return: enum axv_next.
 */
int axv_arm64_sys_handle(struct axv_vcpu *v)
{
	if (!axv_arm64_s2_forced())
		axv_s2_drop_leaves(v->s2);
	axv_arm64_skip(v);
	return AXV_RESUME;
}

/**
 * axv_arm64_sys_complete() - FULFIL of SYSREG_READ or SYSREG_WRITE
 * @v: the vCPU, at rest
 * @data: the value read
 *
 * Return: enum axv_next.
 */
int axv_arm64_sys_complete(struct axv_vcpu *v, u64 data)
{
	if (v->exit.reason == AXVCPU_EXIT_SYSREG_READ)
		axv_arm64_set_x(v, v->exit.sysreg.reg, data);
	axv_arm64_skip(v);
	return AXV_RESUME;
}
