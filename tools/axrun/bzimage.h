/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux x86 kernel images: what the setup header says. */
#ifndef AXRUN_BZIMAGE_H
#define AXRUN_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes of the file that bzimage_parse() wants, if there are as many */
#define BZIMAGE_HEAD	1024

/* the setup header's place in the file and in boot_params */
#define BZIMAGE_HEADER	0x1f1

struct bzimage {
	unsigned int version;		/* 0x020c is 2.12 */
	unsigned int header_len;	/* bytes of the setup header */
	uint64_t kernel_offset;		/* protected-mode part in the file */
	uint64_t kernel_len;
	uint64_t load;			/* where it wants to be */
	uint64_t init_size;		/* memory it needs there */
	uint64_t entry;			/* 64-bit entry point */
	uint64_t cmdline_max;		/* characters, without the zero */
	uint64_t initrd_end;		/* the initrd must end at or below */
};

/*
 * @head: the first @len bytes of a file of @size bytes. False: @why says what
 * is wrong, as the end of a sentence that begins with the file's name.
 */
bool bzimage_parse(struct bzimage *bz, const uint8_t *head, size_t len,
		   uint64_t size, char *why, size_t why_len);

#endif /* AXRUN_BZIMAGE_H */
