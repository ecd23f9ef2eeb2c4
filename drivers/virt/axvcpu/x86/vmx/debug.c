// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers, single step and breakpoints: the guest's own, and the VMM's
 * on the guest.
 *
 * v->arch.debug is canonical. MOV DR and #DB always exit: a guest could else keep the
 * CPU in an endless #DB while it delivers #DB. So the guest's DR6 is never in the CPU, and
 * DR7 is where the VMCS has it. The VMM steps by the monitor trap flag, which nothing of
 * the guest's can see or end.
 */
#include <asm/processor-flags.h>

#include "vmx.h"

/* what the qualification of #DB says */
#define DB_CAUSES	(DR_TRAP_BITS | BIT(13) /* BD */ | DR_STEP)

/**
 * axv_vmx_debug_load() - DR7 for the entry
 * @v: the vCPU, in a section
 */
void axv_vmx_debug_load(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 dr7 = axv_x86_effective_dr7(v);

	if (vmx->now.dr7 != dr7) {
		vmx->now.dr7 = dr7;
		axv_vmwrite(VMCS_GUEST_DR7, dr7);
	}
}

static void note_breakpoint(struct axv_vcpu *v, u64 dr6)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (axv_x86_is_insn_breakpoint(v, dr6)) {
		vmx->resume_rip = v->arch.gpr.rip;
		vmx->resume_set = true;
	}
}

/**
 * axv_vmx_db() - #DB
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_vmx_db(struct axv_vcpu *v)
{
	u64 causes = v->arch.vmx->exit.qual & DB_CAUSES;
	u64 dr6 = (v->arch.debug.dr6 & ~(u64)DR_TRAP_BITS) | DR6_RESERVED | causes;

	if ((v->arch.debug.control & AXVCPU_X86_DEBUG_HW_BP) && (causes & DR_TRAP_BITS)) {
		note_breakpoint(v, dr6);
		return axv_x86_debug_exit(v, AXVCPU_DEBUG_HW_BP, dr6);
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
 * axv_vmx_bp() - #BP or #OF, which exit for the VMM only
 * @v: the vCPU, in a section
 *
 * rip is at the instruction.
 *
 * Return: enum axv_next.
 */
int axv_vmx_bp(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;
	u32 vector = VMX_EVENT_VECTOR(x->intr);
	int r;

	r = axv_x86_report_trap(v, vector, x->insn_len);
	/* Not wanted any more: deliver it. */
	if (r == AXV_RESUME)
		axv_vmx_deliver_soft(v, vector, x->insn_len);
	return r;
}

/**
 * axv_vmx_mtf() - one instruction was executed, or an event delivered
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_vmx_mtf(struct axv_vcpu *v)
{
	if (v->arch.debug.control & AXVCPU_X86_DEBUG_STEP)
		return axv_x86_step_done(v);
	return AXV_RESUME;
}
