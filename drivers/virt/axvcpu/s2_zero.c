// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a stage-2 owns itself: the ZERO source, and mmap() of the fd.
 *
 * They stand in one xarray by gfn, each with one reference of the stage-2.
 * They are looked up and erased under its lock; put in without it, since that
 * allocates, and taken out again where no mapping wants them any more.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/xarray.h>

#include "s2_internal.h"

#define ERASE_BATCH	256

/* Pages of a leaf of the second level. */
static u64 block_pages(struct axv_stage2 *s2)
{
	return axv_s2t_size(&s2->table, 1) >> PAGE_SHIFT;
}

static bool is_zero_map(struct axv_stage2 *s2, u64 gfn)
{
	struct axv_s2_map *map = axv_s2_map_first(s2, gfn, gfn);

	return map && !map->mm;
}

/* Can all of the block around @gfn be one leaf? */
static bool has_block(struct axv_stage2 *s2, const struct axv_s2_slot *slot, u64 gfn)
{
	u64 mask = block_pages(s2) - 1;

	return (s2->table.leaf_levels & BIT(1)) && (gfn & ~mask) >= slot->first &&
	       (gfn | mask) <= slot->last;
}

/* Own 2^@order new pages from @first on, but for those there already. */
static int fill(struct axv_stage2 *s2, u64 first, unsigned int order, gfp_t gfp)
{
	u64 nr = 1ULL << order, i;
	struct page *page;
	int r = 0;

	page = alloc_pages(gfp | __GFP_ACCOUNT | __GFP_ZERO, order);
	if (!page)
		return -ENOMEM;
	/* single pages from now on, so that a part of them can go */
	split_page(page, order);
	for (i = 0; i < nr; i++) {
		int err = xa_insert(&s2->zero, first + i, page + i, GFP_KERNEL);

		if (err)
			put_page(page + i);
		if (err == -ENOMEM)
			r = err;
	}

	spin_lock(&s2->lock);
	for (i = 0; i < nr; i++) {
		if (is_zero_map(s2, first + i))
			continue;
		page = xa_erase(&s2->zero, first + i);
		if (page)
			put_page(page);
	}
	spin_unlock(&s2->lock);
	return r;
}

/**
 * axv_s2_zero_fill() - see that the page at an address exists
 * @s2: the stage-2
 * @slot: a ZERO mapping
 * @gfn: page in it
 *
 * The first touch of a 2M block gets all of it, where the host has that at
 * hand. Return: 0 or -ENOMEM.
 */
int axv_s2_zero_fill(struct axv_stage2 *s2, const struct axv_s2_slot *slot, u64 gfn)
{
	unsigned long index = gfn & ~(block_pages(s2) - 1);
	gfp_t gfp = (GFP_HIGHUSER | __GFP_NOWARN) & ~__GFP_RECLAIM;

	if (xa_load(&s2->zero, gfn))
		return 0;
	if (has_block(s2, slot, gfn) &&
	    !xa_find(&s2->zero, &index, gfn | (block_pages(s2) - 1), XA_PRESENT) &&
	    !fill(s2, gfn & ~(block_pages(s2) - 1), ilog2(block_pages(s2)), gfp))
		return 0;
	/* The pages count as no process's own: fail before others are killed. */
	return fill(s2, gfn, 0, GFP_HIGHUSER | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

/**
 * axv_s2_zero_find() - what to map for a page of a ZERO mapping
 * @s2: the stage-2, locked
 * @slot: the mapping
 * @gfn: page in it
 * @level: where to put the level of the largest leaf that can map it
 *
 * Return: the first page of that leaf, without a reference, or NULL.
 */
struct page *axv_s2_zero_find(struct axv_stage2 *s2, const struct axv_s2_slot *slot, u64 gfn,
			      unsigned int *level)
{
	u64 mask = block_pages(s2) - 1, first = gfn & ~mask, i;
	struct page *page;

	lockdep_assert_held(&s2->lock);
	*level = 0;
	if (!has_block(s2, slot, gfn))
		return xa_load(&s2->zero, gfn);
	page = xa_load(&s2->zero, first);
	if (!page || (page_to_pfn(page) & mask))
		return xa_load(&s2->zero, gfn);
	for (i = 1; i <= mask; i++) {
		if (xa_load(&s2->zero, first + i) != page + i)
			return xa_load(&s2->zero, gfn);
	}
	*level = 1;
	return page;
}

/**
 * axv_s2_zero_get() - the page at an address, made if there is none
 * @s2: the stage-2
 * @gfn: page of guest memory
 *
 * Return: the page, with a reference; ERR_PTR(-ENXIO) where no ZERO mapping is,
 * ERR_PTR(-ENOMEM).
 */
struct page *axv_s2_zero_get(struct axv_stage2 *s2, u64 gfn)
{
	struct axv_s2_slot slot;
	struct page *page;
	bool mine;
	int r;

	for (;;) {
		page = NULL;
		spin_lock(&s2->lock);
		mine = axv_s2_slot_get(s2, gfn, &slot);
		if (mine && !slot.mm) {
			page = xa_load(&s2->zero, gfn);
			if (page)
				get_page(page);
		}
		spin_unlock(&s2->lock);
		if (page)
			return page;
		if (!mine)
			return ERR_PTR(-ENXIO);
		if (slot.mm) {
			axv_s2_slot_put(&slot);
			return ERR_PTR(-ENXIO);
		}
		r = axv_s2_zero_fill(s2, &slot, gfn);
		if (r)
			return ERR_PTR(r);
	}
}

/**
 * axv_s2_zero_erase() - give up pages that nothing maps any more
 * @s2: the stage-2
 * @first: first gfn
 * @last: last gfn
 *
 * Pages that a process still has by mmap() of the fd live on there.
 */
void axv_s2_zero_erase(struct axv_stage2 *s2, u64 first, u64 last)
{
	unsigned long index = first;
	struct page *page;
	unsigned int n;

	do {
		spin_lock(&s2->lock);
		for (n = 0; n < ERASE_BATCH; n++) {
			page = xa_find(&s2->zero, &index, last, XA_PRESENT);
			if (!page)
				break;
			xa_erase(&s2->zero, index);
			put_page(page);
		}
		spin_unlock(&s2->lock);
		cond_resched();
	} while (n == ERASE_BATCH);
}

/* ---- mmap() of the fd: offset is gpa ------------------------------------- */

static vm_fault_t zero_vm_fault(struct vm_fault *vmf)
{
	struct axv_stage2 *s2 = vmf->vma->vm_file->private_data;
	struct page *page = axv_s2_zero_get(s2, vmf->pgoff);

	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct zero_vm_ops = {
	.fault = zero_vm_fault,
};

/**
 * axv_s2_mmap() - show ZERO memory to a process
 * @file: of the stage-2
 * @vma: where
 *
 * Pages come with faults, so the mappings need not be there yet; what is not
 * ZERO gives SIGBUS. Return: 0, or -EINVAL for a private mapping.
 */
int axv_s2_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_ops = &zero_vm_ops;
	return 0;
}
