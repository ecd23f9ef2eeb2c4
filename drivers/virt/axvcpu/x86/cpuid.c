// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: a vCPU's table, and the instruction that reads it.
 *
 * The table is sorted by leaf and sub-leaf. It holds what does not change while
 * the guest runs; what follows the guest's own CR4, XCR0 and XSS is put in when
 * the guest asks.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <asm/fpu/types.h>

#include "x86.h"

/* regions of leaves; each has a highest one of its own */
#define REGION_MASK		0xc0000000u
#define REGION_HYPERVISOR	0x40000000u
#define REGION_EXTENDED		0x80000000u

#define VENDOR_INTEL_EBX	0x756e6547	/* "Genu" */
#define LEAF_1_OSXSAVE		BIT(27)
#define LEAF_1_APIC		BIT(9)
#define LEAF_7_OSPKE		BIT(4)
#define LEAF_D_1_XSAVEC		BIT(1)
#define LEAF_D_1_XSAVES		BIT(3)

/* An entry for all sub-leaves stands before those for one. */
static int compare(const void *pa, const void *pb)
{
	const struct axvcpu_cpuid_entry *a = pa, *b = pb;

	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	if (a->flags != b->flags)
		return a->flags < b->flags ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return 0;
}

/**
 * axv_x86_find_cpuid() - a vCPU's answer for a leaf
 * @v: the vCPU
 * @leaf: EAX
 * @index: ECX, which counts only where the table tells sub-leaves apart
 *
 * Return: the row, NULL: the table has none.
 */
const struct axvcpu_cpuid_entry *axv_x86_find_cpuid(struct axv_vcpu *v, u32 leaf, u32 index)
{
	const struct axvcpu_cpuid_entry *all = NULL, *e = v->arch.cpuid;
	const struct axvcpu_cpuid_entry *end = e + v->arch.nr_cpuid;
	u32 n = v->arch.nr_cpuid, half;

	/* the first row of the leaf, or of the next higher one */
	for (; n; n = half) {
		half = n / 2;
		if (e[half].function < leaf) {
			e += half + 1;
			half = n - half - 1;
		}
	}
	for (; e < end && e->function == leaf; e++) {
		if (!(e->flags & AXVCPU_CPUID_INDEX))
			all = e;
		else if (e->index == index)
			return e;
	}
	return all;
}

/**
 * axv_x86_guest_has() - a feature bit in the vCPU's table
 * @v: the vCPU
 * @leaf: leaf
 * @index: sub-leaf
 * @reg: 0 eax, 1 ebx, 2 ecx, 3 edx
 * @bit: bit number
 */
bool axv_x86_guest_has(struct axv_vcpu *v, u32 leaf, u32 index, u32 reg, u32 bit)
{
	const struct axvcpu_cpuid_entry *e = axv_x86_find_cpuid(v, leaf, index);

	return e && (&e->eax)[reg] & BIT(bit);
}

/* ---- the instruction -------------------------------------------------------------- */

/* Bytes of the standard form that holds the components @mask. */
static u32 standard_size(u64 mask)
{
	const struct axv_x86_xstate *x = axv_x86_host.xstate;
	u32 size = sizeof(struct xregs_state);
	unsigned int i;

	for (i = FIRST_EXTENDED_XFEATURE; i < AXV_X86_NR_XSTATE; i++)
		if (mask & BIT_ULL(i))
			size = max_t(u32, size, x[i].offset + x[i].size);
	return size;
}

/* Bytes of the compacted form. */
static u32 compacted_size(u64 mask)
{
	const struct axv_x86_xstate *x = axv_x86_host.xstate;
	u32 size = sizeof(struct xregs_state);
	unsigned int i;

	for (i = FIRST_EXTENDED_XFEATURE; i < AXV_X86_NR_XSTATE; i++) {
		if (!(mask & BIT_ULL(i)))
			continue;
		if (x[i].align)
			size = ALIGN(size, 64);
		size += x[i].size;
	}
	return size;
}

/* Bits that follow the guest's registers. */
static void dynamic(struct axv_vcpu *v, u32 leaf, u32 index, struct axvcpu_cpuid_entry *e)
{
	const struct axvcpu_x86_control *c = &v->arch.control;

	switch (leaf) {
	case 0x1:
		/* disabled for good, as software has it */
		if (v->arch.lapic.there && !(v->arch.lapic.base & MSR_IA32_APICBASE_ENABLE))
			e->edx &= ~(u32)LEAF_1_APIC;
		e->ecx &= ~(u32)LEAF_1_OSXSAVE;
		if (c->cr4 & X86_CR4_OSXSAVE)
			e->ecx |= LEAF_1_OSXSAVE;
		break;
	case 0x7:
		if (index)
			break;
		e->ecx &= ~(u32)LEAF_7_OSPKE;
		if (c->cr4 & X86_CR4_PKE)
			e->ecx |= LEAF_7_OSPKE;
		break;
	case 0xb:
	case 0x1f:
		/* the level asked for is told even where there is none */
		e->ecx = (e->ecx & ~0xffu) | (index & 0xff);
		break;
	case 0xd:
		if (index == 0)
			e->ebx = standard_size(c->xcr0);
		else if (index == 1 && e->eax & (LEAF_D_1_XSAVEC | LEAF_D_1_XSAVES))
			e->ebx = compacted_size(c->xcr0 | c->xss);
		break;
	}
}

static u32 region(u32 leaf)
{
	return leaf & REGION_EXTENDED ? REGION_EXTENDED : leaf & REGION_MASK;
}

/* The leaf that is read when the guest asks for @leaf. */
static u32 effective_leaf(struct axv_vcpu *v, u32 leaf)
{
	const struct axvcpu_cpuid_entry *max = axv_x86_find_cpuid(v, region(leaf), 0);
	const struct axvcpu_cpuid_entry *basic = axv_x86_find_cpuid(v, 0, 0);

	if ((max && leaf <= max->eax) || region(leaf) == REGION_HYPERVISOR || !basic)
		return leaf;
	/* Intel answers for what is above any range with its highest basic leaf. */
	if (basic->ebx == VENDOR_INTEL_EBX)
		return basic->eax;
	return leaf;
}

static void give(struct axv_vcpu *v, const struct axv_x86_cpuid *c)
{
	*axv_x86_reg(v, AXVCPU_X86_RAX) = c->eax;
	*axv_x86_reg(v, AXVCPU_X86_RBX) = c->ebx;
	*axv_x86_reg(v, AXVCPU_X86_RCX) = c->ecx;
	*axv_x86_reg(v, AXVCPU_X86_RDX) = c->edx;
}

static noinline void cpuid_slow(struct axv_vcpu *v, u32 leaf, u32 index)
{
	const struct axvcpu_x86_control *control = &v->arch.control;
	struct axvcpu_cpuid_entry out = { };
	const struct axvcpu_cpuid_entry *e;

	v->arch.last_cpuid = (struct axv_x86_cpuid) {
		.valid = true, .leaf = leaf, .index = index,
		.cr4 = control->cr4, .xcr0 = control->xcr0, .xss = control->xss,
	};
	e = axv_x86_find_cpuid(v, leaf, index);
	if (!e) {
		leaf = effective_leaf(v, leaf);
		e = axv_x86_find_cpuid(v, leaf, index);
	}
	if (e) {
		out = *e;
		dynamic(v, leaf, index, &out);
	} else if (leaf == 0xb || leaf == 0x1f) {
		/* A level that is not there still tells the x2APIC id. */
		e = axv_x86_find_cpuid(v, leaf, 0);
		out.ecx = index & 0xff;
		out.edx = e ? e->edx : 0;
	}
	v->arch.last_cpuid.eax = out.eax;
	v->arch.last_cpuid.ebx = out.ebx;
	v->arch.last_cpuid.ecx = out.ecx;
	v->arch.last_cpuid.edx = out.edx;
	give(v, &v->arch.last_cpuid);
}

/**
 * axv_x86_cpuid() - CPUID in the guest
 * @v: the vCPU
 *
 * Interrupts may be off. The caller goes on behind the instruction.
 */
void axv_x86_cpuid(struct axv_vcpu *v)
{
	const struct axvcpu_x86_control *control = &v->arch.control;
	const struct axv_x86_cpuid *last = &v->arch.last_cpuid;
	u32 index = *axv_x86_reg(v, AXVCPU_X86_RCX);
	u32 leaf = *axv_x86_reg(v, AXVCPU_X86_RAX);

	/* Who uses CPUID to serialize asks for the same again and again. */
	if (likely(last->leaf == leaf && last->index == index && last->valid &&
		   last->cr4 == control->cr4 && last->xcr0 == control->xcr0 &&
		   last->xss == control->xss))
		give(v, last);
	else
		cpuid_slow(v, leaf, index);
}

/* ---- the table ------------------------------------------------------------------------ */

static void take_table(struct axv_vcpu *v, struct axvcpu_cpuid_entry *table, u32 nr)
{
	kvfree(v->arch.cpuid);
	v->arch.cpuid = table;
	v->arch.nr_cpuid = nr;
	v->arch.last_cpuid.valid = false;
}

/**
 * axv_x86_cpuid_init() - give a new vCPU the default table
 * @v: the vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int axv_x86_cpuid_init(struct axv_vcpu *v)
{
	struct axvcpu_cpuid_entry *table;
	u32 nr;

	table = kvcalloc(AXV_X86_MAX_CPUID, sizeof(*table), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table)
		return -ENOMEM;
	nr = axv_x86_default_cpuid(v->id, v->arch.lapic.there, table, AXV_X86_MAX_CPUID);
	sort(table, nr, sizeof(*table), compare, NULL);
	take_table(v, table, nr);
	return 0;
}

/**
 * axv_x86_cpuid_free() - the counterpart of axv_x86_cpuid_init()
 * @v: the vCPU
 */
void axv_x86_cpuid_free(struct axv_vcpu *v)
{
	kvfree(v->arch.cpuid);
	v->arch.cpuid = NULL;
	v->arch.nr_cpuid = 0;
}

static bool valid_entry(const struct axvcpu_cpuid_entry *e)
{
	u64 components = (u64)e->edx << 32 | e->eax;

	if ((e->flags & ~AXVCPU_CPUID_INDEX) || e->reserved)
		return false;
	if (!(e->flags & AXVCPU_CPUID_INDEX) && e->index)
		return false;
	/* A guest that turned on a component nobody switches would leak it. */
	if (e->function == 0xd && e->index == 0 && (components & ~axv_x86_xcr0_allowed()))
		return false;
	components = (u64)e->edx << 32 | e->ecx;
	if (e->function == 0xd && e->index == 1 && (components & ~axv_x86_xss_allowed()))
		return false;
	return true;
}

/**
 * axv_x86_set_cpuid() - replace a vCPU's table
 * @v: the vCPU, not bound
 * @e: the new table, in any order; a private copy
 * @nr: its entries
 *
 * Return: 0; -E2BIG, -EINVAL, -ENOMEM: nothing changed.
 */
int axv_x86_set_cpuid(struct axv_vcpu *v, const struct axvcpu_cpuid_entry *e, u32 nr)
{
	struct axvcpu_cpuid_entry *table;
	u32 i;

	if (nr > AXV_X86_MAX_CPUID)
		return -E2BIG;
	for (i = 0; i < nr; i++)
		if (!valid_entry(&e[i]))
			return -EINVAL;

	table = kvcalloc(nr + 1, sizeof(*table), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table)
		return -ENOMEM;
	memcpy(table, e, nr * sizeof(*table));
	sort(table, nr, sizeof(*table), compare, NULL);
	for (i = 1; i < nr; i++) {
		if (!compare(&table[i - 1], &table[i])) {
			kvfree(table);
			return -EINVAL;
		}
	}
	take_table(v, table, nr);
	return 0;
}

/**
 * axv_x86_get_cpuid() - read a vCPU's table
 * @v: the vCPU
 * @e: where to
 * @room: entries that fit there
 *
 * Return: how many entries the table has.
 */
int axv_x86_get_cpuid(struct axv_vcpu *v, struct axvcpu_cpuid_entry *e, u32 room)
{
	memcpy(e, v->arch.cpuid, min(room, v->arch.nr_cpuid) * sizeof(*e));
	return v->arch.nr_cpuid;
}
