// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that changes under the guest: taken away by UNMAP, by its owner, by
 * fork() or by the end of a process, while a vCPU runs on it. The guest never
 * sees what it had when a call has returned.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/runner.h"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(mem),
};

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(mem),
};

/* what the watching guest has read last */
#define SEEN(f)		GUEST_MEM(f, GUEST_DATA, uint64_t)

/* ---- UNMAP ------------------------------------------------------------------------------- */

TEST(unmap_running, &free_config)
{
	unsigned char *mem = anon(AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	struct runner r = { };
	unsigned int i;

	*word = 0;
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	runner_start(&r, f, SYM(watch), SPOT, 0);
	for (i = 1; i <= 30; i++) {
		axt_context("round %u", i);
		*word = i;
		if (!WAIT_UNTIL(SEEN(f) == i))
			break;
		ASSERT_OK(axv_s2_unmap(f->s2, SPOT, AXT_PAGE));
		/* from here on the guest cannot read it */
		*word = 0xdead;
		if (!WAIT_UNTIL(__atomic_load_n(&r.faults, __ATOMIC_SEQ_CST) == i))
			break;
		EXPECT_EQ(r.reason, (uint32_t)AXVCPU_EXIT_MMIO_READ);
		EXPECT_EQ(f->exit->mmio.gpa, SPOT);
		EXPECT_EQ(SEEN(f), i);
		*word = i;
		ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
		runner_go(&r);
	}
	axt_context(NULL);
	runner_stop(&r);
}

/* Rights that go while the guest uses them. */
TEST(protect_running, &free_config)
{
	unsigned char *mem = anon(AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	uint64_t was;
	struct runner r = { };
	unsigned int i;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	runner_start(&r, f, SYM(count), SPOT, 0);
	for (i = 1; i <= 20; i++) {
		axt_context("round %u", i);
		was = *word;
		if (!WAIT_UNTIL(*word > was))
			break;
		ASSERT_OK(axv_s2_protect(f->s2, SPOT, AXT_PAGE, AXVCPU_PROT_READ));
		was = *word;
		if (!WAIT_UNTIL(__atomic_load_n(&r.faults, __ATOMIC_SEQ_CST) == i))
			break;
		EXPECT_EQ(r.reason, (uint32_t)AXVCPU_EXIT_NESTED_PAGE_FAULT);
		EXPECT_EQ(r.flags, AXVCPU_NPF_PROT);
		EXPECT_EQ(*word, was);
		ASSERT_OK(axv_s2_protect(f->s2, SPOT, AXT_PAGE, AXV_PROT_RW));
		runner_go(&r);
	}
	axt_context(NULL);
	runner_stop(&r);
}

/*
 * Whose CPU has nothing of the table is left alone: a vCPU of another VM does not leave
 * its guest for what is unmapped in this one. How often it would anyway, by the clock and
 * for the host's own affairs, goes by the time that it all takes.
 */
TEST_TIMEOUT(unmap_elsewhere, &free_config, 60)
{
	const unsigned int rounds = 3000 / axt_slow();
	unsigned char *mem = anon(AXT_PAGE), *other_mem = anon(AXT_PAGE);
	struct axvcpu_s2_map m = {
		.source = AXVCPU_S2_USER, .prot = AXV_PROT_RW, .gpa = SPOT, .len = AXT_PAGE,
		.uaddr = (uintptr_t)mem, .flags = AXVCPU_S2_POPULATE,
	};
	const volatile struct axvcpu_counters *c;
	struct runner r = { };
	uint64_t mask, took, was;
	unsigned int i, cpu = 0;
	struct axt other;
	cpu_set_t set;

	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	mask = 1ull << cpu;
	CPU_CLR(cpu, &set);

	axt_open(&other, &free_config);
	c = &other.v.run->counters;
	ASSERT_OK(axv_s2_map_user(other.s2, SPOT, other_mem, AXT_PAGE, AXV_PROT_RW));
	ASSERT_OK(axv_set_affinity(&other.v, -1, &mask, sizeof(mask)));
	was = axt_now_ms();
	runner_start(&r, &other, SYM(count), SPOT, 0);
	/* this thread stays off that CPU, and the other one would have inherited it */
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	WAIT_UNTIL(ROUNDS(&other) > 100);
	for (i = 0; i < rounds && axt_now_ms() - was < 8000 && !axt_failures(); i++) {
		ASSERT_OK(axv_s2_map(f->s2, &m));
		ASSERT_OK(axv_s2_unmap(f->s2, SPOT, AXT_PAGE));
	}
	runner_stop(&r);
	took = axt_now_ms() - was;
	axt_diag("%llu entries in %llu ms, %u times unmapped", (unsigned long long)c->entries,
		 (unsigned long long)took, i);
	EXPECT_LE(c->entries, i / 2 + 2 * took);
	axt_close(&other);
}

/* ---- the owner ------------------------------------------------------------------------------ */

/* MADV_DONTNEED: the guest goes on, with a new page that is zero. */
TEST(dontneed_running, &free_config)
{
	unsigned char *mem = anon(2 * AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	struct axvcpu_s2_stats before, after;
	struct runner r = { };
	unsigned int i;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	before = stats_of(f->s2);
	runner_start(&r, f, SYM(watch), SPOT, 0);
	for (i = 1; i <= 30; i++) {
		axt_context("round %u", i);
		*word = i;
		if (!WAIT_UNTIL(SEEN(f) == i))
			break;
		ASSERT_EQ(madvise(mem, AXT_PAGE, MADV_DONTNEED), 0);
		if (!WAIT_UNTIL(SEEN(f) == 0))
			break;
	}
	axt_context(NULL);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	after = stats_of(f->s2);
	EXPECT_GE(after.invalidations, before.invalidations + 25);
}

/* The guest writes all the time: into the page that is there now, no other. */
TEST(remap_running, &free_config)
{
	unsigned char *mem = anon(AXT_PAGE), *copy = anon(AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	uint64_t was;
	struct runner r = { };
	unsigned int i;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	runner_start(&r, f, SYM(count), SPOT, 0);
	for (i = 1; i <= 20; i++) {
		axt_context("round %u", i);
		was = *word;
		if (!WAIT_UNTIL(*word > was))
			break;
		/* the old page moves away, with what the guest wrote; a new one comes */
		ASSERT_TRUE(mremap(mem, AXT_PAGE, AXT_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				   copy) == copy);
		was = *(volatile uint64_t *)copy;
		ASSERT_TRUE(mmap(mem, AXT_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == mem);
		/* the guest may have met the gap */
		runner_go(&r);
		axt_sleep_ms(2);
		runner_go(&r);
		if (!WAIT_UNTIL(({ runner_go(&r);
				   *word > was; })))
			break;
		EXPECT_EQ(*(volatile uint64_t *)copy, was);
	}
	axt_context(NULL);
	if (r.faults)
		EXPECT_EQ(r.flags, AXVCPU_NPF_BACKING);
	runner_stop(&r);
}

/* Run until killed; what faults is tried again. */
static void __attribute__((noreturn)) run_for_ever(struct axv_vcpu *v)
{
	ASSERT_OK(axv_bind(v));
	for (;;) {
		ASSERT_OK(axv_run(v));
		axt_sleep_ms(1);
		axv_retry(v);
	}
}

/*
 * Another page in the place of the one the guest reads: when mmap() has returned,
 * what happens to the first one, still there for others, is not seen any more.
 * The vCPU runs in another process, so that the host's own TLB flushes of this
 * one do not get it out of the guest by chance.
 */
TEST(replace_running, &free_config)
{
	volatile uint64_t *view;
	unsigned char *mem;
	unsigned int i;
	pid_t pid;
	int fd;

	fd = memfd_create("axvcpu-test", 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, 2 * AXT_PAGE), 0);
	view = mmap(NULL, 2 * AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(view != MAP_FAILED);
	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	mem_go(&f->v, SYM(watch), SPOT, 0);
	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid)
		run_for_ever(&f->v);
	for (i = 1; i <= 30; i++) {
		axt_context("round %u", i);
		view[0] = 2 * i;
		view[512] = 2 * i + 1;
		if (!WAIT_UNTIL(SEEN(f) == 2 * i))
			break;
		ASSERT_TRUE(mmap(mem, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 fd, AXT_PAGE) == mem);
		view[0] = 0xdead;
		WAIT_UNTIL(SEEN(f) != 2 * i);
		EXPECT_EQ(SEEN(f), 2 * i + 1);
		/* and back, to the first page as it is now */
		ASSERT_TRUE(mmap(mem, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 fd, 0) == mem);
		view[512] = 0xbad;
		WAIT_UNTIL(SEEN(f) != 2 * i + 1);
		EXPECT_EQ(SEEN(f), 0xdeadu);
	}
	axt_context(NULL);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(mprotect_running, &free_config)
{
	unsigned char *mem = anon(AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	uint64_t was;
	struct runner r = { };
	unsigned int i;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	runner_start(&r, f, SYM(count), SPOT, 0);
	for (i = 1; i <= 20; i++) {
		axt_context("round %u", i);
		was = *word;
		if (!WAIT_UNTIL(*word > was))
			break;
		ASSERT_EQ(mprotect(mem, AXT_PAGE, PROT_READ), 0);
		was = *word;
		if (!WAIT_UNTIL(__atomic_load_n(&r.faults, __ATOMIC_SEQ_CST) == i))
			break;
		EXPECT_EQ(r.reason, (uint32_t)AXVCPU_EXIT_NESTED_PAGE_FAULT);
		EXPECT_EQ(r.flags, AXVCPU_NPF_BACKING);
		EXPECT_EQ(*word, was);
		ASSERT_EQ(mprotect(mem, AXT_PAGE, PROT_READ | PROT_WRITE), 0);
		runner_go(&r);
	}
	axt_context(NULL);
	runner_stop(&r);
}

TEST(munmap_running, &free_config)
{
	unsigned char *mem = anon(3 * AXT_PAGE);
	struct runner r = { };

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, 3 * AXT_PAGE, AXV_PROT_RW));
	runner_start(&r, f, SYM(count), SPOT + AXT_PAGE, 0);
	WAIT_UNTIL(ROUNDS(f) > 100);
	ASSERT_EQ(munmap(mem + AXT_PAGE, AXT_PAGE), 0);
	WAIT_UNTIL(__atomic_load_n(&r.faults, __ATOMIC_SEQ_CST) == 1);
	EXPECT_EQ(r.reason, (uint32_t)AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_EQ(r.flags, AXVCPU_NPF_BACKING);
	EXPECT_EQ(f->exit->npf.gpa, SPOT + AXT_PAGE);
	EXPECT_EQ(f->exit->npf.access, AXVCPU_PROT_WRITE);
	/* as often as one tries */
	runner_go(&r);
	WAIT_UNTIL(__atomic_load_n(&r.faults, __ATOMIC_SEQ_CST) == 2);
	runner_stop(&r);
}

/* ---- fork() ------------------------------------------------------------------------------------ */

/* Copy on write: the parent's guest keeps the parent's pages, with no gap. */
TEST(fork_write, &config)
{
	unsigned char *mem = anon(4 * AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	int to_child[2], to_parent[2], status;
	uint64_t seen;
	char c = 0;
	pid_t pid;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, 4 * AXT_PAGE, AXV_PROT_RW));
	guest_writes(&f->v, SPOT, 1);
	guest_writes(&f->v, SPOT + AXT_PAGE, 1);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 2 * AXT_PAGE), 0u);
	ASSERT_EQ(pipe(to_child) | pipe(to_parent), 0);
	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid) {
		/* what it sees when all is written; then it writes itself */
		if (read(to_child[0], &c, 1) != 1)
			_exit(1);
		seen = word[0] << 8 | word[512];
		word[0] = 0xcc;
		word[1024] = 0xcc;
		_exit(write(to_parent[1], &seen, sizeof(seen)) == sizeof(seen) ? 0 : 1);
	}
	guest_writes(&f->v, SPOT, 2);			/* the guest breaks it */
	word[512] = 2;					/* the host breaks it */
	EXPECT_EQ(word[0], 2u);
	EXPECT_EQ(guest_reads(&f->v, SPOT + AXT_PAGE), 2u);
	EXPECT_EQ(guest_reads(&f->v, SPOT), 2u);
	ASSERT_EQ(write(to_child[1], &c, 1), 1);
	ASSERT_EQ(read(to_parent[0], &seen, sizeof(seen)), (ssize_t)sizeof(seen));
	EXPECT_EQ(seen, 0x101u);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	/* nothing of the child's */
	EXPECT_EQ(guest_reads(&f->v, SPOT), 2u);
	EXPECT_EQ(guest_reads(&f->v, SPOT + 2 * AXT_PAGE), 0u);
	guest_writes(&f->v, SPOT, 3);
	EXPECT_EQ(word[0], 3u);
}

/* Many forks while the guest writes: what it wrote is never lost. */
TEST(fork_running, &free_config)
{
	unsigned char *mem = anon(AXT_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)mem;
	uint64_t was;
	struct runner r = { };
	unsigned int i;
	int status;
	pid_t pid;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, AXT_PAGE, AXV_PROT_RW));
	runner_start(&r, f, SYM(count), SPOT, 0);
	for (i = 0; i < 10; i++) {
		axt_context("fork %u", i);
		pid = fork();
		ASSERT_TRUE(pid >= 0);
		if (!pid) {
			was = *word;
			axt_sleep_ms(5);
			/* the child's copy stands still */
			_exit(*word == was ? 0 : 1);
		}
		was = *word;
		WAIT_UNTIL(*word > was);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_EQ(status, 0);
	}
	axt_context(NULL);
	runner_stop(&r);
	EXPECT_EQ(r.faults, 0u);
	/* every count the guest made is in the page */
	ASSERT_OK(axv_bind(&f->v));
	axt_fetch(&f->v);
	was = reg(&f->v, AXT_RESULT_REG);
	EXPECT_TRUE(*word == was || *word + 1 == was);
}

/* ---- another process ------------------------------------------------------------------------------- */

static void send_fd(int sock, int fd)
{
	char c = 0, control[CMSG_SPACE(sizeof(int))] = { };
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(sock, &msg, 0) != 1)
		_exit(1);
}

static int receive_fd(int sock)
{
	char c, control[CMSG_SPACE(sizeof(int))] = { };
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	ASSERT_EQ(recvmsg(sock, &msg, 0), 1);
	ASSERT_TRUE(CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* A stage-2 of the child's own memory, sent to the parent. */
static void child_with_memory(int sock, const unsigned char *ram)
{
	unsigned char *mem = anon(GUEST_RAM_SIZE);
	struct axv dev;
	int s2;
	char c;

	memcpy(mem, ram, GUEST_DATA);
	*(uint64_t *)(mem + 0x100000) = 0xc0ffee;
	if (axv_open(&dev, NULL))
		_exit(1);
	s2 = axv_stage2_create(&dev, 0);
	if (s2 < 0 || axv_s2_map_user(s2, 0, mem, GUEST_RAM_SIZE, AXV_PROT_RWX))
		_exit(1);
	send_fd(sock, s2);
	/* changed by the guest meanwhile */
	if (read(sock, &c, 1) != 1)
		_exit(1);
	_exit(*(uint64_t *)(mem + 0x100008) == 0xbabe ? 42 : 2);
}

TEST(dies_with_process, &config)
{
	int sock[2], s2, status;
	uint64_t at;
	pid_t pid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid)
		child_with_memory(sock[1], f->ram);
	s2 = receive_fd(sock[0]);

	/* memory of another process, as good as one's own */
	ASSERT_OK(axv_set_root(&f->v, s2));
	EXPECT_EQ(guest_reads(&f->v, 0x100000), 0xc0ffeeu);
	guest_writes(&f->v, 0x100008, 0xbabe);
	ASSERT_EQ(write(sock[0], "", 1), 1);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);

	/* and gone with it: page tables, code, all */
	mem_go(&f->v, SYM(read), 0x100000, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_TRUE(f->exit->npf.flags & AXVCPU_NPF_BACKING);
	at = f->exit->npf.gpa;
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_EQ(f->exit->npf.gpa, at);
	EXPECT_GE(stats_of(s2).nr_maps, 1u);
	/* the table takes memory of the living */
	EXPECT_OK(axv_s2_unmap(s2, 0, GUEST_RAM_SIZE));
	ASSERT_OK(axv_s2_map_user(s2, 0, f->ram, f->ram_size, AXV_PROT_RWX));
	GUEST_MEM(f, 0x100000, uint64_t) = 0x11;
	EXPECT_EQ(guest_reads(&f->v, 0x100000), 0x11u);
	close(s2);
}

/* Inherited over fork() instead: the child's guest runs on the parent's memory. */
TEST(inherited, &config)
{
	int status;
	pid_t pid;

	guest_writes(&f->v, 0x100000, 5);
	ASSERT_OK(axv_unbind(&f->v));
	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid) {
		ASSERT_OK(axv_bind(&f->v));
		guest_writes(&f->v, 0x100000, 6);
		/* its own copy of the page has not changed */
		EXPECT_EQ(GUEST_MEM(f, 0x100000, uint64_t), 5u);
		_exit(axt_failures() ? 1 : 42);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	EXPECT_EQ(GUEST_MEM(f, 0x100000, uint64_t), 6u);
	ASSERT_OK(axv_bind(&f->v));
	EXPECT_EQ(guest_reads(&f->v, 0x100000), 6u);
}

/* ---- pressure ---------------------------------------------------------------------------------------- */

/* Pages that go to swap, or are thrown away by reclaim, come back as they were. */
TEST(pageout, &config)
{
	const unsigned int pages = 64;
	unsigned char *mem = anon(pages * AXT_PAGE);
	unsigned int i, round;

	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, mem, pages * AXT_PAGE, AXV_PROT_RW));
	for (i = 0; i < pages; i++)
		guest_writes(&f->v, SPOT + i * AXT_PAGE, i * 3);
	for (round = 0; round < 5; round++) {
		if (madvise(mem, pages * AXT_PAGE, MADV_PAGEOUT))
			axt_skip("no MADV_PAGEOUT: %s", strerror(errno));
		for (i = 0; i < pages; i += 7)
			EXPECT_EQ(guest_reads(&f->v, SPOT + i * AXT_PAGE), i * 3);
	}
}
