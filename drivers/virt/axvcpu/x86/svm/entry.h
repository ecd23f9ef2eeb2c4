/* SPDX-License-Identifier: GPL-2.0-only */
/* What entry.S and C agree on; state.c checks it against the structures. */
#ifndef AXVCPU_SVM_ENTRY_H
#define AXVCPU_SVM_ENTRY_H

/* struct axv_svm_switch */
#define SW_GPR		0
#define SW_VMCB		8
#define SW_HOST		16

#endif
