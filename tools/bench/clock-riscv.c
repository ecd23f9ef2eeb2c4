// SPDX-License-Identifier: GPL-2.0-only
/* The clocks of a RISC-V machine: a hart's own, and one that is a device. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"

#define NODE	"/proc/device-tree/cpus/timebase-frequency"
#define PAGE	4096

volatile uint32_t *clock_page;

void clock_use(uint64_t address)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *page = MAP_FAILED;

	if (fd >= 0)
		page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, address);
	if (page == MAP_FAILED)
		fail("no clock at %#llx: %s", (unsigned long long)address, strerror(errno));
	close(fd);
	clock_page = page;
}

/* The rate of a hart's clock, as the device tree has it. */
static uint64_t scale(void)
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

uint64_t clock_now(void)
{
	uint64_t ticks;

	if (clock_page) {
		/* the low half, and the high one as it was then */
		ticks = clock_page[0];
		return ticks | (uint64_t)clock_page[1] << 32;
	}
	asm volatile("rdtime %0" : "=r" (ticks) : : "memory");
	return ticks * scale();
}
