// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section: interrupts off, SVM taken and given back, and one entry in it.
 *
 * Whether SVM is ours is decided anew each time by the real EFER.SVME. Set: KVM
 * holds it, ride, with a page of ours in VM_HSAVE_PA and KVM's put back. Clear:
 * nobody uses SVM on this CPU now, set it and clear it at the end. KVM changes
 * these by IPI or hotplug thread only, so neither side ever meets the other
 * half-way.
 *
 * KVM hands out ASIDs per CPU without a flush until they run out, so a number
 * that both use names translations of either:
 *
 * - Riding, everything under a vCPU's tag goes when it leaves the CPU, and
 *   whatever may be under it goes when it arrives.
 * - Otherwise KVM would first have to enable SVM, and flushes every ASID before
 *   its first guest then. That it was here is seen by VM_HSAVE_PA: ours stays
 *   in it between sections (nothing but VMRUN looks at it), and both enabling
 *   and disabling write it. Then no tag of before is worth anything.
 */
#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/special_insns.h>

#include "svm.h"

/* TLB_CONTROL by need, in the order of how much goes */
enum { SVM_KEEP, SVM_FLUSH_TAG, SVM_FLUSH_ALL };

/**
 * struct axv_svm_cpu - what belongs to a CPU
 * @tags: its ASIDs
 * @hsave: page for VMRUN's own use, in VM_HSAVE_PA during a section
 * @hsave_pa: its address
 * @touch: VMCB that exits at once, see axv_svm_touch()
 */
struct axv_svm_cpu {
	struct axv_tag_pool tags;
	void *hsave;
	u64 hsave_pa;
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
	struct axv_svm_cpu *pcpu = this_cpu_ptr(&axv_svm_cpus);
	struct axv_vmcb *touch = pcpu->touch;
	u64 hsave;

	touch->asid = svm->tag.tag;
	touch->tlb_control = axv_svm_has(AXV_SVM_FLUSH_BY_ASID) ? TLB_CONTROL_FLUSH_GUEST :
			     TLB_CONTROL_FLUSH_ALL;
	touch->clean = 0;
	hsave = axv_x86_read_msr(AXV_MSR_VM_HSAVE_PA);
	axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, pcpu->hsave_pa);
	axv_svm_touch(__pa(touch));
	axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, hsave);
	axv_x86_restore_dr7();
}

/* ---- arriving on a CPU and leaving it ------------------------------------------- */

static void svm_need_flush(struct axv_svm_vcpu *svm, u8 what)
{
	svm->flush = max(svm->flush, what);
}

/* Another hypervisor's guest may have run here since @svm's did. */
static void svm_suspect(struct axv_svm_vcpu *svm, struct axv_svm_cpu *pcpu)
{
	if (svm->riding)
		svm_need_flush(svm, SVM_FLUSH_TAG);
	else
		axv_tag_pool_void(&pcpu->tags);
	axv_x86_spec_others();
}

static void svm_arrive(struct axv_svm_vcpu *svm, struct axv_svm_cpu *pcpu, int cpu)
{
	if (unlikely(svm->last_cpu != cpu)) {
		svm->last_cpu = cpu;
		svm->clean = 0;
	}
	if (unlikely(svm->riding ? !svm->here : svm->host.hsave != pcpu->hsave_pa))
		svm_suspect(svm, pcpu);
	svm->here = svm->riding;

	if (unlikely(!axv_tag_good(&pcpu->tags, &svm->tag, cpu))) {
		if (axv_tag_get(&pcpu->tags, &svm->tag, cpu) == AXV_TAG_FLUSH_ALL)
			svm_need_flush(svm, SVM_FLUSH_ALL);
		else if (svm->riding)
			svm_need_flush(svm, SVM_FLUSH_TAG);
		svm->vmcb->asid = svm->tag.tag;
		axv_svm_dirty(svm, CLEAN_ASID);
	}
	axv_x86_spec_arrive(svm->id);
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

	local_irq_save(flags);
	/* Switched off meanwhile: switched on again, it begins with a flush. */
	if (axv_x86_read_msr(MSR_EFER) & EFER_SVME)
		svm_flush_now(svm);
	axv_x86_spec_leave();
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

static void svm_take(struct axv_svm_vcpu *svm, const struct axv_svm_cpu *pcpu)
{
	struct axv_svm_host *host = &svm->host;

	host->efer = axv_x86_read_msr(MSR_EFER);
	svm->riding = host->efer & EFER_SVME;
	if (!svm->riding)
		axv_x86_write_msr(MSR_EFER, host->efer | EFER_SVME);
	host->hsave = axv_x86_read_msr(AXV_MSR_VM_HSAVE_PA);
	if (host->hsave != pcpu->hsave_pa)
		axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, pcpu->hsave_pa);
	/* FS, GS, TR, LDTR and the SYSCALL MSRs stay as they are until the end. */
	axv_svm_vmsave(svm->sw.host_pa);
}

static void svm_give_back(struct axv_svm_vcpu *svm)
{
	if (svm->riding)
		axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, svm->host.hsave);
	else
		axv_x86_write_msr(MSR_EFER, svm->host.efer);
}

/* Registers that VMRUN does not switch and a guest uses. */
static void svm_switch_msrs(struct axv_svm_vcpu *svm)
{
	struct axv_svm_host *host = &svm->host;
	u32 aux;

	/* KVM leaves its last guest's here. */
	if (axv_svm_has(AXV_SVM_TSC_RATE)) {
		host->tsc_ratio = axv_x86_read_msr(AXV_MSR_TSC_RATIO);
		if (host->tsc_ratio != AXV_TSC_RATIO_1)
			axv_x86_write_msr(AXV_MSR_TSC_RATIO, AXV_TSC_RATIO_1);
	}
	/* RDPID cannot be intercepted. The guest's value comes at the entry. */
	if (axv_svm_caps.tsc_aux) {
		/* RDTSCP reads it too, and quicker */
		asm volatile("rdtscp" : "=c" (aux) : : "rax", "rdx");
		host->tsc_aux = aux;
		svm->tsc_aux = aux;
	}
}

static void svm_restore_msrs(struct axv_svm_vcpu *svm)
{
	struct axv_svm_host *host = &svm->host;

	if (axv_svm_has(AXV_SVM_TSC_RATE) && host->tsc_ratio != AXV_TSC_RATIO_1)
		axv_x86_write_msr(AXV_MSR_TSC_RATIO, host->tsc_ratio);
	if (axv_svm_caps.tsc_aux && svm->tsc_aux != host->tsc_aux)
		axv_x86_write_msr(MSR_TSC_AUX, host->tsc_aux);
}

/**
 * axv_svm_section_prepare() - what a section needs with interrupts on
 * @v: the vCPU
 */
void axv_svm_section_prepare(struct axv_vcpu *v)
{
	/* Somebody may ask for it again meanwhile. */
	smp_store_mb(v->prepare, false);
	axv_x86_take_start(v);
	axv_x86_fpu_prepare(v);
}

/**
 * axv_svm_section_begin() - take the CPU
 * @v: the vCPU; interrupts are off until axv_svm_section_end()
 */
void axv_svm_section_begin(struct axv_vcpu *v)
{
	struct axv_svm_cpu *pcpu = this_cpu_ptr(&axv_svm_cpus);
	struct axv_svm_vcpu *svm = v->arch.svm;

	guest_timing_enter_irqoff();
	svm_take(svm, pcpu);
	svm_arrive(svm, pcpu, v->cpu);
	v->leaves_traces = svm->riding;
	svm_switch_msrs(svm);
	axv_x86_debug_begin(v, &svm->host.debug);
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
	axv_x86_spec_exit();
	/* The tick that ended the guest is to be served as guest time. */
	if (svm->vmcb->exit_code == VMEXIT_INTR) {
		svm->timing = true;
		v->finish = true;
	} else {
		guest_timing_exit_irqoff();
	}
}

/**
 * axv_svm_section_finish() - the counterpart of axv_svm_section_prepare()
 * @v: the vCPU
 *
 * An interrupt that ended the guest has been served by now, as guest time.
 */
void axv_svm_section_finish(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	v->finish = false;
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
	if (likely(svm->flush == SVM_KEEP))
		return;
	if (svm->flush == SVM_FLUSH_TAG && axv_svm_has(AXV_SVM_FLUSH_BY_ASID))
		vmcb->tlb_control = TLB_CONTROL_FLUSH_GUEST;
	else
		vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
}

/* No event, window, step or debugger: the controls of the last entry will do. */
static bool svm_is_plain(const struct axv_vcpu *v)
{
	const struct axv_svm_vcpu *svm = v->arch.svm;

	return !(svm->unusual | svm->soft | v->arch.reinject | v->arch.debug.control |
		 (v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW)) &&
	       svm->plain_controls && !v->arch.nmi_masked && !READ_ONCE(v->arch.events.any) &&
	       svm->vmcb->tsc_offset == v->arch.tsc_offset;
}

static void svm_load_state(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (v->arch.control_dirty) {
		axv_svm_write_control(v);
		v->arch.control_dirty = false;
	}
	if (unlikely(svm->ts_forced != axv_x86_fpu_lazy(v)))
		axv_svm_force_ts(v, !svm->ts_forced);
}

static void svm_load(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	/* pairs with axv_x86_msrmap_filter() */
	if (unlikely(svm->msrpm_gen != smp_load_acquire(&v->vm->arch.msrpm_gen)))
		axv_svm_load_maps(v);
	svm_load_stage2(v);
	if (axv_svm_caps.tsc_aux && svm->tsc_aux != v->arch.control.tsc_aux) {
		svm->tsc_aux = v->arch.control.tsc_aux;
		axv_x86_write_msr(MSR_TSC_AUX, (u32)svm->tsc_aux);
	}

	vmcb->save.rax = v->arch.gpr.r[AXVCPU_X86_RAX];
	vmcb->save.rsp = v->arch.gpr.r[AXVCPU_X86_RSP];
	vmcb->save.rip = v->arch.gpr.rip;
	vmcb->int_state = v->arch.shadow ? INT_STATE_SHADOW : 0;
	vmcb->clean = axv_svm_has(AXV_SVM_VMCB_CLEAN) ? svm->clean : 0;
	if (static_branch_unlikely(&svm_keeps_cr2))
		native_write_cr2(vmcb->save.cr2);
}

/*
 * The switch, and those who want to know of it. Where nobody tracks contexts
 * that is RCU alone, and once in a tick is as much as it can make use of.
 */
static noinstr void svm_switch(struct axv_svm_vcpu *svm)
{
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
	if (v->exit.fail_entry.code == AXVCPU_FAIL_GUEST_STATE)
		axv_x86_find_fault(v, false, svm->injected);
	axv_svm_events_failed(v);
	svm->clean = 0;
	if (v->arch.control_valid)
		v->arch.control_dirty = true;
	return AXV_EXIT;
}

/* Those that go to the VMM and nowhere else have no row to look up. */
static int svm_exit(struct axv_vcpu *v, const struct axv_vmcb *vmcb)
{
	if (vmcb->exit_code == VMEXIT_VMMCALL)
		return axv_svm_vmmcall(v, vmcb);
	if (vmcb->exit_code == VMEXIT_IOIO)
		return axv_svm_ioio(v);
	return axv_svm_fast_exit(v);
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
	bool plain;
	int r;

	if (unlikely(svm->shutdown)) {
		if (!v->arch.control_dirty)
			return axv_svm_shutdown(v);
		svm->shutdown = false;
	}
	if (unlikely(v->arch.stepped)) {
		v->arch.stepped = false;
		if (v->arch.debug.control & AXVCPU_X86_DEBUG_STEP)
			return axv_x86_step_done(v);
	}
	svm_load_state(v);
	plain = svm_is_plain(v);
	if (likely(plain)) {
		vmcb->save.rflags = v->arch.gpr.rflags;
		axv_svm_load_dr(v, v->arch.debug.dr7);
	} else {
		r = axv_svm_load_events(v);
		if (r != AXV_RESUME)
			return r;
		/* an event may bring CR2 with it */
		svm_load_state(v);
		axv_svm_debug_load(v);
		axv_svm_load_controls(v);
	}
	svm_load(v);
	if (likely(svm->noted == READ_ONCE(jiffies) && !context_tracking_enabled_this_cpu())) {
		axv_svm_run(&svm->sw);
	} else {
		svm->noted = READ_ONCE(jiffies);
		svm_switch(svm);
	}

	/* Hypervisors below have been seen to store 32 bits only. */
	if (unlikely((u32)vmcb->exit_code >= VMEXIT_BUSY)) {
		vmcb->exit_code = (s64)(s32)vmcb->exit_code;
		return svm_failed(v);
	}

	svm_unload(v);
	if (likely(plain && !(vmcb->exit_int_info & AXV_X86_EVENT_VALID))) {
		v->arch.debug.dr7 = vmcb->save.dr7;
		return svm_exit(v, vmcb);
	}
	r = axv_svm_debug_unload(v);
	axv_svm_unload_events(v);
	if (r != AXV_RESUME)
		return r;
	return svm_exit(v, vmcb);
}

/**
 * axv_svm_exit_code() - what the hardware said last
 * @v: the vCPU
 */
u64 axv_svm_exit_code(struct axv_vcpu *v)
{
	return v->arch.svm->vmcb->exit_code;
}

/**
 * axv_svm_describe() - what goes with any exit
 * @v: the vCPU, with the rest in v->exit
 * @x: of the run page, written only
 *
 * Return: the entry commands that are allowed.
 */
u32 axv_svm_describe(struct axv_vcpu *v, struct axvcpu_exit *x)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;

	x->raw[0] = vmcb->exit_code;
	x->raw[1] = vmcb->exit_info1;
	x->raw[2] = vmcb->exit_info2;
	x->raw[3] = vmcb->exit_int_info;
	x->pc = v->arch.gpr.rip;
	x->intr_state = axv_x86_intr_state(v);
	return axv_x86_exit_commands(v);
}

/* ---- load and unload ------------------------------------------------------------ */

/* Bochs has VMRUN forget CR2: a guest would find the host's addresses there. */
static void svm_check_cr2(u32 asid)
{
	struct axv_svm_cpu *pcpu;
	struct axv_vmcb *touch;
	unsigned long flags;
	u64 efer, hsave, was;
	bool kept;

	local_irq_save(flags);
	pcpu = this_cpu_ptr(&axv_svm_cpus);
	touch = pcpu->touch;
	efer = axv_x86_read_msr(MSR_EFER);
	axv_x86_write_msr(MSR_EFER, efer | EFER_SVME);
	hsave = axv_x86_read_msr(AXV_MSR_VM_HSAVE_PA);
	axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, pcpu->hsave_pa);
	was = ~native_read_cr2();
	touch->save.cr2 = was;
	touch->asid = asid;
	axv_svm_touch(__pa(touch));
	kept = touch->save.cr2 != was;
	touch->save.cr2 = 0;
	axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, hsave);
	axv_x86_write_msr(MSR_EFER, efer);
	axv_x86_restore_dr7();
	local_irq_restore(flags);
	if (kept)
		static_branch_enable(&svm_keeps_cr2);
}

/**
 * axv_svm_section_init() - what each CPU needs
 *
 * Return: 0 or -ENOMEM.
 */
int axv_svm_section_init(void)
{
	u32 first = 1, last = axv_svm_caps.nr_asids - 1;
	int cpu;

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
		pcpu->hsave = axv_svm_alloc_page();
		pcpu->touch = axv_svm_alloc_page();
		if (!pcpu->hsave || !pcpu->touch) {
			axv_svm_section_exit();
			return -ENOMEM;
		}
		pcpu->hsave_pa = __sme_pa(pcpu->hsave);
		svm_init_touch(pcpu->touch);
	}
	svm_check_cr2(first);
	return 0;
}

/* The page goes; its address is not to stay, though nobody would use it. */
static void svm_forget_hsave(void *unused)
{
	const struct axv_svm_cpu *pcpu = this_cpu_ptr(&axv_svm_cpus);

	if (pcpu->hsave && axv_x86_read_msr(AXV_MSR_VM_HSAVE_PA) == pcpu->hsave_pa)
		axv_x86_write_msr(AXV_MSR_VM_HSAVE_PA, 0);
}

/** axv_svm_section_exit() - undo axv_svm_section_init() */
void axv_svm_section_exit(void)
{
	int cpu;

	on_each_cpu(svm_forget_hsave, NULL, 1);
	for_each_possible_cpu(cpu) {
		struct axv_svm_cpu *pcpu = per_cpu_ptr(&axv_svm_cpus, cpu);

		free_page((unsigned long)pcpu->hsave);
		free_page((unsigned long)pcpu->touch);
	}
	free_page((unsigned long)svm_empty_root);
}
