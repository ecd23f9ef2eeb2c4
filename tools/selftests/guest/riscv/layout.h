/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of guest.h that is for RISC-V. */
#ifndef AXV_SELFTEST_GUEST_RISCV_LAYOUT_H
#define AXV_SELFTEST_GUEST_RISCV_LAYOUT_H

/* where the user sees what the kernel sees at 0: in 1 GiB pages from this one on */
#define GUEST_USER_GIB	4
#define GUEST_USER	0x100000000

/* no memory, but for "here I am" */
#define GUEST_SYNC	0x10100000

#endif /* AXV_SELFTEST_GUEST_RISCV_LAYOUT_H */
