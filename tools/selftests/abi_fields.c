// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every member of every argument: reserved ones set, unknown flags, values out
 * of range. The documented errno, and nothing has changed.
 *
 * rig: timeout=240
 */
#include "common/requests.h"

static void try_bytes(struct axt *f, const struct req *r, const struct req_state *before)
{
	unsigned char buf[AXT_PAGE];

	for (size_t i = 0; i < ARRAY_SIZE(r->reserved) && r->reserved[i].len; i++) {
		for (unsigned int n = 0; n < r->reserved[i].len; n++) {
			axt_context("reserved byte %u", r->reserved[i].offset + n);
			req_fill(f, r, buf);
			buf[r->reserved[i].offset + n] = 1u << (n % 8);
			EXPECT_ERR(EINVAL, req_call(f, r, buf));
		}
	}
	req_unchanged(f, before);
}

static void try_flags(struct axt *f, const struct req *r, const struct req_state *before)
{
	unsigned char buf[AXT_PAGE];

	for (unsigned int bit = 0; bit < 8u * r->flags_width; bit++) {
		if (r->flags >> bit & 1)
			continue;
		axt_context("flag %u", bit);
		req_fill(f, r, buf);
		buf[r->flags_at + bit / 8] |= 1u << bit % 8;
		EXPECT_ERR(EINVAL, req_call(f, r, buf));
	}
	req_unchanged(f, before);
}

static void try_values(struct axt *f, const struct req *r, const struct req_state *before)
{
	const struct req_value *bad;
	unsigned char buf[AXT_PAGE];

	for (bad = r->bad; bad && bad->width; bad++) {
		axt_context("%s", bad->what);
		req_fill(f, r, buf);
		memcpy(buf + bad->offset, &bad->value, bad->width);
		EXPECT_ERR(bad->err, req_call(f, r, buf));
		req_unchanged(f, before);
	}
}

TEST_ROWS(fields, requests, nr_with_argument, NULL)
{
	const struct req *r = arg;
	struct req_state before;
	unsigned char buf[AXT_PAGE];
	struct axt g;

	req_open(&g, r);
	req_fill(&g, r, buf);
	req_state(&g, &before);
	try_bytes(&g, r, &before);
	try_flags(&g, r, &before);
	try_values(&g, r, &before);

	/* and the legal argument is legal after all that */
	axt_context("legal argument");
	req_fill(&g, r, buf);
	EXPECT_OK(req_call(&g, r, buf));
}

/* ---- what a table of members cannot say -------------------------------------------- */

static const struct axt_config created = { .stage = AXT_CREATED };
static const struct axt_config ready = { .start = AXVCPU_X86_START_PROT32 };

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

/* A stage-2 narrower than the default: its limit is its own. */
TEST(gpa_bits, &created)
{
	uint32_t most = f->dev.info.gpa_bits;
	void *mem = f->ram;
	int s2;

	EXPECT_ERR(EINVAL, axv_stage2_create(&f->dev, most + 1));
	EXPECT_OK(axv_stage2_create(&f->dev, most));
	s2 = ASSERT_OK(axv_stage2_create(&f->dev, 32));
	EXPECT_OK(axv_s2_map_user(s2, (1ull << 32) - AXT_PAGE, mem, AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EINVAL, axv_s2_map_user(s2, 1ull << 32, mem, AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EINVAL, axv_s2_map_user(s2, (1ull << 32) - AXT_PAGE, mem, 2 * AXT_PAGE,
					   AXV_PROT_RW));
	EXPECT_OK(axv_s2_map_user(f->s2, (1ull << most) - AXT_PAGE, mem, AXT_PAGE,
				  AXV_PROT_RW));
	EXPECT_ERR(EINVAL, axv_s2_map_user(f->s2, 1ull << most, mem, AXT_PAGE, AXV_PROT_RW));
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

/* A CPU mask may be shorter and longer than the kernel's; none of it is empty. */
TEST(cpu_masks, &ready)
{
	unsigned char mask[AXT_PAGE + 1];

	memset(mask, 0xff, sizeof(mask));
	EXPECT_OK(axv_set_affinity(&f->v, -1, mask, 1));
	EXPECT_OK(axv_set_affinity(&f->v, 0, mask, AXT_PAGE));
	EXPECT_ERR(EINVAL, axv_set_affinity(&f->v, -1, mask, AXT_PAGE + 1));
	mask[0] = 0;
	EXPECT_ERR(EINVAL, axv_set_affinity(&f->v, -1, mask, 1));
	memset(mask, 0, sizeof(mask));
	EXPECT_ERR(EINVAL, axv_set_affinity(&f->v, -1, mask, 128));
	EXPECT_STATE(&f->v, READY);
}
