/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU that a thread runs while others kick, signal and interrupt it. */
#ifndef AXV_SELFTEST_STORM_H
#define AXV_SELFTEST_STORM_H

#include "axvtest.h"
#include "guest/storm.h"

/**
 * struct storm - what a runner's thread counts
 * @f: the fixture, with a vCPU that is FREE
 * @v: the vCPU, of @f or another one
 * @asked: stops asked for so far: the others add to it first
 * @stopped: STOPPED exits
 * @synced: IO_WRITE exits; each must be one more than the last
 * @interrupted: EINTR
 * @quiet: for the others: no more
 * @end: the next stop ends it
 * @thread: the runner
 */
struct storm {
	struct axt *f;
	struct axv_vcpu *v;
	unsigned int asked;
	unsigned int stopped;
	unsigned int synced;
	unsigned int interrupted;
	unsigned int quiet;
	unsigned int end;
	struct axt_thread thread;
};

#define storm_get(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define storm_set(p, n)		__atomic_store_n(p, n, __ATOMIC_SEQ_CST)
#define storm_add(p, n)		__atomic_fetch_add(p, n, __ATOMIC_SEQ_CST)

/* Start the runner and wait until it is in RUN. */
void storm_start(struct storm *s);
/* One more stop, and wait for the runner's end: FREE, and no failure. */
void storm_end(struct storm *s);

uint64_t storm_now_us(void);

#endif /* AXV_SELFTEST_STORM_H */
