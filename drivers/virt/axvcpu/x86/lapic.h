/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC, by file.
 *
 * lapic.c	registers: the page, the MSRs, IA32_APIC_BASE
 * lapic_state.c	save and restore
 * lapic_irq.c	what comes in and what goes to the CPU: IRR, ISR, LVTs, errors, EOI
 * lapic_msg.c	messages: destinations, the ICR, those of user space
 * lapic_timer.c	its timer
 *
 * Its id is the vCPU's. The queue in event.c takes interrupts out of it one at a time,
 * when the CPU can have them; a backend that can virtualize an APIC in hardware would
 * take them by axv_x86_lapic_next() likewise, and have the rest as it is.
 *
 * Bits 4-7 of the TPR are CR8, which is in the control group or in the hardware.
 *
 * Functions named _locked want v->arch.events.lock.
 */
#ifndef AXVCPU_X86_LAPIC_H
#define AXVCPU_X86_LAPIC_H

#include "x86.h"

/* registers: MSR number minus 800h, offset in the page divided by 16 */
enum {
	LAPIC_ID	= 0x02,
	LAPIC_VERSION	= 0x03,
	LAPIC_TPR	= 0x08,
	LAPIC_APR	= 0x09,
	LAPIC_PPR	= 0x0a,
	LAPIC_EOI	= 0x0b,
	LAPIC_RRD	= 0x0c,
	LAPIC_LDR	= 0x0d,
	LAPIC_DFR	= 0x0e,
	LAPIC_SVR	= 0x0f,
	LAPIC_ISR	= 0x10,
	LAPIC_TMR	= 0x18,
	LAPIC_IRR	= 0x20,
	LAPIC_ESR	= 0x28,
	LAPIC_LVT_CMCI	= 0x2f,
	LAPIC_ICR	= 0x30,
	LAPIC_ICR2	= 0x31,
	LAPIC_LVT_TIMER	= 0x32,
	LAPIC_LVT_ERROR	= 0x37,
	LAPIC_INITIAL	= 0x38,
	LAPIC_CURRENT	= 0x39,
	LAPIC_DIVIDE	= 0x3e,
	LAPIC_SELF_IPI	= 0x3f,
	LAPIC_NR_REGS	= 0x40,
};

#define LAPIC_MSR_FIRST		0x800
#define LAPIC_MSR_LAST		0x8ff

#define LAPIC_SVR_ENABLE	BIT(8)
#define LAPIC_SVR_NO_BROADCAST	BIT(12)

/* LVTs, and the same bits of the ICR and of messages */
#define LAPIC_VECTOR		0xffu
#define LAPIC_MODE(x)		((x) >> 8 & 7)
#define LAPIC_LOGICAL		BIT(11)
#define LAPIC_ASSERT		BIT(14)
#define LAPIC_LEVEL		BIT(15)
/* LVTs only */
#define LAPIC_REMOTE_IRR	BIT(14)
#define LAPIC_MASKED		BIT(16)
#define LAPIC_TIMER_MODE(lvt)	((lvt) >> 17 & 3)

enum { LAPIC_ONESHOT, LAPIC_PERIODIC, LAPIC_DEADLINE };

/* ICR only */
#define LAPIC_SHORTHAND(icr)	((u32)(icr) >> 18 & 3)

enum { LAPIC_NO_SHORTHAND, LAPIC_SELF, LAPIC_ALL, LAPIC_OTHERS };

/* bits that can be written */
#define LAPIC_SVR_BITS		(0x3ff | LAPIC_SVR_NO_BROADCAST)
#define LAPIC_DIVIDE_BITS	0xb
#define LAPIC_ICR_LOW_BITS	0xccfff
#define LAPIC_ICR_BITS		(LAPIC_ICR_LOW_BITS | GENMASK_ULL(63, 32))
#define LAPIC_LVT_DEADLINE	BIT(18)
/* always ones */
#define LAPIC_DFR_FIXED		0x0fffffffu

/* ESR */
#define LAPIC_ESR_SEND_VECTOR	BIT(5)
#define LAPIC_ESR_RECV_VECTOR	BIT(6)
#define LAPIC_ESR_REGISTER	BIT(7)

/* vectors below are no interrupts of an APIC */
#define LAPIC_FIRST_VECTOR	16

/* IA32_APIC_BASE */
#define LAPIC_BASE_BSP		BIT_ULL(8)
#define LAPIC_BASE_X2APIC	BIT_ULL(10)
#define LAPIC_BASE_ENABLE	BIT_ULL(11)
#define LAPIC_BASE_MODE		(LAPIC_BASE_X2APIC | LAPIC_BASE_ENABLE)

/* Not disabled by IA32_APIC_BASE. */
static inline bool axv_x86_lapic_is_on(const struct axv_x86_lapic *l)
{
	return READ_ONCE(l->base) & LAPIC_BASE_ENABLE;
}

static inline bool axv_x86_lapic_is_x2(const struct axv_x86_lapic *l)
{
	return READ_ONCE(l->base) & LAPIC_BASE_X2APIC;
}

/* Does it take interrupts by vector? */
static inline bool axv_x86_lapic_takes(const struct axv_x86_lapic *l)
{
	return axv_x86_lapic_is_on(l) && (READ_ONCE(l->svr) & LAPIC_SVR_ENABLE);
}

/* The highest vector of @map, -1: none. */
static inline int axv_x86_lapic_top(const u64 map[4])
{
	int i;

#pragma GCC unroll 4
	for (i = 3; i >= 0; i--)
		if (map[i])
			return i * 64 + __fls(map[i]);
	return -1;
}

static inline u32 axv_x86_lapic_class(int vector)
{
	return vector < 0 ? 0 : vector >> 4;
}

/*
 * What the CPU gets next: the vector, which CR8 and RFLAGS.IF may still hold back; -1:
 * nothing that what is in service lets through.
 */
static inline int axv_x86_lapic_next(const struct axv_vcpu *v)
{
	const struct axv_x86_lapic *l = &v->arch.lapic;
	int vector = axv_x86_lapic_top(l->irr);

	if (vector < 0 || !axv_x86_lapic_is_on(l))
		return -1;
	return axv_x86_lapic_class(vector) > axv_x86_lapic_class(axv_x86_lapic_top(l->isr)) ?
	       vector : -1;
}

static inline bool axv_x86_lapic_test(const u64 map[4], u32 vector)
{
	return map[vector / 64] & BIT_ULL(vector % 64);
}

static inline void axv_x86_lapic_set(u64 map[4], u32 vector)
{
	map[vector / 64] |= BIT_ULL(vector % 64);
}

static inline void axv_x86_lapic_clear(u64 map[4], u32 vector)
{
	map[vector / 64] &= ~BIT_ULL(vector % 64);
}

static inline bool axv_x86_lapic_is_pin(unsigned int lvt)
{
	return lvt == AXVCPU_X86_LVT_LINT0 || lvt == AXVCPU_X86_LVT_LINT1;
}

/* LDR in x2APIC mode: cluster and bit follow from the id. */
static inline u32 axv_x86_lapic_x2_ldr(const struct axv_vcpu *v)
{
	return v->id >> 4 << 16 | 1u << (v->id & 0xf);
}

/* of a message of user space: bits that must be zero */
#define LAPIC_MSI_RESERVED	(BIT(31) | AXV_X86_IRQ_LINT | BIT(28) | GENMASK(14, 12))

/* Is it AXVCPU_X86_MSI() or AXVCPU_X86_LINT()? */
static inline bool axv_x86_lapic_valid_irq(u32 irq)
{
	u32 mode = LAPIC_MODE(irq);

	if (!(irq & AXV_X86_IRQ_MSI))
		return !(irq & ~(AXV_X86_IRQ_LINT | 1u)) && (irq & AXV_X86_IRQ_LINT);
	if ((irq & LAPIC_MSI_RESERVED) || mode == 3 || mode == AXVCPU_X86_STARTUP ||
	    (mode == AXVCPU_X86_EXTINT && !(irq & LAPIC_VECTOR)))
		return false;
	return !(irq & AXVCPU_X86_MSI_LEVEL) || mode == AXVCPU_X86_FIXED ||
	       mode == AXVCPU_X86_LOWEST;
}

/* Set up, so that a message can reach it at all. */
static inline bool axv_x86_is_there(const struct axv_vcpu *v)
{
	u32 state = READ_ONCE(v->state);

	return state != AXVCPU_STATE_CREATED && state != AXVCPU_STATE_INVALID;
}

/* ---- event.c, event_start.c: those that are no vector; 0 or -EAGAIN ------------- */
int axv_x86_nmi_locked(struct axv_vcpu *v);
int axv_x86_init_locked(struct axv_vcpu *v);
int axv_x86_sipi_locked(struct axv_vcpu *v, u32 vector);
int axv_x86_extint_locked(struct axv_vcpu *v, u32 vector);
/* Does it wait for a SIPI, or is about to? */
bool axv_x86_waits_locked(const struct axv_vcpu *v);
void axv_x86_start_locked(struct axv_vcpu *v, u64 entry, bool sipi);
/* Whether something is queued may have changed. */
void axv_x86_events_changed_locked(struct axv_vcpu *v);

/* ---- lapic.c ------------------------------------------------------------------------- */
/* bits of each that can be written, but for LAPIC_LVT_DEADLINE */
extern const u32 axv_x86_lapic_lvt_bits[AXVCPU_X86_NR_LVTS];
bool axv_x86_lapic_valid_base(struct axv_vcpu *v, u64 base);
u32 axv_x86_lapic_tpr(struct axv_vcpu *v);

/* ---- lapic_irq.c --------------------------------------------------------------------- */
int axv_x86_lapic_accept_locked(struct axv_vcpu *v, u32 vector, bool level);
int axv_x86_lapic_lvt_locked(struct axv_vcpu *v, unsigned int lvt);
void axv_x86_lapic_error_locked(struct axv_vcpu *v, u32 error);
int axv_x86_lapic_lint(struct axv_vcpu *v, unsigned int pin);
u32 axv_x86_lapic_ppr(struct axv_vcpu *v);
/* The level-triggered vector whose end I/O APICs are to be told by the next EOI, or -1. */
int axv_x86_lapic_eoi_level(const struct axv_vcpu *v);
/* AXV_RESUME, or AXV_BREAK: somebody is to be told. */
int axv_x86_lapic_eoi(struct axv_vcpu *v);

/* ---- lapic_msg.c --------------------------------------------------------------------- */
/* AXV_RESUME; AXV_EXIT: the exit is filled in but for the instruction; with !@may_exit
 * AXV_SLOW instead, and nothing is done
 */
int axv_x86_lapic_icr(struct axv_vcpu *v, u64 icr, bool may_exit);
int axv_x86_lapic_self_ipi(struct axv_vcpu *v, u32 vector);
int axv_x86_lapic_msi(struct axv_vcpu *v, u32 msi);

/* ---- lapic_timer.c ------------------------------------------------------------------- */
void axv_x86_lapic_timer_create(struct axv_vcpu *v);
void axv_x86_lapic_timer_destroy(struct axv_vcpu *v);
void axv_x86_lapic_timer_stop_locked(struct axv_vcpu *v);
void axv_x86_lapic_timer_start(struct axv_vcpu *v, u32 count);
void axv_x86_lapic_timer_divide(struct axv_vcpu *v, u32 divide);
void axv_x86_lapic_timer_lvt(struct axv_vcpu *v, u32 lvt);
u32 axv_x86_lapic_timer_current(const struct axv_vcpu *v);
void axv_x86_lapic_timer_deadline(struct axv_vcpu *v, u64 tsc);
void axv_x86_lapic_timer_restore(struct axv_vcpu *v, u32 current_count);

#endif /* AXVCPU_X86_LAPIC_H */
