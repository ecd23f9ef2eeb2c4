/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device tree that is being made, by libfdt's sequential functions. After the
 * first error they do nothing but return it, so the end is where it is looked at.
 */
#ifndef AXRUN_FDT_TREE_H
#define AXRUN_FDT_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree {
	void *fdt;
	int error;
};

struct fdt_device {
	uint64_t addr;
	uint64_t size;
	uint32_t irq;
};

/* /chosen, and an alias for the serial port */
struct fdt_chosen {
	const char *console;		/* path of its node */
	const char *bootargs;
	const uint8_t *seed;		/* for the kernel's random numbers */
	size_t seed_len;
	uint64_t initrd;
	uint64_t initrd_size;		/* 0: none */
};

/* The root node too, with two cells of address and two of size. */
void tree_start(struct tree *t, void *buf, size_t len, const char *compatible,
		const char *model);
/* Returns how many bytes it has, 0 when there was no room for it. */
size_t tree_finish(struct tree *t);

void tree_note(struct tree *t, int ret);
void tree_begin(struct tree *t, const char *name);
void tree_begin_at(struct tree *t, const char *name, uint64_t addr);
void tree_end(struct tree *t);
void tree_flag(struct tree *t, const char *name);
void tree_u32(struct tree *t, const char *name, uint32_t value);
void tree_u64(struct tree *t, const char *name, uint64_t value);
/* cells, @nr of them */
void tree_cells(struct tree *t, const char *name, const uint32_t *cell, unsigned int nr);
void tree_string(struct tree *t, const char *name, const char *value);
/* strings, one behind the other, with all their zeroes in @len */
void tree_strings(struct tree *t, const char *name, const char *value, size_t len);
void tree_reg(struct tree *t, uint64_t addr, uint64_t size);
void tree_memory(struct tree *t, uint64_t addr, uint64_t size);
void tree_chosen(struct tree *t, const struct fdt_chosen *c);

#endif /* AXRUN_FDT_TREE_H */
