/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run.c calls at every exit: the functions themselves, since RISC-V has one backend,
 * and here those that are all of them in line, the beginning and the end of a section.
 *
 * A section: interrupts off, the guest's CSRs exchanged with those that were there. KVM
 * may have put its own into every one of these registers, at load (6.12) or for a vCPU
 * that its thread still has there (it does not always load them again), so whatever was
 * found is put back, bit by bit, and at the end of every section: the thread's next call
 * may be one to KVM.
 *
 * While the host's interrupts are served in the middle of one, the guest's stay loaded: but
 * for FP and vector registers and scounteren, no interrupt uses or changes what is
 * exchanged, and leaves it changed. KVM does only at a reboot, for good.
 */
#ifndef AXVCPU_RISCV_HOT_H
#define AXVCPU_RISCV_HOT_H

#include <linux/kvm_host.h>	/* guest_timing_enter_irqoff() and the like */
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

#include "riscv.h"

#define axv_hot(op)	axv_riscv_##op

/* counters a guest reads without asking: time */
#define AXV_RISCV_COUNTERS	BIT(1)
/* what it needs of the AIA to have an IMSIC */
#define AXV_RISCV_STATEEN_AIA	(SMSTATEEN0_AIA_IMSIC | SMSTATEEN0_AIA | SMSTATEEN0_AIA_ISEL)

/* henvcfg in sections */
extern u64 axv_riscv_henvcfg;

/*
 * hie for a guest's sie: its own lines, and other guests' files. What hgeie does not name
 * does not interrupt, and nothing does on a hart that has no files.
 */
static inline u64 axv_riscv_hie(u64 vsie)
{
	return AXV_HVIP(vsie) | BIT(IRQ_S_GEXT);
}

/* the guest's own hstatus for the moment, HLV and HLVX read by it */
static inline u64 axv_riscv_hstatus(const struct axv_vcpu *v)
{
	/* whose memory HLV reads stands where sret's mode does */
	static_assert(HSTATUS_SPVP == SR_SPP);
	return (2ull << HSTATUS_VSXL_SHIFT) | HSTATUS_VTW | HSTATUS_SPV |
	       (v->arch.ctx.sstatus & SR_SPP) | v->arch.vgein;
}

static __always_inline u64 axv_riscv_hstateen0(const struct axv_vcpu *v)
{
	return SMSTATEEN0_HSENVCFG | (v->arch.imsic ? AXV_RISCV_STATEEN_AIA : 0);
}

/*
 * A guest is not told of the AIA, but can write vsiselect where Smstateen does not keep it
 * from that. What the others hold of KVM's guests would change the order of its interrupts.
 */
static inline void axv_riscv_exchange_aia(struct axv_riscv_csrs *c)
{
	c->vsiselect = csr_swap(CSR_VSISELECT, c->vsiselect);
	c->hvien = csr_swap(CSR_HVIEN, c->hvien);
	c->hvictl = csr_swap(CSR_HVICTL, c->hvictl);
	c->hviprio1 = csr_swap(CSR_HVIPRIO1, c->hviprio1);
	c->hviprio2 = csr_swap(CSR_HVIPRIO2, c->hviprio2);
}

/* Those that mean the same in both directions: the guest's against the host's. */
static __always_inline void axv_riscv_exchange(struct axv_riscv_csrs *c)
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
	if (riscv_has_extension_likely(RISCV_ISA_EXT_SSTC))
		c->vstimecmp = csr_swap(CSR_VSTIMECMP, c->vstimecmp);
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SSAIA))
		axv_riscv_exchange_aia(c);
}

/* ---- VMIDs: tlb.c ---------------------------------------------------------------- */

/* fences, by kind */
enum axv_riscv_fences {
	AXV_RISCV_GVMA_ALL,
	AXV_RISCV_GVMA_PAGE,
	AXV_RISCV_VVMA_ALL,
	AXV_RISCV_VVMA_PAGE,
	AXV_RISCV_NR_FENCES,
};

/**
 * struct axv_riscv_cpu - what belongs to a CPU (tlb.c)
 * @tags: its VMIDs
 * @era: axv_riscv_kvm_era when they were handed out
 * @used_first: lowest of them since all were flushed
 * @used_end: one above the highest
 * @fences: how many of each kind it has done
 */
struct axv_riscv_cpu {
	struct axv_tag_pool tags;
	u32 era;
	u32 used_first;
	u32 used_end;
	u64 fences[AXV_RISCV_NR_FENCES];
};

DECLARE_PER_CPU(struct axv_riscv_cpu, axv_riscv_cpus);

/* How often the thread, which is in RUN, has left a CPU. */
static __always_inline unsigned long axv_riscv_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

/*
 * Nothing can have come under VMID 0 from KVM since the last section here, see tlb.c: no
 * other thread has run, and the thread has not had KVM load another vCPU.
 */
static __always_inline bool axv_riscv_undisturbed(const struct axv_vcpu *v)
{
	return !axv_riscv_beside_kvm() || (v->arch.switches == axv_riscv_switches() &&
					   v->arch.host_hgatp == v->arch.csr.hgatp);
}

/* hgatp for this section; vsatp is 0, and csr.hgatp what was found */
static __always_inline void axv_riscv_load_vmid(struct axv_vcpu *v)
{
	const struct axv_riscv_cpu *pcpu = this_cpu_ptr(&axv_riscv_cpus);

	if (likely(pcpu->era == READ_ONCE(axv_riscv_kvm_era) && !v->arch.new_root &&
		   axv_tag_good(&pcpu->tags, &v->arch.tag, v->cpu) && axv_riscv_undisturbed(v)))
		csr_write(CSR_HGATP, v->arch.hgatp_now);
	else
		axv_riscv_new_vmid(v);
}

/* ---- the section ---------------------------------------------------------------- */

/*
 * Take the CPU; interrupts are off until axv_riscv_section_end(). Where two tables change,
 * no walk may ever use the one with the other: vsatp is 0 while hgatp is exchanged.
 */
static __always_inline void axv_riscv_section_begin(struct axv_vcpu *v)
{
	struct axv_riscv_csrs *c = &v->arch.csr;
	u64 satp;

	guest_timing_enter_irqoff();
	v->arch.loaded = true;
	if (unlikely(v->arch.imsic))
		axv_riscv_imsic_begin(v);
	c->hstatus = csr_read(CSR_HSTATUS);
	c->hedeleg = csr_swap(CSR_HEDELEG, v->arch.hedeleg);
	c->hideleg = csr_swap(CSR_HIDELEG, AXV_HVIP(AXV_LINES));
	c->hcounteren = csr_swap(CSR_HCOUNTEREN, AXV_RISCV_COUNTERS);
	c->henvcfg = csr_swap(CSR_HENVCFG, axv_riscv_henvcfg);
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		c->hstateen0 = csr_swap(CSR_HSTATEEN0, axv_riscv_hstateen0(v));
	c->hie = csr_swap(CSR_HIE, axv_riscv_hie(c->vsie));
	c->htimedelta = csr_swap(CSR_HTIMEDELTA, READ_ONCE(v->vm->arch.time_delta));
	axv_riscv_exchange(c);

	satp = csr_swap(CSR_VSATP, 0);
	c->hgatp = csr_read(CSR_HGATP);
	axv_riscv_load_vmid(v);
	csr_write(CSR_VSATP, c->vsatp);
	c->vsatp = satp;
}

/*
 * The host's interrupts have been served. Ours among them may have taken the interrupt file
 * away, or flushed all VMIDs for KVM, who comes; another hart's call may have set the time.
 */
static __always_inline bool axv_riscv_section_again(struct axv_vcpu *v)
{
	struct axv_riscv_csrs *c = &v->arch.csr;

	c->scounteren = csr_swap(CSR_SCOUNTEREN, c->scounteren);
	csr_write(CSR_HTIMEDELTA, READ_ONCE(v->vm->arch.time_delta));
	if (unlikely(v->arch.imsic))
		axv_riscv_imsic_begin(v);
	return this_cpu_read(axv_riscv_cpus.era) == READ_ONCE(axv_riscv_kvm_era);
}

/* Give it back. */
static __always_inline void axv_riscv_section_end(struct axv_vcpu *v)
{
	struct axv_riscv_csrs *c = &v->arch.csr;
	u64 satp;

	if (unlikely(v->arch.has_f || v->arch.has_v))
		axv_riscv_fp_unload(v);

	satp = csr_swap(CSR_VSATP, 0);
	csr_write(CSR_HGATP, c->hgatp);
	csr_write(CSR_VSATP, c->vsatp);
	c->vsatp = satp;

	axv_riscv_exchange(c);
	c->vsie = csr_swap(CSR_HIE, c->hie) >> 1 & AXV_LINES;
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		csr_write(CSR_HSTATEEN0, c->hstateen0);
	csr_write(CSR_HTIMEDELTA, c->htimedelta);
	csr_write(CSR_HENVCFG, c->henvcfg);
	csr_write(CSR_HCOUNTEREN, c->hcounteren);
	csr_write(CSR_HIDELEG, c->hideleg);
	csr_write(CSR_HEDELEG, c->hedeleg);
	csr_write(CSR_HSTATUS, c->hstatus);
	v->arch.loaded = false;

	/* The tick that ended the guest is to be served as guest time. */
	if (unlikely((s64)v->arch.ctx.trap.scause < 0)) {
		v->arch.timing = true;
		v->finish = true;
	} else {
		guest_timing_exit_irqoff();
	}
}

#endif /* AXVCPU_RISCV_HOT_H */
