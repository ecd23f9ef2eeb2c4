// SPDX-License-Identifier: GPL-2.0-only
/* A thread of the host with known registers, see beside.h. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/beside.h"
#include "common/x86_state.h"

/* The vector registers loaded, some time spent in user space and in the kernel,
 * and the registers saved, with no code of the compiler between.
 */
static void hold_registers(const void *in, void *out, uint64_t mask)
{
	static const uint32_t mxcsr = 0x1f80;
	uint32_t low = mask, high = mask >> 32;

	asm volatile("xrstor64 (%[in])\n\t"
		     "mov $300000, %%r12d\n\t"
		     "1: dec %%r12d\n\t"
		     "jnz 1b\n\t"
		     "mov %[nr], %%eax\n\t"
		     "syscall\n\t"
		     "mov $10000, %%r12d\n\t"
		     "2: dec %%r12d\n\t"
		     "jnz 2b\n\t"
		     "mov %[low], %%eax\n\t"
		     "mov %[high], %%edx\n\t"
		     "xsave64 (%[out])\n\t"
		     "fninit\n\t"
		     "ldmxcsr %[mxcsr]\n\t"
		     : "+&a" (low), "+&d" (high)
		     : [in] "r" (in), [out] "r" (out), [nr] "i" (SYS_sched_yield),
		       [low] "r" ((uint32_t)mask), [high] "r" ((uint32_t)(mask >> 32)),
		       [mxcsr] "m" (mxcsr)
		     : "rcx", "r11", "r12", "memory", "cc");
}

static uint64_t host_base(int code)
{
	uint64_t base = 0;

	ASSERT_EQ(syscall(SYS_arch_prctl, code, &base), 0);
	return base;
}

static uint64_t segments(void)
{
	uint16_t cs, ss, ds, es;

	asm volatile("mov %%cs, %0; mov %%ss, %1; mov %%ds, %2; mov %%es, %3"
		     : "=r" (cs), "=r" (ss), "=r" (ds), "=r" (es));
	return cs | (uint64_t)ss << 16 | (uint64_t)ds << 32 | (uint64_t)es << 48;
}

static volatile uint32_t watched;

/* A debug register of this thread; -1 where there is none to be had. */
static int watch(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&watched,
		.bp_len = HW_BREAKPOINT_LEN_4,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void host_thread(struct beside_shared *s, unsigned int cpu)
{
	static unsigned char in[4096] __attribute__((aligned(64)));
	static unsigned char out[4096] __attribute__((aligned(64)));
	static char gs_area[64];
	uint64_t xcr0 = have_xsave() ? xgetbv0() : 0, mask = xcr0 & 7, fs, seg, hits;
	unsigned int i, aux, seen, *n = &s->rounds[1 + cpu];
	cpu_set_t set;
	int fd;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!xcr0 || sched_setaffinity(0, sizeof(set), &set)) {
		*n = 1;	/* no such CPU, or no such state: nothing to guard */
		return;
	}
	ASSERT_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, gs_area), 0);
	fs = host_base(ARCH_GET_FS);
	seg = segments();
	fd = watch();
	asm volatile("rdtscp" : "=c" (aux) : : "eax", "edx");
	for (; !__atomic_load_n(&s->over, __ATOMIC_SEQ_CST); ++*n) {
		state_fill_fp(in, mask, *n + cpu);
		memset(out, 0, sizeof(out));
		hold_registers(in, out, mask);
		for (i = 0; i < (mask & XFEATURE_AVX ? XSAVE_AVX_END : XSAVE_SW); i++) {
			if ((i >= XSAVE_SW && i < XSAVE_AVX) ||
			    (i >= XSAVE_MXCSR + 4 && i < XSAVE_ST))
				continue;
			if (in[i] == out[i])
				continue;
			axt_fail(__FILE__, __LINE__,
				 "byte %u of a host thread's XSAVE area: %02x, was %02x", i,
				 out[i], in[i]);
			axt_end();
		}
		ASSERT_EQ(xgetbv0(), xcr0);
		ASSERT_EQ(host_base(ARCH_GET_GS), (uintptr_t)gs_area);
		ASSERT_EQ(host_base(ARCH_GET_FS), fs);
		ASSERT_EQ(segments(), seg);
		asm volatile("rdtscp" : "=c" (seen) : : "eax", "edx");
		ASSERT_EQ(seen, aux);
		watched = *n;
		if (fd >= 0) {
			ASSERT_EQ(read(fd, &hits, sizeof(hits)), (ssize_t)sizeof(hits));
			ASSERT_EQ(hits, *n + 1ull);
		}
		axt_sleep_ms(1);
	}
}
