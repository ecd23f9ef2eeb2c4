// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads, stores and CSR instructions of RV64, from their bits or from what the hart
 * made of them in htinst. Pure: nothing here knows of a vCPU.
 *
 * Tables: The RISC-V Instruction Set Manual, Volume I, "RV32/64G Instruction Set
 * Listings", and the chapters on the extensions C, Zcb, Zfh, A, Zabha and Zacas;
 * Volume II, "Trap Value Register htinst".
 */
#include <linux/bits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "decode.h"

/* major opcodes, the lowest seven bits */
#define OPCODE_LOAD	0x03
#define OPCODE_LOAD_FP	0x07
#define OPCODE_MISC_MEM	0x0f
#define OPCODE_OP_IMM	0x13
#define OPCODE_AUIPC	0x17
#define OPCODE_OP_IMM32	0x1b
#define OPCODE_STORE	0x23
#define OPCODE_STORE_FP	0x27
#define OPCODE_AMO	0x2f
#define OPCODE_OP	0x33
#define OPCODE_LUI	0x37
#define OPCODE_OP_32	0x3b
#define OPCODE_MADD	0x43
#define OPCODE_MSUB	0x47
#define OPCODE_NMSUB	0x4b
#define OPCODE_NMADD	0x4f
#define OPCODE_OP_FP	0x53
#define OPCODE_OP_V	0x57
#define OPCODE_BRANCH	0x63
#define OPCODE_JALR	0x67
#define OPCODE_JAL	0x6f
#define OPCODE_SYSTEM	0x73

#define INSN_WFI	0x10500073

#define FUNCT5_LR	0x02
#define FUNCT5_SC	0x03
/* the funct5 of AMOs: add swap xor cas or and min max minu maxu */
#define FUNCT5_AMOS	(BIT(0x00) | BIT(0x01) | BIT(0x04) | BIT(0x05) | BIT(0x08) | \
			 BIT(0x0c) | BIT(0x10) | BIT(0x14) | BIT(0x18) | BIT(0x1c))

#define REG_SP		2

static __always_inline u32 bits(u32 insn, unsigned int high, unsigned int low)
{
	return insn << (31 - high) >> (31 - high + low);
}

/* bits @high to @low of @insn, moved to stand at @to */
static __always_inline u32 field(u32 insn, unsigned int high, unsigned int low, unsigned int to)
{
	return bits(insn, high, low) << to;
}

static s16 imm_i(u32 insn)
{
	return (s32)insn >> 20;
}

static s16 imm_s(u32 insn)
{
	return ((s32)insn >> 25) * 32 + bits(insn, 11, 7);
}

/* ---- 32 bits -------------------------------------------------------------------- */

static __always_inline void decode_load(u32 insn, u32 funct3, struct axv_riscv_insn *d)
{
	if (funct3 == 7)
		return;
	d->op = AXV_RISCV_LOAD;
	d->width = 1 << (funct3 & 3);
	d->sign = funct3 < 3;
	d->imm = imm_i(insn);
}

static __always_inline void decode_store(u32 insn, u32 funct3, struct axv_riscv_insn *d)
{
	if (funct3 > 3)
		return;
	d->op = AXV_RISCV_STORE;
	d->width = 1 << funct3;
	d->imm = imm_s(insn);
}

/* Half, single and double; the other widths are quad and the vectors'. */
static void decode_fp(u32 insn, u32 funct3, bool store, struct axv_riscv_insn *d)
{
	if (funct3 < 1 || funct3 > 3)
		return;
	d->op = store ? AXV_RISCV_FSTORE : AXV_RISCV_FLOAD;
	d->width = 1 << funct3;
	d->imm = store ? imm_s(insn) : imm_i(insn);
}

static void decode_amo(u32 insn, u32 funct3, struct axv_riscv_insn *d)
{
	u32 funct5 = bits(insn, 31, 27);

	if (funct3 > 4)
		return;
	if (funct5 == FUNCT5_LR && !d->rs2 && (funct3 == 2 || funct3 == 3))
		d->op = AXV_RISCV_LR;
	else if (funct5 == FUNCT5_SC && (funct3 == 2 || funct3 == 3))
		d->op = AXV_RISCV_SC;
	else if ((FUNCT5_AMOS >> funct5) & 1)
		d->op = AXV_RISCV_AMO;
	else
		return;
	d->width = 1 << funct3;
	d->funct = funct5;
}

static void decode_system(u32 insn, u32 funct3, struct axv_riscv_insn *d)
{
	d->op = AXV_RISCV_OTHER;
	if (insn == INSN_WFI) {
		d->op = AXV_RISCV_WFI;
	} else if (funct3 & 3) {
		d->op = AXV_RISCV_CSR;
		d->funct = funct3;
		d->csr = bits(insn, 31, 20);
	} else if (funct3) {
		/* loads and stores of a hypervisor */
		d->op = AXV_RISCV_MEMORY;
	}
}

static void decode_32(u32 insn, struct axv_riscv_insn *d)
{
	u32 funct3 = bits(insn, 14, 12);

	d->op = AXV_RISCV_MEMORY;
	d->len = 4;
	d->rd = bits(insn, 11, 7);
	d->rs1 = bits(insn, 19, 15);
	d->rs2 = bits(insn, 24, 20);

	switch (insn & 0x7f) {
	case OPCODE_LOAD:
		decode_load(insn, funct3, d);
		break;
	case OPCODE_STORE:
		decode_store(insn, funct3, d);
		break;
	case OPCODE_LOAD_FP:
		decode_fp(insn, funct3, false, d);
		break;
	case OPCODE_STORE_FP:
		decode_fp(insn, funct3, true, d);
		break;
	case OPCODE_AMO:
		decode_amo(insn, funct3, d);
		break;
	case OPCODE_SYSTEM:
		decode_system(insn, funct3, d);
		break;
	case OPCODE_MISC_MEM:
		/* fences; 2 is for cache blocks */
		if (funct3 != 2)
			d->op = AXV_RISCV_OTHER;
		break;
	case OPCODE_OP_IMM:
	case OPCODE_AUIPC:
	case OPCODE_OP_IMM32:
	case OPCODE_OP:
	case OPCODE_LUI:
	case OPCODE_OP_32:
	case OPCODE_MADD:
	case OPCODE_MSUB:
	case OPCODE_NMSUB:
	case OPCODE_NMADD:
	case OPCODE_OP_FP:
	case OPCODE_OP_V:
	case OPCODE_BRANCH:
	case OPCODE_JALR:
	case OPCODE_JAL:
		d->op = AXV_RISCV_OTHER;
		break;
	}
}

/* ---- 16 bits -------------------------------------------------------------------- */

static void set(struct axv_riscv_insn *d, enum axv_riscv_op op, unsigned int width, s16 imm)
{
	d->op = op;
	d->width = width;
	d->imm = imm;
}

/* Zcb: bytes and halves */
static void decode_zcb(u32 insn, struct axv_riscv_insn *d)
{
	s16 byte = field(insn, 5, 5, 1) | field(insn, 6, 6, 0);
	s16 half = field(insn, 5, 5, 1);

	switch (bits(insn, 12, 10)) {
	case 0:
		set(d, AXV_RISCV_LOAD, 1, byte);
		break;
	case 1:
		set(d, AXV_RISCV_LOAD, 2, half);
		d->sign = bits(insn, 6, 6);
		break;
	case 2:
		set(d, AXV_RISCV_STORE, 1, byte);
		break;
	case 3:
		if (!bits(insn, 6, 6))
			set(d, AXV_RISCV_STORE, 2, half);
		break;
	}
}

/* A base register and a data register of the popular eight. */
static void decode_c0(u32 insn, struct axv_riscv_insn *d)
{
	s16 word = field(insn, 12, 10, 3) | field(insn, 6, 6, 2) | field(insn, 5, 5, 6);
	s16 dword = field(insn, 12, 10, 3) | field(insn, 6, 5, 6);

	d->rs1 = 8 + bits(insn, 9, 7);
	d->rs2 = 8 + bits(insn, 4, 2);
	d->rd = d->rs2;

	switch (bits(insn, 15, 13)) {
	case 0:		/* c.addi4spn */
		d->op = AXV_RISCV_OTHER;
		break;
	case 1:
		set(d, AXV_RISCV_FLOAD, 8, dword);
		break;
	case 2:
		set(d, AXV_RISCV_LOAD, 4, word);
		d->sign = true;
		break;
	case 3:
		set(d, AXV_RISCV_LOAD, 8, dword);
		break;
	case 4:
		decode_zcb(insn, d);
		break;
	case 5:
		set(d, AXV_RISCV_FSTORE, 8, dword);
		break;
	case 6:
		set(d, AXV_RISCV_STORE, 4, word);
		break;
	case 7:
		set(d, AXV_RISCV_STORE, 8, dword);
		break;
	}
}

/* The stack pointer is the base, any register the other. */
static void decode_c2(u32 insn, struct axv_riscv_insn *d)
{
	s16 word = field(insn, 12, 12, 5) | field(insn, 6, 4, 2) | field(insn, 3, 2, 6);
	s16 dword = field(insn, 12, 12, 5) | field(insn, 6, 5, 3) | field(insn, 4, 2, 6);
	s16 store_word = field(insn, 12, 9, 2) | field(insn, 8, 7, 6);
	s16 store_dword = field(insn, 12, 10, 3) | field(insn, 9, 7, 6);

	d->rs1 = REG_SP;
	d->rd = bits(insn, 11, 7);
	d->rs2 = bits(insn, 6, 2);

	switch (bits(insn, 15, 13)) {
	case 0:		/* c.slli */
	case 4:		/* c.jr, c.jalr, c.mv, c.add, c.ebreak */
		d->op = AXV_RISCV_OTHER;
		break;
	case 1:
		set(d, AXV_RISCV_FLOAD, 8, dword);
		break;
	case 2:
		if (!d->rd)
			break;
		set(d, AXV_RISCV_LOAD, 4, word);
		d->sign = true;
		break;
	case 3:
		if (d->rd)
			set(d, AXV_RISCV_LOAD, 8, dword);
		break;
	case 5:		/* Zcmp and Zcmt are here on harts without D */
		set(d, AXV_RISCV_FSTORE, 8, store_dword);
		break;
	case 6:
		set(d, AXV_RISCV_STORE, 4, store_word);
		break;
	case 7:
		set(d, AXV_RISCV_STORE, 8, store_dword);
		break;
	}
}

static void decode_16(u32 insn, struct axv_riscv_insn *d)
{
	d->op = AXV_RISCV_MEMORY;
	d->len = 2;
	switch (insn & 3) {
	case 0:
		decode_c0(insn, d);
		break;
	case 1:		/* arithmetic and jumps */
		d->op = AXV_RISCV_OTHER;
		break;
	case 2:
		decode_c2(insn, d);
		break;
	}
}

/* ---- entry points --------------------------------------------------------------- */

/**
 * axv_riscv_decode() - decode an instruction
 * @insn: its bits; the lower 16 where its low two are not 3
 * @d: out
 */
void axv_riscv_decode(u32 insn, struct axv_riscv_insn *d)
{
	memset(d, 0, sizeof(*d));
	if ((insn & 3) != 3) {
		decode_16(insn & 0xffff, d);
	} else if ((insn & 0x1f) != 0x1f) {
		decode_32(insn, d);
	} else {
		/* 48, 64 or more bits */
		d->op = AXV_RISCV_MEMORY;
		if (!(insn & 0x20))
			d->len = 6;
		else if (!(insn & 0x40))
			d->len = 8;
	}
}

/**
 * axv_riscv_decode_htinst() - decode a transformed load or store
 * @htinst: as the hart wrote it
 * @d: out; @d->rs1 is 0 and @d->imm, too: the hart has added them up
 *
 * Return: false: it is 0, a pseudoinstruction, or nothing that becomes an MMIO exit.
 */
bool axv_riscv_decode_htinst(u64 htinst, struct axv_riscv_insn *d)
{
	u32 insn = htinst;

	if (!(insn & 1) || htinst >> 32)
		return false;
	/* bit 1 says only whether it was a compressed one */
	memset(d, 0, sizeof(*d));
	decode_32(insn | 2, d);
	switch (d->op) {
	case AXV_RISCV_LOAD:
	case AXV_RISCV_STORE:
	case AXV_RISCV_FLOAD:
	case AXV_RISCV_FSTORE:
		break;
	default:
		return false;
	}
	if (!(insn & 2))
		d->len = 2;
	d->offset = d->rs1;
	d->rs1 = 0;
	d->imm = 0;
	return true;
}

/* the pseudoinstructions, RV32's tables and RV64's */
#define PSEUDO_WALK_32	0x2000
#define PSEUDO_WRITE	0x0020

/**
 * axv_riscv_htinst_is_walk() - was it the guest's own page walk?
 * @htinst: as the hart wrote it
 * @write: out: the walk was to mark an entry
 */
bool axv_riscv_htinst_is_walk(u64 htinst, bool *write)
{
	*write = htinst & PSEUDO_WRITE;
	htinst &= ~(u64)PSEUDO_WRITE;
	return htinst == PSEUDO_WALK_32 || htinst == AXV_RISCV_HTINST_WALK;
}
