/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms of mmio_diff.c: one instruction each, which the test executes on
 * memory and on a hole. For C and for assembly.
 *
 * Registers when a form starts, in all modes; memory operands of a form are
 * in the window, near where a pointer points:
 *
 *	rsi, rdi	pointers, also of strings (see FORM_SRC_RAM, FORM_DST_RAM)
 *	rbp, rbx (16-bit code), r8, r12, r13
 *			pointers
 *	r10		pointer with other bits above bit 31, for 32-bit addresses
 *	r9		an index, FORM_INDEX
 *	r15 (edi in 16- and 32-bit code, with FORM_BITS)
 *			a bit offset, small, of either sign
 *	rax, rdx, rbx (not in 16-bit code), r11, r14
 *			any value
 *	rcx		any value; small with FORM_REP and FORM_SHIFT
 *	rsp		a stack in memory
 *	fs, gs base	FORM_PTR, FORM_PTR + 0x40 (64- and 32-bit code)
 */
#ifndef AXV_SELFTEST_MMIO_FORMS_H
#define AXV_SELFTEST_MMIO_FORMS_H

/* a page: memory for one vCPU, a hole for the other */
#define FORM_WINDOW	0x28000
#define FORM_WINDOW_SIZE 0x1000
/* 16-bit code: base of all its data segments */
#define FORM_SEGMENT	0x20000
/* memory for both */
#define FORM_RAM	0x24000
#define FORM_RAM_SIZE	0x1000
#define FORM_STACK	0x24f00
/* where the pointers point */
#define FORM_PTR	0x28800
#define FORM_DI		(FORM_PTR + 0x200)
#define FORM_BP		(FORM_PTR + 0x80)
#define FORM_R8		(FORM_PTR + 0x40)
#define FORM_R12	(FORM_PTR + 0x48)
#define FORM_R13	(FORM_PTR + 0x50)
#define FORM_R10	(FORM_PTR + 0x58)
#define FORM_INDEX	3

/* flags of a form; the low bits are RFLAGS the instruction leaves undefined */
#define FORM_CF		0x001
#define FORM_PF		0x004
#define FORM_AF		0x010
#define FORM_ZF		0x040
#define FORM_SF		0x080
#define FORM_OF		0x800
#define FORM_UNDEFINED	0xfff
#define FORM_REP	0x1000		/* rcx is a count */
#define FORM_SHIFT	0x2000		/* cl is a shift count below 8 */
#define FORM_STRING	0x4000		/* tried with DF too */
#define FORM_SRC_RAM	0x8000		/* rsi points to memory */
#define FORM_DST_RAM	0x10000		/* rdi does */
#define FORM_BITS	0x20000		/* edi is the bit offset */
#define FORM_NO_EXIT	0x40000		/* touches the window only sometimes */

/* groups, a case each */
#define FORM_G_MOV	0
#define FORM_G_EXTEND	1
#define FORM_G_ADDRESS	2
#define FORM_G_SEGMENT	3
#define FORM_G_ADD	4
#define FORM_G_OR	5
#define FORM_G_ADC	6
#define FORM_G_SBB	7
#define FORM_G_AND	8
#define FORM_G_SUB	9
#define FORM_G_XOR	10
#define FORM_G_CMP	11
#define FORM_G_TEST	12
#define FORM_G_UNARY	13
#define FORM_G_EXCHANGE	14
#define FORM_G_BITS	15
#define FORM_G_SETCC	16
#define FORM_G_CMOV	17
#define FORM_G_SHIFT	18
#define FORM_G_STRING	19
#define FORM_G_STACK	20
#define FORM_GROUPS	21

#ifdef __ASSEMBLER__

/*
 * Rows of the table: first byte, byte behind, name, group, flags; the first
 * byte of the code is a label so that the exit's pc tells the length.
 */
	.section .rodata.forms, "a"
	.globl	forms
forms:
	.section .rodata.names, "a"
	.text
	.set	group, 0

.macro GROUP number
	.set	group, \number
.endm

.macro FORM flags:req, insn:vararg
	.text
1:	\insn
2:	vmmcall
	.section .rodata.names
3:	.asciz	"\insn"
	.section .rodata.forms
	.long	1b, 2b, 3b, group, \flags
	.text
.endm

/* Where rip-relative forms find the window. */
.macro FORMS_BEGIN
	.text
forms_base:
.endm

.macro FORMS_END
	.section .rodata.forms
	.globl	forms_end
forms_end:
	.text
.endm

#define UNDEF_SHIFT	(FORM_AF | FORM_OF)
#define UNDEF_BITS	(FORM_OF | FORM_SF | FORM_AF | FORM_PF)

/* The families that 16-, 32- and 64-bit code have in common; no REX needed. */

.macro MOV_FORMS
	GROUP	FORM_G_MOV
	FORM	0, movb %al, (%PSI)
	FORM	0, movb %dl, 3(%PSI)
	FORM	0, movb %ah, (%PSI)
	FORM	0, movb %ch, 1(%PSI)
	FORM	0, movw %dx, (%PSI)
	FORM	0, movl %edx, (%PSI)
	FORM	0, movl %ecx, 1(%PSI)
	FORM	0, movb (%PSI), %al
	FORM	0, movb 1(%PSI), %cl
	FORM	0, movb (%PSI), %ah
	FORM	0, movb 5(%PSI), %dh
	FORM	0, movw (%PSI), %dx
	FORM	0, movw 1(%PSI), %cx
	FORM	0, movl (%PSI), %edx
	FORM	0, movl 3(%PSI), %eax
	FORM	0, movl (%PSI), %esi
	FORM	0, movb $0x5a, (%PSI)
	FORM	0, movb $0x80, 0x7f(%PSI)
	FORM	0, movw $0x8765, (%PSI)
	FORM	0, movl $0x87654321, (%PSI)
	FORM	0, movl $0x12345678, 0x100(%PSI)
	GROUP	FORM_G_EXTEND
	FORM	0, movzbw (%PSI), %dx
	FORM	0, movzbl (%PSI), %edx
	FORM	0, movzwl (%PSI), %edx
	FORM	0, movsbw (%PSI), %dx
	FORM	0, movsbl (%PSI), %edx
	FORM	0, movswl (%PSI), %edx
	FORM	0, movzbl 7(%PSI), %eax
	FORM	0, movsbl 7(%PSI), %eax
	FORM	0, movzwl 5(%PSI), %ecx
	FORM	0, movnti %edx, (%PSI)
.endm

/* Not for 16-bit code: QEMU 10 takes 32 bits there without a prefix. */
.macro MOVBE_FORMS
	GROUP	FORM_G_EXTEND
	FORM	0, movbe (%PSI), %dx
	FORM	0, movbe (%PSI), %edx
	FORM	0, movbe %dx, (%PSI)
	FORM	0, movbe %edx, (%PSI)
.endm

.macro ALU_FORMS number, op, undef
	GROUP	\number
	FORM	\undef, \op\()b %al, (%PSI)
	FORM	\undef, \op\()b %ch, (%PSI)
	FORM	\undef, \op\()w %dx, (%PSI)
	FORM	\undef, \op\()l %edx, (%PSI)
	FORM	\undef, \op\()b (%PSI), %dl
	FORM	\undef, \op\()b (%PSI), %ah
	FORM	\undef, \op\()w (%PSI), %dx
	FORM	\undef, \op\()l (%PSI), %eax
	FORM	\undef, \op\()b $0x81, (%PSI)
	FORM	\undef, \op\()w $0x7f, (%PSI)
	FORM	\undef, \op\()w $0xff80, (%PSI)
	FORM	\undef, \op\()w $0x1234, (%PSI)
	FORM	\undef, \op\()l $-1, (%PSI)
	FORM	\undef, \op\()l $0x7fffffff, (%PSI)
	FORM	\undef, \op\()l $0x80000000, 4(%PSI)
.endm

.macro LOCK_FORMS number, op, undef
	GROUP	\number
	FORM	\undef, lock \op\()b %dl, (%PSI)
	FORM	\undef, lock \op\()w $0x101, (%PSI)
	FORM	\undef, lock \op\()l %edx, (%PSI)
.endm

.macro ALL_ALU_FORMS
	ALU_FORMS FORM_G_ADD, add, 0
	ALU_FORMS FORM_G_OR, or, FORM_AF
	ALU_FORMS FORM_G_ADC, adc, 0
	ALU_FORMS FORM_G_SBB, sbb, 0
	ALU_FORMS FORM_G_AND, and, FORM_AF
	ALU_FORMS FORM_G_SUB, sub, 0
	ALU_FORMS FORM_G_XOR, xor, FORM_AF
	ALU_FORMS FORM_G_CMP, cmp, 0
	LOCK_FORMS FORM_G_ADD, add, 0
	LOCK_FORMS FORM_G_OR, or, FORM_AF
	LOCK_FORMS FORM_G_ADC, adc, 0
	LOCK_FORMS FORM_G_SBB, sbb, 0
	LOCK_FORMS FORM_G_AND, and, FORM_AF
	LOCK_FORMS FORM_G_SUB, sub, 0
	LOCK_FORMS FORM_G_XOR, xor, FORM_AF
	GROUP	FORM_G_TEST
	FORM	FORM_AF, testb %al, (%PSI)
	FORM	FORM_AF, testb %dh, (%PSI)
	FORM	FORM_AF, testw %dx, (%PSI)
	FORM	FORM_AF, testl %edx, (%PSI)
	FORM	FORM_AF, testb $0x80, (%PSI)
	FORM	FORM_AF, testw $0x8001, (%PSI)
	FORM	FORM_AF, testl $0x80000001, (%PSI)
.endm

.macro UNARY_SIZES suffix
	FORM	0, inc\suffix (%PSI)
	FORM	0, dec\suffix (%PSI)
	FORM	0, neg\suffix (%PSI)
	FORM	0, not\suffix (%PSI)
	FORM	0, lock inc\suffix (%PSI)
	FORM	0, lock dec\suffix (%PSI)
	FORM	0, lock neg\suffix (%PSI)
	FORM	0, lock not\suffix (%PSI)
.endm

.macro EXCHANGE_FORMS
	GROUP	FORM_G_EXCHANGE
	FORM	0, xchgb %dl, (%PSI)
	FORM	0, xchgb %ah, (%PSI)
	FORM	0, xchgw %dx, (%PSI)
	FORM	0, xchgl %edx, (%PSI)
	FORM	0, lock xchgl %eax, (%PSI)
	FORM	0, xaddb %dl, (%PSI)
	FORM	0, xaddb %ch, (%PSI)
	FORM	0, xaddw %dx, (%PSI)
	FORM	0, xaddl %edx, (%PSI)
	FORM	0, lock xaddl %edx, (%PSI)
	FORM	0, cmpxchgb %dl, (%PSI)
	FORM	0, cmpxchgb %dh, (%PSI)
	FORM	0, cmpxchgw %dx, (%PSI)
	FORM	0, cmpxchgl %edx, (%PSI)
	FORM	0, lock cmpxchgl %ecx, (%PSI)
	FORM	0, cmpxchg8b (%PSI)
	FORM	0, lock cmpxchg8b 8(%PSI)
.endm

.macro BIT_IMMEDIATES suffix, bit
	FORM	UNDEF_BITS, bt\suffix $\bit, (%PSI)
	FORM	UNDEF_BITS, bts\suffix $\bit, (%PSI)
	FORM	UNDEF_BITS, btr\suffix $\bit, (%PSI)
	FORM	UNDEF_BITS, btc\suffix $\bit, (%PSI)
.endm

.macro BIT_REGISTERS suffix, reg, flags
	FORM	UNDEF_BITS | \flags, bt\suffix \reg, (%PSI)
	FORM	UNDEF_BITS | \flags, bts\suffix \reg, (%PSI)
	FORM	UNDEF_BITS | \flags, btr\suffix \reg, (%PSI)
	FORM	UNDEF_BITS | \flags, btc\suffix \reg, (%PSI)
.endm

.macro SETCC_FORMS
	GROUP	FORM_G_SETCC
	.irp	cc, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
	FORM	0, set\cc (%PSI)
	.endr
.endm

.macro CMOV_FORMS
	GROUP	FORM_G_CMOV
	.irp	cc, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
	FORM	0, cmov\cc (%PSI), %edx
	.endr
	FORM	0, cmovb (%PSI), %dx
	FORM	0, cmovne (%PSI), %ax
.endm

.macro SHIFT_OP op, suffix
	FORM	FORM_AF, \op\suffix (%PSI)
	FORM	UNDEF_SHIFT, \op\suffix $3, (%PSI)
	FORM	UNDEF_SHIFT | FORM_SHIFT, \op\suffix %cl, (%PSI)
.endm

.macro SHIFT_SIZES suffix
	.irp	op, rol, ror, rcl, rcr, shl, shr, sar
	SHIFT_OP \op, \suffix
	.endr
.endm

.macro STRING_SIZES suffix
	FORM	FORM_STRING, lods\suffix
	FORM	FORM_STRING, stos\suffix
	FORM	FORM_STRING, scas\suffix
	FORM	FORM_STRING, movs\suffix
	FORM	FORM_STRING, cmps\suffix
	FORM	FORM_STRING | FORM_SRC_RAM, movs\suffix
	FORM	FORM_STRING | FORM_DST_RAM, movs\suffix
	FORM	FORM_STRING | FORM_SRC_RAM, cmps\suffix
	FORM	FORM_STRING | FORM_DST_RAM, cmps\suffix
	FORM	FORM_STRING | FORM_REP, rep lods\suffix
	FORM	FORM_STRING | FORM_REP, rep stos\suffix
	FORM	FORM_STRING | FORM_REP, rep movs\suffix
	FORM	FORM_STRING | FORM_REP | FORM_SRC_RAM, rep movs\suffix
	FORM	FORM_STRING | FORM_REP | FORM_DST_RAM, rep movs\suffix
	FORM	FORM_STRING | FORM_REP, repe scas\suffix
	FORM	FORM_STRING | FORM_REP, repne scas\suffix
	FORM	FORM_STRING | FORM_REP, repe cmps\suffix
	FORM	FORM_STRING | FORM_REP | FORM_SRC_RAM, repe cmps\suffix
	FORM	FORM_STRING | FORM_REP | FORM_DST_RAM, repne cmps\suffix
.endm

#endif /* __ASSEMBLER__ */
#endif /* AXV_SELFTEST_MMIO_FORMS_H */
