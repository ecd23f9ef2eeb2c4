/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board "virt-arm64": where things are. Addresses and interrupts are those
 * of QEMU's machine "virt", as far as that has the same devices.
 */
#ifndef AXRUN_VIRT_ARM64_H
#define AXRUN_VIRT_ARM64_H

#include "virt_boot.h"

#define VIRT_GICD	0x08000000ull
#define VIRT_GICR	0x080a0000ull
#define VIRT_GICR_SIZE	0x20000ull	/* of each CPU */
#define VIRT_PL011	0x09000000ull
#define VIRT_RTC	0x09010000ull
#define VIRT_UART	0x09100000ull
#define VIRT_VIRTIO	0x0a000000ull
#define VIRT_RAM	0x40000000ull

#define VIRT_PL011_CLOCK	24000000u

/* INTIDs; those of the virtio slots are 48 to 55 */
#define VIRT_IRQ_PL011	33u
#define VIRT_IRQ_RTC	34u
#define VIRT_IRQ_UART	40u

/* Sixteen to a cluster: as many as an SGI's target list can name. */
static inline uint64_t virt_mpidr(unsigned int cpu)
{
	return cpu % 16 | (cpu / 16) << 8;
}

#endif /* AXRUN_VIRT_ARM64_H */
