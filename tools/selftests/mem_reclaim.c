// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host moves pages about under a guest that uses them: to swap and back,
 * one for many that are the same, to another place in memory.
 *
 * rig: timeout=480
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/swap.h>
#include <unistd.h>

#include "common/file.h"
#include "common/runner.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

#define PAGES	256u
#define LEN	(PAGES * AXT_PAGE)

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(mem),
};

static unsigned int rounds(unsigned int usual)
{
	unsigned int n = usual / axt_slow();

	return n > 3 ? n : 3;
}

/* Memory in single pages, each begun with @first + i * @step. */
static unsigned char *small_memory(uint64_t first, uint64_t step)
{
	unsigned char *mem = anon(LEN);
	unsigned int i;

	madvise(mem, LEN, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		*(uint64_t *)(mem + i * AXT_PAGE) = first + i * step;
	return mem;
}

/* ---- swap --------------------------------------------------------------------------------- */

#define ZRAM	"/dev/zram0"

static bool have_swap(void)
{
	FILE *swaps = fopen("/proc/swaps", "r");
	char line[256];
	bool have = false;

	while (swaps && fgets(line, sizeof(line), swaps))
		have |= line[0] == '/';
	if (swaps)
		fclose(swaps);
	return have;
}

/* A swap device in compressed memory, or the case is skipped. */
static void need_swap(void)
{
	if (have_swap())
		return;
	if (system("modprobe zram 2>/dev/null"))
		axt_diag("no module zram");
	if (access(ZRAM, F_OK))
		axt_skip("no zram to swap to");
	file_write("/sys/block/zram0/reset", "1");
	if (file_write("/sys/block/zram0/disksize", "67108864") ||
	    system("mkswap " ZRAM " >/dev/null") || swapon(ZRAM, 0))
		axt_skip("cannot swap to zram: %s", strerror(errno));
}

/* Pages of @mem that are in swap: asked at once, the guest wants them back. */
static unsigned int swapped(const unsigned char *mem)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	static uint64_t entries[PAGES];
	unsigned int i, n = 0;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(pread(fd, entries, sizeof(entries), (uintptr_t)mem / AXT_PAGE * 8),
		  (long)sizeof(entries));
	for (i = 0; i < PAGES; i++)
		n += entries[i] >> 62 & 1;
	close(fd);
	return n;
}

/* What the guest writes meets the pages on their way out and in. */
TEST_TIMEOUT(swap_written, &free_config, 120)
{
	unsigned char *mem = small_memory(0, 0);
	struct runner r = { };
	unsigned int i, most = 0, n;

	need_swap();
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	for (i = 0; i < rounds(12); i++) {
		ASSERT_EQ(madvise(mem, LEN, MADV_PAGEOUT), 0);
		n = swapped(mem);
		most = n > most ? n : most;
		if (i % 3 == 0 && !runner_rounds(&r, 1))
			break;
	}
	runner_rounds(&r, 2);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
	axt_diag("at most %u pages were out at a time", most);
	EXPECT_GE(most, 1u);
}

/* Pages that the guest reads only; then all come back by the end of the swap. */
TEST_TIMEOUT(swap_read, &free_config, 120)
{
	unsigned char *mem = small_memory(0x7000, 3);
	struct runner r = { };
	unsigned int i;

	need_swap();
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	EXPECTED(f) = 0x7000;
	EXPECTED_STEP(f) = 3;
	runner_start(&r, f, SYM(verify), SPOT, PAGES);
	for (i = 0; i < rounds(9); i++) {
		ASSERT_EQ(madvise(mem, LEN, MADV_PAGEOUT), 0);
		if (i % 3 == 0 && !runner_rounds(&r, 1))
			break;
	}
	runner_rounds(&r, 1);
	runner_stop(&r);

	ASSERT_EQ(madvise(mem, LEN, MADV_PAGEOUT), 0);
	EXPECT_GE(swapped(mem), PAGES / 2);
	runner_continue(&r, f);
	ASSERT_EQ(swapoff(ZRAM), 0);
	EXPECT_EQ(swapped(mem), 0u);
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
}

/*
 * Shared memory that the guest has read and then written to, with no fault in
 * between: the host must know of the write, or the page is thrown away.
 */
TEST(swap_shared, &free_config)
{
	unsigned char *mem;
	unsigned int i;
	int fd;

	need_swap();
	fd = memfd_create("axvcpu-test", 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, LEN), 0);
	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	ASSERT_OK(axv_bind(&f->v));
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), 0u);
	for (i = 0; i < 64; i++)
		guest_writes(&f->v, SPOT + i * AXT_PAGE, 0x900 + i);
	ASSERT_EQ(madvise(mem, LEN, MADV_PAGEOUT), 0);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), 0x900 + i);
}

/* ---- the same page for many ------------------------------------------------------------------ */

#define KSM	"/sys/kernel/mm/ksm/"

/*
 * Most of the pages are one. Each takes an IPI or two to the CPU that the guest is on, and
 * emulated processors may be long in coming to it.
 */
static bool shared(void)
{
	uint64_t end = axt_now_ms() + 40000u * axt_slow();

	while (file_number(KSM "pages_sharing") < (long)PAGES / 2) {
		if (axt_now_ms() > end)
			return false;
		axt_sleep_ms(1);
	}
	return true;
}

TEST_TIMEOUT(ksm, &free_config, 120)
{
	unsigned char *mem = small_memory(7, 0);
	struct runner r = { };
	uint64_t end;

	if (file_write(KSM "pages_to_scan", "5000") || file_write(KSM "sleep_millisecs", "5"))
		axt_skip("no KSM");
	if (madvise(mem, LEN, MADV_MERGEABLE))
		axt_skip("MADV_MERGEABLE: %s", strerror(errno));
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));

	/* one for all, under a guest that reads them */
	EXPECTED(f) = 7;
	EXPECTED_STEP(f) = 0;
	runner_start(&r, f, SYM(verify), SPOT, PAGES);
	runner_rounds(&r, 1);
	ASSERT_OK(file_write(KSM "run", "1"));
	EXPECT_TRUE(shared());
	/* or it takes pages faster than an emulated guest gets its own */
	ASSERT_OK(file_write(KSM "sleep_millisecs", "200"));
	runner_rounds(&r, 2);
	/* the process writes to some, which the guest must see and not in the others */
	runner_stop(&r);
	*(volatile uint64_t *)(mem + 10 * AXT_PAGE) = 8;
	runner_start(&r, f, SYM(verify), SPOT + 11 * AXT_PAGE, PAGES - 11);
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECTED(f) = 8;
	runner_start(&r, f, SYM(verify), SPOT + 10 * AXT_PAGE, 1);
	runner_rounds(&r, 1);
	runner_stop(&r);
	*(volatile uint64_t *)(mem + 10 * AXT_PAGE) = 7;

	/* the guest writes to each: it gets one of its own */
	ROUNDS(f) = 7;
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	end = axt_now_ms() + 300;
	while (axt_now_ms() < end && runner_rounds(&r, 1))
		;
	runner_stop(&r);
	tally_check(f, mem, PAGES);

	/* one again, and all broken by the host, under a guest that reads */
	for (end = 0; end < PAGES; end++)
		*(volatile uint64_t *)(mem + end * AXT_PAGE) = 9;
	EXPECT_TRUE(shared());
	EXPECTED(f) = 9;
	runner_start(&r, f, SYM(verify), SPOT, PAGES);
	runner_rounds(&r, 1);
	ASSERT_OK(file_write(KSM "run", "2"));
	EXPECT_EQ(file_number(KSM "pages_sharing"), 0);
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	file_write(KSM "run", "0");
}

/* ---- another place in memory ---------------------------------------------------------------------- */

static void places(const unsigned char *mem, uint64_t *pfn)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned int i;

	ASSERT_GE(fd, 0);
	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ(pread(fd, &pfn[i], 8, ((uintptr_t)mem / AXT_PAGE + i) * 8), 8);
		pfn[i] &= (1ull << 55) - 1;
	}
	close(fd);
}

/* How many of them are somewhere else than they @was. */
static unsigned int moved(const unsigned char *mem, const uint64_t *was)
{
	uint64_t now[PAGES];
	unsigned int i, n = 0;

	places(mem, now);
	for (i = 0; i < PAGES; i++)
		n += was[i] != now[i];
	return n;
}

/* Each page of some goes to a new place, as if the old one was about to fail. */
TEST(soft_offline, &free_config)
{
	unsigned char *mem = small_memory(0, 0);
	struct runner r = { };
	uint64_t was[PAGES];
	unsigned int i;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	runner_rounds(&r, 1);
	places(mem, was);
	for (i = 0; i < 16; i++) {
		if (madvise(mem + i * 17 * AXT_PAGE, AXT_PAGE, MADV_SOFT_OFFLINE) &&
		    errno != EBUSY && errno != EAGAIN)
			axt_skip("MADV_SOFT_OFFLINE: %s", strerror(errno));
		if (i % 4 == 0 && !runner_rounds(&r, 1))
			break;
	}
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
	EXPECT_GE(moved(mem, was), 8u);
}

static void nothing(int sig __maybe_unused)
{
}

/* A page that has failed: the guest's access to it is the process's to explain. */
TEST(poisoned, &free_config)
{
	unsigned char *mem = small_memory(0x100, 1);
	struct sigaction action = { .sa_handler = nothing };

	/* some kernels tell the one who does it, too */
	ASSERT_EQ(sigaction(SIGBUS, &action, NULL), 0);
	ASSERT_OK(axv_bind(&f->v));
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	EXPECT_EQ(guest_reads(&f->v, SPOT + 5 * AXT_PAGE), 0x105u);
	if (madvise(mem + 5 * AXT_PAGE, AXT_PAGE, MADV_HWPOISON))
		axt_skip("MADV_HWPOISON: %s", strerror(errno));
	mem_go(&f->v, SYM(read), SPOT + 5 * AXT_PAGE, 0);
	expect_npf(&f->v, SPOT + 5 * AXT_PAGE, AXVCPU_PROT_READ, AXVCPU_NPF_BACKING);
	mem_go(&f->v, SYM(write), SPOT + 5 * AXT_PAGE, 1);
	expect_npf(&f->v, SPOT + 5 * AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_BACKING);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 4 * AXT_PAGE), 0x104u);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 6 * AXT_PAGE), 0x106u);
	/* its owner gives another one */
	ASSERT_TRUE(mmap(mem + 5 * AXT_PAGE, AXT_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 5 * AXT_PAGE), 0u);
}

TEST(compaction, &free_config)
{
	size_t filler = (size_t)sysconf(_SC_AVPHYS_PAGES) * AXT_PAGE / 5 * 3;
	unsigned char *mem, *fill;
	struct runner r = { };
	uint64_t was[PAGES];
	unsigned int i, n = 0;

	if (access("/proc/sys/vm/compact_memory", W_OK))
		axt_skip("no compaction");
	/* memory fills up before the test's pages and is free again behind them */
	fill = anon(filler);
	madvise(fill, filler, MADV_HUGEPAGE);
	for (i = 0; i < filler / HUGE_PAGE; i++)
		fill[i * HUGE_PAGE] = 1;
	mem = small_memory(0, 0);
	ASSERT_EQ(munmap(fill, filler), 0);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	runner_rounds(&r, 1);
	for (i = 0; i < 3; i++) {
		axt_context("round %u", i);
		places(mem, was);
		ASSERT_OK(file_write("/proc/sys/vm/compact_memory", "1"));
		n += moved(mem, was);
		if (!runner_rounds(&r, 1))
			break;
	}
	axt_context(NULL);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
	axt_diag("%u pages moved", n);
	if (!n)
		axt_skip("the host saw no reason to move any of the pages");
}
