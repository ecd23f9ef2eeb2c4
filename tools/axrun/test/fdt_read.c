// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <string.h>

#include "fdt_read.h"
#include "test.h"

#define CANARY	0xa5

static uint64_t room[(FDT_SIZE + 128) / 8];
void *const fdt = room;

const void *prop(const char *path, const char *name, int *len)
{
	return fdt_getprop(fdt, fdt_path_offset(fdt, path), name, len);
}

uint32_t cell(const char *path, const char *name, int index)
{
	int len;
	const fdt32_t *p = prop(path, name, &len);

	return p && len >= 4 * (index + 1) ? fdt32_ld(p + index) : UINT32_MAX;
}

uint64_t wide(const char *path, const char *name, int index)
{
	return (uint64_t)cell(path, name, 2 * index) << 32 |
	       cell(path, name, 2 * index + 1);
}

void string_is(const char *path, const char *name, const char *want, int line)
{
	const char *p = prop(path, name, NULL);

	expect(p && !strcmp(p, want), p ? p : name, __FILE__, line);
}

void fdt_room(size_t len)
{
	memset(room, CANARY, len);
}

void fdt_fitted(size_t n, size_t enough, size_t len, size_t fits)
{
	if (fits)
		EXPECT_EQ(fdt_check_full(fdt, n), 0);
	else
		EXPECT(n < enough);
	for (size_t i = n; i < len; i++)
		if (((uint8_t *)room)[i] != CANARY)
			EXPECT(!"overrun");
}
