// SPDX-License-Identifier: GPL-2.0-only
/* What the device trees of all boards are made of. */
#include <libfdt.h>
#include <stdio.h>

#include "fdt_tree.h"

void tree_note(struct tree *t, int ret)
{
	if (!t->error)
		t->error = ret;
}

void tree_begin(struct tree *t, const char *name)
{
	tree_note(t, fdt_begin_node(t->fdt, name));
}

void tree_begin_at(struct tree *t, const char *name, uint64_t addr)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)addr);
	tree_begin(t, full);
}

void tree_end(struct tree *t)
{
	tree_note(t, fdt_end_node(t->fdt));
}

void tree_flag(struct tree *t, const char *name)
{
	tree_note(t, fdt_property(t->fdt, name, NULL, 0));
}

void tree_u32(struct tree *t, const char *name, uint32_t value)
{
	tree_note(t, fdt_property_u32(t->fdt, name, value));
}

void tree_u64(struct tree *t, const char *name, uint64_t value)
{
	tree_note(t, fdt_property_u64(t->fdt, name, value));
}

void tree_cells(struct tree *t, const char *name, const uint32_t *cell, unsigned int nr)
{
	void *p = NULL;
	fdt32_t *to;

	tree_note(t, fdt_property_placeholder(t->fdt, name, nr * sizeof(*to), &p));
	to = p;
	for (unsigned int i = 0; !t->error && i < nr; i++)
		to[i] = cpu_to_fdt32(cell[i]);
}

void tree_string(struct tree *t, const char *name, const char *value)
{
	tree_note(t, fdt_property_string(t->fdt, name, value));
}

void tree_strings(struct tree *t, const char *name, const char *value, size_t len)
{
	tree_note(t, fdt_property(t->fdt, name, value, len));
}

void tree_reg(struct tree *t, uint64_t addr, uint64_t size)
{
	fdt64_t cells[2] = { cpu_to_fdt64(addr), cpu_to_fdt64(size) };

	tree_note(t, fdt_property(t->fdt, "reg", cells, sizeof(cells)));
}

void tree_memory(struct tree *t, uint64_t addr, uint64_t size)
{
	tree_begin_at(t, "memory", addr);
	tree_string(t, "device_type", "memory");
	tree_reg(t, addr, size);
	tree_end(t);
}

void tree_chosen(struct tree *t, const struct fdt_chosen *c)
{
	tree_begin(t, "chosen");
	tree_string(t, "bootargs", c->bootargs);
	tree_string(t, "stdout-path", c->console);
	tree_note(t, fdt_property(t->fdt, "rng-seed", c->seed, c->seed_len));
	if (c->initrd_size) {
		tree_u64(t, "linux,initrd-start", c->initrd);
		tree_u64(t, "linux,initrd-end", c->initrd + c->initrd_size);
	}
	tree_end(t);

	tree_begin(t, "aliases");
	tree_string(t, "serial0", c->console);
	tree_end(t);
}

void tree_start(struct tree *t, void *buf, size_t len, const char *compatible,
		const char *model)
{
	t->fdt = buf;
	t->error = 0;
	tree_note(t, fdt_create(buf, len));
	tree_note(t, fdt_finish_reservemap(buf));
	tree_begin(t, "");
	tree_u32(t, "#address-cells", 2);
	tree_u32(t, "#size-cells", 2);
	tree_string(t, "compatible", compatible);
	tree_string(t, "model", model);
}

size_t tree_finish(struct tree *t)
{
	tree_end(t);
	tree_note(t, fdt_finish(t->fdt));
	return t->error ? 0 : fdt_totalsize(t->fdt);
}
