/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the CPUs of a PC are, as CPUID tells it. */
#ifndef AXRUN_TOPOLOGY_H
#define AXRUN_TOPOLOGY_H

#include <linux/axvcpu.h>

/* the most CPUs that one package can tell of */
#define TOPOLOGY_MAX_CPUS	128u

/*
 * Change a vCPU's table to that of core @id of a package of @cpus cores of one thread
 * each, whose APIC ids are their numbers.
 */
void topology_cpuid(struct axvcpu_cpuid_entry *e, unsigned int nr, unsigned int cpus,
		    unsigned int id);

#endif /* AXRUN_TOPOLOGY_H */
