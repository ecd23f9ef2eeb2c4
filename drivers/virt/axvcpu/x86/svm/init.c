// SPDX-License-Identifier: GPL-2.0-only
/* The SVM backend: probing, the table of operations, a vCPU's memory. */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "svm.h"
#include "../backends.h"

struct axv_svm_caps axv_svm_caps __ro_after_init;

static atomic64_t axv_svm_ids = ATOMIC64_INIT(0);

/* ---- memory of a vCPU ----------------------------------------------------------- */

/**
 * axv_svm_alloc_page() - a zeroed page for VMRUN
 *
 * On a host with SEV-SNP enabled the CPU takes a VMCB or a host save area for
 * in use as a whole 2 MiB page where it begins one (an erratum), so such a page
 * is passed over.
 *
 * Return: the page or NULL.
 */
void *axv_svm_alloc_page(void)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO;
	unsigned long page, other;

	page = __get_free_page(gfp);
	if (!page || !IS_ALIGNED(__pa(page), SZ_2M))
		return (void *)page;
	other = __get_free_page(gfp);
	free_page(page);
	return (void *)other;
}

static void svm_vcpu_free(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	free_page((unsigned long)svm->vmcb);
	free_page((unsigned long)svm->host_save);
	kfree(svm);
}

static int svm_vcpu_alloc(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm;

	svm = kzalloc(sizeof(*svm), GFP_KERNEL_ACCOUNT);
	if (!svm)
		return -ENOMEM;
	v->arch.svm = svm;
	svm->vmcb = axv_svm_alloc_page();
	svm->host_save = axv_svm_alloc_page();
	if (!svm->vmcb || !svm->host_save) {
		svm_vcpu_free(v);
		return -ENOMEM;
	}
	svm->sw.gpr = v->arch.gpr.r;
	svm->sw.vmcb_pa = __pa(svm->vmcb);
	svm->sw.host_pa = __pa(svm->host_save);
	svm->id = atomic64_inc_return(&axv_svm_ids);
	svm->last_cpu = -1;
	return 0;
}

static void svm_vcpu_reset(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	axv_svm_init_vmcb(v);
	svm->injected = 0;
	svm->soft = 0;
	svm->iret_armed = false;
	svm->step_nmi = false;
	svm->step_event = false;
	svm->resume_set = false;
	svm->shutdown = false;
}

/* Outside sections EFER.SVME is not ours. */
static u64 svm_features_now(void)
{
	return axv_x86_read_msr(MSR_EFER) & EFER_SVME ? AXVCPU_X86_FEAT_SHARED : 0;
}

static const struct axv_x86_backend axv_svm_backend = {
	.arch = {
		AXV_X86_ARCH_OPS,
		.name			= "svm",
		.backend		= AXVCPU_BACKEND_SVM,
		.filter_changed		= axv_svm_filter_changed,
		.vm_destroy		= axv_svm_vm_destroy,
		.set_root		= axv_svm_set_root,
		.describe		= axv_svm_describe,
		.section_prepare	= axv_svm_section_prepare,
		.section_begin		= axv_svm_section_begin,
		.enter			= axv_svm_enter,
		.section_end		= axv_svm_section_end,
		.section_finish		= axv_svm_section_finish,
		.handle			= axv_svm_handle,
		.put			= axv_svm_put,
		.features_now		= svm_features_now,
		.exit_code		= axv_svm_exit_code,
	},
	.vcpu_alloc		= svm_vcpu_alloc,
	.vcpu_free		= svm_vcpu_free,
	.vcpu_reset		= svm_vcpu_reset,
	.read_control		= axv_svm_read_control,
	.write_control		= axv_svm_write_control,
	.read_mode		= axv_svm_read_mode,
	.read_segment		= axv_svm_read_segment,
	.segment_base		= axv_svm_segment_base,
	.read_cr8		= axv_svm_read_cr8,
};

/* ---- probing -------------------------------------------------------------------- */

static bool svm_is_tcg(void)
{
	u32 eax, sig[3];

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return false;
	cpuid(0x40000000, &eax, &sig[0], &sig[1], &sig[2]);
	return !memcmp(sig, "TCGTCGTCGTCG", sizeof(sig));
}

static void svm_check_cpu(void *disabled)
{
	if (axv_x86_read_msr(AXV_MSR_VM_CR) & AXV_VM_CR_SVMDIS)
		atomic_inc(disabled);
}

/* CPUID 8000000Ah, and what else of the CPU matters here. */
static void svm_find_caps(struct axv_svm_caps *caps)
{
	u32 leaf8_ebx = cpuid_ebx(0x80000008);
	u32 eax, ebx, ecx, edx;

	cpuid(AXV_CPUID_SVM, &eax, &ebx, &ecx, &edx);
	caps->nr_asids = ebx;
	caps->features = edx;
	caps->rdpru = leaf8_ebx & BIT(4);
	if (leaf8_ebx & BIT(3))
		caps->intercept3 |= INTERCEPT3_INVLPGB | INTERCEPT3_INVLPGB_ILLEGAL |
				    INTERCEPT3_TLBSYNC;
	if (leaf8_ebx & BIT(8))
		caps->intercept3 |= INTERCEPT3_MCOMMIT;
	caps->tsc_aux = boot_cpu_has(X86_FEATURE_RDTSCP);
	caps->tcg = svm_is_tcg();
}

static const struct {
	u32 bit;
	u32 arch_feature;
	const char *name;
} svm_features[] = {
	{ AXV_SVM_NRIPS, AXVCPU_X86_FEAT_NEXT_RIP, "next-rip" },
	{ AXV_SVM_TSC_RATE, AXVCPU_X86_FEAT_TSC_SCALING, "tsc-ratio" },
	{ AXV_SVM_VMCB_CLEAN, AXVCPU_X86_FEAT_CLEAN_BITS, "clean-bits" },
	{ AXV_SVM_FLUSH_BY_ASID, AXVCPU_X86_FEAT_FLUSH_BY_TAG, "flush-by-asid" },
	{ AXV_SVM_DECODE_ASSISTS, AXVCPU_X86_FEAT_DECODE_ASSISTS, "decode-assists" },
};

static void svm_fill_info(struct axv_probe *probe)
{
	u32 phys = cpuid_eax(0x80000008) & 0xff;
	struct axvcpu_info *info = &probe->info;
	struct axv_s2_config *s2 = &axv_s2_config;

	/* The nested walk has the levels of the host's own. */
	s2->format = &axv_s2_npt;
	s2->levels = native_read_cr4() & X86_CR4_LA57 ? 5 : 4;
	s2->min_levels = s2->levels;
	s2->gpa_bits = min(phys, s2->levels == 5 ? 52u : 48u);
	s2->leaf_levels = BIT(0) | BIT(1);
	if (boot_cpu_has(X86_FEATURE_GBPAGES))
		s2->leaf_levels |= BIT(2);

	axv_x86_fill_info(probe);
	info->tags = axv_svm_caps.nr_asids - 1;
}

/* One line in the log says what was found. */
static void svm_announce(struct axvcpu_info *info)
{
	char found[80] = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(svm_features); i++) {
		if (!axv_svm_has(svm_features[i].bit))
			continue;
		info->arch_features |= svm_features[i].arch_feature;
		strlcat(found, " ", sizeof(found));
		strlcat(found, svm_features[i].name, sizeof(found));
	}
	pr_info("svm: nested paging with %u levels for %u bits, %u ASIDs,%s\n",
		info->stage2_levels, info->gpa_bits, info->tags,
		*found ? found : " no optional features");
}

/**
 * axv_svm_probe() - can this machine run guests by SVM?
 * @probe: filled in
 *
 * Return: 0, also when it cannot; a negative errno when memory is short.
 */
int axv_svm_probe(struct axv_probe *probe)
{
	atomic_t disabled = ATOMIC_INIT(0);
	int r;

	svm_find_caps(&axv_svm_caps);
	on_each_cpu(svm_check_cpu, &disabled, 1);
	if (atomic_read(&disabled))
		return axv_x86_refuse(probe, AXVCPU_WHY_FIRMWARE, -EOPNOTSUPP,
				      "SVM is disabled by firmware (VM_CR.SVMDIS); enable it in the firmware setup");
	if (!axv_svm_has(AXV_SVM_NPT))
		return axv_x86_refuse(probe, AXVCPU_WHY_NO_STAGE2, -ENODEV,
				      "the CPU has SVM, but no nested paging");

	axv_x86_spec_init();
	r = axv_svm_maps_init();
	if (r)
		return r;
	r = axv_svm_section_init();
	if (r) {
		axv_svm_maps_exit();
		return r;
	}

	svm_fill_info(probe);
	svm_announce(&probe->info);
	axv_x86 = &axv_svm_backend;
	probe->ops = &axv_svm_backend.arch;
	probe->why = AXVCPU_WHY_USABLE;
	return 0;
}

/** axv_svm_exit() - undo axv_svm_probe() */
void axv_svm_exit(void)
{
	axv_svm_section_exit();
	axv_svm_maps_exit();
}
