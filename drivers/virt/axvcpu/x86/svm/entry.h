/* SPDX-License-Identifier: GPL-2.0-only */
/* What entry.S and C agree on; state.c checks it against the structures. */
#ifndef AXVCPU_SVM_ENTRY_H
#define AXVCPU_SVM_ENTRY_H

/* struct axvcpu_x86_gpr: r[] in the order of the instruction encodings */
#define GPR_RCX		(1 * 8)
#define GPR_RDX		(2 * 8)
#define GPR_RBX		(3 * 8)
#define GPR_RBP		(5 * 8)
#define GPR_RSI		(6 * 8)
#define GPR_RDI		(7 * 8)
#define GPR_R8		(8 * 8)
#define GPR_R9		(9 * 8)
#define GPR_R10		(10 * 8)
#define GPR_R11		(11 * 8)
#define GPR_R12		(12 * 8)
#define GPR_R13		(13 * 8)
#define GPR_R14		(14 * 8)
#define GPR_R15		(15 * 8)

/* struct axv_svm_switch */
#define SW_GPR		0
#define SW_VMCB		8
#define SW_HOST		16

#endif
