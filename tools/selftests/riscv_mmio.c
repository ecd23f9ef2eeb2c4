// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO of RISC-V, differential: each form of guest/riscv/mmio.S is executed by one vCPU
 * on memory, where the hart does it, and by another one on a hole, where axvcpu finds
 * out what it is and this program plays the device with an array of bytes. Registers
 * and the device's bytes must come out the same.
 *
 * Both run on the same memory; only the window of FORM_WINDOW_SIZE bytes is missing
 * from the second one's stage-2.
 *
 * rig: arch=riscv timeout=300 machine=virt,qemu7
 */
#include "axvtest.h"
#include "common/operands.h"
#include "guest/riscv/mmio_forms.h"
#include "common/window.h"

DECLARE_GUEST(mmio);
DECLARE_GUEST_SYM(mmio, forms);
DECLARE_GUEST_SYM(mmio, forms_end);
DECLARE_GUEST_SYM(mmio, illegal);
DECLARE_GUEST_SYM(mmio, amo_add);
DECLARE_GUEST_SYM(mmio, amo_swap);
DECLARE_GUEST_SYM(mmio, load_reserved);
DECLARE_GUEST_SYM(mmio, store_conditional);
DECLARE_GUEST_SYM(mmio, vector_setup);
DECLARE_GUEST_SYM(mmio, vector_load);
DECLARE_GUEST_SYM(mmio, vector_store);
DECLARE_GUEST_SYM(mmio, store_byte);
DECLARE_GUEST_SYM(mmio, store_double);
DECLARE_GUEST_SYM(mmio, load_word);
DECLARE_GUEST_SYM(mmio, load_short);

#define NR_PATTERNS	4

/* a row as FORM of mmio.S writes it; addresses are the guest's */
struct form {
	uint32_t start;
	uint32_t end;
	uint8_t base;
	uint8_t group;
	uint8_t unused[2];
};

/* how the guest sees its memory */
enum sight { FLAT, PAGED, USER, NR_SIGHTS };

struct group_case {
	const char *name;
	enum sight sight;
	uint8_t group;
};

#define GROUP(_name, _group)			\
	{ _name "-flat", FLAT, _group },	\
	{ _name "-paged", PAGED, _group },	\
	{ _name "-user", USER, _group }

static const struct group_case group_cases[] = {
	GROUP("load", FORM_G_LOAD),
	GROUP("load-unsigned", FORM_G_LOAD_UNSIGNED),
	GROUP("store", FORM_G_STORE),
	GROUP("base", FORM_G_BASE),
	GROUP("offset", FORM_G_OFFSET),
	GROUP("short", FORM_G_SHORT),
	GROUP("short-stack", FORM_G_SHORT_STACK),
	GROUP("zcb", FORM_G_ZCB),
	GROUP("float", FORM_G_FLOAT),
	GROUP("float-half", FORM_G_FLOAT_HALF),
	GROUP("float-short", FORM_G_FLOAT_SHORT),
};

/* what one execution leaves behind */
struct outcome {
	struct axvcpu_riscv_gpr gpr;
	__u64 f[32];
	uint64_t sstatus;
	unsigned char window[FORM_WINDOW_SIZE];
	bool unknown;
};

/* one case's machines */
struct bench {
	struct axt *f;
	enum sight sight;
	struct axv_vcpu on_ram;
	struct axv_vcpu on_hole;
	unsigned char device[FORM_WINDOW_SIZE];
	unsigned int told;		/* exits with htinst */
	unsigned int not_told;
};

static const struct axt_config configs[NR_SIGHTS] = {
	[FLAT] = { .start = AXT_START_FLAT, GUEST(mmio) },
	[PAGED] = { .start = AXT_START_PAGED, GUEST(mmio) },
	[USER] = { .start = AXT_START_PAGED, GUEST(mmio) },
};

static const uint32_t groups = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL | AXVCPU_REGS_FP;

/* ---- operands -------------------------------------------------------------------- */

/* Where the guest sees what is at @gpa. */
static uint64_t seen_at(const struct bench *b, uint64_t gpa)
{
	return b->sight == USER ? GUEST_USER + gpa : gpa;
}

static void initial_state(const struct bench *b, const struct form *form, unsigned int nr,
			  struct axv_vcpu *v)
{
	struct axvcpu_riscv_fp *fp = v->fp;
	struct axvcpu_riscv_gpr g;
	unsigned int i;

	memset(&g, 0, sizeof(g));
	for (i = 1; i < 32; i++)
		g.x[i] = sign_operand(nr, i);
	if (form->base)
		g.x[form->base] = seen_at(b, FORM_PTR);
	g.pc = seen_at(b, form->start);
	g.mode = b->sight == USER ? AXVCPU_RISCV_MODE_U : AXVCPU_RISCV_MODE_S;
	memcpy((void *)&v->run->regs.riscv.gpr, &g, sizeof(g));
	for (i = 0; i < 32; i++)
		fp->f[i] = sign_operand(nr, i + 1);
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
		       const struct axvcpu_riscv_gpr *before)
{
	uint32_t len = form->end - form->start;
	struct axvcpu_riscv_gpr g;
	struct axvcpu_exit x;

	memcpy(&x, (void *)&b->on_hole.run->exit, sizeof(x));
	memcpy(&g, (void *)&b->on_hole.run->regs.riscv.gpr, sizeof(g));
	if (x.raw[3])
		b->told++;
	else
		b->not_told++;
	if (!window_check(&x))
		return false;
	if (!EXPECT_EQ(x.pc, before->pc) || !EXPECT_EQ(x.insn_len, len) ||
	    !EXPECT_TRUE(x.insn_nr == 0 || x.insn_nr == len))
		return false;
	if (!EXPECT_TRUE(!memcmp(x.insn, b->f->ram + form->start, x.insn_nr)))
		return false;
	if (x.reason == AXVCPU_EXIT_MMIO_READ && !EXPECT_EQ(x.mmio.reg_width, 8))
		return false;
	return EXPECT_TRUE(!memcmp(&g, before, sizeof(g)));
}

/* Serve the one exit of the hole, and go on to the end. */
static bool play_device(struct bench *b, const struct form *form,
			const struct axvcpu_riscv_gpr *before)
{
	struct axv_vcpu *v = &b->on_hole;
	volatile struct axvcpu_exit *x = &v->run->exit;
	char buf[200];

	if (!is_mmio(x)) {
		axt_fail(__FILE__, __LINE__, "exit: %s", axv_exit_str(x, buf, sizeof(buf)));
		return false;
	}
	if (!check_exit(b, form, before))
		return false;
	window_serve(v, b->device);
	want(v, groups);
	if (axv_run(v) < 0) {
		axt_fail(__FILE__, __LINE__, "RUN failed");
		return false;
	}
	return true;
}

static bool execute(struct bench *b, struct axv_vcpu *v, const struct form *form,
		    unsigned int nr, struct outcome *o)
{
	volatile struct axvcpu_run *run = v->run;
	bool hole = v == &b->on_hole;
	struct axvcpu_riscv_gpr before;

	random_state = 0x9e3779b97f4a7c15ull + form->start + nr;
	fill(b->device, FORM_WINDOW_SIZE, nr);
	memcpy(b->f->ram + FORM_WINDOW, b->device, FORM_WINDOW_SIZE);
	initial_state(b, form, nr, v);
	memcpy(&before, (void *)&run->regs.riscv.gpr, sizeof(before));

	run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_FP;
	want(v, groups);
	if (axv_run(v) < 0) {
		axt_fail(__FILE__, __LINE__, "RUN failed");
		return false;
	}
	if (hole && run->exit.reason != AXVCPU_EXIT_DEBUG && !play_device(b, form, &before))
		return false;
	if (!EXPECT_EQ(run->exit.reason, AXVCPU_EXIT_DEBUG))
		return false;

	memcpy(&o->gpr, (void *)&run->regs.riscv.gpr, sizeof(o->gpr));
	memcpy(o->f, v->fp, sizeof(o->f));
	o->sstatus = run->regs.riscv.control.sstatus;
	memcpy(o->window, hole ? b->device : b->f->ram + FORM_WINDOW, FORM_WINDOW_SIZE);
	o->unknown = o->gpr.pc == GUEST_SYM(mmio, illegal);
	return o->unknown || EXPECT_EQ(o->gpr.pc, seen_at(b, form->end));
}

/* ---- comparing --------------------------------------------------------------------------- */

static void compare_registers(char class, const __u64 *cpu, const __u64 *ours)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		if (cpu[i] != ours[i])
			axt_fail(__FILE__, __LINE__, "%c%u: %016llx by the hart, %016llx by axvcpu",
				 class, i, (unsigned long long)cpu[i], (unsigned long long)ours[i]);
}

static void compare(const struct outcome *cpu, const struct outcome *ours)
{
	compare_registers('x', cpu->gpr.x, ours->gpr.x);
	compare_registers('f', cpu->f, ours->f);
	EXPECT_EQ(cpu->sstatus, ours->sstatus);
	compare_bytes("device", 0, cpu->window, ours->window, FORM_WINDOW_SIZE);
}

/* False: the hart does not know it. */
static bool try_form(struct bench *b, const struct form *form)
{
	static struct outcome cpu, ours;
	uint32_t insn = 0;
	unsigned int nr;

	memcpy(&insn, b->f->ram + form->start, form->end - form->start);
	for (nr = 0; nr < NR_PATTERNS; nr++) {
		axt_context("0x%0*x at 0x%x, pattern %u", (int)(form->end - form->start) * 2,
			    insn, form->start, nr);
		if (!execute(b, &b->on_ram, form, nr, &cpu))
			return true;
		if (cpu.unknown)
			return false;
		if (!execute(b, &b->on_hole, form, nr, &ours) || !EXPECT_TRUE(!ours.unknown))
			return true;
		compare(&cpu, &ours);
	}
	return true;
}

/* ---- machines ------------------------------------------------------------------------------ */

/* Traps end at "illegal", an ebreak is an exit, FP registers are on. */
static void prepare(const struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG));
	v->run->regs.riscv.control.stvec = GUEST_SYM(mmio, illegal);
	v->run->regs.riscv.control.sstatus |= SSTATUS_FS | SSTATUS_VS;
	v->run->regs.riscv.debug.control = AXVCPU_RISCV_DEBUG_SW_BP;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG, 0));
}

static void bench_open(struct bench *b, struct axt *f, enum sight sight)
{
	memset(b, 0, sizeof(*b));
	b->f = f;
	b->sight = sight;
	window_open(f, &configs[sight], &b->on_ram, &b->on_hole);
	prepare(&b->on_ram);
	prepare(&b->on_hole);
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
		/* x0 points to where the user sees nothing */
		if (form->group != g->group || (!form->base && g->sight == USER))
			continue;
		if (try_form(&b, form))
			nr++;
		else
			unknown++;
		if (axt_failures() > 20)
			axt_end();
	}
	axt_context(NULL);
	axt_diag("%u forms; htinst told %u times, %u times not", nr, b.told, b.not_told);
	if (!nr && unknown)
		axt_skip("the hart has none of the %u forms", unknown);
	EXPECT_EQ(unknown, 0u);
	EXPECT_GE(nr, 1u);
	/* or the comparison was of the hart with itself */
	EXPECT_EQ(b.told + b.not_told, nr * NR_PATTERNS);
}

/* The table itself: as many forms as were promised. */
TEST(table, NULL)
{
	size_t bytes = GUEST_SYM(mmio, forms_end) - GUEST_SYM(mmio, forms);

	EXPECT_GE(bytes / sizeof(struct form), 1400u);
	EXPECT_EQ(bytes % sizeof(struct form), 0u);
}

/* ---- what is not done ---------------------------------------------------------------------- */

static const struct axt_config flat = { .start = AXT_START_FLAT, GUEST(mmio) };

#define DEVICE	GUEST_MMIO

/* The guest is to execute @label with a1 at @addr; not yet. */
static void go_to(struct axt *f, uint64_t label, uint64_t addr)
{
	axt_goto(&f->v, label, 0);
	ASSERT_OK(axv_set_gpr(&f->v, A1, addr));
	ASSERT_OK(axv_set_gpr(&f->v, A2, 0x1122334455667788ull));
	ASSERT_OK(axv_set_gpr(&f->v, A4, 0x99));
	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
}

struct other_case {
	const char *name;
	const unsigned char *label;
	bool write;
};

#define OTHER(_name, _write)	{ #_name, guest_mmio__##_name, _write }

static const struct other_case other_cases[] = {
	OTHER(amo_add, true),
	OTHER(amo_swap, true),
	OTHER(load_reserved, false),
	OTHER(store_conditional, true),
	OTHER(vector_load, false),
	OTHER(vector_store, true),
};

#define COMMANDS	(1u << AXVCPU_CMD_NONE | 1u << AXVCPU_CMD_SKIP | \
			 1u << AXVCPU_CMD_RETRY | 1u << AXVCPU_CMD_FAULT)

/* The guest has got @cause for its access to @addr at @pc. */
static void expect_trapped(struct axt *f, uint64_t cause, uint64_t addr, uint64_t pc)
{
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_DEBUG);
	EXPECT_EQ(f->exit->pc, GUEST_SYM(mmio, illegal));
	EXPECT_EQ(f->regs->control.scause, cause);
	EXPECT_EQ(f->regs->control.stval, addr);
	EXPECT_EQ(f->regs->control.sepc, pc);
}

/* INTERNAL_ERROR with the bytes; SKIP, RETRY and FAULT do what they say. */
TEST_ROWS(not_done, other_cases, ARRAY_SIZE(other_cases), &flat)
{
	const struct other_case *o = arg;
	uintptr_t label = (uintptr_t)o->label;

	prepare(&f->v);
	if (o->label == guest_mmio__vector_load || o->label == guest_mmio__vector_store) {
		axt_goto(&f->v, GUEST_SYM(mmio, vector_setup), 0);
		ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
		if (f->exit->pc == GUEST_SYM(mmio, illegal))
			axt_skip("the hart has no vectors");
	}
	go_to(f, label, DEVICE);
	ASSERT_OK(axv_run(&f->v));
	if (f->exit->pc == GUEST_SYM(mmio, illegal) && f->regs->control.scause == 2)
		axt_skip("the hart does not have it");
	/* sc without a reservation is done, and has failed, without an access */
	if (f->exit->reason == AXVCPU_EXIT_DEBUG && o->label == guest_mmio__store_conditional) {
		EXPECT_EQ(reg(&f->v, A4), 1u);
		return;
	}
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
	ASSERT_OK(axv_run(&f->v));
	expect_trapped(f, o->write ? 7 : 5, DEVICE, label);

	go_to(f, label, DEVICE);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	axv_skip(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
	EXPECT_EQ(f->exit->pc, label + 4);
	EXPECT_EQ(reg(&f->v, A4), 0x99u);
}

struct command_case {
	const char *name;
	const unsigned char *label;
	uint32_t reason;
	uint8_t len;
};

static const struct command_case command_cases[] = {
	{ "store", guest_mmio__store_byte, AXVCPU_EXIT_MMIO_WRITE, 4 },
	{ "load", guest_mmio__load_word, AXVCPU_EXIT_MMIO_READ, 4 },
	{ "load_short", guest_mmio__load_short, AXVCPU_EXIT_MMIO_READ, 2 },
};

TEST_ROWS(commands, command_cases, ARRAY_SIZE(command_cases), &flat)
{
	const struct command_case *c = arg;
	bool write = c->reason == AXVCPU_EXIT_MMIO_WRITE;
	uintptr_t label = (uintptr_t)c->label;

	prepare(&f->v);
	go_to(f, label, DEVICE);
	ASSERT_EXIT(f, c->reason);
	EXPECT_EQ(f->exit->insn_len, c->len);
	EXPECT_EQ(f->exit->commands, 0x1eu);
	axv_retry(&f->v);
	ASSERT_EXIT(f, c->reason);
	EXPECT_EQ(f->exit->pc, label);
	axv_skip(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
	EXPECT_EQ(f->exit->pc, label + c->len);
	EXPECT_EQ(reg(&f->v, A4), 0x99u);

	go_to(f, label, DEVICE);
	ASSERT_EXIT(f, c->reason);
	axv_fault(&f->v);
	ASSERT_OK(axv_run(&f->v));
	expect_trapped(f, write ? 7 : 5, DEVICE, label);
	EXPECT_EQ(reg(&f->v, A4), 0x99u);
}

/* ---- the ends of pages ----------------------------------------------------------------------- */

/* A double word that begins @back bytes before the end of @page. */
static void straddle(struct axt *f, uint64_t page, unsigned int back)
{
	uint64_t addr = page + AXT_PAGE - back;

	axt_context("%u bytes before the end of page 0x%llx", back, (unsigned long long)page);
	go_to(f, GUEST_SYM(mmio, store_double), addr);
	ASSERT_OK(axv_run(&f->v));
	if (back == 8) {
		EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_MMIO_WRITE);
		EXPECT_EQ(f->exit->mmio.gpa, addr);
	} else {
		ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_INTERNAL_ERROR);
		EXPECT_EQ(f->exit->internal.what, AXVCPU_ERROR_STRADDLE);
		/* either part */
		EXPECT_TRUE(f->exit->internal.gpa == addr ||
			    f->exit->internal.gpa == page + AXT_PAGE);
		EXPECT_EQ(f->exit->commands, COMMANDS);
	}
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->pc, GUEST_SYM(mmio, store_double));
}

TEST(straddle_devices, &flat)
{
	unsigned int back;

	prepare(&f->v);
	for (back = 8; back; back--)
		straddle(f, DEVICE, back);
}

/* From memory into what is behind it: nothing is written but by who decides so. */
TEST(straddle_memory, &flat)
{
	uint64_t last = f->ram_size - AXT_PAGE;
	unsigned int back;

	prepare(&f->v);
	for (back = 7; back; back--)
		straddle(f, last, back);
	EXPECT_EQ(GUEST_MEM(f, f->ram_size - 8, uint64_t), 0u);
}
