// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "pl011.h"
#include "test.h"

#define DR	0x000
#define FR	0x018
#define IBRD	0x024
#define FBRD	0x028
#define LCR_H	0x02c
#define CR	0x030
#define IMSC	0x038
#define RIS	0x03c
#define MIS	0x040
#define ICR	0x044

#define RXFE	0x10
#define RXFF	0x40
#define TXFE	0x80
#define RX	0x10
#define TX	0x20
#define RT	0x40

static struct pl011 uart;
static char out[64];
static unsigned int out_len;
static const char *in;
static bool irq;

static void put_char(void *opaque, unsigned char c)
{
	(void)opaque;
	if (out_len < sizeof(out))
		out[out_len++] = c;
}

static int get_char(void *opaque)
{
	(void)opaque;
	return *in ? *in++ : -1;
}

static void set_irq(void *opaque, bool level)
{
	(void)opaque;
	/* told of changes only */
	EXPECT(irq != level);
	irq = level;
}

static uint32_t get(uint32_t reg)
{
	return pl011_read(&uart, reg);
}

static void set(uint32_t reg, uint32_t value)
{
	pl011_write(&uart, reg, value);
}

static void reset(void)
{
	const struct pl011_ops ops = {
		.putc = put_char,
		.getc = get_char,
		.irq = set_irq,
	};

	out_len = 0;
	in = "";
	irq = false;
	pl011_reset(&uart, &ops);
}

/* As Linux sets it up: FIFOs, both directions. */
static void open_port(void)
{
	reset();
	set(LCR_H, 0x70);
	set(CR, 0x301);
}

static void registers(void)
{
	static const uint8_t id[] = { 0x11, 0x10, 0x34, 0, 0x0d, 0xf0, 5, 0xb1 };

	reset();
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(get(0xfe0 + 4 * i), id[i]);
	EXPECT_EQ(get(CR), 0x300);
	EXPECT_EQ(get(FR) & (RXFE | RXFF | TXFE), RXFE | TXFE);
	set(IBRD, 0x12345);
	EXPECT_EQ(get(IBRD), 0x2345);
	set(FBRD, 0xff);
	EXPECT_EQ(get(FBRD), 0x3f);
	set(IMSC, 0xffffffff);
	EXPECT_EQ(get(IMSC), 0x7ff);
	EXPECT_EQ(get(0x100), 0);
}

static void transmit(void)
{
	open_port();
	set(DR, 'h');
	EXPECT_EQ(get(RIS), TX);
	EXPECT(!irq);
	set(IMSC, TX);
	EXPECT(irq);
	EXPECT_EQ(get(MIS), TX);
	set(ICR, TX);
	EXPECT(!irq);
	set(DR, 'i');
	EXPECT(irq);
	set(IMSC, 0);
	EXPECT(!irq);
	EXPECT(out_len == 2 && !memcmp(out, "hi", 2));
	EXPECT(get(FR) & TXFE);
}

static void receive(void)
{
	open_port();
	EXPECT(!pl011_listens(&uart));
	set(IMSC, RX | RT);
	EXPECT(pl011_listens(&uart));
	in = "abc";
	pl011_poll(&uart);
	EXPECT(irq);
	EXPECT_EQ(get(MIS), RX | RT);
	EXPECT_EQ(get(DR), 'a');
	EXPECT_EQ(get(DR), 'b');
	EXPECT(irq);
	EXPECT(!(get(FR) & RXFE));
	EXPECT_EQ(get(DR), 'c');
	EXPECT(!irq);
	EXPECT(get(FR) & RXFE);
	EXPECT_EQ(get(DR), 0);

	/* more than it holds waits outside */
	in = "0123456789abcdefXY";
	pl011_poll(&uart);
	EXPECT(get(FR) & RXFF);
	EXPECT(!strcmp(in, "XY"));
	for (const char *c = "0123456789abcdefXY"; *c; c++)
		EXPECT_EQ(get(DR), *c);
	EXPECT(!irq);
}

/* Where it is off nothing is taken; without FIFOs one byte is. */
static void off(void)
{
	reset();
	in = "ab";
	pl011_poll(&uart);
	EXPECT(get(FR) & RXFE);
	EXPECT(!strcmp(in, "ab"));
	set(CR, 0x301);
	EXPECT(!strcmp(in, "b"));
	EXPECT(get(FR) & RXFF);
	EXPECT_EQ(get(DR), 'a');
	EXPECT_EQ(get(DR), 'b');
	/* what came stays when the FIFOs go */
	set(LCR_H, 0x10);
	in = "cde";
	pl011_poll(&uart);
	set(LCR_H, 0);
	EXPECT(get(FR) & RXFF);
	EXPECT_EQ(get(DR), 'c');
	EXPECT_EQ(get(DR), 'd');
	EXPECT_EQ(get(DR), 'e');
}

const struct test pl011_tests[] = {
	{ "pl011: registers", registers },
	{ "pl011: transmit", transmit },
	{ "pl011: receive", receive },
	{ "pl011: off, and without FIFOs", off },
	{ NULL, NULL },
};
