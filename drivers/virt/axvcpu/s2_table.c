// SPDX-License-Identifier: GPL-2.0-only
/*
 * Table mechanics of stage 2: walk, map, narrow, split, for any format.
 *
 * Entries are written by single 64-bit stores under the stage-2's lock, and
 * the hardware walks all the while. A page that leaves the tree goes into a
 * gather, and is freed when the flush that follows has driven every vCPU out
 * of the guest. A present entry never changes into one that means another
 * page or another level: it is removed, flushed, and only then replaced, so
 * that no hardware ever holds both.
 */
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "s2_table.h"

static unsigned int root_order(const struct axv_s2_format *fmt)
{
	return fmt->root_extra_bits;
}

static unsigned int nr_entries(const struct axv_s2_table *t)
{
	return 1U << t->fmt->index_bits;
}

static unsigned int entry_index(const struct axv_s2_table *t, axv_gpa_t gpa, unsigned int level)
{
	unsigned int bits = t->fmt->index_bits;

	if (level == t->levels - 1)
		bits += t->fmt->root_extra_bits;
	return (gpa >> axv_s2t_shift(t, level)) & ((1U << bits) - 1);
}

static bool is_present(const struct axv_s2_table *t, u64 entry)
{
	return entry & t->fmt->present;
}

/* ... given that it is present. */
static bool is_leaf(const struct axv_s2_table *t, u64 entry, unsigned int level)
{
	return !level || !(entry & t->fmt->leaf_bits) == t->fmt->leaf_clear;
}

static u64 *child_table(const struct axv_s2_table *t, u64 entry)
{
	return phys_to_virt(axv_s2t_hpa(t, entry));
}

static u64 table_entry(const struct axv_s2_table *t, u64 *table)
{
	return t->fmt->table() | (u64)virt_to_phys(table) >> t->fmt->hpa_shift;
}

static void set_entry(u64 *entry, u64 val)
{
	WRITE_ONCE(*entry, val);
}

/* A leaf comes, or one that the guest may do more with. */
static void set_leaf(const struct axv_s2_table *t, u64 *entry, u64 leaf, unsigned int level)
{
	if (t->fmt->sync)
		t->fmt->sync(axv_s2t_hpa(t, leaf), axv_s2t_size(t, level), t->fmt->attr(leaf));
	set_entry(entry, leaf);
}

/*
 * Most of a table page is empty for ever. A bit of page_private() for each of 64 parts
 * of it says that there has been a way to another table, for axv_s2t_destroy().
 */
#define PARTS		BITS_PER_LONG
#define PART_SIZE	(PAGE_SIZE / PARTS)

static void set_table(const struct axv_s2_table *t, u64 *entry, u64 *table)
{
	struct page *page = virt_to_page(entry);

	set_page_private(page, page_private(page) | BIT(offset_in_page(entry) / PART_SIZE));
	set_entry(entry, table_entry(t, table));
}

/* ---- table pages --------------------------------------------------------- */

/**
 * axv_s2t_init() - make an empty table
 * @t: the table
 * @config: format and levels
 *
 * Return: 0 or -ENOMEM.
 */
int axv_s2t_init(struct axv_s2_table *t, const struct axv_s2_config *config)
{
	unsigned int i;

	memset(t, 0, sizeof(*t));
	t->fmt = config->format;
	t->levels = config->levels;
	t->leaf_levels = config->leaf_levels & t->fmt->leaf_levels &
			 GENMASK(AXV_S2_LEAF_LEVELS - 1, 0);
	t->hpa_mask = __sme_clr(t->fmt->hpa_mask);
	t->root = (u64 *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, root_order(t->fmt));
	if (!t->root)
		return -ENOMEM;
	t->nr_tables = 1ULL << root_order(t->fmt);
	for (i = 0; i < t->nr_tables; i++)
		set_page_private(virt_to_page(t->root) + i, 0);
	return 0;
}

/* What a page of a table at @level leads to. */
static void free_tables(struct axv_s2_table *t, u64 *table, unsigned int level)
{
	struct page *page = virt_to_page(table);
	unsigned long parts = page_private(page);
	unsigned int part, i;
	u64 *entry;

	for_each_set_bit(part, &parts, PARTS) {
		entry = (void *)table + part * PART_SIZE;
		for (i = 0; i < PART_SIZE / sizeof(*entry); i++, entry++) {
			if (!is_present(t, *entry) || is_leaf(t, *entry, level))
				continue;
			free_tables(t, child_table(t, *entry), level - 1);
			free_page((unsigned long)child_table(t, *entry));
		}
		cond_resched();
	}
	set_page_private(page, 0);
}

/**
 * axv_s2t_destroy() - free a table that no vCPU uses any more
 * @t: the table
 */
void axv_s2t_destroy(struct axv_s2_table *t)
{
	unsigned int i;

	for (i = 0; i < 1U << root_order(t->fmt); i++)
		free_tables(t, (void *)t->root + i * PAGE_SIZE, t->levels - 1);
	free_pages((unsigned long)t->root, root_order(t->fmt));
	t->root = NULL;
}

/**
 * axv_s2_cache_fill() - have table pages ready before the lock is taken
 * @cache: the cache
 * @nr: pages it shall hold at least
 *
 * Return: 0 or -ENOMEM.
 */
int axv_s2_cache_fill(struct axv_s2_cache *cache, unsigned int nr)
{
	while (cache->nr < nr) {
		void *page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);

		if (!page)
			return -ENOMEM;
		cache->page[cache->nr++] = page;
	}
	return 0;
}

/**
 * axv_s2_cache_free() - free what was not used
 * @cache: the cache
 */
void axv_s2_cache_free(struct axv_s2_cache *cache)
{
	while (cache->nr)
		free_page((unsigned long)cache->page[--cache->nr]);
}

static u64 *cache_take(struct axv_s2_cache *cache)
{
	return cache && cache->nr ? cache->page[--cache->nr] : NULL;
}

/* ---- walking ------------------------------------------------------------- */

/**
 * axv_s2t_lookup() - find the leaf that translates @gpa
 * @t: the table
 * @gpa: guest physical address
 * @level: where to put the leaf's level
 *
 * Return: the leaf; 0: there is none.
 */
u64 axv_s2t_lookup(const struct axv_s2_table *t, axv_gpa_t gpa, unsigned int *level)
{
	unsigned int l = t->levels - 1, bits = t->fmt->index_bits;
	unsigned int shift = axv_s2t_shift(t, l);
	u64 entry = READ_ONCE(t->root[entry_index(t, gpa, l)]);

	while (is_present(t, entry)) {
		if (is_leaf(t, entry, l)) {
			*level = l;
			return entry;
		}
		l--;
		shift -= bits;
		entry = READ_ONCE(child_table(t, entry)[(gpa >> shift) & ((1U << bits) - 1)]);
	}
	return 0;
}

static bool table_is_empty(const struct axv_s2_table *t, const u64 *table)
{
	return !memchr_inv(table, 0, sizeof(*table) << t->fmt->index_bits);
}

/* The leaf at @gpa is not what it was. */
static void gather_leaf(const struct axv_s2_table *t, axv_gpa_t gpa, unsigned int level,
			struct axv_s2_gather *g)
{
	u64 mask = axv_s2t_size(t, level) - 1;

	g->first = min(g->first, gpa & ~mask);
	g->last = max(g->last, gpa | mask);
	g->shift = min(g->shift, axv_s2t_shift(t, level));
	g->flush = true;
}

/* A table came or went: what is cached of the way to leaves is no longer right, either. */
static void gather_table(struct axv_s2_gather *g)
{
	g->deep = true;
	g->flush = true;
}

static void remove_leaf(struct axv_s2_table *t, u64 *entry, axv_gpa_t gpa, unsigned int level,
			struct axv_s2_gather *g)
{
	set_entry(entry, 0);
	t->leaves[level]--;
	g->removed++;
	gather_leaf(t, gpa, level, g);
}

static void remove_table(struct axv_s2_table *t, u64 *entry, struct axv_s2_gather *g)
{
	g->table[g->nr++] = child_table(t, *entry);
	set_entry(entry, 0);
	t->nr_tables--;
	/* Walk caches may lead to it although it holds no leaf. */
	gather_table(g);
}

/* Room for what one path up the tree can add between two looks at it. */
static bool gather_is_full(const struct axv_s2_gather *g)
{
	return g->nr > AXV_S2_GATHER_TABLES - AXV_S2_MAX_LEVELS ||
	       g->work >= AXV_S2_GATHER_WORK;
}

/*
 * Replace a leaf by a table of smaller ones that say the same. Where there is
 * no page for it, or the format forbids to go from one to the other in a single
 * store, the answer is no, and the leaf has to go as a whole.
 */
static bool split_leaf(struct axv_s2_table *t, u64 *entry, unsigned int level,
		       struct axv_s2_gather *g)
{
	u64 size = axv_s2t_size(t, level - 1);
	axv_hpa_t hpa = axv_s2t_hpa(t, *entry);
	u32 attr = t->fmt->attr(*entry);
	unsigned int i;
	u64 *table;

	if (!(t->leaf_levels & BIT(level - 1)) || t->fmt->break_before_make)
		return false;
	table = cache_take(g->cache);
	if (!table)
		return false;

	for (i = 0; i < nr_entries(t); i++)
		table[i] = axv_s2t_leaf(t, hpa + i * size, attr, level - 1);
	smp_wmb(); /* the table's entries before the way to them */
	set_table(t, entry, table);
	t->leaves[level]--;
	t->leaves[level - 1] += nr_entries(t);
	t->nr_tables++;
	gather_table(g);
	return true;
}

static void narrow_leaf(struct axv_s2_table *t, u64 *entry, axv_gpa_t gpa, unsigned int level,
			u32 keep, struct axv_s2_gather *g)
{
	if (!keep) {
		remove_leaf(t, entry, gpa, level, g);
		return;
	}
	set_entry(entry, axv_s2t_leaf(t, axv_s2t_hpa(t, *entry), t->fmt->attr(*entry) & keep,
				      level));
	gather_leaf(t, gpa, level, g);
}

/* [first, last] lies inside what @table stands for. */
static bool narrow_level(struct axv_s2_table *t, u64 *table, unsigned int level,
			 axv_gpa_t first, axv_gpa_t last, u32 keep, struct axv_s2_gather *g)
{
	u64 mask = axv_s2t_size(t, level) - 1;
	axv_gpa_t gpa, end;

	for (gpa = first;; gpa = end + 1) {
		u64 *entry = &table[entry_index(t, gpa, level)];
		bool whole;

		end = min(last, gpa | mask);
		whole = !(gpa & mask) && end == (gpa | mask);
		if (gather_is_full(g)) {
			g->next = gpa;
			return false;
		}
		if (!is_present(t, *entry))
			goto next;
		if (is_leaf(t, *entry, level)) {
			g->work++;
			if (!(t->fmt->attr(*entry) & ~keep))
				goto next;
			if (whole || !split_leaf(t, entry, level, g)) {
				/* What goes without need comes back with a fault. */
				narrow_leaf(t, entry, gpa, level, whole ? keep : 0, g);
				goto next;
			}
		}
		if (!narrow_level(t, child_table(t, *entry), level - 1, gpa, end, keep, g))
			return false;
		if (!keep && table_is_empty(t, child_table(t, *entry)))
			remove_table(t, entry, g);
next:
		if (end == last)
			return true;
	}
}

/**
 * axv_s2t_narrow() - take rights away from all leaves of a range
 * @t: the table
 * @first: first address, page aligned
 * @last: last address
 * @keep: AXV_S2_ATTR_* that may stay; 0 removes the leaves, and tables with them
 * @g: what to flush and free; empty before the first call
 *
 * Return: true when done. False: the gather is full, flush it and call again
 * with g->next for @first.
 */
bool axv_s2t_narrow(struct axv_s2_table *t, axv_gpa_t first, axv_gpa_t last, u32 keep,
		    struct axv_s2_gather *g)
{
	return narrow_level(t, t->root, t->levels - 1, first, last, keep, g);
}

/* ---- mapping ------------------------------------------------------------- */

/* Something else stands where a leaf shall go. */
static int make_room(struct axv_s2_table *t, u64 *entry, axv_gpa_t gpa, unsigned int level,
		     struct axv_s2_gather *g)
{
	u64 mask = axv_s2t_size(t, level) - 1;

	if (is_leaf(t, *entry, level))
		remove_leaf(t, entry, gpa, level, g);
	else
		axv_s2t_narrow(t, gpa & ~mask, gpa | mask, 0, g);
	return -EAGAIN;
}

/* The page of smallest leaves that @gpa has its own in, or NULL. */
static u64 *find_leaves(const struct axv_s2_table *t, axv_gpa_t gpa)
{
	unsigned int l = t->levels - 1, bits = t->fmt->index_bits;
	unsigned int shift = axv_s2t_shift(t, l);
	u64 entry = t->root[entry_index(t, gpa, l)];

	while (is_present(t, entry) && !is_leaf(t, entry, l)) {
		u64 *table = child_table(t, entry);

		if (!--l)
			return table;
		shift -= bits;
		entry = table[(gpa >> shift) & ((1U << bits) - 1)];
	}
	return NULL;
}

/**
 * axv_s2t_has_more() - is there a smaller leaf with a right that a larger one would lack
 * @t: the table
 * @gpa: address in the larger one
 * @level: its level
 * @attr: AXV_S2_ATTR_* it would have
 *
 * It is looked for among the smallest ones only.
 */
bool axv_s2t_has_more(const struct axv_s2_table *t, axv_gpa_t gpa, unsigned int level, u32 attr)
{
	const u64 *leaf = level == 1 ? find_leaves(t, gpa) : NULL;
	unsigned int i;

	for (i = 0; leaf && i < BIT(t->fmt->index_bits); i++)
		if (is_present(t, leaf[i]) && (t->fmt->attr(leaf[i]) & ~attr))
			return true;
	return false;
}

/**
 * axv_s2t_map() - set a leaf
 * @t: the table
 * @gpa: address in the page
 * @hpa: the page, aligned to the leaf's size
 * @attr: AXV_S2_ATTR_*
 * @level: the leaf's level
 * @cache: table pages
 * @g: takes what had to go first; empty before the call
 *
 * Rights of a leaf for the same page grow in place; the CPU drops what it has
 * cached of the narrower entry with the fault that it raises, or else the backend
 * sees to that when the fault has been served.
 *
 * Return: 0; -ENOMEM with @cache empty; -EAGAIN: flush and call again.
 */
int axv_s2t_map(struct axv_s2_table *t, axv_gpa_t gpa, axv_hpa_t hpa, u32 attr,
		unsigned int level, struct axv_s2_cache *cache, struct axv_s2_gather *g)
{
	u64 *table = t->root;
	unsigned int l;
	u64 *entry;

	for (l = t->levels - 1;; l--) {
		entry = &table[entry_index(t, gpa, l)];
		if (l == level)
			break;
		if (is_present(t, *entry)) {
			if (is_leaf(t, *entry, l))
				return make_room(t, entry, gpa, l, g);
			table = child_table(t, *entry);
		} else {
			table = cache_take(cache);
			if (!table)
				return -ENOMEM;
			smp_wmb(); /* its zeroes before the way to them */
			set_table(t, entry, table);
			t->nr_tables++;
		}
	}

	if (is_present(t, *entry)) {
		if (!is_leaf(t, *entry, level) || axv_s2t_hpa(t, *entry) != hpa ||
		    (t->fmt->attr(*entry) & ~attr))
			return make_room(t, entry, gpa, level, g);
	} else {
		t->leaves[level]++;
	}
	set_leaf(t, entry, axv_s2t_leaf(t, hpa, attr, level), level);
	return 0;
}

/**
 * axv_s2t_map_idle() - set a smallest leaf where that disturbs nothing
 * @t: the table
 * @gpa: address of the page
 * @leaf: made by axv_s2t_leaf()
 *
 * Return: whether it was set: its table was there and its entry empty.
 */
bool axv_s2t_map_idle(struct axv_s2_table *t, axv_gpa_t gpa, u64 leaf)
{
	u64 *entry = find_leaves(t, gpa);

	if (!entry)
		return false;
	entry += entry_index(t, gpa, 0);
	if (is_present(t, *entry))
		return false;
	set_leaf(t, entry, leaf, 0);
	t->leaves[0]++;
	return true;
}

/**
 * axv_s2t_map_around() - set smallest leaves where that disturbs nothing
 * @t: the table
 * @gpa: address of the first page
 * @leaf: made by axv_s2t_leaf(), for a page each; 0: none
 * @nr: pages, all in one table
 *
 * Return: how many were set.
 */
unsigned int axv_s2t_map_around(struct axv_s2_table *t, axv_gpa_t gpa, const u64 *leaf,
				unsigned int nr)
{
	u64 *entry = find_leaves(t, gpa);
	unsigned int i, set = 0;

	if (!entry)
		return 0;
	entry += entry_index(t, gpa, 0);
	for (i = 0; i < nr; i++) {
		if (!leaf[i] || is_present(t, entry[i]))
			continue;
		set_leaf(t, &entry[i], leaf[i], 0);
		set++;
	}
	t->leaves[0] += set;
	return set;
}
