/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of forms.S, for C and for assembly. */
#ifndef DECODE_RISCV_FORMS_H
#define DECODE_RISCV_FORMS_H

#define FORM_NAME_LEN	48
#define FORM_GROUP	255	/* a row that is a group's name */

/* the op of a row, in the order of enum axv_riscv_op */
#define FORM_OTHER	0
#define FORM_MEMORY	1
#define FORM_LOAD	2
#define FORM_STORE	3
#define FORM_FLOAD	4
#define FORM_FSTORE	5
#define FORM_AMO	6
#define FORM_LR		7
#define FORM_SC		8
#define FORM_CSR	9
#define FORM_WFI	10

#ifndef __ASSEMBLER__

#include <linux/types.h>

/**
 * struct form - an instruction, and what is to be said of it
 * @insn: its bits, 0 above them
 * @op: FORM_*
 * @len: bytes
 * @width: bytes of the access
 * @sign: extends the sign
 * @data: rd of a load, rs2 of a store, rd of CSR and AMO
 * @base: rs1
 * @funct: funct3 of CSR, funct5 of AMO
 * @reserved: nothing
 * @imm: offset, or CSR number
 * @name: as the assembler was given it
 */
struct form {
	__u32 insn;
	__u8 op;
	__u8 len;
	__u8 width;
	__u8 sign;
	__u8 data;
	__u8 base;
	__u8 funct;
	__u8 reserved;
	__s32 imm;
	char name[FORM_NAME_LEN];
};

#endif
#endif
