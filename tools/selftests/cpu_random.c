// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that execute garbage, and a VMM that commits garbage: whatever comes of
 * it for the guest, RUN gives an exit or EINVAL, the host stays silent, and an
 * orderly guest runs on the same vCPU afterwards. The seeds are fixed; the time
 * is bounded by a thread that stops the guest every few milliseconds.
 *
 * rig: arch=x86
 */
#include "common/hostile.h"
#include "common/x86.h"
#include "common/x86_sreg.h"

DECLARE_GUEST(events);
DECLARE_GUEST_SYM(events, done);
DECLARE_GUEST_SYM(events, traps);
DECLARE_GUEST(events32);
DECLARE_GUEST_SYM(events32, traps);
DECLARE_GUEST(events16);
DECLARE_GUEST_SYM(events16, traps);

#define BLOBS		150
#define BLOB		0x8000		/* where garbage goes: behind the handlers */
#define BLOB_SIZE	256
#define MAX_EXITS	40
#define MAX_GUARDED	200		/* not counted among them */

static const struct axt_config config64 = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(events),
};

static const struct axt_config config32 = {
	.start = AXVCPU_X86_START_PROT32,
	GUEST(events32),
};

static const struct axt_config config16 = {
	.start = AXVCPU_X86_START_REAL,
	GUEST(events16),
};

static uint64_t state;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* ---- garbage --------------------------------------------------------------------------- */

/* Opcodes that end in the hypervisor more often than chance would have it. */
static const unsigned char tempting[][3] = {
	{ 0x0f, 0x01 }, { 0x0f, 0x20 }, { 0x0f, 0x22 }, { 0x0f, 0x21 }, { 0x0f, 0x23 },
	{ 0x0f, 0x30 }, { 0x0f, 0x32 }, { 0x0f, 0xa2 }, { 0x0f, 0x06 }, { 0x0f, 0x08 },
	{ 0x0f, 0x09 }, { 0x0f, 0x31 }, { 0x0f, 0x33 }, { 0x0f, 0xc7 }, { 0x0f, 0xae },
	{ 0x0f, 0x00 }, { 0x0f, 0x05 }, { 0x0f, 0x34 }, { 0x0f, 0x0b }, { 0x0f, 0xaa },
	{ 0xf4 }, { 0xe4 }, { 0xe5 }, { 0xe6 }, { 0xe7 }, { 0xec }, { 0xed }, { 0xee }, { 0xef },
	{ 0x6c }, { 0x6d }, { 0x6e }, { 0x6f }, { 0xf3, 0x6c }, { 0xf3, 0x6f }, { 0xcc }, { 0xcd },
	{ 0xce }, { 0xcf }, { 0xf1 }, { 0xfa }, { 0xfb }, { 0x9c }, { 0x9d }, { 0x8e }, { 0xfd },
	{ 0xa3 }, { 0xc7 }, { 0x0f, 0xb1 }, { 0xf3, 0xa5 }, { 0xf3, 0xab }, { 0xff }, { 0x8f },
};

static void make_blob(unsigned char *p)
{
	unsigned int i, n;
	uint64_t r;

	for (i = 0; i < BLOB_SIZE; i++) {
		r = random64();
		p[i] = r;
		if ((r >> 8) % 4 || i + 3 > BLOB_SIZE)
			continue;
		n = (r >> 16) % ARRAY_SIZE(tempting);
		memcpy(p + i, tempting[n], tempting[n][1] ? 2 : 1);
		i += tempting[n][1] ? 1 : 0;
	}
}

/* Start anew, with registers that point to memory, to a hole, and nowhere. */
static void start_blob(struct axt *f, const struct x86_traps *t, bool code16)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axvcpu_x86_control c;
	uint64_t limit = f->config->start == AXVCPU_X86_START_REAL ? 0xffff : ~0u;
	unsigned int i;

	s.entry = BLOB;
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	x86_traps_load(t, &f->v);
	x86_get_control(&f->v, &c);
	c.seg[AXVCPU_X86_TR].attr = X86_TR_ATTR;
	if (code16) {
		c.seg[AXVCPU_X86_CS].attr = 0x9b;
		c.seg[AXVCPU_X86_CS].limit = 0xffff;
	}
	ASSERT_OK(x86_set_control(&f->v, &c));
	for (i = 0; i < 16; i++) {
		uint64_t r = random64(), val = r;

		if (r % 4 == 0)
			val = GUEST_DATA + (r >> 8) % 0x10000;
		else if (r % 4 == 1)
			val = GUEST_MMIO + (r >> 8) % 0x2000;
		if (i != RSP)
			ASSERT_OK(axv_set_gpr(&f->v, i, val & limit));
	}
}

/* Some answer to the exit; false when the blob is over. */
static bool answer(struct axt *f, const struct x86_traps *t)
{
	struct x86_frame fr;
	uint64_t r = random64();

	switch (f->exit->reason) {
	case AXVCPU_EXIT_STOPPED:
	case AXVCPU_EXIT_SHUTDOWN:
	case AXVCPU_EXIT_FAIL_ENTRY:
		return false;
	case AXVCPU_EXIT_HYPERCALL:
		if (t->bits != 16 && x86_trapped(t, &f->v, &fr))
			return false;
		break;
	}
	if (axv_allowed(&f->v, AXVCPU_CMD_FULFIL) && r % 8) {
		axv_fulfil(&f->v, r);
		return true;
	}
	if (axv_allowed(&f->v, AXVCPU_CMD_SKIP)) {
		axv_skip(&f->v);
		return true;
	}
	if (axv_allowed(&f->v, AXVCPU_CMD_FAULT)) {
		axv_fault(&f->v);
		return r % 8;
	}
	return false;
}

static void run_garbage(struct axt *f, uint64_t seed, uint64_t traps, bool code16)
{
	static const struct axvcpu_filter_range msrs[] = {
		{ 0x40000000, 0x400000ff, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT },
	};
	struct x86_traps t = x86_traps_init(f, traps);
	unsigned int reasons[AXVCPU_EXIT_NR] = { }, i, n, guarded, kinds = 0;
	struct stopper clock;
	int ret;

	/* no way to other rings: an emulated CPU is easily lost there */
	memset(f->ram + GUEST_GDT + 0x28, 0, 16);
	ASSERT_OK(axv_set_msr_filter(f->vm, msrs, 1));
	stopper_start(&clock, &f->v, 3);
	state = seed;
	for (i = 0; i < BLOBS; i++) {
		axt_context("blob %u of seed %llx", i, (unsigned long long)seed);
		memset(f->ram + GUEST_DATA, i, 0x20000);
		make_blob(f->ram + BLOB);
		x86_sreg_guard(f);
		start_blob(f, &t, code16);
		/* an answer that was not given any more, and stops of before */
		f->v.run->stop = 0;
		f->v.run->entry.command = AXVCPU_CMD_NONE;
		f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
		for (n = 0, guarded = 0; n < MAX_EXITS; n++) {
			do {
				ret = axv_run(&f->v);
				ASSERT_EQ(ret, 0);
			} while (x86_sreg_exit(f) && guarded++ < MAX_GUARDED);
			ASSERT_TRUE(f->exit->reason > 0 && f->exit->reason < AXVCPU_EXIT_NR);
			reasons[f->exit->reason]++;
			if (!answer(f, &t))
				break;
		}
	}
	axt_context(NULL);
	stopper_stop(&clock);
	for (i = 0; i < AXVCPU_EXIT_NR; i++) {
		if (reasons[i])
			axt_diag("%5u %s", reasons[i], axv_exit_name(i));
		kinds += !!reasons[i];
	}
	/* or it was no garbage worth the name */
	EXPECT_GE(kinds, 3u);
}

/* The vCPU and the host are as good as new. */
static void expect_orderly(struct axt *f)
{
	struct axt other;
	struct axvcpu_setup s;

	axt_open(&other, &config64);
	s = axt_setup_args(other.s2, other.config);
	s.entry = GUEST_SYM(events, done);
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	f->v.run->stop = 0;
	f->v.run->entry.flags = 0;
	f->v.run->entry.command = AXVCPU_CMD_NONE;
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, GUEST_SYM(events, done));
}

TEST(code_64, &config64)
{
	axt_avoid(AXT_FLAW_SPIN);
	run_garbage(f, 0x6464646464646464ull, GUEST_SYM(events, traps), false);
	expect_orderly(f);
}

TEST(code_32, &config32)
{
	axt_avoid(AXT_FLAW_SPIN);
	run_garbage(f, 0x3232323232323232ull, GUEST_SYM(events32, traps), false);
	expect_orderly(f);
}

/* 16-bit code in protected mode, and in real mode. */
TEST(code_16, &config32)
{
	axt_avoid(AXT_FLAW_SPIN);
	run_garbage(f, 0x1616161616161616ull, GUEST_SYM(events32, traps), true);
	expect_orderly(f);
}

TEST(code_real, &config16)
{
	axt_avoid(AXT_FLAW_SPIN);
	run_garbage(f, 0x7777777777777777ull, GUEST_SYM(events16, traps), false);
	expect_orderly(f);
}

/* ---- a VMM that commits anything --------------------------------------------------------- */

/* Flip some bits of the register groups. */
static void flip(struct axt *f)
{
	unsigned char *regs = (void *)f->regs, *fp = f->v.fp;
	unsigned int i, n = 1 + random64() % 4;
	size_t at, segments = offsetof(struct axvcpu_x86_regs, control.seg);

	for (i = 0; i < n; i++) {
		if (random64() % 5 == 0) {
			at = random64() % f->v.fp_size;
			fp[at] ^= 1u << random64() % 8;
			continue;
		}
		at = random64() % sizeof(struct axvcpu_x86_regs);
		/* segments of other rings are more than an emulated CPU survives */
		if (x86_emulated() && at >= segments &&
		    at < segments + sizeof(((struct axvcpu_x86_control *)0)->seg))
			continue;
		regs[at] ^= 1u << random64() % 8;
	}
}

TEST(commits, &config64)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(events, traps));
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	unsigned int i, refused = 0, ran = 0, failed = 0;
	struct stopper clock;
	int ret;

	axt_avoid(AXT_FLAW_STEP);
	s.entry = GUEST_SYM(events, done);
	stopper_start(&clock, &f->v, 3);
	state = 0x5eed5eed5eed5eedull;
	for (i = 0; i < 600; i++) {
		axt_context("commit %u", i);
		ASSERT_OK(axv_reset(&f->v));
		ASSERT_OK(axv_setup(&f->v, &s));
		ASSERT_OK(axv_bind(&f->v));
		x86_traps_load(&t, &f->v);
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
		flip(f);
		f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
		f->v.run->entry.wanted = random64() & AXVCPU_REGS_ALL;
		f->v.run->entry.commit = AXVCPU_REGS_ALL;
		ret = axv_run(&f->v);
		if (ret == -EINVAL) {
			refused++;
			f->v.run->entry.commit = 0;
			continue;
		}
		ASSERT_EQ(ret, 0);
		ran++;
		failed += f->exit->reason == AXVCPU_EXIT_FAIL_ENTRY;
	}
	axt_context(NULL);
	stopper_stop(&clock);
	axt_diag("%u refused, %u run, %u of these refused by the CPU", refused, ran, failed);
	EXPECT_GE(refused, 50u);
	EXPECT_GE(ran, 50u);
	expect_orderly(f);
}

static bool over;

/* The whole page rewritten by another thread while RUN reads it. */
static long scribbler(void *arg)
{
	struct axv_vcpu *v = arg;
	volatile uint64_t *page = (volatile uint64_t *)v->run;
	uint64_t r = 0x12345;

	while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
		r = r * 6364136223846793005ull + 1442695040888963407ull;
		/* but for the entry half's command, flags and commit: that is for RUN */
		if ((r >> 40) % 512 < 0x100 / 8 || (r >> 40) % 512 >= 0x140 / 8)
			page[(r >> 40) % 512] = r;
	}
	return 0;
}

TEST(hostile_page, &config64)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axt_thread thread;
	unsigned int i, ran = 0;
	int ret;

	s.entry = GUEST_SYM(events, done);
	axt_thread_start(&thread, scribbler, &f->v);
	for (i = 0; i < 400; i++) {
		axt_context("run %u", i);
		ASSERT_OK(axv_reset(&f->v));
		ASSERT_OK(axv_setup(&f->v, &s));
		ASSERT_OK(axv_bind(&f->v));
		f->v.run->entry.wanted = AXVCPU_REGS_ALL;
		f->v.run->entry.commit = i & 1 ? AXVCPU_REGS_ALL : 0;
		f->v.run->entry.command = 0;
		f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
		ret = axv_run(&f->v);
		ASSERT_TRUE(ret == 0 || ret == -EINVAL);
		ran += !ret;
	}
	axt_context(NULL);
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	axt_thread_join(&thread);
	EXPECT_GE(ran, 100u);
	f->v.run->entry.commit = 0;
	f->v.run->entry.wanted = 0;
	expect_orderly(f);
}
