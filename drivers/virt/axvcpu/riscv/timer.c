// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's timer.
 *
 * Guest time is the host's and a delta that all vCPUs of a VM share. With Sstc the
 * hart compares it with vstimecmp by itself while the guest runs; while it waits in
 * the kernel an hrtimer stands for that. Without Sstc the hrtimer stands for it all
 * the time, and what it does is to raise the line.
 */
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <asm/csr.h>

#include "riscv.h"

/* The hrtimer looks again after this long, so that no sum can overflow. */
#define LONGEST_S	(365 * 24 * 60 * 60ull)

/* ---- time ----------------------------------------------------------------------- */

/**
 * axv_riscv_guest_time() - what the guest's time register says
 * @v: the vCPU
 */
u64 axv_riscv_guest_time(struct axv_vcpu *v)
{
	return axv_counter() + READ_ONCE(v->vm->arch.time_delta);
}

/* Nanoseconds that are not less than @ticks. */
static u64 ticks_to_ns(u64 ticks)
{
	u64 s, rest;

	s = div64_u64_rem(ticks, riscv_timebase, &rest);
	if (s >= LONGEST_S)
		return LONGEST_S * NSEC_PER_SEC;
	return s * NSEC_PER_SEC + DIV64_U64_ROUND_UP(rest * NSEC_PER_SEC, riscv_timebase);
}

/* Is the guest's time past @when? */
static bool reached(struct axv_vcpu *v, u64 when)
{
	return axv_riscv_guest_time(v) >= when;
}

/* ---- the hrtimer ---------------------------------------------------------------- */

/* The kernel's clock when guest time is @when. */
static ktime_t ktime_at(struct axv_vcpu *v, u64 when)
{
	u64 now = axv_riscv_guest_time(v);

	return ktime_add_ns(ktime_get(), when > now ? ticks_to_ns(when - now) : 0);
}

/* Have it ring when guest time is @when, which is to come. irq.lock is held. */
static void arm(struct axv_vcpu *v, u64 when)
{
	if (v->arch.timer_armed && v->arch.timer_when == when)
		return;
	v->arch.timer_when = when;
	WRITE_ONCE(v->arch.timer_armed, true);
	hrtimer_start(&v->arch.timer, ktime_at(v, when), HRTIMER_MODE_ABS);
}

/* Where the handler runs at this moment, it finds that it is not meant. irq.lock is held. */
static void disarm(struct axv_vcpu *v)
{
	if (!v->arch.timer_armed)
		return;
	WRITE_ONCE(v->arch.timer_armed, false);
	hrtimer_try_to_cancel(&v->arch.timer);
}

static enum hrtimer_restart timer_rings(struct hrtimer *timer)
{
	struct axv_vcpu *v = container_of(timer, struct axv_vcpu, arch.timer);
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	if (!v->arch.timer_armed || hrtimer_is_queued(timer)) {
		/* taken back, or armed again for another time */
		raw_spin_unlock_irqrestore(&irq->lock, flags);
		return HRTIMER_NORESTART;
	}
	if (!reached(v, v->arch.timer_when)) {
		/* The kernel's clock goes at its own pace, if only a little. */
		hrtimer_set_expires(timer, ktime_at(v, v->arch.timer_when));
		raw_spin_unlock_irqrestore(&irq->lock, flags);
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(v->arch.timer_armed, false);
	if (!axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC))
		axv_riscv_raise_locked(irq, AXV_LINE_TIMER);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	axv_vcpu_kick(v);
	return HRTIMER_NORESTART;
}

/* ---- without Sstc --------------------------------------------------------------- */

/* The line and the hrtimer as the next event has them. irq.lock is held. */
static void follow_event(struct axv_vcpu *v)
{
	u64 when = v->arch.stimecmp;

	if (when == U64_MAX) {
		disarm(v);
	} else if (reached(v, when)) {
		disarm(v);
		axv_riscv_raise_locked(&v->arch.irq, AXV_LINE_TIMER);
	} else {
		arm(v, when);
	}
}

static void set_event(struct axv_vcpu *v, u64 when)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	axv_riscv_lower_locked(irq, AXV_LINE_TIMER);
	v->arch.stimecmp = when;
	follow_event(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_riscv_timer_create() - a new vCPU's timer; the first one's time begins at 0
 * @v: the vCPU
 */
void axv_riscv_timer_create(struct axv_vcpu *v)
{
	struct axv_vm *vm = v->vm;

	v->arch.stimecmp = U64_MAX;
	hrtimer_setup(&v->arch.timer, timer_rings, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	mutex_lock(&vm->lock);
	if (!vm->arch.has_delta) {
		WRITE_ONCE(vm->arch.time_delta, -axv_counter());
		vm->arch.has_delta = true;
	}
	mutex_unlock(&vm->lock);
}

/**
 * axv_riscv_timer_reset() - no event
 * @v: the vCPU, at rest
 */
void axv_riscv_timer_reset(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	v->arch.stimecmp = U64_MAX;
	disarm(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/**
 * axv_riscv_timer_destroy() - undo axv_riscv_timer_create()
 * @v: the vCPU; nobody arms its timer any more
 */
void axv_riscv_timer_destroy(struct axv_vcpu *v)
{
	axv_riscv_timer_reset(v);
	hrtimer_cancel(&v->arch.timer);
}

/* ---- what a guest does ---------------------------------------------------------- */

/**
 * axv_riscv_set_timer() - the guest's next event
 * @v: the vCPU, its own thread, at rest or in the section
 * @when: guest time, all ones: never
 */
void axv_riscv_set_timer(struct axv_vcpu *v, u64 when)
{
	if (likely(axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC)))
		axv_riscv_write_vs(v, CSR_VSTIMECMP, when);
	else
		set_event(v, when);
}

/**
 * axv_riscv_timer_pending() - is Sstc's line up?
 * @v: the vCPU, at rest
 */
bool axv_riscv_timer_pending(struct axv_vcpu *v)
{
	return reached(v, v->arch.csr.vstimecmp);
}

/**
 * axv_riscv_timer_block() - with Sstc: be woken for the event, which is to come
 * @v: the vCPU, at rest, its own thread
 */
void axv_riscv_timer_block(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	u64 when = v->arch.csr.vstimecmp;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	if (when == U64_MAX)
		disarm(v);
	else
		arm(v, when);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/**
 * axv_riscv_timer_unblock() - the wait is over
 * @v: the vCPU, at rest, its own thread
 */
void axv_riscv_timer_unblock(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	if (!axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC) || !READ_ONCE(v->arch.timer_armed))
		return;
	raw_spin_lock_irqsave(&irq->lock, flags);
	disarm(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/* ---- the TIMER group ------------------------------------------------------------ */

/* A vCPU that waits looks at the time again; one in the guest gets the new delta. */
static void delta_changed(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	disarm(v);
	if (!axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC) && !(irq->level & AXV_LINE_TIMER))
		follow_event(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	axv_vcpu_drive_out(v);
}

static void set_time(struct axv_vm *vm, u64 now)
{
	unsigned int i;

	mutex_lock(&vm->lock);
	WRITE_ONCE(vm->arch.time_delta, now - axv_counter());
	for (i = 0; i < AXV_MAX_VCPUS; i++)
		if (vm->vcpus[i])
			delta_changed(vm->vcpus[i]);
	mutex_unlock(&vm->lock);
}

/**
 * axv_riscv_set_timer_regs() - take the group
 * @v: the vCPU, at rest
 * @t: checked
 */
void axv_riscv_set_timer_regs(struct axv_vcpu *v, const struct axvcpu_riscv_timer *t)
{
	if (t->flags & AXVCPU_RISCV_TIMER_SET)
		set_time(v->vm, t->time);
	axv_riscv_set_timer(v, t->stimecmp);
}

/**
 * axv_riscv_get_timer_regs() - give it
 * @v: the vCPU, at rest
 * @t: written only
 */
void axv_riscv_get_timer_regs(struct axv_vcpu *v, struct axvcpu_riscv_timer *t)
{
	t->time = axv_riscv_guest_time(v);
	t->stimecmp = axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC) ? v->arch.csr.vstimecmp :
							     READ_ONCE(v->arch.stimecmp);
	t->flags = 0;
	t->frequency_khz = riscv_timebase / 1000;
	t->reserved = 0;
}
