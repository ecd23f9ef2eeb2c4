// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's interrupts: which of them are in the list registers, and what comes back.
 *
 * The CPU's virtual interface acknowledges, preempts and ends by itself what the list
 * registers have, and where all that is pending or active fits in there is nothing to do
 * but to fill them and to read them back. Where it does not:
 *
 * - They get the interrupts of the highest priorities, and always one that is pending and
 *   can be taken, if there is any: when none is left that is pending, NPIE ends the guest
 *   and they are filled anew. Those left out have to wait for these in any case.
 * - A pending interrupt of a disabled group cannot be taken. It gives way, and when the
 *   group is enabled or disabled the guest ends too.
 * - An active one that was left out ends without a register: the CPU counts these
 *   (EOIcount), and as interrupts end in the order of their priorities, the count says
 *   which ones. Where the guest deactivates them apart from that (EOImode) the order is
 *   its own, and ICC_DIR_EL1 traps.
 *
 * A level-triggered interrupt is pending again after its end while its line is up: the
 * list register asks for an interrupt at the end, unless it is linked to one of the host,
 * which then comes by itself.
 */
#include <linux/bitfield.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>

#include "gic.h"

/* ---- list registers ------------------------------------------------------------- */

static u32 group_enable(const struct axv_gic_irq *q)
{
	return q->group1 ? AXV_VMCR_ENG1 : AXV_VMCR_ENG0;
}

/* Could the guest acknowledge it, if its priority is high enough? */
static bool is_takeable(const struct axv_gic_irq *q, u64 vmcr)
{
	return q->enabled && !q->active && axv_gic_is_pending(q) && (vmcr & group_enable(q));
}

/* What a list register says of it; a latch of an edge goes with it. */
static u64 make_lr(struct axv_gic_irq *q)
{
	u64 lr = q->intid | AXV_LR_PRIORITY(q->priority);
	bool pending = q->enabled && axv_gic_is_pending(q);

	if (q->group1)
		lr |= AXV_LR_GROUP1;
	if (q->linked)
		lr |= AXV_LR_HW | AXV_LR_PINTID(q->pintid);
	else if (q->level)
		lr |= AXV_LR_EOI;
	if (q->active)
		lr |= AXV_LR_ACTIVE;
	/* a level is sampled again at the end; the host's is pending or active, not both */
	if (pending && !(q->active && (q->level || q->linked))) {
		lr |= AXV_LR_PENDING;
		if (!q->level)
			q->latch = q->twice;
		q->twice = false;
	}
	return lr;
}

/**
 * axv_gic_unload() - empty the list registers
 * @v: the vCPU, what it did is folded; the lock is held
 */
void axv_gic_unload(struct axv_vcpu *v)
{
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q;
	unsigned int i;

	for (i = 0; i < ich->nr_used; i++) {
		if (!ich->lr[i])
			continue;
		q = &g->irq[g->in_lr[i]];
		if ((ich->lr[i] & AXV_LR_PENDING) && !q->level && !q->not_pending) {
			/* one that was injected while the guest might have taken this one */
			q->twice = q->latch && axv_gic_index(g, q) >= AXV_GIC_PRIVATE;
			q->latch = true;
		}
		if (q->not_active)
			q->active = false;
		q->not_pending = false;
		q->not_active = false;
		q->lr = 0;
		ich->lr[i] = 0;
		axv_gic_note(g, q);
	}
	ich->nr_used = 0;
}

/* ---- when there are more than list registers ------------------------------------ */

/* By priority, an active one before a pending one; what cannot be taken comes last. */
static u32 rank(const struct axv_gic_irq *q, u64 vmcr)
{
	bool blocked = !q->active && !is_takeable(q, vmcr);

	return (u32)blocked << 9 | (u32)q->priority << 1 | (q->active ? 0 : 1);
}

/* The first axv_arm64_nr_lrs of them are those of the lowest ranks. */
static void choose(struct axv_arm64_gic *g, struct axv_gic_choice *c, u64 vmcr)
{
	unsigned int i, j, best, last = axv_arm64_nr_lrs - 1;

	for (i = 0; i <= last; i++) {
		best = i;
		for (j = i + 1; j < c->nr; j++)
			if (rank(&g->irq[c->index[j]], vmcr) < rank(&g->irq[c->index[best]], vmcr))
				best = j;
		swap(c->index[i], c->index[best]);
	}
	for (i = 0; i <= last; i++)
		if (is_takeable(&g->irq[c->index[i]], vmcr))
			return;
	/* only active ones: the first that is pending takes the place of the last */
	best = 0;
	for (j = last + 1; j < c->nr; j++)
		if (is_takeable(&g->irq[c->index[j]], vmcr) &&
		    (!best || rank(&g->irq[c->index[j]], vmcr) <
			      rank(&g->irq[c->index[best]], vmcr)))
			best = j;
	if (best)
		swap(c->index[last], c->index[best]);
}

/* What is to end the guest for the sake of those that were left out. */
static u64 hcr_for(const struct axv_arm64_gic *g, const struct axv_gic_choice *c, u64 vmcr)
{
	const struct axv_gic_irq *q;
	unsigned int i;
	u64 hcr = 0;

	for (i = axv_arm64_nr_lrs; i < c->nr; i++) {
		q = &g->irq[c->index[i]];
		if (q->active)
			hcr |= AXV_ICH_HCR_LRENPIE |
			       (axv_gic_has_tdir ? AXV_ICH_HCR_TDIR : AXV_ICH_HCR_TC);
		else if (is_takeable(q, vmcr))
			hcr |= AXV_ICH_HCR_NPIE;
	}
	/*
	 * What is left out may come in with its group, or when those in the registers cannot be
	 * taken any more. Without a group there is nothing to come in.
	 */
	if (!(vmcr & AXV_VMCR_ENG0))
		hcr |= AXV_ICH_HCR_GRP0EIE;
	if (!(vmcr & AXV_VMCR_ENG1))
		hcr |= AXV_ICH_HCR_GRP1EIE;
	if ((vmcr & AXV_VMCR_ENG0) && (vmcr & AXV_VMCR_ENG1))
		hcr |= AXV_ICH_HCR_GRP0DIE | AXV_ICH_HCR_GRP1DIE;
	return hcr;
}

/* ---- before an entry ------------------------------------------------------------ */

/* All that are active, or pending and enabled. */
static void gather(const struct axv_arm64_gic *g, struct axv_gic_choice *c)
{
	const struct axv_gic_irq *q;
	unsigned int word, i;
	unsigned long bits;

	c->nr = 0;
	for (word = 0; word < ARRAY_SIZE(g->busy); word++) {
		/* of a few bits for_each_set_bit() makes as many calls */
		for (bits = g->busy[word]; bits; bits &= bits - 1) {
			i = word * BITS_PER_LONG + __ffs(bits);
			q = &g->irq[i];
			if (q->active || (q->enabled && axv_gic_is_pending(q)))
				c->index[c->nr++] = i;
		}
	}
}

static void fill(struct axv_vcpu *v)
{
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_choice *c = &g->choice;
	struct axv_gic_irq *q;
	unsigned int i;

	gather(g, c);
	ich->hcr = AXV_ICH_HCR_EN;
	g->left_out = c->nr > axv_arm64_nr_lrs;
	if (unlikely(g->left_out)) {
		choose(g, c, ich->vmcr);
		ich->hcr |= hcr_for(g, c, ich->vmcr);
		c->nr = axv_arm64_nr_lrs;
	}
	for (i = 0; i < c->nr; i++) {
		q = &g->irq[c->index[i]];
		q->lr = i + 1;
		g->in_lr[i] = c->index[i];
		ich->lr[i] = make_lr(q);
		g->loaded[i] = ich->lr[i];
	}
	ich->nr_used = c->nr;
}

/* With the host's: held is what the guest has in hand, or does not want now. */
static void hold_timers(struct axv_vcpu *v)
{
	static const u8 intids[] = { AXV_ARM64_PPI_VTIMER, AXV_ARM64_PPI_PTIMER };
	const struct axv_gic_irq *q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(intids); i++) {
		q = &v->arch.gic->irq[intids[i]];
		if (q->linked)
			axv_arm64_timer_hold(v, q->intid, q->lr || q->line || q->active);
	}
}

/**
 * axv_arm64_gic_load() - what is pending into list registers
 * @v: the vCPU, in the section
 */
void axv_arm64_gic_load(struct axv_vcpu *v)
{
	struct axv_arm64_gic *g = v->arch.gic;

	raw_spin_lock(&g->lock);
	axv_gic_unload(v);
	fill(v);
	raw_spin_unlock(&g->lock);
	hold_timers(v);
	if (unlikely(v->arch.forward))
		axv_arm64_forward_look(v);
}

/* ---- after an exit -------------------------------------------------------------- */

/**
 * axv_gic_ended() - an interrupt is not active any more
 * @v: the vCPU
 * @q: the interrupt; the lock is held
 */
void axv_gic_ended(struct axv_vcpu *v, struct axv_gic_irq *q)
{
	q->active = false;
	if (q->level && q->line && q->intid >= AXV_GIC_PRIVATE &&
	    READ_ONCE(v->vm->routes.nr_irqfds)) {
		set_bit(q->intid, v->arch.gic->ended);
		schedule_work(&v->arch.gic->work);
	}
	/* pending again, or left out for want of a register */
	if (axv_gic_is_pending(q) || v->arch.gic->left_out)
		axv_arm64_irq_changed(v);
}

/* What the guest did with one of them. */
static void fold_one(struct axv_vcpu *v, unsigned int i)
{
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q = &g->irq[g->in_lr[i]];
	u64 now = v->arch.ctx->ich.lr[i], was = g->loaded[i];

	g->loaded[i] = now;
	q->active = now & AXV_LR_ACTIVE;
	if (was & ~now & AXV_LR_PENDING) {
		v->count.injected++;
		/* acknowledged: what was pending without a line is not any more */
		if (q->level)
			q->latch = false;
	}
	if (now & (AXV_LR_PENDING | AXV_LR_ACTIVE))
		return;
	v->arch.ctx->ich.lr[i] = 0;
	g->loaded[i] = 0;
	q->lr = 0;
	q->not_pending = false;
	q->not_active = false;
	if (q->forwarded) {
		axv_arm64_forward_ended(v);
	} else if (q->linked) {
		/* it comes again where it is up again */
		q->line = false;
		axv_arm64_timer_ended(v, q->intid);
	}
	axv_gic_ended(v, q);
	axv_gic_note(g, q);
}

/* Ends that no list register had: in the order of priorities, see above. */
static void fold_count(struct axv_vcpu *v, unsigned int nr)
{
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q, *best;
	unsigned int i;

	if (v->arch.ctx->ich.vmcr & AXV_VMCR_EOIM)
		return;
	while (nr--) {
		best = NULL;
		for_each_set_bit(i, g->busy, AXV_GIC_IRQS) {
			q = &g->irq[i];
			if (q->active && !q->lr && (!best || q->priority < best->priority))
				best = q;
		}
		if (!best)
			return;
		axv_gic_ended(v, best);
		if (best->linked && !best->forwarded) {
			best->line = false;
			best->latch = false;
			/* no register has ended the host's */
			axv_arm64_timer_hold(v, best->intid, false);
		}
		axv_gic_note(g, best);
	}
}

/**
 * axv_arm64_gic_fold() - what the guest has acknowledged and ended
 * @v: the vCPU, in the section
 */
void axv_arm64_gic_fold(struct axv_vcpu *v)
{
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	unsigned int i, count;

	raw_spin_lock(&g->lock);
	for (i = 0; i < ich->nr_used; i++)
		if (ich->lr[i] != g->loaded[i])
			fold_one(v, i);
	while (ich->nr_used && !ich->lr[ich->nr_used - 1])
		ich->nr_used--;
	count = FIELD_GET(AXV_ICH_HCR_COUNT, ich->hcr);
	if (unlikely(count))
		fold_count(v, count);
	ich->hcr &= ~(u64)AXV_ICH_HCR_COUNT;
	/* whatever it was, the choice is to be made anew */
	if (unlikely(g->left_out && ich->misr))
		axv_arm64_irq_changed(v);
	raw_spin_unlock(&g->lock);
	/* the line may have fallen; that it is up the host's interrupt says, where it may */
	if (v->arch.vtimer.quiet || g->irq[AXV_ARM64_PPI_VTIMER].line ||
	    v->arch.ptimer.quiet || g->irq[AXV_ARM64_PPI_PTIMER].line)
		axv_arm64_timer_look(v);
	if (unlikely(v->arch.forward))
		axv_arm64_forward_look(v);
}

/* ---- waiting -------------------------------------------------------------------- */

/**
 * axv_gic_running() - what priority runs
 * @ich: the CPU interface
 *
 * Return: the highest that is active, 0x100 where none is.
 */
u32 axv_gic_running(const struct axv_arm64_ich *ich)
{
	unsigned int i;
	u32 active;

	for (i = 0; i < ARRAY_SIZE(ich->ap0r); i++) {
		active = ich->ap0r[i] | ich->ap1r[i];
		if (active)
			return (32 * i + __ffs(active)) << (8 - axv_arm64_pre_bits);
	}
	return 0x100;
}

/**
 * axv_arm64_gic_pending() - is there one that would end WFI?
 * @v: the vCPU, its own thread
 */
bool axv_arm64_gic_pending(struct axv_vcpu *v)
{
	const struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	u32 mask = min_t(u32, axv_gic_running(ich), FIELD_GET(AXV_VMCR_PMR, ich->vmcr));
	struct axv_arm64_gic *g = v->arch.gic;
	const struct axv_gic_irq *q;
	bool pending = false;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&g->lock, flags);
	for_each_set_bit(i, g->busy, AXV_GIC_IRQS) {
		q = &g->irq[i];
		if (q->active || !q->enabled || q->priority >= mask ||
		    !(ich->vmcr & group_enable(q)))
			continue;
		/* of an edge the latch is in the list register */
		pending = axv_gic_is_pending(q) ||
			  (q->lr && !q->level && !q->not_pending &&
			   (ich->lr[q->lr - 1] & AXV_LR_PENDING));
		if (pending)
			break;
	}
	raw_spin_unlock_irqrestore(&g->lock, flags);
	return pending;
}
