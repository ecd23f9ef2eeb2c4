/* SPDX-License-Identifier: GPL-2.0-only */
/* What entry.S and C agree on; state.c checks it against the structures. */
#ifndef AXVCPU_VMX_ENTRY_H
#define AXVCPU_VMX_ENTRY_H

/* struct axv_vmx_switch */
#define SW_GPR		0
#define SW_RSP		8
#define SW_SPEC_CTRL	16
#define SW_LAUNCHED	24

/* what axv_vmx_run() says */
#define RUN_EXIT	0	/* the guest ran, or the entry failed late: a reason is there */
#define RUN_VALID	1	/* VMfailValid: an instruction error is there */
#define RUN_INVALID	2	/* VMfailInvalid: there is no current VMCS */
#define RUN_FAULT	3	/* #UD: not in VMX operation */

/* enum axv_vmcs_field */
#define FIELD_HOST_RSP	0x6c14

#endif
