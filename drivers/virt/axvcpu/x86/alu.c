// SPDX-License-Identifier: GPL-2.0-only
/*
 * What instructions with a memory operand do: results, flags, registers.
 *
 * Flags the manuals leave undefined are what current CPUs give, so that a
 * guest sees no difference between memory and a device.
 */
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "decode.h"

#define FL_CF	X86_EFLAGS_CF
#define FL_PF	X86_EFLAGS_PF
#define FL_AF	X86_EFLAGS_AF
#define FL_ZF	X86_EFLAGS_ZF
#define FL_SF	X86_EFLAGS_SF
#define FL_OF	X86_EFLAGS_OF
#define FL_ALL	(FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF)

static u64 sign_bit(unsigned int bytes)
{
	return 1ull << (bytes * 8 - 1);
}

/* Flags that depend on the result alone. */
static u64 result_flags(u64 r, unsigned int bytes)
{
	u64 fl = 0;

	r &= axv_x86_mask(bytes);
	if (!r)
		fl |= FL_ZF;
	if (r & sign_bit(bytes))
		fl |= FL_SF;
	/* Bit n of the constant: n has an even number of ones. */
	if ((0x9669 >> ((r ^ (r >> 4)) & 15)) & 1)
		fl |= FL_PF;
	return fl;
}

static void set_flags(u64 *rflags, u64 which, u64 fl)
{
	*rflags = (*rflags & ~which) | (fl & which);
}

static u64 add(u64 a, u64 b, u64 carry, unsigned int bytes, u64 *fl)
{
	u64 r = (a + b + carry) & axv_x86_mask(bytes);
	u64 sign = sign_bit(bytes);

	*fl = result_flags(r, bytes) | ((a ^ b ^ r) & FL_AF);
	if (((a & b) | ((a | b) & ~r)) & sign)
		*fl |= FL_CF;
	if (((a ^ r) & (b ^ r)) & sign)
		*fl |= FL_OF;
	return r;
}

static u64 subtract(u64 a, u64 b, u64 borrow, unsigned int bytes, u64 *fl)
{
	u64 r = (a - b - borrow) & axv_x86_mask(bytes);
	u64 sign = sign_bit(bytes);

	*fl = result_flags(r, bytes) | ((a ^ b ^ r) & FL_AF);
	if (((~a & b) | ((~a | b) & r)) & sign)
		*fl |= FL_CF;
	if (((a ^ b) & (a ^ r)) & sign)
		*fl |= FL_OF;
	return r;
}

/* The eight operations of opcodes 00-3F and 80-83; CMP gives the difference. */
static u64 arithmetic(unsigned int op, u64 a, u64 b, unsigned int bytes, u64 *rflags)
{
	u64 carry = *rflags & FL_CF ? 1 : 0;
	u64 fl = 0, r;

	switch (op) {
	case AXV_X86_OP_ADD:
		r = add(a, b, 0, bytes, &fl);
		break;
	case AXV_X86_OP_ADC:
		r = add(a, b, carry, bytes, &fl);
		break;
	case AXV_X86_OP_SUB:
	case AXV_X86_OP_CMP:
		r = subtract(a, b, 0, bytes, &fl);
		break;
	case AXV_X86_OP_SBB:
		r = subtract(a, b, carry, bytes, &fl);
		break;
	case AXV_X86_OP_OR:
		r = a | b;
		fl = result_flags(r, bytes);
		break;
	case AXV_X86_OP_XOR:
		r = a ^ b;
		fl = result_flags(r, bytes);
		break;
	default:
		r = a & b;
		fl = result_flags(r, bytes);
		break;
	}
	set_flags(rflags, FL_ALL, fl);
	return r;
}

/* ---- shifts and rotations --------------------------------------------------------- */

static u64 rotate(unsigned int op, u64 a, unsigned int count, unsigned int bytes, u64 *rflags)
{
	unsigned int bits = bytes * 8, i, n;
	bool carry = *rflags & FL_CF, out;
	u64 sign = sign_bit(bytes), fl = 0;

	/* RCL and RCR turn one bit more, and may come round to nothing. */
	n = count % (op >= AXV_X86_OP_RCL ? bits + 1 : bits);
	for (i = 0; i < n; i++) {
		switch (op) {
		case AXV_X86_OP_ROL:
			a = (a << 1) | (a & sign ? 1 : 0);
			break;
		case AXV_X86_OP_ROR:
			a = (a >> 1) | (a & 1 ? sign : 0);
			break;
		case AXV_X86_OP_RCL:
			out = a & sign;
			a = (a << 1) | carry;
			carry = out;
			break;
		default:
			out = a & 1;
			a = (a >> 1) | (carry ? sign : 0);
			carry = out;
			break;
		}
		a &= axv_x86_mask(bytes);
	}

	if (op == AXV_X86_OP_ROL)
		carry = a & 1;
	else if (op == AXV_X86_OP_ROR)
		carry = a & sign;
	if (carry)
		fl |= FL_CF;
	if (op == AXV_X86_OP_ROL || op == AXV_X86_OP_RCL)
		fl |= !!(a & sign) != carry ? FL_OF : 0;
	else
		fl |= !!(a & sign) != !!(a & (sign >> 1)) ? FL_OF : 0;
	set_flags(rflags, FL_CF | FL_OF, fl);
	return a;
}

static u64 shift(unsigned int op, u64 a, unsigned int count, unsigned int bytes, u64 *rflags)
{
	unsigned int bits = bytes * 8;
	u64 sign = sign_bit(bytes), last, r, fl;

	switch (op) {
	case AXV_X86_OP_SHL:
		/* 8- and 16-bit operands can be shifted out altogether. */
		last = count <= bits ? (a << (count - 1)) & sign : 0;
		r = (a << (count - 1)) << 1;
		fl = !!(r & sign) != !!last ? FL_OF : 0;
		break;
	case AXV_X86_OP_SHR:
		last = (a >> (count - 1)) & 1;
		r = (a >> (count - 1)) >> 1;
		fl = a & sign ? FL_OF : 0;
		break;
	default:
		a = axv_x86_sign_extend(a, bytes);
		last = ((s64)a >> (count - 1)) & 1;
		r = ((s64)a >> (count - 1)) >> 1;
		fl = 0;
		break;
	}
	if (last)
		fl |= FL_CF;
	r &= axv_x86_mask(bytes);
	set_flags(rflags, FL_ALL, fl | result_flags(r, bytes));
	return r;
}

static u64 rotate_or_shift(unsigned int op, u64 a, u64 by, unsigned int bytes, u64 *rflags)
{
	unsigned int count = by & (bytes == 8 ? 63 : 31);

	if (!count)
		return a;
	return op < AXV_X86_OP_SHL ? rotate(op, a, count, bytes, rflags) :
				     shift(op, a, count, bytes, rflags);
}

/* ---- bits and conditions ------------------------------------------------------------ */

static u64 bit_operation(unsigned int op, u64 a, u64 nr, unsigned int bytes, u64 *rflags)
{
	u64 bit = 1ull << (nr & (bytes * 8 - 1));

	set_flags(rflags, FL_CF, a & bit ? FL_CF : 0);
	switch (op) {
	case AXV_X86_OP_BTS:
		return a | bit;
	case AXV_X86_OP_BTR:
		return a & ~bit;
	case AXV_X86_OP_BTC:
		return a ^ bit;
	}
	return a;
}

static bool condition(unsigned int cond, u64 fl)
{
	bool less = !!(fl & FL_SF) != !!(fl & FL_OF);
	bool res;

	switch (cond >> 1) {
	case 0:
		res = fl & FL_OF;
		break;
	case 1:
		res = fl & FL_CF;
		break;
	case 2:
		res = fl & FL_ZF;
		break;
	case 3:
		res = fl & (FL_CF | FL_ZF);
		break;
	case 4:
		res = fl & FL_SF;
		break;
	case 5:
		res = fl & FL_PF;
		break;
	case 6:
		res = less;
		break;
	default:
		res = less || (fl & FL_ZF);
		break;
	}
	return res != (cond & 1);
}

static u64 byte_swap(u64 val, unsigned int bytes)
{
	u64 r = 0;

	while (bytes--) {
		r = (r << 8) | (val & 0xff);
		val >>= 8;
	}
	return r;
}

/* ---- instructions --------------------------------------------------------------------- */

/* The operand that is not in memory. */
static u64 get_operand(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g)
{
	u64 val;

	if (insn->reg == AXV_X86_NONE)
		val = insn->imm;
	else
		val = g->r[insn->reg] >> (insn->high ? 8 : 0);
	return val & axv_x86_mask(insn->reg_width);
}

u64 axv_x86_stored(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g)
{
	return get_operand(insn, g);
}

static void put_register(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *g, u64 val)
{
	u64 *reg = &g->r[insn->reg];

	if (insn->high)
		*reg = (*reg & ~0xff00ull) | ((val & 0xff) << 8);
	else
		axv_x86_merge(reg, insn->reg_width, val);
}

static u64 exchange_if_equal(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *g,
			     u64 mem, u64 val)
{
	u64 *rax = &g->r[AXVCPU_X86_RAX];
	u64 old = *rax & axv_x86_mask(insn->width);

	arithmetic(AXV_X86_OP_CMP, old, mem, insn->width, &g->rflags);
	if (old == mem)
		return val;
	axv_x86_merge(rax, insn->width, mem);
	return mem;
}

static u64 exchange_if_equal_8b(struct axvcpu_x86_gpr *g, u64 mem)
{
	u64 *rax = &g->r[AXVCPU_X86_RAX], *rdx = &g->r[AXVCPU_X86_RDX];
	u64 old = *rdx << 32 | (u32)*rax;

	if (old == mem) {
		set_flags(&g->rflags, FL_ZF, FL_ZF);
		return g->r[AXVCPU_X86_RCX] << 32 | (u32)g->r[AXVCPU_X86_RBX];
	}
	set_flags(&g->rflags, FL_ZF, 0);
	axv_x86_merge(rax, 4, mem);
	axv_x86_merge(rdx, 4, mem >> 32);
	return mem;
}

/* Element done: pointers and count. False when there are more. */
static bool string_step(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *g)
{
	u64 delta = g->rflags & X86_EFLAGS_DF ? -(u64)insn->width : insn->width;
	bool compares = insn->op == AXV_X86_OP_CMPS || insn->op == AXV_X86_OP_SCAS;

	if (insn->op != AXV_X86_OP_STOS && insn->op != AXV_X86_OP_SCAS)
		axv_x86_addr_add(&g->r[AXVCPU_X86_RSI], insn->addr_bits, delta);
	if (insn->op != AXV_X86_OP_LODS)
		axv_x86_addr_add(&g->r[AXVCPU_X86_RDI], insn->addr_bits, delta);
	if (!insn->rep)
		return true;
	axv_x86_addr_add(&g->r[AXVCPU_X86_RCX], insn->addr_bits, -1ull);
	if (axv_x86_is_empty(insn, g))
		return true;
	/* REPE, F3, goes on while equal, REPNE while not. */
	return compares && !!(g->rflags & FL_ZF) != (insn->rep == 0xf3);
}

static bool string(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *g,
		   const u64 *in, u64 *out)
{
	u64 *rax = &g->r[AXVCPU_X86_RAX];
	unsigned int width = insn->width;

	switch (insn->op) {
	case AXV_X86_OP_MOVS:
		*out = in[0];
		break;
	case AXV_X86_OP_CMPS:
		arithmetic(AXV_X86_OP_CMP, in[0], in[1], width, &g->rflags);
		break;
	case AXV_X86_OP_STOS:
		*out = *rax & axv_x86_mask(width);
		break;
	case AXV_X86_OP_LODS:
		axv_x86_merge(rax, width, in[0]);
		break;
	case AXV_X86_OP_SCAS:
		arithmetic(AXV_X86_OP_CMP, *rax & axv_x86_mask(width), in[0], width, &g->rflags);
		break;
	}
	return string_step(insn, g);
}

bool axv_x86_compute(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *g,
		     const u64 in[AXV_X86_MAX_REFS], u64 *out)
{
	u64 mem = in[0], operand = get_operand(insn, g), old_cf = g->rflags & FL_CF, r;
	unsigned int width = insn->width;
	u64 *rsp = &g->r[AXVCPU_X86_RSP];

	switch (insn->op) {
	case AXV_X86_OP_ADD ... AXV_X86_OP_CMP:
		if (!insn->dest_reg) {
			*out = arithmetic(insn->op, mem, operand, width, &g->rflags);
			break;
		}
		r = arithmetic(insn->op, operand, mem, width, &g->rflags);
		if (insn->op != AXV_X86_OP_CMP)
			put_register(insn, g, r);
		break;
	case AXV_X86_OP_TEST:
		arithmetic(AXV_X86_OP_AND, mem, operand, width, &g->rflags);
		break;
	case AXV_X86_OP_ROL ... AXV_X86_OP_SAR:
		*out = rotate_or_shift(insn->op, mem, operand, width, &g->rflags);
		break;
	case AXV_X86_OP_BT ... AXV_X86_OP_BTC:
		*out = bit_operation(insn->op, mem, operand, width, &g->rflags);
		break;
	case AXV_X86_OP_NOT:
		*out = ~mem & axv_x86_mask(width);
		break;
	case AXV_X86_OP_NEG:
		*out = arithmetic(AXV_X86_OP_SUB, 0, mem, width, &g->rflags);
		break;
	case AXV_X86_OP_INC:
	case AXV_X86_OP_DEC:
		*out = arithmetic(insn->op == AXV_X86_OP_INC ? AXV_X86_OP_ADD : AXV_X86_OP_SUB,
				  mem, 1, width, &g->rflags);
		set_flags(&g->rflags, FL_CF, old_cf);
		break;
	case AXV_X86_OP_MOV:
		if (!insn->dest_reg)
			*out = operand;
		else
			put_register(insn, g, insn->sign ? axv_x86_sign_extend(mem, width) : mem);
		break;
	case AXV_X86_OP_MOVBE:
		if (!insn->dest_reg)
			*out = byte_swap(operand, width);
		else
			put_register(insn, g, byte_swap(mem, width));
		break;
	case AXV_X86_OP_CMOV:
		/* A register that is not moved to is still written: 4 bytes extend. */
		put_register(insn, g, condition(insn->cond, g->rflags) ? mem : operand);
		break;
	case AXV_X86_OP_SETCC:
		*out = condition(insn->cond, g->rflags);
		break;
	case AXV_X86_OP_XCHG:
		put_register(insn, g, mem);
		*out = operand;
		break;
	case AXV_X86_OP_XADD:
		*out = arithmetic(AXV_X86_OP_ADD, mem, operand, width, &g->rflags);
		put_register(insn, g, mem);
		break;
	case AXV_X86_OP_CMPXCHG:
		*out = exchange_if_equal(insn, g, mem, operand);
		break;
	case AXV_X86_OP_CMPXCHG8B:
		*out = exchange_if_equal_8b(g, mem);
		break;
	case AXV_X86_OP_PUSH:
		*out = mem;
		axv_x86_addr_add(rsp, insn->stack_bits, -(u64)width);
		break;
	case AXV_X86_OP_POP:
		*out = mem;
		axv_x86_addr_add(rsp, insn->stack_bits, width);
		break;
	case AXV_X86_OP_MOVS ... AXV_X86_OP_SCAS:
		return string(insn, g, in, out);
	}
	return true;
}
