/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that reads or writes everything a vCPU holds: regs_arm64.c. x19 is the area of
 * state.h, and the only register that is not loaded.
 */
#include "common.h"
#include "state.h"

#define SYSREG	S3_0_C15_C7_7

	.set	sys_word, 0
#define SYS_LOAD(word, reg, any, fixed) \
	ldr	x0, [x19, #STATE_LOAD + 8 * (STATE_SYS + sys_word)]; \
	msr	reg, x0; \
	.set	sys_word, sys_word + 1;
#define SYS_DUMP(word, reg, any, fixed) \
	mrs	x0, reg; \
	str	x0, [x19, #STATE_DUMP + 8 * (STATE_SYS + sys_word)]; \
	.set	sys_word, sys_word + 1;

.macro load_state
	fp_on	x0
	add	x1, x19, #(STATE_LOAD + 8 * STATE_V)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ldr	q\n, [x1, #16 * \n]
	.endr
	ldr	x0, [x19, #STATE_LOAD + 8 * STATE_SP]
	mov	sp, x0
	.set	sys_word, 0
	STATE_REGS(SYS_LOAD)
	isb
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	ldr	x\n, [x19, #STATE_LOAD + 8 * \n]
	.endr
.endm

.macro dump_state
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str	x\n, [x19, #STATE_DUMP + 8 * \n]
	.endr
	.set	sys_word, 0
	STATE_REGS(SYS_DUMP)
	mov	x0, sp
	str	x0, [x19, #STATE_DUMP + 8 * STATE_SP]
	add	x1, x19, #(STATE_DUMP + 8 * STATE_V)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	str	q\n, [x1, #16 * \n]
	.endr
.endm

	entry	done
	exit
	b	done

/* all of it to memory; FP registers are on */
	entry	dump
	dump_state
	b	done

/* all of it from memory, and an exit that changes nothing */
	entry	load
	load_state
	entry	loaded
	exit
	b	loaded

/* from memory, something in the middle, and to memory */
.macro AROUND name, insn:vararg
	entry	around_\name
	load_state
	entry	at_\name
	\insn
	entry	after_\name
	dump_state
	b	done
.endm

	AROUND	hypercall, hvc #1
	AROUND	write, str x2, [x1]
	AROUND	read, ldr x2, [x1]
	AROUND	memory, ldr x2, [x1]
	AROUND	halt, wfi
	AROUND	sysreg, msr SYSREG, x2
	AROUND	float, str d7, [x1]
	AROUND	spin, b .

/*
 * For ever: from memory, some time, to memory, and a comparison. The first that differs
 * ends it.
 */
	entry	guard
	load_state
	mov	x0, #20000
1:	subs	x0, x0, #1
	b.ne	1b
	ldr	x0, [x19, #STATE_LOAD + 8 * (STATE_SYS + sys_word - 1)]
	msr	nzcv, x0
	ldr	x0, [x19, #STATE_LOAD]
	dump_state
	add	x1, x19, #STATE_LOAD
	add	x2, x19, #STATE_DUMP
	mov	x3, #STATE_WORDS
2:	ldr	x4, [x1], #8
	ldr	x5, [x2], #8
	cmp	x4, x5
	b.ne	wrong
	subs	x3, x3, #1
	b.ne	2b
	ldr	x0, [x19, #STATE_ROUNDS]
	add	x0, x0, #1
	str	x0, [x19, #STATE_ROUNDS]
	b	guard

	entry	wrong
	exit
	b	wrong
