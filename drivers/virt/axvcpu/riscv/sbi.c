// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware that a guest sees: SBI 2.0, answered here or by the VMM.
 *
 * Hart ids are the guest's, and nothing a guest asks for reaches the host's
 * firmware. The pc moves on with the answer only, so that an exit can be answered,
 * left out or asked again.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <asm/csr.h>
#include <asm/sbi.h>

#include "riscv.h"

#define SPEC_VERSION	(2u << 24)

/* legacy extensions, each with one function that is named by the extension alone */
#define LEGACY_SET_TIMER	0
#define LEGACY_PUTCHAR		1
#define LEGACY_GETCHAR		2
#define LEGACY_CLEAR_IPI	3
#define LEGACY_SEND_IPI		4
#define LEGACY_FENCE_I		5
#define LEGACY_SFENCE		6
#define LEGACY_SFENCE_ASID	7
#define LEGACY_SHUTDOWN		8

#define EXT_BASE		0x10
#define EXT_TIME		0x54494d45
#define EXT_IPI			0x735049
#define EXT_RFENCE		0x52464e43
#define EXT_HSM			0x48534d
#define EXT_SRST		0x53525354
#define EXT_DBCN		0x4442434e

#define DBCN_WRITE		0
#define DBCN_READ		1
#define DBCN_WRITE_BYTE		2
/* bytes that one call may ask the VMM for; the guest is told of fewer and asks again */
#define DBCN_MAX		4096u

/* What the host's firmware says of the harts, so that the guest knows their errata. */
static unsigned long mvendorid, marchid, mimpid;

/** axv_riscv_sbi_init() - at load: what guests ask for that has to be known */
void axv_riscv_sbi_init(void)
{
	mvendorid = sbi_get_mvendorid();
	marchid = sbi_get_marchid();
	mimpid = sbi_get_mimpid();
}

static u64 arg(const struct axv_vcpu *v, unsigned int n)
{
	return v->arch.ctx.x[AXV_A0 + n];
}

/* A legacy call has no error beside its value, and leaves a1 alone. */
static int legacy_answer(struct axv_vcpu *v, u64 value)
{
	v->arch.ctx.x[AXV_A0] = value;
	axv_riscv_skip(v, 4);
	return AXV_RESUME;
}

/* ---- calls that are the VMM's --------------------------------------------------- */

static noinline int exit_hypercall(struct axv_vcpu *v, u64 nr)
{
	unsigned int i;

	axv_riscv_new_exit(v, AXVCPU_EXIT_HYPERCALL);
	v->exit.insn_len = 4;
	v->exit.hypercall.nr = nr;
	for (i = 0; i < ARRAY_SIZE(v->exit.hypercall.args); i++)
		v->exit.hypercall.args[i] = arg(v, i);
	return AXV_EXIT;
}

/* Numbers of extensions and functions are signed, 32 bits. */
static bool is_number(u64 nr)
{
	return (s64)nr == (s32)nr || nr == (u32)nr;
}

static bool is_legacy(u64 eid)
{
	return eid <= LEGACY_SHUTDOWN;
}

static u64 route_of(u64 eid)
{
	switch (eid) {
	case EXT_BASE:
		return AXVCPU_RISCV_ROUTE_BASE;
	case EXT_TIME:
		return AXVCPU_RISCV_ROUTE_TIME;
	case EXT_IPI:
		return AXVCPU_RISCV_ROUTE_IPI;
	case EXT_RFENCE:
		return AXVCPU_RISCV_ROUTE_RFENCE;
	case EXT_HSM:
		return AXVCPU_RISCV_ROUTE_HSM;
	case EXT_SRST:
		return AXVCPU_RISCV_ROUTE_SRST;
	case EXT_DBCN:
		return AXVCPU_RISCV_ROUTE_DBCN;
	case AXVCPU_RISCV_SBI_HVC:
		return 0;
	}
	if (is_legacy(eid))
		return AXVCPU_RISCV_ROUTE_LEGACY;
	/* a number in which the exit's own mark would be lost */
	return eid >> 31 ? 0 : AXVCPU_RISCV_ROUTE_UNKNOWN;
}

/*
 * Is the call the VMM's? Whether it has an extension that only it can know, too: it
 * is asked for the answer to the guest's probe.
 */
static noinline bool is_routed(const struct axv_vcpu *v, u64 eid, u64 fid)
{
	u64 routes = v->vm->arch_flags;

	if (routes & route_of(eid))
		return is_legacy(eid) || is_number(fid);
	return eid == EXT_BASE && fid == SBI_EXT_BASE_PROBE_EXT &&
	       (routes & AXVCPU_RISCV_ROUTE_UNKNOWN) &&
	       route_of(arg(v, 0)) == AXVCPU_RISCV_ROUTE_UNKNOWN;
}

static noinline int exit_routed(struct axv_vcpu *v, u64 eid, u64 fid)
{
	return exit_hypercall(v, AXVCPU_RISCV_SBI_NR(eid, is_legacy(eid) ? 0 : fid));
}

/* The VMM's own calls: all of a6 is the number, but for the bit that marks SBI's. */
static int sbi_hvc(struct axv_vcpu *v)
{
	u64 nr = v->arch.ctx.x[AXV_A6];

	if (nr >> 63)
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
	return exit_hypercall(v, nr);
}

/* ---- BASE ----------------------------------------------------------------------- */

/* Of an extension that is routed the VMM may say so too: it took it upon itself. */
static bool has_extension(const struct axv_vcpu *v, u64 eid)
{
	return eid == AXVCPU_RISCV_SBI_HVC ||
	       (route_of(eid) & ~AXVCPU_RISCV_ROUTE_UNKNOWN);
}

static __always_inline int sbi_base(struct axv_vcpu *v, u64 fid)
{
	switch (fid) {
	case SBI_EXT_BASE_GET_SPEC_VERSION:
		return axv_riscv_sbi_answer(v, 0, SPEC_VERSION);
	case SBI_EXT_BASE_GET_IMP_ID:
		return axv_riscv_sbi_answer(v, 0, AXVCPU_RISCV_SBI_IMPL_ID);
	case SBI_EXT_BASE_GET_IMP_VERSION:
		return axv_riscv_sbi_answer(v, 0, AXVCPU_RISCV_SBI_IMPL_VERSION);
	case SBI_EXT_BASE_PROBE_EXT:
		return axv_riscv_sbi_answer(v, 0, has_extension(v, arg(v, 0)));
	case SBI_EXT_BASE_GET_MVENDORID:
		return axv_riscv_sbi_answer(v, 0, mvendorid);
	case SBI_EXT_BASE_GET_MARCHID:
		return axv_riscv_sbi_answer(v, 0, marchid);
	case SBI_EXT_BASE_GET_MIMPID:
		return axv_riscv_sbi_answer(v, 0, mimpid);
	}
	return axv_riscv_sbi_answer(v, SBI_ERR_NOT_SUPPORTED, 0);
}

/* ---- IPI ------------------------------------------------------------------------ */

/* A hart that waits for its start is not there for IPIs, and begins without one. */
static void send_ipi(struct axv_vcpu *v, struct axv_vcpu *t)
{
	if (axv_riscv_is_stopped(t))
		return;
	/* Who has raised it before has kicked, or is about to. */
	if (axv_riscv_raise(t, AXV_LINE_SOFT) && t != v)
		axv_vcpu_kick(t);
}

static void send_ipis(struct axv_vcpu *v, const struct axv_riscv_harts *harts)
{
	struct axv_vcpu *t;
	unsigned int id;

	for_each_set_bit(id, harts->ids, AXV_MAX_VCPUS) {
		t = READ_ONCE(v->vm->vcpus[id]);
		if (t)
			send_ipi(v, t);
	}
}

static noinline int sbi_ipi(struct axv_vcpu *v, u64 fid)
{
	u64 mask = arg(v, 0), base = arg(v, 1);
	struct axv_riscv_harts harts;
	struct axv_vcpu *t;
	int r;

	if (fid != SBI_EXT_IPI_SEND_IPI)
		return axv_riscv_sbi_answer(v, SBI_ERR_NOT_SUPPORTED, 0);
	/* as a rule it is one hart */
	if (likely(is_power_of_2(mask) && base <= U64_MAX - 64)) {
		t = axv_riscv_find_hart(v->vm, base + __ffs64(mask));
		if (unlikely(!t))
			return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
		send_ipi(v, t);
		return axv_riscv_sbi_answer(v, 0, 0);
	}
	r = axv_riscv_harts(v, mask, base, &harts);
	if (!r)
		send_ipis(v, &harts);
	return axv_riscv_sbi_answer(v, r, 0);
}

/* ---- SRST ----------------------------------------------------------------------- */

static int exit_system_down(struct axv_vcpu *v, u32 kind, u64 detail)
{
	axv_riscv_new_exit(v, AXVCPU_EXIT_SYSTEM_DOWN);
	v->exit.insn_len = 4;
	v->exit.system_down.kind = kind;
	v->exit.system_down.detail = detail;
	return AXV_EXIT;
}

/* Both arguments have 32 bits. What is reserved, or not ours to know, is invalid. */
static noinline int sbi_srst(struct axv_vcpu *v, u64 fid)
{
	u32 type = arg(v, 0), reason = arg(v, 1), kind;

	if (fid != SBI_EXT_SRST_RESET)
		return axv_riscv_sbi_answer(v, SBI_ERR_NOT_SUPPORTED, 0);
	if (reason > SBI_SRST_RESET_REASON_SYS_FAILURE)
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
	switch (type) {
	case SBI_SRST_RESET_TYPE_SHUTDOWN:
		kind = AXVCPU_DOWN_POWEROFF;
		break;
	case SBI_SRST_RESET_TYPE_COLD_REBOOT:
	case SBI_SRST_RESET_TYPE_WARM_REBOOT:
		kind = AXVCPU_DOWN_RESET;
		break;
	default:
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
	}
	return exit_system_down(v, kind, type | (u64)reason << 32);
}

/* ---- DBCN ----------------------------------------------------------------------- */

/* All of the guest's buffer has to be a place in its memory, not just what goes at once. */
static int dbcn_buffer(struct axv_vcpu *v, u64 fid)
{
	u64 len = arg(v, 0), gpa = arg(v, 1), top = arg(v, 2);

	if (!len)
		return axv_riscv_sbi_answer(v, 0, 0);
	if (top || gpa + len - 1 < gpa || axv_riscv_beyond(v, gpa + len - 1))
		return axv_riscv_sbi_answer(v, SBI_ERR_INVALID_PARAM, 0);
	exit_hypercall(v, AXVCPU_RISCV_SBI_NR(EXT_DBCN, fid));
	v->exit.hypercall.args[0] = min_t(u64, len, DBCN_MAX);
	return AXV_EXIT;
}

static noinline int sbi_dbcn(struct axv_vcpu *v, u64 fid)
{
	switch (fid) {
	case DBCN_WRITE:
	case DBCN_READ:
		return dbcn_buffer(v, fid);
	case DBCN_WRITE_BYTE:
		exit_hypercall(v, AXVCPU_RISCV_SBI_NR(EXT_DBCN, fid));
		v->exit.hypercall.args[0] &= 0xff;
		return AXV_EXIT;
	}
	return axv_riscv_sbi_answer(v, SBI_ERR_NOT_SUPPORTED, 0);
}

/* The VMM says how many bytes it has taken or given, or an error. */
static int fulfil_dbcn(struct axv_vcpu *v, u64 data)
{
	const struct axvcpu_exit *x = &v->exit;

	if ((s64)data < 0)
		return axv_riscv_sbi_answer(v, data, 0);
	if (x->hypercall.nr == AXVCPU_RISCV_SBI_NR(EXT_DBCN, DBCN_WRITE_BYTE))
		return axv_riscv_sbi_answer(v, 0, 0);
	return axv_riscv_sbi_answer(v, 0, min(data, x->hypercall.args[0]));
}

/* ---- legacy --------------------------------------------------------------------- */

/* Says whether there was one. */
static int legacy_clear_ipi(struct axv_vcpu *v)
{
	bool was = csr_read(CSR_HVIP) & AXV_HVIP(AXV_LINE_SOFT);

	was |= READ_ONCE(v->arch.irq.raise) & AXV_LINE_SOFT;
	axv_riscv_lower(v, AXV_LINE_SOFT);
	return legacy_answer(v, was);
}

static noinline int sbi_legacy(struct axv_vcpu *v, u64 eid)
{
	switch (eid) {
	case LEGACY_SET_TIMER:
		axv_riscv_set_timer(v, arg(v, 0));
		return legacy_answer(v, 0);
	case LEGACY_PUTCHAR:
	case LEGACY_GETCHAR:
		return exit_hypercall(v, AXVCPU_RISCV_SBI_NR(eid, 0));
	case LEGACY_CLEAR_IPI:
		return legacy_clear_ipi(v);
	case LEGACY_SHUTDOWN:
		return exit_system_down(v, AXVCPU_DOWN_POWEROFF, 0);
	}
	/* the others have their harts in the guest's memory */
	return AXV_SLOW;
}

/*
 * A legacy call's harts: 64 bits at a virtual address, 0: all. False: the call comes to
 * *@next: a load that faults is the guest's to hear of, memory that cannot be had the VMM's.
 */
static bool legacy_harts(struct axv_vcpu *v, struct axv_riscv_harts *harts, int *next)
{
	u64 gva = arg(v, 0), mask = 0;
	struct axv_riscv_trap trap;
	bool write;
	int r;

	if (!gva) {
		axv_riscv_harts(v, 0, U64_MAX, harts);
		return true;
	}
	r = axv_riscv_read_guest(v, gva, &mask, sizeof(mask), &trap);
	*next = r;
	if (r == -EFAULT) {
		v->arch.ctx.trap = trap;
		*next = axv_riscv_fault_exit(v, trap.htval << 2, AXVCPU_PROT_READ,
					     AXVCPU_NPF_BACKING |
					     (axv_riscv_htinst_is_walk(trap.htinst, &write) ?
					      AXVCPU_NPF_WALK : 0));
	} else if (r > 0) {
		axv_riscv_trap_guest(v, trap.scause, trap.stval);
		*next = AXV_RESUME;
	}
	if (r)
		return false;
	/* Harts that are not there are not an error: the call cannot say so. */
	axv_riscv_some_harts(v, mask, harts);
	return true;
}

static int legacy_slow(struct axv_vcpu *v, u64 eid)
{
	struct axv_riscv_fence fence = { .insn = eid == LEGACY_FENCE_I };
	struct axv_riscv_harts harts;
	int next;

	axv_riscv_fence_range(&fence, arg(v, 1), arg(v, 2),
			      eid == LEGACY_SFENCE_ASID ? arg(v, 3) : AXV_RISCV_ANY_ASID);
	if (!legacy_harts(v, &harts, &next))
		return next;
	rcu_read_lock();
	if (eid == LEGACY_SEND_IPI)
		send_ipis(v, &harts);
	else if (axv_riscv_ask_fence(v, &harts, &fence))
		axv_riscv_await_fence(v, &harts, &fence);
	rcu_read_unlock();
	return legacy_answer(v, 0);
}

/* ---- the calls ------------------------------------------------------------------ */

/**
 * axv_riscv_sbi() - an ecall from VS-mode
 * @v: the vCPU, in the section
 *
 * Return: enum axv_next.
 */
int axv_riscv_sbi(struct axv_vcpu *v)
{
	u64 eid = v->arch.ctx.x[AXV_A7], fid = v->arch.ctx.x[AXV_A6];

	if (unlikely(v->vm->arch_flags) && is_routed(v, eid, fid))
		return exit_routed(v, eid, fid);

	/* those that are called all the time */
	if (eid == EXT_IPI)
		return sbi_ipi(v, fid);
	if (eid == EXT_TIME && fid == SBI_EXT_TIME_SET_TIMER) {
		axv_riscv_set_timer(v, arg(v, 0));
		return axv_riscv_sbi_answer(v, 0, 0);
	}
	switch (eid) {
	case EXT_BASE:
		return sbi_base(v, fid);
	case EXT_RFENCE:
		return axv_riscv_sbi_rfence(v, fid);
	case EXT_HSM:
		return axv_riscv_sbi_hsm(v, fid);
	case EXT_SRST:
		return sbi_srst(v, fid);
	case EXT_DBCN:
		return sbi_dbcn(v, fid);
	case AXVCPU_RISCV_SBI_HVC:
		return sbi_hvc(v);
	case LEGACY_SET_TIMER ... LEGACY_SHUTDOWN:
		return sbi_legacy(v, eid);
	}
	return axv_riscv_sbi_answer(v, SBI_ERR_NOT_SUPPORTED, 0);
}

/**
 * axv_riscv_sbi_slow() - the rest of a call, where axv_riscv_sbi() said AXV_SLOW
 * @v: the vCPU, at rest, interrupts on
 *
 * Return: enum axv_next or a negative errno.
 */
int axv_riscv_sbi_slow(struct axv_vcpu *v)
{
	u64 eid = v->arch.ctx.x[AXV_A7];

	return is_legacy(eid) ? legacy_slow(v, eid) : axv_riscv_sbi_rfence_wait(v);
}

/* The VMM's answer to a call, which may be one of those that were not routed to it. */
static int fulfil_hypercall(struct axv_vcpu *v, u64 data)
{
	u64 eid = v->exit.hypercall.nr >> 32 & ~BIT_ULL(31);

	if (v->exit.hypercall.nr >> 63 && eid == EXT_DBCN &&
	    !(v->vm->arch_flags & AXVCPU_RISCV_ROUTE_DBCN))
		return fulfil_dbcn(v, data);
	return legacy_answer(v, data);
}

/**
 * axv_riscv_sbi_complete() - what the VMM decided about an exit that an ecall made
 * @v: the vCPU, at rest
 * @cmd: enum axvcpu_command: FULFIL, SKIP or FAULT
 * @data: with FULFIL the answer: a0 of HYPERCALL but for the console's number of
 *	bytes, an SBI error of the others. CPU_DOWN is done with 0
 *
 * Return: enum axv_next.
 */
int axv_riscv_sbi_complete(struct axv_vcpu *v, u32 cmd, u64 data)
{
	switch (cmd) {
	case AXVCPU_CMD_SKIP:
		axv_riscv_skip(v, 4);
		return AXV_RESUME;
	case AXVCPU_CMD_FAULT:
		axv_riscv_illegal(v, 0x73);
		return AXV_RESUME;
	}
	switch (v->exit.reason) {
	case AXVCPU_EXIT_HYPERCALL:
		return fulfil_hypercall(v, data);
	case AXVCPU_EXIT_SYSTEM_DOWN:
		return axv_riscv_sbi_answer(v, data, 0);
	}
	return axv_riscv_sbi_hsm_fulfil(v, data);
}
