// SPDX-License-Identifier: GPL-2.0-only
/*
 * RUN: the one loop that runs every vCPU on every architecture.
 *
 *	entry half of the run page -> complete the pending exit
 *	  -> section: interrupts off, anything pending? enter, serve, enter ...; the host's
 *	     own interrupts are let in between two entries
 *	  -> pending work, where there is any (signals, resched, stop, VM state, halt)
 *	  -> handle with interrupts on -> ... -> publish the exit
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/static_call.h>

#include "axvcpu.h"
#include "axv_hot.h"	/* axv_hot(), where there is one backend only */
#include "stage2.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Where nothing else says it: struct axvcpu_exit's union, in words. */
const u8 axv_exit_words[AXVCPU_EXIT_NR] = {
	[AXVCPU_EXIT_HYPERCALL]			= 7,
	[AXVCPU_EXIT_MMIO_READ]			= 3,
	[AXVCPU_EXIT_MMIO_WRITE]		= 3,
	[AXVCPU_EXIT_SYSREG_READ]		= 3,
	[AXVCPU_EXIT_SYSREG_WRITE]		= 3,
	[AXVCPU_EXIT_IO_READ]			= 2,
	[AXVCPU_EXIT_IO_WRITE]			= 2,
	[AXVCPU_EXIT_EXTERNAL_INTERRUPT]	= 1,
	[AXVCPU_EXIT_NESTED_PAGE_FAULT]		= 2,
	[AXVCPU_EXIT_CPU_UP]			= 3,
	[AXVCPU_EXIT_CPU_DOWN]			= 1,
	[AXVCPU_EXIT_SYSTEM_DOWN]		= 2,
	[AXVCPU_EXIT_FAIL_ENTRY]		= 2,
	[AXVCPU_EXIT_SEND_IPI]			= 3,
	[AXVCPU_EXIT_STOPPED]			= 1,
	[AXVCPU_EXIT_DEBUG]			= 3,
	[AXVCPU_EXIT_EXCEPTION]			= 3,
	[AXVCPU_EXIT_INTERNAL_ERROR]		= 2,
};

/*
 * The operations of every exit, called directly and not through the table: an
 * indirect call costs more than most of them do.
 */
#ifndef axv_hot
DEFINE_STATIC_CALL_NULL(axv_hot_describe, *axv_probe.ops->describe);
DEFINE_STATIC_CALL_NULL(axv_hot_complete, *axv_probe.ops->complete);
DEFINE_STATIC_CALL_NULL(axv_hot_runnable, *axv_probe.ops->runnable);
DEFINE_STATIC_CALL_NULL(axv_hot_section_prepare, *axv_probe.ops->section_prepare);
DEFINE_STATIC_CALL_NULL(axv_hot_section_begin, *axv_probe.ops->section_begin);
DEFINE_STATIC_CALL_NULL(axv_hot_enter, *axv_probe.ops->enter);
DEFINE_STATIC_CALL_NULL(axv_hot_section_again, *axv_probe.ops->section_again);
DEFINE_STATIC_CALL_NULL(axv_hot_section_end, *axv_probe.ops->section_end);
DEFINE_STATIC_CALL_NULL(axv_hot_section_finish, *axv_probe.ops->section_finish);
DEFINE_STATIC_CALL_NULL(axv_hot_handle, *axv_probe.ops->handle);

#define axv_hot(op)	static_call(axv_hot_##op)

static void axv_hot_init(void)
{
	static_call_update(axv_hot_describe, axv_ops->describe);
	static_call_update(axv_hot_complete, axv_ops->complete);
	static_call_update(axv_hot_runnable, axv_ops->runnable);
	static_call_update(axv_hot_section_prepare, axv_ops->section_prepare);
	static_call_update(axv_hot_section_begin, axv_ops->section_begin);
	static_call_update(axv_hot_enter, axv_ops->enter);
	static_call_update(axv_hot_section_again, axv_ops->section_again);
	static_call_update(axv_hot_section_end, axv_ops->section_end);
	static_call_update(axv_hot_section_finish, axv_ops->section_finish);
	static_call_update(axv_hot_handle, axv_ops->handle);
}
#else
static inline void axv_hot_init(void) { }
#endif

/* nanoseconds of a tick of axv_counter(), times 2 to the 32nd */
static u64 axv_tick_ns __ro_after_init;

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
 * The guest runs with interrupts off, so an IPI that was served proves that it has been
 * left since the call. The section may go on: what was changed before the call is seen
 * before the next entry.
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
	if (!v->copy)
		v->copy = kmalloc(sizeof(struct axvcpu_run), GFP_KERNEL_ACCOUNT);
	if (!v->copy)
		return -ENOMEM;
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

/* the entry half, read */
struct axv_entry {
	u32 command;
	u32 flags;
	u64 data;
	u32 wanted;
	u32 commit;
};

/*
 * One read of each field; afterwards the page does not matter any more. Two fields at a
 * time: there is less to look at when one of them is not zero than of each.
 */
static __always_inline int axv_read_entry(struct axv_vcpu *v, struct axv_entry *e)
{
	const struct axvcpu_entry *u = &v->run->entry;
	u64 how, groups, bad;
	unsigned int i;

	static_assert(offsetof(struct axvcpu_entry, flags) == 4 &&
		      offsetof(struct axvcpu_entry, commit) ==
		      offsetof(struct axvcpu_entry, wanted) + 4);
	how = le64_to_cpu((__force __le64)READ_ONCE(*(const u64 *)&u->command));
	e->data = READ_ONCE(u->data);
	groups = le64_to_cpu((__force __le64)READ_ONCE(*(const u64 *)&u->wanted));
	bad = (how & ~((u64)AXV_ENTRY_FLAGS << 32 | 7)) |
	      (groups & ~((u64)AXVCPU_REGS_ALL << 32 | AXVCPU_REGS_ALL));
	for (i = 0; i < ARRAY_SIZE(u->reserved); i++)
		bad |= READ_ONCE(u->reserved[i]);

	e->command = how & 7;
	e->flags = how >> 32;
	e->wanted = groups;
	e->commit = groups >> 32;
	static_assert(AXVCPU_CMD_FAULT <= 7);
	if (unlikely(bad) || unlikely(!(v->commands & BIT(e->command))))
		return -EINVAL;
	return 0;
}

/* What changes from exit to exit, and no more of the counters. */
static void axv_publish_counters(struct axv_vcpu *v, u32 reason)
{
	struct axvcpu_counters *u = &v->run->counters;

	v->count.guest_ns = mul_u64_u64_shr(v->guest_cycles, axv_tick_ns, 32);
	u->entries = v->count.entries;
	u->guest_ns = v->count.guest_ns;
	u->injected = v->count.injected;
	u->s2_faults = v->count.s2_faults;
	u->blocked = v->count.blocked;
	u->exits[AXVCPU_EXIT_NOTHING] = v->count.exits[AXVCPU_EXIT_NOTHING];
	u->exits[reason] = v->count.exits[reason];
}

/*
 * By hand: what the compiler calls a function for costs more, here where it is done at
 * every exit.
 */
static __always_inline void axv_clear_insn(struct axvcpu_exit *u)
{
	static_assert(offsetof(struct axvcpu_exit, insn) % 8 == 2);
	*(u16 *)&u->insn[0] = 0;
	*(u32 *)&u->insn[2] = 0;
	*(u64 *)&u->insn[6] = 0;
	*(u16 *)&u->insn[14] = 0;
}

static void axv_publish(struct axv_vcpu *v, u32 wanted)
{
	struct axvcpu_exit *u = &v->run->exit;
	const struct axvcpu_exit *x = &v->exit;
	u32 reason = x->reason;
	unsigned int i;

	v->commands = axv_hot(describe)(v, u);
	v->count.exits[reason]++;

	u->reason = reason;
	u->commands = v->commands;
	u->insn_len = x->insn_len;
	u->insn_nr = x->insn_nr;
	if (x->insn_nr)
		memcpy(u->insn, x->insn, sizeof(u->insn));
	else
		axv_clear_insn(u);
	u->cached = wanted;
#pragma GCC unroll 8
	for (i = 0; i < AXV_EXIT_WORDS; i++)
		u->words[i] = x->words[i];
	if (unlikely(wanted))
		axv_fetch(v, wanted);
	axv_publish_counters(v, reason);
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

	axv_exit_reason(x, reason);
	x->insn_len = 0;
	x->insn_nr = 0;
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
	       (READ_ONCE(v->vm->state) == AXVCPU_VM_RUNNING && !axv_hot(runnable)(v));
}

/*
 * To fall asleep and wake up costs more than most waits between two CPUs of a guest are
 * long. So what has ended the last ones soon is looked for a while before the thread sleeps:
 * for twice as long whenever it came too late for that, not at all after a long one.
 */
#define AXV_POLL_FIRST_NS	10000u

static uint axv_halt_poll_ns = 200 * NSEC_PER_USEC;
module_param_named(halt_poll_ns, axv_halt_poll_ns, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns, "for how long at most a halted vCPU is looked at before its thread sleeps; 0: not at all");

/* Whether the wait is over; else it is to go on asleep. */
static bool axv_poll(struct axv_vcpu *v, ktime_t start)
{
	ktime_t end = ktime_add_ns(start, v->poll_ns);

	do {
		if (axv_stop_asked(v) || !axv_must_wait(v))
			return true;
		/* a pause is as long as somebody likes */
		if (READ_ONCE(v->vm->state) != AXVCPU_VM_RUNNING)
			return false;
		cpu_relax();
	} while (single_task_running() && !need_resched() && !signal_pending(current) &&
		 ktime_before(ktime_get(), end));
	return false;
}

static void axv_poll_adapt(struct axv_vcpu *v, u64 waited)
{
	u32 most = READ_ONCE(axv_halt_poll_ns);

	if (waited > most)
		v->poll_ns = 0;
	else if (waited > v->poll_ns)
		v->poll_ns = min(max(v->poll_ns * 2, AXV_POLL_FIRST_NS), most);
}

/* Wait in the kernel while the VM is paused or the guest has nothing to do. */
static noinline void axv_block(struct axv_vcpu *v)
{
	ktime_t start = ktime_get();

	v->count.blocked++;
	WRITE_ONCE(v->state, AXVCPU_STATE_BLOCKED);
	/* signals and stops are the caller's to look at */
	if (!v->poll_ns || !axv_poll(v, start))
		wait_event_interruptible(v->wait, axv_stop_asked(v) || !axv_must_wait(v));
	axv_poll_adapt(v, ktime_to_ns(ktime_sub(ktime_get(), start)));
	WRITE_ONCE(v->state, AXVCPU_STATE_RUNNING);
}

/* RUN keeps to the pCPU set by confining the thread, as sched_setaffinity() would. */
static noinline int axv_confine(struct axv_vcpu *v)
{
	cpumask_var_t cpus;
	int r = -EINVAL;

	if (cpumask_subset(current->cpus_ptr, &v->cpus))
		return 0;
	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	if (cpumask_and(cpus, current->cpus_ptr, &v->cpus))
		r = set_cpus_allowed_ptr(current, cpus);
	free_cpumask_var(cpus);
	return r;
}

/* Everything that must be looked at before an entry, with interrupts on. */
static noinline int axv_pending_work(struct axv_vcpu *v)
{
	u32 state;
	int r;

	for (;;) {
		r = axv_xfer_to_guest_work();
		if (r)
			return r;
		if (unlikely(v->cpus_set)) {
			r = axv_confine(v);
			if (r)
				return r;
		}
		state = READ_ONCE(v->vm->state);
		if (unlikely(state == AXVCPU_VM_STOPPED))
			return axv_stopped(v, AXVCPU_STOPPED_VM, READ_ONCE(v->vm->stop_reason));
		if (axv_take_stop(v))
			return axv_stopped(v, AXVCPU_STOPPED_KICK, 0);
		if (likely(state == AXVCPU_VM_RUNNING && !axv_arch_may_wait(&v->arch)))
			return AXV_RESUME;
		if (!axv_must_wait(v))
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
static __always_inline bool axv_work_pending(struct axv_vcpu *v)
{
	return axv_xfer_to_guest_pending() || axv_stop_asked(v) ||
	       READ_ONCE(v->vm->state) != AXVCPU_VM_RUNNING ||
	       (v->cpus_set && !cpumask_test_cpu(smp_processor_id(), &v->cpus));
}

/* ---- leaving the CPU --------------------------------------------------------------------- */

/*
 * put() must come before others can meet what the vCPU left behind on a CPU:
 * when its thread is scheduled out, and when RUN returns. That is watched from
 * the first section on that says it matters.
 */
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

/* Interrupts are off. */
static noinline void axv_watch_sched(struct axv_vcpu *v)
{
	if (v->watched)
		return;
	v->watched = true;
	preempt_notifier_init(&v->notifier, &axv_preempt_ops);
	preempt_notifier_register(&v->notifier);
}

static noinline void axv_unwatch_sched(struct axv_vcpu *v)
{
	preempt_disable();
	preempt_notifier_unregister(&v->notifier);
	v->watched = false;
	axv_ops->put(v);
	preempt_enable();
}
#else
/* Without notifiers every section ends as if the thread were scheduled out. */
static void axv_watch_sched(struct axv_vcpu *v)
{
	axv_ops->put(v);
}

static void axv_unwatch_sched(struct axv_vcpu *v) { }
static inline void preempt_notifier_inc(void) { }
static inline void preempt_notifier_dec(void) { }
#endif

/* ---- the section ---------------------------------------------------------------------- */

static noinline void axv_note_entry(struct axv_vcpu *v)
{
	trace_axvcpu_entry(v->id, axv_ops->get_pc(v));
}

static noinline void axv_note_exit(struct axv_vcpu *v)
{
	trace_axvcpu_exit(v->id, axv_ops->exit_code(v), axv_ops->get_pc(v));
}

/*
 * The interrupt that ended the guest, and whatever else there is by now, is let in here,
 * in the middle of the section, by a thread that stays on the CPU. To others it is as if
 * the section were over: who changes something meanwhile sends no IPI, and all that is
 * looked at before an entry is looked at once more, after the mode.
 */
static noinline int axv_serve(struct axv_vcpu *v)
{
	preempt_disable();
	/* what was done in the guest and for it comes before that it is over */
	smp_store_release(&v->mode, AXV_OUTSIDE);
	axv_arch_let_interrupts_in();
	/* pairs as in axv_section() */
	smp_store_mb(v->mode, AXV_IN_GUEST);
	preempt_enable();
	if (!axv_hot(section_again)(v) || READ_ONCE(v->prepare))
		return AXV_BREAK;
	return AXV_RESUME;
}

/* One entry after another, for as long as nothing needs more than that. */
static int axv_enter(struct axv_vcpu *v)
{
	u64 start = axv_counter();
	int r;

	do {
		if (trace_axvcpu_entry_enabled())
			axv_note_entry(v);
		v->count.entries++;
		r = axv_hot(enter)(v);
		if (trace_axvcpu_exit_enabled())
			axv_note_exit(v);
		if (likely(r == AXV_RESUME)) {
			v->count.exits[AXVCPU_EXIT_NOTHING]++;
			continue;
		}
		if (r > AXV_EXIT && r != AXV_SLOW)
			v->count.exits[AXVCPU_EXIT_NOTHING]++;
		if (r == AXV_SERVE) {
			/* the time is not the guest's */
			v->guest_cycles += axv_counter() - start;
			r = axv_serve(v);
			start = axv_counter();
		}
	} while (r == AXV_RESUME && !axv_work_pending(v));
	v->guest_cycles += axv_counter() - start;
	return r;
}

/* what axv_section() says beside what a backend does: there is work, nothing was entered */
#define AXV_WORK	(AXV_SERVE + 1)

static __always_inline int axv_section(struct axv_vcpu *v)
{
	int r = AXV_WORK;

	if (unlikely(READ_ONCE(v->prepare)))
		axv_hot(section_prepare)(v);
	local_irq_disable();
	WRITE_ONCE(v->cpu, smp_processor_id());
	/* who sees the mode sends its IPI to that CPU */
	smp_wmb();
	/* pairs with the barriers of axv_vcpu_kick() and of stage-2 flushes */
	smp_store_mb(v->mode, AXV_IN_GUEST);
	if (likely(!axv_work_pending(v))) {
		axv_hot(section_begin)(v);
		r = axv_enter(v);
		axv_hot(section_end)(v);
		if (unlikely(v->leaves_traces))
			axv_watch_sched(v);
	}
	/* what was done in the guest and for it comes before that it is over */
	smp_store_release(&v->mode, AXV_OUTSIDE);
	local_irq_enable();
	if (unlikely(v->finish))
		axv_hot(section_finish)(v);
	return r;
}

/*
 * What is to be done before an entry is looked for in the section, where it has to be for
 * the last time anyway, and done outside of it. Not so what only pending work looks at.
 */
static __always_inline int axv_run_once(struct axv_vcpu *v)
{
	int r;

	if (unlikely(v->cpus_set || axv_arch_may_wait(&v->arch))) {
		r = axv_pending_work(v);
		if (r != AXV_RESUME)
			return r;
	}
	r = axv_section(v);
	if (unlikely(r == AXV_WORK))
		return axv_pending_work(v);
	if (r == AXV_SLOW) {
		r = axv_hot(handle)(v);
		if (r > AXV_EXIT)
			v->count.exits[AXVCPU_EXIT_NOTHING]++;
	}
	return r;
}

/* ---- RUN --------------------------------------------------------------------------------- */

/**
 * axv_run() - AXVCPU_RUN
 * @v: a READY vCPU of the calling thread, locked; the state says RUNNING
 *
 * Return: 0 with an exit in the run page; -EINTR a signal came, nothing is
 * pending; -EINVAL the entry half is not valid, nothing changed; -ENOMEM.
 */
int notrace axv_run(struct axv_vcpu *v)
{
	struct axvcpu_run *run = v->run;
	struct axv_entry e;
	int r;

	r = axv_read_entry(v, &e);
	if (r)
		return r;
	/* asked now, done with the rest of the pending work: a bad commit changes nothing */
	if (v->cpus_set && !cpumask_intersects(current->cpus_ptr, &v->cpus))
		return -EINVAL;
	if (e.commit) {
		r = axv_commit(v, e.commit);
		if (r)
			return r;
	}

	v->entry_flags = e.flags;
	run->entry.command = AXVCPU_CMD_NONE;
	run->entry.commit = 0;
	WRITE_ONCE(v->task, current);

	r = AXV_RESUME;
	if (e.command != AXVCPU_CMD_NONE)
		r = axv_hot(complete)(v, e.command, e.data);
	v->commands = AXV_NO_DECISION;
	while (r > AXV_EXIT)
		r = axv_run_once(v);

	if (v->watched)
		axv_unwatch_sched(v);
	WRITE_ONCE(v->task, NULL);
	/* the thread may be on another CPU, and the notice of it used up before an entry */
	rseq_virt_userspace_exit();

	if (r == AXV_EXIT) {
		axv_publish(v, e.wanted);
	} else {
		axv_new_exit(v, AXVCPU_EXIT_NOTHING);
		run->exit.reason = AXVCPU_EXIT_NOTHING;
		run->exit.commands = v->commands;
		run->exit.cached = 0;
		axv_publish_counters(v, AXVCPU_EXIT_NOTHING);
	}
	return r;
}

/* ---- load and unload --------------------------------------------------------------------- */

/** axv_run_init() - the hot operations are the backend's, where there is one */
void axv_run_init(void)
{
	preempt_notifier_inc();
	if (!axv_ops)
		return;
	axv_tick_ns = div_u64((u64)NSEC_PER_MSEC << 32, axv_counter_khz());
	axv_hot_init();
}

/** axv_run_exit() - undo axv_run_init() */
void axv_run_exit(void)
{
	preempt_notifier_dec();
}
