// SPDX-License-Identifier: GPL-2.0-only
/*
 * A section: interrupts off, the guest's CSRs exchanged with those that were there,
 * and one entry in it.
 *
 * KVM may have put its own into every one of these registers, at load (6.12) or for
 * a vCPU that its thread still has there (it does not always load them again), so
 * whatever was found is put back, bit by bit.
 */
#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <linux/jiffies.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

#include "riscv.h"

/* Exceptions that are the guest's own affair: all that a hart without H has, but ecall. */
#define DELEGATED	(AXV_ARCH_EXCEPTION_EXITS)
/* counters a guest reads without asking: time */
#define COUNTERS	BIT(1)

static u64 guest_henvcfg __ro_after_init;

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
	guest_henvcfg = cfg;
}

static u64 guest_hedeleg(const struct axv_vcpu *v)
{
	u64 deleg = DELEGATED & ~v->vm->exception_exits;

	if (v->arch.debug_control & AXVCPU_RISCV_DEBUG_SW_BP)
		deleg &= ~BIT(EXC_BREAKPOINT);
	if (axv_riscv_fp_wants_illegal(v) || axv_riscv_wants_illegal(v))
		deleg &= ~BIT(EXC_INST_ILLEGAL);
	return deleg;
}

/**
 * axv_riscv_load_hedeleg() - who gets which exceptions has changed
 * @v: the vCPU, in a section
 */
void axv_riscv_load_hedeleg(struct axv_vcpu *v)
{
	csr_write(CSR_HEDELEG, guest_hedeleg(v));
}

/**
 * axv_riscv_hstatus() - hstatus with which the guest goes on
 * @v: the vCPU
 */
u64 axv_riscv_hstatus(const struct axv_vcpu *v)
{
	u64 hstatus = (2ull << HSTATUS_VSXL_SHIFT) | HSTATUS_VTW | HSTATUS_SPV;

	return axv_riscv_is_user(v) ? hstatus : hstatus | HSTATUS_SPVP;
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
		csr_write(CSR_HIE, AXV_HVIP(value & AXV_LINES));
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

/* Those that mean the same in both directions: the guest's against the host's. */
static __always_inline void exchange(struct axv_riscv_csrs *c)
{
	c->vsstatus = csr_swap(CSR_VSSTATUS, c->vsstatus);
	c->vstvec = csr_swap(CSR_VSTVEC, c->vstvec);
	c->vsscratch = csr_swap(CSR_VSSCRATCH, c->vsscratch);
	c->vsepc = csr_swap(CSR_VSEPC, c->vsepc);
	c->vscause = csr_swap(CSR_VSCAUSE, c->vscause);
	c->vstval = csr_swap(CSR_VSTVAL, c->vstval);
	c->scounteren = csr_swap(CSR_SCOUNTEREN, c->scounteren);
	c->senvcfg = csr_swap(CSR_SENVCFG, c->senvcfg);
	c->hvip = csr_swap(CSR_HVIP, c->hvip);
	c->htimedelta = csr_swap(CSR_HTIMEDELTA, c->htimedelta);
	if (axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC))
		c->vstimecmp = csr_swap(CSR_VSTIMECMP, c->vstimecmp);
}

/**
 * axv_riscv_section_prepare() - what a section needs with interrupts on
 * @v: the vCPU
 */
void axv_riscv_section_prepare(struct axv_vcpu *v)
{
	WRITE_ONCE(v->prepare, false);
}

/**
 * axv_riscv_section_begin() - take the CPU
 * @v: the vCPU; interrupts are off until axv_riscv_section_end()
 *
 * Where two tables change, no walk may ever use the one with the other: vsatp is 0
 * while hgatp is exchanged.
 */
void axv_riscv_section_begin(struct axv_vcpu *v)
{
	struct axv_riscv_csrs *c = &v->arch.csr;
	u64 satp, hgatp;

	guest_timing_enter_irqoff();
	v->arch.loaded = true;
	c->htimedelta = READ_ONCE(v->vm->arch.time_delta);

	c->hstatus = csr_read(CSR_HSTATUS);
	c->hedeleg = csr_swap(CSR_HEDELEG, guest_hedeleg(v));
	c->hideleg = csr_swap(CSR_HIDELEG, AXV_HVIP(AXV_LINES));
	c->hcounteren = csr_swap(CSR_HCOUNTEREN, COUNTERS);
	c->henvcfg = csr_swap(CSR_HENVCFG, guest_henvcfg);
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		c->hstateen0 = csr_swap(CSR_HSTATEEN0, SMSTATEEN0_HSENVCFG);
	c->hie = csr_swap(CSR_HIE, AXV_HVIP(c->vsie));
	exchange(c);

	satp = csr_swap(CSR_VSATP, 0);
	hgatp = csr_read(CSR_HGATP);
	axv_riscv_load_vmid(v, hgatp);
	c->hgatp = hgatp;
	csr_write(CSR_VSATP, c->vsatp);
	c->vsatp = satp;
}

/**
 * axv_riscv_section_end() - give it back
 * @v: the vCPU
 */
void axv_riscv_section_end(struct axv_vcpu *v)
{
	struct axv_riscv_csrs *c = &v->arch.csr;
	u64 satp;

	if (unlikely(v->arch.has_f || v->arch.has_v))
		axv_riscv_fp_unload(v);

	satp = csr_swap(CSR_VSATP, 0);
	csr_write(CSR_HGATP, c->hgatp);
	csr_write(CSR_VSATP, c->vsatp);
	c->vsatp = satp;

	exchange(c);
	c->vsie = csr_swap(CSR_HIE, c->hie) >> 1 & AXV_LINES;
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		csr_write(CSR_HSTATEEN0, c->hstateen0);
	csr_write(CSR_HENVCFG, c->henvcfg);
	csr_write(CSR_HCOUNTEREN, c->hcounteren);
	csr_write(CSR_HIDELEG, c->hideleg);
	csr_write(CSR_HEDELEG, c->hedeleg);
	csr_write(CSR_HSTATUS, c->hstatus);
	v->arch.loaded = false;

	/* The tick that ended the guest is to be served as guest time. */
	if ((s64)v->arch.ctx.trap.scause < 0) {
		v->arch.timing = true;
		v->finish = true;
	} else {
		guest_timing_exit_irqoff();
	}
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
}

/* ---- one entry ------------------------------------------------------------------ */

/*
 * The switch, and those who want to know of it. Where nobody tracks contexts that is
 * RCU alone, and once in a tick is as much as it can make use of.
 */
static noinstr void switch_noted(struct axv_riscv_ctx *ctx)
{
	guest_state_enter_irqoff();
	__axv_riscv_enter(ctx);
	guest_state_exit_irqoff();
}

/**
 * axv_riscv_enter() - run the guest until its next exit
 * @v: the vCPU, in a section
 *
 * Return: enum axv_next.
 */
int axv_riscv_enter(struct axv_vcpu *v)
{
	struct axv_riscv_ctx *ctx = &v->arch.ctx;
	u64 generation = axv_s2_generation(v->s2);

	if (unlikely(READ_ONCE(v->arch.irq.any)))
		axv_riscv_load_irq(v);
	if (unlikely(READ_ONCE(v->arch.irq.fence)))
		axv_riscv_do_fences(v);
	/* No hart tells when a guest lets interrupts in: a tick ends what asks for it. */
	if (unlikely(v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW) &&
	    (axv_riscv_is_user(v) || (csr_read(CSR_VSSTATUS) & SR_SIE))) {
		axv_riscv_new_exit(v, AXVCPU_EXIT_IRQ_WINDOW);
		return AXV_EXIT;
	}
	if (unlikely(v->arch.s2_generation != generation)) {
		v->arch.s2_generation = generation;
		axv_riscv_flush_gstage(v);
	}
	csr_write(CSR_HSTATUS, axv_riscv_hstatus(v));

	if (likely(v->arch.noted == READ_ONCE(jiffies) && !context_tracking_enabled_this_cpu())) {
		__axv_riscv_enter(ctx);
	} else {
		v->arch.noted = READ_ONCE(jiffies);
		switch_noted(ctx);
	}
	return axv_riscv_exit(v);
}

/* as entry.S has it */
int __axv_riscv_hlvx(u64 addr, u16 *half, struct axv_riscv_trap *trap);

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
	u16 half[2] = { };
	u64 sstatus;
	int r;

	/* A trap below leaves its own in both. */
	csr_write(CSR_HSTATUS, axv_riscv_hstatus(v));
	sstatus = csr_read(CSR_SSTATUS);
	r = __axv_riscv_hlvx(pc, &half[0], trap);
	if (!r && (half[0] & 3) == 3)
		r = __axv_riscv_hlvx(pc + 2, &half[1], trap);
	csr_write(CSR_SSTATUS, sstatus);
	*insn = half[0] | (u32)half[1] << 16;
	return r ? -EFAULT : 0;
}
