/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz_*.c and hostile_*.c programs share: numbers that repeat, what an
 * ioctl may say, and those beside whom nothing may harm: an orderly VM, and a
 * thread of the host with known registers.
 */
#ifndef AXV_SELFTEST_HOSTILE_H
#define AXV_SELFTEST_HOSTILE_H

#include "axvtest.h"
#include "common/file.h"
#include "common/random.h"

/* ---- numbers ---------------------------------------------------------------- */

static inline bool rnd_one_in(struct rnd *r, unsigned int n)
{
	return rnd(r) % n == 0;
}

/* Values that are on some edge more often than not. */
uint64_t rnd_value(struct rnd *r);

/* Fewer rounds where all takes longer. */
static inline unsigned int rounds(unsigned int n)
{
	return (n + axt_slow() - 1) / axt_slow();
}

/* The environment's number, else @usual. */
uint64_t env_number(const char *name, uint64_t usual);

/* ---- what an ioctl may say ---------------------------------------------------- */

/* Is it in the table at the end of Documentation/api.rst? */
bool errno_documented(unsigned int cmd, int err);
/* "RUN", or the number */
const char *request_name(unsigned int cmd);

/* ---- those beside --------------------------------------------------------------- */

/**
 * struct beside - processes that nothing which happens may disturb
 * @shared: what they tell
 * @pid: the processes
 *
 * One runs a VM of its own and compares all it computes. The others keep to a
 * CPU each, fill their x87, SSE and AVX registers, their GS base and a debug
 * register, are preempted and go in and out of the kernel, and look again.
 */
struct beside {
	struct beside_shared *shared;
	int pid[3];
};

/* Before the caller makes threads. */
void beside_start(struct beside *b);
/* End them: each got on, and none has a complaint. */
void beside_stop(struct beside *b);

/* A fresh VM runs its few instructions and says so. */
void expect_hello(void);

/* ---- stopping a guest ------------------------------------------------------------- */

/* A thread that gets a vCPU out every few milliseconds. */
struct stopper {
	struct axt_thread thread;
	struct axv_vcpu *v;
	unsigned int ms;
	bool over;
};

void stopper_start(struct stopper *s, struct axv_vcpu *v, unsigned int ms);
void stopper_stop(struct stopper *s);

#endif /* AXV_SELFTEST_HOSTILE_H */
