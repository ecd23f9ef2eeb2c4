// SPDX-License-Identifier: GPL-2.0-only
/*
 * States that the hardware refuses to enter: a table of them, by what is wrong with which
 * register. Each is taken by a commit, comes back as FAIL_ENTRY that names it, and the
 * guest runs again once it is mended.
 *
 * rig: arch=x86
 */
#include "common/exits.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(exits),
	.irqs_off = true,
};

#define VECTOR	0x40

/**
 * struct changes - the state of a vCPU, with something of it changed
 * @c: control group
 * @intr: interrupts group
 * @flags: RFLAGS
 */
struct changes {
	struct axvcpu_x86_control c;
	struct axvcpu_x86_intr intr;
	uint64_t flags;
};

enum on { VMX = 1, SVM = 2, BOTH = 3 };

/**
 * struct row - one state
 * @on: backends whose hardware refuses it
 * @check: enum axvcpu_x86_check
 * @field: enum axvcpu_x86_field
 * @seg: a segment register to be changed, enum axvcpu_x86_seg, and 1 more
 * @attr: its attributes, where not 0
 * @limit: its limit, where not 0
 * @selector: its selector, where not 0
 * @spoil: changes something else
 */
struct row {
	enum on on;
	uint32_t check;
	uint32_t field;
	unsigned int seg;
	uint16_t attr;
	uint32_t limit;
	uint16_t selector;
	void (*spoil)(struct changes *s);
};

#define ROW(_on, _check, _field, _seg, ...) \
	{ .on = _on, .check = AXVCPU_X86_CHECK_##_check, .field = AXVCPU_X86_FIELD_##_field, \
	  .seg = AXVCPU_X86_##_seg + 1, __VA_ARGS__ }
/* a segment of its own name */
#define SEG(_check, _seg, ...)	ROW(VMX, _check, _seg, _seg, __VA_ARGS__)

static void data_code_and_stack(struct changes *s)
{
	s->c.seg[AXVCPU_X86_CS].attr = 0xa93;
	s->c.seg[AXVCPU_X86_SS].attr = 0xcf3;
}

static void interrupt(struct changes *s)
{
	s->intr.flags |= AXVCPU_X86_INTR_REINJECT;
	s->intr.reinject = VECTOR;
}

static void interrupt_in_shadow(struct changes *s)
{
	interrupt(s);
	s->flags |= FLAG_IF;
	s->intr.flags |= AXVCPU_X86_INTR_SHADOW;
}

static void nmi_in_shadow(struct changes *s)
{
	s->intr.flags |= AXVCPU_X86_INTR_REINJECT | AXVCPU_X86_INTR_SHADOW;
	s->intr.reinject = 2 | 2 << 8;
}

static const struct row rows[] = {
	ROW(BOTH, COMBINATION, CS, CS, .attr = 0xe9b),
	SEG(TYPE, CS, .attr = 0xa91),
	SEG(DPL, CS, .attr = 0xafb),
	SEG(DPL, CS, .attr = 0xaff),
	SEG(DPL, CS, .attr = 0xaf3),
	{ VMX, AXVCPU_X86_CHECK_DPL, AXVCPU_X86_FIELD_SS, .spoil = data_code_and_stack },
	SEG(TYPE, SS, .attr = 0xc91),
	SEG(TYPE, SS, .attr = 0xc9b),
	SEG(SYSTEM, SS, .attr = 0xc83),
	SEG(TYPE, ES, .attr = 0xc99),
	SEG(TYPE, DS, .attr = 0xc99),
	SEG(TYPE, FS, .attr = 0xc99),
	SEG(TYPE, GS, .attr = 0xc99),
	SEG(SYSTEM, ES, .attr = 0xc83),
	SEG(SYSTEM, DS, .attr = 0xc83),
	SEG(SYSTEM, FS, .attr = 0xc83),
	SEG(SYSTEM, GS, .attr = 0xc83),
	SEG(LIMIT, ES, .limit = 0xfffff000),
	SEG(LIMIT, CS, .limit = 0xfffff000),
	SEG(LIMIT, SS, .limit = 0xfffff000),
	SEG(LIMIT, DS, .limit = 0xfffff000),
	SEG(LIMIT, FS, .limit = 0xfffff000),
	SEG(LIMIT, GS, .limit = 0xfffff000),
	SEG(LIMIT, LDTR, .attr = 0x882, .limit = 0x1000),
	SEG(LIMIT, TR, .attr = 0x88b, .limit = 0x1000),
	SEG(SYSTEM, LDTR, .attr = 0x092),
	SEG(TYPE, LDTR, .attr = 0x083),
	SEG(SELECTOR, LDTR, .attr = 0x082, .selector = 4),
	SEG(SELECTOR, TR, .selector = 4),
	SEG(TYPE, TR, .attr = 0x083),
	SEG(TYPE, TR, .attr = 0x082),
	{ VMX, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_RFLAGS, .spoil = interrupt },
	{ VMX, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_SHADOW,
	  .spoil = interrupt_in_shadow },
	{ VMX, AXVCPU_X86_CHECK_COMBINATION, AXVCPU_X86_FIELD_SHADOW, .spoil = nmi_in_shadow },
};

static void spoil_segment(struct axvcpu_x86_segment *s, const struct row *row)
{
	if (row->attr)
		s->attr = row->attr;
	if (row->limit)
		s->limit = row->limit;
	if (row->selector)
		s->selector = row->selector;
}

static void take(struct axt *f, const struct changes *s)
{
	volatile struct axvcpu_x86_gpr *g = &f->v.run->regs.x86.gpr;

	axt_fetch(&f->v);
	g->rflags = s->flags;
	g->rip = SYM(hypercall);
	f->v.run->regs.x86.control = s->c;
	f->v.run->regs.x86.intr = s->intr;
	f->v.run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL | AXVCPU_REGS_INTR;
	f->v.run->entry.command = AXVCPU_CMD_RETRY;
}

static void get(struct axt *f, struct changes *s)
{
	x86_get_control(&f->v, &s->c);
	x86_get_intr(&f->v, &s->intr);
	axt_fetch(&f->v);
	s->flags = flags_of(&f->v);
}

static void expect_refused(struct axt *f, const struct changes *bad, const struct changes *good,
			   uint32_t check, uint32_t field)
{
	struct axvcpu_exit x;

	take(f, bad);
	ASSERT_EXIT(f, AXVCPU_EXIT_FAIL_ENTRY);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.fail_entry.code, (uint32_t)AXVCPU_FAIL_GUEST_STATE);
	EXPECT_EQ(x.fail_entry.hardware_reason, HW_EXIT_REFUSED);
	EXPECT_TRUE(*axv_x86_refusal_name(x.fail_entry.hardware_reason));
	EXPECT_EQ(x.fail_entry.check, check);
	EXPECT_EQ(x.fail_entry.field, field);
	EXPECT_EQ(x.pc, SYM(hypercall));
	take(f, good);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}

TEST(refused, &config)
{
	enum on on = x86_vmx() ? VMX : SVM;
	struct changes good, bad;
	unsigned int i, tried = 0;

	axt_avoid(AXT_FLAW_REFUSED);
	get(f, &good);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(rows[i].on & on))
			continue;
		axt_context("row %u", i);
		bad = good;
		if (rows[i].seg)
			spoil_segment(&bad.c.seg[rows[i].seg - 1], &rows[i]);
		if (rows[i].spoil)
			rows[i].spoil(&bad);
		expect_refused(f, &bad, &good, rows[i].check, rows[i].field);
		tried++;
	}
	axt_context(NULL);
	printf("# %u states\n", tried);
}

/* ---- virtual-8086 mode ------------------------------------------------------------------ */

static const struct axt_config config32 = {
	.start = AXVCPU_X86_START_PROT32,
	GUEST(exits),
	.irqs_off = true,
};

TEST(refused_v86, &config32)
{
	struct changes good, v86, bad;
	unsigned int seg;

	if (!x86_vmx())
		axt_skip("SVM does not look at the segments of virtual-8086 mode");
	get(f, &good);
	v86 = good;
	v86.flags |= FLAG_VM;
	for (seg = AXVCPU_X86_ES; seg <= AXVCPU_X86_GS; seg++)
		v86.c.seg[seg] = (struct axvcpu_x86_segment) { .limit = 0xffff, .attr = 0xf3 };
	for (seg = AXVCPU_X86_ES; seg <= AXVCPU_X86_GS; seg++) {
		axt_context("segment %u", seg);
		bad = v86;
		bad.c.seg[seg].base = 0x10;
		expect_refused(f, &bad, &good, AXVCPU_X86_CHECK_BASE, AXVCPU_X86_FIELD_ES + seg);
		bad = v86;
		bad.c.seg[seg].limit = 0xfffe;
		expect_refused(f, &bad, &good, AXVCPU_X86_CHECK_LIMIT, AXVCPU_X86_FIELD_ES + seg);
		bad = v86;
		bad.c.seg[seg].attr = 0x93;
		expect_refused(f, &bad, &good, AXVCPU_X86_CHECK_V86, AXVCPU_X86_FIELD_ES + seg);
	}
	axt_context(NULL);
}

/* ---- PAE paging --------------------------------------------------------------------------- */

TEST(refused_pdpte, &config32)
{
	struct changes good, bad;
	uint64_t *pdpt = (uint64_t *)(f->ram + GUEST_DATA);

	if (!x86_vmx())
		axt_skip("SVM reads them when they are used");
	get(f, &good);
	bad = good;
	bad.c.cr3 = GUEST_DATA;
	bad.c.cr4 |= CR4_PAE;
	bad.c.cr0 |= CR0_PG;
	/* present, and writable: there is no such bit */
	pdpt[1] = (GUEST_DATA + 0x1000) | 3;
	expect_refused(f, &bad, &good, AXVCPU_X86_CHECK_RESERVED, AXVCPU_X86_FIELD_PDPTE);
}
