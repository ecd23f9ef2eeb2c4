// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio console. It takes the input of axrun's console; output of the serial
 * port and of this device go the same way.
 */
#include <string.h>

#include "axrun.h"
#include "console.h"
#include "virtio.h"

#define RX		0
#define TX		1
#define CHUNK		512u

/* All of it is touched by the device's thread only. */
struct con_dev {
	unsigned char in[CHUNK];	/* on its way to the guest */
	unsigned int in_len;
	unsigned char out[CHUNK];	/* and from there */
	unsigned int out_len;

	/* a request that is longer than a chunk */
	struct virtq_chain tx;
	bool tx_held;
	uint64_t tx_offset;
	uint32_t epoch;
};

/* The console is under vm->lock, which must not be taken inside dev->lock. */
static void con_outside(struct virtio_dev *dev)
{
	struct con_dev *c = dev->priv;

	pthread_mutex_lock(&dev->vm->lock);
	for (unsigned int i = 0; i < c->out_len; i++)
		console_putc(c->out[i]);
	c->out_len = 0;
	if (!c->in_len)
		c->in_len = console_read(c->in, sizeof(c->in));
	pthread_mutex_unlock(&dev->vm->lock);
}

static bool receive(struct virtio_dev *dev, struct con_dev *c)
{
	size_t n;

	if (!c->in_len || !virtq_pop(&dev->q[RX], &dev->chain))
		return false;
	if (!dev->chain.in_len) {
		virtio_broken(dev);
		return false;
	}

	n = virtq_write(&dev->chain, 0, c->in, c->in_len);
	virtq_push(&dev->q[RX], &dev->chain, n);
	c->in_len -= n;
	memmove(c->in, c->in + n, c->in_len);
	return true;
}

static bool transmit(struct virtio_dev *dev, struct con_dev *c)
{
	if (!c->tx_held) {
		if (!virtq_pop(&dev->q[TX], &c->tx))
			return false;
		c->tx_held = true;
		c->tx_offset = 0;
	}

	c->out_len = virtq_read(&c->tx, c->tx_offset, c->out, sizeof(c->out));
	c->tx_offset += c->out_len;
	if (c->tx_offset >= c->tx.out_len) {
		virtq_push(&dev->q[TX], &c->tx, 0);
		c->tx_held = false;
	}
	return true;
}

static bool con_service(struct virtio_dev *dev)
{
	struct con_dev *c = dev->priv;
	bool more;

	if (c->epoch != dev->epoch)
		c->tx_held = false;
	c->epoch = dev->epoch;

	more = receive(dev, c);
	more |= transmit(dev, c);
	return more;
}

static void con_ready(void *opaque)
{
	virtio_notify(opaque);
}

static void con_init(struct virtio_dev *dev)
{
	console_take(con_ready, dev);
}

static void *con_open(const char *arg)
{
	if (strcmp(arg, "virtio"))
		die_usage("--console %s: not 'virtio'", arg);
	return xcalloc(1, sizeof(struct con_dev));
}

const struct virtio_kind virtio_console = {
	.option = "--console",
	.id = VIRTIO_ID_CONSOLE,
	.nr_queues = 2,
	.open = con_open,
	.init = con_init,
	.service = con_service,
	.outside = con_outside,
};
