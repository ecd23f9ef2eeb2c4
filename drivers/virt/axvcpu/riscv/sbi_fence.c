// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI calls that are about several harts: which they mean, and remote fences.
 *
 * A fence is asked for by a bit in irq.fence, which a vCPU takes and carries out
 * before it enters the guest. If it is of few pages, these are in irq.ranges; where
 * there is no more room, it is of all. One that is in the guest is kicked, and the call is
 * over when it has left or has taken the bit: from then on it executes nothing of
 * the guest's before the fence. The caller waits for that outside of a section, so
 * that two who fence each other both get on.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <asm/csr.h>
#include <asm/processor.h>
#include <asm/sbi.h>

#include "riscv.h"

/* ---- harts ---------------------------------------------------------------------- */

/**
 * axv_riscv_find_hart() - a vCPU by its hart id
 * @vm: the VM
 * @hartid: as the guest knows it
 *
 * Return: the vCPU, which is there until the section or rcu_read_lock() ends, or NULL.
 */
struct axv_vcpu *axv_riscv_find_hart(struct axv_vm *vm, u64 hartid)
{
	struct axv_vcpu *v;
	unsigned int i;

	/* most give a vCPU the same number in both places */
	if (hartid < AXV_MAX_VCPUS) {
		v = READ_ONCE(vm->vcpus[hartid]);
		if (likely(v && v->arch.hartid == hartid))
			return v;
	}
	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		v = READ_ONCE(vm->vcpus[i]);
		if (v && v->arch.hartid == hartid)
			return v;
	}
	return NULL;
}

static void all_harts(struct axv_vcpu *v, struct axv_riscv_harts *harts)
{
	unsigned int i;

	for (i = 0; i < AXV_MAX_VCPUS; i++)
		if (READ_ONCE(v->vm->vcpus[i]))
			__set_bit(i, harts->ids);
}

/**
 * axv_riscv_harts() - which vCPUs a call means
 * @v: the vCPU that calls, in the section or rcu_read_lock()
 * @mask: hart_mask
 * @base: hart id of its lowest bit, all ones: every hart
 * @harts: out: their ids
 *
 * Return: 0, or SBI_ERR_INVALID_PARAM for a hart that is not there.
 */
int axv_riscv_harts(struct axv_vcpu *v, u64 mask, u64 base, struct axv_riscv_harts *harts)
{
	struct axv_vcpu *t;
	u64 hart;

	bitmap_zero(harts->ids, AXV_MAX_VCPUS);
	if (base == U64_MAX) {
		all_harts(v, harts);
		return 0;
	}
	for (; mask; mask &= mask - 1) {
		hart = base + __ffs64(mask);
		if (hart < base)
			return SBI_ERR_INVALID_PARAM;
		t = axv_riscv_find_hart(v->vm, hart);
		if (!t)
			return SBI_ERR_INVALID_PARAM;
		__set_bit(t->id, harts->ids);
	}
	return 0;
}

/**
 * axv_riscv_some_harts() - likewise, of harts 0 to 63, those that are there
 * @v: the vCPU that calls
 * @mask: bits of hart ids
 * @harts: out: their ids
 */
void axv_riscv_some_harts(struct axv_vcpu *v, u64 mask, struct axv_riscv_harts *harts)
{
	struct axv_vcpu *t;

	bitmap_zero(harts->ids, AXV_MAX_VCPUS);
	rcu_read_lock();
	for (; mask; mask &= mask - 1) {
		t = axv_riscv_find_hart(v->vm, __ffs64(mask));
		if (t)
			__set_bit(t->id, harts->ids);
	}
	rcu_read_unlock();
}

/* ---- fences --------------------------------------------------------------------- */

static bool in_guest(const struct axv_vcpu *v)
{
	return READ_ONCE(v->mode) == AXV_IN_GUEST;
}

/* Its thread is not woken up: a vCPU that waits has time until it goes on. */
static void drive(struct axv_vcpu *t)
{
	struct task_struct *task;

	rcu_read_lock();
	task = READ_ONCE(t->task);
	if (task)
		kick_process(task);
	rcu_read_unlock();
}

/* A range may reach the end of the address space, but not go round it. */
static bool is_range(u64 start, u64 size)
{
	return size == U64_MAX || !size || start + (size - 1) >= start;
}

/**
 * axv_riscv_fence_range() - what a guest's fence of translations is of
 * @fence: out
 * @start: first address
 * @size: bytes; 0, all ones, or more than AXV_RISCV_FENCE_PAGES: all addresses
 * @asid: address space; none that a hart can have: all of them
 */
void axv_riscv_fence_range(struct axv_riscv_fence *fence, u64 start, u64 size, u64 asid)
{
	struct axv_riscv_range *range = &fence->range;
	u64 pages;

	range->asid = asid > SATP_ASID_MASK ? AXV_RISCV_ANY_ASID : asid;
	range->start = start & PAGE_MASK;
	range->pages = 0;
	if (!size || size == U64_MAX || !is_range(start, size))
		return;
	pages = ((start + (size - 1)) >> PAGE_SHIFT) - (start >> PAGE_SHIFT) + 1;
	if (pages <= AXV_RISCV_FENCE_PAGES)
		range->pages = pages;
}

static void ask(struct axv_riscv_irq *irq, const struct axv_riscv_fence *fence)
{
	const struct axv_riscv_range *range = &fence->range;
	unsigned int kind = AXV_RISCV_FENCE_VVMA;
	unsigned long flags;

	if (fence->insn) {
		set_bit(AXV_RISCV_FENCE_I, &irq->fence);
		return;
	}
	if (range->pages || range->asid != AXV_RISCV_ANY_ASID) {
		raw_spin_lock_irqsave(&irq->lock, flags);
		if (irq->nr_ranges < AXV_RISCV_RANGES) {
			irq->ranges[irq->nr_ranges++] = *range;
			kind = AXV_RISCV_FENCE_RANGES;
		}
		raw_spin_unlock_irqrestore(&irq->lock, flags);
	}
	set_bit(kind, &irq->fence);
}

/**
 * axv_riscv_ask_fence() - have vCPUs do a fence before they go on
 * @v: the vCPU that asks, in the section or rcu_read_lock(); may be one of them
 * @harts: the vCPUs
 * @fence: the fence
 *
 * Return: true where some are still in the guest.
 */
bool axv_riscv_ask_fence(struct axv_vcpu *v, const struct axv_riscv_harts *harts,
			 const struct axv_riscv_fence *fence)
{
	struct axv_vcpu *t;
	bool busy = false;
	unsigned int id;

	for_each_set_bit(id, harts->ids, AXV_MAX_VCPUS) {
		t = READ_ONCE(v->vm->vcpus[id]);
		if (t)
			ask(&t->arch.irq, fence);
	}
	/* either the bit is seen by who enters, or that it has is seen here */
	smp_mb();
	for_each_set_bit(id, harts->ids, AXV_MAX_VCPUS) {
		t = READ_ONCE(v->vm->vcpus[id]);
		if (!t || t == v || !in_guest(t))
			continue;
		drive(t);
		busy = true;
	}
	return busy;
}

/**
 * axv_riscv_await_fence() - wait until nobody is in the guest without it
 * @v: the vCPU that asked, outside of its section, in rcu_read_lock()
 * @harts: the vCPUs
 * @fence: the fence
 *
 * They have been kicked: the wait is as long as an IPI takes.
 */
void axv_riscv_await_fence(struct axv_vcpu *v, const struct axv_riscv_harts *harts,
			   const struct axv_riscv_fence *fence)
{
	unsigned long kinds = BIT(AXV_RISCV_FENCE_I);
	struct axv_vcpu *t;
	unsigned int id;

	/* either of the two: it may have had no room for a range */
	if (!fence->insn)
		kinds = BIT(AXV_RISCV_FENCE_VVMA) | BIT(AXV_RISCV_FENCE_RANGES);
	for_each_set_bit(id, harts->ids, AXV_MAX_VCPUS) {
		t = READ_ONCE(v->vm->vcpus[id]);
		if (!t || t == v)
			continue;
		while (in_guest(t) && (READ_ONCE(t->arch.irq.fence) & kinds))
			cpu_relax();
	}
	/* what they did before, before what comes now */
	smp_mb();
}

/**
 * axv_riscv_do_fences() - carry out what was asked for
 * @v: the vCPU, in the section, before an entry
 */
void axv_riscv_do_fences(struct axv_vcpu *v)
{
	static const struct axv_riscv_range all = { .asid = AXV_RISCV_ANY_ASID };
	struct axv_riscv_range ranges[AXV_RISCV_RANGES];
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long kinds = xchg(&irq->fence, 0);
	unsigned int nr = 0, i;

	if (kinds & BIT(AXV_RISCV_FENCE_I))
		asm volatile("fence.i" : : : "memory");
	if (kinds & BIT(AXV_RISCV_FENCE_RANGES)) {
		raw_spin_lock(&irq->lock);
		nr = irq->nr_ranges;
		memcpy(ranges, irq->ranges, nr * sizeof(*ranges));
		irq->nr_ranges = 0;
		raw_spin_unlock(&irq->lock);
	}
	if (kinds & BIT(AXV_RISCV_FENCE_VVMA)) {
		axv_riscv_flush_vstage(&all);
		return;
	}
	for (i = 0; i < nr; i++)
		axv_riscv_flush_vstage(&ranges[i]);
}

/* ---- RFENCE --------------------------------------------------------------------- */

/* What @fid asks for, of whom: 0 or SBI_ERR_*. */
static int rfence(struct axv_vcpu *v, u64 fid, struct axv_riscv_harts *harts,
		  struct axv_riscv_fence *fence)
{
	const u64 *a = &v->arch.ctx.x[AXV_A0];
	u64 asid = fid == SBI_EXT_RFENCE_REMOTE_SFENCE_VMA_ASID ? a[4] : AXV_RISCV_ANY_ASID;

	axv_riscv_fence_range(fence, a[2], a[3], asid);
	fence->insn = fid == SBI_EXT_RFENCE_REMOTE_FENCE_I;
	switch (fid) {
	case SBI_EXT_RFENCE_REMOTE_FENCE_I:
		break;
	case SBI_EXT_RFENCE_REMOTE_SFENCE_VMA:
	case SBI_EXT_RFENCE_REMOTE_SFENCE_VMA_ASID:
		if (!is_range(a[2], a[3]))
			return SBI_ERR_INVALID_ADDRESS;
		break;
	default:
		/* the others are for guests of the guest's, which has no H */
		return SBI_ERR_NOT_SUPPORTED;
	}
	return axv_riscv_harts(v, a[0], a[1], harts);
}

/**
 * axv_riscv_sbi_rfence() - the RFENCE extension
 * @v: the vCPU, in the section
 * @fid: function
 *
 * Return: enum axv_next; AXV_SLOW: axv_riscv_sbi_rfence_wait() has to follow.
 */
int axv_riscv_sbi_rfence(struct axv_vcpu *v, u64 fid)
{
	struct axv_riscv_fence fence;
	struct axv_riscv_harts harts;
	int r;

	r = rfence(v, fid, &harts, &fence);
	if (!r && axv_riscv_ask_fence(v, &harts, &fence))
		return AXV_SLOW;
	return axv_riscv_sbi_answer(v, r, 0);
}

/**
 * axv_riscv_sbi_rfence_wait() - the rest of it, with interrupts on
 * @v: the vCPU, at rest; its registers are as they were
 *
 * Return: AXV_RESUME.
 */
int axv_riscv_sbi_rfence_wait(struct axv_vcpu *v)
{
	struct axv_riscv_fence fence;
	struct axv_riscv_harts harts;

	rcu_read_lock();
	/* Where one of them is gone by now, all are as good: who has no bit costs nothing. */
	if (rfence(v, v->arch.ctx.x[AXV_A6], &harts, &fence))
		axv_riscv_harts(v, 0, U64_MAX, &harts);
	axv_riscv_await_fence(v, &harts, &fence);
	rcu_read_unlock();
	return axv_riscv_sbi_answer(v, 0, 0);
}
