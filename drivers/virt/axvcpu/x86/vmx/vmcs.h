/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine control structure: its controls, fields and exit reasons, in
 * the order of the Intel SDM, volume 3, appendices A (capabilities), B (field
 * encodings) and C (exit reasons).
 */
#ifndef AXVCPU_VMX_VMCS_H
#define AXVCPU_VMX_VMCS_H

#include <linux/bits.h>
#include <linux/types.h>

/* ---- MSRs ----------------------------------------------------------------------- */

#define AXV_MSR_FEAT_CTL		0x3a
#define AXV_FEAT_CTL_LOCKED		BIT(0)
#define AXV_FEAT_CTL_VMXON		BIT(2)	/* outside SMX */

#define AXV_MSR_VMX_BASIC		0x480
#define AXV_MSR_VMX_PIN			0x481
#define AXV_MSR_VMX_PROC		0x482
#define AXV_MSR_VMX_EXIT		0x483
#define AXV_MSR_VMX_ENTRY		0x484
#define AXV_MSR_VMX_MISC		0x485
#define AXV_MSR_VMX_CR0_FIXED0		0x486
#define AXV_MSR_VMX_CR0_FIXED1		0x487
#define AXV_MSR_VMX_CR4_FIXED0		0x488
#define AXV_MSR_VMX_CR4_FIXED1		0x489
#define AXV_MSR_VMX_PROC2		0x48b
#define AXV_MSR_VMX_EPT_VPID		0x48c
/* what PIN, PROC, EXIT and ENTRY say where they have to be told about defaults */
#define AXV_MSR_VMX_TRUE_PIN		0x48d
#define AXV_MSR_VMX_TRUE_PROC		0x48e
#define AXV_MSR_VMX_TRUE_EXIT		0x48f
#define AXV_MSR_VMX_TRUE_ENTRY		0x490

/* VMX_BASIC */
#define BASIC_REVISION			GENMASK_ULL(30, 0)
#define BASIC_SIZE(basic)		(((basic) >> 32) & 0x1fff)
#define BASIC_32BIT			BIT_ULL(48)
#define BASIC_TYPE(basic)		(((basic) >> 50) & 0xf)
#define BASIC_TYPE_WB			6
#define BASIC_TRUE			BIT_ULL(55)

/* VMX_MISC */
#define MISC_PT				BIT(14)	/* Processor Trace works in VMX operation */

/* EPT_VPID */
#define EPT_CAP_WALK_4			BIT_ULL(6)
#define EPT_CAP_WALK_5			BIT_ULL(7)
#define EPT_CAP_WB			BIT_ULL(14)
#define EPT_CAP_2M			BIT_ULL(16)
#define EPT_CAP_1G			BIT_ULL(17)
#define EPT_CAP_INVEPT			BIT_ULL(20)
#define EPT_CAP_AD			BIT_ULL(21)
#define EPT_CAP_INVEPT_SINGLE		BIT_ULL(25)
#define EPT_CAP_INVEPT_ALL		BIT_ULL(26)
#define VPID_CAP_INVVPID		BIT_ULL(32)
#define VPID_CAP_SINGLE			BIT_ULL(41)
#define VPID_CAP_ALL			BIT_ULL(42)

/* types of INVEPT and INVVPID */
#define INV_SINGLE			1
#define INV_ALL				2

/* ---- controls ------------------------------------------------------------------- */

#define PIN_EXT_INTR			BIT(0)
#define PIN_NMI				BIT(3)
#define PIN_VIRTUAL_NMI			BIT(5)

#define PROC_INTR_WINDOW		BIT(2)
#define PROC_TSC_OFFSET			BIT(3)
#define PROC_HLT			BIT(7)
#define PROC_INVLPG			BIT(9)
#define PROC_MWAIT			BIT(10)
#define PROC_RDPMC			BIT(11)
#define PROC_RDTSC			BIT(12)
#define PROC_CR3_LOAD			BIT(15)
#define PROC_CR3_STORE			BIT(16)
#define PROC_CR8_LOAD			BIT(19)
#define PROC_CR8_STORE			BIT(20)
#define PROC_TPR_SHADOW			BIT(21)
#define PROC_NMI_WINDOW			BIT(22)
#define PROC_MOV_DR			BIT(23)
#define PROC_IO				BIT(24)
#define PROC_IO_BITMAPS			BIT(25)
#define PROC_MTF			BIT(27)
#define PROC_MSR_BITMAPS		BIT(28)
#define PROC_MONITOR			BIT(29)
#define PROC_PAUSE			BIT(30)
#define PROC_SECONDARY			BIT(31)

#define PROC2_EPT			BIT(1)
#define PROC2_RDTSCP			BIT(3)
#define PROC2_VPID			BIT(5)
#define PROC2_WBINVD			BIT(6)
#define PROC2_UNRESTRICTED		BIT(7)
#define PROC2_INVPCID			BIT(12)
#define PROC2_ENCLS			BIT(15)
#define PROC2_XSAVES			BIT(20)

#define EXIT_SAVE_DEBUG			BIT(2)
#define EXIT_HOST_64			BIT(9)
#define EXIT_ACK_INTR			BIT(15)
#define EXIT_SAVE_PAT			BIT(18)
#define EXIT_LOAD_PAT			BIT(19)
#define EXIT_SAVE_EFER			BIT(20)
#define EXIT_LOAD_EFER			BIT(21)

#define ENTRY_LOAD_DEBUG		BIT(2)
#define ENTRY_IA32E			BIT(9)
#define ENTRY_LOAD_PAT			BIT(14)
#define ENTRY_LOAD_EFER			BIT(15)

/* EPT pointer */
#define EPTP_WB				6ull
#define EPTP_LEVELS(n)			((u64)((n) - 1) << 3)
#define EPTP_AD				BIT_ULL(6)

/* ---- fields --------------------------------------------------------------------- */

enum axv_vmcs_field {
	/* 16 bits */
	VMCS_VPID			= 0x0000,
	VMCS_GUEST_ES_SEL		= 0x0800,	/* CS, SS, DS, FS, GS, LDTR, TR follow */
	VMCS_HOST_ES_SEL		= 0x0c00,
	VMCS_HOST_CS_SEL		= 0x0c02,
	VMCS_HOST_SS_SEL		= 0x0c04,
	VMCS_HOST_DS_SEL		= 0x0c06,
	VMCS_HOST_FS_SEL		= 0x0c08,
	VMCS_HOST_GS_SEL		= 0x0c0a,
	VMCS_HOST_TR_SEL		= 0x0c0c,

	/* 64 bits */
	VMCS_MSR_BITMAP			= 0x2004,
	VMCS_TSC_OFFSET			= 0x2010,
	VMCS_VIRTUAL_APIC		= 0x2012,
	VMCS_EPTP			= 0x201a,
	VMCS_XSS_EXITS			= 0x202c,
	VMCS_ENCLS_EXITS		= 0x202e,
	VMCS_GUEST_PHYS			= 0x2400,
	VMCS_LINK			= 0x2800,
	VMCS_GUEST_DEBUGCTL		= 0x2802,
	VMCS_GUEST_PAT			= 0x2804,
	VMCS_GUEST_EFER			= 0x2806,
	VMCS_GUEST_PDPTE0		= 0x280a,	/* 1 to 3 follow */
	VMCS_HOST_PAT			= 0x2c00,
	VMCS_HOST_EFER			= 0x2c02,

	/* 32 bits */
	VMCS_PIN			= 0x4000,
	VMCS_PROC			= 0x4002,
	VMCS_EXCEPTIONS			= 0x4004,
	VMCS_PF_MASK			= 0x4006,
	VMCS_PF_MATCH			= 0x4008,
	VMCS_CR3_TARGETS		= 0x400a,
	VMCS_EXIT			= 0x400c,
	VMCS_EXIT_MSR_STORES		= 0x400e,
	VMCS_EXIT_MSR_LOADS		= 0x4010,
	VMCS_ENTRY			= 0x4012,
	VMCS_ENTRY_MSR_LOADS		= 0x4014,
	VMCS_ENTRY_INTR			= 0x4016,
	VMCS_ENTRY_ERROR		= 0x4018,
	VMCS_ENTRY_LEN			= 0x401a,
	VMCS_TPR_THRESHOLD		= 0x401c,
	VMCS_PROC2			= 0x401e,
	VMCS_INSN_ERROR			= 0x4400,
	VMCS_REASON			= 0x4402,
	VMCS_EXIT_INTR			= 0x4404,
	VMCS_EXIT_ERROR			= 0x4406,
	VMCS_VECTORING			= 0x4408,
	VMCS_VECTORING_ERROR		= 0x440a,
	VMCS_EXIT_LEN			= 0x440c,
	VMCS_INSN_INFO			= 0x440e,
	VMCS_GUEST_ES_LIMIT		= 0x4800,	/* as the selectors */
	VMCS_GUEST_GDT_LIMIT		= 0x4810,
	VMCS_GUEST_IDT_LIMIT		= 0x4812,
	VMCS_GUEST_ES_AR		= 0x4814,	/* as the selectors */
	VMCS_GUEST_INTR			= 0x4824,
	VMCS_GUEST_ACTIVITY		= 0x4826,
	VMCS_GUEST_SMBASE		= 0x4828,
	VMCS_GUEST_SYSENTER_CS		= 0x482a,
	VMCS_HOST_SYSENTER_CS		= 0x4c00,

	/* natural width */
	VMCS_CR0_MASK			= 0x6000,
	VMCS_CR4_MASK			= 0x6002,
	VMCS_CR0_SHADOW			= 0x6004,
	VMCS_CR4_SHADOW			= 0x6006,
	VMCS_QUALIFICATION		= 0x6400,
	VMCS_GUEST_LINEAR		= 0x640a,
	VMCS_GUEST_CR0			= 0x6800,
	VMCS_GUEST_CR3			= 0x6802,
	VMCS_GUEST_CR4			= 0x6804,
	VMCS_GUEST_ES_BASE		= 0x6806,	/* as the selectors */
	VMCS_GUEST_GDT_BASE		= 0x6816,
	VMCS_GUEST_IDT_BASE		= 0x6818,
	VMCS_GUEST_DR7			= 0x681a,
	VMCS_GUEST_RSP			= 0x681c,
	VMCS_GUEST_RIP			= 0x681e,
	VMCS_GUEST_RFLAGS		= 0x6820,
	VMCS_GUEST_PENDING_DEBUG	= 0x6822,
	VMCS_GUEST_SYSENTER_ESP		= 0x6824,
	VMCS_GUEST_SYSENTER_EIP		= 0x6826,
	VMCS_HOST_CR0			= 0x6c00,
	VMCS_HOST_CR3			= 0x6c02,
	VMCS_HOST_CR4			= 0x6c04,
	VMCS_HOST_FS_BASE		= 0x6c06,
	VMCS_HOST_GS_BASE		= 0x6c08,
	VMCS_HOST_TR_BASE		= 0x6c0a,
	VMCS_HOST_GDT_BASE		= 0x6c0c,
	VMCS_HOST_IDT_BASE		= 0x6c0e,
	VMCS_HOST_SYSENTER_ESP		= 0x6c10,
	VMCS_HOST_SYSENTER_EIP		= 0x6c12,
	VMCS_HOST_RSP			= 0x6c14,
	VMCS_HOST_RIP			= 0x6c16,
};

/* access rights of a segment: struct axvcpu_x86_segment.attr with a gap in it */
#define AR_UNUSABLE			BIT(16)

/* interruptibility */
#define INTR_STI			BIT(0)
#define INTR_MOV_SS			BIT(1)
#define INTR_NMI			BIT(3)

/* pending debug exceptions */
#define PENDING_BS			BIT(14)

/* ---- events: entry and exit interruption information, IDT vectoring -------------- */

#define VMX_EVENT_VECTOR(e)			((u8)(e))
#define VMX_EVENT_TYPE(e)			((e) & GENMASK(10, 8))
#define VMX_EVENT_TYPE_INTR			(0u << 8)
#define VMX_EVENT_TYPE_NMI			(2u << 8)
#define VMX_EVENT_TYPE_EXC			(3u << 8)
#define VMX_EVENT_TYPE_SOFT_INT		(4u << 8)
#define VMX_EVENT_TYPE_PRIV_EXC		(5u << 8)	/* INT1 */
#define VMX_EVENT_TYPE_SOFT_EXC		(6u << 8)	/* INT3, INTO */
#define VMX_EVENT_ERR_VALID			BIT(11)
#define VMX_EVENT_IRET_UNMASKED		BIT(12)		/* exits: NMIs, by the IRET that faulted */
#define VMX_EVENT_VALID			BIT(31)

/* ---- qualifications ------------------------------------------------------------- */

/* control registers */
#define CR_QUAL_NR(q)			((q) & 0xf)
#define CR_QUAL_TYPE(q)			(((q) >> 4) & 3)
#define CR_QUAL_TO			0
#define CR_QUAL_FROM			1
#define CR_QUAL_CLTS			2
#define CR_QUAL_LMSW			3
#define CR_QUAL_GPR(q)			(((q) >> 8) & 0xf)
#define CR_QUAL_LMSW_DATA(q)		((u16)((q) >> 16))

/* debug registers */
#define DR_QUAL_NR(q)			((q) & 7)
#define DR_QUAL_FROM			BIT(4)
#define DR_QUAL_GPR(q)			(((q) >> 8) & 0xf)

/* I/O */
#define IO_QUAL_WIDTH(q)		(((q) & 7) + 1)
#define IO_QUAL_IN			BIT(3)
#define IO_QUAL_STR			BIT(4)
#define IO_QUAL_REP			BIT(5)
#define IO_QUAL_PORT(q)			((u16)((q) >> 16))
/* instruction information of INS and OUTS: 0 16, 1 32, 2 64 bits; the segment */
#define IO_INFO_ADDR(i)			(16u << (((i) >> 7) & 7))
#define IO_INFO_SEG(i)			(((i) >> 15) & 7)

/* EPT violations */
#define EPT_QUAL_READ			BIT(0)
#define EPT_QUAL_WRITE			BIT(1)
#define EPT_QUAL_FETCH			BIT(2)
#define EPT_QUAL_LINEAR			BIT(7)	/* the linear address is valid */
#define EPT_QUAL_FINAL			BIT(8)	/* ... and the access was to what it names */
#define EPT_QUAL_IRET_UNMASKED		BIT(12)

/* ---- exit reasons --------------------------------------------------------------- */

#define REASON_BASIC(r)			((u16)(r))
#define REASON_ENTRY_FAILED		BIT(31)

enum axv_vmx_reason {
	REASON_EXCEPTION		= 0,
	REASON_EXT_INTR			= 1,
	REASON_TRIPLE_FAULT		= 2,
	REASON_INIT			= 3,
	REASON_SIPI			= 4,
	REASON_IO_SMI			= 5,
	REASON_SMI			= 6,
	REASON_INTR_WINDOW		= 7,
	REASON_NMI_WINDOW		= 8,
	REASON_TASK_SWITCH		= 9,
	REASON_CPUID			= 10,
	REASON_GETSEC			= 11,
	REASON_HLT			= 12,
	REASON_INVD			= 13,
	REASON_INVLPG			= 14,
	REASON_RDPMC			= 15,
	REASON_RDTSC			= 16,
	REASON_RSM			= 17,
	REASON_VMCALL			= 18,
	REASON_VMCLEAR			= 19,
	REASON_VMXON			= 27,
	REASON_CR			= 28,
	REASON_DR			= 29,
	REASON_IO			= 30,
	REASON_RDMSR			= 31,
	REASON_WRMSR			= 32,
	REASON_GUEST_STATE		= 33,
	REASON_MSR_LOAD			= 34,
	REASON_MWAIT			= 36,
	REASON_MTF			= 37,
	REASON_MONITOR			= 39,
	REASON_PAUSE			= 40,
	REASON_MCE_ENTRY		= 41,
	REASON_TPR			= 43,
	REASON_EPT_VIOLATION		= 48,
	REASON_EPT_MISCONFIG		= 49,
	REASON_INVEPT			= 50,
	REASON_RDTSCP			= 51,
	REASON_PREEMPTION		= 52,
	REASON_INVVPID			= 53,
	REASON_WBINVD			= 54,
	REASON_XSETBV			= 55,
	REASON_RDRAND			= 57,
	REASON_INVPCID			= 58,
	REASON_VMFUNC			= 59,
	REASON_ENCLS			= 60,
	REASON_RDSEED			= 61,
	REASON_PML_FULL			= 62,
	REASON_XSAVES			= 63,
	REASON_XRSTORS			= 64,
	REASON_PCONFIG			= 65,
	REASON_NR			= 80,
};

#endif /* AXVCPU_VMX_VMCS_H */
