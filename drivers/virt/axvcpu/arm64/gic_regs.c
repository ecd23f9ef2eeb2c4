// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest does to the CPU interface that the hardware does not do by itself: SGIs,
 * and registers that trap.
 */
#include <linux/bitfield.h>

#include "gic.h"

#define SYS_ICC_DIR		AXVCPU_ARM64_SYSREG(3, 0, 12, 11, 1)
#define SYS_ICC_RPR		AXVCPU_ARM64_SYSREG(3, 0, 12, 11, 3)
#define SYS_ICC_CTLR		AXVCPU_ARM64_SYSREG(3, 0, 12, 12, 4)
#define SYS_ICC_SRE		AXVCPU_ARM64_SYSREG(3, 0, 12, 12, 5)
#define SYS_ICC_PMR		AXVCPU_ARM64_SYSREG(3, 0, 4, 6, 0)

/* ICC_CTLR_EL1 */
#define CTLR_CBPR		BIT(0)
#define CTLR_EOIMODE		BIT(1)

/* ICC_SGI1R_EL1 and its like */
#define SGI_TARGETS		GENMASK_ULL(15, 0)
#define SGI_AFF1		GENMASK_ULL(23, 16)
#define SGI_INTID		GENMASK_ULL(27, 24)
#define SGI_AFF2		GENMASK_ULL(39, 32)
#define SGI_IRM			BIT_ULL(40)
#define SGI_RS			GENMASK_ULL(47, 44)
#define SGI_AFF3		GENMASK_ULL(55, 48)

/* ---- SGIs ----------------------------------------------------------------------- */

/* For a CPU of the guest. One of group 0 alone comes by any of the three registers. */
static void send_sgi(struct axv_vcpu *v, struct axv_vcpu *t, u32 intid, bool group1)
{
	struct axv_arm64_gic *g = t->arch.gic;
	struct axv_gic_irq *q = &g->irq[intid];
	bool new = false;

	raw_spin_lock(&g->lock);
	if (!q->latch && (!q->group1 || group1)) {
		q->latch = true;
		__set_bit(intid, g->busy);
		new = true;
	}
	raw_spin_unlock(&g->lock);
	if (!new)
		return;
	axv_arm64_irq_changed(t);
	if (t != v)
		axv_vcpu_kick(t);
}

static int exit_sgi(struct axv_vcpu *v, u64 value, u64 first)
{
	v->arch.ctx->pc -= 4;
	axv_arm64_new_exit(v, AXVCPU_EXIT_SEND_IPI);
	v->exit.insn_len = 4;
	v->exit.ipi.target = first;
	v->exit.ipi.target_aux = FIELD_GET(SGI_TARGETS, value);
	v->exit.ipi.flags = value & SGI_IRM ? AXVCPU_IPI_ALL : 0;
	v->exit.ipi.vector = FIELD_GET(SGI_INTID, value);
	return AXV_EXIT;
}

/**
 * axv_arm64_gic_sgi() - the guest sends an SGI
 * @v: the vCPU, in the section, pc behind the instruction
 * @value: written to ICC_SGI1R_EL1 or one of its like
 * @op2: which: 5: SGI1R, which sends those of both groups; 6: ASGI1R, 7: SGI0R, group 0
 *
 * With one security state (GICD_CTLR.DS) there is no other group 1 for ASGI1R.
 *
 * Return: enum axv_next.
 */
int axv_arm64_gic_sgi(struct axv_vcpu *v, u64 value, u32 op2)
{
	u64 first = FIELD_GET(SGI_AFF3, value) << 32 | FIELD_GET(SGI_AFF2, value) << 16 |
		    FIELD_GET(SGI_AFF1, value) << 8 | FIELD_GET(SGI_RS, value) << 4;
	unsigned long targets = FIELD_GET(SGI_TARGETS, value);
	u32 intid = FIELD_GET(SGI_INTID, value);
	bool group1 = op2 == 5;
	struct axv_vcpu *t;
	unsigned int i;

	if (unlikely(v->vm->arch_flags & AXVCPU_ARM64_ROUTE_SGI))
		return exit_sgi(v, value, first);
	if (value & SGI_IRM) {
		/* all but this one */
		for (i = 0; i < AXV_MAX_VCPUS; i++) {
			t = READ_ONCE(v->vm->vcpus[i]);
			if (t && t != v)
				send_sgi(v, t, intid, group1);
		}
		return AXV_RESUME;
	}
	for_each_set_bit(i, &targets, 16) {
		t = axv_arm64_find_cpu(v->vm, first | i);
		if (t)
			send_sgi(v, t, intid, group1);
	}
	return AXV_RESUME;
}

/* ---- registers of the CPU interface that trap ----------------------------------- */

/* The end of an active interrupt that no list register has, or of one that it has. */
static void deactivate(struct axv_vcpu *v, u32 intid)
{
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q;

	if (!(v->arch.ctx->ich.vmcr & AXV_VMCR_EOIM))
		return;
	raw_spin_lock(&g->lock);
	axv_gic_unload(v);
	q = intid < AXV_GIC_PRIVATE ? &g->irq[intid] : axv_gic_find(g, intid);
	if (q && q->active) {
		axv_gic_ended(v, q);
		if (q->linked)
			q->line = false;
		axv_gic_note(g, q);
	}
	raw_spin_unlock(&g->lock);
	axv_arm64_irq_changed(v);
	/* what the CPU would have done; where it asks still, it comes again */
	axv_arm64_timer_look(v);
	if (unlikely(v->arch.forward))
		axv_arm64_forward_look(v);
}

/* As the CPU makes it: what ICH_VTR_EL2 says, and what the guest has written. */
static u64 read_ctlr(const struct axv_arm64_ich *ich)
{
	u64 ctlr = (u64)(axv_arm64_pri_bits - 1) << 8;

	/* IDbits, SEIS, A3V: three fields in the same order */
	ctlr |= (u64)(axv_gic_vtr >> 23 & 7) << 11;
	ctlr |= (u64)(axv_gic_vtr >> 22 & 1) << 14;
	ctlr |= (u64)(axv_gic_vtr >> 21 & 1) << 15;
	if (ich->vmcr & AXV_VMCR_CBPR)
		ctlr |= CTLR_CBPR;
	if (ich->vmcr & AXV_VMCR_EOIM)
		ctlr |= CTLR_EOIMODE;
	return ctlr;
}

static void write_ctlr(struct axv_arm64_ich *ich, u64 value)
{
	ich->vmcr &= ~(u64)(AXV_VMCR_CBPR | AXV_VMCR_EOIM);
	if (value & CTLR_CBPR)
		ich->vmcr |= AXV_VMCR_CBPR;
	if (value & CTLR_EOIMODE)
		ich->vmcr |= AXV_VMCR_EOIM;
}

/**
 * axv_arm64_gic_trap() - a register of the CPU interface
 * @v: the vCPU, in the section, pc behind the instruction
 * @reg: AXVCPU_ARM64_SYSREG()
 * @write: direction
 * @rt: X register
 *
 * Return: enum axv_next, or -1: there is no such register to be trapped.
 */
int axv_arm64_gic_trap(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	u64 x = axv_arm64_x(v, rt);

	switch (reg) {
	case SYS_ICC_SRE:
		/* system registers, and no bypass: nothing else to be had */
		if (!write)
			axv_arm64_set_x(v, rt, 7);
		return AXV_RESUME;
	case SYS_ICC_DIR:
		if (!write)
			return -1;
		deactivate(v, x & GENMASK(23, 0));
		return AXV_RESUME;
	case SYS_ICC_PMR:
		if (write)
			ich->vmcr = (ich->vmcr & ~(u64)AXV_VMCR_PMR) |
				    FIELD_PREP(AXV_VMCR_PMR, x & 0xff);
		else
			axv_arm64_set_x(v, rt, FIELD_GET(AXV_VMCR_PMR, ich->vmcr));
		return AXV_RESUME;
	case SYS_ICC_CTLR:
		if (write)
			write_ctlr(ich, x);
		else
			axv_arm64_set_x(v, rt, read_ctlr(ich));
		return AXV_RESUME;
	case SYS_ICC_RPR:
		if (write)
			return -1;
		axv_arm64_set_x(v, rt, min(axv_gic_running(ich), 0xffu));
		return AXV_RESUME;
	}
	return -1;
}
