// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of a range change under a guest that goes over all of it: nothing that
 * it wrote is lost, nothing goes where it should not, and the part that was
 * taken away is exactly what it misses.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/runner.h"

#define PAGES	64u
#define LEN	(PAGES * AXT_PAGE)

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(mem),
};

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(mem),
};

static unsigned int rounds(unsigned int usual)
{
	unsigned int n = usual / axt_slow();

	return n > 4 ? n : 4;
}

static unsigned char *shared(int fd, size_t offset, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static int new_file(size_t len)
{
	int fd = memfd_create("axvcpu-test", 0);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, len), 0);
	return fd;
}

/* ---- a part goes ----------------------------------------------------------------------- */

/* Which part of PAGES it is this time: one page, many, the first, the last. */
static void choose(unsigned int round, unsigned int *first, unsigned int *nr)
{
	static const struct {
		unsigned int first, nr;
	} parts[] = {
		{ 0, 1 }, { PAGES - 1, 1 }, { 15, 2 }, { 16, 16 }, { 0, PAGES },
		{ 31, 1 }, { 1, PAGES - 2 }, { PAGES - 17, 17 }, { 40, 7 },
	};

	*first = parts[round % ARRAY_SIZE(parts)].first;
	*nr = parts[round % ARRAY_SIZE(parts)].nr;
}

static void snapshot(uint64_t *words, const unsigned char *mem, unsigned int nr)
{
	while (nr--)
		words[nr] = *(volatile const uint64_t *)(mem + nr * AXT_PAGE);
}

/**
 * struct part - how a part goes and comes back
 * @away: when it returns the guest has it no more
 * @back: ... and again
 * @reason: of the exit that it meets
 * @flags: of a nested page fault
 */
struct part {
	void (*away)(struct axt *f, unsigned char *mem, unsigned int first, unsigned int nr);
	void (*back)(struct axt *f, unsigned char *mem, unsigned int first, unsigned int nr);
	uint32_t reason;
	uint32_t flags;
};

/* @view shows the same pages, and is never touched by what happens to @mem. */
static void part_comes_and_goes(struct axt *f, unsigned char *mem, unsigned char *view,
				const struct part *part)
{
	uint64_t was[PAGES], now[PAGES], lo, hi;
	struct runner r = { };
	unsigned int i, first, nr;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	for (i = 0; i < rounds(27); i++) {
		choose(i, &first, &nr);
		axt_context("round %u, %u pages from %u on", i, nr, first);
		if (!runner_rounds(&r, 2))
			break;
		part->away(f, mem, first, nr);
		snapshot(was, view + first * AXT_PAGE, nr);
		if (!runner_faulted(&r, i + 1))
			break;
		snapshot(now, view + first * AXT_PAGE, nr);
		EXPECT_TRUE(!memcmp(was, now, nr * sizeof(was[0])));
		/* between its read of a page and its write, perhaps */
		if (r.reason == AXVCPU_EXIT_MMIO_WRITE)
			r.reason = AXVCPU_EXIT_MMIO_READ;
		EXPECT_EQ(r.reason, part->reason);
		EXPECT_EQ(r.flags, part->flags);
		lo = SPOT + first * AXT_PAGE;
		hi = lo + nr * AXT_PAGE;
		EXPECT_TRUE(r.gpa >= lo && r.gpa < hi);
		part->back(f, mem, first, nr);
		runner_go(&r);
	}
	axt_context(NULL);
	runner_stop(&r);
	tally_check(f, view, PAGES);
	EXPECT_GE(stats_of(f->s2).invalidations + stats_of(f->s2).faults, rounds(27));
}

static void protect_away(struct axt *f __maybe_unused, unsigned char *mem, unsigned int first,
			 unsigned int nr)
{
	ASSERT_EQ(mprotect(mem + first * AXT_PAGE, nr * AXT_PAGE, PROT_READ), 0);
}

static void protect_back(struct axt *f __maybe_unused, unsigned char *mem, unsigned int first,
			 unsigned int nr)
{
	ASSERT_EQ(mprotect(mem + first * AXT_PAGE, nr * AXT_PAGE, PROT_READ | PROT_WRITE), 0);
}

TEST(mprotect_part, &free_config)
{
	static const struct part part = {
		.away = protect_away, .back = protect_back,
		.reason = AXVCPU_EXIT_NESTED_PAGE_FAULT, .flags = AXVCPU_NPF_BACKING,
	};
	unsigned char *mem = anon(LEN);

	part_comes_and_goes(f, mem, mem, &part);
}

static int file;

static void unmap_away(struct axt *f __maybe_unused, unsigned char *mem, unsigned int first,
		       unsigned int nr)
{
	ASSERT_EQ(munmap(mem + first * AXT_PAGE, nr * AXT_PAGE), 0);
}

static void unmap_back(struct axt *f __maybe_unused, unsigned char *mem, unsigned int first,
		       unsigned int nr)
{
	ASSERT_TRUE(mmap(mem + first * AXT_PAGE, nr * AXT_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, file, first * AXT_PAGE) != MAP_FAILED);
}

TEST(munmap_part, &free_config)
{
	static const struct part part = {
		.away = unmap_away, .back = unmap_back,
		.reason = AXVCPU_EXIT_NESTED_PAGE_FAULT, .flags = AXVCPU_NPF_BACKING,
	};

	file = new_file(LEN);
	part_comes_and_goes(f, shared(file, 0, LEN), shared(file, 0, LEN), &part);
}

static void s2_unmap_away(struct axt *f, unsigned char *mem __maybe_unused, unsigned int first,
			  unsigned int nr)
{
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT + first * AXT_PAGE, nr * AXT_PAGE));
}

static void s2_unmap_back(struct axt *f, unsigned char *mem, unsigned int first, unsigned int nr)
{
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT + first * AXT_PAGE, mem + first * AXT_PAGE,
				  nr * AXT_PAGE, AXV_PROT_RW));
}

TEST(s2_unmap_part, &free_config)
{
	static const struct part part = {
		.away = s2_unmap_away, .back = s2_unmap_back,
		.reason = AXVCPU_EXIT_MMIO_READ,
	};
	unsigned char *mem = anon(LEN);

	part_comes_and_goes(f, mem, mem, &part);
}

static void s2_protect_away(struct axt *f, unsigned char *mem __maybe_unused, unsigned int first,
			    unsigned int nr)
{
	ASSERT_OK(axv_s2_protect(f->s2, SPOT + first * AXT_PAGE, nr * AXT_PAGE,
				 AXVCPU_PROT_READ));
}

static void s2_protect_back(struct axt *f, unsigned char *mem __maybe_unused, unsigned int first,
			    unsigned int nr)
{
	ASSERT_OK(axv_s2_protect(f->s2, SPOT + first * AXT_PAGE, nr * AXT_PAGE, AXV_PROT_RW));
	/* the two halves are one again */
	EXPECT_EQ(stats_of(f->s2).nr_maps, 2u);
}

TEST(s2_protect_part, &free_config)
{
	static const struct part part = {
		.away = s2_protect_away, .back = s2_protect_back,
		.reason = AXVCPU_EXIT_NESTED_PAGE_FAULT, .flags = AXVCPU_NPF_PROT,
	};
	unsigned char *mem = anon(LEN);

	part_comes_and_goes(f, mem, mem, &part);
}

/* ---- pages go and come back on their own ---------------------------------------------------- */

/* MADV_DONTNEED of a file: its pages stay, only the way to them is lost. */
TEST(dontneed_part, &free_config)
{
	uint64_t end = axt_now_ms() + 8000;
	unsigned int i, first, nr;
	struct runner r = { };
	unsigned char *mem;

	mem = shared(new_file(LEN), 0, LEN);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	if (runner_rounds(&r, 1)) {
		for (i = 0; i < rounds(1000) && axt_now_ms() < end; i++) {
			choose(i, &first, &nr);
			ASSERT_EQ(madvise(mem + first * AXT_PAGE, nr * AXT_PAGE, MADV_DONTNEED),
				  0);
		}
		runner_rounds(&r, 2);
	}
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
	EXPECT_GE(stats_of(f->s2).invalidations, 20u);
}

/* Anonymous pages move to another address and back; the guest waits in the gap. */
TEST(mremap_part, &free_config)
{
	unsigned char *mem = anon(LEN), *other = anon(LEN);
	struct runner r = { .patient = true };
	unsigned int i, first, nr;
	void *to, *from;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	for (i = 0; i < rounds(27); i++) {
		choose(i, &first, &nr);
		axt_context("round %u, %u pages from %u on", i, nr, first);
		if (!runner_rounds(&r, 1))
			break;
		from = mem + first * AXT_PAGE;
		to = other + first * AXT_PAGE;
		ASSERT_TRUE(mremap(from, nr * AXT_PAGE, nr * AXT_PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
		ASSERT_TRUE(mremap(to, nr * AXT_PAGE, nr * AXT_PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, from) == from);
	}
	axt_context(NULL);
	runner_rounds(&r, 1);
	runner_stop(&r);
	if (r.faults)
		EXPECT_EQ(r.flags, AXVCPU_NPF_BACKING);
	tally_check(f, mem, PAGES);
}

/*
 * Two files take each other's place all the time, in bursts, so that the guest's
 * faults meet the next change while they are served. When mmap() has returned,
 * the guest writes to the file that is there, no more to the other.
 */
TEST(replace_storm, &free_config)
{
	unsigned char *mem, *view[2];
	unsigned int i, n, at = 0, burst;
	uint64_t was[PAGES], now[PAGES], end = axt_now_ms() + 8000;
	struct runner r = { };
	int fd[2];

	for (i = 0; i < 2; i++) {
		fd[i] = new_file(LEN);
		view[i] = shared(fd[i], 0, LEN);
		/* all there, so that the guest's faults are short */
		memset(view[i], 0, LEN);
	}
	mem = shared(fd[0], 0, LEN);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(stamp), SPOT, PAGES);
	for (i = 0; i < rounds(400) && axt_now_ms() < end; i++) {
		axt_context("round %u", i);
		burst = 1 + i % 7;
		for (n = 0; n < burst; n++) {
			at = !at;
			ASSERT_TRUE(mmap(mem, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
					 fd[at], 0) == mem);
		}
		snapshot(was, view[!at], PAGES);
		if (!runner_rounds(&r, 2))
			break;
		snapshot(now, view[!at], PAGES);
		if (!EXPECT_TRUE(!memcmp(was, now, sizeof(was))))
			break;
		snapshot(was, view[at], PAGES);
		/* where it is now, all of it */
		if (!runner_rounds(&r, 2))
			break;
		snapshot(now, view[at], PAGES);
		for (n = 0; n < PAGES; n++)
			EXPECT_NE(was[n], now[n]);
	}
	axt_context(NULL);
	runner_stop(&r);
}

/* ---- fork() ------------------------------------------------------------------------------------ */

/* The child: a still picture of one moment, which is its own to write to. */
static int look_and_write(unsigned char *mem)
{
	volatile uint64_t *first = (volatile uint64_t *)mem;
	uint64_t was[PAGES], now[PAGES];
	unsigned int i;

	snapshot(was, mem, PAGES);
	for (i = 1; i < PAGES; i++) {
		if (was[i] > was[i - 1] || was[i] + 1 < was[0])
			return 1;
	}
	axt_sleep_ms(2);
	snapshot(now, mem, PAGES);
	if (memcmp(was, now, sizeof(was)))
		return 2;
	for (i = 0; i < PAGES; i++)
		first[i * AXT_PAGE / sizeof(*first)] = 0xcccccccc00000000ull + i;
	axt_sleep_ms(2);
	snapshot(now, mem, PAGES);
	for (i = 0; i < PAGES; i++)
		if (now[i] != 0xcccccccc00000000ull + i)
			return 3;
	return 42;
}

TEST(fork_part, &free_config)
{
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	unsigned int i;
	int status;
	pid_t pid;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	for (i = 0; i < rounds(20); i++) {
		axt_context("fork %u", i);
		if (!runner_rounds(&r, 1))
			break;
		pid = fork();
		ASSERT_TRUE(pid >= 0);
		if (!pid)
			_exit(look_and_write(mem));
		/* this process breaks some of them itself: the words behind the guest's */
		((volatile uint64_t *)(mem + (i % PAGES) * AXT_PAGE))[1] = i;
		runner_rounds(&r, 1);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(WEXITSTATUS(status), 42);
	}
	axt_context(NULL);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
}

/* ---- memory that may only be read ------------------------------------------------------------------ */

/* A private file: the guest's writes are the process's own. */
TEST(private_file, &config)
{
	unsigned char *mem, *view;
	int fd = new_file(LEN);
	uint64_t i;

	view = shared(fd, 0, LEN);
	for (i = 0; i < PAGES; i++)
		*(uint64_t *)(view + i * AXT_PAGE) = 1000 + i;
	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), 1000 + i);
	/* what the file gets is seen until the first write */
	*(uint64_t *)view = 5;
	*(uint64_t *)(view + AXT_PAGE) = 6;
	EXPECT_EQ(guest_reads(&f->v, SPOT), 5u);
	guest_writes(&f->v, SPOT, 7);
	EXPECT_EQ(*(uint64_t *)view, 5u);
	EXPECT_EQ(*(uint64_t *)mem, 7u);
	*(uint64_t *)view = 8;
	EXPECT_EQ(guest_reads(&f->v, SPOT), 7u);
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), 6u);
}

/* Memory never written is one page of zeroes for all, until somebody writes. */
TEST(zero_page, &config)
{
	unsigned char *mem = anon(LEN);
	uint64_t i;

	ASSERT_EQ(madvise(mem, LEN, MADV_NOHUGEPAGE), 0);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), 0u);
	/* the guest */
	for (i = 0; i < PAGES; i += 2)
		guest_writes(&f->v, SPOT + i * AXT_PAGE, 100 + i);
	/* the process */
	for (i = 1; i < PAGES; i += 4)
		*(volatile uint64_t *)(mem + i * AXT_PAGE) = 100 + i;
	for (i = 0; i < PAGES; i++) {
		uint64_t want = i % 4 == 3 ? 0 : 100 + i;

		EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), want);
		EXPECT_EQ(*(volatile uint64_t *)(mem + i * AXT_PAGE), want);
	}
}

/* A file open for reading: it is read, and a write is the process's to explain. */
TEST(read_only_file, &config)
{
	uint64_t val = 0x1234;
	unsigned char *mem;
	int fd, ro;

	fd = new_file(LEN);
	ASSERT_EQ(pwrite(fd, &val, sizeof(val), AXT_PAGE), (ssize_t)sizeof(val));
	ro = open(axt_format("/proc/self/fd/%d", fd), O_RDONLY);
	ASSERT_GE(ro, 0);
	mem = mmap(NULL, LEN, PROT_READ, MAP_SHARED, ro, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RWX));
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), val);
	mem_go(&f->v, SYM(write), SPOT + AXT_PAGE, 1);
	expect_npf(&f->v, SPOT + AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_BACKING);
	mem_go(&f->v, SYM(write), SPOT + 2 * AXT_PAGE, 1);
	expect_npf(&f->v, SPOT + 2 * AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_BACKING);
	/* still readable, and unchanged */
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), val);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 2 * AXT_PAGE), 0u);
}
