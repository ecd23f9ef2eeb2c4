// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "pc", before the first instruction: what firmware and boot loader
 * would have put into memory, and the registers.
 *
 * Linux is entered by the 64-bit boot protocol: in long mode, on tables that
 * map the first 4 GiB one to one, with boot_params in rsi.
 */
#include <asm/bootparam.h>
#include <string.h>

#include "acpi.h"
#include "axrun.h"
#include "bzimage.h"
#include "pc.h"

/* low memory, all of it free for the kernel once it has started */
#define GDT		0x5000ull
#define BOOT_PARAMS	0x7000ull
#define STACK_TOP	0x8ff0ull
#define PML4		0x9000ull
#define PDPT		0xa000ull
#define PD		0xb000ull	/* four of them */
#define CMDLINE		0x20000ull
#define CMDLINE_ROOM	0x10000ull
/* where a boot sector finds its stack */
#define REAL_STACK	0x7c00ull

#define BDA_EBDA	0x40e
#define BDA_BASE_MEM	0x413

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
	const char *cmdline;
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
	struct image *im = &plan->initrd;
	uint64_t start = plan->bz.load + plan->bz.init_size;
	uint64_t end = pc_low_mem(opt);

	im->fd = -1;
	if (!opt->initrd)
		return;

	image_open(im, "--initrd", opt->initrd);
	if (end > plan->bz.initrd_end)
		end = plan->bz.initrd_end;
	if (end < start || im->size > end - start ||
	    ((end - im->size) & ~0xfffull) < start)
		die("--initrd %s: %llu MiB do not fit beside the kernel into --mem %lluM",
		    im->path, (unsigned long long)(im->size / MIB),
		    (unsigned long long)(opt->mem / MIB));
	plan->initrd_addr = (end - im->size) & ~0xfffull;
}

static void make_plan(struct boot_plan *plan, const struct options *opt)
{
	size_t len;

	memset(plan, 0, sizeof(*plan));
	plan_kernel(plan, opt);
	plan_initrd(plan, opt);

	plan->cmdline = opt->append ? opt->append : "";
	len = strlen(plan->cmdline);
	if (len > plan->bz.cmdline_max || len >= CMDLINE_ROOM)
		die_usage("--append: %zu characters, the kernel takes %llu",
			  len, (unsigned long long)plan->bz.cmdline_max);
}

static void close_plan(struct boot_plan *plan)
{
	image_close(&plan->kernel);
	image_close(&plan->initrd);
}

void pc_check(const struct options *opt)
{
	struct boot_plan plan;

	if (opt->kernel) {
		make_plan(&plan, opt);
		close_plan(&plan);
	} else if (opt->flats->addr >= PC_HIGH) {
		die_usage("--flat %s@%#llx: a start above 4 GiB is impossible",
			  opt->flats->path,
			  (unsigned long long)opt->flats->addr);
	}
}

static void *ram(struct vm *vm, uint64_t gpa, uint64_t len)
{
	void *p = mem_ptr(&vm->mem, gpa, len);

	if (!p)
		die("--mem: %llu MiB are too little for the board",
		    (unsigned long long)(vm->opt.mem / MIB));
	return p;
}

static void build_page_tables(struct vm *vm)
{
	uint64_t *pml4 = ram(vm, PML4, 0x1000);
	uint64_t *pdpt = ram(vm, PDPT, 0x1000);
	uint64_t *pd = ram(vm, PD, 0x4000);

	pml4[0] = PDPT | PTE_PRESENT | PTE_WRITE;
	for (uint64_t i = 0; i < 4; i++)
		pdpt[i] = (PD + i * 0x1000) | PTE_PRESENT | PTE_WRITE;
	for (uint64_t i = 0; i < 4 * 512; i++)
		pd[i] = i * 2 * MIB | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
}

static void add_e820(struct boot_params *bp, uint64_t addr, uint64_t size,
		     uint32_t type)
{
	/* the table's entries are not aligned */
	struct boot_e820_entry e = {
		.addr = addr,
		.size = size,
		.type = type,
	};

	if (size)
		memcpy(&bp->e820_table[bp->e820_entries++], &e, sizeof(e));
}

static void build_e820(struct vm *vm, struct boot_params *bp)
{
	enum { RAM = 1, RESERVED = 2 };

	add_e820(bp, 0, PC_EBDA, RAM);
	add_e820(bp, PC_EBDA, PC_VGA - PC_EBDA, RESERVED);
	add_e820(bp, PC_BIOS, PC_BIOS_LEN, RESERVED);
	add_e820(bp, PC_EXTENDED, pc_low_mem(&vm->opt) - PC_EXTENDED, RAM);
	add_e820(bp, PC_HIGH, pc_high_mem(&vm->opt), RAM);
}

static uint64_t build_acpi(struct vm *vm)
{
	static const struct acpi_ports ports = {
		.pm1a_event = PC_PORT_PM1A_EVT,
		.pm1a_control = PC_PORT_PM1A_CNT,
		.pm_timer = PC_PORT_PM_TIMER,
		.reset = PC_PORT_RESET,
		.reset_value = 0x06,
		.sci = PC_SCI,
	};
	struct acpi_virtio virtio[PC_VIRTIO_SLOTS];

	for (unsigned int i = 0; i < vm->nr_virtio; i++) {
		virtio[i].addr = PC_VIRTIO + i * VIRTIO_SLOT_SIZE;
		virtio[i].len = VIRTIO_SLOT_SIZE;
		virtio[i].irq = pc_virtio_irq[i];
	}
	if (!acpi_build(ram(vm, PC_BIOS, PC_BIOS_LEN), PC_BIOS_LEN, PC_BIOS,
			&ports, virtio, vm->nr_virtio))
		die("no room for the ACPI tables");
	return PC_BIOS;
}

/* The BIOS data area tells where conventional memory ends. */
static void build_bda(struct vm *vm)
{
	uint8_t *low = ram(vm, 0, 0x1000);

	low[BDA_EBDA] = (PC_EBDA >> 4) & 0xff;
	low[BDA_EBDA + 1] = PC_EBDA >> 12;
	low[BDA_BASE_MEM] = (PC_EBDA >> 10) & 0xff;
	low[BDA_BASE_MEM + 1] = PC_EBDA >> 18;
}

static void check_setup(int ret)
{
	if (ret < 0)
		die("cannot set up the vCPU: %s", strerror(-ret));
}

static void load_linux(struct vm *vm)
{
	struct boot_params *bp = ram(vm, BOOT_PARAMS, sizeof(*bp));
	struct axvcpu_setup setup = {
		.stage2_fd = vm->s2,
		.arch.x86 = {
			.start = AXVCPU_X86_START_LONG64,
			.cr3 = PML4,
			.rsp = STACK_TOP,
			.gdt_base = GDT,
			.gdt_limit = sizeof(gdt) - 1,
		},
	};
	struct boot_plan plan;

	make_plan(&plan, &vm->opt);

	memset(bp, 0, sizeof(*bp));
	memcpy((uint8_t *)bp + BZIMAGE_HEADER, plan.head + BZIMAGE_HEADER,
	       plan.bz.header_len);
	bp->hdr.type_of_loader = LOADER_UNKNOWN;
	bp->hdr.vid_mode = VIDEO_NORMAL;
	bp->hdr.code32_start = plan.bz.load;
	bp->hdr.cmd_line_ptr = CMDLINE;
	bp->hdr.ramdisk_image = plan.initrd_addr;
	bp->hdr.ramdisk_size = plan.initrd.size;
	bp->acpi_rsdp_addr = build_acpi(vm);
	build_e820(vm, bp);

	build_bda(vm);
	build_page_tables(vm);
	memcpy(ram(vm, GDT, sizeof(gdt)), gdt, sizeof(gdt));
	memcpy(ram(vm, CMDLINE, CMDLINE_ROOM), plan.cmdline,
	       strlen(plan.cmdline) + 1);
	image_read(&plan.kernel, plan.bz.kernel_offset,
		   ram(vm, plan.bz.load, plan.bz.kernel_len),
		   plan.bz.kernel_len);
	if (plan.initrd.size)
		image_read(&plan.initrd, 0,
			   ram(vm, plan.initrd_addr, plan.initrd.size),
			   plan.initrd.size);

	setup.entry = plan.bz.entry;
	close_plan(&plan);
	check_setup(axv_setup(&vm->vcpu[0].axv, &setup));
	check_setup(axv_set_gpr(&vm->vcpu[0].axv, AXVCPU_X86_RSI, BOOT_PARAMS));
}

/* Without a kernel the vCPU starts at the first flat file. */
static void start_flat(struct vm *vm)
{
	uint64_t entry = vm->opt.flats->addr;
	struct axvcpu_setup setup = {
		.entry = entry,
		.stage2_fd = vm->s2,
		.arch.x86 = {
			.start = AXVCPU_X86_START_REAL,
			.rsp = REAL_STACK,
		},
	};

	build_bda(vm);
	if (entry < PC_EXTENDED)
		check_setup(axv_setup(&vm->vcpu[0].axv, &setup));
	else
		check_setup(axv_setup_flat(&vm->vcpu[0].axv, vm->s2, entry,
					   pc_low_mem(&vm->opt)));
}

void pc_load(struct vm *vm)
{
	if (vm->opt.kernel)
		load_linux(vm);
	else
		start_flat(vm);
	/* last, so that they can replace any of the above */
	load_flats(vm);
}
