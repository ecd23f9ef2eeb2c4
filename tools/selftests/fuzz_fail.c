// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy in the kernel that an operation needs fails
 * once: the first, then the second, until the operation does not get as far as
 * the one that is to fail. Each time the call says ENOMEM (EFAULT for a copy) or
 * does without, nothing has changed, and the same call then works.
 *
 * Needs a kernel with fault injection (failslab, fail_page_alloc,
 * fail_usercopy, all three by /proc/thread-self/fail-nth).
 *
 * rig: timeout=600
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fuzz.h"
#include "common/hostile.h"
#include "common/mem.h"
#include "common/requests.h"
#include "common/traps.h"

DECLARE_GUEST(exits);
DECLARE_GUEST_SYM(exits, modify);
DECLARE_GUEST_SYM(exits, read64);
DECLARE_GUEST_SYM(exits, done);

#if defined(__x86_64__)
#define DEVICE_PIECE	GUEST_SYM(exits, modify)
#else
#define DEVICE_PIECE	GUEST_SYM(exits, read64)
#endif
#define KIB		1024ul
/* more failures than any operation has places for */
#define MAX_PLACES	400
#define LEN		(64 * KIB)

/* ---- making the kernel fail ---------------------------------------------------------- */

static int nth_fd = -1;

static void set_knob(const char *what, const char *knob, const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", what, knob);
	/* not every knob is there for every kind of failure */
	file_write(path, value);
}

/* Ready to fail, or the case is skipped. */
static void need_injection(void)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	char path[100];
	size_t i;

	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		axt_skip("this kernel has no fault injection (/proc/thread-self/fail-nth)");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", kinds[i]);
		if (access(path, F_OK))
			axt_skip("this kernel has no %s", kinds[i]);
		fuzz_quiet_console();
		/* no backtrace for each, and of all kinds of allocations */
		set_knob(kinds[i], "verbose", "0");
		set_knob(kinds[i], "probability", "0");
		set_knob(kinds[i], "ignore-gfp-wait", "N");
		set_knob(kinds[i], "ignore-gfp-highmem", "N");
		set_knob(kinds[i], "min-order", "0");
	}
}

static void set_nth(unsigned int n)
{
	char text[20];
	int len = snprintf(text, sizeof(text), "%u", n), i;

	/* what was to fail and did not yet may be this very write */
	for (i = 0; i < 3; i++)
		if (pwrite(nth_fd, text, len, 0) == len)
			return;
	axt_fail(__FILE__, __LINE__, "cannot write fail-nth: %s", strerror(errno));
	axt_end();
}

/* Did it come to the failure? From now on nothing fails. */
static bool has_failed(void)
{
	char text[20] = "";
	/* it fails when it is the next in line */
	ssize_t n = pread(nth_fd, text, sizeof(text) - 1, 0);

	set_nth(0);
	return n > 0 && atoi(text) == 0;
}

/* ---- operations ------------------------------------------------------------------------ */

/**
 * struct op - an operation that needs memory
 * @name: what it is
 * @stage: what is there before it
 * @before: prepares; nothing fails there
 * @call: the operation: a value, or -errno
 * @err: what it may say beside ENOMEM and EFAULT
 * @late: a copy is the very last thing: EFAULT, and all was done
 * @runs: it runs the guest, which may have got on
 * @exits: the guest is exits.S, else mem.S
 */
struct op {
	const char *name;
	enum axt_stage stage;
	void (*before)(struct axt *f);
	long (*call)(struct axt *f);
	int err;
	bool late;
	bool runs;
	bool exits;
};

static unsigned char *spot;	/* memory of this process, made by before() */
static int file = -1;

static long put_away(long fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long do_open(struct axt *f __maybe_unused)
{
	return put_away(result(open(AXV_DEVICE, O_RDWR | O_CLOEXEC)));
}

static long do_get_info(struct axt *f)
{
	struct axvcpu_info info = { .size = sizeof(info) };

	return result(ioctl(f->dev.fd, AXVCPU_GET_INFO, &info));
}

static long do_create_vm(struct axt *f)
{
	return put_away(axv_vm_create(&f->dev, 0));
}

static long do_create_stage2(struct axt *f)
{
	return put_away(axv_stage2_create(&f->dev, 0));
}

/* The ioctl alone: the library maps the run page as well. */
static long do_create_vcpu(struct axt *f)
{
	struct axvcpu_create_vcpu c = { .size = sizeof(c), .id = 5, .preferred_cpu = -1 };
	uint64_t cpus = 3;

	c.cpu_set = (uintptr_t)&cpus;
	c.cpu_set_size = sizeof(cpus);
	return put_away(result(ioctl(f->vm, AXVCPU_CREATE_VCPU, &c)));
}

static long do_map_run(struct axt *f)
{
	size_t len = f->dev.info.run_size;
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, f->v.fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, len);
	return 0;
}

static void before_touch_run(struct axt *f)
{
	spot = mmap(NULL, f->dev.info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, f->v.fd, 0);
	ASSERT_TRUE(spot != MAP_FAILED);
}

/* The kernel tries again by itself. */
static long do_touch(struct axt *f __maybe_unused)
{
	return *(volatile unsigned char *)spot & 0;
}

static void before_user(struct axt *f __maybe_unused)
{
	spot = anon(LEN);
}

static long map(struct axt *f, uint32_t source, uint32_t flags)
{
	struct axvcpu_s2_map m = {
		.prot = AXV_PROT_RW,
		.source = source,
		.flags = flags,
		.gpa = SPOT,
		.len = LEN,
	};
	long ret;

	if (source == AXVCPU_S2_USER)
		m.uaddr = (uintptr_t)spot;
	else if (source == AXVCPU_S2_FD)
		m.fd = file;
	ret = axv_s2_map(f->s2, &m);
	if (!ret && source == AXVCPU_S2_FD)
		spot = (void *)(uintptr_t)m.uaddr;
	return ret;
}

static long do_map_user(struct axt *f)
{
	return map(f, AXVCPU_S2_USER, 0);
}

static long do_populate_user(struct axt *f)
{
	return map(f, AXVCPU_S2_USER, AXVCPU_S2_POPULATE);
}

static void before_file(struct axt *f __maybe_unused)
{
	file = memfd_create("fuzz", MFD_CLOEXEC);
	ASSERT_GE(file, 0);
	ASSERT_EQ(ftruncate(file, LEN), 0);
}

static long do_map_file(struct axt *f)
{
	return map(f, AXVCPU_S2_FD, 0);
}

static long do_populate_file(struct axt *f)
{
	return map(f, AXVCPU_S2_FD, AXVCPU_S2_POPULATE);
}

static long do_map_zero(struct axt *f)
{
	return map(f, AXVCPU_S2_ZERO, 0);
}

static long do_populate_zero(struct axt *f)
{
	return map(f, AXVCPU_S2_ZERO, AXVCPU_S2_POPULATE);
}

static void before_zero(struct axt *f)
{
	ASSERT_OK(do_map_zero(f));
}

static long do_map_stage2(struct axt *f)
{
	void *p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, f->s2, SPOT);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, LEN);
	return 0;
}

static void before_touch_stage2(struct axt *f)
{
	before_zero(f);
	spot = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, f->s2, SPOT);
	ASSERT_TRUE(spot != MAP_FAILED);
}

/* Two 2 MiB leaves, where this machine has memory for them, to be split. */
static void before_split(struct axt *f)
{
	struct axvcpu_s2_map m = {
		.prot = AXV_PROT_RW,
		.source = AXVCPU_S2_ZERO,
		.flags = AXVCPU_S2_POPULATE,
		.gpa = SPOT,
		.len = 2 * HUGE_PAGE,
	};

	ASSERT_OK(axv_s2_map(f->s2, &m));
}

static long do_unmap_middle(struct axt *f)
{
	return axv_s2_unmap(f->s2, SPOT + LEN, 2 * HUGE_PAGE - 2 * LEN);
}

static long do_protect_middle(struct axt *f)
{
	return axv_s2_protect(f->s2, SPOT + LEN, 2 * HUGE_PAGE - 2 * LEN, AXVCPU_PROT_READ);
}

static long do_stats(struct axt *f)
{
	struct axvcpu_s2_stats s = { .size = sizeof(s) };

	return result(ioctl(f->s2, AXVCPU_S2_GET_STATS, &s));
}

static long do_setup(struct axt *f)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	return axv_setup(&f->v, &s);
}

static long do_set_root(struct axt *f)
{
	return axv_set_root(&f->v, f->s2);
}

static long do_set_entry(struct axt *f)
{
	return axv_set_entry(&f->v, SYM(read));
}

static void before_bind(struct axt *f)
{
	ASSERT_OK(axv_set_affinity(&f->v, 1, NULL, 0));
}

static long do_bind(struct axt *f)
{
	return axv_bind(&f->v);
}

static long do_unbind(struct axt *f)
{
	return axv_unbind(&f->v);
}

static long do_reset(struct axt *f)
{
	return axv_reset(&f->v);
}

static long do_kick(struct axt *f)
{
	long ret = axv_kick(&f->v);

	f->v.run->stop = 0;
	return ret;
}

static long do_get_state(struct axt *f)
{
	int ret = axv_get_state(&f->v, NULL);

	return ret < 0 ? ret : 0;
}

static long do_set_gpr(struct axt *f)
{
	return axv_set_gpr(&f->v, AXT_RESULT_REG, 0x1234);
}

static long do_return_value(struct axt *f)
{
	return axv_set_return_value(&f->v, 0x1234);
}

static long do_inject(struct axt *f)
{
	return axv_inject_irq(&f->v, AXT_IRQ);
}

static long do_inject_exception(struct axt *f)
{
	struct axvcpu_inject_event e = { .size = sizeof(e), .vector = TRAP_ILLEGAL };

	return axv_inject_event(&f->v, &e);
}

static long do_affinity(struct axt *f)
{
	uint64_t cpus = 3;

	return axv_set_affinity(&f->v, 0, &cpus, sizeof(cpus));
}

static long do_sync(struct axt *f)
{
	return axv_sync(&f->v, AXVCPU_REGS_ALL, AXVCPU_REGS_ALL);
}

static void before_sync(struct axt *f)
{
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
}

static long do_translate(struct axt *f)
{
	struct axvcpu_translate t;
	long ret = axv_translate(&f->v, GUEST_DATA, AXVCPU_PROT_READ, &t);

	if (!ret)
		EXPECT_TRUE(t.valid && t.gpa == GUEST_DATA);
	return ret;
}

static const struct axvcpu_filter_range ranges[] = {
	{ 0x10, 0x20, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_EXIT },
	{ 0x174, 0x176, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_EXIT },
};

static void before_filter(struct axt *f)
{
	/* something to be replaced */
	if (AXT_PORTS)
		ASSERT_OK(axv_set_io_filter(f->vm, ranges, 1));
	ASSERT_OK(axv_set_msr_filter(f->vm, ranges, 1));
}

static __maybe_unused long do_io_filter(struct axt *f)
{
	return axv_set_io_filter(f->vm, ranges, ARRAY_SIZE(ranges));
}

static long do_msr_filter(struct axt *f)
{
	return axv_set_msr_filter(f->vm, ranges, ARRAY_SIZE(ranges));
}

static long do_vm_control(struct axt *f)
{
	long ret = axv_vm_control(f->vm, AXVCPU_VM_PAUSE, 0);
	long again = ret ? 0 : axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0);

	if (again)	/* that one failed: not half of it */
		ASSERT_OK(axv_vm_control(f->vm, AXVCPU_VM_RESUME, 0));
	return ret ?: again;
}

static long do_vm_state(struct axt *f)
{
	struct axvcpu_vm_state_info s;

	return axv_vm_state(f->vm, &s);
}

/* ---- event routes ----------------------------------------------------------------------- */

static int event[2] = { -1, -1 };
static struct axv_ring ring;

static void before_event(struct axt *f __maybe_unused)
{
	for (int i = 0; i < 2; i++) {
		if (event[i] < 0)
			event[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ASSERT_GE(event[i], 0);
	}
}

static long do_create_ring(struct axt *f)
{
	struct axvcpu_create_ring c = { .size = sizeof(c), .nr = 256, .fd = event[0] };

	return put_away(result(ioctl(f->dev.fd, AXVCPU_CREATE_RING, &c)));
}

static void before_ring(struct axt *f)
{
	if (!ring.size)
		ASSERT_OK(axv_ring_create(&f->dev, 256, -1, &ring));
}

static long do_map_ring(struct axt *f __maybe_unused)
{
	void *p = mmap(NULL, ring.size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*(volatile unsigned char *)p = 0;
	munmap(p, ring.size);
	return 0;
}

static long do_irqfd(struct axt *f)
{
	return axv_irqfd(f->vm, event[0], 0, AXT_IRQ);
}

static long do_irqfd_level(struct axt *f)
{
	return axv_irqfd_level(f->vm, event[0], event[1], 0, AXT_IRQ);
}

static void before_irqfd_remove(struct axt *f)
{
	before_event(f);
	ASSERT_OK(do_irqfd_level(f));
}

static long do_irqfd_remove(struct axt *f)
{
	return axv_irqfd_remove(f->vm, event[0], 0, AXT_IRQ);
}

static long add_io_route(struct axt *f, uint64_t addr)
{
	return axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
				.addr = addr, .len = 4, .fd = event[0] });
}

/* something to be replaced */
static void before_io_route(struct axt *f)
{
	before_event(f);
	ASSERT_OK(add_io_route(f, GUEST_MMIO));
}

static long do_io_route(struct axt *f)
{
	return add_io_route(f, GUEST_MMIO + 4);
}

static long do_io_route_remove(struct axt *f)
{
	return axv_io_route_remove(f->vm, &(struct axvcpu_io_route) {
				   .addr = GUEST_MMIO, .len = 4 });
}

/* ---- guests that need memory ------------------------------------------------------------ */

/* The guest writes to 16 pages; what was there before is zero. */
static void before_sweep(struct axt *f)
{
	mem_go(&f->v, SYM(sweep), SPOT, AXT_PAGE);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_COUNT, LEN / AXT_PAGE));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_SECOND, 0x77));
}

static void before_sweep_user(struct axt *f)
{
	before_user(f);
	ASSERT_OK(do_map_user(f));
	before_sweep(f);
}

static void before_sweep_file(struct axt *f)
{
	before_file(f);
	ASSERT_OK(do_map_file(f));
	before_sweep(f);
}

static void before_sweep_zero(struct axt *f)
{
	before_zero(f);
	before_sweep(f);
}

/* Huge leaves to be had at once, or taken page by page. */
static void before_sweep_huge(struct axt *f)
{
	unsigned char *p = anon(2 * HUGE_PAGE);

	spot = (void *)(((uintptr_t)p + HUGE_PAGE - 1) & -HUGE_PAGE);
	madvise(spot, HUGE_PAGE, MADV_HUGEPAGE);
	ASSERT_OK(axv_s2_map_user(f->s2, SPOT, spot, HUGE_PAGE, AXV_PROT_RW));
	before_sweep(f);
}

static void before_affine(struct axt *f)
{
	uint64_t cpus = 0;

	/* the lowest of those that this thread may use */
	ASSERT_GE(syscall(SYS_sched_getaffinity, 0, sizeof(cpus), &cpus), 1);
	cpus &= -cpus;
	before_sweep_zero(f);
	ASSERT_OK(axv_set_affinity(&f->v, -1, &cpus, sizeof(cpus)));
}

/*
 * RUN, where memory that cannot be had may be told as an exit as well: the guest's
 * memory, its tables, or the instruction.
 */
static long run_short(struct axt *f)
{
	long ret = axv_run(&f->v);

	if (ret)
		return ret;
	if ((f->exit->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT &&
	     (f->exit->npf.flags & AXVCPU_NPF_BACKING)) ||
	    (f->exit->reason == AXVCPU_EXIT_INTERNAL_ERROR &&
	     f->exit->internal.what == AXVCPU_ERROR_FETCH)) {
		axv_retry(&f->v);
		return -ENOMEM;
	}
	return 0;
}

static long run_to_end(struct axt *f, uint64_t end)
{
	long ret = run_short(f);

	if (ret)
		return ret;
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, end);
	return 0;
}

static long do_sweep(struct axt *f)
{
	long ret = run_to_end(f, SYM(done));

	if (!ret)
		EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), 0u);
	return ret;
}

static void before_run_registers(struct axt *f)
{
	before_sweep_zero(f);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	want(&f->v, AXVCPU_REGS_ALL);
	f->v.run->entry.commit = AXVCPU_REGS_ALL;
}

/* A read of a device, with a write by the same instruction where there is such a one. */
static void before_device(struct axt *f)
{
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, DEVICE_PIECE, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_ADDR, GUEST_MMIO));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_VALUE, 5));
}

static long do_device(struct axt *f)
{
	unsigned int i;
	long ret = 0;

	for (i = 0; i < 4 && !ret; i++) {
		ret = run_short(f);
		if (ret)
			break;
		if (f->exit->reason == AXVCPU_EXIT_HYPERCALL) {
			EXPECT_EQ(f->exit->pc, GUEST_SYM(exits, done));
			return 0;
		}
		if (f->exit->reason == AXVCPU_EXIT_MMIO_WRITE)
			EXPECT_EQ(f->exit->mmio.data, 42u);
		axv_fulfil(&f->v, 37);
	}
	return ret ?: -ELOOP;
}

#define OP(_name, _stage, _before, _call, ...) \
	{ .name = #_name, .stage = AXT_##_stage, .before = _before, .call = _call, ##__VA_ARGS__ }

#if defined(__x86_64__)
#include "common/x86_fail.h"
#elif defined(__riscv)
#include "common/riscv_fail.h"
#else
#define ARCH_OPS
#endif

static const struct op ops[] = {
	OP(open, CREATED, NULL, do_open),
	OP(get_info, CREATED, NULL, do_get_info),
	OP(create_vm, CREATED, NULL, do_create_vm),
	OP(create_stage2, CREATED, NULL, do_create_stage2),
	OP(create_vcpu, CREATED, NULL, do_create_vcpu),
	OP(map_run_page, CREATED, NULL, do_map_run, .err = EAGAIN),
	OP(touch_run_page, CREATED, before_touch_run, do_touch),
	OP(s2_map_user, READY, before_user, do_map_user, .late = true),
	OP(s2_map_user_populate, READY, before_user, do_populate_user, .late = true),
	OP(s2_map_file, READY, before_file, do_map_file, .late = true),
	OP(s2_map_file_populate, READY, before_file, do_populate_file, .late = true),
	OP(s2_map_zero, READY, NULL, do_map_zero, .late = true),
	OP(s2_map_zero_populate, READY, NULL, do_populate_zero, .late = true),
	OP(s2_mmap, READY, before_zero, do_map_stage2),
	OP(s2_mmap_touch, READY, before_touch_stage2, do_touch),
	OP(s2_unmap_split, READY, before_split, do_unmap_middle),
	OP(s2_protect_split, READY, before_split, do_protect_middle),
	OP(s2_stats, READY, NULL, do_stats),
	OP(setup, CREATED, NULL, do_setup),
	OP(set_root, READY, NULL, do_set_root),
	OP(set_entry, READY, NULL, do_set_entry),
	OP(bind, FREE, before_bind, do_bind),
	OP(unbind, READY, NULL, do_unbind),
	OP(reset, READY, NULL, do_reset),
	OP(kick, READY, NULL, do_kick),
	OP(get_state, READY, NULL, do_get_state),
	OP(set_gpr, READY, NULL, do_set_gpr),
	OP(set_return_value, READY, NULL, do_return_value),
	OP(inject_interrupt, READY, NULL, do_inject),
	OP(inject_event, READY, NULL, do_inject_exception),
	OP(set_affinity, READY, NULL, do_affinity),
	OP(sync, READY, before_sync, do_sync),
	/* the guest's tables are not to be read just then */
	OP(translate, READY, NULL, do_translate, .err = ENXIO),
#if AXT_PORTS
	OP(set_io_filter, READY, before_filter, do_io_filter),
#endif
	OP(set_msr_filter, READY, before_filter, do_msr_filter),
	OP(vm_control, READY, NULL, do_vm_control),
	OP(vm_get_state, READY, NULL, do_vm_state),
	OP(create_ring, READY, before_event, do_create_ring),
	OP(map_ring, READY, before_ring, do_map_ring, .err = EAGAIN),
	OP(set_irqfd, READY, before_event, do_irqfd),
	OP(set_irqfd_level, READY, before_event, do_irqfd_level),
	OP(remove_irqfd, READY, before_irqfd_remove, do_irqfd_remove),
	OP(set_io_route, READY, before_io_route, do_io_route),
	OP(remove_io_route, READY, before_io_route, do_io_route_remove),
	OP(run_touch_user, READY, before_sweep_user, do_sweep, .runs = true),
	OP(run_touch_file, READY, before_sweep_file, do_sweep, .runs = true),
	OP(run_touch_zero, READY, before_sweep_zero, do_sweep, .runs = true),
	OP(run_touch_huge, READY, before_sweep_huge, do_sweep, .runs = true),
	OP(run_affine, READY, before_affine, do_sweep, .runs = true),
	OP(run_registers, READY, before_run_registers, do_sweep, .runs = true),
	OP(run_mmio, READY, before_device, do_device, .runs = true, .exits = true),
	ARCH_OPS
};

static bool is_allowed(const struct op *op, long ret)
{
	return ret >= 0 || ret == -ENOMEM || ret == -EFAULT || (op->err && ret == -op->err);
}

/* The same call again, with nothing in its way. */
static void expect_works(struct axt *f, const struct op *op)
{
	unsigned int i;
	long ret = 0;

	/* a guest may need one more RUN for what was told as an exit */
	for (i = 0; i < (op->runs ? 4 : 1); i++) {
		ret = op->call(f);
		if (ret >= 0)
			return;
	}
	axt_fail(__FILE__, __LINE__, "repeated: %s", axt_result_str(ret));
}

/* One place fails; false when there is no such place any more. */
static bool fail_once(const struct op *op, unsigned int n, unsigned int *refused)
{
	struct axt_config config = { .stage = op->stage, .start = AXT_START_PAGED };
	struct req_state before;
	bool failed;
	struct axt f;
	long ret;

	if (op->exits) {
		config.code = guest_exits_start;
		config.code_end = guest_exits_end;
	} else {
		config.code = guest_mem_start;
		config.code_end = guest_mem_end;
	}
	axt_open(&f, &config);
	if (op->before)
		op->before(&f);
	if (!op->runs)
		req_state(&f, &before);

	set_nth(n);
	ret = op->call(&f);
	failed = has_failed();

	if (!failed && ret < 0)
		axt_fail(__FILE__, __LINE__, "without a failure: %s", axt_result_str(ret));
	if (failed && !is_allowed(op, ret))
		axt_fail(__FILE__, __LINE__, "with a failure: %s", axt_result_str(ret));
	if (failed && ret < 0) {
		++*refused;
		if (!op->runs && !(op->late && ret == -EFAULT)) {
			req_unchanged(&f, &before);
			expect_works(&f, op);
		} else if (op->runs) {
			expect_works(&f, op);
		}
	}
	axt_close(&f);
	if (spot) {
		munmap(spot, op->call == do_touch ? AXT_PAGE : LEN);
		spot = NULL;
	}
	if (file >= 0) {
		close(file);
		file = -1;
	}
	return failed;
}

TEST_ROWS(nth, ops, ARRAY_SIZE(ops), NULL)
{
	unsigned int from = env_number("AXV_FUZZ_STEP", 1), n, refused = 0;
	const struct op *op = arg;

	need_injection();
	for (n = from; n < from + MAX_PLACES; n++) {
		axt_context("%s, failure %u", op->name, n);
		if (!fail_once(op, n, &refused) || axt_failures())
			break;
	}
	axt_context(NULL);
	ASSERT_TRUE(n < from + MAX_PLACES);
	axt_diag("%u places, %u of them end the call", n - from, refused);
	axt_close(f);
	expect_hello();
}

/* Nothing of all that stays behind; other tests of this boot count as well. */
TEST_TIMEOUT(no_leak, NULL, 180)
{
	static char text[4096];
	unsigned int i;
	ssize_t n;
	int fd;

	if (access("/proc/thread-self/fail-nth", F_OK))
		axt_skip("this kernel has no fault injection (/proc/thread-self/fail-nth)");
	fd = open("/sys/kernel/debug/kmemleak", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		axt_skip("this kernel has no kmemleak");
	/* what is younger than five seconds is not looked at */
	axt_sleep_ms(6000);
	for (i = 0; i < 2; i++) {
		if (file_write("/sys/kernel/debug/kmemleak", "scan"))
			axt_skip("kmemleak is off");
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ASSERT_GE(n, 0);
	if (n)
		axt_diag("%.900s", text);
	EXPECT_EQ(n, 0);
}
