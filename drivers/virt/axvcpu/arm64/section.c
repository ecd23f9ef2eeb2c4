// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section: interrupts off, the controls of EL2 the guest's; and the guest's registers
 * wherever they are.
 *
 * Where the kernel is at EL2 the guest's EL1 registers are in the CPU all along, and the
 * kernel reaches them by their _EL12 names; those that it uses itself by the same name are
 * exchanged. KVM may have its own in any of the controls, so what was found is put back
 * (VTTBR_EL2 and VTCR_EL2 where there is KVM, see tlb.c).
 * Where the kernel is at EL1, EL2 exchanges everything at each entry (nvhe_el2.S).
 *
 * What an architecture version adds that is in none of the lists of sysregs.h is kept from
 * guests by HCR_EL2, by HCRX_EL2 and the fine-grained traps, where 0 is the answer that
 * traps or disables all that is new, by CPTR_EL2 (fp.c) and by MDCR_EL2 (debug.c).
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/panic.h>
#include <asm/cputype.h>
#include <asm/kvm_arm.h>

#include "axv_hot.h"

/* not in all kernels' headers */
#define AXV_HCR_ENSCXT		BIT_ULL(53)
#define AXV_HCR_TID5		BIT_ULL(58)
#define AXV_HCRX_TCR2EN		BIT_ULL(14)
#define AXV_FGT_PIRE0		BIT_ULL(57)
#define AXV_FGT_PIR		BIT_ULL(58)

/* CNTHCTL_EL2: what EL1 may use of the physical counter and timer; VHE moves them */
#define AXV_CNTHCTL_PCTEN	BIT(0)
#define AXV_CNTHCTL_PTEN		BIT(1)
#define AXV_CNTHCTL_VHE_SHIFT	10

static u64 axv_hcr __ro_after_init;

/** axv_arm64_section_init() - at load: what never changes, features being known */
void __init axv_arm64_section_init(void)
{
	u64 hcr = HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS |
		  HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW |
		  HCR_TLOR | HCR_TERR;

	if (axv_arm64_vhe())
		hcr |= HCR_E2H;
	if (axv_arm64_cpu & AXV_CPU_PAUTH)
		hcr |= HCR_API | HCR_APK;
	if (axv_arm64_cpu & AXV_CPU_CSV2_2)
		hcr |= AXV_HCR_ENSCXT;
	if (axv_arm64_cpu & AXV_CPU_MTE)
		hcr |= AXV_HCR_TID5;
	/* CTR_EL0 of all CPUs, not of the one it is on: sys.c */
	if (cpus_have_cap(ARM64_MISMATCHED_CACHE_TYPE))
		hcr |= HCR_TID2;
	if (axv_arm64_s2_forced())
		hcr |= HCR_FWB;
	axv_hcr = hcr;
}

/**
 * axv_arm64_set_controls() - EL2's controls, but for those of each section
 * @v: the vCPU, at rest; its ctx may be new
 */
void axv_arm64_set_controls(struct axv_vcpu *v)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	struct axv_arm64_el2 *e = &ctx->el2;

	ctx->features = axv_arm64_cpu;
	e->hcr = axv_hcr | (e->hcr & (HCR_VSE | HCR_VI | HCR_VF));
	e->vpidr = read_cpuid_id();
	e->vmpidr = v->arch.mpidr | BIT_ULL(31);
	/* CP15 c15: implementation defined, of AArch32 at EL0 */
	e->hstr = BIT(15);
	memset(ctx->fine, 0, sizeof(ctx->fine));
	if (axv_arm64_cpu & AXV_CPU_TCR2)
		ctx->fine[AXV_FINE_HCRX] |= AXV_HCRX_TCR2EN;
	if (axv_arm64_cpu & AXV_CPU_S1PIE) {
		ctx->fine[AXV_FINE_HFGRTR] |= AXV_FGT_PIRE0 | AXV_FGT_PIR;
		ctx->fine[AXV_FINE_HFGWTR] |= AXV_FGT_PIRE0 | AXV_FGT_PIR;
	}
}

/**
 * axv_arm64_set_root() - v->s2 is another one
 * @v: the vCPU, at rest
 */
void axv_arm64_set_root(struct axv_vcpu *v)
{
	u64 root;

	axv_arm64_set_controls(v);
	v->arch.ctx->el2.vtcr = axv_arm64_vtcr(v->s2);
	/* BADDR: bits 51 to 48 of the address, which are not 0 with FEAT_LPA2 only, at 5 to 2 */
	root = axv_s2_root(v->s2);
	v->arch.root = (root & GENMASK_ULL(47, 0)) | root >> 48 << 2;
	axv_arm64_forget_tlb(v);
}

/* ---- registers, where they are ------------------------------------------------------- */

enum kind {
	E1,
	PLAIN,
	TRAPPED,
};

/**
 * struct listed - what the list says of a register; in its order, which is enum axv_arm64_reg's
 * @kind: enum kind
 * @feature: AXV_CPU_*, 0: all CPUs have it
 */
struct listed {
	u8 kind;
	u16 feature;
};

static const struct listed axv_listed[AXV_NR_REGS] = {
#define LISTED(name, op1, crn, crm, op2, kind, feature) { kind, feature },
	AXV_SYSREGS(LISTED)
};

static const u32 axv_fine_feature[AXV_NR_FINE] = {
#define FINE_FEATURE(name, op1, crn, crm, op2, feature) feature,
	AXV_FINE(FINE_FEATURE)
};

/* The number of a register is part of the instruction; op1 of its _EL12 name is 5. */
#define READ_E1(op1, crn, crm, op2)	read_sysreg_s(sys_reg(3, (op1) + 5, crn, crm, op2))
#define READ_PLAIN(op1, crn, crm, op2)	read_sysreg_s(sys_reg(3, op1, crn, crm, op2))
#define READ_TRAPPED(...)		0
#define WRITE_E1(val, op1, crn, crm, op2) \
	write_sysreg_s(val, sys_reg(3, (op1) + 5, crn, crm, op2))
#define WRITE_PLAIN(val, op1, crn, crm, op2) \
	write_sysreg_s(val, sys_reg(3, op1, crn, crm, op2))
#define WRITE_TRAPPED(...)		do { } while (0)

/* VHE. Each is one instruction where @reg is known when it is compiled. */
static __always_inline u64 read_now(unsigned int reg)
{
	u64 val = 0;

	switch (reg) {
#define READ_REG(name, op1, crn, crm, op2, kind, feature) \
	case AXV_REG_##name: { \
		val = READ_##kind(op1, crn, crm, op2); \
		break; \
	}
	AXV_SYSREGS(READ_REG)
	}
	return val;
}

static __always_inline void write_now(unsigned int reg, u64 val)
{
	switch (reg) {
#define WRITE_REG(name, op1, crn, crm, op2, kind, feature) \
	case AXV_REG_##name: { \
		WRITE_##kind(val, op1, crn, crm, op2); \
		break; \
	}
	AXV_SYSREGS(WRITE_REG)
	}
}

static __always_inline u64 read_fine(unsigned int n)
{
	u64 val = 0;

	switch (n) {
#define READ_FINE(name, op1, crn, crm, op2, feature) \
	case AXV_FINE_##name: { \
		val = READ_PLAIN(op1, crn, crm, op2); \
		break; \
	}
	AXV_FINE(READ_FINE)
	}
	return val;
}

static __always_inline void write_fine(unsigned int n, u64 val)
{
	switch (n) {
#define WRITE_FINE(name, op1, crn, crm, op2, feature) \
	case AXV_FINE_##name: { \
		WRITE_PLAIN(val, op1, crn, crm, op2); \
		break; \
	}
	AXV_FINE(WRITE_FINE)
	}
}

/* Is it one that a section exchanges? Keys are, by the entry (vhe.S). */
static __always_inline bool is_exchanged(unsigned int reg)
{
	return axv_listed[reg].kind != TRAPPED && axv_listed[reg].feature != AXV_CPU_PAUTH;
}

static __always_inline bool has_reg(u64 features, unsigned int reg)
{
	return !axv_listed[reg].feature || (features & axv_listed[reg].feature);
}

/**
 * axv_arm64_read_sys() - a register of the guest
 * @v: the vCPU; its own thread calls
 * @reg: AXV_REG_*, one that the CPU has
 */
u64 axv_arm64_read_sys(struct axv_vcpu *v, enum axv_arm64_reg reg)
{
	return v->arch.loaded && is_exchanged(reg) ? read_now(reg) : v->arch.ctx->reg[reg];
}

/**
 * axv_arm64_read_sctlr() - axv_arm64_read_sys() of SCTLR_EL1, of which each MMIO exit asks
 * @v: the vCPU; its own thread calls
 */
u64 axv_arm64_read_sctlr(struct axv_vcpu *v)
{
	return v->arch.loaded ? read_now(AXV_REG_SCTLR) : v->arch.ctx->reg[AXV_REG_SCTLR];
}

/**
 * axv_arm64_write_sys() - write a register of the guest
 * @v: the vCPU; its own thread calls
 * @reg: AXV_REG_*, one that the CPU has
 * @value: what the CPU keeps of it is kept
 */
void axv_arm64_write_sys(struct axv_vcpu *v, enum axv_arm64_reg reg, u64 value)
{
	if (v->arch.loaded && is_exchanged(reg))
		write_now(reg, value);
	else
		v->arch.ctx->reg[reg] = value;
}

/* ---- VHE: the guest's into the CPU and back ------------------------------------------- */

static void load_regs(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;
	unsigned int i;

#pragma GCC unroll 64
	for (i = 0; i < AXV_NR_REGS; i++) {
		if (!is_exchanged(i) || !has_reg(features, i))
			continue;
		if (axv_listed[i].kind == PLAIN)
			ctx->host[i] = read_now(i);
		write_now(i, ctx->reg[i]);
	}
}

static void save_regs(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;
	unsigned int i;

#pragma GCC unroll 64
	for (i = 0; i < AXV_NR_REGS; i++) {
		if (!is_exchanged(i) || !has_reg(features, i))
			continue;
		ctx->reg[i] = read_now(i);
		if (axv_listed[i].kind == PLAIN)
			write_now(i, ctx->host[i]);
	}
}

static void load_fine(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;
	unsigned int i;

#pragma GCC unroll 16
	for (i = 0; i < AXV_NR_FINE; i++) {
		if (!(features & axv_fine_feature[i]))
			continue;
		ctx->fine_host[i] = read_fine(i);
		if (i == AXV_FINE_MPAM2)
			ctx->fine[i] = ctx->fine_host[i] |
				       (u64)AXV_MPAM2_TRAPS << AXV_MPAM2_TRAPS_SHIFT;
		write_fine(i, ctx->fine[i]);
	}
}

static void restore_fine(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;
	unsigned int i;

#pragma GCC unroll 16
	for (i = 0; i < AXV_NR_FINE; i++)
		if (features & axv_fine_feature[i])
			write_fine(i, ctx->fine_host[i]);
}

/* What of the physical timer the guest has for its own, its bits as nVHE has them. */
static u64 own_timer(const struct axv_vcpu *v)
{
	return v->arch.setup_flags & AXVCPU_ARM64_SETUP_TIMER ?
	       AXV_CNTHCTL_PCTEN | AXV_CNTHCTL_PTEN : 0;
}

#define AXV_CNTHCTL_VHE_ALL	GENMASK_ULL(11, 10)	/* both */

static void vhe_begin(struct axv_vcpu *v)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	struct axv_arm64_el2 *e = &ctx->el2, *h = &ctx->el2_host;

	h->hcr = read_sysreg(hcr_el2);
	h->vtcr = read_sysreg(vtcr_el2);
	h->vttbr = read_sysreg(vttbr_el2);
	h->cptr = read_sysreg_s(SYS_CPACR_EL1);
	h->mdcr = read_sysreg(mdcr_el2);
	h->cnthctl = read_sysreg(cnthctl_el2);
	h->cntvoff = read_sysreg(cntvoff_el2);
	h->vpidr = read_sysreg(vpidr_el2);
	h->vmpidr = read_sysreg(vmpidr_el2);
	h->hstr = read_sysreg(hstr_el2);

	e->mdcr = axv_arm64_mdcr(v, h->mdcr);
	e->cnthctl = (h->cnthctl & ~AXV_CNTHCTL_VHE_ALL) | own_timer(v) << AXV_CNTHCTL_VHE_SHIFT;

	load_regs(ctx);
	v->arch.loaded = true;
	write_sysreg_s(e->cptr, SYS_CPACR_EL1);
	write_sysreg(e->mdcr, mdcr_el2);
	write_sysreg(e->cnthctl, cnthctl_el2);
	write_sysreg(e->cntvoff, cntvoff_el2);
	write_sysreg(e->vpidr, vpidr_el2);
	write_sysreg(e->vmpidr, vmpidr_el2);
	write_sysreg(e->hstr, hstr_el2);
	load_fine(ctx);
	if (ctx->features & AXV_CPU_GICV3)
		write_sysreg_s(read_sysreg_s(SYS_ICC_SRE_EL2) & ~BIT_ULL(3), SYS_ICC_SRE_EL2);

	write_sysreg(e->vtcr, vtcr_el2);
	axv_arm64_load_vmid(v);
}

static void vhe_end(struct axv_vcpu *v)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	const struct axv_arm64_el2 *h = &ctx->el2_host;

	if (axv_arm64_beside_kvm()) {
		write_sysreg(h->vttbr, vttbr_el2);
		write_sysreg(h->vtcr, vtcr_el2);
	}
	save_regs(ctx);
	v->arch.loaded = false;

	if (ctx->features & AXV_CPU_GICV3)
		write_sysreg_s(read_sysreg_s(SYS_ICC_SRE_EL2) | BIT_ULL(3), SYS_ICC_SRE_EL2);
	restore_fine(ctx);
	write_sysreg(h->hstr, hstr_el2);
	write_sysreg(h->vmpidr, vmpidr_el2);
	write_sysreg(h->vpidr, vpidr_el2);
	write_sysreg(h->cntvoff, cntvoff_el2);
	write_sysreg(h->cnthctl, cnthctl_el2);
	write_sysreg(h->mdcr, mdcr_el2);
	write_sysreg_s(h->cptr, SYS_CPACR_EL1);
	isb();
}

/* ---- the section ---------------------------------------------------------------------- */

/**
 * axv_arm64_section_prepare() - what a section needs with interrupts on
 * @v: the vCPU
 */
void axv_arm64_section_prepare(struct axv_vcpu *v)
{
	WRITE_ONCE(v->prepare, false);
	axv_arm64_get_vmid(v->vm);
	axv_arm64_fp_prepare(v);
}

/**
 * axv_arm64_section_begin() - take the CPU; interrupts are off until the end
 * @v: the vCPU
 */
void axv_arm64_section_begin(struct axv_vcpu *v)
{
	const struct axv_arm64_own *own = this_cpu_ptr(&axv_arm64_own);
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	struct axv_arm64_el2 *e = &ctx->el2;

	guest_timing_enter_irqoff();
	ctx->features = own->features;
	ctx->predictors = own->predictors;
	e->cptr = axv_arm64_cptr(v);
	e->cntvoff = READ_ONCE(v->vm->arch.counter_offset);
	if (unlikely(axv_arm64_debug_wanted(v)))
		axv_arm64_debug_begin(v);
	if (axv_arm64_vhe()) {
		vhe_begin(v);
	} else {
		e->mdcr = axv_arm64_mdcr(v, 0);
		e->cnthctl = own_timer(v);
		axv_arm64_load_vmid(v);
	}
	axv_arm64_timer_begin(v);
	if (unlikely(v->arch.has_fp)) {
		isb();
		axv_arm64_fp_load(v);
	}
}

/**
 * axv_arm64_section_pause() - have the host's interrupts served in the middle of a section
 * @v: the vCPU
 *
 * The guest's EL1 registers and most controls stay: at EL2 nothing of the host's looks at
 * them but what KVM does when it comes (the counter's traps, and it reads MDCR_EL2). Not so
 * the timers, which would ring for the host, and the FP registers, which a softirq may use.
 *
 * Return: false: the section has to end.
 */
bool axv_arm64_section_pause(struct axv_vcpu *v)
{
	const struct axv_arm64_el2 *h = &v->arch.ctx->el2_host;

	if (unlikely(v->arch.has_fp || v->arch.debug_loaded))
		return false;
	axv_arm64_timer_end(v);
	if (axv_arm64_vhe()) {
		write_sysreg(h->cnthctl, cnthctl_el2);
		write_sysreg(h->mdcr, mdcr_el2);
		write_sysreg_s(h->cptr, SYS_CPACR_EL1);
		isb();
	}
	return true;
}

/**
 * axv_arm64_section_again() - they have been
 * @v: the vCPU, since axv_arm64_section_pause() on this CPU
 *
 * Return: false: the section has to end: another VMID, or the host's breakpoints.
 */
bool axv_arm64_section_again(struct axv_vcpu *v)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	struct axv_arm64_el2 *e = &ctx->el2, *h = &ctx->el2_host;

	e->cntvoff = READ_ONCE(v->vm->arch.counter_offset);
	if (axv_arm64_vhe()) {
		h->cptr = read_sysreg_s(SYS_CPACR_EL1);
		h->mdcr = read_sysreg(mdcr_el2);
		h->cnthctl = read_sysreg(cnthctl_el2);
		e->cnthctl = (h->cnthctl & ~AXV_CNTHCTL_VHE_ALL) |
			     own_timer(v) << AXV_CNTHCTL_VHE_SHIFT;
		write_sysreg_s(e->cptr, SYS_CPACR_EL1);
		write_sysreg(e->mdcr, mdcr_el2);
		write_sysreg(e->cnthctl, cnthctl_el2);
		write_sysreg(e->cntvoff, cntvoff_el2);
	}
	axv_arm64_timer_begin(v);
	return axv_arm64_vmid_stays(v) && !axv_arm64_debug_wanted(v);
}

/**
 * axv_arm64_section_end() - give it back
 * @v: the vCPU
 */
void axv_arm64_section_end(struct axv_vcpu *v)
{
	if (unlikely(v->arch.has_fp))
		axv_arm64_fp_unload(v);
	axv_arm64_timer_end(v);
	if (axv_arm64_vhe())
		vhe_end(v);
	if (unlikely(v->arch.debug_loaded))
		axv_arm64_debug_end(v);

	/* The tick that ended the guest is to be served as guest time. */
	if (unlikely(v->arch.ctx->trap.kind != AXV_TRAP_SYNC)) {
		v->arch.timing = true;
		v->finish = true;
	} else {
		guest_timing_exit_irqoff();
	}
}

/**
 * axv_arm64_section_finish() - an interrupt that ended the guest has been served
 * @v: the vCPU
 */
void axv_arm64_section_finish(struct axv_vcpu *v)
{
	v->finish = false;
	axv_arm64_fp_finish(v);
	if (v->arch.timing) {
		v->arch.timing = false;
		local_irq_disable();
		guest_timing_exit_irqoff();
		local_irq_enable();
	}
}

/* ---- what must not happen -------------------------------------------------------------- */

asmlinkage void axv_arm64_vhe_fault(u64 esr, u64 elr, u64 far);

/**
 * axv_arm64_vhe_fault() - an exception of EL2's own between the entry and the exit
 * @esr: ESR_EL2
 * @elr: ELR_EL2
 * @far: FAR_EL2
 */
asmlinkage void axv_arm64_vhe_fault(u64 esr, u64 elr, u64 far)
{
	panic("axvcpu: exception at EL2 around a guest: ESR %llx ELR %llx (%pS) FAR %llx\n",
	      esr, elr, (void *)elr, far);
}
