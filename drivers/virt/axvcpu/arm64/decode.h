/* SPDX-License-Identifier: GPL-2.0-only */
/* What decode.c says of an instruction. Nothing of the vCPU: tested on any machine. */
#ifndef AXVCPU_ARM64_DECODE_H
#define AXVCPU_ARM64_DECODE_H

#include <linux/types.h>

enum axv_arm64_op {
	AXV_ARM64_OTHER = 0,	/* touches no memory */
	AXV_ARM64_MEMORY,	/* may touch memory, in no way that is decoded */
	AXV_ARM64_LOAD,
	AXV_ARM64_STORE,
	AXV_ARM64_FLOAD,	/* to SIMD and FP registers */
	AXV_ARM64_FSTORE,
	AXV_ARM64_PREFETCH,	/* a hint: no access */
	AXV_ARM64_CACHE,	/* DC or IC by address: no access, unless it zeroes */
};

/* What is added to the base register beside the immediate. */
enum axv_arm64_extend {
	AXV_ARM64_NO_INDEX = 0,
	AXV_ARM64_UXTW,
	AXV_ARM64_LSL,
	AXV_ARM64_SXTW,
	AXV_ARM64_SXTX,		/* of 64 bits: as LSL */
};

enum axv_arm64_writeback {
	AXV_ARM64_NO_WRITEBACK = 0,
	AXV_ARM64_PRE,		/* the base register gets the address */
	AXV_ARM64_POST,		/* ... after it was the address */
};

/* 31 is this as a base, and zero everywhere else */
#define AXV_ARM64_REG_SP	31

/**
 * struct axv_arm64_insn - a decoded instruction
 * @op: enum axv_arm64_op
 * @size: bytes to or from each register; of MEMORY 0: not known
 * @nr: registers, 1 or 2; of MEMORY 0: not known
 * @rt: the register, or the first of two; of CACHE the one with the address
 * @rt2: the second
 * @rn: base register
 * @rm: index register, unless @extend is AXV_ARM64_NO_INDEX
 * @extend: enum axv_arm64_extend
 * @shift: by how much the index is shifted left after that
 * @writeback: enum axv_arm64_writeback
 * @sign: a load that extends the sign
 * @wide: general registers: X, not W, of which a load clears the upper half
 * @user: as if from EL0
 * @ordered: acquire or release
 * @literal: the base is the address of the instruction
 * @zero: of CACHE: DC ZVA and its like, which are stores
 * @unpredictable: the architecture does not say what it does
 * @imm: added to the base
 *
 * Of PREFETCH and CACHE there is what tells the address, of MEMORY the size of
 * exclusives and atomics, of OTHER nothing.
 */
struct axv_arm64_insn {
	u8 op;
	u8 size;
	u8 nr;
	u8 rt;
	u8 rt2;
	u8 rn;
	u8 rm;
	u8 extend;
	u8 shift;
	u8 writeback;
	bool sign;
	bool wide;
	bool user;
	bool ordered;
	bool literal;
	bool zero;
	bool unpredictable;
	s32 imm;
};

void axv_arm64_decode(u32 insn, struct axv_arm64_insn *d);
/*
 * The address that @d, LOAD to PREFETCH, accesses first: @regs are X0 to X30 and SP,
 * @pc that of the instruction. @base: out: the base register with @d->writeback done.
 */
u64 axv_arm64_address(const struct axv_arm64_insn *d, const u64 *regs, u64 pc, u64 *base);

#endif /* AXVCPU_ARM64_DECODE_H */
