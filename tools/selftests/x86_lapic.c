// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of the local APIC in the kernel: each one's value after a reset, what
 * of it can be written, in xAPIC and in x2APIC mode; the modes; errors; save and restore.
 * Values are those of the SDM, volume 3, "Advanced Programmable Interrupt Controller".
 *
 * rig: arch=x86 timeout=240
 */
#include <unistd.h>

#include "common/x86_lapic.h"

static const struct axt_config config = { APIC_CONFIG(0, 0) };
static const struct axt_config free_config = { .stage = AXT_FREE, APIC_CONFIG(0, 0) };
static const struct axt_config no_vcpu = { .stage = AXT_NO_VCPU, APIC_CONFIG(0, 0) };
static const struct axt_config without = {
	.start = AXVCPU_X86_START_LONG64, GUEST(lapic), .entry = SYM(done),
};

/* ---- the VM ----------------------------------------------------------------------------- */

TEST(flags, NULL)
{
	struct axvcpu_create_vm vm = { .arch_flags = AXVCPU_X86_LOCAL_APIC };
	int fd;

	EXPECT_TRUE(f->dev.info.arch_features & AXVCPU_X86_FEAT_LOCAL_APIC);
	fd = EXPECT_OK(axv_vm_create_with(&f->dev, &vm));
	close(fd);
	vm.flags = AXVCPU_VM_KERNEL_START;
	vm.arch_flags |= AXVCPU_X86_EOI_EXITS;
	fd = EXPECT_OK(axv_vm_create_with(&f->dev, &vm));
	close(fd);
	vm.arch_flags = AXVCPU_X86_EOI_EXITS;
	EXPECT_ERR(EINVAL, axv_vm_create_with(&f->dev, &vm));
	vm.arch_flags = 0;
	EXPECT_ERR(EINVAL, axv_vm_create_with(&f->dev, &vm));
	vm.arch_flags = AXVCPU_X86_LOCAL_APIC | 4;
	EXPECT_ERR(EINVAL, axv_vm_create_with(&f->dev, &vm));
}

/* Without it all is the VMM's: exits, and no MSRs. */
TEST(without, &without)
{
	uint64_t val;

	apic_start(f);
	ASSERT_OK(axv_set_gpr(V, RSI, APIC_PAGE + APIC_TPR));
	axt_goto(V, SYM(load4), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(f->exit->mmio.gpa, APIC_PAGE + APIC_TPR);
	EXPECT_EQ(apic_rdmsr(V, APIC_MSR(APIC_TPR), &val), 13u);
	EXPECT_EQ(apic_rdmsr(V, MSR_TSC_DEADLINE, &val), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, APIC_PAGE | BASE_ON | BASE_X2), 13u);
	EXPECT_ERR(EINVAL, axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x40)));
	EXPECT_ERR(EINVAL, axv_inject_irq(V, AXVCPU_X86_LINT(0)));
}

static void cpuid(struct axv_vcpu *v, uint32_t leaf)
{
	ASSERT_OK(axv_set_gpr(v, RAX, leaf));
	ASSERT_OK(axv_set_gpr(v, RCX, 0));
	ASSERT_EQ(apic_go(v, SYM(get_cpuid)), 0u);
}

/* CPUID: APIC, x2APIC, TSC-deadline, ARAT; APIC goes when it is disabled. */
TEST(cpuid, &config)
{
	apic_start(f);
	cpuid(V, 1);
	EXPECT_EQ(reg(V, RDX) >> 9 & 1, 1u);
	EXPECT_EQ(reg(V, RCX) >> 21 & 1, 1u);
	EXPECT_EQ(reg(V, RCX) >> 24 & 1, 1u);
	EXPECT_EQ(reg(V, RBX) >> 24, 0u);
	cpuid(V, 6);
	EXPECT_EQ(reg(V, RAX), 4u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, APIC_PAGE), 0u);
	cpuid(V, 1);
	EXPECT_EQ(reg(V, RDX) >> 9 & 1, 0u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, APIC_PAGE | BASE_ON), 0u);
	cpuid(V, 1);
	EXPECT_EQ(reg(V, RDX) >> 9 & 1, 1u);
}

/* ---- registers in xAPIC mode ---------------------------------------------------------------- */

/**
 * struct reg - a register
 * @name: for the report
 * @offset: in the page
 * @reset: after power-on
 * @bits: that can be written, of a write of all ones with software's switch on
 * @ones: bits that are one whatever is written
 * @x2: MSR in x2APIC mode: R and W
 * @x2_bits: of x2APIC mode that can be written, 0: @bits
 */
struct reg {
	const char *name;
	uint32_t offset;
	uint32_t reset;
	uint32_t bits;
	uint32_t ones;
	const char *x2;
	uint32_t x2_bits;
};

static const struct reg regs[] = {
	{ "id", APIC_ID, 0, 0, 0, "R", 0 },
	/* 7 LVTs, EOI broadcast can be suppressed */
	{ "version", APIC_VERSION, 0x01060014, 0, 0x01060014, "R", 0 },
	{ "tpr", APIC_TPR, 0, 0xff, 0, "RW", 0 },
	{ "apr", APIC_APR, 0, 0, 0, "", 0 },
	{ "ppr", APIC_PPR, 0, 0, 0, "R", 0 },
	{ "eoi", APIC_EOI, 0, 0, 0, "0", 0 },
	{ "rrd", APIC_RRD, 0, 0, 0, "", 0 },
	{ "ldr", APIC_LDR, 0, 0xff000000, 0, "R", 0 },
	{ "dfr", APIC_DFR, 0xffffffff, 0xf0000000, 0x0fffffff, "", 0 },
	{ "svr", APIC_SVR, 0xff, 0x13ff, 0, "RW", 0 },
	{ "isr0", APIC_ISR, 0, 0, 0, "R", 0 },
	{ "isr7", APIC_ISR + 0x70, 0, 0, 0, "R", 0 },
	{ "tmr0", APIC_TMR, 0, 0, 0, "R", 0 },
	{ "tmr7", APIC_TMR + 0x70, 0, 0, 0, "R", 0 },
	{ "irr0", APIC_IRR, 0, 0, 0, "R", 0 },
	{ "irr7", APIC_IRR + 0x70, 0, 0, 0, "R", 0 },
	{ "esr", APIC_ESR, 0, 0, 0, "R0", 0 },
	{ "cmci", APIC_CMCI, LVT_MASKED, 0x107ff, 0, "RW", 0 },
	{ "icr2", APIC_ICR2, 0, 0xff000000, 0, "", 0 },
	{ "thermal", APIC_THERMAL, LVT_MASKED, 0x107ff, 0, "RW", 0 },
	{ "perf", APIC_PERF, LVT_MASKED, 0x107ff, 0, "RW", 0 },
	{ "lint0", APIC_LINT0, LVT_MASKED, 0x1a7ff, 0, "RW", 0 },
	{ "lint1", APIC_LINT1, LVT_MASKED, 0x1a7ff, 0, "RW", 0 },
	{ "error", APIC_ERROR, LVT_MASKED, 0x100ff, 0, "RW", 0 },
	{ "timer", APIC_TIMER, LVT_MASKED, 0x700ff, 0, "RW", 0x300ff },
	{ "initial", APIC_INITIAL, 0, 0, 0, "R", 0 },
	{ "current", APIC_CURRENT, 0, 0, 0, "R", 0 },
	{ "divide", APIC_DIVIDE, 0, 0xb, 0, "RW", 0 },
};

TEST(reset, &config)
{
	unsigned int i;

	apic_start(f);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		axt_context("%s", regs[i].name);
		EXPECT_EQ(apic_get(V, regs[i].offset), regs[i].reset);
	}
	axt_context("icr");
	EXPECT_EQ(apic_get(V, APIC_ICR), 0u);
	axt_context("esr");
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), 0u);
}

TEST(write, &config)
{
	const struct reg *r;
	unsigned int i;

	apic_start(f);
	apic_enable(V);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		r = &regs[i];
		axt_context("%s", r->name);
		/* a count would go on */
		if (r->offset == APIC_INITIAL)
			continue;
		apic_set(V, r->offset, 0xffffffff);
		if (r->offset == APIC_PPR)
			continue;
		EXPECT_EQ(apic_get(V, r->offset), r->bits | r->ones);
		apic_set(V, r->offset, r->offset == APIC_SVR ? SVR_ON : 0);
		EXPECT_EQ(apic_get(V, r->offset), r->offset == APIC_SVR ? SVR_ON : r->ones);
	}
	axt_context("illegal addresses");
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), 0u);
}

/* What is no register is an error that the ESR has when it is written. */
TEST(no_register, &config)
{
	static const uint32_t none[] = {
		0x000, 0x010, 0x040, 0x070, 0x290, 0x2e0, 0x3a0, 0x3d0, 0x3f0, 0x400, 0xff0,
	};
	unsigned int i;

	apic_start(f);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		axt_context("offset 0x%x", none[i]);
		EXPECT_EQ(apic_get(V, none[i]), 0u);
		EXPECT_EQ(apic_get(V, APIC_ESR), 0u);
		apic_set(V, APIC_ESR, 0);
		EXPECT_EQ(apic_get(V, APIC_ESR), ESR_REGISTER);
		apic_set(V, APIC_ESR, 0);
		EXPECT_EQ(apic_get(V, APIC_ESR), 0u);
		apic_set(V, none[i], 1);
		apic_set(V, APIC_ESR, 0xff);
		EXPECT_EQ(apic_get(V, APIC_ESR), ESR_REGISTER);
		apic_set(V, APIC_ESR, 0);
	}
}

static uint64_t touch(struct axt *f, uint64_t at, uint32_t offset, uint64_t val)
{
	ASSERT_OK(axv_set_gpr(V, RSI, APIC_PAGE + offset));
	ASSERT_OK(axv_set_gpr(V, RDX, val));
	ASSERT_OK(axv_set_gpr(V, RAX, 0));
	ASSERT_EQ(apic_go(V, at), 0u);
	return reg(V, RAX);
}

/* Loads of parts, which the SDM leaves open, give these; such stores do nothing. */
TEST(widths, &config)
{
	apic_start(f);
	EXPECT_EQ(touch(f, SYM(load1), APIC_VERSION + 2, 0), 0x06u);
	EXPECT_EQ(touch(f, SYM(load2), APIC_VERSION + 2, 0), 0x0106u);
	EXPECT_EQ(touch(f, SYM(load2), APIC_VERSION, 0), 0x0014u);
	EXPECT_EQ(touch(f, SYM(load8), APIC_VERSION, 0), 0x01060014u);
	EXPECT_EQ(touch(f, SYM(load4), APIC_VERSION + 4, 0), 0u);
	EXPECT_EQ(touch(f, SYM(push8), APIC_VERSION, 0), 0x01060014u);
	touch(f, SYM(store1), APIC_TPR, 0x33);
	touch(f, SYM(store2), APIC_TPR, 0x33);
	touch(f, SYM(store8), APIC_TPR, 0x33);
	touch(f, SYM(store4), APIC_TPR + 4, 0x33);
	EXPECT_EQ(apic_get(V, APIC_TPR), 0u);
	/* two accesses of one instruction */
	apic_set(V, APIC_TPR, 0x21);
	touch(f, SYM(or4), APIC_TPR, 0x12);
	EXPECT_EQ(apic_get(V, APIC_TPR), 0x33u);
}

/* CR8 is the upper half of the TPR; the PPR is the higher of that and what is served. */
TEST(priorities, &config)
{
	apic_start(f);
	apic_enable(V);
	apic_set(V, APIC_TPR, 0x57);
	ASSERT_EQ(apic_go(V, SYM(get_cr8)), 0u);
	EXPECT_EQ(reg(V, RAX), 5u);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0x57u);
	ASSERT_OK(axv_set_gpr(V, RDX, 9));
	ASSERT_EQ(apic_go(V, SYM(set_cr8)), 0u);
	EXPECT_EQ(apic_get(V, APIC_TPR), 0x90u);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0x90u);
	ASSERT_OK(axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x9f)));
	EXPECT_EQ(apic_peek(V), 0u);
	ASSERT_OK(axv_inject_irq(V, AXVCPU_X86_MSI(0, 0xa1)));
	EXPECT_EQ(apic_peek(V), 0xa1u);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0xa0u);
	apic_set(V, APIC_TPR, 0xa3);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0xa3u);
	apic_set(V, APIC_TPR, 0x12);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0xa0u);
	EXPECT_EQ(apic_peek(V), 0u);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0x9fu);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0x90u);
	apic_eoi(V);
	EXPECT_EQ(apic_get(V, APIC_PPR), 0x12u);
	EXPECT_EQ(apic_peek(V), 0u);
}

/* Software's switch masks the LVTs, which stay so, and what is pending stays. */
TEST(software_switch, &config)
{
	static const uint32_t lvts[] = {
		APIC_CMCI, APIC_TIMER, APIC_THERMAL, APIC_PERF, APIC_LINT0, APIC_LINT1, APIC_ERROR,
	};
	unsigned int i;

	apic_start(f);
	for (i = 0; i < ARRAY_SIZE(lvts); i++) {
		apic_set(V, lvts[i], 0x31);
		EXPECT_EQ(apic_get(V, lvts[i]), LVT_MASKED | 0x31);
	}
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x41)));
	apic_set(V, APIC_SVR, SVR_ON | 0xff);
	for (i = 0; i < ARRAY_SIZE(lvts); i++) {
		EXPECT_EQ(apic_get(V, lvts[i]), LVT_MASKED | 0x31);
		apic_set(V, lvts[i], 0x31);
		EXPECT_EQ(apic_get(V, lvts[i]), 0x31u);
	}
	ASSERT_OK(axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x41)));
	apic_set(V, APIC_SVR, 0xff);
	for (i = 0; i < ARRAY_SIZE(lvts); i++)
		EXPECT_EQ(apic_get(V, lvts[i]), LVT_MASKED | 0x31);
	EXPECT_EQ(apic_get(V, APIC_IRR + 0x20), 2u);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x42)));
	EXPECT_EQ(apic_peek(V), 0x41u);
}

/* ---- modes ---------------------------------------------------------------------------------- */

TEST(modes, &config)
{
	const uint64_t page = APIC_PAGE, on = APIC_PAGE | BASE_ON, x2 = on | BASE_X2;
	uint64_t val;

	apic_start(f);
	ASSERT_EQ(apic_rdmsr(V, MSR_APIC_BASE, &val), 0u);
	EXPECT_EQ(val, on | BASE_BSP);
	/* reserved bits, and x2APIC without being enabled */
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, on | 1), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, on | 1ull << 60), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, page | BASE_X2), 13u);
	/* no MSRs in xAPIC mode */
	EXPECT_EQ(apic_rdmsr(V, APIC_MSR(APIC_ID), &val), 13u);
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_TPR), 0), 13u);
	apic_set(V, APIC_LDR, 0x12000000);
	apic_set(V, APIC_TPR, 0x34);

	/* to x2APIC: registers stay, the LDR is another, the page is none any more */
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, x2 | BASE_BSP), 0u);
	EXPECT_EQ(apic_rdmsr(V, APIC_MSR(APIC_TPR), &val), 0u);
	EXPECT_EQ(val, 0x34u);
	EXPECT_EQ(apic_rdmsr(V, APIC_MSR(APIC_LDR), &val), 0u);
	EXPECT_EQ(val, 1u);
	ASSERT_OK(axv_set_gpr(V, RSI, page + APIC_TPR));
	axt_goto(V, SYM(load4), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	/* back to xAPIC only by way of disabled */
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, on), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, page | BASE_X2), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, page), 0u);
	EXPECT_EQ(apic_rdmsr(V, APIC_MSR(APIC_TPR), &val), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, x2), 13u);
	ASSERT_OK(axv_set_gpr(V, RSI, page + APIC_TPR));
	axt_goto(V, SYM(load4), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, on), 0u);
	EXPECT_EQ(apic_get(V, APIC_LDR), 0u);
	EXPECT_EQ(apic_get(V, APIC_TPR), 0u);
}

/* The page may be elsewhere. */
TEST(moved, &config)
{
	apic_start(f);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, 0x80000000u | BASE_ON), 0u);
	ASSERT_OK(axv_set_gpr(V, RSI, 0x80000000u + APIC_VERSION));
	ASSERT_EQ(apic_go(V, SYM(load4)), 0u);
	EXPECT_EQ(reg(V, RAX), 0x01060014u);
	ASSERT_OK(axv_set_gpr(V, RSI, APIC_PAGE + APIC_TPR));
	axt_goto(V, SYM(load4), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
}

/* A guest whose CPUID does not offer it cannot have x2APIC mode, nor a deadline. */
TEST(not_offered, &free_config)
{
	static struct axvcpu_cpuid_entry table[256];
	uint32_t nr, i;
	uint64_t val;

	nr = ASSERT_OK(axv_get_cpuid(V, table, ARRAY_SIZE(table)));
	for (i = 0; i < nr; i++)
		if (table[i].function == 1)
			table[i].ecx &= ~(1u << 21 | 1u << 24);
	ASSERT_OK(axv_set_cpuid(V, table, nr));
	ASSERT_OK(axv_bind(V));
	apic_start(f);
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, APIC_PAGE | BASE_ON | BASE_X2), 13u);
	EXPECT_EQ(apic_rdmsr(V, MSR_TSC_DEADLINE, &val), 13u);
	EXPECT_EQ(apic_wrmsr(V, MSR_TSC_DEADLINE, 0), 13u);
	apic_set(V, APIC_TIMER, 0xffffffff);
	EXPECT_EQ(apic_get(V, APIC_TIMER), 0x300ffu & ~0u);
}

/* ---- registers in x2APIC mode --------------------------------------------------------------- */

static bool is_in(const char *s, char c)
{
	return strchr(s, c);
}

TEST(x2_registers, &config)
{
	const struct reg *r;
	uint32_t nr, bits;
	uint64_t val;
	unsigned int i;

	apic_start(f);
	apic_enable(V);
	apic_x2(V);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		r = &regs[i];
		nr = APIC_MSR(r->offset);
		axt_context("%s", r->name);
		EXPECT_EQ(apic_rdmsr(V, nr, &val), is_in(r->x2, 'R') ? 0u : 13u);
		/* EOI and ESR take nothing but 0 */
		if (is_in(r->x2, '0')) {
			EXPECT_EQ(apic_wrmsr(V, nr, 0), 0u);
			EXPECT_EQ(apic_wrmsr(V, nr, 1), 13u);
			continue;
		}
		if (r->offset == APIC_INITIAL) {
			EXPECT_EQ(apic_wrmsr(V, nr, 0), 0u);
			EXPECT_EQ(apic_wrmsr(V, nr, 1ull << 32), 13u);
			continue;
		}
		if (!is_in(r->x2, 'W')) {
			EXPECT_EQ(apic_wrmsr(V, nr, 0), 13u);
			continue;
		}
		bits = r->x2_bits ?: r->bits;
		EXPECT_EQ(apic_wrmsr(V, nr, bits), 0u);
		ASSERT_EQ(apic_rdmsr(V, nr, &val), 0u);
		EXPECT_EQ(val, bits);
		/* reserved ones, of the lower half and of the upper one */
		EXPECT_EQ(apic_wrmsr(V, nr, 1u << 31), 13u);
		EXPECT_EQ(apic_wrmsr(V, nr, 1ull << 32), 13u);
		EXPECT_EQ(apic_wrmsr(V, nr, r->offset == APIC_SVR ? SVR_ON : 0), 0u);
	}
	axt_context("the timer's mode 3");
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_TIMER), 0x60000), 13u);
	axt_context("what is no register");
	for (nr = 0x800; nr <= 0x8ff; nr++) {
		if (nr >= 0x840 || nr == 0x800 || nr == 0x801 || (nr >= 0x804 && nr < 0x808) ||
		    (nr >= 0x829 && nr < 0x82f) || nr == 0x831 || (nr >= 0x83a && nr < 0x83e)) {
			EXPECT_EQ(apic_rdmsr(V, nr, &val), 13u);
			EXPECT_EQ(apic_wrmsr(V, nr, 0), 13u);
		}
	}
	axt_context("icr");
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_ICR), 0x1234567800000000ull | ICR_MODE(4)), 0u);
	ASSERT_EQ(apic_rdmsr(V, APIC_MSR(APIC_ICR), &val), 0u);
	EXPECT_EQ(val, 0x1234567800000000ull | ICR_MODE(4));
	for (i = 0; i < 32; i++)
		if (0xfff32000u >> i & 1)
			EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_ICR), 1ull << i), 13u);
	axt_context("self ipi");
	EXPECT_EQ(apic_rdmsr(V, APIC_MSR(APIC_SELF), &val), 13u);
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_SELF), 0x100), 13u);
}

/* Ids and logical ids of vCPUs, in both modes. */
TEST(ids, &no_vcpu)
{
	static const uint32_t ids[] = { 0, 1, 15, 16, 33, 63 };
	struct axt_config c = config;
	struct axv_vcpu v;
	unsigned int i;
	uint64_t val;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		axt_context("vCPU %u", ids[i]);
		axt_add_vcpu(f, ids[i], &c, &v);
		EXPECT_EQ(apic_state(&v).id, ids[i]);
		want(&v, AXVCPU_REGS_GPR);
		ASSERT_EXIT_V(&v, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(apic_get(&v, APIC_ID), ids[i] << 24);
		cpuid(&v, 1);
		EXPECT_EQ(reg(&v, RBX) >> 24, ids[i]);
		ASSERT_EQ(apic_rdmsr(&v, MSR_APIC_BASE, &val), 0u);
		EXPECT_EQ(val & BASE_BSP, ids[i] ? 0u : BASE_BSP);
		apic_x2(&v);
		ASSERT_EQ(apic_rdmsr(&v, APIC_MSR(APIC_ID), &val), 0u);
		EXPECT_EQ(val, ids[i]);
		ASSERT_EQ(apic_rdmsr(&v, APIC_MSR(APIC_LDR), &val), 0u);
		EXPECT_EQ(val, (ids[i] >> 4) << 16 | 1u << (ids[i] & 15));
		axv_vcpu_close(&v);
	}
}

/* ---- save and restore ------------------------------------------------------------------------ */

TEST(restore, &config)
{
	struct axvcpu_x86_apic a, b;
	struct axv_vcpu other;

	apic_start(f);
	apic_set(V, APIC_SVR, SVR_ON | SVR_QUIET | 0x4f);
	apic_set(V, APIC_TPR, 0x23);
	apic_set(V, APIC_LDR, 0x44000000);
	apic_set(V, APIC_DFR, 0);
	apic_set(V, APIC_ICR2, 0x05000000);
	apic_set(V, APIC_LINT0, 0x700);
	apic_set(V, APIC_LINT1, 0x400);
	apic_set(V, APIC_ERROR, 0xe0);
	apic_set(V, APIC_TIMER, LVT_PERIODIC | LVT_MASKED | 0x50);
	apic_set(V, APIC_DIVIDE, 0xa);
	apic_set(V, APIC_INITIAL, 0xf0000000);
	ASSERT_OK(axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x61) | AXVCPU_X86_MSI_LEVEL));
	EXPECT_EQ(apic_peek(V), 0x61u);
	ASSERT_OK(axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x62)));
	a = apic_state(V);
	EXPECT_TRUE(apic_in(a.isr, 0x61));
	EXPECT_TRUE(apic_in(a.tmr, 0x61));
	EXPECT_TRUE(apic_in(a.irr, 0x62));
	EXPECT_EQ(a.tpr, 0x23u);
	EXPECT_EQ(a.initial_count, 0xf0000000u);
	EXPECT_LE(a.current_count, 0xf0000000u);
	EXPECT_GE(a.current_count, 0xf0000000u - 0x70000000u);

	axt_add_vcpu(f, 1, &config, &other);
	ASSERT_OK(apic_set_state(&other, &a));
	b = apic_state(&other);
	EXPECT_EQ(b.id, 1u);
	EXPECT_LE(b.current_count, a.current_count);
	EXPECT_GE(b.current_count, a.current_count - 0x70000000u);
	b.id = a.id;
	b.current_count = a.current_count;
	/* CR8 is of another group */
	EXPECT_EQ(b.tpr, 0u);
	b.tpr = a.tpr;
	EXPECT_TRUE(!memcmp(&a, &b, sizeof(a)));
	/* and it goes on from there */
	a = apic_state(&other);
	memset(a.isr, 0, sizeof(a.isr));
	a.irr[1] = 1u << 5;
	ASSERT_OK(apic_set_state(&other, &a));
	EXPECT_TRUE(apic_in(apic_state(&other).irr, 0x25));
}

#define BAD(what)					\
	do {						\
		a = good;				\
		what;					\
		axt_context("%s", #what);		\
		EXPECT_ERR(EINVAL, apic_set_state(V, &a)); \
	} while (0)

TEST(bad_groups, &config)
{
	struct axvcpu_x86_apic a, good;

	apic_start(f);
	good = apic_state(V);
	ASSERT_OK(apic_set_state(V, &good));
	BAD(a.base |= 1);
	BAD(a.base = APIC_PAGE | BASE_X2);
	BAD(a.base |= 1ull << 63);
	BAD(a.reserved = 1);
	BAD(a.reserved1[3] = 1);
	BAD(a.svr |= 1u << 11);
	BAD(a.dfr = 0);
	BAD(a.ldr = 1);
	BAD(a.divide = 4);
	BAD(a.esr = 0x100);
	BAD(a.esr_new = 0x100);
	BAD(a.tpr = 0x100);
	BAD(a.icr = 1u << 31);
	BAD(a.icr = 1ull << 40);
	BAD(a.isr[0] = 1u << 15);
	BAD(a.irr[0] = 1u << 3);
	BAD(a.tmr[0] = 1u << 2);
	/* unmasked while software has it off */
	BAD(a.lvt[AXVCPU_X86_LVT_LINT0] = 0x700);
	BAD(a.lvt[AXVCPU_X86_LVT_ERROR] |= 0x400);
	axt_context("INIT without an APIC");
	a = apic_state(V);
	EXPECT_TRUE(!memcmp(&a, &good, sizeof(a)));
}

/* The calls for a VM that has none know nothing of it. */
TEST(init_flag, &without)
{
	struct axvcpu_x86_intr i;

	x86_get_intr(V, &i);
	i.flags |= AXVCPU_X86_INTR_INIT;
	EXPECT_ERR(EINVAL, x86_set_intr(V, &i));
}

/* All is as after power-on when it is RESET. */
TEST(reset_call, &config)
{
	struct axvcpu_x86_apic before = apic_state(V), after;
	struct axvcpu_setup s = axt_setup_args(f->s2, &config);

	apic_start(f);
	apic_set(V, APIC_SVR, SVR_ON | 0x20);
	apic_set(V, APIC_TPR, 0x50);
	apic_set(V, APIC_INITIAL, 1000000);
	apic_set(V, 0x400, 0);
	ASSERT_OK(axv_inject_irq(V, AXVCPU_X86_MSI(0, 0x41)));
	apic_x2(V);
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(axv_setup(V, &s));
	after = apic_state(V);
	EXPECT_TRUE(!memcmp(&before, &after, sizeof(after)));
}
