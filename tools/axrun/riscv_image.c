// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux RISC-V kernel images. Offsets are those of the kernel's own document
 * "Boot image header in RISC-V Linux", which calls the fields by the names used
 * here.
 */
#include <stdio.h>
#include <string.h>

#include "riscv_image.h"

enum {
	ZBOOT		= 0x04,		/* of another format: a compressed EFI image */
	TEXT_OFFSET	= 0x08,
	IMAGE_SIZE	= 0x10,
	FLAGS		= 0x18,
	VERSION		= 0x20,
	MAGIC2		= 0x38,
};

#define FLAG_BIG_ENDIAN	0x01

/* The kernel maps itself with pages of this size. */
#define ALIGNMENT	0x200000ull
/* More is no kernel; and sums of such numbers do not overflow. */
#define LIMIT		(1ull << 40)

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* What else it may be, for the likely mistakes. */
static const char *other_format(const uint8_t *head, size_t len)
{
	if (len > 2 && !memcmp(head, "\x1f\x8b", 2))
		return "compressed by gzip; unpack it first";
	if (len > 4 && !memcmp(head, "\177ELF", 4))
		return "an ELF file; the kernel's Image is needed";
	if (len > ZBOOT + 4 && !memcmp(head + ZBOOT, "zimg", 4))
		return "a compressed EFI image; the Image inside is needed";
	if (len >= MAGIC2 + 4 && !memcmp(head + MAGIC2, "ARM\x64", 4))
		return "a kernel for arm64";
	return "not a RISC-V Image";
}

bool riscv_image_parse(struct riscv_image *im, const uint8_t *head, size_t len,
		       uint64_t size, char *why, size_t why_len)
{
	uint32_t major;

	memset(im, 0, sizeof(*im));
	if (len < RISCV_IMAGE_HEAD || memcmp(head + MAGIC2, "RSC\x05", 4)) {
		snprintf(why, why_len, "%s", other_format(head, len));
		return false;
	}

	major = get32(head + VERSION) >> 16;
	if (major) {
		snprintf(why, why_len, "the header's version %u is not known", major);
		return false;
	}
	if (get64(head + FLAGS) & FLAG_BIG_ENDIAN) {
		snprintf(why, why_len, "a big-endian kernel");
		return false;
	}

	im->offset = get64(head + TEXT_OFFSET);
	if (im->offset % ALIGNMENT || im->offset > LIMIT) {
		snprintf(why, why_len, "the load offset %#llx is impossible",
			 (unsigned long long)im->offset);
		return false;
	}
	im->size = get64(head + IMAGE_SIZE);
	if (im->size > LIMIT || size > LIMIT) {
		snprintf(why, why_len, "the size %#llx is impossible",
			 (unsigned long long)(im->size > size ? im->size : size));
		return false;
	}
	if (im->size < size)
		im->size = size;
	return true;
}
