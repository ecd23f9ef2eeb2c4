/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of exits.h that is for RISC-V. */

EXITS_LABEL(finish);
EXITS_LABEL(trap_call);
EXITS_INSN(read_none);
EXITS_INSN(read_f32);
EXITS_INSN(read_f64);
EXITS_INSN(write_zero);
EXITS_INSN(write_f32);
EXITS_INSN(write_f64);
EXITS_INSN(read_c32);
EXITS_INSN(read_c64);
EXITS_INSN(write_c32);
EXITS_INSN(write_c64);
EXITS_INSN(read_cf64);
EXITS_INSN(write_cf64);
EXITS_INSN(reserve);
EXITS_INSN(csr_read);
EXITS_INSN(csr_write);
EXITS_INSN(csr_swap);
EXITS_LABEL(irqs_on);
EXITS_LABEL(irqs_open);

/* Registers that all pieces want: the extension of a call. */
static inline void exits_prepare(struct axt *f)
{
	ASSERT_OK(axv_set_gpr(&f->v, A7, AXVCPU_RISCV_SBI_HVC));
}

/* raw[0] of some exits: scause */
#define EXITS_RAW_INTR(was)	((was) | 1ull << 63)
#define EXITS_RAW_HALT		22	/* virtual instruction */
/* flags of the interrupts group of a halted vCPU */
#define EXITS_HALTED		AXVCPU_RISCV_INTR_HALTED
/* where a breakpoint's handler returns to */
#define EXITS_AFTER_BREAKPOINT	SYM(breakpoint)
/* The interrupt has been served: the line goes down. */
static inline void exits_irq_done(struct axt *f)
{
	ASSERT_OK(axv_inject_irq(&f->v, AXT_IRQ | AXVCPU_INTERRUPT_CLEAR));
}
/* raw[] of a nested page fault at @gpa: scause 20, 21 or 23, htval */
#define EXITS_RAW_NPF(x, gpa) \
	((x)->raw[0] >= 20 && (x)->raw[0] <= 23 && (x)->raw[2] == (gpa) >> 2)
/* an instruction that is not decoded; in memory it may go to done */
#define EXITS_UNDECODED		SYM(reserve)
/* what is added to the address where the access straddles two pages, and four */
#define EXITS_STRADDLE		0x800
