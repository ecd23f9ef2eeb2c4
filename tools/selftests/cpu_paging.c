// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest paging and TRANSLATE, against each other: in each paging mode, for each
 * combination of rights, privilege and control bits, the guest's CPU makes the
 * access, and TRANSLATE says before what will come of it.
 *
 * rig: arch=x86
 */
#include "common/x86.h"

DECLARE_GUEST(cpu);
DECLARE_GUEST_SYM(cpu, done);
DECLARE_GUEST_SYM(cpu, load);
DECLARE_GUEST_SYM(cpu, store);
DECLARE_GUEST_SYM(cpu, jump);
DECLARE_GUEST_SYM(cpu, traps);
DECLARE_GUEST(paging32);
DECLARE_GUEST_SYM(paging32, done);
DECLARE_GUEST_SYM(paging32, load);
DECLARE_GUEST_SYM(paging32, store);
DECLARE_GUEST_SYM(paging32, jump);
DECLARE_GUEST_SYM(paging32, traps);

static const struct axt_config long64 = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(cpu),
};

static const struct axt_config prot32 = {
	.start = AXVCPU_X86_START_PROT32,
	GUEST(paging32),
};

/* tables of the tests, above the fixture's */
#define TABLES		0x100000ull
#define TABLE(nr)	(TABLES + (nr) * AXT_PAGE)
/* the page that is looked at, and where the guest sees it */
#define TARGET		0x200000ull
#define TSS		(GUEST_PD + 4 * AXT_PAGE)
#define USER_STACK	0x80000

#define P	0x1ull
#define RW	0x2ull
#define US	0x4ull
#define ACC	0x20ull
#define DIRTY	0x40ull
#define PS	0x80ull
#define NX	(1ull << 63)

/* page-fault codes */
#define PF_P	1u
#define PF_W	2u
#define PF_U	4u
#define PF_RSVD	8u
#define PF_I	16u

enum mode { NONE, BITS32, PSE, PAE, PAE_LARGE, LONG, LONG_LARGE, LONG_HUGE, NR_MODES };

static const char *const mode_names[NR_MODES] = {
	"none", "32-bit", "32-bit-4M", "pae", "pae-2M", "4-level", "4-level-2M", "4-level-1G",
};

static const uint64_t page_sizes[NR_MODES] = {
	0, 0x1000, 0x400000, 0x1000, 0x200000, 0x1000, 0x200000, 0x40000000,
};

/* Guest virtual address of the page under test; nothing else is near it. */
static uint64_t window(enum mode m)
{
	if (m == NONE)
		return TARGET;
	return m >= LONG ? 0xffff900080000000ull : 0x80000000ull;
}

/* What backs a page of that size: all of them hold TARGET at some offset. */
static uint64_t backing(enum mode m)
{
	return page_sizes[m] > 0x200000 ? 0 : TARGET;
}

/* Address of TARGET's first byte in the window. */
static uint64_t target_va(enum mode m)
{
	return window(m) + (TARGET - backing(m));
}

/* ---- tables ------------------------------------------------------------------------ */

static void put64(struct axt *f, uint64_t table, unsigned int index, uint64_t entry)
{
	GUEST_MEM(f, table + index * 8, uint64_t) = entry;
}

static void put32(struct axt *f, uint64_t table, unsigned int index, uint32_t entry)
{
	GUEST_MEM(f, table + index * 4, uint32_t) = entry;
}

/*
 * The first 4 MiB one to one, for the guest's code; and the window, whose leaf
 * has the bits of @leaf and whose upper levels all rights. @code_user: user
 * mode may run the code. Where the leaf is comes back.
 */
static uint64_t build(struct axt *f, enum mode m, uint64_t leaf, bool code_user)
{
	uint64_t rights = P | RW | (code_user ? US : 0), all = P | RW | US, va = window(m);
	unsigned int i;

	memset(f->ram + TABLES, 0, 16 * AXT_PAGE);
	switch (m) {
	case BITS32:
	case PSE:
		/* the code by a table, so that both modes have it alike */
		put32(f, TABLE(0), 0, TABLE(1) | rights);
		for (i = 0; i < 1024; i++)
			put32(f, TABLE(1), i, i << 12 | rights);
		if (m == PSE) {
			put32(f, TABLE(0), va >> 22, TARGET >> 22 << 22 | leaf | PS);
			return TABLE(0) + (va >> 22) * 4;
		}
		put32(f, TABLE(0), va >> 22, TABLE(2) | all);
		put32(f, TABLE(2), (va >> 12) & 1023, TARGET | leaf);
		return TABLE(2) + ((va >> 12) & 1023) * 4;
	case PAE:
	case PAE_LARGE:
		put64(f, TABLE(0), 0, TABLE(1) | P);
		put64(f, TABLE(0), va >> 30, TABLE(2) | P);
		put64(f, TABLE(1), 0, 0 | PS | rights);
		put64(f, TABLE(1), 1, 0x200000 | PS | rights);
		if (m == PAE_LARGE) {
			put64(f, TABLE(2), (va >> 21) & 511, TARGET | leaf | PS);
			return TABLE(2) + ((va >> 21) & 511) * 8;
		}
		put64(f, TABLE(2), (va >> 21) & 511, TABLE(3) | all);
		put64(f, TABLE(3), (va >> 12) & 511, TARGET | leaf);
		return TABLE(3) + ((va >> 12) & 511) * 8;
	default:
		put64(f, TABLE(0), 0, TABLE(1) | all);
		put64(f, TABLE(1), 0, TABLE(2) | all);
		put64(f, TABLE(2), 0, 0 | PS | rights);
		put64(f, TABLE(2), 1, 0x200000 | PS | rights);
		put64(f, TABLE(0), (va >> 39) & 511, TABLE(3) | all);
		if (m == LONG_HUGE) {
			put64(f, TABLE(3), (va >> 30) & 511, leaf | PS);
			return TABLE(3) + ((va >> 30) & 511) * 8;
		}
		put64(f, TABLE(3), (va >> 30) & 511, TABLE(4) | all);
		if (m == LONG_LARGE) {
			put64(f, TABLE(4), (va >> 21) & 511, TARGET | leaf | PS);
			return TABLE(4) + ((va >> 21) & 511) * 8;
		}
		put64(f, TABLE(4), (va >> 21) & 511, TABLE(5) | all);
		put64(f, TABLE(5), (va >> 12) & 511, TARGET | leaf);
		return TABLE(5) + ((va >> 12) & 511) * 8;
	}
}

/* ---- the CPU's state ------------------------------------------------------------------- */

/* control bits and privilege of a try */
struct setting {
	bool wp, nxe, smep, smap, user;
};

static struct axvcpu_x86_control start_control;

static void enter(struct axt *f, enum mode m, const struct setting *s)
{
	struct axvcpu_x86_control c = start_control;

	if (m != NONE) {
		c.cr0 |= CR0_PG;
		c.cr3 = TABLES;
	}
	if (m == PSE)
		c.cr4 |= CR4_PSE;
	if (m >= PAE)
		c.cr4 |= CR4_PAE;
	c.cr0 = s->wp ? c.cr0 | CR0_WP : c.cr0 & ~CR0_WP;
	if (s->nxe)
		c.efer |= EFER_NXE;
	if (s->smep)
		c.cr4 |= CR4_SMEP;
	if (s->smap)
		c.cr4 |= CR4_SMAP;
	if (s->user) {
		c.seg[AXVCPU_X86_CS].selector = 0x2b;
		c.seg[AXVCPU_X86_CS].attr |= 0x60;
		c.seg[AXVCPU_X86_SS].selector = 0x33;
		c.seg[AXVCPU_X86_SS].attr |= 0x60;
	}
	c.seg[AXVCPU_X86_TR] = (struct axvcpu_x86_segment) { TSS, 0x67, 0x38, X86_TR_ATTR };
	ASSERT_OK(x86_set_control(&f->v, &c));
}

/* A way back to ring 0 from user mode. */
static void make_tss(struct axt *f)
{
	memset(f->ram + TSS, 0, 0x68);
	if (f->config->start == AXVCPU_X86_START_LONG64) {
		GUEST_MEM(f, TSS + 4, uint64_t) = GUEST_STACK;
	} else {
		GUEST_MEM(f, TSS + 4, uint32_t) = GUEST_STACK;
		GUEST_MEM(f, TSS + 8, uint32_t) = GUEST_DS;
	}
}

/* ---- one access ---------------------------------------------------------------------------- */

static const uint32_t accesses[] = { AXVCPU_PROT_READ, AXVCPU_PROT_WRITE, AXVCPU_PROT_EXEC };

static uint64_t code_for(const struct axt *f, uint32_t access)
{
	bool wide = f->config->start == AXVCPU_X86_START_LONG64;

	if (access == AXVCPU_PROT_READ)
		return wide ? GUEST_SYM(cpu, load) : GUEST_SYM(paging32, load);
	if (access == AXVCPU_PROT_WRITE)
		return wide ? GUEST_SYM(cpu, store) : GUEST_SYM(paging32, store);
	return wide ? GUEST_SYM(cpu, jump) : GUEST_SYM(paging32, jump);
}

/* The guest does it: true, or false with the fault's code. */
static bool guest_access(struct axt *f, const struct x86_traps *t, uint64_t va,
			 uint32_t access, bool user, uint32_t *error)
{
	bool wide = f->config->start == AXVCPU_X86_START_LONG64;
	struct axvcpu_x86_control c;
	struct x86_frame fr;

	/* what is jumped to comes back at once */
	memcpy(f->ram + TARGET + (va & 0xfff),
	       f->ram + (wide ? GUEST_SYM(cpu, done) : GUEST_SYM(paging32, done)), 3);
	axt_goto(&f->v, code_for(f, access), user ? USER_STACK : GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, RSI, va));
	ASSERT_OK(axv_set_gpr(&f->v, RDX, 0x5a));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	if (!x86_trapped(t, &f->v, &fr))
		return true;
	*error = fr.error;
	EXPECT_EQ(fr.vector, 14u);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, va);
	return false;
}

static void compare(struct axt *f, const struct x86_traps *t, enum mode m,
		    const struct setting *s, uint64_t leaf_at, uint64_t leaf)
{
	unsigned int bytes = m == BITS32 || m == PSE ? 4 : 8, i;
	uint64_t va = target_va(m) + 8, after = 0;
	struct axvcpu_translate said;
	uint32_t error;
	bool works;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		axt_context("%s, leaf %llx, wp %d nxe %d smep %d smap %d user %d, access %u",
			    mode_names[m], (unsigned long long)leaf, s->wp, s->nxe, s->smep,
			    s->smap, s->user, accesses[i]);
		if (m != NONE)
			memcpy(f->ram + leaf_at, &leaf, bytes);
		enter(f, m, s);
		/* in the flags and privilege of the access */
		axt_goto(&f->v, code_for(f, accesses[i]), GUEST_STACK);
		ASSERT_OK(axv_translate(&f->v, va, accesses[i], &said));
		works = guest_access(f, t, va, accesses[i], s->user, &error);
		EXPECT_EQ(said.valid, works ? 1u : 0u);
		if (works) {
			EXPECT_EQ(said.gpa, TARGET + 8);
			EXPECT_EQ(said.page_size, page_sizes[m]);
			EXPECT_EQ(said.prot & accesses[i], accesses[i]);
			EXPECT_EQ(said.fault, 0u);
		} else {
			/* QEMU forgets that a reserved bit is of a present entry */
			if ((error & PF_RSVD) && x86_emulated())
				error |= PF_P;
			EXPECT_EQ(said.fault, error);
			EXPECT_EQ(said.prot & accesses[i], 0u);
		}
		if (works && m != NONE) {
			memcpy(&after, f->ram + leaf_at, bytes);
			EXPECT_EQ(after & ACC, ACC);
			EXPECT_EQ(after & DIRTY, accesses[i] == AXVCPU_PROT_WRITE ? DIRTY : 0);
		}
		if (axt_failures() > 5)
			axt_end();
	}
	axt_context(NULL);
}

/* TRANSLATE alone touches nothing. */
static void look_only(struct axt *f, enum mode m, uint64_t leaf_at)
{
	unsigned int bytes = m == BITS32 || m == PSE ? 4 : 8;
	uint64_t before = 0, after = 0;
	struct axvcpu_translate t;

	memcpy(&before, f->ram + leaf_at, bytes);
	ASSERT_OK(axv_translate(&f->v, target_va(m) + 0x123, 0, &t));
	EXPECT_EQ(t.valid, 1u);
	EXPECT_EQ(t.gpa, TARGET + 0x123);
	EXPECT_EQ(t.page_size, page_sizes[m]);
	ASSERT_OK(axv_translate(&f->v, target_va(m), AXVCPU_PROT_WRITE, &t));
	memcpy(&after, f->ram + leaf_at, bytes);
	EXPECT_EQ(after, before);
}

struct mode_row {
	const char *name;
	enum mode mode;
};

static const struct mode_row modes[] = {
	{ "none", NONE }, { "32-bit", BITS32 }, { "32-bit-4M", PSE }, { "pae", PAE },
	{ "pae-2M", PAE_LARGE }, { "4-level", LONG }, { "4-level-2M", LONG_LARGE },
	{ "4-level-1G", LONG_HUGE },
};

static bool guest_has(struct axt *f, uint32_t leaf, unsigned int reg_nr, unsigned int bit)
{
	static struct axvcpu_cpuid_entry e[256];
	int i, nr = ASSERT_OK(axv_get_cpuid(&f->v, e, ARRAY_SIZE(e)));
	uint32_t val;

	for (i = 0; i < nr; i++) {
		if (e[i].function != leaf || ((e[i].flags & AXVCPU_CPUID_INDEX) && e[i].index))
			continue;
		val = reg_nr == 1 ? e[i].ebx : reg_nr == 2 ? e[i].ecx : e[i].edx;
		return val >> bit & 1;
	}
	return false;
}

TEST_ROWS(paging, modes, ARRAY_SIZE(modes), NULL)
{
	const struct mode_row *row = arg;
	enum mode m = row->mode;
	bool smep, smap, has_nx;
	unsigned int bits, leaf_bits;
	struct x86_traps t;
	uint64_t leaf, at = 0;

	axt_close(f);
	axt_open(f, m >= LONG ? &long64 : &prot32);
	t = x86_traps_init(f, m >= LONG ? GUEST_SYM(cpu, traps) : GUEST_SYM(paging32, traps));
	make_tss(f);
	x86_get_control(&f->v, &start_control);
	smep = guest_has(f, 7, 1, 7);
	smap = guest_has(f, 7, 1, 20);
	has_nx = m >= PAE && guest_has(f, 0x80000001, 3, 20);
	if (m == LONG_HUGE && !guest_has(f, 0x80000001, 3, 26))
		axt_skip("this CPU has no 1 GiB pages");

	/* leaf_bits: P, RW, US, NX; bits: WP, NXE, SMEP, SMAP, user */
	for (leaf_bits = 0; leaf_bits < (m == NONE ? 1 : 16); leaf_bits++) {
		leaf = (leaf_bits & 1 ? P : 0) | (leaf_bits & 2 ? RW : 0) |
		       (leaf_bits & 4 ? US : 0) | (leaf_bits & 8 ? NX : 0);
		if ((leaf & NX) && !has_nx)
			continue;
		if (m != NONE && page_sizes[m] > 0x1000)
			leaf |= PS;
		for (bits = 0; bits < 32; bits++) {
			struct setting s = {
				.wp = bits & 1, .nxe = bits & 2, .smep = bits & 4,
				.smap = bits & 8, .user = bits & 16,
			};

			/* NX without NXE is a reserved bit, and SMEP wants its code so */
			if ((s.nxe && !has_nx) || (s.smep && (!smep || s.user)) ||
			    (s.smap && (!smap || s.user)) || (m == NONE && bits & ~17u))
				continue;
			if (m != NONE)
				at = build(f, m, leaf, s.user);
			if (m == PSE)
				leaf |= TARGET >> 22 << 22;
			else if (m != NONE && m != LONG_HUGE)
				leaf |= TARGET;
			compare(f, &t, m, &s, at, leaf);
		}
	}
	if (m == NONE)
		return;
	at = build(f, m, P | RW | US, false);
	enter(f, m, &(struct setting) { });
	look_only(f, m, at);
}

/* Rights are those of all levels together. */
TEST(upper_levels, &long64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(cpu, traps));
	static const uint64_t weak[] = { P | RW, P | US, P | RW | US, 0, P | RW | US | NX };
	uint64_t va = target_va(LONG), upper[4];
	struct axvcpu_translate said;
	unsigned int level, i, a, k;
	uint32_t error;
	bool works;

	make_tss(f);
	x86_get_control(&f->v, &start_control);
	for (level = 0; level < 3; level++) {
		for (i = 0; i < ARRAY_SIZE(weak); i++) {
			for (a = 0; a < 6; a++) {
				const struct setting s = { .wp = true, .nxe = true, .user = a >= 3 };
				uint32_t access = accesses[a % 3];

				build(f, LONG, P | RW | US, s.user);
				upper[0] = TABLE(0) + ((va >> 39) & 511) * 8;
				upper[1] = TABLE(3) + ((va >> 30) & 511) * 8;
				upper[2] = TABLE(4) + ((va >> 21) & 511) * 8;
				k = level;
				GUEST_MEM(f, upper[k], uint64_t) =
					(GUEST_MEM(f, upper[k], uint64_t) & ~0xfffull) | weak[i];
				axt_context("level %u, entry %u, access %u", level, i, a);
				enter(f, LONG, &s);
				axt_goto(&f->v, code_for(f, access), GUEST_STACK);
				ASSERT_OK(axv_translate(&f->v, va, access, &said));
				works = guest_access(f, &t, va, access, s.user, &error);
				EXPECT_EQ(said.valid, works ? 1u : 0u);
				if (!works)
					EXPECT_EQ(said.fault, error);
				if (axt_failures() > 5)
					axt_end();
			}
		}
	}
}

/* What is no address at all, and tables that are not memory. */
TEST(translate_errors, &long64)
{
	uint64_t *pml4 = (uint64_t *)(f->ram + GUEST_PML4);
	struct axvcpu_translate t;

	ASSERT_OK(axv_translate(&f->v, 0x0000800000000000ull, AXVCPU_PROT_READ, &t));
	EXPECT_EQ(t.valid, 0u);
	ASSERT_OK(axv_translate(&f->v, 0x123456789, 0, &t));
	EXPECT_EQ(t.valid, 0u);
	EXPECT_EQ(t.fault & (PF_P | PF_W), 0u);
	pml4[9] = GUEST_MMIO | 7;
	EXPECT_ERR(ENXIO, axv_translate(&f->v, 9ull << 39, AXVCPU_PROT_READ, &t));
	EXPECT_ERR(EINVAL, axv_translate(&f->v, 0, 8, &t));
	EXPECT_ERR(EINVAL, axv_translate(&f->v, 0, ~0u, &t));
	ASSERT_OK(axv_translate(&f->v, 0x123456, AXVCPU_PROT_READ | AXVCPU_PROT_WRITE |
				AXVCPU_PROT_EXEC, &t));
	EXPECT_EQ(t.valid, 1u);
	EXPECT_EQ(t.gpa, 0x123456u);
	EXPECT_EQ(t.prot, AXV_PROT_RWX);
}
