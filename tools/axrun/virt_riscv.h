/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board "virt-riscv": where things are. Addresses and interrupts are those
 * of QEMU's machine "virt", so that what was built for that finds its devices.
 */
#ifndef AXRUN_VIRT_RISCV_H
#define AXRUN_VIRT_RISCV_H

#include "axrun.h"
#include "riscv_fdt.h"

#define VIRT_RTC	0x00101000ull
#define VIRT_PLIC	0x0c000000ull
#define VIRT_UART	0x10000000ull
#define VIRT_UART_SIZE	0x100u
#define VIRT_VIRTIO	0x10001000ull
#define VIRT_RAM	0x80000000ull

#define VIRT_VIRTIO_SLOTS	8u
#define VIRT_UART_CLOCK		3686400u

/* PLIC sources; those of the virtio slots are 1 to 8 */
#define VIRT_IRQ_UART	10u
#define VIRT_IRQ_RTC	11u

extern const uint8_t virt_virtio_irq[VIRT_VIRTIO_SLOTS];

/* The device tree, at the end of memory, where one large page maps it. */
static inline uint64_t virt_fdt_addr(const struct options *opt)
{
	return (VIRT_RAM + opt->mem - RISCV_FDT_SIZE) & ~(2 * MIB - 1);
}

/* riscv_boot.c: are the options possible, and their files good? */
void virt_check(const struct options *opt);
/* load what the options name and set the first vCPU up */
void virt_load(struct vm *vm);
/* the others: they wait for the guest to start them */
void virt_setup_secondary(struct vcpu *v);

#endif /* AXRUN_VIRT_RISCV_H */
