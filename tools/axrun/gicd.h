/* SPDX-License-Identifier: GPL-2.0-only */
/* The distributor of a GICv3: shared interrupts only, one security state, no LPIs. */
#ifndef AXRUN_GICD_H
#define AXRUN_GICD_H

#include <stdbool.h>
#include <stdint.h>

/* INTIDs of shared interrupts are GICD_SPI to GICD_INTIDS - 1 */
#define GICD_SPI	32u
#define GICD_INTIDS	288u
#define GICD_WORDS	(GICD_INTIDS / 32)
#define GICD_MAX_CPUS	64u
/* bytes of the registers */
#define GICD_SIZE	0x10000u

/* what a CPU interface is told */
struct gicd_signal {
	unsigned int cpu;
	unsigned int intid;
	bool up;		/* pending, or the reverse */
	bool level;		/* until it is taken back; else once */
	bool group0;
	uint8_t priority;
};

struct gicd_irq {
	uint64_t route;		/* GICD_IROUTER */
	uint8_t priority;
	bool line;		/* the device's */
	bool latched;		/* pending beside it: an edge, or GICD_ISPENDR */
	/* the CPU interface of sent.cpu has it, as it was told then */
	bool has_level;
	bool has_edge;
	struct gicd_signal sent;
};

struct gicd {
	/* false: a signal that was to be taken back is not pending any more */
	bool (*signal)(void *opaque, const struct gicd_signal *s);
	void *opaque;
	unsigned int nr;		/* CPUs */
	uint64_t affinity[GICD_MAX_CPUS]; /* as in MPIDR */

	uint32_t ctlr;
	uint32_t enable[GICD_WORDS];
	uint32_t group[GICD_WORDS];
	uint32_t edge[GICD_WORDS];	/* a bit each, unlike in GICD_ICFGR */
	struct gicd_irq irq[GICD_INTIDS];
};

/* Nothing enabled; signal, opaque, nr and affinity are the caller's and stay. */
void gicd_reset(struct gicd *g);
void gicd_set_line(struct gicd *g, unsigned int intid, bool level);
/* @width: 1, 2, 4 or 8; registers that do not have it read as zero and stay */
uint64_t gicd_read(struct gicd *g, uint32_t reg, unsigned int width);
void gicd_write(struct gicd *g, uint32_t reg, unsigned int width, uint64_t data);

#endif /* AXRUN_GICD_H */
