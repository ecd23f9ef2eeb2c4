/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMX backend, by file.
 *
 * init.c	probing, the table of operations, a vCPU's memory
 * caps.c	what this CPU's VMX offers, and controls fitted to it
 * section.c	a stretch with interrupts off: VMX operation taken and given back,
 *		the VMCS, TLB tags
 * enter.c	one entry of the guest in it
 * host.c	the host's state: fields, and what no field holds
 * entry.S	the switch itself
 * exit.c	what to do about each exit reason
 * ept.c	EPT violations
 * irq.c	events on their way in
 * debug.c	debug registers, single step, breakpoints
 * state.c	the VMCS's guest area as a control group, and back
 * msrbm.c	which MSRs the guest may touch by itself
 * check.c	why an entry failed
 */
#ifndef AXVCPU_VMX_H
#define AXVCPU_VMX_H

#include <linux/types.h>
#include <asm/asm.h>
#include <asm/desc_defs.h>

#include "../x86.h"
#include "../debug.h"
#include "../decode.h"
#include "../spec.h"
#include "../../tag.h"
#include "vmcs.h"

/**
 * struct axv_vmx_switch - what entry.S is given
 * @gpr: v->arch.gpr.r
 * @rsp: HOST_RSP in the VMCS
 * @spec_ctrl: SPEC_CTRL of the host, where it has to be written after each exit
 * @launched: VMRESUME, not VMLAUNCH
 */
struct axv_vmx_switch {
	u64 *gpr;
	u64 rsp;
	u64 spec_ctrl;
	u32 launched;
};

/* MSRs of the guest that are in the CPU during a section only: see host.c */
enum axv_vmx_msr { MSR_I_STAR, MSR_I_LSTAR, MSR_I_SFMASK, MSR_I_KERNEL_GS, MSR_I_NR };

/**
 * struct axv_vmx_host - host registers of one section
 * @cr0: CR0, as HOST_CR0 has it
 * @cr3: CR3, likewise
 * @cr4: CR4, as it was found
 * @host_cr4: as HOST_CR4 has it
 * @fs_base: FS base, as HOST_FS_BASE has it
 * @vmcs: riding: the VMCS that was current
 * @debugctl: DEBUGCTL
 * @rtit_ctl: RTIT_CTL, where VMX operation and Processor Trace exclude each other
 * @tsc_aux: TSC_AUX
 * @msr: the MSRs of enum axv_vmx_msr, SYSCALL's with @syscall
 * @syscall: the guest's SYSCALL MSRs were loaded in this section
 * @pebs: PEBS_ENABLE, while it is off for the guest
 * @gdt: GDTR
 * @ldt: LDTR
 * @selectors: any of the next four
 * @ds: DS
 * @es: ES
 * @fs: FS
 * @gs: GS
 * @debug: debug registers
 */
struct axv_vmx_host {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 host_cr4;
	u64 fs_base;
	u64 vmcs;
	u64 debugctl;
	u64 rtit_ctl;
	u64 tsc_aux;
	u64 msr[MSR_I_NR];
	bool syscall;
	u64 pebs;
	struct desc_ptr gdt;
	u16 ldt;
	union {
		struct {
			u16 ds;
			u16 es;
			u16 fs;
			u16 gs;
		};
		u64 selectors;
	};
	struct axv_x86_host_debug debug;
};

/**
 * struct axv_vmx_exit - what the hardware said at the last exit
 * @reason: exit reason
 * @insn_len: instruction length
 * @qual: qualification
 * @gpa: EPT: guest physical address
 * @intr: interruption information
 * @error: its error code
 * @vectoring: IDT vectoring information
 * @vectoring_error: its error code
 * @insn_info: INS and OUTS: instruction information
 * @insn_error: VM-instruction error, where the entry did not even begin
 */
struct axv_vmx_exit {
	u32 reason;
	u32 insn_len;
	u64 qual;
	u64 gpa;
	u32 intr;
	u32 error;
	u32 vectoring;
	u32 vectoring_error;
	u32 insn_info;
	u32 insn_error;
};

/**
 * struct axv_vmx_now - fields as the VMCS has them
 * @pending_debug: pending debug exceptions may not be 0
 * @others: as the fields of the name
 */
struct axv_vmx_now {
	u64 rip;
	u64 rsp;
	u64 rflags;
	u64 dr7;
	u64 tsc_offset;
	u64 cr0_shadow;
	u64 eptp;
	u32 proc;
	u32 exceptions;
	u32 entry;
	u32 intr;
	u32 tpr_threshold;
	bool pending_debug;
};

/**
 * struct axv_vmx_vcpu - the VMX part of a vCPU
 * @vmcs: its VMCS
 * @vmcs_pa: its address
 * @apic: virtual-APIC page: CR8 is in it
 * @sw: for entry.S
 * @host: host registers of this section
 * @exit: the last exit
 * @now: fields of the VMCS
 * @id: unique, for "who ran here last"
 * @tag: VPID
 * @renew: @flush_ept, @flush_tag or @new_root
 * @flush_ept: INVEPT is due
 * @flush_tag: INVVPID is due
 * @s2_gen: generation of v->s2 at the last INVEPT
 * @new_root: v->s2 is another one than at the last entry
 * @tsc_aux: TSC_AUX as it is in the CPU, during a section
 * @msr: the guest's MSRs of enum axv_vmx_msr
 * @msr_now: what the CPU has in them, during a section
 * @cstar: CSTAR, which this CPU does not use
 * @efer: EFER
 * @cr2: CR2
 * @fresh: nothing is in the VMCS yet
 * @loaded: the VMCS is the CPU's current one
 * @borrowed: ... for a moment between two sections
 * @l1d_due: the L1D cache is to be flushed before the next entry
 * @entered: since the section began
 * @here: riding, and sections were begun since the last put()
 * @riding: the section (or the last one) found the CPU in VMX operation
 * @vmxe: CR4.VMXE was set by us
 * @timing: guest_timing_enter_irqoff() awaits its counterpart
 * @noted: jiffies when RCU was told last that this CPU runs a guest
 * @last_cpu: CPU of the last section, -1: none
 * @cache: the guest area as a control group, with @cache_valid
 * @cache_valid: @cache is what the VMCS has
 * @seg_attr: attributes of a segment as they were written, see state.c
 * @seg_ar: what was written for them
 * @hindered: @pdptes_set, @pdptes_due, @shutdown or @pebs
 * @pdptes: PAE paging's four entries for the next entry, with @pdptes_set
 * @pdptes_set: they are to be loaded
 * @pdptes_due: they are to be read first, with interrupts on
 * @pebs: the host samples by PEBS, during a section
 * @injected: EVENTINJ of the last entry
 * @injected_len: instruction length that goes with it
 * @soft: INT3 or INTO to be done for the guest, EVENTINJ form, if rip is
 *	still @soft_rip then
 * @soft_rip: rip of the instruction
 * @soft_len: its length
 * @unusual: any of the next five
 * @irq_window: the interrupt window is watched
 * @cr8_window: so is CR8
 * @nmi_window: so is the NMI window
 * @mtf: the guest leaves after one instruction, or after delivery of an event
 * @stale_event: the entry's event is still in the VMCS of an entry that never began
 * @plain_controls: the VMCS's controls are those of a guest with none of these,
 *	nor a debugger
 * @ts_forced: CR0.TS and MP are on and CR4.OSXSAVE is off for axv_x86_fpu_lazy()
 * @rf: @resume_set or @rf_hidden
 * @resume_set: the instruction breakpoint at @resume_rip was reported and shall
 *	not trigger again at once
 * @rf_hidden: the hardware had RFLAGS.RF at the last exit, the guest did not
 * @resume_rip: see @resume_set
 * @shutdown: triple fault
 * @msrpm_gen: axv_vm_arch.msrpm_gen at the last entry
 */
struct axv_vmx_vcpu {
	void *vmcs;
	u64 vmcs_pa;
	u8 *apic;
	struct axv_vmx_switch sw;
	struct axv_vmx_host host;
	struct axv_vmx_exit exit;
	struct axv_vmx_now now;
	u64 id;

	struct axv_tag tag;
	union {
		struct {
			bool flush_ept;
			bool flush_tag;
			bool new_root;
		};
		u32 renew;
	};
	u64 s2_gen;
	u64 tsc_aux;
	u64 msr[MSR_I_NR];
	u64 msr_now[MSR_I_NR];
	u64 cstar;
	u64 efer;
	u64 cr2;
	bool fresh;
	bool loaded;
	bool borrowed;
	bool l1d_due;
	bool entered;
	bool here;
	bool riding;
	bool vmxe;
	bool timing;
	unsigned long noted;
	int last_cpu;

	struct axvcpu_x86_control cache;
	bool cache_valid;
	u16 seg_attr[AXVCPU_X86_NR_SEGS];
	u32 seg_ar[AXVCPU_X86_NR_SEGS];
	u64 pdptes[4];
	union {
		struct {
			bool pdptes_set;
			bool pdptes_due;
			bool shutdown;
			bool pebs;
		};
		u32 hindered;
	};

	u64 injected;
	u32 injected_len;
	u64 soft;
	u64 soft_rip;
	u32 soft_len;
	union {
		struct {
			bool irq_window;
			bool cr8_window;
			bool nmi_window;
			bool mtf;
			bool stale_event;
		};
		u64 unusual;
	};
	bool plain_controls;
	bool ts_forced;
	union {
		struct {
			bool resume_set;
			bool rf_hidden;
		};
		u16 rf;
	};
	u64 resume_rip;
	u32 msrpm_gen;
};

/**
 * struct axv_vmx_caps - what this CPU offers, and how it is used
 * @basic: VMX_BASIC
 * @ept: EPT_VPID
 * @pin: pin-based controls of every guest
 * @proc: primary controls of a guest where nothing is unusual
 * @proc2: secondary controls
 * @exit: exit controls
 * @entry: entry controls, but for IA-32e mode
 * @cr0_on: bits of CR0 that are on in any guest
 * @cr4_on: bits of CR4 likewise
 * @revision: of the VMCS
 * @vpid: VPIDs are used
 * @tpr: CR8 is in the virtual-APIC page; else its accesses exit
 * @string_info: exits of INS and OUTS tell address size and segment
 * @any_error: error codes may go with any vector, or without
 * @no_pt: no Processor Trace in VMX operation
 * @tsc_aux: TSC_AUX exists
 * @pebs: the host may sample by PEBS
 */
struct axv_vmx_caps {
	u64 basic;
	u64 ept;
	u32 pin;
	u32 proc;
	u32 proc2;
	u32 exit;
	u32 entry;
	u64 cr0_on;
	u64 cr4_on;
	u32 revision;
	bool vpid;
	bool tpr;
	bool string_info;
	bool any_error;
	bool no_pt;
	bool tsc_aux;
	bool pebs;
};

extern struct axv_vmx_caps axv_vmx_caps;

struct seq_file;

/* ---- instructions ----------------------------------------------------------------- */

/* VMREAD and VMWRITE of fields that exist, of the current VMCS. */
static __always_inline u64 axv_vmread(enum axv_vmcs_field field)
{
	u64 val;

	asm volatile("vmread %1, %0" : "=r" (val) : "r" ((u64)field) : "cc");
	return val;
}

void axv_vmwrite_failed(u32 field);

/* What is called keeps all registers, so that nobody has to keep any free of a call. */
static __always_inline void axv_vmwrite(enum axv_vmcs_field field, u64 val)
{
	asm volatile("vmwrite %q1, %q2\n\t"
		     "ja 1f\n\t"
		     "call axv_vmx_write_failed\n"
		     "1:"
		     : ASM_CALL_CONSTRAINT : "r" (val), "a" ((u64)field) : "cc");
}

/* Forget translations: of one EPT pointer or all, of one VPID or all. */
static __always_inline void axv_invept(u64 type, u64 eptp)
{
	struct { u64 eptp, zero; } what = { eptp, 0 };

	asm volatile("invept %0, %1" : : "m" (what), "r" (type) : "cc", "memory");
}

static __always_inline void axv_invvpid(u64 type, u64 vpid)
{
	struct { u64 vpid, linear; } what = { vpid, 0 };

	asm volatile("invvpid %0, %1" : : "m" (what), "r" (type) : "cc", "memory");
}

/* ---- entry.S -------------------------------------------------------------------- */
u32 axv_vmx_run(struct axv_vmx_switch *sw);
extern const char axv_vmx_exit[];

/* ---- caps.c --------------------------------------------------------------------- */
const char *axv_vmx_find_caps(struct axv_vmx_caps *caps);
bool axv_vmx_same_caps(const struct axv_vmx_caps *caps);

static inline bool axv_vmx_has_proc2(u32 control)
{
	return axv_vmx_caps.proc2 & control;
}

/* ---- section.c ------------------------------------------------------------------ */
int axv_vmx_section_init(void);
void axv_vmx_section_exit(void);
void axv_vmx_section_prepare(struct axv_vcpu *v);
void axv_vmx_section_begin(struct axv_vcpu *v);
void axv_vmx_section_end(struct axv_vcpu *v);
void axv_vmx_section_finish(struct axv_vcpu *v);
void axv_vmx_put(struct axv_vcpu *v);
void axv_vmx_set_root(struct axv_vcpu *v);
void axv_vmx_show(struct seq_file *m);
/* Have the VMCS for a moment, in a section or not. False: it cannot be had. */
bool axv_vmx_borrow(struct axv_vmx_vcpu *vmx, unsigned long *flags);
void axv_vmx_return(struct axv_vmx_vcpu *vmx, unsigned long flags);

/* ---- enter.c -------------------------------------------------------------------- */
int axv_vmx_enter(struct axv_vcpu *v);
u64 axv_vmx_exit_code(struct axv_vcpu *v);
u32 axv_vmx_describe(struct axv_vcpu *v, struct axvcpu_exit *x);

/* ---- host.c --------------------------------------------------------------------- */
void axv_vmx_host_init(struct axv_vmx_vcpu *vmx);
void axv_vmx_host_begin(struct axv_vmx_vcpu *vmx);
void axv_vmx_host_moved(struct axv_vmx_vcpu *vmx);
void axv_vmx_host_end(struct axv_vmx_vcpu *vmx);
void axv_vmx_load_msrs(struct axv_vmx_vcpu *vmx);
void axv_vmx_stop_pebs(struct axv_vmx_vcpu *vmx);
void axv_vmx_host_nmi(struct axv_vmx_vcpu *vmx);
int axv_vmx_l1d_init(void);
void axv_vmx_l1d_exit(void);
/* With the first, the second comes before each entry. */
extern bool axv_vmx_flushes;
void axv_vmx_before_entry(struct axv_vmx_vcpu *vmx);

/* ---- exit.c --------------------------------------------------------------------- */
int axv_vmx_fast_exit(struct axv_vcpu *v);
int axv_vmx_handle(struct axv_vcpu *v);
int axv_vmx_shutdown(struct axv_vcpu *v);

/* ---- ept.c ---------------------------------------------------------------------- */
int axv_vmx_ept_violation(struct axv_vcpu *v);
int axv_vmx_ept_quick(struct axv_vcpu *v);

/* ---- irq.c ---------------------------------------------------------------------- */
int axv_vmx_load_events(struct axv_vcpu *v);
void axv_vmx_unload_events(struct axv_vcpu *v);
void axv_vmx_events_failed(struct axv_vcpu *v);
void axv_vmx_deliver_soft(struct axv_vcpu *v, u32 vector, u32 len);

/* ---- debug.c -------------------------------------------------------------------- */
void axv_vmx_debug_load(struct axv_vcpu *v);
int axv_vmx_db(struct axv_vcpu *v);
int axv_vmx_bp(struct axv_vcpu *v);
int axv_vmx_mtf(struct axv_vcpu *v);

/* ---- state.c -------------------------------------------------------------------- */
void axv_vmx_init_vmcs(struct axv_vcpu *v);
void axv_vmx_load_controls(struct axv_vcpu *v);
void axv_vmx_read_control(struct axv_vcpu *v);
void axv_vmx_write_control(struct axv_vcpu *v);
void axv_vmx_force_ts(struct axv_vcpu *v, bool on);
void axv_vmx_read_mode(const struct axv_vcpu *v, struct axv_x86_mode *m);
void axv_vmx_read_segment(const struct axv_vcpu *v, unsigned int seg,
			  struct axvcpu_x86_segment *s);
u64 axv_vmx_segment_base(const struct axv_vcpu *v, unsigned int seg);
int axv_vmx_read_pdptes(struct axv_vcpu *v);
void axv_vmx_load_pdptes(struct axv_vmx_vcpu *vmx);

/* CR8 is bits 7:4 of the TPR, at 80h of the virtual-APIC page. */
#define APIC_TPR	0x80

u64 axv_vmx_read_cr8(const struct axv_vcpu *v);

static inline u64 axv_vmx_cr8(const struct axv_vmx_vcpu *vmx)
{
	return vmx->apic[APIC_TPR] >> 4;
}

/* ---- msrbm.c -------------------------------------------------------------------- */
int axv_vmx_maps_init(void);
void axv_vmx_maps_exit(void);
void axv_vmx_load_maps(struct axv_vcpu *v);
int axv_vmx_filter_changed(struct axv_vm *vm);
void axv_vmx_vm_destroy(struct axv_vm *vm);

/* ---- check.c -------------------------------------------------------------------- */
int axv_vmx_failed(struct axv_vcpu *v, u32 how);

#endif /* AXVCPU_VMX_H */
