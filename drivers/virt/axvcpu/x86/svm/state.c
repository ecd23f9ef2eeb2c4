// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCB: the control group in its save area and back, and the controls that
 * follow from a vCPU's state.
 */
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "svm.h"
#include "entry.h"

static_assert(offsetof(struct axv_svm_switch, gpr) == SW_GPR);
static_assert(offsetof(struct axv_svm_switch, vmcb_pa) == SW_VMCB);
static_assert(offsetof(struct axv_svm_switch, host_pa) == SW_HOST);

#define ATTR_DPL	GENMASK(6, 5)
#define ATTR_DPL_SHIFT	5
#define ATTR_G		BIT(11)

/* Caches stay on whatever the guest's CR0 says: off, it would only be slow. */
#define CR0_HIDDEN	((u64)X86_CR0_CD | X86_CR0_NW)

/* ---- controls ------------------------------------------------------------------- */

#define INTERCEPTS1	(INTERCEPT1_INTR | INTERCEPT1_NMI | INTERCEPT1_SMI | INTERCEPT1_INIT | \
			 INTERCEPT1_CR0_SEL_WRITE | INTERCEPT1_RDPMC | INTERCEPT1_CPUID | \
			 INTERCEPT1_INVD | INTERCEPT1_HLT | INTERCEPT1_INVLPGA | \
			 INTERCEPT1_IOIO | INTERCEPT1_MSR | INTERCEPT1_SHUTDOWN)

#define INTERCEPTS2	(INTERCEPT2_VMRUN | INTERCEPT2_VMMCALL | INTERCEPT2_VMLOAD | \
			 INTERCEPT2_VMSAVE | INTERCEPT2_STGI | INTERCEPT2_CLGI | \
			 INTERCEPT2_SKINIT | INTERCEPT2_WBINVD | INTERCEPT2_MONITOR | \
			 INTERCEPT2_MWAIT | INTERCEPT2_MWAIT_ARMED | INTERCEPT2_XSETBV)

/*
 * #DB and #AC: delivering them can raise them again for ever, and the exit is
 * where the host gets its turn. #MC: it is the host's.
 */
#define INTERCEPTS_EXC	(BIT(AXV_X86_DB) | BIT(AXV_X86_AC) | BIT(AXV_X86_MC))

/**
 * axv_svm_init_vmcb() - what of a VMCB never changes
 * @v: the vCPU
 */
void axv_svm_init_vmcb(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	memset(vmcb, 0, sizeof(*vmcb));
	vmcb->intercept_dr = INTERCEPT_DR_ALL;
	vmcb->intercept2 = INTERCEPTS2;
	if (axv_svm_caps.rdpru)
		vmcb->intercept2 |= INTERCEPT2_RDPRU;
	vmcb->intercept3 = axv_svm_caps.intercept3;
	vmcb->nested_ctl = NESTED_CTL_NP_ENABLE;
	svm->clean = 0;
	svm->new_root = true;
	/* neither a CPU's tag nor a VM's map is in it */
	svm->tag.gen = 0;
	svm->msrpm_gen = U32_MAX;
}

/* INT3 and INTO are wanted by the VMM: where they exit as INT n, that too. */
static bool wants_swint(u32 exceptions)
{
	return axv_svm_caps.tcg && (exceptions & (BIT(AXV_X86_BP) | BIT(AXV_X86_OF)));
}

static u32 cr_intercepts(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	u32 cr = 0;

	/* While the guest's CR0 or CR4 is not the hardware's, reads tell. */
	if (svm->cr0_hidden || svm->ts_forced)
		cr |= INTERCEPT_CR_READ(0) | INTERCEPT_CR_WRITE(0);
	if (svm->cr4_hidden || svm->ts_forced)
		cr |= INTERCEPT_CR_READ(4);
	/* TCG, where alone this is hidden, exits for any read as if it were of CR0. */
	if (unlikely(svm->cr4_hidden & X86_CR4_PAE))
		cr |= INTERCEPT_CR_READ(0);
	if (svm->cr8_window)
		cr |= INTERCEPT_CR_WRITE(8);
	return cr | INTERCEPT_CR_WRITE(4);
}

/**
 * axv_svm_load_controls() - controls that depend on the moment
 * @v: the vCPU, in a section; events are planned
 */
void axv_svm_load_controls(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	u32 exc = INTERCEPTS_EXC | v->vm->exception_exits;
	u32 int_ctl = INT_CTL_V_INTR_MASKING;
	u32 intercept1 = INTERCEPTS1;
	u32 cr = cr_intercepts(v);

	svm->plain_controls = !svm->unusual && !v->arch.nmi_masked && !v->arch.debug.control;
	if (svm->ts_forced) {
		exc |= BIT(AXV_X86_NM) | BIT(AXV_X86_UD);
		intercept1 |= INTERCEPT1_TASK_SWITCH;
	}
	if (v->arch.debug.control & AXVCPU_X86_DEBUG_SW_BP)
		exc |= BIT(AXV_X86_BP);
	if (unlikely(wants_swint(exc)))
		intercept1 |= INTERCEPT1_INTN;
	if (v->arch.nmi_masked && !svm->iret_armed)
		intercept1 |= INTERCEPT1_IRET;
	if (unlikely(svm->tf_forced)) {
		exc |= ~BIT(AXV_X86_NMI);
		intercept1 |= INTERCEPT1_PUSHF | INTERCEPT1_INTN;
		if (!svm->flags_armed)
			intercept1 |= INTERCEPT1_POPF | INTERCEPT1_IRET;
	}
	if (svm->irq_window) {
		intercept1 |= INTERCEPT1_VINTR;
		int_ctl |= INT_CTL_V_IRQ | INT_CTL_V_INTR_PRIO_MAX | INT_CTL_V_IGN_TPR;
	} else if (unlikely(svm->by_virq)) {
		int_ctl |= INT_CTL_V_IRQ | INT_CTL_V_INTR_PRIO_MAX | INT_CTL_V_IGN_TPR;
	}

	if (vmcb->intercept_cr != cr || vmcb->intercept_exc != exc ||
	    vmcb->intercept1 != intercept1 || vmcb->tsc_offset != v->arch.tsc_offset) {
		vmcb->intercept_cr = cr;
		vmcb->intercept_exc = exc;
		vmcb->intercept1 = intercept1;
		vmcb->tsc_offset = v->arch.tsc_offset;
		axv_svm_dirty(svm, CLEAN_INTERCEPTS);
	}
	int_ctl |= vmcb->int_ctl & INT_CTL_V_TPR;
	if (vmcb->int_ctl != int_ctl) {
		vmcb->int_ctl = int_ctl;
		axv_svm_dirty(svm, CLEAN_INT_CTL);
	}
}

/**
 * axv_svm_force_ts() - let the guest's first use of the FPU registers exit, or not
 * @v: the vCPU, in a section; the VMCB's CR0 and CR4 are loaded
 * @on: whether
 *
 * MP goes with TS: WAIT too looks at the x87 state. Without OSXSAVE the CPU has
 * neither XSAVE and XRSTOR, which some emulators let pass in spite of TS, nor
 * XGETBV, so that XCR0 can stay the host's too. While these are not the guest's
 * own, nothing that reads or writes them runs: see exit_ts().
 */
void axv_svm_force_ts(struct axv_vcpu *v, bool on)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	if (on) {
		svm->ts_own = vmcb->save.cr0 & AXV_SVM_CR0_TS;
		vmcb->save.cr0 |= AXV_SVM_CR0_TS;
		vmcb->save.cr4 &= ~(u64)X86_CR4_OSXSAVE;
	} else {
		vmcb->save.cr0 &= ~AXV_SVM_CR0_TS;
		vmcb->save.cr0 |= svm->ts_own;
		vmcb->save.cr4 |= v->arch.control.cr4 & X86_CR4_OSXSAVE;
	}
	svm->ts_forced = on;
	svm->plain_controls = false;
	axv_svm_dirty(svm, CLEAN_CR);
}

/* ---- the control group ---------------------------------------------------------- */

static void read_seg(struct axvcpu_x86_segment *s, const struct axv_vmcb_seg *hw)
{
	s->base = hw->base;
	s->limit = hw->limit;
	s->selector = hw->selector;
	s->attr = hw->attr;
	/* Some CPUs do not store G of CS. */
	if (s->limit > 0xfffff)
		s->attr |= ATTR_G;
}

/* SYSRET leaves the DPL of SS behind; CPL is what counts. */
static u16 ss_attr(const struct axv_vmcb *vmcb)
{
	return (vmcb->save.ss.attr & ~ATTR_DPL) | vmcb->save.cpl << ATTR_DPL_SHIFT;
}

static void write_seg(struct axv_vmcb_seg *hw, const struct axvcpu_x86_segment *s)
{
	hw->base = s->base;
	hw->limit = s->limit;
	hw->selector = s->selector;
	hw->attr = s->attr;
}

/* In the order of enum axvcpu_x86_seg. */
static struct axv_vmcb_seg *hw_seg(struct axv_vmcb *vmcb, unsigned int seg)
{
	static const u16 at[AXVCPU_X86_NR_SEGS] = {
		offsetof(struct axv_vmcb, save.es), offsetof(struct axv_vmcb, save.cs),
		offsetof(struct axv_vmcb, save.ss), offsetof(struct axv_vmcb, save.ds),
		offsetof(struct axv_vmcb, save.fs), offsetof(struct axv_vmcb, save.gs),
		offsetof(struct axv_vmcb, save.ldtr), offsetof(struct axv_vmcb, save.tr),
	};

	return (void *)vmcb + at[seg];
}

/** axv_svm_read_segment() - see struct axv_x86_backend */
void axv_svm_read_segment(const struct axv_vcpu *v, unsigned int seg,
			  struct axvcpu_x86_segment *s)
{
	struct axv_vmcb *vmcb = v->arch.svm->vmcb;

	read_seg(s, hw_seg(vmcb, seg));
	if (seg == AXVCPU_X86_SS)
		s->attr = ss_attr(vmcb);
}

/** axv_svm_segment_base() - see struct axv_x86_backend */
u64 axv_svm_segment_base(const struct axv_vcpu *v, unsigned int seg)
{
	return hw_seg(v->arch.svm->vmcb, seg)->base;
}

/** axv_svm_read_cr8() - see struct axv_x86_backend */
u64 axv_svm_read_cr8(const struct axv_vcpu *v)
{
	return v->arch.svm->vmcb->int_ctl & INT_CTL_V_TPR;
}

/** axv_svm_read_mode() - see struct axv_x86_backend */
void axv_svm_read_mode(const struct axv_vcpu *v, struct axv_x86_mode *m)
{
	axv_svm_fill_mode(v, m);
	m->efer &= ~(u64)EFER_LMA;
	if ((m->efer & EFER_LME) && (m->cr0 & X86_CR0_PG))
		m->efer |= EFER_LMA;
}

/**
 * axv_svm_read_control() - fill v->arch.control from the VMCB
 * @v: the vCPU
 */
void axv_svm_read_control(struct axv_vcpu *v)
{
	struct axvcpu_x86_control *c = &v->arch.control;
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	unsigned int i;

	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++)
		read_seg(&c->seg[i], hw_seg(vmcb, i));
	c->seg[AXVCPU_X86_SS].attr = ss_attr(vmcb);
	c->gdt.base = vmcb->save.gdtr.base;
	c->gdt.limit = vmcb->save.gdtr.limit & 0xffff;
	c->idt.base = vmcb->save.idtr.base;
	c->idt.limit = vmcb->save.idtr.limit & 0xffff;
	c->cr0 = axv_svm_guest_cr0(svm);
	c->cr2 = vmcb->save.cr2;
	c->cr3 = vmcb->save.cr3;
	c->cr8 = vmcb->int_ctl & INT_CTL_V_TPR;
	/* Bochs changes LMA before a write of CR0 exits that has not happened. */
	c->efer = vmcb->save.efer & ~(u64)(EFER_SVME | EFER_LMA);
	if ((c->efer & EFER_LME) && (c->cr0 & X86_CR0_PG))
		c->efer |= EFER_LMA;
	c->pat = vmcb->save.g_pat;
	c->star = vmcb->save.star;
	c->lstar = vmcb->save.lstar;
	c->cstar = vmcb->save.cstar;
	c->sfmask = vmcb->save.sfmask;
	c->kernel_gs_base = vmcb->save.kernel_gs_base;
	c->sysenter_cs = vmcb->save.sysenter_cs;
	c->sysenter_esp = vmcb->save.sysenter_esp;
	c->sysenter_eip = vmcb->save.sysenter_eip;
}

/* The CPL that goes with the group; VMRUN takes it from a field of its own. */
static u8 control_cpl(struct axv_vcpu *v, const struct axvcpu_x86_control *c)
{
	if (!(c->cr0 & X86_CR0_PE))
		return 0;
	if ((v->arch.gpr.rflags & X86_EFLAGS_VM) && !(c->efer & EFER_LMA))
		return 3;
	return (c->seg[AXVCPU_X86_SS].attr & ATTR_DPL) >> ATTR_DPL_SHIFT;
}

/*
 * Bits of CR4 that the hardware has on whatever the guest's says: machine checks,
 * which are the host's. And while there is no paging, PAE, which means nothing then,
 * on TCG: where the guest it leaves has LME and not PAE, it takes the host's CR0 for
 * the guest's mistake and keeps the guest's own, so that the host is without paging.
 */
static u64 forced_cr4(const struct axvcpu_x86_control *c)
{
	u64 cr4 = native_read_cr4() & X86_CR4_MCE;

	if (unlikely(axv_svm_caps.tcg) && (c->efer & EFER_LME) && !(c->cr0 & X86_CR0_PG))
		cr4 |= X86_CR4_PAE;
	return cr4;
}

/**
 * axv_svm_write_control() - load the VMCB from v->arch.control
 * @v: the vCPU
 *
 * The hardware's CR0 and CR4 differ from the guest's: caches stay on, and so does
 * what forced_cr4() says.
 */
void axv_svm_write_control(struct axv_vcpu *v)
{
	const struct axvcpu_x86_control *c = &v->arch.control;
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	unsigned int i;

	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++)
		write_seg(hw_seg(vmcb, i), &c->seg[i]);
	vmcb->save.cpl = control_cpl(v, c);
	vmcb->save.gdtr.base = c->gdt.base;
	vmcb->save.gdtr.limit = c->gdt.limit;
	vmcb->save.idtr.base = c->idt.base;
	vmcb->save.idtr.limit = c->idt.limit;
	svm->cr0_hidden = c->cr0 & CR0_HIDDEN;
	vmcb->save.cr0 = (c->cr0 & ~CR0_HIDDEN) | X86_CR0_ET;
	svm->ts_forced = false;
	svm->plain_controls = false;
	vmcb->save.cr2 = c->cr2;
	vmcb->save.cr3 = c->cr3;
	svm->cr4_hidden = forced_cr4(c) & ~c->cr4;
	vmcb->save.cr4 = c->cr4 | svm->cr4_hidden;
	vmcb->int_ctl = (vmcb->int_ctl & ~INT_CTL_V_TPR) | (c->cr8 & INT_CTL_V_TPR);
	vmcb->save.efer = c->efer | EFER_SVME;
	vmcb->save.g_pat = c->pat;
	vmcb->save.star = c->star;
	vmcb->save.lstar = c->lstar;
	vmcb->save.cstar = c->cstar;
	vmcb->save.sfmask = c->sfmask;
	vmcb->save.kernel_gs_base = c->kernel_gs_base;
	vmcb->save.sysenter_cs = c->sysenter_cs;
	vmcb->save.sysenter_esp = c->sysenter_esp;
	vmcb->save.sysenter_eip = c->sysenter_eip;
	axv_svm_dirty(svm, CLEAN_SEG | CLEAN_DT | CLEAN_CR | CLEAN_CR2 | CLEAN_INT_CTL | CLEAN_NP);
}
