/* SPDX-License-Identifier: GPL-2.0-only */
/* The few ACPI tables that the board's fixed hardware needs. */
#ifndef AXRUN_ACPI_H
#define AXRUN_ACPI_H

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

#define ACPI_MAX_VIRTIO	8u

/*
 * Write RSDP, XSDT, FADT, FACS and DSDT to @mem, which the guest sees at @gpa
 * (both 64-byte aligned). The RSDP comes first. Returns the bytes used, 0 when
 * @len is too small.
 */
size_t acpi_build(uint8_t *mem, size_t len, uint64_t gpa,
		  const struct acpi_ports *ports,
		  const struct acpi_virtio *virtio, unsigned int nr);

#endif /* AXRUN_ACPI_H */
