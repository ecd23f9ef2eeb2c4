// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the x86 backend, once at load. */
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/processor.h>

#include "x86.h"
#include "svm/svm.h"

const struct axv_x86_backend *axv_x86;

#define CPUID_1_ECX_VMX		BIT(5)
#define CPUID_80000001_ECX_SVM	BIT(2)

static bool has_svm(void)
{
	return cpuid_eax(0x80000000) >= AXV_CPUID_SVM &&
	       (cpuid_ecx(0x80000001) & CPUID_80000001_ECX_SVM);
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
	axv_x86_host_init();

	if (has_svm())
		return axv_svm_probe(probe);

	probe->why = AXVCPU_WHY_NO_HARDWARE;
	probe->why_errno = -ENODEV;
	if (cpuid_ecx(1) & CPUID_1_ECX_VMX)
		strscpy(probe->why_text,
			"the CPU offers VMX only, and VMX is not built in this version of axvcpu",
			sizeof(probe->why_text));
	else
		strscpy(probe->why_text,
			"the CPU has no virtualization extension (neither SVM nor VMX in CPUID)",
			sizeof(probe->why_text));
	return 0;
}

/** axv_arch_exit() - undo axv_arch_init() */
void axv_arch_exit(void)
{
	if (axv_x86)
		axv_svm_exit();
	axv_x86 = NULL;
}
