// SPDX-License-Identifier: GPL-2.0-only
/* Registers of virtio devices, and the devices behind them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "axrun.h"
#include "console.h"
#include "driver.h"
#include "test.h"

#define F_ALL		(VIRTIO_F_VERSION_1 | VIRTQ_F_INDIRECT | \
			 VIRTQ_F_EVENT_IDX)
#define DISK_SIZE	(64 * KIB)

static struct driver drv;
static int disk_fd;

/* ---- what the console devices want of the console ------------------------------- */

static unsigned char typed[64];
static unsigned int typed_len;
static char shown[4096];
static unsigned int shown_len;

void console_putc(unsigned char c)
{
	if (shown_len < sizeof(shown))
		shown[shown_len++] = c;
}

void console_take(void (*ready)(void *opaque), void *opaque)
{
	(void)ready;
	(void)opaque;
}

unsigned int console_read(unsigned char *buf, unsigned int len)
{
	unsigned int n = typed_len < len ? typed_len : len;

	memcpy(buf, typed, n);
	typed_len -= n;
	memmove(typed, typed + n, typed_len);
	return n;
}

/* ---- registers -------------------------------------------------------------------- */

static void open_disk(const char *suffix)
{
	char arg[64];

	disk_fd = memfd_create("disk", 0);
	if (disk_fd < 0 || ftruncate(disk_fd, DISK_SIZE))
		abort();
	snprintf(arg, sizeof(arg), "/proc/self/fd/%d%s", disk_fd, suffix);
	driver_open(&drv, &virtio_block, virtio_block.open(arg));
}

static void close_disk(void)
{
	/* the first member of the device's own: its file */
	close(*(int *)drv.dev.priv);
	free(drv.dev.priv);
	close(disk_fd);
	driver_close(&drv);
}

static void identity(void)
{
	open_disk("");
	EXPECT_EQ(reg_read(&drv, 0x000), 0x74726976);
	EXPECT_EQ(reg_read(&drv, 0x004), 2);
	EXPECT_EQ(reg_read(&drv, 0x008), 2);
	EXPECT_EQ(reg_read(&drv, 0x034), VIRTQ_MAX_SIZE);
	reg_write(&drv, 0x030, 1);
	EXPECT_EQ(reg_read(&drv, 0x034), 0);
	reg_write(&drv, 0x014, 0);
	EXPECT_EQ(reg_read(&drv, 0x010), 1u << 28 | 1u << 29 | 1u << 2 |
					 1u << 9 | 1u << 13);
	reg_write(&drv, 0x014, 1);
	EXPECT_EQ(reg_read(&drv, 0x010), 1);
	reg_write(&drv, 0x014, 2);
	EXPECT_EQ(reg_read(&drv, 0x010), 0);
	EXPECT_EQ(reg_read(&drv, 0x0fc), 0);
	EXPECT_EQ(reg_read(&drv, 0x0b0), UINT32_MAX);

	/* the capacity, by every width */
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x100, 8), DISK_SIZE / 512);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x100, 4), DISK_SIZE / 512);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x100, 2), DISK_SIZE / 512);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x100, 1), DISK_SIZE / 512);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x13e, 4), 0);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0xffc, 4), 0);
	/* registers have one width */
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x000, 1), 0);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x000, 8), 0);
	virtio_mmio_write(&drv.dev, 0x070, 1, 1);
	EXPECT_EQ(reg_read(&drv, 0x070), 0);
	close_disk();
}

static void choose(uint64_t features)
{
	reg_write(&drv, 0x070, 0);
	reg_write(&drv, 0x070, 0x03);
	reg_write(&drv, 0x024, 0);
	reg_write(&drv, 0x020, features);
	reg_write(&drv, 0x024, 1);
	reg_write(&drv, 0x020, features >> 32);
	reg_write(&drv, 0x024, 2);
	reg_write(&drv, 0x020, UINT32_MAX);
	reg_write(&drv, 0x070, 0x0b);
}

static void negotiation(void)
{
	open_disk(",ro");
	reg_write(&drv, 0x014, 0);
	EXPECT_EQ(reg_read(&drv, 0x010) & (1u << 5 | 1u << 13), 1u << 5);
	choose(VIRTIO_F_VERSION_1);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0b);
	choose(F_ALL);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0b);
	/* a driver of old, and one that wants what is not there */
	choose(1u << 5);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x03);
	choose(F_ALL | 1u << 13);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x03);
	choose(UINT64_MAX);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x03);

	/* nobody works without an agreement */
	reg_write(&drv, 0x070, 0x07);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x03);
	EXPECT_EQ(drv.notified, 0);
	reg_write(&drv, 0x044, 1);
	EXPECT_EQ(reg_read(&drv, 0x044), 0);

	/* and it cannot be changed, nor bits of the status taken back */
	choose(F_ALL);
	reg_write(&drv, 0x024, 0);
	reg_write(&drv, 0x020, UINT32_MAX);
	reg_write(&drv, 0x070, 0x0f);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	EXPECT_EQ(drv.notified, 1);
	reg_write(&drv, 0x070, 0x01);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	reg_write(&drv, 0x070, 0xcf);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x8f);
	reg_write(&drv, 0x070, 0);
	EXPECT_EQ(reg_read(&drv, 0x070), 0);
	close_disk();
}

static void queue_in_use(void)
{
	open_disk("");
	driver_start(&drv, F_ALL, SIZE);
	EXPECT_EQ(reg_read(&drv, 0x044), 1);
	/* does not move */
	reg_write(&drv, 0x038, 4);
	reg_write(&drv, 0x080, 0);
	reg_write(&drv, 0x0a4, 0x1234);
	EXPECT_EQ(drv.dev.q[0].size, SIZE);
	EXPECT_EQ(drv.dev.q[0].desc, DESC(0));
	EXPECT_EQ(drv.dev.q[0].device, USED(0));
	/* there is no such queue */
	reg_write(&drv, 0x030, 1);
	reg_write(&drv, 0x038, 4);
	reg_write(&drv, 0x044, 1);
	EXPECT_EQ(reg_read(&drv, 0x044), 0);
	reg_write(&drv, 0x030, UINT32_MAX);
	reg_write(&drv, 0x0a0, 4);
	reg_write(&drv, 0x044, 1);
	EXPECT_EQ(reg_read(&drv, 0x044), 0);
	reg_write(&drv, VIRTIO_MMIO_NOTIFY, UINT32_MAX);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);

	/* a reset takes all of it, and the interrupt, away */
	virtio_mmio_raise(&drv.dev, VIRTIO_INT_QUEUE);
	EXPECT(drv.line);
	EXPECT_EQ(reg_read(&drv, 0x060), 1);
	reg_write(&drv, 0x070, 0);
	EXPECT(!drv.line);
	EXPECT_EQ(reg_read(&drv, 0x060), 0);
	EXPECT_EQ(reg_read(&drv, 0x044), 0);
	close_disk();
}

/* ---- disk ---------------------------------------------------------------------------- */

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11 };

/* Where the request's parts are: header, data, status. */
#define HEAD		BUF
#define DATA		(BUF + 0x1000)
#define STATUS		(BUF + 0x800)

/* One request with @len bytes of data; its status. */
static unsigned int request(uint32_t type, uint64_t sector, uint32_t len,
			    bool to_device)
{
	uint8_t *head = driver_ptr(&drv, HEAD);
	uint8_t *status = driver_ptr(&drv, STATUS);
	uint16_t before = used_idx(&drv, 0);

	memset(head, 0, 16);
	memcpy(head, &type, 4);
	memcpy(head + 8, &sector, 8);
	*status = 0xee;
	set_desc(&drv, DESC(0), 0, HEAD, 16, NEXT, len ? 1 : 2);
	set_desc(&drv, DESC(0), 1, DATA, len, NEXT | (to_device ? 0 : WRITE), 2);
	set_desc(&drv, DESC(0), 2, STATUS, 1, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), (uint16_t)(before + 1));
	return *status;
}

static void fill(uint8_t seed, uint32_t len)
{
	uint8_t *p = driver_ptr(&drv, DATA);

	for (uint32_t i = 0; i < len; i++)
		p[i] = seed + i * 7;
}

static void disk_requests(void)
{
	uint8_t want[4096];
	uint8_t file[4096];

	open_disk("");
	driver_start(&drv, F_ALL, SIZE);
	fill(3, sizeof(want));
	memcpy(want, driver_ptr(&drv, DATA), sizeof(want));
	EXPECT_EQ(request(OUT, 5, sizeof(want), true), 0);
	EXPECT_EQ(pread(disk_fd, file, sizeof(file), 5 * 512), sizeof(file));
	EXPECT(!memcmp(file, want, sizeof(want)));
	EXPECT_EQ(request(FLUSH, 0, 0, true), 0);

	memset(driver_ptr(&drv, DATA), 0, sizeof(want));
	EXPECT_EQ(request(IN, 5, sizeof(want), false), 0);
	EXPECT(!memcmp(driver_ptr(&drv, DATA), want, sizeof(want)));
	EXPECT_EQ(used_len(&drv, 0, used_idx(&drv, 0) - 1), sizeof(want) + 1);

	EXPECT_EQ(request(GET_ID, 0, 20, false), 0);
	EXPECT(!memcmp(driver_ptr(&drv, DATA), "axrun-", 6));
	EXPECT_EQ(request(GET_ID, 0, 4, false), 0);
	EXPECT_EQ(request(99, 0, 0, true), 2);

	/* the last sector, and one beyond */
	EXPECT_EQ(request(OUT, DISK_SIZE / 512 - 1, 512, true), 0);
	EXPECT_EQ(request(OUT, DISK_SIZE / 512 - 1, 1024, true), 1);
	EXPECT_EQ(request(OUT, DISK_SIZE / 512, 512, true), 1);
	EXPECT_EQ(request(IN, DISK_SIZE / 512, 512, false), 1);
	EXPECT_EQ(request(IN, UINT64_MAX, 512, false), 1);
	EXPECT_EQ(request(IN, UINT64_MAX / 512 + 1, 512, false), 1);
	EXPECT_EQ(request(IN, 0, 511, false), 1);
	EXPECT_EQ(request(OUT, 0, 513, true), 1);
	close_disk();
}

/* Parts may be cut anywhere: a header in two, data and status in one. */
static void disk_odd_parts(void)
{
	uint8_t *head = driver_ptr(&drv, HEAD);
	uint8_t sector[512];

	open_disk("");
	head = driver_ptr(&drv, HEAD);
	driver_start(&drv, F_ALL, SIZE);
	memset(sector, 0x5c, sizeof(sector));
	EXPECT_EQ(pwrite(disk_fd, sector, sizeof(sector), 512), sizeof(sector));

	memset(head, 0, 16);
	head[8] = 1;
	memset(driver_ptr(&drv, DATA), 0xee, 1024);
	set_desc(&drv, DESC(0), 0, HEAD, 3, NEXT, 1);
	set_desc(&drv, DESC(0), 1, HEAD + 3, 13, NEXT, 2);
	set_desc(&drv, DESC(0), 2, DATA, 100, NEXT | WRITE, 3);
	set_desc(&drv, DESC(0), 3, DATA + 100, 413, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_len(&drv, 0, 0), 513);
	EXPECT(!memcmp(driver_ptr(&drv, DATA), sector, 512));
	EXPECT_EQ(*(uint8_t *)driver_ptr(&drv, DATA + 512), 0);
	EXPECT_EQ(*(uint8_t *)driver_ptr(&drv, DATA + 513), 0xee);
	close_disk();
}

static void disk_read_only(void)
{
	open_disk(",ro");
	driver_start(&drv, F_ALL, SIZE);
	EXPECT_EQ(request(IN, 0, 512, false), 0);
	EXPECT_EQ(request(OUT, 0, 512, true), 1);
	EXPECT_EQ(request(DISCARD, 0, 16, true), 1);
	EXPECT_EQ(request(FLUSH, 0, 0, true), 0);
	close_disk();
}

static void set_range(unsigned int i, uint64_t sector, uint32_t nr,
		      uint32_t flags)
{
	uint8_t *p = driver_ptr(&drv, DATA + i * 16);

	memcpy(p, &sector, 8);
	memcpy(p + 8, &nr, 4);
	memcpy(p + 12, &flags, 4);
}

static void disk_discard(void)
{
	uint8_t file[1024];

	open_disk("");
	driver_start(&drv, F_ALL, SIZE);
	memset(file, 0xff, sizeof(file));
	for (int i = 0; i < 64; i++)
		EXPECT_EQ(pwrite(disk_fd, file, sizeof(file), i * 1024), 1024);
	set_range(0, 8, 8, 0);
	set_range(1, 32, 16, 0);
	EXPECT_EQ(request(DISCARD, 0, 32, true), 0);
	EXPECT_EQ(pread(disk_fd, file, 1024, 7 * 512), 1024);
	EXPECT_EQ(file[511], 0xff);
	EXPECT_EQ(file[512], 0);
	EXPECT_EQ(pread(disk_fd, file, 1024, 47 * 512), 1024);
	EXPECT_EQ(file[511], 0);
	EXPECT_EQ(file[512], 0xff);

	/* none of a request is done when one is bad */
	set_range(0, 0, 8, 0);
	set_range(1, DISK_SIZE / 512 - 1, 2, 0);
	EXPECT_EQ(request(DISCARD, 0, 32, true), 1);
	set_range(1, UINT64_MAX, UINT32_MAX, 0);
	EXPECT_EQ(request(DISCARD, 0, 32, true), 1);
	set_range(1, 0, 1, 1);
	EXPECT_EQ(request(DISCARD, 0, 32, true), 2);
	EXPECT_EQ(request(DISCARD, 0, 15, true), 1);
	EXPECT_EQ(request(DISCARD, 0, 0, true), 1);
	EXPECT_EQ(request(DISCARD, 0, 17 * 16, true), 1);
	EXPECT_EQ(pread(disk_fd, file, 1024, 0), 1024);
	EXPECT_EQ(file[0], 0xff);
	close_disk();
}

/* Requests in which nothing can be answered. */
static void disk_garbage(void)
{
	open_disk("");
	driver_start(&drv, F_ALL, SIZE);
	set_desc(&drv, DESC(0), 0, HEAD, 15, NEXT, 1);
	set_desc(&drv, DESC(0), 1, STATUS, 1, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);

	driver_start(&drv, F_ALL, SIZE);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	set_desc(&drv, DESC(0), 0, HEAD, 16, 0, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);

	driver_start(&drv, F_ALL, SIZE);
	set_desc(&drv, DESC(0), 0, HEAD, 16, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);
	close_disk();
}

/* ---- network card ---------------------------------------------------------------- */

static int peer;

static void open_net(int type)
{
	char arg[64];
	int fd[2];

	if (socketpair(AF_UNIX, type, 0, fd))
		abort();
	peer = fd[1];
	snprintf(arg, sizeof(arg), "fd=%d,mac=02:00:00:00:00:17", fd[0]);
	driver_open(&drv, &virtio_net, virtio_net.open(arg));
	driver_start(&drv, F_ALL, SIZE);
	EXPECT_EQ(virtio_mmio_read(&drv.dev, 0x105, 1), 0x17);
}

static void close_net(void)
{
	close(*(int *)drv.dev.priv);
	free(drv.dev.priv);
	close(peer);
	driver_close(&drv);
}

static void send_to_peer(uint32_t len, uint16_t head)
{
	fill(9, len);
	memset(driver_ptr(&drv, HEAD), 0, 12);
	set_desc(&drv, DESC(1), head, HEAD, 12, NEXT, head + 1);
	set_desc(&drv, DESC(1), head + 1, DATA, len, 0, 0);
	offer(&drv, 1, head);
	work_all(&drv);
}

static void net_frames(void)
{
	uint8_t frame[2048];

	open_net(SOCK_SEQPACKET);
	send_to_peer(60, 0);
	EXPECT_EQ(used_idx(&drv, 1), 1);
	EXPECT_EQ(recv(peer, frame, sizeof(frame), MSG_DONTWAIT), 60);
	EXPECT(!memcmp(frame, driver_ptr(&drv, DATA), 60));

	/* waits until there is room, and fills header and frame in */
	EXPECT_EQ(send(peer, frame, 60, 0), 60);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 0);
	memset(driver_ptr(&drv, DATA), 0xee, 2048);
	set_desc(&drv, DESC(0), 0, DATA, 2048, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 1);
	EXPECT_EQ(used_len(&drv, 0, 0), 72);
	EXPECT_EQ(*(uint8_t *)driver_ptr(&drv, DATA + 10), 1);
	EXPECT(!memcmp(driver_ptr(&drv, DATA + 12), frame, 60));

	/* one that does not fit is lost, the next one comes */
	set_desc(&drv, DESC(0), 0, DATA, 100, WRITE, 0);
	offer(&drv, 0, 0);
	EXPECT_EQ(send(peer, frame, 200, 0), 200);
	EXPECT_EQ(send(peer, frame, 88, 0), 88);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 2);
	EXPECT_EQ(used_len(&drv, 0, 1), 100);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	close_net();
}

static void net_stream(void)
{
	static const uint8_t start[] = { 0, 0, 0, 60, 1, 2, 3 };
	uint8_t frame[2048] = { 0 };

	open_net(SOCK_STREAM);
	send_to_peer(60, 0);
	EXPECT_EQ(recv(peer, frame, sizeof(frame), MSG_DONTWAIT), 64);
	EXPECT(!memcmp(frame, start, 4));

	/* in pieces */
	set_desc(&drv, DESC(0), 0, DATA, 2048, WRITE, 0);
	offer(&drv, 0, 0);
	for (size_t i = 0; i < sizeof(start); i++) {
		EXPECT_EQ(send(peer, start + i, 1, 0), 1);
		work_all(&drv);
		EXPECT_EQ(used_idx(&drv, 0), 0);
	}
	EXPECT_EQ(send(peer, frame, 57, 0), 57);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 1);
	EXPECT_EQ(used_len(&drv, 0, 0), 72);
	EXPECT(!memcmp(driver_ptr(&drv, DATA + 12), start + 4, 3));

	/* a peer that does not read holds up what is sent, nothing else */
	for (unsigned int i = 0; i < 2000; i++)
		send_to_peer(1500, 0);
	EXPECT(used_idx(&drv, 1) < 2001);
	EXPECT_EQ(reg_read(&drv, 0x070) & 0x0f, 0x0f);
	close_net();
}

static void net_garbage(void)
{
	open_net(SOCK_SEQPACKET);
	set_desc(&drv, DESC(1), 0, HEAD, 11, 0, 0);
	offer(&drv, 1, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);

	driver_start(&drv, F_ALL, SIZE);
	set_desc(&drv, DESC(0), 0, DATA, 11, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);

	/* too short and too long to be frames: gone */
	driver_start(&drv, F_ALL, SIZE);
	send_to_peer(13, 0);
	set_desc(&drv, DESC(1), 2, HEAD, 12, NEXT, 3);
	set_desc(&drv, DESC(1), 3, BUF, 0x20000, 0, 0);
	offer(&drv, 1, 2);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 1), 2);
	EXPECT_EQ(recv(peer, driver_ptr(&drv, DATA), 64, MSG_DONTWAIT), -1);
	close_net();
}

/* ---- console and random numbers ---------------------------------------------------- */

static void console_both_ways(void)
{
	static struct vm vm = { .lock = PTHREAD_MUTEX_INITIALIZER };
	uint8_t *data;

	driver_open(&drv, &virtio_console, virtio_console.open("virtio"));
	drv.dev.vm = &vm;
	driver_start(&drv, F_ALL, SIZE);
	data = driver_ptr(&drv, DATA);

	/* more than goes at once, in one request */
	for (unsigned int i = 0; i < 1300; i++)
		data[i] = 'a' + i % 26;
	set_desc(&drv, DESC(1), 0, DATA, 1300, 0, 0);
	offer(&drv, 1, 0);
	shown_len = 0;
	for (unsigned int i = 0; i < 4; i++) {
		bool more;

		virtio_console.outside(&drv.dev);
		virtio_work(&drv.dev, &more);
	}
	EXPECT_EQ(used_idx(&drv, 1), 1);
	EXPECT_EQ(shown_len, 1300);
	EXPECT(!memcmp(shown, data, 1300));

	/* input waits for room and comes in the pieces there is room for */
	memcpy(typed, "hello", 5);
	typed_len = 5;
	virtio_console.outside(&drv.dev);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 0);
	set_desc(&drv, DESC(0), 0, DATA, 3, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_len(&drv, 0, 0), 3);
	EXPECT(!memcmp(data, "hel", 3));
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_len(&drv, 0, 1), 2);
	EXPECT(!memcmp(data, "lo", 2));

	/* room that is none */
	typed_len = 1;
	virtio_console.outside(&drv.dev);
	set_desc(&drv, DESC(0), 0, DATA, 3, 0, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);
	free(drv.dev.priv);
	driver_close(&drv);
}

static void random_numbers(void)
{
	uint8_t *data;
	unsigned int zeroes = 0;

	driver_open(&drv, &virtio_rng, NULL);
	driver_start(&drv, F_ALL, SIZE);
	data = driver_ptr(&drv, DATA);
	set_desc(&drv, DESC(0), 0, DATA, 64, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_len(&drv, 0, 0), 64);
	for (unsigned int i = 0; i < 64; i++)
		zeroes += !data[i];
	EXPECT(zeroes < 16);
	EXPECT_EQ(data[64], 0);

	/* a little of what is wanted is good enough */
	set_desc(&drv, DESC(0), 0, DATA, 0x10000, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_len(&drv, 0, 1), 4096);

	set_desc(&drv, DESC(0), 0, DATA, 64, 0, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x4f);
	driver_close(&drv);
}

/* ---- any garbage ---------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252ull;

static uint32_t dice(uint32_t sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % sides;
}

/* Mostly what a driver would write, so that some of it gets far. */
static void scribble(unsigned int nr)
{
	static const uint64_t places[] = {
		BUF, BUF + 0x100, DATA, RAM_GPA, RAM_GPA + RAM_LEN - 16, 0,
		UINT64_MAX - 100, TABLE, DESC(0), USED(0),
	};
	static const uint32_t lens[] = {
		16, 1, 512, 4096, 0, 20, 32, 0xffffffff, 15, 64,
	};

	while (nr--) {
		uint64_t table = dice(3) ? DESC(dice(2)) : TABLE;

		set_desc(&drv, table, dice(SIZE), places[dice(10)],
			 lens[dice(10)], dice(8), dice(10));
	}
}

static void random_step(void)
{
	uint8_t *head = driver_ptr(&drv, BUF);

	scribble(4);
	head[0] = dice(16);
	head[8] = dice(200);
	offer(&drv, dice(drv.dev.kind->nr_queues), dice(SIZE + 1));
	if (!dice(50))
		set_avail_idx(&drv, 0, dice(65536));
	if (!dice(20))
		reg_write(&drv, dice(0x104) & ~3u, dice(UINT32_MAX));
	work_all(&drv);
	if (reg_read(&drv, 0x070) != 0x0f)
		driver_start(&drv, F_ALL, SIZE);
}

/* Nothing outside of guest memory is touched: a guard on both sides says so. */
static void random_drivers(void)
{
	struct stat st;

	open_disk("");
	driver_start(&drv, F_ALL, SIZE);
	for (unsigned int i = 0; i < 100000; i++)
		random_step();
	EXPECT(!fstat(disk_fd, &st));
	EXPECT_EQ(st.st_size, DISK_SIZE);
	close_disk();

	open_net(SOCK_SEQPACKET);
	for (unsigned int i = 0; i < 50000; i++) {
		char frame[256];

		random_step();
		if (recv(peer, frame, sizeof(frame), MSG_DONTWAIT) < 0)
			(void)!send(peer, frame, 60, MSG_DONTWAIT);
	}
	close_net();
}

/* as many times the device gave up before this has been tried enough */
#define RACES		1000u

static bool racing;

static void *race(void *arg)
{
	uint8_t *queues = driver_ptr(&drv, DESC(0));
	uint64_t x = 0x9e3779b97f4a7c15ull;

	(void)arg;
	while (__atomic_load_n(&racing, __ATOMIC_RELAXED)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* descriptors and rings, under the device's hands */
		queues[(x >> 8) % 0x80 + ((x >> 20) % 3) * 0x1000] = x >> 32;
		/* the index goes on, so that there is work */
		queues[0x1002] += (x >> 40) % 3;
	}
	return NULL;
}

static void racing_drivers(void)
{
	uint64_t until = now_ns() + 90 * NSEC_PER_SEC;
	unsigned int resets = 0;
	struct stat st;
	pthread_t t;

	open_disk("");
	driver_start(&drv, F_ALL, SIZE);
	racing = true;
	if (pthread_create(&t, NULL, race, NULL))
		abort();
	while (resets < RACES && now_ns() < until) {
		bool more;

		scribble(2);
		pthread_mutex_lock(&drv.dev.lock);
		virtio_work(&drv.dev, &more);
		pthread_mutex_unlock(&drv.dev.lock);
		if (reg_read(&drv, 0x070) != 0x0f) {
			driver_start(&drv, F_ALL, SIZE);
			resets++;
		}
	}
	__atomic_store_n(&racing, false, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	EXPECT(resets >= RACES);
	EXPECT(!fstat(disk_fd, &st));
	EXPECT_EQ(st.st_size, DISK_SIZE);
	close_disk();
}

const struct test virtio_tests[] = {
	{ "virtio: what a device is", identity },
	{ "virtio: features and status", negotiation },
	{ "virtio: a queue in use", queue_in_use },
	{ "virtio: disk: requests", disk_requests },
	{ "virtio: disk: parts cut anywhere", disk_odd_parts },
	{ "virtio: disk: read-only", disk_read_only },
	{ "virtio: disk: discard", disk_discard },
	{ "virtio: disk: garbage", disk_garbage },
	{ "virtio: net: frames", net_frames },
	{ "virtio: net: a stream", net_stream },
	{ "virtio: net: garbage", net_garbage },
	{ "virtio: console: both ways", console_both_ways },
	{ "virtio: random numbers", random_numbers },
	{ "virtio: drivers that write anything", random_drivers },
	{ "virtio: drivers that write meanwhile", racing_drivers },
	{ NULL, NULL },
};
