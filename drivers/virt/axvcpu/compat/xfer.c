// SPDX-License-Identifier: GPL-2.0-only
/*
 * Before 6.18 xfer_to_guest_mode_handle_work() takes a struct kvm_vcpu, only to
 * note in it that a signal ended the run. One for all of ours serves: nobody
 * reads the note.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>

#include "compat.h"

static struct kvm_vcpu *axv_note;

int axv_xfer_to_guest_slow(void)
{
	return xfer_to_guest_mode_handle_work(axv_note);
}

int axv_compat_init(void)
{
	axv_note = kvzalloc(sizeof(*axv_note), GFP_KERNEL);
	if (!axv_note)
		return -ENOMEM;
	axv_note->run = kzalloc(sizeof(*axv_note->run), GFP_KERNEL);
	if (!axv_note->run) {
		kvfree(axv_note);
		return -ENOMEM;
	}
	return 0;
}

void axv_compat_exit(void)
{
	kfree(axv_note->run);
	kvfree(axv_note);
}
