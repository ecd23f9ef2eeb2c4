// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI's hart state management: harts that start, stop and sleep.
 *
 * Where the VM was made with AXVCPU_VM_KERNEL_START a hart starts another one, or
 * stops, without the VMM. Else it is asked, by CPU_UP and CPU_DOWN. What a hart's
 * state is stands in its vCPU either way: it is stopped while it waits for a start.
 */
#include <asm/csr.h>
#include <asm/sbi.h>

#include "riscv.h"

#define SUSPEND_NON_RETENTIVE	SBI_HSM_SUSPEND_NON_RET_DEFAULT

static bool in_kernel(const struct axv_vcpu *v)
{
	return v->vm->flags & AXVCPU_VM_KERNEL_START;
}

/* Set up, so that it can be started at all. */
static bool is_there(const struct axv_vcpu *v)
{
	u32 state = READ_ONCE(v->state);

	return state != AXVCPU_STATE_CREATED && state != AXVCPU_STATE_INVALID;
}

/**
 * axv_riscv_is_stopped() - does it wait for a start?
 * @v: any vCPU
 */
bool axv_riscv_is_stopped(const struct axv_vcpu *v)
{
	return READ_ONCE(v->arch.irq.wait_start) || !is_there(v);
}

/* An address where a hart could begin. */
static bool is_entry(const struct axv_vcpu *v, u64 pc)
{
	return !(pc & 1) && !axv_riscv_beyond(v, pc);
}

/* ---- start ---------------------------------------------------------------------- */

static long start_hart(struct axv_vcpu *v, u64 hartid, u64 pc, u64 arg)
{
	struct axv_riscv_irq *irq;
	long error = 0;
	struct axv_vcpu *t;

	t = axv_riscv_find_hart(v->vm, hartid);
	if (!t || !is_there(t))
		return SBI_ERR_INVALID_PARAM;
	if (!is_entry(v, pc))
		return SBI_ERR_INVALID_ADDRESS;
	irq = &t->arch.irq;
	raw_spin_lock(&irq->lock);
	if (irq->wait_start && !irq->start) {
		irq->start_pc = pc;
		irq->start_arg = arg;
		irq->start_has_arg = true;
		WRITE_ONCE(irq->start, true);
		WRITE_ONCE(irq->any, true);
	} else {
		error = SBI_ERR_ALREADY_AVAILABLE;
	}
	raw_spin_unlock(&irq->lock);
	if (!error)
		axv_vcpu_kick(t);
	return error;
}

static int hart_start(struct axv_vcpu *v)
{
	const u64 *a = &v->arch.ctx.x[AXV_A0];

	if (in_kernel(v))
		return axv_riscv_sbi_answer(v, start_hart(v, a[0], a[1], a[2]), 0);
	axv_riscv_new_exit(v, AXVCPU_EXIT_CPU_UP);
	v->exit.insn_len = 4;
	v->exit.cpu_up.target = a[0];
	v->exit.cpu_up.entry = a[1];
	v->exit.cpu_up.arg = a[2];
	return AXV_EXIT;
}

/* ---- stop ----------------------------------------------------------------------- */

/* Nothing of the hart is left to be gone back to: it begins anew. */
static int stop(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->stopped = true;
	irq->start = false;
	irq->exc_queued = false;
	irq->raise &= ~(u64)AXV_LINE_SOFT;
	WRITE_ONCE(irq->wait_start, true);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return AXV_HALT;
}

static int hart_stop(struct axv_vcpu *v)
{
	if (in_kernel(v))
		return stop(v);
	axv_riscv_new_exit(v, AXVCPU_EXIT_CPU_DOWN);
	v->exit.insn_len = 4;
	return AXV_EXIT;
}

/* ---- suspend -------------------------------------------------------------------- */

/* Is a retentive one, or one after which the hart begins at a new place. */
static bool is_retentive(const struct axv_vcpu *v)
{
	return !((u32)v->arch.ctx.x[AXV_A0] & SBI_HSM_SUSP_NON_RET_BIT);
}

/* The guest's registers as they are when it is over. */
static void end_suspend(struct axv_vcpu *v)
{
	const u64 *a = &v->arch.ctx.x[AXV_A0];

	if (is_retentive(v))
		axv_riscv_sbi_answer(v, 0, 0);
	else
		axv_riscv_begin_at(v, a[1], a[2]);
}

static int hart_suspend(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	const u64 *a = &v->arch.ctx.x[AXV_A0];

	switch ((u32)a[0]) {
	case SBI_HSM_SUSPEND_RET_DEFAULT:
		break;
	case SUSPEND_NON_RETENTIVE:
		if (is_entry(v, a[1]))
			break;
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_ADDRESS, 0);
	default:
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
	}
	if (axv_riscv_irq_wakes(v)) {
		end_suspend(v);
		return AXV_RESUME;
	}
	if (v->entry_flags & AXVCPU_ENTRY_EXIT_ON_HALT) {
		axv_riscv_new_exit(v, AXVCPU_EXIT_HALT);
		v->exit.insn_len = 4;
		return AXV_EXIT;
	}
	end_suspend(v);
	WRITE_ONCE(irq->suspended, true);
	WRITE_ONCE(irq->halted, true);
	axv_riscv_imsic_arm(v);
	return AXV_HALT;
}

/* ---- status --------------------------------------------------------------------- */

/* With the lock: between two looks a start may have been taken, or a hart have stopped. */
static u32 status_of(struct axv_vcpu *t)
{
	struct axv_riscv_irq *irq = &t->arch.irq;
	u32 status = SBI_HSM_STATE_STARTED;

	raw_spin_lock(&irq->lock);
	if (axv_riscv_is_stopped(t))
		status = irq->start ? SBI_HSM_STATE_START_PENDING : SBI_HSM_STATE_STOPPED;
	else if (READ_ONCE(irq->halted) && READ_ONCE(irq->suspended))
		status = SBI_HSM_STATE_SUSPENDED;
	raw_spin_unlock(&irq->lock);
	return status;
}

static int hart_status(struct axv_vcpu *v)
{
	struct axv_vcpu *t = axv_riscv_find_hart(v->vm, v->arch.ctx.x[AXV_A0]);

	if (!t)
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
	return axv_riscv_sbi_answer(v, 0, status_of(t));
}

/**
 * axv_riscv_sbi_hsm() - the HSM extension
 * @v: the vCPU, in the section
 * @fid: function
 *
 * Return: enum axv_next.
 */
int axv_riscv_sbi_hsm(struct axv_vcpu *v, u64 fid)
{
	switch (fid) {
	case SBI_EXT_HSM_HART_START:
		return hart_start(v);
	case SBI_EXT_HSM_HART_STOP:
		return hart_stop(v);
	case SBI_EXT_HSM_HART_STATUS:
		return hart_status(v);
	case SBI_EXT_HSM_HART_SUSPEND:
		return hart_suspend(v);
	}
	return axv_riscv_sbi_answer(v, SBI_ERR_NOT_SUPPORTED, 0);
}

/**
 * axv_riscv_sbi_hsm_fulfil() - FULFIL of CPU_UP, CPU_DOWN, or HALT by hart_suspend
 * @v: the vCPU, at rest
 * @data: an SBI error, 0: done
 *
 * Return: enum axv_next.
 */
int axv_riscv_sbi_hsm_fulfil(struct axv_vcpu *v, u64 data)
{
	if (v->exit.reason == AXVCPU_EXIT_HALT) {
		/* as if an event had ended it the moment it began */
		end_suspend(v);
		return AXV_RESUME;
	}
	if (v->exit.reason == AXVCPU_EXIT_CPU_DOWN && !data)
		return stop(v);
	return axv_riscv_sbi_answer(v, data, 0);
}
