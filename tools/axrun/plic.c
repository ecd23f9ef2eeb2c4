// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PLIC, as the RISC-V Platform-Level Interrupt Controller Specification has
 * it. Contexts are the S-modes of the harts, in their order.
 *
 * A source has a gateway. It turns a raised line into one request and then lets
 * nothing through until that is completed. A request cannot be taken back: the
 * line of a level-triggered source may have dropped by the time it is claimed.
 * On completion the gateway looks at the line again, or, of an edge-triggered
 * source, whether there was an edge meanwhile: one is kept, more are merged.
 *
 * Any context for which a source is enabled may complete it. Linux counts on a
 * completion being ignored where the source is not enabled.
 */
#include <string.h>

#include "plic.h"

/* registers */
#define PRIORITY	0x000000u	/* a word for each source */
#define PENDING		0x001000u	/* a bit for each source */
#define ENABLE		0x002000u	/* the same, for each context */
#define ENABLE_STRIDE	0x80u
#define CONTEXT		0x200000u
#define CONTEXT_STRIDE	0x1000u
#define THRESHOLD	0x0u
#define CLAIM		0x4u

static bool test(const uint32_t *bits, unsigned int source)
{
	return bits[source / 32] >> (source % 32) & 1;
}

static void assign(uint32_t *bits, unsigned int source, bool value)
{
	uint32_t bit = 1u << (source % 32);

	if (value)
		bits[source / 32] |= bit;
	else
		bits[source / 32] &= ~bit;
}

static bool exists(unsigned int source)
{
	return source && source < PLIC_SOURCES;
}

/* ---- the contexts --------------------------------------------------------- */

/* The request of the highest priority, of equal ones the lowest source; 0: none. */
static unsigned int best(const struct plic *p, const struct plic_context *c)
{
	unsigned int source = 0;

	for (unsigned int i = 0; i < PLIC_WORDS; i++) {
		uint32_t bits = p->pending[i] & c->enable[i];

		for (; bits; bits &= bits - 1) {
			unsigned int n = 32 * i + __builtin_ctz(bits);

			/* priority 0 means never: it is that of source 0 too */
			if (p->priority[n] > p->priority[source])
				source = n;
		}
	}
	return source;
}

static void update(struct plic *p)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		struct plic_context *c = &p->context[i];
		bool output = p->priority[best(p, c)] > c->threshold;

		if (output == c->output)
			continue;
		c->output = output;
		p->output(p->opaque, i, output);
	}
}

/* The threshold holds interrupts back; a claim does not look at it. */
static uint32_t claim(struct plic *p, struct plic_context *c)
{
	unsigned int source = best(p, c);

	if (source)
		assign(p->pending, source, false);
	return source;
}

/* ---- the gateways --------------------------------------------------------- */

static void request(struct plic *p, unsigned int source)
{
	assign(p->closed, source, true);
	assign(p->pending, source, true);
}

void plic_set_line(struct plic *p, unsigned int source, bool level)
{
	bool was;

	if (!exists(source))
		return;

	was = test(p->line, source);
	assign(p->line, source, level);
	if (!level || was)
		return;

	if (!test(p->closed, source))
		request(p, source);
	else if (test(p->edge, source))
		assign(p->latched, source, true);
	update(p);
}

static void complete(struct plic *p, const struct plic_context *c,
		     uint32_t source)
{
	bool again;

	/* what is still pending has not been claimed, so it cannot be completed */
	if (!exists(source) || !test(c->enable, source) ||
	    !test(p->closed, source) || test(p->pending, source))
		return;

	again = test(test(p->edge, source) ? p->latched : p->line, source);
	assign(p->latched, source, false);
	assign(p->closed, source, false);
	if (again)
		request(p, source);
}

/* ---- registers ------------------------------------------------------------ */

/* The context and the rest of the address; NULL: there is none. */
static struct plic_context *find(struct plic *p, uint32_t offset,
				 uint32_t stride, uint32_t *reg)
{
	unsigned int nr = offset / stride;

	*reg = offset % stride;
	return nr < p->nr ? &p->context[nr] : NULL;
}

uint32_t plic_read(struct plic *p, uint32_t reg, unsigned int width)
{
	struct plic_context *c;
	uint32_t value = 0;

	if (width != 4 || reg % 4)
		return 0;

	if (reg < PENDING) {
		if (reg / 4 < PLIC_SOURCES)
			value = p->priority[reg / 4];
	} else if (reg < ENABLE) {
		if (reg - PENDING < 4 * PLIC_WORDS)
			value = p->pending[(reg - PENDING) / 4];
	} else if (reg < CONTEXT) {
		c = find(p, reg - ENABLE, ENABLE_STRIDE, &reg);
		if (c && reg < 4 * PLIC_WORDS)
			value = c->enable[reg / 4];
	} else {
		c = find(p, reg - CONTEXT, CONTEXT_STRIDE, &reg);
		if (c && reg == THRESHOLD) {
			value = c->threshold;
		} else if (c && reg == CLAIM) {
			value = claim(p, c);
			update(p);
		}
	}
	return value;
}

void plic_write(struct plic *p, uint32_t reg, unsigned int width,
		uint32_t data)
{
	struct plic_context *c;

	if (width != 4 || reg % 4)
		return;

	if (reg < PENDING) {
		if (exists(reg / 4))
			p->priority[reg / 4] = data & PLIC_MAX_PRIORITY;
	} else if (reg < ENABLE) {
		/* pending bits are set and cleared by requests and claims only */
		return;
	} else if (reg < CONTEXT) {
		c = find(p, reg - ENABLE, ENABLE_STRIDE, &reg);
		if (c && reg < 4 * PLIC_WORDS)
			c->enable[reg / 4] = reg ? data : data & ~1u;
	} else {
		c = find(p, reg - CONTEXT, CONTEXT_STRIDE, &reg);
		if (c && reg == THRESHOLD)
			c->threshold = data & PLIC_MAX_PRIORITY;
		else if (c && reg == CLAIM)
			complete(p, c, data);
	}
	update(p);
}

void plic_set_edge(struct plic *p, unsigned int source)
{
	if (exists(source))
		assign(p->edge, source, true);
}

void plic_reset(struct plic *p, unsigned int nr_contexts)
{
	void (*output)(void *opaque, unsigned int context, bool level) = p->output;
	void *opaque = p->opaque;

	memset(p, 0, sizeof(*p));
	p->output = output;
	p->opaque = opaque;
	p->nr = nr_contexts < PLIC_MAX_CONTEXTS ? nr_contexts : PLIC_MAX_CONTEXTS;
}
