// SPDX-License-Identifier: GPL-2.0-only
/* The event queue of a vCPU in the interrupts group of the run page. */
#include <linux/string.h>

#include "event.h"

#define EV_ALL_FLAGS	(EV_KEPT_FLAGS | AXVCPU_X86_INTR_SHADOW | \
			 AXVCPU_X86_INTR_NMI_MASKED | AXVCPU_X86_INTR_REINJECT)

/**
 * axv_x86_fetch_intr() - the interrupts group
 * @v: the vCPU
 * @g: where to; may be shared with user space: written only
 */
void axv_x86_fetch_intr(struct axv_vcpu *v, struct axvcpu_x86_intr *g)
{
	struct axv_x86_events *ev = &v->arch.events;
	struct axvcpu_x86_intr intr = {};
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	memcpy(intr.pending, ev->irr, sizeof(intr.pending));
	intr.flags = ev->flags & EV_KEPT_FLAGS;
	intr.nmis = ev->nmis;
	if (intr.flags & AXVCPU_X86_INTR_EXCEPTION) {
		intr.exc_vector = ev->exc_vector;
		if (intr.flags & AXVCPU_X86_INTR_EXC_ERROR)
			intr.exc_error = ev->exc_error;
		if (intr.flags & AXVCPU_X86_INTR_EXC_PAYLOAD)
			intr.exc_payload = ev->exc_payload;
	}
	raw_spin_unlock_irqrestore(&ev->lock, irq);

	if (v->arch.shadow)
		intr.flags |= AXVCPU_X86_INTR_SHADOW;
	if (v->arch.nmi_masked)
		intr.flags |= AXVCPU_X86_INTR_NMI_MASKED;
	if (v->arch.reinject) {
		intr.flags |= AXVCPU_X86_INTR_REINJECT;
		intr.reinject = v->arch.reinject & ~(u64)AXV_X86_EVENT_VALID;
		intr.reinject_len = v->arch.reinject_len;
	}
	memcpy(g, &intr, sizeof(intr));
}

static bool intr_exception_valid(const struct axvcpu_x86_intr *g)
{
	bool error = g->flags & AXVCPU_X86_INTR_EXC_ERROR;
	bool payload = g->flags & AXVCPU_X86_INTR_EXC_PAYLOAD;

	if ((!error && g->exc_error) || (!payload && g->exc_payload))
		return false;
	if (!(g->flags & AXVCPU_X86_INTR_EXCEPTION))
		return !error && !payload && !g->exc_vector;
	if (g->exc_vector > 31 || g->exc_vector == AXV_X86_NMI ||
	    error != axv_x86_has_error(g->exc_vector))
		return false;
	return !payload || g->exc_vector == AXV_X86_PF ||
	       (g->exc_vector == AXV_X86_DB && !(g->exc_payload & ~(u64)DR6_CAUSES));
}

static bool intr_reinject_valid(const struct axvcpu_x86_intr *g)
{
	u32 vector = EVENT_VECTOR(g->reinject);
	bool error = g->reinject & AXV_X86_EVENT_ERR_VALID;
	bool soft = false;

	if (!(g->flags & AXVCPU_X86_INTR_REINJECT))
		return !g->reinject && !g->reinject_len;
	if ((u32)g->reinject & ~(AXV_X86_EVENT_TYPE_MASK | AXV_X86_EVENT_ERR_VALID | 0xff))
		return false;
	if (!error && g->reinject >> 32)
		return false;
	switch (EVENT_TYPE(g->reinject)) {
	case AXV_X86_EVENT_TYPE_INTR:
		if (error || !vector)
			return false;
		break;
	case AXV_X86_EVENT_TYPE_NMI:
		if (error || vector != AXV_X86_NMI)
			return false;
		break;
	case AXV_X86_EVENT_TYPE_EXC:
		if (vector > 31 || vector == AXV_X86_NMI || error != axv_x86_has_error(vector))
			return false;
		soft = vector == AXV_X86_BP || vector == AXV_X86_OF;
		break;
	case AXV_X86_EVENT_TYPE_SOFT:
		if (error)
			return false;
		soft = true;
		break;
	default:
		return false;
	}
	return soft ? g->reinject_len <= 15 : !g->reinject_len;
}

/**
 * axv_x86_check_intr() - can a vCPU have this interrupts group?
 * @v: the vCPU
 * @g: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_x86_check_intr(const struct axv_vcpu *v, const struct axvcpu_x86_intr *g)
{
	if ((g->flags & AXVCPU_X86_INTR_INIT) && !v->arch.lapic.there)
		return -EINVAL;
	if (g->flags & ~EV_ALL_FLAGS || g->nmis > EV_NMIS_MAX || (g->pending[0] & 1) ||
	    memchr_inv(g->reserved, 0, sizeof(g->reserved)))
		return -EINVAL;
	if (!intr_exception_valid(g) || !intr_reinject_valid(g))
		return -EINVAL;
	return 0;
}

/**
 * axv_x86_commit_intr() - take an interrupts group
 * @v: the vCPU, at rest
 * @g: checked
 */
void axv_x86_commit_intr(struct axv_vcpu *v, const struct axvcpu_x86_intr *g)
{
	struct axv_x86_events *ev = &v->arch.events;
	unsigned long irq;

	raw_spin_lock_irqsave(&ev->lock, irq);
	memcpy(ev->irr, g->pending, sizeof(ev->irr));
	ev->flags = g->flags & EV_KEPT_FLAGS;
	ev->nmis = g->nmis;
	ev->exc_vector = g->exc_vector;
	ev->exc_error = g->exc_error;
	ev->exc_payload = g->exc_payload;
	if (!(g->flags & EV_STANDS))
		ev->start = false;
	if (g->flags & AXVCPU_X86_INTR_INIT)
		WRITE_ONCE(v->prepare, true);
	axv_x86_events_changed_locked(v);
	raw_spin_unlock_irqrestore(&ev->lock, irq);

	v->arch.shadow = g->flags & AXVCPU_X86_INTR_SHADOW;
	v->arch.nmi_masked = g->flags & AXVCPU_X86_INTR_NMI_MASKED;
	v->arch.reinject = 0;
	if (g->flags & AXVCPU_X86_INTR_REINJECT)
		v->arch.reinject = g->reinject | AXV_X86_EVENT_VALID;
	v->arch.reinject_len = g->reinject_len;
}
