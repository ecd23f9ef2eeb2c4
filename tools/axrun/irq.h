/* SPDX-License-Identifier: GPL-2.0-only */
/* An interrupt controller that the first vCPU pulls vectors from. */
#ifndef AXRUN_IRQ_H
#define AXRUN_IRQ_H

#include <stdbool.h>

struct vcpu;

struct irq_source {
	/* is the controller's output asserted? */
	bool (*output)(void *opaque);
	/* which vector would it be now? */
	unsigned int (*peek)(void *opaque);
	/* the CPU takes the interrupt */
	void (*ack)(void *opaque);
	void *opaque;
};

/* vm->lock held: board.before_run, and after a line of the controller changed */
void irq_before_run(struct vcpu *v, const struct irq_source *source);
void irq_changed(struct vcpu *v, const struct irq_source *source);

#endif /* AXRUN_IRQ_H */
