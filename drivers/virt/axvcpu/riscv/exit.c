// SPDX-License-Identifier: GPL-2.0-only
/*
 * One entry, and what to do about each cause: in the section where that is possible, with
 * interrupts on where memory has to be had.
 */
#include <linux/kvm_host.h>	/* guest_state_enter_irqoff() and the like */
#include <linux/jiffies.h>
#include <asm/csr.h>

#include "axv_hot.h"

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

/* The host's own: pending. A softirq may use the vector unit, perf's IPIs scounteren. */
static int exit_interrupt(struct axv_vcpu *v, u64 scause)
{
	if (!(v->vm->flags & AXVCPU_VM_EXTINT_EXITS)) {
		if (unlikely(v->arch.has_f || v->arch.has_v)) {
			axv_riscv_fp_unload(v);
			axv_riscv_load_hedeleg(v);
		}
		v->arch.csr.scounteren = csr_swap(CSR_SCOUNTEREN, v->arch.csr.scounteren);
		return AXV_SERVE;
	}
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
static bool fault_is_walk(const struct axv_riscv_trap *t, bool *write)
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

/**
 * axv_riscv_fault_exit() - NESTED_PAGE_FAULT
 * @v: the vCPU
 * @gpa: where
 * @access: AXVCPU_PROT_*
 * @flags: AXVCPU_NPF_*
 *
 * Return: AXV_EXIT.
 */
int axv_riscv_fault_exit(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags)
{
	axv_riscv_new_exit(v, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	v->exit.npf.gpa = gpa;
	v->exit.npf.access = access;
	v->exit.npf.flags = flags;
	return AXV_EXIT;
}

/* A fault at a device that is known to be one: in the section. */
static noinline int exit_device(struct axv_vcpu *v, u64 gpa)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;
	bool write;

	if ((v->vm->flags & AXVCPU_VM_FAULT_EXITS) || fault_is_walk(t, &write))
		return AXV_SLOW;
	return axv_riscv_mmio(v, gpa, t->scause == EXC_STORE_GUEST_PAGE_FAULT);
}

/* Was it the page of an IMSIC that missed, and was not to be mapped a moment ago? */
static bool is_imsic(const struct axv_vcpu *v, u64 gpa)
{
	return v->arch.imsic_gfn == gpa >> PAGE_SHIFT &&
	       v->arch.imsic_layout == axv_s2_layout(v->s2);
}

static noinline int exit_imsic(struct axv_vcpu *v, u64 gpa)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;
	bool write;
	int r;

	if (fault_is_walk(t, &write) || axv_riscv_imsic_look(v, gpa) != AXV_IMSIC_MEMORY)
		return AXV_SLOW;
	v->arch.at_imsic = true;
	r = axv_riscv_mmio(v, gpa, t->scause == EXC_STORE_GUEST_PAGE_FAULT);
	v->arch.at_imsic = false;
	return r;
}

/* A load's or a store's. */
static __always_inline int exit_page_fault(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	u64 gpa = fault_gpa(t);

	if (unlikely(!axv_s2_is_hole(v, gpa)))
		return is_imsic(v, gpa) ? exit_imsic(v, gpa) : AXV_SLOW;
	if (likely(axv_riscv_mmio_again(v, gpa)))
		return axv_riscv_mmio_exit(v, gpa, axv_riscv_x(v, v->arch.access.rs2));
	return exit_device(v, gpa);
}

/* May an IMSIC's page be there? */
static bool near_imsic(const struct axv_vcpu *v, u64 gpa)
{
	const struct axv_vm_arch *a = &v->vm->arch;

	return gpa < READ_ONCE(a->imsic_end) && gpa >= READ_ONCE(a->imsic_first);
}

/* Nothing is mapped there. A device: the guest tries again, and is served in the section. */
static int handle_hole(struct axv_vcpu *v, u64 gpa, u32 access, u32 walk, u64 layout)
{
	if (access == AXVCPU_PROT_EXEC || walk)
		return axv_riscv_fault_exit(v, gpa, access, walk);
	if (near_imsic(v, gpa) && axv_riscv_imsic_look(v, gpa)) {
		v->arch.imsic_gfn = gpa >> PAGE_SHIFT;
		v->arch.imsic_layout = layout;
		return AXV_RESUME;
	}
	if (v->vm->flags & AXVCPU_VM_FAULT_EXITS)
		return axv_riscv_fault_exit(v, gpa, access, 0);
	axv_s2_note_hole(v, gpa, layout);
	return AXV_RESUME;
}

static int handle_page_fault(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	u64 gpa = fault_gpa(t), layout = axv_s2_layout(v->s2);
	u32 access = fault_access(t), walk = 0;
	bool write;
	int r;

	if (fault_is_walk(t, &write)) {
		walk = AXVCPU_NPF_WALK;
		access = write ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
	}
	if (near_imsic(v, gpa) && access != AXVCPU_PROT_EXEC && !walk) {
		r = axv_riscv_imsic_map(v, gpa);
		if (!r)
			return AXV_RESUME;
		if (r == -ENOMEM)
			return r;
	}
	/* past what the table can hold, whatever the guest's tables say */
	if (gpa >> axv_s2_gpa_bits(v->s2))
		r = AXV_S2_HOLE;
	else
		r = axv_s2_fault(v->s2, v, gpa, access);
	switch (r) {
	case AXV_S2_OK:
		axv_riscv_fence_fault(v, gpa);
		v->count.s2_faults++;
		return AXV_RESUME;
	case AXV_S2_HOLE:
		return handle_hole(v, gpa, access, walk, layout);
	case AXV_S2_PROT:
		return axv_riscv_fault_exit(v, gpa, access, AXVCPU_NPF_PROT | walk);
	case AXV_S2_BACKING:
		return axv_riscv_fault_exit(v, gpa, access, AXVCPU_NPF_BACKING | walk);
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

/* Right after a trap from the guest. */
static noinline int exit_other(struct axv_vcpu *v, const struct axv_riscv_trap *t)
{
	if (t->scause & CAUSE_INTERRUPT)
		return exit_interrupt(v, t->scause);
	switch (t->scause) {
	case EXC_INST_GUEST_PAGE_FAULT:
		return AXV_SLOW;
	case EXC_VIRTUAL_INST_FAULT:
		return axv_riscv_virtual(v);
	}
	if (t->scause <= EXC_STORE_PAGE_FAULT)
		return exit_own_exception(v, t);
	return axv_riscv_unexpected(v);
}

/* ---- one entry ------------------------------------------------------------------ */

/*
 * The switch, and those who want to know of it. Where nobody tracks contexts that is
 * RCU alone, and once in a tick is as much as it can make use of.
 */
static noinstr void switch_noted(struct axv_riscv_ctx *ctx)
{
	guest_state_enter_irqoff();
	__axv_riscv_enter(ctx);
	guest_state_exit_irqoff();
}

/**
 * axv_riscv_enter() - run the guest until its next exit, and see to that
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int notrace axv_riscv_enter(struct axv_vcpu *v)
{
	struct axv_riscv_ctx *ctx = &v->arch.ctx;
	const struct axv_riscv_trap *t = &ctx->trap;

	/* its interrupt file is not here, see axv_riscv_imsic_begin() */
	if (unlikely(v->arch.away))
		return AXV_BREAK;
	if (unlikely(READ_ONCE(v->arch.irq.any)))
		axv_riscv_load_irq(v);
	if (unlikely(READ_ONCE(v->arch.irq.fence)))
		axv_riscv_do_fences(v);
	/* No hart tells when a guest lets interrupts in: a tick ends what asks for it. */
	if (unlikely(v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW) &&
	    (axv_riscv_is_user(v) || (csr_read(CSR_VSSTATUS) & SR_SIE))) {
		axv_riscv_new_exit(v, AXVCPU_EXIT_IRQ_WINDOW);
		return AXV_EXIT;
	}
	if (unlikely(v->arch.s2_generation != axv_s2_generation(v->s2)))
		axv_riscv_flush_gstage(v);
	csr_write(CSR_HSTATUS, axv_riscv_hstatus(v));

	if (likely(v->arch.noted == READ_ONCE(jiffies) && !context_tracking_enabled_this_cpu())) {
		__axv_riscv_enter(ctx);
	} else {
		v->arch.noted = READ_ONCE(jiffies);
		switch_noted(ctx);
	}

	/* a load's guest page fault or a store's: the two differ in a bit */
	static_assert((EXC_LOAD_GUEST_PAGE_FAULT | 2) == EXC_STORE_GUEST_PAGE_FAULT);
	if (likely((t->scause | 2) == EXC_STORE_GUEST_PAGE_FAULT))
		return exit_page_fault(v, t);
	if (likely(t->scause == EXC_SUPERVISOR_SYSCALL))
		return axv_riscv_sbi(v);
	return exit_other(v, t);
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
