// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge pages that come and go under a guest that goes over all of their 4 KiB
 * parts: collapse, split, and rights for a part only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/runner.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define NR	2u			/* huge pages */
#define LEN	(NR * HUGE_PAGE)
#define PAGES	(LEN / AXT_PAGE)
#define SPLIT	"/sys/kernel/debug/split_huge_pages"

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

/* Aligned, all of it there, in single pages. */
static unsigned char *small_memory(void)
{
	uintptr_t at = (uintptr_t)anon(LEN + HUGE_PAGE);
	unsigned char *mem = (void *)((at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));

	if (madvise(mem, LEN, MADV_NOHUGEPAGE))
		axt_skip("no transparent huge pages: %s", strerror(errno));
	memset(mem, 0, LEN);
	return mem;
}

/* Of the kB of the mapping at @mem, those in huge pages. */
static long huge_kb(const unsigned char *mem)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	unsigned long lo, hi;
	bool here = false;
	char line[256];
	long kb = 0, n;

	ASSERT_TRUE(smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &lo, &hi) == 2)
			here = lo < (uintptr_t)mem + LEN && hi > (uintptr_t)mem;
		else if (here && sscanf(line, "AnonHugePages: %ld", &n) == 1)
			kb += n;
	}
	fclose(smaps);
	return kb;
}

/* How long somebody else may be in the way. */
static uint64_t patience(void)
{
	return axt_now_ms() + 5000u * axt_slow();
}

/*
 * The guest that uses the pages is in the way at times, and where the memory is in small
 * pieces it is moved together. What comes of the huge pages from then on is the test's
 * alone: khugepaged, which would fill a hole again, keeps away from them.
 */
static bool collapse(unsigned char *mem)
{
	uint64_t until = patience();
	int err;

	madvise(mem, LEN, MADV_HUGEPAGE);
	do {
		if (!madvise(mem, LEN, MADV_COLLAPSE)) {
			madvise(mem, LEN, MADV_NOHUGEPAGE);
			return true;
		}
		err = errno;
		if (err == EINVAL)
			axt_skip("no MADV_COLLAPSE");
		if (err == ENOMEM)
			file_write("/proc/sys/vm/compact_memory", "1");
		axt_sleep_ms(1);
	} while ((err == EAGAIN || err == EBUSY || err == ENOMEM) && axt_now_ms() < until);
	axt_diag("MADV_COLLAPSE: %s", strerror(err));
	return false;
}

#define KPF_COMPOUND	(3ull << 15)	/* head or tail */

/* Is any of it in pages that are still one, however the process has them mapped? */
static bool is_compound(const unsigned char *mem)
{
	int map = open("/proc/self/pagemap", O_RDONLY), flags = open("/proc/kpageflags", O_RDONLY);
	bool compound = huge_kb(mem);
	uint64_t entry, bits;
	unsigned int i;

	for (i = 0; i < PAGES && map >= 0 && flags >= 0 && !compound; i += 64) {
		ASSERT_EQ(pread(map, &entry, 8, ((uintptr_t)mem / AXT_PAGE + i) * 8), 8);
		entry &= (1ull << 55) - 1;
		if (pread(flags, &bits, 8, entry * 8) == 8)
			compound = bits & KPF_COMPOUND;
	}
	close(map);
	close(flags);
	return compound;
}

/*
 * The pages themselves are split, not only the process's way to them: that comes first,
 * and is all that comes of it where somebody else holds one of them just then.
 */
static bool split(unsigned char *mem)
{
	const char *what = axt_format("%d,0x%lx,0x%lx,0", getpid(), (unsigned long)mem,
				      (unsigned long)mem + LEN);
	uint64_t until = patience();
	int fd = open(SPLIT, O_WRONLY);

	if (fd < 0)
		axt_skip("no %s", SPLIT);
	while (is_compound(mem) && axt_now_ms() < until) {
		/* before 6.10 without an order */
		if (write(fd, what, strlen(what)) < 0 &&
		    write(fd, what, strlen(what) - 2) < 0)
			break;
		axt_sleep_ms(1);
	}
	close(fd);
	return !is_compound(mem);
}

static uint64_t huge_leaves(struct axt *f)
{
	return stats_of(f->s2).pages[1];
}

/* Start the guest on @mem. Huge leaves that are not @mem's are in @others. */
static void start(struct axt *f, struct runner *r, unsigned char *mem, uint64_t *others)
{
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	/* the guest's own pages may be huge or become so */
	madvise(f->ram, f->ram_size, MADV_NOHUGEPAGE);
	runner_start(r, f, SYM(tally), SPOT, PAGES);
	runner_rounds(r, 2);
	*others = huge_leaves(f);
}

TEST(collapse_and_split, &free_config)
{
	unsigned char *mem = small_memory();
	struct runner r = { };
	uint64_t others;
	unsigned int i;

	start(f, &r, mem, &others);
	for (i = 0; i < rounds(12); i++) {
		axt_context("round %u", i);
		if (!EXPECT_TRUE(collapse(mem)))
			break;
		EXPECT_EQ(huge_kb(mem), (long)LEN / 1024);
		if (!runner_rounds(&r, 2))
			break;
		/* what the guest has used meanwhile, it used in huge leaves */
		EXPECT_EQ(huge_leaves(f), others + NR);
		if (!EXPECT_TRUE(split(mem)))
			break;
		if (!runner_rounds(&r, 2))
			break;
		EXPECT_EQ(huge_leaves(f), others);
	}
	axt_context(NULL);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
}

/*
 * A part is the process's to read only: that part, and no other. The first time
 * the way to the huge page is split by it; from then on the pages still lie side
 * by side, and are one leaf again as soon as all have the same rights.
 */
TEST(mprotect_part, &free_config)
{
	static const unsigned int parts[] = { 300, 0, 511, 513, 1023 };
	unsigned char *mem = small_memory(), *part;
	unsigned int i, p, n = 0, again = 0;
	struct runner r = { };
	uint64_t others, was;

	start(f, &r, mem, &others);
	for (i = 0; i < rounds(4); i++) {
		if (!EXPECT_TRUE(collapse(mem)) || !runner_rounds(&r, 2))
			break;
		EXPECT_EQ(huge_leaves(f), others + NR);
		for (p = 0; p < ARRAY_SIZE(parts); p++) {
			axt_context("round %u, page %u", i, parts[p]);
			part = mem + parts[p] * AXT_PAGE;
			again += p && huge_leaves(f) == others + NR;
			ASSERT_EQ(mprotect(part, AXT_PAGE, PROT_READ), 0);
			was = *(volatile uint64_t *)part;
			if (!runner_faulted(&r, ++n))
				goto out;
			EXPECT_EQ(r.reason, (uint32_t)AXVCPU_EXIT_NESTED_PAGE_FAULT);
			EXPECT_EQ(r.flags, AXVCPU_NPF_BACKING);
			EXPECT_EQ(r.access, AXVCPU_PROT_WRITE);
			EXPECT_EQ(r.gpa, SPOT + (part - mem));
			EXPECT_EQ(*(volatile uint64_t *)part, was);
			ASSERT_EQ(mprotect(part, AXT_PAGE, PROT_READ | PROT_WRITE), 0);
			runner_go(&r);
			if (!runner_rounds(&r, 2))
				goto out;
		}
	}
out:
	axt_context(NULL);
	runner_stop(&r);
	tally_check(f, mem, PAGES);
	axt_diag("a huge leaf of single pages %u times", again);
}

/*
 * A part is the guest's to read only: the leaf is cut, and all but the part stays. On arm64
 * a leaf has to go before a table comes, so there it goes as a whole.
 */
TEST(s2_protect_part, &free_config)
{
	static const unsigned int parts[] = { 0, 511, 512, 1023, 77 };
	unsigned char *mem = small_memory();
	struct axvcpu_s2_stats s;
	struct runner r = { };
	uint64_t others, at, was;
	unsigned int i, n = 0;

	start(f, &r, mem, &others);
	for (i = 0; i < rounds(10); i++) {
		axt_context("round %u, page %u", i, parts[i % ARRAY_SIZE(parts)]);
		at = parts[i % ARRAY_SIZE(parts)] * AXT_PAGE;
		if (!EXPECT_TRUE(collapse(mem)))
			break;
		/* leaves that were cut do not grow together: anew */
		ASSERT_OK(axv_s2_unmap(f->s2, SPOT, LEN));
		if (!runner_faulted(&r, ++n))
			break;
		ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
		runner_go(&r);
		if (!runner_rounds(&r, 2))
			break;
		EXPECT_EQ(huge_leaves(f), others + NR);
		ASSERT_OK(axv_s2_protect(f->s2, SPOT + at, AXT_PAGE, AXVCPU_PROT_READ));
		s = stats_of(f->s2);
		EXPECT_EQ(s.pages[1], others + NR - 1);
#ifndef __aarch64__
		EXPECT_GE(s.pages[0], 512u);
#endif
		was = *(volatile uint64_t *)(mem + at);
		if (!runner_faulted(&r, ++n))
			break;
		EXPECT_EQ(r.reason, (uint32_t)AXVCPU_EXIT_NESTED_PAGE_FAULT);
		EXPECT_EQ(r.flags, AXVCPU_NPF_PROT);
		EXPECT_EQ(r.gpa, SPOT + at);
		EXPECT_EQ(*(volatile uint64_t *)(mem + at), was);
		ASSERT_OK(axv_s2_protect(f->s2, SPOT + at, AXT_PAGE, AXV_PROT_RW));
		runner_go(&r);
		if (!runner_rounds(&r, 2))
			break;
	}
	axt_context(NULL);
	runner_stop(&r);
	tally_check(f, mem, PAGES);
}

/* A hole in a huge page: what was there is zero, all else is as it was. */
TEST(dontneed_part, &free_config)
{
	unsigned char *mem = small_memory();
	struct runner r = { };
	unsigned int i, page;
	uint64_t others;

	start(f, &r, mem, &others);
	runner_stop(&r);
	for (page = 0; page < PAGES; page++)
		*(uint64_t *)(mem + page * AXT_PAGE) = 0x5000 + page;
	if (!EXPECT_TRUE(collapse(mem)))
		return;
	EXPECTED(f) = 0x5000;
	EXPECTED_STEP(f) = 1;
	runner_start(&r, f, SYM(verify), SPOT, PAGES);
	runner_rounds(&r, 2);
	EXPECT_EQ(huge_leaves(f), others + NR);
	runner_stop(&r);
	for (i = 0; i < 4; i++) {
		page = 100 + i * 211;
		axt_context("page %u", page);
		ASSERT_EQ(madvise(mem + page * AXT_PAGE, AXT_PAGE, MADV_DONTNEED), 0);
		/* up to it, it itself, behind it */
		EXPECTED(f) = 0x5000;
		ROUNDS(f) = 0;
		runner_start(&r, f, SYM(verify), SPOT, 100);
		runner_rounds(&r, 2);
		runner_stop(&r);
		EXPECTED(f) = 0;
		runner_start(&r, f, SYM(verify), SPOT + page * AXT_PAGE, 1);
		runner_rounds(&r, 2);
		runner_stop(&r);
		EXPECTED(f) = 0x5000 + page + 1;
		runner_start(&r, f, SYM(verify), SPOT + (page + 1) * AXT_PAGE, 200);
		runner_rounds(&r, 2);
		runner_stop(&r);
	}
	axt_context(NULL);
	EXPECT_EQ(huge_leaves(f), others);
}

/*
 * After a fork() the guest's own code and what it writes are parts of one huge page of
 * which the process may write some only: it can be read by one leaf, and written by others,
 * but not by turns.
 */
TEST(own_memory_after_fork, &free_config)
{
	unsigned char *mem = anon(AXT_PAGE), *part = f->ram + HUGE_PAGE / 2;
	struct runner r = { };
	unsigned int i;
	pid_t pid;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	EXPECTED(f) = 0;
	for (i = 0; i < rounds(10); i++) {
		axt_context("round %u", i);
		madvise(f->ram, HUGE_PAGE, MADV_COLLAPSE);
		/* of single pages from here on, side by side as before */
		ASSERT_EQ(mprotect(part, AXT_PAGE, PROT_READ), 0);
		ASSERT_EQ(mprotect(part, AXT_PAGE, PROT_READ | PROT_WRITE), 0);
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(0);
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
		runner_start(&r, f, SYM(verify), SPOT, 1);
		if (!runner_rounds(&r, 2))
			break;
		runner_stop(&r);
	}
	axt_context(NULL);
}
