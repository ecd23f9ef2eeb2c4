// SPDX-License-Identifier: GPL-2.0-only
/* The VM: what its vCPUs share, and its pause and stop. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "axvcpu.h"

#define AXV_VM_FLAGS	(AXVCPU_VM_LENIENT | AXVCPU_VM_FAULT_EXITS | AXVCPU_VM_EXTINT_EXITS | \
			 AXV_ARCH_VM_FLAGS)

static DEFINE_IDA(axv_vm_ids);
LIST_HEAD(axv_vms);
/* The list of all VMs, for debugfs. */
DEFINE_MUTEX(axv_vms_lock);

/* ---- filters -------------------------------------------------------------- */

/**
 * axv_filter_action() - what the VM wants done with an access
 * @filter: the VM's table
 * @nr: port or MSR number
 * @write: direction
 *
 * Return: enum axvcpu_filter_action, DEFAULT outside all ranges.
 */
u32 axv_filter_action(struct axv_filter __rcu **filter, u32 nr, bool write)
{
	u32 action = AXVCPU_FILTER_DEFAULT;
	const struct axv_filter *f;
	u32 lo = 0, hi, mid;

	rcu_read_lock();
	f = rcu_dereference(*filter);
	hi = f ? f->nr : 0;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (nr < f->ranges[mid].first) {
			hi = mid;
		} else if (nr > f->ranges[mid].last) {
			lo = mid + 1;
		} else {
			action = write ? f->ranges[mid].write : f->ranges[mid].read;
			break;
		}
	}
	rcu_read_unlock();
	return action;
}

static bool axv_filter_valid(const struct axv_filter *f, u32 max)
{
	const struct axvcpu_filter_range *r;
	u32 i;

	for (i = 0; i < f->nr; i++) {
		r = &f->ranges[i];
		if (r->first > r->last || r->last > max ||
		    r->read > AXVCPU_FILTER_FAULT || r->write > AXVCPU_FILTER_FAULT)
			return false;
		if (i && r->first <= r[-1].last)
			return false;
	}
	return true;
}

/* A checked copy of the ranges at @args, NULL for none of them. */
static struct axv_filter *axv_filter_copy(const struct axvcpu_filter *args, u32 max)
{
	struct axv_filter *f;
	size_t size;

	if (args->nr > AXV_MAX_FILTER_RANGES)
		return ERR_PTR(-E2BIG);
	if (!args->nr)
		return args->ranges ? ERR_PTR(-EINVAL) : NULL;

	size = array_size(args->nr, sizeof(f->ranges[0]));
	f = kmalloc(sizeof(*f) + size, GFP_KERNEL_ACCOUNT);
	if (!f)
		return ERR_PTR(-ENOMEM);
	f->nr = args->nr;
	if (copy_from_user(f->ranges, u64_to_user_ptr(args->ranges), size)) {
		kfree(f);
		return ERR_PTR(-EFAULT);
	}
	if (!axv_filter_valid(f, max)) {
		kfree(f);
		return ERR_PTR(-EINVAL);
	}
	return f;
}

static int axv_filter_replace(struct axv_vm *vm, struct axv_filter __rcu **where,
			      const struct axvcpu_filter *args, u32 max)
{
	struct axv_filter *new, *dead;
	int r = 0;

	new = axv_filter_copy(args, max);
	if (IS_ERR(new))
		return PTR_ERR(new);

	mutex_lock(&vm->lock);
	dead = rcu_replace_pointer(*where, new, lockdep_is_held(&vm->lock));
	if (where == &vm->msr_filter && axv_ops->filter_changed)
		r = axv_ops->filter_changed(vm);
	if (r)
		dead = rcu_replace_pointer(*where, dead, lockdep_is_held(&vm->lock));
	mutex_unlock(&vm->lock);
	if (dead)
		kfree_rcu(dead, rcu);
	return r;
}

static long axv_set_io_filter(struct file *file, void *arg)
{
	const struct axvcpu_filter *args = arg;
	struct axv_vm *vm = file->private_data;

	if (!AXV_ARCH_PORTS && args->nr)
		return -EOPNOTSUPP;
	return axv_filter_replace(vm, &vm->io_filter, arg, U16_MAX);
}

static long axv_set_msr_filter(struct file *file, void *arg)
{
	struct axv_vm *vm = file->private_data;

	return axv_filter_replace(vm, &vm->msr_filter, arg, U32_MAX);
}

/* ---- pause and stop --------------------------------------------------------- */

static long axv_vm_control(struct file *file, void *arg)
{
	static const struct {
		u32 from;	/* mask of 1 << enum axvcpu_vm_state */
		u32 to;
	} ops[] = {
		[AXVCPU_VM_PAUSE] = { BIT(AXVCPU_VM_RUNNING), AXVCPU_VM_PAUSED },
		[AXVCPU_VM_RESUME] = { BIT(AXVCPU_VM_PAUSED), AXVCPU_VM_RUNNING },
		[AXVCPU_VM_STOP] = { BIT(AXVCPU_VM_RUNNING) | BIT(AXVCPU_VM_PAUSED),
				     AXVCPU_VM_STOPPED },
		[AXVCPU_VM_RESTART] = { BIT(AXVCPU_VM_STOPPED), AXVCPU_VM_RUNNING },
	};
	const struct axvcpu_vm_control *args = arg;
	struct axv_vm *vm = file->private_data;
	u32 i;

	if (args->op >= ARRAY_SIZE(ops) || args->reserved)
		return -EINVAL;
	if (args->reason && args->op != AXVCPU_VM_STOP)
		return -EINVAL;

	mutex_lock(&vm->lock);
	if (!(ops[args->op].from & BIT(vm->state))) {
		mutex_unlock(&vm->lock);
		return -EBADFD;
	}
	if (args->op == AXVCPU_VM_STOP)
		WRITE_ONCE(vm->stop_reason, args->reason);
	WRITE_ONCE(vm->state, ops[args->op].to);
	/*
	 * A vCPU marks itself as in the guest and then reads vm->state;
	 * axv_vcpu_drive_out() has the barrier for the other side. So each one
	 * is seen here, or sees the new state itself.
	 */
	for (i = 0; i < AXV_MAX_VCPUS; i++)
		if (vm->vcpus[i])
			axv_vcpu_drive_out(vm->vcpus[i]);
	mutex_unlock(&vm->lock);
	return 0;
}

static long axv_vm_get_state(struct file *file, void *arg)
{
	struct axvcpu_vm_state_info *info = arg;
	struct axv_vm *vm = file->private_data;

	mutex_lock(&vm->lock);
	info->state = vm->state;
	info->reason = vm->stop_reason;
	info->nr_vcpus = vm->nr_vcpus;
	mutex_unlock(&vm->lock);
	return 0;
}

/* ---- the object --------------------------------------------------------------- */

static void axv_vm_free(struct kref *refs)
{
	struct axv_vm *vm = container_of(refs, struct axv_vm, refs);

	mutex_lock(&axv_vms_lock);
	list_del(&vm->node);
	mutex_unlock(&axv_vms_lock);

	if (axv_ops->vm_destroy)
		axv_ops->vm_destroy(vm);
	axv_routes_exit(&vm->routes);
	/* nobody can look the tables up any more */
	kfree(rcu_access_pointer(vm->io_filter));
	kfree(rcu_access_pointer(vm->msr_filter));
	ida_free(&axv_vm_ids, vm->id);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

void axv_vm_get(struct axv_vm *vm)
{
	kref_get(&vm->refs);
}

void axv_vm_put(struct axv_vm *vm)
{
	kref_put(&vm->refs, axv_vm_free);
}

static long axv_create_vcpu(struct file *file, void *arg)
{
	return axv_vcpu_create(file->private_data, arg);
}

static long axv_vm_set_irqfd(struct file *file, void *arg)
{
	return axv_set_irqfd(file->private_data, arg);
}

static long axv_vm_set_io_route(struct file *file, void *arg)
{
	return axv_set_io_route(file->private_data, arg);
}

static const struct axv_ioctl axv_vm_ioctls[] = {
	AXV_IOCTL_ROW(AXVCPU_CREATE_VCPU, struct axvcpu_create_vcpu, 0, axv_create_vcpu),
	AXV_IOCTL_ROW(AXVCPU_SET_IO_FILTER, struct axvcpu_filter, 0, axv_set_io_filter),
	AXV_IOCTL_ROW(AXVCPU_SET_MSR_FILTER, struct axvcpu_filter, 0, axv_set_msr_filter),
	AXV_IOCTL_ROW(AXVCPU_VM_CONTROL, struct axvcpu_vm_control, 0, axv_vm_control),
	AXV_IOCTL_ROW(AXVCPU_VM_GET_STATE, struct axvcpu_vm_state_info, AXV_IOCTL_OUT,
		      axv_vm_get_state),
	AXV_IOCTL_ROW(AXVCPU_SET_IRQFD, struct axvcpu_irqfd, 0, axv_vm_set_irqfd),
	AXV_IOCTL_ROW(AXVCPU_SET_IO_ROUTE, struct axvcpu_io_route, 0, axv_vm_set_io_route),
};

static long axv_vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return axv_ioctl(file, cmd, arg, axv_vm_ioctls, ARRAY_SIZE(axv_vm_ioctls));
}

static int axv_vm_release(struct inode *inode, struct file *file)
{
	axv_vm_put(file->private_data);
	return 0;
}

const struct file_operations axv_vm_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = axv_vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = axv_vm_release,
	.llseek = noop_llseek,
};

/**
 * axv_install_fd() - the last step of making an object
 * @name: shown in /proc/PID/fd
 * @fops: its operations
 * @object: private_data; the fd takes over the caller's reference
 *
 * Return: the fd, or a negative errno with the reference still the caller's.
 */
int axv_install_fd(const char *name, const struct file_operations *fops, void *object)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, object, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/**
 * axv_vm_create() - AXVCPU_CREATE_VM
 * @args: checked here
 *
 * Return: the VM fd; EINVAL, ENOSPC, ENOMEM, EMFILE.
 */
int axv_vm_create(const struct axvcpu_create_vm *args)
{
	struct axv_vm *vm;
	int fd, id;

	if ((args->flags & ~AXV_VM_FLAGS) || args->reserved ||
	    (args->exception_exits & ~AXV_ARCH_EXCEPTION_EXITS) ||
	    (args->arch_flags & ~AXV_ARCH_VM_ARCH_FLAGS) || !AXV_ARCH_VM_VALID(args))
		return -EINVAL;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;
	id = ida_alloc_max(&axv_vm_ids, AXV_MAX_VMS - 1, GFP_KERNEL);
	if (id < 0) {
		kfree(vm);
		return id;
	}
	vm->id = id;
	vm->flags = args->flags;
	vm->exception_exits = args->exception_exits;
	vm->arch_flags = args->arch_flags;
	kref_init(&vm->refs);
	mutex_init(&vm->lock);
	axv_routes_init(&vm->routes);

	mutex_lock(&axv_vms_lock);
	list_add_tail(&vm->node, &axv_vms);
	mutex_unlock(&axv_vms_lock);

	fd = axv_install_fd("axvcpu-vm", &axv_vm_fops, vm);
	if (fd < 0)
		axv_vm_put(vm);
	return fd;
}
