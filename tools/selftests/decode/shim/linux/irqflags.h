/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_IRQFLAGS_H
#define SHIM_LINUX_IRQFLAGS_H

static inline void local_irq_enable(void) { }
static inline void local_irq_disable(void) { }

#endif
