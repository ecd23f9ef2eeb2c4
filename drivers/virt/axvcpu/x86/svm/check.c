// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why VMRUN refused a VMCB. The hardware says no more than that it did; the
 * list is that of the AMD APM, volume 2, "Canonicalization and Consistency
 * Checks" of VMRUN, and of "Event Injection".
 */
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "svm.h"

#define ATTR_L		BIT(9)
#define ATTR_D		BIT(10)

static bool event_is_valid(u64 event)
{
	u32 vector = (u8)event;

	if (!(event & AXV_X86_EVENT_VALID))
		return true;
	switch (event & AXV_X86_EVENT_TYPE_MASK) {
	case AXV_X86_EVENT_TYPE_INTR:
	case AXV_X86_EVENT_TYPE_NMI:
	case AXV_X86_EVENT_TYPE_SOFT:
		return true;
	case AXV_X86_EVENT_TYPE_EXC:
		return vector < 32 && vector != AXV_X86_NMI;
	}
	return false;
}

static bool guest_state_is_valid(const struct axv_vmcb *vmcb)
{
	const typeof(vmcb->save) *s = &vmcb->save;
	u64 addr = GENMASK_ULL(boot_cpu_data.x86_phys_bits - 1, 0);
	bool active = (s->efer & EFER_LME) && (s->cr0 & X86_CR0_PG);

	if (!(s->efer & EFER_SVME) || (s->efer & ~(axv_x86_host.efer | EFER_SVME)))
		return false;
	if ((!(s->cr0 & X86_CR0_CD) && (s->cr0 & X86_CR0_NW)) || s->cr0 >> 32)
		return false;
	if (s->cr3 & ~(addr | BIT_ULL(63)))
		return false;
	if (s->cr4 & ~(axv_x86_host.cr4 | X86_CR4_MCE))
		return false;
	if (s->dr6 >> 32 || s->dr7 >> 32)
		return false;
	if (active && (!(s->cr4 & X86_CR4_PAE) || !(s->cr0 & X86_CR0_PE)))
		return false;
	if (active && (s->cs.attr & ATTR_L) && (s->cs.attr & ATTR_D))
		return false;
	return axv_x86_valid_pat(s->g_pat);
}

static bool controls_are_valid(const struct axv_vmcb *vmcb)
{
	return (vmcb->intercept2 & INTERCEPT2_VMRUN) && vmcb->asid &&
	       vmcb->asid < axv_svm_caps.nr_asids && event_is_valid(vmcb->event_inj);
}

/**
 * axv_svm_fail_code() - find the reason of VMEXIT_INVALID
 * @v: the vCPU, in the section where it came
 *
 * Return: enum axvcpu_fail_code.
 */
u32 axv_svm_fail_code(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;

	if (!(axv_x86_read_msr(MSR_EFER) & EFER_SVME))
		return AXVCPU_FAIL_NOT_ENABLED;
	if (!controls_are_valid(vmcb))
		return AXVCPU_FAIL_CONTROLS;
	if (!guest_state_is_valid(vmcb))
		return AXVCPU_FAIL_GUEST_STATE;
	return AXVCPU_FAIL_UNKNOWN;
}
