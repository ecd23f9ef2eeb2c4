/* SPDX-License-Identifier: GPL-2.0-only */
/* Before 6.10 the kernel did not know of IMSICs: there is none. */
#ifndef AXVCPU_COMPAT_IMSIC_H
#define AXVCPU_COMPAT_IMSIC_H

#ifdef AXV_HAVE_IMSIC
#include <linux/irqchip/riscv-imsic.h>
#else
#include <linux/types.h>

#define IMSIC_MMIO_PAGE_SHIFT	12
#define IMSIC_EIDELIVERY	0x70
#define IMSIC_EITHRESHOLD	0x72
#define IMSIC_EIP0		0x80
#define IMSIC_EIE0		0xc0

struct imsic_local_config {
	phys_addr_t msi_pa;
	void __iomem *msi_va;
};

struct imsic_global_config {
	u32 guest_index_bits;
	u32 nr_guest_ids;
	struct imsic_local_config __percpu *local;
};

static inline const struct imsic_global_config *imsic_get_global_config(void)
{
	return NULL;
}
#endif

#endif /* AXVCPU_COMPAT_IMSIC_H */
