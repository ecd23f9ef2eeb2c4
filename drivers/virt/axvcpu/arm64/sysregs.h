/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EL1 system registers that belong to a guest, once, for C and for assembly.
 *
 * AXV_SYSREGS(X): X(NAME, op1, crn, crm, op2, KIND, FEATURE): NAME is a member of
 * enum axv_arm64_reg after AXV_REG_; op0 is 3. KIND: E1, the register has an _EL12
 * name (op1 5) by which EL2 with VHE reaches the guest's; PLAIN, it has one name at
 * both levels; TRAPPED, it is never loaded, for the guest does not reach it. FEATURE:
 * AXV_CPU_* that a CPU must have before it is touched, 0: all do.
 *
 * Arm ARM (DDI 0487), D19: encodings. A register that a newer architecture adds and
 * that is not here has to be trapped or fixed by a control (section.c), or one guest
 * would leave it to another.
 */
#ifndef AXVCPU_ARM64_SYSREGS_H
#define AXVCPU_ARM64_SYSREGS_H

#define AXV_CPU_PAUTH	1	/* keys; FEAT_PAuth and the ones after it */
#define AXV_CPU_RAS	2	/* DISR_EL1 behind VDISR_EL2, VSESR_EL2 */
#define AXV_CPU_CSV2_2	4	/* SCXTNUM_ELx */
#define AXV_CPU_TCR2	8	/* TCR2_EL1 */
#define AXV_CPU_S1PIE	16	/* PIR_EL1, PIRE0_EL1 */
#define AXV_CPU_GICV3	32	/* ICC_SRE_EL2, ICH_*, of which there are */
#define AXV_CPU_AP2	64	/* two ICH_AP0R and ICH_AP1R, or */
#define AXV_CPU_AP4	128	/* four */
#define AXV_CPU_HCRX	256	/* HCRX_EL2 */
#define AXV_CPU_FGT	512	/* HFGRTR_EL2 and its like */
#define AXV_CPU_AMU_FGT	1024	/* HAFGRTR_EL2 */
#define AXV_CPU_FGT2	2048	/* HFGRTR2_EL2 and its like */
#define AXV_CPU_PAN	4096	/* PSTATE.PAN */
#define AXV_CPU_DIT	8192	/* PSTATE.DIT */
#define AXV_CPU_MTE	16384	/* PSTATE.TCO */
#define AXV_CPU_TCO	65536	/* an exception sets it, too: FEAT_MTE2 */
#define AXV_CPU_NMI	131072	/* PSTATE.ALLINT */
#define AXV_CPU_MPAM	262144	/* MPAM2_EL2, which the kernel uses too */
#define AXV_CPU_FAULTS	32768	/* HPFAR_EL2 may be wrong after any fault: erratum 834220 */

#define AXV_SYSREGS(X) \
	X(SCTLR,	0,  1,  0, 0, E1,    0) \
	X(CPACR,	0,  1,  0, 2, E1,    0) \
	X(TTBR0,	0,  2,  0, 0, E1,    0) \
	X(TTBR1,	0,  2,  0, 1, E1,    0) \
	X(TCR,		0,  2,  0, 2, E1,    0) \
	X(SPSR,		0,  4,  0, 0, E1,    0) \
	X(ELR,		0,  4,  0, 1, E1,    0) \
	X(AFSR0,	0,  5,  1, 0, E1,    0) \
	X(AFSR1,	0,  5,  1, 1, E1,    0) \
	X(ESR,		0,  5,  2, 0, E1,    0) \
	X(FAR,		0,  6,  0, 0, E1,    0) \
	X(MAIR,		0, 10,  2, 0, E1,    0) \
	X(AMAIR,	0, 10,  3, 0, E1,    0) \
	X(VBAR,		0, 12,  0, 0, E1,    0) \
	X(CONTEXTIDR,	0, 13,  0, 1, E1,    0) \
	X(CNTKCTL,	0, 14,  1, 0, E1,    0) \
	X(ACTLR,	0,  1,  0, 1, TRAPPED, 0) \
	X(PAR,		0,  7,  4, 0, PLAIN, 0) \
	X(TPIDR,	0, 13,  0, 4, PLAIN, 0) \
	X(CSSELR,	2,  0,  0, 0, PLAIN, 0) \
	X(SP_EL1,	4,  4,  1, 0, PLAIN, 0) \
	X(TPIDR_EL0,	3, 13,  0, 2, PLAIN, 0) \
	X(TPIDRRO_EL0,	3, 13,  0, 3, PLAIN, 0) \
	X(VDISR,	4, 12,  1, 1, PLAIN, AXV_CPU_RAS) \
	X(SCXTNUM,	0, 13,  0, 7, E1,    AXV_CPU_CSV2_2) \
	X(SCXTNUM_EL0,	3, 13,  0, 7, PLAIN, AXV_CPU_CSV2_2) \
	X(TCR2,		0,  2,  0, 3, E1,    AXV_CPU_TCR2) \
	X(PIRE0,	0, 10,  2, 2, E1,    AXV_CPU_S1PIE) \
	X(PIR,		0, 10,  2, 3, E1,    AXV_CPU_S1PIE) \
	X(APIAKEYLO,	0,  2,  1, 0, PLAIN, AXV_CPU_PAUTH) \
	X(APIAKEYHI,	0,  2,  1, 1, PLAIN, AXV_CPU_PAUTH) \
	X(APIBKEYLO,	0,  2,  1, 2, PLAIN, AXV_CPU_PAUTH) \
	X(APIBKEYHI,	0,  2,  1, 3, PLAIN, AXV_CPU_PAUTH) \
	X(APDAKEYLO,	0,  2,  2, 0, PLAIN, AXV_CPU_PAUTH) \
	X(APDAKEYHI,	0,  2,  2, 1, PLAIN, AXV_CPU_PAUTH) \
	X(APDBKEYLO,	0,  2,  2, 2, PLAIN, AXV_CPU_PAUTH) \
	X(APDBKEYHI,	0,  2,  2, 3, PLAIN, AXV_CPU_PAUTH) \
	X(APGAKEYLO,	0,  2,  3, 0, PLAIN, AXV_CPU_PAUTH) \
	X(APGAKEYHI,	0,  2,  3, 1, PLAIN, AXV_CPU_PAUTH)

/*
 * Controls of EL2 that newer architecture versions added, by which they keep what else
 * they added from guests: X(NAME, op1, crn, crm, op2, FEATURE), NAME one of enum
 * axv_arm64_fine after AXV_FINE_.
 */
#define AXV_FINE(X) \
	X(HCRX,		4,  1,  2, 2, AXV_CPU_HCRX) \
	X(HFGRTR,	4,  1,  1, 4, AXV_CPU_FGT) \
	X(HFGWTR,	4,  1,  1, 5, AXV_CPU_FGT) \
	X(HFGITR,	4,  1,  1, 6, AXV_CPU_FGT) \
	X(HDFGRTR,	4,  3,  1, 4, AXV_CPU_FGT) \
	X(HDFGWTR,	4,  3,  1, 5, AXV_CPU_FGT) \
	X(HAFGRTR,	4,  3,  1, 6, AXV_CPU_AMU_FGT) \
	X(HDFGRTR2,	4,  3,  1, 0, AXV_CPU_FGT2) \
	X(HDFGWTR2,	4,  3,  1, 1, AXV_CPU_FGT2) \
	X(HFGRTR2,	4,  3,  1, 2, AXV_CPU_FGT2) \
	X(HFGWTR2,	4,  3,  1, 3, AXV_CPU_FGT2) \
	X(HFGITR2,	4,  3,  1, 7, AXV_CPU_FGT2) \
	X(MPAM2,	4, 10,  5, 0, AXV_CPU_MPAM)

/* of MPAM2_EL2, the rest of which is the host's: MPAM0_EL1 and MPAM1_EL1 trap */
#define AXV_MPAM2_TRAPS_SHIFT	48
#define AXV_MPAM2_TRAPS		3

/*
 * What an exit does about branch predictors (cpus.c): 0: nothing; a number of branches; or
 * one of these. A bit at most is looked at by the entries.
 */
#define AXV_BP_NONE	0
#define AXV_BP_FIRMWARE_BIT	31	/* a call of the firmware, by SMC: its number */
#define AXV_BP_CLRBHB_BIT	30
#define AXV_BP_NOTHING_BIT	29

#ifndef __ASSEMBLY__
#define AXV_BP_FIRMWARE	BIT_ULL(AXV_BP_FIRMWARE_BIT)
#define AXV_BP_CLRBHB	BIT_ULL(AXV_BP_CLRBHB_BIT)
#define AXV_BP_OFF	BIT_ULL(AXV_BP_NOTHING_BIT)	/* mitigations=off */
#define AXV_BP_UNKNOWN	(AXV_BP_OFF | 1)	/* nothing is known that would help */

enum axv_arm64_reg {
#define AXV_REG_ENUM(name, ...) AXV_REG_##name,
	AXV_SYSREGS(AXV_REG_ENUM)
#undef AXV_REG_ENUM
	AXV_NR_REGS
};

enum axv_arm64_fine {
#define AXV_FINE_ENUM(name, ...) AXV_FINE_##name,
	AXV_FINE(AXV_FINE_ENUM)
#undef AXV_FINE_ENUM
	AXV_NR_FINE
};
#endif

#endif
