// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU between threads and processes: who may, who must wait, what becomes
 * of it when they end.
 *
 * rig: timeout=180
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);

static const struct axt_config ready = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
	.shared = true,
};

static const struct axt_config unbound = {
	.stage = AXT_FREE,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
	.shared = true,
};

static long bind_thread(void *arg)
{
	return axv_bind(arg);
}

static long run_thread(void *arg)
{
	return axv_run(arg);
}

static long bind_run_thread(void *arg)
{
	int r = axv_bind(arg);

	return r ? r : axv_run(arg);
}

/* ---- owners -------------------------------------------------------------------- */

TEST(second_thread_is_refused, &ready)
{
	struct axvcpu_get_state s;

	EXPECT_SYNC(f);
	EXPECT_ERR(EBUSY, axt_in_thread(run_thread, &f->v));
	EXPECT_ERR(EBUSY, axt_in_thread(bind_thread, &f->v));
	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.owner, gettid());
	EXPECT_EQ(s.pending_exit, AXT_EXIT_SYNC);
	axv_fulfil(&f->v, 0);
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 2);
}

struct nuisance {
	struct axt *f;
	unsigned int calls;
	unsigned int wrong;
	bool stop;
};

/* Calls all the time what it may not. */
static long nuisance_thread(void *arg)
{
	struct nuisance *n = arg;
	const struct axv_vcpu *v = &n->f->v;

	while (!__atomic_load_n(&n->stop, __ATOMIC_SEQ_CST)) {
		n->wrong += axv_get_state(v, NULL) < AXVCPU_STATE_READY;
		n->wrong += axv_run(v) != -EBUSY;
		n->wrong += axv_set_gpr(v, 0, 0) != -EBUSY;
		n->wrong += axv_unbind(v) != -EBUSY;
		n->calls++;
	}
	return 0;
}

/* The thread that holds a vCPU never gets EBUSY itself, whoever else calls. */
TEST(owner_is_not_disturbed, &ready)
{
	struct nuisance n = { .f = f };
	struct axt_thread t;

	axt_thread_start(&t, nuisance_thread, &n);
	for (int i = 1; i <= 3000 || !n.calls; i++) {
		ASSERT_SYNC(f);
		ASSERT_EQ(axt_synced(f->exit), i & 0xff);
		ASSERT_OK(axv_set_gpr(&f->v, AXT_SECOND, i));
		axv_fulfil(&f->v, 0);
	}
	__atomic_store_n(&n.stop, true, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(n.wrong, 0);
	axt_diag("%u times", n.calls);
}

struct racer {
	struct axt *f;
	pthread_barrier_t *barrier;
	int won[100];
};

static long race_thread(void *arg)
{
	struct racer *r = arg;
	int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(r->won); i++) {
		int ret;

		pthread_barrier_wait(r->barrier);
		ret = axv_bind(&r->f->v);
		bad += ret && ret != -EBUSY;
		r->won[i] = !ret;
		pthread_barrier_wait(r->barrier);
		if (!ret)
			bad += axv_unbind(&r->f->v) != 0;
	}
	return bad;
}

/* Of two threads that BIND at once one has it, and the other one EBUSY. */
TEST(bind_race, &unbound)
{
	pthread_barrier_t barrier;
	struct axt_thread t[2];
	struct racer r[2];

	ASSERT_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
	for (int i = 0; i < 2; i++) {
		r[i].f = f;
		r[i].barrier = &barrier;
		axt_thread_start(&t[i], race_thread, &r[i]);
	}
	EXPECT_EQ(axt_thread_join(&t[0]), 0);
	EXPECT_EQ(axt_thread_join(&t[1]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(r[0].won); i++)
		EXPECT_EQ(r[0].won[i] + r[1].won[i], 1);
	EXPECT_STATE(&f->v, FREE);
}

/* Threads that end without UNBIND leave the vCPU to whoever comes next. */
TEST(owner_ends, &unbound)
{
	struct axvcpu_get_state s;

	for (int i = 1; i <= 20; i++) {
		ASSERT_OK(axt_in_thread(bind_run_thread, &f->v));
		EXPECT_EQ(f->exit->reason, AXT_EXIT_SYNC);
		EXPECT_EQ(axt_synced(f->exit), i);
		axv_fulfil(&f->v, 0);
		/* at once: an owner that was joined is no owner */
		EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_FREE);
		EXPECT_EQ(s.owner, 0);
	}
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);
}

/* A process that ends is one too, as a zombie already. */
TEST(owner_process_ends, &unbound)
{
	int status;
	siginfo_t info;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(axv_bind(&f->v) ? 1 : 0);
	ASSERT_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 0);
}

/* After fork() both have the fd; the vCPU stays the parent's until UNBIND. */
TEST(fork, &ready)
{
	int status, go[2];
	pid_t pid;
	char c;

	ASSERT_EQ(pipe(go), 0);
	EXPECT_SYNC(f);
	axv_fulfil(&f->v, 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		EXPECT_ERR(EBUSY, axv_run(&f->v));
		EXPECT_ERR(EBUSY, axv_bind(&f->v));
		EXPECT_ERR(EBUSY, axv_unbind(&f->v));
		ASSERT_EQ(read(go[0], &c, 1), 1);
		EXPECT_OK(axv_bind(&f->v));
		EXPECT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), 2);
		axv_fulfil(&f->v, 0);
		EXPECT_OK(axv_unbind(&f->v));
		axt_end();
	}
	axt_sleep_ms(20);
	EXPECT_OK(axv_unbind(&f->v));
	ASSERT_EQ(write(go[1], "", 1), 1);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);
	EXPECT_EQ(axt_synced(f->exit), 3);
}

static void send_fd(int sock, int fd)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} u = { };
	struct iovec iov = { "", 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &u,
		.msg_controllen = sizeof(u.buf),
	};

	u.h.cmsg_level = SOL_SOCKET;
	u.h.cmsg_type = SCM_RIGHTS;
	u.h.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&u.h), &fd, sizeof(int));
	ASSERT_EQ(sendmsg(sock, &m, 0), 1);
}

static int receive_fd(int sock)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} u = { };
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &u,
		.msg_controllen = sizeof(u.buf),
	};
	int fd;

	ASSERT_EQ(recvmsg(sock, &m, 0), 1);
	memcpy(&fd, CMSG_DATA(&u.h), sizeof(int));
	return fd;
}

/*
 * A process that has nothing but the vCPU's fd runs it, on the memory of the
 * process that mapped it.
 */
TEST(scm_rights, NULL)
{
	int sock[2], status;
	struct axv_vcpu v;
	struct axt owner;
	pid_t pid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		ASSERT_OK(axv_vcpu_attach(&f->dev, receive_fd(sock[1]), &v));
		EXPECT_OK(axv_bind(&v));
		for (int i = 1; i <= 3; i++) {
			EXPECT_SYNC_V(&v);
			EXPECT_EQ(axt_synced(&v.run->exit), i);
			axv_fulfil(&v, 0);
		}
		EXPECT_OK(axv_unbind(&v));
		axv_vcpu_close(&v);
		axt_end();
	}
	axt_open(&owner, &unbound);
	send_fd(sock[0], owner.v.fd);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_OK(axv_bind(&owner.v));
	EXPECT_SYNC(&owner);
	EXPECT_EQ(axt_synced(owner.exit), 4);
}

/* Guest memory goes with the process that mapped it, the vCPU does not crash. */
TEST(owner_of_memory_ends, NULL)
{
	int sock[2], status;
	struct axt owner;
	struct axv_vcpu v;
	pid_t pid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		axt_open(&owner, &unbound);
		EXPECT_OK(axv_bind(&owner.v));
		EXPECT_SYNC(&owner);
		axv_fulfil(&owner.v, 0);
		EXPECT_OK(axv_unbind(&owner.v));
		send_fd(sock[0], owner.v.fd);
		axt_end();
	}
	ASSERT_OK(axv_vcpu_attach(&f->dev, receive_fd(sock[1]), &v));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_OK(axv_bind(&v));
	EXPECT_EXIT_V(&v, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_TRUE(v.run->exit.npf.flags & AXVCPU_NPF_BACKING);
	EXPECT_STATE(&v, READY);
}

/* ---- fds ------------------------------------------------------------------------ */

TEST(vcpu_outlives_vm_and_stage2, &ready)
{
	EXPECT_SYNC(f);
	close(f->vm);
	close(f->s2);
	f->vm = -1;
	f->s2 = -1;
	axv_close(&f->dev);
	for (int i = 2; i < 5; i++) {
		axv_fulfil(&f->v, 0);
		EXPECT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i);
	}
}

/* A mapped run page keeps the vCPU, and so its id. */
TEST(close_while_mapped, &ready)
{
	struct axvcpu_vm_state_info vm;
	struct axv_vcpu v;

	EXPECT_SYNC(f);
	close(f->v.fd);
	EXPECT_EQ(f->exit->reason, AXT_EXIT_SYNC);
	f->v.run->stop = 1;
	EXPECT_ERR(EEXIST, axv_vcpu_create(&f->dev, f->vm, 0, &v));
	munmap((void *)f->v.run, f->v.run_size);
	f->v.run = NULL;
	EXPECT_OK(axv_vm_state(f->vm, &vm));
	EXPECT_EQ(vm.nr_vcpus, 0);
	EXPECT_OK(axv_vcpu_create(&f->dev, f->vm, 0, &v));
	EXPECT_EQ(v.run->stop, 0);
}

/* All fds are close-on-exec. */
TEST(cloexec, &ready)
{
	EXPECT_EQ(fcntl(f->vm, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(f->s2, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(f->v.fd, F_GETFD), FD_CLOEXEC);
}

TEST(two_vms, &ready)
{
	struct axt g;

	axt_open(&g, &ready);
	for (int i = 1; i <= 50; i++) {
		EXPECT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i & 0xff);
		axv_fulfil(&f->v, 0);
		if (i % 2)
			continue;
		EXPECT_SYNC(&g);
		EXPECT_EQ(axt_synced(g.exit), i / 2);
		axv_fulfil(&g.v, 0);
	}
	axt_close(&g);
	EXPECT_SYNC(f);
}

TEST(max_vcpus, &unbound)
{
	uint32_t max = f->dev.info.max_vcpus;
	struct axvcpu_vm_state_info vm;
	struct axv_vcpu *v = calloc(max, sizeof(*v));
	uint32_t i;

	for (i = 1; i < max; i++) {
		axt_context("id %u", i);
		ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, i, &v[i]));
	}
	axt_context(NULL);
	EXPECT_ERR(EINVAL, axv_vcpu_create(&f->dev, f->vm, max, &v[0]));
	EXPECT_ERR(EEXIST, axv_vcpu_create(&f->dev, f->vm, max - 1, &v[0]));
	EXPECT_OK(axv_vm_state(f->vm, &vm));
	EXPECT_EQ(vm.nr_vcpus, max);
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);
	for (i = 1; i < max; i++)
		axv_vcpu_close(&v[i]);
	EXPECT_OK(axv_vm_state(f->vm, &vm));
	EXPECT_EQ(vm.nr_vcpus, 1);
}
