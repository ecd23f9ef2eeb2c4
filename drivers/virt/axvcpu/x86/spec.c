// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speculation across the boundaries that entry.S does not see: from one guest
 * to another, and from a guest to user space.
 *
 *	here			KVM
 *	spec_arrive()		svm_vcpu_load(), vmx_vcpu_load(): IBPB when another vCPU ran last
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

#include "spec.h"

DEFINE_PER_CPU(u64, axv_x86_last_guest);

static bool use_ibpb __ro_after_init;

/** axv_x86_spec_init() - look at the CPU and the kernel's mitigations */
void axv_x86_spec_init(void)
{
	use_ibpb = boot_cpu_has(X86_FEATURE_IBPB) && !cpu_mitigations_off() &&
			   /* entry.S does it at every exit */
			   !boot_cpu_has(X86_FEATURE_IBPB_ON_VMEXIT);
}

static void ibpb(void)
{
	if (use_ibpb)
		axv_x86_write_msr(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
}

/**
 * axv_x86_spec_switch() - another vCPU than the last one is about to run here
 * @id: its number
 */
void axv_x86_spec_switch(u64 id)
{
	__this_cpu_write(axv_x86_last_guest, id);
	ibpb();
}

/** axv_x86_spec_others() - another hypervisor's guest may have run here last */
void axv_x86_spec_others(void)
{
	__this_cpu_write(axv_x86_last_guest, 0);
}

/** axv_x86_spec_leave() - another hypervisor's guest may run here next */
void axv_x86_spec_leave(void)
{
	__this_cpu_write(axv_x86_last_guest, 0);
	ibpb();
}
