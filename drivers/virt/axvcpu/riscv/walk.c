// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's own address translation, Sv39, Sv48 and Sv57, done as the hart does it:
 * for TRANSLATE, and for kernel code that is given a guest's virtual address.
 *
 * A page that is not marked accessed, or not dirty for a write, is a page fault, as it
 * is to the guest: henvcfg has no ADUE.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

#include "riscv.h"

#define PTE_V		BIT_ULL(0)
#define PTE_R		BIT_ULL(1)
#define PTE_W		BIT_ULL(2)
#define PTE_X		BIT_ULL(3)
#define PTE_U		BIT_ULL(4)
#define PTE_A		BIT_ULL(6)
#define PTE_D		BIT_ULL(7)
#define PTE_PPN		GENMASK_ULL(53, 10)
#define PTE_RESERVED	GENMASK_ULL(60, 54)
#define PTE_PBMT	GENMASK_ULL(62, 61)
#define PTE_N		BIT_ULL(63)
/* meaningless in a pointer to a table, and reserved */
#define PTE_LEAF_ONLY	(PTE_U | PTE_A | PTE_D | PTE_PBMT | PTE_N)

#define SATP_MODE_BARE	0
#define SATP_MODE_SV39	8
#define SATP_MODE_SV57	10
#define SATP_TABLE	GENMASK_ULL(43, 0)

#define INDEX_BITS	9
#define INDEX_MASK	((1u << INDEX_BITS) - 1)
/* Svnapot: pages of 64 KiB, which their numbers' low bits say */
#define NAPOT_BITS	4
#define NAPOT_64K	8

#define ALL_RIGHTS	(AXVCPU_PROT_READ | AXVCPU_PROT_WRITE | AXVCPU_PROT_EXEC)

/**
 * struct walker - a walk
 * @entry: the leaf
 * @shift: bits of an address within its page, 0: there is no translation
 * @gpa: result; the entry that could not be read
 */
struct walker {
	u64 entry;
	unsigned int shift;
	u64 gpa;
};

static bool is_leaf(u64 entry)
{
	return entry & (PTE_R | PTE_X);
}

/* What no entry may have. */
static bool is_valid(u64 entry)
{
	u64 reserved = PTE_RESERVED;

	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SVPBMT))
		reserved |= PTE_PBMT;
	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SVNAPOT))
		reserved |= PTE_N;
	if (!is_leaf(entry))
		reserved |= PTE_LEAF_ONLY;
	if (!(entry & PTE_V) || (entry & reserved))
		return false;
	if ((entry & (PTE_R | PTE_W)) == PTE_W)
		return false;
	return (entry & PTE_PBMT) != PTE_PBMT;
}

/* The leaf at @level: 0, or 1 where it is none that a hart takes. */
static int leaf(struct walker *k, unsigned int level, u64 gva)
{
	u64 base = (k->entry & PTE_PPN) << 2;

	k->shift = PAGE_SHIFT + level * INDEX_BITS;
	if (k->entry & PTE_N) {
		if (level || ((base >> PAGE_SHIFT) & (BIT(NAPOT_BITS) - 1)) != NAPOT_64K)
			return 1;
		k->shift += NAPOT_BITS;
		base &= ~(BIT_ULL(k->shift) - 1);
	}
	if (base & (BIT_ULL(k->shift) - 1))
		return 1;
	k->gpa = base | (gva & (BIT_ULL(k->shift) - 1));
	return 0;
}

/* 0; 1: a page fault for any access; -errno, with k->gpa */
static int walk(struct axv_vcpu *v, u64 gva, struct walker *k)
{
	u64 satp = axv_riscv_read_vs(v, CSR_VSATP);
	u64 mode = satp >> SATP_MODE_SHIFT, table, index;
	unsigned int level, unused;
	int err;

	k->shift = 0;
	k->gpa = gva;
	if (mode == SATP_MODE_BARE)
		return 0;
	if (mode < SATP_MODE_SV39 || mode > SATP_MODE_SV57)
		return 1;
	level = 2 + mode - SATP_MODE_SV39;
	unused = 64 - PAGE_SHIFT - (level + 1) * INDEX_BITS;
	if ((u64)((s64)(gva << unused) >> unused) != gva)
		return 1;

	table = (satp & SATP_TABLE) << PAGE_SHIFT;
	for (;; level--) {
		index = gva >> (PAGE_SHIFT + level * INDEX_BITS) & INDEX_MASK;
		k->gpa = table + index * sizeof(k->entry);
		err = axv_s2_read(v->s2, k->gpa, &k->entry, sizeof(k->entry));
		if (err)
			return err;
		if (!is_valid(k->entry))
			return 1;
		if (is_leaf(k->entry))
			return leaf(k, level, gva);
		if (!level)
			return 1;
		table = (k->entry & PTE_PPN) << 2;
	}
}

/* AXVCPU_PROT_* that the leaf gives at the guest's present privilege. */
static u32 rights(struct axv_vcpu *v, const struct walker *k)
{
	u64 sstatus = axv_riscv_read_vs(v, CSR_VSSTATUS), entry = k->entry;
	bool user = axv_riscv_is_user(v);
	u32 prot = 0;

	if (!k->shift)
		return ALL_RIGHTS;
	if (!(entry & PTE_A) || (user && !(entry & PTE_U)))
		return 0;
	/* the supervisor never executes a user's page, and accesses it where SUM says so */
	if ((entry & PTE_X) && (user || !(entry & PTE_U)))
		prot |= AXVCPU_PROT_EXEC;
	if (!user && (entry & PTE_U) && !(sstatus & SR_SUM))
		return prot;
	if ((entry & PTE_R) || ((entry & PTE_X) && (sstatus & SR_MXR)))
		prot |= AXVCPU_PROT_READ;
	if ((entry & PTE_W) && (entry & PTE_D))
		prot |= AXVCPU_PROT_WRITE;
	return prot;
}

static u32 fault_cause(u32 access)
{
	if (access & AXVCPU_PROT_EXEC)
		return EXC_INST_PAGE_FAULT;
	return access & AXVCPU_PROT_WRITE ? EXC_STORE_PAGE_FAULT : EXC_LOAD_PAGE_FAULT;
}

/**
 * axv_riscv_translate() - AXVCPU_TRANSLATE
 * @v: the vCPU, at rest
 * @t: filled in
 *
 * Return: 0; -ENXIO: the guest's tables are not in memory; -EINTR, -ENOMEM.
 */
int axv_riscv_translate(struct axv_vcpu *v, struct axvcpu_translate *t)
{
	static const u32 kinds[] = { AXVCPU_PROT_READ, AXVCPU_PROT_WRITE, AXVCPU_PROT_EXEC };
	struct walker k;
	unsigned int i;
	int err;

	t->gpa = 0;
	t->valid = 0;
	t->prot = 0;
	t->page_size = 0;
	t->fault = 0;

	err = walk(v, t->gva, &k);
	/* EFAULT is for the caller's own pointers. */
	if (err < 0)
		return err == -ENOMEM || err == -EINTR ? err : -ENXIO;
	if (!err) {
		t->gpa = k.gpa;
		t->prot = rights(v, &k);
		t->page_size = k.shift ? BIT_ULL(k.shift) : 0;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (t->access & kinds[i] & ~t->prot) {
			t->fault = fault_cause(kinds[i]);
			return 0;
		}
	}
	if (err) {
		t->fault = fault_cause(0);
		return 0;
	}
	t->valid = 1;
	return 0;
}

static int no_access(u64 cause, u64 gva, struct axv_riscv_trap *trap)
{
	*trap = (struct axv_riscv_trap) { .scause = cause, .stval = gva };
	return 1;
}

/**
 * axv_riscv_read_guest() - read at a guest virtual address, as the guest would
 * @v: the vCPU, at rest; sleeps
 * @gva: where
 * @buf: where to put it
 * @len: bytes
 * @trap: out: scause and stval of the exception that the guest's load gives
 *
 * Return: 0; 1 with @trap; -EFAULT there is no memory behind a page that is mapped, with
 * the trap that a hart would come here with; -EINTR, -ENOMEM.
 */
int axv_riscv_read_guest(struct axv_vcpu *v, u64 gva, void *buf, size_t len,
			 struct axv_riscv_trap *trap)
{
	struct walker k;
	size_t chunk;
	int err;

	while (len) {
		chunk = min_t(size_t, len, PAGE_SIZE - offset_in_page(gva));
		err = walk(v, gva, &k);
		if (err == 1 || (!err && !(rights(v, &k) & AXVCPU_PROT_READ)))
			return no_access(EXC_LOAD_PAGE_FAULT, gva, trap);
		no_access(EXC_LOAD_GUEST_PAGE_FAULT, gva, trap);
		trap->htval = k.gpa >> 2;
		trap->htinst = err ? AXV_RISCV_HTINST_WALK : 0;
		if (!err)
			err = axv_s2_read(v->s2, k.gpa, buf, chunk);
		if (err == -EINTR || err == -ENOMEM || err == -EFAULT)
			return err;
		if (err)
			return no_access(EXC_LOAD_ACCESS, gva, trap);
		buf += chunk;
		gva += chunk;
		len -= chunk;
	}
	return 0;
}
