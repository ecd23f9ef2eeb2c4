/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SVM backend, by file.
 *
 * init.c	probing, the table of operations, a vCPU's memory
 * section.c	a stretch with interrupts off: SVME and VM_HSAVE_PA taken and
 *		given back, TLB tags, and one entry of the guest in it
 * entry.S	the switch itself
 * exit.c	what to do about each exit code
 * npf.c	nested page faults
 * irq.c	events on their way in
 * debug.c	debug registers, single step, breakpoints
 * state.c	the VMCB's save area as a control group, and back
 * msrpm.c	which MSRs the guest may touch by itself
 * check.c	why VMRUN refused a VMCB
 */
#ifndef AXVCPU_SVM_H
#define AXVCPU_SVM_H

#include <linux/percpu.h>
#include <linux/thread_info.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>

#include "../x86.h"
#include "../debug.h"
#include "../decode.h"
#include "../spec.h"
#include "../../tag.h"
#include "vmcb.h"

/**
 * struct axv_svm_switch - what entry.S is given
 * @gpr: v->arch.gpr.r
 * @vmcb_pa: the guest's VMCB
 * @host_pa: where VMSAVE put the host's part
 */
struct axv_svm_switch {
	u64 *gpr;
	u64 vmcb_pa;
	u64 host_pa;
};

/**
 * struct axv_svm_host - host registers of one section
 * @efer: EFER
 * @hsave: VM_HSAVE_PA
 * @tsc_ratio: TSC_RATIO
 * @tsc_aux: TSC_AUX
 * @debug: debug registers
 */
struct axv_svm_host {
	u64 efer;
	u64 hsave;
	u64 tsc_ratio;
	u64 tsc_aux;
	struct axv_x86_host_debug debug;
};

/**
 * struct axv_svm_vcpu - the SVM part of a vCPU
 * @vmcb: its VMCB
 * @host_save: page for VMSAVE of the host's state
 * @sw: for entry.S
 * @clean: VMCB clean bits for the next VMRUN
 * @host: host registers of this section
 * @id: unique, for "who ran here last"
 * @tag: ASID
 * @flush: TLB_CONTROL the next VMRUN needs
 * @s2_gen: generation of v->s2 at the last flush
 * @new_root: v->s2 is another one than at the last entry
 * @tsc_aux: TSC_AUX as it is in the CPU, during a section
 * @here: riding, and sections were begun since the last put()
 * @riding: the section (or the last one) found EFER.SVME set
 * @timing: guest_timing_enter_irqoff() awaits its counterpart
 * @noted: jiffies when RCU was told last that this CPU runs a guest
 * @last_cpu: CPU of the last section, -1: none
 * @cr0_hidden: CR0.CD and NW as the guest has them; the hardware has neither
 * @cr4_hidden: bits of CR4 the hardware has on and the guest off
 * @injected: EVENTINJ of the last entry
 * @by_virq: it goes by V_IRQ instead
 * @injected_len: instruction length that goes with it
 * @soft: INT n, INT3 or INTO to be done for the guest, EVENTINJ form, if rip is
 *	still @soft_rip then
 * @soft_rip: rip of the instruction
 * @soft_len: its length
 * @mode: of the guest at this exit, where it was needed
 * @unusual: any of the next eight
 * @irq_window: V_IRQ is up to find out when an interrupt can be taken
 * @cr8_window: CR8 is watched for the same
 * @iret_armed: the IRET that ends an NMI handler was let through at @iret_rip
 * @step_nmi: single-stepped until an NMI can be taken
 * @tf_forced: RFLAGS.TF is not the guest's
 * @flags_armed: POPF or IRET at @flags_rip was let through with TF forced
 * @step_event: a step of the VMM's is over once the event is delivered
 * @resume_set: the instruction breakpoint at @resume_rip was reported and shall
 *	not trigger again at once
 * @plain_controls: the VMCB's controls are those of a guest with none of these,
 *	nor an NMI handler running, nor a debugger
 * @ts_forced: CR0.TS and MP are on and CR4.OSXSAVE is off for
 *	axv_x86_fpu_lazy()
 * @ts_own: the guest's own two
 * @iret_rip: see @iret_armed
 * @tf_guest: the guest's RFLAGS.TF, with @tf_forced
 * @entry_rip: rip at that entry
 * @sfmask: SFMASK of the guest, meanwhile without TF
 * @flags_rip: see @flags_armed
 * @resume_rip: see @resume_set
 * @shutdown: the guest state is gone, see VMEXIT_SHUTDOWN
 * @msrpm_gen: axv_vm_arch.msrpm_gen at the last entry
 */
struct axv_svm_vcpu {
	struct axv_vmcb *vmcb;
	void *host_save;
	struct axv_svm_switch sw;
	u32 clean;
	struct axv_svm_host host;
	u64 id;

	struct axv_tag tag;
	u8 flush;
	u64 s2_gen;
	bool new_root;
	u64 tsc_aux;
	bool here;
	bool riding;
	bool timing;
	unsigned long noted;
	int last_cpu;

	u64 cr0_hidden;
	u64 cr4_hidden;

	u64 injected;
	bool by_virq;
	u32 injected_len;
	u64 soft;
	u64 soft_rip;
	u32 soft_len;
	struct axv_x86_mode mode;
	union {
		struct {
			bool irq_window;
			bool cr8_window;
			bool iret_armed;
			bool step_nmi;
			bool tf_forced;
			bool flags_armed;
			bool step_event;
			bool resume_set;
		};
		u64 unusual;
	};
	bool plain_controls;
	bool ts_forced;
	u64 ts_own;
	u64 iret_rip;
	bool tf_guest;
	u64 entry_rip;
	u64 sfmask;
	u64 flags_rip;
	u64 resume_rip;
	bool shutdown;
	u32 msrpm_gen;
};

/**
 * struct axv_svm_caps - what this CPU offers
 * @features: CPUID 8000000A EDX
 * @nr_asids: ASIDs, the host's 0 among them
 * @intercept3: which instructions of intercept word 3 exist
 * @rdpru: RDPRU exists
 * @tsc_aux: TSC_AUX exists
 * @tcg: this CPU is QEMU's TCG, whose SVM differs from the manual: INT3 and
 *	INTO exit as INT n, INS and OUTS have no address size, and an interrupt
 *	in EVENTINJ is delivered a second time when the emulator's main loop is
 *	interrupted soon after; and see forced_cr4()
 */
struct axv_svm_caps {
	u32 features;
	u32 nr_asids;
	u32 intercept3;
	bool rdpru;
	bool tsc_aux;
	bool tcg;
};

extern struct axv_svm_caps axv_svm_caps;

static inline bool axv_svm_has(u32 feature)
{
	return axv_svm_caps.features & feature;
}

/* Something of the VMCB that the CPU may keep was written. */
static inline void axv_svm_dirty(struct axv_svm_vcpu *svm, u32 clean)
{
	svm->clean &= ~clean;
}

static __always_inline void axv_svm_vmsave(u64 pa)
{
	asm volatile("vmsave %0" : : "a" (pa) : "memory");
}

/* ---- entry.S -------------------------------------------------------------------- */
void axv_svm_run(struct axv_svm_switch *sw);
void axv_svm_touch(u64 vmcb_pa);

/* ---- init.c --------------------------------------------------------------------- */
void *axv_svm_alloc_page(void);

/* ---- section.c ------------------------------------------------------------------ */
int axv_svm_section_init(void);
void axv_svm_section_exit(void);
void axv_svm_section_prepare(struct axv_vcpu *v);
void axv_svm_section_begin(struct axv_vcpu *v);
int axv_svm_enter(struct axv_vcpu *v);
void axv_svm_section_end(struct axv_vcpu *v);
void axv_svm_section_finish(struct axv_vcpu *v);
void axv_svm_put(struct axv_vcpu *v);
u64 axv_svm_exit_code(struct axv_vcpu *v);
u32 axv_svm_describe(struct axv_vcpu *v, struct axvcpu_exit *x);
void axv_svm_set_root(struct axv_vcpu *v);

/* ---- exit.c --------------------------------------------------------------------- */
int axv_svm_ioio(struct axv_vcpu *v);
int axv_svm_vmmcall(struct axv_vcpu *v, const struct axv_vmcb *vmcb);
int axv_svm_fast_exit(struct axv_vcpu *v);
int axv_svm_handle(struct axv_vcpu *v);
int axv_svm_shutdown(struct axv_vcpu *v);

/* ---- npf.c ---------------------------------------------------------------------- */
int axv_svm_npf(struct axv_vcpu *v);
int axv_svm_npf_quick(struct axv_vcpu *v);

/* ---- irq.c ---------------------------------------------------------------------- */
int axv_svm_load_events(struct axv_vcpu *v);
void axv_svm_unload_events(struct axv_vcpu *v);
void axv_svm_events_failed(struct axv_vcpu *v);
int axv_svm_vintr(struct axv_vcpu *v);
int axv_svm_iret(struct axv_vcpu *v);
void axv_svm_deliver_soft(struct axv_vcpu *v, u32 vector, u32 len);
void axv_svm_leave_now(void);

/* ---- debug.c -------------------------------------------------------------------- */
void axv_svm_debug_load(struct axv_vcpu *v);
int axv_svm_debug_unload(struct axv_vcpu *v);
int axv_svm_note_flags(struct axv_vcpu *v);
int axv_svm_db(struct axv_vcpu *v);
int axv_svm_bp(struct axv_vcpu *v);
int axv_svm_swint(struct axv_vcpu *v, const struct axv_x86_sys *insn);

/* DR6 and DR7 for the entry. */
static inline void axv_svm_load_dr(const struct axv_vcpu *v, u64 dr7)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	if (unlikely(vmcb->save.dr6 != v->arch.debug.dr6 || vmcb->save.dr7 != dr7)) {
		vmcb->save.dr6 = v->arch.debug.dr6;
		vmcb->save.dr7 = dr7;
		axv_svm_dirty(svm, CLEAN_DR);
	}
}

/* Undo axv_x86_debug_begin(), and what VMRUN did to DR6 and DR7. */
static inline void axv_svm_debug_end(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	if (unlikely(svm->host.debug.set))
		axv_x86_debug_end_slow(&svm->host.debug);
	/* DR6 stays the guest's after #VMEXIT; the host's is at rest. */
	if (unlikely(svm->vmcb->save.dr6 != DR6_RESERVED))
		set_debugreg(DR6_RESERVED, 6);
	axv_x86_restore_dr7();
	if (unlikely(svm->host.debug.debugctl_set)) {
		axv_x86_write_msr(MSR_IA32_DEBUGCTLMSR, svm->host.debug.debugctl);
		svm->host.debug.debugctl_set = false;
	}
}

/* ---- state.c -------------------------------------------------------------------- */
void axv_svm_init_vmcb(struct axv_vcpu *v);
void axv_svm_load_controls(struct axv_vcpu *v);
void axv_svm_force_ts(struct axv_vcpu *v, bool on);
void axv_svm_read_control(struct axv_vcpu *v);
void axv_svm_write_control(struct axv_vcpu *v);
void axv_svm_read_mode(const struct axv_vcpu *v, struct axv_x86_mode *m);
u64 axv_svm_segment_base(const struct axv_vcpu *v, unsigned int seg);
u64 axv_svm_read_cr8(const struct axv_vcpu *v);

/* the bits of axv_svm_force_ts() */
#define AXV_SVM_CR0_TS	((u64)X86_CR0_TS | X86_CR0_MP)

/* The guest's own CR0. */
static inline u64 axv_svm_guest_cr0(const struct axv_svm_vcpu *svm)
{
	u64 cr0 = svm->vmcb->save.cr0;

	if (svm->ts_forced)
		cr0 = (cr0 & ~AXV_SVM_CR0_TS) | svm->ts_own;
	return cr0 | svm->cr0_hidden;
}

/* The registers in @m, right after an exit. */
static inline void axv_svm_fill_mode(const struct axv_vcpu *v, struct axv_x86_mode *m)
{
	const struct axv_svm_vcpu *svm = v->arch.svm;
	const struct axv_vmcb *vmcb = svm->vmcb;

	m->cr0 = axv_svm_guest_cr0(svm);
	m->cr3 = vmcb->save.cr3;
	m->cr4 = v->arch.control.cr4;
	m->efer = vmcb->save.efer & ~(u64)EFER_SVME;
	m->cs_base = vmcb->save.cs.base;
	m->cs = vmcb->save.cs.attr;
	m->cpl = vmcb->save.cpl;
}

void axv_svm_read_segment(const struct axv_vcpu *v, unsigned int seg,
			  struct axvcpu_x86_segment *s);

/* ---- msrpm.c -------------------------------------------------------------------- */
int axv_svm_maps_init(void);
void axv_svm_maps_exit(void);
void axv_svm_load_maps(struct axv_vcpu *v);
int axv_svm_filter_changed(struct axv_vm *vm);
void axv_svm_vm_destroy(struct axv_vm *vm);

/* ---- check.c -------------------------------------------------------------------- */
u32 axv_svm_fail_code(struct axv_vcpu *v);

#endif /* AXVCPU_SVM_H */
