// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores of A64, from their bits: for data aborts of which the CPU tells no
 * syndrome. Pure: nothing here knows of a vCPU.
 *
 * Tables: Arm Architecture Reference Manual for A-profile, "A64 Instruction Set
 * Encoding", "Loads and Stores"; on what is unpredictable, "Constrained unpredictable
 * behaviors" and the text of each instruction.
 */
#include <linux/bits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "decode.h"

/* bits 31 to 19 of SYS; 18 to 5: op1, CRn, CRm, op2 */
#define INSN_SYS	0x1aa1
#define SYS(op1, crn, crm, op2)	((op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

static __always_inline u32 bits(u32 insn, unsigned int high, unsigned int low)
{
	return insn << (31 - high) >> (31 - high + low);
}

static __always_inline u32 bit(u32 insn, unsigned int nr)
{
	return (insn >> nr) & 1;
}

/* ... as a signed number */
static __always_inline s32 sbits(u32 insn, unsigned int high, unsigned int low)
{
	return (s32)(insn << (31 - high)) >> (31 - high + low);
}

/* ---- what forms share ------------------------------------------------------------ */

/*
 * Size and opc of most forms with one register: what it is, how many bytes, and what
 * becomes of them. @prefetch: this form has one.
 */
static bool decode_single(u32 insn, bool prefetch, struct axv_arm64_insn *d)
{
	u32 size = bits(insn, 31, 30), opc = bits(insn, 23, 22);
	bool fp = bit(insn, 26), is_prefetch = !fp && size == 3 && opc == 2;

	if (is_prefetch && !prefetch)
		return false;
	if (!fp && size > 1 && opc == 3)
		return false;
	if (fp && opc & 2) {
		/* of 16 bytes */
		if (size)
			return false;
		size = 4;
	}
	d->size = 1 << size;
	d->nr = 1;
	if (is_prefetch) {
		d->op = AXV_ARM64_PREFETCH;
	} else if (fp) {
		d->op = opc & 1 ? AXV_ARM64_FLOAD : AXV_ARM64_FSTORE;
	} else {
		d->op = opc ? AXV_ARM64_LOAD : AXV_ARM64_STORE;
		d->sign = opc & 2;
		d->wide = opc & 2 ? opc == 2 : size == 3;
	}
	return true;
}

/* A store of the base register itself: before or after? A load of it: which one wins? */
static void check_writeback(struct axv_arm64_insn *d)
{
	if (!d->writeback || d->rn == AXV_ARM64_REG_SP)
		return;
	if (d->op != AXV_ARM64_LOAD && d->op != AXV_ARM64_STORE)
		return;
	if (d->rt == d->rn || (d->nr == 2 && d->rt2 == d->rn))
		d->unpredictable = true;
}

/* ---- one register ------------------------------------------------------------------ */

static bool decode_unsigned_imm(u32 insn, struct axv_arm64_insn *d)
{
	if (!decode_single(insn, true, d))
		return false;
	d->imm = bits(insn, 21, 10) * d->size;
	return true;
}

static bool decode_imm9(u32 insn, struct axv_arm64_insn *d)
{
	u32 mode = bits(insn, 11, 10);

	if (!decode_single(insn, mode == 0, d))
		return false;
	d->imm = sbits(insn, 20, 12);
	switch (mode) {
	case 1:
		d->writeback = AXV_ARM64_POST;
		break;
	case 2:
		if (bit(insn, 26))
			return false;
		d->user = true;
		break;
	case 3:
		d->writeback = AXV_ARM64_PRE;
		break;
	}
	check_writeback(d);
	return true;
}

static bool decode_index(u32 insn, struct axv_arm64_insn *d)
{
	static const u8 extends[] = {
		[2] = AXV_ARM64_UXTW, [3] = AXV_ARM64_LSL,
		[6] = AXV_ARM64_SXTW, [7] = AXV_ARM64_SXTX,
	};

	d->extend = extends[bits(insn, 15, 13)];
	if (!d->extend || !decode_single(insn, true, d))
		return false;
	d->rm = bits(insn, 20, 16);
	/* by the size of the access, or not */
	for (; bit(insn, 12) && d->size >> (d->shift + 1); d->shift++)
		;
	return true;
}

/* Atomics, which are not done, and LDAPR among them. */
static bool decode_atomic(u32 insn, struct axv_arm64_insn *d)
{
	u32 size = bits(insn, 31, 30), opc = bits(insn, 14, 12);
	bool acquire = bit(insn, 23), release = bit(insn, 22), o3 = bit(insn, 15);

	if (bit(insn, 26))
		return false;
	/* only this one has no register for what was there before */
	if (o3 && opc == 4 && acquire && !release) {
		d->op = AXV_ARM64_LOAD;
		d->ordered = true;
		d->wide = size == 3;
		d->unpredictable = bits(insn, 20, 16) != 31;
	} else if (o3 && opc) {
		return false;
	}
	d->size = 1 << size;
	d->nr = 1;
	return true;
}

static bool decode_one(u32 insn, struct axv_arm64_insn *d)
{
	if (bit(insn, 24))
		return decode_unsigned_imm(insn, d);
	if (!bit(insn, 21))
		return decode_imm9(insn, d);
	switch (bits(insn, 11, 10)) {
	case 0:
		return decode_atomic(insn, d);
	case 2:
		return decode_index(insn, d);
	}
	/* loads by an address with a signature */
	return false;
}

static bool decode_literal(u32 insn, struct axv_arm64_insn *d)
{
	u32 opc = bits(insn, 31, 30);

	if (bit(insn, 26)) {
		if (opc == 3)
			return false;
		d->op = AXV_ARM64_FLOAD;
		d->size = 4 << opc;
	} else if (opc == 3) {
		d->op = AXV_ARM64_PREFETCH;
		d->size = 8;
	} else {
		d->op = AXV_ARM64_LOAD;
		d->size = opc == 1 ? 8 : 4;
		d->sign = opc == 2;
		d->wide = opc;
	}
	d->nr = 1;
	d->literal = true;
	d->rn = 0;
	d->imm = sbits(insn, 23, 5) * 4;
	return true;
}

/* LDAPUR and STLUR; their neighbours are memory tags, copies and later extensions. */
static bool decode_ordered_imm9(u32 insn, struct axv_arm64_insn *d)
{
	if (bit(insn, 26) || bit(insn, 21) || bits(insn, 11, 10))
		return false;
	if (!decode_single(insn, false, d))
		return false;
	d->ordered = true;
	d->imm = sbits(insn, 20, 12);
	return true;
}

/* ---- two registers ------------------------------------------------------------------ */

static bool decode_pair(u32 insn, struct axv_arm64_insn *d)
{
	u32 opc = bits(insn, 31, 30), mode = bits(insn, 24, 23);
	bool load = bit(insn, 22);

	if (opc == 3)
		return false;
	if (bit(insn, 26)) {
		d->op = load ? AXV_ARM64_FLOAD : AXV_ARM64_FSTORE;
		d->size = 4 << opc;
	} else {
		/* 1: LDPSW; its store has to do with memory tags */
		if (opc == 1 && (!load || !mode))
			return false;
		d->op = load ? AXV_ARM64_LOAD : AXV_ARM64_STORE;
		d->size = opc == 2 ? 8 : 4;
		d->sign = opc == 1;
		d->wide = opc;
	}
	d->nr = 2;
	d->imm = sbits(insn, 21, 15) * d->size;
	if (mode == 1)
		d->writeback = AXV_ARM64_POST;
	else if (mode == 3)
		d->writeback = AXV_ARM64_PRE;
	d->unpredictable = load && d->rt == d->rt2;
	check_writeback(d);
	return true;
}

/* ---- exclusives and their neighbours ------------------------------------------------ */

static bool decode_exclusive(u32 insn, struct axv_arm64_insn *d)
{
	u32 size = bits(insn, 31, 30);
	bool o2 = bit(insn, 23), load = bit(insn, 22), o1 = bit(insn, 21);

	/* vector structures; what newer extensions have */
	if (bit(insn, 26) || bit(insn, 24))
		return false;
	if (o2 && !o1) {
		d->op = load ? AXV_ARM64_LOAD : AXV_ARM64_STORE;
		d->ordered = true;
		d->wide = size == 3;
		/* the registers that it does not have */
		d->unpredictable = bits(insn, 20, 16) != 31 || bits(insn, 14, 10) != 31;
	}
	if (!o2 && o1) {
		/* two words or two doublewords: CASP, exclusives */
		d->size = 4 << (size & 1);
		d->nr = 2;
	} else {
		d->size = 1 << size;
		d->nr = 1;
	}
	return true;
}

/* ---- groups -------------------------------------------------------------------------- */

static void decode_load_store(u32 insn, struct axv_arm64_insn *d)
{
	struct axv_arm64_insn blank = *d;
	bool known = false;

	d->rt = bits(insn, 4, 0);
	d->rn = bits(insn, 9, 5);
	switch (bits(insn, 29, 28)) {
	case 0:
		known = decode_exclusive(insn, d);
		break;
	case 1:
		known = bit(insn, 24) ? decode_ordered_imm9(insn, d) : decode_literal(insn, d);
		break;
	case 2:
		d->rt2 = bits(insn, 14, 10);
		known = decode_pair(insn, d);
		break;
	case 3:
		known = decode_one(insn, d);
		break;
	}
	if (!known)
		*d = blank;
}

static void decode_sys(u32 insn, struct axv_arm64_insn *d)
{
	switch (bits(insn, 18, 5)) {
	case SYS(3, 7, 4, 1):	/* DC ZVA */
	case SYS(3, 7, 4, 3):	/* DC GVA, GZVA: tags, or both */
	case SYS(3, 7, 4, 4):
	case SYS(0, 7, 6, 1):	/* DC IVAC, IGVAC, IGDVAC */
	case SYS(0, 7, 6, 3):
	case SYS(0, 7, 6, 5):
	case SYS(3, 7, 5, 1):	/* IC IVAU */
	case SYS(3, 7, 10, 1):	/* DC CVAC, CGVAC, CGDVAC */
	case SYS(3, 7, 10, 3):
	case SYS(3, 7, 10, 5):
	case SYS(3, 7, 11, 1):	/* DC CVAU */
	case SYS(3, 7, 12, 1):	/* DC CVAP, CGVAP, CGDVAP */
	case SYS(3, 7, 12, 3):
	case SYS(3, 7, 12, 5):
	case SYS(3, 7, 13, 1):	/* DC CVADP, CGVADP, CGDVADP */
	case SYS(3, 7, 13, 3):
	case SYS(3, 7, 13, 5):
	case SYS(3, 7, 14, 1):	/* DC CIVAC, CIGVAC, CIGDVAC */
	case SYS(3, 7, 14, 3):
	case SYS(3, 7, 14, 5):
		d->op = AXV_ARM64_CACHE;
		d->rt = bits(insn, 4, 0);
		d->zero = bits(insn, 11, 8) == 4;
		break;
	}
}

/**
 * axv_arm64_decode() - decode an instruction
 * @insn: its bits
 * @d: out
 */
void axv_arm64_decode(u32 insn, struct axv_arm64_insn *d)
{
	memset(d, 0, sizeof(*d));
	switch (bits(insn, 28, 25)) {
	case 4:
	case 6:
	case 12:
	case 14:
		d->op = AXV_ARM64_MEMORY;
		decode_load_store(insn, d);
		break;
	case 0:		/* SME: 5 and 7 of eight; of 5 half are arithmetic */
		if (bits(insn, 31, 29) == 7 || (bits(insn, 31, 29) == 5 && !bit(insn, 23)))
			d->op = AXV_ARM64_MEMORY;
		break;
	case 2:		/* SVE: the upper half */
		if (bit(insn, 31))
			d->op = AXV_ARM64_MEMORY;
		break;
	case 10:
		if (bits(insn, 31, 19) == INSN_SYS)
			decode_sys(insn, d);
		break;
	}
}

/* ---- addresses ----------------------------------------------------------------------- */

static u64 index_of(const struct axv_arm64_insn *d, const u64 *regs)
{
	u64 index = d->rm == 31 ? 0 : regs[d->rm];

	switch (d->extend) {
	case AXV_ARM64_UXTW:
		index = (u32)index;
		break;
	case AXV_ARM64_SXTW:
		index = (s64)(s32)index;
		break;
	case AXV_ARM64_LSL:
	case AXV_ARM64_SXTX:
		break;
	default:
		return 0;
	}
	return index << d->shift;
}

/**
 * axv_arm64_address() - where an instruction accesses memory
 * @d: LOAD to PREFETCH
 * @regs: X0 to X30 and SP
 * @pc: address of the instruction
 * @base: out: what the base register is afterwards, where @d says that it is written
 *
 * Return: the address of the first register's bytes, tag and all; the second's are
 * behind them.
 */
u64 axv_arm64_address(const struct axv_arm64_insn *d, const u64 *regs, u64 pc, u64 *base)
{
	u64 from = d->literal ? pc : regs[d->rn];
	u64 to = from + (s64)d->imm + index_of(d, regs);

	*base = d->writeback ? to : from;
	return d->writeback == AXV_ARM64_POST ? from : to;
}
