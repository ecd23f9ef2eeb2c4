/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests for event routes: route_*.c. They write to AXT_ADDR what is in AXT_VALUE, or
 * serve interrupts.
 */
#include "common.h"
#include "guest/route.h"

	entry	done
	exit
	b	done

	entry	write8
	strb	w2, [x1]
	b	done

	entry	write16
	strh	w2, [x1]
	b	done

	entry	write32
	str	w2, [x1]
	b	done

	entry	write64
	str	x2, [x1]
	b	done

	entry	read32
	ldr	w0, [x1]
	b	done

/* AXT_COUNT writes of 32 bits, each of one more than the last */
	entry	write_many
1:	str	w2, [x1]
	add	w2, w2, #1
	subs	x3, x3, #1
	b.ne	1b
	b	done

/* the same of the value's last two bits */
	entry	write_four
1:	and	w0, w2, #3
	str	w0, [x1]
	add	w2, w2, #1
	subs	x3, x3, #1
	b.ne	1b
	b	done

/* AXT_COUNT times: write, and wait for an interrupt */
	entry	loopback
	irqs_to	edge_vectors, x9
	msr	daifclr, #2
	li	x19, ROUTE_COUNT
1:	ldr	w0, [x19]
	str	w2, [x1]
2:	ldr	w9, [x19]
	cmp	w0, w9
	b.eq	2b
	subs	x3, x3, #1
	b.ne	1b
	msr	daifset, #2
	b	done

/* ---- interrupts ------------------------------------------------------------------- */

	entry	serve
	irqs_to	vectors, x9
	msr	daifclr, #2
	li	x19, ROUTE_READY
	mov	w9, #1
	str	w9, [x19]
1:	wfi
	b	1b

	entry	serve_spinning
	irqs_to	vectors, x9
	msr	daifclr, #2
	li	x19, ROUTE_READY
	mov	w9, #1
	str	w9, [x19]
1:	b	1b

/* x10 to x15 are lost; x10 is the interrupt */
.macro work
	dmb	ish
	.set	job, 0
	.rept	ROUTE_JOBS
	li	x11, (ROUTE_PENDING + 4 * job)
1:	ldaxr	w12, [x11]
	stlxr	w13, wzr, [x11]
	cbnz	w13, 1b
	ldr	w13, [x11, #ROUTE_WORKED - ROUTE_PENDING]
	add	w13, w13, w12
	str	w13, [x11, #ROUTE_WORKED - ROUTE_PENDING]
	.set	job, job + 1
	.endr
	li	x11, ROUTE_COUNT
	ldr	w12, [x11]
	add	w12, w12, #1
	str	w12, [x11]
	msr	ICC_EOIR1_EL1, x10
	eret
.endm

	entry	either_handler
	mrs	x10, ICC_IAR1_EL1
	cmp	x10, #GUEST_LEVEL_INTID
	b.eq	acknowledge
	work

	entry	edge_handler
	mrs	x10, ICC_IAR1_EL1
	work

/* the line falls before the work is looked at, so that none is missed */
	entry	level_handler
	mrs	x10, ICC_IAR1_EL1
acknowledge:
	li	x11, ROUTE_ACK
	mov	w12, #1
	str	w12, [x11]
	work

	VECTORS	vectors, astray, either_handler

/* the same with all of them edges */
	.balign	2048
edge_vectors:
	.skip	0x280
	b	edge_handler
