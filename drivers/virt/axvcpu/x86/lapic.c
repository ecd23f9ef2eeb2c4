// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC's registers: in its page (xAPIC mode), and as MSRs (x2APIC mode).
 *
 * What a register does not have reads as zero and is not written in xAPIC mode, and is
 * #GP in x2APIC mode. An access where there is no register is an error that the ESR
 * tells, or #GP.
 */
#include <linux/nospec.h>
#include <linux/string.h>
#include <asm/apicdef.h>
#include <asm/cpufeature.h>

#include "lapic.h"

/* an integrated APIC; broadcast of EOIs can be suppressed */
#define VERSION		(0x14 | (AXVCPU_X86_NR_LVTS - 1) << 16 | BIT(24))

#define SVR_RESET	0xff
#define DFR_RESET	0xffffffff

/* bits of LVTs that can be written */
#define LVT_PLAIN	(LAPIC_MASKED | LAPIC_VECTOR)
#define LVT_MODE	(7u << 8)
#define LVT_PIN		(BIT(13) | LAPIC_LEVEL)
#define LVT_TIMER	(LVT_PLAIN | BIT(17))

/* can be read, and written without effect */
#define LVT_STATUS	BIT(12)
#define ICR_STATUS	BIT(12)

const u32 axv_x86_lapic_lvt_bits[AXVCPU_X86_NR_LVTS] = {
	[AXVCPU_X86_LVT_TIMER]		= LVT_TIMER,
	[AXVCPU_X86_LVT_THERMAL]	= LVT_PLAIN | LVT_MODE,
	[AXVCPU_X86_LVT_PERF]		= LVT_PLAIN | LVT_MODE,
	[AXVCPU_X86_LVT_LINT0]		= LVT_PLAIN | LVT_MODE | LVT_PIN,
	[AXVCPU_X86_LVT_LINT1]		= LVT_PLAIN | LVT_MODE | LVT_PIN,
	[AXVCPU_X86_LVT_ERROR]		= LVT_PLAIN,
	[AXVCPU_X86_LVT_CMCI]		= LVT_PLAIN | LVT_MODE,
};

static bool has_deadline(struct axv_vcpu *v)
{
	return axv_x86_guest_has(v, 1, 0, 2, X86_FEATURE_TSC_DEADLINE_TIMER & 31);
}

/* The LVT of a register, or -1. */
static int lvt_of(u32 reg)
{
	if (reg == LAPIC_LVT_CMCI)
		return AXVCPU_X86_LVT_CMCI;
	if (reg < LAPIC_LVT_TIMER || reg > LAPIC_LVT_ERROR)
		return -1;
	reg -= LAPIC_LVT_TIMER;
	return AXVCPU_X86_LVT_TIMER + array_index_nospec(reg, AXVCPU_X86_NR_LVTS);
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_x86_lapic_create() - the local APIC of a new vCPU, if it has one
 * @v: the vCPU
 */
void axv_x86_lapic_create(struct axv_vcpu *v)
{
	v->arch.lapic.there = v->vm->arch_flags & AXVCPU_X86_LOCAL_APIC;
	axv_x86_lapic_timer_create(v);
}

/**
 * axv_x86_lapic_destroy() - it goes, and what is reported of it no more
 * @v: the vCPU
 */
void axv_x86_lapic_destroy(struct axv_vcpu *v)
{
	axv_x86_lapic_timer_destroy(v);
}

/* All registers but IA32_APIC_BASE. */
static void reset_registers_locked(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned int i;

	axv_x86_lapic_timer_stop_locked(v);
	l->asked = AXV_LAPIC_NOTHING;
	l->ext_last = false;
	l->priority = 0;
	l->tpr = 0;
	l->icr = 0;
	l->ldr = axv_x86_lapic_is_x2(l) ? axv_x86_lapic_x2_ldr(v) : 0;
	l->dfr = DFR_RESET;
	l->svr = SVR_RESET;
	l->esr = 0;
	l->esr_new = 0;
	for (i = 0; i < AXVCPU_X86_NR_LVTS; i++)
		l->lvt[i] = LAPIC_MASKED;
	memset(l->irr, 0, sizeof(l->irr));
	memset(l->isr, 0, sizeof(l->isr));
	memset(l->tmr, 0, sizeof(l->tmr));
	l->divide = 0;
	l->initial = 0;
	l->deadline = 0;
}

/**
 * axv_x86_lapic_reset_locked() - power-on, or INIT
 * @v: the vCPU
 * @init: INIT, which keeps mode and place
 */
void axv_x86_lapic_reset_locked(struct axv_vcpu *v, bool init)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	if (!l->there)
		return;
	if (!init) {
		memset(l->ended, 0, sizeof(l->ended));
		l->lint_ended = 0;
		l->base = APIC_DEFAULT_PHYS_BASE | LAPIC_BASE_ENABLE;
		if (axv_x86_is_bsp(v))
			l->base |= LAPIC_BASE_BSP;
	}
	reset_registers_locked(v);
}

/* ---- IA32_APIC_BASE ------------------------------------------------------------- */

/**
 * axv_x86_lapic_valid_base() - can IA32_APIC_BASE be this?
 * @v: the vCPU
 * @base: value
 */
bool axv_x86_lapic_valid_base(struct axv_vcpu *v, u64 base)
{
	u64 bits = LAPIC_BASE_MODE | LAPIC_BASE_BSP |
		   GENMASK_ULL(axv_probe.info.gpa_bits - 1, PAGE_SHIFT);

	if (base & ~bits || (base & LAPIC_BASE_MODE) == LAPIC_BASE_X2APIC)
		return false;
	return !(base & LAPIC_BASE_X2APIC) ||
	       axv_x86_guest_has(v, 1, 0, 2, X86_FEATURE_X2APIC & 31);
}

/*
 * From disabled to xAPIC, from there to x2APIC, from both to disabled. An APIC that is
 * disabled forgets everything.
 */
static bool set_base(struct axv_vcpu *v, u64 base)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u64 old = l->base & LAPIC_BASE_MODE, new = base & LAPIC_BASE_MODE;
	unsigned long irq;

	if (!axv_x86_lapic_valid_base(v, base) ||
	    (old == LAPIC_BASE_MODE && new == LAPIC_BASE_ENABLE) ||
	    (!old && new == LAPIC_BASE_MODE))
		return false;
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	WRITE_ONCE(l->base, base);
	if (old && !new)
		reset_registers_locked(v);
	if (old != new && new == LAPIC_BASE_MODE) {
		WRITE_ONCE(l->ldr, axv_x86_lapic_x2_ldr(v));
		l->icr = 0;
	}
	axv_x86_events_changed_locked(v);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
	/* CPUID tells whether it is enabled */
	v->arch.last_cpuid.valid = false;
	if (old && !new) {
		axv_x86_control(v)->cr8 = 0;
		axv_x86_control_changed(v);
	}
	return true;
}

/* ---- reading -------------------------------------------------------------------- */

static u32 read_bits(const u64 map[4], u32 nr)
{
	nr = array_index_nospec(nr, 8);
	return READ_ONCE(map[nr / 2]) >> (nr % 2 * 32);
}

/**
 * axv_x86_lapic_tpr() - the task priority
 * @v: the vCPU, its own thread
 */
u32 axv_x86_lapic_tpr(struct axv_vcpu *v)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	u32 cr8 = axv_x86_cr8(v);

	return l->tpr >> 4 == cr8 ? l->tpr : cr8 << 4;
}

/* Registers of both modes; false: it is none of these. */
static bool read_reg(struct axv_vcpu *v, u32 reg, u64 *val)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	int lvt = lvt_of(reg);

	*val = 0;
	if (lvt >= 0) {
		*val = READ_ONCE(l->lvt[lvt]);
		return true;
	}
	switch (reg) {
	case LAPIC_ID:
		*val = axv_x86_lapic_is_x2(l) ? v->id : v->id << 24;
		return true;
	case LAPIC_VERSION:
		*val = VERSION;
		return true;
	case LAPIC_TPR:
		*val = axv_x86_lapic_tpr(v);
		return true;
	case LAPIC_PPR:
		*val = axv_x86_lapic_ppr(v);
		return true;
	case LAPIC_LDR:
		*val = l->ldr;
		return true;
	case LAPIC_SVR:
		*val = l->svr;
		return true;
	case LAPIC_ISR ... LAPIC_ISR + 7:
		*val = read_bits(l->isr, reg - LAPIC_ISR);
		return true;
	case LAPIC_TMR ... LAPIC_TMR + 7:
		*val = read_bits(l->tmr, reg - LAPIC_TMR);
		return true;
	case LAPIC_IRR ... LAPIC_IRR + 7:
		*val = read_bits(l->irr, reg - LAPIC_IRR);
		return true;
	case LAPIC_ESR:
		*val = l->esr;
		return true;
	case LAPIC_ICR:
		*val = axv_x86_lapic_is_x2(l) ? l->icr : (u32)l->icr;
		return true;
	case LAPIC_INITIAL:
		*val = l->initial;
		return true;
	case LAPIC_CURRENT:
		*val = axv_x86_lapic_timer_current(v);
		return true;
	case LAPIC_DIVIDE:
		*val = l->divide;
		return true;
	}
	return false;
}

/* Those that only the page has. */
static bool read_page_reg(struct axv_vcpu *v, u32 reg, u64 *val)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;

	switch (reg) {
	case LAPIC_APR:
	case LAPIC_EOI:
	case LAPIC_RRD:
		return true;
	case LAPIC_DFR:
		*val = l->dfr;
		return true;
	case LAPIC_ICR2:
		*val = l->icr >> 32;
		return true;
	}
	return false;
}

/* ---- writing: the vCPU's own thread --------------------------------------------- */

static void set_tpr(struct axv_vcpu *v, u32 tpr)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	u32 class = max(axv_x86_lapic_ppr(v) >> 4, tpr >> 4);

	l->tpr = tpr;
	axv_x86_control(v)->cr8 = tpr >> 4;
	axv_x86_control_changed(v);
	WRITE_ONCE(l->priority, class);
}

/* Software's switch masks all LVTs, and keeps them so. */
static void set_svr(struct axv_vcpu *v, u32 svr)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;
	unsigned int i;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	WRITE_ONCE(l->svr, svr & LAPIC_SVR_BITS);
	if (!(svr & LAPIC_SVR_ENABLE))
		for (i = 0; i < AXVCPU_X86_NR_LVTS; i++)
			WRITE_ONCE(l->lvt[i], l->lvt[i] | LAPIC_MASKED);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

static u32 lvt_mask(struct axv_vcpu *v, unsigned int lvt)
{
	u32 mask = axv_x86_lapic_lvt_bits[lvt];

	if (lvt == AXVCPU_X86_LVT_TIMER && has_deadline(v))
		mask |= LAPIC_LVT_DEADLINE;
	return mask;
}

static void set_lvt(struct axv_vcpu *v, unsigned int lvt, u32 val)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	val &= lvt_mask(v, lvt);
	if (!(l->svr & LAPIC_SVR_ENABLE))
		val |= LAPIC_MASKED;
	if (lvt == AXVCPU_X86_LVT_TIMER) {
		axv_x86_lapic_timer_lvt(v, val);
		return;
	}
	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	if (axv_x86_lapic_is_pin(lvt) && (val & LAPIC_LEVEL))
		val |= l->lvt[lvt] & LAPIC_REMOTE_IRR;
	WRITE_ONCE(l->lvt[lvt], val);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

static void set_esr(struct axv_vcpu *v)
{
	struct axv_x86_lapic *l = &v->arch.lapic;
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	l->esr = l->esr_new;
	l->esr_new = 0;
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

static void note_error(struct axv_vcpu *v, u32 error)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&v->arch.events.lock, irq);
	axv_x86_lapic_error_locked(v, error);
	raw_spin_unlock_irqrestore(&v->arch.events.lock, irq);
}

/* An EOI that the VMM wants to see comes to it first. */
static int write_eoi(struct axv_vcpu *v, bool may_exit)
{
	int vector = axv_x86_lapic_eoi_level(v);

	if (vector < 0 || !(v->vm->arch_flags & AXVCPU_X86_EOI_EXITS))
		return axv_x86_lapic_eoi(v);
	if (!may_exit)
		return AXV_SLOW;
	v->arch.lapic.asked = AXV_LAPIC_EOI;
	axv_exit_reason(&v->exit, AXVCPU_EXIT_SYSREG_WRITE);
	v->exit.sysreg.addr = LAPIC_MSR_FIRST + LAPIC_EOI;
	v->exit.sysreg.value = vector;
	v->exit.sysreg.reg = AXVCPU_REG_NONE;
	return AXV_EXIT;
}

/* Registers of both modes, with what can be written; 1: it is none of these. */
static int write_reg(struct axv_vcpu *v, u32 reg, u32 val, bool may_exit)
{
	int lvt = lvt_of(reg);

	if (lvt >= 0) {
		set_lvt(v, lvt, val);
		return AXV_RESUME;
	}
	switch (reg) {
	case LAPIC_TPR:
		set_tpr(v, (u8)val);
		return AXV_RESUME;
	case LAPIC_EOI:
		return write_eoi(v, may_exit);
	case LAPIC_SVR:
		set_svr(v, val);
		return AXV_RESUME;
	case LAPIC_ESR:
		set_esr(v);
		return AXV_RESUME;
	case LAPIC_INITIAL:
		axv_x86_lapic_timer_start(v, val);
		return AXV_RESUME;
	case LAPIC_DIVIDE:
		axv_x86_lapic_timer_divide(v, val & LAPIC_DIVIDE_BITS);
		return AXV_RESUME;
	}
	return -ENOENT;
}

/* ---- the page ------------------------------------------------------------------- */

/**
 * axv_x86_lapic_mmio_read() - a load from the page
 * @v: the vCPU, its own thread; interrupts may be off
 * @gpa: address, for which axv_x86_lapic_at()
 * @width: bytes
 *
 * Registers are the first four of sixteen bytes each.
 */
u64 axv_x86_lapic_mmio_read(struct axv_vcpu *v, u64 gpa, u32 width)
{
	u32 offset = offset_in_page(gpa), within = offset & 0xf;
	u64 val = 0;

	if (!read_reg(v, offset >> 4, &val) && !read_page_reg(v, offset >> 4, &val)) {
		note_error(v, LAPIC_ESR_REGISTER);
		return 0;
	}
	if (within >= 4)
		return 0;
	val = (u32)val >> (8 * within);
	return width < 4 ? val & GENMASK_ULL(8 * width - 1, 0) : val;
}

/* Those that only the page has, or has otherwise. */
static int write_page_reg(struct axv_vcpu *v, u32 reg, u32 val, bool may_exit)
{
	struct axv_x86_lapic *l = &v->arch.lapic;

	switch (reg) {
	case LAPIC_LDR:
		WRITE_ONCE(l->ldr, val & 0xff000000);
		return AXV_RESUME;
	case LAPIC_DFR:
		WRITE_ONCE(l->dfr, val | LAPIC_DFR_FIXED);
		return AXV_RESUME;
	case LAPIC_ICR:
		return axv_x86_lapic_icr(v, (l->icr & GENMASK_ULL(63, 32)) |
					 (val & LAPIC_ICR_LOW_BITS), may_exit);
	case LAPIC_ICR2:
		l->icr = (u32)l->icr | (u64)(val & 0xff000000) << 32;
		return AXV_RESUME;
	/* read-only */
	case LAPIC_ID:
	case LAPIC_VERSION:
	case LAPIC_APR:
	case LAPIC_PPR:
	case LAPIC_RRD:
	case LAPIC_ISR ... LAPIC_ISR + 7:
	case LAPIC_TMR ... LAPIC_TMR + 7:
	case LAPIC_IRR ... LAPIC_IRR + 7:
	case LAPIC_CURRENT:
		return AXV_RESUME;
	}
	note_error(v, LAPIC_ESR_REGISTER);
	return AXV_RESUME;
}

/**
 * axv_x86_lapic_mmio_write() - a store to the page
 * @v: the vCPU, its own thread; interrupts may be off
 * @gpa: address, for which axv_x86_lapic_at()
 * @width: bytes
 * @data: what is stored
 * @may_exit: an exit is possible
 *
 * Return: see x86.h.
 */
int axv_x86_lapic_mmio_write(struct axv_vcpu *v, u64 gpa, u32 width, u64 data, bool may_exit)
{
	u32 reg = offset_in_page(gpa) >> 4;
	int r;

	if (width != 4 || (gpa & 0xf))
		return AXV_RESUME;
	r = write_reg(v, reg, data, may_exit);
	return r == -ENOENT ? write_page_reg(v, reg, data, may_exit) : r;
}

/* ---- the MSRs ------------------------------------------------------------------- */

/**
 * axv_x86_lapic_has_msr() - is it for the local APIC to answer?
 * @v: the vCPU
 * @nr: MSR number
 */
bool axv_x86_lapic_has_msr(const struct axv_vcpu *v, u32 nr)
{
	if (likely(!v->arch.lapic.there))
		return false;
	return (nr >= LAPIC_MSR_FIRST && nr <= LAPIC_MSR_LAST) || nr == MSR_IA32_APICBASE ||
	       nr == MSR_IA32_TSC_DEADLINE;
}

/**
 * axv_x86_lapic_rdmsr() - RDMSR of one of these
 * @v: the vCPU, its own thread; interrupts may be off
 * @nr: MSR number
 * @val: result
 *
 * Return: false: #GP.
 */
bool axv_x86_lapic_rdmsr(struct axv_vcpu *v, u32 nr, u64 *val)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;

	if (nr == MSR_IA32_APICBASE) {
		*val = l->base;
		return true;
	}
	if (nr == MSR_IA32_TSC_DEADLINE) {
		*val = READ_ONCE(l->deadline);
		return has_deadline(v);
	}
	return axv_x86_lapic_is_x2(l) && read_reg(v, nr - LAPIC_MSR_FIRST, val);
}

/* May x2APIC mode have @val in a register? Those that cannot be written at all: no. */
static bool valid_x2(struct axv_vcpu *v, u32 reg, u64 val)
{
	int lvt = lvt_of(reg);

	if (reg == LAPIC_ICR)
		return !(val & ~(LAPIC_ICR_BITS | ICR_STATUS));
	if (val >> 32)
		return false;
	if (lvt >= 0)
		return !(val & ~(lvt_mask(v, lvt) | LVT_STATUS |
				 (axv_x86_lapic_is_pin(lvt) ? LAPIC_REMOTE_IRR : 0))) &&
		       (lvt != AXVCPU_X86_LVT_TIMER || LAPIC_TIMER_MODE(val) <= LAPIC_DEADLINE);
	switch (reg) {
	case LAPIC_TPR:
	case LAPIC_SELF_IPI:
		return val <= 0xff;
	case LAPIC_EOI:
	case LAPIC_ESR:
		return !val;
	case LAPIC_SVR:
		return !(val & ~LAPIC_SVR_BITS);
	case LAPIC_DIVIDE:
		return !(val & ~LAPIC_DIVIDE_BITS);
	case LAPIC_INITIAL:
		return true;
	}
	return false;
}

/**
 * axv_x86_lapic_wrmsr() - WRMSR to one of these
 * @v: the vCPU, its own thread; interrupts may be off
 * @nr: MSR number
 * @val: value
 *
 * Return: see x86.h.
 */
int axv_x86_lapic_wrmsr(struct axv_vcpu *v, u32 nr, u64 val)
{
	u32 reg = nr - LAPIC_MSR_FIRST;

	if (nr == MSR_IA32_APICBASE)
		return set_base(v, val) ? AXV_RESUME : AXV_X86_FAULTED;
	if (nr == MSR_IA32_TSC_DEADLINE) {
		if (!has_deadline(v))
			return AXV_X86_FAULTED;
		axv_x86_lapic_timer_deadline(v, val);
		return AXV_RESUME;
	}
	if (!axv_x86_lapic_is_x2(&v->arch.lapic) || !valid_x2(v, reg, val))
		return AXV_X86_FAULTED;
	if (reg == LAPIC_ICR)
		return axv_x86_lapic_icr(v, val & LAPIC_ICR_BITS, true);
	if (reg == LAPIC_SELF_IPI)
		return axv_x86_lapic_self_ipi(v, val);
	return write_reg(v, reg, val, true);
}
