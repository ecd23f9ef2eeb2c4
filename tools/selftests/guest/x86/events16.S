/* SPDX-License-Identifier: GPL-2.0-only */
/* Real-mode code for events. */
#include "common.h"
#include "traps.h"

	.code16
	entry	spin
	pause
	jmp	spin

	entry	halt_loop
	sti
	hlt
	entry	halt_after
	jmp	halt_loop

	entry	int_21
	int	$0x21
	entry	int_21_after
	jmp	spin

	entry	invalid
	ud2

	TRAPS16
