// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the x86 backend, once at load. */
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/processor.h>

#include "x86.h"
#include "backends.h"

const struct axv_x86_backend *axv_x86;

#define CPUID_SVM		0x8000000a
#define CPUID_1_ECX_VMX		BIT(5)
#define CPUID_80000001_ECX_SVM	BIT(2)

static bool has_svm(void)
{
	return cpuid_eax(0x80000000) >= CPUID_SVM &&
	       (cpuid_ecx(0x80000001) & CPUID_80000001_ECX_SVM);
}

static bool has_vmx(void)
{
	return cpuid_ecx(1) & CPUID_1_ECX_VMX;
}

/**
 * axv_x86_refuse() - there is nothing to be used
 * @probe: filled in
 * @why: AXVCPU_WHY_*
 * @err: negative errno
 * @text: in words
 *
 * Return: 0, for axv_arch_init() to say so.
 */
int axv_x86_refuse(struct axv_probe *probe, u32 why, int err, const char *text)
{
	probe->why = why;
	probe->why_errno = err;
	strscpy(probe->why_text, text, sizeof(probe->why_text));
	return 0;
}

/**
 * axv_arch_init() - look at the CPU
 * @probe: filled in, with a reason where there is nothing to be used
 *
 * CPUID is asked itself: the kernel hides the extension where firmware has
 * disabled it, and the two cases have different remedies.
 *
 * Return: 0 or a negative errno.
 */
int axv_arch_init(struct axv_probe *probe)
{
	probe->info.arch = AXVCPU_ARCH_X86;
	probe->info.arch_features = AXVCPU_X86_FEAT_LOCAL_APIC;
	axv_x86_host_init();

	if (has_svm())
		return axv_svm_probe(probe);
	if (has_vmx())
		return axv_vmx_probe(probe);

	return axv_x86_refuse(probe, AXVCPU_WHY_NO_HARDWARE, -ENODEV,
			      "the CPU has no virtualization extension (neither SVM nor VMX in CPUID)");
}

/** axv_arch_exit() - undo axv_arch_init() */
void axv_arch_exit(void)
{
	if (!axv_x86)
		return;
	if (axv_x86->arch.backend == AXVCPU_BACKEND_SVM)
		axv_svm_exit();
	else
		axv_vmx_gone();
	axv_x86 = NULL;
}

/**
 * axv_x86_fill_info() - what GET_INFO says of either backend
 * @probe: filled in
 *
 * axv_s2_config is complete.
 */
void axv_x86_fill_info(struct axv_probe *probe)
{
	const struct axv_s2_config *s2 = &axv_s2_config;
	struct axvcpu_info *info = &probe->info;
	unsigned int level;

	info->gpa_bits = s2->gpa_bits;
	info->stage2_levels = s2->levels;
	info->page_sizes = 0;
	for (level = 0; level < 3; level++)
		if (s2->leaf_levels & BIT(level))
			info->page_sizes |= BIT(PAGE_SHIFT + 9 * level);
	info->fp_size = axv_x86_fpu_size();
	info->max_cpuid = AXV_X86_MAX_CPUID;
}

/* ---- a vCPU's memory ------------------------------------------------------------ */

/* What of it is no backend's. */
static int vcpu_init(struct axv_vcpu *v)
{
	int r;

	axv_x86_events_init(v);
	r = axv_x86_cpuid_init(v);
	if (r)
		return r;
	r = axv_x86_fpu_init(v);
	if (r)
		goto out_cpuid;
	r = axv_x86_emul_init(v);
	if (r)
		goto out_fpu;
	return 0;

out_fpu:
	axv_x86_fpu_free(v);
out_cpuid:
	axv_x86_cpuid_free(v);
	return r;
}

/**
 * axv_x86_vcpu_create() - memory and defaults for a new vCPU
 * @v: the vCPU
 * @args: what user space asked for
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int axv_x86_vcpu_create(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args)
{
	int r;

	if (memchr_inv(&args->arch, 0, sizeof(args->arch)))
		return -EINVAL;
	r = axv_x86->vcpu_alloc(v);
	if (r)
		return r;
	r = vcpu_init(v);
	if (r)
		axv_x86->vcpu_free(v);
	else
		axv_x86_vcpu_reset(v);
	return r;
}

/**
 * axv_x86_vcpu_destroy() - the reverse
 * @v: the vCPU
 */
void axv_x86_vcpu_destroy(struct axv_vcpu *v)
{
	axv_x86_lapic_destroy(v);
	axv_x86_emul_free(v);
	axv_x86_fpu_free(v);
	axv_x86_cpuid_free(v);
	axv_x86->vcpu_free(v);
}

/**
 * axv_x86_vcpu_reset() - back to what axv_x86_vcpu_create() left
 * @v: the vCPU, not in RUN; its CPUID table stays
 */
void axv_x86_vcpu_reset(struct axv_vcpu *v)
{
	axv_x86->vcpu_reset(v);
	v->arch.stepped = false;
	axv_x86_reset_state(v);
}
