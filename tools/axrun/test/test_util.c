// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "axrun.h"
#include "test.h"

static void good_sizes(void)
{
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {
		{ "0", 0 }, { "4096", 4096 }, { "0x7c00", 0x7c00 },
		{ "64K", 64 * KIB }, { "64k", 64 * KIB },
		{ "512M", 512 * MIB }, { "2G", 2 * GIB }, { "2g", 2 * GIB },
		{ "0x10M", 16 * MIB },
		{ "18446744073709551615", UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t size = 1;

		EXPECT(parse_size(good[i].text, &size));
		EXPECT_EQ(size, good[i].size);
	}
}

static void bad_sizes(void)
{
	static const char *const bad[] = {
		"", "M", "-1", "+1", " 1", "1 ", "1T", "1MB", "512MiB", "1.5G",
		"x", "0x", "18446744073709551616", "17179869184G",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t size;

		expect(!parse_size(bad[i], &size), bad[i], __FILE__, __LINE__);
	}
}

static void flats(void)
{
	uint64_t addr;
	char *path;

	EXPECT(parse_flat("boot.bin@0x7c00", &path, &addr));
	EXPECT(!strcmp(path, "boot.bin"));
	EXPECT_EQ(addr, 0x7c00);
	free(path);

	EXPECT(parse_flat("a@b@1M", &path, &addr));
	EXPECT(!strcmp(path, "a@b"));
	EXPECT_EQ(addr, MIB);
	free(path);

	EXPECT(!parse_flat("boot.bin", &path, &addr));
	EXPECT(!parse_flat("@0", &path, &addr));
	EXPECT(!parse_flat("boot.bin@", &path, &addr));
	EXPECT(!parse_flat("boot.bin@here", &path, &addr));
}

const struct test util_tests[] = {
	{ "util: sizes", good_sizes },
	{ "util: what is not a size", bad_sizes },
	{ "util: flat files", flats },
	{ NULL, NULL },
};
