/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the x86 backends share, by file. SVM and VMX differ in the structure
 * the hardware reads; everything the guest sees is decided in these files.
 */
#ifndef AXVCPU_X86_H
#define AXVCPU_X86_H

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "../axvcpu.h"
#include "../stage2.h"

struct axv_x86_mode;

/**
 * struct axv_x86_backend - what x86 files need of VMX or SVM
 * @arch: the table the core gets
 * @vcpu_alloc: what a new vCPU has of the hardware's structures; -ENOMEM
 * @vcpu_free: the reverse
 * @vcpu_reset: nothing is left in them of what the vCPU did
 * @read_control: fill v->arch.control from the hardware's structure
 * @write_control: the other way; the values were checked
 * @read_mode: the registers in struct axv_x86_mode alone; most exits need no more
 * @read_segment: one segment register; SS with the CPL for its DPL
 * @segment_base: base of one; as the hardware has it, right after an exit
 * @read_cr8: CR8, which interrupts wait for
 */
struct axv_x86_backend {
	struct axv_arch_ops arch;
	int (*vcpu_alloc)(struct axv_vcpu *v);
	void (*vcpu_free)(struct axv_vcpu *v);
	void (*vcpu_reset)(struct axv_vcpu *v);
	void (*read_control)(struct axv_vcpu *v);
	void (*write_control)(struct axv_vcpu *v);
	void (*read_mode)(const struct axv_vcpu *v, struct axv_x86_mode *m);
	void (*read_segment)(const struct axv_vcpu *v, unsigned int seg,
			     struct axvcpu_x86_segment *s);
	u64 (*segment_base)(const struct axv_vcpu *v, unsigned int seg);
	u64 (*read_cr8)(const struct axv_vcpu *v);
};

extern const struct axv_x86_backend *axv_x86;

/* ---- arch.c: a vCPU's memory ---------------------------------------------------- */
int axv_x86_vcpu_create(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args);
void axv_x86_vcpu_destroy(struct axv_vcpu *v);
void axv_x86_vcpu_reset(struct axv_vcpu *v);

/* The operations that both backends have, for their tables. */
#define AXV_X86_ARCH_OPS						\
	.vcpu_create		= axv_x86_vcpu_create,			\
	.vcpu_destroy		= axv_x86_vcpu_destroy,			\
	.vcpu_setup		= axv_x86_vcpu_setup,			\
	.vcpu_reset		= axv_x86_vcpu_reset,			\
	.set_entry		= axv_x86_set_entry,			\
	.set_gpr		= axv_x86_set_gpr,			\
	.set_return_value	= axv_x86_set_return_value,		\
	.inject_interrupt	= axv_x86_inject_interrupt,		\
	.valid_interrupt	= axv_x86_valid_interrupt,		\
	.inject_event		= axv_x86_inject_event,			\
	.runnable		= axv_x86_runnable,			\
	.commit_regs		= axv_x86_commit_regs,			\
	.fetch_regs		= axv_x86_fetch_regs,			\
	.translate		= axv_x86_translate,			\
	.set_cpuid		= axv_x86_set_cpuid,			\
	.get_cpuid		= axv_x86_get_cpuid,			\
	.complete		= axv_x86_complete,			\
	.get_pc			= axv_x86_get_pc,			\
	.intr_state		= axv_x86_intr_state

/* The control group for reading. */
static inline struct axvcpu_x86_control *axv_x86_control(struct axv_vcpu *v)
{
	if (!v->arch.control_valid) {
		axv_x86->read_control(v);
		v->arch.control_valid = true;
	}
	return &v->arch.control;
}

/* One of it: the group has dozens of others. */
static inline u64 axv_x86_cr8(const struct axv_vcpu *v)
{
	return v->arch.control_valid ? v->arch.control.cr8 : axv_x86->read_cr8(v);
}

/* It was written to: load all of it before the next entry. */
static inline void axv_x86_control_changed(struct axv_vcpu *v)
{
	v->arch.control_dirty = true;
}

static inline u64 *axv_x86_reg(struct axv_vcpu *v, unsigned int reg)
{
	return &v->arch.gpr.r[reg];
}

/* Begin to fill in v->exit; raw[] is the backend's and stays. */
static inline void axv_x86_new_exit(struct axv_vcpu *v, u32 reason)
{
	struct axvcpu_exit *x = &v->exit;

	axv_exit_reason(x, reason);
	x->insn_len = 0;
	x->insn_nr = 0;
	memset(x->insn, 0, sizeof(x->insn));
}

/* MSRs that are known to exist: no fixup, no paravirtualization. */
static __always_inline u64 axv_x86_read_msr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr));
	return lo | (u64)hi << 32;
}

static __always_inline void axv_x86_write_msr(u32 msr, u64 val)
{
	u32 lo = val & U32_MAX, hi = val >> 32;

	asm volatile("wrmsr" : : "c" (msr), "a" (lo), "d" (hi) : "memory");
}

/* ---- host.c: what this host can give a guest ------------------------------- */

#define AXV_X86_NR_XSTATE	10	/* XSAVE components known, 0-9 */

/**
 * struct axv_x86_xstate - an extended XSAVE component, from CPUID leaf 0xD
 * @offset: in the standard form
 * @size: bytes
 * @align: starts at a multiple of 64 in the compacted form
 */
struct axv_x86_xstate {
	u16 offset;
	u16 size;
	bool align;
};

/**
 * struct axv_x86_host - limits of any guest, found once at load
 * @cr4: CR4 bits that can be on in the hardware while a guest runs
 * @efer: EFER bits likewise
 * @xcr0: XSAVE components: those the kernel has on and this module knows;
 *	0: the kernel does not use XSAVE
 * @fpu_size: bytes of the standard-form area for @xcr0
 * @mxcsr_mask: MXCSR bits that exist
 * @virt_bits: width of a linear address at most, 48 or 57
 * @intel: vendor of the CPU: GenuineIntel, else as AMD
 * @lazy_fpu: CR0.TS hides the FPU registers, also from speculation
 * @no_rdtscp: RDTSCP and RDPID do not work in a guest, as the next two
 * @no_invpcid: INVPCID
 * @no_xsaves: XSAVES
 * @xstate: by component number; the first two are in the legacy region
 */
struct axv_x86_host {
	u64 cr4;
	u64 efer;
	u64 xcr0;
	u32 fpu_size;
	u32 mxcsr_mask;
	u32 virt_bits;
	bool intel;
	bool lazy_fpu;
	bool no_rdtscp;
	bool no_invpcid;
	bool no_xsaves;
	struct axv_x86_xstate xstate[AXV_X86_NR_XSTATE];
};

extern struct axv_x86_host axv_x86_host;

/**
 * struct axv_x86_cr4_feature - a CR4 bit that comes with a CPUID bit
 * @cr4: the bit
 * @leaf: CPUID leaf, sub-leaf 0
 * @reg: 0 eax to 3 edx
 * @bit: bit number
 */
struct axv_x86_cr4_feature {
	u64 cr4;
	u32 leaf;
	u8 reg;
	u8 bit;
};

extern const struct axv_x86_cr4_feature axv_x86_cr4_features[];	/* closed by 0 */

/* Once at load, before anything else of the files below but decode. */
void axv_x86_host_init(void);
/* The default CPUID table for vCPU @id into @e, with a local @apic: how many entries. */
u32 axv_x86_default_cpuid(u32 id, bool apic, struct axvcpu_cpuid_entry *e, u32 room);

/* Bits 63 to the sign bit of a linear address are all the same. */
static inline bool axv_x86_canonical(u64 addr)
{
	unsigned int shift = 64 - axv_x86_host.virt_bits;

	return (u64)((s64)(addr << shift) >> shift) == addr;
}

/*
 * Handlers of guest instructions answer with enum axv_next, or with this when
 * the guest gets a fault: it is queued with axv_x86_queue_exception() already
 * and the instruction must not be skipped.
 */

/* ---- mode.c: the execution mode of the moment ------------------------------ */

/* bits of struct axvcpu_x86_segment.attr */
#define AXV_X86_ATTR_S		BIT(4)	/* code or data */
#define AXV_X86_ATTR_DPL_SHIFT	5
#define AXV_X86_ATTR_P		BIT(7)
#define AXV_X86_ATTR_L		BIT(9)
#define AXV_X86_ATTR_DB		BIT(10)
#define AXV_X86_ATTR_MASK	0xfffu

/**
 * struct axv_x86_mode - what decoding and walking need to know
 * @cr0: as the guest sees it, like all of them
 * @cr3: CR3
 * @cr4: CR4
 * @efer: EFER
 * @cs_base: base of CS
 * @cs: attributes of CS
 * @bits: 16, 32 or 64: default operand and address size of CS
 * @cpl: privilege level
 * @long_mode: EFER.LMA
 */
struct axv_x86_mode {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	u64 cs_base;
	u16 cs;
	u8 bits;
	u8 cpl;
	bool long_mode;
};

void axv_x86_get_mode(const struct axv_vcpu *v, struct axv_x86_mode *m);

/* The rest of @m from its registers. */
static inline void axv_x86_complete_mode(const struct axv_vcpu *v, struct axv_x86_mode *m)
{
	m->long_mode = m->efer & EFER_LMA;
	/* D counts in real mode too: it stays when PE is cleared. */
	if (m->long_mode && m->cs & AXV_X86_ATTR_L)
		m->bits = 64;
	else
		m->bits = m->cs & AXV_X86_ATTR_DB ? 32 : 16;

	if (!(m->cr0 & X86_CR0_PE))
		m->cpl = 0;
	else if (v->arch.gpr.rflags & X86_EFLAGS_VM && !m->long_mode)
		m->cpl = 3;
}

void axv_x86_get_segment(const struct axv_vcpu *v, unsigned int seg,
			 struct axvcpu_x86_segment *s);
void axv_x86_skip_slow(struct axv_vcpu *v);

#ifndef axv_x86_skip	/* the decoder's tests have their own */
/* Go on behind an instruction of @len bytes: rip wraps as the mode wants,
 * the interrupt shadow ends, RFLAGS.TF queues its #DB.
 */
static inline void axv_x86_skip(struct axv_vcpu *v, unsigned int len)
{
	struct axv_vcpu_arch *a = &v->arch;

	a->gpr.rip += len;
	a->gpr.rflags &= ~(u64)X86_EFLAGS_RF;
	a->shadow = false;
	if (unlikely(a->gpr.rip >> 32 || (a->gpr.rflags & X86_EFLAGS_TF) || a->debug.control))
		axv_x86_skip_slow(v);
}
#endif

/* ---- lapic*.c: the local APIC; lapic.h is for these files ----------------------- */

#define AXV_X86_IRQ_LINT	BIT(29)		/* AXVCPU_X86_LINT() */
#define AXV_X86_IRQ_MSI		BIT(30)		/* AXVCPU_X86_MSI() */

static inline bool axv_x86_is_bsp(const struct axv_vcpu *v)
{
	return !v->id;
}

void axv_x86_lapic_create(struct axv_vcpu *v);
/* A reset, or INIT, under events.lock. */
void axv_x86_lapic_reset_locked(struct axv_vcpu *v, bool init);
/* First of all when a vCPU goes: its timer rings no more. */
void axv_x86_lapic_destroy(struct axv_vcpu *v);
/* It gets it, under events.lock; or did not after all. */
void axv_x86_lapic_take_locked(struct axv_vcpu *v, u32 vector);
void axv_x86_lapic_untake_locked(struct axv_vcpu *v, u32 vector);
/* Does an 8259 reach the CPU? */
bool axv_x86_lapic_takes_ext(const struct axv_vcpu *v);
/* Resample eventfds of what was ended. Sleeps. */
void axv_x86_lapic_tell(struct axv_vcpu *v);
/* The guest's TSC makes a jump. */
void axv_x86_lapic_tsc_changed(struct axv_vcpu *v);

/* Is @gpa in the page of the vCPU's APIC? */
static inline bool axv_x86_lapic_at(const struct axv_vcpu *v, u64 gpa)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;

	/* enabled, not x2APIC */
	return unlikely(l->there) && (l->base & 0xc00) == 0x800 &&
	       !((l->base ^ gpa) >> PAGE_SHIFT);
}

u64 axv_x86_lapic_mmio_read(struct axv_vcpu *v, u64 gpa, u32 width);
/*
 * AXV_RESUME or AXV_BREAK: done, go on behind the instruction. AXV_EXIT: an exit is in
 * v->exit, but for the instruction, and the write is done with its FULFIL; with
 * !@may_exit it is AXV_SLOW, and nothing has changed.
 */
int axv_x86_lapic_mmio_write(struct axv_vcpu *v, u64 gpa, u32 width, u64 data, bool may_exit);
/* MSRs of the local APIC; numbers without one, and VMs, are false and #GP. */
bool axv_x86_lapic_has_msr(const struct axv_vcpu *v, u32 nr);
bool axv_x86_lapic_rdmsr(struct axv_vcpu *v, u32 nr, u64 *val);
/* enum axv_next as above, or AXV_X86_FAULTED without a fault queued. */
int axv_x86_lapic_wrmsr(struct axv_vcpu *v, u32 nr, u64 val);
/* FULFIL of an exit with lapic.asked: AXV_RESUME: the access is done; AXV_EXIT: one more. */
int axv_x86_lapic_complete(struct axv_vcpu *v);
/* With the interrupts group. */
void axv_x86_lapic_fetch(struct axv_vcpu *v, struct axvcpu_x86_apic *a);
int axv_x86_lapic_check(struct axv_vcpu *v, const struct axvcpu_x86_apic *a);
void axv_x86_lapic_commit(struct axv_vcpu *v, const struct axvcpu_x86_apic *a);

/* ---- event.c: the queue; event_regs.c: in the run page ------------------------- */

#define AXV_X86_DE	0
#define AXV_X86_DB	1
#define AXV_X86_NMI	2
#define AXV_X86_BP	3
#define AXV_X86_OF	4
#define AXV_X86_UD	6
#define AXV_X86_NM	7
#define AXV_X86_DF	8
#define AXV_X86_SS	12
#define AXV_X86_GP	13
#define AXV_X86_PF	14
#define AXV_X86_AC	17
#define AXV_X86_MC	18

/* EVENTINJ form, the same bits in VMCB and (but for type names) VMCS */
#define AXV_X86_EVENT_TYPE_INTR	(0u << 8)
#define AXV_X86_EVENT_TYPE_NMI	(2u << 8)
#define AXV_X86_EVENT_TYPE_EXC	(3u << 8)
#define AXV_X86_EVENT_TYPE_SOFT	(4u << 8)
#define AXV_X86_EVENT_TYPE_MASK	(7u << 8)
#define AXV_X86_EVENT_ERR_VALID	BIT(11)
#define AXV_X86_EVENT_VALID	BIT(31)

void axv_x86_events_init(struct axv_vcpu *v);
void axv_x86_events_reset(struct axv_vcpu *v);
int axv_x86_inject_interrupt(struct axv_vcpu *v, u32 vector);
bool axv_x86_valid_interrupt(const struct axv_vcpu *v, u32 vector);
int axv_x86_inject_event(struct axv_vcpu *v, const struct axvcpu_inject_event *ev);
bool axv_x86_runnable(struct axv_vcpu *v);
/* True for vectors that push an error code. */
bool axv_x86_has_error(u32 vector);
/*
 * An exception of the guest's own doing; replaces one that is queued. Where it
 * came of delivering another event (v->arch.reinject), both together become
 * what the architecture says: the new one, #DF, or SHUTDOWN.
 */
void axv_x86_queue_exception(struct axv_vcpu *v, u32 vector, u32 error);
void axv_x86_queue_pf(struct axv_vcpu *v, u64 addr, u32 error);
void axv_x86_queue_db(struct axv_vcpu *v, u64 dr6);	/* bits DR6 gets */
static inline void axv_x86_queue_gp(struct axv_vcpu *v)
{
	axv_x86_queue_exception(v, AXV_X86_GP, 0);
}

/**
 * struct axv_x86_event_plan - what an entry must do about events
 * @inject: EVENTINJ form of the event to deliver with this entry, 0: none
 * @len: instruction length that goes with it
 * @want_intr_window: an interrupt waits for RFLAGS.IF or the end of a shadow
 * @want_cr8_window: an interrupt waits for a lower CR8 only
 * @want_nmi_window: an NMI waits behind another one, or for the end of a shadow
 * @want_exit: an exception or an NMI waits behind @inject: leave the guest once
 *	that is delivered
 * @shutdown: a fault while #DF was delivered: SHUTDOWN, do not enter
 * @halted: the guest still waits: do not enter
 */
struct axv_x86_event_plan {
	u64 inject;
	u32 len;
	bool want_intr_window;
	bool want_cr8_window;
	bool want_nmi_window;
	bool want_exit;
	bool shutdown;
	bool halted;
};

/*
 * Take the next event out of the queue, in the order the architecture gives:
 * the interrupted one, exception, NMI, external interrupt (RFLAGS.IF, shadow
 * and CR8 allowing). Applies payloads (CR2, DR6), clears HALTED. Interrupts
 * are off. The START event is applied by axv_x86_runnable()'s caller through
 * axv_x86_take_start().
 */
void axv_x86_plan_event(struct axv_vcpu *v, struct axv_x86_event_plan *plan);
/*
 * After an exit: the hardware says it was delivering @event when it left. @len:
 * of the instruction that made a software event, which rip is still at; 0 for
 * all others.
 */
void axv_x86_requeue(struct axv_vcpu *v, u64 event, u32 len);
bool axv_x86_take_start(struct axv_vcpu *v);
void axv_x86_set_halted(struct axv_vcpu *v);
void axv_x86_end_halt(struct axv_vcpu *v);
void axv_x86_set_wait_start(struct axv_vcpu *v);
bool axv_x86_is_pending(const struct axv_vcpu *v);

/* Does a plain vector of the VMM's reach the CPU, as far as the local APIC is concerned? */
static inline bool axv_x86_takes_vector(const struct axv_vcpu *v)
{
	return likely(!v->arch.lapic.there) || axv_x86_lapic_takes_ext(v);
}

/* Does the VMM want to know when it would be taken? Not while that cannot be. */
static inline bool axv_x86_wants_window(const struct axv_vcpu *v)
{
	return (v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW) && axv_x86_takes_vector(v);
}

/* AXVCPU_INTR_* of the moment. */
static inline u32 axv_x86_intr_state(struct axv_vcpu *v)
{
	u32 state = 0;

	if (v->arch.gpr.rflags & X86_EFLAGS_IF)
		state |= AXVCPU_INTR_ENABLED;
	if (v->arch.shadow)
		state |= AXVCPU_INTR_SHADOW;
	else if ((v->arch.gpr.rflags & X86_EFLAGS_IF) && !v->arch.reinject &&
		 axv_x86_takes_vector(v))
		state |= AXVCPU_INTR_WINDOW;
	if (v->arch.nmi_masked)
		state |= AXVCPU_INTR_NMI_MASKED;
	if (unlikely(v->arch.reinject || READ_ONCE(v->arch.events.any)) && axv_x86_is_pending(v))
		state |= AXVCPU_INTR_PENDING;
	return state;
}

/* The interrupts group for the run page, and back (checked: 0 or -EINVAL). */
void axv_x86_fetch_intr(struct axv_vcpu *v, struct axvcpu_x86_intr *g);
int axv_x86_check_intr(const struct axv_vcpu *v, const struct axvcpu_x86_intr *g);
void axv_x86_commit_intr(struct axv_vcpu *v, const struct axvcpu_x86_intr *g);

/* ---- cr.c: control registers, EFER, XCR0, start states ---------------------- */

/* MOV to CRn by the guest: checks as the CPU does; 0, or 1 for #GP(0). */
int axv_x86_set_cr0(struct axv_vcpu *v, u64 val);
int axv_x86_set_cr3(struct axv_vcpu *v, u64 val);
int axv_x86_set_cr4(struct axv_vcpu *v, u64 val);
int axv_x86_set_cr8(struct axv_vcpu *v, u64 val);
int axv_x86_set_efer(struct axv_vcpu *v, u64 val);
int axv_x86_set_xcr(struct axv_vcpu *v, u32 index, u64 val);
/* May XCR0 hold this, for the CPU and by the vCPU's CPUID table? */
bool axv_x86_valid_xcr0(struct axv_vcpu *v, u64 val);
bool axv_x86_valid_pat(u64 val);
/* A whole control group from user space: 0 or -EINVAL. */
int axv_x86_check_control(struct axv_vcpu *v, const struct axvcpu_x86_control *c);
void axv_x86_commit_control(struct axv_vcpu *v, const struct axvcpu_x86_control *c);
/* start.c */
int axv_x86_check_setup(const struct axvcpu_setup *s);
int axv_x86_vcpu_setup(struct axv_vcpu *v, const struct axvcpu_setup *args);
void axv_x86_reset_state(struct axv_vcpu *v);	/* power-on values */
void axv_x86_start_state(struct axv_vcpu *v, const struct axvcpu_setup *s);
int axv_x86_set_entry(struct axv_vcpu *v, u64 entry);
void axv_x86_init_state(struct axv_vcpu *v);		/* what INIT leaves */
#define AXV_X86_SIPI_PAGES	0xff000ull	/* entries a SIPI can have */
int axv_x86_set_page(struct axv_vcpu *v, u64 entry);	/* real mode, as a SIPI */

/* ---- cpuid.c ------------------------------------------------------------------ */
int axv_x86_cpuid_init(struct axv_vcpu *v);		/* the default table */
void axv_x86_cpuid_free(struct axv_vcpu *v);
int axv_x86_set_cpuid(struct axv_vcpu *v, const struct axvcpu_cpuid_entry *e, u32 nr);
int axv_x86_get_cpuid(struct axv_vcpu *v, struct axvcpu_cpuid_entry *e, u32 room);
/* CPUID instruction: answers in the registers; interrupts may be off. */
void axv_x86_cpuid(struct axv_vcpu *v);
/* The vCPU's own answer for a leaf, NULL where its table has none. */
const struct axvcpu_cpuid_entry *axv_x86_find_cpuid(struct axv_vcpu *v, u32 leaf, u32 index);
/* Is a feature bit set in the vCPU's own table? reg: 0 eax .. 3 edx */
bool axv_x86_guest_has(struct axv_vcpu *v, u32 leaf, u32 index, u32 reg, u32 bit);

/* ---- msr.c -------------------------------------------------------------------- */
/*
 * RDMSR and WRMSR, the number in ecx: filter first, then the kernel's answer.
 * AXV_RESUME, AXV_BREAK: done, skip it; AXV_EXIT: v->exit holds a SYSREG exit; 1000 +
 * nothing else: a fault was queued, see AXV_X86_FAULTED. Interrupts may be off.
 */
#define AXV_X86_FAULTED	1000
int axv_x86_rdmsr(struct axv_vcpu *v);
int axv_x86_wrmsr(struct axv_vcpu *v);
/* MSRs a backend may leave to the guest when no filter names them: those it
 * switches itself. Sorted, closed by 0.
 */
extern const u32 axv_x86_switched_msrs[];
void axv_x86_msr_reset(struct axv_vcpu *v);	/* MSRs outside the control group */

/* ---- msrmap.c ----------------------------------------------------------------- */

/**
 * struct axv_x86_msrmap - how a backend's map of intercepted MSRs is written
 * @order: pages of one
 * @passed: MSRs that are not intercepted where no filter names them, closed by 0
 * @set: intercept @msr in @map or not; the CPU may have it in use
 */
struct axv_x86_msrmap {
	unsigned int order;
	const u32 *passed;
	void (*set)(void *map, u32 msr, bool intercept);
};

void *axv_x86_msrmap_alloc(const struct axv_x86_msrmap *f, gfp_t gfp);
void axv_x86_msrmap_free(void *map, const struct axv_x86_msrmap *f);
int axv_x86_msrmap_filter(struct axv_vm *vm, const struct axv_x86_msrmap *f);

/* ---- sys.c: intercepted instructions on control and debug registers -------------- */
/*
 * Do one of MOV CR, MOV DR, CLTS, LMSW, SMSW, PUSHF, XSETBV for the guest.
 * AXV_RESUME: done and skipped; AXV_X86_FAULTED; AXV_EXIT with INTERNAL_ERROR; -errno.
 * Sleeps.
 */
struct axv_x86_sys;
int axv_x86_do_system(struct axv_vcpu *v, const struct axv_x86_sys *insn);

/* ---- fpu.c: FP, SIMD and the rest of XSAVE ------------------------------------- */
int axv_x86_fpu_init(struct axv_vcpu *v);
void axv_x86_fpu_free(struct axv_vcpu *v);
void axv_x86_fpu_reset(struct axv_vcpu *v);
u32 axv_x86_fpu_size(void);		/* of the FP group */
u64 axv_x86_xcr0_allowed(void);		/* components a guest may turn on */
u64 axv_x86_xss_allowed(void);
/* kernel_fpu_begin() and the guest's state in; PKRU, XCR0, XSS too. The pair
 * of prepare/finish, interrupts on; load/unload right around, interrupts off.
 */
void axv_x86_fpu_prepare(struct axv_vcpu *v);
void axv_x86_fpu_wanted(struct axv_vcpu *v);
void axv_x86_fpu_load_slow(struct axv_vcpu *v);
void axv_x86_fpu_unload_slow(struct axv_vcpu *v);

/*
 * Is the host's state in the registers during this section? Then the guest must
 * not get at them; that it tried is for axv_x86_fpu_wanted(), and a new section.
 */
static inline bool axv_x86_fpu_lazy(const struct axv_vcpu *v)
{
	return !v->arch.fpu_eager;
}

static inline void axv_x86_fpu_load(struct axv_vcpu *v)
{
	v->arch.fpu_touched = v->arch.fpu_eager || (v->arch.control.cr4 & X86_CR4_PKE);
	if (v->arch.fpu_touched)
		axv_x86_fpu_load_slow(v);
}

static inline void axv_x86_fpu_unload(struct axv_vcpu *v)
{
	if (v->arch.fpu_touched)
		axv_x86_fpu_unload_slow(v);
}

void axv_x86_fpu_finish(struct axv_vcpu *v);
/* XCR0 or XSS of v->arch.control changed: tell the CPU where it holds them. */
void axv_x86_fpu_xcr_changed(struct axv_vcpu *v);
/* Can a guest with @xcr0 have this FP group? 0 or -EINVAL. */
int axv_x86_fpu_check(u64 xcr0, const void *area);
void axv_x86_fpu_commit(struct axv_vcpu *v, const void *area);
void axv_x86_fpu_fetch(struct axv_vcpu *v, void *area);
u32 axv_x86_fpu_pkru(struct axv_vcpu *v);	/* the guest's PKRU; between two entries */

/* ---- regs.c: register groups, the core's ops ------------------------------------ */
int axv_x86_commit_regs(struct axv_vcpu *v, u32 groups,
			const struct axvcpu_run *regs, const void *fp);
void axv_x86_fetch_regs(struct axv_vcpu *v, u32 groups,
			struct axvcpu_run *regs, void *fp);
int axv_x86_set_gpr(struct axv_vcpu *v, u32 reg, u64 value);
void axv_x86_set_return_value(struct axv_vcpu *v, u64 value);
u64 axv_x86_get_pc(struct axv_vcpu *v);

/* ---- complete.c: entry commands -------------------------------------------------- */
extern const u8 axv_x86_exit_command[AXVCPU_EXIT_NR];
u32 axv_x86_exit_commands_slow(const struct axvcpu_exit *x);

/* Entry commands that v->exit allows: bits by enum axvcpu_command; NONE: no
 * decision is needed.
 */
static inline u32 axv_x86_exit_commands(const struct axv_vcpu *v)
{
	const struct axvcpu_exit *x = &v->exit;

	if (likely(x->insn_len && x->reason != AXVCPU_EXIT_DEBUG))
		return axv_x86_exit_command[x->reason];
	return axv_x86_exit_commands_slow(x);
}

int axv_x86_complete(struct axv_vcpu *v, u32 cmd, u64 data);

/* ---- walk.c: the guest's own page tables ------------------------------------------ */

/* access of a walk, as the #PF error code has them */
#define AXV_X86_PFERR_PRESENT	BIT(0)
#define AXV_X86_PFERR_WRITE	BIT(1)
#define AXV_X86_PFERR_USER	BIT(2)
#define AXV_X86_PFERR_RSVD	BIT(3)
#define AXV_X86_PFERR_FETCH	BIT(4)
#define AXV_X86_PFERR_PK	BIT(5)

/**
 * struct axv_x86_walk - one translation
 * @gpa: result
 * @error: #PF error code where the walk faults
 * @page_size: bytes of the page, 0 without paging
 * @prot: AXVCPU_PROT_* at this privilege
 */
struct axv_x86_walk {
	u64 gpa;
	u32 error;
	u64 page_size;
	u32 prot;
};

/*
 * Translate for the code the guest is in: AXV_X86_PFERR_USER follows from its
 * privilege, @access has _WRITE or _FETCH only. Sets accessed and dirty bits.
 * 0; 1: #PF with w->error; -errno: w->gpa is where the tables could not be
 * read or written, as axv_s2_read() says it.
 */
int axv_x86_walk(struct axv_vcpu *v, u64 gva, u32 access, struct axv_x86_walk *w);
int axv_x86_translate(struct axv_vcpu *v, struct axvcpu_translate *t);
/*
 * Offset @off of segment @seg (enum axvcpu_x86_seg) as a linear address, for
 * @len bytes: limit, rights and canonical form checked. 0; 1: #GP(0) or #SS(0)
 * is queued.
 */
int axv_x86_linear(struct axv_vcpu *v, unsigned int seg, u64 off, unsigned int len,
		   bool write, u64 *gva);
/* Read or write guest virtual memory as the guest's present code would; 0, 1
 * with an exception queued, or -errno of axv_s2_read() or of the walk.
 */
int axv_x86_read_gva(struct axv_vcpu *v, u64 gva, void *buf, unsigned int len, u32 access);
int axv_x86_write_gva(struct axv_vcpu *v, u64 gva, const void *buf, unsigned int len);
/* Instruction bytes at CS:RIP, up to 15, to the end of the page where the next
 * one is not there: how many were read, 0 with an exception queued, -errno.
 */
int axv_x86_fetch(struct axv_vcpu *v, u8 *buf);
bool axv_x86_peek_gpa(struct axv_vcpu *v, const struct axv_x86_mode *m, u64 gva, u64 *gpa);
const void *axv_x86_peek_code(struct axv_vcpu *v, const struct axv_x86_mode *m, unsigned int len);

/* ---- decode.c, emulate.c: one instruction that touched a device --------------------- */

/* Instructions that are intercepted: struct axv_x86_sys is in decode.h. */
struct axv_x86_sys;
int axv_x86_decode_system(const u8 *b, unsigned int n, unsigned int bits,
			  struct axv_x86_sys *out);

/*
 * The guest accessed @gpa, a hole, and the hardware stopped before the access.
 * Fills v->exit with MMIO_READ, MMIO_WRITE or INTERNAL_ERROR (AXV_EXIT), or
 * did it without a device being asked (AXV_RESUME). @access: AXVCPU_PROT_*.
 * @bytes: the instruction where the hardware gave it (@nr > 0). A fault of the
 * instruction is queued here, nothing is to be skipped by the caller.
 */
int axv_x86_mmio(struct axv_vcpu *v, u64 gpa, u32 access, const u8 *bytes, unsigned int nr);
/* The same in a section, for what is simple and at hand: else AXV_SLOW. @code:
 * 15 bytes and one more to be read, NULL: to be found at rip.
 */
int axv_x86_mmio_quick(struct axv_vcpu *v, const struct axv_x86_mode *m, u64 gpa, u32 access,
		       const void *code);
/* FULFIL of the MMIO exit in v->exit. enum axv_next. */
int axv_x86_mmio_complete(struct axv_vcpu *v, u64 data);
void axv_x86_mmio_cancel(struct axv_vcpu *v);
int axv_x86_emul_init(struct axv_vcpu *v);
void axv_x86_emul_free(struct axv_vcpu *v);

/* ---- insn.c: exits, once the hardware's words for them are read ------------------------ */
int axv_x86_unexpected(struct axv_vcpu *v);
int axv_x86_exit_intr(struct axv_vcpu *v);
int axv_x86_exit_mc(struct axv_vcpu *v);
int axv_x86_exit_exception(struct axv_vcpu *v, u32 vector, u32 error, u64 addr);
int axv_x86_exit_ud(struct axv_vcpu *v);
int axv_x86_exit_gp(struct axv_vcpu *v);
int axv_x86_insn_cpuid(struct axv_vcpu *v, unsigned int len);
int axv_x86_insn_msr(struct axv_vcpu *v, bool write, unsigned int len);
int axv_x86_insn_hlt(struct axv_vcpu *v, unsigned int len);
int axv_x86_insn_nothing(struct axv_vcpu *v, unsigned int len);
bool axv_x86_decode_insn(struct axv_vcpu *v, struct axv_x86_sys *insn, int *next);

/*
 * A hypercall, at any privilege: what user mode may ask for is the VMM's to
 * decide, which FAULT makes a #UD of. @in_64bit: the guest's code is.
 */
static __always_inline int axv_x86_hypercall(struct axv_vcpu *v, bool in_64bit, unsigned int len)
{
	struct axvcpu_exit *x = &v->exit;
	const u64 *r = v->arch.gpr.r;

	/* all the words an exit can have are about to be written */
	x->reason = AXVCPU_EXIT_HYPERCALL;
	x->insn_nr = 0;
	x->insn_len = len;
	if (in_64bit) {
		x->hypercall.nr = r[AXVCPU_X86_RAX];
		x->hypercall.args[0] = r[AXVCPU_X86_RDI];
		x->hypercall.args[1] = r[AXVCPU_X86_RSI];
		x->hypercall.args[2] = r[AXVCPU_X86_RDX];
		x->hypercall.args[3] = r[AXVCPU_X86_RCX];
		x->hypercall.args[4] = r[AXVCPU_X86_R8];
		x->hypercall.args[5] = r[AXVCPU_X86_R9];
	} else {
		x->hypercall.nr = (u32)r[AXVCPU_X86_RAX];
		x->hypercall.args[0] = (u32)r[AXVCPU_X86_RDI];
		x->hypercall.args[1] = (u32)r[AXVCPU_X86_RSI];
		x->hypercall.args[2] = (u32)r[AXVCPU_X86_RDX];
		x->hypercall.args[3] = (u32)r[AXVCPU_X86_RCX];
		x->hypercall.args[4] = (u32)r[AXVCPU_X86_R8];
		x->hypercall.args[5] = (u32)r[AXVCPU_X86_R9];
	}
	return AXV_EXIT;
}

/* ---- check.c: why the hardware refused to enter a guest --------------------------------- */
bool axv_x86_find_fault(struct axv_vcpu *v, bool intel, u64 event);

/* ---- npf.c: stage-2 faults ------------------------------------------------------------- */

/**
 * struct axv_x86_npf - a stage-2 fault, as the hardware describes it
 * @gpa: where
 * @access: AXVCPU_PROT_*
 * @walk: the guest's own page walk made it
 * @delivering: so did the delivery of an event
 * @bytes: the instruction, where the hardware gives it
 * @nr: how many of them
 */
struct axv_x86_npf {
	u64 gpa;
	u32 access;
	bool walk;
	bool delivering;
	const u8 *bytes;
	unsigned int nr;
};

int axv_x86_npf(struct axv_vcpu *v, const struct axv_x86_npf *f);

/* ---- pio.c: port I/O ------------------------------------------------------------------ */

/**
 * struct axv_x86_pio - an I/O instruction as the hardware describes it
 * @port: port
 * @width: 1, 2, 4
 * @in: read
 * @string: INS or OUTS
 * @rep: with a REP prefix
 * @addr_bits: 16, 32, 64: which part of rcx, rsi, rdi counts; 0: decode it
 * @seg: segment of OUTS, enum axvcpu_x86_seg; -1: decode the prefix
 * @len: bytes of the instruction, 0: decode them
 */
struct axv_x86_pio {
	u16 port;
	u8 width;
	bool in;
	bool string;
	bool rep;
	u8 addr_bits;
	int seg;
	u8 len;
};

/* Filter, then IO_READ, IO_WRITE, SYSTEM_DOWN (AXV_EXIT), or done inside
 * (AXV_RESUME, skipped already), or AXV_X86_FAULTED. Sleeps for strings, and
 * where @io leaves the length to be decoded.
 */
int axv_x86_pio(struct axv_vcpu *v, const struct axv_x86_pio *io);
int axv_x86_pio_plain(struct axv_vcpu *v, u16 port, u8 width, bool in, u8 len);
int axv_x86_pio_complete_string(struct axv_vcpu *v);

#endif /* AXVCPU_X86_H */
