/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness on arm64: what axvtest.h leaves to the architecture. */
#ifndef AXVTEST_ARM64_H
#define AXVTEST_ARM64_H

/* ---- starts ---------------------------------------------------------------- */

/* EL1 with the MMU off; or on the tables of axt_page_tables() */
#define AXT_START_FLAT		0
#define AXT_START_PAGED		1

/* ---- exits ----------------------------------------------------------------- */

#define AXT_EXIT_SYNC		AXVCPU_EXIT_MMIO_WRITE
#define AXT_EXIT_SYNC_READ	AXVCPU_EXIT_MMIO_READ
#define axt_synced(x)		((x)->mmio.data)
#define axt_is_sync(x)		((x)->reason == AXT_EXIT_SYNC && (x)->mmio.gpa == GUEST_SYNC)

/* ---- registers ------------------------------------------------------------- */

#define AXT_ARCH		AXVCPU_ARCH_ARM64
typedef struct axvcpu_arm64_regs axt_regs_t;
#define axt_regs(run)		(&(run)->regs.arm64)

/* of the FP group at least */
#define AXT_FP_SIZE		sizeof(struct axvcpu_arm64_fp)

/* by what the guests use them for */
#define AXT_RESULT_REG		0
#define AXT_ADDR		1
#define AXT_VALUE		2
#define AXT_COUNT		3
#define AXT_SECOND		4
#define AXT_STRIDE		5
#define AXT_ROUNDS		6
#define AXT_SPARE		28
/* of a hypercall, the last two */
#define AXT_ARG4		5
#define AXT_ARG5		6
#define AXT_SP			31
#define AXT_NR_GPRS		32
/* pages of a stage-2's root, which has at most one level of 16 */
#define AXT_S2_ROOT		1u

/* by number in @gpr of either form; the stack pointer is that of EL1 */
#define axt_gpr_in(gpr, nr)	(*((nr) == AXT_SP ? &(gpr)->sp_el1 : &(gpr)->x[(nr) % 31]))
#define axt_gpr(run, nr)	axt_gpr_in(&(run)->regs.arm64.gpr, nr)
#define axt_gpr_pc(run)		((run)->regs.arm64.gpr.pc)
/* bits and members of each group that no commit takes */
#define axt_gpr_spoil(run)	((run)->regs.arm64.gpr.pstate = 9)	/* EL2h */
#define axt_control_spoil(run)	((run)->regs.arm64.control.reserved[3] = 1)
#define axt_intr_spoil(run)	((run)->regs.arm64.intr.reserved[3] = 1)
#define axt_fp_spoil(fp)	(((struct axvcpu_arm64_fp *)(fp))->reserved = ~0u)
/* a member of the control registers that keeps any small even value */
#define axt_control_word(run)	((run)->regs.arm64.control.tpidr)

/* Bits here and there of all groups, sometimes such as no commit takes, by @n. */
static inline void axt_regs_flip(volatile struct axvcpu_run *run, uint32_t n)
{
	run->regs.arm64.gpr.x[n % 31] = n;
	run->regs.arm64.gpr.pc = n % 7 ? GUEST_CODE : n;
	run->regs.arm64.gpr.pstate = n % 9 ? 0x3c5 : n;
	run->regs.arm64.control.sctlr ^= n % 4 ? 0 : 1ull << n % 64;
	run->regs.arm64.control.tcr ^= n % 4 ? 0 : 1ull << n % 61;
	run->regs.arm64.control.reserved[n % 4] = n % 32 ? 0 : n;
	run->regs.arm64.intr.flags = n % 3 ? 0 : n;
	((volatile unsigned char *)run)[0x1000 + n % 512] = n;
	((volatile unsigned char *)run)[0x1000 + 512 + n % 32] = n % 4 ? 0 : n;
}

/* ---- events ---------------------------------------------------------------- */

/* the interrupt of guests that serve one: an SPI, used up when it is acknowledged */
#define AXT_IRQ			40
/* how many of them there are, to be told apart and each counted */
#define AXT_NR_IRQS		256
/* one that is up until AXVCPU_INTERRUPT_CLEAR */
#define AXT_LEVEL_IRQ		(AXVCPU_ARM64_IRQ_LEVEL | GUEST_LEVEL_INTID)
/* of which the guest's end signals resample_fd */
#define AXT_LEVEL_ENDS		1
/* what is none */
#define AXT_NO_IRQ		1023
/* what else they serve: an exception, here of an unknown instruction */
#define axt_inject_other(v)	axv_inject_exception(v, 0, -1)

/* exceptions do not exit but for the debugger's: struct axvcpu_create_vm.exception_exits */
#define AXT_EXCEPTION_EXIT(nr)	((nr) * 0u)

/* I/O ports? */
#define AXT_PORTS		0

/* ---- what only arm64 has ------------------------------------------------------- */

/* What SETUP is given for AXT_START_PAGED: 48 bits of addresses, write-back, no TTBR1. */
#define AXT_SCTLR		0x34d5d81dull	/* MMU, caches, EL0 may DC ZVA and WFI */
#define AXT_MAIR		0xffull
#define AXT_TCR			(16ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 23 | 2ull << 32)

#endif /* AXVTEST_ARM64_H */
