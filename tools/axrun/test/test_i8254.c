// SPDX-License-Identifier: GPL-2.0-only
#include "i8254.h"
#include "test.h"

static struct i8254 pit;

/* The first nanosecond of a tick. */
static uint64_t tick(uint64_t n)
{
	return (n * 1000000000 + I8254_HZ - 1) / I8254_HZ;
}

static void program(unsigned int ch, uint8_t control, uint16_t count,
		    uint64_t now)
{
	i8254_write(&pit, 0x43, ch << 6 | control, now);
	i8254_write(&pit, 0x40 + ch, count, now);
	i8254_write(&pit, 0x40 + ch, count >> 8, now);
}

static uint16_t read16(unsigned int ch, uint64_t now)
{
	uint8_t low = i8254_read(&pit, 0x40 + ch, now);

	return low | i8254_read(&pit, 0x40 + ch, now) << 8;
}

static uint16_t latched(unsigned int ch, uint64_t now)
{
	i8254_write(&pit, 0x43, ch << 6, now);
	return read16(ch, now);
}

static void idle(void)
{
	i8254_reset(&pit);
	EXPECT(!i8254_risen(&pit, tick(1000000)));
	EXPECT_EQ(i8254_next(&pit, tick(1000000)), UINT64_MAX);
}

static void one_shot(void)
{
	const uint64_t start = tick(1000);

	i8254_reset(&pit);
	program(0, 0x30, 100, start);
	EXPECT_EQ(latched(0, start), 100);
	EXPECT_EQ(latched(0, tick(1040)), 60);
	EXPECT_EQ(i8254_next(&pit, start), tick(1100));
	EXPECT(!i8254_risen(&pit, tick(1099)));
	EXPECT(i8254_risen(&pit, tick(1100)));
	EXPECT(!i8254_risen(&pit, tick(1101)));
	EXPECT_EQ(i8254_next(&pit, tick(1101)), UINT64_MAX);
	/* counts on from the top */
	EXPECT_EQ(latched(0, tick(1101)), 0xffff);
	/* a new count starts it again */
	i8254_write(&pit, 0x40, 50, tick(2000));
	EXPECT_EQ(i8254_next(&pit, tick(2000)), UINT64_MAX);
	i8254_write(&pit, 0x40, 0, tick(2000));
	EXPECT_EQ(i8254_next(&pit, tick(2000)), tick(2050));
}

static void rate_generator(void)
{
	i8254_reset(&pit);
	program(0, 0x34, 1000, tick(0));
	EXPECT_EQ(i8254_next(&pit, tick(0)), tick(1000));
	EXPECT(!i8254_risen(&pit, tick(999)));
	EXPECT(i8254_risen(&pit, tick(1000)));
	EXPECT(!i8254_risen(&pit, tick(1999)));
	EXPECT_EQ(i8254_next(&pit, tick(1000)), tick(2000));
	/* late by three periods: one interrupt, then on time again */
	EXPECT(i8254_risen(&pit, tick(5500)));
	EXPECT(!i8254_risen(&pit, tick(5500)));
	EXPECT_EQ(i8254_next(&pit, tick(5500)), tick(6000));
	EXPECT_EQ(latched(0, tick(6000)), 1000);
	EXPECT_EQ(latched(0, tick(6999)), 1);
}

static void square_wave(void)
{
	i8254_reset(&pit);
	program(0, 0x36, 0, tick(0));
	EXPECT_EQ(i8254_next(&pit, tick(0)), tick(65536));
	EXPECT_EQ(latched(0, tick(0)), 0);
	EXPECT_EQ(latched(0, tick(1)), 0xfffe);
	EXPECT_EQ(latched(0, tick(32768)), 0);
	EXPECT(i8254_risen(&pit, tick(65536)));
}

static void software_strobe(void)
{
	i8254_reset(&pit);
	program(0, 0x38, 500, tick(10));
	EXPECT_EQ(i8254_next(&pit, tick(10)), tick(511));
	EXPECT(!i8254_risen(&pit, tick(510)));
	EXPECT(i8254_risen(&pit, tick(511)));
	EXPECT_EQ(i8254_next(&pit, tick(511)), UINT64_MAX);
	program(0, 0x38, 20, tick(600));
	EXPECT_EQ(i8254_next(&pit, tick(600)), tick(621));
}

/* What Linux does to measure the time stamp counter. */
static void calibration(void)
{
	i8254_reset(&pit);
	i8254_write(&pit, 0x61, 0x01, tick(0));
	program(2, 0x30, 0xffff, tick(0));
	EXPECT_EQ(i8254_read(&pit, 0x61, tick(10)) & 0x21, 0x01);
	EXPECT_EQ(read16(2, tick(256)), 0xfeff);
	EXPECT_EQ(read16(2, tick(512)), 0xfdff);
	EXPECT_EQ(i8254_read(&pit, 0x61, tick(65534)) & 0x20, 0);
	EXPECT_EQ(i8254_read(&pit, 0x61, tick(65535)) & 0x20, 0x20);
}

static void gate(void)
{
	i8254_reset(&pit);
	program(2, 0x30, 1000, tick(0));
	/* stands still until the gate opens */
	EXPECT_EQ(latched(2, tick(500)), 1000);
	i8254_write(&pit, 0x61, 1, tick(500));
	EXPECT_EQ(latched(2, tick(600)), 900);
	i8254_write(&pit, 0x61, 0, tick(600));
	EXPECT_EQ(latched(2, tick(900)), 900);
	i8254_write(&pit, 0x61, 1, tick(900));
	EXPECT_EQ(latched(2, tick(1000)), 800);

	/* hardware one-shot: low from the rise of the gate on */
	i8254_write(&pit, 0x61, 0, tick(2000));
	program(2, 0x32, 100, tick(2000));
	EXPECT_EQ(i8254_read(&pit, 0x61, tick(2001)) & 0x20, 0x20);
	i8254_write(&pit, 0x61, 1, tick(2010));
	EXPECT_EQ(i8254_read(&pit, 0x61, tick(2020)) & 0x20, 0);
	EXPECT_EQ(i8254_read(&pit, 0x61, tick(2110)) & 0x20, 0x20);
}

static void latches(void)
{
	i8254_reset(&pit);
	program(0, 0x34, 1000, tick(0));
	i8254_write(&pit, 0x43, 0x00, tick(100));
	i8254_write(&pit, 0x43, 0x00, tick(200));
	EXPECT_EQ(read16(0, tick(300)), 900);

	/* read-back: status, then the count */
	i8254_write(&pit, 0x43, 0xc2, tick(400));
	EXPECT_EQ(i8254_read(&pit, 0x40, tick(450)), 0xb4);
	EXPECT_EQ(read16(0, tick(500)), 600);

	/* status alone, no count written yet */
	i8254_write(&pit, 0x43, 0x34, tick(500));
	i8254_write(&pit, 0x43, 0xe2, tick(500));
	EXPECT_EQ(i8254_read(&pit, 0x40, tick(500)), 0xf4);
}

static void byte_access(void)
{
	i8254_reset(&pit);
	i8254_write(&pit, 0x43, 0x14, tick(0));
	i8254_write(&pit, 0x40, 200, tick(0));
	EXPECT_EQ(i8254_read(&pit, 0x40, tick(50)), 150);
	i8254_write(&pit, 0x43, 0x24, tick(0));
	i8254_write(&pit, 0x40, 2, tick(0));
	EXPECT_EQ(i8254_next(&pit, tick(0)), tick(512));
	EXPECT_EQ(i8254_read(&pit, 0x40, tick(1)), 1);
}

static void bcd(void)
{
	i8254_reset(&pit);
	program(0, 0x35, 0x1234, tick(0));
	EXPECT_EQ(i8254_next(&pit, tick(0)), tick(1234));
	EXPECT_EQ(latched(0, tick(235)), 0x0999);
	program(0, 0x31, 0, tick(0));
	EXPECT_EQ(i8254_next(&pit, tick(0)), tick(10000));
}

static void long_uptime(void)
{
	/* ten years: no overflow, no drift */
	const uint64_t start = 10ull * 365 * 86400 * 1000000000;
	uint64_t next;

	i8254_reset(&pit);
	program(0, 0x34, 4773, start);
	next = i8254_next(&pit, start);
	EXPECT(next > start + 4000000 - 840 && next < start + 4000300);
	EXPECT(!i8254_risen(&pit, next - 1));
	EXPECT(i8254_risen(&pit, next));
	EXPECT(i8254_next(&pit, next) >= next + 4000228);
}

const struct test i8254_tests[] = {
	{ "i8254: not programmed", idle },
	{ "i8254: mode 0, one-shot", one_shot },
	{ "i8254: mode 2, periodic", rate_generator },
	{ "i8254: mode 3, square wave", square_wave },
	{ "i8254: mode 4, strobe", software_strobe },
	{ "i8254: calibration by channel 2", calibration },
	{ "i8254: gate", gate },
	{ "i8254: latches and status", latches },
	{ "i8254: single bytes", byte_access },
	{ "i8254: BCD", bcd },
	{ "i8254: long uptime", long_uptime },
	{ NULL, NULL },
};
