// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are killed at any moment: while they make VMs, map memory, run
 * guests, wait in a halt, inject, kick, pause, fork. Nothing stays behind.
 *
 * rig: timeout=300 smp=2
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/leaks.h"
#include "common/random.h"
#include "guest/storm.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, spin);
DECLARE_GUEST_SYM(basic, count);
DECLARE_GUEST_SYM(basic, halt);
DECLARE_GUEST_SYM(basic, irq_spin);
DECLARE_GUEST_SYM(basic, irq_halt);
DECLARE_GUEST_SYM(basic, irq_handler);

#define KILLS	300
#define WARM_UP	60
#define SEED	0x5eed0911

static const struct {
	const char *what;
	uintptr_t entry;
} guests[] = {
	{ "syncs", GUEST_SYM(basic, sync_loop) },
	{ "spins", GUEST_SYM(basic, spin) },
	{ "counts", GUEST_SYM(basic, count) },
	{ "halts", GUEST_SYM(basic, halt) },
	{ "spins with interrupts", GUEST_SYM(basic, irq_spin) },
	{ "halts with interrupts", GUEST_SYM(basic, irq_halt) },
};

/* ---- the victim ----------------------------------------------------------------- */

/* A VM with a thread that runs its vCPU for ever. */
struct victim {
	struct axt f;
	struct axt_config config;
	struct axt_thread thread;
	bool run;
};

static long run_for_ever(void *arg)
{
	struct victim *w = arg;
	struct axv_vcpu *v = &w->f.v;

	axv_bind(v);
	for (;;) {
		if (axv_run(v) == 0 && v->run->exit.reason == AXT_EXIT_SYNC)
			axv_fulfil(v, 0);
	}
	return 0;
}

static void make_victim(struct victim *w, struct rnd *r)
{
	w->config = (struct axt_config) {
		.stage = AXT_FREE,
		.start = AXT_START_FLAT,
		GUEST(basic),
		.entry = guests[rnd_below(r, ARRAY_SIZE(guests))].entry,
		.shared = rnd_below(r, 2),
	};
	axt_open(&w->f, &w->config);
	axt_irq_handler(w->f.ram, w->config.start, GUEST_SYM(basic, irq_handler));
	if (rnd_below(r, 8))
		axt_thread_start(&w->thread, run_for_ever, w);
}

/* Memory that comes and goes above the RAM. */
static void move_memory(struct victim *w, struct rnd *r)
{
	uint64_t gpa = 0x1000000 + rnd_below(r, 8) * 0x10000;
	void *p;

	switch (rnd_below(r, 4)) {
	case 0:
		axv_s2_unmap(w->f.s2, gpa, 0x10000);
		break;
	case 1:
		axv_s2_map_zero(w->f.s2, gpa, 0x10000, AXV_PROT_RW);
		break;
	case 2:
		axv_s2_protect(w->f.s2, 0x100000, 0x10000,
			       rnd_below(r, 2) ? AXV_PROT_RWX : AXVCPU_PROT_READ);
		break;
	default:
		p = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
		axv_s2_map_user(w->f.s2, gpa, p, 0x10000, AXV_PROT_RWX);
		if (rnd_below(r, 2))
			munmap(p, 0x10000);
	}
}

static void one_step(struct victim *w, struct rnd *r)
{
	struct axv_vcpu other;
	struct victim *extra;

	switch (rnd_below(r, 12)) {
	case 0 ... 2:
		axv_inject_irq(&w->f.v, AXT_IRQ);
		break;
	case 3:
		axv_kick(&w->f.v);
		break;
	case 4 ... 5:
		move_memory(w, r);
		break;
	case 6:
		axv_vm_control(w->f.vm, AXVCPU_VM_PAUSE, 0);
		axv_vm_control(w->f.vm, AXVCPU_VM_RESUME, 0);
		break;
	case 7:
		if (!axv_vcpu_create(&w->f.dev, w->f.vm, 1 + rnd_below(r, 4), &other) &&
		    rnd_below(r, 2))
			axv_vcpu_close(&other);
		break;
	case 8:
		/* its thread, if it has one, has it for as long as the process lives */
		extra = calloc(1, sizeof(*extra));
		if (!extra)
			break;
		make_victim(extra, r);
		if (!extra->thread.id) {
			axt_close(&extra->f);
			free(extra);
		}
		break;
	case 9:
		madvise(w->f.ram, w->f.ram_size / 2, MADV_DONTNEED);
		break;
	case 10:
		sched_yield();
		break;
	default:
		/* somebody with all the fds and no threads */
		if (!fork()) {
			for (;;)
				axv_kick(&w->f.v);
		}
	}
}

static void __attribute__((noreturn)) victim(uint64_t seed, unsigned int nr)
{
	struct rnd r = rnd_at(seed, nr, 0);
	static struct victim w;

	make_victim(&w, &r);
	for (;;)
		one_step(&w, &r);
}

/* ---- and whoever kills it ---------------------------------------------------------- */

static void reap(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/* Killed up to @us later, with all its children. */
static void kill_one(unsigned int nr, unsigned int us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		setpgid(0, 0);
		victim(SEED, nr);
	}
	setpgid(pid, pid);
	nanosleep(&t, NULL);
	ASSERT_EQ(kill(-pid, SIGKILL), 0);
	reap();
}

TEST_TIMEOUT(killed_at_any_moment, NULL, 240)
{
	unsigned int kills = KILLS / (axt_slow() > 1 ? 3 : 1);
	struct rnd r = rnd_at(SEED, 0, 1);
	struct leaks before;
	uint64_t start;

	/* of what forks there is no parent but us */
	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	leaks_group();
	for (unsigned int i = 0; i < WARM_UP; i++)
		kill_one(i, rnd_below(&r, 20000 * axt_slow()));
	leaks_read(&before);
	start = axt_now_ms();
	for (unsigned int i = 0; i < kills; i++) {
		axt_context("kill %u of seed 0x%x", i, SEED);
		kill_one(WARM_UP + i, rnd_below(&r, 20000 * axt_slow()));
		if (i % 16 == 0)
			WAIT_UNTIL(file_number(MODULE_USERS) == before.users);
	}
	axt_context(NULL);
	axt_diag("%u kills in %llu ms, seed 0x%x", kills,
		 (unsigned long long)(axt_now_ms() - start), SEED);
	leaks_check(&before, 512 << 10, kills / 3);
}

/*
 * The one that dies is the one whose memory it is; another process has the vCPU
 * in RUN at that moment.
 */
static long run_thread(void *arg)
{
	int r = axv_bind(arg);

	return r ? r : axv_run(arg);
}

TEST_TIMEOUT(owner_of_memory_killed, NULL, 60)
{
	static const struct axt_config count = {
		.stage = AXT_FREE,
		.start = AXT_START_FLAT,
		GUEST(basic),
		.entry = GUEST_SYM(basic, count),
		.shared = true,
	};
	unsigned int laps = 20;

	for (unsigned int i = 0; i < laps; i++) {
		int up[2], down[2], status;
		struct axt_thread t;
		struct axt g;
		pid_t pid;
		char c;

		ASSERT_EQ(pipe(up), 0);
		ASSERT_EQ(pipe(down), 0);
		axt_open(&g, &count);
		close(g.s2);
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			/* a stage-2 with memory of this process */
			struct axvcpu_setup s;
			unsigned char *p;

			g.s2 = ASSERT_OK(axv_stage2_create(&g.dev, 0));
			p = mmap(NULL, g.ram_size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memcpy(p, g.ram, g.ram_size);
			ASSERT_OK(axv_s2_map_user(g.s2, 0, p, g.ram_size, AXV_PROT_RWX));
			s = axt_setup_args(g.s2, &count);
			ASSERT_OK(axv_reset(&g.v));
			ASSERT_OK(axv_setup(&g.v, &s));
			axt_let_spin(&g.v);
			ASSERT_EQ(write(up[1], "", 1), 1);
			while (read(down[0], &c, 1) < 0)
				;
			for (;;)
				pause();
		}
		ASSERT_EQ(read(up[0], &c, 1), 1);
		axt_thread_start(&t, run_thread, &g.v);
		ASSERT_TRUE(WAIT_STATE(&g.v, RUNNING));
		axt_sleep_ms(i % 5);
		ASSERT_EQ(kill(pid, SIGKILL), 0);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_OK(axt_thread_join(&t));
		EXPECT_EQ(g.exit->reason, AXVCPU_EXIT_NESTED_PAGE_FAULT);
		EXPECT_TRUE(g.exit->npf.flags & AXVCPU_NPF_BACKING);
		g.s2 = -1;
		axt_close(&g);
		close(up[0]);
		close(up[1]);
		close(down[0]);
		close(down[1]);
	}
}
