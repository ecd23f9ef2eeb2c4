// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board "pc" and the local APICs, which are in the kernel: the VM that has them,
 * the CPUs' places in CPUID, what firmware leaves in the registers, and the messages of
 * the I/O APIC.
 *
 * The id of a vCPU is its APIC id. All but the first wait for INIT and SIPI, which the
 * kernel takes and gives without exits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pc.h"
#include "topology.h"

/* spurious interrupt vector register: enabled, vector FFh */
#define SVR_ENABLED	0x1ffu
#define LVT_MODE(mode)	((uint32_t)(mode) << 8)

_Static_assert(MAX_VCPUS <= TOPOLOGY_MAX_CPUS, "a package has room for all vCPUs");

void pc_apic_vm_args(struct vm *vm, struct axvcpu_create_vm *args)
{
	if (!(vm->axv.info.arch_features & AXVCPU_X86_FEAT_LOCAL_APIC)) {
		if (vm->opt.cpus > 1)
			die_usage("--cpus %u: the axvcpu of this machine has no local APICs, which more than one CPU takes",
				  vm->opt.cpus);
		vm->opt.no_apic = true;
	}
	if (vm->opt.no_apic)
		return;
	args->flags |= AXVCPU_VM_KERNEL_START;
	args->arch_flags |= AXVCPU_X86_LOCAL_APIC | AXVCPU_X86_EOI_EXITS;
}

static void set_cpuid(struct vcpu *v, struct axvcpu_cpuid_entry *table,
		      unsigned int room)
{
	int ret = axv_get_cpuid(&v->axv, table, room);

	if (ret >= 0) {
		topology_cpuid(table, ret, v->vm->nr_vcpus, v->id);
		ret = axv_set_cpuid(&v->axv, table, ret);
	}
	if (ret < 0)
		die("cannot set the CPUID of vCPU %u: %s", v->id, strerror(-ret));
}

void pc_apic_init(struct vm *vm)
{
	unsigned int room = vm->axv.info.max_cpuid;
	struct axvcpu_cpuid_entry *table;

	if (vm->nr_vcpus == 1)
		return;
	table = xcalloc(room, sizeof(*table));
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		set_cpuid(&vm->vcpu[i], table, room);
	free(table);
}

/* The 8259 pair at LINT0, NMIs at LINT1. */
void pc_apic_setup(struct vcpu *v)
{
	volatile struct axvcpu_x86_apic *apic = &v->axv.run->regs.x86.apic;
	int ret;

	if (v->vm->opt.no_apic)
		return;
	ret = axv_sync(&v->axv, 0, AXVCPU_REGS_INTR);
	if (ret >= 0) {
		apic->svr = SVR_ENABLED;
		apic->lvt[AXVCPU_X86_LVT_LINT0] = LVT_MODE(AXVCPU_X86_EXTINT);
		apic->lvt[AXVCPU_X86_LVT_LINT1] = LVT_MODE(AXVCPU_X86_NMI);
		ret = axv_sync(&v->axv, AXVCPU_REGS_INTR, 0);
	}
	if (ret < 0)
		die("cannot set the local APIC up: %s", strerror(-ret));
}

void pc_apic_setup_secondary(struct vcpu *v)
{
	/* where it starts the guest says */
	struct axvcpu_setup setup = {
		.stage2_fd = v->vm->s2,
		.arch.x86 = { .start = AXVCPU_X86_START_REAL },
	};
	int ret = axv_setup(&v->axv, &setup);

	if (ret < 0)
		die("cannot set up vCPU %u: %s", v->id, strerror(-ret));
}

bool pc_apic_send(void *opaque, const struct ioapic_message *m)
{
	struct vm *vm = opaque;
	uint32_t msi;
	int ret;

	switch (m->mode) {
	case IOAPIC_FIXED:
	case IOAPIC_LOWEST:
	case IOAPIC_NMI:
	case IOAPIC_INIT:
		break;
	default:
		/* nobody has SMM, and no input has an 8259 behind it */
		return false;
	}
	msi = AXVCPU_X86_MSI(m->destination, m->vector) | AXVCPU_X86_MSI_MODE(m->mode);
	if (m->logical)
		msi |= AXVCPU_X86_MSI_LOGICAL;
	if (m->level)
		msi |= AXVCPU_X86_MSI_LEVEL;
	/* which vCPU's file it is does not matter */
	ret = axv_inject_irq(&vm->vcpu[0].axv, msi);
	/* EAGAIN: nobody takes it; EINVAL: no local APIC takes such a vector */
	if (ret < 0 && ret != -EAGAIN && ret != -EINVAL)
		vm_end(vm, AXRUN_ERROR, "cannot send interrupt vector %#x: %s", m->vector,
		       strerror(-ret));
	return ret >= 0;
}
