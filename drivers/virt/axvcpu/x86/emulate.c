// SPDX-License-Identifier: GPL-2.0-only
/*
 * An instruction that touched a device: finished with what the VMM answers.
 *
 * The hardware stopped before the access, and until the last of the
 * instruction's accesses is done nothing of the vCPU changes: the VMM sees it
 * at the instruction's start at every exit, however many there are. What was
 * read so far is kept in struct axv_x86_emul; registers and flags are computed
 * from it anew each time, and taken over at the very end.
 *
 * The accesses are found before anything is asked: guest memory that faults or
 * has no right does so before a device sees the first read.
 */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "emul.h"

/*
 * The bytes at rip need not be what faulted: another vCPU may write there. The
 * guest is then let run again, which gives the truth. After that many times in
 * a row at one place it is no race.
 */
#define MAX_STRAYS	64

int axv_x86_emul_init(struct axv_vcpu *v)
{
	v->arch.emul = kzalloc(sizeof(*v->arch.emul), GFP_KERNEL_ACCOUNT);
	return v->arch.emul ? 0 : -ENOMEM;
}

void axv_x86_emul_free(struct axv_vcpu *v)
{
	kfree(v->arch.emul);
	v->arch.emul = NULL;
}

void axv_x86_mmio_cancel(struct axv_vcpu *v)
{
	v->arch.emul->active = false;
}

/* ---- exits ---------------------------------------------------------------------------- */

int axv_x86_internal_error(struct axv_vcpu *v, u32 what, u64 gpa)
{
	struct axvcpu_exit *x = &v->exit;

	axv_exit_reason(x, AXVCPU_EXIT_INTERNAL_ERROR);
	x->internal.what = what;
	x->internal.gpa = gpa;
	return AXV_EXIT;
}

int axv_x86_access_error(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags, int err)
{
	struct axvcpu_exit *x = &v->exit;

	switch (err) {
	case -EPERM:
		flags |= AXVCPU_NPF_PROT;
		break;
	case -EFAULT:
		flags |= AXVCPU_NPF_BACKING;
		break;
	case -ENXIO:
		break;
	case -EAGAIN:
		return AXV_RESUME;
	default:
		/* Out of memory, a signal: RUN says so, and may be called again. */
		return err;
	}
	axv_exit_reason(x, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	x->npf.gpa = gpa;
	x->npf.access = access;
	x->npf.flags = flags;
	return AXV_EXIT;
}

/* Does the value go to a register as it is, and nowhere else? */
static bool is_plain_load(const struct axv_x86_insn *insn)
{
	return insn->op == AXV_X86_OP_MOV && insn->dest_reg && !insn->high;
}

static int ask(struct axv_vcpu *v, unsigned int i, bool write, u64 data)
{
	struct axv_x86_emul *e = v->arch.emul;
	const struct axv_x86_insn *insn = &e->insn;
	struct axvcpu_exit *x = &v->exit;

	e->asked = i;
	e->asked_write = write;

	axv_exit_reason(x, write ? AXVCPU_EXIT_MMIO_WRITE : AXVCPU_EXIT_MMIO_READ);
	x->mmio.gpa = e->op[i].span.gpa[0];
	x->mmio.data = data;
	x->mmio.width = insn->width;
	x->mmio.reg = AXVCPU_REG_NONE;
	if (!write && is_plain_load(insn)) {
		x->mmio.reg = insn->reg;
		x->mmio.reg_width = insn->reg_width;
		x->mmio.sign_extend = insn->sign;
	}
	return AXV_EXIT;
}

/* ---- doing it --------------------------------------------------------------------------- */

/* Read the operands in memory; false with the answer in *@next. */
static bool read_memory(struct axv_vcpu *v, int *next)
{
	struct axv_x86_emul *e = v->arch.emul;
	unsigned int i;
	u64 gpa;
	int err;

	for (i = 0; i < e->nr; i++) {
		if (!(e->op[i].access & AXV_X86_READ) || e->op[i].device)
			continue;
		e->in[i] = 0;
		err = axv_x86_span_read(v, &e->op[i].span, &e->in[i], &gpa);
		if (err) {
			*next = axv_x86_access_error(v, gpa, AXVCPU_PROT_READ, 0, err);
			return false;
		}
		e->have |= BIT(i);
	}
	return true;
}

/* The next exit, or the end of the instruction. enum axv_next. */
static int go_on(struct axv_vcpu *v)
{
	struct axv_x86_emul *e = v->arch.emul;
	struct axvcpu_x86_gpr gpr = v->arch.gpr;
	unsigned int i;
	bool finished;
	u64 out = 0, gpa;
	int err;

	for (i = 0; i < e->nr; i++) {
		if (!(e->op[i].access & AXV_X86_READ) || (e->have & BIT(i)))
			continue;
		gpa = e->op[i].span.gpa[0];
		if (!axv_x86_lapic_at(v, gpa))
			return ask(v, i, false, 0);
		e->in[i] = axv_x86_lapic_mmio_read(v, gpa, e->insn.width);
		e->have |= BIT(i);
	}
	finished = axv_x86_compute(&e->insn, &gpr, e->in, &out);
	for (i = 0; i < e->nr; i++) {
		if (!(e->op[i].access & AXV_X86_WRITE) || (e->done & BIT(i)))
			continue;
		gpa = e->op[i].span.gpa[0];
		if (e->op[i].device && axv_x86_lapic_at(v, gpa)) {
			e->asked = i;
			e->asked_write = true;
			if (axv_x86_lapic_mmio_write(v, gpa, e->insn.width, out, true) ==
			    AXV_EXIT)
				return AXV_EXIT;
			e->done |= BIT(i);
			continue;
		}
		if (e->op[i].device && axv_route_write(v, false, gpa, e->insn.width, out)) {
			e->done |= BIT(i);
			continue;
		}
		if (e->op[i].device)
			return ask(v, i, true, out);
		err = axv_x86_span_write(v, &e->op[i].span, &out, &gpa);
		if (err) {
			e->active = false;
			return axv_x86_access_error(v, gpa, AXVCPU_PROT_WRITE, 0, err);
		}
	}

	e->active = false;
	e->strays = 0;
	memcpy(v->arch.gpr.r, gpr.r, sizeof(gpr.r));
	v->arch.gpr.rflags = gpr.rflags;
	/* A string instruction with more elements is its own next instruction. */
	axv_x86_skip(v, finished ? e->insn.len : 0);
	return AXV_RESUME;
}

/* ---- finding out what it is ------------------------------------------------------------------ */

static int stray(struct axv_vcpu *v, u64 gpa)
{
	struct axv_x86_emul *e = v->arch.emul;

	if (e->stray_rip != v->arch.gpr.rip || e->stray_gpa != gpa)
		e->strays = 0;
	e->stray_rip = v->arch.gpr.rip;
	e->stray_gpa = gpa;
	if (++e->strays < MAX_STRAYS)
		return AXV_RESUME;
	e->strays = 0;
	return axv_x86_internal_error(v, AXVCPU_ERROR_DECODE, gpa);
}

/* The instruction at rip, into v->exit. Bytes of the hardware are preferred:
 * they are those it executed. How many, 0 with an exception queued, -errno.
 */
static int get_bytes(struct axv_vcpu *v, const u8 *bytes, unsigned int nr)
{
	struct axvcpu_exit *x = &v->exit;
	int n = min_t(unsigned int, nr, AXV_X86_INSN_MAX);

	if (n)
		memcpy(x->insn, bytes, n);
	else
		n = axv_x86_fetch(v, x->insn);
	x->insn_nr = max(n, 0);
	return n;
}

/* Decode the instruction at rip; false with the answer in *@next. */
static bool decode(struct axv_vcpu *v, u64 gpa, const u8 *bytes, unsigned int nr, int *next)
{
	struct axv_x86_emul *e = v->arch.emul;
	struct axvcpu_exit *x = &v->exit;
	struct axvcpu_x86_segment ss;
	struct axv_x86_mode m;
	int n, err = 0;

	axv_x86_get_mode(v, &m);
	n = get_bytes(v, bytes, nr);
	if (n > 0)
		err = axv_x86_decode(x->insn, n, m.bits, &e->insn);
	if (err == -ENODATA && nr) {
		n = get_bytes(v, NULL, 0);
		if (n > 0)
			err = axv_x86_decode(x->insn, n, m.bits, &e->insn);
	}

	if (n == 0 || n == -EAGAIN)
		*next = AXV_RESUME;
	else if (n == -EINTR || n == -ENOMEM)
		*next = n;
	else if (n < 0)
		*next = axv_x86_internal_error(v, AXVCPU_ERROR_FETCH, gpa);
	else if (err)
		/* No operand in memory, or nothing that is decoded: perhaps it was
		 * something else when it faulted.
		 */
		*next = stray(v, gpa);
	if (n <= 0 || err)
		return false;

	x->insn_len = e->insn.len;
	if (!e->insn.stack_bits) {
		axv_x86_get_segment(v, AXVCPU_X86_SS, &ss);
		e->insn.stack_bits = ss.attr & AXV_X86_ATTR_DB ? 32 : 16;
	}
	return true;
}

/* Does @s lie where the hardware saw the access? A page is all that is sure. */
static bool covers(const struct axv_x86_span *s, u64 gpa)
{
	return s->gpa[0] >> PAGE_SHIFT == gpa >> PAGE_SHIFT ||
	       (s->len[1] && s->gpa[1] >> PAGE_SHIFT == gpa >> PAGE_SHIFT);
}

/* One access of the instruction: is it allowed, and to what? False with the
 * answer in *@next.
 */
static bool locate(struct axv_vcpu *v, const struct axv_x86_ref *ref,
		   struct axv_x86_operand *op, int *next)
{
	bool write = ref->access & AXV_X86_WRITE;
	u32 access = write ? AXV_X86_PFERR_WRITE : 0;
	u32 width = v->arch.emul->insn.width;
	u64 gva;
	int err;

	*next = AXV_RESUME;
	op->access = ref->access;
	if (axv_x86_linear(v, ref->seg, ref->off, width, write, &gva))
		return false;
	err = axv_x86_span_walk(v, gva, width, access, &op->span);
	if (err < 0)
		*next = axv_x86_access_error(v, op->span.gpa[0], AXVCPU_PROT_READ,
					     AXVCPU_NPF_WALK, err);
	if (err)
		return false;

	switch (axv_x86_span_backing(v, &op->span)) {
	case AXV_X86_HOLE:
		op->device = true;
		return true;
	case AXV_X86_RAM:
		op->device = false;
		return true;
	case AXV_X86_READ_ONLY:
		op->device = false;
		if (!write)
			return true;
		*next = axv_x86_access_error(v, op->span.gpa[0], AXVCPU_PROT_WRITE, 0, -EPERM);
		return false;
	default:
		*next = axv_x86_internal_error(v, AXVCPU_ERROR_STRADDLE, op->span.gpa[0]);
		return false;
	}
}

int axv_x86_mmio(struct axv_vcpu *v, u64 gpa, u32 access, const u8 *bytes, unsigned int nr)
{
	struct axv_x86_emul *e = v->arch.emul;
	struct axv_x86_ref ref[AXV_X86_MAX_REFS];
	bool hit = false;
	unsigned int i;
	int next;

	e->active = false;
	axv_x86_new_exit(v, AXVCPU_EXIT_NOTHING);
	if (access & AXVCPU_PROT_EXEC)
		return axv_x86_internal_error(v, AXVCPU_ERROR_FETCH, gpa);

	if (!decode(v, gpa, bytes, nr, &next))
		return next;
	if (axv_x86_is_empty(&e->insn, &v->arch.gpr))
		return stray(v, gpa);

	e->nr = axv_x86_refs(&e->insn, &v->arch.gpr, ref);
	for (i = 0; i < e->nr; i++) {
		if (!locate(v, &ref[i], &e->op[i], &next))
			return next;
		hit |= e->op[i].device && covers(&e->op[i].span, gpa);
	}
	if (!hit)
		return stray(v, gpa);

	e->have = 0;
	e->done = 0;
	memset(e->in, 0, sizeof(e->in));
	if (!read_memory(v, &next))
		return next;
	e->active = true;
	return go_on(v);
}

/* ---- the simple and frequent --------------------------------------------------------------- */

/* What the @bytes are; decoded once for as long as they are met again. */
static const struct axv_x86_insn *recall(struct axv_x86_emul *e, u64 low, u64 high, u8 bits)
{
	struct axv_x86_recall *c = &e->recall[hash_64(low, AXV_X86_RECALL_BITS)];

	if (likely(c->bytes[0] == low && c->bytes[1] == high && c->bits == bits))
		return &c->insn;
	c->bytes[0] = low;
	c->bytes[1] = high;
	c->bits = 0;
	if (axv_x86_decode((const u8 *)c->bytes, AXV_X86_INSN_MAX, bits, &c->insn))
		return NULL;
	c->bits = bits;
	return &c->insn;
}

/* Is it @gpa that a MOV accesses? Nothing else was looked at by the CPU's checks. */
static bool quick_hits(struct axv_vcpu *v, const struct axv_x86_mode *m,
		       const struct axv_x86_insn *insn, u64 gpa)
{
	struct axv_x86_emul *e = v->arch.emul;
	u64 gva = axv_x86_effective_address(insn, &v->arch.gpr);

	if (m->bits != 64)
		gva = (u32)(gva + axv_x86->segment_base(v, insn->seg));
	else if (insn->seg >= AXVCPU_X86_FS)
		gva += axv_x86->segment_base(v, insn->seg);
	if (offset_in_page(gva) + insn->width > PAGE_SIZE)
		return false;
	if (!(m->cr0 & X86_CR0_PG))
		return gva == gpa;
	return axv_x86_peek_gpa(v, m, gva, &e->quick_gpa) && e->quick_gpa == gpa;
}

/* MOV to or from the local APIC's page, without an exit. */
static int quick_lapic(struct axv_vcpu *v, const struct axv_x86_insn *insn, u64 gpa, bool write)
{
	struct axv_x86_emul *e = v->arch.emul;
	int r = AXV_RESUME;

	if (write) {
		r = axv_x86_lapic_mmio_write(v, gpa, insn->width,
					     axv_x86_stored(insn, &v->arch.gpr), false);
		if (r == AXV_SLOW)
			return r;
	} else {
		e->in[0] = axv_x86_lapic_mmio_read(v, gpa, insn->width);
		axv_x86_compute(insn, &v->arch.gpr, e->in, &e->quick_gpa);
	}
	e->active = false;
	e->strays = 0;
	axv_x86_skip(v, insn->len);
	return r;
}

/*
 * MOV of a device's register within a page. The CPU has checked the segment and
 * the page's rights before it met the hole; what is left to be found out is that
 * these bytes are the instruction that did it, which the address tells.
 */
int axv_x86_mmio_quick(struct axv_vcpu *v, const struct axv_x86_mode *m, u64 gpa, u32 access,
		       const void *code)
{
	struct axv_x86_emul *e = v->arch.emul;
	struct axvcpu_exit *x = &v->exit;
	const struct axv_x86_insn *insn;
	bool write = access & AXVCPU_PROT_WRITE;
	u8 want = write ? AXV_X86_WRITE : AXV_X86_READ;
	u64 low, high, data = 0;

	code = code ?: axv_x86_peek_code(v, m, sizeof(low) + sizeof(high));
	if (!code)
		return AXV_SLOW;
	memcpy(&low, code, 8);
	memcpy(&high, code + 8, 8);
	/* 15 bytes are an instruction at most */
	high &= GENMASK_ULL(55, 0);
	insn = recall(e, low, high, m->bits);
	if (!insn || insn->op != AXV_X86_OP_MOV || insn->access != want ||
	    !quick_hits(v, m, insn, gpa))
		return AXV_SLOW;
	if (axv_x86_lapic_at(v, gpa))
		return quick_lapic(v, insn, gpa, write);
	if (write) {
		data = axv_x86_stored(insn, &v->arch.gpr);
		if (axv_route_write(v, false, gpa, insn->width, data)) {
			e->active = false;
			e->strays = 0;
			axv_x86_skip(v, insn->len);
			return AXV_RESUME;
		}
	}

	e->insn = *insn;
	e->nr = 1;
	e->asked = 0;
	e->asked_write = write;
	e->have = 0;
	e->done = 0;
	e->active = true;
	/* three words, all about to be written */
	if (unlikely(axv_exit_words[x->reason] > 3))
		axv_exit_reason(x, AXVCPU_EXIT_NOTHING);
	x->insn_len = insn->len;
	x->insn_nr = AXV_X86_INSN_MAX;
	memcpy(x->insn, &low, 8);
	memcpy(x->insn + 8, &high, 8);
	x->mmio.gpa = gpa;
	x->mmio.width = insn->width;
	x->mmio.flags = 0;
	if (write) {
		x->reason = AXVCPU_EXIT_MMIO_WRITE;
		x->mmio.data = data;
		x->mmio.reg = AXVCPU_REG_NONE;
		x->mmio.reg_width = 0;
		x->mmio.sign_extend = 0;
	} else {
		x->reason = AXVCPU_EXIT_MMIO_READ;
		x->mmio.data = 0;
		x->mmio.reg = insn->high ? AXVCPU_REG_NONE : insn->reg;
		x->mmio.reg_width = insn->high ? 0 : insn->reg_width;
		x->mmio.sign_extend = insn->high ? 0 : insn->sign;
	}
	return AXV_EXIT;
}

/* The end of a MOV: no access is left that could fail. */
static int finish_mov(struct axv_vcpu *v)
{
	struct axv_x86_emul *e = v->arch.emul;

	if (e->insn.dest_reg)
		axv_x86_compute(&e->insn, &v->arch.gpr, e->in, &e->quick_gpa);
	e->active = false;
	e->strays = 0;
	axv_x86_skip(v, e->insn.len);
	return AXV_RESUME;
}

int axv_x86_mmio_complete(struct axv_vcpu *v, u64 data)
{
	struct axv_x86_emul *e = v->arch.emul;

	/* Taken back since: the guest executes it again. */
	if (!e->active)
		return AXV_RESUME;
	if (e->asked_write) {
		e->done |= BIT(e->asked);
	} else {
		e->in[e->asked] = data & axv_x86_mask(e->insn.width);
		e->have |= BIT(e->asked);
	}
	if (e->insn.op == AXV_X86_OP_MOV && e->nr == 1)
		return finish_mov(v);
	return go_on(v);
}
