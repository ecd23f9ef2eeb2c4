// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hundred thousand stops from two threads: each gives one STOPPED exit, none is
 * lost and none comes twice, whatever the guest does and whatever else comes with
 * them. And a stop comes at once, not with the host's next timer tick.
 *
 * rig: timeout=600 smp=2
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/leaks.h"
#include "common/random.h"
#include "common/storm.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, spin);
DECLARE_GUEST_SYM(basic, count);
DECLARE_GUEST_SYM(basic, halt);

#define STOPS	100000		/* of a storm; a fifth where much else goes on */
#define KICKERS	2
/* then it is over: fewer stops on a slow or busy machine, but a hundredth at least */
#define STORM_MS	(20000 * axt_slow())
#define SEED	0x5eed0057

#define UNBOUND(_entry)							\
	{								\
		.stage = AXT_FREE,					\
		.start = AXT_START_FLAT,			\
		GUEST(basic),						\
		.entry = GUEST_SYM(basic, _entry),			\
	}

static const struct axt_config spin = UNBOUND(spin);
static const struct axt_config count = UNBOUND(count);
static const struct axt_config halt = UNBOUND(halt);
static const struct axt_config sync_loop = UNBOUND(sync_loop);

struct kicker {
	struct storm *s;
	unsigned int stops;
	unsigned int nr;
	bool by_word;		/* half of its stops go to the word alone */
	uint64_t until;
};

static void wait_us(unsigned int us)
{
	uint64_t end = storm_now_us() + us;

	while (storm_now_us() < end)
		;
}

/* Until all stops but @but came; for as long as they keep coming, there may be many. */
static bool wait_for_stops(struct storm *s, unsigned int but)
{
	unsigned int seen = ~0u, now;
	uint64_t end = 0;

	while ((now = storm_get(&s->stopped)) + but < storm_get(&s->asked)) {
		sched_yield();
		if (now != seen) {
			seen = now;
			end = axt_now_ms() + 10000 * axt_slow();
		} else if (axt_now_ms() >= end) {
			axt_fail(__FILE__, __LINE__, "%u stops of %u came, then none",
				 now, storm_get(&s->asked));
			return false;
		}
	}
	return true;
}

/*
 * Bursts of up to sixteen, each after those before it were given and a bit later: so
 * that they find the vCPU on its way into the guest, in it, or out of it.
 */
static long kick_thread(void *arg)
{
	struct kicker *k = arg;
	struct storm *s = k->s;
	struct rnd r = rnd_at(SEED, k->nr, 0);
	unsigned int i = 0, burst;
	int err = 0;

	while (i < k->stops && axt_now_ms() < k->until && !err && !axt_failures()) {
		burst = 1 + rnd_below(&r, 16);
		while (burst-- && i++ < k->stops && !err) {
			storm_add(&s->asked, 1);
			if (k->by_word && rnd_below(&r, 2))
				axv_stop_word(s->v);
			else
				err = axv_kick(s->v);
		}
		/* by the word alone nobody is woken: the next kick is */
		if (!k->by_word && !wait_for_stops(s, 1))
			return 0;
		if (!k->by_word && rnd_below(&r, 2))
			wait_us(rnd_below(&r, 100));
	}
	return err;
}

static int signals;

static void on_signal(int nr)
{
	(void)nr;
	signals++;
}

static long signal_thread(void *arg)
{
	struct storm *s = arg;

	while (!storm_get(&s->quiet)) {
		syscall(SYS_tgkill, getpid(), s->thread.tid, SIGUSR1);
		axt_sleep_ms(1);
	}
	return 0;
}

/* The vCPU goes on as if nothing had been. */
static void still_works(struct axt *f)
{
	ASSERT_OK(axv_bind(&f->v));
	ASSERT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, sync_loop)));
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 1);
}

static void storm(struct axt *f, unsigned int most, bool by_word, bool with_signals)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct storm s = { .f = f, .v = &f->v };
	struct axt_thread t[KICKERS], sig;
	struct kicker k[KICKERS];
	unsigned int stops = most / axt_slow() / KICKERS * KICKERS;
	uint64_t start = axt_now_ms();

	ASSERT_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	storm_start(&s);
	if (with_signals)
		axt_thread_start(&sig, signal_thread, &s);
	for (int i = 0; i < KICKERS; i++) {
		k[i] = (struct kicker) { &s, stops / KICKERS, i, by_word && i, start + STORM_MS };
		axt_thread_start(&t[i], kick_thread, &k[i]);
	}
	for (int i = 0; i < KICKERS; i++)
		EXPECT_OK(axt_thread_join(&t[i]));
	EXPECT_GE(s.asked, stops / 100);
	EXPECT_LE(s.asked, stops);
	stops = s.asked;
	/* what was left to the word alone while the guest was halted */
	storm_add(&s.asked, 1);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_EQ(s.asked, stops + 1);
	wait_for_stops(&s, 0);
	/* none is late */
	axt_sleep_ms(20);
	EXPECT_EQ(storm_get(&s.stopped), stops + 1);
	EXPECT_EQ(f->v.run->stop, 0u);
	storm_set(&s.quiet, 1);
	if (with_signals) {
		EXPECT_OK(axt_thread_join(&sig));
		EXPECT_GE(s.interrupted, 1u);
	}
	storm_end(&s);
	EXPECT_EQ(s.stopped, stops + 2);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_STOPPED], stops + 2);
	axt_diag("%u stops in %llu ms, a factor of %u fewer than %u; %u synced, %u interrupted, %llu entries, blocked %llu times, seed 0x%x",
		 stops, (unsigned long long)(axt_now_ms() - start), axt_slow(), most, s.synced,
		 s.interrupted, (unsigned long long)f->v.run->counters.entries,
		 (unsigned long long)f->v.run->counters.blocked, SEED);
	still_works(f);
}

TEST_TIMEOUT(of_a_running_guest, &spin, 120)
{
	storm(f, STOPS, false, false);
	/* or they would all have met it outside */
	EXPECT_GE(f->v.run->counters.entries, STOPS / axt_slow() / 1000);
}

TEST_TIMEOUT(of_a_halted_guest, &halt, 120)
{
	storm(f, STOPS, false, false);
	EXPECT_GE(f->v.run->counters.blocked, STOPS / axt_slow() / 100);
}

/* Exits of other kinds between them: the guest's counting has no gap. */
TEST_TIMEOUT(of_a_guest_with_exits, &sync_loop, 120)
{
	storm(f, STOPS / 5, false, false);
	EXPECT_GE(f->v.run->counters.exits[AXT_EXIT_SYNC], 1u);
}

/* Half of one thread's stops are additions to the word, without a system call. */
TEST_TIMEOUT(by_the_word_as_well, &spin, 120)
{
	storm(f, STOPS, true, false);
}

TEST_TIMEOUT(with_signals, &sync_loop, 120)
{
	storm(f, STOPS / 5, false, true);
}

/* The VM is paused and resumed all the time. */
static long control_thread(void *arg)
{
	struct storm *s = arg;
	int vm = s->f->vm, r = 0;

	while (!storm_get(&s->quiet) && !r) {
		r = axv_vm_control(vm, AXVCPU_VM_PAUSE, 0);
		if (!r)
			r = axv_vm_control(vm, AXVCPU_VM_RESUME, 0);
		sched_yield();
	}
	return r;
}

TEST_TIMEOUT(while_the_vm_is_paused, &spin, 120)
{
	unsigned int stops = STOPS / 10 / axt_slow() / KICKERS * KICKERS;
	struct storm s = { .f = f, .v = &f->v };
	struct kicker k[KICKERS];
	struct axt_thread t[KICKERS], control;

	storm_start(&s);
	axt_thread_start(&control, control_thread, &s);
	for (int i = 0; i < KICKERS; i++) {
		k[i] = (struct kicker) { &s, stops / KICKERS, i, false, ~0ull };
		axt_thread_start(&t[i], kick_thread, &k[i]);
	}
	for (int i = 0; i < KICKERS; i++)
		EXPECT_OK(axt_thread_join(&t[i]));
	WAIT_UNTIL(storm_get(&s.stopped) == stops);
	storm_set(&s.quiet, 1);
	EXPECT_OK(axt_thread_join(&control));
	axt_sleep_ms(20);
	EXPECT_EQ(storm_get(&s.stopped), stops);
	storm_end(&s);
	still_works(f);
}

/* Rescheduling and function call interrupts so far, of all CPUs. */
static unsigned long count_ipis(void)
{
	static char text[1 << 16];
	unsigned long n = 0;
	char *line, *s;

	if (file_read("/proc/interrupts", text, sizeof(text)) <= 0)
		return 0;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strstr(line, "Rescheduling interrupts") &&
		    !strstr(line, "Function call interrupts"))
			continue;
		for (s = strchr(line, ':') + 1; *(s += strspn(s, " ")) >= '0' && *s <= '9';)
			n += strtoul(s, &s, 10);
	}
	return n;
}

/*
 * A guest without exits is stopped by an IPI. Without one it would be the host's
 * timer: half a tick later on average. How long it takes depends on who else is on
 * this machine, so the IPIs are counted.
 */
TEST_TIMEOUT(at_once, &count, 60)
{
	struct storm s = { .f = f, .v = &f->v };
	unsigned int i, quick = 0, kicks = 400;
	unsigned long ipis;
	uint32_t seen;

	if (axt_cpus() < 2)
		axt_skip("one CPU only: the guest is not in the guest when it is kicked");
	ipis = count_ipis();
	if (!ipis)
		axt_skip("the kernel does not count its IPIs");
	storm_start(&s);
	for (i = 1; i <= kicks; i++) {
		uint64_t start;

		seen = GUEST_MEM(f, GUEST_DATA, uint32_t);
		while (GUEST_MEM(f, GUEST_DATA, uint32_t) == seen)
			;
		storm_add(&s.asked, 1);
		start = storm_now_us();
		ASSERT_OK(axv_kick(&f->v));
		while (storm_get(&s.stopped) < i && storm_now_us() < start + 5000000)
			;
		quick += storm_now_us() < start + 1000;
	}
	ipis = count_ipis() - ipis;
	storm_end(&s);
	axt_diag("%u kicks, %lu IPIs; %u within a millisecond", kicks, ipis, quick);
	EXPECT_GE(ipis, kicks * 3 / 4);
}
