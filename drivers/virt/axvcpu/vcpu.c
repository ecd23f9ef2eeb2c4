// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPU's life: who may call what in which state. The loop that runs it is
 * in run.c, what a register means is the backend's affair.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "axvcpu.h"
#include "stage2.h"
#include "trace.h"

#define AXV_IN(state)	BIT(AXVCPU_STATE_##state)
#define AXV_NOT_BOUND	(AXV_IN(CREATED) | AXV_IN(FREE))
#define AXV_AT_REST	(AXV_NOT_BOUND | AXV_IN(READY))

static void axv_set_owner(struct axv_vcpu *v, struct pid *owner)
{
	struct pid *old;

	spin_lock(&v->owner_lock);
	old = v->owner;
	v->owner = owner;
	spin_unlock(&v->owner_lock);
	put_pid(old);
}

/* A thread that is on its way out counts as gone: it makes no more calls. */
static bool axv_is_alive(struct pid *thread)
{
	struct task_struct *task;
	bool alive;

	rcu_read_lock();
	task = pid_task(thread, PIDTYPE_PID);
	alive = task && !(READ_ONCE(task->flags) & PF_EXITING);
	rcu_read_unlock();
	return alive;
}

/* Without v->lock, so that nobody who looks is in the way of the owner: he does not ask. */
static noinline bool axv_held_by_other(struct axv_vcpu *v)
{
	bool held;

	spin_lock(&v->owner_lock);
	held = v->owner && v->owner != task_pid(current) && axv_is_alive(v->owner);
	spin_unlock(&v->owner_lock);
	return held;
}

/* A thread that ended without UNBIND leaves the vCPU to whoever comes next. */
static void axv_reap_owner(struct axv_vcpu *v)
{
	if (!v->owner || axv_is_alive(v->owner))
		return;
	axv_set_owner(v, NULL);
	if (v->state == AXVCPU_STATE_READY)
		WRITE_ONCE(v->state, AXVCPU_STATE_FREE);
}

static void axv_invalidate(struct axv_vcpu *v)
{
	WRITE_ONCE(v->state, AXVCPU_STATE_INVALID);
	axv_set_owner(v, NULL);
}

/* The rest of axv_begin(), with the lock. */
static noinline int axv_begin_slow(struct axv_vcpu *v, u32 in)
{
	axv_reap_owner(v);
	if (v->owner && v->owner != task_pid(current)) {
		axv_unlock(v);
		return -EBUSY;
	}
	if (in & BIT(v->state))
		return 0;
	if (!(v->vm->flags & AXVCPU_VM_LENIENT))
		axv_invalidate(v);
	axv_unlock(v);
	return -EBADFD;
}

/*
 * Begin a call that is legal in the states of the mask @in: EBUSY while
 * another thread holds the vCPU, EBADFD (and, unless the VM is lenient, the
 * end of this vCPU) in any other state. On 0 the caller has v->lock.
 */
static __always_inline int axv_begin(struct axv_vcpu *v, u32 in)
{
	bool own = READ_ONCE(v->owner) == task_pid(current);

	if ((unlikely(!own) && axv_held_by_other(v)) || !axv_trylock(v))
		return -EBUSY;
	if (likely(own && (in & BIT(v->state))))
		return 0;
	return axv_begin_slow(v, in);
}

/* End it; a failure of the backend (not of input, not of memory) is the end. */
static long axv_end(struct axv_vcpu *v, int r)
{
	if (r < 0 && r != -EINVAL && r != -EFAULT && r != -E2BIG && r != -EBADF && r != -ENOMEM &&
	    !(v->vm->flags & AXVCPU_VM_LENIENT))
		axv_invalidate(v);
	axv_unlock(v);
	return r;
}

/* No exit waits for a decision any more; the run page says so too. */
static void axv_drop_exit(struct axv_vcpu *v)
{
	v->commands = AXV_NO_DECISION;
	v->run->exit.commands = v->commands;
}

/* ---- life cycle ------------------------------------------------------------- */

static void axv_new_root(struct axv_vcpu *v, struct axv_stage2 *s2)
{
	if (v->s2)
		axv_s2_detach(v);
	axv_s2_attach(s2, v);
	axv_ops->set_root(v);
}

static long axv_vcpu_do_setup(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_setup *args = arg;
	struct axv_stage2 *s2;
	int r;

	r = axv_begin(v, AXV_IN(CREATED));
	if (r)
		return r;
	if ((args->flags & ~AXVCPU_SETUP_RUNNABLE) || args->reserved)
		return axv_end(v, -EINVAL);
	s2 = axv_s2_get_fd(args->stage2_fd);
	if (IS_ERR(s2))
		return axv_end(v, PTR_ERR(s2));

	r = axv_ops->vcpu_setup(v, args);
	if (!r) {
		axv_new_root(v, s2);
		axv_drop_exit(v);
		WRITE_ONCE(v->state, AXVCPU_STATE_FREE);
	}
	axv_s2_put(s2);
	return axv_end(v, r);
}

/* Ask the scheduler for the preferred CPU once; it may move on from there. */
static void axv_go_to_preferred(struct axv_vcpu *v)
{
	cpumask_var_t old;

	if (v->preferred_cpu < 0 || !cpumask_test_cpu(v->preferred_cpu, current->cpus_ptr))
		return;
	if (!alloc_cpumask_var(&old, GFP_KERNEL))
		return;
	cpumask_copy(old, current->cpus_ptr);
	if (!set_cpus_allowed_ptr(current, cpumask_of(v->preferred_cpu)))
		set_cpus_allowed_ptr(current, old);
	free_cpumask_var(old);
}

static long axv_bind(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	int r;

	r = axv_begin(v, AXV_IN(FREE));
	if (r)
		return r;
	axv_set_owner(v, get_pid(task_pid(current)));
	WRITE_ONCE(v->state, AXVCPU_STATE_READY);
	axv_go_to_preferred(v);
	return axv_end(v, 0);
}

static long axv_unbind(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	int r;

	r = axv_begin(v, AXV_IN(READY));
	if (r)
		return r;
	axv_set_owner(v, NULL);
	WRITE_ONCE(v->state, AXVCPU_STATE_FREE);
	return axv_end(v, 0);
}

static __always_inline long axv_do_run(struct axv_vcpu *v)
{
	int r;

	r = axv_begin(v, AXV_IN(READY));
	if (r)
		return r;
	WRITE_ONCE(v->state, AXVCPU_STATE_RUNNING);
	r = axv_run(v);
	WRITE_ONCE(v->state, AXVCPU_STATE_READY);
	axv_unlock(v);
	return r;
}

static long axv_vcpu_run(struct file *file, void *arg)
{
	return axv_do_run(file->private_data);
}

static long axv_reset(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	int r;

	r = axv_begin(v, AXV_AT_REST | AXV_IN(INVALID));
	if (r)
		return r;
	axv_set_owner(v, NULL);
	axv_ops->vcpu_reset(v);
	if (v->s2)
		axv_s2_detach(v);
	axv_drop_exit(v);
	WRITE_ONCE(v->state, AXVCPU_STATE_CREATED);
	return axv_end(v, 0);
}

static long axv_set_entry(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_set_entry *args = arg;
	int r;

	r = axv_begin(v, AXV_AT_REST);
	if (r)
		return r;
	if (args->reserved)
		return axv_end(v, -EINVAL);
	r = axv_ops->set_entry(v, args->entry);
	if (!r)
		axv_drop_exit(v);
	return axv_end(v, r);
}

static long axv_set_stage2_root(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_set_stage2_root *args = arg;
	struct axv_stage2 *s2;
	int r;

	r = axv_begin(v, AXV_AT_REST);
	if (r)
		return r;
	s2 = axv_s2_get_fd(args->stage2_fd);
	if (IS_ERR(s2))
		return axv_end(v, PTR_ERR(s2));
	axv_new_root(v, s2);
	axv_s2_put(s2);
	return axv_end(v, 0);
}

/* ---- registers and events ------------------------------------------------------ */

static long axv_set_gpr(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_set_gpr *args = arg;
	int r;

	r = axv_begin(v, AXV_AT_REST);
	return r ?: axv_end(v, axv_ops->set_gpr(v, args->reg, args->value));
}

static long axv_set_return_value(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_set_return_value *args = arg;
	int r;

	r = axv_begin(v, AXV_AT_REST);
	if (r)
		return r;
	if (args->reserved)
		return axv_end(v, -EINVAL);
	axv_ops->set_return_value(v, args->value);
	return axv_end(v, 0);
}

static long axv_inject_interrupt(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_inject_interrupt *args = arg;
	int r;

	if (READ_ONCE(v->state) == AXVCPU_STATE_INVALID)
		return -EBADFD;
	r = axv_ops->inject_interrupt(v, args->vector);
	trace_axvcpu_inject(v->id, AXV_TRACE_INTERRUPT, args->vector, r);
	if (!r)
		axv_vcpu_kick(v);
	return r;
}

static long axv_inject_event(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_inject_event *args = arg;
	int r;

	if (READ_ONCE(v->state) == AXVCPU_STATE_INVALID)
		return -EBADFD;
	if (args->reserved || (args->arg && !(args->flags & AXVCPU_EVENT_HAS_ARG)))
		return -EINVAL;
	r = axv_ops->inject_event(v, args);
	trace_axvcpu_inject(v->id, args->kind, args->vector, r);
	if (!r)
		axv_vcpu_kick(v);
	return r;
}

static long axv_kick(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;

	/* The word is user space's to overwrite; only the addition is ours. */
	atomic_inc((atomic_t *)&v->run->stop);
	axv_vcpu_kick(v);
	return 0;
}

static long axv_get_state(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	struct axvcpu_get_state *info = arg;
	bool gone;

	/* v->lock is not for those who only look: its owner would get EBUSY. */
	spin_lock(&v->owner_lock);
	gone = v->owner && !axv_is_alive(v->owner);
	info->owner = gone ? 0 : pid_vnr(v->owner);
	spin_unlock(&v->owner_lock);
	info->state = READ_ONCE(v->state);
	if (gone && info->state == AXVCPU_STATE_READY)
		info->state = AXVCPU_STATE_FREE;
	info->id = v->id;
	info->last_cpu = READ_ONCE(v->cpu);
	info->pending_exit = READ_ONCE(v->commands) & BIT(AXVCPU_CMD_NONE) ? 0 :
			     READ_ONCE(v->exit.reason);
	return 0;
}

static long axv_translate(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	struct axvcpu_translate *t = arg;
	int r;

	r = axv_begin(v, AXV_IN(FREE) | AXV_IN(READY));
	if (r)
		return r;
	if ((t->access & ~(AXVCPU_PROT_READ | AXVCPU_PROT_WRITE | AXVCPU_PROT_EXEC)) ||
	    t->reserved)
		return axv_end(v, -EINVAL);
	r = axv_ops->translate(v, t);
	axv_unlock(v);
	return r;
}

static long axv_set_cpuid(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_cpuid *args = arg;
	struct axvcpu_cpuid_entry *table;
	int r;

	if (!axv_ops->set_cpuid)
		return -EOPNOTSUPP;
	if (args->nr > axv_probe.info.max_cpuid)
		return -E2BIG;
	table = vmemdup_user(u64_to_user_ptr(args->entries), array_size(args->nr, sizeof(*table)));
	if (IS_ERR(table))
		return PTR_ERR(table);
	r = axv_begin(v, AXV_NOT_BOUND);
	if (!r) {
		r = axv_ops->set_cpuid(v, table, args->nr);
		r = axv_end(v, r);
	}
	kvfree(table);
	return r;
}

static long axv_get_cpuid(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	struct axvcpu_cpuid_entry *table;
	struct axvcpu_cpuid *args = arg;
	u32 room;
	int r;

	if (!axv_ops->get_cpuid)
		return -EOPNOTSUPP;
	room = min(args->nr, axv_probe.info.max_cpuid);
	table = kvcalloc(room + 1, sizeof(*table), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table)
		return -ENOMEM;
	r = axv_begin(v, AXV_AT_REST);
	if (r)
		goto out;
	args->nr = axv_ops->get_cpuid(v, table, room);
	axv_unlock(v);
	if (args->nr > room)
		r = -E2BIG;
	else if (copy_to_user(u64_to_user_ptr(args->entries), table, args->nr * sizeof(*table)))
		r = -EFAULT;
out:
	kvfree(table);
	return r;
}

static long axv_sync(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_sync *args = arg;
	int r;

	r = axv_begin(v, AXV_IN(FREE) | AXV_IN(READY));
	if (r)
		return r;
	if (((args->commit | args->fetch) & ~AXVCPU_REGS_ALL) || args->reserved)
		return axv_end(v, -EINVAL);
	r = axv_commit(v, args->commit);
	if (!r)
		axv_fetch(v, args->fetch);
	axv_unlock(v);
	return r;
}

/* ---- affinity ----------------------------------------------------------------------- */

/* The mask at @uset, as sched_setaffinity() takes it; empty is EINVAL. */
static int axv_copy_cpu_set(struct cpumask *cpus, bool *set, u64 uset, u32 size)
{
	if (!size) {
		*set = false;
		return uset ? -EINVAL : 0;
	}
	if (size > PAGE_SIZE)
		return -EINVAL;
	cpumask_clear(cpus);
	if (copy_from_user(cpumask_bits(cpus), u64_to_user_ptr(uset),
			   min_t(u32, size, cpumask_size())))
		return -EFAULT;
	if (!cpumask_intersects(cpus, cpu_possible_mask))
		return -EINVAL;
	*set = true;
	return 0;
}

static bool axv_valid_preferred(int cpu)
{
	return cpu == -1 || (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu));
}

static long axv_set_affinity(struct file *file, void *arg)
{
	struct axv_vcpu *v = file->private_data;
	const struct axvcpu_set_affinity *args = arg;
	cpumask_var_t cpus;
	bool set;
	int r;

	if (args->reserved || !axv_valid_preferred(args->preferred_cpu))
		return -EINVAL;
	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	r = axv_copy_cpu_set(cpus, &set, args->cpu_set, args->cpu_set_size);
	if (!r)
		r = axv_begin(v, AXV_AT_REST);
	if (!r) {
		cpumask_copy(&v->cpus, cpus);
		v->cpus_set = set;
		v->preferred_cpu = args->preferred_cpu;
		axv_unlock(v);
	}
	free_cpumask_var(cpus);
	return r;
}

/* ---- the fd -------------------------------------------------------------------------- */

static const struct axv_ioctl axv_vcpu_ioctls[] = {
	AXV_IOCTL_VOID(AXVCPU_RUN, axv_vcpu_run),
	AXV_IOCTL_ROW(AXVCPU_SETUP, struct axvcpu_setup, 0, axv_vcpu_do_setup),
	AXV_IOCTL_ROW(AXVCPU_SET_ENTRY, struct axvcpu_set_entry, 0, axv_set_entry),
	AXV_IOCTL_ROW(AXVCPU_SET_STAGE2_ROOT, struct axvcpu_set_stage2_root, 0,
		      axv_set_stage2_root),
	AXV_IOCTL_VOID(AXVCPU_BIND, axv_bind),
	AXV_IOCTL_VOID(AXVCPU_UNBIND, axv_unbind),
	AXV_IOCTL_VOID(AXVCPU_RESET, axv_reset),
	AXV_IOCTL_VOID(AXVCPU_KICK, axv_kick),
	AXV_IOCTL_ROW(AXVCPU_GET_STATE, struct axvcpu_get_state, AXV_IOCTL_OUT, axv_get_state),
	AXV_IOCTL_ROW(AXVCPU_SET_GPR, struct axvcpu_set_gpr, 0, axv_set_gpr),
	AXV_IOCTL_ROW(AXVCPU_SET_RETURN_VALUE, struct axvcpu_set_return_value, 0,
		      axv_set_return_value),
	AXV_IOCTL_ROW(AXVCPU_INJECT_INTERRUPT, struct axvcpu_inject_interrupt, 0,
		      axv_inject_interrupt),
	{ .cmd = AXVCPU_INJECT_EVENT, .min = AXVCPU_INJECT_EVENT_SIZE_1,
	  .size = sizeof(struct axvcpu_inject_event), .fn = axv_inject_event },
	AXV_IOCTL_ROW(AXVCPU_SET_AFFINITY, struct axvcpu_set_affinity, 0, axv_set_affinity),
	AXV_IOCTL_ROW(AXVCPU_TRANSLATE, struct axvcpu_translate, AXV_IOCTL_OUT, axv_translate),
	AXV_IOCTL_ROW(AXVCPU_SET_CPUID, struct axvcpu_cpuid, 0, axv_set_cpuid),
	AXV_IOCTL_ROW(AXVCPU_GET_CPUID, struct axvcpu_cpuid, AXV_IOCTL_OUT, axv_get_cpuid),
	AXV_IOCTL_ROW(AXVCPU_SYNC, struct axvcpu_sync, 0, axv_sync),
};

static long notrace axv_vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	/* the one that is to be quick */
	if (likely(cmd == AXVCPU_RUN && !arg))
		return axv_do_run(file->private_data);
	return axv_ioctl(file, cmd, arg, axv_vcpu_ioctls, ARRAY_SIZE(axv_vcpu_ioctls));
}

static vm_fault_t axv_run_page_fault(struct vm_fault *vmf)
{
	struct axv_vcpu *v = vmf->vma->vm_file->private_data;

	if (vmf->pgoff >= AXV_RUN_SIZE >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page((char *)v->run + (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct axv_run_vm_ops = {
	.fault = axv_run_page_fault,
};

static int axv_vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff + vma_pages(vma) > AXV_RUN_SIZE >> PAGE_SHIFT)
		return -EINVAL;
	/* a private copy would never see an exit */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_ops = &axv_run_vm_ops;
	return 0;
}

static void axv_vcpu_free(struct axv_vcpu *v)
{
	put_pid(v->owner);
	free_pages_exact(v->run, AXV_RUN_SIZE);
	kfree(v->copy);
	axv_vm_put(v->vm);
	kvfree_rcu(v, rcu);
}

static void axv_vcpu_remove(struct axv_vcpu *v)
{
	mutex_lock(&v->vm->lock);
	axv_irqfds_drop(v);
	WRITE_ONCE(v->vm->vcpus[v->id], NULL);
	v->vm->nr_vcpus--;
	mutex_unlock(&v->vm->lock);
}

static int axv_vcpu_release(struct inode *inode, struct file *file)
{
	struct axv_vcpu *v = file->private_data;

	axv_vcpu_remove(v);
	if (v->s2)
		axv_s2_detach(v);
	axv_ops->vcpu_destroy(v);
	axv_vcpu_free(v);
	return 0;
}

const struct file_operations axv_vcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = axv_vcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = axv_vcpu_mmap,
	.release = axv_vcpu_release,
	.llseek = noop_llseek,
};

static struct axv_vcpu *axv_vcpu_alloc(struct axv_vm *vm, u32 id)
{
	struct axv_vcpu *v;

	v = kvzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!v)
		return NULL;
	v->run = alloc_pages_exact(AXV_RUN_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!v->run) {
		kvfree(v);
		return NULL;
	}
	v->fp = (char *)v->run + AXV_RUN_FP;
	v->id = id;
	v->cpu = -1;
	v->state = AXVCPU_STATE_CREATED;
	v->commands = AXV_NO_DECISION;
	v->run->exit.commands = v->commands;
	spin_lock_init(&v->owner_lock);
	init_waitqueue_head(&v->wait);
	INIT_LIST_HEAD(&v->s2_node);
	axv_vm_get(vm);
	v->vm = vm;
	return v;
}

/**
 * axv_vcpu_create() - AXVCPU_CREATE_VCPU
 * @vm: its VM
 * @args: checked here and, for the arch member, by the backend
 *
 * Return: the vCPU fd; EINVAL, EEXIST, EFAULT, ENOMEM, EMFILE.
 */
int axv_vcpu_create(struct axv_vm *vm, const struct axvcpu_create_vcpu *args)
{
	struct axv_vcpu *v;
	int r;

	if (args->id >= AXV_MAX_VCPUS || !axv_valid_preferred(args->preferred_cpu))
		return -EINVAL;
	v = axv_vcpu_alloc(vm, args->id);
	if (!v)
		return -ENOMEM;
	v->preferred_cpu = args->preferred_cpu;
	r = axv_copy_cpu_set(&v->cpus, &v->cpus_set, args->cpu_set, args->cpu_set_size);
	if (r)
		goto out_free;
	r = axv_ops->vcpu_create(v, args);
	if (r)
		goto out_free;

	mutex_lock(&vm->lock);
	if (vm->vcpus[v->id]) {
		mutex_unlock(&vm->lock);
		r = -EEXIST;
		goto out_destroy;
	}
	/* complete for those who find it there */
	smp_store_release(&vm->vcpus[v->id], v);
	vm->nr_vcpus++;
	mutex_unlock(&vm->lock);

	r = axv_install_fd("axvcpu-vcpu", &axv_vcpu_fops, v);
	if (r >= 0)
		return r;
	axv_vcpu_remove(v);
out_destroy:
	axv_ops->vcpu_destroy(v);
out_free:
	axv_vcpu_free(v);
	return r;
}
