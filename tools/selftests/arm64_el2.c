// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without VHE: EL2 is taken with the first vCPU and given back with the last, on every
 * CPU, also on one that comes or goes meanwhile, and across a suspend: whoever asks EL2
 * is answered by the kernel's stub again. The tests' own module asks.
 *
 * rig: timeout=300 smp=2 arch=arm64 machine=virt,gicv2,n1,max
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/file.h"
#include "common/storm.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);

#define ANSWERS		"/sys/module/axvcpu_el2/parameters/answers"
#define STUB		0xbadca11ull
#define NOT_SUPPORTED	(~0ull)
#define LAPS		200

static const struct axt_config syncs = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static void need_nvhe(struct axt *f)
{
	if (f->dev.info.backend != AXVCPU_BACKEND_NVHE)
		axt_skip("EL2 is the kernel's own: VHE");
	if (access(ANSWERS, F_OK) && system("modprobe axvcpu_el2 2>/dev/null"))
		axt_skip("there is no module axvcpu_el2, which asks who is at EL2");
}

/* Every CPU says @answer. How many there are. */
static unsigned int expect_answers(uint64_t answer)
{
	unsigned long long said;
	unsigned int cpus = 0;
	int cpu, used;
	char buf[4096];
	char *p = buf;

	ASSERT_GE(file_read(ANSWERS, buf, sizeof(buf)), 1);
	for (; sscanf(p, "%d %llx\n%n", &cpu, &said, &used) == 2; p += used) {
		axt_context("CPU %d", cpu);
		EXPECT_EQ(said, answer);
		cpus++;
	}
	axt_context(NULL);
	return cpus;
}

static void runs_once(void)
{
	struct axt g;

	axt_open(&g, &syncs);
	EXPECT_SYNC(&g);
	EXPECT_EQ(axt_synced(g.exit), 1u);
	axt_close(&g);
}

/* ---- by one, by many ---------------------------------------------------------------- */

TEST(from_the_first_to_the_last, NULL)
{
	struct axt a, b;

	need_nvhe(f);
	EXPECT_EQ(expect_answers(STUB), axt_cpus());
	axt_open(&a, &syncs);
	EXPECT_EQ(expect_answers(NOT_SUPPORTED), axt_cpus());
	axt_open(&b, &syncs);
	EXPECT_SYNC(&a);
	axt_close(&a);
	expect_answers(NOT_SUPPORTED);
	EXPECT_SYNC(&b);
	axt_close(&b);
	EXPECT_EQ(expect_answers(STUB), axt_cpus());
}

TEST_TIMEOUT(many_times, NULL, 120)
{
	need_nvhe(f);
	for (int i = 0; i < LAPS && !axt_failures(); i++)
		runs_once();
	EXPECT_EQ(expect_answers(STUB), axt_cpus());
}

/* ---- CPUs that come and go ------------------------------------------------------------ */

static char plug_file[64];

static int need_hotplug(void)
{
	int cpu = axt_cpus() - 1;

	if (cpu < 1)
		axt_skip("one CPU only");
	snprintf(plug_file, sizeof(plug_file), "/sys/devices/system/cpu/cpu%d/online", cpu);
	if (access(plug_file, W_OK))
		axt_skip("CPU %d cannot be taken away", cpu);
	return cpu;
}

static void plug(int on)
{
	ASSERT_OK(file_write(plug_file, on ? "1" : "0"));
}

/* What a CPU was when it went, it need not be when it comes. */
TEST_TIMEOUT(a_cpu_comes_and_goes, NULL, 60)
{
	struct axt g;
	unsigned int all = axt_cpus();

	need_nvhe(f);
	need_hotplug();
	axt_open(&g, &syncs);
	plug(0);
	EXPECT_EQ(expect_answers(NOT_SUPPORTED), all - 1);
	plug(1);
	EXPECT_EQ(expect_answers(NOT_SUPPORTED), all);
	plug(0);
	EXPECT_SYNC(&g);
	axt_close(&g);
	EXPECT_EQ(expect_answers(STUB), all - 1);
	plug(1);
	EXPECT_EQ(expect_answers(STUB), all);
	plug(0);
	axt_open(&g, &syncs);
	plug(1);
	EXPECT_EQ(expect_answers(NOT_SUPPORTED), all);
	EXPECT_SYNC(&g);
	axt_close(&g);
	EXPECT_EQ(expect_answers(STUB), all);
}

static long plug_thread(void *arg)
{
	struct storm *s = arg;
	unsigned int laps = 0;

	for (; !storm_get(&s->quiet); laps++)
		if (file_write(plug_file, laps & 1 ? "1" : "0"))
			return -EIO;
	if ((laps & 1) && file_write(plug_file, "1"))
		return -EIO;
	return laps;
}

TEST_TIMEOUT(many_times_under_hotplug, NULL, 240)
{
	struct axt_thread thread;
	struct storm quiet = { };
	int i;

	need_nvhe(f);
	need_hotplug();
	axt_thread_start(&thread, plug_thread, &quiet);
	for (i = 0; i < LAPS && !axt_failures(); i++)
		runs_once();
	storm_set(&quiet.quiet, 1);
	EXPECT_GE(axt_thread_join(&thread), 4);
	EXPECT_EQ(expect_answers(STUB), axt_cpus());
}

/* ---- sleep ---------------------------------------------------------------------------- */

#define STATE		"/sys/power/state"
#define TEST_LEVEL	"/sys/power/pm_test"
#define TEST_DELAY	"/sys/module/hibernate/parameters/pm_test_delay"

/* Hibernation up to its last step: the other CPUs go, this one's notifiers are called. */
TEST_TIMEOUT(sleeps_and_wakes, NULL, 120)
{
	struct axt g;

	need_nvhe(f);
	if (access(TEST_LEVEL, W_OK) || file_write(TEST_LEVEL, "core"))
		axt_skip("the kernel cannot test hibernation");
	file_write(TEST_DELAY, "1");
	axt_open(&g, &syncs);
	EXPECT_SYNC(&g);
	EXPECT_OK(file_write(STATE, "disk"));
	EXPECT_EQ(expect_answers(NOT_SUPPORTED), axt_cpus());
	axv_fulfil(&g.v, 0);
	EXPECT_SYNC(&g);
	axt_close(&g);
	EXPECT_EQ(expect_answers(STUB), axt_cpus());
	EXPECT_OK(file_write(STATE, "disk"));
	EXPECT_EQ(expect_answers(STUB), axt_cpus());
	EXPECT_OK(file_write(TEST_LEVEL, "none"));
	runs_once();
}
