// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that never give the CPU back by themselves: interrupts masked, faults
 * that fault, floods of what is intercepted. Each of them is stopped by a kick, by
 * a signal and by the end of its process, in good time, and the host's CPU is its
 * own all the while.
 *
 * rig: timeout=400
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/hostile.h"

DECLARE_GUEST(hostile);
#define LABEL(name)	DECLARE_GUEST_SYM(hostile, name)
#define SYM(name)	GUEST_SYM(hostile, name)

/* from the kick to the exit, with all the machine's other work */
#define IN_TIME_MS	2000

static const struct axt_config config = {
	.stage = AXT_FREE,
#ifndef __x86_64__
	/* a CPU that the guest starts is none of ours */
	.vm_flags = AXVCPU_VM_KERNEL_START,
#endif
	.start = AXT_START_PAGED,
	GUEST(hostile),
};

/**
 * struct loop - a guest that does not end
 * @name: in words
 * @at: where it begins
 * @vector: whose gate is @handler (x86; elsewhere the guest sets its trap vector)
 * @handler: see there
 * @dies: or it may end by itself: in a triple fault, or with a fault for the VMM
 */
struct loop {
	const char *name;
	uint64_t at;
	unsigned int vector;
	uint64_t handler;
	bool dies;
};

#if defined(__x86_64__)
#include "common/x86_loops.h"
#elif defined(__riscv)
#include "common/riscv_loops.h"
#elif defined(__aarch64__)
#include "common/arm64_loops.h"
#endif

/* What the guest came to: it was stopped, or died of itself. */
static void expect_stopped(struct axt *f, const struct loop *l)
{
	uint32_t reason = f->exit->reason;
	char text[200];

	if (reason == AXVCPU_EXIT_STOPPED ||
	    (l->dies && (reason == AXVCPU_EXIT_SHUTDOWN ||
			 reason == AXVCPU_EXIT_NESTED_PAGE_FAULT ||
			 reason == AXVCPU_EXIT_INTERNAL_ERROR)))
		return;
	axt_fail(__FILE__, __LINE__, "%s", axv_exit_str(&f->v.run->exit, text, sizeof(text)));
}

struct poke {
	struct axv_vcpu *v;
	pthread_t thread;
	unsigned int after_ms;
	uint64_t at;
	bool by_signal;
	bool over;		/* RUN has returned by itself */
};

/* A kick lasts until a RUN has seen it; a signal that comes before RUN does not. */
static bool can_be_poked(struct poke *p)
{
	struct axvcpu_get_state s;
	int state;

	if (!p->by_signal || __atomic_load_n(&p->over, __ATOMIC_SEQ_CST))
		return true;
	state = axv_get_state(p->v, &s);
	return state == AXVCPU_STATE_RUNNING || state == AXVCPU_STATE_BLOCKED;
}

static long poke(void *arg)
{
	struct poke *p = arg;

	axt_sleep_ms(p->after_ms);
	while (!can_be_poked(p))
		axt_sleep_ms(1);
	__atomic_store_n(&p->at, axt_now_ms(), __ATOMIC_SEQ_CST);
	return p->by_signal ? -pthread_kill(p->thread, SIGUSR1) : axv_kick(p->v);
}

static void on_signal(int nr __maybe_unused)
{
}

/* The time from the poke to the end of RUN. */
static void run_and_poke(struct axt *f, const struct loop *l, bool by_signal)
{
	struct poke p = {
		.v = &f->v, .thread = pthread_self(), .after_ms = 20, .by_signal = by_signal,
	};
	struct axt_thread t;
	int ret;

	start(f, l);
	axt_thread_start(&t, poke, &p);
	ret = axv_run(&f->v);
	__atomic_store_n(&p.over, true, __ATOMIC_SEQ_CST);
	axt_thread_join(&t);
	if (ret || !l->dies)
		EXPECT_EQ(ret, by_signal ? -EINTR : 0);
	if (!ret)
		expect_stopped(f, l);
	/* one that died did so before */
	EXPECT_LE(axt_now_ms(), p.at + IN_TIME_MS * axt_slow());
}

/*
 * Each stop is in time; all together, and the orderly VM's round, may take longer: a guest
 * that flushes the translations of all CPUs makes them slow, an emulator's most of all.
 */
TEST_ROWS_TIMEOUT(stopped, loops, ARRAY_SIZE(loops), &config, 120)
{
	const struct loop *l = arg;
	struct beside b;
	unsigned int i;
	int status;
	pid_t pid;

	loop_avoid(l);
	sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = on_signal }, NULL);
	beside_start(&b);
	prepare(f, l);
	for (i = 0; i < 3; i++) {
		axt_context("round %u", i);
		run_and_poke(f, l, false);
		run_and_poke(f, l, true);
	}
	axt_context(NULL);
	/* and a process that is killed while its guest runs */
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		struct axt g;

		axt_open(&g, &config);
		prepare(&g, l);
		start(&g, l);
		for (;;)
			axv_run(&g.v);
	}
	axt_sleep_ms(100);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	beside_stop(&b);
}

#if defined(__x86_64__)
/* Nothing wakes a guest that halts with interrupts masked but what is meant to. */
TEST(halt_masked_wakes, &config)
{
	static const struct loop l = { "", SYM(halt_masked), 0, 0, false };

	prepare(f, &l);
	start(f, &l);
	ASSERT_OK(axv_inject_irq(&f->v, 0x40));
	run_and_poke(f, &l, false);
	start(f, &l);
	ASSERT_OK(axv_inject_irq(&f->v, 0x40));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(traps) + 2 * TRAP_SIZE);
}

/* Triple faults, one after the other: SHUTDOWN each time, and RESET leads out. */
TEST(triple_faults, &config)
{
	static const struct loop l = { "", SYM(no_handler), 0, 0, false };
	unsigned int i;

	for (i = 0; i < rounds(200); i++) {
		start(f, &l);
		ASSERT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
		ASSERT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
	}
	expect_hello();
}

/* A stack in a device: whatever is pushed is for nobody. */
TEST(stack_in_device, &config)
{
	static const struct loop l = { "", SYM(no_stack), 0, 0, false };
	unsigned int i;

	prepare(f, &l);
	for (i = 0; i < rounds(50); i++) {
		start(f, &l);
		ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
		EXPECT_EQ(f->exit->internal.what, AXVCPU_ERROR_DECODE);
		axv_fault(&f->v);
		ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
		EXPECT_EQ(f->exit->internal.what, AXVCPU_ERROR_DELIVERY);
	}
	expect_hello();
}
#endif
