// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run page: how it is mapped, what the entry half may hold, and that
 * nothing which user space writes to it can do harm.
 *
 * rig: timeout=240
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, spin);
DECLARE_GUEST_SYM(basic, read_port);

static const struct axt_config ready = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static const struct axt_config reads = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, read_port),
};

static const struct axt_config unbound_spin = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, spin),
};

/* ---- mapping ---------------------------------------------------------------------- */

static int map_errno(int fd, size_t len, int prot, int flags, off_t offset)
{
	void *p = mmap(NULL, len, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, len);
	return 0;
}

TEST(mmap, &ready)
{
	size_t size = f->dev.info.run_size;
	int fd = f->v.fd, rw = PROT_READ | PROT_WRITE;
	off_t at;

	EXPECT_EQ(map_errno(fd, size, rw, MAP_SHARED, 0), 0);
	EXPECT_EQ(map_errno(fd, size, PROT_READ, MAP_SHARED, 0), 0);
	EXPECT_EQ(map_errno(fd, AXT_PAGE, rw, MAP_SHARED, 0), 0);
	for (at = 0; at < (off_t)size; at += AXT_PAGE)
		EXPECT_EQ(map_errno(fd, AXT_PAGE, rw, MAP_SHARED, at), 0);

	EXPECT_EQ(map_errno(fd, size, rw, MAP_PRIVATE, 0), EINVAL);
	EXPECT_EQ(map_errno(fd, size, PROT_READ, MAP_PRIVATE, 0), EINVAL);
	EXPECT_EQ(map_errno(fd, size + AXT_PAGE, rw, MAP_SHARED, 0), EINVAL);
	EXPECT_EQ(map_errno(fd, 1 << 30, rw, MAP_SHARED, 0), EINVAL);
	EXPECT_EQ(map_errno(fd, AXT_PAGE, rw, MAP_SHARED, size), EINVAL);
	EXPECT_EQ(map_errno(fd, 2 * AXT_PAGE, rw, MAP_SHARED, size - AXT_PAGE), EINVAL);
	EXPECT_EQ(map_errno(fd, AXT_PAGE, rw, MAP_SHARED, 1ul << 40), EINVAL);
	EXPECT_NE(map_errno(fd, AXT_PAGE, rw, MAP_SHARED, -(off_t)AXT_PAGE), 0);

	EXPECT_EQ(map_errno(f->vm, AXT_PAGE, rw, MAP_SHARED, 0), ENODEV);
	EXPECT_EQ(map_errno(f->dev.fd, AXT_PAGE, rw, MAP_SHARED, 0), ENODEV);
	EXPECT_EQ(map_errno(f->s2, AXT_PAGE, rw, MAP_PRIVATE, 0), EINVAL);
}

/* Two mappings are one page. */
TEST(two_mappings, &ready)
{
	struct axvcpu_run *other;

	other = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->v.fd, 0);
	ASSERT_TRUE(other != MAP_FAILED);
	EXPECT_SYNC(f);
	EXPECT_EQ(other->exit.reason, AXT_EXIT_SYNC);
	other->entry.command = AXVCPU_CMD_FULFIL;
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(&other->exit), 2);
}

/* A mapping that grows does not reach behind the pages. */
TEST(mremap, &ready)
{
	size_t size = f->dev.info.run_size;
	unsigned char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, f->v.fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	p = mremap(p, size, 2 * size, MREMAP_MAYMOVE);
	if (p != MAP_FAILED) {
		/* SIGBUS for a user's access is EFAULT for the kernel's */
		int fd[2];

		ASSERT_EQ(pipe(fd), 0);
		EXPECT_EQ(write(fd[1], p, 1), 1);
		EXPECT_EQ(write(fd[1], p + size, 1), -1);
		EXPECT_EQ(errno, EFAULT);
	}
}

static long bind_run_thread(void *arg)
{
	const struct axv_vcpu *v = arg;
	int r = axv_bind(v);

	/* not axv_run(), which has the harness look into a page that is not there any more */
	return r ? r : ioctl(v->fd, AXVCPU_RUN, NULL) ? -errno : 0;
}

TEST(munmap_while_running, &unbound_spin)
{
	struct axt_thread t;

	axt_thread_start(&t, bind_run_thread, &f->v);
	ASSERT_TRUE(WAIT_STATE(&f->v, RUNNING));
	ASSERT_EQ(munmap((void *)f->v.run, f->v.run_size), 0);
	axt_sleep_ms(20);
	EXPECT_OK(axv_kick(&f->v));
	EXPECT_OK(axt_thread_join(&t));
	ASSERT_OK(axv_vcpu_attach(&f->dev, f->v.fd, &f->v));
	EXPECT_EQ(f->v.run->exit.reason, AXVCPU_EXIT_STOPPED);
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, sync_loop)));
	EXPECT_SYNC(f);
}

/* ---- the entry half ------------------------------------------------------------------ */

struct bad_entry {
	const char *name;
	struct axvcpu_entry e;
};

/* against a pending IO_WRITE, which takes FULFIL, SKIP, RETRY and FAULT */
static const struct bad_entry bad_entries[] = {
	{ "no_decision", { .command = AXVCPU_CMD_NONE } },
	{ "command_5", { .command = AXVCPU_CMD_FAULT + 1 } },
	{ "command_31", { .command = 31 } },
	{ "command_32", { .command = 32 } },
	{ "command_33", { .command = 33 } },
	{ "command_max", { .command = ~0u } },
	{ "flag_2", { .command = AXVCPU_CMD_FULFIL, .flags = 1 << 2 } },
	{ "flag_31", { .command = AXVCPU_CMD_FULFIL, .flags = 1u << 31 } },
	{ "wanted_6", { .command = AXVCPU_CMD_FULFIL, .wanted = 1 << 6 } },
	{ "wanted_all", { .command = AXVCPU_CMD_FULFIL, .wanted = ~0u } },
	{ "commit_6", { .command = AXVCPU_CMD_FULFIL,
			.commit = AXVCPU_REGS_GPR | 1 << 6 } },
	{ "commit_31", { .command = AXVCPU_CMD_FULFIL,
			 .commit = AXVCPU_REGS_GPR | 1u << 31 } },
	{ "reserved_0", { .command = AXVCPU_CMD_FULFIL, .commit = AXVCPU_REGS_GPR,
			  .reserved = { 1 } } },
	{ "reserved_4", { .command = AXVCPU_CMD_FULFIL, .commit = AXVCPU_REGS_GPR,
			  .reserved = { [4] = 1ull << 63 } } },
};

/* EINVAL, the entry half is not taken, registers are not, the exit still waits. */
static void refused(struct axt *f)
{
	struct axvcpu_entry before, after;
	struct axvcpu_get_state s;
	uint64_t entries = f->v.run->counters.entries;

	memcpy(&before, (void *)&f->v.run->entry, sizeof(before));
	EXPECT_ERR(EINVAL, axv_run(&f->v));
	memcpy(&after, (void *)&f->v.run->entry, sizeof(after));
	EXPECT_TRUE(!memcmp(&before, &after, sizeof(after)));
	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.pending_exit, AXT_EXIT_SYNC);
	EXPECT_EQ(f->v.run->counters.entries, entries);
	EXPECT_EQ(f->exit->reason, AXT_EXIT_SYNC);
}

/* What the guest counts in, as the vCPU has it, whatever the page says. */
static uint64_t real_count(struct axt *f)
{
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	return reg(&f->v, AXT_RESULT_REG);
}

static void go_on(struct axt *f)
{
	memset((void *)&f->v.run->entry, 0, sizeof(f->v.run->entry));
	axv_fulfil(&f->v, 0);
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 2);
}

TEST_ROWS(bad_entry, bad_entries, ARRAY_SIZE(bad_entries), &ready)
{
	const struct bad_entry *bad = arg;

	f->v.run->entry.wanted = AXVCPU_REGS_GPR;
	ASSERT_SYNC(f);
	axt_gpr(f->v.run, AXT_RESULT_REG) = 0x55;
	memcpy((void *)&f->v.run->entry, &bad->e, sizeof(bad->e));
	refused(f);
	EXPECT_EQ(real_count(f), 1);
	go_on(f);
}

/* One group that is not valid: none of them is taken. */
TEST(commit_all_or_nothing, &ready)
{
	f->v.run->entry.wanted = AXVCPU_REGS_ALL;
	ASSERT_SYNC(f);
	EXPECT_EQ(f->exit->cached, AXVCPU_REGS_ALL);

	axt_context("reserved bit of the control registers");
	axt_gpr(f->v.run, AXT_RESULT_REG) = 0x55;
	axt_control_spoil(f->v.run);
	f->v.run->entry.command = AXVCPU_CMD_FULFIL;
	f->v.run->entry.commit = AXVCPU_REGS_ALL;
	refused(f);
	EXPECT_EQ(real_count(f), 1);
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));

	axt_context("reserved bit of the general registers");
	axt_control_word(f->v.run) = 0x1234;
	axt_gpr_spoil(f->v.run);
	refused(f);
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	EXPECT_EQ(axt_control_word(f->v.run), 0);

	axt_context("reserved member of the interrupts");
	axt_control_word(f->v.run) = 0x1234;
	axt_intr_spoil(f->v.run);
	refused(f);
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	EXPECT_EQ(axt_control_word(f->v.run), 0);

	axt_context("FP area");
	axt_control_word(f->v.run) = 0x1234;
	axt_fp_spoil(f->v.fp);
	refused(f);
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	EXPECT_EQ(axt_control_word(f->v.run), 0);

	axt_context("SYNC says the same");
	axt_control_word(f->v.run) = 0x1234;
	axt_gpr_spoil(f->v.run);
	EXPECT_ERR(EINVAL, axv_sync(&f->v, AXVCPU_REGS_ALL, 0));
	EXPECT_STATE(&f->v, READY);
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	EXPECT_EQ(axt_control_word(f->v.run), 0);

	axt_context("what is valid is taken");
	axt_control_word(f->v.run) = 0x1234;
	f->v.run->entry.commit = AXVCPU_REGS_ALL & ~AXVCPU_REGS_TIMER;
	EXPECT_SYNC(f);
	EXPECT_EQ(f->v.run->entry.commit, 0);
	EXPECT_EQ(axt_control_word(f->v.run), 0x1234);
}

/* The command is taken once. */
TEST(command_is_consumed, &ready)
{
	for (int i = 1; i <= 10; i++) {
		ASSERT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i);
		EXPECT_EQ(f->v.run->entry.command, AXVCPU_CMD_NONE);
		EXPECT_ERR(EINVAL, axv_run(&f->v));
		axv_fulfil(&f->v, 0);
	}
}

/* RETRY of the access: the same exit again. */
TEST(retry, &ready)
{
	for (int i = 0; i < 5; i++) {
		ASSERT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), 1);
		axv_retry(&f->v);
	}
}

/* Before the first RUN there is nothing to decide. */
TEST(nothing_pending, &ready)
{
	static const uint32_t not_allowed[] = {
		AXVCPU_CMD_FULFIL, AXVCPU_CMD_SKIP, AXVCPU_CMD_FAULT,
	};

	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(not_allowed); i++) {
		axt_context("command %u", not_allowed[i]);
		EXPECT_TRUE(!axv_allowed(&f->v, not_allowed[i]));
		f->v.run->entry.command = not_allowed[i];
		EXPECT_ERR(EINVAL, axv_run(&f->v));
	}
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	EXPECT_SYNC(f);
}

/* SET_ENTRY and RESET take a pending exit back; the page says so. */
TEST(pending_exit_taken_back, &ready)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axvcpu_get_state st;

	ASSERT_SYNC(f);
	EXPECT_TRUE(!axv_allowed(&f->v, AXVCPU_CMD_NONE));
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, sync_loop)));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	EXPECT_TRUE(!axv_allowed(&f->v, AXVCPU_CMD_FULFIL));
	EXPECT_EQ(axv_get_state(&f->v, &st), AXVCPU_STATE_READY);
	EXPECT_EQ(st.pending_exit, 0);
	ASSERT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 1);

	EXPECT_OK(axv_reset(&f->v));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	EXPECT_OK(axv_setup(&f->v, &s));
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 1);
}

/* ---- a hostile page --------------------------------------------------------------------- */

static void scribble(volatile struct axvcpu_run *run)
{
	memset((void *)&run->exit, 0xff, sizeof(run->exit));
	memset((void *)&run->counters, 0xff, sizeof(run->counters));
	memset((void *)run->reserved0, 0xff, sizeof(run->reserved0));
	memset((void *)run->reserved1, 0xff, sizeof(run->reserved1));
	memset((void *)run->regs.bytes, 0xff, sizeof(run->regs.bytes));
	memset((void *)run->data, 0xff, sizeof(run->data));
}

/*
 * What user space writes to the exit half is for user space only; of the counters
 * of exits RUN writes that of the reason it gives.
 */
TEST(exit_half_overwritten, &reads)
{
	struct axvcpu_get_state s;

	ASSERT_EXIT(f, AXT_EXIT_SYNC_READ);
	scribble(f->v.run);
	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.pending_exit, AXT_EXIT_SYNC_READ);
	/* the page says that anything goes; the kernel knows better */
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	EXPECT_ERR(EINVAL, axv_run(&f->v));
	axv_fulfil(&f->v, 0x1122334455667788);
	ASSERT_SYNC(f);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 0xaabbcc88);
	EXPECT_TRUE(axt_is_sync(f->exit));
	EXPECT_EQ(f->v.run->counters.exits[AXT_EXIT_SYNC], 1);
	EXPECT_GE(4096, f->v.run->counters.entries);
}

struct scribbler {
	volatile struct axvcpu_run *run;
	bool stop;
};

/* Writes to all of the page but the entry half and the stop word, for ever. */
static long scribble_thread(void *arg)
{
	struct scribbler *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_SEQ_CST))
		scribble(s->run);
	return 0;
}

TEST(page_scribbled_while_running, &reads)
{
	struct scribbler s = { .run = f->v.run };
	struct axt_thread t;

	axt_thread_start(&t, scribble_thread, &s);
	for (int i = 0; i < 1000; i++) {
		f->v.run->entry.wanted = AXVCPU_REGS_ALL;
		ASSERT_OK(axv_run(&f->v));
		axv_fulfil(&f->v, i);
		ASSERT_OK(axv_run(&f->v));
		ASSERT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 0xaabbcc00 + (i & 0xff));
		axv_fulfil(&f->v, 0);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EXIT(f, AXT_EXIT_SYNC_READ);
}

/* Changes the entry half while RUN reads it: one or the other, never a mixture. */
static long flip_thread(void *arg)
{
	struct scribbler *s = arg;
	uint32_t n = 0;

	while (!__atomic_load_n(&s->stop, __ATOMIC_SEQ_CST)) {
		/* valid more often than not, else RUN would get no further */
		s->run->entry.command = n % 5;
		s->run->entry.flags = n % 64 ? n % 4 : 4;
		s->run->entry.wanted = n % 65;
		s->run->entry.commit = n % 8 ? 0 : n / 8 % 65;
		s->run->entry.reserved[n % 5] = n % 64 ? 0 : 1;
		axt_regs_flip(s->run, n);
		n++;
	}
	return 0;
}

static void on_signal(int nr)
{
	(void)nr;
}

/* RUN on a page that changes all the time: any answer, no harm. */
TEST(entry_flipped_while_running, &ready)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	struct sigaction sa = { .sa_handler = on_signal };
	unsigned int ok = 0, refused = 0, interrupted = 0;
	struct scribbler s = { .run = f->v.run };
	uint64_t end = axt_now_ms() + 3000;
	struct axt_thread t;
	struct axt g;
	int r;

	axt_thread_start(&t, flip_thread, &s);
	/* whatever the guest became by the registers: a signal ends it soon */
	ASSERT_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	ASSERT_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	while (axt_now_ms() < end) {
		r = axv_run(&f->v);
		ASSERT_TRUE(r == 0 || r == -EINVAL || r == -EINTR);
		ok += !r;
		refused += r == -EINVAL;
		interrupted += r == -EINTR;
	}
	ASSERT_EQ(setitimer(ITIMER_REAL, &(struct itimerval) { }, NULL), 0);
	__atomic_store_n(&s.stop, true, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&t));
	axt_diag("%u exits, %u refused, %u interrupted", ok, refused, interrupted);
	EXPECT_NE(refused, 0);
	EXPECT_NE(axv_get_state(&f->v, NULL), AXVCPU_STATE_RUNNING);

	/* nobody else has felt it */
	axt_open(&g, &ready);
	EXPECT_SYNC(&g);
}
