// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages between local APICs, and to them: who is meant, and what they get.
 *
 * Who is meant is a set of at most 64, found without a lock; each one's lock is taken
 * in turn and never two. A vCPU that goes meanwhile is there until a grace period has
 * passed, which interrupts that are off hold off.
 */
#include <linux/irqflags.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>

#include "lapic.h"

/* destinations that are everybody */
#define EVERYBODY8	0xffu
#define EVERYBODY32	0xffffffffu

/* models of logical destinations, DFR */
#define DFR_FLAT	0xf
#define DFR_CLUSTER	0x0

#define MSI_DEST(msi)	((msi) >> 16 & 0xfff)

static_assert(AXV_MAX_VCPUS <= 64);

/* ---- who ------------------------------------------------------------------------ */

/* A logical destination: of x2APIC mode by cluster and bit, of xAPIC mode as DFR has it. */
static bool matches(const struct axv_x86_lapic *l, u32 dest)
{
	u32 ldr = READ_ONCE(l->ldr), id;

	if (axv_x86_lapic_is_x2(l))
		return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff);
	if (dest > EVERYBODY8)
		return false;
	id = ldr >> 24;
	switch (READ_ONCE(l->dfr) >> 28) {
	case DFR_FLAT:
		return dest & id;
	case DFR_CLUSTER:
		return dest >> 4 == id >> 4 && (dest & id & 0xf);
	}
	return false;
}

/* Whom a message is for: a set by vCPU. @everybody: the destination that is all of them. */
static u64 find(const struct axv_vm *vm, u32 dest, bool logical, u32 everybody)
{
	const struct axv_vcpu *t;
	unsigned int i;
	u64 set = 0;

	if (!logical && dest != everybody) {
		if (dest >= AXV_MAX_VCPUS)
			return 0;
		dest = array_index_nospec(dest, AXV_MAX_VCPUS);
		t = READ_ONCE(vm->vcpus[dest]);
		return t && axv_x86_lapic_is_on(&t->arch.lapic) ? BIT_ULL(dest) : 0;
	}
	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		t = READ_ONCE(vm->vcpus[i]);
		if (!t || !axv_x86_lapic_is_on(&t->arch.lapic))
			continue;
		if (dest == everybody || matches(&t->arch.lapic, dest))
			set |= BIT_ULL(i);
	}
	return set;
}

/* Of @set the one that does the least, who it was last being asked last. */
static u64 lowest(struct axv_vm *vm, u64 set)
{
	unsigned int turn = READ_ONCE(vm->arch.lapic_turn), i, id;
	const struct axv_vcpu *t, *best = NULL;
	u32 prio, least = U32_MAX;

	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		id = (turn + i) % AXV_MAX_VCPUS;
		if (!(set & BIT_ULL(id)))
			continue;
		t = READ_ONCE(vm->vcpus[id]);
		if (!t || !axv_x86_lapic_takes(&t->arch.lapic))
			continue;
		prio = READ_ONCE(t->arch.lapic.priority);
		if (prio < least) {
			least = prio;
			best = t;
		}
	}
	if (!best)
		return 0;
	WRITE_ONCE(vm->arch.lapic_turn, best->id + 1);
	return BIT_ULL(best->id);
}

/* ---- what ----------------------------------------------------------------------- */

static int deliver_locked(struct axv_vcpu *t, u32 mode, u32 vector, bool level)
{
	switch (mode) {
	case AXVCPU_X86_FIXED:
	case AXVCPU_X86_LOWEST:
		return axv_x86_lapic_accept_locked(t, vector, level);
	case AXVCPU_X86_NMI:
		return axv_x86_nmi_locked(t);
	case AXVCPU_X86_INIT:
		return axv_x86_init_locked(t);
	case AXVCPU_X86_STARTUP:
		return axv_x86_sipi_locked(t, vector);
	case AXVCPU_X86_EXTINT:
		return axv_x86_extint_locked(t, vector);
	}
	return 0;
}

/* @self: one that needs no kick. Interrupts are off. 0: it has it and had not. */
static int deliver_one(struct axv_vcpu *t, u32 mode, u32 vector, bool level,
		       const struct axv_vcpu *self)
{
	int r;

	raw_spin_lock(&t->arch.events.lock);
	r = deliver_locked(t, mode, vector, level);
	raw_spin_unlock(&t->arch.events.lock);
	/* also where nothing came of it: an error may be an interrupt */
	if (t != self)
		axv_vcpu_kick(t);
	return r;
}

/* To all of @set. 0: somebody has it who had not. */
static int deliver(struct axv_vm *vm, u64 set, u32 mode, u32 vector, bool level,
		   const struct axv_vcpu *self)
{
	struct axv_vcpu *t;
	int r = -EAGAIN;

	if (mode == AXVCPU_X86_LOWEST)
		set = lowest(vm, set);
	for (; set; set &= set - 1) {
		t = READ_ONCE(vm->vcpus[__ffs64(set)]);
		if (t && !deliver_one(t, mode, vector, level, self))
			r = 0;
	}
	return r;
}

/* To whom @dest means: most messages mean one. */
static int deliver_to(struct axv_vm *vm, u32 dest, bool logical, u32 everybody, u32 mode,
		      u32 vector, bool level, const struct axv_vcpu *self)
{
	struct axv_vcpu *t;

	if (logical || dest >= AXV_MAX_VCPUS)
		return deliver(vm, find(vm, dest, logical, everybody), mode, vector, level, self);
	t = READ_ONCE(vm->vcpus[array_index_nospec(dest, AXV_MAX_VCPUS)]);
	if (!t || !axv_x86_lapic_is_on(&t->arch.lapic))
		return -EAGAIN;
	return deliver_one(t, mode, vector, level, self);
}

/* ---- the ICR -------------------------------------------------------------------- */

static u32 icr_dest(const struct axv_vcpu *v, u64 icr)
{
	return icr >> (axv_x86_lapic_is_x2(&v->arch.lapic) ? 32 : 56);
}

static u32 icr_everybody(const struct axv_vcpu *v)
{
	return axv_x86_lapic_is_x2(&v->arch.lapic) ? EVERYBODY32 : EVERYBODY8;
}

static u64 icr_set(const struct axv_vcpu *v, u64 icr)
{
	switch (LAPIC_SHORTHAND(icr)) {
	case LAPIC_SELF:
		return BIT_ULL(v->id);
	case LAPIC_ALL:
		return find(v->vm, EVERYBODY32, false, EVERYBODY32);
	case LAPIC_OTHERS:
		return find(v->vm, EVERYBODY32, false, EVERYBODY32) & ~BIT_ULL(v->id);
	}
	return find(v->vm, icr_dest(v, icr), icr & LAPIC_LOGICAL, icr_everybody(v));
}

/* The next of @set, from @first on, that waits for a SIPI; -1: none. */
static int next_waiting(const struct axv_vcpu *v, u64 set, u32 first)
{
	struct axv_vcpu *t;
	unsigned long irq;
	unsigned int i;
	bool waits;

	for (i = first; i < AXV_MAX_VCPUS; i++) {
		t = set & BIT_ULL(i) ? READ_ONCE(v->vm->vcpus[i]) : NULL;
		if (!t || !axv_x86_is_there(t))
			continue;
		raw_spin_lock_irqsave(&t->arch.events.lock, irq);
		waits = axv_x86_waits_locked(t) && !t->arch.events.start;
		raw_spin_unlock_irqrestore(&t->arch.events.lock, irq);
		if (waits)
			return i;
	}
	return -1;
}

/*
 * A SIPI where the VMM starts CPUs: one exit for each that waits, one after the other. In
 * between nothing of the instruction is done, and executed again it asks for those
 * that are still left. The exit's instruction is the caller's.
 */
static int ask_up(struct axv_vcpu *v, u64 icr, u32 first, bool may_exit)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	int id;

	rcu_read_lock();
	id = next_waiting(v, icr_set(v, icr), first);
	rcu_read_unlock();
	if (id < 0)
		return AXV_RESUME;
	if (!may_exit)
		return AXV_SLOW;
	l->asked = AXV_LAPIC_UP;
	l->asked_icr = icr;
	l->asked_id = id;
	axv_exit_reason(&v->exit, AXVCPU_EXIT_CPU_UP);
	v->exit.cpu_up.target = id;
	v->exit.cpu_up.entry = (icr & LAPIC_VECTOR) << PAGE_SHIFT;
	return AXV_EXIT;
}

/* Messages that are none on a CPU of this kind. */
static bool is_nothing(u32 icr)
{
	switch (LAPIC_MODE(icr)) {
	case AXVCPU_X86_INIT:
		/* INIT level de-assert */
		return (icr & LAPIC_LEVEL) && !(icr & LAPIC_ASSERT);
	case 3:
	case AXVCPU_X86_EXTINT:
		return true;
	}
	return false;
}

/* IPIs are edges whatever the trigger mode says. */
static void send(struct axv_vcpu *v, u64 icr)
{
	u32 mode = LAPIC_MODE(icr), vector = icr & LAPIC_VECTOR;
	unsigned long irq;

	local_irq_save(irq);
	if (LAPIC_SHORTHAND(icr))
		deliver(v->vm, icr_set(v, icr), mode, vector, false, v);
	else
		deliver_to(v->vm, icr_dest(v, icr), icr & LAPIC_LOGICAL, icr_everybody(v), mode,
			   vector, false, v);
	local_irq_restore(irq);
}

/**
 * axv_x86_lapic_icr() - the ICR is written, so that it sends
 * @v: the vCPU, its own thread; interrupts may be off
 * @icr: it, checked
 * @may_exit: an exit is possible
 *
 * Return: see lapic.h.
 */
int axv_x86_lapic_icr(struct axv_vcpu *v, u64 icr, bool may_exit)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u32 mode = LAPIC_MODE(icr);
	unsigned long irq;
	int r;

	if (mode == AXVCPU_X86_STARTUP && !(v->vm->flags & AXVCPU_VM_KERNEL_START)) {
		r = ask_up(v, icr, 0, may_exit);
		if (r == AXV_RESUME)
			l->icr = icr;
		return r;
	}
	l->icr = icr;
	if (is_nothing(icr))
		return AXV_RESUME;
	if ((mode == AXVCPU_X86_FIXED || mode == AXVCPU_X86_LOWEST) &&
	    (icr & LAPIC_VECTOR) < LAPIC_FIRST_VECTOR) {
		raw_spin_lock_irqsave(&v->arch.events.lock, irq);
		axv_x86_lapic_error_locked(v, LAPIC_ESR_SEND_VECTOR);
		raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
		return AXV_RESUME;
	}
	send(v, icr);
	return AXV_RESUME;
}

/**
 * axv_x86_lapic_self_ipi() - the SELF IPI register is written
 * @v: the vCPU, its own thread; interrupts may be off
 * @vector: the vector
 *
 * Return: AXV_RESUME.
 */
int axv_x86_lapic_self_ipi(struct axv_vcpu *v, u32 vector)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	axv_x86_lapic_accept_locked(v, vector, false);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	return AXV_RESUME;
}

/**
 * axv_x86_lapic_complete() - the VMM has answered an exit of the APIC's
 * @v: the vCPU, at rest
 *
 * Return: AXV_RESUME: what was written is done; AXV_EXIT: it is asked again.
 */
int axv_x86_lapic_complete(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u8 asked = l->asked;
	int r = AXV_RESUME;

	l->asked = AXV_LAPIC_NOTHING;
	if (asked == AXV_LAPIC_EOI) {
		/* with prepare to follow, so that nobody need be told of it here */
		axv_x86_lapic_eoi(v);
	} else if (asked == AXV_LAPIC_UP) {
		r = ask_up(v, l->asked_icr, l->asked_id + 1, true);
		if (r == AXV_RESUME)
			l->icr = l->asked_icr;
	}
	return r;
}

/* ---- of user space -------------------------------------------------------------- */

/**
 * axv_x86_lapic_msi() - a message of user space
 * @v: a vCPU of the VM; any thread
 * @msi: AXVCPU_X86_MSI(), valid
 *
 * Return: 0 where it came to somebody who had it not; -EAGAIN.
 */
int axv_x86_lapic_msi(struct axv_vcpu *v, u32 msi)
{
	unsigned long irq;
	int r;

	local_irq_save(irq);
	r = deliver_to(v->vm, MSI_DEST(msi), msi & AXVCPU_X86_MSI_LOGICAL, EVERYBODY8,
		       LAPIC_MODE(msi), msi & LAPIC_VECTOR, msi & AXVCPU_X86_MSI_LEVEL, v);
	/* where something came of it, the caller does */
	if (r)
		axv_vcpu_kick(v);
	local_irq_restore(irq);
	return r;
}
