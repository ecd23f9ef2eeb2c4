// SPDX-License-Identifier: GPL-2.0-only
/* Power-on state, the start modes, and a new entry point. */
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "x86.h"

/* segment attributes: type, S, DPL, P in bits 0-7; AVL, L, D, G in 8-11 */
#define ATTR_CODE16	0x09b
#define ATTR_DATA16	0x093
#define ATTR_CODE32	0xc9b
#define ATTR_DATA32	0xc93
#define ATTR_CODE64	0xa9b
#define ATTR_LDT	0x082
#define ATTR_TSS_BUSY	0x08b

/* the selectors of the flat segments */
#define SEL_CODE	0x10
#define SEL_DATA	0x18

/* PAT after power-on: write-back, write-through, UC-, uncached; twice */
#define PAT_RESET	0x0007040600070406ull
#define DR6_RESET	0xffff0ff0ull
#define DR7_RESET	0x400ull

#define REAL_TOP	0x100000ull	/* first address real mode cannot name */
#define CR3_FLAGS	(X86_CR3_PWT | X86_CR3_PCD)

static void set_seg(struct axvcpu_x86_segment *s, u16 selector, u64 base, u32 limit, u16 attr)
{
	*s = (struct axvcpu_x86_segment) {
		.base = base, .limit = limit, .selector = selector, .attr = attr,
	};
}

/* ---- power-on ------------------------------------------------------------------------ */

static void reset_control(struct axvcpu_x86_control *c)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++)
		set_seg(&c->seg[i], 0, 0, 0xffff, ATTR_DATA16);
	set_seg(&c->seg[AXVCPU_X86_CS], 0xf000, 0xffff0000, 0xffff, ATTR_CODE16);
	set_seg(&c->seg[AXVCPU_X86_LDTR], 0, 0, 0xffff, ATTR_LDT);
	set_seg(&c->seg[AXVCPU_X86_TR], 0, 0, 0xffff, ATTR_TSS_BUSY);
	c->gdt.limit = 0xffff;
	c->idt.limit = 0xffff;
	c->cr0 = X86_CR0_CD | X86_CR0_NW | X86_CR0_ET;
	c->xcr0 = XFEATURE_MASK_FP;
	c->pat = PAT_RESET;
}

static void reset_gpr(struct axv_vcpu *v, const struct axvcpu_cpuid_entry *leaf1)
{
	struct axv_vcpu_arch *a = &v->arch;

	memset(&a->gpr, 0, sizeof(a->gpr));
	a->gpr.rip = 0xfff0;
	a->gpr.rflags = X86_EFLAGS_FIXED;
	/* the CPU signs with its family, model and stepping */
	a->gpr.r[AXVCPU_X86_RDX] = leaf1 ? leaf1->eax : 0;
	a->shadow = false;
	a->nmi_masked = false;
	a->reinject = 0;
	a->reinject_len = 0;
	a->stepped = false;
}

static void reset_registers(struct axv_vcpu *v)
{
	const struct axvcpu_cpuid_entry *e = axv_x86_find_cpuid(v, 1, 0);
	struct axv_vcpu_arch *a = &v->arch;

	reset_gpr(v, e);
	reset_control(&a->control);
	a->control_valid = true;
	axv_x86_control_changed(v);
	a->tlb_flush = true;

	memset(&a->debug, 0, sizeof(a->debug));
	a->debug.dr6 = DR6_RESET;
	a->debug.dr7 = DR7_RESET;
	a->debug.bp_dr7 = DR7_RESET;

	axv_x86_mmio_cancel(v);
	axv_x86_msr_reset(v);
	axv_x86_fpu_reset(v);
}

/**
 * axv_x86_init_state() - the state after INIT
 * @v: the vCPU, its own thread, between two entries
 *
 * MSRs, FPU, XCR0 and the caching bits of CR0 stay, and so does the VMM's debugging.
 */
void axv_x86_init_state(struct axv_vcpu *v)
{
	const struct axvcpu_cpuid_entry *e = axv_x86_find_cpuid(v, 1, 0);
	struct axvcpu_x86_control *c = axv_x86_control(v);
	struct axvcpu_x86_control old = *c;
	struct axv_vcpu_arch *a = &v->arch;

	reset_gpr(v, e);
	reset_control(c);
	c->cr0 = (old.cr0 & (X86_CR0_CD | X86_CR0_NW)) | X86_CR0_ET;
	c->xcr0 = old.xcr0;
	c->xss = old.xss;
	c->pat = old.pat;
	c->star = old.star;
	c->lstar = old.lstar;
	c->cstar = old.cstar;
	c->sfmask = old.sfmask;
	c->kernel_gs_base = old.kernel_gs_base;
	c->sysenter_cs = old.sysenter_cs;
	c->sysenter_esp = old.sysenter_esp;
	c->sysenter_eip = old.sysenter_eip;
	c->tsc_aux = old.tsc_aux;
	axv_x86_control_changed(v);
	a->tlb_flush = true;

	memset(a->debug.dr, 0, sizeof(a->debug.dr));
	a->debug.dr6 = DR6_RESET;
	a->debug.dr7 = DR7_RESET;
	axv_x86_mmio_cancel(v);
}

/**
 * axv_x86_reset_state() - the state after power-on
 * @v: the vCPU, not in RUN; its CPUID table stays
 */
void axv_x86_reset_state(struct axv_vcpu *v)
{
	reset_registers(v);
	axv_x86_events_reset(v);
}

/* ---- the start modes ------------------------------------------------------------------- */

static bool canonical48(u64 addr)
{
	return (u64)((s64)(addr << 16) >> 16) == addr;
}

/**
 * axv_x86_check_setup() - check what AXVCPU_SETUP was given
 * @s: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_x86_check_setup(const struct axvcpu_setup *s)
{
	const struct axvcpu_x86_setup *x = &s->arch.x86;
	bool flat = x->start == AXVCPU_X86_START_PROT32 || x->start == AXVCPU_X86_START_LONG64;

	if (s->flags & ~AXVCPU_SETUP_RUNNABLE || s->reserved)
		return -EINVAL;
	if (x->reserved || x->reserved1 || memchr_inv(x->reserved2, 0, sizeof(x->reserved2)))
		return -EINVAL;
	if (flat ? x->gdt_limit > 0xffff : x->gdt_base || x->gdt_limit)
		return -EINVAL;

	if (x->start == AXVCPU_X86_START_LONG64) {
		if (x->cr3 & ~(u64)CR3_FLAGS &
		    ~GENMASK_ULL(axv_probe.info.gpa_bits - 1, PAGE_SHIFT))
			return -EINVAL;
		return canonical48(s->entry) && canonical48(x->gdt_base) ? 0 : -EINVAL;
	}
	if (x->cr3 || x->rsp >> 32 || x->gdt_base >> 32)
		return -EINVAL;

	switch (x->start) {
	case AXVCPU_X86_START_REAL:
		return s->entry < REAL_TOP ? 0 : -EINVAL;
	case AXVCPU_X86_START_RESET:
		return s->entry ? -EINVAL : 0;
	case AXVCPU_X86_START_PROT32:
		return s->entry >> 32 ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* Below 64 KiB CS is 0; above that it is the 64 KiB block of the entry. */
static void enter_real(struct axv_vcpu *v, u64 entry)
{
	struct axvcpu_x86_segment *cs = &axv_x86_control(v)->seg[AXVCPU_X86_CS];

	cs->base = entry & ~0xffffull;
	cs->selector = cs->base >> 4;
	v->arch.gpr.rip = entry & 0xffff;
	axv_x86_control_changed(v);
}

/* Flat segments; no IDT: a fault before the guest has one is a shutdown. */
static void enter_flat(struct axv_vcpu *v, const struct axvcpu_setup *s, u16 code)
{
	struct axvcpu_x86_control *c = &v->arch.control;
	unsigned int i;

	for (i = AXVCPU_X86_ES; i <= AXVCPU_X86_GS; i++)
		set_seg(&c->seg[i], SEL_DATA, 0, 0xffffffff, ATTR_DATA32);
	set_seg(&c->seg[AXVCPU_X86_CS], SEL_CODE, 0, 0xffffffff, code);
	c->gdt.base = s->arch.x86.gdt_base;
	c->gdt.limit = s->arch.x86.gdt_limit;
	c->idt.limit = 0;
	c->cr0 = X86_CR0_PE | X86_CR0_ET;
	v->arch.gpr.r[AXVCPU_X86_RDX] = 0;
	v->arch.gpr.rip = s->entry;
}

static void enter_long(struct axv_vcpu *v, const struct axvcpu_setup *s)
{
	struct axvcpu_x86_control *c = &v->arch.control;

	enter_flat(v, s, ATTR_CODE64);
	c->cr0 |= X86_CR0_PG;
	c->cr3 = s->arch.x86.cr3;
	c->cr4 = X86_CR4_PAE;
	c->efer = EFER_LME | EFER_LMA;
}

/**
 * axv_x86_start_state() - load the state AXVCPU_SETUP asked for
 * @v: the vCPU, not in RUN
 * @s: checked by axv_x86_check_setup()
 *
 * Events may have been queued before; they stay.
 */
void axv_x86_start_state(struct axv_vcpu *v, const struct axvcpu_setup *s)
{
	reset_registers(v);
	switch (s->arch.x86.start) {
	case AXVCPU_X86_START_REAL:
		enter_real(v, s->entry);
		break;
	case AXVCPU_X86_START_PROT32:
		enter_flat(v, s, ATTR_CODE32);
		break;
	case AXVCPU_X86_START_LONG64:
		enter_long(v, s);
		break;
	}
	v->arch.gpr.r[AXVCPU_X86_RSP] = s->arch.x86.rsp;
}

/**
 * axv_x86_vcpu_setup() - AXVCPU_SETUP
 * @v: the vCPU, not in RUN
 * @args: a private copy
 *
 * Return: 0 or -EINVAL, with nothing changed.
 */
int axv_x86_vcpu_setup(struct axv_vcpu *v, const struct axvcpu_setup *args)
{
	int r;

	r = axv_x86_check_setup(args);
	if (r)
		return r;
	axv_x86_start_state(v, args);
	if (v->id && !(args->flags & AXVCPU_SETUP_RUNNABLE))
		axv_x86_set_wait_start(v);
	return 0;
}

/* ---- SET_ENTRY, START ------------------------------------------------------------------- */

/**
 * axv_x86_set_page() - begin as a SIPI has it
 * @v: the vCPU in real mode, not in RUN
 * @entry: a page below 1 MiB
 *
 * Return: 0.
 */
int axv_x86_set_page(struct axv_vcpu *v, u64 entry)
{
	struct axvcpu_x86_segment *cs = &axv_x86_control(v)->seg[AXVCPU_X86_CS];

	cs->base = entry;
	cs->selector = entry >> 4;
	v->arch.gpr.rip = 0;
	axv_x86_control_changed(v);
	v->arch.shadow = false;
	v->arch.stepped = false;
	v->arch.lapic.asked = AXV_LAPIC_NOTHING;
	axv_x86_mmio_cancel(v);
	axv_x86_end_halt(v);
	return 0;
}

/**
 * axv_x86_set_entry() - go on at another address
 * @v: the vCPU, not in RUN
 * @entry: in the mode of the moment: real mode sets CS as SETUP does
 *
 * Takes back a halt and an access under way.
 *
 * Return: 0, or -EINVAL where the mode cannot have that address.
 */
int axv_x86_set_entry(struct axv_vcpu *v, u64 entry)
{
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	if (!(axv_x86_control(v)->cr0 & X86_CR0_PE)) {
		if (entry >= REAL_TOP)
			return -EINVAL;
		enter_real(v, entry);
	} else {
		if (m.bits == 64 ? !axv_x86_canonical(entry) : entry >> 32)
			return -EINVAL;
		v->arch.gpr.rip = entry;
	}

	v->arch.shadow = false;
	v->arch.stepped = false;
	v->arch.lapic.asked = AXV_LAPIC_NOTHING;
	axv_x86_mmio_cancel(v);
	axv_x86_end_halt(v);
	return 0;
}
