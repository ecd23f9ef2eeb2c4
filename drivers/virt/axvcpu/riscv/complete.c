// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space is told with an exit, and entry commands: what it decided about it.
 *
 * Nothing of an instruction is done before its exit, so that FULFIL does it all, SKIP
 * leaves it out, RETRY is no change, and FAULT puts an exception in its place.
 */
#include <linux/string.h>
#include <asm/csr.h>

#include "riscv.h"
#include "../commands.h"

static const u8 commands[AXVCPU_EXIT_NR] = {
	AXV_EXIT_COMMANDS,
	[AXVCPU_EXIT_IO_READ]		= NONE | RETRY,
	[AXVCPU_EXIT_IO_WRITE]		= NONE | RETRY,
	[AXVCPU_EXIT_CPU_DOWN]		= ACCESS,
	[AXVCPU_EXIT_SEND_IPI]		= NONE | RETRY,
	[AXVCPU_EXIT_EXCEPTION]		= SKIP | RETRY | FAULT,
};

/**
 * axv_riscv_describe() - what goes with any exit
 * @v: the vCPU, at rest
 * @x: in the run page: written only
 *
 * Return: the entry commands that v->exit allows, a mask of 1 << enum axvcpu_command.
 */
u32 notrace axv_riscv_describe(struct axv_vcpu *v, struct axvcpu_exit *x)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;
	u32 mask = commands[v->exit.reason];

	x->raw[0] = t->scause;
	x->raw[1] = t->stval;
	x->raw[2] = t->htval;
	x->raw[3] = t->htinst;
	x->pc = v->arch.ctx.pc;
	x->intr_state = axv_riscv_intr_state_now(v);
	/* Only an instruction whose end is known can be left behind. */
	if (unlikely(!v->exit.insn_len))
		mask &= ~(u32)(FULFIL | SKIP);
	return mask;
}

/* ---- FAULT ---------------------------------------------------------------------- */

/* The bits of the instruction, where they were read, else 0. */
static u32 exit_insn(const struct axvcpu_exit *x)
{
	u32 insn = 0;

	if (x->insn_nr)
		memcpy(&insn, x->insn, x->insn_nr == 2 ? 2 : 4);
	return insn;
}

/* An instruction that writes as well as it reads; some harts let it fault as a load. */
static bool is_amo(const struct axvcpu_exit *x)
{
	struct axv_riscv_insn d;

	if (x->reason != AXVCPU_EXIT_INTERNAL_ERROR || !x->insn_nr)
		return false;
	axv_riscv_decode(exit_insn(x), &d);
	return d.op == AXV_RISCV_AMO || d.op == AXV_RISCV_SC;
}

/* The access fault in the place of a guest page fault. */
static u64 access_fault(const struct axvcpu_exit *x, u64 scause)
{
	switch (scause) {
	case EXC_INST_GUEST_PAGE_FAULT:
		return EXC_INST_ACCESS;
	case EXC_LOAD_GUEST_PAGE_FAULT:
		return is_amo(x) ? EXC_STORE_ACCESS : EXC_LOAD_ACCESS;
	case EXC_STORE_GUEST_PAGE_FAULT:
		return EXC_STORE_ACCESS;
	}
	return EXC_INST_ILLEGAL;
}

static void fault(struct axv_vcpu *v)
{
	const struct axv_riscv_trap *t = &v->arch.ctx.trap;
	const struct axvcpu_exit *x = &v->exit;
	u64 cause;

	switch (x->reason) {
	case AXVCPU_EXIT_MMIO_READ:
	case AXVCPU_EXIT_MMIO_WRITE:
	case AXVCPU_EXIT_NESTED_PAGE_FAULT:
	case AXVCPU_EXIT_INTERNAL_ERROR:
		cause = access_fault(x, t->scause);
		if (cause != EXC_INST_ILLEGAL) {
			axv_riscv_trap_guest(v, cause, t->stval);
			return;
		}
		break;
	case AXVCPU_EXIT_DEBUG:
		axv_riscv_trap_guest(v, EXC_BREAKPOINT, v->arch.ctx.pc);
		return;
	case AXVCPU_EXIT_EXCEPTION:
		axv_riscv_trap_guest(v, x->exception.vector, x->exception.addr);
		return;
	}
	axv_riscv_illegal(v, exit_insn(x));
}

/* ---- complete ------------------------------------------------------------------- */

/* Exits that an ecall of the guest's made. */
static bool is_call(const struct axv_vcpu *v)
{
	switch (v->exit.reason) {
	case AXVCPU_EXIT_HYPERCALL:
	case AXVCPU_EXIT_CPU_UP:
	case AXVCPU_EXIT_CPU_DOWN:
	case AXVCPU_EXIT_SYSTEM_DOWN:
		return true;
	case AXVCPU_EXIT_HALT:
		/* hart_suspend's */
		return v->arch.ctx.trap.scause == EXC_SUPERVISOR_SYSCALL;
	}
	return false;
}

static noinline int complete_other(struct axv_vcpu *v, u32 cmd, u64 data)
{
	if (is_call(v))
		return axv_riscv_sbi_complete(v, cmd, data);
	if (cmd == AXVCPU_CMD_FAULT) {
		fault(v);
		return AXV_RESUME;
	}
	if (cmd == AXVCPU_CMD_FULFIL && (v->exit.reason == AXVCPU_EXIT_SYSREG_READ ||
					 v->exit.reason == AXVCPU_EXIT_SYSREG_WRITE))
		return axv_riscv_csr_complete(v, data);
	/* FULFIL of HALT, too: as if an event had ended it the moment it began */
	axv_riscv_skip(v, v->exit.insn_len);
	return AXV_RESUME;
}

/**
 * axv_riscv_complete() - do what user space decided about v->exit
 * @v: the vCPU, at rest
 * @cmd: enum axvcpu_command; one of those axv_riscv_describe() gave
 * @data: FULFIL: the value read, or the call's result
 *
 * Return: enum axv_next; AXV_EXIT where an instruction makes another access.
 */
int notrace axv_riscv_complete(struct axv_vcpu *v, u32 cmd, u64 data)
{
	if (cmd == AXVCPU_CMD_RETRY)
		return AXV_RESUME;
	if (unlikely(cmd != AXVCPU_CMD_FULFIL || (v->exit.reason != AXVCPU_EXIT_MMIO_READ &&
						  v->exit.reason != AXVCPU_EXIT_MMIO_WRITE)))
		return complete_other(v, cmd, data);
	if (v->exit.reason == AXVCPU_EXIT_MMIO_READ)
		axv_riscv_load(v, data);
	axv_riscv_skip(v, v->exit.insn_len);
	return AXV_RESUME;
}
