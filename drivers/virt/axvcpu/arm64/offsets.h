/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets in struct axv_arm64_ctx for assembly, in which registers are numbers; arch.c
 * checks them.
 */
#ifndef AXVCPU_ARM64_OFFSETS_H
#define AXVCPU_ARM64_OFFSETS_H

#define CTX_X(n)	((n) * 8)
#define CTX_PC		248
#define CTX_PSTATE	256
#define CTX_SP_EL0	264
#define CTX_ESR		272
#define CTX_FAR		280
#define CTX_HPFAR	288
#define CTX_KIND	296
#define CTX_DISR	304
#define CTX_REG		312
#define CTX_HOST	(CTX_REG + AXV_NR_REGS * 8)

#define CTX_ICH		(CTX_HOST + AXV_NR_REGS * 8)
#define CTX_ICH_HCR	(CTX_ICH)
#define CTX_ICH_VMCR	(CTX_ICH + 8)
#define CTX_ICH_MISR	(CTX_ICH + 16)
#define CTX_ICH_EISR	(CTX_ICH + 24)
#define CTX_ICH_AP0R(n)	(CTX_ICH + 32 + (n) * 8)
#define CTX_ICH_AP1R(n)	(CTX_ICH + 64 + (n) * 8)
#define CTX_ICH_LR(n)	(CTX_ICH + 96 + (n) * 8)
#define CTX_ICH_USED	(CTX_ICH + 224)

#define CTX_EL2		(CTX_ICH + 232)
#define CTX_EL2_HOST	(CTX_EL2 + 80)
/* in either of them */
#define EL2_HCR		0
#define EL2_VTCR	8
#define EL2_VTTBR	16
#define EL2_CPTR	24
#define EL2_MDCR	32
#define EL2_CNTHCTL	40
#define EL2_CNTVOFF	48
#define EL2_VPIDR	56
#define EL2_VMPIDR	64
#define EL2_HSTR	72

#define CTX_FINE	(CTX_EL2_HOST + 80)
#define CTX_FINE_HOST	(CTX_FINE + AXV_NR_FINE * 8)
#define CTX_CALLEE(n)	(CTX_FINE_HOST + AXV_NR_FINE * 8 + (n) * 8)
#define CTX_FEATURES	CTX_CALLEE(20)
#define CTX_VSESR	(CTX_FEATURES + 8)
#define CTX_CNTV_CTL	(CTX_FEATURES + 16)
#define CTX_CNTV_CVAL	(CTX_FEATURES + 24)
#define CTX_PREDICTORS	(CTX_FEATURES + 32)

#endif
