// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "arm64_fdt.h"
#include "fdt_read.h"
#include "test.h"

static const uint8_t seed[] = { 9, 0, 0xff, 0xaa };
static const struct fdt_device virtio[] = {
	{ 0xa000000, 0x1000, 48 },
	{ 0xa001000, 0x1000, 49 },
};
static uint64_t mpidr[64];

static struct arm64_fdt machine(unsigned int cpus)
{
	for (unsigned int i = 0; i < cpus; i++)
		mpidr[i] = i % 16 | (i / 16) << 8;
	return (struct arm64_fdt){
		.mem_addr = 0x40000000,
		.mem_size = 0x180000000,
		.cpus = cpus,
		.mpidr = mpidr,
		.gicd = { 0x8000000, 0x10000, 0 },
		.gicr = { 0x80a0000, cpus * 0x20000ull, 0 },
		.chosen = {
			.bootargs = "console=ttyS0 panic=-1",
			.seed = seed,
			.seed_len = sizeof(seed),
			.initrd = 0x140000000,
			.initrd_size = 0x123456,
		},
		.uart = { 0x9100000, 0x100, 40 },
		.uart_clock = 3686400,
		.pl011 = { 0x9000000, 0x1000, 33 },
		.pl011_clock = 24000000,
		.rtc = { 0x9010000, 0x1000, 34 },
		.virtio = virtio,
		.nr_virtio = ARRAY_SIZE(virtio),
	};
}

static size_t build(const struct arm64_fdt *d)
{
	size_t len = arm64_fdt_build(fdt, ARM64_FDT_SIZE, d);

	EXPECT(len);
	EXPECT_EQ(fdt_check_full(fdt, ARM64_FDT_SIZE), 0);
	return len;
}

/* A level-triggered shared interrupt, which the tree counts from INTID 32 on. */
static void device_is(const char *path, const struct fdt_device *dev,
		      const char *compatible, int line)
{
	expect(!fdt_node_check_compatible(fdt, fdt_path_offset(fdt, path), compatible),
	       path, __FILE__, line);
	expect_eq(wide(path, "reg", 0), dev->addr, path, __FILE__, line);
	expect_eq(wide(path, "reg", 1), dev->size, path, __FILE__, line);
	expect_eq(cell(path, "interrupts", 0), 0, path, __FILE__, line);
	expect_eq(cell(path, "interrupts", 1), dev->irq - 32, path, __FILE__, line);
	expect_eq(cell(path, "interrupts", 2), 4, path, __FILE__, line);
}

static void devices(void)
{
	struct arm64_fdt d = machine(1);
	int len;

	build(&d);
	EXPECT_EQ(wide("/memory@40000000", "reg", 0), 0x40000000);
	EXPECT_EQ(wide("/memory@40000000", "reg", 1), 0x180000000);
	device_is("/serial@9100000", &d.uart, "ns16550a", __LINE__);
	EXPECT_EQ(cell("/serial@9100000", "clock-frequency", 0), 3686400);
	device_is("/pl011@9000000", &d.pl011, "arm,primecell", __LINE__);
	device_is("/pl011@9000000", &d.pl011, "arm,pl011", __LINE__);
	EXPECT_EQ(fdt_node_offset_by_phandle(fdt, cell("/pl011@9000000", "clocks", 1)),
		  fdt_path_offset(fdt, "/apb-pclk"));
	EXPECT_EQ(cell("/apb-pclk", "clock-frequency", 0), 24000000);
	device_is("/rtc@9010000", &d.rtc, "google,goldfish-rtc", __LINE__);
	device_is("/virtio_mmio@a000000", &virtio[0], "virtio,mmio", __LINE__);
	device_is("/virtio_mmio@a001000", &virtio[1], "virtio,mmio", __LINE__);
	/* else Linux keeps caches and memory apart, for a device that is the host */
	EXPECT(prop("/virtio_mmio@a001000", "dma-coherent", &len));
	EXPECT(fdt_path_offset(fdt, "/virtio_mmio@a002000") < 0);

	string_is("/chosen", "bootargs", "console=ttyS0 panic=-1", __LINE__);
	string_is("/chosen", "stdout-path", "/serial@9100000", __LINE__);
	string_is("/aliases", "serial0", "/serial@9100000", __LINE__);
	EXPECT_EQ(wide("/chosen", "linux,initrd-start", 0), 0x140000000);
	EXPECT_EQ(wide("/chosen", "linux,initrd-end", 0), 0x140123456);
}

static void cpus(void)
{
	struct arm64_fdt d = machine(64);
	char path[64];

	build(&d);
	for (unsigned int i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/cpus/cpu@%x", (unsigned int)mpidr[i]);
		EXPECT_EQ(cell(path, "reg", 0), mpidr[i]);
		string_is(path, "enable-method", "psci", __LINE__);
	}
	string_is("/psci", "method", "hvc", __LINE__);
	EXPECT_EQ(fdt_node_check_compatible(fdt, fdt_path_offset(fdt, "/psci"),
					    "arm,psci-0.2"), 0);
	string_is("/timer", "compatible", "arm,armv8-timer", __LINE__);
	/* the virtual one is the third: PPI 11, level-triggered */
	EXPECT_EQ(cell("/timer", "interrupts", 6), 1);
	EXPECT_EQ(cell("/timer", "interrupts", 7), 11);
	EXPECT_EQ(cell("/timer", "interrupts", 8), 4);
}

static void gic(void)
{
	static const char path[] = "/interrupt-controller@8000000";
	struct arm64_fdt d = machine(5);

	build(&d);
	string_is(path, "compatible", "arm,gic-v3", __LINE__);
	EXPECT_EQ(wide(path, "reg", 0), 0x8000000);
	EXPECT_EQ(wide(path, "reg", 1), 0x10000);
	EXPECT_EQ(wide(path, "reg", 2), 0x80a0000);
	EXPECT_EQ(wide(path, "reg", 3), 5 * 0x20000);
	EXPECT_EQ(cell(path, "#interrupt-cells", 0), 3);
	EXPECT_EQ(fdt_node_offset_by_phandle(fdt, cell("/", "interrupt-parent", 0)),
		  fdt_path_offset(fdt, path));
}

/* The largest machine fits; where there is less room, nothing is overrun. */
static void sizes(void)
{
	struct arm64_fdt d = machine(64);
	static char bootargs[2048];
	size_t len;

	memset(bootargs, 'x', sizeof(bootargs) - 1);
	d.chosen.bootargs = bootargs;
	build(&d);

	d = machine(2);
	len = build(&d);
	for (size_t n = 0; n <= len + 64; n++) {
		fdt_room(len + 128);
		fdt_fitted(n, len + 64, len + 128, arm64_fdt_build(fdt, n, &d));
	}
}

const struct test arm64_fdt_tests[] = {
	{ "arm64_fdt: devices", devices },
	{ "arm64_fdt: CPUs, firmware, timer", cpus },
	{ "arm64_fdt: interrupt controller", gic },
	{ "arm64_fdt: sizes", sizes },
	{ NULL, NULL },
};
