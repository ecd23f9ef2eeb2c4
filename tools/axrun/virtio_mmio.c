// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a virtio device behind the MMIO transport, version 2, as in
 * the virtio specification 1.2. Pure logic: what it leads to goes out by
 * dev->notify() and dev->set_line().
 *
 * A driver that does what it must not is not served, and where that leaves the
 * device without a sense, it asks for a reset.
 */
#include <string.h>

#include "axrun.h"
#include "virtio.h"

enum {
	MAGIC		= 0x000,
	VERSION		= 0x004,
	DEVICE_ID	= 0x008,
	VENDOR_ID	= 0x00c,
	FEATURES	= 0x010,
	FEATURES_SEL	= 0x014,
	DRIVER_FEATURES	= 0x020,
	DRIVER_SEL	= 0x024,
	QUEUE_SEL	= 0x030,
	QUEUE_SIZE_MAX	= 0x034,
	QUEUE_SIZE	= 0x038,
	QUEUE_READY	= 0x044,
	QUEUE_NOTIFY	= VIRTIO_MMIO_NOTIFY,
	INT_STATUS	= 0x060,
	INT_ACK		= 0x064,
	STATUS		= 0x070,
	QUEUE_DESC	= 0x080,
	QUEUE_DRIVER	= 0x090,
	QUEUE_DEVICE	= 0x0a0,
	SHM_LEN		= 0x0b0,
	SHM_BASE_HIGH	= 0x0bc,
	CONFIG_EPOCH	= 0x0fc,
	CONFIG		= 0x100,
};

#define MAGIC_VALUE	0x74726976u	/* "virt" */
#define VENDOR_VALUE	0x75767861u	/* "axvu" */

#define SETTABLE	(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | \
			 VIRTIO_DRIVER_OK | VIRTIO_FEATURES_OK | VIRTIO_FAILED)

static void reset(struct virtio_dev *dev)
{
	dev->status = 0;
	dev->epoch++;
	dev->driver_features = 0;
	dev->features_sel = 0;
	dev->driver_sel = 0;
	dev->queue_sel = 0;
	for (unsigned int i = 0; i < VIRTIO_MAX_QUEUES; i++)
		virtq_reset(&dev->q[i], dev->mem);
}

void virtio_mmio_init(struct virtio_dev *dev)
{
	pthread_mutex_init(&dev->lock, NULL);
	dev->features |= VIRTIO_F_VERSION_1 | VIRTQ_F_INDIRECT |
			 VIRTQ_F_EVENT_IDX;
	reset(dev);
}

void virtio_mmio_raise(struct virtio_dev *dev, uint32_t bits)
{
	if (!bits)
		return;
	dev->isr |= bits;
	dev->set_line(dev, true);
}

static void acknowledge(struct virtio_dev *dev, uint32_t bits)
{
	dev->isr &= ~bits;
	if (!dev->isr)
		dev->set_line(dev, false);
}

/* dev->lock held: what the driver is to be told of it. */
static uint32_t needs_reset(struct virtio_dev *dev)
{
	if (dev->status & VIRTIO_NEEDS_RESET)
		return 0;
	dev->status |= VIRTIO_NEEDS_RESET;
	return dev->status & VIRTIO_DRIVER_OK ? VIRTIO_INT_CONFIG : 0;
}

uint32_t virtio_work(struct virtio_dev *dev, bool *more)
{
	uint32_t bits = 0;

	*more = false;
	if (!virtio_running(dev))
		return 0;

	*more = dev->kind->service(dev);
	for (unsigned int i = 0; i < dev->kind->nr_queues; i++) {
		if (virtq_wants_interrupt(&dev->q[i]))
			bits |= VIRTIO_INT_QUEUE;
		if (dev->q[i].broken) {
			bits |= needs_reset(dev);
			*more = false;
		}
	}
	return bits;
}

/* The queue selected; NULL: there is no such. */
static struct virtq *selected(struct virtio_dev *dev)
{
	return dev->queue_sel < dev->kind->nr_queues ?
	       &dev->q[dev->queue_sel] : NULL;
}

/* ---- reading --------------------------------------------------------------------- */

static uint64_t read_config(const struct virtio_dev *dev, uint32_t at,
			    unsigned int width)
{
	uint64_t data = 0;

	/* constant, so that its epoch never changes and no lock is needed */
	if (at < VIRTIO_CONFIG_SIZE && width <= VIRTIO_CONFIG_SIZE - at)
		memcpy(&data, dev->config + at, width);
	return data;
}

static uint32_t read_queue_ready(struct virtio_dev *dev)
{
	const struct virtq *q = selected(dev);
	bool ready;

	pthread_mutex_lock(&dev->lock);
	ready = q && q->ready;
	pthread_mutex_unlock(&dev->lock);
	return ready;
}

static uint32_t read_features(const struct virtio_dev *dev)
{
	switch (dev->features_sel) {
	case 0:
		return dev->features;
	case 1:
		return dev->features >> 32;
	default:
		return 0;
	}
}

static uint32_t read_status(struct virtio_dev *dev)
{
	/* NEEDS_RESET comes from the device's thread */
	return __atomic_load_n(&dev->status, __ATOMIC_RELAXED);
}

uint64_t virtio_mmio_read(struct virtio_dev *dev, uint32_t reg,
			  unsigned int width)
{
	if (reg >= CONFIG)
		return read_config(dev, reg - CONFIG, width);
	if (width != 4)
		return 0;

	switch (reg) {
	case MAGIC:
		return MAGIC_VALUE;
	case VERSION:
		return 2;
	case DEVICE_ID:
		return dev->kind->id;
	case VENDOR_ID:
		return VENDOR_VALUE;
	case FEATURES:
		return read_features(dev);
	case QUEUE_SIZE_MAX:
		return selected(dev) ? VIRTQ_MAX_SIZE : 0;
	case QUEUE_READY:
		return read_queue_ready(dev);
	case INT_STATUS:
		return dev->isr;
	case STATUS:
		return read_status(dev);
	case SHM_LEN ... SHM_BASE_HIGH:
		/* no such region */
		return UINT32_MAX;
	default:
		return 0;
	}
}

/* ---- writing --------------------------------------------------------------------- */

static void write_driver_features(struct virtio_dev *dev, uint32_t data)
{
	unsigned int shift = dev->driver_sel ? 32 : 0;

	if (dev->driver_sel > 1 || (dev->status & VIRTIO_FEATURES_OK))
		return;
	dev->driver_features &= ~((uint64_t)UINT32_MAX << shift);
	dev->driver_features |= (uint64_t)data << shift;
}

/* Half of an address, or the size: of a queue that is not in use yet. */
static void write_queue(struct virtio_dev *dev, uint32_t reg, uint32_t data)
{
	unsigned int shift = reg & 4 ? 32 : 0;
	struct virtq *q = selected(dev);
	uint64_t *at;

	if (!q || q->ready)
		return;

	switch (reg & ~4u) {
	case QUEUE_DESC:
		at = &q->desc;
		break;
	case QUEUE_DRIVER:
		at = &q->driver;
		break;
	case QUEUE_DEVICE:
		at = &q->device;
		break;
	default:
		q->size = data;
		return;
	}
	*at &= ~((uint64_t)UINT32_MAX << shift);
	*at |= (uint64_t)data << shift;
}

static uint32_t write_queue_ready(struct virtio_dev *dev, uint32_t data)
{
	struct virtq *q = selected(dev);

	if (!q)
		return 0;
	if (!(data & 1)) {
		q->ready = false;
		return 0;
	}
	if (q->ready || !(dev->status & VIRTIO_FEATURES_OK))
		return 0;
	return virtq_start(q, dev->driver_features) ? 0 : needs_reset(dev);
}

static void write_status(struct virtio_dev *dev, uint32_t data)
{
	uint32_t set = data & SETTABLE & ~dev->status;

	if (!data) {
		reset(dev);
		acknowledge(dev, UINT32_MAX);
		return;
	}
	if ((dev->driver_features & ~dev->features) ||
	    !(dev->driver_features & VIRTIO_F_VERSION_1))
		set &= ~VIRTIO_FEATURES_OK;
	if (!((dev->status | set) & VIRTIO_FEATURES_OK))
		set &= ~VIRTIO_DRIVER_OK;
	dev->status |= set;
	/* requests may have been there before */
	if (set & VIRTIO_DRIVER_OK)
		dev->notify(dev);
}

void virtio_mmio_write(struct virtio_dev *dev, uint32_t reg,
		       unsigned int width, uint64_t data)
{
	uint32_t bits = 0;

	if (width != 4)
		return;

	switch (reg) {
	case FEATURES_SEL:
		dev->features_sel = data;
		return;
	case DRIVER_SEL:
		dev->driver_sel = data;
		return;
	case QUEUE_SEL:
		dev->queue_sel = data;
		return;
	case QUEUE_NOTIFY:
		dev->notify(dev);
		return;
	case INT_ACK:
		acknowledge(dev, data);
		return;
	default:
		break;
	}

	/* waits until the device's thread is done with its piece of work */
	pthread_mutex_lock(&dev->lock);
	switch (reg) {
	case DRIVER_FEATURES:
		write_driver_features(dev, data);
		break;
	case QUEUE_READY:
		bits = write_queue_ready(dev, data);
		break;
	case STATUS:
		write_status(dev, data);
		break;
	case QUEUE_SIZE:
	case QUEUE_DESC:
	case QUEUE_DESC + 4:
	case QUEUE_DRIVER:
	case QUEUE_DRIVER + 4:
	case QUEUE_DEVICE:
	case QUEUE_DEVICE + 4:
		write_queue(dev, reg, data);
		break;
	default:
		break;
	}
	pthread_mutex_unlock(&dev->lock);
	virtio_mmio_raise(dev, bits);
}
