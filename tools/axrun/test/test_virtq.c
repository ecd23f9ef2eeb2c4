// SPDX-License-Identifier: GPL-2.0-only
/* Queues, and drivers that do not keep to the rules. */
#include <stdlib.h>
#include <string.h>

#include "axrun.h"
#include "driver.h"
#include "test.h"

#define F_1		VIRTIO_F_VERSION_1
#define F_ALL		(F_1 | VIRTQ_F_INDIRECT | VIRTQ_F_EVENT_IDX)

/* A device that gives back each request, the sum of its bytes written to it. */
static bool sum_service(struct virtio_dev *dev)
{
	struct virtq_chain *c = &dev->chain;
	uint8_t buf[256];
	uint64_t at = 0;
	uint32_t sum = 0;
	size_t n;

	if (!virtq_pop(&dev->q[0], c))
		return false;
	while ((n = virtq_read(c, at, buf, sizeof(buf)))) {
		for (size_t i = 0; i < n; i++)
			sum += buf[i];
		at += n;
	}
	virtq_push(&dev->q[0], c, virtq_write(c, 0, &sum, sizeof(sum)));
	return true;
}

static void sum_init(struct virtio_dev *dev)
{
	(void)dev;
}

static const struct virtio_kind sum_kind = {
	.id = 42,
	.nr_queues = 1,
	.init = sum_init,
	.service = sum_service,
};

static struct driver drv;

static void begin(uint64_t features, uint32_t size)
{
	driver_open(&drv, &sum_kind, NULL);
	driver_start(&drv, features, size);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
}

static void end(void)
{
	driver_close(&drv);
}

static uint32_t word(uint64_t gpa)
{
	uint32_t v;

	memcpy(&v, driver_ptr(&drv, gpa), 4);
	return v;
}

/* A request that is as it should be: three buffers to read, two to write. */
static void offer_good(uint64_t table)
{
	memset(driver_ptr(&drv, BUF), 1, 0x1000);
	memset(driver_ptr(&drv, BUF + 0x1000), 0, 0x1000);
	set_desc(&drv, table, 0, BUF, 10, NEXT, 1);
	set_desc(&drv, table, 1, BUF + 0x100, 1, NEXT, 2);
	set_desc(&drv, table, 2, BUF + 0x200, 300, NEXT, 3);
	set_desc(&drv, table, 3, BUF + 0x1000, 3, NEXT | WRITE, 4);
	set_desc(&drv, table, 4, BUF + 0x1003, 5, WRITE, 0);
}

static void expect_good(uint16_t nr)
{
	EXPECT_EQ(used_idx(&drv, 0), nr + 1);
	EXPECT_EQ(used_id(&drv, 0, nr), 0);
	EXPECT_EQ(used_len(&drv, 0, nr), 4);
	EXPECT_EQ(word(BUF + 0x1000), 311);
	EXPECT_EQ(reg_read(&drv, 0x060), VIRTIO_INT_QUEUE);
	EXPECT(drv.line);
	reg_write(&drv, 0x064, VIRTIO_INT_QUEUE);
	EXPECT(!drv.line);
}

static void requests(void)
{
	begin(F_1, SIZE);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 0);
	EXPECT(!drv.line);

	offer_good(DESC(0));
	offer(&drv, 0, 0);
	work_all(&drv);
	expect_good(0);
	end();
}

static void indirect(void)
{
	begin(F_1 | VIRTQ_F_INDIRECT, SIZE);
	/* whole, also in a table that is not aligned to anything */
	offer_good(TABLE + 1);
	set_desc(&drv, DESC(0), 0, TABLE + 1, 5 * 16, INDIRECT, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	expect_good(0);

	/* the rest of a chain */
	offer_good(TABLE);
	set_desc(&drv, DESC(0), 0, BUF, 10, NEXT, 7);
	set_desc(&drv, DESC(0), 7, TABLE + 16, 4 * 16, INDIRECT, 0);
	set_desc(&drv, TABLE + 16, 0, BUF + 0x100, 1, NEXT, 1);
	set_desc(&drv, TABLE + 16, 1, BUF + 0x200, 300, NEXT, 2);
	set_desc(&drv, TABLE + 16, 2, BUF + 0x1000, 3, NEXT | WRITE, 3);
	set_desc(&drv, TABLE + 16, 3, BUF + 0x1003, 5, WRITE, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	expect_good(1);
	end();
}

/* More requests than an index counts, one and several at a time. */
static void index_wraps(void)
{
	static const uint32_t sizes[] = { 1, SIZE, VIRTQ_MAX_SIZE };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint32_t left = 140000;

		begin(F_1, sizes[i]);
		for (uint32_t n = 0; n < sizes[i]; n++)
			set_desc(&drv, DESC(0), n, BUF, 4, WRITE, 0);
		while (left) {
			uint32_t batch = left % sizes[i] + 1;

			if (batch > left)
				batch = left;
			for (uint32_t n = 0; n < batch; n++)
				offer(&drv, 0, n);
			work_all(&drv);
			left -= batch;
			if (used_idx(&drv, 0) != drv.offered[0])
				break;
		}
		EXPECT_EQ(left, 0);
		EXPECT_EQ(used_idx(&drv, 0), (uint16_t)140000);
		EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
		end();
	}
}

/* ---- who wants to be told ------------------------------------------------------- */

static void set_used_event(uint16_t event)
{
	memcpy(driver_ptr(&drv, AVAIL(0) + 4 + 2 * SIZE), &event, 2);
}

static bool serve_and_look(unsigned int nr)
{
	bool line;

	while (nr--)
		offer(&drv, 0, 0);
	work_all(&drv);
	line = drv.line;
	reg_write(&drv, 0x064, UINT32_MAX);
	return line;
}

static void interrupts_by_flag(void)
{
	uint16_t no_interrupt = 1;

	begin(F_1, SIZE);
	set_desc(&drv, DESC(0), 0, BUF, 4, WRITE, 0);
	EXPECT(serve_and_look(1));
	memcpy(driver_ptr(&drv, AVAIL(0)), &no_interrupt, 2);
	EXPECT(!serve_and_look(3));
	no_interrupt = 0;
	memcpy(driver_ptr(&drv, AVAIL(0)), &no_interrupt, 2);
	EXPECT(serve_and_look(1));
	end();
}

static void interrupts_by_event(void)
{
	begin(F_ALL, SIZE);
	set_desc(&drv, DESC(0), 0, BUF, 4, WRITE, 0);
	EXPECT(serve_and_look(1));
	/* the next one */
	set_used_event(1);
	EXPECT(serve_and_look(1));
	/* the third from here: not the first, not the second */
	set_used_event(4);
	EXPECT(!serve_and_look(1));
	EXPECT(!serve_and_look(1));
	EXPECT(serve_and_look(1));
	/* one that is past is all round the ring away */
	EXPECT(!serve_and_look(4));
	end();
}

static void notifications(void)
{
	uint16_t v;

	/* none are wanted while there is work, all when there is none */
	begin(F_1, SIZE);
	set_desc(&drv, DESC(0), 0, BUF, 4, WRITE, 0);
	offer(&drv, 0, 0);
	offer(&drv, 0, 0);
	for (int i = 0; i < 2; i++) {
		bool more;

		virtio_work(&drv.dev, &more);
		memcpy(&v, driver_ptr(&drv, USED(0)), 2);
		EXPECT_EQ(v, 1);
	}
	work_all(&drv);
	memcpy(&v, driver_ptr(&drv, USED(0)), 2);
	EXPECT_EQ(v, 0);
	end();

	begin(F_ALL, SIZE);
	set_desc(&drv, DESC(0), 0, BUF, 4, WRITE, 0);
	for (int i = 0; i < 5; i++)
		offer(&drv, 0, 0);
	work_all(&drv);
	memcpy(&v, driver_ptr(&drv, USED(0) + 4 + SIZE * 8), 2);
	EXPECT_EQ(v, 5);
	end();
}

/* ---- what a driver must not do ---------------------------------------------------- */

/* The device asks for a reset, once, and does nothing until there is one. */
static void expect_broken(const char *what)
{
	uint16_t before = used_idx(&drv, 0);

	work_all(&drv);
	expect(reg_read(&drv, 0x070) == 0x4f, what, __FILE__, __LINE__);
	expect(reg_read(&drv, 0x060) & VIRTIO_INT_CONFIG, what, __FILE__,
	       __LINE__);
	expect(used_idx(&drv, 0) == before, what, __FILE__, __LINE__);
	reg_write(&drv, 0x064, UINT32_MAX);
	reg_write(&drv, VIRTIO_MMIO_NOTIFY, 0);
	work_all(&drv);
	expect(!drv.line, what, __FILE__, __LINE__);

	driver_start(&drv, F_ALL, SIZE);
	offer_good(DESC(0));
	offer(&drv, 0, 0);
	work_all(&drv);
	expect_good(0);
}

struct bad_desc {
	const char *what;
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static void bad_descriptors(void)
{
	static const struct bad_desc bad[] = {
		{ "no memory", 0x1000, 16, 0, 0 },
		{ "before memory", RAM_GPA - 1, 16, 0, 0 },
		{ "over the end", RAM_GPA + RAM_LEN - 15, 16, 0, 0 },
		{ "at the end", RAM_GPA + RAM_LEN, 1, 0, 0 },
		{ "address wraps", UINT64_MAX - 7, 16, 0, 0 },
		{ "as long as can be", RAM_GPA, UINT32_MAX, 0, 0 },
		{ "no length", BUF, 0, 0, 0 },
		{ "no length, no memory", 0, 0, WRITE, 0 },
		{ "itself again", BUF, 16, NEXT, 0 },
		{ "next is none", BUF, 16, NEXT, SIZE },
		{ "next is far out", BUF, 16, NEXT, 0xffff },
		{ "next is empty", BUF, 16, NEXT, 3 },
		{ "indirect and next", TABLE, 16, INDIRECT | NEXT, 1 },
		{ "indirect, no length", TABLE, 0, INDIRECT, 0 },
		{ "indirect, part of one", TABLE, 17, INDIRECT, 0 },
		{ "indirect, less than one", TABLE, 15, INDIRECT, 0 },
		{ "indirect, no memory", 0x1000, 16, INDIRECT, 0 },
		{ "indirect, over the end", RAM_GPA + RAM_LEN - 16, 32,
		  INDIRECT, 0 },
		{ "indirect, huge", TABLE, 0xfffffff0, INDIRECT, 0 },
	};

	begin(F_ALL, SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(driver_ptr(&drv, DESC(0)), 0, 16 * SIZE);
		set_desc(&drv, DESC(0), 1, BUF, 16, 0, 0);
		set_desc(&drv, TABLE, 0, BUF, 16, 0, 0);
		set_desc(&drv, DESC(0), 0, bad[i].addr, bad[i].len,
			 bad[i].flags, bad[i].next);
		offer(&drv, 0, 0);
		expect_broken(bad[i].what);
	}
	end();
}

static void bad_chains(void)
{
	begin(F_ALL, SIZE);

	/* round and round, through all of them */
	for (unsigned int i = 0; i < SIZE; i++)
		set_desc(&drv, DESC(0), i, BUF, 1, NEXT, (i + 1) % SIZE);
	offer(&drv, 0, 3);
	expect_broken("a loop");

	set_desc(&drv, DESC(0), 0, BUF, 1, NEXT | WRITE, 1);
	set_desc(&drv, DESC(0), 1, BUF, 1, 0, 0);
	offer(&drv, 0, 0);
	expect_broken("read after write");

	/* a table in a table, and a table that is its own next */
	set_desc(&drv, DESC(0), 0, TABLE, 16, INDIRECT, 0);
	set_desc(&drv, TABLE, 0, TABLE + 0x100, 16, INDIRECT, 0);
	set_desc(&drv, TABLE + 0x100, 0, BUF, 1, 0, 0);
	offer(&drv, 0, 0);
	expect_broken("indirect twice");
	set_desc(&drv, DESC(0), 0, DESC(0), 16, INDIRECT, 0);
	offer(&drv, 0, 0);
	expect_broken("indirect to itself");

	/* out of the table, in the table round and round */
	set_desc(&drv, DESC(0), 0, TABLE, 2 * 16, INDIRECT, 0);
	set_desc(&drv, TABLE, 0, BUF, 1, NEXT, 2);
	set_desc(&drv, TABLE, 2, BUF, 1, 0, 0);
	offer(&drv, 0, 0);
	expect_broken("next out of the table");
	set_desc(&drv, DESC(0), 0, TABLE, 2 * 16, INDIRECT, 0);
	set_desc(&drv, TABLE, 0, BUF, 1, NEXT, 1);
	set_desc(&drv, TABLE, 1, BUF, 1, NEXT, 0);
	offer(&drv, 0, 0);
	expect_broken("a loop in the table");

	/* one buffer more than a request may have */
	for (unsigned int i = 0; i <= VIRTQ_MAX_SEGS; i++)
		set_desc(&drv, TABLE, i, BUF, 1,
			 i < VIRTQ_MAX_SEGS ? NEXT : 0, i + 1);
	set_desc(&drv, DESC(0), 0, TABLE, (VIRTQ_MAX_SEGS + 1) * 16, INDIRECT,
		 0);
	offer(&drv, 0, 0);
	expect_broken("too many buffers");
	end();

	begin(F_1, SIZE);
	set_desc(&drv, TABLE, 0, BUF, 1, 0, 0);
	set_desc(&drv, DESC(0), 0, TABLE, 16, INDIRECT, 0);
	offer(&drv, 0, 0);
	expect_broken("indirect, not agreed on");
	end();
}

/* As many buffers as a request may have are good. */
static void long_chain(void)
{
	begin(F_ALL, SIZE);
	for (unsigned int i = 0; i < VIRTQ_MAX_SEGS; i++)
		set_desc(&drv, TABLE, i, BUF + i, 1,
			 i < VIRTQ_MAX_SEGS - 1 ? NEXT | WRITE : WRITE, i + 1);
	set_desc(&drv, DESC(0), 0, TABLE, VIRTQ_MAX_SEGS * 16, INDIRECT, 0);
	offer(&drv, 0, 0);
	work_all(&drv);
	EXPECT_EQ(used_idx(&drv, 0), 1);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	end();
}

static void bad_rings(void)
{
	begin(F_ALL, SIZE);
	offer_good(DESC(0));
	offer(&drv, 0, SIZE);
	expect_broken("a head that is none");
	offer(&drv, 0, 0xffff);
	expect_broken("a head far out");

	/* more at once than there are entries, and an index that goes back */
	set_avail_idx(&drv, 0, drv.offered[0] + SIZE + 1);
	expect_broken("too many waiting");
	set_avail_idx(&drv, 0, drv.offered[0] - 1);
	expect_broken("an index that goes back");
	end();
}

static void bad_setup(void)
{
	static const struct {
		const char *what;
		uint32_t size;
		uint64_t desc;
		uint64_t avail;
		uint64_t used;
	} bad[] = {
		{ "no entries", 0, DESC(0), AVAIL(0), USED(0) },
		{ "not a power of two", 3, DESC(0), AVAIL(0), USED(0) },
		{ "too large", 512, DESC(0), AVAIL(0), USED(0) },
		{ "huge", 0x80000000, DESC(0), AVAIL(0), USED(0) },
		{ "table not aligned", SIZE, DESC(0) + 8, AVAIL(0), USED(0) },
		{ "driver's not aligned", SIZE, DESC(0), AVAIL(0) + 1, USED(0) },
		{ "device's not aligned", SIZE, DESC(0), AVAIL(0), USED(0) + 2 },
		{ "no table", SIZE, 0, AVAIL(0), USED(0) },
		{ "no driver's ring", SIZE, DESC(0), 0, USED(0) },
		{ "no device's ring", SIZE, DESC(0), AVAIL(0), 0 },
		{ "table over the end", SIZE, RAM_GPA + RAM_LEN - 112, AVAIL(0),
		  USED(0) },
		{ "driver's over the end", SIZE, DESC(0),
		  RAM_GPA + RAM_LEN - 20, USED(0) },
		{ "device's over the end", SIZE, DESC(0), AVAIL(0),
		  RAM_GPA + RAM_LEN - 68 },
		{ "address wraps", SIZE, DESC(0), AVAIL(0), UINT64_MAX - 3 },
	};

	driver_open(&drv, &sum_kind, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		reg_write(&drv, 0x070, 0);
		reg_write(&drv, 0x024, 1);
		reg_write(&drv, 0x020, 1);
		reg_write(&drv, 0x070, 0x0b);
		reg_write(&drv, 0x038, bad[i].size);
		reg_write(&drv, 0x080, bad[i].desc);
		reg_write(&drv, 0x084, bad[i].desc >> 32);
		reg_write(&drv, 0x090, bad[i].avail);
		reg_write(&drv, 0x094, bad[i].avail >> 32);
		reg_write(&drv, 0x0a0, bad[i].used);
		reg_write(&drv, 0x0a4, bad[i].used >> 32);
		reg_write(&drv, 0x044, 1);
		expect(!reg_read(&drv, 0x044), bad[i].what, __FILE__, __LINE__);
		reg_write(&drv, 0x070, 0x0f);
		expect(reg_read(&drv, 0x070) == 0x4f, bad[i].what, __FILE__,
		       __LINE__);
		work_all(&drv);
	}
	end();
}

/* A queue whose word at the end is the last of memory is a good one. */
static void setup_at_end(void)
{
	begin(F_1, SIZE);
	reg_write(&drv, 0x044, 0);
	reg_write(&drv, 0x0a0, RAM_GPA + RAM_LEN - 72);
	reg_write(&drv, 0x044, 1);
	EXPECT_EQ(reg_read(&drv, 0x044), 1);
	EXPECT_EQ(reg_read(&drv, 0x070), 0x0f);
	end();
}

const struct test virtq_tests[] = {
	{ "virtq: requests", requests },
	{ "virtq: indirect descriptors", indirect },
	{ "virtq: indices wrap", index_wraps },
	{ "virtq: interrupts by flag", interrupts_by_flag },
	{ "virtq: interrupts by event index", interrupts_by_event },
	{ "virtq: notifications", notifications },
	{ "virtq: bad descriptors", bad_descriptors },
	{ "virtq: bad chains", bad_chains },
	{ "virtq: as many buffers as may be", long_chain },
	{ "virtq: bad rings", bad_rings },
	{ "virtq: bad setup", bad_setup },
	{ "virtq: setup at the end of memory", setup_at_end },
	{ NULL, NULL },
};
