// SPDX-License-Identifier: GPL-2.0-only
#include "axrun.h"
#include "test.h"

static uint64_t log_addr[8];
static uint64_t log_data[8];
static unsigned int log_width[8];
static unsigned int log_nr;

static void note(uint64_t addr, unsigned int width, uint64_t data)
{
	if (log_nr == ARRAY_SIZE(log_addr))
		return;
	log_addr[log_nr] = addr;
	log_width[log_nr] = width;
	log_data[log_nr++] = data;
}

/* Reads as its address, in all eight bytes where it is asked for one. */
static uint64_t read_addr(void *opaque, uint64_t addr, unsigned int width)
{
	(void)opaque;
	note(addr, width, 0);
	return addr | ~0xffull;
}

static void write_note(void *opaque, uint64_t addr, unsigned int width,
		       uint64_t data)
{
	(void)opaque;
	note(addr, width, data);
}

static void add(struct bus *bus, uint64_t first, uint64_t last, bool bytes)
{
	struct bus_device dev = {
		.first = first,
		.last = last,
		.bytes = bytes,
		.read = read_addr,
		.write = write_note,
	};

	bus_add(bus, &dev);
	log_nr = 0;
}

static void nobody(void)
{
	struct bus bus = { 0 };
	struct bus_device silent = { .first = 0x40, .last = 0x4f };

	add(&bus, 0x10, 0x1f, false);
	bus_add(&bus, &silent);
	EXPECT_EQ(bus_read(&bus, 0xf, 1), 0xff);
	EXPECT_EQ(bus_read(&bus, 0x20, 2), 0xffff);
	EXPECT_EQ(bus_read(&bus, 0x20, 4), 0xffffffff);
	EXPECT_EQ(bus_read(&bus, UINT64_MAX, 8), UINT64_MAX);
	EXPECT_EQ(bus_read(&bus, 0x40, 4), 0xffffffff);
	bus_write(&bus, 0x20, 4, 1);
	bus_write(&bus, 0x40, 4, 1);
	EXPECT_EQ(log_nr, 0);
}

static void widths(void)
{
	struct bus bus = { 0 };

	add(&bus, 0xd0000010, 0xd000001f, false);
	EXPECT_EQ(bus_read(&bus, 0xd0000010, 1), 0x10);
	EXPECT_EQ(bus_read(&bus, 0xd0000012, 2), 0xff12);
	EXPECT_EQ(bus_read(&bus, 0xd0000014, 4), 0xffffff14);
	EXPECT_EQ(bus_read(&bus, 0xd000001f, 8), 0xffffffffffffff1f);
	log_nr = 0;
	bus_write(&bus, 0xd0000018, 8, 0x1122334455667788);
	bus_write(&bus, 0xd0000018, 2, 0x1122334455667788);
	EXPECT_EQ(log_nr, 2);
	EXPECT_EQ(log_width[0], 8);
	EXPECT_EQ(log_data[0], 0x1122334455667788);
	EXPECT_EQ(log_width[1], 2);
	EXPECT_EQ(log_data[1], 0x7788);
}

/* A wide access to a device of bytes, the last of them on its neighbour's. */
static void split(void)
{
	struct bus bus = { 0 };

	add(&bus, 0x10, 0x11, true);
	add(&bus, 0x12, 0x12, false);
	EXPECT_EQ(bus_read(&bus, 0x10, 4), 0xff121110);
	log_nr = 0;
	bus_write(&bus, 0x11, 4, 0x44332211);
	EXPECT_EQ(log_nr, 2);
	EXPECT_EQ(log_addr[0], 0x11);
	EXPECT_EQ(log_data[0], 0x11);
	EXPECT_EQ(log_addr[1], 0x12);
	EXPECT_EQ(log_data[1], 0x22);
	EXPECT_EQ(log_width[1], 1);
}

const struct test bus_tests[] = {
	{ "bus: nobody there", nobody },
	{ "bus: widths", widths },
	{ "bus: bytes", split },
	{ NULL, NULL },
};
