// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernels are told of their machine: struct hvm_start_info of Xen's PVH entry,
 * version 1, and the information of the Multiboot Specification 0.6.96.
 */
#include <string.h>

#include "boot_info.h"

/* struct hvm_start_info */
enum {
	PVH_MAGIC	= 0,
	PVH_VERSION	= 4,
	PVH_NR_MODULES	= 12,
	PVH_MODULES	= 16,
	PVH_CMDLINE	= 24,
	PVH_RSDP	= 32,
	PVH_MAP		= 40,
	PVH_NR_MAP	= 48,
	PVH_LEN		= 56,
	PVH_MODULE_LEN	= 32,
	PVH_RANGE_LEN	= 24,
};

#define PVH_MAGIC_VALUE	0x336ec578u

/* multiboot information */
enum {
	MB_FLAGS	= 0,
	MB_LOWER	= 4,
	MB_UPPER	= 8,
	MB_CMDLINE	= 16,
	MB_NR_MODULES	= 20,
	MB_MODULES	= 24,
	MB_MAP_LEN	= 44,
	MB_MAP		= 48,
	MB_LOADER	= 64,
	MB_LEN		= 120,
	MB_MODULE_LEN	= 16,
	MB_RANGE_LEN	= 24,
	MB_LOADER_LEN	= 8,
};

#define MB_HAS_MEMORY	(1u << 0)
#define MB_HAS_CMDLINE	(1u << 2)
#define MB_HAS_MODULES	(1u << 3)
#define MB_HAS_MAP	(1u << 6)
#define MB_HAS_LOADER	(1u << 9)

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, v);
	put32(p + 4, v >> 32);
}

size_t pvh_build(uint8_t *mem, size_t len, uint32_t gpa, const struct boot_info *info)
{
	size_t map = PVH_LEN;
	size_t module = map + info->nr_ranges * PVH_RANGE_LEN;
	size_t end = module + PVH_MODULE_LEN;

	if (end > len)
		return 0;

	memset(mem, 0, end);
	put32(mem + PVH_MAGIC, PVH_MAGIC_VALUE);
	put32(mem + PVH_VERSION, 1);
	put64(mem + PVH_CMDLINE, info->cmdline);
	put64(mem + PVH_RSDP, info->rsdp);
	put64(mem + PVH_MAP, gpa + map);
	put32(mem + PVH_NR_MAP, info->nr_ranges);
	for (unsigned int i = 0; i < info->nr_ranges; i++) {
		uint8_t *p = mem + map + i * PVH_RANGE_LEN;

		put64(p, info->range[i].addr);
		put64(p + 8, info->range[i].len);
		put32(p + 16, info->range[i].type);
	}
	if (info->initrd_len) {
		put32(mem + PVH_NR_MODULES, 1);
		put64(mem + PVH_MODULES, gpa + module);
		put64(mem + module, info->initrd);
		put64(mem + module + 8, info->initrd_len);
	}
	return end;
}

/* KiB of memory from @start on without a gap, 32 bits of them. */
static uint32_t kib_at(const struct boot_info *info, uint64_t start)
{
	for (unsigned int i = 0; i < info->nr_ranges; i++)
		if (info->range[i].addr == start && info->range[i].type == RANGE_RAM)
			return info->range[i].len >> 10;
	return 0;
}

size_t multiboot_build(uint8_t *mem, size_t len, uint32_t gpa, const struct boot_info *info)
{
	size_t map = MB_LEN;
	size_t map_len = info->nr_ranges * MB_RANGE_LEN;
	size_t module = map + map_len;
	size_t loader = module + MB_MODULE_LEN;
	size_t end = loader + MB_LOADER_LEN;
	uint32_t flags = MB_HAS_MEMORY | MB_HAS_CMDLINE | MB_HAS_MAP | MB_HAS_LOADER;

	if (end > len)
		return 0;

	memset(mem, 0, end);
	put32(mem + MB_LOWER, kib_at(info, 0));
	put32(mem + MB_UPPER, kib_at(info, 0x100000));
	put32(mem + MB_CMDLINE, info->cmdline);
	put32(mem + MB_MAP, gpa + map);
	put32(mem + MB_MAP_LEN, map_len);
	for (unsigned int i = 0; i < info->nr_ranges; i++) {
		uint8_t *p = mem + map + i * MB_RANGE_LEN;

		/* which does not count itself */
		put32(p, MB_RANGE_LEN - 4);
		put64(p + 4, info->range[i].addr);
		put64(p + 12, info->range[i].len);
		put32(p + 20, info->range[i].type);
	}
	if (info->initrd_len) {
		flags |= MB_HAS_MODULES;
		put32(mem + MB_NR_MODULES, 1);
		put32(mem + MB_MODULES, gpa + module);
		put32(mem + module, info->initrd);
		put32(mem + module + 4, info->initrd + info->initrd_len);
		/* its string: the empty one behind the loader's name */
		put32(mem + module + 8, gpa + loader + 5);
	}
	memcpy(mem + loader, "axrun", 6);
	put32(mem + MB_LOADER, gpa + loader);
	put32(mem + MB_FLAGS, flags);
	return end;
}
