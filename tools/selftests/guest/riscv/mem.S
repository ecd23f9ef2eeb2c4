/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that touches memory the test names in registers: mem_*.c. */
#include "common.h"

	entry	finish
	li	a7, SBI_HVC
	entry	done
	ecall
	j	finish

	entry	read
	ld	a0, (a1)
	j	finish

	entry	write
	sd	a2, (a1)
	j	finish

	entry	jump
	jr	a1

/* the sum of the first words of a3 pages, a2 bytes apart; each is then a4 */
	entry	sweep
	li	a0, 0
1:	ld	t0, (a1)
	add	a0, a0, t0
	sd	a4, (a1)
	add	a1, a1, a2
	addi	a3, a3, -1
	bnez	a3, 1b
	j	finish

/* the same without writing */
	entry	sum
	li	a0, 0
1:	ld	t0, (a1)
	add	a0, a0, t0
	add	a1, a1, a2
	addi	a3, a3, -1
	bnez	a3, 1b
	j	finish

.macro one_more reg
	ld	t0, 8(\reg)
	addi	t0, t0, 1
	sd	t0, 8(\reg)
.endm

/* for ever: what is at a1 goes to GUEST_DATA, and a count */
	entry	watch
	li	s0, GUEST_DATA
1:	ld	a0, (a1)
	sd	a0, (s0)
	one_more s0
	j	1b

/* for ever: a count goes to a1 */
	entry	count
	li	s0, GUEST_DATA
1:	addi	a0, a0, 1
	sd	a0, (a1)
	one_more s0
	j	1b

/*
 * For ever: the first words of a3 pages from a1 on, a5 bytes apart, are the rounds
 * made, which are counted at GUEST_DATA + 8, and become one more.
 */
	entry	tally
	li	s0, GUEST_DATA
	ld	a4, 8(s0)
1:	mv	s1, a1
	mv	a2, a3
2:	ld	a0, (s1)
	bne	a0, a4, complain
	addi	a0, a0, 1
	sd	a0, (s1)
	add	s1, s1, a5
	addi	a2, a2, -1
	bnez	a2, 2b
	addi	a4, a4, 1
	sd	a4, 8(s0)
	j	1b

/*
 * For ever, and without writing: the first of them is what GUEST_DATA + 16 says,
 * each further one more by GUEST_DATA + 24.
 */
	entry	verify
	li	s0, GUEST_DATA
2:	mv	s1, a1
	mv	a2, a3
	ld	a4, 16(s0)
1:	ld	a0, (s1)
	bne	a0, a4, complain
	ld	t0, 24(s0)
	add	a4, a4, t0
	add	s1, s1, a5
	addi	a2, a2, -1
	bnez	a2, 1b
	one_more s0
	j	2b

/* For ever: a count goes to all of them. */
	entry	stamp
	li	s0, GUEST_DATA
2:	mv	s1, a1
	mv	a2, a3
	addi	a0, a0, 1
1:	sd	a0, (s1)
	add	s1, s1, a5
	addi	a2, a2, -1
	bnez	a2, 1b
	one_more s0
	j	2b

/* Where, what is there, what should be. */
complain:
	li	s0, GUEST_DATA
	sd	s1, 32(s0)
	sd	a0, 40(s0)
	sd	a4, 48(s0)
	j	finish
