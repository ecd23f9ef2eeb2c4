/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of RV64, each with what a decoder has to say of it. */
#include "forms.h"
#include "zcb.h"

	.option norelax
	.option rvc

/* The numbers of registers that are written by name. */
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.set nr_x\n, \n
	.set nr_f\n, \n
	.endr

	.macro name text:vararg
9:	.asciz "\text"
	.skip FORM_NAME_LEN - (. - 9b)
	.endm

	.macro group text:vararg
	.word 0
	.byte FORM_GROUP, 0, 0, 0, 0, 0, 0, 0
	.word 0
	name \text
	.endm

	/* op, width, sign, data register, base register, funct, imm, the instruction */
	.macro form op:req, width:req, sign:req, data:req, base:req, funct:req, imm:req, insn:vararg
7:	\insn
8:	.skip 4 - (8b - 7b)
	.byte \op, 8b - 7b, \width, \sign, \data, \base, \funct, 0
	.word \imm
	name \insn
	.endm

/* A base register or a data register runs through all of them, the other stands still. */
#define ALL_REGS	0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
#define NOT_ZERO	1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
#define POPULAR		8,9,10,11,12,13,14,15

	.section .text
	.globl _start
_start:

/* ---- 32 bits -------------------------------------------------------------------- */

	.option norvc

	.macro wide op:req, width:req, sign:req, class:req, mnemonic:req
	group \mnemonic
	.irp n, ALL_REGS
	form \op, \width, \sign, \n, 5, 0, 16, \mnemonic \class\n, 16(x5)
	form \op, \width, \sign, 6, \n, 0, -16, \mnemonic \class\()6, -16(x\n)
	.endr
	.irp i, -2048, -2047, -1025, -32, -31, -1, 0, 1, 2, 4, 31, 32, 33, 1024, 2047
	form \op, \width, \sign, 7, 28, 0, \i, \mnemonic \class\()7, \i\()(x28)
	.endr
	.endm

	wide FORM_LOAD, 1, 1, x, lb
	wide FORM_LOAD, 2, 1, x, lh
	wide FORM_LOAD, 4, 1, x, lw
	wide FORM_LOAD, 8, 0, x, ld
	wide FORM_LOAD, 1, 0, x, lbu
	wide FORM_LOAD, 2, 0, x, lhu
	wide FORM_LOAD, 4, 0, x, lwu
	wide FORM_STORE, 1, 0, x, sb
	wide FORM_STORE, 2, 0, x, sh
	wide FORM_STORE, 4, 0, x, sw
	wide FORM_STORE, 8, 0, x, sd
	wide FORM_FLOAD, 2, 0, f, flh
	wide FORM_FLOAD, 4, 0, f, flw
	wide FORM_FLOAD, 8, 0, f, fld
	wide FORM_FSTORE, 2, 0, f, fsh
	wide FORM_FSTORE, 4, 0, f, fsw
	wide FORM_FSTORE, 8, 0, f, fsd

/* ---- 16 bits -------------------------------------------------------------------- */

	.option rvc

	.macro popular op:req, width:req, sign:req, class:req, mnemonic:req, imms:vararg
	group \mnemonic
	.irp n, POPULAR
	form \op, \width, \sign, \n, 8, 0, 0, \mnemonic \class\n, 0(x8)
	form \op, \width, \sign, 9, \n, 0, 8, \mnemonic \class\()9, 8(x\n)
	.endr
	.irp i, \imms
	form \op, \width, \sign, 15, 14, 0, \i, \mnemonic \class\()15, \i\()(x14)
	.endr
	.endm

#define WORDS	0, 4, 8, 16, 32, 64, 60, 124
#define DWORDS	0, 8, 16, 32, 64, 128, 120, 248
	popular FORM_LOAD, 4, 1, x, c.lw, WORDS
	popular FORM_LOAD, 8, 0, x, c.ld, DWORDS
	popular FORM_STORE, 4, 0, x, c.sw, WORDS
	popular FORM_STORE, 8, 0, x, c.sd, DWORDS
	popular FORM_FLOAD, 8, 0, f, c.fld, DWORDS
	popular FORM_FSTORE, 8, 0, f, c.fsd, DWORDS

	.macro stack op:req, width:req, sign:req, class:req, mnemonic:req, imms:vararg
	group \mnemonic
	.irp n, NOT_ZERO
	form \op, \width, \sign, \n, 2, 0, 16, \mnemonic \class\n, 16(x2)
	.endr
	.irp i, \imms
	form \op, \width, \sign, 31, 2, 0, \i, \mnemonic \class\()31, \i\()(x2)
	.endr
	.endm

#define STACK_WORDS	0, 4, 8, 16, 32, 64, 128, 252
#define STACK_DWORDS	0, 8, 16, 32, 64, 128, 256, 504
	stack FORM_LOAD, 4, 1, x, c.lwsp, STACK_WORDS
	stack FORM_LOAD, 8, 0, x, c.ldsp, STACK_DWORDS
	stack FORM_STORE, 4, 0, x, c.swsp, STACK_WORDS
	stack FORM_STORE, 8, 0, x, c.sdsp, STACK_DWORDS
	stack FORM_FLOAD, 8, 0, f, c.fldsp, STACK_DWORDS
	stack FORM_FSTORE, 8, 0, f, c.fsdsp, STACK_DWORDS

	group register 0 and the stack
	form FORM_STORE, 4, 0, 0, 2, 0, 16, c.swsp x0, 16(x2)
	form FORM_STORE, 8, 0, 0, 2, 0, 16, c.sdsp x0, 16(x2)
	form FORM_FLOAD, 8, 0, 0, 2, 0, 16, c.fldsp f0, 16(x2)
	form FORM_FSTORE, 8, 0, 0, 2, 0, 16, c.fsdsp f0, 16(x2)

	.macro zcb_forms op:req, width:req, sign:req, mnemonic:req, imms:vararg
	group \mnemonic
	.irp n, POPULAR
	form \op, \width, \sign, \n, 8, 0, 0, \mnemonic \n, 0, 8
	form \op, \width, \sign, 9, \n, 0, 2, \mnemonic 9, 2, \n
	.endr
	.irp i, \imms
	form \op, \width, \sign, 15, 14, 0, \i, \mnemonic 15, \i, 14
	.endr
	.endm
	zcb_forms FORM_LOAD, 1, 0, c_lbu, 0, 1, 2, 3
	zcb_forms FORM_LOAD, 2, 0, c_lhu, 0, 2
	zcb_forms FORM_LOAD, 2, 1, c_lh, 0, 2
	zcb_forms FORM_STORE, 1, 0, c_sb, 0, 1, 2, 3
	zcb_forms FORM_STORE, 2, 0, c_sh, 0, 2

/* ---- what is not done -------------------------------------------------------------- */

	.macro amo funct:req, mnemonic:req
	form FORM_AMO, 4, 0, 5, 7, \funct, 0, \mnemonic\().w x5, x6, (x7)
	form FORM_AMO, 8, 0, 31, 30, \funct, 0, \mnemonic\().d x31, x0, (x30)
	form FORM_AMO, 8, 0, 0, 10, \funct, 0, \mnemonic\().d.aqrl x0, x11, (x10)
	.endm

	group atomic
	amo 0, amoadd
	amo 1, amoswap
	amo 4, amoxor
	amo 8, amoor
	amo 12, amoand
	amo 16, amomin
	amo 20, amomax
	amo 24, amominu
	amo 28, amomaxu
	form FORM_LR, 4, 0, 5, 7, 2, 0, lr.w x5, (x7)
	form FORM_LR, 8, 0, 31, 30, 2, 0, lr.d.aq x31, (x30)
	form FORM_SC, 4, 0, 5, 7, 3, 0, sc.w x5, x6, (x7)
	form FORM_SC, 8, 0, 0, 30, 3, 0, sc.d.rl x0, x31, (x30)
	/* amocas.w, .d, .q; amoadd.b, amoswap.h */
	form FORM_AMO, 4, 0, 5, 7, 5, 0, .insn r 0x2f, 2, 5 << 2, x5, x7, x6
	form FORM_AMO, 8, 0, 5, 7, 5, 0, .insn r 0x2f, 3, 5 << 2, x5, x7, x6
	form FORM_AMO, 16, 0, 8, 7, 5, 0, .insn r 0x2f, 4, 5 << 2, x8, x7, x10
	form FORM_AMO, 1, 0, 5, 7, 0, 0, .insn r 0x2f, 0, 0 << 2, x5, x7, x6
	form FORM_AMO, 2, 0, 5, 7, 1, 0, .insn r 0x2f, 1, 1 << 2, x5, x7, x6

	group memory, in other ways
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, vle8.v v1, (x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, vle64.v v1, (x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, vse16.v v1, (x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, vlse32.v v1, (x5), x6
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, flq f1, 0(x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, fsq f1, 0(x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, cbo.zero 0(x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, cbo.flush 0(x5)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, hlv.w x5, (x6)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, hsv.d x5, (x6)
	/* reserved: an lr with a second register; c.lwsp, c.ldsp to x0 */
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, .insn r 0x2f, 2, 2 << 2, x5, x7, x6
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, .insn ci 2, 2, x0, 4
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, .insn ci 2, 3, x0, 4
	/* the load and the store of funct3 7, custom-0 */
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, .insn i 0x03, 7, x5, x6, 0
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, .insn s 0x23, 7, x5, 0(x6)
	form FORM_MEMORY, 0, 0, 0, 0, 0, 0, .insn r 0x0b, 0, 0, x5, x6, x7

	group no memory
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, add x5, x6, x7
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, addi x5, x6, 100
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, addw x5, x6, x7
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, addiw x5, x6, 100
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, lui x5, 0x12345
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, auipc x5, 0x12345
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, mul x5, x6, x7
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, beq x5, x6, . + 8
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, jal x1, . + 1024
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, jalr x1, 4(x5)
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fadd.d f1, f2, f3
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fmadd.s f1, f2, f3, f4
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fmsub.s f1, f2, f3, f4
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fnmadd.s f1, f2, f3, f4
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fnmsub.d f1, f2, f3, f4
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, vadd.vv v1, v2, v3
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fence
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, fence.i
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, ecall
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, sret
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, sfence.vma
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, c.addi4spn x8, x2, 16
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, c.li x8, 1
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, c.mv x8, x9
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, c.slli x8, 3
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, c.ebreak
	form FORM_OTHER, 0, 0, 0, 0, 0, 0, c.j . + 4

	group csr
	.irp n, ALL_REGS
	form FORM_CSR, 0, 0, \n, 7, 1, 0x100, csrrw x\n, 0x100, x7
	form FORM_CSR, 0, 0, 5, \n, 2, 0xfff, csrrs x5, 0xfff, x\n
	form FORM_CSR, 0, 0, 5, \n, 7, 0x800, csrrci x5, 0x800, \n
	.endr
	form FORM_CSR, 0, 0, 31, 30, 3, 0, csrrc x31, 0x000, x30
	form FORM_CSR, 0, 0, 1, 31, 5, 0x5a8, csrrwi x1, 0x5a8, 31
	form FORM_CSR, 0, 0, 1, 0, 6, 0x7ff, csrrsi x1, 0x7ff, 0
	form FORM_WFI, 0, 0, 0, 0, 0, 0, wfi
