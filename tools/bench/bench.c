// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [--symbols] [--row NAME]... [-- COMMAND...]: what each operation costs, on
 * axvcpu and on KVM, by the CPU's clock. In the rig, with its --icount, what it
 * counts are instructions.
 *
 * A row of the table is an operation; a figure is the least of several. Where
 * one of the two has no such thing, or this version does not have it yet, there
 * is a "-". COMMAND boots a Linux on axvcpu and ends when that is off: the last
 * row. Lines that begin with "#" tell how far it is. With --row only the rows
 * named; --symbols tells the emulator's plugin what is where, for a profile.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "channel.h"
#include "clock.h"
#include "guest.h"

#define REPEAT	12	/* batches of which the quickest counts */
#define BATCH	256	/* operations of a batch; it must fit between two ticks */
#define SINGLES	48	/* of operations that are timed one by one */
#define BOOTS	3	/* of Linux */
#define PAGE	4096

extern const char guest_start[], guest_end[];
/* An architecture's guests lack those of what it does not have. */
#define WEAK	__attribute__((weak))
extern const char WEAK guest_port_write[], WEAK guest_port_read[], WEAK guest_mmio_write[],
	WEAK guest_mmio_read[], WEAK guest_hypercall_user[], WEAK guest_cpuid[],
	WEAK guest_hypercall_kernel[], WEAK guest_timer[], WEAK guest_event[], WEAK guest_touch[],
	WEAK guest_spin[], WEAK guest_interrupts[], WEAK guest_done[];

static char *ram;
static char **boot_command;
static bool profile;

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* ---- measuring --------------------------------------------------------- */

/* The kernel's tick is just over: the next is as far away as can be. */
static void after_tick(void)
{
	struct timespec first, now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &first);
	do {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	} while (now.tv_nsec == first.tv_nsec);
}

static void lessen(uint64_t *least, uint64_t value)
{
	if (value < *least)
		*least = value;
}

static void create(const struct hv *hv, const char *label)
{
	hv->create(ram, GUEST_CODE + (label - guest_start), false);
}

static void set_count(uint32_t count)
{
	*(volatile uint32_t *)(ram + GUEST_COUNT) = count;
}

static uint64_t begun;

/* What follows is @operations of a row's, or what goes with them (PART_*). */
static void begin(unsigned int part, unsigned int operations)
{
	channel_begin(part, operations);
	begun = clock_now();
}

static uint64_t end(void)
{
	uint64_t ticks = clock_now() - begun;

	channel_end();
	return ticks;
}

/* What @n exits take, and not a tick with them, for that many @operations. */
static uint64_t time_exits(const struct hv *hv, enum exit_kind kind, unsigned int n,
			   unsigned int part, unsigned int operations)
{
	after_tick();
	begin(part, operations);
	hv->exits(kind, n);
	return end();
}

/* From one exit to user space to the next. */
static uint64_t user_exit(const struct hv *hv, const char *label, enum exit_kind kind)
{
	uint64_t least = UINT64_MAX;
	int i;

	create(hv, label);
	hv->exits(kind, BATCH);
	for (i = 0; i < REPEAT; i++)
		lessen(&least, time_exits(hv, kind, BATCH, PART_WITH, BATCH));
	hv->destroy();
	return least / BATCH;
}

/* One of those that a guest does GUEST_COUNT times between two exits. */
static uint64_t kernel_exit(const struct hv *hv, const char *label)
{
	uint64_t with = UINT64_MAX, without = UINT64_MAX;
	int i;

	create(hv, label);
	if (label == guest_event)
		hv->event();
	set_count(BATCH);
	hv->exits(EXIT_DONE, 2);
	for (i = 0; i < REPEAT; i++) {
		set_count(BATCH);
		lessen(&with, time_exits(hv, EXIT_DONE, 1, PART_WITH, BATCH));
		set_count(0);
		lessen(&without, time_exits(hv, EXIT_DONE, 1, PART_WITHOUT, BATCH));
	}
	hv->destroy();
	return (with - without) / BATCH;
}

/* ---- the rows ---------------------------------------------------------- */

static uint64_t port_write(const struct hv *hv)
{
	return user_exit(hv, guest_port_write, EXIT_PORT_WRITE);
}

static uint64_t port_read(const struct hv *hv)
{
	return user_exit(hv, guest_port_read, EXIT_PORT_READ);
}

static uint64_t mmio_write(const struct hv *hv)
{
	return user_exit(hv, guest_mmio_write, EXIT_MMIO_WRITE);
}

static uint64_t mmio_read(const struct hv *hv)
{
	return user_exit(hv, guest_mmio_read, EXIT_MMIO_READ);
}

static uint64_t hypercall(const struct hv *hv)
{
	return user_exit(hv, guest_hypercall_user, EXIT_HYPERCALL);
}

static uint64_t kernel_cpuid(const struct hv *hv)
{
	return kernel_exit(hv, guest_cpuid);
}

static uint64_t kernel_hypercall(const struct hv *hv)
{
	return kernel_exit(hv, guest_hypercall_kernel);
}

static uint64_t timer(const struct hv *hv)
{
	return kernel_exit(hv, guest_timer);
}

static uint64_t ioeventfd(const struct hv *hv)
{
	return kernel_exit(hv, guest_event);
}

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
static uint64_t stop_latency(const struct hv *hv)
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

/* From the call that injects, over RUN, to the first instruction of the handler. */
static uint64_t inject(const struct hv *hv)
{
	volatile uint64_t *stamp = (volatile uint64_t *)(ram + GUEST_STAMP);
	uint64_t least = UINT64_MAX;
	int i;

	create(hv, guest_interrupts);
	hv->tsc();
	hv->exits(EXIT_DONE, 2);
	for (i = 0; i < SINGLES; i++) {
		after_tick();
		*stamp = 0;
		begin(PART_WITH, 1);
		hv->inject();
		hv->exits(EXIT_DONE, 1);
		end();
		if (*stamp <= begun || *stamp >= clock_now())
			fail("%s: no interrupt came, or another TSC", hv->name);
		lessen(&least, *stamp - begun);
	}
	hv->destroy();
	return least;
}

/* The same from a write to an eventfd. */
static uint64_t irqfd(const struct hv *hv)
{
	volatile uint64_t *stamp = (volatile uint64_t *)(ram + GUEST_STAMP);
	uint64_t least = UINT64_MAX;
	int i;

	hv->irqfd();
	create(hv, guest_interrupts);
	hv->tsc();
	hv->exits(EXIT_DONE, 2);
	for (i = 0; i < SINGLES; i++) {
		after_tick();
		*stamp = 0;
		begin(PART_WITH, 1);
		hv->irqfd_signal();
		hv->exits(EXIT_DONE, 1);
		end();
		if (*stamp <= begun || *stamp >= clock_now())
			fail("%s: no interrupt came, or another TSC", hv->name);
		lessen(&least, *stamp - begun);
	}
	hv->destroy();
	return least;
}

/* A page touched for the first time, of memory that is @populated or not. */
static uint64_t fault(const struct hv *hv, bool populated)
{
	uint64_t with = UINT64_MAX, without = UINT64_MAX;
	const size_t len = BATCH * PAGE;
	char *mem;
	int i;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* in single pages, here and there */
	if (mem == MAP_FAILED || madvise(mem, len, MADV_NOHUGEPAGE))
		fail("no memory");
	create(hv, guest_touch);
	for (i = 0; i < REPEAT; i++) {
		if (populated)
			memset(mem, 1, len);
		else
			madvise(mem, len, MADV_DONTNEED);
		hv->map(mem, len);
		set_count(0);
		hv->exits(EXIT_DONE, 2);
		lessen(&without, time_exits(hv, EXIT_DONE, 1, PART_WITHOUT, BATCH));
		set_count(BATCH);
		lessen(&with, time_exits(hv, EXIT_DONE, 1, PART_WITH, BATCH));
		hv->unmap(len);
	}
	hv->destroy();
	munmap(mem, len);
	return (with - without) / BATCH;
}

static uint64_t fault_populated(const struct hv *hv)
{
	return fault(hv, true);
}

static uint64_t fault_demand(const struct hv *hv)
{
	return fault(hv, false);
}

/* All of it, begun when @after ticks of the TSC have gone by since the kernel's. */
static uint64_t create_run_destroy_once(const struct hv *hv, uint64_t after)
{
	uint64_t start;

	after_tick();
	start = clock_now() + after;
	while (clock_now() < start)
		;
	begin(PART_WITH, 1);
	hv->create(ram, GUEST_CODE + (guest_done - guest_start), true);
	hv->exits(EXIT_DONE, 1);
	hv->destroy();
	return end();
}

/*
 * What waits for a grace period waits for the kernel's ticks: it takes the less the
 * later it begins, until it is too late for one of them. So find that moment.
 */
static uint64_t create_run_destroy(const struct hv *hv)
{
	uint64_t least = UINT64_MAX, best = 0, step, value;
	int i;

	after_tick();
	step = clock_now();
	after_tick();
	step = (clock_now() - step) / (SINGLES / 2);
	for (i = 0; i < SINGLES / 2; i++) {
		value = create_run_destroy_once(hv, step * i);
		if (value < least) {
			least = value;
			best = step * i;
		}
	}
	for (i = 0; i < SINGLES / 4; i++) {
		step /= 2;
		value = create_run_destroy_once(hv, best + step);
		if (value < least) {
			least = value;
			best += step;
		}
	}
	return least;
}

/* What changing the table adds to an exit and the entry after it. */
static uint64_t view_switch(const struct hv *hv)
{
	uint64_t with = UINT64_MAX, without = UINT64_MAX;
	int i, n;

	create(hv, guest_done);
	for (i = 0; i <= REPEAT; i++) {
		after_tick();
		begin(PART_WITH, BATCH);
		for (n = 0; n < BATCH; n++) {
			hv->view();
			hv->exits(EXIT_DONE, 1);
		}
		lessen(&with, end());
		after_tick();
		begin(PART_WITHOUT, BATCH);
		for (n = 0; n < BATCH; n++)
			hv->exits(EXIT_DONE, 1);
		lessen(&without, end());
	}
	hv->destroy();
	return (with - without) / BATCH;
}

static void boot_once(void)
{
	int status, fd;
	pid_t child;

	child = fork();
	if (!child) {
		fd = open("/dev/null", O_RDWR);
		dup2(fd, 0);
		dup2(fd, 1);
		execvp(boot_command[0], boot_command);
		fail("cannot run %s", boot_command[0]);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("cannot run %s", boot_command[0]);
	if (status)
		fail("%s: wait status %#x", boot_command[0], status);
}

static uint64_t linux_boot(const struct hv *hv)
{
	uint64_t least = UINT64_MAX;
	int i;

	(void)hv;
	for (i = 0; i < BOOTS; i++) {
		after_tick();
		/* It is long; the plugin is asked to look at it only for a profile. */
		begin(PART_WITH, profile);
		boot_once();
		lessen(&least, end());
	}
	return least;
}

/* Who has it. */
#define A	1
#define K	2
/* a hypercall that the kernel answers is the firmware's, which x86 does not have */
#ifdef __riscv
#define A_FIRMWARE	A
#else
#define A_FIRMWARE	0
#endif

static const struct row {
	const char *name;
	const char *guest;	/* NULL: the architecture has no such thing */
	uint64_t (*measure)(const struct hv *hv);
	unsigned int who;
} rows[] = {
	{ "user_exit_port_write",	guest_port_write,	port_write,		A | K },
	{ "user_exit_port_read",	guest_port_read,	port_read,		A | K },
	{ "user_exit_mmio_write",	guest_mmio_write,	mmio_write,		A | K },
	{ "user_exit_mmio_read",	guest_mmio_read,	mmio_read,		A | K },
	{ "user_exit_hypercall",	guest_hypercall_user,	hypercall,		A | K },
	{ "kernel_exit_cpuid",		guest_cpuid,		kernel_cpuid,		A | K },
	{ "kernel_exit_hypercall",	guest_hypercall_kernel,	kernel_hypercall,	A_FIRMWARE | K },
	{ "stop_latency",		guest_spin,		stop_latency,		A | K },
	{ "inject_to_handler",		guest_interrupts,	inject,			A | K },
	{ "timer_to_handler",		guest_timer,		timer,			A | K },
	{ "ipi_running",		NULL,			NULL,			0 },
	{ "ipi_halted",			NULL,			NULL,			0 },
	{ "irqfd_to_handler",		guest_interrupts,	irqfd,			A | K },
	{ "ioeventfd_write",		guest_event,		ioeventfd,		A | K },
	{ "s2_fault_populated",		guest_touch,		fault_populated,	A | K },
	{ "s2_fault_demand",		guest_touch,		fault_demand,		A | K },
	{ "vm_create_run_destroy",	guest_done,		create_run_destroy,	A | K },
	{ "view_switch",		guest_done,		view_switch,		A },
	{ "linux_boot",			guest_done,		linux_boot,		A },
	{ NULL, NULL, NULL, 0 },
};

/* Whether @name is among those given by --row, or there are none. */
static bool wanted(const char *name, int argc, char **argv)
{
	bool any = false;
	int i;

	for (i = 1; i + 1 < argc && strcmp(argv[i], "--"); i++) {
		if (strcmp(argv[i], "--row"))
			continue;
		any = true;
		if (!strcmp(argv[++i], name))
			return true;
	}
	return !any;
}

static uint64_t figure(const struct row *row, const struct hv *hv, bool there)
{
	char text[64];

	if (!there)
		return 0;
	snprintf(text, sizeof(text), "%s %s", row->name, hv->name);
	fprintf(stderr, "# %s on %s\n", row->name, hv->name);
	channel_text(CHANNEL_ROW, text, strlen(text));
	return row->measure(hv);
}

static void print(uint64_t value)
{
	if (value)
		printf(" %12llu", (unsigned long long)value);
	else
		printf(" %12s", "-");
}

int main(int argc, char **argv)
{
	const struct row *row;
	bool axvcpu, kvm;
	uint64_t a, k;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--symbols")) {
			profile = true;
			channel_symbols();
		} else if (!strcmp(argv[i], "--row") && i + 1 < argc) {
			i++;
		} else {
			fputs("usage: bench [--symbols] [--row NAME]... [-- COMMAND...]\n", stderr);
			return 2;
		}
	}
	if (i + 1 < argc)
		boot_command = argv + i + 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	ram = mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (ram == MAP_FAILED || mlockall(MCL_CURRENT))
		fail("no memory");
	memcpy(ram + GUEST_CODE, guest_start, guest_end - guest_start);
	axvcpu = hv_axvcpu.open();
	kvm = hv_kvm.open();
	if (!axvcpu && !kvm)
		fail("neither /dev/axvcpu nor /dev/kvm is there");

	printf("%-22s %12s %12s %8s\n", "operation", "axvcpu", "KVM", "ratio");
	for (row = rows; row->name; row++) {
		unsigned int who = row->who;

		if (!wanted(row->name, argc, argv))
			continue;
		if (!row->guest || (row->measure == linux_boot && !boot_command))
			who = 0;
		a = figure(row, &hv_axvcpu, axvcpu && (who & A));
		k = figure(row, &hv_kvm, kvm && (who & K));
		printf("%-22s", row->name);
		print(a);
		print(k);
		if (a && k)
			printf(" %8.2f\n", (double)a / k);
		else
			printf(" %8s\n", "-");
	}
	return 0;
}
