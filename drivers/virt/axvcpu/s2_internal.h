/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the stage-2 engine share.
 *
 * Locks: axv_stage2.ioctl_lock (one change of the mappings at a time), then
 * mmap_lock, then axv_stage2.lock. The last is a spinlock that guards mappings
 * and table against faults and notifiers; nothing that sleeps happens under
 * it, and a notifier takes no other lock, so the host can always have its
 * pages back. The trees of mappings are written under both ioctl_lock and
 * lock, and may be read under either.
 *
 * Legend: [I] set once, [i] ioctl_lock, [l] lock, [il] written under both,
 * [a] a single word read with READ_ONCE, [h] a hint, no lock.
 */
#ifndef AXVCPU_S2_INTERNAL_H
#define AXVCPU_S2_INTERNAL_H

#include <linux/interval_tree.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/refcount.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "s2_table.h"
#include "compat/compat_mm.h"

#define AXV_PROT_ALL	(AXVCPU_PROT_READ | AXVCPU_PROT_WRITE | AXVCPU_PROT_EXEC)

/**
 * struct axv_s2_map - one mapping
 * @gfn: [il] in axv_stage2.maps, unless it is being unmapped
 * @hva: [il] in axv_s2_mm.maps, bytes; not for ZERO
 * @mm: [I] whose memory it is; NULL: ZERO
 * @prot: [il] AXVCPU_PROT_*
 * @flags: [I] AXVCPU_S2_UNCACHED
 */
struct axv_s2_map {
	struct interval_tree_node gfn;
	struct interval_tree_node hva;
	struct axv_s2_mm *mm;
	u32 prot;
	u32 flags;
};

/**
 * struct axv_s2_mm - a process whose memory is mapped
 * @mn: its notifier, holds the mm_struct but none of its memory
 * @s2: [I] the stage-2; its structure stays until the notifier is freed
 * @mm: [I] the process's address space
 * @node: [l] in axv_stage2.mms
 * @refs: mappings and faults that use it; none: the notifier goes. The last
 *	one goes under the lock, so what is in axv_stage2.mms has some
 * @maps: [il] its mappings, by hva
 * @dead: [l] the address space is gone
 * @seq: [l] grows at the end of an invalidation of something mapped
 * @invalidating: [l] invalidations under way
 * @inv_first: [l] where they begin
 * @inv_last: [l] where they end
 */
struct axv_s2_mm {
	struct mmu_notifier mn;
	struct axv_stage2 *s2;
	struct mm_struct *mm;
	struct list_head node;
	refcount_t refs;
	struct rb_root_cached maps;
	bool dead;
	u64 seq;
	unsigned int invalidating;
	unsigned long inv_first;
	unsigned long inv_last;
};

struct axv_stage2 {
	struct axv_s2_public pub;	/* [l] to write, [a]; see stage2.h */
	struct kref refs;		/* fd, its VMAs, vCPUs */
	struct kref mem;		/* @refs as a whole, and one for each notifier */
	u32 gpa_bits;			/* [I] */
	struct mutex ioctl_lock;
	spinlock_t lock;		/* mappings, table, vCPUs: see above */
	struct rb_root_cached maps;	/* [il] by gfn */
	u32 nr_maps;			/* [il] */
	u32 map_seq;			/* [l] grows with every change of the mappings */
	struct list_head mms;		/* [l] */
	struct list_head vcpus;		/* [l] */
	cpumask_var_t kick;		/* [l] CPUs of vCPUs to drive out */
	seqcount_t lost_seq;		/* [l] to write; @lost, and generation with it */
	unsigned int lost_nr;		/* of them so far */
	struct axv_s2_loss lost[AXV_S2_LOSSES];	/* the latest */
	struct axv_s2_table table;	/* [l] */
	struct xarray zero;		/* [l] to look up and erase: pages of ZERO, by gfn */
	bool doors;			/* [l] there have been doors, see s2_door.c */
	bool fresh;			/* [h] faults are for pages the process lacks */
	u64 faults;			/* [l] */
	u64 neighbours;			/* [l] */
	u64 invalidations;		/* [l] */
};

static_assert(offsetof(struct axv_stage2, pub) == 0);

/**
 * struct axv_s2_slot - what a mapping said while the lock was held
 * @first: first gfn
 * @last: last gfn
 * @hva: address of @first in @mm
 * @mm: whose memory, with a reference; NULL: ZERO
 * @seq: @mm's
 * @prot: AXVCPU_PROT_*
 * @flags: AXVCPU_S2_*
 * @map_seq: the stage-2's
 */
struct axv_s2_slot {
	u64 first;
	u64 last;
	unsigned long hva;
	struct axv_s2_mm *mm;
	u64 seq;
	u32 prot;
	u32 flags;
	u32 map_seq;
};

/**
 * struct axv_s2_page - what the process has at an address
 * @page: with a reference; NULL: not memory that is counted
 * @pfn: where it is
 * @writable: the process may write it right now
 * @there: the process had it, or what is around it, before
 * @attr: AXV_S2_ATTR_UNCACHED, AXV_S2_ATTR_DEVICE
 */
struct axv_s2_page {
	struct page *page;
	u64 pfn;
	bool writable;
	bool there;
	u32 attr;
};

static inline struct axv_s2_map *axv_s2_map_first(struct axv_stage2 *s2, u64 first, u64 last)
{
	struct interval_tree_node *n = interval_tree_iter_first(&s2->maps, first, last);

	return n ? container_of(n, struct axv_s2_map, gfn) : NULL;
}

static inline struct axv_s2_map *axv_s2_map_next(struct axv_s2_map *map, u64 first, u64 last)
{
	struct interval_tree_node *n = interval_tree_iter_next(&map->gfn, first, last);

	return n ? container_of(n, struct axv_s2_map, gfn) : NULL;
}

static inline u64 axv_s2_gfn(axv_gpa_t gpa)
{
	return gpa >> PAGE_SHIFT;
}

static inline axv_gpa_t axv_s2_gpa(u64 gfn)
{
	return gfn << PAGE_SHIFT;
}

static inline unsigned long axv_s2_slot_hva(const struct axv_s2_slot *slot, u64 gfn)
{
	return slot->hva + ((gfn - slot->first) << PAGE_SHIFT);
}

/* stage2.c */
void axv_s2_new_layout(struct axv_stage2 *s2);
void axv_s2_flush(struct axv_stage2 *s2, struct axv_s2_gather *g);
bool axv_s2_slot_get(struct axv_stage2 *s2, u64 gfn, struct axv_s2_slot *slot);
bool axv_s2_slot_valid(struct axv_stage2 *s2, u64 gfn, const struct axv_s2_slot *slot);
void axv_s2_mem_get(struct axv_stage2 *s2);
void axv_s2_mem_put(struct axv_stage2 *s2);

/* s2_map.c */
long axv_s2_ioctl_map(struct file *file, void *arg);
long axv_s2_ioctl_unmap(struct file *file, void *arg);
long axv_s2_ioctl_protect(struct file *file, void *arg);
void axv_s2_drop_maps(struct axv_stage2 *s2);

/* s2_page.c */
bool axv_s2_is_wanted(struct axv_vcpu *v);
int axv_s2_page_get(struct axv_stage2 *s2, struct axv_vcpu *v, const struct axv_s2_slot *slot,
		    u64 gfn, u32 access, struct axv_s2_page *h);

/* s2_fault.c */
int axv_s2_populate(struct axv_stage2 *s2, u64 first, u64 last, u32 access);

/* s2_zero.c */
struct page *axv_s2_zero_get(struct axv_stage2 *s2, u64 gfn);
int axv_s2_zero_fill(struct axv_stage2 *s2, const struct axv_s2_slot *slot, u64 gfn);
struct page *axv_s2_zero_find(struct axv_stage2 *s2, const struct axv_s2_slot *slot, u64 gfn,
			      unsigned int *level);
void axv_s2_zero_erase(struct axv_stage2 *s2, u64 first, u64 last);
int axv_s2_mmap(struct file *file, struct vm_area_struct *vma);

/* s2_notify.c */
struct axv_s2_mm *axv_s2_mm_get(struct axv_stage2 *s2);
void axv_s2_mm_put(struct axv_s2_mm *m);
bool axv_s2_mm_changed(const struct axv_s2_mm *m, u64 seq, unsigned long hva,
		       unsigned long len);

static inline void axv_s2_slot_put(struct axv_s2_slot *slot)
{
	if (slot->mm)
		axv_s2_mm_put(slot->mm);
}

#endif /* AXVCPU_S2_INTERNAL_H */
