/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_CPUFEATURE_H
#define SHIM_ASM_CPUFEATURE_H

#define X86_FEATURE_GBPAGES	1

/* the only feature asked for */
extern bool mock_gbpages;

static inline bool boot_cpu_has(unsigned int feature)
{
	return mock_gbpages;
}

#endif
