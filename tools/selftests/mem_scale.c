// SPDX-License-Identifier: GPL-2.0-only
/*
 * Much of it: ten thousand mappings, and as much address space as there is, made,
 * changed and taken away under a guest that runs.
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/runner.h"

/* where the guest is busy meanwhile */
#define BUSY		(SPOT + (1ull << 30))
#define BUSY_PAGES	16u

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(mem),
};

/* ---- many --------------------------------------------------------------------------------- */

/* Every other page is mapped: the guest's sum of their words. */
static uint64_t sum_of(struct axt *f, unsigned int from, unsigned int nr)
{
	uint64_t sum;

	ASSERT_OK(axv_bind(&f->v));
	mem_go(&f->v, SYM(sum), SPOT + 2ull * from * AXT_PAGE, 2 * AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, nr));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	sum = reg(&f->v, AXT_RESULT_REG);
	ASSERT_OK(axv_unbind(&f->v));
	return sum;
}

static void expect_hole(struct axt *f, unsigned int page)
{
	ASSERT_OK(axv_bind(&f->v));
	mem_go(&f->v, SYM(read), SPOT + (uint64_t)page * AXT_PAGE, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	ASSERT_OK(axv_unbind(&f->v));
}

static void start_busy(struct axt *f, struct runner *r, unsigned char *busy)
{
	memset(busy, 0, BUSY_PAGES * AXT_PAGE);
	ROUNDS(f) = 0;
	runner_start(r, f, SYM(tally), BUSY, BUSY_PAGES);
}

TEST(ten_thousand_mappings, &free_config)
{
	const unsigned int nr = 10000 / axt_slow(), some = 300 / axt_slow();
	unsigned char *mem = anon(nr * AXT_PAGE), *busy = anon(BUSY_PAGES * AXT_PAGE);
	struct runner r = { };
	uint64_t sum = 0, first;
	unsigned int i;

	madvise(mem, nr * AXT_PAGE, MADV_NOHUGEPAGE);
	ASSERT_OK(axv_s2_map_user(f->s2, BUSY, busy, BUSY_PAGES * AXT_PAGE, AXV_PROT_RW));
	start_busy(f, &r, busy);
	for (i = 0; i < nr; i++) {
		*(uint64_t *)(mem + i * AXT_PAGE) = i * 7919ull;
		sum += i * 7919ull;
		/* in an order that is neither up nor down */
		first = i * 10007ull % nr;
		ASSERT_OK(axv_s2_map_user(f->s2, SPOT + 2 * first * AXT_PAGE,
					  mem + first * AXT_PAGE, AXT_PAGE, AXV_PROT_RW));
	}
	runner_rounds(&r, 2);
	runner_stop(&r);
	EXPECT_EQ(stats_of(f->s2).nr_maps, nr + 2);
	EXPECT_EQ(sum_of(f, 0, nr), sum);
	expect_hole(f, 1001);

	/* some of them one by one, then all that are left */
	start_busy(f, &r, busy);
	for (i = 0; i < some; i++)
		ASSERT_OK(axv_s2_unmap(f->s2, SPOT + 2ull * 3 * i * AXT_PAGE, AXT_PAGE));
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECT_EQ(stats_of(f->s2).nr_maps, nr + 2 - some);
	expect_hole(f, 0);
	expect_hole(f, 2 * 3 * (some - 1));
	EXPECT_EQ(sum_of(f, 1, 2), 7919ull * 3);

	start_busy(f, &r, busy);
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT, 2ull * nr * AXT_PAGE));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 2u);
	runner_rounds(&r, 2);
	runner_stop(&r);
	expect_hole(f, 2);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, busy, BUSY_PAGES);
}

/* ---- large ----------------------------------------------------------------------------------- */

#define PLACES	32u

TEST(tebibyte, &free_config)
{
	unsigned int bits = f->dev.info.gpa_bits > 40 ? 40 : f->dev.info.gpa_bits;
	uint64_t len = 1ull << bits, stride = len / PLACES, at = 0x12345000, was, now;
	struct axvcpu_s2_stats s;
	struct runner r = { .stride = stride };
	unsigned char *mem;
	unsigned int i, n = 0;
	uint64_t start;
	int s2;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	ASSERT_EQ(madvise(mem, len, MADV_NOHUGEPAGE), 0);
	axt_reach(&f->v, f->ram, bits);
	s2 = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(s2, 0, f->ram, GUEST_RAM_SIZE, AXV_PROT_RWX));
	ASSERT_OK(axv_s2_map_user(s2, GUEST_RAM_SIZE, mem + GUEST_RAM_SIZE, len - GUEST_RAM_SIZE,
				  AXV_PROT_RW));
	ASSERT_OK(axv_bind(&f->v));
	ASSERT_OK(axv_set_root(&f->v, s2));
	ASSERT_OK(axv_unbind(&f->v));

	runner_start(&r, f, SYM(tally), at, PLACES);
	runner_rounds(&r, 2);
	s = stats_of(s2);
	/* three levels for each place, and for the code */
	EXPECT_LE(s.tables, AXT_S2_ROOT + 3 * (PLACES + 2));
	EXPECT_GE(s.pages[0], PLACES);
	for (i = 0; i < 3; i++) {
		axt_context("round %u", i);
		/* all of it, the process's way */
		start = axt_now_ms();
		ASSERT_EQ(mprotect(mem, len, PROT_READ), 0);
		EXPECT_LE(axt_now_ms() - start, 10000u * axt_slow());
		was = *(volatile uint64_t *)(mem + at + (PLACES - 1) * stride);
		if (!runner_faulted(&r, ++n))
			break;
		EXPECT_EQ(r.flags, AXVCPU_NPF_BACKING);
		EXPECT_EQ((r.gpa - at) % stride, 0u);
		now = *(volatile uint64_t *)(mem + at + (PLACES - 1) * stride);
		EXPECT_EQ(now, was);
		ASSERT_EQ(mprotect(mem, len, PROT_READ | PROT_WRITE), 0);
		runner_go(&r);
		if (!runner_rounds(&r, 1))
			break;
		/* and that of the stage-2 */
		start = axt_now_ms();
		ASSERT_OK(axv_s2_unmap(s2, GUEST_RAM_SIZE, len - GUEST_RAM_SIZE));
		EXPECT_LE(axt_now_ms() - start, 10000u * axt_slow());
		EXPECT_LE(stats_of(s2).tables, AXT_S2_ROOT + 7u);
		if (!runner_faulted(&r, ++n))
			break;
		EXPECT_TRUE(r.reason == AXVCPU_EXIT_MMIO_READ ||
			    r.reason == AXVCPU_EXIT_MMIO_WRITE);
		ASSERT_OK(axv_s2_map_user(s2, GUEST_RAM_SIZE, mem + GUEST_RAM_SIZE,
					  len - GUEST_RAM_SIZE, AXV_PROT_RW));
		runner_go(&r);
		if (!runner_rounds(&r, 1))
			break;
	}
	axt_context(NULL);
	runner_stop(&r);
	was = ROUNDS(f) + 1;
	for (i = 0; i < PLACES; i++) {
		now = *(volatile uint64_t *)(mem + at + i * stride);
		EXPECT_TRUE(now <= was && now + 1 >= was && now >= ROUNDS(f));
		was = now == ROUNDS(f) ? now : was;
	}
	munmap(mem, len);
}
