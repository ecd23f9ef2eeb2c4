/* SPDX-License-Identifier: GPL-2.0-only */
/* For guests: macros that several have use for. */
#ifndef AXV_SELFTEST_GUEST_COMMON_H
#define AXV_SELFTEST_GUEST_COMMON_H

#include "guest.h"

/* An entry point that C can name: GUEST_SYM(file, name). */
.macro entry name
	.globl	\name
\name:
.endm

/* "Here I am": an IO_WRITE of al to GUEST_PORT. dx is lost. */
.macro sync
	mov	$GUEST_PORT, %dx
	out	%al, %dx
.endm

#endif /* AXV_SELFTEST_GUEST_COMMON_H */
