/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of the host's threads, for tests that look whether they stay. */
#ifndef AXV_SELFTEST_RISCV_STATE_H
#define AXV_SELFTEST_RISCV_STATE_H

#include "axvtest.h"

#define HOST_VLENB	256	/* at most */

/**
 * struct host_fp - what a thread has besides its general registers
 * @f: floating-point registers
 * @fcsr: flags and rounding mode
 * @vlenb: bytes of a vector register, 0: there are none
 * @v: the vector registers, one after another
 */
struct host_fp {
	uint64_t f[32];
	uint64_t fcsr;
	uint64_t vlenb;
	unsigned char v[32 * HOST_VLENB];
};

/* Values that differ with @seed. */
void host_fp_fill(struct host_fp *p, unsigned int seed);
/*
 * Load @in, go round @loops times, make the system call @nr (which ends the life of
 * vector registers: they are looked at before), go round again, and look.
 */
void host_fp_hold(const struct host_fp *in, struct host_fp *out, unsigned long loops, long nr);
/* Load @in, make a system call, and look at what it leaves: not at vector registers. */
void host_fp_call(const struct host_fp *in, struct host_fp *out, long nr, long a, long b, long c);
/* Or a failure. */
bool host_fp_same(const struct host_fp *in, const struct host_fp *out);

/* Does the kernel name this extension for every hart? */
bool host_has(const char *extension);
/* Bytes of a vector register, 0: there are none that a thread may use. */
unsigned int host_vlenb(void);

/*
 * An area of guest/riscv/state.h: what is to be loaded, different in every bit with the
 * right @seed. Traps go to @stvec.
 */
void state_fill(unsigned char *area, unsigned int seed, unsigned int vlenb, uint64_t stvec);

#endif /* AXV_SELFTEST_RISCV_STATE_H */
