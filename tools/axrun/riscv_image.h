/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux RISC-V kernel images: what the header says. */
#ifndef AXRUN_RISCV_IMAGE_H
#define AXRUN_RISCV_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes of the file that riscv_image_parse() wants, if there are as many */
#define RISCV_IMAGE_HEAD	64

struct riscv_image {
	uint64_t offset;		/* from the start of memory to where it wants to be */
	uint64_t size;			/* memory it needs there, not less than the file */
};

/*
 * @head: the first @len bytes of a file of @size bytes. False: @why says what
 * is wrong, as the end of a sentence that begins with the file's name.
 */
bool riscv_image_parse(struct riscv_image *im, const uint8_t *head, size_t len,
		       uint64_t size, char *why, size_t why_len);

#endif /* AXRUN_RISCV_IMAGE_H */
