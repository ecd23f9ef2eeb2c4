/* SPDX-License-Identifier: GPL-2.0-only */
/* A board's serial port: a 16550 whose other end is the console. */
#ifndef AXRUN_SERIAL_H
#define AXRUN_SERIAL_H

#include "axrun.h"
#include "uart16550.h"

struct serial {
	struct uart16550 uart;
	uint64_t base;
};

/* The eight registers are at @base of @bus, one after the other. */
void serial_init(struct serial *s, struct bus *bus, uint64_t base, bool out2_gate,
		 void (*irq)(void *opaque, bool level), void *opaque);
/* for console_open(): there is input */
void serial_ready(void *serial);

#endif /* AXRUN_SERIAL_H */
