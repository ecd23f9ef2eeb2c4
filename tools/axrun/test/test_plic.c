// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "plic.h"
#include "test.h"

#define ENABLE(ctx)	(0x2000 + 0x80 * (ctx))
#define THRESHOLD(ctx)	(0x200000 + 0x1000 * (ctx))
#define CLAIM(ctx)	(0x200004 + 0x1000 * (ctx))

static struct plic plic;
static bool output[PLIC_MAX_CONTEXTS];
static unsigned int changes;

static void set_output(void *opaque, unsigned int context, bool level)
{
	EXPECT(opaque == &plic);
	/* told of changes only */
	EXPECT(output[context] != level);
	output[context] = level;
	changes++;
}

static uint32_t get(uint32_t reg)
{
	return plic_read(&plic, reg, 4);
}

static void set(uint32_t reg, uint32_t value)
{
	plic_write(&plic, reg, 4, value);
}

static void reset(unsigned int contexts)
{
	memset(output, 0, sizeof(output));
	changes = 0;
	plic.output = set_output;
	plic.opaque = &plic;
	plic_reset(&plic, contexts);
}

static void enable(unsigned int context, unsigned int source)
{
	uint32_t reg = ENABLE(context) + source / 32 * 4;

	set(reg, get(reg) | 1u << (source % 32));
}

static void registers(void)
{
	reset(2);
	/* source 0 does not exist, priorities have three bits */
	set(0, 7);
	EXPECT_EQ(get(0), 0);
	set(4, 0xffffffff);
	EXPECT_EQ(get(4), 7);
	set(4 * 95, 3);
	EXPECT_EQ(get(4 * 95), 3);
	set(4 * 96, 3);
	EXPECT_EQ(get(4 * 96), 0);

	set(ENABLE(1), 0xffffffff);
	EXPECT_EQ(get(ENABLE(1)), 0xfffffffe);
	set(ENABLE(1) + 8, 0xffffffff);
	EXPECT_EQ(get(ENABLE(1) + 8), 0xffffffff);
	set(ENABLE(1) + 12, 0xffffffff);
	EXPECT_EQ(get(ENABLE(1) + 12), 0);
	EXPECT_EQ(get(ENABLE(0)), 0);

	set(THRESHOLD(1), 0xff);
	EXPECT_EQ(get(THRESHOLD(1)), 7);
	EXPECT_EQ(get(THRESHOLD(0)), 0);
	/* pending bits are read-only */
	set(0x1000, 0xffffffff);
	EXPECT_EQ(get(0x1000), 0);
	EXPECT_EQ(changes, 0);
}

/* Contexts, widths and places that are not there: zero, and nothing happens. */
static void outside(void)
{
	reset(2);
	set(ENABLE(2), 0xffffffff);
	EXPECT_EQ(get(ENABLE(2)), 0);
	set(THRESHOLD(2), 7);
	EXPECT_EQ(get(THRESHOLD(2)), 0);
	EXPECT_EQ(get(CLAIM(2)), 0);
	set(4, 1);
	enable(0, 1);
	plic_set_line(&plic, 1, true);
	EXPECT(output[0]);
	EXPECT_EQ(plic_read(&plic, CLAIM(0), 8), 0);
	EXPECT_EQ(plic_read(&plic, CLAIM(0), 1), 0);
	EXPECT_EQ(plic_read(&plic, CLAIM(0) + 2, 4), 0);
	plic_write(&plic, 4, 1, 0);
	EXPECT_EQ(get(4), 1);
	EXPECT(output[0]);

	plic_set_line(&plic, 0, true);
	plic_set_line(&plic, 96, true);
	plic_set_line(&plic, 0xffffffff, true);
	set(CLAIM(0), 0xffffffff);
	set(CLAIM(0), 96);
	EXPECT_EQ(get(0x1000), 2);
	EXPECT_EQ(get(PLIC_SIZE - 4), 0);

	/* whatever is read and written: no more contexts than there are */
	for (uint32_t reg = 0; reg < PLIC_SIZE; reg += 4) {
		get(reg);
		set(reg, reg * 2654435761u);
	}
	EXPECT(!output[2]);
}

static void level(void)
{
	reset(1);
	set(4 * 10, 1);
	enable(0, 10);
	plic_set_line(&plic, 10, true);
	EXPECT(output[0]);
	EXPECT_EQ(get(0x1000), 1u << 10);
	/* a claim takes the request, and there is no other until completion */
	EXPECT_EQ(get(CLAIM(0)), 10);
	EXPECT(!output[0]);
	EXPECT_EQ(get(0x1000), 0);
	EXPECT_EQ(get(CLAIM(0)), 0);
	plic_set_line(&plic, 10, false);
	plic_set_line(&plic, 10, true);
	EXPECT(!output[0]);

	/* the line is still up */
	set(CLAIM(0), 10);
	EXPECT(output[0]);
	EXPECT_EQ(get(CLAIM(0)), 10);
	/* and now it is not */
	plic_set_line(&plic, 10, false);
	set(CLAIM(0), 10);
	EXPECT(!output[0]);
	EXPECT_EQ(get(CLAIM(0)), 0);

	/* what was requested stays so */
	plic_set_line(&plic, 10, true);
	plic_set_line(&plic, 10, false);
	EXPECT(output[0]);
	EXPECT_EQ(get(CLAIM(0)), 10);
	set(CLAIM(0), 10);
	EXPECT(!output[0]);
	EXPECT_EQ(changes, 6);
}

static void edge(void)
{
	reset(1);
	plic_set_edge(&plic, 40);
	set(4 * 40, 1);
	enable(0, 40);
	plic_set_line(&plic, 40, true);
	plic_set_line(&plic, 40, true);
	EXPECT_EQ(get(CLAIM(0)), 40);
	/* it stays up, which is no edge */
	set(CLAIM(0), 40);
	EXPECT(!output[0]);

	/* edges between request and completion become one more */
	plic_set_line(&plic, 40, false);
	plic_set_line(&plic, 40, true);
	EXPECT_EQ(get(CLAIM(0)), 40);
	for (int i = 0; i < 3; i++) {
		plic_set_line(&plic, 40, false);
		plic_set_line(&plic, 40, true);
	}
	plic_set_line(&plic, 40, false);
	EXPECT(!output[0]);
	set(CLAIM(0), 40);
	EXPECT(output[0]);
	EXPECT_EQ(get(CLAIM(0)), 40);
	set(CLAIM(0), 40);
	EXPECT(!output[0]);
	EXPECT_EQ(get(CLAIM(0)), 0);
}

static void completion(void)
{
	reset(2);
	set(4 * 3, 1);
	enable(0, 3);
	plic_set_line(&plic, 3, true);
	plic_set_line(&plic, 3, false);
	/* one that nobody has claimed cannot be completed: the gateway stays shut */
	set(CLAIM(0), 3);
	EXPECT_EQ(get(CLAIM(0)), 3);
	plic_set_line(&plic, 3, true);
	EXPECT(!output[0]);
	EXPECT_EQ(get(CLAIM(0)), 0);

	/* ignored where the source is not enabled */
	set(CLAIM(1), 3);
	EXPECT(!output[0]);
	set(ENABLE(0), 0);
	set(CLAIM(0), 3);
	enable(0, 3);
	EXPECT(!output[0]);

	/* of another context that has it enabled it counts */
	enable(1, 3);
	set(CLAIM(1), 3);
	EXPECT(output[0]);
	EXPECT(output[1]);
}

static void priorities(void)
{
	reset(1);
	for (unsigned int i = 1; i < PLIC_SOURCES; i++) {
		enable(0, i);
		plic_set_line(&plic, i, true);
	}
	/* priority 0: never, not by a claim either */
	EXPECT(!output[0]);
	EXPECT_EQ(get(CLAIM(0)), 0);

	set(4 * 20, 2);
	set(4 * 70, 5);
	set(4 * 71, 5);
	set(4 * 95, 1);
	EXPECT_EQ(get(CLAIM(0)), 70);
	EXPECT_EQ(get(CLAIM(0)), 71);
	EXPECT_EQ(get(CLAIM(0)), 20);
	EXPECT_EQ(get(CLAIM(0)), 95);
	EXPECT_EQ(get(CLAIM(0)), 0);
	EXPECT(!output[0]);
}

static void threshold(void)
{
	reset(1);
	enable(0, 1);
	set(4, 3);
	plic_set_line(&plic, 1, true);
	EXPECT(output[0]);
	set(THRESHOLD(0), 3);
	EXPECT(!output[0]);
	set(THRESHOLD(0), 2);
	EXPECT(output[0]);
	set(4, 2);
	EXPECT(!output[0]);
	/* a claim does not look at it */
	set(THRESHOLD(0), 7);
	EXPECT_EQ(get(CLAIM(0)), 1);
}

/* An interrupt for many is had by the first to claim it. */
static void contexts(void)
{
	reset(PLIC_MAX_CONTEXTS + 1);
	EXPECT_EQ(plic.nr, PLIC_MAX_CONTEXTS);
	set(4 * 33, 1);
	for (unsigned int i = 0; i < PLIC_MAX_CONTEXTS; i += 3)
		enable(i, 33);
	plic_set_line(&plic, 33, true);
	for (unsigned int i = 0; i < PLIC_MAX_CONTEXTS; i++)
		EXPECT_EQ(output[i], i % 3 == 0);
	EXPECT_EQ(get(CLAIM(1)), 0);
	EXPECT_EQ(get(CLAIM(63)), 33);
	EXPECT_EQ(get(CLAIM(0)), 0);
	for (unsigned int i = 0; i < PLIC_MAX_CONTEXTS; i++)
		EXPECT(!output[i]);
	EXPECT_EQ(changes, 2 * 22);
}

const struct test plic_tests[] = {
	{ "plic: registers", registers },
	{ "plic: registers that are not there", outside },
	{ "plic: level-triggered", level },
	{ "plic: edge-triggered", edge },
	{ "plic: completion", completion },
	{ "plic: priorities", priorities },
	{ "plic: threshold", threshold },
	{ "plic: many contexts", contexts },
	{ NULL, NULL },
};
