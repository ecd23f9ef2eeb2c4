/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64: what its files share. One backend, two entries: "vhe" is where the kernel runs
 * at EL2, "nvhe" where it runs at EL1 and EL2 is reached by HVC.
 *
 * arch.c	what is needed, the table of operations
 * cpus.c	the CPUs' features, and their branch predictors
 * axv_hot.h	where a section begins and ends
 * section.c	the rest of it, and the guest's registers wherever they are
 * tlb.c	VMIDs, and what is flushed when
 * sysregs.h	the guest's EL1 registers, once for C and assembly
 * vhe.S	the switch at EL2; nvhe_el2.S: the same behind an HVC
 * nvhe.c	EL2 is taken and given back, CPU by CPU; nvhe_mm.c: what is mapped there
 * exit.c	one entry, and what to do about each exception class
 * state.c	create, setup, reset, register groups
 * inject.c	an exception taken by the guest's EL1
 * decode.c	loads and stores (pure: tested on the host too)
 * mmio.c	accesses to devices
 * complete.c	entry commands
 * sys.c	trapped system registers; idregs.c: those that tell the guest what there is
 * walk.c	the guest's own page tables
 * fp.c		FP, SIMD and SVE registers, with fpregs.S
 * debug.c	breakpoints and watchpoints, the guest's and the VMM's
 * debug_regs.c	their registers
 * irq.c	events, waiting
 * gic.c	interrupts by list registers, gic_state.c: where they come from; gic_regs.c: SGIs
 *		and registers that trap; gic_intr.c: the run page's group; gicr.c: the
 *		redistributor's frames
 * forward.c	an interrupt of the host that is a guest's
 * timer.c	the guest's timers; ppi.c: the host's interrupts of them
 * psci.c	the firmware that a guest sees
 * s2_stage2.c	the architecture's stage-2 tables, 4K granule
 */
#ifndef AXVCPU_ARM64_H
#define AXVCPU_ARM64_H

#include <linux/bits.h>
#include <asm/esr.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

#include "axvcpu.h"
#include "decode.h"
#include "nvhe.h"
#include "stage2.h"

/* found by axv_arch_init(): AXVCPU_ARM64_FEAT_* */
extern u64 axv_arm64_features;
/* AXV_CPU_* that all CPUs have; of those that traps come with, that any has */
extern u64 axv_arm64_cpu;
/* list registers, and bits of priority, and of them those that preempt; 0: no GICv3 */
extern u32 axv_arm64_nr_lrs;
extern u32 axv_arm64_pri_bits;
extern u32 axv_arm64_pre_bits;

static inline bool axv_arm64_has(u64 feature)
{
	return axv_arm64_features & feature;
}

/* Does the kernel run at EL2? */
static __always_inline bool axv_arm64_vhe(void)
{
	return is_kernel_in_hyp_mode();
}

/* X0 to X30, and XZR: what an instruction's register field means but in a base */
static inline u64 axv_arm64_x(const struct axv_vcpu *v, unsigned int n)
{
	return n == 31 ? 0 : v->arch.ctx->x[n];
}

static inline void axv_arm64_set_x(struct axv_vcpu *v, unsigned int n, u64 value)
{
	if (n != 31)
		v->arch.ctx->x[n] = value;
}

/* Begin an exit of @reason; the instruction, where there is one, is known. */
static inline void axv_arm64_new_exit(struct axv_vcpu *v, u32 reason)
{
	axv_exit_reason(&v->exit, reason);
	v->exit.insn_len = 0;
	v->exit.insn_nr = 0;
}

/*
 * Go on after an instruction: past it, its BTYPE and software step done with. AArch32's
 * IT state too: such code may run at EL0, and traps from there.
 */
void axv_arm64_skip(struct axv_vcpu *v);

static inline bool axv_arm64_is_user(const struct axv_vcpu *v)
{
	return (v->arch.ctx->pstate & (PSR_MODE_MASK | PSR_MODE32_BIT)) == PSR_MODE_EL0t ||
	       (v->arch.ctx->pstate & PSR_MODE32_BIT);
}

static inline u32 axv_arm64_class(const struct axv_vcpu *v)
{
	return ESR_ELx_EC(v->arch.ctx->trap.esr);
}

/* ---- cpus.c --------------------------------------------------------------------- */

/**
 * struct axv_arm64_own - what a CPU has for itself
 * @features: AXV_CPU_*
 * @predictors: AXV_BP_*
 */
struct axv_arm64_own {
	u64 features;
	u64 predictors;
};

DECLARE_PER_CPU(struct axv_arm64_own, axv_arm64_own);

void axv_arm64_cpus_init(void);
int axv_arm64_cpus_online(void);
void axv_arm64_cpus_offline(void);
void axv_arm64_cpus_show(struct seq_file *m);
/* Does an exit do what that call of the firmware does, on all CPUs? */
bool axv_arm64_forgets(u32 call);

/* ID_AA64MMFR0_EL1: stage-2 tables of 4 KiB pages for 52 bits; TGran4_2, where 0 TGran4's */
static inline bool axv_arm64_has_lpa2(u64 mmfr0)
{
	u64 stage2 = mmfr0 >> 40 & 0xf;

	return stage2 ? stage2 == 3 : (mmfr0 >> 28 & 0xf) == 1;
}

/* ---- section.c ------------------------------------------------------------------ */

void axv_arm64_section_init(void);
bool axv_arm64_section_pause(struct axv_vcpu *v);
void axv_arm64_section_prepare(struct axv_vcpu *v);
void axv_arm64_section_finish(struct axv_vcpu *v);
void axv_arm64_put(struct axv_vcpu *v);
void axv_arm64_set_root(struct axv_vcpu *v);
/* el2 of the ctx anew: after the vCPU's controls (debugger, filters, FP) have changed */
void axv_arm64_set_controls(struct axv_vcpu *v);

/*
 * A register of the guest (AXV_REG_*), in the CPU or at rest. Only by the vCPU's own
 * thread; in the section or outside.
 */
u64 axv_arm64_read_sys(struct axv_vcpu *v, enum axv_arm64_reg reg);
u64 axv_arm64_read_sctlr(struct axv_vcpu *v);
void axv_arm64_write_sys(struct axv_vcpu *v, enum axv_arm64_reg reg, u64 value);

/* ---- tlb.c ---------------------------------------------------------------------- */

void axv_arm64_tlb_init(u32 vmid_bits, bool ranges);
/* May KVM's guests run here? */
static inline bool axv_arm64_beside_kvm(void)
{
	return axv_arm64_vhe() && !axv_arm64_has(AXVCPU_ARM64_FEAT_VTIMER);
}

/* the VM has a VMID afterwards. Sleeps */
void axv_arm64_get_vmid(struct axv_vm *vm);
/* what CPUs have cached of the vCPU is not its any more */
void axv_arm64_forget_tlb(struct axv_vcpu *v);
/* the VM's VMID for this section, flushed where it has to be: into ctx->el2.vttbr */
void axv_arm64_load_vmid(struct axv_vcpu *v);
/* is it still the VM's, in the middle of the section? */
bool axv_arm64_vmid_stays(const struct axv_vcpu *v);
/* the stage-2 table lost translations since s2_generation, which is a new one then */
void axv_arm64_flush_stage2(struct axv_vcpu *v);
/* a page at @gpa has more rights than before: what this CPU still has of it; at rest */
void axv_arm64_flush_ipa(struct axv_vcpu *v, u64 gpa);
void axv_arm64_tlb_show(struct seq_file *m);

/* ---- vhe.S, nvhe.c -------------------------------------------------------------- */

/* Both: interrupts masked; back with ctx->trap filled in and all of the host's as it was. */
void __axv_arm64_vhe_enter(struct axv_arm64_ctx *ctx);
void axv_arm64_nvhe_enter(struct axv_arm64_ctx *ctx);

/*
 * nvhe: what EL2 does for C code, interrupts off: the TLB operations that only EL2 has.
 * @what: AXV_EL2_* of nvhe.h; axv_arm64_nvhe_call() returns what it returns.
 */
u64 axv_arm64_nvhe_call(unsigned long what, u64 arg0, u64 arg1);

/*
 * At load: may EL2 be had at all? 0, or an errno with @probe's why set: who holds it and
 * what to do about it. Nothing is touched.
 */
int axv_arm64_nvhe_probe(struct axv_probe *probe);
/* Where that said yes: what has to be told of CPUs that come and go. And the reverse. */
int axv_arm64_nvhe_init(void);
void axv_arm64_nvhe_exit(void);
/* With the first vCPU and the last: EL2 of every CPU. Sleeps. -EBUSY: see probe. */
int axv_arm64_nvhe_get(void);
void axv_arm64_nvhe_put(void);
/* A page that EL2 may read and write. Sleeps. */
int axv_arm64_nvhe_map(void *page);
void axv_arm64_nvhe_unmap(void *page);

/* ---- exit.c --------------------------------------------------------------------- */

/* ops->enter: in the section, up to an exit that was served: enum axv_next */
int axv_arm64_enter(struct axv_vcpu *v);
/* The rest with interrupts on, where that said AXV_SLOW. */
int axv_arm64_handle(struct axv_vcpu *v);
int axv_arm64_fault_exit(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags);
/* INTERNAL_ERROR for a trap nobody asked for */
int axv_arm64_unexpected(struct axv_vcpu *v);
/* bytes of the instruction that trapped, 0: not known */
unsigned int axv_arm64_insn_len(const struct axv_vcpu *v);

/* ---- inject.c ------------------------------------------------------------------- */

/*
 * The guest's EL1 takes a synchronous exception, now: ELR, SPSR, ESR, FAR, PSTATE and the
 * vector as the architecture has them (AArch64.TakeException). In the section or at rest.
 */
void axv_arm64_trap_guest(struct axv_vcpu *v, u64 esr, u64 far);
/* EC 0: what an instruction gives that does not exist */
void axv_arm64_undefined(struct axv_vcpu *v);
/* The exception that came to EL2 is EL1's, as if it had been taken there. */
void axv_arm64_reflect(struct axv_vcpu *v);
/* ESR_EL1 of an abort of the guest's present exception level: @fsc and more of the ISS. */
u64 axv_arm64_abort_esr(const struct axv_vcpu *v, bool insn, u64 iss);
/* An external abort of the guest's access at @far, of its fetch where @insn. */
void axv_arm64_abort(struct axv_vcpu *v, u64 far, bool insn);

/* ---- irq.c ---------------------------------------------------------------------- */

void axv_arm64_irq_create(struct axv_vcpu *v);
void axv_arm64_irq_reset(struct axv_vcpu *v);
/* ops->inject_interrupt, inject_event, valid_interrupt, runnable, intr_state */
int axv_arm64_inject_interrupt(struct axv_vcpu *v, u32 vector);
int axv_arm64_inject_event(struct axv_vcpu *v, const struct axvcpu_inject_event *ev);
bool axv_arm64_valid_interrupt(const struct axv_vcpu *v, u32 vector);
bool axv_arm64_runnable(struct axv_vcpu *v);
u32 axv_arm64_intr_state(struct axv_vcpu *v);
/* Go on at @pc as a CPU does that PSCI starts: EL1h, DAIF masked, MMU off, x0 = @arg. */
void axv_arm64_begin_at(struct axv_vcpu *v, u64 pc, u64 arg);
/*
 * Before an entry, in the section, where irq.any says so: a queued exception or SError
 * (HCR.VSE and VSESR), a start.
 */
void axv_arm64_load_irq(struct axv_vcpu *v);
/* WFI or WFE trapped: AXV_HALT, AXV_EXIT with HALT, or AXV_RESUME. In the section. */
int axv_arm64_wfx(struct axv_vcpu *v);
/* The same of a call, pc behind it; @back bytes to the instruction, for a HALT exit. */
int axv_arm64_halt(struct axv_vcpu *v, unsigned int back);
/* What of HCR_EL2 is an event's: for whoever makes ctx->el2.hcr anew. */
static inline u64 axv_arm64_irq_hcr(const struct axv_vcpu *v)
{
	return (v->arch.ctx->el2.hcr & HCR_VSE) | (READ_ONCE(v->arch.irq.line) ? HCR_VI : 0);
}

/* Something in ->irq, ->gic or the timers has changed; the caller kicks. */
static inline void axv_arm64_irq_changed(struct axv_vcpu *v)
{
	/* after what has changed, for it is cleared before that is looked at */
	smp_store_release(&v->arch.irq.any, true);
}

int axv_arm64_check_intr(const struct axvcpu_arm64_intr *r);
void axv_arm64_set_intr(struct axv_vcpu *v, const struct axvcpu_arm64_intr *r);
void axv_arm64_get_intr(struct axv_vcpu *v, struct axvcpu_arm64_intr *r);

/* ---- gic.c, gicr.c -------------------------------------------------------------- */

/* INTIDs of the timers, as the guest's device tree has them */
#define AXV_ARM64_PPI_VTIMER	27
#define AXV_ARM64_PPI_PTIMER	30

void axv_arm64_gic_init(struct axv_probe *probe);
void axv_arm64_gic_exit(void);
int axv_arm64_gic_create(struct axv_vcpu *v);
void axv_arm64_gic_destroy(struct axv_vcpu *v);
void axv_arm64_gic_reset(struct axv_vcpu *v);
/* PSCI has started the CPU: its interface is as after a reset. In the section. */
void axv_arm64_gic_restart(struct axv_vcpu *v);
/* Before an entry, in the section: what is pending into list registers of ctx->ich. */
void axv_arm64_gic_load(struct axv_vcpu *v);
/* After an exit: what the guest has acknowledged and ended. */
#define AXV_ICH_HCR_COUNT	GENMASK(31, 27)	/* ends of interrupts that no register had */
void axv_arm64_gic_fold(struct axv_vcpu *v);
static __always_inline void axv_arm64_gic_sync(struct axv_vcpu *v)
{
	const struct axv_arm64_ctx *ctx = v->arch.ctx;

	if (unlikely(ctx->ich.nr_used || (ctx->ich.hcr & AXV_ICH_HCR_COUNT) ||
		     v->arch.vtimer.quiet || v->arch.ptimer.quiet))
		axv_arm64_gic_fold(v);
}

/* Is an interrupt pending that would end WFI? By the vCPU's own thread. */
bool axv_arm64_gic_pending(struct axv_vcpu *v);
/* A PPI's line, from kernel code (the timers); the caller kicks. */
void axv_arm64_gic_ppi(struct axv_vcpu *v, u32 intid, bool level);
/* That PPI is the host's interrupt @pintid, 0: none: the guest's EOI ends it. At rest. */
void axv_arm64_gic_link(struct axv_vcpu *v, u32 intid, u32 pintid);
/* That PPI is a device's interrupt of the host, 0: it is not any more. At rest. */
void axv_arm64_gic_forward(struct axv_vcpu *v, u32 intid, u32 pintid);
/* AXVCPU_INJECT_INTERRUPT: a vector without AXVCPU_INTERRUPT_CLEAR */
bool axv_arm64_gic_valid(u32 vector);
int axv_arm64_gic_inject(struct axv_vcpu *v, u32 vector, bool up);
/* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1 (@op2) written: enum axv_next */
int axv_arm64_gic_sgi(struct axv_vcpu *v, u64 value, u32 op2);
/*
 * ICC_SRE_EL1, and ICC_DIR, _PMR, _CTLR and _RPR_EL1 while they have to trap: as
 * axv_arm64_timer_trap().
 */
int axv_arm64_gic_trap(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt);
/* of AXVCPU_REGS_INTR */
int axv_arm64_gic_check(const struct axvcpu_arm64_intr *r);
void axv_arm64_gic_set(struct axv_vcpu *v, const struct axvcpu_arm64_intr *r);
void axv_arm64_gic_get(struct axv_vcpu *v, struct axvcpu_arm64_intr *r);
/* Is @gpa in the vCPU's VM's redistributors? An access to them, served in the section. */
bool axv_arm64_gicr_find(struct axv_vcpu *v, u64 gpa);
static __always_inline bool axv_arm64_gicr_at(struct axv_vcpu *v, u64 gpa)
{
	const struct axv_vm_arch *vm = &v->vm->arch;

	return unlikely(gpa < READ_ONCE(vm->gicr_end) && gpa >= READ_ONCE(vm->gicr_first)) &&
	       axv_arm64_gicr_find(v, gpa);
}

u64 axv_arm64_gicr_read(struct axv_vcpu *v, u64 gpa, u32 width);
void axv_arm64_gicr_write(struct axv_vcpu *v, u64 gpa, u32 width, u64 data);

/* ---- forward.c ------------------------------------------------------------------ */

int axv_arm64_forward_setup(struct axv_vcpu *v, const struct axvcpu_arm64_setup *s);
void axv_arm64_forward_drop(struct axv_vcpu *v);
/* v->arch.forward: the guest's end was the host's; or has it lost it without one? */
void axv_arm64_forward_ended(struct axv_vcpu *v);
void axv_arm64_forward_look(struct axv_vcpu *v);

/* ---- ppi.c ---------------------------------------------------------------------- */

/**
 * struct axv_arm64_ppi - an interrupt of each CPU of the host
 * @irq: its Linux number, 0: there is none
 * @intid: the GIC's
 * @type: how it is triggered
 * @name: in /proc/interrupts
 * @ours: we have it; else the kernel does (KVM), whose handler ignores it
 * @data: by which a controller marks it as active; NULL: none can
 */
struct axv_arm64_ppi {
	unsigned int irq;
	u32 intid;
	unsigned int type;
	const char *name;
	bool ours;
	struct irq_data *data;
};

void axv_arm64_ppi_init(struct axv_arm64_ppi *ppi, const char *name, unsigned int irq);
void axv_arm64_ppi_exit(struct axv_arm64_ppi *ppi);
/* At load, when all are there, and at unload: CPUs that come and go. */
int axv_arm64_ppi_online(void);
void axv_arm64_ppi_offline(void);
/* In a section, where it is not ours: whoever has it may have turned it off. */
void axv_arm64_ppi_check(void);
/* Marked as active it does not interrupt. This CPU's; interrupts off. */
void axv_arm64_ppi_quiet(const struct axv_arm64_ppi *ppi, bool quiet);

/* ---- timer.c -------------------------------------------------------------------- */

void axv_arm64_timer_init(struct axv_probe *probe);
void axv_arm64_timer_exit(void);
void axv_arm64_timer_create(struct axv_vcpu *v);
void axv_arm64_timer_destroy(struct axv_vcpu *v);
void axv_arm64_timer_reset(struct axv_vcpu *v);
/* Sections: the virtual timer's registers into the CPU, and back, the host's as they were. */
void axv_arm64_timer_begin(struct axv_vcpu *v);
void axv_arm64_timer_end(struct axv_vcpu *v);
/*
 * After an exit by an interrupt: was it the guest's timer, which is quiet now, or one that
 * the list registers asked for, and gic_sync() has seen to?
 */
bool axv_arm64_timer_fired(struct axv_vcpu *v);
/* INTID that a host's interrupt (Linux number) of a timer has in guests, 0: it is none. */
u32 axv_arm64_timer_intid(unsigned int irq);
/* Both timers' lines as they are now: in the section or at rest. */
void axv_arm64_timer_look(struct axv_vcpu *v);
/* The interrupt @intid of a timer is in the guest's hands, or is not any more. */
void axv_arm64_timer_hold(struct axv_vcpu *v, u32 intid, bool hold);
/* The guest has ended it, and the CPU with that the host's. In the section. */
void axv_arm64_timer_ended(struct axv_vcpu *v, u32 intid);
/* Both off: PSCI has started the CPU. In the section. */
void axv_arm64_timer_stop(struct axv_vcpu *v);
/* AXVCPU_ARM64_SETUP_TIMER or not, at SETUP */
void axv_arm64_timer_setup(struct axv_vcpu *v, bool direct);
/* CNTP_* and CNTPCT trapped: @reg as axvcpu_exit.sysreg.addr; enum axv_next */
int axv_arm64_timer_trap(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt);
/* The guest is about to wait: have an hrtimer wake it. And the reverse. */
void axv_arm64_timer_block(struct axv_vcpu *v);
void axv_arm64_timer_unblock(struct axv_vcpu *v);
void axv_arm64_set_timer_regs(struct axv_vcpu *v, const struct axvcpu_arm64_timer *t);
void axv_arm64_get_timer_regs(struct axv_vcpu *v, struct axvcpu_arm64_timer *t);

/* ---- psci.c --------------------------------------------------------------------- */

/*
 * HVC #0 or SMC #0, in the section, pc behind the instruction: answered there where
 * possible, by SMCCC 1.1+ (PSCI, ARCH; the rest is HYPERCALL or NOT_SUPPORTED). enum axv_next.
 */
int axv_arm64_smccc(struct axv_vcpu *v, bool smc);
/* FULFIL, SKIP or FAULT of an exit that one made (HYPERCALL, CPU_UP, ...). */
int axv_arm64_smccc_complete(struct axv_vcpu *v, u32 cmd, u64 data);
/* By affinity (MPIDR), NULL where there is none. In a section, or rcu_read_lock(). */
struct axv_vcpu *axv_arm64_find_cpu(struct axv_vm *vm, u64 mpidr);

/* ---- mmio.c --------------------------------------------------------------------- */

/*
 * A data abort at @gpa where nothing is mapped, in the section: by the syndrome, or the
 * instruction where there is none. enum axv_next.
 */
int axv_arm64_mmio(struct axv_vcpu *v, u64 gpa, bool write);
/* The same at rest, where that said AXV_SLOW: the instruction was not at hand. Sleeps. */
int axv_arm64_mmio_slow(struct axv_vcpu *v, u64 gpa, bool write);
/* FULFIL of an MMIO_READ, at rest or in the section: the register gets @data */
void axv_arm64_load(struct axv_vcpu *v, u64 data);
/* what is left of an access of more than one register: enum axv_next */
int axv_arm64_mmio_continue(struct axv_vcpu *v, u64 data);
/*
 * The instruction at the guest's pc: 0; 1: there is none any more, the guest is to see
 * for itself. In the section -EFAULT: it is not at hand (AXV_SLOW, then once more); at
 * rest, with @sleeps, as axv_s2_read().
 */
int axv_arm64_fetch(struct axv_vcpu *v, bool sleeps, u32 *insn);

/* ---- complete.c ----------------------------------------------------------------- */

/* ops->describe, ops->complete */
u32 axv_arm64_describe(struct axv_vcpu *v, struct axvcpu_exit *x);
int axv_arm64_complete(struct axv_vcpu *v, u32 cmd, u64 data);

/* ---- sys.c, idregs.c ------------------------------------------------------------ */

/* MSR, MRS or a system instruction trapped, in the section: enum axv_next */
int axv_arm64_sys(struct axv_vcpu *v);
/* The rest of it, with interrupts on: enum axv_next */
int axv_arm64_sys_handle(struct axv_vcpu *v);
/* FULFIL of SYSREG_READ and SYSREG_WRITE, at rest: enum axv_next */
int axv_arm64_sys_complete(struct axv_vcpu *v, u64 data);
/* at load, after all that adds to axv_arm64_features and axv_arm64_cpu: what guests are shown */
void axv_arm64_idregs_init(void);
/* value of an ID register, by AXVCPU_ARM64_SYSREG(); false: it is none */
bool axv_arm64_idreg(const struct axv_vcpu *v, u32 reg, u64 *value);

/* ---- fp.c, debug.c -------------------------------------------------------------- */

/* fpregs.S: with the FP registers on; SVE's, as long as ZCR_ELx says, P registers and FFR */
void __axv_arm64_v_save(void *v);
void __axv_arm64_v_load(const void *v);
void __axv_arm64_sve_save(void *z);
void __axv_arm64_sve_load(const void *z);
u64 __axv_arm64_sve_vl(void);

int axv_arm64_fp_init(struct axv_probe *probe);
int axv_arm64_fp_create(struct axv_vcpu *v);
void axv_arm64_fp_destroy(struct axv_vcpu *v);
void axv_arm64_fp_reset(struct axv_vcpu *v);
/* The guest's first use trapped (EC 0x07, 0x19): enum axv_next, with v->prepare set */
int axv_arm64_fp_trap(struct axv_vcpu *v);
/* With section_prepare() and _finish(): kernel_neon_begin() and _end() around it. */
void axv_arm64_fp_prepare(struct axv_vcpu *v);
void axv_arm64_fp_finish(struct axv_vcpu *v);
/* In the section: the guest's into the CPU; the reverse. */
void axv_arm64_fp_load(struct axv_vcpu *v);
void axv_arm64_fp_unload(struct axv_vcpu *v);
/* CPTR_EL2 (VHE: as CPACR_EL1) for the next entry */
u64 axv_arm64_cptr(const struct axv_vcpu *v);
/* low 8, 16 bytes of a V register, at rest or in the section */
void axv_arm64_fp_get(struct axv_vcpu *v, unsigned int n, u64 value[2]);
void axv_arm64_fp_set(struct axv_vcpu *v, unsigned int n, const u64 value[2]);
int axv_arm64_fp_check(struct axv_vcpu *v, const struct axvcpu_arm64_fp *fp);
void axv_arm64_fp_commit(struct axv_vcpu *v, const struct axvcpu_arm64_fp *fp);
void axv_arm64_fp_fetch(struct axv_vcpu *v, struct axvcpu_arm64_fp *fp);

int axv_arm64_debug_create(struct axv_vcpu *v);
void axv_arm64_debug_destroy(struct axv_vcpu *v);
void axv_arm64_debug_reset(struct axv_vcpu *v);
void axv_arm64_debug_init(void);
extern bool axv_arm64_has_buffers;
/* MDSCR_EL1: software step, and breakpoints at the kernel's level and at all */
#define AXV_MDSCR_ON	(BIT(0) | BIT(13) | BIT(15))
/*
 * Section: has the guest or its VMM something for the debug registers, or the host there
 * what the guest must not run into?
 */
static __always_inline bool axv_arm64_debug_wanted(const struct axv_vcpu *v)
{
	return v->arch.debug_active || axv_arm64_has_buffers ||
	       (read_sysreg(mdscr_el1) & AXV_MDSCR_ON);
}

/* Where it has: the guest's into the CPU; and, with v->arch.debug_loaded, back. */
void axv_arm64_debug_begin(struct axv_vcpu *v);
void axv_arm64_debug_end(struct axv_vcpu *v);
/* MDCR_EL2 for the next entry, from the host's */
u64 axv_arm64_mdcr(const struct axv_vcpu *v, u64 host);
/* A trapped debug register: as axv_arm64_timer_trap() */
int axv_arm64_debug_trap(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt);
/* A debug exception that came to EL2: enum axv_next */
int axv_arm64_debug_exit(struct axv_vcpu *v);
int axv_arm64_check_debug(const struct axvcpu_arm64_debug *d);
void axv_arm64_set_debug(struct axv_vcpu *v, const struct axvcpu_arm64_debug *d);
void axv_arm64_get_debug(struct axv_vcpu *v, struct axvcpu_arm64_debug *d);
/* MDSCR_EL1, at rest */
u64 axv_arm64_get_mdscr(const struct axv_vcpu *v);
void axv_arm64_set_mdscr(struct axv_vcpu *v, u64 value);
/* the VMM has written PSTATE */
void axv_arm64_debug_pstate(struct axv_vcpu *v);

/* ---- walk.c --------------------------------------------------------------------- */

/**
 * struct axv_arm64_walk - a walk of the guest's own tables
 * @gpa: what the address is; where the entry is that could not be read
 * @size: bytes of the page, 0: the MMU is off
 * @entry: the leaf
 * @level: its level, -1 to 3; or that at which the walk failed
 * @fsc: of a walk that failed: the fault, as ESR_ELx has it
 * @no_write: by the tables above the leaf
 * @no_user: likewise
 * @no_exec: likewise, for EL1
 * @no_user_exec: likewise, for EL0
 */
struct axv_arm64_walk {
	u64 gpa;
	u64 size;
	u64 entry;
	int level;
	u32 fsc;
	bool no_write;
	bool no_user;
	bool no_exec;
	bool no_user_exec;
};

void axv_arm64_walk_init(void);
int axv_arm64_translate(struct axv_vcpu *v, struct axvcpu_translate *t);
/*
 * Where @va is, whatever the rights. @sleeps: at rest; else in the section, of memory
 * that is mapped for the moment. 0; 1: the guest has nothing there, see fsc; -EFAULT: its
 * tables are not at hand; with @sleeps as axv_s2_read().
 */
int axv_arm64_walk(struct axv_vcpu *v, u64 va, bool sleeps, struct axv_arm64_walk *w);

/* ---- state.c -------------------------------------------------------------------- */

/*
 * SCTLR_EL1 of a CPU that begins: MMU and caches off, little-endian; LSMAOE, nTLSMD, SPAN,
 * EIS, nTWE, nTWI, EOS, CP15BEN and SA0 as they are where nothing can turn them off.
 */
#define AXV_ARM64_SCTLR	0x30c50830ull

int axv_arm64_vcpu_create(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args);
void axv_arm64_vcpu_destroy(struct axv_vcpu *v);
int axv_arm64_vcpu_setup(struct axv_vcpu *v, const struct axvcpu_setup *args);
void axv_arm64_vcpu_reset(struct axv_vcpu *v);
int axv_arm64_set_entry(struct axv_vcpu *v, u64 entry);
int axv_arm64_set_gpr(struct axv_vcpu *v, u32 reg, u64 value);
void axv_arm64_set_return_value(struct axv_vcpu *v, u64 value);
int axv_arm64_commit_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_run *regs,
			  const void *fp);
void axv_arm64_fetch_regs(struct axv_vcpu *v, u32 groups, struct axvcpu_run *regs, void *fp);

/* ---- s2_stage2.c ---------------------------------------------------------------- */

extern struct axv_s2_format axv_s2_stage2;
void axv_arm64_s2_init(u32 pa_bits, u32 ps, bool vmid16, bool fwb, bool lpa2);
/* HCR_EL2.FWB: stage 2 overrules what the guest says of caches */
bool axv_arm64_s2_forced(void);
/* VTCR_EL2 for a table */
u64 axv_arm64_vtcr(struct axv_stage2 *s2);

#endif /* AXVCPU_ARM64_H */
