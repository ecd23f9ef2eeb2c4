// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of an arm64 guest and of the host beside it: what the VMM commits is what the
 * guest has, what the guest has is what the VMM fetches, no exit and no host interrupt
 * changes any of it, and the host's own come back. General, system and FP registers at a
 * time; arm64_fp.c, arm64_pauth.c and arm64_debug.c have more of each.
 *
 * rig: timeout=300 arch=arm64 machine=virt,max
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/arm64_state.h"
#include "common/around.h"
#include "common/hostile.h"
#include "guest/arm64/state.h"

DECLARE_GUEST(state);
DECLARE_GUEST_SYM(state, done);
DECLARE_GUEST_SYM(state, dump);
DECLARE_GUEST_SYM(state, load);
DECLARE_GUEST_SYM(state, loaded);
DECLARE_GUEST_SYM(state, guard);
DECLARE_AROUND(state, hypercall);
DECLARE_AROUND(state, write);
DECLARE_AROUND(state, read);
DECLARE_AROUND(state, memory);
DECLARE_AROUND(state, halt);
DECLARE_AROUND(state, sysreg);
DECLARE_AROUND(state, float);
DECLARE_AROUND(state, spin);

#define SYM(label)	GUEST_SYM(state, label)
#define V		(&f->v)

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(state),
};

static const struct axt_config unbound = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(state),
};

#define AREA(f, nr)	((f)->ram + STATE_AREA + (nr) * STATE_SIZE)
#define LOAD(f, nr)	((uint64_t *)(AREA(f, nr) + STATE_LOAD))
#define DUMP(f, nr)	((uint64_t *)(AREA(f, nr) + STATE_DUMP))
#define ROUNDS(f, nr)	(*(volatile uint64_t *)(AREA(f, nr) + STATE_ROUNDS))

/* words of the system registers */
enum {
#define WORD_ENUM(word, ...) W_##word,
	STATE_REGS(WORD_ENUM)
	NR_SYS
};

static const struct {
	const char *name;
	uint64_t any;
	uint64_t set;
} sys[] = {
#define SYS_ROW(word, reg, any, set) { #word " (" #reg ")", any, set },
	STATE_REGS(SYS_ROW)
};

/* ---- patterns ------------------------------------------------------------------------- */

static uint64_t pattern(unsigned int seed, unsigned int word)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ull + (word + 1) * 0xc2b2ae3d27d4eb4full;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ull;
	return x ^ x >> 32;
}

/* Area @nr: what is to be loaded. */
static void fill(struct axt *f, unsigned int nr, unsigned int seed)
{
	uint64_t *p = LOAD(f, nr);
	unsigned int i;

	_Static_assert(ARRAY_SIZE(sys) <= STATE_V - STATE_SYS, "more registers than words");
	memset(AREA(f, nr), 0, STATE_SIZE);
	for (i = 0; i < STATE_WORDS; i++)
		p[i] = pattern(seed, i);
	p[STATE_X + 19] = 0;
	p[STATE_SP] &= ~0xfull;
	for (i = 0; i < NR_SYS; i++)
		p[STATE_SYS + i] = (p[STATE_SYS + i] & sys[i].any) | sys[i].set;
	for (; i < STATE_V - STATE_SYS; i++)
		p[STATE_SYS + i] = 0;
}

/* What the guest has put into memory is what it had loaded. */
static void expect_dump(struct axt *f, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < STATE_WORDS; i++) {
		axt_context("word %u %s", i, i >= STATE_SYS && i < STATE_SYS + NR_SYS ?
			    sys[i - STATE_SYS].name : "");
		EXPECT_EQ(DUMP(f, nr)[i], LOAD(f, nr)[i]);
	}
	axt_context(NULL);
}

static void go(const struct axv_vcpu *v, uint64_t at, unsigned int nr)
{
	ASSERT_OK(axv_set_entry(v, at));
	ASSERT_OK(axv_set_gpr(v, 19, STATE_AREA + nr * STATE_SIZE));
}

/* ---- the register groups ------------------------------------------------------------------- */

/* Committed by the VMM, told by the guest. */
static void commit(struct axt *f, unsigned int seed)
{
	volatile struct axvcpu_arm64_regs *r = f->regs;
	const uint64_t *p = LOAD(f, 0), *s = p + STATE_SYS;
	struct axvcpu_arm64_fp *fp = V->fp;
	unsigned int i;

	fill(f, 0, seed);
	/* no exit is pending any more */
	ASSERT_OK(axv_set_entry(V, SYM(dump)));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_ALL));
	for (i = 0; i < 31; i++)
		r->gpr.x[i] = i == 19 ? STATE_AREA : p[STATE_X + i];
	r->gpr.pc = SYM(dump);
	r->gpr.pstate = s[W_NZCV] | 0x3c5;
	r->gpr.sp_el0 = s[W_SP_EL0];
	r->gpr.sp_el1 = p[STATE_SP];
	r->control.cpacr = 0x330000;
	r->control.tpidr_el0 = s[W_TPIDR_EL0];
	r->control.tpidrro_el0 = s[W_TPIDRRO_EL0];
	r->control.tpidr = s[W_TPIDR];
	r->control.elr = s[W_ELR];
	r->control.spsr = s[W_SPSR];
	r->control.esr = s[W_ESR];
	r->control.far = s[W_FAR];
	r->control.par = s[W_PAR];
	r->control.contextidr = s[W_CONTEXTIDR];
	r->control.cntkctl = s[W_CNTKCTL];
	r->control.mair = s[W_MAIR];
	r->control.ttbr1 = s[W_TTBR1];
	r->control.vbar = s[W_VBAR];
	r->control.csselr = s[W_CSSELR];
	memcpy(fp->v, &p[STATE_V], sizeof(fp->v));
	fp->fpsr = s[W_FPSR];
	fp->fpcr = s[W_FPCR];
	V->run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL | AXVCPU_REGS_FP;
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(V->run->entry.commit, 0u);
	expect_dump(f, 0);
}

TEST(commit, &config)
{
	for (unsigned int seed = 0; seed < 20; seed++)
		commit(f, seed);
}

/* Loaded by the guest, told to the VMM. */
static void fetch(struct axt *f, unsigned int seed)
{
	volatile struct axvcpu_arm64_regs *r = f->regs;
	const uint64_t *p = LOAD(f, 0), *s = p + STATE_SYS;
	struct axvcpu_arm64_fp *fp = V->fp;
	unsigned int i;

	fill(f, 0, seed);
	go(V, SYM(load), 0);
	want(V, AXVCPU_REGS_ALL);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(loaded));
	EXPECT_EQ(f->exit->cached, (uint32_t)AXVCPU_REGS_ALL);
	for (i = 0; i < 31; i++) {
		axt_context("register %u", i);
		EXPECT_EQ(r->gpr.x[i], i == 19 ? STATE_AREA : p[STATE_X + i]);
	}
	axt_context(NULL);
	EXPECT_TRUE(!memcmp(fp->v, &p[STATE_V], sizeof(fp->v)));
	EXPECT_EQ(fp->fpsr, s[W_FPSR]);
	EXPECT_EQ(fp->fpcr, s[W_FPCR]);
	EXPECT_EQ(r->gpr.pc, SYM(loaded));
	EXPECT_EQ(r->gpr.pstate & 0xf00003cf, s[W_NZCV] | 0x3c5);
	EXPECT_EQ(r->gpr.sp_el0, s[W_SP_EL0]);
	EXPECT_EQ(r->gpr.sp_el1, p[STATE_SP]);
	EXPECT_EQ(r->control.tpidr_el0, s[W_TPIDR_EL0]);
	EXPECT_EQ(r->control.tpidrro_el0, s[W_TPIDRRO_EL0]);
	EXPECT_EQ(r->control.tpidr, s[W_TPIDR]);
	EXPECT_EQ(r->control.elr, s[W_ELR]);
	EXPECT_EQ(r->control.spsr, s[W_SPSR]);
	EXPECT_EQ(r->control.esr, s[W_ESR]);
	EXPECT_EQ(r->control.far, s[W_FAR]);
	EXPECT_EQ(r->control.par, s[W_PAR]);
	EXPECT_EQ(r->control.contextidr, s[W_CONTEXTIDR]);
	EXPECT_EQ(r->control.cntkctl, s[W_CNTKCTL]);
	EXPECT_EQ(r->control.mair, s[W_MAIR]);
	EXPECT_EQ(r->control.ttbr1, s[W_TTBR1]);
	EXPECT_EQ(r->control.vbar, s[W_VBAR]);
	EXPECT_EQ(r->control.csselr, s[W_CSSELR]);
	EXPECT_EQ(r->control.sctlr, (uint64_t)AXT_SCTLR);
	EXPECT_EQ(r->control.tcr, (uint64_t)AXT_TCR);
	EXPECT_EQ(r->control.ttbr0, (uint64_t)GUEST_PML4);
}

TEST(fetch, &config)
{
	for (unsigned int seed = 0; seed < 20; seed++)
		fetch(f, seed);
}

/* ---- around an exit ----------------------------------------------------------------------------- */

static const struct around arounds[] = {
	AROUND(state, hypercall, AXVCPU_EXIT_HYPERCALL, 0),
	AROUND(state, write, AXVCPU_EXIT_MMIO_WRITE, GUEST_MMIO),
	AROUND(state, read, AXVCPU_EXIT_MMIO_READ, GUEST_MMIO + 8),
	AROUND(state, memory, 0, 0x200000),
	AROUND(state, halt, AXVCPU_EXIT_HALT, 0),
	AROUND(state, sysreg, AXVCPU_EXIT_SYSREG_WRITE, 0),
	AROUND(state, float, AXVCPU_EXIT_MMIO_WRITE, GUEST_MMIO),
	AROUND(state, spin, AXVCPU_EXIT_STOPPED, 0),
};

static void around(struct axt *f, const struct around *row, unsigned int seed)
{
	uint64_t *p = LOAD(f, 0);

	fill(f, 0, seed);
	if (row->addr)
		p[STATE_X + 1] = row->addr;
	if (!row->reason)
		GUEST_MEM(f, row->addr, uint64_t) = p[STATE_X + 2];
	go(V, row->from, 0);
	V->run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	if (row->reason) {
		around_run(f, row->at);
		/* an interrupt that is pending ends WFI without a trap */
		if (row->reason == AXVCPU_EXIT_HALT && f->exit->reason == AXVCPU_EXIT_HYPERCALL) {
			expect_dump(f, 0);
			return;
		}
		ASSERT_EQ(f->exit->reason, row->reason);
		EXPECT_EQ(f->exit->pc, row->at);
		around_host(seed);
		around_answer(f, row, p[STATE_X + 2]);
	}
	around_run(f, 0);
	ASSERT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	expect_dump(f, 0);
}

TEST_ROWS(around, arounds, ARRAY_SIZE(arounds), &config)
{
	const uint32_t reg = AXVCPU_ARM64_SYSREG(3, 0, 15, 7, 7);
	const struct axvcpu_filter_range range = {
		reg, reg, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	const struct around *row = arg;
	struct stopper s;

	ASSERT_OK(axv_set_msr_filter(f->vm, &range, 1));
	if (row->reason == AXVCPU_EXIT_STOPPED)
		stopper_start(&s, V, 5);
	for (unsigned int seed = 0; seed < 10; seed++)
		around(f, row, seed);
	if (row->reason == AXVCPU_EXIT_STOPPED)
		stopper_stop(&s);
}

/* ---- preemption --------------------------------------------------------------------------------- */

/*
 * Several vCPUs with registers of their own on two CPUs, and threads of the host that
 * have theirs: whoever is interrupted finds what it left.
 */
TEST_TIMEOUT(preempted, &unbound, 60)
{
	struct guard guards[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(guards); i++) {
		fill(f, i, 31 * i + 5);
		axt_add_vcpu(f, 1 + i, &unbound, &guards[i].v);
		go(&guards[i].v, SYM(guard), i);
		guards[i].rounds = &ROUNDS(f, i);
	}
	guards_run(f, guards, ARRAY_SIZE(guards), 100, expect_dump);
}
