/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that the CPU and the emulator both execute, on memory.
 *
 * rdi, rsi, rbp, r13 point to the middle of it, rsp and rbx elsewhere into it,
 * r10 is a small index, r11 a bit offset, all others are data.
 */
#include "tables.h"

	.macro group name:vararg
	.pushsection .rodata.names, "a"
9:	.asciz \name
	.popsection
	.quad 0, 0, 9b, 0
	.endm

	.macro form undef:req, insn:vararg
	.pushsection .text
7:	\insn
8:	jmp native_back
	.popsection
	.pushsection .rodata.names
9:	.asciz "\insn"
	.popsection
	.quad 7b, 8b, 9b, \undef
	.endm

	.bss
	.balign 4096
	.globl mem
mem:	.skip MEM_SIZE

	.section .rodata.names, "a"
	.section .rodata
	.balign 8
	.globl forms, forms_end
forms:

/* ---- MOV and its kin --------------------------------------------------------- */

	group "mov store"
	.irp r, al, cl, dl, bl, ah, ch, dh, bh, spl, bpl, sil, dil, r8b, r9b, r12b, r15b
	form UNDEF_NONE, mov %\r, 5(%rsi)
	.endr
	form UNDEF_NONE, movb %ah, (%rdi)
	form UNDEF_NONE, movb %bh, 3(%rsi)
	.irp r, ax, cx, sp, r9w, eax, ecx, ebp, r14d, rax, rdx, rsp, r8
	form UNDEF_NONE, mov %\r, (%rdi)
	.endr
	form UNDEF_NONE, movb $0x81, (%rdi)
	form UNDEF_NONE, movw $0x8182, (%rdi)
	form UNDEF_NONE, movl $0x81828384, (%rdi)
	form UNDEF_NONE, movq $-0x7e7d7c7c, (%rdi)
	form UNDEF_NONE, movl $0x81828384, mem+MEM_MIDDLE(%rip)
	form UNDEF_NONE, movabs %al, mem+MEM_MIDDLE
	form UNDEF_NONE, movabs %ax, mem+MEM_MIDDLE
	form UNDEF_NONE, movabs %eax, mem+MEM_MIDDLE
	form UNDEF_NONE, movabs %rax, mem+MEM_MIDDLE
	form UNDEF_NONE, addr32 movl %eax, mem+MEM_MIDDLE
	form UNDEF_NONE, movntil %ecx, (%rdi)
	form UNDEF_NONE, movntiq %r9, (%rdi)

	group "mov load"
	.irp r, al, cl, dl, bl, ah, ch, dh, bh, r8b, r9b, r12b, r15b, spl, bpl, sil, dil
	form UNDEF_NONE, mov (%rbx), %\r
	.endr
	.irp r, ax, cx, sp, r9w, eax, ecx, ebp, edi, r14d, rax, rdx, rsi, r8
	form UNDEF_NONE, mov (%rdi), %\r
	.endr
	form UNDEF_NONE, movl mem+MEM_MIDDLE(%rip), %edx
	form UNDEF_NONE, movl mem+MEM_MIDDLE, %edx
	form UNDEF_NONE, movabs mem+MEM_MIDDLE, %al
	form UNDEF_NONE, movabs mem+MEM_MIDDLE, %ax
	form UNDEF_NONE, movabs mem+MEM_MIDDLE, %eax
	form UNDEF_NONE, movabs mem+MEM_MIDDLE, %rax

	group "movzx"
	form UNDEF_NONE, movzbw (%rdi), %dx
	form UNDEF_NONE, movzbl (%rdi), %edx
	form UNDEF_NONE, movzbl (%rdi), %esi
	form UNDEF_NONE, movzbl (%rdi), %r12d
	form UNDEF_NONE, movzbq (%rdi), %rdx
	form UNDEF_NONE, movzwl (%rdi), %edx
	form UNDEF_NONE, movzwl (%rdi), %r8d
	form UNDEF_NONE, movzwq (%rdi), %r15

	group "movsx"
	form UNDEF_NONE, movsbw (%rdi), %dx
	form UNDEF_NONE, movsbl (%rdi), %edx
	form UNDEF_NONE, movsbl (%rdi), %ebp
	form UNDEF_NONE, movsbq (%rdi), %rdx
	form UNDEF_NONE, movsbq (%rdi), %r9
	form UNDEF_NONE, movswl (%rdi), %edx
	form UNDEF_NONE, movswq (%rdi), %rdx
	form UNDEF_NONE, movslq (%rdi), %rdx
	form UNDEF_NONE, movslq (%rdi), %r14

	group "movbe"
	form UNDEF_NONE, movbew (%rdi), %dx
	form UNDEF_NONE, movbel (%rdi), %edx
	form UNDEF_NONE, movbeq (%rdi), %r9
	form UNDEF_NONE, movbew %dx, (%rdi)
	form UNDEF_NONE, movbel %edx, (%rdi)
	form UNDEF_NONE, movbeq %r9, (%rdi)

	.macro address where:vararg
	form UNDEF_NONE, movl %ecx, \where
	form UNDEF_NONE, movl \where, %ecx
	.endm

	group "addressing"
	address (%rdi)
	address (%rsi)
	address (%rbp)
	address (%r13)
	address (%rbx)
	address (%rsp)
	address 0x7f(%rdi)
	address -0x80(%rdi)
	address 0x80(%rdi)
	address -0x81(%rsi)
	address (%rdi,%r10)
	address (%rdi,%r10,8)
	address -3(%r13,%r10,4)
	address 0x1000(%rbp,%r10,2)
	address (,%rdi)
	address mem(,%r10,8)
	address mem+77
	address mem+80(%rip)
	address (%edi)
	address 4(%esi,%r10d,4)
	address mem(%eip)
	address %gs:mem+8
	address %gs:(%rdi,%r10)
	address %ds:(%rdi)
	address %es:-5(%rsp,%r10)
	address %cs:(%rdi)

/* ---- arithmetic ----------------------------------------------------------------- */

	.macro alu_op op, undef
	group "\op"
	.irp r, cl, dh, r9b, cx, r14w, ecx, eax, r8d, rcx, r9
	form \undef, \op %\r, (%rsi)
	.endr
	.irp r, cl, ch, r9b, ax, r14w, ecx, edi, r8d, rcx, rdi, r9
	form \undef, \op (%rsi), %\r
	.endr
	form \undef, \op\()b $0x85, (%rdi)
	form \undef, \op\()w $-3, (%rdi)
	form \undef, \op\()w $0x1234, (%rdi)
	form \undef, \op\()l $-3, (%rdi)
	form \undef, \op\()l $0x92345678, (%rdi)
	form \undef, \op\()q $-3, (%rdi)
	form \undef, \op\()q $-0x12345678, (%rdi)
	form \undef, \op\()l $0x7f, mem+MEM_MIDDLE(%rip)
	form \undef, \op\()q $0x7fffffff, mem+MEM_MIDDLE(%rip)
	.ifnc \op, cmp
	form \undef, lock \op\()b %cl, (%rdi)
	form \undef, lock \op\()l %edx, (%rdi)
	form \undef, lock \op\()q $1, (%rdi)
	.endif
	.endm

	alu_op add, UNDEF_NONE
	alu_op or, UNDEF_LOGIC
	alu_op adc, UNDEF_NONE
	alu_op sbb, UNDEF_NONE
	alu_op and, UNDEF_LOGIC
	alu_op sub, UNDEF_NONE
	alu_op xor, UNDEF_LOGIC
	alu_op cmp, UNDEF_NONE

	group "test"
	.irp r, cl, dh, r9b, cx, r14w, ecx, r8d, rcx, r9
	form UNDEF_LOGIC, test %\r, (%rdi)
	.endr
	form UNDEF_LOGIC, testb $0x85, (%rdi)
	form UNDEF_LOGIC, testw $0x8234, (%rdi)
	form UNDEF_LOGIC, testl $0x82345678, (%rdi)
	form UNDEF_LOGIC, testq $-0x12345678, (%rdi)
	form UNDEF_LOGIC, testl $0x80, mem+MEM_MIDDLE(%rip)

	.irp op, not, neg, inc, dec
	group "\op"
	.irp s, b, w, l, q
	form UNDEF_NONE, \op\s (%rdi)
	form UNDEF_NONE, lock \op\s (%rdi)
	.endr
	.endr

	.macro shift_op op, undef1, undef, undef_short
	group "\op"
	shift_forms \op, \undef1, \undef_short, b, w
	shift_forms \op, \undef1, \undef, l, q
	.endm

	.macro shift_forms op, undef1, undef, suffixes:vararg
	.irp s, \suffixes
	form \undef1, \op\s (%rdi)
	form \undef, \op\s $3, (%rdi)
	form \undef, \op\s $17, (%rdi)
	form \undef, \op\s $0xff, (%rdi)
	form \undef, \op\s %cl, (%rdi)
	.endr
	.endm

	shift_op rol, UNDEF_NONE, UNDEF_ROTATE, UNDEF_ROTATE
	shift_op ror, UNDEF_NONE, UNDEF_ROTATE, UNDEF_ROTATE
	shift_op rcl, UNDEF_NONE, UNDEF_ROTATE, UNDEF_ROTATE
	shift_op rcr, UNDEF_NONE, UNDEF_ROTATE, UNDEF_ROTATE
	shift_op shl, UNDEF_SHIFT1, UNDEF_SHIFT, UNDEF_SHORT
	shift_op shr, UNDEF_SHIFT1, UNDEF_SHIFT, UNDEF_SHORT
	shift_op sar, UNDEF_SHIFT1, UNDEF_SHIFT, UNDEF_SHORT

/* ---- bits, exchanges, conditions --------------------------------------------------- */

	.irp op, bt, bts, btr, btc
	group "\op"
	form UNDEF_BITS, \op\()w $5, (%rdi)
	form UNDEF_BITS, \op\()w $0xfd, (%rdi)
	form UNDEF_BITS, \op\()l $31, (%rdi)
	form UNDEF_BITS, \op\()l $32, (%rdi)
	form UNDEF_BITS, \op\()q $63, (%rdi)
	form UNDEF_BITS, \op\()q $0x81, (%rdi)
	form UNDEF_BITS, \op %r11w, (%rdi)
	form UNDEF_BITS, \op %r11d, (%rdi)
	form UNDEF_BITS, \op %r11, (%rdi)
	form UNDEF_BITS, \op %r11d, (%edi)
	.ifnc \op, bt
	form UNDEF_BITS, lock \op\()l $7, (%rdi)
	form UNDEF_BITS, lock \op %r11, (%rdi)
	.endif
	.endr

	group "xchg"
	.irp r, al, bh, r9b, cx, r14w, edx, esi, r8d, rcx, r15
	form UNDEF_NONE, xchg %\r, (%rdi)
	.endr
	form UNDEF_NONE, lock xchgl %ecx, (%rdi)

	group "xadd"
	.irp r, al, bh, r9b, cx, r14w, edx, r8d, rcx, r15
	form UNDEF_NONE, xadd %\r, (%rdi)
	.endr
	form UNDEF_NONE, lock xadd %ecx, (%rdi)

	group "cmpxchg"
	.irp r, cl, dh, al, r9b, cx, ax, r14w, edx, eax, r8d, rcx, rax, r15
	form UNDEF_NONE, cmpxchg %\r, (%rdi)
	.endr
	form UNDEF_NONE, lock cmpxchg %ecx, (%rdi)
	form UNDEF_NONE, cmpxchg8b (%rdi)
	form UNDEF_NONE, lock cmpxchg8b (%rdi)

	group "setcc"
	.irp c, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
	form UNDEF_NONE, set\c (%rdi)
	.endr

	group "cmovcc"
	.irp c, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
	form UNDEF_NONE, cmov\c (%rdi), %dx
	form UNDEF_NONE, cmov\c (%rdi), %r9d
	form UNDEF_NONE, cmov\c (%rdi), %rdx
	.endr

	group "push, pop"
	form UNDEF_NONE, pushq (%rdi)
	form UNDEF_NONE, pushw (%rdi)
	form UNDEF_NONE, pushq 8(%rsp)
	form UNDEF_NONE, popq (%rdi)
	form UNDEF_NONE, popw (%rdi)
	form UNDEF_NONE, popq 8(%rsp)
	form UNDEF_NONE, popw 8(%rsp)
	form UNDEF_NONE, popq (%rsp,%r10,8)

/* ---- strings: the program gives rcx a count, and both directions ---------------------- */

	.irp op, movs, cmps, stos, lods, scas
	group "\op"
	.irp s, b, w, l, q
	form UNDEF_NONE, \op\s
	form UNDEF_NONE, rep \op\s
	form UNDEF_NONE, repne \op\s
	form UNDEF_NONE, addr32 \op\s
	form UNDEF_NONE, addr32 rep \op\s
	.endr
	.endr
	form UNDEF_NONE, lodsl %gs:(%rsi)
	form UNDEF_NONE, rep movsb %gs:(%rsi), %es:(%rdi)
forms_end:

	.section .note.GNU-stack, "", @progbits
