/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where guest/x86/state.S dumps a CPU's registers to and loads them from: 64-bit
 * slots at STATE_DUMP and STATE_LOAD. For C and for assembly.
 */
#ifndef AXV_SELFTEST_STATE_H
#define AXV_SELFTEST_STATE_H

#define STATE_DUMP	0x20000
#define STATE_LOAD	0x21000
/* XSAVE areas, standard form; STATE_XMASK holds the components to move */
#define STATE_DUMP_FP	0x22000
#define STATE_LOAD_FP	0x24000

#define SLOT_STAR	0
#define SLOT_LSTAR	1
#define SLOT_CSTAR	2
#define SLOT_SFMASK	3
#define SLOT_KERNEL_GS	4
#define SLOT_FS_BASE	5
#define SLOT_GS_BASE	6
#define SLOT_SYSENTER_CS 7
#define SLOT_SYSENTER_ESP 8
#define SLOT_SYSENTER_EIP 9
#define SLOT_PAT	10
#define SLOT_TSC_AUX	11
#define SLOT_CR2	12
#define SLOT_CR8	13
#define SLOT_DR0	14
#define SLOT_DR1	15
#define SLOT_DR2	16
#define SLOT_DR3	17
#define SLOT_DR6	18
#define SLOT_DR7	19
#define SLOT_CR0	20
#define SLOT_CR3	21
#define SLOT_CR4	22
#define SLOT_EFER	23
#define SLOT_XCR0	24
#define SLOT_RFLAGS	25
#define SLOT_CS		26
#define SLOT_DS		27
#define SLOT_ES		28
#define SLOT_FS		29
#define SLOT_GS		30
#define SLOT_SS		31
#define SLOT_GDT	32	/* two slots: limit and base as SGDT stores them */
#define SLOT_IDT	34
#define SLOT_RCX_TSCP	36	/* ecx of RDTSCP */
/* loaded, not dumped: slots 0-19, and then */
#define SLOT_XMASK	40

#endif /* AXV_SELFTEST_STATE_H */
