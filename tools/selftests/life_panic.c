// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's kernel panics with guests in RUN on all CPUs: its own way to the end,
 * a restart, is not barred. That it was this panic and nothing else is for the rig
 * to see, from outside; its result is the last one.
 *
 * rig: timeout=60 smp=2 ends=panic
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/leaks.h"
#include "common/last.h"

TEST_TIMEOUT(panic, NULL, 60)
{
	last_guests();
	EXPECT_OK(file_write("/proc/sysrq-trigger", "c"));
	axt_sleep_ms(20000);
	axt_fail(__FILE__, __LINE__, "the kernel has not panicked");
}
