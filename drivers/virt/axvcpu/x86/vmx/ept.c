// SPDX-License-Identifier: GPL-2.0-only
/* EPT violations, in the words of their qualification. */
#include "vmx.h"

/*
 * Where accessed and dirty bits are used, the guest's page walk counts as a write, and
 * says so with a read at once.
 */
static u32 ept_access(u64 qual)
{
	if (qual & EPT_QUAL_FETCH)
		return AXVCPU_PROT_EXEC;
	return qual & EPT_QUAL_WRITE ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
}

static bool is_walk(u64 qual)
{
	return (qual & (EPT_QUAL_LINEAR | EPT_QUAL_FINAL)) == EPT_QUAL_LINEAR;
}

/**
 * axv_vmx_ept_quick() - an EPT violation at a device that is used often
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next; AXV_SLOW for all that needs more.
 */
int axv_vmx_ept_quick(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;
	struct axv_x86_mode m;

	/* An IRET that was to unmask NMIs did not come to that. */
	if (unlikely((x->qual & EPT_QUAL_IRET_UNMASKED) && !(x->vectoring & VMX_EVENT_VALID)))
		v->arch.nmi_masked = true;
	if (!axv_s2_is_hole(v, x->gpa) || is_walk(x->qual) || (x->qual & EPT_QUAL_FETCH) ||
	    v->arch.reinject || (x->vectoring & VMX_EVENT_VALID) ||
	    (v->vm->flags & AXVCPU_VM_FAULT_EXITS))
		return AXV_SLOW;
	axv_x86_get_mode(v, &m);
	return axv_x86_mmio_quick(v, &m, x->gpa, ept_access(x->qual), NULL);
}

/**
 * axv_vmx_ept_violation() - an EPT violation
 * @v: the vCPU; interrupts are on
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_vmx_ept_violation(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;
	struct axv_x86_npf f = {
		.gpa = x->gpa,
		.access = ept_access(x->qual),
		.walk = is_walk(x->qual),
		.delivering = x->vectoring & VMX_EVENT_VALID,
	};

	return axv_x86_npf(v, &f);
}
