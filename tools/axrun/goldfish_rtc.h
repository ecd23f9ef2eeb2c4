/* SPDX-License-Identifier: GPL-2.0-only */
/* The real-time clock of the Goldfish platform: nanoseconds, and an alarm. */
#ifndef AXRUN_GOLDFISH_RTC_H
#define AXRUN_GOLDFISH_RTC_H

#include <stdbool.h>
#include <stdint.h>

#define GOLDFISH_RTC_SIZE	0x1000u

struct goldfish_rtc {
	uint64_t offset;	/* what it shows, less the monotonic time; wraps */
	uint64_t alarm;		/* in the time it shows */
	uint32_t time_high;	/* kept by a read of the low half */
	uint32_t set_high;	/* kept by a write of the high half */
	uint32_t alarm_high;
	bool armed;
	bool pending;
	bool irq_enabled;
};

/* @now: CLOCK_MONOTONIC, @wall: what the clock shows then; nanoseconds */
void goldfish_rtc_reset(struct goldfish_rtc *r, uint64_t now, uint64_t wall);
uint32_t goldfish_rtc_read(struct goldfish_rtc *r, uint32_t reg, uint64_t now);
void goldfish_rtc_write(struct goldfish_rtc *r, uint32_t reg, uint32_t data,
			uint64_t now);
/* its interrupt line at @now */
bool goldfish_rtc_irq(struct goldfish_rtc *r, uint64_t now);
/* when to ask again though nobody touches it; UINT64_MAX: never */
uint64_t goldfish_rtc_next(const struct goldfish_rtc *r, uint64_t now);

#endif /* AXRUN_GOLDFISH_RTC_H */
