// SPDX-License-Identifier: GPL-2.0-only
/*
 * The permission maps: every port exits, and every MSR but those that VMLOAD
 * and VMSAVE switch. A VM whose filter names one of these has a map of its own.
 */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "svm.h"

#define IOPM_ORDER	2		/* 12 KiB are used */
#define MSRPM_ORDER	1

static void *svm_iopm;
static void *svm_msrpm;

/* The ranges of the map, in its order; two bits for each MSR. */
static const u32 msrpm_first[] = { 0, 0xc0000000, 0xc0010000 };
#define MSRPM_RANGE	0x2000

/* Bit number of @msr's read bit, the write bit is behind it; -1: not in it. */
static int msrpm_bit(u32 msr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrpm_first); i++)
		if (msr >= msrpm_first[i] && msr - msrpm_first[i] < MSRPM_RANGE)
			return (i * MSRPM_RANGE + msr - msrpm_first[i]) * 2;
	return -1;
}

static void msrpm_set(void *map, u32 msr, bool intercept)
{
	int bit = msrpm_bit(msr);

	if (bit < 0)
		return;
	/* Another CPU may have the map in use: one bit at a time. */
	if (intercept) {
		set_bit(bit, map);
		set_bit(bit + 1, map);
	} else {
		clear_bit(bit, map);
		clear_bit(bit + 1, map);
	}
}

static const struct axv_x86_msrmap svm_msrmap = {
	.order = MSRPM_ORDER,
	.passed = axv_x86_switched_msrs,
	.set = msrpm_set,
};

/**
 * axv_svm_filter_changed() - vm->msr_filter is another one
 * @vm: the VM, locked
 *
 * Return: 0 or -ENOMEM.
 */
int axv_svm_filter_changed(struct axv_vm *vm)
{
	return axv_x86_msrmap_filter(vm, &svm_msrmap);
}

/**
 * axv_svm_vm_destroy() - a VM goes
 * @vm: the VM, without vCPUs
 */
void axv_svm_vm_destroy(struct axv_vm *vm)
{
	axv_x86_msrmap_free(vm->arch.msrpm, &svm_msrmap);
}

/**
 * axv_svm_load_maps() - the maps for the next entry
 * @v: the vCPU, in a section
 */
void axv_svm_load_maps(struct axv_vcpu *v)
{
	struct axv_svm_vcpu *svm = v->arch.svm;
	void *own;
	u32 gen;

	/* pairs with axv_x86_msrmap_filter() */
	gen = smp_load_acquire(&v->vm->arch.msrpm_gen);
	own = READ_ONCE(v->vm->arch.msrpm);
	svm->vmcb->iopm = __sme_pa(svm_iopm);
	svm->vmcb->msrpm = __sme_pa(own ?: svm_msrpm);
	svm->msrpm_gen = gen;
	axv_svm_dirty(svm, CLEAN_MAPS);
}

/* ---- load and unload ------------------------------------------------------------ */

/**
 * axv_svm_maps_init() - the maps all VMs share
 *
 * Return: 0 or -ENOMEM.
 */
int axv_svm_maps_init(void)
{
	svm_iopm = (void *)__get_free_pages(GFP_KERNEL, IOPM_ORDER);
	svm_msrpm = axv_x86_msrmap_alloc(&svm_msrmap, GFP_KERNEL);
	if (!svm_iopm || !svm_msrpm) {
		axv_svm_maps_exit();
		return -ENOMEM;
	}
	memset(svm_iopm, 0xff, PAGE_SIZE << IOPM_ORDER);
	return 0;
}

/** axv_svm_maps_exit() - undo axv_svm_maps_init() */
void axv_svm_maps_exit(void)
{
	axv_x86_msrmap_free(svm_msrpm, &svm_msrmap);
	free_pages((unsigned long)svm_iopm, IOPM_ORDER);
}
