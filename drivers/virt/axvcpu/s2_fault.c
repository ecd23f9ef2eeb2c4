// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest fault becomes a leaf: find the mapping, have the process's memory
 * give the page, set a leaf as large as the host's own mapping allows, and
 * where the page was there already, its neighbours that are there too.
 *
 * The page is looked up without the lock; under the lock, before the leaf is
 * set, it is checked that the mapping still says the same and that the host
 * did not announce meanwhile that it takes the page (see s2_notify.c). The
 * page's reference is dropped right after.
 */
#include <linux/hugetlb.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>

#include "s2_internal.h"
#include "trace.h"

/* The window of neighbours, in pages: 64K. */
#define WINDOW		16
/* Pages asked for at once when a huge page is proved. */
#define PROOF_BATCH	64

/* ---- larger leaves ------------------------------------------------------- */

/*
 * Does the process map all of a huge page, in order, with the rights wanted?
 * Each page is asked for by itself: a huge page may be mapped in part, or with
 * different rights. What is found stays true until the host announces another
 * thing for any part of it, which takes away the leaf as a whole; so one check
 * of the sequence number covers all these looks, however long they took.
 */
static bool is_mapped_whole(unsigned long hva, u64 pfn, u64 nr, bool writable)
{
	struct page *pages[PROOF_BATCH];
	bool ok = true;

	while (ok && nr) {
		int want = min_t(u64, nr, PROOF_BATCH), got, i;

		got = get_user_pages_fast_only(hva, want, writable ? FOLL_WRITE : 0, pages);
		ok = got == want;
		for (i = 0; i < got; i++) {
			ok &= page_to_pfn(pages[i]) == pfn + i;
			put_page(pages[i]);
		}
		hva += (unsigned long)want << PAGE_SHIFT;
		pfn += want;
		nr -= want;
	}
	return ok;
}

/* A page of hugetlbfs is mapped whole or not at all. */
static bool is_hugetlb(unsigned long hva, u64 size)
{
	struct vm_area_struct *vma;
	bool yes;

	if (mmap_read_lock_killable(current->mm))
		return false;
	vma = vma_lookup(current->mm, hva);
	yes = vma && is_vm_hugetlb_page(vma) && vma_kernel_pagesize(vma) >= size;
	mmap_read_unlock(current->mm);
	return yes;
}

/* The level of the largest leaf that @h is good for. */
static unsigned int leaf_level(struct axv_stage2 *s2, const struct axv_s2_slot *slot, u64 gfn,
			       const struct axv_s2_page *h)
{
	unsigned long hva = axv_s2_slot_hva(slot, gfn);
	unsigned int level, order;

	if (!h->page || slot->mm->mm != current->mm)
		return 0;
	order = folio_order(page_folio(h->page));
	for (level = order ? AXV_S2_LEAF_LEVELS - 1 : 0; level; level--) {
		u64 size = axv_s2t_size(&s2->table, level);
		u64 nr = size >> PAGE_SHIFT, in = gfn & (nr - 1);
		unsigned long start = hva - (in << PAGE_SHIFT);

		if (!(s2->table.leaf_levels & BIT(level)) || order < ilog2(nr))
			continue;
		if (gfn - in < slot->first || gfn - in + nr - 1 > slot->last)
			continue;
		if (!IS_ALIGNED(start, size) || !IS_ALIGNED(h->pfn - in, nr))
			continue;
		if (level > 1 ? is_hugetlb(start, size) :
				is_mapped_whole(start, h->pfn - in, nr, h->writable))
			return level;
	}
	return 0;
}

/* ---- setting the leaf ---------------------------------------------------- */

/**
 * struct fault - one attempt to serve a fault
 * @s2: the stage-2
 * @slot: the mapping, with a reference
 * @gfn: page that is wanted
 * @access: AXVCPU_PROT_* that is wanted
 * @v: the vCPU that waits for it; NULL: it is populated ahead
 * @level: of the leaf that serves it
 * @cache: table pages, NULL: none
 */
struct fault {
	struct axv_stage2 *s2;
	struct axv_s2_slot slot;
	u64 gfn;
	u32 access;
	unsigned int level;
	struct axv_vcpu *v;
	struct axv_s2_cache *cache;
};

static u32 leaf_attr(const struct axv_s2_slot *slot, bool writable, u32 attr)
{
	attr |= slot->prot;
	if (!writable)
		attr &= ~AXV_S2_ATTR_WRITE;
	if (slot->flags & AXVCPU_S2_UNCACHED)
		attr |= AXV_S2_ATTR_UNCACHED;
	return attr;
}

/* Does a leaf allow the access already? It is not out of date: see s2_notify.c. */
static bool is_served(struct fault *f)
{
	const struct axv_s2_table *t = &f->s2->table;
	unsigned int level;
	u64 entry;

	entry = axv_s2t_lookup(t, axv_s2_gpa(f->gfn), &level);
	if (!entry || (f->access & ~t->fmt->attr(entry)))
		return false;
	f->level = level;
	return true;
}

/* Where tables are missing or something else stands in the way. */
static noinline int set_leaf_anyhow(struct fault *f, axv_gpa_t gpa, axv_hpa_t hpa, u32 attr)
{
	struct axv_stage2 *s2 = f->s2;
	struct axv_s2_gather g;
	int r;

	/* another vCPU was quicker */
	if (is_served(f))
		return 0;
	axv_s2_gather_init(&g, NULL);
	do {
		r = axv_s2t_map(&s2->table, gpa, hpa, attr, f->level, f->cache, &g);
		axv_s2_flush(s2, &g);
	} while (r == -EAGAIN);
	return r;
}

/*
 * Under the lock. -ENOMEM: the cache is empty.
 *
 * Of a huge page of which the process may write some parts only, after a fork(), all can be
 * read by one leaf. But what the guest has got to write goes on by leaves of its own: else
 * the two would take turns, an access each.
 */
static int set_leaf(struct fault *f, u64 pfn, u32 attr)
{
	struct axv_stage2 *s2 = f->s2;
	axv_hpa_t hpa;
	axv_gpa_t gpa;
	int r = 0;
	u64 mask;

	if (f->level && axv_s2t_has_more(&s2->table, axv_s2_gpa(f->gfn), f->level, attr))
		f->level = 0;
	mask = (axv_s2t_size(&s2->table, f->level) >> PAGE_SHIFT) - 1;
	hpa = (pfn & ~mask) << PAGE_SHIFT;
	gpa = axv_s2_gpa(f->gfn & ~mask);
	if (f->level || !axv_s2t_map_idle(&s2->table, gpa,
					  axv_s2t_leaf(&s2->table, hpa, attr, 0)))
		r = set_leaf_anyhow(f, gpa, hpa, attr);
	if (!r) {
		s2->faults += !!f->v;
		trace_axvcpu_map(gpa, hpa, f->level, attr);
	}
	return r;
}

static int map_host_page(struct fault *f, const struct axv_s2_page *h)
{
	const struct axv_s2_slot *slot = &f->slot;
	struct axv_stage2 *s2 = f->s2;
	u64 size = axv_s2t_size(&s2->table, f->level);
	unsigned long hva = axv_s2_slot_hva(slot, f->gfn) & ~(size - 1);
	int r = -EAGAIN;

	spin_lock(&s2->lock);
	if (axv_s2_slot_valid(s2, f->gfn, slot) &&
	    !axv_s2_mm_changed(slot->mm, slot->seq, hva, size))
		r = set_leaf(f, h->pfn, leaf_attr(slot, h->writable, h->attr));
	spin_unlock(&s2->lock);
	return r;
}

static int map_zero_page(struct fault *f)
{
	struct axv_stage2 *s2 = f->s2;
	struct page *page;
	int r = -EAGAIN;

	spin_lock(&s2->lock);
	if (axv_s2_slot_valid(s2, f->gfn, &f->slot)) {
		page = axv_s2_zero_find(s2, &f->slot, f->gfn, &f->level);
		if (page)
			r = set_leaf(f, page_to_pfn(page), leaf_attr(&f->slot, true, 0));
	}
	spin_unlock(&s2->lock);
	return r;
}

/* Most faults need no table, so they are allocated when it turns out. */
static noinline int map_with_tables(struct fault *f, const struct axv_s2_page *h)
{
	struct axv_s2_cache cache = { .nr = 0 };
	int r;

	r = axv_s2_cache_fill(&cache, f->s2->table.levels - 1);
	if (!r) {
		f->cache = &cache;
		r = h ? map_host_page(f, h) : map_zero_page(f);
		f->cache = NULL;
	}
	axv_s2_cache_free(&cache);
	return r;
}

/* ---- neighbours ---------------------------------------------------------- */

/*
 * A neighbour that the guest did not touch is mapped for writing only where
 * its flag can tell so without waiting for anything.
 */
static bool is_dirtied(struct page *page)
{
	if (PageAnon(page))
		SetPageDirty(page);
	return PageDirty(page);
}

/* Leaves for @nr pages from @hva on, of those that the process has already. */
static void find_leaves(const struct axv_s2_table *t, unsigned long hva, int nr, bool writable,
			const u64 *empty, u64 *leaf)
{
	struct page *page[WINDOW];
	int got, i;

	got = get_user_pages_fast_only(hva, nr, writable ? FOLL_WRITE : 0, page);
	for (i = 0; i < got; i++) {
		leaf[i] = empty[writable && is_dirtied(page[i])];
		leaf[i] |= page_to_phys(page[i]) >> t->fmt->hpa_shift;
		put_page(page[i]);
	}
}

/*
 * Where the process had the page, others around it are likely to be there as
 * well: no faults and no waiting for them. What of the window lies before the
 * fault and what lies behind is looked at by itself, for a look ends at the
 * first page that is missing.
 */
static noinline void map_neighbours(struct fault *f, const struct axv_s2_page *h)
{
	const struct axv_s2_slot *slot = &f->slot;
	struct axv_stage2 *s2 = f->s2;
	u64 first = max(f->gfn & ~(u64)(WINDOW - 1), slot->first);
	u64 last = min(f->gfn | (WINDOW - 1), slot->last);
	u32 attr = leaf_attr(slot, h->writable, h->attr);
	unsigned long hva = axv_s2_slot_hva(slot, first);
	unsigned int self = f->gfn - first, nr = last - first + 1;
	u64 leaf[WINDOW] = { }, empty[2];

	empty[0] = axv_s2t_leaf(&s2->table, 0, attr & ~AXV_S2_ATTR_WRITE, 0);
	empty[1] = axv_s2t_leaf(&s2->table, 0, attr, 0);
	if (self)
		find_leaves(&s2->table, hva, self, attr & AXV_S2_ATTR_WRITE, empty, leaf);
	if (last > f->gfn)
		find_leaves(&s2->table, hva + ((self + 1) << PAGE_SHIFT), nr - self - 1,
			    attr & AXV_S2_ATTR_WRITE, empty, leaf + self + 1);

	spin_lock(&s2->lock);
	if (axv_s2_slot_valid(s2, f->gfn, slot) &&
	    !axv_s2_mm_changed(slot->mm, slot->seq, hva, (unsigned long)nr << PAGE_SHIFT))
		s2->neighbours += axv_s2t_map_around(&s2->table, axv_s2_gpa(first), leaf, nr);
	spin_unlock(&s2->lock);
}

/* ---- the two kinds of memory --------------------------------------------- */

/*
 * The guest may write without a fault from now on. The page's flag is all that
 * will tell: whoever cleans the page later takes the leaf away first.
 */
static void mark_dirty(struct page *page)
{
	if (PageAnon(page))
		SetPageDirty(page);
	else if (!PageDirty(page) && !PageReserved(page))
		set_page_dirty_lock(page);
}

static int fault_process(struct fault *f)
{
	struct axv_s2_page h;
	int r;

	r = axv_s2_page_get(f->s2, f->v, &f->slot, f->gfn, f->access, &h);
	if (r)
		return r;
	f->level = leaf_level(f->s2, &f->slot, f->gfn, &h);
	if (h.page && h.writable && (f->slot.prot & AXVCPU_PROT_WRITE))
		mark_dirty(h.page);
	r = map_host_page(f, &h);
	if (r == -ENOMEM)
		r = map_with_tables(f, &h);
	/* not where pages are being taken away: to hold them is in the way of that, too */
	if (!r && h.there && !f->level && !READ_ONCE(f->slot.mm->invalidating))
		map_neighbours(f, &h);
	if (h.page) {
		/* a new page has been told so by the process's own fault */
		if (!r && h.there && !PageReserved(h.page))
			mark_page_accessed(h.page);
		put_page(h.page);
	}
	return r;
}

static int fault_zero(struct fault *f)
{
	int r;

	r = axv_s2_zero_fill(f->s2, &f->slot, f->gfn);
	if (r)
		return r;
	r = map_zero_page(f);
	return r == -ENOMEM ? map_with_tables(f, NULL) : r;
}

/* ---- the fault ----------------------------------------------------------- */

/*
 * Is the page being taken away right now? What is found of it would be out of date, and
 * to hold it while that is found out is in the way of who takes it: a huge page that is
 * to be split has to have no other users.
 */
static bool is_going(const struct fault *f)
{
	const struct axv_s2_slot *slot = &f->slot;

	return slot->mm && slot->mm->invalidating && !slot->mm->dead &&
	       axv_s2_mm_changed(slot->mm, slot->seq, axv_s2_slot_hva(slot, f->gfn), PAGE_SIZE);
}

/* enum axv_s2_result; -EAGAIN: look again; -EINTR, -ENOMEM. */
static int fault_once(struct fault *f)
{
	struct axv_stage2 *s2 = f->s2;
	bool found, served, going;
	int r;

	spin_lock(&s2->lock);
	found = axv_s2_slot_get(s2, f->gfn, &f->slot);
	/* A guest would not be here. */
	served = !f->v && is_served(f);
	going = found && is_going(f);
	spin_unlock(&s2->lock);
	if (!found)
		return AXV_S2_HOLE;

	r = AXV_S2_PROT;
	if (f->access & ~f->slot.prot)
		goto out;
	r = AXV_S2_OK;
	if (served)
		goto out;
	r = -EAGAIN;
	if (going)
		goto out;

	r = f->slot.mm ? fault_process(f) : fault_zero(f);
	if (r < 0 && r != -EAGAIN && r != -EINTR && r != -ENOMEM)
		r = AXV_S2_BACKING;
out:
	axv_s2_slot_put(&f->slot);
	return r;
}

/**
 * axv_s2_fault() - serve a guest's access
 * @s2: the stage-2
 * @v: the vCPU
 * @gpa: guest physical address
 * @access: AXVCPU_PROT_* of the access
 *
 * Return: enum axv_s2_result; -EINTR: the thread is being killed; -ENOMEM.
 */
int axv_s2_fault(struct axv_stage2 *s2, struct axv_vcpu *v, axv_gpa_t gpa, u32 access)
{
	struct fault f = {
		.s2 = s2,
		.gfn = axv_s2_gfn(gpa),
		.access = access,
		.v = v,
	};
	int r;

	while ((r = fault_once(&f)) == -EAGAIN) {
		if (fatal_signal_pending(current)) {
			r = -EINTR;
			break;
		}
		/* Whatever waits, the run loop looks at before it enters again. */
		if (signal_pending(current) || need_resched() || axv_s2_is_wanted(v)) {
			r = AXV_S2_OK;
			break;
		}
		cpu_relax();
	}
	trace_axvcpu_fault(v->id, gpa, access, r);
	return r;
}

/**
 * axv_s2_populate() - have leaves for all of a range
 * @s2: the stage-2, its ioctl_lock held
 * @first: first gfn
 * @last: last gfn
 * @access: AXVCPU_PROT_* that the leaves shall allow
 *
 * Return: 0, -EINTR, -ENOMEM, -EFAULT.
 */
int axv_s2_populate(struct axv_stage2 *s2, u64 first, u64 last, u32 access)
{
	struct fault f = { .s2 = s2, .gfn = first, .access = access };
	int r;

	while (f.gfn <= last) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		r = fault_once(&f);
		if (r == -EAGAIN && signal_pending(current))
			return -EINTR;
		if (r == -EAGAIN)
			continue;
		if (r < 0)
			return r;
		if (r != AXV_S2_OK)
			return -EFAULT;
		f.gfn |= (axv_s2t_size(&s2->table, f.level) >> PAGE_SHIFT) - 1;
		f.gfn++;
	}
	return 0;
}
