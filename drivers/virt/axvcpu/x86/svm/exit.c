// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to do about each exit code: in the section where that is possible, with
 * interrupts on where something may sleep or the instruction's bytes are needed.
 */
#include <asm/mce.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "svm.h"
#include "../decode.h"
#include "../emul.h"

/* ---- what is left to say -------------------------------------------------------- */

/**
 * axv_svm_unexpected() - an exit nobody asked for
 * @v: the vCPU
 *
 * Return: AXV_EXIT with INTERNAL_ERROR; raw[] says which.
 */
int axv_svm_unexpected(struct axv_vcpu *v)
{
	axv_x86_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = AXVCPU_ERROR_UNEXPECTED;
	return AXV_EXIT;
}

/**
 * axv_svm_shutdown() - a triple fault
 * @v: the vCPU
 *
 * The guest's state is undefined from now on: entering again gives the same
 * until there is another one.
 *
 * Return: AXV_EXIT.
 */
int axv_svm_shutdown(struct axv_vcpu *v)
{
	v->arch.svm->shutdown = true;
	axv_x86_new_exit(v, AXVCPU_EXIT_SHUTDOWN);
	return AXV_EXIT;
}

/* ---- the host's own ------------------------------------------------------------- */

/* INTR, SMI, INIT: pending; taken when the section has ended. */
static int exit_intr(struct axv_vcpu *v)
{
	if (!(v->vm->flags & AXVCPU_VM_EXTINT_EXITS))
		return AXV_BREAK;
	axv_x86_new_exit(v, AXVCPU_EXIT_EXTERNAL_INTERRUPT);
	return AXV_EXIT;
}

static int exit_break(struct axv_vcpu *v)
{
	return AXV_BREAK;
}

/* NMI: was taken when GIF was set again. */
static int exit_nmi(struct axv_vcpu *v)
{
	return AXV_RESUME;
}

/* #MC is the host's: hand it over as KVM does, as if from user mode. */
static int exit_mc(struct axv_vcpu *v)
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

static int exit_shutdown(struct axv_vcpu *v)
{
	return axv_svm_shutdown(v);
}

/* ---- exceptions ----------------------------------------------------------------- */

/* Those vm->exception_exits names, #AC, and all while TF is forced. */
static int exit_exception(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u32 vector = vmcb->exit_code - VMEXIT_EXCP(0);
	bool error = axv_x86_has_error(vector) && (vmcb->save.cr0 & X86_CR0_PE);

	if (!(v->vm->exception_exits & BIT(vector))) {
		if (vector == AXV_X86_PF)
			axv_x86_queue_pf(v, vmcb->exit_info2, vmcb->exit_info1);
		else
			axv_x86_queue_exception(v, vector, error ? vmcb->exit_info1 : 0);
		return AXV_RESUME;
	}
	axv_x86_new_exit(v, AXVCPU_EXIT_EXCEPTION);
	v->exit.exception.vector = vector;
	v->exit.exception.has_error = error;
	if (error)
		v->exit.exception.error_code = vmcb->exit_info1;
	if (vector == AXV_X86_PF)
		v->exit.exception.addr = vmcb->exit_info2;
	return AXV_EXIT;
}

/* ---- instructions of a known length --------------------------------------------- */

static int insn_cpuid(struct axv_vcpu *v, unsigned int len)
{
	axv_x86_cpuid(v);
	axv_x86_skip(v, len);
	return AXV_RESUME;
}

static int insn_msr(struct axv_vcpu *v, unsigned int len)
{
	int r;

	if (v->arch.svm->vmcb->exit_info1 & MSR_INFO_WRITE)
		r = axv_x86_wrmsr(v);
	else
		r = axv_x86_rdmsr(v);
	if (r == AXV_RESUME) {
		axv_x86_skip(v, len);
	} else if (r == AXV_EXIT) {
		v->exit.insn_len = len;
		v->exit.insn_nr = 0;
	}
	return r == AXV_X86_FAULTED ? AXV_RESUME : r;
}

static int insn_hlt(struct axv_vcpu *v, unsigned int len)
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

/*
 * A hypercall, at any privilege: what user mode may ask for is the VMM's to
 * decide, which FAULT makes a #UD of.
 */
static int insn_vmmcall(struct axv_vcpu *v, unsigned int len)
{
	static const u8 regs[6] = {
		AXVCPU_X86_RDI, AXVCPU_X86_RSI, AXVCPU_X86_RDX,
		AXVCPU_X86_RCX, AXVCPU_X86_R8, AXVCPU_X86_R9,
	};
	struct axv_x86_mode m;
	unsigned int i;
	u64 mask;

	axv_x86_get_mode(v, &m);
	mask = m.bits == 64 ? ~0ull : U32_MAX;
	axv_x86_new_exit(v, AXVCPU_EXIT_HYPERCALL);
	v->exit.insn_len = len;
	v->exit.hypercall.nr = *axv_x86_reg(v, AXVCPU_X86_RAX) & mask;
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		v->exit.hypercall.args[i] = *axv_x86_reg(v, regs[i]) & mask;
	return AXV_EXIT;
}

/* INVD, WBINVD: caches are the host's, and coherent. */
static int insn_nothing(struct axv_vcpu *v, unsigned int len)
{
	axv_x86_skip(v, len);
	return AXV_RESUME;
}

/* ---- instructions the guest does not have --------------------------------------- */

static int exit_ud(struct axv_vcpu *v)
{
	axv_x86_queue_exception(v, AXV_X86_UD, 0);
	return AXV_RESUME;
}

static int exit_gp(struct axv_vcpu *v)
{
	axv_x86_queue_gp(v);
	return AXV_RESUME;
}

/* ---- the instruction's bytes ---------------------------------------------------- */

/*
 * The instruction at rip. Without next-RIP save its length is in its bytes only:
 * prefixes that change nothing are legal before any of them.
 */
static bool decode_insn(struct axv_vcpu *v, struct axv_x86_sys *insn, int *next)
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

/* ---- IOIO ----------------------------------------------------------------------- */

/* What EXITINFO1 should have said about INS or OUTS, from the bytes. */
static bool decode_string(struct axv_vcpu *v, struct axv_x86_pio *io, int *next)
{
	struct axv_x86_sys insn;

	if (!decode_insn(v, &insn, next))
		return false;
	if (insn.op != (io->in ? AXV_X86_SYS_INS : AXV_X86_SYS_OUTS))
		return false;
	io->addr_bits = insn.addr_bits;
	io->rep = insn.rep;
	io->seg = insn.seg == AXV_X86_NONE ? AXVCPU_X86_DS : insn.seg;
	io->len = insn.len;
	return true;
}

static int do_ioio(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 info = vmcb->exit_info1;
	u64 len = vmcb->exit_info2 - v->arch.gpr.rip;
	struct axv_x86_pio io = {
		.port = IOIO_INFO_PORT(info),
		.width = IOIO_INFO_SZ(info),
		.in = info & IOIO_INFO_IN,
		.string = info & IOIO_INFO_STR,
		.rep = info & IOIO_INFO_REP,
		.addr_bits = IOIO_INFO_ADDR(info) * 16,
		.seg = -1,
		/* The next rip is there with every SVM; wrapped, it is not far off. */
		.len = (u32)len <= AXV_X86_INSN_MAX ? (u32)len : 0,
	};
	int r = AXV_RESUME;

	if (io.string && axv_svm_has(AXV_SVM_DECODE_ASSISTS))
		io.seg = IOIO_INFO_SEG(info);
	if (io.string && !io.addr_bits && !decode_string(v, &io, &r))
		return r;
	r = axv_x86_pio(v, &io);
	return r == AXV_X86_FAULTED ? AXV_RESUME : r;
}

/* Strings touch guest memory, and a length that is missing is to be read. */
static int exit_ioio(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 len = vmcb->exit_info2 - v->arch.gpr.rip;

	if ((vmcb->exit_info1 & IOIO_INFO_STR) || !len || len > AXV_X86_INSN_MAX)
		return AXV_SLOW;
	return do_ioio(v);
}

/* ---- the table ------------------------------------------------------------------ */

/**
 * struct exit_row - an exit code
 * @fast: serves it in the section; may say AXV_SLOW
 * @slow: serves it with interrupts on
 * @len: does the instruction, given its length; either way
 * @insn: does the instruction, given its bytes; with interrupts on
 * @op: the instruction, for @len
 * @op2: or this one
 *
 * One of @fast, @slow, @len and @insn at least; @fast and @slow may be both.
 */
struct exit_row {
	int (*fast)(struct axv_vcpu *v);
	int (*slow)(struct axv_vcpu *v);
	int (*len)(struct axv_vcpu *v, unsigned int len);
	int (*insn)(struct axv_vcpu *v, const struct axv_x86_sys *insn);
	u8 op;
	u8 op2;
};

#define FAST(fn)		{ .fast = fn }
#define SLOW(fn)		{ .slow = fn }
#define INSN(fn)		{ .insn = fn }
#define LEN(fn, _op)		{ .len = fn, .op = AXV_X86_SYS_##_op, .op2 = AXV_X86_SYS_##_op }

/* In the order of the APM, volume 2, appendix C. */
static const struct exit_row exit_rows[] = {
	[VMEXIT_CR_READ(0) ... VMEXIT_CR_READ(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_CR_WRITE(0) ... VMEXIT_CR_WRITE(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_DR_READ(0) ... VMEXIT_DR_READ(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_DR_WRITE(0) ... VMEXIT_DR_WRITE(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_EXCP(0)]				= FAST(exit_exception),
	[VMEXIT_EXCP(AXV_X86_DB)]			= FAST(axv_svm_db),
	[VMEXIT_EXCP(AXV_X86_BP)]			= SLOW(axv_svm_bp),
	[VMEXIT_EXCP(AXV_X86_OF)]			= SLOW(axv_svm_bp),
	[VMEXIT_EXCP(5) ... VMEXIT_EXCP(17)]		= FAST(exit_exception),
	[VMEXIT_EXCP(AXV_X86_MC)]			= FAST(exit_mc),
	[VMEXIT_EXCP(19) ... VMEXIT_EXCP(31)]		= FAST(exit_exception),
	[VMEXIT_INTR]					= FAST(exit_intr),
	[VMEXIT_NMI]					= FAST(exit_nmi),
	[VMEXIT_SMI]					= FAST(exit_break),
	[VMEXIT_INIT]					= FAST(exit_break),
	[VMEXIT_VINTR]					= FAST(axv_svm_vintr),
	[VMEXIT_CR0_SEL_WRITE]				= INSN(axv_x86_do_system),
	[VMEXIT_RDPMC]					= FAST(exit_gp),
	[VMEXIT_PUSHF]					= INSN(axv_x86_do_system),
	[VMEXIT_POPF]					= FAST(axv_svm_note_flags),
	[VMEXIT_CPUID]					= LEN(insn_cpuid, CPUID),
	[VMEXIT_IRET]					= FAST(axv_svm_iret),
	[VMEXIT_SWINT]					= INSN(axv_svm_swint),
	[VMEXIT_INVD]					= LEN(insn_nothing, INVD),
	[VMEXIT_HLT]					= LEN(insn_hlt, HLT),
	[VMEXIT_INVLPGA]				= FAST(exit_ud),
	[VMEXIT_IOIO]					= { .fast = exit_ioio, .slow = do_ioio },
	[VMEXIT_MSR]					= {
		.len = insn_msr, .op = AXV_X86_SYS_RDMSR, .op2 = AXV_X86_SYS_WRMSR,
	},
	[VMEXIT_SHUTDOWN]				= FAST(exit_shutdown),
	[VMEXIT_VMRUN]					= FAST(exit_ud),
	[VMEXIT_VMMCALL]				= LEN(insn_vmmcall, VMMCALL),
	[VMEXIT_VMLOAD ... VMEXIT_SKINIT]		= FAST(exit_ud),
	[VMEXIT_WBINVD]					= LEN(insn_nothing, WBINVD),
	[VMEXIT_MONITOR ... VMEXIT_MWAIT_CONDITIONAL]	= FAST(exit_ud),
	[VMEXIT_XSETBV]					= INSN(axv_x86_do_system),
	[VMEXIT_RDPRU]					= FAST(exit_ud),
	[VMEXIT_INVLPGB ... VMEXIT_INVLPGB_ILLEGAL]	= FAST(exit_ud),
	[VMEXIT_MCOMMIT ... VMEXIT_TLBSYNC]		= FAST(exit_ud),
};

/* ---- dispatch ------------------------------------------------------------------- */

static const struct exit_row *find_row(u64 code)
{
	const struct exit_row *row;

	if (code >= ARRAY_SIZE(exit_rows))
		return NULL;
	row = &exit_rows[code];
	return row->fast || row->slow || row->len || row->insn ? row : NULL;
}

/* The length of the instruction where the CPU tells it, else 0. */
static unsigned int hardware_len(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 len;

	if (!axv_svm_has(AXV_SVM_NRIPS))
		return 0;
	len = vmcb->next_rip - vmcb->save.rip;
	return len <= AXV_X86_INSN_MAX ? len : 0;
}

/**
 * axv_svm_fast_exit() - serve an exit with interrupts off
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_svm_fast_exit(struct axv_vcpu *v)
{
	u64 code = v->arch.svm->vmcb->exit_code;
	const struct exit_row *row;
	unsigned int len;

	if (code == VMEXIT_NPF)
		return AXV_SLOW;
	row = find_row(code);
	if (unlikely(!row))
		return axv_svm_unexpected(v);
	if (row->fast)
		return row->fast(v);
	if (row->len) {
		len = hardware_len(v);
		if (len)
			return row->len(v, len);
	}
	return AXV_SLOW;
}

static int handle_insn(struct axv_vcpu *v, const struct exit_row *row)
{
	struct axv_x86_sys insn;
	int next;

	if (!decode_insn(v, &insn, &next))
		return next;
	if (row->insn) {
		next = row->insn(v, &insn);
		return next == AXV_X86_FAULTED ? AXV_RESUME : next;
	}
	if (insn.op != row->op && insn.op != row->op2)
		return AXV_RESUME;
	/* Which of the two MSR instructions it is was read from EXITINFO1. */
	return row->len(v, insn.len);
}

/**
 * axv_svm_handle() - serve an exit with interrupts on
 * @v: the vCPU
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_svm_handle(struct axv_vcpu *v)
{
	u64 code = v->arch.svm->vmcb->exit_code;
	const struct exit_row *row;

	if (code == VMEXIT_NPF)
		return axv_svm_npf(v);
	row = find_row(code);
	if (!row)
		return axv_svm_unexpected(v);
	if (row->slow)
		return row->slow(v);
	return handle_insn(v, row);
}
