// SPDX-License-Identifier: GPL-2.0-only
/*
 * When events come: interrupt shadows, IF, CR8, NMI masking, halts, other
 * threads, and deliveries that a stage-2 fault interrupts half-way. For RISC-V:
 * riscv_delivery.c.
 *
 * rig: arch=x86
 */
#include <sys/mman.h>

#include "common/x86.h"

DECLARE_GUEST(events);
#define LABEL(name)	DECLARE_GUEST_SYM(events, name)
LABEL(spin);
LABEL(done);
LABEL(sti_three);
LABEL(sti_after);
LABEL(sti_sti);
LABEL(sti_sti_after);
LABEL(mov_ss);
LABEL(mov_ss_shadow);
LABEL(mov_ss_after);
LABEL(pop_flags);
LABEL(pop_flags_after);
LABEL(set_cr8);
LABEL(set_cr8_after);
LABEL(halt_loop);
LABEL(halt_after);
LABEL(int_80);
LABEL(int_80_after);
LABEL(int_3);
LABEL(int_3_after);
LABEL(invalid);
LABEL(bad_segment);
LABEL(count_spin);
LABEL(count_halt);
LABEL(count_handler);
LABEL(count_nmi);
LABEL(nmi_sti);
LABEL(nmi_sti_after);
LABEL(nmi_iret);
LABEL(traps);

#define SYM(label)	GUEST_SYM(events, label)
#define VECTOR		0x61
#define COUNT(f, nr)	GUEST_MEM(f, GUEST_DATA + 4 * (nr), uint32_t)

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(events),
	.entry = GUEST_SYM(events, spin),
};

static const struct axt_config free_config = {
	.stage = AXT_FREE,
	.start = AXVCPU_X86_START_LONG64,
	GUEST(events),
};

static void go(struct axt *f, uint64_t at)
{
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, at, GUEST_STACK);
}

/* ---- when the window opens --------------------------------------------------------- */

/* With an interrupt waiting: where is the guest when it comes? */
static void comes_at(struct axt *f, const struct x86_traps *t, uint64_t start, uint64_t at)
{
	struct x86_frame fr;

	go(f, start);
	x86_set_flags(&f->v, 0, FLAG_IF);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	ASSERT_TRAP(t, &f->v, VECTOR, &fr);
	EXPECT_EQ(fr.ip, at);
	EXPECT_EQ(fr.flags & FLAG_IF, FLAG_IF);
}

TEST(window, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));

	comes_at(f, &t, SYM(sti_three), SYM(sti_after));
	comes_at(f, &t, SYM(sti_sti), SYM(sti_sti_after));
	comes_at(f, &t, SYM(pop_flags), SYM(pop_flags_after));
}

/* An exit in the shadow keeps it until the instruction is over. */
TEST(mov_ss_shadow, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;
	unsigned int i;

	go(f, SYM(mov_ss));
	x86_set_flags(&f->v, FLAG_IF, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(mov_ss_shadow));
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_SHADOW);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	for (i = 0; i < 3; i++) {
		axv_retry(&f->v);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(mov_ss_shadow));
		EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_SHADOW |
					       AXVCPU_INTR_PENDING);
	}
	axv_fulfil(&f->v, 0);
	ASSERT_TRAP(&t, &f->v, VECTOR, &fr);
	EXPECT_EQ(fr.ip, SYM(mov_ss_after));
}

/* ---- CR8 ------------------------------------------------------------------------------ */

static void set_cr8(struct axt *f, unsigned int cr8)
{
	struct axvcpu_x86_control c;

	x86_get_control(&f->v, &c);
	c.cr8 = cr8;
	ASSERT_OK(x86_set_control(&f->v, &c));
}

TEST(cr8, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c;
	struct x86_frame fr;

	/* class 6 waits for CR8 below 6, class 7 goes through */
	go(f, SYM(spin));
	x86_set_flags(&f->v, FLAG_IF, 0);
	set_cr8(f, 6);
	ASSERT_OK(axv_inject_irq(&f->v, 0x6f));
	ASSERT_OK(axv_inject_irq(&f->v, 0x70));
	ASSERT_TRAP(&t, &f->v, 0x70, &fr);
	EXPECT_EQ(fr.ip, SYM(spin));
	/* back with interrupts on, and it still does not come */
	GUEST_MEM(f, reg(&f->v, RSP), uint64_t) = SYM(done);
	axv_skip(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(f->exit->intr_state & (AXVCPU_INTR_PENDING | AXVCPU_INTR_ENABLED),
		  AXVCPU_INTR_PENDING | AXVCPU_INTR_ENABLED);

	/* the guest lowers it: right behind the instruction */
	go(f, SYM(set_cr8));
	x86_set_flags(&f->v, FLAG_IF, 0);
	ASSERT_OK(axv_set_gpr(&f->v, RAX, 5));
	ASSERT_TRAP(&t, &f->v, 0x6f, &fr);
	EXPECT_EQ(fr.ip, SYM(set_cr8_after));
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr8, 5u);

	/* raised by the guest: it holds, and the guest reads it */
	go(f, SYM(set_cr8));
	x86_set_flags(&f->v, FLAG_IF, 0);
	ASSERT_OK(axv_set_gpr(&f->v, RAX, 15));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(reg(&f->v, RBX), 15u);
	ASSERT_OK(axv_inject_irq(&f->v, 0xff));
	axv_fulfil(&f->v, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_PENDING);
	/* neither exceptions nor NMIs care */
	go(f, SYM(spin));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_TRAP(&t, &f->v, 2, &fr);
}

/* A halt goes on while what comes is held back. */
TEST(cr8_halt, &free_config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axt_thread thread;
	struct x86_frame fr;

	go(f, SYM(halt_loop));
	set_cr8(f, 8);
	axt_thread_start(&thread, axt_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_inject_irq(&f->v, 0x85));
	axt_sleep_ms(30);
	EXPECT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_inject_irq(&f->v, 0x95));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
	EXPECT_EQ(fr.vector, 0x95u);
	EXPECT_EQ(fr.ip, SYM(halt_after));
}

/* ---- NMIs --------------------------------------------------------------------------------- */

/* The second NMI waits for the IRET of the first, interrupts do not. */
TEST(nmi_until_iret, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;

	axt_idt_set(f->ram, AXVCPU_X86_START_LONG64, 2, SYM(nmi_sti));
	go(f, SYM(spin));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	/* the handler turns interrupts on: this one comes within it */
	ASSERT_TRAP(&t, &f->v, VECTOR, &fr);
	EXPECT_EQ(fr.ip, SYM(nmi_sti_after));
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_NMI_MASKED);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.nmis, 1u);
	/* any IRET unmasks, be it another handler's: leave by a jump */
	axt_goto(&f->v, SYM(nmi_iret), fr.sp);
	x86_set_flags(&f->v, 0, FLAG_IF);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.nmis, 0u);
	EXPECT_TRUE(intr.flags & AXVCPU_X86_INTR_NMI_MASKED);
	axt_fetch(&f->v);
	/* it interrupted the code the first one had interrupted */
	EXPECT_TRUE(GUEST_MEM(f, reg(&f->v, RSP), uint64_t) >= SYM(spin) &&
		    GUEST_MEM(f, reg(&f->v, RSP), uint64_t) < SYM(done));
	EXPECT_EQ(reg(&f->v, RSP), GUEST_STACK - 40u);
}

/* ---- from another thread --------------------------------------------------------------------- */

static void start_counting(struct axt *f, struct axt_thread *thread, uint64_t at)
{
	uint32_t start = AXVCPU_X86_START_LONG64;
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	unsigned int i;

	(void)t;
	for (i = 32; i < 256; i++)
		axt_idt_set(f->ram, start, i, SYM(count_handler));
	axt_idt_set(f->ram, start, 2, SYM(count_nmi));
	ASSERT_OK(axv_set_entry(&f->v, at));
	axt_thread_start(thread, axt_run_once, &f->v);
	WAIT_UNTIL(COUNT(f, 0) == 1);
}

static void inject_many(struct axt *f, uint64_t at, bool nmis)
{
	bool halts = at == SYM(count_halt);
	struct axt_thread thread;
	unsigned int i;

	start_counting(f, &thread, at);
	for (i = 1; i <= 100; i++) {
		axt_context("event %u", i);
		/* each one is to end a halt of its own */
		if (halts && !WAIT_STATE(&f->v, BLOCKED))
			axt_end();
		if (nmis)
			ASSERT_OK(axv_inject_nmi(&f->v));
		else
			ASSERT_OK(axv_inject_irq(&f->v, 32 + i));
		if (!WAIT_UNTIL(COUNT(f, nmis ? 4 : 1) == i))
			axt_end();
	}
	axt_context(NULL);
	/* none comes twice */
	axt_sleep_ms(20);
	if (halts)
		EXPECT_STATE(&f->v, BLOCKED);
	EXPECT_EQ(COUNT(f, nmis ? 4 : 1), 100u);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->v.run->counters.injected, 100u);
}

TEST(running_irq, &free_config)
{
	inject_many(f, SYM(count_spin), false);
	EXPECT_GE(COUNT(f, 2), 100u);
}

TEST(running_nmi, &free_config)
{
	inject_many(f, SYM(count_spin), true);
}

TEST(halted_irq, &free_config)
{
	inject_many(f, SYM(count_halt), false);
	EXPECT_EQ(COUNT(f, 3), 100u);
	EXPECT_GE(f->v.run->counters.blocked, 1u);
}

TEST(halted_nmi, &free_config)
{
	inject_many(f, SYM(count_halt), true);
	EXPECT_EQ(COUNT(f, 3), 100u);
}

/* As fast as it goes: every one that was taken is delivered, none else. */
TEST(flood, &free_config)
{
	struct axvcpu_x86_intr intr;
	struct axt_thread thread;
	uint32_t taken = 0;
	uint64_t end;
	int ret;

	start_counting(f, &thread, SYM(count_spin));
	end = axt_now_ms() + 500;
	while (axt_now_ms() < end) {
		ret = axv_inject_irq(&f->v, 32 + taken % 200);
		if (ret != -EAGAIN)
			ASSERT_EQ(ret, 0);
		taken += !ret;
	}
	WAIT_UNTIL(COUNT(f, 1) == taken);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(COUNT(f, 1), taken);
	EXPECT_GE(taken, 10u);
	EXPECT_EQ(f->v.run->counters.injected, taken);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.pending[0] | intr.pending[1] | intr.pending[2] | intr.pending[3], 0u);
}

/* ---- START ---------------------------------------------------------------------------------------- */

/* A vCPU that is not the first waits until it is told where to begin. */
TEST(start, &config)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axvcpu_inject_event e = {
		.kind = AXVCPU_EVENT_START, .flags = AXVCPU_EVENT_HAS_PAYLOAD,
		.payload = SYM(done),
	};
	struct axvcpu_x86_intr intr;
	struct axt_thread thread;
	struct axv_vcpu second;

	ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, 1, &second));
	s.flags = 0;
	ASSERT_OK(axv_setup(&second, &s));
	x86_get_intr(&second, &intr);
	EXPECT_EQ(intr.flags, AXVCPU_X86_INTR_WAIT_START);
	axt_thread_start(&thread, axt_run_once, &second);
	WAIT_STATE(&second, BLOCKED);
	/* nothing else starts it */
	ASSERT_OK(axv_inject_irq(&second, VECTOR));
	ASSERT_OK(axv_inject_nmi(&second));
	axt_sleep_ms(30);
	EXPECT_STATE(&second, BLOCKED);
	EXPECT_EQ(second.run->counters.entries, 0u);

	ASSERT_OK(axv_inject_event(&second, &e));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	/* the NMI that waited finds no IDT: the guest is not at done, but gone */
	EXPECT_EQ(second.run->exit.reason, (uint32_t)AXVCPU_EXIT_SHUTDOWN);
	EXPECT_ERR(EINVAL, axv_inject_event(&second, &e));

	/* again without one: it begins where it was told */
	ASSERT_OK(axv_reset(&second));
	ASSERT_OK(axv_setup(&second, &s));
	axt_thread_start(&thread, axt_run_once, &second);
	WAIT_STATE(&second, BLOCKED);
	ASSERT_OK(axv_inject_event(&second, &e));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(second.run->exit.reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(second.run->exit.pc, SYM(done));
	x86_get_intr(&second, &intr);
	EXPECT_EQ(intr.flags, 0u);

	/* the first one, and those that need not wait, are not to be started */
	EXPECT_ERR(EINVAL, axv_inject_event(&f->v, &e));
	EXPECT_ERR(EINVAL, axv_inject_event(&second, &e));
}

/* ---- interrupted deliveries --------------------------------------------------------------------- */

/* Take pages away from the stage-2, with their contents kept. */
static void evict(struct axt *f, uint64_t gpa)
{
	unsigned char saved[AXT_PAGE];

	memcpy(saved, f->ram + gpa, AXT_PAGE);
	ASSERT_EQ(madvise(f->ram + gpa, AXT_PAGE, MADV_DONTNEED), 0);
	memcpy(f->ram + gpa, saved, AXT_PAGE);
}

/* what brings the event about, and where its frame points */
struct delivery {
	const char *name;
	uint64_t at;
	unsigned int vector;
	uint64_t ip;
	uint32_t error;
	bool injected;
};

static const struct delivery deliveries[] = {
	{ "interrupt", SYM(spin), VECTOR, SYM(spin), 0, true },
	{ "nmi", SYM(spin), 2, SYM(spin), 0, true },
	{ "exception-injected", SYM(spin), 13, SYM(spin), 0x48, true },
	{ "exception", SYM(invalid), 6, SYM(invalid), 0, false },
	{ "exception-error", SYM(bad_segment), 13, SYM(bad_segment), 0x1230, false },
	{ "software-interrupt", SYM(int_80), 0x80, SYM(int_80_after), 0, false },
	{ "breakpoint", SYM(int_3), 3, SYM(int_3_after), 0, false },
};

TEST_ROWS(interrupted, deliveries, ARRAY_SIZE(deliveries), &config)
{
	const struct delivery *d = arg;
	const uint64_t pages[] = {
		GUEST_IDT, GUEST_GDT, GUEST_STACK & ~0xfffull,
		(SYM(traps) + d->vector * TRAP_SIZE) & ~0xfffull,
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;
	unsigned int i, mask;
	uint64_t faults;

	if (d->at == SYM(int_80))
		axt_avoid(AXT_FLAW_EVENT);
	for (mask = 1; mask < 1u << ARRAY_SIZE(pages); mask++) {
		axt_context("pages %x", mask);
		go(f, d->at);
		x86_set_flags(&f->v, FLAG_IF, 0);
		ASSERT_OK(axv_set_gpr(&f->v, RAX, 0x1230));
		if (d->injected && d->vector == VECTOR)
			ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
		else if (d->injected && d->vector == 2)
			ASSERT_OK(axv_inject_nmi(&f->v));
		else if (d->injected)
			ASSERT_OK(axv_inject_exception(&f->v, 13, d->error));
		for (i = 0; i < ARRAY_SIZE(pages); i++)
			if (mask & 1u << i)
				evict(f, pages[i]);
		faults = f->v.run->counters.s2_faults;
		ASSERT_TRAP(&t, &f->v, d->vector, &fr);
		EXPECT_EQ(fr.ip, d->ip);
		EXPECT_EQ(fr.error, d->error);
		EXPECT_EQ(fr.sp, (uint64_t)GUEST_STACK);
		EXPECT_EQ(f->exit->intr_state & AXVCPU_INTR_PENDING, 0u);
		/* or nothing was interrupted */
		EXPECT_GE(f->v.run->counters.s2_faults, faults + 1);
		if (axt_failures() > 10)
			axt_end();
		/* no IRET will come to let the next NMI in */
		x86_get_intr(&f->v, &intr);
		EXPECT_EQ(intr.flags, d->vector == 2 ? AXVCPU_X86_INTR_NMI_MASKED : 0);
		intr.flags = 0;
		ASSERT_OK(x86_set_intr(&f->v, &intr));
	}
}

/* A frame that cannot be written: the event is kept, visible, and comes later. */
TEST(delivery_error, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;

	go(f, SYM(spin));
	x86_set_flags(&f->v, FLAG_IF, 0);
	ASSERT_OK(axv_set_gpr(&f->v, RSP, GUEST_MMIO + 0x800));
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, (uint32_t)AXVCPU_ERROR_DELIVERY);
	EXPECT_EQ(f->exit->pc, SYM(spin));
	/* the hardware's own word on what it was doing: valid, type 0, vector */
	EXPECT_EQ(f->exit->raw[3], 0x80000000u | VECTOR);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.flags, AXVCPU_X86_INTR_REINJECT);
	EXPECT_EQ(intr.reinject, (uint64_t)VECTOR);
	EXPECT_EQ(intr.pending[VECTOR / 64], 0u);
	ASSERT_OK(axv_set_gpr(&f->v, RSP, GUEST_STACK));
	axv_retry(&f->v);
	ASSERT_TRAP(&t, &f->v, VECTOR, &fr);
	EXPECT_EQ(fr.ip, SYM(spin));
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.flags, 0u);
}

/* ---- from fault to fault ------------------------------------------------------------------------- */

static void set_idt_limit(struct axt *f, uint32_t limit)
{
	struct axvcpu_x86_control c;

	x86_get_control(&f->v, &c);
	c.idt.limit = limit;
	ASSERT_OK(x86_set_control(&f->v, &c));
}

/* A contributory exception without a gate is a double fault, and that the end. */
TEST(double_fault, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;

	/* gates up to 12: #GP has none */
	set_idt_limit(f, 13 * 16 - 1);
	go(f, SYM(bad_segment));
	ASSERT_OK(axv_set_gpr(&f->v, RAX, 0x1230));
	ASSERT_TRAP(&t, &f->v, 8, &fr);
	EXPECT_EQ(fr.error, 0u);

	/* and the same where a stage-2 fault cuts the chain in two */
	evict(f, GUEST_IDT);
	go(f, SYM(bad_segment));
	ASSERT_OK(axv_set_gpr(&f->v, RAX, 0x1230));
	ASSERT_TRAP(&t, &f->v, 8, &fr);
	EXPECT_EQ(fr.error, 0u);
}

TEST(triple_fault, &config)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	static const unsigned int vectors[] = { 8, 13, 6, 14 };
	struct x86_frame fr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		axt_context("exception %u", vectors[i]);
		set_idt_limit(f, 0);
		go(f, SYM(spin));
		ASSERT_OK(axv_inject_exception(&f->v, vectors[i], vectors[i] == 6 ? -1 : 0));
		ASSERT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
		ASSERT_OK(axv_reset(&f->v));
		ASSERT_OK(axv_setup(&f->v, &s));
		ASSERT_OK(axv_bind(&f->v));
	}
	x86_traps_load(&t, &f->v);
	ASSERT_OK(axv_inject_nmi(&f->v));
	EXPECT_TRAP(&t, &f->v, 2, &fr);
}

/* Interrupts that end in nothing end the guest as well. */
TEST(triple_fault_irq, &config)
{
	set_idt_limit(f, 0);
	go(f, SYM(spin));
	x86_set_flags(&f->v, FLAG_IF, 0);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	EXPECT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
}
