/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that touches memory the test names in registers: mem_*.c. */
#include "common.h"

	entry	finish
	entry	done
	exit
	b	finish

	entry	read
	ldr	x0, [x1]
	b	finish

	entry	write
	str	x2, [x1]
	b	finish

	entry	jump
	br	x1

/* the sum of the first words of x3 pages, x2 bytes apart; each is then x4 */
	entry	sweep
	mov	x0, #0
1:	ldr	x9, [x1]
	add	x0, x0, x9
	str	x4, [x1]
	add	x1, x1, x2
	subs	x3, x3, #1
	b.ne	1b
	b	finish

/* the same without writing */
	entry	sum
	mov	x0, #0
1:	ldr	x9, [x1]
	add	x0, x0, x9
	add	x1, x1, x2
	subs	x3, x3, #1
	b.ne	1b
	b	finish

.macro one_more reg
	ldr	x9, [\reg, #8]
	add	x9, x9, #1
	str	x9, [\reg, #8]
.endm

/* for ever: what is at x1 goes to GUEST_DATA, and a count */
	entry	watch
	li	x19, GUEST_DATA
1:	ldr	x0, [x1]
	str	x0, [x19]
	one_more x19
	b	1b

/* for ever: a count goes to x1 */
	entry	count
	li	x19, GUEST_DATA
1:	add	x0, x0, #1
	str	x0, [x1]
	one_more x19
	b	1b

/*
 * For ever: the first words of x3 pages from x1 on, x5 bytes apart, are the rounds
 * made, which are counted at GUEST_DATA + 8, and become one more.
 */
	entry	tally
	li	x19, GUEST_DATA
	ldr	x4, [x19, #8]
1:	mov	x20, x1
	mov	x2, x3
2:	ldr	x0, [x20]
	cmp	x0, x4
	b.ne	complain
	add	x0, x0, #1
	str	x0, [x20]
	add	x20, x20, x5
	subs	x2, x2, #1
	b.ne	2b
	add	x4, x4, #1
	str	x4, [x19, #8]
	b	1b

/*
 * For ever, and without writing: the first of them is what GUEST_DATA + 16 says,
 * each further one more by GUEST_DATA + 24.
 */
	entry	verify
	li	x19, GUEST_DATA
2:	mov	x20, x1
	mov	x2, x3
	ldr	x4, [x19, #16]
1:	ldr	x0, [x20]
	cmp	x0, x4
	b.ne	complain
	ldr	x9, [x19, #24]
	add	x4, x4, x9
	add	x20, x20, x5
	subs	x2, x2, #1
	b.ne	1b
	one_more x19
	b	2b

/* For ever: a count goes to all of them. */
	entry	stamp
	li	x19, GUEST_DATA
2:	mov	x20, x1
	mov	x2, x3
	add	x0, x0, #1
1:	str	x0, [x20]
	add	x20, x20, x5
	subs	x2, x2, #1
	b.ne	1b
	one_more x19
	b	2b

/* Where, what is there, what should be. */
complain:
	li	x19, GUEST_DATA
	str	x20, [x19, #32]
	str	x0, [x19, #40]
	str	x4, [x19, #48]
	b	finish
