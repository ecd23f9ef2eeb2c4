/* SPDX-License-Identifier: GPL-2.0-only */
/* Forms of mmio_diff.c in real mode; pointers are offsets in FORM_SEGMENT. */
#define PSI	si
#include "mmio_forms.h"

#define OFFSET	(FORM_PTR - FORM_SEGMENT)

.macro ADDRESSES op:vararg
	FORM	FORM_AF, \op (%si)
	FORM	FORM_AF, \op -8(%di)
	FORM	FORM_AF, \op (%bp)
	FORM	FORM_AF, \op 4(%bp)
	FORM	FORM_AF, \op (%bx)
	FORM	FORM_AF, \op 8(%bx)
	FORM	FORM_AF, \op 0x180(%bx)
	FORM	FORM_AF, \op -OFFSET(%bx, %si)
	FORM	FORM_AF, \op -OFFSET(%bx, %di)
	FORM	FORM_AF, \op -OFFSET(%bp, %si)
	FORM	FORM_AF, \op -OFFSET(%bp, %di)
	FORM	FORM_AF, \op OFFSET
	FORM	FORM_AF, \op %es:OFFSET + 4
	FORM	FORM_AF, \op %ss:(%si)
	FORM	FORM_AF, \op %ds:4(%bp)
	FORM	FORM_AF, \op (%esi)
	FORM	FORM_AF, \op 8(%ebp)
.endm

	.code16
	FORMS_BEGIN
	MOV_FORMS
	GROUP	FORM_G_MOV
	FORM	0, movb %al, OFFSET
	FORM	0, movb OFFSET + 3, %al
	FORM	0, movw %ax, OFFSET + 2
	FORM	0, movw OFFSET + 2, %ax
	FORM	0, movl %eax, OFFSET
	FORM	0, movl OFFSET + 8, %eax
	GROUP	FORM_G_ADDRESS
	ADDRESSES movw %dx,
	ADDRESSES movl $0x12345678,
	ADDRESSES addw $1,
	ADDRESSES orb $1,
	ADDRESSES xchgl %edx,
	ALL_ALU_FORMS
	GROUP	FORM_G_UNARY
	.irp	suffix, b, w, l
	UNARY_SIZES \suffix
	.endr
	EXCHANGE_FORMS
	GROUP	FORM_G_BITS
	BIT_IMMEDIATES w, 13
	BIT_IMMEDIATES l, 37
	BIT_REGISTERS w, %di, FORM_BITS
	BIT_REGISTERS l, %edi, FORM_BITS
	SETCC_FORMS
	CMOV_FORMS
	GROUP	FORM_G_SHIFT
	.irp	suffix, b, w, l
	SHIFT_SIZES \suffix
	.endr
	GROUP	FORM_G_STRING
	.irp	suffix, b, w, l
	STRING_SIZES \suffix
	.endr
	FORM	FORM_STRING, addr32 lodsw
	FORM	FORM_STRING | FORM_REP, rep addr32 stosl
	GROUP	FORM_G_STACK
	FORM	0, pushw (%si)
	FORM	0, pushl (%si)
	FORM	0, popw (%si)
	FORM	0, popl (%si)
	FORMS_END
