/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that goes round and round and looks whether all that it has put somewhere is
 * still there: registers of all kinds, CSRs, memory, its clock and its timer. After each
 * round it says so with an exit that any hypervisor has. s0 is its area (state.h).
 */
#include "common.h"
#include "state_asm.h"

	.option	norvc

#define SBI_TIME	0x54494d45

/* An exit that says @what; t0 and a0 are lost. */
.macro say what
	li	a0, \what
	sync
.endm

	entry	keeper
	fp_on
	csrw	sstatus, t0		/* with interrupts off */
	ld	t0, KEEP_SATP(s0)
	csrw	satp, t0
	sfence.vma
	ld	t0, KEEP_SIE(s0)
	csrw	sie, t0
	csrci	sip, 2
	ld	t0, KEEP_SIP(s0)
	csrs	sip, t0
	ld	t0, KEEP_STIMECMP(s0)
	beqz	t0, again
	csrw	stimecmp, t0
again:
	load_state
	ld	t6, KEEP_SPIN(s0)
1:	addi	t6, t6, -1
	bgtz	t6, 1b
	ld	t6, STATE_LOAD + 8 * 31(s0)
	dump_state

	/* registers */
	compare_state wrong_regs, wrong_vectors
	/* CSRs that the registers' pattern has not */
	ld	t0, KEEP_SATP(s0)
	csrr	t1, satp
	bne	t0, t1, wrong_csrs
	ld	t0, KEEP_SIE(s0)
	csrr	t1, sie
	bne	t0, t1, wrong_csrs
	ld	t0, KEEP_SIP(s0)
	csrr	t1, sip
	andi	t1, t1, 2
	bne	t0, t1, wrong_csrs
	csrr	t1, sstatus
	andi	t1, t1, SSTATUS_SIE
	bnez	t1, wrong_csrs
	ld	t0, KEEP_STIMECMP(s0)
	beqz	t0, 4f
	csrr	t1, stimecmp
	bne	t0, t1, wrong_csrs
4:
	/* time goes on, and is this machine's */
	li	t0, 7
	csrw	scounteren, t0
	rdtime	t0
	ld	t1, KEEP_TIME(s0)
	bltu	t0, t1, wrong_clock
	sd	t0, KEEP_TIME(s0)
	ld	t1, KEEP_TIME_END(s0)
	bgeu	t0, t1, wrong_clock

	/* memory */
	ld	a1, KEEP_PAGES(s0)
	ld	a2, KEEP_NR_PAGES(s0)
	ld	a3, KEEP_SEED(s0)
	li	t1, 0x1000
5:	ld	a4, (a1)
	xor	a5, a1, a3
	bne	a4, a5, wrong_memory
	sd	a4, 8(a1)
	add	a1, a1, t1
	addi	a2, a2, -1
	bgtz	a2, 5b

	/* the timer: not before it is time, and once */
	ld	a1, KEEP_TICKS(s0)
	beqz	a1, 8f
	la	t0, rings
	csrw	stvec, t0
	li	t0, SIE_TIMER
	csrw	sie, t0
	li	s1, 0
	rdtime	s2
	add	s2, s2, a1
	mv	a0, s2
	call	set_timer
6:	wfi				/* ends with one that is off, too */
	csrsi	sstatus, SSTATUS_SIE
	csrci	sstatus, SSTATUS_SIE
	beqz	s1, 6b
	ld	t0, KEEP_SIE(s0)
	csrw	sie, t0
	ld	t0, KEEP_RINGS(s0)
	addi	t0, t0, 1
	sd	t0, KEEP_RINGS(s0)
8:
	ld	t0, STATE_ROUNDS(s0)
	addi	t0, t0, 1
	sd	t0, STATE_ROUNDS(s0)
	say	KEEP_WELL
	j	again

/* The next event is at a0. */
set_timer:
	ld	t0, KEEP_STIMECMP(s0)
	beqz	t0, 1f
	csrw	stimecmp, a0
	ret
1:	li	a6, 0
	li	a7, SBI_TIME
	ecall
	ret

	.balign	4
rings:
	sd	ra, KEEP_SCRATCH(s0)
	rdtime	t0
	bltu	t0, s2, wrong_early
	csrr	t0, scause
	li	t1, 1 << 63 | 5
	bne	t0, t1, wrong_trap
	addi	s1, s1, 1
	ld	a0, KEEP_STIMECMP(s0)
	bnez	a0, 1f
	li	a0, -1
1:	call	set_timer
	ld	ra, KEEP_SCRATCH(s0)
	sret

.macro COMPLAINT what, code
wrong_\what:
	say	\code
	j	wrong_\what
.endm
	COMPLAINT regs, KEEP_REGS
	COMPLAINT vectors, KEEP_VECTORS
	COMPLAINT csrs, KEEP_CSRS
	COMPLAINT clock, KEEP_CLOCK
	COMPLAINT memory, KEEP_MEMORY
	COMPLAINT early, KEEP_EARLY
	/* where stvec points while none is expected */
	entry	trapped
	COMPLAINT trap, KEEP_TRAP
