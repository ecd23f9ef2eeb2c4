/* SPDX-License-Identifier: GPL-2.0-only */
/* What the exit_*.c programs share: the guest exits.S and its pieces. */
#ifndef AXV_SELFTEST_EXITS_H
#define AXV_SELFTEST_EXITS_H

#include "common/x86.h"

DECLARE_GUEST(exits);
#define EXITS_LABEL(label)	DECLARE_GUEST_SYM(exits, label)
#define EXITS_INSN(label) \
	EXITS_LABEL(label); \
	EXITS_LABEL(label##_end)

EXITS_LABEL(done);
EXITS_LABEL(traps);
EXITS_INSN(hypercall);
EXITS_INSN(read8);
EXITS_INSN(read8_high);
EXITS_INSN(read16);
EXITS_INSN(read32);
EXITS_INSN(read64);
EXITS_INSN(read_zx8);
EXITS_INSN(read_zx16);
EXITS_INSN(read_sx8);
EXITS_INSN(read_sx16);
EXITS_INSN(read_sx32);
EXITS_INSN(write8);
EXITS_INSN(write8_high);
EXITS_INSN(write16);
EXITS_INSN(write32);
EXITS_INSN(write64);
EXITS_INSN(write_imm);
EXITS_INSN(read_cmp);
EXITS_INSN(modify);
EXITS_INSN(stos8);
EXITS_INSN(movs_hole_hole);
EXITS_INSN(rep_stos);
EXITS_INSN(push_hole);
EXITS_INSN(sse_store);
EXITS_INSN(sse_load);
EXITS_INSN(call_hole);
EXITS_INSN(straddle);
EXITS_INSN(rdmsr_insn);
EXITS_INSN(wrmsr_insn);
EXITS_INSN(in8);
EXITS_INSN(in16);
EXITS_INSN(in32);
EXITS_INSN(in8_imm);
EXITS_INSN(in16_imm);
EXITS_INSN(in32_imm);
EXITS_INSN(out8);
EXITS_INSN(out16);
EXITS_INSN(out32);
EXITS_INSN(out8_imm);
EXITS_INSN(out16_imm);
EXITS_INSN(out32_imm);
EXITS_INSN(ins8);
EXITS_INSN(ins16);
EXITS_INSN(ins32);
EXITS_INSN(outs8);
EXITS_INSN(outs16);
EXITS_INSN(outs32);
EXITS_INSN(rep_ins8);
EXITS_INSN(rep_ins16);
EXITS_INSN(rep_ins32);
EXITS_INSN(rep_outs8);
EXITS_INSN(rep_outs16);
EXITS_INSN(rep_outs32);
EXITS_INSN(outs8_fs);
EXITS_INSN(rep_outs8_addr32);
EXITS_INSN(rep_ins8_addr32);
EXITS_INSN(halt);
EXITS_INSN(write_ro);
EXITS_INSN(jump_out);
EXITS_INSN(invalid);
EXITS_INSN(breakpoint);
EXITS_INSN(divide);
EXITS_INSN(load);
EXITS_INSN(general_protection);
EXITS_LABEL(sti_nop);
EXITS_LABEL(sti_shadow);
EXITS_LABEL(sti_open);
EXITS_LABEL(sti_vmmcall);
EXITS_LABEL(in_shadow);
EXITS_LABEL(halt_if);
EXITS_LABEL(halt_if_end);
EXITS_LABEL(spin);
EXITS_LABEL(spin_if);
EXITS_LABEL(triple);
EXITS_LABEL(triple_at);

#define SYM(label)	GUEST_SYM(exits, label)

#define CMDS(a)		(1u << AXVCPU_CMD_##a)

/* Write a general register of @f's vCPU. */
static inline void set(struct axt *f, unsigned int nr, uint64_t value)
{
	ASSERT_OK(axv_set_gpr(&f->v, nr, value));
}

/* Go to @at with a fresh stack; the general registers are in every exit. */
static inline void start_at(struct axt *f, uint64_t at)
{
	want(&f->v, AXVCPU_REGS_GPR);
	x86_goto(&f->v, at, GUEST_STACK);
}

/* The exit is of the instruction from @start to @end, told right. */
#define EXPECT_INSN(f, label)						\
	do {								\
		struct axvcpu_exit _x;					\
		size_t _len = SYM(label##_end) - SYM(label);		\
									\
		memcpy(&_x, (void *)(f)->exit, sizeof(_x));		\
		EXPECT_EQ(_x.pc, SYM(label));				\
		EXPECT_EQ(_x.insn_len, _len);				\
		EXPECT_LE(_x.insn_nr, 15);				\
		EXPECT_TRUE(!memcmp(_x.insn, (f)->ram + SYM(label),	\
				    _x.insn_nr < _len ? _x.insn_nr : _len)); \
	} while (0)

/* RUN goes to the end of the piece. */
#define EXPECT_DONE(f)							\
	do {								\
		if (EXPECT_EXIT(f, AXVCPU_EXIT_HYPERCALL))		\
			EXPECT_EQ((f)->exit->pc, SYM(done));		\
	} while (0)

#endif /* AXV_SELFTEST_EXITS_H */
