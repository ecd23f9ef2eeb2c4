// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that nobody can serve as they are: NESTED_PAGE_FAULT and
 * INTERNAL_ERROR. Every field, and how the guest goes on.
 */
#include <sys/mman.h>

#include "common/exits.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
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
	EXPECT_EQ(x.raw[0], SVM_EXIT_NPF);
	EXPECT_EQ(x.raw[2], gpa);
	EXPECT_EQ(x.commands & (CMDS(NONE) | CMDS(FULFIL) | CMDS(RETRY) | CMDS(FAULT)),
		  CMDS(RETRY) | CMDS(FAULT));
}

TEST(npf_read_only, &config)
{
	ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RX));
	GUEST_MEM(f, PAGE + 8, uint32_t) = 0x11;
	set(f, RSI, PAGE + 8);
	set(f, RDX, 0x22);
	start_at(f, SYM(load));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RDX), 0x11u);

	set(f, RDX, 0x22);
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
	set(f, RSI, PAGE);
	start_at(f, SYM(jump_out));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, PAGE, AXVCPU_PROT_EXEC, AXVCPU_NPF_PROT);
	EXPECT_EQ(f->exit->pc, PAGE);
}

TEST(npf_fetch_from_hole, &config)
{
	set(f, RSI, GUEST_MMIO);
	start_at(f, SYM(jump_out));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	expect_npf(f, GUEST_MMIO, AXVCPU_PROT_EXEC, 0);
	EXPECT_EQ(f->exit->pc, (uint64_t)GUEST_MMIO);
}

TEST(npf_backing, &config)
{
	ASSERT_EQ(munmap(f->ram + PAGE, AXT_PAGE), 0);
	set(f, RSI, PAGE + 0x10);
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
	EXPECT_EQ(reg(&f->v, RDX), 0x77u);
}

static const struct axt_config fault_config = {
	.start = AXVCPU_X86_START_LONG64,
	.vm_flags = AXVCPU_VM_FAULT_EXITS,
	GUEST(exits),
};

TEST(npf_fault_exits, &fault_config)
{
	void *mem;

	set(f, RSI, GUEST_MMIO + 0x40);
	set(f, RDX, 0x99);
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

/* The guest's own page walk meets a hole. */
TEST(npf_walk, &config)
{
	uint64_t *pml4 = (uint64_t *)(f->ram + GUEST_PML4);
	struct axvcpu_exit x;

	pml4[3] = GUEST_MMIO | 7;
	set(f, RSI, 3ull << 39 | 5ull << 30);
	start_at(f, SYM(load));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.npf.gpa, GUEST_MMIO + 5 * 8u);
	EXPECT_TRUE(x.npf.flags & AXVCPU_NPF_WALK);
	EXPECT_EQ(x.npf.flags & (AXVCPU_NPF_BACKING | AXVCPU_NPF_PROT), 0u);
	EXPECT_EQ(x.pc, SYM(load));
	/* the guest mends its tables */
	pml4[3] = GUEST_PDPT | 7;
	((uint64_t *)(f->ram + GUEST_PDPT))[5] = 0x83;
	GUEST_MEM(f, 0, uint32_t) = 0x4711;
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RDX), 0x4711u);
}

/* ---- INTERNAL_ERROR -------------------------------------------------------------------------------- */

static void expect_undecoded(struct axt *f, uint64_t at, uint64_t end, uint32_t what,
			     uint64_t gpa)
{
	struct axvcpu_exit x;

	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.internal.what, what);
	EXPECT_EQ(x.internal.gpa, gpa);
	EXPECT_EQ(x.pc, at);
	EXPECT_EQ(x.raw[0], SVM_EXIT_NPF);
	/* who wants to decode it has all of it */
	EXPECT_GE(x.insn_nr, end - at);
	EXPECT_LE(x.insn_nr, 15);
	EXPECT_TRUE(!memcmp(x.insn, f->ram + at, x.insn_nr));
	EXPECT_TRUE(!axv_allowed(&f->v, AXVCPU_CMD_FULFIL));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
}

TEST(internal_error_decode, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c;
	struct x86_frame fr;
	void *mem;

	x86_get_control(&f->v, &c);
	c.cr4 |= CR4_OSFXSR;
	ASSERT_OK(x86_set_control(&f->v, &c));
	set(f, RSI, GUEST_MMIO);
	start_at(f, SYM(sse_store));
	expect_undecoded(f, SYM(sse_store), SYM(sse_store_end), AXVCPU_ERROR_DECODE,
			 GUEST_MMIO + 0x40);
	axv_retry(&f->v);
	expect_undecoded(f, SYM(sse_store), SYM(sse_store_end), AXVCPU_ERROR_DECODE,
			 GUEST_MMIO + 0x40);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.ip, SYM(sse_store));
	EXPECT_EQ(fr.error, 0u);

	start_at(f, SYM(sse_load));
	expect_undecoded(f, SYM(sse_load), SYM(sse_load_end), AXVCPU_ERROR_DECODE, GUEST_MMIO);
	start_at(f, SYM(call_hole));
	expect_undecoded(f, SYM(call_hole), SYM(call_hole_end), AXVCPU_ERROR_DECODE, GUEST_MMIO);

	/* memory put there makes an ordinary instruction of it */
	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	memset(mem, 0xcc, AXT_PAGE);
	start_at(f, SYM(sse_store));
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	ASSERT_OK(axv_s2_map_user(f->s2, GUEST_MMIO, mem, AXT_PAGE, AXV_PROT_RW));
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(((unsigned char *)mem)[0x40], 0);
	EXPECT_EQ(((unsigned char *)mem)[0x4f], 0);
	EXPECT_EQ(((unsigned char *)mem)[0x50], 0xcc);
}

/* Half of it in memory, half of it in a hole. */
TEST(internal_error_straddle, &config)
{
	memset(f->ram + f->ram_size - 4, 0x11, 4);
	set(f, RSI, f->ram_size - AXT_PAGE);
	set(f, RDX, 0x2222222222222222ull);
	start_at(f, SYM(straddle));
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, (uint32_t)AXVCPU_ERROR_STRADDLE);
	EXPECT_EQ(f->exit->pc, SYM(straddle));
	EXPECT_EQ(GUEST_MEM(f, f->ram_size - 4, uint32_t), 0x11111111u);
}

/* An exception whose frame would go to a device. */
TEST(internal_error_delivery, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;

	start_at(f, SYM(invalid));
	set(f, RSP, GUEST_MMIO + 0x800);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, (uint32_t)AXVCPU_ERROR_DELIVERY);
	EXPECT_EQ(f->exit->internal.gpa & ~0xfffull, (uint64_t)GUEST_MMIO);
	EXPECT_EQ(f->exit->pc, SYM(invalid));
	/* with a stack in memory it comes through */
	set(f, RSP, GUEST_STACK);
	axv_retry(&f->v);
	ASSERT_TRAP(&t, &f->v, 6, &fr);
	EXPECT_EQ(fr.ip, SYM(invalid));
}
