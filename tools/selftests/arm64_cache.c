// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache maintenance by set and way, which a guest with its caches off may ask for: what
 * it wrote is still there, and what it reads next the host has cleaned to memory.
 *
 * rig: arch=arm64 machine=virt,n1,max
 */
#include "common/traps.h"

DECLARE_GUEST(cache);
DECLARE_GUEST_SYM(cache, traps);
DECLARE_GUEST_SYM(cache, done);
DECLARE_GUEST_SYM(cache, set_way);
DECLARE_GUEST_SYM(cache, clean);
DECLARE_GUEST_SYM(cache, clean_next);
DECLARE_GUEST_SYM(cache, invalidate);
DECLARE_GUEST_SYM(cache, tags);

#define SYM(label)	GUEST_SYM(cache, label)
#define V		(&f->v)
#define DC_CSW		AXVCPU_ARM64_SYSREG(1, 0, 7, 10, 2)

static const struct axt_config flat = { GUEST(cache), .entry = SYM(set_way) };

static uint64_t faults(struct axt *f)
{
	struct axvcpu_s2_stats s;

	ASSERT_OK(axv_s2_stats(f->s2, &s));
	return s.faults;
}

TEST(all, &flat)
{
	const uint32_t len = 0x20000;
	uint64_t before = faults(f), i;

	axt_goto(V, SYM(set_way), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 1, GUEST_DATA));
	ASSERT_OK(axv_set_gpr(V, 2, len));
	want(V, AXVCPU_REGS_GPR);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(reg(V, 0), 0u);
	for (i = 0; i < len; i += 8)
		if (!EXPECT_EQ(GUEST_MEM(f, GUEST_DATA + i, uint64_t), i))
			break;
	axt_diag("256 of them, %llu faults", (unsigned long long)(faults(f) - before));
}

TEST(each, &flat)
{
	traps_t t = TRAPS_INIT(f, cache);
	struct trap p;

	axt_goto(V, SYM(clean), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	axt_goto(V, SYM(invalidate), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	/* of tags, which no guest has */
	axt_goto(V, SYM(tags), GUEST_STACK);
	ASSERT_TRAPPED(&t, V, TRAP_ILLEGAL, &p);
	EXPECT_EQ(p.pc, SYM(tags));
}

/* The VMM may want to do it. */
TEST(filter, &flat)
{
	const struct axvcpu_filter_range range = {
		DC_CSW, DC_CSW, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_EXIT,
	};

	ASSERT_OK(axv_set_msr_filter(f->vm, &range, 1));
	axt_goto(V, SYM(clean), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 1, 0x40));
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSREG_WRITE);
	EXPECT_EQ(f->exit->sysreg.addr, (uint64_t)DC_CSW);
	EXPECT_EQ(f->exit->sysreg.value, 0x40u);
	EXPECT_EQ(f->exit->pc, SYM(clean));
	axv_fulfil(V, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
}
