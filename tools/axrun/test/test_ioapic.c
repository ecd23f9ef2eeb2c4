// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ioapic.h"
#include "test.h"

#define MASKED		(1u << 16)
#define LEVEL		(1u << 15)
#define REMOTE_IRR	(1u << 14)
#define LOGICAL		(1u << 11)
#define MODE(m)		((m) << 8)

static struct ioapic io;
static struct ioapic_message last;
static unsigned int sent;
static bool refuse;

static bool take(void *opaque, const struct ioapic_message *m)
{
	EXPECT(opaque == &io);
	last = *m;
	sent++;
	return !refuse;
}

static void reset(void)
{
	memset(&io, 0, sizeof(io));
	io.send = take;
	io.opaque = &io;
	sent = 0;
	refuse = false;
	ioapic_reset(&io);
}

static uint32_t get(uint8_t reg)
{
	ioapic_write(&io, 0, 4, reg);
	EXPECT_EQ(ioapic_read(&io, 0, 4), reg);
	return ioapic_read(&io, 0x10, 4);
}

static void set(uint8_t reg, uint32_t value)
{
	ioapic_write(&io, 0, 4, reg);
	ioapic_write(&io, 0x10, 4, value);
}

static void set_pin(unsigned int pin, uint32_t low, uint8_t destination)
{
	set(0x11 + 2 * pin, (uint32_t)destination << 24);
	set(0x10 + 2 * pin, low);
}

static void pulse(unsigned int pin)
{
	ioapic_set_line(&io, pin, true);
	ioapic_set_line(&io, pin, false);
}

static void registers(void)
{
	reset();
	EXPECT_EQ(get(1), 23u << 16 | 0x20);
	for (unsigned int i = 0; i < IOAPIC_PINS; i++) {
		EXPECT_EQ(get(0x10 + 2 * i), MASKED);
		EXPECT_EQ(get(0x11 + 2 * i), 0);
	}
	set(0, 0xffffffff);
	EXPECT_EQ(get(0), 0x0f000000);
	EXPECT_EQ(get(2), 0x0f000000);
	set(1, 0xffffffff);
	EXPECT_EQ(get(1), 23u << 16 | 0x20);

	/* delivery status and Remote IRR are not to be written */
	set(0x10 + 2 * 23, 0xffffffff);
	EXPECT_EQ(get(0x10 + 2 * 23), 0x1afff);
	set(0x11 + 2 * 23, 0xffffffff);
	EXPECT_EQ(get(0x11 + 2 * 23), 0xff000000);
	EXPECT_EQ(get(0x10 + 2 * 23), 0x1afff);
	EXPECT_EQ(sent, 0);
}

/* Registers, inputs and widths that are not there. */
static void outside(void)
{
	uint32_t seed = 3;

	reset();
	set(0x40, 0xffffffff);
	EXPECT_EQ(get(0x40), 0);
	EXPECT_EQ(get(0xff), 0);
	ioapic_set_line(&io, IOAPIC_PINS, true);
	ioapic_set_line(&io, 0xffffffff, true);
	EXPECT_EQ(io.lines, 0);

	/* the window has one width, the selector any */
	ioapic_write(&io, 0, 1, 0x10);
	EXPECT_EQ(ioapic_read(&io, 0, 1), 0x10);
	ioapic_write(&io, 0x10, 1, 0);
	ioapic_write(&io, 0x12, 4, 0);
	ioapic_write(&io, 0x20, 4, 0);
	EXPECT_EQ(get(0x10), MASKED);
	EXPECT_EQ(ioapic_read(&io, 0x10, 2), 0);
	EXPECT_EQ(ioapic_read(&io, 0x40, 4), 0);

	/* whatever is written: an entry's reserved bits stay zero */
	for (int i = 0; i < 20000; i++) {
		uint8_t at[8] = { 0 };

		garble(at, sizeof(at), 8, &seed);
		ioapic_write(&io, at[0] & 0x50, 4, (uint32_t)at[1] << 24 | at[2] << 16 |
						   at[3] << 8 | at[4]);
		ioapic_set_line(&io, at[5], at[6] & 1);
	}
	for (unsigned int i = 0; i < IOAPIC_PINS; i++) {
		EXPECT_EQ(get(0x10 + 2 * i) & 0xfffe1000, 0);
		EXPECT_EQ(get(0x11 + 2 * i) & 0x00ffffff, 0);
	}
}

static void edge(void)
{
	reset();
	set_pin(4, 0x34, 2);
	EXPECT_EQ(sent, 0);
	ioapic_set_line(&io, 4, true);
	EXPECT_EQ(sent, 1);
	EXPECT_EQ(last.vector, 0x34);
	EXPECT_EQ(last.destination, 2);
	EXPECT_EQ(last.mode, IOAPIC_FIXED);
	EXPECT(!last.logical);
	EXPECT(!last.level);
	EXPECT_EQ(get(0x10 + 2 * 4), 0x34);

	/* it stays up, which is no edge; nor is an EOI */
	ioapic_set_line(&io, 4, true);
	ioapic_eoi(&io, 0x34);
	EXPECT_EQ(sent, 1);
	ioapic_set_line(&io, 4, false);
	EXPECT_EQ(sent, 1);
	pulse(4);
	pulse(4);
	EXPECT_EQ(sent, 3);

	/* masked: lost */
	set_pin(4, MASKED | 0x34, 2);
	pulse(4);
	ioapic_set_line(&io, 4, true);
	set_pin(4, 0x34, 2);
	EXPECT_EQ(sent, 3);
}

static void level(void)
{
	reset();
	set_pin(9, LEVEL | LOGICAL | MODE(IOAPIC_LOWEST) | 0x51, 0x0f);
	ioapic_set_line(&io, 9, true);
	EXPECT_EQ(sent, 1);
	EXPECT_EQ(last.vector, 0x51);
	EXPECT_EQ(last.destination, 0x0f);
	EXPECT_EQ(last.mode, IOAPIC_LOWEST);
	EXPECT(last.logical);
	EXPECT(last.level);
	EXPECT(get(0x10 + 2 * 9) & REMOTE_IRR);

	/* no other until the EOI, of its own vector */
	pulse(9);
	ioapic_set_line(&io, 9, true);
	ioapic_eoi(&io, 0x50);
	EXPECT_EQ(sent, 1);
	/* the line is still up */
	ioapic_eoi(&io, 0x51);
	EXPECT_EQ(sent, 2);
	EXPECT(get(0x10 + 2 * 9) & REMOTE_IRR);
	ioapic_set_line(&io, 9, false);
	ioapic_eoi(&io, 0x51);
	EXPECT_EQ(sent, 2);
	EXPECT(!(get(0x10 + 2 * 9) & REMOTE_IRR));
	ioapic_eoi(&io, 0x51);
	EXPECT_EQ(sent, 2);

	/* masked it waits for the mask to go, and no longer than the line is up */
	set_pin(9, MASKED | LEVEL | 0x51, 0);
	pulse(9);
	set_pin(9, LEVEL | 0x51, 0);
	EXPECT_EQ(sent, 2);
	set_pin(9, MASKED | LEVEL | 0x51, 0);
	ioapic_set_line(&io, 9, true);
	EXPECT_EQ(sent, 2);
	set_pin(9, LEVEL | 0x51, 0);
	EXPECT_EQ(sent, 3);

	/* a mask does not take Remote IRR away, and an EOI does not lift a mask */
	set_pin(9, MASKED | LEVEL | 0x51, 0);
	EXPECT(get(0x10 + 2 * 9) & REMOTE_IRR);
	ioapic_eoi(&io, 0x51);
	EXPECT_EQ(sent, 3);
	EXPECT_EQ(get(0x10 + 2 * 9), MASKED | LEVEL | 0x51);
}

/* The EOI register, and the trick for those that have none. */
static void eoi_by_register(void)
{
	reset();
	set_pin(10, LEVEL | 0x60, 0);
	set_pin(11, LEVEL | 0x60, 0);
	set_pin(12, LEVEL | 0x61, 0);
	ioapic_set_line(&io, 10, true);
	ioapic_set_line(&io, 11, true);
	ioapic_set_line(&io, 12, true);
	EXPECT_EQ(sent, 3);
	/* all inputs with that vector */
	ioapic_write(&io, 0x40, 4, 0x60);
	EXPECT_EQ(sent, 5);
	EXPECT(get(0x10 + 2 * 12) & REMOTE_IRR);

	ioapic_set_line(&io, 12, false);
	set_pin(12, MASKED | 0x61, 0);
	EXPECT_EQ(get(0x10 + 2 * 12), MASKED | 0x61);
	set_pin(12, MASKED | LEVEL | 0x61, 0);
	EXPECT_EQ(get(0x10 + 2 * 12), MASKED | LEVEL | 0x61);
	EXPECT_EQ(sent, 5);
}

static void refused(void)
{
	reset();
	refuse = true;
	set_pin(3, 0x40, 7);
	pulse(3);
	EXPECT_EQ(sent, 1);
	set_pin(5, LEVEL | 0x41, 7);
	ioapic_set_line(&io, 5, true);
	EXPECT_EQ(sent, 2);
	/* nobody has it, so nobody will end it */
	EXPECT(!(get(0x10 + 2 * 5) & REMOTE_IRR));
	refuse = false;
	set_pin(5, LEVEL | 0x41, 1);
	EXPECT_EQ(sent, 3);
	EXPECT_EQ(last.destination, 1);
	EXPECT(get(0x10 + 2 * 5) & REMOTE_IRR);
}

/*
 * Two inputs with one vector: the second message is no news to the local APIC, which
 * says so, and the one EOI is for both.
 */
static void shared_vector(void)
{
	reset();
	set_pin(6, LEVEL | 0x70, 0);
	set_pin(7, LEVEL | 0x70, 0);
	ioapic_set_line(&io, 6, true);
	refuse = true;
	ioapic_set_line(&io, 7, true);
	EXPECT_EQ(sent, 2);
	refuse = false;
	ioapic_set_line(&io, 6, false);
	ioapic_eoi(&io, 0x70);
	EXPECT_EQ(sent, 3);
	EXPECT(get(0x10 + 2 * 7) & REMOTE_IRR);
	EXPECT(!(get(0x10 + 2 * 6) & REMOTE_IRR));
}

/* What is not fixed is an edge, and goes out as it is. */
static void modes(void)
{
	static const uint8_t list[] = { 2, 3, 4, 5, 6, 7 };

	reset();
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		set_pin(1, LEVEL | MODE(list[i]) | 0x30, 0);
		sent = 0;
		ioapic_set_line(&io, 1, true);
		EXPECT_EQ(sent, 1);
		EXPECT_EQ(last.mode, list[i]);
		EXPECT(!last.level);
		EXPECT(!(get(0x12) & REMOTE_IRR));
		ioapic_eoi(&io, 0x30);
		EXPECT_EQ(sent, 1);
		ioapic_set_line(&io, 1, false);
	}
}

const struct test ioapic_tests[] = {
	{ "ioapic: registers", registers },
	{ "ioapic: registers that are not there", outside },
	{ "ioapic: edge-triggered", edge },
	{ "ioapic: level-triggered", level },
	{ "ioapic: end of interrupt by register", eoi_by_register },
	{ "ioapic: messages that nobody takes", refused },
	{ "ioapic: a vector for two", shared_vector },
	{ "ioapic: delivery modes", modes },
	{ NULL, NULL },
};
