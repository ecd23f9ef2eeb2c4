/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two entries share, as macros of the assembler. They run at EL2 with interrupts
 * and SErrors masked. @ctx is the register that has the ctx, @feat one that has its
 * features; x2 to x9 are theirs to use but where said otherwise, and the flags.
 */

#include <asm/asm-offsets.h>
#include <asm/esr.h>

#include "sysregs.h"
#include "offsets.h"

/* the numbers of enum axv_arm64_reg and enum axv_arm64_fine */
	.set	axv_number, 0
#define AXV_REG_SET(name, ...)	.set AXV_REG_##name, axv_number; .set axv_number, axv_number + 1;
	AXV_SYSREGS(AXV_REG_SET)
	.set	AXV_NR_REGS, axv_number
	.set	axv_number, 0
#define AXV_FINE_SET(name, ...)	.set AXV_FINE_##name, axv_number; .set axv_number, axv_number + 1;
	AXV_FINE(AXV_FINE_SET)
	.set	AXV_NR_FINE, axv_number

#define AXV_TRAP_SYNC		0
#define AXV_TRAP_IRQ		1
#define AXV_TRAP_FIQ		2
#define AXV_TRAP_SERROR		3
#define AXV_TRAP_ILLEGAL	4
#define AXV_TRAP_AGAIN		5

/* ---- general registers -------------------------------------------------------------- */

/* x2 to x30; x0 and x1 are where the vector has put them. @ctx is one of those two. */
.macro axv_save_gprs ctx:req
	stp	x2, x3, [\ctx, #CTX_X(2)]
	stp	x4, x5, [\ctx, #CTX_X(4)]
	stp	x6, x7, [\ctx, #CTX_X(6)]
	stp	x8, x9, [\ctx, #CTX_X(8)]
	stp	x10, x11, [\ctx, #CTX_X(10)]
	stp	x12, x13, [\ctx, #CTX_X(12)]
	stp	x14, x15, [\ctx, #CTX_X(14)]
	stp	x16, x17, [\ctx, #CTX_X(16)]
	stp	x18, x19, [\ctx, #CTX_X(18)]
	stp	x20, x21, [\ctx, #CTX_X(20)]
	stp	x22, x23, [\ctx, #CTX_X(22)]
	stp	x24, x25, [\ctx, #CTX_X(24)]
	stp	x26, x27, [\ctx, #CTX_X(26)]
	stp	x28, x29, [\ctx, #CTX_X(28)]
	str	x30, [\ctx, #CTX_X(30)]
.endm

/* All of them, @ctx, which is x0, the last. */
.macro axv_load_gprs ctx:req
	ldp	x2, x3, [\ctx, #CTX_X(2)]
	ldp	x4, x5, [\ctx, #CTX_X(4)]
	ldp	x6, x7, [\ctx, #CTX_X(6)]
	ldp	x8, x9, [\ctx, #CTX_X(8)]
	ldp	x10, x11, [\ctx, #CTX_X(10)]
	ldp	x12, x13, [\ctx, #CTX_X(12)]
	ldp	x14, x15, [\ctx, #CTX_X(14)]
	ldp	x16, x17, [\ctx, #CTX_X(16)]
	ldp	x18, x19, [\ctx, #CTX_X(18)]
	ldp	x20, x21, [\ctx, #CTX_X(20)]
	ldp	x22, x23, [\ctx, #CTX_X(22)]
	ldp	x24, x25, [\ctx, #CTX_X(24)]
	ldp	x26, x27, [\ctx, #CTX_X(26)]
	ldp	x28, x29, [\ctx, #CTX_X(28)]
	ldr	x30, [\ctx, #CTX_X(30)]
	ldp	x0, x1, [\ctx, #CTX_X(0)]
.endm

/* ---- system registers by the lists of sysregs.h ------------------------------------- */

.macro axv_save_one ctx:req, base:req, n:req, op1:req, crn:req, crm:req, op2:req
	mrs	x2, S3_\op1\()_C\crn\()_C\crm\()_\op2
	str	x2, [\ctx, #\base+\n*8]
.endm

.macro axv_load_one ctx:req, base:req, n:req, op1:req, crn:req, crm:req, op2:req
	ldr	x2, [\ctx, #\base+\n*8]
	msr	S3_\op1\()_C\crn\()_C\crm\()_\op2, x2
.endm

.macro axv_reg_if what, ctx, base, want, n, op1, crn, crm, op2, kind, feature
	.ifnc	\kind,TRAPPED
	.if	\feature == \want
	axv_\what\()_one \ctx, \base, \n, \op1, \crn, \crm, \op2
	.endif
	.endif
.endm

.macro axv_fine_if what, ctx, base, want, n, op1, crn, crm, op2, feature
	.if	\feature == \want
	axv_\what\()_one \ctx, \base, \n, \op1, \crn, \crm, \op2
	.endif
.endm

#define AXV_REG_IF(name, op1, crn, crm, op2, kind, feature) \
	axv_reg_if \what, \ctx, \base, \want, AXV_REG_##name, op1, crn, crm, op2, kind, feature;
#define AXV_FINE_IF(name, op1, crn, crm, op2, feature) \
	axv_fine_if \what, \ctx, \base, \want, AXV_FINE_##name, op1, crn, crm, op2, feature;

/* Those that come with one feature; 0: with any CPU. */
.macro axv_regs_of what:req, ctx:req, base:req, want:req
	AXV_SYSREGS(AXV_REG_IF)
.endm

.macro axv_fines_of what:req, ctx:req, base:req, want:req
	AXV_FINE(AXV_FINE_IF)
.endm

/* ... where the CPU has it. */
.macro axv_regs_with what:req, ctx:req, base:req, feat:req, want:req
	tst	\feat, #\want
	b.eq	.Lwithout\@
	axv_regs_of \what, \ctx, \base, \want
.Lwithout\@:
.endm

.macro axv_fines_with what:req, ctx:req, base:req, feat:req, want:req
	tst	\feat, #\want
	b.eq	.Lwithout\@
	axv_fines_of \what, \ctx, \base, \want
.Lwithout\@:
.endm

/* All, by their names at EL1. @what: save or load; @base: CTX_REG or CTX_HOST. */
.macro axv_regs what:req, ctx:req, base:req, feat:req
	axv_regs_of \what, \ctx, \base, 0
	axv_regs_with \what, \ctx, \base, \feat, AXV_CPU_RAS
	axv_regs_with \what, \ctx, \base, \feat, AXV_CPU_CSV2_2
	axv_regs_with \what, \ctx, \base, \feat, AXV_CPU_TCR2
	axv_regs_with \what, \ctx, \base, \feat, AXV_CPU_S1PIE
	axv_regs_with \what, \ctx, \base, \feat, AXV_CPU_PAUTH
.endm

/* @base: CTX_FINE or CTX_FINE_HOST */
.macro axv_fine what:req, ctx:req, base:req, feat:req
	axv_fines_with \what, \ctx, \base, \feat, AXV_CPU_HCRX
	axv_fines_with \what, \ctx, \base, \feat, AXV_CPU_FGT
	axv_fines_with \what, \ctx, \base, \feat, AXV_CPU_AMU_FGT
	axv_fines_with \what, \ctx, \base, \feat, AXV_CPU_FGT2
	axv_fines_with \what, \ctx, \base, \feat, AXV_CPU_MPAM
.endm

/* nVHE: MPAM2_EL2 of the guest, once the host's is saved: its own, and the traps. */
.macro axv_mpam_guest ctx:req, feat:req
	tst	\feat, #AXV_CPU_MPAM
	b.eq	.Lmpam\@
	ldr	x2, [\ctx, #CTX_FINE_HOST+AXV_FINE_MPAM2*8]
	orr	x2, x2, #(AXV_MPAM2_TRAPS << AXV_MPAM2_TRAPS_SHIFT)
	str	x2, [\ctx, #CTX_FINE+AXV_FINE_MPAM2*8]
.Lmpam\@:
.endm

/* ---- the GIC's virtual CPU interface ------------------------------------------------ */

#define ICC_SRE		S3_4_C12_C9_5
#define ICH_HCR		S3_4_C12_C11_0

/* ICC_SRE_EL1 is not virtual: the guest's accesses are trapped. */
.macro axv_sre_guest
	mrs	x2, ICC_SRE
	bic	x2, x2, #8
	msr	ICC_SRE, x2
.endm

.macro axv_sre_host
	mrs	x2, ICC_SRE
	orr	x2, x2, #8
	msr	ICC_SRE, x2
.endm

/* The first @used of them: one after the other, for mostly there are none or one. */
.macro axv_lrs what:req, ctx:req, used:req
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	cmp	\used, #\n
	b.eq	.Llrs\@
	axv_\what\()_one \ctx, CTX_ICH_LR(0), \n, 4, 12, 12, \n
	.ifc	\what,save
	msr	S3_4_C12_C12_\n, xzr
	.endif
	.endr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	cmp	\used, #(\n+8)
	b.eq	.Llrs\@
	axv_\what\()_one \ctx, CTX_ICH_LR(8), \n, 4, 12, 13, \n
	.ifc	\what,save
	msr	S3_4_C12_C13_\n, xzr
	.endif
	.endr
.Llrs\@:
.endm

.macro axv_aps what:req, ctx:req, feat:req
	axv_\what\()_one \ctx, CTX_ICH_AP0R(0), 0, 4, 12, 8, 0
	axv_\what\()_one \ctx, CTX_ICH_AP1R(0), 0, 4, 12, 9, 0
	tst	\feat, #AXV_CPU_AP2
	b.eq	.Laps\@
	axv_\what\()_one \ctx, CTX_ICH_AP0R(0), 1, 4, 12, 8, 1
	axv_\what\()_one \ctx, CTX_ICH_AP1R(0), 1, 4, 12, 9, 1
	tst	\feat, #AXV_CPU_AP4
	b.eq	.Laps\@
	axv_\what\()_one \ctx, CTX_ICH_AP0R(0), 2, 4, 12, 8, 2
	axv_\what\()_one \ctx, CTX_ICH_AP1R(0), 2, 4, 12, 9, 2
	axv_\what\()_one \ctx, CTX_ICH_AP0R(0), 3, 4, 12, 8, 3
	axv_\what\()_one \ctx, CTX_ICH_AP1R(0), 3, 4, 12, 9, 3
.Laps\@:
.endm

/* Before an entry. ICH_VMCR_EL2 and the active priorities, too. */
.macro axv_ich_load_all ctx:req, feat:req
	ldr	x3, [\ctx, #CTX_ICH_HCR]
	cbz	x3, .Lich\@
	axv_load_one \ctx, CTX_ICH_VMCR, 0, 4, 12, 11, 7
	axv_aps load, \ctx, \feat
	ldr	x4, [\ctx, #CTX_ICH_USED]
	axv_lrs load, \ctx, x4
	msr	ICH_HCR, x3
.Lich\@:
.endm

/* After an exit: what became of it; then it is off, its list registers empty. */
.macro axv_ich_save_all ctx:req, feat:req
	ldr	x3, [\ctx, #CTX_ICH_HCR]
	cbz	x3, .Lich\@
	axv_ich_save_lrs \ctx
	axv_save_one \ctx, CTX_ICH_VMCR, 0, 4, 12, 11, 7
	axv_aps save, \ctx, \feat
.Lich\@:
.endm

/* The same of what changes from entry to entry, where the rest stays. */
.macro axv_ich_load_some ctx:req
	ldr	x3, [\ctx, #CTX_ICH_HCR]
	cbz	x3, .Lich\@
	ldr	x4, [\ctx, #CTX_ICH_USED]
	axv_lrs load, \ctx, x4
	msr	ICH_HCR, x3
.Lich\@:
.endm

.macro axv_ich_save_some ctx:req
	ldr	x3, [\ctx, #CTX_ICH_HCR]
	cbz	x3, .Lich\@
	axv_ich_save_lrs \ctx
.Lich\@:
.endm

.macro axv_ich_save_lrs ctx:req
	axv_save_one \ctx, CTX_ICH_MISR, 0, 4, 12, 11, 2
	axv_save_one \ctx, CTX_ICH_EISR, 0, 4, 12, 11, 3
	axv_save_one \ctx, CTX_ICH_HCR, 0, 4, 12, 11, 0
	msr	ICH_HCR, xzr
	ldr	x4, [\ctx, #CTX_ICH_USED]
	axv_lrs save, \ctx, x4
.endm

/* ---- what an exit is about ---------------------------------------------------------- */

/*
 * ESR_EL2 and the like, @kind having been stored. The guest's translation is still in the
 * CPU: of a permission fault that is not of a walk HPFAR_EL2 says nothing (DDI 0487,
 * HPFAR_EL2), so the address is translated once more, as EL1 reads and then as EL0 does,
 * since there are pages of which only EL0 has the rights. Once in a file: the vector for
 * exceptions of EL2 itself goes on at .Laxv_at_failed where ELR_EL2 is between
 * .Laxv_at_begin and .Laxv_at_end. x2 to x8.
 */
.macro axv_trap_info ctx:req, feat:req
	mrs	x2, esr_el2
	mrs	x3, far_el2
	mrs	x4, hpfar_el2
	str	x2, [\ctx, #CTX_ESR]
	str	x3, [\ctx, #CTX_FAR]
	ldr	x5, [\ctx, #CTX_KIND]
	cbnz	x5, .Ltrap_done
	ubfx	x5, x2, #ESR_ELx_EC_SHIFT, #6
	/* aborts from a lower level: of instructions 0x20, of data 0x24 */
	bic	x5, x5, #4
	cmp	x5, #ESR_ELx_EC_IABT_LOW
	b.ne	.Ltrap_done
	tbnz	x2, #7, .Ltrap_done	/* S1PTW */
	and	x5, x2, #0x3c
	cmp	x5, #0xc		/* permission fault, at any level */
	b.eq	.Ltrap_ask
	tst	\feat, #AXV_CPU_FAULTS
	b.eq	.Ltrap_done
.Ltrap_ask:
	mrs	x6, par_el1
.Laxv_at_begin:
	at	s1e1r, x3
	isb
	mrs	x7, par_el1
	tbz	x7, #0, .Ltrap_answer
	at	s1e0r, x3
	isb
	mrs	x7, par_el1
	tbz	x7, #0, .Ltrap_answer
.Laxv_at_end:
.Laxv_at_failed:
	mov	x5, #AXV_TRAP_AGAIN
	str	x5, [\ctx, #CTX_KIND]
.Ltrap_answer:
	msr	par_el1, x6
	/* PA[51:12] becomes FIPA[51:12], from bit 4 on */
	ubfx	x4, x7, #12, #40
	lsl	x4, x4, #4
.Ltrap_done:
	str	x4, [\ctx, #CTX_HPFAR]
.endm

/*
 * An SError that the guest has caused and that has not come yet is the guest's, not the
 * host's. With FEAT_RAS the ESB at the vector has put it into DISR_EL1; without, it is let
 * in here: the vector for SErrors of EL2 itself stores x9 = ESR_EL2 where ELR_EL2 is
 * between .Laxv_serror_begin and .Laxv_serror_end, goes on at the latter, and x9 is 0
 * otherwise. Once in a file. x2 and x9.
 */
.macro axv_serror ctx:req, feat:req
	mov	x9, #0
	tst	\feat, #AXV_CPU_RAS
	b.eq	.Lserror_look
	mrs	x9, S3_0_C12_C1_1	/* DISR_EL1 */
	cbz	x9, .Lserror_done
	msr	S3_0_C12_C1_1, xzr
	b	.Lserror_done
.Lserror_look:
	dsb	sy
	isb
	mrs	x2, isr_el1
	tbz	x2, #8, .Lserror_done
	msr	daifclr, #4
.Laxv_serror_begin:
	isb
.Laxv_serror_end:
	msr	daifset, #4
	cbz	x9, .Lserror_done
	and	x9, x9, #0x1ffffff
	orr	x9, x9, #(1 << 31)
.Lserror_done:
	str	x9, [\ctx, #CTX_DISR]
.endm

/* VSESR_EL2, where the guest is to have an SError. */
.macro axv_vsesr ctx:req, feat:req, hcr:req
	tbz	\hcr, #8, .Lvsesr\@
	tst	\feat, #AXV_CPU_RAS
	b.eq	.Lvsesr\@
	ldr	x2, [\ctx, #CTX_VSESR]
	msr	S3_4_C5_C2_3, x2
.Lvsesr\@:
.endm


/* ---- branch predictors -------------------------------------------------------------- */

/*
 * The guest has trained them; up to here no branch was taken but direct ones. The firmware
 * keeps x4 and those after it. x2, x3 and x9; x0 and x1, too, unless @ctx is one of them.
 */
.macro axv_predictors ctx:req
	ldr	x2, [\ctx, #CTX_PREDICTORS]
	cbz	x2, .Lpredictors_done\@
	tbnz	x2, #AXV_BP_FIRMWARE_BIT, .Lpredictors_firmware\@
	tbnz	x2, #AXV_BP_CLRBHB_BIT, .Lpredictors_clear\@
	tbnz	x2, #AXV_BP_NOTHING_BIT, .Lpredictors_done\@
.Lpredictors_loop\@:
	b	.Lpredictors_next\@
.Lpredictors_next\@:
	subs	x2, x2, #1
	b.ne	.Lpredictors_loop\@
	dsb	nsh
	isb
	b	.Lpredictors_done\@
.Lpredictors_clear\@:
	hint	#22			/* CLRBHB */
	isb
	b	.Lpredictors_done\@
.Lpredictors_firmware\@:
	mov	x9, \ctx
	mov	w0, w2
	smc	#0
	mov	\ctx, x9
.Lpredictors_done\@:
.endm
