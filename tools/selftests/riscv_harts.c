// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI calls about other harts: IPIs, remote fences, harts that start, stop and sleep.
 *
 * rig: arch=riscv smp=2 timeout=200
 */
#include "common/riscv_sbi.h"

#define HARTS	4

static const struct axt_config kernel_start = {
	.stage = AXT_NO_VCPU, .vm_flags = AXVCPU_VM_KERNEL_START, GUEST(sbi),
};

static const struct axt_config vmm_start = { .stage = AXT_NO_VCPU, GUEST(sbi) };

/* Hart ids that are no vCPU's number, and far apart; hart 3 is vCPU 0. */
static const uint64_t hartids[HARTS] = { 3, 0, 66, 1ull << 40 };

static void make_harts(struct axt *f, struct axv_vcpu *v, unsigned int nr, uint32_t flags)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		hart_new(f, i, hartids[i], SBI(wait), i ? flags : AXVCPU_SETUP_RUNNABLE, &v[i]);
	ASSERT_OK(axv_bind(&v[0]));
}

/* A guest that is at home in a thread of its own. */
static void start(struct axt_thread *t, struct axv_vcpu *v)
{
	axt_thread_start(t, axt_run_once, v);
}

static void end(struct axt_thread *t, struct axv_vcpu *v)
{
	ASSERT_OK(axv_kick(v));
	ASSERT_OK(axt_thread_join(t));
	ASSERT_EQ(v->run->exit.reason, AXVCPU_EXIT_STOPPED);
}

/* ---- IPIs --------------------------------------------------------------------------- */

/* Each bit of @got: that vCPU has an IPI; and has none any more. */
static void expect_ipis(struct axv_vcpu *v, unsigned int got)
{
	unsigned int i;

	for (i = 0; i < HARTS; i++) {
		EXPECT_EQ(sip_of(&v[i]), got & 1u << i ? 2u : 0u);
		set_irqs(&v[i], 0);
	}
}

TEST(ipi, &kernel_start)
{
	static const struct {
		uint64_t mask, base;
		int64_t error;
		unsigned int got;
	} rows[] = {
		{ 1, 3, 0, 1 }, { 8, 0, 0, 1 }, { 9, 0, 0, 3 }, { 1, 66, 0, 4 },
		{ 1 | 1ull << 63, 3, 0, 5 }, { 4, 64, 0, 4 }, { 1, 1ull << 40, 0, 8 },
		{ 1ull << 63, (1ull << 40) - 63, 0, 8 },
		/* all, whatever the mask */
		{ 0, ~0ull, 0, 15 }, { ~0ull, ~0ull, 0, 15 }, { 2, ~0ull, 0, 15 },
		/* nobody */
		{ 0, 0, 0, 0 }, { 0, 66, 0, 0 },
		/* harts that are not there, also beside such that are */
		{ 2, 0, SBI_INVALID_PARAM, 0 }, { 0xb, 0, SBI_INVALID_PARAM, 0 },
		{ 1, 1, SBI_INVALID_PARAM, 0 }, { 1, 64, SBI_INVALID_PARAM, 0 },
		{ ~0ull, 0, SBI_INVALID_PARAM, 0 }, { 1, ~0ull - 1, SBI_INVALID_PARAM, 0 },
		/* one past the end of all numbers is not hart 0 */
		{ 8, ~0ull - 2, SBI_INVALID_PARAM, 0 },
		{ 1ull << 63, 1ull << 63, SBI_INVALID_PARAM, 0 },
	};
	struct axv_vcpu v[HARTS];
	unsigned int i;

	make_harts(f, v, HARTS, AXVCPU_SETUP_RUNNABLE);
	for (i = 0; i < HARTS; i++)
		set_irqs(&v[i], 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		EXPECT_SBI(&v[0], rows[i].error, 0, EXT_IPI, 0, rows[i].mask, rows[i].base);
		expect_ipis(v, rows[i].got);
	}
	axt_context(NULL);

	/* a hart that is gone is not there */
	axv_vcpu_close(&v[1]);
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_IPI, 0, 1, 0);
	EXPECT_SBI(&v[0], 0, 0, EXT_IPI, 0, 0, ~0ull);
}

/* One that is stopped is, but takes none. */
TEST(ipi_to_stopped, &kernel_start)
{
	struct axv_vcpu v[2];

	make_harts(f, v, 2, 0);
	EXPECT_SBI(&v[0], 0, 0, EXT_IPI, 0, 1, 0);
	EXPECT_EQ(sip_of(&v[1]), 0u);
}

#define PINGS	2000

static void ping(struct axv_vcpu *v, unsigned int other, unsigned int slot, bool begins)
{
	axt_goto(v, SBI(ping_pong), 0);
	ASSERT_OK(axv_set_gpr(v, 8, 1ull << other));		/* s0 */
	ASSERT_OK(axv_set_gpr(v, 9, PINGS));			/* s1 */
	ASSERT_OK(axv_set_gpr(v, 18, GUEST_DATA + 64 * slot));	/* s2 */
	ASSERT_OK(axv_set_gpr(v, 20, begins));			/* s4 */
	ASSERT_OK(axv_set_gpr(v, 21, 0));			/* s5 */
}

/* Two that wait for each other: one lost, and both wait for ever. */
TEST_TIMEOUT(ping_pong, &kernel_start, 60)
{
	struct axt_thread t;
	struct axv_vcpu v[2];

	make_harts(f, v, 2, AXVCPU_SETUP_RUNNABLE);
	ping(&v[0], 0, 0, true);
	ping(&v[1], 3, 1, false);
	start(&t, &v[1]);
	ASSERT_SYNC_V(&v[0]);
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(v[1].run->exit.reason, AXT_EXIT_SYNC);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), (uint32_t)PINGS);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA + 64, uint32_t), (uint32_t)PINGS);
	/* each of them was waited for in the kernel, or met the hart awake */
	axt_diag("blocked: %llu and %llu times", (unsigned long long)v[0].run->counters.blocked,
		 (unsigned long long)v[1].run->counters.blocked);
}

/* ---- fences --------------------------------------------------------------------------- */

TEST(fence_arguments, &kernel_start)
{
	static const struct {
		uint64_t fid, args[5];
		int64_t error;
	} rows[] = {
		{ 0, { 1, 3 }, 0 }, { 0, { 9, 0 }, 0 }, { 0, { 0, ~0ull }, 0 }, { 0, { 0, 0 }, 0 },
		{ 0, { 2, 0 }, SBI_INVALID_PARAM }, { 0, { 8, ~0ull - 2 }, SBI_INVALID_PARAM },
		{ 1, { 1, 3, 0, 0 }, 0 }, { 1, { 1, 3, 0x1000, 0x1000 }, 0 },
		{ 1, { 1, 3, 0x1234, ~0ull }, 0 }, { 1, { 0, ~0ull, 0, ~0ull }, 0 },
		/* up to the end, and round it */
		{ 1, { 1, 3, -0x1000ull, 0x1000 }, 0 },
		{ 1, { 1, 3, -0x1000ull, 0x1001 }, SBI_INVALID_ADDRESS },
		{ 1, { 1, 3, ~0ull, 2 }, SBI_INVALID_ADDRESS },
		{ 1, { 1, 5, 0, 0 }, SBI_INVALID_PARAM },
		{ 2, { 1, 3, 0, 0, 0xffff }, 0 }, { 2, { 0, ~0ull, 0, ~0ull, ~0ull }, 0 },
		{ 2, { 1, 3, ~0ull, 2, 1 }, SBI_INVALID_ADDRESS },
		{ 2, { 2, 0, 0, 0, 1 }, SBI_INVALID_PARAM },
		/* hypervisors' */
		{ 3, { 1, 3 }, SBI_NOT_SUPPORTED }, { 4, { 1, 3 }, SBI_NOT_SUPPORTED },
		{ 5, { 1, 3 }, SBI_NOT_SUPPORTED }, { 6, { 1, 3 }, SBI_NOT_SUPPORTED },
		{ 7, { 1, 3 }, SBI_NOT_SUPPORTED },
	};
	struct axv_vcpu v[HARTS];
	unsigned int i;

	make_harts(f, v, HARTS, AXVCPU_SETUP_RUNNABLE);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t *a = rows[i].args;

		axt_context("row %u", i);
		EXPECT_SBI(&v[0], rows[i].error, 0, EXT_RFENCE, rows[i].fid,
			   a[0], a[1], a[2], a[3], a[4]);
	}
}

/* a page of 4 KiB at FENCE_VA, in tables of its own behind entry 8 of the root */
#define FENCE_VA	(8ull << 30)
#define FENCE_L1	0x30000
#define FENCE_L0	0x31000
#define FENCE_PAGE(n)	(0x40000ull + 0x1000 * (n))
#define FENCE_PTE(n)	(FENCE_PAGE(n) >> 2 | 0xcf)
#define FENCE_BLOCK	(GUEST_DATA + 0x100)
#define FENCE_ROUNDS	300

static void set_satp(struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	v->run->regs.riscv.control.satp = AXT_SATP;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

/* A page that is another one from now on is so for the other hart, which reads it. */
TEST_TIMEOUT(fence_remote, &kernel_start, 60)
{
	uint64_t *root, *table;
	struct axt_thread t;
	struct axv_vcpu v[2];
	unsigned int i;

	axt_page_tables(f->ram, false);
	root = (uint64_t *)(f->ram + GUEST_PML4);
	root[8] = FENCE_L1 >> 2 | 1;
	table = (uint64_t *)(f->ram + FENCE_L1);
	table[0] = FENCE_L0 >> 2 | 1;
	GUEST_MEM(f, FENCE_L0, uint64_t) = FENCE_PTE(1);
	for (i = 0; i < 2; i++)
		GUEST_MEM(f, FENCE_PAGE(i), uint64_t) = 0xabc0 + i;

	make_harts(f, v, 2, AXVCPU_SETUP_RUNNABLE);
	for (i = 0; i < 2; i++)
		set_satp(&v[i]);
	axt_goto(&v[1], SBI(fence_reader), 0);
	ASSERT_OK(axv_set_gpr(&v[1], A0, FENCE_VA));
	ASSERT_OK(axv_set_gpr(&v[1], A1, FENCE_BLOCK));
	axt_goto(&v[0], SBI(fence_writer), 0);
	ASSERT_OK(axv_set_gpr(&v[0], 8, FENCE_L0));
	ASSERT_OK(axv_set_gpr(&v[0], 9, FENCE_PTE(0)));
	ASSERT_OK(axv_set_gpr(&v[0], 18, FENCE_PTE(1)));
	ASSERT_OK(axv_set_gpr(&v[0], 19, FENCE_BLOCK));
	ASSERT_OK(axv_set_gpr(&v[0], 20, 1));
	ASSERT_OK(axv_set_gpr(&v[0], 21, 0xabc0));
	ASSERT_OK(axv_set_gpr(&v[0], 22, 0xabc1));
	ASSERT_OK(axv_set_gpr(&v[0], 23, FENCE_VA));
	ASSERT_OK(axv_set_gpr(&v[0], 24, FENCE_ROUNDS));

	start(&t, &v[1]);
	ASSERT_SYNC_V(&v[0]);
	axt_fetch(&v[0]);
	EXPECT_EQ(reg(&v[0], A0), 0u);
	EXPECT_EQ(reg(&v[0], A1), 0u);
	end(&t, &v[1]);
}

#define ALL_ROUNDS	500

/* Everybody fences everybody at once, and everybody gets on. */
TEST_TIMEOUT(fence_each_other, &kernel_start, 60)
{
	struct axt_thread t[HARTS];
	struct axv_vcpu v[HARTS];
	unsigned int i;

	make_harts(f, v, HARTS, AXVCPU_SETUP_RUNNABLE);
	ASSERT_OK(axv_unbind(&v[0]));
	for (i = 0; i < HARTS; i++) {
		axt_goto(&v[i], SBI(fence_all), 0);
		ASSERT_OK(axv_set_gpr(&v[i], 24, ALL_ROUNDS));
	}
	for (i = 0; i < HARTS; i++)
		start(&t[i], &v[i]);
	for (i = 0; i < HARTS; i++) {
		axt_context("vCPU %u", i);
		ASSERT_OK(axt_thread_join(&t[i]));
		EXPECT_EQ(v[i].run->exit.reason, AXT_EXIT_SYNC);
		axt_fetch(&v[i]);
		EXPECT_EQ(reg(&v[i], A0), 0u);
		EXPECT_EQ(reg(&v[i], A1), 0u);
	}
}

/* ---- start and stop in the kernel ------------------------------------------------------ */

#define EXPECT_STATUS(by, hart, status)	EXPECT_SBI(by, SBI_OK, status, EXT_HSM, 2, hart)

TEST(hart_start, &kernel_start)
{
	struct axv_vcpu v[HARTS], late;
	struct axt_thread t;
	unsigned int i;

	make_harts(f, v, 2, 0);
	EXPECT_STATUS(&v[0], 3, HART_STARTED);
	EXPECT_STATUS(&v[0], 0, HART_STOPPED);
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_HSM, 2, 1);
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_HSM, 2, ~0ull);

	/* what is not started by these */
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_HSM, 0, 1, SBI(hart_main));
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_HSM, 0, ~0ull, SBI(hart_main));
	EXPECT_SBI(&v[0], SBI_ALREADY_AVAILABLE, 0, EXT_HSM, 0, 3, SBI(hart_main));
	EXPECT_SBI(&v[0], SBI_INVALID_ADDRESS, 0, EXT_HSM, 0, 0, SBI(hart_main) + 1);
	EXPECT_SBI(&v[0], SBI_INVALID_ADDRESS, 0, EXT_HSM, 0, 0, 1ull << f->dev.info.gpa_bits);
	EXPECT_SBI(&v[0], SBI_INVALID_ADDRESS, 0, EXT_HSM, 0, 0, ~1ull);
	EXPECT_STATUS(&v[0], 0, HART_STOPPED);
	/* a hart that the VMM has made and not set up */
	ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &(struct axvcpu_create_vcpu) {
		.id = 9, .preferred_cpu = -1, .arch.riscv.hartid = 9 }, &late));
	EXPECT_STATUS(&v[0], 9, HART_STOPPED);
	EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_HSM, 0, 9, SBI(hart_main));

	for (i = 0; i < 3; i++) {
		uint64_t arg = 0x123456789abcdef0ull + i;

		axt_context("start %u", i);
		if (i) {
			/* it stops by itself, in the state that hart_main leaves */
			start(&t, &v[1]);
			WAIT_STATE(&v[1], BLOCKED);
			EXPECT_STATUS(&v[0], 0, HART_STOPPED);
			EXPECT_SBI(&v[0], SBI_OK, 0, EXT_HSM, 0, 0, SBI(hart_main), arg);
		} else {
			EXPECT_SBI(&v[0], SBI_OK, 0, EXT_HSM, 0, 0, SBI(hart_main), arg);
			EXPECT_STATUS(&v[0], 0, HART_START_PENDING);
			EXPECT_SBI(&v[0], SBI_ALREADY_AVAILABLE, 0, EXT_HSM, 0, 0,
				   SBI(hart_main), 1);
			start(&t, &v[1]);
		}
		ASSERT_OK(axt_thread_join(&t));
		ASSERT_EQ(v[1].run->exit.reason, AXT_EXIT_SYNC);
		axt_fetch(&v[1]);
		EXPECT_EQ(reg(&v[1], A0), 0u);		/* its hart id */
		EXPECT_EQ(reg(&v[1], A1), arg);
		EXPECT_EQ(reg(&v[1], A2) & SSTATUS_SIE, 0u);
		EXPECT_EQ(reg(&v[1], A3), 0u);
		EXPECT_EQ(reg(&v[1], A4), 0u);
		EXPECT_EQ(sip_of(&v[1]), 0u);
		EXPECT_STATUS(&v[0], 0, HART_STARTED);
		axv_fulfil(&v[1], 0);
	}
}

#define STARTS	2000

TEST_TIMEOUT(start_storm, &kernel_start, 60)
{
	struct axt_thread t;
	struct axv_vcpu v[2];

	make_harts(f, v, 2, 0);
	start(&t, &v[1]);
	axt_goto(&v[0], SBI(start_count), 0);
	ASSERT_OK(axv_set_gpr(&v[0], 8, 0));
	ASSERT_OK(axv_set_gpr(&v[0], 9, STARTS));
	ASSERT_SYNC_V(&v[0]);
	axt_fetch(&v[0]);
	EXPECT_EQ(reg(&v[0], A0), 0u);
	EXPECT_EQ(reg(&v[0], A1), 0u);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), (uint32_t)STARTS);
	end(&t, &v[1]);
}

/* ---- start and stop by the VMM ----------------------------------------------------------- */

TEST(cpu_up, &vmm_start)
{
	const struct sbi_call c = { EXT_HSM, 0, { 77, 0x4321, 0x1122334455667788 } };
	struct sbi_ret r;
	struct axv_vcpu v;
	unsigned int i;

	hart_new(f, 0, 5, SBI(call), AXVCPU_SETUP_RUNNABLE, &v);
	ASSERT_OK(axv_bind(&v));
	for (i = 0; i < 2; i++) {
		sbi_prepare(&v, &c);
		ASSERT_EXIT_V(&v, AXVCPU_EXIT_CPU_UP);
		EXPECT_EQ(v.run->exit.cpu_up.target, 77u);
		EXPECT_EQ(v.run->exit.cpu_up.entry, 0x4321u);
		EXPECT_EQ(v.run->exit.cpu_up.arg, 0x1122334455667788ull);
		axv_retry(&v);
		ASSERT_EXIT_V(&v, AXVCPU_EXIT_CPU_UP);
		axv_fulfil(&v, i ? SBI_ALREADY_AVAILABLE : 0);
		ASSERT_SYNC_V(&v);
		r = sbi_result(&v);
		EXPECT_EQ(r.error, i ? SBI_ALREADY_AVAILABLE : 0);
		EXPECT_EQ(r.value, 0u);
	}
}

TEST(cpu_down, &vmm_start)
{
	const struct axvcpu_inject_event go = {
		.kind = AXVCPU_EVENT_START, .payload = SBI(hart_main),
	};
	const struct sbi_call stop = { EXT_HSM, 1, { 1 } };
	struct axt_thread t;
	struct axv_vcpu v[2];

	make_harts(f, v, 2, AXVCPU_SETUP_RUNNABLE);
	EXPECT_ERR(EINVAL, axv_inject_event(&v[1], &go));
	ASSERT_OK(axv_bind(&v[1]));
	sbi_prepare(&v[1], &stop);
	ASSERT_EXIT_V(&v[1], AXVCPU_EXIT_CPU_DOWN);
	EXPECT_STATUS(&v[0], 0, HART_STARTED);
	/* refused */
	axv_fulfil(&v[1], SBI_FAILED);
	ASSERT_SYNC_V(&v[1]);
	EXPECT_EQ(sbi_result(&v[1]).error, SBI_FAILED);
	/* and done */
	sbi_prepare(&v[1], &stop);
	ASSERT_EXIT_V(&v[1], AXVCPU_EXIT_CPU_DOWN);
	axv_fulfil(&v[1], 0);
	ASSERT_OK(axv_unbind(&v[1]));
	start(&t, &v[1]);
	WAIT_STATE(&v[1], BLOCKED);
	EXPECT_STATUS(&v[0], 0, HART_STOPPED);
	ASSERT_OK(axv_inject_event(&v[1], &go));
	ASSERT_OK(axt_thread_join(&t));
	ASSERT_EQ(v[1].run->exit.reason, AXT_EXIT_SYNC);
	EXPECT_EQ(v[1].run->exit.mmio.gpa, GUEST_SYNC);
	EXPECT_STATUS(&v[0], 0, HART_STARTED);
	axt_fetch(&v[1]);
	EXPECT_EQ(reg(&v[1], A0), 0u);
	EXPECT_EQ(reg(&v[1], A3), 0u);
}

/* A VMM that serves CPU_UP hands the guest's argument on; no other event has one. */
TEST(start_argument, &vmm_start)
{
	struct axvcpu_inject_event go = {
		.kind = AXVCPU_EVENT_START, .payload = SBI(waited),
		.flags = AXVCPU_EVENT_HAS_ARG, .arg = 0x1122334455667788ull,
	};
	struct axvcpu_inject_event bad = go;
	struct axv_vcpu v;

	hart_new(f, 1, 4, SBI(spin), 0, &v);
	bad.flags = 0;
	EXPECT_ERR(EINVAL, axv_inject_event(&v, &bad));
	bad = go;
	bad.kind = AXVCPU_EVENT_EXCEPTION;
	bad.vector = 2;
	EXPECT_ERR(EINVAL, axv_inject_event(&v, &bad));
	bad = go;
	bad.flags |= 8;
	EXPECT_ERR(EINVAL, axv_inject_event(&v, &bad));
	ASSERT_OK(axv_inject_event(&v, &go));
	EXPECT_ERR(EAGAIN, axv_inject_event(&v, &go));
	ASSERT_OK(axv_bind(&v));
	ASSERT_SYNC_V(&v);
	EXPECT_EQ(v.run->exit.pc, SBI(waited) + 4);
	axt_fetch(&v);
	EXPECT_EQ(reg(&v, A0), 4u);
	EXPECT_EQ(reg(&v, A1), go.arg);
}

/* ---- suspend ------------------------------------------------------------------------------ */

#define NON_RETENTIVE	0x80000000ull

TEST(suspend_arguments, &kernel_start)
{
	static const uint64_t bad[] = {
		1, 0x0fffffff, 0x10000000, 0x7fffffff, 0x80000001, 0x8fffffff, 0x90000000,
		0xffffffff,
	};
	struct axv_vcpu v[2];
	unsigned int i;

	make_harts(f, v, 2, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		axt_context("type 0x%llx", (unsigned long long)bad[i]);
		EXPECT_SBI(&v[0], SBI_INVALID_PARAM, 0, EXT_HSM, 3, bad[i], SBI(hart_main));
	}
	axt_context(NULL);
	EXPECT_SBI(&v[0], SBI_INVALID_ADDRESS, 0, EXT_HSM, 3, NON_RETENTIVE, SBI(hart_main) + 1);
	EXPECT_SBI(&v[0], SBI_INVALID_ADDRESS, 0, EXT_HSM, 3, NON_RETENTIVE, ~1ull);

	/* something that is pending and enabled ends it at once */
	set_irqs(&v[0], 2);
	ASSERT_OK(axv_inject_irq(&v[0], AXVCPU_RISCV_IRQ_SOFT));
	EXPECT_SBI(&v[0], SBI_OK, 0, EXT_HSM, 3, 0);
	sbi_prepare(&v[0], &(struct sbi_call) { EXT_HSM, 3, { NON_RETENTIVE, SBI(hart_main), 8 } });
	ASSERT_SYNC_V(&v[0]);
	axt_fetch(&v[0]);
	EXPECT_EQ(reg(&v[0], A0), 3u);
	EXPECT_EQ(reg(&v[0], A1), 8u);
}

static void suspend(struct axt *f, uint64_t type)
{
	const struct sbi_call c = { EXT_HSM, 3, { type, SBI(hart_main), 0x5a5a5a5a5a } };
	struct axt_thread t;
	struct axv_vcpu v[2];

	make_harts(f, v, 2, AXVCPU_SETUP_RUNNABLE);
	set_satp(&v[1]);
	axt_page_tables(f->ram, false);
	sbi_prepare(&v[1], &c);
	set_irqs(&v[1], 2);
	start(&t, &v[1]);
	WAIT_STATE(&v[1], BLOCKED);
	EXPECT_STATUS(&v[0], 0, HART_SUSPENDED);
	/* what is not enabled does not end it */
	ASSERT_OK(axv_inject_irq(&v[1], AXVCPU_RISCV_IRQ_EXT));
	axt_sleep_ms(20);
	EXPECT_STATUS(&v[0], 0, HART_SUSPENDED);
	EXPECT_SBI(&v[0], SBI_OK, 0, EXT_IPI, 0, 1, 0);
	ASSERT_OK(axt_thread_join(&t));
	ASSERT_EQ(v[1].run->exit.reason, AXT_EXIT_SYNC);
	EXPECT_STATUS(&v[0], 0, HART_STARTED);
	axt_fetch(&v[1]);
	ASSERT_OK(axv_sync(&v[1], 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_INTR));
	EXPECT_EQ(reg(&v[1], A0), 0u);
	EXPECT_EQ(reg(&v[1], A1), type ? 0x5a5a5a5a5aull : 0);
	EXPECT_EQ(v[1].run->regs.riscv.control.satp, type ? 0 : AXT_SATP);
	EXPECT_EQ(v[1].run->regs.riscv.intr.sie, 2u);
	EXPECT_EQ(v[1].run->regs.riscv.intr.sip, 0x202u);
}

TEST(suspend_retentive, &kernel_start)
{
	suspend(f, 0);
}

TEST(suspend_non_retentive, &kernel_start)
{
	suspend(f, NON_RETENTIVE);
}

/* Where the VMM wants to know when a guest waits, that is waiting too. */
TEST(suspend_exit, &kernel_start)
{
	struct axv_vcpu v[1];
	unsigned int i;

	make_harts(f, v, 1, 0);
	for (i = 0; i < 2; i++) {
		const struct sbi_call c = {
			EXT_HSM, 3, { i ? NON_RETENTIVE : 0, SBI(hart_main), 9 }
		};

		sbi_prepare(&v[0], &c);
		v[0].run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
		ASSERT_EXIT_V(&v[0], AXVCPU_EXIT_HALT);
		axv_fulfil(&v[0], 0);
		ASSERT_SYNC_V(&v[0]);
		axt_fetch(&v[0]);
		EXPECT_EQ(reg(&v[0], A0), i ? hartids[0] : 0);
		EXPECT_EQ(reg(&v[0], A1), i ? 9u : 0u);
	}
}
