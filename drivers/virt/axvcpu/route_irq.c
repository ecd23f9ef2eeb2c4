// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds that are interrupts: a signal injects from where it is made, whoever
 * makes it, and no thread of the VMM's wakes.
 *
 * An entry in the eventfd's wait queue is called at each signal, under that
 * queue's lock with interrupts off. It injects and kicks, and signals nothing
 * itself, so that no chain of eventfds can recurse. The lock of a line is taken
 * within the lock of any queue, never the other way round, and never two queues.
 *
 * Who takes an entry out of a queue has, by the queue's lock, waited for a call
 * under way: after that the route may go, and the vCPU with it.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "axvcpu.h"
#include "trace.h"

/**
 * struct axv_irq_line - a level that several routes may hold up
 * @node: axv_routes.lines
 * @v: [I] vCPU
 * @vector: [I] of it
 * @users: [m] routes
 * @lock: covers the rest
 * @up: routes that have it up
 */
struct axv_irq_line {
	struct list_head node;
	struct axv_vcpu *v;
	u32 vector;
	u32 users;
	raw_spinlock_t lock;
	u32 up;
};

/**
 * struct axv_irqfd_event - an eventfd that is listened to
 * @wait: in its wait queue
 * @queue: [I] that queue, NULL: not in it
 * @ctx: [I] the eventfd
 * @poll: finds the queue
 */
struct axv_irqfd_event {
	struct wait_queue_entry wait;
	struct wait_queue_head *queue;
	struct eventfd_ctx *ctx;
	poll_table poll;
};

/**
 * struct axv_irqfd - a route
 * @node: axv_routes.irqfds
 * @vm: [I] the VM
 * @v: [I] its vCPU; the route goes before it
 * @vector: [I]
 * @line: [I] NULL: edge
 * @up: this one has the line up, under its lock
 * @keep: [I] leave the eventfd's counter alone
 * @dead: [a] an eventfd was closed
 * @signal: raises
 * @resample: LEVEL: takes the line down
 */
struct axv_irqfd {
	struct list_head node;
	struct axv_vm *vm;
	struct axv_vcpu *v;
	u32 vector;
	struct axv_irq_line *line;
	bool up;
	bool keep;
	bool dead;
	struct axv_irqfd_event signal;
	struct axv_irqfd_event resample;
};

/* ---- interrupts: in a queue's lock ------------------------------------------------ */

/* As the ioctl; a vCPU that is INVALID gets nothing. Whether there is a reason to kick. */
static bool axv_irqfd_inject(struct axv_vcpu *v, u32 vector)
{
	int r;

	if (READ_ONCE(v->state) == AXVCPU_STATE_INVALID)
		return false;
	r = axv_ops->inject_interrupt(v, vector);
	trace_axvcpu_inject(v->id, AXV_TRACE_INTERRUPT, vector, r);
	return !r;
}

static void axv_irqfd_raise(struct axv_irqfd *irqfd)
{
	struct axv_irq_line *line = irqfd->line;
	unsigned long irq;
	bool kick = false;

	if (!line) {
		kick = axv_irqfd_inject(irqfd->v, irqfd->vector);
	} else {
		raw_spin_lock_irqsave(&line->lock, irq);
		if (!irqfd->up) {
			irqfd->up = true;
			if (!line->up++)
				kick = axv_irqfd_inject(line->v, line->vector);
		}
		raw_spin_unlock_irqrestore(&line->lock, irq);
	}
	if (kick)
		axv_vcpu_kick(irqfd->v);
}

/*
 * The line falls for this route. Held up by another one it is still up, and what the
 * guest was given may be used up: give it again, which does nothing where it is
 * pending. Not every backend can take back what is pending.
 */
static void axv_irqfd_lower(struct axv_irqfd *irqfd)
{
	struct axv_irq_line *line = irqfd->line;
	unsigned long irq;
	bool kick = false;

	raw_spin_lock_irqsave(&line->lock, irq);
	if (irqfd->up) {
		irqfd->up = false;
		kick = axv_irqfd_inject(line->v, --line->up ? line->vector :
					line->vector | AXVCPU_INTERRUPT_CLEAR);
	}
	raw_spin_unlock_irqrestore(&line->lock, irq);
	if (kick)
		axv_vcpu_kick(irqfd->v);
}

static void axv_irqfd_closed(struct axv_irqfd *irqfd)
{
	WRITE_ONCE(irqfd->dead, true);
	schedule_work(&irqfd->vm->routes.reap);
}

static int axv_irqfd_signalled(struct wait_queue_entry *wait, unsigned int mode, int sync,
			       void *key)
{
	struct axv_irqfd *irqfd = container_of(wait, struct axv_irqfd, signal.wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	if (events & EPOLLIN) {
		if (!irqfd->keep)
			eventfd_ctx_do_read(irqfd->signal.ctx, &count);
		axv_irqfd_raise(irqfd);
	}
	if (events & EPOLLHUP)
		axv_irqfd_closed(irqfd);
	return 0;
}

/* The counter is left to those whom the signal is for, too: they come behind. */
static int axv_irqfd_resampled(struct wait_queue_entry *wait, unsigned int mode, int sync,
			       void *key)
{
	struct axv_irqfd *irqfd = container_of(wait, struct axv_irqfd, resample.wait);
	__poll_t events = key_to_poll(key);

	if (events & EPOLLIN)
		axv_irqfd_lower(irqfd);
	if (events & EPOLLHUP)
		axv_irqfd_closed(irqfd);
	return 0;
}

/* ---- listening ------------------------------------------------------------------------ */

static void axv_irqfd_queue(struct file *file, struct wait_queue_head *queue, poll_table *poll)
{
	struct axv_irqfd_event *e = container_of(poll, struct axv_irqfd_event, poll);

	e->queue = queue;
	/* before those who read the counter, and whom a resample is for */
	add_wait_queue_priority(queue, &e->wait);
}

/* From now on @fn is called. */
static int axv_irqfd_listen(struct axv_irqfd_event *e, struct file *file, wait_queue_func_t fn)
{
	init_waitqueue_func_entry(&e->wait, fn);
	init_poll_funcptr(&e->poll, axv_irqfd_queue);
	vfs_poll(file, &e->poll);
	return e->queue ? 0 : -EINVAL;
}

static void axv_irqfd_unlisten(struct axv_irqfd_event *e)
{
	if (e->queue)
		remove_wait_queue(e->queue, &e->wait);
	if (e->ctx)
		eventfd_ctx_put(e->ctx);
}

/* What was signalled before anybody listened. */
static void axv_irqfd_catch_up(struct axv_irqfd *irqfd, struct file *file)
{
	struct axv_irqfd_event *e = &irqfd->signal;
	unsigned long irq;
	u64 count = 0;

	if (irqfd->keep) {
		count = !!(vfs_poll(file, NULL) & EPOLLIN);
	} else {
		spin_lock_irqsave(&e->queue->lock, irq);
		eventfd_ctx_do_read(e->ctx, &count);
		spin_unlock_irqrestore(&e->queue->lock, irq);
	}
	if (count)
		axv_irqfd_raise(irqfd);
}

/* ---- lines: under vm->lock ---------------------------------------------------------------- */

static struct axv_irq_line *axv_irq_line_get(struct axv_vm *vm, struct axv_vcpu *v, u32 vector)
{
	struct axv_irq_line *line;

	list_for_each_entry(line, &vm->routes.lines, node) {
		if (line->v == v && line->vector == vector) {
			line->users++;
			return line;
		}
	}
	line = kzalloc(sizeof(*line), GFP_KERNEL_ACCOUNT);
	if (!line)
		return NULL;
	line->v = v;
	line->vector = vector;
	line->users = 1;
	raw_spin_lock_init(&line->lock);
	list_add(&line->node, &vm->routes.lines);
	return line;
}

static void axv_irq_line_put(struct axv_irq_line *line)
{
	if (--line->users)
		return;
	list_del(&line->node);
	kfree(line);
}

/* ---- routes: under vm->lock ----------------------------------------------------------------- */

/* Undoes as much of axv_irqfd_make() as was done. */
static void axv_irqfd_free(struct axv_irqfd *irqfd)
{
	axv_irqfd_unlisten(&irqfd->signal);
	axv_irqfd_unlisten(&irqfd->resample);
	if (irqfd->line) {
		axv_irqfd_lower(irqfd);
		axv_irq_line_put(irqfd->line);
	}
	kfree(irqfd);
}

static void axv_irqfd_remove(struct axv_irqfd *irqfd)
{
	list_del(&irqfd->node);
	irqfd->vm->routes.nr_irqfds--;
	axv_irqfd_free(irqfd);
}

static struct axv_irqfd *axv_irqfd_find(struct axv_vm *vm, const struct eventfd_ctx *ctx)
{
	struct axv_irqfd *irqfd;

	list_for_each_entry(irqfd, &vm->routes.irqfds, node)
		if (irqfd->signal.ctx == ctx)
			return irqfd;
	return NULL;
}

static int axv_irqfd_fill(struct axv_irqfd *irqfd, const struct axvcpu_irqfd *args,
			  struct file *signal, struct file *resample)
{
	struct axv_vm *vm = irqfd->vm;
	struct eventfd_ctx *ctx;
	int r;

	ctx = eventfd_ctx_fileget(signal);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	irqfd->signal.ctx = ctx;
	if (resample) {
		ctx = eventfd_ctx_fileget(resample);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
		irqfd->resample.ctx = ctx;
		/* it would be up and down at once */
		if (ctx == irqfd->signal.ctx)
			return -EINVAL;
	}
	irqfd->v = args->vcpu < AXV_MAX_VCPUS ? vm->vcpus[args->vcpu] : NULL;
	if (!irqfd->v)
		return -ENOENT;
	if (axv_ops->valid_interrupt && !axv_ops->valid_interrupt(irqfd->v, args->vector))
		return -EINVAL;
	if (axv_irqfd_find(vm, irqfd->signal.ctx))
		return -EEXIST;
	if (vm->routes.nr_irqfds == AXV_MAX_IRQFDS)
		return -ENOSPC;
	if (resample) {
		irqfd->line = axv_irq_line_get(vm, irqfd->v, args->vector);
		if (!irqfd->line)
			return -ENOMEM;
		r = axv_irqfd_listen(&irqfd->resample, resample, axv_irqfd_resampled);
		if (r)
			return r;
	}
	return axv_irqfd_listen(&irqfd->signal, signal, axv_irqfd_signalled);
}

static int axv_irqfd_assign(struct axv_vm *vm, const struct axvcpu_irqfd *args,
			    struct file *signal, struct file *resample)
{
	struct axv_irqfd *irqfd;
	int r;

	irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	if (!irqfd)
		return -ENOMEM;
	irqfd->vm = vm;
	irqfd->vector = args->vector;
	irqfd->keep = args->flags & AXVCPU_IRQFD_KEEP;

	mutex_lock(&vm->lock);
	r = axv_irqfd_fill(irqfd, args, signal, resample);
	if (r) {
		axv_irqfd_free(irqfd);
	} else {
		list_add(&irqfd->node, &vm->routes.irqfds);
		vm->routes.nr_irqfds++;
		axv_irqfd_catch_up(irqfd, signal);
	}
	mutex_unlock(&vm->lock);
	return r;
}

static int axv_irqfd_deassign(struct axv_vm *vm, const struct axvcpu_irqfd *args,
			      struct file *signal)
{
	struct eventfd_ctx *ctx;
	struct axv_irqfd *irqfd;
	int r = -ENOENT;

	ctx = eventfd_ctx_fileget(signal);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	mutex_lock(&vm->lock);
	irqfd = axv_irqfd_find(vm, ctx);
	if (irqfd && irqfd->v->id == args->vcpu && irqfd->vector == args->vector) {
		axv_irqfd_remove(irqfd);
		r = 0;
	}
	mutex_unlock(&vm->lock);
	eventfd_ctx_put(ctx);
	return r;
}

static bool axv_irqfd_valid(const struct axvcpu_irqfd *args)
{
	if (args->reserved[0] || args->reserved[1])
		return false;
	switch (args->flags) {
	case 0:
	case AXVCPU_IRQFD_DEASSIGN:
		return args->resample_fd == -1;
	case AXVCPU_IRQFD_LEVEL:
	case AXVCPU_IRQFD_LEVEL | AXVCPU_IRQFD_KEEP:
		return true;
	default:
		return false;
	}
}

/**
 * axv_set_irqfd() - AXVCPU_SET_IRQFD
 * @vm: the VM
 * @args: checked here
 *
 * Return: 0; EINVAL, EBADF, EEXIST, ENOENT, ENOSPC, ENOMEM, and then nothing has
 * changed.
 */
int axv_set_irqfd(struct axv_vm *vm, const struct axvcpu_irqfd *args)
{
	struct file *signal, *resample = NULL;
	int r = -EBADF;

	if (!axv_irqfd_valid(args))
		return -EINVAL;
	signal = fget(args->fd);
	if (!signal)
		return -EBADF;
	if (args->flags & AXVCPU_IRQFD_LEVEL) {
		resample = fget(args->resample_fd);
		if (!resample)
			goto out;
	}
	if (args->flags & AXVCPU_IRQFD_DEASSIGN)
		r = axv_irqfd_deassign(vm, args, signal);
	else
		r = axv_irqfd_assign(vm, args, signal, resample);
	if (resample)
		fput(resample);
out:
	fput(signal);
	return r;
}

/* ---- ends ------------------------------------------------------------------------------- */

/**
 * axv_irqfds_drop() - a vCPU goes, and its routes before it
 * @v: the vCPU; its VM's lock is held
 */
void axv_irqfds_drop(struct axv_vcpu *v)
{
	struct axv_irqfd *irqfd, *next;

	list_for_each_entry_safe(irqfd, next, &v->vm->routes.irqfds, node)
		if (irqfd->v == v)
			axv_irqfd_remove(irqfd);
}

/* @v: NULL: whichever */
static void axv_irqfds_resample(struct axv_vm *vm, const struct axv_vcpu *v, u32 mask, u32 vector)
{
	struct axv_irqfd *irqfd;

	mutex_lock(&vm->lock);
	list_for_each_entry(irqfd, &vm->routes.irqfds, node)
		if ((!v || irqfd->v == v) && irqfd->line &&
		    !((irqfd->vector ^ vector) & mask) && READ_ONCE(irqfd->up))
			axv_eventfd_signal(irqfd->resample.ctx);
	mutex_unlock(&vm->lock);
}

/**
 * axv_irqfds_ended() - the guest has ended a level-triggered interrupt
 * @v: the vCPU
 * @mask: bits of the vector that count
 * @vector: the interrupt
 *
 * Where the kernel has the interrupt controller it is it that knows. The resample
 * eventfds of the routes that have the line up are signalled: the line falls, and
 * whoever has an event meanwhile signals again. Sleeps.
 */
void axv_irqfds_ended(struct axv_vcpu *v, u32 mask, u32 vector)
{
	axv_irqfds_resample(v->vm, v, mask, vector);
}

/**
 * axv_irqfds_ended_any() - the same, where the end is not known to be one vCPU's affair
 * @vm: the VM
 * @mask: bits of the vector that count
 * @vector: the interrupt
 */
void axv_irqfds_ended_any(struct axv_vm *vm, u32 mask, u32 vector)
{
	axv_irqfds_resample(vm, NULL, mask, vector);
}

/**
 * axv_irqfds_reap() - routes of eventfds that were closed
 * @work: axv_routes.reap
 */
void axv_irqfds_reap(struct work_struct *work)
{
	struct axv_vm *vm = container_of(work, struct axv_vm, routes.reap);
	struct axv_irqfd *irqfd, *next;

	mutex_lock(&vm->lock);
	list_for_each_entry_safe(irqfd, next, &vm->routes.irqfds, node)
		if (READ_ONCE(irqfd->dead))
			axv_irqfd_remove(irqfd);
	mutex_unlock(&vm->lock);
}

/**
 * axv_routes_init() - a new VM has none
 * @routes: the VM's
 */
void axv_routes_init(struct axv_routes *routes)
{
	INIT_LIST_HEAD(&routes->irqfds);
	INIT_LIST_HEAD(&routes->lines);
	INIT_WORK(&routes->reap, axv_irqfds_reap);
}

/**
 * axv_routes_exit() - the VM goes
 * @routes: the VM's; with its vCPUs all interrupt routes have gone
 */
void axv_routes_exit(struct axv_routes *routes)
{
	cancel_work_sync(&routes->reap);
	axv_io_table_free(rcu_access_pointer(routes->io));
}
