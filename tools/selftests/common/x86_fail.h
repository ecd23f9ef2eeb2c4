/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of fuzz_fail.c that is for x86. */
#include "common/x86.h"

DECLARE_GUEST_SYM(exits, rep_outs8);

static struct axvcpu_cpuid_entry cpuid[256];
static int nr_cpuid;

static void before_cpuid(struct axt *f)
{
	nr_cpuid = ASSERT_OK(axv_get_cpuid(&f->v, cpuid, ARRAY_SIZE(cpuid)));
}

static long do_set_cpuid(struct axt *f)
{
	return axv_set_cpuid(&f->v, cpuid, nr_cpuid);
}

static long do_get_cpuid(struct axt *f)
{
	int ret = axv_get_cpuid(&f->v, cpuid, ARRAY_SIZE(cpuid));

	return ret < 0 ? ret : 0;
}

/* String output from memory of another kind than the kernel's own. */
static void before_string(struct axt *f)
{
	before_zero(f);
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, GUEST_SYM(exits, rep_outs8), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, RSI, SPOT + 100));
	ASSERT_OK(axv_set_gpr(&f->v, RDX, GUEST_PORT));
	ASSERT_OK(axv_set_gpr(&f->v, RCX, 64));
}

static long do_string(struct axt *f)
{
	long ret = run_short(f);

	if (ret)
		return ret;
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_IO_WRITE);
	EXPECT_EQ(f->exit->io.count, 64u);
	return 0;
}

#define ARCH_OPS \
	OP(set_cpuid, FREE, before_cpuid, do_set_cpuid), \
	OP(get_cpuid, FREE, NULL, do_get_cpuid), \
	OP(run_string, READY, before_string, do_string, .runs = true, .exits = true),
