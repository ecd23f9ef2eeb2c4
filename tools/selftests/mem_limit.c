// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM in a memory cgroup that is too small for it: it alone gets to know, by
 * ENOMEM or by the end of its process, and what it had comes back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"

#define GROUP	"/sys/fs/cgroup/axvcpu-test"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	GUEST(mem),
};

static uint64_t group_current(void)
{
	long n = file_number(GROUP "/memory.current");

	ASSERT_GE(n, 0);
	return n;
}

static uint64_t group_events(const char *name)
{
	FILE *file = fopen(GROUP "/memory.events", "r");
	unsigned long long n, found = 0;
	char key[64];

	ASSERT_TRUE(file);
	while (fscanf(file, "%63s %llu", key, &n) == 2)
		if (!strcmp(key, name))
			found = n;
	fclose(file);
	return found;
}

static void set_limit(const char *bytes)
{
	ASSERT_OK(file_write(GROUP "/memory.max", bytes));
}

/* An empty group without a limit, or the case is skipped. */
static void new_group(void)
{
	rmdir(GROUP);
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) || access(GROUP "/memory.max", W_OK))
		axt_skip("no memory cgroups");
	file_write(GROUP "/memory.swap.max", "0");
}

/* A child in the group; in it the return value is 0. */
static pid_t fork_into_group(void)
{
	pid_t pid = fork();

	ASSERT_TRUE(pid >= 0);
	if (!pid)
		ASSERT_OK(file_write(GROUP "/cgroup.procs", "0"));
	return pid;
}

/* The child's wait status; then the group is empty, and this process's VM works. */
static int end_of_child(struct axt *f, pid_t pid)
{
	uint64_t kill;
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	kill = group_events("oom_kill");
	axt_diag("exit %d, signal %d, %llu killed for memory",
		 WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0, (unsigned long long)kill);
	if (WIFSIGNALED(status))
		EXPECT_GE(kill, 1u);
	/* all that the kernel had for it was its own */
	WAIT_UNTIL(group_current() < (1u << 20));
	rmdir(GROUP);
	guest_writes(&f->v, 0x100000, 0x55);
	EXPECT_EQ(guest_reads(&f->v, 0x100000), 0x55u);
	return status;
}

static void sweep(struct axt *g, uint64_t gpa, uint64_t step, uint64_t nr)
{
	mem_go(&g->v, SYM(sweep), gpa, step);
	ASSERT_OK(axv_set_gpr(&g->v, AXT_COUNT, nr));
	ASSERT_OK(axv_set_gpr(&g->v, AXT_SECOND, 0x77));
}

#define LEN	(64ul << 20)

/* The process's own memory: the guest's faults count, and it is killed for them. */
TEST(user_memory, &config)
{
	struct axt g;
	int status;
	pid_t pid;

	new_group();
	set_limit("25165824");
	pid = fork_into_group();
	if (!pid) {
		axt_open(&g, &config);
		ASSERT_OK(axv_s2_map_user(g.s2, SPOT, anon(LEN), LEN, AXV_PROT_RW));
		sweep(&g, SPOT, AXT_PAGE, LEN / AXT_PAGE);
		axv_run(&g.v);
		_exit(1);
	}
	status = end_of_child(f, pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/*
 * Pages that the stage-2 owns: ENOMEM, and RUN can be called again when there is
 * more. Where it is the table that meets the limit, the process may be killed.
 */
TEST(zero_memory, &config)
{
	struct axt g;
	int status;
	pid_t pid;

	new_group();
	set_limit("25165824");
	pid = fork_into_group();
	if (!pid) {
		axt_open(&g, &config);
		ASSERT_OK(axv_s2_map_zero(g.s2, SPOT, LEN, AXV_PROT_RW));
		sweep(&g, SPOT, AXT_PAGE, LEN / AXT_PAGE);
		ASSERT_ERR(ENOMEM, axv_run(&g.v));
		ASSERT_ERR(ENOMEM, axv_run(&g.v));
		EXPECT_STATE(&g.v, READY);
		set_limit("max");
		ASSERT_EXIT(&g, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(reg(&g.v, AXT_RESULT_REG), 0u);
		sweep(&g, SPOT, AXT_PAGE, LEN / AXT_PAGE);
		ASSERT_EXIT(&g, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(reg(&g.v, AXT_RESULT_REG), 0x77 * (LEN / AXT_PAGE));
		/* it is all charged */
		EXPECT_GE(group_current(), LEN);
		_exit(axt_failures() ? 1 : 42);
	}
	status = end_of_child(f, pid);
	EXPECT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == 42 : WTERMSIG(status) == SIGKILL);
}

#define TABLES	1500ul

static void map_many(struct axt *g, unsigned char *page)
{
	unsigned long i;

	for (i = 0; i < TABLES; i++)
		ASSERT_OK(axv_s2_map_user(g->s2, SPOT + i * HUGE_PAGE, page, AXT_PAGE,
					  AXV_PROT_RW));
	sweep(g, SPOT, HUGE_PAGE, TABLES);
}

/* One page at many places: next to nothing of memory, but a table for each place. */
TEST(tables_charged, &config)
{
	uint64_t before;
	struct axt g;
	int status;
	pid_t pid;

	new_group();
	pid = fork_into_group();
	if (!pid) {
		axt_open(&g, &config);
		before = group_current();
		map_many(&g, anon(AXT_PAGE));
		ASSERT_EXIT(&g, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(reg(&g.v, AXT_RESULT_REG), 0x77 * (TABLES - 1));
		EXPECT_GE(stats_of(g.s2).tables, TABLES);
		EXPECT_GE(group_current() - before, TABLES * AXT_PAGE);
		_exit(axt_failures() ? 1 : 42);
	}
	status = end_of_child(f, pid);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

/* The same with too little for it. */
TEST(tables_limited, &config)
{
	struct axt g;
	int status, r;
	pid_t pid;

	new_group();
	pid = fork_into_group();
	if (!pid) {
		axt_open(&g, &config);
		set_limit(axt_format("%llu", (unsigned long long)group_current() + (3u << 20)));
		map_many(&g, anon(AXT_PAGE));
		r = axv_run(&g.v);
		EXPECT_EQ(r, -ENOMEM);
		_exit(axt_failures() ? 1 : 42);
	}
	status = end_of_child(f, pid);
	EXPECT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == 42 : WTERMSIG(status) == SIGKILL);
}
