// SPDX-License-Identifier: GPL-2.0-only
/*
 * What local APICs do: deliver by every mode and to every kind of destination, in the
 * order of priorities; start CPUs; tell errors, and the end of level-triggered interrupts.
 *
 * Most receivers are at rest, and looked at through their run page.
 *
 * rig: arch=x86 smp=2 timeout=240
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/x86_lapic.h"

static const struct axt_config config = { APIC_CONFIG(0, 0) };
static const struct axt_config by_kernel = { APIC_CONFIG(AXVCPU_VM_KERNEL_START, 0) };
static const struct axt_config eoi_exits = { APIC_CONFIG(0, AXVCPU_X86_EOI_EXITS) };

#define MSI		AXVCPU_X86_MSI
#define MODE		AXVCPU_X86_MSI_MODE
#define NMI		AXVCPU_X86_NMI
#define NR		4

/*
 * Four of them, enabled by software; vCPU 0 is the fixture's and at work, the others wait for
 * a start.
 */
struct cpus {
	struct axv_vcpu *v[NR];
	struct axv_vcpu others[NR - 1];
};

static void start(struct axt *f, struct cpus *c)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	unsigned int i;

	apic_start(f);
	c->v[0] = V;
	s.flags = 0;
	for (i = 1; i < NR; i++) {
		c->v[i] = &c->others[i - 1];
		ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, i, c->v[i]));
		ASSERT_OK(axv_setup(c->v[i], &s));
		ASSERT_OK(axv_bind(c->v[i]));
	}
	for (i = 0; i < NR; i++)
		apic_enable(c->v[i]);
}

/* Who has @vector requested: a set. It is taken away. */
static unsigned int have(struct cpus *c, unsigned int vector)
{
	struct axvcpu_x86_apic a;
	unsigned int i, set = 0;

	for (i = 0; i < NR; i++) {
		a = apic_state(c->v[i]);
		if (!apic_in(a.irr, vector))
			continue;
		set |= 1u << i;
		a.irr[vector / 32] &= ~(1u << vector % 32);
		ASSERT_OK(apic_set_state(c->v[i], &a));
	}
	return set;
}

static struct axvcpu_x86_intr intr(struct axv_vcpu *v)
{
	struct axvcpu_x86_intr i;

	x86_get_intr(v, &i);
	return i;
}

static void icr(struct axv_vcpu *v, uint32_t dest, uint32_t low)
{
	apic_set(v, APIC_ICR2, dest << 24);
	apic_set(v, APIC_ICR, low);
}

/* As software brings it about, but without its help. */
static void set_ldr(struct axv_vcpu *v, uint32_t ldr, uint32_t dfr)
{
	struct axvcpu_x86_apic a = apic_state(v);

	a.ldr = ldr;
	a.dfr = dfr;
	ASSERT_OK(apic_set_state(v, &a));
}

static void set_x2(struct axv_vcpu *v)
{
	struct axvcpu_x86_apic a = apic_state(v);

	a.base |= BASE_X2;
	ASSERT_OK(apic_set_state(v, &a));
}

/* ---- destinations ----------------------------------------------------------------------- */

TEST(physical, &config)
{
	struct cpus c;

	start(f, &c);
	icr(V, 1, 0x41);
	EXPECT_EQ(have(&c, 0x41), 0x2u);
	EXPECT_EQ(apic_get(V, APIC_ICR), 0x41u);
	EXPECT_EQ(apic_get(V, APIC_ICR2), 0x01000000u);
	icr(V, 0, 0x42);
	EXPECT_EQ(have(&c, 0x42), 0x1u);
	/* nobody */
	icr(V, 9, 0x43);
	EXPECT_EQ(have(&c, 0x43), 0u);
	icr(V, 0xff, 0x44);
	EXPECT_EQ(have(&c, 0x44), 0xfu);
	/* trigger mode and level say nothing of a fixed IPI: an edge */
	icr(V, 2, 0x45 | ICR_LEVEL | ICR_ASSERT);
	EXPECT_TRUE(!apic_in(apic_state(c.v[2]).tmr, 0x45));
	EXPECT_EQ(have(&c, 0x45), 0x4u);
}

TEST(shorthands, &config)
{
	struct cpus c;

	start(f, &c);
	icr(V, 3, 0x51 | ICR_SELF);
	EXPECT_EQ(have(&c, 0x51), 0x1u);
	icr(V, 3, 0x52 | ICR_ALL);
	EXPECT_EQ(have(&c, 0x52), 0xfu);
	icr(V, 3, 0x53 | ICR_OTHERS);
	EXPECT_EQ(have(&c, 0x53), 0xeu);
}

TEST(logical_flat, &config)
{
	struct cpus c;
	unsigned int i;

	start(f, &c);
	for (i = 0; i < NR; i++)
		set_ldr(c.v[i], 1u << (24 + 2 * i), 0xffffffff);
	icr(V, 0x14, 0x61 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x61), 0x6u);
	icr(V, 0xaa, 0x62 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x62), 0u);
	icr(V, 0xff, 0x63 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x63), 0xfu);
	ASSERT_OK(axv_inject_irq(V, MSI(0x41, 0x64) | AXVCPU_X86_MSI_LOGICAL));
	EXPECT_EQ(have(&c, 0x64), 0x9u);
}

TEST(logical_cluster, &config)
{
	static const uint32_t ldr[] = { 0x11, 0x12, 0x21, 0x34 };
	struct cpus c;
	unsigned int i;

	start(f, &c);
	for (i = 0; i < NR; i++)
		set_ldr(c.v[i], ldr[i] << 24, 0x0fffffff);
	icr(V, 0x13, 0x61 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x61), 0x3u);
	icr(V, 0x21, 0x62 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x62), 0x4u);
	icr(V, 0x31, 0x63 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x63), 0u);
	icr(V, 0xff, 0x64 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x64), 0xfu);
}

TEST(x2, &config)
{
	struct axv_vcpu far;
	struct cpus c;
	unsigned int i;

	start(f, &c);
	axt_add_vcpu(f, 18, &config, &far);
	apic_enable(&far);
	for (i = 1; i < NR; i++)
		set_x2(c.v[i]);
	set_x2(&far);
	apic_x2(V);
#define ICR(dest, low) \
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_ICR), (uint64_t)(dest) << 32 | (low)), 0u)
	ICR(2, 0x41);
	EXPECT_EQ(have(&c, 0x41), 0x4u);
	/* 8 bits of ones are a number like others here, 32 are everybody */
	ICR(0xff, 0x42);
	EXPECT_EQ(have(&c, 0x42), 0u);
	ICR(0xffffffff, 0x43);
	EXPECT_EQ(have(&c, 0x43), 0xfu);
	EXPECT_TRUE(apic_in(apic_state(&far).irr, 0x43));
	/* cluster 0: CPUs 1 and 3; cluster 1: CPU 18 */
	ICR(0x0000000a, 0x44 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x44), 0xau);
	EXPECT_TRUE(!apic_in(apic_state(&far).irr, 0x44));
	ICR(0x0001000e, 0x45 | ICR_LOGICAL);
	EXPECT_EQ(have(&c, 0x45), 0u);
	EXPECT_TRUE(apic_in(apic_state(&far).irr, 0x45));
	ICR(0, 0x46 | ICR_OTHERS);
	EXPECT_EQ(have(&c, 0x46), 0xeu);
	EXPECT_TRUE(apic_in(apic_state(&far).irr, 0x46));
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_SELF), 0x47), 0u);
	EXPECT_EQ(have(&c, 0x47), 0x1u);
}

/* The one with the least to do; of equals the one whose turn it is. */
TEST(lowest_priority, &config)
{
	const uint32_t mode = ICR_MODE(AXVCPU_X86_LOWEST);
	struct axvcpu_x86_apic a;
	unsigned int i, set = 0;
	struct cpus c;

	start(f, &c);
	for (i = 0; i < NR; i++) {
		if (i == 2)
			continue;
		a = apic_state(c.v[i]);
		a.isr[4] = 1u << i;
		ASSERT_OK(apic_set_state(c.v[i], &a));
	}
	icr(V, 0xff, 0x91 | mode);
	EXPECT_EQ(have(&c, 0x91), 0x4u);
	icr(V, 0xff, 0x92 | mode);
	EXPECT_EQ(have(&c, 0x92), 0x4u);
	/* one that software has off cannot have it */
	a = apic_state(c.v[2]);
	a.svr &= ~SVR_ON;
	ASSERT_OK(apic_set_state(c.v[2], &a));
	for (i = 0; i < 3; i++) {
		icr(V, 0xff, (0x93 + i) | mode);
		set |= have(&c, 0x93 + i);
	}
	EXPECT_EQ(set, 0xbu);
}

/* ---- modes ------------------------------------------------------------------------------ */

TEST(nmi_and_smi, &config)
{
	struct cpus c;

	start(f, &c);
	icr(V, 1, ICR_MODE(NMI) | 0x33);
	EXPECT_EQ(intr(c.v[1]).nmis, 1u);
	EXPECT_EQ(have(&c, 0x33), 0u);
	icr(V, 0, ICR_MODE(NMI) | ICR_OTHERS);
	EXPECT_EQ(intr(c.v[1]).nmis, 2u);
	EXPECT_EQ(intr(c.v[2]).nmis, 1u);
	EXPECT_EQ(intr(c.v[0]).nmis, 0u);
	icr(V, 0xff, ICR_MODE(AXVCPU_X86_SMI));
	icr(V, 0xff, ICR_MODE(3));
	icr(V, 0xff, ICR_MODE(AXVCPU_X86_EXTINT) | 0x34);
	EXPECT_EQ(have(&c, 0x34), 0u);
	EXPECT_EQ(intr(c.v[3]).nmis, 1u);
	/* and it is taken, software's switch or not */
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0) | MODE(NMI)));
	EXPECT_EQ(apic_go(V, SYM(peek)), 2u);
}

/* INIT, then a page to start in: the AP is in real mode there. */
static void check_ap(struct axv_vcpu *v)
{
	struct axvcpu_x86_control c;

	want(v, AXVCPU_REGS_GPR);
	ASSERT_SYNC_V(v);
	/* AL and BL: the segment's upper and lower byte */
	EXPECT_EQ(axt_synced(&v->run->exit), SYM(ap) >> 12);
	EXPECT_EQ(reg(v, RBX) & 0xff, 0u);
	EXPECT_LE(v->run->exit.pc, 0x20u);
	x86_get_control(v, &c);
	EXPECT_EQ(c.seg[AXVCPU_X86_CS].selector, SYM(ap) >> 4);
	EXPECT_EQ(c.seg[AXVCPU_X86_CS].base, SYM(ap));
	EXPECT_EQ(c.cr0 & (CR0_PE | CR0_PG), 0u);
	EXPECT_EQ(c.cr4, 0u);
	EXPECT_EQ(c.efer, 0u);
	EXPECT_EQ(c.idt.limit, 0xffffu);
	EXPECT_EQ(reg(v, RSI), 0u);
	EXPECT_EQ(flags_of(v), 2u);
}

#define SIPI	(ICR_MODE(AXVCPU_X86_STARTUP) | (uint32_t)(SYM(ap) >> 12))
#define INIT	(ICR_MODE(AXVCPU_X86_INIT) | ICR_ASSERT)

TEST(start_in_kernel, &by_kernel)
{
	struct axvcpu_x86_control control;
	struct axvcpu_x86_apic a;
	struct cpus c;

	start(f, &c);
	/* what INIT leaves, and what it does not */
	x86_get_control(c.v[1], &control);
	control.lstar = 0x1234000;
	control.cr8 = 7;
	ASSERT_OK(x86_set_control(c.v[1], &control));
	ASSERT_OK(axv_set_gpr(c.v[1], RSI, 99));
	a = apic_state(c.v[1]);
	a.base |= BASE_X2;
	a.irr[2] = 1;
	ASSERT_OK(apic_set_state(c.v[1], &a));

	icr(V, 1, INIT);
	EXPECT_TRUE(intr(c.v[1]).flags & AXVCPU_X86_INTR_INIT);
	/* INIT level de-assert is nothing */
	icr(V, 2, ICR_MODE(AXVCPU_X86_INIT) | ICR_LEVEL);
	EXPECT_TRUE(!(intr(c.v[2]).flags & AXVCPU_X86_INTR_INIT));
	icr(V, 1, SIPI);
	icr(V, 1, SIPI);
	check_ap(c.v[1]);
	x86_get_control(c.v[1], &control);
	EXPECT_EQ(control.lstar, 0x1234000u);
	EXPECT_EQ(control.cr8, 0u);
	a = apic_state(c.v[1]);
	EXPECT_EQ(a.svr, 0xffu);
	EXPECT_EQ(a.base, APIC_PAGE | BASE_ON | BASE_X2);
	EXPECT_EQ(a.irr[2], 0u);
	EXPECT_EQ(a.ldr, 2u);

	/* one that runs does not care for a SIPI */
	axv_skip(c.v[1]);
	ASSERT_OK(axv_kick(c.v[1]));
	icr(V, 1, SIPI);
	ASSERT_EXIT_V(c.v[1], AXVCPU_EXIT_STOPPED);
	axt_fetch(c.v[1]);
	EXPECT_NE(axt_gpr_pc(c.v[1]->run), 0u);
	/* one that waits since power-on needs no INIT */
	icr(V, 0, SIPI | ICR_OTHERS);
	check_ap(c.v[3]);
	check_ap(c.v[2]);
	/* INIT again */
	axv_skip(c.v[2]);
	icr(V, 2, INIT);
	icr(V, 2, SIPI);
	check_ap(c.v[2]);
}

TEST(start_by_vmm, &config)
{
	struct axvcpu_inject_event e = {
		.size = sizeof(e), .kind = AXVCPU_EVENT_START, .payload = SYM(ap),
	};
	struct cpus c;
	unsigned int i;

	start(f, &c);
	icr(V, 0, INIT | ICR_OTHERS);
	/* an exit for each, the instruction still to be done */
	ASSERT_OK(axv_set_gpr(V, RSI, APIC_PAGE + APIC_ICR));
	ASSERT_OK(axv_set_gpr(V, RDX, SIPI | ICR_OTHERS));
	axt_goto(V, SYM(store4), GUEST_STACK);
	for (i = 1; i < NR; i++) {
		ASSERT_EXIT(f, AXVCPU_EXIT_CPU_UP);
		EXPECT_EQ(f->exit->cpu_up.target, i);
		EXPECT_EQ(f->exit->cpu_up.entry, SYM(ap));
		EXPECT_EQ(f->exit->cpu_up.arg, 0u);
		EXPECT_EQ(f->exit->pc, SYM(store4));
		ASSERT_OK(axv_inject_event(c.v[i], &e));
		EXPECT_ERR(EAGAIN, axv_inject_event(c.v[i], &e));
		axv_fulfil(V, 0);
	}
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(apic_get(V, APIC_ICR), SIPI | ICR_OTHERS);
	for (i = 1; i < NR; i++)
		check_ap(c.v[i]);
	/* nobody waits: no exit */
	icr(V, 0, SIPI | ICR_OTHERS);

	/* by the MSR, with RETRY, and left out */
	icr(V, 2, INIT);
	apic_x2(V);
	ASSERT_OK(axv_set_gpr(V, RCX, APIC_MSR(APIC_ICR)));
	ASSERT_OK(axv_set_gpr(V, RAX, SIPI));
	ASSERT_OK(axv_set_gpr(V, RDX, 2));
	axt_goto(V, SYM(write_msr), GUEST_STACK);
	ASSERT_EXIT(f, AXVCPU_EXIT_CPU_UP);
	EXPECT_EQ(f->exit->cpu_up.target, 2u);
	axv_retry(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_CPU_UP);
	EXPECT_EQ(f->exit->pc, SYM(write_msr));
	axv_skip(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_TRUE(intr(c.v[2]).flags & (AXVCPU_X86_INTR_INIT | AXVCPU_X86_INTR_WAIT_START));
}

/* The boot processor goes on at the reset vector. */
TEST(init_of_the_first, &config)
{
	apic_start(f);
	apic_enable(V);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0) | MODE(AXVCPU_X86_INIT)));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	EXPECT_EQ(f->exit->npf.gpa, 0xfffffff0u);
	EXPECT_EQ(f->exit->npf.access, AXVCPU_PROT_EXEC);
	EXPECT_EQ(f->exit->pc, 0xfff0u);
	EXPECT_EQ(apic_state(V).svr, 0xffu);
}

/* ---- order -------------------------------------------------------------------------------- */

TEST(order, &config)
{
	static const unsigned char vectors[] = { 0x31, 0xf0, 0x77, 0x70, 0x10, 0xff, 0x78 };
	unsigned int i;

	apic_start(f);
	apic_enable(V);
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		ASSERT_OK(axv_inject_irq(V, MSI(0, vectors[i])));
		EXPECT_ERR(EAGAIN, axv_inject_irq(V, MSI(0, vectors[i])));
	}
	EXPECT_EQ(apic_peek(V), 0xffu);
	/* another of its class waits; and one that is requested again, too */
	EXPECT_EQ(apic_peek(V), 0u);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0xff)));
	EXPECT_EQ(apic_peek(V), 0u);
	EXPECT_EQ(apic_get(V, APIC_ISR + 0x70), 1u << 31);
	EXPECT_EQ(apic_get(V, APIC_IRR + 0x70), 1u << 31 | 1u << 16);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0xffu);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0xf0u);
	apic_eoi(V);
	/* nested */
	EXPECT_EQ(apic_peek(V), 0x78u);
	EXPECT_EQ(apic_peek(V), 0u);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0x95)));
	EXPECT_EQ(apic_peek(V), 0x95u);
	EXPECT_EQ(apic_get(V, APIC_ISR + 0x30), 1u << 24);
	EXPECT_EQ(apic_get(V, APIC_ISR + 0x40), 1u << 21);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0u);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0x77u);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0x70u);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0x31u);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0x10u);
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0u);
	/* EOI of nothing is nothing */
	apic_eoi(V);
}

/* A TPR that falls lets through what it held back, by CR8 as well as by the register. */
TEST(task_priority, &config)
{
	apic_start(f);
	apic_enable(V);
	ASSERT_OK(axv_set_gpr(V, RDX, 6));
	ASSERT_EQ(apic_go(V, SYM(set_cr8)), 0u);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0x61)));
	EXPECT_EQ(apic_peek(V), 0u);
	x86_set_flags(V, FLAG_IF, 0);
	ASSERT_OK(axv_set_gpr(V, RDX, 5));
	EXPECT_EQ(apic_go(V, SYM(set_cr8)), 0x61u);
	apic_eoi(V);
	apic_set(V, APIC_TPR, 0xff);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0xff)));
	EXPECT_EQ(apic_peek(V), 0u);
	x86_set_flags(V, FLAG_IF, 0);
	ASSERT_OK(axv_set_gpr(V, RSI, APIC_PAGE + APIC_TPR));
	ASSERT_OK(axv_set_gpr(V, RDX, 0xef));
	EXPECT_EQ(apic_go(V, SYM(store4)), 0xffu);
}

/* ---- errors ------------------------------------------------------------------------------- */

TEST(errors, &config)
{
	struct cpus c;

	start(f, &c);
	icr(V, 1, 0x0f);
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), ESR_SEND);
	EXPECT_EQ(apic_state(c.v[1]).esr_new, 0u);
	icr(V, 1, ICR_MODE(AXVCPU_X86_LOWEST) | 0x00);
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), ESR_SEND);
	/* of an NMI the vector does not count */
	icr(V, 1, ICR_MODE(NMI));
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), 0u);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, MSI(1, 0x0e)));
	EXPECT_EQ(apic_state(c.v[1]).esr_new, ESR_RECEIVE);
	EXPECT_EQ(apic_state(c.v[1]).irr[0], 0u);

	/* an interrupt, once until ESR is written */
	apic_set(V, APIC_ERROR, 0x88);
	EXPECT_EQ(apic_peek(V), 0u);
	apic_get(V, 0x3d0);
	EXPECT_EQ(apic_peek(V), 0x88u);
	apic_eoi(V);
	apic_get(V, 0x3d0);
	EXPECT_EQ(apic_peek(V), 0u);
	/* another one is another */
	icr(V, 1, 0x01);
	EXPECT_EQ(apic_peek(V), 0x88u);
	apic_eoi(V);
	EXPECT_EQ(apic_get(V, APIC_ESR), 0u);
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), ESR_REGISTER | ESR_SEND);
	apic_get(V, 0x3d0);
	EXPECT_EQ(apic_peek(V), 0x88u);
	apic_eoi(V);
	/* its own vector is none */
	apic_set(V, APIC_ESR, 0);
	apic_set(V, APIC_ERROR, 0x05);
	apic_get(V, 0x3d0);
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), ESR_REGISTER | ESR_RECEIVE);
	EXPECT_EQ(apic_peek(V), 0u);
}

/* ---- the local vector table ---------------------------------------------------------------- */

TEST(pins, &config)
{
	const uint32_t lint0 = AXVCPU_X86_LINT(0), lint1 = AXVCPU_X86_LINT(1);

	apic_start(f);
	apic_enable(V);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, lint0));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, lint1));
	/* fixed, an edge */
	apic_set(V, APIC_LINT0, 0x55);
	ASSERT_OK(axv_inject_irq(V, lint0));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, lint0));
	EXPECT_EQ(apic_peek(V), 0x55u);
	EXPECT_EQ(apic_get(V, APIC_TMR + 0x20), 0u);
	ASSERT_OK(axv_inject_irq(V, lint0));
	apic_eoi(V);
	EXPECT_EQ(apic_peek(V), 0x55u);
	apic_eoi(V);
	/* fixed, a level: remote IRR until EOI */
	apic_set(V, APIC_LINT0, LVT_LEVEL | 0x56);
	ASSERT_OK(axv_inject_irq(V, lint0));
	EXPECT_EQ(apic_get(V, APIC_LINT0), LVT_LEVEL | LVT_REMOTE | 0x56);
	EXPECT_EQ(apic_peek(V), 0x56u);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, lint0));
	EXPECT_EQ(apic_get(V, APIC_TMR + 0x20), 1u << 22);
	apic_eoi(V);
	EXPECT_EQ(apic_get(V, APIC_LINT0), LVT_LEVEL | 0x56u);
	ASSERT_OK(axv_inject_irq(V, lint0));
	EXPECT_EQ(apic_peek(V), 0x56u);
	apic_eoi(V);
	/* masked, NMI, SMI, ExtINT */
	apic_set(V, APIC_LINT0, LVT_MASKED | 0x55);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, lint0));
	apic_set(V, APIC_LINT1, ICR_MODE(NMI));
	ASSERT_OK(axv_inject_irq(V, lint1));
	EXPECT_EQ(intr(V).nmis, 1u);
	EXPECT_EQ(apic_peek(V), 2u);
	apic_set(V, APIC_LINT1, ICR_MODE(AXVCPU_X86_SMI));
	ASSERT_OK(axv_inject_irq(V, lint1));
	apic_set(V, APIC_LINT1, ICR_MODE(AXVCPU_X86_EXTINT));
	EXPECT_ERR(EINVAL, axv_inject_irq(V, lint1));
	/* a vector that is none */
	apic_set(V, APIC_LINT1, 3);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, lint1));
	apic_set(V, APIC_ESR, 0);
	EXPECT_EQ(apic_get(V, APIC_ESR), ESR_RECEIVE);
	apic_set(V, APIC_LINT1, ICR_MODE(AXVCPU_X86_INIT));
	ASSERT_OK(axv_inject_irq(V, lint1));
	EXPECT_TRUE(intr(V).flags & AXVCPU_X86_INTR_INIT);
}

/* What an 8259 has goes around everything, where LINT0 lets it in. */
TEST(extint, &config)
{
	apic_start(f);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0x20));
	apic_enable(V);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0x20));
	apic_set(V, APIC_LINT0, 0x20);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0x20));
	apic_set(V, APIC_LINT0, ICR_MODE(AXVCPU_X86_EXTINT));
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0xf1)));
	EXPECT_EQ(apic_peek(V), 0xf1u);
	apic_set(V, APIC_TPR, 0xff);
	ASSERT_OK(axv_inject_irq(V, 0x21));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0x21));
	EXPECT_EQ(apic_get(V, APIC_IRR + 0x10), 0u);
	EXPECT_EQ(apic_peek(V), 0x21u);
	EXPECT_EQ(apic_get(V, APIC_ISR + 0x10), 0u);
	EXPECT_EQ(apic_peek(V), 0u);
	/* a low vector, and one by an I/O APIC's pin */
	ASSERT_OK(axv_inject_irq(V, 0x08));
	EXPECT_EQ(apic_peek(V), 0x08u);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0x70) | MODE(AXVCPU_X86_EXTINT)));
	EXPECT_EQ(apic_peek(V), 0x70u);
	/* masked; and without an APIC the pin is the CPU's */
	apic_set(V, APIC_LINT0, LVT_MASKED);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, 0x22));
	EXPECT_EQ(apic_wrmsr(V, MSR_APIC_BASE, APIC_PAGE), 0u);
	ASSERT_OK(axv_inject_irq(V, 0x22));
	EXPECT_EQ(apic_peek(V), 0x22u);
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, MSI(0, 0x41)));
}

TEST(bad_messages, &config)
{
	static const uint32_t bad[] = {
		0, 256, 1u << 28, 1u << 29 | 2, 1u << 29 | 0x100, 1u << 31 | 0x40,
	};
	static const uint32_t bits[] = {
		1u << 12, 1u << 13, 1u << 14, 1u << 28, 1u << 29, 1u << 31, MODE(3),
		MODE(AXVCPU_X86_STARTUP), MODE(NMI) | AXVCPU_X86_MSI_LEVEL,
	};
	unsigned int i;
	int fd = eventfd(0, 0);

	apic_start(f);
	apic_enable(V);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERR(EINVAL, axv_inject_irq(V, bad[i]));
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		EXPECT_ERR(EINVAL, axv_inject_irq(V, MSI(0, 0x40) | bits[i]));
		EXPECT_ERR(EINVAL, axv_irqfd(f->vm, fd, 0, MSI(0, 0x40) | bits[i]));
	}
	EXPECT_ERR(EINVAL, axv_inject_irq(V, MSI(0, 0) | MODE(AXVCPU_X86_EXTINT)));
	EXPECT_ERR(EAGAIN, axv_inject_irq(V, MSI(1, 0x40)));
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0x40)));
	close(fd);
}

/* ---- the end of interrupts ------------------------------------------------------------------ */

static uint64_t signals(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void raise_fd(int fd)
{
	ASSERT_EQ(write(fd, &(uint64_t) { 1 }, 8), 8);
}

TEST(level_route, &config)
{
	int fd = eventfd(0, EFD_NONBLOCK), resample = eventfd(0, EFD_NONBLOCK);
	const uint32_t irq = MSI(0, 0x71) | AXVCPU_X86_MSI_LEVEL;
	struct cpus c;

	start(f, &c);
	/* the route's vCPU is not the one that gets it */
	ASSERT_OK(axv_irqfd_level(f->vm, fd, resample, 3, irq));
	raise_fd(fd);
	EXPECT_EQ(apic_peek(V), 0x71u);
	EXPECT_EQ(signals(resample), 0u);
	EXPECT_EQ(apic_get(V, APIC_TMR + 0x30), 1u << 17);
	raise_fd(fd);
	EXPECT_EQ(apic_get(V, APIC_IRR + 0x30), 0u);
	apic_eoi(V);
	EXPECT_EQ(signals(resample), 1u);
	raise_fd(fd);
	EXPECT_EQ(apic_peek(V), 0x71u);
	/* an edge of the same vector has no end, and takes the mark away */
	apic_eoi(V);
	EXPECT_EQ(signals(resample), 1u);
	raise_fd(fd);
	EXPECT_EQ(apic_peek(V), 0x71u);
	apic_eoi(V);
	EXPECT_EQ(signals(resample), 1u);
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0x71)));
	EXPECT_EQ(apic_peek(V), 0x71u);
	EXPECT_EQ(apic_get(V, APIC_TMR + 0x30), 0u);
	apic_eoi(V);
	EXPECT_EQ(signals(resample), 0u);
	/* broadcast suppressed: software tells the I/O APIC itself */
	raise_fd(fd);
	apic_set(V, APIC_SVR, SVR_ON | SVR_QUIET | 0xff);
	EXPECT_EQ(apic_peek(V), 0x71u);
	apic_eoi(V);
	EXPECT_EQ(signals(resample), 0u);
	/* by x2APIC's register */
	apic_set(V, APIC_SVR, SVR_ON | 0xff);
	apic_x2(V);
	ASSERT_OK(axv_inject_irq(V, irq));
	EXPECT_EQ(apic_peek(V), 0x71u);
	EXPECT_EQ(apic_wrmsr(V, APIC_MSR(APIC_EOI), 0), 0u);
	EXPECT_EQ(signals(resample), 1u);
	ASSERT_OK(axv_irqfd_remove(f->vm, fd, 3, irq));
	close(fd);
	close(resample);
}

/* The pin of one vCPU, and nobody else's. */
TEST(level_pin, &config)
{
	int fd = eventfd(0, EFD_NONBLOCK), resample = eventfd(0, EFD_NONBLOCK);
	struct cpus c;

	start(f, &c);
	apic_set(V, APIC_LINT1, LVT_LEVEL | 0x63);
	ASSERT_OK(axv_irqfd_level(f->vm, fd, resample, 0, AXVCPU_X86_LINT(1)));
	raise_fd(fd);
	EXPECT_EQ(apic_peek(V), 0x63u);
	EXPECT_EQ(signals(resample), 0u);
	apic_eoi(V);
	EXPECT_EQ(signals(resample), 1u);
	close(fd);
	close(resample);
}

static void expect_eoi_exit(struct axt *f, uint64_t at)
{
	ASSERT_EXIT(f, AXVCPU_EXIT_SYSREG_WRITE);
	EXPECT_EQ(f->exit->sysreg.addr, 0x80bu);
	EXPECT_EQ(f->exit->sysreg.value, 0x81u);
	EXPECT_EQ(f->exit->pc, at);
	EXPECT_TRUE(apic_in(apic_state(V).isr, 0x81));
}

TEST(eoi_exits, &eoi_exits)
{
	const uint32_t irq = MSI(0, 0x81) | AXVCPU_X86_MSI_LEVEL;

	apic_start(f);
	apic_enable(V);
	/* an edge */
	ASSERT_OK(axv_inject_irq(V, MSI(0, 0x81)));
	EXPECT_EQ(apic_peek(V), 0x81u);
	apic_eoi(V);
	/* a level; asked again, then done, with the line still up */
	ASSERT_OK(axv_inject_irq(V, irq));
	EXPECT_EQ(apic_peek(V), 0x81u);
	ASSERT_OK(axv_set_gpr(V, RSI, APIC_PAGE + APIC_EOI));
	axt_goto(V, SYM(store4), GUEST_STACK);
	expect_eoi_exit(f, SYM(store4));
	axv_retry(V);
	expect_eoi_exit(f, SYM(store4));
	ASSERT_OK(axv_inject_irq(V, irq));
	axv_fulfil(V, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_TRUE(!apic_in(apic_state(V).isr, 0x81));
	EXPECT_EQ(apic_peek(V), 0x81u);
	/* left out, and by the MSR */
	apic_x2(V);
	ASSERT_OK(axv_set_gpr(V, RCX, APIC_MSR(APIC_EOI)));
	ASSERT_OK(axv_set_gpr(V, RAX, 0));
	ASSERT_OK(axv_set_gpr(V, RDX, 0));
	axt_goto(V, SYM(write_msr), GUEST_STACK);
	expect_eoi_exit(f, SYM(write_msr));
	axv_skip(V);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_TRUE(apic_in(apic_state(V).isr, 0x81));
	axt_goto(V, SYM(write_msr), GUEST_STACK);
	expect_eoi_exit(f, SYM(write_msr));
	axv_fulfil(V, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_TRUE(!apic_in(apic_state(V).isr, 0x81));
	EXPECT_EQ(apic_peek(V), 0u);
}

/* ---- between CPUs that run -------------------------------------------------------------------- */

/* vCPU 1 runs the guest at @at in a thread, with "tick" for vector 0x40. */
static void ping(struct axt *f, uint64_t at)
{
	unsigned int rounds = 400 / axt_slow();
	struct axt_config other = config;
	struct axt_thread t;
	struct axv_vcpu v;

	apic_start(f);
	apic_enable(V);
	axt_idt_set(f->ram, f->config->start, 0x40, SYM(tick));
	other.stage = AXT_FREE;
	other.entry = at;
	axt_add_vcpu(f, 1, &other, &v);
	x86_traps_load(&(struct x86_traps) { .bits = 64 }, &v);
	apic_enable(&v);
	axt_thread_start(&t, axt_run_once, &v);
	WAIT_UNTIL(GUEST_MEM(f, GUEST_DATA + 8, uint32_t));
	apic_set(V, APIC_ICR2, 1u << 24);
	ASSERT_OK(axv_set_gpr(V, RDI, rounds));
	ASSERT_OK(axv_set_gpr(V, RDX, 0x40));
	ASSERT_EQ(apic_go(V, SYM(ping)), 0u);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), rounds);
	ASSERT_OK(axv_kick(&v));
	EXPECT_OK(axt_thread_join(&t));
	EXPECT_EQ(v.run->exit.reason, AXVCPU_EXIT_STOPPED);
}

TEST_TIMEOUT(ipi_to_halted, &config, 120)
{
	ping(f, SYM(idle));
}

TEST_TIMEOUT(ipi_to_busy, &config, 120)
{
	if (axt_cpus() < 2)
		axt_skip("both run at a time");
	ping(f, SYM(busy));
}
