// SPDX-License-Identifier: GPL-2.0-only
/* Instructions that touch a device, exit by exit. */
#include "emul.h"
#include "code.h"
#include "ktap.h"

#define DEV	0x200000ull	/* a hole */
#define BUF	0x30000ull	/* memory */

#define RAX	AXVCPU_X86_RAX
#define RCX	AXVCPU_X86_RCX
#define RDX	AXVCPU_X86_RDX
#define RBX	AXVCPU_X86_RBX
#define RSP	AXVCPU_X86_RSP
#define RSI	AXVCPU_X86_RSI
#define RDI	AXVCPU_X86_RDI

static struct axvcpu_exit *ex(void)
{
	return &vcpu->exit;
}

/* The hardware stopped at @gpa. */
static int touch(u64 gpa)
{
	return axv_x86_mmio(vcpu, gpa, AXVCPU_PROT_READ, NULL, 0);
}

static int answer(u64 data)
{
	return axv_x86_mmio_complete(vcpu, data);
}

/* Is it an exit for a read or write of @width at @gpa, nothing being done? */
static bool asks(u32 reason, u64 gpa, unsigned int width)
{
	CHECK(ex()->reason == reason);
	CHECK(ex()->mmio.gpa == gpa && ex()->mmio.width == width && !ex()->mmio.flags);
	CHECK(ex()->insn_nr && ex()->insn_len && ex()->insn_len <= ex()->insn_nr);
	CHECK(vcpu->arch.gpr.rip == MOCK_RIP && mock.skips == 0 && mock.vector == -1);
	return true;
}

#define READS	AXVCPU_EXIT_MMIO_READ
#define WRITES	AXVCPU_EXIT_MMIO_WRITE

#define CHECK_THAT(call)			\
	do {					\
		if (!(call))			\
			return false;		\
	} while (0)

/* One skip of the whole instruction. */
static bool is_over(unsigned int len)
{
	CHECK(mock.skips == 1 && mock.skip_len == len && !vcpu->arch.emul->active);
	CHECK(vcpu->arch.gpr.rip == MOCK_RIP + len);
	return true;
}

static bool loads(void)
{
	mock_reset(64);
	CODE(load32);
	*gpr(RDI) = DEV;
	*gpr(RCX) = ~0ull;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(ex()->mmio.reg == RCX && ex()->mmio.reg_width == 4 && !ex()->mmio.sign_extend);
	CHECK(*gpr(RCX) == ~0ull && ex()->insn_nr == 15 && !memcmp(ex()->insn, ram + MOCK_RIP, 15));
	CHECK(answer(0x1280000001) == AXV_RESUME && *gpr(RCX) == 0x80000001);
	CHECK_THAT(is_over(2));

	mock_reset(64);
	CODE(load8_sign);
	*gpr(RDI) = DEV + 3;
	*gpr(9) = ~0ull;
	CHECK(touch(DEV + 3) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 3, 1));
	CHECK(ex()->mmio.reg == 9 && ex()->mmio.reg_width == 4 && ex()->mmio.sign_extend);
	CHECK(answer(0x1ff80) == AXV_RESUME && *gpr(9) == 0xffffff80);
	CHECK_THAT(is_over(4));

	mock_reset(64);
	CODE(load16_zero);
	*gpr(RDI) = DEV;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 2));
	CHECK(ex()->mmio.reg == RDX && ex()->mmio.reg_width == 8 && !ex()->mmio.sign_extend);
	CHECK(answer(0xffff8001) == AXV_RESUME && *gpr(RDX) == 0x8001);

	/* There is no name for CH. */
	mock_reset(64);
	CODE(load_high);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 0x1111;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 1));
	CHECK(ex()->mmio.reg == AXVCPU_REG_NONE && !ex()->mmio.reg_width);
	CHECK(answer(0x22) == AXV_RESUME && *gpr(RCX) == 0x2211);
	return true;
}

static bool other_addresses(void)
{
	mock_reset(32);
	CODE(load_moffs);
	CHECK(touch(DEV + 16) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 16, 4));
	CHECK(ex()->mmio.reg == RAX);

	mock_reset(64);
	CODE(load_gs);
	vcpu->arch.control.seg[AXVCPU_X86_GS].base = DEV;
	vcpu->arch.control.seg[AXVCPU_X86_CS].base = 0x1000;	/* has no meaning */
	CHECK(touch(DEV + 8) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 8, 4));
	return true;
}

static bool stores(void)
{
	mock_reset(64);
	CODE(store32);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 0x1122334455667788;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 4));
	CHECK(ex()->mmio.data == 0x55667788 && ex()->mmio.reg == AXVCPU_REG_NONE);
	CHECK(answer(0x99) == AXV_RESUME && *gpr(RCX) == 0x1122334455667788);
	CHECK_THAT(is_over(2));

	mock_reset(64);
	CODE(store_high);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 0x7788;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 1));
	CHECK(ex()->mmio.data == 0x77);

	mock_reset(64);
	CODE(store_imm64);
	*gpr(RDI) = DEV;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 8));
	CHECK(ex()->mmio.data == -2ull);
	return true;
}

static bool read_modify_write(void)
{
	mock_reset(64);
	CODE(add_mem);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 1;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(ex()->mmio.reg == AXVCPU_REG_NONE);
	CHECK(answer(0xffffffff) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 4));
	CHECK(ex()->mmio.data == 0 && vcpu->arch.gpr.rflags == 2);
	CHECK(answer(0) == AXV_RESUME);
	CHECK(vcpu->arch.gpr.rflags == (2 | X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
					X86_EFLAGS_ZF));
	CHECK_THAT(is_over(2));

	/* to a register: one exit */
	mock_reset(64);
	CODE(add_reg);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 1;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(ex()->mmio.reg == AXVCPU_REG_NONE);
	CHECK(answer(0x7fffffff) == AXV_RESUME && *gpr(RCX) == 0x80000000);
	CHECK(vcpu->arch.gpr.rflags & X86_EFLAGS_OF);

	mock_reset(64);
	CODE(cmpxchg);
	*gpr(RDI) = DEV;
	*gpr(RAX) = 5;
	*gpr(RCX) = 9;
	CHECK(touch(DEV) == AXV_EXIT && answer(5) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 4));
	CHECK(ex()->mmio.data == 9 && answer(0) == AXV_RESUME);
	CHECK(*gpr(RAX) == 5 && (vcpu->arch.gpr.rflags & X86_EFLAGS_ZF));
	return true;
}

/* Writes that have a route are no exit; the rest of the instruction is as ever. */
static bool routed(void)
{
	mock_reset(64);
	CODE(store32);
	*gpr(RDI) = DEV + 8;
	*gpr(RCX) = 0x1122334455667788;
	mock.route_addr = DEV + 8;
	mock.routed = 1;
	CHECK(touch(DEV + 8) == AXV_RESUME && !mock.routed);
	CHECK(mock.route_width == 4 && mock.route_data == 0x55667788);
	CHECK_THAT(is_over(2));

	mock_reset(64);
	CODE(add_mem);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 1;
	mock.route_addr = DEV;
	mock.routed = 1;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(mock.routed == 1 && answer(0xffffffff) == AXV_RESUME && !mock.routed);
	CHECK(mock.route_data == 0 && (vcpu->arch.gpr.rflags & X86_EFLAGS_ZF));
	CHECK_THAT(is_over(2));

	/* of a port with that number: not this one */
	mock_reset(64);
	CODE(store32);
	*gpr(RDI) = DEV;
	mock.route_addr = DEV;
	mock.route_port = true;
	mock.routed = 1;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 4));
	return true;
}

static bool bit_string(void)
{
	mock_reset(64);
	CODE(bts);
	*gpr(RDI) = DEV;
	*gpr(RCX) = (u32)-33;
	CHECK(touch(DEV - 8) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV - 8, 4));
	CHECK(answer(0) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV - 8, 4));
	CHECK(ex()->mmio.data == 0x80000000);
	return true;
}

/* An exit of which the VMM takes another way out than FULFIL. */
static bool taken_back(void)
{
	mock_reset(64);
	CODE(add_mem);
	*gpr(RDI) = DEV;
	CHECK(touch(DEV) == AXV_EXIT && answer(7) == AXV_EXIT);
	axv_x86_mmio_cancel(vcpu);
	CHECK(answer(1) == AXV_RESUME && mock.skips == 0);
	/* Again from the start, with a device that reads other by now. */
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(answer(8) == AXV_EXIT && ex()->mmio.data == 8);
	return true;
}

static bool device_to_memory(void)
{
	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = BUF;
	put64(BUF, ~0ull);
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(ex()->mmio.reg == AXVCPU_REG_NONE);
	CHECK(answer(0x12345678) == AXV_RESUME && get64(BUF) == 0xffffffff12345678);
	CHECK(*gpr(RSI) == DEV + 4 && *gpr(RDI) == BUF + 4);
	CHECK_THAT(is_over(1));
	return true;
}

static bool memory_to_device(void)
{
	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = BUF;
	*gpr(RDI) = DEV;
	vcpu->arch.gpr.rflags |= X86_EFLAGS_DF;
	put64(BUF, 0x1122334455667788);
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 4));
	CHECK(ex()->mmio.data == 0x55667788 && *gpr(RSI) == BUF);
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == BUF - 4 && *gpr(RDI) == DEV - 4);
	return true;
}

static bool device_to_device(void)
{
	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = DEV + 0x1000;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(answer(0xaabbccdd) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV + 0x1000, 4));
	CHECK(ex()->mmio.data == 0xaabbccdd && *gpr(RSI) == DEV);
	CHECK(answer(0) == AXV_RESUME && *gpr(RSI) == DEV + 4);
	return true;
}

/* One element an exit, rip moves with the last. */
static bool repeated(void)
{
	unsigned int i;

	mock_reset(64);
	CODE(rep_movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = BUF;
	*gpr(RCX) = 3;
	for (i = 0; i < 3; i++) {
		CHECK(touch(DEV + i) == AXV_EXIT);
		CHECK(ex()->reason == READS && ex()->mmio.gpa == DEV + i && ex()->mmio.width == 1);
		CHECK(*gpr(RCX) == 3 - i && vcpu->arch.gpr.rip == MOCK_RIP);
		CHECK(answer('a' + i) == AXV_RESUME && *gpr(RCX) == 2 - i);
	}
	CHECK(vcpu->arch.gpr.rip == MOCK_RIP + 2 && !memcmp(ram + BUF, "abc", 4));

	mock_reset(64);
	CODE(rep_stos);
	*gpr(RDI) = DEV;
	*gpr(RCX) = 2;
	*gpr(RAX) = 0x12345;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 2));
	CHECK(ex()->mmio.data == 0x2345 && answer(0) == AXV_RESUME);
	CHECK(*gpr(RDI) == DEV + 2 && *gpr(RCX) == 1 && mock.skip_len == 0);

	/* REPE ends at the first difference. */
	mock_reset(64);
	CODE(repe_cmps);
	*gpr(RSI) = BUF;
	*gpr(RDI) = DEV;
	*gpr(RCX) = 10;
	ram[BUF] = 5;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 1));
	CHECK(answer(6) == AXV_RESUME && *gpr(RCX) == 9);
	CHECK(vcpu->arch.gpr.rflags & X86_EFLAGS_CF);
	CHECK_THAT(is_over(2));
	return true;
}

static bool through_the_stack(void)
{
	mock_reset(64);
	CODE(push_mem);
	*gpr(RDI) = DEV;
	*gpr(RSP) = BUF;
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 8));
	CHECK(answer(0x1122334455667788) == AXV_RESUME && *gpr(RSP) == BUF - 8);
	CHECK(get64(BUF - 8) == 0x1122334455667788);

	mock_reset(64);
	CODE(pop_mem);
	*gpr(RDI) = DEV;
	*gpr(RSP) = BUF;
	put64(BUF, 77);
	CHECK(touch(DEV) == AXV_EXIT);
	CHECK_THAT(asks(WRITES, DEV, 8));
	CHECK(ex()->mmio.data == 77 && *gpr(RSP) == BUF);
	CHECK(answer(0) == AXV_RESUME && *gpr(RSP) == BUF + 8);

	/* 16-bit stack: the rest of esp stays */
	mock_reset(16);
	CODE(push_mem16);
	vcpu->arch.control.seg[AXVCPU_X86_DS].base = DEV;
	vcpu->arch.control.seg[AXVCPU_X86_SS].base = 0x10000;
	*gpr(RBX) = 0x55550010;
	*gpr(RSP) = 0x66660000;
	CHECK(touch(DEV + 0x10) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 0x10, 2));
	CHECK(answer(0x1234) == AXV_RESUME && *gpr(RSP) == 0x6666fffe);
	CHECK(ram[0x1fffe] == 0x34 && ram[0x1ffff] == 0x12);
	return true;
}

/* The other side of MOVS is refused before the device is asked. */
static bool memory_refuses(void)
{
	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = BUF;
	ram_prot[BUF >> 12] = PROT_RO;
	CHECK(touch(DEV) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT);
	CHECK(ex()->npf.gpa == BUF && ex()->npf.access == AXVCPU_PROT_WRITE &&
	      ex()->npf.flags == AXVCPU_NPF_PROT && ex()->insn_len == 1);

	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = 0x8000000000000000;
	CHECK(touch(DEV) == AXV_RESUME && mock.vector == AXV_X86_GP && mock.skips == 0);

	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = BUF - 1;
	ram_prot[BUF >> 12] = 0;
	CHECK(touch(DEV) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_STRADDLE && ex()->internal.gpa == BUF - 1);

	/* It goes away while the device is asked. */
	mock_reset(64);
	CODE(movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = BUF;
	CHECK(touch(DEV) == AXV_EXIT);
	ram_prot[BUF >> 12] = PROT_RO;
	CHECK(answer(1) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_NESTED_PAGE_FAULT);
	CHECK(*gpr(RSI) == DEV && mock.skips == 0 && answer(1) == AXV_RESUME && mock.skips == 0);
	return true;
}

static bool straddles(void)
{
	/* two pages of one hole are one access */
	mock_reset(64);
	CODE(load32);
	*gpr(RDI) = DEV + 0xffe;
	CHECK(touch(DEV + 0xffe) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 0xffe, 4));
	CHECK(touch(DEV + 0x1000) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 0xffe, 4));

	/* ... but not two holes that are no neighbours */
	mock_reset(32);
	CODE(load_moffs);
	vcpu->arch.control.cr0 |= X86_CR0_PG;
	vcpu->arch.control.cr3 = 0x10000;
	put64(0x10000, 0x11007);
	put64(0x11000 + (MOCK_RIP >> 12) * 4, MOCK_RIP | 7);
	vcpu->arch.control.seg[AXVCPU_X86_DS].base = -(u32)(DEV + 0x10) + 0x2ffe;
	put64(0x11000 + 2 * 4, 0x200007ull | 0x300007ull << 32);
	CHECK(touch(DEV + 0xffe) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_STRADDLE);
	put64(0x11000 + 2 * 4, 0x200007ull | 0x201007ull << 32);
	CHECK(touch(DEV + 0xffe) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV + 0xffe, 4));

	/* memory and a hole */
	mock_reset(64);
	CODE(load32);
	*gpr(RDI) = sizeof(ram) - 2;
	CHECK(touch(sizeof(ram)) == AXV_EXIT && ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_STRADDLE && ex()->insn_len == 2);
	return true;
}

static bool not_decoded(void)
{
	unsigned int i;

	mock_reset(64);
	CODE(movups);
	*gpr(RDI) = DEV;
	/* it may have been another instruction, but not for ever */
	for (i = 0; touch(DEV) == AXV_RESUME; i++)
		CHECK(i < 100);
	CHECK(i > 40);
	CHECK(ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_DECODE && ex()->internal.gpa == DEV);
	CHECK(ex()->insn_nr == 15 && !ex()->insn_len && !memcmp(ex()->insn, ram + MOCK_RIP, 15));

	/* code in a hole, and an access that was a fetch itself */
	vcpu->arch.gpr.rip = DEV;
	CHECK(touch(DEV) == AXV_EXIT && ex()->internal.what == AXVCPU_ERROR_FETCH);
	CHECK(!ex()->insn_nr);
	CHECK(axv_x86_mmio(vcpu, DEV, AXVCPU_PROT_EXEC, NULL, 0) == AXV_EXIT);
	CHECK(ex()->internal.what == AXVCPU_ERROR_FETCH);
	return true;
}

/* Bytes that cannot have made the access: the guest decides, but not for ever. */
static bool strays(void)
{
	unsigned int i;

	mock_reset(64);
	CODE(load32);
	*gpr(RDI) = DEV + 0x5000;
	for (i = 0; i < 40; i++)
		CHECK(touch(DEV) == AXV_RESUME && mock.skips == 0 && mock.vector == -1);
	/* Now it is the right one, and all before is forgotten. */
	*gpr(RDI) = DEV;
	CHECK(touch(DEV) == AXV_EXIT && ex()->reason == READS);
	CHECK(answer(0) == AXV_RESUME);
	vcpu->arch.gpr.rip = MOCK_RIP;
	*gpr(RDI) = DEV + 0x5000;
	for (i = 0; i < 40; i++)
		CHECK(touch(DEV) == AXV_RESUME);
	for (i = 0; i < 40; i++)
		CHECK(touch(DEV + 0x1000) == AXV_RESUME);

	mock_reset(64);
	CODE(reg_only);
	for (i = 0; touch(DEV) == AXV_RESUME; i++)
		CHECK(i < 1000);
	CHECK(i > 20 && ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	CHECK(ex()->internal.what == AXVCPU_ERROR_DECODE && ex()->insn_nr);

	/* memory by now */
	mock_reset(64);
	CODE(load32);
	*gpr(RDI) = BUF;
	CHECK(touch(BUF) == AXV_RESUME);

	mock_reset(64);
	CODE(rep_movs);
	*gpr(RSI) = DEV;
	*gpr(RDI) = BUF;
	CHECK(touch(DEV) == AXV_RESUME);
	return true;
}

static bool given_bytes(void)
{
	static const u8 bytes[2] = { 0x8b, 0x0f };

	/* other bytes in memory by now: the hardware's are taken */
	mock_reset(64);
	CODE(movups);
	*gpr(RDI) = DEV;
	CHECK(axv_x86_mmio(vcpu, DEV, AXVCPU_PROT_READ, bytes, 2) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(ex()->insn_nr == 2);
	/* not enough of them: memory's */
	CODE(load32);
	CHECK(axv_x86_mmio(vcpu, DEV, AXVCPU_PROT_READ, bytes, 1) == AXV_EXIT);
	CHECK_THAT(asks(READS, DEV, 4));
	CHECK(ex()->insn_nr == 15);
	return true;
}

const struct mock_test mmio_tests[] = {
	{ "MMIO: loads, their register and its width", loads },
	{ "MMIO: moffs and segment bases", other_addresses },
	{ "MMIO: stores", stores },
	{ "MMIO: read, then write, nothing done between", read_modify_write },
	{ "MMIO: writes that have a route", routed },
	{ "MMIO: bit offset beyond the operand", bit_string },
	{ "MMIO: taken back half-way", taken_back },
	{ "MMIO: MOVS from a device", device_to_memory },
	{ "MMIO: MOVS to a device", memory_to_device },
	{ "MMIO: MOVS between devices", device_to_device },
	{ "MMIO: REP, one element an exit", repeated },
	{ "MMIO: PUSH and POP", through_the_stack },
	{ "MMIO: the memory side refuses first", memory_refuses },
	{ "MMIO: accesses across pages", straddles },
	{ "MMIO: instructions that are not decoded", not_decoded },
	{ "MMIO: bytes that are not what faulted", strays },
	{ "MMIO: bytes from the hardware", given_bytes },
	{ }
};
