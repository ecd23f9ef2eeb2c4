// SPDX-License-Identifier: GPL-2.0-only
/*
 * ID registers: what a guest is told there is.
 *
 * What all CPUs have, as the kernel knows it, of that what a guest can use without
 * harm: for every feature with state of its own, that state is switched, or the feature
 * is hidden here and its registers trap (HCR_EL2, HCRX_EL2, CPTR_EL2, MDCR_EL2, HFG*).
 * A field that is not named here reads as zero, which is "not there", and so do all
 * registers of later architectures.
 */
#include <linux/array_size.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "arm64.h"

/* a register of the ID space: op0 3, op1 0, CRn 0, CRm 1 to 7 */
#define ID(crm, op2)	((crm) << 3 | (op2))
#define NR_IDS		64

#define PFR0		ID(4, 0)	/* the AArch64 ones, by their short names */
#define PFR1		ID(4, 1)
#define ZFR0		ID(4, 4)
#define DFR0		ID(5, 0)
#define ISAR0		ID(6, 0)
#define ISAR1		ID(6, 1)
#define ISAR2		ID(6, 2)
#define MMFR0		ID(7, 0)
#define MMFR1		ID(7, 1)
#define MMFR2		ID(7, 2)
#define MMFR3		ID(7, 3)

/* a field, by its lowest bit; four bits each */
#define F(bit)		(0xfull << (bit))

/* those that are changed below */
#define PFR0_EL0	0
#define PFR0_EL1	4
#define PFR0_GIC	24
#define PFR0_RAS	28
#define PFR0_SVE	32
#define PFR0_CSV2	56
#define PFR1_CSV2_FRAC	32
#define DFR0_DEBUG	0
#define MMFR0_PARANGE	0
#define MMFR0_TGRAN16	20
#define MMFR0_TGRAN4	28
#define MMFR1_HAFDBS	0
#define MMFR2_VARANGE	16
#define MMFR3_TCRX	0
#define MMFR3_S1PIE	8
#define ID_PFR1_GIC	28

/**
 * struct shown - what of a register is shown
 * @id: the register, ID()
 * @fields: of what the kernel says
 */
struct shown {
	u8 id;
	u64 fields;
};

static const struct shown axv_shown64[] __initconst = {
	/* EL0, EL1, FP, AdvSIMD, RAS, DIT, CSV2, CSV3; SVE and GIC are added */
	{ PFR0, F(0) | F(4) | F(16) | F(20) | F(28) | F(48) | F(56) | F(60) },
	/* BT, SSBS, CSV2_frac; not MTE, SME, MPAM, NMI, GCS, THE */
	{ PFR1, F(0) | F(4) | F(32) },
	/* SVEver, AES, BitPerm, BF16, B16B16, SHA3, SM4, I8MM, F32MM, F64MM */
	{ ZFR0, F(0) | F(4) | F(16) | F(20) | F(24) | F(32) | F(40) | F(44) | F(52) | F(56) },
	/* DebugVer, BRPs, WRPs, CTX_CMPs, DoubleLock; not the PMU, trace, SPE, BRBE */
	{ DFR0, F(0) | F(12) | F(20) | F(28) | F(36) },
	/* AES to Atomic, RDM to RNDR; not TME */
	{ ISAR0, GENMASK_ULL(23, 4) | GENMASK_ULL(63, 28) },
	/* DPB to XS, with the kinds of PAuth (see below); not LS64 */
	{ ISAR1, GENMASK_ULL(59, 0) },
	/* RPRES, GPA3, APA3, BC, PAC_frac, CLRBHB, RPRFM, CSSC; not WFxT, MOPS */
	{ ISAR2, F(4) | F(8) | F(12) | F(20) | F(24) | F(28) | F(48) | F(52) },
	/* PARange, ASIDBits, BigEnd, BigEndEL0, TGran16, TGran64, TGran4 */
	{ MMFR0, F(0) | F(4) | F(8) | F(16) | F(20) | F(24) | F(28) },
	/* HAFDBS, HPDS, PAN, SpecSEI, ETS, AFP, nTLBPA, ECBHB */
	{ MMFR1, F(0) | F(12) | F(20) | F(24) | F(36) | F(44) | F(48) | F(60) },
	/* CnP, UAO, LSM, IESB, VARange, CCIDX, ST, AT, IDS, TTL, BBM, E0PD */
	{ MMFR2, F(0) | F(4) | F(8) | F(12) | F(16) | F(20) | F(28) | F(32) | F(36) | F(48) |
		 F(52) | F(60) },
};

/* AArch32, where it can be had at EL0 */
static const struct shown axv_shown32[] __initconst = {
	{ ID(1, 0), F(0) | F(4) | F(8) | F(12) | F(16) | F(24) },	/* PFR0 */
	{ ID(1, 1), F(0) | F(16) },		/* PFR1: ProgMod, GenTimer */
	{ ID(1, 2), F(0) | F(8) },		/* DFR0: CopDbg, MMapDbg: no PMU */
	{ ID(1, 4), GENMASK_ULL(31, 0) },	/* MMFR0 */
	{ ID(1, 5), GENMASK_ULL(31, 0) },
	{ ID(1, 6), GENMASK_ULL(31, 0) },
	{ ID(1, 7), GENMASK_ULL(31, 0) },
	{ ID(2, 0), GENMASK_ULL(31, 0) },	/* ISAR0 */
	{ ID(2, 1), GENMASK_ULL(31, 0) },
	{ ID(2, 2), GENMASK_ULL(31, 0) },
	{ ID(2, 3), GENMASK_ULL(31, 0) },
	{ ID(2, 4), GENMASK_ULL(31, 0) },
	{ ID(2, 5), GENMASK_ULL(31, 0) },
	{ ID(2, 6), GENMASK_ULL(31, 0) },	/* MMFR4 */
	{ ID(2, 7), GENMASK_ULL(31, 0) },	/* ISAR6 */
	{ ID(3, 0), GENMASK_ULL(31, 0) },	/* MVFR0 */
	{ ID(3, 1), GENMASK_ULL(31, 0) },
	{ ID(3, 2), GENMASK_ULL(31, 0) },
	{ ID(3, 4), F(0) | F(4) },		/* PFR2: CSV3, SSBS */
	{ ID(3, 6), GENMASK_ULL(31, 0) },	/* MMFR5 */
};

/* as guests read them */
static u64 axv_ids[NR_IDS] __ro_after_init;

static void __init show(const struct shown *table, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		axv_ids[table[i].id] = table[i].fields &
			read_sanitised_ftr_reg(sys_reg(3, 0, 0, table[i].id >> 3, table[i].id & 7));
}

static u64 __init get(unsigned int id, unsigned int bit)
{
	return axv_ids[id] >> bit & 0xf;
}

static void __init set(unsigned int id, unsigned int bit, u64 value)
{
	axv_ids[id] &= ~F(bit);
	axv_ids[id] |= value << bit;
}

static void __init cap(unsigned int id, unsigned int bit, u64 most)
{
	if (get(id, bit) > most)
		set(id, bit, most);
}

/* What the kernel knows of, and the module does otherwise, or only where it can. */
static void __init adjust(void)
{
	bool wide = axv_arm64_has(AXVCPU_ARM64_FEAT_LPA2);

	/* 1: AArch64 only */
	set(PFR0, PFR0_EL1, 1);
	if (!axv_arm64_has(AXVCPU_ARM64_FEAT_EL0_32))
		set(PFR0, PFR0_EL0, 1);
	/* the system register interface, as GICv3 has it */
	if (axv_arm64_nr_lrs)
		set(PFR0, PFR0_GIC, 1);
	/* no error records, and none that can be injected */
	cap(PFR0, PFR0_RAS, axv_arm64_cpu & AXV_CPU_RAS ? 1 : 0);
	if (axv_arm64_has(AXVCPU_ARM64_FEAT_SVE))
		set(PFR0, PFR0_SVE, 1);
	else
		axv_ids[ZFR0] = 0;
	/* 2, or 2 behind the point after 1: with SCXTNUM_ELx */
	cap(PFR0, PFR0_CSV2, axv_arm64_cpu & AXV_CPU_CSV2_2 ? 2 : 1);
	if (get(PFR0, PFR0_CSV2) != 1)
		set(PFR1, PFR1_CSV2_FRAC, 0);
	cap(PFR1, PFR1_CSV2_FRAC, axv_arm64_cpu & AXV_CPU_CSV2_2 ? 2 : 1);
	/* Debugv8p2: what came later is for external debuggers, or more registers */
	cap(DFR0, DFR0_DEBUG, 8);

	if (!axv_arm64_has(AXVCPU_ARM64_FEAT_PAUTH)) {
		/* APA, API, GPA, GPI; GPA3, APA3, PAC_frac */
		axv_ids[ISAR1] &= ~(F(4) | F(8) | F(24) | F(28));
		axv_ids[ISAR2] &= ~(F(8) | F(12) | F(24));
	}
	/* 5: 48 bits. Larger granules have 52-bit forms of their own. */
	cap(MMFR0, MMFR0_PARANGE, wide ? 6 : 5);
	if (!wide && get(MMFR0, MMFR0_TGRAN4) != 0xf)
		cap(MMFR0, MMFR0_TGRAN4, 0);
	cap(MMFR0, MMFR0_TGRAN16, wide ? 2 : 1);
	/* 2: access flag and dirty state, without what came later */
	cap(MMFR1, MMFR1_HAFDBS, 2);
	cap(MMFR2, MMFR2_VARANGE, 1);
	/* registers that are switched where the CPU has them */
	if (axv_arm64_cpu & AXV_CPU_TCR2)
		set(MMFR3, MMFR3_TCRX, 1);
	if (axv_arm64_cpu & AXV_CPU_S1PIE)
		set(MMFR3, MMFR3_S1PIE, 1);
}

/**
 * axv_arm64_idregs_init() - what guests are shown
 *
 * At load, when all other parts have said what there is.
 */
void __init axv_arm64_idregs_init(void)
{
	show(axv_shown64, ARRAY_SIZE(axv_shown64));
	if (axv_arm64_has(AXVCPU_ARM64_FEAT_EL0_32)) {
		show(axv_shown32, ARRAY_SIZE(axv_shown32));
		if (axv_arm64_nr_lrs)
			set(ID(1, 1), ID_PFR1_GIC, 1);
	}
	adjust();
}

/**
 * axv_arm64_idreg() - an ID register as the guest reads it
 * @v: the vCPU
 * @reg: AXVCPU_ARM64_SYSREG()
 * @value: out
 *
 * Return: false: it is none of them.
 */
bool axv_arm64_idreg(const struct axv_vcpu *v, u32 reg, u64 *value)
{
	u32 id = reg & (NR_IDS * 2 - 1);

	if (reg - id != AXVCPU_ARM64_SYSREG(3, 0, 0, 0, 0) || id >= NR_IDS || id < ID(1, 0))
		return false;
	*value = axv_ids[id];
	return true;
}
