// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF files, as the System V ABI has them: little-endian executables for x86 of
 * either size.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "elf_image.h"

bool elf_is(const uint8_t *head, size_t len)
{
	return len >= EI_NIDENT && !memcmp(head, ELFMAG, SELFMAG);
}

/* The header of either size, as that of the larger one. */
static bool get_header(Elf64_Ehdr *h, const uint8_t *head, size_t len)
{
	const Elf32_Ehdr *small = (const void *)head;

	if (head[EI_CLASS] == ELFCLASS64) {
		if (len < sizeof(*h))
			return false;
		memcpy(h, head, sizeof(*h));
		return h->e_phentsize == sizeof(Elf64_Phdr);
	}
	if (head[EI_CLASS] != ELFCLASS32 || len < sizeof(*small))
		return false;
	*h = (Elf64_Ehdr){
		.e_type = small->e_type,
		.e_machine = small->e_machine,
		.e_entry = small->e_entry,
		.e_phoff = small->e_phoff,
		.e_phnum = small->e_phnum,
		.e_phentsize = small->e_phentsize,
	};
	return h->e_phentsize == sizeof(Elf32_Phdr);
}

static void get_segment(Elf64_Phdr *p, const uint8_t *at, unsigned int size)
{
	Elf32_Phdr small;

	if (size == sizeof(*p)) {
		memcpy(p, at, sizeof(*p));
		return;
	}
	memcpy(&small, at, sizeof(small));
	*p = (Elf64_Phdr){
		.p_type = small.p_type,
		.p_offset = small.p_offset,
		.p_paddr = small.p_paddr,
		.p_filesz = small.p_filesz,
		.p_memsz = small.p_memsz,
	};
}

static const char *add_segment(struct elf *elf, const Elf64_Phdr *p, uint64_t size)
{
	if (p->p_type != PT_LOAD && p->p_type != PT_NOTE)
		return NULL;
	if (p->p_offset > size || p->p_filesz > size - p->p_offset)
		return "truncated: a segment ends behind the file";
	if (p->p_type == PT_NOTE) {
		/* the first one; linkers merge them */
		if (!elf->notes_len) {
			elf->notes = p->p_offset;
			elf->notes_len = p->p_filesz;
		}
		return NULL;
	}
	if (!p->p_memsz)
		return NULL;
	if (p->p_filesz > p->p_memsz || p->p_paddr + p->p_memsz < p->p_paddr)
		return "a segment is garbled";
	if (elf->nr == ELF_MAX_SEGMENTS)
		return "too many segments";
	elf->segment[elf->nr++] = (struct load_segment){
		.offset = p->p_offset,
		.file_len = p->p_filesz,
		.addr = p->p_paddr,
		.len = p->p_memsz,
	};
	return NULL;
}

static const char *parse(struct elf *elf, const uint8_t *head, size_t len, uint64_t size)
{
	Elf64_Ehdr h;

	if (!elf_is(head, len) || head[EI_DATA] != ELFDATA2LSB ||
	    !get_header(&h, head, len))
		return "not an ELF file for x86";
	if (h.e_machine != EM_386 && h.e_machine != EM_X86_64)
		return "not an ELF file for x86";
	/* a kernel that places itself is ET_DYN to some linkers */
	if (h.e_type != ET_EXEC && h.e_type != ET_DYN)
		return "not an executable";
	if (h.e_phoff > len || (uint64_t)h.e_phnum * h.e_phentsize > len - h.e_phoff)
		return "the program headers are not at the start of the file";

	elf->entry = h.e_entry;
	for (unsigned int i = 0; i < h.e_phnum; i++) {
		const char *wrong;
		Elf64_Phdr p;

		get_segment(&p, head + h.e_phoff + i * h.e_phentsize, h.e_phentsize);
		wrong = add_segment(elf, &p, size);
		if (wrong)
			return wrong;
	}
	return elf->nr ? NULL : "nothing of it is to be loaded";
}

bool elf_parse(struct elf *elf, const uint8_t *head, size_t len, uint64_t size, char *why,
	       size_t why_len)
{
	const char *wrong;

	memset(elf, 0, sizeof(*elf));
	wrong = parse(elf, head, len, size);
	if (wrong)
		snprintf(why, why_len, "%s", wrong);
	return !wrong;
}

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~3ull;
}

bool elf_note(const uint8_t *notes, size_t len, const char *name, uint32_t type,
	      uint64_t *value)
{
	uint64_t at = 0;

	while (at <= len && len - at >= sizeof(Elf64_Nhdr)) {
		const uint8_t *found;
		Elf64_Nhdr n;
		uint64_t desc;

		memcpy(&n, notes + at, sizeof(n));
		found = notes + at + sizeof(n);
		desc = at + sizeof(n) + align4(n.n_namesz);
		at = desc + align4(n.n_descsz);
		if (desc + n.n_descsz > len)
			return false;
		if (n.n_type != type || n.n_namesz != strlen(name) + 1 ||
		    memcmp(found, name, n.n_namesz))
			continue;
		if (n.n_descsz != 4 && n.n_descsz != 8)
			return false;
		*value = 0;
		memcpy(value, notes + desc, n.n_descsz);
		return true;
	}
	return false;
}
