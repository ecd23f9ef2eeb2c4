// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware an arm64 guest sees, SMCCC and PSCI: each call with good and with bad
 * arguments, by 32- and by 64-bit ids, by HVC and by SMC, what is left to the VMM, and
 * what the VMM may answer.
 *
 * rig: arch=arm64 smp=2
 */
#include "common/traps.h"

DECLARE_GUEST(psci);
DECLARE_GUEST_SYM(psci, traps);
DECLARE_GUEST_SYM(psci, call);
DECLARE_GUEST_SYM(psci, call_done);
DECLARE_GUEST_SYM(psci, call_smc);
DECLARE_GUEST_SYM(psci, call_smc_done);
DECLARE_GUEST_SYM(psci, user_call);
DECLARE_GUEST_SYM(psci, user_smc);
DECLARE_GUEST_SYM(psci, spin);
DECLARE_GUEST_SYM(psci, wait);
DECLARE_GUEST_SYM(psci, waited);
DECLARE_GUEST_SYM(psci, cpu_main);
DECLARE_GUEST_SYM(psci, cpu_count);
DECLARE_GUEST_SYM(psci, start_count);
DECLARE_GUEST_SYM(psci, resumed);

#define SYM(label)	GUEST_SYM(psci, label)

#define VERSION		0x84000000
#define CPU_SUSPEND	0x84000001
#define CPU_SUSPEND64	0xc4000001
#define CPU_OFF		0x84000002
#define CPU_ON		0x84000003
#define CPU_ON64	0xc4000003
#define AFFINITY_INFO	0x84000004
#define AFFINITY_INFO64	0xc4000004
#define MIGRATE_TYPE	0x84000006
#define SYSTEM_OFF	0x84000008
#define SYSTEM_RESET	0x84000009
#define FEATURES	0x8400000a
#define RESET2		0x84000012
#define RESET2_64	0xc4000012
#define SMCCC_VERSION	0x80000000
#define ARCH_FEATURES	0x80000001

#define SUCCESS		0
#define NOT_SUPPORTED	-1
#define INVALID		-2
#define ALREADY_ON	-4
#define ON_PENDING	-5
#define BAD_ADDRESS	-9
/* AFFINITY_INFO */
#define ON		0
#define OFF		1

static const struct axt_config config = { GUEST(psci), .entry = SYM(call) };
static const struct axt_config by_smc = { GUEST(psci), .entry = SYM(call_smc) };
static const struct axt_config in_kernel = {
	.vm_flags = AXVCPU_VM_KERNEL_START, GUEST(psci), .entry = SYM(call),
};

#define V	(&f->v)

/* The guest calls @id; its exit is next. */
static void call(struct axv_vcpu *v, uint64_t id, uint64_t a, uint64_t b, uint64_t c)
{
	axt_goto(v, SYM(call), 0);
	ASSERT_OK(axv_set_gpr(v, 0, id));
	ASSERT_OK(axv_set_gpr(v, 1, a));
	ASSERT_OK(axv_set_gpr(v, 2, b));
	ASSERT_OK(axv_set_gpr(v, 3, c));
	ASSERT_OK(axv_set_gpr(v, 4, 0x44));
	ASSERT_OK(axv_set_gpr(v, 17, 0x1717));
	want(v, AXVCPU_REGS_GPR);
}

/* It was answered with @value, and nothing but x0 (and the guest's own x16) changed. */
static void answered(const char *file, int line, struct axv_vcpu *v, int64_t value, uint64_t a,
		     uint64_t b, uint64_t c)
{
	if (!axt_run_to(file, line, v, AXT_EXIT_SYNC, "SYNC"))
		return;
	if ((int64_t)reg(v, 0) != value)
		axt_fail(file, line, "answer %lld, not %lld", (long long)reg(v, 0),
			 (long long)value);
	if (reg(v, 1) != a || reg(v, 2) != b || reg(v, 3) != c || reg(v, 4) != 0x44 ||
	    reg(v, 17) != 0x1717)
		axt_fail(file, line, "another register has changed");
}

#define EXPECT_CALL3(v, value, id, a, b, c)				\
	do {								\
		call(v, id, a, b, c);					\
		answered(__FILE__, __LINE__, v, value, a, b, c);	\
	} while (0)
#define EXPECT_CALL(v, value, id, a)	EXPECT_CALL3(v, value, id, a, 0x22, 0x33)

/* ---- versions and features --------------------------------------------------------- */

static const uint32_t functions[] = {
	VERSION, CPU_SUSPEND, CPU_SUSPEND64, CPU_OFF, CPU_ON, CPU_ON64, AFFINITY_INFO,
	AFFINITY_INFO64, MIGRATE_TYPE, SYSTEM_OFF, SYSTEM_RESET, FEATURES, RESET2, RESET2_64,
	SMCCC_VERSION,
};

/* ids of nobody, or of services that a guest has no part in */
static const uint32_t none[] = {
	0x84000005, 0xc4000005, 0x84000007, 0xc4000007, 0x8400000b, 0x8400000f, 0x84000010,
	0x84000014, 0x8400001f, 0xc400001f, 0xc4000000, 0xc4000002, 0xc4000008,
	/* TRNG, SDEI, FF-A, the rest of the owner's */
	0x84000050, 0xc4000053, 0xc4000020, 0x84000060, 0x84000020, 0x8400ffff, 0xc400ffff,
	/* paravirtual time and the like of the standard hypervisor service */
	0xc5000020, 0x8500ff01,
};

TEST(versions, &config)
{
	EXPECT_CALL(V, 0x10001, VERSION, 1);
	EXPECT_CALL(V, 0x10001, SMCCC_VERSION, 1);
	/* the upper half of x0 is not looked at */
	EXPECT_CALL(V, 0x10001, VERSION | 0xdeadbeefull << 32, 1);
	/* "no SVE state" of SMCCC 1.3 changes nothing */
	EXPECT_CALL(V, 0x10001, VERSION | 1 << 16, 1);
	/* a trusted OS that does not need migration */
	EXPECT_CALL(V, 2, MIGRATE_TYPE, 1);
}

TEST(features, &config)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		axt_context("0x%x", functions[i]);
		EXPECT_CALL(V, SUCCESS, FEATURES, functions[i]);
	}
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		axt_context("0x%x", none[i]);
		EXPECT_CALL(V, NOT_SUPPORTED, FEATURES, none[i]);
		EXPECT_CALL(V, NOT_SUPPORTED, none[i], 0);
	}
}

static const uint32_t workarounds[] = { 0x80008000, 0x80007fff, 0x80003fff };

TEST(arch_features, &config)
{
	unsigned int i;
	int64_t r;

	EXPECT_CALL(V, SUCCESS, ARCH_FEATURES, SMCCC_VERSION);
	EXPECT_CALL(V, SUCCESS, ARCH_FEATURES, ARCH_FEATURES);
	EXPECT_CALL(V, NOT_SUPPORTED, ARCH_FEATURES, 0x8000ffff);
	EXPECT_CALL(V, NOT_SUPPORTED, ARCH_FEATURES, 0x80000002);
	EXPECT_CALL(V, NOT_SUPPORTED, 0x8000ffff, 0);
	EXPECT_CALL(V, NOT_SUPPORTED, 0xc0000000, 0);
	/* workarounds: what is said of them, and that they do as is said */
	for (i = 0; i < ARRAY_SIZE(workarounds); i++) {
		axt_context("0x%x", workarounds[i]);
		call(V, ARCH_FEATURES, workarounds[i], 0x22, 0x33);
		ASSERT_SYNC(f);
		r = reg(V, 0);
		/* not required, but allowed: 1 or, as SMCCC has it, -2 */
		EXPECT_TRUE(r == NOT_SUPPORTED || r == SUCCESS || r == 1 || r == -2);
		EXPECT_CALL(V, r == NOT_SUPPORTED ? NOT_SUPPORTED : SUCCESS, workarounds[i], 0);
	}
	axt_context(NULL);
}

/* ---- the VMM's ---------------------------------------------------------------------- */

/* ids that are the VMM's: OEM, SiP, vendor's hypervisor, trusted OS; no fast calls */
static const uint32_t vmms[] = {
	0x83000000, 0xc3000001, 0x82000000, 0x86000000, 0xc6000123, 0x8600ff01, 0xb2000000,
	0xbf00ff01, 0x81000000, 0, 1, 5, 0x04000000, 0x7fffffff,
};

TEST(hypercalls, &config)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vmms); i++) {
		axt_context("0x%x", vmms[i]);
		call(V, vmms[i], 0x11, 0x22, 0x33);
		ASSERT_OK(axv_set_gpr(V, 5, 0x55));
		ASSERT_OK(axv_set_gpr(V, 6, 0x66));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(call));
		EXPECT_EQ(f->exit->insn_len, 4);
		EXPECT_EQ(f->exit->hypercall.nr, vmms[i]);
		EXPECT_EQ(f->exit->hypercall.args[0], 0x11u);
		EXPECT_EQ(f->exit->hypercall.args[1], 0x22u);
		EXPECT_EQ(f->exit->hypercall.args[2], 0x33u);
		EXPECT_EQ(f->exit->hypercall.args[3], 0x44u);
		EXPECT_EQ(f->exit->hypercall.args[4], 0x55u);
		EXPECT_EQ(f->exit->hypercall.args[5], 0x66u);
		axv_fulfil(V, 0x123456789abcdefull);
		answered(__FILE__, __LINE__, V, 0x123456789abcdefll, 0x11, 0x22, 0x33);
	}
}

static const struct axt_config psci_routed = {
	.arch_flags = AXVCPU_ARM64_ROUTE_PSCI, GUEST(psci), .entry = SYM(call),
};
static const struct axt_config arch_routed = {
	.arch_flags = AXVCPU_ARM64_ROUTE_ARCH, GUEST(psci), .entry = SYM(call),
};

static void expect_routed(struct axt *f, uint32_t id)
{
	axt_context("0x%x", id);
	call(V, id, 0x11, 0x22, 0x33);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.nr, id);
	axv_fulfil(V, 7);
	answered(__FILE__, __LINE__, V, 7, 0x11, 0x22, 0x33);
	axt_context(NULL);
}

TEST(route_psci, &psci_routed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions) - 1; i++)
		expect_routed(f, functions[i]);
	expect_routed(f, 0x8400001f);
	/* no PSCI, and not the VMM's either */
	EXPECT_CALL(V, NOT_SUPPORTED, 0x84000050, 0);
	EXPECT_CALL(V, 0x10001, SMCCC_VERSION, 0);
}

TEST(route_arch, &arch_routed)
{
	expect_routed(f, SMCCC_VERSION);
	expect_routed(f, ARCH_FEATURES);
	expect_routed(f, 0x80008000);
	EXPECT_CALL(V, 0x10001, VERSION, 0);
}

/* ---- SMC ---------------------------------------------------------------------------- */

/* The same as HVC, and never firmware's. */
TEST(smc, &by_smc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		axt_context("0x%x", none[i]);
		axt_goto(V, SYM(call_smc), 0);
		ASSERT_OK(axv_set_gpr(V, 0, none[i]));
		want(V, AXVCPU_REGS_GPR);
		ASSERT_SYNC(f);
		EXPECT_EQ((int64_t)reg(V, 0), NOT_SUPPORTED);
	}
	axt_context(NULL);
	axt_goto(V, SYM(call_smc), 0);
	ASSERT_OK(axv_set_gpr(V, 0, VERSION));
	ASSERT_SYNC(f);
	EXPECT_EQ(reg(V, 0), 0x10001u);

	axt_goto(V, SYM(call_smc), 0);
	ASSERT_OK(axv_set_gpr(V, 0, SYSTEM_OFF));
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSTEM_DOWN);
	EXPECT_EQ(f->exit->pc, SYM(call_smc));
	axv_skip(V);
	ASSERT_SYNC(f);
	EXPECT_EQ(f->exit->pc, SYM(call_smc_done) + 8);

	axt_goto(V, SYM(call_smc), 0);
	ASSERT_OK(axv_set_gpr(V, 0, 0x86000000));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(call_smc));
	axv_fulfil(V, 9);
	ASSERT_SYNC(f);
	EXPECT_EQ(reg(V, 0), 9u);
}

static const struct axt_config paged = {
	.start = AXT_START_PAGED, GUEST(psci), .entry = SYM(call),
};

/* From EL0 neither is an instruction. */
TEST(from_user, &paged)
{
	static const uintptr_t at[] = { SYM(user_call), SYM(user_smc) };
	traps_t t = TRAPS_INIT(f, psci);
	struct trap p;

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		axt_goto(V, GUEST_USER + at[i], 0);
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_GPR));
		f->regs->gpr.pstate = 0;
		f->regs->gpr.x[0] = SYSTEM_OFF;
		ASSERT_OK(axv_sync(V, AXVCPU_REGS_GPR, 0));
		ASSERT_TRAPPED(&t, V, TRAP_ILLEGAL, &p);
		EXPECT_EQ(p.pc, GUEST_USER + at[i]);
	}
}

/* ---- the system ----------------------------------------------------------------------- */

static void expect_down(struct axt *f, uint64_t id, uint64_t a, uint64_t b, uint32_t kind,
			uint64_t detail)
{
	axt_context("0x%llx 0x%llx", (unsigned long long)id, (unsigned long long)a);
	call(V, id, a, b, 0x33);
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSTEM_DOWN);
	EXPECT_EQ(f->exit->system_down.kind, kind);
	EXPECT_EQ(f->exit->system_down.detail, detail);
	EXPECT_EQ(f->exit->pc, SYM(call));
	/* again */
	axv_retry(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSTEM_DOWN);
	/* refused */
	axv_fulfil(V, (uint64_t)-6);
	answered(__FILE__, __LINE__, V, -6, a, b, 0x33);
	axt_context(NULL);
}

TEST(system, &config)
{
	expect_down(f, SYSTEM_OFF, 0x11, 0x22, AXVCPU_DOWN_POWEROFF, 0);
	expect_down(f, SYSTEM_RESET, 0x11, 0x22, AXVCPU_DOWN_RESET, 0);
	expect_down(f, RESET2, 0, 0, AXVCPU_DOWN_RESET, 0);
	expect_down(f, RESET2_64, 0x80000001, 0x77, AXVCPU_DOWN_RESET, 0x7780000001ull);
	/* 32 bits of its arguments are all that there is of these */
	expect_down(f, RESET2, 5ull << 32, 9ull << 32, AXVCPU_DOWN_RESET, 0);
	/* types of PSCI's own that there are not */
	EXPECT_CALL(V, INVALID, RESET2, 1);
	EXPECT_CALL(V, INVALID, RESET2_64, 0x7fffffff);
}

/* ---- CPUs: the VMM's --------------------------------------------------------------------- */

TEST(cpu_on_exit, &config)
{
	static const uint64_t ids[] = { CPU_ON, CPU_ON64 };

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t high = i ? 0x1200000000ull : 0;

		call(V, ids[i], 0x1200000101ull, 0x1200004000ull, 0x1200000777ull);
		ASSERT_EXIT(f, AXVCPU_EXIT_CPU_UP);
		EXPECT_EQ(f->exit->cpu_up.target, high | 0x101);
		EXPECT_EQ(f->exit->cpu_up.entry, high | 0x4000);
		EXPECT_EQ(f->exit->cpu_up.arg, high | 0x777);
		axv_fulfil(V, (uint64_t)ALREADY_ON);
		answered(__FILE__, __LINE__, V, ALREADY_ON, 0x1200000101ull, 0x1200004000ull,
			 0x1200000777ull);
	}
	/* with an upper half of 0 it is INVALID_PARAMETERS in no case: the VMM knows */
	call(V, CPU_OFF, 0x10000, 0, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_CPU_DOWN);
	EXPECT_EQ(f->exit->cpu_down.state, 0x10000u);
	axv_fulfil(V, (uint64_t)-3);	/* denied */
	answered(__FILE__, __LINE__, V, -3, 0x10000, 0, 0);
}

/* CPU_OFF with 0 for an answer: it waits for START, and begins anew. */
TEST(cpu_off_and_start, &config)
{
	struct axvcpu_inject_event e = {
		.kind = AXVCPU_EVENT_START, .payload = SYM(cpu_main), .arg = 0x2a,
		.flags = AXVCPU_EVENT_HAS_ARG,
	};
	struct axt_thread t;

	EXPECT_ERR(EINVAL, axv_inject_event(V, &e));
	call(V, CPU_OFF, 0, 0, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_CPU_DOWN);
	axv_fulfil(V, 0);
	ASSERT_OK(axv_unbind(V));
	axt_thread_start(&t, axt_run_once, V);
	WAIT_STATE(V, BLOCKED);
	ASSERT_OK(axv_inject_event(V, &e));
	EXPECT_OK(axt_thread_join(&t));
	ASSERT_EQ(f->exit->reason, AXT_EXIT_SYNC);
	EXPECT_EQ(axt_synced(f->exit), 0x2au);
	EXPECT_EQ(reg(V, 0), 0x2au);
	EXPECT_EQ(reg(V, 1), 0x3c0u);
	EXPECT_EQ(reg(V, 2), 4u);
	EXPECT_EQ(reg(V, 3) & 0x1005, 0u);
	EXPECT_EQ(reg(V, 4), 1u);
}

/* ---- CPUs: in the kernel ----------------------------------------------------------------- */

#define CPUS	4

static const uint64_t mpidr[CPUS] = { 0, 1, 0x100, 0x1200030405ull };

/* Four of them, only the first is on; @v[0] is the fixture's, the others run in threads. */
static void make_cpus(struct axt *f, struct axv_vcpu *v)
{
	unsigned int i;

	v[0] = f->v;
	for (i = 1; i < CPUS; i++) {
		struct axvcpu_create_vcpu c = { .id = i, .preferred_cpu = -1 };
		struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

		c.arch.arm64.mpidr = mpidr[i];
		ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, &v[i]));
		s.flags = 0;
		ASSERT_OK(axv_setup(&v[i], &s));
	}
}

static void end(struct axt_thread *t, struct axv_vcpu *v)
{
	ASSERT_OK(axv_kick(v));
	ASSERT_OK(axt_thread_join(t));
	ASSERT_EQ(v->run->exit.reason, AXVCPU_EXIT_STOPPED);
}

TEST(affinity_info, &in_kernel)
{
	struct axv_vcpu v[CPUS];
	unsigned int i;

	make_cpus(f, v);
	for (i = 0; i < CPUS; i++) {
		axt_context("CPU %u", i);
		EXPECT_CALL3(&v[0], i ? OFF : ON, AFFINITY_INFO64, mpidr[i], 0, 0);
	}
	axt_context(NULL);
	/* levels: what of a cluster is on */
	EXPECT_CALL3(&v[0], ON, AFFINITY_INFO64, 0, 1, 0);
	EXPECT_CALL3(&v[0], OFF, AFFINITY_INFO64, 0x100, 1, 0);
	EXPECT_CALL3(&v[0], ON, AFFINITY_INFO64, 0x100, 2, 0);
	EXPECT_CALL3(&v[0], OFF, AFFINITY_INFO64, 0x1200000000ull, 3, 0);
	/* by the 32-bit id there is no Aff3 */
	EXPECT_CALL3(&v[0], OFF, AFFINITY_INFO, 0x100, 0, 0);
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO, mpidr[3], 0, 0);
	/* nobody, no level, and what is no affinity */
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO64, 2, 0, 0);
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO64, 0, 4, 0);
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO64, 0, ~0ull, 0);
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO64, 1ull << 31, 0, 0);
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO64, ~0ull, 0, 0);
}

TEST(cpu_on, &in_kernel)
{
	struct axt_thread t;
	struct axv_vcpu v[CPUS];
	unsigned int i;

	make_cpus(f, v);
	EXPECT_CALL3(&v[0], ALREADY_ON, CPU_ON64, 0, SYM(cpu_main), 0);
	EXPECT_CALL3(&v[0], INVALID, CPU_ON64, 7, SYM(cpu_main), 0);
	EXPECT_CALL3(&v[0], INVALID, CPU_ON64, ~0ull, SYM(cpu_main), 0);
	EXPECT_CALL3(&v[0], INVALID, CPU_ON64, 1ull << 31 | 1, SYM(cpu_main), 0);
	EXPECT_CALL3(&v[0], BAD_ADDRESS, CPU_ON64, 1, SYM(cpu_main) + 1, 0);
	EXPECT_CALL3(&v[0], BAD_ADDRESS, CPU_ON64, 1, 1ull << 60, 0);
	for (i = 1; i < CPUS; i++) {
		uint64_t x0 = 0x1111000000000000ull + i;

		axt_context("CPU %u", i);
		want(&v[i], AXVCPU_REGS_GPR);
		EXPECT_CALL3(&v[0], SUCCESS, CPU_ON64, mpidr[i], SYM(cpu_main), x0);
		/* not yet taken: it is not in RUN */
		EXPECT_CALL3(&v[0], ON_PENDING, CPU_ON64, mpidr[i], SYM(cpu_main), x0);
		EXPECT_CALL3(&v[0], 2, AFFINITY_INFO64, mpidr[i], 0, 0);
		axt_thread_start(&t, axt_run_once, &v[i]);
		EXPECT_OK(axt_thread_join(&t));
		ASSERT_EQ(v[i].run->exit.reason, AXT_EXIT_SYNC);
		EXPECT_EQ(reg(&v[i], 0), x0);
		EXPECT_EQ(reg(&v[i], 1), 0x3c0u);	/* DAIF masked */
		EXPECT_EQ(reg(&v[i], 2), 4u);		/* EL1 */
		EXPECT_EQ(reg(&v[i], 3) & 0x1005, 0u);	/* MMU and caches off */
		EXPECT_EQ(reg(&v[i], 4), 1u);
		EXPECT_EQ(reg(&v[i], 5), 1ull << 31 | mpidr[i]);
		EXPECT_CALL3(&v[0], ALREADY_ON, CPU_ON64, mpidr[i], SYM(cpu_main), 0);
		EXPECT_CALL3(&v[0], ON, AFFINITY_INFO64, mpidr[i], 0, 0);

		/* it goes off, and is started once more as if new */
		ASSERT_OK(axv_bind(&v[i]));
		axv_fulfil(&v[i], 0);
		ASSERT_OK(axv_unbind(&v[i]));
		axt_thread_start(&t, axt_run_once, &v[i]);
		WAIT_STATE(&v[i], BLOCKED);
		EXPECT_CALL3(&v[0], OFF, AFFINITY_INFO64, mpidr[i], 0, 0);
		EXPECT_CALL3(&v[0], SUCCESS, CPU_ON64, mpidr[i], SYM(cpu_main), 5);
		EXPECT_OK(axt_thread_join(&t));
		EXPECT_EQ(reg(&v[i], 0), 5u);
		EXPECT_EQ(reg(&v[i], 1), 0x3c0u);
		EXPECT_EQ(reg(&v[i], 4), 1u);
		EXPECT_EQ(v[i].run->counters.exits[AXVCPU_EXIT_CPU_DOWN], 0u);
	}
	axt_context(NULL);
	EXPECT_EQ(v[0].run->counters.exits[AXVCPU_EXIT_CPU_UP], 0u);
	/* who is gone is not there */
	axv_vcpu_close(&v[1]);
	EXPECT_CALL3(&v[0], INVALID, CPU_ON64, 1, SYM(cpu_main), 0);
	EXPECT_CALL3(&v[0], INVALID, AFFINITY_INFO64, 1, 0, 0);
}

/* No start is lost, none comes twice. */
TEST_TIMEOUT(cpu_on_and_off, &in_kernel, 60)
{
	unsigned int rounds = 2000 / axt_slow();
	struct axv_vcpu v[CPUS];
	struct axt_thread t;

	make_cpus(f, v);
	axt_thread_start(&t, axt_run_once, &v[1]);
	axt_goto(&v[0], SYM(start_count), 0);
	ASSERT_OK(axv_set_gpr(&v[0], 19, mpidr[1]));
	ASSERT_OK(axv_set_gpr(&v[0], 20, rounds));
	want(&v[0], AXVCPU_REGS_GPR);
	ASSERT_SYNC_V(&v[0]);
	EXPECT_EQ((int64_t)reg(&v[0], 0), 0);
	EXPECT_EQ(reg(&v[0], 1), 0u);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), rounds);
	end(&t, &v[1]);
}

/* ---- suspend --------------------------------------------------------------------------------- */

#define POWER_DOWN	(1u << 16)

TEST(suspend_arguments, &config)
{
	EXPECT_CALL3(V, INVALID, CPU_SUSPEND64, 1u << 28, SYM(resumed), 0);
	EXPECT_CALL3(V, INVALID, CPU_SUSPEND, 1u << 17, SYM(resumed), 0);
	EXPECT_CALL3(V, BAD_ADDRESS, CPU_SUSPEND64, POWER_DOWN, SYM(resumed) + 2, 0);
	EXPECT_CALL3(V, BAD_ADDRESS, CPU_SUSPEND64, POWER_DOWN, 1ull << 60, 0);
}

/* Standby is WFI: until an interrupt is pending, masked or not. */
static void suspend(struct axt *f, uint64_t id, uint64_t state)
{
	struct axt_thread t;

	axt_goto(V, SYM(call), 0);
	ASSERT_OK(axv_set_gpr(V, 0, id));
	ASSERT_OK(axv_set_gpr(V, 1, state));
	ASSERT_OK(axv_set_gpr(V, 2, SYM(resumed)));
	ASSERT_OK(axv_set_gpr(V, 3, 0x99));
	want(V, AXVCPU_REGS_GPR);
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_INTR));
	/* group 1 on, all priorities */
	f->regs->intr.vmcr |= 0xffull << 24 | 2;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	ASSERT_OK(axv_unbind(V));
	axt_thread_start(&t, axt_run_once, V);
	WAIT_STATE(V, BLOCKED);
	axt_sleep_ms(20);
	EXPECT_STATE(V, BLOCKED);
	ASSERT_OK(axv_inject_irq(V, AXT_IRQ));
	EXPECT_OK(axt_thread_join(&t));
	ASSERT_OK(axv_bind(V));
	ASSERT_EQ(f->exit->reason, AXT_EXIT_SYNC);
	ASSERT_OK(axv_inject_irq(V, AXT_IRQ | AXVCPU_INTERRUPT_CLEAR));
}

TEST(suspend_standby, &config)
{
	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		axt_skip("no interrupts by number");
	suspend(f, CPU_SUSPEND64, 0);
	EXPECT_EQ(reg(V, 0), 0u);
	EXPECT_EQ(f->exit->pc, SYM(call_done) + 8);
	suspend(f, CPU_SUSPEND, 1);
	EXPECT_EQ(reg(V, 0), 0u);
}

TEST(suspend_power_down, &paged)
{
	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		axt_skip("no interrupts by number");
	suspend(f, CPU_SUSPEND64, POWER_DOWN);
	EXPECT_EQ(reg(V, 0), 0x99u);
	EXPECT_EQ(reg(V, 1) & 0x1005, 0u);
	EXPECT_EQ(reg(V, 2), 0x3c0u);
}
