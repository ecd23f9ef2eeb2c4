/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests for tests of the life cycle: they sync, spin, count, halt, wait. */
#include "common.h"

	entry	sync_loop		/* a0 = 1, 2, 3 ... at each sync */
	li	a0, 0
1:	addi	a0, a0, 1
	sync
	j	1b

	entry	spin			/* for ever, without an exit */
	j	spin

	entry	count			/* a word of memory that moves */
	li	s0, GUEST_DATA
1:	lw	s1, (s0)
	addiw	s1, s1, 1
	sw	s1, (s0)
	j	1b

	entry	count_other		/* another one, for a second vCPU */
	li	s0, GUEST_DATA + 0x40
1:	lw	s1, (s0)
	addiw	s1, s1, 1
	sw	s1, (s0)
	j	1b

	entry	halt			/* again and again, interrupts off */
	wfi
	j	halt

	entry	hypercall		/* nr 5, six arguments; result to memory */
	li	a6, 5
	li	a0, 11
	li	a1, 12
	li	a2, 13
	li	a3, 14
	hvc
	li	t0, GUEST_DATA
	sw	a0, (t0)
	sync

	entry	read_port		/* a byte of a0 from a hole; result to memory */
	li	t1, GUEST_SYNC + 1
	li	t2, GUEST_DATA
1:	li	a0, 0xaabbccdd
	lbu	t0, (t1)
	andi	a0, a0, ~0xff
	or	a0, a0, t0
	sw	a0, (t2)
	sync
	j	1b

/* Software interrupts and exceptions come to the handlers below. */
.macro irqs_on
	la	t0, irq_handler
	csrw	stvec, t0
	csrw	sie, SIE_SOFT
	li	s0, GUEST_DATA
	li	s1, 1
	csrsi	sstatus, SSTATUS_SIE
	sw	s1, (s0)
.endm

	entry	irq_spin		/* serves interrupts and exceptions, spins */
	irqs_on
1:	j	1b

	entry	irq_halt		/* the same, halted between them */
	irqs_on
1:	wfi
	lw	s1, 4(s0)
	addiw	s1, s1, 1
	sw	s1, 4(s0)
	j	1b

	entry	irq_handler
	csrr	t0, scause
	li	t1, GUEST_DATA
	bgez	t0, nmi_handler
	csrci	sip, SIE_SOFT
	lw	t0, 8(t1)
	addiw	t0, t0, 1
	sw	t0, 8(t1)
	sret

	entry	nmi_handler
	lw	t0, 12(t1)
	addiw	t0, t0, 1
	sw	t0, 12(t1)
	sret
