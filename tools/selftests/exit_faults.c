// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that nobody can serve as they are: NESTED_PAGE_FAULT and
 * INTERNAL_ERROR. Every field, and how the guest goes on.
 */
#include <sys/mman.h>

#include "common/exits.h"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(exits),
};

#define PAGE	0x100000ull	/* a page of RAM to play with */

/* ---- NESTED_PAGE_FAULT --------------------------------------------------------- */

static void expect_npf(struct axt *f, uint64_t gpa, uint32_t access, uint32_t flags)
{
	struct axvcpu_exit x;

	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.npf.gpa, gpa);
	EXPECT_EQ(x.npf.access, access);
	EXPECT_EQ(x.npf.flags, flags);
	EXPECT_TRUE(EXITS_RAW_NPF(&x, gpa));
	EXPECT_EQ(x.commands & (CMDS(NONE) | CMDS(FULFIL) | CMDS(RETRY) | CMDS(FAULT)),
		  CMDS(RETRY) | CMDS(FAULT));
}

TEST(npf_read_only, &config)
{
	ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RX));
	GUEST_MEM(f, PAGE + 8, uint32_t) = 0x11;
	set(f, AXT_ADDR, PAGE + 8);
	set(f, AXT_VALUE, 0x22);
	start_at(f, SYM(load));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, AXT_VALUE), 0x11u);

	set(f, AXT_VALUE, 0x22);
	start_at(f, SYM(write_ro));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, PAGE + 8, AXVCPU_PROT_WRITE, AXVCPU_NPF_PROT);
	EXPECT_EQ(f->exit->pc, SYM(write_ro));
	EXPECT_EQ(GUEST_MEM(f, PAGE + 8, uint32_t), 0x11u);

	/* as often as one retries */
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RWX));
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(GUEST_MEM(f, PAGE + 8, uint32_t), 0x22u);
}

TEST(npf_no_exec, &config)
{
	ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RW));
	/* jmp done, as an instruction somewhere else */
	memcpy(f->ram + PAGE, f->ram + SYM(spin), 2);
	set(f, AXT_ADDR, PAGE);
	start_at(f, SYM(jump_out));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, PAGE, AXVCPU_PROT_EXEC, AXVCPU_NPF_PROT);
	EXPECT_EQ(f->exit->pc, PAGE);
}

TEST(npf_fetch_from_hole, &config)
{
	set(f, AXT_ADDR, GUEST_MMIO);
	start_at(f, SYM(jump_out));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, GUEST_MMIO, AXVCPU_PROT_EXEC, 0);
	EXPECT_EQ(f->exit->pc, (uint64_t)GUEST_MMIO);
}

TEST(npf_backing, &config)
{
	ASSERT_EQ(munmap(f->ram + PAGE, AXT_PAGE), 0);
	set(f, AXT_ADDR, PAGE + 0x10);
	start_at(f, SYM(load));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, PAGE + 0x10, AXVCPU_PROT_READ, AXVCPU_NPF_BACKING);
	EXPECT_EQ(f->exit->pc, SYM(load));

	/* memory put there again is the guest's at once */
	ASSERT_TRUE(mmap(f->ram + PAGE, AXT_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	GUEST_MEM(f, PAGE + 0x10, uint32_t) = 0x77;
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, AXT_VALUE), 0x77u);
}

static const struct axt_config fault_config = {
	.start = AXT_START_PAGED,
	.vm_flags = AXVCPU_VM_FAULT_EXITS,
	GUEST(exits),
};

TEST(npf_fault_exits, &fault_config)
{
	void *mem;

	set(f, AXT_ADDR, GUEST_MMIO + 0x40);
	set(f, AXT_VALUE, 0x99);
	start_at(f, SYM(load));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, GUEST_MMIO + 0x40, AXVCPU_PROT_READ, 0);
	EXPECT_EQ(f->exit->pc, SYM(load));
	start_at(f, SYM(write8));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, GUEST_MMIO + 0x40, AXVCPU_PROT_WRITE, 0);

	/* demand paging by the VMM */
	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	ASSERT_OK(axv_s2_map_user(f->s2, GUEST_MMIO, mem, AXT_PAGE, AXV_PROT_RW));
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(((unsigned char *)mem)[0x40], 0x99);
}

/* ---- INTERNAL_ERROR -------------------------------------------------------------------------------- */

/* An access by an instruction that is not one of those that are decoded. */
TEST(internal_error_undecoded, &config)
{
	void *mem;

	set(f, AXT_ADDR, GUEST_MMIO);
	set(f, AXT_VALUE, 1);
	start_at(f, EXITS_UNDECODED);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, (uint32_t)AXVCPU_ERROR_DECODE);
	EXPECT_EQ(f->exit->internal.gpa, (uint64_t)GUEST_MMIO);
	EXPECT_EQ(f->exit->pc, EXITS_UNDECODED);
	EXPECT_TRUE(!axv_allowed(&f->v, AXVCPU_CMD_FULFIL));

	/* memory put there makes an ordinary instruction of it */
	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	*(uint64_t *)mem = SYM(done);
	ASSERT_OK(axv_s2_map_user(f->s2, GUEST_MMIO, mem, AXT_PAGE, AXV_PROT_RW));
	ASSERT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
	axv_retry(&f->v);
	EXPECT_DONE(f);
}

/* Half of it in memory, half of it in a hole. */
TEST(internal_error_straddle, &config)
{
	memset(f->ram + f->ram_size - 4, 0x11, 4);
	set(f, AXT_ADDR, f->ram_size - EXITS_STRADDLE);
	set(f, AXT_VALUE, 0x2222222222222222ull);
	start_at(f, SYM(straddle));
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, (uint32_t)AXVCPU_ERROR_STRADDLE);
	EXPECT_EQ(f->exit->pc, SYM(straddle));
	EXPECT_EQ(GUEST_MEM(f, f->ram_size - 4, uint32_t), 0x11111111u);
}
