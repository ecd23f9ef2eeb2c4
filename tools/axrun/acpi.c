// SPDX-License-Identifier: GPL-2.0-only
/*
 * The few ACPI tables that let a guest switch itself off and find the power
 * management timer: RSDP, XSDT, FADT, FACS and a DSDT that holds nothing but
 * the \_S5 package and the virtio devices; and a MADT that tells of the APICs, where
 * there are any. Without it a guest stays with the 8259 pair.
 *
 * Offsets are those of the tables in the ACPI specification, version 6.
 */
#include <string.h>

#include "acpi.h"

#define HEADER		36u
#define RSDP_LEN	36u
#define XSDT_MAX	(HEADER + 2 * 8u)
#define FADT_LEN	276u
#define FACS_LEN	64u
#define DEVICE_LEN	61u
#define DSDT_MAX	(64u + 8u + ACPI_MAX_VIRTIO * DEVICE_LEN)
#define MADT_HEADER	(HEADER + 8u)
#define ALIGN		64u

/* FADT, fixed feature flags */
#define FADT_WBINVD	(1u << 0)
#define FADT_PROC_C1	(1u << 2)
#define FADT_NO_POWER_BUTTON	(1u << 4)
#define FADT_NO_SLEEP_BUTTON	(1u << 5)
#define FADT_NO_RTC_WAKE	(1u << 6)
#define FADT_TIMER_32BIT	(1u << 8)
#define FADT_RESET_REG	(1u << 10)

/* FADT, IA-PC boot architecture flags */
#define BOOT_LEGACY_DEVICES	(1u << 0)
#define BOOT_NO_VGA		(1u << 2)
#define BOOT_NO_MSI		(1u << 3)
#define BOOT_NO_ASPM		(1u << 4)

/* MADT */
#define MADT_8259	(1u << 0)
#define MADT_LOCAL_APIC	0
#define MADT_IO_APIC	1
#define MADT_OVERRIDE	2
#define MADT_NMI	4
#define LOCAL_APIC_LEN	8u
#define IO_APIC_LEN	12u
#define OVERRIDE_LEN	10u
#define NMI_LEN		6u
#define LOCAL_APIC_ENABLED	(1u << 0)
#define IRQ_AS_ON_BUS	0u
/* active high, level-triggered */
#define IRQ_LEVEL	0x0du
#define ALL_CPUS	0xff
#define MADT_MAX	(MADT_HEADER + ACPI_MAX_APICS * LOCAL_APIC_LEN + IO_APIC_LEN + \
			 ACPI_MAX_IRQS * OVERRIDE_LEN + NMI_LEN)

/* AML */
#define AML_ZERO	0x00
#define AML_NAME	0x08
#define AML_BYTE	0x0a
#define AML_STRING	0x0d
#define AML_SCOPE	0x10
#define AML_BUFFER	0x11
#define AML_PACKAGE	0x12
#define AML_EXT		0x5b
#define AML_EXT_DEVICE	0x82
#define AML_ROOT	0x5c

/* resource descriptors */
#define RES_MEMORY32_FIXED	0x86
#define RES_MEMORY_WRITABLE	0x01
#define RES_INTERRUPT	0x89
/* the device consumes it; level-triggered, active high, not shared */
#define RES_INTERRUPT_LEVEL	0x01
#define RES_END		0x79

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, v);
	put32(p + 4, v >> 32);
}

/* The byte that makes the sum of all of them zero. */
static uint8_t checksum(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum += *p++;
	return -sum;
}

static void put_header(uint8_t *t, const char *signature, uint32_t len,
		       uint8_t revision)
{
	memcpy(t, signature, 4);
	put32(t + 4, len);
	t[8] = revision;
	memcpy(t + 10, "AXVCPU", 6);
	memcpy(t + 16, "AXRUN   ", 8);
	put32(t + 24, 1);
	memcpy(t + 28, "AXRN", 4);
	put32(t + 32, 1);
	t[9] = checksum(t, len);
}

/* Generic address structure of an I/O port, @bits wide. */
static void put_port(uint8_t *p, uint16_t port, uint8_t bits)
{
	p[0] = 1;
	p[1] = bits;
	p[2] = 0;
	p[3] = bits == 8 ? 1 : bits == 16 ? 2 : 3;
	put64(p + 4, port);
}

/* Name (\_S5, Package (4) { Zero, Zero, Zero, Zero }): SLP_TYP is 0 */
static size_t put_s5(uint8_t *p)
{
	uint8_t *start = p;
	uint8_t *length;

	*p++ = AML_NAME;
	*p++ = AML_ROOT;
	memcpy(p, "_S5_", 4);
	p += 4;
	*p++ = AML_PACKAGE;
	length = p++;
	*p++ = 4;
	for (int i = 0; i < 4; i++)
		*p++ = AML_ZERO;
	/* counts itself; fewer than 64 bytes need one byte of length */
	*length = p - length;
	return p - start;
}

static uint8_t *put_name(uint8_t *p, const char *name)
{
	*p++ = AML_NAME;
	memcpy(p, name, 4);
	return p + 4;
}

/* Memory32Fixed and Interrupt, and the tag that ends a template */
static uint8_t *put_resources(uint8_t *p, const struct acpi_virtio *v)
{
	*p++ = RES_MEMORY32_FIXED;
	put16(p, 9);
	p[2] = RES_MEMORY_WRITABLE;
	put32(p + 3, v->addr);
	put32(p + 7, v->len);
	p += 11;
	*p++ = RES_INTERRUPT;
	put16(p, 6);
	p[2] = RES_INTERRUPT_LEVEL;
	p[3] = 1;
	put32(p + 4, v->irq);
	p += 8;
	*p++ = RES_END;
	*p++ = 0;
	return p;
}

/*
 * Device (VIRn) {
 *	Name (_HID, "LNRO0005") Name (_UID, n)
 *	Name (_CRS, ResourceTemplate () { ... })
 * }
 */
static uint8_t *put_device(uint8_t *p, const struct acpi_virtio *v,
			   unsigned int nr)
{
	uint8_t *length;
	uint8_t *buffer;

	*p++ = AML_EXT;
	*p++ = AML_EXT_DEVICE;
	length = p++;
	memcpy(p, "VIR", 3);
	p[3] = '0' + nr;
	p = put_name(p + 4, "_HID");
	*p++ = AML_STRING;
	memcpy(p, "LNRO0005", 9);
	p = put_name(p + 9, "_UID");
	*p++ = AML_BYTE;
	*p++ = nr;
	p = put_name(p, "_CRS");
	*p++ = AML_BUFFER;
	buffer = p++;
	*p++ = AML_BYTE;
	p = put_resources(p + 1, v);
	buffer[2] = p - buffer - 3;
	*buffer = p - buffer;
	*length = p - length;
	return p;
}

/* Scope (\_SB) { the devices } */
static size_t put_virtio(uint8_t *start, const struct acpi_virtio *v,
			 unsigned int nr)
{
	uint8_t *p = start;
	uint8_t *length;

	if (!nr)
		return 0;
	*p++ = AML_SCOPE;
	length = p;
	p += 2;
	*p++ = AML_ROOT;
	memcpy(p, "_SB_", 4);
	p += 4;
	for (unsigned int i = 0; i < nr; i++)
		p = put_device(p, &v[i], i);
	/* two bytes of length: four bits in the first */
	length[0] = 0x40 | ((p - length) & 0xf);
	length[1] = (p - length) >> 4;
	return p - start;
}

static size_t put_dsdt(uint8_t *t, const struct acpi_virtio *v,
		       unsigned int nr)
{
	size_t len = HEADER + put_s5(t + HEADER);

	len += put_virtio(t + len, v, nr);

	put_header(t, "DSDT", len, 2);
	return len;
}

static void put_facs(uint8_t *t)
{
	memcpy(t, "FACS", 4);
	put32(t + 4, FACS_LEN);
	t[32] = 2;
}

static void put_fadt(uint8_t *t, uint64_t facs, uint64_t dsdt,
		     const struct acpi_ports *ports)
{
	put32(t + 36, facs);
	put32(t + 40, dsdt);
	put16(t + 46, ports->sci);
	/* SMI_CMD 0: always in ACPI mode */
	put32(t + 56, ports->pm1a_event);
	put32(t + 64, ports->pm1a_control);
	put32(t + 76, ports->pm_timer);
	t[88] = 4;
	t[89] = 2;
	t[91] = 4;
	/* latencies that say: no C2, no C3 */
	put16(t + 96, 0xfff);
	put16(t + 98, 0xfff);
	t[108] = 0x32;
	put16(t + 109, BOOT_LEGACY_DEVICES | BOOT_NO_VGA | BOOT_NO_MSI |
		       BOOT_NO_ASPM);
	put32(t + 112, FADT_WBINVD | FADT_PROC_C1 | FADT_NO_POWER_BUTTON |
		       FADT_NO_SLEEP_BUTTON | FADT_NO_RTC_WAKE |
		       FADT_TIMER_32BIT | FADT_RESET_REG);
	put_port(t + 116, ports->reset, 8);
	t[128] = ports->reset_value;
	/* X_FIRMWARE_CTRL must be zero when FIRMWARE_CTRL is used */
	put64(t + 140, dsdt);
	put_port(t + 148, ports->pm1a_event, 32);
	put_port(t + 172, ports->pm1a_control, 16);
	put_port(t + 208, ports->pm_timer, 32);
	put_header(t, "FACP", FADT_LEN, 6);
}

static uint8_t *put_override(uint8_t *p, const struct acpi_irq *irq)
{
	p[0] = MADT_OVERRIDE;
	p[1] = OVERRIDE_LEN;
	p[2] = 0;
	p[3] = irq->isa;
	put32(p + 4, irq->gsi);
	put16(p + 8, irq->level ? IRQ_LEVEL : IRQ_AS_ON_BUS);
	return p + OVERRIDE_LEN;
}

static size_t put_madt(uint8_t *t, const struct acpi_apics *a)
{
	uint8_t *p = t + MADT_HEADER;

	put32(t + 36, a->local_apic);
	put32(t + 40, MADT_8259);
	for (unsigned int i = 0; i < a->nr; i++, p += LOCAL_APIC_LEN) {
		p[0] = MADT_LOCAL_APIC;
		p[1] = LOCAL_APIC_LEN;
		p[2] = i;
		p[3] = i;
		put32(p + 4, LOCAL_APIC_ENABLED);
	}
	p[0] = MADT_IO_APIC;
	p[1] = IO_APIC_LEN;
	put32(p + 4, a->io_apic);
	p += IO_APIC_LEN;
	for (unsigned int i = 0; i < a->nr_irqs; i++)
		p = put_override(p, &a->irq[i]);
	p[0] = MADT_NMI;
	p[1] = NMI_LEN;
	p[2] = ALL_CPUS;
	put16(p + 3, IRQ_AS_ON_BUS);
	p[5] = 1;
	p += NMI_LEN;

	put_header(t, "APIC", p - t, 5);
	return p - t;
}

static void put_rsdp(uint8_t *t, uint64_t xsdt)
{
	memcpy(t, "RSD PTR ", 8);
	memcpy(t + 9, "AXVCPU", 6);
	t[15] = 2;
	put32(t + 20, RSDP_LEN);
	put64(t + 24, xsdt);
	t[8] = checksum(t, 20);
	t[32] = checksum(t, RSDP_LEN);
}

static size_t align(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

size_t acpi_build(uint8_t *mem, size_t len, uint64_t gpa, const struct acpi_board *board)
{
	const struct acpi_apics *apics = board->apics;
	size_t xsdt = align(RSDP_LEN);
	size_t fadt = align(xsdt + XSDT_MAX);
	size_t facs = align(fadt + FADT_LEN);
	size_t dsdt = align(facs + FACS_LEN);
	size_t madt = align(dsdt + DSDT_MAX);
	size_t end = madt + (apics ? MADT_MAX : 0);
	uint32_t xsdt_len = HEADER + 8;

	if (end > len || board->nr_virtio > ACPI_MAX_VIRTIO)
		return 0;
	if (apics && (apics->nr > ACPI_MAX_APICS || apics->nr_irqs > ACPI_MAX_IRQS))
		return 0;

	memset(mem, 0, end);
	put_fadt(mem + fadt, gpa + facs, gpa + dsdt, board->ports);
	put_facs(mem + facs);
	end = dsdt + put_dsdt(mem + dsdt, board->virtio, board->nr_virtio);
	put64(mem + xsdt + HEADER, gpa + fadt);
	if (apics) {
		end = madt + put_madt(mem + madt, apics);
		put64(mem + xsdt + HEADER + 8, gpa + madt);
		xsdt_len += 8;
	}
	put_header(mem + xsdt, "XSDT", xsdt_len, 1);
	put_rsdp(mem, gpa + xsdt);
	return end;
}
