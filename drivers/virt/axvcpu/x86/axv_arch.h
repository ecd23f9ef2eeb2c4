/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 part of a VM and a vCPU, embedded in the core's structures. */
#ifndef AXVCPU_X86_ARCH_H
#define AXVCPU_X86_ARCH_H

#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/msr.h>
#include <asm/tsc.h>
#include <linux/axvcpu.h>

#define AXV_X86_MAX_CPUID	256

/* NMI, #DF and #MC are not for the VMM to take; 15 does not exist */
#define AXV_ARCH_EXCEPTION_EXITS	(~(u32)(BIT(2) | BIT(8) | BIT(15) | BIT(18)))
#define AXV_ARCH_VM_FLAGS		AXVCPU_VM_KERNEL_START
#define AXV_ARCH_VM_ARCH_FLAGS		(AXVCPU_X86_LOCAL_APIC | AXVCPU_X86_EOI_EXITS)
/* of a struct axvcpu_create_vm: what is for the local APIC wants one */
#define AXV_ARCH_VM_VALID(args)					\
	(((args)->arch_flags & AXVCPU_X86_LOCAL_APIC) ||	\
	 (!(args)->arch_flags && !((args)->flags & AXVCPU_VM_KERNEL_START)))
#define AXV_ARCH_PORTS			0x10000

/* What guest time is counted with, its ticks a millisecond. */
static __always_inline u64 axv_counter(void)
{
	return rdtsc();
}

static inline u32 axv_counter_khz(void)
{
	return tsc_khz;
}

/* A moment with interrupts on: those that are pending are taken. */
static __always_inline void axv_arch_let_interrupts_in(void)
{
	local_irq_enable();
	/* the first instruction after sti is not interrupted */
	asm volatile("nop");
	local_irq_disable();
}

struct axv_svm_vcpu;
struct axv_vmx_vcpu;
struct axv_x86_emul;
struct axv_x86_fpu;

struct axv_vm_arch {
	/* this VM's map of intercepted MSRs, NULL: the default one; once made it
	 * stays, only its bits change, and each change counts in msrpm_gen [a]
	 */
	void *msrpm;
	u32 msrpm_gen;
	u64 tsc_base;	/* [a] host TSC when the VM's TSC was 0; 0: no vCPU yet */
	u32 lapic_turn;	/* [a] who is asked first for a lowest-priority interrupt */
};

/**
 * struct axv_x86_events - queued events of one vCPU
 * @lock: all below; taken with interrupts off or on, never sleeps inside
 * @irr: external interrupts, by vector; with a local APIC those of an 8259
 * @flags: AXVCPU_X86_INTR_EXCEPTION, _EXC_ERROR, _EXC_PAYLOAD, _WAIT_START,
 *	_HALTED, _INIT
 * @nmis: NMIs queued
 * @exc_vector: queued exception
 * @exc_error: its error code
 * @exc_payload: its payload
 * @start_entry: entry of a START event, with @start
 * @start: a START event has come, or a SIPI
 * @start_sipi: it was a SIPI
 * @any: something is queued; read without the lock
 */
struct axv_x86_events {
	raw_spinlock_t lock;
	u64 irr[4];
	u32 flags;
	u32 nmis;
	u32 exc_vector;
	u32 exc_error;
	u64 exc_payload;
	u64 start_entry;
	bool start;
	bool start_sipi;
	bool any;
};

/* what a local APIC has asked the VMM, by an exit */
enum axv_x86_lapic_ask {
	AXV_LAPIC_NOTHING,
	AXV_LAPIC_EOI,
	AXV_LAPIC_UP,
};

/**
 * struct axv_x86_lapic - the local APIC of one vCPU, see lapic.h
 * @there: [I] the VM has them
 * @asked: [o] what the exit that is pending asks
 * @ext_last: the last interrupt delivered was an 8259's
 * @priority: [a] class of what the vCPU does, for others to compare
 * @tpr: TPR as written here last: its upper half is CR8, and where that is another one
 *	by now, the lower one is 0
 * @base: IA32_APIC_BASE
 * @icr: ICR, destination in bits 32-63
 * @asked_icr: [o] with AXV_LAPIC_UP: what was written to it
 * @asked_id: [o] likewise: the CPU asked for
 * @ldr: LDR
 * @dfr: DFR
 * @svr: spurious-interrupt vector register
 * @esr: ESR as it was latched
 * @esr_new: errors since
 * @lvt: by enum axvcpu_x86_lvt
 * @irr: requested, by vector
 * @isr: in service
 * @tmr: level-triggered
 * @ended: [o] level-triggered ones whose end nobody was told yet
 * @lint_ended: [o] the same for pins: bit n LINTn
 * @timer: rings at @expires
 * @armed: @timer is meant to ring
 * @divide: divide configuration register
 * @initial: initial count
 * @expires: when the count is 0 next, or the TSC the deadline
 * @deadline: IA32_TSC_DEADLINE, 0: none
 *
 * Covered by axv_x86_events.lock; only the vCPU's own thread changes registers, so it
 * reads them without, and others may look at one word with READ_ONCE.
 */
struct axv_x86_lapic {
	bool there;
	u8 asked;
	bool ext_last;
	u8 priority;
	u8 tpr;
	u64 base;
	u64 icr;
	u64 asked_icr;
	u32 asked_id;
	u32 ldr;
	u32 dfr;
	u32 svr;
	u32 esr;
	u32 esr_new;
	u32 lvt[AXVCPU_X86_NR_LVTS];
	u64 irr[4];
	u64 isr[4];
	u64 tmr[4];
	u64 ended[4];
	u32 lint_ended;

	struct hrtimer timer;
	bool armed;
	u32 divide;
	u32 initial;
	ktime_t expires;
	u64 deadline;
};

/**
 * struct axv_x86_cpuid - the last CPUID and its answer
 * @cr4: CR4, which the answer may follow, as the next two
 * @xcr0: XCR0
 * @xss: XSS
 * @leaf: EAX
 * @index: ECX
 * @eax: the answer
 * @ebx: likewise
 * @ecx: likewise
 * @edx: likewise
 * @valid: there was one, of this table
 */
struct axv_x86_cpuid {
	u64 cr4;
	u64 xcr0;
	u64 xss;
	u32 leaf;
	u32 index;
	u32 eax;
	u32 ebx;
	u32 ecx;
	u32 edx;
	bool valid;
};

struct axv_vcpu_arch {
	/*
	 * Canonical between two entries: the backend fills these after every
	 * exit and loads them before every entry.
	 */
	struct axvcpu_x86_gpr gpr;
	bool shadow;			/* interrupt shadow (sti, mov ss) */
	bool nmi_masked;
	u64 reinject;			/* EVENTINJ form, 0: none; see axvcpu_x86_intr */
	u32 reinject_len;

	/*
	 * The control group, as the guest sees it: a cache of what the VMCB or
	 * VMCS holds. Read through axv_x86_control(), written between
	 * axv_x86_control() and axv_x86_control_changed(). xcr0, xss and
	 * tsc_aux are in no such structure: they are canonical here, and
	 * read_control() leaves them and the reserved members alone. So is cr4,
	 * which a guest never writes without an exit. The DPL of SS is the CPL.
	 */
	struct axvcpu_x86_control control;
	bool control_valid;		/* the cache is what the hardware has */
	bool control_dirty;		/* the cache is newer; loaded at the next entry */
	bool tlb_flush;			/* a MOV to CR was done for the guest where the CPU
					 * flushes its TLB: flush the tag before the next entry
					 */
	bool stepped;			/* an instruction was skipped with DEBUG_STEP on: a
					 * DEBUG exit (STEP) is due before the next entry
					 */

	struct axvcpu_x86_debug debug;	/* canonical; DR0-3 live in the CPU in a section */
	u64 tsc_offset;
	u64 msr_misc[8];		/* msr.c: MSRs that are plain storage */

	struct axv_x86_events events;
	struct axv_x86_lapic lapic;
	struct axv_x86_emul *emul;	/* emulate.c: an MMIO access under way */
	struct axv_x86_fpu *fpu;	/* fpu.c */
	bool fpu_eager;			/* kernel_fpu_begin() was called for this section */
	bool fpu_touched;		/* FPU registers or XCR0 were changed in it */
	struct axvcpu_cpuid_entry *cpuid; /* cpuid.c */
	u32 nr_cpuid;
	struct axv_x86_cpuid last_cpuid;

	union {
		struct axv_svm_vcpu *svm;	/* svm/ */
		struct axv_vmx_vcpu *vmx;	/* vmx/ */
	};
};

/* A cheap no to "may ops->runnable() say no". */
static inline bool axv_arch_may_wait(const struct axv_vcpu_arch *a)
{
	return READ_ONCE(a->events.flags) & (AXVCPU_X86_INTR_HALTED | AXVCPU_X86_INTR_WAIT_START);
}

#endif
