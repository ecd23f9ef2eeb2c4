/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program whose result depends on everything a vCPU holds, with an exit of
 * every kind on its way: exit_save.c moves it to another vCPU at each of them.
 * r15 gathers the result; r14 counts what went wrong.
 */
#include "common.h"
#include "traps.h"

#define BUFFER	(GUEST_DATA + 0x1000)
#define FXAREA	(GUEST_DATA + 0x2000)
#define RESULT	GUEST_DATA
#define RO_PAGE	0x100000
#define MSR	0x4b564d10
#define PORT	0x1f0

.macro mix reg
	rol	$7, %r15
	xor	\reg, %r15
	paddd	%xmm0, %xmm1
	pxor	%xmm1, %xmm2
.endm

/* The TSC never goes back, whoever runs this. */
.macro clock
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	cmp	%r13, %rax
	jae	1f
	inc	%r14
1:	mov	%rax, %r13
.endm

.macro write_msr number, value
	mov	$\number, %ecx
	mov	$\value, %eax
	mov	$(\value >> 32), %edx
	wrmsr
.endm

.macro mix_msr number
	mov	$\number, %ecx
	rdmsr
	mix	%rax
	mix	%rdx
.endm

	.code64
	entry	start
	mov	%cr4, %rax
	or	$0x600, %rax
	mov	%rax, %cr4
	fninit
	fldcw	fcw
	fldpi
	fldl2e
	ldmxcsr	mxcsr
	mov	$0x0123456789abcdef, %rax
	movq	%rax, %xmm0
	movq	%rax, %xmm15
	pshufd	$0x1b, %xmm0, %xmm1
	write_msr 0xc0000081, 0x0023001000000000
	write_msr 0xc0000082, 0x0000000000123456
	write_msr 0xc0000102, 0x00007f0000001000
	write_msr 0x176, 0x0000000000654321
	mov	$0x11111000, %rax
	mov	%rax, %db0
	mov	$0x22222000, %rax
	mov	%rax, %db3
	mov	$5, %rax
	mov	%rax, %cr8
	mov	$0x77777000, %rax
	mov	%rax, %cr2
	xor	%r14, %r14
	xor	%r13, %r13
	mov	$0x4242, %ebx
	mov	$0x1f2e3d4c5b6a7988, %r15
	mov	$2, %ebp

again:	clock
	mov	$1, %eax
	vmmcall				/* the test queues an interrupt here */
	mix	%rax
	clock
	mov	GUEST_MMIO, %rax
	mix	%rax
	mov	%r15, GUEST_MMIO + 8
	addl	$3, GUEST_MMIO + 0x10
	pushf
	pop	%rax
	mix	%rax
	mov	$PORT, %dx
	in	%dx, %ax
	mix	%rax
	mov	%r15, %rax
	out	%al, %dx
	mov	$BUFFER, %edi
	mov	$20, %ecx
	rep	insb
	mix	BUFFER
	mix	BUFFER + 8
	mix	%rdi
	mov	$MSR, %ecx
	rdmsr
	mix	%rax
	mov	%r15, %rax
	wrmsr
	faddp
	fldpi
	clock
	sti
	nop				/* the interrupt comes behind this */
	cli
	mix	%r15
	int	$0x70
	mix	%rbx
	hlt
	mix	%rbp
	ud2				/* the test skips it in the frame */
	mix	%rbp
	mov	%r15, RO_PAGE		/* the test makes it writable */
	mix	RO_PAGE
	clock
	dec	%ebp
	jnz	again

	mix_msr	0xc0000081
	mix_msr	0xc0000082
	mix_msr	0xc0000102
	mix_msr	0x176
	mov	%db0, %rax
	mix	%rax
	mov	%db3, %rax
	mix	%rax
	mov	%db7, %rax
	mix	%rax
	mov	%cr8, %rax
	mix	%rax
	mov	%cr2, %rax
	mix	%rax
	mov	%cr4, %rax
	mix	%rax
	stmxcsr	BUFFER
	mix	BUFFER
	fxsave64 FXAREA
	mov	%r15, RESULT
	mov	%r14, RESULT + 8
	mov	$2, %eax
	entry	finish
	vmmcall
	jmp	finish

/* halted, for as long as nothing comes; then a mark */
	entry	halted
	sti
	hlt
	entry	halted_next
	movl	$0x600d, RESULT
	entry	halted_done
	vmmcall
	jmp	halted_done

fcw:	.word	0x27f
mxcsr:	.long	0x3f80

	TRAPS64
