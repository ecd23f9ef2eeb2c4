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
static const struct axt_config ready = { .start = AXT_START_FLAT };

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
