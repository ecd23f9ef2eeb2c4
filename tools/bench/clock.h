/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of the measurements. In the rig, with its --icount, it counts the machine's
 * instructions.
 */
#ifndef AXV_BENCH_CLOCK_H
#define AXV_BENCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>

static inline uint64_t clock_now(void)
{
	return __rdtsc();
}

static inline uint64_t clock_scale(void)
{
	return 1;
}

static inline bool clock_shared(void)
{
	return true;
}

static inline uint64_t clock_since(uint64_t begun, uint64_t stamp)
{
	return stamp - begun;
}
#elif defined(__riscv)
/*
 * Nanoseconds. A hart's own clock is coarse, and how far a guest's is off it is not told
 * exactly. So where the machine has another one, the page of that, which a guest reads as
 * well; else NULL, and what is timed has to be long.
 */
extern volatile uint32_t *clock_page;

/* @address: of a goldfish RTC that counts instructions */
void clock_use(uint64_t address);
uint64_t clock_now(void);

static inline uint64_t clock_scale(void)
{
	return 1;
}

static inline bool clock_shared(void)
{
	return clock_page;
}

/* A guest writes down the low half. */
static inline uint64_t clock_since(uint64_t begun, uint64_t stamp)
{
	return (uint32_t)(stamp - begun);
}
#elif defined(__aarch64__)
/*
 * Nanoseconds, by the virtual counter, which in the rig counts each one. How far a guest's
 * is off it nobody tells exactly.
 */
static inline uint64_t clock_scale(void)
{
	uint64_t hz;

	asm("mrs %0, cntfrq_el0" : "=r" (hz));
	return hz < 1000000000 ? 1000000000 / hz : 1;
}

static inline uint64_t clock_now(void)
{
	uint64_t ticks;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r" (ticks) : : "memory");
	return ticks * clock_scale();
}

static inline bool clock_shared(void)
{
	return false;
}

static inline uint64_t clock_since(uint64_t begun, uint64_t stamp)
{
	return stamp * clock_scale() - begun;
}
#endif

#endif /* AXV_BENCH_CLOCK_H */
