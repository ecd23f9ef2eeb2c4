// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging of a guest by the VMM on RISC-V: with AXVCPU_RISCV_DEBUG_SW_BP each ebreak,
 * of four bytes or two, is a DEBUG exit; without it the guest has its breakpoints. There
 * are no single steps and no breakpoints of the hardware (debug_exits.c has them).
 *
 * rig: arch=riscv
 */
#include "common/exits.h"

EXITS_INSN(c_breakpoint);

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(exits),
};

#define CAUSE_BREAKPOINT	3

/* all causes that can be exits */
static const struct axt_config exceptions = {
	.start = AXT_START_PAGED,
	.exception_exits = 1u << CAUSE_BREAKPOINT,
	GUEST(exits),
};

static const struct insn {
	const char *name;
	uint64_t at;
	uint8_t len;
} insns[] = {
	{ "ebreak", SYM(breakpoint), 4 },
	{ "c_ebreak", SYM(c_breakpoint), 2 },
};

static void control(struct axt *f, uint32_t how)
{
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_DEBUG));
	f->regs->debug.control = how;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_DEBUG, 0));
}

static void to_user(struct axt *f, uint64_t at)
{
	axt_goto(&f->v, GUEST_USER + at, GUEST_STACK);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	f->regs->gpr.mode = AXVCPU_RISCV_MODE_U;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
}

static bool expect_debug(struct axt *f, uint64_t pc, unsigned int len)
{
	struct axvcpu_exit x;

	if (!EXPECT_EXIT(f, AXVCPU_EXIT_DEBUG))
		return false;
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.debug.kind, AXVCPU_DEBUG_SW_BP);
	EXPECT_EQ(x.debug.addr, pc);
	EXPECT_EQ(x.insn_len, len);
	EXPECT_EQ(x.raw[0], CAUSE_BREAKPOINT);
	EXPECT_EQ(x.commands, CMDS(NONE) | CMDS(RETRY) | CMDS(FAULT) | (len ? CMDS(SKIP) : 0));
	return EXPECT_EQ(x.pc, pc);
}

/* The guest's own breakpoint exception, from @pc. */
static void expect_own(struct axt *f, const traps_t *t, uint64_t pc, uint64_t spp)
{
	struct trap p;

	ASSERT_TRAPPED(t, &f->v, TRAP_BREAKPOINT, &p);
	EXPECT_EQ(p.pc, pc);
	EXPECT_EQ(p.addr, pc);
	EXPECT_EQ(f->regs->control.sstatus & SSTATUS_SPP, spp);
}

/* ---- S-mode -------------------------------------------------------------------------- */

TEST_ROWS(guests_own, insns, ARRAY_SIZE(insns), &config)
{
	const struct insn *i = arg;
	traps_t t = TRAPS_INIT(f, exits);

	start_at(f, i->at);
	expect_own(f, &t, i->at, SSTATUS_SPP);
	/* on, and off again */
	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	control(f, 0);
	start_at(f, i->at);
	expect_own(f, &t, i->at, SSTATUS_SPP);
}

TEST_ROWS(commands, insns, ARRAY_SIZE(insns), &config)
{
	const struct insn *i = arg;
	traps_t t = TRAPS_INIT(f, exits);
	uint64_t stvec;

	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	start_at(f, i->at);
	ASSERT_TRUE(expect_debug(f, i->at, i->len));
	/* the guest has not noticed */
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL));
	EXPECT_EQ(f->regs->control.scause, 0u);
	EXPECT_EQ(f->regs->control.sepc, 0u);
	stvec = f->regs->control.stvec;
	axv_retry(&f->v);
	ASSERT_TRUE(expect_debug(f, i->at, i->len));
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	ASSERT_TRUE(expect_debug(f, i->at, i->len));
	axv_skip(&f->v);
	EXPECT_DONE(f);

	start_at(f, i->at);
	ASSERT_TRUE(expect_debug(f, i->at, i->len));
	EXPECT_ERR(EINVAL, (axv_fulfil(&f->v, 0), axv_run(&f->v)));
	axv_fault(&f->v);
	expect_own(f, &t, i->at, SSTATUS_SPP);
	EXPECT_EQ(f->regs->control.stvec, stvec);
}

/* A debugger puts the instruction back, and its breakpoint again. */
TEST(put_back, &config)
{
	uint32_t ebreak = GUEST_MEM(f, SYM(breakpoint), uint32_t);
	uint32_t nop = GUEST_MEM(f, SYM(spin), uint32_t);
	unsigned int i;

	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	for (i = 0; i < 20; i++) {
		axt_context("round %u", i);
		start_at(f, SYM(breakpoint));
		ASSERT_TRUE(expect_debug(f, SYM(breakpoint), 4));
		GUEST_MEM(f, SYM(breakpoint), uint32_t) = nop;
		axv_retry(&f->v);
		ASSERT_OK(axv_run(&f->v));
		EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(done));
		GUEST_MEM(f, SYM(breakpoint), uint32_t) = ebreak;
	}
}

/* ---- U-mode -------------------------------------------------------------------------- */

TEST_ROWS(user, insns, ARRAY_SIZE(insns), &config)
{
	const struct insn *i = arg;
	traps_t t = TRAPS_INIT(f, exits);
	uint64_t at = GUEST_USER + i->at;
	struct trap p;

	to_user(f, i->at);
	expect_own(f, &t, at, 0);
	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	to_user(f, i->at);
	ASSERT_TRUE(expect_debug(f, at, i->len));
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	EXPECT_EQ(f->regs->gpr.mode, AXVCPU_RISCV_MODE_U);
	axv_fault(&f->v);
	expect_own(f, &t, at, 0);

	/* behind it the user's call is its kernel's, with the flag or without */
	to_user(f, i->at);
	ASSERT_TRUE(expect_debug(f, at, i->len));
	axv_skip(&f->v);
	ASSERT_TRAPPED(&t, &f->v, 8, &p);
	EXPECT_EQ(p.pc, GUEST_USER + SYM(done));
}

/* An executable page that user mode cannot read is fetched from all the same. */
TEST(not_readable, &config)
{
	uint64_t *root = (uint64_t *)(f->ram + GUEST_PML4);

	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	root[GUEST_USER_GIB] = 0xd9;	/* valid, executable, user, accessed, dirty */
	to_user(f, SYM(c_breakpoint));
	EXPECT_TRUE(expect_debug(f, GUEST_USER + SYM(c_breakpoint), 2));
}

/* ---- with EXCEPTION exits ------------------------------------------------------------- */

/* Without the flag a breakpoint is an exception like others; with it DEBUG is first. */
TEST(exception_exit, &exceptions)
{
	traps_t t = TRAPS_INIT(f, exits);

	start_at(f, SYM(breakpoint));
	ASSERT_EXIT(f, AXVCPU_EXIT_EXCEPTION);
	EXPECT_EQ(f->exit->exception.vector, CAUSE_BREAKPOINT);
	EXPECT_EQ(f->exit->exception.addr, SYM(breakpoint));
	EXPECT_EQ(f->exit->pc, SYM(breakpoint));
	axv_fault(&f->v);
	expect_own(f, &t, SYM(breakpoint), SSTATUS_SPP);

	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	start_at(f, SYM(breakpoint));
	EXPECT_TRUE(expect_debug(f, SYM(breakpoint), 4));
	axv_fault(&f->v);
	expect_own(f, &t, SYM(breakpoint), SSTATUS_SPP);
}

/* Exceptions of other kinds stay the guest's. */
TEST(others, &config)
{
	traps_t t = TRAPS_INIT(f, exits);
	struct trap p;

	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	start_at(f, SYM(invalid));
	ASSERT_TRAPPED(&t, &f->v, TRAP_ILLEGAL, &p);
	EXPECT_EQ(p.pc, SYM(invalid));
}

/* ---- the group ------------------------------------------------------------------------ */

TEST(bad_groups, &config)
{
	static const struct axvcpu_riscv_debug rows[] = {
		{ .control = 2 }, { .control = 1u << 31 }, { .control = ~0u }, { .reserved = 1 },
		{ .control = AXVCPU_RISCV_DEBUG_SW_BP, .reserved = 1u << 31 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		*(struct axvcpu_riscv_debug *)&f->regs->debug = rows[i];
		EXPECT_ERR(EINVAL, axv_sync(&f->v, AXVCPU_REGS_DEBUG, 0));
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_DEBUG));
		EXPECT_EQ(f->regs->debug.control, 0u);
		EXPECT_EQ(f->regs->debug.reserved, 0u);
	}
}

/* RESET takes it away. */
TEST(reset, &config)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	traps_t t;

	control(f, AXVCPU_RISCV_DEBUG_SW_BP);
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	t = TRAPS_INIT(f, exits);
	start_at(f, SYM(breakpoint));
	expect_own(f, &t, SYM(breakpoint), SSTATUS_SPP);
}
