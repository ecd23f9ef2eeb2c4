/* SPDX-License-Identifier: GPL-2.0-only */
/* Debugging: debug.c. */
#ifndef AXVCPU_X86_DEBUG_H
#define AXVCPU_X86_DEBUG_H

#include <linux/percpu.h>
#include <linux/thread_info.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>

#include "x86.h"

#define AXV_X86_DR7_ENABLES	0xffu

/**
 * struct axv_x86_host_debug - the host's debug registers during a section
 * @debugctl: DEBUGCTL, with @debugctl_set
 * @dr: DR0-DR3, with @set
 * @dr_mask: address masks of DR0-DR3, with @dr_mask_set
 * @debugctl_set: DEBUGCTL was changed
 * @set: DR0-DR3 are the guest's
 * @dr_mask_set: the masks were changed
 */
struct axv_x86_host_debug {
	u64 debugctl;
	unsigned long dr[4];
	u64 dr_mask[4];
	bool debugctl_set;
	bool set;
	bool dr_mask_set;
};

void axv_x86_debug_begin_slow(struct axv_vcpu *v, struct axv_x86_host_debug *host);
void axv_x86_debug_end_slow(struct axv_x86_host_debug *host);
int axv_x86_debug_exit(struct axv_vcpu *v, u32 kind, u64 dr6);
int axv_x86_step_done(struct axv_vcpu *v);
bool axv_x86_is_insn_breakpoint(const struct axv_vcpu *v, u64 dr6);
int axv_x86_report_trap(struct axv_vcpu *v, u32 vector, u32 len);
u32 axv_x86_trap_len(struct axv_vcpu *v);

/* DR7 in force while the guest runs; bp_dr7 has no GD and always bit 10. */
static inline u64 axv_x86_effective_dr7(const struct axv_vcpu *v)
{
	return v->arch.debug.control & AXVCPU_X86_DEBUG_HW_BP ? v->arch.debug.bp_dr7 :
								v->arch.debug.dr7;
}

/* After an exit, which has disabled all breakpoints. */
static inline void axv_x86_restore_dr7(void)
{
	unsigned long dr7 = __this_cpu_read(cpu_dr7);

	if (unlikely(dr7 & DR_GLOBAL_ENABLE_MASK))
		set_debugreg(dr7, 7);
}

/* The section's part: DR0-DR3 and DEBUGCTL. */
static inline void axv_x86_debug_begin(struct axv_vcpu *v, struct axv_x86_host_debug *host)
{
	if (unlikely(test_thread_flag(TIF_BLOCKSTEP) ||
		     (axv_x86_effective_dr7(v) & AXV_X86_DR7_ENABLES)))
		axv_x86_debug_begin_slow(v, host);
}

#endif /* AXVCPU_X86_DEBUG_H */
