// SPDX-License-Identifier: GPL-2.0-only
/*
 * RISC-V guests and VMMs that mean harm: random bits for code, in S- and U-mode, with
 * tables and without; SBI calls of any kind; random registers; any value in any CSR.
 * RUN always ends with an exit that is one, a kick always gets the guest out, and
 * neither those beside nor the host notice. Loops that keep the kernel busy are
 * hostile_loops.c's.
 *
 * rig: timeout=300 arch=riscv
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "common/exits.h"
#include "common/hostile.h"

#define SEED		0x5eed415c
/* where the machine is slow or busy there are fewer laps */
#define LAPS_MS		(10000 * axt_slow())
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
	uint64_t end = axt_now_ms() + LAPS_MS;
	struct stopper s;
	struct beside b;
	struct axt g;

	beside_start(&b);
	axt_open(&g, row->config);
	stopper_start(&s, &g.v, 2);
	for (lap = 0; lap < laps && axt_now_ms() < end && !axt_failures(); lap++) {
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
	uint64_t end = axt_now_ms() + LAPS_MS;
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
	for (lap = 0; lap < laps && axt_now_ms() < end && !axt_failures(); lap++) {
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
	uint64_t end = axt_now_ms() + LAPS_MS;
	struct stopper s;

	stopper_start(&s, &f->v, 2);
	for (lap = 0; lap < laps && axt_now_ms() < end && !axt_failures(); lap++) {
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

/* ---- every CSR number ----------------------------------------------------------------------------- */

#define CSR_MODE(nr)	((nr) >> 8 & 3)

static const struct walk {
	const char *name;
	bool user;
	uint32_t action;
} walks[] = {
	{ "kernel", false, AXVCPU_FILTER_DEFAULT },
	{ "user", true, AXVCPU_FILTER_DEFAULT },
	{ "kernel_filtered", false, AXVCPU_FILTER_EXIT },
	{ "user_filtered", true, AXVCPU_FILTER_EXIT },
};

/* What may come of an access to CSR @nr, done, refused or told. */
static bool csr_outcome(struct axt *f, const struct walk *w, const traps_t *t, unsigned int nr)
{
	bool allowed = CSR_MODE(nr) <= (w->user ? 0 : 1);
	struct trap p;

	switch (f->exit->reason) {
	case AXVCPU_EXIT_SYSREG_READ:
	case AXVCPU_EXIT_SYSREG_WRITE:
		return w->action == AXVCPU_FILTER_EXIT && (!w->user || allowed) &&
		       f->exit->sysreg.addr == nr;
	case AXVCPU_EXIT_STOPPED:
	case AXVCPU_EXIT_NESTED_PAGE_FAULT:
		/* a new satp, or where the trap vector is now */
		return allowed;
	case AXVCPU_EXIT_HYPERCALL:
		break;
	default:
		return false;
	}
	if (!trapped(t, &f->v, &p))
		return allowed && !w->user;
	if (p.what == TRAP_ILLEGAL && p.pc == (w->user ? GUEST_USER : 0) + SYM(csr_read))
		return true;
	/* at the user's end there is a call; and with a new satp all faults */
	return allowed && (p.what == 8 || p.what == 12 || p.what == 1);
}

TEST_ROWS(csr, walks, ARRAY_SIZE(walks), &paged)
{
	const struct walk *w = arg;
	const struct axvcpu_filter_range all = { 0, 0xfff, w->action, w->action };
	struct axvcpu_riscv_control control;
	traps_t t = TRAPS_INIT(f, exits);
	unsigned int nr, step = axt_slow() | 1, stops, done = 0, illegal = 0;
	uint64_t end = axt_now_ms() + LAPS_MS;
	struct stopper s;
	struct trap p;
	char text[200];

	if (w->action == AXVCPU_FILTER_EXIT)
		ASSERT_OK(axv_set_msr_filter(f->vm, &all, 1));
	want(&f->v, 0);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR | AXVCPU_REGS_INTR |
			   AXVCPU_REGS_TIMER));
	memcpy(&control, (void *)&f->regs->control, sizeof(control));
	/* of those that hang */
	stopper_start(&s, &f->v, 50);
	for (nr = 0; nr < 0x1000 && axt_now_ms() < end && axt_failures() < 10; nr += step) {
		struct rnd r = rnd_at(SEED, 30 + (w - walks), nr);

		/* csrrw, csrrs or csrrc of a5 with a2 */
		GUEST_MEM(f, SYM(csr_read), uint32_t) = 0x607f3 | nr << 20 |
			(uint32_t)(1 + rnd_below(&r, 3)) << 12;
		/* whatever the last exit was, it needs no answer */
		axt_goto(&f->v, SYM(csr_read), 0);
		memcpy((void *)&f->regs->control, &control, sizeof(control));
		f->regs->gpr.pc = SYM(csr_read) + (w->user ? GUEST_USER : 0);
		f->regs->gpr.mode = w->user ? AXVCPU_RISCV_MODE_U : AXVCPU_RISCV_MODE_S;
		f->regs->gpr.x[A2] = rnd_one_in(&r, 2) ? ~0ull : rnd_value(&r);
		f->regs->gpr.x[A7] = AXVCPU_RISCV_SBI_HVC;
		memset((void *)&f->regs->intr, 0, sizeof(f->regs->intr));
		f->regs->timer.stimecmp = ~0ull;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR |
				   AXVCPU_REGS_INTR | AXVCPU_REGS_TIMER, 0));
		/* tables of junk may be a fault for ever; a busy machine only seems so */
		for (stops = 0; stops < (CSR_MODE(nr) > (w->user ? 0 : 1) ? 500 : 3); stops++) {
			ASSERT_OK(axv_run(&f->v));
			if (f->exit->reason != AXVCPU_EXIT_STOPPED)
				break;
		}
		if (!csr_outcome(f, w, &t, nr))
			axt_fail(__FILE__, __LINE__, "CSR 0x%x: %s", nr,
				 axv_exit_str(&f->v.run->exit, text, sizeof(text)));
		illegal += trapped(&t, &f->v, &p) && p.what == TRAP_ILLEGAL;
		done++;
	}
	stopper_stop(&s);
	expect_hello();
	axt_diag("%u CSRs, %u of them illegal instructions", done, illegal);
	/* those of the hypervisor and of the machine at least */
	if (w->action == AXVCPU_FILTER_DEFAULT)
		EXPECT_GE(illegal, done / 2);
}
