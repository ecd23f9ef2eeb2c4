// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's time and its timers, the virtual and the physical one, emulated or the
 * CPU's own: waited for in the guest and in the kernel, on hosts where the timers'
 * interrupts are free and where KVM has them.
 *
 * rig: arch=arm64 smp=2 timeout=240 machine=virt,nokvm
 */
#include "axvtest.h"

DECLARE_GUEST(timer);
DECLARE_GUEST_SYM(timer, boot);
DECLARE_GUEST_SYM(timer, counters);
DECLARE_GUEST_SYM(timer, watch);
DECLARE_GUEST_SYM(timer, timer);
DECLARE_GUEST_SYM(timer, idle);
DECLARE_GUEST_SYM(timer, tval);

#define SYM(label)	GUEST_SYM(timer, label)
#define V		(&f->v)
#define PPI_V		27
#define PPI_P		30

static const struct axt_config none = { .stage = AXT_NO_VCPU, GUEST(timer) };

static struct axvcpu_arm64_timer timer_of(struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_TIMER));
	return *(struct axvcpu_arm64_timer *)&v->run->regs.arm64.timer;
}

static uint64_t ms(struct axv_vcpu *v, unsigned int n)
{
	return (uint64_t)timer_of(v).frequency * n / 1000;
}

static void enable(struct axv_vcpu *v, uint32_t mask)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	v->run->regs.arm64.intr.enabled = mask;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_INTR, 0));
}

static int cpu_new(struct axt *f, uint32_t id, uint32_t flags, struct axv_vcpu *v)
{
	struct axvcpu_create_vcpu c = { .id = id, .preferred_cpu = -1 };
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		axt_skip("the host's GIC has no list registers that EL2 reaches");
	c.arch.arm64.mpidr = id;
	s.entry = SYM(boot);
	s.flags = AXVCPU_SETUP_RUNNABLE;
	s.arch.arm64.flags = flags;
	ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, v));
	return axv_setup(v, &s);
}

static void cpu_boot(struct axt *f, uint32_t flags)
{
	ASSERT_OK(cpu_new(f, 0, flags, V));
	f->exit = &V->run->exit;
	f->regs = &V->run->regs.arm64;
	ASSERT_OK(axv_bind(V));
	want(V, AXVCPU_REGS_GPR);
	ASSERT_SYNC(f);
	enable(V, 1u << PPI_V | 1u << PPI_P);
}

static void skip_unless_direct(struct axt *f)
{
	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_PTIMER))
		axt_skip("the host has the physical timer for itself");
}

/* ---- time ----------------------------------------------------------------------------- */

TEST(time, &none)
{
	struct axvcpu_arm64_timer a, b;

	axt_diag("the virtual timer's interrupt is %s",
		 f->dev.info.arch_features & AXVCPU_ARM64_FEAT_VTIMER ? "ours" : "KVM's");
	cpu_boot(f, 0);
	a = timer_of(V);
	/* it began with the vCPU, not with the machine */
	EXPECT_LE(a.counter, ms(V, 10000) * axt_slow());
	EXPECT_LE(a.counter, a.pcounter);
	EXPECT_EQ(a.cntv_ctl, 0u);
	EXPECT_EQ(a.cntp_ctl, 0u);
	axt_goto(V, SYM(counters), 0);
	ASSERT_SYNC(f);
	b = timer_of(V);
	axt_fetch(V);
	EXPECT_LE(a.counter, reg(V, 1));
	EXPECT_LE(reg(V, 1), reg(V, 2));
	EXPECT_LE(reg(V, 2), reg(V, 3));
	EXPECT_LE(reg(V, 3), b.counter);
	EXPECT_EQ(reg(V, 4), a.frequency);
}

static void set_time(struct axv_vcpu *v, uint64_t counter, uint32_t flags)
{
	struct axvcpu_arm64_timer t = timer_of(v);

	t.counter = counter;
	t.flags = flags;
	*(struct axvcpu_arm64_timer *)&v->run->regs.arm64.timer = t;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_TIMER, 0));
}

/* All vCPUs of a VM have the same, whoever sets it. */
TEST(set_time, &none)
{
	const uint64_t there = 0x123456789a00;
	struct axv_vcpu other;

	cpu_boot(f, 0);
	ASSERT_OK(cpu_new(f, 1, 0, &other));
	axt_sleep_ms(50);
	EXPECT_LE(ms(V, 50), timer_of(&other).counter);
	set_time(&other, there, AXVCPU_ARM64_TIMER_SET);
	EXPECT_LE(there, timer_of(V).counter);
	EXPECT_LE(timer_of(V).counter, there + ms(V, 10000) * axt_slow());
	axt_goto(V, SYM(counters), 0);
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_LE(there, reg(V, 1));
	EXPECT_LE(reg(V, 3), timer_of(&other).counter);
	/* without the flag it goes on */
	set_time(V, 5, 0);
	EXPECT_LE(there, timer_of(V).counter);
	/* and back */
	set_time(V, 0, AXVCPU_ARM64_TIMER_SET);
	EXPECT_LE(timer_of(V).counter, ms(V, 10000) * axt_slow());
}

/* One that runs has the new time as soon as whoever set it is told that it is. */
TEST(set_time_running, &none)
{
	const uint64_t there = 0x123456789a00;
	volatile uint32_t *go = &GUEST_MEM(f, GUEST_DATA, uint32_t), *ready = go + 1;
	struct axv_vcpu other;
	struct axt_thread t;
	unsigned int i;

	cpu_boot(f, 0);
	ASSERT_OK(cpu_new(f, 1, 0, &other));
	for (i = 0; i < 10; i++) {
		set_time(&other, 0, AXVCPU_ARM64_TIMER_SET);
		*go = 0;
		*ready = 0;
		axt_goto(V, SYM(watch), 0);
		ASSERT_OK(axv_set_gpr(V, 1, GUEST_DATA));
		ASSERT_OK(axv_unbind(V));
		axt_thread_start(&t, axt_run_once, V);
		WAIT_UNTIL(*ready);
		axt_sleep_ms(2);
		set_time(&other, there, AXVCPU_ARM64_TIMER_SET);
		*go = 1;
		ASSERT_OK(axt_thread_join(&t));
		ASSERT_EQ(f->exit->reason, AXT_EXIT_SYNC);
		ASSERT_OK(axv_bind(V));
		axt_fetch(V);
		ASSERT_LE(there, reg(V, 3));
	}
}

TEST(bad_group, &none)
{
	volatile struct axvcpu_arm64_timer *t;

	cpu_boot(f, 0);
	t = &V->run->regs.arm64.timer;
	timer_of(V);
	t->flags = 2;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_TIMER, 0));
	timer_of(V);
	t->cntv_ctl = 8;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_TIMER, 0));
	timer_of(V);
	t->reserved[1] = 1;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_TIMER, 0));
}

/* ---- events ---------------------------------------------------------------------------- */

static const struct event {
	const char *name;
	bool physical;
	bool direct;
	bool spin;
	unsigned int ms;
} events[] = {
	{ "virtual_wfi", false, false, false, 50 },
	{ "virtual_spin", false, false, true, 50 },
	{ "physical_wfi", true, false, false, 50 },
	{ "physical_spin", true, false, true, 50 },
	{ "direct_wfi", true, true, false, 50 },
	{ "direct_spin", true, true, true, 50 },
	{ "virtual_now", false, false, false, 0 },
	{ "physical_now", true, false, false, 0 },
	{ "direct_now", true, true, false, 0 },
	{ "virtual_spin_now", false, false, true, 0 },
};

/* of them: those of 50 ms; one of now for each timer */
#define NR_LATER	6
#define NOW		(events + NR_LATER)
#define NR_TIMERS	3

static void event_boot(struct axt *f, const struct event *e)
{
	if (e->direct)
		skip_unless_direct(f);
	cpu_boot(f, e->direct ? AXVCPU_ARM64_SETUP_TIMER : 0);
	ASSERT_OK(axv_set_gpr(V, 20, e->physical));
}

static void event_start(struct axt *f, const struct event *e, unsigned int how, unsigned int nr)
{
	axt_goto(V, SYM(timer), 0);
	ASSERT_OK(axv_set_gpr(V, 1, ms(V, e->ms)));
	ASSERT_OK(axv_set_gpr(V, 2, e->spin));
	ASSERT_OK(axv_set_gpr(V, 21, how));
	ASSERT_OK(axv_set_gpr(V, 24, nr));
}

TEST_ROWS(event, events, ARRAY_SIZE(events), NULL)
{
	const struct event *e = arg;
	uint64_t late = 0;
	unsigned int i;

	axt_open(f, &none);
	event_boot(f, e);
	for (i = 0; i < 5; i++) {
		axt_context("round %u", i);
		event_start(f, e, 0, 1);
		ASSERT_SYNC(f);
		axt_fetch(V);
		EXPECT_EQ(reg(V, 5), e->physical ? PPI_P : PPI_V);
		EXPECT_EQ(reg(V, 6), 5u);	/* on, and its time has come */
		EXPECT_EQ(reg(V, 22), 1u);
		/* never early, and not late */
		EXPECT_LE(reg(V, 3), reg(V, 4));
		EXPECT_LE(reg(V, 4), reg(V, 3) + ms(V, 2000) * axt_slow());
		if (reg(V, 4) - reg(V, 3) > late)
			late = reg(V, 4) - reg(V, 3);
	}
	axt_context(NULL);
	axt_diag("late by %llu us at most",
		 (unsigned long long)(late * 1000000 / timer_of(V).frequency));
	if (!e->spin && e->ms)
		EXPECT_GE(V->run->counters.blocked, 1u);
	/* masked: nothing comes */
	axt_goto(V, SYM(idle), 0);
	ASSERT_OK(axv_set_gpr(V, 1, ms(V, 20)));
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_EQ(reg(V, 22), 1u);
	EXPECT_EQ(reg(V, 6), 7u);
}

/* Again and again, by the compare register alone: none is lost, none is early. */
TEST_ROWS(ticks, events, NR_LATER, NULL)
{
	const unsigned int nr = 100, every = 2;
	const struct event *e = arg;
	uint64_t begin, end;

	axt_open(f, &none);
	event_boot(f, e);
	event_start(f, e, 2, nr);
	ASSERT_OK(axv_set_gpr(V, 23, ms(V, every)));
	begin = timer_of(V).counter;
	ASSERT_SYNC(f);
	end = timer_of(V).counter;
	axt_fetch(V);
	EXPECT_GE(reg(V, 22), nr);
	EXPECT_EQ(reg(V, 26), 0u);
	EXPECT_GE(end - begin, ms(V, 50 + (nr - 1) * every));
	axt_diag("late by %llu us at most",
		 (unsigned long long)(reg(V, 25) * 1000000 / timer_of(V).frequency));
}

/* As long as it asks it comes: the interrupt is a level. */
TEST_ROWS(level, NOW, NR_TIMERS, NULL)
{
	const struct event *e = arg;

	axt_open(f, &none);
	event_boot(f, e);
	event_start(f, e, 3, 10);
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_EQ(reg(V, 22), 10u);
	axt_goto(V, SYM(idle), 0);
	ASSERT_OK(axv_set_gpr(V, 1, ms(V, 20)));
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_EQ(reg(V, 22), 10u);
}

/* One that is not enabled in the redistributor waits there, and the host is not bothered. */
TEST_ROWS(disabled, NOW, NR_TIMERS, NULL)
{
	const struct event *e = arg;
	uint64_t entries;

	axt_open(f, &none);
	event_boot(f, e);
	enable(V, 0);
	event_start(f, e, 0, 0);
	ASSERT_SYNC(f);
	axt_goto(V, SYM(idle), 0);
	ASSERT_OK(axv_set_gpr(V, 1, ms(V, 50)));
	entries = V->run->counters.entries;
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_EQ(reg(V, 22), 0u);
	EXPECT_EQ(reg(V, 6), 5u);
	/* the tick ends it, and little else */
	EXPECT_LE(V->run->counters.entries - entries, 1000u * axt_slow());
	enable(V, 1u << PPI_V | 1u << PPI_P);
	axt_goto(V, SYM(idle), 0);
	ASSERT_OK(axv_set_gpr(V, 1, ms(V, 20)));
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_EQ(reg(V, 22), 1u);
}

TEST_ROWS(tval, NOW, NR_TIMERS, NULL)
{
	const struct event *e = arg;
	static const int32_t values[] = { 1000000, 0, -1000, INT32_MAX, INT32_MIN };
	unsigned int i;

	axt_open(f, &none);
	event_boot(f, e);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		axt_context("%d", values[i]);
		axt_goto(V, SYM(tval), 0);
		ASSERT_OK(axv_set_gpr(V, 1, (uint32_t)values[i]));
		ASSERT_SYNC(f);
		axt_fetch(V);
		/* what was written, and less since */
		EXPECT_EQ(reg(V, 2) >> 32, 0u);
		EXPECT_LE((uint32_t)(values[i] - (int32_t)reg(V, 2)), ms(V, 5000) * axt_slow());
		EXPECT_LE(reg(V, 3) - (uint64_t)(int64_t)values[i], reg(V, 4));
	}
}

/* ---- by the VMM -------------------------------------------------------------------------- */

/* What a guest waits for may be set by the VMM, and is seen by it. */
TEST(commit, &none)
{
	struct axvcpu_arm64_timer t;

	cpu_boot(f, 0);
	t = timer_of(V);
	t.cntv_cval = t.counter + ms(V, 30);
	t.cntv_ctl = 1;
	t.cntp_cval = ~0ull;
	t.cntp_ctl = 1;
	*(struct axvcpu_arm64_timer *)&f->regs->timer = t;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_TIMER, AXVCPU_REGS_TIMER));
	EXPECT_EQ(f->regs->timer.cntv_ctl, 1u);
	EXPECT_EQ(f->regs->timer.cntv_cval, t.cntv_cval);
	EXPECT_EQ(f->regs->timer.cntp_ctl, 1u);
	EXPECT_EQ(f->regs->timer.cntp_cval, ~0ull);
	ASSERT_OK(axv_set_gpr(V, 22, 0));
	ASSERT_OK(axv_set_gpr(V, 21, 1));
	axt_goto(V, SYM(idle), 0);
	ASSERT_OK(axv_set_gpr(V, 1, ms(V, 60)));
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_EQ(reg(V, 22), 1u);
	EXPECT_EQ(reg(V, 5), PPI_V);
	EXPECT_EQ(timer_of(V).cntv_ctl, 0u);
	EXPECT_EQ(timer_of(V).cntp_ctl, 1u);
}

/* The physical counter and timer for the guest alone: no exits; or a refusal. */
TEST(direct, &none)
{
	struct axvcpu_arm64_timer t;
	struct axv_vcpu other;
	uint64_t served;

	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_PTIMER)) {
		EXPECT_ERR(EOPNOTSUPP, cpu_new(f, 0, AXVCPU_ARM64_SETUP_TIMER, &other));
		return;
	}
	cpu_boot(f, AXVCPU_ARM64_SETUP_TIMER);
	axt_sleep_ms(20);
	t = timer_of(V);
	/* the host's own, which the virtual one is behind */
	EXPECT_LE(t.counter, t.pcounter);
	axt_goto(V, SYM(counters), 0);
	served = V->run->counters.exits[AXVCPU_EXIT_NOTHING];
	ASSERT_SYNC(f);
	axt_fetch(V);
	EXPECT_LE(t.pcounter, reg(V, 3));
	EXPECT_LE(reg(V, 3), timer_of(V).pcounter);
	/* but for a tick that came meanwhile */
	EXPECT_LE(V->run->counters.exits[AXVCPU_EXIT_NOTHING] - served, 3u);
}
