/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel is told of its machine, by any protocol of 32 bits. */
#ifndef AXRUN_BOOT_INFO_H
#define AXRUN_BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>

/* as the firmware of PCs numbers them, and all protocols with it */
enum { RANGE_RAM = 1, RANGE_RESERVED = 2 };

struct memory_range {
	uint64_t addr;
	uint64_t len;
	uint32_t type;
};

#define MAX_RANGES	8u

struct boot_info {
	struct memory_range range[MAX_RANGES];
	unsigned int nr_ranges;
	uint32_t cmdline;		/* where it is, with a zero behind it */
	uint32_t rsdp;
	uint32_t initrd;
	uint32_t initrd_len;		/* 0: there is none */
};

/*
 * Write what the kernel is to find at @gpa, in all @len bytes. The bytes used, 0: there
 * is too little room.
 */
size_t pvh_build(uint8_t *mem, size_t len, uint32_t gpa, const struct boot_info *info);
size_t multiboot_build(uint8_t *mem, size_t len, uint32_t gpa, const struct boot_info *info);

#endif /* AXRUN_BOOT_INFO_H */
