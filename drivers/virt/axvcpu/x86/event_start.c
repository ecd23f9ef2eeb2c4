// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events that are no event of the guest's: INIT, and starts by SIPI or by the VMM.
 *
 * They are noted by any thread, under the lock of the queue, and taken by the vCPU's own
 * with interrupts on, before a section.
 */
#include "lapic.h"

/* ---- noted ---------------------------------------------------------------------------- */

/**
 * axv_x86_start_locked() - it is to begin
 * @v: the vCPU, which waits
 * @entry: where
 * @sipi: as a SIPI has it
 *
 * The section's prepare is to do it. Should it have begun already and not have seen
 * this, no guest instruction is executed until it has run again.
 */
void axv_x86_start_locked(struct axv_vcpu *v, u64 entry, bool sipi)
{
	struct axv_x86_events *ev = &v->arch.events;

	ev->start_entry = entry;
	ev->start_sipi = sipi;
	WRITE_ONCE(ev->start, true);
	WRITE_ONCE(v->prepare, true);
}

/**
 * axv_x86_waits_locked() - does it wait for a start?
 * @v: the vCPU
 *
 * Return: true also when it will, after an INIT that is still to be taken.
 */
bool axv_x86_waits_locked(const struct axv_vcpu *v)
{
	u32 flags = v->arch.events.flags;

	return (flags & AXVCPU_X86_INTR_WAIT_START) ||
	       ((flags & AXVCPU_X86_INTR_INIT) && !axv_x86_is_bsp(v));
}

/**
 * axv_x86_init_locked() - an INIT comes
 * @v: the vCPU
 *
 * Return: 0, -EAGAIN where it is not set up.
 */
int axv_x86_init_locked(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;

	if (!axv_x86_is_there(v))
		return -EAGAIN;
	WRITE_ONCE(ev->flags, ev->flags | AXVCPU_X86_INTR_INIT);
	WRITE_ONCE(ev->start, false);
	axv_x86_events_changed_locked(v);
	/* see axv_x86_start_locked() */
	WRITE_ONCE(v->prepare, true);
	return 0;
}

/**
 * axv_x86_sipi_locked() - a SIPI comes
 * @v: the vCPU
 * @vector: the page to start in
 *
 * Return: 0, -EAGAIN where it waits for none.
 */
int axv_x86_sipi_locked(struct axv_vcpu *v, u32 vector)
{
	if (!axv_x86_is_there(v) || !axv_x86_waits_locked(v) || v->arch.events.start)
		return -EAGAIN;
	axv_x86_start_locked(v, (u64)vector << PAGE_SHIFT, true);
	return 0;
}

/* ---- taken: the vCPU's own thread --------------------------------------------------- */

/* The registers as INIT leaves them; the boot processor goes on from there at once. */
static void take_init(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	u32 flags = axv_x86_is_bsp(v) ? 0 : AXVCPU_X86_INTR_WAIT_START;

	raw_spin_lock_irq(&ev->lock);
	/* together: a SIPI finds the one or the other */
	WRITE_ONCE(ev->flags, flags);
	memset(ev->irr, 0, sizeof(ev->irr));
	ev->nmis = 0;
	axv_x86_lapic_reset_locked(v, true);
	axv_x86_events_changed_locked(v);
	raw_spin_unlock_irq(&ev->lock);
	axv_x86_init_state(v);
}

/* By a SIPI, and in a VM with local APICs by what could be one. */
static bool begin(struct axv_vcpu *v, u64 entry, bool sipi)
{
	if (sipi && (axv_x86_control(v)->cr0 & X86_CR0_PE))
		axv_x86_init_state(v);
	if (v->arch.lapic.there && !(axv_x86_control(v)->cr0 & X86_CR0_PE) &&
	    !(entry & ~AXV_X86_SIPI_PAGES))
		return !axv_x86_set_page(v, entry);
	return !axv_x86_set_entry(v, entry);
}

static bool take_start(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	bool start, sipi;
	u64 entry;

	raw_spin_lock_irq(&ev->lock);
	start = ev->start;
	sipi = ev->start_sipi;
	entry = ev->start_entry;
	WRITE_ONCE(ev->start, false);
	raw_spin_unlock_irq(&ev->lock);
	/* An entry the start mode cannot have starts nothing. */
	if (!start || !begin(v, entry, sipi))
		return false;
	raw_spin_lock_irq(&ev->lock);
	WRITE_ONCE(ev->flags, ev->flags & ~AXVCPU_X86_INTR_WAIT_START);
	axv_x86_events_changed_locked(v);
	raw_spin_unlock_irq(&ev->lock);
	return true;
}

/**
 * axv_x86_take_start() - what of events is to be done with interrupts on
 * @v: the vCPU; its own thread calls, between two entries
 *
 * An INIT, a start, and telling others of interrupts that were ended.
 *
 * Return: true when there was a start.
 */
bool axv_x86_take_start(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;

	if (unlikely(v->arch.lapic.there))
		axv_x86_lapic_tell(v);
	if (unlikely(READ_ONCE(ev->flags) & AXVCPU_X86_INTR_INIT))
		take_init(v);
	return unlikely(READ_ONCE(ev->start)) && take_start(v);
}
