// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID of one CPU of many. The module's own table tells of a package with one CPU;
 * here that becomes one of the cores of a single package. Only leaves that the
 * table has are changed. Field names are those of the vendors' manuals.
 */
#include <stdbool.h>

#include "topology.h"

/* leaf 0, EBX: the vendor's name begins with it */
#define VENDOR_INTEL	0x756e6547u	/* "Genu" */

#define LEAF_1_HTT	(1u << 28)
#define LEAF_80000001_CMP_LEGACY	(1u << 1)

/* leaf Bh, ECX: type of the level */
#define LEVEL_THREAD	1u
#define LEVEL_CORE	2u

/* bits of an APIC id that tell cores apart */
static unsigned int id_bits(unsigned int cpus)
{
	return cpus > 1 ? 32 - __builtin_clz(cpus - 1) : 0;
}

static bool is_intel(const struct axvcpu_cpuid_entry *e, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (e[i].function == 0)
			return e[i].ebx == VENDOR_INTEL;
	return false;
}

/* Caches of the third level are the package's, others a core's own. */
static void set_cache(struct axvcpu_cpuid_entry *e, unsigned int ids)
{
	unsigned int level = e->eax >> 5 & 7;

	/* 0: there is no such cache */
	if (!(e->eax & 0x1f))
		return;
	e->eax &= 0x3fff;
	if (level == 3)
		e->eax |= (ids - 1) << 14;
	/* six bits */
	e->eax |= ((ids > 64 ? 64 : ids) - 1) << 26;
}

static void set_level(struct axvcpu_cpuid_entry *e, unsigned int cpus, unsigned int id)
{
	switch (e->index) {
	case 0:
		e->eax = 0;
		e->ebx = 1;
		e->ecx = LEVEL_THREAD << 8;
		break;
	case 1:
		e->eax = id_bits(cpus);
		e->ebx = cpus;
		e->ecx = LEVEL_CORE << 8 | 1;
		break;
	default:
		return;
	}
	e->edx = id;
}

void topology_cpuid(struct axvcpu_cpuid_entry *table, unsigned int nr, unsigned int cpus,
		    unsigned int id)
{
	bool amd = !is_intel(table, nr);
	unsigned int bits = id_bits(cpus);

	for (unsigned int i = 0; i < nr; i++) {
		struct axvcpu_cpuid_entry *e = &table[i];

		switch (e->function) {
		case 0x1:
			e->ebx = (e->ebx & 0xffff) | id << 24 | 1u << bits << 16;
			e->edx &= ~LEAF_1_HTT;
			if (cpus > 1)
				e->edx |= LEAF_1_HTT;
			break;
		case 0x4:
			set_cache(e, 1u << bits);
			break;
		case 0xb:
		case 0x1f:
			set_level(e, cpus, id);
			break;
		case 0x80000001:
			if (amd && cpus > 1)
				e->ecx |= LEAF_80000001_CMP_LEGACY;
			break;
		case 0x80000008:
			if (amd)
				e->ecx = (e->ecx & ~0xf0ffu) | bits << 12 | (cpus - 1);
			break;
		default:
			break;
		}
	}
}
