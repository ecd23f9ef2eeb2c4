// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is not unloaded while anything of it is in use, is unloaded when
 * nothing is, and works again after it was loaded again. It is loaded when this
 * program ends.
 *
 * The kernel changes the rights of a module's pages one by one when it comes and goes,
 * on all CPUs: where these are emulated on a busy machine, that takes its time.
 *
 * rig: timeout=1200 smp=2
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/leaks.h"
#include "common/storm.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, count);
DECLARE_GUEST_SYM(basic, halt);

static const struct axt_config syncs = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

/* Where the module may lie, in the order they are tried. */
static int open_module(void)
{
	static const char * const names[] = {
		"/axvcpu/axvcpu.ko", "/lib/modules/%s/updates/axvcpu.ko",
		"/lib/modules/%s/updates/dkms/axvcpu.ko", "/lib/modules/%s/extra/axvcpu.ko",
	};
	struct utsname u;
	char path[300];
	int fd = -1;

	uname(&u);
	for (size_t i = 0; i < ARRAY_SIZE(names) && fd < 0; i++) {
		snprintf(path, sizeof(path), names[i], u.release);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

static int load(void)
{
	int fd = open_module(), r;

	if (fd < 0)
		return -errno;
	r = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return r;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "axvcpu", O_NONBLOCK) ? -errno : 0;
}

/* Unloadable it must be at the start, with nothing of ours open. */
static void alone(struct axt *f)
{
	int fd = open_module();

	if (file_number(MODULE_USERS) < 0)
		axt_skip("the device is not a module's");
	if (fd < 0)
		axt_skip("there is no module to load again");
	close(fd);
	axv_close(&f->dev);
	f->dev.fd = -1;
	WAIT_UNTIL(file_number(MODULE_USERS) == 0);
}

/* One reference keeps it; @what is closed by the caller afterwards. */
static void kept_by(const char *what)
{
	axt_context("%s", what);
	EXPECT_GE(file_number(MODULE_USERS), 1);
	EXPECT_ERR(EAGAIN, unload());
	/* had it gone, the rest would be without it */
	if (file_number(MODULE_USERS) < 0)
		load();
}

static void goes_and_comes(void)
{
	struct axt g;

	axt_context("nothing open");
	WAIT_UNTIL(file_number(MODULE_USERS) == 0);
	EXPECT_OK(unload());
	EXPECT_ERR(ENOENT, open(AXV_DEVICE, O_RDWR) < 0 ? -errno : 0);
	EXPECT_EQ(access("/sys/module/axvcpu", F_OK), -1);
	EXPECT_EQ(access("/sys/kernel/debug/axvcpu", F_OK), -1);
	ASSERT_OK(load());
	/* devtmpfs makes the node in a thread of its own */
	WAIT_UNTIL(!access(AXV_DEVICE, R_OK | W_OK));
	axt_open(&g, &syncs);
	EXPECT_SYNC(&g);
	EXPECT_EQ(axt_synced(g.exit), 1u);
	axt_close(&g);
	axt_context(NULL);
}

TEST_TIMEOUT(goes_and_comes, NULL, 300)
{
	uint64_t enough = axt_now_ms() + 60000;
	int i;

	alone(f);
	for (i = 0; i < 5 && (i < 2 || axt_now_ms() < enough); i++)
		goes_and_comes();
	axt_diag("%d times", i);
}

/* Each kind of file alone is enough to keep it, and each kind of mapping. */
TEST_TIMEOUT(kept_by_each_file, NULL, 180)
{
	struct axv_ring ring;
	struct axt g;
	void *p;

	alone(f);
	ASSERT_OK(axv_open(&g.dev, NULL));
	kept_by("the device");
	axv_close(&g.dev);

	axt_open(&g, &syncs);
	axv_close(&g.dev);
	kept_by("all but the device");
	axv_vcpu_close(&g.v);
	close(g.s2);
	kept_by("a VM");
	close(g.vm);
	munmap(g.ram, g.ram_size);

	axt_open(&g, &syncs);
	axv_close(&g.dev);
	close(g.vm);
	axv_vcpu_close(&g.v);
	kept_by("a stage-2");
	close(g.s2);
	munmap(g.ram, g.ram_size);

	axt_open(&g, &syncs);
	axv_close(&g.dev);
	close(g.vm);
	close(g.s2);
	kept_by("a vCPU");
	EXPECT_SYNC(&g);
	close(g.v.fd);
	kept_by("the mapping of a run page");
	munmap((void *)g.v.run, g.v.run_size);
	munmap(g.ram, g.ram_size);

	ASSERT_OK(axv_open(&g.dev, NULL));
	ASSERT_OK(axv_ring_create(&g.dev, 8, -1, &ring));
	axv_close(&g.dev);
	kept_by("a ring");
	close(ring.fd);
	kept_by("the mapping of a ring");
	munmap(ring.shared, ring.size);

	ASSERT_OK(axv_open(&g.dev, NULL));
	g.s2 = ASSERT_OK(axv_stage2_create(&g.dev, 0));
	axv_close(&g.dev);
	ASSERT_OK(axv_s2_map_zero(g.s2, 0, AXT_PAGE, AXV_PROT_RW));
	p = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, g.s2, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	*(volatile int *)p = 1;
	close(g.s2);
	kept_by("the mapping of a stage-2");
	munmap(p, AXT_PAGE);

	goes_and_comes();
}

static long run_thread(void *arg)
{
	int r = axv_bind(arg);

	return r ? r : axv_run(arg);
}

/* A guest in RUN, spinning or halted, and whoever tries to unload all the time. */
TEST_TIMEOUT(kept_by_a_running_guest, NULL, 180)
{
	static const uintptr_t entries[] = { GUEST_SYM(basic, count), GUEST_SYM(basic, halt) };

	alone(f);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct axt_config c = syncs;
		struct axt_thread t;
		struct axt g;

		c.stage = AXT_FREE;
		c.entry = entries[i];
		axt_open(&g, &c);
		axt_thread_start(&t, run_thread, &g.v);
		ASSERT_TRUE(WAIT_UNTIL(axv_get_state(&g.v, NULL) >= AXVCPU_STATE_RUNNING));
		for (int n = 0; n < 200; n++)
			kept_by("a guest that runs");
		EXPECT_OK(axv_kick(&g.v));
		EXPECT_OK(axt_thread_join(&t));
		EXPECT_EQ(g.exit->reason, AXVCPU_EXIT_STOPPED);
		axt_close(&g);
	}
	goes_and_comes();
}

struct signaller {
	int fd[2];
	unsigned int quiet;
};

static long signal_thread(void *arg)
{
	struct signaller *s = arg;
	uint64_t one = 1;

	while (!storm_get(&s->quiet))
		for (int i = 0; i < 2; i++)
			if (write(s->fd[i], &one, sizeof(one)) < 0)
				return -errno;
	return 0;
}

/* Eventfds that were routes are signalled before, while and after it goes. */
TEST_TIMEOUT(unloaded_under_signals, NULL, 300)
{
	uint64_t enough = axt_now_ms() + 60000;
	struct axt_config config = syncs;
	struct signaller s = { 0 };
	struct axt_thread t;
	int n;

	axt_need_irqs(f);
	alone(f);
	for (int i = 0; i < 2; i++)
		ASSERT_GE(s.fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 0);
	config.stage = AXT_FREE;
	axt_thread_start(&t, signal_thread, &s);
	/* both ways, and again, unless the machine is busy */
	for (n = 0; n < 4 && (n < 2 || axt_now_ms() < enough) && !axt_failures(); n++) {
		struct axt g;

		axt_open(&g, &config);
		ASSERT_OK(axv_irqfd_level(g.vm, s.fd[0], s.fd[1], 0, AXT_IRQ));
		ASSERT_OK(axv_irqfd(g.vm, s.fd[1], 0, AXT_IRQ));
		if (n & 1)
			axt_sleep_ms(2);
		axt_close(&g);
		WAIT_UNTIL(file_number(MODULE_USERS) == 0);
		EXPECT_OK(unload());
		ASSERT_OK(load());
		WAIT_UNTIL(!access(AXV_DEVICE, R_OK | W_OK));
	}
	storm_set(&s.quiet, 1);
	EXPECT_OK(axt_thread_join(&t));
	axt_diag("%d times", n);
	goes_and_comes();
}

/* Its process is killed: what is left of it must be gone before the module can. */
TEST_TIMEOUT(unloaded_right_after_a_kill, NULL, 300)
{
	uint64_t enough = axt_now_ms() + 60000;
	int i;

	alone(f);
	/* as often as a busy machine gets to it, but for the first few */
	for (i = 0; i < 20 && (i < 4 || axt_now_ms() < enough) && !axt_failures(); i++) {
		int up[2], r;
		pid_t pid;
		char c;

		ASSERT_EQ(pipe(up), 0);
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			struct axt_config config = syncs;
			struct axt_thread t;
			struct axt g;

			config.stage = AXT_FREE;
			config.entry = GUEST_SYM(basic, count);
			axt_open(&g, &config);
			axt_thread_start(&t, run_thread, &g.v);
			while (!GUEST_MEM(&g, GUEST_DATA, uint32_t))
				;
			if (write(up[1], "", 1) == 1)
				pause();
			_exit(1);
		}
		close(up[1]);
		ASSERT_EQ(read(up[0], &c, 1), 1);
		close(up[0]);
		/* from before its death to after it */
		do {
			kill(pid, SIGKILL);
			r = unload();
		} while (r == -EAGAIN);
		EXPECT_OK(r);
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
		ASSERT_OK(load());
		WAIT_UNTIL(!access(AXV_DEVICE, R_OK | W_OK));
	}
	axt_diag("%d times", i);
	goes_and_comes();
}
