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

#define VECTOR_FLAGS		(AXVCPU_ARM64_IRQ_LEVEL | AXVCPU_ARM64_IRQ_GROUP0)
#define VECTOR_ALL		(AXVCPU_ARM64_IRQ(0xffff, 0xffu) | VECTOR_FLAGS)
#define DEFAULT_PRIORITY	0xa0

/* ICH_VTR_EL2 */
#define VTR_LISTREGS		GENMASK(4, 0)
#define VTR_TDS			BIT(19)
#define VTR_PREBITS		GENMASK(28, 26)
#define VTR_PRIBITS		GENMASK(31, 29)

u32 axv_arm64_pre_bits;
u32 axv_gic_vtr;
bool axv_gic_has_tdir;

static struct axv_arm64_ppi maintenance;

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
	axv_gic_vtr = read_vtr();
	if (!axv_gic_vtr)
		return;
	axv_arm64_nr_lrs = FIELD_GET(VTR_LISTREGS, axv_gic_vtr) + 1;
	axv_arm64_pri_bits = FIELD_GET(VTR_PRIBITS, axv_gic_vtr) + 1;
	axv_arm64_pre_bits = FIELD_GET(VTR_PREBITS, axv_gic_vtr) + 1;
	axv_gic_has_tdir = axv_gic_vtr & VTR_TDS;
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
		axv_irqfds_ended(g->v, AXV_GIC_INTID(~0u), intid);
	}
}

/* All as after a reset, and as if software had then chosen group 1, which is IRQ. */
/**
 * axv_gic_reset_irqs() - no interrupt is set up, and none is pending
 * @g: with its lock held
 */
void axv_gic_reset_irqs(struct axv_arm64_gic *g)
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

/**
 * axv_gic_reset_interface() - nothing is active, and nothing is let through
 * @v: the vCPU, at rest
 */
void axv_gic_reset_interface(struct axv_vcpu *v)
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
	axv_gic_reset_irqs(g);
	axv_gic_reset_interface(v);
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
	axv_gic_reset_irqs(g);
	axv_gic_reset_interface(v);
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
	axv_gic_reset_interface(v);
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

/**
 * axv_gic_new() - a place for an SPI or LPI that has none
 * @g: with its lock held
 * @intid: its number
 *
 * Return: NULL: all are taken.
 */
struct axv_gic_irq *axv_gic_new(struct axv_arm64_gic *g, u32 intid)
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
	u32 intid = AXV_GIC_INTID(vector), flags = vector & VECTOR_FLAGS;

	if (vector & ~VECTOR_ALL)
		return false;
	if (intid < AXV_GIC_PRIVATE)
		return !(flags & AXVCPU_ARM64_IRQ_GROUP0) && (intid >= AXV_GIC_SGIS || !flags);
	return intid <= AXV_GIC_SPI_LAST || (intid >= AXV_GIC_LPI && !flags);
}

static u8 priority_of(u32 vector)
{
	u8 priority = AXV_GIC_PRIORITY(vector);

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
	u32 intid = AXV_GIC_INTID(vector);
	struct axv_gic_irq *q;
	bool was;

	if (intid < AXV_GIC_PRIVATE) {
		q = &g->irq[intid];
		/* the timers' lines are theirs, and so is what is forwarded */
		if (q->linked)
			return -EINVAL;
	} else {
		q = axv_gic_find(g, intid) ?: axv_gic_new(g, intid);
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
	u32 intid = AXV_GIC_INTID(vector);
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
