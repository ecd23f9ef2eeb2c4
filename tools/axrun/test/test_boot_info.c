// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "boot_info.h"
#include "test.h"

#define GPA	0x7000u

static uint8_t mem[512];

static const struct boot_info info = {
	.range = {
		{ 0, 0x9fc00, RANGE_RAM },
		{ 0x9fc00, 0x400, RANGE_RESERVED },
		{ 0x100000, 0xbff00000, RANGE_RAM },
		{ 0x100000000, 0x240000000, RANGE_RAM },
	},
	.nr_ranges = 4,
	.cmdline = 0x20000,
	.rsdp = 0xe0000,
	.initrd = 0x3000000,
	.initrd_len = 0x1234,
};

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static const uint8_t *at(uint64_t gpa)
{
	EXPECT(gpa >= GPA && gpa < GPA + sizeof(mem));
	return mem + (gpa - GPA) % sizeof(mem);
}

static void pvh(void)
{
	struct boot_info bare = info;
	size_t len = pvh_build(mem, sizeof(mem), GPA, &info);
	const uint8_t *p;

	EXPECT(len && len <= sizeof(mem));
	EXPECT_EQ(get(mem, 4), 0x336ec578);
	EXPECT_EQ(get(mem + 4, 4), 1);
	EXPECT_EQ(get(mem + 8, 4), 0);
	EXPECT_EQ(get(mem + 24, 8), 0x20000);
	EXPECT_EQ(get(mem + 32, 8), 0xe0000);
	EXPECT_EQ(get(mem + 48, 4), 4);
	p = at(get(mem + 40, 8));
	EXPECT_EQ(get(p + 24, 8), 0x9fc00);
	EXPECT_EQ(get(p + 24 + 8, 8), 0x400);
	EXPECT_EQ(get(p + 24 + 16, 4), 2);
	EXPECT_EQ(get(p + 3 * 24, 8), 0x100000000);
	EXPECT_EQ(get(p + 3 * 24 + 8, 8), 0x240000000);
	EXPECT_EQ(get(mem + 12, 4), 1);
	p = at(get(mem + 16, 8));
	EXPECT_EQ(get(p, 8), 0x3000000);
	EXPECT_EQ(get(p + 8, 8), 0x1234);
	EXPECT_EQ(get(p + 16, 8), 0);

	bare.initrd_len = 0;
	EXPECT(pvh_build(mem, sizeof(mem), GPA, &bare));
	EXPECT_EQ(get(mem + 12, 4), 0);
	EXPECT_EQ(get(mem + 16, 8), 0);
	EXPECT_EQ(pvh_build(mem, len - 1, GPA, &info), 0);
}

static void multiboot(void)
{
	struct boot_info bare = info;
	size_t len = multiboot_build(mem, sizeof(mem), GPA, &info);
	const uint8_t *p;

	EXPECT(len && len <= sizeof(mem));
	EXPECT_EQ(get(mem, 4), 1 << 0 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9);
	EXPECT_EQ(get(mem + 4, 4), 639);
	EXPECT_EQ(get(mem + 8, 4), 3 * 1024 * 1024 - 1024);
	EXPECT_EQ(get(mem + 16, 4), 0x20000);
	EXPECT_EQ(get(mem + 44, 4), 4 * 24);
	p = at(get(mem + 48, 4));
	EXPECT_EQ(get(p, 4), 20);
	EXPECT_EQ(get(p + 24 + 4, 8), 0x9fc00);
	EXPECT_EQ(get(p + 24 + 12, 8), 0x400);
	EXPECT_EQ(get(p + 24 + 20, 4), 2);
	EXPECT_EQ(get(p + 72 + 4, 8), 0x100000000);
	EXPECT_EQ(get(mem + 20, 4), 1);
	p = at(get(mem + 24, 4));
	EXPECT_EQ(get(p, 4), 0x3000000);
	EXPECT_EQ(get(p + 4, 4), 0x3001234);
	EXPECT_EQ(*at(get(p + 8, 4)), 0);
	EXPECT(!strcmp((const char *)at(get(mem + 64, 4)), "axrun"));

	bare.initrd_len = 0;
	EXPECT(multiboot_build(mem, sizeof(mem), GPA, &bare));
	EXPECT_EQ(get(mem, 4) & 1 << 3, 0);
	EXPECT_EQ(get(mem + 20, 4), 0);
	EXPECT_EQ(multiboot_build(mem, len - 1, GPA, &info), 0);
}

const struct test boot_info_tests[] = {
	{ "boot_info: PVH", pvh },
	{ "boot_info: multiboot", multiboot },
	{ NULL, NULL },
};
