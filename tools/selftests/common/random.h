/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that look random and are the same in every run. */
#ifndef AXV_SELFTEST_RANDOM_H
#define AXV_SELFTEST_RANDOM_H

#include <stdint.h>

/* What is drawn in one step depends on nothing that came before it. */
struct rnd {
	uint64_t state;
};

static inline uint64_t rnd(struct rnd *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline struct rnd rnd_at(uint64_t seed, uint64_t thread, uint64_t step)
{
	struct rnd r = { seed };

	r.state ^= rnd(&r) + thread;
	r.state ^= rnd(&r) + step;
	return r;
}

static inline uint64_t rnd_below(struct rnd *r, uint64_t n)
{
	return rnd(r) % n;
}

#endif /* AXV_SELFTEST_RANDOM_H */
