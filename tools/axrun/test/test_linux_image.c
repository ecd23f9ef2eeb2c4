// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "linux_image.h"
#include "test.h"

#define FILE_LEN	0x1db8e00ull
#define MIB		(1ull << 20)

static uint8_t head[LINUX_IMAGE_HEAD];
static char why[128];

static void put(unsigned int at, uint64_t value, unsigned int bytes)
{
	put_le(head + at, value, bytes);
}

/* A header as kernels of today have it. */
static void make_header(void)
{
	memset(head, 0, sizeof(head));
	put(0x00, 0x106f5a4d, 4);	/* "MZ", and a jump */
	put(0x08, 2 * MIB, 8);		/* text_offset */
	put(0x10, 0x1e6b000, 8);	/* image_size */
	put(0x20, 2, 4);		/* version 0.2 */
	memcpy(head + 0x30, "RISCV\0\0\0RSC\5", 12);
	put(0x3c, 0x40, 4);
}

static bool parse(struct linux_image *im, uint64_t file)
{
	size_t len = file < sizeof(head) ? file : sizeof(head);

	why[0] = '\0';
	return linux_image_riscv(im, head, len, file, why, sizeof(why));
}

/* It is refused, and the reason has the word. */
static void refused(uint64_t file, const char *word, int line)
{
	struct linux_image im;

	expect(!parse(&im, file), "refused", __FILE__, line);
	expect(strstr(why, word), why, __FILE__, line);
}

static void good(void)
{
	struct linux_image im;

	make_header();
	EXPECT(parse(&im, FILE_LEN));
	EXPECT_EQ(im.offset, 2 * MIB);
	EXPECT_EQ(im.size, 0x1e6b000);

	/* a file with something behind the kernel, and one that does not tell */
	EXPECT(parse(&im, 0x2000001));
	EXPECT_EQ(im.size, 0x2000001);
	put(0x10, 0, 8);
	EXPECT(parse(&im, FILE_LEN));
	EXPECT_EQ(im.size, FILE_LEN);
	/* a kernel of M-mode is at the start of memory */
	put(0x08, 0, 8);
	EXPECT(parse(&im, FILE_LEN));
	EXPECT_EQ(im.offset, 0);
	/* no more than the header */
	EXPECT(parse(&im, sizeof(head)));
}

static void other_formats(void)
{
	make_header();
	refused(63, "not a RISC-V Image", __LINE__);
	refused(1, "not a RISC-V Image", __LINE__);
	put(0x38, 0, 4);
	refused(FILE_LEN, "not a RISC-V Image", __LINE__);
	put(0x38, 0x644d5241, 4);
	refused(FILE_LEN, "arm64", __LINE__);
	memcpy(head + 4, "zimg", 4);
	refused(FILE_LEN, "compressed EFI", __LINE__);
	memcpy(head, "\177ELF", 4);
	refused(FILE_LEN, "ELF", __LINE__);
	memcpy(head, "\x1f\x8b\x08", 3);
	refused(FILE_LEN, "gzip", __LINE__);
	refused(3, "gzip", __LINE__);
	memset(head, 0, sizeof(head));
	refused(FILE_LEN, "not a RISC-V Image", __LINE__);
	memset(head, 0xff, sizeof(head));
	refused(FILE_LEN, "not a RISC-V Image", __LINE__);
}

static void unfit(void)
{
	make_header();
	put(0x20, 0x10000, 4);
	refused(FILE_LEN, "version 1", __LINE__);

	make_header();
	put(0x18, 1, 8);
	refused(FILE_LEN, "big-endian", __LINE__);

	make_header();
	put(0x08, 2 * MIB + 4096, 8);
	refused(FILE_LEN, "load offset", __LINE__);
	put(0x08, 1ull << 41, 8);
	refused(FILE_LEN, "load offset", __LINE__);
	put(0x08, 0 - 2 * MIB, 8);
	refused(FILE_LEN, "load offset", __LINE__);

	make_header();
	put(0x10, UINT64_MAX, 8);
	refused(FILE_LEN, "size", __LINE__);
	refused(1ull << 50, "size", __LINE__);
	put(0x10, 0, 8);
	refused(1ull << 50, "size", __LINE__);
	put(0x10, (1ull << 40) + 1, 8);
	refused(FILE_LEN, "size", __LINE__);
}

/* Whatever is in the header: refused, or sums of it do not overflow. */
static void garbage(void)
{
	uint32_t seed = 1;
	struct linux_image im;
	unsigned int taken = 0;

	for (int i = 0; i < 20000; i++) {
		make_header();
		garble(head, 0x38, 3, &seed);
		if (!parse(&im, FILE_LEN))
			continue;
		taken++;
		EXPECT(im.size >= FILE_LEN);
		EXPECT(im.size <= 1ull << 40);
		EXPECT(im.offset <= 1ull << 40);
		EXPECT(!(im.offset % (2 * MIB)));
	}
	EXPECT(taken > 1000);
}

/* The header of arm64 has the same places, but no version, and another magic. */
static void arm64(void)
{
	struct linux_image im;

	make_header();
	memset(head + 0x20, 0, 0x18);
	put(0x38, 0x644d5241, 4);
	put(0x08, 0, 8);
	put(0x18, 0xa, 8);
	EXPECT(linux_image_arm64(&im, head, sizeof(head), FILE_LEN, why, sizeof(why)));
	EXPECT_EQ(im.offset, 0);
	EXPECT_EQ(im.size, 0x1e6b000);
	/* before 5.8 */
	put(0x08, 0x80000, 8);
	EXPECT(linux_image_arm64(&im, head, sizeof(head), FILE_LEN, why, sizeof(why)));
	EXPECT_EQ(im.offset, 0x80000);

	put(0x08, 2 * MIB, 8);
	EXPECT(!linux_image_arm64(&im, head, sizeof(head), FILE_LEN, why, sizeof(why)));
	EXPECT(strstr(why, "load offset"));
	put(0x08, 0, 8);
	put(0x10, 0, 8);
	EXPECT(!linux_image_arm64(&im, head, sizeof(head), FILE_LEN, why, sizeof(why)));
	EXPECT(strstr(why, "too old"));
	make_header();
	EXPECT(!linux_image_arm64(&im, head, sizeof(head), FILE_LEN, why, sizeof(why)));
	EXPECT(strstr(why, "RISC-V"));
}

const struct test linux_image_tests[] = {
	{ "linux_image: good headers", good },
	{ "linux_image: other formats", other_formats },
	{ "linux_image: kernels that cannot be started", unfit },
	{ "linux_image: garbage", garbage },
	{ "linux_image: arm64", arm64 },
	{ NULL, NULL },
};
