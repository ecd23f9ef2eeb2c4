/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of guest.h that is for arm64. */
#ifndef AXV_SELFTEST_GUEST_ARM64_LAYOUT_H
#define AXV_SELFTEST_GUEST_ARM64_LAYOUT_H

/* the tables of axt_page_tables(): level 0, level 1 */
#define GUEST_L1	(GUEST_PML4 + 0x1000)
/* where the user sees what the kernel sees at 0: in 1 GiB pages from this one on */
#define GUEST_USER_GIB	4
#define GUEST_USER	0x100000000

/* no memory, but for "here I am" */
#define GUEST_SYNC	0x10100000

/* of route.S: the interrupt whose line stays up until it is acknowledged elsewhere */
#define GUEST_LEVEL_INTID 41

/* redistributors, 128 KiB for each vCPU, of tests that want them */
#define GUEST_GICR	0x20000000
#define GUEST_GICR_SIZE	0x20000

#endif /* AXV_SELFTEST_GUEST_ARM64_LAYOUT_H */
