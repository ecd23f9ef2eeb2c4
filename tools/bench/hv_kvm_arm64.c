// SPDX-License-Identifier: GPL-2.0-only
/* The measurements' VM on /dev/kvm, arm64: where the vCPU starts, and a GICv3. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"
#include "hv_kvm.h"

#define GICD_CTLR	0x0000
#define GICD_CTLR_ON	(1 << 4 | 1 << 1)	/* affinity routing, group 1 */
#define GICD_IGROUPR	0x0080
#define GICD_ISENABLER	0x0100
#define GICD_ICFGR	0x0c00

#define CORE_REG(name) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

const uint32_t kvm_arch_event_len = 4, kvm_arch_event_flags;

static int vm = -1;	/* made last */
static struct kvm_vcpu_init preferred;
static int other = -1;	/* the second vCPU of the VM made last, if nobody took it */

void kvm_arch_open(int dev)
{
	int probe = kvm_check(ioctl(dev, KVM_CREATE_VM, 0), "KVM_CREATE_VM");

	kvm_check(ioctl(probe, KVM_ARM_PREFERRED_TARGET, &preferred), "KVM_ARM_PREFERRED_TARGET");
	preferred.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	close(probe);
}

static void set_gic(int gic, uint32_t group, uint64_t attribute, const void *value)
{
	struct kvm_device_attr attr = {
		.group = group,
		.attr = attribute,
		.addr = (uintptr_t)value,
	};

	kvm_check(ioctl(gic, KVM_SET_DEVICE_ATTR, &attr), "an attribute of the GIC");
}

static void set_gicd(int gic, uint32_t reg, uint32_t value)
{
	set_gic(gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, reg, &value);
}

/* All vCPUs are there. It wants to be told of the one SPI, which a VMM does here. */
static void make_gic(void)
{
	const uint64_t dist = GUEST_GICD, redist = GUEST_GICR;
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	int gic;

	kvm_check(ioctl(vm, KVM_CREATE_DEVICE, &device), "a GICv3");
	gic = device.fd;
	set_gic(gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	set_gic(gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
	set_gic(gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	set_gicd(gic, GICD_IGROUPR + GUEST_VECTOR / 32 * 4, 1u << GUEST_VECTOR % 32);
	set_gicd(gic, GICD_ICFGR + GUEST_VECTOR / 16 * 4, 2u << GUEST_VECTOR % 16 * 2);
	set_gicd(gic, GICD_ISENABLER + GUEST_VECTOR / 32 * 4, 1u << GUEST_VECTOR % 32);
	set_gicd(gic, GICD_CTLR, GICD_CTLR_ON);
	close(gic);
}

static int new_vcpu(unsigned int id)
{
	int fd = ioctl(vm, KVM_CREATE_VCPU, id);

	if (fd >= 0)
		kvm_check(ioctl(fd, KVM_ARM_VCPU_INIT, &preferred), "KVM_ARM_VCPU_INIT");
	return fd;
}

/* Once it has its GIC a VM gets no more vCPUs: so the second one is made with the first. */
int kvm_arch_vcpu(int of, unsigned int id, bool bare)
{
	int fd;

	if (id) {
		fd = other;
		other = -1;
		return fd;
	}
	vm = of;
	if (other >= 0)
		close(other);
	other = -1;
	fd = new_vcpu(0);
	if (fd < 0 || bare)
		return fd;
	other = kvm_check(new_vcpu(1), "KVM_CREATE_VCPU");
	make_gic();
	return fd;
}

void kvm_arch_start(int of, int vcpu, uint32_t entry, bool bare)
{
	uint64_t pc = entry;
	struct kvm_one_reg reg = { .id = CORE_REG(regs.pc), .addr = (uintptr_t)&pc };

	(void)of;
	(void)bare;
	kvm_check(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

/* It is there already. */
int kvm_arch_irqchip(int of)
{
	(void)of;
	return 0;
}

/* GSI is the SPI of that number, unless it is told otherwise. */
uint32_t kvm_arch_msi(int vcpu)
{
	(void)vcpu;
	return 0;
}

enum exit_kind kvm_arch_answer(struct kvm_run *run)
{
	(void)run;
	return EXIT_OTHER;
}

static void set_line(bool up)
{
	struct kvm_irq_level irq = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | GUEST_VECTOR,
		.level = up,
	};

	kvm_check(ioctl(vm, KVM_IRQ_LINE, &irq), "KVM_IRQ_LINE");
}

void kvm_arch_inject(int vcpu)
{
	(void)vcpu;
	set_line(true);
}

void kvm_arch_lower(int vcpu)
{
	(void)vcpu;
	set_line(false);
}
