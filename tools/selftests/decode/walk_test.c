// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest page tables in every paging mode. The tables of one address stand in
 * consecutive pages from CR3 on, top level first.
 */
#include <asm/msr-index.h>
#include <linux/mm.h>

#include "emul.h"
#include "ktap.h"

#define ROOT	0x10000ull
#define NX	(1ull << 63)

#define P	1
#define W	2
#define U	4
#define A	0x20
#define D	0x40
#define PS	0x80
#define PWU	(P | W | U)

extern bool mock_gbpages;

enum { NONE, BITS32, PAE, FOUR, FIVE };

/* a paging mode, and an address to try in it */
static const struct {
	unsigned int levels;
	unsigned int bytes;
	unsigned int index_bits;
	u64 gva;
} modes[] = {
	[NONE]	 = { 0, 0, 0, 0x12345678 },
	[BITS32] = { 2, 4, 10, 0xfe5a7123 },
	[PAE]	 = { 3, 8, 9, 0xfe5a7123 },
	[FOUR]	 = { 4, 8, 9, 0xffffa5a5fe5a7123 },
	[FIVE]	 = { 5, 8, 9, 0x00a5a5a5fe5a7123 },
};

static struct axvcpu_x86_control *control(void)
{
	return &vcpu->arch.control;
}

static void set_mode(unsigned int mode)
{
	struct axvcpu_x86_control *c = control();

	mock_reset(mode >= FOUR ? 64 : 32);
	c->cr3 = ROOT;
	c->cr0 |= X86_CR0_WP | (mode != NONE ? X86_CR0_PG : 0);
	c->efer = EFER_NX | (mode >= FOUR ? EFER_LMA : 0);
	c->cr4 = X86_CR4_PSE | (mode >= PAE ? X86_CR4_PAE : 0) |
		 (mode == FIVE ? X86_CR4_LA57 : 0);
}

/* Where the entry of @level for the mode's address is. */
static u64 entry_at(unsigned int mode, unsigned int level)
{
	unsigned int bits = modes[mode].index_bits;
	u64 index = (modes[mode].gva >> (12 + level * bits)) & ((1 << bits) - 1);

	return ROOT + (modes[mode].levels - 1 - level) * PAGE_SIZE + index * modes[mode].bytes;
}

static void set_entry(unsigned int mode, unsigned int level, u64 val)
{
	memcpy(ram + entry_at(mode, level), &val, modes[mode].bytes);
}

static u64 entry(unsigned int mode, unsigned int level)
{
	u64 val = 0;

	memcpy(&val, ram + entry_at(mode, level), modes[mode].bytes);
	return val;
}

/* Tables down to @leaf with @rights, and there @val. */
static void build(unsigned int mode, unsigned int leaf, u64 val)
{
	unsigned int level;
	u64 next = ROOT;

	set_mode(mode);
	for (level = modes[mode].levels; level-- > leaf + 1;) {
		next += PAGE_SIZE;
		set_entry(mode, level, next | (mode == PAE && level == 2 ? P : PWU));
	}
	set_entry(mode, leaf, val);
}

static bool translates(unsigned int mode, unsigned int leaf, u64 val, u64 page, u64 size)
{
	struct axvcpu_translate t = { .gva = modes[mode].gva };
	struct axv_x86_walk w;

	if (mode == NONE)
		set_mode(mode);
	else
		build(mode, leaf, val);
	CHECK(axv_x86_translate(vcpu, &t) == 0);
	CHECK(t.valid && t.gpa == (page | (t.gva & ((size ?: 1ull << 32) - 1))));
	CHECK(t.page_size == size && t.prot == (PROT_RW & ~(val & NX ? AXVCPU_PROT_EXEC : 0)));
	CHECK(mode == NONE || !(entry(mode, leaf) & (A | D)));

	CHECK(axv_x86_walk(vcpu, t.gva, 0, &w) == 0);
	CHECK(w.gpa == t.gpa && w.page_size == size && w.prot == t.prot);
	CHECK(mode == NONE || (entry(mode, leaf) & (A | D)) == A);
	CHECK(axv_x86_walk(vcpu, t.gva, AXV_X86_PFERR_WRITE, &w) == 0);
	CHECK(mode == NONE || (entry(mode, leaf) & (A | D)) == (A | D));
	return true;
}

static bool no_paging(void)
{
	return translates(NONE, 0, 0, 0, 0);
}

static bool all_modes(void)
{
	return translates(BITS32, 0, 0x87654000 | PWU, 0x87654000, 4096) &&
	       translates(BITS32, 1, 0x87400000 | PS | PWU, 0x87400000, 4 << 20) &&
	       translates(PAE, 0, 0x87654000 | PWU, 0x87654000, 4096) &&
	       translates(PAE, 0, 0x1287654000 | PWU | NX, 0x1287654000, 4096) &&
	       translates(PAE, 1, 0x1287600000 | PS | PWU, 0x1287600000, 2 << 20) &&
	       translates(FOUR, 0, 0xff87654000 | PWU, 0xff87654000, 4096) &&
	       translates(FOUR, 1, 0x1287600000 | PS | PWU, 0x1287600000, 2 << 20) &&
	       translates(FOUR, 2, 0x1280000000 | PS | PWU, 0x1280000000, 1 << 30) &&
	       translates(FIVE, 0, 0x1287654000 | PWU | NX, 0x1287654000, 4096) &&
	       translates(FIVE, 1, 0x1287600000 | PS | PWU, 0x1287600000, 2 << 20) &&
	       translates(FIVE, 2, 0x1280000000 | PS | PWU, 0x1280000000, 1 << 30);
}

static bool pse36(void)
{
	/* bits 13-20 of the entry are bits 32-39 of the address */
	CHECK(translates(BITS32, 1, 0x87400000 | 0xa5 << 13 | PS | PWU, 0xa587400000, 4 << 20));
	/* Without CR4.PSE it is a table. */
	build(BITS32, 1, 0x87400000 | PS | PWU);
	control()->cr4 &= ~X86_CR4_PSE;
	set_entry(BITS32, 1, (ROOT + PAGE_SIZE) | PS | PWU);
	set_entry(BITS32, 0, 0x55555000 | PWU);
	struct axv_x86_walk w;

	CHECK(axv_x86_walk(vcpu, modes[BITS32].gva, 0, &w) == 0 && w.gpa == 0x55555123);
	return true;
}

/* The walk's #PF error code; -1: none. */
static int fault_of(u64 gva, u32 access)
{
	struct axv_x86_walk w;
	int err = axv_x86_walk(vcpu, gva, access, &w);

	return err == 1 ? (int)w.error : -1;
}

static bool not_present(void)
{
	unsigned int mode, level;

	for (mode = BITS32; mode <= FIVE; mode++) {
		for (level = 0; level < modes[mode].levels; level++) {
			build(mode, level, 0x87600000);
			CHECK(fault_of(modes[mode].gva, 0) == 0);
			CHECK(fault_of(modes[mode].gva, AXV_X86_PFERR_WRITE) == W);
			mock.cpl = 3;
			CHECK(fault_of(modes[mode].gva, AXV_X86_PFERR_WRITE) == (W | U));
			CHECK(!(entry(mode, modes[mode].levels - 1) & A));
		}
	}
	return true;
}

static bool reserved(void)
{
	static const struct {
		unsigned int mode, level;
		u64 bits;
		bool no_nx;
	} rows[] = {
		{ BITS32, 1, PS | 1 << 21 },
		{ PAE, 0, 1ull << 40 }, { PAE, 0, 1ull << 52 }, { PAE, 0, 1ull << 62 },
		{ PAE, 0, NX, true }, { PAE, 1, PS | 1 << 13 }, { PAE, 1, PS | 1 << 20 },
		{ PAE, 2, W }, { PAE, 2, U }, { PAE, 2, PS }, { PAE, 2, NX },
		{ FOUR, 0, 1ull << 40 }, { FOUR, 0, 1ull << 51 }, { FOUR, 0, NX, true },
		{ FOUR, 1, NX, true }, { FOUR, 1, PS | 1 << 13 }, { FOUR, 1, PS | 1 << 20 },
		{ FOUR, 2, PS | 1 << 13 }, { FOUR, 2, PS | 1 << 29 }, { FOUR, 3, PS },
		{ FIVE, 3, PS }, { FIVE, 4, PS }, { FIVE, 4, 1ull << 41 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		build(rows[i].mode, rows[i].level, P | rows[i].bits);
		if (rows[i].no_nx)
			control()->efer &= ~EFER_NX;
		if (fault_of(modes[rows[i].mode].gva, 0) != (P | AXV_X86_PFERR_RSVD))
			return wrong("row %u gives %d", i, fault_of(modes[rows[i].mode].gva, 0));
	}
	/* What is reserved only without 1 GiB pages */
	mock_gbpages = false;
	build(FOUR, 2, PS | PWU);
	i = fault_of(modes[FOUR].gva, 0);
	mock_gbpages = true;
	CHECK(i == (P | AXV_X86_PFERR_RSVD));
	/* Software's own bits are not. */
	build(FOUR, 0, PWU | 0x7ffull << 52 | 0xe00);
	CHECK(fault_of(modes[FOUR].gva, 0) == -1);
	return true;
}

#define WR	AXV_X86_PFERR_WRITE
#define FE	AXV_X86_PFERR_FETCH
#define PK	AXV_X86_PFERR_PK
#define KEY(n)	((u64)(n) << 59)

static bool rights(void)
{
	static const struct {
		unsigned int cpl;
		bool wp, ac;
		u64 cr4;
		u64 leaf;
		u32 pkru;
		u32 access;
		int error;	/* -1: allowed */
	} rows[] = {
		{ 0, 1, 0, 0, P | W, 0, 0, -1 },
		{ 0, 1, 0, 0, P | W, 0, WR, -1 },
		{ 0, 1, 0, 0, P, 0, WR, P | WR },
		{ 0, 0, 0, 0, P, 0, WR, -1 },
		{ 0, 1, 0, 0, P | U, 0, WR, P | WR },
		{ 0, 1, 0, 0, P | NX, 0, FE, P | FE },
		{ 0, 1, 0, 0, P | NX, 0, 0, -1 },
		{ 3, 1, 0, 0, P | W, 0, 0, P | U },
		{ 3, 1, 0, 0, P | W, 0, WR, P | U | WR },
		{ 3, 1, 0, 0, P | W, 0, FE, P | U | FE },
		{ 3, 1, 0, 0, PWU, 0, WR, -1 },
		{ 3, 0, 0, 0, P | U, 0, WR, P | U | WR },
		{ 3, 1, 0, 0, PWU | NX, 0, FE, P | U | FE },
		/* SMEP and SMAP */
		{ 0, 1, 0, X86_CR4_SMEP, PWU, 0, FE, P | FE },
		{ 0, 1, 0, X86_CR4_SMEP, P | W, 0, FE, -1 },
		{ 3, 1, 0, X86_CR4_SMEP, PWU, 0, FE, -1 },
		{ 0, 1, 0, X86_CR4_SMAP, PWU, 0, 0, P },
		{ 0, 1, 0, X86_CR4_SMAP, PWU, 0, WR, P | WR },
		{ 0, 1, 1, X86_CR4_SMAP, PWU, 0, WR, -1 },
		{ 0, 1, 0, X86_CR4_SMAP, PWU, 0, FE, -1 },
		{ 0, 1, 0, X86_CR4_SMAP, P | W, 0, WR, -1 },
		{ 3, 1, 0, X86_CR4_SMAP, PWU, 0, WR, -1 },
		/* protection keys: two bits each, access and write disable */
		{ 3, 1, 0, X86_CR4_PKE, PWU | KEY(1), 1 << 2, 0, P | U | PK },
		{ 3, 1, 0, X86_CR4_PKE, PWU | KEY(1), 2 << 2, 0, -1 },
		{ 3, 1, 0, X86_CR4_PKE, PWU | KEY(1), 2 << 2, WR, P | U | WR | PK },
		{ 3, 1, 0, X86_CR4_PKE, PWU | KEY(1), 1 << 2, FE, -1 },
		{ 3, 1, 0, X86_CR4_PKE, PWU | KEY(2), 3 << 2, WR, -1 },
		{ 3, 1, 0, X86_CR4_PKE, PWU | KEY(15), 3u << 30, 0, P | U | PK },
		{ 3, 1, 0, 0, PWU | KEY(1), 3 << 2, WR, -1 },
		{ 0, 1, 0, X86_CR4_PKE, PWU | KEY(1), 2 << 2, WR, P | WR | PK },
		{ 0, 0, 0, X86_CR4_PKE, PWU | KEY(1), 2 << 2, WR, -1 },
		{ 0, 1, 0, X86_CR4_PKE, P | W | KEY(1), 3 << 2, WR, -1 },
	};
	unsigned int i;
	int error;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		build(FOUR, 0, 0x20000 | rows[i].leaf);
		mock.cpl = rows[i].cpl;
		mock.pkru = rows[i].pkru;
		if (!rows[i].wp)
			control()->cr0 &= ~X86_CR0_WP;
		control()->cr4 |= rows[i].cr4;
		if (rows[i].ac)
			vcpu->arch.gpr.rflags |= X86_EFLAGS_AC;
		error = fault_of(modes[FOUR].gva, rows[i].access);
		if (error != rows[i].error)
			return wrong("row %u gives %d instead of %d", i, error, rows[i].error);
		if (error >= 0 && (entry(FOUR, 0) & (A | D)))
			return wrong("row %u sets accessed or dirty", i);
	}
	return true;
}

/* A right must be in every level, NX in any. */
static bool rights_of_levels(void)
{
	unsigned int level;

	for (level = 0; level < 4; level++) {
		build(FOUR, 0, 0x20000 | PWU);
		mock.cpl = 3;
		CHECK(fault_of(modes[FOUR].gva, WR) == -1);
		set_entry(FOUR, level, entry(FOUR, level) & ~W);
		CHECK(fault_of(modes[FOUR].gva, WR) == (P | U | WR));
		set_entry(FOUR, level, (entry(FOUR, level) | W) & ~U);
		CHECK(fault_of(modes[FOUR].gva, 0) == (P | U));
		set_entry(FOUR, level, entry(FOUR, level) | U | NX);
		CHECK(fault_of(modes[FOUR].gva, FE) == (P | U | FE));
	}
	return true;
}

static bool translate_access(void)
{
	struct axvcpu_translate t = { .gva = modes[FOUR].gva };

	build(FOUR, 0, 0x20000 | P | NX);
	t.access = AXVCPU_PROT_READ;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && t.valid && t.gpa == 0x20123);
	t.access = AXVCPU_PROT_READ | AXVCPU_PROT_WRITE;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && !t.valid && t.fault == (P | WR));
	t.access = AXVCPU_PROT_EXEC;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && !t.valid && t.fault == (P | FE));
	t.access = 0;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && t.valid && t.prot == AXVCPU_PROT_READ);
	mock.cpl = 3;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && t.valid && t.prot == 0);
	set_entry(FOUR, 0, 0);
	CHECK(axv_x86_translate(vcpu, &t) == 0 && !t.valid && t.fault == U && !t.page_size);
	t.gva = 0x8000000000000000;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && !t.valid);
	return true;
}

static bool tables_elsewhere(void)
{
	struct axvcpu_translate t = { .gva = modes[FOUR].gva };
	struct axv_x86_walk w;

	build(FOUR, 0, 0x20000 | PWU);
	ram_prot[(ROOT + 2 * PAGE_SIZE) / PAGE_SIZE] = 0;
	CHECK(axv_x86_walk(vcpu, t.gva, 0, &w) == -ENXIO && w.gpa == entry_at(FOUR, 1));
	CHECK(axv_x86_translate(vcpu, &t) == -ENXIO);
	/* Tables that cannot be written to do for looking, not for marking. */
	ram_prot[(ROOT + 2 * PAGE_SIZE) / PAGE_SIZE] = PROT_RO;
	CHECK(axv_x86_translate(vcpu, &t) == 0 && t.valid);
	CHECK(axv_x86_walk(vcpu, t.gva, 0, &w) == -EPERM && w.gpa == entry_at(FOUR, 1));
	set_entry(FOUR, 1, entry(FOUR, 1) | A);
	CHECK(axv_x86_walk(vcpu, t.gva, 0, &w) == 0);
	return true;
}

static bool tables_that_change(void)
{
	struct axv_x86_walk w;

	build(FOUR, 0, 0x20000 | PWU);
	mock.cmpxchg_races = 3;
	CHECK(axv_x86_walk(vcpu, modes[FOUR].gva, 0, &w) == 0 && w.gpa == 0x20123);
	build(FOUR, 0, 0x20000 | PWU);
	mock.cmpxchg_races = 1000;
	CHECK(axv_x86_walk(vcpu, modes[FOUR].gva, 0, &w) == -EAGAIN);
	return true;
}

static bool segments_64(void)
{
	u64 gva;

	mock_reset(64);
	control()->efer = EFER_LMA;
	control()->seg[AXVCPU_X86_DS].base = 0x1000;
	control()->seg[AXVCPU_X86_GS].base = 0xffff800000000000;
	control()->seg[AXVCPU_X86_GS].attr = 0;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x123, 8, true, &gva) == 0 && gva == 0x123);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_GS, 0x123, 8, true, &gva) == 0 &&
	      gva == 0xffff800000000123);
	CHECK(mock.vector == -1);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x800000000000, 1, false, &gva) == 1 &&
	      mock.vector == AXV_X86_GP && mock.error == 0);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x7fffffffffff, 2, false, &gva) == 1);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_SS, 0x800000000000, 1, false, &gva) == 1 &&
	      mock.vector == AXV_X86_SS);
	control()->cr4 |= X86_CR4_LA57;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x800000000000, 1, false, &gva) == 0);
	return true;
}

static bool segments_32(void)
{
	struct axvcpu_x86_segment *ds = &control()->seg[AXVCPU_X86_DS];
	u64 gva;

	mock_reset(32);
	ds->base = 0xfffff000;
	ds->limit = 0x1fff;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x1ffc, 4, true, &gva) == 0 && gva == 0xffc);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x1ffd, 4, true, &gva) == 1 &&
	      mock.vector == AXV_X86_GP);
	/* expand-down: what is above the limit */
	ds->attr = 0xc97;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x1fff, 1, true, &gva) == 1);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0x2000, 4, true, &gva) == 0);
	ds->attr = 0x097;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0xffff, 1, true, &gva) == 0);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0xffff, 2, true, &gva) == 1);
	/* read-only data, code, not present */
	ds->limit = U32_MAX;
	ds->attr = 0xc91;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0, 4, false, &gva) == 0);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0, 4, true, &gva) == 1);
	ds->attr = 0xc9b;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0, 4, false, &gva) == 0);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0, 4, true, &gva) == 1);
	ds->attr = 0xc99;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0, 4, false, &gva) == 1);
	ds->attr = 0xc13;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0, 4, false, &gva) == 1);
	/* In real mode only the limit counts. */
	control()->cr0 &= ~X86_CR0_PE;
	ds->limit = U16_MAX;
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0xfffe, 2, true, &gva) == 0);
	CHECK(axv_x86_linear(vcpu, AXVCPU_X86_DS, 0xffff, 2, true, &gva) == 1);
	return true;
}

static bool across_pages(void)
{
	u8 buf[16], code[16];
	unsigned int i;

	/* two pages of the guest that are not neighbours in memory */
	build(FOUR, 0, 0);
	set_entry(FOUR, 0, 0x20000 | PWU);
	put64(entry_at(FOUR, 0) + 8, 0x40000 | PWU);
	for (i = 0; i < 16; i++)
		buf[i] = i;
	CHECK(axv_x86_write_gva(vcpu, (modes[FOUR].gva | 0xfff) - 4, buf, 16) == 0);
	CHECK(ram[0x20ffb] == 0 && ram[0x20fff] == 4 && ram[0x40000] == 5 && ram[0x4000a] == 15);
	memset(buf, 0, sizeof(buf));
	CHECK(axv_x86_read_gva(vcpu, (modes[FOUR].gva | 0xfff) - 4, buf, 16, 0) == 0);
	CHECK(buf[0] == 0 && buf[15] == 15);

	vcpu->arch.gpr.rip = (modes[FOUR].gva | 0xfff) - 4;
	CHECK(axv_x86_fetch(vcpu, code) == 15 && code[14] == 14);
	put64(entry_at(FOUR, 0) + 8, 0x40000 | PWU | NX);
	CHECK(axv_x86_fetch(vcpu, code) == 5 && mock.vector == -1);
	CHECK(axv_x86_read_gva(vcpu, vcpu->arch.gpr.rip, buf, 16, 0) == 0);
	put64(entry_at(FOUR, 0) + 8, 0);
	CHECK(axv_x86_read_gva(vcpu, vcpu->arch.gpr.rip, buf, 16, 0) == 1);
	CHECK(mock.vector == AXV_X86_PF && mock.error == 0 && mock.cr2 == (modes[FOUR].gva | 0xfff) + 1);
	set_entry(FOUR, 0, 0x20000 | PWU | NX);
	CHECK(axv_x86_fetch(vcpu, code) == 0 && mock.error == (P | FE));
	CHECK(mock.cr2 == vcpu->arch.gpr.rip);
	set_entry(FOUR, 0, 0x20000000 | PWU);
	CHECK(axv_x86_fetch(vcpu, code) == -ENXIO);
	return true;
}

static bool wraps_at_4g(void)
{
	u8 buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	set_mode(PAE);
	/* the last page and the first one */
	put64(ROOT + 3 * 8, 0x11000 | P);
	put64(0x11000 + 511 * 8, 0x12000 | PWU);
	put64(0x12000 + 511 * 8, 0x20000 | PWU);
	put64(ROOT, 0x13000 | P);
	put64(0x13000, 0x14000 | PWU);
	put64(0x14000, 0x40000 | PWU);
	CHECK(axv_x86_write_gva(vcpu, 0xfffffffc, buf, 8) == 0);
	CHECK(ram[0x20ffc] == 1 && ram[0x20fff] == 4 && ram[0x40000] == 5 && ram[0x40003] == 8);
	return true;
}

/* PAE's four top entries are a table of 32 bytes. */
static bool small_root(void)
{
	struct axv_x86_walk w;

	set_mode(PAE);
	control()->cr3 = ROOT + 0x20;
	put64(ROOT + 0x20, 0x11000 | P);
	put64(0x11000, 0x600000 | PS | PWU);
	CHECK(axv_x86_walk(vcpu, 0x1234, 0, &w) == 0 && w.gpa == 0x601234);
	return true;
}

const struct mock_test walk_tests[] = {
	{ "walk: without paging", no_paging },
	{ "walk: 32-bit, PAE, 4 and 5 levels, all page sizes, accessed and dirty", all_modes },
	{ "walk: 4 MiB pages above 4 GiB, and without CR4.PSE", pse36 },
	{ "walk: PAE root inside a page", small_root },
	{ "walk: not present at each level", not_present },
	{ "walk: reserved bits", reserved },
	{ "walk: rights, WP, SMEP, SMAP, protection keys", rights },
	{ "walk: rights of all levels together", rights_of_levels },
	{ "walk: TRANSLATE of an access", translate_access },
	{ "walk: tables in a hole or read-only", tables_elsewhere },
	{ "walk: tables that change meanwhile", tables_that_change },
	{ "segments: 64-bit", segments_64 },
	{ "segments: limits and rights", segments_32 },
	{ "accesses and fetches across pages", across_pages },
	{ "accesses that wrap at 4 GiB", wraps_at_4g },
	{ }
};
