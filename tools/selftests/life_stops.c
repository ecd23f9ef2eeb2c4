// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting a vCPU out of RUN: stop word, KICK, signals; and on which CPU it
 * runs.
 *
 * rig: timeout=300 smp=2
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, spin);
DECLARE_GUEST_SYM(basic, count);
DECLARE_GUEST_SYM(basic, halt);

#define STOPS	2000

static const struct axt_config ready = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static const struct axt_config unbound_spin = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, spin),
};

static const struct axt_config unbound_halt = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, halt),
};

static long bind_run_thread(void *arg)
{
	int r = axv_bind(arg);

	return r ? r : axv_run(arg);
}

/* A STOPPED exit by the stop word. */
#define EXPECT_STOPPED(f)						\
	do {								\
		if (EXPECT_EXIT(f, AXVCPU_EXIT_STOPPED))		\
			EXPECT_EQ((f)->exit->stopped.cause, AXVCPU_STOPPED_KICK); \
	} while (0)

/* ---- the stop word, by the vCPU's own thread ------------------------------------ */

TEST(stop_before_run, &ready)
{
	axv_stop_word(&f->v);
	EXPECT_STOPPED(f);
	EXPECT_EQ(f->v.run->stop, 0);
	EXPECT_EQ(f->v.run->counters.entries, 0);
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 1);
}

TEST(three_stops_three_exits, &ready)
{
	EXPECT_OK(axv_kick(&f->v));
	axv_stop_word(&f->v);
	EXPECT_OK(axv_kick(&f->v));
	for (int i = 2; i >= 0; i--) {
		EXPECT_STOPPED(f);
		EXPECT_EQ(f->v.run->stop, i);
	}
	EXPECT_SYNC(f);
}

/* The decision about the exit before it is carried out first, once. */
TEST(stop_after_command, &ready)
{
	EXPECT_SYNC(f);
	axv_fulfil(&f->v, 0);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_STOPPED(f);
	EXPECT_EQ(f->v.run->entry.command, AXVCPU_CMD_NONE);
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 2);
}

/* A stop survives UNBIND and BIND: it is the vCPU's. */
TEST(stop_is_sticky, &ready)
{
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axv_unbind(&f->v));
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_STOPPED(f);
	EXPECT_SYNC(f);
}

/* ---- stops from elsewhere -------------------------------------------------------- */

struct runner {
	struct axt *f;
	unsigned int stopped;
	unsigned int others;
	bool end;
};

/* Runs until told, counts what comes. */
static long count_stops(void *arg)
{
	struct runner *r = arg;
	int ret = axv_bind(&r->f->v);

	while (!ret) {
		ret = axv_run(&r->f->v);
		if (ret)
			break;
		if (r->f->exit->reason == AXVCPU_EXIT_STOPPED)
			__atomic_fetch_add(&r->stopped, 1, __ATOMIC_SEQ_CST);
		else
			r->others++;
		if (__atomic_load_n(&r->end, __ATOMIC_SEQ_CST) && !r->f->v.run->stop)
			break;
	}
	return ret ? ret : axv_unbind(&r->f->v);
}

static long kick_many(void *arg)
{
	int r = 0;

	for (int i = 0; i < STOPS / 4 && !r; i++)
		r = axv_kick(arg);
	return r;
}

static void exact(struct axt *f, bool wait_each)
{
	uint64_t end = axt_now_ms() + 20000 * axt_slow();
	struct runner r = { .f = f };
	struct axt_thread t, k;
	unsigned int i;

	axt_thread_start(&t, count_stops, &r);
	ASSERT_TRUE(WAIT_UNTIL(axv_get_state(&f->v, NULL) >= AXVCPU_STATE_RUNNING));
	if (wait_each) {
		/* fewer on a machine that has other things to do */
		for (i = 1; i <= STOPS / 2 && axt_now_ms() < end; i++) {
			EXPECT_OK(axv_kick(&f->v));
			while (__atomic_load_n(&r.stopped, __ATOMIC_SEQ_CST) < i)
				sched_yield();
		}
		i--;
	} else {
		axt_thread_start(&k, kick_many, &f->v);
		for (i = 0; i < STOPS / 4; i++)
			EXPECT_OK(axv_kick(&f->v));
		EXPECT_OK(axt_thread_join(&k));
		i += STOPS / 4;
		WAIT_UNTIL(__atomic_load_n(&r.stopped, __ATOMIC_SEQ_CST) == i);
	}
	/* none is late */
	axt_sleep_ms(20);
	EXPECT_EQ(__atomic_load_n(&r.stopped, __ATOMIC_SEQ_CST), i);
	EXPECT_EQ(f->v.run->stop, 0);
	__atomic_store_n(&r.end, true, __ATOMIC_SEQ_CST);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(r.stopped, i + 1);
	EXPECT_EQ(r.others, 0);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_STOPPED], i + 1);

	EXPECT_OK(axv_bind(&f->v));
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, sync_loop)));
	EXPECT_SYNC(f);
}

TEST_TIMEOUT(kicks_one_by_one, &unbound_spin, 60)
{
	exact(f, true);
}

TEST_TIMEOUT(kicks_in_a_storm, &unbound_spin, 60)
{
	exact(f, false);
}

TEST_TIMEOUT(kicks_of_a_halted_vcpu, &unbound_halt, 60)
{
	exact(f, true);
}

TEST_TIMEOUT(kick_storm_of_a_halted_vcpu, &unbound_halt, 60)
{
	exact(f, false);
}

/* The word alone, without KICK, is seen at the next exit, not before. */
TEST(word_without_kick, &unbound_spin)
{
	struct axt_thread t;

	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, RUNNING));
	axv_stop_word(&f->v);
	/* the host's timer tick ends the guest's turn soon enough */
	WAIT_UNTIL(f->v.run->stop == 0);
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
}

/* ---- signals ------------------------------------------------------------------------ */

static int signals;

static void on_signal(int nr)
{
	(void)nr;
	signals++;
}

static void catch_signal(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	ASSERT_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
}

static void interrupted(struct axt *f, uint32_t state)
{
	struct axvcpu_get_state s;
	struct axt_thread t;

	catch_signal();
	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_UNTIL(axv_get_state(&f->v, NULL) == (int)state));
	EXPECT_EQ(syscall(SYS_tgkill, getpid(), t.tid, SIGUSR1), 0);
	EXPECT_ERR(EINTR, axt_thread_join(&t));
	EXPECT_EQ(signals, 1);
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_NOTHING);
	EXPECT_EQ(f->exit->cached, 0);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_STOPPED], 0);

	/* and on it goes */
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.pending_exit, 0);
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, sync_loop)));
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 1);
}

TEST(signal_in_guest, &unbound_spin)
{
	interrupted(f, AXVCPU_STATE_RUNNING);
}

TEST(signal_in_halt, &unbound_halt)
{
	interrupted(f, AXVCPU_STATE_BLOCKED);
}

/* A signal that is blocked does not disturb. */
TEST(blocked_signal, &ready)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	ASSERT_EQ(raise(SIGUSR1), 0);
	EXPECT_SYNC(f);
}

/* Signals at any moment: no command is carried out twice, none is lost. */
TEST(signals_and_commands, &ready)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction sa = { .sa_handler = on_signal };
	unsigned int i, interrupted = 0;

	ASSERT_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	ASSERT_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (i = 1; i < 5000 && (i < 500 || interrupted < 5); i++) {
		int r;

		do {
			r = axv_run(&f->v);
			interrupted += r == -EINTR;
		} while (r == -EINTR);
		ASSERT_EQ(r, 0);
		ASSERT_EQ(f->exit->reason, AXT_EXIT_SYNC);
		ASSERT_EQ(axt_synced(f->exit), i & 0xff);
		axv_fulfil(&f->v, 0);
	}
	axt_diag("%u of %u exits interrupted by %d signals", interrupted, i, signals);
}

/* ---- host CPUs ------------------------------------------------------------------------- */

static void run_on(struct axt *f, int cpu)
{
	uint64_t mask = 1ull << cpu;
	struct axvcpu_get_state s;

	EXPECT_OK(axv_set_affinity(&f->v, -1, &mask, sizeof(mask)));
	EXPECT_SYNC(f);
	axv_fulfil(&f->v, 0);
	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.last_cpu, cpu);
	EXPECT_EQ(sched_getcpu(), cpu);
}

static void allow_all_cpus(void)
{
	cpu_set_t all;
	int i;

	CPU_ZERO(&all);
	for (i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

static void only_cpu(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
}

TEST(cpu_set, &ready)
{
	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	for (int i = 0; i < 10; i++) {
		allow_all_cpus();
		run_on(f, i % 2);
	}
}

/* The thread may not go where the vCPU must: EINVAL and no change. */
TEST(cpu_set_cannot_be_met, &ready)
{
	uint64_t mask = 2;
	struct axvcpu_get_state s;

	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	EXPECT_SYNC(f);
	EXPECT_OK(axv_set_affinity(&f->v, -1, &mask, sizeof(mask)));
	only_cpu(0);
	axv_fulfil(&f->v, 0);
	EXPECT_ERR(EINVAL, axv_run(&f->v));
	EXPECT_EQ(f->v.run->entry.command, AXVCPU_CMD_FULFIL);
	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.pending_exit, AXT_EXIT_SYNC);
	EXPECT_EQ(s.last_cpu >= 0, true);
	allow_all_cpus();
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 2);
	EXPECT_EQ(sched_getcpu(), 1);
}

/* A vCPU goes from CPU to CPU under its thread, with what it knows. */
TEST(migration, &ready)
{
	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	for (int i = 1; i <= 100; i++) {
		struct axvcpu_get_state s;

		only_cpu(i % 2);
		ASSERT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i);
		axv_fulfil(&f->v, 0);
		axv_get_state(&f->v, &s);
		EXPECT_EQ(s.last_cpu, i % 2);
	}
}

/* ... and while it is in the guest. */
TEST(migration_while_running, NULL)
{
	struct axt_config c = unbound_spin;
	struct axt_thread t;
	struct axt g;
	uint32_t seen;

	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	c.entry = GUEST_SYM(basic, count);
	axt_open(&g, &c);
	axt_thread_start(&t, bind_run_thread, &g.v);
	ASSERT_TRUE(WAIT_STATE(&g.v, RUNNING));
	for (int i = 0; i < 40; i++) {
		struct axvcpu_get_state s;
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(i % 2, &one);
		ASSERT_EQ(sched_setaffinity(t.tid, sizeof(one), &one), 0);
		seen = GUEST_MEM(&g, GUEST_DATA, uint32_t);
		WAIT_UNTIL(axv_get_state(&g.v, &s) >= 0 && s.last_cpu == i % 2 &&
			   GUEST_MEM(&g, GUEST_DATA, uint32_t) != seen);
	}
	EXPECT_OK(axv_kick(&g.v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(g.exit->reason, AXVCPU_EXIT_STOPPED);
}
