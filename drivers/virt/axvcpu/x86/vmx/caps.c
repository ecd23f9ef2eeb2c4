// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this CPU's VMX offers, and controls fitted to it: each is asked for by a row of
 * a table, whose bits the capability MSRs must allow (must) or may (want).
 */
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "vmx.h"

/**
 * struct caps_row - one word of controls
 * @msr: its capabilities
 * @true_msr: the same without the default settings, where there is one; else 0
 * @must: bits without which there are no guests
 * @want: bits that are set where they may be
 */
struct caps_row {
	u32 msr;
	u32 true_msr;
	u32 must;
	u32 want;
};

static const struct caps_row pin_row = {
	AXV_MSR_VMX_PIN, AXV_MSR_VMX_TRUE_PIN,
	PIN_EXT_INTR | PIN_NMI | PIN_VIRTUAL_NMI, 0
};

static const struct caps_row proc_row = {
	AXV_MSR_VMX_PROC, AXV_MSR_VMX_TRUE_PROC,
	PROC_TSC_OFFSET | PROC_HLT | PROC_MWAIT | PROC_RDPMC | PROC_MOV_DR | PROC_IO |
	PROC_MSR_BITMAPS | PROC_MONITOR | PROC_SECONDARY, PROC_TPR_SHADOW
};

static const struct caps_row proc2_row = {
	AXV_MSR_VMX_PROC2, 0,
	PROC2_EPT | PROC2_UNRESTRICTED,
	PROC2_RDTSCP | PROC2_VPID | PROC2_WBINVD | PROC2_INVPCID | PROC2_ENCLS | PROC2_XSAVES
};

static const struct caps_row exit_row = {
	AXV_MSR_VMX_EXIT, AXV_MSR_VMX_TRUE_EXIT,
	EXIT_SAVE_DEBUG | EXIT_HOST_64 | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER |
	EXIT_LOAD_EFER, 0
};

static const struct caps_row entry_row = {
	AXV_MSR_VMX_ENTRY, AXV_MSR_VMX_TRUE_ENTRY,
	ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER, 0
};

/* Windows and single steps: on for moments, so they only have to be allowed. */
#define PROC_AT_TIMES	(PROC_INTR_WINDOW | PROC_NMI_WINDOW | PROC_MTF)
/* Must be off: they would exit for what nobody serves. */
#define PROC_NEVER	(PROC_INVLPG | PROC_RDTSC | PROC_CR3_LOAD | PROC_CR3_STORE)

/* Fit @row to the CPU: false where it cannot be. */
static bool fit(const struct axv_vmx_caps *caps, const struct caps_row *row, u32 *out)
{
	u64 cap = axv_x86_read_msr(caps->basic & BASIC_TRUE && row->true_msr ? row->true_msr :
								      row->msr);
	u32 on = cap, may = cap >> 32;

	if (row->must & ~may)
		return false;
	*out = row->must | (row->want & may) | on;
	return true;
}

static bool may_at_times(const struct axv_vmx_caps *caps, u32 bits)
{
	u64 cap = axv_x86_read_msr(caps->basic & BASIC_TRUE ? AXV_MSR_VMX_TRUE_PROC :
							      AXV_MSR_VMX_PROC);

	return !(bits & ~(u32)(cap >> 32));
}

static const char *check_basic(const struct axv_vmx_caps *caps)
{
	if (!BASIC_SIZE(caps->basic) || BASIC_SIZE(caps->basic) > PAGE_SIZE)
		return "a VMCS larger than a page";
	if (BASIC_TYPE(caps->basic) != BASIC_TYPE_WB)
		return "a VMCS that is not write-back memory";
	if (caps->basic & BASIC_32BIT)
		return "a VMCS below 4 GiB only";
	return NULL;
}

static const char *check_ept(const struct axv_vmx_caps *caps)
{
	if (!(caps->ept & EPT_CAP_WB) || !(caps->ept & (EPT_CAP_WALK_4 | EPT_CAP_WALK_5)))
		return "no EPT of a known form";
	if (!(caps->ept & EPT_CAP_INVEPT) ||
	    !(caps->ept & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)))
		return "no INVEPT";
	return NULL;
}

static void fit_optional(struct axv_vmx_caps *caps)
{
	u64 misc = axv_x86_read_msr(AXV_MSR_VMX_MISC), pebs;

	if (!(caps->ept & VPID_CAP_INVVPID) || !(caps->ept & VPID_CAP_ALL))
		caps->proc2 &= ~PROC2_VPID;
	caps->vpid = caps->proc2 & PROC2_VPID;

	/* Where there is no TPR shadow, MOV CR8 exits. */
	caps->tpr = caps->proc & PROC_TPR_SHADOW;
	if (!caps->tpr)
		caps->proc |= PROC_CR8_LOAD | PROC_CR8_STORE;
	else
		caps->proc &= ~(PROC_CR8_LOAD | PROC_CR8_STORE);

	if (!boot_cpu_has(X86_FEATURE_RDTSCP))
		caps->proc2 &= ~PROC2_RDTSCP;
	if (!boot_cpu_has(X86_FEATURE_INVPCID))
		caps->proc2 &= ~PROC2_INVPCID;
	if (!boot_cpu_has(X86_FEATURE_XSAVES))
		caps->proc2 &= ~PROC2_XSAVES;
	caps->tsc_aux = caps->proc2 & PROC2_RDTSCP;
	caps->string_info = caps->basic & BIT_ULL(54);
	caps->any_error = caps->basic & BIT_ULL(56);
	caps->no_pt = boot_cpu_has(X86_FEATURE_INTEL_PT) && !(misc & MISC_PT);
	caps->pebs = boot_cpu_has(X86_FEATURE_PEBS) && !rdmsrq_safe(MSR_IA32_PEBS_ENABLE, &pebs);
}

/* Unrestricted guest: PE and PG are the guest's own. */
static void fit_fixed(struct axv_vmx_caps *caps)
{
	caps->cr0_on = axv_x86_read_msr(AXV_MSR_VMX_CR0_FIXED0) &
		       ~(u64)(X86_CR0_PE | X86_CR0_PG);
	caps->cr4_on = axv_x86_read_msr(AXV_MSR_VMX_CR4_FIXED0);
}

/**
 * axv_vmx_find_caps() - what this CPU offers
 * @caps: filled in
 *
 * Return: NULL, or what is in the way.
 */
const char *axv_vmx_find_caps(struct axv_vmx_caps *caps)
{
	const char *why;

	memset(caps, 0, sizeof(*caps));
	caps->basic = axv_x86_read_msr(AXV_MSR_VMX_BASIC);
	caps->revision = caps->basic & BASIC_REVISION;
	why = check_basic(caps);
	if (why)
		return why;
	if (!fit(caps, &pin_row, &caps->pin))
		return "no virtual NMIs";
	if (!fit(caps, &proc_row, &caps->proc))
		return "not all of the primary controls";
	if (!may_at_times(caps, PROC_AT_TIMES))
		return "no windows for interrupts and NMIs, or no monitor trap flag";
	if (!fit(caps, &proc2_row, &caps->proc2))
		return "no EPT, or no unrestricted guest";
	/* These have default settings of on where there are no TRUE capabilities. */
	if (caps->proc & PROC_NEVER)
		return "exits for CR3 that cannot be turned off";
	if (!fit(caps, &exit_row, &caps->exit) || !fit(caps, &entry_row, &caps->entry))
		return "no switch of EFER and PAT";
	caps->ept = axv_x86_read_msr(AXV_MSR_VMX_EPT_VPID);
	why = check_ept(caps);
	if (why)
		return why;
	fit_optional(caps);
	fit_fixed(caps);
	return NULL;
}

/**
 * axv_vmx_same_caps() - is this CPU like the one that was looked at?
 * @caps: that one's
 */
bool axv_vmx_same_caps(const struct axv_vmx_caps *caps)
{
	struct axv_vmx_caps own;

	return !axv_vmx_find_caps(&own) && !memcmp(&own, caps, sizeof(own));
}
