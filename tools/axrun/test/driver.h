/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver of a virtio device, well-behaved or not, and its memory. */
#ifndef AXRUN_TEST_DRIVER_H
#define AXRUN_TEST_DRIVER_H

#include "virtio.h"

/* guest memory, with nothing mapped before and behind it on the host */
#define RAM_GPA		0x80000000ull
#define RAM_LEN		0x40000ull

#define SIZE		8u		/* entries of each queue, unless said */
#define NEXT		1u
#define WRITE		2u
#define INDIRECT	4u

/* where things are: per queue, then buffers */
#define DESC(q)		(RAM_GPA + (q) * 0x4000ull)
#define AVAIL(q)	(DESC(q) + 0x1000)
#define USED(q)		(DESC(q) + 0x2000)
#define TABLE		(RAM_GPA + 0x8000)
#define BUF		(RAM_GPA + 0x10000)

struct driver {
	struct vm *vm;			/* drives its first device, not dev */
	uint8_t *ram;
	struct memory *mem;
	struct virtio_dev dev;
	bool line;
	unsigned int notified;
	uint16_t offered[VIRTIO_MAX_QUEUES];
	uint32_t size;
};

/* A device of that kind, reset, its features not yet chosen. */
void driver_open(struct driver *d, const struct virtio_kind *kind, void *priv);
void driver_close(struct driver *d);
/* Memory only, for devices of a struct vm. */
void driver_open_ram(struct driver *d);
/* As a driver starts it: with those features, all queues of @size entries. */
void driver_start(struct driver *d, uint64_t features, uint32_t size);
void *driver_ptr(struct driver *d, uint64_t gpa);

uint32_t reg_read(struct driver *d, uint32_t reg);
void reg_write(struct driver *d, uint32_t reg, uint32_t data);

void set_desc(struct driver *d, uint64_t table, unsigned int i, uint64_t addr,
	      uint32_t len, uint16_t flags, uint16_t next);
/* Make chains available, their heads being those; all of one. */
void offer(struct driver *d, unsigned int q, uint16_t head);
void set_avail_idx(struct driver *d, unsigned int q, uint16_t idx);
uint16_t used_idx(struct driver *d, unsigned int q);
uint32_t used_len(struct driver *d, unsigned int q, uint16_t nr);
uint32_t used_id(struct driver *d, unsigned int q, uint16_t nr);

/* Let the device work until it has nothing to do; pieces of work there were. */
unsigned int work_all(struct driver *d);

#endif /* AXRUN_TEST_DRIVER_H */
