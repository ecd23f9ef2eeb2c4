// SPDX-License-Identifier: GPL-2.0-only
#include "goldfish_rtc.h"
#include "test.h"

#define NSEC	1000000000ull
#define WALL	(1780000000ull * NSEC)

static struct goldfish_rtc rtc;

static uint64_t get_time(uint64_t now)
{
	uint64_t low = goldfish_rtc_read(&rtc, 0x00, now);

	/* the halves belong together, however late the second is read */
	return (uint64_t)goldfish_rtc_read(&rtc, 0x04, now + 100 * NSEC) << 32 |
	       low;
}

static void set_alarm(uint64_t when, uint64_t now)
{
	goldfish_rtc_write(&rtc, 0x0c, when >> 32, now);
	goldfish_rtc_write(&rtc, 0x08, when, now);
}

static void clock(void)
{
	goldfish_rtc_reset(&rtc, 5 * NSEC, WALL);
	EXPECT_EQ(get_time(5 * NSEC), WALL);
	EXPECT_EQ(get_time(7 * NSEC + 3), WALL + 2 * NSEC + 3);
	/* set: the low half makes it so */
	goldfish_rtc_write(&rtc, 0x04, 0x1234, 8 * NSEC);
	EXPECT_EQ(get_time(8 * NSEC), WALL + 3 * NSEC);
	goldfish_rtc_write(&rtc, 0x00, 0x5678, 9 * NSEC);
	EXPECT_EQ(get_time(10 * NSEC), 0x123400005678ull + NSEC);
	EXPECT_EQ(goldfish_rtc_next(&rtc, 10 * NSEC), UINT64_MAX);
}

static void alarm_clock(void)
{
	goldfish_rtc_reset(&rtc, 0, WALL);
	set_alarm(WALL + 10 * NSEC, NSEC);
	EXPECT_EQ(goldfish_rtc_read(&rtc, 0x18, NSEC), 1);
	EXPECT_EQ(goldfish_rtc_read(&rtc, 0x08, NSEC),
		  (uint32_t)(WALL + 10 * NSEC));
	EXPECT_EQ(goldfish_rtc_read(&rtc, 0x0c, NSEC),
		  (WALL + 10 * NSEC) >> 32);
	EXPECT_EQ(goldfish_rtc_next(&rtc, NSEC), 10 * NSEC);
	EXPECT(!goldfish_rtc_irq(&rtc, 10 * NSEC - 1));
	/* it goes off once; the line is let through by the enable bit */
	EXPECT(!goldfish_rtc_irq(&rtc, 10 * NSEC));
	EXPECT_EQ(goldfish_rtc_read(&rtc, 0x18, 10 * NSEC), 0);
	EXPECT_EQ(goldfish_rtc_next(&rtc, 10 * NSEC), UINT64_MAX);
	goldfish_rtc_write(&rtc, 0x10, 1, 11 * NSEC);
	EXPECT(goldfish_rtc_irq(&rtc, 11 * NSEC));
	goldfish_rtc_write(&rtc, 0x1c, 1, 12 * NSEC);
	EXPECT(!goldfish_rtc_irq(&rtc, 12 * NSEC));

	/* one in the past at once, one that is cleared never */
	set_alarm(WALL, 13 * NSEC);
	EXPECT_EQ(goldfish_rtc_next(&rtc, 13 * NSEC), 13 * NSEC);
	EXPECT(goldfish_rtc_irq(&rtc, 13 * NSEC));
	goldfish_rtc_write(&rtc, 0x1c, 1, 13 * NSEC);
	set_alarm(WALL + 20 * NSEC, 14 * NSEC);
	goldfish_rtc_write(&rtc, 0x14, 1, 15 * NSEC);
	EXPECT(!goldfish_rtc_irq(&rtc, 30 * NSEC));
	/* further away than time goes */
	set_alarm(UINT64_MAX, 31 * NSEC);
	EXPECT(!goldfish_rtc_irq(&rtc, 31 * NSEC));
	EXPECT(goldfish_rtc_next(&rtc, 31 * NSEC) > 1ull << 62);
}

const struct test goldfish_rtc_tests[] = {
	{ "goldfish_rtc: clock", clock },
	{ "goldfish_rtc: alarm", alarm_clock },
	{ NULL, NULL },
};
