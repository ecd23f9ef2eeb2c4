/* SPDX-License-Identifier: GPL-2.0-only */
/* The RISC-V part of a VM and a vCPU, embedded in the core's structures. */
#ifndef AXVCPU_RISCV_ARCH_H
#define AXVCPU_RISCV_ARCH_H

#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/delay.h>
#include <asm/timex.h>
#include <linux/axvcpu.h>

#include "decode.h"
#include "tag.h"

/* causes of exceptions that exception_exits may name: 0-8, 12, 13, 15 */
#define AXV_ARCH_EXCEPTION_EXITS	0xb1ffu
#define AXV_ARCH_VM_FLAGS		AXVCPU_VM_KERNEL_START
#define AXV_ARCH_VM_ARCH_FLAGS		AXVCPU_RISCV_ROUTE_ALL
#define AXV_ARCH_VM_VALID(args)		true
#define AXV_ARCH_PORTS			0	/* there are no I/O ports */

/* What guest time is counted with, its ticks a millisecond. */
static __always_inline u64 axv_counter(void)
{
	return get_cycles64();
}

static inline u32 axv_counter_khz(void)
{
	return riscv_timebase / 1000;
}

/* A moment with interrupts on: those that are pending are taken. */
static __always_inline void axv_arch_let_interrupts_in(void)
{
	local_irq_enable();
	local_irq_disable();
}

struct axv_vm_arch {
	u64 time_delta;		/* [a] guest time minus host time, once has_delta */
	bool has_delta;
	/* [m] to write, [a]: pages of IMSICs are from here to there, 0: there are none */
	u64 imsic_first;
	u64 imsic_end;
};

/**
 * struct axv_riscv_csrs - CSRs that a section exchanges with the CPU's
 *
 * At rest the guest's, in a section the host's. @vsie is the guest's sie, which
 * in a section is in hie. Of @hstatus and @hgatp there are none of the guest's at
 * rest: they are made in every section.
 */
struct axv_riscv_csrs {
	u64 vsstatus;
	u64 vstvec;
	u64 vsscratch;
	u64 vsepc;
	u64 vscause;
	u64 vstval;
	u64 vsatp;
	u64 vsie;
	u64 scounteren;
	u64 senvcfg;
	u64 hedeleg;
	u64 hideleg;
	u64 hcounteren;
	u64 henvcfg;
	u64 htimedelta;
	u64 vstimecmp;
	u64 hie;
	u64 hvip;
	u64 hgatp;
	u64 hstatus;
	u64 hstateen0;
	/* of the AIA; the guest's are 0, but for the first */
	u64 vsiselect;
	u64 hvien;
	u64 hvictl;
	u64 hviprio1;
	u64 hviprio2;
};

/**
 * struct axv_riscv_trap - what the hart said about an exit
 * @scause: cause; bit 63: an interrupt
 * @stval: address or instruction
 * @htval: guest physical address, shifted right by two
 * @htinst: transformed instruction, or 0
 */
struct axv_riscv_trap {
	u64 scause;
	u64 stval;
	u64 htval;
	u64 htinst;
};

/**
 * struct axv_riscv_ctx - what entry.S works on
 * @x: guest registers; @x[0] is 0
 * @pc: guest pc
 * @sstatus: SPP says the guest's mode, FS and VS what it may use
 * @trap: filled in at the exit
 * @host: callee-saved registers of the host, and its stvec
 */
struct axv_riscv_ctx {
	u64 x[32];
	u64 pc;
	u64 sstatus;
	struct axv_riscv_trap trap;
	u64 host[17];
};

#define AXV_RISCV_ANY_ASID	~0u
#define AXV_RISCV_RANGES	8

/**
 * struct axv_riscv_range - which of the guest's own translations a fence is of
 * @start: address, page aligned
 * @pages: how many from there on, 0: all addresses
 * @asid: of which address space, AXV_RISCV_ANY_ASID: of all
 */
struct axv_riscv_range {
	u64 start;
	u32 pages;
	u32 asid;
};

/**
 * struct axv_riscv_irq - interrupts, the timer and what a vCPU waits for (irq.c, timer.c)
 * @lock: all of it but what is said otherwise; taken with interrupts off or on
 * @raise: lines to be set in hvip, as bits of sip
 * @lower: lines to be cleared there
 * @level: those of the lines that the guest cannot clear itself that were raised last
 * @any: @raise, @lower, @exc_queued or @start is set; read without the lock
 * @exc_queued: an exception is
 * @exc_cause: its scause
 * @exc_tval: its stval
 * @start: start at @start_pc, with @start_arg in a1
 * @start_pc: likewise
 * @start_arg: likewise
 * @start_has_arg: a1 is to be set
 * @halted: waits after wfi; [a]
 * @suspended: and does because SBI's hart_suspend said so; [a]
 * @wait_start: waits for a start; [a]
 * @stopped: the guest stopped the hart, which begins anew then
 * @fence: bits AXV_RISCV_FENCE_*: what a sibling asked for; [a], see sbi_fence.c
 * @nr_ranges: how many there are in @ranges
 * @ranges: for AXV_RISCV_FENCE_RANGES
 */
struct axv_riscv_irq {
	raw_spinlock_t lock;
	u64 raise;
	u64 lower;
	u64 level;
	bool any;
	bool exc_queued;
	u64 exc_cause;
	u64 exc_tval;
	bool start;
	bool start_has_arg;
	u64 start_pc;
	u64 start_arg;
	bool halted;
	bool suspended;
	bool wait_start;
	bool stopped;
	unsigned long fence;
	unsigned int nr_ranges;
	struct axv_riscv_range ranges[AXV_RISCV_RANGES];
};

/**
 * struct axv_riscv_access - a load or store of a device, and what its exit says of it
 * @htinst: of all with the same htinst, AXV_RISCV_NO_HTINST: of this one only
 * @words2: the exit's words[2], which is the next five
 * @reg: register that a load goes to
 * @width: bytes
 * @reg_width: bytes of @reg that are written
 * @sign_extend: of a load
 * @flags: none
 * @reason: AXVCPU_EXIT_MMIO_*
 * @len: bytes of the instruction
 * @rs2: register that a store comes from; of a load x0
 * @unused: bits of a 64-bit value that are not of the access
 * @mask: @width - 1
 */
struct axv_riscv_access {
	u64 htinst;
	union {
		u64 words2;
		struct {
			u32 reg;
			u8 width;
			u8 reg_width;
			u8 sign_extend;
			u8 flags;
		};
	};
	u32 reason;
	u8 len;
	u8 rs2;
	u8 unused;
	u8 mask;
};

/* no load or store has it */
#define AXV_RISCV_NO_HTINST	(~0ull)

struct axv_riscv_fp;
struct axv_riscv_imsic;

struct axv_vcpu_arch {
	struct axv_riscv_ctx ctx;	/* canonical: x, pc, sstatus.SPP */
	/*
	 * At rest the guest's; in a section the host's, and the guest's are in
	 * the CPU. hvip is the guest's pending lines at rest.
	 */
	struct axv_riscv_csrs csr;
	/* what every section and exit asks for, where an instruction's offset reaches */
	bool has_f;			/* in a section: the FP registers are the guest's */
	bool has_v;			/* likewise the vector registers */
	bool loaded;			/* in a section: the guest's CSRs are in the CPU */
	bool new_root;			/* the tag has translations of another table */
	bool at_imsic;			/* the access that is served is to an IMSIC's page */
	bool away;			/* in a section: the interrupt file is not here */
	bool timing;			/* guest time ends with the section's interrupt */
	bool here;			/* without VMIDs: the CPU has translations of the vCPU's */
	u64 hedeleg;			/* at the beginning of a section */
	struct axv_riscv_access access;	/* the last one, see axv_riscv_mmio_again() */
	struct axv_tag tag;		/* VMID */
	u64 hgatp;			/* mode and root of the stage-2 table, without the VMID */
	u64 hgatp_now;			/* with it, while the tag is good and not @new_root */
	u64 host_hgatp;			/* beside KVM: what it had left in hgatp, and */
	unsigned long switches;		/* axv_riscv_switches(), when VMID 0 was flushed last */
	u64 s2_generation;		/* that the tag was flushed for */
	unsigned long noted;		/* jiffies when RCU was told of a guest */
	struct axv_riscv_imsic *imsic;	/* [I] imsic.c; NULL: the guest has none */
	u64 vgein;			/* in a section: its file, for hstatus; 0: not here */
	u64 imsic_gfn;			/* page of some IMSIC that is not mapped, */
	u64 imsic_layout;		/* with this axv_s2_layout() */
	struct axv_riscv_irq irq;
	struct axv_riscv_fp *fp;	/* fp.c: guest's, and the host's during a section */
	u64 hartid;
	u64 dtb;
	u64 stimecmp;			/* without Sstc: the next event; irq.lock */
	struct hrtimer timer;		/* timer.c */
	u64 timer_when;			/* guest time it is to ring at; irq.lock */
	bool timer_armed;		/* [a] it is going to; irq.lock to write */
	u32 debug_control;
	u32 insn;			/* the instruction of a pending SYSREG exit */
	u64 csr_old;			/* of a SYSREG_WRITE: what goes to its register */
};

/* A cheap no to "may ops->runnable() say no". */
static inline bool axv_arch_may_wait(const struct axv_vcpu_arch *a)
{
	return READ_ONCE(a->irq.halted) || READ_ONCE(a->irq.wait_start);
}

#endif
