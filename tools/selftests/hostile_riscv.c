// SPDX-License-Identifier: GPL-2.0-only
/*
 * RISC-V guests and VMMs that mean harm: random bits for code, in S- and U-mode, with
 * tables and without; SBI calls of any kind; random registers; loops that keep the
 * kernel busy. RUN always ends with an exit that is one, a kick always gets the guest
 * out, and neither those beside nor the host notice.
 *
 * rig: timeout=300 arch=riscv
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/exits.h"
#include "common/hostile.h"

DECLARE_GUEST(hostile);

#define SEED		0x5eed415c
#define CODE_PAGES	8

static const struct axt_config flat = {
	.start = AXT_START_FLAT,
	GUEST(exits),
};

static const struct axt_config paged = {
	.start = AXT_START_PAGED,
	GUEST(exits),
};

/* ---- whatever comes ------------------------------------------------------------------ */

static unsigned int seen[AXVCPU_EXIT_NR];

/* RUN, and an answer that is allowed. False: the guest is not to be run any more. */
static bool run_on(struct axt *f, struct rnd *r)
{
	int ret = axv_run(&f->v);
	uint32_t commands, i;

	if (!EXPECT_EQ(ret, 0))
		return false;
	if (!EXPECT_TRUE(f->exit->reason > AXVCPU_EXIT_NOTHING &&
			 f->exit->reason < AXVCPU_EXIT_NR && f->exit->commands))
		return false;
	seen[f->exit->reason]++;
	commands = f->exit->commands;
	for (i = rnd_below(r, 5); !(commands & 1u << i); i = (i + 1) % 5)
		;
	f->v.run->entry.command = i;
	f->v.run->entry.data = rnd_value(r);
	return true;
}

static void tell(const char *what, unsigned int n)
{
	char text[400] = "";
	size_t at = 0;

	for (unsigned int i = 0; i < AXVCPU_EXIT_NR; i++)
		if (seen[i])
			at += snprintf(text + at, sizeof(text) - at, " %s %u", axv_exit_name(i),
				       seen[i]);
	axt_diag("%u %s, seed 0x%x:%s", n, what, SEED, text);
}

static void renew(struct axt *f)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	memset((void *)&f->v.run->entry, 0, sizeof(f->v.run->entry));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
}

/* ---- random code ------------------------------------------------------------------------ */

static const struct code {
	const char *name;
	const struct axt_config *config;
	bool user;
} codes[] = {
	{ "kernel_flat", &flat, false },
	{ "kernel_paged", &paged, false },
	{ "user_flat", &flat, true },
	{ "user_paged", &paged, true },
};

/* Something that is an instruction more often than chance would have it. */
static uint32_t some_insn(struct rnd *r)
{
	static const uint32_t forms[] = {
		0x00000003, 0x00000007, 0x0000000f, 0x00000013, 0x00000017, 0x0000001b, 0x00000023,
		0x00000027, 0x0000002f, 0x00000033, 0x00000037, 0x00000043, 0x00000053, 0x00000057,
		0x00000063, 0x00000067, 0x0000006f, 0x00000073, 0x00000073, 0x00000073,
	};
	static const uint32_t system[] = {
		0x00000073, 0x00100073, 0x10200073, 0x10500073, 0x12000073, 0x0000100f, 0x30200073,
		0x22000073, 0x62000073, 0x6c000073,
	};

	switch (rnd_below(r, 8)) {
	case 0:
		return rnd(r);
	case 1:
		return system[rnd_below(r, ARRAY_SIZE(system))];
	case 2:
		/* a CSR: one of those that there are, with all forms */
		return 0x73 | (uint32_t)rnd(r) << 7 | 0x1000;
	default:
		return forms[rnd_below(r, ARRAY_SIZE(forms))] | ((uint32_t)rnd(r) & 0xffffff80);
	}
}

static uint64_t some_address(struct rnd *r, bool user)
{
	uint64_t base = user && rnd_one_in(r, 2) ? GUEST_USER : 0;

	switch (rnd_below(r, 6)) {
	case 0:
		return base + GUEST_MMIO + rnd_below(r, 0x2000);
	case 1:
		return rnd_value(r);
	case 2:
		return base + GUEST_PML4 + rnd_below(r, 0x1000);
	default:
		return base + GUEST_DATA + rnd_below(r, 0x10000);
	}
}

TEST_ROWS(code, codes, ARRAY_SIZE(codes), NULL)
{
	const struct code *row = arg;
	unsigned int laps = rounds(400), lap, i;
	struct stopper s;
	struct beside b;
	struct axt g;

	beside_start(&b);
	axt_open(&g, row->config);
	stopper_start(&s, &g.v, 2);
	for (lap = 0; lap < laps && !axt_failures(); lap++) {
		struct rnd r = rnd_at(SEED, row - codes, lap);

		axt_context("lap %u", lap);
		renew(&g);
		axt_page_tables(g.ram, true);
		for (i = 0; i < CODE_PAGES * AXT_PAGE; i += 4)
			*(uint32_t *)(g.ram + GUEST_CODE + i) = some_insn(&r);
		/* now and then half a word further */
		ASSERT_OK(axv_sync(&g.v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL));
		for (i = 1; i < 32; i++)
			g.regs->gpr.x[i] = some_address(&r, row->user);
		g.regs->gpr.pc = GUEST_CODE + 2 * rnd_below(&r, 0x1000);
		if (row->user) {
			g.regs->gpr.mode = AXVCPU_RISCV_MODE_U;
			if (row->config == &paged)
				g.regs->gpr.pc += GUEST_USER;
		}
		g.regs->control.stvec = GUEST_CODE + 4 * rnd_below(&r, 0x1000);
		g.regs->control.sstatus |= SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM;
		ASSERT_OK(axv_sync(&g.v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL, 0));
		for (i = 0; i < 20; i++)
			if (!run_on(&g, &r))
				break;
	}
	axt_context(NULL);
	stopper_stop(&s);
	axt_close(&g);
	beside_stop(&b);
	expect_hello();
	tell("laps", lap);
}

/* ---- SBI ------------------------------------------------------------------------------------- */

static uint64_t some_extension(struct rnd *r)
{
	static const uint64_t known[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d,
		0x53525354, 0x4442434e, AXVCPU_RISCV_SBI_HVC, 0x504d55, 0x53555350, 0x535441,
		0x0a000000, 0x09000000,
	};

	return rnd_one_in(r, 10) ? rnd_value(r) : known[rnd_below(r, ARRAY_SIZE(known))];
}

static void calls(uint32_t vm_flags, uint64_t routes, unsigned int nr)
{
	unsigned int laps = rounds(4000), lap, i;
	struct axvcpu_create_vm c = { .flags = vm_flags, .arch_flags = routes };
	struct axv_vcpu other;
	struct stopper s;
	struct axt g;

	axt_open(&g, &paged);
	close(g.vm);
	axv_vcpu_close(&g.v);
	g.vm = ASSERT_OK(axv_vm_create_with(&g.dev, &c));
	axt_add_vcpu(&g, 0, &paged, &g.v);
	g.exit = &g.v.run->exit;
	g.regs = axt_regs(g.v.run);
	/* another one to be started, interrupted and fenced, that never runs */
	ASSERT_OK(axv_vcpu_create(&g.dev, g.vm, 1, &other));
	stopper_start(&s, &g.v, 2);
	for (lap = 0; lap < laps && !axt_failures(); lap++) {
		struct rnd r = rnd_at(SEED, 10 + nr, lap);

		axt_context("call %u", lap);
		renew(&g);
		start_at(&g, SYM(hypercall));
		for (i = A0; i < A6; i++)
			set(&g, i, rnd_one_in(&r, 3) ? some_address(&r, false) : rnd_value(&r));
		set(&g, A6, rnd_one_in(&r, 10) ? rnd_value(&r) : rnd_below(&r, 9));
		set(&g, A7, some_extension(&r));
		if (rnd_one_in(&r, 4))
			g.v.run->entry.flags = 0;
		for (i = 0; i < 3; i++)
			if (!run_on(&g, &r))
				break;
	}
	axt_context(NULL);
	stopper_stop(&s);
	axv_vcpu_close(&other);
	axt_close(&g);
	expect_hello();
	tell("calls", lap);
}

TEST_TIMEOUT(sbi, NULL, 60)
{
	calls(0, 0, 0);
}

TEST_TIMEOUT(sbi_kernel_start, NULL, 60)
{
	calls(AXVCPU_VM_KERNEL_START, 0, 1);
}

TEST_TIMEOUT(sbi_routed, NULL, 60)
{
	calls(0, AXVCPU_RISCV_ROUTE_ALL, 2);
}

/* ---- registers ---------------------------------------------------------------------------------- */

/* Any bits in any group: taken or refused, and then run. */
TEST_TIMEOUT(registers, &paged, 60)
{
	unsigned int laps = rounds(2000), lap, i, taken = 0;
	struct stopper s;

	stopper_start(&s, &f->v, 2);
	for (lap = 0; lap < laps && !axt_failures(); lap++) {
		struct rnd r = rnd_at(SEED, 20, lap);
		uint32_t groups = 1 + rnd_below(&r, AXVCPU_REGS_ALL);
		uint64_t *word = (uint64_t *)f->regs;
		unsigned char *fp = f->v.fp;
		int ret;

		axt_context("lap %u", lap);
		renew(f);
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
		for (i = 1 + rnd_below(&r, 8); i; i--) {
			uint64_t *w = &word[rnd_below(&r, sizeof(*f->regs) / 8)];

			*w = rnd_one_in(&r, 2) ? rnd_value(&r) : *w ^ 1ull << rnd_below(&r, 64);
		}
		for (i = rnd_below(&r, 8); i; i--)
			fp[rnd_below(&r, f->v.fp_size)] ^= 1u << rnd_below(&r, 8);
		ret = axv_sync(&f->v, groups, 0);
		EXPECT_TRUE(ret == 0 || ret == -EINVAL);
		taken += !ret;
		for (i = 0; i < 3; i++)
			if (!run_on(f, &r))
				break;
	}
	axt_context(NULL);
	stopper_stop(&s);
	expect_hello();
	axt_diag("%u of %u commits taken", taken, lap);
	EXPECT_GE(taken, lap / 10);
	EXPECT_GE(lap - taken, lap / 10);
	tell("laps", lap);
}

/* ---- loops ------------------------------------------------------------------------------------------ */

#define LOOP(label)	DECLARE_GUEST_SYM(hostile, label)
LOOP(no_handler);
LOOP(handler_in_a_hole);
LOOP(fault_in_handler);
LOOP(calls);
LOOP(unknown_calls);
LOOP(fences);
LOOP(own_ipis);
LOOP(irq_storm);
LOOP(wfi_pending);
LOOP(timer_past);
LOOP(csr_traps);
LOOP(no_tables);

static const struct loop {
	const char *name;
	uint64_t at;
	bool faults;	/* may end in a NESTED_PAGE_FAULT of its own */
} loops[] = {
#define ROW(label, faults) { #label, GUEST_SYM(hostile, label), faults }
	ROW(no_handler, false),
	ROW(handler_in_a_hole, true),
	ROW(fault_in_handler, true),
	ROW(calls, false),
	ROW(unknown_calls, false),
	ROW(fences, false),
	ROW(own_ipis, false),
	ROW(irq_storm, false),
	ROW(wfi_pending, false),
	ROW(timer_past, false),
	ROW(csr_traps, false),
	ROW(no_tables, true),
};

static const struct axt_config loop_config = {
	.stage = AXT_FREE,
	.start = AXT_START_PAGED,
	GUEST(hostile),
};

TEST_ROWS(loop, loops, ARRAY_SIZE(loops), &loop_config)
{
	const struct loop *l = arg;
	struct axt_thread t;
	uint64_t start;

	ASSERT_OK(axv_set_entry(&f->v, l->at));
	for (int i = 0; i < 5; i++) {
		axt_thread_start(&t, axt_run_once, &f->v);
		axt_sleep_ms(20);
		start = axt_now_ms();
		EXPECT_OK(axv_kick(&f->v));
		EXPECT_EQ(axt_thread_join(&t), 0);
		EXPECT_LE(axt_now_ms() - start, 2000 * axt_slow());
		if (l->faults && f->exit->reason != AXVCPU_EXIT_STOPPED) {
			EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_NESTED_PAGE_FAULT);
			f->v.run->stop = 0;
			axv_retry(&f->v);
			continue;
		}
		EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	}
	expect_hello();
}
