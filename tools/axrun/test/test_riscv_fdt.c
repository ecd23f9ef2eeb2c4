// SPDX-License-Identifier: GPL-2.0-only
/* The device tree is read back with libfdt, as an operating system would. */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "fdt_read.h"
#include "riscv_fdt.h"
#include "test.h"

#define ISA	"rv64imafdcv_zicbom_zicboz_zicsr_zifencei_zba_zbb_sstc"

static const uint8_t seed[] = { 1, 0, 0xff, 0x55 };
static struct riscv_isa isa;
static const struct fdt_device virtio[] = {
	{ 0x10001000, 0x1000, 1 },
	{ 0x10002000, 0x1000, 2 },
};

static struct riscv_fdt machine(unsigned int cpus)
{
	static const struct riscv_isa_features have = { true, true, 64, 128 };

	riscv_isa_guest(&isa, ISA, &have);
	return (struct riscv_fdt){
		.mem_addr = 0x80000000,
		.mem_size = 0x180000000,
		.cpus = cpus,
		.timebase = 10000000,
		.isa = &isa,
		.mmu = "sv48",
		.chosen = {
			.bootargs = "console=ttyS0 panic=-1",
			.seed = seed,
			.seed_len = sizeof(seed),
		},
		.plic = { 0xc000000, 0x600000, 95 },
		.uart = { 0x10000000, 0x100, 10 },
		.uart_clock = 3686400,
		.rtc = { 0x101000, 0x1000, 11 },
		.virtio = virtio,
		.nr_virtio = ARRAY_SIZE(virtio),
	};
}

static size_t build(const struct riscv_fdt *d)
{
	size_t len = riscv_fdt_build(fdt, RISCV_FDT_SIZE, d);

	EXPECT(len);
	EXPECT_EQ(fdt_check_full(fdt, RISCV_FDT_SIZE), 0);
	return len;
}

/* ---- tests ---------------------------------------------------------------- */

static void device_is(const char *path, const struct fdt_device *dev,
		      const char *compatible, int line)
{
	string_is(path, "compatible", compatible, line);
	expect_eq(wide(path, "reg", 0), dev->addr, path, __FILE__, line);
	expect_eq(wide(path, "reg", 1), dev->size, path, __FILE__, line);
	expect_eq(cell(path, "interrupts", 0), dev->irq, path, __FILE__, line);
}

static void devices(void)
{
	struct riscv_fdt d = machine(1);

	build(&d);
	string_is("/memory@80000000", "device_type", "memory", __LINE__);
	EXPECT_EQ(wide("/memory@80000000", "reg", 0), 0x80000000);
	EXPECT_EQ(wide("/memory@80000000", "reg", 1), 0x180000000);
	device_is("/soc/serial@10000000", &d.uart, "ns16550a", __LINE__);
	EXPECT_EQ(cell("/soc/serial@10000000", "clock-frequency", 0), 3686400);
	device_is("/soc/rtc@101000", &d.rtc, "google,goldfish-rtc", __LINE__);
	device_is("/soc/virtio_mmio@10001000", &virtio[0], "virtio,mmio",
		  __LINE__);
	device_is("/soc/virtio_mmio@10002000", &virtio[1], "virtio,mmio",
		  __LINE__);
	EXPECT(fdt_path_offset(fdt, "/soc/virtio_mmio@10003000") < 0);
	/* the first slot is the first that a driver finds */
	EXPECT(fdt_path_offset(fdt, "/soc/virtio_mmio@10001000") <
	       fdt_path_offset(fdt, "/soc/virtio_mmio@10002000"));
	string_is("/aliases", "serial0", "/soc/serial@10000000", __LINE__);
}

static void chosen(void)
{
	struct riscv_fdt d = machine(1);
	const void *p;
	int len;

	build(&d);
	string_is("/chosen", "bootargs", "console=ttyS0 panic=-1", __LINE__);
	string_is("/chosen", "stdout-path", "/soc/serial@10000000", __LINE__);
	EXPECT(!prop("/chosen", "linux,initrd-start", NULL));
	p = prop("/chosen", "rng-seed", &len);
	EXPECT(p && len == sizeof(seed) && !memcmp(p, seed, len));

	d.chosen.initrd = 0x140000000;
	d.chosen.initrd_size = 0x123456;
	build(&d);
	EXPECT_EQ(wide("/chosen", "linux,initrd-start", 0), 0x140000000);
	EXPECT_EQ(wide("/chosen", "linux,initrd-end", 0), 0x140123456);
}

static void harts(void)
{
	static const char *const names[] = {
		"i", "m", "a", "f", "d", "c", "v", "zicbom", "zicboz", "zicsr",
		"zifencei", "zba", "zbb", "sstc",
	};
	struct riscv_fdt d = machine(64);
	char path[64];

	build(&d);
	EXPECT_EQ(cell("/cpus", "timebase-frequency", 0), 10000000);
	for (unsigned int i = 0; i < 64; i++) {
		int node;

		snprintf(path, sizeof(path), "/cpus/cpu@%x", i);
		node = fdt_path_offset(fdt, path);
		EXPECT(node >= 0);
		EXPECT_EQ(cell(path, "reg", 0), i);
		string_is(path, "riscv,isa", ISA, __LINE__);
		string_is(path, "riscv,isa-base", "rv64i", __LINE__);
		string_is(path, "mmu-type", "riscv,sv48", __LINE__);
		EXPECT_EQ(fdt_stringlist_count(fdt, node,
					       "riscv,isa-extensions"),
			  ARRAY_SIZE(names));
		for (unsigned int j = 0; j < ARRAY_SIZE(names); j++)
			EXPECT_EQ(fdt_stringlist_search(fdt, node,
							"riscv,isa-extensions",
							names[j]), j);
		EXPECT_EQ(cell(path, "riscv,cbom-block-size", 0), 64);
		EXPECT_EQ(cell(path, "riscv,cboz-block-size", 0), 128);
	}
	EXPECT(fdt_path_offset(fdt, "/cpus/cpu@40") < 0);

	/* what the harts do not have is not told of */
	riscv_isa_guest(&isa, "rv64ima", &(struct riscv_isa_features){ 0 });
	d.mmu = NULL;
	build(&d);
	EXPECT(!prop("/cpus/cpu@0", "riscv,cbom-block-size", NULL));
	EXPECT(!prop("/cpus/cpu@0", "riscv,cboz-block-size", NULL));
	EXPECT(!prop("/cpus/cpu@0", "mmu-type", NULL));
	string_is("/cpus/cpu@0", "riscv,isa", "rv64ima", __LINE__);
}

/* From a device to the PLIC, from there to the harts. */
static void interrupts(void)
{
	static const char plic[] = "/soc/interrupt-controller@c000000";
	struct riscv_fdt d = machine(5);
	int node;
	int len;

	build(&d);
	node = fdt_path_offset(fdt, plic);
	EXPECT_EQ(fdt_node_check_compatible(fdt, node, "sifive,plic-1.0.0"), 0);
	EXPECT_EQ(fdt_node_check_compatible(fdt, node, "riscv,plic0"), 0);
	EXPECT_EQ(cell(plic, "riscv,ndev", 0), 95);
	EXPECT_EQ(wide(plic, "reg", 0), 0xc000000);
	EXPECT_EQ(fdt_node_offset_by_phandle(fdt, cell("/soc",
						       "interrupt-parent", 0)),
		  node);

	EXPECT(prop(plic, "interrupts-extended", &len));
	EXPECT_EQ(len, 5 * 8);
	for (int i = 0; i < 5; i++) {
		char path[64];

		snprintf(path, sizeof(path),
			 "/cpus/cpu@%x/interrupt-controller", i);
		EXPECT_EQ(fdt_node_offset_by_phandle(fdt,
				cell(plic, "interrupts-extended", 2 * i)),
			  fdt_path_offset(fdt, path));
		EXPECT_EQ(cell(plic, "interrupts-extended", 2 * i + 1), 9);
		string_is(path, "compatible", "riscv,cpu-intc", __LINE__);
	}
}

/* The largest machine fits; where there is less room, nothing is overrun. */
static void sizes(void)
{
	struct riscv_fdt d = machine(64);
	char text[1200] = "rv64imafdcv";
	static char bootargs[1024];
	size_t len;

	for (unsigned int i = 0; i < 116; i++)
		strcat(text, "_zvknhb");
	riscv_isa_guest(&isa, text, &isa.have);
	memset(bootargs, 'x', sizeof(bootargs) - 1);
	d.chosen.bootargs = bootargs;
	d.chosen.initrd_size = 1;
	build(&d);

	d = machine(2);
	len = build(&d);
	for (size_t n = 0; n <= len + 64; n++) {
		fdt_room(len + 128);
		fdt_fitted(n, len + 64, len + 128, riscv_fdt_build(fdt, n, &d));
	}
}

const struct test riscv_fdt_tests[] = {
	{ "riscv_fdt: devices", devices },
	{ "riscv_fdt: chosen", chosen },
	{ "riscv_fdt: harts", harts },
	{ "riscv_fdt: interrupts", interrupts },
	{ "riscv_fdt: sizes", sizes },
	{ NULL, NULL },
};
