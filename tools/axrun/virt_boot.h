/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boards "virt-*" do before the first instruction. */
#ifndef AXRUN_VIRT_BOOT_H
#define AXRUN_VIRT_BOOT_H

#include "axrun.h"
#include "fdt_tree.h"
#include "linux_image.h"

#define VIRT_VIRTIO_SLOTS	8u
#define VIRT_UART_SIZE		0x100u
#define VIRT_UART_CLOCK		3686400u

/* ---- of each architecture ------------------------------------------------------ */

/**
 * struct virt_layout - what is where
 * @ram: start of memory
 * @fdt_size: room for the device tree
 * @cmdline_max: Linux has room for this many characters and a zero, and cuts off more
 * @start_align: an instruction's alignment
 * @parse: of a kernel image
 */
struct virt_layout {
	uint64_t ram;
	uint64_t fdt_size;
	unsigned int cmdline_max;
	unsigned int start_align;
	linux_image_fn *parse;
};

extern const struct virt_layout virt_layout;

/*
 * Put the device tree into @fdt, virt_layout.fdt_size bytes: false when there is
 * no room. @virtio: the devices there are; @chosen: as it is to be.
 */
bool virt_build_fdt(struct vm *vm, void *fdt, const struct fdt_device *virtio,
		    const struct fdt_chosen *chosen);
/* The stack pointer for a flat file that has none of its own. */
void virt_set_sp(struct axvcpu_setup *setup, uint64_t sp);

/* ---- virt_boot.c ----------------------------------------------------------------- */

/* The device tree, at the end of memory, where one large page maps it. */
static inline uint64_t virt_fdt_addr(const struct options *opt)
{
	return (virt_layout.ram + opt->mem - virt_layout.fdt_size) & ~(2 * MIB - 1);
}

/* struct board */
void virt_check(const struct options *opt);
void virt_map_memory(struct vm *vm);
void virt_load(struct vm *vm);
void virt_setup_secondary(struct vcpu *v);

#endif /* AXRUN_VIRT_BOOT_H */
