/* SPDX-License-Identifier: GPL-2.0-only */
/* What sbi.S and the tests with it agree on. */
#ifndef AXV_SELFTEST_GUEST_RISCV_SBI_H
#define AXV_SELFTEST_GUEST_RISCV_SBI_H

/* no memory: a trap is told of here */
#define GUEST_TRAP	0x10200000

#endif /* AXV_SELFTEST_GUEST_RISCV_SBI_H */
