// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory read as the hardware reads it: through the table, without a
 * lock, in a section.
 *
 * Whoever takes a translation away writes a new generation and then waits for
 * every CPU whose section had begun (see drive_out() in stage2.c), before its
 * page, or the table that led there, is anything else. So in a section a
 * translation found in the table, or found earlier under the generation that
 * still stands, is good until interrupts are on again, at the section's end or
 * before that: for the kernel as it is for the guest.
 */
#include <linux/io.h>

#include "s2_internal.h"

static const void *look_up(struct axv_stage2 *s2, u64 gfn)
{
	const struct axv_s2_format *fmt = s2->table.fmt;
	unsigned int level;
	u64 entry, mask;
	u32 attr;

	entry = axv_s2t_lookup(&s2->table, axv_s2_gpa(gfn), &level);
	if (!entry)
		return NULL;
	attr = fmt->attr(entry);
	if (!(attr & AXV_S2_ATTR_READ) || (attr & (AXV_S2_ATTR_DEVICE | AXV_S2_ATTR_UNCACHED)))
		return NULL;
	mask = axv_s2t_size(&s2->table, level) - 1;
	return phys_to_virt(axv_s2t_hpa(&s2->table, entry) + (axv_s2_gpa(gfn) & mask));
}

/**
 * axv_s2_peek_miss() - axv_s2_peek() of a page that is not remembered
 * @v: the vCPU, in a section
 * @gpa: guest physical address
 * @slot: where to remember it
 *
 * Return: an address that is good to the end of the page, as long as interrupts are off;
 * NULL: there is no leaf for it now, which says nothing about the mappings.
 */
const void *axv_s2_peek_miss(struct axv_vcpu *v, axv_gpa_t gpa, unsigned int slot)
{
	u64 gfn = axv_s2_gfn(gpa), generation = axv_s2_generation(v->s2);
	struct axv_s2_peek *p = &v->peek;
	const void *kva;

	if (p->generation != generation) {
		memset(p->page, 0xff, sizeof(p->page));
		p->generation = generation;
	}
	kva = look_up(v->s2, gfn);
	if (!kva)
		return NULL;
	p->page[slot].gfn = gfn;
	p->page[slot].kva = kva;
	return kva + offset_in_page(gpa);
}
