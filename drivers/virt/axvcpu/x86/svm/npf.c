// SPDX-License-Identifier: GPL-2.0-only
/* Nested page faults, in the words of the VMCB. */
#include "svm.h"

static u32 npf_access(u64 info)
{
	if (info & NPF_INFO_FETCH)
		return AXVCPU_PROT_EXEC;
	return info & NPF_INFO_WRITE ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
}

/**
 * axv_svm_npf_quick() - a nested page fault at a device that is used often
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next; AXV_SLOW for all that needs more.
 */
int axv_svm_npf_quick(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 info = vmcb->exit_info1, gpa = vmcb->exit_info2;
	struct axv_x86_mode *m = &v->arch.svm->mode;
	const void *code = NULL;

	if (!axv_s2_is_hole(v, gpa) || (info & (NPF_INFO_WALK | NPF_INFO_FETCH)) ||
	    v->arch.reinject || (v->vm->flags & AXVCPU_VM_FAULT_EXITS))
		return AXV_SLOW;
	/* the byte behind the 15 is the VMCB's too */
	if (axv_svm_has(AXV_SVM_DECODE_ASSISTS) && vmcb->insn_nr >= AXV_X86_INSN_MAX)
		code = vmcb->insn;
	axv_svm_fill_mode(v, m);
	axv_x86_complete_mode(v, m);
	return axv_x86_mmio_quick(v, m, gpa, npf_access(info), code);
}

/**
 * axv_svm_npf() - a nested page fault
 * @v: the vCPU; interrupts are on
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_svm_npf(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 info = vmcb->exit_info1;
	struct axv_x86_npf f = {
		.gpa = vmcb->exit_info2,
		.access = npf_access(info),
		.walk = info & NPF_INFO_WALK,
		.delivering = vmcb->exit_int_info & AXV_X86_EVENT_VALID,
		.bytes = vmcb->insn,
	};

	if (axv_svm_has(AXV_SVM_DECODE_ASSISTS))
		f.nr = min_t(unsigned int, vmcb->insn_nr, sizeof(vmcb->insn));
	return axv_x86_npf(v, &f);
}
