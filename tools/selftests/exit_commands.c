// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every entry command for every kind of exit that waits for one: what it does,
 * and that a command which is not allowed is EINVAL and changes nothing.
 */
#include <sys/mman.h>

#include "common/exits.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	.exception_exits = 1u << 6,
	GUEST(exits),
};

#define ACCESS	(CMDS(FULFIL) | CMDS(SKIP) | CMDS(RETRY) | CMDS(FAULT))
#define REPORT	(CMDS(RETRY) | CMDS(FAULT))
#define MSR	0x4b564d10
#define PORT	0x1f0
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
	uint64_t changed;	/* registers FULFIL may change */
};

#define KIND(name, label) name, SYM(label), SYM(label##_end)
#define R(nr)	(1ull << (nr))

static const struct kind kinds[] = {
	{ KIND("hypercall", hypercall), AXVCPU_EXIT_HYPERCALL,
	  ACCESS, CMDS(NONE), 6, 0, R(RAX) },
	{ KIND("mmio-read", read64), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), 13, 0, R(R15) },
	{ KIND("mmio-write", write32), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0 },
	{ KIND("mmio-modify-read", modify), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), 13, 0, 0 },
	{ KIND("mmio-modify-write", modify), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 1, 0 },
	{ KIND("mmio-stos", stos8), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, R(RDI) },
	{ KIND("mmio-movs-write", movs_hole_hole), AXVCPU_EXIT_MMIO_WRITE,
	  ACCESS, CMDS(NONE), 13, 1, R(RDI) | R(RSI) },
	{ KIND("mmio-push", push_hole), AXVCPU_EXIT_MMIO_READ,
	  ACCESS, CMDS(NONE), 13, 0, R(RSP) },
	{ KIND("sysreg-read", rdmsr_insn), AXVCPU_EXIT_SYSREG_READ,
	  ACCESS, CMDS(NONE), 13, 0, R(RAX) | R(RDX) },
	{ KIND("sysreg-write", wrmsr_insn), AXVCPU_EXIT_SYSREG_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0 },
	{ KIND("io-read", in16), AXVCPU_EXIT_IO_READ,
	  ACCESS, CMDS(NONE), 13, 0, R(RAX) },
	{ KIND("io-write", out8), AXVCPU_EXIT_IO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, 0 },
	{ KIND("string-in", rep_ins32), AXVCPU_EXIT_IO_READ,
	  ACCESS, CMDS(NONE), 13, 0, R(RCX) | R(RDI) },
	{ KIND("string-out", outs8), AXVCPU_EXIT_IO_WRITE,
	  ACCESS, CMDS(NONE), 13, 0, R(RSI) },
	{ KIND("halt", halt), AXVCPU_EXIT_HALT,
	  ACCESS, CMDS(NONE), 13, 0, 0 },
	{ KIND("system-down", out16), AXVCPU_EXIT_SYSTEM_DOWN,
	  CMDS(SKIP) | CMDS(RETRY), CMDS(NONE), 13, 0, 0 },
	{ KIND("nested-page-fault", write8), AXVCPU_EXIT_NESTED_PAGE_FAULT,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), 13, 0, 0 },
	{ KIND("exception", invalid), AXVCPU_EXIT_EXCEPTION,
	  REPORT, CMDS(NONE) | CMDS(FULFIL), 6, 0, 0 },
	{ KIND("internal-error", call_hole), AXVCPU_EXIT_INTERNAL_ERROR,
	  REPORT, CMDS(FULFIL), 13, 0, 0 },
};

/* what must be as it was when a command is refused */
struct picture {
	struct axvcpu_x86_gpr gpr;
	struct axvcpu_x86_control control;
	struct axvcpu_x86_intr intr;
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
	memcpy(&p->gpr, (void *)&f->regs->gpr, sizeof(p->gpr));
	memcpy(&p->control, (void *)&f->regs->control, sizeof(p->control));
	memcpy(&p->intr, (void *)&f->regs->intr, sizeof(p->intr));
	ASSERT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	p->pending = s.pending_exit;
}

static void expect_picture(const struct picture *a, const struct picture *b)
{
	EXPECT_TRUE(!memcmp(&a->gpr, &b->gpr, sizeof(a->gpr)));
	EXPECT_TRUE(!memcmp(&a->control, &b->control, sizeof(a->control)));
	EXPECT_TRUE(!memcmp(&a->intr, &b->intr, sizeof(a->intr)));
	EXPECT_TRUE(!memcmp(&a->exit, &b->exit, sizeof(a->exit)));
	EXPECT_EQ(a->pending, b->pending);
}

/* Bring the vCPU to the exit of @k. */
static void reach(struct axt *f, const struct kind *k)
{
	const struct axvcpu_filter_range msr = {
		MSR, MSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	unsigned int i;

	ASSERT_OK(axv_set_msr_filter(f->vm, &msr, 1));
	for (i = 0; i < 16; i++)
		set(f, i, 0x1111111111111111ull * i);
	set(f, RSI, GUEST_MMIO);
	set(f, RDI, GUEST_MMIO + 0x100);
	set(f, RDX, PORT);
	set(f, RCX, MSR);
	if (k->at == SYM(rep_ins32)) {
		set(f, RDI, PAGE);
		set(f, RCX, 3);
	}
	if (k->at == SYM(outs8))
		set(f, RSI, PAGE);
	if (k->reason == AXVCPU_EXIT_SYSTEM_DOWN) {
		set(f, RDX, 0x604);
		set(f, RAX, 0x2000);
	}
	if (k->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT) {
		ASSERT_OK(axv_s2_protect(f->s2, PAGE, AXT_PAGE, AXV_PROT_RX));
		set(f, RSI, PAGE);
	}
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	start_at(f, k->at);
	for (i = 0; i < k->more; i++) {
		ASSERT_OK(axv_run(&f->v));
		axv_fulfil(&f->v, 0x0102030405060708ull);
	}
	ASSERT_OK(axv_run(&f->v));
	ASSERT_EQ(f->exit->reason, k->reason);
	ASSERT_EQ(f->exit->pc, k->at);
}

static void expect_only(const struct picture *before, const struct picture *now,
			uint64_t changed)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (!(changed & R(i)))
			EXPECT_EQ(now->gpr.r[i], before->gpr.r[i]);
	EXPECT_EQ(now->gpr.rflags, before->gpr.rflags);
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
	if (k->reason == AXVCPU_EXIT_MMIO_READ && k->at == SYM(modify)) {
		EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_MMIO_WRITE);
		axv_fulfil(&f->v, 0);
		ASSERT_OK(axv_run(&f->v));
		before.gpr.rflags = f->regs->gpr.rflags;
	}
	if (k->at == SYM(modify))
		before.gpr.rflags = f->regs->gpr.rflags;
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(f->v.run->entry.command, (uint32_t)AXVCPU_CMD_NONE);
	take_picture(f, &after);
	expect_only(&before, &after, k->changed);
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
	expect_only(&before, &after, 0);
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
			EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_MMIO_READ);
			EXPECT_EQ(f->exit->pc, k->at);
			axv_fulfil(&f->v, 0x0102030405060708ull);
		}
		ASSERT_OK(axv_run(&f->v));
		take_picture(f, &after);
		expect_picture(&before, &after);
	}
}

static void try_fault(struct axt *f, const struct kind *k, const struct x86_traps *t)
{
	struct picture before;
	struct x86_frame fr;

	reach(f, k);
	take_picture(f, &before);
	axv_fault(&f->v);
	ASSERT_TRAP(t, &f->v, k->fault, &fr);
	EXPECT_EQ(fr.ip, k->at);
	EXPECT_EQ(fr.error, 0u);
	EXPECT_EQ(fr.sp, before.gpr.r[RSP]);
	/* the handler returns to the instruction, and it comes again */
	axv_skip(&f->v);
	ASSERT_OK(axv_run(&f->v));
	EXPECT_EQ(f->exit->pc, k->at);
}

TEST_ROWS(command, kinds, ARRAY_SIZE(kinds), &config)
{
	static const uint32_t none[] = { 5, 31, 32, 0x80000000, 0xffffffff };
	struct x86_traps t = x86_traps_init(f, SYM(traps));
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
	f->regs->gpr.rflags = 1ull << 40;
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
	EXPECT_EQ(reg(&f->v, RAX), 3u);
}

/* RETRY of an access to a hole goes on with memory that was put there. */
static void retry_with_memory(struct axt *f, uint64_t at, unsigned int first)
{
	unsigned int exits;
	unsigned char *mem;

	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	memset(mem, 0x10, AXT_PAGE);
	set(f, RSI, GUEST_MMIO);
	set(f, RDX, 1);
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
		EXPECT_GE(axv_get_state(&f->v, &s), 0);
		EXPECT_EQ(s.pending_exit, 0u);
		EXPECT_DONE(f);
	}
}
