// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "virt-riscv": a PLIC, a 16550, a Goldfish clock and room for virtio
 * devices. The kernel is the guest's SBI firmware, but for the console, which
 * is served here: by a call too, not only by the 16550.
 *
 * The PLIC's output for a hart is a line of its vCPU, which the kernel keeps:
 * it is set and cleared where it changes, from whatever thread that is. So no
 * vCPU need be asked before it runs.
 *
 * All functions here are called with vm->lock held.
 */
#include <errno.h>
#include <string.h>

#include "axrun.h"
#include "clock.h"
#include "console.h"
#include "plic.h"
#include "serial.h"
#include "virt_riscv.h"

/* SBI: errors, extensions, functions */
#define SBI_ERR_NOT_SUPPORTED	-2
#define SBI_ERR_INVALID_PARAM	-3
#define SBI_LEGACY_PUTCHAR	0x01
#define SBI_LEGACY_GETCHAR	0x02
#define SBI_DBCN		0x4442434e
#define DBCN_WRITE		0
#define DBCN_READ		1
#define DBCN_WRITE_BYTE		2

struct virt {
	struct vm *vm;
	struct plic plic;
	struct serial serial;
	struct clock clock;
};

/* ---- PLIC ------------------------------------------------------------------ */

static void plic_output(void *opaque, unsigned int context, bool level)
{
	struct virt *b = opaque;
	uint32_t line = AXVCPU_RISCV_IRQ_EXT;
	int ret;

	if (!level)
		line |= AXVCPU_INTERRUPT_CLEAR;
	ret = axv_inject_irq(&b->vm->vcpu[context].axv, line);
	/* EAGAIN: it is so already */
	if (ret < 0 && ret != -EAGAIN)
		vm_end(b->vm, AXRUN_ERROR,
		       "cannot %s the interrupt line of vCPU %u: %s",
		       level ? "raise" : "lower", context, strerror(-ret));
}

static uint64_t virt_plic_read(void *opaque, uint64_t addr, unsigned int width)
{
	struct virt *b = opaque;

	return plic_read(&b->plic, addr - VIRT_PLIC, width);
}

static void virt_plic_write(void *opaque, uint64_t addr, unsigned int width,
			    uint64_t data)
{
	struct virt *b = opaque;

	plic_write(&b->plic, addr - VIRT_PLIC, width, data);
}

/* ---- 16550 ----------------------------------------------------------------- */

static void uart_irq(void *opaque, bool level)
{
	struct virt *b = opaque;

	plic_set_line(&b->plic, VIRT_IRQ_UART, level);
}

/* ---- clock ----------------------------------------------------------------- */

static void rtc_irq(void *opaque, bool level)
{
	struct virt *b = opaque;

	plic_set_line(&b->plic, VIRT_IRQ_RTC, level);
}

/* ---- the console by SBI ------------------------------------------------------ */

/*
 * @len bytes of guest memory at @gpa: written to the console or read from it, as
 * many as go at once. How many, or an error.
 */
static int64_t dbcn_transfer(struct virt *b, bool read, uint64_t len,
			     uint64_t gpa)
{
	uint8_t *p = mem_ptr(&b->vm->mem, gpa, len);
	uint64_t done;

	if (!p)
		return SBI_ERR_INVALID_PARAM;

	for (done = 0; done < len; done++) {
		int c;

		if (!read) {
			console_putc(p[done]);
			continue;
		}
		c = uart16550_getc(&b->serial.uart);
		if (c < 0)
			break;
		p[done] = c;
	}
	return done;
}

/* What comes here the kernel has looked at: lengths have a bound, for one. */
static int64_t sbi_call(struct virt *b, uint64_t nr, const uint64_t *args)
{
	switch (nr) {
	case AXVCPU_RISCV_SBI_NR(SBI_DBCN, DBCN_WRITE):
	case AXVCPU_RISCV_SBI_NR(SBI_DBCN, DBCN_READ):
		return dbcn_transfer(b, (uint32_t)nr == DBCN_READ, args[0],
				     args[1]);
	case AXVCPU_RISCV_SBI_NR(SBI_DBCN, DBCN_WRITE_BYTE):
	case AXVCPU_RISCV_SBI_NR(SBI_LEGACY_PUTCHAR, 0):
		console_putc(args[0]);
		return 0;
	case AXVCPU_RISCV_SBI_NR(SBI_LEGACY_GETCHAR, 0):
		return uart16550_getc(&b->serial.uart);
	default:
		return SBI_ERR_NOT_SUPPORTED;
	}
}

static bool virt_exit(struct vcpu *v, const volatile struct axvcpu_exit *e)
{
	uint64_t args[6];

	if (e->reason != AXVCPU_EXIT_HYPERCALL)
		return false;

	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		args[i] = e->hypercall.args[i];
	axv_fulfil(&v->axv, sbi_call(v->vm->board, e->hypercall.nr, args));
	return true;
}

/* ---- the board --------------------------------------------------------------- */

static void virt_vm_args(struct vm *vm, struct axvcpu_create_vm *args)
{
	(void)vm;
	args->flags |= AXVCPU_VM_KERNEL_START;
}

static void virt_vcpu_args(const struct options *opt,
			   struct axvcpu_create_vcpu *args)
{
	args->arch.riscv.hartid = args->id;
	args->arch.riscv.dtb = virt_fdt_addr(opt);
}

static void virt_init(struct vm *vm)
{
	struct virt *b = xcalloc(1, sizeof(*b));

	vm->board = b;
	b->vm = vm;
	b->plic.output = plic_output;
	b->plic.opaque = b;
	plic_reset(&b->plic, vm->nr_vcpus);
	bus_add_range(&vm->mmio, VIRT_PLIC, VIRT_PLIC + PLIC_SIZE - 1, false,
		      virt_plic_read, virt_plic_write, b);
	clock_init(&b->clock, vm, VIRT_RTC, rtc_irq, b);
	serial_init(&b->serial, &vm->mmio, VIRT_UART, false, uart_irq, b);
	console_open(vm, serial_ready, &b->serial);
}

static void virt_set_irq(struct vm *vm, unsigned int irq, bool level)
{
	struct virt *b = vm->board;

	plic_set_line(&b->plic, irq, level);
}

static const uint8_t virtio_irq[VIRT_VIRTIO_SLOTS] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static const struct board board_virt = {
	.name = "virt-riscv",
	.what = "RISC-V: PLIC, 16550, Goldfish clock; SBI power-off",
	.min_mem = 8 * MIB,
	.max_cpus = PLIC_MAX_CONTEXTS,
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
	.exit = virt_exit,
	.set_irq = virt_set_irq,
};

/* the first one is the default */
const struct board *const boards[] = { &board_virt, NULL };
