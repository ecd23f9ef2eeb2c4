// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts from three threads at once: each that INJECT took arrives exactly
 * once, whatever the guest does meanwhile. (EAGAIN says that the vector is queued
 * already; the threads try again.) The guest's handlers count by vector.
 *
 * Where an interrupt is a line that the handler takes back, one that comes before
 * that is none more: then it is what the line is raised for that arrives exactly once.
 *
 * rig: timeout=600 smp=2
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/random.h"
#include "common/storm.h"

DECLARE_GUEST(storm);
DECLARE_GUEST_SYM(storm, storm_spin);
DECLARE_GUEST_SYM(storm, storm_halt);
DECLARE_GUEST_SYM(storm, storm_mixed);
DECLARE_GUEST_SYM(storm, storm_handlers);

#define INJECTORS	3
#define EVENTS		10000	/* of all threads together */
#if AXT_NR_IRQS > 1
#define FIRST		32	/* vectors */
#define LAST		255
#else
#define FIRST		AXT_IRQ
#define LAST		AXT_IRQ
#endif
#define SEED		0x5eed00e7

#define UNBOUND(_entry)							\
	{								\
		.stage = AXT_FREE,					\
		.start = AXT_START_PAGED,			\
		GUEST(storm),						\
		.entry = GUEST_SYM(storm, _entry),			\
	}

static const struct axt_config spin = UNBOUND(storm_spin);
static const struct axt_config halt = UNBOUND(storm_halt);
static const struct axt_config mixed = UNBOUND(storm_mixed);

#define ARRIVED(f, nr)							\
	GUEST_MEM(f, AXT_NR_IRQS > 1 ? GUEST_DATA + 4 * (nr) :		\
		     (nr) == AXT_IRQ ? GUEST_TAKEN : GUEST_DATA + 0x800 - 4, uint32_t)

struct injector {
	struct storm *s;
	unsigned int nr;
	unsigned int events;
	unsigned int first, last;
	unsigned int again;		/* EAGAIN */
	unsigned int sent[256];
};

static int send(struct injector *j, unsigned int vector)
{
	int err;

	if (AXT_NR_IRQS == 1)
		__atomic_fetch_add(&GUEST_MEM(j->s->f, GUEST_POSTED, uint32_t), 1,
				   __ATOMIC_SEQ_CST);
	while ((err = axv_inject_irq(j->s->v, vector)) == -EAGAIN) {
		j->again++;
		if (AXT_NR_IRQS == 1)
			return 0;
		sched_yield();
	}
	return err;
}

static long inject_thread(void *arg)
{
	struct injector *j = arg;
	struct rnd r = rnd_at(SEED, j->nr, 0);
	unsigned int vector, i, n;
	int err;

	for (i = 0; i < j->events && !axt_failures(); i++) {
		vector = j->first + rnd_below(&r, j->last - j->first + 1);
		err = send(j, vector);
		if (err)
			return err;
		j->sent[vector]++;
		/* now and then the queue runs empty, so that the guest halts */
		if (!rnd_below(&r, 64))
			axt_sleep_ms(1);
		for (n = rnd_below(&r, 200); n; n--)
			asm volatile("" ::: "memory");
	}
	return 0;
}

static void handlers(struct axt *f)
{
	axt_storm_handlers(f->ram, f->config->start, GUEST_SYM(storm, storm_handlers));
}

static uint64_t arrived(struct axt *f)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < 256; i++)
		sum += ARRIVED(f, i);
	return sum;
}

/* All together; @first to @last: the vectors, which all threads share. */
static void storm(struct axt *f, struct storm *s, unsigned int events, unsigned int first,
		  unsigned int last)
{
	static struct injector j[INJECTORS];
	struct axt_thread t[INJECTORS];
	uint64_t start = axt_now_ms();
	unsigned int i, n, sent, again = 0;

	for (n = 0; n < INJECTORS; n++) {
		j[n] = (struct injector) {
			.s = s, .nr = n, .events = events / INJECTORS,
			.first = first, .last = last,
		};
		axt_thread_start(&t[n], inject_thread, &j[n]);
	}
	for (n = 0; n < INJECTORS; n++) {
		EXPECT_OK(axt_thread_join(&t[n]));
		again += j[n].again;
	}
	WAIT_UNTIL(arrived(f) == events / INJECTORS * INJECTORS);
	/* none is late */
	axt_sleep_ms(20);
	for (i = 0; i < 256; i++) {
		axt_context("vector %u", i);
		for (n = 0, sent = 0; n < INJECTORS; n++)
			sent += j[n].sent[i];
		EXPECT_EQ(ARRIVED(f, i), sent);
	}
	axt_context(NULL);
	axt_diag("%u events in %llu ms, a factor of %u fewer than %u, EAGAIN %u times, seed 0x%x",
		 events, (unsigned long long)(axt_now_ms() - start), axt_slow(), EVENTS, again,
		 SEED);
}

static void ready(struct axt *f, struct storm *s)
{
	axt_need_irqs(f);
	*s = (struct storm) { .f = f, .v = &f->v };
	handlers(f);
	storm_start(s);
	WAIT_UNTIL(GUEST_MEM(f, GUEST_READY, uint32_t));
}

static void vectors(struct axt *f, unsigned int first, unsigned int last)
{
	struct storm s;

	ready(f, &s);
	storm(f, &s, EVENTS / axt_slow(), first, last);
	storm_end(&s);
	if (AXT_NR_IRQS > 1)
		EXPECT_EQ(f->v.run->counters.injected, arrived(f));
	axt_diag("halted %llu times", (unsigned long long)f->v.run->counters.blocked);
}

TEST_TIMEOUT(running_guest, &spin, 120)
{
	vectors(f, FIRST, LAST);
}

TEST_TIMEOUT(halted_guest, &halt, 120)
{
	vectors(f, FIRST, LAST);
}

TEST_TIMEOUT(mixed_guest, &mixed, 120)
{
	vectors(f, FIRST, LAST);
}

#if AXT_NR_IRQS > 1
/* All threads want the same two: one is always queued already. */
TEST_TIMEOUT(two_vectors, &mixed, 120)
{
	vectors(f, LAST - 1, LAST);
}
#endif

/* ---- with other things at the same time -------------------------------------------- */

static int signals;

static void on_signal(int nr)
{
	(void)nr;
	signals++;
}

/* Stops, signals and pauses; none may cost an interrupt or bring one twice. */
static long trouble_thread(void *arg)
{
	struct storm *s = arg;
	struct rnd r = rnd_at(SEED, INJECTORS, 0);
	int err = 0;

	while (!storm_get(&s->quiet) && !err) {
		switch (rnd_below(&r, 4)) {
		case 0:
			syscall(SYS_tgkill, getpid(), s->thread.tid, SIGUSR1);
			break;
		case 1:
			err = axv_vm_control(s->f->vm, AXVCPU_VM_PAUSE, 0);
			if (!err)
				err = axv_vm_control(s->f->vm, AXVCPU_VM_RESUME, 0);
			break;
		default:
			storm_add(&s->asked, 1);
			err = axv_kick(s->v);
		}
		axt_sleep_ms(rnd_below(&r, 2));
	}
	return err;
}

static void troubled(struct axt *f)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct axt_thread trouble;
	struct storm s;

	ASSERT_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	ready(f, &s);
	axt_thread_start(&trouble, trouble_thread, &s);
	storm(f, &s, EVENTS / axt_slow(), FIRST, LAST);
	storm_set(&s.quiet, 1);
	EXPECT_OK(axt_thread_join(&trouble));
	WAIT_UNTIL(storm_get(&s.stopped) == s.asked);
	storm_end(&s);
	EXPECT_EQ(s.stopped, s.asked);
	axt_diag("with %u stops, %u times EINTR", s.stopped, s.interrupted);
}

TEST_TIMEOUT(running_guest_in_trouble, &spin, 120)
{
	troubled(f);
}

TEST_TIMEOUT(mixed_guest_in_trouble, &mixed, 120)
{
	troubled(f);
}

#ifdef AXT_NMI
/* ---- NMIs ----------------------------------------------------------------------------- */

static long nmi_thread(void *arg)
{
	struct injector *j = arg;
	int err;

	for (unsigned int i = 0; i < j->events && !axt_failures(); i++) {
		while ((err = axv_inject_nmi(j->s->v)) == -EAGAIN) {
			j->again++;
			sched_yield();
		}
		if (err)
			return err;
	}
	return 0;
}

/* Two can be queued; every one that was taken comes, from two threads. */
TEST_TIMEOUT(nmis, &mixed, 120)
{
	unsigned int events = EVENTS / axt_slow();
	struct injector j[2];
	struct axt_thread t[2];
	struct storm s;

	ready(f, &s);
	for (int n = 0; n < 2; n++) {
		j[n] = (struct injector) { .s = &s, .events = events / 2 };
		axt_thread_start(&t[n], nmi_thread, &j[n]);
	}
	for (int n = 0; n < 2; n++)
		EXPECT_OK(axt_thread_join(&t[n]));
	WAIT_UNTIL(ARRIVED(f, AXT_NMI) == events / 2 * 2);
	axt_sleep_ms(20);
	EXPECT_EQ(ARRIVED(f, AXT_NMI), events / 2 * 2);
	EXPECT_EQ(arrived(f), events / 2 * 2);
	storm_end(&s);
	axt_diag("%u NMIs, EAGAIN %u times", events, j[0].again + j[1].again);
}
#endif
