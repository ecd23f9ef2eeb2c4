// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event routes of ports: OUT and OUTS, their filters, and what is between memory and
 * a device. And the instructions beyond MOV that write to one.
 *
 * rig: timeout=60 arch=x86
 */
#include "common/route.h"

DECLARE_GUEST_SYM(route, out8);
DECLARE_GUEST_SYM(route, out16);
DECLARE_GUEST_SYM(route, out32);
DECLARE_GUEST_SYM(route, outs_words);
DECLARE_GUEST_SYM(route, modify);
DECLARE_GUEST_SYM(route, fill);

#define PORT	0x510

static const struct axt_config ready = {
	.start = AXT_START_PAGED,
	GUEST(route),
};

static int port_route(struct axt *f, uint64_t addr, uint64_t len, uint32_t width)
{
	struct axvcpu_io_route r = {
		.flags = AXVCPU_ROUTE_PORT, .addr = addr, .len = len, .width = width,
		.fd = new_event(),
	};

	ASSERT_OK(axv_set_io_route(f->vm, &r));
	return r.fd;
}

static bool passes(struct axt *f, uint64_t label, uint64_t port, uint64_t value)
{
	route_go(&f->v, label, port, value, 1);
	ASSERT_OK(axv_run(&f->v));
	if (f->exit->reason == AXVCPU_EXIT_HYPERCALL)
		return true;
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_IO_WRITE);
	axv_fulfil(&f->v, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	return false;
}

TEST(out, &ready)
{
	int any = port_route(f, PORT, 2, 0), word = port_route(f, PORT + 8, 1, 2);
	int last = port_route(f, 0xffff, 1, 0);
	int mem = new_event();

	ASSERT_OK(axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
			   .addr = PORT + 16, .len = 1, .fd = mem }));
	EXPECT_TRUE(passes(f, ROUTE(out8), PORT, 1));
	EXPECT_TRUE(passes(f, ROUTE(out16), PORT + 1, 1));
	EXPECT_TRUE(passes(f, ROUTE(out32), PORT, 1));
	EXPECT_TRUE(!passes(f, ROUTE(out8), PORT + 2, 1));
	EXPECT_EQ(events(any), 3);
	EXPECT_TRUE(passes(f, ROUTE(out16), PORT + 8, 1));
	EXPECT_TRUE(!passes(f, ROUTE(out8), PORT + 8, 1));
	EXPECT_TRUE(!passes(f, ROUTE(out32), PORT + 8, 1));
	EXPECT_EQ(events(word), 1);
	EXPECT_TRUE(passes(f, ROUTE(out8), 0xffff, 1));
	EXPECT_EQ(events(last), 1);
	/* a route of memory is none of a port */
	EXPECT_TRUE(!passes(f, ROUTE(out8), PORT + 16, 1));
	EXPECT_EQ(events(mem), 0);
	EXPECT_ERR(EINVAL, axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
			   .addr = 0xffff, .len = 2, .flags = AXVCPU_ROUTE_PORT, .fd = mem }));
	EXPECT_ERR(EINVAL, axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
			   .addr = 0x10000, .len = 1, .flags = AXVCPU_ROUTE_PORT, .fd = mem }));
}

/* The filter comes first, and EXIT does not make an exit of what has a route. */
TEST(filters, &ready)
{
	struct axvcpu_filter_range range = { .first = PORT, .last = PORT };
	int fd = port_route(f, PORT, 1, 0);

	range.write = AXVCPU_FILTER_EXIT;
	ASSERT_OK(axv_set_io_filter(f->vm, &range, 1));
	EXPECT_TRUE(passes(f, ROUTE(out8), PORT, 1));
	EXPECT_EQ(events(fd), 1);
	range.write = AXVCPU_FILTER_IGNORE;
	ASSERT_OK(axv_set_io_filter(f->vm, &range, 1));
	EXPECT_TRUE(passes(f, ROUTE(out8), PORT, 1));
	EXPECT_EQ(events(fd), 0);
}

/* The port that turns off is a port like others for a route. */
TEST(power_off_port, &ready)
{
	int fd = port_route(f, 0x604, 1, 0);

	EXPECT_TRUE(passes(f, ROUTE(out16), 0x604, 0x2000));
	EXPECT_EQ(events(fd), 1);
}

/* Element by element: those with a route, then an exit for the others. */
TEST(outs, &ready)
{
	struct axvcpu_io_route r = {
		.flags = AXVCPU_ROUTE_PORT | AXVCPU_ROUTE_MATCH, .addr = PORT, .len = 1,
		.width = 2, .data = 0x1111,
	};
	static const uint16_t words[6] = { 0x1111, 0x1111, 0x2222, 0x3333, 0x1111, 0x1111 };
	volatile uint16_t *data = (void *)f->v.run->data;

	r.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	memcpy(f->ram + GUEST_DATA, words, sizeof(words));
	route_go(&f->v, ROUTE(outs_words), GUEST_DATA, PORT, ARRAY_SIZE(words));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_WRITE);
	EXPECT_EQ(events(r.fd), 2);
	EXPECT_EQ(f->exit->io.count, 4);
	EXPECT_EQ(data[0], 0x2222);
	EXPECT_EQ(data[3], 0x1111);
	axv_fulfil(&f->v, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(events(r.fd), 0);
}

/* Only the write has a route: the read exits, and its answer is what is written. */
TEST(read_and_write, &ready)
{
	struct axvcpu_io_route r = { .addr = ROUTE_BELL, .len = 1, .flags = AXVCPU_ROUTE_RING };
	struct axvcpu_ring_record rec;
	struct axv_ring ring;

	ASSERT_OK(axv_ring_create(&f->dev, 8, -1, &ring));
	r.fd = ring.fd;
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	route_go(&f->v, ROUTE(modify), ROUTE_BELL, 5, 1);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(axv_ring_take(&ring, &rec), 0);
	axv_fulfil(&f->v, 0xfffffffe);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	ASSERT_EQ(axv_ring_take(&ring, &rec), 1);
	EXPECT_EQ(rec.value, 3);
	EXPECT_EQ(rec.width, 4);
}

/* REP STOS over the edge of a route. */
TEST(string_to_memory, &ready)
{
	struct axvcpu_io_route r = { .addr = ROUTE_BELL, .len = 16, .flags = AXVCPU_ROUTE_RING };
	struct axvcpu_ring_record rec;
	struct axv_ring ring;

	ASSERT_OK(axv_ring_create(&f->dev, 8, -1, &ring));
	r.fd = ring.fd;
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	route_go(&f->v, ROUTE(fill), ROUTE_BELL, 0x5eed, 6);
	for (int i = 4; i < 6; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_WRITE);
		EXPECT_EQ(f->exit->mmio.gpa, ROUTE_BELL + 4 * i);
		axv_fulfil(&f->v, 0);
	}
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(axv_ring_take(&ring, &rec), 1);
		EXPECT_EQ(rec.addr, ROUTE_BELL + 4 * i);
		EXPECT_EQ(rec.value, 0x5eed);
	}
	EXPECT_EQ(axv_ring_take(&ring, &rec), 0);
}
