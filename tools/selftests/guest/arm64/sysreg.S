/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One access to a system register of which the test says the number: arm64_sysreg.c. The
 * instruction is made here: w0 is the number, as AXVCPU_ARM64_SYSREG() has it, x1 the value.
 */
#include "common.h"
#include "traps.h"

/* w9: an MRS, or an MSR, of register w0 and x1 */
.macro make insn
	adr	x10, \insn
	ldr	w9, [x10]
	and	w9, w9, #~0xfffe0
	/* op0 is 2 or 3: one bit of it; then op1, CRn, CRm, op2 as they are */
	and	w10, w0, #0x7fff
	orr	w9, w9, w10, lsl #5
.endm

.macro put
	adr	x10, slot
	str	w9, [x10]
	dc	cvau, x10
	dsb	ish
	ic	ivau, x10
	dsb	ish
	isb
	b	slot
.endm

	entry	read
	make	an_mrs
	put

	entry	write
	make	an_msr
	put

an_mrs:	mrs	x1, S2_0_C0_C0_0
an_msr:	msr	S2_0_C0_C0_0, x1

	.balign	64
	entry	slot
	nop
	entry	slot_end
	nop
	exit
	b	slot_end

	.balign	64
	TRAPS
