// SPDX-License-Identifier: GPL-2.0-only
/* A virtio source of random numbers: the host's. */
#include <errno.h>
#include <sys/random.h>

#include "axrun.h"
#include "virtio.h"

/* no more at a time, however much room a driver gives */
#define MAX_BYTES	4096u

static bool rng_service(struct virtio_dev *dev)
{
	struct virtq_chain *c = &dev->chain;
	uint8_t buf[MAX_BYTES];
	size_t len;
	ssize_t n;

	if (!virtq_pop(&dev->q[0], c))
		return false;
	if (!c->in_len) {
		virtio_broken(dev);
		return false;
	}

	len = c->in_len < sizeof(buf) ? c->in_len : sizeof(buf);
	do
		n = getrandom(buf, len, 0);
	while (n < 0 && errno == EINTR);
	virtq_push(&dev->q[0], c,
		   n > 0 ? virtq_write(c, 0, buf, n) : 0);
	return true;
}

static void rng_init(struct virtio_dev *dev)
{
	(void)dev;
}

static void *rng_open(const char *arg)
{
	(void)arg;
	return NULL;
}

const struct virtio_kind virtio_rng = {
	.option = "--rng",
	.id = VIRTIO_ID_RNG,
	.nr_queues = 1,
	.open = rng_open,
	.init = rng_init,
	.service = rng_service,
};
