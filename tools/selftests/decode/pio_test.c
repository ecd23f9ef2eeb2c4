// SPDX-License-Identifier: GPL-2.0-only
/* Port I/O, plain and string. */
#include <linux/mm.h>

#include "emul.h"
#include "code.h"
#include "ktap.h"

#define BUF	0x30000ull

#define RAX	AXVCPU_X86_RAX
#define RCX	AXVCPU_X86_RCX
#define RSI	AXVCPU_X86_RSI
#define RDI	AXVCPU_X86_RDI

#define IN	.in = true
#define STRING	.string = true
#define REP	.rep = true

static struct axvcpu_exit *ex(void)
{
	return &vcpu->exit;
}

static int answer(u64 data)
{
	return axv_x86_pio_complete(vcpu, data);
}

/* An I/O instruction of two bytes unless said otherwise. */
#define PIO(...)							\
	axv_x86_pio(vcpu, &(const struct axv_x86_pio) {			\
		.port = 0x3f8, .width = 1, .addr_bits = 64, .len = 2,	\
		.seg = AXVCPU_X86_DS, __VA_ARGS__ })

static bool asks(u32 reason, unsigned int width, u32 count)
{
	CHECK(ex()->reason == reason && ex()->io.port == 0x3f8 && ex()->io.width == width);
	CHECK(ex()->io.count == count && ex()->insn_len == 2 && mock.skips == 0);
	CHECK(vcpu->arch.gpr.rip == MOCK_RIP);
	return true;
}

static bool in_merges(void)
{
	static const struct {
		unsigned int width;
		u64 want;
	} rows[] = {
		{ 1, 0x11223344556677ef }, { 2, 0x112233445566cdef }, { 4, 0x89abcdef },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		mock_reset(64);
		*gpr(RAX) = 0x1122334455667788;
		CHECK(PIO(IN, .width = rows[i].width) == AXV_EXIT);
		CHECK(asks(AXVCPU_EXIT_IO_READ, rows[i].width, 1) && !ex()->io.flags);
		CHECK(*gpr(RAX) == 0x1122334455667788);
		CHECK(answer(0x0123456789abcdef) == AXV_RESUME && *gpr(RAX) == rows[i].want);
		CHECK(mock.skips == 1 && mock.skip_len == 2);
	}
	return true;
}

static bool out_values(void)
{
	mock_reset(64);
	*gpr(RAX) = 0x1122334455667788;
	CHECK(PIO(.width = 1) == AXV_EXIT && asks(AXVCPU_EXIT_IO_WRITE, 1, 1));
	CHECK(ex()->io.data == 0x88);
	CHECK(PIO(.width = 2) == AXV_EXIT && ex()->io.data == 0x7788);
	CHECK(PIO(.width = 4) == AXV_EXIT && ex()->io.data == 0x55667788);
	CHECK(answer(5) == AXV_RESUME && *gpr(RAX) == 0x1122334455667788 && mock.skips == 1);
	return true;
}

static bool filters(void)
{
	mock_reset(64);
	mock.filter = AXVCPU_FILTER_IGNORE;
	*gpr(RAX) = 0x1122334455667788;
	CHECK(PIO(.width = 2) == AXV_RESUME && mock.skips == 1);
	CHECK(PIO(IN, .width = 2) == AXV_RESUME && mock.skips == 2);
	CHECK(*gpr(RAX) == 0x112233445566ffff);
	CHECK(PIO(IN, .width = 4) == AXV_RESUME && *gpr(RAX) == 0xffffffff);

	mock_reset(64);
	mock.filter = AXVCPU_FILTER_FAULT;
	CHECK(PIO(IN) == AXV_X86_FAULTED && mock.vector == AXV_X86_GP && !mock.error);
	CHECK(PIO(STRING) == AXV_X86_FAULTED && mock.skips == 0);

	mock_reset(64);
	mock.filter = AXVCPU_FILTER_EXIT;
	CHECK(PIO(IN) == AXV_EXIT && asks(AXVCPU_EXIT_IO_READ, 1, 1));
	return true;
}

static bool power_off(void)
{
	mock_reset(64);
	*gpr(RAX) = 0x1111111100002000;
	CHECK(PIO(.port = 0x604, .width = 2) == AXV_EXIT);
	CHECK(ex()->reason == AXVCPU_EXIT_SYSTEM_DOWN && ex()->insn_len == 2);
	CHECK(ex()->system_down.kind == AXVCPU_DOWN_POWEROFF && ex()->system_down.detail == 0x2000);
	CHECK(PIO(.port = 0x604, .width = 4) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_IO_WRITE);
	CHECK(PIO(.port = 0x604, .width = 2, IN) == AXV_EXIT &&
	      ex()->reason == AXVCPU_EXIT_IO_READ);
	*gpr(RAX) = 0x2001;
	CHECK(PIO(.port = 0x604, .width = 2) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_IO_WRITE);
	*gpr(RAX) = 0x2000;
	mock.filter = AXVCPU_FILTER_EXIT;
	CHECK(PIO(.port = 0x604, .width = 2) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_IO_WRITE);
	return true;
}

static bool routes(void)
{
	mock_reset(64);
	mock.route_port = true;
	mock.route_addr = 0x3f8;
	mock.routed = 1;
	*gpr(RAX) = 0x1122334455667788;
	CHECK(PIO(IN) == AXV_EXIT && mock.routed == 1);
	CHECK(PIO(.width = 2) == AXV_RESUME && !mock.routed && mock.skips == 1);
	CHECK(mock.route_width == 2 && mock.route_data == 0x7788);
	CHECK(PIO(.width = 2) == AXV_EXIT && ex()->io.data == 0x7788);

	/* the filter's word comes first */
	mock_reset(64);
	mock.route_port = true;
	mock.route_addr = 0x3f8;
	mock.routed = 9;
	mock.filter = AXVCPU_FILTER_IGNORE;
	CHECK(PIO(.width = 1) == AXV_RESUME && mock.routed == 9);
	mock.filter = AXVCPU_FILTER_FAULT;
	CHECK(PIO(.width = 1) == AXV_X86_FAULTED && mock.routed == 9);

	/* three elements of eight, then the others */
	mock_reset(64);
	memcpy(ram + BUF, "abcdefgh", 8);
	mock.route_port = true;
	mock.route_addr = 0x3f8;
	mock.routed = 3;
	*gpr(RSI) = BUF;
	*gpr(RCX) = 8;
	CHECK(PIO(STRING, REP) == AXV_RESUME && mock.route_data == 'c');
	CHECK(*gpr(RSI) == BUF + 3 && *gpr(RCX) == 5 && mock.skips == 1 && !mock.skip_len);
	CHECK(PIO(STRING, REP) == AXV_EXIT && ex()->io.count == 5);
	CHECK(!memcmp(vcpu->run->data, "defgh", 5));
	return true;
}

static bool outs(void)
{
	mock_reset(64);
	memcpy(ram + BUF, "abcdefgh", 8);
	*gpr(RSI) = BUF;
	*gpr(RCX) = 5;
	CHECK(PIO(STRING, REP) == AXV_EXIT && asks(AXVCPU_EXIT_IO_WRITE, 1, 5));
	CHECK(ex()->io.flags == AXVCPU_IO_STRING && !memcmp(vcpu->run->data, "abcde", 6));
	CHECK(*gpr(RSI) == BUF && *gpr(RCX) == 5);
	/* What user space writes there does not matter. */
	memset(vcpu->run->data, 0xff, AXVCPU_RUN_DATA_SIZE);
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == BUF + 5 && *gpr(RCX) == 0);
	CHECK(mock.skips == 1 && mock.skip_len == 2);

	/* without REP: rcx has no part in it */
	mock_reset(64);
	memcpy(ram + BUF, "abcdefgh", 8);
	*gpr(RSI) = BUF;
	CHECK(PIO(STRING, .width = 4) == AXV_EXIT && asks(AXVCPU_EXIT_IO_WRITE, 4, 1));
	CHECK(!memcmp(vcpu->run->data, "abcd\0", 5));
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == BUF + 4 && *gpr(RCX) == 0);
	return true;
}

/* No more than the page and the run page hold. */
static bool batches(void)
{
	mock_reset(64);
	*gpr(RSI) = BUF;
	*gpr(RCX) = 2000;
	CHECK(PIO(STRING, REP, .width = 2) == AXV_EXIT);
	CHECK(asks(AXVCPU_EXIT_IO_WRITE, 2, AXVCPU_RUN_DATA_SIZE / 2));
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == BUF + AXVCPU_RUN_DATA_SIZE);
	CHECK(*gpr(RCX) == 2000 - AXVCPU_RUN_DATA_SIZE / 2 && mock.skip_len == 0);

	mock_reset(64);
	*gpr(RSI) = BUF + 0xffa;
	*gpr(RCX) = 100;
	CHECK(PIO(STRING, REP, .width = 4) == AXV_EXIT && asks(AXVCPU_EXIT_IO_WRITE, 4, 1));
	/* the element that lies in two pages, alone */
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == BUF + 0xffe);
	mock.skips = 0;
	memcpy(ram + BUF + 0xffe, "wxyz", 4);
	CHECK(PIO(STRING, REP, .width = 4) == AXV_EXIT && asks(AXVCPU_EXIT_IO_WRITE, 4, 1));
	CHECK(!memcmp(vcpu->run->data, "wxyz", 4));

	/* where the segment ends: up to there, then #GP */
	mock_reset(32);
	vcpu->arch.control.seg[AXVCPU_X86_DS].limit = BUF + 2;
	*gpr(RSI) = BUF;
	*gpr(RCX) = 100;
	CHECK(PIO(STRING, REP, .addr_bits = 32) == AXV_EXIT && ex()->io.count == 1);
	*gpr(RSI) = BUF + 3;
	CHECK(PIO(STRING, REP, .addr_bits = 32) == AXV_X86_FAULTED && mock.vector == AXV_X86_GP);

	/* the debugger's step, and backwards: one by one */
	mock_reset(64);
	*gpr(RSI) = BUF;
	*gpr(RCX) = 3;
	vcpu->arch.gpr.rflags |= X86_EFLAGS_TF;
	CHECK(PIO(STRING, REP) == AXV_EXIT && ex()->io.count == 1);
	vcpu->arch.gpr.rflags = 2 | X86_EFLAGS_DF;
	CHECK(PIO(STRING, REP, .width = 2) == AXV_EXIT && ex()->io.count == 1);
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == BUF - 2 && *gpr(RCX) == 2);
	return true;
}

static bool nothing_to_do(void)
{
	mock_reset(64);
	*gpr(RCX) = 0x100000000;
	CHECK(PIO(STRING, REP, .addr_bits = 32) == AXV_RESUME);
	CHECK(mock.skips == 1 && mock.skip_len == 2);
	return true;
}

static bool ins(void)
{
	mock_reset(64);
	memset(ram + BUF, '-', 16);
	*gpr(RDI) = BUF + 2;
	*gpr(RCX) = 4;
	CHECK(PIO(STRING, REP, IN) == AXV_EXIT && asks(AXVCPU_EXIT_IO_READ, 1, 4));
	CHECK(ex()->io.flags == AXVCPU_IO_STRING && ram[BUF + 2] == '-');
	memcpy(vcpu->run->data, "abcdefgh", 8);
	CHECK(answer(0) == AXV_RESUME && !memcmp(ram + BUF, "--abcd--", 8));
	CHECK(*gpr(RDI) == BUF + 6 && *gpr(RCX) == 0 && mock.skip_len == 2);

	/* 16-bit addresses leave the rest of the registers alone */
	mock_reset(16);
	vcpu->arch.control.seg[AXVCPU_X86_ES].base = BUF;
	*gpr(RDI) = 0x5555fffe;
	*gpr(RCX) = 0x66660002;
	CHECK(PIO(STRING, REP, IN, .addr_bits = 16) == AXV_EXIT);
	CHECK(answer(0) == AXV_RESUME && *gpr(RDI) == 0x5555ffff && *gpr(RCX) == 0x66660001);
	CHECK(PIO(STRING, REP, IN, .addr_bits = 16) == AXV_EXIT && ex()->io.count == 1);
	CHECK(answer(0) == AXV_RESUME && *gpr(RDI) == 0x55550000 && *gpr(RCX) == 0x66660000);
	return true;
}

static bool ignored_strings(void)
{
	mock_reset(64);
	mock.filter = AXVCPU_FILTER_IGNORE;
	*gpr(RSI) = BUF;
	*gpr(RDI) = BUF;
	*gpr(RCX) = 8;
	CHECK(PIO(STRING, REP) == AXV_RESUME && *gpr(RSI) == BUF + 8 && mock.skip_len == 2);
	*gpr(RCX) = 6;
	CHECK(PIO(STRING, REP, IN) == AXV_RESUME && get64(BUF) == 0x0000ffffffffffff);
	CHECK(*gpr(RDI) == BUF + 6 && *gpr(RCX) == 0);
	/* A long one is done in pieces between which the guest runs. */
	*gpr(RCX) = ~0ull;
	CHECK(PIO(STRING, REP) == AXV_RESUME && mock.skip_len == 0);
	CHECK(*gpr(RCX) == ~0ull - AXVCPU_RUN_DATA_SIZE);
	return true;
}

/* The guest's buffer is looked at before a device is asked. */
static bool bad_buffers(void)
{
	mock_reset(64);
	*gpr(RDI) = 0x8000000000000000;
	CHECK(PIO(STRING, IN) == AXV_X86_FAULTED && mock.vector == AXV_X86_GP && !mock.skips);

	mock_reset(64);
	*gpr(RDI) = BUF;
	ram_prot[BUF >> 12] = PROT_RO;
	CHECK(PIO(STRING, IN) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT);
	CHECK(ex()->npf.gpa == BUF && ex()->npf.flags == AXVCPU_NPF_PROT && ex()->insn_len == 2);
	*gpr(RSI) = BUF;
	CHECK(PIO(STRING) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_IO_WRITE);

	mock_reset(64);
	*gpr(RDI) = 0x200000;
	CHECK(PIO(STRING, IN) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_DECODE && ex()->internal.gpa == 0x200000);

	/* paging is on, and there is nothing */
	mock_reset(32);
	vcpu->arch.control.cr0 |= X86_CR0_PG;
	vcpu->arch.control.cr3 = 0x10000;
	*gpr(RDI) = BUF;
	CHECK(PIO(STRING, IN, .addr_bits = 32) == AXV_X86_FAULTED);
	CHECK(mock.vector == AXV_X86_PF && mock.error == 2 && mock.cr2 == BUF);
	vcpu->arch.control.cr3 = 0x200000;
	CHECK(PIO(STRING, IN, .addr_bits = 32) == AXV_EXIT);
	CHECK(ex()->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT && ex()->npf.flags == AXVCPU_NPF_WALK);

	/* the buffer goes while the device is asked */
	mock_reset(64);
	*gpr(RDI) = BUF;
	CHECK(PIO(STRING, IN) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_IO_READ);
	ram_prot[BUF >> 12] = 0;
	CHECK(answer(0) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT);
	CHECK(*gpr(RDI) == BUF && !mock.skips);
	return true;
}

/* Hardware that tells little: length and segment come from the bytes. */
static bool from_the_bytes(void)
{
	mock_reset(64);
	CODE(rep_outsw_fs);
	vcpu->arch.control.seg[AXVCPU_X86_FS].base = BUF;
	memcpy(ram + BUF + 2, "xyz!", 4);
	*gpr(RSI) = 2;
	*gpr(RCX) = 2;
	CHECK(PIO(STRING, REP, .width = 2, .seg = -1, .len = 0) == AXV_EXIT);
	CHECK(ex()->insn_len == 4 && ex()->io.count == 2 && !memcmp(vcpu->run->data, "xyz!", 4));

	CODE(rep_outsb);
	*gpr(RSI) = BUF;
	CHECK(PIO(STRING, REP, .seg = -1, .len = 0) == AXV_EXIT && ex()->insn_len == 2);
	CHECK(ex()->io.count == 2);

	CODE(out_imm);
	CHECK(PIO(.port = 0x80, .len = 0) == AXV_EXIT && ex()->insn_len == 2);
	CODE(in_dx);
	CHECK(PIO(IN, .width = 4, .len = 0) == AXV_EXIT && ex()->insn_len == 1);
	/* Other bytes by now: the guest executes those. */
	CODE(insb);
	CHECK(PIO(IN, .width = 4, .len = 0) == AXV_RESUME && mock.skips == 0);
	vcpu->arch.gpr.rip = 0x200000;
	CHECK(PIO(IN, .len = 0) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_FETCH);
	return true;
}

const struct mock_test pio_tests[] = {
	{ "port I/O: IN merges into rax", in_merges },
	{ "port I/O: OUT", out_values },
	{ "port I/O: filters", filters },
	{ "port I/O: power-off port", power_off },
	{ "port I/O: routes", routes },
	{ "port I/O: OUTS", outs },
	{ "port I/O: batches end with page and run page", batches },
	{ "port I/O: REP with a zero count", nothing_to_do },
	{ "port I/O: INS", ins },
	{ "port I/O: ignored strings", ignored_strings },
	{ "port I/O: buffers that cannot be used", bad_buffers },
	{ "port I/O: length and segment from the bytes", from_the_bytes },
	{ }
};
