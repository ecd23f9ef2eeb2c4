// SPDX-License-Identifier: GPL-2.0-only
/*
 * INJECT_INTERRUPT, INJECT_EVENT and the interrupts group: what they take, what
 * the guest gets, in which order. When it gets it is event_timing.c's. For RISC-V:
 * riscv_events.c.
 *
 * rig: arch=x86
 */
#include "common/x86.h"

DECLARE_GUEST(events);
DECLARE_GUEST_SYM(events, spin);
DECLARE_GUEST_SYM(events, traps);
DECLARE_GUEST(events32);
DECLARE_GUEST_SYM(events32, spin);
DECLARE_GUEST_SYM(events32, traps);
DECLARE_GUEST(events16);
DECLARE_GUEST_SYM(events16, spin);
DECLARE_GUEST_SYM(events16, halt_loop);
DECLARE_GUEST_SYM(events16, halt_after);
DECLARE_GUEST_SYM(events16, int_21);
DECLARE_GUEST_SYM(events16, int_21_after);
DECLARE_GUEST_SYM(events16, invalid);
DECLARE_GUEST_SYM(events16, traps);

#define SPIN	GUEST_SYM(events, spin)

static const struct axt_config config64 = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(events),
	.entry = GUEST_SYM(events, spin),
};

static const struct axt_config config32 = {
	.start = AXVCPU_X86_START_PROT32,
	GUEST(events32),
	.entry = GUEST_SYM(events32, spin),
};

static const struct axt_config config16 = {
	.start = AXVCPU_X86_START_REAL,
	GUEST(events16),
	.entry = GUEST_SYM(events16, spin),
};

/* Vectors whose exception pushes an error code. */
static bool has_error(unsigned int vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 ||
	       vector == 21 || vector == 29 || vector == 30;
}

static int inject(struct axt *f, uint32_t kind, uint32_t vector, uint32_t flags,
		  uint32_t error, uint64_t payload)
{
	const struct axvcpu_inject_event e = {
		.kind = kind, .vector = vector, .flags = flags,
		.error_code = error, .payload = payload,
	};

	return axv_inject_event(&f->v, &e);
}

/* ---- external interrupts ------------------------------------------------------- */

static void each_vector(struct axt *f, struct x86_traps *t, uint64_t spin)
{
	struct x86_frame fr;
	unsigned int i;

	for (i = 1; i < 256; i++) {
		axt_context("vector %u", i);
		axt_goto(&f->v, spin, GUEST_STACK);
		x86_set_flags(&f->v, FLAG_IF, 0);
		ASSERT_OK(axv_inject_irq(&f->v, i));
		EXPECT_ERR(EAGAIN, axv_inject_irq(&f->v, i));
		ASSERT_TRAP(t, &f->v, i, &fr);
		/* as an interrupt, none pushes an error code */
		if (t->bits != 16 && has_error(i)) {
			EXPECT_EQ(fr.error, spin);
		} else {
			EXPECT_EQ(fr.ip, spin);
			EXPECT_EQ(fr.flags & FLAG_IF, FLAG_IF);
			EXPECT_EQ(fr.cs, t->bits == 16 ? 0u : (uint64_t)GUEST_CS);
		}
		/* in the handler interrupts are off */
		EXPECT_EQ(flags_of(&f->v) & FLAG_IF, 0u);
		/* it is gone from the queue */
		EXPECT_EQ(f->exit->intr_state & AXVCPU_INTR_PENDING, 0u);
	}
	axt_context(NULL);
	EXPECT_EQ(f->v.run->counters.injected, 255u);
}

TEST(each_vector_64, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));

	each_vector(f, &t, SPIN);
}

TEST(each_vector_32, &config32)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events32, traps));

	each_vector(f, &t, GUEST_SYM(events32, spin));
}

TEST(each_vector_16, &config16)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events16, traps));

	each_vector(f, &t, GUEST_SYM(events16, spin));
}

TEST(bad_vectors, &config64)
{
	struct axvcpu_x86_intr before, after;

	x86_get_intr(&f->v, &before);
	EXPECT_ERR(EINVAL, axv_inject_irq(&f->v, 0));
	EXPECT_ERR(EINVAL, axv_inject_irq(&f->v, 256));
	EXPECT_ERR(EINVAL, axv_inject_irq(&f->v, 0xffffffff));
	x86_get_intr(&f->v, &after);
	EXPECT_TRUE(!memcmp(&before, &after, sizeof(before)));
}

/* All of them at once: the highest first, none lost, none twice. */
TEST(all_vectors, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;
	unsigned int i;

	for (i = 255; i >= 16; i--)
		ASSERT_OK(axv_inject_irq(&f->v, i));
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.pending[0], ~0xffffull);
	EXPECT_EQ(intr.pending[1], ~0ull);
	EXPECT_EQ(intr.pending[3], ~0ull);
	x86_set_flags(&f->v, FLAG_IF, 0);
	for (i = 255; i >= 32; i--) {
		axt_context("vector %u", i);
		ASSERT_TRAP(&t, &f->v, i, &fr);
		EXPECT_EQ(fr.ip, SPIN);
		axv_skip(&f->v);
	}
	axt_context(NULL);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.pending[0], 0xffff0000ull);
	EXPECT_EQ(intr.pending[1] | intr.pending[2] | intr.pending[3], 0u);
}

/* ---- exceptions ------------------------------------------------------------------- */

TEST(each_exception, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct x86_frame fr;
	uint32_t error;
	unsigned int i;

	for (i = 0; i < 31; i++) {
		/* 9, 15, 22 to 28: there are none; of the others above 17 but
		 * for 18 and 19 an emulated CPU may not know the error code
		 */
		if (i == 2 || i == 9 || i == 15 || i >= 20)
			continue;
		axt_context("exception %u", i);
		error = has_error(i) ? 0x1230 + 8 * i : 0;
		/* they do not ask for IF */
		axt_goto(&f->v, SPIN, GUEST_STACK);
		x86_set_flags(&f->v, i & 1 ? FLAG_IF : 0, i & 1 ? 0 : FLAG_IF);
		ASSERT_OK(axv_inject_exception(&f->v, i, has_error(i) ? (int64_t)error : -1));
		EXPECT_ERR(EAGAIN, axv_inject_exception(&f->v, 6, -1));
		ASSERT_TRAP(&t, &f->v, i, &fr);
		EXPECT_EQ(fr.ip, SPIN);
		EXPECT_EQ(fr.error, error);
		EXPECT_EQ(fr.cs, (uint64_t)GUEST_CS);
		EXPECT_EQ(fr.sp, (uint64_t)GUEST_STACK);
		EXPECT_EQ(fr.flags & FLAG_IF, i & 1 ? (uint64_t)FLAG_IF : 0);
	}
}

/* In real mode no exception pushes anything but a return address. */
TEST(exceptions_16, &config16)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events16, traps));
	static const unsigned int vectors[] = { 0, 6, 8, 12, 13 };
	struct x86_frame fr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		axt_context("exception %u", vectors[i]);
		axt_goto(&f->v, GUEST_SYM(events16, spin), GUEST_STACK);
		ASSERT_OK(axv_inject_exception(&f->v, vectors[i],
					       has_error(vectors[i]) ? 0x10 : -1));
		ASSERT_TRAP(&t, &f->v, vectors[i], &fr);
		EXPECT_EQ(fr.ip, GUEST_SYM(events16, spin));
		EXPECT_EQ(reg(&f->v, RSP), GUEST_STACK - 6u);
	}
}

TEST(payloads, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct axvcpu_x86_control c;
	struct axvcpu_x86_debug d;
	struct x86_frame fr;

	x86_get_control(&f->v, &c);
	c.cr2 = 0x1111;
	ASSERT_OK(x86_set_control(&f->v, &c));
	ASSERT_OK(inject(f, AXVCPU_EVENT_EXCEPTION, 14,
			 AXVCPU_EVENT_HAS_ERROR | AXVCPU_EVENT_HAS_PAYLOAD, 3,
			 0xffff800012345678ull));
	/* CR2 changes when the exception is delivered, not before */
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0x1111u);
	ASSERT_TRAP(&t, &f->v, 14, &fr);
	EXPECT_EQ(fr.error, 3u);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0xffff800012345678ull);

	/* without a payload it stays */
	axt_goto(&f->v, SPIN, GUEST_STACK);
	ASSERT_OK(axv_inject_exception(&f->v, 14, 0));
	ASSERT_TRAP(&t, &f->v, 14, &fr);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0xffff800012345678ull);

	axt_goto(&f->v, SPIN, GUEST_STACK);
	ASSERT_OK(inject(f, AXVCPU_EVENT_EXCEPTION, 1, AXVCPU_EVENT_HAS_PAYLOAD, 0, 0x4002));
	ASSERT_TRAP(&t, &f->v, 1, &fr);
	x86_get_debug(&f->v, &d);
	EXPECT_EQ(d.dr6 & 0xe00f, 0x4002u);
}

struct bad_event {
	uint32_t kind, vector, flags, error;
	uint64_t payload;
};

TEST(bad_events, &config64)
{
	static const struct bad_event rows[] = {
		{ AXVCPU_EVENT_EXCEPTION, 2, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 32, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 0xffffffff, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 6, AXVCPU_EVENT_HAS_ERROR, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 13, 0, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 14, AXVCPU_EVENT_HAS_PAYLOAD, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 6, 0, 5, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 14, AXVCPU_EVENT_HAS_ERROR, 0, 0x1000 },
		{ AXVCPU_EVENT_EXCEPTION, 6, AXVCPU_EVENT_HAS_PAYLOAD, 0, 0 },
		{ AXVCPU_EVENT_EXCEPTION, 6, 4, 0, 0 },
		{ AXVCPU_EVENT_NMI, 0, AXVCPU_EVENT_HAS_ERROR, 0, 0 },
		{ AXVCPU_EVENT_NMI, 0, 0, 1, 0 },
		{ AXVCPU_EVENT_NMI, 0, 0, 0, 1 },
		/* nobody waits for it */
		{ AXVCPU_EVENT_START, 0, AXVCPU_EVENT_HAS_PAYLOAD, 0, 0x1000 },
		{ 3, 0, 0, 0, 0 },
		{ 0xffffffff, 0, 0, 0, 0 },
	};
	struct axvcpu_x86_intr before, after;
	unsigned int i;

	x86_get_intr(&f->v, &before);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		EXPECT_ERR(EINVAL, inject(f, rows[i].kind, rows[i].vector, rows[i].flags,
					  rows[i].error, rows[i].payload));
	}
	x86_get_intr(&f->v, &after);
	EXPECT_TRUE(!memcmp(&before, &after, sizeof(before)));
}

/* An exception the CPU has no vector for: the hardware refuses to enter. */
TEST(refused_exception, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;

	ASSERT_OK(axv_inject_exception(&f->v, 31, -1));
	ASSERT_OK(axv_run(&f->v));
	if (x86_trapped(&t, &f->v, &fr))
		axt_skip("this CPU delivers exception 31");
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_FAIL_ENTRY);
	EXPECT_EQ(f->exit->raw[0], HW_EXIT_REFUSED);
	EXPECT_EQ(f->exit->fail_entry.hardware_reason, HW_EXIT_REFUSED);
	EXPECT_EQ(f->exit->pc, SPIN);
	/* with the event taken back the guest runs */
	x86_get_intr(&f->v, &intr);
	memset(&intr, 0, sizeof(intr));
	ASSERT_OK(x86_set_intr(&f->v, &intr));
	ASSERT_OK(axv_inject_nmi(&f->v));
	EXPECT_TRAP(&t, &f->v, 2, &fr);
}

/* ---- NMIs --------------------------------------------------------------------------- */

TEST(nmi_queue, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;

	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_OK(axv_inject_nmi(&f->v));
	EXPECT_ERR(EAGAIN, axv_inject_nmi(&f->v));
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.nmis, 2u);
	/* IF is no matter */
	ASSERT_TRAP(&t, &f->v, 2, &fr);
	EXPECT_EQ(fr.ip, SPIN);
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_NMI_MASKED);
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_PENDING);
	x86_get_intr(&f->v, &intr);
	EXPECT_EQ(intr.nmis, 1u);
	EXPECT_EQ(intr.flags, AXVCPU_X86_INTR_NMI_MASKED);
	/* one is room for one more */
	ASSERT_OK(axv_inject_nmi(&f->v));
	EXPECT_ERR(EAGAIN, axv_inject_nmi(&f->v));
}

TEST(nmi_16, &config16)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events16, traps));
	struct x86_frame fr;

	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_TRAP(&t, &f->v, 2, &fr);
	EXPECT_EQ(fr.ip, GUEST_SYM(events16, spin));
	axv_skip(&f->v);
	/* the second one waits for the IRET */
	ASSERT_TRAP(&t, &f->v, 2, &fr);
	EXPECT_EQ(fr.ip, GUEST_SYM(events16, spin));
}

/* ---- real mode ------------------------------------------------------------------------- */

/* A software interrupt and a fault, by the CPU alone. */
TEST(real_mode_int, &config16)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events16, traps));
	struct x86_frame fr;

	axt_avoid(AXT_FLAW_EVENT);
	axt_goto(&f->v, GUEST_SYM(events16, int_21), GUEST_STACK);
	ASSERT_TRAP(&t, &f->v, 0x21, &fr);
	EXPECT_EQ(fr.ip, GUEST_SYM(events16, int_21_after));
}

TEST(real_mode, &config16)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events16, traps));
	struct x86_frame fr;

	axt_goto(&f->v, GUEST_SYM(events16, invalid), GUEST_STACK);
	ASSERT_TRAP(&t, &f->v, 6, &fr);
	EXPECT_EQ(fr.ip, GUEST_SYM(events16, invalid));

	/* out of a halt */
	ASSERT_OK(axv_inject_irq(&f->v, 8));
	axt_goto(&f->v, GUEST_SYM(events16, halt_loop), GUEST_STACK);
	ASSERT_TRAP(&t, &f->v, 8, &fr);
	EXPECT_TRUE(fr.ip == GUEST_SYM(events16, halt_after));
	EXPECT_EQ(fr.cs, 0u);
	EXPECT_EQ(fr.flags & FLAG_IF, FLAG_IF);
}

/* ---- the interrupts group ------------------------------------------------------------------ */

static void spoil_intr(struct axvcpu_x86_intr *i, unsigned int nr)
{
	switch (nr) {
	case 0:
		i->pending[0] |= 1;	/* vector 0 */
		break;
	case 1:
		i->flags |= 1u << 8;
		break;
	case 2:
		i->flags |= 1u << 31;
		break;
	case 3:
		i->nmis = 3;
		break;
	case 4:
		i->exc_vector = 6;	/* without the flag */
		break;
	case 5:
		i->flags |= AXVCPU_X86_INTR_EXCEPTION;
		i->exc_vector = 2;
		break;
	case 6:
		i->flags |= AXVCPU_X86_INTR_EXCEPTION;
		i->exc_vector = 32;
		break;
	case 7:
		i->flags |= AXVCPU_X86_INTR_EXCEPTION;
		i->exc_vector = 13;	/* without its error code */
		break;
	case 8:
		i->flags |= AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_EXC_ERROR;
		i->exc_vector = 6;
		break;
	case 9:
		i->exc_error = 1;
		break;
	case 10:
		i->exc_payload = 1;
		break;
	case 11:
		i->reinject = 0x20;	/* without the flag */
		break;
	case 12:
		i->flags |= AXVCPU_X86_INTR_REINJECT;
		i->reinject = 0x120;	/* there is no type 1 */
		break;
	case 13:
		i->flags |= AXVCPU_X86_INTR_REINJECT;
		i->reinject = 0x520;	/* nor type 5 */
		break;
	case 14:
		i->flags |= AXVCPU_X86_INTR_REINJECT;
		i->reinject = 0x322;	/* exception 34 */
		break;
	case 15:
		i->flags |= AXVCPU_X86_INTR_REINJECT;
		i->reinject = 0xb06;	/* #UD with an error code */
		break;
	case 16:
		i->flags |= AXVCPU_X86_INTR_REINJECT;
		i->reinject = 0x1000 | 0x20;
		break;
	case 17:
		i->reinject_len = 2;
		break;
	case 18:
		i->flags |= AXVCPU_X86_INTR_REINJECT;
		i->reinject = 0x480;
		i->reinject_len = 16;
		break;
	case 19:
		i->reserved[4] = 1;
		break;
	}
}

TEST(bad_groups, &config64)
{
	struct axvcpu_x86_intr good, bad, after;
	unsigned int nr;

	ASSERT_OK(axv_inject_irq(&f->v, 0x55));
	x86_get_intr(&f->v, &good);
	for (nr = 0; nr < 20; nr++) {
		axt_context("row %u", nr);
		bad = good;
		spoil_intr(&bad, nr);
		EXPECT_ERR(EINVAL, x86_set_intr(&f->v, &bad));
		x86_get_intr(&f->v, &after);
		EXPECT_TRUE(!memcmp(&good, &after, sizeof(good)));
	}
}

/* What was interrupted comes first of all, and once. */
TEST(reinject, &config64)
{
	static const struct {
		uint64_t event;
		unsigned int vector;
		uint32_t error;
	} rows[] = {
		{ 0x0e0, 0xe0, 0 },			/* interrupt, whatever IF says */
		{ 0x202, 2, 0 },			/* NMI */
		{ 0x306, 6, 0 },			/* #UD */
		{ 0xb0dull | 0x123ull << 32, 13, 0x123 },/* #GP with its error code */
	};
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct axvcpu_x86_intr intr;
	struct x86_frame fr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("row %u", i);
		axt_goto(&f->v, SPIN, GUEST_STACK);
		x86_get_intr(&f->v, &intr);
		memset(&intr, 0, sizeof(intr));
		intr.flags = AXVCPU_X86_INTR_REINJECT;
		intr.reinject = rows[i].event;
		ASSERT_OK(x86_set_intr(&f->v, &intr));
		x86_get_intr(&f->v, &intr);
		EXPECT_EQ(intr.flags, AXVCPU_X86_INTR_REINJECT);
		EXPECT_EQ(intr.reinject, rows[i].event);
		ASSERT_TRAP(&t, &f->v, rows[i].vector, &fr);
		EXPECT_EQ(fr.ip, SPIN);
		EXPECT_EQ(fr.error, rows[i].error);
		x86_get_intr(&f->v, &intr);
		EXPECT_EQ(intr.flags & AXVCPU_X86_INTR_REINJECT, 0u);
	}
}
