// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that axvcpu delivers, differential: the guest's EL1 finds the same registers
 * as after one that the CPU has delivered, whatever PSTATE and SCTLR_EL1 were.
 *
 * rig: arch=arm64 timeout=300
 */
#include "axvtest.h"

DECLARE_GUEST(paging);
DECLARE_GUEST_SYM(paging, load);
DECLARE_GUEST_SYM(paging, undefined);
DECLARE_GUEST_SYM(paging, traps);

#define EC_UNKNOWN	0x00
#define EC_DATA_ABORT	0x24	/* of EL0; of EL1 one more */

#define SPAN		(1ull << 23)
#define DSSBS		(1ull << 44)

/* NZCV, DIT */
#define KEPT		(0xfull << 28 | 1ull << 24)

/* no table leads there */
#define NOWHERE		0x7f0000001238ull

static const struct axt_config paged = { .start = AXT_START_PAGED, GUEST(paging) };

struct mode {
	const char *name;
	uint64_t mode;
};

static const struct mode modes[] = {
	{ "el0t", 0 }, { "el1t", 4 }, { "el1h", 5 },
};

/* bits of PSTATE, of which a CPU may lack some */
static const uint64_t bits[] = {
	0,
	0xfull << 28,			/* NZCV */
	5ull << 28,
	1ull << 25,			/* TCO */
	1ull << 24,			/* DIT */
	1ull << 23,			/* UAO */
	1ull << 22,			/* PAN */
	1ull << 12,			/* SSBS */
	1ull << 10, 2ull << 10, 3ull << 10,	/* BTYPE */
	0xfull << 6,			/* DAIF */
	5ull << 6,
	0xfull << 28 | 0xfull << 6,
};

static const uint64_t sctlrs[] = {
	AXT_SCTLR | SPAN, AXT_SCTLR & ~SPAN, AXT_SCTLR | SPAN | DSSBS,
};

/* what the guest's handler begins with */
struct entry {
	uint64_t vector;
	uint64_t pstate;
	uint64_t esr;
	uint64_t elr;
	uint64_t spsr;
	uint64_t far;
};

/* Stand at @pc, not yet there; false: the CPU has not all of @pstate. */
static bool stand_at(struct axt *f, uint64_t pc, uint64_t pstate, uint64_t sctlr)
{
	volatile struct axvcpu_arm64_control *c = &f->regs->control;

	f->regs->gpr.pc = pc + (pstate & 0xf ? 0 : GUEST_USER);
	f->regs->gpr.pstate = pstate;
	f->regs->gpr.x[1] = NOWHERE;
	c->vbar = GUEST_SYM(paging, traps);
	c->sctlr = sctlr;
	c->esr = 0x1111;
	c->far = 0x2222;
	c->elr = 0x3333;
	c->spsr = 0x4444;
	return !axv_sync(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL, 0);
}

static struct entry enter_handler(struct axt *f)
{
	volatile struct axvcpu_arm64_control *c = &f->regs->control;

	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	return (struct entry) {
		.vector = f->exit->pc - GUEST_SYM(paging, traps),
		.pstate = f->regs->gpr.pstate,
		.esr = c->esr,
		.elr = c->elr,
		.spsr = c->spsr,
		.far = c->far,
	};
}

static void expect_same(const struct entry *cpu, const struct entry *ours, uint64_t before)
{
	EXPECT_EQ(ours->vector, cpu->vector);
	/* the architecture keeps these, QEMU clears them */
	EXPECT_EQ(ours->pstate & KEPT, before & KEPT);
	EXPECT_EQ(ours->pstate & ~KEPT, cpu->pstate & ~KEPT);
	EXPECT_EQ(ours->esr, cpu->esr);
	EXPECT_EQ(ours->elr, cpu->elr);
	EXPECT_EQ(ours->spsr, cpu->spsr);
	EXPECT_EQ(ours->far, cpu->far);
}

typedef void (*inject_fn)(struct axt *f, const struct entry *cpu);

/* At @pc the CPU has an exception of its own, @inject makes the same of it. */
static void compare_all(struct axt *f, const struct mode *m, uint64_t pc, inject_fn inject)
{
	struct entry cpu, ours;
	unsigned int i, k, nr = 0;

	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL));
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		for (k = 0; k < ARRAY_SIZE(sctlrs); k++) {
			axt_context("PSTATE 0x%llx, SCTLR 0x%llx", (unsigned long long)bits[i],
				    (unsigned long long)sctlrs[k]);
			if (!stand_at(f, pc, bits[i] | m->mode, sctlrs[k]))
				continue;
			cpu = enter_handler(f);
			ASSERT_TRUE(stand_at(f, pc, bits[i] | m->mode, sctlrs[k]));
			inject(f, &cpu);
			ours = enter_handler(f);
			expect_same(&cpu, &ours, bits[i]);
			nr++;
			if (axt_failures() > 20)
				axt_end();
		}
	}
	axt_context(NULL);
	axt_diag("%u states, %u of them none of this CPU's", nr,
		 (unsigned int)(ARRAY_SIZE(bits) * ARRAY_SIZE(sctlrs)) - nr);
	EXPECT_GE(nr, 12u);
}

static void inject_undefined(struct axt *f, const struct entry *cpu)
{
	EXPECT_EQ(cpu->esr >> 26, EC_UNKNOWN);
	EXPECT_EQ(cpu->far, 0x2222u);
	ASSERT_OK(axv_inject_exception(&f->v, EC_UNKNOWN, -1));
}

/* An instruction that does not exist: FAR_EL1 stays what it was. */
TEST_ROWS(undefined, modes, ARRAY_SIZE(modes), &paged)
{
	compare_all(f, arg, GUEST_SYM(paging, undefined), inject_undefined);
}

static void inject_abort(struct axt *f, const struct entry *cpu)
{
	struct axvcpu_inject_event e = {
		.size = sizeof(e),
		.kind = AXVCPU_EVENT_EXCEPTION,
		.vector = EC_DATA_ABORT,
		.flags = AXVCPU_EVENT_HAS_ERROR | AXVCPU_EVENT_HAS_PAYLOAD,
		.error_code = cpu->esr & 0x1ffffff,
		.payload = NOWHERE,
	};

	EXPECT_EQ(cpu->esr >> 26 & ~1ull, EC_DATA_ABORT);
	EXPECT_EQ(cpu->far, NOWHERE);
	ASSERT_OK(axv_inject_event(&f->v, &e));
}

TEST_ROWS(abort, modes, ARRAY_SIZE(modes), &paged)
{
	compare_all(f, arg, GUEST_SYM(paging, load), inject_abort);
}

/* States that no CPU has are refused, and nothing changes. */
TEST(pstate, &paged)
{
	static const uint64_t bad[] = {
		1, 2, 3, 6, 7, 8, 9, 12, 13, 15,	/* modes of others */
		1ull << 14 | 5, 1ull << 15 | 5, 1ull << 16 | 5, 1ull << 19 | 5,
		1ull << 26 | 5, 1ull << 27 | 5, 1ull << 32 | 5, 1ull << 63 | 5,
		0x11, 0x13, 0x1f, 1ull << 32 | 0x10,	/* AArch32 is EL0's only */
	};
	unsigned int i;

	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		axt_context("0x%llx", (unsigned long long)bad[i]);
		f->regs->gpr.pstate = bad[i];
		f->regs->gpr.x[3] = 0xbad;
		EXPECT_ERR(EINVAL, axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
		EXPECT_EQ(f->regs->gpr.pstate, 0x3c5u);
		EXPECT_NE(f->regs->gpr.x[3], 0xbadu);
	}
}
