// SPDX-License-Identifier: GPL-2.0-only
/* Why an entry failed. */
#include <asm/msr-index.h>

#include "vmx.h"
#include "entry.h"

/*
 * VM-instruction errors that VMLAUNCH and VMRESUME can have. All but the first two would
 * be mistakes of ours; what each number means, user space has names for.
 */
#define ERROR_CONTROLS		7
#define ERROR_HOST		8
#define ERROR_MOV_SS		26

static u32 error_code(u32 error)
{
	switch (error) {
	case ERROR_CONTROLS:
		return AXVCPU_FAIL_CONTROLS;
	case ERROR_HOST:
	case ERROR_MOV_SS:
		return AXVCPU_FAIL_HOST_STATE;
	}
	return AXVCPU_FAIL_UNKNOWN;
}

static u32 reason_code(u32 reason)
{
	switch (REASON_BASIC(reason)) {
	case REASON_GUEST_STATE:
		return AXVCPU_FAIL_GUEST_STATE;
	case REASON_MSR_LOAD:
		return AXVCPU_FAIL_CONTROLS;
	case REASON_MCE_ENTRY:
		return AXVCPU_FAIL_MACHINE_CHECK;
	}
	return AXVCPU_FAIL_UNKNOWN;
}

/* what the qualification says of a refused guest state, where it is not 0 */
#define QUAL_PDPTE	2
#define QUAL_NMI	3

static void find_fault(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	struct axvcpu_exit *x = &v->exit;

	switch (vmx->exit.qual) {
	case QUAL_PDPTE:
		x->fail_entry.check = AXVCPU_X86_CHECK_RESERVED;
		x->fail_entry.field = AXVCPU_X86_FIELD_PDPTE;
		return;
	case QUAL_NMI:
		x->fail_entry.check = AXVCPU_X86_CHECK_COMBINATION;
		x->fail_entry.field = AXVCPU_X86_FIELD_SHADOW;
		return;
	}
	axv_x86_find_fault(v, true, vmx->injected);
}

/**
 * axv_vmx_failed() - the guest did not run
 * @v: the vCPU, in a section
 * @how: what axv_vmx_run() said, see entry.h
 *
 * Return: AXV_EXIT with FAIL_ENTRY.
 */
int axv_vmx_failed(struct axv_vcpu *v, u32 how)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	struct axv_vmx_exit *x = &vmx->exit;

	axv_x86_new_exit(v, AXVCPU_EXIT_FAIL_ENTRY);
	switch (how) {
	case RUN_EXIT:
		/* The host's state was loaded as at any exit. */
		v->exit.fail_entry.hardware_reason = x->reason;
		v->exit.fail_entry.code = reason_code(x->reason);
		if (REASON_BASIC(x->reason) == REASON_MCE_ENTRY)
			axv_x86_exit_mc(v);
		else if (REASON_BASIC(x->reason) == REASON_GUEST_STATE)
			find_fault(v);
		break;
	case RUN_VALID:
		x->insn_error = axv_vmread(VMCS_INSN_ERROR);
		v->exit.fail_entry.hardware_reason = x->insn_error;
		v->exit.fail_entry.code = error_code(x->insn_error);
		break;
	default:
		v->exit.fail_entry.hardware_reason = ~0ull;
		v->exit.fail_entry.code = AXVCPU_FAIL_NOT_ENABLED;
		break;
	}
	if (how != RUN_EXIT) {
		memset(x, 0, sizeof(*x));
		x->reason = REASON_ENTRY_FAILED;
	}
	axv_vmx_events_failed(v);
	if (how == RUN_EXIT || how == RUN_VALID)
		axv_vmwrite(VMCS_ENTRY_INTR, 0);
	else
		vmx->stale_event = true;	/* it cannot even be written to */
	/* All of it is written again. */
	if (v->arch.control_valid)
		v->arch.control_dirty = true;
	return AXV_EXIT;
}
