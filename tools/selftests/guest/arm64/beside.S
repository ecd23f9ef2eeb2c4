/* SPDX-License-Identifier: GPL-2.0-only */
/* Code whose every result the test can compute itself: common/hostile.c. */
#include "common.h"

/* x0: start value, x6: rounds. Each changes 512 words and x0 by them. */
	entry	mix
	fp_on	x9
1:	li	x1, GUEST_DATA
	mov	x3, #512
2:	ldr	x9, [x1]
	eor	x0, x0, x9
	ror	x0, x0, #59
	add	x0, x0, x3
	str	x0, [x1], #8
	subs	x3, x3, #1
	b.ne	2b
	subs	x6, x6, #1
	b.ne	1b
	fmov	d31, x0
	fmov	x4, d31
	exit
	b	mix
