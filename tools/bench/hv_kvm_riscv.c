// SPDX-License-Identifier: GPL-2.0-only
/* The measurements' VM on /dev/kvm, RISC-V: where the hart starts, and interrupts. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"
#include "hv_kvm.h"

/* Linux has these from 6.5 on; the headers may be older. */
#define AIA_TYPE	11
#define AIA_CONFIG	0	/* groups of attributes, and what is in them */
#define AIA_CONFIG_MODE	0
#define AIA_MODE_EMUL	0
#define AIA_ADDR	1
#define AIA_ADDR_IMSIC	1
#define AIA_CTRL	2
#define AIA_CTRL_INIT	0

#define IMSIC		0x28000000	/* where the guest has it */

const uint32_t kvm_arch_event_len = 4, kvm_arch_event_flags;

static int aia = -1;	/* the device of the VM made last */

void kvm_arch_open(int dev)
{
	(void)dev;
}

int kvm_arch_vcpu(int vm, unsigned int id, bool bare)
{
	(void)bare;
	return ioctl(vm, KVM_CREATE_VCPU, id);
}

/* All but the first wait for their start, unless they are told to be runnable. */
void kvm_arch_start(int vm, int vcpu, uint32_t entry, bool bare)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	uint64_t pc = entry;
	struct kvm_one_reg reg = {
		.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |
		      KVM_REG_RISCV_CORE_REG(regs.pc),
		.addr = (uintptr_t)&pc,
	};

	(void)vm;
	kvm_check(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
	if (!bare)
		kvm_check(ioctl(vcpu, KVM_SET_MP_STATE, &state), "KVM_SET_MP_STATE");
}

/* There is one where the host has an AIA; it is an AIA. */
int kvm_arch_irqchip(int vm)
{
	struct kvm_create_device device = { .type = AIA_TYPE };

	if (aia >= 0)
		close(aia);
	aia = -1;
	if (ioctl(vm, KVM_CREATE_DEVICE, &device))
		return -1;
	aia = device.fd;
	return 0;
}

static void set_aia(uint32_t group, uint64_t attribute, uint64_t value)
{
	struct kvm_device_attr attr = {
		.group = group,
		.attr = attribute,
		.addr = (uintptr_t)&value,
	};

	kvm_check(ioctl(aia, KVM_SET_DEVICE_ATTR, &attr), "an attribute of the AIA");
}

/* The hart's IMSIC, which the guest enables. */
uint32_t kvm_arch_msi(int vcpu)
{
	(void)vcpu;
	set_aia(AIA_CONFIG, AIA_CONFIG_MODE, AIA_MODE_EMUL);
	set_aia(AIA_ADDR, AIA_ADDR_IMSIC, IMSIC);
	set_aia(AIA_CTRL, AIA_CTRL_INIT, 0);
	return IMSIC;
}

enum exit_kind kvm_arch_answer(struct kvm_run *run)
{
	if (run->exit_reason != KVM_EXIT_RISCV_SBI)
		return EXIT_OTHER;
	run->riscv_sbi.ret[0] = 0;
	run->riscv_sbi.ret[1] = 0;
	return EXIT_HYPERCALL;
}

static void set_line(int vcpu, unsigned int level)
{
	struct kvm_interrupt irq = { .irq = level };

	kvm_check(ioctl(vcpu, KVM_INTERRUPT, &irq), "KVM_INTERRUPT");
}

void kvm_arch_inject(int vcpu)
{
	set_line(vcpu, KVM_INTERRUPT_SET);
}

void kvm_arch_lower(int vcpu)
{
	set_line(vcpu, KVM_INTERRUPT_UNSET);
}
