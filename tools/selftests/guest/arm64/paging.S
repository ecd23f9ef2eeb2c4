/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One access to where x1 points, or an instruction that does not exist: arm64_paging.c,
 * arm64_exceptions.c. All of it ends in the vectors.
 */
#include "common.h"
#include "traps.h"

.macro PIECE name, insn:vararg
	entry	\name
	\insn
	svc	#0
.endm

	PIECE	load, ldr x0, [x1]
	PIECE	store, str x2, [x1]
	/* there is an svc */
	PIECE	jump, br x1
	PIECE	undefined, udf #0

	entry	flush
	tlbi	vmalle1
	dsb	ish
	isb
	svc	#0

	entry	ids
	mrs	x0, id_aa64mmfr0_el1
	mrs	x1, id_aa64mmfr1_el1
	mrs	x2, id_aa64mmfr2_el1
	svc	#0

	TRAPS
