/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cpu_*.c programs share: the guest cpu.S and ways to run a piece of it. */
#ifndef AXV_SELFTEST_CPU_H
#define AXV_SELFTEST_CPU_H

#include "common/x86.h"

DECLARE_GUEST(cpu);
#define LABEL(name)	DECLARE_GUEST_SYM(cpu, name)
#define INSN(name)	LABEL(name); LABEL(name##_end)
LABEL(done);
LABEL(traps);
INSN(cpuid_plain);
LABEL(cpuid_rep);
LABEL(cpuid_repne);
INSN(cpuid_data16);
INSN(cpuid_addr32);
INSN(cpuid_segment);
INSN(cpuid_rex);
LABEL(cpuid_many);
INSN(xgetbv_insn);
INSN(xsetbv_insn);
INSN(rdmsr_insn);
INSN(wrmsr_insn);
INSN(write_cr0);
INSN(write_cr2);
INSN(write_cr3);
INSN(write_cr4);
INSN(write_cr8);
INSN(read_cr0);
INSN(read_cr4);
INSN(read_cr8);
INSN(write_cr0_r9);
INSN(write_dr7);
INSN(write_dr6);
INSN(write_dr4);
INSN(clts_insn);
INSN(lmsw_ax);
INSN(lmsw_mem);
INSN(smsw_rbx);
INSN(smsw_mem);
INSN(fpu_insn);
INSN(sse_insn);
INSN(invlpg_insn);
INSN(invd_insn);
INSN(wbinvd_insn);
INSN(rdtsc_insn);
INSN(rdtscp_insn);
INSN(rdpmc_insn);
INSN(hlt_insn);
INSN(in_insn);
INSN(out_insn);
INSN(swapgs_insn);
INSN(cli_insn);
INSN(lidt_insn);
INSN(vmmcall_insn);
INSN(vmcall_insn);
INSN(vmrun_insn);
INSN(vmload_insn);
INSN(vmsave_insn);
INSN(stgi_insn);
INSN(clgi_insn);
INSN(skinit_insn);
INSN(invlpga_insn);
INSN(monitor_insn);
INSN(mwait_insn);
INSN(rsm_insn);

#define SYM(label)	GUEST_SYM(cpu, label)

static inline void set(struct axt *f, unsigned int nr, uint64_t value)
{
	ASSERT_OK(axv_set_gpr(&f->v, nr, value));
}

/* Run the piece at @at to its end. */
static inline bool runs(struct axt *f, uint64_t at)
{
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, at, GUEST_STACK);
	return EXPECT_EXIT(f, AXVCPU_EXIT_HYPERCALL) && EXPECT_EQ(f->exit->pc, SYM(done));
}

/* It faults instead, with an error code of zero. */
static inline bool faults(struct axt *f, const struct x86_traps *t, uint64_t at, unsigned int vector)
{
	struct x86_frame fr;

	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, at, GUEST_STACK);
	return EXPECT_TRAP(t, &f->v, vector, &fr) && EXPECT_EQ(fr.ip, at) &&
	       EXPECT_EQ(fr.error, 0u);
}

static inline struct axvcpu_x86_control control_of(struct axt *f)
{
	struct axvcpu_x86_control c;

	x86_get_control(&f->v, &c);
	return c;
}

struct leaf {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct leaf guest_cpuid(struct axt *f, uint32_t function, uint32_t index)
{
	struct leaf l = { };

	set(f, RAX, 0xffffffff00000000ull | function);
	set(f, RCX, 0xffffffff00000000ull | index);
	set(f, RBX, ~0ull);
	set(f, RDX, ~0ull);
	if (!runs(f, SYM(cpuid_plain)))
		return l;
	/* the upper halves are cleared */
	EXPECT_EQ((reg(&f->v, RAX) | reg(&f->v, RBX) | reg(&f->v, RCX) | reg(&f->v, RDX)) >> 32,
		  0u);
	l.eax = reg(&f->v, RAX);
	l.ebx = reg(&f->v, RBX);
	l.ecx = reg(&f->v, RCX);
	l.edx = reg(&f->v, RDX);
	return l;
}

#endif /* AXV_SELFTEST_CPU_H */
