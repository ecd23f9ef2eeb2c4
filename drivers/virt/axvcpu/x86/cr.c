// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers, EFER and XCR0: what the guest writes, checked as its CPU
 * would check it, and what user space writes as a whole.
 */
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "x86.h"

#define CR0_BITS	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | \
			 X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | \
			 X86_CR0_NW | X86_CR0_CD | X86_CR0_PG)
/* the CPU flushes its TLB when one of these changes */
#define CR0_FLUSH	(X86_CR0_PE | X86_CR0_WP | X86_CR0_PG)
#define CR4_FLUSH	(X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_LA57 | \
			 X86_CR4_PCIDE | X86_CR4_SMEP | X86_CR4_SMAP | X86_CR4_PKE)

#define CR3_NO_FLUSH	BIT_ULL(63)	/* MOV to CR3 with CR4.PCIDE */
#define CR3_PCID	0xfffull

#define EFER_BIT_TCE	BIT_ULL(15)

/* In the order of CR4's bits; all of them in sub-leaf 0. */
const struct axv_x86_cr4_feature axv_x86_cr4_features[] = {
	{ X86_CR4_UMIP,		7, 2, X86_FEATURE_UMIP & 31 },
	{ X86_CR4_LA57,		7, 2, X86_FEATURE_LA57 & 31 },
	{ X86_CR4_FSGSBASE,	7, 1, X86_FEATURE_FSGSBASE & 31 },
	{ X86_CR4_PCIDE,	1, 2, X86_FEATURE_PCID & 31 },
	{ X86_CR4_OSXSAVE,	1, 2, X86_FEATURE_XSAVE & 31 },
	{ X86_CR4_SMEP,		7, 1, X86_FEATURE_SMEP & 31 },
	{ X86_CR4_SMAP,		7, 1, X86_FEATURE_SMAP & 31 },
	{ X86_CR4_PKE,		7, 2, X86_FEATURE_PKU & 31 },
	{ }
};

/*
 * CR4 bits the vCPU has. Those older than CPUID's way to tell them every guest
 * has, machine check too: firmware sets it without a look.
 */
static u64 cr4_allowed(struct axv_vcpu *v)
{
	const struct axv_x86_cr4_feature *f;
	u64 cr4 = axv_x86_host.cr4;

	for (f = axv_x86_cr4_features; f->cr4; f++)
		if (!axv_x86_guest_has(v, f->leaf, 0, f->reg, f->bit))
			cr4 &= ~f->cr4;
	return cr4;
}

static u64 efer_allowed(struct axv_vcpu *v)
{
	u64 efer = axv_x86_host.efer;

	if (!axv_x86_guest_has(v, 0x80000001, 0, 3, X86_FEATURE_FXSR_OPT & 31))
		efer &= ~(u64)EFER_FFXSR;
	if (!axv_x86_guest_has(v, 0x80000001, 0, 2, X86_FEATURE_TCE & 31))
		efer &= ~EFER_BIT_TCE;
	return efer;
}

/* Address bits of CR3 that the guest's CPU does not have. */
static u64 cr3_reserved(struct axv_vcpu *v)
{
	const struct axvcpu_cpuid_entry *e = axv_x86_find_cpuid(v, 0x80000008, 0);
	u32 bits = axv_probe.info.gpa_bits;

	if (e && (e->eax & 0xff) >= 32)
		bits = min(bits, e->eax & 0xff);
	return ~GENMASK_ULL(bits - 1, 0);
}

/* Rules between bits of CR0 alone. */
static bool cr0_consistent(u64 cr0)
{
	if (cr0 >> 32)
		return false;
	if ((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE))
		return false;
	return !(cr0 & X86_CR0_NW) || (cr0 & X86_CR0_CD);
}

static bool in_64bit(const struct axvcpu_x86_control *c)
{
	return (c->efer & EFER_LMA) && (c->seg[AXVCPU_X86_CS].attr & AXV_X86_ATTR_L);
}

/* ---- the guest writes -------------------------------------------------------------- */

/**
 * axv_x86_set_cr0() - MOV to CR0, LMSW or CLTS in the guest
 * @v: the vCPU
 * @val: all of the new value
 *
 * Return: 0, or 1 for #GP(0).
 */
int axv_x86_set_cr0(struct axv_vcpu *v, u64 val)
{
	struct axvcpu_x86_control *c = axv_x86_control(v);
	u64 changed;

	if (!cr0_consistent(val))
		return 1;
	/* Writes to reserved bits below 32 are ignored, ET is always there. */
	val = (val & CR0_BITS) | X86_CR0_ET;
	changed = val ^ c->cr0;

	if (changed & val & X86_CR0_PG && c->efer & EFER_LME) {
		/* into long mode: not without PAE, not right into 64-bit code */
		if (!(c->cr4 & X86_CR4_PAE) || c->seg[AXVCPU_X86_CS].attr & AXV_X86_ATTR_L)
			return 1;
		c->efer |= EFER_LMA;
	} else if (changed & X86_CR0_PG && !(val & X86_CR0_PG)) {
		if (in_64bit(c) || c->cr4 & X86_CR4_PCIDE)
			return 1;
		c->efer &= ~(u64)EFER_LMA;
	}

	c->cr0 = val;
	axv_x86_control_changed(v);
	if (changed & CR0_FLUSH)
		v->arch.tlb_flush = true;
	return 0;
}

/**
 * axv_x86_set_cr3() - MOV to CR3 in the guest
 * @v: the vCPU
 * @val: the operand
 *
 * Return: 0, or 1 for #GP(0).
 */
int axv_x86_set_cr3(struct axv_vcpu *v, u64 val)
{
	struct axvcpu_x86_control *c = axv_x86_control(v);
	bool keep = false;

	if (c->cr4 & X86_CR4_PCIDE) {
		keep = val & CR3_NO_FLUSH;
		val &= ~CR3_NO_FLUSH;
	}
	if (val & cr3_reserved(v))
		return 1;
	c->cr3 = val;
	axv_x86_control_changed(v);
	if (!keep)
		v->arch.tlb_flush = true;
	return 0;
}

/**
 * axv_x86_set_cr4() - MOV to CR4 in the guest
 * @v: the vCPU
 * @val: the operand
 *
 * Return: 0, or 1 for #GP(0).
 */
int axv_x86_set_cr4(struct axv_vcpu *v, u64 val)
{
	struct axvcpu_x86_control *c = axv_x86_control(v);
	u64 changed = val ^ c->cr4;

	if (val & ~cr4_allowed(v))
		return 1;
	if (c->efer & EFER_LMA) {
		if (!(val & X86_CR4_PAE) || changed & X86_CR4_LA57)
			return 1;
	}
	if (changed & val & X86_CR4_PCIDE) {
		if (!(c->efer & EFER_LMA) || c->cr3 & CR3_PCID)
			return 1;
	}
	c->cr4 = val;
	axv_x86_control_changed(v);
	if (changed & CR4_FLUSH)
		v->arch.tlb_flush = true;
	return 0;
}

/**
 * axv_x86_set_cr8() - MOV to CR8 in the guest
 * @v: the vCPU
 * @val: the operand
 *
 * Return: 0, or 1 for #GP(0).
 */
int axv_x86_set_cr8(struct axv_vcpu *v, u64 val)
{
	if (val > 15)
		return 1;
	axv_x86_control(v)->cr8 = val;
	axv_x86_control_changed(v);
	return 0;
}

/**
 * axv_x86_set_efer() - WRMSR to EFER in the guest
 * @v: the vCPU
 * @val: the operand
 *
 * LMA is the CPU's own: what is written there does not matter.
 *
 * Return: 0, or 1 for #GP(0).
 */
int axv_x86_set_efer(struct axv_vcpu *v, u64 val)
{
	struct axvcpu_x86_control *c = axv_x86_control(v);
	u64 changed;

	if (val & ~efer_allowed(v))
		return 1;
	val = (val & ~(u64)EFER_LMA) | (c->efer & EFER_LMA);
	changed = val ^ c->efer;
	if (changed & EFER_LME && c->cr0 & X86_CR0_PG)
		return 1;
	c->efer = val;
	axv_x86_control_changed(v);
	if (changed & EFER_NX)
		v->arch.tlb_flush = true;
	return 0;
}

/**
 * axv_x86_valid_xcr0() - can XCR0 hold a value
 * @v: the vCPU
 * @val: the value
 */
bool axv_x86_valid_xcr0(struct axv_vcpu *v, u64 val)
{
	const struct axvcpu_cpuid_entry *e = axv_x86_find_cpuid(v, 0xd, 0);
	u64 allowed = XFEATURE_MASK_FP;

	if (e)
		allowed |= axv_x86_host.xcr0 & ((u64)e->edx << 32 | e->eax);
	if (val & ~allowed || !(val & XFEATURE_MASK_FP))
		return false;
	if ((val & XFEATURE_MASK_YMM) && !(val & XFEATURE_MASK_SSE))
		return false;
	if (val & XFEATURE_MASK_AVX512) {
		if ((val & XFEATURE_MASK_AVX512) != XFEATURE_MASK_AVX512)
			return false;
		if (!(val & XFEATURE_MASK_YMM))
			return false;
	}
	return true;
}

/**
 * axv_x86_set_xcr() - XSETBV in the guest
 * @v: the vCPU
 * @index: ECX
 * @val: EDX:EAX
 *
 * Return: 0, or 1 for #GP(0).
 */
int axv_x86_set_xcr(struct axv_vcpu *v, u32 index, u64 val)
{
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	if (index || m.cpl || !axv_x86_valid_xcr0(v, val))
		return 1;
	v->arch.control.xcr0 = val;
	axv_x86_fpu_xcr_changed(v);
	return 0;
}

/**
 * axv_x86_valid_pat() - can the PAT MSR hold a value
 * @val: the value
 *
 * Memory types 0, 1 and 4 to 7 exist.
 */
bool axv_x86_valid_pat(u64 val)
{
	/* no bit above 2 in a byte, and bit 1 only with bit 2 */
	return !(val & 0xf8f8f8f8f8f8f8f8ull) &&
	       !((val & 0x0202020202020202ull) & ~((val & 0x0404040404040404ull) >> 1));
}

/* ---- user space writes ---------------------------------------------------------------- */

static bool valid_segments(const struct axvcpu_x86_control *c)
{
	u16 cs = c->seg[AXVCPU_X86_CS].attr;
	unsigned int i;

	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++) {
		if (c->seg[i].attr & ~AXV_X86_ATTR_MASK)
			return false;
		/* FS, GS, LDTR and TR have 64 bits of base */
		if (i < AXVCPU_X86_FS ? c->seg[i].base >> 32 :
					!axv_x86_canonical(c->seg[i].base))
			return false;
	}
	return cs & AXV_X86_ATTR_P && cs & AXV_X86_ATTR_S;
}

static bool valid_dtable(const struct axvcpu_x86_dtable *t)
{
	return axv_x86_canonical(t->base) && t->limit <= 0xffff && !t->reserved;
}

static bool valid_mode(struct axv_vcpu *v, const struct axvcpu_x86_control *c)
{
	bool active = (c->efer & EFER_LME) && (c->cr0 & X86_CR0_PG);

	if (!cr0_consistent(c->cr0))
		return false;
	if (c->cr3 & cr3_reserved(v) || c->cr4 & ~cr4_allowed(v) || c->cr8 > 15)
		return false;
	if (c->efer & ~efer_allowed(v) || !(c->efer & EFER_LMA) != !active)
		return false;
	if (!active)
		return !(c->cr4 & X86_CR4_PCIDE);
	return c->cr4 & X86_CR4_PAE;
}

/**
 * axv_x86_check_control() - check a whole control group
 * @v: the vCPU
 * @c: the group; a private copy
 *
 * Refuses what no CPU can be in. A combination that is reserved, such as CS.L
 * with CS.D, is the hardware's to judge: the entry gives FAIL_ENTRY.
 *
 * Return: 0 or -EINVAL.
 */
int axv_x86_check_control(struct axv_vcpu *v, const struct axvcpu_x86_control *c)
{
	if (memchr_inv(c->reserved, 0, sizeof(c->reserved)))
		return -EINVAL;
	if (!valid_segments(c) || !valid_dtable(&c->gdt) || !valid_dtable(&c->idt))
		return -EINVAL;
	if (!valid_mode(v, c))
		return -EINVAL;
	if (!axv_x86_valid_xcr0(v, c->xcr0) || c->xss & ~axv_x86_xss_allowed())
		return -EINVAL;
	if (!axv_x86_valid_pat(c->pat))
		return -EINVAL;
	if (!axv_x86_canonical(c->lstar) || !axv_x86_canonical(c->cstar) ||
	    !axv_x86_canonical(c->kernel_gs_base) ||
	    !axv_x86_canonical(c->sysenter_esp) || !axv_x86_canonical(c->sysenter_eip))
		return -EINVAL;
	return c->tsc_aux >> 32 ? -EINVAL : 0;
}

/**
 * axv_x86_commit_control() - take a control group that was checked
 * @v: the vCPU, at rest
 * @c: the group; a private copy
 */
void axv_x86_commit_control(struct axv_vcpu *v, const struct axvcpu_x86_control *c)
{
	v->arch.control = *c;
	/* as MOV to CR0 takes it */
	v->arch.control.cr0 = (c->cr0 & CR0_BITS) | X86_CR0_ET;
	v->arch.control_valid = true;
	axv_x86_control_changed(v);
	v->arch.tlb_flush = true;
}
