// SPDX-License-Identifier: GPL-2.0-only
/* A board's serial port. Called with vm->lock held. */
#include "console.h"
#include "serial.h"

#define REGISTERS	8

static void serial_putc(void *opaque, unsigned char c)
{
	(void)opaque;
	console_putc(c);
}

static int serial_getc(void *opaque)
{
	(void)opaque;
	return console_getc();
}

void serial_ready(void *opaque)
{
	struct serial *s = opaque;

	uart16550_poll(&s->uart);
}

static uint64_t serial_read(void *opaque, uint64_t addr, unsigned int width)
{
	struct serial *s = opaque;

	(void)width;
	return uart16550_read(&s->uart, addr - s->base);
}

static void serial_write(void *opaque, uint64_t addr, unsigned int width,
			 uint64_t data)
{
	struct serial *s = opaque;

	(void)width;
	uart16550_write(&s->uart, addr - s->base, data);
}

void serial_init(struct serial *s, struct bus *bus, uint64_t base, bool out2_gate,
		 void (*irq)(void *opaque, bool level), void *opaque)
{
	struct uart16550_ops ops = {
		.putc = serial_putc,
		.getc = serial_getc,
		.irq = irq,
		.opaque = opaque,
		.out2_gate = out2_gate,
	};

	s->base = base;
	uart16550_reset(&s->uart, &ops);
	bus_add_range(bus, base, base + REGISTERS - 1, true, serial_read,
		      serial_write, s);
}
