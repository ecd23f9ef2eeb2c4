// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits that report something: EXTERNAL_INTERRUPT, HALT, IRQ_WINDOW, STOPPED,
 * EXCEPTION, SHUTDOWN, FAIL_ENTRY. Every field, and that the guest can go on
 * where it can. Failed accesses are in exit_faults.c, those that ask for data
 * in exit_access.c, DEBUG in debug_exits.c.
 */
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/exits.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(exits),
	.irqs_off = true,
};

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXVCPU_X86_START_LONG64,
	GUEST(exits),
};

#define VECTOR	0x40

/* ---- EXTERNAL_INTERRUPT ------------------------------------------------------ */

static const struct axt_config extint_config = {
	.start = AXVCPU_X86_START_LONG64,
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
		EXPECT_EQ(f->exit->raw[0], SVM_EXIT_INTR);
		EXPECT_EQ(f->exit->intr.vector, 0u);
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
	axt_thread_start(&t, x86_run_once, &f->v);
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
	EXPECT_EQ(f->exit->raw[0], SVM_EXIT_HLT);
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
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axt_thread thread;
	struct x86_frame fr;

	want(&f->v, AXVCPU_REGS_GPR);
	ASSERT_OK(axv_set_entry(&f->v, SYM(halt_if)));
	axt_thread_start(&thread, x86_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	axt_sleep_ms(20);
	EXPECT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
	EXPECT_EQ(fr.vector, (unsigned int)VECTOR);
	EXPECT_EQ(fr.ip, SYM(halt_if_end));
	EXPECT_EQ(f->v.run->counters.blocked, 1u);
	EXPECT_EQ(f->v.run->counters.injected, 1u);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_HALT], 0u);
	ASSERT_OK(axv_bind(&f->v));
	axv_skip(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 1u);
}

/* A kick ends the wait, not the halt. */
TEST(halt_kick, &free_config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_intr intr;
	struct axt_thread thread;
	struct x86_frame fr;

	ASSERT_OK(axv_set_entry(&f->v, SYM(halt_if)));
	axt_thread_start(&thread, x86_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.flags, AXVCPU_X86_INTR_HALTED);
	x86_fetch(&f->v);
	EXPECT_EQ(f->regs->gpr.rip, SYM(halt_if_end));

	axt_thread_start(&thread, x86_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_inject_nmi(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
	EXPECT_EQ(fr.vector, 2u);
	EXPECT_EQ(fr.ip, SYM(halt_if_end));
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_NMI_MASKED);
}

/* ---- IRQ_WINDOW -------------------------------------------------------------------------- */

TEST(irq_window, &config)
{
	f->v.run->entry.flags = AXVCPU_ENTRY_IRQ_WINDOW;
	start_at(f, SYM(sti_nop));
	ASSERT_EXIT(f, AXVCPU_EXIT_IRQ_WINDOW);
	/* not in the shadow of STI, and not an instruction later */
	EXPECT_EQ(f->exit->pc, SYM(sti_open));
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	/* open already: at once */
	ASSERT_EXIT(f, AXVCPU_EXIT_IRQ_WINDOW);
	EXPECT_EQ(f->exit->pc, SYM(sti_open));
	f->v.run->entry.flags = 0;
	EXPECT_DONE(f);
}

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

TEST(intr_state, &config)
{
	start_at(f, SYM(sti_vmmcall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(in_shadow));
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_SHADOW);
	axv_fulfil(&f->v, 0);
	EXPECT_DONE(f);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	x86_set_flags(&f->v, 0, FLAG_IF);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	start_at(f, SYM(hypercall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
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
	set(f, RDX, GUEST_PORT);
	start_at(f, SYM(in8));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_READ);
	axv_stop_word(&f->v);
	axv_fulfil(&f->v, 0x5a);
	ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->pc, SYM(in8_end));
	EXPECT_EQ(reg(&f->v, RAX) & 0xff, 0x5au);
	EXPECT_DONE(f);
}

TEST(stopped_vm, &free_config)
{
	struct axt_thread t;

	ASSERT_OK(axv_set_entry(&f->v, SYM(spin)));
	axt_thread_start(&t, x86_run_once, &f->v);
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

static const struct axt_config exception_config = {
	.start = AXVCPU_X86_START_LONG64,
	.exception_exits = 1u << 0 | 1u << 3 | 1u << 6 | 1u << 13 | 1u << 14,
	GUEST(exits),
};

static void expect_exception(struct axt *f, unsigned int vector, uint64_t pc,
			     int64_t error, uint64_t addr)
{
	struct axvcpu_exit x;

	ASSERT_EXIT(f, AXVCPU_EXIT_EXCEPTION);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.exception.vector, vector);
	EXPECT_EQ(x.exception.has_error, error >= 0 ? 1u : 0u);
	EXPECT_EQ(x.exception.error_code, error >= 0 ? (uint32_t)error : 0u);
	EXPECT_EQ(x.exception.addr, addr);
	EXPECT_EQ(x.pc, pc);
	/* INT3 may be caught as a software interrupt */
	if (vector != 3 || x.raw[0] != SVM_EXIT_SWINT)
		EXPECT_EQ(x.raw[0], SVM_EXIT_EXCEPTION + vector);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FAULT));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
}

TEST(exception, &exception_config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t *pd = (uint64_t *)(f->ram + GUEST_PD);
	struct axvcpu_x86_control c;
	struct x86_frame fr;

	start_at(f, SYM(invalid));
	expect_exception(f, 6, SYM(invalid), -1, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 6, &fr);
	EXPECT_EQ(fr.ip, SYM(invalid));

	set(f, RCX, 0);
	start_at(f, SYM(divide));
	expect_exception(f, 0, SYM(divide), -1, 0);
	set(f, RCX, 2);
	set(f, RDX, 0);
	set(f, RAX, 9);
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 4u);

	set(f, RDX, 0x1230);
	start_at(f, SYM(general_protection));
	expect_exception(f, 13, SYM(general_protection), 0x1230, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.error, 0x1230u);
	EXPECT_EQ(fr.ip, SYM(general_protection));

	/* CR2 is the guest's only when the guest gets the fault */
	x86_get_control(&f->v, &c);
	c.cr2 = 0x5555;
	ASSERT_OK(x86_set_control(&f->v, &c));
	pd[1] = 0;
	set(f, RSI, 0x234567);
	start_at(f, SYM(write_ro));
	expect_exception(f, 14, SYM(write_ro), 2, 0x234567);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0x5555u);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 14, &fr);
	EXPECT_EQ(fr.error, 2u);
	EXPECT_EQ(fr.ip, SYM(write_ro));
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0x234567u);

	start_at(f, SYM(breakpoint));
	expect_exception(f, 3, SYM(breakpoint), -1, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 3, &fr);
	EXPECT_EQ(fr.ip, SYM(breakpoint_end));
}

/* ---- SHUTDOWN ----------------------------------------------------------------------------------- */

TEST(shutdown, &config)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start_at(f, SYM(triple));
		ASSERT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
		EXPECT_EQ(f->exit->raw[0], SVM_EXIT_SHUTDOWN);
		EXPECT_EQ(f->exit->commands & (CMDS(FULFIL) | CMDS(SKIP) | CMDS(FAULT)), 0u);
		/* the machine can be used again after a reset */
		ASSERT_OK(axv_reset(&f->v));
		ASSERT_OK(axv_setup(&f->v, &s));
		ASSERT_OK(axv_bind(&f->v));
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	}
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_SHUTDOWN], 2u);
}

/* ---- FAIL_ENTRY ---------------------------------------------------------------------------------- */

/*
 * States that the AMD manual's "canonicalization and consistency checks" of
 * VMRUN refuse. A commit should not take most of them; whatever it takes must
 * come back as FAIL_ENTRY with the hardware's word.
 */
static bool spoil(struct axvcpu_x86_control *c, unsigned int nr)
{
	switch (nr) {
	case 0:		/* CR0.NW without CD */
		c->cr0 |= CR0_NW;
		return true;
	case 1:		/* upper half of CR0 */
		c->cr0 |= 1ull << 40;
		return true;
	case 2:		/* reserved bits of CR4 */
		c->cr4 |= 1ull << 40;
		return true;
	case 3:		/* reserved bits of EFER */
		c->efer |= 1ull << 40;
		return true;
	case 4:		/* long mode without PAE */
		c->cr4 &= ~CR4_PAE;
		return true;
	case 5:		/* long mode without protection */
		c->cr0 &= ~CR0_PE;
		return true;
	case 6:		/* 64-bit and 32-bit code at a time */
		c->seg[AXVCPU_X86_CS].attr |= 0x600;
		return true;
	case 7:		/* CR3 beyond the address width */
		c->cr3 |= 1ull << 60;
		return true;
	case 8:		/* active long mode that is not enabled */
		c->efer &= ~EFER_LME;
		return true;
	default:
		return false;
	}
}

TEST(fail_entry, &config)
{
	struct axvcpu_x86_control good, bad;
	unsigned int nr, tried = 0;

	x86_get_control(&f->v, &good);
	for (nr = 0; bad = good, spoil(&bad, nr); nr++) {
		axt_context("state %u", nr);
		if (x86_set_control(&f->v, &bad) == -EINVAL)
			continue;
		tried++;
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_FAIL_ENTRY);
		/* what it was is looked for in the state */
		EXPECT_EQ(f->exit->fail_entry.code,
			  (uint32_t)(axt_flawed(AXT_FLAW_REFUSED) ? AXVCPU_FAIL_UNKNOWN :
				     AXVCPU_FAIL_GUEST_STATE));
		EXPECT_EQ(f->exit->fail_entry.hardware_reason, ~0ull);
		EXPECT_EQ(f->exit->raw[0], ~0ull);
		EXPECT_EQ(f->exit->pc, SYM(hypercall));
		/* a state that can be entered, and all is well */
		ASSERT_OK(x86_set_control(&f->v, &good));
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	}
	axt_context(NULL);
	start_at(f, SYM(hypercall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	/* CS.L with CS.D at least is left to the hardware */
	EXPECT_GE(tried, 1u);
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
	set(f, RDX, GUEST_PORT);
	start_at(f, SYM(out8));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_WRITE);
	EXPECT_EQ(c->exits[AXVCPU_EXIT_IO_WRITE], 1u);
	EXPECT_GE(c->entries, entries + 1);
	EXPECT_GE(c->guest_ns, ns);
}
