// SPDX-License-Identifier: GPL-2.0-only
/* All ioctls as data: a legal argument, and what is not legal about others. */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "requests.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);

#define AT(type, member)	\
	offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define RESERVED(_type, _member)	{ AT(_type, _member) }

/* What the architectures take, and what they refuse. */
#if defined(__x86_64__)
#include "common/x86_requests.h"
#elif defined(__riscv)
#include "common/riscv_requests.h"
#elif defined(__aarch64__)
#include "common/arm64_requests.h"
#endif

/* a page that a legal argument may point to, in reach of 32-bit calls too */
static void *low_page(void)
{
	static void *page;

	if (!page) {
		page = mmap(NULL, 4 * AXT_PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | LOW_MEMORY, -1, 0);
		ASSERT_TRUE(page != MAP_FAILED);
	}
	return page;
}

#define NEAR_END	0xfffffffffffff000ull

/* ---- the device ------------------------------------------------------------------ */

static const struct req_value bad_create_stage2[] = {
	{ "31 bits", AT(axvcpu_create_stage2, gpa_bits), 31, EINVAL },
	{ "1 bit", AT(axvcpu_create_stage2, gpa_bits), 1, EINVAL },
	{ "64 bits", AT(axvcpu_create_stage2, gpa_bits), 64, EINVAL },
	{ "all bits", AT(axvcpu_create_stage2, gpa_bits), ~0u, EINVAL },
	{ }
};

/* ---- the VM -------------------------------------------------------------------------- */

static void fill_create_vcpu(struct axt *f __maybe_unused, void *arg)
{
	struct axvcpu_create_vcpu *a = arg;

	a->id = 1;
	a->preferred_cpu = -1;
}

static const struct req_value bad_create_vcpu[] = {
	{ "id 0 is taken", AT(axvcpu_create_vcpu, id), 0, EEXIST },
	{ "id beyond all", AT(axvcpu_create_vcpu, id), ~0u, EINVAL },
	{ "preferred -2", AT(axvcpu_create_vcpu, preferred_cpu), -2, EINVAL },
	{ "preferred 1M", AT(axvcpu_create_vcpu, preferred_cpu), 1 << 20, EINVAL },
	{ "set without size", AT(axvcpu_create_vcpu, cpu_set), 4096, EINVAL },
	{ "size without set", AT(axvcpu_create_vcpu, cpu_set_size), 8, EFAULT },
	{ "set too large", AT(axvcpu_create_vcpu, cpu_set_size), 8192, EINVAL },
	{ }
};

static const struct req_value bad_filter[] = {
	{ "ranges at NULL", AT(axvcpu_filter, nr), 1, EFAULT },
	{ "too many", AT(axvcpu_filter, nr), 257, E2BIG },
	{ "far too many", AT(axvcpu_filter, nr), ~0u, E2BIG },
	{ "none, at an address", AT(axvcpu_filter, ranges), 4096, EINVAL },
	{ }
};

static const struct req_value bad_vm_control[] = {
	{ "operation 4", AT(axvcpu_vm_control, op), 4, EINVAL },
	{ "operation -1", AT(axvcpu_vm_control, op), ~0u, EINVAL },
	{ "reason of a pause", AT(axvcpu_vm_control, reason), 1, EINVAL },
	{ "RESUME of a running VM", AT(axvcpu_vm_control, op), AXVCPU_VM_RESUME, EBADFD },
	{ "RESTART of a running VM", AT(axvcpu_vm_control, op), AXVCPU_VM_RESTART, EBADFD },
	{ }
};

/* ---- event routes ----------------------------------------------------------------------- */

/* One for all that need any. */
static int some_event(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_GE(fd, 0);
	return fd;
}

static void fill_irqfd(struct axt *f, void *arg)
{
	struct axvcpu_irqfd *a = arg;

	a->fd = some_event();
	a->resample_fd = -1;
	a->vector = any_irq(&f->dev);
}

static const struct req_value bad_irqfd[] = {
	{ "no eventfd", AT(axvcpu_irqfd, fd), -1, EBADF },
	{ "stdout for an eventfd", AT(axvcpu_irqfd, fd), 1, EINVAL },
	{ "resample of an edge", AT(axvcpu_irqfd, resample_fd), 1, EINVAL },
	{ "level without resample", AT(axvcpu_irqfd, flags), AXVCPU_IRQFD_LEVEL, EBADF },
	{ "keep of an edge", AT(axvcpu_irqfd, flags), AXVCPU_IRQFD_KEEP, EINVAL },
	{ "deassign a level", AT(axvcpu_irqfd, flags), 3, EINVAL },
	{ "deassign what is not there", AT(axvcpu_irqfd, flags), AXVCPU_IRQFD_DEASSIGN, ENOENT },
	{ "no such vCPU", AT(axvcpu_irqfd, vcpu), 1, ENOENT },
	{ "vCPU beyond all", AT(axvcpu_irqfd, vcpu), ~0u, ENOENT },
	{ "no vector", AT(axvcpu_irqfd, vector), AXT_NO_IRQ, EINVAL },
	{ "vector -1", AT(axvcpu_irqfd, vector), ~0u, EINVAL },
	{ "to be cleared", AT(axvcpu_irqfd, vector), AXT_IRQ | AXVCPU_INTERRUPT_CLEAR, EINVAL },
	{ }
};

static void fill_io_route(struct axt *f __maybe_unused, void *arg)
{
	struct axvcpu_io_route *a = arg;

	a->addr = GUEST_MMIO;
	a->len = 4;
	a->width = 4;
	a->fd = some_event();
}

static const struct req_value bad_io_route[] = {
	{ "empty", AT(axvcpu_io_route, len), 0, EINVAL },
	{ "range that wraps", AT(axvcpu_io_route, addr), ~0ull, EINVAL },
	{ "length that wraps", AT(axvcpu_io_route, len), ~0ull, EINVAL },
	{ "width 3", AT(axvcpu_io_route, width), 3, EINVAL },
	{ "width 16", AT(axvcpu_io_route, width), 16, EINVAL },
	{ "width -1", AT(axvcpu_io_route, width), ~0u, EINVAL },
	{ "data without MATCH", AT(axvcpu_io_route, data), 1, EINVAL },
	{ "token without a ring", AT(axvcpu_io_route, token), 1, EINVAL },
	{ "a port above all", AT(axvcpu_io_route, flags), AXVCPU_ROUTE_PORT, EINVAL },
	{ "an eventfd for a ring", AT(axvcpu_io_route, flags), AXVCPU_ROUTE_RING, EINVAL },
	{ "deassign with an fd", AT(axvcpu_io_route, flags), AXVCPU_ROUTE_DEASSIGN, EINVAL },
	{ "no eventfd", AT(axvcpu_io_route, fd), -1, EBADF },
	{ "stdout for an eventfd", AT(axvcpu_io_route, fd), 1, EINVAL },
	{ }
};

static void fill_create_ring(struct axt *f __maybe_unused, void *arg)
{
	((struct axvcpu_create_ring *)arg)->nr = 8;
	((struct axvcpu_create_ring *)arg)->fd = -1;
}

static const struct req_value bad_create_ring[] = {
	{ "no records", AT(axvcpu_create_ring, nr), 0, EINVAL },
	{ "3 records", AT(axvcpu_create_ring, nr), 3, EINVAL },
	{ "too many", AT(axvcpu_create_ring, nr), 1 << 16, EINVAL },
	{ "far too many", AT(axvcpu_create_ring, nr), 1u << 31, EINVAL },
	{ "no eventfd", AT(axvcpu_create_ring, fd), -2, EBADF },
	{ "stdout for an eventfd", AT(axvcpu_create_ring, fd), 1, EINVAL },
	{ }
};

/* ---- stage-2 ---------------------------------------------------------------------------- */

static void fill_s2_map(struct axt *f __maybe_unused, void *arg)
{
	struct axvcpu_s2_map *a = arg;

	a->prot = AXV_PROT_RW;
	a->source = AXVCPU_S2_USER;
	a->gpa = 0x40000000;
	a->len = AXT_PAGE;
	a->uaddr = (uintptr_t)low_page();
}

static const struct req_value bad_s2_map[] = {
	{ "no right", AT(axvcpu_s2_map, prot), 0, EINVAL },
	{ "write only", AT(axvcpu_s2_map, prot), AXVCPU_PROT_WRITE, EINVAL },
	{ "execute only", AT(axvcpu_s2_map, prot), AXVCPU_PROT_EXEC, EINVAL },
	{ "unknown right", AT(axvcpu_s2_map, prot), 9, EINVAL },
	{ "unknown source", AT(axvcpu_s2_map, source), 3, EINVAL },
	{ "misaligned gpa", AT(axvcpu_s2_map, gpa), 0x40000001, EINVAL },
	{ "gpa above all", AT(axvcpu_s2_map, gpa), 1ull << 63, EINVAL },
	{ "gpa that wraps", AT(axvcpu_s2_map, gpa), NEAR_END, EINVAL },
	{ "overlap", AT(axvcpu_s2_map, gpa), 0, EEXIST },
	{ "overlap at the end", AT(axvcpu_s2_map, gpa), GUEST_RAM_SIZE - AXT_PAGE, EEXIST },
	{ "empty", AT(axvcpu_s2_map, len), 0, EINVAL },
	{ "misaligned length", AT(axvcpu_s2_map, len), AXT_PAGE + 1, EINVAL },
	{ "length that wraps", AT(axvcpu_s2_map, len), NEAR_END, EINVAL },
	{ "misaligned address", AT(axvcpu_s2_map, uaddr), 0x10001, EINVAL },
	{ "kernel address", AT(axvcpu_s2_map, uaddr), 0xffff888000000000ull, EFAULT },
	{ "address that wraps", AT(axvcpu_s2_map, uaddr), NEAR_END, EFAULT },
	{ "offset without a file", AT(axvcpu_s2_map, offset), AXT_PAGE, EINVAL },
	{ "fd without a file", AT(axvcpu_s2_map, fd), 1, EINVAL },
	{ }
};

static void fill_s2_unmap(struct axt *f __maybe_unused, void *arg)
{
	struct axvcpu_s2_range *a = arg;

	a->gpa = GUEST_DATA;
	a->len = AXT_PAGE;
}

static void fill_s2_protect(struct axt *f, void *arg)
{
	struct axvcpu_s2_range *a = arg;

	fill_s2_unmap(f, arg);
	a->prot = AXVCPU_PROT_READ;
}

#define BAD_RANGE							\
	{ "misaligned gpa", AT(axvcpu_s2_range, gpa), 1, EINVAL },	\
	{ "gpa above all", AT(axvcpu_s2_range, gpa), 1ull << 63, EINVAL }, \
	{ "gpa that wraps", AT(axvcpu_s2_range, gpa), NEAR_END, EINVAL }, \
	{ "a hole", AT(axvcpu_s2_range, gpa), 0x40000000, ENOENT },	\
	{ "empty", AT(axvcpu_s2_range, len), 0, EINVAL },		\
	{ "misaligned length", AT(axvcpu_s2_range, len), 1, EINVAL },	\
	{ "length that wraps", AT(axvcpu_s2_range, len), NEAR_END, EINVAL }

static const struct req_value bad_s2_unmap[] = {
	BAD_RANGE,
	{ "rights", AT(axvcpu_s2_range, prot), AXVCPU_PROT_READ, EINVAL },
	{ }
};

static const struct req_value bad_s2_protect[] = {
	BAD_RANGE,
	{ "no right", AT(axvcpu_s2_range, prot), 0, EINVAL },
	{ "write only", AT(axvcpu_s2_range, prot), AXVCPU_PROT_WRITE, EINVAL },
	{ "unknown right", AT(axvcpu_s2_range, prot), 9, EINVAL },
	{ "partly a hole", AT(axvcpu_s2_range, len), GUEST_RAM_SIZE, ENOENT },
	{ }
};

/* ---- vCPUs --------------------------------------------------------------------------------- */

static void fill_setup(struct axt *f, void *arg)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	memcpy(arg, &s, sizeof(s));
}

static void fill_set_entry(struct axt *f __maybe_unused, void *arg)
{
	((struct axvcpu_set_entry *)arg)->entry = GUEST_CODE;
}

static void fill_set_root(struct axt *f, void *arg)
{
	((struct axvcpu_set_stage2_root *)arg)->stage2_fd = f->s2;
}

static const struct req_value bad_set_root[] = {
	{ "no stage-2", AT(axvcpu_set_stage2_root, stage2_fd), -1, EBADF },
	{ "stdout for a stage-2", AT(axvcpu_set_stage2_root, stage2_fd), 1, EINVAL },
	{ }
};

static void fill_inject_interrupt(struct axt *f, void *arg)
{
	((struct axvcpu_inject_interrupt *)arg)->vector = any_irq(&f->dev);
}

static void fill_inject_event(struct axt *f __maybe_unused, void *arg)
{
	((struct axvcpu_inject_event *)arg)->vector = AN_EXCEPTION;
}

static void fill_set_affinity(struct axt *f __maybe_unused, void *arg)
{
	((struct axvcpu_set_affinity *)arg)->preferred_cpu = -1;
}

static const struct req_value bad_set_affinity[] = {
	{ "preferred -2", AT(axvcpu_set_affinity, preferred_cpu), -2, EINVAL },
	{ "preferred 1M", AT(axvcpu_set_affinity, preferred_cpu), 1 << 20, EINVAL },
	{ "set without size", AT(axvcpu_set_affinity, cpu_set), 4096, EINVAL },
	{ "size without set", AT(axvcpu_set_affinity, cpu_set_size), 8, EFAULT },
	{ "set too large", AT(axvcpu_set_affinity, cpu_set_size), 8192, EINVAL },
	{ }
};

static void fill_translate(struct axt *f __maybe_unused, void *arg)
{
	((struct axvcpu_translate *)arg)->gva = GUEST_CODE;
}

static const struct req_value bad_translate[] = {
	{ "unknown access", AT(axvcpu_translate, access), 8, EINVAL },
	{ "access -1", AT(axvcpu_translate, access), ~0u, EINVAL },
	{ }
};

#if HAVE_CPUID
static void fill_get_cpuid(struct axt *f __maybe_unused, void *arg)
{
	struct axvcpu_cpuid *a = arg;

	a->nr = 4 * AXT_PAGE / sizeof(struct axvcpu_cpuid_entry);
	a->entries = (uintptr_t)low_page();
}

static void fill_set_cpuid(struct axt *f, void *arg)
{
	struct axvcpu_cpuid *a = arg;

	fill_get_cpuid(f, arg);
	a->nr = ASSERT_OK(axv_get_cpuid(&f->v, low_page(), a->nr));
}

static const struct req_value bad_get_cpuid[] = {
	{ "no room", AT(axvcpu_cpuid, nr), 0, E2BIG },
	{ "room for one", AT(axvcpu_cpuid, nr), 1, E2BIG },
	{ "NULL", AT(axvcpu_cpuid, entries), 0, EFAULT },
	{ }
};

static const struct req_value bad_set_cpuid[] = {
	{ "too many", AT(axvcpu_cpuid, nr), 257, E2BIG },
	{ "far too many", AT(axvcpu_cpuid, nr), ~0u, E2BIG },
	{ "NULL", AT(axvcpu_cpuid, entries), 0, EFAULT },
	{ "kernel address", AT(axvcpu_cpuid, entries), NEAR_END, EFAULT },
	{ }
};
#endif

static void fill_sync(struct axt *f __maybe_unused, void *arg)
{
	((struct axvcpu_sync *)arg)->fetch = AXVCPU_REGS_ALL;
}

static const struct req_value bad_sync[] = {
	{ "unknown group to commit", AT(axvcpu_sync, commit), 1 << 6, EINVAL },
	{ "all bits to commit", AT(axvcpu_sync, commit), ~0u, EINVAL },
	{ "unknown group to fetch", AT(axvcpu_sync, fetch), 1 << 6, EINVAL },
	{ "all bits to fetch", AT(axvcpu_sync, fetch), ~0u, EINVAL },
	{ }
};

/* ---- the table ------------------------------------------------------------------------------- */

#define REQ(_name, _kind, _type) \
	.name = #_name, .cmd = AXVCPU_##_name, .kind = REQ_##_kind, \
	.size = sizeof(struct _type)
#define REQ_VOID(_name) \
	.name = #_name, .cmd = AXVCPU_##_name, .kind = REQ_VCPU
#define FLAGS(_type, _member, _known) \
	.flags_at = offsetof(struct _type, _member), \
	.flags_width = sizeof(((struct _type *)0)->_member), .flags = _known

const struct req requests[] = {
	{ REQ(GET_INFO, DEVICE, axvcpu_info), .first = AXVCPU_INFO_SIZE_1, .out = true, .stage = AXT_NO_VCPU },
	{ REQ(CREATE_VM, DEVICE, axvcpu_create_vm), .makes_fd = true,
	  .stage = AXT_NO_VCPU, .first = AXVCPU_CREATE_VM_SIZE_1, FLAGS(axvcpu_create_vm, flags, VM_FLAGS),
	  .reserved = { RESERVED(axvcpu_create_vm, reserved), VM_RESERVED }, .bad = bad_create_vm },
	{ REQ(CREATE_STAGE2, DEVICE, axvcpu_create_stage2), .makes_fd = true,
	  .stage = AXT_NO_VCPU, FLAGS(axvcpu_create_stage2, flags, 0),
	  .reserved = { RESERVED(axvcpu_create_stage2, reserved) },
	  .bad = bad_create_stage2 },
	{ REQ(CREATE_VCPU, VM, axvcpu_create_vcpu), .makes_fd = true,
	  .fill = fill_create_vcpu,
	  .reserved = { VCPU_RESERVED }, .bad = bad_create_vcpu },
	{ REQ(SET_IO_FILTER, VM, axvcpu_filter), .bad = AXT_PORTS ? bad_filter : NULL },
	{ REQ(SET_MSR_FILTER, VM, axvcpu_filter), .bad = bad_filter },
	{ REQ(VM_CONTROL, VM, axvcpu_vm_control),
	  .reserved = { RESERVED(axvcpu_vm_control, reserved) }, .bad = bad_vm_control },
	{ REQ(VM_GET_STATE, VM, axvcpu_vm_state_info), .out = true },
	{ REQ(CREATE_RING, DEVICE, axvcpu_create_ring), .makes_fd = true,
	  .stage = AXT_NO_VCPU, .fill = fill_create_ring, FLAGS(axvcpu_create_ring, flags, 0),
	  .bad = bad_create_ring },
	{ REQ(SET_IRQFD, VM, axvcpu_irqfd), .fill = fill_irqfd, FLAGS(axvcpu_irqfd, flags, 7),
	  .reserved = { RESERVED(axvcpu_irqfd, reserved) }, .bad = bad_irqfd },
	{ REQ(SET_IO_ROUTE, VM, axvcpu_io_route), .fill = fill_io_route,
	  FLAGS(axvcpu_io_route, flags, 15),
	  .reserved = { RESERVED(axvcpu_io_route, reserved) }, .bad = bad_io_route },
	{ REQ(S2_MAP, STAGE2, axvcpu_s2_map), .out = true, .fill = fill_s2_map,
	  FLAGS(axvcpu_s2_map, flags, 3),
	  .reserved = { RESERVED(axvcpu_s2_map, reserved) }, .bad = bad_s2_map },
	{ REQ(S2_UNMAP, STAGE2, axvcpu_s2_range), .fill = fill_s2_unmap,
	  .bad = bad_s2_unmap },
	{ REQ(S2_PROTECT, STAGE2, axvcpu_s2_range), .fill = fill_s2_protect,
	  .bad = bad_s2_protect },
	{ REQ(S2_GET_STATS, STAGE2, axvcpu_s2_stats), .out = true },
	{ REQ(SETUP, VCPU, axvcpu_setup), .stage = AXT_CREATED, .fill = fill_setup,
	  FLAGS(axvcpu_setup, flags, 1),
	  .reserved = { RESERVED(axvcpu_setup, reserved), SETUP_RESERVED },
	  .bad = bad_setup },
	{ REQ(SET_ENTRY, VCPU, axvcpu_set_entry), .fill = fill_set_entry,
	  .reserved = { RESERVED(axvcpu_set_entry, reserved) }, .bad = bad_set_entry },
	{ REQ(SET_STAGE2_ROOT, VCPU, axvcpu_set_stage2_root), .fill = fill_set_root,
	  .bad = bad_set_root },
	{ REQ(GET_STATE, VCPU, axvcpu_get_state), .out = true },
	{ REQ(SET_GPR, VCPU, axvcpu_set_gpr), .bad = bad_set_gpr },
	{ REQ(SET_RETURN_VALUE, VCPU, axvcpu_set_return_value),
	  .reserved = { RESERVED(axvcpu_set_return_value, reserved) } },
	{ REQ(INJECT_INTERRUPT, VCPU, axvcpu_inject_interrupt),
	  .fill = fill_inject_interrupt, .bad = bad_inject_interrupt },
	{ REQ(INJECT_EVENT, VCPU, axvcpu_inject_event), .first = AXVCPU_INJECT_EVENT_SIZE_1,
	  .fill = fill_inject_event,
	  FLAGS(axvcpu_inject_event, flags, EVENT_FLAGS),
	  .reserved = { RESERVED(axvcpu_inject_event, reserved) },
	  .bad = bad_inject_event },
	{ REQ(SET_AFFINITY, VCPU, axvcpu_set_affinity), .fill = fill_set_affinity,
	  .reserved = { RESERVED(axvcpu_set_affinity, reserved) },
	  .bad = bad_set_affinity },
	{ REQ(TRANSLATE, VCPU, axvcpu_translate), .out = true, .fill = fill_translate,
	  .reserved = { RESERVED(axvcpu_translate, reserved) }, .bad = bad_translate },
#if HAVE_CPUID
	{ REQ(SET_CPUID, VCPU, axvcpu_cpuid), .stage = AXT_FREE, .fill = fill_set_cpuid,
	  .bad = bad_set_cpuid },
	{ REQ(GET_CPUID, VCPU, axvcpu_cpuid), .out = true, .fill = fill_get_cpuid,
	  .bad = bad_get_cpuid },
#endif
	{ REQ(SYNC, VCPU, axvcpu_sync), .fill = fill_sync,
	  .reserved = { RESERVED(axvcpu_sync, reserved) }, .bad = bad_sync },
	/* without an argument: at the end, see nr_with_argument */
	{ REQ_VOID(BIND), .stage = AXT_FREE },
	{ REQ_VOID(RUN) },
	{ REQ_VOID(UNBIND) },
	{ REQ_VOID(RESET) },
	{ REQ_VOID(KICK) },
};

const size_t nr_requests = ARRAY_SIZE(requests);
const size_t nr_with_argument = ARRAY_SIZE(requests) - 5;

/* ---- calls ---------------------------------------------------------------------------------- */

void req_open(struct axt *f, const struct req *r)
{
	static struct axt_config c;

	c = (struct axt_config) {
		.stage = r->stage == AXT_NO_VCPU ? AXT_READY : r->stage,
		.start = AXT_START_FLAT,
		/* RUN comes back, whatever the architecture makes of zeroes */
		GUEST(basic),
		.entry = GUEST_SYM(basic, sync_loop),
	};
	axt_open(f, &c);
}

int req_fd(const struct axt *f, enum req_kind kind)
{
	return kind == REQ_DEVICE ? f->dev.fd : kind == REQ_VM ? f->vm :
	       kind == REQ_STAGE2 ? f->s2 : f->v.fd;
}

void req_fill(struct axt *f, const struct req *r, void *arg)
{
	memset(arg, 0, AXT_PAGE);
	if (r->fill)
		r->fill(f, arg);
	*(uint32_t *)arg = r->size;
}

long req_call(struct axt *f, const struct req *r, void *arg)
{
	long ret = ioctl(req_fd(f, r->kind), r->cmd, arg);

	if (ret < 0)
		return -errno;
	if (r->makes_fd) {
		close(ret);
		ret = 0;
	}
	return ret;
}

void req_state(struct axt *f, struct req_state *s)
{
	memset(s, 0, sizeof(*s));
	ASSERT_OK(axv_vm_state(f->vm, &s->vm));
	ASSERT_OK(axv_s2_stats(f->s2, &s->s2));
	ASSERT_OK(axv_get_state(&f->v, &s->vcpu));
	s->has_regs = s->vcpu.state == AXVCPU_STATE_FREE ||
		      s->vcpu.state == AXVCPU_STATE_READY;
	if (!s->has_regs)
		return;
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL |
				     AXVCPU_REGS_INTR | AXVCPU_REGS_DEBUG));
	memcpy(&s->regs, (void *)f->regs, sizeof(s->regs));
	/* time goes on */
	memset(&s->regs.timer, 0, sizeof(s->regs.timer));
}

void req_unchanged(struct axt *f, const struct req_state *before)
{
	struct req_state now;

	req_state(f, &now);
	EXPECT_TRUE(!memcmp(&now.vm, &before->vm, sizeof(now.vm)));
	EXPECT_TRUE(!memcmp(&now.s2, &before->s2, sizeof(now.s2)));
	EXPECT_EQ(now.vcpu.state, before->vcpu.state);
	EXPECT_TRUE(!memcmp(&now.vcpu, &before->vcpu, sizeof(now.vcpu)));
	EXPECT_TRUE(!memcmp(&now.regs, &before->regs, sizeof(now.regs)));
}
