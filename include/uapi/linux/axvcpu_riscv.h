/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* axvcpu: the RISC-V part of the ABI, included by <linux/axvcpu.h>. */
#ifndef _UAPI_LINUX_AXVCPU_RISCV_H
#define _UAPI_LINUX_AXVCPU_RISCV_H

#include <linux/types.h>

/* struct axvcpu_info.arch_features: what the hart offers and axvcpu uses */
#define AXVCPU_RISCV_FEAT_SSTC		(1u << 0)	/* the guest has stimecmp */
#define AXVCPU_RISCV_FEAT_V		(1u << 1)	/* vector registers */
#define AXVCPU_RISCV_FEAT_VMID		(1u << 2)	/* VMIDs tag translations */
#define AXVCPU_RISCV_FEAT_SV48X4	(1u << 3)
#define AXVCPU_RISCV_FEAT_SV57X4	(1u << 4)
#define AXVCPU_RISCV_FEAT_IMSIC		(1u << 5)	/* guest interrupt files */

/*
 * struct axvcpu_create_vm.arch_flags: SBI extensions whose calls are HYPERCALL
 * exits with nr = AXVCPU_RISCV_SBI_NR(extension, function), args a0-a5, instead
 * of being answered in the kernel. FULFIL puts its data into a0; a1 is set
 * before it by SET_GPR or commit.
 */
#define AXVCPU_RISCV_ROUTE_LEGACY	(1ull << 0)	/* 0 to 8 */
#define AXVCPU_RISCV_ROUTE_BASE		(1ull << 1)
#define AXVCPU_RISCV_ROUTE_TIME		(1ull << 2)
#define AXVCPU_RISCV_ROUTE_IPI		(1ull << 3)
#define AXVCPU_RISCV_ROUTE_RFENCE	(1ull << 4)
#define AXVCPU_RISCV_ROUTE_HSM		(1ull << 5)
#define AXVCPU_RISCV_ROUTE_SRST		(1ull << 6)
#define AXVCPU_RISCV_ROUTE_DBCN		(1ull << 7)
/* every extension that the kernel does not know */
#define AXVCPU_RISCV_ROUTE_UNKNOWN	(1ull << 8)
#define AXVCPU_RISCV_ROUTE_ALL		0x1ffull

#define AXVCPU_RISCV_SBI_NR(eid, fid) \
	((1ull << 63) | (__u64)(eid) << 32 | (__u32)(fid))

/* what the BASE extension says of the SBI implementation: a number that nobody has */
#define AXVCPU_RISCV_SBI_IMPL_ID	0x41585643
#define AXVCPU_RISCV_SBI_IMPL_VERSION	1

/* the extension whose calls are the VMM's: nr is a6, which has bit 63 clear */
#define AXVCPU_RISCV_SBI_HVC		0x485643

/* AXVCPU_INJECT_INTERRUPT: the lines of a hart */
#define AXVCPU_RISCV_IRQ_SOFT		1
#define AXVCPU_RISCV_IRQ_TIMER		5
#define AXVCPU_RISCV_IRQ_EXT		9
/* the same: an MSI to the vCPU's IMSIC, @id being 1 to struct axvcpu_riscv_imsic.ids */
#define AXVCPU_RISCV_MSI(id)		(0x10000u | (id))

/*
 * struct axvcpu_exit.mmio.reg: a load into FP register @n; FULFIL boxes what is
 * narrower than the register
 */
#define AXVCPU_RISCV_REG_F(n)		(32 + (n))

/* struct axvcpu_riscv_gpr.mode */
enum axvcpu_riscv_mode {
	AXVCPU_RISCV_MODE_U	= 0,
	AXVCPU_RISCV_MODE_S	= 1,
};

/**
 * struct axvcpu_riscv_setup - start state of a RISC-V vCPU
 * @sp: stack pointer at the entry
 * @satp: VS-stage root at the entry, 0: none
 * @reserved: zero
 *
 * The entry is in S-mode with interrupts off; a0 is the hart id and a1 the
 * device tree of struct axvcpu_create_vcpu.
 */
struct axvcpu_riscv_setup {
	__aligned_u64 sp;
	__aligned_u64 satp;
	__aligned_u64 reserved[6];
};

/**
 * struct axvcpu_riscv_gpr - AXVCPU_REGS_GPR
 * @x: registers by number; x[0] must be zero
 * @pc: program counter, even
 * @mode: enum axvcpu_riscv_mode
 */
struct axvcpu_riscv_gpr {
	__aligned_u64 x[32];
	__aligned_u64 pc;
	__aligned_u64 mode;
};

/**
 * struct axvcpu_riscv_control - AXVCPU_REGS_CONTROL: the S-mode CSRs
 * @sstatus: as the guest sees it; UXL is 64-bit
 * @stvec: trap vector
 * @sscratch: scratch
 * @sepc: exception pc
 * @scause: cause
 * @stval: trap value
 * @satp: address translation
 * @scounteren: counters for U-mode
 * @senvcfg: environment of U-mode
 * @hartid: out: hart id
 * @reserved: zero
 *
 * All but @hartid are WARL: what the hart does not keep is not kept.
 */
struct axvcpu_riscv_control {
	__aligned_u64 sstatus;
	__aligned_u64 stvec;
	__aligned_u64 sscratch;
	__aligned_u64 sepc;
	__aligned_u64 scause;
	__aligned_u64 stval;
	__aligned_u64 satp;
	__aligned_u64 scounteren;
	__aligned_u64 senvcfg;
	__aligned_u64 hartid;
	__aligned_u64 reserved[6];
};

/* struct axvcpu_riscv_intr.flags */
#define AXVCPU_RISCV_INTR_HALTED	(1u << 0)	/* waits after wfi */
#define AXVCPU_RISCV_INTR_WAIT_START	(1u << 1)	/* waits for a START event */
#define AXVCPU_RISCV_INTR_EXCEPTION	(1u << 2)	/* exc_* is queued */
/* struct axvcpu_riscv_imsic goes with it; EINVAL where the vCPU has no IMSIC */
#define AXVCPU_RISCV_INTR_IMSIC		(1u << 3)

/**
 * struct axvcpu_riscv_intr - AXVCPU_REGS_INTR
 * @sie: interrupts enabled: bits 1, 5, 9
 * @sip: interrupts pending: bits 1, 5, 9; on commit 5 is taken only without
 *	AXVCPU_RISCV_FEAT_SSTC. 9 is the line, whatever the IMSIC has
 * @flags: AXVCPU_RISCV_INTR_*
 * @reserved: zero
 * @exc_cause: queued exception: scause
 * @exc_tval: and stval
 */
struct axvcpu_riscv_intr {
	__aligned_u64 sie;
	__aligned_u64 sip;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 exc_cause;
	__aligned_u64 exc_tval;
};

/**
 * struct axvcpu_riscv_imsic - AXVCPU_REGS_INTR: the vCPU's interrupt file
 * @eidelivery: 1: it tells the hart, 0: it does not
 * @eithreshold: identities from this on are not told, 0: all are
 * @ids: out: identities are 1 to this, 0: there is no IMSIC
 * @reserved: zero
 * @siselect: register that the guest has selected; WARL
 * @eip: pending: bit n % 64 of word n / 64 is identity n
 * @eie: enabled: likewise
 *
 * On commit it is taken with AXVCPU_RISCV_INTR_IMSIC, as a whole: an MSI that
 * comes meanwhile is in it, or comes after it.
 */
struct axvcpu_riscv_imsic {
	__u32 eidelivery;
	__u32 eithreshold;
	__u32 ids;
	__u32 reserved;
	__aligned_u64 siselect;
	__aligned_u64 eip[32];
	__aligned_u64 eie[32];
};

/**
 * struct axvcpu_riscv_timer - AXVCPU_REGS_TIMER
 * @time: guest time at the exit, in ticks. On commit the time of the VM, which
 *	all its vCPUs share, goes on from here with AXVCPU_RISCV_TIMER_SET
 * @stimecmp: next timer event, all ones: none
 * @flags: AXVCPU_RISCV_TIMER_SET
 * @frequency_khz: out: ticks a millisecond
 * @reserved: zero
 */
struct axvcpu_riscv_timer {
	__aligned_u64 time;
	__aligned_u64 stimecmp;
	__u32 flags;
	__u32 frequency_khz;
	__aligned_u64 reserved;
};

#define AXVCPU_RISCV_TIMER_SET		(1u << 0)

/* struct axvcpu_riscv_debug.control */
/* ebreak gives a DEBUG exit instead of a breakpoint exception */
#define AXVCPU_RISCV_DEBUG_SW_BP	(1u << 0)

/**
 * struct axvcpu_riscv_debug - AXVCPU_REGS_DEBUG
 * @control: AXVCPU_RISCV_DEBUG_*, the VMM's own debugging of the guest
 * @reserved: zero
 */
struct axvcpu_riscv_debug {
	__u32 control;
	__u32 reserved;
};

/**
 * struct axvcpu_riscv_fp - AXVCPU_REGS_FP
 * @f: floating-point registers
 * @fcsr: flags and rounding mode
 * @vlenb: out: bytes of a vector register, 0: there are none
 * @vstart: vector start index
 * @vl: vector length
 * @vtype: vector type
 * @vcsr: fixed-point flags
 *
 * The 32 vector registers of @vlenb bytes each follow it.
 */
struct axvcpu_riscv_fp {
	__aligned_u64 f[32];
	__u32 fcsr;
	__u32 vlenb;
	__aligned_u64 vstart;
	__aligned_u64 vl;
	__aligned_u64 vtype;
	__aligned_u64 vcsr;
};

/**
 * struct axvcpu_riscv_regs - the register groups in the run page
 * @gpr: AXVCPU_REGS_GPR
 * @control: AXVCPU_REGS_CONTROL
 * @intr: AXVCPU_REGS_INTR
 * @timer: AXVCPU_REGS_TIMER
 * @debug: AXVCPU_REGS_DEBUG
 * @imsic: AXVCPU_REGS_INTR
 *
 * AXVCPU_REGS_FP is a struct axvcpu_riscv_fp at fp_offset of the mapping.
 */
struct axvcpu_riscv_regs {
	struct axvcpu_riscv_gpr gpr;
	struct axvcpu_riscv_control control;
	struct axvcpu_riscv_intr intr;
	struct axvcpu_riscv_timer timer;
	struct axvcpu_riscv_debug debug;
	struct axvcpu_riscv_imsic imsic;
};

#ifdef AXVCPU_STATIC_ASSERT
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_setup) == 64);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_gpr) == 272);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_control) == 128);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_intr) == 40);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_timer) == 32);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_debug) == 8);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_fp) == 296);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_imsic) == 536);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_riscv_regs) == 1016);
#endif

#endif /* _UAPI_LINUX_AXVCPU_RISCV_H */
