// SPDX-License-Identifier: GPL-2.0-only
/*
 * FP, SIMD and SVE registers of an arm64 guest and of the host beside it: what the VMM
 * commits is what the guest has, what the guest has is what the VMM fetches, no exit and
 * no thread of the host changes any of it, and the host's own come back, to the last bit;
 * how long vectors are, and what the guest's own controls refuse.
 *
 * rig: arch=arm64 timeout=300 smp=2 machine=virt,n1,max
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "common/arm64_state.h"
#include "common/around.h"
#include "common/hostile.h"
#include "common/traps.h"
#include "guest/arm64/fp.h"

DECLARE_GUEST(fp);
#define LABEL(name)	DECLARE_GUEST_SYM(fp, name)
LABEL(traps);
LABEL(dump);
LABEL(done);
LABEL(load);
LABEL(loaded);
LABEL(guard);
LABEL(use);
LABEL(load_q);
LABEL(load_s);
LABEL(use_fp);
LABEL(at_use_fp);
LABEL(use_sve);
LABEL(at_use_sve);
LABEL(use_zcr);
LABEL(at_use_zcr);
LABEL(length);
LABEL(narrow);
LABEL(narrowed);
DECLARE_AROUND(fp, hypercall);
DECLARE_AROUND(fp, write);
DECLARE_AROUND(fp, read);
DECLARE_AROUND(fp, memory);
DECLARE_AROUND(fp, halt);
DECLARE_AROUND(fp, sysreg);
DECLARE_AROUND(fp, store);
DECLARE_AROUND(fp, spin);

#define SYM(label)	GUEST_SYM(fp, label)
#define V		(&f->v)

#define CPACR_NONE	0u
#define CPACR_FP	0x300000u
#define CPACR_ALL	0x330000u
/* classes of exceptions */
#define TRAP_FP		0x07
#define TRAP_SVE	0x19

static const struct axt_config config = { .start = AXT_START_PAGED, GUEST(fp) };
static const struct axt_config unbound = {
	.stage = AXT_FREE, .start = AXT_START_PAGED, GUEST(fp),
};

#define AREA(f, nr)	((f)->ram + FP_AREA + (nr) * FP_SIZE)
#define WORD(p, at)	(*(volatile uint64_t *)((p) + (at)))

/* ---- patterns ------------------------------------------------------------------------- */

/* Bytes of a Z register of a guest's, 0: none. */
static uint32_t vl(struct axt *f)
{
	struct axvcpu_arm64_fp *fp = f->v.fp;

	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_FP));
	EXPECT_EQ(!fp->vl, !(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_SVE));
	ASSERT_LE(fp->vl, (uint32_t)HOST_VL);
	return fp->vl;
}

/* Area @nr: what is to be loaded. */
static void fill(struct axt *f, unsigned int nr, unsigned int seed, uint32_t len)
{
	unsigned char *p = AREA(f, nr);
	struct host_fp v;

	host_fp_fill(&v, seed);
	memset(p, 0, FP_SIZE);
	memcpy(p, v.v, 32 * (len ?: 16));
	memcpy(p + FP_P, v.p, 16 * len / 8);
	/* FFR is ones from some bit down */
	memset(p + FP_P + 16 * len / 8, 0xff, len / 16);
	WORD(p, FP_FPSR) = (seed & 1) << 27 | (seed & 0x1f);
	WORD(p, FP_FPCR) = (seed & 3ul) << 22 | (seed >> 2 & 3ul) << 24;
	WORD(p, FP_VL) = len;
}

/* What the guest has put into memory is what it had loaded. */
static void expect_dump(struct axt *f, unsigned int nr)
{
	unsigned char *p = AREA(f, nr);
	unsigned int i, len = WORD(p, FP_VL), size = len ?: 16;

	EXPECT_EQ(WORD(p, FP_DUMP + FP_FPSR), WORD(p, FP_FPSR));
	EXPECT_EQ(WORD(p, FP_DUMP + FP_FPCR), WORD(p, FP_FPCR));
	for (i = 0; i < 32 * size; i += 8) {
		axt_context("byte %u of register %u", i % size, i / size);
		if (!EXPECT_EQ(WORD(p, FP_DUMP + i), WORD(p, i)))
			break;
	}
	axt_context(NULL);
	EXPECT_TRUE(!memcmp(p + FP_DUMP + FP_P, p + FP_P, 17 * len / 8));
}

static void go(const struct axv_vcpu *v, uint64_t at, unsigned int nr)
{
	axt_goto(v, at, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(v, 19, FP_AREA + nr * FP_SIZE));
}

/* ---- the register group --------------------------------------------------------------- */

TEST(commit, &config)
{
	struct axvcpu_arm64_fp *fp = f->v.fp;
	uint32_t len = vl(f), size = len ?: 16;
	unsigned int seed, i;

	axt_diag("vectors of %u bytes", len);
	EXPECT_EQ(f->dev.info.fp_size, sizeof(*fp) + 32 * len + 17 * len / 8);
	for (seed = 0; seed < 20; seed++) {
		unsigned char *p = AREA(f, 0);

		fill(f, 0, seed, len);
		go(V, SYM(dump), 0);
		for (i = 0; i < 32; i++)
			memcpy(fp->v[i], p + i * size, 16);
		if (len) {
			memcpy(fp + 1, p, 32 * len);
			memcpy((char *)(fp + 1) + 32 * len, p + FP_P, 17 * len / 8);
			/* what is above a shorter length the CPU need not keep */
			fp->zcr = 15;
		}
		fp->fpsr = WORD(p, FP_FPSR);
		fp->fpcr = WORD(p, FP_FPCR);
		f->v.run->entry.commit = AXVCPU_REGS_FP;
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->v.run->entry.commit, 0u);
		expect_dump(f, 0);
	}
}

/* Of the low parts of Z registers, which are in the page twice, V counts. */
TEST(commit_low, &config)
{
	struct axvcpu_arm64_fp *fp = f->v.fp;
	uint32_t len = vl(f);

	if (!len)
		axt_skip("no SVE");
	fill(f, 0, 3, len);
	memset(f->v.fp, 0, f->dev.info.fp_size);
	memcpy(fp + 1, AREA(f, 0), 32 * len);
	fp->v[5][0] = 0x55;
	fp->v[5][1] = 0x66;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_FP, 0));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_FP));
	EXPECT_EQ(fp->v[5][0], 0x55u);
	EXPECT_EQ(fp->v[5][1], 0x66u);
	EXPECT_EQ(fp->v[6][0], 0u);
	EXPECT_TRUE(!memcmp((char *)(fp + 1) + 5 * len, fp->v[5], 16));
	EXPECT_TRUE(!memcmp((char *)(fp + 1) + 5 * len + 16, AREA(f, 0) + 5 * len + 16, len - 16));
}

TEST(fetch, &config)
{
	struct axvcpu_arm64_fp *fp = f->v.fp;
	uint32_t len = vl(f), size = len ?: 16;
	unsigned int seed, i;

	want(V, AXVCPU_REGS_FP);
	for (seed = 0; seed < 20; seed++) {
		unsigned char *p = AREA(f, 0);

		fill(f, 0, seed, len);
		go(V, SYM(load), 0);
		memset(f->v.fp, 0xa5, f->dev.info.fp_size);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(loaded));
		for (i = 0; i < 32; i++) {
			axt_context("register %u", i);
			EXPECT_TRUE(!memcmp(fp->v[i], p + i * size, 16));
		}
		axt_context(NULL);
		EXPECT_EQ(fp->fpsr, WORD(p, FP_FPSR));
		EXPECT_EQ(fp->fpcr, WORD(p, FP_FPCR));
		EXPECT_EQ(fp->vl, len);
		EXPECT_EQ(fp->reserved, 0u);
		EXPECT_EQ(fp->reserved2, 0u);
		EXPECT_EQ(fp->zcr, len ? 15u : 0u);
		EXPECT_TRUE(!memcmp(fp + 1, p, 32 * len));
		EXPECT_TRUE(!memcmp((char *)(fp + 1) + 32 * len, p + FP_P, 17 * len / 8));
	}
}

/* What no CPU holds is EINVAL, and nothing has changed. */
TEST(refused, &config)
{
	struct axvcpu_arm64_fp *fp = f->v.fp, was;
	static const struct { unsigned int at; uint32_t bits; } bad[] = {
		{ offsetof(struct axvcpu_arm64_fp, fpsr), 0x20 },
		{ offsetof(struct axvcpu_arm64_fp, fpsr), 0x100 },
		{ offsetof(struct axvcpu_arm64_fp, fpcr), 0x8 },
		{ offsetof(struct axvcpu_arm64_fp, fpcr), 0x80000000 },
		{ offsetof(struct axvcpu_arm64_fp, zcr), 0x10 },
		{ offsetof(struct axvcpu_arm64_fp, zcr) + 4, 1 },
		{ offsetof(struct axvcpu_arm64_fp, reserved), 1 },
		{ offsetof(struct axvcpu_arm64_fp, reserved2), 1 },
		{ offsetof(struct axvcpu_arm64_fp, reserved2) + 4, 0x80000000 },
	};
	unsigned int i;

	vl(f);
	fp->v[3][1] = 0x1234;
	fp->fpsr = 0x1f;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_FP, AXVCPU_REGS_FP));
	was = *fp;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		axt_context("row %u", i);
		fp->v[3][1] = i;
		*(uint32_t *)((char *)fp + bad[i].at) |= bad[i].bits;
		EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_FP, 0));
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_FP));
		EXPECT_TRUE(!memcmp(fp, &was, sizeof(was)));
	}
	axt_context(NULL);
	if (was.vl)
		return;
	fp->zcr = 1;
	EXPECT_ERR(EINVAL, axv_sync(V, AXVCPU_REGS_FP, 0));
}

/* RESET leaves nothing of what was there. */
TEST(reset, &config)
{
	struct axvcpu_setup setup = axt_setup_args(f->s2, &config);
	struct axvcpu_arm64_fp *fp = f->v.fp;
	unsigned char *p = f->v.fp;
	unsigned int i;

	fill(f, 0, 7, vl(f));
	go(V, SYM(load), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(axv_setup(V, &setup));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_FP));
	fp->vl = 0;
	for (i = 0; i < f->dev.info.fp_size && !p[i]; i++)
		;
	EXPECT_EQ(i, f->dev.info.fp_size);
}

/* ---- around an exit --------------------------------------------------------------------- */

static const struct around arounds[] = {
	AROUND(fp, hypercall, AXVCPU_EXIT_HYPERCALL, 0),
	AROUND(fp, write, AXVCPU_EXIT_MMIO_WRITE, GUEST_MMIO),
	AROUND(fp, read, AXVCPU_EXIT_MMIO_READ, GUEST_MMIO + 8),
	AROUND(fp, memory, 0, 0x200000),
	AROUND(fp, halt, AXVCPU_EXIT_HALT, 0),
	AROUND(fp, sysreg, AXVCPU_EXIT_SYSREG_READ, 0),
	AROUND(fp, store, AXVCPU_EXIT_MMIO_WRITE, GUEST_MMIO),
	AROUND(fp, spin, AXVCPU_EXIT_STOPPED, 0),
};

static void around(struct axt *f, const struct around *row, unsigned int seed)
{
	axt_goto(V, row->from, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 19, FP_AREA));
	ASSERT_OK(axv_set_gpr(V, 1, row->addr));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	if (row->reason == AXVCPU_EXIT_STOPPED)
		ASSERT_OK(axv_kick(V));
	if (row->reason) {
		ASSERT_EXIT(f, row->reason);
		around_host(seed);
		/* stopped before it began, perhaps: then it begins now */
		if (row->reason == AXVCPU_EXIT_STOPPED && f->exit->pc != row->at) {
			EXPECT_EQ(f->exit->pc, row->from);
			ASSERT_OK(axv_set_entry(V, SYM(around_hypercall)));
			ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
			around_host(seed);
			axv_skip(V);
		} else {
			EXPECT_EQ(f->exit->pc, row->at);
			around_answer(f, row, 0x1234);
		}
	}
	/* a register of 16 bytes goes by two writes */
	while (axv_run(V) >= 0 && f->exit->reason == AXVCPU_EXIT_MMIO_WRITE)
		axv_fulfil(V, 0);
	ASSERT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	expect_dump(f, 0);
}

TEST_ROWS(around, arounds, ARRAY_SIZE(arounds), &config)
{
	const uint32_t reg = AXVCPU_ARM64_SYSREG(3, 0, 15, 7, 7);
	const struct axvcpu_filter_range range = {
		reg, reg, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};
	const struct around *row = arg;
	uint32_t len = vl(f);
	unsigned int seed;

	ASSERT_OK(axv_set_msr_filter(f->vm, &range, 1));
	for (seed = 0; seed < 10; seed++) {
		fill(f, 0, seed, len);
		around(f, row, seed);
	}
}

/* The host's thread has its own whatever the guest does with its: V, FPSR, FPCR. */
TEST(host, &config)
{
	uint32_t len = vl(f);
	struct host_fp in, out;
	unsigned int seed;

	for (seed = 0; seed < 50; seed++) {
		fill(f, 0, seed, len);
		go(V, SYM(load), 0);
		host_fp_fill(&in, seed + 99);
		host_fp_call(&in, &out, SYS_ioctl, V->fd, AXVCPU_RUN, 0);
		EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(loaded));
		if (!host_fp_same(&in, &out))
			break;
	}
}

/* Wanted for a while, then not for longer than they are kept ready, then again. */
TEST(laziness, &config)
{
	unsigned int i;

	axt_goto(V, SYM(use), GUEST_STACK);
	ASSERT_SYNC(f);
	for (i = 0; i < 100; i++) {
		axv_fulfil(V, 0);
		ASSERT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i & 0xffu);
	}
}

/* ---- preemption --------------------------------------------------------------------------- */

/*
 * Several vCPUs with registers of their own on two CPUs, and threads of the host that
 * have theirs: whoever is interrupted finds what it left.
 */
TEST_TIMEOUT(preempted, &unbound, 60)
{
	uint32_t len = vl(f);
	struct guard guards[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(guards); i++) {
		fill(f, i, 31 * i + 5, len);
		axt_add_vcpu(f, 1 + i, &unbound, &guards[i].v);
		go(&guards[i].v, SYM(guard), i);
		guards[i].rounds = (uint64_t *)(AREA(f, i) + FP_ROUNDS);
	}
	guards_run(f, guards, ARRAY_SIZE(guards), 200, expect_dump);
}

/* ---- loads of a device --------------------------------------------------------------------- */

/* 16 bytes and 4: the rest of the register is zero then, and no other has changed. */
TEST(device, &config)
{
	uint32_t len = vl(f), size = len ?: 16;
	unsigned char *p = AREA(f, 0);

	fill(f, 0, 9, len);
	go(V, SYM(load_q), 0);
	ASSERT_OK(axv_set_gpr(V, 1, GUEST_MMIO));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	axv_fulfil(V, 0x1111222233334444);
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	axv_fulfil(V, 0x5555666677778888);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	memset(p + 7 * size, 0, size);
	WORD(p, 7 * size) = 0x1111222233334444;
	WORD(p, 7 * size + 8) = 0x5555666677778888;
	expect_dump(f, 0);

	fill(f, 0, 10, len);
	go(V, SYM(load_s), 0);
	ASSERT_OK(axv_set_gpr(V, 1, GUEST_MMIO));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	axv_fulfil(V, 0x99aabbcc);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	memset(p + 8 * size, 0, size);
	WORD(p, 8 * size) = 0x99aabbcc;
	expect_dump(f, 0);
}

/* ---- what is refused, and how long vectors are ----------------------------------------------- */

/* With CPACR_EL1 = @cpacr the guest's own EL1 takes class @what at @at; 0: none. */
static void use(struct axt *f, const traps_t *t, uint64_t from, uint64_t at, uint32_t cpacr,
		unsigned int what, bool there)
{
	struct trap p;

	axt_goto(V, from, GUEST_STACK);
	ASSERT_OK(axv_set_gpr(V, 0, cpacr));
	if (there) {
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(done));
		return;
	}
	ASSERT_TRAPPED(t, V, what, &p);
	EXPECT_EQ(p.pc, at);
}

TEST(refused_by_guest, &config)
{
	traps_t t = TRAPS_INIT(f, fp);
	bool sve = vl(f);

	use(f, &t, SYM(use_fp), SYM(at_use_fp), CPACR_NONE, TRAP_FP, false);
	use(f, &t, SYM(use_fp), SYM(at_use_fp), CPACR_FP, 0, true);
	use(f, &t, SYM(use_fp), SYM(at_use_fp), CPACR_NONE, TRAP_FP, false);
	use(f, &t, SYM(use_fp), SYM(at_use_fp), CPACR_ALL, 0, true);
	/* without SVE its instructions are undefined, and so is its register */
	use(f, &t, SYM(use_sve), SYM(at_use_sve), CPACR_ALL, TRAP_ILLEGAL, sve);
	use(f, &t, SYM(use_zcr), SYM(at_use_zcr), CPACR_ALL, TRAP_ILLEGAL, sve);
	if (!sve)
		return;
	use(f, &t, SYM(use_sve), SYM(at_use_sve), CPACR_FP, TRAP_SVE, false);
	use(f, &t, SYM(use_sve), SYM(at_use_sve), CPACR_NONE, TRAP_SVE, false);
	use(f, &t, SYM(use_zcr), SYM(at_use_zcr), CPACR_FP, TRAP_SVE, false);
}

TEST(lengths, &config)
{
	uint32_t len = vl(f), last = 0;
	unsigned int i;

	if (!len)
		axt_skip("no SVE");
	EXPECT_LE(host_vl(), len);
	for (i = 0; i < 16; i++) {
		go(V, SYM(length), 0);
		ASSERT_OK(axv_set_gpr(V, 0, i));
		want(V, AXVCPU_REGS_GPR | AXVCPU_REGS_FP);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_LE(reg(V, 1), 16u * (i + 1));
		EXPECT_GE(reg(V, 1), (uint64_t)last);
		EXPECT_LE(reg(V, 1), (uint64_t)len);
		EXPECT_EQ(reg(V, 2), (uint64_t)i);
		EXPECT_EQ(((struct axvcpu_arm64_fp *)f->v.fp)->zcr, (uint64_t)i);
		last = reg(V, 1);
	}
	EXPECT_EQ(last, len);
}

/* The low parts are there when the length has changed to and fro, with an exit between. */
TEST(narrow, &config)
{
	uint32_t len = vl(f);
	unsigned char *p = AREA(f, 0);
	unsigned int n;

	if (!len)
		axt_skip("no SVE");
	fill(f, 0, 21, len);
	go(V, SYM(narrow), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(narrowed));
	axv_skip(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	for (n = 0; n < 32; n++) {
		axt_context("z%u", n);
		EXPECT_TRUE(!memcmp(p + FP_DUMP + n * len, p + n * len, 16));
	}
	axt_context(NULL);
}
