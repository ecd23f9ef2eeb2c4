/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table mechanics of stage 2, for any format. They know entries and table
 * pages, neither mappings nor processes. All but axv_s2t_init(),
 * axv_s2t_destroy() and the cache's functions are called under the lock of
 * the stage-2 the table belongs to.
 */
#ifndef AXVCPU_S2_TABLE_H
#define AXVCPU_S2_TABLE_H

#include "stage2.h"

#define AXV_S2_MAX_LEVELS	5
/* levels whose leaves are counted: 4K, 2M, 1G */
#define AXV_S2_LEAF_LEVELS	3

/**
 * struct axv_s2_table - one tree of table pages
 * @fmt: how entries are written
 * @root: the root's pages
 * @levels: levels, the root is at level @levels - 1
 * @leaf_levels: levels at which this hardware takes leaves, as bits
 * @hpa_mask: that of the format, without what memory encryption takes of it
 * @nr_tables: table pages, those of the root too
 * @leaves: leaves, by level
 */
struct axv_s2_table {
	const struct axv_s2_format *fmt;
	u64 *root;
	u32 levels;
	u32 leaf_levels;
	u64 hpa_mask;
	u64 nr_tables;
	u64 leaves[AXV_S2_LEAF_LEVELS];
};

/**
 * struct axv_s2_cache - table pages allocated ahead of taking the lock
 * @nr: how many there are
 * @page: they are zeroed
 */
struct axv_s2_cache {
	unsigned int nr;
	void *page[2 * AXV_S2_MAX_LEVELS];
};

#define AXV_S2_GATHER_TABLES	64
#define AXV_S2_GATHER_WORK	4096

/**
 * struct axv_s2_gather - what a change owes to the hardware
 * @flush: a present entry was removed or narrowed
 * @deep: and not only leaves
 * @first: first address of those leaves
 * @last: last address
 * @shift: bytes of the smallest of them
 * @nr: table pages in @table
 * @next: gpa to go on at when axv_s2t_narrow() stopped short
 * @work: leaves looked at since the last flush: bounds how long the lock is held
 * @removed: leaves removed since the last flush
 * @cache: table pages to split leaves with, NULL: remove the whole leaf
 * @table: pages taken out of the tree; hardware may walk them until the flush
 */
struct axv_s2_gather {
	bool flush;
	bool deep;
	unsigned int shift;
	axv_gpa_t first;
	axv_gpa_t last;
	unsigned int nr;
	u64 next;
	unsigned int work;
	u64 removed;
	struct axv_s2_cache *cache;
	void *table[AXV_S2_GATHER_TABLES];
};

/* Nothing is owed any more. */
static inline void axv_s2_gather_empty(struct axv_s2_gather *g)
{
	g->flush = false;
	g->deep = false;
	g->shift = ~0u;
	g->first = U64_MAX;
	g->last = 0;
	g->nr = 0;
	g->work = 0;
	g->removed = 0;
}

static inline void axv_s2_gather_init(struct axv_s2_gather *g, struct axv_s2_cache *cache)
{
	axv_s2_gather_empty(g);
	g->cache = cache;
}

static inline unsigned int axv_s2t_shift(const struct axv_s2_table *t, unsigned int level)
{
	return t->fmt->page_shift + level * t->fmt->index_bits;
}

/* Bytes that an entry at @level stands for. */
static inline u64 axv_s2t_size(const struct axv_s2_table *t, unsigned int level)
{
	return 1ULL << axv_s2t_shift(t, level);
}

/* The address in an entry that is present. */
static inline axv_hpa_t axv_s2t_hpa(const struct axv_s2_table *t, u64 entry)
{
	return (entry & t->hpa_mask) << t->fmt->hpa_shift;
}

/* A leaf of level @level for @hpa. */
static inline u64 axv_s2t_leaf(const struct axv_s2_table *t, axv_hpa_t hpa, u32 attr,
			       unsigned int level)
{
	return t->fmt->leaf(attr, level) | hpa >> t->fmt->hpa_shift;
}

int axv_s2t_init(struct axv_s2_table *t, const struct axv_s2_config *config);
void axv_s2t_destroy(struct axv_s2_table *t);

int axv_s2_cache_fill(struct axv_s2_cache *cache, unsigned int nr);
void axv_s2_cache_free(struct axv_s2_cache *cache);

u64 axv_s2t_lookup(const struct axv_s2_table *t, axv_gpa_t gpa, unsigned int *level);
int axv_s2t_map(struct axv_s2_table *t, axv_gpa_t gpa, axv_hpa_t hpa, u32 attr,
		unsigned int level, struct axv_s2_cache *cache, struct axv_s2_gather *g);
bool axv_s2t_has_more(const struct axv_s2_table *t, axv_gpa_t gpa, unsigned int level, u32 attr);
bool axv_s2t_map_idle(struct axv_s2_table *t, axv_gpa_t gpa, u64 leaf);
unsigned int axv_s2t_map_around(struct axv_s2_table *t, axv_gpa_t gpa, const u64 *leaf,
				unsigned int nr);
bool axv_s2t_narrow(struct axv_s2_table *t, axv_gpa_t first, axv_gpa_t last, u32 keep,
		    struct axv_s2_gather *g);

#endif /* AXVCPU_S2_TABLE_H */
