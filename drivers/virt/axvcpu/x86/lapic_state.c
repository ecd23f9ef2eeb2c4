// SPDX-License-Identifier: GPL-2.0-only
/* The local APIC in the run page: with the interrupts group, all of it, to go on from. */
#include <linux/string.h>

#include "lapic.h"

#define ESR_BITS	0xff

/**
 * axv_x86_lapic_fetch() - its registers
 * @v: the vCPU, at rest
 * @a: where to
 *
 * Sleeps.
 */
void axv_x86_lapic_fetch(struct axv_vcpu *v, struct axvcpu_x86_apic *a)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	static_assert(sizeof(l->irr) == sizeof(a->irr));
	/* who is to be told is in no register */
	axv_x86_lapic_tell(v);
	memset(a, 0, sizeof(*a));
	a->id = v->id;
	a->tpr = axv_x86_lapic_tpr(v);
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	a->base = l->base;
	a->icr = l->icr;
	a->tsc_deadline = l->deadline;
	a->ldr = l->ldr;
	a->dfr = l->dfr;
	a->svr = l->svr;
	a->esr = l->esr;
	a->esr_new = l->esr_new;
	memcpy(a->lvt, l->lvt, sizeof(a->lvt));
	a->initial_count = l->initial;
	a->current_count = axv_x86_lapic_timer_current(v);
	a->divide = l->divide;
	memcpy(a->isr, l->isr, sizeof(a->isr));
	memcpy(a->tmr, l->tmr, sizeof(a->tmr));
	memcpy(a->irr, l->irr, sizeof(a->irr));
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/* What a register cannot have, or a guest could not have brought it to. */
static bool lvt_valid(const struct axvcpu_x86_apic *a, unsigned int i)
{
	u32 extra = axv_x86_lapic_is_pin(i) ? LAPIC_REMOTE_IRR : 0;

	if (i == AXVCPU_X86_LVT_TIMER)
		extra = LAPIC_LVT_DEADLINE;
	if (a->lvt[i] & ~(axv_x86_lapic_lvt_bits[i] | extra))
		return false;
	return (a->svr & LAPIC_SVR_ENABLE) || (a->lvt[i] & LAPIC_MASKED);
}

/**
 * axv_x86_lapic_check() - can it have these registers?
 * @v: the vCPU, at rest
 * @a: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_x86_lapic_check(struct axv_vcpu *v, const struct axvcpu_x86_apic *a)
{
	bool x2 = a->base & LAPIC_BASE_X2APIC;
	unsigned int i;

	if (a->reserved || memchr_inv(a->reserved1, 0, sizeof(a->reserved1)))
		return -EINVAL;
	if (!axv_x86_lapic_valid_base(v, a->base) || (a->icr & ~LAPIC_ICR_BITS) ||
	    (!x2 && (a->icr & GENMASK_ULL(55, 32))))
		return -EINVAL;
	if ((a->dfr & LAPIC_DFR_FIXED) != LAPIC_DFR_FIXED || (!x2 && a->ldr & ~0xff000000u) ||
	    (a->svr & ~LAPIC_SVR_BITS) || ((a->esr | a->esr_new) & ~ESR_BITS) ||
	    (a->divide & ~LAPIC_DIVIDE_BITS) || (a->tpr & ~0xffu))
		return -EINVAL;
	for (i = 0; i < AXVCPU_X86_NR_LVTS; i++)
		if (!lvt_valid(a, i))
			return -EINVAL;
	/* vectors below 16 are in none of these */
	if ((a->isr[0] | a->irr[0] | a->tmr[0]) & 0xffff)
		return -EINVAL;
	return 0;
}

/**
 * axv_x86_lapic_commit() - take them
 * @v: the vCPU, at rest
 * @a: checked
 */
void axv_x86_lapic_commit(struct axv_vcpu *v, const struct axvcpu_x86_apic *a)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u32 cr8 = axv_x86_cr8(v);
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	WRITE_ONCE(l->base, a->base);
	l->tpr = a->tpr;
	l->icr = a->icr;
	l->deadline = a->tsc_deadline;
	WRITE_ONCE(l->ldr, axv_x86_lapic_is_x2(l) ? axv_x86_lapic_x2_ldr(v) : a->ldr);
	WRITE_ONCE(l->dfr, a->dfr);
	WRITE_ONCE(l->svr, a->svr);
	l->esr = a->esr;
	l->esr_new = a->esr_new;
	memcpy(l->lvt, a->lvt, sizeof(l->lvt));
	l->initial = a->initial_count;
	l->divide = a->divide;
	memcpy(l->isr, a->isr, sizeof(l->isr));
	memcpy(l->tmr, a->tmr, sizeof(l->tmr));
	memcpy(l->irr, a->irr, sizeof(l->irr));
	WRITE_ONCE(l->priority, max(axv_x86_lapic_top(l->isr) >> 4, (int)cr8));
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	v->arch.last_cpuid.valid = false;
	axv_x86_lapic_timer_restore(v, a->current_count);
}
