// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM: pause, resume, stop and restart; the form of port and MSR filters
 * (what they do to a guest is for the tests of exits).
 *
 * rig: timeout=180 smp=2
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, count);
DECLARE_GUEST_SYM(basic, count_other);
DECLARE_GUEST_SYM(basic, halt);

static const struct axt_config ready = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static const struct axt_config counting = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, count),
};

static const struct axt_config halted = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, halt),
};

static long bind_run_thread(void *arg)
{
	int r = axv_bind(arg);

	return r ? r : axv_run(arg);
}

static uint32_t vm_state(struct axt *f)
{
	struct axvcpu_vm_state_info s;

	ASSERT_OK(axv_vm_state(f->vm, &s));
	return s.state;
}

static uint32_t vm_reason(struct axt *f)
{
	struct axvcpu_vm_state_info s;

	ASSERT_OK(axv_vm_state(f->vm, &s));
	return s.reason;
}

/* ---- states and operations -------------------------------------------------------- */

/* What each operation does in each state; -1: EBADFD and no change. */
static const int next[3][4] = {
	[AXVCPU_VM_RUNNING] = {
		[AXVCPU_VM_PAUSE] = AXVCPU_VM_PAUSED,
		[AXVCPU_VM_RESUME] = -1,
		[AXVCPU_VM_STOP] = AXVCPU_VM_STOPPED,
		[AXVCPU_VM_RESTART] = -1,
	},
	[AXVCPU_VM_PAUSED] = {
		[AXVCPU_VM_PAUSE] = -1,
		[AXVCPU_VM_RESUME] = AXVCPU_VM_RUNNING,
		[AXVCPU_VM_STOP] = AXVCPU_VM_STOPPED,
		[AXVCPU_VM_RESTART] = -1,
	},
	[AXVCPU_VM_STOPPED] = {
		[AXVCPU_VM_PAUSE] = -1,
		[AXVCPU_VM_RESUME] = -1,
		[AXVCPU_VM_STOP] = -1,
		[AXVCPU_VM_RESTART] = AXVCPU_VM_RUNNING,
	},
};

static void enter_state(struct axt *f, uint32_t state)
{
	axt_open(f, &ready);
	if (state == AXVCPU_VM_PAUSED)
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
	if (state == AXVCPU_VM_STOPPED)
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_STOP, 1));
	ASSERT_EQ(vm_state(f), state);
}

TEST(every_operation_in_every_state, NULL)
{
	for (uint32_t state = 0; state < 3; state++) {
		for (uint32_t op = 0; op < 4; op++) {
			int to = next[state][op];
			struct axt g;

			axt_context("operation %u in state %u", op, state);
			enter_state(&g, state);
			EXPECT_ERR(to < 0 ? EBADFD : 0, axv_vm_control(g.vm, op, 0));
			EXPECT_EQ(vm_state(&g), to < 0 ? state : to);
			axt_close(&g);
		}
	}
}

TEST(arguments, &ready)
{
	EXPECT_ERR(EINVAL, axv_vm_control(f->vm, AXVCPU_VM_RESTART + 1, 0));
	EXPECT_ERR(EINVAL, axv_vm_control(f->vm, ~0u, 0));
	EXPECT_ERR(EINVAL, axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 1));
	EXPECT_EQ(vm_state(f), AXVCPU_VM_RUNNING);
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
	EXPECT_ERR(EINVAL, axv_vm_control(f->vm, AXVCPU_VM_RESUME, 1));
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_STOP, 0));
	EXPECT_ERR(EINVAL, axv_vm_control(f->vm, AXVCPU_VM_RESTART, 1));
	EXPECT_EQ(vm_state(f), AXVCPU_VM_STOPPED);
	EXPECT_EQ(vm_reason(f), AXVCPU_STOP_NONE);
}

/* ---- stop ------------------------------------------------------------------------------ */

/* RUN gives STOPPED with the reason, again and again, until RESTART. */
TEST(stop_reason, &ready)
{
	static const uint32_t reasons[] = {
		AXVCPU_STOP_CLEAN, AXVCPU_STOP_SYSTEM_DOWN, AXVCPU_STOP_FORCED,
		AXVCPU_STOP_FAULT, AXVCPU_STOP_USER, AXVCPU_STOP_USER + 0x1234,
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		axt_context("reason %u", reasons[i]);
		EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_STOP, reasons[i]));
		EXPECT_EQ(vm_reason(f), reasons[i]);
		for (int again = 0; again < 2; again++) {
			ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
			EXPECT_EQ(f->exit->stopped.cause, AXVCPU_STOPPED_VM);
			EXPECT_EQ(f->exit->stopped.reason, reasons[i]);
		}
		EXPECT_STATE(&f->v, READY);
		EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESTART, 0));
		EXPECT_EQ(vm_reason(f), reasons[i]);
		/* on it goes where it was */
		ASSERT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i + 1);
		axv_fulfil(&f->v, 0);
	}
}

/* The stop of a VM does not use up stops of a vCPU. */
TEST(stop_and_kick, &ready)
{
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_STOP, 1));
	EXPECT_EXIT(f, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->stopped.cause, AXVCPU_STOPPED_VM);
	EXPECT_EQ(f->v.run->stop, 1);
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESTART, 0));
	EXPECT_EXIT(f, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->stopped.cause, AXVCPU_STOPPED_KICK);
	EXPECT_SYNC(f);
}

/* Stopped vCPUs: in the guest, halted, and held by a pause. */
static void stop_elsewhere(struct axt *f, uint32_t state, bool pause)
{
	struct axt_thread t;

	if (pause)
		EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_UNTIL(axv_get_state(&f->v, NULL) == (int)state));
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_STOP, AXVCPU_STOP_FORCED));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->stopped.cause, AXVCPU_STOPPED_VM);
	EXPECT_EQ(f->exit->stopped.reason, AXVCPU_STOP_FORCED);
}

TEST(stop_running, &counting)
{
	stop_elsewhere(f, AXVCPU_STATE_RUNNING, false);
}

TEST(stop_halted, &halted)
{
	stop_elsewhere(f, AXVCPU_STATE_BLOCKED, false);
}

TEST(stop_paused, &counting)
{
	stop_elsewhere(f, AXVCPU_STATE_BLOCKED, true);
}

/* ---- pause --------------------------------------------------------------------------------- */

#define COUNTER(f)		GUEST_MEM(f, GUEST_DATA, uint32_t)
#define COUNTER_OTHER(f)	GUEST_MEM(f, GUEST_DATA + 0x40, uint32_t)

/* When PAUSE returns the guests do not move; RUN waits; RESUME lets them go. */
TEST_TIMEOUT(pause_stops_the_guests, &counting, 60)
{
	struct axt_config other = counting;
	struct axt_thread t[2];
	struct axv_vcpu v1;

	other.entry = GUEST_SYM(basic, count_other);
	axt_add_vcpu(f, 1, &other, &v1);
	axt_thread_start(&t[0], bind_run_thread, &f->v);
	axt_thread_start(&t[1], bind_run_thread, &v1);

	for (int i = 0; i < 50; i++) {
		uint32_t seen, seen_other;

		axt_context("round %d", i);
		seen = COUNTER(f);
		seen_other = COUNTER_OTHER(f);
		WAIT_UNTIL(COUNTER(f) != seen && COUNTER_OTHER(f) != seen_other);
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
		seen = COUNTER(f);
		seen_other = COUNTER_OTHER(f);
		axt_sleep_ms(i % 10 ? 1 : 30);
		EXPECT_EQ(COUNTER(f), seen);
		EXPECT_EQ(COUNTER_OTHER(f), seen_other);
		WAIT_STATE(&f->v, BLOCKED);
		WAIT_STATE(&v1, BLOCKED);
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
	}
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axv_kick(&v1));
	EXPECT_OK(axt_thread_join(&t[0]));
	EXPECT_OK(axt_thread_join(&t[1]));
}

/* RUN of a paused VM waits in the kernel; a stop gets it out, paused or not. */
TEST(run_of_a_paused_vm_waits, &counting)
{
	struct axt_thread t;

	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, BLOCKED));
	axt_sleep_ms(20);
	EXPECT_STATE(&f->v, BLOCKED);
	EXPECT_EQ(COUNTER(f), 0);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->stopped.cause, AXVCPU_STOPPED_KICK);

	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
	axt_thread_start(&t, bind_run_thread, &f->v);
	WAIT_UNTIL(COUNTER(f) != 0);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_GE(f->v.run->counters.blocked, 1);
}

TEST(pause_of_a_halted_vcpu, &halted)
{
	struct axt_thread t;

	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, BLOCKED));
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
	EXPECT_STATE(&f->v, BLOCKED);
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
	axt_sleep_ms(10);
	EXPECT_STATE(&f->v, BLOCKED);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
}

/* A VM paused is nothing to another. */
TEST(pause_is_one_vms, &ready)
{
	struct axt g;

	axt_open(&g, &ready);
	EXPECT_OK(axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0));
	EXPECT_SYNC(&g);
}

/* ---- filters ---------------------------------------------------------------------------------- */

static int (*const set_filter[])(int vm, const struct axvcpu_filter_range *r,
				 uint32_t nr) = {
	axv_set_io_filter, axv_set_msr_filter,
};

struct bad_filter {
	const char *name;
	struct axvcpu_filter_range r[3];
	uint32_t nr;
	bool io_only;
};

#define EXIT_RANGE(first, last) \
	{ first, last, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT }

static const struct bad_filter bad_filters[] = {
	{ "unsorted", { EXIT_RANGE(8, 9), EXIT_RANGE(2, 3) }, 2, false },
	{ "overlap", { EXIT_RANGE(2, 5), EXIT_RANGE(5, 9) }, 2, false },
	{ "nested", { EXIT_RANGE(2, 50), EXIT_RANGE(5, 9) }, 2, false },
	{ "twice", { EXIT_RANGE(2, 2), EXIT_RANGE(2, 2) }, 2, false },
	{ "third_is_bad", { EXIT_RANGE(2, 2), EXIT_RANGE(4, 4), EXIT_RANGE(3, 3) },
	  3, false },
	{ "backwards", { EXIT_RANGE(9, 8) }, 1, false },
	{ "bad_read", { { 1, 2, AXVCPU_FILTER_FAULT + 1, 0 } }, 1, false },
	{ "bad_write", { { 1, 2, 0, ~0u } }, 1, false },
	{ "port_too_high", { EXIT_RANGE(0xffff, 0x10000) }, 1, true },
};

/* A filter that drops what a guest writes to say where it is, or does it no harm. */
#ifdef GUEST_PORT
#define DROPPED	GUEST_PORT
#else
#define DROPPED	0
#endif

/* A filter that fails leaves the old one in force: the guest's port is dropped. */
TEST_ROWS(bad_filter, bad_filters, ARRAY_SIZE(bad_filters), &ready)
{
	static const struct axvcpu_filter_range drop = {
		DROPPED, DROPPED, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_IGNORE
	};
	const struct bad_filter *bad = arg;
	struct axt_thread t;

	EXPECT_ERR(AXT_PORTS ? 0 : EOPNOTSUPP, axv_set_io_filter(f->vm, &drop, 1));
	for (size_t i = !AXT_PORTS; i < ARRAY_SIZE(set_filter); i++) {
		axt_context(i ? "MSRs" : "ports");
		EXPECT_ERR(i && bad->io_only ? 0 : EINVAL,
			   set_filter[i](f->vm, bad->r, bad->nr));
	}
	axt_context(NULL);
	if (!DROPPED) {
		EXPECT_SYNC(f);
		return;
	}
	EXPECT_OK(axv_unbind(&f->v));
	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, RUNNING));
	axt_sleep_ms(5);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
}

TEST(filter_sizes, &ready)
{
	uint32_t max = f->dev.info.max_filter_ranges, i;
	struct axvcpu_filter_range *r = calloc(max + 1, sizeof(*r));

	for (i = 0; i <= max; i++)
		r[i] = (struct axvcpu_filter_range)EXIT_RANGE(2 * i, 2 * i);
	for (i = !AXT_PORTS; i < ARRAY_SIZE(set_filter); i++) {
		axt_context(i ? "MSRs" : "ports");
		EXPECT_OK(set_filter[i](f->vm, r, max));
		EXPECT_ERR(E2BIG, set_filter[i](f->vm, r, max + 1));
		EXPECT_ERR(E2BIG, set_filter[i](f->vm, r, ~0u));
		EXPECT_OK(set_filter[i](f->vm, r, 1));
		EXPECT_OK(set_filter[i](f->vm, NULL, 0));
		EXPECT_OK(set_filter[i](f->vm, NULL, 0));
		/* "none" has no address */
		EXPECT_ERR(EINVAL, set_filter[i](f->vm, r, 0));
		EXPECT_ERR(EFAULT, set_filter[i](f->vm, NULL, 1));
		EXPECT_ERR(EFAULT, set_filter[i](f->vm, (void *)-4096ul, 1));
	}
	r[0] = (struct axvcpu_filter_range)EXIT_RANGE(0, 0xffff);
	EXPECT_ERR(AXT_PORTS ? 0 : EOPNOTSUPP, axv_set_io_filter(f->vm, r, 1));
	EXPECT_OK(axv_set_io_filter(f->vm, NULL, 0));
	r[0] = (struct axvcpu_filter_range)EXIT_RANGE(0, ~0u);
	EXPECT_OK(axv_set_msr_filter(f->vm, r, 1));
}

/* Replacing a filter while the guest uses it: it gets one or the other. */
TEST(filter_replaced_while_running, &counting)
{
	struct axvcpu_filter_range r = EXIT_RANGE(DROPPED + 8, DROPPED + 8);
	struct axt_thread t;

	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, RUNNING));
	for (int i = 0; i < 200; i++) {
		EXPECT_OK(set_filter[AXT_PORTS ? i % 2 : 1](f->vm, i % 3 ? &r : NULL, i % 3 ? 1 : 0));
		if (i % 50 == 0)
			axt_sleep_ms(5);
	}
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_STOPPED);
}

/* ---- how many -------------------------------------------------------------------------------- */

static void allow_fds(rlim_t nr)
{
	struct rlimit limit = { nr, nr };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		axt_skip("cannot have %lu files open", (unsigned long)nr);
}

TEST_TIMEOUT(max_vms, NULL, 60)
{
	uint32_t max = f->dev.info.max_vms, i;
	int *vm = calloc(max, sizeof(*vm));
	struct axt g;

	allow_fds(max + 100);
	for (i = 0; i < max; i++) {
		axt_context("VM %u", i);
		vm[i] = ASSERT_OK(axv_vm_create(&f->dev, 0));
	}
	axt_context(NULL);
	EXPECT_ERR(ENOSPC, axv_vm_create(&f->dev, 0));
	EXPECT_ERR(ENOSPC, axv_vm_create(&f->dev, 0));
	close(vm[max / 2]);
	vm[max / 2] = EXPECT_OK(axv_vm_create(&f->dev, 0));
	EXPECT_ERR(ENOSPC, axv_vm_create(&f->dev, 0));
	for (i = 0; i < max; i++)
		close(vm[i]);
	axt_open(&g, &ready);
	EXPECT_SYNC(&g);
}

/* An object whose fd cannot be had leaves nothing behind. */
TEST(no_fd_left, &ready)
{
	struct axvcpu_vm_state_info s;
	struct axv_vcpu v;
	int fd;

	allow_fds(64);
	while ((fd = dup(f->vm)) >= 0)
		;
	EXPECT_EQ(errno, EMFILE);
	for (int i = 0; i < 100; i++) {
		EXPECT_ERR(EMFILE, axv_vm_create(&f->dev, 0));
		EXPECT_ERR(EMFILE, axv_stage2_create(&f->dev, 0));
		EXPECT_ERR(EMFILE, axv_vcpu_create(&f->dev, f->vm, 1, &v));
	}
	EXPECT_OK(axv_vm_state(f->vm, &s));
	EXPECT_EQ(s.nr_vcpus, 1);
	close(63);
	EXPECT_OK(axv_vcpu_create(&f->dev, f->vm, 1, &v));
}
