/* SPDX-License-Identifier: GPL-2.0-only */
/* TLB tags (ASID, VPID, VMID): handed out by generation. */
#ifndef AXVCPU_TAG_H
#define AXVCPU_TAG_H

#include <linux/types.h>

/**
 * struct axv_tag_pool - the tags of one TLB domain (a CPU)
 * @first: lowest tag a guest may have
 * @last: highest one
 * @next: next to be handed out
 * @gen: generation; a tag is good as long as its own is the pool's
 */
struct axv_tag_pool {
	u32 first;
	u32 last;
	u32 next;
	u64 gen;
};

/**
 * struct axv_tag - a vCPU's tag
 * @gen: generation it is from, 0: none yet
 * @tag: the tag
 * @cpu: CPU whose pool it is from; of no meaning where the domain is global
 */
struct axv_tag {
	u64 gen;
	u32 tag;
	int cpu;
};

enum axv_tag_flush {
	/* translations under the tag are the vCPU's own or none */
	AXV_TAG_KEEP,
	/* a new generation begins: flush every tag of the domain */
	AXV_TAG_FLUSH_ALL,
};

void axv_tag_pool_init(struct axv_tag_pool *pool, u32 first, u32 last);
enum axv_tag_flush axv_tag_get(struct axv_tag_pool *pool, struct axv_tag *t, int cpu);

/* Is @t still the vCPU's own? If not, axv_tag_get() has another one. */
static inline bool axv_tag_good(const struct axv_tag_pool *pool, const struct axv_tag *t, int cpu)
{
	return t->gen == pool->gen && t->gen && t->cpu == cpu;
}

/* All tags may have been used by somebody else: the next one begins with a flush. */
static inline void axv_tag_pool_void(struct axv_tag_pool *pool)
{
	pool->gen++;
	pool->next = pool->last + 1;
}

#endif
