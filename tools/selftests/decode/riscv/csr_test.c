// SPDX-License-Identifier: GPL-2.0-only
/* Virtual and illegal instructions: CSRs, wfi, and those the guest does not have. */
#include <asm/csr.h>

#include "riscv.h"
#include "riscv_code.h"
#include "ktap.h"

#define EXITS	AXVCPU_FILTER_EXIT
#define IGNORES	AXVCPU_FILTER_IGNORE

static struct axvcpu_exit *ex(void)
{
	return &vcpu->exit;
}

static u64 *x(unsigned int n)
{
	return &vcpu->arch.ctx.x[n];
}

static int trap(u32 insn)
{
	vcpu->arch.ctx.trap.scause = EXC_VIRTUAL_INST_FAULT;
	vcpu->arch.ctx.trap.stval = insn;
	return axv_riscv_virtual(vcpu);
}

static void prepare(u32 read_action, u32 write_action)
{
	mock_reset();
	mock.read_action = read_action;
	mock.write_action = write_action;
	*x(5) = 0x5555;
	*x(6) = 0xff00ff;
}

static int fulfil(u64 data)
{
	return axv_riscv_complete(vcpu, AXVCPU_CMD_FULFIL, data);
}

#define CHECK_THAT(call)			\
	do {					\
		if (!(call))			\
			return false;		\
	} while (0)

static bool is_exit(u32 reason, u32 csr, u64 value, u32 reg)
{
	CHECK(ex()->reason == reason && ex()->sysreg.addr == csr && ex()->sysreg.value == value);
	CHECK(ex()->sysreg.reg == reg && ex()->insn_len == 4 && ex()->insn_nr == 4);
	CHECK(vcpu->arch.ctx.pc == MOCK_PC && mock.cause == -1);
	CHECK(mock_commands() == 0x1e);
	return true;
}

#define READS(reg)	is_exit(AXVCPU_EXIT_SYSREG_READ, 0x5c0, 0, reg)
#define WRITES(value)	is_exit(AXVCPU_EXIT_SYSREG_WRITE, 0x5c0, value, AXVCPU_REG_NONE)

static bool is_over(u64 x5)
{
	CHECK(vcpu->arch.ctx.pc == MOCK_PC + 4 && *x(5) == x5 && mock.cause == -1);
	return true;
}

/* Both halves, and each alone. */
static bool forms(void)
{
	static const struct {
		u32 insn;
		bool write;
		bool read;
		u64 value;	/* written, 0xf0f0 having been read */
	} rows[] = {
		{ CODE_csrrw, true, true, 0xff00ff },
		{ CODE_csrrw_x0, true, false, 0xff00ff },
		{ CODE_csrrs, true, true, 0xfff0ff },
		{ CODE_csrrs_x0, false, true },
		{ CODE_csrrwi, true, true, 21 },
		{ CODE_csrrsi, true, true, 0xf0f5 },
		{ CODE_csrrci, true, true, 0xf0e0 },
		{ CODE_csrrsi_0, false, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		prepare(EXITS, EXITS);
		CHECK(trap(rows[i].insn) == AXV_EXIT);
		if (rows[i].read) {
			CHECK_THAT(READS(5));
			CHECK(*x(5) == 0x5555);
			CHECK(fulfil(0xf0f0) == (rows[i].write ? AXV_EXIT : AXV_RESUME));
		}
		if (rows[i].write) {
			CHECK_THAT(WRITES(rows[i].value));
			CHECK(*x(5) == 0x5555);
			CHECK(fulfil(0x99) == AXV_RESUME);
		}
		CHECK_THAT(is_over(rows[i].read ? 0xf0f0 : 0x5555));
	}
	return true;
}

/* The source is the destination, too. */
static bool same_register(void)
{
	prepare(EXITS, EXITS);
	CHECK(trap(CODE_csrrc) == AXV_EXIT);
	CHECK_THAT(READS(6));
	CHECK(fulfil(0xf0f0f0) == AXV_EXIT);
	CHECK_THAT(WRITES(0x00f000));
	CHECK(fulfil(0) == AXV_RESUME && *x(6) == 0xf0f0f0);
	return true;
}

static bool half_filtered(void)
{
	prepare(EXITS, IGNORES);
	CHECK(trap(CODE_csrrw) == AXV_EXIT);
	CHECK_THAT(READS(5));
	CHECK(fulfil(7) == AXV_RESUME);
	CHECK_THAT(is_over(7));

	prepare(IGNORES, EXITS);
	CHECK(trap(CODE_csrrs) == AXV_EXIT);
	CHECK_THAT(WRITES(0xff00ff));
	CHECK(fulfil(7) == AXV_RESUME);
	CHECK_THAT(is_over(0));

	prepare(IGNORES, IGNORES);
	CHECK(trap(CODE_csrrw) == AXV_RESUME);
	CHECK_THAT(is_over(0));
	return true;
}

static bool is_illegal(int next, u32 insn)
{
	CHECK(next == AXV_RESUME && mock.cause == EXC_INST_ILLEGAL && mock.tval == insn);
	CHECK(vcpu->arch.ctx.pc == MOCK_PC && *x(5) == 0x5555);
	return true;
}

static bool refused(void)
{
	static const u32 actions[] = { AXVCPU_FILTER_DEFAULT, AXVCPU_FILTER_FAULT };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		prepare(actions[i], EXITS);
		CHECK_THAT(is_illegal(trap(CODE_csrrw), CODE_csrrw));
		prepare(EXITS, actions[i]);
		CHECK_THAT(is_illegal(trap(CODE_csrrw), CODE_csrrw));
		/* the half that is not made is not asked for */
		prepare(EXITS, actions[i]);
		CHECK(trap(CODE_csrrs_x0) == AXV_EXIT);
		prepare(actions[i], EXITS);
		CHECK(trap(CODE_csrrw_x0) == AXV_EXIT);
		/* the filter changed between the two */
		prepare(EXITS, EXITS);
		CHECK(trap(CODE_csrrw) == AXV_EXIT);
		mock.write_action = actions[i];
		CHECK_THAT(is_illegal(fulfil(1), CODE_csrrw));
	}
	return true;
}

static bool commands(void)
{
	prepare(EXITS, EXITS);
	CHECK(trap(CODE_csrrw) == AXV_EXIT);
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_RETRY, 1) == AXV_RESUME);
	CHECK(vcpu->arch.ctx.pc == MOCK_PC);
	CHECK_THAT(is_illegal(axv_riscv_complete(vcpu, AXVCPU_CMD_FAULT, 1), CODE_csrrw));
	mock.cause = -1;
	CHECK(axv_riscv_complete(vcpu, AXVCPU_CMD_SKIP, 1) == AXV_RESUME);
	CHECK_THAT(is_over(0x5555));
	return true;
}

/* What the architecture does not let the guest do is not the filter's to allow. */
static bool privilege(void)
{
	prepare(EXITS, EXITS);
	CHECK_THAT(is_illegal(trap(CODE_csrrw_ro), CODE_csrrw_ro));
	CHECK(trap(CODE_csrrs_ro) == AXV_EXIT);

	prepare(EXITS, EXITS);
	vcpu->arch.ctx.sstatus = 0;
	CHECK_THAT(is_illegal(trap(CODE_csrrw), CODE_csrrw));
	mock.cause = -1;
	CHECK(trap(CODE_csrrs_ro) == AXV_EXIT);
	CHECK(trap(CODE_csrrs_user) == AXV_EXIT);
	return true;
}

static bool waits(void)
{
	prepare(EXITS, EXITS);
	CHECK(trap(CODE_wfi) == AXV_HALT && mock.waits == 1);
	/* user mode's wfi does not wait for ever: it is illegal */
	prepare(EXITS, EXITS);
	vcpu->arch.ctx.sstatus = 0;
	CHECK_THAT(is_illegal(trap(CODE_wfi), CODE_wfi));
	CHECK(!mock.waits);
	return true;
}

static bool others(void)
{
	prepare(EXITS, EXITS);
	CHECK_THAT(is_illegal(trap(CODE_sret), CODE_sret));

	prepare(EXITS, EXITS);
	vcpu->vm->exception_exits = BIT(EXC_INST_ILLEGAL);
	CHECK(trap(CODE_sret) == AXV_EXIT && mock.cause == -1);
	CHECK(ex()->reason == AXVCPU_EXIT_EXCEPTION && ex()->exception.vector == EXC_INST_ILLEGAL);
	CHECK(ex()->exception.addr == CODE_sret && !ex()->insn_len);
	CHECK_THAT(is_illegal(axv_riscv_complete(vcpu, AXVCPU_CMD_FAULT, 0), CODE_sret));
	return true;
}

/* A hart may leave stval zero. */
static bool fetched(void)
{
	prepare(EXITS, EXITS);
	mock.insn = CODE_csrrw;
	CHECK(trap(0) == AXV_EXIT && mock.fetches == 1);
	CHECK_THAT(READS(5));

	prepare(EXITS, EXITS);
	mock.no_fetch = true;
	CHECK(trap(0) == AXV_RESUME && mock.fetches == 1 && mock.cause == -1);
	CHECK(vcpu->arch.ctx.pc == MOCK_PC);
	return true;
}

static bool wants(void)
{
	prepare(EXITS, EXITS);
	CHECK(!axv_riscv_wants_illegal(vcpu));
	vcpu->vm->msr_filter = (void *)vcpu;
	CHECK(axv_riscv_wants_illegal(vcpu));
	return true;
}

const struct mock_test csr_tests[] = {
	{ "CSR instructions", forms },
	{ "CSR instructions of one register", same_register },
	{ "CSRs ignored", half_filtered },
	{ "CSRs refused", refused },
	{ "CSRs and entry commands", commands },
	{ "CSRs and privilege", privilege },
	{ "wfi", waits },
	{ "instructions that there are not", others },
	{ "instructions that the hart does not tell", fetched },
	{ "when illegal instructions are wanted", wants },
	{ }
};
