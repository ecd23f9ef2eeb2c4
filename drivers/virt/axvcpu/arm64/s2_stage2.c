// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage-2 tables of the VMSAv8-64 with 4K granule: 3 levels for up to 39 bits, 4 for up to
 * 48, 5 for 52 where the CPUs have FEAT_LPA2. CPUs with 40 or 42 bits of physical address do
 * not walk from level 0 (DDI 0487, VTCR_EL2.SL0), there a root of several pages holds the
 * bits that 3 levels lack.
 *
 * A guest whose caches are off reads and writes memory itself, and what the host has put
 * there may be in a cache only; so pages are cleaned to the point of coherency when a leaf
 * for them is made, unless the CPUs let stage 2 overrule the guest (FEAT_S2FWB). And what a
 * guest fetches has to be what memory holds: the instruction caches drop what they had of
 * the page, unless they see all writes (CTR_EL0.DIC, IDC).
 */
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>

#include "arm64.h"

#define S2_PTE_VALID	BIT_ULL(0)
#define S2_PTE_TABLE	BIT_ULL(1)	/* a page, at the last level */
#define S2_PTE_MEMATTR	GENMASK_ULL(5, 2)
#define S2_PTE_S2AP_READ	BIT_ULL(6)
#define S2_PTE_S2AP_WRITE	BIT_ULL(7)
#define S2_PTE_SH_INNER	(3ull << 8)
#define S2_PTE_AF		BIT_ULL(10)
#define S2_PTE_HPA		GENMASK_ULL(47, 12)
#define S2_PTE_HPA_LPA2		GENMASK_ULL(49, 12)	/* 51 and 50 are where SH was, and 0 */
/* XN[1:0] = 2: nobody executes, with FEAT_XNX and without */
#define S2_PTE_XN		BIT_ULL(54)
#define S2_PTE_SW_DEVICE	BIT_ULL(55)	/* ignored by hardware */
#define S2_PTE_SW_UNCACHED	BIT_ULL(56)	/* likewise */

/* MemAttr[3:0]: without FWB, combined with what the guest says; with it instead of that */
#define MEM_NORMAL		0xf
#define MEM_UNCACHED		0x5
#define MEM_DEVICE		0x1	/* nGnRE */
#define MEM_FWB_NORMAL		0x6
#define MEM_FWB_UNCACHED	0x5
#define MEM_FWB_DEVICE		0x1

#define S2_VTCR_RES1	BIT_ULL(31)
#define S2_VTCR_VS_16BIT	BIT_ULL(19)
#define S2_VTCR_SHIFT_PS	16
#define S2_VTCR_SH_INNER	(3ull << 12)
#define S2_VTCR_CACHED	(BIT_ULL(10) | BIT_ULL(8))	/* ORGN0, IRGN0: write-back */
#define S2_VTCR_SHIFT_SL0	6
#define S2_VTCR_DS	BIT_ULL(32)
#define S2_VTCR_SL2	BIT_ULL(33)

static u64 axv_vtcr __ro_after_init;
static bool axv_forced __ro_after_init;
/* leaves of 52 bits: their shareability is VTCR_EL2's */
static bool axv_lpa2 __ro_after_init;
static u32 axv_dcache_line __ro_after_init;

/** axv_arm64_s2_forced() - is HCR_EL2.FWB to be set? */
bool axv_arm64_s2_forced(void)
{
	return axv_forced;
}

/* A guest's leaf, but for the address. */
static u64 stage2_leaf(u32 attr, unsigned int level)
{
	u64 pte = S2_PTE_VALID | S2_PTE_AF, mem;

	if (!axv_lpa2)
		pte |= S2_PTE_SH_INNER;
	if (!level)
		pte |= S2_PTE_TABLE;
	if (attr & AXV_S2_ATTR_READ)
		pte |= S2_PTE_S2AP_READ;
	if (attr & AXV_S2_ATTR_WRITE)
		pte |= S2_PTE_S2AP_WRITE;
	if (!(attr & AXV_S2_ATTR_EXEC))
		pte |= S2_PTE_XN;
	if (attr & AXV_S2_ATTR_DEVICE)
		pte |= S2_PTE_SW_DEVICE;
	if (!(attr & AXV_S2_ATTR_UNCACHED)) {
		mem = axv_forced ? MEM_FWB_NORMAL : MEM_NORMAL;
	} else {
		pte |= S2_PTE_SW_UNCACHED;
		if (attr & AXV_S2_ATTR_DEVICE)
			mem = axv_forced ? MEM_FWB_DEVICE : MEM_DEVICE;
		else
			mem = axv_forced ? MEM_FWB_UNCACHED : MEM_UNCACHED;
	}
	return pte | FIELD_PREP(S2_PTE_MEMATTR, mem);
}

static u64 stage2_table(void)
{
	return S2_PTE_VALID | S2_PTE_TABLE;
}

static u32 stage2_attr(u64 pte)
{
	u32 attr = 0;

	if (pte & S2_PTE_S2AP_READ)
		attr |= AXV_S2_ATTR_READ;
	if (pte & S2_PTE_S2AP_WRITE)
		attr |= AXV_S2_ATTR_WRITE;
	if (!(pte & S2_PTE_XN))
		attr |= AXV_S2_ATTR_EXEC;
	if (pte & S2_PTE_SW_DEVICE)
		attr |= AXV_S2_ATTR_DEVICE;
	if (pte & S2_PTE_SW_UNCACHED)
		attr |= AXV_S2_ATTR_UNCACHED;
	return attr;
}

/* ---- caches ------------------------------------------------------------------------- */

/* dcache_clean_inval_poc() is not exported. */
static void clean_inval_poc(unsigned long start, unsigned long end)
{
	for (; start < end; start += axv_dcache_line)
		asm volatile("dc civac, %0" : : "r" (start) : "memory");
	dsb(sy);
}

/* Memory gets a leaf: see the head of the file. */
static void stage2_sync(axv_hpa_t hpa, u64 size, u32 attr)
{
	unsigned long start;

	/* nobody has a device's registers in a cache */
	if ((attr & AXV_S2_ATTR_DEVICE) || !pfn_valid(PHYS_PFN(hpa)))
		return;
	start = (unsigned long)phys_to_virt(hpa);
	if (!axv_forced || (attr & AXV_S2_ATTR_UNCACHED))
		clean_inval_poc(start, start + size);
	/* does what the CPUs need of it, which may be nothing */
	if (attr & AXV_S2_ATTR_EXEC)
		caches_clean_inval_pou(start, start + size);
}

struct axv_s2_format axv_s2_stage2 __ro_after_init = {
	.name		= "stage2",
	.page_shift	= 12,
	.index_bits	= 9,
	.max_levels	= 4,
	.leaf_levels	= BIT(0) | BIT(1) | BIT(2),
	.break_before_make = true,
	.present	= S2_PTE_VALID,
	.leaf_bits	= S2_PTE_TABLE,
	.leaf_clear	= true,
	.hpa_mask	= S2_PTE_HPA,
	.leaf		= stage2_leaf,
	.table		= stage2_table,
	.attr		= stage2_attr,
	.sync		= stage2_sync,
};

/* ---- at load ------------------------------------------------------------------------- */

/**
 * axv_arm64_vtcr() - VTCR_EL2 for a table
 * @s2: the table
 */
u64 axv_arm64_vtcr(struct axv_stage2 *s2)
{
	u32 levels = axv_s2_levels(s2), bits = axv_s2_gpa_bits(s2);

	/* 3 levels begin at level 1, where one page of the root is for 31 bits and more */
	bits = max(bits, levels == 3 ? 31u : 40u);
	/* level -1 has a number of its own */
	if (levels == 5)
		return axv_vtcr | S2_VTCR_SL2 | (64 - bits);
	return axv_vtcr | (u64)(levels - 2) << S2_VTCR_SHIFT_SL0 | (64 - bits);
}

/**
 * axv_arm64_s2_init() - at load
 * @pa_bits: of physical addresses, of all CPUs
 * @ps: the same as VTCR_EL2.PS has it
 * @vmid16: VMIDs have 16 bits
 * @fwb: the CPUs have FEAT_S2FWB
 * @lpa2: they have FEAT_LPA2 for stage 2, and @pa_bits is 52
 */
void __init axv_arm64_s2_init(u32 pa_bits, u32 ps, bool vmid16, bool fwb, bool lpa2)
{
	struct axv_s2_config *s2 = &axv_s2_config;
	u64 ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);

	axv_forced = fwb;
	axv_dcache_line = 4u << (ctr >> 16 & 0xf);
	axv_vtcr = S2_VTCR_RES1 | S2_VTCR_SH_INNER | S2_VTCR_CACHED | (u64)ps << S2_VTCR_SHIFT_PS;
	if (vmid16)
		axv_vtcr |= S2_VTCR_VS_16BIT;

	s2->format = &axv_s2_stage2;
	s2->gpa_bits = min(pa_bits, lpa2 ? 52u : 48u);
	s2->levels = s2->gpa_bits > 42 ? 4 : 3;
	if (lpa2) {
		axv_lpa2 = true;
		axv_vtcr |= S2_VTCR_DS;
		axv_s2_stage2.hpa_mask = S2_PTE_HPA_LPA2;
		axv_s2_stage2.max_levels = 5;
		s2->levels = 5;
	}
	s2->min_levels = 3;
	if (s2->levels == 3 && s2->gpa_bits > 39)
		axv_s2_stage2.root_extra_bits = s2->gpa_bits - 39;
	s2->leaf_levels = axv_s2_stage2.leaf_levels;
	/* where a leaf's memory is cleaned, a gigabyte is too much to be done at a time */
	if (!fwb || !(ctr & BIT(29)))
		s2->leaf_levels &= ~BIT(2);
}
