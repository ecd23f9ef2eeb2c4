// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributor of a GICv3, as the GIC architecture specification (IHI 0069) has
 * it with GICD_CTLR.DS and ARE set: shared interrupts, which are routed by
 * affinity. Those below 32 are the redistributors', which the kernel has, as it
 * has the CPU interfaces: what is pending, enabled and of an enabled group is
 * handed to one of them with its priority.
 *
 * A level is handed over as such, and taken back where the line drops or the
 * interrupt is disabled or goes elsewhere. An edge that is handed over is the CPU
 * interface's. It can be had back as long as the guest has not acknowledged it.
 *
 * GICD_ISACTIVER reads as zero: what is active is known in the kernel only, and
 * Linux asks for it when it frees an interrupt, to wait for other CPUs.
 */
#include <string.h>

#include "gicd.h"

/* registers */
#define CTLR		0x0000u
#define TYPER		0x0004u
#define IGROUPR		0x0080u		/* a bit each */
#define ISENABLER	0x0100u
#define ICENABLER	0x0180u
#define ISPENDR		0x0200u
#define ICPENDR		0x0280u
#define IPRIORITYR	0x0400u		/* a byte each */
#define ITARGETSR	0x0800u
#define ICFGR		0x0c00u		/* two bits each */
#define IGRPMODR	0x0d00u
#define IROUTER		0x6000u		/* eight bytes each */
#define IROUTER_END	(IROUTER + 8 * GICD_INTIDS)
#define PIDR2		0xffe8u

#define CTLR_GROUP0	(1u << 0)
#define CTLR_GROUP1	(1u << 1)
#define CTLR_ARE	(1u << 4)
#define CTLR_DS		(1u << 6)

/* ten bits of INTID; affinities of four levels */
#define TYPER_VALUE	(1u << 24 | 9u << 19 | (GICD_WORDS - 1))
#define PIDR2_GICV3	0x3bu

#define AFFINITY	0xff00ffffffull
#define ROUTE_ANY	(1ull << 31)	/* IRM: any CPU will do */
#define ROUTE_BITS	(AFFINITY | ROUTE_ANY)

/* The five upper bits count, as many as a CPU interface has at least. */
#define PRIORITY_BITS	0xf8u

static bool test(const uint32_t *bits, unsigned int intid)
{
	return bits[intid / 32] >> (intid % 32) & 1;
}

static bool exists(unsigned int intid)
{
	return intid >= GICD_SPI && intid < GICD_INTIDS;
}

/* Of the shared interrupts in word @n, all bits. */
static uint32_t word_mask(unsigned int n)
{
	return n && n < GICD_WORDS ? UINT32_MAX : 0;
}

/* ---- what goes where -------------------------------------------------------- */

/* The CPU, or g->nr: there is none such. */
static unsigned int target(const struct gicd *g, const struct gicd_irq *irq)
{
	unsigned int cpu;

	if (irq->route & ROUTE_ANY)
		return 0;
	for (cpu = 0; cpu < g->nr; cpu++)
		if (g->affinity[cpu] == (irq->route & AFFINITY))
			break;
	return cpu;
}

/* What the CPU interface is to have of @intid, but for up and level; false: nothing. */
static bool plan(const struct gicd *g, unsigned int intid, struct gicd_signal *s)
{
	const struct gicd_irq *irq = &g->irq[intid];
	bool group0 = !test(g->group, intid);

	*s = (struct gicd_signal){
		.cpu = target(g, irq),
		.intid = intid,
		.group0 = group0,
		.priority = irq->priority,
	};
	return s->cpu < g->nr && test(g->enable, intid) &&
	       (g->ctlr & (group0 ? CTLR_GROUP0 : CTLR_GROUP1));
}

static bool take_back(struct gicd *g, struct gicd_irq *irq, bool level)
{
	irq->sent.up = false;
	irq->sent.level = level;
	return g->signal(g->opaque, &irq->sent);
}

static void hand_over(struct gicd *g, struct gicd_irq *irq,
		      const struct gicd_signal *s, bool level)
{
	irq->sent = *s;
	irq->sent.up = true;
	irq->sent.level = level;
	g->signal(g->opaque, &irq->sent);
}

/* Something about @intid has changed. */
static void update(struct gicd *g, unsigned int intid)
{
	struct gicd_irq *irq = &g->irq[intid];
	bool level = irq->line && !test(g->edge, intid), moved;
	struct gicd_signal s;
	bool wanted = plan(g, intid, &s);

	moved = !wanted || s.cpu != irq->sent.cpu ||
		s.priority != irq->sent.priority || s.group0 != irq->sent.group0;
	if (irq->has_level && (moved || !level)) {
		take_back(g, irq, true);
		irq->has_level = false;
	}
	if (irq->has_edge && moved) {
		irq->has_edge = false;
		if (take_back(g, irq, false))
			irq->latched = true;
	}
	if (!wanted)
		return;
	if (level && !irq->has_level) {
		hand_over(g, irq, &s, true);
		irq->has_level = true;
	}
	/* a level says it, too */
	if (irq->latched && !level) {
		hand_over(g, irq, &s, false);
		irq->has_edge = true;
		irq->latched = false;
	}
}

static void update_all(struct gicd *g)
{
	for (unsigned int intid = GICD_SPI; intid < GICD_INTIDS; intid++)
		update(g, intid);
}

void gicd_set_line(struct gicd *g, unsigned int intid, bool level)
{
	struct gicd_irq *irq;

	if (!exists(intid))
		return;
	irq = &g->irq[intid];
	if (level && !irq->line && test(g->edge, intid))
		irq->latched = true;
	irq->line = level;
	update(g, intid);
}

/* ---- registers with a bit each ---------------------------------------------- */

static uint32_t pending(const struct gicd *g, unsigned int n)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; i < 32; i++) {
		const struct gicd_irq *irq = &g->irq[32 * n + i];

		if (irq->latched ||
		    (irq->line && !test(g->edge, 32 * n + i)))
			bits |= 1u << i;
	}
	return bits;
}

static void set_pending(struct gicd *g, unsigned int n, uint32_t bits)
{
	for (unsigned int i = 0; i < 32; i++) {
		if (!(bits >> i & 1))
			continue;
		g->irq[32 * n + i].latched = true;
		update(g, 32 * n + i);
	}
}

static void clear_pending(struct gicd *g, unsigned int n, uint32_t bits)
{
	for (unsigned int i = 0; i < 32; i++) {
		struct gicd_irq *irq = &g->irq[32 * n + i];

		if (!(bits >> i & 1))
			continue;
		irq->latched = false;
		if (irq->has_edge)
			take_back(g, irq, false);
		irq->has_edge = false;
	}
}

static uint32_t read_bits(const struct gicd *g, uint32_t reg, unsigned int n)
{
	if (!word_mask(n))
		return 0;
	switch (reg) {
	case IGROUPR:
		return g->group[n];
	case ISENABLER:
	case ICENABLER:
		return g->enable[n];
	case ISPENDR:
	case ICPENDR:
		return pending(g, n);
	}
	return 0;
}

static void write_bits(struct gicd *g, uint32_t reg, unsigned int n, uint32_t data)
{
	if (!word_mask(n))
		return;
	switch (reg) {
	case IGROUPR:
		g->group[n] = data;
		break;
	case ISENABLER:
		g->enable[n] |= data;
		break;
	case ICENABLER:
		g->enable[n] &= ~data;
		break;
	case ISPENDR:
		set_pending(g, n, data);
		return;
	case ICPENDR:
		clear_pending(g, n, data);
		return;
	default:
		return;
	}
	for (unsigned int i = 0; i < 32; i++)
		update(g, 32 * n + i);
}

/* ---- the others -------------------------------------------------------------- */

static uint32_t read_config(const struct gicd *g, unsigned int n)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 16; i++)
		if (exists(16 * n + i) && test(g->edge, 16 * n + i))
			value |= 2u << (2 * i);
	return value;
}

static void write_config(struct gicd *g, unsigned int n, uint32_t data)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int intid = 16 * n + i;
		uint32_t bit = 1u << (intid % 32);

		if (!exists(intid))
			continue;
		if (data >> (2 * i) & 2)
			g->edge[intid / 32] |= bit;
		else
			g->edge[intid / 32] &= ~bit;
		update(g, intid);
	}
}

static uint32_t read_word(struct gicd *g, uint32_t reg)
{
	switch (reg) {
	case CTLR:
		return g->ctlr | CTLR_ARE | CTLR_DS;
	case TYPER:
		return TYPER_VALUE;
	case PIDR2:
		return PIDR2_GICV3;
	}
	if (reg >= IGROUPR && reg < IPRIORITYR)
		return read_bits(g, reg & ~0x7fu, (reg & 0x7f) / 4);
	if (reg >= ICFGR && reg < IGRPMODR)
		return read_config(g, (reg - ICFGR) / 4);
	return 0;
}

static void write_word(struct gicd *g, uint32_t reg, uint32_t data)
{
	if (reg == CTLR) {
		g->ctlr = data & (CTLR_GROUP0 | CTLR_GROUP1);
		update_all(g);
	} else if (reg >= IGROUPR && reg < IPRIORITYR) {
		write_bits(g, reg & ~0x7fu, (reg & 0x7f) / 4, data);
	} else if (reg >= ICFGR && reg < IGRPMODR) {
		write_config(g, (reg - ICFGR) / 4, data);
	}
}

uint64_t gicd_read(struct gicd *g, uint32_t reg, unsigned int width)
{
	uint64_t value = 0;

	if (reg % width)
		return 0;
	if (reg >= IROUTER && reg < IROUTER_END) {
		unsigned int intid = (reg - IROUTER) / 8;

		if (width < 4 || !exists(intid))
			return 0;
		value = g->irq[intid].route >> (8 * (reg % 8));
		return width == 4 ? (uint32_t)value : value;
	}
	if (reg >= IPRIORITYR && reg < ITARGETSR) {
		for (unsigned int i = 0; i < width && width <= 4; i++)
			if (exists(reg - IPRIORITYR + i))
				value |= (uint64_t)g->irq[reg - IPRIORITYR + i].priority
					 << (8 * i);
		return value;
	}
	return width == 4 ? read_word(g, reg) : 0;
}

static void write_route(struct gicd *g, uint32_t reg, unsigned int width, uint64_t data)
{
	unsigned int intid = (reg - IROUTER) / 8;
	struct gicd_irq *irq;

	if (width < 4 || !exists(intid))
		return;
	irq = &g->irq[intid];
	if (width == 8)
		irq->route = data;
	else if (reg % 8)
		irq->route = (uint32_t)irq->route | data << 32;
	else
		irq->route = (irq->route & ~(uint64_t)UINT32_MAX) | (uint32_t)data;
	irq->route &= ROUTE_BITS;
	update(g, intid);
}

void gicd_write(struct gicd *g, uint32_t reg, unsigned int width, uint64_t data)
{
	if (reg % width)
		return;
	if (reg >= IROUTER && reg < IROUTER_END) {
		write_route(g, reg, width, data);
	} else if (reg >= IPRIORITYR && reg < ITARGETSR) {
		for (unsigned int i = 0; i < width && width <= 4; i++) {
			unsigned int intid = reg - IPRIORITYR + i;

			if (!exists(intid))
				continue;
			g->irq[intid].priority = data >> (8 * i) & PRIORITY_BITS;
			update(g, intid);
		}
	} else if (width == 4) {
		write_word(g, reg, data);
	}
}

void gicd_reset(struct gicd *g)
{
	g->ctlr = 0;
	memset(g->enable, 0, sizeof(g->enable));
	memset(g->group, 0, sizeof(g->group));
	memset(g->edge, 0, sizeof(g->edge));
	memset(g->irq, 0, sizeof(g->irq));
}
