// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO decoding, differential: each form of guest/mmio*.S is executed by one
 * vCPU on memory, where the CPU does it, and by another one on a hole, where
 * axvcpu decodes it and this program plays the device with an array of bytes.
 * Registers, flags that are defined, the device's bytes and the rest of
 * memory must come out the same.
 *
 * Both run on the same memory; only the window of FORM_WINDOW_SIZE bytes is
 * missing from the second one's stage-2. For RISC-V: riscv_mmio.c.
 *
 * rig: arch=x86
 */
#include "axvtest.h"
#include "common/operands.h"
#include "guest/x86/mmio_forms.h"
#include "common/window.h"

#define DECLARE_FORMS(bits)			\
	DECLARE_GUEST(mmio##bits);		\
	DECLARE_GUEST_SYM(mmio##bits, forms);	\
	DECLARE_GUEST_SYM(mmio##bits, forms_end)
DECLARE_FORMS(64);
DECLARE_FORMS(32);
DECLARE_FORMS(16);

#define NR_PATTERNS	7
#define MAX_EXITS	64
#define FLAGS_STATUS	0x8d5	/* CF PF AF ZF SF OF */
#define FLAGS_DF	0x400

/* a row as FORM of mmio_forms.h writes it; addresses are the guest's */
struct form {
	uint32_t start;
	uint32_t end;
	uint32_t name;
	uint32_t group;
	uint32_t flags;
};

struct group_case {
	const char *name;
	unsigned int bits;
	uint32_t group;
};

#define GROUPS(bits)					\
	{ "mov-" #bits, bits, FORM_G_MOV },		\
	{ "movzx-movsx-" #bits, bits, FORM_G_EXTEND },	\
	{ "addressing-" #bits, bits, FORM_G_ADDRESS },	\
	{ "add-" #bits, bits, FORM_G_ADD },		\
	{ "or-" #bits, bits, FORM_G_OR },		\
	{ "adc-" #bits, bits, FORM_G_ADC },		\
	{ "sbb-" #bits, bits, FORM_G_SBB },		\
	{ "and-" #bits, bits, FORM_G_AND },		\
	{ "sub-" #bits, bits, FORM_G_SUB },		\
	{ "xor-" #bits, bits, FORM_G_XOR },		\
	{ "cmp-" #bits, bits, FORM_G_CMP },		\
	{ "test-" #bits, bits, FORM_G_TEST },		\
	{ "inc-dec-neg-not-" #bits, bits, FORM_G_UNARY },	\
	{ "xchg-xadd-cmpxchg-" #bits, bits, FORM_G_EXCHANGE },	\
	{ "bt-bts-btr-btc-" #bits, bits, FORM_G_BITS },	\
	{ "setcc-" #bits, bits, FORM_G_SETCC },		\
	{ "cmov-" #bits, bits, FORM_G_CMOV },		\
	{ "shift-rotate-" #bits, bits, FORM_G_SHIFT },	\
	{ "string-" #bits, bits, FORM_G_STRING },	\
	{ "push-pop-" #bits, bits, FORM_G_STACK }

static const struct group_case group_cases[] = {
	GROUPS(64),
	{ "segment-64", 64, FORM_G_SEGMENT },
	GROUPS(32),
	GROUPS(16),
};

static const struct axt_config configs[3] = {
	{ .start = AXVCPU_X86_START_LONG64, GUEST(mmio64) },
	{ .start = AXVCPU_X86_START_PROT32, GUEST(mmio32) },
	{ .start = AXVCPU_X86_START_REAL, GUEST(mmio16) },
};

/* what one execution leaves behind */
struct outcome {
	struct axvcpu_x86_gpr gpr;
	unsigned char window[FORM_WINDOW_SIZE];
	unsigned char ram[FORM_RAM_SIZE];
	unsigned int exits;
};

/* one case's machines */
struct bench {
	struct axt *f;
	unsigned int bits;
	struct axv_vcpu on_ram;
	struct axv_vcpu on_hole;
	unsigned char device[FORM_WINDOW_SIZE];
};

/* ---- operands -------------------------------------------------------------------- */

/* The value operands have in pattern @nr, @which of them. */
static uint64_t operand(unsigned int nr, unsigned int which)
{
	switch (nr) {
	case 0:
		return 0;
	case 1:
		return ~0ull;
	case 2:
		return which & 1 ? 0x7fff7fff7fff7f7full : 0x8000800080008080ull;
	case 3:
		/* all the same, so that CMPXCHG, CMPS and SCAS find it */
		return 0x0123456789abcdefull;
	default:
		return random64();
	}
}

static const uint64_t status[NR_PATTERNS] = { 0, 0x8d5, 0x1, 0x890, 0x40, 0x85, 0x811 };
static const uint64_t counts[NR_PATTERNS] = { 0, 1, 3, 8, 2, 5, 16 };
static const uint64_t shifts[NR_PATTERNS] = { 0, 1, 7, 0x23, 4, 0x21, 6 };
static const int64_t bit_offsets[NR_PATTERNS] = { 3, 77, -5, 200, -130, 15, -64 };

static void initial_registers(const struct bench *b, const struct form *form,
			      unsigned int nr, struct axvcpu_x86_gpr *g)
{
	uint64_t base = b->bits == 16 ? FORM_SEGMENT : 0;
	unsigned int i;

	memset(g, 0, sizeof(*g));
	g->r[AXVCPU_X86_RAX] = operand(nr, 0);
	g->r[AXVCPU_X86_RCX] = operand(nr, 1);
	g->r[AXVCPU_X86_RDX] = operand(nr, 2);
	g->r[AXVCPU_X86_RBX] = operand(nr, 3);
	g->r[AXVCPU_X86_R11] = operand(nr, 4);
	g->r[AXVCPU_X86_R14] = operand(nr, 5);
	if (form->flags & FORM_REP)
		g->r[AXVCPU_X86_RCX] = counts[nr];
	if (form->flags & FORM_SHIFT)
		g->r[AXVCPU_X86_RCX] = (operand(nr, 1) & ~0xffull) | shifts[nr];

	g->r[AXVCPU_X86_RSP] = FORM_STACK - base;
	g->r[AXVCPU_X86_RBP] = FORM_BP - base;
	g->r[AXVCPU_X86_RSI] = (form->flags & FORM_SRC_RAM ? FORM_RAM + 0x800 : FORM_PTR) - base;
	g->r[AXVCPU_X86_RDI] = (form->flags & FORM_DST_RAM ? FORM_RAM + 0xa00 : FORM_DI) - base;
	g->r[AXVCPU_X86_R8] = FORM_R8;
	g->r[AXVCPU_X86_R9] = FORM_INDEX;
	g->r[AXVCPU_X86_R10] = 0xdeadbeef00000000ull | FORM_R10;
	g->r[AXVCPU_X86_R12] = FORM_R12;
	g->r[AXVCPU_X86_R13] = FORM_R13;
	g->r[AXVCPU_X86_R15] = bit_offsets[nr];
	if (form->flags & FORM_BITS)
		g->r[AXVCPU_X86_RDI] = bit_offsets[nr];
	if (b->bits == 16)
		g->r[AXVCPU_X86_RBX] = FORM_PTR - base;
	if (b->bits != 64)
		for (i = 0; i < 16; i++)
			g->r[i] = i < 8 ? (uint32_t)g->r[i] : 0;

	g->rip = form->start;
	g->rflags = 2 | status[nr];
	if ((form->flags & FORM_STRING) && (nr & 1))
		g->rflags |= FLAGS_DF;
}

static void fill(unsigned char *p, size_t len, unsigned int nr)
{
	uint64_t val;
	size_t i;

	for (i = 0; i < len; i += 8) {
		val = operand(nr, i / 8);
		memcpy(p + i, &val, 8);
	}
}

/* ---- one execution ------------------------------------------------------------------- */

static bool same_registers(const struct axvcpu_x86_gpr *a, const struct axvcpu_x86_gpr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* An exit of the hole: right in itself, and nothing done yet. */
static bool check_exit(struct bench *b, const struct form *form,
		       const struct axvcpu_x86_gpr *before)
{
	struct axvcpu_exit x;
	struct axvcpu_x86_gpr g;
	uint32_t len = form->end - form->start;

	memcpy(&x, (void *)&b->on_hole.run->exit, sizeof(x));
	memcpy(&g, (void *)&b->on_hole.run->regs.x86.gpr, sizeof(g));
	if (!window_check(&x))
		return false;
	if (!EXPECT_EQ(x.pc, form->start) || !EXPECT_EQ(x.insn_len, len))
		return false;
	if (!EXPECT_TRUE(x.insn_nr <= 15) ||
	    !EXPECT_TRUE(!memcmp(x.insn, b->f->ram + form->start,
				 x.insn_nr < len ? x.insn_nr : len)))
		return false;
	/* strings are done one element after the other */
	if (!(form->flags & FORM_REP) && !EXPECT_TRUE(same_registers(&g, before)))
		return false;
	return EXPECT_EQ(g.rip, before->rip);
}

/* Serve the exits of the hole until the hypercall behind the instruction. */
static bool play_device(struct bench *b, const struct form *form,
			const struct axvcpu_x86_gpr *before, struct outcome *o)
{
	struct axv_vcpu *v = &b->on_hole;
	volatile struct axvcpu_exit *x = &v->run->exit;

	for (o->exits = 0; o->exits < MAX_EXITS; o->exits++) {
		if (x->reason == AXVCPU_EXIT_HYPERCALL)
			return true;
		if (!is_mmio(x)) {
			char buf[200];

			axt_fail(__FILE__, __LINE__, "exit: %s", axv_exit_str(x, buf, sizeof(buf)));
			return false;
		}
		if (!check_exit(b, form, before))
			return false;
		window_serve(v, b->device);
		v->run->entry.wanted = AXVCPU_REGS_GPR;
		if (axv_run(v) < 0) {
			axt_fail(__FILE__, __LINE__, "RUN failed");
			return false;
		}
	}
	axt_fail(__FILE__, __LINE__, "no end after %u exits", MAX_EXITS);
	return false;
}

static bool execute(struct bench *b, struct axv_vcpu *v, const struct form *form,
		    unsigned int nr, struct outcome *o)
{
	volatile struct axvcpu_run *run = v->run;
	bool hole = v == &b->on_hole;
	struct axvcpu_x86_gpr g;

	random_state = 0x9e3779b97f4a7c15ull + form->start + nr;
	initial_registers(b, form, nr, &g);
	memset(o, 0, sizeof(*o));
	fill(b->device, FORM_WINDOW_SIZE, nr);
	memcpy(b->f->ram + FORM_WINDOW, b->device, FORM_WINDOW_SIZE);
	fill(b->f->ram + FORM_RAM, FORM_RAM_SIZE, nr);

	memcpy((void *)&run->regs.x86.gpr, &g, sizeof(g));
	/* the hypercall of the form before is dropped for the new rip */
	if (run->exit.reason == AXVCPU_EXIT_HYPERCALL)
		axv_retry(v);
	run->entry.commit = AXVCPU_REGS_GPR;
	run->entry.wanted = AXVCPU_REGS_GPR;
	if (axv_run(v) < 0) {
		axt_fail(__FILE__, __LINE__, "RUN failed");
		return false;
	}
	if (hole) {
		if (!play_device(b, form, &g, o))
			return false;
	} else if (!EXPECT_EQ(run->exit.reason, AXVCPU_EXIT_HYPERCALL)) {
		return false;
	}
	memcpy(&o->gpr, (void *)&run->regs.x86.gpr, sizeof(o->gpr));
	memcpy(o->window, hole ? b->device : b->f->ram + FORM_WINDOW, FORM_WINDOW_SIZE);
	memcpy(o->ram, b->f->ram + FORM_RAM, FORM_RAM_SIZE);
	return EXPECT_EQ(o->gpr.rip, form->end);
}

/* ---- comparing --------------------------------------------------------------------------- */

static void compare(const struct form *form, const struct outcome *cpu,
		    const struct outcome *ours)
{
	static const char *const names[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	};
	uint64_t defined = ~(uint64_t)(form->flags & FORM_UNDEFINED);
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (cpu->gpr.r[i] != ours->gpr.r[i])
			axt_fail(__FILE__, __LINE__, "%s: %016llx by the CPU, %016llx by axvcpu",
				 names[i], (unsigned long long)cpu->gpr.r[i],
				 (unsigned long long)ours->gpr.r[i]);
	if ((cpu->gpr.rflags ^ ours->gpr.rflags) & defined)
		axt_fail(__FILE__, __LINE__, "rflags: %llx by the CPU, %llx by axvcpu (mask %llx)",
			 (unsigned long long)cpu->gpr.rflags,
			 (unsigned long long)ours->gpr.rflags, (unsigned long long)defined);
	compare_bytes("device", FORM_WINDOW, cpu->window, ours->window, FORM_WINDOW_SIZE);
	compare_bytes("memory", FORM_RAM, cpu->ram, ours->ram, FORM_RAM_SIZE);
}

static void try_form(struct bench *b, const struct form *form)
{
	static struct outcome cpu, ours;
	unsigned int nr;

	for (nr = 0; nr < NR_PATTERNS; nr++) {
		axt_context("%s, pattern %u", (char *)b->f->ram + form->name, nr);
		if (!execute(b, &b->on_ram, form, nr, &cpu) ||
		    !execute(b, &b->on_hole, form, nr, &ours))
			return;
		compare(form, &cpu, &ours);
		/* or the comparison was of the CPU with itself */
		if (!(form->flags & FORM_NO_EXIT) &&
		    !((form->flags & FORM_REP) && !counts[nr]))
			EXPECT_GE(ours.exits, 1u);
	}
}

/* ---- machines ------------------------------------------------------------------------------ */

/* Segments of 16-bit code, FS and GS of the others. */
static void load_segments(const struct bench *b, const struct axv_vcpu *v)
{
	static const unsigned int data[] = {
		AXVCPU_X86_DS, AXVCPU_X86_ES, AXVCPU_X86_SS, AXVCPU_X86_FS, AXVCPU_X86_GS,
	};
	volatile struct axvcpu_x86_control *c = &v->run->regs.x86.control;
	unsigned int i;

	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	if (b->bits == 16) {
		for (i = 0; i < ARRAY_SIZE(data); i++) {
			c->seg[data[i]].base = FORM_SEGMENT;
			c->seg[data[i]].selector = FORM_SEGMENT >> 4;
		}
	} else {
		c->seg[AXVCPU_X86_FS].base = FORM_PTR;
		c->seg[AXVCPU_X86_GS].base = FORM_PTR + 0x40;
	}
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

static void bench_open(struct bench *b, struct axt *f, unsigned int bits)
{
	const struct axt_config *c = &configs[bits == 64 ? 0 : bits == 32 ? 1 : 2];

	b->f = f;
	b->bits = bits;
	window_open(f, c, &b->on_ram, &b->on_hole);
	load_segments(b, &b->on_ram);
	load_segments(b, &b->on_hole);
}

TEST_ROWS(forms, group_cases, ARRAY_SIZE(group_cases), NULL)
{
	static struct bench b;
	const struct group_case *g = arg;
	uintptr_t first = g->bits == 64 ? GUEST_SYM(mmio64, forms) :
			  g->bits == 32 ? GUEST_SYM(mmio32, forms) : GUEST_SYM(mmio16, forms);
	uintptr_t end = g->bits == 64 ? GUEST_SYM(mmio64, forms_end) :
			g->bits == 32 ? GUEST_SYM(mmio32, forms_end) : GUEST_SYM(mmio16, forms_end);
	const struct form *form;
	unsigned int nr = 0;

	axt_close(f);
	bench_open(&b, f, g->bits);
	for (; first < end; first += sizeof(*form)) {
		form = (const struct form *)(f->ram + first);
		if (form->group != g->group)
			continue;
		try_form(&b, form);
		if (axt_failures() > 20)
			axt_end();
		nr++;
	}
	axt_context(NULL);
	axt_diag("%u forms", nr);
	EXPECT_GE(nr, 1u);
}

/* The table itself: as many forms as were promised, each one an instruction. */
TEST(table, NULL)
{
	size_t bytes = GUEST_SYM(mmio64, forms_end) - GUEST_SYM(mmio64, forms) +
		       GUEST_SYM(mmio32, forms_end) - GUEST_SYM(mmio32, forms) +
		       GUEST_SYM(mmio16, forms_end) - GUEST_SYM(mmio16, forms);

	EXPECT_GE(bytes / sizeof(struct form), 300u);
	EXPECT_EQ(bytes % sizeof(struct form), 0u);
}
