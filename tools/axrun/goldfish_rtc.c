// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real-time clock of the Goldfish platform. It counts nanoseconds since
 * 1970 and has one alarm, which goes off once. 64-bit values are two registers:
 * a read of the low half keeps the high one, a write of the high half takes
 * effect with the low one.
 */
#include <string.h>

#include "goldfish_rtc.h"

enum {
	TIME_LOW	= 0x00,
	TIME_HIGH	= 0x04,
	ALARM_LOW	= 0x08,
	ALARM_HIGH	= 0x0c,
	IRQ_ENABLED	= 0x10,
	CLEAR_ALARM	= 0x14,
	ALARM_STATUS	= 0x18,
	CLEAR_INTERRUPT	= 0x1c,
};

static uint64_t shown(const struct goldfish_rtc *r, uint64_t now)
{
	return now + r->offset;
}

static void check_alarm(struct goldfish_rtc *r, uint64_t now)
{
	if (r->armed && shown(r, now) >= r->alarm) {
		r->armed = false;
		r->pending = true;
	}
}

bool goldfish_rtc_irq(struct goldfish_rtc *r, uint64_t now)
{
	check_alarm(r, now);
	return r->pending && r->irq_enabled;
}

uint64_t goldfish_rtc_next(const struct goldfish_rtc *r, uint64_t now)
{
	uint64_t left;

	if (!r->armed)
		return UINT64_MAX;
	if (shown(r, now) >= r->alarm)
		return now;
	left = r->alarm - shown(r, now);
	return left < UINT64_MAX - now ? now + left : UINT64_MAX;
}

uint32_t goldfish_rtc_read(struct goldfish_rtc *r, uint32_t reg, uint64_t now)
{
	check_alarm(r, now);
	switch (reg) {
	case TIME_LOW:
		r->time_high = shown(r, now) >> 32;
		return shown(r, now);
	case TIME_HIGH:
		return r->time_high;
	case ALARM_LOW:
		return r->alarm;
	case ALARM_HIGH:
		return r->alarm >> 32;
	case IRQ_ENABLED:
		return r->irq_enabled;
	case ALARM_STATUS:
		return r->armed;
	default:
		return 0;
	}
}

void goldfish_rtc_write(struct goldfish_rtc *r, uint32_t reg, uint32_t data,
			uint64_t now)
{
	check_alarm(r, now);
	switch (reg) {
	case TIME_LOW:
		r->offset = ((uint64_t)r->set_high << 32 | data) - now;
		break;
	case TIME_HIGH:
		r->set_high = data;
		break;
	case ALARM_LOW:
		r->alarm = (uint64_t)r->alarm_high << 32 | data;
		r->armed = true;
		break;
	case ALARM_HIGH:
		r->alarm_high = data;
		break;
	case IRQ_ENABLED:
		r->irq_enabled = data & 1;
		break;
	case CLEAR_ALARM:
		r->armed = false;
		break;
	case CLEAR_INTERRUPT:
		r->pending = false;
		break;
	default:
		break;
	}
}

void goldfish_rtc_reset(struct goldfish_rtc *r, uint64_t now, uint64_t wall)
{
	memset(r, 0, sizeof(*r));
	r->offset = wall - now;
}
