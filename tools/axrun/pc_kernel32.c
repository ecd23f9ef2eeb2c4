// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "pc" and kernels that are entered in flat 32-bit protected mode without
 * paging, with what they are to know in a structure that EBX points to: ELF files with
 * a note that names a PVH entry, such as Linux's vmlinux, and multiboot kernels.
 */
#include <stdlib.h>
#include <string.h>

#include "multiboot.h"
#include "pc.h"
#include "pc_boot.h"

/* the note that names the PVH entry */
#define NOTE_NAME	"Xen"
#define NOTE_ENTRY	18
#define NOTES_MAX	0x10000u

#define INFO_ROOM	0x1000u

struct kernel32 {
	struct image kernel;
	struct image initrd;		/* size 0: none */
	const struct load_segment *segment;
	unsigned int nr;
	uint64_t end;			/* of the segments in memory */
	uint64_t entry;
	uint64_t initrd_addr;
	bool pvh;			/* else multiboot */

	struct elf elf;
	struct multiboot mb;
};

bool pc_kernel32_is(const uint8_t *head, size_t len)
{
	return elf_is(head, len) || multiboot_is(head, len);
}

static bool find_pvh_entry(struct kernel32 *k)
{
	uint8_t *notes;
	bool found;

	if (!k->elf.notes_len || k->elf.notes_len > NOTES_MAX)
		return false;
	notes = xcalloc(1, k->elf.notes_len);
	image_read(&k->kernel, k->elf.notes, notes, k->elf.notes_len);
	found = elf_note(notes, k->elf.notes_len, NOTE_NAME, NOTE_ENTRY, &k->entry);
	free(notes);
	return found;
}

static void parse(struct kernel32 *k, const uint8_t *head, size_t len)
{
	struct image *im = &k->kernel;
	bool has_header = multiboot_is(head, len);
	char why[128];

	if (has_header && !multiboot_parse(&k->mb, head, len, im->size, why, sizeof(why)))
		die("--kernel %s: %s", im->path, why);
	/* they count before what ELF says */
	if (k->mb.addresses) {
		k->segment = &k->mb.segment;
		k->nr = 1;
		k->entry = k->mb.entry;
		return;
	}
	if (!elf_parse(&k->elf, head, len, im->size, why, sizeof(why)))
		die("--kernel %s: %s", im->path, why);
	k->segment = k->elf.segment;
	k->nr = k->elf.nr;
	k->entry = k->elf.entry;
	if (!has_header) {
		k->pvh = true;
		if (!find_pvh_entry(k))
			die("--kernel %s: an ELF file with neither a PVH entry nor a multiboot header",
			    im->path);
	}
}

/* Low memory is the loader's own. */
static void check_segments(struct kernel32 *k, const struct options *opt)
{
	for (unsigned int i = 0; i < k->nr; i++) {
		uint64_t addr = k->segment[i].addr;
		uint64_t end = addr + k->segment[i].len;

		if (addr < PC_EXTENDED)
			die("--kernel %s: it wants to be at %#llx, which is below 1 MiB",
			    k->kernel.path, (unsigned long long)addr);
		if (end > pc_low_mem(opt))
			die("--kernel %s: needs at least --mem %lluM", k->kernel.path,
			    (unsigned long long)((end + MIB - 1) / MIB));
		if (end > k->end)
			k->end = end;
	}
	if (k->entry < PC_EXTENDED || k->entry >= k->end)
		die("--kernel %s: the entry point %#llx is outside of it", k->kernel.path,
		    (unsigned long long)k->entry);
}

static void open_kernel(struct kernel32 *k, const struct options *opt)
{
	uint64_t end = pc_low_mem(opt);
	uint8_t head[ELF_HEAD];
	uint64_t start;
	size_t len;

	memset(k, 0, sizeof(*k));
	image_open(&k->kernel, "--kernel", opt->kernel);
	len = k->kernel.size < sizeof(head) ? k->kernel.size : sizeof(head);
	image_read(&k->kernel, 0, head, len);
	parse(k, head, len);
	check_segments(k, opt);

	start = (k->end + 0xfff) & ~0xfffull;
	pc_open_initrd(&k->initrd, opt, start, end);
	/* Linux needs room behind itself; others look for modules there */
	k->initrd_addr = k->pvh ? (end - k->initrd.size) & ~0xfffull : start;
}

static void close_kernel(struct kernel32 *k)
{
	image_close(&k->kernel);
	image_close(&k->initrd);
}

void pc_kernel32_check(const struct options *opt)
{
	struct kernel32 k;

	open_kernel(&k, opt);
	close_kernel(&k);
}

static void build_info(struct vm *vm, const struct kernel32 *k)
{
	uint8_t *at = pc_ram(vm, PC_BOOT_INFO, INFO_ROOM);
	struct boot_info info = {
		.cmdline = PC_CMDLINE,
		.rsdp = pc_build_tables(vm),
		.initrd = k->initrd_addr,
		.initrd_len = k->initrd.size,
	};

	info.nr_ranges = pc_ranges(&vm->opt, info.range);
	if (!(k->pvh ? pvh_build : multiboot_build)(at, INFO_ROOM, PC_BOOT_INFO, &info))
		die("no room for what the kernel is to know");
}

void pc_kernel32_load(struct vm *vm)
{
	struct axvcpu_setup setup = {
		.stage2_fd = vm->s2,
		.arch.x86 = {
			.start = AXVCPU_X86_START_PROT32,
			.rsp = PC_STACK_TOP,
		},
	};
	struct axv_vcpu *v = &vm->vcpu[0].axv;
	struct kernel32 k;

	open_kernel(&k, &vm->opt);
	build_info(vm, &k);
	pc_put_cmdline(vm);
	for (unsigned int i = 0; i < k.nr; i++)
		pc_read_image(vm, &k.kernel, k.segment[i].offset, k.segment[i].addr,
			      k.segment[i].file_len);
	pc_read_image(vm, &k.initrd, 0, k.initrd_addr, k.initrd.size);

	setup.entry = k.entry;
	close_kernel(&k);
	pc_check_setup(axv_setup(v, &setup));
	if (!k.pvh)
		pc_check_setup(axv_set_gpr(v, AXVCPU_X86_RAX, MULTIBOOT_MAGIC));
	pc_check_setup(axv_set_gpr(v, AXVCPU_X86_RBX, PC_BOOT_INFO));
}
