// SPDX-License-Identifier: GPL-2.0-only
/*
 * RUN: the one loop that runs every vCPU on every architecture.
 *
 *	entry half of the run page -> complete the pending exit
 *	  -> pending work (signals, resched, stop, VM state, halt)
 *	  -> section: interrupts off, last checks, enter, serve, enter ...
 *	  -> handle with interrupts on -> ... -> publish the exit
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "axvcpu.h"
#include "stage2.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define AXV_ENTRY_FLAGS	(AXVCPU_ENTRY_IRQ_WINDOW | AXVCPU_ENTRY_EXIT_ON_HALT)

/* ---- kicking ------------------------------------------------------------------- */

/**
 * axv_vcpu_kick() - make a vCPU look at what changed
 * @v: the vCPU
 *
 * The change was made before the call. The vCPU either sees it in its last
 * checks, which come after it marked itself as in the guest, or that mark is
 * seen here and an IPI ends its guest execution. Any context.
 */
void axv_vcpu_kick(struct axv_vcpu *v)
{
	struct task_struct *task;

	/* the caller's change before the look at v->mode */
	smp_mb();
	if (READ_ONCE(v->mode) == AXV_IN_GUEST) {
		rcu_read_lock();
		task = READ_ONCE(v->task);
		if (task)
			kick_process(task);
		rcu_read_unlock();
	}
	axv_s2_interrupt(v);
	if (wq_has_sleeper(&v->wait))
		wake_up(&v->wait);
}

static void axv_nothing(void *unused)
{
}

/**
 * axv_vcpu_drive_out() - kick a vCPU and wait until it is out of the guest
 * @v: the vCPU; interrupts are on
 *
 * A section has interrupts off, so an IPI that was served proves that the
 * section is over.
 */
void axv_vcpu_drive_out(struct axv_vcpu *v)
{
	int cpu;

	/* the caller's change before the look at v->mode */
	smp_mb();
	cpu = READ_ONCE(v->cpu);
	if (READ_ONCE(v->mode) == AXV_IN_GUEST && cpu >= 0)
		smp_call_function_single(cpu, axv_nothing, NULL, 1);
	axv_s2_interrupt(v);
	if (wq_has_sleeper(&v->wait))
		wake_up(&v->wait);
}

/* ---- the run page ---------------------------------------------------------------- */

/**
 * axv_commit() - take register groups from the run page
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 *
 * Return: 0 or, with nothing taken, -EINVAL or -ENOMEM.
 */
int axv_commit(struct axv_vcpu *v, u32 groups)
{
	void *fp = NULL;
	int r;

	if (!groups)
		return 0;
	/* The page can change under us: check what is taken, take what was checked. */
	memcpy(v->copy + AXVCPU_RUN_REGS, (void *)v->run + AXVCPU_RUN_REGS,
	       AXVCPU_RUN_DATA - AXVCPU_RUN_REGS);
	if (groups & AXVCPU_REGS_FP) {
		fp = kmemdup(v->fp, axv_probe.info.fp_size, GFP_KERNEL_ACCOUNT);
		if (!fp)
			return -ENOMEM;
	}
	r = axv_ops->commit_regs(v, groups, v->copy, fp);
	kfree(fp);
	return r;
}

/**
 * axv_fetch() - put register groups into the run page
 * @v: the vCPU, at rest
 * @groups: AXVCPU_REGS_*
 */
void axv_fetch(struct axv_vcpu *v, u32 groups)
{
	if (groups)
		axv_ops->fetch_regs(v, groups, v->run, v->fp);
	v->run->exit.cached = groups;
}

/* One read of each field; afterwards the page does not matter any more. */
static int axv_read_entry(struct axv_vcpu *v, struct axvcpu_entry *e)
{
	const struct axvcpu_entry *u = &v->run->entry;
	unsigned int i;
	u64 reserved = 0;

	e->command = READ_ONCE(u->command);
	e->flags = READ_ONCE(u->flags);
	e->data = READ_ONCE(u->data);
	e->wanted = READ_ONCE(u->wanted);
	e->commit = READ_ONCE(u->commit);
	for (i = 0; i < ARRAY_SIZE(u->reserved); i++)
		reserved |= READ_ONCE(u->reserved[i]);

	if (reserved || (e->flags & ~AXV_ENTRY_FLAGS) ||
	    ((e->wanted | e->commit) & ~AXVCPU_REGS_ALL))
		return -EINVAL;
	if (e->command > AXVCPU_CMD_FAULT || !(v->commands & BIT(e->command)))
		return -EINVAL;
	return 0;
}

static void axv_publish(struct axv_vcpu *v, u32 wanted)
{
	struct axvcpu_exit *x = &v->exit;

	x->pc = axv_ops->get_pc(v);
	x->intr_state = axv_ops->intr_state(v);
	x->commands = axv_ops->exit_commands(v);
	x->cached = wanted;
	v->commands = x->commands;
	v->count.exits[x->reason]++;

	memcpy(&v->run->exit, x, sizeof(*x));
	axv_fetch(v, wanted);
}

/* ---- pending work -------------------------------------------------------------------- */

static bool axv_stop_asked(struct axv_vcpu *v)
{
	return READ_ONCE(v->run->stop);
}

/* One stop gives one exit, whoever else adds to the word meanwhile. */
static bool axv_take_stop(struct axv_vcpu *v)
{
	u32 old = READ_ONCE(v->run->stop);

	while (old) {
		u32 seen = cmpxchg(&v->run->stop, old, old - 1);

		if (seen == old)
			return true;
		old = seen;
	}
	return false;
}

/* Empties the exit for a new reason; the backend's words of the moment stay. */
static int axv_new_exit(struct axv_vcpu *v, u32 reason)
{
	struct axvcpu_exit *x = &v->exit;

	x->reason = reason;
	x->insn_len = 0;
	x->insn_nr = 0;
	memset(x->words, 0, sizeof(x->words));
	return AXV_EXIT;
}

static int axv_stopped(struct axv_vcpu *v, u32 cause, u32 reason)
{
	axv_new_exit(v, AXVCPU_EXIT_STOPPED);
	v->exit.stopped.cause = cause;
	v->exit.stopped.reason = reason;
	return AXV_EXIT;
}

static bool axv_must_wait(struct axv_vcpu *v)
{
	return READ_ONCE(v->vm->state) == AXVCPU_VM_PAUSED ||
	       (READ_ONCE(v->vm->state) == AXVCPU_VM_RUNNING && !axv_ops->runnable(v));
}

/* Wait in the kernel while the VM is paused or the guest has nothing to do. */
static void axv_block(struct axv_vcpu *v)
{
	v->count.blocked++;
	WRITE_ONCE(v->state, AXVCPU_STATE_BLOCKED);
	/* signals and stops are the caller's to look at */
	wait_event_interruptible(v->wait, axv_stop_asked(v) || !axv_must_wait(v));
	WRITE_ONCE(v->state, AXVCPU_STATE_RUNNING);
}

/* RUN keeps to the pCPU set by confining the thread, as sched_setaffinity() would. */
static int axv_confine(struct axv_vcpu *v)
{
	cpumask_var_t cpus;
	int r = -EINVAL;

	if (!v->cpus_set || cpumask_subset(current->cpus_ptr, &v->cpus))
		return 0;
	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	if (cpumask_and(cpus, current->cpus_ptr, &v->cpus))
		r = set_cpus_allowed_ptr(current, cpus);
	free_cpumask_var(cpus);
	return r;
}

/* Everything that must be looked at before an entry, with interrupts on. */
static int axv_pending_work(struct axv_vcpu *v)
{
	int r;

	for (;;) {
		r = axv_xfer_to_guest_work();
		if (r)
			return r;
		r = axv_confine(v);
		if (r)
			return r;
		if (READ_ONCE(v->vm->state) == AXVCPU_VM_STOPPED)
			return axv_stopped(v, AXVCPU_STOPPED_VM, READ_ONCE(v->vm->stop_reason));
		if (axv_take_stop(v))
			return axv_stopped(v, AXVCPU_STOPPED_KICK, 0);
		if (likely(!axv_must_wait(v)))
			return AXV_RESUME;
		/* A halted guest has its window open, and nothing to run up to it. */
		if ((v->entry_flags & AXVCPU_ENTRY_IRQ_WINDOW) &&
		    READ_ONCE(v->vm->state) == AXVCPU_VM_RUNNING &&
		    (axv_ops->intr_state(v) & AXVCPU_INTR_WINDOW))
			return axv_new_exit(v, AXVCPU_EXIT_IRQ_WINDOW);
		axv_block(v);
	}
}

/* The same as a yes or no, for the last moment: interrupts are off. */
static bool axv_work_pending(struct axv_vcpu *v)
{
	return axv_xfer_to_guest_pending() || axv_stop_asked(v) ||
	       READ_ONCE(v->vm->state) != AXVCPU_VM_RUNNING ||
	       (v->cpus_set && !cpumask_test_cpu(smp_processor_id(), &v->cpus));
}

/* ---- the section ---------------------------------------------------------------------- */

static int axv_section(struct axv_vcpu *v)
{
	int r = AXV_RESUME;
	u64 start;

	axv_ops->section_prepare(v);
	local_irq_disable();
	WRITE_ONCE(v->cpu, smp_processor_id());
	/* who sees the mode sends its IPI to that CPU */
	smp_wmb();
	/* pairs with the barriers of axv_vcpu_kick() and of stage-2 flushes */
	smp_store_mb(v->mode, AXV_IN_GUEST);
	if (unlikely(axv_work_pending(v)))
		goto out;

	axv_ops->section_begin(v);
	start = local_clock();
	do {
		trace_axvcpu_entry(v->id, axv_ops->get_pc(v));
		v->count.entries++;
		r = axv_ops->enter(v);
		trace_axvcpu_exit(v->id, v->exit.raw[0], axv_ops->get_pc(v));
		if (r > AXV_EXIT && r != AXV_SLOW)
			v->count.exits[AXVCPU_EXIT_NOTHING]++;
	} while (r == AXV_RESUME && !axv_work_pending(v));
	v->count.guest_ns += local_clock() - start;
	axv_ops->section_end(v);
	if (!IS_ENABLED(CONFIG_PREEMPT_NOTIFIERS))
		axv_ops->put(v);
out:
	WRITE_ONCE(v->mode, AXV_OUTSIDE);
	local_irq_enable();
	axv_ops->section_finish(v);
	return r;
}

static int axv_run_once(struct axv_vcpu *v)
{
	int r;

	r = axv_pending_work(v);
	if (r != AXV_RESUME)
		return r;
	r = axv_section(v);
	if (r == AXV_SLOW) {
		r = axv_ops->handle(v);
		if (r > AXV_EXIT)
			v->count.exits[AXVCPU_EXIT_NOTHING]++;
	}
	return r;
}

/* ---- RUN --------------------------------------------------------------------------------- */

#ifdef CONFIG_PREEMPT_NOTIFIERS
static void axv_sched_in(struct preempt_notifier *pn, int cpu)
{
}

static void axv_sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	axv_ops->put(container_of(pn, struct axv_vcpu, notifier));
}

static struct preempt_ops axv_preempt_ops = {
	.sched_in = axv_sched_in,
	.sched_out = axv_sched_out,
};

static void axv_watch_sched(struct axv_vcpu *v)
{
	preempt_notifier_init(&v->notifier, &axv_preempt_ops);
	preempt_notifier_register(&v->notifier);
}

static void axv_unwatch_sched(struct axv_vcpu *v)
{
	preempt_notifier_unregister(&v->notifier);
}

void axv_run_init(void)
{
	preempt_notifier_inc();
}

void axv_run_exit(void)
{
	preempt_notifier_dec();
}
#else
/* Without notifiers every section ends as if the thread were scheduled out. */
static void axv_watch_sched(struct axv_vcpu *v) { }
static void axv_unwatch_sched(struct axv_vcpu *v) { }
void axv_run_init(void) { }
void axv_run_exit(void) { }
#endif

/**
 * axv_run() - AXVCPU_RUN
 * @v: a READY vCPU of the calling thread, locked; the state says RUNNING
 *
 * Return: 0 with an exit in the run page; -EINTR a signal came, nothing is
 * pending; -EINVAL the entry half is not valid, nothing changed; -ENOMEM.
 */
int axv_run(struct axv_vcpu *v)
{
	struct axvcpu_entry e;
	int r;

	r = axv_read_entry(v, &e);
	if (r)
		return r;
	/* asked now, done with the rest of the pending work: a bad commit changes nothing */
	if (v->cpus_set && !cpumask_intersects(current->cpus_ptr, &v->cpus))
		return -EINVAL;
	r = axv_commit(v, e.commit);
	if (r)
		return r;

	v->entry_flags = e.flags;
	v->run->entry.command = AXVCPU_CMD_NONE;
	v->run->entry.commit = 0;
	WRITE_ONCE(v->task, current);
	preempt_disable();
	axv_watch_sched(v);
	preempt_enable();

	r = AXV_RESUME;
	if (e.command != AXVCPU_CMD_NONE)
		r = axv_ops->complete(v, e.command, e.data);
	v->commands = AXV_NO_DECISION;
	while (r > AXV_EXIT)
		r = axv_run_once(v);

	preempt_disable();
	axv_unwatch_sched(v);
	axv_ops->put(v);
	preempt_enable();
	WRITE_ONCE(v->task, NULL);

	if (r == AXV_EXIT) {
		axv_publish(v, e.wanted);
	} else {
		axv_new_exit(v, AXVCPU_EXIT_NOTHING);
		v->run->exit.reason = AXVCPU_EXIT_NOTHING;
		v->run->exit.commands = v->commands;
		v->run->exit.cached = 0;
	}
	memcpy(&v->run->counters, &v->count, sizeof(v->count));
	return r;
}
