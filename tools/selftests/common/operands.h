/* SPDX-License-Identifier: GPL-2.0-only */
/* Values for the registers and the memory of loads and stores that are compared. */
#ifndef AXV_SELFTEST_OPERANDS_H
#define AXV_SELFTEST_OPERANDS_H

#include <stdint.h>

/* not 0: set before each pattern, so that it is the same in every run */
static uint64_t random_state;

static inline uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Value @which of pattern @nr: both signs at all widths, then any. */
static inline uint64_t sign_operand(unsigned int nr, unsigned int which)
{
	switch (nr) {
	case 0:
		return which & 1 ? 0x7f7f7f7f7f7f7f7full : 0;
	case 1:
		return which & 1 ? 0x8080808080808080ull : ~0ull;
	default:
		return random64();
	}
}

#endif /* AXV_SELFTEST_OPERANDS_H */
