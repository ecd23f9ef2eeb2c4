// SPDX-License-Identifier: GPL-2.0-only
/* A board's Goldfish clock. Called with vm->lock held. */
#include <time.h>

#include "clock.h"

static void update(struct clock *c, uint64_t now)
{
	c->irq(c->opaque, goldfish_rtc_irq(&c->rtc, now));
	event_set_timer(c->timer, goldfish_rtc_next(&c->rtc, now));
}

static void alarm_due(void *opaque)
{
	update(opaque, now_ns());
}

static uint64_t clock_read(void *opaque, uint64_t addr, unsigned int width)
{
	struct clock *c = opaque;
	uint64_t now = now_ns();
	uint32_t data;

	(void)width;
	data = goldfish_rtc_read(&c->rtc, addr - c->base, now);
	update(c, now);
	return data;
}

static void clock_write(void *opaque, uint64_t addr, unsigned int width,
			uint64_t data)
{
	struct clock *c = opaque;
	uint64_t now = now_ns();

	(void)width;
	goldfish_rtc_write(&c->rtc, addr - c->base, data, now);
	update(c, now);
}

void clock_init(struct clock *c, struct vm *vm, uint64_t base,
		void (*irq)(void *opaque, bool level), void *opaque)
{
	struct timespec ts;

	c->base = base;
	c->irq = irq;
	c->opaque = opaque;
	clock_gettime(CLOCK_REALTIME, &ts);
	goldfish_rtc_reset(&c->rtc, now_ns(), ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec);
	c->timer = event_add_timer(&vm->events, alarm_due, c);
	bus_add_range(&vm->mmio, base, base + GOLDFISH_RTC_SIZE - 1, false,
		      clock_read, clock_write, c);
}
