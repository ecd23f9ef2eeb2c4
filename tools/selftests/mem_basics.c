// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage-2 tables: what the calls take and refuse, where the memory comes from,
 * rights, huge leaves, views, many mappings. What happens when the host takes
 * memory away is in mem_host.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(mem),
};

static const struct axt_config no_vcpu = {
	.stage = AXT_NO_VCPU,
};

/* ---- demand -------------------------------------------------------------------------- */

TEST(demand, &config)
{
	const unsigned int pages = 128;
	uint64_t sum = 0, first = 0x100000;
	struct axvcpu_s2_stats s;
	unsigned int i;

	s = stats_of(f->s2);
	EXPECT_EQ(s.nr_maps, 1u);
	EXPECT_EQ(s.faults, 0u);
	EXPECT_EQ(s.pages[0] + s.pages[1] + s.pages[2], 0u);
	for (i = 0; i < pages; i++) {
		GUEST_MEM(f, first + i * AXT_PAGE, uint64_t) = i * 0x123457ull;
		sum += i * 0x123457ull;
	}
	mem_go(&f->v, SYM(sweep), first, AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, pages));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_SECOND, 0x5a5a));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), sum);
	for (i = 0; i < pages; i++)
		EXPECT_EQ(GUEST_MEM(f, first + i * AXT_PAGE, uint64_t), 0x5a5au);
	s = stats_of(f->s2);
	EXPECT_GE(s.faults, 1u);
	/* leaves without a fault of their own came with their neighbours' */
	EXPECT_GE(s.pages[0] + s.pages[1] * 512, pages);
	EXPECT_GE(s.faults + s.neighbours, pages / 512);
	/* a huge leaf saves the last one */
	EXPECT_GE(s.tables, f->dev.info.stage2_levels - 1);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_NESTED_PAGE_FAULT], 0u);

	/* untouched memory reads as zero */
	EXPECT_EQ(guest_reads(&f->v, 0x300000), 0u);
}

/* ---- what is refused ------------------------------------------------------------------- */

#define KERNEL_ADDRESS	0xffff888000000000ull
/* end of user space: with four levels of tables, or with five */
#define USER_END	(1ull << 47)
#define USER_END_57	(1ull << 56)

struct bad_map {
	const char *name;
	int err;
	struct axvcpu_s2_map m;
	bool memory;		/* add the address of real memory to uaddr */
};

#define MAP(from, rights, g, l, u)	\
	.source = AXVCPU_S2_##from, .prot = rights, .gpa = g, .len = l, .uaddr = u
#define USER(g, l, u)	MAP(USER, AXV_PROT_RWX, g, l, u)

static const struct bad_map bad_maps[] = {
	{ "empty", EINVAL, { USER(SPOT, 0, 0) }, true },
	{ "gpa-unaligned", EINVAL, { USER(SPOT + 1, AXT_PAGE, 0) }, true },
	{ "gpa-half-page", EINVAL, { USER(SPOT + 0x800, AXT_PAGE, 0) }, true },
	{ "len-unaligned", EINVAL, { USER(SPOT, AXT_PAGE + 1, 0) }, true },
	{ "uaddr-unaligned", EINVAL, { USER(SPOT, AXT_PAGE, 8) }, true },
	{ "wraps", EINVAL, { USER(~0xfffull, 2 * AXT_PAGE, 0) }, true },
	{ "len-wraps", EINVAL, { USER(SPOT, ~0xfffull, 0) }, true },
	{ "above-width", EINVAL, { USER(1ull << 60, AXT_PAGE, 0) }, true },
	{ "end-above-width", EINVAL, { USER(SPOT, 1ull << 60, 0) }, true },
	{ "kernel-address", EFAULT, { USER(SPOT, AXT_PAGE, KERNEL_ADDRESS) }, false },
	{ "kernel-end", EFAULT, { USER(SPOT, 2 * AXT_PAGE, USER_END - AXT_PAGE) }, false },
	{ "kernel-end-57", EFAULT, { USER(SPOT, 2 * AXT_PAGE, USER_END_57 - AXT_PAGE) }, false },
	{ "uaddr-wraps", EFAULT, { USER(SPOT, 2 * AXT_PAGE, ~0xfffull) }, false },
	{ "no-right", EINVAL, { MAP(USER, 0, SPOT, AXT_PAGE, 0) }, true },
	{ "write-only", EINVAL, { MAP(USER, AXVCPU_PROT_WRITE, SPOT, AXT_PAGE, 0) }, true },
	{ "unknown-right", EINVAL, { MAP(USER, AXV_PROT_RWX | 8, SPOT, AXT_PAGE, 0) }, true },
	{ "unknown-source", EINVAL, { .source = 3, .prot = AXV_PROT_RWX, .gpa = SPOT,
	  .len = AXT_PAGE }, true },
	{ "unknown-flag", EINVAL, { USER(SPOT, AXT_PAGE, 0), .flags = 4 }, true },
	{ "reserved", EINVAL, { USER(SPOT, AXT_PAGE, 0), .reserved = 1 }, true },
	{ "user-offset", EINVAL, { USER(SPOT, AXT_PAGE, 0), .offset = AXT_PAGE }, true },
	{ "user-fd", EINVAL, { USER(SPOT, AXT_PAGE, 0), .fd = 5 }, true },
	{ "zero-uaddr", EINVAL, { MAP(ZERO, AXV_PROT_RWX, SPOT, AXT_PAGE, 0) }, true },
	{ "zero-offset", EINVAL, { MAP(ZERO, AXV_PROT_RWX, SPOT, AXT_PAGE, 0),
	  .offset = AXT_PAGE }, false },
	{ "fd-bad", EBADF, { MAP(FD, AXV_PROT_RWX, SPOT, AXT_PAGE, 0), .fd = 999 }, false },
	{ "overlap-all", EEXIST, { USER(0, AXT_PAGE, 0) }, true },
	{ "overlap-end", EEXIST, { USER(GUEST_RAM_SIZE - AXT_PAGE, 2 * AXT_PAGE, 0) }, true },
};

TEST_ROWS(map_refused, bad_maps, ARRAY_SIZE(bad_maps), &no_vcpu)
{
	const struct bad_map *row = arg;
	struct axvcpu_s2_map m = row->m;

	/* where user space goes on there, MAP sees nothing wrong with it */
	if (m.uaddr == USER_END - AXT_PAGE && axv_s2_map_user(f->s2, SPOT, (void *)USER_END,
							     AXT_PAGE, AXV_PROT_RW) == 0)
		axt_skip("user space has 57 bits here");
	if (row->memory)
		m.uaddr += (uintptr_t)anon(4 * AXT_PAGE);
	EXPECT_ERR(row->err, axv_s2_map(f->s2, &m));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 1u);
}

TEST(range_refused, &no_vcpu)
{
	unsigned char *mem = anon(4 * AXT_PAGE);

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT + 2 * AXT_PAGE, mem + 2 * AXT_PAGE, AXT_PAGE,
				  AXV_PROT_RW));
	/* EEXIST, from every side */
	EXPECT_ERR(EEXIST, axv_s2_map_user(f->s2, SPOT, mem, 3 * AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EEXIST, axv_s2_map_user(f->s2, SPOT + AXT_PAGE, mem, 2 * AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EEXIST, axv_s2_map_user(f->s2, SPOT - AXT_PAGE, mem, 2 * AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EEXIST, axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));

	EXPECT_ERR(ENOENT, axv_s2_unmap(f->s2, SPOT + AXT_PAGE, AXT_PAGE));
	EXPECT_ERR(ENOENT, axv_s2_protect(f->s2, SPOT, 3 * AXT_PAGE, AXVCPU_PROT_READ));
	EXPECT_ERR(ENOENT, axv_s2_protect(f->s2, SPOT + AXT_PAGE, AXT_PAGE, AXVCPU_PROT_READ));
	EXPECT_ERR(EINVAL, axv_s2_protect(f->s2, SPOT, AXT_PAGE, 0));
	EXPECT_ERR(EINVAL, axv_s2_protect(f->s2, SPOT, AXT_PAGE, AXVCPU_PROT_WRITE));
	EXPECT_ERR(EINVAL, axv_s2_protect(f->s2, SPOT, AXT_PAGE, 8 | AXVCPU_PROT_READ));
	EXPECT_ERR(EINVAL, axv_s2_protect(f->s2, SPOT + 1, AXT_PAGE, AXVCPU_PROT_READ));
	EXPECT_ERR(EINVAL, axv_s2_unmap(f->s2, SPOT + 1, AXT_PAGE));
	EXPECT_ERR(EINVAL, axv_s2_unmap(f->s2, SPOT, AXT_PAGE - 1));
	EXPECT_ERR(EINVAL, axv_s2_unmap(f->s2, SPOT, 0));
	EXPECT_ERR(EINVAL, axv_s2_unmap(f->s2, ~0xfffull, 2 * AXT_PAGE));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 3u);

	/* holes in the range are no matter for UNMAP */
	EXPECT_OK(axv_s2_unmap(f->s2, SPOT, 4 * AXT_PAGE));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 1u);
	EXPECT_ERR(ENOENT, axv_s2_unmap(f->s2, SPOT, 4 * AXT_PAGE));
	/* a range inside of a mapping leaves two */
	EXPECT_OK(axv_s2_unmap(f->s2, 0x10000, AXT_PAGE));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 2u);
}

TEST(width, NULL)
{
	unsigned char *mem = anon(AXT_PAGE);
	unsigned int bits = f->dev.info.gpa_bits;
	int s2;

	EXPECT_ERR(EINVAL, axv_stage2_create(&f->dev, 31));
	EXPECT_ERR(EINVAL, axv_stage2_create(&f->dev, bits + 1));
	EXPECT_ERR(EINVAL, axv_stage2_create(&f->dev, ~0u));
	s2 = ASSERT_OK(axv_stage2_create(&f->dev, 32));
	EXPECT_ERR(EINVAL, axv_s2_map_user(s2, 1ull << 32, mem, AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EINVAL, axv_s2_map_user(s2, (1ull << 32) - AXT_PAGE, mem, 2 * AXT_PAGE,
					   AXV_PROT_RW));
	EXPECT_OK(axv_s2_map_user(s2, (1ull << 32) - AXT_PAGE, mem, AXT_PAGE, AXV_PROT_RW));
	close(s2);
	s2 = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	EXPECT_OK(axv_s2_map_user(s2, (1ull << bits) - AXT_PAGE, mem, AXT_PAGE, AXV_PROT_RW));
	EXPECT_ERR(EINVAL, axv_s2_map_user(s2, 1ull << bits, mem, AXT_PAGE, AXV_PROT_RW));
	close(s2);
}

/* ---- rights --------------------------------------------------------------------------------- */

TEST(protect, &config)
{
	unsigned char *mem = anon(4 * AXT_PAGE);
	unsigned int i;

	for (i = 0; i < 4; i++)
		*(uint64_t *)(mem + i * AXT_PAGE) = 0x100 + i;
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, 4 * AXT_PAGE, AXVCPU_PROT_READ));
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), 0x101u);
	mem_go(&f->v, SYM(write), SPOT + AXT_PAGE, 1);
	expect_npf(&f->v, SPOT + AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);
	mem_go(&f->v, SYM(jump), SPOT + AXT_PAGE, 0);
	expect_npf(&f->v, SPOT + AXT_PAGE, AXVCPU_PROT_EXEC, AXVCPU_NPF_PROT);

	/* wider, in the middle: two neighbours keep what they had */
	ASSERT_OK(axv_s2_protect(f->s2, SPOT + AXT_PAGE, 2 * AXT_PAGE, AXV_PROT_RW));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 4u);
	guest_writes(&f->v, SPOT + AXT_PAGE, 0x77);
	EXPECT_EQ(*(uint64_t *)(mem + AXT_PAGE), 0x77u);
	mem_go(&f->v, SYM(write), SPOT, 1);
	expect_npf(&f->v, SPOT, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);
	mem_go(&f->v, SYM(write), SPOT + 3 * AXT_PAGE, 1);
	expect_npf(&f->v, SPOT + 3 * AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);

	/* narrower, over all of them */
	ASSERT_OK(axv_s2_protect(f->s2, SPOT, 4 * AXT_PAGE, AXVCPU_PROT_READ));
	for (i = 0; i < 4; i++) {
		mem_go(&f->v, SYM(write), SPOT + i * AXT_PAGE, 1);
		expect_npf(&f->v, SPOT + i * AXT_PAGE, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);
	}
	EXPECT_EQ(guest_reads(&f->v, SPOT), 0x100u);
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), 0x77u);
}

/* A mapping cannot give more than the process has. */
TEST(host_read_only, &config)
{
	unsigned char *mem = anon(AXT_PAGE);

	mem[0] = 0x3c;
	ASSERT_EQ(mprotect(mem, AXT_PAGE, PROT_READ), 0);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RWX));
	EXPECT_EQ(guest_reads(&f->v, SPOT), 0x3cu);
	mem_go(&f->v, SYM(write), SPOT, 1);
	expect_npf(&f->v, SPOT, AXVCPU_PROT_WRITE, AXVCPU_NPF_BACKING);
	EXPECT_EQ(mem[0], 0x3c);
}

/* ---- sources ---------------------------------------------------------------------------------- */

TEST(file, &config)
{
	uint64_t val = 0x1122334455667788ull;
	void *where = NULL;
	int fd, ro;

	fd = memfd_create("axvcpu-test", 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, 8 * AXT_PAGE), 0);
	ASSERT_EQ(pwrite(fd, &val, 8, 3 * AXT_PAGE), 8);
	ASSERT_OK(axv_s2_map_fd(f->s2, SPOT, fd, 2 * AXT_PAGE, 4 * AXT_PAGE, AXV_PROT_RW, &where));
	ASSERT_TRUE(where);
	EXPECT_EQ(*(uint64_t *)((char *)where + AXT_PAGE), val);
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), val);
	guest_writes(&f->v, SPOT + 3 * AXT_PAGE, 0x99);
	ASSERT_EQ(pread(fd, &val, 8, 5 * AXT_PAGE), 8);
	EXPECT_EQ(val, 0x99u);
	EXPECT_EQ(*(uint64_t *)((char *)where + 3 * AXT_PAGE), 0x99u);

	/* the end of the file is the end of the memory */
	ASSERT_EQ(ftruncate(fd, 4 * AXT_PAGE), 0);
	mem_go(&f->v, SYM(read), SPOT + 3 * AXT_PAGE, 0);
	expect_npf(&f->v, SPOT + 3 * AXT_PAGE, AXVCPU_PROT_READ, AXVCPU_NPF_BACKING);
	ASSERT_EQ(ftruncate(fd, 8 * AXT_PAGE), 0);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 3 * AXT_PAGE), 0u);

	/* a file that is open for reading cannot be mapped for writing */
	ro = open(axt_format("/proc/self/fd/%d", fd), O_RDONLY);
	ASSERT_GE(ro, 0);
	EXPECT_ERR(EACCES, axv_s2_map_fd(f->s2, SPOT + 0x100000, ro, 0, AXT_PAGE, AXV_PROT_RW,
					 NULL));
	EXPECT_OK(axv_s2_map_fd(f->s2, SPOT + 0x100000, ro, 3 * AXT_PAGE, AXT_PAGE,
				AXVCPU_PROT_READ, NULL));
	guest_writes(&f->v, SPOT + AXT_PAGE, 0x4321);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 0x100000), 0x4321u);
	EXPECT_ERR(EINVAL, axv_s2_map_fd(f->s2, SPOT + 0x200000, fd, 8, AXT_PAGE, AXV_PROT_RW,
					 NULL));
}

TEST(zero, &config)
{
	unsigned char *view;
	unsigned int i;

	ASSERT_OK(axv_s2_map_zero(f->s2, SPOT, 16 * AXT_PAGE, AXV_PROT_RW));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), 0u);
	guest_writes(&f->v, SPOT + 5 * AXT_PAGE + 8, 0xabcdef);
	view = mmap(NULL, 4 * AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->s2,
		    SPOT + 4 * AXT_PAGE);
	ASSERT_TRUE(view != MAP_FAILED);
	EXPECT_EQ(*(uint64_t *)(view + AXT_PAGE + 8), 0xabcdefu);
	*(uint64_t *)(view + 2 * AXT_PAGE) = 0x1357;
	EXPECT_EQ(guest_reads(&f->v, SPOT + 6 * AXT_PAGE), 0x1357u);
	munmap(view, 4 * AXT_PAGE);
	/* it is the stage-2's, not the mapping's */
	EXPECT_EQ(guest_reads(&f->v, SPOT + 6 * AXT_PAGE), 0x1357u);
}

TEST(flags, &config)
{
	unsigned char *mem = anon(32 * AXT_PAGE);
	struct axvcpu_s2_map m = {
		.source = AXVCPU_S2_USER, .prot = AXV_PROT_RW, .gpa = SPOT,
		.len = 32 * AXT_PAGE, .uaddr = (uintptr_t)mem,
		.flags = AXVCPU_S2_POPULATE,
	};
	struct axvcpu_s2_stats before, after;
	uint64_t faults;

	EXPECT_EQ(guest_reads(&f->v, 0x100000), 0u);
	before = stats_of(f->s2);
	ASSERT_OK(axv_s2_map(f->s2, &m));
	after = stats_of(f->s2);
	EXPECT_GE(after.pages[0], before.pages[0] + 32);
	faults = f->v.run->counters.s2_faults;
	mem_go(&f->v, SYM(sweep), SPOT, AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, 32));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_SECOND, 7));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(mem[31 * AXT_PAGE], 7);
	/* nothing was left to be filled in */
	EXPECT_LE(f->v.run->counters.s2_faults, faults + 1);

	m.gpa = SPOT + 0x200000;
	m.flags = AXVCPU_S2_UNCACHED;
	ASSERT_OK(axv_s2_map(f->s2, &m));
	EXPECT_EQ(guest_reads(&f->v, SPOT + 0x200000), 7u);
	guest_writes(&f->v, SPOT + 0x200000 + AXT_PAGE, 8);
	EXPECT_EQ(mem[AXT_PAGE], 8);
}

/* Memory that the kernel shows to every process: it has no pages to get by. */
static const volatile uint64_t *kernel_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start = 0;
	char line[256];

	while (maps && !start && fgets(line, sizeof(line), maps)) {
		if (strstr(line, "[vvar]"))
			start = strtoul(line, NULL, 16);
	}
	if (maps)
		fclose(maps);
	return (const volatile uint64_t *)start;
}

TEST(no_pages, &config)
{
	const volatile uint64_t *mem = kernel_memory();
	unsigned int i, tries, filled = 0;
	uint64_t was, seen;

	if (!mem)
		axt_skip("this kernel shows processes no memory of its own");
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, (void *)mem, AXT_PAGE, AXVCPU_PROT_READ));
	for (i = 0; i < 64; i++) {
		axt_context("word %u", i);
		/* some of it is the time */
		for (tries = 0; tries < 100; tries++) {
			was = mem[i];
			seen = guest_reads(&f->v, SPOT + i * 8);
			if (was == mem[i])
				break;
		}
		EXPECT_EQ(seen, was);
		filled += !!seen;
	}
	axt_context(NULL);
	EXPECT_GE(filled, 3u);

	/* the process may not write there, so the guest cannot */
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT, AXT_PAGE));
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, (void *)mem, AXT_PAGE, AXV_PROT_RW));
	mem_go(&f->v, SYM(write), SPOT, 1);
	expect_npf(&f->v, SPOT, AXVCPU_PROT_WRITE, AXVCPU_NPF_BACKING);
}

/* ---- views ---------------------------------------------------------------------------------------- */

TEST(two_tables, &config)
{
	unsigned char *mem = anon(2 * AXT_PAGE);
	unsigned int i;
	int other;

	other = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(other, 0, f->ram, f->ram_size, AXV_PROT_RWX));
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	ASSERT_OK(axv_s2_map_user(other, SPOT, mem + AXT_PAGE, AXT_PAGE, AXV_PROT_RW));
	for (i = 0; i < 50; i++) {
		*(uint64_t *)mem = 2 * i;
		*(uint64_t *)(mem + AXT_PAGE) = 2 * i + 1;
		ASSERT_OK(axv_set_root(&f->v, i & 1 ? other : f->s2));
		EXPECT_EQ(guest_reads(&f->v, SPOT), 2 * i + (i & 1));
		guest_writes(&f->v, SPOT + 8, 0x1000 + i);
		EXPECT_EQ(*(uint64_t *)(mem + (i & 1) * AXT_PAGE + 8), 0x1000 + i);
	}
	/* a hole in one of them only */
	ASSERT_OK(axv_s2_unmap(other, SPOT, AXT_PAGE));
	ASSERT_OK(axv_set_root(&f->v, f->s2));
	EXPECT_EQ(guest_reads(&f->v, SPOT), 98u);
	ASSERT_OK(axv_set_root(&f->v, other));
	mem_go(&f->v, SYM(read), SPOT, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	/* the table lives on with its vCPU */
	close(other);
	axv_fulfil(&f->v, 0x42);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), 0x42u);
	EXPECT_ERR(EBADF, axv_set_root(&f->v, other));
}

TEST(one_table_two_vms, &config)
{
	unsigned char *mem = anon(AXT_PAGE);
	struct axv_vcpu other;
	int vm = f->vm;
	unsigned int i;

	f->vm = ASSERT_OK(axv_vm_create(&f->dev, 0));
	axt_add_vcpu(f, 0, f->config, &other);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	for (i = 0; i < 20; i++) {
		guest_writes(i & 1 ? &other : &f->v, SPOT, i);
		EXPECT_EQ(guest_reads(i & 1 ? &f->v : &other, SPOT), i);
	}
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT, AXT_PAGE));
	mem_go(&f->v, SYM(read), SPOT, 0);
	EXPECT_EXIT_V(&f->v, AXVCPU_EXIT_MMIO_READ);
	mem_go(&other, SYM(read), SPOT, 0);
	EXPECT_EXIT_V(&other, AXVCPU_EXIT_MMIO_READ);
	close(vm);
}

/* ---- size --------------------------------------------------------------------------------------------- */

TEST(sparse, &config)
{
	unsigned int bits = f->dev.info.gpa_bits, i;
	uint64_t len = bits > 40 ? 1ull << 40 : 1ull << bits, at;
	struct axvcpu_s2_stats s;
	unsigned char *mem;
	uint64_t start;
	int s2;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	memcpy(mem, f->ram, GUEST_DATA);
	axt_reach(&f->v, mem, 39);
	s2 = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	start = axt_now_ms();
	ASSERT_OK(axv_s2_map_user(s2, 0, mem, len, AXV_PROT_RWX));
	/* not by the page, of which there are hundreds of millions */
	EXPECT_LE(axt_now_ms() - start, 10000u * axt_slow());
	s = stats_of(s2);
	EXPECT_EQ(s.tables, AXT_S2_ROOT);
	EXPECT_EQ(s.pages[0] + s.pages[1] + s.pages[2], 0u);

	ASSERT_OK(axv_set_root(&f->v, s2));
	for (i = 0; i < 16; i++) {
		at = (uint64_t)i * 31 * (1ull << 30) + 0x12345000;
		guest_writes(&f->v, at, at);
		EXPECT_EQ(*(uint64_t *)(mem + at), at);
	}
	s = stats_of(s2);
	/* at most three levels for each place and for the code */
	EXPECT_LE(s.tables, AXT_S2_ROOT + 3 * 20u);
	start = axt_now_ms();
	ASSERT_OK(axv_s2_unmap(s2, 0, len));
	EXPECT_LE(axt_now_ms() - start, 10000u * axt_slow());
	EXPECT_EQ(stats_of(s2).pages[0], 0u);
	munmap(mem, len);
}

TEST(many_mappings, &config)
{
	const unsigned int nr = 2000;
	unsigned char *mem = anon(nr * AXT_PAGE);
	uint64_t sum = 0;
	unsigned int i;

	/* every other page, so that none can be one with its neighbour */
	for (i = 0; i < nr; i++) {
		*(uint64_t *)(mem + i * AXT_PAGE) = i * 7919ull;
		sum += i * 7919ull;
		ASSERT_OK(axv_s2_map_user(f->s2, SPOT + 2ull * i * AXT_PAGE, mem + i * AXT_PAGE,
					  AXT_PAGE, AXV_PROT_RW));
	}
	EXPECT_EQ(stats_of(f->s2).nr_maps, nr + 1);
	mem_go(&f->v, SYM(sum), SPOT, 2 * AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, nr));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), sum);
	mem_go(&f->v, SYM(read), SPOT + 1001 * AXT_PAGE, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	ASSERT_OK(axv_s2_unmap(f->s2, SPOT, 2ull * nr * AXT_PAGE));
	EXPECT_EQ(stats_of(f->s2).nr_maps, 1u);
	mem_go(&f->v, SYM(read), SPOT + 1000 * AXT_PAGE, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
}

/* ---- huge leaves ------------------------------------------------------------------------------------------ */

#define HUGE_LEN	(4 * HUGE_PAGE)

/* 2 MiB pages of this process, or the case is skipped. */
static unsigned char *huge_memory(void)
{
	uintptr_t at = (uintptr_t)anon(HUGE_LEN + HUGE_PAGE);
	unsigned char *mem = (void *)((at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	char line[256];
	long kb = 0, n;
	FILE *smaps;

	if (madvise(mem, HUGE_LEN, MADV_HUGEPAGE))
		axt_skip("no transparent huge pages: %s", strerror(errno));
	memset(mem, 0x11, HUGE_LEN);
	smaps = fopen("/proc/self/smaps", "r");
	ASSERT_TRUE(smaps);
	while (fgets(line, sizeof(line), smaps))
		if (sscanf(line, "AnonHugePages: %ld", &n) == 1)
			kb += n;
	fclose(smaps);
	if (kb * 1024 < (long)HUGE_LEN)
		axt_skip("the host gave %ld kB of huge pages only", kb);
	return mem;
}

/* Huge leaves of the fixture's RAM, with all of it touched that will be. */
static uint64_t other_leaves(struct axt *f)
{
	guest_writes(&f->v, GUEST_DATA, 0);
	return stats_of(f->s2).pages[1];
}

static void sweep_huge(struct axt *f, uint64_t gpa)
{
	mem_go(&f->v, SYM(sweep), gpa, AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, HUGE_LEN / AXT_PAGE));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_SECOND, 0x2222222222222222ull));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), 0x1111111111111111ull * (HUGE_LEN / AXT_PAGE));
}

TEST(huge, &config)
{
	unsigned char *mem = huge_memory();
	struct axvcpu_s2_stats s;
	uint64_t cut = SPOT + HUGE_PAGE + 5 * AXT_PAGE, others;

	others = other_leaves(f);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, HUGE_LEN, AXV_PROT_RW));
	sweep_huge(f, SPOT);
	s = stats_of(f->s2);
	EXPECT_EQ(s.pages[1] - others, HUGE_LEN / HUGE_PAGE);

	/* a leaf that is cut in pieces keeps all but the piece */
	ASSERT_OK(axv_s2_protect(f->s2, cut, AXT_PAGE, AXVCPU_PROT_READ));
	mem_go(&f->v, SYM(write), cut, 1);
	expect_npf(&f->v, cut, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);
	guest_writes(&f->v, cut - AXT_PAGE, 3);
	guest_writes(&f->v, cut + AXT_PAGE, 4);
	EXPECT_EQ(mem[HUGE_PAGE + 4 * AXT_PAGE], 3);
	EXPECT_EQ(mem[HUGE_PAGE + 6 * AXT_PAGE], 4);
	EXPECT_EQ(guest_reads(&f->v, cut), 0x2222222222222222ull);
	s = stats_of(f->s2);
	EXPECT_EQ(s.pages[1] - others, HUGE_LEN / HUGE_PAGE - 1);

	ASSERT_OK(axv_s2_unmap(f->s2, SPOT + 2 * HUGE_PAGE + AXT_PAGE, AXT_PAGE));
	mem_go(&f->v, SYM(read), SPOT + 2 * HUGE_PAGE + AXT_PAGE, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 2 * HUGE_PAGE), 0x2222222222222222ull);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 2 * HUGE_PAGE + 2 * AXT_PAGE), 0x2222222222222222ull);
}

/* Memory and guest address in different places of a huge page: small leaves. */
TEST(huge_unaligned, &config)
{
	unsigned char *mem = huge_memory();
	uint64_t others = other_leaves(f);

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT + AXT_PAGE, mem, HUGE_LEN, AXV_PROT_RW));
	sweep_huge(f, SPOT + AXT_PAGE);
	EXPECT_EQ(stats_of(f->s2).pages[1], others);
	EXPECT_EQ(mem[HUGE_LEN - AXT_PAGE], 0x22);
}
