// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another kernel takes over with guests in RUN on all CPUs: the virtualization
 * extension is off when it comes, and it loads the module and runs a guest. That
 * kernel gives the result.
 *
 * rig: timeout=120 smp=2 ends=kexec
 */
#define _GNU_SOURCE
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/last.h"

TEST_TIMEOUT(kexec, NULL, 120)
{
	last_load_kernel("life_kexec", "the kernel that took over runs a guest", false);
	last_guests();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0);
	axt_fail(__FILE__, __LINE__, "no kernel took over: %s", strerror(errno));
}
