/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests for tests of the life cycle: they sync, spin, count, halt, wait. */
#include "common.h"

	entry	sync_loop		/* x0 = 1, 2, 3 ... at each sync */
	mov	x0, #0
1:	add	x0, x0, #1
	sync
	b	1b

	entry	spin			/* for ever, without an exit */
	b	spin

.macro one_more at
	ldr	w20, [x19, \at]
	add	w20, w20, #1
	str	w20, [x19, \at]
.endm

	entry	count			/* a word of memory that moves */
	li	x19, GUEST_DATA
1:	one_more #0
	b	1b

	entry	count_other		/* another one, for a second vCPU */
	li	x19, (GUEST_DATA + 0x40)
1:	one_more #0
	b	1b

	entry	halt			/* again and again, interrupts off */
	wfi
	b	halt

	entry	hypercall		/* nr 5, six arguments; result to memory */
	mov	x0, #5
	mov	x1, #11
	mov	x2, #12
	mov	x3, #13
	mov	x4, #14
	exit
	li	x1, GUEST_DATA
	str	w0, [x1]
	sync

	entry	read_port		/* a byte of x0 from a hole; result to memory */
	li	x1, (GUEST_SYNC + 1)
	li	x2, GUEST_DATA
1:	li	x0, 0xaabbccdd
	ldrb	w3, [x1]
	bfi	x0, x3, #0, #8
	str	w0, [x2]
	sync
	b	1b

/* Interrupts and exceptions come to the handlers below. */
.macro irqs_on
	irqs_to	vectors, x19
	li	x19, GUEST_DATA
	mov	w20, #1
	msr	daifclr, #2
	str	w20, [x19]
.endm

	entry	irq_spin		/* serves interrupts and exceptions, spins */
	irqs_on
1:	b	1b

	entry	irq_halt		/* the same, halted between them */
	irqs_on
1:	wfi
	one_more #4
	b	1b

	entry	irq_handler
	mrs	x17, ICC_IAR1_EL1
	li	x16, GUEST_DATA
	ldr	w18, [x16, #8]
	add	w18, w18, #1
	str	w18, [x16, #8]
	msr	ICC_EOIR1_EL1, x17
	eret

	entry	nmi_handler
	li	x16, GUEST_DATA
	ldr	w18, [x16, #12]
	add	w18, w18, #1
	str	w18, [x16, #12]
	eret

	VECTORS	vectors, nmi_handler, irq_handler
