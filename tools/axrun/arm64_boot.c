// SPDX-License-Identifier: GPL-2.0-only
/* The board "virt-arm64", as virt_boot.c wants to know it. */
#include "arm64_fdt.h"
#include "gicd.h"
#include "goldfish_rtc.h"
#include "pl011.h"
#include "virt_arm64.h"

const struct virt_layout virt_layout = {
	.ram = VIRT_RAM,
	.fdt_size = ARM64_FDT_SIZE,
	.cmdline_max = 2047,
	.start_align = 4,
	.parse = linux_image_arm64,
};

void virt_set_sp(struct axvcpu_setup *setup, uint64_t sp)
{
	setup->arch.arm64.sp = sp;
}

bool virt_build_fdt(struct vm *vm, void *fdt, const struct fdt_device *virtio,
		    const struct fdt_chosen *chosen)
{
	uint64_t mpidr[MAX_VCPUS];
	const struct arm64_fdt d = {
		.mem_addr = VIRT_RAM,
		.mem_size = vm->opt.mem,
		.cpus = vm->nr_vcpus,
		.mpidr = mpidr,
		.gicd = { VIRT_GICD, GICD_SIZE, 0 },
		.gicr = { VIRT_GICR, vm->nr_vcpus * VIRT_GICR_SIZE, 0 },
		.chosen = *chosen,
		.uart = { VIRT_UART, VIRT_UART_SIZE, VIRT_IRQ_UART },
		.uart_clock = VIRT_UART_CLOCK,
		.pl011 = { VIRT_PL011, PL011_SIZE, VIRT_IRQ_PL011 },
		.pl011_clock = VIRT_PL011_CLOCK,
		.rtc = { VIRT_RTC, GOLDFISH_RTC_SIZE, VIRT_IRQ_RTC },
		.virtio = virtio,
		.nr_virtio = vm->nr_virtio,
	};

	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		mpidr[i] = virt_mpidr(i);
	return arm64_fdt_build(fdt, ARM64_FDT_SIZE, &d);
}
