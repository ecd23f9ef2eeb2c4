/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine control block and what stands in it, in the order of the
 * AMD APM, volume 2, appendices B (layout) and C (exit codes).
 */
#ifndef AXVCPU_SVM_VMCB_H
#define AXVCPU_SVM_VMCB_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* ---- MSRs ----------------------------------------------------------------------- */

#define AXV_MSR_VM_CR			0xc0010114
#define AXV_VM_CR_SVMDIS		BIT(4)
#define AXV_MSR_VM_HSAVE_PA		0xc0010117
#define AXV_MSR_TSC_RATIO		0xc0000104
#define AXV_TSC_RATIO_1			BIT_ULL(32)

/* ---- CPUID 8000000Ah ------------------------------------------------------------ */

#define AXV_CPUID_SVM			0x8000000a
#define AXV_SVM_NPT			BIT(0)
#define AXV_SVM_NRIPS			BIT(3)
#define AXV_SVM_TSC_RATE		BIT(4)
#define AXV_SVM_VMCB_CLEAN		BIT(5)
#define AXV_SVM_FLUSH_BY_ASID		BIT(6)
#define AXV_SVM_DECODE_ASSISTS		BIT(7)
#define AXV_SVM_SPEC_CTRL		BIT(20)

/* ---- control area --------------------------------------------------------------- */

/* 000h: accesses to CR0-15: reads in bits 0-15, writes in bits 16-31 */
#define INTERCEPT_CR_READ(n)		BIT(n)
#define INTERCEPT_CR_WRITE(n)		BIT(16 + (n))
/* 004h: the same for DR0-15 */
#define INTERCEPT_DR_ALL		0xffffffffu
/* 008h: exceptions by vector */

/* 00Ch */
#define INTERCEPT1_INTR			BIT(0)
#define INTERCEPT1_NMI			BIT(1)
#define INTERCEPT1_SMI			BIT(2)
#define INTERCEPT1_INIT			BIT(3)
#define INTERCEPT1_VINTR		BIT(4)
#define INTERCEPT1_CR0_SEL_WRITE	BIT(5)
#define INTERCEPT1_RDPMC		BIT(15)
#define INTERCEPT1_PUSHF		BIT(16)
#define INTERCEPT1_POPF			BIT(17)
#define INTERCEPT1_CPUID		BIT(18)
#define INTERCEPT1_IRET			BIT(20)
#define INTERCEPT1_INTN			BIT(21)
#define INTERCEPT1_INVD			BIT(22)
#define INTERCEPT1_HLT			BIT(24)
#define INTERCEPT1_INVLPGA		BIT(26)
#define INTERCEPT1_IOIO			BIT(27)
#define INTERCEPT1_MSR			BIT(28)
#define INTERCEPT1_TASK_SWITCH		BIT(29)
#define INTERCEPT1_SHUTDOWN		BIT(31)

/* 010h */
#define INTERCEPT2_VMRUN		BIT(0)
#define INTERCEPT2_VMMCALL		BIT(1)
#define INTERCEPT2_VMLOAD		BIT(2)
#define INTERCEPT2_VMSAVE		BIT(3)
#define INTERCEPT2_STGI			BIT(4)
#define INTERCEPT2_CLGI			BIT(5)
#define INTERCEPT2_SKINIT		BIT(6)
#define INTERCEPT2_WBINVD		BIT(9)
#define INTERCEPT2_MONITOR		BIT(10)
#define INTERCEPT2_MWAIT		BIT(11)
#define INTERCEPT2_MWAIT_ARMED		BIT(12)
#define INTERCEPT2_XSETBV		BIT(13)
#define INTERCEPT2_RDPRU		BIT(14)

/* 014h */
#define INTERCEPT3_INVLPGB		BIT(0)
#define INTERCEPT3_INVLPGB_ILLEGAL	BIT(1)
#define INTERCEPT3_MCOMMIT		BIT(3)
#define INTERCEPT3_TLBSYNC		BIT(4)

/* 05Ch */
#define TLB_CONTROL_NOTHING		0
#define TLB_CONTROL_FLUSH_ALL		1
#define TLB_CONTROL_FLUSH_GUEST		3

/* 060h */
#define INT_CTL_V_TPR			GENMASK(3, 0)
#define INT_CTL_V_IRQ			BIT(8)
#define INT_CTL_V_INTR_PRIO_MAX		GENMASK(19, 16)
#define INT_CTL_V_IGN_TPR		BIT(20)
#define INT_CTL_V_INTR_MASKING		BIT(24)

/* 068h */
#define INT_STATE_SHADOW		BIT(0)

/* 090h */
#define NESTED_CTL_NP_ENABLE		BIT(0)

/* 0C0h: fields the CPU may keep from the last VMRUN of this VMCB */
#define CLEAN_INTERCEPTS		BIT(0)	/* intercepts, TSC offset */
#define CLEAN_MAPS			BIT(1)	/* IOPM and MSRPM, contents too */
#define CLEAN_ASID			BIT(2)
#define CLEAN_INT_CTL			BIT(3)	/* V_TPR, V_IRQ and the rest of 060h */
#define CLEAN_NP			BIT(4)	/* nested CR3, PAT */
#define CLEAN_CR			BIT(5)	/* CR0, CR3, CR4, EFER */
#define CLEAN_DR			BIT(6)	/* DR6, DR7 */
#define CLEAN_DT			BIT(7)	/* GDTR, IDTR */
#define CLEAN_SEG			BIT(8)	/* CS, DS, SS, ES, CPL */
#define CLEAN_CR2			BIT(9)
#define CLEAN_ALL			GENMASK(9, 0)

struct axv_vmcb_seg {
	u16 selector;
	u16 attr;
	u32 limit;
	u64 base;
};

struct axv_vmcb {
	u32 intercept_cr;		/* 000 */
	u32 intercept_dr;
	u32 intercept_exc;
	u32 intercept1;
	u32 intercept2;			/* 010 */
	u32 intercept3;
	u8 reserved_018[0x28];
	u64 iopm;			/* 040 */
	u64 msrpm;
	u64 tsc_offset;			/* 050 */
	u32 asid;
	u8 tlb_control;
	u8 reserved_05d[3];
	u32 int_ctl;			/* 060 */
	u32 int_vector;
	u64 int_state;
	u64 exit_code;			/* 070 */
	u64 exit_info1;
	u64 exit_info2;			/* 080 */
	u64 exit_int_info;
	u64 nested_ctl;			/* 090 */
	u64 reserved_098[2];
	u64 event_inj;			/* 0a8 */
	u64 nested_cr3;			/* 0b0 */
	u64 virt_ext;
	u32 clean;			/* 0c0 */
	u32 reserved_0c4;
	u64 next_rip;
	u8 insn_nr;			/* 0d0 */
	u8 insn[15];
	u8 reserved_0e0[0x400 - 0xe0];

	struct {			/* 400 */
		struct axv_vmcb_seg es;
		struct axv_vmcb_seg cs;
		struct axv_vmcb_seg ss;
		struct axv_vmcb_seg ds;
		struct axv_vmcb_seg fs;
		struct axv_vmcb_seg gs;
		struct axv_vmcb_seg gdtr;
		struct axv_vmcb_seg ldtr;
		struct axv_vmcb_seg idtr;
		struct axv_vmcb_seg tr;
		u8 reserved_0a0[43];
		u8 cpl;
		u8 reserved_0cc[4];
		u64 efer;		/* 0d0 */
		u8 reserved_0d8[112];
		u64 cr4;		/* 148 */
		u64 cr3;
		u64 cr0;
		u64 dr7;
		u64 dr6;
		u64 rflags;
		u64 rip;
		u8 reserved_180[88];
		u64 rsp;		/* 1d8 */
		u64 s_cet;
		u64 ssp;
		u64 isst_addr;
		u64 rax;
		u64 star;
		u64 lstar;
		u64 cstar;
		u64 sfmask;
		u64 kernel_gs_base;
		u64 sysenter_cs;
		u64 sysenter_esp;
		u64 sysenter_eip;
		u64 cr2;		/* 240 */
		u8 reserved_248[32];
		u64 g_pat;		/* 268 */
		u64 dbgctl;
		u64 br_from;
		u64 br_to;
		u64 last_excp_from;
		u64 last_excp_to;
		u8 reserved_298[72];
		u64 spec_ctrl;		/* 2e0 */
		u8 reserved_2e8[0xc00 - 0x2e8];
	} save;
};

static_assert(offsetof(struct axv_vmcb, iopm) == 0x40);
static_assert(offsetof(struct axv_vmcb, tlb_control) == 0x5c);
static_assert(offsetof(struct axv_vmcb, exit_code) == 0x70);
static_assert(offsetof(struct axv_vmcb, event_inj) == 0xa8);
static_assert(offsetof(struct axv_vmcb, next_rip) == 0xc8);
static_assert(offsetof(struct axv_vmcb, insn) == 0xd1);
static_assert(offsetof(struct axv_vmcb, save) == 0x400);
static_assert(offsetof(struct axv_vmcb, save.cpl) == 0x4cb);
static_assert(offsetof(struct axv_vmcb, save.cr4) == 0x548);
static_assert(offsetof(struct axv_vmcb, save.rsp) == 0x5d8);
static_assert(offsetof(struct axv_vmcb, save.cr2) == 0x640);
static_assert(offsetof(struct axv_vmcb, save.g_pat) == 0x668);
static_assert(offsetof(struct axv_vmcb, save.spec_ctrl) == 0x6e0);
static_assert(sizeof(struct axv_vmcb) == 0x1000);

/* ---- exit codes ----------------------------------------------------------------- */

#define VMEXIT_CR_READ(n)		(0x000 + (n))
#define VMEXIT_CR_WRITE(n)		(0x010 + (n))
#define VMEXIT_DR_READ(n)		(0x020 + (n))
#define VMEXIT_DR_WRITE(n)		(0x030 + (n))
#define VMEXIT_EXCP(n)			(0x040 + (n))
#define VMEXIT_INTR			0x060
#define VMEXIT_NMI			0x061
#define VMEXIT_SMI			0x062
#define VMEXIT_INIT			0x063
#define VMEXIT_VINTR			0x064
#define VMEXIT_CR0_SEL_WRITE		0x065
#define VMEXIT_RDPMC			0x06f
#define VMEXIT_PUSHF			0x070
#define VMEXIT_POPF			0x071
#define VMEXIT_CPUID			0x072
#define VMEXIT_IRET			0x074
#define VMEXIT_SWINT			0x075
#define VMEXIT_INVD			0x076
#define VMEXIT_HLT			0x078
#define VMEXIT_INVLPGA			0x07a
#define VMEXIT_IOIO			0x07b
#define VMEXIT_MSR			0x07c
#define VMEXIT_TASK_SWITCH		0x07d
#define VMEXIT_SHUTDOWN			0x07f
#define VMEXIT_VMRUN			0x080
#define VMEXIT_VMMCALL			0x081
#define VMEXIT_VMLOAD			0x082
#define VMEXIT_VMSAVE			0x083
#define VMEXIT_STGI			0x084
#define VMEXIT_CLGI			0x085
#define VMEXIT_SKINIT			0x086
#define VMEXIT_WBINVD			0x089
#define VMEXIT_MONITOR			0x08a
#define VMEXIT_MWAIT			0x08b
#define VMEXIT_MWAIT_CONDITIONAL	0x08c
#define VMEXIT_XSETBV			0x08d
#define VMEXIT_RDPRU			0x08e
#define VMEXIT_INVLPGB			0x0a0
#define VMEXIT_INVLPGB_ILLEGAL		0x0a1
#define VMEXIT_MCOMMIT			0x0a3
#define VMEXIT_TLBSYNC			0x0a4
#define VMEXIT_NPF			0x400
/* the low halves */
#define VMEXIT_INVALID			0xffffffffu
#define VMEXIT_BUSY			0xfffffffeu

/* EXITINFO1 of MOV CR and MOV DR, with decode assists */
#define MOV_INFO_VALID			BIT_ULL(63)
#define MOV_INFO_GPR			GENMASK_ULL(3, 0)

/* EXITINFO1 of IOIO; EXITINFO2 is the next rip */
#define IOIO_INFO_IN			BIT(0)
#define IOIO_INFO_STR			BIT(2)
#define IOIO_INFO_REP			BIT(3)
#define IOIO_INFO_SZ(info)		(((info) >> 4) & 7)	/* bytes */
#define IOIO_INFO_ADDR(info)		(((info) >> 7) & 7)	/* in 16 bits */
#define IOIO_INFO_SEG(info)		(((info) >> 10) & 7)
#define IOIO_INFO_PORT(info)		((u16)((info) >> 16))

/* EXITINFO1 of MSR */
#define MSR_INFO_WRITE			BIT(0)

/* EXITINFO1 of NPF, above the error code bits of a #PF */
#define NPF_INFO_WRITE			BIT_ULL(1)
#define NPF_INFO_FETCH			BIT_ULL(4)
#define NPF_INFO_WALK			BIT_ULL(33)

#endif /* AXVCPU_SVM_VMCB_H */
