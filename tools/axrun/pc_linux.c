// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "pc" and Linux by its 64-bit boot protocol: entered in long mode, on
 * tables that map the first 4 GiB one to one, with boot_params in rsi.
 */
#include <asm/bootparam.h>
#include <string.h>

#include "bzimage.h"
#include "pc.h"
#include "pc_boot.h"

#define PTE_PRESENT	0x01ull
#define PTE_WRITE	0x02ull
#define PTE_LARGE	0x80ull

#define LOADER_UNKNOWN	0xff
#define VIDEO_NORMAL	0xffff

/* flat, ring 0, at the selectors of the boot protocol: 10h and 18h */
static const uint64_t gdt[] = {
	0,
	0,
	0x00af9b000000ffff,	/* 64-bit code */
	0x00cf93000000ffff,	/* data */
};

/* Where everything goes, found out before there is a guest. */
struct boot_plan {
	struct image kernel;
	struct image initrd;		/* size 0: none */
	struct bzimage bz;
	uint8_t head[BZIMAGE_HEAD];
	uint64_t initrd_addr;
};

static void plan_kernel(struct boot_plan *plan, const struct options *opt)
{
	struct image *im = &plan->kernel;
	struct bzimage *bz = &plan->bz;
	char why[128];
	size_t len;

	image_open(im, "--kernel", opt->kernel);
	len = im->size < BZIMAGE_HEAD ? im->size : BZIMAGE_HEAD;
	image_read(im, 0, plan->head, len);
	if (!bzimage_parse(bz, plan->head, len, im->size, why, sizeof(why)))
		die("--kernel %s: %s", im->path, why);
	if (bz->load + bz->init_size > pc_low_mem(opt))
		die("--kernel %s: needs at least --mem %lluM", im->path,
		    (unsigned long long)((bz->load + bz->init_size + MIB - 1) /
					 MIB));
}

/* As high as the kernel and memory below 4 GiB allow. */
static void plan_initrd(struct boot_plan *plan, const struct options *opt)
{
	uint64_t end = pc_low_mem(opt);

	if (end > plan->bz.initrd_end)
		end = plan->bz.initrd_end;
	pc_open_initrd(&plan->initrd, opt, plan->bz.load + plan->bz.init_size, end);
	if (plan->initrd.size)
		plan->initrd_addr = (end - plan->initrd.size) & ~0xfffull;
}

static void make_plan(struct boot_plan *plan, const struct options *opt)
{
	memset(plan, 0, sizeof(*plan));
	plan_kernel(plan, opt);
	plan_initrd(plan, opt);
	if (opt->append && strlen(opt->append) > plan->bz.cmdline_max)
		die_usage("--append: %zu characters, the kernel takes %llu",
			  strlen(opt->append), (unsigned long long)plan->bz.cmdline_max);
}

static void close_plan(struct boot_plan *plan)
{
	image_close(&plan->kernel);
	image_close(&plan->initrd);
}

void pc_linux_check(const struct options *opt)
{
	struct boot_plan plan;

	make_plan(&plan, opt);
	close_plan(&plan);
}

static void build_page_tables(struct vm *vm)
{
	uint64_t *pml4 = pc_ram(vm, PC_PML4, 0x1000);
	uint64_t *pdpt = pc_ram(vm, PC_PDPT, 0x1000);
	uint64_t *pd = pc_ram(vm, PC_PD, 0x4000);

	pml4[0] = PC_PDPT | PTE_PRESENT | PTE_WRITE;
	for (uint64_t i = 0; i < 4; i++)
		pdpt[i] = (PC_PD + i * 0x1000) | PTE_PRESENT | PTE_WRITE;
	for (uint64_t i = 0; i < 4 * 512; i++)
		pd[i] = i * 2 * MIB | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
}

static void build_e820(struct vm *vm, struct boot_params *bp)
{
	struct memory_range range[MAX_RANGES];
	unsigned int nr = pc_ranges(&vm->opt, range);

	for (unsigned int i = 0; i < nr; i++) {
		/* the table's entries are not aligned */
		struct boot_e820_entry e = {
			.addr = range[i].addr,
			.size = range[i].len,
			.type = range[i].type,
		};

		memcpy(&bp->e820_table[bp->e820_entries++], &e, sizeof(e));
	}
}

static void build_boot_params(struct vm *vm, const struct boot_plan *plan)
{
	struct boot_params *bp = pc_ram(vm, PC_BOOT_INFO, sizeof(*bp));

	memset(bp, 0, sizeof(*bp));
	memcpy((uint8_t *)bp + BZIMAGE_HEADER, plan->head + BZIMAGE_HEADER,
	       plan->bz.header_len);
	bp->hdr.type_of_loader = LOADER_UNKNOWN;
	bp->hdr.vid_mode = VIDEO_NORMAL;
	bp->hdr.code32_start = plan->bz.load;
	bp->hdr.cmd_line_ptr = PC_CMDLINE;
	bp->hdr.ramdisk_image = plan->initrd_addr;
	bp->hdr.ramdisk_size = plan->initrd.size;
	bp->acpi_rsdp_addr = pc_build_tables(vm);
	build_e820(vm, bp);
}

void pc_linux_load(struct vm *vm)
{
	struct axvcpu_setup setup = {
		.stage2_fd = vm->s2,
		.arch.x86 = {
			.start = AXVCPU_X86_START_LONG64,
			.cr3 = PC_PML4,
			.rsp = PC_STACK_TOP,
			.gdt_base = PC_GDT,
			.gdt_limit = sizeof(gdt) - 1,
		},
	};
	struct axv_vcpu *v = &vm->vcpu[0].axv;
	struct boot_plan plan;

	make_plan(&plan, &vm->opt);
	build_boot_params(vm, &plan);
	build_page_tables(vm);
	memcpy(pc_ram(vm, PC_GDT, sizeof(gdt)), gdt, sizeof(gdt));
	pc_put_cmdline(vm);
	pc_read_image(vm, &plan.kernel, plan.bz.kernel_offset, plan.bz.load,
		      plan.bz.kernel_len);
	pc_read_image(vm, &plan.initrd, 0, plan.initrd_addr, plan.initrd.size);

	setup.entry = plan.bz.entry;
	close_plan(&plan);
	pc_check_setup(axv_setup(v, &setup));
	pc_check_setup(axv_set_gpr(v, AXVCPU_X86_RSI, PC_BOOT_INFO));
}
