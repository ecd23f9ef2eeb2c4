/* SPDX-License-Identifier: GPL-2.0-only */
/* A device tree is read back with libfdt, as an operating system would. */
#ifndef AXRUN_TEST_FDT_READ_H
#define AXRUN_TEST_FDT_READ_H

#include <stddef.h>
#include <stdint.h>

/* where tests make one */
#define FDT_SIZE	0x40000u
extern void *const fdt;

const void *prop(const char *path, const char *name, int *len);
/* The cell of that index, all ones where there is none; and two of them. */
uint32_t cell(const char *path, const char *name, int index);
uint64_t wide(const char *path, const char *name, int index);
void string_is(const char *path, const char *name, const char *want, int line);

/* Nothing is overrun where there is less room: prepare @len bytes ... */
void fdt_room(size_t len);
/* ... and after a tree was made in @n of them, that @fits or not; @enough would do. */
void fdt_fitted(size_t n, size_t enough, size_t len, size_t fits);

#endif /* AXRUN_TEST_FDT_READ_H */
