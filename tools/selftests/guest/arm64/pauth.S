/* SPDX-License-Identifier: GPL-2.0-only */
/* Pointers are signed and looked at: arm64_pauth.c. */
#include "common.h"
#include "traps.h"

/* x0, signed with x1 by each key: x2 to x5, and by the generic one x6 */
.macro sign_all
	mov	x2, x0
	mov	x3, x0
	mov	x4, x0
	mov	x5, x0
	pacia	x2, x1
	pacib	x3, x1
	pacda	x4, x1
	pacdb	x5, x1
	pacga	x6, x0, x1
.endm

	entry	sign
	sign_all
	exit

/* x2 to x5, signed with x1: the addresses again, or else an exception or other ones */
	entry	check
	autia	x2, x1
	autib	x3, x1
	autda	x4, x1
	autdb	x5, x1
	exit

/* Again and again, until one differs from x20 to x24. An access to a device in between. */
	entry	spin
	sign_all
	cmp	x2, x20
	b.ne	1f
	cmp	x3, x21
	b.ne	1f
	cmp	x4, x22
	b.ne	1f
	cmp	x5, x23
	b.ne	1f
	cmp	x6, x24
	b.ne	1f
	li	x16, GUEST_SYNC
	strb	w25, [x16]
	b	spin
1:	exit
	b	1b

	TRAPS
