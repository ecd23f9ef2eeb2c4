/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that call the firmware, and harts that others start, stop and fence. */
#include "common.h"
#include "sbi.h"

#define EXT_IPI		0x735049
#define EXT_RFENCE	0x52464e43
#define EXT_HSM		0x48534d
#define HSM_START	0
#define HSM_STOP	1
#define HSM_STATUS	2
#define STOPPED		1

/* an ecall with the registers as they are, again and again; t0 is lost */
	entry	call
	la	t0, traps
	csrw	stvec, t0
1:	ecall
	entry	call_done
	li	t0, GUEST_SYNC
	sb	a0, (t0)
	j	1b

/* the same in U-mode */
	entry	user_call
	la	t0, traps
	csrw	stvec, t0
	la	t0, 1f
	csrw	sepc, t0
	li	t0, 0x100
	csrc	sstatus, t0
	sret
1:	ecall
	entry	user_call_done
	nop

/* says what the trap was: a0 scause, a1 stval, a2 sepc, a3 sstatus */
	entry	traps
	csrr	a0, scause
	csrr	a1, stval
	csrr	a2, sepc
	csrr	a3, sstatus
	li	t0, GUEST_TRAP
	sb	a0, (t0)
	j	.

	entry	spin
	la	t0, traps
	csrw	stvec, t0
1:	j	1b

	entry	wait
	la	t0, traps
	csrw	stvec, t0
1:	wfi
	entry	waited
	li	t0, GUEST_SYNC
	sb	a0, (t0)
	j	1b

/* ---- harts -------------------------------------------------------------------- */

/* says what it began with: a2 sstatus, a3 satp, a4 sie */
	entry	hart_main
	csrr	a2, sstatus
	csrr	a3, satp
	csrr	a4, sie
	sync
	/* what the next start must not find again */
	li	t0, 0x222
	csrw	sie, t0
	csrsi	sip, SIE_SOFT
	li	a7, EXT_HSM
	li	a6, HSM_STOP
	ecall
	sync
	j	.

/* counts its starts at GUEST_DATA, and stops */
	entry	hart_count
	li	t0, GUEST_DATA
	lw	t1, (t0)
	addiw	t1, t1, 1
	sw	t1, (t0)
	fence
	li	a7, EXT_HSM
	li	a6, HSM_STOP
	ecall
	sync
	j	.

/* hart s0, which is at hart_count, is started s1 times; a0: error, a1: rounds left */
	entry	start_count
	li	a7, EXT_HSM
1:	mv	a0, s0
	la	a1, hart_count
	mv	a2, s1
	li	a6, HSM_START
	ecall
	bnez	a0, 3f
2:	mv	a0, s0
	li	a6, HSM_STATUS
	ecall
	bnez	a0, 3f
	li	t0, STOPPED
	bne	a1, t0, 2b
	addi	s1, s1, -1
	bnez	s1, 1b
3:	mv	a1, s1
	sync
	j	.

/* ---- fences --------------------------------------------------------------------- */

/* a0: an address; what is there to (a1), how often it was read to 8(a1) */
	entry	fence_reader
1:	ld	t0, (a0)
	sd	t0, (a1)
	fence	rw, rw
	ld	t1, 8(a1)
	addi	t1, t1, 1
	sd	t1, 8(a1)
	j	1b

/*
 * s0: a page table entry, s1 and s2: what stands there by turns, s3: the reader's
 * block, s4: its hart mask, s5 and s6: what it reads then, s7: the address, s8: rounds.
 * a0: 0, a1: rounds left; else an error, or what it read instead in a2
 */
	entry	fence_writer
	li	a7, EXT_RFENCE
1:	sd	s1, (s0)
	fence	rw, rw
	mv	a0, s4
	li	a1, 0
	mv	a2, s7
	li	a3, 0x1000
	li	a6, 1
	ecall
	bnez	a0, 4f
	/* what it reads from now on is the new one */
	ld	t1, 8(s3)
2:	ld	t2, 8(s3)
	sub	t2, t2, t1
	sltiu	t2, t2, 2
	bnez	t2, 2b
	fence	rw, rw
	ld	a2, (s3)
	li	a0, 1
	bne	a2, s5, 4f
	mv	t0, s1
	mv	s1, s2
	mv	s2, t0
	mv	t0, s5
	mv	s5, s6
	mv	s6, t0
	addi	s8, s8, -1
	bnez	s8, 1b
	li	a0, 0
4:	mv	a1, s8
	sync
	j	.

/* all fence all: s8 rounds of each of the three. a0: error, a1: rounds left */
	entry	fence_all
	li	a7, EXT_RFENCE
1:	li	a6, 0
2:	li	a0, 0
	li	a1, -1
	li	a2, 0
	li	a3, -1
	li	a4, 3
	ecall
	bnez	a0, 3f
	addi	a6, a6, 1
	li	t0, 3
	bne	a6, t0, 2b
	addi	s8, s8, -1
	bnez	s8, 1b
3:	mv	a1, s8
	sync
	j	.

/* ---- IPIs ------------------------------------------------------------------------ */

/*
 * Two harts that send each other IPIs by turns: s0: the other's mask, s1: rounds, a
 * pair of words at s2 and s3: how many each has got. The one with s4 set begins.
 */
	entry	ping_pong
	la	t0, ping_handler
	csrw	stvec, t0
	csrw	sie, SIE_SOFT
	li	a7, EXT_IPI
	li	a6, 0
	beqz	s4, 2f
1:	mv	a0, s0
	li	a1, 0
	ecall
	bnez	a0, 3f
2:	wfi
	csrsi	sstatus, SSTATUS_SIE
	csrci	sstatus, SSTATUS_SIE
	lw	t1, (s2)
	beq	t1, s5, 2b
	mv	s5, t1
	bltu	t1, s1, 1b
	/* the last one for the other */
	bnez	s4, 3f
	mv	a0, s0
	li	a1, 0
	ecall
3:	sync
	j	.

	entry	ping_handler
	csrci	sip, SIE_SOFT
	lw	t0, (s2)
	addiw	t0, t0, 1
	sw	t0, (s2)
	sret

/* ---- the timer -------------------------------------------------------------------- */

/*
 * An event in a2 ticks, by SBI, or with a3 by stimecmp; waited for in wfi, or with a4
 * in a loop. The handler says: a0 scause, a1 the time, a2 what it was to be.
 */
	entry	timer
	la	t0, timer_handler
	csrw	stvec, t0
	li	t0, SIE_TIMER
	csrw	sie, t0
	rdtime	s0
	add	s0, s0, a2
	bnez	a3, 1f
	mv	a0, s0
	li	a7, 0x54494d45
	li	a6, 0
	ecall
	j	2f
1:	csrw	stimecmp, s0
2:	csrsi	sstatus, SSTATUS_SIE
	bnez	a4, 4f
3:	wfi
	j	3b
4:	j	4b

	entry	timer_handler
	rdtime	a1
	csrr	a0, scause
	mv	a2, s0
	csrr	a3, sip
	sync
	/* it goes away with a later event */
	li	a0, -1
	li	a7, 0x54494d45
	li	a6, 0
	ecall
	csrr	a3, sip
	sync
	j	.

/* the time to GUEST_DATA, for ever */
	entry	clock
	li	t0, GUEST_DATA
1:	rdtime	t1
	sd	t1, (t0)
	j	1b

/* a1: the time, a2: 10000 reads later */
	entry	time
	rdtime	a1
	li	t1, 10000
1:	rdtime	a2
	addi	t1, t1, -1
	bnez	t1, 1b
	sync
	j	time
