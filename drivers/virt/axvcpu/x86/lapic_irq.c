// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes into a local APIC and what goes on to the CPU: requests, service,
 * priorities, the local vector table, errors, and the end of interrupts.
 *
 * Whoever ends a level-triggered interrupt may have to be told of that, for which
 * a lock that sleeps is taken: it is noted, the section ends (AXV_BREAK), and the prepare
 * of the next one does it (axv_x86_lapic_tell()).
 */
#include "lapic.h"
#include "../trace.h"

/* bits of struct axvcpu_irqfd.vector that say which interrupt a broadcast EOI ends */
#define EOI_MASK	(AXV_X86_IRQ_MSI | AXVCPU_X86_MSI_LEVEL | LAPIC_VECTOR)

/* ---- to the CPU ----------------------------------------------------------------- */

/**
 * axv_x86_lapic_take_locked() - the CPU gets an interrupt
 * @v: the vCPU
 * @vector: axv_x86_lapic_next()
 */
void axv_x86_lapic_take_locked(struct axv_vcpu *v, u32 vector)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	axv_x86_lapic_clear(l->irr, vector);
	axv_x86_lapic_set(l->isr, vector);
	WRITE_ONCE(l->priority, axv_x86_lapic_class(vector));
}

/**
 * axv_x86_lapic_untake_locked() - it did not get it after all
 * @v: the vCPU
 * @vector: the last one it got
 */
void axv_x86_lapic_untake_locked(struct axv_vcpu *v, u32 vector)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	axv_x86_lapic_clear(l->isr, vector);
	axv_x86_lapic_set(l->irr, vector);
}

/**
 * axv_x86_lapic_ppr() - the processor priority
 * @v: the vCPU, its own thread
 */
u32 axv_x86_lapic_ppr(struct axv_vcpu *v)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	u32 class = axv_x86_lapic_class(axv_x86_lapic_top(l->isr));
	u64 cr8 = axv_x86_cr8(v);

	return cr8 >= class ? axv_x86_lapic_tpr(v) : class << 4;
}

/* ---- from anywhere -------------------------------------------------------------- */

/**
 * axv_x86_lapic_error_locked() - an error is found
 * @v: the vCPU
 * @error: LAPIC_ESR_*
 *
 * One interrupt until software has looked.
 */
void axv_x86_lapic_error_locked(struct axv_vcpu *v, u32 error)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u32 lvt = l->lvt[AXVCPU_X86_LVT_ERROR];

	if (l->esr_new & error)
		return;
	l->esr_new |= error;
	/* one whose own vector is wrong would be an error again */
	if ((lvt & LAPIC_VECTOR) < LAPIC_FIRST_VECTOR && !(lvt & LAPIC_MASKED))
		l->esr_new |= LAPIC_ESR_RECV_VECTOR;
	else
		axv_x86_lapic_lvt_locked(v, AXVCPU_X86_LVT_ERROR);
}

static int accept(struct axv_vcpu *v, u32 vector, bool level)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	if (!axv_x86_lapic_takes(l))
		return -EAGAIN;
	if (vector < LAPIC_FIRST_VECTOR) {
		axv_x86_lapic_error_locked(v, LAPIC_ESR_RECV_VECTOR);
		return -EAGAIN;
	}
	if (axv_x86_lapic_test(l->irr, vector))
		return -EAGAIN;
	axv_x86_lapic_set(l->irr, vector);
	if (level)
		axv_x86_lapic_set(l->tmr, vector);
	else
		axv_x86_lapic_clear(l->tmr, vector);
	/* what is in service may hold it back, which the next entry will see */
	WRITE_ONCE(v->arch.events.any, true);
	return 0;
}

/**
 * axv_x86_lapic_accept_locked() - an interrupt comes
 * @v: the vCPU
 * @vector: its vector
 * @level: it is level-triggered
 *
 * Return: 0; -EAGAIN where it is pending already, or not accepted.
 */
int axv_x86_lapic_accept_locked(struct axv_vcpu *v, u32 vector, bool level)
{
	int r = accept(v, vector, level);

	trace_axvcpu_inject(v->id, AXV_TRACE_INTERRUPT, vector, r);
	return r;
}

/**
 * axv_x86_lapic_lvt_locked() - a local interrupt comes
 * @v: the vCPU
 * @lvt: enum axvcpu_x86_lvt
 *
 * Return: 0; -EAGAIN where it is masked, pending or not accepted; -EINVAL where it is an
 * 8259's.
 */
int axv_x86_lapic_lvt_locked(struct axv_vcpu *v, unsigned int lvt)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	bool pin = lvt == AXVCPU_X86_LVT_LINT0 || lvt == AXVCPU_X86_LVT_LINT1;
	u32 entry = l->lvt[lvt];
	bool level = pin && (entry & LAPIC_LEVEL);
	int r;

	if ((entry & LAPIC_MASKED) || !axv_x86_lapic_is_on(l))
		return -EAGAIN;
	/* these two have no mode */
	if (lvt == AXVCPU_X86_LVT_TIMER || lvt == AXVCPU_X86_LVT_ERROR)
		entry &= LAPIC_VECTOR;
	switch (LAPIC_MODE(entry)) {
	case AXVCPU_X86_FIXED:
		if (level && (entry & LAPIC_REMOTE_IRR))
			return -EAGAIN;
		r = axv_x86_lapic_accept_locked(v, entry & LAPIC_VECTOR, level);
		if (!r && level)
			WRITE_ONCE(l->lvt[lvt], entry | LAPIC_REMOTE_IRR);
		return r;
	case AXVCPU_X86_NMI:
		return axv_x86_nmi_locked(v);
	case AXVCPU_X86_INIT:
		return axv_x86_init_locked(v);
	case AXVCPU_X86_EXTINT:
		return -EINVAL;
	}
	/* SMI, and what is reserved */
	return 0;
}

/**
 * axv_x86_lapic_lint() - an edge at a pin
 * @v: the vCPU; any thread
 * @pin: 0 or 1
 *
 * Return: see axv_x86_lapic_lvt_locked().
 */
int axv_x86_lapic_lint(struct axv_vcpu *v, unsigned int pin)
{
	unsigned long irq;
	int r;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	r = axv_x86_lapic_lvt_locked(v, AXVCPU_X86_LVT_LINT0 + pin);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	return r;
}

/**
 * axv_x86_lapic_takes_ext() - does an 8259 reach the CPU?
 * @v: the vCPU
 *
 * Return: true where LINT0 says so, or where the CPU's pin is INTR for want of an APIC.
 */
bool axv_x86_lapic_takes_ext(const struct axv_vcpu *v)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	u32 lvt = READ_ONCE(l->lvt[AXVCPU_X86_LVT_LINT0]);

	if (!axv_x86_lapic_is_on(l))
		return true;
	return !(lvt & LAPIC_MASKED) && LAPIC_MODE(lvt) == AXVCPU_X86_EXTINT;
}

/* ---- the end -------------------------------------------------------------------- */

/* Is it a pin's? Then no I/O APIC has anything to do with it. */
static bool is_lint(const struct axv_x86_lapic *l, unsigned int pin, u32 vector)
{
	u32 lvt = l->lvt[AXVCPU_X86_LVT_LINT0 + pin];

	return (lvt & LAPIC_REMOTE_IRR) && (lvt & LAPIC_VECTOR) == vector;
}

/**
 * axv_x86_lapic_eoi_level() - what an EOI would broadcast
 * @v: the vCPU, its own thread
 *
 * Return: the level-triggered vector that is highest in service, or -1.
 */
int axv_x86_lapic_eoi_level(const struct axv_vcpu *v)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	int vector = axv_x86_lapic_top(l->isr);

	if (vector < 0 || !axv_x86_lapic_test(l->tmr, vector) ||
	    (l->svr & LAPIC_SVR_NO_BROADCAST) || is_lint(l, 0, vector) || is_lint(l, 1, vector))
		return -1;
	return vector;
}

/* It is over at the pins it came from. */
static void lint_ended_locked(struct axv_x86_lapic *l, u32 vector)
{
	unsigned int pin;

	for (pin = 0; pin < 2; pin++) {
		if (!is_lint(l, pin, vector))
			continue;
		WRITE_ONCE(l->lvt[AXVCPU_X86_LVT_LINT0 + pin],
			   l->lvt[AXVCPU_X86_LVT_LINT0 + pin] & ~(u32)LAPIC_REMOTE_IRR);
		l->lint_ended |= BIT(pin);
	}
}

/**
 * axv_x86_lapic_eoi() - EOI is written
 * @v: the vCPU, its own thread; interrupts may be off
 *
 * Return: AXV_RESUME, AXV_BREAK.
 */
int axv_x86_lapic_eoi(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	int vector = axv_x86_lapic_top(l->isr);
	int broadcast = axv_x86_lapic_eoi_level(v);
	unsigned long irq;

	if (vector < 0)
		return AXV_RESUME;
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	axv_x86_lapic_clear(l->isr, vector);
	WRITE_ONCE(l->priority, max(axv_x86_lapic_class(axv_x86_lapic_top(l->isr)), l->tpr >> 4u));
	if (axv_x86_lapic_test(l->tmr, vector))
		lint_ended_locked(l, vector);
	axv_x86_events_changed_locked(v);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	if (broadcast >= 0)
		axv_x86_lapic_set(l->ended, vector);
	if (broadcast < 0 && !l->lint_ended)
		return AXV_RESUME;
	WRITE_ONCE(v->prepare, true);
	return AXV_BREAK;
}

/**
 * axv_x86_lapic_tell() - routes that wait for the end of an interrupt
 * @v: the vCPU, its own thread; sleeps
 */
void axv_x86_lapic_tell(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned int pin;
	int vector;

	while (unlikely((vector = axv_x86_lapic_top(l->ended)) >= 0)) {
		axv_x86_lapic_clear(l->ended, vector);
		axv_irqfds_ended_any(v->vm, EOI_MASK,
				     AXV_X86_IRQ_MSI | AXVCPU_X86_MSI_LEVEL | vector);
	}
	for (pin = 0; unlikely(l->lint_ended); pin++) {
		if (!(l->lint_ended & BIT(pin)))
			continue;
		l->lint_ended &= ~(u32)BIT(pin);
		axv_irqfds_ended(v, ~0u, AXVCPU_X86_LINT(pin));
	}
}
