/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit code for events. */
#include "common.h"
#include "traps.h"

	.code32
	entry	spin
	pause
	jmp	spin

	TRAPS32
