/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF files: what of one is to be in memory, and its notes. */
#ifndef AXRUN_ELF_IMAGE_H
#define AXRUN_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes of the file that elf_parse() wants, if there are as many */
#define ELF_HEAD		8192

#define ELF_MAX_SEGMENTS	16u

/* a part of the file in memory, zeroes behind it */
struct load_segment {
	uint64_t offset;
	uint64_t file_len;
	uint64_t addr;			/* physical */
	uint64_t len;			/* not below file_len */
};

struct elf {
	uint64_t entry;			/* as the file has it, maybe virtual */
	unsigned int nr;
	struct load_segment segment[ELF_MAX_SEGMENTS];
	/* where notes are in the file; length 0: nowhere */
	uint64_t notes;
	uint64_t notes_len;
};

bool elf_is(const uint8_t *head, size_t len);
/*
 * @head: the first @len bytes of an executable of @size bytes, for x86 of 32 or 64
 * bits. False: @why says what is wrong, as the end of a sentence that begins with the
 * file's name.
 */
bool elf_parse(struct elf *elf, const uint8_t *head, size_t len, uint64_t size, char *why,
	       size_t why_len);
/*
 * The number that is the note @type of @name among @notes, of 4 or 8 bytes; false:
 * there is none.
 */
bool elf_note(const uint8_t *notes, size_t len, const char *name, uint32_t type,
	      uint64_t *value);

#endif /* AXRUN_ELF_IMAGE_H */
