// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree of the board "virt-arm64". Names and properties are those of
 * the kernel's bindings.
 */
#include <stdio.h>

#include "arm64_fdt.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum { PHANDLE_GIC = 1, PHANDLE_CLOCK };

/* an interrupt of the GIC: kind, number among its kind, how it is triggered */
#define GIC_SPI		0
#define GIC_PPI		1
#define GIC_LEVEL	4

static void add_cpus(struct tree *t, const struct arm64_fdt *d)
{
	tree_begin(t, "cpus");
	tree_u32(t, "#address-cells", 1);
	tree_u32(t, "#size-cells", 0);
	for (unsigned int i = 0; i < d->cpus; i++) {
		tree_begin_at(t, "cpu", d->mpidr[i]);
		tree_string(t, "device_type", "cpu");
		tree_u32(t, "reg", d->mpidr[i]);
		tree_string(t, "compatible", "arm,armv8");
		tree_string(t, "enable-method", "psci");
		tree_end(t);
	}
	tree_end(t);
}

static void add_psci(struct tree *t)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	tree_begin(t, "psci");
	tree_strings(t, "compatible", compatible, sizeof(compatible));
	tree_string(t, "method", "hvc");
	tree_end(t);
}

/* Secure and non-secure physical, virtual and EL2's; a guest has the second and third. */
static void add_timer(struct tree *t)
{
	static const uint32_t interrupts[] = {
		GIC_PPI, 13, GIC_LEVEL,
		GIC_PPI, 14, GIC_LEVEL,
		GIC_PPI, 11, GIC_LEVEL,
		GIC_PPI, 10, GIC_LEVEL,
	};

	tree_begin(t, "timer");
	tree_string(t, "compatible", "arm,armv8-timer");
	tree_cells(t, "interrupts", interrupts, ARRAY_SIZE(interrupts));
	tree_flag(t, "always-on");
	tree_end(t);
}

static void add_gic(struct tree *t, const struct arm64_fdt *d)
{
	const uint32_t reg[] = {
		d->gicd.addr >> 32, d->gicd.addr, d->gicd.size >> 32, d->gicd.size,
		d->gicr.addr >> 32, d->gicr.addr, d->gicr.size >> 32, d->gicr.size,
	};

	tree_begin_at(t, "interrupt-controller", d->gicd.addr);
	tree_string(t, "compatible", "arm,gic-v3");
	tree_cells(t, "reg", reg, ARRAY_SIZE(reg));
	tree_u32(t, "#interrupt-cells", 3);
	tree_flag(t, "interrupt-controller");
	tree_u32(t, "phandle", PHANDLE_GIC);
	tree_end(t);
}

static void add_clock(struct tree *t, const struct arm64_fdt *d)
{
	tree_begin(t, "apb-pclk");
	tree_string(t, "compatible", "fixed-clock");
	tree_u32(t, "#clock-cells", 0);
	tree_u32(t, "clock-frequency", d->pl011_clock);
	tree_string(t, "clock-output-names", "clk24mhz");
	tree_u32(t, "phandle", PHANDLE_CLOCK);
	tree_end(t);
}

static void begin_device(struct tree *t, const char *name, const char *compatible,
			 size_t len, const struct fdt_device *dev)
{
	const uint32_t interrupt[] = { GIC_SPI, dev->irq - 32, GIC_LEVEL };

	tree_begin_at(t, name, dev->addr);
	tree_strings(t, "compatible", compatible, len);
	tree_reg(t, dev->addr, dev->size);
	tree_cells(t, "interrupts", interrupt, 3);
}

static void add_devices(struct tree *t, const struct arm64_fdt *d)
{
	static const char ns16550[] = "ns16550a";
	static const char pl011[] = "arm,pl011\0arm,primecell";
	static const char rtc[] = "google,goldfish-rtc";
	static const char virtio[] = "virtio,mmio";
	static const uint32_t clocks[] = { PHANDLE_CLOCK, PHANDLE_CLOCK };
	static const char clock_names[] = "uartclk\0apb_pclk";

	begin_device(t, "serial", ns16550, sizeof(ns16550), &d->uart);
	tree_u32(t, "clock-frequency", d->uart_clock);
	tree_end(t);
	begin_device(t, "pl011", pl011, sizeof(pl011), &d->pl011);
	tree_cells(t, "clocks", clocks, 2);
	tree_strings(t, "clock-names", clock_names, sizeof(clock_names));
	tree_end(t);
	begin_device(t, "rtc", rtc, sizeof(rtc), &d->rtc);
	tree_end(t);
	for (unsigned int i = 0; i < d->nr_virtio; i++) {
		begin_device(t, "virtio_mmio", virtio, sizeof(virtio), &d->virtio[i]);
		tree_flag(t, "dma-coherent");
		tree_end(t);
	}
}

size_t arm64_fdt_build(void *buf, size_t len, const struct arm64_fdt *d)
{
	char console[48];
	struct fdt_chosen chosen = d->chosen;
	struct tree t;

	snprintf(console, sizeof(console), "/serial@%llx",
		 (unsigned long long)d->uart.addr);
	chosen.console = console;
	tree_start(&t, buf, len, "linux,dummy-virt", "axrun,virt-arm64");
	tree_u32(&t, "interrupt-parent", PHANDLE_GIC);
	tree_chosen(&t, &chosen);
	tree_memory(&t, d->mem_addr, d->mem_size);
	add_cpus(&t, d);
	add_psci(&t);
	add_timer(&t);
	add_gic(&t, d);
	add_clock(&t, d);
	add_devices(&t, d);
	return tree_finish(&t);
}
