// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's side of a split virtqueue, as in the virtio specification 1.2.
 * Pure logic on guest memory, which the guest may change under our hands.
 *
 * What the driver may do wrong is told apart nowhere: the queue is broken, and
 * the device asks for a reset.
 */
#include <string.h>

#include "axrun.h"
#include "virtq.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "virtio is little-endian, and so must this host be");

#define DESC_SIZE		16u
#define DESC_F_NEXT		1u
#define DESC_F_WRITE		2u
#define DESC_F_INDIRECT		4u

/* both rings: flags, index, entries, and the index of an event at the end */
#define RING_FLAGS		0u
#define RING_IDX		2u
#define RING_ENTRIES		4u
#define AVAIL_ENTRY		2u
#define USED_ENTRY		8u
#define AVAIL_F_NO_INTERRUPT	1u
#define USED_F_NO_NOTIFY	1u

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static uint16_t load16(const uint8_t *p)
{
	return __atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE);
}

static void store16(uint8_t *p, uint16_t v)
{
	__atomic_store_n((uint16_t *)p, v, __ATOMIC_RELEASE);
}

/* A table may stand anywhere: bytes, copied once. */
static void load_desc(struct desc *d, const uint8_t *table, uint32_t i)
{
	memcpy(d, table + (size_t)i * DESC_SIZE, DESC_SIZE);
	/* the copy is what counts from here on */
	__asm__ volatile("" : : : "memory");
}

void virtq_reset(struct virtq *q, const struct memory *mem)
{
	memset(q, 0, sizeof(*q));
	q->mem = mem;
}

static uint8_t *area(const struct virtq *q, uint64_t gpa, uint64_t len,
		     unsigned int align)
{
	return gpa % align ? NULL : mem_ptr(q->mem, gpa, len);
}

bool virtq_start(struct virtq *q, uint64_t features)
{
	uint32_t n = q->size;

	q->broken = true;
	if (!n || n > VIRTQ_MAX_SIZE || (n & (n - 1)))
		return false;

	/* with the word at the end, whether it is used or not: it is there */
	q->desc_host = area(q, q->desc, n * DESC_SIZE, 16);
	q->driver_host = area(q, q->driver,
			      RING_ENTRIES + n * AVAIL_ENTRY + 2, 2);
	q->device_host = area(q, q->device,
			      RING_ENTRIES + n * USED_ENTRY + 2, 4);
	if (!q->desc_host || !q->driver_host || !q->device_host)
		return false;

	q->indirect = features & VIRTQ_F_INDIRECT;
	q->event_idx = features & VIRTQ_F_EVENT_IDX;
	q->next_avail = 0;
	q->next_used = 0;
	q->signalled_valid = false;
	q->quiet = false;
	q->broken = false;
	q->ready = true;
	return true;
}

/* ---- requests --------------------------------------------------------------- */

static bool add_buffer(const struct virtq *q, struct virtq_chain *c,
		       const struct desc *d)
{
	unsigned int nr = c->nr_out + c->nr_in;
	void *host = mem_ptr(q->mem, d->addr, d->len);

	if (!d->len || !host || nr == VIRTQ_MAX_SEGS)
		return false;

	c->iov[nr].iov_base = host;
	c->iov[nr].iov_len = d->len;
	if (d->flags & DESC_F_WRITE) {
		c->nr_in++;
		c->in_len += d->len;
	} else if (!c->nr_in) {
		c->nr_out++;
		c->out_len += d->len;
	} else {
		/* what is read comes first */
		return false;
	}
	return true;
}

/*
 * All of it must be good before anything of it is used. A loop ends with one
 * buffer too many.
 */
static bool walk(const struct virtq *q, struct virtq_chain *c)
{
	const uint8_t *table = q->desc_host;
	uint32_t n = q->size;
	uint32_t i = c->head;
	bool inside = false;
	struct desc d;

	for (;;) {
		if (i >= n)
			return false;
		load_desc(&d, table, i);

		if (d.flags & DESC_F_INDIRECT) {
			/* the last one, and never inside another */
			if (!q->indirect || inside || (d.flags & DESC_F_NEXT))
				return false;
			n = d.len / DESC_SIZE;
			if (!n || d.len % DESC_SIZE)
				return false;
			table = mem_ptr(q->mem, d.addr, d.len);
			if (!table)
				return false;
			i = 0;
			inside = true;
			continue;
		}

		if (!add_buffer(q, c, &d))
			return false;
		if (!(d.flags & DESC_F_NEXT))
			return true;
		i = d.next;
	}
}

/*
 * How many requests wait. Where none does, the driver is told to notify of the
 * next one before the second look: one of the two sees the other.
 */
static uint16_t waiting(struct virtq *q)
{
	uint16_t nr = load16(q->driver_host + RING_IDX) - q->next_avail;

	if (nr)
		return nr;

	if (q->event_idx)
		store16(q->device_host + RING_ENTRIES + q->size * USED_ENTRY,
			q->next_avail);
	else
		store16(q->device_host + RING_FLAGS, 0);
	q->quiet = false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load16(q->driver_host + RING_IDX) - q->next_avail;
}

bool virtq_pop(struct virtq *q, struct virtq_chain *c)
{
	uint16_t nr;

	if (!q->ready || q->broken)
		return false;

	nr = waiting(q);
	if (!nr)
		return false;

	c->head = load16(q->driver_host + RING_ENTRIES +
			 (q->next_avail & (q->size - 1)) * AVAIL_ENTRY);
	c->nr_out = 0;
	c->nr_in = 0;
	c->out_len = 0;
	c->in_len = 0;
	if (nr > q->size || !walk(q, c)) {
		q->broken = true;
		return false;
	}
	q->next_avail++;

	/* no need to be told of those that come while this one is served */
	if (!q->event_idx && !q->quiet) {
		store16(q->device_host + RING_FLAGS, USED_F_NO_NOTIFY);
		q->quiet = true;
	}
	return true;
}

void virtq_push(struct virtq *q, const struct virtq_chain *c, uint32_t written)
{
	uint32_t entry[2] = { c->head, written };

	if (!q->ready || q->broken)
		return;

	memcpy(q->device_host + RING_ENTRIES +
	       (q->next_used & (q->size - 1)) * USED_ENTRY, entry,
	       sizeof(entry));
	store16(q->device_host + RING_IDX, ++q->next_used);
}

bool virtq_wants_interrupt(struct virtq *q)
{
	uint16_t old = q->signalled;
	bool valid = q->signalled_valid;
	uint16_t event;

	if (!q->ready || q->broken || (valid && old == q->next_used) ||
	    (!valid && !q->next_used))
		return false;

	q->signalled = q->next_used;
	q->signalled_valid = true;
	/* the index is out before the driver's wish is looked at */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!q->event_idx)
		return !(load16(q->driver_host + RING_FLAGS) &
			 AVAIL_F_NO_INTERRUPT);

	event = load16(q->driver_host + RING_ENTRIES + q->size * AVAIL_ENTRY);
	return !valid || (uint16_t)(q->next_used - event - 1) <
			 (uint16_t)(q->next_used - old);
}

/* ---- the bytes of a request -------------------------------------------------- */

unsigned int virtq_slice(const struct iovec *iov, unsigned int nr,
			 uint64_t offset, uint64_t len, struct iovec *to)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < nr && len; i++) {
		uint64_t room = iov[i].iov_len;

		if (offset >= room) {
			offset -= room;
			continue;
		}
		room -= offset;
		if (room > len)
			room = len;
		to[used].iov_base = (char *)iov[i].iov_base + offset;
		to[used++].iov_len = room;
		len -= room;
		offset = 0;
	}
	return used;
}

size_t virtq_read(const struct virtq_chain *c, uint64_t offset, void *to,
		  size_t len)
{
	struct iovec part[VIRTQ_MAX_SEGS];
	unsigned int nr = virtq_slice(c->iov, c->nr_out, offset, len, part);
	size_t done = 0;

	for (unsigned int i = 0; i < nr; i++) {
		memcpy((char *)to + done, part[i].iov_base, part[i].iov_len);
		done += part[i].iov_len;
	}
	return done;
}

size_t virtq_write(const struct virtq_chain *c, uint64_t offset,
		   const void *from, size_t len)
{
	struct iovec part[VIRTQ_MAX_SEGS];
	unsigned int nr = virtq_slice(c->iov + c->nr_out, c->nr_in, offset, len,
				      part);
	size_t done = 0;

	for (unsigned int i = 0; i < nr; i++) {
		memcpy(part[i].iov_base, (const char *)from + done,
		       part[i].iov_len);
		done += part[i].iov_len;
	}
	return done;
}
