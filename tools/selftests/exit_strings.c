// SPDX-License-Identifier: GPL-2.0-only
/*
 * String port I/O: INS and OUTS, alone and repeated, in both directions, over
 * page boundaries and into faults. However many elements an exit carries, the
 * sum must be right, and at each exit the registers stand before its elements.
 * Elsewhere there are neither ports nor strings.
 *
 * rig: arch=x86
 */
#include "common/exits.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(exits),
};

#define PORT		0x1f0
#define MAX_ELEMENTS	4096
#define GUARD		64

struct string_row {
	const char *name;
	uint64_t at;
	uint64_t end;
	bool in;
	bool rep;
	uint8_t width;
	bool down;
	uint64_t count;		/* rcx */
	uint64_t address;	/* of the first element */
};

#define INS(label, rep, width, down, count, address) \
	{ #label "/" #count "/" #down "/" #address, SYM(label), SYM(label##_end), \
	  true, rep, width, down, count, address }
#define OUTS(label, rep, width, down, count, address) \
	{ #label "/" #count "/" #down "/" #address, SYM(label), SYM(label##_end), \
	  false, rep, width, down, count, address }

static const struct string_row rows[] = {
	INS(ins8, false, 1, false, 77, 0x30000),
	INS(ins16, false, 2, false, 0, 0x30001),
	INS(ins32, false, 4, true, 5, 0x30ffe),
	INS(rep_ins8, true, 1, false, 1, 0x30000),
	INS(rep_ins8, true, 1, false, 10, 0x30ffb),
	INS(rep_ins8, true, 1, false, 3000, 0x30f01),
	INS(rep_ins8, true, 1, true, 10, 0x31004),
	INS(rep_ins16, true, 2, false, 256, 0x30000),
	INS(rep_ins16, true, 2, false, 700, 0x30fff),
	INS(rep_ins16, true, 2, true, 20, 0x31003),
	INS(rep_ins32, true, 4, false, 1000, 0x30ffd),
	INS(rep_ins32, true, 4, true, 9, 0x31010),
	INS(rep_ins8_addr32, true, 1, false, 17, 0x30ff8),
	OUTS(outs8, false, 1, false, 77, 0x30000),
	OUTS(outs16, false, 2, true, 1, 0x30fff),
	OUTS(outs32, false, 4, false, 0, 0x30ffe),
	OUTS(rep_outs8, true, 1, false, 1, 0x30000),
	OUTS(rep_outs8, true, 1, false, 3000, 0x30fff),
	OUTS(rep_outs8, true, 1, true, 10, 0x31004),
	OUTS(rep_outs16, true, 2, false, 700, 0x30ffd),
	OUTS(rep_outs16, true, 2, true, 20, 0x31003),
	OUTS(rep_outs32, true, 4, false, 1000, 0x30fff),
	OUTS(rep_outs32, true, 4, true, 9, 0x31010),
	OUTS(rep_outs8_addr32, true, 1, false, 17, 0x30ff8),
};

/* Element @i of the stream, of @width bytes. */
static uint32_t element(unsigned int i, unsigned int width)
{
	uint32_t val = 0x80402010u + i * 0x01030507u;

	return width == 4 ? val : val & ((1u << width * 8) - 1);
}

static uint64_t address_of(const struct string_row *row, uint64_t i)
{
	return row->address + (row->down ? -i : i) * row->width;
}

/* The exit stands before element @done of @total; how many it carries, or 0. */
static uint32_t check_exit(struct axt *f, const struct string_row *row, uint64_t done,
			   uint64_t total)
{
	struct axvcpu_exit x;

	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.reason, (uint32_t)(row->in ? AXVCPU_EXIT_IO_READ : AXVCPU_EXIT_IO_WRITE));
	EXPECT_EQ(x.pc, row->at);
	EXPECT_EQ(x.insn_len, row->end - row->at);
	EXPECT_EQ(x.io.port, PORT);
	EXPECT_EQ(x.io.width, row->width);
	EXPECT_EQ(x.io.flags, AXVCPU_IO_STRING);
	EXPECT_GE(x.io.count, 1u);
	EXPECT_LE(x.io.count, total - done);
	EXPECT_LE(x.io.count * row->width, (uint32_t)AXVCPU_RUN_DATA_SIZE);
	EXPECT_EQ(reg(&f->v, RCX), row->rep ? row->count - done : row->count);
	EXPECT_EQ(reg(&f->v, row->in ? RDI : RSI), address_of(row, done));
	EXPECT_EQ(reg(&f->v, row->in ? RSI : RDI), 0x1111u);
	return axt_failures() ? 0 : x.io.count;
}

static void answer(struct axt *f, const struct string_row *row, uint64_t done, uint32_t n)
{
	uint32_t i, val;

	for (i = 0; i < n; i++) {
		val = element(done + i, row->width);
		if (row->in)
			memcpy((void *)(f->v.run->data + i * row->width), &val, row->width);
		else if (memcmp((void *)(f->v.run->data + i * row->width), &val, row->width))
			axt_fail(__FILE__, __LINE__, "element %u is not what memory holds",
				 (unsigned int)done + i);
	}
	axv_fulfil(&f->v, 0xdddddddddddddddd);
}

TEST_ROWS(string, rows, ARRAY_SIZE(rows), &config)
{
	const struct string_row *row = arg;
	uint64_t total = row->rep ? row->count : 1, done = 0, i, low, high;
	unsigned int exits = 0;
	uint32_t n, val;

	memset(f->ram + 0x2f000, 0xee, 0x5000);
	if (!row->in)
		for (i = 0; i < total; i++) {
			val = element(i, row->width);
			memcpy(f->ram + address_of(row, i), &val, row->width);
		}
	set(f, RCX, row->count);
	set(f, RDX, PORT);
	set(f, RAX, 0x2222);
	set(f, row->in ? RDI : RSI, row->address);
	set(f, row->in ? RSI : RDI, 0x1111);
	x86_set_flags(&f->v, row->down ? FLAG_DF : 0, 0);
	start_at(f, row->at);

	while (done < total) {
		ASSERT_OK(axv_run(&f->v));
		n = check_exit(f, row, done, total);
		if (!n)
			axt_end();
		/* nothing is stored before the answer */
		if (row->in)
			EXPECT_EQ(f->ram[address_of(row, done)], 0xee);
		answer(f, row, done, n);
		done += n;
		exits++;
	}
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, row->in ? RDI : RSI), address_of(row, total));
	EXPECT_EQ(reg(&f->v, RCX), row->rep ? 0 : row->count);
	EXPECT_EQ(reg(&f->v, RAX), 0x2222u);
	/* many at a time, upwards at least: that is what the exit is for */
	if (total >= 100)
		EXPECT_LE(exits, total / 10);

	for (i = 0; row->in && i < total; i++) {
		val = element(i, row->width);
		if (memcmp(f->ram + address_of(row, i), &val, row->width)) {
			axt_fail(__FILE__, __LINE__, "element %u is wrong in memory", (unsigned int)i);
			break;
		}
	}
	low = address_of(row, row->down ? total - 1 : 0);
	high = address_of(row, row->down ? 0 : total - 1) + row->width;
	for (i = 1; i <= GUARD; i++) {
		EXPECT_EQ(f->ram[low - i], 0xee);
		EXPECT_EQ(f->ram[high + i - 1], 0xee);
	}
}

/* A count of zero does nothing at all, whatever the pointers. */
TEST(rep_zero, &config)
{
	static const uint64_t at[] = {
		SYM(rep_ins8), SYM(rep_ins32), SYM(rep_outs16), SYM(rep_outs8_addr32),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		axt_context("row %u", i);
		/* with 32-bit addresses only ecx counts */
		set(f, RCX, i == 3 ? 0xffffffff00000000ull : 0);
		set(f, RDX, PORT);
		set(f, RSI, 0xdead000000000000ull);
		set(f, RDI, 0xdead000000000000ull);
		start_at(f, at[i]);
		EXPECT_DONE(f);
		EXPECT_EQ(reg(&f->v, RSI), 0xdead000000000000ull);
		EXPECT_EQ(reg(&f->v, RDI), 0xdead000000000000ull);
	}
}

TEST(segment_override, &config)
{
	struct axvcpu_x86_control c;

	x86_get_control(&f->v, &c);
	c.seg[AXVCPU_X86_FS].base = 0x30000;
	ASSERT_OK(x86_set_control(&f->v, &c));
	f->ram[0x30123] = 0x5b;
	f->ram[0x123] = 0x11;
	set(f, RSI, 0x123);
	set(f, RDX, PORT);
	start_at(f, SYM(outs8_fs));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_WRITE);
	EXPECT_INSN(f, outs8_fs);
	EXPECT_EQ(f->v.run->data[0], 0x5b);
	axv_fulfil(&f->v, 0);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RSI), 0x124u);
}

/*
 * A page that is not there: the elements before it go through, then the guest
 * has its #PF with registers that let it go on; no element is lost or doubled.
 */
static void into_fault(struct axt *f, bool in)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t *pd = (uint64_t *)(f->ram + GUEST_PD);
	uint64_t address = 0x200000 - 5;
	struct axvcpu_x86_control c;
	struct x86_frame fr;
	uint64_t done = 0;
	uint32_t n;

	pd[1] = 0;
	set(f, RCX, 12);
	set(f, RDX, PORT);
	set(f, in ? RDI : RSI, address);
	memset(f->ram + address, 0xab, 12);
	start_at(f, in ? SYM(rep_ins8) : SYM(rep_outs8));
	for (;;) {
		ASSERT_OK(axv_run(&f->v));
		if (f->exit->reason == AXVCPU_EXIT_HYPERCALL)
			break;
		n = f->exit->io.count;
		ASSERT_TRUE(n >= 1 && done + n <= 5);
		EXPECT_EQ(reg(&f->v, RCX), 12 - done);
		memset((void *)f->v.run->data, 0x33, n);
		axv_fulfil(&f->v, 0);
		done += n;
	}
	EXPECT_EQ(done, 5u);
	ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
	EXPECT_EQ(fr.vector, 14u);
	EXPECT_EQ(fr.ip, in ? SYM(rep_ins8) : SYM(rep_outs8));
	EXPECT_EQ(fr.error, in ? 2u : 0u);
	EXPECT_EQ(reg(&f->v, RCX), 7u);
	EXPECT_EQ(reg(&f->v, in ? RDI : RSI), 0x200000u);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0x200000u);

	/* the guest maps the page and returns */
	pd[1] = 0x200087;
	axv_skip(&f->v);
	while (done < 12) {
		ASSERT_EXIT(f, in ? AXVCPU_EXIT_IO_READ : AXVCPU_EXIT_IO_WRITE);
		n = f->exit->io.count;
		EXPECT_EQ(reg(&f->v, RCX), 12 - done);
		memset((void *)f->v.run->data, 0x33, n);
		axv_fulfil(&f->v, 0);
		done += n;
	}
	EXPECT_EQ(done, 12u);
	EXPECT_DONE(f);
	EXPECT_EQ(f->ram[address], in ? 0x33 : 0xab);
	EXPECT_EQ(f->ram[address + 11], in ? 0x33 : 0xab);
}

TEST(ins_into_fault, &config)
{
	into_fault(f, true);
}

TEST(outs_into_fault, &config)
{
	into_fault(f, false);
}

/* Neither skipped nor retried elements move a register or memory. */
TEST(commands, &config)
{
	memset(f->ram + 0x30000, 0xee, 64);
	set(f, RCX, 8);
	set(f, RDX, PORT);
	set(f, RDI, 0x30000);
	start_at(f, SYM(rep_ins8));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_READ);
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_READ);
	EXPECT_EQ(f->exit->io.count, 8u);
	EXPECT_EQ(reg(&f->v, RCX), 8u);
	axv_skip(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RCX), 8u);
	EXPECT_EQ(reg(&f->v, RDI), 0x30000u);
	EXPECT_EQ(f->ram[0x30000], 0xee);
}

/* Filters hold for strings too: all ones in, and not a word out. */
TEST(filtered, &config)
{
	const struct axvcpu_filter_range r = {
		PORT, PORT, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_IGNORE,
	};

	ASSERT_OK(axv_set_io_filter(f->vm, &r, 1));
	memset(f->ram + 0x30000, 0x11, 0x3000);
	set(f, RCX, 3000);
	set(f, RDX, PORT);
	set(f, RDI, 0x30ffd);
	start_at(f, SYM(rep_ins16));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RCX), 0u);
	EXPECT_EQ(reg(&f->v, RDI), 0x30ffd + 6000u);
	EXPECT_EQ(f->ram[0x30ffc], 0x11);
	EXPECT_EQ(f->ram[0x30ffd], 0xff);
	EXPECT_EQ(f->ram[0x30ffd + 5999], 0xff);
	EXPECT_EQ(f->ram[0x30ffd + 6000], 0x11);

	set(f, RCX, 3000);
	set(f, RSI, 0x30000);
	start_at(f, SYM(rep_outs8));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RCX), 0u);
	EXPECT_EQ(reg(&f->v, RSI), 0x30000 + 3000u);
}

/* Between port and device without memory: nobody can do that. */
TEST(hole, &config)
{
	set(f, RDX, PORT);
	set(f, RDI, GUEST_MMIO + 0x40);
	start_at(f, SYM(ins8));
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->pc, SYM(ins8));
	EXPECT_EQ(f->exit->internal.gpa, GUEST_MMIO + 0x40u);
}
