// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: which part of guest physical memory is whose. MAP, UNMAP, PROTECT.
 *
 * A mapping is a node in two interval trees, by gfn and, where it is a
 * process's memory, by hva in that process's notifier. To be unmapped it
 * leaves the first, so that no fault sets a leaf any more, then its leaves go,
 * then it leaves the second: until then the host must be able to find them.
 */
#include <linux/file.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "s2_internal.h"

static u64 map_len(const struct axv_s2_map *map)
{
	return (map->gfn.last - map->gfn.start + 1) << PAGE_SHIFT;
}

/* Whoever changes a mapping says so, under the lock: see axv_s2_slot_valid(). */
static void insert_nodes(struct axv_stage2 *s2, struct axv_s2_map *map)
{
	s2->map_seq++;
	interval_tree_insert(&map->gfn, &s2->maps);
	axv_s2_new_layout(s2);
	if (map->mm)
		interval_tree_insert(&map->hva, &map->mm->maps);
}

static void remove_nodes(struct axv_stage2 *s2, struct axv_s2_map *map)
{
	s2->map_seq++;
	interval_tree_remove(&map->gfn, &s2->maps);
	if (map->mm)
		interval_tree_remove(&map->hva, &map->mm->maps);
}

static void free_map(struct axv_s2_map *map)
{
	if (map->mm)
		axv_s2_mm_put(map->mm);
	kfree(map);
}

/* ---- leaves of a range --------------------------------------------------- */

/* Table pages to split the leaves that [@first, @last] begins or ends inside of. */
static unsigned int split_pages(struct axv_stage2 *s2, u64 first, u64 last)
{
	unsigned int level, nr = 0;

	for (level = 1; level < AXV_S2_LEAF_LEVELS; level++) {
		u64 mask = (axv_s2t_size(&s2->table, level) >> PAGE_SHIFT) - 1;

		if (!READ_ONCE(s2->table.leaves[level]))
			continue;
		/* one for each level below, at either end */
		if (first & mask)
			nr += level;
		if ((last + 1) & mask)
			nr += level;
	}
	return nr;
}

/* Leave the leaves of a range no more than @keep, see axv_s2t_narrow(). */
static void narrow_range(struct axv_stage2 *s2, u64 first, u64 last, u32 keep)
{
	axv_gpa_t gpa = axv_s2_gpa(first), end = axv_s2_gpa(last + 1) - 1;
	struct axv_s2_cache cache = { .nr = 0 };
	struct axv_s2_gather g;
	bool done;

	axv_s2_gather_init(&g, &cache);
	do {
		/* Without the pages leaves go as a whole: no reason to fail. */
		(void)axv_s2_cache_fill(&cache, split_pages(s2, first, last));
		spin_lock(&s2->lock);
		done = axv_s2t_narrow(&s2->table, gpa, end, keep, &g);
		axv_s2_flush(s2, &g);
		spin_unlock(&s2->lock);
		gpa = g.next;
		cond_resched();
	} while (!done);
	axv_s2_cache_free(&cache);
}

/**
 * axv_s2_drop_leaves() - take all translations away, to come back with faults
 * @s2: the stage-2; interrupts are on
 */
void axv_s2_drop_leaves(struct axv_stage2 *s2)
{
	narrow_range(s2, 0, (1ULL << (s2->gpa_bits - PAGE_SHIFT)) - 1, 0);
}

/* ---- splitting and merging ----------------------------------------------- */

/* Does a mapping go across the beginning of page @gfn? */
static bool is_cut(struct axv_stage2 *s2, u64 gfn)
{
	struct axv_s2_map *map = axv_s2_map_first(s2, gfn, gfn);

	return map && map->gfn.start != gfn;
}

/* Make the mapping that goes across @gfn two. */
static int split_at(struct axv_stage2 *s2, u64 gfn)
{
	struct axv_s2_map *map, *tail;
	unsigned long offset;

	if (!is_cut(s2, gfn))
		return 0;
	tail = kzalloc(sizeof(*tail), GFP_KERNEL_ACCOUNT);
	if (!tail)
		return -ENOMEM;

	map = axv_s2_map_first(s2, gfn, gfn);
	offset = (gfn - map->gfn.start) << PAGE_SHIFT;
	tail->mm = map->mm;
	tail->prot = map->prot;
	tail->flags = map->flags;
	tail->gfn.start = gfn;
	tail->gfn.last = map->gfn.last;
	tail->hva.start = map->hva.start + offset;
	tail->hva.last = map->hva.last;

	spin_lock(&s2->lock);
	if (tail->mm)
		refcount_inc(&tail->mm->refs);
	remove_nodes(s2, map);
	map->gfn.last = gfn - 1;
	map->hva.last = tail->hva.start - 1;
	insert_nodes(s2, map);
	insert_nodes(s2, tail);
	s2->nr_maps++;
	spin_unlock(&s2->lock);
	return 0;
}

/* Make [@first, @last] begin and end with mappings, or fail with nothing lost. */
static int split_range(struct axv_stage2 *s2, u64 first, u64 last)
{
	int r;

	if (s2->nr_maps + is_cut(s2, first) + is_cut(s2, last + 1) > AXV_S2_MAX_MAPS)
		return -ENOSPC;
	r = split_at(s2, first);
	return r ?: split_at(s2, last + 1);
}

static bool is_continued(const struct axv_s2_map *map, const struct axv_s2_map *next)
{
	return map->gfn.last + 1 == next->gfn.start && map->mm == next->mm &&
	       map->prot == next->prot && map->flags == next->flags &&
	       (!map->mm || map->hva.last + 1 == next->hva.start);
}

/* The counterpart: what fits together in and around a range becomes one again. */
static void merge_range(struct axv_stage2 *s2, u64 first, u64 last)
{
	u64 lo = first ? first - 1 : 0, hi = last + 1;
	struct axv_s2_map *map = axv_s2_map_first(s2, lo, hi);
	struct axv_s2_map *next;

	while (map) {
		next = axv_s2_map_next(map, lo, hi);
		if (!next)
			return;
		if (!is_continued(map, next)) {
			map = next;
			continue;
		}
		spin_lock(&s2->lock);
		remove_nodes(s2, next);
		remove_nodes(s2, map);
		map->gfn.last = next->gfn.last;
		map->hva.last = next->hva.last;
		insert_nodes(s2, map);
		s2->nr_maps--;
		spin_unlock(&s2->lock);
		free_map(next);
		cond_resched();
	}
}

/* ---- UNMAP --------------------------------------------------------------- */

/* All mappings in [@first, @last], none of which goes across its ends. */
static void unmap_range(struct axv_stage2 *s2, u64 first, u64 last)
{
	struct axv_s2_map *map;

	while ((map = axv_s2_map_first(s2, first, last))) {
		spin_lock(&s2->lock);
		interval_tree_remove(&map->gfn, &s2->maps);
		s2->map_seq++;
		s2->nr_maps--;
		spin_unlock(&s2->lock);

		narrow_range(s2, map->gfn.start, map->gfn.last, 0);
		if (!map->mm)
			axv_s2_zero_erase(s2, map->gfn.start, map->gfn.last);

		if (map->mm) {
			spin_lock(&s2->lock);
			interval_tree_remove(&map->hva, &map->mm->maps);
			spin_unlock(&s2->lock);
		}
		free_map(map);
	}
}

/**
 * axv_s2_drop_maps() - forget all mappings of a stage-2 that nobody uses
 * @s2: the stage-2
 *
 * The table is not touched, and not reachable by a notifier afterwards.
 */
void axv_s2_drop_maps(struct axv_stage2 *s2)
{
	struct axv_s2_map *map;

	while ((map = axv_s2_map_first(s2, 0, ULONG_MAX))) {
		spin_lock(&s2->lock);
		remove_nodes(s2, map);
		s2->nr_maps--;
		spin_unlock(&s2->lock);
		free_map(map);
		cond_resched();
	}
}

static int check_range(struct axv_stage2 *s2, u64 gpa, u64 len)
{
	if (!len || !PAGE_ALIGNED(gpa) || !PAGE_ALIGNED(len))
		return -EINVAL;
	if (gpa + len < gpa || gpa + len > BIT_ULL(s2->gpa_bits))
		return -EINVAL;
	return 0;
}

/**
 * axv_s2_ioctl_unmap() - AXVCPU_S2_UNMAP
 * @file: of the stage-2
 * @arg: struct axvcpu_s2_range
 *
 * Return: 0, -EINVAL, -ENOENT, -ENOSPC, -ENOMEM, -EINTR.
 */
long axv_s2_ioctl_unmap(struct file *file, void *arg)
{
	struct axv_stage2 *s2 = file->private_data;
	struct axvcpu_s2_range *a = arg;
	u64 first, last;
	int r;

	r = check_range(s2, a->gpa, a->len);
	if (r)
		return r;
	if (a->prot)
		return -EINVAL;
	first = axv_s2_gfn(a->gpa);
	last = axv_s2_gfn(a->gpa + a->len - 1);

	if (mutex_lock_killable(&s2->ioctl_lock))
		return -EINTR;
	r = -ENOENT;
	if (axv_s2_map_first(s2, first, last)) {
		r = split_range(s2, first, last);
		if (!r)
			unmap_range(s2, first, last);
		else
			merge_range(s2, first, last);
	}
	mutex_unlock(&s2->ioctl_lock);
	return r;
}

/* ---- PROTECT ------------------------------------------------------------- */

static bool is_covered(struct axv_stage2 *s2, u64 first, u64 last)
{
	struct axv_s2_map *map;

	for (;; first = map->gfn.last + 1) {
		map = axv_s2_map_first(s2, first, first);
		if (!map)
			return false;
		if (map->gfn.last >= last)
			return true;
		cond_resched();
	}
}

static int protect_range(struct axv_stage2 *s2, u64 first, u64 last, u32 prot)
{
	struct axv_s2_map *map;
	u32 lost = 0;
	int r;

	if (!is_covered(s2, first, last))
		return -ENOENT;
	r = split_range(s2, first, last);
	if (!r) {
		for (map = axv_s2_map_first(s2, first, last); map;
		     map = axv_s2_map_next(map, first, last)) {
			lost |= map->prot & ~prot;
			spin_lock(&s2->lock);
			map->prot = prot;
			s2->map_seq++;
			spin_unlock(&s2->lock);
			cond_resched();
		}
		/* Rights that are new come to leaves with the next fault. */
		if (lost)
			narrow_range(s2, first, last, prot | ~AXV_PROT_ALL);
	}
	merge_range(s2, first, last);
	return r;
}

/**
 * axv_s2_ioctl_protect() - AXVCPU_S2_PROTECT
 * @file: of the stage-2
 * @arg: struct axvcpu_s2_range
 *
 * Return: 0, -EINVAL, -ENOENT, -ENOSPC, -ENOMEM, -EINTR.
 */
long axv_s2_ioctl_protect(struct file *file, void *arg)
{
	struct axv_stage2 *s2 = file->private_data;
	struct axvcpu_s2_range *a = arg;
	int r;

	r = check_range(s2, a->gpa, a->len);
	if (r)
		return r;
	if ((a->prot & ~AXV_PROT_ALL) || !(a->prot & AXVCPU_PROT_READ))
		return -EINVAL;

	if (mutex_lock_killable(&s2->ioctl_lock))
		return -EINTR;
	r = protect_range(s2, axv_s2_gfn(a->gpa), axv_s2_gfn(a->gpa + a->len - 1), a->prot);
	mutex_unlock(&s2->ioctl_lock);
	return r;
}

/* ---- MAP ----------------------------------------------------------------- */

static int check_map(struct axv_stage2 *s2, const struct axvcpu_s2_map *a)
{
	int r;

	r = check_range(s2, a->gpa, a->len);
	if (r)
		return r;
	if ((a->prot & ~AXV_PROT_ALL) || !(a->prot & AXVCPU_PROT_READ) || a->reserved)
		return -EINVAL;
	if (a->flags & ~(AXVCPU_S2_UNCACHED | AXVCPU_S2_POPULATE))
		return -EINVAL;

	switch (a->source) {
	case AXVCPU_S2_USER:
		if (!PAGE_ALIGNED(a->uaddr) || a->offset || a->fd)
			return -EINVAL;
		/* Notifiers speak of addresses without tags. */
		if (a->uaddr + a->len < a->uaddr || a->uaddr + a->len > TASK_SIZE ||
		    !access_ok((void __user *)a->uaddr, a->len))
			return -EFAULT;
		return 0;
	case AXVCPU_S2_FD:
		if (!PAGE_ALIGNED(a->offset) || a->offset + a->len < a->offset)
			return -EINVAL;
		return 0;
	case AXVCPU_S2_ZERO:
		return a->uaddr || a->offset || a->fd ? -EINVAL : 0;
	}
	return -EINVAL;
}

static int mmap_fd(struct axvcpu_s2_map *a)
{
	unsigned long prot = PROT_READ, addr;
	struct file *file;

	if (a->prot & AXVCPU_PROT_WRITE)
		prot |= PROT_WRITE;
	file = fget(a->fd);
	if (!file)
		return -EBADF;
	addr = vm_mmap(file, 0, a->len, prot, MAP_SHARED, a->offset);
	fput(file);
	if (IS_ERR_VALUE(addr))
		return addr;
	a->uaddr = addr;
	return 0;
}

static struct axv_s2_map *new_map(struct axv_stage2 *s2, const struct axvcpu_s2_map *a)
{
	struct axv_s2_map *map;

	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return ERR_PTR(-ENOMEM);
	map->gfn.start = axv_s2_gfn(a->gpa);
	map->gfn.last = axv_s2_gfn(a->gpa + a->len - 1);
	map->prot = a->prot;
	map->flags = a->flags & AXVCPU_S2_UNCACHED;
	if (a->source != AXVCPU_S2_ZERO) {
		struct axv_s2_mm *m = axv_s2_mm_get(s2);

		if (IS_ERR(m)) {
			kfree(map);
			return ERR_CAST(m);
		}
		map->mm = m;
		map->hva.start = a->uaddr;
		map->hva.last = a->uaddr + map_len(map) - 1;
	}
	return map;
}

static int map_range(struct axv_stage2 *s2, const struct axvcpu_s2_map *a)
{
	u64 first = axv_s2_gfn(a->gpa), last = axv_s2_gfn(a->gpa + a->len - 1);
	struct axv_s2_map *map;
	bool doors;
	int r = 0;

	if (axv_s2_map_first(s2, first, last))
		return -EEXIST;
	if (s2->nr_maps >= AXV_S2_MAX_MAPS)
		return -ENOSPC;
	map = new_map(s2, a);
	if (IS_ERR(map))
		return PTR_ERR(map);

	spin_lock(&s2->lock);
	insert_nodes(s2, map);
	s2->nr_maps++;
	doors = s2->doors;
	spin_unlock(&s2->lock);

	/* no new ones from now on, and none that are left */
	if (unlikely(doors))
		narrow_range(s2, first, last, 0);
	if (a->flags & AXVCPU_S2_POPULATE)
		r = axv_s2_populate(s2, first, last,
				    a->prot & (AXVCPU_PROT_READ | AXVCPU_PROT_WRITE));
	if (r)
		unmap_range(s2, first, last);
	return r;
}

/**
 * axv_s2_ioctl_map() - AXVCPU_S2_MAP
 * @file: of the stage-2
 * @arg: struct axvcpu_s2_map; uaddr is set for a file
 *
 * The ioctl_lock is held over POPULATE, so that what fails can be taken back;
 * a fault that never ends can be killed.
 *
 * Return: 0; -EINVAL, -EFAULT, -EEXIST, -ENOSPC, -ENOMEM, -EINTR; -EBADF and
 * what mmap() says of a file.
 */
long axv_s2_ioctl_map(struct file *file, void *arg)
{
	struct axv_stage2 *s2 = file->private_data;
	struct axvcpu_s2_map *a = arg;
	int r;

	r = check_map(s2, a);
	if (r)
		return r;
	if (a->source == AXVCPU_S2_FD) {
		r = mmap_fd(a);
		if (r)
			return r;
	}

	r = -EINTR;
	if (!mutex_lock_killable(&s2->ioctl_lock)) {
		r = map_range(s2, a);
		mutex_unlock(&s2->ioctl_lock);
	}
	if (r && a->source == AXVCPU_S2_FD)
		vm_munmap(a->uaddr, a->len);
	return r;
}
