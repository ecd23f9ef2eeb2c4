// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry commands: what user space decided about the exit it was given.
 *
 * Nothing of an instruction is done before its exit, so that FULFIL does it
 * all, SKIP leaves it out, RETRY is no change, and FAULT puts an exception in
 * its place.
 */
#include <asm/processor-flags.h>

#include "../commands.h"
#include "emul.h"

const u8 axv_x86_exit_command[AXVCPU_EXIT_NR] = {
	AXV_EXIT_COMMANDS,
	[AXVCPU_EXIT_IO_READ]		= ACCESS,
	[AXVCPU_EXIT_IO_WRITE]		= ACCESS,
	[AXVCPU_EXIT_CPU_DOWN]		= NONE | RETRY,
	[AXVCPU_EXIT_SEND_IPI]		= NONE | RETRY,
	[AXVCPU_EXIT_EXCEPTION]		= SKIP | RETRY | FAULT,
};

static bool is_mmio(const struct axvcpu_exit *x)
{
	return x->reason == AXVCPU_EXIT_MMIO_READ || x->reason == AXVCPU_EXIT_MMIO_WRITE;
}

static bool is_pio(const struct axvcpu_exit *x)
{
	return x->reason == AXVCPU_EXIT_IO_READ || x->reason == AXVCPU_EXIT_IO_WRITE;
}

/* Only an instruction that was about to be executed can be skipped. */
static bool can_skip(const struct axvcpu_exit *x)
{
	if (x->reason == AXVCPU_EXIT_DEBUG && x->debug.kind != AXVCPU_DEBUG_SW_BP)
		return false;
	return x->insn_len;
}

/**
 * axv_x86_exit_commands_slow() - see axv_x86_exit_commands()
 * @x: an exit without an instruction to be skipped, or DEBUG
 */
u32 axv_x86_exit_commands_slow(const struct axvcpu_exit *x)
{
	u32 commands = axv_x86_exit_command[x->reason];

	if (!can_skip(x)) {
		commands &= ~SKIP;
		/* MMIO and port I/O know their instruction on their own */
		if (!is_mmio(x) && !is_pio(x))
			commands &= ~FULFIL;
	}
	return commands;
}

/* ---- FULFIL ------------------------------------------------------------------------ */

/* Of a write to the local APIC, by WRMSR or in its page. */
static int fulfil_lapic(struct axv_vcpu *v)
{
	int r = axv_x86_lapic_complete(v);

	if (r != AXV_RESUME)
		return r;
	if (v->arch.emul->active)
		return axv_x86_mmio_complete(v, 0);
	axv_x86_skip(v, v->exit.insn_len);
	return AXV_RESUME;
}

static __always_inline int fulfil(struct axv_vcpu *v, u64 data)
{
	if (v->exit.reason == AXVCPU_EXIT_HYPERCALL) {
		*axv_x86_reg(v, AXVCPU_X86_RAX) = data;
		axv_x86_skip(v, v->exit.insn_len);
		return AXV_RESUME;
	}
	if (unlikely(v->arch.lapic.asked))
		return fulfil_lapic(v);
	switch (v->exit.reason) {
	case AXVCPU_EXIT_MMIO_READ:
	case AXVCPU_EXIT_MMIO_WRITE:
		return axv_x86_mmio_complete(v, data);
	case AXVCPU_EXIT_IO_READ:
	case AXVCPU_EXIT_IO_WRITE:
		return axv_x86_pio_complete(v, data);
	case AXVCPU_EXIT_SYSREG_READ:
		*axv_x86_reg(v, AXVCPU_X86_RAX) = (u32)data;
		*axv_x86_reg(v, AXVCPU_X86_RDX) = data >> 32;
		break;
	case AXVCPU_EXIT_HALT:
		/* as if an event had ended it the moment it began */
		axv_x86_end_halt(v);
		break;
	}
	axv_x86_skip(v, v->exit.insn_len);
	return AXV_RESUME;
}

/* ---- FAULT --------------------------------------------------------------------------- */

/* #BP and #OF are traps: their handler returns behind the instruction. */
static void trap_behind(struct axv_vcpu *v, u32 vector)
{
	struct axv_x86_mode m;

	axv_x86_get_mode(v, &m);
	v->arch.gpr.rip += v->exit.insn_len ?: 1;
	if (m.bits != 64)
		v->arch.gpr.rip = (u32)v->arch.gpr.rip;
	v->arch.gpr.rflags &= ~(u64)X86_EFLAGS_RF;
	v->arch.shadow = false;
	axv_x86_queue_exception(v, vector, 0);
}

static void fault_debug(struct axv_vcpu *v)
{
	const struct axvcpu_exit *x = &v->exit;

	if (x->debug.kind == AXVCPU_DEBUG_SW_BP) {
		trap_behind(v, AXV_X86_BP);
		return;
	}
	axv_x86_queue_db(v, x->debug.dr6);
}

static void fault_exception(struct axv_vcpu *v)
{
	const struct axvcpu_exit *x = &v->exit;

	switch (x->exception.vector) {
	case AXV_X86_BP:
	case AXV_X86_OF:
		trap_behind(v, x->exception.vector);
		break;
	case AXV_X86_PF:
		axv_x86_queue_pf(v, x->exception.addr, x->exception.error_code);
		break;
	default:
		axv_x86_queue_exception(v, x->exception.vector,
					x->exception.has_error ? x->exception.error_code : 0);
	}
}

static void fault(struct axv_vcpu *v)
{
	switch (v->exit.reason) {
	case AXVCPU_EXIT_HYPERCALL:
		axv_x86_queue_exception(v, AXV_X86_UD, 0);
		break;
	case AXVCPU_EXIT_DEBUG:
		fault_debug(v);
		break;
	case AXVCPU_EXIT_EXCEPTION:
		fault_exception(v);
		break;
	default:
		axv_x86_queue_gp(v);
	}
}

/**
 * axv_x86_complete() - do what user space decided about v->exit
 * @v: the vCPU
 * @cmd: enum axvcpu_command; one of those axv_x86_exit_commands() gave
 * @data: FULFIL: the value read, or the hypercall's result
 *
 * Return: enum axv_next; AXV_EXIT where an instruction makes another access.
 */
int axv_x86_complete(struct axv_vcpu *v, u32 cmd, u64 data)
{
	int r;

	if (likely(cmd == AXVCPU_CMD_FULFIL)) {
		r = fulfil(v, data);
		return r == AXV_X86_FAULTED ? AXV_RESUME : r;
	}
	if (is_mmio(&v->exit) || v->arch.lapic.asked)
		axv_x86_mmio_cancel(v);
	v->arch.lapic.asked = AXV_LAPIC_NOTHING;
	if (cmd == AXVCPU_CMD_SKIP)
		axv_x86_skip(v, v->exit.insn_len);
	else if (cmd == AXVCPU_CMD_FAULT)
		fault(v);
	return AXV_RESUME;
}
