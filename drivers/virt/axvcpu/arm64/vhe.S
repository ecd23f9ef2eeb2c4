/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch where the kernel runs at EL2 (VHE): the vectors are ours while a guest runs. */
#include <linux/linkage.h>
#include <asm/assembler.h>

#include "macros.S"

/* what of the host's lies where in ctx->callee */
#define CALLEE_X18	CTX_CALLEE(0)
#define CALLEE_X19	CTX_CALLEE(1)
#define CALLEE_X21	CTX_CALLEE(3)
#define CALLEE_X23	CTX_CALLEE(5)
#define CALLEE_X25	CTX_CALLEE(7)
#define CALLEE_X27	CTX_CALLEE(9)
#define CALLEE_X29	CTX_CALLEE(11)
#define CALLEE_SP_EL0	CTX_CALLEE(13)
#define CALLEE_VBAR	CTX_CALLEE(14)
#define CALLEE_PAN	CTX_CALLEE(15)
#define CALLEE_DIT	CTX_CALLEE(16)
#define CALLEE_TCO	CTX_CALLEE(17)

#define HOST_PAN	S3_0_C4_C2_3
#define HOST_DIT	S3_3_C4_C2_5
#define HOST_TCO	S3_3_C4_C2_7

/*
 * Of PSTATE an exception keeps PAN and DIT as the guest had them, and it sets TCO.
 * @what: save or load, x2 is used.
 */
.macro axv_pstate_one what:req, ctx:req, feat:req, bit:req, where:req, reg:req
	tst	\feat, #\bit
	b.eq	.Lpstate\@
	.ifc	\what,save
	mrs	x2, \reg
	str	x2, [\ctx, #\where]
	.else
	ldr	x2, [\ctx, #\where]
	msr	\reg, x2
	.endif
.Lpstate\@:
.endm

.macro axv_pstate what:req, ctx:req, feat:req
	axv_pstate_one \what, \ctx, \feat, AXV_CPU_PAN, CALLEE_PAN, HOST_PAN
	axv_pstate_one \what, \ctx, \feat, AXV_CPU_DIT, CALLEE_DIT, HOST_DIT
	axv_pstate_one \what, \ctx, \feat, AXV_CPU_MTE, CALLEE_TCO, HOST_TCO
.endm

	.text

/*
 * void __axv_arm64_vhe_enter(struct axv_arm64_ctx *ctx)
 *
 * DAIF is masked, the guest's EL1 registers and stage-2 table are loaded. The kernel's
 * stack stays EL2's, the ctx at the top of it; its code is signed with keys that are
 * exchanged here, and nowhere between is anything signed or checked.
 */
SYM_FUNC_START(__axv_arm64_vhe_enter)
	str	x18, [x0, #CALLEE_X18]
	/* past what stp reaches */
	add	x3, x0, #CALLEE_X19
	stp	x19, x20, [x3]
	stp	x21, x22, [x3, #16]
	stp	x23, x24, [x3, #32]
	stp	x25, x26, [x3, #48]
	stp	x27, x28, [x3, #64]
	stp	x29, x30, [x3, #80]
	str	x0, [sp, #-16]!

	ldr	x1, [x0, #CTX_FEATURES]
	mrs	x2, sp_el0
	str	x2, [x0, #CALLEE_SP_EL0]
	axv_pstate save, x0, x1
	tst	x1, #AXV_CPU_PAUTH
	b.eq	1f
	axv_regs_of save, x0, CTX_HOST, AXV_CPU_PAUTH
	axv_regs_of load, x0, CTX_REG, AXV_CPU_PAUTH
1:	axv_ich_load_all x0, x1

	mrs	x2, vbar_el2
	str	x2, [x0, #CALLEE_VBAR]
	adr_l	x2, axv_vhe_vectors
	msr	vbar_el2, x2
	ldr	x3, [x0, #CTX_EL2+EL2_HCR]
	axv_vsesr x0, x1, x3
	/* erratum: no walk may begin with the guest's regime before its registers are there */
	isb
	msr	hcr_el2, x3

	ldr	x2, [x0, #CTX_PC]
	ldr	x3, [x0, #CTX_PSTATE]
	ldr	x4, [x0, #CTX_SP_EL0]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	msr	sp_el0, x4
	axv_load_gprs x0
	eret
	dsb	nsh
	isb

/* x1: AXV_TRAP_*; [sp]: the guest's x0 and x1, [sp, #16]: the ctx */
.Lguest_exit:
	ldr	x0, [sp, #16]
	str	x1, [x0, #CTX_KIND]
	axv_save_gprs x0
	mrs	x4, elr_el2
	mrs	x5, spsr_el2
	str	x4, [x0, #CTX_PC]
	str	x5, [x0, #CTX_PSTATE]
.Lguest_exit_illegal:
	ldp	x2, x3, [sp], #32
	mrs	x6, sp_el0
	stp	x2, x3, [x0, #CTX_X(0)]
	str	x6, [x0, #CTX_SP_EL0]

	ldr	x1, [x0, #CTX_FEATURES]
	axv_trap_info x0, x1
	axv_serror x0, x1

	/* VSE goes where the guest has taken it */
	mrs	x2, hcr_el2
	str	x2, [x0, #CTX_EL2+EL2_HCR]
	ldr	x2, [x0, #CTX_EL2_HOST+EL2_HCR]
	ldr	x3, [x0, #CALLEE_VBAR]
	msr	hcr_el2, x2
	msr	vbar_el2, x3
	axv_ich_save_all x0, x1
	tst	x1, #AXV_CPU_PAUTH
	b.eq	1f
	axv_regs_of save, x0, CTX_REG, AXV_CPU_PAUTH
	axv_regs_of load, x0, CTX_HOST, AXV_CPU_PAUTH
1:	ldr	x2, [x0, #CALLEE_SP_EL0]
	msr	sp_el0, x2
	axv_pstate load, x0, x1
	isb
	axv_predictors x0

	ldr	x18, [x0, #CALLEE_X18]
	add	x3, x0, #CALLEE_X19
	ldp	x19, x20, [x3]
	ldp	x21, x22, [x3, #16]
	ldp	x23, x24, [x3, #32]
	ldp	x25, x26, [x3, #48]
	ldp	x27, x28, [x3, #64]
	ldp	x29, x30, [x3, #80]
	ret
SYM_FUNC_END(__axv_arm64_vhe_enter)

/* ---- vectors ------------------------------------------------------------------------ */

/* From the guest. ESB: what it has caused so far is not to come later. */
.macro axv_from_guest kind:req
	.balign	0x80
	esb
	stp	x0, x1, [sp, #-16]!
	mov	x1, #\kind
	b	.Lguest_exit
.endm

/* From EL2: x0 and x1 are of the guest only where its eret was illegal. */
.macro axv_from_el2 target:req
	.balign	0x80
	stp	x0, x1, [sp, #-16]!
	b	\target
.endm

SYM_CODE_START_LOCAL(axv_from_el2)
/*
 * The eret did not leave EL2, for PSTATE was none that the guest can have: the exception is
 * that of the first instruction, or an interrupt that was quicker. pc and PSTATE stay.
 */
.Lel2_illegal:
	ldr	x0, [sp, #16]
	mov	x1, #AXV_TRAP_ILLEGAL
	str	x1, [x0, #CTX_KIND]
	axv_save_gprs x0
	b	.Lguest_exit_illegal

.Lel2_sync:
	mrs	x0, esr_el2
	lsr	x0, x0, #ESR_ELx_EC_SHIFT
	and	x0, x0, #0x3f
	cmp	x0, #ESR_ELx_EC_ILL
	b.eq	.Lel2_illegal
	/* AT met an external abort in the guest's tables */
	mrs	x0, elr_el2
	adr	x1, .Laxv_at_begin
	cmp	x0, x1
	b.lo	.Lel2_bad
	adr	x1, .Laxv_at_end
	cmp	x0, x1
	b.hs	.Lel2_bad
	adr	x0, .Laxv_at_failed
	msr	elr_el2, x0
	ldp	x0, x1, [sp], #16
	eret
	dsb	nsh
	isb

/* The only place that lets any in. */
.Lel2_serror:
	mrs	x0, elr_el2
	adr	x1, .Laxv_serror_begin
	cmp	x0, x1
	b.lo	.Lel2_illegal
	adr	x1, .Laxv_serror_end
	cmp	x0, x1
	b.hi	.Lel2_illegal
	mrs	x9, esr_el2
	msr	elr_el2, x1
	mrs	x0, spsr_el2
	orr	x0, x0, #(1 << 8)
	msr	spsr_el2, x0
	ldp	x0, x1, [sp], #16
	eret
	dsb	nsh
	isb

/* Something of ours: back to what the kernel needs to say so. */
.Lel2_bad:
	mrs	x19, esr_el2
	mrs	x20, elr_el2
	mrs	x21, far_el2
1:	ldr	x22, [sp, #16]
	ldr	x2, [x22, #CTX_EL2_HOST+EL2_HCR]
	ldr	x3, [x22, #CALLEE_VBAR]
	ldr	x4, [x22, #CALLEE_SP_EL0]
	msr	hcr_el2, x2
	msr	vbar_el2, x3
	msr	sp_el0, x4
	ldr	x18, [x22, #CALLEE_X18]
	ldr	x1, [x22, #CTX_FEATURES]
	tst	x1, #AXV_CPU_PAUTH
	b.eq	2f
	axv_regs_of load, x22, CTX_HOST, AXV_CPU_PAUTH
2:	isb
	mov	x0, x19
	mov	x1, x20
	mov	x2, x21
	bl	axv_arm64_vhe_fault
	b	.
SYM_CODE_END(axv_from_el2)

	.balign	0x800
SYM_CODE_START_LOCAL(axv_vhe_vectors)
	/* EL2 with SP_EL0: never */
	.rept	4
	axv_from_el2 .Lel2_bad
	.endr
	axv_from_el2 .Lel2_sync
	axv_from_el2 .Lel2_illegal
	axv_from_el2 .Lel2_illegal
	axv_from_el2 .Lel2_serror
	/* AArch64 */
	axv_from_guest AXV_TRAP_SYNC
	axv_from_guest AXV_TRAP_IRQ
	axv_from_guest AXV_TRAP_FIQ
	axv_from_guest AXV_TRAP_SERROR
	/* AArch32 */
	axv_from_guest AXV_TRAP_SYNC
	axv_from_guest AXV_TRAP_IRQ
	axv_from_guest AXV_TRAP_FIQ
	axv_from_guest AXV_TRAP_SERROR
	.balign	0x80
SYM_CODE_END(axv_vhe_vectors)
