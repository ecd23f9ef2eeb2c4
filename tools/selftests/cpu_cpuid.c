// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID in a guest: the default table, what follows the vCPU's state, a table of
 * the VMM's own, and prefixes that mean nothing.
 *
 * rig: arch=x86
 */
#include <cpuid.h>

#include "common/x86_cpu.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(cpu),
};

static const struct axt_config created = {
	.stage = AXT_CREATED,
	.start = AXVCPU_X86_START_LONG64,
	GUEST(cpu),
};

/* Bits of leaf 1 and 0xd that follow the vCPU's state. */
#define OSXSAVE	(1u << 27)

TEST(cpuid_table, &config)
{
	static struct axvcpu_cpuid_entry table[256];
	int i, nr = ASSERT_OK(axv_get_cpuid(&f->v, table, ARRAY_SIZE(table)));
	struct leaf l;

	EXPECT_GE(nr, 10);
	EXPECT_LE((uint32_t)nr, f->dev.info.max_cpuid);
	EXPECT_ERR(E2BIG, axv_get_cpuid(&f->v, table, nr - 1));
	for (i = 0; i < nr; i++) {
		const struct axvcpu_cpuid_entry *e = &table[i];
		uint32_t index = e->flags & AXVCPU_CPUID_INDEX ? e->index : 0;

		axt_context("leaf %x.%x", e->function, index);
		EXPECT_EQ(e->flags & ~AXVCPU_CPUID_INDEX, 0u);
		EXPECT_EQ(e->reserved, 0u);
		l = guest_cpuid(f, e->function, index);
		EXPECT_EQ(l.eax, e->eax);
		EXPECT_EQ(l.edx, e->edx);
		if (e->function == 1)
			EXPECT_EQ(l.ecx & ~OSXSAVE, e->ecx & ~OSXSAVE);
		else
			EXPECT_EQ(l.ecx, e->ecx);
		/* the size in use follows XCR0 */
		if (e->function != 0xd)
			EXPECT_EQ(l.ebx, e->ebx);
	}
}

TEST(cpuid_default, &config)
{
	struct leaf host = { }, l;
	char vendor[13] = "";

	/* hidden: MONITOR, VMX, SMX, x2APIC's rest may be; shown: a hypervisor */
	l = guest_cpuid(f, 1, 0);
	EXPECT_EQ(l.ecx & (1u << 3 | 1u << 5 | 1u << 6), 0u);
	EXPECT_EQ(l.ecx >> 31, 1u);
	/* there for all: FPU, TSC, MSR, PAE, CX8, CMOV, FXSR, SSE, SSE2 */
	EXPECT_EQ(l.edx & 0x07008171, 0x07008171u);
	/* nothing the host has not */
	__get_cpuid(1, &host.eax, &host.ebx, &host.ecx, &host.edx);
	EXPECT_EQ(l.eax, host.eax);
	EXPECT_EQ(l.edx & ~host.edx, 0u);
	EXPECT_EQ(l.ecx & ~(host.ecx | 1u << 31 | 1u << 21 | 1u << 24), 0u);

	/* no SVM, no SKINIT, no SVM leaf */
	l = guest_cpuid(f, 0x80000001, 0);
	EXPECT_EQ(l.ecx & (1u << 2 | 1u << 12), 0u);
	EXPECT_TRUE(l.edx & 1u << 29);
	l = guest_cpuid(f, 0x8000000a, 0);
	EXPECT_EQ(l.eax | l.ebx | l.ecx | l.edx, 0u);

	/* the hypervisor's own leaves: a signature that is not KVM's, and a maximum */
	l = guest_cpuid(f, 0x40000000, 0);
	EXPECT_GE(l.eax, 0x40000000u);
	EXPECT_LE(l.eax, 0x400000ffu);
	memcpy(vendor, &l.ebx, 4);
	memcpy(vendor + 4, &l.ecx, 4);
	memcpy(vendor + 8, &l.edx, 4);
	axt_diag("hypervisor signature \"%s\"", vendor);
	EXPECT_NE(vendor[0], 0);
	EXPECT_TRUE(strcmp(vendor, "KVMKVMKVM"));

	/* a leaf that nobody has */
	l = guest_cpuid(f, 0x8fffffff, 0);
	EXPECT_EQ(l.eax | l.ebx | l.ecx | l.edx, 0u);
}

/* OSXSAVE and the size of the XSAVE area follow the guest's registers. */
TEST(cpuid_live, &config)
{
	struct axvcpu_x86_control c = control_of(f);
	struct leaf small, large;

	if (!(guest_cpuid(f, 1, 0).ecx & 1u << 26))
		axt_skip("this CPU has no XSAVE");
	EXPECT_EQ(guest_cpuid(f, 1, 0).ecx & OSXSAVE, 0u);
	c.cr4 |= CR4_OSXSAVE | CR4_OSFXSR;
	ASSERT_OK(x86_set_control(&f->v, &c));
	EXPECT_EQ(guest_cpuid(f, 1, 0).ecx & OSXSAVE, OSXSAVE);
	small = guest_cpuid(f, 0xd, 0);
	EXPECT_EQ(small.ebx, 576u);
	if (!(small.eax & 4))
		return;
	set(f, RAX, 7);
	set(f, RDX, 0);
	set(f, RCX, 0);
	ASSERT_TRUE(runs(f, SYM(xsetbv_insn)));
	large = guest_cpuid(f, 0xd, 0);
	EXPECT_EQ(large.ebx, 832u);
	EXPECT_GE(large.ecx, large.ebx);
}

/* Prefixes that mean nothing: the length is right all the same. */
TEST(cpuid_prefixes, &config)
{
	static const uint64_t at[] = {
		SYM(cpuid_rep), SYM(cpuid_repne), SYM(cpuid_data16), SYM(cpuid_addr32),
		SYM(cpuid_segment), SYM(cpuid_rex), SYM(cpuid_many),
	};
	struct leaf plain = guest_cpuid(f, 0, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		axt_context("form %u", i);
		set(f, RAX, 0);
		if (!runs(f, at[i]))
			continue;
		EXPECT_EQ(reg(&f->v, RBX), plain.ebx);
		EXPECT_EQ(reg(&f->v, RDX), plain.edx);
	}
}

TEST(set_cpuid, &created)
{
	static struct axvcpu_cpuid_entry table[257];
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	int nr = ASSERT_OK(axv_get_cpuid(&f->v, table, ARRAY_SIZE(table)));
	int i, xsave = -1;
	struct leaf l;

	for (i = 0; i < nr; i++) {
		if (table[i].function == 0xd && table[i].index == 0)
			xsave = i;
		if (table[i].function == 0x40000000) {
			table[i].ebx = 0x11111111;
			table[i].edx = 0x33333333;
		}
	}
	table[nr] = (struct axvcpu_cpuid_entry) { .function = 0x40000123, .eax = 1, .ebx = 2 };
	ASSERT_OK(axv_set_cpuid(&f->v, table, nr + 1));

	/* what is refused leaves the table alone */
	EXPECT_ERR(E2BIG, axv_set_cpuid(&f->v, table, 257));
	table[0].flags = 2;
	EXPECT_ERR(EINVAL, axv_set_cpuid(&f->v, table, nr));
	table[0].flags = 0;
	table[0].reserved = 1;
	EXPECT_ERR(EINVAL, axv_set_cpuid(&f->v, table, nr));
	table[0].reserved = 0;
	if (xsave >= 0) {
		table[xsave].edx |= 1u << 30;
		EXPECT_ERR(EINVAL, axv_set_cpuid(&f->v, table, nr));
		table[xsave].edx &= ~(1u << 30);
	}
	EXPECT_ERR(EFAULT, axv_set_cpuid(&f->v, (void *)8, 3));
	EXPECT_EQ(axv_get_cpuid(&f->v, table, ARRAY_SIZE(table)), nr + 1);

	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	l = guest_cpuid(f, 0x40000000, 0);
	EXPECT_EQ(l.ebx, 0x11111111u);
	EXPECT_EQ(l.edx, 0x33333333u);
	l = guest_cpuid(f, 0x40000123, 77);
	EXPECT_EQ(l.eax, 1u);
	EXPECT_EQ(l.ebx, 2u);
	EXPECT_EQ(l.ecx, 0u);
}
