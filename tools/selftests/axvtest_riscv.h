/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness on RISC-V: what axvtest.h leaves to the architecture. */
#ifndef AXVTEST_RISCV_H
#define AXVTEST_RISCV_H

/* ---- starts ---------------------------------------------------------------- */

/* S-mode, satp is 0; or satp is the table of axt_page_tables() */
#define AXT_START_FLAT		0
#define AXT_START_PAGED		1

/* ---- exits ----------------------------------------------------------------- */

#define AXT_EXIT_SYNC		AXVCPU_EXIT_MMIO_WRITE
#define AXT_EXIT_SYNC_READ	AXVCPU_EXIT_MMIO_READ
#define axt_synced(x)		((x)->mmio.data)
#define axt_is_sync(x)		((x)->reason == AXT_EXIT_SYNC && (x)->mmio.gpa == GUEST_SYNC)

/* ---- registers ------------------------------------------------------------- */

#define AXT_ARCH		AXVCPU_ARCH_RISCV
typedef struct axvcpu_riscv_regs axt_regs_t;
#define axt_regs(run)		(&(run)->regs.riscv)

#define RA	1
#define SP	2
#define GP	3
#define TP	4
#define T0	5
#define T1	6
#define T2	7
#define S0	8
#define S1	9
#define A0	10
#define A1	11
#define A2	12
#define A3	13
#define A4	14
#define A5	15
#define A6	16
#define A7	17
#define S2	18
#define T3	28
#define T6	31

/* of the FP group at least */
#define AXT_FP_SIZE		sizeof(struct axvcpu_riscv_fp)

/* by what the guests use them for */
#define AXT_RESULT_REG		A0
#define AXT_ADDR		A1
#define AXT_VALUE		A2
#define AXT_COUNT		A3
#define AXT_SECOND		A4
#define AXT_STRIDE		A5
#define AXT_ROUNDS		S1
#define AXT_SPARE		T6
/* of a hypercall, the last two */
#define AXT_ARG4		A4
#define AXT_ARG5		A5
#define AXT_SP			SP
#define AXT_NR_GPRS		32
/* pages of a stage-2's root */
#define AXT_S2_ROOT		4u

#define axt_gpr_in(gpr, nr)	((gpr)->x[nr])
#define axt_gpr(run, nr)	axt_gpr_in(&(run)->regs.riscv.gpr, nr)
#define axt_gpr_pc(run)		((run)->regs.riscv.gpr.pc)
/* bits and members of each group that no commit takes */
#define axt_gpr_spoil(run)	((run)->regs.riscv.gpr.pc |= 1)
#define axt_control_spoil(run)	((run)->regs.riscv.control.reserved[5] = 1)
#define axt_intr_spoil(run)	((run)->regs.riscv.intr.reserved = 1)
/* a rounding mode and flags that there are not */
#define axt_fp_spoil(fp)	(((struct axvcpu_riscv_fp *)(fp))->fcsr = ~0u)
/* a member of the control registers that keeps any small even value */
#define axt_control_word(run)	((run)->regs.riscv.control.sscratch)

/* Bits here and there of all groups, sometimes such as no commit takes, by @n. */
static inline void axt_regs_flip(volatile struct axvcpu_run *run, uint32_t n)
{
	run->regs.riscv.gpr.x[0] = n % 16 ? 0 : n;
	run->regs.riscv.gpr.pc = n % 7 ? GUEST_CODE : n;
	run->regs.riscv.gpr.mode = n % 9 ? 1 : n % 5;
	run->regs.riscv.control.sstatus ^= n % 4 ? 0 : 1ull << n % 64;
	run->regs.riscv.control.satp ^= n % 4 ? 0 : 1ull << n % 61;
	run->regs.riscv.control.reserved[n % 6] = n % 32 ? 0 : n;
	run->regs.riscv.intr.flags = n % 3 ? 0 : n;
	((volatile unsigned char *)run)[0x1000 + n % 256] = n;
	((volatile unsigned char *)run)[0x1000 + 256 + n % 40] = n % 4 ? 0 : n;
}

/* ---- events ---------------------------------------------------------------- */

/* the interrupt of guests that serve one: the only one that they can take back */
#define AXT_IRQ			AXVCPU_RISCV_IRQ_SOFT
/* how many of them there are, to be told apart and each counted; 1: it is a line */
#define AXT_NR_IRQS		1
/* one that is up until AXVCPU_INTERRUPT_CLEAR */
#define AXT_LEVEL_IRQ		AXVCPU_RISCV_IRQ_EXT
/* what is none */
#define AXT_NO_IRQ		0
/* what else they serve: an exception, here of an illegal instruction */
#define axt_inject_other(v)	axv_inject_exception(v, 2, -1)

/* for struct axvcpu_create_vm.exception_exits: that of @nr */
#define AXT_EXCEPTION_EXIT(nr)	(1u << (nr))

/* I/O ports? */
#define AXT_PORTS		0

/* ---- what only RISC-V has ------------------------------------------------------ */

/* The table of axt_page_tables(): Sv39, pages of 1 GiB. */
#define AXT_SATP		(8ull << 60 | GUEST_PML4 >> 12)

#define SSTATUS_SIE		0x2ull
#define SSTATUS_SPIE		0x20ull
#define SSTATUS_SPP		0x100ull
#define SSTATUS_VS		0x600ull
#define SSTATUS_FS		0x6000ull
#define SSTATUS_SUM		0x40000ull
#define SSTATUS_MXR		0x80000ull

#endif /* AXVTEST_RISCV_H */
