/* SPDX-License-Identifier: GPL-2.0-only */
/* For guests: macros that several have use for. */
#ifndef AXV_SELFTEST_GUEST_COMMON_H
#define AXV_SELFTEST_GUEST_COMMON_H

#include "guest.h"

#define SBI_HVC		0x485643	/* AXVCPU_RISCV_SBI_HVC */

#define SIE_SOFT	0x2
#define SIE_TIMER	0x20
#define SIE_EXT		0x200
#define SSTATUS_SIE	0x2

/* An entry point that C can name: GUEST_SYM(file, name). */
.macro entry name
	.balign	4
	.globl	\name
\name:
.endm

/* "Here I am": a byte of a0 to GUEST_SYNC. t0 is lost. */
.macro sync
	li	t0, GUEST_SYNC
	sb	a0, (t0)
.endm

/* The end of a piece: HYPERCALL. a7 is lost. */
.macro hvc
	li	a7, SBI_HVC
	ecall
.endm

#endif /* AXV_SELFTEST_GUEST_COMMON_H */
