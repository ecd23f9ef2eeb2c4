// SPDX-License-Identifier: GPL-2.0-only
/* The arm64 backend: what the CPUs offer, and the table of operations. */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "axv_hot.h"
#include "offsets.h"

u64 axv_arm64_features;
u64 axv_arm64_cpu;
u32 axv_arm64_nr_lrs;
u32 axv_arm64_pri_bits;

#define AT(member, offset) static_assert(offsetof(struct axv_arm64_ctx, member) == (offset))

AT(x[1], CTX_X(1));
AT(pc, CTX_PC);
AT(pstate, CTX_PSTATE);
AT(sp_el0, CTX_SP_EL0);
AT(trap.esr, CTX_ESR);
AT(trap.far, CTX_FAR);
AT(trap.hpfar, CTX_HPFAR);
AT(trap.kind, CTX_KIND);
AT(trap.disr, CTX_DISR);
AT(reg, CTX_REG);
AT(host, CTX_HOST);
AT(ich.hcr, CTX_ICH_HCR);
AT(ich.vmcr, CTX_ICH_VMCR);
AT(ich.misr, CTX_ICH_MISR);
AT(ich.eisr, CTX_ICH_EISR);
AT(ich.ap0r[1], CTX_ICH_AP0R(1));
AT(ich.ap1r[1], CTX_ICH_AP1R(1));
AT(ich.lr[1], CTX_ICH_LR(1));
AT(ich.nr_used, CTX_ICH_USED);
AT(el2.hcr, CTX_EL2 + EL2_HCR);
AT(el2.vtcr, CTX_EL2 + EL2_VTCR);
AT(el2.vttbr, CTX_EL2 + EL2_VTTBR);
AT(el2.cptr, CTX_EL2 + EL2_CPTR);
AT(el2.mdcr, CTX_EL2 + EL2_MDCR);
AT(el2.cnthctl, CTX_EL2 + EL2_CNTHCTL);
AT(el2.cntvoff, CTX_EL2 + EL2_CNTVOFF);
AT(el2.vpidr, CTX_EL2 + EL2_VPIDR);
AT(el2.vmpidr, CTX_EL2 + EL2_VMPIDR);
AT(el2.hstr, CTX_EL2 + EL2_HSTR);
AT(el2_host.hcr, CTX_EL2_HOST + EL2_HCR);
AT(fine, CTX_FINE);
AT(fine_host, CTX_FINE_HOST);
AT(callee[1], CTX_CALLEE(1));
AT(features, CTX_FEATURES);
AT(vsesr, CTX_VSESR);
AT(cntv_ctl, CTX_CNTV_CTL);
AT(cntv_cval, CTX_CNTV_CVAL);
AT(predictors, CTX_PREDICTORS);
static_assert(sizeof(struct axv_arm64_ctx) <= SZ_4K);

/* ---- operations that need no file of their own ----------------------------------- */

static u64 arm64_get_pc(struct axv_vcpu *v)
{
	return v->arch.ctx->pc;
}

/* ESR_EL2; without one, what came instead, AXV_TRAP_* */
static u64 arm64_exit_code(struct axv_vcpu *v)
{
	const struct axv_arm64_trap *t = &v->arch.ctx->trap;

	return t->kind == AXV_TRAP_SYNC ? t->esr : BIT_ULL(63) | t->kind;
}

static void arm64_show(struct seq_file *m)
{
	axv_arm64_cpus_show(m);
	axv_arm64_tlb_show(m);
}

static struct axv_arch_ops axv_arm64_ops __ro_after_init = {
	.name			= "vhe",
	.backend		= AXVCPU_BACKEND_VHE,
	.vcpu_create		= axv_arm64_vcpu_create,
	.vcpu_destroy		= axv_arm64_vcpu_destroy,
	.vcpu_setup		= axv_arm64_vcpu_setup,
	.vcpu_reset		= axv_arm64_vcpu_reset,
	.set_root		= axv_arm64_set_root,
	.set_entry		= axv_arm64_set_entry,
	.set_gpr		= axv_arm64_set_gpr,
	.set_return_value	= axv_arm64_set_return_value,
	.inject_interrupt	= axv_arm64_inject_interrupt,
	.inject_event		= axv_arm64_inject_event,
	.valid_interrupt	= axv_arm64_valid_interrupt,
	.runnable		= axv_arm64_runnable,
	.commit_regs		= axv_arm64_commit_regs,
	.fetch_regs		= axv_arm64_fetch_regs,
	.translate		= axv_arm64_translate,
	.describe		= axv_arm64_describe,
	.complete		= axv_arm64_complete,
	.section_prepare	= axv_arm64_section_prepare,
	.section_begin		= axv_arm64_section_begin,
	.enter			= axv_arm64_enter,
	.section_again		= axv_arm64_section_again,
	.section_end		= axv_arm64_section_end,
	.section_finish		= axv_arm64_section_finish,
	.handle			= axv_arm64_handle,
	.put			= axv_arm64_put,
	.get_pc			= arm64_get_pc,
	.intr_state		= axv_arm64_intr_state,
	.exit_code		= arm64_exit_code,
	.show			= arm64_show,
};

/* ---- probing --------------------------------------------------------------------- */

/* Fields of ID registers, by their lowest bit: DDI 0487, D19.2. Four bits each. */
static unsigned int field(u64 reg, unsigned int shift)
{
	return reg >> shift & 0xf;
}

static int __init cannot(struct axv_probe *probe, u32 why, int error, const char *text)
{
	probe->why = why;
	probe->why_errno = error;
	strscpy(probe->why_text, text, sizeof(probe->why_text));
	return error;
}

/* Memory beyond what leaves reach. */
static bool __init has_far_memory(unsigned int bits)
{
	int node;

	for_each_online_node(node)
		if (node_end_pfn(node) > BIT_ULL(bits - PAGE_SHIFT))
			return true;
	return false;
}

/* ID_AA64MMFR0_EL1: do the CPUs walk stage-2 tables of 4K pages, and with how many bits? */
static int __init probe_stage2(struct axv_probe *probe)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	u64 mmfr1 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);
	u64 mmfr2 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1);
	u64 isar0 = read_sanitised_ftr_reg(SYS_ID_AA64ISAR0_EL1);
	/* TGran4_2, 0: as TGran4 */
	unsigned int gran = field(mmfr0, 40), range = field(mmfr0, 0);
	bool vmid16 = field(mmfr1, 4) == 2, lpa2;

	if (PAGE_SIZE != SZ_4K)
		return cannot(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
			      "this kernel's pages are larger than 4 KiB, those of stage-2 tables here are not: boot a kernel with pages of 4 KiB");
	if (gran == 1 || (!gran && field(mmfr0, 28) == 0xf))
		return cannot(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
			      "the CPUs have no stage-2 tables of 4 KiB pages");
	/* 52 bits, of the guest's addresses at least */
	lpa2 = range >= 6 && axv_arm64_has_lpa2(mmfr0);
	if (!lpa2 && has_far_memory(48))
		return cannot(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
			      "there is memory above 256 TiB, where stage-2 leaves do not reach");
	if (has_far_memory(50))
		return cannot(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
			      "there is memory above 1 PiB, where stage-2 leaves do not reach");
	if (vmid16)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_VMID16;
	if (lpa2)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_LPA2;
	range = min_t(unsigned int, range, lpa2 ? 6 : 5);
	axv_arm64_s2_init(bits[range], range, vmid16, field(mmfr2, 40), lpa2);
	/* a range begins at 64 KiB there, and leaves do not */
	axv_arm64_tlb_init(vmid16 ? 16 : 8, !lpa2 && field(isar0, 56) > 1);
	return 0;
}

/* As many active-priority registers as priorities that can preempt take. */
static void __init probe_gic(struct axv_probe *probe)
{
	axv_arm64_gic_init(probe);
	if (!axv_arm64_nr_lrs)
		return;
	axv_arm64_features |= AXVCPU_ARM64_FEAT_GICV3;
	axv_arm64_cpu |= AXV_CPU_GICV3;
	if (axv_arm64_pre_bits > 5)
		axv_arm64_cpu |= AXV_CPU_AP2;
	if (axv_arm64_pre_bits > 6)
		axv_arm64_cpu |= AXV_CPU_AP4;
}

/**
 * axv_arch_init() - look at the CPUs
 * @probe: filled in, with a reason where there is nothing to be used
 *
 * Return: 0, or what registering for the CPUs' comings and goings failed with.
 */
int __init axv_arch_init(struct axv_probe *probe)
{
	struct axv_s2_config *s2 = &axv_s2_config;
	int r;

	probe->info.arch = AXVCPU_ARCH_ARM64;
	if (probe_stage2(probe))
		return 0;
	if (!axv_arm64_vhe()) {
		axv_arm64_ops.name = "nvhe";
		axv_arm64_ops.backend = AXVCPU_BACKEND_NVHE;
		if (axv_arm64_nvhe_probe(probe))
			return 0;
	}
	axv_arm64_cpus_init();
	if (axv_arm64_fp_init(probe)) {
		cannot(probe, AXVCPU_WHY_NO_HARDWARE, -ENODEV,
		       "the CPUs' SVE registers are larger than a run page can hold");
		return 0;
	}
	if (!axv_arm64_vhe()) {
		r = axv_arm64_nvhe_init();
		if (r)
			return r;
	}
	probe_gic(probe);
	axv_arm64_timer_init(probe);
	r = axv_arm64_ppi_online();
	if (r)
		goto out;
	r = axv_arm64_cpus_online();
	if (r)
		goto out_ppi;
	axv_arm64_debug_init();
	axv_arm64_idregs_init();
	axv_arm64_walk_init();
	axv_arm64_section_init();

	probe->ops = &axv_arm64_ops;
	probe->info.gpa_bits = s2->gpa_bits;
	probe->info.stage2_levels = s2->levels;
	probe->info.page_sizes = BIT_ULL(12) | BIT_ULL(21);
	if (s2->leaf_levels & BIT(2))
		probe->info.page_sizes |= BIT_ULL(30);
	probe->info.tags = axv_arm64_has(AXVCPU_ARM64_FEAT_VMID16) ? 0xfffe : 0xfe;
	probe->info.arch_features = axv_arm64_features;
	pr_info("arm64: %s, %u-bit guest addresses, %u VMIDs, %u list registers\n",
		axv_arm64_ops.name, s2->gpa_bits, probe->info.tags, axv_arm64_nr_lrs);
	return 0;

out_ppi:
	axv_arm64_ppi_offline();
out:
	axv_arm64_timer_exit();
	axv_arm64_gic_exit();
	if (!axv_arm64_vhe())
		axv_arm64_nvhe_exit();
	return r;
}

/** axv_arch_exit() - undo axv_arch_init() */
void axv_arch_exit(void)
{
	if (!axv_ops)
		return;
	axv_arm64_cpus_offline();
	axv_arm64_ppi_offline();
	axv_arm64_timer_exit();
	axv_arm64_gic_exit();
	if (!axv_arm64_vhe())
		axv_arm64_nvhe_exit();
}
