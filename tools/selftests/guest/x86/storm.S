/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests under a storm of interrupts: each of the 256 handlers counts its own
 * vector at GUEST_DATA. And one that computes, so that every register that goes
 * wrong is seen in the result.
 */
#include "common.h"
#include "storm.h"

	.code64

.macro storm_start
	lidt	idtr
	sti
	movl	$1, GUEST_READY
.endm

	entry	storm_spin
	storm_start
1:	jmp	1b

	entry	storm_halt
	storm_start
1:	hlt
	jmp	1b

/* interrupts on and off, exits to the VMM and such as the kernel serves */
	entry	storm_mixed
	storm_start
	xor	%edi, %edi
1:	cli
	inc	%edi
	mov	%edi, %eax
	sync
	sti
	nop
	xor	%eax, %eax
	cpuid
	sti
	hlt
	pushfq
	cli
	nop
	popfq
	jmp	1b

	.balign	16
	.globl	storm_handlers
storm_handlers:
	.set	vector, 0
	.rept	256
	.balign	16
	incl	GUEST_DATA + 4 * vector
	iretq
	.set	vector, vector + 1
	.endr

idtr:	.word	0xfff
	.quad	GUEST_IDT

/*
 * rbx: a block of COMPUTE_* words. Forever: COMPUTE_ROUNDS steps in registers of
 * each kind, the results to the block, an exit.
 */
	entry	compute
	mov	%cr4, %rax
	or	$0x600, %eax
	mov	%rax, %cr4
	fninit
	fldz
	pxor	%xmm0, %xmm0
	mov	$COMPUTE_MUL, %r8
	mov	$COMPUTE_ADD, %r9
	mov	COMPUTE_VALUE(%rbx), %rsi
1:	mov	$COMPUTE_ROUNDS, %ecx
2:	imul	%r8, %rsi
	add	%r9, %rsi
	rol	$13, %rsi
	movq	%rsi, %xmm1
	paddq	%xmm1, %xmm0
	movzwl	%si, %r10d
	mov	%r10d, COMPUTE_SCRATCH(%rbx)
	fiaddl	COMPUTE_SCRATCH(%rbx)
	dec	%ecx
	jnz	2b
	mov	%rsi, COMPUTE_VALUE(%rbx)
	movq	%xmm0, COMPUTE_SUM(%rbx)
	fld	%st(0)
	fistpll	COMPUTE_FSUM(%rbx)
	sync
	jmp	1b

/* says what is in memory, again and again */
	entry	tell
1:	mov	GUEST_DATA, %eax
	mov	$GUEST_PORT, %dx
	out	%eax, %dx
	jmp	1b
