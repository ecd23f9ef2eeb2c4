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
 * spec.c	speculation: barriers between guests
 * kvm.c	whether KVM shares the TLB's tags
 */
#ifndef AXVCPU_SVM_H
#define AXVCPU_SVM_H

#include "../x86.h"
#include "../decode.h"
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
 * @debugctl: DEBUGCTL, with @debugctl_set
 * @dr: DR0-DR3, with @dr_set
 * @dr_mask: address masks of DR0-DR3, with @dr_mask_set
 * @debugctl_set: DEBUGCTL was changed
 * @dr_set: DR0-DR3 are the guest's
 * @dr_mask_set: the masks were changed
 */
struct axv_svm_host {
	u64 efer;
	u64 hsave;
	u64 tsc_ratio;
	u64 tsc_aux;
	u64 debugctl;
	unsigned long dr[4];
	u64 dr_mask[4];
	bool debugctl_set;
	bool dr_set;
	bool dr_mask_set;
};

/**
 * struct axv_svm_vcpu - the SVM part of a vCPU
 * @vmcb: its VMCB
 * @host_save: page for VMSAVE of the host's state
 * @hsave: page for VMRUN's own use, in VM_HSAVE_PA during a section
 * @hsave_pa: its address
 * @sw: for entry.S
 * @clean: VMCB clean bits for the next VMRUN
 * @host: host registers of this section
 * @id: unique, for "who ran here last"
 * @tag: ASID
 * @flush: TLB_CONTROL the next VMRUN needs
 * @s2_gen: generation of v->s2 at the last flush
 * @new_root: v->s2 is another one than at the last entry
 * @tsc_aux: TSC_AUX as it is in the CPU, during a section
 * @here: sections were begun since the last put()
 * @riding: the section (or the last one) found EFER.SVME set
 * @timing: guest_timing_enter_irqoff() awaits its counterpart
 * @last_cpu: CPU of the last section, -1: none
 * @kvm_epoch: value of axv_svm_kvm_epoch at the last section
 * @cr0_hidden: CR0.CD and NW as the guest has them; the hardware has neither
 * @cr4_hidden: bits of CR4 the hardware has on and the guest off
 * @injected: EVENTINJ of the last entry
 * @injected_len: instruction length that goes with it
 * @soft: INT n, INT3 or INTO to be done for the guest, EVENTINJ form, if rip is
 *	still @soft_rip then
 * @soft_rip: rip of the instruction
 * @soft_len: its length
 * @irq_window: V_IRQ is up to find out when an interrupt can be taken
 * @cr8_window: CR8 is watched for the same
 * @iret_armed: the IRET that ends an NMI handler was let through at @iret_rip
 * @iret_rip: see there
 * @step_nmi: single-stepped until an NMI can be taken
 * @tf_forced: RFLAGS.TF is not the guest's
 * @tf_guest: the guest's
 * @entry_rip: rip at that entry
 * @sfmask: SFMASK of the guest, meanwhile without TF
 * @flags_armed: POPF or IRET at @flags_rip was let through with TF forced
 * @flags_rip: see there
 * @step_event: a step of the VMM's is over once the event is delivered
 * @resume_rip: rip of an instruction breakpoint that was reported, with
 *	@resume_set: it shall not trigger again at once
 * @shutdown: the guest state is gone, see VMEXIT_SHUTDOWN
 * @msrpm_gen: axv_vm_arch.msrpm_gen at the last entry
 */
struct axv_svm_vcpu {
	struct axv_vmcb *vmcb;
	void *host_save;
	void *hsave;
	u64 hsave_pa;
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
	int last_cpu;
	u32 kvm_epoch;

	u64 cr0_hidden;
	u64 cr4_hidden;

	u64 injected;
	u32 injected_len;
	u64 soft;
	u64 soft_rip;
	u32 soft_len;
	bool irq_window;
	bool cr8_window;
	bool iret_armed;
	u64 iret_rip;
	bool step_nmi;
	bool tf_forced;
	bool tf_guest;
	u64 entry_rip;
	u64 sfmask;
	bool flags_armed;
	u64 flags_rip;
	bool step_event;
	u64 resume_rip;
	bool resume_set;
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
 * @brk_masks: DR0-DR3 have address masks
 * @tcg: this CPU is QEMU's TCG, whose SVM differs from the manual: INT3 and
 *	INTO exit as INT n, INS and OUTS have no address size, and an interrupt
 *	in EVENTINJ is delivered a second time when the emulator's main loop is
 *	interrupted soon after
 */
struct axv_svm_caps {
	u32 features;
	u32 nr_asids;
	u32 intercept3;
	bool rdpru;
	bool tsc_aux;
	bool brk_masks;
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

/* MSRs that exist on every CPU with SVM: no fixup, no paravirtualization. */
static __always_inline u64 axv_svm_rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr));
	return lo | (u64)hi << 32;
}

static __always_inline void axv_svm_wrmsr(u32 msr, u64 val)
{
	u32 lo = val & U32_MAX, hi = val >> 32;

	asm volatile("wrmsr" : : "c" (msr), "a" (lo), "d" (hi) : "memory");
}

static __always_inline void axv_svm_vmsave(u64 pa)
{
	asm volatile("vmsave %0" : : "a" (pa) : "memory");
}

/* ---- entry.S -------------------------------------------------------------------- */
void axv_svm_run(struct axv_svm_switch *sw);
void axv_svm_touch(u64 vmcb_pa);

/* ---- init.c --------------------------------------------------------------------- */
int axv_svm_probe(struct axv_probe *probe);
void axv_svm_exit(void);
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
void axv_svm_set_root(struct axv_vcpu *v);

/* ---- exit.c --------------------------------------------------------------------- */
int axv_svm_fast_exit(struct axv_vcpu *v);
int axv_svm_handle(struct axv_vcpu *v);
int axv_svm_unexpected(struct axv_vcpu *v);
int axv_svm_shutdown(struct axv_vcpu *v);

/* ---- npf.c ---------------------------------------------------------------------- */
int axv_svm_npf(struct axv_vcpu *v);

/* ---- irq.c ---------------------------------------------------------------------- */
int axv_svm_load_events(struct axv_vcpu *v);
void axv_svm_unload_events(struct axv_vcpu *v);
void axv_svm_events_failed(struct axv_vcpu *v);
int axv_svm_vintr(struct axv_vcpu *v);
int axv_svm_iret(struct axv_vcpu *v);
void axv_svm_deliver_soft(struct axv_vcpu *v, u32 vector, u32 len);
void axv_svm_leave_now(void);

/* ---- debug.c -------------------------------------------------------------------- */
void axv_svm_debug_begin(struct axv_vcpu *v);
void axv_svm_debug_end(struct axv_vcpu *v);
void axv_svm_debug_load(struct axv_vcpu *v);
int axv_svm_debug_unload(struct axv_vcpu *v);
void axv_svm_restore_dr7(void);
int axv_svm_note_flags(struct axv_vcpu *v);
int axv_svm_db(struct axv_vcpu *v);
int axv_svm_bp(struct axv_vcpu *v);
int axv_svm_swint(struct axv_vcpu *v, const struct axv_x86_sys *insn);
int axv_svm_step_done(struct axv_vcpu *v);

/* ---- state.c -------------------------------------------------------------------- */
void axv_svm_init_vmcb(struct axv_vcpu *v);
void axv_svm_load_controls(struct axv_vcpu *v);
void axv_svm_read_control(struct axv_vcpu *v);
void axv_svm_write_control(struct axv_vcpu *v);

/* ---- msrpm.c -------------------------------------------------------------------- */
int axv_svm_maps_init(void);
void axv_svm_maps_exit(void);
void axv_svm_load_maps(struct axv_vcpu *v);
int axv_svm_filter_changed(struct axv_vm *vm);
void axv_svm_vm_destroy(struct axv_vm *vm);

/* ---- check.c -------------------------------------------------------------------- */
u32 axv_svm_fail_code(struct axv_vcpu *v);

/* ---- spec.c --------------------------------------------------------------------- */
void axv_svm_spec_arrive(struct axv_vcpu *v, bool others);
void axv_svm_spec_init(void);
void axv_svm_spec_exit(void);
void axv_svm_spec_leave(void);

/* ---- kvm.c ---------------------------------------------------------------------- */
extern u32 axv_svm_kvm_epoch;
bool axv_svm_kvm_near(void);
void axv_svm_kvm_met(void);
int axv_svm_kvm_init(void);
void axv_svm_kvm_exit(void);

#endif /* AXVCPU_SVM_H */
