// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tag allocator. Tags are never given back: a vCPU keeps its tag until
 * the pool runs out, then a new generation begins with one full flush and
 * everybody fetches a new tag at the next entry.
 */
#include "tag.h"

/**
 * axv_tag_pool_init() - an empty pool
 * @pool: the pool
 * @first: lowest tag
 * @last: highest tag
 *
 * The first axv_tag_get() begins generation 1 and so flushes whatever somebody
 * else left in the TLB.
 */
void axv_tag_pool_init(struct axv_tag_pool *pool, u32 first, u32 last)
{
	pool->first = first;
	pool->last = last;
	pool->next = last + 1;
	pool->gen = 0;
}

/**
 * axv_tag_get() - make @t good for an entry
 * @pool: the domain's pool; the caller keeps others out (interrupts off for a
 *	pool of this CPU, a lock for a global one)
 * @t: the vCPU's tag
 * @cpu: the CPU the pool belongs to
 *
 * Return: what the entry must flush before the guest runs.
 */
enum axv_tag_flush axv_tag_get(struct axv_tag_pool *pool, struct axv_tag *t, int cpu)
{
	enum axv_tag_flush flush = AXV_TAG_KEEP;

	if (axv_tag_good(pool, t, cpu))
		return AXV_TAG_KEEP;

	if (pool->next > pool->last) {
		pool->gen++;
		pool->next = pool->first;
		flush = AXV_TAG_FLUSH_ALL;
	}
	t->gen = pool->gen;
	t->tag = pool->next++;
	t->cpu = cpu;
	return flush;
}
