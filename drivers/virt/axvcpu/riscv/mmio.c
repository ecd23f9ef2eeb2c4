// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to devices: a load or store where nothing is mapped becomes an exit, in the
 * section, and nothing of it is done before the VMM has answered.
 *
 * What the instruction was is in htinst, where the hart says so. Else it is fetched, and
 * may be another one by then, since any hart of the guest can write its code and its
 * tables: what does not fit the trap is left to the guest, who goes on with what is
 * there now.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/csr.h>

#include "riscv.h"

/* ---- the instruction ------------------------------------------------------------ */

/* Could @d have made the access? A hart may do an AMO as a load and a store. */
static bool fits(const struct axv_riscv_insn *d, bool write)
{
	switch (d->op) {
	case AXV_RISCV_LOAD:
	case AXV_RISCV_FLOAD:
		return !write;
	case AXV_RISCV_STORE:
	case AXV_RISCV_FSTORE:
		return write;
	case AXV_RISCV_MEMORY:
	case AXV_RISCV_AMO:
	case AXV_RISCV_LR:
	case AXV_RISCV_SC:
		return true;
	}
	return false;
}

static bool is_plain(const struct axv_riscv_insn *d)
{
	return d->op >= AXV_RISCV_LOAD && d->op <= AXV_RISCV_FSTORE;
}

/**
 * axv_riscv_note_insn() - v->exit gets the bits of the instruction at pc
 * @v: the vCPU, its exit made
 * @insn: the bits
 * @len: bytes of it
 */
void axv_riscv_note_insn(struct axv_vcpu *v, u32 insn, unsigned int len)
{
	struct axvcpu_exit *x = &v->exit;

	memset(x->insn, 0, sizeof(x->insn));
	memcpy(x->insn, &insn, sizeof(insn));
	x->insn_len = len;
	x->insn_nr = len == 2 ? 2 : 4;
}

/* False: the guest is to go on with what it finds there now. */
static bool fetch(struct axv_vcpu *v, bool write, u32 *insn, struct axv_riscv_insn *d)
{
	const struct axv_riscv_ctx *ctx = &v->arch.ctx;
	struct axv_riscv_trap trap;
	u64 offset;

	if (axv_riscv_fetch(v, ctx->pc, insn, &trap))
		return false;
	axv_riscv_decode(*insn, d);
	if (!fits(d, write))
		return false;
	if (!is_plain(d))
		return true;
	offset = ctx->trap.stval - (axv_riscv_x(v, d->rs1) + d->imm);
	d->offset = offset;
	return offset < d->width;
}

/* ---- exits ---------------------------------------------------------------------- */

static int internal_error(struct axv_vcpu *v, u32 what, u64 gpa, u32 insn,
			  const struct axv_riscv_insn *d)
{
	axv_riscv_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = what;
	v->exit.internal.gpa = gpa;
	if (insn)
		axv_riscv_note_insn(v, insn, d->len);
	else
		v->exit.insn_len = d->len;
	return AXV_EXIT;
}

static_assert(offsetof(struct axvcpu_exit, mmio.gpa) == offsetof(struct axvcpu_exit, words[0]));
static_assert(offsetof(struct axvcpu_exit, mmio.data) == offsetof(struct axvcpu_exit, words[1]));
#define IN_EXIT(member)		(offsetof(struct axvcpu_exit, mmio.member) - \
				 offsetof(struct axvcpu_exit, words[2]))
#define IN_ACCESS(member)	(offsetof(struct axv_riscv_access, member) - \
				 offsetof(struct axv_riscv_access, words2))
static_assert(IN_EXIT(reg) == IN_ACCESS(reg) && IN_EXIT(width) == IN_ACCESS(width) &&
	      IN_EXIT(reg_width) == IN_ACCESS(reg_width) &&
	      IN_EXIT(sign_extend) == IN_ACCESS(sign_extend) &&
	      IN_EXIT(flags) == IN_ACCESS(flags));

static void describe(struct axv_riscv_access *a, const struct axv_riscv_insn *d, bool write)
{
	a->words2 = 0;
	a->width = d->width;
	a->len = d->len;
	a->unused = 64 - 8 * d->width;
	a->mask = d->width - 1;
	if (write) {
		a->reason = AXVCPU_EXIT_MMIO_WRITE;
		a->reg = AXVCPU_REG_NONE;
		a->rs2 = d->rs2;
		return;
	}
	a->reason = AXVCPU_EXIT_MMIO_READ;
	a->reg = d->op == AXV_RISCV_LOAD ? d->rd : AXVCPU_RISCV_REG_F(d->rd);
	a->reg_width = sizeof(u64);
	a->sign_extend = d->sign;
	a->rs2 = 0;
}

/**
 * axv_riscv_mmio() - a guest page fault at a device
 * @v: the vCPU, in the section
 * @gpa: guest physical address that faulted
 * @write: it was a store's
 *
 * Return: enum axv_next.
 */
int axv_riscv_mmio(struct axv_vcpu *v, u64 gpa, bool write)
{
	struct axv_riscv_access *a = &v->arch.access;
	u64 htinst = v->arch.ctx.trap.htinst, data;
	struct axv_riscv_insn d;
	u32 insn = 0;
	int r;

	a->htinst = AXV_RISCV_NO_HTINST;
	if (!axv_riscv_decode_htinst(htinst, &d) && !fetch(v, write, &insn, &d))
		return AXV_RESUME;
	if (unlikely(v->arch.at_imsic))
		return axv_riscv_imsic_access(v, gpa, write, &d);
	if (unlikely(!is_plain(&d)))
		return internal_error(v, AXVCPU_ERROR_DECODE, gpa, insn, &d);
	/* the part that faulted need not be the first */
	if (unlikely(offset_in_page(gpa) < d.offset ||
		     offset_in_page(gpa - d.offset) + d.width > PAGE_SIZE))
		return internal_error(v, AXVCPU_ERROR_STRADDLE, gpa, insn, &d);
	gpa -= d.offset;

	describe(a, &d, write);
	if (!insn && !d.offset && (d.op == AXV_RISCV_LOAD || d.op == AXV_RISCV_STORE))
		a->htinst = htinst;
	data = d.op == AXV_RISCV_FSTORE ? axv_riscv_fp_get(v, d.rs2) : axv_riscv_x(v, a->rs2);
	r = axv_riscv_mmio_exit(v, gpa, data);
	if (r == AXV_EXIT && insn)
		axv_riscv_note_insn(v, insn, d.len);
	return r;
}

/* ---- FULFIL --------------------------------------------------------------------- */

/**
 * axv_riscv_load_f() - do the FP load that v->exit is about, but for the pc
 * @v: the vCPU, at rest
 * @data: what was read
 *
 * A value narrower than the register is boxed: all ones above it.
 */
void axv_riscv_load_f(struct axv_vcpu *v, u64 data)
{
	const struct axvcpu_exit *x = &v->exit;

	if (x->mmio.width < sizeof(data))
		data |= ~0ull << (8 * x->mmio.width);
	axv_riscv_fp_set(v, x->mmio.reg - AXVCPU_RISCV_REG_F(0), data);
}
