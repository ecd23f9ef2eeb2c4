// SPDX-License-Identifier: GPL-2.0-only
/*
 * The start modes, and a guest that goes through all modes of an x86 by itself
 * and back, as boot loaders and kernels do.
 *
 * rig: arch=x86
 */
#include "common/mem.h"
#include "common/x86.h"

DECLARE_GUEST(modes);
#define LABEL(name)	DECLARE_GUEST_SYM(modes, name)
LABEL(start);
LABEL(real);
LABEL(prot);
LABEL(paged);
LABEL(enabled);
LABEL(compat);
LABEL(long_mode);
LABEL(back);
LABEL(unpaged);
LABEL(reset_vector);
LABEL(hello16);
LABEL(lme_alone);
LABEL(lme_on);

#undef SYM
#define SYM(label)	GUEST_SYM(modes, label)

static const struct axt_config real_config = {
	.start = AXVCPU_X86_START_REAL,
	GUEST(modes),
	.entry = GUEST_SYM(modes, start),
};

static const struct axt_config created = {
	.stage = AXT_CREATED,
	GUEST(modes),
};

/* ---- the start modes -------------------------------------------------------------------- */

static void setup(struct axt *f, uint32_t start, uint64_t entry, uint64_t rsp)
{
	struct axvcpu_setup s = {
		.flags = AXVCPU_SETUP_RUNNABLE,
		.entry = entry,
		.stage2_fd = f->s2,
		.arch.x86 = { .start = start, .rsp = rsp },
	};

	if (start == AXVCPU_X86_START_LONG64) {
		axt_page_tables(f->ram, true);
		s.arch.x86.cr3 = GUEST_PML4;
	}
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	want(&f->v, AXVCPU_REGS_ALL);
}

static void expect_segment(struct axt *f, unsigned int nr, uint16_t selector, uint64_t base,
			   uint32_t limit, uint16_t attr)
{
	axt_context("segment %u", nr);
	EXPECT_EQ(f->regs->control.seg[nr].selector, selector);
	EXPECT_EQ(f->regs->control.seg[nr].base, base);
	EXPECT_EQ(f->regs->control.seg[nr].limit, limit);
	EXPECT_EQ(f->regs->control.seg[nr].attr, attr);
	axt_context(NULL);
}

/* CS in real mode, after the guest has run. */
static void expect_real_cs(struct axt *f, uint16_t selector, uint64_t base)
{
	expect_segment(f, AXVCPU_X86_CS, selector, base, 0xffff,
		       axt_flawed(AXT_FLAW_REAL_CS) ? 0x93 : 0x9b);
}

/* The state no mode has anything to say about. */
static void expect_reset_rest(struct axt *f)
{
	EXPECT_EQ(f->regs->gpr.rflags, 2u);
	EXPECT_EQ(f->regs->debug.dr6, 0xffff0ff0u);
	EXPECT_EQ(f->regs->debug.dr7, 0x400u);
	EXPECT_EQ(f->regs->control.xcr0, 1u);
	EXPECT_EQ(f->regs->control.pat, 0x0007040600070406ull);
	EXPECT_EQ(f->regs->control.cr2, 0u);
	EXPECT_EQ(f->regs->control.cr8, 0u);
	EXPECT_EQ(f->regs->intr.flags, 0u);
}

TEST(start_real, &created)
{
	unsigned int i;

	setup(f, AXVCPU_X86_START_REAL, SYM(hello16), 0x8000);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(hello16));
	EXPECT_EQ(f->regs->gpr.r[RSP], 0x8000u);
	expect_real_cs(f, 0, 0);
	for (i = 0; i <= AXVCPU_X86_GS; i++)
		if (i != AXVCPU_X86_CS)
			expect_segment(f, i, 0, 0, 0xffff, 0x93);
	EXPECT_EQ(f->regs->control.cr0 & (CR0_PE | CR0_PG), 0u);
	EXPECT_EQ(f->regs->control.efer, 0u);
	EXPECT_EQ(f->regs->control.idt.limit, 0xffffu);
	expect_reset_rest(f);
}

/* An entry above 64 KiB: CS is its block. */
TEST(start_real_high, &created)
{
	memcpy(f->ram + 0x5432c, f->ram + SYM(hello16), 5);
	setup(f, AXVCPU_X86_START_REAL, 0x5432c, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, 0x432cu);
	expect_real_cs(f, 0x5000, 0x50000);
}

TEST(start_reset, &created)
{
	unsigned char *rom = anon(AXT_PAGE);
	struct axvcpu_cpuid_entry table[256];
	uint32_t signature = 0;
	int i, nr;

	memcpy(rom + 0xff0, f->ram + SYM(reset_vector), 5);
	ASSERT_OK(axv_s2_map_user(f->s2, 0xfffff000, rom, AXT_PAGE, AXV_PROT_RX));
	setup(f, AXVCPU_X86_START_RESET, 0, 0);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	EXPECT_EQ(f->regs->gpr.rip, 0xfff0u);
	expect_segment(f, AXVCPU_X86_CS, 0xf000, 0xffff0000, 0xffff, 0x9b);
	EXPECT_EQ(f->regs->control.cr0, CR0_CD | CR0_NW | CR0_ET);
	expect_reset_rest(f);
	nr = ASSERT_OK(axv_get_cpuid(&f->v, table, ARRAY_SIZE(table)));
	for (i = 0; i < nr; i++)
		if (table[i].function == 1)
			signature = table[i].eax;
	EXPECT_NE(signature, 0u);
	EXPECT_EQ(f->regs->gpr.r[RDX], signature);
	/* the far jump in the ROM */
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(real));
	expect_real_cs(f, 0, 0);
}

TEST(start_prot32, &created)
{
	unsigned int i;

	setup(f, AXVCPU_X86_START_PROT32, SYM(prot), 0x1234567c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(prot));
	EXPECT_EQ(f->regs->gpr.r[RSP], 0x1234567cu);
	expect_segment(f, AXVCPU_X86_CS, GUEST_CS, 0, 0xffffffff, 0xc9b);
	for (i = 0; i <= AXVCPU_X86_GS; i++)
		if (i != AXVCPU_X86_CS)
			expect_segment(f, i, GUEST_DS, 0, 0xffffffff, 0xc93);
	EXPECT_EQ(f->regs->control.cr0, CR0_PE | CR0_ET);
	EXPECT_EQ(f->regs->control.cr4, 0u);
	EXPECT_EQ(f->regs->control.efer, 0u);
	expect_reset_rest(f);
}

TEST(start_long64, &created)
{
	setup(f, AXVCPU_X86_START_LONG64, SYM(long_mode), 0x7fff12345678ull);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(long_mode));
	EXPECT_EQ(f->regs->gpr.r[RSP], 0x7fff12345678ull);
	EXPECT_EQ(f->regs->control.seg[AXVCPU_X86_CS].selector, GUEST_CS);
	EXPECT_EQ(f->regs->control.seg[AXVCPU_X86_CS].attr, 0xa9b);
	EXPECT_EQ(f->regs->control.seg[AXVCPU_X86_SS].selector, GUEST_DS);
	EXPECT_EQ(f->regs->control.cr0, CR0_PE | CR0_PG | CR0_ET);
	EXPECT_EQ(f->regs->control.cr3, (uint64_t)GUEST_PML4);
	EXPECT_EQ(f->regs->control.cr4, CR4_PAE);
	EXPECT_EQ(f->regs->control.efer, EFER_LME | EFER_LMA);
	expect_reset_rest(f);
}

/* ---- through all modes ------------------------------------------------------------------------ */

struct station {
	uint64_t at;
	unsigned int bits;
	uint64_t cr0;		/* PE and PG */
	uint64_t efer;		/* LME and LMA */
	uint64_t page_size;
};

TEST(round_trip, &real_config)
{
	static const struct station stations[] = {
		{ SYM(real), 16, 0, 0, 0 },
		{ SYM(prot), 32, CR0_PE, 0, 0 },
		{ SYM(paged), 32, CR0_PE | CR0_PG, 0, 0x400000 },
		{ SYM(enabled), 32, CR0_PE, EFER_LME, 0 },
		{ SYM(compat), 32, CR0_PE | CR0_PG, EFER_LME | EFER_LMA, 0x200000 },
		{ SYM(long_mode), 64, CR0_PE | CR0_PG, EFER_LME | EFER_LMA, 0x200000 },
		{ SYM(back), 32, CR0_PE | CR0_PG, EFER_LME | EFER_LMA, 0x200000 },
		{ SYM(unpaged), 32, CR0_PE, 0, 0 },
	};
	const struct station *s;
	struct axvcpu_translate t;
	unsigned int i;
	uint16_t cs;

	axt_page_tables(f->ram, true);
	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
	for (i = 0; i < 3 * ARRAY_SIZE(stations); i++) {
		axt_context("station %u", i);
		s = &stations[i % ARRAY_SIZE(stations)];
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		ASSERT_EQ(f->exit->pc, s->at);
		EXPECT_EQ(f->regs->control.cr0 & (CR0_PE | CR0_PG), s->cr0);
		EXPECT_EQ(f->regs->control.efer & (EFER_LME | EFER_LMA), s->efer);
		cs = f->regs->control.seg[AXVCPU_X86_CS].attr;
		EXPECT_EQ(cs >> 9 & 1, s->bits == 64);
		if (s->bits != 16)
			EXPECT_EQ(cs >> 10 & 1, s->bits == 32);
		EXPECT_EQ(reg(&f->v, RBP), i / ARRAY_SIZE(stations) + (s->bits != 16));
		if (s->bits == 64)
			EXPECT_EQ(reg(&f->v, RAX), 0x123456789abcdef0ull);
		ASSERT_OK(axv_translate(&f->v, 0x123456, AXVCPU_PROT_READ, &t));
		EXPECT_EQ(t.valid, 1u);
		EXPECT_EQ(t.gpa, 0x123456u);
		EXPECT_EQ(t.page_size, s->page_size);
		axv_skip(&f->v);
	}
}

/*
 * LME without PAE is nothing yet, but there is one that leaves such a guest with
 * the host's paging off (see state.c): the host is there again after any exit.
 */
TEST(lme_alone, &created)
{
	unsigned int i;

	setup(f, AXVCPU_X86_START_PROT32, SYM(lme_alone), 0);
	for (i = 0; i < 100; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		ASSERT_EQ(f->exit->pc, SYM(lme_on));
		EXPECT_EQ(f->regs->control.efer, EFER_LME);
		EXPECT_EQ(f->regs->control.cr4, 0u);
		EXPECT_EQ(reg(&f->v, RBX), 0u);
		axv_retry(&f->v);
	}
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	axv_skip(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
	EXPECT_EQ(f->regs->control.cr0, CR0_PE | CR0_ET);
	EXPECT_EQ(f->regs->control.efer, EFER_LME);
}
