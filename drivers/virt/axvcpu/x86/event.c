// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event queue of a vCPU, the same for every backend: what waits, what goes
 * first, and what two exceptions in a row become.
 *
 * An event lives in one of two places. v->arch.events holds what has not begun;
 * any thread may add to it. v->arch.reinject holds the one event whose delivery
 * an exit interrupted; it belongs to the thread in RUN and comes before all.
 */
#include <linux/bitops.h>

#include "event.h"

/* in events.flags beside AXVCPU_X86_INTR_*: a fault while delivering #DF */
#define EV_SHUTDOWN	BIT(31)

#define RFLAGS_IF	BIT(9)
#define CR0_PE		BIT(0)
#define DR6_FIXED	0xffff0ff0ull
#define DR7_GD		BIT(13)

/* Vectors that push an error code: #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX */
#define ERROR_VECTORS	(BIT(8) | GENMASK(14, 10) | BIT(17) | BIT(21) | GENMASK(30, 29))
/* The contributory ones: #DE #TS #NP #SS #GP #CP */
#define CONTRIBUTORY	(BIT(0) | GENMASK(13, 10) | BIT(21))

/**
 * axv_x86_has_error() - does an exception push an error code?
 * @vector: 0-31
 *
 * Return: true when it does, outside real mode.
 */
bool axv_x86_has_error(u32 vector)
{
	return vector < 32 && (ERROR_VECTORS & BIT(vector));
}

/* Are there external interrupts other than a local APIC's? */
static bool ev_external(const struct axv_x86_events *ev)
{
	return ev->irr[0] | ev->irr[1] | ev->irr[2] | ev->irr[3];
}

static void ev_update(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;

	WRITE_ONCE(ev->any, ev_external(ev) || ev->nmis || (ev->flags & (EV_SHUTDOWN | EV_STANDS |
		   AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_HALTED)) ||
		   (v->arch.lapic.there && axv_x86_lapic_next(v) >= 0));
}

/* The highest vector queued, or -1. */
static int ev_highest(const struct axv_x86_events *ev)
{
	int i;

	for (i = 3; i >= 0; i--)
		if (ev->irr[i])
			return i * 64 + __fls(ev->irr[i]);
	return -1;
}

/*
 * CR8 holds back vectors of its own class and below. Vectors below 16 have no
 * class: they come from a legacy interrupt controller, which CR8 is not for.
 */
static bool ev_masked(u32 vector, u64 cr8)
{
	return vector >= 16 && vector >> 4 <= cr8;
}

/* What of the external interrupts is next, with no regard to RFLAGS.IF. */
struct ev_next {
	int vector;		/* -1: nothing */
	bool ext;		/* it is in ev->irr, not the local APIC's */
	bool masked;		/* by CR8 */
};

static struct ev_next ev_next(struct axv_vcpu *v, const struct axv_x86_events *ev)
{
	struct ev_next n = { .vector = -1, .ext = ev_external(ev) };

	if (n.ext)
		n.vector = ev_highest(ev);
	/* The TPR is not for what an 8259 has. */
	if (unlikely(v->arch.lapic.there)) {
		if (n.ext)
			return n;
		n.vector = axv_x86_lapic_next(v);
	}
	n.masked = n.vector >= 0 && ev_masked(n.vector, axv_x86_cr8(v));
	return n;
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_x86_events_init() - a new queue
 * @v: the vCPU
 */
void axv_x86_events_init(struct axv_vcpu *v)
{
	raw_spin_lock_init(&v->arch.events.lock);
	axv_x86_lapic_create(v);
}

/**
 * axv_x86_events_reset() - drop everything
 * @v: the vCPU
 */
void axv_x86_events_reset(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	memset(ev->irr, 0, sizeof(ev->irr));
	ev->flags = 0;
	ev->nmis = 0;
	ev->exc_vector = 0;
	ev->exc_error = 0;
	ev->exc_payload = 0;
	ev->start = false;
	axv_x86_lapic_reset_locked(v, false);
	ev_update(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);

	v->arch.shadow = false;
	v->arch.nmi_masked = false;
	v->arch.reinject = 0;
	v->arch.reinject_len = 0;
}

/* ---- from any thread ------------------------------------------------------------ */

/**
 * axv_x86_extint_locked() - queue what is delivered by its vector alone
 * @v: the vCPU
 * @vector: 0-255
 *
 * Return: 0, -EAGAIN when it is queued already.
 */
int axv_x86_extint_locked(struct axv_vcpu *v, u32 vector)
{
	struct axv_x86_events *ev = &v->arch.events;

	if (ev->irr[vector / 64] & BIT_ULL(vector % 64))
		return -EAGAIN;
	ev->irr[vector / 64] |= BIT_ULL(vector % 64);
	ev_update(v);
	return 0;
}

/**
 * axv_x86_inject_interrupt() - queue an external interrupt
 * @v: the vCPU
 * @vector: 1-255, or in a VM with local APICs AXVCPU_X86_MSI(), AXVCPU_X86_LINT()
 *
 * Return: 0, -EINVAL, -EAGAIN when it is queued already or not accepted.
 */
int axv_x86_inject_interrupt(struct axv_vcpu *v, u32 vector)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;
	int r = -EAGAIN;

	if (!axv_x86_valid_interrupt(v, vector))
		return -EINVAL;
	if (vector & AXV_X86_IRQ_MSI)
		return axv_x86_lapic_msi(v, vector);
	if (vector & AXV_X86_IRQ_LINT)
		return axv_x86_lapic_lint(v, vector & 1);
	raw_spin_lock_irqsave(&ev->lock, irq);
	if (!v->arch.lapic.there || axv_x86_lapic_takes_ext(v))
		r = axv_x86_extint_locked(v, vector);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
	return r;
}

/**
 * axv_x86_valid_interrupt() - is it an external interrupt?
 * @v: the vCPU
 * @vector: as axv_x86_inject_interrupt() has it
 *
 * Return: whether axv_x86_inject_interrupt() takes it.
 */
bool axv_x86_valid_interrupt(const struct axv_vcpu *v, u32 vector)
{
	if (likely(vector <= 255))
		return vector;
	return v->arch.lapic.there && axv_x86_lapic_valid_irq(vector);
}

/**
 * axv_x86_nmi_locked() - one more NMI
 * @v: the vCPU
 *
 * Return: 0, -EAGAIN when there are as many as a CPU can have.
 */
int axv_x86_nmi_locked(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;

	if (ev->nmis == EV_NMIS_MAX)
		return -EAGAIN;
	ev->nmis++;
	ev_update(v);
	return 0;
}

static bool ev_valid(const struct axvcpu_inject_event *e)
{
	u32 flags = AXVCPU_EVENT_HAS_ERROR | AXVCPU_EVENT_HAS_PAYLOAD;

	if (e->kind == AXVCPU_EVENT_NMI)
		return !e->vector && !e->flags && !e->error_code && !e->payload;
	if (e->kind == AXVCPU_EVENT_START)
		return !e->vector && !(e->flags & ~AXVCPU_EVENT_HAS_PAYLOAD) && !e->error_code;
	if (e->kind != AXVCPU_EVENT_EXCEPTION || (e->flags & ~flags))
		return false;
	if (e->vector > 31 || e->vector == AXV_X86_NMI)
		return false;
	if (axv_x86_has_error(e->vector) != !!(e->flags & AXVCPU_EVENT_HAS_ERROR))
		return false;
	if (!(e->flags & AXVCPU_EVENT_HAS_ERROR) && e->error_code)
		return false;
	if (!(e->flags & AXVCPU_EVENT_HAS_PAYLOAD))
		return !e->payload;
	return e->vector == AXV_X86_PF ||
	       (e->vector == AXV_X86_DB && !(e->payload & ~(u64)DR6_CAUSES));
}

static int ev_add(struct axv_vcpu *v, const struct axvcpu_inject_event *e)
{
	struct axv_x86_events *ev = &v->arch.events;

	switch (e->kind) {
	case AXVCPU_EVENT_NMI:
		return axv_x86_nmi_locked(v);
	case AXVCPU_EVENT_START:
		if (!axv_x86_waits_locked(v))
			return -EINVAL;
		if (ev->start)
			return -EAGAIN;
		axv_x86_start_locked(v, e->payload, false);
		return 0;
	default:
		if (ev->flags & AXVCPU_X86_INTR_EXCEPTION)
			return -EAGAIN;
		ev->flags |= AXVCPU_X86_INTR_EXCEPTION;
		if (e->flags & AXVCPU_EVENT_HAS_ERROR)
			ev->flags |= AXVCPU_X86_INTR_EXC_ERROR;
		if (e->flags & AXVCPU_EVENT_HAS_PAYLOAD)
			ev->flags |= AXVCPU_X86_INTR_EXC_PAYLOAD;
		ev->exc_vector = e->vector;
		ev->exc_error = e->error_code;
		ev->exc_payload = e->payload;
		return 0;
	}
}

/**
 * axv_x86_inject_event() - queue an exception, an NMI or a start
 * @v: the vCPU
 * @e: the event
 *
 * Return: 0; -EINVAL, also for a start nobody waits for; -EAGAIN when the queue
 * has no room for another one of the kind.
 */
int axv_x86_inject_event(struct axv_vcpu *v, const struct axvcpu_inject_event *e)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;
	int r;

	if (!ev_valid(e))
		return -EINVAL;
	raw_spin_lock_irqsave(&ev->lock, irq);
	r = ev_add(v, e);
	ev_update(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
	return r;
}

/* ---- waiting -------------------------------------------------------------------- */

/**
 * axv_x86_set_halted() - the guest executed HLT
 * @v: the vCPU
 */
void axv_x86_set_halted(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	ev->flags |= AXVCPU_X86_INTR_HALTED;
	ev_update(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
}

/**
 * axv_x86_end_halt() - go on behind HLT without an event
 * @v: the vCPU
 */
void axv_x86_end_halt(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	ev->flags &= ~AXVCPU_X86_INTR_HALTED;
	ev_update(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
}

/**
 * axv_x86_set_wait_start() - wait for a START event before the first instruction
 * @v: the vCPU
 */
void axv_x86_set_wait_start(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	ev->flags |= AXVCPU_X86_INTR_WAIT_START;
	ev_update(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
}

/* Is there anything that ends HLT? */
static bool ev_wakes(struct axv_vcpu *v, const struct axv_x86_events *ev)
{
	struct ev_next next;

	if (v->arch.reinject || (ev->flags & (AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_INIT |
					      EV_SHUTDOWN)))
		return true;
	if (ev->nmis && !v->arch.nmi_masked)
		return true;
	if (!(v->arch.gpr.rflags & RFLAGS_IF))
		return false;
	next = ev_next(v, ev);
	return next.vector >= 0 && !next.masked;
}

/**
 * axv_x86_runnable() - does the guest have anything to do?
 * @v: the vCPU; its own thread calls
 *
 * Return: false while it waits (HLT, start) and nothing is queued to end that.
 */
bool axv_x86_runnable(struct axv_vcpu *v)
{
	struct axv_x86_events *ev = &v->arch.events;
	u32 flags = READ_ONCE(ev->flags);
	unsigned long irq;
	bool wakes;

	if (likely(!(flags & (AXVCPU_X86_INTR_HALTED | AXVCPU_X86_INTR_WAIT_START))))
		return true;
	if (flags & AXVCPU_X86_INTR_WAIT_START)
		return READ_ONCE(ev->start) || (flags & AXVCPU_X86_INTR_INIT);
	/* read from the hardware's structure, without the lock */
	axv_x86_control(v);
	raw_spin_lock_irqsave(&ev->lock, irq);
	wakes = ev_wakes(v, ev);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
	return wakes;
}

/* ---- the guest's own exceptions ------------------------------------------------- */

/* What becomes of an event whose delivery raised an exception. */
enum ev_merge {
	EV_REPLACE,		/* the new exception comes; the old one is over */
	EV_DOUBLE_FAULT,
	EV_TRIPLE_FAULT,
};

/* AMD APM volume 2, "#DF double-fault exception", the table of combinations. */
static enum ev_merge ev_merge(u32 first, u32 second)
{
	bool contributory = CONTRIBUTORY & BIT(second);

	if (first == AXV_X86_DF)
		return contributory || second == AXV_X86_PF ? EV_TRIPLE_FAULT : EV_REPLACE;
	if (CONTRIBUTORY & BIT(first))
		return contributory ? EV_DOUBLE_FAULT : EV_REPLACE;
	if (first == AXV_X86_PF)
		return contributory || second == AXV_X86_PF ? EV_DOUBLE_FAULT : EV_REPLACE;
	return EV_REPLACE;
}

/* The interrupted event, with the exception @vector met on its way; lock held. */
static enum ev_merge ev_settle_reinject(struct axv_vcpu *v, u32 vector)
{
	struct axv_x86_events *ev = &v->arch.events;
	enum ev_merge merge = EV_REPLACE;
	u64 event = v->arch.reinject;

	if (!event)
		return merge;
	v->arch.reinject = 0;
	v->arch.reinject_len = 0;
	switch (EVENT_TYPE(event)) {
	case AXV_X86_EVENT_TYPE_INTR:
		/* It was not the guest's doing: it must not get lost. */
		if (v->arch.lapic.there && !v->arch.lapic.ext_last)
			axv_x86_lapic_untake_locked(v, EVENT_VECTOR(event));
		else
			ev->irr[EVENT_VECTOR(event) / 64] |= BIT_ULL(EVENT_VECTOR(event) % 64);
		break;
	case AXV_X86_EVENT_TYPE_NMI:
		v->arch.nmi_masked = false;
		ev->nmis = min(ev->nmis + 1, (u32)EV_NMIS_MAX);
		break;
	case AXV_X86_EVENT_TYPE_EXC:
		merge = ev_merge(EVENT_VECTOR(event), vector);
		break;
	default:
		/* A software interrupt: rip is still at its instruction. */
		break;
	}
	return merge;
}

static void ev_queue(struct axv_vcpu *v, u32 vector, u32 error, u64 payload, u32 flags)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	switch (ev_settle_reinject(v, vector)) {
	case EV_DOUBLE_FAULT:
		/* CR2 is that of the second fault */
		vector = AXV_X86_DF;
		error = 0;
		flags = 0;
		break;
	case EV_TRIPLE_FAULT:
		flags |= EV_SHUTDOWN;
		break;
	default:
		break;
	}
	if (axv_x86_has_error(vector))
		flags |= AXVCPU_X86_INTR_EXC_ERROR;
	ev->flags &= ~EV_EXC_FLAGS;
	ev->flags |= AXVCPU_X86_INTR_EXCEPTION | flags;
	ev->exc_vector = vector;
	ev->exc_error = error;
	ev->exc_payload = payload;
	ev_update(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);
}

/**
 * axv_x86_queue_exception() - the guest gets an exception
 * @v: the vCPU
 * @vector: which
 * @error: error code, for vectors that push one
 */
void axv_x86_queue_exception(struct axv_vcpu *v, u32 vector, u32 error)
{
	ev_queue(v, vector, error, 0, 0);
}

/**
 * axv_x86_queue_pf() - the guest gets a page fault
 * @v: the vCPU
 * @addr: CR2
 * @error: error code
 */
void axv_x86_queue_pf(struct axv_vcpu *v, u64 addr, u32 error)
{
	ev_queue(v, AXV_X86_PF, error, addr, AXVCPU_X86_INTR_EXC_PAYLOAD);
}

/**
 * axv_x86_queue_db() - the guest gets a debug exception
 * @v: the vCPU
 * @dr6: the bits that say why
 */
void axv_x86_queue_db(struct axv_vcpu *v, u64 dr6)
{
	ev_queue(v, AXV_X86_DB, 0, dr6 & DR6_CAUSES, AXVCPU_X86_INTR_EXC_PAYLOAD);
}

/* ---- towards the guest ---------------------------------------------------------- */

/* What delivering an exception does besides going through the IDT. */
static void ev_apply_payload(struct axv_vcpu *v, const struct axv_x86_events *ev)
{
	bool payload = ev->flags & AXVCPU_X86_INTR_EXC_PAYLOAD;

	if (ev->exc_vector == AXV_X86_PF && payload) {
		axv_x86_control(v)->cr2 = ev->exc_payload;
		axv_x86_control_changed(v);
	}
	if (ev->exc_vector == AXV_X86_DB) {
		if (payload)
			v->arch.debug.dr6 = (v->arch.debug.dr6 & ~0xfull) | DR6_FIXED |
					    ev->exc_payload;
		v->arch.debug.dr7 &= ~(u64)DR7_GD;
	}
}

/* In real mode no error code is pushed. */
static u64 ev_for_mode(struct axv_vcpu *v, u64 event)
{
	if ((event & AXV_X86_EVENT_ERR_VALID) && !(axv_x86_control(v)->cr0 & CR0_PE))
		event = (u32)event & ~AXV_X86_EVENT_ERR_VALID;
	return event;
}

static u64 ev_take_exception(struct axv_vcpu *v, struct axv_x86_events *ev)
{
	u64 event = ev->exc_vector | AXV_X86_EVENT_TYPE_EXC | AXV_X86_EVENT_VALID;

	ev_apply_payload(v, ev);
	if (ev->flags & AXVCPU_X86_INTR_EXC_ERROR)
		event |= AXV_X86_EVENT_ERR_VALID | (u64)ev->exc_error << 32;
	ev->flags &= ~EV_EXC_FLAGS;
	return ev_for_mode(v, event);
}

/* The event that was interrupted; the ones software makes it makes again. */
static u64 ev_take_reinject(struct axv_vcpu *v, struct axv_x86_event_plan *plan)
{
	u64 event = v->arch.reinject;
	u32 len = v->arch.reinject_len;

	v->arch.reinject = 0;
	v->arch.reinject_len = 0;
	if (EVENT_TYPE(event) == AXV_X86_EVENT_TYPE_SOFT || len)
		return 0;
	plan->len = len;
	return ev_for_mode(v, event);
}

/* It goes to the CPU. */
static void ev_take_interrupt(struct axv_vcpu *v, struct ev_next next)
{
	struct axv_x86_events *ev = &v->arch.events;

	v->arch.lapic.ext_last = next.ext;
	if (next.ext)
		ev->irr[next.vector / 64] &= ~BIT_ULL(next.vector % 64);
	else
		axv_x86_lapic_take_locked(v, next.vector);
}

static void ev_plan(struct axv_vcpu *v, struct axv_x86_events *ev,
		    struct axv_x86_event_plan *plan)
{
	struct ev_next next;

	if (ev->flags & EV_SHUTDOWN) {
		ev->flags &= ~(EV_SHUTDOWN | EV_EXC_FLAGS);
		plan->shutdown = true;
		return;
	}

	if (ev->flags & AXVCPU_X86_INTR_EXCEPTION) {
		if (!plan->inject)
			plan->inject = ev_take_exception(v, ev);
		else
			plan->want_exit = true;
	}
	if (ev->nmis) {
		if (!plan->inject && !v->arch.nmi_masked && !v->arch.shadow) {
			plan->inject = AXV_X86_NMI | AXV_X86_EVENT_TYPE_NMI | AXV_X86_EVENT_VALID;
			v->arch.nmi_masked = true;
			ev->nmis--;
		}
		/* The one behind it, or the one that could not go. */
		if (ev->nmis && (v->arch.nmi_masked || v->arch.shadow))
			plan->want_nmi_window = true;
		else if (ev->nmis)
			plan->want_exit = true;
	}

	next = ev_next(v, ev);
	if (next.vector < 0)
		return;
	if (next.masked) {
		plan->want_cr8_window = true;
	} else if (!plan->inject && !v->arch.shadow && (v->arch.gpr.rflags & RFLAGS_IF)) {
		ev_take_interrupt(v, next);
		plan->inject = next.vector | AXV_X86_EVENT_TYPE_INTR | AXV_X86_EVENT_VALID;
		/* a local APIC has none behind it that is of a higher class */
		if (!next.ext)
			return;
		next = ev_next(v, ev);
		plan->want_intr_window = next.vector >= 0 && !next.masked;
		plan->want_cr8_window = next.vector >= 0 && next.masked;
	} else {
		plan->want_intr_window = true;
	}
}

/**
 * axv_x86_plan_event() - take the next event out of the queue
 * @v: the vCPU; its own thread calls with interrupts off
 * @plan: what the entry must do
 */
void axv_x86_plan_event(struct axv_vcpu *v, struct axv_x86_event_plan *plan)
{
	struct axv_x86_events *ev = &v->arch.events;

	*plan = (struct axv_x86_event_plan){};
	if (unlikely(READ_ONCE(ev->flags) & EV_STANDS)) {
		plan->halted = true;
		return;
	}
	if (v->arch.reinject)
		plan->inject = ev_take_reinject(v, plan);
	if (!READ_ONCE(ev->any))
		return;

	raw_spin_lock(&ev->lock);
	ev_plan(v, ev, plan);
	if (plan->inject)
		ev->flags &= ~AXVCPU_X86_INTR_HALTED;
	plan->halted = ev->flags & AXVCPU_X86_INTR_HALTED;
	ev_update(v);
	raw_spin_unlock(&ev->lock);
}

/**
 * axv_x86_requeue() - an exit interrupted the delivery of an event
 * @v: the vCPU
 * @event: EVENTINJ form
 * @len: see x86.h
 */
void axv_x86_requeue(struct axv_vcpu *v, u64 event, u32 len)
{
	/* Software makes its events again: rip is at the instruction. */
	if (EVENT_TYPE(event) == AXV_X86_EVENT_TYPE_SOFT || len)
		return;
	/* Real mode has no error codes, the group in the run page always. */
	if (EVENT_TYPE(event) == AXV_X86_EVENT_TYPE_EXC && axv_x86_has_error(EVENT_VECTOR(event)) &&
	    !(event & AXV_X86_EVENT_ERR_VALID))
		event = (u32)event | AXV_X86_EVENT_ERR_VALID;
	v->arch.reinject = event | AXV_X86_EVENT_VALID;
	v->arch.reinject_len = 0;
}

/**
 * axv_x86_events_changed_locked() - the local APIC has another interrupt next
 * @v: the vCPU
 */
void axv_x86_events_changed_locked(struct axv_vcpu *v)
{
	ev_update(v);
}

/**
 * axv_x86_is_pending() - does an event wait to be delivered?
 * @v: the vCPU
 */
bool axv_x86_is_pending(const struct axv_vcpu *v)
{
	const struct axv_x86_events *ev = &v->arch.events;

	return v->arch.reinject ||
	       (READ_ONCE(ev->flags) & (AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_INIT)) ||
	       READ_ONCE(ev->nmis) || ev_highest(ev) >= 0 ||
	       (v->arch.lapic.there && axv_x86_lapic_next(v) >= 0);
}
