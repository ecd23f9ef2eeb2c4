// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* libaxvcpu: what only x86 has. */
#include "libaxvcpu.h"
#include "internal.h"

void axv_arch_create_vcpu(struct axvcpu_create_vcpu *c)
{
	(void)c;
}

int axv_setup_flat(const struct axv_vcpu *v, int s2, uint64_t entry,
		   uint64_t stack)
{
	struct axvcpu_setup s = {
		.flags = AXVCPU_SETUP_RUNNABLE,
		.entry = entry,
		.stage2_fd = s2,
		.arch.x86 = {
			.start = AXVCPU_X86_START_PROT32,
			.rsp = stack,
		},
	};

	return axv_setup(v, &s);
}
