/* SPDX-License-Identifier: GPL-2.0-only */
/* The board "pc", before the first instruction: what the ways to boot share. */
#ifndef AXRUN_PC_BOOT_H
#define AXRUN_PC_BOOT_H

#include "axrun.h"
#include "boot_info.h"

/* low memory, all of it free for the kernel once it has started */
#define PC_GDT		0x5000ull
#define PC_BOOT_INFO	0x7000ull	/* a page */
#define PC_STACK_TOP	0x8ff0ull
#define PC_PML4		0x9000ull
#define PC_PDPT		0xa000ull
#define PC_PD		0xb000ull	/* four of them */
#define PC_CMDLINE	0x20000ull
#define PC_CMDLINE_ROOM	0x10000ull

/* ---- pc_boot.c ------------------------------------------------------------------ */

/* guest memory that the board has; dies where it has none */
void *pc_ram(struct vm *vm, uint64_t gpa, uint64_t len);
void pc_check_setup(int ret);
/* how many of @r, at most MAX_RANGES */
unsigned int pc_ranges(const struct options *opt, struct memory_range *r);
/* ACPI's and the BIOS data area; where the RSDP is */
uint64_t pc_build_tables(struct vm *vm);
void pc_put_cmdline(struct vm *vm);
/* the initrd, closed where there is none: whether it fits between @start and @end */
void pc_open_initrd(struct image *im, const struct options *opt, uint64_t start,
		    uint64_t end);
void pc_read_image(struct vm *vm, const struct image *im, uint64_t offset, uint64_t gpa,
		   uint64_t len);

/* ---- the ways to boot: are the options possible, and their files good? load them ---- */

/* pc_linux.c: bzImages, by the 64-bit boot protocol */
void pc_linux_check(const struct options *opt);
void pc_linux_load(struct vm *vm);

/* pc_kernel32.c: kernels with a PVH entry or a multiboot header */
bool pc_kernel32_is(const uint8_t *head, size_t len);
void pc_kernel32_check(const struct options *opt);
void pc_kernel32_load(struct vm *vm);

#endif /* AXRUN_PC_BOOT_H */
