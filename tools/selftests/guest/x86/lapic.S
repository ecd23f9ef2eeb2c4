/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses to the local APIC, one at a time and up to "done", and what takes its
 * interrupts: x86_lapic*.c. rsi is an address, edx a value; ecx an MSR. A SIPI's page is
 * ap.
 */
#include "common.h"
#include "traps.h"

#define EOI	0xfee000b0

	.code64
	entry	load1
	movzbl	(%rsi), %eax
	jmp	done

	entry	load2
	movzwl	(%rsi), %eax
	jmp	done

	entry	load4
	mov	(%rsi), %eax
	jmp	done

	entry	load8
	mov	(%rsi), %rax
	jmp	done

/* not a MOV: two accesses, or none that the quick way knows */
	entry	or4
	or	%edx, (%rsi)
	jmp	done

	entry	push8
	push	(%rsi)
	pop	%rax
	jmp	done

	entry	store1
	mov	%dl, (%rsi)
	jmp	done

	entry	store2
	mov	%dx, (%rsi)
	jmp	done

	entry	store4
	mov	%edx, (%rsi)
	jmp	done

	entry	store8
	mov	%rdx, (%rsi)
	jmp	done

	entry	read_msr
	rdmsr
	jmp	done

	entry	write_msr
	wrmsr
	jmp	done

	entry	set_cr8
	mov	%rdx, %cr8
	jmp	done

	entry	get_cr8
	mov	%cr8, %rax
	jmp	done

	entry	get_cpuid
	cpuid
	jmp	done

/* what comes now, if anything */
	entry	peek
	sti
	nop
	nop
	cli
	jmp	done

	entry	wait
	sti
	hlt
	cli
	jmp	done

	entry	done
	vmmcall
	jmp	done

/* until the TSC is rdi, with tick for what comes */
	entry	spin
	sti
1:	pause
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	cmp	%rdi, %rax
	jb	1b
	cli
	jmp	done

/* until somebody stops it */
	entry	idle
	movl	$1, GUEST_DATA + 8
	sti
1:	hlt
	jmp	1b

	entry	busy
	movl	$1, GUEST_DATA + 8
	sti
1:	pause
	jmp	1b

/* in the page, at EOI */
	entry	tick
	push	%rax
	lock incl GUEST_DATA
	mov	$EOI, %eax
	movl	$0, (%rax)
	pop	%rax
	iretq

/* IPIs of ICR edx, to the one at rsi's next word, edi times, each when the last has come */
	entry	ping
	mov	$0xfee00300, %r8d
1:	mov	GUEST_DATA, %eax
	mov	%edx, (%r8)
2:	pause
	cmp	%eax, GUEST_DATA
	je	2b
	dec	%edi
	jnz	1b
	jmp	done

/* Anything to anywhere: r14d is where the numbers begin. */
.macro random
	imul	$1103515245, %r14d, %r14d
	add	$12345, %r14d
.endm

	entry	hammer
	sti
1:	lock incl GUEST_DATA
	random
	mov	%r14d, %r8d
	shr	$12, %r8d
	random
	mov	%r14d, %eax
	shr	$10, %eax
	xor	%edx, %edx
	mov	%r8d, %ebx
	and	$0x3f0, %ebx
	test	$0xc0000, %r8d
	jz	2f
	add	$0xfee00000, %ebx
	mov	%eax, (%rbx)
	jmp	1b
/* an MSR; of these one in 16 is IA32_APIC_BASE, and one IA32_TSC_DEADLINE */
2:	mov	%ebx, %ecx
	shr	$4, %ecx
	add	$0x800, %ecx
	random
	mov	%r14d, %ebx
	shr	$28, %ebx
	jz	3f
	dec	%ebx
	jz	4f
	jmp	5f
3:	mov	$0x1b, %ecx
	and	$0xc00, %eax
	or	$0xfee00000, %eax
	jmp	5f
4:	mov	$0x6e0, %ecx
	mov	%r14d, %edx
	shr	$24, %edx
5:	wrmsr
	jmp	1b

	entry	hammer_gp
	add	$8, %rsp
	addq	$2, (%rsp)
	iretq

/* whatever it was */
	entry	hammer_irq
	push	%rax
	push	%rcx
	push	%rdx
	mov	$0x1b, %ecx
	rdmsr
	test	$0x400, %eax
	jnz	1f
	mov	$EOI, %eax
	movl	$0, (%rax)
	jmp	2f
1:	mov	$0x80b, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
2:	pop	%rdx
	pop	%rcx
	pop	%rax
	iretq

	TRAPS64

	.balign	4096
	.code16
	entry	ap
	mov	%cs, %ax
	mov	%al, %bl
	mov	%ah, %al
	sync
	entry	ap_done
	hlt
	jmp	ap_done
