// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSR bitmap: every MSR exits but those that the VMCS holds, and KERNEL_GS_BASE,
 * which a section switches. The others that a section switches are written so seldom
 * that their writes may exit, and so need not be read back.
 */
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <asm/msr-index.h>

#include "vmx.h"

static const u32 msrbm_passed[] = {
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
	MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
	0
};

/* reads of MSRs from 0, from C0000000h; then writes of the same */
#define MSRBM_RANGE	0x2000
#define MSRBM_HIGH	0xc0000000
#define MSRBM_WRITES	(2 * MSRBM_RANGE)

static void msrbm_set(void *map, u32 msr, bool intercept)
{
	u32 bit = msr < MSRBM_HIGH ? msr : msr - MSRBM_HIGH + MSRBM_RANGE;

	/* Another CPU may have the map in use: one bit at a time. */
	if (intercept) {
		set_bit(bit, map);
		set_bit(bit + MSRBM_WRITES, map);
	} else {
		clear_bit(bit, map);
		clear_bit(bit + MSRBM_WRITES, map);
	}
}

static const struct axv_x86_msrmap vmx_msrmap = {
	.order = 0,
	.passed = msrbm_passed,
	.set = msrbm_set,
};

static void *vmx_msrbm;

/**
 * axv_vmx_filter_changed() - vm->msr_filter is another one
 * @vm: the VM, locked
 *
 * Return: 0 or -ENOMEM.
 */
int axv_vmx_filter_changed(struct axv_vm *vm)
{
	return axv_x86_msrmap_filter(vm, &vmx_msrmap);
}

/**
 * axv_vmx_vm_destroy() - a VM goes
 * @vm: the VM, without vCPUs
 */
void axv_vmx_vm_destroy(struct axv_vm *vm)
{
	axv_x86_msrmap_free(vm->arch.msrpm, &vmx_msrmap);
}

/**
 * axv_vmx_load_maps() - the bitmap for the next entry
 * @v: the vCPU, in a section
 */
void axv_vmx_load_maps(struct axv_vcpu *v)
{
	void *own;
	u32 gen;

	/* pairs with axv_x86_msrmap_filter() */
	gen = smp_load_acquire(&v->vm->arch.msrpm_gen);
	own = READ_ONCE(v->vm->arch.msrpm);
	axv_vmwrite(VMCS_MSR_BITMAP, __pa(own ?: vmx_msrbm));
	v->arch.vmx->msrpm_gen = gen;
}

/**
 * axv_vmx_maps_init() - the bitmap all VMs share
 *
 * Return: 0 or -ENOMEM.
 */
int axv_vmx_maps_init(void)
{
	vmx_msrbm = axv_x86_msrmap_alloc(&vmx_msrmap, GFP_KERNEL);
	return vmx_msrbm ? 0 : -ENOMEM;
}

/** axv_vmx_maps_exit() - undo axv_vmx_maps_init() */
void axv_vmx_maps_exit(void)
{
	axv_x86_msrmap_free(vmx_msrbm, &vmx_msrmap);
}
