// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to devices: a load or store where nothing is mapped becomes an exit, in the
 * section, and nothing of it is done before the VMM has answered.
 *
 * What the access was is in the syndrome, but of instructions with two registers, with
 * writeback, and of SIMD and FP registers. Those are fetched, and may be others by then,
 * since any CPU of the guest can write its code and its tables: what does not fit the
 * abort is left to the guest, who goes on with what is there now. One that takes more than
 * one access is as many exits, FULFIL leading from each to the next, and its registers
 * change with the last.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <asm/ptrace.h>

#include "arm64.h"

/* SCTLR_EL1 */
#define GUEST_SCTLR_M		BIT_ULL(0)
#define GUEST_SCTLR_E0E		BIT_ULL(24)
#define GUEST_SCTLR_EE		BIT_ULL(25)

#define PART_BYTES	8u

/* ---- byte order ----------------------------------------------------------------- */

/* Does the guest see the bytes of a device's register the other way round now? */
static bool is_big_endian(struct axv_vcpu *v)
{
	u64 pstate = v->arch.ctx->pstate;

	if (unlikely(pstate & PSR_MODE32_BIT))
		return pstate & PSR_AA32_E_BIT;
	return axv_arm64_read_sctlr(v) &
	       (axv_arm64_is_user(v) ? GUEST_SCTLR_E0E : GUEST_SCTLR_EE);
}

/* The low @width bytes of @data. */
static __always_inline u64 low(u64 data, unsigned int width)
{
	unsigned int unused = 64 - 8 * width;

	return data << unused >> unused;
}

/* @data as it is on the bus, from a register; or the reverse. */
static u64 on_bus(struct axv_vcpu *v, u64 data, unsigned int width)
{
	if (unlikely(is_big_endian(v)))
		data = swab64(data) >> (64 - 8 * width);
	return low(data, width);
}

/* ---- what the kernel answers ---------------------------------------------------- */

static __always_inline bool write_done(struct axv_vcpu *v, u64 gpa, unsigned int width, u64 data)
{
	if (unlikely(axv_arm64_gicr_at(v, gpa))) {
		axv_arm64_gicr_write(v, gpa, width, data);
		return true;
	}
	return axv_route_write(v, false, gpa, width, data);
}

static __always_inline bool read_done(struct axv_vcpu *v, u64 gpa, unsigned int width, u64 *data)
{
	if (likely(!axv_arm64_gicr_at(v, gpa)))
		return false;
	*data = axv_arm64_gicr_read(v, gpa, width);
	return true;
}

/* ---- exits ---------------------------------------------------------------------- */

/* v->exit gets the bits of the instruction at pc. */
static void note_insn(struct axv_vcpu *v, u32 insn)
{
	struct axvcpu_exit *x = &v->exit;

	memset(x->insn, 0, sizeof(x->insn));
	memcpy(x->insn, &insn, sizeof(insn));
	x->insn_len = 4;
	x->insn_nr = 4;
}

static int internal_error(struct axv_vcpu *v, u32 what, u64 gpa)
{
	axv_arm64_new_exit(v, AXVCPU_EXIT_INTERNAL_ERROR);
	v->exit.internal.what = what;
	v->exit.internal.gpa = gpa;
	v->exit.insn_len = axv_arm64_insn_len(v);
	return AXV_EXIT;
}

static int insn_error(struct axv_vcpu *v, u32 what, u64 gpa, u32 insn)
{
	internal_error(v, what, gpa);
	note_insn(v, insn);
	return AXV_EXIT;
}

static __always_inline struct axvcpu_exit *mmio_exit(struct axv_vcpu *v, u32 reason, u64 gpa,
						     unsigned int width)
{
	struct axvcpu_exit *x = &v->exit;

	if (unlikely(x->reason != reason))
		axv_exit_reason(x, reason);
	x->insn_nr = 0;
	x->mmio.gpa = gpa;
	x->mmio.width = width;
	x->mmio.flags = 0;
	return x;
}

static __always_inline struct axvcpu_exit *write_exit(struct axv_vcpu *v, u64 gpa,
						      unsigned int width, u64 data)
{
	struct axvcpu_exit *x = mmio_exit(v, AXVCPU_EXIT_MMIO_WRITE, gpa, width);

	x->mmio.data = data;
	x->mmio.reg = AXVCPU_REG_NONE;
	x->mmio.reg_width = 0;
	x->mmio.sign_extend = 0;
	return x;
}

static __always_inline struct axvcpu_exit *read_exit(struct axv_vcpu *v, u64 gpa,
						     unsigned int width, u32 reg,
						     unsigned int reg_width, bool sign)
{
	struct axvcpu_exit *x = mmio_exit(v, AXVCPU_EXIT_MMIO_READ, gpa, width);

	x->mmio.data = 0;
	x->mmio.reg = reg;
	x->mmio.reg_width = reg_width;
	x->mmio.sign_extend = sign;
	return x;
}

/* ---- by the syndrome ------------------------------------------------------------ */

/* What a load leaves in its register. */
static u64 loaded(u64 data, unsigned int width, unsigned int reg_width, bool sign)
{
	unsigned int unused = 64 - 8 * width;

	data <<= unused;
	data = sign ? (u64)((s64)data >> unused) : data >> unused;
	return reg_width == 4 ? (u32)data : data;
}

/**
 * axv_arm64_load() - do the load that v->exit is about, but for the pc
 * @v: the vCPU
 * @data: what was read
 */
void axv_arm64_load(struct axv_vcpu *v, u64 data)
{
	const struct axvcpu_exit *x = &v->exit;

	data = on_bus(v, data, x->mmio.width);
	axv_arm64_set_x(v, x->mmio.reg,
			loaded(data, x->mmio.width, x->mmio.reg_width, x->mmio.sign_extend));
}

static __always_inline unsigned int esr_width(u64 esr)
{
	return 1u << ((esr & ESR_ELx_SAS) >> ESR_ELx_SAS_SHIFT);
}

static int by_syndrome(struct axv_vcpu *v, u64 gpa, bool write)
{
	u64 esr = v->arch.ctx->trap.esr, data;
	unsigned int reg = (esr & ESR_ELx_SRT_MASK) >> ESR_ELx_SRT_SHIFT;
	unsigned int width = esr_width(esr), reg_width = esr & ESR_ELx_SF ? 8 : 4;
	bool sign = esr & ESR_ELx_SSE;
	struct axvcpu_exit *x;

	if (unlikely(offset_in_page(gpa) + width > PAGE_SIZE))
		return internal_error(v, AXVCPU_ERROR_STRADDLE, gpa);
	if (write) {
		data = on_bus(v, axv_arm64_x(v, reg), width);
		if (unlikely(write_done(v, gpa, width, data))) {
			axv_arm64_skip(v);
			return AXV_RESUME;
		}
		x = write_exit(v, gpa, width, data);
	} else {
		if (unlikely(read_done(v, gpa, width, &data))) {
			data = loaded(on_bus(v, data, width), width, reg_width, sign);
			axv_arm64_set_x(v, reg, data);
			axv_arm64_skip(v);
			return AXV_RESUME;
		}
		x = read_exit(v, gpa, width, reg, reg_width, sign);
	}
	x->insn_len = axv_arm64_insn_len(v);
	return AXV_EXIT;
}

/* ---- by the instruction --------------------------------------------------------- */

/* X0 to X30 and SP, as axv_arm64_address() wants them. */
static void get_regs(struct axv_vcpu *v, u64 *regs)
{
	const struct axv_arm64_ctx *ctx = v->arch.ctx;

	memcpy(regs, ctx->x, sizeof(ctx->x));
	if ((ctx->pstate & PSR_MODE_MASK) == PSR_MODE_EL1h)
		regs[AXV_ARM64_REG_SP] = axv_arm64_read_sys(v, AXV_REG_SP_EL1);
	else
		regs[AXV_ARM64_REG_SP] = ctx->sp_el0;
}

static void set_base(struct axv_vcpu *v, unsigned int reg, u64 value)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;

	if (reg != AXV_ARM64_REG_SP)
		ctx->x[reg] = value;
	else if ((ctx->pstate & PSR_MODE_MASK) == PSR_MODE_EL1h)
		axv_arm64_write_sys(v, AXV_REG_SP_EL1, value);
	else
		ctx->sp_el0 = value;
}

static bool is_fp(const struct axv_arm64_insn *d)
{
	return d->op == AXV_ARM64_FLOAD || d->op == AXV_ARM64_FSTORE;
}

static bool is_store(const struct axv_arm64_insn *d)
{
	return d->op == AXV_ARM64_STORE || d->op == AXV_ARM64_FSTORE;
}

static bool is_plain(const struct axv_arm64_insn *d)
{
	return d->op >= AXV_ARM64_LOAD && d->op <= AXV_ARM64_FSTORE && !d->unpredictable;
}

/* Could @d have made the access? Atomics do it as a load or as a store. */
static bool fits(const struct axv_arm64_insn *d, bool write)
{
	switch (d->op) {
	case AXV_ARM64_LOAD:
	case AXV_ARM64_FLOAD:
		return !write;
	case AXV_ARM64_STORE:
	case AXV_ARM64_FSTORE:
		return write;
	case AXV_ARM64_MEMORY:
		return true;
	case AXV_ARM64_CACHE:
		return d->zero && write;
	}
	return false;
}

static unsigned int part_bytes(const struct axv_arm64_insn *d)
{
	return min_t(unsigned int, d->size, PART_BYTES);
}

static unsigned int parts_of(const struct axv_arm64_insn *d)
{
	return d->size * d->nr / part_bytes(d);
}

/*
 * Which half of its register part @n is. In memory the lower one comes first; the whole
 * register is turned round where the guest's byte order is the other one.
 */
static unsigned int half_of(struct axv_vcpu *v, const struct axv_arm64_insn *d, unsigned int n)
{
	if (d->size <= PART_BYTES)
		return 0;
	return (n & 1) ^ is_big_endian(v);
}

static unsigned int reg_of(const struct axv_arm64_insn *d, unsigned int n)
{
	return n * part_bytes(d) < d->size ? d->rt : d->rt2;
}

static u64 stored(struct axv_vcpu *v, const struct axv_arm64_insn *d, unsigned int n)
{
	u64 value[2];

	if (!is_fp(d))
		return on_bus(v, axv_arm64_x(v, reg_of(d, n)), part_bytes(d));
	axv_arm64_fp_get(v, reg_of(d, n), value);
	return on_bus(v, value[half_of(v, d, n)], part_bytes(d));
}

static void load_reg(struct axv_vcpu *v, const struct axv_arm64_insn *d, unsigned int n)
{
	unsigned int width = part_bytes(d), i;
	u64 value[2] = { };

	for (i = 0; i * width < d->size; i++)
		value[half_of(v, d, i)] = on_bus(v, v->arch.part_data[n + i], width);
	if (is_fp(d))
		axv_arm64_fp_set(v, reg_of(d, n), value);
	else
		axv_arm64_set_x(v, reg_of(d, n),
				loaded(value[0], width, d->wide ? 8 : 4, d->sign));
}

/* All is read or written: registers, writeback, pc. */
static int finish(struct axv_vcpu *v, const struct axv_arm64_insn *d)
{
	u64 regs[AXV_ARM64_REG_SP + 1], base;
	unsigned int n;

	get_regs(v, regs);
	axv_arm64_address(d, regs, v->arch.ctx->pc, &base);
	if (!is_store(d)) {
		for (n = 0; n < parts_of(d); n += d->size / part_bytes(d))
			load_reg(v, d, n);
	}
	if (d->writeback)
		set_base(v, d->rn, base);
	axv_arm64_skip(v);
	return AXV_RESUME;
}

static int read_part(struct axv_vcpu *v, const struct axv_arm64_insn *d, u64 gpa, unsigned int n)
{
	unsigned int width = part_bytes(d);

	if (read_done(v, gpa, width, &v->arch.part_data[n]))
		return AXV_RESUME;
	if (d->size > PART_BYTES)
		read_exit(v, gpa, width, AXVCPU_REG_NONE, 0, false);
	else if (is_fp(d))
		read_exit(v, gpa, width, AXVCPU_ARM64_REG_V(reg_of(d, n)), 16, false);
	else
		read_exit(v, gpa, width, reg_of(d, n), d->wide ? 8 : 4, d->sign);
	return AXV_EXIT;
}

static int write_part(struct axv_vcpu *v, const struct axv_arm64_insn *d, u64 gpa, unsigned int n)
{
	u64 data = stored(v, d, n);

	if (write_done(v, gpa, part_bytes(d), data))
		return AXV_RESUME;
	write_exit(v, gpa, part_bytes(d), data);
	return AXV_EXIT;
}

/* From v->arch.part on; @gpa is the first byte of the whole access. */
static int go_on(struct axv_vcpu *v, const struct axv_arm64_insn *d, u64 gpa, u32 insn)
{
	unsigned int n = v->arch.part, width = part_bytes(d);
	int r;

	for (; n < parts_of(d); n++) {
		r = is_store(d) ? write_part(v, d, gpa + n * width, n) :
				  read_part(v, d, gpa + n * width, n);
		if (r == AXV_EXIT) {
			v->arch.part = n;
			note_insn(v, insn);
			return r;
		}
	}
	return finish(v, d);
}

/**
 * axv_arm64_mmio_continue() - FULFIL of an access whose instruction was decoded
 * @v: the vCPU, at rest
 * @data: of an MMIO_READ what was read
 *
 * Return: enum axv_next.
 */
int axv_arm64_mmio_continue(struct axv_vcpu *v, u64 data)
{
	unsigned int n = v->arch.part;
	struct axv_arm64_insn d;
	u32 insn;
	u64 gpa;

	memcpy(&insn, v->exit.insn, sizeof(insn));
	axv_arm64_decode(insn, &d);
	gpa = v->exit.mmio.gpa - n * part_bytes(&d);
	if (!is_store(&d))
		v->arch.part_data[n] = data;
	v->arch.part = n + 1;
	return go_on(v, &d, gpa, insn);
}

/* How far into the access of @d the address is that the CPU gave. */
static u64 offset_in_access(struct axv_vcpu *v, const struct axv_arm64_insn *d)
{
	u64 regs[AXV_ARM64_REG_SP + 1], base;

	get_regs(v, regs);
	/* a tag may be there or not */
	return (v->arch.ctx->trap.far -
		axv_arm64_address(d, regs, v->arch.ctx->pc, &base)) & GENMASK_ULL(55, 0);
}

/* @has_syndrome: it is known what the access is, but not whether the page before is part of it */
static int by_insn(struct axv_vcpu *v, u64 gpa, bool write, u32 insn, bool has_syndrome)
{
	struct axv_arm64_insn d;
	u64 offset;

	axv_arm64_decode(insn, &d);
	if (!fits(&d, write))
		return AXV_RESUME;
	if (!is_plain(&d)) {
		if (has_syndrome)
			return by_syndrome(v, gpa, write);
		return insn_error(v, AXVCPU_ERROR_DECODE, gpa, insn);
	}
	offset = offset_in_access(v, &d);
	if (offset >= d.size * d.nr)
		return AXV_RESUME;
	/* the part that faulted need not be the first */
	if (offset_in_page(gpa) < offset ||
	    offset_in_page(gpa - offset) + d.size * d.nr > PAGE_SIZE)
		return insn_error(v, AXVCPU_ERROR_STRADDLE, gpa, insn);
	v->arch.part = 0;
	return go_on(v, &d, gpa - offset, insn);
}

/**
 * axv_arm64_fetch() - the instruction at the guest's pc
 * @v: the vCPU
 * @sleeps: at rest; else in the section
 * @insn: out
 *
 * Return: 0; 1: there is none any more, the guest is to see for itself; -EFAULT in the
 * section: it is not at hand; at rest what axv_s2_read() says.
 */
int axv_arm64_fetch(struct axv_vcpu *v, bool sleeps, u32 *insn)
{
	u64 pc = v->arch.ctx->pc;
	struct axv_arm64_walk w;
	__le32 code;
	const void *at;
	int r;

	if (pc & 3)
		return 1;
	r = axv_arm64_walk(v, pc, sleeps, &w);
	if (r)
		return r;
	if (sleeps) {
		r = axv_s2_read(v->s2, w.gpa, &code, sizeof(code));
		if (r)
			return r;
	} else {
		if (w.gpa >> axv_s2_gpa_bits(v->s2))
			return -EFAULT;
		at = axv_s2_peek(v, w.gpa, 0);
		if (!at)
			return -EFAULT;
		code = READ_ONCE(*(const __le32 *)at);
	}
	*insn = le32_to_cpu(code);
	return 0;
}

/* ---- both ----------------------------------------------------------------------- */

/*
 * May the access have begun in the page before? With the MMU off all is device memory,
 * where what is not aligned is the guest's own fault.
 */
static bool may_straddle(struct axv_vcpu *v, u64 gpa)
{
	return unlikely(!offset_in_page(gpa)) && esr_width(v->arch.ctx->trap.esr) > 1 &&
	       !(v->arch.ctx->pstate & PSR_MODE32_BIT) &&
	       (axv_arm64_read_sctlr(v) & GUEST_SCTLR_M);
}

/**
 * axv_arm64_mmio() - a data abort at a device
 * @v: the vCPU, in the section
 * @gpa: guest physical address that faulted
 * @write: it was a store's
 *
 * Return: enum axv_next.
 */
int axv_arm64_mmio(struct axv_vcpu *v, u64 gpa, bool write)
{
	bool has_syndrome = v->arch.ctx->trap.esr & ESR_ELx_ISV;
	u32 insn;
	int r;

	if (likely(has_syndrome && !may_straddle(v, gpa)))
		return by_syndrome(v, gpa, write);
	if (v->arch.ctx->pstate & PSR_MODE32_BIT)
		return internal_error(v, AXVCPU_ERROR_DECODE, gpa);
	r = axv_arm64_fetch(v, false, &insn);
	if (r)
		return r < 0 ? AXV_SLOW : AXV_RESUME;
	return by_insn(v, gpa, write, insn, has_syndrome);
}

/**
 * axv_arm64_mmio_slow() - the same at rest: the instruction was not at hand
 * @v: the vCPU; sleeps
 * @gpa: guest physical address that faulted
 * @write: it was a store's
 *
 * Return: enum axv_next, -EINTR, -ENOMEM.
 */
int axv_arm64_mmio_slow(struct axv_vcpu *v, u64 gpa, bool write)
{
	bool has_syndrome = v->arch.ctx->trap.esr & ESR_ELx_ISV;
	u32 insn;
	int r;

	r = axv_arm64_fetch(v, true, &insn);
	if (r == -EINTR || r == -ENOMEM)
		return r;
	if (r < 0)
		return internal_error(v, AXVCPU_ERROR_FETCH, gpa);
	if (r)
		return AXV_RESUME;
	return by_insn(v, gpa, write, insn, has_syndrome);
}
