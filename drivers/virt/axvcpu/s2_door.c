// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doors: pages of a device that the kernel itself puts where nothing is mapped, so that
 * a guest reaches it without an exit, and takes away again whenever it likes. A mapping
 * of user space's at the same place hides the door, and what is not mapped stays a hole
 * to all who ask for it.
 */
#include "s2_internal.h"

#define DOOR	(AXV_S2_ATTR_READ | AXV_S2_ATTR_WRITE | AXV_S2_ATTR_DEVICE | \
		 AXV_S2_ATTR_UNCACHED)

static int door_map(struct axv_stage2 *s2, axv_gpa_t gpa, axv_hpa_t hpa,
		    struct axv_s2_cache *cache)
{
	struct axv_s2_gather g;
	int r;

	axv_s2_gather_init(&g, NULL);
	do {
		r = axv_s2t_map(&s2->table, gpa, hpa, DOOR, 0, cache, &g);
		axv_s2_flush(s2, &g);
	} while (r == -EAGAIN);
	s2->doors |= !r;
	return r;
}

/**
 * axv_s2_door_map() - a door where nothing is mapped
 * @s2: the stage-2
 * @gpa: where, a page
 * @where: is asked where the door leads, 0: nowhere now; spinlocks only
 * @arg: for @where
 *
 * What @where says holds until whoever makes it untrue, after that, calls
 * axv_s2_door_unmap(). Sleeps.
 *
 * Return: 0; -ENXIO it leads nowhere; -EEXIST something is mapped there; -ENOMEM.
 */
int axv_s2_door_map(struct axv_stage2 *s2, axv_gpa_t gpa, axv_hpa_t (*where)(void *arg),
		    void *arg)
{
	struct axv_s2_cache cache = { .nr = 0 };
	u64 gfn = axv_s2_gfn(gpa);
	axv_hpa_t hpa;
	int r;

	r = axv_s2_cache_fill(&cache, s2->table.levels - 1);
	if (!r) {
		spin_lock(&s2->lock);
		hpa = where(arg);
		if (axv_s2_map_first(s2, gfn, gfn))
			r = -EEXIST;
		else if (!hpa)
			r = -ENXIO;
		else
			r = door_map(s2, axv_s2_gpa(gfn), hpa, &cache);
		spin_unlock(&s2->lock);
	}
	axv_s2_cache_free(&cache);
	return r;
}

/**
 * axv_s2_door_unmap() - no door
 * @s2: the stage-2
 * @gpa: where it may be
 *
 * When it returns nobody goes through it any more: no CPU has the translation, and those
 * that used it have been interrupted since. Interrupts are on; does not sleep.
 */
void axv_s2_door_unmap(struct axv_stage2 *s2, axv_gpa_t gpa)
{
	struct axv_s2_gather g;

	gpa &= PAGE_MASK;
	axv_s2_gather_init(&g, NULL);
	spin_lock(&s2->lock);
	/* a page: it is not too much for one call */
	axv_s2t_narrow(&s2->table, gpa, gpa + PAGE_SIZE - 1, 0, &g);
	axv_s2_flush(s2, &g);
	spin_unlock(&s2->lock);
}

/**
 * axv_s2_door_expect() - there may be doors where there were none
 * @s2: the stage-2
 *
 * Nobody remembers from before that a page is a hole.
 */
void axv_s2_door_expect(struct axv_stage2 *s2)
{
	spin_lock(&s2->lock);
	axv_s2_new_layout(s2);
	spin_unlock(&s2->lock);
}
