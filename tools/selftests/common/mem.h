/* SPDX-License-Identifier: GPL-2.0-only */
/* What the mem_*.c programs share: the guest mem.S. */
#ifndef AXV_SELFTEST_MEM_H
#define AXV_SELFTEST_MEM_H

#include <sys/mman.h>

#include "axvtest.h"

DECLARE_GUEST(mem);
DECLARE_GUEST_SYM(mem, done);
DECLARE_GUEST_SYM(mem, read);
DECLARE_GUEST_SYM(mem, write);
DECLARE_GUEST_SYM(mem, jump);
DECLARE_GUEST_SYM(mem, sweep);
DECLARE_GUEST_SYM(mem, sum);
DECLARE_GUEST_SYM(mem, watch);
DECLARE_GUEST_SYM(mem, count);
DECLARE_GUEST_SYM(mem, tally);
DECLARE_GUEST_SYM(mem, verify);
DECLARE_GUEST_SYM(mem, stamp);

#define SYM(label)	GUEST_SYM(mem, label)

/* where tests map memory of their own, below 4 GiB and aligned to 2 MiB */
#define SPOT		0x40000000ull
#define HUGE_PAGE	0x200000ul

/* Anonymous memory of this process. */
static inline unsigned char *anon(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

/* Go to @at with AXT_ADDR and AXT_VALUE set. */
static inline void mem_go(struct axv_vcpu *v, uint64_t at, uint64_t addr, uint64_t value)
{
	want(v, AXVCPU_REGS_GPR);
	axt_goto(v, at, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(v, AXT_ADDR, addr));
	ASSERT_OK(axv_set_gpr(v, AXT_VALUE, value));
}

/* The guest reads 8 bytes at @gpa. */
static inline uint64_t guest_reads(struct axv_vcpu *v, uint64_t gpa)
{
	mem_go(v, SYM(read), gpa, 0);
	ASSERT_EXIT_V(v, AXVCPU_EXIT_HYPERCALL);
	return reg(v, AXT_RESULT_REG);
}

static inline void guest_writes(struct axv_vcpu *v, uint64_t gpa, uint64_t val)
{
	mem_go(v, SYM(write), gpa, val);
	ASSERT_EXIT_V(v, AXVCPU_EXIT_HYPERCALL);
}

/* The exit is a nested page fault with these fields. */
static inline void expect_npf(struct axv_vcpu *v, uint64_t gpa, uint32_t access, uint32_t flags)
{
	if (!EXPECT_EXIT_V(v, AXVCPU_EXIT_NESTED_PAGE_FAULT))
		return;
	EXPECT_EQ(v->run->exit.npf.gpa, gpa);
	EXPECT_EQ(v->run->exit.npf.access, access);
	EXPECT_EQ(v->run->exit.npf.flags, flags);
}

static inline struct axvcpu_s2_stats stats_of(int s2)
{
	struct axvcpu_s2_stats s;

	ASSERT_OK(axv_s2_stats(s2, &s));
	return s;
}

#endif /* AXV_SELFTEST_MEM_H */
