/* SPDX-License-Identifier: GPL-2.0-only */
/* Machines of vCPUs with IMSICs, for riscv_imsic.c and riscv_imsic_storm.c. */
#ifndef AXV_SELFTEST_RISCV_IMSIC_H
#define AXV_SELFTEST_RISCV_IMSIC_H

#include <sched.h>

#include "axvtest.h"
#include "guest/imsic.h"

DECLARE_GUEST(imsic);
DECLARE_GUEST_SYM(imsic, storm);
DECLARE_GUEST_SYM(imsic, each);
DECLARE_GUEST_SYM(imsic, burst);
DECLARE_GUEST_SYM(imsic, idle);
DECLARE_GUEST_SYM(imsic, idle_as_is);
DECLARE_GUEST_SYM(imsic, busy);
DECLARE_GUEST_SYM(imsic, look);
DECLARE_GUEST_SYM(imsic, set);
DECLARE_GUEST_SYM(imsic, store_1);
DECLARE_GUEST_SYM(imsic, store_2);
DECLARE_GUEST_SYM(imsic, store_4);
DECLARE_GUEST_SYM(imsic, store_8);
DECLARE_GUEST_SYM(imsic, load_1);
DECLARE_GUEST_SYM(imsic, load_4);
DECLARE_GUEST_SYM(imsic, load_8);
DECLARE_GUEST_SYM(imsic, amo);

#define SYM(label)	GUEST_SYM(imsic, label)
#define MAX		16
#define MSI(id)		AXVCPU_RISCV_MSI(id)

static const struct axt_config config = {
	.stage = AXT_NO_VCPU,
	.start = AXT_START_FLAT,
	GUEST(imsic),
};

/**
 * struct machine - vCPUs with IMSICs, most with a thread
 * @f: the fixture
 * @cpu: the vCPUs
 * @nr: how many
 * @pinned: the CPU that the threads begin on, -1: any
 * @last: the exit that ends a thread, besides being stopped or done
 */
static struct machine {
	struct axt *f;
	struct cpu {
		struct machine *m;
		unsigned int id;
		struct axv_vcpu v;
		struct axt_thread thread;
		bool started;
	} cpu[MAX];
	unsigned int nr;
	int pinned;
	uint32_t last;
} machine, *const m = &machine;

#define WORD(id, w)	(*(volatile uint32_t *)(m->f->ram + IMSIC_BLOCK(id) + (w)))
#define ALL(w)		(*(volatile uint32_t *)(m->f->ram + (w)))
#define V(id)		(&m->cpu[id].v)
#define IMSIC(id)	(V(id)->run->regs.riscv.imsic)
#define INTR(id)	(V(id)->run->regs.riscv.intr)

/* ---- machines ------------------------------------------------------------------------------- */

static inline int create(struct axt *f, unsigned int id, uint64_t page, struct axv_vcpu *v)
{
	const struct axvcpu_create_vcpu c = {
		.id = id, .preferred_cpu = -1,
		.arch.riscv = { .hartid = id, .imsic = page },
	};

	return axv_vcpu_create_with(&f->dev, f->vm, &c, v);
}

static inline void need_files(struct axt *f)
{
	struct axv_vcpu v;
	int r;

	if (!(f->dev.info.arch_features & AXVCPU_RISCV_FEAT_IMSIC))
		axt_skip("the harts have no guest interrupt files");
	r = create(f, MAX, IMSIC_PAGE(MAX), &v);
	if (r == -EBUSY)
		axt_skip("the guest interrupt files are KVM's");
	ASSERT_EQ(r, 0);
	axv_vcpu_close(&v);
}

static inline void set_up(unsigned int id, uint64_t entry)
{
	struct axvcpu_setup s = axt_setup_args(m->f->s2, m->f->config);

	s.entry = entry;
	s.flags = AXVCPU_SETUP_RUNNABLE;
	ASSERT_OK(axv_setup(V(id), &s));
}

static inline void make(struct axt *f, unsigned int nr)
{
	need_files(f);
	memset(m, 0, sizeof(*m));
	m->f = f;
	m->nr = nr;
	m->pinned = -1;
	ALL(IMSIC_CPUS) = nr;
	for (unsigned int i = 0; i < nr; i++) {
		m->cpu[i].m = m;
		m->cpu[i].id = i;
		ASSERT_OK(create(f, i, IMSIC_PAGE(i), V(i)));
	}
}

static inline void go_to(int tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(tid, sizeof(set), &set), 0);
}

/* Until it is stopped, or done. */
static inline long run_cpu(void *arg)
{
	struct cpu *c = arg;
	char text[200];
	int r;

	if (m->pinned >= 0)
		go_to(0, m->pinned);
	r = axv_bind(&c->v);
	if (!r)
		r = axv_run(&c->v);
	if (!r && c->v.run->exit.reason != AXVCPU_EXIT_STOPPED &&
	    c->v.run->exit.reason != m->last &&
	    (c->v.run->exit.reason != AXVCPU_EXIT_HYPERCALL ||
	     c->v.run->exit.hypercall.nr != IMSIC_CALL_DONE))
		axt_fail(__FILE__, __LINE__, "vCPU %u: %s", c->id,
			 axv_exit_str(&c->v.run->exit, text, sizeof(text)));
	axv_unbind(&c->v);
	return r;
}

static inline void start(unsigned int id, uint64_t entry)
{
	set_up(id, entry);
	m->cpu[id].started = true;
	axt_thread_start(&m->cpu[id].thread, run_cpu, &m->cpu[id]);
}

static inline void stop(unsigned int id)
{
	if (!m->cpu[id].started)
		return;
	m->cpu[id].started = false;
	EXPECT_OK(axv_kick(V(id)));
	EXPECT_OK(axt_thread_join(&m->cpu[id].thread));
	/* one that was done by itself has been asked in vain */
	V(id)->run->stop = 0;
}

static inline void stop_all(void)
{
	for (unsigned int i = 0; i < m->nr; i++)
		stop(i);
}

static inline uint32_t sum(unsigned int word)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < m->nr; i++)
		n += WORD(i, word);
	return n;
}

/* One vCPU runs here and says that it is done. */
static inline void run_done(unsigned int id, uint64_t entry, uint64_t a1, uint64_t a2)
{
	ASSERT_OK(axv_bind(V(id)));
	axt_goto(V(id), entry, 0);
	ASSERT_OK(axv_set_gpr(V(id), A0, id));
	ASSERT_OK(axv_set_gpr(V(id), A1, a1));
	ASSERT_OK(axv_set_gpr(V(id), A2, a2));
	ASSERT_EXIT_V(V(id), AXVCPU_EXIT_HYPERCALL);
	ASSERT_EQ(V(id)->run->exit.hypercall.nr, (uint64_t)IMSIC_CALL_DONE);
	axt_fetch(V(id));
	ASSERT_OK(axv_unbind(V(id)));
}

static inline void get_file(unsigned int id)
{
	ASSERT_OK(axv_sync(V(id), 0, AXVCPU_REGS_INTR));
	ASSERT_EQ(INTR(id).flags & AXVCPU_RISCV_INTR_IMSIC, AXVCPU_RISCV_INTR_IMSIC);
}

#endif /* AXV_SELFTEST_RISCV_IMSIC_H */
