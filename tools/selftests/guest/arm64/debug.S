/* SPDX-License-Identifier: GPL-2.0-only */
/* Stepped through, stopped by breakpoints, and with debug registers of its own: arm64_debug.c. */
#include "common.h"
#include "traps.h"

	entry	done
	exit
	b	done

/* x1: a hole, x3: memory */
	entry	steps
	nop
	entry	step1
	add	x0, x0, #1
	entry	step2
	ldr	x4, [x3]
	entry	step3
	str	w0, [x1]
	entry	step4
	mrs	x5, id_aa64pfr0_el1
	entry	step5
	msr	mdscr_el1, xzr
	entry	step6
	b	step7
	nop
	entry	step7
	ldr	w6, [x1]
	entry	step8
	mov	x7, #8
	b	done

	entry	step_into
	nop
	entry	step_udf
	udf	#0

	entry	software
	brk	#7
	entry	software_next
	b	done

/*
 * x0, x1: DBGBCR0, DBGBVR0; x2, x3: DBGWCR0, DBGWVR0; x4: MDSCR. Then, debug exceptions
 * being let in, to "target"; or to x5 with SPSR x6.
 */
.macro program
	msr	dbgbvr0_el1, x1
	msr	dbgbcr0_el1, x0
	msr	dbgwvr0_el1, x3
	msr	dbgwcr0_el1, x2
	msr	mdscr_el1, x4
	isb
.endm

	entry	own
	program
	msr	daifclr, #8
	entry	target
	nop
	entry	target_load
	ldr	x9, [x10]
	entry	target_end
	exit
	b	target_end

	entry	own_eret
	program
	msr	elr_el1, x5
	msr	spsr_el1, x6
	eret

/* exits in between, x7 of them, x8: a hole */
	entry	own_exits
	program
	msr	daifclr, #8
1:	str	w7, [x8]
	subs	x7, x7, #1
	b.ne	1b
	b	done

/* for a host's thread, too, which has this page at the same address */
	entry	shared
	ret

/* EL0: it is reached by a call, and left by what is undefined there */
	entry	call_shared
	bl	shared
	entry	call_shared_end
	udf	#0

/* One register: x0 is written, what is read then comes back in x1. */
.macro ACCESS name, reg
	entry	write_\name
	msr	\reg, x0
	entry	read_\name
	mrs	x1, \reg
	b	done
.endm

	ACCESS	bvr0, dbgbvr0_el1
	ACCESS	bcr0, dbgbcr0_el1
	ACCESS	wvr0, dbgwvr0_el1
	ACCESS	wcr0, dbgwcr0_el1
	ACCESS	bcr15, dbgbcr15_el1
	ACCESS	wcr15, dbgwcr15_el1
	ACCESS	mdscr, mdscr_el1
	ACCESS	osdlr, osdlr_el1
	ACCESS	claim, dbgclaimset_el1

	entry	lock			/* x0 to OSLAR_EL1, x1: OSLSR_EL1 */
	msr	oslar_el1, x0
	mrs	x1, oslsr_el1
	b	done

	TRAPS
