/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The guest of hello.c for arm64: EL1, no paging. */
#include "guest.h"

	.section .rodata
	.balign	4
	.globl	guest_start, guest_end
guest_start:
	mov	x1, #GUEST_PUTC
	adr	x0, text
1:	ldrb	w2, [x0], #1
	cbz	w2, 2f
	strb	w2, [x1]		/* no memory there: an MMIO_WRITE exit */
	b	1b
2:	str	wzr, [x1, #GUEST_EXIT - GUEST_PUTC]
3:	wfi
	b	3b
text:
	.asciz	"Hello from an arm64 guest!\n"
guest_end:
	.section .note.GNU-stack, "", @progbits
