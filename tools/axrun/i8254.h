/* SPDX-License-Identifier: GPL-2.0-only */
/* The 8254 interval timer of a PC and port 61h, which gates its channel 2. */
#ifndef AXRUN_I8254_H
#define AXRUN_I8254_H

#include <stdbool.h>
#include <stdint.h>

#define I8254_HZ	1193182ull

struct i8254_channel {
	uint32_t count;		/* 1 to 65536 */
	uint8_t mode;		/* 0 to 5 */
	uint8_t access;		/* 1: low byte, 2: high byte, 3: both */
	bool bcd;
	bool gate;
	bool loaded;		/* a count was written since the mode was */
	bool running;		/* counting since @start */
	uint64_t start;		/* ticks */
	uint64_t held;		/* ticks counted when the gate stopped it */
	uint64_t edges;		/* rises of the output that were reported */
	uint8_t low;		/* low byte written, the high one is to come */
	bool write_high;
	bool read_high;
	uint8_t latched;	/* bytes of @latch still to be read */
	uint16_t latch;
	bool status_latched;
	uint8_t status;
};

struct i8254 {
	struct i8254_channel ch[3];
	bool speaker;
	bool refresh;
};

/* All times are nanoseconds of one monotonic clock. */
void i8254_reset(struct i8254 *pit);
/* ports 40h-43h and 61h */
uint8_t i8254_read(struct i8254 *pit, uint16_t port, uint64_t now);
void i8254_write(struct i8254 *pit, uint16_t port, uint8_t data, uint64_t now);
/* has channel 0's output risen since the last call (however often)? */
bool i8254_risen(struct i8254 *pit, uint64_t now);
/* when it rises next, UINT64_MAX: not before it is programmed again */
uint64_t i8254_next(const struct i8254 *pit, uint64_t now);

#endif /* AXRUN_I8254_H */
