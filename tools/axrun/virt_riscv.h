/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board "virt-riscv": where things are. Addresses and interrupts are those
 * of QEMU's machine "virt", so that what was built for that finds its devices.
 */
#ifndef AXRUN_VIRT_RISCV_H
#define AXRUN_VIRT_RISCV_H

#include "virt_boot.h"

#define VIRT_RTC	0x00101000ull
#define VIRT_PLIC	0x0c000000ull
#define VIRT_UART	0x10000000ull
#define VIRT_VIRTIO	0x10001000ull
#define VIRT_RAM	0x80000000ull

/* PLIC sources; those of the virtio slots are 1 to 8 */
#define VIRT_IRQ_UART	10u
#define VIRT_IRQ_RTC	11u

#endif /* AXRUN_VIRT_RISCV_H */
