/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU that runs in a thread of its own while a test changes its memory: with
 * the guests of mem.S that go on for ever.
 */
#ifndef AXV_SELFTEST_RUNNER_H
#define AXV_SELFTEST_RUNNER_H

#include "common/mem.h"

/* rounds of a guest that goes on for ever */
#define ROUNDS(f)	GUEST_MEM(f, GUEST_DATA + 8, uint64_t)
/* what the guest "verify" expects: in the first page, and more in each further */
#define EXPECTED(f)	GUEST_MEM(f, GUEST_DATA + 16, uint64_t)
#define EXPECTED_STEP(f) GUEST_MEM(f, GUEST_DATA + 24, uint64_t)

/**
 * struct runner - a thread that runs the guest and waits at faults
 * @f: the fixture, whose vCPU is bound to no thread
 * @thread: the thread
 * @go: counts up: try again what faulted
 * @patient: try it again without being told
 * @stride: how far apart the guest's pages are, 0: not at all
 * @faults: exits of the guest's access so far
 * @reason: of the last one
 * @flags: of it, a nested page fault
 * @access: AXVCPU_PROT_* of it
 * @gpa: where it was
 * @signals: RUNs that a signal ended
 * @complained: the guest found what it should not
 * @stop: leave at the next exit
 */
struct runner {
	struct axt *f;
	struct axt_thread thread;
	unsigned int go;
	bool patient;
	uint64_t stride;
	unsigned int faults;
	uint32_t reason;
	uint32_t flags;
	uint32_t access;
	uint64_t gpa;
	unsigned int signals;
	bool complained;
	bool stop;
};

/* Start at @at, a guest of mem.S, for @pages pages from @addr on. patient and stride
 * are what they were.
 */
void runner_start(struct runner *r, struct axt *f, uint64_t at, uint64_t addr, uint64_t pages);
/* Go on where the last runner of @f was stopped. */
void runner_continue(struct runner *r, struct axt *f);
/* Try again what faulted. */
void runner_go(struct runner *r);
/* The @nr-th fault has come: false and a failure when it does not. */
bool runner_faulted(struct runner *r, unsigned int nr);
/* @more rounds from now: false and a failure when the guest does not get on. */
bool runner_rounds(struct runner *r, unsigned int more);
/* The end; a failure when the guest complained. */
void runner_stop(struct runner *r);

/* After the guest "tally": every page holds as much as it shall. */
void tally_check(struct axt *f, const unsigned char *mem, unsigned int pages);

#endif /* AXV_SELFTEST_RUNNER_H */
