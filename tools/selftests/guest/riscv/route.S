/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests for event routes: route_*.c. They write to AXT_ADDR what is in AXT_VALUE, or
 * serve interrupts.
 */
#include "common.h"
#include "guest/route.h"

	entry	done
	hvc
	j	done

	entry	write8
	sb	a2, (a1)
	j	done

	entry	write16
	sh	a2, (a1)
	j	done

	entry	write32
	sw	a2, (a1)
	j	done

	entry	write64
	sd	a2, (a1)
	j	done

	entry	read32
	lwu	a0, (a1)
	j	done

/* AXT_COUNT writes of 32 bits, each of one more than the last */
	entry	write_many
1:	sw	a2, (a1)
	addiw	a2, a2, 1
	addi	a3, a3, -1
	bnez	a3, 1b
	j	done

/* the same of the value's last two bits */
	entry	write_four
1:	andi	a0, a2, 3
	sw	a0, (a1)
	addiw	a2, a2, 1
	addi	a3, a3, -1
	bnez	a3, 1b
	j	done

/* The software interrupt and the external one; handlers by what there is to be done. */
.macro irqs_on handler
	la	t0, \handler
	csrw	stvec, t0
	li	t0, SIE_SOFT | SIE_EXT
	csrw	sie, t0
	csrsi	sstatus, SSTATUS_SIE
.endm

/* AXT_COUNT times: write, and wait for an interrupt */
	entry	loopback
	irqs_on	edge_handler
	li	s0, ROUTE_COUNT
1:	lw	a0, (s0)
	sw	a2, (a1)
2:	lw	t0, (s0)
	beq	a0, t0, 2b
	addi	a3, a3, -1
	bnez	a3, 1b
	csrci	sstatus, SSTATUS_SIE
	j	done

/* ---- interrupts ------------------------------------------------------------------- */

	entry	serve
	irqs_on	either_handler
	li	s0, ROUTE_READY
	li	t0, 1
	sw	t0, (s0)
1:	wfi
	j	1b

	entry	serve_spinning
	irqs_on	either_handler
	li	s0, ROUTE_READY
	li	t0, 1
	sw	t0, (s0)
1:	j	1b

/* t3 to t6 are lost */
.macro work
	fence
	.set	job, 0
	.rept	ROUTE_JOBS
	li	t3, ROUTE_PENDING + 4 * job
	amoswap.w.aqrl t4, zero, (t3)
	lw	t5, ROUTE_WORKED - ROUTE_PENDING(t3)
	addw	t5, t5, t4
	sw	t5, ROUTE_WORKED - ROUTE_PENDING(t3)
	.set	job, job + 1
	.endr
	li	t3, ROUTE_COUNT
	lw	t4, (t3)
	addiw	t4, t4, 1
	sw	t4, (t3)
	sret
.endm

either_handler:
	csrr	t3, scause
	andi	t3, t3, 0xf
	li	t4, 9
	beq	t3, t4, level_handler

	entry	edge_handler
	csrci	sip, SIE_SOFT
	work

/* the line falls before the work is looked at, so that none is missed */
	entry	level_handler
	li	t3, ROUTE_ACK
	li	t4, 1
	sw	t4, (t3)
	work
