/* SPDX-License-Identifier: GPL-2.0-only */
/* What the regs_*.c programs share: the guest state.S and XSAVE areas. */
#ifndef AXV_SELFTEST_COMMON_STATE_H
#define AXV_SELFTEST_COMMON_STATE_H

#include <cpuid.h>

#include "common/x86.h"
#include "guest/x86/state.h"

DECLARE_GUEST(state);
DECLARE_GUEST_SYM(state, done);
DECLARE_GUEST_SYM(state, dump);
DECLARE_GUEST_SYM(state, load);
DECLARE_GUEST_SYM(state, traps);
DECLARE_GUEST_SYM(state, scribble_hypercall);
DECLARE_GUEST_SYM(state, scribble_port);
DECLARE_GUEST_SYM(state, scribble_mmio);
DECLARE_GUEST_SYM(state, scribble_decode);
DECLARE_GUEST_SYM(state, scribble_halt);
DECLARE_GUEST_SYM(state, scribble_fault);
DECLARE_GUEST_SYM(state, scribble_exception);
DECLARE_GUEST_SYM(state, scribble_memory);
DECLARE_GUEST_SYM(state, scribble_wait);
DECLARE_GUEST_SYM(state, scribble_spin);
DECLARE_GUEST_SYM(state, scribble_triple);

#define XFEATURE_X87	0x1ul
#define XFEATURE_SSE	0x2ul
#define XFEATURE_AVX	0x4ul
#define XSAVE_MXCSR	24	/* offsets in an XSAVE area */
#define XSAVE_ST	32
#define XSAVE_XMM	160
#define XSAVE_SW	464	/* not written by XSAVE */
#define XSAVE_HEADER	512
#define XSAVE_AVX	576
#define XSAVE_AVX_END	832

/* Does this CPU have XSAVE, and has the kernel turned it on? */
static inline bool have_xsave(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE);
}

static inline uint64_t xgetbv0(void)
{
	uint32_t a, d;

	asm volatile("xgetbv" : "=a" (a), "=d" (d) : "c" (0));
	return (uint64_t)d << 32 | a;
}

/* Fill an XSAVE area so that all of x87, SSE and AVX differs with @seed. */
void state_fill_fp(unsigned char *area, uint64_t components, unsigned int seed);
/* OSFXSR and OSXSAVE on, XCR0 to @xcr0. */
void state_enable_fp(struct axv_vcpu *v, uint64_t xcr0);
/* Slots of STATE_LOAD: values that can be loaded, and differ with @seed. */
void state_fill_slots(uint64_t *slots, unsigned int seed);

#endif /* AXV_SELFTEST_COMMON_STATE_H */
