// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD's nested page tables: the long-mode format of the host itself, four
 * levels or five as the host's CR4.LA57 says. The nested walk is one of user
 * mode, and memory types go through the host's PAT.
 */
#include <linux/bits.h>
#include <linux/mem_encrypt.h>

#include "stage2.h"

#define NPT_PRESENT	BIT_ULL(0)
#define NPT_WRITE	BIT_ULL(1)
#define NPT_USER	BIT_ULL(2)
#define NPT_PWT		BIT_ULL(3)
#define NPT_PCD		BIT_ULL(4)
#define NPT_ACCESSED	BIT_ULL(5)
#define NPT_DIRTY	BIT_ULL(6)
#define NPT_LARGE	BIT_ULL(7)
#define NPT_SW_DEVICE	BIT_ULL(9)	/* ignored by hardware */
#define NPT_ADDR	GENMASK_ULL(51, 12)
#define NPT_NX		BIT_ULL(63)

/* Accessed and dirty are not used; set, they spare the CPU writing them. */
static u64 npt_leaf(u32 attr, unsigned int level)
{
	u64 entry = NPT_PRESENT | NPT_USER | NPT_ACCESSED;

	if (level)
		entry |= NPT_LARGE;
	if (attr & AXV_S2_ATTR_WRITE)
		entry |= NPT_WRITE | NPT_DIRTY;
	if (!(attr & AXV_S2_ATTR_EXEC))
		entry |= NPT_NX;
	/* PAT entry 3, which Linux has at its reset value: UC */
	if (attr & AXV_S2_ATTR_UNCACHED)
		entry |= NPT_PCD | NPT_PWT;
	/* With memory encryption on, all of the host's memory is encrypted. */
	if (attr & AXV_S2_ATTR_DEVICE)
		return entry | NPT_SW_DEVICE;
	return __sme_set(entry);
}

static u64 npt_table(void)
{
	return __sme_set(NPT_PRESENT | NPT_WRITE | NPT_USER | NPT_ACCESSED);
}

static u32 npt_attr(u64 entry)
{
	u32 attr = AXV_S2_ATTR_READ;

	if (entry & NPT_WRITE)
		attr |= AXV_S2_ATTR_WRITE;
	if (!(entry & NPT_NX))
		attr |= AXV_S2_ATTR_EXEC;
	if (entry & NPT_PCD)
		attr |= AXV_S2_ATTR_UNCACHED;
	if (entry & NPT_SW_DEVICE)
		attr |= AXV_S2_ATTR_DEVICE;
	return attr;
}

const struct axv_s2_format axv_s2_npt = {
	.name		= "npt",
	.page_shift	= 12,
	.index_bits	= 9,
	.max_levels	= 5,
	.leaf_levels	= BIT(0) | BIT(1) | BIT(2),
	.present	= NPT_PRESENT,
	.leaf_bits	= NPT_LARGE,
	.hpa_mask	= NPT_ADDR,
	.leaf		= npt_leaf,
	.table		= npt_table,
	.attr		= npt_attr,
};
