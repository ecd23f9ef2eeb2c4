// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits that report something: EXTERNAL_INTERRUPT, HALT, IRQ_WINDOW, STOPPED,
 * EXCEPTION. Every field, and that the guest can go on
 * where it can. Failed accesses are in exit_faults.c, those that ask for data
 * in exit_access.c, DEBUG in debug_exits.c.
 *
 * What only one architecture has is in exit_x86.c and riscv_*.c.
 */
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/exits.h"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(exits),
	.irqs_off = true,
};

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(exits),
};

/* ---- EXTERNAL_INTERRUPT ------------------------------------------------------ */

static const struct axt_config extint_config = {
	.start = AXT_START_PAGED,
	.vm_flags = AXVCPU_VM_EXTINT_EXITS,
	GUEST(exits),
};

TEST(external_interrupt, &extint_config)
{
	unsigned int i;

	start_at(f, SYM(spin));
	for (i = 0; i < 5; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_EXTERNAL_INTERRUPT);
		EXPECT_TRUE(f->exit->pc >= SYM(spin) && f->exit->pc < SYM(spin_if));
		EXPECT_EQ(f->exit->raw[0], EXITS_RAW_INTR(f->exit->raw[0]));
		EXPECT_EQ(f->exit->commands & (CMDS(NONE) | CMDS(FULFIL)), CMDS(NONE));
		/* with and without a command it goes on */
		if (i & 1)
			axv_retry(&f->v);
	}
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_EXTERNAL_INTERRUPT], 5u);
}

/* Who did not ask for it never sees one. */
TEST(external_interrupt_not, &free_config)
{
	struct axt_thread t;

	want(&f->v, AXVCPU_REGS_GPR);
	ASSERT_OK(axv_set_entry(&f->v, SYM(spin)));
	axt_thread_start(&t, axt_run_once, &f->v);
	WAIT_STATE(&f->v, RUNNING);
	axt_sleep_ms(200);
	EXPECT_TRUE(!t.done);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&t), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->stopped.cause, (uint32_t)AXVCPU_STOPPED_KICK);
}

/* ---- HALT ---------------------------------------------------------------------------- */

TEST(halt_exit, &config)
{
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	start_at(f, SYM(halt));
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	EXPECT_INSN(f, halt);
	EXPECT_EQ(f->exit->raw[0], EXITS_RAW_HALT);
	EXPECT_EQ(f->exit->intr_state, 0u);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FULFIL));
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	axv_fulfil(&f->v, 0);
	EXPECT_DONE(f);
	start_at(f, SYM(halt));
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	axv_skip(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_HALT], 3u);
	EXPECT_EQ(f->v.run->counters.blocked, 0u);
}

/* Without the flag it waits in the kernel, until an interrupt comes. */
TEST(halt_irq, &free_config)
{
	traps_t t = TRAPS_INIT(f, exits);
	struct axt_thread thread;
	struct trap p;

	axt_need_irqs(f);
	want(&f->v, AXVCPU_REGS_GPR);
	ASSERT_OK(axv_set_entry(&f->v, SYM(halt_if)));
	axt_thread_start(&thread, axt_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	axt_sleep_ms(20);
	EXPECT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_inject_irq(&f->v, AXT_IRQ));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(trapped(&t, &f->v, &p));
	EXPECT_EQ(p.what, TRAP_IRQ);
	EXPECT_EQ(p.pc, SYM(halt_if_end));
	EXPECT_EQ(f->v.run->counters.blocked, 1u);
	EXPECT_EQ(f->v.run->counters.injected, 1u);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_HALT], 0u);
	ASSERT_OK(axv_bind(&f->v));
	exits_irq_done(f);
	axv_skip(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 1u);
}

/* A kick ends the wait, not the halt. */
TEST(halt_kick, &free_config)
{
	traps_t t = TRAPS_INIT(f, exits);
	struct axt_thread thread;
	struct trap p;

	ASSERT_OK(axv_set_entry(&f->v, SYM(halt_if)));
	axt_thread_start(&thread, axt_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_INTR | AXVCPU_REGS_GPR));
	EXPECT_EQ(f->regs->intr.flags, EXITS_HALTED);
	EXPECT_EQ(axt_gpr_pc(f->v.run), SYM(halt_if_end));

	axt_thread_start(&thread, axt_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axt_inject_other(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(trapped(&t, &f->v, &p));
	EXPECT_EQ(p.what, (unsigned int)TRAP_OTHER);
	EXPECT_EQ(p.pc, SYM(halt_if_end));
#ifdef AXT_NMI
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_NMI_MASKED);
#endif
}

/* ---- IRQ_WINDOW -------------------------------------------------------------------------- */

/* A halted guest has its window open. */
TEST(irq_window_halted, &config)
{
	f->v.run->entry.flags = AXVCPU_ENTRY_IRQ_WINDOW;
	start_at(f, SYM(halt_if));
	ASSERT_EXIT(f, AXVCPU_EXIT_IRQ_WINDOW);
	EXPECT_EQ(f->exit->intr_state & (AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW),
		  AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	EXPECT_TRUE(f->exit->pc > SYM(halt_if) && f->exit->pc <= SYM(halt_if_end));
}

/* ---- STOPPED -------------------------------------------------------------------------------- */

TEST(stopped_word, &config)
{
	unsigned int i;

	start_at(f, SYM(done));
	ASSERT_OK(axv_kick(&f->v));
	ASSERT_OK(axv_kick(&f->v));
	axv_stop_word(&f->v);
	EXPECT_EQ(f->v.run->stop, 3u);
	for (i = 0; i < 3; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
		EXPECT_EQ(f->exit->stopped.cause, (uint32_t)AXVCPU_STOPPED_KICK);
		EXPECT_EQ(f->exit->stopped.reason, 0u);
		EXPECT_EQ(f->exit->pc, SYM(done));
		EXPECT_EQ(f->exit->insn_len, 0);
		EXPECT_EQ(f->v.run->stop, 2 - i);
	}
	EXPECT_EQ(f->v.run->counters.entries, 0u);
	EXPECT_DONE(f);
}

/* A stop does not eat the answer to the exit before it. */
TEST(stopped_after_exit, &config)
{
	set(f, AXT_ADDR, GUEST_MMIO);
	start_at(f, SYM(read_sx8));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	axv_stop_word(&f->v);
	axv_fulfil(&f->v, 0x5a);
	ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->pc, SYM(read_sx8_end));
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG) & 0xff, 0x5au);
	EXPECT_DONE(f);
}

TEST(stopped_vm, &free_config)
{
	struct axt_thread t;

	ASSERT_OK(axv_set_entry(&f->v, SYM(spin)));
	axt_thread_start(&t, axt_run_once, &f->v);
	WAIT_STATE(&f->v, RUNNING);
	axt_sleep_ms(20);
	ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_STOP, AXVCPU_STOP_USER + 7));
	EXPECT_EQ(axt_thread_join(&t), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->stopped.cause, (uint32_t)AXVCPU_STOPPED_VM);
	EXPECT_EQ(f->exit->stopped.reason, AXVCPU_STOP_USER + 7u);
	EXPECT_TRUE(f->exit->pc >= SYM(spin) && f->exit->pc < SYM(spin_if));
}

static void nothing(int sig)
{
	(void)sig;
}

/* A signal ends RUN with EINTR and leaves nothing pending. */
TEST(signal, &config)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval timer = { .it_value.tv_usec = 50000 };
	struct axvcpu_get_state state;

	ASSERT_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	start_at(f, SYM(spin_if));
	ASSERT_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	EXPECT_ERR(EINTR, axv_run(&f->v));
	EXPECT_GE(GUEST_MEM(f, GUEST_DATA, uint32_t), 1u);
	EXPECT_EQ(axv_get_state(&f->v, &state), AXVCPU_STATE_READY);
	EXPECT_EQ(state.pending_exit, 0u);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	axv_stop_word(&f->v);
	EXPECT_EXIT(f, AXVCPU_EXIT_STOPPED);
}

/* ---- EXCEPTION -------------------------------------------------------------------------------- */

#if AXT_EXCEPTION_EXIT(0)
static const struct axt_config exception_config = {
	.start = AXT_START_PAGED,
	.exception_exits = AXT_EXCEPTION_EXIT(TRAP_ILLEGAL) | AXT_EXCEPTION_EXIT(TRAP_BREAKPOINT),
	GUEST(exits),
};

/* It is given to the VMM instead of the guest, and to the guest when the VMM says so. */
static void exception(struct axt *f, unsigned int what, uint64_t at, uint64_t on)
{
	traps_t t = TRAPS_INIT(f, exits);
	struct trap p;

	start_at(f, at);
	for (int i = 0; i < 2; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_EXCEPTION);
		EXPECT_EQ(f->exit->exception.vector, what);
		EXPECT_EQ(f->exit->exception.has_error, 0u);
		EXPECT_EQ(f->exit->pc, at);
		EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FAULT));
		ASSERT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
		axv_retry(&f->v);
	}
	ASSERT_EXIT(f, AXVCPU_EXIT_EXCEPTION);
	axv_fault(&f->v);
	ASSERT_TRAPPED(&t, &f->v, what, &p);
	EXPECT_EQ(p.pc, on);
}

TEST(exception_illegal, &exception_config)
{
	exception(f, TRAP_ILLEGAL, SYM(invalid), SYM(invalid));
}

TEST(exception_breakpoint, &exception_config)
{
	exception(f, TRAP_BREAKPOINT, SYM(breakpoint), EXITS_AFTER_BREAKPOINT);
}
#endif

/* Who did not ask for them never sees one. */
TEST(exception_not, &config)
{
	traps_t t = TRAPS_INIT(f, exits);
	struct trap p;

	start_at(f, SYM(invalid));
	ASSERT_TRAPPED(&t, &f->v, TRAP_ILLEGAL, &p);
	EXPECT_EQ(p.pc, SYM(invalid));
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_EXCEPTION], 0u);
}

/* ---- counters ---------------------------------------------------------------------------------------- */

TEST(counters, &config)
{
	volatile struct axvcpu_counters *c = &f->v.run->counters;
	uint64_t entries, ns;
	unsigned int i;

	for (i = 1; i <= 5; i++) {
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(c->exits[AXVCPU_EXIT_HYPERCALL], i);
	}
	entries = c->entries;
	ns = c->guest_ns;
	EXPECT_GE(entries, 5u);
	EXPECT_GE(ns, 1u);
	/* exits the kernel serves are counted as NOTHING */
	EXPECT_GE(c->exits[AXVCPU_EXIT_NOTHING] + c->exits[AXVCPU_EXIT_HYPERCALL], entries);
	EXPECT_GE(c->s2_faults, 1u);
	set(f, AXT_ADDR, GUEST_MMIO);
	start_at(f, SYM(write8));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_WRITE);
	EXPECT_EQ(c->exits[AXVCPU_EXIT_MMIO_WRITE], 1u);
	EXPECT_GE(c->entries, entries + 1);
	EXPECT_GE(c->guest_ns, ns);
}
