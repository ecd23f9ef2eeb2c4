// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measurements' VM on /dev/kvm, without an interrupt controller in the kernel but
 * for the one measurement that KVM has none of else.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "hv_kvm.h"

#define GSI	24

static int dev = -1, vm = -1, event = -1;
static size_t run_size;
static struct {
	int fd;
	struct kvm_run *run;
} vcpus[VCPUS] = { [0 ... VCPUS - 1] = { .fd = -1 } };
static _Thread_local unsigned int self;	/* the vCPU of this thread */
static pthread_t thread;		/* the first one's */
static bool with_irqfd, with_chip;

int kvm_check(int r, const char *what)
{
	if (r < 0)
		fail("KVM: %s: %s", what, strerror(errno));
	return r;
}

/* The usual way to get a vCPU out of KVM_RUN, or to keep it from going in. */
static void on_stop(int sig)
{
	(void)sig;
	vcpus[0].run->immediate_exit = 1;
}

static bool kvm_open(void)
{
	struct sigaction action = { .sa_handler = on_stop };

	dev = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (dev < 0 && errno == ENOENT)
		return false;
	kvm_check(dev, "/dev/kvm");
	if (ioctl(dev, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		fail("KVM: another API version");
	run_size = kvm_check(ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	kvm_check(sigaction(SIGUSR1, &action, NULL), "sigaction");
	kvm_arch_open(dev);
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

	kvm_check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void create_vcpu(uint32_t entry, bool bare)
{
	int fd = kvm_check(kvm_arch_vcpu(vm, self, bare), "KVM_CREATE_VCPU");

	vcpus[self].fd = fd;
	vcpus[self].run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	kvm_check(vcpus[self].run == MAP_FAILED ? -1 : 0, "mmap of the run page");
	kvm_arch_start(vm, fd, entry, bare);
}

/* GSI is a message that says GUEST_VECTOR: nothing is quicker. */
static void route_gsi(void)
{
	const uint32_t msi = kvm_arch_msi(vcpus[0].fd);
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routing = {
		.head.nr = 1,
		.entry.gsi = GSI,
		.entry.type = KVM_IRQ_ROUTING_MSI,
		.entry.u.msi.address_lo = msi,
		.entry.u.msi.data = GUEST_VECTOR,
	};

	if (msi)
		kvm_check(ioctl(vm, KVM_SET_GSI_ROUTING, &routing), "KVM_SET_GSI_ROUTING");
}

static void kvm_create(void *ram, uint32_t entry, bool bare)
{
	struct kvm_irqfd irqfd = { .gsi = GSI };

	vm = kvm_check(ioctl(dev, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	set_slot(0, 0, ram, GUEST_RAM_SIZE);
	if (with_irqfd || with_chip)
		kvm_check(kvm_arch_irqchip(vm), "an interrupt controller");
	create_vcpu(entry, bare);
	if (with_irqfd) {
		route_gsi();
		event = kvm_check(eventfd(0, EFD_CLOEXEC), "eventfd");
		irqfd.fd = event;
		kvm_check(ioctl(vm, KVM_IRQFD, &irqfd), "KVM_IRQFD");
	}
	*(volatile uint32_t *)((char *)ram + GUEST_EOI) = with_irqfd || with_chip;
#ifdef GUEST_HC
	*(volatile uint32_t *)((char *)ram + GUEST_HC) = GUEST_HC_KVM;
#endif
	thread = pthread_self();
}

static void kvm_second(uint32_t entry)
{
	self = 1;
	create_vcpu(entry, false);
}

static void kvm_destroy(void)
{
	int i;

	for (i = 0; i < VCPUS; i++) {
		if (vcpus[i].fd < 0)
			continue;
		munmap(vcpus[i].run, run_size);
		close(vcpus[i].fd);
		vcpus[i].fd = -1;
	}
	close(vm);
	if (event >= 0)
		close(event);
	event = -1;
	with_irqfd = false;
	with_chip = false;
}

/* What the exit was; it is answered. */
static enum exit_kind answer(struct kvm_run *run)
{
	if (run->exit_reason != KVM_EXIT_MMIO)
		return kvm_arch_answer(run);
	if (run->mmio.is_write)
		return EXIT_MMIO_WRITE;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	return EXIT_MMIO_READ;
}

static void kvm_exits(enum exit_kind kind, unsigned int n)
{
	struct kvm_run *run = vcpus[self].run;
	int vcpu = vcpus[self].fd;

	while (n--) {
		kvm_check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
		if (answer(run) != kind)
			fail("KVM: unexpected exit: reason %u", run->exit_reason);
	}
}

/* There is one such range at a time. */
static void kvm_map(uint64_t gpa, void *mem, size_t len)
{
	set_slot(1, gpa, mem, len);
}

static void kvm_unmap(uint64_t gpa, size_t len)
{
	(void)len;
	set_slot(1, gpa, NULL, 0);
}

#ifdef __x86_64__
static void kvm_tsc(void)
{
	kvm_arch_tsc(vcpus[self].fd);
}
#endif

static void kvm_inject(void)
{
	kvm_arch_inject(vcpus[0].fd);
}

static void kvm_lower(void)
{
	/* A controller's is the guest's to take. */
	if (!with_irqfd)
		kvm_arch_lower(vcpus[0].fd);
}

static void kvm_stop(void)
{
	if (pthread_kill(thread, SIGUSR1))
		fail("KVM: pthread_kill");
}

static void kvm_run_stopped(void)
{
	if (ioctl(vcpus[0].fd, KVM_RUN, 0) >= 0)
		fail("KVM: unexpected exit: reason %u", vcpus[0].run->exit_reason);
	if (errno != EINTR)
		fail("KVM: KVM_RUN: %s", strerror(errno));
	vcpus[0].run->immediate_exit = 0;
}

static void kvm_event(void)
{
	struct kvm_ioeventfd io = {
		.addr = GUEST_EVENT,
		.len = kvm_arch_event_len,
		.flags = kvm_arch_event_flags,
	};

	event = kvm_check(eventfd(0, EFD_CLOEXEC), "eventfd");
	io.fd = event;
	kvm_check(ioctl(vm, KVM_IOEVENTFD, &io), "KVM_IOEVENTFD");
}

#ifdef __x86_64__
static void kvm_chip(void)
{
	with_chip = true;
}
#endif

static bool kvm_irqfd(void)
{
	int probe = kvm_check(ioctl(dev, KVM_CREATE_VM, 0), "KVM_CREATE_VM");

	with_irqfd = kvm_arch_irqchip(probe) >= 0;
	close(probe);
	return with_irqfd;
}

static void kvm_irqfd_signal(void)
{
	kvm_check(eventfd_write(event, 1), "signal");
}

const struct hv hv_kvm = {
	.name = "KVM",
	.open = kvm_open,
	.create = kvm_create,
	.second = kvm_second,
	.destroy = kvm_destroy,
	.exits = kvm_exits,
	.map = kvm_map,
	.unmap = kvm_unmap,
#ifdef __x86_64__
	.tsc = kvm_tsc,
#endif
	.inject = kvm_inject,
	.lower = kvm_lower,
	.stop = kvm_stop,
	.run_stopped = kvm_run_stopped,
	.event = kvm_event,
#ifdef __x86_64__
	.chip = kvm_chip,
#endif
	.irqfd = kvm_irqfd,
	.irqfd_signal = kvm_irqfd_signal,
};
