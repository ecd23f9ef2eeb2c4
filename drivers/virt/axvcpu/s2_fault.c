// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest fault becomes a leaf: find the mapping, have the process's memory
 * give the page, set a leaf as large as the host's own mapping allows, and the
 * neighbours that are there anyway.
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

/**
 * struct host_page - what the process has at an address
 * @page: with a reference; NULL: not memory that is counted
 * @pfn: where it is
 * @writable: the process may write it right now
 * @attr: AXV_S2_ATTR_UNCACHED, AXV_S2_ATTR_DEVICE
 */
struct host_page {
	struct page *page;
	u64 pfn;
	bool writable;
	u32 attr;
};

/**
 * struct neighbours - pages around a fault
 * @first: gfn of the first
 * @page: with references, NULL where there is none
 * @attr: attributes of their leaves
 */
struct neighbours {
	u64 first;
	struct page *page[WINDOW];
	u32 attr[WINDOW];
};

/* ---- the process's page -------------------------------------------------- */

static bool has_page(unsigned long hva, unsigned int flags, struct page **page)
{
	return get_user_pages_fast_only(hva, 1, flags, page) == 1;
}

/* A guest's read maps for writing too where the process needs no fault to write. */
static int local_page(unsigned long hva, bool write, bool try_write, struct host_page *h)
{
	struct page *page;
	long r;

	if (!write && try_write && has_page(hva, FOLL_WRITE, &h->page)) {
		h->writable = true;
		return 0;
	}
	r = get_user_pages_fast(hva, 1, write ? FOLL_WRITE : 0, &h->page);
	if (r != 1)
		return r < 0 ? r : -EFAULT;
	h->writable = write;
	if (!write && try_write && has_page(hva, FOLL_WRITE, &page)) {
		put_page(h->page);
		h->page = page;
		h->writable = true;
	}
	return 0;
}

static int remote_page(struct mm_struct *mm, unsigned long hva, bool write, struct host_page *h)
{
	int locked = 1;
	long r;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	r = axv_get_user_page_remote(mm, hva, write ? FOLL_WRITE : 0, &h->page, &locked);
	if (locked)
		mmap_read_unlock(mm);
	if (r != 1)
		return r < 0 ? r : -EFAULT;
	h->writable = write;
	return 0;
}

static bool is_write_back(pgprot_t prot)
{
	return pgprot_val(prot) != pgprot_val(pgprot_noncached(prot)) &&
	       pgprot_val(prot) != pgprot_val(pgprot_writecombine(prot));
}

static int follow_pfn_locked(struct vm_area_struct *vma, unsigned long hva, bool write,
			     struct host_page *h)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = hva };

	if (follow_pfnmap_start(&args))
		return -EFAULT;
	h->pfn = args.pfn;
	h->writable = args.writable;
	h->attr = 0;
	if (!pfn_valid(args.pfn) || PageReserved(pfn_to_page(args.pfn))) {
		h->attr = AXV_S2_ATTR_DEVICE;
		if (!is_write_back(args.pgprot))
			h->attr |= AXV_S2_ATTR_UNCACHED;
	}
	follow_pfnmap_end(&args);
	return write && !h->writable ? -EFAULT : 0;
}

/* An address that has no struct page behind it: a device's memory, mostly. */
static int pfn_page(struct mm_struct *mm, unsigned long hva, bool write, struct host_page *h)
{
	struct vm_area_struct *vma;
	bool unlocked = false;
	int r = -EFAULT;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, hva);
	if (!vma || !(vma->vm_flags & (VM_IO | VM_PFNMAP)) ||
	    !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		goto out;
	r = follow_pfn_locked(vma, hva, write, h);
	if (!r)
		goto out;
	r = fixup_user_fault(mm, hva, write ? FAULT_FLAG_WRITE : 0, &unlocked);
	if (!r && unlocked)
		r = -EAGAIN; /* the VMA may be another one now */
	else if (!r)
		r = follow_pfn_locked(vma, hva, write, h);
out:
	mmap_read_unlock(mm);
	return r;
}

static int get_host_page(const struct axv_s2_slot *slot, u64 gfn, u32 access, struct host_page *h)
{
	unsigned long hva = axv_s2_slot_hva(slot, gfn);
	bool write = access & AXVCPU_PROT_WRITE;
	struct mm_struct *mm = slot->mm->mm;
	bool local = mm == current->mm;
	int r;

	memset(h, 0, sizeof(*h));
	if (!local && !mmget_not_zero(mm))
		return -EFAULT;
	if (local)
		r = local_page(hva, write, slot->prot & AXVCPU_PROT_WRITE, h);
	else
		r = remote_page(mm, hva, write, h);
	if (!r)
		h->pfn = page_to_pfn(h->page);
	else if (r == -EFAULT)
		r = pfn_page(mm, hva, write, h);
	if (!local)
		mmput(mm);
	return r;
}

/*
 * The guest may write without a fault from now on. The page's flag is all that
 * will tell: whoever cleans the page later takes the leaf away first.
 */
static void mark_dirty(struct page *page)
{
	if (!PageDirty(page) && !PageReserved(page))
		set_page_dirty_lock(page);
}

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
			       const struct host_page *h)
{
	unsigned long hva = axv_s2_slot_hva(slot, gfn);
	unsigned int level, order;

	if (!h->page || slot->mm->mm != current->mm)
		return 0;
	order = folio_order(page_folio(h->page));
	for (level = AXV_S2_LEAF_LEVELS - 1; level; level--) {
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

/* Pages of the window that the process has already: no faults, no waiting. */
static void find_neighbours(const struct axv_s2_slot *slot, u64 gfn, const struct host_page *h,
			    u32 attr, struct neighbours *n)
{
	u64 first = max(gfn & ~(u64)(WINDOW - 1), slot->first);
	u64 last = min(gfn | (WINDOW - 1), slot->last);
	unsigned int flags = h->writable ? FOLL_WRITE : 0;
	int i, self = gfn - first, nr = last - first + 1;

	memset(n->page, 0, sizeof(n->page));
	n->first = first;
	i = get_user_pages_fast_only(axv_s2_slot_hva(slot, first), nr, flags, n->page);
	/* It stops at the first that is missing; try behind the fault again. */
	if (i <= self && self + 1 < nr)
		get_user_pages_fast_only(axv_s2_slot_hva(slot, gfn + 1), nr - self - 1, flags,
					 n->page + self + 1);

	for (i = 0; i < nr; i++) {
		n->attr[i] = attr;
		if (i != self && n->page[i] && (attr & AXV_S2_ATTR_WRITE) &&
		    !is_dirtied(n->page[i]))
			n->attr[i] = attr & ~AXV_S2_ATTR_WRITE;
	}
}

static void map_neighbours(struct axv_stage2 *s2, struct neighbours *n)
{
	unsigned int i;

	for (i = 0; i < WINDOW; i++) {
		if (n->page[i] && axv_s2t_map_idle(&s2->table, axv_s2_gpa(n->first + i),
						   page_to_phys(n->page[i]), n->attr[i]))
			s2->neighbours++;
	}
}

static void put_neighbours(struct neighbours *n)
{
	unsigned int i;

	for (i = 0; i < WINDOW; i++)
		if (n->page[i])
			put_page(n->page[i]);
}

/* ---- setting the leaf ---------------------------------------------------- */

/**
 * struct fault - one attempt to serve a fault
 * @s2: the stage-2
 * @slot: the mapping, with a reference
 * @gfn: page that is wanted
 * @access: AXVCPU_PROT_* that is wanted
 * @guest: a guest waits for it; else it is populated ahead
 * @level: of the leaf that serves it
 * @cache: table pages
 */
struct fault {
	struct axv_stage2 *s2;
	struct axv_s2_slot slot;
	u64 gfn;
	u32 access;
	bool guest;
	unsigned int level;
	struct axv_s2_cache cache;
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

/* Under the lock. -ENOMEM: the cache is empty. */
static int set_leaf(struct fault *f, u64 pfn, u32 attr)
{
	struct axv_stage2 *s2 = f->s2;
	u64 mask = (axv_s2t_size(&s2->table, f->level) >> PAGE_SHIFT) - 1;
	axv_hpa_t hpa = (pfn & ~mask) << PAGE_SHIFT;
	axv_gpa_t gpa = axv_s2_gpa(f->gfn & ~mask);
	struct axv_s2_gather g;
	int r;

	axv_s2_gather_init(&g, NULL);
	do {
		r = axv_s2t_map(&s2->table, gpa, hpa, attr, f->level, &f->cache, &g);
		axv_s2_flush(s2, &g);
	} while (r == -EAGAIN);
	if (!r) {
		s2->faults += f->guest;
		trace_axvcpu_map(gpa, hpa, f->level, attr);
	}
	return r;
}

/* Most faults need no table, so they are allocated when it turns out. */
static bool more_tables(struct fault *f)
{
	return !axv_s2_cache_fill(&f->cache, f->s2->table.levels - 1);
}

static int map_host_page(struct fault *f, const struct host_page *h)
{
	const struct axv_s2_slot *slot = &f->slot;
	struct axv_stage2 *s2 = f->s2;
	u64 span = f->level ? axv_s2t_size(&s2->table, f->level) >> PAGE_SHIFT : WINDOW;
	u64 first = max(f->gfn & ~(span - 1), slot->first);
	u32 attr = leaf_attr(slot, h->writable, h->attr);
	struct neighbours n;
	bool around;
	int r;

	around = h->page && !f->level && slot->mm->mm == current->mm;
	if (around)
		find_neighbours(slot, f->gfn, h, attr, &n);
	if (h->page && (attr & AXV_S2_ATTR_WRITE))
		mark_dirty(h->page);

	do {
		spin_lock(&s2->lock);
		if (!axv_s2_slot_valid(s2, f->gfn, slot) ||
		    axv_s2_mm_changed(slot->mm, slot->seq, axv_s2_slot_hva(slot, first),
				      span << PAGE_SHIFT))
			r = -EAGAIN;
		else
			r = set_leaf(f, h->pfn, attr);
		if (!r && around)
			map_neighbours(s2, &n);
		spin_unlock(&s2->lock);
	} while (r == -ENOMEM && more_tables(f));

	if (around)
		put_neighbours(&n);
	return r;
}

static int fault_process(struct fault *f)
{
	struct host_page h;
	int r;

	r = get_host_page(&f->slot, f->gfn, f->access, &h);
	if (r)
		return r;
	f->level = leaf_level(f->s2, &f->slot, f->gfn, &h);
	r = map_host_page(f, &h);
	if (h.page) {
		if (!r && !PageReserved(h.page))
			mark_page_accessed(h.page);
		put_page(h.page);
	}
	return r;
}

static int fault_zero(struct fault *f)
{
	struct axv_stage2 *s2 = f->s2;
	struct page *page;
	int r;

	r = axv_s2_zero_fill(s2, &f->slot, f->gfn);
	if (r)
		return r;
	do {
		r = -EAGAIN;
		spin_lock(&s2->lock);
		if (axv_s2_slot_valid(s2, f->gfn, &f->slot)) {
			page = axv_s2_zero_find(s2, &f->slot, f->gfn, &f->level);
			if (page)
				r = set_leaf(f, page_to_pfn(page), leaf_attr(&f->slot, true, 0));
		}
		spin_unlock(&s2->lock);
	} while (r == -ENOMEM && more_tables(f));
	return r;
}

/* ---- the fault ----------------------------------------------------------- */

/* enum axv_s2_result; -EAGAIN: look again; -EINTR, -ENOMEM. */
static int fault_once(struct fault *f)
{
	struct axv_stage2 *s2 = f->s2;
	bool found;
	u64 entry;
	int r;

	spin_lock(&s2->lock);
	found = axv_s2_slot_get(s2, f->gfn, &f->slot);
	entry = axv_s2t_lookup(&s2->table, axv_s2_gpa(f->gfn), &f->level);
	spin_unlock(&s2->lock);
	if (!found)
		return AXV_S2_HOLE;

	r = AXV_S2_PROT;
	if (f->access & ~f->slot.prot)
		goto out;
	/* Another vCPU was here before. */
	r = AXV_S2_OK;
	if (entry && !(f->access & ~s2->table.fmt->attr(entry)))
		goto out;

	r = f->slot.mm ? fault_process(f) : fault_zero(f);
	if (r < 0 && r != -EAGAIN && r != -EINTR && r != -ENOMEM)
		r = AXV_S2_BACKING;
out:
	axv_s2_cache_free(&f->cache);
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
		.guest = true,
	};
	int r;

	while ((r = fault_once(&f)) == -EAGAIN) {
		if (fatal_signal_pending(current)) {
			r = -EINTR;
			break;
		}
		/* Whatever waits, the run loop looks at before it enters again. */
		if (signal_pending(current) || need_resched()) {
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
