// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speculation across the boundaries that entry.S does not see: from one guest
 * to another, and from a guest to user space.
 *
 *	here			KVM
 *	spec_arrive()		svm_vcpu_load(): IBPB when another vCPU ran last
 *	spec_others()		nothing: the same for when KVM's guests ran last
 *	spec_leave()		nothing: KVM cannot know that we ran in between,
 *				so that its own check passes; done for it here
 *	spec_exit()		the same (VMSCAPE): IBPB before user space runs
 *
 * SPEC_CTRL: the guest is not told of it and cannot reach it, so that there is
 * nothing to switch: it runs with the host's value, or, where VMRUN switches it
 * (V_SPEC_CTRL), with the VMCB's zero on top of the host's.
 */
#include <linux/cpu.h>
#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>

#include "svm.h"

DEFINE_PER_CPU(u64, axv_svm_last_guest);

static bool axv_svm_use_ibpb __ro_after_init;

/** axv_svm_spec_init() - look at the CPU and the kernel's mitigations */
void axv_svm_spec_init(void)
{
	axv_svm_use_ibpb = boot_cpu_has(X86_FEATURE_IBPB) && !cpu_mitigations_off() &&
			   /* entry.S does it at every exit */
			   !boot_cpu_has(X86_FEATURE_IBPB_ON_VMEXIT);
}

static void svm_ibpb(void)
{
	if (axv_svm_use_ibpb)
		axv_svm_wrmsr(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
}

/**
 * axv_svm_spec_switch() - another vCPU than the last one is about to run here
 * @svm: it
 */
void axv_svm_spec_switch(struct axv_svm_vcpu *svm)
{
	__this_cpu_write(axv_svm_last_guest, svm->id);
	svm_ibpb();
}

/** axv_svm_spec_others() - another hypervisor's guest may have run here last */
void axv_svm_spec_others(void)
{
	__this_cpu_write(axv_svm_last_guest, 0);
}

/** axv_svm_spec_leave() - another hypervisor's guest may run here next */
void axv_svm_spec_leave(void)
{
	__this_cpu_write(axv_svm_last_guest, 0);
	svm_ibpb();
}
