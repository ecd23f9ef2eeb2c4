/* SPDX-License-Identifier: GPL-2.0-only */
/* The device tree of the board "virt-riscv". */
#ifndef AXRUN_RISCV_FDT_H
#define AXRUN_RISCV_FDT_H

#include <stddef.h>
#include <stdint.h>

#include "fdt_tree.h"
#include "riscv_isa.h"

/* enough for all that follows, with 64 harts and a long command line */
#define RISCV_FDT_SIZE	0x40000u
#define RISCV_FDT_CPUS	64u

struct riscv_fdt {
	uint64_t mem_addr;
	uint64_t mem_size;
	unsigned int cpus;		/* hart ids are 0 to cpus - 1 */
	uint32_t timebase;		/* ticks a second */
	const struct riscv_isa *isa;
	const char *mmu;		/* "sv48"; NULL: not known */
	struct fdt_chosen chosen;	/* its console is the serial port */
	struct fdt_device plic;		/* irq: the highest source */
	struct fdt_device uart;
	uint32_t uart_clock;
	struct fdt_device rtc;
	const struct fdt_device *virtio;
	unsigned int nr_virtio;
};

/*
 * Put the tree into @buf of @len bytes, 8-byte aligned. Returns how many it has,
 * 0 when there is no room for it.
 */
size_t riscv_fdt_build(void *buf, size_t len, const struct riscv_fdt *d);

#endif /* AXRUN_RISCV_FDT_H */
