// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU that runs in a thread of its own: runner.h. */
#include "common/runner.h"

static bool stopping(struct runner *r)
{
	return __atomic_load_n(&r->stop, __ATOMIC_SEQ_CST);
}

static void note_fault(struct runner *r, volatile struct axvcpu_exit *x)
{
	r->reason = x->reason;
	r->flags = 0;
	r->access = 0;
	r->gpa = 0;
	if (x->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT) {
		r->flags = x->npf.flags;
		r->access = x->npf.access;
		r->gpa = x->npf.gpa;
	} else if (x->reason == AXVCPU_EXIT_MMIO_READ || x->reason == AXVCPU_EXIT_MMIO_WRITE) {
		r->gpa = x->mmio.gpa;
	}
	__atomic_add_fetch(&r->faults, 1, __ATOMIC_SEQ_CST);
}

static long run_all_the_time(void *arg)
{
	struct runner *r = arg;
	volatile struct axvcpu_exit *x = r->f->exit;
	unsigned int go;
	int ret;

	ASSERT_OK(axv_bind(&r->f->v));
	for (;;) {
		go = __atomic_load_n(&r->go, __ATOMIC_SEQ_CST);
		ret = axv_run(&r->f->v);
		if (ret == -EINTR) {
			__atomic_add_fetch(&r->signals, 1, __ATOMIC_SEQ_CST);
			continue;
		}
		if (ret < 0 || x->reason == AXVCPU_EXIT_STOPPED)
			break;
		if (x->reason == AXVCPU_EXIT_HYPERCALL) {
			__atomic_store_n(&r->complained, true, __ATOMIC_SEQ_CST);
			break;
		}
		note_fault(r, x);
		do {
			axt_sleep_ms(1);
		} while (__atomic_load_n(&r->go, __ATOMIC_SEQ_CST) == go && !r->patient &&
			 !stopping(r));
		if (stopping(r))
			break;
		axv_retry(&r->f->v);
	}
	ASSERT_OK(axv_unbind(&r->f->v));
	return ret;
}

void runner_continue(struct runner *r, struct axt *f)
{
	*r = (struct runner) { .f = f, .patient = r->patient, .stride = r->stride };
	axt_thread_start(&r->thread, run_all_the_time, r);
}

void runner_start(struct runner *r, struct axt *f, uint64_t at, uint64_t addr, uint64_t pages)
{
	mem_go(&f->v, at, addr, 0);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, pages));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_STRIDE, r->stride ?: AXT_PAGE));
	runner_continue(r, f);
}

void runner_go(struct runner *r)
{
	__atomic_add_fetch(&r->go, 1, __ATOMIC_SEQ_CST);
}

static bool complained(struct runner *r)
{
	return __atomic_load_n(&r->complained, __ATOMIC_SEQ_CST);
}

bool runner_faulted(struct runner *r, unsigned int nr)
{
	WAIT_UNTIL(__atomic_load_n(&r->faults, __ATOMIC_SEQ_CST) == nr || complained(r));
	return r->faults == nr;
}

bool runner_rounds(struct runner *r, unsigned int more)
{
	uint64_t end = ROUNDS(r->f) + more, until = axt_now_ms() + 20000u * axt_slow();

	/* a page may cost it a wait for another processor, which is emulated, too */
	while (ROUNDS(r->f) < end && !complained(r) && axt_now_ms() < until)
		axt_sleep_ms(1);
	WAIT_UNTIL(ROUNDS(r->f) >= end || complained(r));
	return ROUNDS(r->f) >= end && !complained(r);
}

void runner_stop(struct runner *r)
{
	struct axt *f = r->f;

	__atomic_store_n(&r->stop, true, __ATOMIC_SEQ_CST);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&r->thread), 0);
	if (r->complained)
		axt_fail(__FILE__, __LINE__, "the guest read 0x%llx at 0x%llx, not 0x%llx",
			 (unsigned long long)GUEST_MEM(f, GUEST_DATA + 40, uint64_t),
			 (unsigned long long)GUEST_MEM(f, GUEST_DATA + 32, uint64_t),
			 (unsigned long long)GUEST_MEM(f, GUEST_DATA + 48, uint64_t));
}

void tally_check(struct axt *f, const unsigned char *mem, unsigned int pages)
{
	uint64_t rounds = ROUNDS(f), was = rounds + 1, now;
	unsigned int i;

	/* it was stopped somewhere in the middle of a round */
	for (i = 0; i < pages; i++, was = now) {
		now = *(volatile uint64_t *)(mem + i * AXT_PAGE);
		if (now == was || (now == rounds && was == rounds + 1))
			continue;
		axt_fail(__FILE__, __LINE__, "page %u holds %llu in round %llu", i,
			 (unsigned long long)now, (unsigned long long)rounds);
		return;
	}
}
