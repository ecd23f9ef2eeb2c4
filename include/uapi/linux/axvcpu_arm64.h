/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* axvcpu: the arm64 part of the ABI, included by <linux/axvcpu.h>. */
#ifndef _UAPI_LINUX_AXVCPU_ARM64_H
#define _UAPI_LINUX_AXVCPU_ARM64_H

#include <linux/types.h>

/* struct axvcpu_info.arch_features: what the CPUs offer and axvcpu uses */
#define AXVCPU_ARM64_FEAT_GICV3		(1u << 0)	/* list registers: interrupts by number */
#define AXVCPU_ARM64_FEAT_VTIMER	(1u << 1)	/* the virtual timer's interrupt is ours */
#define AXVCPU_ARM64_FEAT_PTIMER	(1u << 2)	/* AXVCPU_ARM64_SETUP_TIMER is possible */
#define AXVCPU_ARM64_FEAT_DIRECT_IRQ	(1u << 3)	/* AXVCPU_ARM64_SETUP_INTERRUPT */
#define AXVCPU_ARM64_FEAT_SVE		(1u << 4)
#define AXVCPU_ARM64_FEAT_PAUTH		(1u << 5)
#define AXVCPU_ARM64_FEAT_VMID16	(1u << 6)
#define AXVCPU_ARM64_FEAT_LPA2		(1u << 7)	/* 52 bits of gpa, 5 levels */
#define AXVCPU_ARM64_FEAT_EL0_32	(1u << 8)	/* AArch32 at EL0 */

/*
 * struct axvcpu_create_vm.arch_flags: SMCCC services whose calls are HYPERCALL
 * exits, nr = w0, args x1-x6, instead of being answered in the kernel. FULFIL
 * puts its data into x0; x1-x3 are set before it by SET_GPR or commit.
 */
#define AXVCPU_ARM64_ROUTE_PSCI		(1ull << 0)	/* 0x8400xxxx, 0xc400xxxx below 0x20 */
#define AXVCPU_ARM64_ROUTE_ARCH		(1ull << 1)	/* 0x8000xxxx */
/* writes of ICC_SGI1R_EL1 and its like are SEND_IPI exits */
#define AXVCPU_ARM64_ROUTE_SGI		(1ull << 2)
#define AXVCPU_ARM64_ROUTE_ALL		0x7ull

/*
 * AXVCPU_INJECT_INTERRUPT: INTID @intid, with AXVCPU_ARM64_FEAT_GICV3. The priority
 * is that of an SPI or an LPI; those below 32 have theirs in the redistributor. Without
 * the feature 0 is the IRQ line, which AXVCPU_INTERRUPT_CLEAR takes back.
 */
#define AXVCPU_ARM64_IRQ(intid, priority)	((priority) << 16 | (intid))
/* the line is up until AXVCPU_INTERRUPT_CLEAR: pending again after it was handled */
#define AXVCPU_ARM64_IRQ_LEVEL		(1u << 24)
/* an SPI of group 0: FIQ; without it of group 1 */
#define AXVCPU_ARM64_IRQ_GROUP0		(1u << 25)
/* struct axvcpu_arm64_intr.spi */
#define AXVCPU_ARM64_IRQ_PENDING	(1u << 28)
#define AXVCPU_ARM64_IRQ_ACTIVE		(1u << 29)

/* interrupts other than SGIs and PPIs that a vCPU can have at a time, then EAGAIN */
#define AXVCPU_ARM64_MAX_SPIS		128

/* struct axvcpu_exit.mmio.reg: a load into the FP/SIMD register @n; FULFIL clears the rest */
#define AXVCPU_ARM64_REG_V(n)		(32 + (n))

/* struct axvcpu_exit.sysreg.addr */
#define AXVCPU_ARM64_SYSREG(op0, op1, crn, crm, op2) \
	((__u64)(op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* struct axvcpu_arm64_setup.flags */
/* the EL1 physical timer and counter are the guest's own; EOPNOTSUPP where the host has it */
#define AXVCPU_ARM64_SETUP_TIMER	(1u << 0)
/*
 * host interrupt @host_irq comes as @guest_irq, hardware-linked; a device's takes
 * CAP_SYS_RAWIO. EOPNOTSUPP where it cannot be: the log says why
 */
#define AXVCPU_ARM64_SETUP_INTERRUPT	(1u << 1)

/**
 * struct axvcpu_arm64_setup - start state of an arm64 vCPU
 * @flags: AXVCPU_ARM64_SETUP_*
 * @reserved0: zero
 * @sp: SP_EL1 at the entry
 * @host_irq: Linux interrupt number, with AXVCPU_ARM64_SETUP_INTERRUPT
 * @guest_irq: INTID the guest sees it as: a PPI
 * @sctlr: SCTLR_EL1 at the entry, 0: as after a reset, MMU and caches off
 * @ttbr0: TTBR0_EL1 at the entry
 * @tcr: likewise
 * @mair: likewise
 * @reserved: zero
 *
 * The entry is in EL1h with all of DAIF masked; x0 is the device tree of struct
 * axvcpu_create_vcpu.
 */
struct axvcpu_arm64_setup {
	__u32 flags;
	__u32 reserved0;
	__aligned_u64 sp;
	__u32 host_irq;
	__u32 guest_irq;
	__aligned_u64 sctlr;
	__aligned_u64 ttbr0;
	__aligned_u64 tcr;
	__aligned_u64 mair;
	__aligned_u64 reserved;
};

/**
 * struct axvcpu_arm64_gpr - AXVCPU_REGS_GPR
 * @x: general registers
 * @sp_el0: stack pointer of EL0
 * @sp_el1: stack pointer of EL1
 * @pc: program counter
 * @pstate: as SPSR_EL2 has it: NZCV, DAIF, SS, IL, PAN, mode EL0t, EL1t or EL1h
 */
struct axvcpu_arm64_gpr {
	__aligned_u64 x[31];
	__aligned_u64 sp_el0;
	__aligned_u64 sp_el1;
	__aligned_u64 pc;
	__aligned_u64 pstate;
};

/**
 * struct axvcpu_arm64_control - AXVCPU_REGS_CONTROL: EL1 system registers
 * @sctlr: and the others by their names, without _EL1
 * @actlr: ignored on commit
 * @cpacr: likewise
 * @ttbr0: likewise
 * @ttbr1: likewise
 * @tcr: likewise
 * @mair: likewise
 * @amair: likewise
 * @vbar: likewise
 * @esr: likewise
 * @far: likewise
 * @afsr0: likewise
 * @afsr1: likewise
 * @elr: likewise
 * @spsr: likewise
 * @par: likewise
 * @contextidr: likewise
 * @tpidr: likewise
 * @tpidr_el0: thread pointers of EL0
 * @tpidrro_el0: likewise
 * @cntkctl: likewise
 * @csselr: likewise
 * @mdscr: likewise
 * @mpidr: out: as the guest reads it
 * @apia: PAuth keys, low and high word; zero without FEAT_PAUTH
 * @apib: likewise
 * @apda: likewise
 * @apdb: likewise
 * @apga: likewise
 * @tcr2: zero where the guest has no such register, as the next four
 * @pir: likewise
 * @pire0: likewise
 * @scxtnum: likewise
 * @scxtnum_el0: likewise
 * @disr: deferred SError
 * @reserved: zero
 */
struct axvcpu_arm64_control {
	__aligned_u64 sctlr;
	__aligned_u64 actlr;
	__aligned_u64 cpacr;
	__aligned_u64 ttbr0;
	__aligned_u64 ttbr1;
	__aligned_u64 tcr;
	__aligned_u64 mair;
	__aligned_u64 amair;
	__aligned_u64 vbar;
	__aligned_u64 esr;
	__aligned_u64 far;
	__aligned_u64 afsr0;
	__aligned_u64 afsr1;
	__aligned_u64 elr;
	__aligned_u64 spsr;
	__aligned_u64 par;
	__aligned_u64 contextidr;
	__aligned_u64 tpidr;
	__aligned_u64 tpidr_el0;
	__aligned_u64 tpidrro_el0;
	__aligned_u64 cntkctl;
	__aligned_u64 csselr;
	__aligned_u64 mdscr;
	__aligned_u64 mpidr;
	__aligned_u64 apia[2];
	__aligned_u64 apib[2];
	__aligned_u64 apda[2];
	__aligned_u64 apdb[2];
	__aligned_u64 apga[2];
	__aligned_u64 tcr2;
	__aligned_u64 pir;
	__aligned_u64 pire0;
	__aligned_u64 scxtnum;
	__aligned_u64 scxtnum_el0;
	__aligned_u64 disr;
	__aligned_u64 reserved[4];
};

/* struct axvcpu_arm64_intr.flags */
#define AXVCPU_ARM64_INTR_HALTED	(1u << 0)	/* waits after WFI */
#define AXVCPU_ARM64_INTR_WAIT_START	(1u << 1)	/* waits for CPU_ON or a START event */
#define AXVCPU_ARM64_INTR_EXCEPTION	(1u << 2)	/* exc_* is queued */
#define AXVCPU_ARM64_INTR_SERROR	(1u << 3)	/* an SError is pending: @serror */
#define AXVCPU_ARM64_INTR_LINE		(1u << 4)	/* without FEAT_GICV3: the IRQ line is up */

/**
 * struct axvcpu_arm64_intr - AXVCPU_REGS_INTR
 * @flags: AXVCPU_ARM64_INTR_*
 * @reserved0: zero
 * @exc_esr: syndrome of the queued exception, its class one that EL1 takes
 * @exc_far: and its address
 * @serror: syndrome of the pending SError, ISS only
 * @vmcr: ICH_VMCR_EL2: masks, binary points, enables of the CPU interface
 * @ap0r: active priorities, group 0
 * @ap1r: group 1
 * @pending: SGIs and PPIs, bit n: INTID n
 * @active: likewise
 * @enabled: likewise, GICR_ISENABLER0
 * @group: likewise, GICR_IGROUPR0
 * @edge: likewise, configured as edge-triggered
 * @level: likewise, the line of a level-triggered PPI
 * @priority: of INTIDs 0 to 31
 * @nr_spis: how many there are in @spi
 * @reserved1: zero
 * @spi: SPIs and LPIs that are pending or active here, or whose line is up:
 *	AXVCPU_ARM64_IRQ() with its flags, PENDING and ACTIVE
 * @reserved: zero
 */
struct axvcpu_arm64_intr {
	__u32 flags;
	__u32 reserved0;
	__aligned_u64 exc_esr;
	__aligned_u64 exc_far;
	__aligned_u64 serror;
	__aligned_u64 vmcr;
	__u32 ap0r[4];
	__u32 ap1r[4];
	__u32 pending;
	__u32 active;
	__u32 enabled;
	__u32 group;
	__u32 edge;
	__u32 level;
	__u8 priority[32];
	__u32 nr_spis;
	__u32 reserved1;
	__u32 spi[AXVCPU_ARM64_MAX_SPIS];
	__aligned_u64 reserved[4];
};

/**
 * struct axvcpu_arm64_timer - AXVCPU_REGS_TIMER
 * @counter: virtual counter at the exit, CNTVCT_EL0. On commit the VM's, which
 *	all its vCPUs share, goes on from here with AXVCPU_ARM64_TIMER_SET
 * @pcounter: the same of the physical counter as the guest reads it
 * @cntv_ctl: control of the virtual timer
 * @cntp_ctl: of the EL1 physical timer
 * @cntv_cval: when the virtual timer rings
 * @cntp_cval: the physical one
 * @flags: AXVCPU_ARM64_TIMER_SET
 * @frequency: out: ticks a second, CNTFRQ_EL0
 * @reserved: zero
 */
struct axvcpu_arm64_timer {
	__aligned_u64 counter;
	__aligned_u64 pcounter;
	__u32 cntv_ctl;
	__u32 cntp_ctl;
	__aligned_u64 cntv_cval;
	__aligned_u64 cntp_cval;
	__u32 flags;
	__u32 frequency;
	__aligned_u64 reserved[2];
};

#define AXVCPU_ARM64_TIMER_SET		(1u << 0)

/* struct axvcpu_arm64_debug.control: the VMM's own debugging of the guest */
#define AXVCPU_ARM64_DEBUG_SW_BP	(1u << 0)	/* BRK gives a DEBUG exit */
#define AXVCPU_ARM64_DEBUG_STEP		(1u << 1)	/* each instruction does */

/**
 * struct axvcpu_arm64_debug - AXVCPU_REGS_DEBUG
 * @control: AXVCPU_ARM64_DEBUG_*
 * @nr_brps: out: breakpoints the guest has
 * @nr_wrps: out: watchpoints
 * @reserved: zero
 * @bvr: breakpoint values
 * @bcr: and controls
 * @wvr: watchpoint values
 * @wcr: and controls
 */
struct axvcpu_arm64_debug {
	__u32 control;
	__u8 nr_brps;
	__u8 nr_wrps;
	__u16 reserved;
	__aligned_u64 bvr[16];
	__u32 bcr[16];
	__aligned_u64 wvr[16];
	__u32 wcr[16];
};

/**
 * struct axvcpu_arm64_fp - AXVCPU_REGS_FP
 * @v: FP/SIMD registers, low and high word; with SVE the low parts of Z, of which
 *	these count on commit
 * @fpsr: status
 * @fpcr: control
 * @vl: out: bytes of a Z register at most, 0: no SVE
 * @reserved: zero
 * @zcr: ZCR_EL1
 * @reserved2: zero
 *
 * With SVE 32 Z registers of @vl bytes, 16 P registers and FFR of @vl / 8 bytes
 * follow it.
 */
struct axvcpu_arm64_fp {
	__aligned_u64 v[32][2];
	__u32 fpsr;
	__u32 fpcr;
	__u32 vl;
	__u32 reserved;
	__aligned_u64 zcr;
	__aligned_u64 reserved2;
};

/**
 * struct axvcpu_arm64_regs - the register groups in the run page
 * @gpr: AXVCPU_REGS_GPR
 * @control: AXVCPU_REGS_CONTROL
 * @intr: AXVCPU_REGS_INTR
 * @timer: AXVCPU_REGS_TIMER
 * @debug: AXVCPU_REGS_DEBUG
 *
 * AXVCPU_REGS_FP is a struct axvcpu_arm64_fp at fp_offset of the mapping.
 */
struct axvcpu_arm64_regs {
	struct axvcpu_arm64_gpr gpr;
	struct axvcpu_arm64_control control;
	struct axvcpu_arm64_intr intr;
	struct axvcpu_arm64_timer timer;
	struct axvcpu_arm64_debug debug;
};

#ifdef AXVCPU_STATIC_ASSERT
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_setup) == 64);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_gpr) == 280);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_control) == 352);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_intr) == 680);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_timer) == 64);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_debug) == 392);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_fp) == 544);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_arm64_regs) == 1768);
#endif

#endif /* _UAPI_LINUX_AXVCPU_ARM64_H */
