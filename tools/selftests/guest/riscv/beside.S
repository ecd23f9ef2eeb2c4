/* SPDX-License-Identifier: GPL-2.0-only */
/* Code whose every result the test can compute itself: common/hostile.c. */
#include "common.h"

/* a0: start value, s1: rounds. Each changes 512 words and a0 by them. */
	entry	mix
	li	t0, 0x2000		/* FS: initial */
	csrs	sstatus, t0
1:	li	a1, GUEST_DATA
	li	a3, 512
2:	ld	t0, (a1)
	xor	a0, a0, t0
	slli	t1, a0, 5
	srli	a0, a0, 59
	or	a0, a0, t1
	add	a0, a0, a3
	sd	a0, (a1)
	addi	a1, a1, 8
	addi	a3, a3, -1
	bnez	a3, 2b
	addi	s1, s1, -1
	bnez	s1, 1b
	fmv.d.x	f31, a0
	fmv.x.d	a4, f31
	hvc
	j	mix
