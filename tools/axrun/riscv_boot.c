// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "virt-riscv", before the first instruction: kernel, initrd and
 * device tree in memory, and the vCPUs as an SBI firmware leaves them.
 *
 * Linux is entered in S-mode at the start of its Image, without translation,
 * with the hart id in a0 and the device tree in a1. It starts the other harts
 * itself, by SBI.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "axrun.h"
#include "goldfish_rtc.h"
#include "plic.h"
#include "riscv_fdt.h"
#include "riscv_host.h"
#include "riscv_image.h"
#include "virt_riscv.h"

/* Linux has room for this many characters and a zero, and cuts off more. */
#define CMDLINE_MAX	1023u
#define SEED_LEN	64u

/* Where everything goes, found out before there is a guest. */
struct boot_plan {
	struct image kernel;
	struct image initrd;		/* size 0: none */
	struct riscv_image im;
	uint64_t kernel_addr;
	uint64_t initrd_addr;
};

static void plan_kernel(struct boot_plan *plan, const struct options *opt)
{
	uint64_t room = virt_fdt_addr(opt) - VIRT_RAM;
	struct image *file = &plan->kernel;
	struct riscv_image *im = &plan->im;
	uint8_t head[RISCV_IMAGE_HEAD];
	char why[128];
	size_t len;

	image_open(file, "--kernel", opt->kernel);
	len = file->size < sizeof(head) ? file->size : sizeof(head);
	image_read(file, 0, head, len);
	if (!riscv_image_parse(im, head, len, file->size, why, sizeof(why)))
		die("--kernel %s: %s", file->path, why);
	/* the device tree takes a large page more */
	if (im->offset + im->size > room)
		die("--kernel %s: needs at least --mem %lluM", file->path,
		    (unsigned long long)((im->offset + im->size) / MIB + 4));
	plan->kernel_addr = VIRT_RAM + im->offset;
}

/* As high as the device tree allows. */
static void plan_initrd(struct boot_plan *plan, const struct options *opt)
{
	uint64_t start = plan->kernel_addr + plan->im.size;
	uint64_t end = virt_fdt_addr(opt);
	struct image *file = &plan->initrd;

	file->fd = -1;
	if (!opt->initrd)
		return;

	image_open(file, "--initrd", opt->initrd);
	if (file->size > end - start ||
	    ((end - file->size) & ~0xfffull) < start)
		die("--initrd %s: %llu MiB do not fit beside the kernel into --mem %lluM",
		    file->path, (unsigned long long)(file->size / MIB),
		    (unsigned long long)(opt->mem / MIB));
	plan->initrd_addr = (end - file->size) & ~0xfffull;
}

static void make_plan(struct boot_plan *plan, const struct options *opt)
{
	memset(plan, 0, sizeof(*plan));
	plan_kernel(plan, opt);
	plan_initrd(plan, opt);
	if (opt->append && strlen(opt->append) > CMDLINE_MAX)
		die_usage("--append: %zu characters, the kernel takes %u",
			  strlen(opt->append), CMDLINE_MAX);
}

static void close_plan(struct boot_plan *plan)
{
	image_close(&plan->kernel);
	image_close(&plan->initrd);
}

void virt_check(const struct options *opt)
{
	struct boot_plan plan;

	if (opt->kernel) {
		make_plan(&plan, opt);
		close_plan(&plan);
	} else if (opt->flats->addr & 1) {
		die_usage("--flat %s@%#llx: a start at an odd address is impossible",
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

static void check_setup(int ret)
{
	if (ret < 0)
		die("cannot set up the vCPU: %s", strerror(-ret));
}

/* Without a device tree that says so, the module knows it to a kHz. */
static uint32_t timebase(struct vm *vm, const struct riscv_host *host)
{
	const struct axv_vcpu *v = &vm->vcpu[0].axv;
	int ret;

	if (host->timebase)
		return host->timebase;
	ret = axv_sync(v, 0, AXVCPU_REGS_TIMER);
	if (ret < 0)
		die("cannot read the timer's frequency: %s", strerror(-ret));
	return v->run->regs.riscv.timer.frequency_khz * 1000;
}

static void build_fdt(struct vm *vm, const struct boot_plan *plan)
{
	uint64_t features = vm->axv.info.arch_features;
	struct fdt_device virtio[VIRT_VIRTIO_SLOTS];
	struct riscv_isa_features have;
	uint8_t seed[SEED_LEN];
	struct riscv_host host;
	struct riscv_isa isa;
	struct riscv_fdt d = {
		.mem_addr = VIRT_RAM,
		.mem_size = vm->opt.mem,
		.cpus = vm->nr_vcpus,
		.isa = &isa,
		.bootargs = vm->opt.append ? vm->opt.append : "",
		.seed = seed,
		.seed_len = sizeof(seed),
		.initrd = plan->initrd_addr,
		.initrd_size = plan->initrd.size,
		.plic = { VIRT_PLIC, PLIC_SIZE, PLIC_SOURCES - 1 },
		.uart = { VIRT_UART, VIRT_UART_SIZE, VIRT_IRQ_UART },
		.uart_clock = VIRT_UART_CLOCK,
		.rtc = { VIRT_RTC, GOLDFISH_RTC_SIZE, VIRT_IRQ_RTC },
		.virtio = virtio,
		.nr_virtio = vm->nr_virtio,
	};

	/* up to 256 bytes come whole */
	if (getrandom(seed, sizeof(seed), 0) < 0)
		die("no random numbers: %s", strerror(errno));
	riscv_host_read(&host);
	have = (struct riscv_isa_features){
		.sstc = features & AXVCPU_RISCV_FEAT_SSTC,
		.vector = features & AXVCPU_RISCV_FEAT_V,
		.cbom_block = host.cbom_block,
		.cboz_block = host.cboz_block,
	};
	if (!riscv_isa_guest(&isa, host.isa, &have))
		die("this machine's ISA \"%.40s\" is not a 64-bit one", host.isa);
	if (host.mmu[0])
		d.mmu = host.mmu;
	d.timebase = timebase(vm, &host);
	for (unsigned int i = 0; i < vm->nr_virtio; i++)
		virtio[i] = (struct fdt_device){
			.addr = VIRT_VIRTIO + i * VIRTIO_SLOT_SIZE,
			.size = VIRTIO_SLOT_SIZE,
			.irq = virt_virtio_irq[i],
		};

	if (!riscv_fdt_build(ram(vm, virt_fdt_addr(&vm->opt), RISCV_FDT_SIZE),
			     RISCV_FDT_SIZE, &d))
		die("no room for the device tree");
}

static void load_linux(struct vm *vm, struct boot_plan *plan)
{
	image_read(&plan->kernel, 0,
		   ram(vm, plan->kernel_addr, plan->kernel.size),
		   plan->kernel.size);
	if (plan->initrd.size)
		image_read(&plan->initrd, 0,
			   ram(vm, plan->initrd_addr, plan->initrd.size),
			   plan->initrd.size);
}

void virt_load(struct vm *vm)
{
	struct axvcpu_setup setup = {
		.stage2_fd = vm->s2,
		/* for a flat file that has no stack of its own */
		.arch.riscv.sp = virt_fdt_addr(&vm->opt),
	};
	struct boot_plan plan = { 0 };

	if (vm->opt.kernel) {
		make_plan(&plan, &vm->opt);
		load_linux(vm, &plan);
		setup.entry = plan.kernel_addr;
	} else {
		setup.entry = vm->opt.flats->addr;
	}
	build_fdt(vm, &plan);
	if (vm->opt.kernel)
		close_plan(&plan);
	/* last, so that they can replace any of the above */
	load_flats(vm);
	check_setup(axv_setup(&vm->vcpu[0].axv, &setup));
}

void virt_setup_secondary(struct vcpu *v)
{
	struct axvcpu_setup setup = {
		.stage2_fd = v->vm->s2,
	};

	check_setup(axv_setup(&v->axv, &setup));
}
