/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests, RISC-V: S-mode without paging, loaded at GUEST_CODE. Each goes round for
 * ever. Those that do something inside do it GUEST_COUNT times, then write to GUEST_DONE.
 */
#include "guest.h"

	.option	norvc
	.section .rodata
	.globl	guest_start, guest_end
	.balign	16
guest_start:

	.macro	guest name
	.globl	guest_\name
guest_\name:
	.endm

	/* Between the two: GUEST_COUNT times, with s0 to s2 left alone. */
	.macro	repeat
1:	li	s1, GUEST_COUNT
	lw	s0, 0(s1)
	li	s1, GUEST_PAGES
	beqz	s0, 3f
2:
	.endm
	.macro	until_done
	addi	s0, s0, -1
	bnez	s0, 2b
3:	li	s2, GUEST_DONE
	sb	zero, 0(s2)
	j	1b
	.endm

	/* ---- exits to user space ---- */

guest mmio_write
	li	s1, GUEST_MMIO
1:	sw	zero, 0(s1)
	j	1b

guest mmio_read
	li	s1, GUEST_MMIO
1:	lw	a0, 0(s1)
	j	1b

guest hypercall_user
	li	s1, GUEST_HC
1:	lw	a7, 0(s1)
	li	a6, 0
	ecall
	j	1b

guest done
	li	s1, GUEST_DONE
1:	sb	zero, 0(s1)
	j	1b

	/* ---- exits that the kernel serves ---- */

guest hypercall_kernel
	repeat
	li	a7, GUEST_HC_KERNEL
	li	a6, 0
	ecall
	until_done

guest event
	li	s2, GUEST_EVENT
	repeat
	li	t0, GUEST_EVENT
	sw	zero, 0(t0)
	until_done

guest touch
	repeat
	sw	zero, 0(s1)
	li	t0, 4096
	add	s1, s1, t0
	until_done

	/* An event at once, and its handler, which takes no more until it is set again. */
guest timer
	lla	t0, timer_handler
	csrw	stvec, t0
	repeat
	li	s2, 0
	li	t0, 1 << 5
	csrs	sie, t0
	csrsi	sstatus, 2
	rdtime	a0
	li	a7, GUEST_HC_TIME
	li	a6, 0
	ecall
4:	beqz	s2, 4b
	until_done

	.balign	4
timer_handler:
	li	t0, 1 << 5
	csrc	sie, t0
	li	s2, 1
	sret

	/* ---- stops ---- */

guest spin
1:	j	1b

guest_end:
	.section .note.GNU-stack, "", @progbits
