/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness on x86: what axvtest.h leaves to the architecture. */
#ifndef AXVTEST_X86_H
#define AXVTEST_X86_H

/* ---- starts ---------------------------------------------------------------- */

/* besides these a configuration may say any enum axvcpu_x86_start */
#define AXT_START_FLAT		AXVCPU_X86_START_PROT32
#define AXT_START_PAGED		AXVCPU_X86_START_LONG64

/* ---- exits ----------------------------------------------------------------- */

#define AXT_EXIT_SYNC		AXVCPU_EXIT_IO_WRITE
#define AXT_EXIT_SYNC_READ	AXVCPU_EXIT_IO_READ
#define axt_synced(x)		((x)->io.data)
#define axt_is_sync(x)		((x)->reason == AXT_EXIT_SYNC && (x)->io.port == GUEST_PORT)

/* ---- registers ------------------------------------------------------------- */

#define AXT_ARCH		AXVCPU_ARCH_X86
typedef struct axvcpu_x86_regs axt_regs_t;
#define axt_regs(run)		(&(run)->regs.x86)

/* of the FP group at least */
#define AXT_FP_SIZE		(512 + 64)

/* by what the guests use them for */
#define AXT_RESULT_REG		AXVCPU_X86_RAX
#define AXT_ADDR		AXVCPU_X86_RSI
#define AXT_VALUE		AXVCPU_X86_RDX
#define AXT_COUNT		AXVCPU_X86_RCX
#define AXT_SECOND		AXVCPU_X86_RBX
#define AXT_STRIDE		AXVCPU_X86_R9
#define AXT_ROUNDS		AXVCPU_X86_RDI
#define AXT_SPARE		AXVCPU_X86_R15
/* of a hypercall, the last two */
#define AXT_ARG4		AXVCPU_X86_R8
#define AXT_ARG5		AXVCPU_X86_R9
#define AXT_SP			AXVCPU_X86_RSP
#define AXT_NR_GPRS		AXVCPU_X86_NR_GPRS
/* pages of a stage-2's root */
#define AXT_S2_ROOT		1u

#define axt_gpr_in(gpr, nr)	((gpr)->r[nr])
#define axt_gpr(run, nr)	axt_gpr_in(&(run)->regs.x86.gpr, nr)
#define axt_gpr_pc(run)		((run)->regs.x86.gpr.rip)
/* bits and members of each group that no commit takes */
#define axt_gpr_spoil(run)	((run)->regs.x86.gpr.rflags |= 1ull << 63)
#define axt_control_spoil(run)	((run)->regs.x86.control.cr0 |= 1ull << 40)
#define axt_intr_spoil(run)	((run)->regs.x86.intr.reserved[4] = 1)
/* reserved bytes of the XSAVE header */
#define axt_fp_spoil(fp)	memset((char *)(fp) + 512 + 16, 0xff, 48)
/* a member of the control registers that keeps any small even value */
#define axt_control_word(run)	((run)->regs.x86.control.cr2)

/* Bits here and there of all groups, sometimes such as no commit takes, by @n. */
static inline void axt_regs_flip(volatile struct axvcpu_run *run, uint32_t n)
{
	run->regs.x86.gpr.rflags = n % 16 ? 2 : ~0ull;
	run->regs.x86.gpr.rip = n % 7 ? GUEST_CODE : n;
	run->regs.x86.control.cr0 ^= n % 4 ? 0 : 1ull << n % 64;
	run->regs.x86.control.efer ^= n % 4 ? 0 : 1ull << n % 13;
	run->regs.x86.intr.flags = n % 3 ? 0 : n;
	((volatile unsigned char *)run)[0x1000 + 512 + n % 64] = n % 4 ? 0 : n;
}

/* ---- events ---------------------------------------------------------------- */

/* the interrupt of guests that serve one; above what save.S masks by CR8 */
#define AXT_IRQ			0x61
/* how many of them there are, to be told apart and each counted; 1: it is a line */
#define AXT_NR_IRQS		256
#define AXT_NMI			2
/* what is none */
#define AXT_NO_IRQ		0
/* what else they serve: an NMI */
#define axt_inject_other(v)	axv_inject_nmi(v)

/* ---- what only x86 has ------------------------------------------------------- */

/*
 * Flat GDT at GUEST_GDT: 0x08 code32, 0x10 code of the start mode, 0x18 data,
 * 0x20 64-bit code, 0x28 user code, 0x30 user data, 0x38 a 64-bit TSS. The
 * registers are not loaded: say so in the guest or commit CONTROL.
 */
#define AXT_GDT_LIMIT	0x47
void axt_gdt(unsigned char *ram, uint32_t start);
/* An interrupt gate for @vector at GUEST_IDT, in the form of the start mode. */
void axt_idt_set(unsigned char *ram, uint32_t start, unsigned int vector,
		 uint64_t handler);
#define AXT_IDT_LIMIT	0xfff

/* for struct axvcpu_create_vm.exception_exits: that of @nr */
#define AXT_EXCEPTION_EXIT(nr)	(1u << (nr))

/* I/O ports? */
#define AXT_PORTS		1

#endif /* AXVTEST_X86_H */
