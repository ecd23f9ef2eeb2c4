// SPDX-License-Identifier: GPL-2.0-only
/* The VMX backend: probing, the table of operations, a vCPU's memory. */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

#include "vmx.h"
#include "../backends.h"

struct axv_vmx_caps axv_vmx_caps __ro_after_init;

static atomic64_t axv_vmx_ids = ATOMIC64_INIT(0);

/* ---- memory of a vCPU -------------------------------------------------------------- */

static void vmx_vcpu_free(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	free_page((unsigned long)vmx->vmcs);
	free_page((unsigned long)vmx->apic);
	kfree(vmx);
}

static int vmx_vcpu_alloc(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx;

	vmx = kzalloc(sizeof(*vmx), GFP_KERNEL_ACCOUNT);
	if (!vmx)
		return -ENOMEM;
	v->arch.vmx = vmx;
	vmx->vmcs = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	vmx->apic = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vmx->vmcs || !vmx->apic) {
		vmx_vcpu_free(v);
		return -ENOMEM;
	}
	*(u32 *)vmx->vmcs = axv_vmx_caps.revision;
	vmx->vmcs_pa = __pa(vmx->vmcs);
	vmx->sw.gpr = v->arch.gpr.r;
	vmx->id = atomic64_inc_return(&axv_vmx_ids);
	vmx->last_cpu = -1;
	return 0;
}

static void vmx_vcpu_reset(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	vmx->fresh = true;
	vmx->injected = 0;
	vmx->soft = 0;
	vmx->unusual = 0;
	vmx->pdptes_due = false;
	vmx->pdptes_set = false;
	vmx->rf = 0;
	vmx->shutdown = false;
	memset(&vmx->exit, 0, sizeof(vmx->exit));
}

/* Outside sections CR4.VMXE is not ours. */
static u64 vmx_features_now(void)
{
	return native_read_cr4() & X86_CR4_VMXE ? AXVCPU_X86_FEAT_SHARED : 0;
}

static const struct axv_x86_backend axv_vmx_backend = {
	.arch = {
		AXV_X86_ARCH_OPS,
		.name			= "vmx",
		.backend		= AXVCPU_BACKEND_VMX,
		.filter_changed		= axv_vmx_filter_changed,
		.vm_destroy		= axv_vmx_vm_destroy,
		.set_root		= axv_vmx_set_root,
		.describe		= axv_vmx_describe,
		.section_prepare	= axv_vmx_section_prepare,
		.section_begin		= axv_vmx_section_begin,
		.enter			= axv_vmx_enter,
		.section_end		= axv_vmx_section_end,
		.section_finish		= axv_vmx_section_finish,
		.handle			= axv_vmx_handle,
		.put			= axv_vmx_put,
		.show			= axv_vmx_show,
		.features_now		= vmx_features_now,
		.exit_code		= axv_vmx_exit_code,
	},
	.vcpu_alloc		= vmx_vcpu_alloc,
	.vcpu_free		= vmx_vcpu_free,
	.vcpu_reset		= vmx_vcpu_reset,
	.read_control		= axv_vmx_read_control,
	.write_control		= axv_vmx_write_control,
	.read_mode		= axv_vmx_read_mode,
	.read_segment		= axv_vmx_read_segment,
	.segment_base		= axv_vmx_segment_base,
	.read_cr8		= axv_vmx_read_cr8,
};

/* ---- probing ----------------------------------------------------------------------- */

/**
 * struct cpus - what was found out on all CPUs
 * @disabled: how many of them firmware has VMX disabled on
 * @others: how many offer something else than the first
 */
struct cpus {
	atomic_t disabled;
	atomic_t others;
};

static void vmx_check_enabled(void *info)
{
	u32 want = AXV_FEAT_CTL_LOCKED | AXV_FEAT_CTL_VMXON;
	struct cpus *cpus = info;

	if ((axv_x86_read_msr(AXV_MSR_FEAT_CTL) & want) != want)
		atomic_inc(&cpus->disabled);
}

static void vmx_check_same(void *info)
{
	struct cpus *cpus = info;

	if (!axv_vmx_same_caps(&axv_vmx_caps))
		atomic_inc(&cpus->others);
}

static const struct {
	u32 control;
	u32 arch_feature;
	const char *name;
} vmx_features[] = {
	{ PROC2_VPID, AXVCPU_X86_FEAT_FLUSH_BY_TAG, "vpid" },
	{ PROC2_XSAVES, 0, "xsaves" },
};

/*
 * On some CPUs a guest can cause a machine check where its code is in a large page and
 * the same address is mapped otherwise as well (iTLB multihit): it gets small ones.
 */
static bool vmx_small_pages(void)
{
	return boot_cpu_has_bug(X86_BUG_ITLB_MULTIHIT) && !cpu_mitigations_off();
}

static void vmx_fill_info(struct axv_probe *probe)
{
	u32 phys = boot_cpu_data.x86_phys_bits;
	struct axvcpu_info *info = &probe->info;
	struct axv_s2_config *s2 = &axv_s2_config;

	/* Five levels where there are more address bits than four can map. */
	s2->format = &axv_s2_ept;
	s2->levels = (axv_vmx_caps.ept & EPT_CAP_WALK_5) && (phys > 48 ||
		      !(axv_vmx_caps.ept & EPT_CAP_WALK_4)) ? 5 : 4;
	s2->min_levels = axv_vmx_caps.ept & EPT_CAP_WALK_4 ? 4 : 5;
	s2->gpa_bits = min(phys, s2->levels == 5 ? 52u : 48u);
	s2->leaf_levels = BIT(0);
	if ((axv_vmx_caps.ept & EPT_CAP_2M) && !vmx_small_pages())
		s2->leaf_levels |= BIT(1);
	if ((axv_vmx_caps.ept & EPT_CAP_1G) && !vmx_small_pages())
		s2->leaf_levels |= BIT(2);

	axv_x86_fill_info(probe);
	info->tags = axv_vmx_caps.vpid ? U16_MAX : 0;
	/* the length of every instruction that exits */
	info->arch_features |= AXVCPU_X86_FEAT_NEXT_RIP;
}

/* One line in the log says what was found. */
static void vmx_announce(struct axvcpu_info *info)
{
	char found[80] = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vmx_features); i++) {
		if (!axv_vmx_has_proc2(vmx_features[i].control))
			continue;
		info->arch_features |= vmx_features[i].arch_feature;
		strlcat(found, " ", sizeof(found));
		strlcat(found, vmx_features[i].name, sizeof(found));
	}
	if (axv_vmx_caps.tpr)
		strlcat(found, " tpr-shadow", sizeof(found));
	if (axv_vmx_caps.ept & EPT_CAP_AD)
		strlcat(found, " ept-ad", sizeof(found));
	pr_info("vmx: EPT with %u levels for %u bits, %u VPIDs,%s\n",
		info->stage2_levels, info->gpa_bits, info->tags,
		*found ? found : " no optional features");
}

/* What the guest is told it has must be in VMX operation, too. */
static void vmx_limit_host(struct axv_x86_host *h)
{
	h->cr4 &= axv_x86_read_msr(AXV_MSR_VMX_CR4_FIXED1);
	h->no_rdtscp = !axv_vmx_has_proc2(PROC2_RDTSCP);
	h->no_invpcid = !axv_vmx_has_proc2(PROC2_INVPCID);
	h->no_xsaves = !axv_vmx_has_proc2(PROC2_XSAVES);
}

static int vmx_init(void)
{
	int r;

	r = axv_vmx_maps_init();
	if (r)
		return r;
	r = axv_vmx_l1d_init();
	if (r)
		goto out_maps;
	r = axv_vmx_section_init();
	if (r)
		goto out_l1d;
	return 0;

out_l1d:
	axv_vmx_l1d_exit();
out_maps:
	axv_vmx_maps_exit();
	return r;
}

/**
 * axv_vmx_probe() - can this machine run guests by VMX?
 * @probe: filled in
 *
 * Return: 0, also when it cannot; a negative errno when memory is short.
 */
int axv_vmx_probe(struct axv_probe *probe)
{
	struct cpus cpus = {};
	char text[120];
	const char *lack;
	int r;

	on_each_cpu(vmx_check_enabled, &cpus, 1);
	if (atomic_read(&cpus.disabled))
		return axv_x86_refuse(probe, AXVCPU_WHY_FIRMWARE, -EOPNOTSUPP,
				      "VMX is disabled by firmware (IA32_FEATURE_CONTROL); enable it in the firmware setup");
	lack = axv_vmx_find_caps(&axv_vmx_caps);
	if (lack) {
		scnprintf(text, sizeof(text), "the CPU has VMX, but %s", lack);
		return axv_x86_refuse(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV, text);
	}
	on_each_cpu(vmx_check_same, &cpus, 1);
	if (atomic_read(&cpus.others))
		return axv_x86_refuse(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
				      "the CPUs of this machine do not offer the same VMX");

	axv_x86_spec_init();
	vmx_limit_host(&axv_x86_host);
	r = vmx_init();
	if (r)
		return r;

	vmx_fill_info(probe);
	vmx_announce(&probe->info);
	axv_x86 = &axv_vmx_backend;
	probe->ops = &axv_vmx_backend.arch;
	probe->why = AXVCPU_WHY_USABLE;
	return 0;
}

/** axv_vmx_gone() - undo axv_vmx_probe() */
void axv_vmx_gone(void)
{
	axv_vmx_section_exit();
	axv_vmx_l1d_exit();
	axv_vmx_maps_exit();
}
