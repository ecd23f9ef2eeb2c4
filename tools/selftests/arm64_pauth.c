// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of pointer authentication: a guest signs with its own and with nobody else's, what
 * it signed before an exit it finds good after it, and the threads of the host keep theirs,
 * which are in the same registers.
 *
 * rig: arch=arm64 smp=2 machine=max
 */
#include <sys/auxv.h>
#include <unistd.h>

#include "common/hostile.h"
#include "common/random.h"
#include "common/traps.h"

DECLARE_GUEST(pauth);
#define LABEL(name)	DECLARE_GUEST_SYM(pauth, name)
LABEL(traps);
LABEL(sign);
LABEL(check);
LABEL(spin);

#define SYM(label)	GUEST_SYM(pauth, label)
#define V		(&f->v)

#define SCTLR_ENDB	(1ull << 13)
#define SCTLR_ENDA	(1ull << 27)
#define SCTLR_ENIB	(1ull << 30)
#define SCTLR_ENIA	(1ull << 31)
#define SCTLR_KEYS	(SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB)

#define HWCAPS		(1ul << 30 | 1ul << 31)	/* PACA and PACG */
#define TRAP_FPAC	0x1c
#define SEED		0x5eed9ac0

/* addresses that are signed; bit 55 and all above it are alike */
#define POINTER		0x0000001234567890ull
#define MODIFIER	0x0123456789abcdefull

static const struct axt_config config = { .start = AXT_START_PAGED, GUEST(pauth) };

/* What each key makes of a pointer: IA, IB, DA, DB, GA. */
#define KEYS	5
struct signs {
	uint64_t of[KEYS];
};

static void need_keys(struct axt *f)
{
	if (f->dev.info.arch_features & AXVCPU_ARM64_FEAT_PAUTH)
		return;
	if (getauxval(AT_HWCAP) & HWCAPS)
		axt_fail(__FILE__, __LINE__, "the host has pointer authentication, guests have not");
	axt_skip("the CPU has no pointer authentication");
}

/* ---- the guest's ------------------------------------------------------------------------ */

/* Keys that differ with @seed; @enable: bits of SCTLR_KEYS. */
static void set_keys(const struct axv_vcpu *v, unsigned int seed, uint64_t enable)
{
	volatile struct axvcpu_arm64_control *c = &v->run->regs.arm64.control;
	struct rnd r = rnd_at(SEED, seed, 0);
	unsigned int i;

	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	c->sctlr = AXT_SCTLR | enable;
	for (i = 0; i < 2; i++) {
		c->apia[i] = rnd(&r);
		c->apib[i] = rnd(&r);
		c->apda[i] = rnd(&r);
		c->apdb[i] = rnd(&r);
		c->apga[i] = rnd(&r);
	}
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

static void go(struct axv_vcpu *v, uint64_t at)
{
	axt_goto(v, at, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(v, 0, POINTER));
	ASSERT_OK(axv_set_gpr(v, 1, MODIFIER));
	want(v, AXVCPU_REGS_GPR);
}

static struct signs guest_signs(struct axv_vcpu *v)
{
	struct signs s;
	unsigned int i;

	go(v, SYM(sign));
	ASSERT_OK(axv_run(v));
	ASSERT_EQ(v->run->exit.reason, AXVCPU_EXIT_HYPERCALL);
	for (i = 0; i < KEYS; i++)
		s.of[i] = axt_gpr(v->run, 2 + i);
	return s;
}

static void expect_same(const struct signs *a, const struct signs *b)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		EXPECT_EQ(a->of[i], b->of[i]);
}

static void expect_other(const struct signs *a, const struct signs *b)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		EXPECT_NE(a->of[i], b->of[i]);
}

/* Each key counts, and its enable bit. */
TEST(enable, &config)
{
	static const uint64_t bits[] = { SCTLR_ENIA, SCTLR_ENIB, SCTLR_ENDA, SCTLR_ENDB };
	struct signs s, all;
	unsigned int i, n;

	need_keys(f);
	set_keys(V, 1, SCTLR_KEYS);
	all = guest_signs(V);
	for (i = 0; i < KEYS; i++) {
		EXPECT_NE(all.of[i], POINTER);
		for (n = 0; n < i; n++)
			EXPECT_NE(all.of[i], all.of[n]);
	}
	for (n = 0; n < ARRAY_SIZE(bits); n++) {
		axt_context("key %u", n);
		set_keys(V, 1, bits[n]);
		s = guest_signs(V);
		for (i = 0; i < ARRAY_SIZE(bits); i++)
			EXPECT_EQ(s.of[i], i == n ? all.of[i] : POINTER);
		EXPECT_EQ(s.of[4], all.of[4]);
	}
}

/* What was signed is good after exits, and with other keys it is not. */
TEST(check, &config)
{
	traps_t t = TRAPS_INIT(f, pauth);
	struct signs s;
	struct trap p;
	unsigned int i;

	need_keys(f);
	set_keys(V, 1, SCTLR_KEYS);
	s = guest_signs(V);
	go(V, SYM(check));
	for (i = 0; i < 4; i++)
		ASSERT_OK(axv_set_gpr(V, 2 + i, s.of[i]));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(axt_gpr(V->run, 2 + i), POINTER);

	/* Another key: an address that there cannot be, or the exception of FEAT_FPAC. */
	set_keys(V, 2, SCTLR_KEYS);
	go(V, SYM(check));
	for (i = 0; i < 4; i++)
		ASSERT_OK(axv_set_gpr(V, 2 + i, s.of[i]));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	if (trapped(&t, V, &p)) {
		EXPECT_EQ(p.what, (unsigned int)TRAP_FPAC);
		EXPECT_EQ(p.pc, SYM(check));
		axt_diag("refused by an exception");
		return;
	}
	for (i = 0; i < 4; i++)
		EXPECT_NE(axt_gpr(V->run, 2 + i), POINTER);
}

/* Two guests' vCPUs take turns on a CPU. */
TEST(taking_turns, &config)
{
	struct signs first[2], s;
	struct axv_vcpu v[2];
	unsigned int i, n;

	need_keys(f);
	v[0] = f->v;
	axt_add_vcpu(f, 1, &config, &v[1]);
	for (n = 0; n < 2; n++) {
		set_keys(&v[n], n, SCTLR_KEYS);
		first[n] = guest_signs(&v[n]);
	}
	expect_other(&first[0], &first[1]);
	for (i = 0; i < 50; i++) {
		axt_context("turn %u", i);
		s = guest_signs(&v[i % 2]);
		expect_same(&s, &first[i % 2]);
	}
	/* the keys are all that makes the difference */
	set_keys(&v[1], 0, SCTLR_KEYS);
	s = guest_signs(&v[1]);
	expect_same(&s, &first[0]);
}

/* ---- the host's --------------------------------------------------------------------------- */

static struct signs host_signs(void)
{
	struct signs s;
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		s.of[i] = POINTER;
	asm volatile(".arch_extension pauth\n\t"
		     "pacia %0, %5\n\t"
		     "pacib %1, %5\n\t"
		     "pacda %2, %5\n\t"
		     "pacdb %3, %5\n\t"
		     "pacga %4, %4, %5\n\t"
		     ".arch_extension nopauth"
		     : "+r" (s.of[0]), "+r" (s.of[1]), "+r" (s.of[2]), "+r" (s.of[3]),
		       "+r" (s.of[4])
		     : "r" (MODIFIER));
	return s;
}

struct signer {
	struct axt_thread thread;
	bool over;
	unsigned long rounds;
};

/* A thread of the host beside the vCPU, which finds its own signatures all the time. */
static long keep_signing(void *arg)
{
	struct signs first = host_signs(), s;
	struct signer *k = arg;

	while (!__atomic_load_n(&k->over, __ATOMIC_SEQ_CST) && !axt_failures()) {
		s = host_signs();
		expect_same(&s, &first);
		k->rounds++;
		if (k->rounds % 64 == 0)
			axt_sleep_ms(1);
	}
	return 0;
}

/* The guest runs through exits, interrupts and stops: its keys stay, and the host's. */
TEST(beside_the_host, &config)
{
	uint64_t end = axt_now_ms() + 2000;
	unsigned int i, exits = 0, stops = 0;
	struct signs mine, guest, s;
	struct signer k[2] = { };
	struct stopper stopper;

	need_keys(f);
	mine = host_signs();
	set_keys(V, 3, SCTLR_KEYS);
	guest = guest_signs(V);
	expect_other(&mine, &guest);
	for (i = 0; i < 2; i++)
		axt_thread_start(&k[i].thread, keep_signing, &k[i]);
	go(V, SYM(spin));
	for (i = 0; i < KEYS; i++)
		ASSERT_OK(axv_set_gpr(V, 20 + i, guest.of[i]));
	stopper_start(&stopper, V, 3);
	while ((exits < 100 || stops < 20 || axt_now_ms() < end) && !axt_failures()) {
		ASSERT_OK(axv_run(V));
		s = host_signs();
		expect_same(&s, &mine);
		if (f->exit->reason == AXVCPU_EXIT_STOPPED) {
			stops++;
			continue;
		}
		/* or it has found another signature */
		if (!EXPECT_EQ(f->exit->reason, AXT_EXIT_SYNC))
			break;
		axv_fulfil(V, 0);
		exits++;
	}
	stopper_stop(&stopper);
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&k[i].over, true, __ATOMIC_SEQ_CST);
		EXPECT_OK(axt_thread_join(&k[i].thread));
		EXPECT_GE(k[i].rounds, 1ul);
	}
	axt_diag("%u exits, %u stops, the host signed %lu and %lu times", exits, stops,
		 k[0].rounds, k[1].rounds);
}
