// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the kernel's own KVM is there. It numbers its VMs from 1 up to the last VMID
 * that the harts have, knows of nobody else, and flushes when it begins anew or a vCPU of
 * its comes to a hart: what VMIDs it uses, and when, cannot be known. What can is whether
 * the module is loaded, exactly; tlb.c goes by that.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "riscv.h"

#define KVM_NAME	"kvm"

u32 axv_riscv_kvm_era;

static DEFINE_MUTEX(axv_kvm_lock);
static bool axv_kvm_watched;

/*
 * From the return of this on, no section begins that does not know: those that are under
 * way end before their CPU takes the interrupt in which it flushes.
 */
static void kvm_comes(void)
{
	mutex_lock(&axv_kvm_lock);
	if (!axv_riscv_beside_kvm()) {
		WRITE_ONCE(axv_riscv_kvm_era, axv_riscv_kvm_era + 1);
		axv_riscv_flush_ours();
	}
	mutex_unlock(&axv_kvm_lock);
}

static void kvm_is_gone(void)
{
	mutex_lock(&axv_kvm_lock);
	if (axv_riscv_beside_kvm())
		WRITE_ONCE(axv_riscv_kvm_era, axv_riscv_kvm_era + 1);
	mutex_unlock(&axv_kvm_lock);
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, KVM_NAME))
		return NOTIFY_DONE;
	if (event == MODULE_STATE_COMING)
		kvm_comes();
	else if (event == MODULE_STATE_GOING)
		kvm_is_gone();
	return NOTIFY_DONE;
}

static struct notifier_block axv_kvm_notifier = {
	.notifier_call = module_event,
};

/* Among the modules that there are, those of the kernel itself included. */
static bool kvm_is_here(void)
{
#ifdef MODULE
	struct kset *modules = THIS_MODULE->mkobj.kobj.kset;
	struct kobject *kvm;

	if (!IS_BUILTIN(CONFIG_KVM) && modules) {
		kvm = kset_find_obj(modules, KVM_NAME);
		kobject_put(kvm);
		return kvm;
	}
#endif
	return true;
}

/** axv_riscv_beside_init() - look for KVM, and watch for it: after axv_riscv_tlb_init() */
void axv_riscv_beside_init(void)
{
	/* First, so that none comes between; where that fails, it is there for good. */
	if (register_module_notifier(&axv_kvm_notifier)) {
		kvm_comes();
		return;
	}
	axv_kvm_watched = true;
	if (kvm_is_here())
		kvm_comes();
}

/** axv_riscv_beside_exit() - undo axv_riscv_beside_init(); there are no guests */
void axv_riscv_beside_exit(void)
{
	if (!axv_kvm_watched)
		return;
	unregister_module_notifier(&axv_kvm_notifier);
	/* Nobody sees it come any more. */
	axv_riscv_flush_ours();
}
