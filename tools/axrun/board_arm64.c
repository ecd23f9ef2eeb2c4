// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "virt-arm64": the distributor of a GICv3, a 16550, a PL011, a
 * Goldfish clock and room for virtio devices. The rest of the GIC, the timers and
 * the PSCI firmware are in the kernel.
 *
 * An interrupt goes to the CPU interface in the kernel where it changes, from
 * whatever thread that is. So no vCPU need be asked before it runs.
 *
 * All functions here are called with vm->lock held.
 */
#include <errno.h>
#include <string.h>

#include "axrun.h"
#include "clock.h"
#include "console.h"
#include "gicd.h"
#include "pl011.h"
#include "serial.h"
#include "virt_arm64.h"

struct virt {
	struct vm *vm;
	struct gicd gicd;
	struct serial serial;
	struct pl011 pl011;
	struct clock clock;
};

/* ---- GIC --------------------------------------------------------------------- */

static bool gicd_signal(void *opaque, const struct gicd_signal *s)
{
	struct virt *b = opaque;
	uint32_t irq = AXVCPU_ARM64_IRQ(s->intid, (uint32_t)s->priority);
	int ret;

	if (s->level)
		irq |= AXVCPU_ARM64_IRQ_LEVEL;
	if (s->group0)
		irq |= AXVCPU_ARM64_IRQ_GROUP0;
	if (!s->up)
		irq |= AXVCPU_INTERRUPT_CLEAR;
	ret = axv_inject_irq(&b->vm->vcpu[s->cpu].axv, irq);
	/* EAGAIN: it is so already */
	if (ret < 0 && ret != -EAGAIN)
		vm_end(b->vm, AXRUN_ERROR, "cannot %s interrupt %u of vCPU %u: %s",
		       s->up ? "raise" : "lower", s->intid, s->cpu, strerror(-ret));
	return ret >= 0;
}

static uint64_t virt_gicd_read(void *opaque, uint64_t addr, unsigned int width)
{
	struct virt *b = opaque;

	return gicd_read(&b->gicd, addr - VIRT_GICD, width);
}

static void virt_gicd_write(void *opaque, uint64_t addr, unsigned int width,
			    uint64_t data)
{
	struct virt *b = opaque;

	gicd_write(&b->gicd, addr - VIRT_GICD, width, data);
}

/* ---- serial ports -------------------------------------------------------------- */

static void uart_irq(void *opaque, bool level)
{
	struct virt *b = opaque;

	gicd_set_line(&b->gicd, VIRT_IRQ_UART, level);
}

static void pl011_irq(void *opaque, bool level)
{
	struct virt *b = opaque;

	gicd_set_line(&b->gicd, VIRT_IRQ_PL011, level);
}

static void pl011_putc(void *opaque, unsigned char c)
{
	(void)opaque;
	console_putc(c);
}

static int pl011_getc(void *opaque)
{
	(void)opaque;
	return console_getc();
}

static uint64_t virt_pl011_read(void *opaque, uint64_t addr, unsigned int width)
{
	struct virt *b = opaque;

	(void)width;
	return pl011_read(&b->pl011, addr - VIRT_PL011);
}

static void virt_pl011_write(void *opaque, uint64_t addr, unsigned int width,
			     uint64_t data)
{
	struct virt *b = opaque;

	(void)width;
	pl011_write(&b->pl011, addr - VIRT_PL011, data);
}

/* Input is for the one of the two that the guest listens to. */
static void input(void *opaque)
{
	struct virt *b = opaque;

	if (pl011_listens(&b->pl011))
		pl011_poll(&b->pl011);
	else
		serial_ready(&b->serial);
}

static void init_serial(struct virt *b)
{
	const struct pl011_ops ops = {
		.putc = pl011_putc,
		.getc = pl011_getc,
		.irq = pl011_irq,
		.opaque = b,
	};
	struct vm *vm = b->vm;

	serial_init(&b->serial, &vm->mmio, VIRT_UART, false, uart_irq, b);
	pl011_reset(&b->pl011, &ops);
	bus_add_range(&vm->mmio, VIRT_PL011, VIRT_PL011 + PL011_SIZE - 1, false,
		      virt_pl011_read, virt_pl011_write, b);
	console_open(vm, input, b);
}

/* ---- clock ----------------------------------------------------------------------- */

static void rtc_irq(void *opaque, bool level)
{
	struct virt *b = opaque;

	gicd_set_line(&b->gicd, VIRT_IRQ_RTC, level);
}

/* ---- the board ------------------------------------------------------------------- */

static void virt_vm_args(struct vm *vm, struct axvcpu_create_vm *args)
{
	(void)vm;
	args->flags |= AXVCPU_VM_KERNEL_START;
}

static void virt_vcpu_args(const struct options *opt,
			   struct axvcpu_create_vcpu *args)
{
	args->arch.arm64.mpidr = virt_mpidr(args->id);
	args->arch.arm64.dtb = virt_fdt_addr(opt);
	args->arch.arm64.gicr = VIRT_GICR + args->id * VIRT_GICR_SIZE;
}

static void virt_init(struct vm *vm)
{
	struct virt *b = xcalloc(1, sizeof(*b));

	if (!(vm->axv.info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		die("this machine's interrupt controller is not a GICv3, which the board needs");
	vm->board = b;
	b->vm = vm;
	b->gicd.signal = gicd_signal;
	b->gicd.opaque = b;
	b->gicd.nr = vm->nr_vcpus;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		b->gicd.affinity[i] = virt_mpidr(i);
	gicd_reset(&b->gicd);
	bus_add_range(&vm->mmio, VIRT_GICD, VIRT_GICD + GICD_SIZE - 1, false,
		      virt_gicd_read, virt_gicd_write, b);
	clock_init(&b->clock, vm, VIRT_RTC, rtc_irq, b);
	init_serial(b);
}

static void virt_set_irq(struct vm *vm, unsigned int irq, bool level)
{
	struct virt *b = vm->board;

	gicd_set_line(&b->gicd, irq, level);
}

static const uint8_t virtio_irq[VIRT_VIRTIO_SLOTS] = { 48, 49, 50, 51, 52, 53, 54, 55 };

static const struct board board_virt = {
	.name = "virt-arm64",
	.what = "arm64: GICv3, 16550, PL011, Goldfish clock; PSCI power-off",
	.min_mem = 8 * MIB,
	.max_cpus = GICD_MAX_CPUS,
	.virtio = {
		.addr = VIRT_VIRTIO,
		.nr = VIRT_VIRTIO_SLOTS,
		.irq = virtio_irq,
	},
	.check = virt_check,
	.vm_args = virt_vm_args,
	.vcpu_args = virt_vcpu_args,
	.map_memory = virt_map_memory,
	.init = virt_init,
	.load = virt_load,
	.setup_secondary = virt_setup_secondary,
	.set_irq = virt_set_irq,
};

/* the first one is the default */
const struct board *const boards[] = { &board_virt, NULL };
