// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio network card. Its frames go to a tap interface, or over a socket: one
 * frame a message, or over a stream each behind its length in four bytes, the
 * highest first, which is what QEMU, passt and others speak.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "axrun.h"
#include "virtio.h"

#define F_MAC		(1ull << 5)

#define RX		0
#define TX		1
#define HEADER		12u		/* struct virtio_net_hdr_v1 */
#define HEADER_BUFFERS	10u		/* offset of its num_buffers */
#define PREFIX		4u
#define FRAME_MIN	14u
#define FRAME_MAX	65535u
#define MAC_LEN		6u

/* a frame on its way, with room for the prefix of a stream */
struct frame {
	uint8_t data[PREFIX + FRAME_MAX];
	size_t len;			/* bytes there are */
	size_t done;			/* bytes sent of them */
};

/* All of it is touched by the device's thread only. */
struct net {
	int fd;
	bool stream;
	bool gone;			/* the other side has hung up */
	uint8_t mac[MAC_LEN];
	uint32_t epoch;
	struct virtq_chain rx;		/* room for the next frame */
	bool rx_held;
	struct frame in;
	struct frame out;
};

static void hang_up(struct net *n, const char *why)
{
	if (!n->gone)
		say("--net: %s; the guest's network is gone", why);
	n->gone = true;
}

/* ---- from outside --------------------------------------------------------------- */

/* Gather a stream's bytes up to @len: true when they are there. */
static bool gather(struct net *n, size_t len)
{
	while (n->in.len < len) {
		ssize_t got = read(n->fd, n->in.data + n->in.len,
				   len - n->in.len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return false;
		if (got <= 0) {
			hang_up(n, got ? strerror(errno) : "the socket was closed");
			return false;
		}
		n->in.len += got;
	}
	return true;
}

/* The next frame's length, 0: there is none. It is at in.data + PREFIX. */
static size_t next_frame(struct net *n)
{
	uint32_t prefix;
	ssize_t got;

	if (n->gone)
		return 0;
	if (n->stream) {
		if (!gather(n, PREFIX))
			return 0;
		memcpy(&prefix, n->in.data, PREFIX);
		prefix = ntohl(prefix);
		if (!prefix || prefix > FRAME_MAX) {
			hang_up(n, "what comes over the socket are no frames");
			return 0;
		}
		if (!gather(n, PREFIX + prefix))
			return 0;
		n->in.len = 0;
		return prefix;
	}

	do
		got = read(n->fd, n->in.data + PREFIX, FRAME_MAX);
	while (got < 0 && errno == EINTR);
	if (!got || (got < 0 && errno != EAGAIN && errno != ENOBUFS &&
		     errno != ECONNREFUSED))
		hang_up(n, got ? strerror(errno) : "the socket was closed");
	return got > 0 ? got : 0;
}

static bool receive(struct virtio_dev *dev, struct net *n)
{
	uint8_t header[HEADER] = { [HEADER_BUFFERS] = 1 };
	size_t len;

	if (!n->rx_held) {
		if (!virtq_pop(&dev->q[RX], &n->rx))
			return false;
		if (n->rx.in_len < HEADER) {
			virtio_broken(dev);
			return false;
		}
		n->rx_held = true;
	}

	len = next_frame(n);
	if (!len)
		return false;
	/* one that the driver has no room for is lost, as on a wire */
	if (HEADER + len > n->rx.in_len)
		return true;
	virtq_write(&n->rx, 0, header, HEADER);
	virtq_write(&n->rx, HEADER, n->in.data + PREFIX, len);
	virtq_push(&dev->q[RX], &n->rx, HEADER + len);
	n->rx_held = false;
	return true;
}

/* ---- from the guest ---------------------------------------------------------------- */

/* Send what is left of n->out: true when nothing is. */
static bool send_frame(struct net *n)
{
	while (n->out.done < n->out.len && !n->gone) {
		ssize_t put = write(n->fd, n->out.data + n->out.done,
				    n->out.len - n->out.done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return false;
		if (put < 0 && n->stream)
			hang_up(n, strerror(errno));
		/* a frame that does not go out is lost */
		if (put < 0 || !n->stream)
			break;
		n->out.done += put;
	}
	n->out.len = 0;
	n->out.done = 0;
	return true;
}

static bool transmit(struct virtio_dev *dev, struct net *n)
{
	struct virtq_chain *c = &dev->chain;
	uint32_t prefix;
	uint64_t len;

	if (!send_frame(n) || !virtq_pop(&dev->q[TX], c))
		return false;
	if (c->out_len < HEADER) {
		virtio_broken(dev);
		return false;
	}

	len = c->out_len - HEADER;
	if (len >= FRAME_MIN && len <= FRAME_MAX) {
		prefix = htonl(len);
		memcpy(n->out.data, &prefix, PREFIX);
		virtq_read(c, HEADER, n->out.data + PREFIX, len);
		n->out.len = PREFIX + len;
		n->out.done = n->stream ? 0 : PREFIX;
	}
	virtq_push(&dev->q[TX], c, 0);
	return true;
}

static bool net_service(struct virtio_dev *dev)
{
	struct net *n = dev->priv;
	bool more;

	if (n->epoch != dev->epoch)
		n->rx_held = false;
	n->epoch = dev->epoch;

	more = receive(dev, n);
	more |= transmit(dev, n);
	return more;
}

static void net_poll(struct virtio_dev *dev, struct pollfd *p)
{
	const struct net *n = dev->priv;

	if (n->gone)
		return;
	/* what there is no room for waits outside */
	if (n->rx_held)
		p->events |= POLLIN;
	if (n->out.len)
		p->events |= POLLOUT;
	if (p->events)
		p->fd = n->fd;
}

/* ---- open ---------------------------------------------------------------------------- */

static void net_init(struct virtio_dev *dev)
{
	const struct net *n = dev->priv;

	dev->features |= F_MAC;
	memcpy(dev->config, n->mac, MAC_LEN);
}

static void open_tap(struct net *n, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	if (strlen(name) >= sizeof(ifr.ifr_name))
		die_usage("--net tap=%s: too long for an interface", name);
	strcpy(ifr.ifr_name, name);
	n->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (n->fd < 0)
		die("--net tap=%s: /dev/net/tun: %s", name, strerror(errno));
	if (ioctl(n->fd, TUNSETIFF, &ifr))
		die("--net tap=%s: %s", name, strerror(errno));
}

static void open_unix(struct net *n, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sun.sun_path))
		die_usage("--net unix=%s: too long for a socket", path);
	strcpy(sun.sun_path, path);
	n->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0 ||
	    connect(n->fd, (struct sockaddr *)&sun, sizeof(sun)))
		die("--net unix=%s: %s", path, strerror(errno));
}

static void open_fd(struct net *n, const char *text)
{
	uint64_t fd;

	if (!parse_size(text, &fd) || fd > INT32_MAX ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC))
		die_usage("--net fd=%s: not an open file descriptor", text);
	n->fd = fd;
}

/* Cut ",mac=..." off @spec; without it, an address of our own making. */
static void set_mac(struct net *n, char *spec)
{
	char *at = strstr(spec, ",mac=");
	unsigned int m[MAC_LEN];
	char end;

	if (!at) {
		if (getrandom(n->mac, MAC_LEN, 0) != MAC_LEN)
			die("no random numbers: %s", strerror(errno));
		/* one station, locally administered */
		n->mac[0] = (n->mac[0] & 0xfc) | 0x02;
		return;
	}
	if (sscanf(at + 5, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2],
		   &m[3], &m[4], &m[5], &end) != MAC_LEN || (m[0] & 1))
		die_usage("--net %s: not an address of a station", at + 1);
	for (unsigned int i = 0; i < MAC_LEN; i++)
		n->mac[i] = m[i];
	*at = '\0';
}

static void *net_open(const char *arg)
{
	struct net *n = xcalloc(1, sizeof(*n));
	socklen_t len = sizeof(int);
	char *spec = strdup(arg);
	int type;

	if (!spec)
		die("out of memory");
	set_mac(n, spec);
	if (!strncmp(spec, "tap=", 4))
		open_tap(n, spec + 4);
	else if (!strncmp(spec, "unix=", 5))
		open_unix(n, spec + 5);
	else if (!strncmp(spec, "fd=", 3))
		open_fd(n, spec + 3);
	else
		die_usage("--net %s: neither tap=, unix= nor fd=", arg);
	free(spec);

	n->stream = !getsockopt(n->fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
		    type == SOCK_STREAM;
	if (fcntl(n->fd, F_SETFL, fcntl(n->fd, F_GETFL) | O_NONBLOCK))
		die("--net %s: %s", arg, strerror(errno));
	return n;
}

const struct virtio_kind virtio_net = {
	.option = "--net",
	.many = true,
	.id = VIRTIO_ID_NET,
	.nr_queues = 2,
	.open = net_open,
	.init = net_init,
	.service = net_service,
	.poll = net_poll,
};
