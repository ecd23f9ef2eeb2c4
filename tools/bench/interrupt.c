// SPDX-License-Identifier: GPL-2.0-only
/* Stops and interrupts: from where they are asked for to where they arrive. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "measure.h"

#define IPIS		512	/* between two vCPUs */

/* To one that has halted for so many ticks at least, in IPIs */
#define HALTED		50000
#define IPIS_HALTED	256
#define ASLEEP		1000000
#define IPIS_ASLEEP	64

/* Nanoseconds: what a turn is to be, and how long to wait for it */
#define TURN		500
#define TURNS_MOST	(60ull * 1000 * 1000 * 1000)

/* Of two guests' clocks the difference is known where that of one to the host's is not. */
#ifdef __aarch64__
#define OWN_CLOCK	true
#else
#define OWN_CLOCK	false
#endif

static struct stopper {
	const struct hv *hv;
	sem_t again;
} stopper;

/* Comes before the vCPU's thread when it wants the CPU, which may be the only one. */
static void *stop_thread(void *arg)
{
	const struct timespec while_it_runs = { .tv_nsec = 1500000 };
	int i;

	(void)arg;
	for (i = 0; i < SINGLES; i++) {
		nanosleep(&while_it_runs, NULL);
		begin(PART_WITH, 1);
		stopper.hv->stop();
		sem_wait(&stopper.again);
	}
	return NULL;
}

/* From the call that asks a guest that runs to stop, to the end of its RUN. */
uint64_t stop_latency(const struct hv *hv)
{
	struct sched_param param = { .sched_priority = 1 };
	uint64_t least = UINT64_MAX;
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	create(hv, guest_spin);
	stopper.hv = hv;
	sem_init(&stopper.again, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	if (pthread_create(&thread, &attr, stop_thread, NULL))
		fail("no thread with real-time priority");
	for (i = 0; i < SINGLES; i++) {
		hv->run_stopped();
		lessen(&least, end());
		after_tick();
		sem_post(&stopper.again);
	}
	pthread_join(thread, NULL);
	hv->destroy();
	return least;
}

/* What the guest reads for a clock is what clock_now() reads: a page, of all its vCPUs, */
static void same_clock(const struct hv *hv)
{
#ifdef GUEST_CLOCK
	hv->map(GUEST_CLOCK, (void *)clock_page, PAGE);
#elif defined(__x86_64__)
	hv->tsc();
#else
	(void)hv;
#endif
}

/* or one that each has for itself. */
static void same_clock_too(const struct hv *hv)
{
#ifndef GUEST_CLOCK
	same_clock(hv);
#else
	(void)hv;
#endif
}

/* From the call that raises, over RUN, to the first instruction of the handler. */
static uint64_t to_handler(const struct hv *hv, void (*raise)(void))
{
	volatile uint64_t *stamp = (volatile uint64_t *)(ram + GUEST_STAMP);
	uint64_t least = UINT64_MAX, ticks;
	int i;

	create(hv, guest_interrupts);
	same_clock(hv);
	hv->exits(EXIT_DONE, 2);
	for (i = 0; i < SINGLES; i++) {
		after_tick();
		*stamp = 0;
		begin(PART_WITH, 1);
		raise();
		hv->exits(EXIT_DONE, 1);
		ticks = end();
		if (!*stamp || clock_since(begun, *stamp) >= ticks)
			fail("%s: no interrupt came, or another clock", hv->name);
		lessen(&least, clock_since(begun, *stamp));
		hv->lower();
	}
	hv->destroy();
	return least;
}

#ifdef __aarch64__
/* Where no clock is shared: what an interrupt adds to RUN, its handler included. */
static uint64_t with_handler(const struct hv *hv, void (*raise)(void))
{
	volatile uint64_t *stamp = (volatile uint64_t *)(ram + GUEST_STAMP);
	uint64_t with = UINT64_MAX, without = UINT64_MAX;
	int i;

	create(hv, guest_interrupts);
	hv->exits(EXIT_DONE, 2);
	for (i = 0; i < SINGLES; i++) {
		after_tick();
		begin(PART_WITHOUT, 1);
		hv->exits(EXIT_DONE, 1);
		lessen(&without, end());
		*stamp = 0;
		begin(PART_WITH, 1);
		raise();
		hv->exits(EXIT_DONE, 1);
		lessen(&with, end());
		if (!*stamp)
			fail("%s: no interrupt came", hv->name);
		hv->lower();
	}
	hv->destroy();
	return with - without;
}
#else
#define with_handler(hv, raise)	0
#endif

uint64_t inject(const struct hv *hv)
{
	return clock_shared() ? to_handler(hv, hv->inject) : with_handler(hv, hv->inject);
}

/* The same from a write to an eventfd. */
uint64_t irqfd(const struct hv *hv)
{
	if (!clock_shared() && !OWN_CLOCK)
		return 0;
	if (!hv->irqfd()) {
		fprintf(stderr, "# %s has no interrupt controller here, and no irqfd\n", hv->name);
		return 0;
	}
	return clock_shared() ? to_handler(hv, hv->irqfd_signal) :
				with_handler(hv, hv->irqfd_signal);
}

struct receiver {
	const struct hv *hv;
	const char *label;
	volatile bool turns;
	sem_t ready;
};

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("no CPU %d", cpu);
}

/*
 * The two CPUs are one emulator's, and each has a turn. Ask whoever looks after it that
 * turns be short, and wait until they are.
 */
static void await_turns(void)
{
	const uint64_t begun = clock_now();
	uint64_t then = begun, now;
	unsigned int short_ones = 0;

	fputs("# turns\n", stderr);
	while (short_ones < 100) {
		now = clock_now();
		if (now - then > 10 * TURN)
			short_ones = 0;
		else if (now - then > TURN / 2)
			short_ones++;
		if (now - begun > TURNS_MOST)
			fail("the turns of the two CPUs are too long");
		then = now;
	}
}

static void *receive_thread(void *arg)
{
	struct receiver *r = arg;

	on_cpu(1);
	while (!r->turns)
		;
	r->hv->second(entry_of(r->label));
	same_clock_too(r->hv);
	sem_post(&r->ready);
	r->hv->exits(EXIT_DONE, 1);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * From the instruction that sends to the first of the handler, by the guest's own
 * reading. Each of the two CPUs has its turn, and the clock counts them both: the
 * figure is what passes on one. When a turn ends is chance, so it is no least but the
 * mean of the middle half.
 */
static uint64_t ipi_to(const struct hv *hv, const char *label, uint32_t ipis, uint32_t delay)
{
	uint32_t *sample = (uint32_t *)(ram + GUEST_SAMPLES);
	struct receiver r = { .hv = hv, .label = label };
	uint64_t sum = 0;
	pthread_t thread;
	uint32_t i;

	if ((!clock_shared() && !OWN_CLOCK) || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return 0;
	on_cpu(0);
	*(volatile uint32_t *)(ram + GUEST_QUIT) = 0;
	*(volatile uint32_t *)(ram + GUEST_READY) = 0;
	*(volatile uint32_t *)(ram + GUEST_DELAY) = delay;
	if (hv->chip)
		hv->chip();
	create(hv, guest_ipi_send);
	same_clock(hv);
	sem_init(&r.ready, 0, 0);
	if (pthread_create(&thread, NULL, receive_thread, &r))
		fail("no thread");
	await_turns();
	r.turns = true;
	sem_wait(&r.ready);
	set_count(ipis);
	hv->exits(EXIT_DONE, 2);
	*(volatile uint32_t *)(ram + GUEST_QUIT) = 1;
	if (delay) {
		set_count(1);
		hv->exits(EXIT_DONE, 1);
	}
	pthread_join(thread, NULL);
	hv->destroy();
	qsort(sample, ipis, sizeof(*sample), by_value);
	for (i = ipis / 4; i < ipis * 3 / 4; i++)
		sum += sample[i];
	return sum * clock_scale() / (ipis / 2) / 2;
}

uint64_t ipi(const struct hv *hv)
{
	return ipi_to(hv, guest_ipi_receive, IPIS, 0);
}

/* Not for long, which a hypervisor may get used to. */
uint64_t ipi_halted(const struct hv *hv)
{
	return ipi_to(hv, guest_ipi_receive_halted, IPIS_HALTED, HALTED);
}

/* For so long that its thread sleeps. */
uint64_t ipi_asleep(const struct hv *hv)
{
	return ipi_to(hv, guest_ipi_receive_halted, IPIS_ASLEEP, ASLEEP);
}
