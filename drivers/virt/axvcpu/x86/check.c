// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the hardware refused to enter a guest, as far as it can be found in the guest's
 * state: the hardware itself says no more than that it did.
 *
 * The lists are those of the Intel SDM, volume 3, "Checking and loading guest state", and
 * of the AMD APM, volume 2, "Canonicalization and consistency checks" of VMRUN. Only what
 * is still possible is looked for: most of it no commit takes, see
 * axv_x86_check_control().
 */
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "x86.h"

#define S	AXV_X86_ATTR_S
#define P	AXV_X86_ATTR_P
#define L	AXV_X86_ATTR_L
#define DB	AXV_X86_ATTR_DB
#define G	BIT(11)

#define TYPE(s)		((s)->attr & 0xf)
#define TYPE_ACCESSED	BIT(0)
#define TYPE_READABLE	BIT(1)		/* of code; of data: writable */
#define TYPE_CONFORMING	BIT(2)
#define TYPE_CODE	BIT(3)
#define TYPE_LDT	2
#define TYPE_TSS16	3		/* busy */
#define TYPE_TSS	11
#define DPL(s)		((s)->attr >> AXV_X86_ATTR_DPL_SHIFT & 3)
#define SELECTOR_TI	BIT(2)

/* how a segment has to look in virtual-8086 mode */
#define V86_ATTR	0xf3
#define V86_LIMIT	0xffff

/**
 * struct state - what is looked at
 * @c: control registers
 * @v: the vCPU
 * @event: what was to be injected, EVENTINJ form
 * @long_mode: EFER.LMA
 * @v86: virtual-8086 mode
 */
struct state {
	const struct axvcpu_x86_control *c;
	const struct axv_vcpu *v;
	u64 event;
	bool long_mode;
	bool v86;
};

#define INTEL	BIT(0)
#define AMD	BIT(1)

/* ---- segments ------------------------------------------------------------------------- */

/**
 * struct seg_row - a rule for segment registers
 * @segs: those it is for, bits by enum axvcpu_x86_seg
 * @check: what is wrong where it is broken
 * @broken: is it?
 */
struct seg_row {
	u16 segs;
	u16 check;
	bool (*broken)(const struct state *st, unsigned int seg,
		       const struct axvcpu_x86_segment *s);
};

#define SEG(name)	BIT(AXVCPU_X86_##name)
#define DATA		(SEG(ES) | SEG(DS) | SEG(FS) | SEG(GS))
#define CODE_DATA	(DATA | SEG(CS) | SEG(SS))

static bool v86_base(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return st->v86 && s->base != (u64)s->selector << 4;
}

static bool v86_limit(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return st->v86 && s->limit != V86_LIMIT;
}

static bool v86_attr(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return st->v86 && (s->attr | TYPE_ACCESSED) != V86_ATTR;
}

/* The rest does not matter there, nor of a register that holds no segment. */
static bool matters(const struct state *st, const struct axvcpu_x86_segment *s)
{
	return !st->v86 && (s->attr & P);
}

static bool is_system(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return matters(st, s) && !(s->attr & S);
}

static bool not_system(const struct state *st, unsigned int seg,
		       const struct axvcpu_x86_segment *s)
{
	return (s->attr & P) && (s->attr & S);
}

static bool cs_type(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	unsigned int type = TYPE(s) | TYPE_ACCESSED;

	return matters(st, s) && !(type & TYPE_CODE) && type != (TYPE_READABLE | TYPE_ACCESSED);
}

static bool cs_dpl(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	unsigned int cpl = DPL(&st->c->seg[AXVCPU_X86_SS]);

	if (!matters(st, s))
		return false;
	if (!(TYPE(s) & TYPE_CODE))
		return DPL(s);
	return TYPE(s) & TYPE_CONFORMING ? DPL(s) > cpl : DPL(s) != cpl;
}

static bool cs_l_and_d(const struct state *st, unsigned int seg,
		       const struct axvcpu_x86_segment *s)
{
	return st->long_mode && (s->attr & L) && (s->attr & DB);
}

static bool ss_type(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return matters(st, s) && ((TYPE(s) & TYPE_CODE) || !(TYPE(s) & TYPE_READABLE));
}

static bool ss_dpl(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	bool data_cs = !(TYPE(&st->c->seg[AXVCPU_X86_CS]) & TYPE_CODE);

	return !st->v86 && (data_cs || !(st->c->cr0 & X86_CR0_PE)) && DPL(s);
}

static bool data_type(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return matters(st, s) && (TYPE(s) & TYPE_CODE) && !(TYPE(s) & TYPE_READABLE);
}

/* G: the low bits of the limit are ones. They are as well where G has to be on. */
static bool limit(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	bool g = (s->attr & G) || s->limit > 0xfffff;

	return (s->attr & P) && !st->v86 && g && (s->limit & 0xfff) != 0xfff;
}

static bool ldtr_type(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	return (s->attr & P) && TYPE(s) != TYPE_LDT;
}

static bool table_selector(const struct state *st, unsigned int seg,
			   const struct axvcpu_x86_segment *s)
{
	return (s->attr & P) && (s->selector & SELECTOR_TI);
}

/* It is made busy, and one where there is none. */
static bool tr_type(const struct state *st, unsigned int seg, const struct axvcpu_x86_segment *s)
{
	unsigned int type = TYPE(s) | BIT(1);

	if (!(s->attr & P) || (s->attr & S))
		return false;
	return type != TYPE_TSS && (st->long_mode || type != TYPE_TSS16);
}

static bool tr_selector(const struct state *st, unsigned int seg,
			const struct axvcpu_x86_segment *s)
{
	return s->selector & SELECTOR_TI;
}

/* In the order of the SDM; the first that is broken is told. */
static const struct seg_row seg_rows[] = {
	{ SEG(TR), AXVCPU_X86_CHECK_SELECTOR, tr_selector },
	{ SEG(LDTR), AXVCPU_X86_CHECK_SELECTOR, table_selector },
	{ CODE_DATA, AXVCPU_X86_CHECK_BASE, v86_base },
	{ CODE_DATA, AXVCPU_X86_CHECK_LIMIT, v86_limit },
	{ CODE_DATA, AXVCPU_X86_CHECK_V86, v86_attr },
	{ SEG(CS), AXVCPU_X86_CHECK_TYPE, cs_type },
	{ SEG(SS), AXVCPU_X86_CHECK_TYPE, ss_type },
	{ DATA, AXVCPU_X86_CHECK_TYPE, data_type },
	{ CODE_DATA, AXVCPU_X86_CHECK_SYSTEM, is_system },
	{ SEG(SS), AXVCPU_X86_CHECK_DPL, ss_dpl },
	{ SEG(CS), AXVCPU_X86_CHECK_DPL, cs_dpl },
	{ SEG(CS), AXVCPU_X86_CHECK_COMBINATION, cs_l_and_d },
	{ CODE_DATA | SEG(LDTR) | SEG(TR), AXVCPU_X86_CHECK_LIMIT, limit },
	{ SEG(LDTR), AXVCPU_X86_CHECK_SYSTEM, not_system },
	{ SEG(LDTR), AXVCPU_X86_CHECK_TYPE, ldtr_type },
	{ SEG(TR), AXVCPU_X86_CHECK_TYPE, tr_type },
};

/* ---- other registers ------------------------------------------------------------------ */

static bool cr0_cache(const struct state *st)
{
	return !(st->c->cr0 & X86_CR0_CD) && (st->c->cr0 & X86_CR0_NW);
}

static bool cr0_paging(const struct state *st)
{
	return (st->c->cr0 & X86_CR0_PG) && !(st->c->cr0 & X86_CR0_PE);
}

static bool cr4_reserved(const struct state *st)
{
	return st->c->cr4 & ~axv_x86_host.cr4;
}

static bool cr4_pae(const struct state *st)
{
	return st->long_mode && !(st->c->cr4 & X86_CR4_PAE);
}

static bool cr4_pcide(const struct state *st)
{
	return !st->long_mode && (st->c->cr4 & X86_CR4_PCIDE);
}

static bool cr3_reserved(const struct state *st)
{
	return st->c->cr3 >> boot_cpu_data.x86_phys_bits;
}

static bool efer_reserved(const struct state *st)
{
	return st->c->efer & ~axv_x86_host.efer;
}

static bool amd_cs_l_and_d(const struct state *st)
{
	return cs_l_and_d(st, AXVCPU_X86_CS, &st->c->seg[AXVCPU_X86_CS]);
}

static bool pat(const struct state *st)
{
	return !axv_x86_valid_pat(st->c->pat);
}

static bool rip_canonical(const struct state *st)
{
	u64 rip = st->v->arch.gpr.rip;
	s64 upper = (s64)rip >> axv_x86_host.virt_bits;

	if (st->long_mode && (st->c->seg[AXVCPU_X86_CS].attr & L))
		return upper && upper != -1;
	return rip >> 32;
}

static bool is_event(const struct state *st, u32 type)
{
	return (st->event & AXV_X86_EVENT_VALID) &&
	       (st->event & AXV_X86_EVENT_TYPE_MASK) == type;
}

static bool intr_masked(const struct state *st)
{
	return is_event(st, AXV_X86_EVENT_TYPE_INTR) &&
	       !(st->v->arch.gpr.rflags & X86_EFLAGS_IF);
}

static bool in_shadow(const struct state *st)
{
	return st->v->arch.shadow && (is_event(st, AXV_X86_EVENT_TYPE_INTR) ||
				      is_event(st, AXV_X86_EVENT_TYPE_NMI));
}

static bool event_vector(const struct state *st)
{
	u32 vector = (u8)st->event;

	return is_event(st, AXV_X86_EVENT_TYPE_EXC) && (vector > 31 || vector == AXV_X86_NMI);
}

static const struct {
	u8 vendors;
	u16 check;
	u16 field;
	bool (*broken)(const struct state *st);
} rows[] = {
	{ INTEL | AMD, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_CR0, cr0_cache },
	{ INTEL | AMD, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_CR0, cr0_paging },
	{ INTEL | AMD, AXVCPU_X86_CHECK_RESERVED, AXVCPU_X86_FIELD_CR4, cr4_reserved },
	{ INTEL | AMD, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_CR4, cr4_pae },
	{ INTEL, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_CR4, cr4_pcide },
	{ INTEL | AMD, AXVCPU_X86_CHECK_RESERVED, AXVCPU_X86_FIELD_CR3, cr3_reserved },
	{ INTEL | AMD, AXVCPU_X86_CHECK_RESERVED, AXVCPU_X86_FIELD_EFER, efer_reserved },
	{ AMD, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_CS, amd_cs_l_and_d },
	{ INTEL | AMD, AXVCPU_X86_CHECK_RESERVED, AXVCPU_X86_FIELD_PAT, pat },
	{ INTEL, AXVCPU_X86_CHECK_RESERVED, AXVCPU_X86_FIELD_RIP, rip_canonical },
	{ INTEL, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_RFLAGS, intr_masked },
	{ INTEL, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_SHADOW, in_shadow },
	{ INTEL | AMD, AXVCPU_X86_CHECK_TYPE, AXVCPU_X86_FIELD_EVENT, event_vector },
};

/* ---- the search ------------------------------------------------------------------------ */

static bool check_segments(struct axv_vcpu *v, const struct state *st)
{
	const struct seg_row *row;
	unsigned int seg;

	for (row = seg_rows; row < seg_rows + ARRAY_SIZE(seg_rows); row++) {
		for (seg = 0; seg < AXVCPU_X86_NR_SEGS; seg++) {
			if (!(row->segs & BIT(seg)) || !row->broken(st, seg, &st->c->seg[seg]))
				continue;
			v->exit.fail_entry.check = row->check;
			v->exit.fail_entry.field = AXVCPU_X86_FIELD_ES + seg;
			return true;
		}
	}
	return false;
}

/**
 * axv_x86_find_fault() - look for what the hardware may have refused
 * @v: the vCPU, in a section; v->exit is FAIL_ENTRY
 * @intel: by the rules of VMX; else SVM's
 * @event: what was to be injected, EVENTINJ form
 *
 * Tells it in v->exit.fail_entry.check and .field.
 *
 * Return: true where something was found.
 */
bool axv_x86_find_fault(struct axv_vcpu *v, bool intel, u64 event)
{
	const struct axvcpu_x86_control *c = axv_x86_control(v);
	struct state st = {
		.c = c,
		.v = v,
		.event = event,
		.long_mode = c->efer & EFER_LMA,
		.v86 = (v->arch.gpr.rflags & X86_EFLAGS_VM) && !(c->efer & EFER_LMA),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(rows[i].vendors & (intel ? INTEL : AMD)) || !rows[i].broken(&st))
			continue;
		v->exit.fail_entry.check = rows[i].check;
		v->exit.fail_entry.field = rows[i].field;
		return true;
	}
	return intel && check_segments(v, &st);
}
