/* SPDX-License-Identifier: GPL-2.0-only */
/* Forms of mmio_diff.c in 64-bit code. */
#define PSI	rsi
#include "mmio_forms.h"

.macro ADDRESSES op:vararg
	FORM	FORM_AF, \op (%rsi)
	FORM	FORM_AF, \op -8(%rdi)
	FORM	FORM_AF, \op (%rbp)
	FORM	FORM_AF, \op 0x7f(%rbp)
	FORM	FORM_AF, \op -0x80(%rbp)
	FORM	FORM_AF, \op 0x80(%rbp)
	FORM	FORM_AF, \op (%r8)
	FORM	FORM_AF, \op (%r12)
	FORM	FORM_AF, \op (%r13)
	FORM	FORM_AF, \op 8(%r12)
	FORM	FORM_AF, \op 0x200(%r13)
	FORM	FORM_AF, \op (%rsi, %r9)
	FORM	FORM_AF, \op (%rsi, %r9, 2)
	FORM	FORM_AF, \op 1(%rsi, %r9, 4)
	FORM	FORM_AF, \op -4(%r8, %r9, 8)
	FORM	FORM_AF, \op (%rbp, %r9, 4)
	FORM	FORM_AF, \op (%r13, %r9, 4)
	FORM	FORM_AF, \op (%r12, %r9, 2)
	FORM	FORM_AF, \op (%r9, %r12)
	FORM	FORM_AF, \op (, %rsi)
	FORM	FORM_AF, \op FORM_PTR(, %r9, 8)
	FORM	FORM_AF, \op FORM_PTR + 0x10
	FORM	FORM_AF, \op (%r10d)
	FORM	FORM_AF, \op 4(%r10d, %r9d, 4)
	FORM	FORM_AF, \op (%esi)
	FORM	FORM_AF, \op 0x100(%ebp)
	FORM	FORM_AF, \op forms_base + FORM_PTR - 0x1000(%rip)
.endm

.macro SEGMENTS op:vararg
	FORM	FORM_AF | UNDEF_BITS, \op %fs:8
	FORM	FORM_AF | UNDEF_BITS, \op %gs:0x10
	FORM	FORM_AF | UNDEF_BITS, \op %fs:(%r9)
	FORM	FORM_AF | UNDEF_BITS, \op %gs:-8(, %r9, 8)
	FORM	FORM_AF | UNDEF_BITS, \op %gs:4(%r9d)
	FORM	FORM_AF | UNDEF_BITS, \op %ds:(%rsi)
.endm

	.code64
	FORMS_BEGIN
	MOV_FORMS
	MOVBE_FORMS

	GROUP	FORM_G_MOV
	FORM	0, movb %r11b, (%rsi)
	FORM	0, movb %sil, (%rsi)
	FORM	0, movb %spl, (%rsi)
	FORM	0, movb (%rsi), %bpl
	FORM	0, movb (%rsi), %r14b
	FORM	0, movw %r11w, (%rsi)
	FORM	0, movw (%rsi), %r14w
	FORM	0, movl %r11d, (%rsi)
	FORM	0, movl (%rsi), %r14d
	FORM	0, movq %rdx, (%rsi)
	FORM	0, movq %r14, 1(%rsi)
	FORM	0, movq (%rsi), %rdx
	FORM	0, movq (%rsi), %r14
	FORM	0, movq 5(%rsi), %rsi
	FORM	0, movq $0x12345678, (%rsi)
	FORM	0, movq $-2, 8(%rsi)
	FORM	0, movabsb FORM_PTR, %al
	FORM	0, movabsw FORM_PTR + 2, %ax
	FORM	0, movabsl FORM_PTR + 4, %eax
	FORM	0, movabsq FORM_PTR + 8, %rax
	FORM	0, movabsb %al, FORM_PTR + 1
	FORM	0, movabsw %ax, FORM_PTR + 2
	FORM	0, movabsl %eax, FORM_PTR + 4
	FORM	0, movabsq %rax, FORM_PTR + 8

	GROUP	FORM_G_EXTEND
	FORM	0, movzbl (%rsi), %r11d
	FORM	0, movzbw (%rsi), %r14w
	FORM	0, movzbq (%rsi), %rdx
	FORM	0, movzwq (%rsi), %rdx
	FORM	0, movsbq (%rsi), %rdx
	FORM	0, movswq (%rsi), %r14
	FORM	0, movslq (%rsi), %rdx
	FORM	0, movslq 4(%rsi), %r11
	FORM	0, movsbl (%rsi), %r14d
	FORM	0, movbe (%rsi), %rdx
	FORM	0, movbe %r14, (%rsi)
	FORM	0, movnti %r14, (%rsi)

	GROUP	FORM_G_ADDRESS
	ADDRESSES movl %edx,
	ADDRESSES movl $0x12345678,
	ADDRESSES addl $1,
	ADDRESSES orb $1,
	ADDRESSES xchgq %r14,
	FORM	0, movw $0x4321, forms_base + FORM_PTR - 0x1000(%rip)
	FORM	0, movzbl forms_base + FORM_PTR - 0x1000(%rip), %edx

	GROUP	FORM_G_SEGMENT
	SEGMENTS movl %edx,
	SEGMENTS subl $1,
	SEGMENTS xorb %bl,
	SEGMENTS btsl $5,
	FORM	0, movzbl %fs:(%r9), %edx
	FORM	0, movq %gs:-8, %rdx

	ALL_ALU_FORMS
	.irp	op, add, adc, sub, sbb, cmp
	GROUP	FORM_G_ADDRESS
	FORM	0, \op\()b %r11b, (%r12)
	FORM	0, \op\()b (%r13), %sil
	FORM	0, \op\()w %r14w, 2(%r8)
	FORM	0, \op\()q %rdx, (%rsi)
	FORM	0, \op\()q (%rsi), %r14
	FORM	0, \op\()q $-1, (%rsi)
	FORM	0, \op\()q $0x7fffffff, (%rsi)
	.endr
	.irp	op, and, or, xor
	FORM	FORM_AF, \op\()b %r11b, (%r12)
	FORM	FORM_AF, \op\()q %rdx, (%rsi)
	FORM	FORM_AF, \op\()q (%rsi), %r14
	FORM	FORM_AF, \op\()q $-128, (%rsi)
	FORM	FORM_AF, \op\()q $0x70000001, (%rsi)
	.endr
	GROUP	FORM_G_TEST
	FORM	FORM_AF, testq %rdx, (%rsi)
	FORM	FORM_AF, testq $-0x80000000, (%rsi)
	FORM	FORM_AF, testb %r11b, (%r13)

	GROUP	FORM_G_UNARY
	.irp	suffix, b, w, l, q
	UNARY_SIZES \suffix
	.endr

	EXCHANGE_FORMS
	FORM	0, xchgb %r11b, (%rsi)
	FORM	0, xchgq %rdx, (%rsi)
	FORM	0, xaddq %r14, (%rsi)
	FORM	0, lock xaddq %rax, (%rsi)
	FORM	0, cmpxchgb %sil, (%rsi)
	FORM	0, cmpxchgq %rdx, (%rsi)
	FORM	0, lock cmpxchgq %r14, (%rsi)

	GROUP	FORM_G_BITS
	BIT_IMMEDIATES w, 13
	BIT_IMMEDIATES l, 0
	BIT_IMMEDIATES l, 37
	BIT_IMMEDIATES q, 63
	BIT_REGISTERS w, %r15w, 0
	BIT_REGISTERS l, %r15d, 0
	BIT_REGISTERS q, %r15, 0
	FORM	UNDEF_BITS, lock btsl $7, (%rsi)
	FORM	UNDEF_BITS, lock btrq %r15, (%rsi)
	FORM	UNDEF_BITS, lock btcl %r15d, (%rsi)

	SETCC_FORMS
	CMOV_FORMS
	FORM	0, cmovne (%rsi), %rdx
	FORM	0, cmovb (%rsi), %r14
	FORM	0, cmovs (%rsi), %r11d

	GROUP	FORM_G_SHIFT
	.irp	suffix, b, w, l, q
	SHIFT_SIZES \suffix
	.endr

	GROUP	FORM_G_STRING
	.irp	suffix, b, w, l, q
	STRING_SIZES \suffix
	.endr
	FORM	FORM_STRING, addr32 lodsl
	FORM	FORM_STRING, addr32 stosb
	FORM	FORM_STRING | FORM_REP, rep addr32 stosl
	FORM	FORM_STRING | FORM_REP, rep addr32 movsb
	FORM	FORM_STRING | FORM_NO_EXIT, lodsl %fs:(%rsi)

	GROUP	FORM_G_STACK
	FORM	0, pushq (%rsi)
	FORM	0, pushw (%rsi)
	FORM	0, popq (%rsi)
	FORM	0, popw (%rsi)
	FORMS_END
