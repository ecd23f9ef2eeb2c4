// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's interrupts: where they come from, and what is known of them.
 *
 * SGIs and PPIs are set up in the redistributor (gicr.c). SPIs and LPIs are the VMM's: its
 * distributor decides which of them come here, and with what priority; they take a place
 * when they are injected, and leave it when nothing is left of them.
 */
#include <linux/bitfield.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gic.h"

#define VECTOR_INTID(v)		((v) & 0xffffu)
#define VECTOR_PRIORITY(v)	((v) >> 16 & 0xff)
#define VECTOR_FLAGS		(AXVCPU_ARM64_IRQ_LEVEL | AXVCPU_ARM64_IRQ_GROUP0)
#define VECTOR_ALL		(AXVCPU_ARM64_IRQ(0xffff, 0xffu) | VECTOR_FLAGS)
#define DEFAULT_PRIORITY	0xa0

/* ICH_VTR_EL2 */
#define VTR_LISTREGS		GENMASK(4, 0)
#define VTR_TDS			BIT(19)
#define VTR_PREBITS		GENMASK(28, 26)
#define VTR_PRIBITS		GENMASK(31, 29)

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

u32 axv_arm64_pre_bits;
bool axv_gic_has_tdir;

static struct axv_arm64_ppi maintenance;
static u32 vtr;

/* ---- load ----------------------------------------------------------------------- */

#ifdef CONFIG_ACPI
#include <linux/acpi.h>

static u32 maintenance_gsi, maintenance_edge;

static int parse_gicc(union acpi_subtable_headers *h, const unsigned long end)
{
	const struct acpi_madt_generic_interrupt *gicc = (const void *)h;

	maintenance_gsi = gicc->vgic_interrupt;
	maintenance_edge = gicc->flags & ACPI_MADT_VGIC_IRQ_MODE;
	return 0;
}

static unsigned int acpi_maintenance_irq(void)
{
	struct acpi_subtable_header *sub;
	struct acpi_table_header *h;
	void *end;
	int irq;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &h)))
		return 0;
	end = (void *)h + h->length;
	for (sub = (void *)h + sizeof(struct acpi_table_madt);
	     (void *)(sub + 1) <= end && sub->length; sub = (void *)sub + sub->length)
		if (sub->type == ACPI_MADT_TYPE_GENERIC_INTERRUPT && !maintenance_gsi)
			parse_gicc((union acpi_subtable_headers *)sub, (unsigned long)end);
	acpi_put_table(h);
	if (!maintenance_gsi)
		return 0;
	irq = acpi_register_gsi(NULL, maintenance_gsi,
				maintenance_edge ? ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE,
				ACPI_ACTIVE_HIGH);
	return irq > 0 ? irq : 0;
}
#else
static unsigned int acpi_maintenance_irq(void)
{
	return 0;
}
#endif

static unsigned int maintenance_irq(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, "arm,gic-v3");
	unsigned int irq;

	if (!np)
		return acpi_maintenance_irq();
	irq = irq_of_parse_and_map(np, 0);
	of_node_put(np);
	return irq;
}

/* ICH_VTR_EL2. EL2 is had for that moment, where the kernel is not there itself. */
static u32 read_vtr(void)
{
	u32 value = 0;

	if (axv_arm64_vhe())
		return read_sysreg_s(SYS_ICH_VTR_EL2);
	if (axv_arm64_nvhe_get())
		return 0;
	local_irq_disable();
	value = axv_arm64_nvhe_call(AXV_EL2_READ_VTR, 0, 0);
	local_irq_enable();
	axv_arm64_nvhe_put();
	return value;
}

/**
 * axv_arm64_gic_init() - at load: is there a GICv3, and what are its list registers
 * @probe: not used
 */
void axv_arm64_gic_init(struct axv_probe *probe)
{
	/* system registers at EL1 are in use: whoever owns EL2 has let us */
	if (!(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1) >> 24 & 0xf) ||
	    !(read_sysreg_s(SYS_ICC_SRE_EL1) & 1)) {
		pr_info("arm64: no GICv3: guests get their interrupts by one line, see GET_INFO\n");
		return;
	}
	vtr = read_vtr();
	if (!vtr)
		return;
	axv_arm64_nr_lrs = FIELD_GET(VTR_LISTREGS, vtr) + 1;
	axv_arm64_pri_bits = FIELD_GET(VTR_PRIBITS, vtr) + 1;
	axv_arm64_pre_bits = FIELD_GET(VTR_PREBITS, vtr) + 1;
	axv_gic_has_tdir = vtr & VTR_TDS;
	axv_arm64_features |= AXVCPU_ARM64_FEAT_DIRECT_IRQ;
	axv_arm64_ppi_init(&maintenance, "axvcpu list registers", maintenance_irq());
}

/** axv_arm64_gic_exit() - undo axv_arm64_gic_init() */
void axv_arm64_gic_exit(void)
{
	axv_arm64_ppi_exit(&maintenance);
}

/* ---- life ----------------------------------------------------------------------- */

/* Routes that wait for the end of an interrupt. Their listeners may inject again. */
static void tell_routes(struct work_struct *work)
{
	struct axv_arm64_gic *g = container_of(work, struct axv_arm64_gic, work);
	unsigned int intid;

	for_each_set_bit(intid, g->ended, AXV_GIC_SPI_LAST + 1) {
		clear_bit(intid, g->ended);
		axv_irqfds_ended(g->v, VECTOR_INTID(~0u), intid);
	}
}

/* All as after a reset, and as if software had then chosen group 1, which is IRQ. */
static void reset_irqs(struct axv_arm64_gic *g)
{
	unsigned int i;

	for (i = AXV_GIC_PRIVATE; i < AXV_GIC_IRQS; i++)
		memset(&g->irq[i], 0, sizeof(g->irq[i]));
	for (i = 0; i < AXV_GIC_PRIVATE; i++)
		g->irq[i] = (struct axv_gic_irq) {
			.intid = i,
			.group1 = true,
			.level = i >= AXV_GIC_SGIS && !g->irq[i].forwarded,
			.linked = g->irq[i].linked,
			.forwarded = g->irq[i].forwarded,
			.pintid = g->irq[i].pintid,
		};
	bitmap_zero(g->busy, AXV_GIC_IRQS);
	g->waker = 0;
}

static void reset_interface(struct axv_vcpu *v)
{
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;

	memset(ich, 0, sizeof(*ich));
	ich->hcr = AXV_ICH_HCR_EN;
	ich->vmcr = AXV_VMCR_FIQEN;
}

/**
 * axv_arm64_gic_create() - a new vCPU's GIC, where the CPU has one for it
 * @v: the vCPU, which has its ctx
 *
 * Return: 0, -ENOMEM.
 */
int axv_arm64_gic_create(struct axv_vcpu *v)
{
	struct axv_arm64_gic *g;

	if (!axv_arm64_nr_lrs)
		return 0;
	g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	if (!g)
		return -ENOMEM;
	raw_spin_lock_init(&g->lock);
	INIT_WORK(&g->work, tell_routes);
	g->v = v;
	reset_irqs(g);
	reset_interface(v);
	v->arch.gic = g;
	axv_gicr_create(v);
	return 0;
}

/**
 * axv_arm64_gic_destroy() - undo axv_arm64_gic_create()
 * @v: the vCPU; nobody finds it any more
 */
void axv_arm64_gic_destroy(struct axv_vcpu *v)
{
	if (!v->arch.gic)
		return;
	cancel_work_sync(&v->arch.gic->work);
	/* another vCPU may look at it at this moment */
	kfree_rcu(v->arch.gic, rcu);
}

/**
 * axv_arm64_gic_reset() - nothing pending, nothing enabled
 * @v: the vCPU, at rest
 */
void axv_arm64_gic_reset(struct axv_vcpu *v)
{
	struct axv_arm64_gic *g = v->arch.gic;
	unsigned long flags;

	if (!g)
		return;
	raw_spin_lock_irqsave(&g->lock, flags);
	reset_irqs(g);
	reset_interface(v);
	raw_spin_unlock_irqrestore(&g->lock, flags);
	v->arch.vtimer.held = false;
	v->arch.ptimer.held = false;
}

/**
 * axv_arm64_gic_restart() - PSCI has started the CPU
 * @v: the vCPU, in the section
 *
 * What the redistributor has been told is still so; the CPU interface has been off, and
 * knows of nothing that was active.
 */
void axv_arm64_gic_restart(struct axv_vcpu *v)
{
	struct axv_arm64_gic *g = v->arch.gic;
	unsigned int i;

	raw_spin_lock(&g->lock);
	axv_gic_unload(v);
	for_each_set_bit(i, g->busy, AXV_GIC_IRQS) {
		g->irq[i].active = false;
		axv_gic_note(g, &g->irq[i]);
	}
	reset_interface(v);
	raw_spin_unlock(&g->lock);
	axv_arm64_irq_changed(v);
}

/**
 * axv_arm64_gic_link() - a PPI is one of the host's
 * @v: the vCPU, at rest
 * @intid: the guest's number
 * @pintid: the host's, 0: it is not any more
 */
void axv_arm64_gic_link(struct axv_vcpu *v, u32 intid, u32 pintid)
{
	struct axv_gic_irq *q = &v->arch.gic->irq[intid];

	q->linked = pintid;
	q->pintid = pintid;
	q->level = true;
}

/**
 * axv_arm64_gic_forward() - a PPI is a device's interrupt of the host
 * @v: the vCPU, at rest
 * @intid: the guest's number
 * @pintid: the host's, 0: it is not any more
 *
 * It comes once for each that the host has, of which none is lost: an edge.
 */
void axv_arm64_gic_forward(struct axv_vcpu *v, u32 intid, u32 pintid)
{
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q = &g->irq[intid];
	unsigned long flags;

	raw_spin_lock_irqsave(&g->lock, flags);
	q->linked = pintid;
	q->forwarded = pintid;
	q->pintid = pintid;
	q->level = !pintid;
	raw_spin_unlock_irqrestore(&g->lock, flags);
}

/* ---- one interrupt -------------------------------------------------------------- */

/**
 * axv_gic_note() - an interrupt has changed
 * @g: with its lock held
 * @q: it is busy now, or is not; one that came by injection then gives its place up
 */
void axv_gic_note(struct axv_arm64_gic *g, struct axv_gic_irq *q)
{
	if (q->latch || q->line || q->active || q->lr) {
		__set_bit(axv_gic_index(g, q), g->busy);
		return;
	}
	__clear_bit(axv_gic_index(g, q), g->busy);
	if (axv_gic_index(g, q) >= AXV_GIC_PRIVATE)
		q->intid = 0;
}

/**
 * axv_gic_find() - an SPI or LPI that has a place
 * @g: with its lock held
 * @intid: its number
 *
 * Return: NULL where it has none.
 */
struct axv_gic_irq *axv_gic_find(struct axv_arm64_gic *g, u32 intid)
{
	unsigned int i = AXV_GIC_PRIVATE;

	for_each_set_bit_from(i, g->busy, AXV_GIC_IRQS)
		if (g->irq[i].intid == intid)
			return &g->irq[i];
	return NULL;
}

/* A place for it. */
static struct axv_gic_irq *new_irq(struct axv_arm64_gic *g, u32 intid)
{
	unsigned int i = find_next_zero_bit(g->busy, AXV_GIC_IRQS, AXV_GIC_PRIVATE);

	if (i >= AXV_GIC_IRQS)
		return NULL;
	g->irq[i] = (struct axv_gic_irq) { .intid = intid, .enabled = true };
	return &g->irq[i];
}

/**
 * axv_gic_clear_pending() - it is not pending any more, unless its line says so
 * @g: with its lock held
 * @q: the interrupt
 *
 * What a list register has is taken out of it before the next entry, and if the guest
 * acknowledges it before that, it has come too late.
 *
 * Return: false: it was not pending, as far as is known.
 */
bool axv_gic_clear_pending(struct axv_arm64_gic *g, struct axv_gic_irq *q)
{
	bool was = q->latch;

	q->latch = false;
	q->twice = false;
	if (q->lr && (g->loaded[q->lr - 1] & AXV_LR_PENDING) && !q->not_pending) {
		q->not_pending = true;
		was = true;
	}
	return was;
}

/* ---- injection ------------------------------------------------------------------ */

/**
 * axv_arm64_gic_valid() - is it a vector?
 * @vector: AXVCPU_ARM64_IRQ()
 */
bool axv_arm64_gic_valid(u32 vector)
{
	u32 intid = VECTOR_INTID(vector), flags = vector & VECTOR_FLAGS;

	if (vector & ~VECTOR_ALL)
		return false;
	if (intid < AXV_GIC_PRIVATE)
		return !(flags & AXVCPU_ARM64_IRQ_GROUP0) && (intid >= AXV_GIC_SGIS || !flags);
	return intid <= AXV_GIC_SPI_LAST || (intid >= AXV_GIC_LPI && !flags);
}

static u8 priority_of(u32 vector)
{
	u8 priority = VECTOR_PRIORITY(vector);

	return (priority ?: DEFAULT_PRIORITY) & (0xff << (8 - axv_arm64_pri_bits));
}

/*
 * Is it pending in a list register? While the guest runs that is not known: then it is
 * latched for after that, and both come.
 */
static bool in_lr_pending(const struct axv_arm64_gic *g, const struct axv_gic_irq *q)
{
	if (!q->lr || q->not_pending || !(g->loaded[q->lr - 1] & AXV_LR_PENDING))
		return false;
	/* what it is injected for before the look at v->mode, as in axv_vcpu_kick() */
	smp_mb();
	return READ_ONCE(g->v->mode) != AXV_IN_GUEST;
}

/* Comes, by its line or without. The lock is held. */
static int raise(struct axv_arm64_gic *g, u32 vector)
{
	bool level = vector & AXVCPU_ARM64_IRQ_LEVEL;
	u32 intid = VECTOR_INTID(vector);
	struct axv_gic_irq *q;
	bool was;

	if (intid < AXV_GIC_PRIVATE) {
		q = &g->irq[intid];
		/* the timers' lines are theirs, and so is what is forwarded */
		if (q->linked)
			return -EINVAL;
	} else {
		q = axv_gic_find(g, intid) ?: new_irq(g, intid);
		if (!q)
			return -EAGAIN;
		q->level = level;
		q->group1 = !(vector & AXVCPU_ARM64_IRQ_GROUP0);
		q->priority = priority_of(vector);
	}
	if (level) {
		was = q->line;
		axv_gic_set_line(q, true);
	} else {
		was = q->latch || in_lr_pending(g, q);
		if (!was)
			q->latch = true;
	}
	axv_gic_note(g, q);
	return was ? -EAGAIN : 0;
}

/* Its line falls, or it is taken back. */
static int lower(struct axv_arm64_gic *g, u32 vector)
{
	u32 intid = VECTOR_INTID(vector);
	struct axv_gic_irq *q;
	bool was;

	q = intid < AXV_GIC_PRIVATE ? &g->irq[intid] : axv_gic_find(g, intid);
	if (!q)
		return -EAGAIN;
	if (q->linked)
		return -EINVAL;
	if (vector & AXVCPU_ARM64_IRQ_LEVEL) {
		was = q->line;
		q->line = false;
	} else {
		was = axv_gic_clear_pending(g, q);
	}
	axv_gic_note(g, q);
	return was ? 0 : -EAGAIN;
}

/**
 * axv_arm64_gic_inject() - AXVCPU_INJECT_INTERRUPT
 * @v: the vCPU
 * @vector: a valid one
 * @up: it comes; else it is taken back
 *
 * Return: 0, -EAGAIN: it is so already, or there are too many; -EINVAL: it is the host's.
 */
int axv_arm64_gic_inject(struct axv_vcpu *v, u32 vector, bool up)
{
	struct axv_arm64_gic *g = v->arch.gic;
	unsigned long flags;
	int r;

	raw_spin_lock_irqsave(&g->lock, flags);
	r = up ? raise(g, vector) : lower(g, vector);
	raw_spin_unlock_irqrestore(&g->lock, flags);
	if (!r)
		axv_arm64_irq_changed(v);
	return r;
}

/**
 * axv_arm64_gic_ppi() - a PPI's line, from the timers
 * @v: the vCPU; the caller kicks it
 * @intid: of the PPI
 * @level: the line is up
 */
void axv_arm64_gic_ppi(struct axv_vcpu *v, u32 intid, bool level)
{
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q = &g->irq[intid];
	unsigned long flags;

	if (READ_ONCE(q->line) == level)
		return;
	raw_spin_lock_irqsave(&g->lock, flags);
	axv_gic_set_line(q, level);
	axv_gic_note(g, q);
	raw_spin_unlock_irqrestore(&g->lock, flags);
	axv_arm64_irq_changed(v);
}

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
	ctlr |= (u64)(vtr >> 23 & 7) << 11;
	ctlr |= (u64)(vtr >> 22 & 1) << 14;
	ctlr |= (u64)(vtr >> 21 & 1) << 15;
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

/* ---- the INTR group ------------------------------------------------------------- */

static bool spi_valid(u32 spi)
{
	u32 state = AXVCPU_ARM64_IRQ_PENDING | AXVCPU_ARM64_IRQ_ACTIVE, intid = VECTOR_INTID(spi);

	return intid >= AXV_GIC_PRIVATE && axv_arm64_gic_valid(spi & ~state) &&
	       !(intid >= AXV_GIC_LPI && (spi & AXVCPU_ARM64_IRQ_ACTIVE));
}

/**
 * axv_arm64_gic_check() - may its part of the group be committed?
 * @r: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_gic_check(const struct axvcpu_arm64_intr *r)
{
	u32 i, j, nr_aps = 1 << (axv_arm64_pre_bits > 5 ? axv_arm64_pre_bits - 5 : 0);

	if ((r->vmcr & ~(u64)AXV_VMCR_ALL) || r->nr_spis > AXVCPU_ARM64_MAX_SPIS)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(r->ap0r); i++) {
		/* no priority is active in both groups */
		if ((r->ap0r[i] & r->ap1r[i]) || (i >= nr_aps && (r->ap0r[i] | r->ap1r[i])))
			return -EINVAL;
	}
	for (i = 0; i < r->nr_spis; i++) {
		if (!spi_valid(r->spi[i]))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (VECTOR_INTID(r->spi[i]) == VECTOR_INTID(r->spi[j]))
				return -EINVAL;
	}
	return 0;
}

/**
 * axv_arm64_gic_set() - take it
 * @v: the vCPU, at rest
 * @r: checked
 */
void axv_arm64_gic_set(struct axv_vcpu *v, const struct axvcpu_arm64_intr *r)
{
	u8 mask = 0xff << (8 - axv_arm64_pri_bits);
	struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	struct axv_gic_irq *q;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&g->lock, flags);
	reset_irqs(g);
	reset_interface(v);
	ich->vmcr = r->vmcr;
	for (i = 0; i < ARRAY_SIZE(r->ap0r); i++) {
		ich->ap0r[i] = r->ap0r[i];
		ich->ap1r[i] = r->ap1r[i];
	}
	for (i = 0; i < AXV_GIC_PRIVATE; i++) {
		q = &g->irq[i];
		q->latch = r->pending & BIT(i);
		q->active = r->active & BIT(i);
		q->enabled = r->enabled & BIT(i);
		q->group1 = r->group & BIT(i);
		q->priority = r->priority[i] & mask;
		if (i >= AXV_GIC_SGIS && !q->linked)
			q->level = !(r->edge & BIT(i));
		if (i >= AXV_GIC_SGIS)
			q->line = r->level & BIT(i);
		axv_gic_note(g, q);
	}
	for (i = 0; i < r->nr_spis; i++) {
		q = new_irq(g, VECTOR_INTID(r->spi[i]));
		q->level = r->spi[i] & AXVCPU_ARM64_IRQ_LEVEL;
		q->group1 = !(r->spi[i] & AXVCPU_ARM64_IRQ_GROUP0);
		q->priority = VECTOR_PRIORITY(r->spi[i]) & mask;
		q->active = r->spi[i] & AXVCPU_ARM64_IRQ_ACTIVE;
		if (q->level)
			q->line = r->spi[i] & AXVCPU_ARM64_IRQ_PENDING;
		else
			q->latch = r->spi[i] & AXVCPU_ARM64_IRQ_PENDING;
		axv_gic_note(g, q);
	}
	raw_spin_unlock_irqrestore(&g->lock, flags);
}

static u32 spi_of(const struct axv_gic_irq *q, bool pending)
{
	u32 spi = AXVCPU_ARM64_IRQ(q->intid, (u32)q->priority);

	if (q->level)
		spi |= AXVCPU_ARM64_IRQ_LEVEL;
	if (!q->group1)
		spi |= AXVCPU_ARM64_IRQ_GROUP0;
	if (pending)
		spi |= AXVCPU_ARM64_IRQ_PENDING;
	if (q->active)
		spi |= AXVCPU_ARM64_IRQ_ACTIVE;
	return spi;
}

/* Without its line: by its latch, or where that has gone. */
static bool is_latched(const struct axv_arm64_ich *ich, const struct axv_gic_irq *q)
{
	return q->latch || (q->lr && !q->level && !q->not_pending &&
			    (ich->lr[q->lr - 1] & AXV_LR_PENDING));
}

/**
 * axv_arm64_gic_get() - give it
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_arm64_gic_get(struct axv_vcpu *v, struct axvcpu_arm64_intr *r)
{
	u32 pending = 0, active = 0, enabled = 0, group = 0, edge = 0, level = 0, nr = 0;
	const struct axv_arm64_ich *ich = &v->arch.ctx->ich;
	struct axv_arm64_gic *g = v->arch.gic;
	const struct axv_gic_irq *q;
	unsigned long flags;
	unsigned int i;

	r->vmcr = ich->vmcr & AXV_VMCR_ALL;
	for (i = 0; i < ARRAY_SIZE(r->ap0r); i++) {
		r->ap0r[i] = ich->ap0r[i];
		r->ap1r[i] = ich->ap1r[i];
	}
	memset(r->priority, 0, sizeof(r->priority));
	memset(r->spi, 0, sizeof(r->spi));
	if (g) {
		raw_spin_lock_irqsave(&g->lock, flags);
		for (i = 0; i < AXV_GIC_PRIVATE; i++) {
			q = &g->irq[i];
			pending |= is_latched(ich, q) ? BIT(i) : 0;
			active |= q->active ? BIT(i) : 0;
			enabled |= q->enabled ? BIT(i) : 0;
			group |= q->group1 ? BIT(i) : 0;
			edge |= q->level ? 0 : BIT(i);
			level |= q->line ? BIT(i) : 0;
			r->priority[i] = q->priority;
		}
		for_each_set_bit_from(i, g->busy, AXV_GIC_IRQS) {
			q = &g->irq[i];
			r->spi[nr++] = spi_of(q, q->line || is_latched(ich, q));
		}
		raw_spin_unlock_irqrestore(&g->lock, flags);
	}
	r->pending = pending;
	r->active = active;
	r->enabled = enabled;
	r->group = group;
	r->edge = edge;
	r->level = level;
	r->nr_spis = nr;
}
