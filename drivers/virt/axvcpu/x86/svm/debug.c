// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers, single step and breakpoints: the guest's own, and the VMM's
 * on the guest.
 *
 * v->arch.debug is canonical. MOV DR is always intercepted (sys.c), and so is
 * #DB: a guest could else keep the CPU in an endless #DB while it delivers #DB.
 * So the hardware's DR6 and DR7 change at #DB and task switches only. DR0-3 are
 * in the CPU only while a breakpoint is enabled.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/thread_info.h>

#include "svm.h"
#include "../decode.h"

static bool vmm_breakpoints(const struct axv_vcpu *v)
{
	return v->arch.debug.control & AXVCPU_X86_DEBUG_HW_BP;
}

static bool vmm_steps(const struct axv_vcpu *v)
{
	return v->arch.debug.control & AXVCPU_X86_DEBUG_STEP;
}

/* ---- the guest's ---------------------------------------------------------------- */

/*
 * A forced TF must not show. What pushes RFLAGS or takes it from elsewhere is
 * intercepted meanwhile (state.c): exceptions and INT n go in as events, without
 * a forced TF; PUSHF is done by sys.c; POPF and IRET are let through and noted,
 * because TF is the guest's own behind them. SYSCALL cannot be intercepted: it
 * copies TF to r11, and clears it as SFMASK says, which would end the stepping.
 */
static void force_tf(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	svm->entry_rip = v->arch.gpr.rip;
	svm->sfmask = vmcb->save.sfmask;
	vmcb->save.sfmask &= ~(u64)X86_EFLAGS_TF;
	vmcb->save.rflags |= X86_EFLAGS_TF;
}

static void unforce_tf(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	struct axvcpu_x86_gpr *g = &v->arch.gpr;
	bool own = svm->flags_armed && g->rip != svm->flags_rip;

	if (vmcb->save.sfmask == (svm->sfmask & ~(u64)X86_EFLAGS_TF))
		vmcb->save.sfmask = svm->sfmask;
	if (svm->tf_guest || own)
		return;
	g->rflags &= ~(u64)X86_EFLAGS_TF;
	if ((vmcb->save.efer & EFER_LMA) && g->r[AXVCPU_X86_RCX] - svm->entry_rip <= 15 &&
	    (g->rip == vmcb->save.lstar || g->rip == vmcb->save.cstar))
		g->r[AXVCPU_X86_R11] &= ~(u64)X86_EFLAGS_TF;
}

/**
 * axv_svm_note_flags() - POPF or IRET is about to be executed with TF forced
 * @v: the vCPU
 *
 * Return: AXV_RESUME.
 */
int axv_svm_note_flags(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	svm->flags_armed = true;
	svm->flags_rip = v->arch.gpr.rip;
	return AXV_RESUME;
}

/**
 * axv_svm_debug_load() - DR6, DR7 and RFLAGS for the entry
 * @v: the vCPU, in a section; events are planned
 *
 * RFLAGS.TF is forced for a step, but not when an event goes in: the step is
 * over when that is delivered, which a host interrupt finds out.
 */
void axv_svm_debug_load(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	bool step = vmm_steps(v);

	axv_svm_load_dr(v, axv_x86_effective_dr7(v));
	vmcb->save.rflags = v->arch.gpr.rflags;
	/* RF: do not stop at the breakpoint that was reported. */
	if (svm->resume_set && vmm_breakpoints(v) && v->arch.gpr.rip == svm->resume_rip)
		vmcb->save.rflags |= X86_EFLAGS_RF;
	svm->resume_set = false;

	svm->tf_guest = v->arch.gpr.rflags & X86_EFLAGS_TF;
	svm->tf_forced = (step || svm->step_nmi) && !svm->injected;
	svm->step_event = step && svm->injected;
	if (!svm->tf_forced || v->arch.gpr.rip != svm->flags_rip)
		svm->flags_armed = false;
	if (unlikely(svm->tf_forced))
		force_tf(v);
	if (unlikely(svm->step_event))
		axv_svm_leave_now();
}

/**
 * axv_svm_debug_unload() - the other way, after the exit
 * @v: the vCPU, in a section
 *
 * Return: AXV_RESUME, or AXV_EXIT when the exit does not matter, because a step
 * over an event is over.
 */
int axv_svm_debug_unload(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	if (!vmm_breakpoints(v))
		v->arch.debug.dr7 = vmcb->save.dr7;
	if (unlikely(svm->tf_forced))
		unforce_tf(v);
	if (unlikely(svm->step_event && vmcb->exit_code == VMEXIT_INTR &&
		     !(vmcb->exit_int_info & AXV_X86_EVENT_VALID)))
		return axv_x86_step_done(v);
	return AXV_RESUME;
}

/* ---- what is told to the VMM ---------------------------------------------------- */

/* Remember an instruction breakpoint, a fault, so that its RETRY gets on. */
static void note_breakpoint(struct axv_vcpu *v, u64 dr6)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (axv_x86_is_insn_breakpoint(v, dr6)) {
		svm->resume_rip = v->arch.gpr.rip;
		svm->resume_set = true;
	}
}

/**
 * axv_svm_db() - #DB
 * @v: the vCPU, in a section
 *
 * DR6 in the VMCB is what the guest would find in it.
 *
 * Return: enum axv_next.
 */
int axv_svm_db(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	u64 dr6 = svm->vmcb->save.dr6;
	bool forced = svm->tf_forced;

	if (forced && vmm_steps(v) && (dr6 & DR_STEP))
		return axv_x86_debug_exit(v, AXVCPU_DEBUG_STEP, dr6);
	if (vmm_breakpoints(v) && (dr6 & DR_TRAP_BITS)) {
		note_breakpoint(v, dr6);
		return axv_x86_debug_exit(v, AXVCPU_DEBUG_HW_BP, dr6);
	}
	/* Stepped to find out when an NMI can go: not the guest's affair. */
	if (forced && !svm->tf_guest) {
		dr6 &= ~(u64)DR_STEP;
		if (!(dr6 & DR_TRAP_BITS))
			return AXV_RESUME;
	}

	v->arch.debug.dr6 = dr6;
	if (v->vm->exception_exits & BIT(AXV_X86_DB)) {
		axv_x86_new_exit(v, AXVCPU_EXIT_EXCEPTION);
		v->exit.exception.vector = AXV_X86_DB;
		return AXV_EXIT;
	}
	axv_x86_queue_exception(v, AXV_X86_DB, 0);
	return AXV_RESUME;
}

/**
 * axv_svm_bp() - #BP or #OF, which are intercepted for the VMM only
 * @v: the vCPU; interrupts are on
 *
 * rip is at the instruction.
 *
 * Return: enum axv_next.
 */
int axv_svm_bp(struct axv_vcpu *v)
{
	u32 vector = v->arch.svm->vmcb->exit_code - VMEXIT_EXCP(0);
	u32 len = axv_x86_trap_len(v);
	int r;

	r = axv_x86_report_trap(v, vector, len);
	/* Not wanted any more: deliver it. */
	if (r == AXV_RESUME)
		axv_svm_deliver_soft(v, vector, len);
	return r;
}

/**
 * axv_svm_swint() - INT n
 * @v: the vCPU; interrupts are on
 * @insn: the instruction
 *
 * Intercepted while TF is forced, and on TCG, where INT3 and INTO come here.
 *
 * Return: enum axv_next.
 */
int axv_svm_swint(struct axv_vcpu *v, const struct axv_x86_sys *insn)
{
	u32 vector = insn->port;
	int r = AXV_RESUME;

	switch (insn->op) {
	case AXV_X86_SYS_INT3:
		vector = AXV_X86_BP;
		r = axv_x86_report_trap(v, vector, insn->len);
		break;
	case AXV_X86_SYS_INTO:
		vector = AXV_X86_OF;
		r = axv_x86_report_trap(v, vector, insn->len);
		break;
	case AXV_X86_SYS_INT:
		break;
	default:
		return AXV_RESUME;
	}
	if (r == AXV_RESUME)
		axv_svm_deliver_soft(v, vector, insn->len);
	return r;
}
