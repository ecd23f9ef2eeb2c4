/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RISC-V: what its files share.
 *
 * arch.c	the hart's features, the table of operations
 * axv_hot.h	where a section begins and ends: CSRs exchanged with the host's
 * section.c	the rest of it, and the guest's CSRs wherever they are
 * tlb.c	VMIDs, and what is flushed when
 * beside.c	whether KVM is there, too
 * entry.S	the switch, and guarded fetches of guest instructions
 * exit.c	one entry, and what to do about each cause
 * state.c	create, setup, reset, register groups
 * fp.c		FP and vector registers, with fpregs.S
 * decode.c	loads, stores and CSR instructions (pure: tested on the host too)
 * mmio.c	accesses to devices
 * complete.c	entry commands
 * csr.c	virtual-instruction traps
 * walk.c	the guest's own page tables
 * irq.c	lines, exceptions, waiting
 * timer.c	the guest's timer
 * imsic.c	interrupt files of the harts; imsic_guest.c: MSIs, and their registers
 * sbi.c	the firmware that a guest sees; sbi_hsm.c, sbi_fence.c its larger parts
 * s2_gstage.c	Sv39x4, Sv48x4, Sv57x4
 */
#ifndef AXVCPU_RISCV_H
#define AXVCPU_RISCV_H

#include <linux/bits.h>
#include <asm/csr.h>

#include "axvcpu.h"
#include "decode.h"
#include "stage2.h"

#ifndef SR_MXR
#define SR_MXR	BIT(19)		/* of sstatus: what is executable can be read */
#endif

/* found by axv_arch_init(): AXVCPU_RISCV_FEAT_* */
extern u64 axv_riscv_features;

static inline bool axv_riscv_has(u64 feature)
{
	return axv_riscv_features & feature;
}

/* sip and hvip bits of the lines */
#define AXV_LINE_SOFT	BIT(AXVCPU_RISCV_IRQ_SOFT)
#define AXV_LINE_TIMER	BIT(AXVCPU_RISCV_IRQ_TIMER)
#define AXV_LINE_EXT	BIT(AXVCPU_RISCV_IRQ_EXT)
#define AXV_LINES	(AXV_LINE_SOFT | AXV_LINE_TIMER | AXV_LINE_EXT)
/* hvip and hie have the same lines one bit further left: VSSIP 2, VSTIP 6, VSEIP 10 */
#define AXV_HVIP(lines)	((u64)(lines) << 1)

static inline u64 axv_riscv_x(const struct axv_vcpu *v, unsigned int n)
{
	return v->arch.ctx.x[n];
}

static inline void axv_riscv_set_x(struct axv_vcpu *v, unsigned int n, u64 value)
{
	if (n)
		v->arch.ctx.x[n] = value;
}

#define AXV_A0	10
#define AXV_A1	11
#define AXV_A6	16
#define AXV_A7	17

/* Begin an exit of @reason; the instruction, where there is one, is known. */
static inline void axv_riscv_new_exit(struct axv_vcpu *v, u32 reason)
{
	axv_exit_reason(&v->exit, reason);
	v->exit.insn_len = 0;
	v->exit.insn_nr = 0;
}

/* Go on after an instruction of @len bytes. */
static inline void axv_riscv_skip(struct axv_vcpu *v, unsigned int len)
{
	v->arch.ctx.pc += len;
}

static inline bool axv_riscv_is_user(const struct axv_vcpu *v)
{
	return !(v->arch.ctx.sstatus & SR_SPP);
}

/* ---- section.c ------------------------------------------------------------------ */

void axv_riscv_section_init(void);
void axv_riscv_section_prepare(struct axv_vcpu *v);
void axv_riscv_section_finish(struct axv_vcpu *v);
void axv_riscv_put(struct axv_vcpu *v);
/* INTERNAL_ERROR for a trap nobody asked for */
int axv_riscv_unexpected(struct axv_vcpu *v);

void axv_riscv_set_root(struct axv_vcpu *v);
/* debug.control, and what goes with it; at rest */
void axv_riscv_set_debug(struct axv_vcpu *v, u32 control);
/* what hedeleg is to be now; in the section it is loaded */
void axv_riscv_load_hedeleg(struct axv_vcpu *v);

/*
 * A CSR of the guest that is exchanged in sections: the CPU's while in one, else
 * the one at rest. Only by the vCPU's own thread. CSR_VSSTATUS, CSR_VSTVEC,
 * CSR_VSEPC, CSR_VSCAUSE, CSR_VSTVAL, CSR_VSATP, CSR_VSIE (the guest's sie),
 * CSR_HVIP (lines one bit to the left), CSR_VSTIMECMP.
 */
u64 axv_riscv_read_vs(struct axv_vcpu *v, unsigned int csr);
void axv_riscv_write_vs(struct axv_vcpu *v, unsigned int csr, u64 value);

/* ---- tlb.c ---------------------------------------------------------------------- */

void axv_riscv_tlb_init(u32 vmid_bits);
/* the vCPU's VMID for this CPU, flushed where it has to be; in the section: see below */
void axv_riscv_new_vmid(struct axv_vcpu *v);
/* all that guests have left in any CPU's; sleeps not, but waits for all CPUs */
void axv_riscv_flush_ours(void);
/* the stage-2 table lost a translation since s2_generation, which is a new one then */
void axv_riscv_flush_gstage(struct axv_vcpu *v);
/* it has one at @gpa that was not there before, or has more rights; at rest */
void axv_riscv_fence_fault(const struct axv_vcpu *v, axv_gpa_t gpa);
/* this CPU's VS-stage translations under the vCPU's VMID */
void axv_riscv_flush_vstage(const struct axv_riscv_range *range);
void axv_riscv_tlb_show(struct seq_file *m);
/* more than these go as all of a VMID: what one fence of each kind costs at most */
#define AXV_RISCV_FENCE_PAGES	64

/* ---- beside.c ------------------------------------------------------------------- */

#define AXV_KVM_HERE	1u

/* AXV_KVM_HERE: KVM is loaded. One more with each change. */
extern u32 axv_riscv_kvm_era;

/* May KVM's guests run on the harts? */
static inline bool axv_riscv_beside_kvm(void)
{
	return READ_ONCE(axv_riscv_kvm_era) & AXV_KVM_HERE;
}

void axv_riscv_beside_init(void);
void axv_riscv_beside_exit(void);

/* ---- entry.S -------------------------------------------------------------------- */

void __axv_riscv_enter(struct axv_riscv_ctx *ctx);
/* Two or four bytes of guest code: see axv_riscv_fetch(). */
int __axv_riscv_hlvx_hu(u64 addr, u32 *insn, struct axv_riscv_trap *trap);
int __axv_riscv_hlvx_wu(u64 addr, u32 *insn, struct axv_riscv_trap *trap);

/*
 * Read the instruction at guest address @pc as the guest would fetch it. In the
 * section, the guest's CSRs loaded. Returns 0 and *@insn (16 or 32 bits), or
 * -EFAULT with *@trap: what the guest's fetch would give.
 */
int axv_riscv_fetch(struct axv_vcpu *v, u64 pc, u32 *insn, struct axv_riscv_trap *trap);

/* ---- exit.c --------------------------------------------------------------------- */

/* ops->enter: in the section, up to an exit that was served: enum axv_next */
int axv_riscv_enter(struct axv_vcpu *v);
/* The rest with interrupts on, where that said AXV_SLOW. */
int axv_riscv_handle(struct axv_vcpu *v);
int axv_riscv_fault_exit(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags);

/* ---- irq.c ---------------------------------------------------------------------- */

void axv_riscv_irq_create(struct axv_vcpu *v);
void axv_riscv_irq_reset(struct axv_vcpu *v);
/* ops->inject_interrupt, ops->inject_event, ops->runnable, ops->intr_state */
int axv_riscv_inject_interrupt(struct axv_vcpu *v, u32 vector);
int axv_riscv_inject_event(struct axv_vcpu *v, const struct axvcpu_inject_event *ev);
bool axv_riscv_valid_interrupt(const struct axv_vcpu *v, u32 vector);
bool axv_riscv_runnable(struct axv_vcpu *v);
u32 axv_riscv_intr_state(struct axv_vcpu *v);
/* Lines as they will be after the next load, where @sip has those that are loaded. */
static inline u64 axv_riscv_lines(const struct axv_riscv_irq *irq, u64 sip)
{
	return ((sip | READ_ONCE(irq->raise)) & ~READ_ONCE(irq->lower)) & AXV_LINES;
}

/* ops->intr_state */
static __always_inline u32 axv_riscv_intr_state_now(const struct axv_vcpu *v)
{
	const struct axv_riscv_irq *irq = &v->arch.irq;
	u64 lines = v->arch.csr.hvip >> 1;
	u32 state = 0;

	/* in U-mode they are on whatever SIE says */
	if (axv_riscv_is_user(v) || (v->arch.csr.vsstatus & SR_SIE))
		state = AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW;
	if (unlikely(READ_ONCE(irq->any))) {
		lines = axv_riscv_lines(irq, lines);
		if (READ_ONCE(irq->exc_queued))
			state |= AXVCPU_INTR_PENDING;
	}
	if (lines & AXV_LINES)
		state |= AXVCPU_INTR_PENDING;
	return state;
}

/* Lines from kernel code (SBI, timer); the caller kicks. False: raised already. */
bool axv_riscv_raise(struct axv_vcpu *v, u64 lines);
bool axv_riscv_lower(struct axv_vcpu *v, u64 lines);
/* The same with irq.lock held. */
bool axv_riscv_raise_locked(struct axv_riscv_irq *irq, u64 lines);
bool axv_riscv_lower_locked(struct axv_riscv_irq *irq, u64 lines);
/* Go on at @pc as a hart does that SBI starts: S-mode, interrupts and paging off. */
void axv_riscv_begin_at(struct axv_vcpu *v, u64 pc, u64 arg);
/*
 * Before an entry, in the section, where irq.any says so: bring raise and lower
 * into the CPU's hvip, deliver a queued exception, take a start.
 */
void axv_riscv_load_irq(struct axv_vcpu *v);
/* Deliver an exception to the guest's own handler, now. At rest or in the section. */
void axv_riscv_trap_guest(struct axv_vcpu *v, u64 cause, u64 tval);
/* Illegal instruction, with its bits where they are known (else 0) */
void axv_riscv_illegal(struct axv_vcpu *v, u32 insn);
/* wfi: AXV_HALT, AXV_EXIT with HALT, or AXV_RESUME where something is pending */
int axv_riscv_wfi(struct axv_vcpu *v);
/* Is a line that ends wfi up, or an exception queued? In the section. */
bool axv_riscv_irq_wakes(struct axv_vcpu *v);

/* The registers of the INTR group; see axvcpu_riscv_intr. */
int axv_riscv_check_intr(const struct axvcpu_riscv_intr *r);
void axv_riscv_set_intr(struct axv_vcpu *v, const struct axvcpu_riscv_intr *r);
void axv_riscv_get_intr(struct axv_vcpu *v, struct axvcpu_riscv_intr *r);

/* ---- timer.c -------------------------------------------------------------------- */

void axv_riscv_timer_create(struct axv_vcpu *v);
void axv_riscv_timer_destroy(struct axv_vcpu *v);
void axv_riscv_timer_reset(struct axv_vcpu *v);
u64 axv_riscv_guest_time(struct axv_vcpu *v);
/* SBI set_timer, at rest or in the section: next event at @when (guest time). */
void axv_riscv_set_timer(struct axv_vcpu *v, u64 when);
/* The guest is about to wait: have the hrtimer wake it. And the reverse. */
void axv_riscv_timer_block(struct axv_vcpu *v);
void axv_riscv_timer_unblock(struct axv_vcpu *v);
/* With Sstc: is the guest's timer line up now? At rest. */
bool axv_riscv_timer_pending(struct axv_vcpu *v);
void axv_riscv_set_timer_regs(struct axv_vcpu *v, const struct axvcpu_riscv_timer *t);
void axv_riscv_get_timer_regs(struct axv_vcpu *v, struct axvcpu_riscv_timer *t);

/* ---- imsic.c, imsic_guest.c ------------------------------------------------------ */

void axv_riscv_imsic_init(void);
void axv_riscv_imsic_show(struct seq_file *m);
int axv_riscv_imsic_create(struct axv_vcpu *v, u64 gpa);
void axv_riscv_imsic_destroy(struct axv_vcpu *v);
void axv_riscv_imsic_reset(struct axv_vcpu *v);
void axv_riscv_imsic_set_root(struct axv_vcpu *v);
/* Before a section: have a file here. At its begin: is there one? vgein says so. */
void axv_riscv_imsic_prepare(struct axv_vcpu *v);
void axv_riscv_imsic_begin(struct axv_vcpu *v);
/* In the section, where the guest is about to wait: MSIs wake it. */
void axv_riscv_imsic_arm(struct axv_vcpu *v);
bool axv_riscv_imsic_wakes(struct axv_vcpu *v);

/* An MSI to @v, as an interrupt that is injected. */
void axv_riscv_imsic_send(struct axv_vcpu *v, u32 id);
bool axv_riscv_imsic_valid(const struct axv_vcpu *v, u32 id);

/* what is at a guest physical address */
enum axv_riscv_look {
	AXV_NO_IMSIC,
	AXV_IMSIC_MEMORY,	/* a page, to be served here */
	AXV_IMSIC_FILE,		/* a page that is to be mapped */
};

enum axv_riscv_look axv_riscv_imsic_look(struct axv_vcpu *v, u64 gpa);
int axv_riscv_imsic_map(struct axv_vcpu *v, u64 gpa);
int axv_riscv_imsic_access(struct axv_vcpu *v, u64 gpa, bool write,
			   const struct axv_riscv_insn *d);

int axv_riscv_imsic_check(const struct axv_vcpu *v, const struct axvcpu_riscv_imsic *r);
void axv_riscv_imsic_set(struct axv_vcpu *v, const struct axvcpu_riscv_imsic *r);
void axv_riscv_imsic_get(struct axv_vcpu *v, struct axvcpu_riscv_imsic *r);

/* ---- sbi.c ---------------------------------------------------------------------- */

/*
 * An ecall from VS-mode, in the section (x and pc are canonical): answered there
 * where possible. enum axv_next; AXV_SLOW: axv_riscv_sbi_slow() with interrupts on.
 */
int axv_riscv_sbi(struct axv_vcpu *v);
int axv_riscv_sbi_slow(struct axv_vcpu *v);
/* FULFIL, SKIP or FAULT of an exit that an ecall made (HYPERCALL, CPU_UP, ...). */
int axv_riscv_sbi_complete(struct axv_vcpu *v, u32 cmd, u64 data);
/* at load */
void axv_riscv_sbi_init(void);

/* sbi_hsm.c: in the section, enum axv_next */
int axv_riscv_sbi_hsm(struct axv_vcpu *v, u64 fid);
/* the same of an exit that hart_start, hart_stop or hart_suspend made */
int axv_riscv_sbi_hsm_fulfil(struct axv_vcpu *v, u64 data);
/* the hart is there, but waits for hart_start: it takes no IPIs */
bool axv_riscv_is_stopped(const struct axv_vcpu *v);

/* The guest goes on behind its ecall, with an error and a value. */
static inline int axv_riscv_sbi_answer(struct axv_vcpu *v, long error, u64 value)
{
	v->arch.ctx.x[AXV_A0] = error;
	v->arch.ctx.x[AXV_A1] = value;
	axv_riscv_skip(v, 4);
	return AXV_RESUME;
}

/* A guest physical address where nothing can be, by the table's width alone? */
static inline bool axv_riscv_beyond(const struct axv_vcpu *v, u64 gpa)
{
	return gpa >> axv_s2_gpa_bits(v->s2);
}

/* sbi_fence.c: which vCPUs a call means, as a bitmap of their ids; 0 or SBI_ERR_* */
struct axv_riscv_harts {
	DECLARE_BITMAP(ids, AXV_MAX_VCPUS);
};

int axv_riscv_harts(struct axv_vcpu *v, u64 mask, u64 base, struct axv_riscv_harts *harts);
void axv_riscv_some_harts(struct axv_vcpu *v, u64 mask, struct axv_riscv_harts *harts);
/* By hart id, NULL where there is none. In a section, or rcu_read_lock(). */
struct axv_vcpu *axv_riscv_find_hart(struct axv_vm *vm, u64 hartid);

/**
 * struct axv_riscv_fence - what a fence is of
 * @insn: of instructions; else of translations
 * @range: of these
 */
struct axv_riscv_fence {
	bool insn;
	struct axv_riscv_range range;
};

void axv_riscv_fence_range(struct axv_riscv_fence *fence, u64 start, u64 size, u64 asid);
/* RFENCE and the legacy fences: ask, and wait for those still in the guest. */
int axv_riscv_sbi_rfence(struct axv_vcpu *v, u64 fid);
bool axv_riscv_ask_fence(struct axv_vcpu *v, const struct axv_riscv_harts *harts,
			 const struct axv_riscv_fence *fence);
int axv_riscv_sbi_rfence_wait(struct axv_vcpu *v);
void axv_riscv_await_fence(struct axv_vcpu *v, const struct axv_riscv_harts *harts,
			   const struct axv_riscv_fence *fence);
/* What siblings asked for in irq.fence, before an entry, in the section. */
void axv_riscv_do_fences(struct axv_vcpu *v);

/* bits of irq.fence */
#define AXV_RISCV_FENCE_I	0
#define AXV_RISCV_FENCE_VVMA	1	/* all of the vCPU's VS-stage translations */
#define AXV_RISCV_FENCE_RANGES	2	/* those in irq.ranges */

/* ---- mmio.c --------------------------------------------------------------------- */

/*
 * A load or store guest-page fault at @gpa where nothing is mapped: in the section.
 * Fetches where htinst does not tell. enum axv_next.
 */
int axv_riscv_mmio(struct axv_vcpu *v, u64 gpa, bool write);

/* The access at @gpa is v->arch.access; a store is of @data. enum axv_next. */
static __always_inline int axv_riscv_mmio_exit(struct axv_vcpu *v, u64 gpa, u64 data)
{
	const struct axv_riscv_access *a = &v->arch.access;
	struct axvcpu_exit *x = &v->exit;

	data = data << a->unused >> a->unused;
	if (unlikely(rcu_access_pointer(v->vm->routes.io)) && a->reason == AXVCPU_EXIT_MMIO_WRITE &&
	    axv_route_write(v, false, gpa, a->width, data)) {
		axv_riscv_skip(v, a->len);
		return AXV_RESUME;
	}
	if (unlikely(x->reason != a->reason))
		axv_exit_reason(x, a->reason);
	x->insn_len = a->len;
	x->insn_nr = 0;
	x->words[0] = gpa;
	x->words[1] = data;
	x->words[2] = a->words2;
	return AXV_EXIT;
}

/*
 * Is the access at @gpa what v->arch.access says, as in a loop that feeds a device or
 * polls it? It is one of a general register, then, and all at @gpa or beyond: what is
 * aligned does not go over the end of a page.
 */
static __always_inline bool axv_riscv_mmio_again(const struct axv_vcpu *v, u64 gpa)
{
	return v->arch.ctx.trap.htinst == v->arch.access.htinst && !(gpa & v->arch.access.mask);
}

/* FULFIL of a load's exit, at rest: the register gets what was read */
void axv_riscv_load_f(struct axv_vcpu *v, u64 data);

static __always_inline void axv_riscv_load(struct axv_vcpu *v, u64 data)
{
	const struct axvcpu_exit *x = &v->exit;
	unsigned int unused = 64 - 8 * x->mmio.width;

	if (unlikely(x->mmio.reg >= AXVCPU_RISCV_REG_F(0))) {
		axv_riscv_load_f(v, data);
		return;
	}
	data <<= unused;
	axv_riscv_set_x(v, x->mmio.reg,
			x->mmio.sign_extend ? (u64)((s64)data >> unused) : data >> unused);
}

/* v->exit gets the bits of the instruction, @len bytes, after the exit was begun */
void axv_riscv_note_insn(struct axv_vcpu *v, u32 insn, unsigned int len);

/* ---- complete.c ----------------------------------------------------------------- */

/* ops->describe, ops->complete */
u32 axv_riscv_describe(struct axv_vcpu *v, struct axvcpu_exit *x);
int axv_riscv_complete(struct axv_vcpu *v, u32 cmd, u64 data);

/* ---- csr.c ---------------------------------------------------------------------- */

/*
 * A virtual-instruction trap (cause 22), or an illegal instruction that was not
 * delegated for axv_riscv_wants_illegal(), in the section: enum axv_next.
 */
int axv_riscv_virtual(struct axv_vcpu *v);
/* FULFIL of SYSREG_READ and SYSREG_WRITE, at rest: enum axv_next */
int axv_riscv_csr_complete(struct axv_vcpu *v, u64 data);
/* The VMM asked for CSRs whose access is an illegal instruction: those come here too. */
bool axv_riscv_wants_illegal(const struct axv_vcpu *v);

/* ---- fpregs.S ------------------------------------------------------------------- */

void __axv_riscv_f_save(u64 *f);
void __axv_riscv_f_load(const u64 *f);

/* ---- fp.c ----------------------------------------------------------------------- */

int axv_riscv_fp_init(struct axv_probe *probe);
int axv_riscv_fp_create(struct axv_vcpu *v);
void axv_riscv_fp_destroy(struct axv_vcpu *v);
void axv_riscv_fp_reset(struct axv_vcpu *v);
/* In the section: the guest is about to use them; the host's again. */
void axv_riscv_fp_load(struct axv_vcpu *v);
void axv_riscv_fp_unload(struct axv_vcpu *v);
/* FP register @n of the guest, its low @width bytes; a read is NaN-boxed by the caller */
u64 axv_riscv_fp_get(struct axv_vcpu *v, unsigned int n);
void axv_riscv_fp_set(struct axv_vcpu *v, unsigned int n, u64 value);
int axv_riscv_fp_check(struct axv_vcpu *v, const struct axvcpu_riscv_fp *fp);
void axv_riscv_fp_commit(struct axv_vcpu *v, const struct axvcpu_riscv_fp *fp);
void axv_riscv_fp_fetch(struct axv_vcpu *v, struct axvcpu_riscv_fp *fp);
/* An illegal instruction: is it for want of the registers, which are there now? */
bool axv_riscv_fp_wanted(struct axv_vcpu *v);
/* cause 2 has to come here, not to the guest */
bool axv_riscv_fp_wants_illegal(const struct axv_vcpu *v);

/* ---- walk.c --------------------------------------------------------------------- */

int axv_riscv_translate(struct axv_vcpu *v, struct axvcpu_translate *t);
/*
 * Read at a guest virtual address, at rest; sleeps. 0; 1 with @trap: the exception that
 * the guest's own load gives (scause and stval); -EINTR, -ENOMEM.
 */
int axv_riscv_read_guest(struct axv_vcpu *v, u64 gva, void *buf, size_t len,
			 struct axv_riscv_trap *trap);

/* ---- state.c -------------------------------------------------------------------- */

int axv_riscv_vcpu_create(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args);
void axv_riscv_vcpu_destroy(struct axv_vcpu *v);
int axv_riscv_vcpu_setup(struct axv_vcpu *v, const struct axvcpu_setup *args);
void axv_riscv_vcpu_reset(struct axv_vcpu *v);
int axv_riscv_set_entry(struct axv_vcpu *v, u64 entry);
int axv_riscv_set_gpr(struct axv_vcpu *v, u32 reg, u64 value);
void axv_riscv_set_return_value(struct axv_vcpu *v, u64 value);
int axv_riscv_commit_regs(struct axv_vcpu *v, u32 groups, const struct axvcpu_run *regs,
			  const void *fp);
void axv_riscv_fetch_regs(struct axv_vcpu *v, u32 groups, struct axvcpu_run *regs, void *fp);

/* ---- s2_gstage.c ---------------------------------------------------------------- */

extern const struct axv_s2_format axv_s2_gstage;

#endif /* AXVCPU_RISCV_H */
