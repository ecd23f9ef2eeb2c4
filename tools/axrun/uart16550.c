// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 16550A serial port. The transmitter is infinitely fast: what is written is
 * gone at once, so THR is empty whenever the guest looks. The baud rate is
 * remembered and means nothing.
 */
#include <string.h>

#include "uart16550.h"

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_RX		0x01
#define IER_THR		0x02
#define IER_LINE	0x04
#define IER_MODEM	0x08

#define IIR_MODEM	0x00
#define IIR_NONE	0x01
#define IIR_THR		0x02
#define IIR_RX		0x04
#define IIR_LINE	0x06
#define IIR_FIFO	0xc0

#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02

#define LCR_DLAB	0x80

#define MCR_DTR		0x01
#define MCR_RTS		0x02
#define MCR_OUT1	0x04
#define MCR_OUT2	0x08
#define MCR_LOOP	0x10

#define LSR_DATA	0x01
#define LSR_OVERRUN	0x02
#define LSR_ERRORS	0x1e
#define LSR_THR_EMPTY	0x20
#define LSR_TX_IDLE	0x40

#define MSR_CTS		0x10
#define MSR_DSR		0x20
#define MSR_RI		0x40
#define MSR_DCD		0x80

static unsigned int rx_size(const struct uart16550 *u)
{
	return u->fifo ? UART_FIFO : 1;
}

/* The modem lines: a cable with everything ready, or the loop back. */
static uint8_t modem_lines(const struct uart16550 *u)
{
	uint8_t lines = 0;

	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;

	if (u->mcr & MCR_RTS)
		lines |= MSR_CTS;
	if (u->mcr & MCR_DTR)
		lines |= MSR_DSR;
	if (u->mcr & MCR_OUT1)
		lines |= MSR_RI;
	if (u->mcr & MCR_OUT2)
		lines |= MSR_DCD;
	return lines;
}

/* The cause of the highest priority. */
static uint8_t cause(const struct uart16550 *u)
{
	if (u->ier & IER_LINE && u->lsr_errors)
		return IIR_LINE;
	if (u->ier & IER_RX && u->rx_len)
		return IIR_RX;
	if (u->ier & IER_THR && u->thr_empty_irq)
		return IIR_THR;
	if (u->ier & IER_MODEM && u->msr_delta)
		return IIR_MODEM;
	return IIR_NONE;
}

static void update_irq(struct uart16550 *u)
{
	bool level = cause(u) != IIR_NONE;

	/* the loop cuts OUT2 off */
	if (u->ops.out2_gate && (u->mcr & (MCR_OUT2 | MCR_LOOP)) != MCR_OUT2)
		level = false;
	if (level == u->level)
		return;
	u->level = level;
	u->ops.irq(u->ops.opaque, level);
}

static void receive(struct uart16550 *u, uint8_t c)
{
	if (u->rx_len == rx_size(u)) {
		u->lsr_errors |= LSR_OVERRUN;
		return;
	}
	u->rx[u->rx_len++] = c;
}

static void fill(struct uart16550 *u)
{
	/* the loop disconnects the outside */
	while (!(u->mcr & MCR_LOOP) && u->rx_len < rx_size(u)) {
		int c = u->ops.getc(u->ops.opaque);

		if (c < 0)
			break;
		receive(u, c);
	}
}

void uart16550_poll(struct uart16550 *u)
{
	fill(u);
	update_irq(u);
}

static uint8_t read_rbr(struct uart16550 *u)
{
	uint8_t c;

	if (!u->rx_len)
		return 0;

	c = u->rx[0];
	u->rx_len--;
	memmove(u->rx, u->rx + 1, u->rx_len);
	fill(u);
	return c;
}

int uart16550_getc(struct uart16550 *u)
{
	int c;

	fill(u);
	if (!u->rx_len)
		return -1;
	c = read_rbr(u);
	update_irq(u);
	return c;
}

static uint8_t read_iir(struct uart16550 *u)
{
	uint8_t iir = cause(u);

	if (iir == IIR_THR)
		u->thr_empty_irq = false;
	return iir | (u->fifo ? IIR_FIFO : 0);
}

static uint8_t read_lsr(struct uart16550 *u)
{
	uint8_t lsr = LSR_THR_EMPTY | LSR_TX_IDLE | u->lsr_errors;

	if (u->rx_len)
		lsr |= LSR_DATA;
	u->lsr_errors = 0;
	return lsr;
}

static uint8_t read_msr(struct uart16550 *u)
{
	uint8_t msr = modem_lines(u) | u->msr_delta;

	u->msr_delta = 0;
	return msr;
}

uint8_t uart16550_read(struct uart16550 *u, unsigned int reg)
{
	uint8_t data;

	switch (reg) {
	case RBR_THR:
		data = u->lcr & LCR_DLAB ? u->dll : read_rbr(u);
		break;
	case IER:
		data = u->lcr & LCR_DLAB ? u->dlm : u->ier;
		break;
	case IIR_FCR:
		data = read_iir(u);
		break;
	case LCR:
		data = u->lcr;
		break;
	case MCR:
		data = u->mcr;
		break;
	case LSR:
		data = read_lsr(u);
		break;
	case MSR:
		data = read_msr(u);
		break;
	default:
		data = u->scr;
		break;
	}
	update_irq(u);
	return data;
}

static void write_thr(struct uart16550 *u, uint8_t data)
{
	if (u->mcr & MCR_LOOP)
		receive(u, data);
	else
		u->ops.putc(u->ops.opaque, data);
	u->thr_empty_irq = true;
}

static void write_ier(struct uart16550 *u, uint8_t data)
{
	/* switching it on reports an empty THR, as it has no other event */
	if (data & ~u->ier & IER_THR)
		u->thr_empty_irq = true;
	u->ier = data & 0x0f;
}

static void write_fcr(struct uart16550 *u, uint8_t data)
{
	bool fifo = data & FCR_ENABLE;

	if (fifo != u->fifo || data & FCR_CLEAR_RX)
		u->rx_len = 0;
	u->fifo = fifo;
	fill(u);
}

static void write_mcr(struct uart16550 *u, uint8_t data)
{
	uint8_t before = modem_lines(u);
	uint8_t changed;

	u->mcr = data & 0x1f;
	changed = before ^ modem_lines(u);
	u->msr_delta |= changed >> 4 & 0x0b;
	/* the ring indicator counts only when it ends */
	if (changed & before & MSR_RI)
		u->msr_delta |= 0x04;
	fill(u);
}

void uart16550_write(struct uart16550 *u, unsigned int reg, uint8_t data)
{
	switch (reg) {
	case RBR_THR:
		if (u->lcr & LCR_DLAB)
			u->dll = data;
		else
			write_thr(u, data);
		break;
	case IER:
		if (u->lcr & LCR_DLAB)
			u->dlm = data;
		else
			write_ier(u, data);
		break;
	case IIR_FCR:
		write_fcr(u, data);
		break;
	case LCR:
		u->lcr = data;
		break;
	case MCR:
		write_mcr(u, data);
		break;
	case SCR:
		u->scr = data;
		break;
	default:
		break;
	}
	update_irq(u);
}

void uart16550_reset(struct uart16550 *u, const struct uart16550_ops *ops)
{
	memset(u, 0, sizeof(*u));
	u->ops = *ops;
	u->dll = 1;
}
