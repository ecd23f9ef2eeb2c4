// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "gicd.h"
#include "test.h"

#define CTLR		0x0000
#define TYPER		0x0004
#define IGROUPR(n)	(0x0080 + (n) / 32 * 4)
#define ISENABLER(n)	(0x0100 + (n) / 32 * 4)
#define ICENABLER(n)	(0x0180 + (n) / 32 * 4)
#define ISPENDR(n)	(0x0200 + (n) / 32 * 4)
#define ICPENDR(n)	(0x0280 + (n) / 32 * 4)
#define ISACTIVER(n)	(0x0300 + (n) / 32 * 4)
#define IPRIORITYR(n)	(0x0400 + (n))
#define ICFGR(n)	(0x0c00 + (n) / 16 * 4)
#define IROUTER(n)	(0x6000 + 8 * (n))
#define BIT(n)		(1u << ((n) % 32))

static struct gicd gicd;
/* what the CPU interfaces have, and how often they were told anything */
static struct gicd_signal have[4][GICD_INTIDS];
static unsigned int signals;

static bool take_signal(void *opaque, const struct gicd_signal *s)
{
	struct gicd_signal *h = &have[s->cpu][s->intid];
	bool was = h->up;

	EXPECT(opaque == &gicd);
	EXPECT(s->cpu < gicd.nr && s->intid >= GICD_SPI && s->intid < GICD_INTIDS);
	signals++;
	if (s->up)
		*h = *s;
	else if (h->level == s->level)
		h->up = false;
	return was;
}

static uint32_t get(uint32_t reg)
{
	return gicd_read(&gicd, reg, 4);
}

static void set(uint32_t reg, uint32_t value)
{
	gicd_write(&gicd, reg, 4, value);
}

/* The guest took the edge. */
static void acknowledge(unsigned int cpu, unsigned int intid)
{
	have[cpu][intid].up = false;
}

static void reset(void)
{
	memset(&gicd, 0, sizeof(gicd));
	memset(have, 0, sizeof(have));
	gicd.signal = take_signal;
	gicd.opaque = &gicd;
	gicd.nr = 3;
	gicd.affinity[0] = 0x000;
	gicd.affinity[1] = 0x001;
	gicd.affinity[2] = 0x100;
	gicd_reset(&gicd);
	signals = 0;
}

/* As Linux does: group 1, enabled, priority a0h. */
static void enable(unsigned int intid)
{
	set(CTLR, 2);
	set(IGROUPR(intid), get(IGROUPR(intid)) | BIT(intid));
	gicd_write(&gicd, IPRIORITYR(intid), 1, 0xa0);
	set(ISENABLER(intid), BIT(intid));
}

static void registers(void)
{
	reset();
	EXPECT_EQ(get(CTLR), 0x50);
	set(CTLR, 0xffffffff);
	EXPECT_EQ(get(CTLR), 0x53);
	EXPECT_EQ(get(TYPER) & 0x1f, 8);
	EXPECT_EQ((get(TYPER) >> 19 & 0x1f) + 1, 10);
	EXPECT_EQ(get(0xffe8) >> 4 & 0xf, 3);
	/* those below 32 are not here */
	set(ISENABLER(0), ~0u);
	EXPECT_EQ(get(ISENABLER(0)), 0);
	gicd_write(&gicd, IPRIORITYR(28), 4, ~0u);
	EXPECT_EQ(get(IPRIORITYR(28)), 0);
	gicd_write(&gicd, IROUTER(31), 8, 1);
	EXPECT_EQ(gicd_read(&gicd, IROUTER(31), 8), 0);
	/* nor those above */
	set(ISENABLER(288), ~0u);
	EXPECT_EQ(get(ISENABLER(288)), 0);
	gicd_write(&gicd, IROUTER(288), 8, 1);
	EXPECT_EQ(gicd_read(&gicd, IROUTER(288), 8), 0);

	set(ISENABLER(287), BIT(287));
	EXPECT_EQ(get(ICENABLER(287)), BIT(287));
	set(ICENABLER(287), BIT(287));
	EXPECT_EQ(get(ISENABLER(287)), 0);
	gicd_write(&gicd, IPRIORITYR(40), 4, 0x01f2a3ff);
	EXPECT_EQ(get(IPRIORITYR(40)), 0x00f0a0f8);
	EXPECT_EQ(gicd_read(&gicd, IPRIORITYR(41), 1), 0xa0);
	set(ICFGR(48), 0xffffffff);
	EXPECT_EQ(get(ICFGR(48)), 0xaaaaaaaa);
	set(ICFGR(16), 0xffffffff);
	EXPECT_EQ(get(ICFGR(16)), 0);
	gicd_write(&gicd, IROUTER(33), 8, ~0ull);
	EXPECT_EQ(gicd_read(&gicd, IROUTER(33), 8), 0xff80ffffffull);
	gicd_write(&gicd, IROUTER(33), 4, 0x100);
	EXPECT_EQ(gicd_read(&gicd, IROUTER(33), 8), 0xff00000100ull);
	gicd_write(&gicd, IROUTER(33) + 4, 4, 0);
	EXPECT_EQ(gicd_read(&gicd, IROUTER(33), 8), 0x100);
	EXPECT_EQ(gicd_read(&gicd, IROUTER(33), 2), 0);
	/* not aligned, too wide, too narrow */
	EXPECT_EQ(gicd_read(&gicd, TYPER + 1, 4), 0);
	EXPECT_EQ(gicd_read(&gicd, CTLR, 8), 0);
	EXPECT_EQ(gicd_read(&gicd, TYPER, 1), 0);
	EXPECT_EQ(get(ISACTIVER(40)), 0);
	EXPECT_EQ(signals, 0);
}

static void level(void)
{
	reset();
	gicd_set_line(&gicd, 40, true);
	EXPECT_EQ(get(ISPENDR(40)), BIT(40));
	EXPECT_EQ(signals, 0);
	enable(40);
	EXPECT(have[0][40].up && have[0][40].level && !have[0][40].group0);
	EXPECT_EQ(have[0][40].priority, 0xa0);
	EXPECT_EQ(signals, 1);
	gicd_set_line(&gicd, 40, true);
	EXPECT_EQ(signals, 1);
	gicd_set_line(&gicd, 40, false);
	EXPECT(!have[0][40].up);
	EXPECT_EQ(get(ICPENDR(40)), 0);
	/* disabled, and the whole group */
	gicd_set_line(&gicd, 40, true);
	set(ICENABLER(40), BIT(40));
	EXPECT(!have[0][40].up);
	set(ISENABLER(40), BIT(40));
	EXPECT(have[0][40].up);
	set(CTLR, 1);
	EXPECT(!have[0][40].up);
	set(CTLR, 2);
	EXPECT(have[0][40].up);
	set(IGROUPR(40), 0);
	EXPECT(!have[0][40].up);
	set(CTLR, 3);
	EXPECT(have[0][40].up && have[0][40].group0);
}

static void edge(void)
{
	reset();
	set(ICFGR(50), 2u << (50 % 16 * 2));
	gicd_set_line(&gicd, 50, true);
	gicd_set_line(&gicd, 50, false);
	EXPECT_EQ(get(ISPENDR(50)), BIT(50));
	enable(50);
	EXPECT(have[0][50].up && !have[0][50].level);
	EXPECT_EQ(signals, 1);
	acknowledge(0, 50);
	gicd_set_line(&gicd, 50, true);
	EXPECT(have[0][50].up);
	/* had back where it was not taken */
	set(ICENABLER(50), BIT(50));
	EXPECT(!have[0][50].up);
	EXPECT_EQ(get(ISPENDR(50)), BIT(50));
	set(ISENABLER(50), BIT(50));
	EXPECT(have[0][50].up);
	/* not where it was */
	acknowledge(0, 50);
	set(ICENABLER(50), BIT(50));
	EXPECT_EQ(get(ISPENDR(50)), 0);
	set(ISENABLER(50), BIT(50));
	EXPECT(!have[0][50].up);
	/* nor where the guest says so */
	set(ISPENDR(50), BIT(50));
	EXPECT(have[0][50].up);
	set(ICPENDR(50), BIT(50));
	EXPECT(!have[0][50].up);
	set(ICENABLER(50), BIT(50));
	set(ISENABLER(50), BIT(50));
	EXPECT(!have[0][50].up);
}

static void routes(void)
{
	reset();
	enable(60);
	gicd_set_line(&gicd, 60, true);
	EXPECT(have[0][60].up);
	gicd_write(&gicd, IROUTER(60), 8, 0x100);
	EXPECT(!have[0][60].up);
	EXPECT(have[2][60].up);
	/* there is no such CPU */
	gicd_write(&gicd, IROUTER(60), 8, 0x101);
	EXPECT(!have[2][60].up);
	gicd_write(&gicd, IROUTER(60), 8, 1u << 31 | 0x101);
	EXPECT(have[0][60].up);
	gicd_write(&gicd, IPRIORITYR(60), 1, 0x10);
	EXPECT_EQ(have[0][60].priority, 0x10);
	EXPECT(have[0][60].up);

	/* an edge moves along unless it was taken */
	set(ICFGR(61), 2u << (61 % 16 * 2));
	enable(61);
	gicd_set_line(&gicd, 61, true);
	gicd_write(&gicd, IROUTER(61), 8, 1);
	EXPECT(!have[0][61].up);
	EXPECT(have[1][61].up);
	acknowledge(1, 61);
	gicd_write(&gicd, IROUTER(61), 8, 0);
	EXPECT(!have[0][61].up);
}

/* Whatever is written: the CPU interfaces have what the registers say. */
static void garbage(void)
{
	static const uint16_t regs[] = {
		0x0, 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x400, 0xc00, 0x6000,
		0x6400, 0xfff0,
	};
	unsigned int up = 0;
	uint32_t seed = 1;

	reset();
	for (int i = 0; i < 200000; i++) {
		uint8_t b[12];

		garble(b, sizeof(b), sizeof(b) * 4, &seed);
		if (i % 4)
			gicd_write(&gicd, regs[b[0] % ARRAY_SIZE(regs)] + b[1],
				   1u << (b[3] & 3), b[4] & 3 ? b[5] & b[6] :
				   (uint64_t)b[7] << 32 | b[8] << 8 | b[9]);
		else
			gicd_set_line(&gicd, b[8] | (b[9] & 1) << 8, b[10] & 1);
	}
	set(CTLR, 3);
	for (unsigned int n = GICD_SPI; n < GICD_INTIDS; n++) {
		const struct gicd_irq *irq = &gicd.irq[n];
		bool wanted = irq->line && (get(ISENABLER(n)) & BIT(n)) &&
			      !(get(ICFGR(n)) >> (n % 16 * 2) & 2);

		for (unsigned int cpu = 0; cpu < 3; cpu++) {
			const struct gicd_signal *h = &have[cpu][n];
			bool mine = irq->route & 1u << 31 ? !cpu :
				    irq->route == gicd.affinity[cpu];

			EXPECT_EQ(h->up && h->level, wanted && mine);
			up += wanted && mine;
		}
	}
	EXPECT(up > 10);
}

const struct test gicd_tests[] = {
	{ "gicd: registers", registers },
	{ "gicd: level-triggered", level },
	{ "gicd: edge-triggered", edge },
	{ "gicd: routes", routes },
	{ "gicd: garbage", garbage },
	{ NULL, NULL },
};
