/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The guest of hello.c for RISC-V: S-mode, no paging. */
#include "guest.h"

	/* it runs elsewhere than it is linked */
	.option	norelax
	.section .rodata
	.globl	guest_start, guest_end
guest_start:
	li	t0, GUEST_PUTC
	lla	a0, text
1:	lbu	a1, 0(a0)
	addi	a0, a0, 1
	beqz	a1, 2f
	sb	a1, 0(t0)		/* no memory there: an MMIO_WRITE exit */
	j	1b
2:	li	t0, GUEST_EXIT
	sw	zero, 0(t0)
3:	wfi
	j	3b
text:
	.asciz	"Hello from a RISC-V guest!\n"
guest_end:
	.section .note.GNU-stack, "", @progbits
