// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware a guest sees: each call with good and with bad arguments, what is left
 * to the VMM, and what the VMM may answer. Calls about other harts are riscv_harts.c's.
 *
 * rig: arch=riscv
 */
#include "common/riscv_sbi.h"

#define ECALL		(SBI(call_done) - 4)

static const struct axt_config config = { GUEST(sbi), .entry = SBI(call) };

#define V	(&f->v)

/* ---- BASE --------------------------------------------------------------------------- */

TEST(base, &config)
{
	EXPECT_SBI(V, SBI_OK, 2 << 24, EXT_BASE, 0);
	EXPECT_SBI(V, SBI_OK, AXVCPU_RISCV_SBI_IMPL_ID, EXT_BASE, 1);
	EXPECT_SBI(V, SBI_OK, AXVCPU_RISCV_SBI_IMPL_VERSION, EXT_BASE, 2);
	/* mvendorid, marchid, mimpid: whatever the machine has */
	EXPECT_EQ(sbi(V, EXT_BASE, 4).error, SBI_OK);
	EXPECT_EQ(sbi(V, EXT_BASE, 5).error, SBI_OK);
	EXPECT_EQ(sbi(V, EXT_BASE, 6).error, SBI_OK);
	EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, EXT_BASE, 7);
	EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, EXT_BASE, ~0ull);
	EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, EXT_BASE, 1ull << 32);
}

static const uint64_t extensions[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, EXT_BASE, EXT_TIME, EXT_IPI, EXT_RFENCE, EXT_HSM, EXT_SRST,
	EXT_DBCN, EXT_HVC,
};

/* numbers that nobody has, or that this firmware does not; and such that are no numbers */
static const uint64_t no_extensions[] = {
	9, 10, 15, 17, EXT_PMU, EXT_SUSP, 0x43505043 /* CPPC */, 0x4e41434c /* NACL */,
	0x535441 /* STA */, 0x08000000, 0x09000000, 0x0a000000, 0x7fffffff, 0x80000000,
	0xffffffff, ~0ull, ~0ull << 31, EXT_TIME | 1ull << 32, 1ull << 63, 1ull << 32,
};

TEST(probe, &config)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		axt_context("extension 0x%llx", (unsigned long long)extensions[i]);
		EXPECT_SBI(V, SBI_OK, 1, EXT_BASE, 3, extensions[i]);
	}
	for (i = 0; i < ARRAY_SIZE(no_extensions); i++) {
		axt_context("extension 0x%llx", (unsigned long long)no_extensions[i]);
		EXPECT_SBI(V, SBI_OK, 0, EXT_BASE, 3, no_extensions[i]);
	}
}

TEST(unknown_extensions, &config)
{
	unsigned int i, fid;

	for (i = 0; i < ARRAY_SIZE(no_extensions); i++)
		for (fid = 0; fid < 3; fid++) {
			axt_context("0x%llx, %u", (unsigned long long)no_extensions[i], fid);
			EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, no_extensions[i], fid, 1, 2, 3);
		}
}

TEST(unknown_functions, &config)
{
	static const struct {
		uint64_t eid;
		unsigned int first;
	} rows[] = {
		{ EXT_TIME, 1 }, { EXT_IPI, 1 }, { EXT_RFENCE, 3 }, { EXT_HSM, 4 },
		{ EXT_SRST, 1 }, { EXT_DBCN, 3 },
	};
	unsigned int i, fid;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("extension 0x%llx", (unsigned long long)rows[i].eid);
		for (fid = rows[i].first; fid < rows[i].first + 6; fid++)
			EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, rows[i].eid, fid);
		EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, rows[i].eid, ~0ull);
		EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, rows[i].eid, 1ull << 32);
	}
}

/* What a call does not answer in, it leaves alone. */
TEST(registers, &config)
{
	unsigned int i;

	for (i = 1; i < 32; i++)
		ASSERT_OK(axv_set_gpr(V, i, 0x1111111111111111ull * (i % 16) + i));
	axt_goto(V, SBI(call), 0);
	ASSERT_OK(axv_set_gpr(V, A7, EXT_BASE));
	ASSERT_OK(axv_set_gpr(V, A6, 0));
	ASSERT_SYNC(f);
	axt_fetch(V);
	for (i = 1; i < 32; i++)
		if (i != T0 && i != A0 && i != A1 && i != A6 && i != A7) {
			axt_context("x%u", i);
			EXPECT_EQ(reg(V, i), 0x1111111111111111ull * (i % 16) + i);
		}
}

/* In U-mode an ecall is for the guest's own kernel. */
TEST(user_mode, &config)
{
	axt_goto(V, SBI(user_call), 0);
	ASSERT_OK(axv_set_gpr(V, A7, EXT_SRST));
	ASSERT_TRAP(V, 8, 0, SBI(user_call_done) - 4);
}

/* ---- SRST ----------------------------------------------------------------------------- */

TEST(reset, &config)
{
	static const struct {
		uint64_t type, reason;
		int kind;		/* -1: SBI_INVALID_PARAM */
	} rows[] = {
		{ 0, 0, AXVCPU_DOWN_POWEROFF },
		{ 0, 1, AXVCPU_DOWN_POWEROFF },
		{ 1, 0, AXVCPU_DOWN_RESET },
		{ 2, 1, AXVCPU_DOWN_RESET },
		/* the upper halves do not count */
		{ 1 | 1ull << 32, ~0ull << 32, AXVCPU_DOWN_RESET },
		{ 3, 0, -1 }, { 0xf0000000, 0, -1 }, { 0xffffffff, 0, -1 }, { ~0ull, 0, -1 },
		{ 0, 2, -1 }, { 1, 0xe0000000, -1 }, { 2, 0xffffffff, -1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sbi_call c = { EXT_SRST, 0, { rows[i].type, rows[i].reason } };

		axt_context("row %u", i);
		if (rows[i].kind < 0) {
			EXPECT_SBI(V, SBI_INVALID_PARAM, 0, c.eid, c.fid,
				   rows[i].type, rows[i].reason);
			continue;
		}
		sbi_prepare(V, &c);
		ASSERT_EXIT(f, AXVCPU_EXIT_SYSTEM_DOWN);
		EXPECT_EQ(f->exit->system_down.kind, rows[i].kind);
		EXPECT_EQ(f->exit->system_down.detail,
			  (uint32_t)rows[i].type | (rows[i].reason & 0xffffffff) << 32);
		EXPECT_EQ(f->exit->pc, ECALL);
		/* it can be refused */
		axv_fulfil(V, SBI_FAILED);
		ASSERT_SYNC(f);
		axt_fetch(V);
		EXPECT_EQ((int64_t)reg(V, A0), SBI_FAILED);
	}
}

/* ---- DBCN ------------------------------------------------------------------------------ */

#define TOP	(1ull << f->dev.info.gpa_bits)

static void console(struct axt *f, uint64_t fid, uint64_t len, uint64_t gpa, uint64_t asked)
{
	const struct sbi_call c = { EXT_DBCN, fid, { len, gpa } };

	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.nr, AXVCPU_RISCV_SBI_NR(EXT_DBCN, fid));
	EXPECT_EQ(f->exit->hypercall.args[0], asked);
	EXPECT_EQ(f->exit->hypercall.args[1], gpa);
	EXPECT_EQ(f->exit->hypercall.args[2], 0u);
	EXPECT_EQ(f->exit->pc, ECALL);
}

static void expect_answer(struct axt *f, uint64_t data, int64_t error, uint64_t value)
{
	struct sbi_ret r;

	axv_fulfil(V, data);
	ASSERT_SYNC(f);
	r = sbi_result(V);
	EXPECT_EQ(r.error, error);
	EXPECT_EQ(r.value, value);
}

TEST(console, &config)
{
	unsigned int fid;

	for (fid = 0; fid < 2; fid++) {
		axt_context("function %u", fid);
		console(f, fid, 7, GUEST_DATA, 7);
		expect_answer(f, 7, SBI_OK, 7);
		console(f, fid, 7, GUEST_DATA, 7);
		expect_answer(f, 3, SBI_OK, 3);
		console(f, fid, 4096, GUEST_DATA, 4096);
		expect_answer(f, 0, SBI_OK, 0);
		/* a longer one is asked for in part; nobody has done more than that */
		console(f, fid, 4097, GUEST_DATA, 4096);
		expect_answer(f, 5000, SBI_OK, 4096);
		console(f, fid, TOP - 0x1000, 0x1000, 4096);
		expect_answer(f, 4096, SBI_OK, 4096);
		console(f, fid, 1, TOP - 1, 1);
		expect_answer(f, SBI_FAILED, SBI_FAILED, 0);
		/* none at all needs nobody */
		EXPECT_SBI(V, SBI_OK, 0, EXT_DBCN, fid, 0, GUEST_DATA);
		/* what is no memory */
		EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_DBCN, fid, 1, TOP);
		EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_DBCN, fid, 2, TOP - 1);
		EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_DBCN, fid, TOP, 1);
		EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_DBCN, fid, ~0ull, GUEST_DATA);
		EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_DBCN, fid, 16, ~0ull - 7);
		EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_DBCN, fid, 1, GUEST_DATA, 1);
	}
}

TEST(console_byte, &config)
{
	const struct sbi_call c = { EXT_DBCN, 2, { 0x1141 } };

	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.nr, AXVCPU_RISCV_SBI_NR(EXT_DBCN, 2));
	EXPECT_EQ(f->exit->hypercall.args[0], 0x41u);
	expect_answer(f, 0, SBI_OK, 0);
	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	expect_answer(f, SBI_DENIED, SBI_DENIED, 0);
}

/* ---- the VMM's calls -------------------------------------------------------------------- */

TEST(hvc, &config)
{
	static const uint64_t nrs[] = { 0, 5, 1ull << 32, ~0ull >> 1 };
	struct sbi_call c = { EXT_HVC, 0, { 1, 2, 3, 4, 5, 6 } };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		axt_context("nr 0x%llx", (unsigned long long)nrs[i]);
		c.fid = nrs[i];
		sbi_prepare(V, &c);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->hypercall.nr, nrs[i]);
		for (k = 0; k < 6; k++)
			EXPECT_EQ(f->exit->hypercall.args[k], k + 1);
		/* a1 is as it was */
		expect_answer(f, 0x1234567887654321, 0x1234567887654321, 2);
	}
	/* the numbers of SBI calls are not to be forged */
	EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_HVC, 1ull << 63);
	EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_HVC, ~0ull);
	EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_HVC, AXVCPU_RISCV_SBI_NR(EXT_DBCN, 0));
}

TEST(commands, &config)
{
	const struct sbi_call c = { EXT_HVC, 9, { 77, 78 } };
	struct sbi_ret r;

	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, ECALL);
	/* a decision has to be made */
	V->run->entry.command = AXVCPU_CMD_NONE;
	EXPECT_ERR(EINVAL, axv_run(V));
	axv_retry(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.args[0], 77u);
	axv_skip(V);
	ASSERT_SYNC(f);
	EXPECT_EQ(f->exit->pc, SBI(call_done) + 4);
	r = sbi_result(V);
	EXPECT_EQ(r.error, 77);
	EXPECT_EQ(r.value, 78u);

	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	axv_fault(V);
	ASSERT_TRAP(V, 2, 0x73, ECALL);
}

/* ---- legacy ------------------------------------------------------------------------------- */

static void legacy_exit(struct axt *f, uint64_t eid, uint64_t arg, uint64_t answer)
{
	/* there is no function */
	const struct sbi_call c = { eid, 0x77, { arg, 0xa1 } };

	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.nr, AXVCPU_RISCV_SBI_NR(eid, 0));
	EXPECT_EQ(f->exit->hypercall.args[0], arg);
	expect_answer(f, answer, answer, 0xa1);
}

TEST(legacy_console, &config)
{
	legacy_exit(f, 1, 'x', 0);
	legacy_exit(f, 2, 0, 'y');
	legacy_exit(f, 2, 0, ~0ull);
}

TEST(legacy_shutdown, &config)
{
	const struct sbi_call c = { 8, 1, { 1, 2, 3 } };

	sbi_prepare(V, &c);
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSTEM_DOWN);
	EXPECT_EQ(f->exit->system_down.kind, AXVCPU_DOWN_POWEROFF);
	EXPECT_EQ(f->exit->system_down.detail, 0u);
}

TEST(legacy_timer, &config)
{
	set_irqs(V, 0);
	EXPECT_SBI(V, 0, 0xa1, 0, 0, 0, 0xa1);
	EXPECT_EQ(sip_of(V) & 0x20, 0x20u);
	EXPECT_SBI(V, 0, 0xa1, 0, 0, ~0ull, 0xa1);
	EXPECT_EQ(sip_of(V) & 0x20, 0u);
}

TEST(legacy_ipi, &config)
{
	set_irqs(V, 0);
	/* hart 0, by a mask in memory; then by none: all */
	GUEST_MEM(f, GUEST_DATA, uint64_t) = 1;
	EXPECT_SBI(V, 0, 0xa1, 4, 0, GUEST_DATA, 0xa1);
	EXPECT_EQ(sip_of(V), 2u);
	EXPECT_SBI(V, 1, 0xa1, 3, 0, 0, 0xa1);
	EXPECT_EQ(sip_of(V), 0u);
	EXPECT_SBI(V, 0, 0xa1, 3, 0, 0, 0xa1);
	EXPECT_SBI(V, 0, 0xa1, 4, 0, 0, 0xa1);
	EXPECT_EQ(sip_of(V), 2u);
	set_irqs(V, 0);
	/* none of those that are there */
	GUEST_MEM(f, GUEST_DATA, uint64_t) = ~1ull;
	EXPECT_SBI(V, 0, 0xa1, 4, 0, GUEST_DATA, 0xa1);
	EXPECT_EQ(sip_of(V), 0u);
	/* a mask across two pages */
	GUEST_MEM(f, GUEST_DATA + 0x1ffc, uint32_t) = 0;
	GUEST_MEM(f, GUEST_DATA + 0x1ff9, uint8_t) = 1;
	EXPECT_SBI(V, 0, 0xa1, 4, 0, GUEST_DATA + 0x1ff9, 0xa1);
	EXPECT_EQ(sip_of(V), 2u);
}

/* A mask that cannot be read is the guest's own fault; pc stays at the call. */
TEST(legacy_bad_mask, &config)
{
	unsigned int eid;

	for (eid = 4; eid <= 7; eid++) {
		const struct sbi_call hole = { eid, 0, { GUEST_MMIO } };
		const struct sbi_call none = { eid, 0, { 5ull << 39 | 0x10 } };
		const struct sbi_call edge = { eid, 0, { GUEST_RAM_SIZE - 4 } };

		axt_context("extension %u", eid);
		sbi_prepare(V, &hole);
		ASSERT_TRAP(V, 5, GUEST_MMIO, ECALL);
		sbi_prepare(V, &edge);
		ASSERT_TRAP(V, 5, GUEST_RAM_SIZE, ECALL);

		axt_page_tables(f->ram, false);
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL));
		V->run->regs.riscv.control.satp = AXT_SATP;
		ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL, 0));
		sbi_prepare(V, &none);
		/* the handler's exits are beyond 1 GiB pages of the guest's, all there */
		ASSERT_TRAP(V, 13, 5ull << 39 | 0x10, ECALL);
		V->run->regs.riscv.control.satp = 0;
		ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL, 0));
	}
}

TEST(legacy_fences, &config)
{
	unsigned int eid;

	GUEST_MEM(f, GUEST_DATA, uint64_t) = ~0ull;
	for (eid = 5; eid <= 7; eid++) {
		EXPECT_SBI(V, 0, 0xa1, eid, 0, 0, 0xa1);
		EXPECT_SBI(V, 0, 0, eid, 0, GUEST_DATA, 0, ~0ull, 1);
	}
}

/* ---- routes ------------------------------------------------------------------------------- */

static const struct route {
	const char *name;
	uint64_t flag;
	uint64_t eids[4];
} routes[] = {
	{ "legacy", AXVCPU_RISCV_ROUTE_LEGACY, { 0, 3, 4, 8 } },
	{ "base", AXVCPU_RISCV_ROUTE_BASE, { EXT_BASE } },
	{ "time", AXVCPU_RISCV_ROUTE_TIME, { EXT_TIME } },
	{ "ipi", AXVCPU_RISCV_ROUTE_IPI, { EXT_IPI } },
	{ "rfence", AXVCPU_RISCV_ROUTE_RFENCE, { EXT_RFENCE } },
	{ "hsm", AXVCPU_RISCV_ROUTE_HSM, { EXT_HSM } },
	{ "srst", AXVCPU_RISCV_ROUTE_SRST, { EXT_SRST } },
	{ "dbcn", AXVCPU_RISCV_ROUTE_DBCN, { EXT_DBCN } },
	{ "unknown", AXVCPU_RISCV_ROUTE_UNKNOWN, { 9, EXT_PMU, 0x0a000000, 0x7fffffff } },
};

static bool is_routed(const struct route *r, uint64_t eid)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(r->eids); i++)
		if (r->eids[i] == eid && (eid || r->flag == AXVCPU_RISCV_ROUTE_LEGACY))
			return true;
	return false;
}

TEST_ROWS(route, routes, ARRAY_SIZE(routes), NULL)
{
	const struct route *row = arg;
	struct axt_config c = config;
	unsigned int i, k, fid;
	uint64_t eid;

	c.arch_flags = row->flag;
	axt_open(f, &c);
	for (i = 0; i < ARRAY_SIZE(row->eids); i++) {
		eid = row->eids[i];
		if (!is_routed(row, eid))
			continue;
		for (fid = 0; fid < 9; fid++) {
			const struct sbi_call call = { eid, fid, { 21, 22, 23, 24, 25, 26 } };

			axt_context("0x%llx, %u", (unsigned long long)eid, fid);
			sbi_prepare(V, &call);
			ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
			EXPECT_EQ(f->exit->hypercall.nr,
				  AXVCPU_RISCV_SBI_NR(eid, eid <= 8 ? 0 : fid));
			for (k = 0; k < 6; k++)
				EXPECT_EQ(f->exit->hypercall.args[k], 21u + k);
			ASSERT_OK(axv_set_gpr(V, A1, 0x99));
			expect_answer(f, 0x88, 0x88, 0x99);
		}
	}
	axt_context(NULL);
	/* the others are as ever; so is what cannot be named in an exit */
	if (!is_routed(row, EXT_TIME))
		EXPECT_SBI(V, SBI_OK, 0, EXT_TIME, 0, ~0ull);
	if (!is_routed(row, EXT_BASE)) {
		EXPECT_SBI(V, SBI_OK, 2 << 24, EXT_BASE, 0);
		EXPECT_SBI(V, SBI_OK, 1, EXT_BASE, 3, EXT_DBCN);
	}
	EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, 0x80000001, 0);
	EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, ~0ull, 0);
	if (row->eids[0] > 8)
		EXPECT_SBI(V, SBI_NOT_SUPPORTED, 0, row->eids[0], 1ull << 40);
	EXPECT_SBI(V, SBI_INVALID_PARAM, 0, EXT_HVC, ~0ull);
}

/* What only the VMM can know is asked of it. */
TEST(route_probe, NULL)
{
	const struct sbi_call unknown = { EXT_BASE, 3, { EXT_PMU } };
	struct axt_config c = config;

	c.arch_flags = AXVCPU_RISCV_ROUTE_UNKNOWN;
	axt_open(f, &c);
	sbi_prepare(V, &unknown);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.nr, AXVCPU_RISCV_SBI_NR(EXT_BASE, 3));
	EXPECT_EQ(f->exit->hypercall.args[0], (uint64_t)EXT_PMU);
	EXPECT_SBI(V, SBI_OK, 1, EXT_BASE, 3, EXT_HSM);
	EXPECT_SBI(V, SBI_OK, 0, EXT_BASE, 3, ~0ull);
}

TEST(bad_routes, NULL)
{
	struct axvcpu_create_vm vm = { .arch_flags = AXVCPU_RISCV_ROUTE_ALL + 1 };

	EXPECT_ERR(EINVAL, axv_vm_create_with(&f->dev, &vm));
	vm.arch_flags = 1ull << 63;
	EXPECT_ERR(EINVAL, axv_vm_create_with(&f->dev, &vm));
	vm.arch_flags = AXVCPU_RISCV_ROUTE_ALL;
	EXPECT_OK(axv_vm_create_with(&f->dev, &vm));
}
