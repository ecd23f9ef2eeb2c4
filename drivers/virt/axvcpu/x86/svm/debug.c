// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers, single step and breakpoints: the guest's own, and the VMM's
 * on the guest.
 *
 * v->arch.debug is canonical. MOV DR is always intercepted (sys.c), and so is
 * #DB: a guest could else keep the CPU in an endless #DB while it delivers #DB.
 * So the hardware's DR6 and DR7 change at #DB and task switches only. DR0-3 are
 * in the CPU only while a breakpoint is enabled.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/thread_info.h>

#include "svm.h"
#include "../decode.h"

#define DR7_ENABLES	0xffu
#define DR7_SET		BIT(10)
/* condition of breakpoint @n: 0 instruction, 1 write, 2 port, 3 access */
#define DR7_RW(dr7, n)	(((dr7) >> (16 + (n) * 4)) & 3)

/* DR0_ADDR_MASK to DR3_ADDR_MASK */
static const u32 dr_mask_msrs[4] = { 0xc0011027, 0xc0011019, 0xc001101a, 0xc001101b };

static bool vmm_breakpoints(const struct axv_vcpu *v)
{
	return v->arch.debug.control & AXVCPU_X86_DEBUG_HW_BP;
}

static bool vmm_steps(const struct axv_vcpu *v)
{
	return v->arch.debug.control & AXVCPU_X86_DEBUG_STEP;
}

static const __u64 *effective_dr(const struct axv_vcpu *v)
{
	return vmm_breakpoints(v) ? v->arch.debug.bp_addr : v->arch.debug.dr;
}

/* ---- the host's ----------------------------------------------------------------- */

static void load_dr(const unsigned long dr[4])
{
	set_debugreg(dr[0], 0);
	set_debugreg(dr[1], 1);
	set_debugreg(dr[2], 2);
	set_debugreg(dr[3], 3);
}

/* The host's address masks would widen the guest's breakpoints. */
static void clear_masks(struct axv_svm_host *host)
{
	unsigned int i;

	if (!axv_svm_caps.brk_masks || !hw_breakpoint_active())
		return;
	for (i = 0; i < 4; i++) {
		host->dr_mask[i] = axv_svm_rdmsr(dr_mask_msrs[i]);
		axv_svm_wrmsr(dr_mask_msrs[i], 0);
	}
	host->dr_mask_set = true;
}

/**
 * axv_svm_debug_begin_slow() - see axv_svm_debug_begin()
 * @v: the vCPU
 */
void axv_svm_debug_begin_slow(struct axv_vcpu *v)
{
	struct axv_svm_host *host = &v->arch.svm->host;
	const __u64 *dr = effective_dr(v);
	unsigned long guest[4] = { dr[0], dr[1], dr[2], dr[3] };

	/* ptrace's block step would make branch steps of the guest's steps. */
	if (unlikely(test_thread_flag(TIF_BLOCKSTEP))) {
		host->debugctl = axv_svm_rdmsr(MSR_IA32_DEBUGCTLMSR);
		axv_svm_wrmsr(MSR_IA32_DEBUGCTLMSR, host->debugctl & ~DEBUGCTLMSR_BTF);
		host->debugctl_set = true;
	}

	if (likely(!(axv_svm_effective_dr7(v) & DR7_ENABLES)))
		return;
	clear_masks(host);
	/* The host's would trigger at the guest's addresses meanwhile. */
	if (hw_breakpoint_active())
		set_debugreg(DR7_SET, 7);
	get_debugreg(host->dr[0], 0);
	get_debugreg(host->dr[1], 1);
	get_debugreg(host->dr[2], 2);
	get_debugreg(host->dr[3], 3);
	load_dr(guest);
	host->debug_set = true;
}

/**
 * axv_svm_debug_end_slow() - DR0-DR3 are the host's again
 * @v: the vCPU
 */
void axv_svm_debug_end_slow(struct axv_vcpu *v)
{
	struct axv_svm_host *host = &v->arch.svm->host;
	unsigned int i;

	load_dr(host->dr);
	host->debug_set = false;
	if (!host->dr_mask_set)
		return;
	for (i = 0; i < 4; i++)
		axv_svm_wrmsr(dr_mask_msrs[i], host->dr_mask[i]);
	host->dr_mask_set = false;
}

/* ---- the guest's ---------------------------------------------------------------- */

/*
 * A forced TF must not show. What pushes RFLAGS or takes it from elsewhere is
 * intercepted meanwhile (state.c): exceptions and INT n go in as events, without
 * a forced TF; PUSHF is done by sys.c; POPF and IRET are let through and noted,
 * because TF is the guest's own behind them. SYSCALL cannot be intercepted: it
 * copies TF to r11, and clears it as SFMASK says, which would end the stepping.
 */
static void force_tf(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	svm->entry_rip = v->arch.gpr.rip;
	svm->sfmask = vmcb->save.sfmask;
	vmcb->save.sfmask &= ~(u64)X86_EFLAGS_TF;
	vmcb->save.rflags |= X86_EFLAGS_TF;
}

static void unforce_tf(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	struct axvcpu_x86_gpr *g = &v->arch.gpr;
	bool own = svm->flags_armed && g->rip != svm->flags_rip;

	if (vmcb->save.sfmask == (svm->sfmask & ~(u64)X86_EFLAGS_TF))
		vmcb->save.sfmask = svm->sfmask;
	if (svm->tf_guest || own)
		return;
	g->rflags &= ~(u64)X86_EFLAGS_TF;
	if ((vmcb->save.efer & EFER_LMA) && g->r[AXVCPU_X86_RCX] - svm->entry_rip <= 15 &&
	    (g->rip == vmcb->save.lstar || g->rip == vmcb->save.cstar))
		g->r[AXVCPU_X86_R11] &= ~(u64)X86_EFLAGS_TF;
}

/**
 * axv_svm_note_flags() - POPF or IRET is about to be executed with TF forced
 * @v: the vCPU
 *
 * Return: AXV_RESUME.
 */
int axv_svm_note_flags(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;

	svm->flags_armed = true;
	svm->flags_rip = v->arch.gpr.rip;
	return AXV_RESUME;
}

/**
 * axv_svm_debug_load() - DR6, DR7 and RFLAGS for the entry
 * @v: the vCPU, in a section; events are planned
 *
 * RFLAGS.TF is forced for a step, but not when an event goes in: the step is
 * over when that is delivered, which a host interrupt finds out.
 */
void axv_svm_debug_load(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;
	bool step = vmm_steps(v);

	axv_svm_load_dr(v, axv_svm_effective_dr7(v));
	vmcb->save.rflags = v->arch.gpr.rflags;
	/* RF: do not stop at the breakpoint that was reported. */
	if (svm->resume_set && vmm_breakpoints(v) && v->arch.gpr.rip == svm->resume_rip)
		vmcb->save.rflags |= X86_EFLAGS_RF;
	svm->resume_set = false;

	svm->tf_guest = v->arch.gpr.rflags & X86_EFLAGS_TF;
	svm->tf_forced = (step || svm->step_nmi) && !svm->injected;
	svm->step_event = step && svm->injected;
	if (!svm->tf_forced || v->arch.gpr.rip != svm->flags_rip)
		svm->flags_armed = false;
	if (unlikely(svm->tf_forced))
		force_tf(v);
	if (unlikely(svm->step_event))
		axv_svm_leave_now();
}

/**
 * axv_svm_debug_unload() - the other way, after the exit
 * @v: the vCPU, in a section
 *
 * Return: AXV_RESUME, or AXV_EXIT when the exit does not matter, because a step
 * over an event is over.
 */
int axv_svm_debug_unload(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	struct axv_vmcb *vmcb = svm->vmcb;

	if (!vmm_breakpoints(v))
		v->arch.debug.dr7 = vmcb->save.dr7;
	if (unlikely(svm->tf_forced))
		unforce_tf(v);
	if (unlikely(svm->step_event && vmcb->exit_code == VMEXIT_INTR &&
		     !(vmcb->exit_int_info & AXV_X86_EVENT_VALID)))
		return axv_svm_step_done(v);
	return AXV_RESUME;
}

/* ---- what is told to the VMM ---------------------------------------------------- */

static u64 linear_rip(struct axv_vcpu *v)
{
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	if (m.bits == 64)
		return v->arch.gpr.rip;
	return (u32)(v->arch.svm->vmcb->save.cs.base + v->arch.gpr.rip);
}

static int debug_exit(struct axv_vcpu *v, u32 kind, u64 dr6)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_DEBUG);
	v->exit.debug.kind = kind;
	v->exit.debug.dr6 = dr6;
	v->exit.debug.addr = linear_rip(v);
	return AXV_EXIT;
}

/**
 * axv_svm_step_done() - a step of the VMM's is over without a #DB
 * @v: the vCPU
 *
 * Return: AXV_EXIT.
 */
int axv_svm_step_done(struct axv_vcpu *v)
{
	u64 dr6 = v->arch.debug.dr6 & ~(u64)DR_TRAP_BITS;

	return debug_exit(v, AXVCPU_DEBUG_STEP, dr6 | DR6_RESERVED | DR_STEP);
}

/* Remember an instruction breakpoint, a fault, so that its RETRY gets on. */
static void note_breakpoint(struct axv_vcpu *v, u64 dr6)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if ((dr6 & BIT(i)) && !DR7_RW(v->arch.debug.bp_dr7, i)) {
			svm->resume_rip = v->arch.gpr.rip;
			svm->resume_set = true;
		}
	}
}

/**
 * axv_svm_db() - #DB
 * @v: the vCPU, in a section
 *
 * DR6 in the VMCB is what the guest would find in it.
 *
 * Return: enum axv_next.
 */
int axv_svm_db(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	u64 dr6 = svm->vmcb->save.dr6;
	bool forced = svm->tf_forced;

	if (forced && vmm_steps(v) && (dr6 & DR_STEP))
		return debug_exit(v, AXVCPU_DEBUG_STEP, dr6);
	if (vmm_breakpoints(v) && (dr6 & DR_TRAP_BITS)) {
		note_breakpoint(v, dr6);
		return debug_exit(v, AXVCPU_DEBUG_HW_BP, dr6);
	}
	/* Stepped to find out when an NMI can go: not the guest's affair. */
	if (forced && !svm->tf_guest) {
		dr6 &= ~(u64)DR_STEP;
		if (!(dr6 & DR_TRAP_BITS))
			return AXV_RESUME;
	}

	v->arch.debug.dr6 = dr6;
	if (v->vm->exception_exits & BIT(AXV_X86_DB)) {
		axv_x86_new_exit(v, AXVCPU_EXIT_EXCEPTION);
		v->exit.exception.vector = AXV_X86_DB;
		return AXV_EXIT;
	}
	axv_x86_queue_exception(v, AXV_X86_DB, 0);
	return AXV_RESUME;
}

/* A breakpoint or overflow trap, @len bytes, that the VMM may want to see. */
static int report_trap(struct axv_vcpu *v, u32 vector, u32 len)
{
	if (vector == AXV_X86_BP && (v->arch.debug.control & AXVCPU_X86_DEBUG_SW_BP)) {
		debug_exit(v, AXVCPU_DEBUG_SW_BP, v->arch.debug.dr6);
	} else if (v->vm->exception_exits & BIT(vector)) {
		axv_x86_new_exit(v, AXVCPU_EXIT_EXCEPTION);
		v->exit.exception.vector = vector;
	} else {
		return AXV_RESUME;
	}
	v->exit.insn_len = len;
	return AXV_EXIT;
}

/* The length of the INT3 or INTO at rip, by its bytes where they can be had. */
static u32 trap_len(struct axv_vcpu *v)
{
	u8 bytes[AXV_X86_INSN_MAX + 1] = {};
	struct axv_x86_sys insn;
	struct axv_x86_mode m;
	int n;

	n = axv_x86_fetch(v, bytes);
	axv_x86_get_mode(v, &m);
	if (n <= 0 || axv_x86_decode_system(bytes, n, m.bits, &insn))
		return 1;
	return insn.op == AXV_X86_SYS_INT3 || insn.op == AXV_X86_SYS_INTO ? insn.len : 1;
}

/**
 * axv_svm_bp() - #BP or #OF, which are intercepted for the VMM only
 * @v: the vCPU; interrupts are on
 *
 * rip is at the instruction.
 *
 * Return: enum axv_next.
 */
int axv_svm_bp(struct axv_vcpu *v)
{
	u32 vector = v->arch.svm->vmcb->exit_code - VMEXIT_EXCP(0);
	u32 len = trap_len(v);
	int r;

	r = report_trap(v, vector, len);
	/* Not wanted any more: deliver it. */
	if (r == AXV_RESUME)
		axv_svm_deliver_soft(v, vector, len);
	return r;
}

/**
 * axv_svm_swint() - INT n
 * @v: the vCPU; interrupts are on
 * @insn: the instruction
 *
 * Intercepted while TF is forced, and on TCG, where INT3 and INTO come here.
 *
 * Return: enum axv_next.
 */
int axv_svm_swint(struct axv_vcpu *v, const struct axv_x86_sys *insn)
{
	u32 vector = insn->port;
	int r = AXV_RESUME;

	switch (insn->op) {
	case AXV_X86_SYS_INT3:
		vector = AXV_X86_BP;
		r = report_trap(v, vector, insn->len);
		break;
	case AXV_X86_SYS_INTO:
		vector = AXV_X86_OF;
		r = report_trap(v, vector, insn->len);
		break;
	case AXV_X86_SYS_INT:
		break;
	default:
		return AXV_RESUME;
	}
	if (r == AXV_RESUME)
		axv_svm_deliver_soft(v, vector, insn->len);
	return r;
}
