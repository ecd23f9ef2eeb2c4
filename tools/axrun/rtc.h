/* SPDX-License-Identifier: GPL-2.0-only */
/* The MC146818 real-time clock of a PC, with its CMOS memory. */
#ifndef AXRUN_RTC_H
#define AXRUN_RTC_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct rtc {
	uint8_t ram[128];
	uint8_t index;
	int64_t offset;		/* ns: guest's time of day minus @now */
	struct tm set;		/* time being set, while register B says SET */
	int64_t seen;		/* second up to which events were reported */
	uint64_t period;	/* length of the periodic interrupt, 0: off */
	uint64_t periods;	/* how many of them were reported */
};

/*
 * All times are nanoseconds of one monotonic clock; @unix_ns is the time of
 * day (UTC) at @now. Memory sizes are for the CMOS registers that tell them.
 */
void rtc_reset(struct rtc *rtc, uint64_t now, int64_t unix_ns,
	       uint64_t low_mem, uint64_t high_mem);
/* ports 70h, 71h */
uint8_t rtc_read(struct rtc *rtc, uint16_t port, uint64_t now);
void rtc_write(struct rtc *rtc, uint16_t port, uint8_t data, uint64_t now);
/* the state of the interrupt line */
bool rtc_irq(struct rtc *rtc, uint64_t now);
/* when the line may rise next, UINT64_MAX: no interrupt is enabled */
uint64_t rtc_next(struct rtc *rtc, uint64_t now);

#endif /* AXRUN_RTC_H */
