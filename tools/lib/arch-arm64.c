// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* libaxvcpu: what only arm64 has. */
#include "libaxvcpu.h"
#include "internal.h"

/* As GICs like it: an SGI reaches 16 CPUs that differ in the lowest field. */
void axv_arch_create_vcpu(struct axvcpu_create_vcpu *c)
{
	c->arch.arm64.mpidr = (c->id & 15) | (uint64_t)(c->id >> 4) << 8;
}

int axv_setup_flat(const struct axv_vcpu *v, int s2, uint64_t entry,
		   uint64_t stack)
{
	struct axvcpu_setup s = {
		.flags = AXVCPU_SETUP_RUNNABLE,
		.entry = entry,
		.stage2_fd = s2,
		.arch.arm64 = {
			.sp = stack,
		},
	};

	return axv_setup(v, &s);
}
