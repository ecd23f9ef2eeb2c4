// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO of arm64, differential: each form of guest/arm64/mmio.S is executed by one vCPU
 * on memory, where the CPU does it, and by another one on a hole, where axvcpu finds
 * out what it is, by the syndrome or by the instruction, and this program plays the
 * device with an array of bytes. Registers and the device's bytes must come out the same.
 *
 * Both run on the same memory; only the window of FORM_WINDOW_SIZE bytes is missing
 * from the second one's stage-2.
 *
 * rig: arch=arm64 timeout=300 machine=virt,max
 */
#include "axvtest.h"
#include "common/operands.h"
#include "guest/arm64/mmio_forms.h"
#include "common/window.h"

DECLARE_GUEST(mmio);
DECLARE_GUEST_SYM(mmio, forms);
DECLARE_GUEST_SYM(mmio, forms_end);
DECLARE_GUEST_SYM(mmio, vectors);
DECLARE_GUEST_SYM(mmio, exclusive);
DECLARE_GUEST_SYM(mmio, exclusive_pair);
DECLARE_GUEST_SYM(mmio, atomic_add);
DECLARE_GUEST_SYM(mmio, compare_swap);
DECLARE_GUEST_SYM(mmio, structure);
DECLARE_GUEST_SYM(mmio, structure_four);
DECLARE_GUEST_SYM(mmio, sve_load);
DECLARE_GUEST_SYM(mmio, zero_block);
DECLARE_GUEST_SYM(mmio, prefetch);
DECLARE_GUEST_SYM(mmio, clean);
DECLARE_GUEST_SYM(mmio, flush);
DECLARE_GUEST_SYM(mmio, invalidate);
DECLARE_GUEST_SYM(mmio, icache);
DECLARE_GUEST_SYM(mmio, store_byte);
DECLARE_GUEST_SYM(mmio, store_double);
DECLARE_GUEST_SYM(mmio, store_pair);
DECLARE_GUEST_SYM(mmio, store_post);
DECLARE_GUEST_SYM(mmio, store_quad);
DECLARE_GUEST_SYM(mmio, load_word);
DECLARE_GUEST_SYM(mmio, load_pair);

#define NR_PATTERNS	4
#define EC_UNKNOWN	0x00
#define EC_SVC		0x15
#define EC_DATA_ABORT	0x25
#define SCTLR_E0E	(1ull << 24)

/* a row as FORM of mmio.S writes it; addresses are the guest's */
struct form {
	uint32_t start;
	uint32_t end;
	uint8_t base;
	uint8_t group;
	uint8_t index;
	uint8_t kind;
};

/* how the guest sees its memory: the last with its bytes turned round */
enum sight { KERNEL, USER, USER_BIG, NR_SIGHTS };

struct group_case {
	const char *name;
	enum sight sight;
	uint8_t group;
};

#define GROUP(_name, _group)			\
	{ _name "-kernel", KERNEL, _group },	\
	{ _name "-user", USER, _group },	\
	{ _name "-big", USER_BIG, _group }

static const struct group_case group_cases[] = {
	GROUP("load", FORM_G_LOAD),
	GROUP("store", FORM_G_STORE),
	GROUP("base", FORM_G_BASE),
	GROUP("offset", FORM_G_OFFSET),
	GROUP("index", FORM_G_INDEX),
	GROUP("writeback", FORM_G_WRITEBACK),
	GROUP("pair", FORM_G_PAIR),
	GROUP("pair-writeback", FORM_G_PAIR_WRITEBACK),
	GROUP("as-user", FORM_G_USER),
	GROUP("ordered", FORM_G_ORDERED),
	GROUP("ordered-later", FORM_G_ORDERED_LATER),
	GROUP("literal", FORM_G_LITERAL),
	GROUP("float", FORM_G_FLOAT),
	GROUP("float-writeback", FORM_G_FLOAT_WRITEBACK),
	GROUP("float-index", FORM_G_FLOAT_INDEX),
	GROUP("float-pair", FORM_G_FLOAT_PAIR),
};

/* what one execution leaves behind: the pc is where the svc goes on */
struct outcome {
	struct axvcpu_arm64_gpr gpr;
	__u64 v[32][2];
	uint32_t fpsr;
	unsigned int class;
	uint64_t pc;
	uint64_t pstate;
	unsigned char window[FORM_WINDOW_SIZE];
};

/* one case's machines */
struct bench {
	struct axt *f;
	enum sight sight;
	struct axv_vcpu on_ram;
	struct axv_vcpu on_hole;
	unsigned char device[FORM_WINDOW_SIZE];
	unsigned int described;		/* exits with a syndrome */
	unsigned int undescribed;
};

static const struct axt_config paged = { .start = AXT_START_PAGED, GUEST(mmio) };

static const uint32_t groups = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL | AXVCPU_REGS_FP;

/* ---- operands -------------------------------------------------------------------- */

/* Where the guest sees what is at @gpa. */
static uint64_t seen_at(const struct bench *b, uint64_t gpa)
{
	return b->sight == KERNEL ? gpa : GUEST_USER + gpa;
}

static uint64_t index_value(unsigned int kind)
{
	switch (kind) {
	case FORM_I_UXTW:
		return 0xdeadbeef00000028ull;
	case FORM_I_SXTW:
		return 0x12345678ffffffd8ull;
	}
	return -0x28ull;
}

static void initial_state(const struct bench *b, const struct form *form, unsigned int nr,
			  struct axv_vcpu *v)
{
	struct axvcpu_arm64_fp *fp = v->fp;
	struct axvcpu_arm64_gpr g;
	unsigned int i;

	memset(&g, 0, sizeof(g));
	for (i = 0; i < 31; i++)
		g.x[i] = sign_operand(nr, i);
	g.sp_el0 = GUEST_STACK;
	g.sp_el1 = GUEST_STACK;
	if (form->kind != FORM_I_NONE)
		g.x[form->index] = index_value(form->kind);
	if (form->base < 31)
		g.x[form->base] = seen_at(b, FORM_PTR);
	else if (form->base == 31 && b->sight == KERNEL)
		g.sp_el1 = FORM_PTR;
	else if (form->base == 31)
		g.sp_el0 = seen_at(b, FORM_PTR);
	g.pc = seen_at(b, form->start);
	/* EL1h with interrupts masked, or EL0, with flags that must stay */
	g.pstate = (b->sight == KERNEL ? 0x3c5 : 0x3c0) | 0xa0000000;
	memcpy((void *)&v->run->regs.arm64.gpr, &g, sizeof(g));
	for (i = 0; i < 32; i++) {
		fp->v[i][0] = sign_operand(nr, i + 1);
		fp->v[i][1] = sign_operand(nr, i);
	}
}

static void fill(unsigned char *p, size_t len, unsigned int nr)
{
	uint64_t val;
	size_t i;

	for (i = 0; i < len; i += 8) {
		val = sign_operand(nr, i / 8);
		memcpy(p + i, &val, 8);
	}
}

/* ---- one execution ------------------------------------------------------------------- */

/* The exit of the hole: right in itself, and nothing done yet. */
static bool check_exit(struct bench *b, const struct form *form,
		       const struct axvcpu_arm64_gpr *before)
{
	struct axvcpu_arm64_gpr g;
	struct axvcpu_exit x;

	memcpy(&x, (void *)&b->on_hole.run->exit, sizeof(x));
	memcpy(&g, (void *)&b->on_hole.run->regs.arm64.gpr, sizeof(g));
	/* ESR_EL2.ISV */
	if (x.raw[0] & 1 << 24)
		b->described++;
	else
		b->undescribed++;
	if (!window_check(&x))
		return false;
	if (!EXPECT_EQ(x.pc, before->pc) || !EXPECT_EQ(x.insn_len, 4) ||
	    !EXPECT_TRUE(x.insn_nr == 0 || x.insn_nr == 4))
		return false;
	if (!EXPECT_TRUE(!memcmp(x.insn, b->f->ram + form->start, x.insn_nr)))
		return false;
	return EXPECT_TRUE(!memcmp(&g, before, sizeof(g)));
}

/* Serve the exits of the hole, and go on to the end. */
static bool play_device(struct bench *b, const struct form *form,
			const struct axvcpu_arm64_gpr *before)
{
	struct axv_vcpu *v = &b->on_hole;
	volatile struct axvcpu_exit *x = &v->run->exit;
	unsigned int parts;
	char buf[200];

	for (parts = 0; parts < 5 && is_mmio(x); parts++) {
		if (!check_exit(b, form, before))
			return false;
		window_serve(v, b->device);
		want(v, groups);
		if (axv_run(v) < 0) {
			axt_fail(__FILE__, __LINE__, "RUN failed");
			return false;
		}
	}
	if (!parts || x->reason != AXVCPU_EXIT_HYPERCALL) {
		axt_fail(__FILE__, __LINE__, "after %u parts: %s", parts,
			 axv_exit_str(x, buf, sizeof(buf)));
		return false;
	}
	return true;
}

static bool execute(struct bench *b, struct axv_vcpu *v, const struct form *form,
		    unsigned int nr, struct outcome *o)
{
	volatile struct axvcpu_arm64_control *c = &v->run->regs.arm64.control;
	volatile struct axvcpu_run *run = v->run;
	bool hole = v == &b->on_hole;
	struct axvcpu_arm64_fp *fp = v->fp;
	struct axvcpu_arm64_gpr before;

	random_state = 0x9e3779b97f4a7c15ull + form->start + nr;
	fill(b->device, FORM_WINDOW_SIZE, nr);
	memcpy(b->f->ram + FORM_WINDOW, b->device, FORM_WINDOW_SIZE);
	initial_state(b, form, nr, v);
	memcpy(&before, (void *)&run->regs.arm64.gpr, sizeof(before));

	/* the end of the last one is not answered */
	run->entry.command = AXVCPU_CMD_NONE;
	ASSERT_OK(axv_set_entry(v, before.pc));
	run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_FP;
	want(v, groups);
	if (axv_run(v) < 0) {
		axt_fail(__FILE__, __LINE__, "RUN failed");
		return false;
	}
	/* a prior exception of the guest's own comes first, on either */
	if (hole && run->exit.reason != AXVCPU_EXIT_HYPERCALL && !play_device(b, form, &before))
		return false;
	if (!EXPECT_EQ(run->exit.reason, AXVCPU_EXIT_HYPERCALL))
		return false;

	memcpy(&o->gpr, (void *)&run->regs.arm64.gpr, sizeof(o->gpr));
	memcpy(o->v, fp->v, sizeof(o->v));
	o->fpsr = fp->fpsr;
	o->class = c->esr >> 26 & 0x3f;
	o->pc = c->elr;
	o->pstate = c->spsr;
	memcpy(o->window, hole ? b->device : b->f->ram + FORM_WINDOW, FORM_WINDOW_SIZE);
	return o->class != EC_SVC || EXPECT_EQ(o->pc, seen_at(b, form->end) + 4);
}

/* ---- comparing --------------------------------------------------------------------------- */

static void compare(const struct outcome *cpu, const struct outcome *ours)
{
	unsigned int i;

	for (i = 0; i < 31; i++)
		if (cpu->gpr.x[i] != ours->gpr.x[i])
			axt_fail(__FILE__, __LINE__, "x%u: %016llx by the CPU, %016llx by axvcpu",
				 i, (unsigned long long)cpu->gpr.x[i],
				 (unsigned long long)ours->gpr.x[i]);
	for (i = 0; i < 32; i++)
		if (memcmp(cpu->v[i], ours->v[i], 16))
			axt_fail(__FILE__, __LINE__,
				 "v%u: %016llx%016llx by the CPU, %016llx%016llx by axvcpu", i,
				 (unsigned long long)cpu->v[i][1], (unsigned long long)cpu->v[i][0],
				 (unsigned long long)ours->v[i][1],
				 (unsigned long long)ours->v[i][0]);
	EXPECT_EQ(cpu->gpr.sp_el0, ours->gpr.sp_el0);
	EXPECT_EQ(cpu->gpr.sp_el1, ours->gpr.sp_el1);
	EXPECT_EQ(cpu->fpsr, ours->fpsr);
	EXPECT_EQ(cpu->class, ours->class);
	EXPECT_EQ(cpu->pc, ours->pc);
	EXPECT_EQ(cpu->pstate, ours->pstate);
	compare_bytes("device", 0, cpu->window, ours->window, FORM_WINDOW_SIZE);
}

/* False: the CPU does not know it. */
static bool try_form(struct bench *b, const struct form *form)
{
	static struct outcome cpu, ours;
	unsigned int nr;
	uint32_t insn;

	memcpy(&insn, b->f->ram + form->start, sizeof(insn));
	for (nr = 0; nr < NR_PATTERNS; nr++) {
		axt_context("0x%08x at 0x%x, pattern %u", insn, form->start, nr);
		if (!execute(b, &b->on_ram, form, nr, &cpu))
			return true;
		if (cpu.class == EC_UNKNOWN)
			return false;
		if (!execute(b, &b->on_hole, form, nr, &ours))
			return true;
		compare(&cpu, &ours);
	}
	return true;
}

/* ---- machines ------------------------------------------------------------------------------ */

/* Exceptions are exits, FP registers are on. */
static void prepare(const struct axv_vcpu *v, enum sight sight)
{
	volatile struct axvcpu_arm64_control *c = &v->run->regs.arm64.control;

	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_FP));
	c->vbar = GUEST_SYM(mmio, vectors);
	c->cpacr = 3u << 20;
	if (sight == USER_BIG)
		c->sctlr |= SCTLR_E0E;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

static void bench_open(struct bench *b, struct axt *f, enum sight sight)
{
	memset(b, 0, sizeof(*b));
	b->f = f;
	b->sight = sight;
	window_open(f, &paged, &b->on_ram, &b->on_hole);
	prepare(&b->on_ram, sight);
	prepare(&b->on_hole, sight);
}

TEST_ROWS(forms, group_cases, ARRAY_SIZE(group_cases), NULL)
{
	static struct bench b;
	const struct group_case *g = arg;
	const struct form *form, *end;
	unsigned int nr = 0, unknown = 0;

	axt_close(f);
	bench_open(&b, f, g->sight);
	form = (const struct form *)(f->ram + GUEST_SYM(mmio, forms));
	end = (const struct form *)(f->ram + GUEST_SYM(mmio, forms_end));
	for (; form < end; form++) {
		if (form->group != g->group)
			continue;
		if (try_form(&b, form))
			nr++;
		else
			unknown++;
		if (axt_failures() > 20)
			axt_end();
	}
	axt_context(NULL);
	axt_diag("%u forms, %u not known; exits with a syndrome %u, without %u", nr, unknown,
		 b.described, b.undescribed);
	if (!nr && unknown)
		axt_skip("the CPU has none of the %u forms", unknown);
	/* only later versions of the architecture have all of these */
	if (g->group != FORM_G_ORDERED_LATER)
		EXPECT_EQ(unknown, 0u);
	EXPECT_GE(nr, 1u);
	/* or the comparison was of the CPU with itself */
	if (g->group != FORM_G_USER || g->sight != KERNEL)
		EXPECT_GE(b.described + b.undescribed, nr * NR_PATTERNS);
}

/* The table itself: as many forms as were promised. */
TEST(table, NULL)
{
	size_t bytes = GUEST_SYM(mmio, forms_end) - GUEST_SYM(mmio, forms);

	EXPECT_GE(bytes / sizeof(struct form), 1700u);
	EXPECT_EQ(bytes % sizeof(struct form), 0u);
}

/* ---- what is not done ---------------------------------------------------------------------- */

#define DEVICE	GUEST_MMIO

/* The guest is to execute @label with x1 at @addr; not yet. */
static void go_to(struct axt *f, uint64_t label, uint64_t addr)
{
	axt_goto(&f->v, label, 0);
	ASSERT_OK(axv_set_gpr(&f->v, 1, addr));
	ASSERT_OK(axv_set_gpr(&f->v, 2, 0x1122334455667788ull));
	ASSERT_OK(axv_set_gpr(&f->v, 3, 0x99aabbccddeeff00ull));
	ASSERT_OK(axv_set_gpr(&f->v, 4, 0x99));
	ASSERT_OK(axv_set_gpr(&f->v, 5, 0x98));
	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
}

static unsigned int class_of(struct axt *f)
{
	return f->regs->control.esr >> 26 & 0x3f;
}

/* It went on behind @label. */
static void expect_end(struct axt *f, uint64_t label)
{
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(class_of(f), EC_SVC);
	EXPECT_EQ(f->regs->control.elr, label + 8);
}

struct other_case {
	const char *name;
	const unsigned char *label;
	bool write;
};

#define OTHER(_name, _write)	{ #_name, guest_mmio__##_name, _write }

static const struct other_case other_cases[] = {
	OTHER(exclusive, false),
	OTHER(exclusive_pair, false),
	OTHER(atomic_add, true),
	OTHER(compare_swap, true),
	OTHER(structure, false),
	OTHER(structure_four, true),
	OTHER(sve_load, false),
	OTHER(zero_block, true),
};

#define COMMANDS	(1u << AXVCPU_CMD_NONE | 1u << AXVCPU_CMD_SKIP | \
			 1u << AXVCPU_CMD_RETRY | 1u << AXVCPU_CMD_FAULT)

/* The guest has got an abort for its access to @addr at @pc. */
static void expect_abort(struct axt *f, uint64_t addr, uint64_t pc)
{
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(class_of(f), EC_DATA_ABORT);
	/* external, synchronous */
	EXPECT_EQ(f->regs->control.esr & 0x3f, 0x10u);
	EXPECT_EQ(f->regs->control.far, addr);
	EXPECT_EQ(f->regs->control.elr, pc);
}

/* INTERNAL_ERROR with the bytes; SKIP, RETRY and FAULT do what they say. */
TEST_ROWS(not_done, other_cases, ARRAY_SIZE(other_cases), &paged)
{
	const struct other_case *o = arg;
	uintptr_t label = (uintptr_t)o->label;

	prepare(&f->v, KERNEL);
	if (o->label == guest_mmio__sve_load) {
		if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_SVE))
			axt_skip("no SVE");
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL));
		f->regs->control.cpacr |= 3u << 16;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL, 0));
	}
	go_to(f, label, DEVICE);
	ASSERT_OK(axv_run(&f->v));
	if (f->exit->reason == AXVCPU_EXIT_HYPERCALL && class_of(f) == EC_UNKNOWN)
		axt_skip("the CPU does not have it");
	ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, AXVCPU_ERROR_DECODE);
	EXPECT_EQ(f->exit->internal.gpa, DEVICE);
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->insn_nr, 4);
	EXPECT_TRUE(!memcmp((void *)f->exit->insn, f->ram + label, 4));
	EXPECT_EQ(f->exit->commands, COMMANDS);
	EXPECT_EQ(f->exit->pc, label);

	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->pc, label);

	axv_fault(&f->v);
	expect_abort(f, DEVICE, label);

	go_to(f, label, DEVICE);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	axv_skip(&f->v);
	expect_end(f, label);
	EXPECT_EQ(reg(&f->v, 4), 0x99u);
}

/* What accesses nothing is none of the VMM's business. */
static const struct other_case none_cases[] = {
	OTHER(prefetch, false),
	OTHER(clean, false),
	OTHER(flush, false),
	OTHER(invalidate, false),
	OTHER(icache, false),
};

TEST_ROWS(no_access, none_cases, ARRAY_SIZE(none_cases), &paged)
{
	const struct other_case *o = arg;
	uintptr_t label = (uintptr_t)o->label;

	prepare(&f->v, KERNEL);
	go_to(f, label, DEVICE);
	expect_end(f, label);
}

/* ---- commands ------------------------------------------------------------------------------ */

struct command_case {
	const char *name;
	const unsigned char *label;
	uint32_t reason;
	unsigned int parts;
	uint64_t moved;		/* what the base is more after it */
};

static const struct command_case command_cases[] = {
	{ "store", guest_mmio__store_byte, AXVCPU_EXIT_MMIO_WRITE, 1, 0 },
	{ "store_pair", guest_mmio__store_pair, AXVCPU_EXIT_MMIO_WRITE, 2, 0 },
	{ "store_post", guest_mmio__store_post, AXVCPU_EXIT_MMIO_WRITE, 1, 8 },
	{ "store_quad", guest_mmio__store_quad, AXVCPU_EXIT_MMIO_WRITE, 2, 0 },
	{ "load", guest_mmio__load_word, AXVCPU_EXIT_MMIO_READ, 1, 0 },
	{ "load_pair", guest_mmio__load_pair, AXVCPU_EXIT_MMIO_READ, 2, 0 },
};

/* To the exit of part @n. */
static void go_to_part(struct axt *f, const struct command_case *c, unsigned int n)
{
	unsigned int i;

	go_to(f, (uintptr_t)c->label, DEVICE);
	for (i = 0;; i++) {
		ASSERT_EXIT(f, c->reason);
		EXPECT_EQ(f->exit->pc, (uintptr_t)c->label);
		EXPECT_EQ(f->exit->insn_len, 4);
		EXPECT_EQ(f->exit->commands, 0x1eu);
		EXPECT_EQ(f->exit->mmio.gpa, DEVICE + 8 * i);
		if (i == n)
			return;
		axv_fulfil(&f->v, 0x42);
	}
}

static void expect_unchanged(struct axt *f)
{
	EXPECT_EQ(reg(&f->v, 1), DEVICE);
	EXPECT_EQ(reg(&f->v, 4), 0x99u);
	EXPECT_EQ(reg(&f->v, 5), 0x98u);
}

/* At each part of the access: as if it were the first. */
TEST_ROWS(commands, command_cases, ARRAY_SIZE(command_cases), &paged)
{
	const struct command_case *c = arg;
	uintptr_t label = (uintptr_t)c->label;
	unsigned int n;

	prepare(&f->v, KERNEL);
	for (n = 0; n < c->parts; n++) {
		axt_context("part %u", n);
		go_to_part(f, c, n);
		axv_retry(&f->v);
		ASSERT_EXIT(f, c->reason);
		EXPECT_EQ(f->exit->pc, label);
		EXPECT_EQ(f->exit->mmio.gpa, DEVICE);

		go_to_part(f, c, n);
		axv_skip(&f->v);
		expect_end(f, label);
		expect_unchanged(f);

		go_to_part(f, c, n);
		axv_fault(&f->v);
		/* of the part, or of the whole */
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(class_of(f), EC_DATA_ABORT);
		EXPECT_EQ(f->regs->control.elr, label);
		EXPECT_TRUE(f->regs->control.far == DEVICE || f->regs->control.far == DEVICE + 8 * n);
		expect_unchanged(f);
	}
	axt_context(NULL);
	go_to_part(f, c, c->parts - 1);
	axv_fulfil(&f->v, 0x43);
	expect_end(f, label);
	EXPECT_EQ(reg(&f->v, 1), DEVICE + c->moved);
	if (c->reason == AXVCPU_EXIT_MMIO_READ)
		EXPECT_EQ(reg(&f->v, 4), c->parts == 1 ? 0x43u : 0x42u);
}

/* ---- the ends of pages ----------------------------------------------------------------------- */

/* @label writes @size bytes that begin @back bytes before the end of @page. */
static void straddle(struct axt *f, uintptr_t label, unsigned int size, uint64_t page,
		     unsigned int back)
{
	uint64_t addr = page + AXT_PAGE - back;

	axt_context("%u of %u bytes before the end of page 0x%llx", back, size,
		    (unsigned long long)page);
	go_to(f, label, addr);
	ASSERT_OK(axv_run(&f->v));
	if (back == size) {
		EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_MMIO_WRITE);
		EXPECT_EQ(f->exit->mmio.gpa, addr);
	} else {
		ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_INTERNAL_ERROR);
		EXPECT_EQ(f->exit->internal.what, AXVCPU_ERROR_STRADDLE);
		/* any byte of it */
		EXPECT_TRUE(f->exit->internal.gpa >= addr && f->exit->internal.gpa < addr + size);
		EXPECT_EQ(f->exit->commands, COMMANDS);
	}
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->pc, label);
}

TEST(straddle_devices, &paged)
{
	unsigned int back;

	prepare(&f->v, KERNEL);
	for (back = 8; back; back--) {
		straddle(f, GUEST_SYM(mmio, store_double), 8, DEVICE, back);
		straddle(f, GUEST_SYM(mmio, store_post), 8, DEVICE, back);
	}
	for (back = 16; back; back--) {
		straddle(f, GUEST_SYM(mmio, store_pair), 16, DEVICE, back);
		straddle(f, GUEST_SYM(mmio, store_quad), 16, DEVICE, back);
	}
}

/* From memory into what is behind it: nothing is written but by who decides so. */
TEST(straddle_memory, &paged)
{
	uint64_t last = f->ram_size - AXT_PAGE;
	unsigned int back;

	prepare(&f->v, KERNEL);
	for (back = 7; back; back--) {
		straddle(f, GUEST_SYM(mmio, store_double), 8, last, back);
		straddle(f, GUEST_SYM(mmio, store_post), 8, last, back);
	}
	EXPECT_EQ(GUEST_MEM(f, f->ram_size - 8, uint64_t), 0u);
}
