// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's time and timer: by SBI, and by stimecmp where the hart has it; waited for
 * in the guest and in the kernel.
 *
 * rig: arch=riscv timeout=200 machine=virt,nosstc
 */
#define _GNU_SOURCE
#include <sched.h>

#include "common/riscv_sbi.h"

static const struct axt_config config = { GUEST(sbi), .entry = SBI(call) };

#define V	(&f->v)
#define SSTC	(f->dev.info.arch_features & AXVCPU_RISCV_FEAT_SSTC)
#define STIP	0x20u

static struct axvcpu_riscv_timer timer_of(struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_TIMER));
	return *(struct axvcpu_riscv_timer *)&v->run->regs.riscv.timer;
}

static void set_timer(struct axv_vcpu *v, uint64_t time, uint64_t stimecmp, uint32_t flags)
{
	const struct axvcpu_riscv_timer t = {
		.time = time, .stimecmp = stimecmp, .flags = flags,
	};

	*(struct axvcpu_riscv_timer *)&v->run->regs.riscv.timer = t;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_TIMER, 0));
}

static uint64_t ms(struct axv_vcpu *v, unsigned int n)
{
	return (uint64_t)timer_of(v).frequency_khz * n;
}

/* ---- time ----------------------------------------------------------------------------- */

TEST(time, &config)
{
	struct axvcpu_riscv_timer a, b;

	a = timer_of(V);
	/* it began with the vCPU, not with the machine */
	EXPECT_LE(a.time, ms(V, 5000) * axt_slow());
	EXPECT_EQ(a.stimecmp, ~0ull);
	EXPECT_EQ(a.flags, 0u);
	EXPECT_NE(a.frequency_khz, 0u);
	axt_goto(V, SBI(time), 0);
	ASSERT_SYNC(f);
	b = timer_of(V);
	axt_fetch(V);
	EXPECT_LE(a.time, reg(V, A1));
	EXPECT_LE(reg(V, A1), reg(V, A2));
	EXPECT_LE(reg(V, A2), b.time);
}

/* All vCPUs of a VM have the same, whoever sets it. */
TEST(set_time, &config)
{
	const uint64_t there = 0x123456789a00;
	struct axv_vcpu other;

	hart_new(f, 1, 1, SBI(time), AXVCPU_SETUP_RUNNABLE, &other);
	axt_sleep_ms(50);
	EXPECT_LE(ms(V, 50), timer_of(&other).time);
	set_timer(&other, there, ~0ull, AXVCPU_RISCV_TIMER_SET);
	EXPECT_LE(there, timer_of(V).time);
	EXPECT_LE(timer_of(V).time, there + ms(V, 5000) * axt_slow());
	axt_goto(V, SBI(time), 0);
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_LE(there, reg(V, A1));
	EXPECT_LE(reg(V, A2), timer_of(&other).time);
	/* without the flag it goes on */
	set_timer(V, 5, ~0ull, 0);
	EXPECT_LE(there, timer_of(V).time);
	/* and back */
	set_timer(V, 0, ~0ull, AXVCPU_RISCV_TIMER_SET);
	EXPECT_LE(timer_of(V).time, ms(V, 5000) * axt_slow());
}

/* The time that the guest has written after this was called. */
static uint64_t told(struct axt *f)
{
	volatile uint64_t *time = (uint64_t *)(f->ram + GUEST_DATA);
	uint64_t old = *time;

	/* one may have been read long before it was written */
	WAIT_UNTIL(*time != old);
	old = *time;
	WAIT_UNTIL(*time != old);
	return *time;
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* One that is in the guest has it from then on, too, and nothing else interrupts it. */
TEST(set_time_running, &config)
{
	const uint64_t there = 0x123456789a00, more = ms(V, 100000) * axt_slow();
	struct axv_vcpu other;
	struct axt_thread t;
	unsigned int i;

	if (axt_cpus() < 2)
		axt_skip("one CPU only: the guest does not run while the time is set");
	hart_new(f, 1, 1, SBI(clock), AXVCPU_SETUP_RUNNABLE, &other);
	on_cpu(1);
	axt_thread_start(&t, axt_run_once, &other);
	on_cpu(0);
	told(f);
	for (i = 1; i <= 20; i++) {
		axt_context("time %u", i);
		set_timer(V, i % 2 * there, ~0ull, AXVCPU_RISCV_TIMER_SET);
		EXPECT_LE(i % 2 * there, told(f));
		EXPECT_LE(told(f), i % 2 * there + more);
	}
	axt_context(NULL);
	ASSERT_OK(axv_kick(&other));
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(other.run->exit.reason, AXVCPU_EXIT_STOPPED);
}

TEST(bad_group, &config)
{
	struct axvcpu_riscv_timer before = timer_of(V);
	volatile struct axvcpu_riscv_timer *t = &V->run->regs.riscv.timer;

	t->time = 1ull << 50;
	t->flags = 2;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_TIMER, 0));
	t->flags = AXVCPU_RISCV_TIMER_SET;
	t->reserved = 1;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_TIMER, 0));
	EXPECT_LE(timer_of(V).time, before.time + ms(V, 5000) * axt_slow());
}

/* ---- events ---------------------------------------------------------------------------- */

static const struct event {
	const char *name;
	bool stimecmp;		/* else by SBI */
	bool spin;		/* else in wfi */
	unsigned int ms;
} events[] = {
	{ "sbi_wfi", false, false, 50 },
	{ "sbi_spin", false, true, 50 },
	{ "sbi_now", false, false, 0 },
	{ "sbi_spin_now", false, true, 0 },
	{ "stimecmp_wfi", true, false, 50 },
	{ "stimecmp_spin", true, true, 50 },
	{ "stimecmp_now", true, false, 0 },
};

TEST_ROWS(event, events, ARRAY_SIZE(events), &config)
{
	const struct event *e = arg;
	unsigned int i;

	if (e->stimecmp && !SSTC)
		axt_skip("the hart has no Sstc");
	for (i = 0; i < 5; i++) {
		axt_context("round %u", i);
		axt_goto(V, SBI(timer), 0);
		ASSERT_OK(axv_set_gpr(V, A2, ms(V, e->ms)));
		ASSERT_OK(axv_set_gpr(V, A3, e->stimecmp));
		ASSERT_OK(axv_set_gpr(V, A4, e->spin));
		ASSERT_SYNC(f);
		axt_fetch(V);
		EXPECT_EQ(reg(V, A0), CAUSE_IRQ | 5);
		/* never early, and not late */
		EXPECT_LE(reg(V, A2), reg(V, A1));
		EXPECT_LE(reg(V, A1), reg(V, A2) + ms(V, 2000) * axt_slow());
		if (!axt_flawed(AXT_FLAW_STIP))
			EXPECT_EQ(reg(V, A3) & STIP, STIP);
		/* the next event takes the line down */
		axv_fulfil(V, 0);
		ASSERT_SYNC(f);
		axt_fetch(V);
		EXPECT_EQ(reg(V, A3) & STIP, 0u);
		EXPECT_EQ(timer_of(V).stimecmp, ~0ull);
	}
	if (!e->spin && e->ms)
		EXPECT_GE(V->run->counters.blocked, 5u);
}

/* What a guest waits for may be set by the VMM. */
TEST(commit_event, &config)
{
	uint64_t when;

	set_irqs(V, STIP);
	when = timer_of(V).time + ms(V, 50);
	set_timer(V, 0, when, 0);
	EXPECT_EQ(timer_of(V).stimecmp, when);
	EXPECT_EQ(sip_of(V) & STIP, 0u);
	axt_goto(V, SBI(wait), 0);
	ASSERT_SYNC(f);
	EXPECT_LE(when, timer_of(V).time);
	EXPECT_EQ(sip_of(V) & STIP, STIP);
	/* time that is set back, and forth */
	set_timer(V, 1, when, AXVCPU_RISCV_TIMER_SET);
	EXPECT_EQ(sip_of(V) & STIP, 0u);
	set_timer(V, when, when, AXVCPU_RISCV_TIMER_SET);
	EXPECT_EQ(sip_of(V) & STIP, STIP);
}

/* A vCPU that waits sees that time has been set past its event. */
TEST(time_passes_event, &config)
{
	struct axv_vcpu other;
	struct axt_thread t;

	hart_new(f, 1, 1, SBI(wait), AXVCPU_SETUP_RUNNABLE, &other);
	set_irqs(&other, STIP);
	set_timer(&other, 0, 1ull << 60, 0);
	axt_thread_start(&t, axt_run_once, &other);
	WAIT_STATE(&other, BLOCKED);
	set_timer(V, 1ull << 60, ~0ull, AXVCPU_RISCV_TIMER_SET);
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(other.run->exit.reason, AXT_EXIT_SYNC);
}

/* Events that never come: none, one that is not enabled, and one that is taken back. */
TEST(no_event, &config)
{
	static const struct {
		uint64_t when, sie;
	} rows[] = { { ~0ull, STIP }, { ~0ull - 1, STIP }, { 0, 0 } };
	struct axt_thread t;
	unsigned int i;

	ASSERT_OK(axv_unbind(V));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		set_irqs(V, rows[i].sie);
		set_timer(V, 0, rows[i].when, 0);
		axt_goto(V, SBI(wait), 0);
		axt_thread_start(&t, axt_run_once, V);
		WAIT_STATE(V, BLOCKED);
		axt_sleep_ms(50);
		EXPECT_STATE(V, BLOCKED);
		ASSERT_OK(axv_kick(V));
		ASSERT_OK(axt_thread_join(&t));
		EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
	}
}

/* Nothing of a timer is left when the vCPU is reset, or closed, with it running. */
TEST(armed_end, &config)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, &config);
	struct axv_vcpu other;
	struct axt_thread t;
	unsigned int i;

	ASSERT_OK(axv_unbind(V));
	set_irqs(V, STIP);
	set_timer(V, 0, timer_of(V).time + ms(V, 100000), 0);
	axt_goto(V, SBI(wait), 0);
	axt_thread_start(&t, axt_run_once, V);
	WAIT_STATE(V, BLOCKED);
	ASSERT_OK(axv_kick(V));
	ASSERT_OK(axt_thread_join(&t));
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(axv_setup(V, &s));
	EXPECT_EQ(timer_of(V).stimecmp, ~0ull);

	set_timer(V, 0, timer_of(V).time + ms(V, 10), 0);
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(axv_setup(V, &s));
	axt_sleep_ms(20);
	EXPECT_EQ(sip_of(V), 0u);

	for (i = 0; i < 50; i++) {
		hart_new(f, 1, 1, SBI(wait), AXVCPU_SETUP_RUNNABLE, &other);
		set_timer(&other, 0, timer_of(&other).time + ms(&other, 1 + i % 3), 0);
		axv_vcpu_close(&other);
	}
	axt_sleep_ms(10);
}
