/* SPDX-License-Identifier: GPL-2.0-only */
#include "classified.inc"

	.arch	armv8.1-a
	is	-, nop
	is	SYSR, mrs x0, cntvct_el0
	is	SYSR, mrs x0, sctlr_el1
	is	SYSR, mrs x0, s3_0_c12_c12_0
	is	SYSW, msr vbar_el1, x0
	is	SYSW, msr tpidr_el0, x0
	is	HSYSR, mrs x0, hcr_el2
	is	HSYSR, mrs x0, esr_el12
	is	HSYSW, msr vttbr_el2, x0
	is	HSYSW, msr elr_el12, x0
	is	HSYSW, msr s3_4_c12_c12_0, x0
	is	-, msr daifset, #2
	is	-, msr daifclr, #15
	is	ISB, isb
	is	DSB, dsb sy
	is	DSB, dsb ish
	is	-, dmb ish
	is	TLBI, tlbi vmalls12e1is
	is	TLBI, tlbi ipas2e1is, x0
	is	CMO, dc civac, x0
	is	CMO, ic ivau, x0
	is	CMO, at s12e1r, x0
	is	ERET, eret
	is	-, ret
	is	SVC, svc #0
	is	HVC, hvc #0x42
	is	HVC, smc #0
	is	-, brk #0
	is	WFI, wfi
	is	-, wfe
	is	-, yield
	is	FLOAD, ldp q0, q1, [x0]
	is	FLOAD, ldr d0, [x0, #8]
	is	FLOAD, .inst 0x9c000040		/* ldr q0, and a literal */
	is	FLOAD, ld1 {v0.16b}, [x0]
	is	FSTORE, stp q0, q1, [x0, #-32]!
	is	FSTORE, str s0, [x0], #4
	is	FSTORE, str q0, [x0, x1]
	is	-, ldp x0, x1, [x2]
	is	-, str x0, [x1, #8]
	is	-, .inst 0x58000040		/* ldr x0, likewise */
	is	-, fadd d0, d1, d2
	is	-, ldadd x0, x1, [x2]
