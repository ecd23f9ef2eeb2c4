// SPDX-License-Identifier: GPL-2.0-only
/* The measurements' VM on /dev/kvm, x86: the CPU in flat mode, and interrupts. */
#include <sys/ioctl.h>

#include <linux/kvm_para.h>

#include "guest.h"
#include "hv_kvm.h"

#define MAX_CPUID	256

#define CPUID_1_ECX_TSC_DEADLINE	(1u << 24)

_Static_assert(GUEST_HC_USER == KVM_HC_MAP_GPA_RANGE, "hypercall to user space");
_Static_assert(GUEST_HC_KERNEL == KVM_HC_VAPIC_POLL_IRQ, "hypercall served in the kernel");

const uint32_t kvm_arch_event_len = 1, kvm_arch_event_flags = KVM_IOEVENTFD_FLAG_PIO;

static struct {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[MAX_CPUID];
} cpuid;

/* Of the timer's deadline KVM's table does not tell. */
void kvm_arch_open(int dev)
{
	uint32_t i;

	cpuid.head.nent = MAX_CPUID;
	kvm_check(ioctl(dev, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	for (i = 0; i < cpuid.head.nent; i++)
		if (cpuid.entries[i].function == 1)
			cpuid.entries[i].ecx |= CPUID_1_ECX_TSC_DEADLINE;
}

int kvm_arch_vcpu(int vm, unsigned int id, bool bare)
{
	(void)bare;
	return ioctl(vm, KVM_CREATE_VCPU, id);
}

static void set_flat(int vcpu, uint32_t entry)
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
	kvm_check(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.cr0 = 0x11;	/* PE, ET */
	kvm_check(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	kvm_check(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

/* With a local APIC all but the first wait for their start, unless told to be runnable. */
void kvm_arch_start(int vm, int vcpu, uint32_t entry, bool bare)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_enable_cap hypercalls = {
		.cap = KVM_CAP_EXIT_HYPERCALL,
		.args = { 1ull << KVM_HC_MAP_GPA_RANGE },
	};

	if (!bare) {
		kvm_check(ioctl(vm, KVM_ENABLE_CAP, &hypercalls), "KVM_CAP_EXIT_HYPERCALL");
		kvm_check(ioctl(vcpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
		kvm_check(ioctl(vcpu, KVM_SET_MP_STATE, &state), "KVM_SET_MP_STATE");
	}
	set_flat(vcpu, entry);
}

int kvm_arch_irqchip(int vm)
{
	return ioctl(vm, KVM_CREATE_IRQCHIP, 0);
}

/* The local APIC, which the guest enables. */
uint32_t kvm_arch_msi(int vcpu)
{
	(void)vcpu;
	return 0xfee00000;
}

enum exit_kind kvm_arch_answer(struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		if (run->io.direction == KVM_EXIT_IO_OUT)
			return EXIT_PORT_WRITE;
		*((uint8_t *)run + run->io.data_offset) = 0;
		return EXIT_PORT_READ;
	case KVM_EXIT_HYPERCALL:
		run->hypercall.ret = 0;
		return EXIT_HYPERCALL;
	default:
		return EXIT_OTHER;
	}
}

void kvm_arch_tsc(int vcpu)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	kvm_check(ioctl(vcpu, KVM_SET_DEVICE_ATTR, &attr), "KVM_VCPU_TSC_OFFSET");
}

void kvm_arch_inject(int vcpu)
{
	struct kvm_interrupt irq = { .irq = GUEST_VECTOR };

	kvm_check(ioctl(vcpu, KVM_INTERRUPT, &irq), "KVM_INTERRUPT");
}

/* The CPU took it. */
void kvm_arch_lower(int vcpu)
{
	(void)vcpu;
}
