// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging, as far as it is the same for every backend: the host's registers during a
 * section, and what the VMM is told.
 *
 * v->arch.debug is canonical. MOV DR and #DB are always intercepted. DR0-3 are in the
 * CPU only while a breakpoint is enabled.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/thread_info.h>

#include "debug.h"
#include "decode.h"

#define DR7_SET		BIT(10)
/* condition of breakpoint @n: 0 instruction, 1 write, 2 port, 3 access */
#define DR7_RW(dr7, n)	(((dr7) >> (16 + (n) * 4)) & 3)

/* DR0_ADDR_MASK to DR3_ADDR_MASK */
static const u32 dr_mask_msrs[4] = { 0xc0011027, 0xc0011019, 0xc001101a, 0xc001101b };

static bool vmm_breakpoints(const struct axv_vcpu *v)
{
	return v->arch.debug.control & AXVCPU_X86_DEBUG_HW_BP;
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
static void clear_masks(struct axv_x86_host_debug *host)
{
	unsigned int i;

	if (!boot_cpu_has(X86_FEATURE_BPEXT) || !hw_breakpoint_active())
		return;
	for (i = 0; i < 4; i++) {
		host->dr_mask[i] = axv_x86_read_msr(dr_mask_msrs[i]);
		axv_x86_write_msr(dr_mask_msrs[i], 0);
	}
	host->dr_mask_set = true;
}

/**
 * axv_x86_debug_begin_slow() - see axv_x86_debug_begin()
 * @v: the vCPU
 * @host: where the host's registers go
 */
void axv_x86_debug_begin_slow(struct axv_vcpu *v, struct axv_x86_host_debug *host)
{
	const __u64 *dr = effective_dr(v);
	unsigned long guest[4] = { dr[0], dr[1], dr[2], dr[3] };

	/* ptrace's block step would make branch steps of the guest's steps. */
	if (unlikely(test_thread_flag(TIF_BLOCKSTEP))) {
		host->debugctl = axv_x86_read_msr(MSR_IA32_DEBUGCTLMSR);
		axv_x86_write_msr(MSR_IA32_DEBUGCTLMSR, host->debugctl & ~DEBUGCTLMSR_BTF);
		host->debugctl_set = true;
	}

	if (likely(!(axv_x86_effective_dr7(v) & AXV_X86_DR7_ENABLES)))
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
	host->set = true;
}

/**
 * axv_x86_debug_end_slow() - DR0-DR3 are the host's again
 * @host: them
 */
void axv_x86_debug_end_slow(struct axv_x86_host_debug *host)
{
	unsigned int i;

	load_dr(host->dr);
	host->set = false;
	if (!host->dr_mask_set)
		return;
	for (i = 0; i < 4; i++)
		axv_x86_write_msr(dr_mask_msrs[i], host->dr_mask[i]);
	host->dr_mask_set = false;
}

/* ---- what is told to the VMM ---------------------------------------------------- */

static u64 linear_rip(struct axv_vcpu *v)
{
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	if (m.bits == 64)
		return v->arch.gpr.rip;
	return (u32)(m.cs_base + v->arch.gpr.rip);
}

/**
 * axv_x86_debug_exit() - DEBUG
 * @v: the vCPU
 * @kind: enum axvcpu_debug_kind
 * @dr6: as the guest would see it
 *
 * Return: AXV_EXIT.
 */
int axv_x86_debug_exit(struct axv_vcpu *v, u32 kind, u64 dr6)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_DEBUG);
	v->exit.debug.kind = kind;
	v->exit.debug.dr6 = dr6;
	v->exit.debug.addr = linear_rip(v);
	return AXV_EXIT;
}

/**
 * axv_x86_step_done() - a step of the VMM's is over without a #DB
 * @v: the vCPU
 *
 * Return: AXV_EXIT.
 */
int axv_x86_step_done(struct axv_vcpu *v)
{
	u64 dr6 = v->arch.debug.dr6 & ~(u64)DR_TRAP_BITS;

	return axv_x86_debug_exit(v, AXVCPU_DEBUG_STEP, dr6 | DR6_RESERVED | DR_STEP);
}

/**
 * axv_x86_is_insn_breakpoint() - is one of the VMM's instruction breakpoints in @dr6?
 * @v: the vCPU
 * @dr6: as #DB gave it
 */
bool axv_x86_is_insn_breakpoint(const struct axv_vcpu *v, u64 dr6)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if ((dr6 & BIT(i)) && !DR7_RW(v->arch.debug.bp_dr7, i))
			return true;
	return false;
}

/**
 * axv_x86_report_trap() - INT3 or INTO, which the VMM may want to see
 * @v: the vCPU
 * @vector: #BP or #OF
 * @len: bytes of the instruction
 *
 * Return: AXV_EXIT, or AXV_RESUME where it does not.
 */
int axv_x86_report_trap(struct axv_vcpu *v, u32 vector, u32 len)
{
	if (vector == AXV_X86_BP && (v->arch.debug.control & AXVCPU_X86_DEBUG_SW_BP)) {
		axv_x86_debug_exit(v, AXVCPU_DEBUG_SW_BP, v->arch.debug.dr6);
	} else if (v->vm->exception_exits & BIT(vector)) {
		axv_x86_new_exit(v, AXVCPU_EXIT_EXCEPTION);
		v->exit.exception.vector = vector;
	} else {
		return AXV_RESUME;
	}
	v->exit.insn_len = len;
	return AXV_EXIT;
}

/**
 * axv_x86_trap_len() - the length of the INT3 or INTO at rip
 * @v: the vCPU; interrupts are on
 *
 * Return: it, by the bytes where they can be had.
 */
u32 axv_x86_trap_len(struct axv_vcpu *v)
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
