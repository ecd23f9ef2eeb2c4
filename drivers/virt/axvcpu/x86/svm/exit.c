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

/* instructions without prefixes, the first byte the lowest */
#define MSR_PLAIN_READ	0x320f
#define MSR_PLAIN_WRITE	0x300f
#define HYPER_PLAIN	0xd9010f

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

/*
 * The guest is about to use the FPU registers, or XSAVE and what comes with it, or
 * to look at the control bits that it does not have as they are now: load the one,
 * restore the other, and let it try again.
 */
static int exit_ts(struct axv_vcpu *v)
{
	axv_x86_fpu_wanted(v);
	return AXV_BREAK;
}

/*
 * The length of the instruction from its bytes, if they are at hand and these:
 * @plain, the first the lowest, @len of them; without a prefix, that is. Else 0.
 */
static __always_inline unsigned int plain_len(struct axv_vcpu *v, const struct axv_vmcb *vmcb,
					      u32 plain, unsigned int len)
{
	struct axv_x86_mode *m;
	u32 code;
	const void *at;
	u64 gpa;

	if (vmcb->save.cr0 & X86_CR0_PG) {
		m = &v->arch.svm->mode;
		axv_svm_fill_mode(v, m);
		axv_x86_complete_mode(v, m);
		at = axv_x86_peek_code(v, m, sizeof(code));
	} else {
		gpa = (u32)(vmcb->save.cs.base + v->arch.gpr.rip);
		if (offset_in_page(gpa) > PAGE_SIZE - sizeof(code))
			return 0;
		at = axv_s2_peek(v, gpa, 0);
	}
	if (!at)
		return 0;
	code = READ_ONCE(*(const u32 *)at);
	return (code ^ plain) << (32 - len * 8) ? 0 : len;
}

/* The length where the CPU tells it, else 0. */
static unsigned int hardware_len(const struct axv_vmcb *vmcb)
{
	u64 len = vmcb->next_rip - vmcb->save.rip;

	return len <= AXV_X86_INSN_MAX ? len : 0;
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
static __always_inline int insn_vmmcall(struct axv_vcpu *v, const struct axv_vmcb *vmcb,
					unsigned int len)
{
	struct axvcpu_exit *x = &v->exit;
	const u64 *r = v->arch.gpr.r;

	/* all the words an exit can have are about to be written */
	x->reason = AXVCPU_EXIT_HYPERCALL;
	x->insn_nr = 0;
	x->insn_len = len;
	if ((vmcb->save.efer & EFER_LMA) && (vmcb->save.cs.attr & AXV_X86_ATTR_L)) {
		x->hypercall.nr = r[AXVCPU_X86_RAX];
		x->hypercall.args[0] = r[AXVCPU_X86_RDI];
		x->hypercall.args[1] = r[AXVCPU_X86_RSI];
		x->hypercall.args[2] = r[AXVCPU_X86_RDX];
		x->hypercall.args[3] = r[AXVCPU_X86_RCX];
		x->hypercall.args[4] = r[AXVCPU_X86_R8];
		x->hypercall.args[5] = r[AXVCPU_X86_R9];
	} else {
		x->hypercall.nr = (u32)r[AXVCPU_X86_RAX];
		x->hypercall.args[0] = (u32)r[AXVCPU_X86_RDI];
		x->hypercall.args[1] = (u32)r[AXVCPU_X86_RSI];
		x->hypercall.args[2] = (u32)r[AXVCPU_X86_RDX];
		x->hypercall.args[3] = (u32)r[AXVCPU_X86_RCX];
		x->hypercall.args[4] = (u32)r[AXVCPU_X86_R8];
		x->hypercall.args[5] = (u32)r[AXVCPU_X86_R9];
	}
	return AXV_EXIT;
}

static noinline int insn_vmcall(struct axv_vcpu *v, unsigned int len)
{
	return insn_vmmcall(v, v->arch.svm->vmcb, len);
}

/**
 * axv_svm_vmmcall() - VMMCALL, served in the section
 * @v: the vCPU, in a section
 * @vmcb: its VMCB
 *
 * Return: enum axv_next.
 */
int axv_svm_vmmcall(struct axv_vcpu *v, const struct axv_vmcb *vmcb)
{
	unsigned int len;

	if (axv_svm_has(AXV_SVM_NRIPS)) {
		len = hardware_len(vmcb);
		return len ? insn_vmcall(v, len) : AXV_SLOW;
	}
	if (unlikely(!plain_len(v, vmcb, HYPER_PLAIN, 3)))
		return AXV_SLOW;
	return insn_vmmcall(v, vmcb, 3);
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

/**
 * axv_svm_ioio() - IOIO, served in the section
 * @v: the vCPU, in a section
 *
 * Strings touch guest memory, a length that is missing is to be read, and ports
 * that are filtered may not exit at all.
 *
 * Return: enum axv_next.
 */
int axv_svm_ioio(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 len = vmcb->exit_info2 - v->arch.gpr.rip;
	u64 info = vmcb->exit_info1;

	if (unlikely((info & IOIO_INFO_STR) || len - 1 >= AXV_X86_INSN_MAX ||
		     rcu_access_pointer(v->vm->io_filter)))
		return AXV_SLOW;
	return axv_x86_pio_plain(v, IOIO_INFO_PORT(info), IOIO_INFO_SZ(info),
				 info & IOIO_INFO_IN, len);
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
 * @plain_len: bytes of it without prefixes, for @len
 * @plain: these, the first the lowest
 * @ts: it is for axv_svm_force_ts() to end, while that is in force
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
	u8 plain_len;
	u32 plain;
	bool ts;
};

#define FAST(fn)		{ .fast = fn }
#define SLOW(fn)		{ .slow = fn }
#define INSN(fn)		{ .insn = fn }
#define FAST_TS(fn)		{ .fast = fn, .ts = true }
#define SLOW_TS(fn)		{ .slow = fn, .ts = true }
#define INSN_TS(fn)		{ .insn = fn, .ts = true }
#define LEN(fn, _op, _len, bytes)	{ .len = fn, .op = AXV_X86_SYS_##_op, \
					  .op2 = AXV_X86_SYS_##_op, \
					  .plain_len = _len, .plain = bytes }

/* In the order of the APM, volume 2, appendix C. */
static const struct exit_row exit_rows[] = {
	[VMEXIT_CR_READ(0)]				= INSN_TS(axv_x86_do_system),
	[VMEXIT_CR_READ(1) ... VMEXIT_CR_READ(3)]	= INSN(axv_x86_do_system),
	[VMEXIT_CR_READ(4)]				= INSN_TS(axv_x86_do_system),
	[VMEXIT_CR_READ(5) ... VMEXIT_CR_READ(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_CR_WRITE(0)]				= INSN_TS(axv_x86_do_system),
	[VMEXIT_CR_WRITE(1) ... VMEXIT_CR_WRITE(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_DR_READ(0) ... VMEXIT_DR_READ(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_DR_WRITE(0) ... VMEXIT_DR_WRITE(15)]	= INSN(axv_x86_do_system),
	[VMEXIT_EXCP(0)]				= FAST(exit_exception),
	[VMEXIT_EXCP(AXV_X86_DB)]			= FAST(axv_svm_db),
	[VMEXIT_EXCP(AXV_X86_BP)]			= SLOW(axv_svm_bp),
	[VMEXIT_EXCP(AXV_X86_OF)]			= SLOW(axv_svm_bp),
	[VMEXIT_EXCP(5)]				= FAST(exit_exception),
	[VMEXIT_EXCP(AXV_X86_UD)]			= FAST_TS(exit_exception),
	[VMEXIT_EXCP(AXV_X86_NM)]			= FAST_TS(exit_exception),
	[VMEXIT_EXCP(8) ... VMEXIT_EXCP(17)]		= FAST(exit_exception),
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
	[VMEXIT_CPUID]					= LEN(insn_cpuid, CPUID, 2, 0xa20f),
	[VMEXIT_IRET]					= FAST(axv_svm_iret),
	[VMEXIT_SWINT]					= INSN(axv_svm_swint),
	[VMEXIT_INVD]					= LEN(insn_nothing, INVD, 2, 0x080f),
	[VMEXIT_HLT]					= LEN(insn_hlt, HLT, 1, 0xf4),
	[VMEXIT_INVLPGA]				= FAST(exit_ud),
	[VMEXIT_IOIO]					= SLOW(do_ioio),
	[VMEXIT_MSR]					= {
		.len = insn_msr, .op = AXV_X86_SYS_RDMSR, .op2 = AXV_X86_SYS_WRMSR,
		/* or 0F 30: EXITINFO1 says which */
		.plain_len = 2, .plain = MSR_PLAIN_READ,
	},
	[VMEXIT_TASK_SWITCH]				= SLOW_TS(axv_svm_unexpected),
	[VMEXIT_SHUTDOWN]				= FAST(exit_shutdown),
	[VMEXIT_VMRUN]					= FAST(exit_ud),
	[VMEXIT_VMMCALL]				= LEN(insn_vmcall, VMMCALL, 3, HYPER_PLAIN),
	[VMEXIT_VMLOAD ... VMEXIT_SKINIT]		= FAST(exit_ud),
	[VMEXIT_WBINVD]					= LEN(insn_nothing, WBINVD, 2, 0x090f),
	[VMEXIT_MONITOR ... VMEXIT_MWAIT_CONDITIONAL]	= FAST(exit_ud),
	[VMEXIT_XSETBV]					= INSN(axv_x86_do_system),
	[VMEXIT_RDPRU]					= FAST(exit_ud),
	[VMEXIT_INVLPGB ... VMEXIT_INVLPGB_ILLEGAL]	= FAST(exit_ud),
	[VMEXIT_MCOMMIT ... VMEXIT_TLBSYNC]		= FAST(exit_ud),
};

/* ---- dispatch ------------------------------------------------------------------- */

/**
 * axv_svm_fast_exit() - serve an exit with interrupts off
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_svm_fast_exit(struct axv_vcpu *v)
{
	const struct axv_vmcb *vmcb = v->arch.svm->vmcb;
	u64 code = vmcb->exit_code;
	const struct exit_row *row;
	unsigned int len;

	if (code == VMEXIT_NPF)
		return axv_svm_npf_quick(v);
	if (unlikely(code >= ARRAY_SIZE(exit_rows)))
		return axv_svm_unexpected(v);
	row = &exit_rows[code];
	if (unlikely(v->arch.svm->ts_forced && row->ts))
		return exit_ts(v);
	if (row->len) {
		if (axv_svm_has(AXV_SVM_NRIPS))
			len = hardware_len(vmcb);
		else if (code == VMEXIT_MSR && (vmcb->exit_info1 & MSR_INFO_WRITE))
			len = plain_len(v, vmcb, MSR_PLAIN_WRITE, 2);
		else
			len = plain_len(v, vmcb, row->plain, row->plain_len);
		return len ? row->len(v, len) : AXV_SLOW;
	}
	if (row->fast)
		return row->fast(v);
	return row->slow || row->insn ? AXV_SLOW : axv_svm_unexpected(v);
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
	/* Codes without a row do not get here. */
	row = &exit_rows[code];
	if (row->slow)
		return row->slow(v);
	return handle_insn(v, row);
}
