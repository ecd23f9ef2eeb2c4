/* SPDX-License-Identifier: GPL-2.0-only */
/* Speculation across guests and user space: spec.c. */
#ifndef AXVCPU_X86_SPEC_H
#define AXVCPU_X86_SPEC_H

#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/nospec-branch.h>

#include "x86.h"

void axv_x86_spec_init(void);
void axv_x86_spec_switch(u64 id);
void axv_x86_spec_others(void);
void axv_x86_spec_leave(void);

/* the vCPU, by its unique id, that this CPU's predictors have seen last */
DECLARE_PER_CPU(u64, axv_x86_last_guest);

/* A vCPU is about to run here. */
static inline void axv_x86_spec_arrive(u64 id)
{
	if (unlikely(__this_cpu_read(axv_x86_last_guest) != id))
		axv_x86_spec_switch(id);
}

/* A guest ran here: user space must not run on its predictions. */
static inline void axv_x86_spec_exit(void)
{
#ifdef X86_FEATURE_IBPB_EXIT_TO_USER
	if (cpu_feature_enabled(X86_FEATURE_IBPB_EXIT_TO_USER))
		this_cpu_write(x86_ibpb_exit_to_user, true);
#endif
}

#endif /* AXVCPU_X86_SPEC_H */
