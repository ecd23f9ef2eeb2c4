/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_ASM_PROCESSOR_H
#define SHIM_ASM_PROCESSOR_H

struct mock_cpu {
	u8 x86_phys_bits;
};
extern struct mock_cpu boot_cpu_data;

#endif
