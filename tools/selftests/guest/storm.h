/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests of storm.S and their tests agree on. */
#ifndef AXV_SELFTEST_GUEST_STORM_H
#define AXV_SELFTEST_GUEST_STORM_H

/* set to 1 when interrupts can come */
#define GUEST_READY	(GUEST_DATA + 0x800)

/*
 * Where an interrupt that comes while it is pending is none more: how many there
 * were meant to be, and how many the handlers know of.
 */
#define GUEST_POSTED	(GUEST_DATA + 0x900)
#define GUEST_TAKEN	(GUEST_DATA + 0x904)

/* the block of "compute" */
#define COMPUTE_VALUE	0
#define COMPUTE_SUM	8
#define COMPUTE_FSUM	16
#define COMPUTE_SCRATCH	24
#define COMPUTE_BLOCK	64

#define COMPUTE_ROUNDS	5000
#define COMPUTE_MUL	6364136223846793005
#define COMPUTE_ADD	1442695040888963407

#endif /* AXV_SELFTEST_GUEST_STORM_H */
