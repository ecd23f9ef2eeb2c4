/* SPDX-License-Identifier: GPL-2.0-only */
/* Forms of mmio_diff.c in 32-bit code. */
#define PSI	esi
#include "mmio_forms.h"

.macro ADDRESSES op:vararg
	FORM	FORM_AF, \op (%esi)
	FORM	FORM_AF, \op -8(%edi)
	FORM	FORM_AF, \op (%ebp)
	FORM	FORM_AF, \op -0x80(%ebp)
	FORM	FORM_AF, \op 0x80(%ebp)
	FORM	FORM_AF, \op FORM_PTR
	FORM	FORM_AF, \op FORM_PTR + 4
	FORM	FORM_AF, \op (, %esi)
	FORM	FORM_AF, \op %ss:(%esi)
	FORM	FORM_AF, \op %es:4(%edi)
	FORM	FORM_AF, \op %ds:4(%ebp)
	FORM	FORM_AF, \op %fs:8
	FORM	FORM_AF, \op %gs:-4
.endm

	.code32
	FORMS_BEGIN
	MOV_FORMS
	MOVBE_FORMS
	GROUP	FORM_G_MOV
	FORM	0, movb %al, FORM_PTR
	FORM	0, movb FORM_PTR + 3, %al
	FORM	0, movw %ax, FORM_PTR + 2
	FORM	0, movw FORM_PTR + 2, %ax
	FORM	0, movl %eax, FORM_PTR
	FORM	0, movl FORM_PTR + 8, %eax
	GROUP	FORM_G_ADDRESS
	ADDRESSES movl %edx,
	ADDRESSES movl $0x12345678,
	ADDRESSES addl $1,
	ADDRESSES orb $1,
	ADDRESSES xchgl %edx,
	FORM	0, movl %cs:(%esi), %edx
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
	FORM	UNDEF_BITS, lock btsl $7, (%esi)
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
	GROUP	FORM_G_STACK
	FORM	0, pushl (%esi)
	FORM	0, pushw (%esi)
	FORM	0, popl (%esi)
	FORM	0, popw (%esi)
	FORMS_END
