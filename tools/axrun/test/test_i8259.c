// SPDX-License-Identifier: GPL-2.0-only
#include "i8259.h"
#include "test.h"

static struct i8259 pic;

/* As Linux sets them up: vectors 30h and 38h, everything open. */
static void init(uint8_t icw4_master, uint8_t icw4_slave)
{
	i8259_reset(&pic);
	i8259_write(&pic, 0x20, 0x11);
	i8259_write(&pic, 0x21, 0x30);
	i8259_write(&pic, 0x21, 0x04);
	i8259_write(&pic, 0x21, icw4_master);
	i8259_write(&pic, 0xa0, 0x11);
	i8259_write(&pic, 0xa1, 0x38);
	i8259_write(&pic, 0xa1, 0x02);
	i8259_write(&pic, 0xa1, icw4_slave);
	i8259_write(&pic, 0x21, 0);
	i8259_write(&pic, 0xa1, 0);
}

static void pulse(unsigned int irq)
{
	i8259_set_line(&pic, irq, true);
	i8259_set_line(&pic, irq, false);
}

static void silent_before_init(void)
{
	i8259_reset(&pic);
	pulse(0);
	EXPECT(!i8259_output(&pic));
	i8259_write(&pic, 0x20, 0x11);
	i8259_write(&pic, 0x21, 0x30);
	pulse(1);
	EXPECT(!i8259_output(&pic));
}

static void priorities(void)
{
	init(1, 1);
	EXPECT(!i8259_output(&pic));
	pulse(7);
	pulse(4);
	EXPECT(i8259_output(&pic));
	EXPECT_EQ(i8259_ack(&pic), 0x34);
	/* 7 waits for 4 to end, 0 does not */
	EXPECT(!i8259_output(&pic));
	pulse(0);
	EXPECT(i8259_output(&pic));
	EXPECT_EQ(i8259_ack(&pic), 0x30);
	/* its own next edge is kept until the end of this one */
	pulse(0);
	EXPECT(!i8259_output(&pic));
	i8259_write(&pic, 0x20, 0x20);
	EXPECT_EQ(i8259_ack(&pic), 0x30);
	i8259_write(&pic, 0x20, 0x20);
	i8259_write(&pic, 0x20, 0x64);
	EXPECT_EQ(i8259_ack(&pic), 0x37);
	i8259_write(&pic, 0x20, 0x20);
	EXPECT(!i8259_output(&pic));
}

static void slave(void)
{
	init(1, 1);
	pulse(12);
	pulse(8);
	pulse(3);
	/* inputs of the slave come before 3 */
	EXPECT_EQ(i8259_ack(&pic), 0x38);
	EXPECT(!i8259_output(&pic));
	/* the end is told to both */
	i8259_write(&pic, 0xa0, 0x20);
	EXPECT(!i8259_output(&pic));
	i8259_write(&pic, 0x20, 0x62);
	EXPECT_EQ(i8259_ack(&pic), 0x3c);
	i8259_write(&pic, 0xa0, 0x64);
	i8259_write(&pic, 0x20, 0x62);
	EXPECT_EQ(i8259_ack(&pic), 0x33);
}

/* What is looked at is not taken. */
static void peeking(void)
{
	init(1, 1);
	/* nobody asks: spurious */
	EXPECT_EQ(i8259_peek(&pic), 0x37);
	pulse(12);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(i8259_peek(&pic), 0x3c);
		EXPECT(i8259_output(&pic));
	}
	EXPECT_EQ(i8259_ack(&pic), 0x3c);
	EXPECT(!i8259_output(&pic));
	pulse(1);
	EXPECT_EQ(i8259_peek(&pic), 0x31);
}

static void special_fully_nested(void)
{
	init(0x11, 1);
	pulse(12);
	EXPECT_EQ(i8259_ack(&pic), 0x3c);
	/* a higher one of the slave gets through the master's service */
	pulse(8);
	EXPECT(i8259_output(&pic));
	EXPECT_EQ(i8259_ack(&pic), 0x38);
	/* a lower one does not */
	pulse(15);
	EXPECT(!i8259_output(&pic));
}

static void masks(void)
{
	init(1, 1);
	i8259_write(&pic, 0x21, 0x10);
	EXPECT_EQ(i8259_read(&pic, 0x21), 0x10);
	pulse(4);
	EXPECT(!i8259_output(&pic));
	/* a masked edge is remembered */
	EXPECT_EQ(i8259_read(&pic, 0x20), 0x10);
	i8259_write(&pic, 0x21, 0);
	EXPECT_EQ(i8259_ack(&pic), 0x34);
	i8259_write(&pic, 0x20, 0x0b);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0x10);
	i8259_write(&pic, 0x20, 0x0a);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0x00);
}

static void special_mask(void)
{
	init(1, 1);
	pulse(1);
	EXPECT_EQ(i8259_ack(&pic), 0x31);
	pulse(5);
	EXPECT(!i8259_output(&pic));
	i8259_write(&pic, 0x21, 0x02);
	EXPECT(!i8259_output(&pic));
	i8259_write(&pic, 0x20, 0x68);
	EXPECT(i8259_output(&pic));
	EXPECT_EQ(i8259_ack(&pic), 0x35);
	/* the end means 5, not the masked 1 */
	i8259_write(&pic, 0x20, 0x20);
	i8259_write(&pic, 0x20, 0x0b);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0x02);
}

static void auto_eoi(void)
{
	init(3, 3);
	pulse(4);
	pulse(5);
	EXPECT_EQ(i8259_ack(&pic), 0x34);
	EXPECT_EQ(i8259_ack(&pic), 0x35);
	i8259_write(&pic, 0x20, 0x0b);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0);
}

static void rotation(void)
{
	init(1, 1);
	pulse(3);
	EXPECT_EQ(i8259_ack(&pic), 0x33);
	/* rotate on end: 3 is the lowest now, 4 the highest */
	i8259_write(&pic, 0x20, 0xa0);
	pulse(3);
	pulse(4);
	EXPECT_EQ(i8259_ack(&pic), 0x34);
	i8259_write(&pic, 0x20, 0x20);
	EXPECT_EQ(i8259_ack(&pic), 0x33);
	i8259_write(&pic, 0x20, 0x20);
	/* set priority: 7 is the lowest again */
	i8259_write(&pic, 0x20, 0xc7);
	pulse(4);
	pulse(3);
	EXPECT_EQ(i8259_ack(&pic), 0x33);
}

static void level_triggered(void)
{
	init(1, 1);
	i8259_write(&pic, 0x4d1, 0xff);
	i8259_write(&pic, 0x4d0, 0xff);
	/* system inputs stay edge-triggered */
	EXPECT_EQ(i8259_read(&pic, 0x4d0), 0xf8);
	EXPECT_EQ(i8259_read(&pic, 0x4d1), 0xde);

	i8259_set_line(&pic, 9, true);
	EXPECT_EQ(i8259_ack(&pic), 0x39);
	i8259_write(&pic, 0xa0, 0x61);
	i8259_write(&pic, 0x20, 0x62);
	/* still high: again */
	EXPECT_EQ(i8259_ack(&pic), 0x39);
	i8259_set_line(&pic, 9, false);
	i8259_write(&pic, 0xa0, 0x61);
	i8259_write(&pic, 0x20, 0x62);
	EXPECT(!i8259_output(&pic));
}

static void edge_needs_rise(void)
{
	init(1, 1);
	i8259_set_line(&pic, 4, true);
	EXPECT_EQ(i8259_ack(&pic), 0x34);
	i8259_write(&pic, 0x20, 0x64);
	EXPECT(!i8259_output(&pic));
	i8259_set_line(&pic, 4, true);
	EXPECT(!i8259_output(&pic));
	i8259_set_line(&pic, 4, false);
	i8259_set_line(&pic, 4, true);
	EXPECT(i8259_output(&pic));
}

static void spurious(void)
{
	init(1, 1);
	EXPECT_EQ(i8259_ack(&pic), 0x37);
	i8259_write(&pic, 0x20, 0x0b);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0);
}

static void poll(void)
{
	init(1, 1);
	i8259_write(&pic, 0x20, 0x0c);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0);
	pulse(6);
	i8259_write(&pic, 0x20, 0x0c);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0x86);
	i8259_write(&pic, 0x20, 0x0b);
	EXPECT_EQ(i8259_read(&pic, 0x20), 0x40);
}

const struct test i8259_tests[] = {
	{ "i8259: silent before initialization", silent_before_init },
	{ "i8259: priorities and end of interrupt", priorities },
	{ "i8259: slave", slave },
	{ "i8259: a look at the vector", peeking },
	{ "i8259: special fully nested mode", special_fully_nested },
	{ "i8259: masks and register reads", masks },
	{ "i8259: special mask mode", special_mask },
	{ "i8259: automatic end of interrupt", auto_eoi },
	{ "i8259: rotation", rotation },
	{ "i8259: level-triggered inputs", level_triggered },
	{ "i8259: an edge needs a rise", edge_needs_rise },
	{ "i8259: spurious interrupt", spurious },
	{ "i8259: poll command", poll },
	{ NULL, NULL },
};
