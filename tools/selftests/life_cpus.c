// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host CPUs that go away and come back with vCPUs in RUN: the guests go on where
 * they were.
 *
 * rig: timeout=300 smp=2
 */
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "common/leaks.h"
#include "common/storm.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, count);
DECLARE_GUEST_SYM(basic, count_other);
DECLARE_GUEST_SYM(basic, sync_loop);

#define LAPS		10

static const struct axt_config count = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, count),
};

static const struct axt_config count_other = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, count_other),
};

static const struct axt_config syncs = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

/* The CPU that comes and goes: the last one that this process may use. */
static int plug_cpu;
static char plug_file[64];

static void need_hotplug(void)
{
	cpu_set_t set;

	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	for (plug_cpu = CPU_SETSIZE - 1; !CPU_ISSET(plug_cpu, &set);)
		plug_cpu--;
	snprintf(plug_file, sizeof(plug_file), "/sys/devices/system/cpu/cpu%d/online", plug_cpu);
	if (access(plug_file, W_OK))
		axt_skip("CPU %d cannot be taken away", plug_cpu);
}

static int plug_out(void)
{
	return file_write(plug_file, "0");
}

static int plug_in(void)
{
	return file_write(plug_file, "1");
}

/* Two vCPUs that count, each for itself, run by threads. */
struct pair {
	struct axt *f;
	struct storm s[2];
	struct axv_vcpu other;
};

static uint32_t counted(struct pair *p, int nr)
{
	return GUEST_MEM(p->f, GUEST_DATA + nr * 0x40, uint32_t);
}

static void both_go_on(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		uint32_t seen = counted(p, i);

		WAIT_UNTIL(counted(p, i) != seen);
	}
}

static void start_pair(struct pair *p, struct axt *f)
{
	*p = (struct pair) { .f = f };
	axt_add_vcpu(f, 1, &count_other, &p->other);
	p->s[0] = (struct storm) { .f = f, .v = &f->v };
	p->s[1] = (struct storm) { .f = f, .v = &p->other };
	for (int i = 0; i < 2; i++)
		storm_start(&p->s[i]);
	both_go_on(p);
}

static void end_pair(struct pair *p)
{
	both_go_on(p);
	for (int i = 0; i < 2; i++) {
		storm_end(&p->s[i]);
		EXPECT_EQ(p->s[i].stopped, 1u);
	}
}

/* ---- hotplug ------------------------------------------------------------------------ */

/* Threads that may go anywhere go to what is left. */
TEST_TIMEOUT(offline_and_online, &count, 120)
{
	struct axvcpu_get_state st;
	struct pair p;

	need_hotplug();
	start_pair(&p, f);
	for (int i = 0; i < LAPS; i++) {
		axt_context("lap %d", i);
		ASSERT_OK(plug_out());
		both_go_on(&p);
		for (int k = 0; k < 2; k++)
			WAIT_UNTIL(axv_get_state(p.s[k].v, &st) >= 0 && st.last_cpu != plug_cpu);
		ASSERT_OK(plug_in());
		both_go_on(&p);
	}
	axt_context(NULL);
	end_pair(&p);
}

static long plug_thread(void *arg)
{
	struct storm *s = arg;
	int r = 0;

	while (!storm_get(&s->quiet) && !r) {
		r = plug_out();
		if (!r)
			r = plug_in();
	}
	return r;
}

/* Kicks and pauses look for the CPU of a vCPU while it goes away. */
TEST_TIMEOUT(kicks_and_pauses_meanwhile, &count, 120)
{
	uint64_t end = axt_now_ms() + 3000 * axt_slow();
	struct axt_thread plug;
	struct storm quiet = { };
	unsigned int laps = 0;
	struct pair p;

	need_hotplug();
	start_pair(&p, f);
	axt_thread_start(&plug, plug_thread, &quiet);
	while (axt_now_ms() < end && !axt_failures()) {
		for (int k = 0; k < 2; k++) {
			storm_add(&p.s[k].asked, 1);
			EXPECT_OK(axv_kick(p.s[k].v));
		}
		EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
		for (int k = 0; k < 2; k++) {
			uint32_t seen = counted(&p, k);

			/* when PAUSE returns, nobody is in the guest */
			axt_sleep_ms(1);
			EXPECT_EQ(counted(&p, k), seen);
		}
		EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
		laps++;
	}
	storm_set(&quiet.quiet, 1);
	EXPECT_OK(axt_thread_join(&plug));
	for (int k = 0; k < 2; k++) {
		WAIT_UNTIL(storm_get(&p.s[k].stopped) == laps);
		storm_end(&p.s[k]);
		EXPECT_EQ(p.s[k].stopped, laps + 1);
	}
	axt_diag("%u kicks and pauses", laps);
}

/* A vCPU that may run on no other CPU: RUN says so, and goes on when it is back. */
TEST_TIMEOUT(the_only_cpu_goes, &syncs, 60)
{
	uint64_t mask;

	need_hotplug();
	mask = 1ull << plug_cpu;
	ASSERT_SYNC(f);
	axv_fulfil(&f->v, 0);
	ASSERT_OK(axv_set_affinity(&f->v, -1, &mask, sizeof(mask)));
	ASSERT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 2u);
	EXPECT_EQ(sched_getcpu(), plug_cpu);
	axv_fulfil(&f->v, 0);
	ASSERT_OK(plug_out());
	EXPECT_ERR(EINVAL, axv_run(&f->v));
	EXPECT_STATE(&f->v, READY);
	ASSERT_OK(plug_in());
	ASSERT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 3u);
	EXPECT_EQ(sched_getcpu(), plug_cpu);
}

/* ... while it is in the guest. */
static long run_thread(void *arg)
{
	int r = axv_bind(arg);

	return r ? r : axv_run(arg);
}

TEST_TIMEOUT(the_only_cpu_goes_meanwhile, &count, 60)
{
	uint64_t mask, all = ~0ull;
	struct axt_thread t;

	need_hotplug();
	mask = 1ull << plug_cpu;
	ASSERT_OK(axv_set_affinity(&f->v, -1, &mask, sizeof(mask)));
	axt_thread_start(&t, run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, RUNNING));
	axt_sleep_ms(10);
	ASSERT_OK(plug_out());
	EXPECT_ERR(EINVAL, axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_NOTHING);
	ASSERT_OK(plug_in());
	/* and on from there, anywhere */
	EXPECT_OK(axv_bind(&f->v));
	ASSERT_OK(axv_set_affinity(&f->v, -1, &all, sizeof(all)));
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_EXIT(f, AXVCPU_EXIT_STOPPED);
}
