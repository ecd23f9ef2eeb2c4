// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section, but for what every one begins and ends with (axv_hot.h); and the guest's
 * CSRs, wherever they are.
 */
#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

#include "axv_hot.h"

/* Exceptions that are the guest's own affair: all that a hart without H has, but ecall. */
#define DELEGATED	(AXV_ARCH_EXCEPTION_EXITS)

u64 axv_riscv_henvcfg __ro_after_init;

/** axv_riscv_section_init() - at load: what never changes */
void axv_riscv_section_init(void)
{
	u64 cfg = 0;

	if (axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC))
		cfg |= ENVCFG_STCE;
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SVPBMT))
		cfg |= ENVCFG_PBMTE;
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_ZICBOM))
		cfg |= ENVCFG_CBCFE | (ENVCFG_CBIE_FLUSH << ENVCFG_CBIE_SHIFT);
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_ZICBOZ))
		cfg |= ENVCFG_CBZE;
	axv_riscv_henvcfg = cfg;
}

/**
 * axv_riscv_set_debug() - the guest's breakpoints are the VMM's, or its own
 * @v: the vCPU, at rest
 * @control: AXVCPU_RISCV_DEBUG_*
 */
void axv_riscv_set_debug(struct axv_vcpu *v, u32 control)
{
	u64 deleg = DELEGATED & ~v->vm->exception_exits;

	if (control & AXVCPU_RISCV_DEBUG_SW_BP)
		deleg &= ~BIT(EXC_BREAKPOINT);
	v->arch.debug_control = control;
	/* every section begins without FP registers */
	v->arch.hedeleg = deleg & ~BIT(EXC_INST_ILLEGAL);
}

/**
 * axv_riscv_load_hedeleg() - the guest has got FP or vector registers
 * @v: the vCPU, in a section
 */
void axv_riscv_load_hedeleg(struct axv_vcpu *v)
{
	u64 deleg = v->arch.hedeleg;

	if (!axv_riscv_fp_wants_illegal(v) && !axv_riscv_wants_illegal(v) &&
	    !(v->vm->exception_exits & BIT(EXC_INST_ILLEGAL)))
		deleg |= BIT(EXC_INST_ILLEGAL);
	csr_write(CSR_HEDELEG, deleg);
}

/* ---- one CSR at a time --------------------------------------------------------- */

/* Where it is at rest. */
static u64 *resting(struct axv_riscv_csrs *c, unsigned int csr)
{
	switch (csr) {
	case CSR_VSSTATUS:
		return &c->vsstatus;
	case CSR_VSTVEC:
		return &c->vstvec;
	case CSR_VSSCRATCH:
		return &c->vsscratch;
	case CSR_VSEPC:
		return &c->vsepc;
	case CSR_VSCAUSE:
		return &c->vscause;
	case CSR_VSTVAL:
		return &c->vstval;
	case CSR_VSATP:
		return &c->vsatp;
	case CSR_VSTIMECMP:
		return &c->vstimecmp;
	case CSR_HVIP:
		return &c->hvip;
	case CSR_SCOUNTEREN:
		return &c->scounteren;
	case CSR_SENVCFG:
		return &c->senvcfg;
	case CSR_VSIE:
		return &c->vsie;
	}
	return NULL;
}

/* The number of a CSR is part of the instruction. */
static u64 read_now(unsigned int csr)
{
	switch (csr) {
	case CSR_VSSTATUS:
		return csr_read(CSR_VSSTATUS);
	case CSR_VSTVEC:
		return csr_read(CSR_VSTVEC);
	case CSR_VSSCRATCH:
		return csr_read(CSR_VSSCRATCH);
	case CSR_VSEPC:
		return csr_read(CSR_VSEPC);
	case CSR_VSCAUSE:
		return csr_read(CSR_VSCAUSE);
	case CSR_VSTVAL:
		return csr_read(CSR_VSTVAL);
	case CSR_VSATP:
		return csr_read(CSR_VSATP);
	case CSR_VSTIMECMP:
		return csr_read(CSR_VSTIMECMP);
	case CSR_HVIP:
		return csr_read(CSR_HVIP);
	case CSR_SCOUNTEREN:
		return csr_read(CSR_SCOUNTEREN);
	case CSR_SENVCFG:
		return csr_read(CSR_SENVCFG);
	case CSR_VSIE:
		return csr_read(CSR_HIE) >> 1 & AXV_LINES;
	}
	return 0;
}

static void write_now(unsigned int csr, u64 value)
{
	switch (csr) {
	case CSR_VSSTATUS:
		csr_write(CSR_VSSTATUS, value);
		break;
	case CSR_VSTVEC:
		csr_write(CSR_VSTVEC, value);
		break;
	case CSR_VSSCRATCH:
		csr_write(CSR_VSSCRATCH, value);
		break;
	case CSR_VSEPC:
		csr_write(CSR_VSEPC, value);
		break;
	case CSR_VSCAUSE:
		csr_write(CSR_VSCAUSE, value);
		break;
	case CSR_VSTVAL:
		csr_write(CSR_VSTVAL, value);
		break;
	case CSR_VSATP:
		csr_write(CSR_VSATP, value);
		break;
	case CSR_VSTIMECMP:
		csr_write(CSR_VSTIMECMP, value);
		break;
	case CSR_HVIP:
		csr_write(CSR_HVIP, value);
		break;
	case CSR_SCOUNTEREN:
		csr_write(CSR_SCOUNTEREN, value);
		break;
	case CSR_SENVCFG:
		csr_write(CSR_SENVCFG, value);
		break;
	case CSR_VSIE:
		csr_write(CSR_HIE, axv_riscv_hie(value & AXV_LINES));
		break;
	}
}

/**
 * axv_riscv_read_vs() - a CSR of the guest, wherever it is
 * @v: the vCPU; its own thread calls
 * @csr: one of those named at the declaration
 */
u64 axv_riscv_read_vs(struct axv_vcpu *v, unsigned int csr)
{
	const u64 *at = resting(&v->arch.csr, csr);

	if (WARN_ON_ONCE(!at))
		return 0;
	return v->arch.loaded ? read_now(csr) : *at;
}

/**
 * axv_riscv_write_vs() - the same for a write
 * @v: the vCPU; its own thread calls
 * @csr: the CSR
 * @value: what the hart keeps of it is kept
 */
void axv_riscv_write_vs(struct axv_vcpu *v, unsigned int csr, u64 value)
{
	u64 *at = resting(&v->arch.csr, csr);

	if (WARN_ON_ONCE(!at))
		return;
	if (v->arch.loaded)
		write_now(csr, value);
	else
		*at = csr == CSR_VSIE ? value & AXV_LINES : value;
}

/* ---- the section ---------------------------------------------------------------- */

/**
 * axv_riscv_section_prepare() - what a section needs with interrupts on
 * @v: the vCPU
 */
void axv_riscv_section_prepare(struct axv_vcpu *v)
{
	WRITE_ONCE(v->prepare, false);
	axv_riscv_imsic_prepare(v);
}

/**
 * axv_riscv_section_finish() - an interrupt that ended the guest has been served
 * @v: the vCPU
 */
void axv_riscv_section_finish(struct axv_vcpu *v)
{
	v->finish = false;
	if (v->arch.timing) {
		v->arch.timing = false;
		local_irq_disable();
		guest_timing_exit_irqoff();
		local_irq_enable();
	}
}

/**
 * axv_riscv_set_root() - v->s2 is another one
 * @v: the vCPU, at rest
 */
void axv_riscv_set_root(struct axv_vcpu *v)
{
	u64 mode = HGATP_MODE_SV39X4 + axv_s2_levels(v->s2) - 3;

	v->arch.hgatp = mode << HGATP_MODE_SHIFT | axv_s2_root(v->s2) >> HGATP_PAGE_SHIFT;
	v->arch.new_root = true;
	axv_riscv_imsic_set_root(v);
}

/* ---- the guest's code ----------------------------------------------------------- */

static bool is_short(u32 insn)
{
	return (insn & 3) != 3;
}

/*
 * Another hart may be writing it: all that is aligned is read in one piece, as a hart
 * fetches it (Ziccif), or half of it might be an old instruction's.
 */
static int fetch_insn(u64 pc, u32 *insn, struct axv_riscv_trap *trap)
{
	u32 high = 0;
	int r;

	if (!(pc & 2)) {
		r = __axv_riscv_hlvx_wu(pc, insn, trap);
		if (is_short(*insn))
			*insn &= 0xffff;
		return r;
	}
	r = __axv_riscv_hlvx_hu(pc, insn, trap);
	if (!r && !is_short(*insn))
		r = __axv_riscv_hlvx_hu(pc + 2, &high, trap);
	*insn |= high << 16;
	return r;
}

/**
 * axv_riscv_fetch() - the guest's instruction
 * @v: the vCPU, in the section
 * @pc: its address
 * @insn: out: 16 or 32 bits
 * @trap: out: what the guest's own fetch would give
 *
 * Return: 0 or -EFAULT.
 */
int axv_riscv_fetch(struct axv_vcpu *v, u64 pc, u32 *insn, struct axv_riscv_trap *trap)
{
	u64 sstatus;
	int r;

	*insn = 0;
	/* A trap below leaves its own in both. */
	csr_write(CSR_HSTATUS, axv_riscv_hstatus(v));
	sstatus = csr_read(CSR_SSTATUS);
	r = fetch_insn(pc, insn, trap);
	csr_write(CSR_SSTATUS, sstatus);
	return r ? -EFAULT : 0;
}
