/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* axvcpu: the x86 part of the ABI, included by <linux/axvcpu.h>. */
#ifndef _UAPI_LINUX_AXVCPU_X86_H
#define _UAPI_LINUX_AXVCPU_X86_H

#include <linux/types.h>

/* struct axvcpu_info.arch_features: what the CPU offers and axvcpu uses */
#define AXVCPU_X86_FEAT_NEXT_RIP	(1u << 0)
#define AXVCPU_X86_FEAT_DECODE_ASSISTS	(1u << 1)
#define AXVCPU_X86_FEAT_FLUSH_BY_TAG	(1u << 2)
#define AXVCPU_X86_FEAT_CLEAN_BITS	(1u << 3)
#define AXVCPU_X86_FEAT_TSC_SCALING	(1u << 4)
/* of axvcpu itself: AXVCPU_X86_LOCAL_APIC is possible */
#define AXVCPU_X86_FEAT_LOCAL_APIC	(1u << 5)
/* of the moment: somebody else, as KVM, has the extension in use; guests of both run */
#define AXVCPU_X86_FEAT_SHARED		(1u << 6)

/*
 * struct axvcpu_create_vm.arch_flags
 *
 * LOCAL_APIC: each vCPU has a local APIC in the kernel, whose id is the vCPU's: the
 * page at IA32_APIC_BASE, where nothing is to be mapped, and in x2APIC mode MSRs
 * 800h-83Fh. Without it these are MMIO exits and the MSR filter's affair.
 *
 * With it AXVCPU_VM_KERNEL_START is possible: SIPIs start vCPUs that wait for it. Else
 * each is a CPU_UP exit (target: APIC id, entry: the vector times 4096), which FULFIL
 * goes on behind, and the VMM starts the vCPU by AXVCPU_EVENT_START. Either way INIT
 * takes effect in the kernel, and a START at a page below 1 MiB in real mode begins with
 * that page in CS and an IP of 0, as SIPIs do.
 */
#define AXVCPU_X86_LOCAL_APIC		(1ull << 0)
/* with LOCAL_APIC: the EOI of a level-triggered interrupt that is broadcast to I/O APICs
 * is a SYSREG_WRITE exit, addr 80Bh and value its vector, also in xAPIC mode; FULFIL does it
 */
#define AXVCPU_X86_EOI_EXITS		(1ull << 1)

/*
 * AXVCPU_INJECT_INTERRUPT and AXVCPU_SET_IRQFD, in a VM with local APICs:
 *
 * A vector alone is what an 8259 answers the vCPU: EAGAIN where neither LINT0 is
 * unmasked and ExtINT nor the APIC disabled by IA32_APIC_BASE, or where that vector is
 * queued already. It is delivered around priorities and service.
 *
 * AXVCPU_X86_MSI() is a message as I/O APICs and devices send it, to whichever vCPUs of
 * the VM @dest names (0-4095; 255 physically: all), with the vector and AXVCPU_X86_MSI_*.
 * The fd's vCPU does not matter. EAGAIN: nobody accepted it, or it is pending already with
 * all that did. A level-triggered one stays until the guest's EOI, which signals the
 * resample eventfds of all routes of the VM that are LEVEL, have it up, and have the same
 * vector and AXVCPU_X86_MSI_LEVEL; or see AXVCPU_X86_EOI_EXITS.
 *
 * AXVCPU_X86_LINT() is an edge at one of the vCPU's pins LINT0 and LINT1, which is what its
 * LVT says. EAGAIN: it is masked, or pending already; EINVAL: the LVT says ExtINT.
 */
#define AXVCPU_X86_MSI(dest, vector)	(1u << 30 | (__u32)(dest) << 16 | (vector))
#define AXVCPU_X86_LINT(pin)		(1u << 29 | (pin))
/* delivery mode, enum axvcpu_x86_delivery */
#define AXVCPU_X86_MSI_MODE(mode)	((__u32)(mode) << 8)
/* @dest is logical: matched with the APICs' LDR */
#define AXVCPU_X86_MSI_LOGICAL		(1u << 11)
/* level-triggered; fixed and lowest priority only */
#define AXVCPU_X86_MSI_LEVEL		(1u << 15)

/* delivery modes, of messages, of the ICR and of LVTs */
enum axvcpu_x86_delivery {
	AXVCPU_X86_FIXED	= 0,
	AXVCPU_X86_LOWEST	= 1,
	AXVCPU_X86_SMI		= 2,	/* ignored: there is no SMM */
	AXVCPU_X86_NMI		= 4,
	AXVCPU_X86_INIT		= 5,
	AXVCPU_X86_STARTUP	= 6,	/* ICR only */
	AXVCPU_X86_EXTINT	= 7,	/* not ICR; the vector of a message is an 8259's */
};

/* what a local APIC's timer counts with before its divider */
#define AXVCPU_X86_APIC_TIMER_HZ	1000000000u

/* struct axvcpu_setup.entry and the registers at the first instruction */
enum axvcpu_x86_start {
	/* real mode: below 64 KiB CS is 0 and IP the entry, above that CS is
	 * the entry's 64 KiB block and IP its offset; below 1 MiB
	 */
	AXVCPU_X86_START_REAL	= 0,
	/* the reset vector, F000:FFF0 with CS base FFFF0000; entry is 0 */
	AXVCPU_X86_START_RESET	= 1,
	/* flat 32-bit protected mode without paging; entry below 4 GiB */
	AXVCPU_X86_START_PROT32	= 2,
	/* 64-bit mode, ring 0, on the page tables at cr3 */
	AXVCPU_X86_START_LONG64	= 3,
};

/**
 * struct axvcpu_x86_setup - start state of an x86 vCPU
 * @start: enum axvcpu_x86_start
 * @reserved: zero
 * @cr3: LONG64: CR3, page tables the VMM wrote; else 0
 * @rsp: stack pointer at the entry
 * @gdt_base: LONG64, PROT32: GDTR base; segments are loaded flat whatever it
 *	holds, with selectors 0x10 (code) and 0x18 (data)
 * @gdt_limit: GDTR limit
 * @reserved1: zero
 * @reserved2: zero
 */
struct axvcpu_x86_setup {
	__u32 start;
	__u32 reserved;
	__aligned_u64 cr3;
	__aligned_u64 rsp;
	__aligned_u64 gdt_base;
	__u32 gdt_limit;
	__u32 reserved1;
	__aligned_u64 reserved2[3];
};

/* AXVCPU_REGS_GPR: in the order of the instruction encodings */
enum axvcpu_x86_reg {
	AXVCPU_X86_RAX, AXVCPU_X86_RCX, AXVCPU_X86_RDX, AXVCPU_X86_RBX,
	AXVCPU_X86_RSP, AXVCPU_X86_RBP, AXVCPU_X86_RSI, AXVCPU_X86_RDI,
	AXVCPU_X86_R8, AXVCPU_X86_R9, AXVCPU_X86_R10, AXVCPU_X86_R11,
	AXVCPU_X86_R12, AXVCPU_X86_R13, AXVCPU_X86_R14, AXVCPU_X86_R15,
	AXVCPU_X86_NR_GPRS,
};

/**
 * struct axvcpu_x86_gpr - AXVCPU_REGS_GPR
 * @r: general registers by enum axvcpu_x86_reg
 * @rip: instruction pointer
 * @rflags: flags; bit 1 reads as one, reserved bits must be zero
 */
struct axvcpu_x86_gpr {
	__aligned_u64 r[16];
	__aligned_u64 rip;
	__aligned_u64 rflags;
};

/**
 * struct axvcpu_x86_segment - a segment register with its hidden part
 * @base: base address
 * @limit: limit in bytes, expanded where the granularity bit is set
 * @selector: selector
 * @attr: bits 0-7: type, S, DPL, P (descriptor bits 40-47); bits 8-11: AVL,
 *	L, D/B, G (descriptor bits 52-55), as in the VMCB. P clear: unusable
 */
struct axvcpu_x86_segment {
	__aligned_u64 base;
	__u32 limit;
	__u16 selector;
	__u16 attr;
};

/**
 * struct axvcpu_x86_dtable - GDTR or IDTR
 * @base: base address
 * @limit: limit, 16 bits
 * @reserved: zero
 */
struct axvcpu_x86_dtable {
	__aligned_u64 base;
	__u32 limit;
	__u32 reserved;
};

enum axvcpu_x86_seg {
	AXVCPU_X86_ES, AXVCPU_X86_CS, AXVCPU_X86_SS, AXVCPU_X86_DS,
	AXVCPU_X86_FS, AXVCPU_X86_GS, AXVCPU_X86_LDTR, AXVCPU_X86_TR,
	AXVCPU_X86_NR_SEGS,
};

/**
 * struct axvcpu_x86_control - AXVCPU_REGS_CONTROL
 * @seg: segment registers by enum axvcpu_x86_seg
 * @gdt: GDTR
 * @idt: IDTR
 * @cr0: as the guest sees it, like all here
 * @cr2: page-fault address
 * @cr3: page-table root
 * @cr4: control bits
 * @cr8: task priority, 0-15
 * @efer: MSR C0000080h without SVME
 * @xcr0: XSAVE components in use
 * @xss: MSR DA0h
 * @pat: MSR 277h
 * @star: MSR C0000081h
 * @lstar: MSR C0000082h
 * @cstar: MSR C0000083h
 * @sfmask: MSR C0000084h
 * @kernel_gs_base: MSR C0000102h
 * @sysenter_cs: MSR 174h
 * @sysenter_esp: MSR 175h
 * @sysenter_eip: MSR 176h
 * @tsc_aux: MSR C0000103h
 * @reserved: zero
 */
struct axvcpu_x86_control {
	struct axvcpu_x86_segment seg[8];
	struct axvcpu_x86_dtable gdt;
	struct axvcpu_x86_dtable idt;
	__aligned_u64 cr0;
	__aligned_u64 cr2;
	__aligned_u64 cr3;
	__aligned_u64 cr4;
	__aligned_u64 cr8;
	__aligned_u64 efer;
	__aligned_u64 xcr0;
	__aligned_u64 xss;
	__aligned_u64 pat;
	__aligned_u64 star;
	__aligned_u64 lstar;
	__aligned_u64 cstar;
	__aligned_u64 sfmask;
	__aligned_u64 kernel_gs_base;
	__aligned_u64 sysenter_cs;
	__aligned_u64 sysenter_esp;
	__aligned_u64 sysenter_eip;
	__aligned_u64 tsc_aux;
	__aligned_u64 reserved[6];
};

/* struct axvcpu_x86_intr.flags */
#define AXVCPU_X86_INTR_SHADOW		(1u << 0)	/* sti or mov ss just done */
#define AXVCPU_X86_INTR_NMI_MASKED	(1u << 1)	/* until the next iret */
#define AXVCPU_X86_INTR_HALTED		(1u << 2)	/* waits after hlt */
#define AXVCPU_X86_INTR_WAIT_START	(1u << 3)	/* waits for a START event */
#define AXVCPU_X86_INTR_EXCEPTION	(1u << 4)	/* exc_* is queued */
#define AXVCPU_X86_INTR_EXC_ERROR	(1u << 5)	/* ... with an error code */
#define AXVCPU_X86_INTR_EXC_PAYLOAD	(1u << 6)	/* ... with a payload */
/* an event whose delivery the exit interrupted; it comes before all others */
#define AXVCPU_X86_INTR_REINJECT	(1u << 7)
#define AXVCPU_X86_INTR_INIT		(1u << 8)	/* an INIT was received, not yet taken */

/**
 * struct axvcpu_x86_intr - AXVCPU_REGS_INTR: queued events and blocking
 * @pending: bit map of the external interrupt vectors queued; with a local APIC those
 *	of an 8259, the others being in struct axvcpu_x86_apic
 * @flags: AXVCPU_X86_INTR_*
 * @nmis: NMIs queued, 0-2
 * @exc_vector: queued exception
 * @exc_error: its error code
 * @exc_payload: its CR2 or DR6
 * @reinject: event to be delivered again: vector in bits 0-7, type in 8-10
 *	(0 interrupt, 2 NMI, 3 exception, 4 software interrupt), bit 11 error
 *	code valid, error code in bits 32-63 (the VMCB's EVENTINJ form)
 * @reinject_len: bytes of the instruction for type 4 and #BP, #OF; else 0
 * @reserved: zero
 */
struct axvcpu_x86_intr {
	__aligned_u64 pending[4];
	__u32 flags;
	__u32 nmis;
	__u32 exc_vector;
	__u32 exc_error;
	__aligned_u64 exc_payload;
	__aligned_u64 reinject;
	__u32 reinject_len;
	__u32 reserved[5];
};

/**
 * struct axvcpu_x86_timer - AXVCPU_REGS_TIMER
 * @tsc: guest TSC at the exit; on commit the guest's TSC goes on from here
 *	unless @flags has AXVCPU_X86_TIMER_OFFSET
 * @tsc_offset: guest TSC minus host TSC; on commit taken with that flag
 * @flags: AXVCPU_X86_TIMER_OFFSET
 * @tsc_khz: out: rate
 * @reserved: zero
 */
struct axvcpu_x86_timer {
	__aligned_u64 tsc;
	__aligned_u64 tsc_offset;
	__u32 flags;
	__u32 tsc_khz;
	__aligned_u64 reserved;
};

#define AXVCPU_X86_TIMER_OFFSET		(1u << 0)

/* struct axvcpu_x86_debug.control */
/* DEBUG exit after each instruction */
#define AXVCPU_X86_DEBUG_STEP		(1u << 0)
/* int3 gives a DEBUG exit instead of #BP */
#define AXVCPU_X86_DEBUG_SW_BP		(1u << 1)
/* bp_addr and bp_dr7 are in force instead of the guest's own DR0-3 and DR7 */
#define AXVCPU_X86_DEBUG_HW_BP		(1u << 2)

/**
 * struct axvcpu_x86_debug - AXVCPU_REGS_DEBUG
 * @dr: the guest's DR0-DR3
 * @dr6: the guest's DR6
 * @dr7: the guest's DR7
 * @control: AXVCPU_X86_DEBUG_*, the VMM's own debugging of the guest
 * @reserved: zero
 * @bp_addr: breakpoints with AXVCPU_X86_DEBUG_HW_BP, linear addresses
 * @bp_dr7: their DR7
 */
struct axvcpu_x86_debug {
	__aligned_u64 dr[4];
	__aligned_u64 dr6;
	__aligned_u64 dr7;
	__u32 control;
	__u32 reserved;
	__aligned_u64 bp_addr[4];
	__aligned_u64 bp_dr7;
};

/* struct axvcpu_x86_apic.lvt */
enum axvcpu_x86_lvt {
	AXVCPU_X86_LVT_TIMER,
	AXVCPU_X86_LVT_THERMAL,
	AXVCPU_X86_LVT_PERF,
	AXVCPU_X86_LVT_LINT0,
	AXVCPU_X86_LVT_LINT1,
	AXVCPU_X86_LVT_ERROR,
	AXVCPU_X86_LVT_CMCI,
	AXVCPU_X86_NR_LVTS,
};

/**
 * struct axvcpu_x86_apic - the local APIC, with AXVCPU_REGS_INTR; where the VM has none
 *	it is neither written nor read
 * @base: IA32_APIC_BASE: enabled, x2APIC mode, BSP, address
 * @icr: ICR as last written, destination in bits 32-63 (xAPIC mode: 56-63)
 * @tsc_deadline: IA32_TSC_DEADLINE, 0: not armed
 * @id: out: APIC id
 * @tpr: TPR; on commit bits 4-7 are those of control.cr8 whatever is here
 * @ldr: LDR; in x2APIC mode out
 * @dfr: DFR
 * @svr: spurious interrupt vector register
 * @esr: ESR as the guest reads it
 * @esr_new: errors since the last write to ESR
 * @lvt: by enum axvcpu_x86_lvt
 * @initial_count: timer
 * @current_count: timer: what is left, where a commit lets it go on
 * @divide: divide configuration register
 * @reserved: zero
 * @isr: in service, 32 vectors a word
 * @tmr: level-triggered
 * @irr: requested
 * @reserved1: zero
 */
struct axvcpu_x86_apic {
	__aligned_u64 base;
	__aligned_u64 icr;
	__aligned_u64 tsc_deadline;
	__u32 id;
	__u32 tpr;
	__u32 ldr;
	__u32 dfr;
	__u32 svr;
	__u32 esr;
	__u32 esr_new;
	__u32 lvt[7];
	__u32 initial_count;
	__u32 current_count;
	__u32 divide;
	__u32 reserved;
	__u32 isr[8];
	__u32 tmr[8];
	__u32 irr[8];
	__aligned_u64 reserved1[4];
};

/**
 * struct axvcpu_x86_regs - the register groups in the run page
 * @gpr: AXVCPU_REGS_GPR
 * @control: AXVCPU_REGS_CONTROL
 * @intr: AXVCPU_REGS_INTR
 * @timer: AXVCPU_REGS_TIMER
 * @debug: AXVCPU_REGS_DEBUG
 * @apic: AXVCPU_REGS_INTR too, in a VM with AXVCPU_X86_LOCAL_APIC
 *
 * AXVCPU_REGS_FP is an XSAVE area in the standard (not compacted) form at
 * fp_offset of the mapping. XSTATE_BV may have the components of the guest's
 * XCR0 and, whatever that is, x87, SSE and PKRU; others, anything else in the
 * header and reserved MXCSR bits are EINVAL.
 */
struct axvcpu_x86_regs {
	struct axvcpu_x86_gpr gpr;
	struct axvcpu_x86_control control;
	struct axvcpu_x86_intr intr;
	struct axvcpu_x86_timer timer;
	struct axvcpu_x86_debug debug;
	struct axvcpu_x86_apic apic;
};

/* struct axvcpu_exit.fail_entry.check: what the hardware does not take */
enum axvcpu_x86_check {
	AXVCPU_X86_CHECK_NONE		= 0,	/* not found out */
	AXVCPU_X86_CHECK_RESERVED	= 1,	/* a bit that does not exist */
	AXVCPU_X86_CHECK_COMBINATION	= 2,	/* bits that do not go together */
	AXVCPU_X86_CHECK_TYPE		= 3,	/* of a segment, or an event */
	AXVCPU_X86_CHECK_DPL		= 4,	/* a privilege level */
	AXVCPU_X86_CHECK_SYSTEM		= 5,	/* a system segment, or none */
	AXVCPU_X86_CHECK_LIMIT		= 6,	/* limit and granularity */
	AXVCPU_X86_CHECK_BASE		= 7,	/* not what the selector says */
	AXVCPU_X86_CHECK_SELECTOR	= 8,	/* it names the local table */
	AXVCPU_X86_CHECK_V86		= 9,	/* attributes in virtual-8086 mode */
	AXVCPU_X86_CHECK_NR		= 10,
};

/* struct axvcpu_exit.fail_entry.field: where */
enum axvcpu_x86_field {
	AXVCPU_X86_FIELD_NONE		= 0,
	AXVCPU_X86_FIELD_CR0		= 1,
	AXVCPU_X86_FIELD_CR3		= 2,
	AXVCPU_X86_FIELD_CR4		= 3,
	AXVCPU_X86_FIELD_EFER		= 4,
	AXVCPU_X86_FIELD_PAT		= 5,
	AXVCPU_X86_FIELD_RIP		= 6,
	AXVCPU_X86_FIELD_RFLAGS		= 7,
	AXVCPU_X86_FIELD_SHADOW		= 8,	/* of STI or MOV SS */
	AXVCPU_X86_FIELD_EVENT		= 9,	/* that was to be injected */
	AXVCPU_X86_FIELD_PDPTE		= 10,	/* of PAE paging, in guest memory */
	AXVCPU_X86_FIELD_ES		= 16,	/* in the order of enum axvcpu_x86_seg */
	AXVCPU_X86_FIELD_CS		= 17,
	AXVCPU_X86_FIELD_SS		= 18,
	AXVCPU_X86_FIELD_DS		= 19,
	AXVCPU_X86_FIELD_FS		= 20,
	AXVCPU_X86_FIELD_GS		= 21,
	AXVCPU_X86_FIELD_LDTR		= 22,
	AXVCPU_X86_FIELD_TR		= 23,
	AXVCPU_X86_FIELD_NR		= 24,
};

#ifdef AXVCPU_STATIC_ASSERT
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_setup) == 64);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_gpr) == 144);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_segment) == 16);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_dtable) == 16);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_control) == 352);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_intr) == 88);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_timer) == 32);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_debug) == 96);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_apic) == 224);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_x86_regs) == 936);
#endif

#endif /* _UAPI_LINUX_AXVCPU_X86_H */
