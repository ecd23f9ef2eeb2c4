// SPDX-License-Identifier: GPL-2.0-only
/*
 * When events come on RISC-V (event_timing.c is x86's): right behind the instruction that
 * lets interrupts in, to a guest that runs or waits while another thread injects, and
 * with the handler's page or the guest's tables gone from the stage-2. None is lost,
 * none comes twice.
 *
 * rig: arch=riscv timeout=200 machine=virt,nosstc
 */
#include <sys/mman.h>

#include "common/traps.h"

DECLARE_GUEST(events);
#define LABEL(name)	DECLARE_GUEST_SYM(events, name)
LABEL(spin);
LABEL(done);
LABEL(by_set);
LABEL(by_set_after);
LABEL(by_set_register);
LABEL(by_set_register_after);
LABEL(by_write);
LABEL(by_write_after);
LABEL(by_swap);
LABEL(by_swap_after);
LABEL(by_enable);
LABEL(by_enable_after);
LABEL(by_enable_set);
LABEL(by_enable_set_after);
LABEL(by_return);
LABEL(returned);
LABEL(stays_off);
LABEL(invalid);
LABEL(count_spin);
LABEL(count_halt);
LABEL(vectors);
LABEL(traps);
LABEL(trap_call);

#define SYM(label)	GUEST_SYM(events, label)
#define SOFT		AXVCPU_RISCV_IRQ_SOFT
#define TIMER		AXVCPU_RISCV_IRQ_TIMER
#define EXT		AXVCPU_RISCV_IRQ_EXT
#define CLEAR		AXVCPU_INTERRUPT_CLEAR
#define COUNT(f, nr)	GUEST_MEM(f, GUEST_DATA + 4 * (nr), uint32_t)

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(events),
	.entry = GUEST_SYM(events, spin),
};

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(events),
};

static const struct line {
	const char *name;
	uint32_t nr;
} lines[] = {
	{ "soft", SOFT },
	{ "timer", TIMER },
	{ "external", EXT },
};

static void need_line(const struct axt *f, uint32_t nr)
{
	if (nr == TIMER && (f->dev.info.arch_features & AXVCPU_RISCV_FEAT_SSTC))
		axt_skip("with Sstc the timer's line is stimecmp's");
}

/* At @at with this sstatus.SIE and sie; a2 and a3 are such as let interrupts in. */
static void go(struct axt *f, uint64_t at, uint64_t status, uint64_t sie)
{
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_INTR));
	f->regs->control.sstatus &= ~(SSTATUS_SIE | SSTATUS_SPIE);
	f->regs->control.sstatus |= status;
	f->regs->intr.sie = sie;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_INTR, 0));
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, at, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, A2, SSTATUS_SIE));
}

/* ---- when interrupts are let in ------------------------------------------------------ */

static const struct way {
	const char *name;
	uint64_t at, after;
	bool by_sie;
} ways[] = {
	{ "set", SYM(by_set), SYM(by_set_after), false },
	{ "set_register", SYM(by_set_register), SYM(by_set_register_after), false },
	{ "write", SYM(by_write), SYM(by_write_after), false },
	{ "swap", SYM(by_swap), SYM(by_swap_after), false },
	{ "enable", SYM(by_enable), SYM(by_enable_after), true },
	{ "enable_set", SYM(by_enable_set), SYM(by_enable_set_after), true },
};

static void expect_irq(struct axt *f, const traps_t *t, uint32_t nr, uint64_t pc)
{
	struct trap p;

	ASSERT_TRAPPED(t, &f->v, TRAP_IS_IRQ | nr, &p);
	EXPECT_EQ(p.pc, pc);
	EXPECT_EQ(p.addr, 0u);
	EXPECT_NE(f->regs->control.sstatus & SSTATUS_SPIE, 0u);
	EXPECT_EQ(f->regs->control.sstatus & SSTATUS_SIE, 0u);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
	ASSERT_OK(axv_inject_irq(&f->v, nr | CLEAR));
}

TEST_ROWS(window, lines, ARRAY_SIZE(lines), &config)
{
	const struct line *l = arg;
	traps_t t = TRAPS_INIT(f, events);
	unsigned int i;

	need_line(f, l->nr);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		const struct way *w = &ways[i];

		axt_context("%s", w->name);
		go(f, w->at, w->by_sie ? SSTATUS_SIE : 0, w->by_sie ? 0 : 1ull << l->nr);
		ASSERT_OK(axv_set_gpr(&f->v, A3, 1ull << l->nr));
		ASSERT_OK(axv_inject_irq(&f->v, l->nr));
		expect_irq(f, &t, l->nr, w->after);
	}
}

/* sret, to its own mode and to the user's: there they are let in whatever SIE says. */
TEST_ROWS(window_return, lines, ARRAY_SIZE(lines), &config)
{
	static const struct {
		const char *name;
		uint64_t sstatus, to;
		bool comes;
	} rows[] = {
		{ "on", SSTATUS_SPP | SSTATUS_SPIE, 0, true },
		{ "off", SSTATUS_SPP, 0, false },
		{ "user", SSTATUS_SPIE, GUEST_USER, true },
		{ "user_off", 0, GUEST_USER, true },
	};
	const struct line *l = arg;
	traps_t t = TRAPS_INIT(f, events);
	struct trap p;
	unsigned int i;

	need_line(f, l->nr);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("%s", rows[i].name);
		go(f, SYM(by_return), 0, 1ull << l->nr);
		ASSERT_OK(axv_set_gpr(&f->v, A1, rows[i].to + SYM(returned)));
		ASSERT_OK(axv_set_gpr(&f->v, A2, rows[i].sstatus));
		ASSERT_OK(axv_inject_irq(&f->v, l->nr));
		if (rows[i].comes) {
			ASSERT_TRAPPED(&t, &f->v, TRAP_IS_IRQ | l->nr, &p);
			EXPECT_EQ(p.pc, rows[i].to + SYM(returned));
			EXPECT_EQ(f->regs->control.sstatus & (SSTATUS_SPP | SSTATUS_SPIE),
				  rows[i].sstatus);
		} else {
			ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
			EXPECT_EQ(f->exit->pc, SYM(done));
			EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
		}
		ASSERT_OK(axv_inject_irq(&f->v, l->nr | CLEAR));
	}
}

TEST_ROWS(stays_off, lines, ARRAY_SIZE(lines), &config)
{
	const struct line *l = arg;
	traps_t t = TRAPS_INIT(f, events);

	need_line(f, l->nr);
	go(f, SYM(stays_off), 0, 1ull << l->nr);
	ASSERT_OK(axv_inject_irq(&f->v, l->nr));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
	/* on, but not this one */
	go(f, SYM(by_set), 0, 0x222 & ~(1ull << l->nr));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	/* it was kept */
	go(f, SYM(spin), SSTATUS_SIE, 1ull << l->nr);
	expect_irq(f, &t, l->nr, SYM(spin));
}

/* With stvec's vectored mode interrupts have an entry each, exceptions the first. */
TEST(vectored, &config)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		if (lines[i].nr == TIMER && (f->dev.info.arch_features & AXVCPU_RISCV_FEAT_SSTC))
			continue;
		axt_context("%s", lines[i].name);
		go(f, SYM(spin), SSTATUS_SIE, 1ull << lines[i].nr);
		f->regs->control.stvec = SYM(vectors) | 1;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL, 0));
		ASSERT_OK(axv_inject_irq(&f->v, lines[i].nr));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(reg(&f->v, T6), SYM(vectors) + 4 * lines[i].nr + 4);
		ASSERT_OK(axv_inject_irq(&f->v, lines[i].nr | CLEAR));
	}
	axt_context("exceptions");
	go(f, SYM(spin), 0, 0);
	ASSERT_OK(axv_inject_exception(&f->v, 7, -1));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(reg(&f->v, T6), SYM(vectors) + 4);
	go(f, SYM(invalid), 0, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(reg(&f->v, T6), SYM(vectors) + 4);
}

/* ---- from another thread ------------------------------------------------------------- */

static void start_counting(struct axt *f, struct axt_thread *thread, uint64_t at)
{
	ASSERT_OK(axv_set_entry(&f->v, at));
	ASSERT_OK(axv_set_gpr(&f->v, A3, 1ull << SOFT | 1ull << EXT));
	axt_thread_start(thread, axt_run_once, &f->v);
	ASSERT_TRUE(WAIT_UNTIL(COUNT(f, 0) == 1));
}

/* @nr: a line, or 0: exceptions */
static void inject_many(struct axt *f, uint64_t at, uint32_t nr)
{
	unsigned int count = nr ? 1 : 4, i;
	bool halts = at == SYM(count_halt);
	struct axt_thread thread;
	uint32_t seen;

	start_counting(f, &thread, at);
	for (i = 1; i <= 100; i++) {
		axt_context("event %u", i);
		/* each one is to end a wait of its own */
		if (halts && !WAIT_STATE(&f->v, BLOCKED))
			axt_end();
		if (nr)
			ASSERT_OK(axv_inject_irq(&f->v, nr));
		else
			ASSERT_OK(axv_inject_exception(&f->v, 2, -1));
		ASSERT_TRUE(WAIT_UNTIL(COUNT(f, count) == i));
		/* its handler waits for that */
		if (nr == EXT)
			ASSERT_OK(axv_inject_irq(&f->v, EXT | CLEAR));
		/*
		 * Out of the handler: an exception in it would lose the way back, and a
		 * line that is up again before it was seen down was never down.
		 */
		seen = COUNT(f, 2);
		if (nr != SOFT && !halts)
			ASSERT_TRUE(WAIT_UNTIL(COUNT(f, 2) != seen));
	}
	axt_context(NULL);
	/* none comes twice */
	axt_sleep_ms(20);
	if (halts)
		EXPECT_TRUE(WAIT_STATE(&f->v, BLOCKED));
	EXPECT_EQ(COUNT(f, count), 100u);
	if (halts)
		EXPECT_EQ(COUNT(f, 3), 100u);
	else
		EXPECT_GE(COUNT(f, 2), 100u);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->v.run->counters.injected, 100u);
	if (halts)
		EXPECT_GE(f->v.run->counters.blocked, 100u);
}

TEST(running_soft, &free_config)
{
	inject_many(f, SYM(count_spin), SOFT);
}

TEST(running_external, &free_config)
{
	inject_many(f, SYM(count_spin), EXT);
}

TEST(running_exception, &free_config)
{
	inject_many(f, SYM(count_spin), 0);
}

TEST(halted_soft, &free_config)
{
	inject_many(f, SYM(count_halt), SOFT);
}

TEST(halted_external, &free_config)
{
	inject_many(f, SYM(count_halt), EXT);
}

TEST(halted_exception, &free_config)
{
	inject_many(f, SYM(count_halt), 0);
}

/* ---- with memory that is not there --------------------------------------------------- */

/* Take a page away from the stage-2, with its contents kept. */
static void evict(struct axt *f, uint64_t gpa)
{
	unsigned char saved[AXT_PAGE];

	memcpy(saved, f->ram + gpa, AXT_PAGE);
	ASSERT_EQ(madvise(f->ram + gpa, AXT_PAGE, MADV_DONTNEED), 0);
	memcpy(f->ram + gpa, saved, AXT_PAGE);
}

static const struct delivery {
	const char *name;
	uint64_t at;
	unsigned int what;
	unsigned int mode;
} deliveries[] = {
	{ "soft", SYM(spin), TRAP_IS_IRQ | SOFT, AXVCPU_RISCV_MODE_S },
	{ "external", SYM(spin), TRAP_IS_IRQ | EXT, AXVCPU_RISCV_MODE_S },
	{ "external_from_user", SYM(spin), TRAP_IS_IRQ | EXT, AXVCPU_RISCV_MODE_U },
	{ "injected", SYM(spin), 13, AXVCPU_RISCV_MODE_S },
	{ "injected_from_user", SYM(spin), 13, AXVCPU_RISCV_MODE_U },
	{ "own", SYM(invalid), TRAP_ILLEGAL, AXVCPU_RISCV_MODE_S },
	{ "own_from_user", SYM(invalid), TRAP_ILLEGAL, AXVCPU_RISCV_MODE_U },
};

TEST_ROWS(evicted, deliveries, ARRAY_SIZE(deliveries), &config)
{
	const uint64_t pages[] = { SYM(traps) & ~0xfffull, GUEST_PML4, SYM(spin) & ~0xfffull };
	const struct delivery *d = arg;
	uint64_t at = d->at + (d->mode == AXVCPU_RISCV_MODE_U ? GUEST_USER : 0), faults;
	traps_t t = TRAPS_INIT(f, events);
	unsigned int i, mask;
	struct trap p;

	for (mask = 1; mask < 1u << ARRAY_SIZE(pages); mask++) {
		axt_context("pages %x", mask);
		go(f, at, SSTATUS_SIE, 1ull << SOFT | 1ull << EXT);
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
		f->regs->gpr.mode = d->mode;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
		if (d->what & TRAP_IS_IRQ)
			ASSERT_OK(axv_inject_irq(&f->v, d->what & 15));
		else if (d->at == SYM(spin))
			ASSERT_OK(axv_inject_exception(&f->v, d->what, -1));
		for (i = 0; i < ARRAY_SIZE(pages); i++)
			if (mask & 1u << i)
				evict(f, pages[i]);
		faults = f->v.run->counters.s2_faults;
		ASSERT_TRAPPED(&t, &f->v, d->what, &p);
		EXPECT_EQ(p.pc, at);
		/* the page of spin may not be needed for what comes before it */
		if (mask != 4)
			EXPECT_GE(f->v.run->counters.s2_faults, faults + 1);
		if (d->what & TRAP_IS_IRQ)
			ASSERT_OK(axv_inject_irq(&f->v, (d->what & 15) | CLEAR));
	}
}

/* A handler where no memory is: the trap has been taken, and goes on from there. */
TEST(handler_in_a_hole, &config)
{
	go(f, SYM(spin), SSTATUS_SIE, 1ull << EXT);
	f->regs->control.stvec = GUEST_MMIO;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL, 0));
	ASSERT_OK(axv_inject_irq(&f->v, EXT));
	for (int i = 0; i < 3; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
		EXPECT_EQ(f->exit->npf.gpa, (uint64_t)GUEST_MMIO);
		EXPECT_EQ(f->exit->npf.access, (uint32_t)AXVCPU_PROT_EXEC);
		EXPECT_EQ(f->exit->pc, (uint64_t)GUEST_MMIO);
		axv_retry(&f->v);
	}
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL));
	EXPECT_EQ(f->regs->control.scause, 1ull << 63 | EXT);
	EXPECT_EQ(f->regs->control.sepc, SYM(spin));
	axt_goto(&f->v, SYM(done), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, A7, AXVCPU_RISCV_SBI_HVC));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}
