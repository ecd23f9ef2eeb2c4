/* SPDX-License-Identifier: GPL-2.0-only */
/* FP, SIMD and SVE registers are loaded, kept and stored: arm64_fp.c. */
#include "common.h"
#include "fp.h"
#include "traps.h"

#define ZCR_EL1		S3_0_C1_C2_0

.macro each_v insn, base
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\insn	q\n, [\base, #16 * \n]
	.endr
.endm

.macro each_z insn, base
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\insn	z\n, [\base, #\n, mul vl]
	.endr
.endm

.macro each_p insn, base
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\insn	p\n, [\base, #\n, mul vl]
	.endr
.endm

/* As long as they get, where there is SVE. x9 is lost, as in the next two. */
.macro on
	fp_on	x9
	ldr	x9, [x19, #FP_VL]
	cbz	x9, .Lshort\@
	mov	x9, #0xf
	msr	ZCR_EL1, x9
.Lshort\@:
.endm

/* x10 is lost */
.macro load_regs
	ldr	x9, [x19, #FP_VL]
	cbz	x9, .Lv\@
	add	x10, x19, #FP_P
	ldr	p0, [x10, #16, mul vl]
	wrffr	p0.b
	each_p	ldr, x10
	each_z	ldr, x19
	b	.Lrest\@
.Lv\@:	each_v	ldr, x19
.Lrest\@:
	ldr	x9, [x19, #FP_FPSR]
	msr	fpsr, x9
	ldr	x9, [x19, #FP_FPCR]
	msr	fpcr, x9
.endm

/* x10 and x11 are lost */
.macro dump_regs
	add	x11, x19, #FP_DUMP
	mrs	x9, fpsr
	str	x9, [x11, #FP_FPSR]
	mrs	x9, fpcr
	str	x9, [x11, #FP_FPCR]
	ldr	x9, [x19, #FP_VL]
	cbz	x9, .Lv\@
	add	x10, x11, #FP_P
	each_z	str, x11
	each_p	str, x10
	rdffr	p0.b
	str	p0, [x10, #16, mul vl]
	ldr	p0, [x10]
	b	.Lrest\@
.Lv\@:	each_v	str, x11
.Lrest\@:
.endm

	entry	dump
	on
	dump_regs
	entry	done
	exit
	b	done

	entry	load
	on
	load_regs
	entry	loaded
	exit
	b	loaded

/* Loaded, something, and dumped. */
.macro AROUND name, insn:vararg
	entry	around_\name
	on
	load_regs
	entry	at_\name
	\insn
	entry	after_\name
	dump_regs
	b	done
.endm

	AROUND	hypercall, hvc #1
	AROUND	write, str w2, [x1]
	AROUND	read, ldr w3, [x1]
	AROUND	memory, ldr w3, [x1]
	AROUND	halt, wfi
	AROUND	sysreg, mrs x4, S3_0_C15_C7_7
	AROUND	store, str q9, [x1]
	AROUND	spin, b at_spin

/* for ever: loaded, kept for a while, compared; an exit if something is not what it was */
	entry	guard
	on
	load_regs
1:	mov	x12, #0x4000
2:	subs	x12, x12, #1
	b.ne	2b
	dump_regs
	add	x11, x19, #FP_DUMP
	mov	x13, #0
	mov	x14, #(FP_P + FP_P_SIZE)
	mov	x15, #(FP_FPCR + 8)
3:	ldr	x9, [x19, x13]
	ldr	x10, [x11, x13]
	cmp	x9, x10
	b.ne	done
	add	x13, x13, #8
	cmp	x13, x15
	b.ne	3b
	ldr	x9, [x19, #FP_ROUNDS]
	add	x9, x9, #1
	str	x9, [x19, #FP_ROUNDS]
	b	1b

/* the first use after an exit without any: the registers are brought for it */
	entry	use
	fp_on	x9
	mov	x20, #0
1:	sync
	fmov	d0, x20
	add	x20, x20, #1
	fmov	x0, d0
	b	1b

/* loads of a device; x1 points to it */
	entry	load_q
	on
	load_regs
	ldr	q7, [x1]
	dump_regs
	b	done

	entry	load_s
	on
	load_regs
	ldr	s8, [x1]
	dump_regs
	b	done

/* x0: what CPACR_EL1 shall be; then an instruction that may be refused */
.macro REFUSED name, insn:vararg
	entry	\name
	msr	cpacr_el1, x0
	isb
	entry	at_\name
	\insn
	b	done
.endm

	REFUSED	use_fp, fmov d0, x0
	REFUSED	use_sve, rdvl x0, #1
	REFUSED	use_zcr, mrs x0, ZCR_EL1

/* x0: ZCR_EL1; x1: the length then, x2: ZCR_EL1 as it reads */
	entry	length
	fp_on	x9
	msr	ZCR_EL1, x0
	isb
	rdvl	x1, #1
	mrs	x2, ZCR_EL1
	b	done

/* Loaded with all of the length; an exit with the least of it, then with all again. */
	entry	narrow
	on
	load_regs
	msr	ZCR_EL1, xzr
	isb
	entry	narrowed
	exit
	mov	x9, #0xf
	msr	ZCR_EL1, x9
	isb
	dump_regs
	b	done

	TRAPS
