// SPDX-License-Identifier: GPL-2.0-only
/* Accesses to devices, and what the entry commands make of exits. */
#include <asm/csr.h>

#include "riscv.h"
#include "riscv_code.h"
#include "ktap.h"

#define GVA	0xffffffc000200000ull
#define DEV	0x10000000ull

static struct axvcpu_exit *ex(void)
{
	return &vcpu->exit;
}

static u64 *x(unsigned int n)
{
	return &vcpu->arch.ctx.x[n];
}

/* The guest at @insn touched @gva, which is @gpa; the hart says nothing in htinst. */
static int touch(u32 insn, bool write, u64 gva, u64 gpa)
{
	struct axv_riscv_trap *t = &vcpu->arch.ctx.trap;

	mock.insn = insn;
	t->scause = write ? EXC_STORE_GUEST_PAGE_FAULT : EXC_LOAD_GUEST_PAGE_FAULT;
	t->stval = gva;
	t->htval = gpa >> 2;
	return axv_riscv_mmio(vcpu, gpa, write);
}

static int fulfil(u64 data)
{
	return axv_riscv_complete(vcpu, AXVCPU_CMD_FULFIL, data);
}

static bool is_at(u64 pc)
{
	CHECK(vcpu->arch.ctx.pc == pc && mock.cause == -1);
	return true;
}

#define CHECK_THAT(call)			\
	do {					\
		if (!(call))			\
			return false;		\
	} while (0)

static bool reads(unsigned int reg, unsigned int width, bool sign, u64 gpa, u32 insn, u32 len)
{
	u32 bits = 0;

	CHECK(ex()->reason == AXVCPU_EXIT_MMIO_READ && ex()->mmio.gpa == gpa);
	CHECK(ex()->mmio.reg == reg && ex()->mmio.width == width && ex()->mmio.reg_width == 8);
	CHECK(ex()->mmio.sign_extend == sign && !ex()->mmio.flags && !ex()->mmio.data);
	CHECK(ex()->insn_len == len && ex()->insn_nr == len);
	memcpy(&bits, ex()->insn, len);
	CHECK(bits == insn);
	CHECK_THAT(is_at(MOCK_PC));
	return true;
}

static bool loads(void)
{
	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_lw, false, GVA + 8, DEV + 8) == AXV_EXIT);
	CHECK_THAT(reads(5, 4, true, DEV + 8, CODE_lw, 4));
	CHECK(fulfil(0x12345678f0000001) == AXV_RESUME && *x(5) == 0xfffffffff0000001);
	CHECK_THAT(is_at(MOCK_PC + 4));

	mock_reset();
	*x(1) = GVA + 0x10;
	CHECK(touch(CODE_lbu, false, GVA + 15, DEV + 15) == AXV_EXIT);
	CHECK_THAT(reads(31, 1, false, DEV + 15, CODE_lbu, 4));
	CHECK(fulfil(~0ull) == AXV_RESUME && *x(31) == 0xff);

	mock_reset();
	*x(8) = GVA;
	CHECK(touch(CODE_c_ld, false, GVA + 8, DEV + 8) == AXV_EXIT);
	CHECK_THAT(reads(9, 8, false, DEV + 8, CODE_c_ld, 2));
	CHECK(fulfil(0x123456789abcdef0) == AXV_RESUME && *x(9) == 0x123456789abcdef0);
	CHECK_THAT(is_at(MOCK_PC + 2));

	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_lb_x0, false, GVA, DEV) == AXV_EXIT);
	CHECK_THAT(reads(0, 1, true, DEV, CODE_lb_x0, 4));
	CHECK(fulfil(0x80) == AXV_RESUME && !*x(0));
	return true;
}

static bool fp(void)
{
	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_flw, false, GVA, DEV) == AXV_EXIT);
	CHECK_THAT(reads(AXVCPU_RISCV_REG_F(7), 4, false, DEV, CODE_flw, 4));
	CHECK(fulfil(0x13f800000) == AXV_RESUME && mock.f[7] == 0xffffffff3f800000);

	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_flh, false, GVA, DEV) == AXV_EXIT);
	CHECK_THAT(reads(AXVCPU_RISCV_REG_F(0), 2, false, DEV, CODE_flh, 4));
	CHECK(fulfil(0x3c00) == AXV_RESUME && mock.f[0] == 0xffffffffffff3c00);

	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_fld, false, GVA, DEV) == AXV_EXIT);
	CHECK_THAT(reads(AXVCPU_RISCV_REG_F(31), 8, false, DEV, CODE_fld, 4));
	CHECK(fulfil(0x3ff0000000000000) == AXV_RESUME && mock.f[31] == 0x3ff0000000000000);

	mock_reset();
	*x(6) = GVA;
	mock.f[7] = 0xffffffff3f800000;
	CHECK(touch(CODE_fsw, true, GVA, DEV) == AXV_EXIT);
	CHECK(ex()->reason == AXVCPU_EXIT_MMIO_WRITE && ex()->mmio.data == 0x3f800000);

	mock_reset();
	*x(8) = GVA;
	mock.f[9] = 0x0123456789abcdef;
	CHECK(touch(CODE_c_fsd, true, GVA, DEV) == AXV_EXIT);
	CHECK(ex()->mmio.data == 0x0123456789abcdef && ex()->mmio.width == 8 && ex()->insn_len == 2);
	return true;
}

static bool stores(void)
{
	mock_reset();
	*x(6) = GVA + 8;
	*x(5) = 0xfedcba9876543210;
	CHECK(touch(CODE_sb, true, GVA + 4, DEV + 4) == AXV_EXIT);
	CHECK(ex()->reason == AXVCPU_EXIT_MMIO_WRITE && ex()->mmio.gpa == DEV + 4);
	CHECK(ex()->mmio.data == 0x10 && ex()->mmio.width == 1);
	CHECK(ex()->mmio.reg == AXVCPU_REG_NONE && ex()->insn_len == 4);
	CHECK_THAT(is_at(MOCK_PC));
	CHECK(fulfil(0x55) == AXV_RESUME && *x(5) == 0xfedcba9876543210);
	CHECK_THAT(is_at(MOCK_PC + 4));

	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_sw_x0, true, GVA, DEV) == AXV_EXIT && !ex()->mmio.data);

	mock_reset();
	*x(8) = GVA;
	*x(9) = 0x1ffffffff;
	CHECK(touch(CODE_c_sw, true, GVA + 4, DEV + 4) == AXV_EXIT);
	CHECK(ex()->mmio.data == 0xffffffff && ex()->insn_len == 2);
	CHECK(fulfil(0) == AXV_RESUME);
	CHECK_THAT(is_at(MOCK_PC + 2));
	return true;
}

static bool routed(void)
{
	mock_reset();
	mock.routed = true;
	*x(8) = GVA;
	*x(9) = 0x1deadbeef;
	CHECK(touch(CODE_c_sw, true, GVA + 4, DEV + 4) == AXV_RESUME);
	CHECK(mock.route_addr == DEV + 4 && mock.route_width == 4 && mock.route_data == 0xdeadbeef);
	CHECK_THAT(is_at(MOCK_PC + 2));
	return true;
}

/* lw x5 and sd x5, as a hart writes them; the offset stands at bit 15 */
#define HTINST_LW	(0x03 | 5 << 7 | 2 << 12)
#define HTINST_SD	(0x23 | 3 << 12 | 5 << 20)

static bool transformed(void)
{
	mock_reset();
	vcpu->arch.ctx.trap.htinst = HTINST_LW;
	CHECK(touch(0, false, GVA, DEV) == AXV_EXIT && !mock.fetches);
	CHECK(ex()->reason == AXVCPU_EXIT_MMIO_READ && ex()->mmio.reg == 5);
	CHECK(ex()->mmio.width == 4 && ex()->mmio.sign_extend);
	CHECK(ex()->insn_len == 4 && !ex()->insn_nr);
	CHECK(fulfil(~0u) == AXV_RESUME && *x(5) == ~0ull);

	mock_reset();
	*x(5) = 0x1122334455667788;
	vcpu->arch.ctx.trap.htinst = HTINST_SD & ~2;
	CHECK(touch(0, true, GVA, DEV) == AXV_EXIT && !mock.fetches);
	CHECK(ex()->mmio.data == 0x1122334455667788 && ex()->insn_len == 2);
	CHECK(fulfil(0) == AXV_RESUME);
	CHECK_THAT(is_at(MOCK_PC + 2));

	/* the same again, one that is fetched between them */
	mock_reset();
	*x(6) = GVA;
	*x(8) = GVA;
	vcpu->arch.ctx.trap.htinst = HTINST_LW;
	CHECK(touch(0, false, GVA, DEV) == AXV_EXIT && ex()->mmio.reg == 5);
	vcpu->arch.ctx.trap.htinst = 0;
	CHECK(touch(CODE_c_ld, false, GVA + 8, DEV + 8) == AXV_EXIT && ex()->mmio.reg == 9);
	vcpu->arch.ctx.trap.htinst = HTINST_LW;
	CHECK(touch(0, false, GVA, DEV) == AXV_EXIT && mock.fetches == 1);
	CHECK(ex()->mmio.reg == 5 && ex()->mmio.width == 4 && ex()->insn_len == 4);
	CHECK(touch(0, false, GVA, DEV + 16) == AXV_EXIT && ex()->mmio.gpa == DEV + 16);

	/* an AMO is not transformed into one: its bytes are asked for */
	mock_reset();
	vcpu->arch.ctx.trap.htinst = CODE_amoadd & ~(0x1fu << 15);
	CHECK(touch(CODE_amoadd, true, GVA, DEV) == AXV_EXIT && mock.fetches == 1);
	CHECK(ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR);
	return true;
}

static bool is_error(u32 what, u64 gpa, u32 len)
{
	CHECK(ex()->reason == AXVCPU_EXIT_INTERNAL_ERROR && ex()->internal.what == what);
	CHECK(ex()->internal.gpa == gpa && ex()->insn_len == len);
	CHECK_THAT(is_at(MOCK_PC));
	return true;
}

static bool not_done(void)
{
	static const struct {
		u32 insn;
		bool write;
	} rows[] = {
		{ CODE_amoadd, true }, { CODE_amoadd, false }, { CODE_lr, false }, { CODE_sc, true },
		{ CODE_vle, false }, { CODE_cbo, true },
	};
	unsigned int i;
	u32 commands;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		mock_reset();
		*x(6) = GVA;
		CHECK(touch(rows[i].insn, rows[i].write, GVA, DEV) == AXV_EXIT);
		CHECK_THAT(is_error(AXVCPU_ERROR_DECODE, DEV, 4));
		CHECK(ex()->insn_nr == 4 && !memcmp(ex()->insn, &rows[i].insn, 4));
		commands = mock_commands();
		CHECK(commands == (BIT(AXVCPU_CMD_NONE) | BIT(AXVCPU_CMD_SKIP) |
				   BIT(AXVCPU_CMD_RETRY) | BIT(AXVCPU_CMD_FAULT)));
		CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_FAULT, 0) == AXV_RESUME);
		/* some harts let an AMO fault as a load; to the guest it is a store */
		CHECK(mock.cause == (rows[i].write || rows[i].insn == CODE_amoadd ?
				     EXC_STORE_ACCESS : EXC_LOAD_ACCESS));
		CHECK(mock.tval == GVA);
	}
	return true;
}

/* What is at pc now is not what trapped: the guest goes on with what is there. */
static bool changed(void)
{
	static const struct {
		u32 insn;
		bool write;
		u64 gva;
	} rows[] = {
		{ CODE_sd, false, GVA },	/* a store instead of a load */
		{ CODE_lw, true, GVA + 8 },
		{ CODE_fsw, false, GVA }, { CODE_flw, true, GVA },
		{ CODE_add, false, GVA }, { CODE_add, true, GVA },
		{ CODE_wfi, true, GVA }, { CODE_csrrw, false, GVA }, { CODE_c_li, false, GVA },
		{ CODE_lw, false, GVA },	/* another address */
		{ CODE_lw, false, GVA + 12 }, { CODE_lw, false, GVA + 7 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		mock_reset();
		*x(6) = GVA;
		if (touch(rows[i].insn, rows[i].write, rows[i].gva, DEV) != AXV_RESUME)
			return wrong("row %u is no retry", i);
		CHECK_THAT(is_at(MOCK_PC));
	}
	mock_reset();
	mock.no_fetch = true;
	CHECK(touch(CODE_lw, false, GVA + 8, DEV + 8) == AXV_RESUME);
	CHECK_THAT(is_at(MOCK_PC));
	return true;
}

static bool misaligned(void)
{
	unsigned int i;

	/* within a page: as it is */
	for (i = 0; i < 8; i++) {
		mock_reset();
		*x(6) = GVA + i;
		CHECK(touch(CODE_sd, true, GVA + i, DEV + i) == AXV_EXIT);
		CHECK(ex()->reason == AXVCPU_EXIT_MMIO_WRITE && ex()->mmio.gpa == DEV + i);
	}
	/* up to the end of the page, and over it */
	for (i = 0; i < 8; i++) {
		mock_reset();
		*x(6) = GVA + 0xff8 + i;
		CHECK(touch(CODE_sd, true, *x(6), DEV + 0xff8 + i) == AXV_EXIT);
		if (!i)
			CHECK(ex()->reason == AXVCPU_EXIT_MMIO_WRITE);
		else
			CHECK_THAT(is_error(AXVCPU_ERROR_STRADDLE, DEV + 0xff8 + i, 4));
	}
	/* the second page's part faulted */
	mock_reset();
	*x(6) = GVA + 0xffc;
	CHECK(touch(CODE_sd, true, GVA + 0x1000, DEV) == AXV_EXIT);
	CHECK_THAT(is_error(AXVCPU_ERROR_STRADDLE, DEV, 4));
	CHECK(ex()->insn_nr == 4);
	mock_reset();
	vcpu->arch.ctx.trap.htinst = HTINST_SD | 4 << 15;
	CHECK(touch(0, true, GVA + 0x1000, DEV) == AXV_EXIT);
	CHECK_THAT(is_error(AXVCPU_ERROR_STRADDLE, DEV, 4));
	CHECK(!ex()->insn_nr);
	/* a later part of one page */
	mock_reset();
	*x(6) = GVA + 4;
	CHECK(touch(CODE_sd, true, GVA + 8, DEV + 8) == AXV_EXIT);
	CHECK(ex()->reason == AXVCPU_EXIT_MMIO_WRITE && ex()->mmio.gpa == DEV + 4);
	return true;
}

static bool commands(void)
{
	mock_reset();
	*x(6) = GVA;
	*x(5) = 5;
	CHECK(touch(CODE_lw, false, GVA + 8, DEV + 8) == AXV_EXIT);
	CHECK(mock_commands() == 0x1e);
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_RETRY, 1) == AXV_RESUME && *x(5) == 5);
	CHECK_THAT(is_at(MOCK_PC));
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_SKIP, 1) == AXV_RESUME && *x(5) == 5);
	CHECK_THAT(is_at(MOCK_PC + 4));
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_FAULT, 1) == AXV_RESUME && *x(5) == 5);
	CHECK(mock.cause == EXC_LOAD_ACCESS && mock.tval == GVA + 8);

	mock_reset();
	*x(6) = GVA;
	CHECK(touch(CODE_sd, true, GVA, DEV) == AXV_EXIT);
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_FAULT, 1) == AXV_RESUME);
	CHECK(mock.cause == EXC_STORE_ACCESS && mock.tval == GVA);
	return true;
}

/* FAULT of an exit of @reason, the trap having been @scause at @stval. */
static bool faults(u32 reason, u64 scause, u64 stval, s64 cause, u64 tval)
{
	vcpu->arch.ctx.trap.scause = scause;
	vcpu->arch.ctx.trap.stval = stval;
	axv_riscv_new_exit(vcpu, reason);
	if (reason == AXVCPU_EXIT_EXCEPTION) {
		ex()->exception.vector = scause;
		ex()->exception.addr = stval;
	}
	mock.cause = -1;
	CHECK(mock_commands() & BIT(AXVCPU_CMD_FAULT));
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_FAULT, 0) == AXV_RESUME);
	CHECK(mock.cause == cause && mock.tval == tval);
	return true;
}

static bool other_faults(void)
{
	mock_reset();
	CHECK_THAT(faults(AXVCPU_EXIT_NESTED_PAGE_FAULT, 20, GVA, 1, GVA));
	CHECK_THAT(faults(AXVCPU_EXIT_NESTED_PAGE_FAULT, 21, GVA, 5, GVA));
	CHECK_THAT(faults(AXVCPU_EXIT_NESTED_PAGE_FAULT, 23, GVA, 7, GVA));
	CHECK_THAT(faults(AXVCPU_EXIT_DEBUG, 3, 0, 3, MOCK_PC));
	CHECK_THAT(faults(AXVCPU_EXIT_EXCEPTION, 13, GVA, 13, GVA));
	CHECK_THAT(faults(AXVCPU_EXIT_EXCEPTION, 8, 0, 8, 0));
	CHECK_THAT(faults(AXVCPU_EXIT_INTERNAL_ERROR, 0x77, 0, 2, 0));
	CHECK_THAT(faults(AXVCPU_EXIT_FAIL_ENTRY, 0, 0, 2, 0));
	return true;
}

static bool calls(void)
{
	static const u32 reasons[] = {
		AXVCPU_EXIT_HYPERCALL, AXVCPU_EXIT_CPU_UP, AXVCPU_EXIT_CPU_DOWN,
		AXVCPU_EXIT_SYSTEM_DOWN, AXVCPU_EXIT_HALT,
	};
	/* HALT is hart_suspend's after an ecall */
	static const u32 cmds[] = { AXVCPU_CMD_FULFIL, AXVCPU_CMD_SKIP, AXVCPU_CMD_FAULT };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		mock_reset();
		vcpu->arch.ctx.trap.scause = EXC_SUPERVISOR_SYSCALL;
		axv_riscv_new_exit(vcpu, reasons[i]);
		ex()->insn_len = 4;
		CHECK(mock_commands() == 0x1e);
		for (j = 0; j < ARRAY_SIZE(cmds); j++) {
			CHECK(axv_riscv_complete(vcpu, cmds[j], 0) == AXV_RESUME);
			CHECK(mock.calls == j + 1 && mock.call_cmd == cmds[j]);
		}
		CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_RETRY, 0) == AXV_RESUME);
		CHECK(mock.calls == j);
		CHECK_THAT(is_at(MOCK_PC));
	}
	return true;
}

/* Every reason allows RETRY; without a length nothing that goes behind it. */
static bool masks(void)
{
	u32 reason, mask;

	for (reason = 0; reason < AXVCPU_EXIT_NR; reason++) {
		mock_reset();
		axv_riscv_new_exit(vcpu, reason);
		mask = mock_commands();
		if (!(mask & BIT(AXVCPU_CMD_RETRY)) ||
		    (mask & (BIT(AXVCPU_CMD_FULFIL) | BIT(AXVCPU_CMD_SKIP))))
			return wrong("reason %u: 0x%x", reason, mask);
	}
	mock_reset();
	axv_riscv_new_exit(vcpu, AXVCPU_EXIT_HALT);
	ex()->insn_len = 4;
	CHECK(mock_commands() == 0x1e && fulfil(0) == AXV_RESUME);
	CHECK_THAT(is_at(MOCK_PC + 4));
	return true;
}

const struct mock_test mmio_tests[] = {
	{ "loads", loads },
	{ "FP loads and stores", fp },
	{ "stores", stores },
	{ "a store that is routed", routed },
	{ "htinst", transformed },
	{ "accesses that are not done", not_done },
	{ "code that changed meanwhile", changed },
	{ "misaligned accesses", misaligned },
	{ "entry commands", commands },
	{ "faults", other_faults },
	{ "calls", calls },
	{ "which commands are allowed", masks },
	{ }
};
