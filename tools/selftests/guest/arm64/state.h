/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where guest/arm64/state.S loads a vCPU's registers from, and dumps them to: an area
 * for each vCPU, whose address it has in x19. For C and for assembly.
 */
#ifndef AXV_SELFTEST_ARM64_GUEST_STATE_H
#define AXV_SELFTEST_ARM64_GUEST_STATE_H

#define STATE_AREA	0x100000
#define STATE_SIZE	0x2000

/*
 * System registers by their names, the bits of them that are any, and those that are set:
 * what the guest lives by (SCTLR, TCR, TTBR0, CPACR and the first attribute of MAIR) stays.
 */
#define STATE_REGS(X) \
	X(SP_EL0,	sp_el0,		~0ull, 0) \
	X(TPIDR_EL0,	tpidr_el0,	~0ull, 0) \
	X(TPIDRRO_EL0,	tpidrro_el0,	~0ull, 0) \
	X(TPIDR,	tpidr_el1,	~0ull, 0) \
	X(ELR,		elr_el1,	~0ull, 0) \
	X(SPSR,		spsr_el1,	0xf0000000ull, 0x3c5) \
	X(ESR,		esr_el1,	0xffffffffull, 0) \
	X(FAR,		far_el1,	~0ull, 0) \
	X(PAR,		par_el1,	0xfffffffff000ull, 0) \
	X(CONTEXTIDR,	contextidr_el1,	0xffffffffull, 0) \
	X(CNTKCTL,	cntkctl_el1,	0xf7ull, 0) \
	X(MAIR,		mair_el1,	0xffffffffffffff00ull, 0xff) \
	X(TTBR1,	ttbr1_el1,	0xfffffff000ull, 0) \
	X(VBAR,		vbar_el1,	0xfffffffff800ull, 0) \
	X(CSSELR,	csselr_el1,	1, 0) \
	X(FPSR,		fpsr,		0x0800001full, 0) \
	X(FPCR,		fpcr,		0x00c00000ull, 0) \
	X(NZCV,		nzcv,		0xf0000000ull, 0)

/* 64-bit words of either form: X registers, with a free one for x19; SP; those above; V */
#define STATE_X		0
#define STATE_SP	31
#define STATE_SYS	32
#define STATE_V		64
#define STATE_WORDS	128

/* in the area: what is loaded, the dump, rounds that were right */
#define STATE_LOAD	0
#define STATE_DUMP	0x800
#define STATE_ROUNDS	0x1000

#endif /* AXV_SELFTEST_ARM64_GUEST_STATE_H */
