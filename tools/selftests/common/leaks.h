/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is everything given back? What the kernel itself counts: users of the module,
 * VMs, kernel memory charged to a control group of the test's own, objects of the
 * kernel's general caches.
 */
#ifndef AXV_SELFTEST_LEAKS_H
#define AXV_SELFTEST_LEAKS_H

#include "axvtest.h"
#include "common/file.h"

/**
 * struct leaks - a reading
 * @users: the module's reference count
 * @vms: VMs that debugfs lists
 * @charged: bytes of kernel memory charged to the group, -1: no groups here
 * @objects: objects in the caches of accounted kmalloc(), -1: not told here
 */
struct leaks {
	long users;
	long vms;
	long charged;
	long objects;
};

/*
 * From now on this process and its children are in a control group of their own,
 * so that what they have the kernel allocate is counted apart from all others'.
 */
void leaks_group(void);
/* Read everything, after caches are trimmed. */
void leaks_read(struct leaks *l);
/*
 * All is as it was at @before, or soon will be: users and VMs exactly, memory but
 * for what @bytes and @objects allow for the kernel's own caches.
 */
void leaks_check(const struct leaks *before, long bytes, long objects);

#define MODULE_USERS	"/sys/module/axvcpu/refcnt"

#endif /* AXV_SELFTEST_LEAKS_H */
