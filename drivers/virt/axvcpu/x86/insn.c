// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done about an exit once the hardware's word for it is read: instructions
 * of a known length, exceptions, and what is the host's own.
 */
#include <linux/errno.h>
#include <asm/mce.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "x86.h"
#include "decode.h"

/**
 * axv_x86_unexpected() - an exit nobody asked for
 * @v: the vCPU
 *
 * Return: AXV_EXIT with INTERNAL_ERROR; raw[] says which.
 */
int axv_x86_unexpected(struct axv_vcpu *v)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = AXVCPU_ERROR_UNEXPECTED;
	return AXV_EXIT;
}

/* ---- the host's own ------------------------------------------------------------- */

/**
 * axv_x86_exit_intr() - a host interrupt is pending; taken when the section has ended
 * @v: the vCPU
 *
 * Return: enum axv_next.
 */
int axv_x86_exit_intr(struct axv_vcpu *v)
{
	if (!(v->vm->flags & AXVCPU_VM_EXTINT_EXITS))
		return AXV_BREAK;
	axv_x86_new_exit(v, AXVCPU_EXIT_EXTERNAL_INTERRUPT);
	return AXV_EXIT;
}

/**
 * axv_x86_exit_mc() - a machine check: hand it to the host, as if from user mode
 * @v: the vCPU
 *
 * Return: AXV_BREAK.
 */
int axv_x86_exit_mc(struct axv_vcpu *v)
{
#ifdef CONFIG_X86_MCE
	struct pt_regs regs = {
		.cs = 3,
		.flags = X86_EFLAGS_IF,
	};

	do_machine_check(&regs);
#endif
	return AXV_BREAK;
}

/* ---- exceptions ----------------------------------------------------------------- */

/**
 * axv_x86_exit_exception() - one that was intercepted, for the VMM or for none
 * @v: the vCPU
 * @vector: which
 * @error: error code
 * @addr: #PF: the address
 *
 * Return: AXV_EXIT where the VM asked for it; else AXV_RESUME, and the guest has it.
 */
int axv_x86_exit_exception(struct axv_vcpu *v, u32 vector, u32 error, u64 addr)
{
	struct axv_x86_mode m;
	bool has_error;

	axv_x86_get_mode(v, &m);
	has_error = axv_x86_has_error(vector) && (m.cr0 & X86_CR0_PE);
	if (!(v->vm->exception_exits & BIT(vector))) {
		if (vector == AXV_X86_PF)
			axv_x86_queue_pf(v, addr, error);
		else
			axv_x86_queue_exception(v, vector, has_error ? error : 0);
		return AXV_RESUME;
	}
	axv_x86_new_exit(v, AXVCPU_EXIT_EXCEPTION);
	v->exit.exception.vector = vector;
	v->exit.exception.has_error = has_error;
	if (has_error)
		v->exit.exception.error_code = error;
	if (vector == AXV_X86_PF)
		v->exit.exception.addr = addr;
	return AXV_EXIT;
}

/**
 * axv_x86_exit_ud() - an instruction the guest does not have
 * @v: the vCPU
 *
 * Return: AXV_RESUME.
 */
int axv_x86_exit_ud(struct axv_vcpu *v)
{
	axv_x86_queue_exception(v, AXV_X86_UD, 0);
	return AXV_RESUME;
}

/**
 * axv_x86_exit_gp() - one the guest may not use
 * @v: the vCPU
 *
 * Return: AXV_RESUME.
 */
int axv_x86_exit_gp(struct axv_vcpu *v)
{
	axv_x86_queue_gp(v);
	return AXV_RESUME;
}

/* ---- instructions of a known length --------------------------------------------- */

/**
 * axv_x86_insn_cpuid() - CPUID
 * @v: the vCPU
 * @len: bytes of the instruction, as for all of these
 *
 * Return: enum axv_next, as all of these.
 */
int axv_x86_insn_cpuid(struct axv_vcpu *v, unsigned int len)
{
	axv_x86_cpuid(v);
	axv_x86_skip(v, len);
	return AXV_RESUME;
}

/** axv_x86_insn_msr() - RDMSR, or WRMSR with @write */
int axv_x86_insn_msr(struct axv_vcpu *v, bool write, unsigned int len)
{
	int r = write ? axv_x86_wrmsr(v) : axv_x86_rdmsr(v);

	if (r == AXV_RESUME || r == AXV_BREAK) {
		axv_x86_skip(v, len);
	} else if (r == AXV_EXIT) {
		v->exit.insn_len = len;
		v->exit.insn_nr = 0;
	}
	return r == AXV_X86_FAULTED ? AXV_RESUME : r;
}

/** axv_x86_insn_hlt() - HLT */
int axv_x86_insn_hlt(struct axv_vcpu *v, unsigned int len)
{
	if (v->entry_flags & AXVCPU_ENTRY_EXIT_ON_HALT) {
		axv_x86_new_exit(v, AXVCPU_EXIT_HALT);
		v->exit.insn_len = len;
		return AXV_EXIT;
	}
	axv_x86_skip(v, len);
	axv_x86_set_halted(v);
	return AXV_HALT;
}

/** axv_x86_insn_nothing() - INVD, WBINVD: caches are the host's, and coherent */
int axv_x86_insn_nothing(struct axv_vcpu *v, unsigned int len)
{
	axv_x86_skip(v, len);
	return AXV_RESUME;
}

/* ---- the instruction's bytes ---------------------------------------------------- */

/**
 * axv_x86_decode_insn() - the intercepted instruction at rip, by its bytes
 * @v: the vCPU; interrupts are on
 * @insn: filled in
 * @next: what else is to be done, enum axv_next or a negative errno
 *
 * Without next-RIP save its length is in its bytes only: prefixes that change nothing
 * are legal before any of them.
 *
 * Return: true when it was decoded.
 */
bool axv_x86_decode_insn(struct axv_vcpu *v, struct axv_x86_sys *insn, int *next)
{
	u8 bytes[AXV_X86_INSN_MAX + 1] = {};
	struct axv_x86_mode m;
	int n;

	n = axv_x86_fetch(v, bytes);
	/* A fault now: another CPU took the page away meanwhile. */
	*next = AXV_RESUME;
	if (n == 0 || n == -EAGAIN)
		return false;
	if (n == -EINTR || n == -ENOMEM) {
		*next = n;
		return false;
	}
	if (n < 0) {
		axv_x86_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
		v->exit.internal.what = AXVCPU_ERROR_FETCH;
		*next = AXV_EXIT;
		return false;
	}
	axv_x86_get_mode(v, &m);
	/* Other bytes than those that exited: the guest is to run them. */
	return !axv_x86_decode_system(bytes, n, m.bits, insn);
}
