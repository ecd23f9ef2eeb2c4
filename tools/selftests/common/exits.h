/* SPDX-License-Identifier: GPL-2.0-only */
/* What the exit_*.c programs share: the guest exits.S and its pieces. */
#ifndef AXV_SELFTEST_EXITS_H
#define AXV_SELFTEST_EXITS_H

#include "common/traps.h"

DECLARE_GUEST(exits);
#define EXITS_LABEL(label)	DECLARE_GUEST_SYM(exits, label)
#define EXITS_INSN(label) \
	EXITS_LABEL(label); \
	EXITS_LABEL(label##_end)

/* AXT_ADDR points to a hole, AXT_VALUE is a value */
EXITS_LABEL(done);
EXITS_LABEL(traps);
EXITS_INSN(hypercall);
EXITS_INSN(read8);
EXITS_INSN(read16);
EXITS_INSN(read32);
EXITS_INSN(read64);
EXITS_INSN(read_sx8);
EXITS_INSN(read_sx16);
EXITS_INSN(read_sx32);
EXITS_INSN(write8);
EXITS_INSN(write16);
EXITS_INSN(write32);
EXITS_INSN(write64);
EXITS_INSN(modify);
EXITS_INSN(straddle);
EXITS_INSN(halt);
EXITS_INSN(write_ro);
EXITS_INSN(jump_out);
EXITS_INSN(invalid);
EXITS_INSN(breakpoint);
EXITS_INSN(load);
EXITS_LABEL(halt_if);
EXITS_LABEL(halt_if_end);
EXITS_LABEL(spin);
EXITS_LABEL(spin_if);
EXITS_LABEL(triple);
EXITS_LABEL(triple_at);

#define SYM(label)	GUEST_SYM(exits, label)

#if defined(__x86_64__)
#include "common/x86_exits.h"
#elif defined(__riscv)
#include "common/riscv_exits.h"
#elif defined(__aarch64__)
#include "common/arm64_exits.h"
#endif

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
	axt_goto(&f->v, at, GUEST_STACK);
	exits_prepare(f);
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
