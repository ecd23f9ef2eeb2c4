/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests, x86: flat 32-bit protected mode, no paging, loaded at GUEST_CODE.
 * Each goes round for ever. Those that do something inside do it GUEST_COUNT
 * times, then write to GUEST_DONE.
 */
#include "guest.h"

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

	/* ---- stops and interrupts ---- */

guest spin
1:	jmp	1b

guest interrupts
	lgdt	GUEST_CODE + gdt_pointer - guest_start
	lidt	GUEST_CODE + idt_pointer - guest_start
	sti
	nop
1:	out	%al, $GUEST_DONE
	jmp	1b

handler:
	rdtsc
	mov	%eax, GUEST_STAMP
	mov	%edx, GUEST_STAMP + 4
	cmpl	$0, GUEST_EOI
	je	1f
	movl	$0, 0xfee000b0
1:	iret

	.balign	8
gdt:	.quad	0, 0
	.quad	0x00cf9b000000ffff	/* the selectors SETUP has loaded */
	.quad	0x00cf93000000ffff
gdt_end:
idt:	.fill	GUEST_VECTOR, 8, 0
	.word	GUEST_CODE + handler - guest_start, 0x10, 0x8e00, 0
idt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	GUEST_CODE + gdt - guest_start
idt_pointer:
	.word	idt_end - idt - 1
	.long	GUEST_CODE + idt - guest_start
guest_end:
	.section .note.GNU-stack, "", @progbits
