// SPDX-License-Identifier: GPL-2.0-only
/*
 * Members of arguments that only x86 has: what starts are legal, CPUID tables.
 *
 * rig: arch=x86
 */
#include "common/requests.h"

static const struct axt_config created = { .stage = AXT_CREATED };

static const struct start {
	const char *name;
	struct axvcpu_x86_setup x;
	uint64_t entry;
	int err;
} starts[] = {
	{ "real", { .start = AXVCPU_X86_START_REAL }, 0x1000, 0 },
	{ "real_high", { .start = AXVCPU_X86_START_REAL }, 0xfffff, 0 },
	{ "real_too_high", { .start = AXVCPU_X86_START_REAL }, 0x100000, EINVAL },
	{ "real_cr3", { .start = AXVCPU_X86_START_REAL, .cr3 = 0x1000 }, 0, EINVAL },
	{ "real_gdt", { .start = AXVCPU_X86_START_REAL, .gdt_limit = 7 }, 0, EINVAL },
	{ "reset", { .start = AXVCPU_X86_START_RESET }, 0, 0 },
	{ "reset_entry", { .start = AXVCPU_X86_START_RESET }, 1, EINVAL },
	{ "prot32", { .start = AXVCPU_X86_START_PROT32 }, 0xffffffff, 0 },
	{ "long64", { .start = AXVCPU_X86_START_LONG64, .cr3 = 0x1000 }, 0x1000, 0 },
	{ "long64_high", { .start = AXVCPU_X86_START_LONG64, .cr3 = 0x1000 },
	  0xffffffff80000000, 0 },
	{ "long64_odd", { .start = AXVCPU_X86_START_LONG64, .cr3 = 0x1000 },
	  0x800000000000, EINVAL },
	{ "long64_cr3", { .start = AXVCPU_X86_START_LONG64, .cr3 = 1ull << 60 }, 0, EINVAL },
	{ "long64_cr3_bit0", { .start = AXVCPU_X86_START_LONG64, .cr3 = 0x1001 }, 0, EINVAL },
	{ "long64_gdt", { .start = AXVCPU_X86_START_LONG64,
			  .gdt_base = 0x8000000000000000 }, 0, EINVAL },
};

TEST_ROWS(start, starts, ARRAY_SIZE(starts), &created)
{
	const struct start *row = arg;
	struct axvcpu_setup s = {
		.flags = AXVCPU_SETUP_RUNNABLE,
		.entry = row->entry,
		.stage2_fd = f->s2,
		.arch.x86 = row->x,
	};

	EXPECT_ERR(row->err, axv_setup(&f->v, &s));
	EXPECT_EQ(axv_get_state(&f->v, NULL),
		  row->err ? AXVCPU_STATE_CREATED : AXVCPU_STATE_FREE);
}

/* E2BIG of GET_CPUID tells how much room it takes. */
TEST(cpuid_room, &created)
{
	struct axvcpu_cpuid_entry e[512];
	struct axvcpu_cpuid c = { .size = sizeof(c), .entries = (uintptr_t)e };
	int nr = ASSERT_OK(axv_get_cpuid(&f->v, e, ARRAY_SIZE(e)));
	static const struct req get = { .cmd = AXVCPU_GET_CPUID, .kind = REQ_VCPU };

	EXPECT_ERR(E2BIG, req_call(f, &get, &c));
	EXPECT_EQ(c.nr, nr);
	c.nr = nr - 1;
	EXPECT_ERR(E2BIG, req_call(f, &get, &c));
	EXPECT_EQ(c.nr, nr);
	EXPECT_OK(req_call(f, &get, &c));
	EXPECT_EQ(c.nr, nr);
}

/* Rows of a CPUID table that are refused; the table stays as it was. */
TEST(cpuid_rows, &created)
{
	struct axvcpu_cpuid_entry e[512], again[512];
	int nr = ASSERT_OK(axv_get_cpuid(&f->v, e, ARRAY_SIZE(e) - 1));
	struct axvcpu_cpuid_entry bad[] = {
		{ .function = 0x77, .flags = 2 },
		{ .function = 0x77, .flags = 1u << 31 },
		{ .function = 0x77, .reserved = 1 },
		{ .function = 0x77, .index = 1 },
		e[0],	/* twice the same */
		{ .function = 0xd, .flags = AXVCPU_CPUID_INDEX, .edx = 1u << 30 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		axt_context("row %zu", i);
		e[nr] = bad[i];
		EXPECT_ERR(EINVAL, axv_set_cpuid(&f->v, e, nr + 1));
		EXPECT_EQ(axv_get_cpuid(&f->v, again, ARRAY_SIZE(again)), nr);
		EXPECT_TRUE(!memcmp(e, again, nr * sizeof(e[0])));
	}
	axt_context(NULL);
	EXPECT_STATE(&f->v, CREATED);
	e[nr] = (struct axvcpu_cpuid_entry) { .function = 0x77, .eax = 1 };
	EXPECT_OK(axv_set_cpuid(&f->v, e, nr + 1));
	EXPECT_EQ(axv_get_cpuid(&f->v, again, ARRAY_SIZE(again)), nr + 1);
	EXPECT_OK(axv_set_cpuid(&f->v, NULL, 0));
	EXPECT_EQ(axv_get_cpuid(&f->v, again, ARRAY_SIZE(again)), 0);
}
