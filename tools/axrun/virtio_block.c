// SPDX-License-Identifier: GPL-2.0-only
/* A virtio disk: a file, or a block device of the host. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "axrun.h"
#include "virtio.h"

#define F_SEG_MAX	(1ull << 2)
#define F_READ_ONLY	(1ull << 5)
#define F_FLUSH		(1ull << 9)
#define F_DISCARD	(1ull << 13)

#define SECTOR		512u
#define ID_SIZE		20u
#define MAX_DISCARD	UINT32_MAX
#define MAX_DISCARD_SEGS	16u

enum {
	T_IN		= 0,
	T_OUT		= 1,
	T_FLUSH		= 4,
	T_GET_ID	= 8,
	T_DISCARD	= 11,
};

enum {
	S_OK		= 0,
	S_IOERR		= 1,
	S_UNSUPP	= 2,
};

/* the start of a request, and a range to be discarded */
struct header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

struct range {
	uint64_t sector;
	uint32_t nr;
	uint32_t flags;
};

struct block {
	int fd;
	bool read_only;
	bool device;
	uint64_t size;
	char id[ID_SIZE];
};

/* ---- requests ------------------------------------------------------------------ */

static bool in_range(const struct block *b, uint64_t sector, uint64_t len)
{
	uint64_t sectors = b->size / SECTOR;

	return len % SECTOR == 0 && sector <= sectors &&
	       len / SECTOR <= sectors - sector;
}

/* All of @nr buffers from or to the file; EINTR and short counts go on. */
static bool transfer(const struct block *b, struct iovec *iov, unsigned int nr,
		     uint64_t at, bool write)
{
	while (nr) {
		ssize_t n = write ? pwritev(b->fd, iov, nr, at) :
				    preadv(b->fd, iov, nr, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		while (nr && (size_t)n >= iov->iov_len) {
			n -= iov->iov_len;
			iov++;
			nr--;
		}
		if (nr) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= n;
		}
	}
	return true;
}

static uint8_t do_read(const struct block *b, const struct virtq_chain *c,
		       uint64_t sector, uint64_t len)
{
	struct iovec part[VIRTQ_MAX_SEGS];
	unsigned int nr;

	if (!in_range(b, sector, len))
		return S_IOERR;
	/* all that is to be written but the status byte */
	nr = virtq_slice(c->iov + c->nr_out, c->nr_in, 0, len, part);
	return transfer(b, part, nr, sector * SECTOR, false) ? S_OK : S_IOERR;
}

static uint8_t do_write(const struct block *b, const struct virtq_chain *c,
			uint64_t sector)
{
	uint64_t len = c->out_len - sizeof(struct header);
	struct iovec part[VIRTQ_MAX_SEGS];
	unsigned int nr;

	if (b->read_only || !in_range(b, sector, len))
		return S_IOERR;
	nr = virtq_slice(c->iov, c->nr_out, sizeof(struct header), len, part);
	return transfer(b, part, nr, sector * SECTOR, true) ? S_OK : S_IOERR;
}

static uint8_t do_flush(const struct block *b)
{
	int ret;

	do
		ret = fdatasync(b->fd);
	while (ret && errno == EINTR);
	/* a file that cannot be synced has nothing to lose */
	return !ret || errno == EINVAL || errno == EROFS ? S_OK : S_IOERR;
}

static uint8_t do_discard(const struct block *b, const struct virtq_chain *c)
{
	uint64_t len = c->out_len - sizeof(struct header);
	struct range r[MAX_DISCARD_SEGS];

	if (b->read_only)
		return S_IOERR;
	if (!len || len % sizeof(r[0]) || len > sizeof(r))
		return S_IOERR;

	virtq_read(c, sizeof(struct header), r, len);
	for (unsigned int i = 0; i < len / sizeof(r[0]); i++) {
		if (r[i].flags)
			return S_UNSUPP;
		if (!in_range(b, r[i].sector, (uint64_t)r[i].nr * SECTOR))
			return S_IOERR;
	}
	for (unsigned int i = 0; i < len / sizeof(r[0]); i++) {
		if (r[i].nr &&
		    fallocate(b->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      r[i].sector * SECTOR,
			      (uint64_t)r[i].nr * SECTOR))
			return errno == EOPNOTSUPP ? S_UNSUPP : S_IOERR;
	}
	return S_OK;
}

static uint8_t serve(const struct block *b, const struct virtq_chain *c,
		     const struct header *h, uint64_t in_len, uint32_t *written)
{
	uint8_t status;

	switch (h->type) {
	case T_IN:
		status = do_read(b, c, h->sector, in_len);
		if (status == S_OK)
			*written = in_len;
		return status;
	case T_OUT:
		return do_write(b, c, h->sector);
	case T_FLUSH:
		return do_flush(b);
	case T_GET_ID:
		*written = virtq_write(c, 0, b->id,
				       in_len < ID_SIZE ? in_len : ID_SIZE);
		return S_OK;
	case T_DISCARD:
		return do_discard(b, c);
	default:
		return S_UNSUPP;
	}
}

static bool block_service(struct virtio_dev *dev)
{
	struct virtq_chain *c = &dev->chain;
	const struct block *b = dev->priv;
	struct header h;
	uint32_t written = 0;
	uint64_t in_len;
	uint8_t status;

	if (!virtq_pop(&dev->q[0], c))
		return false;

	/* the last byte is the status; without it nothing can be said */
	if (!c->in_len || c->in_len > UINT32_MAX ||
	    virtq_read(c, 0, &h, sizeof(h)) != sizeof(h)) {
		virtio_broken(dev);
		return false;
	}
	in_len = c->in_len - 1;
	status = serve(b, c, &h, in_len, &written);
	virtq_write(c, in_len, &status, 1);
	/* counted are the bytes up to the last one written */
	virtq_push(&dev->q[0], c, written == in_len ? written + 1 : written);
	return true;
}

/* ---- open -------------------------------------------------------------------- */

static void block_init(struct virtio_dev *dev)
{
	const struct block *b = dev->priv;
	uint64_t capacity = b->size / SECTOR;
	uint32_t seg_max = VIRTQ_MAX_SEGS - 2;
	uint32_t discard[3] = { MAX_DISCARD / SECTOR, MAX_DISCARD_SEGS, 8 };

	dev->features |= F_SEG_MAX | F_FLUSH;
	if (b->read_only)
		dev->features |= F_READ_ONLY;
	else
		dev->features |= F_DISCARD;
	memcpy(dev->config, &capacity, sizeof(capacity));
	memcpy(dev->config + 12, &seg_max, sizeof(seg_max));
	/* sectors and ranges of a request, sectors that go together */
	memcpy(dev->config + 36, discard, sizeof(discard));
}

static void open_file(struct block *b, const char *path)
{
	struct stat st;
	off_t size;

	b->fd = open(path, (b->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (b->fd < 0 || fstat(b->fd, &st) < 0)
		die("--disk %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		die("--disk %s: neither a regular file nor a block device",
		    path);
	size = lseek(b->fd, 0, SEEK_END);
	if (size <= 0 || size % SECTOR)
		die("--disk %s: its size is not a multiple of %u bytes", path,
		    SECTOR);
	b->size = size;
	snprintf(b->id, sizeof(b->id), "axrun-%llx",
		 (unsigned long long)st.st_ino);

	/* two writers would ruin what is on it */
	if (flock(b->fd, (b->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) &&
	    errno == EWOULDBLOCK)
		die("--disk %s: in use", path);
}

static void *block_open(const char *arg)
{
	static const char suffix[] = ",ro";
	struct block *b = xcalloc(1, sizeof(*b));
	size_t len = strlen(arg);
	size_t cut = sizeof(suffix) - 1;
	char *path = strdup(arg);

	if (!path)
		die("out of memory");
	if (len > cut && !strcmp(arg + len - cut, suffix)) {
		b->read_only = true;
		path[len - cut] = '\0';
	}
	open_file(b, path);
	free(path);
	return b;
}

const struct virtio_kind virtio_block = {
	.option = "--disk",
	.many = true,
	.id = VIRTIO_ID_BLOCK,
	.nr_queues = 1,
	.open = block_open,
	.init = block_init,
	.service = block_service,
};
