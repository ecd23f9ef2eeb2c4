/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that never end and keep the kernel busy with it: hostile_loops.c. And the two
 * of hostile_race.c.
 */
#include "common.h"
#include "traps.h"

	.option	norvc

/* without an exit; a0 is moved that the loop may be seen to go on */
	entry	spin_masked
	csrci	sstatus, SSTATUS_SIE
1:	addi	a0, a0, 1
	j	1b

	entry	spin_open
	la	t0, 1f
	csrw	stvec, t0
	li	t0, SIE_SOFT | SIE_TIMER | SIE_EXT
	csrw	sie, t0
	csrsi	sstatus, SSTATUS_SIE
	.balign	4
1:	addi	a0, a0, 1
	j	1b

/* waits for what cannot come */
	entry	halt_masked
	csrw	sie, zero
1:	wfi
	j	1b

/* no handler: what is at 0 is no instruction either */
	entry	no_handler
	csrw	stvec, zero
	unimp

/* the handler's own address is none */
	entry	handler_in_a_hole
	li	t0, GUEST_MMIO
	csrw	stvec, t0
	unimp

/* the handler faults at once */
	entry	fault_in_handler
	la	t0, 1f
	csrw	stvec, t0
1:	li	t0, -8
	ld	t0, (t0)
	j	1b

/* calls that the kernel answers, one after another: of the base extension */
	entry	calls
	li	a7, 0x10
	li	a6, 3
	li	a0, 0x4d
	ecall
	j	calls

/* ... and of one that there is not */
	entry	unknown_calls
	li	a7, 0x12345678
	ecall
	j	unknown_calls

/* ... with all the fences that there are, of all harts */
	entry	fences
	li	s0, 0
1:	li	a7, 0x52464e43
	mv	a6, s0
	li	a0, -1
	li	a1, -1
	li	a2, 0
	li	a3, -1
	ecall
	sfence.vma
	fence.i
	addi	s0, s0, 1
	andi	s0, s0, 7
	j	1b

/* IPIs to itself that it does not take */
	entry	own_ipis
	li	a7, 0x735049
	li	a6, 0
	li	a0, 1
	li	a1, 0
	ecall
	j	own_ipis

/* ... and that it takes */
	entry	irq_storm
	la	t0, 2f
	csrw	stvec, t0
	csrw	sie, SIE_SOFT
	csrsi	sstatus, SSTATUS_SIE
1:	csrsi	sip, SIE_SOFT
	j	1b
	.balign	4
2:	csrci	sip, SIE_SOFT
	sret

/* waits for what is there */
	entry	wfi_pending
	csrw	sie, SIE_SOFT
	csrsi	sip, SIE_SOFT
1:	wfi
	j	1b

/* a timer that is always in the past, with a handler that leaves it there */
	entry	timer_past
	la	t0, 1f
	csrw	stvec, t0
	li	t0, SIE_TIMER
	csrw	sie, t0
	csrsi	sstatus, SSTATUS_SIE
	.balign	4
1:	li	a7, 0x54494d45
	li	a6, 0
	li	a0, 0
	ecall
	sret

/* CSRs that are the hypervisor's, and of nobody; each is a trap */
	entry	csr_traps
	la	t0, 2f
	csrw	stvec, t0
1:	csrr	t0, 0x600
	csrw	0x602, t0
	csrr	t0, 0x680
	csrw	0x200, t0
	csrr	t0, 0x5c0
	csrr	t0, 0x7a0
	hfence.gvma
	hlv.d	t0, (sp)
	j	1b
	.balign	4
2:	csrr	t0, sepc
	addi	t0, t0, 4
	csrw	sepc, t0
	sret

/* a page that is never there: of its own tables, so its handler is asked, for ever */
	entry	fault_flood
	la	t0, 1f
	csrw	stvec, t0
	li	t1, -8
	.balign	4
1:	sfence.vma
	ld	t0, (t1)
	j	1b

/* breakpoints and calls of its own, with a handler that makes the next one */
	entry	recursion
	la	t0, 1f
	csrw	stvec, t0
	.balign	4
1:	ebreak
	j	1b

/* tables of its own that map nothing it could go on with */
	entry	no_tables
	li	t0, 8 << 60 | 0x3ff
	csrw	satp, t0
	sfence.vma
	nop
	j	no_tables

/* ---- instructions that are changed while they are looked at -------------------------- */

/* a1: a device, a2 a value, both by the test; whatever is in the slot, for ever */
	.balign	64
	entry	race
	fence.i
	j	race_slot
	.balign	64
	entry	race_slot
	nop
	nop
	j	race

/* the other vCPU: a0 and a4 by turns into the word at a1, every a3 loops */
	.balign	4096
	entry	flip
	li	s0, GUEST_DATA + 0x8000
1:	sd	a0, (a1)
	mv	t0, a3
2:	addi	t0, t0, -1
	bnez	t0, 2b
	sd	a4, (a1)
	mv	t0, a3
3:	addi	t0, t0, -1
	bnez	t0, 3b
	ld	t0, (s0)
	addi	t0, t0, 1
	sd	t0, (s0)
	j	1b

/* One instruction and what makes it eight bytes: the slot is written at once. */
.macro SLOT name, insn:vararg
	.balign	8
	entry	\name
	\insn
	nop
.endm
/* The second half of a longer one in the place of the short one is harmless, too. */
.macro CSLOT name, insn:vararg
	.balign	8
	.option	push
	.option	rvc
	entry	\name
	\insn
	c.nop
	.option	pop
	nop
.endm
	SLOT	s_write32, sw a2, 0(a1)
	SLOT	s_read32, lwu a5, 0(a1)
	SLOT	s_write8, sb a2, 0(a1)
	SLOT	s_write_next, sd a2, 8(a1)
	SLOT	s_write_12, sw a2, 12(a1)
	SLOT	s_read_12, lwu a5, 12(a1)
	SLOT	s_read64, ld a5, 0(a1)
	SLOT	s_read8, lbu t1, 0(a1)
	SLOT	s_read_f32, flw fa0, 0(a1)
	SLOT	s_amo, amoadd.w a5, a2, (a1)
	SLOT	s_register, addi a5, a2, 1
	SLOT	s_csr_read, csrr a5, 0x5c0
	SLOT	s_csr_write, csrw 0x5c0, ra
	SLOT	s_wfi, wfi
	SLOT	s_call, ecall
	SLOT	s_ebreak, ebreak
	SLOT	s_invalid, unimp
	SLOT	s_sret, sret
	SLOT	s_sfence, sfence.vma
	SLOT	s_sstatus, csrw sstatus, a2
	CSLOT	s_c_read32, c.lw a5, 0(a1)
	CSLOT	s_c_write32, c.sw a2, 0(a1)
	CSLOT	s_c_ebreak, c.ebreak

/* ---- page tables that change while they are walked ----------------------------------- */

/* writes and reads at a1, for ever */
	.balign	64
	entry	touch
	sw	a2, (a1)
	lw	a5, (a1)
	sfence.vma a1, zero
	j	touch

	TRAPS
