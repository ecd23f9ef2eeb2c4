// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MC146818 real-time clock of a PC, with its CMOS memory. Nothing ticks:
 * time is computed when somebody looks, and flags are brought up to date then.
 * Pure logic: the caller provides locking, time and a host timer.
 */
#define _GNU_SOURCE
#include <string.h>

#include "rtc.h"

#define NSEC	1000000000ll

enum {
	RTC_SECONDS, RTC_SECONDS_ALARM, RTC_MINUTES, RTC_MINUTES_ALARM,
	RTC_HOURS, RTC_HOURS_ALARM, RTC_WEEKDAY, RTC_DAY, RTC_MONTH, RTC_YEAR,
	RTC_A, RTC_B, RTC_C, RTC_D,
	RTC_CENTURY = 0x32,
};

#define A_UIP		0x80
#define B_SET		0x80
#define B_PIE		0x40
#define B_AIE		0x20
#define B_UIE		0x10
#define B_BINARY	0x04
#define B_24H		0x02
#define C_IRQF		0x80
#define C_PF		0x40
#define C_AF		0x20
#define C_UF		0x10
#define D_VALID		0x80

/* the update takes the last 244 microseconds of a second */
#define UPDATE_NS	244000

static int64_t time_ns(const struct rtc *rtc, uint64_t now)
{
	return (int64_t)now + rtc->offset;
}

static int64_t seconds(const struct rtc *rtc, uint64_t now)
{
	int64_t ns = time_ns(rtc, now);

	return ns / NSEC - (ns % NSEC < 0);
}

static uint8_t encode(const struct rtc *rtc, int value)
{
	if (rtc->ram[RTC_B] & B_BINARY)
		return value;
	return value / 10 << 4 | value % 10;
}

static int decode(const struct rtc *rtc, uint8_t value)
{
	if (rtc->ram[RTC_B] & B_BINARY)
		return value;
	return (value >> 4) * 10 + (value & 0xf);
}

static uint8_t encode_hour(const struct rtc *rtc, int hour)
{
	if (rtc->ram[RTC_B] & B_24H)
		return encode(rtc, hour);
	return encode(rtc, hour % 12 ? hour % 12 : 12) |
	       (hour >= 12 ? 0x80 : 0);
}

static int decode_hour(const struct rtc *rtc, uint8_t value)
{
	int hour;

	if (rtc->ram[RTC_B] & B_24H)
		return decode(rtc, value);
	hour = decode(rtc, value & 0x7f) % 12;
	return value & 0x80 ? hour + 12 : hour;
}

static void get_time(const struct rtc *rtc, uint64_t now, struct tm *tm)
{
	time_t t = seconds(rtc, now);

	if (rtc->ram[RTC_B] & B_SET)
		*tm = rtc->set;
	else
		gmtime_r(&t, tm);
}

/* A new time of day, or the end of SET: the second begins now. */
static void set_time(struct rtc *rtc, uint64_t now, struct tm *tm)
{
	rtc->offset = (int64_t)timegm(tm) * NSEC - (int64_t)now;
	rtc->seen = seconds(rtc, now);
}

static uint8_t read_time(const struct rtc *rtc, uint8_t reg, uint64_t now)
{
	struct tm tm;

	get_time(rtc, now, &tm);
	switch (reg) {
	case RTC_SECONDS:
		return encode(rtc, tm.tm_sec);
	case RTC_MINUTES:
		return encode(rtc, tm.tm_min);
	case RTC_HOURS:
		return encode_hour(rtc, tm.tm_hour);
	case RTC_WEEKDAY:
		return encode(rtc, tm.tm_wday + 1);
	case RTC_DAY:
		return encode(rtc, tm.tm_mday);
	case RTC_MONTH:
		return encode(rtc, tm.tm_mon + 1);
	case RTC_YEAR:
		return encode(rtc, tm.tm_year % 100);
	default:
		return encode(rtc, (tm.tm_year + 1900) / 100);
	}
}

static void write_time(struct rtc *rtc, uint8_t reg, uint8_t data,
		       uint64_t now)
{
	struct tm tm;

	get_time(rtc, now, &tm);
	switch (reg) {
	case RTC_SECONDS:
		tm.tm_sec = decode(rtc, data);
		break;
	case RTC_MINUTES:
		tm.tm_min = decode(rtc, data);
		break;
	case RTC_HOURS:
		tm.tm_hour = decode_hour(rtc, data);
		break;
	case RTC_DAY:
		tm.tm_mday = decode(rtc, data);
		break;
	case RTC_MONTH:
		tm.tm_mon = decode(rtc, data) - 1;
		break;
	case RTC_YEAR:
		tm.tm_year = tm.tm_year / 100 * 100 + decode(rtc, data);
		break;
	case RTC_CENTURY:
		tm.tm_year = decode(rtc, data) * 100 - 1900 + tm.tm_year % 100;
		break;
	default:
		/* the day of the week follows from the date */
		return;
	}

	if (rtc->ram[RTC_B] & B_SET)
		rtc->set = tm;
	else
		set_time(rtc, now, &tm);
}

static bool alarm_matches(const struct rtc *rtc, int64_t second)
{
	const uint8_t *ram = rtc->ram;
	int day = ((second % 86400) + 86400) % 86400;

	/* both top bits: any value will do */
	return ((ram[RTC_SECONDS_ALARM] & 0xc0) == 0xc0 ||
		decode(rtc, ram[RTC_SECONDS_ALARM]) == day % 60) &&
	       ((ram[RTC_MINUTES_ALARM] & 0xc0) == 0xc0 ||
		decode(rtc, ram[RTC_MINUTES_ALARM]) == day / 60 % 60) &&
	       ((ram[RTC_HOURS_ALARM] & 0xc0) == 0xc0 ||
		decode_hour(rtc, ram[RTC_HOURS_ALARM]) == day / 3600);
}

/* Set the flags of everything that has happened since the last call. */
static void update(struct rtc *rtc, uint64_t now)
{
	int64_t second = seconds(rtc, now);

	if (!(rtc->ram[RTC_B] & B_SET) && second > rtc->seen) {
		rtc->ram[RTC_C] |= C_UF;
		/* a day holds every time an alarm can name */
		if (second - rtc->seen > 86400)
			rtc->seen = second - 86400;
		while (rtc->seen < second)
			if (alarm_matches(rtc, ++rtc->seen))
				rtc->ram[RTC_C] |= C_AF;
	}
	rtc->seen = second;

	if (rtc->period && now / rtc->period != rtc->periods) {
		rtc->periods = now / rtc->period;
		rtc->ram[RTC_C] |= C_PF;
	}
}

static void set_period(struct rtc *rtc, uint64_t now)
{
	unsigned int rate = rtc->ram[RTC_A] & 0xf;

	rtc->period = 0;
	if (!rate || !(rtc->ram[RTC_B] & B_PIE))
		return;
	/* rates 1 and 2 are those of 8 and 9 */
	if (rate < 3)
		rate += 7;
	rtc->period = NSEC / (32768 >> (rate - 1));
	rtc->periods = now / rtc->period;
}

bool rtc_irq(struct rtc *rtc, uint64_t now)
{
	update(rtc, now);
	return rtc->ram[RTC_B] & rtc->ram[RTC_C] & (C_PF | C_AF | C_UF);
}

uint64_t rtc_next(struct rtc *rtc, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	update(rtc, now);
	if (rtc->period)
		next = (rtc->periods + 1) * rtc->period;
	if (rtc->ram[RTC_B] & (B_AIE | B_UIE) && !(rtc->ram[RTC_B] & B_SET)) {
		uint64_t second = (rtc->seen + 1) * NSEC - rtc->offset;

		if (second < next)
			next = second;
	}
	return next;
}

static uint8_t read_c(struct rtc *rtc, uint64_t now)
{
	uint8_t flags;

	flags = rtc_irq(rtc, now) ? C_IRQF : 0;
	flags |= rtc->ram[RTC_C];
	rtc->ram[RTC_C] = 0;
	return flags;
}

uint8_t rtc_read(struct rtc *rtc, uint16_t port, uint64_t now)
{
	int64_t into;

	if (port == 0x70)
		return 0xff;

	switch (rtc->index) {
	case RTC_SECONDS:
	case RTC_MINUTES:
	case RTC_HOURS:
	case RTC_WEEKDAY:
	case RTC_DAY:
	case RTC_MONTH:
	case RTC_YEAR:
	case RTC_CENTURY:
		return read_time(rtc, rtc->index, now);
	case RTC_A:
		into = time_ns(rtc, now) % NSEC;
		if (!(rtc->ram[RTC_B] & B_SET) && into > NSEC - UPDATE_NS)
			return rtc->ram[RTC_A] | A_UIP;
		return rtc->ram[RTC_A];
	case RTC_C:
		return read_c(rtc, now);
	default:
		return rtc->ram[rtc->index];
	}
}

static void write_b(struct rtc *rtc, uint8_t data, uint64_t now)
{
	uint8_t old = rtc->ram[RTC_B];

	update(rtc, now);
	if (data & ~old & B_SET) {
		get_time(rtc, now, &rtc->set);
		/* the real chip switches this one off with SET */
		data &= ~B_UIE;
	}
	rtc->ram[RTC_B] = data;
	if (old & ~data & B_SET)
		set_time(rtc, now, &rtc->set);
	if ((old ^ data) & B_PIE)
		set_period(rtc, now);
}

void rtc_write(struct rtc *rtc, uint16_t port, uint8_t data, uint64_t now)
{
	if (port == 0x70) {
		/* bit 7 masks NMI, which nobody raises */
		rtc->index = data & 0x7f;
		return;
	}

	switch (rtc->index) {
	case RTC_SECONDS:
	case RTC_MINUTES:
	case RTC_HOURS:
	case RTC_WEEKDAY:
	case RTC_DAY:
	case RTC_MONTH:
	case RTC_YEAR:
	case RTC_CENTURY:
		write_time(rtc, rtc->index, data, now);
		break;
	case RTC_A:
		rtc->ram[RTC_A] = data & ~A_UIP;
		set_period(rtc, now);
		break;
	case RTC_B:
		write_b(rtc, data, now);
		break;
	case RTC_C:
	case RTC_D:
		break;
	default:
		rtc->ram[rtc->index] = data;
		break;
	}
}

static void set16(struct rtc *rtc, unsigned int reg, uint64_t value)
{
	if (value > 0xffff)
		value = 0xffff;
	rtc->ram[reg] = value;
	rtc->ram[reg + 1] = value >> 8;
}

/* What firmware would have found out about memory. */
static void set_memory(struct rtc *rtc, uint64_t low, uint64_t high)
{
	uint64_t above_1m = low > 1 << 20 ? (low - (1 << 20)) >> 10 : 0;
	uint64_t above_16m = low > 16 << 20 ? (low - (16 << 20)) >> 16 : 0;

	set16(rtc, 0x15, 640);
	set16(rtc, 0x17, above_1m);
	set16(rtc, 0x30, above_1m);
	set16(rtc, 0x34, above_16m);
	rtc->ram[0x5b] = high >> 16;
	rtc->ram[0x5c] = high >> 24;
	rtc->ram[0x5d] = high >> 32;
}

void rtc_reset(struct rtc *rtc, uint64_t now, int64_t unix_ns,
	       uint64_t low_mem, uint64_t high_mem)
{
	memset(rtc, 0, sizeof(*rtc));
	rtc->offset = unix_ns - (int64_t)now;
	rtc->seen = seconds(rtc, now);
	rtc->ram[RTC_A] = 0x26;
	rtc->ram[RTC_B] = B_24H;
	rtc->ram[RTC_D] = D_VALID;
	set_memory(rtc, low_mem, high_mem);
}
