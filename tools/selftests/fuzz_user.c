// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user space that means harm: all ioctls of all kinds of fds, their memory, the
 * run page and the fds themselves, most of it legal but for one thing or two.
 * Whatever comes of it, every answer is one that the documentation knows, a call
 * that fails has changed nothing, and neither those beside nor the host notice.
 *
 * What a step does depends on the seed, the thread and the number of the step
 * alone. A failure names them; to see it again:
 *
 *	AXV_FUZZ_SEED=0x... AXV_FUZZ_STEPS=... fuzz_user alone
 *
 * rig: timeout=400
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fuzz.h"
#include "common/hostile.h"

#define SEED		0xa5c0ffee
#define STEPS		4000		/* of each thread */
#define SECONDS		25		/* but no longer than that */

/* ---- one step ----------------------------------------------------------------------- */

/* A call with one thing wrong, or nothing, on an fd of its kind. */
static void step_call(struct fuzz *z)
{
	const struct req *r = &requests[rnd_below(&z->r, nr_requests)];

	fuzz_call(z, r, fuzz_fd(z, r->kind));
}

/* The same on an fd of any kind, open or not. */
static void step_stray(struct fuzz *z)
{
	const struct req *r = &requests[rnd_below(&z->r, nr_requests)];
	int fd = rnd_one_in(&z->r, 3) ? fuzz_odd_fd(z) : fuzz_fd(z, rnd_below(&z->r, REQ_NR_KINDS));

	/* what the number means to a file of another driver is not known here */
	if (fuzz_is_ours(z, fd))
		fuzz_call(z, r, fd);
}

/* Numbers that are no request: of this type, or ours with a size in them. */
static void step_unknown(struct fuzz *z)
{
	int fd = fuzz_fd(z, rnd_below(&z->r, REQ_NR_KINDS));
	unsigned int nr = rnd_below(&z->r, 256);
	unsigned int cmd = _IOC(1 + rnd_below(&z->r, 3), AXVCPU_IOC, nr, 8 + rnd_below(&z->r, 64));
	long ret;

	if (rnd_one_in(&z->r, 2))
		cmd = _IO(AXVCPU_IOC, 0x80 + nr % 0x80);
	ret = ioctl(fd, cmd, z->arg);
	if (ret >= 0)
		fuzz_fail(z, "request 0x%x: success", cmd);
	else if (errno != ENOTTY && errno != EBADF)
		fuzz_fail(z, "request 0x%x: %s", cmd, axt_result_str(-errno));
}

/* RUN, with the page rewritten before and an entry half that is nearly legal. */
static void step_run(struct fuzz *z)
{
	struct fuzz_vcpu *v = &z->w->vcpu[rnd_below(&z->r, NR_VCPUS)];
	const struct req *run = fuzz_request(AXVCPU_RUN);
	unsigned int i;

	if (rnd_one_in(&z->r, 3))
		fuzz_call_as_is(z, fuzz_request(AXVCPU_BIND), v->fd, NULL);
	if (rnd_one_in(&z->r, 4)) {
		struct axvcpu_sync s = { .size = sizeof(s), .fetch = AXVCPU_REGS_ALL };

		fuzz_call_as_is(z, fuzz_request(AXVCPU_SYNC), v->fd, &s);
		fuzz_scribble(z, v, 1 + rnd_below(&z->r, 4));
	}
	for (i = 1 + rnd_below(&z->r, 3); i; i--) {
		fuzz_entry(z, v);
		fuzz_call_as_is(z, run, v->fd, rnd_one_in(&z->r, 50) ? (void *)1 : NULL);
	}
}

static void step_revive(struct fuzz *z)
{
	fuzz_revive(z, rnd_below(&z->r, NR_VCPUS));
}

static void step_scribble(struct fuzz *z)
{
	fuzz_scribble(z, &z->w->vcpu[rnd_below(&z->r, NR_VCPUS)], 16);
}

/* Something is closed, and something of its kind takes its place. */
static void step_renew(struct fuzz *z)
{
	switch (rnd_below(&z->r, 4)) {
	case 0:
		fuzz_new_vm(z, rnd_below(&z->r, NR_VMS));
		break;
	case 1:
		fuzz_new_s2(z, rnd_below(&z->r, NR_S2));
		break;
	default:
		fuzz_new_vcpu(z, rnd_below(&z->r, NR_VCPUS));
	}
}

/* The memory that guests are on goes away, changes, and comes back. */
static void step_memory(struct fuzz *z)
{
	unsigned char *p = z->w->arena + rnd_below(&z->r, ARENA / AXT_PAGE) * AXT_PAGE;
	size_t len = (1 + rnd_below(&z->r, 8)) * AXT_PAGE;

	if (p + len > z->w->arena + ARENA)
		len = AXT_PAGE;
	switch (rnd_below(&z->r, 8)) {
	case 0:
		munmap(p, len);
		break;
	case 1:
		madvise(p, len, MADV_DONTNEED);
		break;
	case 2:
		mprotect(p, len, PROT_READ);
		break;
	case 3:
		mprotect(p, len, PROT_NONE);
		break;
	case 4:
		/* a file, and the end of it is in the middle */
		mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		     z->w->odd[ODD_MEMFD], 0);
		break;
	case 5:
		/* the run page of a vCPU, or memory that a stage-2 owns */
		mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		     fuzz_fd(z, rnd_one_in(&z->r, 2) ? REQ_VCPU : REQ_STAGE2),
		     rnd_below(&z->r, 2) * AXT_PAGE);
		break;
	default:
		mmap(p, len, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
}

struct area {
	unsigned char *p;
	size_t len;
};

/* An event that somebody may wait for, taken away, or gone for good. */
static void step_event(struct fuzz *z)
{
	unsigned int i = rnd_below(&z->r, NR_EVENTS);
	uint64_t n = 1 + rnd_below(&z->r, 3);

	switch (rnd_below(&z->r, 8)) {
	case 0:
		fuzz_new_event(z, i);
		break;
	case 1:
		if (read(z->w->event[i], &n, sizeof(n)) < 0)
			break;
		break;
	default:
		if (write(z->w->event[i], &n, sizeof(n)) < 0)
			break;
	}
}

static void scribble_ring(struct fuzz *z, void *arg)
{
	volatile uint32_t *p = arg;

	for (unsigned int i = 1 + rnd_below(&z->r, 8); i; i--)
		p[rnd_below(&z->r, rnd_one_in(&z->r, 2) ? 32 : 2 * AXT_PAGE / 4)] =
			rnd_one_in(&z->r, 2) ? rnd_below(&z->r, 200) : rnd_value(&z->r);
}

/* What user space has of a ring, tail included. */
static void step_ring(struct fuzz *z)
{
	void *p = mmap(NULL, 2 * AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       z->w->ring[rnd_below(&z->r, NR_RINGS)], 0);

	if (p == MAP_FAILED)
		return;
	fuzz_try(z, scribble_ring, p);
	munmap(p, 2 * AXT_PAGE);
}

static const int prots[] = {
	PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_READ | PROT_WRITE | PROT_EXEC,
};

static void touch(struct fuzz *z, void *arg)
{
	const struct area *a = arg;
	volatile unsigned char *p = a->p;

	(void)p[rnd_below(&z->r, a->len)];
	p[rnd_below(&z->r, a->len)] = 0;
	mprotect(a->p, a->len, prots[rnd_below(&z->r, 4)]);
	madvise(a->p, a->len, rnd_one_in(&z->r, 2) ? MADV_DONTNEED : MADV_DONTFORK);
	(void)p[rnd_below(&z->r, a->len)];
}

/* Mappings of the fds themselves. */
static void step_mmap(struct fuzz *z)
{
	static const int flags[] = {
		MAP_SHARED, MAP_SHARED, MAP_PRIVATE, MAP_SHARED | MAP_POPULATE,
	};
	int fd = fuzz_fd(z, rnd_below(&z->r, REQ_NR_KINDS));
	struct area a = { .len = (1 + rnd_below(&z->r, 6)) * AXT_PAGE };
	uint64_t offset = rnd_one_in(&z->r, 3) ? rnd_value(&z->r) & ~0xfffull :
						 rnd_below(&z->r, 4) * AXT_PAGE;

	a.p = mmap(NULL, a.len, prots[rnd_below(&z->r, 4)], flags[rnd_below(&z->r, 4)], fd,
		   offset);
	if (a.p == MAP_FAILED)
		return;
	fuzz_try(z, touch, &a);
	munmap(a.p, a.len);
}

/* What files can do that these cannot. */
static void step_file(struct fuzz *z)
{
	int fd = fuzz_fd(z, rnd_below(&z->r, REQ_NR_KINDS));
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct iovec v = { z->arg, 64 };
	struct stat st;
	long ret = 0;

	switch (rnd_below(&z->r, 9)) {
	case 0:
		ret = read(fd, z->arg, 64);
		break;
	case 1:
		ret = write(fd, z->arg, 64);
		break;
	case 2:
		ret = preadv(fd, &v, 1, rnd_below(&z->r, 8192));
		break;
	case 3:
		poll(&p, 1, 0);
		break;
	case 4:
		lseek(fd, rnd(&z->r), SEEK_SET);
		break;
	case 5:
		ret = ftruncate(fd, 4096) ? 0 : 1;
		break;
	case 6:
		fstat(fd, &st);
		break;
	case 7:
		ret = fallocate(fd, 0, 0, 4096) ? 0 : 1;
		break;
	case 8:
		fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
		break;
	}
	if (ret > 0 && fuzz_is_ours(z, fd))
		fuzz_fail(z, "a file's call on an axvcpu fd: %ld", ret);
}

/* A child makes calls with what it inherited, and ends in the middle of them. */
static void step_fork(struct fuzz *z)
{
	int status, i;
	pid_t pid;

	/* costly where each page is checked */
	if (!rnd_one_in(&z->r, axt_slow() > 1 ? 16 : 4))
		return;
	pid = fork();
	if (!pid) {
		z->child = true;
		for (i = 0; i < 12; i++)
			step_call(z);
		_exit(0);
	}
	if (pid < 0)
		return;
	/* it may be in RUN */
	for (i = 0; i < 20 && !waitpid(pid, &status, WNOHANG); i++)
		axt_sleep_ms(1);
	if (i == 20) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
}

static void step_affinity(struct fuzz *z)
{
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	/* RUN narrows it down; one call in two opens it again */
	for (i = 0; i < CPU_SETSIZE; i++)
		if (!rnd_one_in(&z->r, 4))
			CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static const struct {
	const char *name;
	unsigned int weight;
	void (*fn)(struct fuzz *z);
} steps[] = {
	{ "call", 400, step_call },
	{ "run", 150, step_run },
	{ "revive", 80, step_revive },
	{ "stray", 60, step_stray },
	{ "memory", 60, step_memory },
	{ "scribble", 60, step_scribble },
	{ "renew", 50, step_renew },
	{ "mmap", 40, step_mmap },
	{ "event", 40, step_event },
	{ "ring", 20, step_ring },
	{ "file", 30, step_file },
	{ "unknown", 20, step_unknown },
	{ "pass", 20, fuzz_pass_fd },
	{ "affinity", 10, step_affinity },
	{ "fork", 10, step_fork },
};

static void one_step(struct fuzz *z)
{
	unsigned int total = 0, i, n;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		total += steps[i].weight;
	z->r = rnd_at(z->seed, z->thread, z->step);
	n = rnd_below(&z->r, total);
	for (i = 0; n >= steps[i].weight; i++)
		n -= steps[i].weight;
	z->what = steps[i].name;
	steps[i].fn(z);
}

static long go(void *arg)
{
	struct fuzz *z = arg;
	uint64_t end = axt_now_ms() + SECONDS * 1000;

	fuzz_thread_init(z);
	for (z->step = 0; z->step < z->steps; z->step++) {
		__atomic_store_n(&z->beat, axt_now_ms(), __ATOMIC_SEQ_CST);
		one_step(z);
		if (axt_failures() || axt_now_ms() >= end)
			break;
	}
	__atomic_store_n(&z->beat, 0, __ATOMIC_SEQ_CST);
	return 0;
}

/*
 * Every request was made and served, and refused for several reasons. With fewer steps,
 * as on slow or busy machines, one or the other may be unlucky.
 */
static void expect_variety(const struct fuzz *z, unsigned int threads)
{
	unsigned int i, n, e, kinds = 0, worked, unlucky = 0, done = 0;

	for (n = 0; n < threads; n++)
		done += z[n].step;
	for (i = 0; i < nr_requests; i++) {
		for (n = 0, worked = 0; n < threads; n++)
			worked += z[n].worked[i];
		if (!worked && done >= threads * STEPS)
			axt_fail(__FILE__, __LINE__, "%s was never served", requests[i].name);
		else if (!worked)
			unlucky++;
		for (e = 0; e < NR_ERRNOS; e++) {
			for (n = 0; n < threads && !z[n].refused[i][e]; n++)
				;
			kinds += n < threads;
		}
	}
	axt_diag("%zu requests, %u of them never served, refused in %u ways", nr_requests,
		 unlucky, kinds);
	EXPECT_GE(nr_requests / 8, unlucky);
	EXPECT_GE(kinds, 2 * nr_requests);
}

static void fuzz(unsigned int threads, bool lenient, uint64_t seed, const char *chance)
{
	static struct fuzz z[8];
	struct fuzz_world *w;
	struct beside b;
	bool whole = true;
	unsigned int i;

	/* what several threads make of a guest together may go round for ever */
	if (threads > 1)
		axt_avoid(AXT_FLAW_SPIN);
	seed = env_number("AXV_FUZZ_SEED", seed);
	beside_start(&b);
	w = fuzz_world(threads == 1, lenient);
	for (i = 0; i < threads; i++) {
		z[i].w = w;
		z[i].seed = seed;
		z[i].thread = i;
		z[i].steps = env_number("AXV_FUZZ_STEPS", axt_slow() > 1 ? STEPS / 2 : STEPS);
		z[i].failing = chance;
	}
	axt_diag("seed 0x%llx, %u threads", (unsigned long long)seed, threads);
	fuzz_watch_start(w, z, threads);
	for (i = 0; i < threads; i++)
		axt_thread_start(&z[i].in, go, &z[i]);
	for (i = 0; i < threads; i++)
		axt_thread_join(&z[i].in);
	fuzz_watch_stop(w);
	for (i = 0; i < threads; i++) {
		axt_diag("thread %u: %llu steps, %u calls, %u of them good", i,
			 (unsigned long long)z[i].step, z[i].calls, z[i].good);
		whole &= z[i].step >= STEPS / 2;
	}
	/* or it was no test */
	if (whole)
		expect_variety(z, threads);
	fuzz_world_end(w);
	beside_stop(&b);
	expect_hello();
}

/* One thread: of a call that fails nothing may be seen anywhere. */
TEST_TIMEOUT(alone, NULL, 90)
{
	fuzz(1, false, SEED, NULL);
}

TEST_TIMEOUT(alone_lenient, NULL, 90)
{
	fuzz(1, true, SEED + 1, NULL);
}

/* Several, all on the same objects. */
TEST_TIMEOUT(together, NULL, 90)
{
	fuzz(4, false, SEED + 2, NULL);
}

TEST_TIMEOUT(together_lenient, NULL, 90)
{
	fuzz(3, true, SEED + 3, NULL);
}

/* ... and one allocation in twenty fails. */
TEST_TIMEOUT(without_memory, NULL, 90)
{
	fuzz_need_injection();
	fuzz(3, true, SEED + 4, "5");
}
