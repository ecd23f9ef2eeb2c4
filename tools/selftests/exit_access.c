// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits that ask for something: HYPERCALL, MMIO_READ, MMIO_WRITE, SYSREG_READ,
 * SYSREG_WRITE, IO_READ, IO_WRITE and SYSTEM_DOWN. Every field of each, and the
 * guest's registers after the answer. For RISC-V: riscv_mmio.c, riscv_csr.c, riscv_sbi.c.
 *
 * rig: arch=x86
 */
#include "common/exits.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(exits),
};

/* in every register before a piece runs: none of it may change by accident */
#define FILL(nr)	(0xa1b2c3d4e5f60000ull + (nr) * 0x0101)

static void fill_registers(struct axt *f)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (i != RSP)
			set(f, i, FILL(i));
}

/* All but those of the mask @changed still hold what fill_registers() wrote. */
static void expect_registers(struct axt *f, uint32_t changed)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (i == RSP || (changed & 1u << i))
			continue;
		axt_context("register %u", i);
		EXPECT_EQ(reg(&f->v, i), FILL(i));
	}
	axt_context(NULL);
}

/* ---- HYPERCALL ----------------------------------------------------------------- */

static void to_hypercall(struct axt *f)
{
	static const unsigned int args[6] = { RDI, RSI, RDX, RCX, R8, R9 };
	unsigned int i;

	fill_registers(f);
	set(f, RAX, 0xfedcba9876543210ull);
	start_at(f, SYM(hypercall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_INSN(f, hypercall);
	EXPECT_EQ(f->exit->hypercall.nr, 0xfedcba9876543210ull);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(f->exit->hypercall.args[i], FILL(args[i]));
	EXPECT_EQ(f->exit->raw[0], HW_EXIT_HYPERCALL);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FULFIL));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_SKIP));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FAULT));
	/* nothing of it is done */
	EXPECT_EQ(reg(&f->v, RAX), 0xfedcba9876543210ull);
	EXPECT_EQ(f->regs->gpr.rip, SYM(hypercall));
	expect_registers(f, 1u << RAX);
}

TEST(hypercall_fulfil, &config)
{
	to_hypercall(f);
	axv_fulfil(&f->v, 0x8000000000000001ull);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 0x8000000000000001ull);
	expect_registers(f, 1u << RAX);
	EXPECT_EQ(f->v.run->entry.command, AXVCPU_CMD_NONE);
}

TEST(hypercall_return_value, &config)
{
	to_hypercall(f);
	ASSERT_OK(axv_set_return_value(&f->v, 0x1234));
	axv_skip(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 0x1234u);
	expect_registers(f, 1u << RAX);
}

TEST(hypercall_set_gpr, &config)
{
	to_hypercall(f);
	set(f, RAX, 0x77);
	set(f, RBX, 0x88);
	axv_skip(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 0x77u);
	EXPECT_EQ(reg(&f->v, RBX), 0x88u);
	expect_registers(f, 1u << RAX | 1u << RBX);
}

TEST(hypercall_commit, &config)
{
	to_hypercall(f);
	f->regs->gpr.r[R15] = 0x99;
	f->v.run->entry.commit = AXVCPU_REGS_GPR;
	axv_fulfil(&f->v, 5);
	EXPECT_DONE(f);
	EXPECT_EQ(f->v.run->entry.commit, 0u);
	EXPECT_EQ(reg(&f->v, RAX), 5u);
	EXPECT_EQ(reg(&f->v, R15), 0x99u);
}

/* ---- MMIO -------------------------------------------------------------------------- */

struct mmio_row {
	const char *name;
	uint64_t start;
	uint64_t end;
	uint32_t reason;
	uint32_t offset;	/* from GUEST_MMIO */
	uint8_t width;
	uint8_t sign_extend;
	uint32_t reg;
	uint8_t reg_width;
	uint64_t data;		/* written, or answered */
	uint64_t after;		/* the register after an answered read */
};

#define ROW(label) #label, SYM(label), SYM(label##_end)
#define READ	AXVCPU_EXIT_MMIO_READ
#define WRITE	AXVCPU_EXIT_MMIO_WRITE

static const struct mmio_row mmio_rows[] = {
	{ ROW(read8), READ, 0, 1, 0, RDX, 1, 0x123456789abcdef0,
	  (FILL(RDX) & ~0xffull) | 0xf0 },
	{ ROW(read16), READ, 2, 2, 0, RBX, 2, 0x8765,
	  (FILL(RBX) & ~0xffffull) | 0x8765 },
	{ ROW(read32), READ, 4, 4, 0, R9, 4, 0xffffffff87654321, 0x87654321 },
	{ ROW(read64), READ, 8, 8, 0, R15, 8, 0x8765432112345678, 0x8765432112345678 },
	{ ROW(read_zx8), READ, 0, 1, 0, RBP, 4, 0x80, 0x80 },
	{ ROW(read_zx16), READ, 0, 2, 0, R8, 8, 0x8001, 0x8001 },
	{ ROW(read_sx8), READ, 0, 1, 1, RAX, 2, 0x81,
	  (FILL(RAX) & ~0xffffull) | 0xff81 },
	{ ROW(read_sx16), READ, 0, 2, 1, RDI, 4, 0x8002, 0xffff8002 },
	{ ROW(read_sx32), READ, 0, 4, 1, R10, 8, 0x80000003, 0xffffffff80000003 },
	{ ROW(write8), WRITE, 0, 1, 0, 0, 0, FILL(RDX) & 0xff, 0 },
	{ ROW(write8_high), WRITE, 1, 1, 0, 0, 0, FILL(RCX) >> 8 & 0xff, 0 },
	{ ROW(write16), WRITE, 2, 2, 0, 0, 0, FILL(RBX) & 0xffff, 0 },
	{ ROW(write32), WRITE, 4, 4, 0, 0, 0, FILL(R9) & 0xffffffff, 0 },
	{ ROW(write64), WRITE, 8, 8, 0, 0, 0, FILL(R15), 0 },
	{ ROW(write_imm), WRITE, 0, 4, 0, 0, 0, 0x89abcdef, 0 },
};

static void expect_mmio(struct axt *f, const struct mmio_row *row)
{
	struct axvcpu_exit x;

	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.pc, row->start);
	EXPECT_EQ(x.insn_len, row->end - row->start);
	EXPECT_EQ(x.mmio.gpa, GUEST_MMIO + row->offset);
	EXPECT_EQ(x.mmio.width, row->width);
	EXPECT_EQ(x.mmio.flags, 0);
	EXPECT_EQ(x.raw[0], HW_EXIT_NPF);
	EXPECT_EQ(x.raw[2] & ~0xfffull, GUEST_MMIO & ~0xfffull);
	EXPECT_EQ(x.commands & (CMDS(FULFIL) | CMDS(SKIP) | CMDS(RETRY) | CMDS(FAULT)),
		  CMDS(FULFIL) | CMDS(SKIP) | CMDS(RETRY) | CMDS(FAULT));
	EXPECT_EQ(x.cached, AXVCPU_REGS_GPR);
	if (row->reason == WRITE) {
		EXPECT_EQ(x.mmio.data, row->data);
	} else {
		EXPECT_EQ(x.mmio.reg, row->reg);
		EXPECT_EQ(x.mmio.reg_width, row->reg_width);
		EXPECT_EQ(x.mmio.sign_extend, row->sign_extend);
	}
}

TEST_ROWS(mmio, mmio_rows, ARRAY_SIZE(mmio_rows), &config)
{
	const struct mmio_row *row = arg;
	uint32_t changed = 1u << RSI;

	fill_registers(f);
	set(f, RSI, GUEST_MMIO);
	start_at(f, row->start);
	ASSERT_EXIT(f, row->reason);
	expect_mmio(f, row);
	expect_registers(f, changed);

	axv_fulfil(&f->v, row->data);
	EXPECT_DONE(f);
	if (row->reason == READ) {
		EXPECT_EQ(reg(&f->v, row->reg), row->after);
		changed |= 1u << row->reg;
	}
	expect_registers(f, changed);
	EXPECT_EQ(reg(&f->v, RSI), (uint64_t)GUEST_MMIO);
}

/* The second byte of a register: no other bit of it changes. */
TEST(mmio_read_high_byte, &config)
{
	fill_registers(f);
	set(f, RSI, GUEST_MMIO);
	start_at(f, SYM(read8_high));
	ASSERT_EXIT(f, READ);
	EXPECT_INSN(f, read8_high);
	EXPECT_EQ(f->exit->mmio.width, 1);
	axv_fulfil(&f->v, 0x3c);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RCX), (FILL(RCX) & ~0xff00ull) | 0x3c00);
}

/* Reads whose result goes to the flags, or back to the device. */
TEST(mmio_no_register, &config)
{
	fill_registers(f);
	set(f, RSI, GUEST_MMIO);
	set(f, RDX, 7);
	start_at(f, SYM(read_cmp));
	ASSERT_EXIT(f, READ);
	EXPECT_INSN(f, read_cmp);
	EXPECT_EQ(f->exit->mmio.reg, AXVCPU_REG_NONE);
	axv_fulfil(&f->v, 6);
	EXPECT_DONE(f);
	EXPECT_EQ(flags_of(&f->v) & 0x8d5, 0x95u);	/* CF AF SF PF: 6 - 7 */

	start_at(f, SYM(modify));
	ASSERT_EXIT(f, READ);
	EXPECT_INSN(f, modify);
	EXPECT_EQ(f->exit->mmio.reg, AXVCPU_REG_NONE);
	axv_fulfil(&f->v, 0xffffffff);
	ASSERT_EXIT(f, WRITE);
	EXPECT_INSN(f, modify);
	EXPECT_EQ(f->exit->mmio.gpa, (uint64_t)GUEST_MMIO);
	EXPECT_EQ(f->exit->mmio.width, 4);
	EXPECT_EQ(f->exit->mmio.data, 6u);
	/* not even the flags, before the write is over */
	EXPECT_EQ(flags_of(&f->v) & 0x8d5, 0x95u);
	axv_fulfil(&f->v, 0);
	EXPECT_DONE(f);
	EXPECT_EQ(flags_of(&f->v) & 0x8d5, 0x15u);	/* CF AF PF */
	EXPECT_EQ(reg(&f->v, RDX), 7u);
}

/* A device behind paging with an address that is not the physical one. */
TEST(mmio_paged, &config)
{
	uint64_t *pd = (uint64_t *)(f->ram + GUEST_PD);

	pd[100] = GUEST_MMIO | 0x87;	/* 100 * 2M is the device now */
	set(f, RSI, 100ull << 21);
	set(f, RDX, 0x42);
	start_at(f, SYM(write8));
	ASSERT_EXIT(f, WRITE);
	EXPECT_EQ(f->exit->mmio.gpa, (uint64_t)GUEST_MMIO);
	EXPECT_EQ(f->exit->mmio.data, 0x42u);
	axv_fulfil(&f->v, 0);
	EXPECT_DONE(f);
}

/* ---- SYSREG ------------------------------------------------------------------------------ */

#define TEST_MSR	0x4b564d10
#define REAL_MSR	MSR_LSTAR

static void filter_msrs(struct axt *f, uint32_t action)
{
	const struct axvcpu_filter_range r[] = {
		{ TEST_MSR, TEST_MSR + 1, action, action },
		{ REAL_MSR, REAL_MSR, action, action },
	};

	ASSERT_OK(axv_set_msr_filter(f->vm, r, ARRAY_SIZE(r)));
}

static void read_msr(struct axt *f, uint32_t nr)
{
	filter_msrs(f, AXVCPU_FILTER_EXIT);
	fill_registers(f);
	set(f, RCX, 0xffffffff00000000ull | nr);
	start_at(f, SYM(rdmsr_insn));
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSREG_READ);
	EXPECT_INSN(f, rdmsr_insn);
	EXPECT_EQ(f->exit->sysreg.addr, nr);
	EXPECT_EQ(f->exit->raw[0], HW_EXIT_RDMSR);
	EXPECT_EQ(f->exit->raw[1], 0u);
	expect_registers(f, 1u << RCX);
	axv_fulfil(&f->v, 0x8877665544332211ull);
	EXPECT_DONE(f);
	/* the upper halves are zero */
	EXPECT_EQ(reg(&f->v, RAX), 0x44332211u);
	EXPECT_EQ(reg(&f->v, RDX), 0x88776655u);
	expect_registers(f, 1u << RCX | 1u << RAX | 1u << RDX);
}

TEST(sysreg_read, &config)
{
	read_msr(f, TEST_MSR);
	read_msr(f, REAL_MSR);
}

TEST(sysreg_write, &config)
{
	static const uint32_t msrs[] = { TEST_MSR, TEST_MSR + 1, REAL_MSR };
	unsigned int i;

	filter_msrs(f, AXVCPU_FILTER_EXIT);
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		fill_registers(f);
		set(f, RCX, msrs[i]);
		set(f, RAX, 0xffffffff12345678ull);
		set(f, RDX, 0xffffffff9abcdef0ull);
		start_at(f, SYM(wrmsr_insn));
		ASSERT_EXIT(f, AXVCPU_EXIT_SYSREG_WRITE);
		EXPECT_INSN(f, wrmsr_insn);
		EXPECT_EQ(f->exit->sysreg.addr, msrs[i]);
		EXPECT_EQ(f->exit->sysreg.value, 0x9abcdef012345678ull);
		EXPECT_EQ(f->exit->raw[0], HW_EXIT_WRMSR);
		EXPECT_EQ(f->exit->raw[1], X86_HW(1ull, 0ull));
		axv_fulfil(&f->v, 0);
		EXPECT_DONE(f);
		expect_registers(f, 1u << RCX | 1u << RAX | 1u << RDX);
		EXPECT_EQ(reg(&f->v, RAX), 0xffffffff12345678ull);
	}
}

/* IGNORE reads 0 and drops writes, FAULT is #GP; neither is seen by the VMM. */
TEST(sysreg_filter, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c;
	struct x86_frame fr;

	filter_msrs(f, AXVCPU_FILTER_IGNORE);
	fill_registers(f);
	set(f, RCX, REAL_MSR);
	start_at(f, SYM(rdmsr_insn));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 0u);
	EXPECT_EQ(reg(&f->v, RDX), 0u);
	set(f, RAX, 0x1000);
	start_at(f, SYM(wrmsr_insn));
	EXPECT_DONE(f);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.lstar, 0u);

	filter_msrs(f, AXVCPU_FILTER_FAULT);
	start_at(f, SYM(rdmsr_insn));
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.ip, SYM(rdmsr_insn));
	EXPECT_EQ(fr.error, 0u);

	/* without a filter the register is the guest's own again */
	ASSERT_OK(axv_set_msr_filter(f->vm, NULL, 0));
	set(f, RAX, 0x1000);
	set(f, RDX, 0);
	start_at(f, SYM(wrmsr_insn));
	EXPECT_DONE(f);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.lstar, 0x1000u);
}

/* ---- ports --------------------------------------------------------------------------------- */

struct io_row {
	const char *name;
	uint64_t start;
	uint64_t end;
	bool in;
	uint8_t width;
	uint16_t port;		/* 0: the port in dx */
};

static const struct io_row io_rows[] = {
	{ ROW(in8), true, 1, 0 },
	{ ROW(in16), true, 2, 0 },
	{ ROW(in32), true, 4, 0 },
	{ ROW(in8_imm), true, 1, 0x61 },
	{ ROW(in16_imm), true, 2, 0x62 },
	{ ROW(in32_imm), true, 4, 0x64 },
	{ ROW(out8), false, 1, 0 },
	{ ROW(out16), false, 2, 0 },
	{ ROW(out32), false, 4, 0 },
	{ ROW(out8_imm), false, 1, 0x80 },
	{ ROW(out16_imm), false, 2, 0x82 },
	{ ROW(out32_imm), false, 4, 0x84 },
};

TEST_ROWS(io, io_rows, ARRAY_SIZE(io_rows), &config)
{
	const struct io_row *row = arg;
	uint64_t mask = (1ull << row->width * 8) - 1;
	uint16_t port = row->port ? row->port : 0xfedc;
	uint64_t merged;

	fill_registers(f);
	set(f, RDX, 0xffffffffffff0000ull | port);
	start_at(f, row->start);
	ASSERT_EXIT(f, row->in ? AXVCPU_EXIT_IO_READ : AXVCPU_EXIT_IO_WRITE);
	EXPECT_EQ(f->exit->pc, row->start);
	EXPECT_EQ(f->exit->insn_len, row->end - row->start);
	EXPECT_EQ(f->exit->io.port, port);
	EXPECT_EQ(f->exit->io.width, row->width);
	EXPECT_EQ(f->exit->io.flags, 0);
	EXPECT_EQ(f->exit->io.count, 1u);
	EXPECT_EQ(f->exit->raw[0], HW_EXIT_IO);
	EXPECT_EQ(f->exit->raw[1] >> 16 & 0xffff, port);
	if (!row->in)
		EXPECT_EQ(f->exit->io.data, FILL(RAX) & mask);
	expect_registers(f, 1u << RDX);

	/* more bits than the port has: they must not get in */
	axv_fulfil(&f->v, 0x5566778899aabbccull);
	EXPECT_DONE(f);
	merged = 0x5566778899aabbccull & mask;
	if (row->width < 4)
		merged |= FILL(RAX) & ~mask;
	EXPECT_EQ(reg(&f->v, RAX), row->in ? merged : FILL(RAX));
	expect_registers(f, 1u << RDX | 1u << RAX);
}

TEST(io_filter, &config)
{
	const struct axvcpu_filter_range r[] = {
		{ 0x100, 0x10f, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_EXIT },
		{ 0x200, 0x200, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_IGNORE },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;

	ASSERT_OK(axv_set_io_filter(f->vm, r, ARRAY_SIZE(r)));
	/* a port that is not there reads as ones, of its width */
	fill_registers(f);
	set(f, RDX, 0x10f);
	start_at(f, SYM(in16));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), FILL(RAX) | 0xffff);
	start_at(f, SYM(in32));
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 0xffffffffu);
	start_at(f, SYM(out8));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_WRITE);
	EXPECT_EQ(f->exit->io.port, 0x10f);

	set(f, RDX, 0x200);
	start_at(f, SYM(in8));
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.ip, SYM(in8));
	EXPECT_EQ(fr.error, 0u);
	start_at(f, SYM(out32));
	EXPECT_DONE(f);

	/* behind the range: the default */
	set(f, RDX, 0x110);
	start_at(f, SYM(in8));
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_READ);
	EXPECT_EQ(f->exit->io.port, 0x110);
}

/* ---- SYSTEM_DOWN --------------------------------------------------------------------------- */

/* 16 bits of ax count, whatever else rax holds. */
TEST(system_down, &config)
{
	set(f, RDX, 0x604);
	set(f, RAX, 0xdeadbeefcafe2000ull);
	start_at(f, SYM(out16));
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSTEM_DOWN);
	EXPECT_INSN(f, out16);
	EXPECT_EQ(f->exit->system_down.kind, (uint32_t)AXVCPU_DOWN_POWEROFF);
	EXPECT_EQ(f->exit->system_down.detail, 0x2000u);
	EXPECT_EQ(f->exit->raw[0], HW_EXIT_IO);
	/* a VMM may find that the guest should live on */
	axv_skip(&f->v);
	EXPECT_DONE(f);
}

TEST(system_down_not, &config)
{
	static const struct {
		uint64_t at;
		uint64_t rax;
		uint8_t width;
	} rows[] = {
		{ SYM(out8), 0x2000, 1 },
		{ SYM(out16), 0x2001, 2 },
		{ SYM(out16), 0x20000000, 2 },
		{ SYM(out16), 0, 2 },
		{ SYM(out32), 0x2000, 4 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		set(f, RDX, 0x604);
		set(f, RAX, rows[i].rax);
		start_at(f, rows[i].at);
		ASSERT_EXIT(f, AXVCPU_EXIT_IO_WRITE);
		EXPECT_EQ(f->exit->io.port, 0x604);
		EXPECT_EQ(f->exit->io.width, rows[i].width);
		axv_fulfil(&f->v, 0);
		EXPECT_DONE(f);
	}
}
