// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two vCPUs of a guest against the hypervisor: one executes an instruction that
 * is emulated, the other one changes it, or the page tables it is found by. What
 * is read twice must not be believed twice: each exit is one instruction's or the
 * other's and all of a piece, and user mode gets no further than it may.
 *
 * rig: timeout=300 smp=3 machine=virt,qemu7
 */
#include "common/hostile.h"
#include "common/traps.h"

DECLARE_GUEST(hostile);
#define LABEL(name)	DECLARE_GUEST_SYM(hostile, name)
#define SYM(name)	GUEST_SYM(hostile, name)
LABEL(traps);
#if defined(__riscv)
LABEL(trap_call);
#endif
LABEL(race);
LABEL(race_slot);
LABEL(flip);
LABEL(touch);

#define EXITS	1500		/* seen in each race */
#define FLIPS	(GUEST_DATA + 0x8000)

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(hostile),
	.entry = SYM(race),
};

static const struct axt_config other = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(hostile),
	.entry = SYM(flip),
};

/* ---- the other vCPU ------------------------------------------------------------------- */

struct flipper {
	struct axt_thread thread;
	struct axv_vcpu v;
	bool over;
};

static long keep_flipping(void *arg)
{
	struct flipper *f = arg;

	ASSERT_OK(axv_bind(&f->v));
	while (!__atomic_load_n(&f->over, __ATOMIC_SEQ_CST)) {
		ASSERT_OK(axv_run(&f->v));
		ASSERT_EQ(f->v.run->exit.reason, AXVCPU_EXIT_STOPPED);
	}
	return 0;
}

/* @a and @b by turns at @where. */
static void flipper_start(struct axt *f, struct flipper *flip, uint64_t where, uint64_t a,
			  uint64_t b)
{
	flip->over = false;
	axt_add_vcpu(f, 1, &other, &flip->v);
	ASSERT_OK(axv_set_gpr(&flip->v, AXT_RESULT_REG, a));
	ASSERT_OK(axv_set_gpr(&flip->v, AXT_SECOND, b));
	ASSERT_OK(axv_set_gpr(&flip->v, AXT_ADDR, where));
	/* not all of a host's time goes into code that was written to */
	ASSERT_OK(axv_set_gpr(&flip->v, AXT_COUNT, 3000));
	axt_thread_start(&flip->thread, keep_flipping, flip);
}

static void flipper_stop(struct axt *f, struct flipper *flip)
{
	uint64_t flips = GUEST_MEM(f, FLIPS, uint64_t);

	__atomic_store_n(&flip->over, true, __ATOMIC_SEQ_CST);
	axv_kick(&flip->v);
	axt_thread_join(&flip->thread);
	axv_vcpu_close(&flip->v);
	axt_diag("%llu times there and back", (unsigned long long)flips);
	/* or nothing was tried */
	EXPECT_GE(flips, 3u);
}

/* ---- instructions ----------------------------------------------------------------------- */

/**
 * struct side - an instruction in the slot, and its exit
 * @code: where it is in the guest
 * @reason: of its exit, NOTHING: it has none
 * @at: gpa, port, MSR or CSR, number of a call
 * @width: of the access
 * @count: elements of a string
 * @data: what is written
 * @trap: it faults: the vector + 1, or the cause
 * @modifies: a read and then a write
 * @halves: half of it and half of the other side is an access to the device, too
 */
struct side {
	uint64_t code;
	uint32_t reason;
	uint64_t at;
	uint32_t width;
	uint32_t count;
	uint64_t data;
	unsigned int trap;
	bool modifies;
	bool halves;
};

struct race {
	const char *name;
	struct side side[2];
};

/* what user mode may not, and what it gets for it */
struct privileged {
	const char *name;
	uint64_t code;
	unsigned int trap;
};

/* an entry of a page table that takes turns */
struct table {
	const char *name;
	bool directory;		/* which entry it is */
	uint64_t pte[2];
};

#define GVA		0x40000000ull	/* below a directory of its own */
#define TABLE		(GUEST_DATA + 0x1000)
#define FRAME		(GUEST_DATA + 0x3000)

#define SIDE(_code, _reason, ...)	{ .code = SYM(_code), .reason = AXVCPU_EXIT_##_reason, ##__VA_ARGS__ }
#define MMIO		.at = GUEST_MMIO

/* where the slot is, as the guest sees it */
static uint64_t slot = SYM(race_slot);

#if defined(__x86_64__)
#include "common/x86_race.h"
#elif defined(__riscv)
#include "common/riscv_race.h"
#elif defined(__aarch64__)
#include "common/arm64_race.h"
#endif

/* Is the exit in the page this side's and nobody else's? */
static bool is_exit_of(const struct axt *f, const struct side *s)
{
	volatile struct axvcpu_exit *x = f->exit;

	if (x->reason != s->reason || x->pc != slot)
		return false;
	switch (x->reason) {
	case AXVCPU_EXIT_MMIO_READ:
		return x->mmio.gpa == s->at && x->mmio.width == s->width;
	case AXVCPU_EXIT_MMIO_WRITE:
		return x->mmio.gpa == s->at && x->mmio.width == s->width &&
		       (x->mmio.data == s->data || s->modifies);
	case AXVCPU_EXIT_IO_READ:
	case AXVCPU_EXIT_IO_WRITE:
		return x->io.port == s->at && x->io.width == s->width && x->io.count <= s->count &&
		       x->io.count && (!s->data || x->io.data == s->data);
	case AXVCPU_EXIT_SYSREG_READ:
		return x->sysreg.addr == s->at;
	case AXVCPU_EXIT_SYSREG_WRITE:
		return x->sysreg.addr == s->at && x->sysreg.value == s->data;
	case AXVCPU_EXIT_HYPERCALL:
		return x->hypercall.nr == s->at;
	case AXVCPU_EXIT_INTERNAL_ERROR:
		return x->internal.what == AXVCPU_ERROR_DECODE && x->internal.gpa == s->at;
	case AXVCPU_EXIT_DEBUG:
		return x->debug.kind == AXVCPU_DEBUG_SW_BP && x->debug.addr == slot;
	}
	return true;
}

/* Of an instruction that reads and writes, the second exit. */
static bool is_second_half(const struct axt *f, const struct side *s)
{
	return s->modifies && f->exit->reason == AXVCPU_EXIT_MMIO_WRITE &&
	       f->exit->mmio.gpa == s->at && f->exit->mmio.width == s->width;
}

static void unexpected_trap(const struct trap *p)
{
	axt_fail(__FILE__, __LINE__, "trap %u at 0x%llx, of 0x%llx", p->what,
		 (unsigned long long)p->pc, (unsigned long long)p->addr);
}

/* Go on after the exit, or start the loop anew. */
static void go_on(struct axt *f)
{
	bool call = f->exit->reason == AXVCPU_EXIT_HYPERCALL;

	/* where the answer goes may be where the next call's number is */
	if (axv_allowed(&f->v, AXVCPU_CMD_FULFIL))
		axv_fulfil(&f->v, call ? f->exit->hypercall.nr : 0x99);
	else
		axt_goto(&f->v, SYM(race), GUEST_STACK);
}

TEST_ROWS(code, races, ARRAY_SIZE(races), &config)
{
	static const struct axvcpu_filter_range sysreg = {
		SYSREG, SYSREG, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	const struct race *row = arg;
	const struct side *side = row->side;
	unsigned int i, n, seen[2] = { }, traps = 0, exits = rounds(EXITS);
	uint64_t end = axt_now_ms() + 5000;
	traps_t t = TRAPS_INIT(f, hostile);
	struct stopper stopper;
	struct flipper flip;
	struct trap p;
	char text[200];

	if (axt_cpus() < 2)
		axt_skip("one processor: nothing happens at the same time");
	/* where the kernel fetches it, it has to be whole all the same */
	if (side[0].halves && !axt_flawed(AXT_FLAW_HTINST))
		axt_avoid(AXT_FLAW_TORN);
	ASSERT_OK(axv_set_msr_filter(f->vm, &sysreg, 1));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	race_prepare(f);
	flipper_start(f, &flip, SYM(race_slot), GUEST_MEM(f, side[0].code, uint64_t),
		      GUEST_MEM(f, side[1].code, uint64_t));
	/* where neither side exits for a while */
	stopper_start(&stopper, &f->v, 20);
	for (n = 0; n < exits && axt_now_ms() < end; n++) {
		ASSERT_OK(axv_run(&f->v));
		if (f->exit->reason == AXVCPU_EXIT_STOPPED)
			continue;
		if (trapped(&t, &f->v, &p)) {
			if (p.what + 1 != side[0].trap && p.what + 1 != side[1].trap &&
			    !other_trap(f, row, &p))
				unexpected_trap(&p);
			traps++;
			axt_goto(&f->v, SYM(race), GUEST_STACK);
			continue;
		}
		for (i = 0; i < 2; i++) {
			if (is_exit_of(f, &side[i]) || is_second_half(f, &side[i])) {
				seen[i]++;
				break;
			}
		}
		if (i == 2)
			axt_fail(__FILE__, __LINE__, "neither's exit: %s",
				 axv_exit_str(&f->v.run->exit, text, sizeof(text)));
		if (axt_failures() > 5)
			break;
		go_on(f);
	}
	stopper_stop(&stopper);
	flipper_stop(f, &flip);
	axt_diag("%u of one, %u of the other, %u faults", seen[0], seen[1], traps);
	EXPECT_GE(seen[0] + seen[1] + traps, 10u);
}

/* ---- user mode ----------------------------------------------------------------------------- */

/* What user mode may do, and exits; another vCPU puts in its place what is not for it. */
TEST_ROWS(user, privileged, ARRAY_SIZE(privileged), &config)
{
	const struct privileged *row = arg;
	traps_t t = TRAPS_INIT(f, hostile);
	uint64_t end = axt_now_ms() + 3000;
	unsigned int faults = 0, stops = 0;
	struct stopper stopper;
	struct flipper flip;
	struct trap p;
	char text[200];

	if (axt_cpus() < 2)
		axt_skip("one processor: nothing happens at the same time");
	race_prepare(f);
	to_user(f);
	flipper_start(f, &flip, SYM(race_slot), GUEST_MEM(f, harmless.code, uint64_t),
		      GUEST_MEM(f, row->code, uint64_t));
	stopper_start(&stopper, &f->v, 10);
	while (faults + stops < rounds(EXITS) && axt_now_ms() < end && !axt_failures()) {
		ASSERT_OK(axv_run(&f->v));
		expect_user(f);
		if (f->exit->reason == AXVCPU_EXIT_STOPPED) {
			stops++;
			continue;
		}
		if (harmless.reason && is_exit_of(f, &harmless)) {
			axv_fulfil(&f->v, 0x99);
			continue;
		}
		if (!trapped(&t, &f->v, &p)) {
			axt_fail(__FILE__, __LINE__, "in user mode: %s",
				 axv_exit_str(&f->v.run->exit, text, sizeof(text)));
			break;
		}
		if (!user_trap(f, row, &p))
			unexpected_trap(&p);
		EXPECT_EQ(p.pc, slot);
		faults++;
		to_user(f);
	}
	stopper_stop(&stopper);
	flipper_stop(f, &flip);
	axt_diag("%u faults, %u stops", faults, stops);
	EXPECT_GE(faults, 3u);
}

/* ---- page tables --------------------------------------------------------------------------- */

TEST_ROWS(tables, tables, ARRAY_SIZE(tables), &config)
{
	const struct table *row = arg;
	unsigned int n, seen[AXVCPU_EXIT_NR] = { }, traps = 0;
	uint64_t *pt = (uint64_t *)(f->ram + TABLE);
	traps_t t = TRAPS_INIT(f, hostile);
	uint64_t end = axt_now_ms() + 5000;
	struct stopper stopper;
	struct flipper flip;
	struct trap p;
	char text[200];

	if (axt_cpus() < 2)
		axt_skip("one processor: nothing happens at the same time");
	tables_prepare(f);
	pt[0] = row->directory ? DEVICE_PTE : row->pte[0];
	axt_goto(&f->v, SYM(touch), GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_ADDR, GVA + 0x10));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_VALUE, 0x11223344));
	flipper_start(f, &flip, row->directory ? GUEST_DATA : TABLE, row->pte[0], row->pte[1]);
	stopper_start(&stopper, &f->v, 20);
	for (n = 0; n < rounds(EXITS) && axt_now_ms() < end && axt_failures() < 5; n++) {
		ASSERT_OK(axv_run(&f->v));
		seen[f->exit->reason]++;
		switch (f->exit->reason) {
		case AXVCPU_EXIT_STOPPED:
			continue;
		case AXVCPU_EXIT_MMIO_WRITE:
			EXPECT_EQ(f->exit->mmio.data, 0x11223344);
			/* fall through */
		case AXVCPU_EXIT_MMIO_READ:
			/* the table's second entry, when the device is the table */
			EXPECT_EQ(f->exit->mmio.gpa, GUEST_MMIO + 0x10);
			EXPECT_EQ(f->exit->mmio.width, 4);
			axv_fulfil(&f->v, 0x99);
			continue;
		case AXVCPU_EXIT_NESTED_PAGE_FAULT:
			EXPECT_TRUE(f->exit->npf.flags & AXVCPU_NPF_WALK);
			axv_retry(&f->v);
			continue;
		case AXVCPU_EXIT_HYPERCALL:
			if (trapped(&t, &f->v, &p) && is_page_fault(p.what)) {
				traps++;
				axt_goto(&f->v, SYM(touch), GUEST_STACK);
				continue;
			}
		}
		axt_fail(__FILE__, __LINE__, "%s", axv_exit_str(&f->v.run->exit, text, sizeof(text)));
		axt_goto(&f->v, SYM(touch), GUEST_STACK);
	}
	stopper_stop(&stopper);
	flipper_stop(f, &flip);
	for (n = 0; n < AXVCPU_EXIT_NR; n++)
		if (seen[n])
			axt_diag("%5u %s", seen[n], axv_exit_name(n));
	axt_diag("%5u page faults", traps);
}
