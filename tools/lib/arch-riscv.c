// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* libaxvcpu: what only RISC-V has. */
#include "libaxvcpu.h"
#include "internal.h"

/* As good a hart id as any, and one that boot loaders like. */
void axv_arch_create_vcpu(struct axvcpu_create_vcpu *c)
{
	c->arch.riscv.hartid = c->id;
}

int axv_setup_flat(const struct axv_vcpu *v, int s2, uint64_t entry,
		   uint64_t stack)
{
	struct axvcpu_setup s = {
		.flags = AXVCPU_SETUP_RUNNABLE,
		.entry = entry,
		.stage2_fd = s2,
		.arch.riscv = {
			.sp = stack,
		},
	};

	return axv_setup(v, &s);
}
