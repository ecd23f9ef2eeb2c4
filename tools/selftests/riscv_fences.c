// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fences: of what, and how many. Emulators drop all translations at every switch, so
 * that one too few does not show in what a guest sees; the backend counts those that it
 * does, and what is expected here is exactly as many as a change calls for.
 *
 * rig: arch=riscv smp=2
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mount.h>

#include "common/mem.h"
#include "common/riscv_sbi.h"

#define BACKEND_FILE	"/sys/kernel/debug/axvcpu/backend"

static const struct axt_config harts = {
	.stage = AXT_NO_VCPU, .vm_flags = AXVCPU_VM_KERNEL_START, GUEST(sbi),
};

static const struct axt_config memory = {
	.start = AXT_START_PAGED,
	GUEST(mem),
};

/* ---- counting --------------------------------------------------------------------------- */

struct fences {
	uint64_t gvma_all;
	uint64_t gvma_page;
	uint64_t vvma_all;
	uint64_t vvma_page;
};

static struct fences read_fences(void)
{
	struct fences n = { };
	unsigned int found = 0;
	char line[256];
	FILE *file;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	file = fopen(BACKEND_FILE, "r");
	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file)) {
		found += sscanf(line, "hfence_gvma_all %lu", &n.gvma_all) == 1;
		found += sscanf(line, "hfence_gvma_page %lu", &n.gvma_page) == 1;
		found += sscanf(line, "hfence_vvma_all %lu", &n.vvma_all) == 1;
		found += sscanf(line, "hfence_vvma_page %lu", &n.vvma_page) == 1;
	}
	fclose(file);
	ASSERT_EQ(found, 4u);
	return n;
}

/* Faults that were served: there is a fence with each. */
static uint64_t faults(struct axt *f)
{
	return f->v.run->counters.s2_faults;
}

/* Since @before it was these, and no more. */
#define EXPECT_FENCES(before, ga, gp, va, vp)				\
	do {								\
		struct fences _now = read_fences();			\
									\
		EXPECT_EQ(_now.gvma_all - (before).gvma_all, (uint64_t)(ga)); \
		EXPECT_EQ(_now.gvma_page - (before).gvma_page, (uint64_t)(gp)); \
		EXPECT_EQ(_now.vvma_all - (before).vvma_all, (uint64_t)(va)); \
		EXPECT_EQ(_now.vvma_page - (before).vvma_page, (uint64_t)(vp)); \
	} while (0)

/* On one CPU, which is our guests' alone: then nothing else makes a fence. */
static void stay(void)
{
	char line[256];
	cpu_set_t set;
	FILE *file;
	int cpu;

	file = fopen("/proc/modules", "r");
	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "kvm ", 4))
			axt_skip("KVM is loaded: there are fences at every RUN");
	}
	fclose(file);
	ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	for (cpu = 0; !CPU_ISSET(cpu, &set);)
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* ---- what SBI's remote fences come to -------------------------------------------------- */

/* vCPU 1 does nothing of its own: what others want of it is done when it goes on. */
static void make_pair(struct axt *f, struct axv_vcpu *v)
{
	unsigned int i;

	stay();
	for (i = 0; i < 2; i++) {
		hart_new(f, i, i, SBI(call), AXVCPU_SETUP_RUNNABLE, &v[i]);
		ASSERT_OK(axv_bind(&v[i]));
		EXPECT_SBI(&v[i], SBI_OK, 2 << 24, EXT_BASE, 0);
	}
}

static void go_on(struct axv_vcpu *v)
{
	EXPECT_SBI(v, SBI_OK, 2 << 24, EXT_BASE, 0);
}

static const struct remote {
	const char *name;
	uint64_t fid;
	uint64_t start, size, asid;
	unsigned int all, pages;
} remotes[] = {
	{ "insn", 0, 0x1000, 0x1000, 0, 0, 0 },
	{ "page", 1, 0x1000, 0x1000, 0, 0, 1 },
	{ "byte", 1, 0x1fff, 1, 0, 0, 1 },
	{ "two-halves", 1, 0x1800, 0x1000, 0, 0, 2 },
	{ "last-page", 1, -0x1000ull, 0x1000, 0, 0, 1 },
	{ "many", 1, 0x10000, 0x40000, 0, 0, 64 },
	{ "too-many", 1, 0x10000, 0x40001, 0, 1, 0 },
	{ "too-many-by-halves", 1, 0x10800, 0x40000, 0, 1, 0 },
	{ "nearly-everything", 1, 0, ~1ull, 0, 1, 0 },
	{ "everything", 1, 0, ~0ull, 0, 1, 0 },
	{ "nothing-is-everything", 1, 0, 0, 0, 1, 0 },
	{ "asid-page", 2, 0x1000, 0x1000, 1, 0, 1 },
	{ "asid-many", 2, 0x1000, 0x10000, 0xffff, 0, 16 },
	{ "asid-everything", 2, 0, ~0ull, 3, 1, 0 },
	{ "asid-too-many", 2, 0, 0x100000, 3, 1, 0 },
	{ "no-asid-page", 2, 0x1000, 0x1000, ~0ull, 0, 1 },
	{ "no-asid-everything", 2, 0, ~0ull, ~0ull, 1, 0 },
};

TEST_ROWS(remote, remotes, ARRAY_SIZE(remotes), &harts)
{
	const struct remote *r = arg;
	struct axv_vcpu v[2];
	struct fences before;

	make_pair(f, v);
	before = read_fences();
	EXPECT_SBI(&v[0], SBI_OK, 0, EXT_RFENCE, r->fid, 2, 0, r->start, r->size, r->asid);
	/* not yet, and not by another one */
	EXPECT_FENCES(before, 0, 0, 0, 0);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, r->all, r->pages);
	/* it is over */
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, r->all, r->pages);
}

TEST(remote_nobody, &harts)
{
	struct axv_vcpu v[2];
	struct fences before;

	make_pair(f, v);
	before = read_fences();
	EXPECT_SBI(&v[0], SBI_OK, 0, EXT_RFENCE, 1, 0, 0, 0x1000, 0x1000);
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_RFENCE, 1, 6, 0, 0x1000, 0x1000);
	EXPECT_SBI(&v[0], SBI_INVALID_ADDRESS, 0, EXT_RFENCE, 1, 2, 0, 0x2000, ~0xfffull);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 0, 0);
}

/* Who asks is not left out: it has done it when it goes on. */
TEST(remote_self, &harts)
{
	struct axv_vcpu v[2];
	struct fences before;

	make_pair(f, v);
	before = read_fences();
	EXPECT_SBI(&v[0], SBI_OK, 0, EXT_RFENCE, 1, 3, 0, 0x1000, 0x3000);
	EXPECT_FENCES(before, 0, 0, 0, 3);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 0, 6);
	EXPECT_SBI(&v[0], SBI_OK, 0, EXT_RFENCE, 1, 0, ~0ull, 0, ~0ull);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 2, 6);
}

/* Those of before are not forgotten; where they get too many it is one for all. */
TEST(remote_many, &harts)
{
	struct axv_vcpu v[2];
	struct fences before;
	unsigned int nr, i;

	make_pair(f, v);
	for (nr = 1; nr <= 20; nr++) {
		axt_context("%u of them", nr);
		before = read_fences();
		for (i = 0; i < nr; i++)
			EXPECT_SBI(&v[0], SBI_OK, 0, EXT_RFENCE, 1 + i % 2, 2, 0, 0x1000 * i,
				   0x2000, i);
		go_on(&v[1]);
		EXPECT_FENCES(before, 0, 0, nr <= 8 ? 0 : 1, nr <= 8 ? 2 * nr : 0);
	}
}

/* The old calls have no errors: what is no range is everything. */
TEST(legacy, &harts)
{
	struct axv_vcpu v[2];
	struct fences before;

	make_pair(f, v);
	before = read_fences();
	EXPECT_EQ(sbi(&v[0], 6, 0, 0, 0x1000, 0x2000).error, SBI_OK);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 0, 4);
	EXPECT_EQ(sbi(&v[0], 7, 0, 0, 0x1000, 0x2000, 5).error, SBI_OK);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 0, 8);
	EXPECT_EQ(sbi(&v[0], 6, 0, 0, -0x1000ull, 0x2000).error, SBI_OK);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 2, 8);
	EXPECT_EQ(sbi(&v[0], 5, 0, 0).error, SBI_OK);
	go_on(&v[1]);
	EXPECT_FENCES(before, 0, 0, 2, 8);
}

/* A hart that runs does it while it does: the call waits for that. */
TEST(remote_running, &harts)
{
	struct fences before, now;
	struct axt_thread t;
	struct axv_vcpu v[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		hart_new(f, i, i, i ? SBI(spin) : SBI(call), AXVCPU_SETUP_RUNNABLE, &v[i]);
	ASSERT_OK(axv_bind(&v[0]));
	go_on(&v[0]);
	axt_thread_start(&t, axt_run_once, &v[1]);
	ASSERT_TRUE(WAIT_STATE(&v[1], RUNNING));
	before = read_fences();
	/* how many meet it in the guest is the machine's affair */
	WAIT_UNTIL(({
		for (i = 0; i < 50; i++)
			EXPECT_SBI(&v[0], SBI_OK, 0, EXT_RFENCE, 1, 2, 0, 0x1000, 0x1000);
		now = read_fences();
		now.vvma_page > before.vvma_page; }));
	axt_diag("%lu by page, %lu of all", now.vvma_page - before.vvma_page,
		 now.vvma_all - before.vvma_all);
	ASSERT_OK(axv_kick(&v[1]));
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(v[1].run->exit.reason, AXVCPU_EXIT_STOPPED);
}

/* On another CPU it has a VMID that somebody else may have had there. */
TEST(other_cpu, &harts)
{
	struct fences before, now;
	struct axv_vcpu v[2];
	cpu_set_t set;

	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	make_pair(f, v);
	CPU_CLR(sched_getcpu(), &set);
	before = read_fences();
	go_on(&v[0]);
	EXPECT_FENCES(before, 0, 0, 0, 0);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	go_on(&v[0]);
	now = read_fences();
	EXPECT_GE(now.gvma_all - before.gvma_all, 1u);
	EXPECT_GE(now.vvma_all - before.vvma_all, 1u);
}

/* ---- what a change of guest memory comes to --------------------------------------------- */

#define PAGES	1024u		/* of two tables */

static void sweep(struct axt *f, unsigned int pages)
{
	mem_go(&f->v, SYM(sweep), SPOT, AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, pages));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_SECOND, 7));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}

/* Small leaves for all of PAGES. */
static unsigned char *small_pages(struct axt *f)
{
	unsigned char *mem = anon(PAGES * AXT_PAGE);

	stay();
	madvise(mem, PAGES * AXT_PAGE, MADV_NOHUGEPAGE);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, PAGES * AXT_PAGE, AXV_PROT_RW));
	sweep(f, PAGES);
	return mem;
}

static const struct part {
	const char *name;
	unsigned int first, nr;
	unsigned int all, pages;
} parts[] = {
	{ "first", 0, 1, 0, 1 },
	{ "one", 77, 1, 0, 1 },
	{ "some", 16, 16, 0, 16 },
	{ "over-two-tables", 510, 4, 0, 4 },
	{ "many", 100, 64, 0, 64 },
	{ "too-many", 100, 65, 1, 0 },
	/* one goes with its table */
	{ "table", 512, 512, 1, 0 },
	{ "everything", 0, PAGES, 1, 0 },
};

/* The call is over: what the guest reads is not there. */
static void expect_gone(struct axt *f, unsigned int page)
{
	mem_go(&f->v, SYM(read), SPOT + page * AXT_PAGE, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
}

TEST_ROWS(unmap, parts, ARRAY_SIZE(parts), &memory)
{
	const struct part *p = arg;
	struct fences before;

	small_pages(f);
	before = read_fences();
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT + p->first * AXT_PAGE, p->nr * AXT_PAGE));
	/* by who has the translations, when it goes on */
	EXPECT_FENCES(before, 0, 0, 0, 0);
	expect_gone(f, p->first);
	expect_gone(f, p->first + p->nr - 1);
	EXPECT_FENCES(before, p->all, p->pages, 1, 0);
}

TEST(protect, &memory)
{
	struct fences before;

	small_pages(f);
	before = read_fences();
	ASSERT_OK(axv_s2_protect(f->s2, SPOT + 3 * AXT_PAGE, 2 * AXT_PAGE, AXVCPU_PROT_READ));
	mem_go(&f->v, SYM(write), SPOT + 4 * AXT_PAGE, 1);
	expect_npf(&f->v, SPOT + 4 * AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);
	EXPECT_FENCES(before, 0, 2, 1, 0);
	/* rights that come need none but that of the fault that brings them */
	ASSERT_OK(axv_s2_protect(f->s2, SPOT + 3 * AXT_PAGE, 2 * AXT_PAGE, AXV_PROT_RW));
	guest_writes(&f->v, SPOT + 4 * AXT_PAGE, 1);
	EXPECT_FENCES(before, 0, 3, 1, 0);
	guest_writes(&f->v, SPOT + 3 * AXT_PAGE, 1);
	EXPECT_FENCES(before, 0, 4, 1, 0);
}

/* The process's own ways. */
TEST(dontneed, &memory)
{
	unsigned char *mem = small_pages(f);
	struct fences before = read_fences();
	uint64_t was = faults(f);

	ASSERT_EQ(madvise(mem + 5 * AXT_PAGE, 3 * AXT_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 6 * AXT_PAGE), 0u);
	EXPECT_EQ(faults(f), was + 1);
	EXPECT_FENCES(before, 0, 3 + 1, 1, 0);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 4 * AXT_PAGE), 7u);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 8 * AXT_PAGE), 7u);
	EXPECT_FENCES(before, 0, 3 + 1, 1, 0);
}

/*
 * A hart may go on with what made the fault, and for ever: that there was no page, or one
 * to be read only.
 */
TEST(served, &memory)
{
	unsigned char *mem = anon(64 * AXT_PAGE);
	struct fences before;
	uint64_t was;

	stay();
	madvise(mem, 64 * AXT_PAGE, MADV_NOHUGEPAGE);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, 64 * AXT_PAGE, AXV_PROT_RW));
	EXPECT_EQ(guest_reads(&f->v, SPOT), 0u);
	before = read_fences();
	was = faults(f);
	/* the page of zeroes that is all the others' too, and then its own */
	EXPECT_EQ(guest_reads(&f->v, SPOT + 32 * AXT_PAGE), 0u);
	EXPECT_EQ(faults(f), was + 1);
	EXPECT_FENCES(before, 0, 1, 0, 0);
	was = faults(f);
	before = read_fences();
	guest_writes(&f->v, SPOT + 32 * AXT_PAGE, 7);
	EXPECT_GE(faults(f), was + 1);
	EXPECT_GE(read_fences().gvma_page - before.gvma_page, faults(f) - was);
}

/* Nothing was there: nobody can have a translation of it. */
TEST(unmap_untouched, &memory)
{
	struct fences before;

	small_pages(f);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT + PAGES * AXT_PAGE, anon(4 * AXT_PAGE), 4 * AXT_PAGE,
				  AXV_PROT_RW));
	before = read_fences();
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT + PAGES * AXT_PAGE, 4 * AXT_PAGE));
	expect_gone(f, PAGES);
	EXPECT_FENCES(before, 0, 0, 0, 0);
}

/* Several changes before the guest goes on: as many as can be told of one by one. */
TEST(unmap_one_by_one, &memory)
{
	struct fences before;
	unsigned int nr, i, at = 0;

	small_pages(f);
	for (nr = 1; nr <= 6; nr++) {
		axt_context("%u changes", nr);
		before = read_fences();
		for (i = 0; i < nr; i++, at += 2)
			ASSERT_OK(axv_s2_unmap(f->s2, SPOT + at * AXT_PAGE, AXT_PAGE));
		for (i = 1; i <= nr; i++)
			expect_gone(f, at - 2 * i);
		EXPECT_FENCES(before, nr > 4, nr > 4 ? 0 : nr, 1, 0);
	}
}

/* One fence for a leaf, whatever its size; where it is cut in pieces there is a new table. */
TEST(huge, &memory)
{
	uintptr_t at = (uintptr_t)anon(5 * HUGE_PAGE);
	unsigned char *mem = (void *)((at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	uint64_t others = stats_of(f->s2).pages[1];
	struct fences before;

	stay();
	if (madvise(mem, 4 * HUGE_PAGE, MADV_HUGEPAGE))
		axt_skip("no transparent huge pages: %s", strerror(errno));
	memset(mem, 7, 4 * HUGE_PAGE);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, 4 * HUGE_PAGE, AXV_PROT_RW));
	sweep(f, 4 * HUGE_PAGE / AXT_PAGE);
	if (stats_of(f->s2).pages[1] < others + 4)
		axt_skip("the host has no huge pages left");
	before = read_fences();
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT + HUGE_PAGE, 2 * HUGE_PAGE));
	expect_gone(f, HUGE_PAGE / AXT_PAGE + 3);
	expect_gone(f, 2 * HUGE_PAGE / AXT_PAGE + 5);
	EXPECT_FENCES(before, 0, 2, 1, 0);
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT + 3 * HUGE_PAGE + AXT_PAGE, AXT_PAGE));
	expect_gone(f, 3 * HUGE_PAGE / AXT_PAGE + 1);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 3 * HUGE_PAGE), 7u);
	EXPECT_FENCES(before, 1, 2, 2, 0);
}

/* Another table: nothing that is known of this one is good for it. */
TEST(other_table, &memory)
{
	struct fences before;
	int other;

	small_pages(f);
	other = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(other, 0, f->ram, f->ram_size, AXV_PROT_RWX));
	before = read_fences();
	ASSERT_OK(axv_set_root(&f->v, other));
	expect_gone(f, 3);
	EXPECT_GE(read_fences().gvma_all - before.gvma_all, 1u);
}
