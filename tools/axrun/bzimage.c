// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux x86 kernel images. Offsets are those of the kernel's own "Linux/x86
 * Boot Protocol" document, which calls the fields by the names used here.
 */
#include <stdio.h>
#include <string.h>

#include "bzimage.h"

enum {
	SETUP_SECTS	= 0x1f1,
	SYSSIZE		= 0x1f4,
	BOOT_FLAG	= 0x1fe,
	JUMP		= 0x200,
	MAGIC		= 0x202,
	VERSION		= 0x206,
	LOADFLAGS	= 0x211,
	INITRD_ADDR_MAX	= 0x22c,
	XLOADFLAGS	= 0x236,
	CMDLINE_SIZE	= 0x238,
	PREF_ADDRESS	= 0x258,
	INIT_SIZE	= 0x260,
	HEADER_MIN	= 0x264,	/* end of the last field used here */
	HEADER_MAX	= 0x290,	/* boot_params goes on with others */
};

#define LOADED_HIGH	0x01
#define XLF_KERNEL_64	0x01
#define PROTOCOL_MIN	0x020c
#define ENTRY_64	0x200

static uint32_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

bool bzimage_parse(struct bzimage *bz, const uint8_t *head, size_t len,
		   uint64_t size, char *why, size_t why_len)
{
	unsigned int sects;
	unsigned int end;

	memset(bz, 0, sizeof(*bz));
	if (len < MAGIC + 4 || get16(head + BOOT_FLAG) != 0xaa55 ||
	    memcmp(head + MAGIC, "HdrS", 4)) {
		snprintf(why, why_len, "not a bzImage");
		return false;
	}
	if (len < HEADER_MIN) {
		snprintf(why, why_len, "truncated in the setup header");
		return false;
	}

	bz->version = get16(head + VERSION);
	if (bz->version < PROTOCOL_MIN) {
		snprintf(why, why_len,
			 "boot protocol %u.%02u is too old, 2.12 is needed",
			 bz->version >> 8, bz->version & 0xff);
		return false;
	}
	if (!(head[LOADFLAGS] & LOADED_HIGH)) {
		snprintf(why, why_len, "not a bzImage, but a zImage");
		return false;
	}
	if (!(get16(head + XLOADFLAGS) & XLF_KERNEL_64)) {
		snprintf(why, why_len, "the kernel has no 64-bit entry point");
		return false;
	}

	/* the jump over the header says where it ends */
	end = JUMP + 2 + head[JUMP + 1];
	if (end < HEADER_MIN || end > HEADER_MAX) {
		snprintf(why, why_len, "the setup header is garbled");
		return false;
	}
	bz->header_len = end - BZIMAGE_HEADER;

	sects = head[SETUP_SECTS] ? head[SETUP_SECTS] : 4;
	bz->kernel_offset = (sects + 1) * 512ull;
	bz->kernel_len = get32(head + SYSSIZE) * 16ull;
	/* syssize counts whole paragraphs, the file may end inside the last */
	if (!bz->kernel_len || size < bz->kernel_offset ||
	    size + 15 < bz->kernel_offset + bz->kernel_len) {
		snprintf(why, why_len,
			 "truncated: %llu bytes, the header tells of %llu",
			 (unsigned long long)size,
			 (unsigned long long)(bz->kernel_offset +
					      bz->kernel_len));
		return false;
	}
	if (bz->kernel_len > size - bz->kernel_offset)
		bz->kernel_len = size - bz->kernel_offset;

	/* a relocatable kernel likes this place too, and moves itself */
	bz->load = get64(head + PREF_ADDRESS);
	bz->init_size = get32(head + INIT_SIZE);
	if (bz->init_size < bz->kernel_len)
		bz->init_size = bz->kernel_len;
	if (bz->load < 1 << 20 || bz->load > UINT32_MAX) {
		snprintf(why, why_len, "the load address %#llx is impossible",
			 (unsigned long long)bz->load);
		return false;
	}
	bz->entry = bz->load + ENTRY_64;
	bz->cmdline_max = get32(head + CMDLINE_SIZE);
	bz->initrd_end = (uint64_t)get32(head + INITRD_ADDR_MAX) + 1;
	return true;
}
