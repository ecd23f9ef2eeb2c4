// SPDX-License-Identifier: GPL-2.0-only
/*
 * The redistributor: two frames of 64 KiB for each vCPU, RD_base and SGI_base.
 *
 * Any CPU of the guest may access any other's. What its list registers have is known when
 * it has left the guest only: a write drives it there, and what is read of another CPU's
 * pending and active state is how it was when that CPU was last out.
 *
 * Registers have 32 bits, some 64, which may be accessed by halves; priorities by bytes
 * too (IHI 0069, 12.1.3). Other accesses read as zero and write nothing, as all that there
 * is no register for.
 */
#include <linux/mutex.h>
#include <linux/string.h>

#include "gic.h"

#define FRAME		SZ_64K
#define FRAMES		(2 * FRAME)

/* RD_base */
#define GICR_CTLR	0x0000
#define GICR_IIDR	0x0004
#define GICR_TYPER	0x0008
#define GICR_WAKER	0x0014
/* at the end of both frames */
#define GICR_PIDR2	0xffe8
/* SGI_base */
#define GICR_IGROUPR0	0x0080
#define GICR_ISENABLER0	0x0100
#define GICR_ICENABLER0	0x0180
#define GICR_ISPENDR0	0x0200
#define GICR_ICPENDR0	0x0280
#define GICR_ISACTIVER0	0x0300
#define GICR_ICACTIVER0	0x0380
#define GICR_IPRIORITYR	0x0400
#define GICR_ICFGR0	0x0c00
#define GICR_ICFGR1	0x0c04

#define TYPER_LAST	BIT(4)
#define WAKER_SLEEP	BIT(1)
#define WAKER_ASLEEP	BIT(2)
#define PIDR2_GICV3	0x30
/* an implementation without a JEP106 code: product 'x' */
#define IIDR		(0x78u << 24)

/* ---- where they are ------------------------------------------------------------- */

/**
 * axv_gicr_create() - a vCPU's frames
 * @v: the vCPU; v->arch.gicr says where, 0: it has none
 *
 * The range that all of a VM's are in only grows: it is a first guess.
 */
void axv_gicr_create(struct axv_vcpu *v)
{
	struct axv_vm_arch *vm = &v->vm->arch;
	u64 gpa = v->arch.gicr;

	if (!gpa)
		return;
	mutex_lock(&v->vm->lock);
	if (!vm->gicr_end || gpa < vm->gicr_first)
		WRITE_ONCE(vm->gicr_first, gpa);
	if (gpa + FRAMES > vm->gicr_end)
		WRITE_ONCE(vm->gicr_end, gpa + FRAMES);
	mutex_unlock(&v->vm->lock);
}

/* Whose it is. In a section. */
static struct axv_vcpu *owner_of(struct axv_vcpu *v, u64 gpa)
{
	struct axv_vcpu *t = v;
	unsigned int i;

	/* mostly its own */
	if (t->arch.gicr && t->arch.gic && gpa - t->arch.gicr < FRAMES)
		return t;
	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		t = READ_ONCE(v->vm->vcpus[i]);
		if (t && t->arch.gicr && t->arch.gic && gpa - t->arch.gicr < FRAMES)
			return t;
	}
	return NULL;
}

/**
 * axv_arm64_gicr_find() - is there a redistributor?
 * @v: a vCPU of the VM, in the section
 * @gpa: address
 */
bool axv_arm64_gicr_find(struct axv_vcpu *v, u64 gpa)
{
	return owner_of(v, gpa);
}

/* ---- RD_base -------------------------------------------------------------------- */

/* Is no other one right behind it? */
static bool is_last(const struct axv_vcpu *v)
{
	const struct axv_vcpu *t;
	unsigned int i;

	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		t = READ_ONCE(v->vm->vcpus[i]);
		if (t && t->arch.gicr == v->arch.gicr + FRAMES)
			return false;
	}
	return true;
}

/* Affinity 3.2.1.0, and the number of the CPU. */
static u64 typer(const struct axv_vcpu *t)
{
	u64 mpidr = t->arch.mpidr;

	return (mpidr & 0xffffff) << 32 | (mpidr >> 32 & 0xff) << 56 | (u64)t->id << 8 |
	       (is_last(t) ? TYPER_LAST : 0);
}

static u64 read_rd(const struct axv_vcpu *t, u32 offset, u32 width)
{
	u64 type = typer(t);

	if (width == 8)
		return offset == GICR_TYPER ? type : 0;
	if (width != 4)
		return 0;
	switch (offset) {
	case GICR_IIDR:
		return IIDR;
	case GICR_TYPER:
		return (u32)type;
	case GICR_TYPER + 4:
		return type >> 32;
	case GICR_WAKER:
		return READ_ONCE(t->arch.gic->waker);
	case GICR_PIDR2:
		return PIDR2_GICV3;
	}
	return 0;
}

/* There are no LPIs to be enabled (GICR_CTLR), and what is written is done. */
static void write_rd(struct axv_vcpu *t, u32 offset, u32 width, u32 data)
{
	if (width == 4 && offset == GICR_WAKER)
		WRITE_ONCE(t->arch.gic->waker,
			   data & WAKER_SLEEP ? WAKER_SLEEP | WAKER_ASLEEP : 0);
}

/* ---- SGI_base: under the lock --------------------------------------------------- */

/* One bit for each interrupt. */
static u32 read_bits(const struct axv_vcpu *t, u32 reg)
{
	const struct axv_arm64_gic *g = t->arch.gic;
	const struct axv_gic_irq *q;
	unsigned int i;
	u32 bits = 0;
	bool bit;

	for (i = 0; i < AXV_GIC_PRIVATE; i++) {
		q = &g->irq[i];
		switch (reg) {
		case GICR_IGROUPR0:
			bit = q->group1;
			break;
		case GICR_ISENABLER0:
		case GICR_ICENABLER0:
			bit = q->enabled;
			break;
		case GICR_ISPENDR0:
		case GICR_ICPENDR0:
			bit = axv_gic_is_pending(q) ||
			      (q->lr && !q->not_pending &&
			       (g->loaded[q->lr - 1] & AXV_LR_PENDING));
			break;
		default:
			bit = q->active && !q->not_active;
		}
		bits |= bit ? BIT(i) : 0;
	}
	return bits;
}

static void write_bit(struct axv_arm64_gic *g, struct axv_gic_irq *q, u32 reg, bool bit)
{
	if (reg == GICR_IGROUPR0) {
		q->group1 = bit;
		return;
	}
	if (!bit)
		return;
	switch (reg) {
	case GICR_ISENABLER0:
		q->enabled = true;
		break;
	case GICR_ICENABLER0:
		q->enabled = false;
		break;
	case GICR_ISPENDR0:
		q->latch = true;
		break;
	case GICR_ICPENDR0:
		axv_gic_clear_pending(g, q);
		break;
	case GICR_ISACTIVER0:
		q->active = true;
		q->not_active = false;
		break;
	case GICR_ICACTIVER0:
		q->active = false;
		q->not_active = q->lr;
		break;
	}
	axv_gic_note(g, q);
}

static u32 read_priorities(const struct axv_arm64_gic *g, u32 first, u32 width)
{
	u32 value = 0, i;

	for (i = 0; i < width && first + i < AXV_GIC_PRIVATE; i++)
		value |= (u32)g->irq[first + i].priority << (8 * i);
	return value;
}

static void write_priorities(struct axv_arm64_gic *g, u32 first, u32 width, u32 data)
{
	u8 mask = 0xff << (8 - axv_arm64_pri_bits);
	u32 i;

	for (i = 0; i < width && first + i < AXV_GIC_PRIVATE; i++)
		g->irq[first + i].priority = (data >> (8 * i)) & mask;
}

/* Two bits each, the upper one: edge-triggered. SGIs are, the timers and such are not. */
static u32 read_config(const struct axv_arm64_gic *g, u32 first)
{
	u32 value = 0, i;

	for (i = 0; i < 16; i++)
		value |= g->irq[first + i].level ? 0 : 2u << (2 * i);
	return value;
}

static void write_config(struct axv_arm64_gic *g, u32 data)
{
	struct axv_gic_irq *q;
	u32 i;

	for (i = 0; i < 16; i++) {
		q = &g->irq[AXV_GIC_SGIS + i];
		if (!q->linked && q->intid != AXV_ARM64_PPI_VTIMER &&
		    q->intid != AXV_ARM64_PPI_PTIMER)
			q->level = !(data >> (2 * i) & 2);
		axv_gic_note(g, q);
	}
}

static bool is_priority(u32 offset)
{
	return offset >= GICR_IPRIORITYR && offset < GICR_IPRIORITYR + AXV_GIC_PRIVATE;
}

static u32 read_sgi(const struct axv_vcpu *t, u32 offset, u32 width)
{
	const struct axv_arm64_gic *g = t->arch.gic;

	if (is_priority(offset) && (width == 1 || width == 4))
		return read_priorities(g, offset - GICR_IPRIORITYR, width);
	if (width != 4)
		return 0;
	switch (offset) {
	case GICR_IGROUPR0:
	case GICR_ISENABLER0:
	case GICR_ICENABLER0:
	case GICR_ISPENDR0:
	case GICR_ICPENDR0:
	case GICR_ISACTIVER0:
	case GICR_ICACTIVER0:
		return read_bits(t, offset);
	case GICR_ICFGR0:
	case GICR_ICFGR1:
		return read_config(g, (offset - GICR_ICFGR0) * 4);
	case GICR_PIDR2:
		return PIDR2_GICV3;
	}
	return 0;
}

/* Says whether there was anything to write. */
static bool write_sgi(struct axv_vcpu *t, u32 offset, u32 width, u32 data)
{
	struct axv_arm64_gic *g = t->arch.gic;
	unsigned int i;

	if (is_priority(offset) && (width == 1 || width == 4)) {
		write_priorities(g, offset - GICR_IPRIORITYR, width, data);
		return true;
	}
	if (width != 4)
		return false;
	switch (offset) {
	case GICR_IGROUPR0:
	case GICR_ISENABLER0:
	case GICR_ICENABLER0:
	case GICR_ISPENDR0:
	case GICR_ICPENDR0:
	case GICR_ISACTIVER0:
	case GICR_ICACTIVER0:
		for (i = 0; i < AXV_GIC_PRIVATE; i++)
			write_bit(g, &g->irq[i], offset, data & BIT(i));
		return true;
	case GICR_ICFGR1:
		write_config(g, data);
		return true;
	}
	return false;
}

/* ---- accesses ------------------------------------------------------------------- */

/**
 * axv_arm64_gicr_read() - a load from a redistributor
 * @v: the vCPU, in the section
 * @gpa: address, one of axv_arm64_gicr_at()
 * @width: bytes
 */
u64 axv_arm64_gicr_read(struct axv_vcpu *v, u64 gpa, u32 width)
{
	struct axv_vcpu *t = owner_of(v, gpa);
	u64 offset, value;

	/* it may have gone just now; what is not aligned is no register */
	if (!t || (gpa & (width - 1)))
		return 0;
	offset = gpa - t->arch.gicr;
	if (offset < FRAME)
		return read_rd(t, offset, width);
	raw_spin_lock(&t->arch.gic->lock);
	value = read_sgi(t, offset - FRAME, width);
	raw_spin_unlock(&t->arch.gic->lock);
	return value;
}

/**
 * axv_arm64_gicr_write() - a store to a redistributor
 * @v: the vCPU, in the section
 * @gpa: address, one of axv_arm64_gicr_at()
 * @width: bytes
 * @data: what is stored
 */
void axv_arm64_gicr_write(struct axv_vcpu *v, u64 gpa, u32 width, u64 data)
{
	struct axv_vcpu *t = owner_of(v, gpa);
	u64 offset;
	bool changed;

	if (!t || (gpa & (width - 1)))
		return;
	offset = gpa - t->arch.gicr;
	if (offset < FRAME) {
		write_rd(t, offset, width, data);
		return;
	}
	raw_spin_lock(&t->arch.gic->lock);
	changed = write_sgi(t, offset - FRAME, width, data);
	raw_spin_unlock(&t->arch.gic->lock);
	if (!changed)
		return;
	axv_arm64_irq_changed(t);
	if (t != v)
		axv_vcpu_kick(t);
}
