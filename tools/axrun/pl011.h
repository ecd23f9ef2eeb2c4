/* SPDX-License-Identifier: GPL-2.0-only */
/* A PL011 serial port. */
#ifndef AXRUN_PL011_H
#define AXRUN_PL011_H

#include <stdbool.h>
#include <stdint.h>

#define PL011_SIZE	0x1000u
#define PL011_FIFO	16

/* what is at the other ends of its pins */
struct pl011_ops {
	void (*putc)(void *opaque, unsigned char c);
	/* the next received byte, -1: none */
	int (*getc)(void *opaque);
	void (*irq)(void *opaque, bool level);
	void *opaque;
};

struct pl011 {
	struct pl011_ops ops;
	uint16_t cr;
	uint16_t ris;		/* latched: what was sent and what came */
	uint16_t imsc;
	uint16_t ibrd;
	uint8_t fbrd;
	uint8_t lcr_h;
	uint8_t ifls;
	uint8_t rx[PL011_FIFO];
	unsigned int rx_len;
	bool level;
};

void pl011_reset(struct pl011 *u, const struct pl011_ops *ops);
uint32_t pl011_read(struct pl011 *u, uint32_t reg);
void pl011_write(struct pl011 *u, uint32_t reg, uint32_t data);
/* ops.getc() has something now */
void pl011_poll(struct pl011 *u);
/* Does the guest wait for input here? */
bool pl011_listens(const struct pl011 *u);

#endif /* AXRUN_PL011_H */
