// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pair of 8259A interrupt controllers of a PC, with the edge/level control
 * registers. Pure logic: the caller provides locking and looks at the output.
 *
 * A request that came by an edge stays until it is acknowledged, even if the
 * line falls before: what a device has asked for once is never lost.
 */
#include <string.h>

#include "i8259.h"

#define CASCADE		2

/* ICW1 */
#define ICW1_ICW4	0x01
#define ICW1_SINGLE	0x02
#define ICW1		0x10
/* ICW4 */
#define ICW4_AEOI	0x02
#define ICW4_SFNM	0x10
/* OCW2, bits 5-7 */
#define OCW2_EOI	0x20
#define OCW2_SPECIFIC	0x40
#define OCW2_ROTATE	0x80
/* OCW3 */
#define OCW3		0x08
#define OCW3_RIS	0x01
#define OCW3_RR		0x02
#define OCW3_POLL	0x04
#define OCW3_SMM	0x20
#define OCW3_ESMM	0x40

/* inputs that the ELCR lets be level-triggered: not 0, 1, 2, 8, 13 */
static const uint8_t elcr_mask[2] = { 0xf8, 0xde };

/* Input of the highest priority in the set, -1: the set is empty. */
static int highest(const struct i8259_chip *c, uint8_t set)
{
	for (int i = 1; i <= 8; i++) {
		int input = (c->lowest + i) & 7;

		if (set & (1 << input))
			return input;
	}
	return -1;
}

static int rank(const struct i8259_chip *c, int input)
{
	return (input - c->lowest - 1) & 7;
}

/*
 * The request that the chip signals now, -1: none. @cascade is the state of
 * the slave's output, which is an input like a level-triggered one.
 */
static int request(const struct i8259_chip *c, bool cascade)
{
	uint8_t requests = c->irr;
	uint8_t blocking = c->isr;
	int want;
	int busy;

	if (cascade)
		requests |= 1 << CASCADE;
	want = highest(c, requests & ~c->imr);
	if (want < 0 || c->init != I8259_READY)
		return -1;

	/* inputs in service that are masked let lower ones through */
	if (c->special_mask)
		blocking &= ~c->imr;
	/* the slave may interrupt its own service with a higher request */
	if (c->fully_nested && cascade && want == CASCADE)
		blocking &= ~(1 << CASCADE);

	busy = highest(c, blocking);
	if (busy >= 0 && rank(c, want) >= rank(c, busy))
		return -1;
	return want;
}

static int slave_request(const struct i8259 *pic)
{
	return request(&pic->chip[1], false);
}

static int master_request(const struct i8259 *pic)
{
	return request(&pic->chip[0], slave_request(pic) >= 0);
}

bool i8259_output(const struct i8259 *pic)
{
	return master_request(pic) >= 0;
}

static void ack_input(struct i8259_chip *c, int input)
{
	uint8_t bit = 1 << input;

	if (!(c->elcr & bit))
		c->irr &= ~bit;
	if (!c->auto_eoi)
		c->isr |= bit;
	else if (c->rotate_aeoi)
		c->lowest = input;
}

unsigned int i8259_ack(struct i8259 *pic)
{
	struct i8259_chip *master = &pic->chip[0];
	struct i8259_chip *slave = &pic->chip[1];
	int input = master_request(pic);
	int inner;

	/* the request has gone since: spurious, nothing is in service */
	if (input < 0)
		return master->base + 7;
	if (input != CASCADE) {
		ack_input(master, input);
		return master->base + input;
	}

	inner = slave_request(pic);
	ack_input(master, CASCADE);
	if (inner < 0)
		return slave->base + 7;
	ack_input(slave, inner);
	return slave->base + inner;
}

unsigned int i8259_peek(const struct i8259 *pic)
{
	struct i8259 copy = *pic;

	return i8259_ack(&copy);
}

void i8259_set_line(struct i8259 *pic, unsigned int irq, bool level)
{
	struct i8259_chip *c = &pic->chip[irq >> 3 & 1];
	uint8_t bit = 1 << (irq & 7);

	if (c->elcr & bit) {
		if (level)
			c->irr |= bit;
		else
			c->irr &= ~bit;
	} else if (level && !(c->lines & bit)) {
		c->irr |= bit;
	}

	if (level)
		c->lines |= bit;
	else
		c->lines &= ~bit;
}

static void write_icw1(struct i8259_chip *c, uint8_t data)
{
	/* edges seen so far are forgotten; level inputs still ask */
	c->irr = c->lines & c->elcr;
	c->isr = 0;
	c->imr = 0;
	c->lowest = 7;
	c->auto_eoi = false;
	c->rotate_aeoi = false;
	c->fully_nested = false;
	c->special_mask = false;
	c->read_isr = false;
	c->poll = false;
	c->need_icw4 = data & ICW1_ICW4;
	c->single = data & ICW1_SINGLE;
	c->init = I8259_ICW2;
}

static void write_ocw2(struct i8259_chip *c, uint8_t data)
{
	int input = data & 7;

	switch (data & (OCW2_EOI | OCW2_SPECIFIC | OCW2_ROTATE)) {
	case OCW2_EOI:
	case OCW2_EOI | OCW2_ROTATE:
		/* with the special mask, masked ones are not meant */
		input = highest(c, c->special_mask ? c->isr & ~c->imr : c->isr);
		if (input < 0)
			break;
		c->isr &= ~(1 << input);
		if (data & OCW2_ROTATE)
			c->lowest = input;
		break;
	case OCW2_EOI | OCW2_SPECIFIC:
		c->isr &= ~(1 << input);
		break;
	case OCW2_EOI | OCW2_SPECIFIC | OCW2_ROTATE:
		c->isr &= ~(1 << input);
		c->lowest = input;
		break;
	case OCW2_SPECIFIC | OCW2_ROTATE:
		c->lowest = input;
		break;
	case OCW2_ROTATE:
		c->rotate_aeoi = true;
		break;
	case 0:
		c->rotate_aeoi = false;
		break;
	default:
		/* OCW2_SPECIFIC alone: no operation */
		break;
	}
}

static void write_ocw3(struct i8259_chip *c, uint8_t data)
{
	if (data & OCW3_ESMM)
		c->special_mask = data & OCW3_SMM;
	if (data & OCW3_RR)
		c->read_isr = data & OCW3_RIS;
	c->poll = data & OCW3_POLL;
}

static void write_command(struct i8259_chip *c, uint8_t data)
{
	if (data & ICW1)
		write_icw1(c, data);
	else if (data & OCW3)
		write_ocw3(c, data);
	else
		write_ocw2(c, data);
}

static void write_data(struct i8259_chip *c, uint8_t data)
{
	switch (c->init) {
	case I8259_ICW2:
		c->base = data & 0xf8;
		if (!c->single)
			c->init = I8259_ICW3;
		else
			c->init = c->need_icw4 ? I8259_ICW4 : I8259_READY;
		break;
	case I8259_ICW3:
		/* which input has the slave: the board has wired it */
		c->init = c->need_icw4 ? I8259_ICW4 : I8259_READY;
		break;
	case I8259_ICW4:
		c->auto_eoi = data & ICW4_AEOI;
		c->fully_nested = data & ICW4_SFNM;
		c->init = I8259_READY;
		break;
	default:
		c->imr = data;
		break;
	}
}

/* The poll command's read takes the place of the acknowledge cycle. */
static uint8_t read_poll(struct i8259 *pic, unsigned int which)
{
	struct i8259_chip *c = &pic->chip[which];
	int input = which ? slave_request(pic) : master_request(pic);

	c->poll = false;
	if (input < 0)
		return 0;

	ack_input(c, input);
	return 0x80 | input;
}

uint8_t i8259_read(struct i8259 *pic, uint16_t port)
{
	unsigned int which = port >> 7 & 1;
	struct i8259_chip *c;

	if (port >= 0x4d0)
		return pic->chip[port & 1].elcr;

	c = &pic->chip[which];
	if (c->poll)
		return read_poll(pic, which);
	if (port & 1)
		return c->imr;
	if (c->read_isr)
		return c->isr;
	return c->irr | (!which && slave_request(pic) >= 0 ? 1 << CASCADE : 0);
}

void i8259_write(struct i8259 *pic, uint16_t port, uint8_t data)
{
	struct i8259_chip *c;

	if (port >= 0x4d0) {
		unsigned int which = port & 1;

		c = &pic->chip[which];
		c->elcr = data & elcr_mask[which];
		/* inputs that are level-triggered now follow their lines */
		c->irr = (c->irr & ~c->elcr) | (c->lines & c->elcr);
		return;
	}

	c = &pic->chip[port >> 7 & 1];
	if (port & 1)
		write_data(c, data);
	else
		write_command(c, data);
}

void i8259_reset(struct i8259 *pic)
{
	memset(pic, 0, sizeof(*pic));
	for (int i = 0; i < 2; i++) {
		/* silent until the guest has initialized the chip */
		pic->chip[i].imr = 0xff;
		pic->chip[i].lowest = 7;
	}
	/* as firmware leaves them */
	pic->chip[0].base = 0x08;
	pic->chip[1].base = 0x70;
}
