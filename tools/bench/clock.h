/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of the measurements, and what a guest that is done does. In the rig, with
 * its --icount, the clock counts the machine's instructions.
 */
#ifndef AXV_BENCH_CLOCK_H
#define AXV_BENCH_CLOCK_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>

static inline uint64_t clock_now(void)
{
	return __rdtsc();
}
#elif defined(__riscv)
/* Nanoseconds; the counter itself is coarser, so that what is timed has to be long. */
uint64_t clock_scale(void);

static inline uint64_t clock_now(void)
{
	uint64_t ticks;

	asm volatile("rdtime %0" : "=r" (ticks) : : "memory");
	return ticks * clock_scale();
}
#endif

#endif /* AXV_BENCH_CLOCK_H */
