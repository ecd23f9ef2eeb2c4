// SPDX-License-Identifier: GPL-2.0-only
/*
 * TRANSLATE on arm64, differential: what it says of an access, for descriptors with every
 * combination of rights, tables of all granules and sizes, at each exception level, is
 * what the CPU does when the guest makes that access: the same physical address, or the
 * same syndrome.
 *
 * The code is in the lower half of addresses, what it accesses in the upper one.
 *
 * rig: arch=arm64 timeout=400
 */
#include "axvtest.h"

DECLARE_GUEST(paging);
DECLARE_GUEST_SYM(paging, load);
DECLARE_GUEST_SYM(paging, store);
DECLARE_GUEST_SYM(paging, jump);
DECLARE_GUEST_SYM(paging, flush);
DECLARE_GUEST_SYM(paging, ids);
DECLARE_GUEST_SYM(paging, traps);

/* descriptors */
#define VALID		1ull
#define TABLE		3ull
#define USER		(1ull << 6)
#define READ_ONLY	(1ull << 7)
#define AF		(1ull << 10)
#define PXN		(1ull << 53)
#define UXN		(1ull << 54)
#define TABLE_RIGHTS	59	/* PXN, UXN, no EL0, no write */

/* tables of the address under test, 64K each, and the memory it leads to */
#define TABLES		0x300000ull
#define TABLE_SIZE	0x10000ull
#define TARGET		0x200000ull
#define SVC		0xd4000001ull
/* by the guest's store: code still */
#define STORED		(0x12345678ull << 32 | SVC)

#define SCTLR_M		(1ull << 0)
#define SCTLR_WXN	(1ull << 19)

#define TCR_EPD1	(1ull << 23)
#define TCR_WALKS	(1ull << 24 | 1ull << 26 | 3ull << 28)
#define TCR_IPS(n)	((uint64_t)(n) << 32)
#define TCR_TBI0	(1ull << 37)
#define TCR_TBI1	(1ull << 38)
#define TCR_HPD1	(1ull << 42)
/* of the lower half, as the harness has it */
#define TCR_LOW		(AXT_TCR & 0xffff)

#define EC_SVC		0x15

#define EL0		0x3c0ull
#define EL1		0x3c5ull
#define PAN		(1ull << 22)

static const struct axt_config paged = { .start = AXT_START_PAGED, GUEST(paging) };

/* how the guest makes each access */
static const struct {
	uint32_t prot;
	const unsigned char *at;
} kinds[] = {
	{ AXVCPU_PROT_READ, guest_paging__load },
	{ AXVCPU_PROT_WRITE, guest_paging__store },
	{ AXVCPU_PROT_EXEC, guest_paging__jump },
};

struct view {
	const char *name;
	uint64_t pstate;
	uint64_t sctlr;
};

static const struct view views[] = {
	{ "kernel", EL1, 0 },
	{ "kernel-pan", EL1 | PAN, 0 },
	{ "kernel-wxn", EL1, SCTLR_WXN },
	{ "user", EL0, 0 },
	{ "user-wxn", EL0, SCTLR_WXN },
};

static bool is_user(const struct view *w)
{
	return (w->pstate & 0xf) == 0;
}

/* granules, by page shift, TG1 and the field of ID_AA64MMFR0_EL1 that says they are there */
struct granule {
	const char *name;
	unsigned int shift;
	uint64_t tg1;
	unsigned int field;
	unsigned int none;
};

static const struct granule granules[] = {
	{ "4K", 12, 2, 28, 15 },
	{ "16K", 14, 1, 20, 0 },
	{ "64K", 16, 3, 24, 15 },
};

/**
 * struct geometry - the upper half
 * @g: granule
 * @size: T1SZ
 * @leaf: level of the leaf
 * @tables: bits of all descriptors above it
 * @tcr: further bits
 */
struct geometry {
	const struct granule *g;
	unsigned int size;
	int leaf;
	uint64_t tables;
	uint64_t tcr;
};

static const struct geometry plain = { &granules[0], 16, 3, 0, TCR_IPS(2) };

static void put(struct axt *f, uint64_t gpa, uint64_t val)
{
	GUEST_MEM(f, gpa, uint64_t) = val;
}

static unsigned int level_shift(const struct granule *g, int level)
{
	return g->shift + (g->shift - 3) * (3 - level);
}

static int first_level(const struct geometry *y)
{
	unsigned int stride = y->g->shift - 3;

	return 4 - (int)((64 - y->size - y->g->shift + stride - 1) / stride);
}

/* The address under test: the highest bit of an index set, and so are all those above. */
static uint64_t address(const struct geometry *y)
{
	return ~0ull << (63 - y->size) | TARGET;
}

/* Where the descriptor of @level is. */
static uint64_t entry_at(const struct geometry *y, int level)
{
	unsigned int shift = level_shift(y->g, level), bits = y->g->shift - 3;

	if (level == first_level(y))
		bits = 64 - y->size - shift;
	return TABLES + (level - first_level(y)) * TABLE_SIZE +
	       (address(y) >> shift & ((1ull << bits) - 1)) * 8;
}

/* Tables of @y with a leaf of @bits for TARGET. */
static void set_leaf(struct axt *f, const struct geometry *y, uint64_t bits)
{
	uint64_t size = 1ull << level_shift(y->g, y->leaf);
	int level;

	for (level = first_level(y); level < y->leaf; level++)
		put(f, entry_at(y, level), (TABLES + (level + 1 - first_level(y)) * TABLE_SIZE) |
		    TABLE | y->tables);
	put(f, entry_at(y, y->leaf), bits | (TARGET & ~(size - 1)));
}

static uint64_t leaf_type(int level)
{
	return level == 3 ? TABLE : VALID;
}

static uint64_t tcr_of(const struct geometry *y)
{
	return TCR_LOW | TCR_WALKS | y->tcr | (uint64_t)y->size << 16 | y->g->tg1 << 30;
}

/* ID_AA64MMFR0_EL1 to ID_AA64MMFR2_EL1 */
static uint64_t ids[3];

static unsigned int id_field(unsigned int reg, unsigned int shift)
{
	return ids[reg] >> shift & 15;
}

/* Go on at @pc until the guest is in its vectors. */
static void go(struct axt *f, uint64_t pc, uint64_t pstate, uint64_t gva)
{
	volatile struct axvcpu_arm64_gpr *g = &f->regs->gpr;

	g->x[0] = 0;
	g->x[1] = gva;
	g->x[2] = STORED;
	g->pstate = pstate;
	g->pc = pc;
	f->v.run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL;
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	ASSERT_EQ((f->exit->pc - GUEST_SYM(paging, traps)) % 0x80, 0x10u);
}

static void prepare(struct axt *f)
{
	uint64_t *l1 = (uint64_t *)(f->ram + GUEST_L1);
	unsigned int i;

	/* every page of the target says where it is, and is a piece of code */
	for (i = 0; i < 0x80; i++)
		put(f, TARGET + i * AXT_PAGE, (TARGET + i * AXT_PAGE) << 32 | SVC);
	/* what the code is in is not written, so that WXN is nothing to it */
	for (i = 0; i < 4; i++) {
		l1[i] |= READ_ONLY;
		l1[GUEST_USER_GIB + i] |= READ_ONLY;
	}
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR));
	f->regs->control.vbar = GUEST_SYM(paging, traps);
	f->regs->control.ttbr1 = TABLES;
	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
	go(f, GUEST_SYM(paging, ids), EL1, 0);
	for (i = 0; i < 3; i++)
		ids[i] = reg(&f->v, i);
}

/* The guest makes access @kind at @gva: 0 or ESR_EL1. */
static uint64_t by_cpu(struct axt *f, const struct view *w, unsigned int kind, uint64_t gva)
{
	uint64_t pc = (uintptr_t)kinds[kind].at, esr;
	bool jumped = kinds[kind].prot == AXVCPU_PROT_EXEC;

	if (is_user(w))
		pc += GUEST_USER;
	go(f, pc, w->pstate, gva);
	esr = f->regs->control.esr;
	if (esr >> 26 == EC_SVC) {
		EXPECT_EQ(f->regs->control.elr, (jumped ? gva : pc + 4) + 4);
		return 0;
	}
	EXPECT_EQ(f->regs->control.far, gva);
	EXPECT_EQ(f->regs->control.elr, jumped ? gva : pc);
	return esr;
}

/* Where the access got to is where TRANSLATE says. */
static void check_place(struct axt *f, uint32_t prot, uint64_t gva, uint64_t gpa)
{
	uint64_t page = gpa & ~(AXT_PAGE - 1);

	EXPECT_EQ(gpa, page + (gva & (AXT_PAGE - 1)));
	if (prot == AXVCPU_PROT_READ) {
		EXPECT_EQ(f->regs->gpr.x[0], page << 32 | SVC);
	} else if (prot == AXVCPU_PROT_WRITE) {
		ASSERT_TRUE(page < f->ram_size);
		EXPECT_EQ(GUEST_MEM(f, gpa, uint64_t), STORED);
		put(f, page, page << 32 | SVC);
	}
}

static void compare(struct axt *f, const struct view *w, const struct geometry *y, uint64_t gva,
		    uint64_t leaf)
{
	struct axvcpu_translate t;
	unsigned int i;
	uint64_t esr;

	f->regs->control.tcr = tcr_of(y);
	f->regs->control.sctlr = AXT_SCTLR | w->sctlr;
	go(f, GUEST_SYM(paging, flush), EL1, 0);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		axt_context("%s, %s of %u bits, leaf 0x%llx at %d, address 0x%llx, access %u",
			    w->name, y->g->name, 64 - y->size, (unsigned long long)leaf, y->leaf,
			    (unsigned long long)gva, kinds[i].prot);
		esr = by_cpu(f, w, i, gva);
		/* the exception has changed the mode */
		f->regs->gpr.pstate = w->pstate;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
		ASSERT_OK(axv_translate(&f->v, gva, kinds[i].prot, &t));
		EXPECT_EQ(t.fault, esr);
		EXPECT_EQ(t.valid, !esr);
		EXPECT_EQ(!!(t.prot & kinds[i].prot), !esr);
		if (!esr && t.valid) {
			EXPECT_EQ(t.page_size, 1ull << level_shift(y->g, y->leaf));
			check_place(f, kinds[i].prot, gva, t.gpa);
		}
		if (axt_failures() > 20)
			axt_end();
	}
}

static void need_pan(const struct view *w)
{
	if ((w->pstate & PAN) && !id_field(1, 20))
		axt_skip("the CPU has no PAN");
}

/* Every combination of rights, in a page and in a block. */
TEST_ROWS(rights, views, ARRAY_SIZE(views), &paged)
{
	const struct view *w = arg;
	struct geometry y = plain;
	unsigned int bits;
	uint64_t leaf;

	prepare(f);
	need_pan(w);
	for (y.leaf = 3; y.leaf >= 2; y.leaf--) {
		for (bits = 0; bits < 32; bits++) {
			leaf = leaf_type(y.leaf) | (bits & 1 ? USER : 0) |
			       (bits & 2 ? READ_ONLY : 0) | (bits & 4 ? PXN : 0) |
			       (bits & 8 ? UXN : 0) | (bits & 16 ? AF : 0);
			set_leaf(f, &y, leaf);
			compare(f, w, &y, address(&y), leaf);
		}
	}
}

/* What a table says of all below it, where that counts and where it does not. */
TEST_ROWS(tables, views, ARRAY_SIZE(views), &paged)
{
	const struct view *w = arg;
	struct geometry y = plain;
	uint64_t bits, hpd;

	prepare(f);
	need_pan(w);
	for (hpd = 0; hpd < (id_field(1, 12) ? 2 : 1); hpd++) {
		y.tcr = TCR_IPS(2) | (hpd ? TCR_HPD1 : 0);
		for (bits = 0; bits < 16; bits++) {
			y.tables = bits << TABLE_RIGHTS;
			set_leaf(f, &y, TABLE | AF | USER);
			compare(f, w, &y, address(&y), y.tables);
			set_leaf(f, &y, TABLE | AF);
			compare(f, w, &y, address(&y), y.tables);
		}
	}
}

/* All sizes, leaves at all levels, also such as have none, and descriptors of nothing. */
TEST_ROWS(sizes, granules, ARRAY_SIZE(granules), &paged)
{
	struct geometry y = { .g = arg, .tcr = TCR_IPS(2) };

	prepare(f);
	if (id_field(0, y.g->field) == y.g->none)
		axt_skip("the CPU has no pages of %s", y.g->name);
	for (y.size = 16; y.size <= 39; y.size++) {
		for (y.leaf = first_level(&y); y.leaf <= 3; y.leaf++) {
			/* a block of all there is would be more than TARGET */
			set_leaf(f, &y, leaf_type(y.leaf) | AF);
			compare(f, &views[0], &y, address(&y), leaf_type(y.leaf) | AF);
			set_leaf(f, &y, AF);
			compare(f, &views[0], &y, address(&y), AF);
		}
		y.leaf = 3;
		set_leaf(f, &y, VALID | AF);
		compare(f, &views[0], &y, address(&y), VALID | AF);
	}
}

/* Addresses that are in no half, with and without a tag; and a half that is not walked. */
TEST(halves, &paged)
{
	struct geometry y = plain;
	unsigned int bit;
	uint64_t tag;

	prepare(f);
	for (y.size = 16; y.size <= 39; y.size += 23) {
		set_leaf(f, &y, TABLE | AF | USER);
		for (tag = 0; tag < 2; tag++) {
			y.tcr = TCR_IPS(2) | (tag ? TCR_TBI0 | TCR_TBI1 : 0);
			for (bit = 64 - y.size; bit < 64; bit++) {
				/* the pc of a jump has no tag */
				if (tag && bit >= 55)
					continue;
				compare(f, &views[0], &y, address(&y) ^ 1ull << bit, bit);
			}
		}
		y.tcr = TCR_IPS(2) | TCR_EPD1;
		compare(f, &views[0], &y, address(&y), 0);
	}
}

/* Output addresses that are more than TCR_EL1.IPS says. */
TEST(output, &paged)
{
	struct geometry y = plain;
	int level;

	prepare(f);
	y.tcr = TCR_IPS(0);
	set_leaf(f, &y, TABLE | AF);
	compare(f, &views[0], &y, address(&y), 0);
	for (level = 0; level <= 3; level++) {
		set_leaf(f, &y, TABLE | AF);
		GUEST_MEM(f, entry_at(&y, level), uint64_t) |= 1ull << 36;
		compare(f, &views[0], &y, address(&y), level);
	}
	set_leaf(f, &y, TABLE | AF);
	f->regs->control.ttbr1 = TABLES | 1ull << 36;
	compare(f, &views[0], &y, address(&y), ~0ull);
}

/* Without the MMU an address is what it is. */
TEST(off, &paged)
{
	static const struct view off = { "off", EL1, 0 };
	struct axvcpu_translate t;
	unsigned int kind, bit;
	uint64_t esr, gva;

	prepare(f);
	f->regs->control.sctlr = AXT_SCTLR & ~SCTLR_M;
	for (bit = 53; bit < 64; bit += 5) {
		for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			axt_context("bit %u, access %u", bit, kinds[kind].prot);
			gva = 1ull << bit | TARGET;
			esr = by_cpu(f, &off, kind, gva);
			f->regs->gpr.pstate = EL1;
			ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
			ASSERT_OK(axv_translate(&f->v, gva, kinds[kind].prot, &t));
			EXPECT_EQ(t.fault, esr);
			EXPECT_EQ(t.valid, 0u);
		}
	}
	axt_context(NULL);
	ASSERT_OK(axv_translate(&f->v, TARGET + 5, AXVCPU_PROT_READ | AXVCPU_PROT_EXEC, &t));
	EXPECT_EQ(t.valid, 1u);
	EXPECT_EQ(t.gpa, TARGET + 5);
	EXPECT_EQ(t.page_size, 0u);
	EXPECT_EQ(by_cpu(f, &off, 0, TARGET), 0u);
	check_place(f, AXVCPU_PROT_READ, TARGET, TARGET);
}

/*
 * A table where no memory is: the exit tells the walk from the access, which has not been
 * made. FAULT is an error of the bus, to the guest.
 */
TEST(walk_in_a_hole, &paged)
{
	const struct geometry *y = &plain;
	struct axvcpu_translate t;
	uint64_t pc, gva = address(y);
	unsigned int kind;
	int level;

	prepare(f);
	f->regs->control.tcr = tcr_of(y);
	for (level = 0; level < 3; level++) {
		set_leaf(f, y, TABLE | AF);
		put(f, entry_at(y, level), GUEST_MMIO | TABLE);
		for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			axt_context("level %d, access %u", level, kinds[kind].prot);
			go(f, GUEST_SYM(paging, flush), EL1, 0);
			pc = (uintptr_t)kinds[kind].at;
			axt_goto(&f->v, pc, 0);
			ASSERT_OK(axv_set_gpr(&f->v, 1, gva));
			ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
			EXPECT_EQ(f->exit->npf.gpa, GUEST_MMIO);
			EXPECT_EQ(f->exit->npf.access, AXVCPU_PROT_READ);
			EXPECT_EQ(f->exit->npf.flags, AXVCPU_NPF_WALK);
			if (kinds[kind].prot == AXVCPU_PROT_EXEC)
				pc = gva;
			EXPECT_EQ(f->exit->pc, pc);
			EXPECT_ERR(ENXIO, axv_translate(&f->v, gva, 0, &t));
			axv_fault(&f->v);
			ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
			EXPECT_EQ(f->regs->control.esr >> 26, kind == 2 ? 0x21u : 0x25u);
			EXPECT_EQ(f->regs->control.esr & 0x3f, 0x10u);
			EXPECT_EQ(f->regs->control.far, gva);
			EXPECT_EQ(f->regs->control.elr, pc);
		}
	}
}
