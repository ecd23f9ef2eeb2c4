// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "acpi.h"
#include "test.h"

#define GPA	0xe0000ull

static const struct acpi_ports ports = {
	.pm1a_event = 0x600,
	.pm1a_control = 0x604,
	.pm_timer = 0x608,
	.reset = 0xcf9,
	.reset_value = 6,
	.sci = 9,
};

static const struct acpi_board bare = { .ports = &ports };

static uint8_t mem[8192] __attribute__((aligned(64)));

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static uint8_t sum(const uint8_t *p, size_t len)
{
	uint8_t s = 0;

	while (len--)
		s += *p++;
	return s;
}

/* A table by its address in the guest. */
static const uint8_t *at(uint64_t gpa)
{
	EXPECT(gpa >= GPA && gpa < GPA + sizeof(mem));
	return mem + (gpa - GPA) % sizeof(mem);
}

static const uint8_t *build_fadt(void)
{
	const uint8_t *xsdt;

	EXPECT(acpi_build(mem, sizeof(mem), GPA, &bare));
	xsdt = at(get(mem + 24, 8));
	return at(get(xsdt + 36, 8));
}

static void check_table(const uint8_t *t, const char *signature)
{
	expect(!memcmp(t, signature, 4), signature, __FILE__, __LINE__);
	EXPECT_EQ(sum(t, get(t + 4, 4)), 0);
}

static void checksums(void)
{
	const uint8_t *fadt = build_fadt();

	EXPECT(!memcmp(mem, "RSD PTR ", 8));
	EXPECT_EQ(mem[15], 2);
	EXPECT_EQ(sum(mem, 20), 0);
	EXPECT_EQ(sum(mem, get(mem + 20, 4)), 0);
	check_table(at(get(mem + 24, 8)), "XSDT");
	check_table(fadt, "FACP");
	check_table(at(get(fadt + 40, 4)), "DSDT");
	EXPECT_EQ(get(fadt + 140, 8), get(fadt + 40, 4));
	/* this one has no checksum, but an alignment */
	EXPECT(!memcmp(at(get(fadt + 36, 4)), "FACS", 4));
	EXPECT_EQ(get(fadt + 36, 4) % 64, 0);
}

static void fixed_hardware(void)
{
	const uint8_t *fadt = build_fadt();

	EXPECT_EQ(get(fadt + 4, 4), 276);
	EXPECT_EQ(get(fadt + 46, 2), 9);
	EXPECT_EQ(get(fadt + 48, 4), 0);
	EXPECT_EQ(get(fadt + 56, 4), 0x600);
	EXPECT_EQ(get(fadt + 64, 4), 0x604);
	EXPECT_EQ(get(fadt + 76, 4), 0x608);
	EXPECT_EQ(fadt[88], 4);
	EXPECT_EQ(fadt[89], 2);
	EXPECT_EQ(fadt[91], 4);
	EXPECT_EQ(fadt[116], 1);
	EXPECT_EQ(fadt[117], 8);
	EXPECT_EQ(get(fadt + 120, 8), 0xcf9);
	EXPECT_EQ(fadt[128], 6);
	EXPECT_EQ(get(fadt + 152, 8), 0x600);
	EXPECT_EQ(get(fadt + 176, 8), 0x604);
	EXPECT_EQ(get(fadt + 212, 8), 0x608);
	/* reset register yes, reduced hardware no */
	EXPECT_EQ(get(fadt + 112, 4) & (1u << 10 | 1u << 20), 1u << 10);
}

static void s5_package(void)
{
	static const uint8_t aml[] = {
		0x08, 0x5c, '_', 'S', '5', '_',		/* Name (\_S5, */
		0x12, 0x06, 0x04, 0, 0, 0, 0,		/* Package of four */
	};
	const uint8_t *dsdt = at(get(build_fadt() + 40, 4));

	EXPECT_EQ(get(dsdt + 4, 4), 36 + sizeof(aml));
	EXPECT(!memcmp(dsdt + 36, aml, sizeof(aml)));
}

static void virtio_devices(void)
{
	static const struct acpi_virtio virtio[] = {
		{ 0xd0000000, 0x1000, 5 },
		{ 0xd0001000, 0x1000, 10 },
	};
	struct acpi_board board = {
		.ports = &ports,
		.virtio = virtio,
		.nr_virtio = 2,
	};
	static const uint8_t second[] = {
		0x5b, 0x82, 0x3b, 'V', 'I', 'R', '1',	/* Device (VIR1) */
		0x08, '_', 'H', 'I', 'D',		/* Name (_HID, */
		0x0d, 'L', 'N', 'R', 'O', '0', '0', '0', '5', 0,
		0x08, '_', 'U', 'I', 'D', 0x0a, 1,	/* Name (_UID, 1) */
		0x08, '_', 'C', 'R', 'S',		/* Name (_CRS, */
		0x11, 0x1a, 0x0a, 0x17,			/* Buffer (23) */
		/* Memory32Fixed (ReadWrite, 0xd0001000, 0x1000) */
		0x86, 9, 0, 1, 0x00, 0x10, 0x00, 0xd0, 0x00, 0x10, 0, 0,
		/* Interrupt (ResourceConsumer, Level, ActiveHigh) { 10 } */
		0x89, 6, 0, 1, 1, 10, 0, 0, 0,
		0x79, 0,
	};
	static const uint8_t scope[] = {
		/* Scope (\_SB) of 129 bytes and the two that say so */
		0x10, 0x41, 0x08, 0x5c, '_', 'S', 'B', '_',
	};
	const uint8_t *dsdt;
	const uint8_t *xsdt;
	size_t len;

	EXPECT(acpi_build(mem, sizeof(mem), GPA, &board));
	xsdt = at(get(mem + 24, 8));
	dsdt = at(get(at(get(xsdt + 36, 8)) + 40, 4));
	check_table(dsdt, "DSDT");
	len = get(dsdt + 4, 4);
	EXPECT_EQ(len, 36 + 13 + sizeof(scope) + 2 * sizeof(second));
	EXPECT(!memcmp(dsdt + 36 + 13, scope, sizeof(scope)));
	EXPECT(!memcmp(dsdt + len - sizeof(second), second, sizeof(second)));

	board.nr_virtio = ACPI_MAX_VIRTIO + 1;
	EXPECT_EQ(acpi_build(mem, sizeof(mem), GPA, &board), 0);
}

static const struct acpi_irq irqs[] = {
	{ .isa = 0, .gsi = 2 },
	{ .isa = 9, .gsi = 9, .level = true },
};

static void apics(void)
{
	static const uint8_t entries[] = {
		0, 8, 0, 0, 1, 0, 0, 0,			/* two CPUs */
		0, 8, 1, 1, 1, 0, 0, 0,
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,	/* I/O APIC, inputs from 0 on */
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,		/* IRQ 0 at input 2 */
		2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,	/* IRQ 9 level-triggered, active high */
		4, 6, 0xff, 0, 0, 1,			/* NMI at LINT1 of all */
	};
	struct acpi_apics a = {
		.nr = 2,
		.local_apic = 0xfee00000,
		.io_apic = 0xfec00000,
		.irq = irqs,
		.nr_irqs = ARRAY_SIZE(irqs),
	};
	const struct acpi_board board = { .ports = &ports, .apics = &a };
	const uint8_t *xsdt;
	const uint8_t *madt;

	EXPECT(acpi_build(mem, sizeof(mem), GPA, &board));
	xsdt = at(get(mem + 24, 8));
	check_table(xsdt, "XSDT");
	EXPECT_EQ(get(xsdt + 4, 4), 36 + 16);
	check_table(at(get(xsdt + 36, 8)), "FACP");
	madt = at(get(xsdt + 44, 8));
	check_table(madt, "APIC");
	EXPECT_EQ(get(madt + 36, 4), 0xfee00000);
	/* there is an 8259 pair too */
	EXPECT_EQ(get(madt + 40, 4), 1);
	EXPECT_EQ(get(madt + 4, 4), 44 + sizeof(entries));
	EXPECT(!memcmp(madt + 44, entries, sizeof(entries)));

	/* none, and no word of any */
	EXPECT(acpi_build(mem, sizeof(mem), GPA, &bare));
	EXPECT_EQ(get(at(get(mem + 24, 8)) + 4, 4), 36 + 8);

	a.nr = ACPI_MAX_APICS;
	EXPECT(acpi_build(mem, sizeof(mem), GPA, &board));
	madt = at(get(at(get(mem + 24, 8)) + 44, 8));
	check_table(madt, "APIC");
	EXPECT_EQ(madt[44 + 8 * 254 + 3], 254);
	a.nr++;
	EXPECT_EQ(acpi_build(mem, sizeof(mem), GPA, &board), 0);
	a.nr = 1;
	a.nr_irqs = ACPI_MAX_IRQS + 1;
	EXPECT_EQ(acpi_build(mem, sizeof(mem), GPA, &board), 0);
}

static void too_small(void)
{
	size_t len = acpi_build(mem, sizeof(mem), GPA, &bare);

	EXPECT(len && len <= sizeof(mem));
	memset(mem, 0x5a, sizeof(mem));
	EXPECT_EQ(acpi_build(mem, 256, GPA, &bare), 0);
	EXPECT_EQ(mem[0], 0x5a);
}

const struct test acpi_tests[] = {
	{ "acpi: checksums and pointers", checksums },
	{ "acpi: fixed hardware", fixed_hardware },
	{ "acpi: S5 package", s5_package },
	{ "acpi: virtio devices", virtio_devices },
	{ "acpi: APICs", apics },
	{ "acpi: too little room", too_small },
	{ NULL, NULL },
};
