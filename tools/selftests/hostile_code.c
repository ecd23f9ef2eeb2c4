// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that execute garbage in each mode a CPU has, as a kernel and as a user
 * program: RUN always ends with an exit that is one, an orderly guest runs on the
 * same vCPU afterwards, and those beside notice nothing. The seeds are fixed. For
 * RISC-V: hostile_riscv.c.
 *
 * rig: timeout=300 arch=x86
 */
#include "common/hostile.h"
#include "common/x86.h"
#include "common/x86_sreg.h"

DECLARE_GUEST(events);
DECLARE_GUEST_SYM(events, done);
DECLARE_GUEST_SYM(events, traps);
DECLARE_GUEST(events32);
DECLARE_GUEST_SYM(events32, traps);
DECLARE_GUEST(events16);
DECLARE_GUEST_SYM(events16, traps);

#define BLOBS		80
#define BLOB		0x8000		/* where garbage goes: behind the handlers */
#define BLOB_SIZE	512
#define STARTS		5		/* in a blob, each from another place */
#define MAX_EXITS	40
#define MAX_GUARDED	200		/* not counted among them */
/* behind the page directories: the TSS, and tables of 32-bit paging */
#define TSS		(GUEST_PD + 4 * AXT_PAGE)
#define DIRECTORY	(GUEST_PD + 5 * AXT_PAGE)
#define PAE_PDPT	(GUEST_PD + 6 * AXT_PAGE)
#define TABLES_END	(GUEST_PD + 7 * AXT_PAGE)
#define FLAG_IOPL	0x3000
#define FLAG_VM		0x20000

static const struct axt_config config64 = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(events),
};

static const struct axt_config config32 = {
	.start = AXVCPU_X86_START_PROT32,
	GUEST(events32),
};

static const struct axt_config config16 = {
	.start = AXVCPU_X86_START_REAL,
	GUEST(events16),
};

/**
 * struct mode - what the CPU is in when garbage begins
 * @name: in words
 * @config: what it is made from
 * @traps: the handlers
 * @cs: attributes of CS, 0: as SETUP made them
 * @cpl: privilege
 * @paging: 32: 4 MiB pages of 32-bit tables, 64: PAE
 * @flags: in RFLAGS
 */
struct mode {
	const char *name;
	const struct axt_config *config;
	uint64_t traps;
	uint16_t cs;
	unsigned int cpl;
	unsigned int paging;
	uint64_t flags;
};

#define T64	GUEST_SYM(events, traps)
#define T32	GUEST_SYM(events32, traps)
#define T16	GUEST_SYM(events16, traps)

static const struct mode modes[] = {
	{ "real", &config16, T16, 0, 0, 0, 0 },
	{ "virtual_8086", &config32, T32, 0x0f3, 3, 0, FLAG_VM },
	{ "virtual_8086_iopl3", &config32, T32, 0x0f3, 3, 32, FLAG_VM | FLAG_IOPL },
	{ "protected_16_kernel", &config32, T32, 0x09b, 0, 0, 0 },
	{ "protected_16_user", &config32, T32, 0x0fb, 3, 0, FLAG_IOPL },
	{ "protected_32_kernel", &config32, T32, 0xc9b, 0, 0, 0 },
	{ "protected_32_user", &config32, T32, 0xcfb, 3, 0, 0 },
	{ "paging_kernel", &config32, T32, 0xc9b, 0, 32, 0 },
	{ "paging_user", &config32, T32, 0xcfb, 3, 32, FLAG_IOPL },
	{ "pae_kernel", &config32, T32, 0xc9b, 0, 64, 0 },
	{ "pae_user", &config32, T32, 0xcfb, 3, 64, 0 },
	{ "compatibility_kernel", &config64, T64, 0xc9b, 0, 0, 0 },
	{ "compatibility_user", &config64, T64, 0xcfb, 3, 0, FLAG_IOPL },
	{ "long_kernel", &config64, T64, 0xa9b, 0, 0, 0 },
	{ "long_user", &config64, T64, 0xafb, 3, 0, 0 },
};

/* ---- garbage ------------------------------------------------------------------------- */

/* Opcodes, those that come to a hypervisor first; a ModRM byte goes with most. */
static const uint16_t opcodes[] = {
	0x0f01, 0x0f01, 0x0f20, 0x0f22, 0x0f21, 0x0f23, 0x0f30, 0x0f32, 0x0fa2, 0x0f06, 0x0f31,
	0x0f33, 0x0fc7, 0x0fae, 0x0f00, 0x0f05, 0x0f34, 0x0f07, 0x0f35, 0x0f0b, 0x0faa, 0x0f18,
	0x0fc0, 0x0fc1, 0x0fb0, 0x0fb1, 0x0fab, 0x0fba, 0x0fa3, 0x0fb6, 0x0fbe, 0x0f10, 0x0f6f,
	0x0f02, 0x0f03, 0x0fb2, 0x0fb4, 0x0fb5,
	0xf4, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f, 0xcc, 0xcd,
	0xce, 0xcf, 0xf1, 0xfa, 0xfb, 0x9c, 0x9d, 0x8e, 0x8c, 0xfc, 0xfd, 0xa0, 0xa1, 0xa2, 0xa3,
	0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xc6, 0xc7, 0x88, 0x89, 0x8a,
	0x8b, 0x00, 0x01, 0x02, 0x03, 0x80, 0x81, 0x83, 0x86, 0x87, 0xf6, 0xf7, 0xfe, 0xff, 0x8f,
	0x50, 0x58, 0xc8, 0xc9, 0xe8, 0x9a, 0xea, 0xcb, 0xca, 0xc4, 0xc5, 0x06, 0x07, 0x16, 0x17,
	0x1e, 0x1f, 0x62, 0x63, 0xd7, 0x0e,
};

static const uint8_t prefixes[] = {
	0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x40, 0x48, 0x4f,
};

static void make_blob(struct rnd *r, unsigned char *p)
{
	unsigned int i = 0, n;
	uint16_t op;

	while (i < BLOB_SIZE - 24) {
		for (n = rnd_below(r, 8) < 3 ? 1 + rnd_below(r, 3) : 0; n; n--)
			p[i++] = prefixes[rnd_below(r, ARRAY_SIZE(prefixes))];
		if (rnd_one_in(r, 8)) {
			p[i++] = rnd(r);
		} else {
			op = opcodes[rnd_below(r, ARRAY_SIZE(opcodes))];
			if (op > 0xff)
				p[i++] = op >> 8;
			p[i++] = op;
		}
		/* ModRM, and what may come behind it */
		for (n = rnd_below(r, 7); n; n--)
			p[i++] = rnd_one_in(r, 3) ? 0 : rnd(r);
	}
	while (i < BLOB_SIZE)
		p[i++] = rnd(r);
}

/* ---- the start ---------------------------------------------------------------------------- */

static void make_tables(struct axt *f, const struct mode *m)
{
	uint32_t *dir = (uint32_t *)(f->ram + DIRECTORY);
	uint64_t *pdpt = (uint64_t *)(f->ram + PAE_PDPT);
	unsigned int i;

	axt_gdt(f->ram, f->config->start);
	/* no way to other rings but by what is loaded: an emulated CPU is easily lost */
	memset(f->ram + GUEST_GDT + 0x28, 0, 16);
	axt_page_tables(f->ram, true);
	for (i = 0; i < 1024; i++)
		dir[i] = i << 22 | 0x87;
	memset(pdpt, 0, AXT_PAGE);
	for (i = 0; i < 4; i++)
		pdpt[i] = (GUEST_PD + i * AXT_PAGE) | 1;
	/* the stack of ring 0; no bit map of ports */
	memset(f->ram + TSS, 0, AXT_PAGE);
	if (m->traps == T64) {
		*(uint64_t *)(f->ram + TSS + 4) = GUEST_STACK;
	} else {
		*(uint32_t *)(f->ram + TSS + 4) = GUEST_STACK;
		*(uint32_t *)(f->ram + TSS + 8) = GUEST_DS;
	}
	*(uint16_t *)(f->ram + TSS + 0x66) = 0x68;
}

static void set_mode(struct axt *f, const struct mode *m)
{
	unsigned int i, dpl = m->cpl << 5;
	struct axvcpu_x86_control c;

	x86_get_control(&f->v, &c);
	c.seg[AXVCPU_X86_TR] = (struct axvcpu_x86_segment) {
		.base = TSS, .limit = 0x67, .selector = 0x38, .attr = X86_TR_ATTR,
	};
	if (m->flags & FLAG_VM) {
		for (i = AXVCPU_X86_ES; i <= AXVCPU_X86_GS; i++)
			c.seg[i] = (struct axvcpu_x86_segment) { 0, 0xffff, 0, 0xf3 };
	} else if (m->cs) {
		for (i = AXVCPU_X86_ES; i <= AXVCPU_X86_GS; i++) {
			c.seg[i].attr = 0xc93 | dpl;
			c.seg[i].selector = m->cpl ? 0x33 : GUEST_DS;
		}
		c.seg[AXVCPU_X86_CS].attr = m->cs;
		c.seg[AXVCPU_X86_CS].selector = m->cpl ? 0x2b : GUEST_CS;
		if (!(m->cs & 0x800))
			c.seg[AXVCPU_X86_CS].limit = 0xffff;
	}
	if (m->paging) {
		c.cr0 |= CR0_PG;
		c.cr3 = m->paging == 64 ? PAE_PDPT : DIRECTORY;
		c.cr4 |= m->paging == 64 ? CR4_PAE : CR4_PSE;
	}
	ASSERT_OK(x86_set_control(&f->v, &c));
	x86_set_flags(&f->v, m->flags, 0);
}

/* Start anew, with registers that point to memory, to a hole, and nowhere. */
static void start_blob(struct axt *f, const struct mode *m, const struct x86_traps *t,
		       struct rnd *r)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	uint64_t limit = m->traps == T16 ? 0xffff : ~0u, val;
	unsigned int i;

	if (m->cs & 0x200)
		limit = ~0ull;
	s.entry = BLOB + rnd_below(r, BLOB_SIZE / 2);
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	x86_traps_load(t, &f->v);
	for (i = 0; i < 16; i++) {
		val = rnd(r);
		if (rnd_one_in(r, 3))
			val = GUEST_DATA + rnd_below(r, 0x10000);
		else if (rnd_one_in(r, 3))
			val = GUEST_MMIO + rnd_below(r, 0x2000);
		else if (rnd_one_in(r, 2))
			val = rnd_below(r, 0x1000);
		if (i != RSP)
			ASSERT_OK(axv_set_gpr(&f->v, i, val & limit));
	}
	set_mode(f, m);
}

/* ---- what comes of it ------------------------------------------------------------------------ */

/* How often which exit and which vector was seen. */
struct seen {
	unsigned int exit[AXVCPU_EXIT_NR];
	unsigned int vector[256];
};

/* Some answer to the exit; false when there is no going on. */
static bool answer(struct axt *f, const struct x86_traps *t, struct rnd *r, struct seen *seen)
{
	struct x86_frame fr;

	switch (f->exit->reason) {
	case AXVCPU_EXIT_STOPPED:
	case AXVCPU_EXIT_SHUTDOWN:
	case AXVCPU_EXIT_FAIL_ENTRY:
		return false;
	case AXVCPU_EXIT_HYPERCALL:
		if (t->bits != 16 && x86_trapped(t, &f->v, &fr)) {
			seen->vector[fr.vector]++;
			return false;
		}
		break;
	}
	if (axv_allowed(&f->v, AXVCPU_CMD_FULFIL) && !rnd_one_in(r, 8)) {
		axv_fulfil(&f->v, rnd(r));
		return true;
	}
	if (axv_allowed(&f->v, AXVCPU_CMD_SKIP)) {
		axv_skip(&f->v);
		return true;
	}
	if (axv_allowed(&f->v, AXVCPU_CMD_FAULT)) {
		axv_fault(&f->v);
		return !rnd_one_in(r, 8);
	}
	return false;
}

/* An orderly guest on the same vCPU. */
static void expect_orderly(struct axt *f)
{
	struct axvcpu_setup s;
	struct axt other;

	axt_open(&other, &config64);
	s = axt_setup_args(other.s2, other.config);
	s.entry = GUEST_SYM(events, done);
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	f->v.run->stop = 0;
	f->v.run->entry.flags = 0;
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, GUEST_SYM(events, done));
}

static void prepare(struct axt *f, const struct mode *m, struct rnd *r)
{
	unsigned int n;

	make_tables(f, m);
	for (n = 0; n < 256; n++)
		axt_idt_set(f->ram, f->config->start, n, m->traps + n * TRAP_SIZE);
	memcpy(f->ram + GUEST_CODE, f->config->code, f->config->code_end - f->config->code);
	memset(f->ram + GUEST_DATA, rnd(r), 0x20000);
	make_blob(r, f->ram + BLOB);
	x86_sreg_guard(f);
}

static void run_blob(struct axt *f, const struct mode *m, const struct x86_traps *t,
		     struct rnd *r, struct seen *seen)
{
	unsigned int n, guarded = 0;
	int ret;

	start_blob(f, m, t, r);
	/* an answer that was not given any more, and stops of before */
	f->v.run->stop = 0;
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	for (n = 0; n < MAX_EXITS; n++) {
		do {
			ret = axv_run(&f->v);
			ASSERT_EQ(ret, 0);
		} while (x86_sreg_exit(f) && guarded++ < MAX_GUARDED);
		ASSERT_TRUE(f->exit->reason > 0 && f->exit->reason < AXVCPU_EXIT_NR);
		/* the module's own controls are never at fault */
		if (f->exit->reason == AXVCPU_EXIT_FAIL_ENTRY)
			EXPECT_NE(f->exit->fail_entry.code, AXVCPU_FAIL_CONTROLS);
		if (f->exit->reason == AXVCPU_EXIT_INTERNAL_ERROR)
			EXPECT_NE(f->exit->internal.what, AXVCPU_ERROR_UNEXPECTED);
		seen->exit[f->exit->reason]++;
		if (!answer(f, t, r, seen))
			return;
	}
}

TEST_ROWS(garbage, modes, ARRAY_SIZE(modes), NULL)
{
	static const struct axvcpu_filter_range msrs[] = {
		{ 0x40000000, 0x400000ff, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT },
	};
	uint64_t seed = env_number("AXV_FUZZ_SEED", 0xbad0c0de), step;
	uint64_t from = env_number("AXV_FUZZ_STEP", 0), blobs = rounds(BLOBS);
	const struct mode *m = arg;
	unsigned int i, kinds = 0;
	struct seen seen = { };
	struct stopper stopper;
	struct x86_traps t;
	struct beside b;
	struct rnd r;

	axt_avoid(AXT_FLAW_STEP);
	beside_start(&b);
	axt_close(f);
	axt_open(f, m->config);
	t = x86_traps_init(f, m->traps);
	ASSERT_OK(axv_set_msr_filter(f->vm, msrs, 1));
	stopper_start(&stopper, &f->v, 5);
	for (step = from; step < from + blobs; step++) {
		axt_context("AXV_FUZZ_SEED=0x%llx AXV_FUZZ_STEP=%llu", (unsigned long long)seed,
			    (unsigned long long)step);
		r = rnd_at(seed, m - modes, step);
		prepare(f, m, &r);
		for (i = 0; i < STARTS && !axt_failures(); i++)
			run_blob(f, m, &t, &r, &seen);
	}
	axt_context(NULL);
	stopper_stop(&stopper);
	for (i = 0; i < AXVCPU_EXIT_NR; i++) {
		if (seen.exit[i])
			axt_diag("%5u %s", seen.exit[i], axv_exit_name(i));
		kinds += !!seen.exit[i];
	}
	for (i = 0; i < 256; i++) {
		if (seen.vector[i])
			axt_diag("%5u of vector %u", seen.vector[i], i);
		kinds += !!seen.vector[i];
	}
	/* or it was no garbage worth the name */
	EXPECT_GE(kinds, 4u);
	expect_orderly(f);
	beside_stop(&b);
}
