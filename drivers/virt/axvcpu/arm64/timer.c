// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's timers: the virtual one, and EL1's physical one.
 *
 * Guest time is the host's counter less an offset that all vCPUs of a VM share. The
 * virtual timer's registers are the CPU's own in a section: what they signal ends the
 * guest as an interrupt of the host, which is marked as active at once, so that it is
 * quiet without anything changing that the guest could see, and goes to the guest as a
 * PPI whose list register names it: the guest's end of interrupt makes the host's
 * inactive again, and where the timer still asks, it comes once more. Between sections
 * the timer is off, and the host's interrupt inactive. While the guest waits an hrtimer
 * stands for it.
 *
 * The physical timer is emulated, by traps and an hrtimer, unless the vCPU was set up
 * with AXVCPU_ARM64_SETUP_TIMER: then it is treated like the virtual one, and its counter
 * is the host's. That needs a host that leaves it free, one that runs at EL2.
 *
 * With nVHE the registers of the virtual timer are exchanged together with its offset, by
 * the entry, from and to ctx.
 */
#include <linux/acpi.h>
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/string.h>
#include <clocksource/arm_arch_timer.h>

#include "arm64.h"

/* The hrtimer looks again after this long, so that no sum can overflow. */
#define LONGEST_S	(365 * 24 * 60 * 60ull)

#define CTL_ENABLE	ARCH_TIMER_CTRL_ENABLE
#define CTL_MASK	ARCH_TIMER_CTRL_IT_MASK
#define CTL_STATUS	ARCH_TIMER_CTRL_IT_STAT

#define SYS_CNTPCTSS		AXVCPU_ARM64_SYSREG(3, 3, 14, 0, 5)
#define SYS_CNTPCT		AXVCPU_ARM64_SYSREG(3, 3, 14, 0, 1)
#define SYS_CNTP_TVAL		AXVCPU_ARM64_SYSREG(3, 3, 14, 2, 0)
#define SYS_CNTP_CTL		AXVCPU_ARM64_SYSREG(3, 3, 14, 2, 1)
#define SYS_CNTP_CVAL		AXVCPU_ARM64_SYSREG(3, 3, 14, 2, 2)

static struct axv_arm64_ppi vtimer_ppi, ptimer_ppi;
static u64 rate;	/* ticks a second */

/* ---- time ----------------------------------------------------------------------- */

static bool is_virtual(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	return t == &v->arch.vtimer;
}

/* The counter that a timer compares with, as the guest reads it. */
static u64 counter_of(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	if (t->direct && !is_virtual(v, t))
		return axv_counter();
	return axv_counter() - READ_ONCE(v->vm->arch.counter_offset);
}

/* Nanoseconds that are not less than @ticks. */
static u64 ticks_to_ns(u64 ticks)
{
	u64 s, rest;

	s = div64_u64_rem(ticks, rate, &rest);
	if (s >= LONGEST_S)
		return LONGEST_S * NSEC_PER_SEC;
	return s * NSEC_PER_SEC + DIV64_U64_ROUND_UP(rest * NSEC_PER_SEC, rate);
}

/* ---- registers, wherever they are ----------------------------------------------- */

/* With nVHE the entry's, see above; it has them after the first section too. */
static bool is_in_ctx(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	return !axv_arm64_vhe() && is_virtual(v, t);
}

/* In this CPU, which is where EL2 finds them? */
static bool is_in_cpu(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	return axv_arm64_vhe() && t->direct && v->arch.loaded;
}

static u32 get_ctl(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	if (is_in_ctx(v, t))
		return v->arch.ctx->cntv_ctl;
	if (!is_in_cpu(v, t))
		return READ_ONCE(t->ctl);
	return is_virtual(v, t) ? read_sysreg_s(SYS_CNTV_CTL_EL02) :
				  read_sysreg_s(SYS_CNTP_CTL_EL02);
}

static u64 get_cval(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	if (is_in_ctx(v, t))
		return v->arch.ctx->cntv_cval;
	if (!is_in_cpu(v, t))
		return READ_ONCE(t->cval);
	return is_virtual(v, t) ? read_sysreg_s(SYS_CNTV_CVAL_EL02) :
				  read_sysreg_s(SYS_CNTP_CVAL_EL02);
}

static void set_regs(struct axv_vcpu *v, struct axv_arm64_timer *t, u32 ctl, u64 cval)
{
	ctl &= CTL_ENABLE | CTL_MASK;
	if (is_in_ctx(v, t)) {
		v->arch.ctx->cntv_cval = cval;
		v->arch.ctx->cntv_ctl = ctl;
	} else if (!is_in_cpu(v, t)) {
		WRITE_ONCE(t->cval, cval);
		WRITE_ONCE(t->ctl, ctl);
	} else if (is_virtual(v, t)) {
		write_sysreg_s(cval, SYS_CNTV_CVAL_EL02);
		write_sysreg_s(ctl, SYS_CNTV_CTL_EL02);
		isb();
	} else {
		write_sysreg_s(cval, SYS_CNTP_CVAL_EL02);
		write_sysreg_s(ctl, SYS_CNTP_CTL_EL02);
		isb();
	}
}

/* Would it ring, sooner or later? */
static bool is_on(u32 ctl)
{
	return (ctl & (CTL_ENABLE | CTL_MASK)) == CTL_ENABLE;
}

/* Does it ask for its interrupt? */
static bool is_up(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	return is_on(get_ctl(v, t)) && counter_of(v, t) >= get_cval(v, t);
}

static u32 intid_of(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	return is_virtual(v, t) ? AXV_ARM64_PPI_VTIMER : AXV_ARM64_PPI_PTIMER;
}

static const struct axv_arm64_ppi *ppi_of(const struct axv_vcpu *v,
					  const struct axv_arm64_timer *t)
{
	return is_virtual(v, t) ? &vtimer_ppi : &ptimer_ppi;
}

static void set_line(struct axv_vcpu *v, struct axv_arm64_timer *t, bool up)
{
	if (v->arch.gic)
		axv_arm64_gic_ppi(v, intid_of(v, t), up);
}

/* ---- the hrtimer ---------------------------------------------------------------- */

/* The kernel's clock when the timer's counter is @when. */
static ktime_t ktime_at(struct axv_vcpu *v, const struct axv_arm64_timer *t, u64 when)
{
	u64 now = counter_of(v, t);

	return ktime_add_ns(ktime_get(), when > now ? ticks_to_ns(when - now) : 0);
}

/* Have it ring when the counter is @when. irq.lock is held. */
static void arm(struct axv_vcpu *v, struct axv_arm64_timer *t, u64 when)
{
	if (t->armed && t->when == when)
		return;
	t->when = when;
	WRITE_ONCE(t->armed, true);
	hrtimer_start(&t->hrtimer, ktime_at(v, t, when), HRTIMER_MODE_ABS);
}

/* Where the handler runs at this moment, it finds that it is not meant. irq.lock is held. */
static void disarm(struct axv_arm64_timer *t)
{
	if (!t->armed)
		return;
	WRITE_ONCE(t->armed, false);
	hrtimer_try_to_cancel(&t->hrtimer);
}

static enum hrtimer_restart rings(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	if (!t->armed || hrtimer_is_queued(&t->hrtimer)) {
		/* taken back, or armed again for another time */
		raw_spin_unlock_irqrestore(&irq->lock, flags);
		return HRTIMER_NORESTART;
	}
	if (counter_of(v, t) < t->when) {
		/* The kernel's clock goes at its own pace, if only a little. */
		hrtimer_set_expires(&t->hrtimer, ktime_at(v, t, t->when));
		raw_spin_unlock_irqrestore(&irq->lock, flags);
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(t->armed, false);
	if (!t->direct)
		set_line(v, t, true);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	axv_vcpu_kick(v);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart vtimer_rings(struct hrtimer *timer)
{
	struct axv_vcpu *v = container_of(timer, struct axv_vcpu, arch.vtimer.hrtimer);

	return rings(v, &v->arch.vtimer);
}

static enum hrtimer_restart ptimer_rings(struct hrtimer *timer)
{
	struct axv_vcpu *v = container_of(timer, struct axv_vcpu, arch.ptimer.hrtimer);

	return rings(v, &v->arch.ptimer);
}

/* Of an emulated timer: the line and the hrtimer as its registers have them. */
static void follow(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;
	bool up;

	raw_spin_lock_irqsave(&irq->lock, flags);
	up = is_up(v, t);
	if (is_on(t->ctl) && !up)
		arm(v, t, t->cval);
	else
		disarm(t);
	set_line(v, t, up);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/* ---- load ----------------------------------------------------------------------- */

enum { PTIMER, VTIMER };

#ifdef CONFIG_ACPI
static unsigned int acpi_timer_irq(unsigned int which)
{
	struct acpi_table_header *h;
	struct acpi_table_gtdt *gtdt;
	u32 gsi, flags;
	int irq;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0, &h)))
		return 0;
	gtdt = container_of(h, struct acpi_table_gtdt, header);
	gsi = which == VTIMER ? gtdt->virtual_timer_interrupt : gtdt->non_secure_el1_interrupt;
	flags = which == VTIMER ? gtdt->virtual_timer_flags : gtdt->non_secure_el1_flags;
	acpi_put_table(h);
	if (!gsi)
		return 0;
	irq = acpi_register_gsi(NULL, gsi, flags & ACPI_GTDT_INTERRUPT_MODE ? ACPI_EDGE_SENSITIVE :
				ACPI_LEVEL_SENSITIVE, flags & ACPI_GTDT_INTERRUPT_POLARITY ?
				ACPI_ACTIVE_LOW : ACPI_ACTIVE_HIGH);
	return irq > 0 ? irq : 0;
}
#else
static unsigned int acpi_timer_irq(unsigned int which)
{
	return 0;
}
#endif

/* Its Linux number, as firmware describes it. */
static unsigned int timer_irq(unsigned int which)
{
	static const struct of_device_id ids[] = {
		{ .compatible = "arm,armv8-timer" },
		{ .compatible = "arm,armv7-timer" },
		{ }
	};
	/* without names: EL1 of the secure world, EL1's physical, the virtual one, ... */
	struct device_node *np = of_find_matching_node(NULL, ids);
	int index = which == VTIMER ? 2 : 1;
	unsigned int irq;

	if (!np)
		return acpi_timer_irq(which);
	if (of_property_read_bool(np, "interrupt-names"))
		index = of_property_match_string(np, "interrupt-names",
						 which == VTIMER ? "virt" : "phys");
	irq = index < 0 ? 0 : irq_of_parse_and_map(np, index);
	of_node_put(np);
	return irq;
}

/**
 * axv_arm64_timer_init() - at load: whose the timers' interrupts are
 * @probe: not used; AXVCPU_ARM64_FEAT_VTIMER and _PTIMER are set
 */
void axv_arm64_timer_init(struct axv_probe *probe)
{
	rate = arch_timer_get_cntfrq();
	axv_arm64_ppi_init(&vtimer_ppi, "axvcpu virtual timer", timer_irq(VTIMER));
	/* The kernel at EL1 has that one for itself. */
	if (axv_arm64_vhe())
		axv_arm64_ppi_init(&ptimer_ppi, "axvcpu physical timer", timer_irq(PTIMER));
	if (vtimer_ppi.ours)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_VTIMER;
	if (ptimer_ppi.irq)
		axv_arm64_features |= AXVCPU_ARM64_FEAT_PTIMER;
	if (!vtimer_ppi.irq)
		pr_info("arm64: no interrupt of the virtual timer: the tick stands for it\n");
	else if (!vtimer_ppi.ours)
		pr_info("arm64: the virtual timer's interrupt is KVM's: shared with it\n");
}

/** axv_arm64_timer_exit() - undo axv_arm64_timer_init() */
void axv_arm64_timer_exit(void)
{
	axv_arm64_ppi_exit(&vtimer_ppi);
	axv_arm64_ppi_exit(&ptimer_ppi);
}

/**
 * axv_arm64_timer_intid() - is it a timer's?
 * @irq: Linux number
 *
 * Return: the INTID that guests have it as, 0: it is none of theirs.
 */
u32 axv_arm64_timer_intid(unsigned int irq)
{
	if (irq && irq == vtimer_ppi.irq)
		return AXV_ARM64_PPI_VTIMER;
	return irq && irq == ptimer_ppi.irq ? AXV_ARM64_PPI_PTIMER : 0;
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_arm64_timer_setup() - is the physical timer the guest's own?
 * @v: the vCPU, at rest; both timers are off
 * @direct: AXVCPU_ARM64_SETUP_TIMER, which AXVCPU_ARM64_FEAT_PTIMER allows
 */
void axv_arm64_timer_setup(struct axv_vcpu *v, bool direct)
{
	v->arch.ptimer.direct = direct;
	if (v->arch.gic)
		axv_arm64_gic_link(v, AXV_ARM64_PPI_PTIMER, direct ? ptimer_ppi.intid : 0);
}

/**
 * axv_arm64_timer_create() - a new vCPU's timers; the first one's time begins at 0
 * @v: the vCPU, which has its GIC
 */
void axv_arm64_timer_create(struct axv_vcpu *v)
{
	struct axv_vm *vm = v->vm;

	hrtimer_setup(&v->arch.vtimer.hrtimer, vtimer_rings, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	hrtimer_setup(&v->arch.ptimer.hrtimer, ptimer_rings, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	v->arch.vtimer.direct = true;
	if (v->arch.gic && vtimer_ppi.irq)
		axv_arm64_gic_link(v, AXV_ARM64_PPI_VTIMER, vtimer_ppi.intid);
	mutex_lock(&vm->lock);
	if (!vm->arch.has_offset) {
		WRITE_ONCE(vm->arch.counter_offset, axv_counter());
		vm->arch.has_offset = true;
	}
	mutex_unlock(&vm->lock);
}

static void timer_off(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	disarm(t);
	set_regs(v, t, 0, 0);
	set_line(v, t, false);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/**
 * axv_arm64_timer_stop() - both are off
 * @v: the vCPU, its own thread, in the section or at rest
 */
void axv_arm64_timer_stop(struct axv_vcpu *v)
{
	timer_off(v, &v->arch.vtimer);
	timer_off(v, &v->arch.ptimer);
}

/**
 * axv_arm64_timer_reset() - off, and the physical one emulated
 * @v: the vCPU, at rest
 */
void axv_arm64_timer_reset(struct axv_vcpu *v)
{
	axv_arm64_timer_stop(v);
	v->arch.vtimer.held = false;
	v->arch.ptimer.held = false;
	axv_arm64_timer_setup(v, false);
}

/**
 * axv_arm64_timer_destroy() - undo axv_arm64_timer_create()
 * @v: the vCPU; nobody arms its timers any more
 */
void axv_arm64_timer_destroy(struct axv_vcpu *v)
{
	axv_arm64_timer_stop(v);
	hrtimer_cancel(&v->arch.vtimer.hrtimer);
	hrtimer_cancel(&v->arch.ptimer.hrtimer);
}

/* ---- sections ------------------------------------------------------------------- */

/* Interrupts are off. */
static void make_quiet(struct axv_vcpu *v, struct axv_arm64_timer *t, bool quiet)
{
	if (t->quiet == quiet)
		return;
	t->quiet = quiet;
	axv_arm64_ppi_quiet(ppi_of(v, t), quiet);
}

/**
 * axv_arm64_timer_begin() - the guest's own registers into the CPU
 * @v: the vCPU; its CNTVOFF_EL2 is there
 */
void axv_arm64_timer_begin(struct axv_vcpu *v)
{
	struct axv_arm64_timer *vt = &v->arch.vtimer, *pt = &v->arch.ptimer;

	axv_arm64_ppi_check();
	make_quiet(v, vt, vt->held);
	make_quiet(v, pt, pt->held);
	if (!axv_arm64_vhe())
		return;
	write_sysreg_s(vt->cval, SYS_CNTV_CVAL_EL02);
	write_sysreg_s(vt->ctl, SYS_CNTV_CTL_EL02);
	if (unlikely(pt->direct)) {
		write_sysreg_s(pt->cval, SYS_CNTP_CVAL_EL02);
		write_sysreg_s(pt->ctl, SYS_CNTP_CTL_EL02);
	}
}

/**
 * axv_arm64_timer_end() - and back; both are off, and their interrupts the host's again
 * @v: the vCPU
 */
void axv_arm64_timer_end(struct axv_vcpu *v)
{
	struct axv_arm64_timer *vt = &v->arch.vtimer, *pt = &v->arch.ptimer;

	if (axv_arm64_vhe()) {
		vt->ctl = read_sysreg_s(SYS_CNTV_CTL_EL02) & (CTL_ENABLE | CTL_MASK);
		vt->cval = read_sysreg_s(SYS_CNTV_CVAL_EL02);
		write_sysreg_s(0, SYS_CNTV_CTL_EL02);
		if (unlikely(pt->direct)) {
			pt->ctl = read_sysreg_s(SYS_CNTP_CTL_EL02) & (CTL_ENABLE | CTL_MASK);
			pt->cval = read_sysreg_s(SYS_CNTP_CVAL_EL02);
			write_sysreg_s(0, SYS_CNTP_CTL_EL02);
		}
		/* quiet before their interrupts are not, and before any goes on */
		isb();
	}
	make_quiet(v, vt, false);
	make_quiet(v, pt, false);
}

static bool fired(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	if (t->quiet || !is_up(v, t))
		return false;
	set_line(v, t, true);
	/* where it has no interrupt of its own, it was the tick that came */
	if (!ppi_of(v, t)->irq)
		return false;
	make_quiet(v, t, true);
	return true;
}

/**
 * axv_arm64_timer_fired() - was an interrupt that ended the guest of the guest's making?
 * @v: the vCPU, in the section, after axv_arm64_gic_sync()
 *
 * Return: true: it is quiet now, and nothing else is pending.
 */
bool axv_arm64_timer_fired(struct axv_vcpu *v)
{
	bool ours = v->arch.gic && v->arch.ctx->ich.misr;

	if (fired(v, &v->arch.vtimer))
		ours = true;
	if (unlikely(v->arch.ptimer.direct) && fired(v, &v->arch.ptimer))
		ours = true;
	/* none but these, or the host would wait for as long as a guest makes more of them */
	return ours && !read_sysreg(isr_el1);
}

static void look(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	bool up;

	/* the other ones' lines follow what is done to them */
	if (!t->direct)
		return;
	up = is_up(v, t);
	set_line(v, t, up);
	/* Its interrupt was not taken by a guest that has no use for it any more. */
	if (!up && !t->held && t->quiet)
		make_quiet(v, t, false);
}

/**
 * axv_arm64_timer_look() - have the lines of the timers as they are now
 * @v: the vCPU, its own thread, in the section or at rest
 */
void axv_arm64_timer_look(struct axv_vcpu *v)
{
	look(v, &v->arch.vtimer);
	look(v, &v->arch.ptimer);
}

static struct axv_arm64_timer *timer_of(struct axv_vcpu *v, u32 intid)
{
	return intid == AXV_ARM64_PPI_VTIMER ? &v->arch.vtimer : &v->arch.ptimer;
}

/**
 * axv_arm64_timer_hold() - a list register names the host's interrupt of a timer, or not
 * @v: the vCPU, in the section
 * @intid: which
 * @hold: it does, or the timer asks for one that the guest does not want now
 */
void axv_arm64_timer_hold(struct axv_vcpu *v, u32 intid, bool hold)
{
	struct axv_arm64_timer *t = timer_of(v, intid);

	t->held = hold;
	make_quiet(v, t, hold);
}

/**
 * axv_arm64_timer_ended() - the guest's end of interrupt was the host's too
 * @v: the vCPU, in the section
 * @intid: which
 */
void axv_arm64_timer_ended(struct axv_vcpu *v, u32 intid)
{
	struct axv_arm64_timer *t = timer_of(v, intid);

	t->held = false;
	t->quiet = false;
}

/* ---- waiting -------------------------------------------------------------------- */

static void block(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	if (!t->direct)
		return;
	raw_spin_lock_irqsave(&irq->lock, flags);
	if (is_on(get_ctl(v, t)) && !is_up(v, t))
		arm(v, t, get_cval(v, t));
	else
		disarm(t);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/**
 * axv_arm64_timer_block() - be woken when one of them rings
 * @v: the vCPU, at rest, its own thread
 */
void axv_arm64_timer_block(struct axv_vcpu *v)
{
	block(v, &v->arch.vtimer);
	block(v, &v->arch.ptimer);
}

static void unblock(struct axv_vcpu *v, struct axv_arm64_timer *t)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	if (!t->direct || !READ_ONCE(t->armed))
		return;
	raw_spin_lock_irqsave(&irq->lock, flags);
	disarm(t);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/**
 * axv_arm64_timer_unblock() - the wait is over
 * @v: the vCPU, at rest, its own thread
 */
void axv_arm64_timer_unblock(struct axv_vcpu *v)
{
	unblock(v, &v->arch.vtimer);
	unblock(v, &v->arch.ptimer);
}

/* ---- the physical timer, emulated ----------------------------------------------- */

/* ISTATUS says whether its time has come, masked or not. */
static u32 read_ctl(const struct axv_vcpu *v, const struct axv_arm64_timer *t)
{
	u32 ctl = get_ctl(v, t) & (CTL_ENABLE | CTL_MASK);

	if ((ctl & CTL_ENABLE) && counter_of(v, t) >= get_cval(v, t))
		ctl |= CTL_STATUS;
	return ctl;
}

/**
 * axv_arm64_timer_trap() - the physical timer's registers and its counter
 * @v: the vCPU, in the section, pc behind the instruction
 * @reg: AXVCPU_ARM64_SYSREG()
 * @write: direction
 * @rt: X register
 *
 * Return: enum axv_next, or -1: it is none of those.
 */
int axv_arm64_timer_trap(struct axv_vcpu *v, u32 reg, bool write, unsigned int rt)
{
	struct axv_arm64_timer *t = &v->arch.ptimer;
	u64 x = axv_arm64_x(v, rt);

	switch (reg) {
	case SYS_CNTPCT:
	case SYS_CNTPCTSS:
		if (write)
			return -1;
		x = counter_of(v, t);
		break;
	case SYS_CNTP_CTL:
		if (write)
			set_regs(v, t, x, t->cval);
		else
			x = read_ctl(v, t);
		break;
	case SYS_CNTP_CVAL:
		if (write)
			set_regs(v, t, t->ctl, x);
		else
			x = t->cval;
		break;
	case SYS_CNTP_TVAL:
		if (write)
			set_regs(v, t, t->ctl, counter_of(v, t) + (s32)x);
		else
			x = (u32)(t->cval - counter_of(v, t));
		break;
	default:
		return -1;
	}
	if (write)
		follow(v, t);
	else
		axv_arm64_set_x(v, rt, x);
	return AXV_RESUME;
}

/* ---- the TIMER group ------------------------------------------------------------ */

/* A vCPU that waits looks at the time again; one in the guest gets the new offset. */
static void offset_changed(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	disarm(&v->arch.vtimer);
	disarm(&v->arch.ptimer);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	if (!v->arch.ptimer.direct)
		follow(v, &v->arch.ptimer);
	axv_vcpu_drive_out(v);
}

static void set_time(struct axv_vm *vm, u64 now)
{
	unsigned int i;

	mutex_lock(&vm->lock);
	WRITE_ONCE(vm->arch.counter_offset, axv_counter() - now);
	for (i = 0; i < AXV_MAX_VCPUS; i++)
		if (vm->vcpus[i])
			offset_changed(vm->vcpus[i]);
	mutex_unlock(&vm->lock);
}

/**
 * axv_arm64_set_timer_regs() - take the group
 * @v: the vCPU, at rest
 * @r: checked
 */
void axv_arm64_set_timer_regs(struct axv_vcpu *v, const struct axvcpu_arm64_timer *r)
{
	if (r->flags & AXVCPU_ARM64_TIMER_SET)
		set_time(v->vm, r->counter);
	set_regs(v, &v->arch.vtimer, r->cntv_ctl, r->cntv_cval);
	set_regs(v, &v->arch.ptimer, r->cntp_ctl, r->cntp_cval);
	axv_arm64_timer_look(v);
	if (!v->arch.ptimer.direct)
		follow(v, &v->arch.ptimer);
}

/**
 * axv_arm64_get_timer_regs() - give it
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_arm64_get_timer_regs(struct axv_vcpu *v, struct axvcpu_arm64_timer *r)
{
	const struct axv_arm64_timer *vt = &v->arch.vtimer, *pt = &v->arch.ptimer;

	r->counter = counter_of(v, vt);
	r->pcounter = counter_of(v, pt);
	r->cntv_ctl = read_ctl(v, vt);
	r->cntp_ctl = read_ctl(v, pt);
	r->cntv_cval = get_cval(v, vt);
	r->cntp_cval = get_cval(v, pt);
	r->flags = 0;
	r->frequency = rate;
	memset(r->reserved, 0, sizeof(r->reserved));
}
