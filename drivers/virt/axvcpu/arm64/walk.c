// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's own address translation, stage 1 of EL1&0 in VMSAv8-64, done as the CPU does
 * it: for TRANSLATE, and for instructions that the CPU does not describe.
 *
 * AArch64.S1Walk() and the functions around it, of the Arm Architecture Reference Manual's
 * pseudocode; descriptors: "VMSAv8-64 descriptor formats". Of an AArch32 EL0 the
 * translation is that of EL1, too.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/swab.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>

#include "arm64.h"

/* SCTLR_EL1 */
#define GUEST_SCTLR_M		BIT_ULL(0)
#define GUEST_SCTLR_WXN		BIT_ULL(19)
#define GUEST_SCTLR_EE		BIT_ULL(25)
#define GUEST_SCTLR_EPAN	BIT_ULL(57)

/* TCR_EL1; of those with two halves that of TTBR0_EL1 */
#define S1_SIZE		GENMASK_ULL(5, 0)
#define S1_EPD		BIT_ULL(7)
#define S1_TBI(h)	BIT_ULL(37 + (h))
#define S1_HPD(h)	BIT_ULL(41 + (h))
#define S1_E0PD(h)	BIT_ULL(55 + (h))
#define S1_SHIFT	16
#define S1_IPS_SHIFT	32
#define S1_ACCESS	BIT_ULL(39)
#define S1_DIRTY	BIT_ULL(40)
#define S1_52BIT	BIT_ULL(59)

/* TCR2_EL1 */
#define GUEST_TCR2_INDIRECT	BIT_ULL(1)

/* descriptors */
#define DESC_VALID	BIT_ULL(0)
#define DESC_TABLE	BIT_ULL(1)	/* or a page, at level 3 */
#define DESC_USER	BIT_ULL(6)
#define DESC_READ_ONLY	BIT_ULL(7)
#define DESC_AF		BIT_ULL(10)
#define DESC_DIRTY	BIT_ULL(51)
#define DESC_PXN	BIT_ULL(53)
#define DESC_UXN	BIT_ULL(54)
#define DESC_T_PXN	BIT_ULL(59)	/* of a table: for all below it */
#define DESC_T_UXN	BIT_ULL(60)
#define DESC_T_NO_USER	BIT_ULL(61)
#define DESC_T_NO_WRITE	BIT_ULL(62)

/* kinds of fault; the level is added, one of -1 is lower by 1 than these */
#define FAULT_ADDRESS_SIZE	0x00
#define FAULT_ADDRESS_SIZE_M1	0x29
#define FAULT_TRANSLATION		0x04
#define FAULT_TRANSLATION_M1	0x2b
#define FAULT_ACCESS		0x08
#define FAULT_PERMISSION		0x0c

#define LAST_LEVEL	3
#define ALL_RIGHTS	(AXVCPU_PROT_READ | AXVCPU_PROT_WRITE | AXVCPU_PROT_EXEC)

/**
 * struct regime - what the guest's registers say of one half of its address space
 * @sctlr: SCTLR_EL1
 * @tcr: TCR_EL1
 * @ttbr: table
 * @half: 1: TTBR1_EL1's
 * @va_bits: size of the half; 0: not one that the CPU has
 * @page_shift: its granule
 * @pa_bits: size of an output address
 * @ds: descriptors of 52 bits with granules below 64K
 * @lpa: the same of 64K
 */
struct regime {
	u64 sctlr;
	u64 tcr;
	u64 ttbr;
	unsigned int half;
	unsigned int va_bits;
	unsigned int page_shift;
	unsigned int pa_bits;
	bool ds;
	bool lpa;
};

/*
 * What the CPUs can do, of which the guest may have been told less: ID_AA64MMFR0_EL1 to
 * ID_AA64MMFR2_EL1.
 */
static u64 mmfr[3] __ro_after_init;

/** axv_arm64_walk_init() - at load */
void __init axv_arm64_walk_init(void)
{
	mmfr[0] = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	mmfr[1] = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);
	mmfr[2] = read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1);
}

static unsigned int field(unsigned int reg, unsigned int shift)
{
	return mmfr[reg] >> shift & 0xf;
}

/* As TCR_EL1.IPS and ID_AA64MMFR0_EL1.PARange have it. */
static unsigned int size_bits(unsigned int code)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };

	return bits[min_t(unsigned int, code, ARRAY_SIZE(bits) - 1)];
}

static unsigned int granule_shift(u64 tcr, unsigned int half)
{
	static const u8 shift[2][4] = {
		/* what is reserved is as good as any: 4K */
		{ 12, 16, 14, 12 },
		{ 12, 14, 12, 16 },
	};

	return shift[half][tcr >> (half ? 30 : 14) & 3];
}

static void get_regime(struct axv_vcpu *v, u64 va, struct regime *r)
{
	unsigned int size, least, most;

	r->sctlr = axv_arm64_read_sys(v, AXV_REG_SCTLR);
	r->tcr = axv_arm64_read_sys(v, AXV_REG_TCR);
	r->half = va >> 55 & 1;
	r->pa_bits = size_bits(field(0, 0));
	if (!(r->sctlr & GUEST_SCTLR_M))
		return;

	r->ttbr = axv_arm64_read_sys(v, r->half ? AXV_REG_TTBR1 : AXV_REG_TTBR0);
	r->page_shift = granule_shift(r->tcr, r->half);
	r->pa_bits = min(r->pa_bits, size_bits(r->tcr >> S1_IPS_SHIFT & 7));
	r->lpa = r->page_shift == 16 && r->pa_bits == 52;
	/* TGRAN4 and TGRAN16 say whether there is such a thing */
	r->ds = (r->tcr & S1_52BIT) &&
		((r->page_shift == 12 && field(0, 28) == 1) ||
		 (r->page_shift == 14 && field(0, 20) == 2));
	if (!r->ds && !r->lpa)
		r->pa_bits = min(r->pa_bits, 48u);

	size = r->tcr >> (r->half * S1_SHIFT) & S1_SIZE;
	least = r->ds || (r->page_shift == 16 && field(2, 16)) ? 12 : 16;
	most = r->page_shift == 16 ? 47 : 48;
	if (!field(2, 28))
		most = 39;
	r->va_bits = size < least || size > most ? 0 : 64 - size;
}

static bool has_tbi(const struct regime *r)
{
	return r->tcr & S1_TBI(r->half);
}

/* ---- faults --------------------------------------------------------------------- */

static int fault_at(struct axv_arm64_walk *w, int level, u32 fsc, u32 fsc_m1)
{
	w->level = level;
	w->fsc = level < 0 ? fsc_m1 : fsc + level;
	return 1;
}

static int no_translation(struct axv_arm64_walk *w, int level)
{
	return fault_at(w, level, FAULT_TRANSLATION, FAULT_TRANSLATION_M1);
}

static int no_address(struct axv_arm64_walk *w, int level)
{
	return fault_at(w, level, FAULT_ADDRESS_SIZE, FAULT_ADDRESS_SIZE_M1);
}

/* ---- the walk ------------------------------------------------------------------- */

/* Without the MMU an address is what it is, but for a tag. */
static int walk_off(const struct regime *r, u64 va, struct axv_arm64_walk *w)
{
	u64 address = has_tbi(r) ? va & GENMASK_ULL(55, 0) : va;

	if (address >> r->pa_bits)
		return no_address(w, 0);
	w->gpa = address;
	return 0;
}

/* Is it an address of the half, its tag aside? */
static bool is_va(const struct regime *r, u64 va)
{
	if (has_tbi(r))
		va = (s64)(va << 8) >> 8;
	return va >> r->va_bits == (r->half ? ~0ull >> r->va_bits : 0);
}

/* The first table: as many entries as are needed, aligned to that, 64 bytes with 52 bits. */
static u64 first_table(const struct regime *r, unsigned int index_bits)
{
	u64 table = r->ttbr & GENMASK_ULL(47, 1);

	if (r->ds || r->lpa) {
		table = r->ttbr & GENMASK_ULL(47, 6);
		table |= (r->ttbr & GENMASK_ULL(5, 2)) << 46;
	}
	return table & ~((8ull << index_bits) - 1);
}

static u64 output(const struct regime *r, u64 entry)
{
	u64 address = entry & GENMASK_ULL(47, r->page_shift);

	if (r->ds)
		return address | (entry & GENMASK_ULL(49, 48)) | (entry & GENMASK_ULL(9, 8)) << 42;
	if (r->lpa)
		return address | (entry & GENMASK_ULL(15, 12)) << 36;
	return address;
}

static bool may_be_block(const struct regime *r, int level)
{
	switch (r->page_shift) {
	case 12:
		return level == 2 || level == 1 || (level == 0 && r->ds);
	case 14:
		return level == 2 || (level == 1 && r->ds);
	}
	return level == 2 || (level == 1 && size_bits(field(0, 0)) == 52);
}

/* What a table says of all that it leads to, unless it is told not to. */
static void inherit(const struct regime *r, u64 entry, struct axv_arm64_walk *w)
{
	if ((r->tcr & S1_HPD(r->half)) && field(1, 12))
		return;
	w->no_write |= !!(entry & DESC_T_NO_WRITE);
	w->no_user |= !!(entry & DESC_T_NO_USER);
	w->no_exec |= !!(entry & DESC_T_PXN);
	w->no_user_exec |= !!(entry & DESC_T_UXN);
}

static int read_entry(struct axv_vcpu *v, const struct regime *r, bool sleeps,
		      struct axv_arm64_walk *w)
{
	const void *at;
	int err;

	if (sleeps) {
		err = axv_s2_read(v->s2, w->gpa, &w->entry, sizeof(w->entry));
		if (err)
			return err;
	} else {
		if (w->gpa >> axv_s2_gpa_bits(v->s2))
			return -EFAULT;
		at = axv_s2_peek(v, w->gpa, AXV_S2_PEEKS - 1 - (LAST_LEVEL - w->level));
		if (!at)
			return -EFAULT;
		w->entry = READ_ONCE(*(const u64 *)at);
	}
	if (r->sctlr & GUEST_SCTLR_EE)
		w->entry = swab64(w->entry);
	return 0;
}

static int walk_tables(struct axv_vcpu *v, const struct regime *r, u64 va, bool sleeps,
		       struct axv_arm64_walk *w)
{
	unsigned int stride = r->page_shift - 3, shift, index_bits;
	unsigned int levels = DIV_ROUND_UP(r->va_bits - r->page_shift, stride);
	u64 table, address;
	int err;

	shift = r->page_shift + stride * (levels - 1);
	index_bits = r->va_bits - shift;
	table = first_table(r, index_bits);
	if (table >> r->pa_bits)
		return no_address(w, 0);
	for (w->level = (int)(LAST_LEVEL + 1 - levels);; w->level++, shift -= stride) {
		w->gpa = table + ((va >> shift & (BIT_ULL(index_bits) - 1)) << 3);
		err = read_entry(v, r, sleeps, w);
		if (err)
			return err;
		if (!(w->entry & DESC_VALID))
			return no_translation(w, w->level);
		if (w->level == LAST_LEVEL ? !(w->entry & DESC_TABLE) :
		    !(w->entry & DESC_TABLE) && !may_be_block(r, w->level))
			return no_translation(w, w->level);
		address = output(r, w->entry);
		if (address >> r->pa_bits)
			return no_address(w, w->level);
		if (w->level == LAST_LEVEL || !(w->entry & DESC_TABLE))
			break;
		inherit(r, w->entry, w);
		table = address;
		index_bits = stride;
	}
	w->size = BIT_ULL(shift);
	w->gpa = (address & ~(w->size - 1)) | (va & (w->size - 1));
	return 0;
}

/**
 * axv_arm64_walk() - what a guest virtual address is
 * @v: the vCPU
 * @va: where
 * @sleeps: at rest; else in the section
 * @w: out
 *
 * Return: 0; 1: nothing is there, @w->fsc says why; -EFAULT: the tables are not at hand;
 * with @sleeps what axv_s2_read() says.
 */
int axv_arm64_walk(struct axv_vcpu *v, u64 va, bool sleeps, struct axv_arm64_walk *w)
{
	struct regime r = { };

	*w = (struct axv_arm64_walk) { .gpa = va };
	get_regime(v, va, &r);
	if (!(r.sctlr & GUEST_SCTLR_M))
		return walk_off(&r, va, w);
	if (!r.va_bits || !is_va(&r, va) || (r.tcr >> (r.half * S1_SHIFT) & S1_EPD))
		return no_translation(w, 0);
	if (axv_arm64_is_user(v) && (r.tcr & S1_E0PD(r.half)) &&
	    field(2, 60))
		return no_translation(w, 0);
	return walk_tables(v, &r, va, sleeps, w);
}

/* ---- rights --------------------------------------------------------------------- */

/* What a leaf gives, before PSTATE is asked. */
struct rights {
	u32 el1;
	u32 el0;
};

/* A field of PIR_EL1 or PIRE0_EL1: AXVCPU_PROT_* */
static u32 indirect(u64 pir, unsigned int index, bool wxn)
{
	static const u8 prot[16] = {
		[0x1] = AXVCPU_PROT_READ,
		[0x2] = AXVCPU_PROT_EXEC,
		[0x3] = AXVCPU_PROT_READ | AXVCPU_PROT_EXEC,
		[0x5] = AXVCPU_PROT_READ | AXVCPU_PROT_WRITE,
		[0x6] = ALL_RIGHTS,	/* but with WXN */
		[0x7] = ALL_RIGHTS,
		[0x8] = AXVCPU_PROT_READ,
		[0x9] = AXVCPU_PROT_READ,
		[0xa] = AXVCPU_PROT_READ | AXVCPU_PROT_EXEC,
		[0xc] = AXVCPU_PROT_READ | AXVCPU_PROT_WRITE,
		[0xe] = ALL_RIGHTS,
	};
	unsigned int field = pir >> (4 * index) & 0xf;

	if (field == 6 && wxn)
		return prot[field] & ~AXVCPU_PROT_EXEC;
	return prot[field];
}

static struct rights rights_indirect(struct axv_vcpu *v, const struct axv_arm64_walk *w, u64 sctlr)
{
	unsigned int index = (w->entry >> 6 & 1) | (w->entry >> 50 & 2) | (w->entry >> 51 & 0xc);
	bool wxn = sctlr & GUEST_SCTLR_WXN;

	return (struct rights) {
		.el1 = indirect(axv_arm64_read_sys(v, AXV_REG_PIR), index, wxn),
		.el0 = indirect(axv_arm64_read_sys(v, AXV_REG_PIRE0), index, wxn),
	};
}

static bool hardware_sets(struct axv_vcpu *v, u64 what)
{
	unsigned int has = field(1, 0);

	/* the dirty bit goes with the accessed bit */
	return (axv_arm64_read_sys(v, AXV_REG_TCR) & what) && has >= (what == S1_DIRTY ? 2 : 1);
}

static struct rights rights_direct(struct axv_vcpu *v, const struct axv_arm64_walk *w, u64 sctlr)
{
	bool user = (w->entry & DESC_USER) && !w->no_user, write = !(w->entry & DESC_READ_ONLY);
	struct rights r = { .el1 = AXVCPU_PROT_READ };

	if (!write && (w->entry & DESC_DIRTY) && hardware_sets(v, S1_DIRTY))
		write = true;
	write = write && !w->no_write;
	if (write)
		r.el1 |= AXVCPU_PROT_WRITE;
	if (user)
		r.el0 = r.el1;
	/* EL1 executes nothing that EL0 can write */
	if (!(w->entry & DESC_PXN) && !w->no_exec && !(write && user))
		r.el1 |= AXVCPU_PROT_EXEC;
	if (!(w->entry & DESC_UXN) && !w->no_user_exec)
		r.el0 |= AXVCPU_PROT_EXEC;
	if (sctlr & GUEST_SCTLR_WXN) {
		if (r.el1 & AXVCPU_PROT_WRITE)
			r.el1 &= ~AXVCPU_PROT_EXEC;
		if (r.el0 & AXVCPU_PROT_WRITE)
			r.el0 &= ~AXVCPU_PROT_EXEC;
	}
	return r;
}

/* AXVCPU_PROT_* that the leaf gives at the guest's present exception level. */
static u32 rights(struct axv_vcpu *v, const struct axv_arm64_walk *w)
{
	u64 sctlr = axv_arm64_read_sys(v, AXV_REG_SCTLR);
	u32 of_user = AXVCPU_PROT_READ | AXVCPU_PROT_WRITE;
	struct rights r;

	if (!w->size)
		return ALL_RIGHTS;
	if ((v->arch.ctx->features & AXV_CPU_S1PIE) &&
	    (axv_arm64_read_sys(v, AXV_REG_TCR2) & GUEST_TCR2_INDIRECT))
		r = rights_indirect(v, w, sctlr);
	else
		r = rights_direct(v, w, sctlr);
	if (axv_arm64_is_user(v))
		return r.el0;
	/* with EPAN also what EL0 can execute only, with PAN3 that there is such a bit */
	if ((sctlr & GUEST_SCTLR_EPAN) && field(1, 20) >= 3)
		of_user |= AXVCPU_PROT_EXEC;
	if ((v->arch.ctx->pstate & PSR_PAN_BIT) && (r.el0 & of_user))
		r.el1 &= AXVCPU_PROT_EXEC;
	return r.el1;
}

/* ---- TRANSLATE ------------------------------------------------------------------ */

/* ESR_EL1 of the fault that an access of kind @access gives. */
static u32 fault_esr(const struct axv_vcpu *v, u32 access, u32 fsc)
{
	u64 iss = fsc;

	if (access == AXVCPU_PROT_WRITE)
		iss |= ESR_ELx_WNR;
	return axv_arm64_abort_esr(v, access == AXVCPU_PROT_EXEC, iss);
}

/**
 * axv_arm64_translate() - AXVCPU_TRANSLATE
 * @v: the vCPU, at rest
 * @t: filled in
 *
 * Return: 0; -ENXIO: the guest's tables are not in memory; -EINTR, -ENOMEM.
 */
int axv_arm64_translate(struct axv_vcpu *v, struct axvcpu_translate *t)
{
	static const u32 kinds[] = { AXVCPU_PROT_READ, AXVCPU_PROT_WRITE, AXVCPU_PROT_EXEC };
	struct axv_arm64_walk w;
	unsigned int i;
	int err;

	t->gpa = 0;
	t->valid = 0;
	t->prot = 0;
	t->page_size = 0;
	t->fault = 0;

	err = axv_arm64_walk(v, t->gva, true, &w);
	/* EFAULT is for the caller's own pointers. */
	if (err < 0)
		return err == -ENOMEM || err == -EINTR ? err : -ENXIO;
	if (!err) {
		t->gpa = w.gpa;
		t->page_size = w.size;
		/* a page that was not accessed yet may be by no one */
		if (w.size && !(w.entry & DESC_AF) && !hardware_sets(v, S1_ACCESS))
			w.fsc = FAULT_ACCESS + w.level;
		else
			t->prot = rights(v, &w);
		if (!w.fsc)
			w.fsc = FAULT_PERMISSION + w.level;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (t->access & kinds[i] & ~t->prot) {
			t->fault = fault_esr(v, kinds[i], w.fsc);
			return 0;
		}
	}
	if (err) {
		t->fault = fault_esr(v, AXVCPU_PROT_READ, w.fsc);
		return 0;
	}
	t->valid = 1;
	return 0;
}
