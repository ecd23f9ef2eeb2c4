// SPDX-License-Identifier: GPL-2.0-only
/* The measurements' VM on /dev/kvm, RISC-V. */
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

#include "bench.h"
#include "guest.h"

#define SBI_EXPERIMENTAL	0x08000000	/* KVM hands these to user space */

static int kvm = -1, vm = -1, vcpu = -1, event = -1;
static size_t run_size;
static struct kvm_run *run;
static pthread_t thread;

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

static void kvm_create(void *ram, uint32_t entry, bool bare)
{
	uint64_t pc = entry;
	struct kvm_one_reg reg = {
		.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |
		      KVM_REG_RISCV_CORE_REG(regs.pc),
		.addr = (uintptr_t)&pc,
	};

	(void)bare;
	*(volatile uint32_t *)((char *)ram + GUEST_HC) = SBI_EXPERIMENTAL;
	vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	set_slot(0, 0, ram, GUEST_RAM_SIZE);
	vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	check(run == MAP_FAILED ? -1 : 0, "mmap of the run page");
	check(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
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
}

/* What the exit was; it is answered. */
static enum exit_kind answer(void)
{
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		if (run->mmio.is_write)
			return EXIT_MMIO_WRITE;
		memset(run->mmio.data, 0, sizeof(run->mmio.data));
		return EXIT_MMIO_READ;
	case KVM_EXIT_RISCV_SBI:
		run->riscv_sbi.ret[0] = 0;
		run->riscv_sbi.ret[1] = 0;
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
	struct kvm_ioeventfd io = { .addr = GUEST_EVENT, .len = 4 };

	event = check(eventfd(0, EFD_CLOEXEC), "eventfd");
	io.fd = event;
	check(ioctl(vm, KVM_IOEVENTFD, &io), "KVM_IOEVENTFD");
}

const struct hv hv_kvm = {
	.name = "KVM",
	.open = kvm_open,
	.create = kvm_create,
	.destroy = kvm_destroy,
	.exits = kvm_exits,
	.map = kvm_map,
	.unmap = kvm_unmap,
	.stop = kvm_stop,
	.run_stopped = kvm_run_stopped,
	.event = kvm_event,
};
