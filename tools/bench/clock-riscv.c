// SPDX-License-Identifier: GPL-2.0-only
/* The rate of a hart's clock, as the device tree has it. */
#include <endian.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"

#define NODE	"/proc/device-tree/cpus/timebase-frequency"

uint64_t clock_scale(void)
{
	static uint64_t scale;
	uint32_t hz = 0;
	int fd;

	if (scale)
		return scale;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &hz, sizeof(hz)) != sizeof(hz) || !hz)
		fail("no " NODE);
	close(fd);
	scale = 1000000000 / be32toh(hz);
	return scale;
}
