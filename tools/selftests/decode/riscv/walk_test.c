// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's page tables in every mode. The tables of one address stand in
 * consecutive pages from the root on, top level first.
 */
#include <asm/csr.h>
#include <asm/hwcap.h>
#include <linux/mm.h>

#include "riscv.h"
#include "ktap.h"

#define ROOT	0x10000ull

#define V	1ull
#define R	2ull
#define W	4ull
#define X	8ull
#define U	0x10ull
#define G	0x20ull
#define A	0x40ull
#define D	0x80ull
#define N	(1ull << 63)
#define RWXAD	(V | R | W | X | A | D)

/* a mode, and an address to try in it */
static const struct {
	unsigned int mode;
	unsigned int levels;
	u64 gva;
} modes[] = {
	{ 8, 3, 0xffffffc5a5a5a123 },
	{ 9, 4, 0xffffa5a5a5a5a123 },
	{ 10, 5, 0x00a5a5a5a5a5a123 },
};

static void set_mode(unsigned int mode)
{
	mock_reset();
	mock.vsatp = (u64)modes[mode].mode << 60 | ROOT >> 12;
}

/* Where the entry of @level for the mode's address is. */
static u64 entry_at(unsigned int mode, unsigned int level)
{
	return ROOT + (modes[mode].levels - 1 - level) * PAGE_SIZE +
	       (modes[mode].gva >> (12 + 9 * level) & 511) * 8;
}

static void put(u64 gpa, u64 val)
{
	memcpy(ram + gpa, &val, sizeof(val));
}

/* Tables down to @level, and there a leaf. */
static void tables(unsigned int mode, unsigned int level, u64 leaf)
{
	unsigned int i;

	for (i = modes[mode].levels - 1; i > level; i--)
		put(entry_at(mode, i), V | ((entry_at(mode, i - 1) >> 12) << 10));
	put(entry_at(mode, level), leaf);
}

static struct axvcpu_translate t;

static int translate(u64 gva, u32 access)
{
	memset(&t, 0xa5, sizeof(t));
	t.gva = gva;
	t.access = access;
	return axv_riscv_translate(vcpu, &t);
}

#define PROT_R	AXVCPU_PROT_READ
#define PROT_W	AXVCPU_PROT_WRITE
#define PROT_X	AXVCPU_PROT_EXEC
#define RWX	(PROT_R | PROT_W | PROT_X)

static bool none(void)
{
	mock_reset();
	CHECK(!translate(0x123456789abcdef0, RWX));
	CHECK(t.valid && t.gpa == 0x123456789abcdef0 && t.prot == RWX);
	CHECK(!t.page_size && !t.fault);
	return true;
}

/* A leaf at every level of every mode. */
static bool levels(void)
{
	unsigned int mode, level;
	u64 size, gva;

	for (mode = 0; mode < ARRAY_SIZE(modes); mode++) {
		gva = modes[mode].gva;
		for (level = 0; level < modes[mode].levels; level++) {
			size = 1ull << (12 + 9 * level);
			set_mode(mode);
			/* at twice the size, so that the leaf is aligned and not 0 */
			tables(mode, level, RWXAD | G | (2 * size) >> 2);
			CHECK(!translate(gva, RWX));
			CHECK(t.valid && t.prot == RWX && t.page_size == size && !t.fault);
			CHECK(t.gpa == 2 * size + (gva & (size - 1)));
			/* a superpage has to be aligned */
			if (!level)
				continue;
			tables(mode, level, RWXAD | (2 * size + PAGE_SIZE) >> 2);
			CHECK(!translate(gva, PROT_R) && !t.valid);
			CHECK(t.fault == EXC_LOAD_PAGE_FAULT);
		}
	}
	return true;
}

static bool canonical(void)
{
	unsigned int mode, bits;

	for (mode = 0; mode < ARRAY_SIZE(modes); mode++) {
		set_mode(mode);
		tables(mode, 0, RWXAD);
		for (bits = 12 + 9 * modes[mode].levels; bits < 64; bits++) {
			CHECK(!translate(modes[mode].gva ^ 1ull << bits, PROT_X));
			CHECK(!t.valid && t.fault == EXC_INST_PAGE_FAULT && !t.page_size);
		}
	}
	return true;
}

/* What page tables with @leaf give; the access that is refused says so. */
static bool gives(u64 leaf, bool user, u64 sstatus, u32 prot)
{
	static const struct {
		u32 prot;
		u32 cause;
	} kinds[] = {
		{ PROT_R, EXC_LOAD_PAGE_FAULT }, { PROT_W, EXC_STORE_PAGE_FAULT },
		{ PROT_X, EXC_INST_PAGE_FAULT },
	};
	unsigned int i;

	set_mode(0);
	tables(0, 0, leaf);
	mock.vsstatus = sstatus;
	if (user)
		vcpu->arch.ctx.sstatus = 0;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (translate(modes[0].gva, kinds[i].prot))
			return wrong("leaf 0x%llx: no translation", leaf);
		if (t.prot != prot || t.valid != !!(prot & kinds[i].prot) ||
		    t.fault != (t.valid ? 0 : kinds[i].cause))
			return wrong("leaf 0x%llx user %d sstatus 0x%llx access %u: prot %u valid %u fault %u",
				     leaf, user, sstatus, kinds[i].prot, t.prot, t.valid, t.fault);
	}
	return true;
}

#define GIVES(leaf, user, sstatus, prot)		\
	do {						\
		if (!gives(leaf, user, sstatus, prot))	\
			return false;			\
	} while (0)

static bool rights(void)
{
	GIVES(RWXAD, false, 0, RWX);
	GIVES(RWXAD, true, 0, 0);
	GIVES(RWXAD | U, true, 0, RWX);
	GIVES(RWXAD | U, false, 0, 0);
	GIVES(RWXAD | U, false, SR_SUM, PROT_R | PROT_W);
	GIVES(V | R | A | D, false, 0, PROT_R);
	GIVES(V | R | X | A | D, false, 0, PROT_R | PROT_X);
	GIVES(V | X | A, false, 0, PROT_X);
	GIVES(V | X | A, false, SR_MXR, PROT_R | PROT_X);
	GIVES(V | X | U | A, false, 0, 0);
	GIVES(V | X | U | A, false, SR_MXR, 0);
	GIVES(V | X | U | A, false, SR_MXR | SR_SUM, PROT_R);
	GIVES(V | X | U | A, true, SR_MXR, PROT_R | PROT_X);
	/* not accessed, not dirty */
	GIVES(V | R | W | X | D, false, 0, 0);
	GIVES(V | R | W | X | A, false, 0, PROT_R | PROT_X);
	return true;
}

/* Entries that no hart takes. */
static bool reserved(void)
{
	unsigned int bit;

	GIVES(RWXAD & ~V, false, 0, 0);
	GIVES(V | W | A | D, false, 0, 0);
	GIVES(V | W | X | A | D, false, 0, 0);
	/* a table below the last level */
	GIVES(V, false, 0, 0);
	CHECK(!translate(modes[0].gva, 0) && !t.valid && !t.page_size);
	for (bit = 54; bit < 64; bit++)
		GIVES(RWXAD | 1ull << bit, false, 0, 0);
	/* of a pointer, these too */
	for (bit = 4; bit < 8; bit++) {
		set_mode(0);
		tables(0, 0, RWXAD);
		put(entry_at(0, 1), V | (bit == 5 ? G : 1ull << bit) | (entry_at(0, 0) >> 12) << 10);
		CHECK(!translate(modes[0].gva, PROT_R));
		CHECK(t.valid == (bit == 5));
	}
	return true;
}

static bool extensions(void)
{
	unsigned int type;

	/* memory types; 3 is none */
	for (type = 0; type < 4; type++) {
		set_mode(0);
		mock.extensions = 1ull << RISCV_ISA_EXT_SVPBMT;
		tables(0, 0, RWXAD | (u64)type << 61);
		CHECK(!translate(modes[0].gva, PROT_R) && t.valid == (type < 3));
	}
	/* pages of 64 KiB */
	set_mode(0);
	mock.extensions = 1ull << RISCV_ISA_EXT_SVNAPOT;
	tables(0, 0, RWXAD | N | (0x40000 | 8ull << 12) >> 2);
	CHECK(!translate(modes[0].gva, RWX) && t.valid && t.page_size == 0x10000);
	CHECK(t.gpa == (0x40000 | (modes[0].gva & 0xffff)));
	mock.extensions = 0;
	CHECK(!translate(modes[0].gva, RWX) && !t.valid);
	mock.extensions = 1ull << RISCV_ISA_EXT_SVNAPOT;
	tables(0, 0, RWXAD | N | (0x40000 | 4ull << 12) >> 2);
	CHECK(!translate(modes[0].gva, RWX) && !t.valid);
	tables(0, 1, RWXAD | N | 0x200000 >> 2);
	CHECK(!translate(modes[0].gva, RWX) && !t.valid);
	return true;
}

static bool elsewhere(void)
{
	/* an entry in a hole */
	set_mode(0);
	put(entry_at(0, 2), V | RAM_SIZE >> 2);
	CHECK(translate(modes[0].gva, 0) == -ENXIO);
	/* memory that cannot be had: EFAULT means something else to the caller */
	set_mode(0);
	mock.broken = entry_at(0, 2);
	CHECK(translate(modes[0].gva, 0) == -ENXIO);
	/* only look: rights are not asked for */
	set_mode(0);
	tables(0, 0, V | X | U | A | 0x5000 >> 2);
	CHECK(!translate(modes[0].gva, 0) && t.valid && t.gpa == 0x5123 && !t.prot);
	set_mode(0);
	CHECK(!translate(modes[0].gva, 0) && !t.valid && t.fault == EXC_LOAD_PAGE_FAULT);
	/* a mode that there is not */
	mock_reset();
	mock.vsatp = 11ull << 60;
	CHECK(!translate(0, PROT_X) && !t.valid && t.fault == EXC_INST_PAGE_FAULT);
	return true;
}

/* Kernel code reads at a guest's address, over the end of a page. */
static bool reading(void)
{
	u64 gva = (modes[0].gva & PAGE_MASK) + PAGE_SIZE - 4, val;
	struct axv_riscv_trap trap;

	set_mode(0);
	tables(0, 0, V | R | A | 0x5000 >> 2);
	put(entry_at(0, 0) + 8, V | R | A | 0x3000 >> 2);
	put(0x5ff8, 0x1122334455667788);
	put(0x3000, 0x99aabbccddeeff00);
	CHECK(!axv_riscv_read_guest(vcpu, gva, &val, 8, &trap) && val == 0xddeeff0011223344);

	put(entry_at(0, 0) + 8, V | X | A | 0x3000 >> 2);
	CHECK(axv_riscv_read_guest(vcpu, gva, &val, 8, &trap) == 1);
	CHECK(trap.scause == EXC_LOAD_PAGE_FAULT && trap.stval == gva + 4 && !trap.htval);
	mock.vsstatus = SR_MXR;
	CHECK(!axv_riscv_read_guest(vcpu, gva, &val, 8, &trap));
	/* a device, and no memory */
	put(entry_at(0, 0) + 8, V | R | A | RAM_SIZE >> 2);
	CHECK(axv_riscv_read_guest(vcpu, gva, &val, 8, &trap) == 1);
	CHECK(trap.scause == EXC_LOAD_ACCESS && trap.stval == gva + 4);
	mock.broken = 0x5ffc;
	CHECK(axv_riscv_read_guest(vcpu, gva, &val, 8, &trap) == -EFAULT);
	CHECK(trap.scause == EXC_LOAD_GUEST_PAGE_FAULT && trap.stval == gva);
	CHECK(trap.htval == 0x5ffc >> 2 && !trap.htinst);
	mock.broken = entry_at(0, 0);
	CHECK(axv_riscv_read_guest(vcpu, gva, &val, 8, &trap) == -EFAULT);
	CHECK(trap.htval == mock.broken >> 2 && trap.htinst == AXV_RISCV_HTINST_WALK);
	return true;
}

const struct mock_test walk_tests[] = {
	{ "no translation", none },
	{ "leaves at all levels", levels },
	{ "addresses out of range", canonical },
	{ "rights", rights },
	{ "reserved bits", reserved },
	{ "Svpbmt and Svnapot", extensions },
	{ "tables that are not memory", elsewhere },
	{ "kernel reads", reading },
	{ }
};
