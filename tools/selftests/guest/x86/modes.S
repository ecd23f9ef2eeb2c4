/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From real mode to 64-bit code and back, with a hypercall at each station:
 * cpu_modes.c. Starts in real mode; ebp counts the rounds.
 */
#include "common.h"
#include "traps.h"

#define CODE32	0x08
#define CODE64	0x18
#define DATA	0x10
#define CODE16	0x20
#define DATA16	0x28

	.code16
	entry	start
	xor	%ebp, %ebp
	entry	real
	vmmcall				/* station 0 */
	cli
	inc	%ebp
	lgdtl	gdtr
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$CODE32, $protected

	.code32
protected:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$GUEST_STACK, %esp
	entry	prot
	vmmcall				/* station 1: no paging */

	/* 32-bit paging, 4 MiB pages, one to one */
	mov	%cr4, %eax
	or	$0x10, %eax
	mov	%eax, %cr4
	mov	$PAGE_DIR, %eax
	mov	%eax, %cr3
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0
	jmp	1f
1:
	entry	paged
	vmmcall				/* station 2 */
	mov	%cr0, %eax
	and	$0x7fffffff, %eax
	mov	%eax, %cr0

	/* long mode */
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
	mov	$GUEST_PML4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	entry	enabled
	vmmcall				/* station 3: LME without LMA */
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0
	entry	compat
	vmmcall				/* station 4: LMA, 32-bit code */
	ljmp	$CODE64, $long64

	.code64
long64:
	movabs	$0x123456789abcdef0, %rax
	entry	long_mode
	vmmcall				/* station 5 */
	/* and all the way back */
	pushq	$CODE32
	pushq	$compat_again
	lretq

	.code32
compat_again:
	entry	back
	vmmcall				/* station 6 */
	mov	%cr0, %eax
	and	$0x7fffffff, %eax
	mov	%eax, %cr0
	mov	$0xc0000080, %ecx
	rdmsr
	and	$~0x100, %eax
	wrmsr
	mov	%cr4, %eax
	and	$~0x30, %eax
	mov	%eax, %cr4
	entry	unpaged
	vmmcall				/* station 7 */
	ljmp	$CODE16, $segment16

	.code16
segment16:
	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	%cr0, %eax
	and	$~1, %al
	mov	%eax, %cr0
	ljmp	$0, $real_again
real_again:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	jmp	real

gdtr:	.word	gdt_end - gdt - 1
	.long	gdt
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* CODE32 */
	.quad	0x00cf93000000ffff	/* DATA */
	.quad	0x00af9b000000ffff	/* CODE64 */
	.quad	0x00009b000000ffff	/* CODE16 */
	.quad	0x000093000000ffff	/* DATA16 */
gdt_end:

	.balign	4096
	.globl	PAGE_DIR
PAGE_DIR:
	.set	page, 0
	.rept	1024
	.long	page | 0x87
	.set	page, page + 0x400000
	.endr

/* what a ROM holds below 4 GiB: a jump to start */
	.balign	16
	entry	reset_vector
	ljmp	$0, $start

	entry	hello16
	vmmcall
	jmp	hello16

/* LME alone, in protected mode: legal, but there is no paging without PAE now */
	.code32
	entry	lme_alone
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr4, %ebx
	entry	lme_on
	vmmcall
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0		/* #GP, and no IDT */
	hlt
