// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "pc", before the first instruction: what firmware and boot loader
 * would have put into memory, and the registers.
 */
#include <string.h>

#include "acpi.h"
#include "axrun.h"
#include "elf_image.h"
#include "pc.h"
#include "pc_boot.h"

/* where a boot sector finds its stack */
#define REAL_STACK	0x7c00ull

#define BDA_EBDA	0x40e
#define BDA_BASE_MEM	0x413

/* ---- what all share -------------------------------------------------------------- */

void *pc_ram(struct vm *vm, uint64_t gpa, uint64_t len)
{
	void *p = mem_ptr(&vm->mem, gpa, len);

	if (!p)
		die("--mem: %llu MiB are too little for the board",
		    (unsigned long long)(vm->opt.mem / MIB));
	return p;
}

void pc_check_setup(int ret)
{
	if (ret < 0)
		die("cannot set up the vCPU: %s", strerror(-ret));
}

unsigned int pc_ranges(const struct options *opt, struct memory_range *r)
{
	const struct memory_range all[] = {
		{ 0, PC_EBDA, RANGE_RAM },
		{ PC_EBDA, PC_VGA - PC_EBDA, RANGE_RESERVED },
		{ PC_BIOS, PC_BIOS_LEN, RANGE_RESERVED },
		{ PC_EXTENDED, pc_low_mem(opt) - PC_EXTENDED, RANGE_RAM },
		{ PC_HIGH, pc_high_mem(opt), RANGE_RAM },
	};
	unsigned int nr = 0;

	_Static_assert(ARRAY_SIZE(all) <= MAX_RANGES, "all find room");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].len)
			r[nr++] = all[i];
	return nr;
}

void pc_open_initrd(struct image *im, const struct options *opt, uint64_t start,
		    uint64_t end)
{
	im->fd = -1;
	im->size = 0;
	if (!opt->initrd)
		return;

	image_open(im, "--initrd", opt->initrd);
	if (end < start || im->size > end - start ||
	    ((end - im->size) & ~0xfffull) < start)
		die("--initrd %s: %llu MiB do not fit beside the kernel into --mem %lluM",
		    im->path, (unsigned long long)(im->size / MIB),
		    (unsigned long long)(opt->mem / MIB));
}

void pc_read_image(struct vm *vm, const struct image *im, uint64_t offset, uint64_t gpa,
		   uint64_t len)
{
	if (len)
		image_read(im, offset, pc_ram(vm, gpa, len), len);
}

void pc_put_cmdline(struct vm *vm)
{
	const char *text = vm->opt.append ? vm->opt.append : "";

	memcpy(pc_ram(vm, PC_CMDLINE, PC_CMDLINE_ROOM), text, strlen(text) + 1);
}

/* ---- tables ------------------------------------------------------------------------ */

static const struct acpi_ports acpi_ports = {
	.pm1a_event = PC_PORT_PM1A_EVT,
	.pm1a_control = PC_PORT_PM1A_CNT,
	.pm_timer = PC_PORT_PM_TIMER,
	.reset = PC_PORT_RESET,
	.reset_value = 0x06,
	.sci = PC_SCI,
};

static const struct acpi_irq acpi_irqs[] = {
	{ .isa = 0, .gsi = PC_PIN_IRQ0 },
	{ .isa = PC_SCI, .gsi = PC_SCI, .level = true },
};

static void build_acpi(struct vm *vm)
{
	struct acpi_virtio virtio[PC_VIRTIO_SLOTS];
	const struct acpi_apics apics = {
		.nr = vm->nr_vcpus,
		.local_apic = PC_LOCAL_APIC,
		.io_apic = PC_IO_APIC,
		.irq = acpi_irqs,
		.nr_irqs = ARRAY_SIZE(acpi_irqs),
	};
	const struct acpi_board board = {
		.ports = &acpi_ports,
		.virtio = virtio,
		.nr_virtio = vm->nr_virtio,
		.apics = vm->opt.no_apic ? NULL : &apics,
	};

	for (unsigned int i = 0; i < vm->nr_virtio; i++) {
		virtio[i].addr = PC_VIRTIO + i * VIRTIO_SLOT_SIZE;
		virtio[i].len = VIRTIO_SLOT_SIZE;
		virtio[i].irq = pc_virtio_irq[i];
	}
	if (!acpi_build(pc_ram(vm, PC_BIOS, PC_BIOS_LEN), PC_BIOS_LEN, PC_BIOS, &board))
		die("no room for the ACPI tables");
}

/* The BIOS data area tells where conventional memory ends. */
static void build_bda(struct vm *vm)
{
	uint8_t *low = pc_ram(vm, 0, 0x1000);

	low[BDA_EBDA] = (PC_EBDA >> 4) & 0xff;
	low[BDA_EBDA + 1] = PC_EBDA >> 12;
	low[BDA_BASE_MEM] = (PC_EBDA >> 10) & 0xff;
	low[BDA_BASE_MEM + 1] = PC_EBDA >> 18;
}

uint64_t pc_build_tables(struct vm *vm)
{
	build_bda(vm);
	build_acpi(vm);
	return PC_BIOS;
}

/* ---- which way ---------------------------------------------------------------------- */

static bool is_kernel32(const struct options *opt)
{
	uint8_t head[ELF_HEAD];
	struct image im;
	size_t len;

	image_open(&im, "--kernel", opt->kernel);
	len = im.size < sizeof(head) ? im.size : sizeof(head);
	image_read(&im, 0, head, len);
	image_close(&im);
	return pc_kernel32_is(head, len);
}

void pc_check(const struct options *opt)
{
	if (opt->no_apic && opt->cpus > 1)
		die_usage("--cpus %u: not with --no-apic: a second CPU needs local APICs, to be woken and interrupted",
			  opt->cpus);
	if (opt->append && strlen(opt->append) >= PC_CMDLINE_ROOM)
		die_usage("--append: %zu characters, there is room for %llu",
			  strlen(opt->append), PC_CMDLINE_ROOM - 1);

	if (opt->kernel && is_kernel32(opt))
		pc_kernel32_check(opt);
	else if (opt->kernel)
		pc_linux_check(opt);
	else if (opt->flats->addr >= PC_HIGH)
		die_usage("--flat %s@%#llx: a start above 4 GiB is impossible",
			  opt->flats->path,
			  (unsigned long long)opt->flats->addr);
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

	pc_build_tables(vm);
	if (entry < PC_EXTENDED)
		pc_check_setup(axv_setup(&vm->vcpu[0].axv, &setup));
	else
		pc_check_setup(axv_setup_flat(&vm->vcpu[0].axv, vm->s2, entry,
					      pc_low_mem(&vm->opt)));
}

void pc_load(struct vm *vm)
{
	if (vm->opt.kernel && is_kernel32(&vm->opt))
		pc_kernel32_load(vm);
	else if (vm->opt.kernel)
		pc_linux_load(vm);
	else
		start_flat(vm);
	pc_apic_setup(&vm->vcpu[0]);
	/* last, so that they can replace any of the above */
	load_flats(vm);
}
