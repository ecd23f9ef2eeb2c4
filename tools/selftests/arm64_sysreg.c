// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers of an arm64 guest: every number that there can be, read and written
 * from EL1 and EL0, ends in a value or an undefined instruction and nowhere else; what
 * ID registers say; what the VMM's filter makes of those that trap; and that each of
 * EL1's registers is the guest's own, as committed and as fetched.
 *
 * rig: arch=arm64 timeout=300 machine=virt,max
 */
#include <unistd.h>

#include "common/traps.h"

DECLARE_GUEST(sysreg);
DECLARE_GUEST_SYM(sysreg, traps);
DECLARE_GUEST_SYM(sysreg, read);
DECLARE_GUEST_SYM(sysreg, write);
DECLARE_GUEST_SYM(sysreg, slot);
DECLARE_GUEST_SYM(sysreg, slot_end);

#define SYM(label)	GUEST_SYM(sysreg, label)
#define SYS		AXVCPU_ARM64_SYSREG
#define V		(&f->v)

#define PFR0	SYS(3, 0, 0, 4, 0)
#define PFR1	SYS(3, 0, 0, 4, 1)
#define DFR0	SYS(3, 0, 0, 5, 0)
#define ISAR1	SYS(3, 0, 0, 6, 1)
#define MMFR1	SYS(3, 0, 0, 7, 1)
#define MMFR2	SYS(3, 0, 0, 7, 2)

/* MSR, MRS or a system instruction that EL1 may trap for EL0 */
#define TRAP_SYSREG	0x18

static const struct axt_config config = { .start = AXT_START_PAGED, GUEST(sysreg) };

enum from_level { EL1, EL0 };

/* The guest accesses @reg; its exit is next. */
static void go(struct axv_vcpu *v, enum from_level level, bool write, uint32_t reg, uint64_t value)
{
	uint64_t at = write ? SYM(write) : SYM(read);

	axt_goto(v, level == EL1 ? at : GUEST_USER + at, GUEST_STACK);
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_GPR));
	v->run->regs.arm64.gpr.x[0] = reg;
	v->run->regs.arm64.gpr.x[1] = value;
	v->run->regs.arm64.gpr.pstate = level == EL1 ? 0x3c5 : 0x3c0;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_GPR, 0));
	want(v, AXVCPU_REGS_GPR);
}

/* Done: true; refused: false, by the guest's own exception of class @class. */
static bool done(const traps_t *t, struct axv_vcpu *v, enum from_level level, unsigned int *class)
{
	uint64_t slot = SYM(slot) + (level == EL1 ? 0 : GUEST_USER);
	struct trap p;
	char buf[200];

	if (axv_run(v) < 0 || v->run->exit.reason != AXVCPU_EXIT_HYPERCALL) {
		axt_fail(__FILE__, __LINE__, "%s",
			 axv_exit_str(&v->run->exit, buf, sizeof(buf)));
		return false;
	}
	if (!trapped(t, v, &p))
		return EXPECT_EQ(v->run->exit.pc, SYM(slot_end) + 4);
	/* from EL0 the call at the end is undefined */
	if (level == EL0 && p.what == TRAP_ILLEGAL && p.pc == slot + 8)
		return true;
	EXPECT_EQ(p.pc, slot);
	*class = p.what;
	return false;
}

/* It is there: its value. */
static uint64_t read_reg(const traps_t *t, struct axv_vcpu *v, uint32_t reg)
{
	unsigned int class = 0;

	go(v, EL1, false, reg, 0x5555);
	if (!done(t, v, EL1, &class)) {
		axt_fail(__FILE__, __LINE__, "register 0x%x cannot be read (class 0x%x)", reg, class);
		return 0;
	}
	return axt_gpr(v->run, 1);
}

static void write_reg(const traps_t *t, struct axv_vcpu *v, uint32_t reg, uint64_t value)
{
	unsigned int class = 0;

	go(v, EL1, true, reg, value);
	if (!done(t, v, EL1, &class))
		axt_fail(__FILE__, __LINE__, "register 0x%x cannot be written (class 0x%x)", reg, class);
}

/* ---- all of them ------------------------------------------------------------------- */

/* Written with what was read, or 0: the guest must be able to go on. */
static bool may_write(uint32_t reg)
{
	switch (reg) {
	/* SPSel: the stack is another one; DAIF: FIQs and IRQs come */
	case SYS(3, 0, 4, 2, 0):
	case SYS(3, 3, 4, 2, 1):
		return false;
	}
	return true;
}

/* The guest keeps nothing from itself: FP, SVE and SME, as far as there are. */
static void open_cpacr(struct axt *f)
{
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL));
	f->regs->control.cpacr = 3u << 16 | 3u << 20 | 3u << 24;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL, 0));
}

/* Numbers that ID registers are to have. */
static bool is_id_space(uint32_t reg)
{
	unsigned int op1 = reg >> 11 & 7;

	return reg >> 14 == 3 && (op1 <= 1 || op1 == 3) && !(reg >> 7 & 0xf);
}

/* Is this what an access of EL1 or EL0 may end with? @idst: FEAT_IDST */
static bool may_refuse(enum from_level level, bool write, uint32_t reg, bool idst,
		       unsigned int class)
{
	if (class == TRAP_SYSREG)
		return level == EL0 || (idst && !write && is_id_space(reg));
	return class == TRAP_ILLEGAL;
}

static void sweep(struct axt *f, enum from_level level, uint32_t first, uint32_t last)
{
	traps_t t = TRAPS_INIT(f, sysreg);
	unsigned int there = 0, written = 0, class;
	bool has, idst = read_reg(&t, V, MMFR2) >> 36 & 0xf;
	uint64_t value;
	uint32_t reg;

	open_cpacr(f);
	for (reg = first; reg <= last && axt_failures() < 10; reg++) {
		axt_context("EL%u, S%u_%u_C%u_C%u_%u", level == EL1, reg >> 14, reg >> 11 & 7,
			    reg >> 7 & 0xf, reg >> 3 & 0xf, reg & 7);
		class = 0;
		go(V, level, false, reg, 0);
		has = done(&t, V, level, &class);
		if (!has && !may_refuse(level, false, reg, idst, class))
			axt_fail(__FILE__, __LINE__, "read: class 0x%x", class);
		there += has;
		value = has && level == EL1 ? axt_gpr(V->run, 1) : 0;
		if (!may_write(reg))
			continue;
		go(V, level, true, reg, value);
		has = done(&t, V, level, &class);
		if (!has && !may_refuse(level, true, reg, idst, class))
			axt_fail(__FILE__, __LINE__, "write: class 0x%x", class);
		written += has;
	}
	axt_context(NULL);
	axt_diag("%u of %u can be read, %u written", there, last - first + 1, written);
}

/* op0 and op1 of each */
static const struct part {
	const char *name;
	enum from_level level;
	uint32_t first;
} parts[] = {
#define PART(op0, op1) \
	{ #op0 "-" #op1, EL1, SYS(op0, op1, 0, 0, 0) }, \
	{ #op0 "-" #op1 "-user", EL0, SYS(op0, op1, 0, 0, 0) }
	PART(2, 0), PART(2, 1), PART(2, 2), PART(2, 3), PART(2, 4), PART(2, 5), PART(2, 6), PART(2, 7),
	PART(3, 0), PART(3, 1), PART(3, 2), PART(3, 3), PART(3, 4), PART(3, 5), PART(3, 6), PART(3, 7),
};

TEST_ROWS(sweep, parts, ARRAY_SIZE(parts), &config)
{
	const struct part *p = arg;

	sweep(f, p->level, p->first, p->first + 0x7ff);
}

/* ---- ID registers -------------------------------------------------------------------- */

static unsigned int field(const traps_t *t, struct axv_vcpu *v, uint32_t reg, unsigned int bit)
{
	return read_reg(t, v, reg) >> bit & 0xf;
}

TEST(id_registers, &config)
{
	traps_t t = TRAPS_INIT(f, sysreg);
	uint64_t features = f->dev.info.arch_features, midr;
	uint32_t reg;

	/* the host's own: its kernel tells EL0, too */
	asm("mrs %0, midr_el1" : "=r" (midr));
	EXPECT_EQ(read_reg(&t, V, SYS(3, 0, 0, 0, 0)), midr);
	EXPECT_EQ(read_reg(&t, V, SYS(3, 0, 0, 0, 5)), 1ull << 31);

	EXPECT_EQ(field(&t, V, PFR0, 4), 1u);		/* EL1: AArch64 only */
	EXPECT_EQ(field(&t, V, PFR0, 8), 0u);		/* no EL2 */
	EXPECT_EQ(field(&t, V, PFR0, 12), 0u);		/* no EL3 */
	EXPECT_EQ(field(&t, V, PFR0, 0), features & AXVCPU_ARM64_FEAT_EL0_32 ? 2u : 1u);
	EXPECT_EQ(field(&t, V, PFR0, 24), features & AXVCPU_ARM64_FEAT_GICV3 ? 1u : 0u);
	EXPECT_EQ(field(&t, V, PFR0, 32), features & AXVCPU_ARM64_FEAT_SVE ? 1u : 0u);
	EXPECT_EQ(field(&t, V, PFR0, 40), 0u);		/* MPAM */
	EXPECT_EQ(field(&t, V, PFR0, 44), 0u);		/* AMU */
	EXPECT_EQ(field(&t, V, PFR1, 8), 0u);		/* MTE */
	EXPECT_EQ(field(&t, V, PFR1, 24), 0u);		/* SME */
	EXPECT_EQ(field(&t, V, DFR0, 8), 0u);		/* PMU */
	EXPECT_EQ(field(&t, V, DFR0, 32), 0u);		/* SPE */
	EXPECT_EQ(field(&t, V, MMFR1, 8), 0u);		/* VHE */
	if (!(features & AXVCPU_ARM64_FEAT_PAUTH))
		EXPECT_EQ(read_reg(&t, V, ISAR1) & 0xff000ff0ull, 0u);
	/* those that nobody has: zero, not undefined */
	for (reg = SYS(3, 0, 0, 7, 5); reg <= SYS(3, 0, 0, 7, 7); reg++)
		EXPECT_EQ(read_reg(&t, V, reg), 0u);
}

/* What the guest is told that it does not have is undefined. */
TEST(not_there, &config)
{
	static const uint32_t none[] = {
		SYS(3, 3, 9, 12, 0), SYS(3, 3, 9, 13, 0), SYS(3, 0, 9, 14, 1), /* PMU */
		SYS(3, 0, 9, 9, 0), SYS(3, 0, 9, 10, 0),	/* SPE */
		SYS(3, 0, 1, 2, 1), SYS(2, 1, 0, 0, 0),		/* trace */
		SYS(3, 0, 10, 4, 4), SYS(3, 0, 10, 5, 0),	/* MPAM */
		SYS(3, 3, 13, 2, 0),				/* AMU */
		SYS(3, 0, 1, 0, 5), SYS(3, 0, 1, 0, 6),		/* MTE */
		SYS(3, 0, 1, 2, 6), SYS(3, 3, 13, 0, 5),	/* SME */
		SYS(3, 4, 1, 1, 0), SYS(3, 4, 2, 1, 0), SYS(3, 4, 12, 0, 0), /* EL2's */
		SYS(3, 5, 1, 0, 0), SYS(3, 6, 1, 1, 0),
		SYS(3, 0, 15, 7, 7), SYS(3, 3, 15, 1, 1),	/* the implementation's */
	};
	traps_t t = TRAPS_INIT(f, sysreg);
	unsigned int i, class;

	open_cpacr(f);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		axt_context("register 0x%x", none[i]);
		class = 99;
		go(V, EL1, false, none[i], 0);
		EXPECT_TRUE(!done(&t, V, EL1, &class));
		EXPECT_EQ(class, TRAP_ILLEGAL);
		class = 99;
		go(V, EL1, true, none[i], 0);
		EXPECT_TRUE(!done(&t, V, EL1, &class));
		EXPECT_EQ(class, TRAP_ILLEGAL);
	}
}

/* ---- the VMM's filter ------------------------------------------------------------------ */

#define IMPDEF	SYS(3, 0, 15, 7, 7)

static void expect_exit(struct axt *f, uint32_t reason, uint32_t reg, uint64_t value)
{
	ASSERT_EXIT(f, reason);
	EXPECT_EQ(f->exit->sysreg.addr, reg);
	EXPECT_EQ(f->exit->sysreg.value, value);
	EXPECT_EQ(f->exit->pc, SYM(slot));
	EXPECT_EQ(f->exit->insn_len, 4);
}

TEST(filter, &config)
{
	const struct axvcpu_filter_range ranges[] = {
		/* an ID register, the next one, and one that nobody serves */
		{ PFR0, PFR0, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_DEFAULT },
		{ PFR1, PFR1, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_DEFAULT },
		{ DFR0, DFR0, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_DEFAULT },
		{ IMPDEF - 1, IMPDEF - 1, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_IGNORE },
		{ IMPDEF, IMPDEF, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT },
	};
	traps_t t = TRAPS_INIT(f, sysreg);
	unsigned int class = 99;

	ASSERT_OK(axv_set_msr_filter(f->vm, ranges, ARRAY_SIZE(ranges)));
	go(V, EL1, false, PFR0, 0x77);
	expect_exit(f, AXVCPU_EXIT_SYSREG_READ, PFR0, 0);
	EXPECT_EQ(f->exit->sysreg.reg, 1u);
	axv_fulfil(V, 0x123456789abcull);
	EXPECT_TRUE(done(&t, V, EL1, &class));
	EXPECT_EQ(reg(V, 1), 0x123456789abcull);

	go(V, EL1, false, PFR1, 0x77);
	EXPECT_TRUE(!done(&t, V, EL1, &class));
	EXPECT_EQ(class, TRAP_ILLEGAL);
	EXPECT_EQ(read_reg(&t, V, DFR0), 0u);
	EXPECT_EQ(read_reg(&t, V, IMPDEF - 1), 0u);
	write_reg(&t, V, IMPDEF - 1, 0x99);

	go(V, EL1, true, IMPDEF, 0xfedcba9876543210ull);
	expect_exit(f, AXVCPU_EXIT_SYSREG_WRITE, IMPDEF, 0xfedcba9876543210ull);
	axv_fulfil(V, 0);
	EXPECT_TRUE(done(&t, V, EL1, &class));
	go(V, EL1, true, IMPDEF, 1);
	expect_exit(f, AXVCPU_EXIT_SYSREG_WRITE, IMPDEF, 1);
	axv_fault(V);
	class = 99;
	EXPECT_TRUE(!done(&t, V, EL1, &class));
	EXPECT_EQ(class, TRAP_ILLEGAL);

	/* EL0 has no part in it */
	class = 99;
	go(V, EL0, false, IMPDEF, 0);
	EXPECT_TRUE(!done(&t, V, EL0, &class));
	EXPECT_EQ(class, TRAP_ILLEGAL);
	ASSERT_OK(axv_set_msr_filter(f->vm, NULL, 0));
	EXPECT_NE(read_reg(&t, V, PFR0), 0x123456789abcull);
}

/* ---- fidelity --------------------------------------------------------------------------- */

#define CONTROL(member)	offsetof(struct axvcpu_arm64_control, member)

/* a register of EL1, its place in the group, bits that it keeps and that do no harm */
static const struct own {
	const char *name;
	uint32_t reg;
	size_t at;
	uint64_t bits;
	uint64_t needs;		/* AXVCPU_ARM64_FEAT_* */
} owns[] = {
	{ "CPACR", SYS(3, 0, 1, 0, 2), CONTROL(cpacr), 3ull << 20, 0 },
	{ "TTBR1", SYS(3, 0, 2, 0, 1), CONTROL(ttbr1), 0xffff00007ffff000ull, 0 },
	{ "MAIR", SYS(3, 0, 10, 2, 0), CONTROL(mair), 0x4444444444444400ull, 0 },
	{ "ESR", SYS(3, 0, 5, 2, 0), CONTROL(esr), 0xffffffffull, 0 },
	{ "FAR", SYS(3, 0, 6, 0, 0), CONTROL(far), ~0ull, 0 },
	{ "ELR", SYS(3, 0, 4, 0, 1), CONTROL(elr), ~0ull, 0 },
	{ "SPSR", SYS(3, 0, 4, 0, 0), CONTROL(spsr), 0xf00003c5ull, 0 },
	{ "PAR", SYS(3, 0, 7, 4, 0), CONTROL(par), 0x00000000fffff000ull, 0 },
	{ "CONTEXTIDR", SYS(3, 0, 13, 0, 1), CONTROL(contextidr), 0xffffffffull, 0 },
	{ "TPIDR", SYS(3, 0, 13, 0, 4), CONTROL(tpidr), ~0ull, 0 },
	{ "TPIDR_EL0", SYS(3, 3, 13, 0, 2), CONTROL(tpidr_el0), ~0ull, 0 },
	{ "TPIDRRO_EL0", SYS(3, 3, 13, 0, 3), CONTROL(tpidrro_el0), ~0ull, 0 },
	{ "CNTKCTL", SYS(3, 0, 14, 1, 0), CONTROL(cntkctl), 0x303ull, 0 },
	{ "CSSELR", SYS(3, 2, 0, 0, 0), CONTROL(csselr), 0x3ull, 0 },
	{ "VBAR", SYS(3, 0, 12, 0, 0), CONTROL(vbar), 0xfffffffffff800ull, 0 },
#define KEY(name, m, crm, op2) \
	{ name "lo", SYS(3, 0, 2, crm, op2), CONTROL(m[0]), ~0ull, AXVCPU_ARM64_FEAT_PAUTH }, \
	{ name "hi", SYS(3, 0, 2, crm, (op2) + 1), CONTROL(m[1]), ~0ull, AXVCPU_ARM64_FEAT_PAUTH }
	KEY("APIA", apia, 1, 0),
	KEY("APIB", apib, 1, 2),
	KEY("APDA", apda, 2, 0),
	KEY("APDB", apdb, 2, 2),
	KEY("APGA", apga, 3, 0),
};

static volatile __u64 *own_in(struct axv_vcpu *v, const struct own *o)
{
	return (volatile __u64 *)((volatile char *)&v->run->regs.arm64.control + o->at);
}

static uint64_t own_value(const struct own *o, unsigned int seed)
{
	return ((seed + 1) * 0x9e3779b97f4a7c15ull ^ o->reg * 0x0101010101010101ull) & o->bits;
}

static bool lacks(struct axt *f, const struct own *o)
{
	return o->needs & ~f->dev.info.arch_features;
}

/* What the VMM commits the guest reads; what the guest writes the VMM fetches. */
TEST_ROWS(own, owns, ARRAY_SIZE(owns), &config)
{
	const struct own *o = arg;
	traps_t t = TRAPS_INIT(f, sysreg);
	unsigned int seed, class = 0;

	if (lacks(f, o))
		axt_skip("the guest does not have it");
	for (seed = 0; seed < 8; seed++) {
		uint64_t value = own_value(o, seed);

		axt_context("seed %u", seed);
		go(V, EL1, false, o->reg, 0);
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL));
		*own_in(V, o) = value;
		ASSERT_OK(axv_sync(V, AXVCPU_REGS_CONTROL, 0));
		EXPECT_TRUE(done(&t, V, EL1, &class));
		EXPECT_EQ(reg(V, 1) & o->bits, value);

		value ^= o->bits;
		go(V, EL1, true, o->reg, value);
		EXPECT_TRUE(done(&t, V, EL1, &class));
		ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_CONTROL));
		EXPECT_EQ(*own_in(V, o) & o->bits, value);
	}
}

#define VCPUS	3

/* Several that take turns on a CPU: nobody finds another one's. */
TEST(taking_turns, &config)
{
	struct axv_vcpu v[VCPUS];
	traps_t t = TRAPS_INIT(f, sysreg);
	unsigned int i, n, seed;

	v[0] = f->v;
	for (n = 1; n < VCPUS; n++)
		axt_add_vcpu(f, n, f->config, &v[n]);
	for (n = 0; n < VCPUS; n++)
		traps_load(&t, &v[n]);
	for (seed = 0; seed < 8; seed++) {
		for (i = 0; i < ARRAY_SIZE(owns); i++) {
			const struct own *o = &owns[i];

			/* the traps need these themselves */
			if (lacks(f, o) || o->at == CONTROL(vbar))
				continue;
			axt_context("%s, seed %u", o->name, seed);
			for (n = 0; n < VCPUS; n++)
				write_reg(&t, &v[n], o->reg, own_value(o, seed + n));
			for (n = 0; n < VCPUS; n++)
				EXPECT_EQ(read_reg(&t, &v[n], o->reg) & o->bits, own_value(o, seed + n));
		}
	}
	axt_context(NULL);
}
