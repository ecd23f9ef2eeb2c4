// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section: interrupts off, VMX operation taken and given back.
 *
 * Whether VMX is ours is decided anew each time by the real CR4.VMXE. Clear: nobody
 * uses VMX on this CPU now: enter VMX operation, and leave it at the end. Set: KVM
 * is in it; ride, and make the VMCS that was current so again at the end: KVM
 * takes for granted that it stays. KVM changes these by IPI or hotplug thread only,
 * so that neither side meets the other half-way; one that was preempted between its
 * change of CR4 and VMXON is found out by the #UD of the first instruction.
 *
 * The vCPU's own VMCS is put away (VMCLEAR) at each end. So nothing of it is in a CPU
 * when it goes elsewhere, or when KVM leaves VMX operation; and its fields stay as
 * they were.
 *
 * Translations are tagged with the EPT pointer and, where there are VPIDs, with one of
 * them too. KVM has tables of its own, so that a VPID it uses as well does no harm. What
 * must go is what an older state of the same table left on this CPU: at the first
 * section here, and when the table's generation changes.
 */
#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/special_insns.h>

#include "vmx.h"

/**
 * struct axv_vmx_cpu - what belongs to a CPU
 * @tags: its VPIDs
 * @vmxon: the VMXON region
 * @vmxon_pa: its address
 * @sections: how many there were, by whether they rode
 */
struct axv_vmx_cpu {
	struct axv_tag_pool tags;
	void *vmxon;
	u64 vmxon_pa;
	u64 sections[2];
};

static DEFINE_PER_CPU(struct axv_vmx_cpu, axv_vmx_cpus);

#define NO_VMCS		(~0ull)

/* ---- instructions ------------------------------------------------------------------ */

/* Each says whether it was done: they fault where the CPU is not in VMX operation. */
#define OR_FAILED	"jmp 3f\n2: jmp %l[failed]\n3:\n" _ASM_EXTABLE(1b, 2b)

/*
 * An instruction that is given the address of a region. The operand is where it is at
 * home: what is copied has to be guarded on the stack.
 */
#define DEFINE_DO(insn)						\
static bool do_##insn(const u64 *pa)				\
{								\
	asm goto("1: " #insn " %0\n\t"				\
		 "jna %l[failed]\n\t"				\
		 OR_FAILED					\
		 : : "m" (*pa) : "cc", "memory" : failed);	\
	return true;						\
failed:								\
	return false;						\
}

DEFINE_DO(vmxon)
DEFINE_DO(vmclear)
DEFINE_DO(vmptrld)

static void do_vmxoff(void)
{
	asm goto("1: vmxoff\n\t"
		 OR_FAILED
		 : : : "cc", "memory" : failed);
failed:
	return;
}

static bool do_vmptrst(u64 *pa)
{
	asm goto("1: vmptrst (%0)\n\t"
		 OR_FAILED
		 : : "r" (pa) : "cc", "memory" : failed);
	return true;
failed:
	return false;
}

/**
 * axv_vmwrite_failed() - a field that is not there
 * @field: it
 */
void axv_vmwrite_failed(u32 field)
{
	WARN_ONCE(1, "axvcpu: VMWRITE to %#x failed: %llu\n", field,
		  axv_vmread(VMCS_INSN_ERROR));
}

static void write_cr4(u64 cr4)
{
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
}

/* ---- VMX operation ----------------------------------------------------------------- */

/* Where the two exclude each other, tracing goes on behind the section. */
static void stop_tracing(struct axv_vmx_host *host)
{
	host->rtit_ctl = axv_x86_read_msr(MSR_IA32_RTIT_CTL);
	if (host->rtit_ctl & RTIT_CTL_TRACEEN)
		axv_x86_write_msr(MSR_IA32_RTIT_CTL, host->rtit_ctl & ~(u64)RTIT_CTL_TRACEEN);
}

static void start_tracing(const struct axv_vmx_host *host)
{
	if (host->rtit_ctl & RTIT_CTL_TRACEEN)
		axv_x86_write_msr(MSR_IA32_RTIT_CTL, host->rtit_ctl);
}

static void vmx_leave(struct axv_vmx_vcpu *vmx)
{
	do_vmxoff();
	if (vmx->vmxe)
		write_cr4(vmx->host.cr4);
	if (axv_vmx_caps.no_pt)
		start_tracing(&vmx->host);
}

static bool vmx_own(struct axv_vmx_vcpu *vmx)
{
	struct axv_vmx_host *host = &vmx->host;

	vmx->vmxe = !(host->cr4 & X86_CR4_VMXE);
	if (axv_vmx_caps.no_pt)
		stop_tracing(host);
	if (vmx->vmxe)
		write_cr4(host->cr4 | X86_CR4_VMXE);
	if (likely(do_vmxon(&this_cpu_ptr(&axv_vmx_cpus)->vmxon_pa)))
		return true;
	if (vmx->vmxe)
		write_cr4(host->cr4);
	if (axv_vmx_caps.no_pt)
		start_tracing(host);
	return false;
}

static void vmx_give_back(struct axv_vmx_vcpu *vmx)
{
	do_vmclear(&vmx->vmcs_pa);
	vmx->sw.launched = 0;
	vmx->loaded = false;
	if (!vmx->riding)
		vmx_leave(vmx);
	else if (vmx->host.vmcs != NO_VMCS)
		do_vmptrld(&vmx->host.vmcs);
}

/* In VMX operation with the vCPU's VMCS current; false where that cannot be. */
static bool vmx_take(struct axv_vmx_vcpu *vmx)
{
	struct axv_vmx_host *host = &vmx->host;

	host->cr4 = native_read_cr4();
	vmx->riding = (host->cr4 & X86_CR4_VMXE) && do_vmptrst(&host->vmcs);
	if (!vmx->riding && !vmx_own(vmx))
		return false;
	if (unlikely(vmx->fresh))
		do_vmclear(&vmx->vmcs_pa);
	vmx->loaded = true;
	if (likely(do_vmptrld(&vmx->vmcs_pa)))
		return true;
	vmx_give_back(vmx);
	return false;
}

/**
 * axv_vmx_borrow() - read or write the VMCS, in a section or between two
 * @vmx: the vCPU; its own thread, or at rest
 * @flags: for axv_vmx_return()
 *
 * Return: true with interrupts off; false where there is no VMX operation.
 */
bool axv_vmx_borrow(struct axv_vmx_vcpu *vmx, unsigned long *flags)
{
	local_irq_save(*flags);
	if (vmx->loaded)
		return true;
	if (vmx_take(vmx)) {
		/* for axv_vmx_return() to know */
		vmx->borrowed = true;
		return true;
	}
	local_irq_restore(*flags);
	return false;
}

/**
 * axv_vmx_return() - the reverse
 * @vmx: the vCPU
 * @flags: of axv_vmx_borrow()
 */
void axv_vmx_return(struct axv_vmx_vcpu *vmx, unsigned long flags)
{
	if (vmx->borrowed) {
		vmx->borrowed = false;
		vmx_give_back(vmx);
	}
	local_irq_restore(flags);
}

/* ---- arriving on a CPU and leaving it ---------------------------------------------- */

static noinline void new_tag(struct axv_vmx_vcpu *vmx, struct axv_vmx_cpu *pcpu, int cpu)
{
	if (axv_tag_get(&pcpu->tags, &vmx->tag, cpu) == AXV_TAG_FLUSH_ALL)
		axv_invvpid(INV_ALL, 0);
	axv_vmwrite(VMCS_VPID, vmx->tag.tag);
}

static void vmx_arrive(struct axv_vmx_vcpu *vmx, int cpu)
{
	struct axv_vmx_cpu *pcpu = this_cpu_ptr(&axv_vmx_cpus);

	if (unlikely(vmx->last_cpu != cpu)) {
		vmx->last_cpu = cpu;
		vmx->flush_ept = true;
		axv_vmx_host_moved(vmx);
	}
	if (unlikely(vmx->riding && !vmx->here))
		axv_x86_spec_others();
	vmx->here = vmx->riding;

	if (axv_vmx_caps.vpid && unlikely(!axv_tag_good(&pcpu->tags, &vmx->tag, cpu)))
		new_tag(vmx, pcpu, cpu);
	axv_x86_spec_arrive(vmx->id);
}

/**
 * axv_vmx_put() - the vCPU's thread leaves the CPU, or RUN returns
 * @v: the vCPU; preemption is off
 *
 * Nothing of it is left but in predictors.
 */
void axv_vmx_put(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (!vmx->here)
		return;
	vmx->here = false;
	axv_x86_spec_leave();
}

/**
 * axv_vmx_set_root() - v->s2 is another one
 * @v: the vCPU, at rest
 */
void axv_vmx_set_root(struct axv_vcpu *v)
{
	v->arch.vmx->new_root = true;
}

/* ---- the section ------------------------------------------------------------------- */

/**
 * axv_vmx_section_prepare() - what a section needs with interrupts on
 * @v: the vCPU
 */
void axv_vmx_section_prepare(struct axv_vcpu *v)
{
	/* Somebody may ask for it again meanwhile. */
	smp_store_mb(v->prepare, false);
	axv_x86_take_start(v);
	axv_x86_fpu_prepare(v);
}

/**
 * axv_vmx_section_begin() - take the CPU
 * @v: the vCPU; interrupts are off until axv_vmx_section_end()
 */
void axv_vmx_section_begin(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	guest_timing_enter_irqoff();
	vmx->entered = false;
	if (unlikely(!vmx_take(vmx))) {
		v->leaves_traces = false;
		return;
	}
	this_cpu_inc(axv_vmx_cpus.sections[vmx->riding]);
	if (unlikely(vmx->fresh))
		axv_vmx_init_vmcs(v);
	axv_vmx_host_begin(vmx);
	vmx_arrive(vmx, v->cpu);
	v->leaves_traces = vmx->riding;
	vmx->l1d_due = true;
	axv_x86_debug_begin(v, &vmx->host.debug);
	axv_x86_fpu_load(v);
}

/**
 * axv_vmx_section_end() - give it back
 * @v: the vCPU
 */
void axv_vmx_section_end(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	if (likely(vmx->loaded)) {
		axv_x86_fpu_unload(v);
		axv_vmx_host_end(vmx);
		if (unlikely(vmx->host.debug.set))
			axv_x86_debug_end_slow(&vmx->host.debug);
		axv_x86_restore_dr7();
		/* if not by host_end() already */
		if (unlikely(vmx->host.debug.debugctl_set)) {
			axv_x86_write_msr(MSR_IA32_DEBUGCTLMSR, vmx->host.debugctl);
			vmx->host.debug.debugctl_set = false;
		}
		vmx_give_back(vmx);
		axv_x86_spec_exit();
	}
	/* The tick that ended the guest is to be served as guest time. */
	if (vmx->entered && REASON_BASIC(vmx->exit.reason) == REASON_EXT_INTR) {
		vmx->timing = true;
		v->finish = true;
	} else {
		guest_timing_exit_irqoff();
	}
}

/**
 * axv_vmx_section_finish() - the counterpart of axv_vmx_section_prepare()
 * @v: the vCPU
 *
 * An interrupt that ended the guest has been served by now, as guest time.
 */
void axv_vmx_section_finish(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;

	v->finish = false;
	if (vmx->timing) {
		vmx->timing = false;
		local_irq_disable();
		guest_timing_exit_irqoff();
		local_irq_enable();
	}
	axv_x86_fpu_finish(v);
}

/**
 * axv_vmx_show() - how sections came by VMX operation, for debugfs
 * @m: the file
 */
void axv_vmx_show(struct seq_file *m)
{
	static const char * const names[] = { "sections_owned", "sections_ridden" };
	unsigned int i;
	int cpu;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu(axv_vmx_cpus, cpu).sections[i]);
		seq_printf(m, "%s %llu\n", names[i], sum);
	}
}

/* ---- load and unload --------------------------------------------------------------- */

/**
 * axv_vmx_section_init() - what each CPU needs
 *
 * Return: 0 or -ENOMEM.
 */
int axv_vmx_section_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct axv_vmx_cpu *pcpu = per_cpu_ptr(&axv_vmx_cpus, cpu);

		axv_tag_pool_init(&pcpu->tags, 1, U16_MAX);
		pcpu->vmxon = (void *)get_zeroed_page(GFP_KERNEL);
		if (!pcpu->vmxon) {
			axv_vmx_section_exit();
			return -ENOMEM;
		}
		*(u32 *)pcpu->vmxon = axv_vmx_caps.revision;
		pcpu->vmxon_pa = __pa(pcpu->vmxon);
	}
	return 0;
}

/** axv_vmx_section_exit() - undo axv_vmx_section_init() */
void axv_vmx_section_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu(axv_vmx_cpus, cpu).vmxon);
}
