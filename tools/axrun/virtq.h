/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtqueue of the split kind, the device's side of it. */
#ifndef AXRUN_VIRTQ_H
#define AXRUN_VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct memory;

/* feature bits of the queues */
#define VIRTQ_F_INDIRECT	(1ull << 28)
#define VIRTQ_F_EVENT_IDX	(1ull << 29)

#define VIRTQ_MAX_SIZE		256u
/* buffers of one request; drivers are told of two less */
#define VIRTQ_MAX_SEGS		256u

/**
 * struct virtq - a queue
 * @mem: guest memory
 * @size: entries, as the driver wants it
 * @desc: where the driver put the descriptor table
 * @driver: the available ring
 * @device: the used ring
 * @ready: virtq_start() found all of it good
 * @broken: the driver does not keep to the rules: nothing works any more
 *
 * The others are the queue's own. Nothing in guest memory is ever trusted: each
 * field is read once, checked, and used from the copy.
 */
struct virtq {
	const struct memory *mem;
	uint32_t size;
	uint64_t desc;
	uint64_t driver;
	uint64_t device;
	bool ready;
	bool broken;

	bool indirect;
	bool event_idx;
	bool quiet;			/* no notifications are wanted */
	bool signalled_valid;
	uint16_t next_avail;
	uint16_t next_used;
	uint16_t signalled;		/* next_used when last asked for an interrupt */
	uint8_t *desc_host;
	uint8_t *driver_host;
	uint8_t *device_host;
};

/**
 * struct virtq_chain - one request
 * @head: its name when it is given back
 * @nr_out: buffers to be read by the device, at @iov
 * @nr_in: buffers to be written, behind them
 * @out_len: bytes of the former
 * @in_len: bytes of the latter
 * @iov: host addresses
 */
struct virtq_chain {
	uint16_t head;
	unsigned int nr_out;
	unsigned int nr_in;
	uint64_t out_len;
	uint64_t in_len;
	struct iovec iov[VIRTQ_MAX_SEGS];
};

void virtq_reset(struct virtq *q, const struct memory *mem);
/* The driver says that all is set: false, and broken, when it is not. */
bool virtq_start(struct virtq *q, uint64_t features);
/*
 * The next request. False: there is none, or the queue is broken. Where there
 * was none, the driver is asked to notify of the next.
 */
bool virtq_pop(struct virtq *q, struct virtq_chain *c);
/* Give one back, with so many bytes written to it. */
void virtq_push(struct virtq *q, const struct virtq_chain *c, uint32_t written);
/* Once after some virtq_push(): does the driver want an interrupt for them? */
bool virtq_wants_interrupt(struct virtq *q);

/* Bytes from or to a request at an offset; how many there were. */
size_t virtq_read(const struct virtq_chain *c, uint64_t offset, void *to,
		  size_t len);
size_t virtq_write(const struct virtq_chain *c, uint64_t offset,
		   const void *from, size_t len);
/* Those of @nr buffers that make up @len bytes from @offset on; how many. */
unsigned int virtq_slice(const struct iovec *iov, unsigned int nr,
			 uint64_t offset, uint64_t len, struct iovec *to);

#endif /* AXRUN_VIRTQ_H */
