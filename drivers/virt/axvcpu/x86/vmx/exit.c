// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to do about each exit reason: in the section where that is possible, with
 * interrupts on where something may sleep. The hardware gives the length of every
 * instruction that exits, and its operands, so that bytes are seldom looked at.
 */
#include <asm/processor-flags.h>

#include "vmx.h"

/* ---- what is left to say ----------------------------------------------------------- */

/**
 * axv_vmx_shutdown() - a triple fault
 * @v: the vCPU
 *
 * Entering again gives the same until there is another state.
 *
 * Return: AXV_EXIT.
 */
int axv_vmx_shutdown(struct axv_vcpu *v)
{
	v->arch.vmx->shutdown = true;
	axv_x86_new_exit(v, AXVCPU_EXIT_SHUTDOWN);
	return AXV_EXIT;
}

static int exit_break(struct axv_vcpu *v)
{
	return AXV_BREAK;
}

/* Windows: the next entry plans anew, with what is queued or for the VMM. */
static int exit_window(struct axv_vcpu *v)
{
	return AXV_RESUME;
}

/* ---- exceptions -------------------------------------------------------------------- */

/* Those vm->exception_exits names, #AC, #DB; and the host's NMI and #MC. */
static int exit_exception(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;
	u32 vector = VMX_EVENT_VECTOR(x->intr);

	/* The NMI was served at once; user space may have work by it. */
	if (VMX_EVENT_TYPE(x->intr) == VMX_EVENT_TYPE_NMI)
		return AXV_BREAK;
	if ((x->intr & VMX_EVENT_IRET_UNMASKED) && !(x->vectoring & VMX_EVENT_VALID) &&
	    vector != AXV_X86_DF)
		v->arch.nmi_masked = true;
	/*
	 * The guest is about to use the FPU registers, or XSAVE and what comes with it:
	 * load them, and let it try again.
	 */
	if (v->arch.vmx->ts_forced && (vector == AXV_X86_NM || vector == AXV_X86_UD)) {
		axv_x86_fpu_wanted(v);
		/* of the fault that the guest does not get to see */
		if (v->arch.gpr.rflags & X86_EFLAGS_RF) {
			v->arch.vmx->rf_hidden = true;
			v->arch.gpr.rflags &= ~(u64)X86_EFLAGS_RF;
		}
		return AXV_BREAK;
	}
	switch (vector) {
	case AXV_X86_MC:
		return axv_x86_exit_mc(v);
	case AXV_X86_DB:
		return axv_vmx_db(v);
	case AXV_X86_BP:
	case AXV_X86_OF:
		if (VMX_EVENT_TYPE(x->intr) == VMX_EVENT_TYPE_SOFT_EXC)
			return axv_vmx_bp(v);
		break;
	}
	return axv_x86_exit_exception(v, vector, x->intr & VMX_EVENT_ERR_VALID ? x->error : 0,
				      x->qual);
}

/* ---- instructions ------------------------------------------------------------------ */

static bool in_64bit(const struct axv_vmx_vcpu *vmx)
{
	/* L is where the control group has no such bit: 3 above DB's 14 less 4 */
	return (vmx->efer & EFER_LMA) &&
	       (axv_vmread((enum axv_vmcs_field)(VMCS_GUEST_ES_AR + 2 * AXVCPU_X86_CS)) & BIT(13));
}

static int insn_vmcall(struct axv_vcpu *v, unsigned int len)
{
	return axv_x86_hypercall(v, in_64bit(v->arch.vmx), len);
}

static int insn_rdmsr(struct axv_vcpu *v, unsigned int len)
{
	return axv_x86_insn_msr(v, false, len);
}

static int insn_wrmsr(struct axv_vcpu *v, unsigned int len)
{
	return axv_x86_insn_msr(v, true, len);
}

static int do_system(struct axv_vcpu *v, const struct axv_x86_sys *insn)
{
	int r = axv_x86_do_system(v, insn);

	return r == AXV_X86_FAULTED ? AXV_RESUME : r;
}

static int insn_xsetbv(struct axv_vcpu *v, unsigned int len)
{
	struct axv_x86_sys insn = { .op = AXV_X86_SYS_XSETBV, .len = len };

	return do_system(v, &insn);
}

static u8 operand_width(struct axv_vcpu *v)
{
	return in_64bit(v->arch.vmx) ? 8 : 4;
}

/* what LMSW writes, and that it cannot clear PE */
#define LMSW_BITS	((u64)X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)

/* The qualification has the operand, wherever it came from. */
static int insn_lmsw(struct axv_vcpu *v, u16 msw, unsigned int len)
{
	u64 cr0 = axv_x86_control(v)->cr0 & ~(LMSW_BITS & ~(u64)X86_CR0_PE);

	if (axv_x86_set_cr0(v, cr0 | (msw & LMSW_BITS)))
		axv_x86_queue_gp(v);
	else
		axv_x86_skip(v, len);
	return AXV_RESUME;
}

static int insn_cr(struct axv_vcpu *v, unsigned int len)
{
	static const u8 ops[] = {
		[CR_QUAL_TO] = AXV_X86_SYS_MOV_TO_CR,
		[CR_QUAL_FROM] = AXV_X86_SYS_MOV_FROM_CR,
		[CR_QUAL_CLTS] = AXV_X86_SYS_CLTS,
	};
	u64 qual = v->arch.vmx->exit.qual, cr4 = v->arch.control.cr4;
	struct axv_x86_sys insn = {
		.len = len,
		.cr = CR_QUAL_NR(qual),
		.gpr = CR_QUAL_GPR(qual),
	};
	int r;

	if (CR_QUAL_TYPE(qual) == CR_QUAL_LMSW)
		return insn_lmsw(v, CR_QUAL_LMSW_DATA(qual), len);
	insn.op = ops[CR_QUAL_TYPE(qual)];
	insn.width = operand_width(v);
	r = do_system(v, &insn);
	/* What is loaded of the FPU, XCR0 and PKRU follows these: from the next section on. */
	if (r == AXV_RESUME && (cr4 ^ v->arch.control.cr4) & (X86_CR4_OSXSAVE | X86_CR4_PKE))
		return AXV_BREAK;
	return r;
}

static int insn_dr(struct axv_vcpu *v, unsigned int len)
{
	u64 qual = v->arch.vmx->exit.qual;
	struct axv_x86_sys insn = {
		.op = qual & DR_QUAL_FROM ? AXV_X86_SYS_MOV_FROM_DR : AXV_X86_SYS_MOV_TO_DR,
		.len = len,
		.cr = DR_QUAL_NR(qual),
		.gpr = DR_QUAL_GPR(qual),
		.width = operand_width(v),
	};

	return do_system(v, &insn);
}

/* ---- port I/O ---------------------------------------------------------------------- */

/* What the instruction information would have said about INS or OUTS, from the bytes. */
static bool decode_string(struct axv_vcpu *v, struct axv_x86_pio *io, int *next)
{
	struct axv_x86_sys insn;

	if (!axv_x86_decode_insn(v, &insn, next))
		return false;
	if (insn.op != (io->in ? AXV_X86_SYS_INS : AXV_X86_SYS_OUTS))
		return false;
	io->addr_bits = insn.addr_bits;
	io->seg = insn.seg == AXV_X86_NONE ? AXVCPU_X86_DS : insn.seg;
	return true;
}

static int do_io(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;
	struct axv_x86_pio io = {
		.port = IO_QUAL_PORT(x->qual),
		.width = IO_QUAL_WIDTH(x->qual),
		.in = x->qual & IO_QUAL_IN,
		.string = x->qual & IO_QUAL_STR,
		.rep = x->qual & IO_QUAL_REP,
		.seg = -1,
		.len = x->insn_len,
	};
	int r = AXV_RESUME;

	if (io.string && axv_vmx_caps.string_info) {
		io.addr_bits = IO_INFO_ADDR(x->insn_info);
		if (!io.in)
			io.seg = IO_INFO_SEG(x->insn_info);
	} else if (io.string && !decode_string(v, &io, &r)) {
		return r;
	}
	r = axv_x86_pio(v, &io);
	return r == AXV_X86_FAULTED ? AXV_RESUME : r;
}

/* Strings touch guest memory, and ports that are filtered may not exit at all. */
static int quick_io(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;

	if (unlikely((x->qual & IO_QUAL_STR) || rcu_access_pointer(v->vm->io_filter)))
		return AXV_SLOW;
	return axv_x86_pio_plain(v, IO_QUAL_PORT(x->qual), IO_QUAL_WIDTH(x->qual),
				 x->qual & IO_QUAL_IN, x->insn_len);
}

/* ---- the table --------------------------------------------------------------------- */

/**
 * struct exit_row - an exit reason
 * @fast: serves it in the section; may say AXV_SLOW
 * @slow: serves it with interrupts on
 * @len: does the instruction, given its length, in the section; those that say AXV_SLOW
 *	are called again with interrupts on
 */
struct exit_row {
	int (*fast)(struct axv_vcpu *v);
	int (*slow)(struct axv_vcpu *v);
	int (*len)(struct axv_vcpu *v, unsigned int len);
};

#define FAST(fn)	{ .fast = fn }
#define LEN(fn)		{ .len = fn }

/* In the order of the SDM, volume 3, appendix C. */
static const struct exit_row exit_rows[REASON_NR] = {
	[REASON_EXCEPTION]		= FAST(exit_exception),
	[REASON_EXT_INTR]		= FAST(axv_x86_exit_intr),
	[REASON_TRIPLE_FAULT]		= FAST(axv_vmx_shutdown),
	[REASON_INIT]			= FAST(exit_break),
	[REASON_SIPI]			= FAST(exit_break),
	[REASON_IO_SMI]			= FAST(exit_break),
	[REASON_SMI]			= FAST(exit_break),
	[REASON_INTR_WINDOW]		= FAST(exit_window),
	[REASON_NMI_WINDOW]		= FAST(exit_window),
	[REASON_TASK_SWITCH]		= FAST(axv_x86_unexpected),
	[REASON_CPUID]			= LEN(axv_x86_insn_cpuid),
	[REASON_GETSEC]			= FAST(axv_x86_exit_ud),
	[REASON_HLT]			= LEN(axv_x86_insn_hlt),
	[REASON_INVD]			= LEN(axv_x86_insn_nothing),
	[REASON_RDPMC]			= FAST(axv_x86_exit_gp),
	[REASON_RSM]			= FAST(axv_x86_exit_ud),
	[REASON_VMCALL]			= LEN(insn_vmcall),
	[REASON_VMCLEAR ... REASON_VMXON] = FAST(axv_x86_exit_ud),
	[REASON_CR]			= LEN(insn_cr),
	[REASON_DR]			= LEN(insn_dr),
	[REASON_IO]			= { .fast = quick_io, .slow = do_io },
	[REASON_RDMSR]			= LEN(insn_rdmsr),
	[REASON_WRMSR]			= LEN(insn_wrmsr),
	[REASON_MWAIT]			= FAST(axv_x86_exit_ud),
	[REASON_MTF]			= FAST(axv_vmx_mtf),
	[REASON_MONITOR]		= FAST(axv_x86_exit_ud),
	[REASON_PAUSE]			= LEN(axv_x86_insn_nothing),
	[REASON_TPR]			= FAST(exit_window),
	[REASON_EPT_VIOLATION]		= { .fast = axv_vmx_ept_quick,
					    .slow = axv_vmx_ept_violation },
	[REASON_INVEPT]			= FAST(axv_x86_exit_ud),
	[REASON_INVVPID]		= FAST(axv_x86_exit_ud),
	[REASON_WBINVD]			= LEN(axv_x86_insn_nothing),
	[REASON_XSETBV]			= LEN(insn_xsetbv),
	[REASON_VMFUNC]			= FAST(axv_x86_exit_ud),
	[REASON_ENCLS]			= FAST(axv_x86_exit_ud),
	[REASON_PCONFIG]		= FAST(axv_x86_exit_ud),
};

/**
 * axv_vmx_fast_exit() - serve an exit with interrupts off
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_vmx_fast_exit(struct axv_vcpu *v)
{
	const struct axv_vmx_exit *x = &v->arch.vmx->exit;
	const struct exit_row *row;

	if (x->reason == REASON_CPUID)
		return axv_x86_insn_cpuid(v, x->insn_len);
	if (x->reason == REASON_VMCALL)
		return insn_vmcall(v, x->insn_len);
	if (x->reason == REASON_IO)
		return quick_io(v);
	if (unlikely(x->reason >= REASON_NR))
		return axv_x86_unexpected(v);
	row = &exit_rows[x->reason];
	if (row->len)
		return row->len(v, x->insn_len);
	if (row->fast)
		return row->fast(v);
	return axv_x86_unexpected(v);
}

/**
 * axv_vmx_handle() - serve an exit with interrupts on
 * @v: the vCPU
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_vmx_handle(struct axv_vcpu *v)
{
	struct axv_vmx_vcpu *vmx = v->arch.vmx;
	const struct exit_row *row;

	/* Not an exit: what the next entry needs. */
	if (vmx->pdptes_due)
		return axv_vmx_read_pdptes(v);
	/* Reasons without a row do not get here. */
	row = &exit_rows[vmx->exit.reason];
	if (row->slow)
		return row->slow(v);
	return row->len(v, vmx->exit.insn_len);
}
