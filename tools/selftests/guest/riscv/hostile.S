/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that never end and keep the kernel busy with it: hostile_riscv.c. */
#include "common.h"

	.option	norvc

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

/* tables of its own that map nothing it could go on with */
	entry	no_tables
	li	t0, 8 << 60 | 0x3ff
	csrw	satp, t0
	sfence.vma
	nop
	j	no_tables
