// SPDX-License-Identifier: GPL-2.0-only
/*
 * TRANSLATE on RISC-V, differential: what it says of an access, of every leaf with
 * every combination of rights, at each privilege, is what the hart does when the guest
 * makes that access: the same physical address or the same exception.
 *
 * rig: arch=riscv timeout=300
 */
#include "axvtest.h"

DECLARE_GUEST(paging);
DECLARE_GUEST_SYM(paging, load);
DECLARE_GUEST_SYM(paging, store);
DECLARE_GUEST_SYM(paging, jump);
DECLARE_GUEST_SYM(paging, fence);
DECLARE_GUEST_SYM(paging, trapped);

#define V	0x01ull
#define R	0x02ull
#define W	0x04ull
#define X	0x08ull
#define U	0x10ull
#define A	0x40ull
#define D	0x80ull
#define MARKED	(A | D)
#define N	(1ull << 63)

/* tables of the address under test, and the memory it leads to */
#define TABLE1	(GUEST_DATA + 0x1000)
#define TABLE0	(GUEST_DATA + 0x2000)
#define TARGET	0x200000
/* in the root's entry 32, entry 1 of both tables */
#define GVA	(0x800000000ull + 0x201000)
#define EBREAK	0x00100073ull
/* by the guest's store: code still */
#define STORED	(0x12345678ull << 32 | EBREAK)

static const struct axt_config paged = { .start = AXT_START_PAGED, GUEST(paging) };

/* how the guest makes each access */
static const struct {
	uint32_t prot;
	uint32_t cause;
	const unsigned char *at;
} kinds[] = {
	{ AXVCPU_PROT_READ, 13, guest_paging__load },
	{ AXVCPU_PROT_WRITE, 15, guest_paging__store },
	{ AXVCPU_PROT_EXEC, 12, guest_paging__jump },
};

static void put(struct axt *f, uint64_t gpa, uint64_t val)
{
	GUEST_MEM(f, gpa, uint64_t) = val;
}

/* A leaf of @bits for TARGET at @level (0, 1), @skew bytes off. */
static void set_leaf(struct axt *f, unsigned int level, uint64_t bits, uint64_t skew)
{
	uint64_t leaf = bits | (TARGET + skew) >> 2;

	put(f, GUEST_PML4 + 32 * 8, V | TABLE1 >> 2);
	put(f, TABLE1 + 8, level ? leaf : V | TABLE0 >> 2);
	put(f, TABLE0 + 8, level ? 0 : leaf);
}

static void prepare(struct axt *f)
{
	unsigned int i;

	/* every page of the target says where it is, and is a piece of code */
	for (i = 0; i < 0x200; i++)
		put(f, TARGET + i * AXT_PAGE, (uint64_t)(TARGET + i * AXT_PAGE) << 32 | EBREAK);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG));
	f->regs->control.stvec = GUEST_SYM(paging, trapped);
	f->regs->debug.control = AXVCPU_RISCV_DEBUG_SW_BP;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG, 0));
}

/* The privilege the access is made at. */
struct view {
	const char *name;
	bool user;
	uint64_t sstatus;
};

static const struct view views[] = {
	{ "supervisor", false, 0 },
	{ "supervisor-sum", false, SSTATUS_SUM },
	{ "supervisor-mxr", false, SSTATUS_MXR },
	{ "supervisor-sum-mxr", false, SSTATUS_SUM | SSTATUS_MXR },
	{ "user", true, 0 },
	{ "user-mxr", true, SSTATUS_MXR },
};

/* Go on at @pc in @mode with @sstatus until the next ebreak. */
static void go(struct axt *f, uint64_t pc, uint32_t mode, uint64_t sstatus, uint64_t gva)
{
	volatile struct axvcpu_riscv_gpr *g = &f->regs->gpr;

	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL));
	g->x[A0] = 0;
	g->x[A1] = gva;
	g->x[A2] = STORED;
	g->mode = mode;
	g->pc = pc;
	f->regs->control.sstatus &= ~(SSTATUS_SUM | SSTATUS_MXR);
	f->regs->control.sstatus |= sstatus;
	f->v.run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL;
	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
	ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
}

/* The guest makes access @kind at @gva, old translations being flushed: 0 or scause. */
static uint64_t by_hart(struct axt *f, const struct view *w, unsigned int kind, uint64_t gva)
{
	uint64_t pc = (uintptr_t)kinds[kind].at;

	go(f, GUEST_SYM(paging, fence), AXVCPU_RISCV_MODE_S, 0, 0);
	if (w->user)
		go(f, GUEST_USER + pc, AXVCPU_RISCV_MODE_U, w->sstatus, gva);
	else
		go(f, pc, AXVCPU_RISCV_MODE_S, w->sstatus, gva);
	if (f->exit->pc != GUEST_SYM(paging, trapped) + 4)
		return 0;
	EXPECT_EQ(f->regs->control.stval, gva);
	return f->regs->control.scause;
}

/* Where the access got to is where TRANSLATE says. */
static void check_place(struct axt *f, uint32_t prot, uint64_t gva, uint64_t gpa)
{
	uint64_t page = gpa & ~(AXT_PAGE - 1);

	EXPECT_EQ(gpa, page + (gva & (AXT_PAGE - 1)));
	if (prot == AXVCPU_PROT_READ) {
		EXPECT_EQ(f->regs->gpr.x[A0], page << 32 | EBREAK);
	} else if (prot == AXVCPU_PROT_WRITE) {
		EXPECT_EQ(GUEST_MEM(f, gpa, uint64_t), STORED);
		put(f, page, page << 32 | EBREAK);
	} else {
		EXPECT_EQ(f->exit->pc, gva);
	}
}

static void compare(struct axt *f, const struct view *w, uint64_t leaf, uint64_t gva)
{
	struct axvcpu_translate t;
	uint64_t cause;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		axt_context("%s, leaf 0x%llx, access %u", w->name, (unsigned long long)leaf,
			    kinds[i].prot);
		cause = by_hart(f, w, i, gva);
		EXPECT_TRUE(cause == 0 || cause == kinds[i].cause);
		/* a trap has changed the mode */
		f->regs->gpr.mode = w->user ? AXVCPU_RISCV_MODE_U : AXVCPU_RISCV_MODE_S;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
		ASSERT_OK(axv_translate(&f->v, gva, kinds[i].prot, &t));
		EXPECT_EQ(t.fault, cause);
		EXPECT_EQ(t.valid, !cause);
		EXPECT_EQ(!!(t.prot & kinds[i].prot), !cause);
		if (!cause && t.valid)
			check_place(f, kinds[i].prot, gva, t.gpa);
		if (axt_failures() > 20)
			axt_end();
	}
}

/* Does the hart mark pages itself? Then it is not asked about those that are not. */
static bool marks_itself(struct axt *f)
{
	set_leaf(f, 0, V | R, 0);
	return !by_hart(f, &views[0], 0, GVA);
}

/* Every combination of rights and marks, in a page and in a large one. */
TEST_ROWS(rights, views, ARRAY_SIZE(views), &paged)
{
	const struct view *w = arg;
	unsigned int level, bits, nr = 0;
	uint64_t leaf;
	bool marks;

	prepare(f);
	marks = marks_itself(f);
	for (level = 0; level < 2; level++) {
		for (bits = 0; bits < 128; bits++) {
			/* V R W X U, then A D */
			leaf = (bits & 31) | (uint64_t)(bits >> 5) << 6;
			/* no leaf: the next level has nothing, or is none */
			if ((leaf & V) && !(leaf & (R | W | X)))
				continue;
			if (marks && (leaf & MARKED) != MARKED)
				continue;
			set_leaf(f, level, leaf, 0);
			compare(f, w, leaf, GVA);
			nr++;
		}
	}
	axt_context(NULL);
	axt_diag("%u leaves%s", nr, marks ? "; the hart marks pages itself" : "");
}

/* Reserved bits, one at a time, and a large page that is not aligned. */
TEST(reserved, &paged)
{
	uint64_t leaf;
	unsigned int bit;

	prepare(f);
	for (bit = 54; bit < 61; bit++) {
		leaf = V | R | W | X | MARKED | 1ull << bit;
		set_leaf(f, 0, leaf, 0);
		compare(f, &views[0], leaf, GVA);
	}
	leaf = V | R | W | X | MARKED;
	set_leaf(f, 1, leaf, AXT_PAGE);
	compare(f, &views[0], leaf, GVA);
	/* marks in a pointer */
	for (bit = 4; bit < 8; bit++) {
		if (bit == 5)
			continue;
		set_leaf(f, 0, leaf, 0);
		put(f, TABLE1 + 8, V | 1ull << bit | TABLE0 >> 2);
		compare(f, &views[0], 1ull << bit, GVA);
	}
	/* a pointer at the last level */
	set_leaf(f, 0, V, 0);
	compare(f, &views[0], V, GVA);
}

/* Pages of 64 KiB and memory types, where the hart has them. */
TEST(extensions, &paged)
{
	unsigned int ppn, type;
	uint64_t leaf;

	prepare(f);
	for (type = 0; type < 4; type++) {
		leaf = V | R | W | X | MARKED | (uint64_t)type << 61;
		set_leaf(f, 0, leaf, 0);
		compare(f, &views[0], leaf, GVA);
	}
	for (ppn = 0; ppn < 16; ppn++) {
		leaf = V | R | W | X | MARKED | N;
		set_leaf(f, 0, leaf, ppn * AXT_PAGE);
		compare(f, &views[0], leaf | (uint64_t)ppn << 10, GVA);
	}
	set_leaf(f, 1, V | R | W | X | MARKED | N, 0);
	compare(f, &views[0], N, GVA);
}

/* Addresses that are not sign-extended. */
TEST(canonical, &paged)
{
	unsigned int bit;

	prepare(f);
	set_leaf(f, 0, V | R | W | X | MARKED, 0);
	for (bit = 39; bit < 64; bit++)
		compare(f, &views[0], bit, GVA ^ 1ull << bit);
}

/*
 * A table where no memory is: the exit tells the walk from the access, which has not been
 * made. FAULT makes it the access fault that a bare hart has for it.
 */
TEST(walk_in_a_hole, &paged)
{
	static const uint64_t faults[] = { 5, 7, 1 };
	const uint64_t gva = GVA + 0x20;
	unsigned int level, kind;

	prepare(f);
	for (level = 1; level <= 2; level++) {
		put(f, GUEST_PML4 + 32 * 8, V | (level == 2 ? GUEST_MMIO : TABLE1) >> 2);
		put(f, TABLE1 + 8, V | GUEST_MMIO >> 2);
		for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			uint64_t pc = kind == 2 ? gva : (uintptr_t)kinds[kind].at;

			axt_context("level %u, access %u", level, kind);
			go(f, GUEST_SYM(paging, fence), AXVCPU_RISCV_MODE_S, 0, gva);
			axt_goto(&f->v, (uintptr_t)kinds[kind].at, 0);
			ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
			/* entry 1 of it, at both levels */
			EXPECT_EQ(f->exit->npf.gpa, GUEST_MMIO + 8ull);
			EXPECT_EQ(f->exit->npf.access, AXVCPU_PROT_READ);
			EXPECT_EQ(f->exit->npf.flags, AXVCPU_NPF_WALK);
			EXPECT_EQ(f->exit->pc, pc);
			axv_fault(&f->v);
			ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
			EXPECT_EQ(f->regs->control.scause, faults[kind]);
			EXPECT_EQ(f->regs->control.stval, gva);
			EXPECT_EQ(f->regs->control.sepc, pc);
		}
	}
}
