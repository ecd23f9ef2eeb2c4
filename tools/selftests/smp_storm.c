// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of many vCPUs: started, interrupted by each other, stopped and started again,
 * with exact counts; paused and resumed; halted for nothing; and 64 of them.
 *
 * Where the kernel starts and stops vCPUs and sends IPIs for the guest (RISC-V: by SBI)
 * it is tried with that, and with all that can be the VMM's left to the VMM.
 *
 * rig: timeout=600 smp=4
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "axvtest.h"
#include "guest/smp.h"

DECLARE_GUEST(smp);
DECLARE_GUEST_SYM(smp, boot);
DECLARE_GUEST_SYM(smp, secondary);
DECLARE_GUEST_SYM(smp, storm);
DECLARE_GUEST_SYM(smp, irq);
DECLARE_GUEST_SYM(smp, count);
DECLARE_GUEST_SYM(smp, hello);
DECLARE_GUEST_SYM(smp, idle);

#define CPUS		4
#define ROUNDS		100
#define IPIS		3000	/* of each vCPU */
#define MANY		64

#define BLOCK(id)	(SMP_BLOCKS + (id) * SMP_BLOCK_SIZE)
#define WORD(m, id, w)	GUEST_MEM((m)->f, BLOCK(id) + (w), uint32_t)
#define ALL(m, w)	GUEST_MEM((m)->f, w, uint32_t)

#define SMP_CONFIG(_flags)			\
	{					\
		.stage = AXT_NO_VCPU,		\
		.vm_flags = _flags,		\
		.start = AXT_START_PAGED,	\
		GUEST(smp),			\
	}

static const struct axt_config by_exits = SMP_CONFIG(0);
#ifndef __x86_64__
static const struct axt_config by_kernel = SMP_CONFIG(AXVCPU_VM_KERNEL_START);
#endif

/**
 * struct machine - a VM of several vCPUs, each with a thread
 * @f: the fixture
 * @cpu: the vCPUs
 * @nr: how many
 * @end: the next stop is the last
 * @starts: START events that were taken
 * @stops: exits that said a vCPU had stopped
 * @ipis: interrupts that the VMM was asked for
 * @again: of them, those that found one pending
 */
struct machine {
	struct axt *f;
	struct cpu {
		struct machine *m;
		unsigned int id;
		struct axv_vcpu v;
		struct axt_thread thread;
		unsigned int stops;
	} cpu[MANY];
	unsigned int nr;
	bool end;
	unsigned int starts, stops, ipis, again;
};

#define bump(p)	__atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST)
#define get(p)	__atomic_load_n(p, __ATOMIC_SEQ_CST)

/* ---- the VMM ------------------------------------------------------------------------ */

/* Set up to start at @entry at once, or where its START event says. */
static void set_up(struct cpu *c, uint64_t entry)
{
	struct axvcpu_setup s = axt_setup_args(c->m->f->s2, c->m->f->config);

	s.entry = entry ? entry : GUEST_CODE;
	s.flags = entry ? AXVCPU_SETUP_RUNNABLE : 0;
	ASSERT_OK(axv_setup(&c->v, &s));
	/* where the guest does not know by itself which one it is */
	ASSERT_OK(axv_set_gpr(&c->v, AXT_SECOND, BLOCK(c->id)));
	axt_ipis_on(&c->v);
	if (entry == GUEST_SYM(smp, count))
		axt_let_spin(&c->v);
}

/* vCPU @id is to start. Its thread may still be about to make it ready for that. */
static void start(struct machine *m, unsigned int id, uint64_t entry)
{
	struct axvcpu_inject_event e = { .kind = AXVCPU_EVENT_START, .payload = entry };
	uint64_t end = axt_now_ms() + 10000 * axt_slow();
	int r;

	while ((r = axv_inject_event(&m->cpu[id].v, &e)) == -EINVAL || r == -EBADFD) {
		ASSERT_LE(axt_now_ms(), end);
		sched_yield();
	}
	ASSERT_EQ(r, 0);
	bump(&m->starts);
}

static void send(struct machine *m, unsigned int id)
{
	int r = axv_inject_irq(&m->cpu[id].v, AXT_IRQ);

	bump(&m->ipis);
	if (r == -EAGAIN)
		bump(&m->again);
	else
		ASSERT_EQ(r, 0);
}

/* It has stopped: as new, until it is started again. */
static void stopped(struct cpu *c)
{
	bump(&c->m->stops);
	ASSERT_OK(axv_reset(&c->v));
	set_up(c, 0);
	ASSERT_OK(axv_bind(&c->v));
}

/* false: the thread is to end */
static bool take_exit(struct cpu *c)
{
	volatile struct axvcpu_exit *x = &c->v.run->exit;
	struct machine *m = c->m;
	char text[200];

	switch (x->reason) {
	case AXVCPU_EXIT_STOPPED:
		return !get(&m->end);
	case AXVCPU_EXIT_CPU_UP:
		ASSERT_LE(x->cpu_up.target, m->nr - 1);
		start(m, x->cpu_up.target, x->cpu_up.entry);
		axv_fulfil(&c->v, 0);
		return true;
	case AXVCPU_EXIT_CPU_DOWN:
		/* the VMM may as well leave it at that: it waits to be started again */
		if (bump(&c->stops) % 2) {
			bump(&m->stops);
			axv_fulfil(&c->v, 0);
		} else {
			stopped(c);
		}
		return true;
	case AXVCPU_EXIT_HYPERCALL:
		switch (x->hypercall.nr) {
		case SMP_CALL_START:
			start(m, x->hypercall.args[0], x->hypercall.args[1]);
			axv_fulfil(&c->v, 0);
			return true;
		case SMP_CALL_IPI:
			send(m, x->hypercall.args[0]);
			axv_fulfil(&c->v, 0);
			return true;
		case SMP_CALL_STOP:
			stopped(c);
			return true;
		case SMP_CALL_DONE:
			return false;
		}
	}
	axt_fail(__FILE__, __LINE__, "vCPU %u: %s", c->id,
		 axv_exit_str(&c->v.run->exit, text, sizeof(text)));
	return false;
}

static long run_cpu(void *arg)
{
	struct cpu *c = arg;
	int r = axv_bind(&c->v);

	while (!r) {
		r = axv_run(&c->v);
		if (!r && !take_exit(c))
			break;
	}
	return r;
}

/* @nr vCPUs of which the first @at_once start at @entry, and their threads. */
static void boot_machine(struct machine *m, struct axt *f, unsigned int nr, uint64_t entry,
			 unsigned int at_once)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->f = f;
	m->nr = nr;
	axt_irq_handler(f->ram, f->config->start, GUEST_SYM(smp, irq));
	ALL(m, SMP_CPUS) = nr;
	for (i = 0; i < nr; i++) {
		struct cpu *c = &m->cpu[i];

		c->m = m;
		c->id = i;
		ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, i, &c->v));
		set_up(c, i < at_once ? entry : 0);
	}
	/* the first one last: the others are there when it looks for them */
	for (i = nr; i--;)
		axt_thread_start(&m->cpu[i].thread, run_cpu, &m->cpu[i]);
}

static void end_machine(struct machine *m, unsigned int from)
{
	__atomic_store_n(&m->end, true, __ATOMIC_SEQ_CST);
	for (unsigned int i = from; i < m->nr; i++)
		EXPECT_OK(axv_kick(&m->cpu[i].v));
	for (unsigned int i = from; i < m->nr; i++)
		EXPECT_OK(axt_thread_join(&m->cpu[i].thread));
}

/* ---- start, IPI, stop -------------------------------------------------------------------- */

static struct machine machine;

/*
 * In each round vCPU 0 starts the others, sends each of them a few IPIs, every one when
 * all have had the one before, and has them stop. No start, IPI or stop is lost, none
 * comes twice: the guest would wait for ever, or count wrongly.
 */
static void rounds(struct axt *f, bool kernel)
{
	unsigned int n = ROUNDS / axt_slow(), others = CPUS - 1, i;
	struct machine *m = &machine;
	uint64_t start = axt_now_ms();

	ALL(&(struct machine) { .f = f }, SMP_ROUNDS) = n;
	boot_machine(m, f, CPUS, GUEST_SYM(smp, boot), 1);
	EXPECT_OK(axt_thread_join(&m->cpu[0].thread));
	EXPECT_EQ(m->cpu[0].v.run->exit.hypercall.nr, (uint64_t)SMP_CALL_DONE);
	if (!kernel)
		WAIT_UNTIL(get(&m->stops) == n * others);
	end_machine(m, 1);
	for (i = 1; i < CPUS; i++) {
		axt_context("vCPU %u", i);
		EXPECT_EQ(WORD(m, i, SMP_STARTS), n);
		EXPECT_EQ(WORD(m, i, SMP_IPIS), n * (SMP_IPIS_A_ROUND + 1));
	}
	axt_context(NULL);
	EXPECT_EQ(m->starts, kernel ? 0 : n * others);
	EXPECT_EQ(m->stops, kernel ? 0 : n * others);
	if (kernel) {
		for (i = 0; i < CPUS; i++) {
			EXPECT_EQ(m->cpu[i].v.run->counters.exits[AXVCPU_EXIT_CPU_UP], 0u);
			EXPECT_EQ(m->cpu[i].v.run->counters.exits[AXVCPU_EXIT_CPU_DOWN], 0u);
		}
	}
	axt_diag("%u rounds of %u starts, %u IPIs and %u stops in %llu ms", n, others,
		 others * (SMP_IPIS_A_ROUND + 1), others,
		 (unsigned long long)(axt_now_ms() - start));
}

TEST_TIMEOUT(start_and_stop, &by_exits, 120)
{
	rounds(f, false);
}

#ifndef __x86_64__
TEST_TIMEOUT(start_and_stop_in_the_kernel, &by_kernel, 120)
{
	rounds(f, true);
}
#endif

/* ---- IPIs from each to each ------------------------------------------------------------ */

static uint32_t sum(struct machine *m, unsigned int word)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < m->nr; i++)
		n += *(volatile uint32_t *)(m->f->ram + BLOCK(i) + word);
	return n;
}

/* Every IPI is noted before it is sent; the handlers find all that was noted. */
static void ipi_storm(struct axt *f, bool paused)
{
	unsigned int n = IPIS / axt_slow(), i, pauses = 0;
	struct machine *m = &machine;
	uint64_t start = axt_now_ms();

	axt_need_irqs(f);
	boot_machine(m, f, CPUS, GUEST_SYM(smp, storm), CPUS);
	ALL(m, SMP_ROUNDS) = n;
	WAIT_UNTIL(sum(m, SMP_READY) == CPUS);
	ALL(m, SMP_GO) = 1;
	for (; paused && sum(m, SMP_SENT) < CPUS * n && !axt_failures(); pauses++) {
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
		axt_sleep_ms(1);
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
		axt_sleep_ms(2);
		ASSERT_LE(axt_now_ms() - start, 60000 * axt_slow());
	}
	/* that takes what time they get, of a busy machine's processors */
	while (sum(m, SMP_SENT) < CPUS * n && axt_now_ms() - start < 60000 * axt_slow())
		axt_sleep_ms(1);
	for (i = 0; i < CPUS; i++)
		EXPECT_EQ(WORD(m, i, SMP_SENT), n);
	WAIT_UNTIL(sum(m, SMP_TAKEN) == CPUS * n);
	/* and none that nobody has sent */
	axt_sleep_ms(20);
	EXPECT_EQ(sum(m, SMP_TAKEN), CPUS * n);
	EXPECT_EQ(sum(m, SMP_POSTED), 0u);
	EXPECT_LE(sum(m, SMP_IPIS), CPUS * n);
	end_machine(m, 0);
	axt_diag("%u IPIs of each of %u vCPUs in %llu ms, taken in %u interrupts; %u by the VMM, %u pending already; %u pauses",
		 n, CPUS, (unsigned long long)(axt_now_ms() - start), sum(m, SMP_IPIS), m->ipis,
		 m->again, pauses);
}

TEST_TIMEOUT(ipis, &by_exits, 120)
{
	ipi_storm(f, false);
}

TEST_TIMEOUT(ipis_and_pauses, &by_exits, 120)
{
	ipi_storm(f, true);
}

/* ---- pauses ------------------------------------------------------------------------------- */

/* When PAUSE returns none of them moves; after RESUME all do. */
TEST_TIMEOUT(pauses, &by_exits, 120)
{
	struct machine *m = &machine;
	uint32_t seen[CPUS];
	unsigned int i, lap;

	boot_machine(m, f, CPUS, GUEST_SYM(smp, count), CPUS);
	for (lap = 0; lap < 100 / axt_slow() && !axt_failures(); lap++) {
		axt_context("lap %u", lap);
		for (i = 0; i < CPUS; i++)
			seen[i] = WORD(m, i, SMP_COUNT);
		for (i = 0; i < CPUS; i++)
			WAIT_UNTIL(WORD(m, i, SMP_COUNT) != seen[i]);
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
		for (i = 0; i < CPUS; i++)
			seen[i] = WORD(m, i, SMP_COUNT);
		axt_sleep_ms(lap % 10 ? 1 : 30);
		for (i = 0; i < CPUS; i++)
			EXPECT_EQ(WORD(m, i, SMP_COUNT), seen[i]);
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
	}
	axt_context(NULL);
	end_machine(m, 0);
}

/* ---- halted -------------------------------------------------------------------------------- */

static uint64_t cpu_time_us(struct cpu *c)
{
	struct timespec t;
	clockid_t clock;

	ASSERT_EQ(pthread_getcpuclockid(c->thread.id, &clock), 0);
	ASSERT_EQ(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/* A vCPU that waits is not entered, and its thread takes no time of the host's. */
TEST_TIMEOUT(halted_for_nothing, &by_exits, 60)
{
	struct {
		uint64_t entries, ns, us;
	} was[CPUS];
	struct machine *m = &machine;
	unsigned int i, lap;

	boot_machine(m, f, CPUS, GUEST_SYM(smp, idle), CPUS);
	for (i = 0; i < CPUS; i++) {
		WAIT_UNTIL(WORD(m, i, SMP_READY) == 1);
		ASSERT_TRUE(WAIT_STATE(&m->cpu[i].v, BLOCKED));
	}
	/* what was going on the way there is over */
	axt_sleep_ms(50);
	for (i = 0; i < CPUS; i++) {
		was[i].entries = m->cpu[i].v.run->counters.entries;
		was[i].ns = m->cpu[i].v.run->counters.guest_ns;
		was[i].us = cpu_time_us(&m->cpu[i]);
	}
	axt_sleep_ms(500);
	for (i = 0; i < CPUS; i++) {
		axt_context("vCPU %u", i);
		EXPECT_EQ(m->cpu[i].v.run->counters.entries, was[i].entries);
		EXPECT_EQ(m->cpu[i].v.run->counters.guest_ns, was[i].ns);
		EXPECT_EQ(cpu_time_us(&m->cpu[i]), was[i].us);
		EXPECT_EQ(WORD(m, i, SMP_COUNT), 0u);
		EXPECT_STATE(&m->cpu[i].v, BLOCKED);
	}
	axt_context(NULL);
	/* one of them is woken, and no other */
	for (lap = 1; lap <= 10; lap++) {
		for (i = 0; i < CPUS; i++) {
			axt_context("lap %u vCPU %u", lap, i);
			send(m, i);
			WAIT_UNTIL(WORD(m, i, SMP_COUNT) == lap);
			EXPECT_EQ(sum(m, SMP_COUNT), (lap - 1) * CPUS + i + 1);
		}
	}
	axt_context(NULL);
	EXPECT_EQ(sum(m, SMP_IPIS), 10u * CPUS);
	EXPECT_EQ(m->again, 0u);
	end_machine(m, 0);
}

/* ---- many ------------------------------------------------------------------------------------ */

TEST_TIMEOUT(sixty_four, &by_exits, 120)
{
	struct machine *m = &machine;
	unsigned int i;

	ASSERT_GE(f->dev.info.max_vcpus, MANY);
	boot_machine(m, f, MANY, GUEST_SYM(smp, hello), 1);
	/* only the first one runs by itself */
	WAIT_UNTIL(ALL(m, SMP_CAME) == 1);
	for (i = 1; i < MANY; i++)
		ASSERT_TRUE(WAIT_STATE(&m->cpu[i].v, BLOCKED));
	axt_sleep_ms(20);
	EXPECT_EQ(ALL(m, SMP_CAME), 1u);
	for (i = 1; i < MANY; i++) {
		EXPECT_EQ(m->cpu[i].v.run->counters.entries, 0u);
		start(m, i, GUEST_SYM(smp, hello));
	}
	WAIT_UNTIL(ALL(m, SMP_CAME) == MANY);
	axt_sleep_ms(20);
	EXPECT_EQ(ALL(m, SMP_CAME), (uint32_t)MANY);
	for (i = 0; i < MANY; i++)
		WAIT_STATE(&m->cpu[i].v, BLOCKED);
	end_machine(m, 0);
}
