// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section: interrupts off, the controls of EL2 the guest's; and the guest's registers
 * wherever they are.
 *
 * Where the kernel is at EL2 the guest's EL1 registers are in the CPU all along, and the
 * kernel reaches them by their _EL12 names; those that it uses itself by the same name are
 * exchanged. KVM may have its own in any of the controls, so what was found is put back.
 * Where the kernel is at EL1, EL2 exchanges everything at each entry (nvhe_el2.S).
 *
 * What an architecture version adds that is in none of the lists of sysregs.h is kept from
 * guests by HCR_EL2, by HCRX_EL2 and the fine-grained traps, where 0 is the answer that
 * traps or disables all that is new, by CPTR_EL2 (fp.c) and by MDCR_EL2 (debug.c).
 */
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
#define CNTHCTL_EL1PCTEN	BIT(0)
#define CNTHCTL_EL1PTEN		BIT(1)
#define CNTHCTL_VHE_SHIFT	10

static u64 axv_hcr __ro_after_init;

/** axv_arm64_section_init() - at load: what never changes, features being known */
void axv_arm64_section_init(void)
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
	axv_arm64_set_controls(v);
	v->arch.ctx->el2.vtcr = axv_arm64_vtcr(v->s2);
	v->arch.root = axv_s2_root(v->s2);
	axv_arm64_forget_tlb(v);
}

/* ---- registers, where they are ------------------------------------------------------- */

#define EL1(op1, crn, crm, op2)		sys_reg(3, op1, crn, crm, op2)
#define EL12(crn, crm, op2)		sys_reg(3, 5, crn, crm, op2)
/* Known when it is compiled where @feature is 0. */
#define WITH(features, feature)		(!(feature) || ((features) & (feature)))

#define READ_E1(op1, crn, crm, op2)	read_sysreg_s(EL12(crn, crm, op2))
#define READ_PLAIN(op1, crn, crm, op2)	read_sysreg_s(EL1(op1, crn, crm, op2))
#define WRITE_E1(val, op1, crn, crm, op2) write_sysreg_s(val, EL12(crn, crm, op2))
#define WRITE_PLAIN(val, op1, crn, crm, op2) write_sysreg_s(val, EL1(op1, crn, crm, op2))

/* Is @reg one of those that are in the CPU now? Keys are exchanged by the entry (vhe.S). */
static bool is_loaded(const struct axv_vcpu *v, enum axv_arm64_reg reg)
{
	return v->arch.loaded && reg < AXV_REG_APIAKEYLO && reg != AXV_REG_ACTLR;
}

/**
 * axv_arm64_read_sys() - a register of the guest
 * @v: the vCPU; its own thread calls
 * @reg: AXV_REG_*, one that the CPU has
 */
u64 axv_arm64_read_sys(struct axv_vcpu *v, enum axv_arm64_reg reg)
{
	if (!is_loaded(v, reg))
		return v->arch.ctx->reg[reg];
	switch (reg) {
#define CASE_E1(name, ...)	case AXV_REG_##name: return READ_E1(__VA_ARGS__);
#define CASE_PLAIN(name, ...)	case AXV_REG_##name: return READ_PLAIN(__VA_ARGS__);
#define CASE_TRAPPED(name, ...)	case AXV_REG_##name:
#define CASE(name, op1, crn, crm, op2, kind, feature) CASE_##kind(name, op1, crn, crm, op2)
	AXV_SYSREGS(CASE)
#undef CASE
#undef CASE_E1
#undef CASE_PLAIN
#undef CASE_TRAPPED
	case AXV_NR_REGS:
		break;
	}
	return 0;
}

/**
 * axv_arm64_write_sys() - the same for a write
 * @v: the vCPU; its own thread calls
 * @reg: AXV_REG_*, one that the CPU has
 * @value: what the CPU keeps of it is kept
 */
void axv_arm64_write_sys(struct axv_vcpu *v, enum axv_arm64_reg reg, u64 value)
{
	if (!is_loaded(v, reg)) {
		v->arch.ctx->reg[reg] = value;
		return;
	}
	switch (reg) {
#define CASE_E1(name, ...)	case AXV_REG_##name: WRITE_E1(value, __VA_ARGS__); break;
#define CASE_PLAIN(name, ...)	case AXV_REG_##name: WRITE_PLAIN(value, __VA_ARGS__); break;
#define CASE_TRAPPED(name, ...)	case AXV_REG_##name: break;
#define CASE(name, op1, crn, crm, op2, kind, feature) CASE_##kind(name, op1, crn, crm, op2)
	AXV_SYSREGS(CASE)
#undef CASE
#undef CASE_E1
#undef CASE_PLAIN
#undef CASE_TRAPPED
	case AXV_NR_REGS:
		break;
	}
}

/* ---- VHE: the guest's into the CPU and back ------------------------------------------- */

static void load_regs(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;

#define LOAD_E1(name, feature, ...) \
	do { \
		if (WITH(features, feature)) \
			WRITE_E1(ctx->reg[AXV_REG_##name], __VA_ARGS__); \
	} while (0);
#define LOAD_PLAIN(name, feature, ...) \
	do { \
		if ((feature) != AXV_CPU_PAUTH && WITH(features, feature)) { \
			ctx->host[AXV_REG_##name] = READ_PLAIN(__VA_ARGS__); \
			WRITE_PLAIN(ctx->reg[AXV_REG_##name], __VA_ARGS__); \
		} \
	} while (0);
#define LOAD_TRAPPED(name, ...)
#define LOAD(name, op1, crn, crm, op2, kind, feature) LOAD_##kind(name, feature, op1, crn, crm, op2)
	AXV_SYSREGS(LOAD)
#undef LOAD
#undef LOAD_E1
#undef LOAD_PLAIN
#undef LOAD_TRAPPED
}

static void save_regs(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;

#define SAVE_E1(name, feature, ...) \
	do { \
		if (WITH(features, feature)) \
			ctx->reg[AXV_REG_##name] = READ_E1(__VA_ARGS__); \
	} while (0);
#define SAVE_PLAIN(name, feature, ...) \
	do { \
		if ((feature) != AXV_CPU_PAUTH && WITH(features, feature)) { \
			ctx->reg[AXV_REG_##name] = READ_PLAIN(__VA_ARGS__); \
			WRITE_PLAIN(ctx->host[AXV_REG_##name], __VA_ARGS__); \
		} \
	} while (0);
#define SAVE_TRAPPED(name, ...)
#define SAVE(name, op1, crn, crm, op2, kind, feature) SAVE_##kind(name, feature, op1, crn, crm, op2)
	AXV_SYSREGS(SAVE)
#undef SAVE
#undef SAVE_E1
#undef SAVE_PLAIN
#undef SAVE_TRAPPED
}

static void load_fine(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;

#define LOAD(name, op1, crn, crm, op2, feature) \
	do { \
		if (features & (feature)) { \
			ctx->fine_host[AXV_FINE_##name] = READ_PLAIN(op1, crn, crm, op2); \
			WRITE_PLAIN(ctx->fine[AXV_FINE_##name], op1, crn, crm, op2); \
		} \
	} while (0);
	AXV_FINE(LOAD)
#undef LOAD
}

static void restore_fine(struct axv_arm64_ctx *ctx)
{
	u64 features = ctx->features;

#define RESTORE(name, op1, crn, crm, op2, feature) \
	do { \
		if (features & (feature)) \
			WRITE_PLAIN(ctx->fine_host[AXV_FINE_##name], op1, crn, crm, op2); \
	} while (0);
	AXV_FINE(RESTORE)
#undef RESTORE
}

/* What of the physical timer the guest has for its own, its bits as nVHE has them. */
static u64 own_timer(const struct axv_vcpu *v)
{
	return v->arch.setup_flags & AXVCPU_ARM64_SETUP_TIMER ?
	       CNTHCTL_EL1PCTEN | CNTHCTL_EL1PTEN : 0;
}

#define CNTHCTL_VHE_ALL	((u64)(CNTHCTL_EL1PCTEN | CNTHCTL_EL1PTEN) << CNTHCTL_VHE_SHIFT)

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
	e->cnthctl = (h->cnthctl & ~CNTHCTL_VHE_ALL) | own_timer(v) << CNTHCTL_VHE_SHIFT;

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

	write_sysreg(h->vttbr, vttbr_el2);
	write_sysreg(h->vtcr, vtcr_el2);
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
	struct axv_arm64_el2 *e = &v->arch.ctx->el2;

	guest_timing_enter_irqoff();
	e->cptr = axv_arm64_cptr(v);
	e->cntvoff = READ_ONCE(v->vm->arch.counter_offset);
	if (unlikely(axv_arm64_debug_wanted(v)))
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
	panic("axvcpu: exception at EL2 while a guest had the CPU: ESR %llx ELR %llx (%pS) FAR %llx\n",
	      esr, elr, (void *)elr, far);
}
