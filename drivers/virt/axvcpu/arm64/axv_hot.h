/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run.c calls at every exit: the functions themselves, since arm64 has one table of
 * operations; and the way into the guest, by either entry.
 */
#ifndef AXVCPU_ARM64_HOT_H
#define AXVCPU_ARM64_HOT_H

#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <asm/arch_gicv3.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "arm64.h"

#define axv_hot(op)	axv_arm64_##op

void axv_arm64_section_begin(struct axv_vcpu *v);
void axv_arm64_section_end(struct axv_vcpu *v);
bool axv_arm64_section_again(struct axv_vcpu *v);

static __always_inline void axv_arm64_switch_masked(struct axv_arm64_ctx *ctx)
{
	if (axv_arm64_vhe())
		__axv_arm64_vhe_enter(ctx);
	else
		axv_arm64_nvhe_enter(ctx);
}

/*
 * Into the guest and back; the section has interrupts off already. What else could come,
 * SErrors and debug exceptions, meets the guest's vectors or none. Where interrupts are
 * masked by priority they have to reach the CPU all the same, to end the guest, so their
 * mask is DAIF's for that time.
 */
static __always_inline void axv_arm64_switch(struct axv_arm64_ctx *ctx)
{
	u64 daif = read_sysreg(daif), pmr;

	asm volatile("msr daifset, #0xf" : : : "memory");
	if (system_uses_irq_prio_masking()) {
		pmr = read_sysreg_s(SYS_ICC_PMR_EL1);
		gic_write_pmr(GIC_PRIO_IRQON | GIC_PRIO_PSR_I_SET);
		pmr_sync();
		axv_arm64_switch_masked(ctx);
		gic_write_pmr(pmr);
	} else {
		axv_arm64_switch_masked(ctx);
	}
	write_sysreg(daif, daif);
}

#endif /* AXVCPU_ARM64_HOT_H */
