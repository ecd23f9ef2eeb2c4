// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events on their way into the guest: the entry's interruption information, and the
 * windows that tell when the next one can go.
 */
#include <asm/processor-flags.h>

#include "vmx.h"

/* Vectors that push an error code where the CPU insists on it. */
#define ERROR_VECTORS	(BIT(8) | GENMASK(14, 10) | BIT(17))

static int irq_window_exit(struct axv_vcpu *v)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_IRQ_WINDOW);
	return AXV_EXIT;
}

/**
 * axv_vmx_deliver_soft() - INT3 or INTO was intercepted: do it
 * @v: the vCPU
 * @vector: its vector
 * @len: bytes of the instruction
 *
 * Nothing has happened until the event is delivered: rip stays at the
 * instruction, which exits again if anything else comes first.
 */
void axv_vmx_deliver_soft(struct axv_vcpu *v, u32 vector, u32 len)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	vmx->soft = vector | VMX_EVENT_TYPE_SOFT_EXC | VMX_EVENT_VALID;
	vmx->soft_rip = v->arch.gpr.rip;
	vmx->soft_len = len;
}

/* What goes in with the entry. The CPU forgets it at the exit. */
static void inject(struct axv_vmx_vcpu *vmx, u64 event, u32 len)
{
	u32 info = event;

	vmx->injected = event;
	vmx->injected_len = len;
	if (!event)
		return;
	if (info & VMX_EVENT_ERR_VALID) {
		if (!axv_vmx_caps.any_error && !(ERROR_VECTORS & BIT(VMX_EVENT_VECTOR(info) & 31)))
			info &= ~VMX_EVENT_ERR_VALID;
		axv_vmwrite(VMCS_ENTRY_ERROR, event >> 32);
	}
	if (len)
		axv_vmwrite(VMCS_ENTRY_LEN, len);
	axv_vmwrite(VMCS_ENTRY_INTR, info);
}

static bool load_soft(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 soft = vmx->soft;

	vmx->soft = 0;
	if (v->arch.gpr.rip != vmx->soft_rip || v->arch.reinject)
		return false;
	v->arch.shadow = false;
	inject(vmx, soft, vmx->soft_len);
	vmx->irq_window = false;
	vmx->cr8_window = false;
	vmx->nmi_window = false;
	vmx->mtf = v->arch.debug.control & AXVCPU_X86_DEBUG_STEP;
	return true;
}

/**
 * axv_vmx_load_events() - decide what goes in with this entry
 * @v: the vCPU, in a section
 *
 * Return: AXV_RESUME: enter; else the answer instead of entering.
 */
int axv_vmx_load_events(struct axv_vcpu *v)
{
	bool user_window = axv_x86_wants_window(v);
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	struct axv_x86_event_plan plan;

	if (unlikely(vmx->stale_event)) {
		vmx->stale_event = false;
		axv_vmwrite(VMCS_ENTRY_INTR, 0);
	}
	if (unlikely(vmx->soft) && load_soft(v))
		return AXV_RESUME;
	axv_x86_plan_event(v, &plan);
	if (unlikely(plan.shutdown))
		return axv_vmx_shutdown(v);
	if (unlikely(plan.halted))
		return AXV_HALT;
	if (unlikely(user_window && !plan.inject &&
		     (axv_x86_intr_state(v) & AXVCPU_INTR_WINDOW)))
		return irq_window_exit(v);

	inject(vmx, plan.inject, plan.len);
	vmx->irq_window = plan.want_intr_window || user_window;
	vmx->cr8_window = plan.want_cr8_window;
	vmx->nmi_window = plan.want_nmi_window;
	/* STI's shadow does not close the NMI window, so wait for the other one. */
	if (vmx->nmi_window && v->arch.shadow && !v->arch.nmi_masked &&
	    (v->arch.gpr.rflags & X86_EFLAGS_IF)) {
		vmx->nmi_window = false;
		vmx->irq_window = true;
	}
	/* An exit once the event is delivered, and a step of the VMM's, are the same. */
	vmx->mtf = plan.want_exit || (v->arch.debug.control & AXVCPU_X86_DEBUG_STEP);
	return AXV_RESUME;
}

static bool is_soft(u32 event)
{
	return VMX_EVENT_TYPE(event) >= VMX_EVENT_TYPE_SOFT_INT;
}

/**
 * axv_vmx_unload_events() - take back what the exit interrupted
 * @v: the vCPU, in a section
 */
void axv_vmx_unload_events(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	const struct axv_vmx_exit *x = &vmx->exit;
	u64 event = x->vectoring & (VMX_EVENT_VALID | VMX_EVENT_ERR_VALID | GENMASK(10, 0));

	if (event & VMX_EVENT_VALID) {
		if (event & VMX_EVENT_ERR_VALID)
			event |= (u64)x->vectoring_error << 32;
		/* rip is at the instruction that makes it again */
		if (!is_soft(event))
			axv_x86_requeue(v, event, 0);
		/* whatever the exit left: it is about to be delivered */
		if (VMX_EVENT_TYPE(event) == VMX_EVENT_TYPE_NMI)
			v->arch.nmi_masked = true;
	} else if (vmx->injected && !is_soft(vmx->injected)) {
		v->count.injected++;
	}
	vmx->injected = 0;
}

/**
 * axv_vmx_events_failed() - the entry failed: nothing was delivered
 * @v: the vCPU, in a section
 */
void axv_vmx_events_failed(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (!vmx->injected)
		return;
	if (!is_soft(vmx->injected))
		axv_x86_requeue(v, vmx->injected, vmx->injected_len);
	vmx->injected = 0;
}
