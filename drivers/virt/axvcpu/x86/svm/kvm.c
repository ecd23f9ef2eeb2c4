// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who else runs guests on this machine, as far as the TLB is concerned.
 *
 * KVM hands out ASIDs per CPU without a flush until they run out, so a number
 * that both use names translations of either. While KVM may run, everything
 * under a tag of ours goes when a vCPU leaves its CPU, and whatever may be under
 * it goes when it arrives. Without KVM none of this is needed. A flag says
 * which, an epoch makes all tags void when that changes.
 *
 * No counterpart on the other side is needed: KVM flushes every ASID before its
 * first guest after it enabled SVM on a CPU.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>

#include "svm.h"

u32 axv_svm_kvm_epoch = 1;
static bool axv_svm_near;
static bool axv_svm_near_for_good;	/* not KVM, or not to be seen going */

/**
 * axv_svm_kvm_near() - may somebody else's guests run on this machine?
 *
 * Return: true when they may.
 */
bool axv_svm_kvm_near(void)
{
	return READ_ONCE(axv_svm_near) || READ_ONCE(axv_svm_near_for_good);
}

/**
 * axv_svm_kvm_met() - a section found EFER.SVME set
 *
 * Whoever set it need not be a module by the name known here.
 */
void axv_svm_kvm_met(void)
{
	if (likely(axv_svm_kvm_near()))
		return;
	WRITE_ONCE(axv_svm_near_for_good, true);
	WRITE_ONCE(axv_svm_kvm_epoch, axv_svm_kvm_epoch + 1);
}

static int kvm_module_event(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, "kvm_amd"))
		return NOTIFY_DONE;
	if (state == MODULE_STATE_COMING) {
		WRITE_ONCE(axv_svm_near, true);
		WRITE_ONCE(axv_svm_kvm_epoch, axv_svm_kvm_epoch + 1);
	} else if (state == MODULE_STATE_GOING) {
		WRITE_ONCE(axv_svm_kvm_epoch, axv_svm_kvm_epoch + 1);
		WRITE_ONCE(axv_svm_near, false);
	}
	return NOTIFY_OK;
}

static struct notifier_block kvm_module_nb = {
	.notifier_call = kvm_module_event,
};

/**
 * axv_svm_kvm_init() - find out whether KVM is here, and watch it come and go
 *
 * Return: 0 or a negative errno.
 */
int axv_svm_kvm_init(void)
{
	struct kobject *kvm;
	int r;

	r = register_module_notifier(&kvm_module_nb);
	if (r)
		return r;
	/* /sys/module, which built-in modules with parameters are in too */
	kvm = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, "kvm_amd");
	if (kvm) {
		WRITE_ONCE(axv_svm_near, true);
		kobject_put(kvm);
	}
	if (IS_BUILTIN(CONFIG_KVM_AMD))
		axv_svm_near_for_good = true;
	return 0;
}

/** axv_svm_kvm_exit() - undo axv_svm_kvm_init() */
void axv_svm_kvm_exit(void)
{
	unregister_module_notifier(&kvm_module_nb);
}
