// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers in a guest: XCR0, control registers, MSRs, time, caches. What
 * a CPU faults on is a fault in the guest and nothing else.
 *
 * rig: arch=x86
 */
#include "common/x86_cpu.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(cpu),
};

/* ---- XSETBV ------------------------------------------------------------------------------ */

struct xcr_row {
	uint32_t ecx, eax, edx;
	bool ok;
};

TEST(xsetbv, &config)
{
	static const struct xcr_row rows[] = {
		{ 0, 1, 0, true }, { 0, 3, 0, true }, { 0, 0, 0, false }, { 0, 2, 0, false },
		{ 0, 5, 0, false }, { 0, 4, 0, false }, { 1, 1, 0, false }, { 0x80000000, 1, 0, false },
		{ 0, 1, 0x40000000, false }, { 0, 1, 0x80000000, false }, { 0, 3 | 1u << 18, 0, false },
		{ 0, 3 | 1u << 5, 0, false }, { 0, 3 | 1u << 3, 0, false }, { 0, 1u << 31 | 1, 0, false },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c = control_of(f);
	uint64_t xcr0 = 1;
	unsigned int i;

	if (!(guest_cpuid(f, 1, 0).ecx & 1u << 26))
		axt_skip("this CPU has no XSAVE");
	/* without CR4.OSXSAVE it is not there */
	set(f, RAX, 1);
	set(f, RDX, 0);
	set(f, RCX, 0);
	EXPECT_TRUE(faults(f, &t, SYM(xsetbv_insn), 6));
	EXPECT_TRUE(faults(f, &t, SYM(xgetbv_insn), 6));
	c.cr4 |= CR4_OSXSAVE;
	ASSERT_OK(x86_set_control(&f->v, &c));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		set(f, RCX, rows[i].ecx);
		set(f, RAX, 0xffffffff00000000ull | rows[i].eax);
		set(f, RDX, 0xffffffff00000000ull | rows[i].edx);
		if (rows[i].ok) {
			EXPECT_TRUE(runs(f, SYM(xsetbv_insn)));
			xcr0 = rows[i].eax;
		} else {
			EXPECT_TRUE(faults(f, &t, SYM(xsetbv_insn), 13));
		}
		EXPECT_EQ(control_of(f).xcr0, xcr0);
		set(f, RCX, 0);
		EXPECT_TRUE(runs(f, SYM(xgetbv_insn)));
		EXPECT_EQ(reg(&f->v, RAX), xcr0);
		EXPECT_EQ(reg(&f->v, RDX), 0u);
	}
}

/* ---- control registers ------------------------------------------------------------------------ */

/* what a value does that is written to a register */
enum outcome {
	FAULTS,
	CPU_FAULTS,	/* the CPU checks that, not axvcpu */
	RUNS,
	DROPPED,	/* runs, and the register is what it was */
};

struct cr_row {
	uint64_t at;
	uint64_t set, clear;	/* relative to the present value */
	enum outcome outcome;
};

static uint64_t cr_value(struct axt *f, uint64_t at)
{
	struct axvcpu_x86_control c = control_of(f);

	if (at == SYM(write_cr0))
		return c.cr0;
	if (at == SYM(write_cr2))
		return c.cr2;
	if (at == SYM(write_cr3))
		return c.cr3;
	return at == SYM(write_cr4) ? c.cr4 : c.cr8;
}

TEST(control_registers, &config)
{
	static const struct cr_row rows[] = {
		{ SYM(write_cr0), CR0_WP | CR0_NE | CR0_MP, 0, RUNS },
		{ SYM(write_cr0), 0, CR0_WP, RUNS },
		{ SYM(write_cr0), CR0_CD, 0, RUNS },
		{ SYM(write_cr0), CR0_CD | CR0_NW, 0, RUNS },
		{ SYM(write_cr0), 0, CR0_CD | CR0_NW, RUNS },
		{ SYM(write_cr0), CR0_NW, CR0_CD, FAULTS },
		{ SYM(write_cr0), 0, CR0_PE, FAULTS },
		{ SYM(write_cr0), 1ull << 32, 0, CPU_FAULTS },
		{ SYM(write_cr0), 1ull << 63, 0, CPU_FAULTS },
		/* out of paging with 64-bit code: not a way out */
		{ SYM(write_cr0), 0, CR0_PG, FAULTS },
		{ SYM(write_cr2), 0x123456789000, 0, RUNS },
		{ SYM(write_cr3), 0x18, 0, RUNS },
		{ SYM(write_cr3), 0, 0x18, RUNS },
		{ SYM(write_cr3), 1ull << 62, 0, CPU_FAULTS },
		{ SYM(write_cr3), 1ull << 52, 0, CPU_FAULTS },
		{ SYM(write_cr4), CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_DE, 0, RUNS },
		{ SYM(write_cr4), CR4_TSD, CR4_PGE, RUNS },
		{ SYM(write_cr4), 0, CR4_TSD, RUNS },
		{ SYM(write_cr4), 0, CR4_PAE, FAULTS },
		{ SYM(write_cr4), 1u << 13, 0, FAULTS },		/* VMXE */
		{ SYM(write_cr4), 1u << 14, 0, FAULTS },		/* SMXE */
		{ SYM(write_cr4), 1u << 15, 0, FAULTS },
		{ SYM(write_cr4), 1ull << 32, 0, FAULTS },
		{ SYM(write_cr4), 1ull << 63, 0, FAULTS },
		{ SYM(write_cr8), 15, 0, RUNS },
		{ SYM(write_cr8), 0, 15, RUNS },
		{ SYM(write_cr8), 16, 0, CPU_FAULTS },
		{ SYM(write_cr8), 1ull << 40, 0, CPU_FAULTS },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	unsigned int i;
	uint64_t was, val;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		if (rows[i].outcome == CPU_FAULTS && x86_emulated())
			continue;
		was = cr_value(f, rows[i].at);
		val = (was & ~rows[i].clear) | rows[i].set;
		set(f, RAX, val);
		if (rows[i].outcome == RUNS)
			EXPECT_TRUE(runs(f, rows[i].at));
		else
			EXPECT_TRUE(faults(f, &t, rows[i].at, 13));
		EXPECT_EQ(cr_value(f, rows[i].at), rows[i].outcome == RUNS ? val : was);
		if (axt_failures() > 5)
			axt_end();
	}
	axt_context(NULL);
	/* the guest reads what it wrote */
	set(f, RAX, control_of(f).cr0 | CR0_CD);
	EXPECT_TRUE(runs(f, SYM(write_cr0)));
	EXPECT_TRUE(runs(f, SYM(read_cr0)));
	EXPECT_EQ(reg(&f->v, RBX), control_of(f).cr0);
	EXPECT_TRUE(reg(&f->v, RBX) & CR0_CD);
	EXPECT_TRUE(runs(f, SYM(read_cr4)));
	EXPECT_EQ(reg(&f->v, RBX), control_of(f).cr4);
	set(f, RAX, 9);
	EXPECT_TRUE(runs(f, SYM(write_cr8)));
	EXPECT_TRUE(runs(f, SYM(read_cr8)));
	EXPECT_EQ(reg(&f->v, RBX), 9u);
	/* any register will do */
	set(f, R9, (control_of(f).cr0 & ~CR0_CD) | CR0_WP);
	EXPECT_TRUE(runs(f, SYM(write_cr0_r9)));
	EXPECT_EQ(control_of(f).cr0 & (CR0_WP | CR0_CD), CR0_WP);
}

TEST(task_switched, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t cr0;

	set(f, RAX, control_of(f).cr0 | CR0_TS | CR0_MP);
	ASSERT_TRUE(runs(f, SYM(write_cr0)));
	EXPECT_TRUE(faults(f, &t, SYM(fpu_insn), 7));
	cr0 = control_of(f).cr0;
	EXPECT_TRUE(runs(f, SYM(clts_insn)));
	EXPECT_EQ(control_of(f).cr0, cr0 & ~CR0_TS);
	EXPECT_TRUE(runs(f, SYM(fpu_insn)));

	/* LMSW: four bits, and PE is not to be cleared */
	cr0 = control_of(f).cr0;
	set(f, RAX, 0xfff0 | CR0_TS | CR0_MP);
	EXPECT_TRUE(runs(f, SYM(lmsw_ax)));
	EXPECT_EQ(control_of(f).cr0, cr0 | CR0_TS | CR0_MP);
	GUEST_MEM(f, GUEST_DATA, uint16_t) = CR0_EM;
	set(f, RSI, GUEST_DATA);
	EXPECT_TRUE(runs(f, SYM(lmsw_mem)));
	EXPECT_EQ(control_of(f).cr0, (cr0 & ~(CR0_TS | CR0_MP)) | CR0_EM);
	EXPECT_TRUE(faults(f, &t, SYM(fpu_insn), 7));
	EXPECT_TRUE(runs(f, SYM(smsw_rbx)));
	EXPECT_EQ(reg(&f->v, RBX) & 0xffff, control_of(f).cr0 & 0xffff);
	EXPECT_TRUE(runs(f, SYM(smsw_mem)));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint16_t), control_of(f).cr0 & 0xffff);

	/* with a CR0 that the hardware does not have */
	cr0 = (control_of(f).cr0 & ~CR0_EM) | CR0_TS | CR0_CD;
	set(f, RAX, cr0);
	EXPECT_TRUE(runs(f, SYM(write_cr0)));
	EXPECT_TRUE(runs(f, SYM(clts_insn)));
	EXPECT_EQ(control_of(f).cr0, cr0 & ~CR0_TS);
	EXPECT_TRUE(runs(f, SYM(smsw_mem)));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint16_t), cr0 & ~CR0_TS & 0xffff);

	/* SSE asks for OSFXSR */
	set(f, RAX, control_of(f).cr0 & ~CR0_EM);
	EXPECT_TRUE(runs(f, SYM(write_cr0)));
	EXPECT_TRUE(faults(f, &t, SYM(sse_insn), 6));
	set(f, RAX, control_of(f).cr4 | CR4_OSFXSR);
	EXPECT_TRUE(runs(f, SYM(write_cr4)));
	EXPECT_TRUE(runs(f, SYM(sse_insn)));
}

/* ---- MSRs ---------------------------------------------------------------------------------------- */

struct msr_row {
	uint32_t nr;
	uint64_t val;
	enum outcome outcome;
};

static uint64_t read_msr(struct axt *f, uint32_t nr)
{
	set(f, RCX, nr);
	EXPECT_TRUE(runs(f, SYM(rdmsr_insn)));
	return reg(&f->v, RDX) << 32 | reg(&f->v, RAX);
}

/* for the WRMSR to come */
static void set_msr(struct axt *f, uint32_t nr, uint64_t val)
{
	set(f, RCX, nr);
	set(f, RAX, (uint32_t)val);
	set(f, RDX, val >> 32);
}

/* Registers that are there only where CPUID says so. */
static bool msr_is_there(struct axt *f, uint32_t nr)
{
	switch (nr) {
	case 0x1b:
		return guest_cpuid(f, 1, 0).edx & 1u << 9;
	case 0x3b:
		return guest_cpuid(f, 7, 0).ebx & 1u << 1;
	case 0xc0011029:
		/* AMD's; "Genu" is Intel */
		return guest_cpuid(f, 0, 0).ebx != 0x756e6547;
	case 0x48:
		return guest_cpuid(f, 0x80000008, 0).ebx & 0xd000;
	}
	return true;
}

TEST(msrs, &config)
{
	static const struct msr_row rows[] = {
		{ MSR_LSTAR, 0xffffffff81000000, RUNS },
		{ MSR_LSTAR, 0x0000800000000000, CPU_FAULTS },
		{ MSR_STAR, 0x0023001012345678, RUNS },
		{ MSR_FS_BASE, 0x7fffffffffff, RUNS },
		{ MSR_FS_BASE, 0x8000000000000000, CPU_FAULTS },
		{ MSR_GS_BASE, 0xffff800000000000, RUNS },
		{ MSR_GS_BASE, 0x7fff000000000000, CPU_FAULTS },
		{ 0xc0000102, 0x1000, RUNS },
		{ 0xc0000102, 0x0100000000000000, CPU_FAULTS },
		{ 0x174, 0x10, RUNS },
		{ 0x175, 0xffff888000001000, RUNS },
		{ 0x277, 0x0007040600070106, RUNS },
		{ 0x277, 0x0007040600070402, FAULTS },
		{ 0x277, 0x0007040600070403, FAULTS },
		{ 0x277, 0x0807040600070406, FAULTS },
		{ 0xc0000103, 0xffffffff, RUNS },
		{ 0x10, 0x1000000000, RUNS },
		{ 0x1b, 0xfee00900, RUNS },
		{ 0x1b, 0xfee00d00, FAULTS },
		{ 0x1b, 0x8000000000000800, FAULTS },
		{ 0x3b, 0x123456789abc, RUNS },
		{ 0x8b, 1, DROPPED },
		{ 0x176, 0xffffffff81200000, RUNS },
		{ 0x1d9, 3, DROPPED },
		{ 0x1d9, 4, FAULTS },
		{ 0xc0000083, 0xffffffff81300000, RUNS },
		{ 0xc0000084, 0x47700, RUNS },
		{ 0xc0011029, 2, DROPPED },
		{ MSR_EFER, EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE, RUNS },
		{ MSR_EFER, EFER_LMA, FAULTS },
		{ MSR_EFER, EFER_LME | EFER_LMA | EFER_SVME, FAULTS },
		{ MSR_EFER, EFER_LME | EFER_LMA | 1ull << 40, FAULTS },
		{ MSR_EFER, EFER_LME | EFER_LMA | 2, FAULTS },
		/* what a guest must not reach */
		{ 0xc0010114, 0, FAULTS },		/* VM_CR */
		{ 0xc0010117, 0x1000, FAULTS },		/* VM_HSAVE_PA */
		{ 0x48, 1, FAULTS },			/* SPEC_CTRL, where hidden */
		{ 0x808, 0, FAULTS },			/* x2APIC, which is not there */
		{ 0x830, 0, FAULTS },
		{ 0x4b564d00, 1, FAULTS },
		{ 0x12345678, 1, FAULTS },
		{ 0xffffffff, 1, FAULTS },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	unsigned int i;
	uint64_t was;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct msr_row *row = &rows[i];
		bool there = msr_is_there(f, row->nr);

		axt_context("msr %x = %llx", row->nr, (unsigned long long)row->val);
		if (row->outcome == CPU_FAULTS && x86_emulated())
			continue;
		if (row->nr == 0x48 && there)
			continue;
		if (!there || row->outcome == FAULTS || row->outcome == CPU_FAULTS) {
			set_msr(f, row->nr, row->val);
			EXPECT_TRUE(faults(f, &t, SYM(wrmsr_insn), 13));
			continue;
		}
		was = read_msr(f, row->nr);
		set_msr(f, row->nr, row->val);
		EXPECT_TRUE(runs(f, SYM(wrmsr_insn)));
		if (row->nr == 0x10)
			EXPECT_GE(read_msr(f, row->nr), row->val);
		else
			EXPECT_EQ(read_msr(f, row->nr), row->outcome == DROPPED ? was : row->val);
	}
	axt_context(NULL);
	set(f, RCX, 0x12345678);
	EXPECT_TRUE(faults(f, &t, SYM(rdmsr_insn), 13));
	/* SVME is never seen */
	set(f, RCX, MSR_EFER);
	EXPECT_TRUE(runs(f, SYM(rdmsr_insn)));
	EXPECT_EQ(reg(&f->v, RAX) & EFER_SVME, 0u);
}

/*
 * A filter that names the reads of a register leaves the writes to the guest, and the
 * reverse: also of registers whose accesses do not exit without a filter.
 */
TEST(half_filtered, &config)
{
	static const struct msr_row rows[] = {
		{ 0x174, 0x10, RUNS },
		{ 0x175, 0xffff888000002000, RUNS },
		{ 0x175, 0x8000000000000000, FAULTS },
		{ 0x176, 0xffffffff81200000, RUNS },
		{ MSR_STAR, 0x0023001012345678, RUNS },
		{ MSR_LSTAR, 0xffffffff81000000, RUNS },
		{ MSR_LSTAR, 0x8000000000000000, FAULTS },
		{ 0xc0000083, 0xffffffff81300000, RUNS },
		{ 0xc0000084, 0x47700, RUNS },
		{ MSR_FS_BASE, 0x7fffffffffff, RUNS },
		{ MSR_GS_BASE, 0xffff888000003000, RUNS },
		{ 0xc0000102, 0x1000, RUNS },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct msr_row *row = &rows[i];
		struct axvcpu_filter_range half = { .first = row->nr, .last = row->nr };

		axt_context("msr %x = %llx", row->nr, (unsigned long long)row->val);
		half.read = AXVCPU_FILTER_IGNORE;
		ASSERT_OK(axv_set_msr_filter(f->vm, &half, 1));
		set_msr(f, row->nr, row->val);
		if (row->outcome == FAULTS) {
			EXPECT_TRUE(faults(f, &t, SYM(wrmsr_insn), 13));
			continue;
		}
		EXPECT_TRUE(runs(f, SYM(wrmsr_insn)));
		EXPECT_EQ(read_msr(f, row->nr), 0u);

		half.read = AXVCPU_FILTER_DEFAULT;
		half.write = AXVCPU_FILTER_IGNORE;
		ASSERT_OK(axv_set_msr_filter(f->vm, &half, 1));
		EXPECT_EQ(read_msr(f, row->nr), row->val);
		set_msr(f, row->nr, 0);
		EXPECT_TRUE(runs(f, SYM(wrmsr_insn)));
		EXPECT_EQ(read_msr(f, row->nr), row->val);

		/* and it is the CPU's own that was written */
		ASSERT_OK(axv_set_msr_filter(f->vm, NULL, 0));
		EXPECT_EQ(read_msr(f, row->nr), row->val);
	}
}

/* ---- debug registers ----------------------------------------------------------------------- */

#define DR6_BD	(1ull << 13)
#define DR7_GD	(1ull << 13)

TEST(debug_registers, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c = control_of(f);
	struct axvcpu_x86_debug d;

	/* 4 is 6, unless CR4.DE says that there is none */
	set(f, RAX, 0xffff0ff1);
	EXPECT_TRUE(runs(f, SYM(write_dr4)));
	x86_get_debug(&f->v, &d);
	EXPECT_EQ(d.dr6 & 0xf, 1u);
	c.cr4 |= CR4_DE;
	ASSERT_OK(x86_set_control(&f->v, &c));
	EXPECT_TRUE(faults(f, &t, SYM(write_dr4), 6));
	/* the upper halves of these two stay clear */
	set(f, RAX, 1ull << 32 | 0x400);
	EXPECT_TRUE(faults(f, &t, SYM(write_dr7), 13));

	/* DR7.GD: the next access is a #DB, which takes it away */
	axt_avoid(AXT_FLAW_DR6);
	set(f, RAX, DR7_GD | 0x400);
	EXPECT_TRUE(runs(f, SYM(write_dr7)));
	EXPECT_TRUE(faults(f, &t, SYM(write_dr6), 1));
	x86_get_debug(&f->v, &d);
	EXPECT_TRUE(d.dr6 & DR6_BD);
	EXPECT_EQ(d.dr7 & DR7_GD, 0u);
	set(f, RAX, 0xffff0ff0);
	EXPECT_TRUE(runs(f, SYM(write_dr6)));
}

/* Every number in the ranges CPUs use: a value or #GP(0), and nothing else. */
TEST_TIMEOUT(msr_scan, &config, 60)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0, 0x300 }, { 0x400, 0x4ff }, { 0x680, 0x6ff }, { 0x800, 0x8ff }, { 0xd00, 0xdff },
		{ 0x40000000, 0x400000ff }, { 0xc0000080, 0xc0000110 }, { 0xc0010000, 0xc0010300 },
		{ 0xc0011000, 0xc00110ff },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	unsigned int i, there = 0, absent = 0;
	struct x86_frame fr;
	uint32_t nr;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (nr = ranges[i].first; nr <= ranges[i].last; nr++) {
			axt_context("msr %x", nr);
			axt_goto(&f->v, SYM(rdmsr_insn), GUEST_STACK);
			set(f, RCX, nr);
			ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
			if (f->exit->pc == SYM(done)) {
				there++;
				continue;
			}
			ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
			ASSERT_EQ(fr.vector, 13u);
			ASSERT_EQ(fr.ip, SYM(rdmsr_insn));
			absent++;
		}
	}
	axt_context(NULL);
	axt_diag("%u MSRs, %u #GP", there, absent);
	EXPECT_GE(there, 10u);
	EXPECT_GE(absent, 1000u);
}

/* ---- time and caches ---------------------------------------------------------------------------------- */

TEST(time, &config)
{
	uint64_t last = 0, now;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		ASSERT_TRUE(runs(f, i & 1 ? SYM(rdtscp_insn) : SYM(rdtsc_insn)));
		now = reg(&f->v, RDX) << 32 | reg(&f->v, RAX);
		EXPECT_GE(now, last + (i != 0));
		EXPECT_EQ((reg(&f->v, RDX) | reg(&f->v, RAX)) >> 32, 0u);
		last = now;
	}
}

TEST(harmless, &config)
{
	set(f, RSI, 0x123456789000);
	EXPECT_TRUE(runs(f, SYM(invlpg_insn)));
	EXPECT_TRUE(runs(f, SYM(invd_insn)));
	EXPECT_TRUE(runs(f, SYM(wbinvd_insn)));
	/* VMMs see nothing of these */
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_INTERNAL_ERROR], 0u);
}

/* INVLPG and changed tables: the guest's next access goes to the new page. */
TEST(invlpg, &config)
{
	uint64_t *pd = (uint64_t *)(f->ram + GUEST_PD);
	unsigned int i;

	for (i = 0; i < 10; i++) {
		GUEST_MEM(f, 0x200000, uint16_t) = 0x1111;
		GUEST_MEM(f, 0, uint16_t) = 0x2222;
		pd[64] = (i & 1 ? 0 : 0x200000) | 0x87;
		set(f, RSI, 64ull << 21);
		ASSERT_TRUE(runs(f, SYM(invlpg_insn)));
		/* SMSW stores through the translation, LMSW would load */
		ASSERT_TRUE(runs(f, SYM(smsw_mem)));
		EXPECT_EQ(GUEST_MEM(f, 0x200000, uint16_t) == 0x1111, !!(i & 1));
		EXPECT_EQ(GUEST_MEM(f, 0, uint16_t) == 0x2222, !(i & 1));
	}
}
