/* SPDX-License-Identifier: GPL-2.0-only */
/* The decoder's test in its parts: words to look at, and what objdump says of them. */
#ifndef DECODE_ARM64_TEST_H
#define DECODE_ARM64_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "decode.h"

/* ---- sweep.c ------------------------------------------------------------------- */

/**
 * struct sweep - words of one group of encodings
 * @name: of the group
 * @first: its first word in @words
 * @nr: how many
 */
struct sweep {
	const char *name;
	size_t first;
	size_t nr;
};

extern u32 *words;
extern size_t nr_words;
extern struct sweep sweeps[];
extern unsigned int nr_sweeps;

/* Make them all; false: no memory. */
bool make_sweeps(void);

/* ---- text.c -------------------------------------------------------------------- */

/**
 * struct meaning - an instruction as its text has it
 * @undefined: objdump knows no such instruction
 * @sized: of MEMORY: the text tells @d.size and @d.nr
 * @range: a prefetch of which the text does not tell an address
 * @d: everything else
 */
struct meaning {
	bool undefined;
	bool sized;
	bool range;
	struct axv_arm64_insn d;
};

/* What @text, of the word @insn at @addr, means. False: it cannot be read. */
bool read_text(u32 insn, u64 addr, const char *mnemonic, const char *operands, struct meaning *m);
/* A mnemonic that was to come and has not, or NULL. */
const char *missing_mnemonic(void);

#endif
