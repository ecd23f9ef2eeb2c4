// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions on control and debug registers that a backend intercepts and the
 * hardware does not describe well enough to do without their bytes.
 */
#include <linux/bits.h>
#include <asm/processor-flags.h>

#include "x86.h"
#include "decode_impl.h"

/* what LMSW writes, and that it cannot clear PE */
#define LMSW_BITS	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)

#define DR6_BD		BIT(13)
#define DR6_WRITABLE	(GENMASK(3, 0) | GENMASK(15, 13))
#define DR6_SET		0xffff0ff0ull
#define DR7_GD		BIT(13)
#define DR7_WRITABLE	(GENMASK(31, 16) | DR7_GD | GENMASK(9, 0))
#define DR7_SET		BIT(10)

static int sys_fault(struct axv_vcpu *v, u32 vector)
{
	axv_x86_queue_exception(v, vector, 0);
	return AXV_X86_FAULTED;
}

/* 0 and 1 of the axv_x86_set_*() functions as an answer; @i is behind us. */
static int sys_done(struct axv_vcpu *v, const struct axv_x86_sys *i, int fault)
{
	if (fault)
		return sys_fault(v, AXV_X86_GP);
	axv_x86_skip(v, i->len);
	return AXV_RESUME;
}

static u64 operand(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	u64 val = *axv_x86_reg(v, i->gpr);

	return i->width == 8 ? val : (u32)val;
}

/* ---- control registers ---------------------------------------------------------- */

static int mov_to_cr(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	u64 val = operand(v, i);

	switch (i->cr) {
	case 0:
		return sys_done(v, i, axv_x86_set_cr0(v, val));
	case 3:
		return sys_done(v, i, axv_x86_set_cr3(v, val));
	case 4:
		return sys_done(v, i, axv_x86_set_cr4(v, val));
	case 8:
		return sys_done(v, i, axv_x86_set_cr8(v, val));
	}
	return sys_fault(v, AXV_X86_UD);
}

static int mov_from_cr(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	const struct axvcpu_x86_control *c = axv_x86_control(v);
	u64 val;

	switch (i->cr) {
	case 0:
		val = c->cr0;
		break;
	case 2:
		val = c->cr2;
		break;
	case 3:
		val = c->cr3;
		break;
	case 4:
		val = c->cr4;
		break;
	case 8:
		val = c->cr8;
		break;
	default:
		return sys_fault(v, AXV_X86_UD);
	}
	*axv_x86_reg(v, i->gpr) = i->width == 8 ? val : (u32)val;
	return sys_done(v, i, 0);
}

/* ---- the machine status word: the low half of CR0 ------------------------------- */

/*
 * The memory operand of LMSW or SMSW at rip as a linear address: 0; 1 with an
 * exception queued; -errno of axv_x86_fetch(), -EAGAIN where the bytes are
 * others by now.
 */
static int msw_operand(struct axv_vcpu *v, bool write, u64 *gva)
{
	struct axv_x86_ref ref[AXV_X86_MAX_REFS];
	struct axv_x86_cursor c = {};
	struct axv_x86_insn insn = {
		.op = AXV_X86_OP_MOV,
		.width = 2,
		.reg_width = 2,
		.access = write ? AXV_X86_WRITE : AXV_X86_READ,
		.reg = AXV_X86_NONE,
	};
	u8 bytes[AXV_X86_INSN_MAX + 1] = {};
	struct axv_x86_mode m;
	int n;

	n = axv_x86_fetch(v, bytes);
	if (n <= 0)
		return n ?: 1;
	axv_x86_get_mode(v, &m);
	if (axv_x86_take_prefixes(&c, bytes, n, m.bits) != 0x0f || axv_x86_next(&c) != 0x01)
		return -EAGAIN;
	c.modrm = axv_x86_next(&c);
	if (axv_x86_modrm_mod(&c) == 3)
		return -EAGAIN;
	axv_x86_take_memory(&c, &insn);
	if (axv_x86_decode_end(&c, 0))
		return -EAGAIN;
	insn.len = c.pos;
	insn.addr_bits = c.addr_bits;
	if (!axv_x86_refs(&insn, &v->arch.gpr, ref))
		return -EAGAIN;
	return axv_x86_linear(v, ref[0].seg, ref[0].off, 2, write, gva);
}

/* What a failed access to the operand means for the vCPU. */
static int operand_failed(struct axv_vcpu *v, int r)
{
	if (r > 0)
		return AXV_X86_FAULTED;
	if (r == -EAGAIN)
		return AXV_RESUME;
	if (r == -EINTR || r == -ENOMEM)
		return r;
	axv_x86_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = AXVCPU_ERROR_DECODE;
	return AXV_EXIT;
}

static int lmsw(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	u64 cr0 = axv_x86_control(v)->cr0;
	u16 msw;
	u64 gva;
	int r;

	if (i->gpr != AXV_X86_NONE) {
		msw = *axv_x86_reg(v, i->gpr);
	} else {
		r = msw_operand(v, false, &gva);
		if (!r)
			r = axv_x86_read_gva(v, gva, &msw, sizeof(msw), 0);
		if (r)
			return operand_failed(v, r);
	}
	cr0 &= ~(u64)(LMSW_BITS & ~X86_CR0_PE);
	return sys_done(v, i, axv_x86_set_cr0(v, cr0 | (msw & LMSW_BITS)));
}

static int smsw(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	u64 cr0 = axv_x86_control(v)->cr0;
	u16 msw = cr0;
	u64 gva;
	int r;

	if (i->gpr != AXV_X86_NONE) {
		axv_x86_merge(axv_x86_reg(v, i->gpr), i->width, cr0);
	} else {
		r = msw_operand(v, true, &gva);
		if (!r)
			r = axv_x86_write_gva(v, gva, &msw, sizeof(msw));
		if (r)
			return operand_failed(v, r);
	}
	return sys_done(v, i, 0);
}

/* ---- debug registers ------------------------------------------------------------ */

/* CR4.DE makes 4 and 5 illegal; without it they are 6 and 7. */
static int mov_dr(struct axv_vcpu *v, const struct axv_x86_sys *i, bool write)
{
	struct axvcpu_x86_debug *d = &v->arch.debug;
	struct axv_x86_mode m;
	unsigned int dr = i->cr;
	u64 val = operand(v, i);

	axv_x86_get_mode(v, &m);
	if (m.cpl)
		return sys_fault(v, AXV_X86_GP);
	if (dr > 7 || (dr >> 1 == 2 && axv_x86_control(v)->cr4 & X86_CR4_DE))
		return sys_fault(v, AXV_X86_UD);
	if (d->dr7 & DR7_GD) {
		axv_x86_queue_db(v, DR6_BD);
		return AXV_X86_FAULTED;
	}
	if (dr >> 1 == 2)
		dr += 2;

	if (!write) {
		val = dr < 4 ? d->dr[dr] : dr == 6 ? d->dr6 : d->dr7;
		*axv_x86_reg(v, i->gpr) = i->width == 8 ? val : (u32)val;
		return sys_done(v, i, 0);
	}
	if (dr >= 4 && val >> 32)
		return sys_fault(v, AXV_X86_GP);
	if (dr < 4)
		d->dr[dr] = val;
	else if (dr == 6)
		d->dr6 = (val & DR6_WRITABLE) | DR6_SET;
	else
		d->dr7 = (val & DR7_WRITABLE) | DR7_SET;
	return sys_done(v, i, 0);
}

/* ---- PUSHF: the guest's flags are not always those of the hardware -------------- */

#define CR4_VME		BIT(0)
#define ATTR_BIG	BIT(10)

static int pushf(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	const struct axvcpu_x86_control *c = axv_x86_control(v);
	u64 *rsp = axv_x86_reg(v, AXVCPU_X86_RSP);
	u64 flags = v->arch.gpr.rflags;
	struct axv_x86_mode m;
	unsigned int bits;
	u64 to = *rsp, gva;
	int r;

	axv_x86_get_mode(v, &m);
	bits = m.bits == 64 ? 64 : c->seg[AXVCPU_X86_SS].attr & ATTR_BIG ? 32 : 16;
	if ((flags & X86_EFLAGS_VM) && (flags & X86_EFLAGS_IOPL) != X86_EFLAGS_IOPL) {
		if (!(c->cr4 & CR4_VME) || i->width != 2)
			return sys_fault(v, AXV_X86_GP);
		flags = (flags & ~(u64)X86_EFLAGS_IF) | X86_EFLAGS_IOPL |
			(flags & X86_EFLAGS_VIF ? X86_EFLAGS_IF : 0);
	}
	flags &= ~(u64)(X86_EFLAGS_RF | X86_EFLAGS_VM);

	axv_x86_addr_add(&to, bits, -(u64)i->width);
	r = axv_x86_linear(v, AXVCPU_X86_SS, axv_x86_addr(to, bits), i->width, true, &gva);
	if (!r)
		r = axv_x86_write_gva(v, gva, &flags, i->width);
	if (r)
		return operand_failed(v, r);
	*rsp = to;
	return sys_done(v, i, 0);
}

/* ---- XSETBV --------------------------------------------------------------------- */

static int xsetbv(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	u64 val = *axv_x86_reg(v, AXVCPU_X86_RDX) << 32 | (u32)*axv_x86_reg(v, AXVCPU_X86_RAX);
	u32 index = *axv_x86_reg(v, AXVCPU_X86_RCX);

	if (!(axv_x86_control(v)->cr4 & X86_CR4_OSXSAVE))
		return sys_fault(v, AXV_X86_UD);
	return sys_done(v, i, axv_x86_set_xcr(v, index, val));
}

/* Those that are not for user mode; debug registers and XCR0 are asked for there. */
static bool is_privileged(u8 op)
{
	return op == AXV_X86_SYS_MOV_TO_CR || op == AXV_X86_SYS_MOV_FROM_CR ||
	       op == AXV_X86_SYS_CLTS || op == AXV_X86_SYS_LMSW;
}

/**
 * axv_x86_do_system() - do an intercepted instruction for the guest
 * @v: the vCPU
 * @i: the instruction
 *
 * Return: see x86.h. Another instruction than those intended for here, because
 * the guest changed it meanwhile, is left to be executed: AXV_RESUME.
 */
int axv_x86_do_system(struct axv_vcpu *v, const struct axv_x86_sys *i)
{
	struct axv_x86_mode m;

	/*
	 * The CPU has asked for the privilege of what it intercepted, but not of
	 * what another vCPU has put there since.
	 */
	axv_x86_get_mode(v, &m);
	if (m.cpl && is_privileged(i->op))
		return sys_fault(v, AXV_X86_GP);

	switch (i->op) {
	case AXV_X86_SYS_MOV_TO_CR:
		return mov_to_cr(v, i);
	case AXV_X86_SYS_MOV_FROM_CR:
		return mov_from_cr(v, i);
	case AXV_X86_SYS_CLTS:
		return sys_done(v, i, axv_x86_set_cr0(v, axv_x86_control(v)->cr0 & ~X86_CR0_TS));
	case AXV_X86_SYS_LMSW:
		return lmsw(v, i);
	case AXV_X86_SYS_SMSW:
		return smsw(v, i);
	case AXV_X86_SYS_MOV_TO_DR:
		return mov_dr(v, i, true);
	case AXV_X86_SYS_MOV_FROM_DR:
		return mov_dr(v, i, false);
	case AXV_X86_SYS_PUSHF:
		return pushf(v, i);
	case AXV_X86_SYS_XSETBV:
		return xsetbv(v, i);
	}
	return AXV_RESUME;
}
