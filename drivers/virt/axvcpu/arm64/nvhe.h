/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 without VHE: what nvhe.c, nvhe_mm.c and nvhe_el2.S share.
 *
 * Our part of EL2 is two pages of code and, for each CPU, a page of data. Virtual
 * addresses there are physical ones; the code pages can be executed, the data pages and
 * those of axv_arm64_nvhe_map() written, nothing is both, nothing else is mapped.
 */
#ifndef AXVCPU_ARM64_NVHE_H
#define AXVCPU_ARM64_NVHE_H

/*
 * x0 of an HVC: of those that SMCCC leaves to a hypervisor, so that nobody takes one for
 * something else. The kernel's stub answers HVC_STUB_ERR, KVM and we SMCCC_RET_NOT_SUPPORTED
 * to what they do not know.
 */
#define AXV_EL2_BASE		0xc6000a00
#define AXV_EL2_PROBE		0xc6000123	/* nobody's */

/* AXV_EL2_BASE + */
#define AXV_EL2_ENTER		0	/* x1: the ctx; x2-x17 and x0 come back undefined */
#define AXV_EL2_FLUSH_VMID	1	/* x1: VTTBR: tlbi vmalls12e1, this CPU */
#define AXV_EL2_FLUSH_VMID_ALL	2	/* likewise, tlbi vmalls12e1is: all CPUs */
#define AXV_EL2_FLUSH_ALL	3	/* tlbi alle1is */
#define AXV_EL2_FLUSH_IPA	4	/* x1: VTTBR, x2: as TLBI IPAS2E1 takes it; this CPU */
#define AXV_EL2_READ_VTR	5	/* ICH_VTR_EL2; there has to be a GICv3 */
#define AXV_EL2_FLUSH_VA	6	/* x1: as TLBI VAE2 takes it; all CPUs */
#define AXV_EL2_NR		7

/* offsets in struct axv_el2_cpu, checked by nvhe.c */
#define EL2CPU_SCRATCH		0
#define EL2CPU_CTX			16
#define EL2CPU_SELF		24
#define EL2CPU_REPORT		32
#define EL2CPU_FAULTED		40
#define EL2CPU_STUB_VBAR		48
#define EL2CPU_STUB_SCTLR		56
#define EL2CPU_STUB_TTBR0		64
#define EL2CPU_STUB_TCR		72
#define EL2CPU_STUB_MAIR		80
#define EL2CPU_STUB_SP		88
#define EL2CPU_HOST		96
#define EL2CPU_FAULT_X		256
#define EL2CPU_FAULT_ELR		504
#define EL2CPU_FAULT_SPSR		512
#define EL2CPU_FAULT_ESR		520
#define EL2CPU_FAULT_FAR		528
#define EL2CPU_FAULT_HPFAR		536
#define EL2CPU_FAULT_VECTOR	544

#ifndef __ASSEMBLY__
#include <linux/types.h>

#include "axv_arch.h"

/**
 * struct axv_el2_cpu - what EL2 has of a CPU; a page of its own, SP_EL2 while it is ours
 * @scratch: x0 and x1 of who came to EL2
 * @ctx: physical address of the ctx whose guest has the EL1 registers, 0: the host has
 * @self: this page as EL1 knows it
 * @report: axv_arm64_el2_fault()
 * @faulted: faults of ours, the first of which is being reported
 * @stub: what was in these EL2 registers when the stub had them
 * @host: what the kernel has set up at EL2 for itself at EL1
 * @fault: the fault: @vector is the offset in the table, 0x1000 added in the guest's
 */
struct axv_el2_cpu {
	u64 scratch[2];
	u64 ctx;
	u64 self;
	u64 report;
	u64 faulted;
	struct {
		u64 vbar;
		u64 sctlr;
		u64 ttbr0;
		u64 tcr;
		u64 mair;
		u64 sp;
	} stub;
	struct axv_arm64_el2 host;
	u64 reserved[10];
	struct {
		u64 x[31];
		u64 elr;
		u64 spsr;
		u64 esr;
		u64 far;
		u64 hpfar;
		u64 vector;
	} fault;
};

/* nvhe_el2.S: the code, to be copied to a page of EL2's; where it begins to run */
extern const char axv_nvhe_text[];
extern const char axv_nvhe_text_end[];
extern const char axv_nvhe_take[];

/* nvhe_mm.c: EL2's table; under nvhe.c's lock */
int axv_nvhe_mm_create(void);
void axv_nvhe_mm_destroy(void);
u64 axv_nvhe_mm_root(void);
u64 axv_nvhe_mm_tcr(void);
/* The PAGE_SIZE bytes at @page, of the linear map. Sleeps; -ERANGE, -ENOMEM. */
int axv_nvhe_mm_map(const void *page, bool code);
/* The caller flushes. */
void axv_nvhe_mm_unmap(const void *page);
#endif

#endif /* AXVCPU_ARM64_NVHE_H */
