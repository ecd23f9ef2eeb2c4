// SPDX-License-Identifier: GPL-2.0-only
/*
 * G-stage tables: Sv39x4, Sv48x4 and Sv57x4, which differ in their levels only.
 * The root has four pages, for two more bits of guest physical address.
 */
#include <linux/bits.h>
#include <asm/cpufeature.h>
#include <asm/hwcap.h>

#include "riscv.h"

#define PTE_V		BIT_ULL(0)
#define PTE_R		BIT_ULL(1)
#define PTE_W		BIT_ULL(2)
#define PTE_X		BIT_ULL(3)
#define PTE_U		BIT_ULL(4)	/* all of a guest's accesses count as U-mode's */
#define PTE_A		BIT_ULL(6)
#define PTE_D		BIT_ULL(7)
#define PTE_SW_DEVICE	BIT_ULL(8)	/* ignored by hardware */
#define PTE_SW_UNCACHED	BIT_ULL(9)	/* likewise */
#define PTE_PPN		GENMASK_ULL(53, 10)
#define PTE_PBMT_NC	BIT_ULL(61)
#define PTE_PBMT_IO	BIT_ULL(62)

/* Accessed and dirty are not used; set, no hart has to write or fault for them. */
static u64 gstage_leaf(u32 attr, unsigned int level)
{
	u64 pte = PTE_V | PTE_R | PTE_U | PTE_A;

	if (attr & AXV_S2_ATTR_WRITE)
		pte |= PTE_W | PTE_D;
	if (attr & AXV_S2_ATTR_EXEC)
		pte |= PTE_X;
	if (attr & AXV_S2_ATTR_DEVICE)
		pte |= PTE_SW_DEVICE;
	if (attr & AXV_S2_ATTR_UNCACHED) {
		pte |= PTE_SW_UNCACHED;
		if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SVPBMT))
			pte |= attr & AXV_S2_ATTR_DEVICE ? PTE_PBMT_IO : PTE_PBMT_NC;
	}
	return pte;
}

static u64 gstage_table(void)
{
	return PTE_V;
}

static u32 gstage_attr(u64 pte)
{
	u32 attr = 0;

	if (pte & PTE_R)
		attr |= AXV_S2_ATTR_READ;
	if (pte & PTE_W)
		attr |= AXV_S2_ATTR_WRITE;
	if (pte & PTE_X)
		attr |= AXV_S2_ATTR_EXEC;
	if (pte & PTE_SW_DEVICE)
		attr |= AXV_S2_ATTR_DEVICE;
	if (pte & PTE_SW_UNCACHED)
		attr |= AXV_S2_ATTR_UNCACHED;
	return attr;
}

const struct axv_s2_format axv_s2_gstage = {
	.name		= "gstage",
	.page_shift	= 12,
	.index_bits	= 9,
	.root_extra_bits = 2,
	.max_levels	= 5,
	.leaf_levels	= BIT(0) | BIT(1) | BIT(2),
	.present	= PTE_V,
	.leaf_bits	= PTE_R | PTE_W | PTE_X,
	.hpa_mask	= PTE_PPN,
	.hpa_shift	= 2,
	.leaf		= gstage_leaf,
	.table		= gstage_table,
	.attr		= gstage_attr,
};
