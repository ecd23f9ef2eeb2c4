// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events on their way into the guest: EVENTINJ, and the windows that tell when
 * the next one can go.
 *
 * Interrupts: a dummy virtual interrupt (V_IRQ) and the VINTR intercept exit as
 * soon as RFLAGS.IF and the shadow allow one; with CR8 in the way, writes to CR8
 * are intercepted instead. NMIs: the CPU does not tell when a handler is over,
 * so the IRET that ends it is intercepted, let through, and known to be over
 * when rip is another one at some later exit. If an NMI waits for that, or for
 * the end of a shadow, the guest is single-stepped.
 */
#include <linux/smp.h>

#include "svm.h"

/**
 * axv_svm_leave_now() - make the next VMRUN exit before the first instruction
 *
 * An event given to it is delivered before that. Interrupts are off; the IPI is
 * served at the end of the section.
 */
void axv_svm_leave_now(void)
{
#ifdef CONFIG_SMP
	arch_smp_send_reschedule(smp_processor_id());
#endif
}

static int irq_window_exit(struct axv_vcpu *v)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_IRQ_WINDOW);
	return AXV_EXIT;
}

/**
 * axv_svm_deliver_soft() - INT n, INT3 or INTO was intercepted: do it
 * @v: the vCPU
 * @vector: its vector
 * @len: bytes of the instruction
 *
 * Nothing has happened until the event is delivered: rip stays at the
 * instruction, which exits again if anything else comes first.
 */
void axv_svm_deliver_soft(struct axv_vcpu *v, u32 vector, u32 len)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	svm->soft = vector | AXV_X86_EVENT_TYPE_SOFT | AXV_X86_EVENT_VALID;
	svm->soft_rip = v->arch.gpr.rip;
	svm->soft_len = len;
}

/* The same at the entry; without next-RIP save, the rip pushed is the VMCB's. */
static bool load_soft(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	u64 soft = svm->soft;

	svm->soft = 0;
	if (v->arch.gpr.rip != svm->soft_rip || v->arch.reinject)
		return false;
	v->arch.gpr.rip += svm->soft_len;
	v->arch.shadow = false;
	svm->injected = soft;
	svm->irq_window = false;
	svm->cr8_window = false;
	svm->step_nmi = false;
	svm->vmcb->event_inj = soft;
	svm->vmcb->next_rip = v->arch.gpr.rip;
	return true;
}

static bool is_intr(u64 event)
{
	return (event & AXV_X86_EVENT_VALID) &&
	       (event & AXV_X86_EVENT_TYPE_MASK) == AXV_X86_EVENT_TYPE_INTR;
}

/*
 * TCG delivers what is in EVENTINJ and may do so again, see axv_svm_caps. It does not
 * with a virtual interrupt, which the guest can take at once; where that is in use for
 * a window, an exit right after it helps, too.
 */
static void load_intr_tcg(struct axv_vcpu *v, const struct axv_x86_event_plan *plan)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (plan->want_exit || svm->irq_window || svm->step_nmi || v->arch.debug.control ||
	    v->arch.shadow || !(v->arch.gpr.rflags & X86_EFLAGS_IF)) {
		axv_svm_leave_now();
		return;
	}
	svm->by_virq = true;
	svm->vmcb->event_inj = 0;
	svm->vmcb->int_vector = (u8)plan->inject;
	axv_svm_dirty(svm, CLEAN_INT_CTL);
}

/* What of it was not taken: the event, in EVENTINJ's form, or 0. */
static u64 unload_intr_tcg(struct axv_svm_vcpu *svm)
{
	struct axv_vmcb *vmcb = svm->vmcb;

	svm->by_virq = false;
	if (!(vmcb->int_ctl & INT_CTL_V_IRQ))
		return 0;
	vmcb->int_ctl &= ~INT_CTL_V_IRQ;
	axv_svm_dirty(svm, CLEAN_INT_CTL);
	/* on its way it was called an exception */
	if (vmcb->exit_int_info & AXV_X86_EVENT_VALID)
		vmcb->exit_int_info = svm->injected;
	return svm->injected;
}

/**
 * axv_svm_load_events() - decide what goes in with this entry
 * @v: the vCPU, in a section
 *
 * Return: AXV_RESUME: enter; else the answer instead of entering.
 */
int axv_svm_load_events(struct axv_vcpu *v)
{
	bool user_window = axv_x86_wants_window(v);
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_x86_event_plan plan;

	if (unlikely(svm->soft) && load_soft(v))
		return AXV_RESUME;
	axv_x86_plan_event(v, &plan);
	if (unlikely(plan.shutdown))
		return axv_svm_shutdown(v);
	if (unlikely(plan.halted))
		return AXV_HALT;
	if (unlikely(user_window && !plan.inject &&
		     (axv_x86_intr_state(v) & AXVCPU_INTR_WINDOW)))
		return irq_window_exit(v);

	if (!v->arch.nmi_masked)
		svm->iret_armed = false;
	svm->injected = plan.inject;
	svm->injected_len = plan.len;
	svm->irq_window = plan.want_intr_window || user_window;
	svm->cr8_window = plan.want_cr8_window;
	/* With the IRET still to come, its intercept is the window. */
	svm->step_nmi = plan.want_nmi_window && (!v->arch.nmi_masked || svm->iret_armed);
	svm->vmcb->event_inj = plan.inject;
	if (unlikely(axv_svm_caps.tcg) && is_intr(plan.inject))
		load_intr_tcg(v, &plan);
	else if (plan.want_exit)
		axv_svm_leave_now();
	return AXV_RESUME;
}

static bool is_int_n(u64 event)
{
	return (event & AXV_X86_EVENT_TYPE_MASK) == AXV_X86_EVENT_TYPE_SOFT;
}

/* Did software make the event in EXITINTINFO, so that it does it again? */
static bool is_soft(struct axv_svm_vcpu *svm, u64 event)
{
	u32 vector = (u8)event;

	if ((event & AXV_X86_EVENT_TYPE_MASK) != AXV_X86_EVENT_TYPE_EXC ||
	    (vector != AXV_X86_BP && vector != AXV_X86_OF))
		return false;
	/* Injected ones are not at an instruction. */
	return (u32)event != (u32)svm->injected;
}

/**
 * axv_svm_unload_events() - take back what the exit interrupted
 * @v: the vCPU, in a section
 */
void axv_svm_unload_events(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	u64 event = svm->vmcb->exit_int_info;
	u64 left = unlikely(svm->by_virq) ? unload_intr_tcg(svm) : 0;

	if (unlikely(left))
		event = left;
	if (unlikely(event & AXV_X86_EVENT_VALID)) {
		axv_x86_requeue(v, event, is_soft(svm, event));
		if (is_int_n(event) && (u32)event == (u32)svm->injected)
			v->arch.gpr.rip -= svm->soft_len;
	} else if (svm->injected && !is_int_n(svm->injected)) {
		v->count.injected++;
	}
	svm->injected = 0;
	svm->vmcb->event_inj = 0;

	/* Progress since the IRET was let through: it is over. */
	if (svm->iret_armed && v->arch.gpr.rip != svm->iret_rip) {
		svm->iret_armed = false;
		v->arch.nmi_masked = false;
	}
}

/**
 * axv_svm_events_failed() - VMRUN did not enter: nothing was delivered
 * @v: the vCPU, in a section
 */
void axv_svm_events_failed(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (unlikely(svm->by_virq))
		unload_intr_tcg(svm);
	if (is_int_n(svm->injected))
		v->arch.gpr.rip -= svm->soft_len;
	else if (svm->injected)
		axv_x86_requeue(v, svm->injected, svm->injected_len);
	svm->injected = 0;
	svm->vmcb->event_inj = 0;
}

/* ---- exits ---------------------------------------------------------------------- */

/** axv_svm_vintr() - VINTR: an interrupt could be taken now */
int axv_svm_vintr(struct axv_vcpu *v)
{
	/* The next entry plans anew, with what is queued or for the VMM. */
	return AXV_RESUME;
}

/** axv_svm_iret() - IRET: the guest is about to end its NMI handler, or stepped */
int axv_svm_iret(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (v->arch.nmi_masked) {
		svm->iret_armed = true;
		svm->iret_rip = v->arch.gpr.rip;
	}
	return axv_svm_note_flags(v);
}
