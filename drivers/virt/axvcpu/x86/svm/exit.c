// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to do about each exit code: in the section where that is possible, with
 * interrupts on where something may sleep or the instruction's bytes are needed.
 */
#include <asm/processor-flags.h>

#include "svm.h"
#include "../decode.h"
#include "../emul.h"

/* instructions without prefixes, the first byte the lowest */
#define MSR_PLAIN_READ	0x320f
#define MSR_PLAIN_WRITE	0x300f
#define HYPER_PLAIN	0xd9010f

/* ---- what is left to say -------------------------------------------------------- */

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

/* SMI, INIT: pending; taken when the section has ended. */
static int exit_break(struct axv_vcpu *v)
{
	return AXV_BREAK;
}

/* NMI: was taken when GIF was set again. */
static int exit_nmi(struct axv_vcpu *v)
{
	return AXV_RESUME;
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

	return axv_x86_exit_exception(v, vmcb->exit_code - VMEXIT_EXCP(0), vmcb->exit_info1,
				      vmcb->exit_info2);
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

static int insn_msr(struct axv_vcpu *v, unsigned int len)
{
	return axv_x86_insn_msr(v, v->arch.svm->vmcb->exit_info1 & MSR_INFO_WRITE, len);
}

static __always_inline int insn_vmmcall(struct axv_vcpu *v, const struct axv_vmcb *vmcb,
					unsigned int len)
{
	return axv_x86_hypercall(v, (vmcb->save.efer & EFER_LMA) &&
				    (vmcb->save.cs.attr & AXV_X86_ATTR_L), len);
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

/* ---- IOIO ----------------------------------------------------------------------- */

/* What EXITINFO1 should have said about INS or OUTS, from the bytes. */
static bool decode_string(struct axv_vcpu *v, struct axv_x86_pio *io, int *next)
{
	struct axv_x86_sys insn;

	if (!axv_x86_decode_insn(v, &insn, next))
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
	[VMEXIT_EXCP(AXV_X86_MC)]			= FAST(axv_x86_exit_mc),
	[VMEXIT_EXCP(19) ... VMEXIT_EXCP(31)]		= FAST(exit_exception),
	[VMEXIT_INTR]					= FAST(axv_x86_exit_intr),
	[VMEXIT_NMI]					= FAST(exit_nmi),
	[VMEXIT_SMI]					= FAST(exit_break),
	[VMEXIT_INIT]					= FAST(exit_break),
	[VMEXIT_VINTR]					= FAST(axv_svm_vintr),
	[VMEXIT_CR0_SEL_WRITE]				= INSN(axv_x86_do_system),
	[VMEXIT_RDPMC]					= FAST(axv_x86_exit_gp),
	[VMEXIT_PUSHF]					= INSN(axv_x86_do_system),
	[VMEXIT_POPF]					= FAST(axv_svm_note_flags),
	[VMEXIT_CPUID]					= LEN(axv_x86_insn_cpuid, CPUID, 2, 0xa20f),
	[VMEXIT_IRET]					= FAST(axv_svm_iret),
	[VMEXIT_SWINT]					= INSN(axv_svm_swint),
	[VMEXIT_INVD]		= LEN(axv_x86_insn_nothing, INVD, 2, 0x080f),
	[VMEXIT_HLT]					= LEN(axv_x86_insn_hlt, HLT, 1, 0xf4),
	[VMEXIT_INVLPGA]				= FAST(axv_x86_exit_ud),
	[VMEXIT_IOIO]					= SLOW(do_ioio),
	[VMEXIT_MSR]					= {
		.len = insn_msr, .op = AXV_X86_SYS_RDMSR, .op2 = AXV_X86_SYS_WRMSR,
		/* or 0F 30: EXITINFO1 says which */
		.plain_len = 2, .plain = MSR_PLAIN_READ,
	},
	[VMEXIT_TASK_SWITCH]				= SLOW_TS(axv_x86_unexpected),
	[VMEXIT_SHUTDOWN]				= FAST(exit_shutdown),
	[VMEXIT_VMRUN]					= FAST(axv_x86_exit_ud),
	[VMEXIT_VMMCALL]				= LEN(insn_vmcall, VMMCALL, 3, HYPER_PLAIN),
	[VMEXIT_VMLOAD ... VMEXIT_SKINIT]		= FAST(axv_x86_exit_ud),
	[VMEXIT_WBINVD]		= LEN(axv_x86_insn_nothing, WBINVD, 2, 0x090f),
	[VMEXIT_MONITOR ... VMEXIT_MWAIT_CONDITIONAL]	= FAST(axv_x86_exit_ud),
	[VMEXIT_XSETBV]					= INSN(axv_x86_do_system),
	[VMEXIT_RDPRU]					= FAST(axv_x86_exit_ud),
	[VMEXIT_INVLPGB ... VMEXIT_INVLPGB_ILLEGAL]	= FAST(axv_x86_exit_ud),
	[VMEXIT_MCOMMIT ... VMEXIT_TLBSYNC]		= FAST(axv_x86_exit_ud),
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
		return axv_x86_unexpected(v);
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
	return row->slow || row->insn ? AXV_SLOW : axv_x86_unexpected(v);
}

static int handle_insn(struct axv_vcpu *v, const struct exit_row *row)
{
	struct axv_x86_sys insn;
	int next;

	if (!axv_x86_decode_insn(v, &insn, &next))
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
