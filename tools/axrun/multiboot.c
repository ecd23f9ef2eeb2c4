// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header of multiboot kernels, as the Multiboot Specification 0.6.96 has it: 4-byte
 * aligned, somewhere in the first 8 KiB of the file.
 */
#include <stdio.h>
#include <string.h>

#include "multiboot.h"

/* the header, offsets of words */
enum {
	MAGIC		= 0,
	FLAGS		= 4,
	CHECKSUM	= 8,
	HEADER_ADDR	= 12,
	LOAD_ADDR	= 16,
	LOAD_END	= 20,
	BSS_END		= 24,
	ENTRY		= 28,
	MIN_LEN		= 12,
	ADDRESSES_LEN	= 32,
};

#define HEADER_MAGIC	0x1badb002u

/* what it asks for; a loader must know all of the lower half */
#define ALIGN_MODULES	(1u << 0)
#define MEMORY_MAP	(1u << 1)
#define VIDEO_MODE	(1u << 2)
#define REQUIRED	0xffffu
#define ADDRESSES	(1u << 16)

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Its offset, negative: there is none. */
static long find_header(const uint8_t *head, size_t len)
{
	if (len > MULTIBOOT_HEAD)
		len = MULTIBOOT_HEAD;
	for (size_t at = 0; at + MIN_LEN <= len; at += 4)
		if (get32(head + at + MAGIC) == HEADER_MAGIC &&
		    !(get32(head + at + MAGIC) + get32(head + at + FLAGS) +
		      get32(head + at + CHECKSUM)))
			return at;
	return -1;
}

bool multiboot_is(const uint8_t *head, size_t len)
{
	return find_header(head, len) >= 0;
}

static const char *parse_addresses(struct multiboot *mb, const uint8_t *h, uint64_t at,
				   uint64_t size)
{
	uint32_t load = get32(h + LOAD_ADDR);
	uint32_t before = get32(h + HEADER_ADDR) - load;
	uint32_t load_end = get32(h + LOAD_END);
	uint32_t bss_end = get32(h + BSS_END);
	struct load_segment *s = &mb->segment;

	/* @before: what is loaded of the file before the header */
	if (load > get32(h + HEADER_ADDR) || before > at)
		return "the multiboot header's addresses are impossible";
	s->addr = load;
	s->offset = at - before;
	/* zero: all there is */
	s->file_len = load_end ? load_end - load : size - s->offset;
	if ((load_end && load_end < load) || s->file_len > size - s->offset)
		return "truncated: the multiboot header tells of more";
	s->len = s->file_len;
	if (bss_end && bss_end < load + s->file_len)
		return "the multiboot header's addresses are impossible";
	if (bss_end)
		s->len = bss_end - load;
	mb->entry = get32(h + ENTRY);
	mb->addresses = true;
	return NULL;
}

static const char *parse(struct multiboot *mb, const uint8_t *head, size_t len,
			 uint64_t size)
{
	long at = find_header(head, len);
	uint32_t flags;

	if (at < 0)
		return "there is no multiboot header";
	flags = get32(head + at + FLAGS);
	if (flags & VIDEO_MODE)
		return "the multiboot header asks for a video mode, and there is no display";
	if (flags & REQUIRED & ~(ALIGN_MODULES | MEMORY_MAP))
		return "the multiboot header asks for what is not known here";
	if (!(flags & ADDRESSES))
		return NULL;
	if (len - at < ADDRESSES_LEN)
		return "truncated in the multiboot header";
	return parse_addresses(mb, head + at, at, size);
}

bool multiboot_parse(struct multiboot *mb, const uint8_t *head, size_t len, uint64_t size,
		     char *why, size_t why_len)
{
	const char *wrong;

	memset(mb, 0, sizeof(*mb));
	wrong = parse(mb, head, len, size);
	if (wrong)
		snprintf(why, why_len, "%s", wrong);
	return !wrong;
}
