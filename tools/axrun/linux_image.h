/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux kernel images of arm64 and RISC-V, whose headers are of one kind. */
#ifndef AXRUN_LINUX_IMAGE_H
#define AXRUN_LINUX_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes of the file that the functions want, if there are as many */
#define LINUX_IMAGE_HEAD	64

struct linux_image {
	uint64_t offset;		/* from the start of memory to where it wants to be */
	uint64_t size;			/* memory it needs there, not less than the file */
};

/*
 * @head: the first @len bytes of a file of @size bytes. False: @why says what
 * is wrong, as the end of a sentence that begins with the file's name.
 */
typedef bool linux_image_fn(struct linux_image *im, const uint8_t *head, size_t len,
			    uint64_t size, char *why, size_t why_len);

linux_image_fn linux_image_arm64;
linux_image_fn linux_image_riscv;

#endif /* AXRUN_LINUX_IMAGE_H */
