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

	/* ---- stops and interrupts ---- */

guest spin
1:	j	1b

	/* A register of the hart's interrupt controller. */
	.macro	imsic number, value
	li	t0, \number
	csrw	0x150, t0		/* siselect */
	li	t0, \value
	csrw	0x151, t0		/* sireg */
	.endm

	/* They are let in between two exits, and one turns them off: none comes twice. */
guest interrupts
	lla	t0, interrupt_handler
	csrw	stvec, t0
	li	t0, GUEST_EOI
	lw	t0, 0(t0)
	beqz	t0, 1f
	imsic	0x70, 1			/* eidelivery */
	imsic	0xc0, 1 << GUEST_VECTOR	/* eie */
1:	csrsi	sstatus, 2
	li	s1, 1 << 9
	li	s2, GUEST_DONE
2:	csrs	sie, s1
	csrc	sie, s1
	sb	zero, 0(s2)
	j	2b

	.balign	4
interrupt_handler:
	li	t0, GUEST_CLOCK
	lwu	t1, 0(t0)
	li	t0, GUEST_STAMP
	sd	t1, 0(t0)
	csrc	sie, s1
	li	t0, GUEST_EOI
	lw	t0, 0(t0)
	beqz	t0, 1f
	csrw	0x15c, zero		/* stopei: it is taken */
1:	sret

	/* To the other vCPU, at times that lie here and there. */
guest ipi_send
	li	s3, GUEST_CLOCK
	li	s4, GUEST_STAMP
	li	s5, 0
	repeat
	li	t0, 1103515245
	mul	s5, s5, t0
	addi	s5, s5, 1234
	srli	t0, s5, 16
	andi	t0, t0, 0x7ff
4:	addi	t0, t0, -1
	bgtz	t0, 4b
	sw	zero, 0(s4)
	lwu	s6, 0(s3)
	li	a0, 1 << 1
	li	a1, 0
	li	a7, GUEST_HC_IPI
	li	a6, 0
	ecall
5:	lw	t0, 0(s4)
	beqz	t0, 5b
	sub	t0, t0, s6
	slli	t1, s0, 2
	li	t2, GUEST_SAMPLES - 4
	add	t1, t1, t2
	sw	t0, 0(t1)
	until_done

guest ipi_receive
	lla	t0, ipi_handler
	csrw	stvec, t0
	li	s1, GUEST_QUIT
	csrsi	sie, 1 << 1
	csrsi	sstatus, 2
1:	lw	t0, 0(s1)
	beqz	t0, 1b
	li	s2, GUEST_DONE
2:	sb	zero, 0(s2)
	j	2b

	/* It can be sent again as soon as the sender sees the time. */
	.balign	4
ipi_handler:
	li	t1, GUEST_CLOCK
	lwu	t1, 0(t1)
	csrci	sip, 1 << 1
	li	t2, GUEST_STAMP
	sw	t1, 0(t2)
	sret

guest_end:
	.section .note.GNU-stack, "", @progbits
