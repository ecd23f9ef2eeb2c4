// SPDX-License-Identifier: GPL-2.0-only
/*
 * G-stage tables of each number of levels: every bit of a guest physical address counts,
 * the root's two more ones too, and what is past the last one is nowhere.
 *
 * rig: arch=riscv
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/mem.h"

/* satp is 0: an address is a guest physical one */
static const struct axt_config flat = { .start = AXT_START_FLAT, GUEST(mem) };

static const struct width {
	const char *name;
	unsigned int bits;
} widths[] = {
	{ "32", 32 },
	{ "39", 39 },
	/* Sv39x4, Sv48x4, Sv57x4: all of each, and one bit more, which is the next one's */
	{ "41", 41 }, { "42", 42 },
	{ "50", 50 }, { "51", 51 },
	{ "59", 59 },
};

/* the fixture's memory is below */
#define LOWEST	30u

/* Page @i is at its own bit; the last one is at the end. */
static uint64_t place(unsigned int bits, unsigned int i)
{
	return LOWEST + i < bits ? 1ull << (LOWEST + i) : (1ull << bits) - AXT_PAGE;
}

static uint64_t *word(unsigned char *mem, unsigned int i)
{
	return (uint64_t *)(mem + i * AXT_PAGE);
}

static void expect_hole(struct axt *f, uint64_t gpa)
{
	mem_go(&f->v, SYM(read), gpa, 0);
	if (EXPECT_EXIT(f, AXVCPU_EXIT_MMIO_READ))
		EXPECT_EQ(f->exit->mmio.gpa, gpa);
}

TEST_ROWS(addresses, widths, ARRAY_SIZE(widths), &flat)
{
	const struct width *w = arg;
	unsigned int nr = w->bits - LOWEST + 1, i;
	unsigned char *mem;
	int s2;

	if (w->bits > f->dev.info.gpa_bits)
		axt_skip("guest physical addresses have %u bits here", f->dev.info.gpa_bits);
	mem = anon(nr * AXT_PAGE);
	s2 = ASSERT_OK(axv_stage2_create(&f->dev, w->bits));
	ASSERT_OK(axv_s2_map_user(s2, 0, f->ram, f->ram_size, AXV_PROT_RWX));
	for (i = 0; i < nr; i++) {
		ASSERT_OK(axv_s2_map_user(s2, place(w->bits, i), mem + i * AXT_PAGE, AXT_PAGE,
					  AXV_PROT_RW));
		*word(mem, i) = 0x1000 + i;
	}
	ASSERT_OK(axv_set_root(&f->v, s2));

	/* forwards with reads, backwards with writes: none is another one's */
	for (i = 0; i < nr; i++) {
		axt_context("0x%llx", (unsigned long long)place(w->bits, i));
		EXPECT_EQ(guest_reads(&f->v, place(w->bits, i)), 0x1000 + i);
	}
	for (i = nr; i--;) {
		axt_context("0x%llx", (unsigned long long)place(w->bits, i));
		guest_writes(&f->v, place(w->bits, i), 0x2000 + i);
	}
	for (i = 0; i < nr; i++) {
		axt_context("0x%llx", (unsigned long long)place(w->bits, i));
		EXPECT_EQ(*word(mem, i), 0x2000 + i);
		expect_hole(f, place(w->bits, i) - AXT_PAGE);
	}
	for (i = 0; i < nr; i++) {
		axt_context("0x%llx", (unsigned long long)place(w->bits, i));
		ASSERT_OK(axv_s2_unmap(s2, place(w->bits, i), AXT_PAGE));
		expect_hole(f, place(w->bits, i));
		if (i + 1 < nr)
			EXPECT_EQ(guest_reads(&f->v, place(w->bits, i + 1)), 0x2000 + i + 1);
	}
	axt_context(NULL);
	/* QEMU 7.2 does not look at bits that the table has not, and takes another page's */
	if (axt_flawed(AXT_FLAW_BEYOND)) {
		axt_diag("not past the end: this emulator goes round there");
		close(s2);
		return;
	}
	/* past the end, as far as an address can say it */
	expect_hole(f, 1ull << w->bits);
	expect_hole(f, (1ull << w->bits) + SPOT);
	expect_hole(f, 3ull << w->bits);
	/* nothing but what the fixture needs is left of the tables */
	EXPECT_LE(stats_of(s2).tables, AXT_S2_ROOT + 8u);
	close(s2);
}
