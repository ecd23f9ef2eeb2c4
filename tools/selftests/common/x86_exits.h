/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of exits.h that is for x86. */

EXITS_INSN(read8_high);
EXITS_INSN(read_zx8);
EXITS_INSN(read_zx16);
EXITS_INSN(write8_high);
EXITS_INSN(write_imm);
EXITS_INSN(read_cmp);
EXITS_INSN(stos8);
EXITS_INSN(movs_hole_hole);
EXITS_INSN(rep_stos);
EXITS_INSN(push_hole);
EXITS_INSN(sse_store);
EXITS_INSN(sse_load);
EXITS_INSN(call_hole);
EXITS_INSN(rdmsr_insn);
EXITS_INSN(wrmsr_insn);
EXITS_INSN(in8);
EXITS_INSN(in16);
EXITS_INSN(in32);
EXITS_INSN(in8_imm);
EXITS_INSN(in16_imm);
EXITS_INSN(in32_imm);
EXITS_INSN(out8);
EXITS_INSN(out16);
EXITS_INSN(out32);
EXITS_INSN(out8_imm);
EXITS_INSN(out16_imm);
EXITS_INSN(out32_imm);
EXITS_INSN(ins8);
EXITS_INSN(ins16);
EXITS_INSN(ins32);
EXITS_INSN(outs8);
EXITS_INSN(outs16);
EXITS_INSN(outs32);
EXITS_INSN(rep_ins8);
EXITS_INSN(rep_ins16);
EXITS_INSN(rep_ins32);
EXITS_INSN(rep_outs8);
EXITS_INSN(rep_outs16);
EXITS_INSN(rep_outs32);
EXITS_INSN(outs8_fs);
EXITS_INSN(rep_outs8_addr32);
EXITS_INSN(rep_ins8_addr32);
EXITS_INSN(divide);
EXITS_INSN(general_protection);
EXITS_LABEL(sti_nop);
EXITS_LABEL(sti_shadow);
EXITS_LABEL(sti_open);
EXITS_LABEL(sti_vmmcall);
EXITS_LABEL(in_shadow);

/* Registers that all pieces want: none. */
static inline void exits_prepare(struct axt *f __maybe_unused) { }

/* raw[0] of some exits */
#define EXITS_RAW_INTR(was)	((void)(was), HW_EXIT_INTR)
#define EXITS_RAW_HALT		HW_EXIT_HLT
/* flags of the interrupts group of a halted vCPU */
#define EXITS_HALTED		AXVCPU_X86_INTR_HALTED
/* where a breakpoint's handler returns to */
#define EXITS_AFTER_BREAKPOINT	SYM(breakpoint_end)
/* The interrupt has been served: of the device there is nothing to be done. */
static inline void exits_irq_done(struct axt *f __maybe_unused) { }
/* raw[] of a nested page fault at @gpa */
#define EXITS_RAW_NPF(x, gpa)	((x)->raw[0] == HW_EXIT_NPF && (x)->raw[2] == (gpa))
/* an instruction that is not decoded; in memory it may go to done */
#define EXITS_UNDECODED		SYM(call_hole)
/* what is added to the address where the access straddles two pages, and four */
#define EXITS_STRADDLE		0x1000
