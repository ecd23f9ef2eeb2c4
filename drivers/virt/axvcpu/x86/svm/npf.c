// SPDX-License-Identifier: GPL-2.0-only
/* Nested page faults: memory to be filled in, devices, and what is neither. */
#include "svm.h"

static int npf_exit(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	v->exit.npf.gpa = gpa;
	v->exit.npf.access = access;
	v->exit.npf.flags = flags;
	return AXV_EXIT;
}

static u32 npf_access(u64 info)
{
	if (info & NPF_INFO_FETCH)
		return AXVCPU_PROT_EXEC;
	return info & NPF_INFO_WRITE ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
}

/* Nothing is mapped at @gpa. */
static int npf_hole(struct axv_vcpu *v, u64 gpa, u32 access, u64 info)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	unsigned int nr = 0;

	if (info & NPF_INFO_WALK)
		return npf_exit(v, gpa, access, AXVCPU_NPF_WALK);
	/* An IDT, a TSS or a stack in a device: there is no instruction to do. */
	if (v->arch.reinject || (vmcb->exit_int_info & AXV_X86_EVENT_VALID)) {
		axv_x86_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
		v->exit.internal.what = AXVCPU_ERROR_DELIVERY;
		v->exit.internal.gpa = gpa;
		return AXV_EXIT;
	}
	if ((v->vm->flags & AXVCPU_VM_FAULT_EXITS) || access == AXVCPU_PROT_EXEC)
		return npf_exit(v, gpa, access, 0);
	if (axv_svm_has(AXV_SVM_DECODE_ASSISTS))
		nr = min_t(unsigned int, vmcb->insn_nr, sizeof(vmcb->insn));
	return axv_x86_mmio(v, gpa, access, vmcb->insn, nr);
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
	u64 gpa = vmcb->exit_info2;
	u32 access = npf_access(info);
	u32 walk = info & NPF_INFO_WALK ? AXVCPU_NPF_WALK : 0;
	u64 layout = axv_s2_layout(v->s2);
	int r;

	r = axv_s2_fault(v->s2, v, gpa, access);
	switch (r) {
	case AXV_S2_OK:
		v->count.s2_faults++;
		return AXV_RESUME;
	case AXV_S2_HOLE:
		axv_s2_note_hole(v, gpa, layout);
		return npf_hole(v, gpa, access, info);
	case AXV_S2_PROT:
		return npf_exit(v, gpa, access, AXVCPU_NPF_PROT | walk);
	case AXV_S2_BACKING:
		return npf_exit(v, gpa, access, AXVCPU_NPF_BACKING | walk);
	}
	return r;
}
