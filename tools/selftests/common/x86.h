/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the x86 tests share: registers of the run page by name, and guests whose
 * every exception and interrupt comes to the test (guest/x86/traps.h).
 */
#ifndef AXV_SELFTEST_X86_H
#define AXV_SELFTEST_X86_H

#include "axvtest.h"
#include "guest/x86/traps.h"

#define RAX	AXVCPU_X86_RAX
#define RCX	AXVCPU_X86_RCX
#define RDX	AXVCPU_X86_RDX
#define RBX	AXVCPU_X86_RBX
#define RSP	AXVCPU_X86_RSP
#define RBP	AXVCPU_X86_RBP
#define RSI	AXVCPU_X86_RSI
#define RDI	AXVCPU_X86_RDI
#define R8	AXVCPU_X86_R8
#define R9	AXVCPU_X86_R9
#define R10	AXVCPU_X86_R10
#define R11	AXVCPU_X86_R11
#define R12	AXVCPU_X86_R12
#define R13	AXVCPU_X86_R13
#define R14	AXVCPU_X86_R14
#define R15	AXVCPU_X86_R15

#define FLAG_CF		0x1
#define FLAG_TF		0x100
#define FLAG_IF		0x200
#define FLAG_VM		0x20000
#define FLAG_DF		0x400
#define FLAG_RF		0x10000

#define CR0_PE		0x1ul
#define CR0_MP		0x2ul
#define CR0_EM		0x4ul
#define CR0_TS		0x8ul
#define CR0_ET		0x10ul
#define CR0_NE		0x20ul
#define CR0_WP		0x10000ul
#define CR0_AM		0x40000ul
#define CR0_NW		0x20000000ul
#define CR0_CD		0x40000000ul
#define CR0_PG		0x80000000ul
#define CR4_TSD		0x4ul
#define CR4_DE		0x8ul
#define CR4_PSE		0x10ul
#define CR4_PAE		0x20ul
#define CR4_PGE		0x80ul
#define CR4_OSFXSR	0x200ul
#define CR4_OSXMMEXCPT	0x400ul
#define CR4_OSXSAVE	0x40000ul
#define CR4_SMEP	0x100000ul
#define CR4_SMAP	0x200000ul
#define EFER_SCE	0x1ul
#define EFER_LME	0x100ul
#define EFER_LMA	0x400ul
#define EFER_NXE	0x800ul
#define EFER_SVME	0x1000ul

#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101

/* Is the backend VMX? Else it is SVM. */
bool x86_vmx(void);
/* what each of the two has for the same */
#define X86_HW(svm, vmx)	(x86_vmx() ? (vmx) : (svm))

/* SVM's EXITCODEs and VMX's exit reasons, as raw[0] shows them */
#define HW_EXIT_EXCEPTION(nr)	X86_HW(0x40ull + (nr), 0ull)
#define HW_EXIT_INTR		X86_HW(0x60ull, 1ull)
#define HW_EXIT_SWINT		X86_HW(0x75ull, ~0ull)
#define HW_EXIT_HLT		X86_HW(0x78ull, 12ull)
#define HW_EXIT_IO		X86_HW(0x7bull, 30ull)
#define HW_EXIT_RDMSR		X86_HW(0x7cull, 31ull)
#define HW_EXIT_WRMSR		X86_HW(0x7cull, 32ull)
#define HW_EXIT_SHUTDOWN	X86_HW(0x7full, 2ull)
#define HW_EXIT_HYPERCALL	X86_HW(0x81ull, 18ull)
#define HW_EXIT_NPF		X86_HW(0x400ull, 48ull)
/* the guest's state is refused */
#define HW_EXIT_REFUSED		X86_HW(~0ull, 0x80000021ull)

/*
 * QEMU's TCG is the CPU here, which leaves out some checks that a real one makes
 * by itself, without a hypervisor's doing.
 */
bool x86_emulated(void);
/*
 * Attributes of a 32-bit TSS in TR. QEMU's ring changes end QEMU itself unless
 * the TSS is one that is not busy, as it never is on a CPU.
 */
#define X86_TR_ATTR	(x86_emulated() ? 0x89 : 0x8b)

static inline uint64_t flags_of(const struct axv_vcpu *v)
{
	return v->run->regs.x86.gpr.rflags;
}

/* Change one of the flags and keep the others. */
void x86_set_flags(struct axv_vcpu *v, uint64_t set, uint64_t clear);
/* Fetch a private copy of the control group, and commit one. */
void x86_get_control(struct axv_vcpu *v, struct axvcpu_x86_control *c);
int x86_set_control(struct axv_vcpu *v, const struct axvcpu_x86_control *c);
void x86_get_intr(struct axv_vcpu *v, struct axvcpu_x86_intr *i);
int x86_set_intr(struct axv_vcpu *v, const struct axvcpu_x86_intr *i);
void x86_get_debug(struct axv_vcpu *v, struct axvcpu_x86_debug *d);
int x86_set_debug(struct axv_vcpu *v, const struct axvcpu_x86_debug *d);

/**
 * struct x86_traps - a guest with the handlers of guest/x86/traps.h
 * @base: address of the first handler
 * @bits: 16, 32 or 64: the form of the frames
 * @ram: guest memory
 */
struct x86_traps {
	uint64_t base;
	unsigned int bits;
	unsigned char *ram;
};

/* Gates for all vectors, IDTR loaded. @base: GUEST_SYM(guest, traps). */
struct x86_traps x86_traps_init(struct axt *f, uint64_t base);
/* The same for one more vCPU on this memory. */
void x86_traps_load(const struct x86_traps *t, struct axv_vcpu *v);

/**
 * struct x86_frame - what an exception or interrupt pushed
 * @vector: which
 * @error: error code, 0 where there is none
 * @ip: return address
 * @cs: code segment
 * @flags: flags
 * @sp: stack pointer, 64-bit frames only
 */
struct x86_frame {
	unsigned int vector;
	uint64_t error;
	uint64_t ip;
	uint64_t cs;
	uint64_t flags;
	uint64_t sp;
};

/* The present exit is a handler's: its frame. Fetches the general registers. */
bool x86_trapped(const struct x86_traps *t, struct axv_vcpu *v, struct x86_frame *fr);
/* RUN until a handler is reached: it must be the next exit and this vector. */
bool x86_run_to_trap(const char *file, int line, const struct x86_traps *t,
		     struct axv_vcpu *v, unsigned int vector, struct x86_frame *fr);
#define EXPECT_TRAP(t, v, vector, fr) \
	x86_run_to_trap(__FILE__, __LINE__, t, v, vector, fr)
#define ASSERT_TRAP(t, v, vector, fr) \
	do { if (!EXPECT_TRAP(t, v, vector, fr)) axt_end(); } while (0)

#endif /* AXV_SELFTEST_X86_H */
