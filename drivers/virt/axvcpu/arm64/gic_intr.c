// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU's GIC in the interrupts group of the run page. */
#include <linux/bitfield.h>
#include <linux/string.h>

#include "gic.h"

static bool spi_valid(u32 spi)
{
	u32 state = AXVCPU_ARM64_IRQ_PENDING | AXVCPU_ARM64_IRQ_ACTIVE, intid = AXV_GIC_INTID(spi);

	return intid >= AXV_GIC_PRIVATE && axv_arm64_gic_valid(spi & ~state) &&
	       !(intid >= AXV_GIC_LPI && (spi & AXVCPU_ARM64_IRQ_ACTIVE));
}

/**
 * axv_arm64_gic_check() - may its part of the group be committed?
 * @r: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_gic_check(const struct axvcpu_arm64_intr *r)
{
	u32 i, j, nr_aps = 1 << (axv_arm64_pre_bits > 5 ? axv_arm64_pre_bits - 5 : 0);

	if ((r->vmcr & ~(u64)AXV_VMCR_ALL) || r->nr_spis > AXVCPU_ARM64_MAX_SPIS)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(r->ap0r); i++) {
		/* no priority is active in both groups */
		if ((r->ap0r[i] & r->ap1r[i]) || (i >= nr_aps && (r->ap0r[i] | r->ap1r[i])))
			return -EINVAL;
	}
	for (i = 0; i < r->nr_spis; i++) {
		if (!spi_valid(r->spi[i]))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (AXV_GIC_INTID(r->spi[i]) == AXV_GIC_INTID(r->spi[j]))
				return -EINVAL;
	}
	return 0;
}

/**
 * axv_arm64_gic_set() - take it
 * @v: the vCPU, at rest
 * @r: checked
 */
void axv_arm64_gic_set(struct axv_vcpu *v, const struct axvcpu_arm64_intr *r)
{
	u8 mask = 0xff << (8 - axv_arm64_pri_bits);
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&g->lock, flags);
	axv_gic_reset_irqs(g);
	axv_gic_reset_interface(v);
	ich->vmcr = r->vmcr;
	for (i = 0; i < ARRAY_SIZE(r->ap0r); i++) {
		ich->ap0r[i] = r->ap0r[i];
		ich->ap1r[i] = r->ap1r[i];
	}
	for (i = 0; i < AXV_GIC_PRIVATE; i++) {
		q = &g->irq[i];
		q->latch = r->pending & BIT(i);
		q->active = r->active & BIT(i);
		q->enabled = r->enabled & BIT(i);
		q->group1 = r->group & BIT(i);
		q->priority = r->priority[i] & mask;
		if (i >= AXV_GIC_SGIS && !q->linked)
			q->level = !(r->edge & BIT(i));
		if (i >= AXV_GIC_SGIS)
			q->line = r->level & BIT(i);
		axv_gic_note(g, q);
	}
	for (i = 0; i < r->nr_spis; i++) {
		q = axv_gic_new(g, AXV_GIC_INTID(r->spi[i]));
		q->level = r->spi[i] & AXVCPU_ARM64_IRQ_LEVEL;
		q->group1 = !(r->spi[i] & AXVCPU_ARM64_IRQ_GROUP0);
		q->priority = AXV_GIC_PRIORITY(r->spi[i]) & mask;
		q->active = r->spi[i] & AXVCPU_ARM64_IRQ_ACTIVE;
		if (q->level)
			q->line = r->spi[i] & AXVCPU_ARM64_IRQ_PENDING;
		else
			q->latch = r->spi[i] & AXVCPU_ARM64_IRQ_PENDING;
		axv_gic_note(g, q);
	}
	raw_spin_unlock_irqrestore(&g->lock, flags);
}

static u32 spi_of(const struct axv_gic_irq *q, bool pending)
{
	u32 spi = AXVCPU_ARM64_IRQ(q->intid, (u32)q->priority);

	if (q->level)
		spi |= AXVCPU_ARM64_IRQ_LEVEL;
	if (!q->group1)
		spi |= AXVCPU_ARM64_IRQ_GROUP0;
	if (pending)
		spi |= AXVCPU_ARM64_IRQ_PENDING;
	if (q->active)
		spi |= AXVCPU_ARM64_IRQ_ACTIVE;
	return spi;
}

/* Without its line: by its latch, or where that has gone. */
static bool is_latched(const struct axv_arm64_ich *ich, const struct axv_gic_irq *q)
{
	return q->latch || (q->lr && !q->level && !q->not_pending &&
			    (ich->lr[q->lr - 1] & AXV_LR_PENDING));
}

/**
 * axv_arm64_gic_get() - give it
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_arm64_gic_get(struct axv_vcpu *v, struct axvcpu_arm64_intr *r)
{
	u32 pending = 0, active = 0, enabled = 0, group = 0, edge = 0, level = 0, nr = 0;
	const struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	const struct axv_gic_irq *q;
	unsigned long flags;
	unsigned int i;

	r->vmcr = ich->vmcr & AXV_VMCR_ALL;
	for (i = 0; i < ARRAY_SIZE(r->ap0r); i++) {
		r->ap0r[i] = ich->ap0r[i];
		r->ap1r[i] = ich->ap1r[i];
	}
	memset(r->priority, 0, sizeof(r->priority));
	memset(r->spi, 0, sizeof(r->spi));
	if (g) {
		raw_spin_lock_irqsave(&g->lock, flags);
		for (i = 0; i < AXV_GIC_PRIVATE; i++) {
			q = &g->irq[i];
			pending |= is_latched(ich, q) ? BIT(i) : 0;
			active |= q->active ? BIT(i) : 0;
			enabled |= q->enabled ? BIT(i) : 0;
			group |= q->group1 ? BIT(i) : 0;
			edge |= q->level ? 0 : BIT(i);
			level |= q->line ? BIT(i) : 0;
			r->priority[i] = q->priority;
		}
		for_each_set_bit_from(i, g->busy, AXV_GIC_IRQS) {
			q = &g->irq[i];
			r->spi[nr++] = spi_of(q, q->line || is_latched(ich, q));
		}
		raw_spin_unlock_irqrestore(&g->lock, flags);
	}
	r->pending = pending;
	r->active = active;
	r->enabled = enabled;
	r->group = group;
	r->edge = edge;
	r->level = level;
	r->nr_spis = nr;
}
