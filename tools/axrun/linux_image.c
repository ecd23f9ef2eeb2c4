// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux kernel images. Offsets are those of the kernel's own documents "Booting
 * AArch64 Linux" and "Boot image header in RISC-V Linux", which call the fields
 * by the names used here.
 */
#include <stdio.h>
#include <string.h>

#include "linux_image.h"

enum {
	ZBOOT		= 0x04,		/* of another format: a compressed EFI image */
	TEXT_OFFSET	= 0x08,
	IMAGE_SIZE	= 0x10,
	FLAGS		= 0x18,
	VERSION		= 0x20,		/* RISC-V */
	MAGIC		= 0x38,		/* RISC-V calls it the second one */
};

#define MAGIC_ARM64	"ARM\x64"
#define MAGIC_RISCV	"RSC\x05"

#define FLAG_BIG_ENDIAN	0x01

/* Memory begins at a multiple of it; RISC-V's kernel maps itself with such pages. */
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

static bool has_magic(const uint8_t *head, size_t len, const char *magic)
{
	return len >= LINUX_IMAGE_HEAD && !memcmp(head + MAGIC, magic, 4);
}

/* What else it may be, for the likely mistakes. */
static const char *other_format(const uint8_t *head, size_t len, const char *wanted)
{
	if (len > 2 && !memcmp(head, "\x1f\x8b", 2))
		return "compressed by gzip; unpack it first";
	if (len > 4 && !memcmp(head, "\177ELF", 4))
		return "an ELF file; the kernel's Image is needed";
	if (len > ZBOOT + 4 && !memcmp(head + ZBOOT, "zimg", 4))
		return "a compressed EFI image; the Image inside is needed";
	if (has_magic(head, len, MAGIC_ARM64))
		return "a kernel for arm64";
	if (has_magic(head, len, MAGIC_RISCV))
		return "a kernel for RISC-V";
	return wanted;
}

/* What both have, where the header is of the right kind. */
static bool parse(struct linux_image *im, const uint8_t *head, uint64_t size, char *why,
		  size_t why_len)
{
	if (get64(head + FLAGS) & FLAG_BIG_ENDIAN) {
		snprintf(why, why_len, "a big-endian kernel");
		return false;
	}
	im->offset = get64(head + TEXT_OFFSET);
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

static bool bad_offset(const struct linux_image *im, char *why, size_t why_len)
{
	snprintf(why, why_len, "the load offset %#llx is impossible",
		 (unsigned long long)im->offset);
	return false;
}

bool linux_image_arm64(struct linux_image *im, const uint8_t *head, size_t len,
		       uint64_t size, char *why, size_t why_len)
{
	memset(im, 0, sizeof(*im));
	if (!has_magic(head, len, MAGIC_ARM64)) {
		snprintf(why, why_len, "%s", other_format(head, len, "not an arm64 Image"));
		return false;
	}
	/* before 3.17 it was not known, and neither was where the offset counts from */
	if (!get64(head + IMAGE_SIZE)) {
		snprintf(why, why_len, "too old: the header does not tell its size");
		return false;
	}
	if (!parse(im, head, size, why, why_len))
		return false;
	/* from a boundary, not from the start of memory; there is no space below it */
	if (im->offset >= ALIGNMENT || im->offset % 4096)
		return bad_offset(im, why, why_len);
	return true;
}

bool linux_image_riscv(struct linux_image *im, const uint8_t *head, size_t len,
		       uint64_t size, char *why, size_t why_len)
{
	uint32_t major;

	memset(im, 0, sizeof(*im));
	if (!has_magic(head, len, MAGIC_RISCV)) {
		snprintf(why, why_len, "%s", other_format(head, len, "not a RISC-V Image"));
		return false;
	}
	major = get32(head + VERSION) >> 16;
	if (major) {
		snprintf(why, why_len, "the header's version %u is not known", major);
		return false;
	}
	if (!parse(im, head, size, why, why_len))
		return false;
	if (im->offset % ALIGNMENT || im->offset > LIMIT)
		return bad_offset(im, why, why_len);
	return true;
}
