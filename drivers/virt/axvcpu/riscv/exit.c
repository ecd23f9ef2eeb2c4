// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to do about each cause: in the section where that is possible, with interrupts
 * on where memory has to be had.
 */
#include <asm/csr.h>

#include "riscv.h"

#define CAUSE_INTERRUPT	BIT_ULL(63)

/**
 * axv_riscv_unexpected() - a trap nobody asked for
 * @v: the vCPU
 *
 * Return: AXV_EXIT with INTERNAL_ERROR; raw[] says which.
 */
int axv_riscv_unexpected(struct axv_vcpu *v)
{
	axv_riscv_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = AXVCPU_ERROR_UNEXPECTED;
	return AXV_EXIT;
}

/* The host's own: pending, taken when the section has ended. */
static int exit_interrupt(struct axv_vcpu *v, u64 scause)
{
	if (!(v->vm->flags & AXVCPU_VM_EXTINT_EXITS))
		return AXV_BREAK;
	axv_riscv_new_exit(v, AXVCPU_EXIT_EXTERNAL_INTERRUPT);
	v->exit.intr.vector = scause & ~CAUSE_INTERRUPT;
	return AXV_EXIT;
}

/* ---- guest page faults ---------------------------------------------------------- */

/*
 * The address that missed. htval has no low bits; for the guest's own access they are
 * those of the virtual address.
 */
static u64 fault_gpa(const struct axv_riscv_trap *t)
{
	return t->htval << 2 | (t->stval & 3);
}

static u32 fault_access(const struct axv_riscv_trap *t)
{
	switch (t->scause) {
	case EXC_INST_GUEST_PAGE_FAULT:
		return AXVCPU_PROT_EXEC;
	case EXC_STORE_GUEST_PAGE_FAULT:
		return AXVCPU_PROT_WRITE;
	}
	return AXVCPU_PROT_READ;
}

/*
 * Was it the walk of the guest's own tables that missed? A hart that says nothing in
 * htinst leaves it to be seen by the address: an access keeps its offset in the page.
 */
static bool fault_is_walk(const struct axv_vcpu *v, const struct axv_riscv_trap *t, bool *write)
{
	/* a transformed instruction is nobody's walk */
	*write = false;
	if (likely(t->htinst & 1))
		return false;
	if (axv_riscv_htinst_is_walk(t->htinst, write))
		return true;
	*write = false;
	return !t->htinst && (fault_gpa(t) ^ t->stval) & (PAGE_SIZE - 1);
}

static int fault_exit(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags)
{
	axv_riscv_new_exit(v, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	v->exit.npf.gpa = gpa;
	v->exit.npf.access = access;
	v->exit.npf.flags = flags;
	return AXV_EXIT;
}

/* A fault at a device that is known to be one: in the section. */
static int exit_page_fault(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	u64 gpa = fault_gpa(t);
	bool write;

	if (!axv_s2_is_hole(v, gpa) || t->scause == EXC_INST_GUEST_PAGE_FAULT ||
	    (v->vm->flags & AXVCPU_VM_FAULT_EXITS) || fault_is_walk(v, t, &write))
		return AXV_SLOW;
	return axv_riscv_mmio(v, gpa, t->scause == EXC_STORE_GUEST_PAGE_FAULT);
}

/* Nothing is mapped there. A device: the guest tries again, and is served in the section. */
static int handle_hole(struct axv_vcpu *v, u64 gpa, u32 access, u32 walk, u64 layout)
{
	if ((v->vm->flags & AXVCPU_VM_FAULT_EXITS) || access == AXVCPU_PROT_EXEC || walk)
		return fault_exit(v, gpa, access, walk);
	axv_s2_note_hole(v, gpa, layout);
	return AXV_RESUME;
}

static int handle_page_fault(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	u64 gpa = fault_gpa(t), layout = axv_s2_layout(v->s2);
	u32 access = fault_access(t), walk = 0;
	bool write;
	int r;

	if (fault_is_walk(v, t, &write)) {
		walk = AXVCPU_NPF_WALK;
		access = write ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
	}
	/* past what the table can hold, whatever the guest's tables say */
	if (gpa >> axv_s2_gpa_bits(v->s2))
		r = AXV_S2_HOLE;
	else
		r = axv_s2_fault(v->s2, v, gpa, access);
	switch (r) {
	case AXV_S2_OK:
		v->count.s2_faults++;
		return AXV_RESUME;
	case AXV_S2_HOLE:
		return handle_hole(v, gpa, access, walk, layout);
	case AXV_S2_PROT:
		return fault_exit(v, gpa, access, AXVCPU_NPF_PROT | walk);
	case AXV_S2_BACKING:
		return fault_exit(v, gpa, access, AXVCPU_NPF_BACKING | walk);
	}
	return r;
}

/* ---- exceptions ----------------------------------------------------------------- */

static int exit_exception(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	axv_riscv_new_exit(v, AXVCPU_EXIT_EXCEPTION);
	v->exit.exception.vector = t->scause;
	v->exit.exception.addr = t->stval;
	return AXV_EXIT;
}

/* Where the code has changed meanwhile, its length is not known, and it cannot be skipped. */
static int exit_breakpoint(struct axv_vcpu *v)
{
	struct axv_riscv_trap trap;
	u32 insn;

	axv_riscv_new_exit(v, AXVCPU_EXIT_DEBUG);
	v->exit.debug.kind = AXVCPU_DEBUG_SW_BP;
	v->exit.debug.addr = v->arch.ctx.pc;
	if (!axv_riscv_fetch(v, v->arch.ctx.pc, &insn, &trap))
		v->exit.insn_len = (insn & 3) == 3 ? 4 : 2;
	return AXV_EXIT;
}

/* What was not delegated. */
static int exit_own_exception(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	if (t->scause == EXC_INST_ILLEGAL && axv_riscv_fp_wanted(v))
		return AXV_RESUME;
	if (t->scause == EXC_BREAKPOINT && (v->arch.debug_control & AXVCPU_RISCV_DEBUG_SW_BP))
		return exit_breakpoint(v);
	/* a CSR that the VMM answers for is no exception */
	if (t->scause == EXC_INST_ILLEGAL && axv_riscv_wants_illegal(v))
		return axv_riscv_virtual(v);
	if (v->vm->exception_exits & BIT(t->scause))
		return exit_exception(v, t);
	axv_riscv_trap_guest(v, t->scause, t->stval);
	return AXV_RESUME;
}

/**
 * axv_riscv_exit() - right after a trap from the guest
 * @v: the vCPU, in the section
 *
 * Return: enum axv_next.
 */
int axv_riscv_exit(struct axv_vcpu *v)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;

	if (t->scause == EXC_SUPERVISOR_SYSCALL)
		return axv_riscv_sbi(v);
	if (t->scause & CAUSE_INTERRUPT)
		return exit_interrupt(v, t->scause);
	switch (t->scause) {
	case EXC_INST_GUEST_PAGE_FAULT:
	case EXC_LOAD_GUEST_PAGE_FAULT:
	case EXC_STORE_GUEST_PAGE_FAULT:
		return exit_page_fault(v, t);
	case EXC_VIRTUAL_INST_FAULT:
		return axv_riscv_virtual(v);
	}
	if (t->scause <= EXC_STORE_PAGE_FAULT)
		return exit_own_exception(v, t);
	return axv_riscv_unexpected(v);
}

/**
 * axv_riscv_handle() - the rest of it, with interrupts on
 * @v: the vCPU
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_riscv_handle(struct axv_vcpu *v)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;

	if (t->scause == EXC_SUPERVISOR_SYSCALL)
		return axv_riscv_sbi_slow(v);
	return handle_page_fault(v, t);
}
