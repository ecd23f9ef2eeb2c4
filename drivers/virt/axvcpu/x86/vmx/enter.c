// SPDX-License-Identifier: GPL-2.0-only
/*
 * One entry of the guest: what is newer than the VMCS goes into it, the switch, and
 * what every exit needs comes out of it.
 */
#include <linux/kvm_host.h>	/* guest_state_enter_irqoff() and the like */
#include <linux/jiffies.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "vmx.h"
#include "entry.h"

static u64 eptp_of(struct axv_stage2 *s2)
{
	u64 eptp = axv_s2_root(s2) | EPTP_LEVELS(axv_s2_levels(s2)) | EPTP_WB;

	if (axv_vmx_caps.ept & EPT_CAP_AD)
		eptp |= EPTP_AD;
	return eptp;
}

static void flush_ept(struct axv_vmx_vcpu *vmx)
{
	vmx->flush_ept = false;
	if (axv_vmx_caps.ept & EPT_CAP_INVEPT_SINGLE)
		axv_invept(INV_SINGLE, vmx->now.eptp);
	else
		axv_invept(INV_ALL, 0);
}

static void flush_tag(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	v->arch.tlb_flush = false;
	vmx->flush_tag = false;
	/* Without VPIDs, every entry flushes that. */
	if (!axv_vmx_caps.vpid)
		return;
	if (axv_vmx_caps.ept & VPID_CAP_SINGLE)
		axv_invvpid(INV_SINGLE, vmx->tag.tag);
	else
		axv_invvpid(INV_ALL, 0);
}

static noinline void renew_stage2(struct axv_vcpu *v, u64 gen)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (unlikely(vmx->new_root)) {
		vmx->now.eptp = eptp_of(v->s2);
		axv_vmwrite(VMCS_EPTP, vmx->now.eptp);
		vmx->new_root = false;
		vmx->flush_ept = true;
	}
	if (vmx->s2_gen != gen) {
		vmx->s2_gen = gen;
		vmx->flush_ept = true;
	}
	if (vmx->flush_ept)
		flush_ept(vmx);
	if (v->arch.tlb_flush | vmx->flush_tag)
		flush_tag(v);
}

/* Stage 2: which table, and what of it the TLB must forget. */
static void load_stage2(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 gen = axv_s2_generation(v->s2);

	if (unlikely(vmx->s2_gen != gen || (vmx->renew | v->arch.tlb_flush)))
		renew_stage2(v, gen);
}

/* No event, window, step or debugger: the controls of the last entry will do. */
static bool is_plain(const struct axv_vcpu *v)
{
	const struct axv_vmx_vcpu *vmx = v->arch.vmx;

	return !(vmx->unusual | vmx->soft | v->arch.reinject | v->arch.debug.control |
		 (v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW)) &&
	       vmx->plain_controls && !READ_ONCE(v->arch.events.any) &&
	       vmx->now.tsc_offset == v->arch.tsc_offset && vmx->now.dr7 == v->arch.debug.dr7;
}

/* STI's shadow exists with interrupts on only; that of MOV SS goes with both. */
static u32 guest_intr(const struct axv_vcpu *v)
{
	const struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u32 intr = 0;

	if (v->arch.shadow) {
		intr = vmx->now.intr & (INTR_STI | INTR_MOV_SS);
		if (!(v->arch.gpr.rflags & X86_EFLAGS_IF) || !intr)
			intr = INTR_MOV_SS;
	}
	/* An NMI goes in with NMIs unmasked, and masks them. */
	if (v->arch.nmi_masked &&
	    !(vmx->injected && VMX_EVENT_TYPE(vmx->injected) == VMX_EVENT_TYPE_NMI))
		intr |= INTR_NMI;
	return intr;
}

/*
 * Debug exceptions that wait: software has moved rip, so that none of those the exit
 * left apply; a step in a shadow has to be among them.
 */
static void load_pending(struct axv_vcpu *v, u64 rflags)
{
	struct axv_vmx_now *now = &v->arch.vmx->now;
	bool step = v->arch.shadow && (rflags & X86_EFLAGS_TF);

	if (!step && !(now->pending_debug && now->rip != v->arch.gpr.rip))
		return;
	axv_vmwrite(VMCS_GUEST_PENDING_DEBUG, step ? PENDING_BS : 0);
	now->pending_debug = step;
}

static void load_registers(struct axv_vcpu *v, u64 rflags)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	const struct axvcpu_x86_gpr *g = &v->arch.gpr;
	struct axv_vmx_now *now = &vmx->now;
	u32 intr = guest_intr(v);

	load_pending(v, rflags);
	if (now->rip != g->rip) {
		now->rip = g->rip;
		axv_vmwrite(VMCS_GUEST_RIP, g->rip);
	}
	if (now->rsp != g->r[AXVCPU_X86_RSP]) {
		now->rsp = g->r[AXVCPU_X86_RSP];
		axv_vmwrite(VMCS_GUEST_RSP, now->rsp);
	}
	if (now->rflags != rflags) {
		now->rflags = rflags;
		axv_vmwrite(VMCS_GUEST_RFLAGS, rflags);
	}
	if (now->intr != intr) {
		now->intr = intr;
		axv_vmwrite(VMCS_GUEST_INTR, intr);
	}
}

/* RF: do not stop at the breakpoint that was reported, nor at one that was passed. */
static u64 resume_flag(const struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 rip = v->arch.gpr.rip;
	bool rf;

	rf = (vmx->resume_set && (v->arch.debug.control & AXVCPU_X86_DEBUG_HW_BP) &&
	      rip == vmx->resume_rip) ||
	     (vmx->rf_hidden && rip == vmx->now.rip && !vmx->injected);
	vmx->rf = 0;
	return rf ? X86_EFLAGS_RF : 0;
}

static void vmx_load(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	u64 rflags = v->arch.gpr.rflags;

	/* pairs with axv_x86_msrmap_filter() */
	if (unlikely(vmx->msrpm_gen != smp_load_acquire(&v->vm->arch.msrpm_gen)))
		axv_vmx_load_maps(v);
	load_stage2(v);
	if (unlikely(vmx->tsc_aux != v->arch.control.tsc_aux) && axv_vmx_caps.tsc_aux) {
		vmx->tsc_aux = v->arch.control.tsc_aux;
		axv_x86_write_msr(MSR_TSC_AUX, (u32)vmx->tsc_aux);
	}
	if (unlikely(vmx->rf))
		rflags |= resume_flag(v);
	load_registers(v, rflags);
	if (native_read_cr2() != vmx->cr2)
		native_write_cr2(vmx->cr2);
	if (unlikely(axv_vmx_flushes))
		axv_vmx_before_entry(vmx);
}

/*
 * The switch, and those who want to know of it. Where nobody tracks contexts
 * that is RCU alone, and once in a tick is as much as it can make use of.
 */
static noinstr u32 vmx_switch(struct axv_vmx_vcpu *vmx)
{
	u32 how;

	guest_state_enter_irqoff();
	how = axv_vmx_run(&vmx->sw);
	guest_state_exit_irqoff();
	return how;
}

/* An NMI or a machine check ended the guest: it is the host's, and before all else. */
static void serve_host(struct axv_vmx_vcpu *vmx)
{
	const struct axv_vmx_exit *x = &vmx->exit;

	if ((x->intr & (VMX_EVENT_VALID | GENMASK(10, 0))) ==
	    (VMX_EVENT_VALID | VMX_EVENT_TYPE_NMI | AXV_X86_NMI))
		axv_vmx_host_nmi(vmx);
}

static void read_exit(struct axv_vmx_exit *x)
{
	x->qual = axv_vmread(VMCS_QUALIFICATION);
	x->insn_len = axv_vmread(VMCS_EXIT_LEN);
	x->vectoring = axv_vmread(VMCS_VECTORING);
	if (unlikely(x->vectoring & VMX_EVENT_VALID))
		x->vectoring_error = axv_vmread(VMCS_VECTORING_ERROR);
	if (x->reason == REASON_EPT_VIOLATION || x->reason == REASON_EPT_MISCONFIG)
		x->gpa = axv_vmread(VMCS_GUEST_PHYS);
	else if (x->reason == REASON_IO && (x->qual & IO_QUAL_STR))
		x->insn_info = axv_vmread(VMCS_INSN_INFO);
}

static void vmx_unload(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	struct axv_vmx_now *now = &vmx->now;
	u64 rip, rsp, rflags;
	u32 intr;

	vmx->cr2 = native_read_cr2();
	vmx->sw.launched = 1;
	rip = axv_vmread(VMCS_GUEST_RIP);
	rsp = axv_vmread(VMCS_GUEST_RSP);
	rflags = axv_vmread(VMCS_GUEST_RFLAGS);
	intr = axv_vmread(VMCS_GUEST_INTR);
	now->rip = rip;
	now->rsp = rsp;
	now->rflags = rflags;
	now->intr = intr;
	v->arch.gpr.rip = rip;
	v->arch.gpr.r[AXVCPU_X86_RSP] = rsp;
	v->arch.gpr.rflags = rflags;
	/*
	 * An instruction that faulted for stage 2 has RF, so that its second try does not
	 * meet a breakpoint that the first has passed. That is not the guest's.
	 */
	if (vmx->exit.reason == REASON_EPT_VIOLATION && (rflags & X86_EFLAGS_RF)) {
		vmx->rf_hidden = true;
		v->arch.gpr.rflags &= ~(u64)X86_EFLAGS_RF;
	}
	v->arch.shadow = intr & (INTR_STI | INTR_MOV_SS);
	v->arch.nmi_masked = intr & INTR_NMI;
	v->arch.control_valid = false;
	now->pending_debug = (rflags & X86_EFLAGS_TF) || (now->dr7 & AXV_X86_DR7_ENABLES);
}

/* What has to be done to the VMCS before an entry; AXV_SLOW: it has to be read first. */
static int load_state(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (v->arch.control_dirty) {
		axv_vmx_write_control(v);
		v->arch.control_dirty = false;
	}
	if (unlikely(vmx->ts_forced != axv_x86_fpu_lazy(v)))
		axv_vmx_force_ts(v, !vmx->ts_forced);
	if (likely(!(vmx->pdptes_due | vmx->pdptes_set)))
		return AXV_RESUME;
	if (vmx->pdptes_due)
		return AXV_SLOW;
	axv_vmx_load_pdptes(vmx);
	return AXV_RESUME;
}

static int load_unusual(struct axv_vcpu *v)
{
	int r;

	r = axv_vmx_load_events(v);
	if (r != AXV_RESUME)
		return r;
	/* an event may bring CR2 with it */
	r = load_state(v);
	if (WARN_ON_ONCE(r != AXV_RESUME))
		axv_vmx_events_failed(v);
	axv_vmx_debug_load(v);
	axv_vmx_load_controls(v);
	return r;
}

/* Before anything is loaded: what says that there is nothing to enter. */
static int before(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (unlikely(vmx->shutdown)) {
		if (!v->arch.control_dirty)
			return axv_vmx_shutdown(v);
		vmx->shutdown = false;
	}
	if (unlikely(v->arch.stepped)) {
		v->arch.stepped = false;
		if (v->arch.debug.control & AXVCPU_X86_DEBUG_STEP)
			return axv_x86_step_done(v);
	}
	return AXV_RESUME;
}

/* None of what make_ready() looks for. */
static bool is_ready(const struct axv_vcpu *v)
{
	const struct axv_vmx_vcpu *vmx = v->arch.vmx;

	return !(vmx->hindered | v->arch.stepped | v->arch.control_dirty |
		 (vmx->ts_forced != axv_x86_fpu_lazy(v)));
}

static noinline int make_ready(struct axv_vcpu *v)
{
	int r = before(v);

	if (v->arch.vmx->pebs)
		axv_vmx_stop_pebs(v->arch.vmx);
	return r == AXV_RESUME ? load_state(v) : r;
}

/**
 * axv_vmx_enter() - run the guest until its next exit
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_vmx_enter(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	struct axv_vmx_exit *x = &vmx->exit;
	int r = AXV_RESUME;
	u32 how;

	if (unlikely(!vmx->loaded))
		return axv_vmx_failed(v, RUN_FAULT);
	if (unlikely(!is_ready(v)))
		r = make_ready(v);
	if (likely(r == AXV_RESUME) && !likely(is_plain(v)))
		r = load_unusual(v);
	if (unlikely(r != AXV_RESUME))
		return r;
	vmx_load(v);
	vmx->cache_valid = false;
	vmx->entered = true;
	if (likely(vmx->noted == READ_ONCE(jiffies) && !context_tracking_enabled_this_cpu())) {
		how = axv_vmx_run(&vmx->sw);
	} else {
		vmx->noted = READ_ONCE(jiffies);
		how = vmx_switch(vmx);
	}
	if (unlikely(how != RUN_EXIT))
		return axv_vmx_failed(v, how);

	x->reason = axv_vmread(VMCS_REASON);
	x->intr = 0;
	if (x->reason == REASON_EXCEPTION) {
		x->intr = axv_vmread(VMCS_EXIT_INTR);
		x->error = axv_vmread(VMCS_EXIT_ERROR);
		serve_host(vmx);
	}
	read_exit(x);
	if (unlikely(x->reason & REASON_ENTRY_FAILED))
		return axv_vmx_failed(v, RUN_EXIT);
	vmx_unload(v);
	if (unlikely(vmx->injected || (x->vectoring & VMX_EVENT_VALID)))
		axv_vmx_unload_events(v);
	return axv_vmx_fast_exit(v);
}

/**
 * axv_vmx_exit_code() - what the hardware said last
 * @v: the vCPU
 */
u64 axv_vmx_exit_code(struct axv_vcpu *v)
{
	return v->arch.vmx->exit.reason;
}

/**
 * axv_vmx_describe() - what goes with any exit
 * @v: the vCPU, with the rest in v->exit
 * @x: of the run page, written only
 *
 * Return: the entry commands that are allowed.
 */
u32 axv_vmx_describe(struct axv_vcpu *v, struct axvcpu_exit *x)
{
	const struct axv_vmx_exit *e = &v->arch.vmx->exit;

	x->raw[0] = e->reason;
	x->raw[1] = e->qual;
	x->raw[2] = e->reason == REASON_EPT_VIOLATION ? e->gpa : e->intr;
	x->raw[3] = e->vectoring;
	x->pc = v->arch.gpr.rip;
	x->intr_state = axv_x86_intr_state(v);
	return axv_x86_exit_commands(v);
}
