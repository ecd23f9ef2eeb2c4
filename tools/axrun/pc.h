/* SPDX-License-Identifier: GPL-2.0-only */
/* The board "pc": how its memory is laid out. */
#ifndef AXRUN_PC_H
#define AXRUN_PC_H

#include "axrun.h"
#include "ioapic.h"

/* RAM below 4 GiB ends here at the latest; the rest is above 4 GiB */
#define PC_LOW_MAX	(3 * GIB)
#define PC_HIGH		(4 * GIB)

#define PC_EBDA		0x9fc00ull	/* to 640 KiB */
#define PC_VGA		0xa0000ull	/* nothing from here ... */
#define PC_ROM		0xc0000ull	/* ... to here */
#define PC_BIOS		0xe0000ull
#define PC_BIOS_LEN	0x20000ull
#define PC_EXTENDED	0x100000ull

/* virtio-mmio devices, in the hole below 4 GiB */
#define PC_VIRTIO	0xd0000000ull
#define PC_VIRTIO_SLOTS	8

#define PC_IO_APIC	0xfec00000ull
#define PC_LOCAL_APIC	0xfee00000ull
/* the input of the I/O APIC that IRQ 0 has; the others have their number's */
#define PC_PIN_IRQ0	2

#define PC_PORT_PM1A_EVT	0x600
#define PC_PORT_PM1A_CNT	0x604
#define PC_PORT_PM_TIMER	0x608
#define PC_PORT_RESET		0xcf9
#define PC_SCI			9

extern const uint8_t pc_virtio_irq[PC_VIRTIO_SLOTS];

static inline uint64_t pc_low_mem(const struct options *opt)
{
	return opt->mem < PC_LOW_MAX ? opt->mem : PC_LOW_MAX;
}

static inline uint64_t pc_high_mem(const struct options *opt)
{
	return opt->mem - pc_low_mem(opt);
}

/* pc_apic.c: the local APICs' side of the board */
void pc_apic_vm_args(struct vm *vm, struct axvcpu_create_vm *args);
/* the CPUs' CPUID, where there are several */
void pc_apic_init(struct vm *vm);
/* what firmware leaves in the first vCPU's, after its SETUP */
void pc_apic_setup(struct vcpu *v);
/* struct board */
void pc_apic_setup_secondary(struct vcpu *v);
/* struct ioapic; @vm */
bool pc_apic_send(void *vm, const struct ioapic_message *m);

/* pc_boot.c: are the options possible, and their files good? */
void pc_check(const struct options *opt);
/* load what the options name and set the vCPU up */
void pc_load(struct vm *vm);

#endif /* AXRUN_PC_H */
