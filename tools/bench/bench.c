// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [--symbols] [--clock ADDRESS] [--row NAME | --without NAME]... [-- COMMAND...]:
 * what each operation costs, on axvcpu and on KVM, by the CPU's clock or by that of a
 * device (clock.h). In the rig, with its --icount, what it counts are instructions.
 *
 * A row of the table is an operation; a figure is the least of several. Where
 * one of the two has no such thing, or this version does not have it yet, there
 * is a "-". COMMAND boots a Linux on axvcpu and ends when that is off: the last
 * row. Lines that begin with "#" tell how far it is. With --row only the rows
 * named, with --without not those; --symbols tells the emulator's plugin what is where,
 * for a profile.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "measure.h"

char *ram;
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

void after_tick(void)
{
	struct timespec first, now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &first);
	do {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	} while (now.tv_nsec == first.tv_nsec);
}

void lessen(uint64_t *least, uint64_t value)
{
	if (value < *least)
		*least = value;
}

uint32_t entry_of(const char *label)
{
	return GUEST_CODE + (label - guest_start);
}

void create(const struct hv *hv, const char *label)
{
	hv->create(ram, entry_of(label), false);
}

void set_count(uint32_t count)
{
	*(volatile uint32_t *)(ram + GUEST_COUNT) = count;
}

uint64_t begun;

void begin(unsigned int part, unsigned int operations)
{
	channel_begin(part, operations);
	begun = clock_now();
}

uint64_t end(void)
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
	if (hv->chip)
		hv->chip();
	return kernel_exit(hv, guest_timer);
}

static uint64_t ioeventfd(const struct hv *hv)
{
	return kernel_exit(hv, guest_event);
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
		hv->map(GUEST_PAGES, mem, len);
		set_count(0);
		hv->exits(EXIT_DONE, 2);
		lessen(&without, time_exits(hv, EXIT_DONE, 1, PART_WITHOUT, BATCH));
		set_count(BATCH);
		lessen(&with, time_exits(hv, EXIT_DONE, 1, PART_WITH, BATCH));
		hv->unmap(GUEST_PAGES, len);
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
	hv->create(ram, entry_of(guest_done), true);
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
#ifdef __x86_64__
#define A_FIRMWARE	0
#else
#define A_FIRMWARE	A
#endif
/* KVM of arm64 hands none on, unless it is told to, which the oldest cannot be */
#ifdef __aarch64__
#define K_HANDS_ON	0
#else
#define K_HANDS_ON	K
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
	{ "user_exit_hypercall",	guest_hypercall_user,	hypercall,		A | K_HANDS_ON },
	{ "kernel_exit_cpuid",		guest_cpuid,		kernel_cpuid,		A | K },
	{ "kernel_exit_hypercall",	guest_hypercall_kernel,	kernel_hypercall,	A_FIRMWARE | K },
	{ "stop_latency",		guest_spin,		stop_latency,		A | K },
	{ "inject_to_handler",		guest_interrupts,	inject,			A | K },
	{ "timer_to_handler",		guest_timer,		timer,			A | K },
	{ "ipi_running",		guest_ipi_send,		ipi,			A | K },
	{ "ipi_halted",			guest_ipi_receive_halted, ipi_halted,		A | K },
	{ "ipi_asleep",			guest_ipi_receive_halted, ipi_asleep,		A | K },
	{ "irqfd_to_handler",		guest_interrupts,	irqfd,			A | K },
	{ "ioeventfd_write",		guest_event,		ioeventfd,		A | K },
	{ "s2_fault_populated",		guest_touch,		fault_populated,	A | K },
	{ "s2_fault_demand",		guest_touch,		fault_demand,		A | K },
	{ "vm_create_run_destroy",	guest_done,		create_run_destroy,	A | K },
	{ "view_switch",		guest_done,		view_switch,		A },
	{ "linux_boot",			guest_done,		linux_boot,		A },
	{ NULL, NULL, NULL, 0 },
};

/* Whether @name is among those given by @option; any: or there are none. */
static bool given(const char *name, const char *option, bool any, int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc && strcmp(argv[i], "--"); i++) {
		if (strcmp(argv[i], option))
			continue;
		any = false;
		if (!strcmp(argv[++i], name))
			return true;
	}
	return any;
}

static bool wanted(const char *name, int argc, char **argv)
{
	return given(name, "--row", true, argc, argv) &&
		!given(name, "--without", false, argc, argv);
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
#ifdef __riscv
		} else if (!strcmp(argv[i], "--clock") && i + 1 < argc) {
			clock_use(strtoull(argv[++i], NULL, 0));
#endif
		} else if ((!strcmp(argv[i], "--row") || !strcmp(argv[i], "--without")) &&
			   i + 1 < argc) {
			i++;
		} else {
			fputs("usage: bench [--symbols] [--clock ADDRESS] [--row NAME | --without NAME]... [-- COMMAND...]\n",
			      stderr);
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
