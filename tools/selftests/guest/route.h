/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests of route.S and their tests agree on. */
#ifndef AXV_SELFTEST_GUEST_ROUTE_H
#define AXV_SELFTEST_GUEST_ROUTE_H

/* no memory: writes here are what the tests have routes for */
#define ROUTE_BELL	GUEST_MMIO
/* "the line may fall": written by the handler of serve_level, 32 bits */
#define ROUTE_ACK	(GUEST_MMIO + 0x1000)

/* set to 1 when interrupts can come */
#define ROUTE_READY	GUEST_DATA
/* interrupts served */
#define ROUTE_COUNT	(GUEST_DATA + 4)
/* work of ROUTE_JOBS producers: 32 bits each that a handler takes at once ... */
#define ROUTE_PENDING	(GUEST_DATA + 0x40)
/* ... and adds to what was done */
#define ROUTE_WORKED	(GUEST_DATA + 0x80)
#define ROUTE_JOBS	4

#endif /* AXV_SELFTEST_GUEST_ROUTE_H */
