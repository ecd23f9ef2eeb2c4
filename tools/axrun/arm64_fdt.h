/* SPDX-License-Identifier: GPL-2.0-only */
/* The device tree of the board "virt-arm64". */
#ifndef AXRUN_ARM64_FDT_H
#define AXRUN_ARM64_FDT_H

#include "fdt_tree.h"

/* enough for all that follows, with 64 CPUs and a long command line */
#define ARM64_FDT_SIZE	0x40000u
#define ARM64_FDT_CPUS	64u

/* Interrupts of devices are INTIDs, from 32 on. */
struct arm64_fdt {
	uint64_t mem_addr;
	uint64_t mem_size;
	unsigned int cpus;
	const uint64_t *mpidr;		/* of each */
	struct fdt_device gicd;
	struct fdt_device gicr;		/* size: of all */
	struct fdt_chosen chosen;	/* its console is the 16550 */
	struct fdt_device uart;		/* 16550 */
	uint32_t uart_clock;
	struct fdt_device pl011;
	uint32_t pl011_clock;
	struct fdt_device rtc;
	const struct fdt_device *virtio;
	unsigned int nr_virtio;
};

/*
 * Put the tree into @buf of @len bytes, 8-byte aligned. Returns how many it has,
 * 0 when there is no room for it.
 */
size_t arm64_fdt_build(void *buf, size_t len, const struct arm64_fdt *d);

#endif /* AXRUN_ARM64_FDT_H */
