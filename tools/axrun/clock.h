/* SPDX-License-Identifier: GPL-2.0-only */
/* A board's Goldfish clock: what it shows is this machine's time of day. */
#ifndef AXRUN_CLOCK_H
#define AXRUN_CLOCK_H

#include "axrun.h"
#include "goldfish_rtc.h"

struct clock {
	struct goldfish_rtc rtc;
	uint64_t base;
	struct event *timer;
	void (*irq)(void *opaque, bool level);
	void *opaque;
};

/* Its registers are at @base in memory. */
void clock_init(struct clock *c, struct vm *vm, uint64_t base,
		void (*irq)(void *opaque, bool level), void *opaque);

#endif /* AXRUN_CLOCK_H */
