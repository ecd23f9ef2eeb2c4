/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 64-bit guests of many vCPUs: smp_storm.c. rbx is the vCPU's block. There is no
 * interrupt controller: starts, stops and IPIs are calls to the VMM.
 */
#include "common.h"
#include "smp.h"

	.code64

/* rbp: block of vCPU ecx */
.macro other_block
	mov	%ecx, %ebp
	shl	$SMP_BLOCK_SHIFT, %ebp
	add	$SMP_BLOCKS, %ebp
.endm

.macro own_irqs
	lea	SMP_BLOCK_SIZE(%rbx), %rsp
	lidt	idtr
.endm

.macro call_vmm nr
	mov	$\nr, %eax
	vmmcall
.endm

.macro ipi
	mov	%ecx, %edi
	call_vmm SMP_CALL_IPI
.endm

/* Do what follows, up to next_other, for vCPUs 1, 2 ... in ecx. */
.macro each_other
	mov	$1, %ecx
5:	other_block
.endm

.macro next_other
	inc	%ecx
	cmp	%ecx, SMP_CPUS
	jne	5b
.endm

/* vCPU 0. r12d: rounds made, r13d: IPIs that each of the others has had */
	entry	boot
	own_irqs
	xor	%r12d, %r12d
	xor	%r13d, %r13d
round:	inc	%r12d
	each_other
	mov	%ecx, %edi
	mov	$secondary, %esi
	call_vmm SMP_CALL_START
	next_other
	each_other
1:	pause
	cmp	%r12d, SMP_STARTS(%rbp)
	jne	1b
	next_other

	mov	$SMP_IPIS_A_ROUND, %r14d
2:	inc	%r13d
	each_other
	ipi
	next_other
	each_other
1:	pause
	cmp	%r13d, SMP_IPIS(%rbp)
	jne	1b
	next_other
	dec	%r14d
	jnz	2b

	inc	%r13d
	each_other
	mov	%r13d, SMP_WANT(%rbp)
	mov	%r12d, SMP_ORDER(%rbp)
	ipi
	next_other
	each_other
1:	pause
	cmp	%r13d, SMP_IPIS(%rbp)
	jne	1b
	next_other
	cmp	%r12d, SMP_ROUNDS
	jne	round
9:	call_vmm SMP_CALL_DONE
	jmp	9b

	entry	secondary
	own_irqs
	incl	SMP_STARTS(%rbx)
	mov	SMP_STARTS(%rbx), %r12d
1:	cli
	cmp	%r12d, SMP_ORDER(%rbx)
	jne	2f
	mov	SMP_WANT(%rbx), %eax
	cmp	%eax, SMP_IPIS(%rbx)
	je	3f
2:	sti
	hlt
	jmp	1b
3:	call_vmm SMP_CALL_STOP
	ud2

/* IPIs from each to each: SMP_ROUNDS of them from every vCPU, with those to come still
 * served after that
 */
	entry	storm
	own_irqs
	sti
	movl	$1, SMP_READY(%rbx)
1:	pause
	cmpl	$0, SMP_GO
	je	1b
	mov	%ebx, %r14d
	xor	%r12d, %r12d
2:	imul	$1103515245, %r14d, %r14d
	add	$12345, %r14d
	mov	%r14d, %ecx
	shr	$16, %ecx
	and	$3, %ecx
	other_block
	cmp	%rbx, %rbp
	je	2b
	lock incl SMP_POSTED(%rbp)
	ipi
	inc	%r12d
	mov	%r12d, SMP_SENT(%rbx)
	cmp	%r12d, SMP_ROUNDS
	jne	2b
3:	hlt
	jmp	3b

	entry	irq
	push	%rax
	xor	%eax, %eax
	xchg	%eax, SMP_POSTED(%rbx)
	add	%eax, SMP_TAKEN(%rbx)
	incl	SMP_IPIS(%rbx)
	pop	%rax
	iretq

	entry	count
	incl	SMP_COUNT(%rbx)
	jmp	count

	entry	hello
	lock incl SMP_CAME
1:	hlt
	jmp	1b

	entry	idle
	own_irqs
	movl	$1, SMP_READY(%rbx)
1:	sti
	hlt
	incl	SMP_COUNT(%rbx)
	jmp	1b

idtr:	.word	0xfff
	.quad	GUEST_IDT
