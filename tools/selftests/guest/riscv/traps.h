/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A handler for all traps. It is a call that changes no register and an sret behind
 * it: the test sees by the pc of the exit (trap_call) that there was one, what it was
 * is in the guest's CSRs, and SKIP goes back. See common/traps.h.
 */
#ifndef AXV_SELFTEST_TRAPS_H
#define AXV_SELFTEST_TRAPS_H

.macro TRAPS
	.balign	4
	.globl	traps, trap_call
traps:
	csrw	sscratch, a7
	li	a7, SBI_HVC
trap_call:
	ecall
	csrr	a7, sscratch
	sret
.endm

#endif /* AXV_SELFTEST_TRAPS_H */
