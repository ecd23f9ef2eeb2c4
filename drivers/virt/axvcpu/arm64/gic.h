/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's interrupts, as gic.c, gic_state.c and gicr.c share them. */
#ifndef AXVCPU_ARM64_GIC_H
#define AXVCPU_ARM64_GIC_H

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/workqueue.h>

#include "arm64.h"

#define AXV_GIC_PRIVATE		32
#define AXV_GIC_SGIS		16
#define AXV_GIC_IRQS		(AXV_GIC_PRIVATE + AXVCPU_ARM64_MAX_SPIS)
#define AXV_GIC_SPI_LAST	1019
#define AXV_GIC_LPI		8192

/* ICH_LRn_EL2 */
#define AXV_LR_PENDING		BIT_ULL(62)
#define AXV_LR_ACTIVE		BIT_ULL(63)
#define AXV_LR_HW		BIT_ULL(61)
#define AXV_LR_GROUP1		BIT_ULL(60)
#define AXV_LR_EOI		BIT_ULL(41)	/* without HW: tell of its end */
#define AXV_LR_PRIORITY(p)	((u64)(p) << 48)
#define AXV_LR_PINTID(i)	((u64)(i) << 32)

/* ICH_HCR_EL2 */
#define AXV_ICH_HCR_EN		BIT(0)
#define AXV_ICH_HCR_LRENPIE	BIT(2)	/* an end without a register */
#define AXV_ICH_HCR_NPIE	BIT(3)	/* nothing is pending in registers */
#define AXV_ICH_HCR_GRP0EIE	BIT(4)	/* group 0 is enabled; then disabled, and group 1 */
#define AXV_ICH_HCR_GRP0DIE	BIT(5)
#define AXV_ICH_HCR_GRP1EIE	BIT(6)
#define AXV_ICH_HCR_GRP1DIE	BIT(7)
#define AXV_ICH_HCR_TC		BIT(10)	/* trap what both groups share */
#define AXV_ICH_HCR_TDIR	BIT(14)	/* trap ICC_DIR_EL1 */

/* ICH_VMCR_EL2 */
#define AXV_VMCR_ENG0		BIT(0)
#define AXV_VMCR_ENG1		BIT(1)
#define AXV_VMCR_FIQEN		BIT(3)
#define AXV_VMCR_CBPR		BIT(4)
#define AXV_VMCR_EOIM		BIT(9)
#define AXV_VMCR_BPR1		GENMASK(20, 18)
#define AXV_VMCR_BPR0		GENMASK(23, 21)
#define AXV_VMCR_PMR		GENMASK(31, 24)
#define AXV_VMCR_ALL		(AXV_VMCR_ENG0 | AXV_VMCR_ENG1 | AXV_VMCR_FIQEN | AXV_VMCR_CBPR | \
				 AXV_VMCR_EOIM | AXV_VMCR_BPR1 | AXV_VMCR_BPR0 | AXV_VMCR_PMR)

/**
 * struct axv_gic_irq - an interrupt
 * @intid: its number; of those that come and go 0: free
 * @priority: 0 is the highest
 * @enabled: in the redistributor; SPIs and LPIs always
 * @group1: IRQ, else FIQ
 * @level: level-triggered
 * @line: its input is up
 * @latch: pending, whatever the input is; what a list register has is not in here
 * @twice: an edge with a latch that is to be one after this one has been taken
 * @active: acknowledged and not ended
 * @linked: it is the host's @pintid
 * @forwarded: and not a timer's: pending by its latch, which forward.c sets
 * @not_pending: it was cleared while a list register may have had it so
 * @not_active: likewise
 * @lr: where it is, 1 is the first; 0: nowhere
 * @pintid: with @linked
 */
struct axv_gic_irq {
	u32 intid;
	u8 priority;
	bool enabled;
	bool group1;
	bool level;
	bool line;
	bool latch;
	bool twice;
	bool active;
	bool linked;
	bool forwarded;
	bool not_pending;
	bool not_active;
	u8 lr;
	u16 pintid;
};

/**
 * struct axv_gic_choice - who wants a list register
 * @nr: how many
 * @index: of them, the chosen first
 */
struct axv_gic_choice {
	unsigned int nr;
	u8 index[AXV_GIC_IRQS];
};

/**
 * struct axv_arm64_gic - a vCPU's GIC: redistributor and CPU interface
 * @lock: all of it; innermost
 * @irq: SGIs and PPIs by number, then those that were injected
 * @busy: of them those that are pending, active, up, or in a list register
 * @in_lr: which is in each list register
 * @loaded: what was put there, or read back last
 * @left_out: there were more than list registers
 * @choice: of the moment; the kernel clears what is on a stack before its use
 * @waker: GICR_WAKER
 * @ended: level-triggered SPIs that the guest has ended, and routes are to hear of
 * @work: tells them
 * @v: whose it is
 * @rcu: siblings may still look at it
 */
struct axv_arm64_gic {
	raw_spinlock_t lock;
	struct axv_gic_irq irq[AXV_GIC_IRQS];
	DECLARE_BITMAP(busy, AXV_GIC_IRQS);
	u8 in_lr[AXV_ARM64_MAX_LRS];
	u64 loaded[AXV_ARM64_MAX_LRS];
	bool left_out;
	struct axv_gic_choice choice;
	u32 waker;
	unsigned long ended[BITS_TO_LONGS(AXV_GIC_SPI_LAST + 1)];
	struct work_struct work;
	struct axv_vcpu *v;
	struct rcu_head rcu;
};

/* ICH_VTR_EL2, 0: there are no list registers; and its TDS: ICC_DIR_EL1 alone can be trapped */
extern u32 axv_gic_vtr;
extern bool axv_gic_has_tdir;

/* of a vector: AXVCPU_ARM64_IRQ() */
#define AXV_GIC_INTID(v)	((v) & 0xffffu)
#define AXV_GIC_PRIORITY(v)	((v) >> 16 & 0xff)

/* Is the interrupt of a timer or such that follows the host's? */
static inline bool axv_gic_is_pending(const struct axv_gic_irq *q)
{
	return q->latch || (q->level && q->line);
}

static inline unsigned int axv_gic_index(const struct axv_arm64_gic *g,
					 const struct axv_gic_irq *q)
{
	return q - g->irq;
}

/* An input changes: an edge is what comes up. The lock is held. */
static inline void axv_gic_set_line(struct axv_gic_irq *q, bool up)
{
	if (up && !q->line && !q->level)
		q->latch = true;
	q->line = up;
}

/* @q is busy, or free for another. The lock is held. */
void axv_gic_note(struct axv_arm64_gic *g, struct axv_gic_irq *q);
/* The injected interrupt @intid; NULL: it is not busy. The lock is held. */
struct axv_gic_irq *axv_gic_find(struct axv_arm64_gic *g, u32 intid);
/* A place for one that is to be injected; NULL: all are taken. The lock is held. */
struct axv_gic_irq *axv_gic_new(struct axv_arm64_gic *g, u32 intid);
/* As after a reset. The lock is held, but for a vCPU that nobody else knows. */
void axv_gic_reset_irqs(struct axv_arm64_gic *g);
void axv_gic_reset_interface(struct axv_vcpu *v);
/* Not pending any more, as far as anyone but the guest can say so. The lock is held. */
bool axv_gic_clear_pending(struct axv_arm64_gic *g, struct axv_gic_irq *q);
/* The priority that an interrupt has to be above: of what is active; 0x100: any */
u32 axv_gic_running(const struct axv_arm64_ich *ich);
/* The guest has ended an interrupt. The lock is held. */
void axv_gic_ended(struct axv_vcpu *v, struct axv_gic_irq *q);
/* All registers of the list empty, and what they had noted. The lock is held. */
void axv_gic_unload(struct axv_vcpu *v);

/* A new vCPU's frames, where they are. */
void axv_gicr_create(struct axv_vcpu *v);

#endif /* AXVCPU_ARM64_GIC_H */
