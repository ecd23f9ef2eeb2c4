// SPDX-License-Identifier: GPL-2.0-only
/*
 * What EL2 sees without VHE: a stage-1 table of our own, 4K granule whatever the kernel's,
 * four levels for 48 bits of address. Virtual addresses are physical ones, so that the
 * code goes on where it is while it turns its MMU on and off.
 *
 * A page is mapped while it is needed and no longer: code can be executed and not written,
 * data written and not executed. Tables below the root stay until EL2 is given back.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "arm64.h"

#define LEVELS		4
#define ENTRIES		512
#define VA_BITS_EL2	48

/* VMSAv8-64, stage 1 of a regime with one privilege level: AP[1] and nG are RES1 and RES0 */
#define DESC_VALID	BIT_ULL(0)
#define DESC_TABLE	BIT_ULL(1)	/* at the last level: a page */
#define DESC_AP1	BIT_ULL(6)
#define DESC_READ_ONLY	BIT_ULL(7)
#define DESC_INNER	(3ull << 8)	/* shareable */
#define DESC_AF		BIT_ULL(10)
#define DESC_XN		BIT_ULL(54)
#define DESC_ADDR	GENMASK_ULL(47, 12)

/* attribute 0: see MAIR in nvhe_el2.S */
#define DESC_PAGE	(DESC_VALID | DESC_TABLE | DESC_AP1 | DESC_INNER | DESC_AF)

/* TCR_EL2 with E2H 0: walks write-back write-allocate, inner shareable; TG0 is 4K */
#define EL2_T0SZ	(64 - VA_BITS_EL2)
#define EL2_WALKS	(BIT_ULL(8) | BIT_ULL(10) | 3ull << 12)
#define EL2_PS_SHIFT	16
#define EL2_RES1	(BIT_ULL(23) | BIT_ULL(31))
#define PS_48_BITS	5

static u64 *axv_nvhe_root;

static unsigned int slot(u64 address, unsigned int level)
{
	return address >> (12 + 9 * (LEVELS - 1 - level)) & (ENTRIES - 1);
}

static u64 *new_table(void)
{
	u64 *table = (u64 *)get_zeroed_page(GFP_KERNEL);

	if (table && virt_to_phys(table) >= BIT_ULL(VA_BITS_EL2)) {
		free_page((unsigned long)table);
		return NULL;
	}
	return table;
}

static u64 *next_table(u64 desc)
{
	return phys_to_virt(desc & DESC_ADDR);
}

/* The last level's entry for @address; with @create the tables above it are made. */
static u64 *find_entry(u64 address, bool create)
{
	u64 *table = axv_nvhe_root;
	unsigned int level;
	u64 *next;

	for (level = 0; level < LEVELS - 1; level++) {
		u64 *entry = &table[slot(address, level)];

		if (!*entry) {
			if (!create)
				return NULL;
			next = new_table();
			if (!next)
				return NULL;
			/* Zeros first. */
			dma_wmb();
			WRITE_ONCE(*entry, virt_to_phys(next) | DESC_VALID | DESC_TABLE);
		}
		table = next_table(*entry);
	}
	return &table[slot(address, LEVELS - 1)];
}

static void free_table(u64 *table, unsigned int level)
{
	unsigned int i;

	if (level < LEVELS - 1)
		for (i = 0; i < ENTRIES; i++)
			if (table[i])
				free_table(next_table(table[i]), level + 1);
	free_page((unsigned long)table);
}

/**
 * axv_nvhe_mm_create() - an empty table
 *
 * Return: 0 or -ENOMEM.
 */
int axv_nvhe_mm_create(void)
{
	axv_nvhe_root = new_table();
	return axv_nvhe_root ? 0 : -ENOMEM;
}

/** axv_nvhe_mm_destroy() - EL2 is nowhere ours any more */
void axv_nvhe_mm_destroy(void)
{
	free_table(axv_nvhe_root, 0);
	axv_nvhe_root = NULL;
}

/** axv_nvhe_mm_root() - TTBR0_EL2 */
u64 axv_nvhe_mm_root(void)
{
	return virt_to_phys(axv_nvhe_root);
}

/** axv_nvhe_mm_tcr() - TCR_EL2 */
u64 axv_nvhe_mm_tcr(void)
{
	u64 ps = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1) & 0xf;

	return EL2_T0SZ | EL2_WALKS | min_t(u64, ps, PS_48_BITS) << EL2_PS_SHIFT | EL2_RES1;
}

/**
 * axv_nvhe_mm_map() - a page of the kernel's for EL2
 * @page: where the kernel has it
 * @code: to be executed there, or to be read and written
 *
 * Return: 0; -ENOMEM; -ERANGE: it lies beyond what the table reaches.
 */
int axv_nvhe_mm_map(const void *page, bool code)
{
	u64 flags = DESC_PAGE | (code ? DESC_READ_ONLY : DESC_XN);
	u64 at = virt_to_phys(page);
	u64 end = at + PAGE_SIZE;
	u64 *entry;

	if (end > BIT_ULL(VA_BITS_EL2))
		return -ERANGE;
	for (; at < end; at += SZ_4K) {
		entry = find_entry(at, true);
		if (!entry) {
			axv_nvhe_mm_unmap(page);
			return -ENOMEM;
		}
		WRITE_ONCE(*entry, at | flags);
	}
	/* EL2's walks see it from here on: entries that were not valid are not kept in TLBs. */
	dsb(ishst);
	return 0;
}

/**
 * axv_nvhe_mm_unmap() - take it back
 * @page: what was mapped, or partly was
 */
void axv_nvhe_mm_unmap(const void *page)
{
	u64 at = virt_to_phys(page);
	u64 end = at + PAGE_SIZE;
	u64 *entry;

	for (; at < end; at += SZ_4K) {
		entry = find_entry(at, false);
		if (entry)
			WRITE_ONCE(*entry, 0);
	}
	dsb(ishst);
}
