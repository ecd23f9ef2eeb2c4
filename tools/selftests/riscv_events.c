// SPDX-License-Identifier: GPL-2.0-only
/*
 * INJECT_INTERRUPT, INJECT_EVENT and the INTR group: what they take, what the guest
 * gets. The lines of a hart are levels, but for the software interrupt, which the guest
 * clears by itself.
 *
 * rig: arch=riscv machine=virt,aia
 */
#include "common/riscv_sbi.h"

static const struct axt_config config = { GUEST(sbi), .entry = SBI(spin) };

#define V	(&f->v)
#define SSTC	(f->dev.info.arch_features & AXVCPU_RISCV_FEAT_SSTC)
#define SOFT	AXVCPU_RISCV_IRQ_SOFT
#define TIMER	AXVCPU_RISCV_IRQ_TIMER
#define EXT	AXVCPU_RISCV_IRQ_EXT
#define CLEAR	AXVCPU_INTERRUPT_CLEAR

static int inject(struct axt *f, uint32_t kind, uint32_t vector, uint32_t flags,
		  uint32_t error, uint64_t payload)
{
	const struct axvcpu_inject_event e = {
		.kind = kind, .vector = vector, .flags = flags,
		.error_code = error, .payload = payload,
	};

	return axv_inject_event(V, &e);
}

/* The guest spins at @pc with these interrupts enabled, and its trap vector set. */
static void spin(struct axt *f, uint64_t sie)
{
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL));
	f->regs->control.stvec = SBI(traps);
	f->regs->control.sstatus |= SSTATUS_SIE;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL, 0));
	set_irqs(V, sie);
	axt_goto(V, SBI(spin), 0);
}

/* ---- lines ------------------------------------------------------------------------------ */

TEST(bad_lines, &config)
{
	uint32_t line;

	for (line = 0; line < 70; line++) {
		if (line == SOFT || line == EXT || (line == TIMER && !SSTC))
			continue;
		axt_context("line %u", line);
		EXPECT_ERR(EINVAL, axv_inject_irq(V, line));
		EXPECT_ERR(EINVAL, axv_inject_irq(V, line | CLEAR));
	}
	axt_context(NULL);
	EXPECT_ERR(EINVAL, axv_inject_irq(V, ~0u));
	EXPECT_ERR(EINVAL, axv_inject_irq(V, SOFT | 0x100));
	EXPECT_EQ(sip_of(V), 0u);
}

TEST(each_line, &config)
{
	static const uint32_t lines[] = { SOFT, TIMER, EXT };
	unsigned int i;
	uint32_t line;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		line = lines[i];
		if (line == TIMER && SSTC)
			continue;
		axt_context("line %u", line);
		spin(f, 1u << line);
		ASSERT_OK(axv_inject_irq(V, line));
		EXPECT_ERR(EAGAIN, axv_inject_irq(V, line));
		EXPECT_EQ(sip_of(V), 1ull << line);
		ASSERT_TRAP(V, CAUSE_IRQ | line, 0, SBI(spin));
		EXPECT_EQ(reg(V, A3) & (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP),
			  SSTATUS_SPIE | SSTATUS_SPP);
		EXPECT_EQ(f->exit->intr_state & AXVCPU_INTR_ENABLED, 0u);
		EXPECT_NE(f->exit->intr_state & AXVCPU_INTR_PENDING, 0u);
		/* it stays until it is taken back */
		EXPECT_EQ(sip_of(V), 1ull << line);
		if (line != SOFT)
			EXPECT_ERR(EAGAIN, axv_inject_irq(V, line));
		ASSERT_OK(axv_inject_irq(V, line | CLEAR));
		EXPECT_ERR(EAGAIN, axv_inject_irq(V, line | CLEAR));
		EXPECT_EQ(sip_of(V), 0u);
	}
}

/* All at once: each of them comes, in whatever order the hart likes. */
TEST(all_lines, &config)
{
	uint64_t left = SSTC ? 0x202 : 0x222;
	unsigned int i;

	spin(f, 0x222);
	for (i = 0; i < 16; i++)
		if (left & 1u << i)
			ASSERT_OK(axv_inject_irq(V, i));
	while (left) {
		axt_context("0x%x left", (unsigned int)left);
		ASSERT_SYNC(f);
		ASSERT_EQ(f->exit->mmio.gpa, GUEST_TRAP);
		axt_fetch(V);
		i = reg(V, A0) & 63;
		ASSERT_EQ(reg(V, A0), CAUSE_IRQ | i);
		ASSERT_NE(left & 1ull << i, 0u);
		left &= ~(1ull << i);
		ASSERT_OK(axv_inject_irq(V, i | CLEAR));
		EXPECT_EQ(sip_of(V), left);
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL));
		f->regs->control.sstatus |= SSTATUS_SIE;
		ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL, 0));
		axt_goto(V, SBI(spin), 0);
	}
}

/* Taken back before the guest has seen it, it never was. */
TEST(taken_back, &config)
{
	static const uint32_t lines[] = { SOFT, EXT };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		ASSERT_OK(axv_inject_irq(V, lines[i]));
		ASSERT_OK(axv_inject_irq(V, lines[i] | CLEAR));
		EXPECT_EQ(sip_of(V), 0u);
		ASSERT_OK(axv_inject_irq(V, lines[i]));
		EXPECT_EQ(sip_of(V), 1ull << lines[i]);
		ASSERT_OK(axv_inject_irq(V, lines[i] | CLEAR));
	}
}

/* The guest clears it and is told again: every time, however the two fall together. */
TEST(soft_again, &config)
{
	unsigned int i;

	for (i = 0; i < 50; i++) {
		axt_context("round %u", i);
		spin(f, 1u << SOFT);
		ASSERT_OK(axv_inject_irq(V, SOFT));
		ASSERT_TRAP(V, CAUSE_IRQ | SOFT, 0, SBI(spin));
		/* pending in the CPU, so this one is the same */
		ASSERT_OK(axv_inject_irq(V, SOFT));
		EXPECT_EQ(sip_of(V), 1ull << SOFT);
		/* cleared by the guest's legacy call: the next is a new one */
		EXPECT_SBI(V, 1, 0, 3, 0);
		ASSERT_EQ(sip_of(V), 0u);
		ASSERT_OK(axv_inject_irq(V, SOFT));
		ASSERT_EQ(sip_of(V), 1ull << SOFT);
	}
}

/* ---- exceptions --------------------------------------------------------------------------- */

#define CAUSES	0xb1ffu

TEST(each_exception, &config)
{
	unsigned int cause;

	for (cause = 0; cause < 16; cause++) {
		if (!(CAUSES & 1u << cause)) {
			EXPECT_ERR(EINVAL, inject(f, AXVCPU_EVENT_EXCEPTION, cause, 0, 0, 0));
			continue;
		}
		axt_context("cause %u", cause);
		spin(f, 0);
		ASSERT_OK(inject(f, AXVCPU_EVENT_EXCEPTION, cause, AXVCPU_EVENT_HAS_PAYLOAD, 0,
				 0xfedcba9876543210ull + cause));
		EXPECT_ERR(EAGAIN, inject(f, AXVCPU_EVENT_EXCEPTION, 2, 0, 0, 0));
		ASSERT_TRAP(V, cause, 0xfedcba9876543210ull + cause, SBI(spin));
		EXPECT_EQ(reg(V, A3) & (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP),
			  SSTATUS_SPIE | SSTATUS_SPP);
	}
}

/* From U-mode, interrupts off; and to a vectored stvec's base. */
TEST(exception_from_user, &config)
{
	spin(f, 0);
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR));
	f->regs->control.sstatus &= ~SSTATUS_SIE;
	f->regs->control.stvec |= 1;
	f->regs->gpr.mode = AXVCPU_RISCV_MODE_U;
	f->regs->gpr.pc = SBI(user_call_done);
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR, 0));
	ASSERT_OK(inject(f, AXVCPU_EVENT_EXCEPTION, 7, 0, 0, 0));
	ASSERT_TRAP(V, 7, 0, SBI(user_call_done));
	EXPECT_EQ(reg(V, A3) & (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP), 0u);
}

/* An exception comes before an interrupt. */
TEST(exception_first, &config)
{
	spin(f, 1u << EXT);
	ASSERT_OK(axv_inject_irq(V, EXT));
	ASSERT_OK(inject(f, AXVCPU_EVENT_EXCEPTION, 2, 0, 0, 0));
	ASSERT_TRAP(V, 2, 0, SBI(spin));
	EXPECT_EQ(sip_of(V), 1ull << EXT);
}

TEST(bad_events, &config)
{
	static const struct {
		uint32_t kind, vector, flags, error;
		uint64_t payload;
	} rows[] = {
		{ AXVCPU_EVENT_EXCEPTION, 16, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 20, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 32, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 0x80000005, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, ~0u, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 2, AXVCPU_EVENT_HAS_ERROR, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 2, 4, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 2, 0, 1, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 2, 0, 0, 1 },
		{ AXVCPU_EVENT_NMI, 0, 0, 0, 0 },
		{ AXVCPU_EVENT_START, 0, 0, 0, GUEST_CODE },
		{ 3, 0, 0, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		EXPECT_ERR(EINVAL, inject(f, rows[i].kind, rows[i].vector, rows[i].flags,
					  rows[i].error, rows[i].payload));
	}
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_INTR));
	EXPECT_EQ(f->regs->intr.flags, 0u);
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* wfi ends with what is enabled, whether the guest takes it or not. */
TEST(wfi, &config)
{
	struct axt_thread t;

	ASSERT_OK(axv_unbind(V));
	set_irqs(V, 1u << EXT);
	axt_goto(V, SBI(wait), 0);
	axt_thread_start(&t, axt_run_once, V);
	WAIT_STATE(V, BLOCKED);
	ASSERT_OK(axv_inject_irq(V, SOFT));
	axt_sleep_ms(20);
	EXPECT_STATE(V, BLOCKED);
	ASSERT_OK(axv_inject_irq(V, EXT));
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXT_EXIT_SYNC);
	EXPECT_EQ(f->exit->pc, SBI(waited) + 4);
	EXPECT_EQ(sip_of(V), 1ull << EXT | 1ull << SOFT);
	/* and does not begin while something is */
	axv_fulfil(V, 0);
	axt_thread_start(&t, axt_run_once, V);
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->reason, AXT_EXIT_SYNC);
}

TEST(wfi_exception, &config)
{
	struct axt_thread t;

	ASSERT_OK(axv_unbind(V));
	axt_goto(V, SBI(wait), 0);
	axt_thread_start(&t, axt_run_once, V);
	WAIT_STATE(V, BLOCKED);
	ASSERT_OK(inject(f, AXVCPU_EVENT_EXCEPTION, 2, 0, 0, 0));
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(f->exit->mmio.gpa, GUEST_TRAP);
	axt_fetch(V);
	EXPECT_EQ(reg(V, A2), SBI(waited));
}

TEST(wfi_exit, &config)
{
	axt_goto(V, SBI(wait), 0);
	V->run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	EXPECT_EQ(f->exit->pc, SBI(waited) - 4);
	axv_fulfil(V, 0);
	ASSERT_SYNC(f);
}

/* A vCPU that was set up to wait starts where it is told, as it was set up. */
TEST(start_event, &config)
{
	const struct axvcpu_inject_event go = {
		.kind = AXVCPU_EVENT_START, .payload = SBI(waited),
	};
	struct axvcpu_inject_event odd = go;
	struct axt_thread t;
	struct axv_vcpu v;

	hart_new(f, 1, 4, SBI(spin), 0, &v);
	ASSERT_OK(axv_set_gpr(&v, A1, 0x77));
	odd.payload |= 1;
	EXPECT_ERR(EINVAL, axv_inject_event(&v, &odd));
	axt_thread_start(&t, axt_run_once, &v);
	WAIT_STATE(&v, BLOCKED);
	/* interrupts and exceptions do not start it */
	ASSERT_OK(axv_inject_irq(&v, EXT));
	axt_sleep_ms(20);
	EXPECT_STATE(&v, BLOCKED);
	ASSERT_OK(axv_inject_event(&v, &go));
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(v.run->exit.reason, AXT_EXIT_SYNC);
	EXPECT_EQ(v.run->exit.pc, SBI(waited) + 4);
	axt_fetch(&v);
	EXPECT_EQ(reg(&v, A0), 4u);
	EXPECT_EQ(reg(&v, A1), 0x77u);
	EXPECT_ERR(EINVAL, axv_inject_event(&v, &go));
}

/* ---- the group ------------------------------------------------------------------------------- */

TEST(group, &config)
{
	volatile struct axvcpu_riscv_intr *r = &f->regs->intr;

	set_irqs(V, 0x222);
	r->sip = 0x202;
	r->flags = AXVCPU_RISCV_INTR_EXCEPTION;
	r->exc_cause = 13;
	r->exc_tval = 0x1234;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, EXT));
	EXPECT_ERR(EAGAIN, inject(f, AXVCPU_EVENT_EXCEPTION, 2, 0, 0, 0));
	memset((void *)r, 0x55, sizeof(*r));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_INTR));
	EXPECT_EQ(r->sie, 0x222u);
	EXPECT_EQ(r->sip, 0x202u);
	EXPECT_EQ(r->flags, AXVCPU_RISCV_INTR_EXCEPTION);
	EXPECT_EQ(r->reserved, 0u);
	EXPECT_EQ(r->exc_cause, 13u);
	EXPECT_EQ(r->exc_tval, 0x1234u);

	/* the timer's line is the timer's, with Sstc */
	set_irqs(V, 0);
	r->sip = 0x20;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	EXPECT_EQ(sip_of(V), SSTC ? 0u : 0x20u);
}

TEST(bad_group, &config)
{
	static const struct axvcpu_riscv_intr rows[] = {
		{ .sie = 1 }, { .sie = 0x2000 }, { .sie = 1ull << 63 }, { .sip = 4 },
		{ .sip = 0x400 }, { .flags = 8 }, { .flags = 1u << 31 }, { .reserved = 1 },
		{ .exc_cause = 2 }, { .exc_tval = 2 },
		{ .flags = AXVCPU_RISCV_INTR_EXCEPTION, .exc_cause = 9 },
		{ .flags = AXVCPU_RISCV_INTR_EXCEPTION, .exc_cause = 64 },
		{ .flags = AXVCPU_RISCV_INTR_EXCEPTION, .exc_cause = CAUSE_IRQ | 5 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		*(struct axvcpu_riscv_intr *)&f->regs->intr = rows[i];
		EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_INTR, 0));
	}
	axt_context(NULL);
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_INTR));
	EXPECT_EQ(f->regs->intr.sie | f->regs->intr.sip | f->regs->intr.flags, 0u);
}
