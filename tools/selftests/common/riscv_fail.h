/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of fuzz_fail.c that is for RISC-V. */

DECLARE_GUEST_SYM(exits, hypercall);

#define LEGACY_SEND_IPI	4

/* A call whose mask of harts the kernel reads in the guest's memory, which is new. */
static void before_mask(struct axt *f)
{
	before_zero(f);
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, GUEST_SYM(exits, hypercall), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, A0, SPOT + 100 * 8));
	ASSERT_OK(axv_set_gpr(&f->v, A7, LEGACY_SEND_IPI));
}

static long do_mask(struct axt *f)
{
	long ret = run_to_end(f, GUEST_SYM(exits, done));

	if (!ret)
		EXPECT_EQ(reg(&f->v, A0), 0u);
	return ret;
}

#define ARCH_OPS \
	OP(run_call_mask, READY, before_mask, do_mask, .runs = true, .exits = true),
