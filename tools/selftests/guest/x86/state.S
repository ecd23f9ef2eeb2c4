/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 64-bit code that reads or writes everything a CPU holds: regs_*.c. The test
 * turns on OSFXSR and OSXSAVE before. rbx, rbp, rsi, rdi and r8-r15 survive a
 * dump.
 */
#include "common.h"
#include "state_asm.h"
#include "traps.h"

	.code64
	entry	done
	vmmcall
	jmp	done

	entry	dump
	pushf
	pop	%rax
	mov	%rax, SLOT(SLOT_RFLAGS)
	call	dump_all
	vmmcall
	jmp	dump

	entry	load
	call	load_all
	vmmcall
	jmp	load

	DUMP_AND_LOAD

/* ---- junk into everything, then out in one of many ways -------------------------- */

.macro SCRIBBLE name, insn:vararg
	entry	scribble_\name
	call	scribble
	\insn
1:	vmmcall
	jmp	1b
.endm

	SCRIBBLE hypercall, vmmcall
	SCRIBBLE port, out %al, $0x80
	SCRIBBLE mmio, mov GUEST_MMIO, %eax
	SCRIBBLE decode, movups %xmm3, GUEST_MMIO
	SCRIBBLE halt, hlt
	SCRIBBLE fault, jmp GUEST_MMIO + 0x1000
	SCRIBBLE exception, ud2
	SCRIBBLE memory, mov 0x200000, %eax
	SCRIBBLE spin, jmp .
	SCRIBBLE wait, call halt_if
	SCRIBBLE triple, call fault_if

halt_if:
	sti
	hlt
	ret

fault_if:
	lidt	no_idt
	int	$0x20

scribble:
	call	load_all
	/* AVX where the test has turned it on in XCR0 */
	xor	%ecx, %ecx
	xgetbv
	test	$4, %al
	jz	1f
	vpcmpeqd %ymm0, %ymm0, %ymm0
	.irp	nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpsubq	%ymm0, %ymm\nr, %ymm\nr
	.endr
1:	fninit
	fldcw	fcw
	fld1
	fldpi
	ldmxcsr	mxcsr
	ret

no_idt:	.word	0
	.quad	0
fcw:	.word	0x0f00
mxcsr:	.long	0x7f80

	TRAPS64
