// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree of the board "virt-riscv". Names and properties are those of
 * the kernel's bindings. SBI has no node: a kernel asks it what there is.
 */
#include <stdio.h>
#include <string.h>

#include "riscv_fdt.h"

#define IRQ_S_EXTERNAL	9

/* phandles: the harts' interrupt controllers in their order, then the PLIC */
static uint32_t intc_phandle(unsigned int cpu)
{
	return cpu + 1;
}

static uint32_t plic_phandle(const struct riscv_fdt *d)
{
	return d->cpus + 1;
}

/* In the old form, one string, and in the new one, a list. */
static void add_isa(struct tree *t, const struct riscv_isa *isa)
{
	char list[RISCV_ISA_MAX * RISCV_ISA_NAME];
	size_t len = 0;

	for (unsigned int i = 0; i < isa->nr; i++) {
		size_t n = strlen(isa->name[i]) + 1;

		memcpy(list + len, isa->name[i], n);
		len += n;
	}
	tree_string(t, "riscv,isa", isa->text);
	tree_string(t, "riscv,isa-base", "rv64i");
	tree_strings(t, "riscv,isa-extensions", list, len);
	if (riscv_isa_has(isa, "zicbom"))
		tree_u32(t, "riscv,cbom-block-size", isa->have.cbom_block);
	if (riscv_isa_has(isa, "zicboz"))
		tree_u32(t, "riscv,cboz-block-size", isa->have.cboz_block);
}

static void add_cpu(struct tree *t, const struct riscv_fdt *d, unsigned int cpu)
{
	char mmu[32];

	tree_begin_at(t, "cpu", cpu);
	tree_string(t, "device_type", "cpu");
	tree_u32(t, "reg", cpu);
	tree_string(t, "status", "okay");
	tree_string(t, "compatible", "riscv");
	add_isa(t, d->isa);
	if (d->mmu) {
		snprintf(mmu, sizeof(mmu), "riscv,%s", d->mmu);
		tree_string(t, "mmu-type", mmu);
	}

	tree_begin(t, "interrupt-controller");
	tree_u32(t, "#interrupt-cells", 1);
	tree_flag(t, "interrupt-controller");
	tree_string(t, "compatible", "riscv,cpu-intc");
	tree_u32(t, "phandle", intc_phandle(cpu));
	tree_end(t);
	tree_end(t);
}

static void add_cpus(struct tree *t, const struct riscv_fdt *d)
{
	tree_begin(t, "cpus");
	tree_u32(t, "#address-cells", 1);
	tree_u32(t, "#size-cells", 0);
	tree_u32(t, "timebase-frequency", d->timebase);
	for (unsigned int i = 0; i < d->cpus; i++)
		add_cpu(t, d, i);
	tree_end(t);
}

/* Context n is the S-mode of hart n. */
static void add_plic(struct tree *t, const struct riscv_fdt *d)
{
	static const char compatible[] = "sifive,plic-1.0.0\0riscv,plic0";
	uint32_t wires[2 * RISCV_FDT_CPUS];

	tree_begin_at(t, "interrupt-controller", d->plic.addr);
	tree_strings(t, "compatible", compatible, sizeof(compatible));
	tree_reg(t, d->plic.addr, d->plic.size);
	tree_u32(t, "#address-cells", 0);
	tree_u32(t, "#interrupt-cells", 1);
	tree_flag(t, "interrupt-controller");
	tree_u32(t, "riscv,ndev", d->plic.irq);
	tree_u32(t, "phandle", plic_phandle(d));
	for (unsigned int i = 0; i < d->cpus; i++) {
		wires[2 * i] = intc_phandle(i);
		wires[2 * i + 1] = IRQ_S_EXTERNAL;
	}
	tree_cells(t, "interrupts-extended", wires, 2 * d->cpus);
	tree_end(t);
}

static void begin_device(struct tree *t, const char *name,
			 const char *compatible, const struct fdt_device *dev)
{
	tree_begin_at(t, name, dev->addr);
	tree_string(t, "compatible", compatible);
	tree_reg(t, dev->addr, dev->size);
	tree_u32(t, "interrupts", dev->irq);
}

static void add_soc(struct tree *t, const struct riscv_fdt *d)
{
	tree_begin(t, "soc");
	tree_u32(t, "#address-cells", 2);
	tree_u32(t, "#size-cells", 2);
	tree_string(t, "compatible", "simple-bus");
	tree_flag(t, "ranges");
	tree_u32(t, "interrupt-parent", plic_phandle(d));

	add_plic(t, d);
	begin_device(t, "serial", "ns16550a", &d->uart);
	tree_u32(t, "clock-frequency", d->uart_clock);
	tree_end(t);
	begin_device(t, "rtc", "google,goldfish-rtc", &d->rtc);
	tree_end(t);
	for (unsigned int i = 0; i < d->nr_virtio; i++) {
		begin_device(t, "virtio_mmio", "virtio,mmio", &d->virtio[i]);
		tree_end(t);
	}
	tree_end(t);
}

size_t riscv_fdt_build(void *buf, size_t len, const struct riscv_fdt *d)
{
	char console[48];
	struct fdt_chosen chosen = d->chosen;
	struct tree t;

	if (d->cpus > RISCV_FDT_CPUS)
		return 0;
	snprintf(console, sizeof(console), "/soc/serial@%llx",
		 (unsigned long long)d->uart.addr);
	chosen.console = console;
	tree_start(&t, buf, len, "riscv-virtio", "axrun,virt-riscv");
	tree_chosen(&t, &chosen);
	tree_memory(&t, d->mem_addr, d->mem_size);
	add_cpus(&t, d);
	add_soc(&t, d);
	return tree_finish(&t);
}
