/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests, x86: flat 32-bit protected mode, no paging, loaded at GUEST_CODE.
 * Each goes round for ever. Those that do something inside do it GUEST_COUNT
 * times, then write to GUEST_DONE.
 */
#include "guest.h"

#define APIC_BASE		0x1b
#define APIC_BASE_X2APIC	(3 << 10)
#define APIC_PAGE_EOI		0xfee000b0
#define APIC_PAGE_SVR		0xfee000f0
#define APIC_SVR_ON		0x1ff
#define X2APIC_EOI		0x80b
#define X2APIC_SVR		0x80f
#define X2APIC_ICR		0x830
#define X2APIC_LVT_TIMER	0x832
#define LVT_DEADLINE		(2 << 17)
#define TSC_DEADLINE		0x6e0

	.section .rodata
	.code32
	.globl	guest_start, guest_end
	.balign	16
guest_start:

	.macro	guest name
	.globl	guest_\name
guest_\name:
	.endm

	/* Between the two: GUEST_COUNT times, with %esi and %edi left alone. */
	.macro	repeat
1:	mov	GUEST_COUNT, %esi
	mov	$GUEST_PAGES, %edi
	test	%esi, %esi
	jz	3f
2:
	.endm
	.macro	until_done
	dec	%esi
	jnz	2b
3:	out	%al, $GUEST_DONE
	jmp	1b
	.endm

	.macro	tables_on
	lgdt	GUEST_CODE + gdt_pointer - guest_start
	lidt	GUEST_CODE + idt_pointer - guest_start
	.endm

	.macro	put_msr msr, value
	mov	$\msr, %ecx
	mov	$\value, %eax
	xor	%edx, %edx
	wrmsr
	.endm

	/* Interrupts have handlers, and the local APIC is on and in x2APIC mode. */
	.macro	x2apic_on
	tables_on
	mov	$APIC_BASE, %ecx
	rdmsr
	or	$APIC_BASE_X2APIC, %eax
	wrmsr
	put_msr	X2APIC_SVR, APIC_SVR_ON
	.endm

	/* ---- exits to user space ---- */

guest port_write
1:	out	%al, $GUEST_PORT
	jmp	1b

guest done
1:	out	%al, $GUEST_DONE
	jmp	1b

guest port_read
1:	in	$GUEST_PORT, %al
	jmp	1b

guest mmio_write
1:	mov	%eax, GUEST_MMIO
	jmp	1b

guest mmio_read
1:	mov	GUEST_MMIO, %eax
	jmp	1b

guest hypercall_user
	mov	$GUEST_CODE, %ebx
	mov	$1, %ecx
	xor	%edx, %edx
1:	mov	$GUEST_HC_USER, %eax
	vmmcall
	jmp	1b

	/* ---- exits that the kernel serves ---- */

guest cpuid
	repeat
	mov	$1, %eax
	cpuid
	until_done

guest hypercall_kernel
	repeat
	mov	$GUEST_HC_KERNEL, %eax
	vmmcall
	until_done

guest event
	repeat
	out	%al, $GUEST_EVENT
	until_done

guest touch
	repeat
	mov	%eax, (%edi)
	add	$4096, %edi
	until_done

	/* An event at once, and its handler. */
guest timer
	x2apic_on
	put_msr	X2APIC_LVT_TIMER, LVT_DEADLINE | GUEST_TIMER_VECTOR
	sti
	repeat
	xor	%ebx, %ebx
	rdtsc
	mov	$TSC_DEADLINE, %ecx
	wrmsr
4:	test	%ebx, %ebx
	jz	4b
	until_done

timer_handler:
	put_msr	X2APIC_EOI, 0
	mov	$1, %ebx
	iret

	/* ---- stops and interrupts ---- */

guest spin
1:	jmp	1b

guest interrupts
	tables_on
	cmpl	$0, GUEST_EOI
	je	1f
	movl	$APIC_SVR_ON, APIC_PAGE_SVR
1:	sti
	nop
1:	out	%al, $GUEST_DONE
	jmp	1b

handler:
	rdtsc
	mov	%eax, GUEST_STAMP
	mov	%edx, GUEST_STAMP + 4
	cmpl	$0, GUEST_EOI
	je	1f
	movl	$0, APIC_PAGE_EOI
1:	iret

	/* To the other vCPU, at times that lie here and there, GUEST_DELAY apart at least. */
guest ipi_send
	x2apic_on
	xor	%ebp, %ebp
4:	cmpl	$0, GUEST_READY
	je	4b
	repeat
	rdtsc
	mov	%eax, %ebx
4:	rdtsc
	sub	%ebx, %eax
	cmp	GUEST_DELAY, %eax
	jb	4b
	imul	$1103515245, %ebp
	add	$1234, %ebp
	mov	%ebp, %eax
	shr	$16, %eax
	and	$0x7ff, %eax
5:	dec	%eax
	jg	5b
	movl	$0, GUEST_STAMP
	rdtsc
	mov	%eax, %ebx
	mov	$X2APIC_ICR, %ecx
	mov	$GUEST_IPI_VECTOR, %eax
	mov	$1, %edx
	wrmsr
6:	mov	GUEST_STAMP, %eax
	test	%eax, %eax
	jz	6b
	sub	%ebx, %eax
	mov	%eax, GUEST_SAMPLES - 4(, %esi, 4)
	until_done

guest ipi_receive
	x2apic_on
	movl	$1, GUEST_READY
	sti
1:	cmpl	$0, GUEST_QUIT
	je	1b
2:	out	%al, $GUEST_DONE
	jmp	2b

	/* The last one is sent when it is to be done already. */
guest ipi_receive_halted
	x2apic_on
	movl	$1, GUEST_READY
1:	cli
	cmpl	$0, GUEST_QUIT
	jne	2f
	sti
	hlt
	jmp	1b
2:	out	%al, $GUEST_DONE
	jmp	2b

	/* It can be sent again as soon as the sender sees the time. */
ipi_handler:
	rdtsc
	mov	%eax, %ebx
	put_msr	X2APIC_EOI, 0
	mov	%ebx, GUEST_STAMP
	iret

	.macro	gate handler
	.word	GUEST_CODE + \handler - guest_start, 0x10, 0x8e00, 0
	.endm

	.balign	8
gdt:	.quad	0, 0
	.quad	0x00cf9b000000ffff	/* the selectors SETUP has loaded */
	.quad	0x00cf93000000ffff
gdt_end:
idt:	.fill	GUEST_VECTOR, 8, 0
	gate	handler
	.fill	GUEST_TIMER_VECTOR - GUEST_VECTOR - 1, 8, 0
	gate	timer_handler
	.fill	GUEST_IPI_VECTOR - GUEST_TIMER_VECTOR - 1, 8, 0
	gate	ipi_handler
idt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	GUEST_CODE + gdt - guest_start
idt_pointer:
	.word	idt_end - idt - 1
	.long	GUEST_CODE + idt - guest_start
guest_end:
	.section .note.GNU-stack, "", @progbits
