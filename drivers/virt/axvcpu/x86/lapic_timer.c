// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer of a local APIC: counts down at AXVCPU_X86_APIC_TIMER_HZ, divided, once or
 * again and again, or waits for a TSC of the guest's. An hrtimer stands for it all the
 * time; the count is what is left until that rings.
 */
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <asm/tsc.h>

#include "lapic.h"

/* A period below is made this long: what the guest asks for, the host has to serve. */
#define MIN_PERIOD_NS	(200 * NSEC_PER_USEC)

/* The hrtimer looks again after this long, so that no sum can overflow. */
#define LONGEST_MS	(365 * 24 * 60 * 60ull * MSEC_PER_SEC)

static_assert(AXVCPU_X86_APIC_TIMER_HZ == NSEC_PER_SEC);

static struct axv_x86_lapic *lapic_of(const struct axv_vcpu *v)
{
	return (struct axv_x86_lapic *)&v->arch.lapic;
}

static u32 mode_of(const struct axv_x86_lapic *l)
{
	return LAPIC_TIMER_MODE(READ_ONCE(l->lvt[AXVCPU_X86_LVT_TIMER]));
}

/* A count is 2 to this in nanoseconds: 0-7. 111b of the register is 1, 000b is 2. */
static unsigned int shift_of(u32 divide)
{
	return ((divide & 3) + (divide >> 1 & 4) + 1) & 7;
}

static u64 period_of(const struct axv_x86_lapic *l)
{
	return (u64)l->initial << shift_of(l->divide);
}

/* ---- the hrtimer ---------------------------------------------------------------- */

static void arm(struct axv_x86_lapic *l, ktime_t when)
{
	l->expires = when;
	l->armed = true;
	hrtimer_start(&l->timer, when, HRTIMER_MODE_ABS);
}

/**
 * axv_x86_lapic_timer_stop_locked() - it does not ring
 * @v: the vCPU
 *
 * Where the handler runs at this moment, it finds that it is not meant.
 */
void axv_x86_lapic_timer_stop_locked(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	if (!l->armed)
		return;
	l->armed = false;
	hrtimer_try_to_cancel(&l->timer);
}

static u64 guest_tsc(const struct axv_vcpu *v)
{
	return rdtsc_ordered() + READ_ONCE(v->arch.tsc_offset);
}

/* The kernel's clock when the guest's TSC is @tsc, which is to come. */
static ktime_t ktime_at(const struct axv_vcpu *v, u64 tsc)
{
	u64 now = guest_tsc(v), ms, rest;

	if (tsc <= now)
		return ktime_get();
	ms = div64_u64_rem(tsc - now, tsc_khz, &rest);
	if (ms >= LONGEST_MS)
		return ktime_add_ms(ktime_get(), LONGEST_MS);
	return ktime_add_ns(ktime_get(), ms * NSEC_PER_MSEC +
			    DIV64_U64_ROUND_UP(rest * NSEC_PER_MSEC, tsc_khz));
}

/* The deadline may have come; else wait for it. */
static void follow_deadline_locked(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	if (guest_tsc(v) < l->deadline) {
		arm(l, ktime_at(v, l->deadline));
		return;
	}
	axv_x86_lapic_timer_stop_locked(v);
	l->deadline = 0;
	axv_x86_lapic_lvt_locked(v, AXVCPU_X86_LVT_TIMER);
}

/* It rings when it should: what is next? True: again at l->expires. */
static bool rings_locked(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	ktime_t now = ktime_get();
	u32 mode = mode_of(l);

	if (mode == LAPIC_DEADLINE) {
		if (guest_tsc(v) < l->deadline) {
			/* The kernel's clock goes at its own pace, if only a little. */
			l->expires = ktime_at(v, l->deadline);
			return true;
		}
		l->deadline = 0;
	} else if (ktime_before(now, l->expires)) {
		return true;
	}
	axv_x86_lapic_lvt_locked(v, AXVCPU_X86_LVT_TIMER);
	if (mode != LAPIC_PERIODIC || !l->initial) {
		l->armed = false;
		return false;
	}
	l->expires = ktime_add_ns(l->expires, max_t(u64, period_of(l), MIN_PERIOD_NS));
	/* What was missed is one interrupt at most, as the IRR has one bit. */
	if (ktime_before(l->expires, now))
		l->expires = ktime_add_ns(now, max_t(u64, period_of(l), MIN_PERIOD_NS));
	return true;
}

static enum hrtimer_restart lapic_rings(struct hrtimer *timer)
{
	struct axv_vcpu *v = container_of(timer, struct axv_vcpu, arch.lapic.timer);
	struct axv_x86_lapic *l = &v->arch.lapic;
	enum hrtimer_restart again = HRTIMER_NORESTART;
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	/* else taken back, or armed again for another time */
	if (l->armed && !hrtimer_is_queued(timer) && rings_locked(v)) {
		hrtimer_set_expires(timer, l->expires);
		again = HRTIMER_RESTART;
	}
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	axv_vcpu_kick(v);
	return again;
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_x86_lapic_timer_create() - a new vCPU's
 * @v: the vCPU
 */
void axv_x86_lapic_timer_create(struct axv_vcpu *v)
{
	hrtimer_setup(&v->arch.lapic.timer, lapic_rings, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
}

/**
 * axv_x86_lapic_timer_destroy() - it rings no more
 * @v: the vCPU, which nobody can run any more
 */
void axv_x86_lapic_timer_destroy(struct axv_vcpu *v)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	axv_x86_lapic_timer_stop_locked(v);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	hrtimer_cancel(&v->arch.lapic.timer);
}

/* ---- what a guest does: its own thread ------------------------------------------ */

/* @count units are left, of the present divider. */
static void count_locked(struct axv_vcpu *v, u32 count)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u64 ns = (u64)count << shift_of(l->divide);

	if (!count) {
		axv_x86_lapic_timer_stop_locked(v);
		return;
	}
	if (mode_of(l) == LAPIC_PERIODIC)
		ns = max_t(u64, ns, MIN_PERIOD_NS);
	arm(l, ktime_add_ns(ktime_get(), ns));
}

/**
 * axv_x86_lapic_timer_start() - the initial count is written
 * @v: the vCPU
 * @count: it; 0 stops the timer
 */
void axv_x86_lapic_timer_start(struct axv_vcpu *v, u32 count)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	if (mode_of(l) == LAPIC_DEADLINE)
		return;
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	l->initial = count;
	count_locked(v, count);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/**
 * axv_x86_lapic_timer_current() - the current count
 * @v: the vCPU
 */
u32 axv_x86_lapic_timer_current(const struct axv_vcpu *v)
{
	const struct axv_x86_lapic *l = lapic_of(v);
	u64 period = period_of(l);
	s64 left;

	if (!READ_ONCE(l->armed) || mode_of(l) == LAPIC_DEADLINE || !period)
		return 0;
	left = ktime_to_ns(ktime_sub(READ_ONCE(l->expires), ktime_get()));
	if (mode_of(l) == LAPIC_PERIODIC) {
		/* it rings this moment, or its period is stretched */
		if (left <= 0)
			left += period;
		if (left <= 0)
			return 1;
		left = (left - 1) % period + 1;
	}
	if (left <= 0)
		return 0;
	return min_t(u64, (left - 1) >> shift_of(l->divide), U32_MAX - 1) + 1;
}

/**
 * axv_x86_lapic_timer_divide() - the divide configuration register is written
 * @v: the vCPU
 * @divide: its bits 0, 1 and 3
 *
 * What is left of the count goes on at the new rate.
 */
void axv_x86_lapic_timer_divide(struct axv_vcpu *v, u32 divide)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;
	u32 left;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	left = axv_x86_lapic_timer_current(v);
	if (divide != l->divide) {
		l->divide = divide;
		if (left)
			count_locked(v, left);
	}
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/**
 * axv_x86_lapic_timer_lvt() - the timer's LVT is written
 * @v: the vCPU
 * @lvt: it
 *
 * Between a count and a deadline nothing is taken along.
 */
void axv_x86_lapic_timer_lvt(struct axv_vcpu *v, u32 lvt)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	if ((mode_of(l) == LAPIC_DEADLINE) != (LAPIC_TIMER_MODE(lvt) == LAPIC_DEADLINE)) {
		axv_x86_lapic_timer_stop_locked(v);
		l->initial = 0;
		l->deadline = 0;
	}
	WRITE_ONCE(l->lvt[AXVCPU_X86_LVT_TIMER], lvt);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/**
 * axv_x86_lapic_timer_deadline() - IA32_TSC_DEADLINE is written
 * @v: the vCPU
 * @tsc: the guest's TSC to come, 0: none
 */
void axv_x86_lapic_timer_deadline(struct axv_vcpu *v, u64 tsc)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	if (mode_of(l) != LAPIC_DEADLINE)
		return;
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	l->deadline = tsc;
	if (tsc)
		follow_deadline_locked(v);
	else
		axv_x86_lapic_timer_stop_locked(v);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/**
 * axv_x86_lapic_tsc_changed() - the guest's TSC has made a jump
 * @v: the vCPU, its own thread
 */
void axv_x86_lapic_tsc_changed(struct axv_vcpu *v)
{
	unsigned long irq;

	if (!v->arch.lapic.there || !READ_ONCE(v->arch.lapic.deadline))
		return;
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	if (v->arch.lapic.deadline)
		follow_deadline_locked(v);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/**
 * axv_x86_lapic_timer_restore() - go on with registers that were committed
 * @v: the vCPU, at rest
 * @current_count: the current count
 */
void axv_x86_lapic_timer_restore(struct axv_vcpu *v, u32 current_count)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	axv_x86_lapic_timer_stop_locked(v);
	if (mode_of(l) != LAPIC_DEADLINE)
		count_locked(v, current_count);
	else if (l->deadline)
		follow_deadline_locked(v);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}
