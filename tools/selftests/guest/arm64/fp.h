/* SPDX-License-Identifier: GPL-2.0-only */
/* Where fp.S has its registers, and the test those they shall be: by bytes. */
#ifndef AXV_SELFTEST_GUEST_FP_H
#define AXV_SELFTEST_GUEST_FP_H

/* one for each vCPU; x19 points to it */
#define FP_AREA		0x40000
#define FP_SIZE		0x8000

/* a bank: V registers, or Z registers one after another; P registers and FFR; the rest */
#define FP_P		0x2000
#define FP_P_SIZE	0x220
#define FP_FPSR		0x2400
#define FP_FPCR		0x2408

/* in an area: what is loaded, what was found, bytes of a Z register (0: no SVE), rounds */
#define FP_LOAD		0
#define FP_DUMP		0x4000
#define FP_VL		0x3000
#define FP_ROUNDS	0x3008

#endif /* AXV_SELFTEST_GUEST_FP_H */
