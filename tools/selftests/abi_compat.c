// SPDX-License-Identifier: GPL-2.0-only
/*
 * 32-bit user space: the same structures by the 32-bit system call. That call
 * can be made by a 64-bit program too (int 0x80), as long as everything is
 * below 4 GiB; so no 32-bit C library is needed to build or run this. On RISC-V there is
 * no such call: the kernels of the rig have no 32-bit programs (COMPAT is not set). On
 * arm64 there is, for programs that are AArch32 themselves: no 64-bit one can make it.
 *
 * rig: timeout=120 arch=x86
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/requests.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);

#define NR32_getpid	20
#define NR32_ioctl	54

static long syscall32(long nr, unsigned long a, unsigned long b, unsigned long c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (nr), "b" (a), "c" (b), "d" (c)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

/* A kernel without 32-bit system calls gives SIGSEGV for the instruction. */
static void on_segv(int nr)
{
	_exit(nr);
}

static void need_32bit(void)
{
	pid_t pid = fork();
	int status;

	ASSERT_GE(pid, 0);
	if (!pid) {
		signal(SIGSEGV, on_segv);
		_exit(syscall32(NR32_getpid, 0, 0, 0) != getpid());
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (status)
		axt_skip("this kernel has no 32-bit system calls");
}

static void *low_pages(void)
{
	void *p = mmap(NULL, 2 * AXT_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static long call32(struct axt *f, const struct req *r, void *arg)
{
	long ret = syscall32(NR32_ioctl, req_fd(f, r->kind), r->cmd, (uintptr_t)arg);

	if (ret > 0 && r->makes_fd) {
		close(ret);
		ret = 0;
	}
	return ret;
}

TEST_ROWS(compat, requests, nr_requests, NULL)
{
	const struct req *r = arg;
	unsigned char *buf = low_pages();
	struct axt g;

	need_32bit();
	req_open(&g, r);
	if (!r->size) {
		EXPECT_ERR(EINVAL, call32(&g, r, buf));
		EXPECT_OK(call32(&g, r, NULL));
		return;
	}
	req_fill(&g, r, buf);
	*(uint32_t *)buf = (r->first ? r->first : r->size) - 1;
	EXPECT_ERR(EINVAL, call32(&g, r, buf));
	EXPECT_ERR(EFAULT, call32(&g, r, NULL));
	EXPECT_ERR(EFAULT, call32(&g, r, (void *)0xfffff000ul));
	if (r->bad && r->bad->width) {
		req_fill(&g, r, buf);
		memcpy(buf + r->bad->offset, &r->bad->value, r->bad->width);
		EXPECT_ERR(r->bad->err, call32(&g, r, buf));
	}
	req_fill(&g, r, buf);
	EXPECT_OK(call32(&g, r, buf));
	EXPECT_ERR(ENOTTY, (long)syscall32(NR32_ioctl, req_fd(&g, r->kind), r->cmd ^ 0xc0, 0));
}

/* A guest, from GET_INFO to its exits, by 32-bit calls only. */
TEST(whole_life, NULL)
{
	const struct axt_config c = {
		.stage = AXT_CREATED,
		.start = AXT_START_FLAT,
		GUEST(basic),
		.entry = GUEST_SYM(basic, sync_loop),
	};
	struct axvcpu_setup *s = low_pages();
	struct axt g;

	need_32bit();
	axt_open(&g, &c);
	*s = axt_setup_args(g.s2, &c);
	EXPECT_EQ(syscall32(NR32_ioctl, g.v.fd, AXVCPU_SETUP, (uintptr_t)s), 0);
	EXPECT_EQ(syscall32(NR32_ioctl, g.v.fd, AXVCPU_BIND, 0), 0);
	for (int i = 1; i <= 5; i++) {
		ASSERT_EQ(syscall32(NR32_ioctl, g.v.fd, AXVCPU_RUN, 0), 0);
		EXPECT_EQ(g.exit->reason, AXT_EXIT_SYNC);
		EXPECT_EQ(axt_synced(g.exit), i);
		axv_fulfil(&g.v, 0);
	}
	EXPECT_EQ(syscall32(NR32_ioctl, g.v.fd, AXVCPU_UNBIND, 0), 0);
	EXPECT_STATE(&g.v, FREE);
}
