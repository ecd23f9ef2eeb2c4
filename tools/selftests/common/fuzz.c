// SPDX-License-Identifier: GPL-2.0-only
/* The objects of the fuzzer, their coming and going, and who watches over it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fuzz.h"

DECLARE_GUEST(exits);

static const struct axt_config world_config = {
	.stage = AXT_NO_VCPU,
	.start = AXT_START_PAGED,
	GUEST(exits),
	.shared = true,
};

static __thread struct fuzz *me;

/* ---- faults and failures -------------------------------------------------------------- */

static void on_fault(int nr)
{
	if (me && me->guard)
		siglongjmp(me->back, 1);
	signal(nr, SIG_DFL);
}

bool fuzz_try(struct fuzz *z, void (*fn)(struct fuzz *z, void *arg), void *arg)
{
	bool whole = !sigsetjmp(z->back, 1);

	if (whole) {
		z->guard = 1;
		fn(z, arg);
	}
	z->guard = 0;
	return whole;
}

static void on_alarm(int nr __maybe_unused)
{
}

void fuzz_fail(struct fuzz *z, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	axt_fail("fuzz_user.c", 0, "AXV_FUZZ_SEED=0x%llx thread %llu step %llu (%s%s): %s",
		 (unsigned long long)z->seed, (unsigned long long)z->thread,
		 (unsigned long long)z->step, z->what, z->child ? ", in a child" : "", text);
}

/* ---- fds -------------------------------------------------------------------------------- */

int fuzz_fd(struct fuzz *z, enum req_kind kind)
{
	struct fuzz_world *w = z->w;

	switch (kind) {
	case REQ_DEVICE:
		return w->dev.fd;
	case REQ_VM:
		return __atomic_load_n(&w->vm[rnd_below(&z->r, NR_VMS)], __ATOMIC_SEQ_CST);
	case REQ_STAGE2:
		return __atomic_load_n(&w->s2[rnd_below(&z->r, NR_S2)], __ATOMIC_SEQ_CST);
	default:
		return __atomic_load_n(&w->vcpu[rnd_below(&z->r, NR_VCPUS)].fd, __ATOMIC_SEQ_CST);
	}
}

int fuzz_odd_fd(struct fuzz *z)
{
	return z->w->odd[rnd_below(&z->r, NR_ODD)];
}

bool fuzz_is_ours(struct fuzz *z, int fd)
{
	unsigned int i;

	if (fd == z->w->dev.fd)
		return true;
	for (i = 0; i < NR_VMS; i++)
		if (fd == z->w->vm[i])
			return true;
	for (i = 0; i < NR_S2; i++)
		if (fd == z->w->s2[i])
			return true;
	for (i = 0; i < NR_VCPUS; i++)
		if (fd == z->w->vcpu[i].fd)
			return true;
	return false;
}

static void make_odd_fds(int *odd)
{
	static const char name[] = "/tmp/fuzz-file";
	int p[2] = { -1, -1 };

	odd[ODD_MEMFD] = memfd_create("fuzz", MFD_CLOEXEC);
	ftruncate(odd[ODD_MEMFD], 3 * AXT_PAGE);
	odd[ODD_SEALED] = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ftruncate(odd[ODD_SEALED], 8 * AXT_PAGE);
	fcntl(odd[ODD_SEALED], F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
	odd[ODD_HUGE] = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	odd[ODD_ZERO] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	odd[ODD_NULL] = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* to be read only: what a guest wrote there could stop the machine itself */
	odd[ODD_MEM] = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	if (!pipe2(p, O_CLOEXEC)) {
		odd[ODD_PIPE_IN] = p[0];
		odd[ODD_PIPE_OUT] = p[1];
	}
	odd[ODD_SOCKET] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	odd[ODD_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	odd[ODD_EPOLL] = epoll_create1(EPOLL_CLOEXEC);
	odd[ODD_DIR] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	odd[ODD_PATH] = open("/", O_PATH | O_CLOEXEC);
	odd[ODD_WRITE_ONLY] = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ftruncate(odd[ODD_WRITE_ONLY], 4 * AXT_PAGE);
	odd[ODD_READ_ONLY] = open(name, O_RDONLY | O_CLOEXEC);
	odd[ODD_OWN_MEM] = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	odd[ODD_CLOSED] = 999;
	unlink(name);
}

/* ---- making objects ---------------------------------------------------------------------- */

static void replace(int *slot, int fd)
{
	int old = __atomic_exchange_n(slot, fd, __ATOMIC_SEQ_CST);

	if (old >= 0)
		close(old);
}

void fuzz_new_vm(struct fuzz *z, unsigned int i)
{
	struct axvcpu_create_vm c = {
		.flags = rnd_below(&z->r, 8) & ~(z->w->lenient ? 0 : AXVCPU_VM_LENIENT),
	};
	int fd;

	if (z->w->lenient)
		c.flags |= AXVCPU_VM_LENIENT;
#ifdef __x86_64__
	if (rnd_one_in(&z->r, 2)) {
		c.arch_flags = AXVCPU_X86_LOCAL_APIC;
		if (rnd_one_in(&z->r, 2))
			c.arch_flags |= AXVCPU_X86_EOI_EXITS;
		if (rnd_one_in(&z->r, 2))
			c.flags |= AXVCPU_VM_KERNEL_START;
	}
#endif
	fd = axv_vm_create_with(&z->w->dev, &c);
	replace(&z->w->vm[i], fd < 0 ? -1 : fd);
}

void fuzz_new_event(struct fuzz *z, unsigned int i)
{
	replace(&z->w->event[i], eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

void fuzz_new_s2(struct fuzz *z, unsigned int i)
{
	int fd = axv_stage2_create(&z->w->dev, 0);

	if (fd >= 0) {
		axv_s2_map_user(fd, 0, z->w->ram, GUEST_RAM_SIZE, AXV_PROT_RWX);
		axv_s2_map_user(fd, 0x40000000, z->w->arena, ARENA, AXV_PROT_RWX);
	}
	replace(&z->w->s2[i], fd < 0 ? -1 : fd);
}

/*
 * Each where none was before: a thread that is late writes to what was there, and must
 * not meet anything else in its place.
 */
static unsigned char *map_run(struct fuzz_world *w, int fd)
{
	static uintptr_t next = 0x2800000000;
	void *at = (void *)__atomic_fetch_add(&next, 2 * w->dev.info.run_size, __ATOMIC_SEQ_CST);
	void *p = mmap(at, w->dev.info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

void fuzz_new_vcpu(struct fuzz *z, unsigned int i)
{
	struct axvcpu_create_vcpu c = {
		.size = sizeof(c),
		.id = rnd_below(&z->r, 4),
		.preferred_cpu = rnd_one_in(&z->r, 2) ? -1 : 0,
	};
	struct fuzz_vcpu *v = &z->w->vcpu[i];
	unsigned char *run, *eyes;
	struct axvcpu_setup s;
	int fd, s2 = fuzz_fd(z, REQ_STAGE2), vm = fuzz_fd(z, REQ_VM);
	bool set_up = !rnd_one_in(&z->r, 8), bind = !rnd_one_in(&z->r, 3);

	/* first the old one, which may have the id */
	run = __atomic_exchange_n(&v->run, NULL, __ATOMIC_SEQ_CST);
	eyes = __atomic_exchange_n(&v->eyes, NULL, __ATOMIC_SEQ_CST);
	if (run)
		munmap(run, z->w->dev.info.run_size);
	if (eyes)
		munmap(eyes, z->w->dev.info.run_size);
	replace(&v->fd, -1);

	fd = ioctl(vm, AXVCPU_CREATE_VCPU, &c);
	if (fd < 0)
		return;
	run = map_run(z->w, fd);
	eyes = map_run(z->w, fd);
	if (!run || !eyes) {
		close(fd);
		return;
	}
	s = axt_setup_args(s2, &world_config);
	if (set_up && !ioctl(fd, AXVCPU_SETUP, &s) && bind)
		ioctl(fd, AXVCPU_BIND, 0);
	v->run = run;
	v->eyes = eyes;
	replace(&v->fd, fd);
}

void fuzz_revive(struct fuzz *z, unsigned int i)
{
	struct axvcpu_setup s = axt_setup_args(fuzz_fd(z, REQ_STAGE2), &world_config);
	struct fuzz_vcpu *v = &z->w->vcpu[i];

	s.entry = fuzz_entry_point(z);
	if (v->fd < 0) {
		fuzz_new_vcpu(z, i);
		return;
	}
	fuzz_call_as_is(z, fuzz_request(AXVCPU_RESET), v->fd, NULL);
	fuzz_call_as_is(z, fuzz_request(AXVCPU_SETUP), v->fd, &s);
	fuzz_call_as_is(z, fuzz_request(AXVCPU_BIND), v->fd, NULL);
}

/* A twin of @fd by way of a socket. */
static int through_socket(int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = u.buf,
		.msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *c;
	int s[2], twin = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(s[0], &msg, 0) == 1 &&
	    recvmsg(s[1], &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) == 1) {
		c = CMSG_FIRSTHDR(&msg);
		if (c && c->cmsg_type == SCM_RIGHTS)
			memcpy(&twin, CMSG_DATA(c), sizeof(twin));
	}
	/* or it stays in the socket, and goes with it */
	close(s[0]);
	close(s[1]);
	return twin;
}

void fuzz_pass_fd(struct fuzz *z)
{
	struct fuzz_world *w = z->w;
	unsigned int which = rnd_below(&z->r, 3);
	int *slot = which == 0 ? &w->vm[rnd_below(&z->r, NR_VMS)] :
		    which == 1 ? &w->s2[rnd_below(&z->r, NR_S2)] :
				 &w->vcpu[rnd_below(&z->r, NR_VCPUS)].fd;
	int fd = __atomic_load_n(slot, __ATOMIC_SEQ_CST), twin;

	if (fd < 0)
		return;
	twin = rnd_one_in(&z->r, 2) ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : through_socket(fd);
	if (twin < 0)
		return;
	/* another thread may have put something else there */
	if (__atomic_compare_exchange_n(slot, &fd, twin, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		close(fd);
	else
		close(twin);
}

/* ---- the world ------------------------------------------------------------------------------ */

struct fuzz_world *fuzz_world(bool strict, bool lenient)
{
	static struct fuzz_world world;
	struct fuzz z = { .w = &world, .r = rnd_at(1, 2, 3) };
	struct fuzz_world *w = &world;
	struct axv_vcpu v;
	struct axt f;
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->strict = strict;
	w->lenient = lenient;
	axt_open(&f, &world_config);
	w->dev = f.dev;
	w->ram = f.ram;
#if defined(__x86_64__)
	/* no way to other rings: an emulated CPU is easily lost there */
	memset(w->ram + GUEST_GDT + 0x28, 0, 16);
#endif
	w->cpuid = mmap(NULL, 4 * AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	/* far from all else: no other mapping comes to lie in a hole of it */
	w->arena = mmap((void *)0x2000000000, ARENA, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_TRUE(w->cpuid != MAP_FAILED && w->arena != MAP_FAILED);
	ASSERT_OK(axv_vcpu_create(&w->dev, f.vm, 0, &v));
	if (w->dev.info.max_cpuid)
		w->nr_cpuid = ASSERT_OK(axv_get_cpuid(&v, w->cpuid,
						      4 * AXT_PAGE / sizeof(*w->cpuid)));
	axv_vcpu_close(&v);
	/* the page that legal arguments point to is made by the first: not when all fails */
	req_fill(&f, fuzz_request(AXVCPU_S2_MAP), w->arena);
	memset(w->arena, 0, AXT_PAGE);
	close(f.vm);
	close(f.s2);
	for (i = 0; i < NR_ODD; i++)
		w->odd[i] = -1;
	make_odd_fds(w->odd);
	for (i = 0; i < NR_EVENTS; i++)
		w->event[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < NR_RINGS; i++) {
		struct axvcpu_create_ring c = { .size = sizeof(c), .nr = 64, .fd = w->event[i] };

		w->ring[i] = ioctl(w->dev.fd, AXVCPU_CREATE_RING, &c);
		ASSERT_GE(w->ring[i], 0);
	}

	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = on_alarm }, NULL);
	for (i = 0; i < NR_VMS; i++)
		w->vm[i] = -1;
	for (i = 0; i < NR_S2; i++)
		w->s2[i] = -1;
	for (i = 0; i < NR_VCPUS; i++)
		w->vcpu[i].fd = -1;
	for (i = 0; i < NR_VMS; i++)
		fuzz_new_vm(&z, i);
	for (i = 0; i < NR_S2; i++)
		fuzz_new_s2(&z, i);
	for (i = 0; i < NR_VCPUS; i++)
		fuzz_new_vcpu(&z, i);
	return w;
}

/* All of it goes away, in an order of its own. */
void fuzz_world_end(struct fuzz_world *w)
{
	unsigned int i;

	for (i = 0; i < NR_RINGS; i++)
		replace(&w->ring[i], -1);
	for (i = 0; i < NR_S2; i++)
		replace(&w->s2[i], -1);
	for (i = 0; i < NR_VMS; i++)
		replace(&w->vm[i], -1);
	for (i = 0; i < NR_EVENTS; i++)
		replace(&w->event[i], -1);
	for (i = 0; i < NR_VCPUS; i++)
		replace(&w->vcpu[i].fd, -1);
	munmap(w->ram, GUEST_RAM_SIZE);
	for (i = 0; i < NR_VCPUS; i++) {
		if (w->vcpu[i].run)
			munmap(w->vcpu[i].run, w->dev.info.run_size);
		if (w->vcpu[i].eyes)
			munmap(w->vcpu[i].eyes, w->dev.info.run_size);
	}
}

void fuzz_thread_init(struct fuzz *z)
{
	int fd = memfd_create("argument", MFD_CLOEXEC);

	me = z;
	z->arg = mmap(NULL, 3 * AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_TRUE(z->arg != MAP_FAILED);
	munmap(z->arg + 2 * AXT_PAGE, AXT_PAGE);
	ASSERT_EQ(ftruncate(fd, AXT_PAGE), 0);
	z->alias = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	z->read_only = mmap(NULL, AXT_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_TRUE(z->alias != MAP_FAILED && z->read_only != MAP_FAILED);
	close(fd);
	if (z->failing)
		ASSERT_EQ(file_write("/proc/thread-self/make-it-fail", "1"), 0);
}

/* ---- the watch --------------------------------------------------------------------------------- */

/* Gets guests out of RUN; a vCPU whose fd is gone can be had by a signal only. */
static long keep_watch(void *arg)
{
	struct fuzz_world *w = arg;
	unsigned int i;
	uint64_t beat;

	while (!__atomic_load_n(&w->over, __ATOMIC_SEQ_CST)) {
		axt_sleep_ms(2);
		for (i = 0; i < NR_VCPUS; i++)
			ioctl(__atomic_load_n(&w->vcpu[i].fd, __ATOMIC_SEQ_CST), AXVCPU_KICK, 0);
		for (i = 0; i < w->nr_threads; i++) {
			beat = __atomic_load_n(&w->threads[i].beat, __ATOMIC_SEQ_CST);
			if (beat && beat + 30 < axt_now_ms())
				pthread_kill(w->threads[i].in.id, SIGUSR1);
		}
	}
	return 0;
}

void fuzz_watch_start(struct fuzz_world *w, struct fuzz *threads, unsigned int nr)
{
	w->threads = threads;
	w->nr_threads = nr;
	axt_thread_start(&w->watch, keep_watch, w);
}

void fuzz_watch_stop(struct fuzz_world *w)
{
	__atomic_store_n(&w->over, true, __ATOMIC_SEQ_CST);
	axt_thread_join(&w->watch);
}

/* ---- a kernel that fails ------------------------------------------------------------------------- */

static void set_knob(const char *kind, const char *knob, const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kind, knob);
	file_write(path, value);
}

/*
 * What the kernel says of a failure goes to its log only: it may hold any lock then, and
 * with the console's below it lockdep finds orders that nobody else has.
 */
void fuzz_quiet_console(void)
{
	file_write("/proc/sys/kernel/printk", "1");
}

void fuzz_need_injection(void)
{
	static const struct {
		const char *kind;
		const char *probability;
	} kinds[] = {
		/* copies are fuzz_fail's: a signal whose frame cannot be made kills */
		{ "failslab", "5" }, { "fail_page_alloc", "5" },
	};
	char path[100];
	size_t i;

	if (access("/proc/thread-self/make-it-fail", W_OK))
		axt_skip("this kernel has no fault injection (/proc/thread-self/make-it-fail)");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", kinds[i].kind);
		if (access(path, F_OK))
			axt_skip("this kernel has no %s", kinds[i].kind);
		fuzz_quiet_console();
		/* only for those who ask for it, without a backtrace for each */
		set_knob(kinds[i].kind, "task-filter", "Y");
		set_knob(kinds[i].kind, "verbose", "0");
		set_knob(kinds[i].kind, "times", "-1");
		set_knob(kinds[i].kind, "ignore-gfp-wait", "N");
		set_knob(kinds[i].kind, "ignore-gfp-highmem", "N");
		set_knob(kinds[i].kind, "min-order", "0");
		set_knob(kinds[i].kind, "probability", kinds[i].probability);
	}
}
