// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every entry command for every kind of exit that waits for one: what it does,
 * and that a command which is not allowed is EINVAL and changes nothing.
 */
#include <sys/mman.h>

#include "common/exits.h"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	.exception_exits = AXT_EXCEPTION_EXIT(TRAP_ILLEGAL),
	GUEST(exits),
};

#define ACCESS	(CMDS(FULFIL) | CMDS(SKIP) | CMDS(RETRY) | CMDS(FAULT))
#define REPORT	(CMDS(RETRY) | CMDS(FAULT))
#define PAGE	0x100000ull

struct kind {
	const char *name;
	uint64_t at;
	uint64_t end;
	uint32_t reason;
	uint32_t may;		/* commands it must allow */
	uint32_t must_not;	/* and those it must refuse */
	unsigned int fault;	/* vector of FAULT */
	unsigned int more;	/* exits of the same instruction before the one meant */
	uint32_t first;		/* and what those are */
	uint64_t changed;	/* registers FULFIL may change */
	uint32_t then;		/* an exit that may follow FULFIL, of the same instruction */
};

#define KIND(name, label) name, SYM(label), SYM(label##_end)
#define R(nr)	(1ull << (nr))

#if defined(__x86_64__)
#include "common/x86_kinds.h"
#elif defined(__riscv)
#include "common/riscv_kinds.h"
#elif defined(__aarch64__)
#include "common/arm64_kinds.h"
#endif

/* what must be as it was when a command is refused */
struct picture {
	axt_regs_t regs;
	uint32_t pending;
	struct axvcpu_exit exit;
};

static void take_picture(struct axt *f, struct picture *p)
{
	struct axvcpu_get_state s;

	memset(p, 0, sizeof(*p));
	/* before the fetches: they change exit.cached */
	memcpy(&p->exit, (void *)f->exit, sizeof(p->exit));
	p->exit.cached = 0;
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL |
				     AXVCPU_REGS_INTR));
	memcpy(&p->regs.gpr, (void *)&f->regs->gpr, sizeof(p->regs.gpr));
	memcpy(&p->regs.control, (void *)&f->regs->control, sizeof(p->regs.control));
	memcpy(&p->regs.intr, (void *)&f->regs->intr, sizeof(p->regs.intr));
	ASSERT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	p->pending = s.pending_exit;
}

static void expect_picture(const struct picture *a, const struct picture *b)
{
	EXPECT_TRUE(!memcmp(&a->regs.gpr, &b->regs.gpr, sizeof(a->regs.gpr)));
	EXPECT_TRUE(!memcmp(&a->regs.control, &b->regs.control, sizeof(a->regs.control)));
	EXPECT_TRUE(!memcmp(&a->regs.intr, &b->regs.intr, sizeof(a->regs.intr)));
	EXPECT_TRUE(!memcmp(&a->exit, &b->exit, sizeof(a->exit)));
	EXPECT_EQ(a->pending, b->pending);
}

/* Bring the vCPU to the exit of @k. */
static void reach(struct axt *f, const struct kind *k)
{
	unsigned int i;

	reach_prepare(f, k);
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	start_at(f, k->at);
	reach_late(f, k);
	for (i = 0; i < k->more; i++) {
		ASSERT_OK(axv_run(&f->v));
		axv_fulfil(&f->v, 0x0102030405060708ull);
	}
	ASSERT_OK(axv_run(&f->v));
	ASSERT_EQ(f->exit->reason, k->reason);
	ASSERT_EQ(f->exit->pc, k->at);
}

static uint64_t picture_gpr(const struct picture *p, unsigned int nr)
{
	return axt_gpr_in(&p->regs.gpr, nr);
}

static void expect_only(const struct picture *before, const struct picture *now,
			uint64_t changed)
{
	unsigned int i;

	for (i = 0; i < AXT_NR_GPRS; i++)
		if (!(changed & R(i)))
			EXPECT_EQ(picture_gpr(now, i), picture_gpr(before, i));
	EXPECT_EQ(now->regs.gpr.KINDS_FLAGS, before->regs.gpr.KINDS_FLAGS);
}

static void try_refused(struct axt *f, const struct kind *k, uint32_t command)
{
	struct picture before, after;

	reach(f, k);
	take_picture(f, &before);
	/* it waits for a command unless it could do without */
	EXPECT_EQ(before.pending, axv_allowed(&f->v, AXVCPU_CMD_NONE) ? 0 : k->reason);
	f->v.run->entry.command = command;
	f->v.run->entry.data = ~0ull;
	EXPECT_ERR(EINVAL, axv_run(&f->v));
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	take_picture(f, &after);
	expect_picture(&before, &after);
	/* and the exit can still be answered */
	axv_retry(&f->v);
	ASSERT_OK(axv_run(&f->v));
	EXPECT_EQ(f->exit->pc, k->at);
}

static void try_fulfil(struct axt *f, const struct kind *k)
{
	struct picture before, after;

	reach(f, k);
	take_picture(f, &before);
	memset((void *)f->v.run->data, 0x42, 12);
	axv_fulfil(&f->v, 0xdeadbeef);
	ASSERT_OK(axv_run(&f->v));
	/* another exit of the same instruction */
	if (f->exit->reason == k->then) {
		axv_fulfil(&f->v, 0);
		ASSERT_OK(axv_run(&f->v));
	}
	if (k->at == KINDS_MODIFY)
		before.regs.gpr.KINDS_FLAGS = f->regs->gpr.KINDS_FLAGS;
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(f->v.run->entry.command, (uint32_t)AXVCPU_CMD_NONE);
	take_picture(f, &after);
	expect_only(&before, &after, k->changed | KINDS_END);
}

static void try_skip(struct axt *f, const struct kind *k)
{
	struct picture before, after;

	reach(f, k);
	memset(f->ram + PAGE, 0xee, 64);
	take_picture(f, &before);
	axv_skip(&f->v);
	EXPECT_DONE(f);
	take_picture(f, &after);
	/* nothing of it was done, to no register and no memory */
	expect_only(&before, &after, KINDS_END);
	EXPECT_EQ(f->ram[PAGE], 0xee);
}

static void try_retry(struct axt *f, const struct kind *k)
{
	struct picture before, after;
	unsigned int i;

	reach(f, k);
	take_picture(f, &before);
	for (i = 0; i < 3; i++) {
		axv_retry(&f->v);
		if (k->more) {
			/* from the start of the instruction */
			ASSERT_OK(axv_run(&f->v));
			EXPECT_EQ(f->exit->reason, k->first);
			EXPECT_EQ(f->exit->pc, k->at);
			axv_fulfil(&f->v, 0x0102030405060708ull);
		}
		ASSERT_OK(axv_run(&f->v));
		take_picture(f, &after);
		expect_picture(&before, &after);
	}
}

static void try_fault(struct axt *f, const struct kind *k, const traps_t *t)
{
	struct picture before;
	struct trap p;

	reach(f, k);
	take_picture(f, &before);
	axv_fault(&f->v);
	ASSERT_TRAPPED(t, &f->v, k->fault, &p);
	EXPECT_EQ(p.pc, k->at);
	EXPECT_EQ(p.error, 0u);
	EXPECT_EQ(p.sp, picture_gpr(&before, AXT_SP));
	/* the handler returns to the instruction, and it comes again */
	axv_skip(&f->v);
	ASSERT_OK(axv_run(&f->v));
	EXPECT_EQ(f->exit->pc, k->at);
}

TEST_ROWS(command, kinds, ARRAY_SIZE(kinds), &config)
{
	static const uint32_t none[] = { 5, 31, 32, 0x80000000, 0xffffffff };
	traps_t t = TRAPS_INIT(f, exits);
	const struct kind *k = arg;
	uint32_t c, allowed;
	unsigned int i;

	reach(f, k);
	allowed = f->exit->commands;
	EXPECT_EQ(allowed & k->may, k->may);
	EXPECT_EQ(allowed & k->must_not, 0u);
	EXPECT_EQ(allowed >> (AXVCPU_CMD_FAULT + 1), 0u);

	for (c = AXVCPU_CMD_NONE; c <= AXVCPU_CMD_FAULT; c++) {
		axt_context("command %s", axv_command_name(c));
		if (!(allowed & 1u << c))
			try_refused(f, k, c);
		else if (c == AXVCPU_CMD_FULFIL && (k->may & CMDS(FULFIL)))
			try_fulfil(f, k);
		else if (c == AXVCPU_CMD_SKIP)
			try_skip(f, k);
		else if (c == AXVCPU_CMD_RETRY)
			try_retry(f, k);
		else if (c == AXVCPU_CMD_FAULT)
			try_fault(f, k, &t);
	}
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		axt_context("command %u", none[i]);
		try_refused(f, k, none[i]);
	}
}

/* Flags and reserved members of the entry half are checked as well. */
TEST(entry_half, &config)
{
	volatile struct axvcpu_entry *e = &f->v.run->entry;
	struct picture before, after;
	unsigned int i;

	reach(f, &kinds[0]);
	take_picture(f, &before);
	for (i = 0; i < 9; i++) {
		axt_context("field %u", i);
		e->command = AXVCPU_CMD_FULFIL;
		if (i < 5)
			e->reserved[i] = 1ull << (8 * i);
		else if (i == 5)
			e->flags = 1u << 2;
		else if (i == 6)
			e->wanted = AXVCPU_REGS_ALL + 1;
		else if (i == 7)
			e->commit = 1u << 31;
		else
			e->command = AXVCPU_CMD_NONE;
		EXPECT_ERR(EINVAL, axv_run(&f->v));
		if (i < 5)
			e->reserved[i] = 0;
		e->flags = 0;
		e->wanted = AXVCPU_REGS_GPR;
		e->commit = 0;
		e->command = AXVCPU_CMD_NONE;
		take_picture(f, &after);
		expect_picture(&before, &after);
	}
	/* a commit that is refused takes the command back too */
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	axt_gpr_spoil(f->v.run);
	e->commit = AXVCPU_REGS_GPR;
	e->command = AXVCPU_CMD_FULFIL;
	EXPECT_ERR(EINVAL, axv_run(&f->v));
	e->commit = 0;
	e->command = AXVCPU_CMD_NONE;
	take_picture(f, &after);
	expect_picture(&before, &after);
	axt_context(NULL);
	axv_fulfil(&f->v, 3);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), 3u);
}

/* RETRY of an access to a hole goes on with memory that was put there. */
static void retry_with_memory(struct axt *f, uint64_t at, unsigned int first)
{
	unsigned int exits;
	unsigned char *mem;

	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	memset(mem, 0x10, AXT_PAGE);
	set(f, AXT_ADDR, GUEST_MMIO);
	set(f, AXT_VALUE, 1);
	start_at(f, at);
	for (exits = 0; exits < first; exits++) {
		ASSERT_OK(axv_run(&f->v));
		axv_fulfil(&f->v, 0x55555555);
	}
	ASSERT_OK(axv_run(&f->v));
	EXPECT_EQ(f->exit->pc, at);
	ASSERT_OK(axv_s2_map_user(f->s2, GUEST_MMIO, mem, AXT_PAGE, AXV_PROT_RW));
	axv_retry(&f->v);
	EXPECT_DONE(f);
	/* the first half of a read-modify-write is not remembered */
	EXPECT_EQ(mem[0], 0x11);
	EXPECT_EQ(mem[1], 0x10);
	ASSERT_OK(axv_s2_unmap(f->s2, GUEST_MMIO, AXT_PAGE));
	munmap(mem, AXT_PAGE);
}

TEST(retry_with_memory, &config)
{
	retry_with_memory(f, SYM(modify), 0);
	/* where it is two exits: after the first of them as well */
	if (KINDS_MODIFY)
		retry_with_memory(f, SYM(modify), 1);
}

/* SET_ENTRY takes the pending exit back. */
TEST(set_entry, &config)
{
	struct axvcpu_get_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		axt_context("%s", kinds[i].name);
		reach(f, &kinds[i]);
		ASSERT_OK(axv_set_entry(&f->v, SYM(done)));
		exits_prepare(f);
		EXPECT_GE(axv_get_state(&f->v, &s), 0);
		EXPECT_EQ(s.pending_exit, 0u);
		EXPECT_DONE(f);
	}
}
