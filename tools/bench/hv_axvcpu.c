// SPDX-License-Identifier: GPL-2.0-only
/* The measurements' VM on /dev/axvcpu. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"
#include "guest.h"
#include "libaxvcpu.h"
#include "measure.h"

#ifdef __x86_64__
#define EVENT_WIDTH	1
#define IRQFD_VECTOR	AXVCPU_X86_MSI(0, GUEST_VECTOR)
#else
#define EVENT_WIDTH	4
#define IRQFD_VECTOR	GUEST_VECTOR
#endif

static struct axv axv;
static struct axv_vcpu vcpus[VCPUS];
static _Thread_local unsigned int self;	/* the vCPU of this thread */
static bool second;
static int vm, s2[2], view, event = -1;
static bool with_irqfd, with_chip;
static void *view_ram;

static int check(int r, const char *what)
{
	if (r < 0)
		fail("axvcpu: %s: %s", what, strerror(-r));
	return r;
}

/* The guests have SVM's instruction for a hypercall; VMX has another one of that length. */
static void hypercalls_of_backend(void)
{
#ifdef __x86_64__
	static const unsigned char vmmcall[] = { 0x0f, 0x01, 0xd9 }, vmcall[] = { 0x0f, 0x01, 0xc1 };
	char *at = ram + GUEST_CODE, *last = at + (guest_end - guest_start) - sizeof(vmcall);

	for (; axv.info.backend == AXVCPU_BACKEND_VMX && at <= last; at++)
		if (!memcmp(at, vmmcall, sizeof(vmmcall)))
			memcpy(at, vmcall, sizeof(vmcall));
#endif
}

static bool axvcpu_open(void)
{
	int r = axv_open(&axv, NULL);

	if (r == -ENOENT)
		return false;
	check(r, AXV_DEVICE);
	if (axv.info.why != AXVCPU_WHY_USABLE)
		fail("axvcpu: %s", axv.info.why_text);
	hypercalls_of_backend();
	return true;
}

static int new_stage2(void *ram)
{
	int fd = check(axv_stage2_create(&axv, 0), "stage-2");

	check(axv_s2_map_user(fd, 0, ram, GUEST_RAM_SIZE, AXV_PROT_RWX), "map memory");
	return fd;
}

static void create_vcpu(uint32_t entry)
{
	struct axv_vcpu *v = &vcpus[self];

#ifdef GUEST_GICR
	struct axvcpu_create_vcpu c = {
		.id = self,
		.preferred_cpu = -1,
		.arch.arm64.mpidr = self,
		.arch.arm64.gicr = GUEST_GICR + self * GUEST_GICR_SIZE,
	};

	check(axv_vcpu_create_with(&axv, vm, &c, v), "create vCPU");
#else
	check(axv_vcpu_create(&axv, vm, self, v), "create vCPU");
#endif
	check(axv_setup_flat(v, s2[0], entry, GUEST_STACK), "set up vCPU");
	check(axv_bind(v), "bind vCPU");
}

static void axvcpu_create(void *ram, uint32_t entry, bool bare)
{
	struct axvcpu_create_vm c = { .flags = 0 };

	(void)bare;
#ifdef __x86_64__
	if (with_chip)
		c.arch_flags = AXVCPU_X86_LOCAL_APIC;
#endif
	view = 0;
	view_ram = ram;
	s2[0] = new_stage2(ram);
	s2[1] = -1;
	*(volatile uint32_t *)((char *)ram + GUEST_EOI) = with_chip;
#ifdef GUEST_HC
	*(volatile uint32_t *)((char *)ram + GUEST_HC) = AXVCPU_RISCV_SBI_HVC;
#endif
	vm = check(axv_vm_create_with(&axv, &c), "create VM");
	create_vcpu(entry);
	if (with_irqfd) {
		event = check(eventfd(0, EFD_CLOEXEC), "eventfd");
		check(axv_irqfd(vm, event, 0, IRQFD_VECTOR), "irqfd");
	}
}

static void axvcpu_second(uint32_t entry)
{
	self = 1;
	create_vcpu(entry);
	second = true;
}

static void axvcpu_destroy(void)
{
	axv_vcpu_close(&vcpus[0]);
	if (second)
		axv_vcpu_close(&vcpus[1]);
	second = false;
	close(vm);
	close(s2[0]);
	if (s2[1] >= 0)
		close(s2[1]);
	if (event >= 0)
		close(event);
	event = -1;
	with_irqfd = false;
	with_chip = false;
}

/* What the exit was; it is answered. */
static enum exit_kind answer(const struct axv_vcpu *v)
{
	switch (v->run->exit.reason) {
	case AXVCPU_EXIT_IO_WRITE:
		axv_fulfil(v, 0);
		return EXIT_PORT_WRITE;
	case AXVCPU_EXIT_IO_READ:
		axv_fulfil(v, 0);
		return EXIT_PORT_READ;
	case AXVCPU_EXIT_MMIO_WRITE:
		axv_fulfil(v, 0);
		return EXIT_MMIO_WRITE;
	case AXVCPU_EXIT_MMIO_READ:
		axv_fulfil(v, 0);
		return EXIT_MMIO_READ;
	case AXVCPU_EXIT_HYPERCALL:
		axv_fulfil(v, 0);
		return EXIT_HYPERCALL;
	default:
		return EXIT_OTHER;
	}
}

static void axvcpu_exits(enum exit_kind kind, unsigned int n)
{
	const struct axv_vcpu *v = &vcpus[self];
	char line[160];

	while (n--) {
		check(axv_run(v), "run");
		if (answer(v) != kind)
			fail("axvcpu: unexpected exit: %s",
			     axv_exit_str(&v->run->exit, line, sizeof(line)));
	}
}

static void axvcpu_map(uint64_t gpa, void *mem, size_t len)
{
	check(axv_s2_map_user(s2[0], gpa, mem, len, AXV_PROT_RWX), "map pages");
}

static void axvcpu_unmap(uint64_t gpa, size_t len)
{
	check(axv_s2_unmap(s2[0], gpa, len), "unmap pages");
}

#ifdef __x86_64__
static void axvcpu_tsc(void)
{
	struct axv_vcpu *v = &vcpus[self];

	check(axv_sync(v, 0, AXVCPU_REGS_TIMER), "read the timer group");
	v->run->regs.x86.timer.flags = AXVCPU_X86_TIMER_OFFSET;
	v->run->regs.x86.timer.tsc_offset = 0;
	check(axv_sync(v, AXVCPU_REGS_TIMER, 0), "write the timer group");
}
#endif

static void axvcpu_inject(void)
{
	check(axv_inject_irq(&vcpus[0], GUEST_VECTOR), "inject");
}

/* Elsewhere the CPU, or its interrupt controller, took it. */
static void axvcpu_lower(void)
{
#ifdef __riscv
	check(axv_inject_irq(&vcpus[0], GUEST_VECTOR | AXVCPU_INTERRUPT_CLEAR), "lower");
#endif
}

static void axvcpu_stop(void)
{
	check(axv_kick(&vcpus[0]), "kick");
}

static void axvcpu_run_stopped(void)
{
	char line[160];

	check(axv_run(&vcpus[0]), "run");
	if (vcpus[0].run->exit.reason != AXVCPU_EXIT_STOPPED)
		fail("axvcpu: unexpected exit: %s",
		     axv_exit_str(&vcpus[0].run->exit, line, sizeof(line)));
}

static void axvcpu_event(void)
{
	struct axvcpu_io_route r = {
#ifdef __x86_64__
		.flags = AXVCPU_ROUTE_PORT,
#endif
		.addr = GUEST_EVENT,
		.len = EVENT_WIDTH,
		.width = EVENT_WIDTH,
	};

	event = check(eventfd(0, EFD_CLOEXEC), "eventfd");
	r.fd = event;
	check(axv_set_io_route(vm, &r), "route of a port");
}

#ifdef __x86_64__
static void axvcpu_chip(void)
{
	with_chip = true;
}
#endif

static bool axvcpu_irqfd(void)
{
	with_irqfd = true;
#ifdef __x86_64__
	with_chip = true;
#endif
	return true;
}

static void axvcpu_irqfd_signal(void)
{
	check(eventfd_write(event, 1), "signal");
}

static void axvcpu_view(void)
{
	view = !view;
	if (s2[view] < 0)
		s2[view] = new_stage2(view_ram);
	check(axv_set_root(&vcpus[0], s2[view]), "change the stage-2");
}

const struct hv hv_axvcpu = {
	.name = "axvcpu",
	.open = axvcpu_open,
	.create = axvcpu_create,
	.second = axvcpu_second,
	.destroy = axvcpu_destroy,
	.exits = axvcpu_exits,
	.map = axvcpu_map,
	.unmap = axvcpu_unmap,
#ifdef __x86_64__
	.tsc = axvcpu_tsc,
#endif
	.inject = axvcpu_inject,
	.lower = axvcpu_lower,
	.stop = axvcpu_stop,
	.run_stopped = axvcpu_run_stopped,
	.event = axvcpu_event,
#ifdef __x86_64__
	.chip = axvcpu_chip,
#endif
	.irqfd = axvcpu_irqfd,
	.irqfd_signal = axvcpu_irqfd_signal,
	.view = axvcpu_view,
};
