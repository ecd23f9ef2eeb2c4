// SPDX-License-Identifier: GPL-2.0-only
/* The board "virt-riscv", as virt_boot.c wants to know it. */
#include <string.h>

#include "goldfish_rtc.h"
#include "plic.h"
#include "riscv_fdt.h"
#include "riscv_host.h"
#include "virt_riscv.h"

const struct virt_layout virt_layout = {
	.ram = VIRT_RAM,
	.fdt_size = RISCV_FDT_SIZE,
	.cmdline_max = 1023,
	.start_align = 2,
	.parse = linux_image_riscv,
};

void virt_set_sp(struct axvcpu_setup *setup, uint64_t sp)
{
	setup->arch.riscv.sp = sp;
}

/* Without a device tree that says so, the module knows it to a kHz. */
static uint32_t timebase(struct vm *vm, const struct riscv_host *host)
{
	const struct axv_vcpu *v = &vm->vcpu[0].axv;
	int ret;

	if (host->timebase)
		return host->timebase;
	ret = axv_sync(v, 0, AXVCPU_REGS_TIMER);
	if (ret < 0)
		die("cannot read the timer's frequency: %s", strerror(-ret));
	return v->run->regs.riscv.timer.frequency_khz * 1000;
}

bool virt_build_fdt(struct vm *vm, void *fdt, const struct fdt_device *virtio,
		    const struct fdt_chosen *chosen)
{
	uint64_t features = vm->axv.info.arch_features;
	struct riscv_isa_features have;
	struct riscv_host host;
	struct riscv_isa isa;
	struct riscv_fdt d = {
		.mem_addr = VIRT_RAM,
		.mem_size = vm->opt.mem,
		.cpus = vm->nr_vcpus,
		.isa = &isa,
		.chosen = *chosen,
		.plic = { VIRT_PLIC, PLIC_SIZE, PLIC_SOURCES - 1 },
		.uart = { VIRT_UART, VIRT_UART_SIZE, VIRT_IRQ_UART },
		.uart_clock = VIRT_UART_CLOCK,
		.rtc = { VIRT_RTC, GOLDFISH_RTC_SIZE, VIRT_IRQ_RTC },
		.virtio = virtio,
		.nr_virtio = vm->nr_virtio,
	};

	riscv_host_read(&host);
	have = (struct riscv_isa_features){
		.sstc = features & AXVCPU_RISCV_FEAT_SSTC,
		.vector = features & AXVCPU_RISCV_FEAT_V,
		.cbom_block = host.cbom_block,
		.cboz_block = host.cboz_block,
	};
	if (!riscv_isa_guest(&isa, host.isa, &have))
		die("this machine's ISA \"%.40s\" is not a 64-bit one", host.isa);
	if (host.mmu[0])
		d.mmu = host.mmu;
	d.timebase = timebase(vm, &host);
	return riscv_fdt_build(fdt, RISCV_FDT_SIZE, &d);
}
