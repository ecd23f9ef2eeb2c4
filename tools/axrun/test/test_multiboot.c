// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "multiboot.h"
#include "test.h"

#define FILE_LEN	0x8000
#define AT		0x1000

static uint8_t head[MULTIBOOT_HEAD];
static char why[128];

static void put(unsigned int at, uint32_t value)
{
	put_le(head + at, value, 4);
}

static void make_header(unsigned int at, uint32_t flags)
{
	memset(head, 0, sizeof(head));
	put(at, 0x1badb002);
	put(at + 4, flags);
	put(at + 8, -(0x1badb002 + flags));
}

/* With addresses: the file from 0x800 on at 1 MiB, 0x4000 bytes, twice that with bss. */
static void make_addresses(void)
{
	make_header(AT, 0x10003);
	put(AT + 12, 0x100800);
	put(AT + 16, 0x100000);
	put(AT + 20, 0x104000);
	put(AT + 24, 0x108000);
	put(AT + 28, 0x100820);
}

static bool parse(struct multiboot *mb, uint64_t size)
{
	why[0] = '\0';
	return multiboot_parse(mb, head, size < sizeof(head) ? size : sizeof(head), size, why,
			       sizeof(why));
}

static void refused(uint64_t size, const char *word, int line)
{
	struct multiboot mb;

	expect(!parse(&mb, size), "refused", __FILE__, line);
	expect(strstr(why, word), why, __FILE__, line);
}

static void elf(void)
{
	struct multiboot mb;

	make_header(0x40, 3);
	EXPECT(multiboot_is(head, sizeof(head)));
	EXPECT(parse(&mb, FILE_LEN));
	EXPECT(!mb.addresses);

	/* as far behind as it may be */
	make_header(MULTIBOOT_HEAD - 12, 0);
	EXPECT(parse(&mb, FILE_LEN));
	EXPECT(!multiboot_is(head, MULTIBOOT_HEAD - 1));
}

static void addresses(void)
{
	struct multiboot mb;

	make_addresses();
	EXPECT(parse(&mb, FILE_LEN));
	EXPECT(mb.addresses);
	EXPECT_EQ(mb.entry, 0x100820);
	EXPECT_EQ(mb.segment.addr, 0x100000);
	EXPECT_EQ(mb.segment.offset, 0x800);
	EXPECT_EQ(mb.segment.file_len, 0x4000);
	EXPECT_EQ(mb.segment.len, 0x8000);

	/* the rest of the file, and no bss */
	put(AT + 20, 0);
	put(AT + 24, 0);
	EXPECT(parse(&mb, FILE_LEN));
	EXPECT_EQ(mb.segment.file_len, FILE_LEN - 0x800);
	EXPECT_EQ(mb.segment.len, FILE_LEN - 0x800);
}

static void bad(void)
{
	memset(head, 0, sizeof(head));
	EXPECT(!multiboot_is(head, sizeof(head)));
	refused(FILE_LEN, "no multiboot header", __LINE__);
	refused(0, "no multiboot header", __LINE__);
	/* not aligned */
	make_header(0x42, 0);
	EXPECT(!multiboot_is(head, sizeof(head)));
	/* the sum is wrong */
	make_header(0x40, 0);
	put(0x44, 1);
	EXPECT(!multiboot_is(head, sizeof(head)));

	make_header(0x40, 4);
	refused(FILE_LEN, "video", __LINE__);
	make_header(0x40, 8);
	refused(FILE_LEN, "not known", __LINE__);

	make_addresses();
	refused(0x47ff, "truncated", __LINE__);
	refused(AT + 16, "truncated in", __LINE__);
	put(AT + 12, 0xfffff);
	refused(FILE_LEN, "impossible", __LINE__);
	put(AT + 12, 0x101004);
	refused(FILE_LEN, "impossible", __LINE__);
	make_addresses();
	put(AT + 20, 0xfffff);
	refused(FILE_LEN, "truncated", __LINE__);
	make_addresses();
	put(AT + 24, 0x103fff);
	refused(FILE_LEN, "impossible", __LINE__);
}

/* Whatever the addresses are: refused, or within the file and 4 GiB. */
static void garbage(void)
{
	uint32_t seed = 11;
	struct multiboot mb;

	for (int i = 0; i < 20000; i++) {
		make_addresses();
		garble(head + AT + 12, 20, 3, &seed);
		if (!parse(&mb, FILE_LEN))
			continue;
		EXPECT(mb.segment.file_len <= FILE_LEN &&
		       mb.segment.offset <= FILE_LEN - mb.segment.file_len);
		EXPECT(mb.segment.len >= mb.segment.file_len);
		EXPECT(mb.segment.addr + mb.segment.len <= (1ull << 32) + FILE_LEN);
	}
}

const struct test multiboot_tests[] = {
	{ "multiboot: ELF", elf },
	{ "multiboot: addresses in the header", addresses },
	{ "multiboot: headers that are refused", bad },
	{ "multiboot: garbage", garbage },
	{ NULL, NULL },
};
