/* SPDX-License-Identifier: GPL-2.0-only */
/* The arm64 part of a VM and a vCPU, embedded in the core's structures. */
#ifndef AXVCPU_ARM64_ARCH_H
#define AXVCPU_ARM64_ARCH_H

#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/arch_timer.h>
#include <asm/barrier.h>
#include <linux/axvcpu.h>

#include "sysregs.h"

/*
 * exception_exits names exceptions by class (ESR_ELx.EC): those that the hardware
 * can be asked for, breakpoints, steps, watchpoints and BRK, are the debugger's.
 */
#define AXV_ARCH_EXCEPTION_EXITS	0u
#define AXV_ARCH_VM_FLAGS		AXVCPU_VM_KERNEL_START
#define AXV_ARCH_VM_ARCH_FLAGS		AXVCPU_ARM64_ROUTE_ALL
#define AXV_ARCH_VM_VALID(args)		true
#define AXV_ARCH_PORTS			0	/* there are no I/O ports */

/* What guest time is counted with, its ticks a millisecond. */
static __always_inline u64 axv_counter(void)
{
	return arch_timer_read_counter();
}

static inline u32 axv_counter_khz(void)
{
	return arch_timer_get_cntfrq() / 1000;
}

/* A moment with interrupts on: those that are pending are taken. */
static __always_inline void axv_arch_let_interrupts_in(void)
{
	local_irq_enable();
	isb();
	local_irq_disable();
}

struct axv_vm_arch {
	u64 vmid;		/* [a] one for all vCPUs, with its generation: see tlb.c */
	u64 counter_offset;	/* [a] CNTVOFF: host counter minus the guest's, once has_offset */
	bool has_offset;
	u64 gicr_first;		/* [a] all redistributors of the VM are from here */
	u64 gicr_end;		/* [a] ... to here */
};

/**
 * struct axv_arm64_trap - what the CPU said about an exit
 * @esr: ESR_EL2
 * @far: FAR_EL2
 * @hpfar: HPFAR_EL2, for any abort of stage 2: where the CPU does not give it (a
 *	permission fault) the entry asks it for the address by AT S1E1R
 * @kind: AXV_TRAP_*: which vector it was; AXV_TRAP_AGAIN: enter again, that address is
 *	not there any more
 * @disr: DISR_EL1 after the exit, 0: nothing; bit 31: an SError of the guest's was pending
 *	that had not come yet. Without FEAT_RAS likewise, with the ISS of that SError
 */
struct axv_arm64_trap {
	u64 esr;
	u64 far;
	u64 hpfar;
	u64 kind;
	u64 disr;
};

#define AXV_TRAP_SYNC	0
#define AXV_TRAP_IRQ	1
#define AXV_TRAP_FIQ	2
#define AXV_TRAP_SERROR	3
#define AXV_TRAP_ILLEGAL 4	/* the eret itself: PSTATE is not one the guest can have */
#define AXV_TRAP_AGAIN	5

/**
 * struct axv_arm64_el2 - controls of one section, made before its first entry
 * @hcr: and the others by their names, _EL2
 * @vtcr: likewise
 * @vttbr: likewise
 * @cptr: CPTR_EL2, with VHE CPACR_EL1's layout
 * @mdcr: likewise
 * @cnthctl: likewise
 * @cntvoff: likewise
 * @vpidr: likewise
 * @vmpidr: likewise
 * @hstr: likewise
 */
struct axv_arm64_el2 {
	u64 hcr;
	u64 vtcr;
	u64 vttbr;
	u64 cptr;
	u64 mdcr;
	u64 cnthctl;
	u64 cntvoff;
	u64 vpidr;
	u64 vmpidr;
	u64 hstr;
};

#define AXV_ARM64_MAX_LRS	16

/**
 * struct axv_arm64_ich - the GIC's virtual CPU interface, as the entries load and save it
 * @hcr: ICH_HCR_EL2; 0: the interface is off and nothing of it is loaded or saved
 * @vmcr: ICH_VMCR_EL2
 * @misr: ICH_MISR_EL2 at the exit
 * @eisr: ICH_EISR_EL2 at the exit
 * @ap0r: ICH_AP0Rn_EL2, as many as the CPU has
 * @ap1r: ICH_AP1Rn_EL2
 * @lr: ICH_LRn_EL2; @nr_used of them are loaded and read back, the others are 0
 * @nr_used: how many
 */
struct axv_arm64_ich {
	u64 hcr;
	u64 vmcr;
	u64 misr;
	u64 eisr;
	u64 ap0r[4];
	u64 ap1r[4];
	u64 lr[AXV_ARM64_MAX_LRS];
	u64 nr_used;
};

/**
 * struct axv_arm64_ctx - what the entries work on; a page of its own
 * @x: guest registers
 * @pc: ELR_EL2
 * @pstate: SPSR_EL2
 * @sp_el0: guest's
 * @trap: filled in at the exit
 * @reg: guest's EL1 registers; with VHE they are in the CPU during a section
 * @host: nVHE: the host's of the same, while the guest runs; VHE: during a section,
 *	of those that have one name at both levels
 * @ich: the GIC's virtual CPU interface (gic.c)
 * @el2: guest's controls
 * @el2_host: what was there, in a section
 * @fine: guest's HCRX_EL2 and fine-grained traps
 * @fine_host: what was there: VHE: in a section; nVHE: while the guest runs
 * @callee: VHE: the host's x18-x30, sp_el0, VBAR and bits of PSTATE during an entry
 * @features: AXV_CPU_*
 * @vsesr: VSESR_EL2, the syndrome of the SError that HCR_EL2.VSE is
 * @cntv_ctl: nVHE: CNTV_CTL_EL0, in the CPU only while the guest runs: the host's
 *	CNTVOFF_EL2 is another one
 * @cntv_cval: likewise CNTV_CVAL_EL0
 * @predictors: AXV_BP_*, of the CPU: what an exit does before anything is predicted
 */
struct axv_arm64_ctx {
	u64 x[31];
	u64 pc;
	u64 pstate;
	u64 sp_el0;
	struct axv_arm64_trap trap;
	u64 reg[AXV_NR_REGS];
	u64 host[AXV_NR_REGS];
	struct axv_arm64_ich ich;
	struct axv_arm64_el2 el2;
	struct axv_arm64_el2 el2_host;
	u64 fine[AXV_NR_FINE];
	u64 fine_host[AXV_NR_FINE];
	u64 callee[20];
	u64 features;
	u64 vsesr;
	u64 cntv_ctl;
	u64 cntv_cval;
	u64 predictors;
};

struct axv_arm64_gic;
struct axv_arm64_forward;
struct axv_arm64_fp;
struct axv_arm64_debug;

/**
 * struct axv_arm64_irq - events and what a vCPU waits for (irq.c)
 * @lock: all of it but what is said otherwise; taken with interrupts off or on
 * @any: something is to be looked at before an entry; read without the lock
 * @exc_queued: an exception for EL1 is
 * @exc_esr: its syndrome
 * @exc_far: its address
 * @serror_queued: an SError is, until the CPU has it (HCR_EL2.VSE)
 * @serror: its ISS
 * @line: without list registers: the IRQ line
 * @start: start at @start_pc with @start_arg in x0
 * @start_pc: likewise
 * @start_arg: likewise
 * @start_has_arg: x0 is to be set
 * @halted: waits after WFI; [a]
 * @wait_start: waits for a start; [a]
 * @stopped: by PSCI; it begins anew
 */
struct axv_arm64_irq {
	raw_spinlock_t lock;
	bool any;
	bool exc_queued;
	u64 exc_esr;
	u64 exc_far;
	bool serror_queued;
	u64 serror;
	bool line;
	bool start;
	bool start_has_arg;
	u64 start_pc;
	u64 start_arg;
	bool halted;
	bool wait_start;
	bool stopped;
};

/**
 * struct axv_arm64_timer - one of the two EL1 timers (timer.c)
 * @ctl: CNTx_CTL_EL0, at rest; of one that is emulated always, under irq.lock
 * @cval: CNTx_CVAL_EL0, likewise
 * @hrtimer: rings while the guest waits; always for one that is emulated
 * @when: guest's counter when it is to ring
 * @armed: [a]
 * @direct: the guest has the CPU's registers in sections
 * @held: its interrupt is pending or active in the guest's GIC, and the host's is it
 * @quiet: in a section: the host's is marked as active
 */
struct axv_arm64_timer {
	u32 ctl;
	u64 cval;
	struct hrtimer hrtimer;
	u64 when;
	bool armed;
	bool direct;
	bool held;
	bool quiet;
};

/* two registers of 16 bytes, 8 at a time */
#define AXV_ARM64_PARTS	4

struct axv_vcpu_arch {
	struct axv_arm64_ctx *ctx;	/* canonical: x, pc, pstate, sp_el0; reg at rest */
	u64 mpidr;
	u64 dtb;
	u64 gicr;			/* gpa of its redistributor, 0: it has none */
	struct axv_arm64_irq irq;
	struct axv_arm64_timer vtimer;
	struct axv_arm64_timer ptimer;
	struct axv_arm64_gic *gic;	/* gic.c; NULL without list registers */
	struct axv_arm64_forward *forward;	/* forward.c; NULL: none */
	struct axv_arm64_fp *fp;	/* fp.c */
	struct axv_arm64_debug *debug;	/* debug.c */
	u32 setup_flags;		/* AXVCPU_ARM64_SETUP_* */
	u64 vmid;			/* of the section, with its generation */
	u64 tlb_id;			/* whose translations are its: see tlb.c; 0: nobody's */
	u64 fence;			/* address whose leaf has grown, or 1; 0: none: see tlb.c */
	u64 root;			/* VTTBR_EL2 without the VMID */
	u64 s2_generation;		/* that the VMID was flushed for */
	u64 insn;			/* of a pending SYSREG exit: its ESR's ISS */
	u64 part_data[AXV_ARM64_PARTS];	/* of an access in parts (mmio.c): what was read, and */
	u8 part;			/* which of them the pending exit is */
	unsigned long noted;		/* jiffies when RCU was told of a guest */
	bool debug_active;		/* the guest or its VMM has a use for debug registers */
	bool debug_loaded;		/* in a section: the CPU's are the guest's */
	bool has_fp;			/* in a section: FP and SVE registers are the guest's */
	bool loaded;			/* EL1 registers of the guest are in this CPU (VHE) */
	bool away;			/* in a section: it has no VMID, see tlb.c */
	bool here;			/* beside KVM: the CPU has translations of the vCPU's */
	bool timing;			/* guest time ends with the section's interrupt */
};

/* A cheap no to "may ops->runnable() say no". */
static inline bool axv_arch_may_wait(const struct axv_vcpu_arch *a)
{
	return READ_ONCE(a->irq.halted) || READ_ONCE(a->irq.wait_start);
}

#endif
