/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage-2 tables: what the rest of axvcpu sees of them.
 *
 * stage2.c	the object and its fd, its vCPUs, driving them out of the guest
 * s2_map.c	its mappings (interval trees): MAP, UNMAP, PROTECT
 * s2_zero.c	pages it owns itself
 * s2_table.c	table mechanics for any format: walk, map, unmap, protect
 * s2_fault.c	a guest fault becomes a leaf, with its neighbours
 * s2_page.c	the process's page for it, and waiting for that
 * s2_notify.c	the host takes pages back
 * s2_access.c	the kernel reads and writes guest memory
 * s2_door.c	a device's pages that the kernel puts in holes, for backends that have any
 */
#ifndef AXVCPU_STAGE2_H
#define AXVCPU_STAGE2_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "axvcpu.h"

#define AXV_S2_MAX_MAPS		65536

extern const struct file_operations axv_s2_fops;
int axv_s2_create(const struct axvcpu_create_stage2 *args);
/* A reference to the table behind @fd, or ERR_PTR(-EBADF), ERR_PTR(-EINVAL)
 * where @fd is another kind of file.
 */
struct axv_stage2 *axv_s2_get_fd(int fd);
void axv_s2_get(struct axv_stage2 *s2);
void axv_s2_put(struct axv_stage2 *s2);

/*
 * A vCPU that may be in the guest on @s2 is in its list, so that whoever takes
 * a translation away can drive it out of the guest. attach and detach take and
 * drop a reference; v->lock is held, @v is not in the guest.
 */
void axv_s2_attach(struct axv_stage2 *s2, struct axv_vcpu *v);
void axv_s2_detach(struct axv_vcpu *v);

axv_hpa_t axv_s2_root(struct axv_stage2 *s2);
u32 axv_s2_levels(struct axv_stage2 *s2);
u32 axv_s2_gpa_bits(struct axv_stage2 *s2);

/**
 * struct axv_s2_public - what of a stage-2 is read without asking it
 * @generation: a number that is new whenever a translation that hardware may
 *	have cached is removed or narrowed. A backend reads it with interrupts
 *	off right before an entry, after v->mode was set to AXV_IN_GUEST with a
 *	full barrier, and flushes the guest's tag when it is not what it was at
 *	the last flush
 * @layout: one that is new whenever a mapping came
 *
 * No two stage-2s ever have the same. It is the first member of struct
 * axv_stage2.
 */
struct axv_s2_public {
	u64 generation;
	u64 layout;
};

static inline u64 axv_s2_generation(const struct axv_stage2 *s2)
{
	return READ_ONCE(((const struct axv_s2_public *)s2)->generation);
}

static inline u64 axv_s2_layout(const struct axv_stage2 *s2)
{
	return READ_ONCE(((const struct axv_s2_public *)s2)->layout);
}

#define AXV_S2_LOSSES	4

/**
 * struct axv_s2_loss - leaves that a table lost, or rights of theirs
 * @before: generation until then; 0: more than leaves
 * @after: generation from then on
 * @first: first address
 * @last: last address
 * @shift: bytes of the smallest leaf among them
 */
struct axv_s2_loss {
	u64 before;
	u64 after;
	axv_gpa_t first;
	axv_gpa_t last;
	u32 shift;
};

/*
 * What was lost since generation @since: how many of @loss (AXV_S2_LOSSES at most), or
 * -1: too much to tell, any translation may be another one, and so may the tables that
 * lead there. *@now: the generation that this is good for. Any context, no lock.
 */
int axv_s2_lost_since(struct axv_stage2 *s2, u64 since, u64 *now, struct axv_s2_loss *loss);

/* what axv_s2_fault() says */
enum axv_s2_result {
	AXV_S2_OK	= 0,	/* enter again */
	AXV_S2_HOLE	= 1,	/* nothing is mapped there: a device, perhaps */
	AXV_S2_PROT	= 2,	/* mapped without that right */
	AXV_S2_BACKING	= 3,	/* the process's memory cannot give it */
};

/*
 * Serve a guest access to @gpa. @access: AXVCPU_PROT_*. Sleeps. enum
 * axv_s2_result, or -EINTR, -ENOMEM, and the errors of the memory itself that
 * are worth a retry as AXV_S2_OK.
 */
int axv_s2_fault(struct axv_stage2 *s2, struct axv_vcpu *v, axv_gpa_t gpa, u32 access);

/*
 * @v shall look at what was changed before the call, which was followed by a
 * full barrier: end the wait in axv_s2_fault(), however long it might take. Any
 * context.
 */
void axv_s2_interrupt(struct axv_vcpu *v);

/*
 * Take all translations away: what the guest touches again is given to it anew, with the
 * cache maintenance that goes with it. Sleeps.
 */
void axv_s2_drop_leaves(struct axv_stage2 *s2);

/*
 * What kind of memory is at @gpa, without touching it: AXVCPU_PROT_* of its
 * mapping, 0 for a hole.
 */
u32 axv_s2_prot(struct axv_stage2 *s2, axv_gpa_t gpa);

/*
 * Read or write guest memory as the guest would, through the mappings' rights.
 * May cross pages and mappings. Sleeps. 0; -ENXIO a hole; -EPERM a mapping
 * without the right; -EFAULT memory that cannot be had. A write is all or
 * nothing only within a page.
 */
int axv_s2_read(struct axv_stage2 *s2, axv_gpa_t gpa, void *buf, size_t len);
int axv_s2_write(struct axv_stage2 *s2, axv_gpa_t gpa, const void *buf, size_t len);
/*
 * Compare and exchange of an aligned 4- or 8-byte word, for accessed and dirty
 * bits. 0 exchanged, -EAGAIN it held something else, else as axv_s2_write().
 */
int axv_s2_cmpxchg(struct axv_stage2 *s2, axv_gpa_t gpa, u64 old, u64 new, size_t len);

/*
 * A page of a device where nothing is mapped; see s2_door.c. Not all architectures
 * have it.
 */
int axv_s2_door_map(struct axv_stage2 *s2, axv_gpa_t gpa, axv_hpa_t (*where)(void *arg),
		    void *arg);
void axv_s2_door_unmap(struct axv_stage2 *s2, axv_gpa_t gpa);
void axv_s2_door_expect(struct axv_stage2 *s2);

/*
 * Where the kernel has guest memory, in a section only; see s2_peek.c. @slot is
 * where that is remembered: 0 for code, others for the guest's page tables.
 */
const void *axv_s2_peek_miss(struct axv_vcpu *v, axv_gpa_t gpa, unsigned int slot);

/* Is @gpa known to be a hole, from axv_s2_note_hole()? Any context. */
static inline bool axv_s2_is_hole(const struct axv_vcpu *v, axv_gpa_t gpa)
{
	u64 gfn = gpa >> PAGE_SHIFT;

	return v->peek.layout == axv_s2_layout(v->s2) &&
	       v->peek.hole[gfn % AXV_S2_HOLES] == gfn;
}

/* axv_s2_fault() said AXV_S2_HOLE for @gpa; the layout was @layout before. */
static inline void axv_s2_note_hole(struct axv_vcpu *v, axv_gpa_t gpa, u64 layout)
{
	u64 gfn = gpa >> PAGE_SHIFT;

	if (v->peek.layout != layout)
		memset(v->peek.hole, 0xff, sizeof(v->peek.hole));
	v->peek.layout = layout;
	v->peek.hole[gfn % AXV_S2_HOLES] = gfn;
}

static inline const void *axv_s2_peek(struct axv_vcpu *v, axv_gpa_t gpa, unsigned int slot)
{
	if (likely(v->peek.generation == axv_s2_generation(v->s2) &&
		   v->peek.page[slot].gfn == gpa >> PAGE_SHIFT))
		return v->peek.page[slot].kva + offset_in_page(gpa);
	return axv_s2_peek_miss(v, gpa, slot);
}

void axv_s2_exit(void);	/* module exit: all asynchronous frees are done after it */

/* ---- formats --------------------------------------------------------------- */

/* attributes of a leaf, as the mechanics hand them to a format */
#define AXV_S2_ATTR_READ	AXVCPU_PROT_READ
#define AXV_S2_ATTR_WRITE	AXVCPU_PROT_WRITE
#define AXV_S2_ATTR_EXEC	AXVCPU_PROT_EXEC
#define AXV_S2_ATTR_UNCACHED	BIT(8)
/* not memory: a device's registers; comes with UNCACHED but where the host
 * itself maps them write-back
 */
#define AXV_S2_ATTR_DEVICE	BIT(9)

/**
 * struct axv_s2_format - how one architecture writes a table, as data
 * @name: for debugfs
 * @page_shift: bytes of the smallest leaf
 * @index_bits: index bits of a table page
 * @root_extra_bits: further index bits of the root (concatenated roots:
 *	riscv 2, arm64 up to 4), so the root has 1 << this pages, aligned so
 * @max_levels: levels it can have
 * @leaf_levels: bit n set: leaves may stand at level n (0: smallest page)
 * @break_before_make: hardware must never meet a table where it has cached a
 *	leaf, so leaves cannot be split in place
 * @present: an entry with any of these bits means something to the hardware
 * @leaf_bits: ... and with any of these it is a leaf; at level 0 it always is
 * @leaf_clear: with none of @leaf_bits it is a leaf
 * @hpa_mask: address bits of an entry
 * @hpa_shift: how much further left they stand in the address
 * @leaf: a leaf at @level with AXV_S2_ATTR_*, but for the address
 * @table: a pointer to a table page, but for the address
 * @attr: AXV_S2_ATTR_* of a leaf
 * @sync: @size bytes at @hpa get a leaf: make caches agree on what they hold; NULL:
 *	they do anyhow. Does not sleep
 *
 * What a walk needs is masks, not functions: there is one with every fault.
 */
struct axv_s2_format {
	const char *name;
	u8 page_shift;
	u8 index_bits;
	u8 root_extra_bits;
	u8 max_levels;
	u32 leaf_levels;
	bool break_before_make;
	u64 present;
	u64 leaf_bits;
	bool leaf_clear;
	u64 hpa_mask;
	u8 hpa_shift;
	u64 (*leaf)(u32 attr, unsigned int level);
	u64 (*table)(void);
	u32 (*attr)(u64 entry);
	void (*sync)(axv_hpa_t hpa, u64 size, u32 attr);
};

/*
 * The format and the level count a new table gets; from the backend's probe. Where
 * min_levels is lower, a narrower address space gets fewer.
 */
struct axv_s2_config {
	const struct axv_s2_format *format;
	u32 levels;
	u32 min_levels;
	u32 gpa_bits;
	u32 leaf_levels;	/* those of the format this hardware has */
};

extern struct axv_s2_config axv_s2_config;

/* x86 */
extern const struct axv_s2_format axv_s2_npt;
extern const struct axv_s2_format axv_s2_ept;

#endif /* AXVCPU_STAGE2_H */
