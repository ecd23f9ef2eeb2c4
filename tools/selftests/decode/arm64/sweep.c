// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words to look at: for each group of encodings all of the opcode's bits with
 * values of the other fields that a mistake would show in, then any words at all.
 */
#include <stdlib.h>

#include <linux/kernel.h>

#include "decode_test.h"

#define MAX_WORDS	(1u << 20)
#define MAX_SWEEPS	32
#define MAX_FIELDS	8

u32 *words;
size_t nr_words;
struct sweep sweeps[MAX_SWEEPS];
unsigned int nr_sweeps;

/* One to three registers: each alone, each bit alone, all ways to be the same, 31. */
static const u8 triples[][3] = {
	{ 1, 2, 3 }, { 1, 2, 4 }, { 8, 16, 1 }, { 16, 8, 2 }, { 4, 1, 16 }, { 2, 4, 8 },
	{ 0, 0, 0 }, { 7, 7, 9 }, { 7, 9, 7 }, { 9, 7, 7 }, { 30, 29, 28 },
	{ 31, 31, 31 }, { 31, 31, 5 }, { 31, 5, 31 }, { 5, 31, 31 }, { 31, 5, 6 }, { 5, 31, 6 },
	{ 5, 6, 31 }, { 1, 2, 31 }, { 2, 4, 31 }, { 4, 8, 31 }, { 8, 16, 31 }, { 16, 1, 31 },
};

/* the values of a field; none: all that it can have */
struct field {
	u8 high;
	u8 low;
	u8 nr;
	u32 values[12];
};

/* Where the third register is, if anywhere; whether there is only the first. */
#define NO_RM	0
#define ONLY_RT	32

struct group {
	const char *name;
	u32 fixed;
	u8 rm;
	struct field fields[MAX_FIELDS];
};

#define ALL(high, low)		{ high, low }
#define SOME(high, low, ...)	\
	{ high, low, sizeof((u32[]){ __VA_ARGS__ }) / 4, { __VA_ARGS__ } }

#define IMM7	SOME(21, 15, 0, 1, 2, 21, 31, 32, 42, 63, 64, 65, 127)
#define IMM9	SOME(20, 12, 0, 1, 8, 170, 255, 256, 257, 341, 511)
#define IMM12	SOME(21, 10, 0, 1, 2, 4, 7, 0x555, 0x7ff, 0x800, 0xaaa, 0xfff)
#define IMM19	SOME(23, 5, 0, 1, 2, 0x15555, 0x2aaaa, 0x3ffff, 0x40000, 0x40001, 0x55555, 0x7ffff)

static const struct group groups[] = {
	{ "literal", 0x18000000, ONLY_RT, { ALL(31, 30), ALL(26, 26), IMM19 } },
	{ "pairs", 0x28000000, 10, { ALL(31, 30), ALL(26, 26), ALL(24, 22), IMM7 } },
	{ "unsigned immediate", 0x39000000, NO_RM, { ALL(31, 30), ALL(26, 26), ALL(23, 22), IMM12 } },
	{ "nine bits' immediate", 0x38000000, NO_RM,
	  { ALL(31, 30), ALL(26, 26), ALL(23, 22), IMM9, ALL(11, 10) } },
	{ "index register", 0x38200800, 16,
	  { ALL(31, 30), ALL(26, 26), ALL(23, 22), ALL(15, 12) } },
	{ "atomics", 0x38200000, 16, { ALL(31, 30), ALL(26, 26), ALL(23, 22), ALL(15, 12) } },
	{ "signed addresses", 0x38200400, NO_RM,
	  { ALL(31, 30), ALL(26, 26), ALL(23, 22), IMM9, ALL(11, 11) } },
	{ "exclusives and ordered", 0x08000000, 10,
	  { ALL(31, 30), ALL(24, 21), SOME(20, 16, 0, 5, 16, 31), ALL(15, 15) } },
	{ "ordered, with an immediate", 0x19000000, NO_RM,
	  { ALL(31, 30), ALL(26, 26), ALL(23, 21), IMM9, ALL(11, 10) } },
	{ "vector structures", 0x0c000000, 16, { ALL(31, 30), ALL(24, 21), ALL(15, 10) } },
	{ "cache", 0xd5080000, ONLY_RT, { ALL(21, 21), ALL(18, 16), SOME(15, 12, 7, 8, 11), ALL(11, 5) } },
};

/* of these bits any, with the others fixed */
static const struct {
	const char *name;
	u32 mask;
	u32 fixed;
	unsigned int nr;
} random_groups[] = {
	{ "any loads and stores", 0xf5ffffff, 0x08000000, 200000 },
	{ "any with one register", 0xc5ffffff, 0x38000000, 50000 },
	{ "any pairs", 0xc5ffffff, 0x28000000, 50000 },
	{ "any SVE", 0xe1ffffff, 0x04000000, 30000 },
	{ "any SME", 0x61ffffff, 0x80000000, 30000 },
	{ "anything", 0xffffffff, 0, 50000 },
};

static u32 next_random(void)
{
	static u64 state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

static bool add(u32 word)
{
	if (nr_words == MAX_WORDS)
		return false;
	words[nr_words++] = word;
	return true;
}

static bool add_registers(const struct group *g, u32 word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(triples); i += g->rm == ONLY_RT ? 3 : 1) {
		const u8 *t = triples[i];
		u32 registers = t[0];

		if (g->rm != ONLY_RT)
			registers |= t[1] << 5;
		if (g->rm != ONLY_RT && g->rm != NO_RM)
			registers |= t[2] << g->rm;
		if (!add(word | registers))
			return false;
	}
	return true;
}

static bool add_group(const struct group *g)
{
	unsigned int at[MAX_FIELDS] = {}, i;

	for (;;) {
		u32 word = g->fixed;

		for (i = 0; i < MAX_FIELDS; i++) {
			const struct field *f = &g->fields[i];

			word |= (f->nr ? f->values[at[i]] : at[i]) << f->low;
		}
		if (!add_registers(g, word))
			return false;
		for (i = 0; i < MAX_FIELDS && g->fields[i].high; i++) {
			const struct field *f = &g->fields[i];

			if (++at[i] < (f->nr ? f->nr : 2u << (f->high - f->low)))
				break;
			at[i] = 0;
		}
		if (i == MAX_FIELDS || !g->fields[i].high)
			return true;
	}
}

static void begin(const char *name)
{
	sweeps[nr_sweeps].name = name;
	sweeps[nr_sweeps].first = nr_words;
}

static void end(void)
{
	sweeps[nr_sweeps].nr = nr_words - sweeps[nr_sweeps].first;
	nr_sweeps++;
}

bool make_sweeps(void)
{
	unsigned int i, k;

	words = calloc(MAX_WORDS, sizeof(*words));
	if (!words)
		return false;
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		begin(groups[i].name);
		if (!add_group(&groups[i]))
			return false;
		end();
	}
	for (i = 0; i < ARRAY_SIZE(random_groups); i++) {
		begin(random_groups[i].name);
		for (k = 0; k < random_groups[i].nr; k++) {
			if (!add(random_groups[i].fixed | (next_random() & random_groups[i].mask)))
				return false;
		}
		end();
	}
	return true;
}
