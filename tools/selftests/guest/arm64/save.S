/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program whose result depends on everything a vCPU holds, with an exit of every
 * kind on its way: exit_save.c moves it to another vCPU at each of them. x27 gathers
 * the result; x26 counts what went wrong.
 */
#include "common.h"
#include "traps.h"

#define BUFFER	(GUEST_DATA + 0x1000)
#define RESULT	GUEST_DATA
#define RO_PAGE	0x100000
#define SYSREG	S3_0_C15_C7_7

.macro mix reg
	ror	x27, x27, #57
	eor	x27, x27, \reg
	fmov	x9, d2
	add	x9, x9, x27
	fmov	d2, x9
	fmov	v31.d[1], x9
.endm

.macro mix_sys reg
	mrs	x10, \reg
	mix	x10
.endm

/* Time never goes back, whoever runs this. */
.macro clock
	isb
	mrs	x9, cntvct_el0
	cmp	x9, x25
	b.hs	1f
	add	x26, x26, #1
1:	mov	x25, x9
.endm

	entry	start
	gic_on	x9
	fp_on	x9
	has_gic	x9
	cbz	x9, 1f
	mov	x9, #0xf0
	msr	ICC_PMR_EL1, x9
1:
	li	x9, 0x0123456789abcdef
	fmov	d2, x9
	fmov	d0, x9
	movi	v31.2d, #0
	mov	x9, #0x18000000
	msr	fpsr, x9
	mov	x9, #0x3000000
	msr	fpcr, x9
	msr	contextidr_el1, x27
	msr	tpidr_el0, x27
	mov	x9, #3
	msr	cntkctl_el1, x9
	li	x27, 0x1f2e3d4c5b6a7988
	msr	tpidrro_el0, x27
	mov	x26, #0
	mov	x25, #0
	mov	x24, #2
	mov	x28, #0x4242
	li	x29, 0x7777000

again:	clock
	mov	x0, #1
	exit				/* the test injects the interrupt here */
	mix	x0
	clock
	li	x10, GUEST_MMIO
	ldr	x11, [x10]
	mix	x11
	ldrsh	x11, [x10, #0x12]
	mix	x11
	ldr	x11, [x10], #8
	mix	x11
	mix	x10
	str	x27, [x10]
	fmov	d3, x27
	str	d3, [x10, #8]
	ldr	s4, [x10, #0x10]
	fmov	x11, d4
	mix	x11
	mix_sys	SYSREG
	msr	SYSREG, x27
	clock
	msr	daifclr, #2
	nop				/* the interrupt comes before this */
	msr	daifset, #2
	mix	x27
	wfi
	mix	x28
	udf	#0			/* the test skips it in ELR_EL1 */
	mix	x29
	li	x10, RO_PAGE
	str	x27, [x10]		/* the test makes it writable */
	ldr	x11, [x10]
	mix	x11
	clock
	subs	x24, x24, #1
	b.ne	again

	.irp	reg, contextidr_el1, tpidr_el0, tpidrro_el0, cntkctl_el1, vbar_el1, fpsr, fpcr, sctlr_el1, tcr_el1, ttbr0_el1, mair_el1, cpacr_el1
	mix_sys	\reg
	.endr
	has_gic	x10
	cbz	x10, 1f
	mix_sys	ICC_PMR_EL1
	mix_sys	ICC_IGRPEN1_EL1
	mix_sys	ICC_BPR1_EL1
1:
	fmov	x10, d0
	mix	x10
	li	x10, BUFFER
	str	q31, [x10]
	mov	x11, sp
	str	x11, [x10, #16]
	li	x10, RESULT
	str	x27, [x10]
	str	x26, [x10, #8]
	mov	x0, #2
	entry	finish
	exit
	b	finish

/* halted, for as long as nothing comes; then a mark */
	entry	halted
	gic_on	x9
	msr	daifclr, #2
	wfi
	entry	halted_next
	li	x9, RESULT
	mov	w10, #0x600d
	str	w10, [x9]
	entry	halted_done
	exit
	b	halted_done

	TRAPS
