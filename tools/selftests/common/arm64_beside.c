// SPDX-License-Identifier: GPL-2.0-only
/* A thread of the host with known registers, see beside.h. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/beside.h"
#include "common/arm64_state.h"

void host_thread(struct beside_shared *s, unsigned int cpu)
{
	static struct host_fp in, out;
	unsigned int *n = &s->rounds[1 + cpu];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		*n = 1;	/* no such CPU: nothing to guard */
		return;
	}
	for (; !__atomic_load_n(&s->over, __ATOMIC_SEQ_CST); ++*n) {
		host_fp_fill(&in, *n + cpu);
		host_fp_hold(&in, &out, 300000, SYS_sched_yield);
		if (!host_fp_same(&in, &out))
			axt_end();
		axt_sleep_ms(1);
	}
}
