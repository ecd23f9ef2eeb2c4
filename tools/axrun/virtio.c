// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio devices in the machine: the board's slots, and the devices' threads.
 *
 * A notification is a count in an eventfd that the device's thread waits for.
 * The kernel itself adds to it where it can; else the write to the register is
 * an exit, and virtio_notify() does. An interrupt is a line of the board.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "axrun.h"
#include "virtio.h"

/* pieces of work a device does after the guest has ended */
#define LAST_PIECES	1024u

/* ---- registers --------------------------------------------------------------- */

static uint64_t read_register(void *opaque, uint64_t addr, unsigned int width)
{
	struct virtio_dev *dev = opaque;

	return virtio_mmio_read(dev, addr - dev->addr, width);
}

static void write_register(void *opaque, uint64_t addr, unsigned int width,
			   uint64_t data)
{
	struct virtio_dev *dev = opaque;

	virtio_mmio_write(dev, addr - dev->addr, width, data);
}

void virtio_notify(struct virtio_dev *dev)
{
	uint64_t one = 1;

	/* full means that the thread is awake anyway */
	if (write(dev->kick_fd, &one, sizeof(one)) < 0)
		return;
}

static void set_line(struct virtio_dev *dev, bool level)
{
	dev->vm->opt.board->set_irq(dev->vm, dev->irq, level);
}

/* ---- the thread --------------------------------------------------------------- */

/* An interrupt for a driver that has reset the device since would be news. */
static void interrupt(struct virtio_dev *dev, uint32_t bits, uint32_t epoch)
{
	pthread_mutex_lock(&dev->vm->lock);
	if (dev->epoch == epoch)
		virtio_mmio_raise(dev, bits);
	pthread_mutex_unlock(&dev->vm->lock);
}

static bool stopping(const struct virtio_dev *dev)
{
	return __atomic_load_n(&dev->stop, __ATOMIC_RELAXED);
}

static void work(struct virtio_dev *dev)
{
	unsigned int left = LAST_PIECES;
	bool more = true;

	/*
	 * When the guest has ended, what it had asked for is done, such as its
	 * last words on the console; no driver can make that last long.
	 */
	while (more && (!stopping(dev) || left--)) {
		uint32_t epoch;
		uint32_t bits;

		if (dev->kind->outside)
			dev->kind->outside(dev);
		pthread_mutex_lock(&dev->lock);
		epoch = dev->epoch;
		bits = virtio_work(dev, &more);
		pthread_mutex_unlock(&dev->lock);
		if (bits)
			interrupt(dev, bits, epoch);
	}
	if (dev->kind->outside && stopping(dev))
		dev->kind->outside(dev);
}

static void wait(struct virtio_dev *dev)
{
	struct pollfd p[2] = {
		{ .fd = dev->kick_fd, .events = POLLIN },
		{ .fd = -1 },
	};
	uint64_t count;

	if (dev->kind->poll) {
		pthread_mutex_lock(&dev->lock);
		if (virtio_running(dev))
			dev->kind->poll(dev, &p[1]);
		pthread_mutex_unlock(&dev->lock);
	}
	poll(p, ARRAY_SIZE(p), -1);
	/* before the look at the queues, so that none is missed */
	if (p[0].revents && read(dev->kick_fd, &count, sizeof(count)) < 0)
		return;
}

static void *device_thread(void *arg)
{
	struct virtio_dev *dev = arg;

	do {
		work(dev);
		wait(dev);
	} while (!stopping(dev));
	work(dev);
	return NULL;
}

/*
 * Have the kernel signal for writes to the register that notifies. A kernel
 * that cannot leaves them to write_register().
 */
static void route_notify(const struct virtio_dev *dev)
{
	struct axvcpu_io_route route = {
		.addr = dev->addr + VIRTIO_MMIO_NOTIFY,
		.len = sizeof(uint32_t),
		.width = sizeof(uint32_t),
		.fd = dev->kick_fd,
	};

	(void)axv_set_io_route(dev->vm->fd, &route);
}

/* ---- the devices of a machine -------------------------------------------------- */

static struct virtio_dev *add(struct vm *vm, const struct device_option *opt)
{
	const struct virtio_slots *slots = &vm->opt.board->virtio;
	struct virtio_dev *dev = xcalloc(1, sizeof(*dev));
	unsigned int slot = vm->nr_virtio++;
	struct bus_device bus = {
		.read = read_register,
		.write = write_register,
		.opaque = dev,
	};

	dev->kind = opt->kind;
	dev->priv = opt->priv;
	dev->vm = vm;
	dev->mem = &vm->mem;
	dev->notify = virtio_notify;
	dev->set_line = set_line;
	dev->addr = slots->addr + (uint64_t)slot * VIRTIO_SLOT_SIZE;
	dev->irq = slots->irq[slot];
	dev->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (dev->kick_fd < 0)
		die("eventfd: %s", strerror(errno));

	virtio_mmio_init(dev);
	dev->kind->init(dev);
	bus.first = dev->addr;
	bus.last = dev->addr + VIRTIO_SLOT_SIZE - 1;
	bus_add(&vm->mmio, &bus);
	route_notify(dev);
	return dev;
}

void virtio_add_all(struct vm *vm)
{
	for (struct device_option *o = vm->opt.devices; o; o = o->next) {
		/* main.c has counted them */
		unsigned int slot = vm->nr_virtio;

		vm->virtio[slot] = add(vm, o);
	}
}

void virtio_start(struct vm *vm)
{
	sigset_t all;
	sigset_t old;

	/* signals are the first vCPU's thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned int i = 0; i < vm->nr_virtio; i++) {
		struct virtio_dev *dev = vm->virtio[i];
		int ret = pthread_create(&dev->thread, NULL, device_thread,
					 dev);

		if (ret)
			die("cannot start a thread: %s", strerror(ret));
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void virtio_stop(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_virtio; i++) {
		struct virtio_dev *dev = vm->virtio[i];

		__atomic_store_n(&dev->stop, true, __ATOMIC_RELAXED);
		virtio_notify(dev);
		pthread_join(dev->thread, NULL);
	}
}
