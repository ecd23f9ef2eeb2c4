/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of those beside whom nothing may harm (hostile.h), by architecture. */
#ifndef AXV_SELFTEST_BESIDE_H
#define AXV_SELFTEST_BESIDE_H

#include "common/hostile.h"

struct beside_shared {
	bool over;
	unsigned int rounds[3];
};

/* On @cpu until it is over: registers of all kinds keep what this put into them. */
void host_thread(struct beside_shared *s, unsigned int cpu);

#endif /* AXV_SELFTEST_BESIDE_H */
