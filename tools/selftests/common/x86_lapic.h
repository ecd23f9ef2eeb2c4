/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the local APIC: its registers by name, and a guest that accesses them one
 * at a time (guest/x86/lapic.S).
 */
#ifndef AXV_SELFTEST_X86_LAPIC_H
#define AXV_SELFTEST_X86_LAPIC_H

#include "common/x86.h"

#define APIC_PAGE	0xfee00000u

/* offsets in the page; those of MSRs are 800h and a sixteenth */
enum {
	APIC_ID = 0x20, APIC_VERSION = 0x30, APIC_TPR = 0x80, APIC_APR = 0x90,
	APIC_PPR = 0xa0, APIC_EOI = 0xb0, APIC_RRD = 0xc0, APIC_LDR = 0xd0, APIC_DFR = 0xe0,
	APIC_SVR = 0xf0, APIC_ISR = 0x100, APIC_TMR = 0x180, APIC_IRR = 0x200,
	APIC_ESR = 0x280, APIC_CMCI = 0x2f0, APIC_ICR = 0x300, APIC_ICR2 = 0x310,
	APIC_TIMER = 0x320, APIC_THERMAL = 0x330, APIC_PERF = 0x340, APIC_LINT0 = 0x350,
	APIC_LINT1 = 0x360, APIC_ERROR = 0x370, APIC_INITIAL = 0x380, APIC_CURRENT = 0x390,
	APIC_DIVIDE = 0x3e0, APIC_SELF = 0x3f0,
};

#define APIC_MSR(offset)	(0x800u + ((offset) >> 4))
#define MSR_TSC			0x10u
#define MSR_APIC_BASE		0x1bu
#define MSR_TSC_DEADLINE	0x6e0u

#define BASE_BSP	0x100u
#define BASE_X2		0x400u
#define BASE_ON		0x800u

#define SVR_ON		0x100u
#define SVR_QUIET	0x1000u		/* no broadcast of EOIs */

#define LVT_MASKED	0x10000u
#define LVT_PERIODIC	0x20000u
#define LVT_DEADLINE	0x40000u
#define LVT_LEVEL	0x8000u
#define LVT_REMOTE	0x4000u

#define ICR_MODE(m)	((uint32_t)(m) << 8)
#define ICR_LOGICAL	0x800u
#define ICR_ASSERT	0x4000u
#define ICR_LEVEL	0x8000u
#define ICR_SELF	0x40000u
#define ICR_ALL		0x80000u
#define ICR_OTHERS	0xc0000u

#define ESR_SEND	0x20u
#define ESR_RECEIVE	0x40u
#define ESR_REGISTER	0x80u

DECLARE_GUEST(lapic);
#define LABEL(name)	DECLARE_GUEST_SYM(lapic, name)
LABEL(load1);
LABEL(load2);
LABEL(load4);
LABEL(load8);
LABEL(or4);
LABEL(push8);
LABEL(store1);
LABEL(store2);
LABEL(store4);
LABEL(store8);
LABEL(read_msr);
LABEL(write_msr);
LABEL(set_cr8);
LABEL(get_cr8);
LABEL(get_cpuid);
LABEL(peek);
LABEL(wait);
LABEL(done);
LABEL(spin);
LABEL(idle);
LABEL(busy);
LABEL(tick);
LABEL(ping);
LABEL(hammer);
LABEL(hammer_gp);
LABEL(hammer_irq);
LABEL(traps);
LABEL(ap);
LABEL(ap_done);
#undef LABEL

#define SYM(label)	GUEST_SYM(lapic, label)
#define V		(&f->v)

/* members of a struct axt_config */
#define APIC_CONFIG(flags, more)					\
	.vm_flags = flags, .arch_flags = AXVCPU_X86_LOCAL_APIC | (more), \
	.start = AXVCPU_X86_START_LONG64, GUEST(lapic), .entry = SYM(done), .irqs_off = true

/* Gates for all vectors; software has not enabled the APIC. */
void apic_start(struct axt *f);
/*
 * The guest goes to @at, and is at "done" again: 0; or took an interrupt or an exception,
 * the number of which this is, and stands in its handler, interrupts off.
 */
unsigned int apic_go(struct axv_vcpu *v, uint64_t at);
/* Loads and stores of 4 bytes at an offset of the page. */
uint32_t apic_get(struct axv_vcpu *v, uint32_t offset);
void apic_set(struct axv_vcpu *v, uint32_t offset, uint32_t val);
/* RDMSR and WRMSR: 0, or 13. */
unsigned int apic_rdmsr(struct axv_vcpu *v, uint32_t nr, uint64_t *val);
unsigned int apic_wrmsr(struct axv_vcpu *v, uint32_t nr, uint64_t val);
/* To x2APIC mode. */
void apic_x2(struct axv_vcpu *v);
/* What it would take now, 0: nothing. It is in service then. */
unsigned int apic_peek(struct axv_vcpu *v);
void apic_eoi(struct axv_vcpu *v);
/* Its registers by the run page, and there. */
struct axvcpu_x86_apic apic_state(struct axv_vcpu *v);
int apic_set_state(struct axv_vcpu *v, const struct axvcpu_x86_apic *a);
/* Enable it, by software's switch alone. */
void apic_enable(struct axv_vcpu *v);
/* Is the vector in the map? */
static inline bool apic_in(const uint32_t map[8], unsigned int vector)
{
	return map[vector / 32] >> vector % 32 & 1;
}

#endif /* AXV_SELFTEST_X86_LAPIC_H */
