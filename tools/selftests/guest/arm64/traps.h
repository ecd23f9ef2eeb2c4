/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A handler for everything. It is a call that changes no register and an eret behind
 * it: the test sees by the pc of the exit which vector it was, why is in the guest's
 * registers, and SKIP goes back. An interrupt is acknowledged and ended before that.
 * See common/traps.h. TPIDR_EL1 is lost.
 */
#ifndef AXV_SELFTEST_TRAPS_H
#define AXV_SELFTEST_TRAPS_H

.macro TRAPS
	.balign	2048
	.globl	traps
traps:
	.rept	4
	.balign	128
	.rept	4
	nop
	.endr
	hvc	#1
	eret
	.balign	128
	msr	tpidr_el1, x0
	mrs	x0, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x0
	mrs	x0, tpidr_el1
	hvc	#1
	eret
	.rept	2
	.balign	128
	.rept	4
	nop
	.endr
	hvc	#1
	eret
	.endr
	.endr
.endm

#endif /* AXV_SELFTEST_TRAPS_H */
