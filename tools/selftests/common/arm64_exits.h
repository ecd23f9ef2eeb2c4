/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of exits.h that is for arm64. */

EXITS_LABEL(finish);
EXITS_INSN(smccc);
EXITS_INSN(read_none);
EXITS_INSN(read_pair);
EXITS_INSN(read_post);
EXITS_INSN(read_f32);
EXITS_INSN(read_f64);
EXITS_INSN(read_f128);
EXITS_INSN(write_zero);
EXITS_INSN(write_pair);
EXITS_INSN(write_pre);
EXITS_INSN(write_f32);
EXITS_INSN(write_f64);
EXITS_INSN(write_f128);
EXITS_INSN(reserve);
EXITS_INSN(sys_read);
EXITS_INSN(sys_write);
EXITS_LABEL(irqs_on);
EXITS_LABEL(irqs_open);

/* that of sys_read and sys_write */
#define EXITS_SYSREG		AXVCPU_ARM64_SYSREG(3, 0, 15, 7, 7)

static inline void exits_prepare(struct axt *f __maybe_unused)
{
}

/* raw[] of an exit: ESR_EL2, FAR_EL2, HPFAR_EL2, which vector it was */
#define EXITS_RAW_INTR(was)	(was)
#define EXITS_RAW_HALT		0x07e00000	/* WFI, always */
/* flags of the interrupts group of a halted vCPU */
#define EXITS_HALTED		AXVCPU_ARM64_INTR_HALTED
/* where a breakpoint's handler returns to */
#define EXITS_AFTER_BREAKPOINT	SYM(breakpoint)
/* The handler has acknowledged it. */
static inline void exits_irq_done(struct axt *f __maybe_unused)
{
}
/* raw[] of a nested page fault at @gpa: an abort of a lower level, and the page */
#define EXITS_RAW_NPF(x, gpa) \
	(((x)->raw[0] >> 26 == 0x24 || (x)->raw[0] >> 26 == 0x20) && \
	 ((x)->raw[2] & 0xfffffffff0) << 8 == ((gpa) & ~0xfffull))
/* an instruction that is not decoded; in memory it may go to done */
#define EXITS_UNDECODED		SYM(reserve)
/* what is added to the address where the access straddles two pages, and four */
#define EXITS_STRADDLE		0x100
