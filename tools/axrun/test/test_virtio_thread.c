// SPDX-License-Identifier: GPL-2.0-only
/* A virtio device with its thread, driven as vCPUs' threads would. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "axrun.h"
#include "driver.h"
#include "test.h"

#define F_ALL		(VIRTIO_F_VERSION_1 | VIRTQ_F_INDIRECT | \
			 VIRTQ_F_EVENT_IDX)
#define ADDR		0xd0000000ull
#define LINE		5
#define DISK_SIZE	(64 * KIB)
#define REQUESTS	500u
#define RESETS		500u
#define MANY		20000u

static struct driver drv;
static struct vm vm = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct device_option option;
static bool line;
static int disk_fd;

/* Who moves the line has vm->lock. */
static void set_irq(struct vm *v, unsigned int irq, bool level)
{
	EXPECT_EQ(irq, LINE);
	EXPECT(pthread_mutex_trylock(&v->lock) != 0);
	line = level;
}

static void begin(void)
{
	static const uint8_t irq[] = { LINE };
	static const struct board board = {
		.virtio = { .addr = ADDR, .nr = 1, .irq = irq },
		.set_irq = set_irq,
	};
	char arg[64];

	disk_fd = memfd_create("disk", 0);
	if (disk_fd < 0 || ftruncate(disk_fd, DISK_SIZE))
		abort();
	snprintf(arg, sizeof(arg), "/proc/self/fd/%d", disk_fd);
	option.kind = &virtio_block;
	option.priv = virtio_block.open(arg);

	driver_open_ram(&drv);
	vm.fd = -1;
	vm.mem = *drv.mem;
	vm.opt.board = &board;
	vm.opt.devices = &option;
	vm.nr_virtio = 0;
	vm.mmio.nr = 0;
	line = false;
	virtio_add_all(&vm);
	drv.vm = &vm;
	EXPECT_EQ(reg_read(&drv, 0x000), 0x74726976);
	virtio_start(&vm);
}

static void end(void)
{
	virtio_stop(&vm);
	close(vm.virtio[0]->kick_fd);
	close(*(int *)option.priv);
	free(option.priv);
	free(vm.virtio[0]);
	close(disk_fd);
	driver_close(&drv);
}

static bool line_now(void)
{
	bool now;

	pthread_mutex_lock(&vm.lock);
	now = line;
	pthread_mutex_unlock(&vm.lock);
	return now;
}

static bool wait_for_line(void)
{
	uint64_t until = now_ns() + 10 * NSEC_PER_SEC;

	while (!line_now())
		if (now_ns() > until)
			return false;
	return true;
}

/* Write a sector, its number all over it. */
static void prepare(unsigned int slot, uint32_t sector)
{
	uint8_t *head = driver_ptr(&drv, BUF + slot * 0x400);

	memset(head, 0, 16);
	head[0] = 1;
	memcpy(head + 8, &sector, 4);
	memset(head + 16, sector, 512);
	head[528] = 0xee;
	set_desc(&drv, DESC(0), 2 * slot, BUF + slot * 0x400, 528, NEXT,
		 2 * slot + 1);
	set_desc(&drv, DESC(0), 2 * slot + 1, BUF + slot * 0x400 + 528, 1, WRITE,
		 0);
}

/* Each request leads to an interrupt; none is lost, whoever is faster. */
static void one_by_one(void)
{
	uint8_t sector[512];
	unsigned int done = 0;

	begin();
	driver_start(&drv, F_ALL, SIZE);
	while (done < REQUESTS) {
		prepare(0, done % (DISK_SIZE / 512));
		/* the driver asks for the next one's interrupt first */
		memcpy(driver_ptr(&drv, AVAIL(0) + 4 + 2 * SIZE),
		       &drv.offered[0], 2);
		offer(&drv, 0, 0);
		reg_write(&drv, VIRTIO_MMIO_NOTIFY, 0);
		if (!wait_for_line())
			break;
		EXPECT_EQ(reg_read(&drv, 0x060), VIRTIO_INT_QUEUE);
		reg_write(&drv, 0x064, VIRTIO_INT_QUEUE);
		EXPECT(!line_now());
		done++;
		if (used_idx(&drv, 0) != (uint16_t)done)
			break;
	}
	EXPECT_EQ(done, REQUESTS);
	EXPECT_EQ(pread(disk_fd, sector, 512, 100 * 512), 512);
	EXPECT_EQ(sector[511], 100);
	end();
}

/* Four requests at most are on their way: until there is room for another. */
static bool wait_for_room(uint16_t offered)
{
	uint64_t until = now_ns() + 10 * NSEC_PER_SEC;
	const uint8_t *p = driver_ptr(&drv, USED(0) + 2);

	while ((uint16_t)(offered - __atomic_load_n((const uint16_t *)p,
						    __ATOMIC_ACQUIRE)) >= 4)
		if (now_ns() > until)
			return false;
	return true;
}

/*
 * A driver that notifies only where the device wants it: the device must not
 * fall asleep over a request that came when it had just looked.
 */
static void notified_where_wanted(void)
{
	const uint8_t *event;
	unsigned int notified = 0;
	unsigned int n = 0;

	begin();
	event = driver_ptr(&drv, USED(0) + 4 + SIZE * 8);
	driver_start(&drv, F_ALL, SIZE);
	for (unsigned int slot = 0; slot < SIZE / 2; slot++) {
		prepare(slot, 0);
		/* the disk's name: no work */
		*(uint8_t *)driver_ptr(&drv, BUF + slot * 0x400) = 8;
	}
	while (n < MANY && wait_for_room(drv.offered[0])) {
		uint16_t old = drv.offered[0];

		offer(&drv, 0, 2 * (n % 4));
		n++;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n((const uint16_t *)event,
				    __ATOMIC_ACQUIRE) == old) {
			reg_write(&drv, VIRTIO_MMIO_NOTIFY, 0);
			notified++;
		}
	}
	EXPECT_EQ(n, MANY);
	EXPECT(notified);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	end();
}

/* After a reset there is no interrupt, whatever was going on. */
static void resets_meanwhile(void)
{
	begin();
	for (unsigned int i = 0; i < RESETS; i++) {
		driver_start(&drv, F_ALL, SIZE);
		EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
		for (unsigned int slot = 0; slot < SIZE / 2; slot++) {
			prepare(slot, slot);
			offer(&drv, 0, 2 * slot);
		}
		/* every other time one that breaks it */
		if (i & 1)
			set_desc(&drv, DESC(0), 4, BUF, 0, 0, 0);
		reg_write(&drv, VIRTIO_MMIO_NOTIFY, 0);
		if (i % 3)
			usleep(i % 7 * 10);
		reg_write(&drv, 0x070, 0);
		EXPECT(!line_now());
		EXPECT_EQ(reg_read(&drv, 0x060), 0);
		if (i % 5 == 0) {
			usleep(500);
			EXPECT(!line_now());
		}
	}
	end();
}

/* What was asked for before the guest ended is done. */
static void last_requests(void)
{
	uint8_t sector[512];

	begin();
	driver_start(&drv, F_ALL, SIZE);
	/* its thread sleeps by then, and nothing but the end wakes it */
	usleep(20000);
	for (unsigned int slot = 0; slot < SIZE / 2; slot++) {
		prepare(slot, slot + 1);
		offer(&drv, 0, 2 * slot);
	}
	virtio_stop(&vm);
	EXPECT_EQ(used_idx(&drv, 0), SIZE / 2);
	EXPECT_EQ(pread(disk_fd, sector, 512, SIZE / 2 * 512), 512);
	EXPECT_EQ(sector[0], SIZE / 2);
	vm.virtio[0]->stop = false;
	virtio_start(&vm);
	end();
}

const struct test virtio_thread_tests[] = {
	{ "virtio thread: one by one", one_by_one },
	{ "virtio thread: notified where wanted", notified_where_wanted },
	{ "virtio thread: resets meanwhile", resets_meanwhile },
	{ "virtio thread: the last requests", last_requests },
	{ NULL, NULL },
};
