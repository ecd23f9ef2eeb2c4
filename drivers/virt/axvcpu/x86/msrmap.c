// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of the MSRs a guest may touch by itself, whatever their format: all VMs share
 * one, and a VM whose filter names one of these MSRs has a map of its own.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "x86.h"

/**
 * axv_x86_msrmap_alloc() - a map that passes the MSRs it may
 * @f: the format
 * @gfp: how to get memory
 *
 * Return: the map or NULL.
 */
void *axv_x86_msrmap_alloc(const struct axv_x86_msrmap *f, gfp_t gfp)
{
	void *map = (void *)__get_free_pages(gfp, f->order);
	const u32 *msr;

	if (!map)
		return NULL;
	memset(map, 0xff, PAGE_SIZE << f->order);
	for (msr = f->passed; *msr; msr++)
		f->set(map, *msr, false);
	return map;
}

/**
 * axv_x86_msrmap_free() - the reverse
 * @map: the map or NULL
 * @f: its format
 */
void axv_x86_msrmap_free(void *map, const struct axv_x86_msrmap *f)
{
	free_pages((unsigned long)map, f->order);
}

static bool is_named(struct axv_vm *vm, u32 msr)
{
	return axv_filter_action(&vm->msr_filter, msr, false) != AXVCPU_FILTER_DEFAULT ||
	       axv_filter_action(&vm->msr_filter, msr, true) != AXVCPU_FILTER_DEFAULT;
}

/**
 * axv_x86_msrmap_filter() - vm->msr_filter is another one
 * @vm: the VM, locked
 * @f: the format of its map
 *
 * Return: 0 or -ENOMEM.
 */
int axv_x86_msrmap_filter(struct axv_vm *vm, const struct axv_x86_msrmap *f)
{
	bool any = false;
	const u32 *msr;
	void *map;

	for (msr = f->passed; *msr; msr++)
		any |= is_named(vm, *msr);
	map = vm->arch.msrpm;
	if (!map && !any)
		return 0;
	if (!map) {
		map = axv_x86_msrmap_alloc(f, GFP_KERNEL_ACCOUNT);
		if (!map)
			return -ENOMEM;
	}
	for (msr = f->passed; *msr; msr++)
		f->set(map, *msr, is_named(vm, *msr));
	WRITE_ONCE(vm->arch.msrpm, map);
	/* Who sees the number sees the map and its bits. */
	smp_store_release(&vm->arch.msrpm_gen, vm->arch.msrpm_gen + 1);
	return 0;
}
