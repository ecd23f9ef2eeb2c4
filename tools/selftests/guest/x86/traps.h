/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers for all 256 vectors. Each is a VMMCALL that changes no register and
 * an IRET behind it: the test sees which vector came by the pc of the exit, the
 * frame is on the guest's stack, and SKIP goes back. See common/x86.h.
 */
#ifndef AXV_SELFTEST_TRAPS_H
#define AXV_SELFTEST_TRAPS_H

/* bytes from one handler to the next */
#define TRAP_SIZE	16

#ifdef __ASSEMBLER__

.macro TRAP_STUBS iret_insn:req, drop:vararg
	.balign	TRAP_SIZE
	.globl	traps
traps:
	.set	vector, 0
	.rept	256
	.balign	TRAP_SIZE
	vmmcall
	/* the vectors that push an error code */
	.if	vector == 8 || vector == 17 || vector == 21 || vector == 29 || vector == 30 || (vector >= 10 && vector <= 14)
	\drop
	.endif
	\iret_insn
	.set	vector, vector + 1
	.endr
.endm

.macro TRAPS64
	TRAP_STUBS iretq, lea 8(%rsp), %rsp
.endm

.macro TRAPS32
	TRAP_STUBS iretl, lea 4(%esp), %esp
.endm

/* In real mode nothing pushes an error code. */
.macro TRAPS16
	TRAP_STUBS iretw
.endm

#endif /* __ASSEMBLER__ */
#endif /* AXV_SELFTEST_TRAPS_H */
