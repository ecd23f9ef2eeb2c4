// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory whose pages another part of the process gives when they are asked for,
 * or whose writes it wants to know of: userfaultfd. RUN waits in the guest's
 * fault as long as that takes, and whatever else wants the vCPU ends the wait.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/runner.h"

#define PAGES	32u
#define LEN	(PAGES * AXT_PAGE)

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(mem),
};

/* ---- the other side ------------------------------------------------------------------------ */

/* A userfaultfd for @mem, or the case is skipped. */
static int watch_memory(unsigned char *mem, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)mem, .len = LEN }, .mode = mode,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		axt_skip("no userfaultfd: %s", strerror(errno));
	if (mode == UFFDIO_REGISTER_MODE_WP)
		api.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		axt_skip("userfaultfd cannot do this: %s", strerror(errno));
	return fd;
}

/* The page that is asked for next: -1 and a failure when none is. */
static int asked_for(int fd, const unsigned char *mem, uint64_t *flags)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	if (!EXPECT_EQ(poll(&wait, 1, 10000 * axt_slow()), 1))
		return -1;
	ASSERT_EQ(read(fd, &msg, sizeof(msg)), (ssize_t)sizeof(msg));
	ASSERT_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	*flags = msg.arg.pagefault.flags;
	return (msg.arg.pagefault.address - (uintptr_t)mem) / AXT_PAGE;
}

static void give(int fd, unsigned char *mem, unsigned int page, uint64_t word)
{
	uint64_t content[AXT_PAGE / 8] = { word };
	struct uffdio_copy copy = {
		.dst = (uintptr_t)(mem + page * AXT_PAGE), .src = (uintptr_t)content,
		.len = AXT_PAGE,
	};

	ASSERT_EQ(ioctl(fd, UFFDIO_COPY, &copy), 0);
}

static void give_zero(int fd, unsigned char *mem, unsigned int page)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)(mem + page * AXT_PAGE), .len = AXT_PAGE },
	};

	ASSERT_EQ(ioctl(fd, UFFDIO_ZEROPAGE, &zero), 0);
}

static void protect(int fd, unsigned char *mem, bool on)
{
	struct uffdio_writeprotect wp = {
		.range = { .start = (uintptr_t)mem, .len = LEN },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	ASSERT_EQ(ioctl(fd, UFFDIO_WRITEPROTECT, &wp), 0);
}

/* Start a guest that waits for the first page of @mem, which nobody has given it. */
static int start_waiting(struct axt *f, struct runner *r, unsigned char *mem)
{
	int fd = watch_memory(mem, UFFDIO_REGISTER_MODE_MISSING);
	uint64_t flags;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	EXPECTED(f) = 0x300;
	EXPECTED_STEP(f) = 5;
	runner_start(r, f, SYM(verify), SPOT, PAGES);
	EXPECT_EQ(asked_for(fd, mem, &flags), 0);
	return fd;
}

/* Give all of them, and see that the guest has them. */
static void give_all(struct axt *f, struct runner *r, int fd, unsigned char *mem)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		give(fd, mem, i, 0x300 + 5 * i);
	(void)f;
	runner_rounds(r, 2);
}

/* ---- pages that are missing -------------------------------------------------------------------- */

/* One after another, as the guest comes to them; no page is asked for in advance. */
TEST(missing, &free_config)
{
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	uint64_t flags = 0;
	unsigned int i;
	int fd;

	fd = start_waiting(f, &r, mem);
	for (i = 0; i < PAGES; i++) {
		axt_context("page %u", i);
		if (i && asked_for(fd, mem, &flags) != (int)i) {
			axt_fail(__FILE__, __LINE__, "another page was asked for");
			break;
		}
		EXPECT_EQ(flags & UFFD_PAGEFAULT_FLAG_WRITE, 0u);
		/* it waits */
		if (i < 3) {
			axt_sleep_ms(20);
			EXPECT_EQ(ROUNDS(f), 0u);
		}
		give(fd, mem, i, 0x300 + 5 * i);
	}
	axt_context(NULL);
	runner_rounds(&r, 2);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	EXPECT_EQ(r.signals, 0u);
}

/* Given as zeroes, then written by the guest; taken away, and given as they were. */
TEST(missing_again, &free_config)
{
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	unsigned int i, round;
	uint64_t flags, was;
	int fd, page;

	fd = watch_memory(mem, UFFDIO_REGISTER_MODE_MISSING);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	for (i = 0; i < PAGES; i++) {
		page = asked_for(fd, mem, &flags);
		if (!EXPECT_EQ(page, (int)i))
			break;
		give_zero(fd, mem, i);
	}
	for (round = 0; round < 5; round++) {
		axt_context("round %u", round);
		if (!runner_rounds(&r, 2))
			break;
		/* the guest stands still at the first: what the second holds is the truth */
		ASSERT_EQ(madvise(mem, AXT_PAGE, MADV_DONTNEED), 0);
		page = asked_for(fd, mem, &flags);
		if (!EXPECT_EQ(page, 0))
			break;
		was = *(volatile uint64_t *)(mem + AXT_PAGE);
		axt_sleep_ms(5);
		EXPECT_EQ(*(volatile uint64_t *)(mem + AXT_PAGE), was);
		EXPECT_EQ(ROUNDS(f), was);
		give(fd, mem, 0, was);
	}
	axt_context(NULL);
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
}

/* ---- writes ------------------------------------------------------------------------------------------ */

TEST(write_protect, &free_config)
{
	unsigned char *mem = anon(LEN);
	uint64_t was[PAGES], flags;
	struct runner r = { };
	unsigned int i, round;
	int fd, page;

	ASSERT_EQ(madvise(mem, LEN, MADV_NOHUGEPAGE), 0);
	memset(mem, 0, LEN);
	fd = watch_memory(mem, UFFDIO_REGISTER_MODE_WP);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	runner_start(&r, f, SYM(tally), SPOT, PAGES);
	for (round = 0; round < 20; round++) {
		axt_context("round %u", round);
		if (!runner_rounds(&r, 1))
			break;
		protect(fd, mem, true);
		/* no write from here on */
		for (i = 0; i < PAGES; i++)
			was[i] = *(volatile uint64_t *)(mem + i * AXT_PAGE);
		page = asked_for(fd, mem, &flags);
		if (page < 0)
			break;
		EXPECT_EQ(flags, UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP);
		for (i = 0; i < PAGES; i++)
			EXPECT_EQ(*(volatile uint64_t *)(mem + i * AXT_PAGE), was[i]);
		/* it is the next to be written that the guest stands at */
		EXPECT_EQ(was[page], ROUNDS(f));
		protect(fd, mem, false);
	}
	axt_context(NULL);
	runner_rounds(&r, 1);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	tally_check(f, mem, PAGES);
}

/* ---- the end of the wait ------------------------------------------------------------------------------- */

static void nothing(int sig __maybe_unused)
{
}

/* A signal: RUN says EINTR, and the next one is where this one was. */
TEST(signal, &free_config)
{
	struct sigaction action = { .sa_handler = nothing };
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	unsigned int i;
	int fd;

	ASSERT_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	fd = start_waiting(f, &r, mem);
	for (i = 1; i <= 5; i++) {
		axt_context("signal %u", i);
		axt_sleep_ms(10);
		EXPECT_EQ(__atomic_load_n(&r.signals, __ATOMIC_SEQ_CST), i - 1);
		ASSERT_EQ(pthread_kill(r.thread.id, SIGUSR1), 0);
		WAIT_UNTIL(__atomic_load_n(&r.signals, __ATOMIC_SEQ_CST) == i);
	}
	axt_context(NULL);
	EXPECT_EQ(ROUNDS(f), 0u);
	give_all(f, &r, fd, mem);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
}

/* A stop: RUN gives the exit that was asked for, and no signal is needed. */
TEST(stop, &free_config)
{
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	unsigned int i;
	uint64_t flags;
	int fd;

	fd = start_waiting(f, &r, mem);
	for (i = 0; i < 5; i++) {
		axt_context("stop %u", i);
		axt_sleep_ms(10);
		EXPECT_TRUE(!__atomic_load_n(&r.thread.done, __ATOMIC_SEQ_CST));
		runner_stop(&r);
		EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
		EXPECT_EQ(r.signals, 0u);
		EXPECT_EQ(r.faults, 0u);
		runner_continue(&r, f);
		EXPECT_EQ(asked_for(fd, mem, &flags), 0);
	}
	axt_context(NULL);
	EXPECT_EQ(ROUNDS(f), 0u);
	give_all(f, &r, fd, mem);
	runner_stop(&r);
}

/*
 * What the kernel has to do for the thread on its way out is announced by the flag
 * that ends the wait, too, but is no signal: here another process changes the
 * thread's keyring, as the scheduler looks after it now and then.
 */
static void hand_over_and_stop(struct axt *f, int fd, unsigned char *mem)
{
	uint64_t flags;

	if (asked_for(fd, mem, &flags))
		_exit(1);
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_keyctl, KEYCTL_SESSION_TO_PARENT))
		_exit(2);
	_exit(axv_kick(&f->v) ? 3 : 0);
}

TEST(stop_with_work, &free_config)
{
	unsigned char *mem = anon(LEN);
	int fd = watch_memory(mem, UFFDIO_REGISTER_MODE_MISSING), status, ret;
	pid_t pid;

	if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0) < 0 &&
	    errno == ENOSYS)
		axt_skip("the kernel has no keyrings");
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, LEN, AXV_PROT_RW));
	ASSERT_OK(axv_bind(&f->v));
	mem_go(&f->v, SYM(read), SPOT, 0);
	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid)
		hand_over_and_stop(f, fd, mem);
	ret = axv_run(&f->v);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_EQ(status, 0);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	give(fd, mem, 0, 0x1234);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}

/* The end of the userfaultfd is the end of the wait: the page is one like others. */
TEST(closed, &free_config)
{
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	int fd;

	fd = start_waiting(f, &r, mem);
	EXPECTED(f) = 0;
	EXPECTED_STEP(f) = 0;
	/* what it expects of the first page it has read before it waits */
	close(fd);
	WAIT_UNTIL(__atomic_load_n(&r.complained, __ATOMIC_SEQ_CST));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA + 40, uint64_t), 0u);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA + 48, uint64_t), 0x300u);
	EXPECT_EQ(axt_thread_join(&r.thread), 0);
	runner_start(&r, f, SYM(verify), SPOT, PAGES);
	runner_rounds(&r, 2);
	runner_stop(&r);
}

/* A process that waits so can be killed. */
TEST(killed, &free_config)
{
	unsigned char *mem = anon(LEN);
	struct runner r = { };
	uint64_t start;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid) {
		start_waiting(f, &r, mem);
		kill(getpid(), SIGSTOP);
		axt_thread_join(&r.thread);
		_exit(1);
	}
	ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	if (!WIFSTOPPED(status))
		axt_skip("the child could not: status %#x", status);
	start = axt_now_ms();
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT_LE(axt_now_ms() - start, 5000u * axt_slow());
}
