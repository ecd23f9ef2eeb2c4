// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86 instruction decoding: bytes to struct axv_x86_insn, and where in memory
 * that instruction goes.
 *
 * Bytes come from the guest and may be anything, so everything is read through
 * axv_x86_next(), which never leaves the buffer.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "decode_impl.h"

/* ---- prefixes and integers ------------------------------------------------------ */

static int segment_prefix(u8 val)
{
	switch (val) {
	case 0x26:
		return AXVCPU_X86_ES;
	case 0x2e:
		return AXVCPU_X86_CS;
	case 0x36:
		return AXVCPU_X86_SS;
	case 0x3e:
		return AXVCPU_X86_DS;
	case 0x64:
		return AXVCPU_X86_FS;
	case 0x65:
		return AXVCPU_X86_GS;
	}
	return AXV_X86_NONE;
}

/* Is @val a legacy prefix? Then remember it. */
static bool take_prefix(struct axv_x86_cursor *c, u8 val, bool *addrsize)
{
	int seg = segment_prefix(val);

	if (seg != AXV_X86_NONE) {
		/* The old four have no meaning in 64-bit code, not even as the last. */
		if (c->bits != 64 || seg >= AXVCPU_X86_FS)
			c->seg = seg;
		return true;
	}
	switch (val) {
	case 0x66:
		c->opsize = true;
		return true;
	case 0x67:
		*addrsize = true;
		return true;
	case 0xf0:
		c->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		c->rep = val;
		return true;
	}
	return false;
}

u8 axv_x86_take_prefixes(struct axv_x86_cursor *c, const u8 *b, unsigned int n,
			 unsigned int bits)
{
	bool addrsize = false;
	u8 val;

	memset(c, 0, sizeof(*c));
	c->b = b;
	c->n = n;
	c->bits = bits;
	c->seg = AXV_X86_NONE;

	do {
		val = axv_x86_next(c);
		/* REX counts only right before the opcode. */
		if (take_prefix(c, val, &addrsize))
			c->rex = 0;
		else if (bits == 64 && (val & 0xf0) == 0x40)
			c->rex = val;
		else
			break;
	} while (c->pos < AXV_X86_INSN_MAX);

	if (bits == 64)
		c->addr_bits = addrsize ? 32 : 64;
	else
		c->addr_bits = (bits == 16) != addrsize ? 16 : 32;
	return val;
}

u8 axv_x86_operand_bytes(const struct axv_x86_cursor *c)
{
	if (c->rex & AXV_X86_REX_W)
		return 8;
	return (c->bits == 16) != c->opsize ? 2 : 4;
}

u64 axv_x86_next_signed(struct axv_x86_cursor *c, unsigned int bytes)
{
	unsigned int i;
	u64 val = 0;

	for (i = 0; i < bytes; i++)
		val |= (u64)axv_x86_next(c) << (i * 8);
	return axv_x86_sign_extend(val, bytes);
}

/* ---- ModRM ------------------------------------------------------------------------- */

/* 16-bit forms by the rm field: base and index register */
static const s8 forms16[8][2] = {
	{ AXVCPU_X86_RBX, AXVCPU_X86_RSI },
	{ AXVCPU_X86_RBX, AXVCPU_X86_RDI },
	{ AXVCPU_X86_RBP, AXVCPU_X86_RSI },
	{ AXVCPU_X86_RBP, AXVCPU_X86_RDI },
	{ AXVCPU_X86_RSI, AXV_X86_NONE },
	{ AXVCPU_X86_RDI, AXV_X86_NONE },
	{ AXVCPU_X86_RBP, AXV_X86_NONE },
	{ AXVCPU_X86_RBX, AXV_X86_NONE },
};

static void take_address16(struct axv_x86_cursor *c, struct axv_x86_insn *o)
{
	unsigned int mod = axv_x86_modrm_mod(c), rm = c->modrm & 7;

	if (mod == 0 && rm == 6) {
		o->disp = axv_x86_next_signed(c, 2);
		return;
	}
	o->base = forms16[rm][0];
	o->index = forms16[rm][1];
	if (mod)
		o->disp = axv_x86_next_signed(c, mod == 1 ? 1 : 2);
}

static void take_address(struct axv_x86_cursor *c, struct axv_x86_insn *o)
{
	unsigned int mod = axv_x86_modrm_mod(c), base = c->modrm & 7, index;
	u8 sib;

	if (base == 4) {
		sib = axv_x86_next(c);
		base = sib & 7;
		index = ((sib >> 3) & 7) | (c->rex & AXV_X86_REX_X ? 8 : 0);
		if (index != AXVCPU_X86_RSP) {
			o->index = index;
			o->scale = sib >> 6;
		}
	} else if (mod == 0 && base == 5 && c->bits == 64) {
		o->rip_relative = true;
	}
	/* 5 with mod 0 is "no base", whatever REX.B says. */
	if (mod == 0 && base == 5)
		o->disp = axv_x86_next_signed(c, 4);
	else
		o->base = base | (c->rex & AXV_X86_REX_B ? 8 : 0);
	if (mod == 1 || mod == 2)
		o->disp = axv_x86_next_signed(c, mod == 1 ? 1 : 4);
}

static unsigned int data_segment(const struct axv_x86_cursor *c, int base)
{
	if (c->seg != AXV_X86_NONE)
		return c->seg;
	if (base == AXVCPU_X86_RSP || base == AXVCPU_X86_RBP)
		return AXVCPU_X86_SS;
	return AXVCPU_X86_DS;
}

void axv_x86_take_memory(struct axv_x86_cursor *c, struct axv_x86_insn *o)
{
	o->base = AXV_X86_NONE;
	o->index = AXV_X86_NONE;
	if (c->addr_bits == 16)
		take_address16(c, o);
	else
		take_address(c, o);
	o->seg = data_segment(c, o->base);
}

/* ---- instructions with a memory operand ---------------------------------------------- */

/* The row of an opcode, with ModRM taken where it has one. */
static int find_row(struct axv_x86_cursor *c, u8 opcode, struct axv_x86_row *row, u8 *cond)
{
	const struct axv_x86_row *member;

	if (opcode != 0x0f) {
		*row = axv_x86_one_byte[opcode];
	} else {
		opcode = axv_x86_next(c);
		*cond = opcode & 15;
		*row = axv_x86_two_byte[opcode];
		if (opcode == 0x38) {
			opcode = axv_x86_next(c);
			if ((opcode & 0xfe) != 0xf0)
				return -EINVAL;
			*row = axv_x86_movbe[opcode & 1];
		}
	}
	if (row->form == FORM_NONE && !(row->flags & ROW_GROUP))
		return -EINVAL;
	if (row->form >= FORM_LOAD)
		return 0;

	c->modrm = axv_x86_next(c);
	if (row->flags & ROW_GROUP) {
		member = &axv_x86_groups[row->op][axv_x86_modrm_ext(c)];
		if (!member->access)
			return -EINVAL;
		row->op = member->op;
		row->access = member->access;
		row->flags |= member->flags;
		if (member->form != FORM_NONE)
			row->form = member->form;
	}
	return 0;
}

static bool row_allowed(const struct axv_x86_cursor *c, const struct axv_x86_row *row)
{
	if (row->flags & (c->bits == 64 ? ROW_NOT64 : ROW_ONLY64))
		return false;
	if (c->lock && !(row->flags & ROW_LOCK))
		return false;
	if ((row->flags & ROW_NO_66) && c->opsize)
		return false;
	if ((row->flags & ROW_NO_REP) && c->rep)
		return false;
	/* With REX.W it is CMPXCHG16B, wider than an exit can tell. */
	return row->op != AXV_X86_OP_CMPXCHG8B || !(c->rex & AXV_X86_REX_W);
}

static void set_widths(const struct axv_x86_cursor *c, const struct axv_x86_row *row,
		       struct axv_x86_insn *o)
{
	if (row->flags & ROW_BYTE)
		o->reg_width = 1;
	else if ((row->flags & ROW_STACK) && c->bits == 64 && !c->opsize)
		o->reg_width = 8;
	else
		o->reg_width = axv_x86_operand_bytes(c);
	/* MOVNTI: 32 bits in 16-bit code too */
	if ((row->flags & ROW_NO_66) && o->reg_width == 2)
		o->reg_width = 4;

	o->width = o->reg_width;
	if (row->op == AXV_X86_OP_CMPXCHG8B)
		o->width = 8;
	else if (row->flags & ROW_MEM8)
		o->width = 1;
	else if (row->flags & ROW_MEM16)
		o->width = 2;
	else if ((row->flags & ROW_MEM32) && o->width > 4)
		o->width = 4;
}

static void set_register(const struct axv_x86_cursor *c, struct axv_x86_insn *o)
{
	unsigned int reg = axv_x86_modrm_reg(c);

	/* Without REX, byte registers 4-7 are the second bytes of 0-3. */
	o->high = o->reg_width == 1 && !c->rex && reg >= 4;
	o->reg = o->high ? reg - 4 : reg;
}

static void take_operands(struct axv_x86_cursor *c, const struct axv_x86_row *row,
			  struct axv_x86_insn *o)
{
	if (row->form < FORM_LOAD)
		axv_x86_take_memory(c, o);
	else
		o->seg = data_segment(c, AXV_X86_NONE);

	switch (row->form) {
	case FORM_RM:
	case FORM_MR:
		set_register(c, o);
		o->dest_reg = row->form == FORM_RM;
		break;
	case FORM_MI:
		o->imm = axv_x86_next_signed(c, o->width > 4 ? 4 : o->width);
		break;
	case FORM_MI8:
		o->imm = axv_x86_next_signed(c, 1);
		break;
	case FORM_M1:
		o->imm = 1;
		break;
	case FORM_MC:
		o->reg = AXVCPU_X86_RCX;
		break;
	case FORM_LOAD:
	case FORM_STORE:
		o->disp = axv_x86_next_signed(c, c->addr_bits / 8);
		o->reg = AXVCPU_X86_RAX;
		o->dest_reg = row->form == FORM_LOAD;
		break;
	case FORM_STRING:
		o->rep = c->rep;
		break;
	}
}

int axv_x86_decode(const u8 *b, unsigned int n, unsigned int bits,
		   struct axv_x86_insn *out)
{
	struct axv_x86_insn o = {
		.reg = AXV_X86_NONE, .base = AXV_X86_NONE, .index = AXV_X86_NONE,
	};
	struct axv_x86_cursor c;
	struct axv_x86_row row;
	u8 opcode;
	int err;

	opcode = axv_x86_take_prefixes(&c, b, n, bits);
	err = find_row(&c, opcode, &row, &o.cond);
	if (!err && row.form < FORM_LOAD && axv_x86_modrm_mod(&c) == 3)
		err = -ENOENT;
	if (!err && !row_allowed(&c, &row))
		err = -EINVAL;
	if (err)
		return axv_x86_decode_end(&c, err);

	o.op = row.op;
	o.access = row.access;
	o.addr_bits = c.addr_bits;
	o.sign = row.flags & ROW_SIGN;
	o.bit_string = row.flags & ROW_BITS;
	o.stack_bits = bits == 64 ? 64 : 0;
	set_widths(&c, &row, &o);
	take_operands(&c, &row, &o);
	err = axv_x86_decode_end(&c, 0);
	if (err)
		return err;
	o.len = c.pos;
	*out = o;
	return 0;
}

/* ---- effective addresses --------------------------------------------------------------- */

u64 axv_x86_effective_address(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g)
{
	u64 ea = insn->disp;
	u64 bit;

	if (insn->base != AXV_X86_NONE)
		ea += g->r[insn->base];
	if (insn->index != AXV_X86_NONE)
		ea += g->r[insn->index] << insn->scale;
	if (insn->rip_relative)
		ea += g->rip + insn->len;
	/* POP counts with the stack pointer as it is after the pop. */
	if (insn->op == AXV_X86_OP_POP && insn->base == AXVCPU_X86_RSP)
		ea += insn->width;
	if (insn->bit_string) {
		/* The whole operands that the signed bit offset is away. */
		bit = axv_x86_sign_extend(g->r[insn->reg], insn->width);
		ea += (u64)((s64)bit >> 3) & ~(u64)(insn->width - 1);
	}
	return axv_x86_addr(ea, insn->addr_bits);
}

/* rsi or rdi of a string instruction */
static struct axv_x86_ref string_ref(const struct axv_x86_insn *insn, u64 reg,
				     unsigned int seg, unsigned int access)
{
	return (struct axv_x86_ref) {
		.off = axv_x86_addr(reg, insn->addr_bits), .seg = seg, .access = access,
	};
}

unsigned int axv_x86_refs(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g,
			  struct axv_x86_ref ref[AXV_X86_MAX_REFS])
{
	u64 rsi = g->r[AXVCPU_X86_RSI], rdi = g->r[AXVCPU_X86_RDI];
	u64 rsp = g->r[AXVCPU_X86_RSP];

	switch (insn->op) {
	case AXV_X86_OP_MOVS:
		ref[0] = string_ref(insn, rsi, insn->seg, AXV_X86_READ);
		ref[1] = string_ref(insn, rdi, AXVCPU_X86_ES, AXV_X86_WRITE);
		return 2;
	case AXV_X86_OP_CMPS:
		ref[0] = string_ref(insn, rsi, insn->seg, AXV_X86_READ);
		ref[1] = string_ref(insn, rdi, AXVCPU_X86_ES, AXV_X86_READ);
		return 2;
	case AXV_X86_OP_STOS:
		ref[0] = string_ref(insn, rdi, AXVCPU_X86_ES, AXV_X86_WRITE);
		return 1;
	case AXV_X86_OP_LODS:
		ref[0] = string_ref(insn, rsi, insn->seg, AXV_X86_READ);
		return 1;
	case AXV_X86_OP_SCAS:
		ref[0] = string_ref(insn, rdi, AXVCPU_X86_ES, AXV_X86_READ);
		return 1;
	}

	ref[0].off = axv_x86_effective_address(insn, g);
	ref[0].seg = insn->seg;
	ref[0].access = insn->access;
	if (insn->op == AXV_X86_OP_PUSH) {
		ref[1].off = axv_x86_addr(rsp - insn->width, insn->stack_bits);
		ref[1].seg = AXVCPU_X86_SS;
		ref[1].access = AXV_X86_WRITE;
		return 2;
	}
	if (insn->op == AXV_X86_OP_POP) {
		ref[1] = ref[0];
		ref[0].off = axv_x86_addr(rsp, insn->stack_bits);
		ref[0].seg = AXVCPU_X86_SS;
		ref[0].access = AXV_X86_READ;
		return 2;
	}
	return 1;
}

bool axv_x86_is_empty(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g)
{
	return insn->rep && !axv_x86_addr(g->r[AXVCPU_X86_RCX], insn->addr_bits);
}
