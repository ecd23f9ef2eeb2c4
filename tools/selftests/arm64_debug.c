// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging of an arm64 guest by the VMM: single steps and BRK, each a DEBUG exit; the
 * guest's own breakpoints, watchpoints and steps, with and without that; what it can put
 * into its debug registers, and that none of it is ever of effect on the host, nor the
 * host's own on the guest.
 *
 * rig: arch=arm64 machine=virt,max
 */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/traps.h"

DECLARE_GUEST(debug);
#define LABEL(name)	DECLARE_GUEST_SYM(debug, name)
LABEL(traps);
LABEL(done);
LABEL(steps);
LABEL(step1);
LABEL(step2);
LABEL(step3);
LABEL(step4);
LABEL(step5);
LABEL(step6);
LABEL(step7);
LABEL(step8);
LABEL(step_into);
LABEL(step_udf);
LABEL(software);
LABEL(software_next);
LABEL(own);
LABEL(own_eret);
LABEL(own_exits);
LABEL(target);
LABEL(target_load);
LABEL(target_end);
LABEL(shared);
LABEL(call_shared);
LABEL(call_shared_end);
LABEL(write_bvr0);
LABEL(write_bcr0);
LABEL(write_wvr0);
LABEL(write_wcr0);
LABEL(write_bcr15);
LABEL(read_bcr15);
LABEL(write_wcr15);
LABEL(write_mdscr);
LABEL(write_osdlr);
LABEL(write_claim);
LABEL(lock);

#define SYM(label)	GUEST_SYM(debug, label)
#define V		(&f->v)
#define DEBUG		(&f->regs->debug)

#define EL1		0x3c5ull	/* PSTATE of the levels, DAIF masked */
#define EL0		0x3c0ull
#define PSTATE_SS	(1ull << 21)
#define MDSCR_SS	(1u << 0)
#define MDSCR_KDE	(1u << 13)
#define MDSCR_MDE	(1u << 15)
/* controls: enabled, EL1 and EL0; a breakpoint of a word, a watchpoint of eight bytes */
#define BCR_ON		(1u | 3u << 1 | 0xfu << 5)
#define WCR_ON		(1u | 3u << 1 | 3u << 3 | 0xffu << 5)
/* EL2 and secure states, too */
#define CR_ALL_LEVELS	(1u << 13 | 3u << 14)
/* classes of exceptions, from EL0; one more from EL1 */
#define TRAP_BP		0x30
#define TRAP_STEP	0x32
#define TRAP_WP		0x34

static const struct axt_config config = { .start = AXT_START_PAGED, GUEST(debug) };

static void control(struct axt *f, uint32_t bits)
{
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG));
	DEBUG->control = bits;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_DEBUG, 0));
}

static void set_pstate(struct axt *f, uint64_t pstate)
{
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_GPR));
	f->regs->gpr.pstate = pstate;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_GPR, 0));
}

static void expect_debug(struct axt *f, const char *file, int line, uint32_t kind, uint64_t pc)
{
	if (!axt_run_to(file, line, V, AXVCPU_EXIT_DEBUG, "DEBUG"))
		axt_end();
	if (f->exit->debug.kind != kind || f->exit->pc != pc || f->exit->debug.addr != pc)
		axt_fail(file, line, "kind %u at %#llx (%#llx), not %u at %#llx",
			 f->exit->debug.kind, (unsigned long long)f->exit->pc,
			 (unsigned long long)f->exit->debug.addr, kind, (unsigned long long)pc);
}

#define EXPECT_STEP(f, pc)	expect_debug(f, __FILE__, __LINE__, AXVCPU_DEBUG_STEP, pc)
#define EXPECT_BRK(f, pc)	expect_debug(f, __FILE__, __LINE__, AXVCPU_DEBUG_SW_BP, pc)

/* ---- the VMM steps ------------------------------------------------------------------ */

static void steps(struct axt *f)
{
	axt_goto(V, SYM(steps), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 1, GUEST_MMIO));
	ASSERT_OK(axv_set_gpr(V, 3, GUEST_DATA));
	control(f, AXVCPU_ARM64_DEBUG_STEP);
	EXPECT_STEP(f, SYM(step1));
	/* nothing has to be decided */
	EXPECT_TRUE(f->exit->commands & 1u << AXVCPU_CMD_NONE);
	EXPECT_STEP(f, SYM(step2));
	EXPECT_STEP(f, SYM(step3));
	/* an instruction that is an exit is over when that was answered */
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_WRITE);
	EXPECT_EQ(f->exit->pc, SYM(step3));
	axv_fulfil(V, 0);
	EXPECT_STEP(f, SYM(step4));
	/* those that the kernel emulates count, too */
	EXPECT_STEP(f, SYM(step5));
	EXPECT_STEP(f, SYM(step6));
	EXPECT_STEP(f, SYM(step7));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	axv_fulfil(V, 0x66);
	EXPECT_STEP(f, SYM(step8));
	control(f, 0);
	want(V, AXVCPU_REGS_GPR);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(reg(V, 6), 0x66u);
	EXPECT_EQ(reg(V, 7), 8u);
	EXPECT_EQ(f->regs->gpr.pstate & PSTATE_SS, 0u);
}

TEST(steps, &config)
{
	for (unsigned int i = 0; i < 5; i++)
		steps(f);
}

/* Registers that the VMM writes meanwhile do not end it. */
TEST(step_committed, &config)
{
	axt_goto(V, SYM(steps), GUEST_STACK);
	control(f, AXVCPU_ARM64_DEBUG_STEP);
	EXPECT_STEP(f, SYM(step1));
	set_pstate(f, EL1);
	EXPECT_STEP(f, SYM(step2));
	ASSERT_OK(axv_set_gpr(V, 3, GUEST_DATA));
	EXPECT_STEP(f, SYM(step3));
}

/* An exception is a step to its handler; so is one that is injected. */
TEST(step_into, &config)
{
	traps_t t = TRAPS_INIT(f, debug);

	axt_goto(V, SYM(step_into), GUEST_STACK);
	control(f, AXVCPU_ARM64_DEBUG_STEP);
	EXPECT_STEP(f, SYM(step_udf));
	EXPECT_STEP(f, t.load + 0x200);
	EXPECT_STEP(f, t.load + 0x204);
	ASSERT_OK(axt_inject_other(V));
	EXPECT_STEP(f, t.load + 0x200);
}

/* At EL0, whose traps are steps to EL1. */
TEST(step_user, &config)
{
	traps_t t = TRAPS_INIT(f, debug);

	axt_goto(V, GUEST_USER + SYM(step_into), GUEST_STACK);
	set_pstate(f, EL0);
	control(f, AXVCPU_ARM64_DEBUG_STEP);
	EXPECT_STEP(f, GUEST_USER + SYM(step_udf));
	EXPECT_STEP(f, t.load + 0x400);
	control(f, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, t.load + 0x410);
}

/* ---- BRK ------------------------------------------------------------------------------ */

TEST(software, &config)
{
	traps_t t = TRAPS_INIT(f, debug);
	struct trap p;

	/* the guest's own, where nobody asked for it */
	axt_goto(V, SYM(software), GUEST_STACK);
	ASSERT_TRAPPED(&t, V, TRAP_BREAKPOINT, &p);
	EXPECT_EQ(p.pc, SYM(software));
	EXPECT_EQ(f->regs->control.esr & 0xffff, 7u);

	control(f, AXVCPU_ARM64_DEBUG_SW_BP);
	axt_goto(V, SYM(software), GUEST_STACK);
	EXPECT_BRK(f, SYM(software));
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->raw[0] & 0xffff, 7u);
	/* again, until it is left behind */
	EXPECT_BRK(f, SYM(software));
	axv_skip(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	/* or given to the guest */
	axt_goto(V, SYM(software), GUEST_STACK);
	EXPECT_BRK(f, SYM(software));
	axv_fault(V);
	ASSERT_TRAPPED(&t, V, TRAP_BREAKPOINT, &p);
	EXPECT_EQ(p.pc, SYM(software));
	EXPECT_EQ(f->regs->control.esr & 0xffff, 7u);
	/* of EL0 */
	axt_goto(V, GUEST_USER + SYM(software), GUEST_STACK);
	set_pstate(f, EL0);
	EXPECT_BRK(f, GUEST_USER + SYM(software));
	control(f, 0);
	ASSERT_TRAPPED(&t, V, TRAP_BREAKPOINT, &p);
	EXPECT_EQ(p.pc, GUEST_USER + SYM(software));
}

/* ---- the guest debugs itself ------------------------------------------------------------ */

struct program {
	uint64_t from;
	uint32_t bcr;
	uint64_t bvr;
	uint32_t wcr;
	uint64_t wvr;
	uint32_t mdscr;
	uint64_t elr;
	uint64_t spsr;
	uint64_t data;
};

static void run_program(struct axt *f, const struct program *g)
{
	axt_goto(V, g->from, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 0, g->bcr));
	ASSERT_OK(axv_set_gpr(V, 1, g->bvr));
	ASSERT_OK(axv_set_gpr(V, 2, g->wcr));
	ASSERT_OK(axv_set_gpr(V, 3, g->wvr));
	ASSERT_OK(axv_set_gpr(V, 4, g->mdscr));
	ASSERT_OK(axv_set_gpr(V, 5, g->elr));
	ASSERT_OK(axv_set_gpr(V, 6, g->spsr));
	ASSERT_OK(axv_set_gpr(V, 10, g->data));
	set_pstate(f, EL1);
}

#define USER(label)	(GUEST_USER + SYM(label))

/* Class @trap (0: none) at @pc; with an address where it is a watchpoint's */
static const struct own {
	const char *name;
	struct program g;
	unsigned int trap;
	uint64_t pc;
} owns[] = {
	{ "none", { SYM(own), .data = GUEST_DATA }, 0, SYM(target_end) },
	{ "breakpoint", { SYM(own), BCR_ON, SYM(target), .mdscr = MDSCR_MDE | MDSCR_KDE,
			  .data = GUEST_DATA }, TRAP_BP + 1, SYM(target) },
	{ "breakpoint-user", { SYM(own_eret), BCR_ON, USER(target), .mdscr = MDSCR_MDE,
			       .elr = USER(target), .data = USER(target) },
	  TRAP_BP, USER(target) },
	{ "watchpoint", { SYM(own), .wcr = WCR_ON, .wvr = GUEST_DATA,
			  .mdscr = MDSCR_MDE | MDSCR_KDE, .data = GUEST_DATA },
	  TRAP_WP + 1, SYM(target_load) },
	{ "watchpoint-user", { SYM(own_eret), .wcr = WCR_ON, .wvr = GUEST_USER + GUEST_DATA,
			       .mdscr = MDSCR_MDE, .elr = USER(target),
			       .data = GUEST_USER + GUEST_DATA },
	  TRAP_WP, USER(target_load) },
	/* off by one control or the other */
	{ "no-mde", { SYM(own), BCR_ON, SYM(target), WCR_ON, GUEST_DATA, MDSCR_KDE,
		      .data = GUEST_DATA }, 0, SYM(target_end) },
	{ "no-kde", { SYM(own), BCR_ON, SYM(target), WCR_ON, GUEST_DATA, MDSCR_MDE,
		      .data = GUEST_DATA }, 0, SYM(target_end) },
	{ "not-enabled", { SYM(own), BCR_ON & ~1u, SYM(target), WCR_ON & ~1u, GUEST_DATA,
			   MDSCR_MDE | MDSCR_KDE, .data = GUEST_DATA }, 0, SYM(target_end) },
	{ "step-user", { SYM(own_eret), .mdscr = MDSCR_SS, .elr = USER(target),
			 .spsr = PSTATE_SS, .data = GUEST_USER + GUEST_DATA },
	  TRAP_STEP, USER(target_load) },
	/* pending at once */
	{ "step-pending", { SYM(own_eret), .mdscr = MDSCR_SS, .elr = USER(target),
			    .data = GUEST_USER + GUEST_DATA }, TRAP_STEP, USER(target) },
	{ "step-kernel", { SYM(own_eret), .mdscr = MDSCR_SS | MDSCR_KDE, .elr = SYM(target),
			   .spsr = PSTATE_SS | 5, .data = GUEST_DATA },
	  TRAP_STEP + 1, SYM(target_load) },
};

static void own(struct axt *f, const traps_t *t, const struct own *row)
{
	struct trap p;

	run_program(f, &row->g);
	if (row->trap) {
		ASSERT_TRAPPED(t, V, row->trap, &p);
		EXPECT_EQ(p.pc, row->pc);
		if ((row->trap & ~1u) == TRAP_WP)
			EXPECT_EQ(p.addr, row->g.data);
	} else {
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, row->pc);
	}
}

/* Twice over, and the same when the VMM wants BRK for itself. */
TEST_ROWS(own, owns, ARRAY_SIZE(owns), &config)
{
	traps_t t = TRAPS_INIT(f, debug);

	own(f, &t, arg);
	own(f, &t, arg);
	control(f, AXVCPU_ARM64_DEBUG_SW_BP);
	own(f, &t, arg);
	control(f, 0);
	own(f, &t, arg);
}

/* The OS lock keeps debug exceptions away. */
TEST(locked, &config)
{
	const struct program g = {
		SYM(own), BCR_ON, SYM(target), .mdscr = MDSCR_MDE | MDSCR_KDE, .data = GUEST_DATA,
	};
	traps_t t = TRAPS_INIT(f, debug);
	struct trap p;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		axt_goto(V, SYM(lock), GUEST_STACK);
		ASSERT_OK(axv_set_gpr(V, 0, !(i & 1)));
		want(V, AXVCPU_REGS_GPR);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(reg(V, 1), i & 1 ? 8u : 10u);
		run_program(f, &g);
		if (i & 1) {
			ASSERT_TRAPPED(&t, V, TRAP_BP + 1, &p);
		} else {
			ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
			EXPECT_EQ(f->exit->pc, SYM(target_end));
		}
	}
}

/* ---- registers ------------------------------------------------------------------------- */

static const struct access {
	const char *name;
	uint64_t at;
	uint64_t value;
	uint64_t reads;
} accesses[] = {
	{ "bvr0", SYM(write_bvr0), 0x123456789abcdef0, 0x123456789abcdef0 },
	{ "bcr0", SYM(write_bcr0), ~0ull, 0x00ffe1e7 },
	{ "wvr0", SYM(write_wvr0), 0xfedcba9876543218, 0xfedcba9876543218 },
	{ "wcr0", SYM(write_wcr0), ~0ull, 0x1f1fffff },
	{ "mdscr", SYM(write_mdscr), 0x1000, 0x1000 },
	{ "osdlr", SYM(write_osdlr), 1, 0 },
	{ "claim", SYM(write_claim), 0xff, 0 },
};

TEST_ROWS(reads, accesses, ARRAY_SIZE(accesses), &config)
{
	const struct access *row = arg;

	axt_goto(V, row->at, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 0, row->value));
	want(V, AXVCPU_REGS_ALL & ~AXVCPU_REGS_FP);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(reg(V, 1), row->reads);
	if (row->at == SYM(write_bvr0))
		EXPECT_EQ(DEBUG->bvr[0], row->reads);
	if (row->at == SYM(write_bcr0))
		EXPECT_EQ(DEBUG->bcr[0], (uint32_t)row->reads);
	if (row->at == SYM(write_wvr0))
		EXPECT_EQ(DEBUG->wvr[0], row->reads);
	if (row->at == SYM(write_wcr0))
		EXPECT_EQ(DEBUG->wcr[0], (uint32_t)row->reads);
	if (row->at == SYM(write_mdscr))
		EXPECT_EQ(f->regs->control.mdscr, row->reads);
}

/* What there is not is undefined to the guest, and EINVAL to the VMM. */
TEST(numbers, &config)
{
	traps_t t = TRAPS_INIT(f, debug);
	unsigned int brps, wrps;
	struct trap p;

	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG));
	brps = DEBUG->nr_brps;
	wrps = DEBUG->nr_wrps;
	axt_diag("%u breakpoints, %u watchpoints", brps, wrps);
	EXPECT_GE(brps, 2u);
	EXPECT_GE(wrps, 2u);
	EXPECT_LE(brps, 16u);
	EXPECT_LE(wrps, 16u);
	if (brps < 16) {
		axt_goto(V, SYM(write_bcr15), GUEST_STACK);
		ASSERT_TRAPPED(&t, V, TRAP_ILLEGAL, &p);
		axt_goto(V, SYM(read_bcr15), GUEST_STACK);
		ASSERT_TRAPPED(&t, V, TRAP_ILLEGAL, &p);
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG));
		DEBUG->bvr[brps] = 4;
		EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_DEBUG, 0));
	}
	if (wrps < 16) {
		axt_goto(V, SYM(write_wcr15), GUEST_STACK);
		ASSERT_TRAPPED(&t, V, TRAP_ILLEGAL, &p);
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG));
		DEBUG->wcr[wrps] = 2;
		EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_DEBUG, 0));
	}
}

TEST(refused, &config)
{
#define BAD(member, bits)						\
	do {								\
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG));		\
		DEBUG->bvr[1] = 0x1238;					\
		DEBUG->member |= bits;					\
		EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_DEBUG, 0));	\
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG));		\
		EXPECT_EQ(DEBUG->bvr[1], 0u);				\
	} while (0)
	BAD(control, 4);
	BAD(control, 1u << 31);
	BAD(reserved, 1);
	BAD(bcr[0], 1u << 3);
	BAD(bcr[0], 1u << 24);
	BAD(wcr[0], 1u << 21);
	BAD(wcr[1], 1u << 31);
#undef BAD
}

/* Committed by the VMM, of effect in the guest. */
TEST(commit, &config)
{
	traps_t t = TRAPS_INIT(f, debug);
	struct trap p;

	axt_goto(V, SYM(target), GUEST_STACK);
	set_pstate(f, 5);
	ASSERT_OK(axv_set_gpr(V, 10, GUEST_DATA));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG | AXVCPU_REGS_CONTROL));
	DEBUG->bvr[1] = SYM(target_load);
	DEBUG->bcr[1] = BCR_ON;
	f->regs->control.mdscr = MDSCR_MDE | MDSCR_KDE;
	f->v.run->entry.commit = AXVCPU_REGS_DEBUG | AXVCPU_REGS_CONTROL;
	ASSERT_TRAPPED(&t, V, TRAP_BP + 1, &p);
	EXPECT_EQ(p.pc, SYM(target_load));
	/* and with RESET it is gone */
	ASSERT_OK(axv_reset(V));
	struct axvcpu_setup setup = axt_setup_args(f->s2, &config);

	ASSERT_OK(axv_setup(V, &setup));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_DEBUG | AXVCPU_REGS_CONTROL));
	EXPECT_EQ(DEBUG->bcr[1], 0u);
	EXPECT_EQ(DEBUG->bvr[1], 0u);
	EXPECT_EQ(f->regs->control.mdscr, 0u);
}

/* ---- host and guest ---------------------------------------------------------------------- */

/*
 * Breakpoints and watchpoints for all levels there are, on all of the kernel's addresses
 * that one covers and on this process's: exits and all, nothing of the host meets them.
 */
TEST(wide, &config)
{
	const uint64_t where[] = {
		0xffff800080000000, 0xffff000000000000, 0xffff800000000000, 0xffffffff80000000,
		(uintptr_t)f->ram & ~0x7fffffffull, (uintptr_t)&f & ~0x7fffffffull,
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(where); i++) {
		struct program g = {
			.from = SYM(own_exits), .mdscr = MDSCR_MDE | MDSCR_KDE,
			.bcr = BCR_ON | CR_ALL_LEVELS, .bvr = where[i] + 0x10000,
			.wcr = WCR_ON | CR_ALL_LEVELS | 31u << 24, .wvr = where[i],
		};

		run_program(f, &g);
		ASSERT_OK(axv_set_gpr(V, 7, 20));
		ASSERT_OK(axv_set_gpr(V, 8, GUEST_MMIO));
		for (n = 0; n < 20; n++) {
			ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_WRITE);
			axv_fulfil(V, 0);
		}
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(done));
	}
}

static long hits(int fd)
{
	uint64_t n = 0;

	ASSERT_EQ(read(fd, &n, sizeof(n)), (ssize_t)sizeof(n));
	return n;
}

/*
 * This thread has a breakpoint of its own at an address where the guest's EL0 has code,
 * too: it counts what the thread does there, not the guest, whether the guest has
 * breakpoints or not.
 */
TEST(host, &config)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(attr), .bp_type = HW_BREAKPOINT_X,
		.bp_addr = USER(shared), .bp_len = 4, .exclude_kernel = 1, .exclude_hv = 1,
	};
	const struct program own_bp = {
		SYM(own_eret), BCR_ON, USER(call_shared_end), .mdscr = MDSCR_MDE,
		.elr = USER(call_shared),
	};
	const struct program no_bp = { SYM(own_eret), .elr = USER(call_shared) };
	void *page = (void *)(USER(shared) & ~(AXT_PAGE - 1));
	traps_t t = TRAPS_INIT(f, debug);
	struct trap p;
	unsigned int i;
	int fd;

	page = mmap(page, AXT_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_TRUE(page != MAP_FAILED);
	memcpy(page, f->ram + (SYM(shared) & ~(AXT_PAGE - 1)), AXT_PAGE);
	__builtin___clear_cache(page, (char *)page + AXT_PAGE);
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	if (fd < 0)
		axt_skip("no breakpoints for the host: %s", strerror(errno));
	((void (*)(void))USER(shared))();
	ASSERT_EQ(hits(fd), 1);
	for (i = 1; i <= 10; i++) {
		run_program(f, &no_bp);
		ASSERT_TRAPPED(&t, V, TRAP_ILLEGAL, &p);
		EXPECT_EQ(p.pc, USER(call_shared_end));
		EXPECT_EQ(hits(fd), 2l * i - 1);
		run_program(f, &own_bp);
		ASSERT_TRAPPED(&t, V, TRAP_BP, &p);
		EXPECT_EQ(p.pc, USER(call_shared_end));
		EXPECT_EQ(hits(fd), 2l * i - 1);
		((void (*)(void))USER(shared))();
		((void (*)(void))USER(shared))();
		EXPECT_EQ(hits(fd), 2l * i + 1);
	}
	close(fd);
}
