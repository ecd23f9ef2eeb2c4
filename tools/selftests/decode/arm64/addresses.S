/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and stores of A64, each with its address and what the base register is
 * afterwards. Without the C preprocessor: for the assembler alone.
 */

	.set PC, 0xffff800012345000
	.set SP, 0xffff80000abc0000
	/* what X0 to X30 have, but X20 and X21 */
	.set X0, 0x7000000000
	.set STEP, 0x100010000
	/* X20 and X21, of which the lower half is used as a signed number or not */
	.set NEGATIVE, 0x12345678ffffff00
	.set POSITIVE, 0xffffffff70000010

	.arch armv8.5-a+rcpc

	.macro at addr:req, base:req, insn:vararg
	.quad \addr, \base
	\insn
	.word 0
9:	.asciz "\insn"
	.skip 40 - (. - 9b)
	.endm

	.text

/* every base and every index */
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,22,23,24,25,26,27,28,29,30
	at X0 + \n * STEP + 24, X0 + \n * STEP, ldr d1, [x\n, #24]
	at SP + X0 + \n * STEP, SP, ldrb w1, [sp, x\n]
	at X0 + \n * STEP, X0 + \n * STEP + 16, ldp d1, d2, [x\n], #16
	.endr
	at SP, SP, ldr x1, [sp]
	at X0 + STEP, X0 + STEP, ldr x2, [x1, xzr]
	at X0 + STEP, X0 + STEP, ldr x2, [x1, wzr, sxtw #3]

/* the immediates' ends, scaled or not */
	at X0 + STEP + 4095, X0 + STEP, strb w2, [x1, #4095]
	at X0 + STEP + 32760, X0 + STEP, str x2, [x1, #32760]
	at X0 + STEP + 65520, X0 + STEP, str q2, [x1, #65520]
	at X0 + STEP - 256, X0 + STEP, ldur x2, [x1, #-256]
	at X0 + STEP + 255, X0 + STEP, ldurh w2, [x1, #255]
	at X0 + STEP - 256, X0 + STEP, ldtr x2, [x1, #-256]
	at X0 + STEP - 3, X0 + STEP, stlur x2, [x1, #-3]
	at X0 + STEP - 512, X0 + STEP, ldp x2, x3, [x1, #-512]
	at X0 + STEP + 504, X0 + STEP, ldnp x2, x3, [x1, #504]
	at X0 + STEP - 256, X0 + STEP, ldpsw x2, x3, [x1, #-256]
	at X0 + STEP + 1008, X0 + STEP, stp q2, q3, [x1, #1008]
	at X0 + STEP, X0 + STEP, ldar x2, [x1]
	at X0 + STEP, X0 + STEP, stlrb w2, [x1]

/* before, after */
	at X0 + STEP - 16, X0 + STEP - 16, str x2, [x1, #-16]!
	at X0 + STEP, X0 + STEP - 16, str x2, [x1], #-16
	at SP - 512, SP - 512, stp x29, x30, [sp, #-512]!
	at SP, SP + 504, ldp x29, x30, [sp], #504
	at X0 + STEP + 1, X0 + STEP + 1, ldrsb x2, [x1, #1]!
	at X0 + STEP, X0 + STEP + 255, ldr q2, [x1], #255

/* an index of 32 bits, negative or not, shifted by the size of the access or not */
	at X0 + STEP + 0xffffff00, X0 + STEP, ldr x2, [x1, w20, uxtw]
	at X0 + STEP + 0x7fffff800, X0 + STEP, ldr x2, [x1, w20, uxtw #3]
	at X0 + STEP - 0x100, X0 + STEP, ldr x2, [x1, w20, sxtw]
	at X0 + STEP - 0x800, X0 + STEP, ldr x2, [x1, w20, sxtw #3]
	at X0 + STEP - 0x1000, X0 + STEP, ldr q2, [x1, w20, sxtw #4]
	at X0 + STEP - 0x200, X0 + STEP, strh w2, [x1, w20, sxtw #1]
	at X0 + STEP + 0x70000010, X0 + STEP, ldr w2, [x1, w21, uxtw]
	at X0 + STEP + 0x1c0000040, X0 + STEP, ldr w2, [x1, w21, sxtw #2]
	at X0 + STEP + POSITIVE, X0 + STEP, ldr x2, [x1, x21]
	at X0 + STEP + POSITIVE, X0 + STEP, ldr x2, [x1, x21, sxtx]
	at X0 + STEP + 8 * POSITIVE, X0 + STEP, ldr x2, [x1, x21, lsl #3]
	at X0 + STEP + 8 * POSITIVE, X0 + STEP, ldr x2, [x1, x21, sxtx #3]
	at X0 + STEP + NEGATIVE, X0 + STEP, ldrb w2, [x1, x20, lsl #0]
	at X0 + STEP - 0x800, X0 + STEP, prfm pldl1keep, [x1, w20, sxtw #3]

/* by the instruction's own address */
	at PC + 16, PC, ldr x2, . + 16
	at PC - 1048576, PC, ldr q2, . - 1048576
	at PC + 1048572, PC, ldrsw x2, . + 1048572
