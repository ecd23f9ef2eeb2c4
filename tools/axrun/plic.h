/* SPDX-License-Identifier: GPL-2.0-only */
/* A RISC-V platform-level interrupt controller with a context for each hart. */
#ifndef AXRUN_PLIC_H
#define AXRUN_PLIC_H

#include <stdbool.h>
#include <stdint.h>

/* sources 1 to PLIC_SOURCES - 1; there is no source 0 */
#define PLIC_SOURCES		96u
#define PLIC_WORDS		(PLIC_SOURCES / 32)
#define PLIC_MAX_CONTEXTS	64u
#define PLIC_MAX_PRIORITY	7u
/* bytes of the registers */
#define PLIC_SIZE		0x600000u

struct plic_context {
	uint32_t enable[PLIC_WORDS];
	uint8_t threshold;
	bool output;
};

struct plic {
	/* a context's output changes */
	void (*output)(void *opaque, unsigned int context, bool level);
	void *opaque;
	unsigned int nr;		/* contexts */

	/* the gateways, a bit for each source */
	uint32_t edge[PLIC_WORDS];	/* it is edge-triggered */
	uint32_t line[PLIC_WORDS];	/* its line */
	uint32_t closed[PLIC_WORDS];	/* it has a request that is not completed */
	uint32_t latched[PLIC_WORDS];	/* there was an edge meanwhile */

	uint32_t pending[PLIC_WORDS];	/* requests that nobody has claimed */
	uint8_t priority[PLIC_SOURCES];
	struct plic_context context[PLIC_MAX_CONTEXTS];
};

/* all sources level-triggered; the caller sets output and opaque before or after */
void plic_reset(struct plic *p, unsigned int nr_contexts);
void plic_set_edge(struct plic *p, unsigned int source);
void plic_set_line(struct plic *p, unsigned int source, bool level);
/* 32-bit registers; other widths read as zero and write nothing */
uint32_t plic_read(struct plic *p, uint32_t reg, unsigned int width);
void plic_write(struct plic *p, uint32_t reg, unsigned int width,
		uint32_t data);

#endif /* AXRUN_PLIC_H */
