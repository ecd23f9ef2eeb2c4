/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86 instructions as data: what the bytes say, and what they do to registers.
 *
 * Nothing here knows a vCPU, so that decode.c and alu.c also compile in user
 * space, where a test compares them with the CPU itself.
 */
#ifndef AXVCPU_X86_DECODE_H
#define AXVCPU_X86_DECODE_H

#include <linux/types.h>
#include <linux/axvcpu.h>

#define AXV_X86_INSN_MAX	15

/* no segment override, no register */
#define AXV_X86_NONE		(-1)

/* ---- instructions a hypervisor intercepts ---------------------------------- */

enum axv_x86_sys_op {
	AXV_X86_SYS_HLT, AXV_X86_SYS_PAUSE, AXV_X86_SYS_IRET,
	AXV_X86_SYS_PUSHF, AXV_X86_SYS_POPF,
	AXV_X86_SYS_INT, AXV_X86_SYS_INT3, AXV_X86_SYS_INTO, AXV_X86_SYS_ICEBP,
	AXV_X86_SYS_IN, AXV_X86_SYS_OUT, AXV_X86_SYS_INS, AXV_X86_SYS_OUTS,
	AXV_X86_SYS_SLDT, AXV_X86_SYS_STR, AXV_X86_SYS_LLDT, AXV_X86_SYS_LTR,
	AXV_X86_SYS_SGDT, AXV_X86_SYS_SIDT, AXV_X86_SYS_LGDT, AXV_X86_SYS_LIDT,
	AXV_X86_SYS_SMSW, AXV_X86_SYS_LMSW, AXV_X86_SYS_CLTS,
	AXV_X86_SYS_MOV_FROM_CR, AXV_X86_SYS_MOV_TO_CR,
	AXV_X86_SYS_MOV_FROM_DR, AXV_X86_SYS_MOV_TO_DR,
	AXV_X86_SYS_INVLPG, AXV_X86_SYS_INVLPGA, AXV_X86_SYS_INVPCID,
	AXV_X86_SYS_INVD, AXV_X86_SYS_WBINVD,
	AXV_X86_SYS_RDMSR, AXV_X86_SYS_WRMSR, AXV_X86_SYS_CPUID,
	AXV_X86_SYS_RDTSC, AXV_X86_SYS_RDTSCP, AXV_X86_SYS_RDPMC, AXV_X86_SYS_RDPRU,
	AXV_X86_SYS_MONITOR, AXV_X86_SYS_MWAIT,
	AXV_X86_SYS_XGETBV, AXV_X86_SYS_XSETBV,
	AXV_X86_SYS_VMCALL, AXV_X86_SYS_VMMCALL, AXV_X86_SYS_VMRUN,
	AXV_X86_SYS_VMLOAD, AXV_X86_SYS_VMSAVE, AXV_X86_SYS_STGI,
	AXV_X86_SYS_CLGI, AXV_X86_SYS_SKINIT, AXV_X86_SYS_SWAPGS,
	AXV_X86_SYS_RSM,
};

/**
 * struct axv_x86_sys - one of them, decoded
 * @op: enum axv_x86_sys_op
 * @len: bytes of the instruction, prefixes and all
 * @cr: MOV CR and MOV DR: number of the control or debug register (LOCK MOV
 *	CR0 is CR8)
 * @gpr: its general register; LMSW, SMSW in register form: the register;
 *	else AXV_X86_NONE
 * @width: IN, OUT, INS, OUTS: bytes of an element; MOV CR, MOV DR: 4 or 8;
 *	PUSHF, POPF, IRET, SMSW: operand size
 * @addr_bits: 16, 32 or 64
 * @rep: REP or REPNE prefix
 * @lock: LOCK prefix
 * @seg: segment override, enum axvcpu_x86_seg, or AXV_X86_NONE
 * @port: IN and OUT with an immediate port: the port; INT: the vector
 * @has_imm: @port is valid
 */
struct axv_x86_sys {
	u8 op;
	u8 len;
	u8 cr;
	s8 gpr;
	u8 width;
	u8 addr_bits;
	bool rep;
	bool lock;
	s8 seg;
	u8 port;
	bool has_imm;
};

/*
 * Decode the @n bytes at @b as one of these, in code of @bits (16, 32, 64).
 * 0; -EINVAL: another instruction; -ENODATA: it goes on behind the @n bytes.
 */
int axv_x86_decode_system(const u8 *b, unsigned int n, unsigned int bits,
			  struct axv_x86_sys *out);

/* ---- instructions with a memory operand -------------------------------------- */

enum axv_x86_op {
	/* in the order of the /reg field of opcodes 80-83 */
	AXV_X86_OP_ADD, AXV_X86_OP_OR, AXV_X86_OP_ADC, AXV_X86_OP_SBB,
	AXV_X86_OP_AND, AXV_X86_OP_SUB, AXV_X86_OP_XOR, AXV_X86_OP_CMP,
	/* in the order of the /reg field of opcodes C0, C1, D0-D3 */
	AXV_X86_OP_ROL, AXV_X86_OP_ROR, AXV_X86_OP_RCL, AXV_X86_OP_RCR,
	AXV_X86_OP_SHL, AXV_X86_OP_SHR, AXV_X86_OP_SAR,
	AXV_X86_OP_BT, AXV_X86_OP_BTS, AXV_X86_OP_BTR, AXV_X86_OP_BTC,
	AXV_X86_OP_TEST, AXV_X86_OP_NOT, AXV_X86_OP_NEG,
	AXV_X86_OP_INC, AXV_X86_OP_DEC,
	/* MOVZX, MOVSX, MOVSXD and MOVNTI are MOV too: see width, reg_width, sign */
	AXV_X86_OP_MOV, AXV_X86_OP_MOVBE, AXV_X86_OP_CMOV, AXV_X86_OP_SETCC,
	AXV_X86_OP_XCHG, AXV_X86_OP_XADD,
	AXV_X86_OP_CMPXCHG, AXV_X86_OP_CMPXCHG8B,
	AXV_X86_OP_PUSH, AXV_X86_OP_POP,
	AXV_X86_OP_MOVS, AXV_X86_OP_CMPS, AXV_X86_OP_STOS, AXV_X86_OP_LODS,
	AXV_X86_OP_SCAS,
};

/* what an instruction does to memory */
#define AXV_X86_READ	1
#define AXV_X86_WRITE	2

/**
 * struct axv_x86_insn - an instruction with a memory operand, decoded
 * @op: enum axv_x86_op
 * @len: bytes of the instruction, prefixes and all
 * @width: bytes of the memory operand, 1, 2, 4, 8
 * @reg_width: bytes of the register operand
 * @access: AXV_X86_READ, AXV_X86_WRITE: of the ModRM operand; strings: 0
 * @cond: SETCC, CMOV: condition, as in the opcode
 * @rep: 0, or the prefix F2 or F3; strings only
 * @stack_bits: PUSH, POP: which part of rsp counts; to be filled in by who
 *	knows SS. The decoder says 64 in 64-bit code and 0 else
 * @sign: extend the value read to @reg_width by its sign
 * @dest_reg: the register is the first operand, memory the second
 * @high: @reg is AH, CH, DH or BH of registers 0-3
 * @reg: register operand, AXV_X86_NONE: @imm instead (or neither)
 * @imm: immediate operand, sign-extended
 * @seg: segment of the ModRM operand or of the string source
 * @addr_bits: 16, 32 or 64
 * @base: base register or AXV_X86_NONE
 * @index: index register or AXV_X86_NONE
 * @scale: shift of the index
 * @rip_relative: the address of the next instruction is added too
 * @bit_string: @reg is a bit offset that reaches beyond the operand
 * @disp: displacement, sign-extended
 */
struct axv_x86_insn {
	u8 op;
	u8 len;
	u8 width;
	u8 reg_width;
	u8 access;
	u8 cond;
	u8 rep;
	u8 stack_bits;
	bool sign;
	bool dest_reg;
	bool high;
	s8 reg;
	u64 imm;
	u8 seg;
	u8 addr_bits;
	s8 base;
	s8 index;
	u8 scale;
	bool rip_relative;
	bool bit_string;
	u64 disp;
};

/*
 * Decode the @n bytes at @b, in code of @bits (16, 32, 64). 0; -EINVAL: not
 * one of the above; -ENOENT: it has no memory operand; -ENODATA: it goes on
 * behind the @n bytes.
 */
int axv_x86_decode(const u8 *b, unsigned int n, unsigned int bits,
		   struct axv_x86_insn *out);

/**
 * struct axv_x86_ref - one access to memory that an instruction makes
 * @off: offset in the segment
 * @seg: enum axvcpu_x86_seg
 * @access: AXV_X86_READ, AXV_X86_WRITE or both
 */
struct axv_x86_ref {
	u64 off;
	u8 seg;
	u8 access;
};

#define AXV_X86_MAX_REFS	2

/* The offset that ModRM says, of an instruction that has one. */
u64 axv_x86_effective_address(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g);

/*
 * The accesses of one execution (one element of a string) with registers @g,
 * in @ref: how many. @g->rip is at the instruction.
 */
unsigned int axv_x86_refs(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g,
			  struct axv_x86_ref ref[AXV_X86_MAX_REFS]);

/* True when a REP prefix with a zero count makes it do nothing at all. */
bool axv_x86_is_empty(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g);

/* ---- alu.c: what it does ------------------------------------------------------- */

/*
 * Execute: @in has what the accesses read, by their index in
 * axv_x86_refs(). Changes registers and flags in @g but not rip, and gives what
 * is to be written in @out. False when a repeated string has more elements.
 */
bool axv_x86_compute(const struct axv_x86_insn *insn, struct axvcpu_x86_gpr *g,
		     const u64 in[AXV_X86_MAX_REFS], u64 *out);

/* What MOV to memory writes. */
u64 axv_x86_stored(const struct axv_x86_insn *insn, const struct axvcpu_x86_gpr *g);

/* All ones in the lowest @bytes bytes; 1, 2, 4, 8. */
static inline u64 axv_x86_mask(unsigned int bytes)
{
	return bytes >= 8 ? ~0ull : (1ull << (bytes * 8)) - 1;
}

static inline u64 axv_x86_sign_extend(u64 val, unsigned int bytes)
{
	unsigned int shift = 64 - bytes * 8;

	return (u64)((s64)(val << shift) >> shift);
}

/* Write a register as the CPU does: 1 and 2 bytes merge, 4 bytes zero-extend. */
static inline void axv_x86_merge(u64 *reg, unsigned int bytes, u64 val)
{
	u64 mask = axv_x86_mask(bytes);

	*reg = bytes == 4 ? val & mask : (*reg & ~mask) | (val & mask);
}

/* The part of a register that counts for addresses of @addr_bits. */
static inline u64 axv_x86_addr(u64 val, unsigned int addr_bits)
{
	return val & axv_x86_mask(addr_bits / 8);
}

/* Add to that part. */
static inline void axv_x86_addr_add(u64 *reg, unsigned int addr_bits, u64 delta)
{
	axv_x86_merge(reg, addr_bits / 8, *reg + delta);
}

#endif /* AXVCPU_X86_DECODE_H */
