/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of the host's threads and of guests, for tests that look whether they stay. */
#ifndef AXV_SELFTEST_ARM64_STATE_H
#define AXV_SELFTEST_ARM64_STATE_H

#include "axvtest.h"

#define HOST_VL		256	/* bytes of a Z register, at most */

/**
 * struct host_fp - what a thread has besides its general registers
 * @fpsr: status
 * @fpcr: control
 * @vl: bytes of a Z register, 0: there is no SVE
 * @tpidr: thread pointer
 * @v: V registers, or Z registers of @vl bytes one after another
 * @p: P registers and FFR, of @vl / 8 bytes
 */
struct host_fp {
	uint64_t fpsr;
	uint64_t fpcr;
	uint64_t vl;
	uint64_t tpidr;
	unsigned char v[32 * HOST_VL];
	unsigned char p[17 * HOST_VL / 8];
};

/* Values that differ with @seed. */
void host_fp_fill(struct host_fp *p, unsigned int seed);
/*
 * Load @in, go round @loops times, make the system call @nr (which may cut Z registers
 * to V: they are looked at before), go round again, and look at the V registers.
 */
void host_fp_hold(const struct host_fp *in, struct host_fp *out, unsigned long loops, long nr);
/* Load @in, make a system call, and look at what it leaves: V registers. */
void host_fp_call(const struct host_fp *in, struct host_fp *out, long nr, long a, long b, long c);
/* Or a failure. */
bool host_fp_same(const struct host_fp *in, const struct host_fp *out);
/* Of SVE, by the kernel's word: bytes of a Z register of this thread, 0: none. */
unsigned int host_vl(void);

#endif /* AXV_SELFTEST_ARM64_STATE_H */
