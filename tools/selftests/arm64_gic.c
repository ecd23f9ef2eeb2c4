// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's interrupts: priorities and preemption, more than there are list registers,
 * levels and edges, groups, SGIs with every field, and the redistributor's registers.
 *
 * rig: arch=arm64 smp=2
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(gic);
DECLARE_GUEST_SYM(gic, boot);
DECLARE_GUEST_SYM(gic, run);
DECLARE_GUEST_SYM(gic, peek);
DECLARE_GUEST_SYM(gic, wait);
DECLARE_GUEST_SYM(gic, sgi1);
DECLARE_GUEST_SYM(gic, asgi1);
DECLARE_GUEST_SYM(gic, sgi0);
DECLARE_GUEST_SYM(gic, pmr);
DECLARE_GUEST_SYM(gic, groups);
DECLARE_GUEST_SYM(gic, ctlr);
DECLARE_GUEST_SYM(gic, dir);
DECLARE_GUEST_SYM(gic, look);
DECLARE_GUEST_SYM(gic, load1);
DECLARE_GUEST_SYM(gic, load2);
DECLARE_GUEST_SYM(gic, load4);
DECLARE_GUEST_SYM(gic, load8);
DECLARE_GUEST_SYM(gic, store1);
DECLARE_GUEST_SYM(gic, store4);
DECLARE_GUEST_SYM(gic, store8);
DECLARE_GUEST_SYM(gic, line);

#define SYM(label)	GUEST_SYM(gic, label)
#define V		(&f->v)
#define NOTES		(GUEST_DATA + 8)
#define END		0x80000000u
#define FIQ		0x40000000u
#define CLEAR		AXVCPU_INTERRUPT_CLEAR
#define LEVEL		AXVCPU_ARM64_IRQ_LEVEL
#define GROUP0		AXVCPU_ARM64_IRQ_GROUP0
#define IRQ(id, prio)	AXVCPU_ARM64_IRQ(id, (uint32_t)(prio))

/* x21 of the guest */
#define STOP		1u
#define NEST		2u

static const struct axt_config none = { .stage = AXT_NO_VCPU, GUEST(gic) };
static const struct axt_config routed = {
	.stage = AXT_NO_VCPU, .arch_flags = AXVCPU_ARM64_ROUTE_SGI, GUEST(gic),
};

/* ---- a machine of some CPUs --------------------------------------------------------- */

static void cpu_new(struct axt *f, uint32_t id, uint64_t mpidr, struct axv_vcpu *v)
{
	const struct axvcpu_create_vcpu c = {
		.id = id, .preferred_cpu = -1,
		.arch.arm64 = { .mpidr = mpidr, .gicr = GUEST_GICR + id * GUEST_GICR_SIZE },
	};
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		axt_skip("the host's GIC has no list registers that EL2 reaches");
	s.entry = SYM(boot);
	s.flags = AXVCPU_SETUP_RUNNABLE;
	ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, v));
	ASSERT_OK(axv_setup(v, &s));
}

/* CPU 0 is the fixture's, and is at work: interrupts are masked, the interface is on. */
static void cpu_boot(struct axt *f)
{
	cpu_new(f, 0, 0, V);
	f->exit = &V->run->exit;
	f->regs = &V->run->regs.arm64;
	ASSERT_OK(axv_bind(V));
	want(V, AXVCPU_REGS_GPR);
	ASSERT_SYNC(f);
	ASSERT_OK(axv_set_gpr(V, 22, NOTES));
}

/* The guest goes to @at with @x1 and @x2, and is back when it has done that. */
static void guest_do(struct axt *f, uint64_t at, uint64_t x1, uint64_t x2)
{
	axt_goto(V, at, 0);
	ASSERT_OK(axv_set_gpr(V, 1, x1));
	ASSERT_OK(axv_set_gpr(V, 2, x2));
	ASSERT_SYNC(f);
}

/* It takes interrupts until there are @nr notes more. */
static void guest_run(struct axt *f, unsigned int nr, uint32_t how)
{
	axt_fetch(V);
	ASSERT_OK(axv_set_gpr(V, 24, reg(V, 22) + 4 * nr));
	ASSERT_OK(axv_set_gpr(V, 21, how));
	axt_goto(V, SYM(run), 0);
	ASSERT_SYNC(f);
}

/* It takes what comes, for a while: how many notes it has made since it began. */
static unsigned int guest_peek(struct axt *f)
{
	ASSERT_OK(axv_set_gpr(V, 21, 0));
	axt_goto(V, SYM(peek), 0);
	ASSERT_SYNC(f);
	axt_fetch(V);
	return (reg(V, 22) - NOTES) / 4;
}

/* From "here I am" on, to the next. */
static void guest_go_on(struct axt *f)
{
	axv_fulfil(V, 0);
	ASSERT_SYNC(f);
}

static uint32_t note(struct axt *f, unsigned int n)
{
	return GUEST_MEM(f, NOTES + 4 * n, uint32_t);
}

static void forget(struct axt *f)
{
	ASSERT_OK(axv_set_gpr(V, 22, NOTES));
}

/* It takes @nr interrupts; then the line of @vector falls. */
static void guest_take(struct axt *f, unsigned int nr, uint32_t vector)
{
	unsigned int i;

	axt_fetch(V);
	ASSERT_OK(axv_set_gpr(V, 24, reg(V, 22) + 4 * 2 * nr));
	ASSERT_OK(axv_set_gpr(V, 21, STOP));
	axt_goto(V, SYM(run), 0);
	ASSERT_SYNC(f);
	for (i = 1; i < nr; i++)
		guest_go_on(f);
	ASSERT_OK(axv_inject_irq(V, vector | CLEAR));
	guest_go_on(f);
}

static volatile struct axvcpu_arm64_intr *intr_of(struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_INTR));
	return &v->run->regs.arm64.intr;
}

/* SGIs and PPIs @mask of @v are enabled. */
static void enable(struct axv_vcpu *v, uint32_t mask)
{
	intr_of(v)->enabled |= mask;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_INTR, 0));
}

/* ---- order ---------------------------------------------------------------------------- */

/* However many, and in whatever order they were injected: by priority. */
static const struct many {
	const char *name;
	unsigned int nr;
} manys[] = { { "1", 1 }, { "4", 4 }, { "5", 5 }, { "16", 16 }, { "31", 31 } };

TEST_ROWS(order, manys, ARRAY_SIZE(manys), &none)
{
	const struct many *m = arg;
	unsigned int i, at;

	cpu_boot(f);
	/* 7 and 31 have no common divisor: each priority once */
	for (i = 0; i < m->nr; i++) {
		at = i * 7 % m->nr;
		if (m->nr == 4 || m->nr == 16)
			at = i * 3 % m->nr;
		ASSERT_OK(axv_inject_irq(V, IRQ(40 + at, 8 * at + 0)  | (at ? 0 : 4 << 16)));
	}
	guest_run(f, 2 * m->nr, 0);
	for (i = 0; i < m->nr; i++) {
		EXPECT_EQ(note(f, 2 * i), 40 + i);
		EXPECT_EQ(note(f, 2 * i + 1), END | (40 + i));
	}
	EXPECT_EQ(guest_peek(f), 2 * m->nr);
}

/* As many as a vCPU can have, all of one priority: each comes once. */
TEST(all, &none)
{
	unsigned int i, seen[1020] = { 0 };

	cpu_boot(f);
	for (i = 0; i < AXVCPU_ARM64_MAX_SPIS; i++)
		ASSERT_OK(axv_inject_irq(V, IRQ(100 + i, 0x80)));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, IRQ(32, 0x80)));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, IRQ(100, 0x80)));
	guest_run(f, 2 * AXVCPU_ARM64_MAX_SPIS, 0);
	for (i = 0; i < AXVCPU_ARM64_MAX_SPIS; i++)
		seen[note(f, 2 * i) % 1020]++;
	for (i = 0; i < AXVCPU_ARM64_MAX_SPIS; i++)
		if (seen[100 + i] != 1)
			axt_fail(__FILE__, __LINE__, "INTID %u came %u times", 100 + i,
				 seen[100 + i]);
	EXPECT_EQ(guest_peek(f), 2 * AXVCPU_ARM64_MAX_SPIS);
	/* there is room again */
	ASSERT_OK(axv_inject_irq(V, IRQ(32, 0x80)));
	guest_run(f, 2, 0);
	EXPECT_EQ(note(f, 2 * AXVCPU_ARM64_MAX_SPIS), 32u);
	EXPECT_EQ(intr_of(V)->nr_spis, 0u);
}

TEST(vectors, &none)
{
	static const uint32_t bad[] = {
		1020, 1023, 1024, 8191, IRQ(8192, 0) | LEVEL, IRQ(8192, 0) | GROUP0, 3 | LEVEL,
		27 | GROUP0, 40 | 1u << 26, 40 | AXVCPU_ARM64_IRQ_PENDING, 40 | 1u << 30, 27,
		27 | LEVEL,
	};
	unsigned int i;

	cpu_boot(f);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		axt_context("0x%x", bad[i]);
		/* 27: the timer's, where it is linked to the host's */
		if (bad[i] != 27 && bad[i] != (27 | LEVEL))
			EXPECT_ERR(EINVAL, axv_inject_irq(V, bad[i]));
	}
	axt_context(NULL);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 40 | CLEAR));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 40 | LEVEL | CLEAR));
	EXPECT_OK(axv_inject_irq(V, 9000));
	guest_run(f, 2, 0);
	EXPECT_EQ(note(f, 0), 9000u);
}

/* ---- preemption ------------------------------------------------------------------------ */

/* Each one is interrupted by the next, of a higher priority: deeper than there are registers. */
TEST(nested, &none)
{
	const unsigned int nr = 12;
	unsigned int i;

	cpu_boot(f);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0xf0)));
	axt_fetch(V);
	ASSERT_OK(axv_set_gpr(V, 24, reg(V, 22) + 4 * 2 * nr));
	ASSERT_OK(axv_set_gpr(V, 21, STOP | NEST));
	axt_goto(V, SYM(run), 0);
	for (i = 0; i < nr; i++) {
		if (i)
			guest_go_on(f);
		else
			ASSERT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), 40 + i);
		if (i + 1 < nr)
			ASSERT_OK(axv_inject_irq(V, IRQ(41 + i, 0xe0 - 0x10 * i)));
		/* and some that are not to come before the end of this one */
		ASSERT_OK(axv_inject_irq(V, IRQ(200 + i, 0xf0)));
	}
	/* they come when all that is active has ended, in one of the first's rounds or later */
	ASSERT_OK(axv_set_gpr(V, 24, NOTES + 4 * 4 * nr));
	for (i = 0; i <= nr; i++)
		guest_go_on(f);
	for (i = 0; i < nr; i++) {
		EXPECT_EQ(note(f, i), 40 + i);
		EXPECT_EQ(note(f, nr + i), END | (40 + nr - 1 - i));
	}
	EXPECT_EQ(intr_of(V)->nr_spis, 0u);
}

/* The same priority does not preempt, and a pending one waits for the mask too. */
TEST(masked, &none)
{
	cpu_boot(f);
	guest_do(f, SYM(pmr), 0x80, 0);
	EXPECT_EQ(reg(V, 2), 0x80u);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	ASSERT_OK(axv_inject_irq(V, IRQ(41, 0x88)));
	EXPECT_EQ(guest_peek(f), 0u);
	ASSERT_OK(axv_inject_irq(V, IRQ(42, 0x78)));
	EXPECT_EQ(guest_peek(f), 2u);
	EXPECT_EQ(note(f, 0), 42u);
	guest_do(f, SYM(pmr), 0x88, 0);
	EXPECT_EQ(guest_peek(f), 4u);
	EXPECT_EQ(note(f, 2), 40u);
	guest_do(f, SYM(pmr), 0xff, 0);
	EXPECT_EQ(guest_peek(f), 6u);
	EXPECT_EQ(note(f, 4), 41u);
}

/* More active than list registers, ended in an order of the guest's own. */
TEST(deactivate, &none)
{
	static const unsigned int order[] = { 3, 7, 0, 1, 6, 2, 5, 4 };
	unsigned int i, j, n;

	cpu_boot(f);
	guest_do(f, SYM(ctlr), 2, 0);
	EXPECT_EQ(reg(V, 2) & 3, 2u);
	for (i = 0; i < 8; i++)
		ASSERT_OK(axv_inject_irq(V, IRQ(40 + i, 0x80)));
	guest_run(f, 16, 0);
	for (i = n = 0; i < intr_of(V)->nr_spis; i++)
		n += !!(V->run->regs.arm64.intr.spi[i] & AXVCPU_ARM64_IRQ_ACTIVE);
	EXPECT_EQ(n, 8u);
	/* what is active does not come again */
	for (i = 0; i < 8; i++)
		ASSERT_OK(axv_inject_irq(V, IRQ(40 + i, 0x80)));
	EXPECT_EQ(guest_peek(f), 16u);
	for (i = 0; i < 8; i++) {
		axt_context("%u", order[i]);
		guest_do(f, SYM(dir), 40 + order[i], 0);
		EXPECT_EQ(guest_peek(f), 16 + 2 * (i + 1));
		EXPECT_EQ(note(f, 16 + 2 * i), 40 + order[i]);
	}
	axt_context(NULL);
	for (i = 0; i < 8; i++)
		guest_do(f, SYM(dir), 40 + i, 0);
	for (i = n = 0, j = intr_of(V)->nr_spis; i < j; i++)
		n++;
	EXPECT_EQ(n, 0u);
}

/* ---- levels and edges -------------------------------------------------------------------- */

TEST(level, &none)
{
	unsigned int i;

	cpu_boot(f);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80) | LEVEL));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, IRQ(40, 0x80) | LEVEL));
	/* it comes as long as it is up, and at once: not with the host's tick */
	ASSERT_OK(axv_set_gpr(V, 25, 0));
	guest_take(f, 20, 40 | LEVEL);
	axt_fetch(V);
	EXPECT_LE(reg(V, 25), 1000u);
	for (i = 0; i < 40; i++)
		EXPECT_EQ(note(f, i), i % 2 ? END | 40 : 40u);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 40 | LEVEL | CLEAR));
	forget(f);
	EXPECT_EQ(guest_peek(f), 0u);
	/* up and down again before it was seen: nothing */
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80) | LEVEL));
	ASSERT_OK(axv_inject_irq(V, 40 | LEVEL | CLEAR));
	EXPECT_EQ(guest_peek(f), 0u);
	/* down while it is active: once */
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80) | LEVEL));
	ASSERT_OK(axv_set_gpr(V, 21, STOP));
	ASSERT_OK(axv_set_gpr(V, 24, NOTES + 8));
	axt_goto(V, SYM(run), 0);
	ASSERT_SYNC(f);
	ASSERT_OK(axv_inject_irq(V, 40 | LEVEL | CLEAR));
	guest_go_on(f);
	EXPECT_EQ(guest_peek(f), 2u);
}

TEST(edge, &none)
{
	cpu_boot(f);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, IRQ(40, 0x80)));
	EXPECT_EQ(guest_peek(f), 2u);
	/* taken back before it came */
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	ASSERT_OK(axv_inject_irq(V, 40 | CLEAR));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 40 | CLEAR));
	EXPECT_EQ(guest_peek(f), 2u);
	/* and where the list registers have it already */
	guest_do(f, SYM(pmr), 0, 0);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	guest_do(f, SYM(pmr), 0, 0);
	ASSERT_OK(axv_inject_irq(V, 40 | CLEAR));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 40 | CLEAR));
	guest_do(f, SYM(pmr), 0xff, 0);
	EXPECT_EQ(guest_peek(f), 2u);
	/* another one while it is active: it comes again */
	forget(f);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	ASSERT_OK(axv_set_gpr(V, 21, STOP));
	ASSERT_OK(axv_set_gpr(V, 24, NOTES + 16));
	axt_goto(V, SYM(run), 0);
	ASSERT_SYNC(f);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	ASSERT_OK(axv_set_gpr(V, 21, 0));
	guest_go_on(f);
	EXPECT_EQ(guest_peek(f), 4u);
}

/* A route is told of the end, and what it had up falls. */
TEST(resample, &none)
{
	struct axvcpu_irqfd r = {
		.flags = AXVCPU_IRQFD_LEVEL, .vcpu = 0, .vector = IRQ(40, 0x80) | LEVEL,
	};
	uint64_t one = 1, n = 0;

	cpu_boot(f);
	r.fd = eventfd(0, 0);
	r.resample_fd = eventfd(0, EFD_NONBLOCK);
	ASSERT_OK(axv_set_irqfd(f->vm, &r));
	ASSERT_EQ(write(r.fd, &one, 8), 8);
	EXPECT_EQ(read(r.resample_fd, &n, 8), -1);
	guest_run(f, 2, 0);
	EXPECT_EQ(note(f, 0), 40u);
	WAIT_UNTIL(read(r.resample_fd, &n, 8) == 8);
	/* it may have come more than once before that was heard of */
	axt_sleep_ms(50);
	forget(f);
	EXPECT_EQ(guest_peek(f), 0u);
	ASSERT_EQ(write(r.fd, &one, 8), 8);
	guest_run(f, 2, 0);
	EXPECT_EQ(note(f, 0), 40u);
	WAIT_UNTIL(read(r.resample_fd, &n, 8) == 8);
}

/* ---- groups ---------------------------------------------------------------------------- */

TEST(groups, &none)
{
	unsigned int i;

	cpu_boot(f);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80) | GROUP0));
	ASSERT_OK(axv_inject_irq(V, IRQ(41, 0x90)));
	guest_run(f, 4, 0);
	EXPECT_EQ(note(f, 0), FIQ | 40);
	EXPECT_EQ(note(f, 1), END | FIQ | 40);
	EXPECT_EQ(note(f, 2), 41u);
	forget(f);

	/* a disabled group is in nobody's way, however many it has, and comes when enabled */
	guest_do(f, SYM(groups), 0, 1);
	for (i = 0; i < 20; i++)
		ASSERT_OK(axv_inject_irq(V, IRQ(40 + i, 8) | GROUP0));
	for (i = 0; i < 20; i++)
		ASSERT_OK(axv_inject_irq(V, IRQ(80 + i, 0xf0)));
	guest_run(f, 40, 0);
	EXPECT_EQ(guest_peek(f), 40u);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(note(f, 2 * i) & FIQ, 0u);
	forget(f);
	guest_do(f, SYM(groups), 1, 0);
	ASSERT_OK(axv_inject_irq(V, IRQ(80, 0)));
	guest_run(f, 40, 0);
	EXPECT_EQ(guest_peek(f), 40u);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(note(f, 2 * i) & FIQ, FIQ);
}

/* ---- SGIs ------------------------------------------------------------------------------ */

#define CPUS	6
static const uint64_t mpidrs[CPUS] = {
	0, 1, 0x12, 0x100, 0x20300, 0x1200030415ull,
};

static const struct sgi {
	const char *name;
	uint64_t value;
	uint32_t cpus;
} sgis[] = {
	{ "one", 1ull << 24 | 2, 1u << 1 },
	{ "self", 2ull << 24 | 1, 1u << 0 },
	{ "two", 3ull << 24 | 3, 3 },
	{ "nobody", 4ull << 24, 0 },
	{ "absent", 4ull << 24 | 0xfffc, 0 },
	{ "range", 5ull << 24 | 1ull << 44 | 4, 1u << 2 },
	{ "other_range", 5ull << 24 | 2ull << 44 | 4, 0 },
	{ "aff1", 6ull << 24 | 1 << 16 | 1, 1u << 3 },
	{ "aff2", 15ull << 24 | 2ull << 32 | 3 << 16 | 1, 1u << 4 },
	{ "aff3", 0x12ull << 48 | 3ull << 32 | 4 << 16 | 1ull << 44 | 1 << 5, 1u << 5 },
	{ "aff3_only", 7ull << 24 | 0x12ull << 48 | 3, 0 },
	{ "all", 8ull << 24 | 1ull << 40, 0x3e },
	{ "all_whoever", 9ull << 24 | 1ull << 40 | 0x7ull << 48 | 0xff << 16 | 0xffff, 0x3e },
};

static void cpus_boot(struct axt *f, struct axv_vcpu *v)
{
	unsigned int i;

	cpu_boot(f);
	v[0] = *V;
	for (i = 1; i < CPUS; i++)
		cpu_new(f, i, mpidrs[i], &v[i]);
}

TEST_ROWS(sgi, sgis, ARRAY_SIZE(sgis), &none)
{
	const struct sgi *s = arg;
	struct axv_vcpu v[CPUS];
	uint32_t intid = s->value >> 24 & 15;
	unsigned int i;

	cpus_boot(f, v);
	guest_do(f, SYM(sgi1), s->value, 0);
	for (i = 0; i < CPUS; i++) {
		axt_context("CPU %u", i);
		EXPECT_EQ(intr_of(&v[i])->pending, s->cpus >> i & 1 ? 1u << intid : 0);
	}
	axt_context(NULL);
	if (!(s->cpus & 1))
		return;
	/* it comes when it is enabled */
	EXPECT_EQ(guest_peek(f), 0u);
	enable(V, 1u << intid);
	EXPECT_EQ(guest_peek(f), 2u);
	EXPECT_EQ(note(f, 0), intid);
}

/* The other two registers send those that are of group 0, and nothing else. */
TEST(sgi_groups, &none)
{
	static const uintptr_t by[] = { SYM(sgi0), SYM(asgi1), SYM(sgi1) };
	unsigned int i;

	cpu_boot(f);
	intr_of(V)->group &= ~2u;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	enable(V, 6);
	for (i = 0; i < ARRAY_SIZE(by); i++) {
		axt_context("register %u", i);
		forget(f);
		guest_do(f, by[i], 1ull << 24 | 1, 0);
		EXPECT_EQ(guest_peek(f), 2u);
		EXPECT_EQ(note(f, 0), FIQ | 1);
		guest_do(f, by[i], 2ull << 24 | 1, 0);
		EXPECT_EQ(guest_peek(f), i == 2 ? 4u : 2u);
	}
}

TEST(sgi_exit, &routed)
{
	uint64_t value = 0x12ull << 48 | 5ull << 44 | 3ull << 32 | 11ull << 24 | 4 << 16 | 0x8001;

	cpu_boot(f);
	axt_goto(V, SYM(sgi1), 0);
	ASSERT_OK(axv_set_gpr(V, 1, value));
	ASSERT_EXIT(f, AXVCPU_EXIT_SEND_IPI);
	EXPECT_EQ(f->exit->pc, SYM(sgi1));
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->ipi.target, 0x1200030450ull);
	EXPECT_EQ(f->exit->ipi.target_aux, 0x8001u);
	EXPECT_EQ(f->exit->ipi.flags, 0u);
	EXPECT_EQ(f->exit->ipi.vector, 11u);
	axv_fulfil(V, 0);
	ASSERT_SYNC(f);
	axt_goto(V, SYM(sgi1), 0);
	ASSERT_OK(axv_set_gpr(V, 1, value | 1ull << 40));
	ASSERT_EXIT(f, AXVCPU_EXIT_SEND_IPI);
	EXPECT_EQ(f->exit->ipi.flags, AXVCPU_IPI_ALL);
	axv_skip(V);
	ASSERT_SYNC(f);
	EXPECT_EQ(intr_of(V)->pending, 0u);
}

/* ---- the CPU interface ------------------------------------------------------------------- */

TEST(interface, &none)
{
	cpu_boot(f);
	guest_do(f, SYM(look), 0, 0);
	EXPECT_EQ(reg(V, 1), 0xffu);
	EXPECT_EQ(reg(V, 2), 1023u);
	/* system registers are all that there is, whatever the guest asks for */
	EXPECT_EQ(reg(V, 3) & 1, 1u);
	EXPECT_EQ(reg(V, 4) & 1, 1u);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	guest_do(f, SYM(look), 0, 0);
	EXPECT_EQ(reg(V, 2), 40u);
	EXPECT_EQ(f->exit->intr_state & AXVCPU_INTR_PENDING, AXVCPU_INTR_PENDING);
}

/* WFI is over for what could come, whether it is masked in the CPU or not; only for that. */
TEST(wfi, &none)
{
	cpu_boot(f);
	V->run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	axt_goto(V, SYM(wait), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	EXPECT_EQ(f->exit->pc, SYM(wait));
	/* an SGI that is not enabled, an SPI of too low a priority */
	guest_do(f, SYM(sgi1), 1ull << 24 | 1, 0);
	guest_do(f, SYM(pmr), 0x80, 0);
	ASSERT_OK(axv_inject_irq(V, IRQ(40, 0x80)));
	axt_goto(V, SYM(wait), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	ASSERT_OK(axv_inject_irq(V, IRQ(41, 0x78)));
	axt_goto(V, SYM(wait), 0);
	ASSERT_SYNC(f);
	EXPECT_EQ(guest_peek(f), 2u);
	axt_goto(V, SYM(wait), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	axv_fulfil(V, 0);
	ASSERT_SYNC(f);
}

/* ---- the redistributor ------------------------------------------------------------------- */

#define RD	GUEST_GICR
#define SGI	(GUEST_GICR + 0x10000)

static uint64_t gicr_read(struct axt *f, uint64_t at, unsigned int width)
{
	guest_do(f, width == 1 ? SYM(load1) : width == 2 ? SYM(load2) : width == 4 ? SYM(load4) :
		 SYM(load8), at, 0x5555555555555555ull);
	return reg(V, 2);
}

static void gicr_write(struct axt *f, uint64_t at, unsigned int width, uint64_t value)
{
	guest_do(f, width == 1 ? SYM(store1) : width == 4 ? SYM(store4) : SYM(store8), at, value);
}

TEST(gicr_id, &none)
{
	struct axv_vcpu v[CPUS];
	unsigned int i;
	uint64_t type;

	cpus_boot(f, v);
	for (i = 0; i < CPUS; i++) {
		axt_context("CPU %u", i);
		type = gicr_read(f, RD + i * GUEST_GICR_SIZE + 8, 8);
		EXPECT_EQ(type >> 32, (mpidrs[i] & 0xffffff) | (mpidrs[i] >> 32 & 0xff) << 24);
		EXPECT_EQ(type >> 8 & 0xffff, i);
		EXPECT_EQ(type & 0x10, i == CPUS - 1 ? 0x10u : 0u);
		EXPECT_EQ(gicr_read(f, RD + i * GUEST_GICR_SIZE + 8, 4), (uint32_t)type);
		EXPECT_EQ(gicr_read(f, RD + i * GUEST_GICR_SIZE + 12, 4), type >> 32);
	}
	axt_context(NULL);
	EXPECT_EQ(gicr_read(f, RD + 0xffe8, 4), 0x30u);
	EXPECT_EQ(gicr_read(f, RD, 4), 0u);
	gicr_write(f, RD + 0x14, 4, 2);
	EXPECT_EQ(gicr_read(f, RD + 0x14, 4), 6u);
	gicr_write(f, RD + 0x14, 4, 0);
	EXPECT_EQ(gicr_read(f, RD + 0x14, 4), 0u);
	/* widths that there are not, and registers */
	EXPECT_EQ(gicr_read(f, RD + 8, 1), 0u);
	EXPECT_EQ(gicr_read(f, RD + 8, 2), 0u);
	EXPECT_EQ(gicr_read(f, SGI + 0x100, 8), 0u);
	EXPECT_EQ(gicr_read(f, RD + 0x8000, 4), 0u);
	gicr_write(f, SGI + 0x100, 1, 0xff);
	gicr_write(f, SGI + 0x100, 8, ~0ull);
	EXPECT_EQ(gicr_read(f, SGI + 0x100, 4), 0u);
	/* behind the last one there is nothing but what the VMM makes of it */
	axt_goto(V, SYM(load4), 0);
	ASSERT_OK(axv_set_gpr(V, 1, RD + CPUS * GUEST_GICR_SIZE));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(f->exit->mmio.gpa, RD + CPUS * GUEST_GICR_SIZE);
}

TEST(gicr_bits, &none)
{
	static const uint32_t set[] = { 0x100, 0x200, 0x300 };
	unsigned int i;

	cpu_boot(f);
	for (i = 0; i < ARRAY_SIZE(set); i++) {
		axt_context("0x%x", set[i]);
		gicr_write(f, SGI + set[i], 4, 0xf00f);
		gicr_write(f, SGI + set[i], 4, 0x10000);
		EXPECT_EQ(gicr_read(f, SGI + set[i], 4), 0x1f00fu);
		gicr_write(f, SGI + set[i] + 0x80, 4, 0x1000e);
		EXPECT_EQ(gicr_read(f, SGI + set[i], 4), 0xf001u);
		EXPECT_EQ(gicr_read(f, SGI + set[i] + 0x80, 4), 0xf001u);
		gicr_write(f, SGI + set[i] + 0x80, 4, ~0u);
		EXPECT_EQ(gicr_read(f, SGI + set[i], 4), 0u);
	}
	axt_context(NULL);
	gicr_write(f, SGI + 0x80, 4, 0xffff0000);
	EXPECT_EQ(gicr_read(f, SGI + 0x80, 4), 0xffff0000u);
	/* SGIs are edges; of the PPIs all but the timers' can be */
	EXPECT_EQ(gicr_read(f, SGI + 0xc00, 4), 0xaaaaaaaau);
	gicr_write(f, SGI + 0xc00, 4, 0);
	EXPECT_EQ(gicr_read(f, SGI + 0xc00, 4), 0xaaaaaaaau);
	EXPECT_EQ(gicr_read(f, SGI + 0xc04, 4), 0u);
	gicr_write(f, SGI + 0xc04, 4, ~0u);
	EXPECT_EQ(gicr_read(f, SGI + 0xc04, 4), 0xaaaaaaaau & ~(3u << 22) & ~(3u << 28));
	/* bytes and words of priorities, of which the lowest bits are not there */
	gicr_write(f, SGI + 0x400 + 17, 1, 0xa8);
	gicr_write(f, SGI + 0x400 + 20, 4, 0x10203040);
	EXPECT_EQ(gicr_read(f, SGI + 0x400 + 16, 4), 0xa800u);
	EXPECT_EQ(gicr_read(f, SGI + 0x400 + 22, 1), 0x20u);
	gicr_write(f, SGI + 0x400, 1, 0xff);
	EXPECT_EQ(gicr_read(f, SGI + 0x400, 1) & 0xf0, 0xf0u);
	EXPECT_EQ(gicr_read(f, SGI + 0x400, 1) & 1, 0u);
}

/* What it sets up is what happens. */
TEST(gicr_effect, &none)
{
	cpu_boot(f);
	gicr_write(f, SGI + 0x400 + 20, 4, 0x20408060);	/* 20: 0x60, 21: 0x80, 22: 0x40, 23: 0x20 */
	gicr_write(f, SGI + 0x100, 4, 0x700000);
	gicr_write(f, SGI + 0x200, 4, 0xf00000);
	guest_run(f, 6, 0);
	EXPECT_EQ(note(f, 0), 22u);
	EXPECT_EQ(note(f, 2), 20u);
	EXPECT_EQ(note(f, 4), 21u);
	EXPECT_EQ(guest_peek(f), 6u);
	gicr_write(f, SGI + 0x100, 4, 0x800000);
	EXPECT_EQ(guest_peek(f), 8u);
	EXPECT_EQ(note(f, 6), 23u);
	/* by its line: the VMM's */
	forget(f);
	ASSERT_OK(axv_inject_irq(V, 20 | LEVEL));
	EXPECT_EQ(gicr_read(f, SGI + 0x200, 4), 1u << 20);
	/* a line that is up cannot be taken away */
	gicr_write(f, SGI + 0x280, 4, 1u << 20);
	EXPECT_EQ(gicr_read(f, SGI + 0x200, 4), 1u << 20);
	guest_take(f, 2, 20 | LEVEL);
	EXPECT_EQ(note(f, 2), 20u);
	ASSERT_OK(axv_inject_irq(V, 20 | LEVEL));
	gicr_write(f, SGI + 0x180, 4, 1u << 20);
	forget(f);
	EXPECT_EQ(guest_peek(f), 0u);
	ASSERT_OK(axv_inject_irq(V, 20 | LEVEL | CLEAR));
	EXPECT_EQ(gicr_read(f, SGI + 0x200, 4), 0u);
	/* active: it does not come, and goes on being so */
	gicr_write(f, SGI + 0x300, 4, 1u << 21);
	gicr_write(f, SGI + 0x200, 4, 1u << 21);
	EXPECT_EQ(guest_peek(f), 0u);
	EXPECT_EQ(intr_of(V)->active, 1u << 21);
	gicr_write(f, SGI + 0x380, 4, 1u << 21);
	EXPECT_EQ(guest_peek(f), 2u);
}

/* Another CPU's. */
TEST(gicr_other, &none)
{
	struct axv_vcpu v[CPUS];

	cpus_boot(f, v);
	gicr_write(f, SGI + 3 * GUEST_GICR_SIZE + 0x100, 4, 0x30);
	gicr_write(f, SGI + 3 * GUEST_GICR_SIZE + 0x200, 4, 0x20);
	gicr_write(f, SGI + 3 * GUEST_GICR_SIZE + 0x405, 1, 0x48);
	EXPECT_EQ(intr_of(&v[3])->enabled, 0x30u);
	EXPECT_EQ(intr_of(&v[3])->pending, 0x20u);
	EXPECT_EQ(intr_of(&v[3])->priority[5], 0x48);
	EXPECT_EQ(intr_of(V)->enabled, 0u);
	axv_vcpu_close(&v[3]);
	axt_goto(V, SYM(load4), 0);
	ASSERT_OK(axv_set_gpr(V, 1, RD + 3 * GUEST_GICR_SIZE));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
}

/* ---- state ------------------------------------------------------------------------------- */

/* What is pending and active goes to another vCPU, and goes on there. */
TEST(move, &none)
{
	struct axvcpu_arm64_intr saved;
	struct axv_vcpu other;
	unsigned int i;

	cpu_boot(f);
	enable(V, 0x10);
	for (i = 0; i < 10; i++)
		ASSERT_OK(axv_inject_irq(V, IRQ(40 + i, 0x40 + 8 * i) | (i == 3 ? LEVEL : 0)));
	guest_do(f, SYM(sgi1), 4ull << 24 | 1, 0);
	guest_do(f, SYM(pmr), 0xf0, 0);
	saved = *(struct axvcpu_arm64_intr *)intr_of(V);
	EXPECT_EQ(saved.nr_spis, 10u);
	EXPECT_EQ(saved.pending, 0x10u);
	EXPECT_EQ(saved.vmcr >> 24, 0xf0u);

	cpu_new(f, 1, 1, &other);
	*(struct axvcpu_arm64_intr *)&other.run->regs.arm64.intr = saved;
	ASSERT_OK(axv_sync(&other, AXVCPU_REGS_INTR, AXVCPU_REGS_INTR));
	EXPECT_EQ(memcmp((void *)&other.run->regs.arm64.intr, &saved, sizeof(saved)), 0);
	ASSERT_OK(axv_unbind(V));
	f->v = other;
	f->exit = &V->run->exit;
	ASSERT_OK(axv_bind(V));
	want(V, AXVCPU_REGS_GPR);
	/* its own CPU interface, as it was committed */
	ASSERT_OK(axv_inject_irq(V, 43 | LEVEL | CLEAR));
	ASSERT_SYNC(f);
	ASSERT_OK(axv_set_gpr(V, 22, NOTES));
	guest_run(f, 20, 0);
	EXPECT_EQ(note(f, 0), 4u);
	for (i = 0; i < 9; i++)
		EXPECT_EQ(note(f, 2 * (i + 1)), 40 + i + (i >= 3));
}

static const struct bad {
	const char *name;
	size_t at;
	uint32_t value;
} bads[] = {
	{ "vmcr", offsetof(struct axvcpu_arm64_intr, vmcr), 1u << 10 },
	{ "vmcr_high", offsetof(struct axvcpu_arm64_intr, vmcr) + 4, 1 },
	{ "both_groups", offsetof(struct axvcpu_arm64_intr, ap0r), 0x10 },
	{ "nr_spis", offsetof(struct axvcpu_arm64_intr, nr_spis), 129 },
	{ "spi_twice", offsetof(struct axvcpu_arm64_intr, spi), 41 | AXVCPU_ARM64_IRQ_ACTIVE },
	{ "spi_sgi", offsetof(struct axvcpu_arm64_intr, spi), 5 },
	{ "spi_bits", offsetof(struct axvcpu_arm64_intr, spi), 40 | 1u << 31 },
	{ "lpi_active", offsetof(struct axvcpu_arm64_intr, spi), 8192 | AXVCPU_ARM64_IRQ_ACTIVE },
	{ "line", offsetof(struct axvcpu_arm64_intr, flags), AXVCPU_ARM64_INTR_LINE },
	{ "serror", offsetof(struct axvcpu_arm64_intr, serror), 1 },
	{ "reserved", offsetof(struct axvcpu_arm64_intr, reserved) + 24, 1 },
	{ "reserved1", offsetof(struct axvcpu_arm64_intr, reserved1), 1 },
};

TEST_ROWS(bad_group, bads, ARRAY_SIZE(bads), &none)
{
	struct axvcpu_arm64_intr good, now;
	const struct bad *b = arg;

	cpu_boot(f);
	good = *(struct axvcpu_arm64_intr *)intr_of(V);
	good.ap1r[0] = 0x10;
	good.nr_spis = 2;
	good.spi[0] = 40 | AXVCPU_ARM64_IRQ_PENDING;
	good.spi[1] = 41 | AXVCPU_ARM64_IRQ_PENDING;
	*(struct axvcpu_arm64_intr *)&f->regs->intr = good;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	*(volatile uint32_t *)((char *)&f->regs->intr + b->at) = b->value;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_INTR, 0));
	now = *(struct axvcpu_arm64_intr *)intr_of(V);
	EXPECT_EQ(memcmp(&now, &good, sizeof(now)), 0);
}

/* ---- without list registers ---------------------------------------------------------------- */

static const struct axt_config line = { GUEST(gic), .entry = SYM(line) };

/* The IRQ line is all that a host with an older GIC can give: up until it is taken back. */
TEST(line, &line)
{
	if (f->dev.info.arch_features & AXVCPU_ARM64_FEAT_GICV3)
		axt_skip("the host has list registers");
	EXPECT_ERR(EINVAL, axv_inject_irq(V, 1));
	EXPECT_ERR(EINVAL, axv_inject_irq(V, 40));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0 | CLEAR));
	ASSERT_SYNC(f);
	ASSERT_OK(axv_inject_irq(V, 0));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0));
	EXPECT_EQ(intr_of(V)->flags & AXVCPU_ARM64_INTR_LINE, AXVCPU_ARM64_INTR_LINE);
	/* again and again */
	for (unsigned int i = 0; i < 3; i++) {
		guest_go_on(f);
		EXPECT_EQ(axt_synced(f->exit), 0x11u);
	}
	ASSERT_OK(axv_inject_irq(V, 0 | CLEAR));
	guest_go_on(f);
	EXPECT_EQ(axt_synced(f->exit), 2u);
	/* and it ends WFI */
	V->run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	axv_fulfil(V, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	ASSERT_OK(axv_inject_irq(V, 0));
	axv_retry(V);
	ASSERT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 0x11u);
	/* by commit, too */
	intr_of(V)->flags &= ~AXVCPU_ARM64_INTR_LINE;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	/* it was taken in the place of WFI, which is next */
	axv_fulfil(V, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	guest_go_on(f);
	EXPECT_EQ(axt_synced(f->exit), 3u);
}
