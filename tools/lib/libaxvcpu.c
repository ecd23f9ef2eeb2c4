// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* libaxvcpu: the ioctls as functions. Architectures are in arch-*.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libaxvcpu.h"
#include "internal.h"

static int axv_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/* ---- the device -------------------------------------------------------- */

int axv_open(struct axv *a, const char *path)
{
	int ret;

	memset(a, 0, sizeof(*a));
	a->fd = open(path ? path : AXV_DEVICE, O_RDWR | O_CLOEXEC);
	if (a->fd < 0)
		return -errno;

	a->info.size = sizeof(a->info);
	ret = axv_ioctl(a->fd, AXVCPU_GET_INFO, &a->info);
	if (!ret && (a->info.abi_version != AXVCPU_ABI_VERSION ||
		     a->info.arch != AXV_ARCH))
		ret = -EPROTONOSUPPORT;
	if (ret < 0)
		axv_close(a);
	return ret;
}

void axv_close(struct axv *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

/* ---- virtual machines -------------------------------------------------- */

int axv_vm_create(const struct axv *a, uint32_t flags)
{
	struct axvcpu_create_vm c = { .flags = flags };

	return axv_vm_create_with(a, &c);
}

int axv_vm_create_with(const struct axv *a, const struct axvcpu_create_vm *c)
{
	struct axvcpu_create_vm copy = *c;

	copy.size = sizeof(copy);
	return axv_ioctl(a->fd, AXVCPU_CREATE_VM, &copy);
}

int axv_vm_control(int vm, uint32_t op, uint32_t reason)
{
	struct axvcpu_vm_control c = {
		.size = sizeof(c),
		.op = op,
		.reason = reason,
	};

	return axv_ioctl(vm, AXVCPU_VM_CONTROL, &c);
}

int axv_vm_state(int vm, struct axvcpu_vm_state_info *s)
{
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	return axv_ioctl(vm, AXVCPU_VM_GET_STATE, s);
}

static int axv_set_filter(int vm, unsigned long request,
			  const struct axvcpu_filter_range *r, uint32_t nr)
{
	struct axvcpu_filter f = {
		.size = sizeof(f),
		.nr = nr,
		.ranges = (uintptr_t)r,
	};

	return axv_ioctl(vm, request, &f);
}

int axv_set_io_filter(int vm, const struct axvcpu_filter_range *r, uint32_t nr)
{
	return axv_set_filter(vm, AXVCPU_SET_IO_FILTER, r, nr);
}

int axv_set_msr_filter(int vm, const struct axvcpu_filter_range *r,
		       uint32_t nr)
{
	return axv_set_filter(vm, AXVCPU_SET_MSR_FILTER, r, nr);
}

/* ---- event routes ------------------------------------------------------ */

int axv_set_irqfd(int vm, const struct axvcpu_irqfd *i)
{
	struct axvcpu_irqfd copy = *i;

	copy.size = sizeof(copy);
	return axv_ioctl(vm, AXVCPU_SET_IRQFD, &copy);
}

int axv_irqfd(int vm, int fd, uint32_t vcpu, uint32_t vector)
{
	struct axvcpu_irqfd i = {
		.fd = fd,
		.resample_fd = -1,
		.vcpu = vcpu,
		.vector = vector,
	};

	return axv_set_irqfd(vm, &i);
}

int axv_irqfd_level(int vm, int fd, int resample, uint32_t vcpu, uint32_t vector)
{
	struct axvcpu_irqfd i = {
		.flags = AXVCPU_IRQFD_LEVEL,
		.fd = fd,
		.resample_fd = resample,
		.vcpu = vcpu,
		.vector = vector,
	};

	return axv_set_irqfd(vm, &i);
}

int axv_irqfd_remove(int vm, int fd, uint32_t vcpu, uint32_t vector)
{
	struct axvcpu_irqfd i = {
		.flags = AXVCPU_IRQFD_DEASSIGN,
		.fd = fd,
		.resample_fd = -1,
		.vcpu = vcpu,
		.vector = vector,
	};

	return axv_set_irqfd(vm, &i);
}

int axv_set_io_route(int vm, const struct axvcpu_io_route *r)
{
	struct axvcpu_io_route copy = *r;

	copy.size = sizeof(copy);
	return axv_ioctl(vm, AXVCPU_SET_IO_ROUTE, &copy);
}

int axv_io_route_remove(int vm, const struct axvcpu_io_route *r)
{
	struct axvcpu_io_route copy = *r;

	copy.flags |= AXVCPU_ROUTE_DEASSIGN;
	copy.fd = -1;
	copy.token = 0;
	return axv_set_io_route(vm, &copy);
}

int axv_ring_create(const struct axv *a, uint32_t nr, int event, struct axv_ring *ring)
{
	struct axvcpu_create_ring c = {
		.size = sizeof(c),
		.nr = nr,
		.fd = event,
	};
	size_t page = sysconf(_SC_PAGESIZE);
	void *p;

	memset(ring, 0, sizeof(*ring));
	ring->fd = axv_ioctl(a->fd, AXVCPU_CREATE_RING, &c);
	if (ring->fd < 0)
		return ring->fd;

	ring->nr = nr;
	ring->size = AXVCPU_RING_RECORDS + nr * sizeof(struct axvcpu_ring_record);
	ring->size = (ring->size + page - 1) & ~(page - 1);
	p = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (p == MAP_FAILED) {
		int err = -errno;

		close(ring->fd);
		ring->fd = -1;
		return err;
	}
	ring->shared = p;
	ring->records = (void *)((char *)p + AXVCPU_RING_RECORDS);
	return 0;
}

void axv_ring_close(struct axv_ring *ring)
{
	if (ring->fd < 0)
		return;
	munmap(ring->shared, ring->size);
	close(ring->fd);
	ring->fd = -1;
}

int axv_ring_take(struct axv_ring *ring, struct axvcpu_ring_record *record)
{
	uint32_t tail = ring->shared->tail;

	/* the tail was written before the head is read, see struct axvcpu_ring */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE) == tail)
		return 0;
	*record = ring->records[tail & (ring->nr - 1)];
	__atomic_store_n(&ring->shared->tail, tail + 1, __ATOMIC_RELEASE);
	return 1;
}

/* ---- stage-2 tables ---------------------------------------------------- */

int axv_stage2_create(const struct axv *a, uint32_t gpa_bits)
{
	struct axvcpu_create_stage2 c = {
		.size = sizeof(c),
		.gpa_bits = gpa_bits,
	};

	return axv_ioctl(a->fd, AXVCPU_CREATE_STAGE2, &c);
}

int axv_s2_map(int s2, struct axvcpu_s2_map *m)
{
	m->size = sizeof(*m);
	return axv_ioctl(s2, AXVCPU_S2_MAP, m);
}

int axv_s2_map_user(int s2, uint64_t gpa, void *mem, uint64_t len,
		    uint32_t prot)
{
	struct axvcpu_s2_map m = {
		.prot = prot,
		.source = AXVCPU_S2_USER,
		.gpa = gpa,
		.len = len,
		.uaddr = (uintptr_t)mem,
	};

	return axv_s2_map(s2, &m);
}

int axv_s2_map_fd(int s2, uint64_t gpa, int fd, uint64_t offset, uint64_t len,
		  uint32_t prot, void **where)
{
	struct axvcpu_s2_map m = {
		.prot = prot,
		.source = AXVCPU_S2_FD,
		.gpa = gpa,
		.len = len,
		.offset = offset,
		.fd = fd,
	};
	int ret = axv_s2_map(s2, &m);

	if (!ret && where)
		*where = (void *)(uintptr_t)m.uaddr;
	return ret;
}

int axv_s2_map_zero(int s2, uint64_t gpa, uint64_t len, uint32_t prot)
{
	struct axvcpu_s2_map m = {
		.prot = prot,
		.source = AXVCPU_S2_ZERO,
		.gpa = gpa,
		.len = len,
	};

	return axv_s2_map(s2, &m);
}

int axv_s2_unmap(int s2, uint64_t gpa, uint64_t len)
{
	struct axvcpu_s2_range r = {
		.size = sizeof(r),
		.gpa = gpa,
		.len = len,
	};

	return axv_ioctl(s2, AXVCPU_S2_UNMAP, &r);
}

int axv_s2_protect(int s2, uint64_t gpa, uint64_t len, uint32_t prot)
{
	struct axvcpu_s2_range r = {
		.size = sizeof(r),
		.prot = prot,
		.gpa = gpa,
		.len = len,
	};

	return axv_ioctl(s2, AXVCPU_S2_PROTECT, &r);
}

int axv_s2_stats(int s2, struct axvcpu_s2_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	return axv_ioctl(s2, AXVCPU_S2_GET_STATS, s);
}

/* ---- vCPUs: life ------------------------------------------------------- */

int axv_vcpu_create(const struct axv *a, int vm, uint32_t id,
		    struct axv_vcpu *v)
{
	struct axvcpu_create_vcpu c = {
		.id = id,
		.preferred_cpu = -1,
	};

	axv_arch_create_vcpu(&c);
	return axv_vcpu_create_with(a, vm, &c, v);
}

int axv_vcpu_create_with(const struct axv *a, int vm,
			 const struct axvcpu_create_vcpu *c,
			 struct axv_vcpu *v)
{
	struct axvcpu_create_vcpu copy = *c;
	int fd;
	int ret;

	copy.size = sizeof(copy);
	fd = axv_ioctl(vm, AXVCPU_CREATE_VCPU, &copy);
	if (fd < 0)
		return fd;

	ret = axv_vcpu_attach(a, fd, v);
	if (ret < 0)
		close(fd);
	return ret;
}

int axv_vcpu_attach(const struct axv *a, int fd, struct axv_vcpu *v)
{
	void *map;

	map = mmap(NULL, a->info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	if (map == MAP_FAILED)
		return -errno;

	v->fd = fd;
	v->run = map;
	v->run_size = a->info.run_size;
	v->fp = (char *)map + a->info.fp_offset;
	v->fp_size = a->info.fp_size;
	return 0;
}

void axv_vcpu_close(struct axv_vcpu *v)
{
	if (!v->run)
		return;

	munmap((void *)v->run, v->run_size);
	close(v->fd);
	memset(v, 0, sizeof(*v));
	v->fd = -1;
}

int axv_setup(const struct axv_vcpu *v, const struct axvcpu_setup *s)
{
	struct axvcpu_setup copy = *s;

	copy.size = sizeof(copy);
	return axv_ioctl(v->fd, AXVCPU_SETUP, &copy);
}

int axv_set_entry(const struct axv_vcpu *v, uint64_t entry)
{
	struct axvcpu_set_entry e = { .size = sizeof(e), .entry = entry };

	return axv_ioctl(v->fd, AXVCPU_SET_ENTRY, &e);
}

int axv_set_root(const struct axv_vcpu *v, int s2)
{
	struct axvcpu_set_stage2_root r = {
		.size = sizeof(r),
		.stage2_fd = s2,
	};

	return axv_ioctl(v->fd, AXVCPU_SET_STAGE2_ROOT, &r);
}

int axv_bind(const struct axv_vcpu *v)
{
	return axv_ioctl(v->fd, AXVCPU_BIND, NULL);
}

int axv_run(const struct axv_vcpu *v)
{
	return axv_ioctl(v->fd, AXVCPU_RUN, NULL);
}

int axv_unbind(const struct axv_vcpu *v)
{
	return axv_ioctl(v->fd, AXVCPU_UNBIND, NULL);
}

int axv_reset(const struct axv_vcpu *v)
{
	return axv_ioctl(v->fd, AXVCPU_RESET, NULL);
}

int axv_kick(const struct axv_vcpu *v)
{
	return axv_ioctl(v->fd, AXVCPU_KICK, NULL);
}

void axv_stop_word(const struct axv_vcpu *v)
{
	__atomic_fetch_add(&v->run->stop, 1, __ATOMIC_SEQ_CST);
}

int axv_get_state(const struct axv_vcpu *v, struct axvcpu_get_state *s)
{
	struct axvcpu_get_state own;
	int ret;

	if (!s)
		s = &own;
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	ret = axv_ioctl(v->fd, AXVCPU_GET_STATE, s);
	return ret < 0 ? ret : (int)s->state;
}

int axv_set_affinity(const struct axv_vcpu *v, int preferred_cpu,
		     const void *cpu_set, uint32_t cpu_set_size)
{
	struct axvcpu_set_affinity s = {
		.size = sizeof(s),
		.preferred_cpu = preferred_cpu,
		.cpu_set_size = cpu_set ? cpu_set_size : 0,
		.cpu_set = (uintptr_t)cpu_set,
	};

	return axv_ioctl(v->fd, AXVCPU_SET_AFFINITY, &s);
}

/* ---- vCPUs: registers and events --------------------------------------- */

int axv_sync(const struct axv_vcpu *v, uint32_t commit, uint32_t fetch)
{
	struct axvcpu_sync s = {
		.size = sizeof(s),
		.commit = commit,
		.fetch = fetch,
	};

	return axv_ioctl(v->fd, AXVCPU_SYNC, &s);
}

int axv_set_gpr(const struct axv_vcpu *v, uint32_t reg, uint64_t value)
{
	struct axvcpu_set_gpr g = {
		.size = sizeof(g),
		.reg = reg,
		.value = value,
	};

	return axv_ioctl(v->fd, AXVCPU_SET_GPR, &g);
}

int axv_set_return_value(const struct axv_vcpu *v, uint64_t value)
{
	struct axvcpu_set_return_value r = {
		.size = sizeof(r),
		.value = value,
	};

	return axv_ioctl(v->fd, AXVCPU_SET_RETURN_VALUE, &r);
}

int axv_inject_irq(const struct axv_vcpu *v, uint32_t vector)
{
	struct axvcpu_inject_interrupt i = {
		.size = sizeof(i),
		.vector = vector,
	};

	return axv_ioctl(v->fd, AXVCPU_INJECT_INTERRUPT, &i);
}

int axv_inject_event(const struct axv_vcpu *v,
		     const struct axvcpu_inject_event *e)
{
	struct axvcpu_inject_event copy = *e;

	copy.size = sizeof(copy);
	return axv_ioctl(v->fd, AXVCPU_INJECT_EVENT, &copy);
}

int axv_inject_nmi(const struct axv_vcpu *v)
{
	struct axvcpu_inject_event e = { .kind = AXVCPU_EVENT_NMI };

	return axv_inject_event(v, &e);
}

int axv_inject_exception(const struct axv_vcpu *v, uint32_t vector,
			 int64_t error_code)
{
	struct axvcpu_inject_event e = {
		.kind = AXVCPU_EVENT_EXCEPTION,
		.vector = vector,
	};

	if (error_code >= 0) {
		e.flags = AXVCPU_EVENT_HAS_ERROR;
		e.error_code = error_code;
	}
	return axv_inject_event(v, &e);
}

int axv_translate(const struct axv_vcpu *v, uint64_t gva, uint32_t access,
		  struct axvcpu_translate *t)
{
	memset(t, 0, sizeof(*t));
	t->size = sizeof(*t);
	t->access = access;
	t->gva = gva;
	return axv_ioctl(v->fd, AXVCPU_TRANSLATE, t);
}

int axv_get_cpuid(const struct axv_vcpu *v, struct axvcpu_cpuid_entry *e,
		  uint32_t nr)
{
	struct axvcpu_cpuid c = {
		.size = sizeof(c),
		.nr = nr,
		.entries = (uintptr_t)e,
	};
	int ret = axv_ioctl(v->fd, AXVCPU_GET_CPUID, &c);

	return ret < 0 ? ret : (int)c.nr;
}

int axv_set_cpuid(const struct axv_vcpu *v, const struct axvcpu_cpuid_entry *e,
		  uint32_t nr)
{
	struct axvcpu_cpuid c = {
		.size = sizeof(c),
		.nr = nr,
		.entries = (uintptr_t)e,
	};

	return axv_ioctl(v->fd, AXVCPU_SET_CPUID, &c);
}
