// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions a guest has not, and those its user mode has not: faults in the
 * guest, whatever they are to a hypervisor.
 *
 * rig: arch=x86
 */
#include "common/x86_cpu.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(cpu),
};

/* ---- instructions the guest has not ----------------------------------------------------------------------- */

struct refusal {
	const char *name;
	uint64_t at;
	unsigned int vector;
	bool by_cpu;	/* as CPU_FAULTS */
};

#define REFUSED(label, vector) { #label, SYM(label), vector, false }
#define REFUSED_BY_CPU(label, vector) { #label, SYM(label), vector, true }

static const struct refusal refusals[] = {
	REFUSED(vmrun_insn, 6), REFUSED(vmload_insn, 6), REFUSED(vmsave_insn, 6),
	REFUSED(stgi_insn, 6), REFUSED(clgi_insn, 6), REFUSED(skinit_insn, 6),
	REFUSED(invlpga_insn, 6), REFUSED(vmcall_insn, 6), REFUSED(monitor_insn, 6),
	REFUSED(mwait_insn, 6), REFUSED(rsm_insn, 6), REFUSED(rdpmc_insn, 13),
};

TEST_ROWS(refused, refusals, ARRAY_SIZE(refusals), &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	const struct refusal *row = arg;

	set(f, RAX, 0x1000);
	set(f, RCX, 0);
	set(f, RDX, 0);
	EXPECT_TRUE(faults(f, &t, row->at, row->vector));
	/* with the bit that would make it legal, which the guest cannot have */
	set(f, RCX, MSR_EFER);
	set(f, RAX, EFER_LME | EFER_LMA | EFER_SVME);
	EXPECT_TRUE(faults(f, &t, SYM(wrmsr_insn), 13));
	set(f, RAX, 0x1000);
	set(f, RCX, 0);
	EXPECT_TRUE(faults(f, &t, row->at, row->vector));
}

/* ---- user mode ------------------------------------------------------------------------------------------------ */

#define TSS	(GUEST_PD + 4 * AXT_PAGE)
#define USER_STACK	0x80000

/* Ring 3, with a TSS that leads back to ring 0. */
static void to_user_mode(struct axt *f)
{
	struct axvcpu_x86_control c = control_of(f);

	memset(f->ram + TSS, 0, 0x68);
	GUEST_MEM(f, TSS + 4, uint64_t) = GUEST_STACK;
	GUEST_MEM(f, TSS + 0x66, uint16_t) = 0x68;	/* no I/O permission map */
	c.seg[AXVCPU_X86_TR] = (struct axvcpu_x86_segment) { TSS, 0x67, 0x38, 0x8b };
	c.seg[AXVCPU_X86_CS].selector = 0x2b;
	c.seg[AXVCPU_X86_CS].attr |= 0x60;
	c.seg[AXVCPU_X86_SS].selector = 0x33;
	c.seg[AXVCPU_X86_SS].attr |= 0x60;
	ASSERT_OK(x86_set_control(&f->v, &c));
}

static const struct refusal privileged[] = {
	REFUSED(hlt_insn, 13), REFUSED(in_insn, 13), REFUSED(out_insn, 13),
	REFUSED(rdmsr_insn, 13), REFUSED(wrmsr_insn, 13), REFUSED(write_cr0, 13),
	REFUSED(write_cr3, 13), REFUSED(write_cr8, 13), REFUSED(read_cr0, 13),
	REFUSED(write_dr7, 13), REFUSED(clts_insn, 13), REFUSED(lmsw_ax, 13),
	REFUSED(invlpg_insn, 13), REFUSED_BY_CPU(invd_insn, 13),
	REFUSED_BY_CPU(wbinvd_insn, 13),
	REFUSED(swapgs_insn, 13), REFUSED(cli_insn, 13), REFUSED(lidt_insn, 13),
	REFUSED(xsetbv_insn, 13),
};

TEST_ROWS(user_mode, privileged, ARRAY_SIZE(privileged), &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c = control_of(f);
	const struct refusal *row = arg;
	struct x86_frame fr;

	if (row->by_cpu && x86_emulated())
		axt_skip("QEMU does not check the privilege of it");
	if (row->at == SYM(xsetbv_insn)) {
		if (!(guest_cpuid(f, 1, 0).ecx & 1u << 26))
			axt_skip("this CPU has no XSAVE");
		c.cr4 |= CR4_OSXSAVE;
		ASSERT_OK(x86_set_control(&f->v, &c));
	}
	to_user_mode(f);
	axt_goto(&f->v, row->at, USER_STACK);
	set(f, RAX, 1);
	set(f, RCX, 0);
	set(f, RDX, 0);
	set(f, RSI, GUEST_DATA);
	ASSERT_TRAP(&t, &f->v, row->vector, &fr);
	EXPECT_EQ(fr.ip, row->at);
	EXPECT_EQ(fr.cs, 0x2bu);
	EXPECT_EQ(fr.sp, (uint64_t)USER_STACK);
	EXPECT_EQ(fr.error, 0u);
	c = control_of(f);
	EXPECT_EQ(c.seg[AXVCPU_X86_CS].selector, (unsigned int)GUEST_CS);
	EXPECT_EQ(c.cr0 & CR0_PE, CR0_PE);
	EXPECT_EQ(c.xcr0, 1u);
}

/* What user mode may do, it can do. */
TEST(user_mode_allowed, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c;
	struct x86_frame fr;

	to_user_mode(f);
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, SYM(cpuid_plain), USER_STACK);
	set(f, RAX, 0x40000000);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_GE(reg(&f->v, RAX), 0x40000000u);
	axt_goto(&f->v, SYM(rdtsc_insn), USER_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	axt_goto(&f->v, SYM(vmmcall_insn), USER_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(vmmcall_insn));
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 6, &fr);
	EXPECT_EQ(fr.cs, 0x2bu);

	/* unless CR4.TSD says no */
	c = control_of(f);
	c.cr4 |= CR4_TSD;
	ASSERT_OK(x86_set_control(&f->v, &c));
	to_user_mode(f);
	axt_goto(&f->v, SYM(rdtsc_insn), USER_STACK);
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.ip, SYM(rdtsc_insn));
}
