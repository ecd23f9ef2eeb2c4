/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The guest of hello.c for x86: flat 32-bit protected mode, no paging. */
#include "guest.h"

	.section .rodata
	.globl	guest_start, guest_end
	.code32
guest_start:
	mov	$GUEST_RAM + (text - guest_start), %esi
1:	lodsb
	test	%al, %al
	jz	2f
	movb	%al, GUEST_PUTC		/* no memory there: an MMIO_WRITE exit */
	jmp	1b
2:	movl	$0, GUEST_EXIT
	hlt
text:
	.asciz	"Hello from an x86 guest!\n"
guest_end:
	.section .note.GNU-stack, "", @progbits
