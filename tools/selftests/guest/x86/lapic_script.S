/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a list of things to a local APIC and notes what each gave: x86_lapic_kvm.c, which
 * has the same done beside KVM's. Steps and notes are of 16 bytes: what, where, value; and
 * result, fault, interrupts.
 */
#include "common.h"
#include "lapic_script.h"

	.code64
	entry	script
	lidt	idtr
	mov	$SCRIPT_STEPS, %r12d
	mov	$SCRIPT_NOTES, %r13d
step:	xor	%eax, %eax
	xor	%edx, %edx
	movl	$0, 8(%r13)
	movl	$0, 12(%r13)
	mov	4(%r12), %ecx
	mov	$APIC, %ebx
	add	%rcx, %rbx
	mov	(%r12), %ebp
	cmp	$SCRIPT_LOAD, %ebp
	je	load
	cmp	$SCRIPT_STORE, %ebp
	je	store
	cmp	$SCRIPT_RDMSR, %ebp
	je	read
	cmp	$SCRIPT_WRMSR, %ebp
	je	write
	cmp	$SCRIPT_PEEK, %ebp
	je	peek
	cmp	$SCRIPT_CR8, %ebp
	je	cr8
	cmp	$SCRIPT_GET_CR8, %ebp
	je	get_cr8
	mov	$GUEST_PORT, %dx
	out	%al, %dx
	hlt

load:	mov	(%rbx), %eax
	jmp	next
store:	mov	8(%r12), %eax
	mov	%eax, (%rbx)
	xor	%eax, %eax
	jmp	next
read:	rdmsr
	jmp	next
write:	mov	8(%r12), %eax
	mov	12(%r12), %edx
	wrmsr
	xor	%eax, %eax
	xor	%edx, %edx
	jmp	next
peek:	sti
	nop
	nop
	nop
	cli
	jmp	next
cr8:	mov	8(%r12), %rax
	mov	%rax, %cr8
	xor	%eax, %eax
	jmp	next
get_cr8:
	mov	%cr8, %rax
next:	mov	%eax, (%r13)
	mov	%edx, 4(%r13)
	add	$16, %r12
	add	$16, %r13
	jmp	step

/* a fault: the step is over */
fault:	add	$24, %rsp		/* vector, error code, address */
	mov	$1, %eax
	mov	%eax, 8(%r13)
	mov	$next, %eax
	push	%rax
	xor	%eax, %eax
	xor	%edx, %edx
	iretq

/* an interrupt: the last two are noted */
common:	cmpq	$13, (%rsp)
	je	fault
	push	%rax
	mov	12(%r13), %eax
	shl	$8, %eax
	or	8(%rsp), %al
	mov	%eax, 12(%r13)
	pop	%rax
	add	$8, %rsp
	iretq

	.balign	16
	entry	gates
	.set	vector, 0
	.rept	256
	.balign	16
	pushq	$vector
	jmp	common
	.set	vector, vector + 1
	.endr

idtr:	.word	0xfff
	.quad	GUEST_IDT
