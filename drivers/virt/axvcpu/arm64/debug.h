/* SPDX-License-Identifier: GPL-2.0-only */
/* What debug.c and debug_regs.c share. */
#ifndef AXVCPU_ARM64_DEBUG_H
#define AXVCPU_ARM64_DEBUG_H

#include "arm64.h"

#define NR_POINTS	16	/* as many as the architecture has room for */

/* MDSCR_EL1: what a guest can change, and what of that the CPU gets */
#define MDSCR_SS	BIT(0)
#define MDSCR_TDCC	BIT(12)
#define MDSCR_KDE	BIT(13)
#define MDSCR_HDE	BIT(14)
#define MDSCR_MDE	BIT(15)
#define MDSCR_LIVE	(MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE)
#define MDSCR_BITS	(MDSCR_LIVE | MDSCR_HDE)

/**
 * struct axv_points - one owner's breakpoints and watchpoints
 * @bvr: values
 * @bcr: controls
 * @wvr: watchpoints' values
 * @wcr: their controls
 */
struct axv_points {
	u64 bvr[NR_POINTS];
	u64 bcr[NR_POINTS];
	u64 wvr[NR_POINTS];
	u64 wcr[NR_POINTS];
};

/**
 * struct axv_arm64_debug - debugging of and by one guest
 * @guest: as it wrote them
 * @mdscr: its MDSCR_EL1
 * @locked: its OS lock
 * @control: AXVCPU_ARM64_DEBUG_*
 * @own_ss: what PSTATE.SS is but for the VMM
 * @was_masked: when it was last looked at the guest could not have a step of its own
 * @passing: breakpoints are off for an instruction, to get past one
 * @points: in a section: breakpoints and watchpoints are the guest's, @host is filled in
 * @host: the host's, in a section
 * @host_mdscr: likewise
 * @host_daif: likewise
 * @host_pmscr: likewise: PMSCR_EL1 with SPE
 * @host_trfcr: likewise: TRFCR_EL1 with a trace buffer
 */
struct axv_arm64_debug {
	struct axv_points guest;
	u64 mdscr;
	bool locked;
	u32 control;
	bool own_ss;
	bool was_masked;
	bool passing;
	bool points;
	struct axv_points host;
	u64 host_mdscr;
	u64 host_daif;
	u64 host_pmscr;
	u64 host_trfcr;
};

/* how many of them a guest has */
extern unsigned int axv_arm64_nr_brps;
extern unsigned int axv_arm64_nr_wrps;

void axv_arm64_debug_note(struct axv_vcpu *v);
void axv_arm64_debug_changed(struct axv_vcpu *v);

#endif /* AXVCPU_ARM64_DEBUG_H */
