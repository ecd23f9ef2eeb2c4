/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 part of a VM and a vCPU, embedded in the core's structures. */
#ifndef AXVCPU_X86_ARCH_H
#define AXVCPU_X86_ARCH_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/msr.h>
#include <asm/tsc.h>
#include <linux/axvcpu.h>

#define AXV_X86_MAX_CPUID	256

/* NMI, #DF and #MC are not for the VMM to take; 15 does not exist */
#define AXV_ARCH_EXCEPTION_EXITS	(~(u32)(BIT(2) | BIT(8) | BIT(15) | BIT(18)))
#define AXV_ARCH_VM_FLAGS		0
#define AXV_ARCH_VM_ARCH_FLAGS		0
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

struct axv_svm_vcpu;
struct axv_x86_emul;
struct axv_x86_fpu;

struct axv_vm_arch {
	/* SVM: this VM's MSR permission map, NULL: the default one; once made it
	 * stays, only its bits change, and each change counts in msrpm_gen [a]
	 */
	void *msrpm;
	u32 msrpm_gen;
	u64 tsc_base;	/* [a] host TSC when the VM's TSC was 0; 0: no vCPU yet */
};

/**
 * struct axv_x86_events - queued events of one vCPU
 * @lock: all below; taken with interrupts off or on, never sleeps inside
 * @irr: external interrupts, by vector
 * @flags: AXVCPU_X86_INTR_EXCEPTION, _EXC_ERROR, _EXC_PAYLOAD, _WAIT_START,
 *	_HALTED
 * @nmis: NMIs queued
 * @exc_vector: queued exception
 * @exc_error: its error code
 * @exc_payload: its payload
 * @start_entry: entry of a START event, with @start
 * @start: a START event has come
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
	bool any;
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
	struct axv_x86_emul *emul;	/* emulate.c: an MMIO access under way */
	struct axv_x86_fpu *fpu;	/* fpu.c */
	bool fpu_eager;			/* kernel_fpu_begin() was called for this section */
	bool fpu_touched;		/* FPU registers or XCR0 were changed in it */
	struct axvcpu_cpuid_entry *cpuid; /* cpuid.c */
	u32 nr_cpuid;
	struct axv_x86_cpuid last_cpuid;

	struct axv_svm_vcpu *svm;	/* svm/ */
};

/* A cheap no to "may ops->runnable() say no". */
static inline bool axv_arch_may_wait(const struct axv_vcpu_arch *a)
{
	return READ_ONCE(a->events.flags) & (AXVCPU_X86_INTR_HALTED | AXVCPU_X86_INTR_WAIT_START);
}

#endif
