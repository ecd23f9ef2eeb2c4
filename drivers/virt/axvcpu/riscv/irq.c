// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vCPU is told and what it waits for: lines, exceptions, starts.
 *
 * The lines are bits of hvip. While the guest runs they are in the CPU, where it
 * sets and clears the software interrupt by itself, so nobody else can say what
 * they are: any thread notes in raise and lower what it wants of them, and the
 * vCPU's own thread brings that in before an entry. A note that is not yet brought
 * in is all that "pending already" can mean for the software interrupt. The others
 * are levels that the guest can only read: level says how they are.
 */
#include <linux/bitops.h>
#include <asm/csr.h>

#include "riscv.h"

#define NOT_THE_GUESTS	(AXV_LINE_TIMER | AXV_LINE_EXT)
#define INTR_FLAGS	(AXVCPU_RISCV_INTR_HALTED | AXVCPU_RISCV_INTR_WAIT_START | \
			 AXVCPU_RISCV_INTR_EXCEPTION | AXVCPU_RISCV_INTR_IMSIC)

/* an interrupt that is an MSI, and its identity */
#define IS_MSI(vector)		(((vector) & ~0xffffu) == AXVCPU_RISCV_MSI(0))
#define MSI_ID(vector)		((vector) & 0xffffu)

static void irq_update(struct axv_riscv_irq *irq)
{
	WRITE_ONCE(irq->any, irq->raise || irq->lower || irq->exc_queued || irq->start);
}

/* ---- life ----------------------------------------------------------------------- */

/**
 * axv_riscv_irq_create() - a new vCPU has nothing pending
 * @v: the vCPU
 */
void axv_riscv_irq_create(struct axv_vcpu *v)
{
	raw_spin_lock_init(&v->arch.irq.lock);
}

/**
 * axv_riscv_irq_reset() - drop everything
 * @v: the vCPU, at rest
 */
void axv_riscv_irq_reset(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&irq->lock, flags);
	irq->raise = 0;
	irq->lower = 0;
	irq->level = 0;
	irq->exc_queued = false;
	irq->exc_cause = 0;
	irq->exc_tval = 0;
	irq->start = false;
	irq->start_has_arg = false;
	irq->stopped = false;
	WRITE_ONCE(irq->halted, false);
	WRITE_ONCE(irq->suspended, false);
	WRITE_ONCE(irq->wait_start, false);
	irq_update(irq);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/* ---- from any thread ------------------------------------------------------------ */

/**
 * axv_riscv_raise_locked() - lines go up
 * @irq: with its lock held
 * @lines: AXV_LINE_*
 *
 * Return: false when they are up already, as far as that is known.
 */
bool axv_riscv_raise_locked(struct axv_riscv_irq *irq, u64 lines)
{
	u64 new = lines & ~irq->raise & ~irq->level;

	irq->raise |= new;
	irq->lower &= ~lines;
	irq->level |= lines & NOT_THE_GUESTS;
	irq_update(irq);
	return new;
}

/**
 * axv_riscv_lower_locked() - lines go down
 * @irq: with its lock held
 * @lines: AXV_LINE_*
 *
 * Return: false when they are down already, as far as that is known.
 */
bool axv_riscv_lower_locked(struct axv_riscv_irq *irq, u64 lines)
{
	u64 new = lines & ~irq->lower & (irq->level | ~(u64)NOT_THE_GUESTS);

	irq->lower |= new;
	irq->raise &= ~lines;
	irq->level &= ~lines;
	irq_update(irq);
	return new;
}

/**
 * axv_riscv_raise() - lines go up
 * @v: the vCPU; the caller kicks it
 * @lines: AXV_LINE_*
 *
 * Return: false when they are up already, as far as that is known.
 */
bool axv_riscv_raise(struct axv_vcpu *v, u64 lines)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;
	bool new;

	raw_spin_lock_irqsave(&irq->lock, flags);
	new = axv_riscv_raise_locked(irq, lines);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return new;
}

/**
 * axv_riscv_lower() - lines go down
 * @v: the vCPU; the caller kicks it
 * @lines: AXV_LINE_*
 *
 * Return: false when they are down already, as far as that is known.
 */
bool axv_riscv_lower(struct axv_vcpu *v, u64 lines)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;
	bool new;

	raw_spin_lock_irqsave(&irq->lock, flags);
	new = axv_riscv_lower_locked(irq, lines);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return new;
}

/**
 * axv_riscv_valid_interrupt() - is it a line that can be injected, or an MSI?
 * @v: the vCPU
 * @vector: AXVCPU_RISCV_IRQ_*, AXVCPU_RISCV_MSI()
 *
 * With Sstc the timer line is stimecmp's alone.
 */
bool axv_riscv_valid_interrupt(const struct axv_vcpu *v, u32 vector)
{
	if (IS_MSI(vector))
		return axv_riscv_imsic_valid(v, MSI_ID(vector));
	switch (vector) {
	case AXVCPU_RISCV_IRQ_SOFT:
	case AXVCPU_RISCV_IRQ_EXT:
		return true;
	case AXVCPU_RISCV_IRQ_TIMER:
		return !axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC);
	}
	return false;
}

/**
 * axv_riscv_inject_interrupt() - a line goes up, or down; an MSI comes
 * @v: the vCPU
 * @vector: AXVCPU_RISCV_IRQ_*, with AXVCPU_INTERRUPT_CLEAR; or AXVCPU_RISCV_MSI()
 *
 * Return: 0, -EINVAL, -EAGAIN when it is so already.
 */
int axv_riscv_inject_interrupt(struct axv_vcpu *v, u32 vector)
{
	u32 line = vector & ~AXVCPU_INTERRUPT_CLEAR;
	bool new;

	if (!axv_riscv_valid_interrupt(v, line))
		return -EINVAL;
	if (IS_MSI(line)) {
		if (vector & AXVCPU_INTERRUPT_CLEAR)
			return -EINVAL;
		axv_riscv_imsic_send(v, MSI_ID(line));
		return 0;
	}
	if (vector & AXVCPU_INTERRUPT_CLEAR)
		new = axv_riscv_lower(v, BIT_ULL(line));
	else
		new = axv_riscv_raise(v, BIT_ULL(line));
	return new ? 0 : -EAGAIN;
}

static bool is_cause(u64 cause)
{
	return cause < 16 && (AXV_ARCH_EXCEPTION_EXITS & BIT(cause));
}

static bool event_valid(const struct axvcpu_inject_event *e)
{
	u32 start = AXVCPU_EVENT_HAS_PAYLOAD | AXVCPU_EVENT_HAS_ARG;

	if (e->error_code)
		return false;
	switch (e->kind) {
	case AXVCPU_EVENT_EXCEPTION:
		return is_cause(e->vector) && !(e->flags & ~AXVCPU_EVENT_HAS_PAYLOAD) &&
		       ((e->flags & AXVCPU_EVENT_HAS_PAYLOAD) || !e->payload);
	case AXVCPU_EVENT_START:
		return !e->vector && !(e->flags & ~start) && !(e->payload & 1);
	}
	return false;	/* there are no NMIs */
}

static int event_add(struct axv_riscv_irq *irq, const struct axvcpu_inject_event *e)
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
	if (irq->exc_queued)
		return -EAGAIN;
	irq->exc_queued = true;
	irq->exc_cause = e->vector;
	irq->exc_tval = e->payload;
	return 0;
}

/**
 * axv_riscv_inject_event() - queue an exception or a start
 * @v: the vCPU
 * @e: the event
 *
 * Return: 0; -EINVAL, also for a start nobody waits for; -EAGAIN when one of the
 * kind is queued already.
 */
int axv_riscv_inject_event(struct axv_vcpu *v, const struct axvcpu_inject_event *e)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;
	int r;

	if (!event_valid(e))
		return -EINVAL;
	raw_spin_lock_irqsave(&irq->lock, flags);
	r = event_add(irq, e);
	irq_update(irq);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	return r;
}

/* ---- towards the guest ---------------------------------------------------------- */

/**
 * axv_riscv_trap_guest() - the guest takes an exception, as a hart without H would
 * @v: the vCPU, its own thread; at rest or in the section
 * @cause: scause
 * @tval: stval
 */
void axv_riscv_trap_guest(struct axv_vcpu *v, u64 cause, u64 tval)
{
	struct axv_riscv_ctx *ctx = &v->arch.ctx;
	u64 sstatus = axv_riscv_read_vs(v, CSR_VSSTATUS);

	axv_riscv_write_vs(v, CSR_VSCAUSE, cause);
	axv_riscv_write_vs(v, CSR_VSTVAL, tval);
	axv_riscv_write_vs(v, CSR_VSEPC, ctx->pc);

	if (sstatus & SR_SIE)
		sstatus |= SR_SPIE;
	else
		sstatus &= ~SR_SPIE;
	if (axv_riscv_is_user(v))
		sstatus &= ~SR_SPP;
	else
		sstatus |= SR_SPP;
	sstatus &= ~SR_SIE;
	axv_riscv_write_vs(v, CSR_VSSTATUS, sstatus);

	/* in the vectored mode too: that is for interrupts */
	ctx->pc = axv_riscv_read_vs(v, CSR_VSTVEC) & ~3ull;
	ctx->sstatus |= SR_SPP;
}

/**
 * axv_riscv_illegal() - the guest takes an illegal instruction exception
 * @v: the vCPU, its own thread
 * @insn: the instruction, 0: not known
 */
void axv_riscv_illegal(struct axv_vcpu *v, u32 insn)
{
	axv_riscv_trap_guest(v, EXC_INST_ILLEGAL, insn);
}

/**
 * axv_riscv_begin_at() - go on as a hart that SBI has started
 * @v: the vCPU, its own thread
 * @pc: where
 * @arg: for a1
 */
void axv_riscv_begin_at(struct axv_vcpu *v, u64 pc, u64 arg)
{
	struct axv_riscv_ctx *ctx = &v->arch.ctx;

	axv_riscv_write_vs(v, CSR_VSSTATUS,
			   axv_riscv_read_vs(v, CSR_VSSTATUS) & ~(u64)SR_SIE);
	axv_riscv_write_vs(v, CSR_VSATP, 0);
	ctx->pc = pc;
	ctx->sstatus |= SR_SPP;
	ctx->x[AXV_A0] = v->arch.hartid;
	ctx->x[AXV_A1] = arg;
}

/*
 * The vCPU has waited for this. A hart that was stopped has nothing left of what it
 * was; one that was set up keeps what it was set up with.
 */
static noinline void take_start(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	struct axv_riscv_ctx *ctx = &v->arch.ctx;
	bool stopped, has_arg;
	u64 pc, arg;

	raw_spin_lock(&irq->lock);
	stopped = irq->stopped;
	has_arg = irq->start_has_arg;
	pc = irq->start_pc;
	arg = has_arg ? irq->start_arg : ctx->x[AXV_A1];
	irq->start = false;
	irq->stopped = false;
	if (stopped)
		/* sent when it was about to stop */
		irq->raise &= ~(u64)AXV_LINE_SOFT;
	WRITE_ONCE(irq->wait_start, false);
	WRITE_ONCE(irq->halted, false);
	raw_spin_unlock(&irq->lock);

	if (!stopped && !has_arg) {
		ctx->pc = pc;
		return;
	}
	axv_riscv_begin_at(v, pc, arg);
	if (!stopped)
		return;
	axv_riscv_write_vs(v, CSR_VSIE, 0);
	csr_clear(CSR_HVIP, AXV_HVIP(AXV_LINE_SOFT));
	axv_riscv_set_timer(v, U64_MAX);
}

/**
 * axv_riscv_load_irq() - bring in what any thread has noted
 * @v: the vCPU, in the section, before an entry
 */
void axv_riscv_load_irq(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	u64 raise, lower, cause, tval;
	bool exception;

	if (unlikely(READ_ONCE(irq->start)))
		take_start(v);

	raw_spin_lock(&irq->lock);
	raise = irq->raise;
	lower = irq->lower;
	exception = irq->exc_queued;
	cause = irq->exc_cause;
	tval = irq->exc_tval;
	irq->raise = 0;
	irq->lower = 0;
	irq->exc_queued = false;
	irq_update(irq);
	raw_spin_unlock(&irq->lock);

	if (lower)
		csr_clear(CSR_HVIP, AXV_HVIP(lower));
	if (raise) {
		csr_set(CSR_HVIP, AXV_HVIP(raise));
		v->count.injected += hweight64(raise);
	}
	if (exception) {
		axv_riscv_trap_guest(v, cause, tval);
		v->count.injected++;
	}
}

/* ---- waiting -------------------------------------------------------------------- */

/* The same at rest, the timer's but for Sstc's. */
static u64 lines_at_rest(const struct axv_vcpu *v)
{
	return axv_riscv_lines(&v->arch.irq, v->arch.csr.hvip >> 1);
}

/**
 * axv_riscv_irq_wakes() - would wfi be over at once?
 * @v: the vCPU, in the section
 */
bool axv_riscv_irq_wakes(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	u64 sip = csr_read(CSR_VSIP), sie = axv_riscv_read_vs(v, CSR_VSIE);
	bool wakes;

	raw_spin_lock(&irq->lock);
	wakes = irq->exc_queued || (axv_riscv_lines(irq, sip) & sie);
	raw_spin_unlock(&irq->lock);
	return wakes;
}

/**
 * axv_riscv_wfi() - the guest executed wfi
 * @v: the vCPU, in the section, pc at the instruction
 *
 * Return: enum axv_next.
 */
int axv_riscv_wfi(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;

	if (axv_riscv_irq_wakes(v)) {
		axv_riscv_skip(v, 4);
		return AXV_RESUME;
	}
	if (v->entry_flags & AXVCPU_ENTRY_EXIT_ON_HALT) {
		axv_riscv_new_exit(v, AXVCPU_EXIT_HALT);
		v->exit.insn_len = 4;
		return AXV_EXIT;
	}
	axv_riscv_skip(v, 4);
	WRITE_ONCE(irq->suspended, false);
	WRITE_ONCE(irq->halted, true);
	axv_riscv_imsic_arm(v);
	return AXV_HALT;
}

/**
 * axv_riscv_runnable() - does the guest have anything to do?
 * @v: the vCPU, at rest; its own thread calls, which is about to sleep
 *
 * Whoever changes something kicks after it, and who sleeps looks here after it has
 * said so: one of the two sees the other.
 *
 * Return: false while it waits and nothing is there to end that.
 */
bool axv_riscv_runnable(struct axv_vcpu *v)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	u64 sie = v->arch.csr.vsie;
	unsigned long flags;
	bool wakes;

	if (likely(!axv_arch_may_wait(&v->arch)))
		return true;
	if (READ_ONCE(irq->wait_start))
		return READ_ONCE(irq->start);

	raw_spin_lock_irqsave(&irq->lock, flags);
	wakes = irq->exc_queued || (lines_at_rest(v) & sie);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
	if (!wakes && (sie & AXV_LINE_EXT))
		wakes = axv_riscv_imsic_wakes(v);
	if (!wakes && (sie & AXV_LINE_TIMER) && axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC)) {
		wakes = axv_riscv_timer_pending(v);
		if (!wakes)
			axv_riscv_timer_block(v);
	}
	if (!wakes)
		return false;
	WRITE_ONCE(irq->halted, false);
	axv_riscv_timer_unblock(v);
	return true;
}

/**
 * axv_riscv_intr_state() - what an exit says of interrupts
 * @v: the vCPU, at rest
 *
 * Return: AXVCPU_INTR_*.
 */
u32 axv_riscv_intr_state(struct axv_vcpu *v)
{
	return axv_riscv_intr_state_now(v);
}

/* ---- the INTR group ------------------------------------------------------------- */

/**
 * axv_riscv_check_intr() - may this be committed?
 * @r: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_riscv_check_intr(const struct axvcpu_riscv_intr *r)
{
	if (((r->sie | r->sip) & ~(u64)AXV_LINES) || (r->flags & ~INTR_FLAGS) || r->reserved)
		return -EINVAL;
	if (r->flags & AXVCPU_RISCV_INTR_EXCEPTION)
		return is_cause(r->exc_cause) ? 0 : -EINVAL;
	return r->exc_cause || r->exc_tval ? -EINVAL : 0;
}

/**
 * axv_riscv_set_intr() - take the group
 * @v: the vCPU, at rest
 * @r: checked
 */
void axv_riscv_set_intr(struct axv_vcpu *v, const struct axvcpu_riscv_intr *r)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	unsigned long flags;
	u64 sip = r->sip;

	if (axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC))
		sip &= ~(u64)AXV_LINE_TIMER;

	raw_spin_lock_irqsave(&irq->lock, flags);
	v->arch.csr.vsie = r->sie;
	v->arch.csr.hvip = AXV_HVIP(sip);
	irq->raise = 0;
	irq->lower = 0;
	irq->level = sip & NOT_THE_GUESTS;
	irq->exc_queued = r->flags & AXVCPU_RISCV_INTR_EXCEPTION;
	irq->exc_cause = r->exc_cause;
	irq->exc_tval = r->exc_tval;
	WRITE_ONCE(irq->halted, r->flags & AXVCPU_RISCV_INTR_HALTED);
	WRITE_ONCE(irq->suspended, false);
	WRITE_ONCE(irq->wait_start, r->flags & AXVCPU_RISCV_INTR_WAIT_START);
	if (!(r->flags & AXVCPU_RISCV_INTR_WAIT_START)) {
		irq->start = false;
		irq->stopped = false;
	}
	irq_update(irq);
	raw_spin_unlock_irqrestore(&irq->lock, flags);
}

/**
 * axv_riscv_get_intr() - give it
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_riscv_get_intr(struct axv_vcpu *v, struct axvcpu_riscv_intr *r)
{
	struct axv_riscv_irq *irq = &v->arch.irq;
	u64 sip, cause, tval;
	unsigned long lock;
	u32 flags = 0;

	raw_spin_lock_irqsave(&irq->lock, lock);
	sip = lines_at_rest(v);
	cause = irq->exc_queued ? irq->exc_cause : 0;
	tval = irq->exc_queued ? irq->exc_tval : 0;
	if (irq->exc_queued)
		flags |= AXVCPU_RISCV_INTR_EXCEPTION;
	if (irq->halted)
		flags |= AXVCPU_RISCV_INTR_HALTED;
	if (irq->wait_start)
		flags |= AXVCPU_RISCV_INTR_WAIT_START;
	if (v->arch.imsic)
		flags |= AXVCPU_RISCV_INTR_IMSIC;
	raw_spin_unlock_irqrestore(&irq->lock, lock);
	if (axv_riscv_has(AXVCPU_RISCV_FEAT_SSTC) && axv_riscv_timer_pending(v))
		sip |= AXV_LINE_TIMER;

	r->sie = v->arch.csr.vsie;
	r->sip = sip;
	r->flags = flags;
	r->reserved = 0;
	r->exc_cause = cause;
	r->exc_tval = tval;
}
