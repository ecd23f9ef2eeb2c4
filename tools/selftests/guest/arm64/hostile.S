/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that never end and keep the kernel busy with it: hostile_loops.c. And the two
 * of hostile_race.c.
 */
#include "common.h"
#include "traps.h"

#define SYSREG	S3_0_C15_C7_7

/* exceptions go on at @label, as they are; @reg is lost */
.macro all_to label, reg
	adr	\reg, \label
	msr	vbar_el1, \reg
	isb
.endm

/* without an exit; x0 is moved that the loop may be seen to go on */
	entry	spin_masked
	msr	daifset, #15
1:	add	x0, x0, #1
	b	1b

	entry	spin_open
	gic_on	x9
	msr	daifclr, #15
1:	add	x0, x0, #1
	b	1b

/* waits for what cannot come */
	entry	halt_masked
	msr	daifset, #15
1:	wfi
	b	1b

/* ... of either kind */
	entry	halt_event
	sevl
1:	wfe
	b	1b

/* no handler: what is at 0x200 is no instruction either */
	entry	no_handler
	msr	vbar_el1, xzr
	isb
	udf	#0

/* the handler's own address is none */
	entry	handler_in_a_hole
	mov	x9, #GUEST_MMIO
	msr	vbar_el1, x9
	isb
	udf	#0

/* calls that the kernel answers, one after another: the version of PSCI */
	entry	calls
	li	x0, 0x84000000
	hvc	#0
	li	x0, 0x84000000
	smc	#0
	b	calls

/* ... and of services that there are not */
	entry	unknown_calls
	li	x0, 0x84000050
	hvc	#0
	li	x0, 0xc4000fff
	smc	#0
	b	unknown_calls

/* ... to start itself, and who is not there */
	entry	wrong_calls
	li	x0, 0xc4000003
	mov	x1, #0
	adr	x2, wrong_calls
	hvc	#0
	li	x0, 0xc4000003
	mov	x1, #-1
	hvc	#0
	li	x0, 0xc4000004
	mov	x1, #0xff
	mov	x2, #7
	hvc	#0
	b	wrong_calls

/* all there is to flush, of all CPUs */
	entry	fences
	tlbi	vmalle1is
	tlbi	vaae1is, xzr
	dsb	sy
	ic	ialluis
	isb
	b	fences

/* by set and way, which no guest should */
	entry	set_way
	mov	x9, #0
1:	dc	isw, x9
	dc	csw, x9
	dc	cisw, x9
	add	x9, x9, #64
	and	x9, x9, #0xffff
	b	1b

/* IPIs to itself and all others that it does not take */
	entry	own_ipis
	msr	daifset, #15
1:	mov	x9, #1
	msr	ICC_SGI1R_EL1, x9
	mov	x9, #(1 << 40)
	msr	ICC_SGI1R_EL1, x9
	isb
	b	1b

/* ... and that it takes */
	entry	irq_storm
	irqs_to	storm_vectors, x9
	msr	daifclr, #2
	li	x9, 0x1000001
1:	msr	ICC_SGI1R_EL1, x9
	isb
	b	1b
storm_irq:
	mrs	x10, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x10
	eret

/* waits for what is there */
	entry	wfi_pending
	gic_on	x9
	msr	daifset, #15
	li	x9, 0x1000001
	msr	ICC_SGI1R_EL1, x9
	isb
1:	wfi
	b	1b

/* timers that are always in the past, with a handler that leaves them there */
	entry	timer_past
	irqs_to	storm_vectors, x9
	mov	x9, #1
	msr	cntv_cval_el0, xzr
	msr	cntv_ctl_el0, x9
	msr	cntp_cval_el0, xzr
	msr	cntp_ctl_el0, x9
	msr	daifclr, #2
1:	msr	cntp_tval_el0, xzr
	mrs	x9, cntp_tval_el0
	mrs	x9, cntpct_el0
	b	1b

/* registers that are the hypervisor's, of the debugger and of nobody; each is a trap */
	entry	sys_traps
	all_to	skip_vectors, x9
1:	mrs	x9, hcr_el2
	msr	vttbr_el2, x9
	mrs	x9, SYSREG
	msr	SYSREG, x9
	mrs	x9, S3_1_C15_C0_0
	mrs	x9, id_aa64pfr0_el1
	mrs	x9, pmcr_el0
	msr	pmcr_el0, x9
	mrs	x9, dbgbvr0_el1
	msr	dbgbvr0_el1, x9
	msr	oslar_el1, xzr
	mrs	x9, actlr_el1
	msr	actlr_el1, x9
	mrs	x9, S3_0_C12_C12_5
	mrs	x9, S2_7_C15_C15_7
	at	s12e1r, x9
	b	1b

/* a page that is never there: of its own tables, so its handler is asked, for ever */
	entry	fault_flood
	all_to	again_vectors, x9
	mov	x10, #-8
1:	tlbi	vmalle1
	dsb	nsh
	ldr	x9, [x10]
	b	1b

/* breakpoints with a handler that makes the next one */
	entry	recursion
	all_to	brk_vectors, x9
	brk	#0

/* tables of its own that map nothing it could go on with */
	entry	no_tables
	li	x9, 0xffffffff000
	msr	ttbr0_el1, x9
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	nop
	b	no_tables

/* a state that there is not: an illegal return, for ever */
	entry	illegal_return
	all_to	again_vectors, x9
1:	mov	x9, #9
	msr	spsr_el1, x9
	adr	x9, 1b
	msr	elr_el1, x9
	eret

	VECTORS	storm_vectors, astray, storm_irq

/* behind the instruction, whatever it was */
	.balign	2048
skip_vectors:
	.skip	0x200
	mrs	x17, elr_el1
	add	x17, x17, #4
	msr	elr_el1, x17
	eret

/* the same once more */
	.balign	2048
again_vectors:
	.skip	0x200
	msr	daifclr, #2
	eret

	.balign	2048
brk_vectors:
	.skip	0x200
	brk	#1

/* ---- instructions that are changed while they are looked at -------------------------- */

/* x1: a device, x2 a value, both by the test; whatever is in the slot, for ever */
	.balign	64
	entry	race
	adr	x9, race_slot
	dc	cvau, x9
	dsb	ish
	ic	ivau, x9
	dsb	ish
	isb
	b	race_slot
	.balign	64
	entry	race_slot
	nop
	nop
	b	race

/* the other vCPU: x0 and x4 by turns into the word at x1, every x3 loops */
	.balign	4096
	entry	flip
	li	x19, (GUEST_DATA + 0x8000)
1:	str	x0, [x1]
	mov	x9, x3
2:	subs	x9, x9, #1
	b.ne	2b
	str	x4, [x1]
	mov	x9, x3
3:	subs	x9, x9, #1
	b.ne	3b
	ldr	x9, [x19]
	add	x9, x9, #1
	str	x9, [x19]
	b	1b

/* One instruction and what makes it eight bytes: the slot is written at once. */
.macro SLOT name, insn:vararg
	.balign	8
	entry	\name
	\insn
	nop
.endm
	SLOT	s_write32, str w2, [x1]
	SLOT	s_read32, ldr w5, [x1]
	SLOT	s_write8, strb w2, [x1]
	SLOT	s_write_next, str x2, [x1, #8]
	SLOT	s_read64, ldr x5, [x1]
	SLOT	s_read8, ldrb w6, [x1]
	SLOT	s_read_f32, ldr s0, [x1]
	SLOT	s_read_post, ldr w5, [x1], #0
	SLOT	s_write_post, str w2, [x1], #0
	SLOT	s_write_pre64, str x2, [x1, #0]!
	SLOT	s_reserve, ldxr w5, [x1]
	SLOT	s_register, add x5, x2, #1
	SLOT	s_sys_read, mrs x5, SYSREG
	SLOT	s_sys_write, msr SYSREG, x2
	SLOT	s_wfi, wfi
	SLOT	s_call, hvc #1
	SLOT	s_brk, brk #0
	SLOT	s_invalid, udf #0
	SLOT	s_eret, eret
	SLOT	s_tlbi, tlbi vmalle1
	SLOT	s_sctlr, msr sctlr_el1, x2
	SLOT	s_daif, msr daifset, #2
	SLOT	s_smc, smc #0

/* ---- page tables that change while they are walked ----------------------------------- */

/* writes and reads at x1, for ever */
	.balign	64
	entry	touch
	str	w2, [x1]
	ldr	w5, [x1]
	lsr	x9, x1, #12
	tlbi	vaae1is, x9
	dsb	ish
	isb
	b	touch

	TRAPS
