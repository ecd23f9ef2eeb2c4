// SPDX-License-Identifier: GPL-2.0-only
/*
 * AXVCPU_ARM64_SETUP_INTERRUPT: an interrupt of the host that is the guest's.
 *
 * It ends at the host with its priority alone: it stays active, so that it is not signalled
 * again, until the guest ends what the list register has that names it, which ends the
 * host's in hardware. Whatever else takes it from the guest (a write to the redistributor,
 * a commit, an end without a register, a reset) has to end it by hand.
 *
 * Which one it may be: the interrupts of the guest's own timers are the guest's anyway. Of a
 * device's it says nothing that a VMM may open /dev/axvcpu: whoever has such an interrupt
 * keeps it from the device's driver, so that takes CAP_SYS_RAWIO, which is what may have the
 * device as well. What cannot be had is told by errno, and why by the log.
 */
#include <linux/capability.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/slab.h>

#include "gic.h"

/**
 * struct axv_arm64_forward - a host's interrupt that goes to a vCPU
 * @v: the vCPU
 * @irq: the host's, its Linux number
 * @pintid: and the GIC's
 * @intid: the guest's
 * @held: how often it came and was not ended yet; the GIC's lock
 */
struct axv_arm64_forward {
	struct axv_vcpu *v;
	unsigned int irq;
	u32 pintid;
	u32 intid;
	unsigned int held;
};

static int refuse(unsigned int irq, const char *why)
{
	pr_info_ratelimited("arm64: host interrupt %u cannot be forwarded: %s\n", irq, why);
	return -EOPNOTSUPP;
}

/* The number in the innermost controller; 0: there is no such interrupt. */
static u32 innermost(unsigned int irq)
{
	struct irq_data *d = irq_get_irq_data(irq);

	while (d && d->parent_data)
		d = d->parent_data;
	return d ? irqd_to_hwirq(d) : 0;
}

static irqreturn_t forward_handler(int irq, void *dev)
{
	struct axv_arm64_forward *fwd = dev;
	struct axv_arm64_gic *g = fwd->v->arch.gic;
	struct axv_gic_irq *q = &g->irq[fwd->intid];
	unsigned long flags;

	raw_spin_lock_irqsave(&g->lock, flags);
	fwd->held++;
	q->latch = true;
	axv_gic_note(g, q);
	raw_spin_unlock_irqrestore(&g->lock, flags);
	axv_arm64_irq_changed(fwd->v);
	axv_vcpu_kick(fwd->v);
	return IRQ_HANDLED;
}

/* Of a timer: does the guest have it already? */
static int check_timer(const struct axvcpu_arm64_setup *s)
{
	u32 intid = axv_arm64_timer_intid(s->host_irq);

	if (intid == AXV_ARM64_PPI_PTIMER && !(s->flags & AXVCPU_ARM64_SETUP_TIMER))
		return refuse(s->host_irq,
			      "the physical timer is emulated without SETUP_TIMER");
	if (s->guest_irq != intid)
		return refuse(s->host_irq,
			      "a timer has one interrupt: PPI 27, or EL1's physical one 30");
	return 0;
}

static int check(const struct axvcpu_arm64_setup *s, u32 *pintid)
{
	if (s->guest_irq < AXV_GIC_SGIS || s->guest_irq > AXV_GIC_SPI_LAST || !s->host_irq)
		return -EINVAL;
	if (!axv_arm64_has(AXVCPU_ARM64_FEAT_DIRECT_IRQ))
		return refuse(s->host_irq, "there are no list registers, see GET_INFO");
	if (axv_arm64_timer_intid(s->host_irq))
		return check_timer(s);
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	*pintid = innermost(s->host_irq);
	if (!*pintid)
		return -EINVAL;
	if (*pintid < AXV_GIC_PRIVATE)
		return refuse(s->host_irq, "it is one that each CPU has for the host");
	if (*pintid > AXV_GIC_SPI_LAST)
		return refuse(s->host_irq,
			      "list registers name SPIs only: give the device's driver an irqfd");
	if (s->guest_irq >= AXV_GIC_PRIVATE)
		return refuse(s->host_irq,
			      "SPIs of the guest are its VMM's distributor's: name a PPI");
	if (s->guest_irq == AXV_ARM64_PPI_VTIMER || s->guest_irq == AXV_ARM64_PPI_PTIMER)
		return -EINVAL;
	return irq_has_action(s->host_irq) ? -EBUSY : 0;
}

/* The interrupt is the vCPU's from here on. */
static int attach(struct axv_arm64_forward *fwd)
{
	int r;

	/* not before the GIC's driver knows that its end is not the host's */
	r = request_irq(fwd->irq, forward_handler, IRQF_NO_AUTOEN | IRQF_NO_THREAD,
			"axvcpu guest", fwd);
	if (r)
		return r;
	r = irq_set_vcpu_affinity(fwd->irq, fwd);
	if (r) {
		free_irq(fwd->irq, fwd);
		return refuse(fwd->irq, "it is not the GIC's");
	}
	axv_arm64_gic_forward(fwd->v, fwd->intid, fwd->pintid);
	fwd->v->arch.forward = fwd;
	enable_irq(fwd->irq);
	return 0;
}

/**
 * axv_arm64_forward_setup() - AXVCPU_ARM64_SETUP_INTERRUPT
 * @v: the vCPU, at rest, has none
 * @s: the request
 *
 * Return: 0; -EINVAL; -EPERM: a device's interrupt, without CAP_SYS_RAWIO; -EBUSY: it has a
 * handler; -EOPNOTSUPP: it is none that can be forwarded, the log says why; -ENOMEM.
 */
int axv_arm64_forward_setup(struct axv_vcpu *v, const struct axvcpu_arm64_setup *s)
{
	struct axv_arm64_forward *fwd;
	u32 pintid = 0;
	int r;

	r = check(s, &pintid);
	if (r || !pintid)
		return r;
	fwd = kzalloc(sizeof(*fwd), GFP_KERNEL_ACCOUNT);
	if (!fwd)
		return -ENOMEM;
	fwd->v = v;
	fwd->irq = s->host_irq;
	fwd->pintid = pintid;
	fwd->intid = s->guest_irq;
	r = attach(fwd);
	if (r)
		kfree(fwd);
	return r;
}

/* The host's is not active any more. */
static void release(const struct axv_arm64_forward *fwd)
{
	irq_set_irqchip_state(fwd->irq, IRQCHIP_STATE_ACTIVE, false);
}

/**
 * axv_arm64_forward_drop() - it is the host's again, which has no use for it
 * @v: the vCPU, at rest
 */
void axv_arm64_forward_drop(struct axv_vcpu *v)
{
	struct axv_arm64_forward *fwd = v->arch.forward;

	if (!fwd)
		return;
	/* the kernel waits for its handler until the GIC has the interrupt no more as active */
	disable_irq_nosync(fwd->irq);
	irq_set_vcpu_affinity(fwd->irq, NULL);
	release(fwd);
	free_irq(fwd->irq, fwd);
	v->arch.forward = NULL;
	axv_arm64_gic_forward(v, fwd->intid, 0);
	kfree(fwd);
}

/**
 * axv_arm64_forward_ended() - the guest's end of it was the host's
 * @v: the vCPU, in the section; the GIC's lock is held
 */
void axv_arm64_forward_ended(struct axv_vcpu *v)
{
	if (v->arch.forward && v->arch.forward->held)
		v->arch.forward->held--;
}

/**
 * axv_arm64_forward_look() - has the guest lost it in another way?
 * @v: the vCPU, in the section
 */
void axv_arm64_forward_look(struct axv_vcpu *v)
{
	struct axv_arm64_forward *fwd = v->arch.forward;
	struct axv_arm64_gic *g = v->arch.gic;
	const struct axv_gic_irq *q = &g->irq[fwd->intid];
	bool lost;

	raw_spin_lock(&g->lock);
	lost = fwd->held && !q->latch && !q->active && !q->lr;
	if (lost)
		fwd->held = 0;
	raw_spin_unlock(&g->lock);
	if (lost)
		release(fwd);
}
