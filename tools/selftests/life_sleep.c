// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine sleeps and wakes while one vCPU computes and another one waits in a
 * halt: as far as the kernel's own test modes go, and all the way to suspend to
 * RAM. RUN may end with EINTR, as it does for any signal; the guests go on where
 * they were.
 *
 * rig: timeout=300 smp=2
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/leaks.h"
#include "common/storm.h"

DECLARE_GUEST(storm);
DECLARE_GUEST_SYM(storm, compute);
DECLARE_GUEST_SYM(storm, storm_halt);
DECLARE_GUEST_SYM(storm, storm_handlers);

#define STATE		"/sys/power/state"
#define TEST_LEVEL	"/sys/power/pm_test"
#define TEST_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define DEPTH		"/sys/power/mem_sleep"
#define ALARM		"/sys/class/rtc/rtc0/wakealarm"

static const struct axt_config halts = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(storm),
	.entry = GUEST_SYM(storm, storm_halt),
};

static const struct axt_config computes = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(storm),
	.entry = GUEST_SYM(storm, compute),
};

#define BLOCK		(GUEST_DATA + 0x1000)
#define ARRIVED(f)	GUEST_MEM(f, GUEST_DATA + 4 * AXT_IRQ, uint32_t)

/* vCPU 0 halts, vCPU 1 computes, and each lap's result is checked. */
struct sleepers {
	struct axt *f;
	struct storm halted;
	struct axv_vcpu v;
	struct axt_thread thread;
	unsigned int laps;
	unsigned int interrupted;
	bool end;
};

static long compute_thread(void *arg)
{
	struct sleepers *s = arg;
	uint64_t value = 1, sum = 0;
	int r = axv_bind(&s->v);

	while (!r && !__atomic_load_n(&s->end, __ATOMIC_SEQ_CST) && !axt_failures()) {
		r = axv_run(&s->v);
		if (r == -EINTR) {
			s->interrupted++;
			r = 0;
			continue;
		}
		if (r)
			break;
		EXPECT_EQ(s->v.run->exit.reason, AXT_EXIT_SYNC);
		for (int i = 0; i < COMPUTE_ROUNDS; i++) {
			value = value * COMPUTE_MUL + COMPUTE_ADD;
			value = value << 13 | value >> 51;
			sum += value;
		}
		EXPECT_EQ(GUEST_MEM(s->f, BLOCK + COMPUTE_VALUE, uint64_t), value);
		EXPECT_EQ(GUEST_MEM(s->f, BLOCK + COMPUTE_SUM, uint64_t), sum);
		axv_fulfil(&s->v, 0);
		__atomic_fetch_add(&s->laps, 1, __ATOMIC_SEQ_CST);
	}
	return r;
}

static void start(struct sleepers *s, struct axt *f)
{
	*s = (struct sleepers) { .f = f, .halted = { .f = f, .v = &f->v } };
	axt_storm_handlers(f->ram, f->config->start, GUEST_SYM(storm, storm_handlers));
	axt_add_vcpu(f, 1, &computes, &s->v);
	GUEST_MEM(f, BLOCK + COMPUTE_VALUE, uint64_t) = 1;
	ASSERT_OK(axv_set_gpr(&s->v, AXT_SECOND, BLOCK));
	storm_start(&s->halted);
	axt_thread_start(&s->thread, compute_thread, s);
}

/* Both do what they did. */
static void awake(struct sleepers *s)
{
	unsigned int laps = storm_get(&s->laps);
	uint32_t arrived = ARRIVED(s->f);

	WAIT_UNTIL(storm_get(&s->laps) > laps + 2);
	ASSERT_TRUE(WAIT_STATE(&s->f->v, BLOCKED));
	EXPECT_OK(axv_inject_irq(&s->f->v, AXT_IRQ));
	WAIT_UNTIL(ARRIVED(s->f) == arrived + 1);
}

static void end(struct sleepers *s)
{
	__atomic_store_n(&s->end, true, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&s->thread));
	storm_end(&s->halted);
	EXPECT_EQ(s->halted.stopped, 1u);
	axt_diag("%u laps; EINTR %u and %u times", s->laps, s->interrupted,
		 s->halted.interrupted);
}

/* ---- up to where the kernel's test modes turn back ---------------------------------------- */

/*
 * All but the first processor go away at "processors", and with "core" interrupts of the
 * last one are off and what belongs to it is suspended. Where "mem" is no deeper than
 * idle the kernel has neither for it; hibernation has both, before it makes its image.
 */
static const struct level {
	const char *name;
	const char *state;
	const char *level;
	bool deep;
} levels[] = {
	{ "freeze_freezer", "freeze", "freezer", false },
	{ "freeze_devices", "freeze", "devices", false },
	{ "freeze_platform", "freeze", "platform", false },
	{ "mem_freezer", "mem", "freezer", false },
	{ "mem_devices", "mem", "devices", false },
	{ "mem_platform", "mem", "platform", false },
	{ "mem_processors", "mem", "processors", true },
	{ "mem_core", "mem", "core", true },
	{ "disk_processors", "disk", "processors", true },
	{ "disk_core", "disk", "core", true },
};

static void need_state(const char *state)
{
	char text[64];

	if (file_read(STATE, text, sizeof(text)) <= 0 || !strstr(text, state))
		axt_skip("the kernel cannot go to \"%s\" here", state);
}

/* Can "mem" be more than idle? */
static bool is_deep(void)
{
	char text[64];

	return file_read(DEPTH, text, sizeof(text)) > 0 && strstr(text, "deep");
}

TEST_ROWS_TIMEOUT(turned_back, levels, ARRAY_SIZE(levels), &halts, 90)
{
	const struct level *l = arg;
	bool disk = !strcmp(l->state, "disk");
	/* each of hibernation's test modes waits for five seconds on some kernels */
	unsigned int laps = disk ? 1 : 3, i;
	struct sleepers s;

	axt_need_irqs(f);
	need_state(l->state);
	if (l->deep && !disk && !is_deep())
		axt_skip("\"mem\" is suspend to idle here, which cannot be turned back so late");
	if (disk && is_deep())
		axt_skip("\"mem\" gets as far");
	if (file_write(TEST_LEVEL, l->level))
		axt_skip("the kernel has no test mode for sleep (CONFIG_PM_DEBUG)");
	file_write(TEST_DELAY, "0");
	start(&s, f);
	for (i = 0; i < laps; i++) {
		awake(&s);
		/* after a failure the guests are not run any more */
		if (EXPECT_OK(file_write(STATE, l->state)) < 0)
			break;
	}
	if (i == laps)
		awake(&s);
	end(&s);
	file_write(TEST_LEVEL, "none");
	/* frozen in RUN, by what looks like a signal */
	EXPECT_EQ(s.halted.interrupted, laps);
}

/* ---- all the way ---------------------------------------------------------------------------- */

TEST_TIMEOUT(suspend_to_ram, &halts, 60)
{
	struct sleepers s;

	axt_need_irqs(f);
	need_state("mem");
	if (!is_deep())
		axt_skip("\"mem\" is suspend to idle here");
	if (access(ALARM, W_OK))
		axt_skip("no clock that could wake the machine");
	file_write(TEST_LEVEL, "none");
	ASSERT_OK(file_write(DEPTH, "deep"));
	start(&s, f);
	for (int i = 0; i < 2; i++) {
		awake(&s);
		file_write(ALARM, "0");
		ASSERT_OK(file_write(ALARM, "+2"));
		EXPECT_OK(file_write(STATE, "mem"));
	}
	awake(&s);
	end(&s);
}
