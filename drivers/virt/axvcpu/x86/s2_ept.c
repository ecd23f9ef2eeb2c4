// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel's extended page tables. The memory type of a leaf stands for itself:
 * guests' own types are ignored, since not every CPU keeps its caches right
 * when the guest and the host see a page differently.
 */
#include <linux/bits.h>

#include "stage2.h"

#define EPT_READ	BIT_ULL(0)
#define EPT_WRITE	BIT_ULL(1)
#define EPT_EXEC	BIT_ULL(2)
#define EPT_TYPE_UC	(0ULL << 3)
#define EPT_TYPE_WB	(6ULL << 3)
#define EPT_TYPE_MASK	(7ULL << 3)
#define EPT_IGNORE_PAT	BIT_ULL(6)
#define EPT_LARGE	BIT_ULL(7)
#define EPT_ACCESSED	BIT_ULL(8)
#define EPT_DIRTY	BIT_ULL(9)
#define EPT_ADDR	GENMASK_ULL(51, 12)
#define EPT_SW_DEVICE	BIT_ULL(52)	/* ignored by hardware */

/* Accessed and dirty are not used; set, they spare the CPU writing them. */
static u64 ept_leaf(u32 attr, unsigned int level)
{
	u64 entry = EPT_READ | EPT_IGNORE_PAT | EPT_ACCESSED;

	if (level)
		entry |= EPT_LARGE;
	if (attr & AXV_S2_ATTR_WRITE)
		entry |= EPT_WRITE | EPT_DIRTY;
	if (attr & AXV_S2_ATTR_EXEC)
		entry |= EPT_EXEC;
	if (attr & AXV_S2_ATTR_DEVICE)
		entry |= EPT_SW_DEVICE;
	return entry | (attr & AXV_S2_ATTR_UNCACHED ? EPT_TYPE_UC : EPT_TYPE_WB);
}

static u64 ept_table(void)
{
	return EPT_READ | EPT_WRITE | EPT_EXEC | EPT_ACCESSED;
}

static u32 ept_attr(u64 entry)
{
	u32 attr = 0;

	if (entry & EPT_READ)
		attr |= AXV_S2_ATTR_READ;
	if (entry & EPT_WRITE)
		attr |= AXV_S2_ATTR_WRITE;
	if (entry & EPT_EXEC)
		attr |= AXV_S2_ATTR_EXEC;
	if ((entry & EPT_TYPE_MASK) == EPT_TYPE_UC)
		attr |= AXV_S2_ATTR_UNCACHED;
	if (entry & EPT_SW_DEVICE)
		attr |= AXV_S2_ATTR_DEVICE;
	return attr;
}

const struct axv_s2_format axv_s2_ept = {
	.name		= "ept",
	.page_shift	= 12,
	.index_bits	= 9,
	.max_levels	= 5,
	.leaf_levels	= BIT(0) | BIT(1) | BIT(2),
	.present	= EPT_READ | EPT_WRITE | EPT_EXEC,
	.leaf_bits	= EPT_LARGE,
	.hpa_mask	= EPT_ADDR,
	.leaf		= ept_leaf,
	.table		= ept_table,
	.attr		= ept_attr,
};
