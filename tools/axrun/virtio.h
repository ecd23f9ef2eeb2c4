/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices, version 1, behind the MMIO transport.
 *
 * A device has a thread of its own, which serves its queues. Registers are read
 * and written by the vCPUs' threads. virtio_mmio.c is the registers, virtq.c a
 * queue, virtio.c the thread; the kinds of devices have a file each.
 *
 * Locks: vm->lock first, then virtio_dev.lock. The device's thread never holds
 * both, and a vCPU's thread takes the second one for setting up only: what a
 * driver does for each request needs no lock that is held during I/O.
 */
#ifndef AXRUN_VIRTIO_H
#define AXRUN_VIRTIO_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "virtq.h"

struct virtio_dev;
struct vm;

#define VIRTIO_ID_NET		1u
#define VIRTIO_ID_BLOCK		2u
#define VIRTIO_ID_CONSOLE	3u
#define VIRTIO_ID_RNG		4u

#define VIRTIO_F_VERSION_1	(1ull << 32)

/* device status */
#define VIRTIO_ACKNOWLEDGE	0x01u
#define VIRTIO_DRIVER		0x02u
#define VIRTIO_DRIVER_OK	0x04u
#define VIRTIO_FEATURES_OK	0x08u
#define VIRTIO_NEEDS_RESET	0x40u
#define VIRTIO_FAILED		0x80u

/* interrupt status */
#define VIRTIO_INT_QUEUE	0x1u
#define VIRTIO_INT_CONFIG	0x2u

#define VIRTIO_MAX_QUEUES	2u
#define VIRTIO_CONFIG_SIZE	64u

/**
 * struct virtio_kind - a kind of device
 * @option: what asks for one
 * @many: there may be more than one
 * @id: VIRTIO_ID_*
 * @nr_queues: how many it has
 * @open: open what the option's argument names, or die; the device's own data
 * @init: set features and config of a new device
 * @service: with dev->lock, while the driver is there: do a bounded piece of
 *	work; true: there may be more. virtio_broken() for a driver that errs
 * @outside: before each piece, without a lock; optional
 * @poll: with dev->lock: what to wait for beside notifications; optional
 */
struct virtio_kind {
	const char *option;
	bool many;
	uint32_t id;
	unsigned int nr_queues;
	void *(*open)(const char *arg);
	void (*init)(struct virtio_dev *dev);
	bool (*service)(struct virtio_dev *dev);
	void (*outside)(struct virtio_dev *dev);
	void (*poll)(struct virtio_dev *dev, struct pollfd *p);
};

extern const struct virtio_kind virtio_block;
extern const struct virtio_kind virtio_net;
extern const struct virtio_kind virtio_console;
extern const struct virtio_kind virtio_rng;

struct virtio_dev {
	const struct virtio_kind *kind;
	void *priv;			/* of the kind */
	const struct memory *mem;

	/* set once */
	uint64_t features;
	uint8_t config[VIRTIO_CONFIG_SIZE];
	/* how the registers reach the rest; vm->lock held */
	void (*notify)(struct virtio_dev *dev);
	void (*set_line)(struct virtio_dev *dev, bool level);

	/* under vm->lock */
	uint32_t isr;
	uint32_t features_sel;
	uint32_t driver_sel;
	uint32_t queue_sel;

	/* under lock; of what vCPUs' threads write under vm->lock too */
	pthread_mutex_t lock;
	uint32_t status;
	uint32_t epoch;			/* resets so far */
	uint64_t driver_features;
	struct virtq q[VIRTIO_MAX_QUEUES];

	/* virtio.c */
	struct vm *vm;
	uint64_t addr;
	unsigned int irq;
	int kick_fd;
	bool stop;
	pthread_t thread;
	struct virtq_chain chain;	/* for service() */
};

/* ---- virtio_mmio.c ----------------------------------------------------------- */

#define VIRTIO_MMIO_NOTIFY	0x050u

void virtio_mmio_init(struct virtio_dev *dev);
/* vm->lock held */
uint64_t virtio_mmio_read(struct virtio_dev *dev, uint32_t reg,
			  unsigned int width);
void virtio_mmio_write(struct virtio_dev *dev, uint32_t reg,
		       unsigned int width, uint64_t data);
/* VIRTIO_INT_* happened; vm->lock held, dev->lock or not */
void virtio_mmio_raise(struct virtio_dev *dev, uint32_t bits);

/* dev->lock held: is there a driver to work for? */
static inline bool virtio_running(const struct virtio_dev *dev)
{
	return (dev->status & (VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET)) ==
	       VIRTIO_DRIVER_OK;
}

/* dev->lock held: the driver does not keep to the rules */
static inline void virtio_broken(struct virtio_dev *dev)
{
	dev->q[0].broken = true;
}

/*
 * A piece of work, with dev->lock: which VIRTIO_INT_* it leads to. @more: there
 * may be more.
 */
uint32_t virtio_work(struct virtio_dev *dev, bool *more);

/* ---- virtio.c ------------------------------------------------------------------ */

struct device_option;

/* after the board's own devices, before its load() */
void virtio_add_all(struct vm *vm);
void virtio_start(struct vm *vm);
/* lock not held; the vCPUs have ended */
void virtio_stop(struct vm *vm);
/* from any thread: have the device's thread look */
void virtio_notify(struct virtio_dev *dev);

#endif /* AXRUN_VIRTIO_H */
