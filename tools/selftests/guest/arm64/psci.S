/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that call the firmware, and CPUs that others start and stop: arm64_psci.c. */
#include "common.h"
#include "traps.h"

#define CPU_OFF		0x84000002
#define CPU_ON		0xc4000003
#define AFFINITY_INFO	0xc4000004
#define ALREADY_ON	4
#define OFF		1

/* a call with the registers as they are, again and again; x16 is lost */
	entry	call
	hvc	#0
	entry	call_done
	sync
	b	call

	entry	call_smc
	smc	#0
	entry	call_smc_done
	sync
	b	call_smc

/* the same in EL0: none of its business */
	entry	user_call
	hvc	#0
	b	user_call
	entry	user_smc
	smc	#0
	b	user_smc

	entry	spin
	b	spin

	entry	wait
	gic_on	x9
	mov	x0, #0
1:	wfi
	entry	waited
	add	x0, x0, #1
	sync
	b	1b

/* says what it began with: x0 stays, x1 DAIF, x2 CurrentEL, x3 SCTLR_EL1, x4 SPSel */
	entry	cpu_main
	mrs	x1, daif
	mrs	x2, currentel
	mrs	x3, sctlr_el1
	mrs	x4, spsel
	mrs	x5, mpidr_el1
	sync
	/* what the next start must not find again */
	msr	daifclr, #15
	msr	spsel, #0
	li	x0, CPU_OFF
	hvc	#0
	/* it came back: not here */
	mov	x0, #0x66
	sync
	b	.

/* counts its starts at GUEST_DATA, and stops */
	entry	cpu_count
	li	x9, GUEST_DATA
	ldr	w10, [x9]
	add	w10, w10, #1
	str	w10, [x9]
	dsb	sy
	li	x0, CPU_OFF
	hvc	#0
	sync
	b	.

/* CPU x19, which is at cpu_count, is started x20 times; x0: error, x1: rounds left */
	entry	start_count
1:	li	x0, CPU_ON
	mov	x1, x19
	adr	x2, cpu_count
	mov	x3, x20
	hvc	#0
	cbnz	x0, 3f
2:	li	x0, AFFINITY_INFO
	mov	x1, x19
	mov	x2, #0
	hvc	#0
	cmp	x0, #OFF
	b.ne	2b
	subs	x20, x20, #1
	b.ne	1b
	mov	x0, #0
3:	mov	x1, x20
	sync
	b	.

/* suspended to power-down: it comes back here, with x0 what was asked for */
	entry	resumed
	mrs	x1, sctlr_el1
	mrs	x2, daif
	sync
	b	.

	TRAPS
