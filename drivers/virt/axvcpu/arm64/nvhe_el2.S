/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs at EL2 without VHE: position-independent, for it is copied to pages that EL2
 * sees, at addresses that are physical ones. There is no stack: SP_EL2 is the CPU's
 * struct axv_el2_cpu, and what has to be kept of the host during an entry is in the ctx.
 *
 * Two tables of vectors: the host's answers calls, the guest's ends its run. What neither
 * expects is a fault of ours: its registers go to the CPU's page, the host gets its
 * own back and goes on in axv_arm64_el2_fault().
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/virt.h>

#include "macros.S"
#include "nvhe.h"

/* write-back, allocating; device memory is not mapped */
#define MAIR_EL2_VALUE	0xff
/* RES1 bits of SCTLR_EL2 with E2H 0 (EIS and EOS among them), and M, C, SA, I, WXN */
#define SCTLR_EL2_VALUE	(0x30c50830|1<<0|1<<2|1<<3|1<<12|1<<19)
#define HCR_E2H_BIT	34
#define TCR_EPDS	(1<<7|1<<23)
#define SPSR_EL1H_DAIF	0x3c5
#define SPSR_IL_BIT	20
#define NOT_SUPPORTED	-1

/* offset of a vector, and which table it was: axv_el2_cpu.fault.vector */
#define OF_GUEST	0x1000

.macro back
	eret
	dsb	nsh
	isb
.endm

/* EL2's controls, struct axv_arm64_el2 at @base + @offset; x2 to x6 */
.macro axv_controls what:req, base:req, offset:req
	add	x6, \base, #\offset
	.ifc	\what,save
	mrs	x2, hcr_el2
	mrs	x3, vtcr_el2
	stp	x2, x3, [x6, #EL2_HCR]
	mrs	x2, vttbr_el2
	mrs	x3, cptr_el2
	stp	x2, x3, [x6, #EL2_VTTBR]
	mrs	x2, mdcr_el2
	mrs	x3, cnthctl_el2
	stp	x2, x3, [x6, #EL2_MDCR]
	mrs	x2, cntvoff_el2
	mrs	x3, vpidr_el2
	stp	x2, x3, [x6, #EL2_CNTVOFF]
	mrs	x2, vmpidr_el2
	mrs	x3, hstr_el2
	stp	x2, x3, [x6, #EL2_VMPIDR]
	.else
	ldp	x2, x3, [x6, #EL2_HCR]
	/* in an order that AmpereOne's erratum AC04_CPU_23 asks for */
	dsb	nsh
	msr	hcr_el2, x2
	isb
	msr	vtcr_el2, x3
	ldp	x2, x3, [x6, #EL2_VTTBR]
	msr	vttbr_el2, x2
	msr	cptr_el2, x3
	ldp	x2, x3, [x6, #EL2_MDCR]
	msr	mdcr_el2, x2
	msr	cnthctl_el2, x3
	ldp	x2, x3, [x6, #EL2_CNTVOFF]
	msr	cntvoff_el2, x2
	msr	vpidr_el2, x3
	ldp	x2, x3, [x6, #EL2_VMPIDR]
	msr	vmpidr_el2, x2
	msr	hstr_el2, x3
	.endif
.endm

	.section .rodata, "a"
	.balign	4096
SYM_DATA_START(axv_nvhe_text)

/* ---- vectors while the host runs ---------------------------------------------------- */

.macro fault offset:req
	.balign	128
	stp	x0, x1, [sp, #EL2CPU_SCRATCH]
	mov	x0, #\offset
	b	.Lfault
.endm

.Lhost_vectors:
	.irp	n, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380
	fault	\n
	.endr
	.balign	128
	stp	x0, x1, [sp, #EL2CPU_SCRATCH]
	mrs	x0, esr_el2
	lsr	x0, x0, #ESR_ELx_EC_SHIFT
	cmp	x0, #ESR_ELx_EC_HVC64
	ldr	x0, [sp, #EL2CPU_SCRATCH]
	b.eq	.Lcall
	mov	x0, #0x400
	b	.Lfault
	.irp	n, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
	fault	\n
	.endr

/* ---- vectors while a guest runs ------------------------------------------------------ */

.macro guest_exit kind:req
	.balign	128
	esb
	stp	x0, x1, [sp, #EL2CPU_SCRATCH]
	mov	x1, #\kind
	b	.Lexit
.endm

	.balign	2048
.Lguest_vectors:
	.irp	n, 0x000, 0x080, 0x100, 0x180
	fault	\n+OF_GUEST
	.endr
	/* our own: an eret to where the guest cannot be leaves us here, with PSTATE.IL set */
	.balign	128
	stp	x0, x1, [sp, #EL2CPU_SCRATCH]
	mrs	x0, spsr_el2
	mov	x1, #AXV_TRAP_ILLEGAL
	tbnz	x0, #SPSR_IL_BIT, .Lexit
	b	.Lown_sync
	fault	0x280+OF_GUEST
	fault	0x300+OF_GUEST
	.balign	128
	stp	x0, x1, [sp, #EL2CPU_SCRATCH]
	b	.Lown_serror
	guest_exit AXV_TRAP_SYNC
	guest_exit AXV_TRAP_IRQ
	guest_exit AXV_TRAP_FIQ
	guest_exit AXV_TRAP_SERROR
	/* AArch32, at EL0 */
	guest_exit AXV_TRAP_SYNC
	guest_exit AXV_TRAP_IRQ
	guest_exit AXV_TRAP_FIQ
	guest_exit AXV_TRAP_SERROR
	.balign	128

/* AT may fault, where .Lexit asks by it. */
.Lown_sync:
	mrs	x0, elr_el2
	adr	x1, .Laxv_at_begin
	cmp	x0, x1
	b.lo	1f
	adr	x1, .Laxv_at_end
	cmp	x0, x1
	b.hs	1f
	adr	x1, .Laxv_at_failed
	msr	elr_el2, x1
	ldp	x0, x1, [sp, #EL2CPU_SCRATCH]
	back
1:	mov	x0, #0x200+OF_GUEST
	b	.Lfault

/* The guest's SError, where .Lexit waits for it. */
.Lown_serror:
	mrs	x0, elr_el2
	adr	x1, .Laxv_serror_begin
	cmp	x0, x1
	b.lo	1f
	adr	x1, .Laxv_serror_end
	cmp	x0, x1
	b.hi	1f
	msr	elr_el2, x1
	mrs	x9, esr_el2
	ldp	x0, x1, [sp, #EL2CPU_SCRATCH]
	back
1:	mov	x0, #0x380+OF_GUEST
	b	.Lfault

/* ---- taken and given back ------------------------------------------------------------ */

/*
 * By the stub's HVC_SOFT_RESTART, on the CPU, MMU off, nothing saved: x0 is TTBR0_EL2, x1
 * TCR_EL2, x2 the CPU's page. Back at EL1 x0 is 0, or not where EL2 is not as we know it.
 */
SYM_INNER_LABEL(axv_nvhe_take, SYM_L_GLOBAL)
	mrs	x3, hcr_el2
	tbnz	x3, #HCR_E2H_BIT, .Lnot_supported
	mrs	x4, sctlr_el2
	tbnz	x4, #0, .Lnot_supported
	mrs	x3, vbar_el2
	mrs	x5, ttbr0_el2
	mrs	x6, tcr_el2
	mrs	x7, mair_el2
	mov	x8, sp

	msr	ttbr0_el2, x0
	msr	tcr_el2, x1
	mov	x9, #MAIR_EL2_VALUE
	msr	mair_el2, x9
	isb
	tlbi	alle2
	tlbi	alle1
	ic	iallu
	dsb	nsh
	isb
	ldr	w9, .Lsctlr
	msr	sctlr_el2, x9
	isb

	mov	sp, x2
	stp	x3, x4, [sp, #EL2CPU_STUB_VBAR]
	stp	x5, x6, [sp, #EL2CPU_STUB_TTBR0]
	stp	x7, x8, [sp, #EL2CPU_STUB_MAIR]
	str	xzr, [sp, #EL2CPU_CTX]
	str	xzr, [sp, #EL2CPU_FAULTED]
	axv_controls save, sp, EL2CPU_HOST
	adr	x3, .Lhost_vectors
	msr	vbar_el2, x3
	mov	x0, #0
	back

.Lnot_supported:
	mov	x0, #NOT_SUPPORTED
	back

.Lsctlr:
	.long	SCTLR_EL2_VALUE
	.long	0

/* All as the stub had it. x5 to x11; nothing is in memory that the next one may need. */
.macro give_back
	ldp	x5, x6, [sp, #EL2CPU_STUB_VBAR]
	ldp	x7, x8, [sp, #EL2CPU_STUB_TTBR0]
	ldp	x9, x10, [sp, #EL2CPU_STUB_MAIR]
	msr	vbar_el2, x5
	isb
	msr	sctlr_el2, x6
	isb
	msr	ttbr0_el2, x7
	msr	tcr_el2, x8
	msr	mair_el2, x9
	mov	sp, x10
	isb
	tlbi	alle2
	tlbi	alle1
	dsb	nsh
	isb
.endm

/* ---- calls --------------------------------------------------------------------------- */

/*
 * x0 is the number. Of the stub's calls the one that gives us up is known, and the one
 * that kexec makes, after a crash without having asked anybody.
 */
.Lcall:
	mov	w9, #(AXV_EL2_BASE & 0xffff)
	movk	w9, #(AXV_EL2_BASE >> 16), lsl #16
	subs	x9, x0, x9
	b.eq	.Lenter
	cmp	x9, #AXV_EL2_FLUSH_VMID
	b.eq	.Lflush_vmid
	cmp	x9, #AXV_EL2_FLUSH_VMID_ALL
	b.eq	.Lflush_vmid_all
	cmp	x9, #AXV_EL2_FLUSH_ALL
	b.eq	.Lflush_all
	cmp	x9, #AXV_EL2_FLUSH_IPA
	b.eq	.Lflush_ipa
	cmp	x9, #AXV_EL2_READ_VTR
	b.eq	.Lread_vtr
	cmp	x9, #AXV_EL2_FLUSH_VA
	b.eq	.Lflush_va
	cmp	x0, #HVC_SET_VECTORS
	b.eq	.Lset_vectors
	cmp	x0, #HVC_SOFT_RESTART
	b.eq	.Lsoft_restart
	cmp	x0, #16
	b.hs	.Lnot_supported
	mov	w0, #(HVC_STUB_ERR & 0xffff)
	movk	w0, #(HVC_STUB_ERR >> 16), lsl #16
	back

/* x1: the address that the vectors had; to nothing else. */
.Lset_vectors:
	ldr	x9, [sp, #EL2CPU_STUB_VBAR]
	cmp	x1, x9
	b.ne	.Lnot_supported
	give_back
	mov	x0, #0
	back

/* x1: where to, x2 to x4: arguments; as the stub does it */
.Lsoft_restart:
	give_back
	mov	x5, x1
	mov	x0, x2
	mov	x1, x3
	mov	x2, x4
	br	x5

/*
 * Another VMID for a moment: x1 is VTTBR_EL2. Nothing may be translated for it by the
 * host's tables, not even by a speculative AT (the errata that are named so): they are
 * off meanwhile. x12 and x13.
 */
.macro vmid_begin
	mrs	x12, tcr_el1
	orr	x13, x12, #(1<<7)
	orr	x13, x13, #(1<<23)
	msr	tcr_el1, x13
	isb
	msr	vttbr_el2, x1
	isb
	dsb	ishst
.endm

.macro vmid_end
	isb
	ldr	x13, [sp, #EL2CPU_HOST+EL2_VTTBR]
	msr	vttbr_el2, x13
	isb
	msr	tcr_el1, x12
.endm

.Lflush_vmid:
	vmid_begin
	tlbi	vmalls12e1
	dsb	nsh
	vmid_end
	b	.Lzero
.Lflush_vmid_all:
	vmid_begin
	tlbi	vmalls12e1is
	dsb	ish
	vmid_end
	b	.Lzero
.Lflush_all:
	dsb	ishst
	tlbi	alle1is
	dsb	ish
	isb
	b	.Lzero
/* What stage 1 has made of it is known by its own address only: all of stage 1 goes. */
.Lflush_ipa:
	vmid_begin
	tlbi	ipas2e1, x2
	dsb	nsh
	tlbi	vmalle1
	dsb	nsh
	vmid_end
	b	.Lzero
.Lflush_va:
	dsb	ishst
	tlbi	vae2is, x1
	dsb	ish
	isb
.Lzero:
	mov	x0, #0
	back
.Lread_vtr:
	mrs	x0, S3_4_C12_C11_1
	back

/* ---- the switch ---------------------------------------------------------------------- */

/*
 * EL1's registers. Whether there are walks, and by what, changes before and after all the
 * others: no CPU may walk with one's and the other's, as some do for a speculative AT.
 */
.macro el1_reg_if name:req, rest:vararg
	.ifnc	\name,SCTLR
	.ifnc	\name,TCR
	axv_reg_if load, \rest
	.endif
	.endif
.endm

#define EL1_REG_IF(name, op1, crn, crm, op2, kind, feature) \
	el1_reg_if name, \ctx, \base, 0, AXV_REG_##name, op1, crn, crm, op2, kind, feature;

.macro no_walks
	mrs	x2, tcr_el1
	orr	x2, x2, #(1<<7)		/* EPD0 */
	orr	x2, x2, #(1<<23)	/* EPD1 */
	msr	tcr_el1, x2
	isb
	mrs	x2, sctlr_el1
	orr	x2, x2, #1		/* M */
	msr	sctlr_el1, x2
	isb
.endm

.macro load_el1 ctx:req, base:req, feat:req
	AXV_SYSREGS(EL1_REG_IF)
	axv_regs_with load, \ctx, \base, \feat, AXV_CPU_RAS
	axv_regs_with load, \ctx, \base, \feat, AXV_CPU_CSV2_2
	axv_regs_with load, \ctx, \base, \feat, AXV_CPU_TCR2
	axv_regs_with load, \ctx, \base, \feat, AXV_CPU_S1PIE
	axv_regs_with load, \ctx, \base, \feat, AXV_CPU_PAUTH
	isb
	ldr	x2, [\ctx, #\base+AXV_REG_SCTLR*8]
	ldr	x3, [\ctx, #\base+AXV_REG_TCR*8]
	msr	sctlr_el1, x2
	isb
	msr	tcr_el1, x3
.endm

/* x1: the ctx. x0 is it from here on, x10 its features. */
.Lenter:
	mov	x0, x1
	ldr	x10, [x0, #CTX_FEATURES]
	add	x9, x0, #CTX_CALLEE(0)
	stp	x18, x19, [x9]
	stp	x20, x21, [x9, #16]
	stp	x22, x23, [x9, #32]
	stp	x24, x25, [x9, #48]
	stp	x26, x27, [x9, #64]
	stp	x28, x29, [x9, #80]
	mrs	x2, sp_el0
	stp	x30, x2, [x9, #96]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x9, #112]

	axv_regs save, x0, CTX_HOST, x10
	axv_fine save, x0, CTX_FINE_HOST, x10
	axv_mpam_guest x0, x10
	str	x0, [sp, #EL2CPU_CTX]

	no_walks
	axv_controls load, x0, CTX_EL2
	ldr	x2, [x0, #CTX_EL2+EL2_HCR]
	axv_vsesr x0, x10, x2
	axv_fine load, x0, CTX_FINE, x10
	isb
	load_el1 x0, CTX_REG, x10

	/* the timer's after its offset, the comparison before what enables it */
	ldr	x2, [x0, #CTX_CNTV_CVAL]
	ldr	x3, [x0, #CTX_CNTV_CTL]
	msr	cntv_cval_el0, x2
	msr	cntv_ctl_el0, x3

	tst	x10, #AXV_CPU_GICV3
	b.eq	1f
	axv_sre_guest
	axv_ich_load_all x0, x10
1:
	ldr	x2, [x0, #CTX_SP_EL0]
	msr	sp_el0, x2
	ldr	x2, [x0, #CTX_PC]
	ldr	x3, [x0, #CTX_PSTATE]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	adr	x2, .Lguest_vectors
	msr	vbar_el2, x2
	axv_load_gprs x0
	back

/* x1: AXV_TRAP_*; the guest's x0 and x1 are in the CPU's page. */
.Lexit:
	ldr	x0, [sp, #EL2CPU_CTX]
	axv_save_gprs x0
	ldp	x2, x3, [sp, #EL2CPU_SCRATCH]
	stp	x2, x3, [x0, #CTX_X(0)]
	ldr	x10, [x0, #CTX_FEATURES]
	str	x1, [x0, #CTX_KIND]
	/* It has not been anywhere. */
	cmp	x1, #AXV_TRAP_ILLEGAL
	b.eq	1f
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	str	x2, [x0, #CTX_PC]
	str	x3, [x0, #CTX_PSTATE]
1:
	mrs	x2, sp_el0
	str	x2, [x0, #CTX_SP_EL0]
	axv_trap_info x0, x10
	axv_serror x0, x10

	mrs	x2, cntv_ctl_el0
	mrs	x3, cntv_cval_el0
	msr	cntv_ctl_el0, xzr
	str	x2, [x0, #CTX_CNTV_CTL]
	str	x3, [x0, #CTX_CNTV_CVAL]

	/* VSE goes when the guest has taken it. */
	mrs	x2, hcr_el2
	str	x2, [x0, #CTX_EL2+EL2_HCR]

	tst	x10, #AXV_CPU_GICV3
	b.eq	1f
	axv_ich_save_all x0, x10
	axv_sre_host
1:
	axv_regs save, x0, CTX_REG, x10
	axv_predictors x0
	b	.Lhost

/* The host's, from the ctx in x0 with features x10: they are whole where EL2CPU_CTX is it. */
.Lhost:
	no_walks
	axv_controls load, sp, EL2CPU_HOST
	axv_fine load, x0, CTX_FINE_HOST, x10
	isb
	load_el1 x0, CTX_HOST, x10
	adr	x2, .Lhost_vectors
	msr	vbar_el2, x2
	str	xzr, [sp, #EL2CPU_CTX]

	add	x9, x0, #CTX_CALLEE(0)
	ldp	x18, x19, [x9]
	ldp	x20, x21, [x9, #16]
	ldp	x22, x23, [x9, #32]
	ldp	x24, x25, [x9, #48]
	ldp	x26, x27, [x9, #64]
	ldp	x28, x29, [x9, #80]
	ldp	x30, x2, [x9, #96]
	msr	sp_el0, x2
	ldr	x2, [sp, #EL2CPU_FAULTED]
	cbnz	x2, .Lreport
	ldp	x2, x3, [x9, #112]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	back

/* ---- faults -------------------------------------------------------------------------- */

/*
 * x0: the vector; x0 and x1 of before are in the CPU's page. One more on the way to telling
 * it is not told itself: the second time less is given back, then nobody is left to be told.
 */
.Lfault:
	ldr	x1, [sp, #EL2CPU_FAULTED]
	add	x1, x1, #1
	str	x1, [sp, #EL2CPU_FAULTED]
	cmp	x1, #2
	b.eq	.Lfault_again
	b.hi	.Lstuck

	add	x1, sp, #EL2CPU_FAULT_X
	stp	x2, x3, [x1, #16]
	stp	x4, x5, [x1, #32]
	stp	x6, x7, [x1, #48]
	stp	x8, x9, [x1, #64]
	stp	x10, x11, [x1, #80]
	stp	x12, x13, [x1, #96]
	stp	x14, x15, [x1, #112]
	stp	x16, x17, [x1, #128]
	stp	x18, x19, [x1, #144]
	stp	x20, x21, [x1, #160]
	stp	x22, x23, [x1, #176]
	stp	x24, x25, [x1, #192]
	stp	x26, x27, [x1, #208]
	stp	x28, x29, [x1, #224]
	str	x30, [x1, #240]
	ldp	x2, x3, [sp, #EL2CPU_SCRATCH]
	stp	x2, x3, [x1]
	str	x0, [sp, #EL2CPU_FAULT_VECTOR]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	str	x2, [sp, #EL2CPU_FAULT_ELR]
	str	x3, [sp, #EL2CPU_FAULT_SPSR]
	mrs	x2, esr_el2
	mrs	x3, far_el2
	mrs	x4, hpfar_el2
	str	x2, [sp, #EL2CPU_FAULT_ESR]
	str	x3, [sp, #EL2CPU_FAULT_FAR]
	str	x4, [sp, #EL2CPU_FAULT_HPFAR]

	ldr	x0, [sp, #EL2CPU_CTX]
	cbz	x0, .Lreport
	ldr	x10, [x0, #CTX_FEATURES]
	msr	cntv_ctl_el0, xzr
	tst	x10, #AXV_CPU_GICV3
	b.eq	.Lhost
	msr	ICH_HCR, xzr
	axv_sre_host
	b	.Lhost

.Lfault_again:
	ldr	x0, [sp, #EL2CPU_CTX]
	cbz	x0, .Lreport
	ldr	x10, [x0, #CTX_FEATURES]
	b	.Lhost

.Lreport:
	ldr	x2, [sp, #EL2CPU_REPORT]
	mov	x3, #SPSR_EL1H_DAIF
	msr	elr_el2, x2
	msr	spsr_el2, x3
	ldr	x0, [sp, #EL2CPU_SELF]
	back

.Lstuck:
	wfe
	b	.Lstuck

SYM_DATA_END_LABEL(axv_nvhe_text, SYM_L_GLOBAL, axv_nvhe_text_end)
