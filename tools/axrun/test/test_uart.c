// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "test.h"
#include "uart16550.h"

static struct uart16550 uart;
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
	irq = level;
}

static void reset_as(bool out2_gate)
{
	const struct uart16550_ops ops = {
		.putc = put_char,
		.getc = get_char,
		.irq = set_irq,
		.out2_gate = out2_gate,
	};

	out_len = 0;
	in = "";
	irq = false;
	uart16550_reset(&uart, &ops);
}

static void reset(void)
{
	reset_as(true);
}

static uint8_t get(unsigned int reg)
{
	return uart16550_read(&uart, reg);
}

static void set(unsigned int reg, uint8_t value)
{
	uart16550_write(&uart, reg, value);
}

static void transmit(void)
{
	reset();
	EXPECT_EQ(get(5), 0x60);
	set(0, 'h');
	set(0, 'i');
	EXPECT_EQ(out_len, 2);
	EXPECT(!memcmp(out, "hi", 2));
	/* the divisor is not output */
	set(3, 0x83);
	set(0, 12);
	set(1, 0);
	EXPECT_EQ(get(0), 12);
	set(3, 0x03);
	EXPECT_EQ(out_len, 2);
}

static void transmit_interrupt(void)
{
	reset();
	set(4, 0x08);
	set(1, 0x02);
	/* switching it on is an event, reading IIR ends it */
	EXPECT(irq);
	EXPECT_EQ(get(2), 0x02);
	EXPECT(!irq);
	EXPECT_EQ(get(2), 0x01);
	set(0, 'x');
	EXPECT(irq);
	/* OUT2 is the switch to the bus */
	set(4, 0x00);
	EXPECT(!irq);
	set(4, 0x08);
	EXPECT(irq);
	set(1, 0x00);
	EXPECT(!irq);
	set(1, 0x02);
	EXPECT_EQ(get(2), 0x02);
}

/* Where no PC is around it, OUT2 is a pin like others. */
static void without_gate(void)
{
	reset_as(false);
	set(1, 0x02);
	EXPECT(irq);
	set(4, 0x08);
	EXPECT(irq);
	set(4, 0x10);
	EXPECT(irq);
	EXPECT_EQ(get(2), 0x02);
	EXPECT(!irq);
}

static void firmware(void)
{
	reset();
	set(4, 0x08);
	set(1, 0x01);
	EXPECT(uart16550_getc(&uart) < 0);
	in = "ab";
	uart16550_poll(&uart);
	EXPECT(irq);
	/* one waits in the port already; the divisor latch is not in the way */
	set(3, 0x83);
	EXPECT_EQ(uart16550_getc(&uart), 'a');
	EXPECT(irq);
	EXPECT_EQ(uart16550_getc(&uart), 'b');
	EXPECT(!irq);
	EXPECT(uart16550_getc(&uart) < 0);
}

static void receive(void)
{
	reset();
	set(4, 0x08);
	set(2, 0x01);
	set(1, 0x01);
	EXPECT_EQ(get(2), 0xc1);
	in = "abcdefghijklmnopqrstuvwxyz";
	uart16550_poll(&uart);
	EXPECT(irq);
	EXPECT_EQ(get(2), 0xc4);
	/* nothing is lost: what does not fit waits outside */
	for (char c = 'a'; c <= 'z'; c++) {
		EXPECT_EQ(get(5), 0x61);
		EXPECT_EQ(get(0), c);
	}
	EXPECT_EQ(get(5), 0x60);
	EXPECT(!irq);
}

static void loop_back(void)
{
	reset();
	/* how Linux looks whether there is a port */
	set(4, 0x1a);
	EXPECT_EQ(get(6) & 0xf0, 0x90);
	set(4, 0x15);
	EXPECT_EQ(get(6) & 0xf0, 0x60);
	set(4, 0x10);
	in = "outside";
	uart16550_poll(&uart);
	EXPECT_EQ(get(5), 0x60);
	set(0, 'L');
	EXPECT_EQ(out_len, 0);
	EXPECT_EQ(get(0), 'L');
	set(0, 'M');
	set(0, 'N');
	/* without FIFO there is room for one */
	EXPECT_EQ(get(5), 0x63);
	EXPECT_EQ(get(5), 0x61);
	set(4, 0x08);
	EXPECT_EQ(get(6) & 0xf0, 0xb0);
}

static void registers(void)
{
	reset();
	set(7, 0x5a);
	EXPECT_EQ(get(7), 0x5a);
	set(1, 0xff);
	EXPECT_EQ(get(1), 0x0f);
	set(2, 0x01);
	EXPECT_EQ(get(2) & 0xe0, 0xc0);
	set(2, 0x21);
	EXPECT_EQ(get(2) & 0xe0, 0xc0);
	set(2, 0x00);
	EXPECT_EQ(get(2) & 0xe0, 0x00);
}

const struct test uart_tests[] = {
	{ "uart: transmit", transmit },
	{ "uart: transmit interrupt", transmit_interrupt },
	{ "uart: interrupt without a PC around it", without_gate },
	{ "uart: receive", receive },
	{ "uart: firmware takes a byte", firmware },
	{ "uart: loop back", loop_back },
	{ "uart: registers", registers },
	{ NULL, NULL },
};
