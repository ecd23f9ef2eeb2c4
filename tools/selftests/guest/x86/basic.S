/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests for tests of the life cycle: they sync, spin, count, halt, wait. */
#include "common.h"

	.code32
entry sync_loop				/* eax = 1, 2, 3 ... at each sync */
	xor	%eax, %eax
1:	inc	%eax
	sync
	jmp	1b

entry spin				/* for ever, without an exit */
	jmp	spin

entry count				/* a word of memory that moves */
	incl	GUEST_DATA
	jmp	count

entry count_other			/* another one, for a second vCPU */
	incl	GUEST_DATA + 0x40
	jmp	count_other

entry halt				/* again and again, interrupts off */
	hlt
	jmp	halt

entry hypercall				/* nr 5, six arguments; result to memory */
	mov	$5, %eax
	mov	$11, %edi
	mov	$12, %esi
	mov	$13, %edx
	mov	$14, %ecx
	vmmcall
	mov	%eax, GUEST_DATA
	sync

entry read_port				/* al from a port; result to memory */
	mov	$0xaabbccdd, %eax
	mov	$GUEST_PORT + 1, %dx
	in	%dx, %al
	mov	%eax, GUEST_DATA
	sync
	jmp	read_port

entry irq_spin				/* serves interrupts and NMIs, spins */
	lidt	idtr
	sti
	movl	$1, GUEST_DATA
1:	jmp	1b

entry irq_halt				/* the same, halted between them */
	lidt	idtr
	sti
	movl	$1, GUEST_DATA
1:	hlt
	incl	GUEST_DATA + 4
	jmp	1b

entry irq_handler
	incl	GUEST_DATA + 8
	iret

entry nmi_handler
	incl	GUEST_DATA + 12
	iret

idtr:	.word	0xfff
	.long	GUEST_IDT
