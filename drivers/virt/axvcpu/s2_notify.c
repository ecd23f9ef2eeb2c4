// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host takes pages back: munmap(), mprotect(), fork(), reclaim, migration,
 * KSM and the end of a process all come through here.
 *
 * A page is not pinned while a leaf maps it. What makes that right: the host
 * calls invalidate_range_start() before it takes a page out of a process, and
 * when that returns no leaf is left. A fault that looked at the page before
 * must not set a leaf after: it finds the invalidation under way, or the
 * sequence number grown, and looks again.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "s2_internal.h"

static struct axv_s2_mm *notifier_mm(struct mmu_notifier *mn)
{
	return container_of(mn, struct axv_s2_mm, mn);
}

/*
 * Remove the leaves of all mappings of [@first, @last]. Where the caller can
 * sleep the lock is dropped at times; nothing comes back meanwhile, since the
 * invalidation is announced. Starting over costs little: emptied tables are
 * gone.
 */
static void zap_hva(struct axv_s2_mm *m, unsigned long first, unsigned long last, bool may_sleep)
{
	struct axv_stage2 *s2 = m->s2;
	struct interval_tree_node *n;
	struct axv_s2_gather g;

	if (last < first)
		return;
	axv_s2_gather_init(&g, NULL);
	spin_lock(&s2->lock);
again:
	for (n = interval_tree_iter_first(&m->maps, first, last); n;
	     n = interval_tree_iter_next(n, first, last)) {
		struct axv_s2_map *map = container_of(n, struct axv_s2_map, hva);
		unsigned long lo = max(first, n->start) & PAGE_MASK;
		unsigned long hi = min(last, n->last) | ~PAGE_MASK;
		axv_gpa_t gpa = axv_s2_gpa(map->gfn.start) + (lo - n->start);
		bool done;

		done = axv_s2t_narrow(&s2->table, gpa, gpa + (hi - lo), 0, &g);
		s2->invalidations += g.removed;
		g.removed = 0;
		if (done)
			continue;
		axv_s2_flush(s2, &g);
		if (may_sleep) {
			spin_unlock(&s2->lock);
			cond_resched();
			spin_lock(&s2->lock);
		}
		goto again;
	}
	axv_s2_flush(s2, &g);
	spin_unlock(&s2->lock);
}

static int invalidate_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct axv_s2_mm *m = notifier_mm(mn);

	spin_lock(&m->s2->lock);
	/* One range that holds all those under way: a retry too many is no harm. */
	if (!m->invalidating++) {
		m->inv_first = range->start;
		m->inv_last = range->end - 1;
	} else {
		m->inv_first = min(m->inv_first, range->start);
		m->inv_last = max(m->inv_last, range->end - 1);
	}
	spin_unlock(&m->s2->lock);

	zap_hva(m, range->start, range->end - 1, mmu_notifier_range_blockable(range));
	return 0;
}

static void invalidate_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct axv_s2_mm *m = notifier_mm(mn);

	spin_lock(&m->s2->lock);
	/* The two in one step: a fault meets the one or the other. */
	if (interval_tree_iter_first(&m->maps, range->start, range->end - 1))
		m->seq++;
	if (!WARN_ON_ONCE(!m->invalidating))
		m->invalidating--;
	spin_unlock(&m->s2->lock);
}

/* The address space ends; nothing is announced any more after this. */
static void mm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct axv_s2_mm *m = notifier_mm(mn);

	spin_lock(&m->s2->lock);
	m->dead = true;
	spin_unlock(&m->s2->lock);
	zap_hva(m, 0, ULONG_MAX, true);
}

static void mm_free(struct mmu_notifier *mn)
{
	struct axv_s2_mm *m = notifier_mm(mn);

	axv_s2_mem_put(m->s2);
	kfree(m);
}

static const struct mmu_notifier_ops mm_ops = {
	.release		= mm_release,
	.invalidate_range_start	= invalidate_start,
	.invalidate_range_end	= invalidate_end,
	.free_notifier		= mm_free,
};

/**
 * axv_s2_mm_changed() - may something found in a process be out of date
 * @m: the process's memory; its stage-2 is locked
 * @seq: m->seq before it was looked at
 * @hva: address of what was found
 * @len: its length
 */
bool axv_s2_mm_changed(const struct axv_s2_mm *m, u64 seq, unsigned long hva, unsigned long len)
{
	lockdep_assert_held(&m->s2->lock);
	if (m->dead || m->seq != seq)
		return true;
	return m->invalidating && hva <= m->inv_last && hva + len - 1 >= m->inv_first;
}

/**
 * axv_s2_mm_get() - the notifier for the calling process
 * @s2: the stage-2; its ioctl_lock is held
 *
 * Return: it, with a reference, or ERR_PTR().
 */
struct axv_s2_mm *axv_s2_mm_get(struct axv_stage2 *s2)
{
	struct axv_s2_mm *m;
	int r;

	spin_lock(&s2->lock);
	list_for_each_entry(m, &s2->mms, node) {
		if (m->mm == current->mm) {
			refcount_inc(&m->refs);
			spin_unlock(&s2->lock);
			return m;
		}
	}
	spin_unlock(&s2->lock);

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->mn.ops = &mm_ops;
	m->s2 = s2;
	m->mm = current->mm;
	m->maps = RB_ROOT_CACHED;
	refcount_set(&m->refs, 1);
	r = mmu_notifier_register(&m->mn, m->mm);
	if (r) {
		kfree(m);
		return ERR_PTR(r);
	}
	axv_s2_mem_get(s2);
	spin_lock(&s2->lock);
	list_add(&m->node, &s2->mms);
	spin_unlock(&s2->lock);
	return m;
}

/**
 * axv_s2_mm_put() - drop a reference
 * @m: the notifier; with the last reference it is freed, some time later
 */
void axv_s2_mm_put(struct axv_s2_mm *m)
{
	struct axv_stage2 *s2 = m->s2;

	if (!refcount_dec_and_lock(&m->refs, &s2->lock))
		return;
	list_del(&m->node);
	spin_unlock(&s2->lock);
	mmu_notifier_put(&m->mn);
}
