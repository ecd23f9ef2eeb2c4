/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's registers around an exit, and under preemption: what such tests of the
 * architectures have in common. Their guests load registers, do what exits, and write
 * down what they have then. The header with struct host_fp comes before.
 */
#ifndef AXV_SELFTEST_AROUND_H
#define AXV_SELFTEST_AROUND_H

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "axvtest.h"
#include "common/beside.h"

/**
 * struct around - something that exits between loading and looking
 * @name: of the case
 * @from: where the guest begins
 * @at: the instruction that exits
 * @after: the one behind it
 * @reason: of the exit, 0: there is none
 * @addr: what the guest accesses, 0: nothing
 */
struct around {
	const char *name;
	uint64_t from, at, after;
	uint32_t reason;
	uint64_t addr;
};

#define DECLARE_AROUND(guest, name)			\
	DECLARE_GUEST_SYM(guest, around_##name);	\
	DECLARE_GUEST_SYM(guest, at_##name);		\
	DECLARE_GUEST_SYM(guest, after_##name)
#define AROUND(guest, name, reason, addr)		\
	{ #name, GUEST_SYM(guest, around_##name), GUEST_SYM(guest, at_##name), \
	  GUEST_SYM(guest, after_##name), reason, addr }

/* Run, past stops, to an exit of another kind, or to the stop at @at. */
static inline void around_run(struct axt *f, uint64_t at)
{
	do {
		ASSERT_OK(axv_run(&f->v));
	} while (f->exit->reason == AXVCPU_EXIT_STOPPED && f->exit->pc != at);
}

/* Between two entries the host's thread uses all its registers. */
static inline void around_host(unsigned int seed)
{
	struct host_fp in, out;

	host_fp_fill(&in, seed + 77);
	host_fp_hold(&in, &out, 1000, SYS_sched_yield);
	EXPECT_TRUE(host_fp_same(&in, &out));
}

/* What is to become of the exit; @data is for what was read. */
static inline void around_answer(struct axt *f, const struct around *row, uint64_t data)
{
	if (row->reason == AXVCPU_EXIT_HYPERCALL)
		axv_skip(&f->v);
	else if (row->reason == AXVCPU_EXIT_STOPPED)
		ASSERT_OK(axv_set_entry(&f->v, row->after));
	else
		axv_fulfil(&f->v, data);
}

/**
 * struct guard - a vCPU that watches its own registers, round after round
 * @v: the vCPU, on its way into the guest
 * @thread: its thread
 * @rounds: how many it did, in the guest's memory
 */
struct guard {
	struct axv_vcpu v;
	struct axt_thread thread;
	volatile uint64_t *rounds;
};

static inline long guard_thread(void *arg)
{
	struct guard *g = arg;
	int r = axv_bind(&g->v);

	return r ? r : axv_run(&g->v);
}

/*
 * All @nr at once, with threads of the host that have registers of their own beside them,
 * until each did @least rounds: @dump says what is wrong with number i that stopped.
 */
static inline void guards_run(struct axt *f, struct guard *guards, unsigned int nr,
			      uint64_t least, void (*dump)(struct axt *f, unsigned int i))
{
	struct guard *g, *end = guards + nr;
	struct beside b;

	beside_start(&b);
	for (g = guards; g < end; g++)
		axt_thread_start(&g->thread, guard_thread, g);
	for (g = guards; g < end; g++) {
		WAIT_UNTIL(*g->rounds >= least || g->thread.done);
		EXPECT_OK(axv_kick(&g->v));
	}
	for (g = guards; g < end; g++) {
		axt_context("vCPU %u", (unsigned int)(g - guards));
		EXPECT_OK(axt_thread_join(&g->thread));
		EXPECT_EQ(g->v.run->exit.reason, (uint32_t)AXVCPU_EXIT_STOPPED);
		if (g->v.run->exit.reason != AXVCPU_EXIT_STOPPED)
			dump(f, g - guards);
		EXPECT_GE(*g->rounds, least);
		axt_context(NULL);
		axt_diag("%llu rounds", (unsigned long long)*g->rounds);
	}
	beside_stop(&b);
}

/**
 * struct interrupter - a thread that interrupts the CPUs of this process's others
 * @thread: the thread
 * @over: it is to end
 * @times: how often it did
 */
struct interrupter {
	struct axt_thread thread;
	unsigned int over;
	unsigned long times;
};

static inline long interrupter_thread(void *arg)
{
	struct interrupter *i = arg;

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		return -1;
	while (!__atomic_load_n(&i->over, __ATOMIC_SEQ_CST)) {
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
			return -1;
		__atomic_add_fetch(&i->times, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

/* The interrupts want nothing of the threads: what is in the guest has no reason to leave RUN. */
static inline void interrupter_start(struct interrupter *i)
{
	memset(i, 0, sizeof(*i));
	axt_thread_start(&i->thread, interrupter_thread, i);
}

static inline unsigned long interrupter_times(const struct interrupter *i)
{
	return __atomic_load_n(&i->times, __ATOMIC_SEQ_CST);
}

static inline void interrupter_stop(struct interrupter *i)
{
	__atomic_store_n(&i->over, 1, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&i->thread));
}

#endif /* AXV_SELFTEST_AROUND_H */
