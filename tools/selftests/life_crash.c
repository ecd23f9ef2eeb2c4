// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crash kernel: the panic stops the other CPU by NMI, wherever in a guest it is,
 * and the crash kernel loads the module and runs a guest. That kernel gives the
 * result.
 *
 * rig: timeout=180 smp=2 ends=panic append=crashkernel=384M
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/leaks.h"
#include "common/last.h"

TEST_TIMEOUT(crash_kernel, NULL, 180)
{
	last_load_kernel("life_crash", "the crash kernel runs a guest", true);
	last_guests();
	EXPECT_OK(file_write("/proc/sysrq-trigger", "c"));
	axt_sleep_ms(20000);
	axt_fail(__FILE__, __LINE__, "the kernel has not panicked");
}
