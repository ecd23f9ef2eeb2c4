// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that a hypervisor intercepts. Where the hardware tells neither
 * their length nor their operands, this does.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "decode_impl.h"

/* what must follow the opcode */
enum match {
	MATCH_BARE,	/* nothing */
	MATCH_IMM8,	/* an immediate byte */
	MATCH_EXT,	/* ModRM with this reg field */
	MATCH_MEM,	/* ... of memory */
	MATCH_BYTE,	/* this byte */
	MATCH_REG,	/* ModRM whose mod field does not matter: MOV CR */
};

#define MAP_0F		0x100
#define MAP_0F38	0x200

#define SYS_BYTE	BIT(0)	/* operands are bytes */
#define SYS_PORT	BIT(1)	/* ... at most 4 bytes */
#define SYS_STACK	BIT(2)	/* 64-bit operands in 64-bit code */
#define SYS_F3		BIT(3)	/* without F3 it is another instruction */
#define SYS_66		BIT(4)	/* without 66 it is another instruction */
#define SYS_NOT64	BIT(5)

struct sys_row {
	u16 opcode;
	u8 match;
	u8 val;
	u8 op;
	u8 flags;
};

#define OP(x)	AXV_X86_SYS_##x

static const struct sys_row sys_rows[] = {
	{ 0x6c, MATCH_BARE, 0, OP(INS), SYS_BYTE },
	{ 0x6d, MATCH_BARE, 0, OP(INS), SYS_PORT },
	{ 0x6e, MATCH_BARE, 0, OP(OUTS), SYS_BYTE },
	{ 0x6f, MATCH_BARE, 0, OP(OUTS), SYS_PORT },
	{ 0x90, MATCH_BARE, 0, OP(PAUSE), SYS_F3 },
	{ 0x9c, MATCH_BARE, 0, OP(PUSHF), SYS_STACK },
	{ 0x9d, MATCH_BARE, 0, OP(POPF), SYS_STACK },
	{ 0xcc, MATCH_BARE, 0, OP(INT3) },
	{ 0xcd, MATCH_IMM8, 0, OP(INT) },
	{ 0xce, MATCH_BARE, 0, OP(INTO), SYS_NOT64 },
	{ 0xcf, MATCH_BARE, 0, OP(IRET) },
	{ 0xe4, MATCH_IMM8, 0, OP(IN), SYS_BYTE },
	{ 0xe5, MATCH_IMM8, 0, OP(IN), SYS_PORT },
	{ 0xe6, MATCH_IMM8, 0, OP(OUT), SYS_BYTE },
	{ 0xe7, MATCH_IMM8, 0, OP(OUT), SYS_PORT },
	{ 0xec, MATCH_BARE, 0, OP(IN), SYS_BYTE },
	{ 0xed, MATCH_BARE, 0, OP(IN), SYS_PORT },
	{ 0xee, MATCH_BARE, 0, OP(OUT), SYS_BYTE },
	{ 0xef, MATCH_BARE, 0, OP(OUT), SYS_PORT },
	{ 0xf1, MATCH_BARE, 0, OP(ICEBP) },
	{ 0xf4, MATCH_BARE, 0, OP(HLT) },
	{ MAP_0F | 0x00, MATCH_EXT, 0, OP(SLDT) },
	{ MAP_0F | 0x00, MATCH_EXT, 1, OP(STR) },
	{ MAP_0F | 0x00, MATCH_EXT, 2, OP(LLDT) },
	{ MAP_0F | 0x00, MATCH_EXT, 3, OP(LTR) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xc1, OP(VMCALL) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xc8, OP(MONITOR) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xc9, OP(MWAIT) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xd0, OP(XGETBV) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xd1, OP(XSETBV) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xd8, OP(VMRUN) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xd9, OP(VMMCALL) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xda, OP(VMLOAD) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xdb, OP(VMSAVE) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xdc, OP(STGI) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xdd, OP(CLGI) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xde, OP(SKINIT) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xdf, OP(INVLPGA) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xf8, OP(SWAPGS) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xf9, OP(RDTSCP) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xfa, OP(MONITOR) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xfb, OP(MWAIT) },
	{ MAP_0F | 0x01, MATCH_BYTE, 0xfd, OP(RDPRU) },
	{ MAP_0F | 0x01, MATCH_MEM, 0, OP(SGDT) },
	{ MAP_0F | 0x01, MATCH_MEM, 1, OP(SIDT) },
	{ MAP_0F | 0x01, MATCH_MEM, 2, OP(LGDT) },
	{ MAP_0F | 0x01, MATCH_MEM, 3, OP(LIDT) },
	{ MAP_0F | 0x01, MATCH_EXT, 4, OP(SMSW) },
	{ MAP_0F | 0x01, MATCH_EXT, 6, OP(LMSW) },
	{ MAP_0F | 0x01, MATCH_MEM, 7, OP(INVLPG) },
	{ MAP_0F | 0x06, MATCH_BARE, 0, OP(CLTS) },
	{ MAP_0F | 0x08, MATCH_BARE, 0, OP(INVD) },
	{ MAP_0F | 0x09, MATCH_BARE, 0, OP(WBINVD) },
	{ MAP_0F | 0x20, MATCH_REG, 0, OP(MOV_FROM_CR) },
	{ MAP_0F | 0x21, MATCH_REG, 0, OP(MOV_FROM_DR) },
	{ MAP_0F | 0x22, MATCH_REG, 0, OP(MOV_TO_CR) },
	{ MAP_0F | 0x23, MATCH_REG, 0, OP(MOV_TO_DR) },
	{ MAP_0F | 0x30, MATCH_BARE, 0, OP(WRMSR) },
	{ MAP_0F | 0x31, MATCH_BARE, 0, OP(RDTSC) },
	{ MAP_0F | 0x32, MATCH_BARE, 0, OP(RDMSR) },
	{ MAP_0F | 0x33, MATCH_BARE, 0, OP(RDPMC) },
	{ MAP_0F | 0xa2, MATCH_BARE, 0, OP(CPUID) },
	{ MAP_0F | 0xaa, MATCH_BARE, 0, OP(RSM) },
	{ MAP_0F38 | 0x82, MATCH_MEM, 0, OP(INVPCID), SYS_66 },
};

static bool row_matches(const struct axv_x86_cursor *c, const struct sys_row *row)
{
	if ((row->flags & SYS_F3) && c->rep != 0xf3)
		return false;
	if ((row->flags & SYS_66) && !c->opsize)
		return false;
	if ((row->flags & SYS_NOT64) && c->bits == 64)
		return false;
	/* What is not there may be anything: the end is noticed later. */
	if (c->pos >= c->n)
		return true;
	switch (row->match) {
	case MATCH_EXT:
		return axv_x86_modrm_ext(c) == row->val;
	case MATCH_MEM:
		/* INVPCID's reg field is an operand. */
		return axv_x86_modrm_mod(c) != 3 &&
		       (row->opcode >= MAP_0F38 || axv_x86_modrm_ext(c) == row->val);
	case MATCH_BYTE:
		return c->modrm == row->val;
	}
	return true;
}

static const struct sys_row *find_row(const struct axv_x86_cursor *c, unsigned int opcode)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sys_rows); i++) {
		if (sys_rows[i].opcode == opcode && row_matches(c, &sys_rows[i]))
			return &sys_rows[i];
	}
	return NULL;
}

static u8 operand_width(const struct axv_x86_cursor *c, const struct sys_row *row)
{
	u8 full = axv_x86_operand_bytes(c);

	if (row->flags & SYS_BYTE)
		return 1;
	if (row->match == MATCH_REG)
		return c->bits == 64 ? 8 : 4;
	if (row->flags & SYS_PORT)
		return full > 4 ? 4 : full;
	if ((row->flags & SYS_STACK) && c->bits == 64 && !c->opsize)
		return 8;
	return full;
}

/* What comes behind opcode and ModRM, and the operands in ModRM. */
static void take_rest(struct axv_x86_cursor *c, const struct sys_row *row,
		      struct axv_x86_sys *o)
{
	struct axv_x86_insn unused = { };

	switch (row->match) {
	case MATCH_IMM8:
		o->port = axv_x86_next(c);
		o->has_imm = true;
		break;
	case MATCH_REG:
		o->cr = axv_x86_modrm_reg(c);
		o->gpr = axv_x86_modrm_rm(c);
		/* 32-bit code reaches CR8 so. */
		if (c->lock && o->cr == 0)
			o->cr = 8;
		break;
	case MATCH_EXT:
	case MATCH_MEM:
		if (axv_x86_modrm_mod(c) == 3)
			o->gpr = axv_x86_modrm_rm(c);
		else
			axv_x86_take_memory(c, &unused);
		break;
	}
}

int axv_x86_decode_system(const u8 *b, unsigned int n, unsigned int bits,
			  struct axv_x86_sys *out)
{
	struct axv_x86_sys o = { .gpr = AXV_X86_NONE };
	const struct sys_row *row;
	struct axv_x86_cursor c;
	unsigned int opcode;
	int err;

	opcode = axv_x86_take_prefixes(&c, b, n, bits);
	if (opcode == 0x0f) {
		opcode = MAP_0F | axv_x86_next(&c);
		if (opcode == (MAP_0F | 0x38))
			opcode = MAP_0F38 | axv_x86_next(&c);
	}
	/* Harmless to look one byte ahead: the rows say whether it belongs. */
	c.modrm = c.pos < n ? b[c.pos] : 0;
	row = find_row(&c, opcode);
	if (!row)
		return axv_x86_decode_end(&c, -EINVAL);
	if (row->match >= MATCH_EXT)
		c.pos++;
	take_rest(&c, row, &o);
	err = axv_x86_decode_end(&c, 0);
	if (err)
		return err;

	o.op = row->op;
	o.len = c.pos;
	o.width = operand_width(&c, row);
	o.addr_bits = c.addr_bits;
	o.rep = c.rep;
	o.lock = c.lock;
	o.seg = c.seg;
	*out = o;
	return 0;
}
