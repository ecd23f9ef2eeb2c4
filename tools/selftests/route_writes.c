// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest writes that are events: which of them match a route, what comes of those
 * that do, and what of those that do not.
 *
 * rig: timeout=180
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "common/route.h"

#define BELL	ROUTE_BELL

static const struct axt_config writes = {
	.start = AXT_START_PAGED,
	GUEST(route),
};

static const struct axt_config fault_exits = {
	.vm_flags = AXVCPU_VM_FAULT_EXITS,
	.start = AXT_START_PAGED,
	GUEST(route),
};

#define ON(_addr, _len, _width)	{ .addr = _addr, .len = _len, .width = _width }

/* A route to a new eventfd, which is returned. */
static int route(struct axt *f, struct axvcpu_io_route r)
{
	r.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	return r.fd;
}

static uint64_t writer(unsigned int width)
{
	return width == 1 ? ROUTE(write8) : width == 2 ? ROUTE(write16) :
	       width == 4 ? ROUTE(write32) : ROUTE(write64);
}

/* The guest writes; true: it got behind that without an exit. */
static bool passes(struct axt *f, uint64_t addr, unsigned int width, uint64_t value)
{
	route_go(&f->v, writer(width), addr, value, 1);
	ASSERT_OK(axv_run(&f->v));
	if (f->exit->reason == AXVCPU_EXIT_HYPERCALL)
		return true;
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_MMIO_WRITE);
	EXPECT_EQ(f->exit->mmio.gpa, addr);
	EXPECT_EQ(f->exit->mmio.width, width);
	axv_fulfil(&f->v, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	return false;
}

TEST(signals_and_goes_on, &writes)
{
	int fd = route(f, (struct axvcpu_io_route)ON(BELL, 1, 4));
	uint64_t served = f->v.run->counters.exits[AXVCPU_EXIT_NOTHING];

	EXPECT_EQ(events(fd), 0);
	EXPECT_TRUE(passes(f, BELL, 4, 0x12345678));
	EXPECT_EQ(events(fd), 1);
	route_go(&f->v, ROUTE(write_many), BELL, 0, 1000);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(events(fd), 1000);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_MMIO_WRITE], 0);
	EXPECT_GE(f->v.run->counters.exits[AXVCPU_EXIT_NOTHING], served + 1001);
}

TEST(reads_are_exits, &writes)
{
	int fd = route(f, (struct axvcpu_io_route)ON(BELL, 1, 0));

	route_go(&f->v, ROUTE(read32), BELL, 0, 1);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(f->exit->mmio.gpa, BELL);
	EXPECT_EQ(events(fd), 0);
}

static const unsigned int widths[] = { 1, 2, 4, 8 };

TEST(width, &writes)
{
	for (unsigned int i = 0; i < 5; i++) {
		struct axvcpu_io_route r = ON(BELL, 1, i < 4 ? widths[i] : 0);
		int fd = route(f, r);

		for (unsigned int n = 0; n < 4; n++) {
			bool hit = !r.width || r.width == widths[n];

			axt_context("width %u, a write of %u", r.width, widths[n]);
			EXPECT_EQ(passes(f, BELL, widths[n], 5), hit);
			EXPECT_EQ(events(fd), hit);
		}
		ASSERT_OK(axv_io_route_remove(f->vm, &r));
		close(fd);
	}
}

/* A write counts by its lowest address. */
TEST(range, &writes)
{
	int fd = route(f, (struct axvcpu_io_route)ON(BELL + 8, 8, 0));

	for (int off = 0; off < 24; off++) {
		bool hit = off >= 8 && off < 16;

		axt_context("offset %d", off);
		EXPECT_EQ(passes(f, BELL + off, 4, 5), hit);
		EXPECT_EQ(events(fd), hit);
	}
}

TEST(match, &writes)
{
	struct axvcpu_io_route r = ON(BELL, 1, 4);
	int fd[3];

	r.flags = AXVCPU_ROUTE_MATCH;
	for (int i = 0; i < 3; i++) {
		r.data = 10 * i;
		fd[i] = route(f, r);
	}
	for (unsigned int value = 0; value < 25; value++) {
		axt_context("value %u", value);
		EXPECT_EQ(passes(f, BELL, 4, value), value % 10 == 0);
		EXPECT_TRUE(!passes(f, BELL, 2, value));
		for (unsigned int i = 0; i < 3; i++)
			EXPECT_EQ(events(fd[i]), value == 10 * i);
	}
	axt_context("more than 32 bits");
	EXPECT_TRUE(!passes(f, BELL, 8, 0x10000000aull));
}

/* Of any width: the value as it was written. */
TEST(match_any_width, &writes)
{
	struct axvcpu_io_route r = ON(BELL, 1, 0);
	int fd;

	r.flags = AXVCPU_ROUTE_MATCH;
	r.data = 0xfe;
	fd = route(f, r);
	EXPECT_TRUE(passes(f, BELL, 1, 0xfe));
	EXPECT_TRUE(passes(f, BELL, 2, 0xfe));
	EXPECT_TRUE(passes(f, BELL, 8, 0xfe));
	EXPECT_TRUE(!passes(f, BELL, 8, 0x1fe));
	EXPECT_TRUE(passes(f, BELL, 1, 0x1fe));
	EXPECT_EQ(events(fd), 4);
}

TEST(taken_away, &writes)
{
	struct axvcpu_io_route r = ON(BELL, 4, 4), other = ON(BELL + 4, 4, 4);
	int fd = route(f, r), fd2 = route(f, other);

	EXPECT_TRUE(passes(f, BELL, 4, 5));
	EXPECT_OK(axv_io_route_remove(f->vm, &r));
	EXPECT_TRUE(!passes(f, BELL, 4, 5));
	EXPECT_EQ(events(fd), 1);
	EXPECT_ERR(ENOENT, axv_io_route_remove(f->vm, &r));
	EXPECT_TRUE(passes(f, BELL + 4, 4, 5));
	EXPECT_EQ(events(fd2), 1);

	/* all but one member are the same */
	r.fd = fd;
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	r.len = 3;
	EXPECT_ERR(ENOENT, axv_io_route_remove(f->vm, &r));
	r.len = 4;
	r.width = 0;
	EXPECT_ERR(ENOENT, axv_io_route_remove(f->vm, &r));
	r.width = 4;
	r.flags = AXVCPU_ROUTE_MATCH;
	EXPECT_ERR(ENOENT, axv_io_route_remove(f->vm, &r));
	r.flags = AXVCPU_ROUTE_RING;
	EXPECT_ERR(ENOENT, axv_io_route_remove(f->vm, &r));
	r.flags = 0;
	EXPECT_OK(axv_io_route_remove(f->vm, &r));
}

/* The route goes on: whoever has the event by another way still gets it. */
TEST(eventfd_closed_first, &writes)
{
	struct axvcpu_io_route r = ON(BELL, 1, 0);
	int fd = route(f, r), copy = dup(fd);

	close(fd);
	EXPECT_TRUE(passes(f, BELL, 4, 5));
	EXPECT_EQ(events(copy), 1);
	close(copy);
	EXPECT_TRUE(passes(f, BELL, 4, 5));
	EXPECT_OK(axv_io_route_remove(f->vm, &r));
	EXPECT_TRUE(!passes(f, BELL, 4, 5));
}

TEST(of_one_vm, &writes)
{
	int vm = ASSERT_OK(axv_vm_create(&f->dev, 0));
	struct axvcpu_io_route r = ON(BELL, 1, 0);

	r.fd = new_event();
	ASSERT_OK(axv_set_io_route(vm, &r));
	EXPECT_TRUE(!passes(f, BELL, 4, 5));
	EXPECT_EQ(events(r.fd), 0);
	close(vm);
}

/* The VM has said that all holes are its own. */
TEST(not_with_fault_exits, &fault_exits)
{
	int fd = route(f, (struct axvcpu_io_route)ON(BELL, 1, 0));

	route_go(&f->v, ROUTE(write32), BELL, 5, 1);
	EXPECT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_EQ(events(fd), 0);
}

/* Memory is memory, whatever the routes say. */
TEST(not_of_memory, &writes)
{
	int fd = route(f, (struct axvcpu_io_route)ON(0, GUEST_RAM_SIZE, 0));

	route_go(&f->v, ROUTE(write32), GUEST_DATA, 0x5eed, 1);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 0x5eed);
	EXPECT_EQ(events(fd), 0);
}

/* ---- two at one place ----------------------------------------------------------- */

#define M	AXVCPU_ROUTE_MATCH

static const struct pair {
	const char *name;
	struct axvcpu_io_route a, b;
	int err;
} pairs[] = {
	{ "same", { .addr = 8, .len = 8 }, { .addr = 8, .len = 8 }, EEXIST },
	{ "any_and_4", { .addr = 8, .len = 8 }, { .addr = 8, .len = 8, .width = 4 }, EEXIST },
	{ "4_and_any", { .addr = 8, .len = 8, .width = 4 }, { .addr = 8, .len = 8 }, EEXIST },
	{ "4_and_8", { .addr = 8, .len = 8, .width = 4 }, { .addr = 8, .len = 8, .width = 8 }, 0 },
	{ "before", { .addr = 8, .len = 8 }, { .addr = 0, .len = 8 }, 0 },
	{ "behind", { .addr = 8, .len = 8 }, { .addr = 16, .len = 8 }, 0 },
	{ "into", { .addr = 8, .len = 8 }, { .addr = 0, .len = 9 }, EEXIST },
	{ "end_of", { .addr = 8, .len = 8 }, { .addr = 15, .len = 9 }, EEXIST },
	{ "inside", { .addr = 8, .len = 8 }, { .addr = 9, .len = 1 }, EEXIST },
	{ "around", { .addr = 8, .len = 8 }, { .addr = 0, .len = 64 }, EEXIST },
	{ "inside_other_width", { .addr = 8, .len = 8, .width = 4 },
	  { .addr = 9, .len = 1, .width = 8 }, EEXIST },
	{ "other_data", { .addr = 8, .len = 8, .flags = M, .data = 1 },
	  { .addr = 8, .len = 8, .flags = M, .data = 2 }, 0 },
	{ "same_data", { .addr = 8, .len = 8, .flags = M, .data = 1 },
	  { .addr = 8, .len = 8, .flags = M, .data = 1, .width = 2 }, EEXIST },
	{ "same_data_other_width", { .addr = 8, .len = 8, .flags = M, .data = 1, .width = 4 },
	  { .addr = 8, .len = 8, .flags = M, .data = 1, .width = 2 }, 0 },
	{ "data_and_any", { .addr = 8, .len = 8, .flags = M, .data = 1, .width = 4 },
	  { .addr = 8, .len = 8, .width = 4 }, EEXIST },
	{ "data_and_other_width", { .addr = 8, .len = 8, .flags = M, .data = 1, .width = 4 },
	  { .addr = 8, .len = 8, .width = 8 }, 0 },
	{ "port_and_memory", { .addr = 8, .len = 8 },
	  { .addr = 8, .len = 8, .flags = AXVCPU_ROUTE_PORT }, 0 },
	{ "last_address", { .addr = ~0ull, .len = 1 }, { .addr = ~0ull - 1, .len = 2 }, EEXIST },
	{ "all_and_one", { .addr = 0, .len = ~0ull }, { .addr = 77, .len = 1 }, EEXIST },
};

TEST_ROWS(two, pairs, ARRAY_SIZE(pairs), &writes)
{
	const struct pair *row = arg;
	struct axvcpu_io_route a = row->a, b = row->b;

	a.fd = new_event();
	b.fd = new_event();
	ASSERT_OK(axv_set_io_route(f->vm, &a));
	EXPECT_ERR(row->err, axv_set_io_route(f->vm, &b));
	EXPECT_OK(axv_io_route_remove(f->vm, &a));
	EXPECT_ERR(row->err ? ENOENT : 0, axv_io_route_remove(f->vm, &b));
	EXPECT_OK(axv_set_io_route(f->vm, &b));
	EXPECT_ERR(row->err, axv_set_io_route(f->vm, &a));
}

/* As many as there can be, some with data; every one is found, and no other. */
TEST_TIMEOUT(limit, &writes, 120)
{
	uint32_t max = f->dev.info.max_io_routes, i;
	int fd = new_event(), fd2 = new_event();

	ASSERT_GE(max, 64);
	/* in an order that is not theirs: 7 does not divide a power of two */
	for (i = 0; i < max; i++) {
		uint32_t n = (i * 7 + 3) % max;
		struct axvcpu_io_route r = ON(BELL + n / 2 * 16, 8, 4);

		r.fd = n == max / 2 ? fd2 : fd;
		r.flags = AXVCPU_ROUTE_MATCH;
		r.data = n & 1;
		ASSERT_OK(axv_set_io_route(f->vm, &r));
	}
	EXPECT_ERR(ENOSPC, axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
			   .addr = 0x1000, .len = 1, .fd = fd }));
	for (i = 0; i < max; i += 37) {
		EXPECT_TRUE(passes(f, BELL + i / 2 * 16 + 4, 4, i & 1));
		EXPECT_TRUE(!passes(f, BELL + i / 2 * 16 + 4, 4, 2));
		EXPECT_TRUE(!passes(f, BELL + i / 2 * 16 + 8, 4, i & 1));
	}
	events(fd);
	events(fd2);
	EXPECT_TRUE(passes(f, BELL + max / 4 * 16, 4, max / 2 & 1));
	EXPECT_EQ(events(fd), 0);
	EXPECT_EQ(events(fd2), 1);
}

/* ---- rings ------------------------------------------------------------------------- */

#define RING_NR	8

/* A ring, its eventfd, and all writes to a page in it. */
static int ring_at(struct axt *f, struct axv_ring *ring, uint32_t token)
{
	struct axvcpu_io_route r = ON(BELL, AXT_PAGE, 0);
	int fd = new_event();

	ASSERT_OK(axv_ring_create(&f->dev, RING_NR, fd, ring));
	EXPECT_EQ(ring->shared->nr, RING_NR);
	EXPECT_EQ(ring->shared->head, 0);
	r.flags = AXVCPU_ROUTE_RING;
	r.fd = ring->fd;
	r.token = token;
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	return fd;
}

TEST(ring_records, &writes)
{
	struct axvcpu_ring_record rec;
	struct axv_ring ring;
	int fd = ring_at(f, &ring, 0xabcd1234);
	uint32_t seq = 0;

	EXPECT_EQ(axv_ring_take(&ring, &rec), 0);
	for (unsigned int i = 0; i < 3 * RING_NR; i++) {
		unsigned int width = widths[i % 4];
		uint64_t value = 0x1122334455667788ull + i;

		axt_context("write %u", i);
		EXPECT_TRUE(passes(f, BELL + 16 * i, width, value));
		if (i % 3 != 2)
			continue;
		/* two of three found it not empty */
		EXPECT_EQ(events(fd), 1);
		for (unsigned int n = i - 2; n <= i; n++) {
			width = widths[n % 4];
			value = 0x1122334455667788ull + n;
			ASSERT_EQ(axv_ring_take(&ring, &rec), 1);
			EXPECT_EQ(rec.addr, BELL + 16 * n);
			EXPECT_EQ(rec.value, width == 8 ? value :
				  value & ((1ull << 8 * width) - 1));
			EXPECT_EQ(rec.seq, seq++);
			EXPECT_EQ(rec.token, 0xabcd1234);
			EXPECT_EQ(rec.vcpu, 0);
			EXPECT_EQ(rec.width, width);
			EXPECT_EQ(rec.flags, 0);
			EXPECT_EQ(rec.reserved, 0);
		}
		EXPECT_EQ(axv_ring_take(&ring, &rec), 0);
	}
}

/* What does not fit is an exit, and counted. */
TEST(ring_full, &writes)
{
	struct axvcpu_ring_record rec;
	struct axv_ring ring;
	int fd = ring_at(f, &ring, 0);
	unsigned int i;

	for (i = 0; i < RING_NR; i++)
		EXPECT_TRUE(passes(f, BELL, 4, i));
	EXPECT_TRUE(!passes(f, BELL, 4, 100));
	EXPECT_TRUE(!passes(f, BELL, 4, 101));
	EXPECT_EQ(ring.shared->overflows, 2);
	EXPECT_EQ(events(fd), 1);
	EXPECT_EQ(axv_ring_take(&ring, &rec), 1);
	EXPECT_EQ(rec.value, 0);
	EXPECT_TRUE(passes(f, BELL, 4, RING_NR));
	EXPECT_TRUE(!passes(f, BELL, 4, 102));
	EXPECT_EQ(ring.shared->overflows, 3);
	for (i = 1; i <= RING_NR; i++) {
		EXPECT_EQ(axv_ring_take(&ring, &rec), 1);
		EXPECT_EQ(rec.value, i);
		EXPECT_EQ(rec.seq, i);
	}
	EXPECT_EQ(axv_ring_take(&ring, &rec), 0);
	EXPECT_TRUE(passes(f, BELL, 4, 7));
	EXPECT_EQ(events(fd), 1);
}

/* User space may write what it likes into it; the kernel's part is the kernel's. */
TEST(ring_scribbled, &writes)
{
	static const uint32_t tails[] = { 1, 2, RING_NR, 0x80000000, 0xffffffff, 0xfffffff8 };
	struct axv_ring ring;
	uint32_t head;

	ring_at(f, &ring, 0);
	memset(ring.shared, 0xff, ring.size);
	ring.shared->tail = 0;
	EXPECT_TRUE(passes(f, BELL, 4, 5));
	EXPECT_EQ(ring.shared->head, 1);
	EXPECT_EQ(ring.records[0].value, 5);
	EXPECT_EQ(ring.records[1].value, ~0ull);
	for (unsigned int i = 0; i < ARRAY_SIZE(tails); i++) {
		axt_context("tail 0x%x", tails[i]);
		memset(ring.shared, 0x77, ring.size);
		ring.shared->tail = tails[i];
		/* in the ring, or an exit; the write before may have looked at the tail */
		for (int n = 0; n < 2 * RING_NR; n++)
			passes(f, BELL, 4, 5);
	}
	axt_context(NULL);
	/* and all is well again when it is */
	passes(f, BELL, 4, 5);
	head = ring.shared->head;
	if (head == 0x77777777) {
		/* all were exits since: empty it for whatever head there is */
		for (head = 1; head < 1000; head++) {
			ring.shared->tail = head;
			if (passes(f, BELL, 4, 6))
				break;
		}
		head = ring.shared->head;
	}
	ring.shared->tail = head;
	EXPECT_TRUE(passes(f, BELL, 4, 9));
	EXPECT_EQ(ring.shared->head, head + 1);
	EXPECT_EQ(ring.records[head % RING_NR].value, 9);
	EXPECT_EQ(ring.records[head % RING_NR].seq, head);
}

/* The fd closed, the mapping gone: the route is there, and in nobody's way. */
TEST(ring_closed_first, &writes)
{
	struct axvcpu_io_route r = ON(BELL, AXT_PAGE, 0);
	struct axv_ring ring;

	close(ring_at(f, &ring, 0));
	axv_ring_close(&ring);
	for (int i = 0; i < RING_NR; i++)
		EXPECT_TRUE(passes(f, BELL, 4, 5));
	EXPECT_TRUE(!passes(f, BELL, 4, 5));
	r.flags = AXVCPU_ROUTE_RING;
	EXPECT_OK(axv_io_route_remove(f->vm, &r));
}

TEST(ring_without_event, &writes)
{
	struct axvcpu_io_route r = ON(BELL, 1, 0);
	struct axvcpu_ring_record rec;
	struct axv_ring ring;

	ASSERT_OK(axv_ring_create(&f->dev, 1, -1, &ring));
	r.flags = AXVCPU_ROUTE_RING;
	r.fd = ring.fd;
	ASSERT_OK(axv_set_io_route(f->vm, &r));
	for (uint32_t i = 0; i < 5; i++) {
		EXPECT_TRUE(passes(f, BELL, 4, i));
		EXPECT_TRUE(!passes(f, BELL, 4, i));
		EXPECT_EQ(axv_ring_take(&ring, &rec), 1);
		EXPECT_EQ(rec.value, i);
	}
}

TEST(ring_arguments, &writes)
{
	uint32_t max = f->dev.info.max_ring_records;
	struct axv_ring ring;
	void *p;

	EXPECT_ERR(EINVAL, axv_ring_create(&f->dev, 0, -1, &ring));
	EXPECT_ERR(EINVAL, axv_ring_create(&f->dev, 3, -1, &ring));
	EXPECT_ERR(EINVAL, axv_ring_create(&f->dev, 2 * max, -1, &ring));
	EXPECT_ERR(EBADF, axv_ring_create(&f->dev, 8, 1000, &ring));
	EXPECT_ERR(EINVAL, axv_ring_create(&f->dev, 8, f->vm, &ring));
	ASSERT_OK(axv_ring_create(&f->dev, max, -1, &ring));
	/* to its last byte, and no further */
	((volatile struct axvcpu_ring_record *)ring.records)[max - 1].reserved = 1;
	p = mmap(NULL, ring.size + AXT_PAGE, PROT_READ, MAP_SHARED, ring.fd, 0);
	EXPECT_TRUE(p == MAP_FAILED && errno == EINVAL);
	p = mmap(NULL, AXT_PAGE, PROT_READ, MAP_PRIVATE, ring.fd, 0);
	EXPECT_TRUE(p == MAP_FAILED && errno == EINVAL);
	EXPECT_EQ(read(ring.fd, &p, sizeof(p)), -1);
	/* it is no eventfd, and an eventfd no ring */
	EXPECT_ERR(EINVAL, axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
			   .addr = BELL, .len = 1, .fd = ring.fd }));
	EXPECT_ERR(EINVAL, axv_set_io_route(f->vm, &(struct axvcpu_io_route) {
			   .addr = BELL, .len = 1, .flags = AXVCPU_ROUTE_RING, .fd = new_event() }));
	axv_ring_close(&ring);
}

/* One ring, several routes: a record says which. */
TEST(ring_of_several, &writes)
{
	struct axvcpu_io_route r = { .len = 16, .flags = AXVCPU_ROUTE_RING };
	struct axvcpu_ring_record rec;
	struct axv_ring ring;

	ASSERT_OK(axv_ring_create(&f->dev, 16, -1, &ring));
	r.fd = ring.fd;
	for (unsigned int i = 0; i < 3; i++) {
		r.addr = BELL + 0x100 * i;
		r.token = 50 + i;
		ASSERT_OK(axv_set_io_route(f->vm, &r));
	}
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_TRUE(passes(f, BELL + 0x100 * i + 4, 4, i));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(axv_ring_take(&ring, &rec), 1);
		EXPECT_EQ(rec.addr, BELL + 0x100 * i + 4);
		EXPECT_EQ(rec.token, 50 + i);
	}
}
