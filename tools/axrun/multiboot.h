/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiboot kernels, version 1: the header, and what they are told. */
#ifndef AXRUN_MULTIBOOT_H
#define AXRUN_MULTIBOOT_H

#include "elf_image.h"

/* bytes of the file in which the header is */
#define MULTIBOOT_HEAD	8192

/* in EAX at the entry */
#define MULTIBOOT_MAGIC	0x2badb002u

struct multiboot {
	/* the header has addresses of its own; else those of ELF count */
	bool addresses;
	struct load_segment segment;
	uint64_t entry;
};

/* Is there a header at all in the first @len bytes? */
bool multiboot_is(const uint8_t *head, size_t len);
/*
 * @size: of the file. False: @why says what is wrong, as the end of a sentence that
 * begins with the file's name.
 */
bool multiboot_parse(struct multiboot *mb, const uint8_t *head, size_t len, uint64_t size,
		     char *why, size_t why_len);

#endif /* AXRUN_MULTIBOOT_H */
