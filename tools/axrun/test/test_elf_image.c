// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <string.h>

#include "elf_image.h"
#include "test.h"

#define FILE_LEN	0x10000
#define XEN_ENTRY	18

static uint8_t head[ELF_HEAD] __attribute__((aligned(8)));
static Elf64_Ehdr *const ehdr = (void *)head;
static Elf64_Phdr *const phdr = (void *)(head + sizeof(Elf64_Ehdr));
static char why[128];

/* A kernel of two segments and notes. */
static void make_file(void)
{
	memset(head, 0, sizeof(head));
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_type = ET_EXEC;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_entry = 0x1000000;
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_phnum = 4;
	ehdr->e_phentsize = sizeof(*phdr);
	phdr[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x1000, .p_filesz = 0x2000,
				.p_paddr = 0x1000000, .p_memsz = 0x2000,
				.p_vaddr = 0xffffffff81000000 };
	phdr[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x4000, .p_filesz = 0x100,
				.p_paddr = 0x1400000, .p_memsz = 0x80000 };
	phdr[2] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = 0x3000, .p_filesz = 0x40 };
	phdr[3] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_offset = ~0ull };
}

static bool parse(struct elf *elf, uint64_t size)
{
	why[0] = '\0';
	return elf_parse(elf, head, size < sizeof(head) ? size : sizeof(head), size, why,
			 sizeof(why));
}

static void refused(uint64_t size, const char *word, int line)
{
	struct elf elf;

	expect(!parse(&elf, size), "refused", __FILE__, line);
	expect(strstr(why, word), why, __FILE__, line);
}

static void good(void)
{
	Elf32_Ehdr *small = (void *)head;
	Elf32_Phdr *p = (void *)(head + sizeof(*small));
	struct elf elf;

	make_file();
	EXPECT(elf_is(head, sizeof(head)));
	EXPECT(parse(&elf, FILE_LEN));
	EXPECT_EQ(elf.entry, 0x1000000);
	EXPECT_EQ(elf.nr, 2);
	EXPECT_EQ(elf.segment[0].addr, 0x1000000);
	EXPECT_EQ(elf.segment[1].offset, 0x4000);
	EXPECT_EQ(elf.segment[1].file_len, 0x100);
	EXPECT_EQ(elf.segment[1].addr, 0x1400000);
	EXPECT_EQ(elf.segment[1].len, 0x80000);
	EXPECT_EQ(elf.notes, 0x3000);
	EXPECT_EQ(elf.notes_len, 0x40);

	/* the smaller kind */
	make_file();
	memset(head + EI_NIDENT, 0, sizeof(head) - EI_NIDENT);
	small->e_ident[EI_CLASS] = ELFCLASS32;
	small->e_type = ET_EXEC;
	small->e_machine = EM_386;
	small->e_entry = 0x10000c;
	small->e_phoff = sizeof(*small);
	small->e_phnum = 1;
	small->e_phentsize = sizeof(*p);
	p->p_type = PT_LOAD;
	p->p_offset = 0x1000;
	p->p_filesz = 0x200;
	p->p_paddr = 0x100000;
	p->p_memsz = 0x4000;
	EXPECT(parse(&elf, FILE_LEN));
	EXPECT_EQ(elf.entry, 0x10000c);
	EXPECT_EQ(elf.nr, 1);
	EXPECT_EQ(elf.segment[0].addr, 0x100000);
	EXPECT_EQ(elf.segment[0].len, 0x4000);
	EXPECT_EQ(elf.notes_len, 0);
}

static void bad(void)
{
	make_file();
	refused(0, "not an ELF", __LINE__);
	refused(40, "not an ELF", __LINE__);
	refused(0x200, "truncated", __LINE__);
	refused(0x40ff, "truncated", __LINE__);
	ehdr->e_machine = EM_AARCH64;
	refused(FILE_LEN, "x86", __LINE__);
	make_file();
	ehdr->e_type = ET_REL;
	refused(FILE_LEN, "executable", __LINE__);
	make_file();
	ehdr->e_phoff = ELF_HEAD - 8;
	refused(FILE_LEN, "program headers", __LINE__);
	ehdr->e_phoff = ~0ull;
	refused(FILE_LEN, "program headers", __LINE__);
	make_file();
	phdr[1].p_memsz = 0xff;
	refused(FILE_LEN, "garbled", __LINE__);
	phdr[1].p_memsz = ~0ull;
	refused(FILE_LEN, "garbled", __LINE__);
	make_file();
	phdr[0].p_type = PT_NULL;
	phdr[1].p_memsz = 0;
	refused(FILE_LEN, "nothing", __LINE__);
	make_file();
	ehdr->e_phnum = ELF_MAX_SEGMENTS + 1;
	for (unsigned int i = 0; i <= ELF_MAX_SEGMENTS; i++)
		phdr[i] = phdr[0];
	refused(FILE_LEN, "too many", __LINE__);
}

/* Whatever is in it: refused, or within the file. */
static void garbage(void)
{
	uint32_t seed = 7;
	struct elf elf;

	for (int i = 0; i < 20000; i++) {
		make_file();
		garble(head, sizeof(*ehdr) + 4 * sizeof(*phdr), 4, &seed);
		if (!parse(&elf, FILE_LEN))
			continue;
		EXPECT(elf.nr && elf.nr <= ELF_MAX_SEGMENTS);
		EXPECT(elf.notes_len <= FILE_LEN && elf.notes <= FILE_LEN - elf.notes_len);
		for (unsigned int j = 0; j < elf.nr; j++) {
			const struct load_segment *s = &elf.segment[j];

			EXPECT(s->file_len <= FILE_LEN &&
			       s->offset <= FILE_LEN - s->file_len);
			EXPECT(s->len >= s->file_len && s->addr + s->len >= s->addr);
		}
	}
}

static size_t put_note(uint8_t *at, const char *name, uint32_t type, uint64_t value,
		       unsigned int bytes)
{
	size_t name_len = strlen(name) + 1;

	put_le(at, name_len, 4);
	put_le(at + 4, bytes, 4);
	put_le(at + 8, type, 4);
	memset(at + 12, 0, (name_len + 3) & ~3ul);
	memcpy(at + 12, name, name_len);
	put_le(at + 12 + ((name_len + 3) & ~3ul), value, bytes);
	return 12 + ((name_len + 3) & ~3ul) + ((bytes + 3) & ~3u);
}

static void notes(void)
{
	static uint8_t buf[256];
	uint64_t value = 0;
	uint32_t seed = 5;
	size_t len = 0;

	len += put_note(buf + len, "GNU", XEN_ENTRY, 1, 8);
	len += put_note(buf + len, "Xen", 5, 2, 7);
	len += put_note(buf + len, "Xen", XEN_ENTRY, 0x1000370, 8);
	EXPECT(elf_note(buf, len, "Xen", XEN_ENTRY, &value));
	EXPECT_EQ(value, 0x1000370);
	EXPECT(!elf_note(buf, len, "Xen", 17, &value));
	EXPECT(!elf_note(buf, len - 1, "Xen", XEN_ENTRY, &value));
	EXPECT(!elf_note(buf, 0, "Xen", XEN_ENTRY, &value));

	len = put_note(buf, "Xen", XEN_ENTRY, 0xfedcba98, 4);
	EXPECT(elf_note(buf, len, "Xen", XEN_ENTRY, &value));
	EXPECT_EQ(value, 0xfedcba98);
	len = put_note(buf, "Xen", XEN_ENTRY, 1, 2);
	EXPECT(!elf_note(buf, len, "Xen", XEN_ENTRY, &value));

	/* it comes to an end, in the buffer */
	for (int i = 0; i < 20000; i++) {
		len = put_note(buf, "Xen", 5, 2, 4);
		len += put_note(buf + len, "Xen", XEN_ENTRY, 3, 8);
		garble(buf, len, 2, &seed);
		elf_note(buf, len, "Xen", XEN_ENTRY, &value);
	}
}

const struct test elf_tests[] = {
	{ "elf: good files", good },
	{ "elf: files that cannot be loaded", bad },
	{ "elf: garbage", garbage },
	{ "elf: notes", notes },
	{ NULL, NULL },
};
