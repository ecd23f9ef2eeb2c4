// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCS: the control group in its guest area and back, and the controls that follow
 * from a vCPU's state.
 *
 * Reading it takes VMX operation. In a section a few fields are read as they are
 * wanted; between two, the first who asks has all of them read at once (cache).
 */
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "vmx.h"
#include "entry.h"

static_assert(offsetof(struct axv_vmx_switch, gpr) == SW_GPR);
static_assert(offsetof(struct axv_vmx_switch, rsp) == SW_RSP);
static_assert(offsetof(struct axv_vmx_switch, spec_ctrl) == SW_SPEC_CTRL);
static_assert(offsetof(struct axv_vmx_switch, launched) == SW_LAUNCHED);
static_assert(VMCS_HOST_RSP == FIELD_HOST_RSP);

/* Caches stay on whatever the guest's CR0 says: off, it would only be slow. */
#define CR0_HIDDEN	((u64)X86_CR0_CD | X86_CR0_NW)
/* Bits of CR0 that the guest has to itself; with others MOV to CR0 exits. */
#define CR0_OWN		((u64)X86_CR0_TS | X86_CR0_MP)

/* fields of segment @seg, which is in the order of the field encodings */
#define SEG_SEL(seg)	((enum axv_vmcs_field)(VMCS_GUEST_ES_SEL + 2 * (seg)))
#define SEG_LIMIT(seg)	((enum axv_vmcs_field)(VMCS_GUEST_ES_LIMIT + 2 * (seg)))
#define SEG_AR(seg)	((enum axv_vmcs_field)(VMCS_GUEST_ES_AR + 2 * (seg)))
#define SEG_BASE(seg)	((enum axv_vmcs_field)(VMCS_GUEST_ES_BASE + 2 * (seg)))
#define PDPTE(i)	((enum axv_vmcs_field)(VMCS_GUEST_PDPTE0 + 2 * (i)))

/* ---- controls ---------------------------------------------------------------------- */

/*
 * #DB and #AC: delivering them can raise them again for ever, and the exit is
 * where the host gets its turn. #MC: it is the host's.
 */
#define EXCEPTIONS	(BIT(AXV_X86_DB) | BIT(AXV_X86_AC) | BIT(AXV_X86_MC))

/**
 * axv_vmx_init_vmcs() - fields that never change, and the rest for the first time
 * @v: the vCPU, in a section; its VMCS is current
 */
void axv_vmx_init_vmcs(struct axv_vcpu *v)
{
	const struct axv_vmx_caps *caps = &axv_vmx_caps;
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	struct axv_vmx_now *now = &vmx->now;

	memset(now, 0, sizeof(*now));
	axv_vmwrite(VMCS_PIN, caps->pin);
	now->proc = caps->proc;
	axv_vmwrite(VMCS_PROC, now->proc);
	axv_vmwrite(VMCS_PROC2, caps->proc2);
	axv_vmwrite(VMCS_EXIT, caps->exit);
	now->entry = caps->entry;
	axv_vmwrite(VMCS_ENTRY, now->entry);
	now->exceptions = EXCEPTIONS;
	axv_vmwrite(VMCS_EXCEPTIONS, now->exceptions);
	axv_vmwrite(VMCS_PF_MASK, 0);
	axv_vmwrite(VMCS_PF_MATCH, 0);
	axv_vmwrite(VMCS_CR3_TARGETS, 0);
	axv_vmwrite(VMCS_EXIT_MSR_STORES, 0);
	axv_vmwrite(VMCS_EXIT_MSR_LOADS, 0);
	axv_vmwrite(VMCS_ENTRY_MSR_LOADS, 0);
	axv_vmwrite(VMCS_ENTRY_INTR, 0);
	axv_vmwrite(VMCS_TSC_OFFSET, 0);
	axv_vmwrite(VMCS_LINK, ~0ull);
	axv_vmwrite(VMCS_CR0_MASK, ~CR0_OWN);
	axv_vmwrite(VMCS_CR4_MASK, ~0ull);
	axv_vmwrite(VMCS_GUEST_DEBUGCTL, 0);
	axv_vmwrite(VMCS_GUEST_ACTIVITY, 0);
	axv_vmwrite(VMCS_GUEST_SMBASE, 0);
	axv_vmwrite(VMCS_GUEST_INTR, 0);
	axv_vmwrite(VMCS_GUEST_PENDING_DEBUG, 0);
	axv_vmwrite(VMCS_GUEST_RIP, 0);
	axv_vmwrite(VMCS_GUEST_RSP, 0);
	axv_vmwrite(VMCS_GUEST_RFLAGS, 0);
	axv_vmwrite(VMCS_GUEST_DR7, 0);
	if (caps->tpr) {
		axv_vmwrite(VMCS_VIRTUAL_APIC, __pa(vmx->apic));
		axv_vmwrite(VMCS_TPR_THRESHOLD, 0);
	}
	if (caps->proc2 & PROC2_ENCLS)
		axv_vmwrite(VMCS_ENCLS_EXITS, ~0ull);
	if (caps->proc2 & PROC2_XSAVES)
		axv_vmwrite(VMCS_XSS_EXITS, 0);
	axv_vmx_host_init(vmx);

	vmx->fresh = false;
	vmx->ts_forced = false;
	vmx->cache_valid = false;
	vmx->plain_controls = false;
	/* neither a CPU nor a VM's bitmap is in it */
	vmx->last_cpu = -1;
	vmx->tag.gen = 0;
	vmx->msrpm_gen = v->vm->arch.msrpm_gen - 1;
	vmx->new_root = true;
	v->arch.control_dirty = true;
}

/**
 * axv_vmx_load_controls() - controls that depend on the moment
 * @v: the vCPU, in a section; events are planned
 */
void axv_vmx_load_controls(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u32 exceptions = EXCEPTIONS | v->vm->exception_exits;
	struct axv_vmx_now *now = &vmx->now;
	u32 proc = axv_vmx_caps.proc;
	u32 threshold = 0;

	vmx->plain_controls = !vmx->unusual && !v->arch.debug.control;
	if (v->arch.debug.control & AXVCPU_X86_DEBUG_SW_BP)
		exceptions |= BIT(AXV_X86_BP);
	if (vmx->ts_forced)
		exceptions |= BIT(AXV_X86_NM) | BIT(AXV_X86_UD);
	if (vmx->irq_window)
		proc |= PROC_INTR_WINDOW;
	if (vmx->nmi_window)
		proc |= PROC_NMI_WINDOW;
	if (vmx->mtf)
		proc |= PROC_MTF;
	/* any lower one exits; without the shadow all do */
	if (vmx->cr8_window)
		threshold = axv_vmx_cr8(vmx);

	if (now->proc != proc) {
		now->proc = proc;
		axv_vmwrite(VMCS_PROC, proc);
	}
	if (now->exceptions != exceptions) {
		now->exceptions = exceptions;
		axv_vmwrite(VMCS_EXCEPTIONS, exceptions);
	}
	if (axv_vmx_caps.tpr && now->tpr_threshold != threshold) {
		now->tpr_threshold = threshold;
		axv_vmwrite(VMCS_TPR_THRESHOLD, threshold);
	}
	if (now->tsc_offset != v->arch.tsc_offset) {
		now->tsc_offset = v->arch.tsc_offset;
		axv_vmwrite(VMCS_TSC_OFFSET, now->tsc_offset);
	}
}

/* ---- segments ---------------------------------------------------------------------- */

#define SEG_AR_ACCESSED	BIT(0)
#define SEG_AR_BUSY	BIT(1)
#define SEG_AR_S		BIT(4)
#define SEG_AR_P		BIT(7)
#define SEG_AR_G		BIT(15)
#define ATTR_LOW	0xffu
#define ATTR_HIGH	0xf00u
#define ATTR_P		BIT(7)
#define TR_BUSY32	0x8bu
#define TR_BUSY16	0x83u

/*
 * Access rights for a segment. The entry is stricter than other hardware, and than the
 * guest's own loads are: what does not matter is made to fit. What was asked for is
 * remembered (seg_attr) and told as long as the guest does not load another one.
 */
static u32 ar_of(unsigned int seg, const struct axvcpu_x86_segment *s)
{
	u32 ar = (s->attr & ATTR_LOW) | (s->attr & ATTR_HIGH) << 4;

	if (s->limit > 0xfffff)
		ar |= SEG_AR_G;
	if (seg == AXVCPU_X86_TR) {
		/* The CPU cannot be without a task; that it is busy shows nowhere. */
		if (!(ar & SEG_AR_P) || (ar & SEG_AR_S))
			return TR_BUSY32 | (ar & SEG_AR_G);
		return ar | SEG_AR_BUSY;
	}
	if (!(ar & SEG_AR_P) && seg != AXVCPU_X86_CS)
		return ar | AR_UNUSABLE;
	if (ar & SEG_AR_S)
		ar |= SEG_AR_ACCESSED;
	return ar;
}

static u16 attr_of(const struct axv_vmx_vcpu *vmx, unsigned int seg, u32 ar)
{
	u16 attr = (ar & ATTR_LOW) | (ar >> 4 & ATTR_HIGH);

	if (ar == vmx->seg_ar[seg])
		return vmx->seg_attr[seg];
	return ar & AR_UNUSABLE ? attr & ~ATTR_P : attr;
}

static void read_seg(const struct axv_vmx_vcpu *vmx, unsigned int seg,
		     struct axvcpu_x86_segment *s)
{
	s->base = axv_vmread(SEG_BASE(seg));
	s->limit = axv_vmread(SEG_LIMIT(seg));
	s->selector = axv_vmread(SEG_SEL(seg));
	s->attr = attr_of(vmx, seg, axv_vmread(SEG_AR(seg)));
}

static void write_seg(struct axv_vmx_vcpu *vmx, unsigned int seg,
		      const struct axvcpu_x86_segment *s)
{
	vmx->seg_attr[seg] = s->attr;
	vmx->seg_ar[seg] = ar_of(seg, s);
	axv_vmwrite(SEG_SEL(seg), s->selector);
	axv_vmwrite(SEG_BASE(seg), s->base);
	axv_vmwrite(SEG_LIMIT(seg), s->limit);
	axv_vmwrite(SEG_AR(seg), vmx->seg_ar[seg]);
}

/* ---- reading ----------------------------------------------------------------------- */

static u64 guest_cr0(const struct axv_vmx_vcpu *vmx)
{
	if (vmx->ts_forced)
		return vmx->now.cr0_shadow;
	return (vmx->now.cr0_shadow & ~CR0_OWN) | (axv_vmread(VMCS_GUEST_CR0) & CR0_OWN);
}

/* All of the guest area that the control group has. */
static void fill_cache(struct axv_vmx_vcpu *vmx)
{
	struct axvcpu_x86_control *c = &vmx->cache;
	unsigned int i;

	if (vmx->cache_valid)
		return;
	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++)
		read_seg(vmx, i, &c->seg[i]);
	c->gdt.base = axv_vmread(VMCS_GUEST_GDT_BASE);
	c->gdt.limit = axv_vmread(VMCS_GUEST_GDT_LIMIT) & 0xffff;
	c->idt.base = axv_vmread(VMCS_GUEST_IDT_BASE);
	c->idt.limit = axv_vmread(VMCS_GUEST_IDT_LIMIT) & 0xffff;
	c->cr0 = guest_cr0(vmx);
	c->cr3 = axv_vmread(VMCS_GUEST_CR3);
	c->pat = axv_vmread(VMCS_GUEST_PAT);
	c->sysenter_cs = axv_vmread(VMCS_GUEST_SYSENTER_CS);
	c->sysenter_esp = axv_vmread(VMCS_GUEST_SYSENTER_ESP);
	c->sysenter_eip = axv_vmread(VMCS_GUEST_SYSENTER_EIP);
	vmx->cache_valid = true;
}

/* The cache, filled; in a section and out of it. */
static const struct axvcpu_x86_control *cache(struct axv_vmx_vcpu *vmx)
{
	unsigned long flags;

	if (!vmx->cache_valid && axv_vmx_borrow(vmx, &flags)) {
		fill_cache(vmx);
		axv_vmx_return(vmx, flags);
	}
	return &vmx->cache;
}

static u64 kernel_gs(const struct axv_vmx_vcpu *vmx)
{
	return vmx->loaded && !vmx->borrowed ? axv_x86_read_msr(MSR_KERNEL_GS_BASE) :
					       vmx->msr[MSR_I_KERNEL_GS];
}

/**
 * axv_vmx_read_control() - fill v->arch.control from the VMCS
 * @v: the vCPU
 */
void axv_vmx_read_control(struct axv_vcpu *v)
{
	struct axvcpu_x86_control *c = &v->arch.control;
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	const struct axvcpu_x86_control *from = cache(vmx);

	memcpy(c->seg, from->seg, sizeof(c->seg));
	c->gdt = from->gdt;
	c->idt = from->idt;
	c->cr0 = from->cr0;
	c->cr2 = vmx->cr2;
	c->cr3 = from->cr3;
	c->cr8 = axv_vmx_cr8(vmx);
	c->efer = vmx->efer;
	c->pat = from->pat;
	c->star = vmx->msr[MSR_I_STAR];
	c->lstar = vmx->msr[MSR_I_LSTAR];
	c->cstar = vmx->cstar;
	c->sfmask = vmx->msr[MSR_I_SFMASK];
	c->kernel_gs_base = kernel_gs(vmx);
	c->sysenter_cs = from->sysenter_cs;
	c->sysenter_esp = from->sysenter_esp;
	c->sysenter_eip = from->sysenter_eip;
}

/** axv_vmx_read_mode() - see struct axv_x86_backend */
void axv_vmx_read_mode(const struct axv_vcpu *v, struct axv_x86_mode *m)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	const struct axvcpu_x86_control *c;

	m->cr4 = v->arch.control.cr4;
	m->efer = vmx->efer;
	if (vmx->loaded && !vmx->cache_valid) {
		m->cr0 = guest_cr0(vmx);
		m->cr3 = axv_vmread(VMCS_GUEST_CR3);
		m->cs_base = axv_vmread(SEG_BASE(AXVCPU_X86_CS));
		m->cs = attr_of(vmx, AXVCPU_X86_CS, axv_vmread(SEG_AR(AXVCPU_X86_CS)));
		m->cpl = axv_vmread(SEG_AR(AXVCPU_X86_SS)) >> AXV_X86_ATTR_DPL_SHIFT & 3;
		return;
	}
	c = cache(vmx);
	m->cr0 = c->cr0;
	m->cr3 = c->cr3;
	m->cs_base = c->seg[AXVCPU_X86_CS].base;
	m->cs = c->seg[AXVCPU_X86_CS].attr;
	m->cpl = c->seg[AXVCPU_X86_SS].attr >> AXV_X86_ATTR_DPL_SHIFT & 3;
}

/** axv_vmx_read_segment() - see struct axv_x86_backend */
void axv_vmx_read_segment(const struct axv_vcpu *v, unsigned int seg,
			  struct axvcpu_x86_segment *s)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (vmx->loaded && !vmx->cache_valid)
		read_seg(vmx, seg, s);
	else
		*s = cache(vmx)->seg[seg];
}

/** axv_vmx_segment_base() - see struct axv_x86_backend */
u64 axv_vmx_segment_base(const struct axv_vcpu *v, unsigned int seg)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (vmx->loaded && !vmx->cache_valid)
		return axv_vmread(SEG_BASE(seg));
	return cache(vmx)->seg[seg].base;
}

/** axv_vmx_read_cr8() - see struct axv_x86_backend */
u64 axv_vmx_read_cr8(const struct axv_vcpu *v)
{
	return axv_vmx_cr8(v->arch.vmx);
}

/* ---- writing ----------------------------------------------------------------------- */

/* Write @field where it is another one than the VMCS has. */
#define PUT(field, now, then)						\
	do {								\
		if (all || (now) != (then))				\
			axv_vmwrite(field, now);			\
	} while (0)

/* The guest's @cr0 and @cr4 as the hardware has them, and as the guest sees them. */
static void put_cr(struct axv_vmx_vcpu *vmx, u64 cr0, u64 cr4)
{
	vmx->now.cr0_shadow = cr0;
	axv_vmwrite(VMCS_CR0_SHADOW, cr0);
	axv_vmwrite(VMCS_CR4_SHADOW, cr4);
	cr0 = (cr0 & ~CR0_HIDDEN) | X86_CR0_ET | axv_vmx_caps.cr0_on;
	cr4 |= axv_vmx_caps.cr4_on | (native_read_cr4() & X86_CR4_MCE);
	if (vmx->ts_forced) {
		cr0 |= X86_CR0_TS | X86_CR0_MP;
		cr4 &= ~(u64)X86_CR4_OSXSAVE;
	}
	axv_vmwrite(VMCS_GUEST_CR0, cr0);
	axv_vmwrite(VMCS_GUEST_CR4, cr4);
}

/**
 * axv_vmx_force_ts() - let the guest's first use of the FPU registers exit, or not
 * @v: the vCPU, in a section; its VMCS has its control registers
 * @on: whether
 *
 * MP goes with TS: WAIT too looks at the x87 state. Without OSXSAVE the CPU has no
 * XGETBV, so that XCR0 can stay the host's too. The guest sees its own of all of these,
 * and its writes of TS and MP exit.
 */
void axv_vmx_force_ts(struct axv_vcpu *v, bool on)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 cr0 = guest_cr0(vmx);

	vmx->ts_forced = on;
	axv_vmwrite(VMCS_CR0_MASK, on ? ~0ull : ~CR0_OWN);
	put_cr(vmx, cr0, v->arch.control.cr4);
	vmx->plain_controls = false;
}

static void write_cr(struct axv_vmx_vcpu *vmx, const struct axvcpu_x86_control *c)
{
	u32 entry = axv_vmx_caps.entry;

	put_cr(vmx, c->cr0, c->cr4);
	vmx->efer = c->efer;
	axv_vmwrite(VMCS_GUEST_EFER, c->efer);
	if (c->efer & EFER_LMA)
		entry |= ENTRY_IA32E;
	if (vmx->now.entry != entry) {
		vmx->now.entry = entry;
		axv_vmwrite(VMCS_ENTRY, entry);
	}
}

static void write_msrs(struct axv_vmx_vcpu *vmx, const struct axvcpu_x86_control *c)
{
	vmx->msr[MSR_I_STAR] = c->star;
	vmx->msr[MSR_I_LSTAR] = c->lstar;
	vmx->msr[MSR_I_SFMASK] = c->sfmask;
	vmx->msr[MSR_I_KERNEL_GS] = c->kernel_gs_base;
	/* the guest may have moved it since */
	vmx->msr_now[MSR_I_KERNEL_GS] = axv_x86_read_msr(MSR_KERNEL_GS_BASE);
	vmx->cstar = c->cstar;
	axv_vmx_load_msrs(vmx);
}

static bool pae_paging(const struct axvcpu_x86_control *c)
{
	return (c->cr0 & X86_CR0_PG) && (c->cr4 & X86_CR4_PAE) && !(c->efer & EFER_LMA);
}

/**
 * axv_vmx_write_control() - load the VMCS from v->arch.control
 * @v: the vCPU, in a section
 *
 * The hardware's CR0 and CR4 differ from the guest's: caches stay on, and so do the bits
 * that VMX operation wants.
 */
void axv_vmx_write_control(struct axv_vcpu *v)
{
	const struct axvcpu_x86_control *c = &v->arch.control;
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	const struct axvcpu_x86_control *was = &vmx->cache;
	bool all = !vmx->cache_valid;
	unsigned int i;

	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++)
		if (all || memcmp(&was->seg[i], &c->seg[i], sizeof(c->seg[i])))
			write_seg(vmx, i, &c->seg[i]);
	PUT(VMCS_GUEST_GDT_BASE, c->gdt.base, was->gdt.base);
	PUT(VMCS_GUEST_GDT_LIMIT, c->gdt.limit, was->gdt.limit);
	PUT(VMCS_GUEST_IDT_BASE, c->idt.base, was->idt.base);
	PUT(VMCS_GUEST_IDT_LIMIT, c->idt.limit, was->idt.limit);
	PUT(VMCS_GUEST_CR3, c->cr3, was->cr3);
	PUT(VMCS_GUEST_PAT, c->pat, was->pat);
	PUT(VMCS_GUEST_SYSENTER_CS, c->sysenter_cs, was->sysenter_cs);
	PUT(VMCS_GUEST_SYSENTER_ESP, c->sysenter_esp, was->sysenter_esp);
	PUT(VMCS_GUEST_SYSENTER_EIP, c->sysenter_eip, was->sysenter_eip);
	write_cr(vmx, c);
	write_msrs(vmx, c);
	vmx->cr2 = c->cr2;
	vmx->apic[APIC_TPR] = c->cr8 << 4;
	vmx->cache = *c;
	vmx->cache_valid = true;
	vmx->plain_controls = false;

	/* Where MOV to CR flushes the TLB, it also loads the PDPTEs. */
	if (v->arch.tlb_flush) {
		v->arch.tlb_flush = false;
		vmx->flush_tag = true;
		vmx->pdptes_due = pae_paging(c);
		vmx->pdptes_set = false;
	}
}

/* ---- PAE paging -------------------------------------------------------------------- */

/**
 * axv_vmx_read_pdptes() - the four entries that PAE paging keeps in the CPU
 * @v: the vCPU; interrupts are on
 *
 * Where they cannot be read they are empty: the guest faults at its next access.
 *
 * Return: AXV_RESUME, or -EINTR or -ENOMEM.
 */
int axv_vmx_read_pdptes(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 at = axv_x86_control(v)->cr3 & GENMASK(31, 5);
	int r;

	r = axv_s2_read(v->s2, at, vmx->pdptes, sizeof(vmx->pdptes));
	if (r == -EINTR || r == -ENOMEM)
		return r;
	if (r)
		memset(vmx->pdptes, 0, sizeof(vmx->pdptes));
	vmx->pdptes_due = false;
	vmx->pdptes_set = true;
	return AXV_RESUME;
}

/**
 * axv_vmx_load_pdptes() - what was read, into the VMCS
 * @vmx: the vCPU, in a section
 */
void axv_vmx_load_pdptes(struct axv_vmx_vcpu *vmx)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vmx->pdptes); i++)
		axv_vmwrite(PDPTE(i), vmx->pdptes[i]);
	vmx->pdptes_set = false;
}
