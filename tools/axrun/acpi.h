/* SPDX-License-Identifier: GPL-2.0-only */
/* The few ACPI tables that tell of the board's hardware. */
#ifndef AXRUN_ACPI_H
#define AXRUN_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_PM_TIMER_HZ	3579545ull

/**
 * struct acpi_ports - the fixed hardware the tables tell of
 * @pm1a_event: 4 bytes: status, enable
 * @pm1a_control: 2 bytes: SLP_TYP, SLP_EN
 * @pm_timer: 4 bytes: 32 bits of a clock of ACPI_PM_TIMER_HZ
 * @reset: reset register
 * @reset_value: value that resets
 * @sci: interrupt of the fixed hardware
 */
struct acpi_ports {
	uint16_t pm1a_event;
	uint16_t pm1a_control;
	uint16_t pm_timer;
	uint16_t reset;
	uint8_t reset_value;
	uint8_t sci;
};

/**
 * struct acpi_virtio - a virtio-mmio device the DSDT tells of
 * @addr: its registers, below 4 GiB
 * @len: bytes of them
 * @irq: its interrupt, level-triggered
 */
struct acpi_virtio {
	uint32_t addr;
	uint32_t len;
	uint32_t irq;
};

/**
 * struct acpi_irq - an ISA interrupt that is not what ISA interrupts are
 * @isa: its number
 * @gsi: input of the I/O APIC
 * @level: level-triggered, active high
 */
struct acpi_irq {
	uint8_t isa;
	uint8_t gsi;
	bool level;
};

/**
 * struct acpi_apics - local APICs and an I/O APIC
 * @nr: local APICs, whose ids are 0 to @nr - 1; up to ACPI_MAX_APICS
 * @local_apic: where each CPU sees its own
 * @io_apic: registers of the I/O APIC, whose id is 0 and whose inputs count from 0
 * @irq: what is connected unlike on ISA
 * @nr_irqs: how many
 */
struct acpi_apics {
	unsigned int nr;
	uint32_t local_apic;
	uint32_t io_apic;
	const struct acpi_irq *irq;
	unsigned int nr_irqs;
};

/**
 * struct acpi_board - what the tables tell of
 * @ports: fixed hardware
 * @virtio: devices
 * @nr_virtio: how many, up to ACPI_MAX_VIRTIO
 * @apics: NULL: none, the guest stays with the 8259 pair
 */
struct acpi_board {
	const struct acpi_ports *ports;
	const struct acpi_virtio *virtio;
	unsigned int nr_virtio;
	const struct acpi_apics *apics;
};

#define ACPI_MAX_VIRTIO	8u
/* higher ids are those of x2APICs, which have entries of their own */
#define ACPI_MAX_APICS	255u
#define ACPI_MAX_IRQS	4u

/*
 * Write RSDP, XSDT, FADT, FACS, DSDT and, where there are APICs, MADT to @mem, which
 * the guest sees at @gpa (both 64-byte aligned). The RSDP comes first. Returns the
 * bytes used, 0 when @len is too small or there is too much of something.
 */
size_t acpi_build(uint8_t *mem, size_t len, uint64_t gpa, const struct acpi_board *board);

#endif /* AXRUN_ACPI_H */
