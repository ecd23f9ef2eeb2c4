// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boards "virt-*", before the first instruction: kernel, initrd and device
 * tree in memory, and the vCPUs as a firmware leaves them.
 *
 * Linux is entered at the start of its Image, without translation, and is given
 * the device tree in a register. It starts the other vCPUs itself, by the
 * firmware's calls.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "virt_boot.h"

#define SEED_LEN	64u

/* Where everything goes, found out before there is a guest. */
struct boot_plan {
	struct image kernel;
	struct image initrd;		/* size 0: none */
	struct linux_image im;
	uint64_t kernel_addr;
	uint64_t initrd_addr;
};

static void plan_kernel(struct boot_plan *plan, const struct options *opt)
{
	uint64_t room = virt_fdt_addr(opt) - virt_layout.ram;
	struct image *file = &plan->kernel;
	struct linux_image *im = &plan->im;
	uint8_t head[LINUX_IMAGE_HEAD];
	char why[128];
	size_t len;

	image_open(file, "--kernel", opt->kernel);
	len = file->size < sizeof(head) ? file->size : sizeof(head);
	image_read(file, 0, head, len);
	if (!virt_layout.parse(im, head, len, file->size, why, sizeof(why)))
		die("--kernel %s: %s", file->path, why);
	/* the device tree takes a large page more */
	if (im->offset + im->size > room)
		die("--kernel %s: needs at least --mem %lluM", file->path,
		    (unsigned long long)((im->offset + im->size) / MIB + 4));
	plan->kernel_addr = virt_layout.ram + im->offset;
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
	if (opt->append && strlen(opt->append) > virt_layout.cmdline_max)
		die_usage("--append: %zu characters, the kernel takes %u",
			  strlen(opt->append), virt_layout.cmdline_max);
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
	} else if (opt->flats->addr % virt_layout.start_align) {
		die_usage("--flat %s@%#llx: a start at no multiple of %u is impossible",
			  opt->flats->path,
			  (unsigned long long)opt->flats->addr,
			  virt_layout.start_align);
	}
}

void virt_map_memory(struct vm *vm)
{
	mem_add(vm, virt_layout.ram, vm->opt.mem, mem_alloc(vm->opt.mem));
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

static void build_fdt(struct vm *vm, const struct boot_plan *plan)
{
	const struct virtio_slots *slots = &vm->opt.board->virtio;
	struct fdt_device virtio[VIRT_VIRTIO_SLOTS];
	uint8_t seed[SEED_LEN];
	const struct fdt_chosen chosen = {
		.bootargs = vm->opt.append ? vm->opt.append : "",
		.seed = seed,
		.seed_len = sizeof(seed),
		.initrd = plan->initrd_addr,
		.initrd_size = plan->initrd.size,
	};

	/* up to 256 bytes come whole */
	if (getrandom(seed, sizeof(seed), 0) < 0)
		die("no random numbers: %s", strerror(errno));
	for (unsigned int i = 0; i < vm->nr_virtio; i++)
		virtio[i] = (struct fdt_device){
			.addr = slots->addr + i * VIRTIO_SLOT_SIZE,
			.size = VIRTIO_SLOT_SIZE,
			.irq = slots->irq[i],
		};
	if (!virt_build_fdt(vm, ram(vm, virt_fdt_addr(&vm->opt), virt_layout.fdt_size),
			    virtio, &chosen))
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
	};
	struct boot_plan plan = { 0 };

	virt_set_sp(&setup, virt_fdt_addr(&vm->opt));
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
