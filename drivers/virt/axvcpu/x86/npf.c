// SPDX-License-Identifier: GPL-2.0-only
/* Stage-2 faults: memory to be filled in, devices, and what is neither. */
#include "x86.h"

static int npf_exit(struct axv_vcpu *v, const struct axv_x86_npf *f, u32 flags)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	v->exit.npf.gpa = f->gpa;
	v->exit.npf.access = f->access;
	v->exit.npf.flags = flags;
	return AXV_EXIT;
}

/* Nothing is mapped at the address. */
static int npf_hole(struct axv_vcpu *v, const struct axv_x86_npf *f)
{
	if (f->walk)
		return npf_exit(v, f, AXVCPU_NPF_WALK);
	/* An IDT, a TSS or a stack in a device: there is no instruction to do. */
	if (v->arch.reinject || f->delivering) {
		axv_x86_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
		v->exit.internal.what = AXVCPU_ERROR_DELIVERY;
		v->exit.internal.gpa = f->gpa;
		return AXV_EXIT;
	}
	if (((v->vm->flags & AXVCPU_VM_FAULT_EXITS) && !axv_x86_lapic_at(v, f->gpa)) ||
	    f->access == AXVCPU_PROT_EXEC)
		return npf_exit(v, f, 0);
	return axv_x86_mmio(v, f->gpa, f->access, f->bytes, f->nr);
}

/**
 * axv_x86_npf() - a stage-2 fault
 * @v: the vCPU; interrupts are on
 * @f: what the hardware says
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_x86_npf(struct axv_vcpu *v, const struct axv_x86_npf *f)
{
	u32 walk = f->walk ? AXVCPU_NPF_WALK : 0;
	u64 layout = axv_s2_layout(v->s2);
	int r;

	r = axv_s2_fault(v->s2, v, f->gpa, f->access);
	switch (r) {
	case AXV_S2_OK:
		v->count.s2_faults++;
		return AXV_RESUME;
	case AXV_S2_HOLE:
		axv_s2_note_hole(v, f->gpa, layout);
		return npf_hole(v, f);
	case AXV_S2_PROT:
		return npf_exit(v, f, AXVCPU_NPF_PROT | walk);
	case AXV_S2_BACKING:
		return npf_exit(v, f, AXVCPU_NPF_BACKING | walk);
	}
	return r;
}
