// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of a RISC-V guest and of the host beside it: what the VMM commits is what
 * the guest has, what the guest has is what the VMM fetches, no exit and no host
 * interrupt changes any of it, and the host's own come back. General registers, FP,
 * vectors, S-mode CSRs; with KVM's module loaded.
 *
 * rig: timeout=300 kvm arch=riscv machine=virt,nov
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/hostile.h"
#include "common/riscv_state.h"
#include "common/around.h"
#include "guest/riscv/state.h"

DECLARE_GUEST(state);
DECLARE_GUEST_SYM(state, done);
DECLARE_GUEST_SYM(state, dump);
DECLARE_GUEST_SYM(state, load);
DECLARE_GUEST_SYM(state, loaded);
DECLARE_GUEST_SYM(state, guard);
DECLARE_GUEST_SYM(state, scribble);
DECLARE_AROUND(state, hypercall);
DECLARE_AROUND(state, write);
DECLARE_AROUND(state, read);
DECLARE_AROUND(state, memory);
DECLARE_AROUND(state, halt);
DECLARE_AROUND(state, csr);
DECLARE_AROUND(state, float);
DECLARE_AROUND(state, spin);

#define SYM(label)	GUEST_SYM(state, label)

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

/* ---- patterns ------------------------------------------------------------------------- */

/* Bytes of a vector register of a guest's. */
static uint32_t vlenb(struct axt *f)
{
	struct axvcpu_riscv_fp *fp = f->v.fp;

	if (!(f->dev.info.arch_features & AXVCPU_RISCV_FEAT_V))
		return 0;
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_FP));
	ASSERT_LE(fp->vlenb, 128u);
	return fp->vlenb;
}

/* Area @nr: what is to be loaded. */
static void fill(struct axt *f, unsigned int nr, unsigned int seed)
{
	state_fill(AREA(f, nr), seed, vlenb(f), GUEST_SYM(state, done));
}

/* What the guest has put into memory is what it had loaded. */
static void expect_dump(struct axt *f, unsigned int nr)
{
	unsigned int i, len = *(uint64_t *)(AREA(f, nr) + STATE_VLENB);

	for (i = 0; i < STATE_WORDS; i++) {
		if (!len && i >= STATE_VSTART)
			break;
		axt_context("word %u", i);
		EXPECT_EQ(DUMP(f, nr)[i], LOAD(f, nr)[i]);
	}
	axt_context(NULL);
	EXPECT_TRUE(!memcmp(AREA(f, nr) + STATE_LOAD_V, AREA(f, nr) + STATE_DUMP_V, 32 * len));
}

static void go(struct axt *f, const struct axv_vcpu *v, uint64_t at, unsigned int nr)
{
	ASSERT_OK(axv_set_entry(v, at));
	ASSERT_OK(axv_set_gpr(v, S0, STATE_AREA + nr * STATE_SIZE));
	(void)f;
}

/* ---- the register groups ------------------------------------------------------------------- */

/* Committed by the VMM, told by the guest. */
static void commit(struct axt *f, unsigned int seed)
{
	volatile struct axvcpu_riscv_regs *r = f->regs;
	struct axvcpu_riscv_fp *fp = f->v.fp;
	const uint64_t *p = LOAD(f, 0);
	unsigned int i, len;

	fill(f, 0, seed);
	len = *(uint64_t *)(AREA(f, 0) + STATE_VLENB);
	/* no exit is pending any more */
	ASSERT_OK(axv_set_entry(&f->v, SYM(dump)));
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	for (i = 1; i < 32; i++)
		r->gpr.x[i] = i == 8 ? STATE_AREA : p[STATE_X + i];
	r->gpr.pc = SYM(dump);
	r->control.sstatus |= SSTATUS_FS | SSTATUS_VS;
	r->control.sscratch = p[STATE_SSCRATCH];
	r->control.sepc = p[STATE_SEPC];
	r->control.scause = p[STATE_SCAUSE];
	r->control.stval = p[STATE_STVAL];
	r->control.stvec = p[STATE_STVEC];
	r->control.scounteren = p[STATE_COUNTEREN];
	memcpy(fp->f, &p[STATE_F], sizeof(fp->f));
	fp->fcsr = p[STATE_FCSR];
	fp->vstart = p[STATE_VSTART];
	fp->vl = p[STATE_VL];
	fp->vtype = p[STATE_VTYPE];
	fp->vcsr = p[STATE_VCSR];
	memcpy(fp + 1, AREA(f, 0) + STATE_LOAD_V, 32 * len);
	f->v.run->entry.commit = AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL | AXVCPU_REGS_FP;
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->v.run->entry.commit, 0u);
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
	volatile struct axvcpu_riscv_regs *r = f->regs;
	struct axvcpu_riscv_fp *fp = f->v.fp;
	uint64_t *p = LOAD(f, 0);
	unsigned int i, len;

	fill(f, 0, seed);
	len = *(uint64_t *)(AREA(f, 0) + STATE_VLENB);
	p[STATE_X + A7] = AXVCPU_RISCV_SBI_HVC;
	go(f, &f->v, SYM(load), 0);
	want(&f->v, AXVCPU_REGS_ALL);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(loaded));
	EXPECT_EQ(f->exit->hypercall.nr, p[STATE_X + A6]);
	EXPECT_EQ(f->exit->cached, (uint32_t)AXVCPU_REGS_ALL);
	for (i = 0; i < 32; i++) {
		axt_context("register %u", i);
		EXPECT_EQ(r->gpr.x[i], i == 8 ? STATE_AREA : p[STATE_X + i]);
		EXPECT_EQ(fp->f[i], p[STATE_F + i]);
	}
	axt_context(NULL);
	EXPECT_EQ(r->gpr.pc, SYM(loaded));
	EXPECT_EQ(r->gpr.mode, (uint64_t)AXVCPU_RISCV_MODE_S);
	EXPECT_EQ(r->control.sscratch, p[STATE_SSCRATCH]);
	EXPECT_EQ(r->control.sepc, p[STATE_SEPC]);
	EXPECT_EQ(r->control.scause, p[STATE_SCAUSE]);
	EXPECT_EQ(r->control.stval, p[STATE_STVAL]);
	EXPECT_EQ(r->control.stvec, p[STATE_STVEC]);
	EXPECT_EQ(r->control.scounteren, p[STATE_COUNTEREN]);
	EXPECT_EQ(r->control.satp, (uint64_t)AXT_SATP);
	EXPECT_EQ(fp->fcsr, p[STATE_FCSR]);
	EXPECT_EQ(fp->vlenb, len);
	if (len) {
		EXPECT_EQ(fp->vstart, p[STATE_VSTART]);
		EXPECT_EQ(fp->vl, p[STATE_VL]);
		EXPECT_EQ(fp->vtype, p[STATE_VTYPE]);
		EXPECT_EQ(fp->vcsr, p[STATE_VCSR]);
		EXPECT_TRUE(!memcmp(fp + 1, AREA(f, 0) + STATE_LOAD_V, 32 * len));
	}
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
	AROUND(state, csr, AXVCPU_EXIT_SYSREG_WRITE, 0),
	AROUND(state, float, AXVCPU_EXIT_MMIO_WRITE, GUEST_MMIO),
	AROUND(state, spin, AXVCPU_EXIT_STOPPED, 0),
};

static void around(struct axt *f, const struct around *row, unsigned int seed)
{
	uint64_t *p = LOAD(f, 0);

	fill(f, 0, seed);
	p[STATE_X + A7] = AXVCPU_RISCV_SBI_HVC;
	if (row->addr)
		p[STATE_X + A1] = row->addr;
	if (!row->reason)
		GUEST_MEM(f, row->addr, uint64_t) = p[STATE_X + A2];
	go(f, &f->v, row->from, 0);
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	if (row->reason) {
		around_run(f, row->at);
		ASSERT_EQ(f->exit->reason, row->reason);
		EXPECT_EQ(f->exit->pc, row->at);
		around_host(seed);
		around_answer(f, row, p[STATE_X + A2]);
	}
	around_run(f, 0);
	ASSERT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
	expect_dump(f, 0);
}

TEST_ROWS(around, arounds, ARRAY_SIZE(arounds), &config)
{
	const struct axvcpu_filter_range csr = {
		0x5c0, 0x5c0, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	const struct around *row = arg;
	struct stopper s;

	ASSERT_OK(axv_set_msr_filter(f->vm, &csr, 1));
	if (row->reason == AXVCPU_EXIT_STOPPED)
		stopper_start(&s, &f->v, 5);
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
		go(f, &guards[i].v, SYM(guard), i);
		guards[i].rounds = (uint64_t *)(AREA(f, i) + STATE_ROUNDS);
	}
	guards_run(f, guards, ARRAY_SIZE(guards), 20, expect_dump);
}

/* ---- interrupts -------------------------------------------------------------------------------- */

/* This thread, and those that it starts; -1: on any. */
static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* One RUN among interrupts of the host's, and lines that go up and down. */
static void run_interrupted(struct guard *g)
{
	const unsigned int line = AXVCPU_RISCV_IRQ_SOFT;
	uint64_t least = *g->rounds + 50;
	struct interrupter other;
	unsigned int i;

	on_cpu(0);
	interrupter_start(&other);
	on_cpu(1);
	axt_thread_start(&g->thread, axt_run_once, &g->v);
	on_cpu(-1);
	WAIT_UNTIL(*g->rounds >= least - 49 || g->thread.done);
	for (i = 0; i < 200 && !g->thread.done; i++) {
		EXPECT_OK(axv_inject_irq(&g->v, line));
		EXPECT_OK(axv_inject_irq(&g->v, line | AXVCPU_INTERRUPT_CLEAR));
	}
	WAIT_UNTIL((*g->rounds >= least && interrupter_times(&other) >= 500) || g->thread.done);
	EXPECT_OK(axv_kick(&g->v));
	EXPECT_OK(axt_thread_join(&g->thread));
	interrupter_stop(&other);
}

/*
 * The host's interrupts come one after the other: the guest is left and entered again within
 * one RUN, and all of it stays what it was.
 */
TEST_TIMEOUT(interrupted, &unbound, 60)
{
	const uint64_t begun = now_ns();
	volatile struct axvcpu_run *run;
	unsigned int runs = 0;
	struct guard g;

	if (axt_cpus() < 2)
		axt_skip("one CPU only: nobody can interrupt the guest");
	fill(f, 0, 23);
	axt_add_vcpu(f, 1, &unbound, &g.v);
	go(f, &g.v, SYM(guard), 0);
	run = g.v.run;
	g.rounds = (uint64_t *)(AREA(f, 0) + STATE_ROUNDS);
	*g.rounds = 0;
	/* on a busy machine many find the thread on its way, or on no CPU */
	do {
		run_interrupted(&g);
		EXPECT_EQ(run->exit.reason, (uint32_t)AXVCPU_EXIT_STOPPED);
		if (run->exit.reason != AXVCPU_EXIT_STOPPED)
			expect_dump(f, 0);
	} while (run->counters.entries < 1000 && ++runs < 50 && !axt_failures());
	EXPECT_GE(run->counters.entries, 1000);
	EXPECT_LE(run->counters.guest_ns, now_ns() - begun);
	axt_diag("%llu rounds, %llu entries, %u runs", (unsigned long long)*g.rounds,
		 (unsigned long long)run->counters.entries, runs + 1);
}

/* ---- a crowd ------------------------------------------------------------------------------------ */

#define CROWD	8

struct holder {
	struct axt_thread thread;
	unsigned int seed;
	unsigned int over;
	unsigned int rounds;
	struct host_fp in;
	struct host_fp out;
};

/* Its registers are its own in user space for a while, and go with it into the kernel. */
static long hold(void *arg)
{
	struct holder *h = arg;

	while (!__atomic_load_n(&h->over, __ATOMIC_SEQ_CST)) {
		host_fp_fill(&h->in, h->seed + 16 * h->rounds);
		host_fp_hold(&h->in, &h->out, 20000, SYS_getppid);
		if (!host_fp_same(&h->in, &h->out))
			return -EBADMSG;
		__atomic_add_fetch(&h->rounds, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

/*
 * Many threads of the host that use F, D and V all the time, on the CPUs of two guests
 * that do: every switch between any two is one between two owners of the registers.
 */
TEST_TIMEOUT(crowded, &unbound, 90)
{
	static struct holder h[CROWD];
	struct axt_thread t[2];
	struct axv_vcpu v[2];
	unsigned int i, least = ~0u;

	for (i = 0; i < 2; i++) {
		fill(f, i, 17 * i + 9);
		axt_add_vcpu(f, 1 + i, &unbound, &v[i]);
		go(f, &v[i], SYM(guard), i);
	}
	for (i = 0; i < CROWD; i++) {
		h[i].seed = i;
		axt_thread_start(&h[i].thread, hold, &h[i]);
	}
	for (i = 0; i < 2; i++)
		axt_thread_start(&t[i], guard_thread, &v[i]);
	axt_sleep_ms(1500);
	for (i = 0; i < 2; i++) {
		volatile uint64_t *n = (uint64_t *)(AREA(f, i) + STATE_ROUNDS);

		WAIT_UNTIL(*n >= 20 || t[i].done);
		EXPECT_OK(axv_kick(&v[i]));
		EXPECT_OK(axt_thread_join(&t[i]));
		EXPECT_EQ(v[i].run->exit.reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	}
	for (i = 0; i < CROWD; i++) {
		WAIT_UNTIL(__atomic_load_n(&h[i].rounds, __ATOMIC_SEQ_CST) >= 20 || h[i].thread.done);
		__atomic_store_n(&h[i].over, 1, __ATOMIC_SEQ_CST);
		axt_context("thread %u", i);
		EXPECT_OK(axt_thread_join(&h[i].thread));
		least = h[i].rounds < least ? h[i].rounds : least;
	}
	axt_context(NULL);
	axt_diag("%u rounds of each thread at least", least);
}

/* ---- the host's ----------------------------------------------------------------------------------- */

static uint64_t read_time(void)
{
	uint64_t t;

	asm volatile("rdtime %0" : "=r" (t));
	return t;
}

/* RUN of a guest that has changed all it can: this thread's registers are its own. */
TEST(host, &config)
{
	struct host_fp in, out;
	unsigned int seed, i;
	uint64_t before;

	for (seed = 0; seed < 50; seed++) {
		fill(f, 0, 100 + seed);
		LOAD(f, 0)[STATE_COUNTEREN] = 0;
		go(f, &f->v, SYM(scribble), 0);
		before = read_time();
		host_fp_fill(&in, seed);
		host_fp_call(&in, &out, SYS_ioctl, f->v.fd, AXVCPU_RUN, 0);
		ASSERT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
		/* vectors do not live across a system call */
		out.vlenb = 0;
		if (!host_fp_same(&in, &out))
			break;
		/* the guest has no counters in U-mode now, and that is its own affair */
		EXPECT_GE(read_time(), before);
		for (i = 0; i < 32; i++)
			EXPECT_EQ(out.f[i], in.f[i]);
	}
}
