// SPDX-License-Identifier: GPL-2.0-only
/*
 * One entry, and what to do about each exception class: in the section where that is
 * possible, with interrupts on where memory has to be had.
 *
 * What a guest may do and axvcpu has no use for is an instruction that does not exist, for
 * that guest. What its memory or its bus does is its own affair, too.
 */
#include <linux/kvm_host.h>	/* guest_state_enter_irqoff() and the like */
#include <linux/jiffies.h>
#include <asm/ptrace.h>

#include "axv_hot.h"

/* kinds of fault, ESR_ELx.FSC without the level, and those of level -1 */
#define FAULT_ADDRESS_SIZE	0x00
#define FAULT_ADDRESS_SIZE_M1	0x29
#define FAULT_TRANSLATION_M1	0x2b
#define FAULT_TLB_CONFLICT	0x30

#define SPSR_SS		BIT_ULL(21)

/* DISR_EL1.A: there is one */
#define DISR_DEFERRED	BIT_ULL(31)

/* HPFAR_EL2.FIPA: bits 51 to 12 of the address */
#define HPFAR_FIPA	GENMASK_ULL(43, 4)
#define HPFAR_SHIFT	8

/* no generation of a stage-2 table, see axv_s2_generation() */
#define NEVER_FLUSHED	0

/**
 * axv_arm64_unexpected() - a trap nobody asked for
 * @v: the vCPU
 *
 * Return: AXV_EXIT with INTERNAL_ERROR; raw[] says which.
 */
int axv_arm64_unexpected(struct axv_vcpu *v)
{
	axv_arm64_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = AXVCPU_ERROR_UNEXPECTED;
	return AXV_EXIT;
}

/* ---- behind the instruction ----------------------------------------------------- */

static bool is_32(const struct axv_vcpu *v)
{
	return v->arch.ctx->pstate & PSR_MODE32_BIT;
}

/* ITSTATE after one more instruction. */
static u64 advance_it(u64 pstate)
{
	u64 it = (pstate >> 8 & 0xfc) | (pstate >> 25 & 3);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return (pstate & ~(u64)PSR_AA32_IT_MASK) | (it & 0xfc) << 8 | (it & 3) << 25;
}

static noinline void skip_32(struct axv_arm64_ctx *ctx)
{
	ctx->pc = (u32)(ctx->pc + (ctx->trap.esr & ESR_ELx_IL ? 4 : 2));
	if (ctx->pstate & PSR_AA32_T_BIT)
		ctx->pstate = advance_it(ctx->pstate);
}

/**
 * axv_arm64_skip() - go on after the instruction
 * @v: the vCPU, at it
 */
void axv_arm64_skip(struct axv_vcpu *v)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;

	ctx->pstate &= ~SPSR_SS;
	if (unlikely(is_32(v))) {
		skip_32(ctx);
		return;
	}
	ctx->pc += 4;
	ctx->pstate &= ~(u64)PSR_BTYPE_MASK;
}

/**
 * axv_arm64_insn_len() - bytes of the instruction that trapped
 * @v: the vCPU
 *
 * Return: 0: not known. Of an abort without a syndrome the CPU says 4, whatever it is.
 */
unsigned int axv_arm64_insn_len(const struct axv_vcpu *v)
{
	u64 esr = v->arch.ctx->trap.esr;

	if (likely(!is_32(v)))
		return 4;
	switch (ESR_ELx_EC(esr)) {
	case ESR_ELx_EC_IABT_LOW:
		return 0;
	case ESR_ELx_EC_DABT_LOW:
		if (!(esr & ESR_ELx_ISV))
			return 0;
		break;
	}
	return esr & ESR_ELx_IL ? 4 : 2;
}

/* Does an AArch32 instruction's condition hold? It may trap where it does not. */
static bool condition_holds(const struct axv_vcpu *v)
{
	u64 esr = v->arch.ctx->trap.esr, p = v->arch.ctx->pstate;
	bool n = p & PSR_AA32_N_BIT, z = p & PSR_AA32_Z_BIT, holds;
	bool c = p & PSR_AA32_C_BIT, o = p & PSR_AA32_V_BIT;
	unsigned int cond = 14;

	if (esr & ESR_ELx_CV)
		cond = (esr & ESR_ELx_COND_MASK) >> ESR_ELx_COND_SHIFT;
	else if (p & PSR_AA32_IT_MASK)
		cond = p >> 12 & 0xf;
	switch (cond >> 1) {
	case 0:
		holds = z;
		break;
	case 1:
		holds = c;
		break;
	case 2:
		holds = n;
		break;
	case 3:
		holds = o;
		break;
	case 4:
		holds = c && !z;
		break;
	case 5:
		holds = n == o;
		break;
	case 6:
		holds = n == o && !z;
		break;
	default:
		return true;
	}
	return holds != (cond & 1);
}

/* ---- interrupts and errors of the bus ------------------------------------------- */

/* The host's own: pending, taken in the middle of the section or when it has ended. */
static int exit_interrupt(struct axv_vcpu *v)
{
	if (axv_arm64_timer_fired(v))
		return AXV_RESUME;
	if (!(v->vm->flags & AXVCPU_VM_EXTINT_EXITS))
		return axv_arm64_section_pause(v) ? AXV_SERVE : AXV_BREAK;
	axv_arm64_new_exit(v, AXVCPU_EXIT_EXTERNAL_INTERRUPT);
	return AXV_EXIT;
}

/* An error that nobody waited for, of something the guest has done: back to it. */
static noinline void give_back_serror(struct axv_vcpu *v, u64 syndrome)
{
	struct axv_arm64_irq *irq = &v->arch.irq;

	raw_spin_lock(&irq->lock);
	irq->serror_queued = true;
	irq->serror = syndrome & ESR_ELx_ISS_MASK;
	raw_spin_unlock(&irq->lock);
	axv_arm64_irq_changed(v);
}

static int exit_illegal(struct axv_vcpu *v)
{
	axv_arm64_new_exit(v, AXVCPU_EXIT_FAIL_ENTRY);
	v->exit.fail_entry.code = AXVCPU_FAIL_GUEST_STATE;
	v->exit.fail_entry.hardware_reason = v->arch.ctx->pstate;
	return AXV_EXIT;
}

/* An abort that has nothing to do with the stage-2 table: the guest's own. */
static int exit_bus_error(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	bool insn = ESR_ELx_EC(t->esr) == ESR_ELx_EC_IABT_LOW;
	u64 iss = ESR_ELx_FSC | ESR_ELx_FnV | ESR_ELx_EA | ESR_ELx_SET_MASK;

	if ((t->esr & ESR_ELx_FSC) == FAULT_TLB_CONFLICT) {
		v->arch.s2_generation = NEVER_FLUSHED;
		return AXV_RESUME;
	}
	if (!insn)
		iss |= ESR_ELx_WNR | ESR_ELx_CM;
	axv_arm64_trap_guest(v, axv_arm64_abort_esr(v, insn, t->esr & iss), t->far);
	return AXV_RESUME;
}

/* ---- aborts of stage 2 ---------------------------------------------------------- */

static __always_inline u64 fault_gpa(const struct axv_arm64_trap *t)
{
	return (t->hpfar & HPFAR_FIPA) << HPFAR_SHIFT | (t->far & (SZ_4K - 1));
}

static bool is_permission(u64 esr)
{
	return (esr & ESR_ELx_FSC_TYPE) == ESR_ELx_FSC_PERM;
}

/* An address that the table has nothing for, or not the right that is asked for. */
static bool is_stage2(u64 esr)
{
	switch (esr & ESR_ELx_FSC_TYPE) {
	case FAULT_ADDRESS_SIZE:
	case ESR_ELx_FSC_FAULT:
	case ESR_ELx_FSC_ACCESS:
	case ESR_ELx_FSC_PERM:
		return true;
	}
	return (esr & ESR_ELx_FSC) == FAULT_TRANSLATION_M1 ||
	       (esr & ESR_ELx_FSC) == FAULT_ADDRESS_SIZE_M1;
}

static bool is_address_size(u64 esr)
{
	return (esr & ESR_ELx_FSC_TYPE) == FAULT_ADDRESS_SIZE ||
	       (esr & ESR_ELx_FSC) == FAULT_ADDRESS_SIZE_M1;
}

/*
 * What was tried. A walk of the guest's tables reads them, and writes what it may not
 * write; cache maintenance says that it writes, whatever it is.
 */
static u32 fault_access(u64 esr)
{
	if (esr & ESR_ELx_S1PTW)
		return is_permission(esr) ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
	if (ESR_ELx_EC(esr) == ESR_ELx_EC_IABT_LOW)
		return AXVCPU_PROT_EXEC;
	if ((esr & ESR_ELx_CM) && !is_permission(esr))
		return AXVCPU_PROT_READ;
	return esr & ESR_ELx_WNR ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ;
}

/* Of what is not memory nothing is in a cache, of what cannot be written nothing is lost. */
static bool is_maintenance(u64 esr)
{
	return ESR_ELx_EC(esr) == ESR_ELx_EC_DABT_LOW && (esr & ESR_ELx_CM) &&
	       !(esr & ESR_ELx_S1PTW);
}

static int skip_maintenance(struct axv_vcpu *v)
{
	axv_arm64_skip(v);
	return AXV_RESUME;
}

/**
 * axv_arm64_fault_exit() - NESTED_PAGE_FAULT
 * @v: the vCPU
 * @gpa: where
 * @access: AXVCPU_PROT_*
 * @flags: AXVCPU_NPF_*
 *
 * Return: AXV_EXIT.
 */
int axv_arm64_fault_exit(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags)
{
	axv_arm64_new_exit(v, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	v->exit.npf.gpa = gpa;
	v->exit.npf.access = access;
	v->exit.npf.flags = flags;
	v->exit.insn_len = axv_arm64_insn_len(v);
	return AXV_EXIT;
}

/* A load's or a store's, in the section. */
static __always_inline int exit_data_abort(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	u64 esr = t->esr, gpa = fault_gpa(t);

	if (unlikely(!is_stage2(esr)))
		return exit_bus_error(v, t);
	if (unlikely(!axv_s2_is_hole(v, gpa) || is_permission(esr) || (esr & ESR_ELx_S1PTW)))
		return AXV_SLOW;
	if (unlikely(esr & ESR_ELx_CM))
		return skip_maintenance(v);
	return axv_arm64_mmio(v, gpa, esr & ESR_ELx_WNR);
}

static int exit_insn_abort(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	return is_stage2(t->esr) ? AXV_SLOW : exit_bus_error(v, t);
}

/* Nothing is mapped there. A device: the guest tries again, and is served in the section. */
static int handle_hole(struct axv_vcpu *v, u64 gpa, u32 access, u32 walk, u64 layout)
{
	u64 esr = v->arch.ctx->trap.esr;

	if (access == AXVCPU_PROT_EXEC || walk)
		return axv_arm64_fault_exit(v, gpa, access, walk);
	if (is_maintenance(esr))
		return skip_maintenance(v);
	if ((v->vm->flags & AXVCPU_VM_FAULT_EXITS) && !axv_arm64_gicr_at(v, gpa))
		return axv_arm64_fault_exit(v, gpa, access, 0);
	axv_s2_note_hole(v, gpa, layout);
	return AXV_RESUME;
}

static int handle_abort(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	u64 gpa = fault_gpa(t), layout = axv_s2_layout(v->s2);
	u32 access = fault_access(t->esr), walk = 0;
	int r;

	if (t->esr & ESR_ELx_S1PTW) {
		/* of an entry's address the page is all that is known */
		gpa &= ~(u64)(SZ_4K - 1);
		walk = AXVCPU_NPF_WALK;
	}
	/* the instruction of an access to a device, which was not at hand in the section */
	if (axv_s2_is_hole(v, gpa) && !walk && access != AXVCPU_PROT_EXEC)
		return axv_arm64_mmio_slow(v, gpa, t->esr & ESR_ELx_WNR);
	/* past what the table can hold, whatever the guest's tables say */
	if (is_address_size(t->esr) || gpa >> axv_s2_gpa_bits(v->s2))
		r = AXV_S2_HOLE;
	else
		r = axv_s2_fault(v->s2, v, gpa, access);
	switch (r) {
	case AXV_S2_OK:
		if (is_permission(t->esr))
			axv_arm64_flush_ipa(v, gpa);
		else
			dsb(ishst);	/* the leaf before the walk that looks for it */
		v->count.s2_faults++;
		return AXV_RESUME;
	case AXV_S2_HOLE:
		return handle_hole(v, gpa, access, walk, layout);
	case AXV_S2_PROT:
		if (is_maintenance(t->esr))
			return skip_maintenance(v);
		return axv_arm64_fault_exit(v, gpa, access, AXVCPU_NPF_PROT | walk);
	case AXV_S2_BACKING:
		return axv_arm64_fault_exit(v, gpa, access, AXVCPU_NPF_BACKING | walk);
	}
	return r;
}

/* ---- calls ---------------------------------------------------------------------- */

/* One that is not SMCCC's, by its immediate, which is in raw[0]: the VMM's. */
static int exit_hypercall(struct axv_vcpu *v)
{
	const struct axv_arm64_ctx *ctx = v->arch.ctx;
	unsigned int i;

	axv_arm64_new_exit(v, AXVCPU_EXIT_HYPERCALL);
	v->exit.insn_len = 4;
	v->exit.hypercall.nr = ctx->x[0];
	for (i = 0; i < ARRAY_SIZE(v->exit.hypercall.args); i++)
		v->exit.hypercall.args[i] = ctx->x[1 + i];
	return AXV_EXIT;
}

/* HVC is an exception after the instruction, SMC a trap before it. */
static __always_inline int exit_call(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	bool smc = ESR_ELx_EC(t->esr) == ESR_ELx_EC_SMC64;

	if (unlikely(t->esr & ESR_ELx_xVC_IMM_MASK)) {
		if (!smc)
			v->arch.ctx->pc -= 4;
		return exit_hypercall(v);
	}
	if (smc)
		axv_arm64_skip(v);
	return axv_arm64_smccc(v, smc);
}

/* ---- exceptions ----------------------------------------------------------------- */

static int exit_undefined(struct axv_vcpu *v)
{
	axv_arm64_undefined(v);
	return AXV_RESUME;
}

static int exit_reflect(struct axv_vcpu *v)
{
	axv_arm64_reflect(v);
	return AXV_RESUME;
}

/* What an AArch32 instruction of the guest's EL0 trapped by is UNDEFINED, if it is to run. */
static bool exit_nop(struct axv_vcpu *v)
{
	if (likely(!is_32(v)) || condition_holds(v))
		return false;
	axv_arm64_skip(v);
	return true;
}

static noinline int exit_sync(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	switch (ESR_ELx_EC(t->esr)) {
	case ESR_ELx_EC_WFx:
		return exit_nop(v) ? AXV_RESUME : axv_arm64_wfx(v);
	case ESR_ELx_EC_CP15_32:
	case ESR_ELx_EC_CP15_64:
	case ESR_ELx_EC_CP14_MR:
	case ESR_ELx_EC_CP14_LS:
	case ESR_ELx_EC_CP10_ID:
	case ESR_ELx_EC_CP14_64:
		return exit_nop(v) ? AXV_RESUME : exit_undefined(v);
	case ESR_ELx_EC_FP_ASIMD:
		return exit_nop(v) ? AXV_RESUME : axv_arm64_fp_trap(v);
	case ESR_ELx_EC_SVE:
		return axv_arm64_fp_trap(v);
	case ESR_ELx_EC_SYS64:
		return axv_arm64_sys(v);
	case ESR_ELx_EC_IABT_LOW:
		return exit_insn_abort(v, t);
	case ESR_ELx_EC_BREAKPT_LOW:
	case ESR_ELx_EC_SOFTSTP_LOW:
	case ESR_ELx_EC_WATCHPT_LOW:
	case ESR_ELx_EC_BKPT32:
	case ESR_ELx_EC_BRK64:
		return axv_arm64_debug_exit(v);
	/* EL1's own; they come here where a control that sends them is not ours to know */
	case ESR_ELx_EC_BTI:
	case ESR_ELx_EC_ILL:
	case ESR_ELx_EC_FPAC:
	case ESR_ELx_EC_PC_ALIGN:
	case ESR_ELx_EC_SP_ALIGN:
	case ESR_ELx_EC_FP_EXC32:
	case ESR_ELx_EC_FP_EXC64:
		return exit_reflect(v);
	}
	/* PAuth, SME, later extensions: what the guest was not told of */
	return exit_undefined(v);
}

static noinline int exit_other(struct axv_vcpu *v, const struct axv_arm64_trap *t)
{
	switch (t->kind) {
	case AXV_TRAP_IRQ:
	case AXV_TRAP_FIQ:
		return exit_interrupt(v);
	case AXV_TRAP_SERROR:
		give_back_serror(v, t->esr);
		return AXV_RESUME;
	case AXV_TRAP_ILLEGAL:
		return exit_illegal(v);
	case AXV_TRAP_AGAIN:
		return AXV_RESUME;
	}
	return axv_arm64_unexpected(v);
}

/* ---- one entry ------------------------------------------------------------------ */

/*
 * The switch, and those who want to know of it. Where nobody tracks contexts that is
 * RCU alone, and once in a tick is as much as it can make use of.
 */
static noinstr void switch_noted(struct axv_arm64_ctx *ctx)
{
	guest_state_enter_irqoff();
	axv_arm64_switch(ctx);
	guest_state_exit_irqoff();
}

/**
 * axv_arm64_enter() - run the guest until its next exit, and see to that
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int notrace axv_arm64_enter(struct axv_vcpu *v)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	const struct axv_arm64_trap *t = &ctx->trap;

	if (unlikely(v->arch.away))
		return AXV_BREAK;
	if (unlikely(READ_ONCE(v->arch.irq.any)))
		axv_arm64_load_irq(v);
	/* No CPU tells when a guest lets interrupts in: a tick ends what asks for it. */
	if (unlikely(v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW) &&
	    (axv_arm64_intr_state(v) & AXVCPU_INTR_WINDOW)) {
		axv_arm64_new_exit(v, AXVCPU_EXIT_IRQ_WINDOW);
		return AXV_EXIT;
	}
	if (unlikely(v->arch.s2_generation != axv_s2_generation(v->s2)))
		axv_arm64_flush_stage2(v);

	if (likely(v->arch.noted == READ_ONCE(jiffies) && !context_tracking_enabled_this_cpu())) {
		axv_arm64_switch(ctx);
	} else {
		v->arch.noted = READ_ONCE(jiffies);
		switch_noted(ctx);
	}
	axv_arm64_gic_sync(v);
	/* one that was pending still when the guest was left */
	if (unlikely(t->disr & DISR_DEFERRED))
		give_back_serror(v, t->disr);

	if (unlikely(t->kind != AXV_TRAP_SYNC))
		return exit_other(v, t);
	switch (ESR_ELx_EC(t->esr)) {
	case ESR_ELx_EC_DABT_LOW:
		return exit_data_abort(v, t);
	case ESR_ELx_EC_HVC64:
	case ESR_ELx_EC_SMC64:
		return exit_call(v, t);
	}
	return exit_sync(v, t);
}

/**
 * axv_arm64_handle() - the rest of it, with interrupts on
 * @v: the vCPU
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_arm64_handle(struct axv_vcpu *v)
{
	const struct axv_arm64_trap *t = &v->arch.ctx->trap;

	switch (ESR_ELx_EC(t->esr)) {
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_DABT_LOW:
		return handle_abort(v, t);
	case ESR_ELx_EC_SYS64:
		return axv_arm64_sys_handle(v);
	}
	/* what was wanted is there now: FP, debug registers */
	return AXV_RESUME;
}
