// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section: interrupts off, SVM taken and given back, and one entry in it.
 *
 * Whether SVM is ours is decided anew each time by the real EFER.SVME. Clear:
 * nobody uses SVM on this CPU now, set it and clear it at the end. Set: KVM holds
 * it, ride. Either way VM_HSAVE_PA is swapped with a page of the vCPU and put
 * back. KVM changes the two by IPI or hotplug thread only, so neither side ever
 * meets the other half-way, and nothing of ours is left when the section ends.
 */
#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/special_insns.h>

#include "svm.h"

/* TLB_CONTROL by need, in the order of how much goes */
enum { SVM_KEEP, SVM_FLUSH_TAG, SVM_FLUSH_ALL };

/**
 * struct axv_svm_cpu - what belongs to a CPU
 * @tags: its ASIDs
 * @epoch: axv_svm_kvm_epoch that @tags are good for
 * @touch: VMCB that exits at once, see axv_svm_touch()
 */
struct axv_svm_cpu {
	struct axv_tag_pool tags;
	u32 epoch;
	struct axv_vmcb *touch;
};

static DEFINE_PER_CPU(struct axv_svm_cpu, axv_svm_cpus);

static void *svm_empty_root;	/* a nested page table that maps nothing */

/* VMRUN leaves CR2 as it is, which it is not to do; see svm_check_cr2(). */
static DEFINE_STATIC_KEY_FALSE(svm_keeps_cr2);

/* ---- the VMCB for its side effects ---------------------------------------------- */

static void svm_init_touch(struct axv_vmcb *vmcb)
{
	struct axv_vmcb_seg data = { .attr = 0x93, .limit = 0xffff };

	/* A virtual interrupt is pending and intercepted: no instruction runs. */
	vmcb->intercept1 = INTERCEPT1_INTR | INTERCEPT1_NMI | INTERCEPT1_SMI | INTERCEPT1_INIT |
			   INTERCEPT1_VINTR | INTERCEPT1_SHUTDOWN;
	vmcb->intercept2 = INTERCEPT2_VMRUN;
	vmcb->int_ctl = INT_CTL_V_IRQ | INT_CTL_V_INTR_PRIO_MAX | INT_CTL_V_IGN_TPR |
			INT_CTL_V_INTR_MASKING;
	vmcb->nested_ctl = NESTED_CTL_NP_ENABLE;
	vmcb->nested_cr3 = __sme_pa(svm_empty_root);
	vmcb->save.rflags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	vmcb->save.efer = EFER_SVME;
	vmcb->save.cr0 = X86_CR0_ET;
	vmcb->save.dr6 = DR6_RESERVED;
	vmcb->save.dr7 = 0x400;
	vmcb->save.g_pat = 0x0007040600070406ull;
	vmcb->save.es = data;
	vmcb->save.ss = data;
	vmcb->save.ds = data;
	vmcb->save.cs = data;
	vmcb->save.cs.attr = 0x9b;
}

/* Drop every translation under the vCPU's tag, now. SVME is on. */
static void svm_flush_now(struct axv_svm_vcpu *svm)
{
	struct axv_vmcb *touch = this_cpu_ptr(&axv_svm_cpus)->touch;
	u64 hsave;

	touch->asid = svm->tag.tag;
	touch->tlb_control = axv_svm_has(AXV_SVM_FLUSH_BY_ASID) ? TLB_CONTROL_FLUSH_GUEST :
			     TLB_CONTROL_FLUSH_ALL;
	touch->clean = 0;
	hsave = axv_svm_rdmsr(AXV_MSR_VM_HSAVE_PA);
	axv_svm_wrmsr(AXV_MSR_VM_HSAVE_PA, svm->hsave_pa);
	axv_svm_touch(__pa(touch));
	axv_svm_wrmsr(AXV_MSR_VM_HSAVE_PA, hsave);
	axv_svm_restore_dr7();
}

/* ---- arriving on a CPU and leaving it ------------------------------------------- */

static void svm_need_flush(struct axv_svm_vcpu *svm, u8 what)
{
	svm->flush = max(svm->flush, what);
}

static void svm_arrive(struct axv_vcpu *v, int cpu)
{
	struct axv_svm_cpu *pcpu = this_cpu_ptr(&axv_svm_cpus);
	struct axv_svm_vcpu *svm = v->arch.svm;
	u32 epoch = READ_ONCE(axv_svm_kvm_epoch);
	bool others = !svm->here && axv_svm_kvm_near();

	if (svm->last_cpu != cpu) {
		svm->last_cpu = cpu;
		svm->clean = 0;
	}

	/* KVM came or went: no tag of before is worth anything. */
	if (unlikely(pcpu->epoch != epoch)) {
		pcpu->epoch = epoch;
		pcpu->tags.next = pcpu->tags.last + 1;
	}
	if (unlikely(svm->kvm_epoch != epoch)) {
		svm->kvm_epoch = epoch;
		svm->tag.gen = 0;
	}

	if (axv_tag_get(&pcpu->tags, &svm->tag, cpu) == AXV_TAG_FLUSH_ALL)
		svm_need_flush(svm, SVM_FLUSH_ALL);
	if (svm->vmcb->asid != svm->tag.tag) {
		svm->vmcb->asid = svm->tag.tag;
		axv_svm_dirty(svm, CLEAN_ASID);
		others |= axv_svm_kvm_near();
	}
	if (others)
		svm_need_flush(svm, SVM_FLUSH_TAG);
	axv_svm_spec_arrive(v, others);
	svm->here = true;
}

/**
 * axv_svm_put() - the vCPU's thread leaves the CPU, or RUN returns
 * @v: the vCPU; preemption is off
 */
void axv_svm_put(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	unsigned long flags;

	if (!svm->here)
		return;
	svm->here = false;
	if (!svm->riding)
		return;

	local_irq_save(flags);
	/* Switched off meanwhile: switched on again, it begins with a flush. */
	if (axv_svm_rdmsr(MSR_EFER) & EFER_SVME)
		svm_flush_now(svm);
	axv_svm_spec_leave();
	local_irq_restore(flags);
}

/**
 * axv_svm_set_root() - v->s2 is another one
 * @v: the vCPU, at rest
 */
void axv_svm_set_root(struct axv_vcpu *v)
{
	v->arch.svm->new_root = true;
}

/* ---- the section ---------------------------------------------------------------- */

static void svm_take(struct axv_svm_vcpu *svm)
{
	struct axv_svm_host *host = &svm->host;

	host->efer = axv_svm_rdmsr(MSR_EFER);
	svm->riding = host->efer & EFER_SVME;
	if (!svm->riding)
		axv_svm_wrmsr(MSR_EFER, host->efer | EFER_SVME);
	else
		axv_svm_kvm_met();
	host->hsave = axv_svm_rdmsr(AXV_MSR_VM_HSAVE_PA);
	axv_svm_wrmsr(AXV_MSR_VM_HSAVE_PA, svm->hsave_pa);
	/* FS, GS, TR, LDTR and the SYSCALL MSRs stay as they are until the end. */
	axv_svm_vmsave(svm->sw.host_pa);
}

static void svm_give_back(struct axv_svm_vcpu *svm)
{
	axv_svm_wrmsr(AXV_MSR_VM_HSAVE_PA, svm->host.hsave);
	if (!svm->riding)
		axv_svm_wrmsr(MSR_EFER, svm->host.efer);
}

/* Registers that VMRUN does not switch and a guest uses. */
static void svm_switch_msrs(struct axv_svm_vcpu *svm)
{
	struct axv_svm_host *host = &svm->host;

	/* KVM leaves its last guest's here. */
	if (axv_svm_has(AXV_SVM_TSC_RATE)) {
		host->tsc_ratio = axv_svm_rdmsr(AXV_MSR_TSC_RATIO);
		if (host->tsc_ratio != AXV_TSC_RATIO_1)
			axv_svm_wrmsr(AXV_MSR_TSC_RATIO, AXV_TSC_RATIO_1);
	}
	/* RDPID cannot be intercepted. The guest's value comes at the entry. */
	if (axv_svm_caps.tsc_aux) {
		host->tsc_aux = axv_svm_rdmsr(MSR_TSC_AUX);
		svm->tsc_aux = host->tsc_aux;
	}
}

static void svm_restore_msrs(struct axv_svm_vcpu *svm)
{
	struct axv_svm_host *host = &svm->host;

	if (axv_svm_has(AXV_SVM_TSC_RATE) && host->tsc_ratio != AXV_TSC_RATIO_1)
		axv_svm_wrmsr(AXV_MSR_TSC_RATIO, host->tsc_ratio);
	if (axv_svm_caps.tsc_aux && svm->tsc_aux != host->tsc_aux)
		axv_svm_wrmsr(MSR_TSC_AUX, host->tsc_aux);
}

/**
 * axv_svm_section_prepare() - what a section needs with interrupts on
 * @v: the vCPU
 */
void axv_svm_section_prepare(struct axv_vcpu *v)
{
	axv_x86_take_start(v);
	axv_x86_fpu_prepare(v);
}

/**
 * axv_svm_section_begin() - take the CPU
 * @v: the vCPU; interrupts are off until axv_svm_section_end()
 */
void axv_svm_section_begin(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	guest_timing_enter_irqoff();
	svm->timing = true;
	svm_take(svm);
	svm_arrive(v, smp_processor_id());
	svm_switch_msrs(svm);
	axv_svm_debug_begin(v);
	axv_x86_fpu_load(v);
}

/**
 * axv_svm_section_end() - give it back
 * @v: the vCPU
 */
void axv_svm_section_end(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	axv_x86_fpu_unload(v);
	axv_svm_debug_end(v);
	svm_restore_msrs(svm);
	svm_give_back(svm);
	axv_svm_spec_exit();
}

/**
 * axv_svm_section_finish() - the counterpart of axv_svm_section_prepare()
 * @v: the vCPU
 *
 * Interrupts that ended the guest have been served by now, as guest time.
 */
void axv_svm_section_finish(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (svm->timing) {
		svm->timing = false;
		local_irq_disable();
		guest_timing_exit_irqoff();
		local_irq_enable();
	}
	axv_x86_fpu_finish(v);
}

/* ---- one entry ------------------------------------------------------------------ */

/* Stage 2: which table, and what of it the TLB must forget. */
static void svm_load_stage2(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	u64 gen;

	if (unlikely(svm->new_root)) {
		vmcb->nested_cr3 = __sme_set(axv_s2_root(v->s2));
		axv_svm_dirty(svm, CLEAN_NP);
		svm->new_root = false;
		svm_need_flush(svm, SVM_FLUSH_TAG);
	}
	gen = axv_s2_generation(v->s2);
	if (svm->s2_gen != gen) {
		svm->s2_gen = gen;
		svm_need_flush(svm, SVM_FLUSH_TAG);
	}
	if (v->arch.tlb_flush) {
		v->arch.tlb_flush = false;
		svm_need_flush(svm, SVM_FLUSH_TAG);
	}
	vmcb->tlb_control = TLB_CONTROL_NOTHING;
	if (svm->flush == SVM_FLUSH_TAG && axv_svm_has(AXV_SVM_FLUSH_BY_ASID))
		vmcb->tlb_control = TLB_CONTROL_FLUSH_GUEST;
	else if (svm->flush)
		vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
}

static void svm_load(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	if (v->arch.control_dirty) {
		axv_svm_write_control(v);
		v->arch.control_dirty = false;
	}
	axv_svm_load_maps(v);
	axv_svm_debug_load(v);
	axv_svm_load_controls(v);
	svm_load_stage2(v);
	if (axv_svm_caps.tsc_aux && svm->tsc_aux != v->arch.control.tsc_aux) {
		svm->tsc_aux = v->arch.control.tsc_aux;
		axv_svm_wrmsr(MSR_TSC_AUX, (u32)svm->tsc_aux);
	}

	vmcb->save.rax = v->arch.gpr.r[AXVCPU_X86_RAX];
	vmcb->save.rsp = v->arch.gpr.r[AXVCPU_X86_RSP];
	vmcb->save.rip = v->arch.gpr.rip;
	vmcb->int_state = v->arch.shadow ? INT_STATE_SHADOW : 0;
	vmcb->clean = axv_svm_has(AXV_SVM_VMCB_CLEAN) ? svm->clean : 0;
}

static noinstr void svm_switch(struct axv_svm_vcpu *svm)
{
	if (static_branch_unlikely(&svm_keeps_cr2))
		native_write_cr2(svm->vmcb->save.cr2);
	guest_state_enter_irqoff();
	axv_svm_run(&svm->sw);
	guest_state_exit_irqoff();
}

static void svm_unload(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	v->arch.gpr.r[AXVCPU_X86_RAX] = vmcb->save.rax;
	v->arch.gpr.r[AXVCPU_X86_RSP] = vmcb->save.rsp;
	v->arch.gpr.rip = vmcb->save.rip;
	v->arch.gpr.rflags = vmcb->save.rflags;
	v->arch.shadow = vmcb->int_state & INT_STATE_SHADOW;
	v->arch.control_valid = false;
	svm->clean = CLEAN_ALL;
	svm->flush = SVM_KEEP;
}

/* VMRUN found the VMCB inconsistent: nothing ran, nothing was stored. */
static int svm_failed(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	axv_x86_new_exit(v, AXVCPU_EXIT_FAIL_ENTRY);
	v->exit.fail_entry.hardware_reason = svm->vmcb->exit_code;
	v->exit.fail_entry.code = axv_svm_fail_code(v);
	axv_svm_events_failed(v);
	svm->clean = 0;
	if (v->arch.control_valid)
		v->arch.control_dirty = true;
	return AXV_EXIT;
}

/**
 * axv_svm_enter() - run the guest until its next exit
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_svm_enter(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	int r;

	if (unlikely(svm->shutdown)) {
		if (!v->arch.control_dirty)
			return axv_svm_shutdown(v);
		svm->shutdown = false;
	}
	if (unlikely(v->arch.stepped)) {
		v->arch.stepped = false;
		if (v->arch.debug.control & AXVCPU_X86_DEBUG_STEP)
			return axv_svm_step_done(v);
	}
	r = axv_svm_load_events(v);
	if (r != AXV_RESUME)
		return r;

	svm_load(v);
	svm_switch(svm);

	/* Hypervisors below have been seen to store 32 bits only. */
	if (unlikely((u32)vmcb->exit_code >= VMEXIT_BUSY))
		vmcb->exit_code = (s64)(s32)vmcb->exit_code;
	v->exit.raw[0] = vmcb->exit_code;
	v->exit.raw[1] = vmcb->exit_info1;
	v->exit.raw[2] = vmcb->exit_info2;
	v->exit.raw[3] = vmcb->exit_int_info;
	if (unlikely((u32)vmcb->exit_code >= VMEXIT_BUSY))
		return svm_failed(v);

	svm_unload(v);
	r = axv_svm_debug_unload(v);
	axv_svm_unload_events(v);
	return r == AXV_RESUME ? axv_svm_fast_exit(v) : r;
}

/* ---- load and unload ------------------------------------------------------------ */

/* Bochs has VMRUN forget CR2: a guest would find the host's addresses there. */
static int svm_check_cr2(u32 asid)
{
	struct axv_vmcb *touch;
	unsigned long flags;
	u64 efer, hsave, was;
	bool kept;
	void *page;

	page = axv_svm_alloc_page();
	if (!page)
		return -ENOMEM;
	local_irq_save(flags);
	touch = this_cpu_ptr(&axv_svm_cpus)->touch;
	efer = axv_svm_rdmsr(MSR_EFER);
	axv_svm_wrmsr(MSR_EFER, efer | EFER_SVME);
	hsave = axv_svm_rdmsr(AXV_MSR_VM_HSAVE_PA);
	axv_svm_wrmsr(AXV_MSR_VM_HSAVE_PA, __sme_pa(page));
	was = ~native_read_cr2();
	touch->save.cr2 = was;
	touch->asid = asid;
	axv_svm_touch(__pa(touch));
	kept = touch->save.cr2 != was;
	touch->save.cr2 = 0;
	axv_svm_wrmsr(AXV_MSR_VM_HSAVE_PA, hsave);
	axv_svm_wrmsr(MSR_EFER, efer);
	axv_svm_restore_dr7();
	local_irq_restore(flags);
	free_page((unsigned long)page);
	if (kept)
		static_branch_enable(&svm_keeps_cr2);
	return 0;
}

/**
 * axv_svm_section_init() - what each CPU needs
 *
 * Return: 0 or -ENOMEM.
 */
int axv_svm_section_init(void)
{
	u32 first = 1, last = axv_svm_caps.nr_asids - 1;
	int cpu, r;

	/* Encrypted guests have the lowest numbers to themselves. */
	if (boot_cpu_has(X86_FEATURE_SEV))
		first = cpuid_ecx(0x8000001f) + 1;
	if (first > last)
		first = 1;

	svm_empty_root = (void *)get_zeroed_page(GFP_KERNEL);
	if (!svm_empty_root)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct axv_svm_cpu *pcpu = per_cpu_ptr(&axv_svm_cpus, cpu);

		axv_tag_pool_init(&pcpu->tags, first, last);
		pcpu->epoch = axv_svm_kvm_epoch;
		pcpu->touch = axv_svm_alloc_page();
		if (!pcpu->touch) {
			axv_svm_section_exit();
			return -ENOMEM;
		}
		svm_init_touch(pcpu->touch);
	}
	r = svm_check_cr2(first);
	if (r)
		axv_svm_section_exit();
	return r;
}

/** axv_svm_section_exit() - undo axv_svm_section_init() */
void axv_svm_section_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu_ptr(&axv_svm_cpus, cpu)->touch);
	free_page((unsigned long)svm_empty_root);
}
