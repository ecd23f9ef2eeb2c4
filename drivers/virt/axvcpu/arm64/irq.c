// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vCPU is told and what it waits for: exceptions, SErrors, starts, and on a host
 * without list registers the one interrupt line. Interrupts by number are gic.c's.
 *
 * Any thread notes what it wants under irq.lock, sets irq.any and kicks; the vCPU's own
 * thread brings it in before an entry. irq.any is cleared before that is looked at, so
 * that what comes meanwhile is looked at once more.
 */
#include <linux/string.h>

#include "arm64.h"

/* as a CPU comes out of reset, or PSCI starts it: EL1h, everything masked */
#define START_PSTATE	(PSR_MODE_EL1h | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT)

#define INTR_FLAGS	(AXVCPU_ARM64_INTR_HALTED | AXVCPU_ARM64_INTR_WAIT_START | \
			 AXVCPU_ARM64_INTR_EXCEPTION | AXVCPU_ARM64_INTR_SERROR | \
			 AXVCPU_ARM64_INTR_LINE)

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_arm64_irq_create() - a new vCPU has nothing pending
 * @v: the vCPU
 */
void axv_arm64_irq_create(struct axv_vcpu *v)
{
	raw_spin_lock_init(&v->arch.irq.lock);
}

/**
 * axv_arm64_irq_reset() - drop everything
 * @v: the vCPU, at rest
 */
void axv_arm64_irq_reset(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->exc_queued = false;
	irq->exc_esr = 0;
	irq->exc_far = 0;
	irq->serror_queued = false;
	irq->serror = 0;
	irq->line = false;
	irq->start = false;
	irq->start_has_arg = false;
	irq->stopped = false;
	WRITE_ONCE(irq->halted, false);
	WRITE_ONCE(irq->wait_start, false);
	v->arch.ctx->el2.hcr &= ~(HCR_VSE | HCR_VI);
	v->arch.ctx->vsesr = 0;
	axv_arm64_irq_changed(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/* ---- from any thread ------------------------------------------------------------ */

/**
 * axv_arm64_valid_interrupt() - is it one that can be injected?
 * @v: the vCPU
 * @vector: AXVCPU_ARM64_IRQ(), or 0 where there are no list registers
 */
bool axv_arm64_valid_interrupt(const struct axv_vcpu *v, u32 vector)
{
	return v->arch.gic ? axv_arm64_gic_valid(vector) : !vector;
}

/**
 * axv_arm64_inject_interrupt() - an interrupt comes, or its line falls
 * @v: the vCPU
 * @vector: as axv_arm64_valid_interrupt(), with AXVCPU_INTERRUPT_CLEAR
 *
 * Return: 0, -EINVAL, -EAGAIN when it is so already.
 */
int axv_arm64_inject_interrupt(struct axv_vcpu *v, u32 vector)
{
	bool up = !(vector & AXVCPU_INTERRUPT_CLEAR);
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;
	bool was;

	vector &= ~AXVCPU_INTERRUPT_CLEAR;
	if (!axv_arm64_valid_interrupt(v, vector))
		return -EINVAL;
	if (v->arch.gic)
		return axv_arm64_gic_inject(v, vector, up);
	raw_spin_lock_irqsave(&irq->lock, flags);
	was = irq->line;
	irq->line = up;
	axv_arm64_irq_changed(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return was == up ? -EAGAIN : 0;
}

/* Does EL1 take exceptions of class @ec? With an SError: that is pending, not taken. */
static bool is_class(u64 ec)
{
	switch (ec) {
	case ESR_ELx_EC_UNKNOWN:
	case ESR_ELx_EC_WFx:
	case ESR_ELx_EC_FP_ASIMD:
	case ESR_ELx_EC_BTI:
	case ESR_ELx_EC_ILL:
	case ESR_ELx_EC_SVC32:
	case ESR_ELx_EC_SVC64:
	case ESR_ELx_EC_SYS64:
	case ESR_ELx_EC_SVE:
	case ESR_ELx_EC_FPAC:
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_IABT_CUR:
	case ESR_ELx_EC_PC_ALIGN:
	case ESR_ELx_EC_DABT_LOW:
	case ESR_ELx_EC_DABT_CUR:
	case ESR_ELx_EC_SP_ALIGN:
	case ESR_ELx_EC_FP_EXC32:
	case ESR_ELx_EC_FP_EXC64:
	case ESR_ELx_EC_SERROR:
	case ESR_ELx_EC_BREAKPT_LOW:
	case ESR_ELx_EC_BREAKPT_CUR:
	case ESR_ELx_EC_SOFTSTP_LOW:
	case ESR_ELx_EC_SOFTSTP_CUR:
	case ESR_ELx_EC_WATCHPT_LOW:
	case ESR_ELx_EC_WATCHPT_CUR:
	case ESR_ELx_EC_BKPT32:
	case ESR_ELx_EC_BRK64:
		return true;
	}
	return false;
}

static bool event_valid(const struct axvcpu_inject_event *e)
{
	u32 exception = AXVCPU_EVENT_HAS_ERROR | AXVCPU_EVENT_HAS_PAYLOAD;
	u32 start = AXVCPU_EVENT_HAS_PAYLOAD | AXVCPU_EVENT_HAS_ARG;

	if (e->error_code && !(e->flags & AXVCPU_EVENT_HAS_ERROR))
		return false;
	switch (e->kind) {
	case AXVCPU_EVENT_EXCEPTION:
		return is_class(e->vector) && !(e->flags & ~exception) &&
		       ((e->flags & AXVCPU_EVENT_HAS_PAYLOAD) || !e->payload) &&
		       !(e->error_code & ~(u32)ESR_ELx_ISS_MASK);
	case AXVCPU_EVENT_START:
		return !e->vector && !(e->flags & ~start) && !(e->payload & 3);
	}
	return false;	/* there are no NMIs */
}

static int event_add(struct axv_arm64_irq *irq, const struct axvcpu_inject_event *e)
{
	if (e->kind == AXVCPU_EVENT_START) {
		if (!irq->wait_start)
			return -EINVAL;
		if (irq->start)
			return -EAGAIN;
		irq->start = true;
		irq->start_has_arg = e->flags & AXVCPU_EVENT_HAS_ARG;
		irq->start_arg = e->arg;
		irq->start_pc = e->payload;
		return 0;
	}
	if (e->vector == ESR_ELx_EC_SERROR) {
		if (irq->serror_queued)
			return -EAGAIN;
		irq->serror_queued = true;
		irq->serror = e->error_code;
		return 0;
	}
	if (irq->exc_queued)
		return -EAGAIN;
	irq->exc_queued = true;
	irq->exc_esr = (u64)e->vector << ESR_ELx_EC_SHIFT | ESR_ELx_IL | e->error_code;
	irq->exc_far = e->payload;
	return 0;
}

/**
 * axv_arm64_inject_event() - queue an exception, an SError or a start
 * @v: the vCPU
 * @e: the event
 *
 * Return: 0; -EINVAL, also for a start nobody waits for; -EAGAIN when one of the
 * kind is queued already.
 */
int axv_arm64_inject_event(struct axv_vcpu *v, const struct axvcpu_inject_event *e)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;
	int r;

	if (!event_valid(e))
		return -EINVAL;
	raw_spin_lock_irqsave(&irq->lock, flags);
	r = event_add(irq, e);
	axv_arm64_irq_changed(v);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return r;
}

/* ---- towards the guest ---------------------------------------------------------- */

/**
 * axv_arm64_begin_at() - go on as a CPU that PSCI has started
 * @v: the vCPU, its own thread, in the section or at rest
 * @pc: where
 * @arg: for x0
 */
void axv_arm64_begin_at(struct axv_vcpu *v, u64 pc, u64 arg)
{
	struct axv_arm64_ctx *ctx = v->arch.ctx;

	axv_arm64_write_sys(v, AXV_REG_SCTLR, AXV_ARM64_SCTLR);
	ctx->pstate = START_PSTATE;
	ctx->pc = pc;
	ctx->x[0] = arg;
}

/* AXV_CPU_* without which there is no such register */
static const u8 needs[AXV_NR_REGS] = {
#define NEEDS(name, op1, crn, crm, op2, kind, feature) feature,
	AXV_SYSREGS(NEEDS)
#undef NEEDS
};

/* Nothing is left of what it was before it stopped. */
static void forget(struct axv_vcpu *v)
{
	unsigned int reg;

	for (reg = 0; reg < AXV_NR_REGS; reg++)
		if (reg != AXV_REG_ACTLR && !(needs[reg] & ~axv_arm64_cpu))
			axv_arm64_write_sys(v, reg, 0);
	v->arch.ctx->sp_el0 = 0;
	v->arch.ctx->el2.hcr &= ~HCR_VSE;
	axv_arm64_timer_stop(v);
	if (v->arch.gic)
		axv_arm64_gic_restart(v);
}

/*
 * The vCPU has waited for this. One that was stopped has nothing left of what it was;
 * one that was set up keeps what it was set up with.
 */
static noinline void take_start(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	bool stopped, has_arg;
	u64 pc, arg;

	raw_spin_lock(&irq->lock);
	stopped = irq->stopped;
	has_arg = irq->start_has_arg;
	pc = irq->start_pc;
	arg = has_arg ? irq->start_arg : v->arch.ctx->x[0];
	irq->start = false;
	irq->stopped = false;
	WRITE_ONCE(irq->wait_start, false);
	WRITE_ONCE(irq->halted, false);
	raw_spin_unlock(&irq->lock);

	if (!stopped && !has_arg) {
		v->arch.ctx->pc = pc;
		return;
	}
	if (stopped)
		forget(v);
	axv_arm64_begin_at(v, pc, arg);
}

/* Aborts and debug exceptions have two classes, by where they come from. */
static u64 class_here(const struct axv_vcpu *v, u64 esr)
{
	u64 here = 1ull << ESR_ELx_EC_SHIFT;

	switch (ESR_ELx_EC(esr)) {
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_IABT_CUR:
	case ESR_ELx_EC_DABT_LOW:
	case ESR_ELx_EC_DABT_CUR:
	case ESR_ELx_EC_BREAKPT_LOW:
	case ESR_ELx_EC_BREAKPT_CUR:
	case ESR_ELx_EC_SOFTSTP_LOW:
	case ESR_ELx_EC_SOFTSTP_CUR:
	case ESR_ELx_EC_WATCHPT_LOW:
	case ESR_ELx_EC_WATCHPT_CUR:
		return axv_arm64_is_user(v) ? esr & ~here : esr | here;
	}
	return esr;
}

/**
 * axv_arm64_load_irq() - bring in what any thread has noted
 * @v: the vCPU, in the section, before an entry
 */
void axv_arm64_load_irq(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	bool exception, serror;
	u64 esr, far, iss;

	/* what is noted from now on is for the next time */
	smp_store_mb(irq->any, false);
	if (unlikely(READ_ONCE(irq->start)))
		take_start(v);

	raw_spin_lock(&irq->lock);
	exception = irq->exc_queued;
	esr = irq->exc_esr;
	far = irq->exc_far;
	serror = irq->serror_queued;
	iss = irq->serror;
	irq->exc_queued = false;
	irq->serror_queued = false;
	if (irq->line)
		ctx->el2.hcr |= HCR_VI;
	else
		ctx->el2.hcr &= ~HCR_VI;
	raw_spin_unlock(&irq->lock);

	if (v->arch.gic)
		axv_arm64_gic_load(v);
	if (unlikely(serror)) {
		/* from here on it is the CPU's, until the guest takes it */
		ctx->el2.hcr |= HCR_VSE;
		ctx->vsesr = iss;
		v->count.injected++;
	}
	if (unlikely(exception)) {
		axv_arm64_trap_guest(v, class_here(v, esr), far);
		v->count.injected++;
	}
}

/* ---- waiting -------------------------------------------------------------------- */

/* Something that ends WFI, whatever PSTATE masks? In the section or at rest. */
static bool is_woken(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;
	bool woken;

	axv_arm64_timer_look(v);
	raw_spin_lock_irqsave(&irq->lock, flags);
	woken = irq->exc_queued || irq->serror_queued || irq->line ||
		(v->arch.ctx->el2.hcr & HCR_VSE);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return woken || (v->arch.gic && axv_arm64_gic_pending(v));
}

/**
 * axv_arm64_halt() - wait for an interrupt
 * @v: the vCPU, in the section, pc where it goes on
 * @back: bytes back to the instruction, for a HALT exit
 *
 * Return: enum axv_next.
 */
int axv_arm64_halt(struct axv_vcpu *v, unsigned int back)
{
	if (is_woken(v))
		return AXV_RESUME;
	if (v->entry_flags & AXVCPU_ENTRY_EXIT_ON_HALT) {
		v->arch.ctx->pc -= back;
		axv_arm64_new_exit(v, AXVCPU_EXIT_HALT);
		v->exit.insn_len = 4;
		return AXV_EXIT;
	}
	WRITE_ONCE(v->arch.irq.halted, true);
	return AXV_HALT;
}

/**
 * axv_arm64_wfx() - WFI or WFE trapped
 * @v: the vCPU, in the section, pc at the instruction
 *
 * The ones with a timeout, which the guest is not told of, are over at once, as any may
 * be.
 *
 * Return: enum axv_next.
 */
int axv_arm64_wfx(struct axv_vcpu *v)
{
	if (v->arch.ctx->trap.esr & 3) {
		axv_arm64_skip(v);
		return AXV_RESUME;
	}
	if (!is_woken(v) && (v->entry_flags & AXVCPU_ENTRY_EXIT_ON_HALT))
		return axv_arm64_halt(v, 0);
	axv_arm64_skip(v);
	return axv_arm64_halt(v, 0);
}

/**
 * axv_arm64_runnable() - does the guest have anything to do?
 * @v: the vCPU, at rest; its own thread calls, which is about to sleep
 *
 * Whoever changes something kicks after it, and who sleeps looks here after it has
 * said so: one of the two sees the other.
 *
 * Return: false while it waits and nothing is there to end that.
 */
bool notrace axv_arm64_runnable(struct axv_vcpu *v)
{
	struct axv_arm64_irq *irq = &v->arch.irq;

	if (likely(!axv_arch_may_wait(&v->arch)))
		return true;
	if (READ_ONCE(irq->wait_start))
		return READ_ONCE(irq->start);
	if (!is_woken(v)) {
		axv_arm64_timer_block(v);
		/* it may have been due just then */
		if (!is_woken(v))
			return false;
	}
	WRITE_ONCE(irq->halted, false);
	axv_arm64_timer_unblock(v);
	return true;
}

/**
 * axv_arm64_intr_state() - what an exit says of interrupts
 * @v: the vCPU, at rest
 *
 * Return: AXVCPU_INTR_*.
 */
u32 notrace axv_arm64_intr_state(struct axv_vcpu *v)
{
	const struct axv_arm64_ctx *ctx = v->arch.ctx;
	u32 state = 0;

	if (!(ctx->pstate & PSR_I_BIT))
		state |= AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW;
	if (unlikely(READ_ONCE(v->arch.irq.any) || (ctx->el2.hcr & (HCR_VSE | HCR_VI)) ||
		     (ctx->ich.nr_used && axv_arm64_gic_pending(v))))
		state |= AXVCPU_INTR_PENDING;
	return state;
}

/* ---- the INTR group ------------------------------------------------------------- */

/**
 * axv_arm64_check_intr() - may this be committed?
 * @r: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_arm64_check_intr(const struct axvcpu_arm64_intr *r)
{
	if ((r->flags & ~INTR_FLAGS) || r->reserved0 || r->reserved1 ||
	    memchr_inv(r->reserved, 0, sizeof(r->reserved)))
		return -EINVAL;
	if ((r->flags & AXVCPU_ARM64_INTR_LINE) && axv_arm64_nr_lrs)
		return -EINVAL;
	if (!(r->flags & AXVCPU_ARM64_INTR_SERROR) ? r->serror :
	    r->serror & ~(u64)ESR_ELx_ISS_MASK)
		return -EINVAL;
	if (!(r->flags & AXVCPU_ARM64_INTR_EXCEPTION)) {
		if (r->exc_esr || r->exc_far)
			return -EINVAL;
	} else if ((r->exc_esr >> 32) || !is_class(ESR_ELx_EC(r->exc_esr)) ||
		   ESR_ELx_EC(r->exc_esr) == ESR_ELx_EC_SERROR) {
		return -EINVAL;
	}
	return axv_arm64_gic_check(r);
}

/**
 * axv_arm64_set_intr() - take the group
 * @v: the vCPU, at rest
 * @r: checked
 */
void axv_arm64_set_intr(struct axv_vcpu *v, const struct axvcpu_arm64_intr *r)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->exc_queued = r->flags & AXVCPU_ARM64_INTR_EXCEPTION;
	irq->exc_esr = r->exc_esr;
	irq->exc_far = r->exc_far;
	irq->serror_queued = r->flags & AXVCPU_ARM64_INTR_SERROR;
	irq->serror = r->serror;
	irq->line = r->flags & AXVCPU_ARM64_INTR_LINE;
	v->arch.ctx->el2.hcr &= ~HCR_VSE;
	WRITE_ONCE(irq->halted, r->flags & AXVCPU_ARM64_INTR_HALTED);
	WRITE_ONCE(irq->wait_start, r->flags & AXVCPU_ARM64_INTR_WAIT_START);
	if (!(r->flags & AXVCPU_ARM64_INTR_WAIT_START)) {
		irq->start = false;
		irq->stopped = false;
	}
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	if (v->arch.gic)
		axv_arm64_gic_set(v, r);
	axv_arm64_irq_changed(v);
}

/**
 * axv_arm64_get_intr() - give it
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_arm64_get_intr(struct axv_vcpu *v, struct axvcpu_arm64_intr *r)
{
	struct axv_arm64_irq *irq = &v->arch.irq;
	struct axv_arm64_ctx *ctx = v->arch.ctx;
	u64 esr, far, serror = 0;
	unsigned long lock;
	u32 flags = 0;

	raw_spin_lock_irqsave(&irq->lock, lock);
	esr = irq->exc_queued ? irq->exc_esr : 0;
	far = irq->exc_queued ? irq->exc_far : 0;
	if (irq->exc_queued)
		flags |= AXVCPU_ARM64_INTR_EXCEPTION;
	if (irq->serror_queued)
		serror = irq->serror;
	else if (ctx->el2.hcr & HCR_VSE)
		serror = ctx->vsesr;
	if (irq->serror_queued || (ctx->el2.hcr & HCR_VSE))
		flags |= AXVCPU_ARM64_INTR_SERROR;
	if (irq->halted)
		flags |= AXVCPU_ARM64_INTR_HALTED;
	if (irq->wait_start)
		flags |= AXVCPU_ARM64_INTR_WAIT_START;
	if (irq->line)
		flags |= AXVCPU_ARM64_INTR_LINE;
	raw_spin_unlock_irqrestore(&irq->lock, lock);
	r->flags = flags;
	r->reserved0 = 0;
	r->exc_esr = esr;
	r->exc_far = far;
	r->serror = serror;
	r->reserved1 = 0;
	memset(r->reserved, 0, sizeof(r->reserved));
	axv_arm64_gic_get(v, r);
}
