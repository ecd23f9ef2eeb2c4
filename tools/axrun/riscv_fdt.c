// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree of the board "virt-riscv". Names and properties are those of
 * the kernel's bindings. SBI has no node: a kernel asks it what there is.
 *
 * libfdt's sequential functions are used. After the first error they do
 * nothing but return it, so the end is where it is looked at.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "riscv_fdt.h"

#define IRQ_S_EXTERNAL	9

/* A tree that is being made. */
struct tree {
	void *fdt;
	int error;
};

static void note(struct tree *t, int ret)
{
	if (!t->error)
		t->error = ret;
}

static void begin(struct tree *t, const char *name)
{
	note(t, fdt_begin_node(t->fdt, name));
}

static void begin_at(struct tree *t, const char *name, uint64_t addr)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)addr);
	begin(t, full);
}

static void end(struct tree *t)
{
	note(t, fdt_end_node(t->fdt));
}

static void flag(struct tree *t, const char *name)
{
	note(t, fdt_property(t->fdt, name, NULL, 0));
}

static void u32(struct tree *t, const char *name, uint32_t value)
{
	note(t, fdt_property_u32(t->fdt, name, value));
}

static void u64(struct tree *t, const char *name, uint64_t value)
{
	note(t, fdt_property_u64(t->fdt, name, value));
}

static void string(struct tree *t, const char *name, const char *value)
{
	note(t, fdt_property_string(t->fdt, name, value));
}

/* Two cells of address, two of size. */
static void reg(struct tree *t, uint64_t addr, uint64_t size)
{
	fdt64_t cells[2] = { cpu_to_fdt64(addr), cpu_to_fdt64(size) };

	note(t, fdt_property(t->fdt, "reg", cells, sizeof(cells)));
}

/* phandles: the harts' interrupt controllers in their order, then the PLIC */
static uint32_t intc_phandle(unsigned int cpu)
{
	return cpu + 1;
}

static uint32_t plic_phandle(const struct riscv_fdt *d)
{
	return d->cpus + 1;
}

static void add_chosen(struct tree *t, const struct riscv_fdt *d)
{
	char path[48];

	snprintf(path, sizeof(path), "/soc/serial@%llx",
		 (unsigned long long)d->uart.addr);
	begin(t, "chosen");
	string(t, "bootargs", d->bootargs);
	string(t, "stdout-path", path);
	note(t, fdt_property(t->fdt, "rng-seed", d->seed, d->seed_len));
	if (d->initrd_size) {
		u64(t, "linux,initrd-start", d->initrd);
		u64(t, "linux,initrd-end", d->initrd + d->initrd_size);
	}
	end(t);

	begin(t, "aliases");
	string(t, "serial0", path);
	end(t);
}

static void add_memory(struct tree *t, const struct riscv_fdt *d)
{
	begin_at(t, "memory", d->mem_addr);
	string(t, "device_type", "memory");
	reg(t, d->mem_addr, d->mem_size);
	end(t);
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
	string(t, "riscv,isa", isa->text);
	string(t, "riscv,isa-base", "rv64i");
	note(t, fdt_property(t->fdt, "riscv,isa-extensions", list, len));
	if (riscv_isa_has(isa, "zicbom"))
		u32(t, "riscv,cbom-block-size", isa->have.cbom_block);
	if (riscv_isa_has(isa, "zicboz"))
		u32(t, "riscv,cboz-block-size", isa->have.cboz_block);
}

static void add_cpu(struct tree *t, const struct riscv_fdt *d, unsigned int cpu)
{
	char mmu[32];

	begin_at(t, "cpu", cpu);
	string(t, "device_type", "cpu");
	u32(t, "reg", cpu);
	string(t, "status", "okay");
	string(t, "compatible", "riscv");
	add_isa(t, d->isa);
	if (d->mmu) {
		snprintf(mmu, sizeof(mmu), "riscv,%s", d->mmu);
		string(t, "mmu-type", mmu);
	}

	begin(t, "interrupt-controller");
	u32(t, "#interrupt-cells", 1);
	flag(t, "interrupt-controller");
	string(t, "compatible", "riscv,cpu-intc");
	u32(t, "phandle", intc_phandle(cpu));
	end(t);
	end(t);
}

static void add_cpus(struct tree *t, const struct riscv_fdt *d)
{
	begin(t, "cpus");
	u32(t, "#address-cells", 1);
	u32(t, "#size-cells", 0);
	u32(t, "timebase-frequency", d->timebase);
	for (unsigned int i = 0; i < d->cpus; i++)
		add_cpu(t, d, i);
	end(t);
}

/* Context n is the S-mode of hart n. */
static void add_plic(struct tree *t, const struct riscv_fdt *d)
{
	static const char compatible[] = "sifive,plic-1.0.0\0riscv,plic0";
	fdt32_t *wires;
	void *p = NULL;

	begin_at(t, "interrupt-controller", d->plic.addr);
	note(t, fdt_property(t->fdt, "compatible", compatible,
			     sizeof(compatible)));
	reg(t, d->plic.addr, d->plic.size);
	u32(t, "#address-cells", 0);
	u32(t, "#interrupt-cells", 1);
	flag(t, "interrupt-controller");
	u32(t, "riscv,ndev", d->plic.irq);
	u32(t, "phandle", plic_phandle(d));
	note(t, fdt_property_placeholder(t->fdt, "interrupts-extended",
					 d->cpus * 2 * sizeof(*wires), &p));
	wires = p;
	for (unsigned int i = 0; !t->error && i < d->cpus; i++) {
		*wires++ = cpu_to_fdt32(intc_phandle(i));
		*wires++ = cpu_to_fdt32(IRQ_S_EXTERNAL);
	}
	end(t);
}

static void begin_device(struct tree *t, const char *name,
			 const char *compatible, const struct fdt_device *dev)
{
	begin_at(t, name, dev->addr);
	string(t, "compatible", compatible);
	reg(t, dev->addr, dev->size);
	u32(t, "interrupts", dev->irq);
}

static void add_soc(struct tree *t, const struct riscv_fdt *d)
{
	begin(t, "soc");
	u32(t, "#address-cells", 2);
	u32(t, "#size-cells", 2);
	string(t, "compatible", "simple-bus");
	flag(t, "ranges");
	u32(t, "interrupt-parent", plic_phandle(d));

	add_plic(t, d);
	begin_device(t, "serial", "ns16550a", &d->uart);
	u32(t, "clock-frequency", d->uart_clock);
	end(t);
	begin_device(t, "rtc", "google,goldfish-rtc", &d->rtc);
	end(t);
	for (unsigned int i = 0; i < d->nr_virtio; i++) {
		begin_device(t, "virtio_mmio", "virtio,mmio", &d->virtio[i]);
		end(t);
	}
	end(t);
}

size_t riscv_fdt_build(void *buf, size_t len, const struct riscv_fdt *d)
{
	struct tree t = { .fdt = buf };

	note(&t, fdt_create(buf, len));
	note(&t, fdt_finish_reservemap(buf));
	begin(&t, "");
	u32(&t, "#address-cells", 2);
	u32(&t, "#size-cells", 2);
	string(&t, "compatible", "riscv-virtio");
	string(&t, "model", "axrun,virt-riscv");
	add_chosen(&t, d);
	add_memory(&t, d);
	add_cpus(&t, d);
	add_soc(&t, d);
	end(&t);
	note(&t, fdt_finish(buf));
	return t.error ? 0 : fdt_totalsize(buf);
}
