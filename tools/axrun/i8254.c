// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 8254 interval timer of a PC. Nothing ticks: a channel remembers when it
 * started, and counts and outputs are computed when somebody looks. Pure
 * logic: the caller provides locking, time and a host timer.
 *
 * Rises of channel 0's output that the guest was too slow for become one
 * interrupt, as the interrupt controller has one latch for them.
 *
 * A count written in modes 2 and 3 counts at once, not from the next period.
 */
#include <string.h>

#include "i8254.h"

#define NSEC	1000000000ull

static uint64_t to_ticks(uint64_t ns)
{
	return (__uint128_t)ns * I8254_HZ / NSEC;
}

/* The first nanosecond at which to_ticks() gives this. */
static uint64_t to_ns(uint64_t ticks)
{
	return ((__uint128_t)ticks * NSEC + I8254_HZ - 1) / I8254_HZ;
}

static bool is_periodic(const struct i8254_channel *c)
{
	return c->mode == 2 || c->mode == 3;
}

/* Started by a rise of the gate, not by the count. */
static bool is_triggered(const struct i8254_channel *c)
{
	return c->mode == 1 || c->mode == 5;
}

static uint64_t elapsed(const struct i8254_channel *c, uint64_t ticks)
{
	if (!c->running)
		return c->held;
	return ticks > c->start ? ticks - c->start : 0;
}

static uint16_t to_bcd(uint32_t n)
{
	return n % 10 | n / 10 % 10 << 4 | n / 100 % 10 << 8 |
	       n / 1000 % 10 << 12;
}

static uint32_t from_bcd(uint16_t n)
{
	return (n & 0xf) + (n >> 4 & 0xf) * 10 + (n >> 8 & 0xf) * 100 +
	       (n >> 12 & 0xf) * 1000;
}

static uint16_t count_now(const struct i8254_channel *c, uint64_t ticks)
{
	uint32_t modulus = c->bcd ? 10000 : 0x10000;
	uint64_t t = elapsed(c, ticks);
	uint32_t value;

	if (!c->loaded)
		return 0;

	switch (c->mode) {
	case 2:
		value = c->count - t % c->count;
		break;
	case 3:
		/* counts by two, twice through in a period */
		value = c->count - 2 * t % c->count;
		value &= ~1u;
		break;
	default:
		/* goes on after the end, from the top */
		value = (c->count + modulus - t % modulus) % modulus;
		break;
	}
	value %= modulus;
	return c->bcd ? to_bcd(value) : value;
}

static bool output(const struct i8254_channel *c, uint64_t ticks)
{
	uint64_t t = elapsed(c, ticks);

	if (!c->loaded)
		return c->mode != 0;

	switch (c->mode) {
	case 0:
		return t >= c->count;
	case 1:
		/* high until triggered */
		return !c->running || t >= c->count;
	case 2:
		return !c->running || t % c->count != c->count - 1;
	case 3:
		return !c->running || t % c->count < (c->count + 1) / 2;
	default:
		return t != c->count;
	}
}

/* How often has the output risen since the channel was started? */
static uint64_t rises(const struct i8254_channel *c, uint64_t ticks)
{
	uint64_t t = elapsed(c, ticks);

	if (!c->loaded || !c->running)
		return 0;
	if (is_periodic(c))
		return t / c->count;
	/* mode 4 strobes for one tick at the end of the count */
	return t >= c->count + (c->mode >= 4 ? 1 : 0);
}

static void start(struct i8254_channel *c, uint64_t ticks)
{
	c->running = true;
	c->start = ticks;
	c->held = 0;
	c->edges = 0;
}

static void load(struct i8254_channel *c, uint16_t value, uint64_t ticks)
{
	if (value)
		c->count = c->bcd ? from_bcd(value) : value;
	else
		c->count = c->bcd ? 10000 : 0x10000;
	/* modes 2 and 3 cannot count to one */
	if (is_periodic(c) && c->count < 2)
		c->count = 2;
	c->loaded = true;

	if (is_triggered(c))
		return;
	c->running = false;
	c->held = 0;
	if (c->gate)
		start(c, ticks);
}

static void set_gate(struct i8254_channel *c, bool gate, uint64_t ticks)
{
	bool rise = gate && !c->gate;
	bool fall = !gate && c->gate;

	c->gate = gate;
	if (!c->loaded || (!rise && !fall))
		return;

	if (is_triggered(c)) {
		if (rise)
			start(c, ticks);
	} else if (fall) {
		/* modes 2 and 3 begin anew at the rise, the others go on */
		c->held = is_periodic(c) ? 0 : elapsed(c, ticks);
		c->running = false;
	} else {
		uint64_t held = c->held;

		start(c, ticks - held);
	}
}

static void latch_count(struct i8254_channel *c, uint64_t ticks)
{
	/* a second latch command before the read is ignored */
	if (c->latched)
		return;
	c->latch = count_now(c, ticks);
	c->latched = c->access == 3 ? 2 : 1;
	if (c->access == 2)
		c->latch >>= 8;
}

static void latch_status(struct i8254_channel *c, uint64_t ticks)
{
	if (c->status_latched)
		return;
	c->status = output(c, ticks) << 7 | !c->loaded << 6 | c->access << 4 |
		    c->mode << 1 | c->bcd;
	c->status_latched = true;
}

static void set_mode(struct i8254_channel *c, uint8_t data)
{
	c->access = data >> 4 & 3;
	c->mode = data >> 1 & 7;
	/* 6 and 7 are other names of 2 and 3 */
	if (c->mode > 5)
		c->mode -= 4;
	c->bcd = data & 1;
	c->loaded = false;
	c->running = false;
	c->held = 0;
	c->edges = 0;
	c->write_high = false;
	c->read_high = false;
	c->latched = 0;
	c->status_latched = false;
}

static void write_control(struct i8254 *pit, uint8_t data, uint64_t ticks)
{
	unsigned int which = data >> 6;

	if (which < 3) {
		if (data & 0x30)
			set_mode(&pit->ch[which], data);
		else
			latch_count(&pit->ch[which], ticks);
		return;
	}

	/* read-back: zero bits ask for what is to be latched */
	for (unsigned int i = 0; i < 3; i++) {
		if (!(data & 2 << i))
			continue;
		if (!(data & 0x20))
			latch_count(&pit->ch[i], ticks);
		if (!(data & 0x10))
			latch_status(&pit->ch[i], ticks);
	}
}

static void write_count(struct i8254_channel *c, uint8_t data, uint64_t ticks)
{
	switch (c->access) {
	case 1:
		load(c, data, ticks);
		break;
	case 2:
		load(c, data << 8, ticks);
		break;
	case 3:
		if (c->write_high) {
			c->write_high = false;
			load(c, data << 8 | c->low, ticks);
			break;
		}
		c->low = data;
		c->write_high = true;
		/* the first byte stops a one-shot */
		if (c->mode == 0) {
			c->loaded = false;
			c->running = false;
			c->held = 0;
		}
		break;
	default:
		break;
	}
}

static uint8_t read_count(struct i8254_channel *c, uint64_t ticks)
{
	uint16_t value;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->latched) {
		uint8_t byte = c->latch;

		c->latched--;
		c->latch >>= 8;
		return byte;
	}

	value = count_now(c, ticks);
	if (c->access == 2)
		return value >> 8;
	if (c->access == 3 && c->read_high) {
		c->read_high = false;
		return value >> 8;
	}
	c->read_high = c->access == 3;
	return value;
}

uint8_t i8254_read(struct i8254 *pit, uint16_t port, uint64_t now)
{
	uint64_t ticks = to_ticks(now);

	if (port == 0x61) {
		/* memory refresh goes on: software waits for its changes */
		pit->refresh = !pit->refresh;
		return pit->ch[2].gate | pit->speaker << 1 |
		       pit->refresh << 4 | output(&pit->ch[2], ticks) << 5;
	}
	if (port == 0x43)
		return 0xff;
	return read_count(&pit->ch[port & 3], ticks);
}

void i8254_write(struct i8254 *pit, uint16_t port, uint8_t data, uint64_t now)
{
	uint64_t ticks = to_ticks(now);

	if (port == 0x61) {
		set_gate(&pit->ch[2], data & 1, ticks);
		pit->speaker = data & 2;
	} else if (port == 0x43) {
		write_control(pit, data, ticks);
	} else {
		write_count(&pit->ch[port & 3], data, ticks);
	}
}

bool i8254_risen(struct i8254 *pit, uint64_t now)
{
	struct i8254_channel *c = &pit->ch[0];
	uint64_t n = rises(c, to_ticks(now));
	bool risen = n > c->edges;

	c->edges = n;
	return risen;
}

uint64_t i8254_next(const struct i8254 *pit, uint64_t now)
{
	const struct i8254_channel *c = &pit->ch[0];
	uint64_t n;

	if (!c->loaded || !c->running)
		return UINT64_MAX;

	if (!is_periodic(c)) {
		if (c->edges)
			return UINT64_MAX;
		return to_ns(c->start + c->count + (c->mode >= 4 ? 1 : 0));
	}

	/* periods that nobody waited for are not made up for */
	n = rises(c, to_ticks(now));
	if (n < c->edges)
		n = c->edges;
	return to_ns(c->start + (n + 1) * c->count);
}

void i8254_reset(struct i8254 *pit)
{
	memset(pit, 0, sizeof(*pit));
	for (unsigned int i = 0; i < 3; i++) {
		pit->ch[i].access = 3;
		pit->ch[i].mode = 3;
		pit->ch[i].gate = i != 2;
	}
}
