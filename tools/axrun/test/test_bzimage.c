// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bzimage.h"
#include "test.h"

#define SETUP_LEN	(4 * 512)
#define KERNEL_LEN	0x10000
#define FILE_LEN	(SETUP_LEN + KERNEL_LEN)

static uint8_t head[BZIMAGE_HEAD];
static char why[128];

static void put(unsigned int at, uint64_t value, unsigned int bytes)
{
	put_le(head + at, value, bytes);
}

/* A header as kernels of today have it. */
static void make_header(void)
{
	memset(head, 0, sizeof(head));
	put(0x1f1, 3, 1);		/* setup_sects */
	put(0x1f4, KERNEL_LEN / 16, 4);	/* syssize */
	put(0x1fe, 0xaa55, 2);		/* boot_flag */
	put(0x200, 0x6aeb, 2);		/* jump to 0x26c */
	memcpy(head + 0x202, "HdrS", 4);
	put(0x206, 0x020f, 2);		/* version */
	put(0x211, 0x01, 1);		/* loadflags */
	put(0x22c, 0x7fffffff, 4);	/* initrd_addr_max */
	put(0x234, 1, 1);		/* relocatable_kernel */
	put(0x236, 0x7f, 2);		/* xloadflags */
	put(0x238, 2047, 4);		/* cmdline_size */
	put(0x258, 0x1000000, 8);	/* pref_address */
	put(0x260, 0x40000, 4);		/* init_size */
}

static bool parse(struct bzimage *bz, uint64_t file)
{
	uint64_t len = file < sizeof(head) ? file : sizeof(head);

	why[0] = '\0';
	return bzimage_parse(bz, head, len, file, why, sizeof(why));
}

/* It is refused, and the reason has the word. */
static void refused(uint64_t file, const char *word, int line)
{
	struct bzimage bz;

	expect(!parse(&bz, file), "refused", __FILE__, line);
	expect(strstr(why, word), why, __FILE__, line);
}

static void good(void)
{
	struct bzimage bz;

	make_header();
	EXPECT(parse(&bz, FILE_LEN));
	EXPECT_EQ(bz.version, 0x20f);
	EXPECT_EQ(bz.header_len, 0x26c - 0x1f1);
	EXPECT_EQ(bz.kernel_offset, SETUP_LEN);
	EXPECT_EQ(bz.kernel_len, KERNEL_LEN);
	EXPECT_EQ(bz.load, 0x1000000);
	EXPECT_EQ(bz.entry, 0x1000200);
	EXPECT_EQ(bz.init_size, 0x40000);
	EXPECT_EQ(bz.cmdline_max, 2047);
	EXPECT_EQ(bz.initrd_end, 0x80000000);
}

static void sizes(void)
{
	struct bzimage bz;

	/* a signature behind the kernel is none of its business */
	make_header();
	EXPECT(parse(&bz, FILE_LEN + 1000));
	EXPECT_EQ(bz.kernel_len, KERNEL_LEN);

	/* the last paragraph need not be full */
	EXPECT(parse(&bz, FILE_LEN - 15));
	EXPECT_EQ(bz.kernel_len, KERNEL_LEN - 15);

	/* no setup sectors means four */
	put(0x1f1, 0, 1);
	EXPECT(parse(&bz, FILE_LEN + 512));
	EXPECT_EQ(bz.kernel_offset, 5 * 512);
}

static void truncated(void)
{
	make_header();
	refused(FILE_LEN - 16, "truncated", __LINE__);
	refused(SETUP_LEN, "truncated", __LINE__);
	refused(1024, "truncated", __LINE__);
	refused(0x240, "truncated", __LINE__);
	refused(0x204, "not a bzImage", __LINE__);
	refused(0, "not a bzImage", __LINE__);
}

static void garbage(void)
{
	uint32_t seed = 1;
	struct bzimage bz;

	memset(head, 0, sizeof(head));
	refused(FILE_LEN, "not a bzImage", __LINE__);
	memset(head, 0xff, sizeof(head));
	refused(FILE_LEN, "not a bzImage", __LINE__);

	/* whatever is in the header: refused, or within the file and 4 GiB */
	for (int i = 0; i < 20000; i++) {
		make_header();
		garble(head + 0x1f1, 0x80, 4, &seed);
		if (!parse(&bz, FILE_LEN))
			continue;
		EXPECT(bz.kernel_offset + bz.kernel_len <= FILE_LEN);
		EXPECT(bz.init_size >= bz.kernel_len);
		EXPECT(bz.load <= UINT32_MAX);
		EXPECT(bz.header_len <= 0x290 - 0x1f1);
	}
}

static void unfit(void)
{
	make_header();
	put(0x206, 0x020b, 2);
	refused(FILE_LEN, "2.11", __LINE__);

	make_header();
	put(0x211, 0, 1);
	refused(FILE_LEN, "zImage", __LINE__);

	make_header();
	put(0x236, 0x7e, 2);
	refused(FILE_LEN, "64-bit", __LINE__);

	make_header();
	put(0x201, 0xff, 1);
	refused(FILE_LEN, "garbled", __LINE__);

	make_header();
	put(0x258, 0, 8);
	refused(FILE_LEN, "load address", __LINE__);
	put(0x258, 1ull << 40, 8);
	refused(FILE_LEN, "load address", __LINE__);
}

const struct test bzimage_tests[] = {
	{ "bzimage: good header", good },
	{ "bzimage: sizes", sizes },
	{ "bzimage: truncated files", truncated },
	{ "bzimage: garbage", garbage },
	{ "bzimage: kernels that cannot be started", unfit },
	{ NULL, NULL },
};
