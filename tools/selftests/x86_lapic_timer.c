// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer of the local APIC: once, again and again, and at a TSC; every divider; masked,
 * stopped, changed under way; and that a short period is not the host's burden.
 *
 * Lower bounds of time are strict, upper ones generous: the machine may be a slow one.
 *
 * rig: arch=x86 smp=2 timeout=240
 */
#include <time.h>

#include "common/x86_lapic.h"

static const struct axt_config config = { APIC_CONFIG(0, 0) };

#define VECTOR	0x51
#define MS	1000000u	/* counts of a millisecond, undivided */
#define ONE	0xb		/* divide by 1 */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void start(struct axt *f, uint32_t lvt, uint32_t divide)
{
	apic_start(f);
	apic_enable(V);
	apic_set(V, APIC_TIMER, lvt);
	apic_set(V, APIC_DIVIDE, divide);
}

/* It waits in the kernel until the timer wakes it. */
static void expect_wakes(struct axt *f)
{
	EXPECT_EQ(apic_go(V, SYM(wait)), (unsigned int)VECTOR);
	apic_eoi(V);
}

/* Nothing comes for some time. */
static void expect_quiet(struct axt *f)
{
	axt_sleep_ms(30);
	EXPECT_EQ(apic_peek(V), 0u);
}

/* ---- counting ------------------------------------------------------------------------------ */

TEST(one_shot, &config)
{
	uint64_t t0, t1;

	start(f, VECTOR, ONE);
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 0u);
	t0 = now_ns();
	apic_set(V, APIC_INITIAL, 30 * MS);
	EXPECT_EQ(apic_get(V, APIC_INITIAL), 30 * MS);
	expect_wakes(f);
	t1 = now_ns();
	EXPECT_LE(30ull * MS, t1 - t0);
	axt_diag("30 ms took %u us", (unsigned int)((t1 - t0) / 1000));
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 0u);
	EXPECT_EQ(apic_get(V, APIC_INITIAL), 30 * MS);
	/* once */
	axt_sleep_ms(60);
	EXPECT_EQ(apic_peek(V), 0u);
	/* again, and taken back */
	apic_set(V, APIC_INITIAL, 20 * MS);
	apic_set(V, APIC_INITIAL, 0);
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 0u);
	expect_quiet(f);
	/* again, and from anew */
	apic_set(V, APIC_INITIAL, 0xffffffff);
	t0 = now_ns();
	apic_set(V, APIC_INITIAL, 10 * MS);
	expect_wakes(f);
	EXPECT_LE(10ull * MS, now_ns() - t0);
}

/* It comes while the guest runs, too. */
TEST(in_the_guest, &config)
{
	uint64_t tsc;

	start(f, VECTOR, ONE);
	axt_idt_set(f->ram, f->config->start, VECTOR, SYM(tick));
	ASSERT_EQ(apic_rdmsr(V, MSR_TSC, &tsc), 0u);
	apic_set(V, APIC_INITIAL, 5 * MS);
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_TIMER));
	ASSERT_OK(axv_set_gpr(V, RDI, tsc + 100ull * V->run->regs.x86.timer.tsc_khz * axt_slow()));
	ASSERT_EQ(apic_go(V, SYM(spin)), 0u);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 1u);
}

TEST(periodic, &config)
{
	uint64_t t0, t1;
	unsigned int i;

	start(f, LVT_PERIODIC | VECTOR, ONE);
	t0 = now_ns();
	apic_set(V, APIC_INITIAL, 10 * MS);
	for (i = 1; i <= 8; i++) {
		expect_wakes(f);
		t1 = now_ns();
		EXPECT_LE((uint64_t)i * 10 * MS, t1 - t0);
	}
	EXPECT_GE(apic_get(V, APIC_CURRENT), 1u);
	EXPECT_LE(apic_get(V, APIC_CURRENT), 10 * MS);
	/* once more, when it becomes one-shot */
	apic_set(V, APIC_TIMER, VECTOR);
	expect_wakes(f);
	axt_sleep_ms(30);
	EXPECT_EQ(apic_peek(V), 0u);
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 0u);
	/* stopped */
	apic_set(V, APIC_TIMER, LVT_PERIODIC | VECTOR);
	apic_set(V, APIC_INITIAL, 10 * MS);
	expect_wakes(f);
	apic_set(V, APIC_INITIAL, 0);
	if (apic_peek(V))
		apic_eoi(V);
	expect_quiet(f);
}

/* Masked it counts and does nothing. */
TEST(masked, &config)
{
	start(f, LVT_MASKED | VECTOR, ONE);
	apic_set(V, APIC_INITIAL, 5 * MS);
	expect_quiet(f);
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 0u);
	/* what was lost is lost */
	apic_set(V, APIC_TIMER, VECTOR);
	EXPECT_EQ(apic_peek(V), 0u);
	/* a period goes on, and is there when it is unmasked */
	apic_set(V, APIC_TIMER, LVT_PERIODIC | LVT_MASKED | VECTOR);
	apic_set(V, APIC_INITIAL, 5 * MS);
	expect_quiet(f);
	EXPECT_GE(apic_get(V, APIC_CURRENT), 1u);
	apic_set(V, APIC_TIMER, LVT_PERIODIC | VECTOR);
	expect_wakes(f);
	/* software's switch masks it */
	apic_set(V, APIC_SVR, 0xff);
	if (apic_peek(V))
		apic_eoi(V);
	expect_quiet(f);
}

/* A vector that is none is an error. */
TEST(bad_vector, &config)
{
	start(f, 0x0a, ONE);
	apic_set(V, APIC_INITIAL, 1000);
	expect_quiet(f);
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), ESR_RECEIVE);
}

/* ---- dividers ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint32_t divide;
	uint32_t by;
} dividers[] = {
	{ "2", 0x0, 2 }, { "4", 0x1, 4 }, { "8", 0x2, 8 }, { "16", 0x3, 16 },
	{ "32", 0x8, 32 }, { "64", 0x9, 64 }, { "128", 0xa, 128 }, { "1", 0xb, 1 },
};

/* Two looks at the count, each between two looks at the host's clock. */
TEST(dividers, &config)
{
	uint64_t before[2], after[2], passed;
	uint32_t count[2];
	unsigned int i, k;

	start(f, LVT_MASKED | VECTOR, ONE);
	for (i = 0; i < ARRAY_SIZE(dividers); i++) {
		axt_context("by %s", dividers[i].name);
		apic_set(V, APIC_DIVIDE, dividers[i].divide);
		apic_set(V, APIC_INITIAL, 0xffffffff);
		for (k = 0; k < 2; k++) {
			before[k] = now_ns();
			count[k] = apic_get(V, APIC_CURRENT);
			after[k] = now_ns();
			axt_sleep_ms(k ? 0 : 20);
		}
		passed = (uint64_t)(count[0] - count[1]) * dividers[i].by;
		EXPECT_LE(passed, after[1] - before[0] + dividers[i].by);
		EXPECT_LE(before[1] - after[0], passed + dividers[i].by);
	}
	/* changed under way: what is left goes on */
	axt_context("from 1 to 128");
	apic_set(V, APIC_INITIAL, 0xffffffff);
	count[0] = apic_get(V, APIC_CURRENT);
	before[0] = now_ns();
	apic_set(V, APIC_DIVIDE, 0xa);
	axt_sleep_ms(20);
	count[1] = apic_get(V, APIC_CURRENT);
	EXPECT_LE(count[1], count[0]);
	EXPECT_GE(count[1], 0xffffffffu - (uint32_t)(2000 * MS));
}

/* A short period is as long as the host can bear: 200 us. */
TEST(short_period, &config)
{
	uint64_t tsc, t0, t1;
	uint32_t n;

	/* its guest would not get on */
	axt_avoid(AXT_FLAW_SLOW);
	start(f, LVT_PERIODIC | VECTOR, ONE);
	axt_idt_set(f->ram, f->config->start, VECTOR, SYM(tick));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_TIMER));
	ASSERT_EQ(apic_rdmsr(V, MSR_TSC, &tsc), 0u);
	ASSERT_OK(axv_set_gpr(V, RDI, tsc + 100ull * V->run->regs.x86.timer.tsc_khz));
	t0 = now_ns();
	apic_set(V, APIC_INITIAL, 1);
	ASSERT_EQ(apic_go(V, SYM(spin)), 0u);
	t1 = now_ns();
	n = GUEST_MEM(f, GUEST_DATA, uint32_t);
	axt_diag("%u in %u us", n, (unsigned int)((t1 - t0) / 1000));
	EXPECT_GE(n, 2u);
	EXPECT_LE(n, (t1 - t0) / 200000 + 1);
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 1u);
}

/* ---- at a TSC ------------------------------------------------------------------------------- */

static uint64_t deadline(struct axv_vcpu *v)
{
	uint64_t val;

	ASSERT_EQ(apic_rdmsr(v, MSR_TSC_DEADLINE, &val), 0u);
	return val;
}

static uint64_t tsc_in_ms(struct axv_vcpu *v, unsigned int ms)
{
	uint64_t tsc;

	ASSERT_EQ(apic_rdmsr(v, MSR_TSC, &tsc), 0u);
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_TIMER));
	return tsc + (uint64_t)ms * v->run->regs.x86.timer.tsc_khz;
}

TEST(deadline, &config)
{
	uint64_t when, tsc;

	start(f, VECTOR, ONE);
	/* of another mode it is nothing */
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, 1), 0u);
	EXPECT_EQ(deadline(V), 0u);
	EXPECT_EQ(apic_peek(V), 0u);

	apic_set(V, APIC_TIMER, LVT_DEADLINE | VECTOR);
	when = tsc_in_ms(V, 30);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, when), 0u);
	/* it is this mode's: no count */
	apic_set(V, APIC_INITIAL, 1);
	EXPECT_EQ(apic_get(V, APIC_INITIAL), 0u);
	EXPECT_EQ(apic_get(V, APIC_CURRENT), 0u);
	expect_wakes(f);
	ASSERT_EQ(apic_rdmsr(V, MSR_TSC, &tsc), 0u);
	EXPECT_LE(when, tsc);
	EXPECT_EQ(deadline(V), 0u);
	/* past ones are due at once */
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, 1), 0u);
	EXPECT_EQ(apic_peek(V), (unsigned int)VECTOR);
	apic_eoi(V);
	EXPECT_EQ(deadline(V), 0u);
	/* taken back; put off; never */
	when = tsc_in_ms(V, 15);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, when), 0u);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, 0), 0u);
	EXPECT_EQ(deadline(V), 0u);
	expect_quiet(f);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, ~0ull), 0u);
	EXPECT_EQ(deadline(V), ~0ull);
	expect_quiet(f);
	when = tsc_in_ms(V, 10);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, when), 0u);
	expect_wakes(f);
	/* masked it is over without a sign */
	apic_set(V, APIC_TIMER, LVT_DEADLINE | LVT_MASKED | VECTOR);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, 1), 0u);
	EXPECT_EQ(deadline(V), 0u);
	EXPECT_EQ(apic_peek(V), 0u);
}

/* Between the modes nothing is taken along. */
TEST(change_of_mode, &config)
{
	start(f, LVT_PERIODIC | VECTOR, ONE);
	apic_set(V, APIC_INITIAL, 10 * MS);
	apic_set(V, APIC_TIMER, LVT_DEADLINE | VECTOR);
	EXPECT_EQ(apic_get(V, APIC_INITIAL), 0u);
	if (apic_peek(V))
		apic_eoi(V);
	expect_quiet(f);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, tsc_in_ms(V, 20)), 0u);
	apic_set(V, APIC_TIMER, VECTOR);
	EXPECT_EQ(deadline(V), 0u);
	if (apic_peek(V))
		apic_eoi(V);
	expect_quiet(f);
}

/* The guest's TSC is moved: what it waits for comes sooner, or later. */
TEST(tsc_moves, &config)
{
	uint64_t when;

	start(f, LVT_DEADLINE | VECTOR, ONE);
	when = tsc_in_ms(V, 1000000);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, when), 0u);
	EXPECT_EQ(apic_peek(V), 0u);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC, when), 0u);
	EXPECT_EQ(apic_peek(V), (unsigned int)VECTOR);
	apic_eoi(V);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, tsc_in_ms(V, 20)), 0u);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC, 0), 0u);
	if (apic_peek(V))
		apic_eoi(V);
	expect_quiet(f);
}

/* ---- save, restore, ends --------------------------------------------------------------------- */

TEST(restored, &config)
{
	struct axvcpu_x86_apic a;
	uint64_t t0;

	start(f, VECTOR, 0x0);
	a = apic_state(V);
	a.initial_count = 50 * MS;
	a.current_count = 10 * MS;
	t0 = now_ns();
	ASSERT_OK(apic_set_state(V, &a));
	expect_wakes(f);
	EXPECT_LE(20ull * MS, now_ns() - t0);
	/* its time is over already */
	a.lvt[AXVCPU_X86_LVT_TIMER] = LVT_DEADLINE | VECTOR;
	a.tsc_deadline = 1;
	ASSERT_OK(apic_set_state(V, &a));
	EXPECT_EQ(apic_peek(V), (unsigned int)VECTOR);
	EXPECT_EQ(deadline(V), 0u);
	apic_eoi(V);
	/* a period that is committed goes on */
	a.lvt[AXVCPU_X86_LVT_TIMER] = LVT_PERIODIC | VECTOR;
	a.tsc_deadline = 0;
	a.initial_count = 5 * MS;
	a.current_count = 1;
	ASSERT_OK(apic_set_state(V, &a));
	expect_wakes(f);
	expect_wakes(f);
}

/* One that is closed, or reset, while its timer is due at any moment. */
TEST(closed_while_due, &config)
{
	struct axt_config free_config = config;
	struct axvcpu_x86_apic a;
	struct axv_vcpu v;
	unsigned int i;

	free_config.stage = AXT_FREE;
	for (i = 0; i < 50; i++) {
		axt_add_vcpu(f, 1, &free_config, &v);
		a = apic_state(&v);
		a.svr |= SVR_ON;
		a.lvt[AXVCPU_X86_LVT_TIMER] = LVT_PERIODIC | VECTOR;
		a.initial_count = 1;
		a.current_count = 1 + i * 10000;
		ASSERT_OK(apic_set_state(&v, &a));
		if (i % 2)
			axt_sleep_ms(1);
		if (i % 3 == 0)
			ASSERT_OK(axv_reset(&v));
		axv_vcpu_close(&v);
	}
}
