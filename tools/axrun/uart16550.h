/* SPDX-License-Identifier: GPL-2.0-only */
/* A 16550A serial port. */
#ifndef AXRUN_UART16550_H
#define AXRUN_UART16550_H

#include <stdbool.h>
#include <stdint.h>

#define UART_FIFO	16

/* what is at the other ends of its pins */
struct uart16550_ops {
	void (*putc)(void *opaque, unsigned char c);
	/* the next received byte, -1: none */
	int (*getc)(void *opaque);
	void (*irq)(void *opaque, bool level);
	void *opaque;
	/* OUT2 lets the interrupt through, as on a PC */
	bool out2_gate;
};

struct uart16550 {
	struct uart16550_ops ops;
	uint8_t ier;
	uint8_t lcr;
	uint8_t mcr;
	uint8_t lsr_errors;	/* sticky until LSR is read */
	uint8_t msr_delta;
	uint8_t scr;
	uint8_t dll;
	uint8_t dlm;
	bool fifo;
	bool thr_empty_irq;	/* THR became empty, IIR not read since */
	uint8_t rx[UART_FIFO];
	unsigned int rx_len;
	bool level;
};

void uart16550_reset(struct uart16550 *u, const struct uart16550_ops *ops);
/* registers 0-7 */
uint8_t uart16550_read(struct uart16550 *u, unsigned int reg);
void uart16550_write(struct uart16550 *u, unsigned int reg, uint8_t data);
/* ops.getc() has something now */
void uart16550_poll(struct uart16550 *u);
/* for firmware that shares the port: the next received byte, -1: none */
int uart16550_getc(struct uart16550 *u);

#endif /* AXRUN_UART16550_H */
