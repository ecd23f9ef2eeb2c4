// SPDX-License-Identifier: GPL-2.0-only
/* The measurements' VM on /dev/kvm, without an interrupt controller in the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <linux/kvm_para.h>

#include "bench.h"
#include "guest.h"

#define MAX_CPUID	256

_Static_assert(GUEST_HC_USER == KVM_HC_MAP_GPA_RANGE, "hypercall to user space");
_Static_assert(GUEST_HC_KERNEL == KVM_HC_VAPIC_POLL_IRQ, "hypercall served in the kernel");

static int kvm = -1, vm = -1, vcpu = -1, event = -1;
static size_t run_size;
static struct kvm_run *run;
static pthread_t thread;
static bool with_irqfd;

static struct {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[MAX_CPUID];
} cpuid;

static int check(int r, const char *what)
{
	if (r < 0)
		fail("KVM: %s: %s", what, strerror(errno));
	return r;
}

/* The usual way to get a vCPU out of KVM_RUN, or to keep it from going in. */
static void on_stop(int sig)
{
	(void)sig;
	run->immediate_exit = 1;
}

static bool kvm_open(void)
{
	struct sigaction action = { .sa_handler = on_stop };

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0 && errno == ENOENT)
		return false;
	check(kvm, "/dev/kvm");
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		fail("KVM: another API version");
	run_size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	cpuid.head.nent = MAX_CPUID;
	check(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	check(sigaction(SIGUSR1, &action, NULL), "sigaction");
	return true;
}

static void set_slot(unsigned int slot, uint64_t gpa, void *mem, size_t len)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = len,
		.userspace_addr = (uintptr_t)mem,
	};

	check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void set_flat(uint32_t entry)
{
	struct kvm_regs regs = { .rip = entry, .rsp = GUEST_STACK, .rflags = 2 };
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 0x18, .type = 3, .present = 1,
		.db = 1, .s = 1, .g = 1,
	};
	struct kvm_segment code = data;
	struct kvm_sregs sregs;

	code.selector = 0x10;
	code.type = 11;
	check(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.cr0 = 0x11;	/* PE, ET */
	check(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	check(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

/*
 * An eventfd is an interrupt only with an interrupt controller in the kernel: the
 * quickest way through it is a message to a local APIC, which is enabled here.
 */
static void add_irqfd(void)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routing = {
		.head.nr = 1,
		.entry.gsi = 24,
		.entry.type = KVM_IRQ_ROUTING_MSI,
		.entry.u.msi.address_lo = 0xfee00000,
		.entry.u.msi.data = GUEST_VECTOR,
	};
	struct kvm_irqfd irqfd = { .gsi = 24 };
	struct kvm_lapic_state apic;

	check(ioctl(vcpu, KVM_GET_LAPIC, &apic), "KVM_GET_LAPIC");
	apic.regs[0xf1] |= 1;	/* the spurious vector register's enable bit */
	check(ioctl(vcpu, KVM_SET_LAPIC, &apic), "KVM_SET_LAPIC");
	check(ioctl(vm, KVM_SET_GSI_ROUTING, &routing), "KVM_SET_GSI_ROUTING");
	event = check(eventfd(0, EFD_CLOEXEC), "eventfd");
	irqfd.fd = event;
	check(ioctl(vm, KVM_IRQFD, &irqfd), "KVM_IRQFD");
}

static void kvm_create(void *ram, uint32_t entry, bool bare)
{
	struct kvm_enable_cap hypercalls = {
		.cap = KVM_CAP_EXIT_HYPERCALL,
		.args = { 1ull << KVM_HC_MAP_GPA_RANGE },
	};

	vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	set_slot(0, 0, ram, GUEST_RAM_SIZE);
	if (with_irqfd)
		check(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	check(run == MAP_FAILED ? -1 : 0, "mmap of the run page");
	if (!bare) {
		check(ioctl(vm, KVM_ENABLE_CAP, &hypercalls), "KVM_CAP_EXIT_HYPERCALL");
		check(ioctl(vcpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
	}
	set_flat(entry);
	if (with_irqfd)
		add_irqfd();
	*(volatile uint32_t *)((char *)ram + GUEST_EOI) = with_irqfd;
	thread = pthread_self();
}

static void kvm_destroy(void)
{
	munmap(run, run_size);
	close(vcpu);
	close(vm);
	if (event >= 0)
		close(event);
	event = -1;
	with_irqfd = false;
}

/* What the exit was; it is answered. */
static enum exit_kind answer(void)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		if (run->io.direction == KVM_EXIT_IO_OUT)
			return EXIT_PORT_WRITE;
		*((uint8_t *)run + run->io.data_offset) = 0;
		return EXIT_PORT_READ;
	case KVM_EXIT_MMIO:
		if (run->mmio.is_write)
			return EXIT_MMIO_WRITE;
		memset(run->mmio.data, 0, sizeof(run->mmio.data));
		return EXIT_MMIO_READ;
	case KVM_EXIT_HYPERCALL:
		run->hypercall.ret = 0;
		return EXIT_HYPERCALL;
	default:
		return EXIT_OTHER;
	}
}

static void kvm_exits(enum exit_kind kind, unsigned int n)
{
	while (n--) {
		check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
		if (answer() != kind)
			fail("KVM: unexpected exit: reason %u", run->exit_reason);
	}
}

static void kvm_map(void *mem, size_t len)
{
	set_slot(1, GUEST_PAGES, mem, len);
}

static void kvm_unmap(size_t len)
{
	(void)len;
	set_slot(1, GUEST_PAGES, NULL, 0);
}

static void kvm_tsc(void)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	check(ioctl(vcpu, KVM_SET_DEVICE_ATTR, &attr), "KVM_VCPU_TSC_OFFSET");
}

static void kvm_inject(void)
{
	struct kvm_interrupt irq = { .irq = GUEST_VECTOR };

	check(ioctl(vcpu, KVM_INTERRUPT, &irq), "KVM_INTERRUPT");
}

static void kvm_stop(void)
{
	if (pthread_kill(thread, SIGUSR1))
		fail("KVM: pthread_kill");
}

static void kvm_run_stopped(void)
{
	if (ioctl(vcpu, KVM_RUN, 0) >= 0)
		fail("KVM: unexpected exit: reason %u", run->exit_reason);
	if (errno != EINTR)
		fail("KVM: KVM_RUN: %s", strerror(errno));
	run->immediate_exit = 0;
}

static void kvm_event(void)
{
	struct kvm_ioeventfd io = {
		.addr = GUEST_EVENT,
		.len = 1,
		.flags = KVM_IOEVENTFD_FLAG_PIO,
	};

	event = check(eventfd(0, EFD_CLOEXEC), "eventfd");
	io.fd = event;
	check(ioctl(vm, KVM_IOEVENTFD, &io), "KVM_IOEVENTFD");
}

static void kvm_irqfd(void)
{
	with_irqfd = true;
}

static void kvm_irqfd_signal(void)
{
	check(eventfd_write(event, 1), "signal");
}

const struct hv hv_kvm = {
	.name = "KVM",
	.open = kvm_open,
	.create = kvm_create,
	.destroy = kvm_destroy,
	.exits = kvm_exits,
	.map = kvm_map,
	.unmap = kvm_unmap,
	.tsc = kvm_tsc,
	.inject = kvm_inject,
	.stop = kvm_stop,
	.run_stopped = kvm_run_stopped,
	.event = kvm_event,
	.irqfd = kvm_irqfd,
	.irqfd_signal = kvm_irqfd_signal,
};
