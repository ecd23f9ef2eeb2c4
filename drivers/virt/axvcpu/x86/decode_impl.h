/* SPDX-License-Identifier: GPL-2.0-only */
/* What the decoder's files share among themselves. */
#ifndef AXVCPU_X86_DECODE_IMPL_H
#define AXVCPU_X86_DECODE_IMPL_H

#include <linux/bits.h>
#include <linux/errno.h>

#include "decode.h"

/**
 * struct axv_x86_cursor - bytes being decoded, and the prefixes found
 * @b: bytes
 * @n: how many there are
 * @pos: next one
 * @bits: 16, 32, 64: the code segment's size
 * @rex: REX prefix, 0: none
 * @rep: 0, F2 or F3
 * @lock: LOCK
 * @opsize: 66
 * @seg: segment override, or AXV_X86_NONE
 * @addr_bits: 16, 32 or 64, 67 applied
 * @modrm: ModRM byte
 */
struct axv_x86_cursor {
	const u8 *b;
	unsigned int n;
	unsigned int pos;
	unsigned int bits;
	u8 rex;
	u8 rep;
	bool lock;
	bool opsize;
	s8 seg;
	u8 addr_bits;
	u8 modrm;
};

#define AXV_X86_REX_B	1
#define AXV_X86_REX_X	2
#define AXV_X86_REX_R	4
#define AXV_X86_REX_W	8

/* Reads zeroes behind the end; axv_x86_decode_end() finds out. */
static inline u8 axv_x86_next(struct axv_x86_cursor *c)
{
	u8 val = c->pos < c->n ? c->b[c->pos] : 0;

	c->pos++;
	return val;
}

/* @err, unless bytes were missing or too many to find that out. */
static inline int axv_x86_decode_end(const struct axv_x86_cursor *c, int err)
{
	if (c->pos > AXV_X86_INSN_MAX)
		return -EINVAL;
	return c->pos > c->n ? -ENODATA : err;
}

static inline unsigned int axv_x86_modrm_mod(const struct axv_x86_cursor *c)
{
	return c->modrm >> 6;
}

/* The reg field as an opcode extension, and as a register. */
static inline unsigned int axv_x86_modrm_ext(const struct axv_x86_cursor *c)
{
	return (c->modrm >> 3) & 7;
}

static inline unsigned int axv_x86_modrm_reg(const struct axv_x86_cursor *c)
{
	return axv_x86_modrm_ext(c) | (c->rex & AXV_X86_REX_R ? 8 : 0);
}

static inline unsigned int axv_x86_modrm_rm(const struct axv_x86_cursor *c)
{
	return (c->modrm & 7) | (c->rex & AXV_X86_REX_B ? 8 : 0);
}

/* Takes the prefixes and returns the first opcode byte. */
u8 axv_x86_take_prefixes(struct axv_x86_cursor *c, const u8 *b, unsigned int n,
			 unsigned int bits);
/* Bytes of an operand of full size. */
u8 axv_x86_operand_bytes(const struct axv_x86_cursor *c);
/* A little-endian integer of 1, 2, 4, 8 bytes, sign-extended. */
u64 axv_x86_next_signed(struct axv_x86_cursor *c, unsigned int bytes);
/* The memory operand that c->modrm begins; its mod field is not 3. */
void axv_x86_take_memory(struct axv_x86_cursor *c, struct axv_x86_insn *o);

/* ---- decode_table.c --------------------------------------------------------- */

/* how the operands are encoded */
enum axv_x86_form {
	FORM_NONE,	/* not served */
	FORM_MR,	/* memory, register */
	FORM_RM,	/* register, memory */
	FORM_MI,	/* memory, immediate of at most 4 bytes */
	FORM_MI8,	/* memory, immediate byte */
	FORM_M1,	/* memory, the number 1 */
	FORM_MC,	/* memory, CL */
	FORM_M,		/* memory */
	/* from here on without ModRM */
	FORM_LOAD,	/* accumulator, memory at an immediate offset */
	FORM_STORE,	/* memory at an immediate offset, accumulator */
	FORM_STRING,	/* rsi, rdi */
};

#define ROW_BYTE	BIT(0)	/* operands are bytes */
#define ROW_MEM8	BIT(1)	/* the memory operand is a byte */
#define ROW_MEM16	BIT(2)	/* ... a word */
#define ROW_MEM32	BIT(3)	/* ... at most a doubleword */
#define ROW_SIGN	BIT(4)	/* sign-extended */
#define ROW_BITS	BIT(5)	/* the register is a bit offset */
#define ROW_STACK	BIT(6)	/* 64-bit operands in 64-bit code */
#define ROW_LOCK	BIT(7)	/* may be locked */
#define ROW_ONLY64	BIT(8)
#define ROW_NOT64	BIT(9)
#define ROW_NO_66	BIT(10)	/* 66 makes it another instruction */
#define ROW_NO_REP	BIT(11)	/* F2 and F3 do */
#define ROW_GROUP	BIT(12)	/* op is enum axv_x86_group, /reg the index */

/**
 * struct axv_x86_row - an opcode
 * @op: enum axv_x86_op
 * @form: enum axv_x86_form; in a group: 0: that of the opcode
 * @access: AXV_X86_READ, AXV_X86_WRITE: of the memory operand
 * @flags: ROW_*; those of an opcode and of its group's row are added
 */
struct axv_x86_row {
	u8 op;
	u8 form;
	u8 access;
	u16 flags;
};

enum axv_x86_group {
	GROUP_1, GROUP_1A, GROUP_2, GROUP_3, GROUP_4, GROUP_5, GROUP_8, GROUP_9, GROUP_11,
	NR_GROUPS,
};

extern const struct axv_x86_row axv_x86_one_byte[256];
extern const struct axv_x86_row axv_x86_two_byte[256];	/* 0F */
extern const struct axv_x86_row axv_x86_movbe[2];	/* 0F 38 F0 and F1 */
extern const struct axv_x86_row axv_x86_groups[NR_GROUPS][8];

#endif /* AXVCPU_X86_DECODE_IMPL_H */
