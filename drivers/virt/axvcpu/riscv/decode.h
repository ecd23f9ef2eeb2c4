/* SPDX-License-Identifier: GPL-2.0-only */
/* What decode.c says of an instruction. Nothing of the vCPU: tested on any machine. */
#ifndef AXVCPU_RISCV_DECODE_H
#define AXVCPU_RISCV_DECODE_H

#include <linux/types.h>

enum axv_riscv_op {
	AXV_RISCV_OTHER = 0,	/* touches no memory */
	AXV_RISCV_MEMORY,	/* may touch memory, in no way that is decoded */
	AXV_RISCV_LOAD,
	AXV_RISCV_STORE,
	AXV_RISCV_FLOAD,
	AXV_RISCV_FSTORE,
	AXV_RISCV_AMO,
	AXV_RISCV_LR,
	AXV_RISCV_SC,
	AXV_RISCV_CSR,
	AXV_RISCV_WFI,
};

/**
 * struct axv_riscv_insn - a decoded instruction
 * @op: enum axv_riscv_op
 * @len: bytes, 0: not known
 * @width: bytes of the access
 * @sign: a load that extends the sign
 * @rd: register a load goes to; of CSR and AMO the destination
 * @rs1: base register; of CSR the source or the immediate
 * @rs2: register a store comes from
 * @funct: CSR: funct3; AMO: funct5
 * @offset: from htinst: how far into the access it faulted
 * @csr: CSR number
 * @imm: what a load or store adds to the base register
 */
struct axv_riscv_insn {
	u8 op;
	u8 len;
	u8 width;
	bool sign;
	u8 rd;
	u8 rs1;
	u8 rs2;
	u8 funct;
	u8 offset;
	u16 csr;
	s16 imm;
};

/* Decode @insn (of 16 bits where its low two are not 3). */
void axv_riscv_decode(u32 insn, struct axv_riscv_insn *d);
/*
 * Decode htinst: a transformed instruction (bit 0 set; bit 1 clear: it was a
 * compressed one). False: it is 0, a pseudoinstruction, or not a load or store.
 */
bool axv_riscv_decode_htinst(u64 htinst, struct axv_riscv_insn *d);
/* htinst says: the access was the guest's own page walk (a pseudoinstruction). */
bool axv_riscv_htinst_is_walk(u64 htinst, bool *write);
/* what it says of a walk that reads */
#define AXV_RISCV_HTINST_WALK	0x3000

#endif /* AXVCPU_RISCV_DECODE_H */
