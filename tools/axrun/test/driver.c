// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "axrun.h"
#include "driver.h"
#include "test.h"

#define GUARD		0x10000u
/* more pieces of work than this for one look are a device that hangs */
#define MAX_PIECES	10000u

static void on_notify(struct virtio_dev *dev)
{
	struct driver *d = (void *)((char *)dev - offsetof(struct driver, dev));

	d->notified++;
}

static void on_line(struct virtio_dev *dev, bool level)
{
	struct driver *d = (void *)((char *)dev - offsetof(struct driver, dev));

	d->line = level;
}

void driver_open_ram(struct driver *d)
{
	uint8_t *p = mmap(NULL, RAM_LEN + 2 * GUARD, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	memset(d, 0, sizeof(*d));
	if (p == MAP_FAILED ||
	    mprotect(p + GUARD, RAM_LEN, PROT_READ | PROT_WRITE))
		abort();
	d->ram = p + GUARD;
	d->mem = xcalloc(1, sizeof(*d->mem));
	d->mem->region[0].gpa = RAM_GPA;
	d->mem->region[0].len = RAM_LEN;
	d->mem->region[0].host = d->ram;
	d->mem->nr = 1;
}

void driver_open(struct driver *d, const struct virtio_kind *kind, void *priv)
{
	driver_open_ram(d);
	d->dev.kind = kind;
	d->dev.priv = priv;
	d->dev.mem = d->mem;
	d->dev.notify = on_notify;
	d->dev.set_line = on_line;
	virtio_mmio_init(&d->dev);
	kind->init(&d->dev);
}

void driver_close(struct driver *d)
{
	munmap(d->ram - GUARD, RAM_LEN + 2 * GUARD);
	free(d->mem);
}

void *driver_ptr(struct driver *d, uint64_t gpa)
{
	return d->ram + (gpa - RAM_GPA);
}

uint32_t reg_read(struct driver *d, uint32_t reg)
{
	uint32_t data;

	if (!d->vm)
		return virtio_mmio_read(&d->dev, reg, 4);
	pthread_mutex_lock(&d->vm->lock);
	data = bus_read(&d->vm->mmio, d->vm->virtio[0]->addr + reg, 4);
	pthread_mutex_unlock(&d->vm->lock);
	return data;
}

void reg_write(struct driver *d, uint32_t reg, uint32_t data)
{
	if (!d->vm) {
		virtio_mmio_write(&d->dev, reg, 4, data);
		return;
	}
	pthread_mutex_lock(&d->vm->lock);
	bus_write(&d->vm->mmio, d->vm->virtio[0]->addr + reg, 4, data);
	pthread_mutex_unlock(&d->vm->lock);
}

void driver_start(struct driver *d, uint64_t features, uint32_t size)
{
	const struct virtio_kind *kind = d->vm ? d->vm->virtio[0]->kind :
						 d->dev.kind;

	reg_write(d, 0x070, 0);
	reg_write(d, 0x070, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	reg_write(d, 0x024, 0);
	reg_write(d, 0x020, features);
	reg_write(d, 0x024, 1);
	reg_write(d, 0x020, features >> 32);
	reg_write(d, 0x070, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER |
			    VIRTIO_FEATURES_OK);

	d->size = size;
	for (unsigned int q = 0; q < kind->nr_queues; q++) {
		memset(driver_ptr(d, DESC(q)), 0, 0x4000);
		d->offered[q] = 0;
		reg_write(d, 0x030, q);
		reg_write(d, 0x038, size);
		reg_write(d, 0x080, DESC(q));
		reg_write(d, 0x084, DESC(q) >> 32);
		reg_write(d, 0x090, AVAIL(q));
		reg_write(d, 0x094, AVAIL(q) >> 32);
		reg_write(d, 0x0a0, USED(q));
		reg_write(d, 0x0a4, USED(q) >> 32);
		reg_write(d, 0x044, 1);
	}
	reg_write(d, 0x070, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER |
			    VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
}

void set_desc(struct driver *d, uint64_t table, unsigned int i, uint64_t addr,
	      uint32_t len, uint16_t flags, uint16_t next)
{
	uint8_t *p = driver_ptr(d, table + i * 16);

	memcpy(p, &addr, 8);
	memcpy(p + 8, &len, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &next, 2);
}

void set_avail_idx(struct driver *d, unsigned int q, uint16_t idx)
{
	memcpy(driver_ptr(d, AVAIL(q) + 2), &idx, 2);
}

void offer(struct driver *d, unsigned int q, uint16_t head)
{
	memcpy(driver_ptr(d, AVAIL(q) + 4 + d->offered[q] % d->size * 2), &head,
	       2);
	set_avail_idx(d, q, ++d->offered[q]);
}

uint16_t used_idx(struct driver *d, unsigned int q)
{
	uint16_t idx;

	memcpy(&idx, driver_ptr(d, USED(q) + 2), 2);
	return idx;
}

static uint32_t used_word(struct driver *d, unsigned int q, uint16_t nr,
			  unsigned int word)
{
	uint32_t v;

	memcpy(&v, driver_ptr(d, USED(q) + 4 + nr % d->size * 8 + word * 4), 4);
	return v;
}

uint32_t used_id(struct driver *d, unsigned int q, uint16_t nr)
{
	return used_word(d, q, nr, 0);
}

uint32_t used_len(struct driver *d, unsigned int q, uint16_t nr)
{
	return used_word(d, q, nr, 1);
}

unsigned int work_all(struct driver *d)
{
	unsigned int pieces = 0;
	bool more = true;

	while (more && pieces < MAX_PIECES) {
		uint32_t bits;

		pthread_mutex_lock(&d->dev.lock);
		bits = virtio_work(&d->dev, &more);
		pthread_mutex_unlock(&d->dev.lock);
		virtio_mmio_raise(&d->dev, bits);
		pieces++;
	}
	EXPECT(pieces < MAX_PIECES);
	return pieces;
}
