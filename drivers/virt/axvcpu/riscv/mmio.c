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

static u64 low_bytes(u64 value, unsigned int width)
{
	unsigned int unused = 64 - 8 * width;

	return value << unused >> unused;
}

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

static int store(struct axv_vcpu *v, u64 gpa, const struct axv_riscv_insn *d)
{
	struct axvcpu_exit *x = &v->exit;
	u64 data;

	if (likely(d->op == AXV_RISCV_STORE))
		data = axv_riscv_x(v, d->rs2);
	else
		data = axv_riscv_fp_get(v, d->rs2);
	data = low_bytes(data, d->width);
	if (axv_route_write(v, false, gpa, d->width, data)) {
		axv_riscv_skip(v, d->len);
		return AXV_RESUME;
	}
	axv_riscv_new_exit(v, AXVCPU_EXIT_MMIO_WRITE);
	x->mmio.gpa = gpa;
	x->mmio.data = data;
	x->mmio.reg = AXVCPU_REG_NONE;
	x->mmio.width = d->width;
	return AXV_EXIT;
}

static int load(struct axv_vcpu *v, u64 gpa, const struct axv_riscv_insn *d)
{
	struct axvcpu_exit *x = &v->exit;

	axv_riscv_new_exit(v, AXVCPU_EXIT_MMIO_READ);
	x->mmio.gpa = gpa;
	x->mmio.reg = d->op == AXV_RISCV_LOAD ? d->rd : AXVCPU_RISCV_REG_F(d->rd);
	x->mmio.width = d->width;
	x->mmio.reg_width = sizeof(u64);
	x->mmio.sign_extend = d->sign;
	return AXV_EXIT;
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
	struct axv_riscv_insn *d = &v->arch.decoded;
	u64 htinst = v->arch.ctx.trap.htinst;
	u32 insn = 0;
	int r;

	/* A loop at a device has the same instruction again and again. */
	if (unlikely(!htinst || htinst != v->arch.htinst)) {
		v->arch.htinst = 0;
		if (axv_riscv_decode_htinst(htinst, d))
			v->arch.htinst = htinst;
		else if (!fetch(v, write, &insn, d))
			return AXV_RESUME;
	}
	if (unlikely(!is_plain(d)))
		return internal_error(v, AXVCPU_ERROR_DECODE, gpa, insn, d);
	/* the part that faulted need not be the first */
	if (unlikely(offset_in_page(gpa) < d->offset ||
		     offset_in_page(gpa - d->offset) + d->width > PAGE_SIZE))
		return internal_error(v, AXVCPU_ERROR_STRADDLE, gpa, insn, d);
	gpa -= d->offset;

	r = write ? store(v, gpa, d) : load(v, gpa, d);
	if (r == AXV_EXIT) {
		v->exit.insn_len = d->len;
		if (insn)
			axv_riscv_note_insn(v, insn, d->len);
	}
	return r;
}

/* ---- FULFIL --------------------------------------------------------------------- */

static void load_x(struct axv_vcpu *v, const struct axvcpu_exit *x, u64 data)
{
	unsigned int unused = 64 - 8 * x->mmio.width;

	data <<= unused;
	axv_riscv_set_x(v, x->mmio.reg,
			x->mmio.sign_extend ? (u64)((s64)data >> unused) : data >> unused);
}

/* A value narrower than the register is boxed: all ones above it. */
static void load_f(struct axv_vcpu *v, const struct axvcpu_exit *x, u64 data)
{
	if (x->mmio.width < sizeof(data))
		data |= ~0ull << (8 * x->mmio.width);
	axv_riscv_fp_set(v, x->mmio.reg - AXVCPU_RISCV_REG_F(0), data);
}

/**
 * axv_riscv_mmio_complete() - do the access that v->exit is about
 * @v: the vCPU, at rest
 * @data: of a load: the value read
 */
void axv_riscv_mmio_complete(struct axv_vcpu *v, u64 data)
{
	const struct axvcpu_exit *x = &v->exit;

	if (x->reason == AXVCPU_EXIT_MMIO_READ) {
		if (x->mmio.reg < AXVCPU_RISCV_REG_F(0))
			load_x(v, x, data);
		else
			load_f(v, x, data);
	}
	axv_riscv_skip(v, x->insn_len);
}
