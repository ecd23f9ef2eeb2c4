// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PL011 (ARM DDI 0183), revision r1p5. It sends at once: its transmit FIFO is
 * always empty. There are no line errors and no modem behind it. What has come is
 * told of at once too, as if its timeout were none, whatever level was chosen.
 */
#include <string.h>

#include "pl011.h"

/* registers */
#define DR	0x000u
#define FR	0x018u
#define IBRD	0x024u
#define FBRD	0x028u
#define LCR_H	0x02cu
#define CR	0x030u
#define IFLS	0x034u
#define IMSC	0x038u
#define RIS	0x03cu
#define MIS	0x040u
#define ICR	0x044u
#define ID	0xfe0u		/* eight words of a byte each */

#define FR_CTS	(1u << 0)
#define FR_DSR	(1u << 1)
#define FR_DCD	(1u << 2)
#define FR_RXFE	(1u << 4)
#define FR_RXFF	(1u << 6)
#define FR_TXFE	(1u << 7)

#define LCR_H_FEN	(1u << 4)

#define CR_UARTEN	(1u << 0)
#define CR_TXE		(1u << 8)
#define CR_RXE		(1u << 9)

#define INT_RX	(1u << 4)
#define INT_TX	(1u << 5)
#define INT_RT	(1u << 6)
#define INT_ALL	0x7ffu

static const uint8_t id[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static void update(struct pl011 *u)
{
	bool level = u->ris & u->imsc;

	if (level == u->level)
		return;
	u->level = level;
	u->ops.irq(u->ops.opaque, level);
}

static bool receives(const struct pl011 *u)
{
	return (u->cr & (CR_UARTEN | CR_RXE)) == (CR_UARTEN | CR_RXE);
}

bool pl011_listens(const struct pl011 *u)
{
	return receives(u) && (u->imsc & (INT_RX | INT_RT));
}

/* As much as fits; without FIFOs that is one byte. */
static void fill(struct pl011 *u)
{
	unsigned int room = u->lcr_h & LCR_H_FEN ? PL011_FIFO : 1;

	while (receives(u) && u->rx_len < room) {
		int c = u->ops.getc(u->ops.opaque);

		if (c < 0)
			break;
		u->rx[u->rx_len++] = c;
	}
	if (u->rx_len)
		u->ris |= INT_RX | INT_RT;
	else
		u->ris &= ~(INT_RX | INT_RT);
}

void pl011_poll(struct pl011 *u)
{
	fill(u);
	update(u);
}

static uint32_t take(struct pl011 *u)
{
	uint8_t c;

	fill(u);
	if (!u->rx_len)
		return 0;
	c = u->rx[0];
	u->rx_len--;
	memmove(u->rx, u->rx + 1, u->rx_len);
	pl011_poll(u);
	return c;
}

static uint32_t flags(struct pl011 *u)
{
	uint32_t fr = FR_TXFE | FR_CTS | FR_DSR | FR_DCD;

	/* for those that poll */
	pl011_poll(u);
	if (!u->rx_len)
		fr |= FR_RXFE;
	if (u->rx_len >= (u->lcr_h & LCR_H_FEN ? PL011_FIFO : 1u))
		fr |= FR_RXFF;
	return fr;
}

uint32_t pl011_read(struct pl011 *u, uint32_t reg)
{
	if (reg >= ID && reg < ID + 4 * sizeof(id) && !(reg % 4))
		return id[(reg - ID) / 4];
	switch (reg) {
	case DR:
		return take(u);
	case FR:
		return flags(u);
	case IBRD:
		return u->ibrd;
	case FBRD:
		return u->fbrd;
	case LCR_H:
		return u->lcr_h;
	case CR:
		return u->cr;
	case IFLS:
		return u->ifls;
	case IMSC:
		return u->imsc;
	case RIS:
		return u->ris;
	case MIS:
		return u->ris & u->imsc;
	}
	return 0;
}

/* Software has always been able to send before it sets the enables, on many copies. */
static void put(struct pl011 *u, uint8_t c)
{
	u->ops.putc(u->ops.opaque, c);
	u->ris |= INT_TX;
}

void pl011_write(struct pl011 *u, uint32_t reg, uint32_t data)
{
	switch (reg) {
	case DR:
		put(u, data);
		break;
	case IBRD:
		u->ibrd = data;
		break;
	case FBRD:
		u->fbrd = data & 0x3f;
		break;
	case LCR_H:
		u->lcr_h = data;
		/* what comes next has room again, or not: none of it is lost */
		fill(u);
		break;
	case CR:
		u->cr = data & 0xff87;
		fill(u);
		break;
	case IFLS:
		u->ifls = data & 0x3f;
		break;
	case IMSC:
		u->imsc = data & INT_ALL;
		fill(u);
		break;
	case ICR:
		u->ris &= ~data;
		break;
	}
	update(u);
}

void pl011_reset(struct pl011 *u, const struct pl011_ops *ops)
{
	memset(u, 0, sizeof(*u));
	u->ops = *ops;
	u->cr = CR_TXE | CR_RXE;
	u->ifls = 0x12;
}
