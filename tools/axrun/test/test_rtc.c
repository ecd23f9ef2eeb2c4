// SPDX-License-Identifier: GPL-2.0-only
#include "rtc.h"
#include "test.h"

#define SEC	1000000000ull
/* 2024-02-29 23:59:58 UTC, a Thursday */
#define DATE	1709251198ll

static struct rtc rtc;

static void reset(void)
{
	rtc_reset(&rtc, 10 * SEC, DATE * SEC, 512ull << 20, 0);
}

static uint8_t get(uint8_t reg, uint64_t now)
{
	rtc_write(&rtc, 0x70, reg, now);
	return rtc_read(&rtc, 0x71, now);
}

static void set(uint8_t reg, uint8_t value, uint64_t now)
{
	rtc_write(&rtc, 0x70, reg, now);
	rtc_write(&rtc, 0x71, value, now);
}

static void reads(void)
{
	reset();
	EXPECT_EQ(get(0x00, 10 * SEC), 0x58);
	EXPECT_EQ(get(0x02, 10 * SEC), 0x59);
	EXPECT_EQ(get(0x04, 10 * SEC), 0x23);
	EXPECT_EQ(get(0x06, 10 * SEC), 0x05);
	EXPECT_EQ(get(0x07, 10 * SEC), 0x29);
	EXPECT_EQ(get(0x08, 10 * SEC), 0x02);
	EXPECT_EQ(get(0x09, 10 * SEC), 0x24);
	EXPECT_EQ(get(0x32, 10 * SEC), 0x20);
	EXPECT_EQ(get(0x0d, 10 * SEC), 0x80);
	/* two seconds later it is March */
	EXPECT_EQ(get(0x08, 12 * SEC), 0x03);
	EXPECT_EQ(get(0x07, 12 * SEC), 0x01);
	EXPECT_EQ(get(0x04, 12 * SEC), 0x00);
	/* 12-hour and binary forms */
	set(0x0b, 0x00, 10 * SEC);
	EXPECT_EQ(get(0x04, 10 * SEC), 0x91);
	EXPECT_EQ(get(0x04, 12 * SEC), 0x12);
	set(0x0b, 0x06, 10 * SEC);
	EXPECT_EQ(get(0x04, 10 * SEC), 23);
	EXPECT_EQ(get(0x00, 10 * SEC), 58);
}

static void writes(void)
{
	reset();
	/* 31 January by way of 31 February: only the end counts */
	set(0x0b, 0x82, 10 * SEC);
	set(0x07, 0x31, 10 * SEC);
	set(0x08, 0x01, 10 * SEC);
	set(0x09, 0x25, 10 * SEC);
	set(0x04, 0x12, 10 * SEC);
	EXPECT_EQ(get(0x07, 15 * SEC), 0x31);
	set(0x0b, 0x02, 20 * SEC);
	EXPECT_EQ(get(0x07, 21 * SEC), 0x31);
	EXPECT_EQ(get(0x08, 21 * SEC), 0x01);
	EXPECT_EQ(get(0x09, 21 * SEC), 0x25);
	EXPECT_EQ(get(0x04, 21 * SEC), 0x12);
	EXPECT_EQ(get(0x00, 21 * SEC), 0x59);
	EXPECT_EQ(get(0x06, 21 * SEC), 0x06);
}

static void update_in_progress(void)
{
	reset();
	EXPECT_EQ(get(0x0a, 10 * SEC) & 0x80, 0);
	EXPECT_EQ(get(0x0a, 11 * SEC - 100000) & 0x80, 0x80);
	EXPECT_EQ(get(0x0a, 11 * SEC) & 0x80, 0);
}

static void update_interrupt(void)
{
	reset();
	EXPECT_EQ(rtc_next(&rtc, 10 * SEC), UINT64_MAX);
	set(0x0b, 0x12, 10 * SEC + 5);
	get(0x0c, 10 * SEC + 5);
	EXPECT_EQ(rtc_next(&rtc, 10 * SEC + 5), 11 * SEC);
	EXPECT(!rtc_irq(&rtc, 11 * SEC - 1));
	EXPECT(rtc_irq(&rtc, 11 * SEC));
	EXPECT_EQ(get(0x0c, 11 * SEC), 0x90);
	EXPECT(!rtc_irq(&rtc, 11 * SEC));
}

static void alarm_interrupt(void)
{
	reset();
	set(0x01, 0x00, 10 * SEC);
	set(0x03, 0x00, 10 * SEC);
	set(0x05, 0x00, 10 * SEC);
	set(0x0b, 0x22, 10 * SEC);
	EXPECT(!rtc_irq(&rtc, 11 * SEC));
	EXPECT(rtc_irq(&rtc, 12 * SEC));
	EXPECT_EQ(get(0x0c, 12 * SEC), 0xb0);
	/* not again before tomorrow, and found there even when late */
	EXPECT(!rtc_irq(&rtc, 86411 * SEC));
	EXPECT(rtc_irq(&rtc, 90000 * SEC));
	/* any second, minute, hour */
	get(0x0c, 90000 * SEC);
	set(0x01, 0xff, 90000 * SEC);
	set(0x03, 0xff, 90000 * SEC);
	set(0x05, 0xff, 90000 * SEC);
	EXPECT(rtc_irq(&rtc, 90001 * SEC));
}

static void periodic_interrupt(void)
{
	uint64_t next;

	reset();
	set(0x0b, 0x42, 10 * SEC);
	next = rtc_next(&rtc, 10 * SEC);
	/* rate 6: 1024 a second */
	EXPECT(next > 10 * SEC && next <= 10 * SEC + 976562);
	EXPECT(rtc_irq(&rtc, next));
	EXPECT_EQ(get(0x0c, next) & 0xc0, 0xc0);
	EXPECT_EQ(rtc_next(&rtc, next), next + 976562);
	set(0x0b, 0x02, next);
	EXPECT_EQ(rtc_next(&rtc, next), UINT64_MAX);
}

static void memory_sizes(void)
{
	rtc_reset(&rtc, 0, DATE * SEC, 3ull << 30, 5ull << 30);
	EXPECT_EQ(get(0x15, 0) | get(0x16, 0) << 8, 640);
	EXPECT_EQ(get(0x17, 0) | get(0x18, 0) << 8, 0xffff);
	EXPECT_EQ(get(0x34, 0) | get(0x35, 0) << 8, (3072 - 16) * 16);
	EXPECT_EQ(get(0x5b, 0) | get(0x5c, 0) << 8 | get(0x5d, 0) << 16,
		  5 * 16384);
	/* the rest is memory */
	set(0x40, 0xa5, 0);
	EXPECT_EQ(get(0x40, 0), 0xa5);
}

const struct test rtc_tests[] = {
	{ "rtc: reading the time", reads },
	{ "rtc: setting the time", writes },
	{ "rtc: update in progress", update_in_progress },
	{ "rtc: update interrupt", update_interrupt },
	{ "rtc: alarm", alarm_interrupt },
	{ "rtc: periodic interrupt", periodic_interrupt },
	{ "rtc: memory sizes", memory_sizes },
	{ NULL, NULL },
};
