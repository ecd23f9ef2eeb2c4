// SPDX-License-Identifier: GPL-2.0-only
/* axvcpu: the module and /dev/axvcpu. */
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "axvcpu.h"
#include "stage2.h"

struct axv_probe axv_probe;

static long axv_get_info(struct file *file, void *arg)
{
	struct axvcpu_info *info = arg;
	u32 size = info->size;

	*info = axv_probe.info;
	info->size = size;
	info->abi_version = AXVCPU_ABI_VERSION;
	info->why = axv_probe.why;
	info->run_size = AXV_RUN_SIZE;
	info->fp_offset = AXV_RUN_FP;
	info->max_vms = AXV_MAX_VMS;
	info->max_vcpus = AXV_MAX_VCPUS;
	info->max_maps = AXV_S2_MAX_MAPS;
	info->max_filter_ranges = AXV_MAX_FILTER_RANGES;
	info->max_irqfds = AXV_MAX_IRQFDS;
	info->max_io_routes = AXV_MAX_IO_ROUTES;
	info->max_ring_records = AXV_MAX_RING_RECORDS;
	if (axv_ops && axv_ops->features_now)
		info->arch_features |= axv_ops->features_now();
	info->backend = axv_ops ? axv_ops->backend : AXVCPU_BACKEND_NONE;
	strscpy(info->backend_name, axv_ops ? axv_ops->name : "none",
		sizeof(info->backend_name));
	strscpy(info->why_text, axv_probe.why_text, sizeof(info->why_text));
	return 0;
}

static long axv_create_vm(struct file *file, void *arg)
{
	if (axv_probe.why != AXVCPU_WHY_USABLE)
		return axv_probe.why_errno;
	return axv_vm_create(arg);
}

static long axv_create_stage2(struct file *file, void *arg)
{
	if (axv_probe.why != AXVCPU_WHY_USABLE)
		return axv_probe.why_errno;
	return axv_s2_create(arg);
}

static long axv_create_ring(struct file *file, void *arg)
{
	return axv_ring_create(arg);
}

static const struct axv_ioctl axv_dev_ioctls[] = {
	{ .cmd = AXVCPU_GET_INFO, .min = AXVCPU_INFO_SIZE_1, .size = sizeof(struct axvcpu_info),
	  .flags = AXV_IOCTL_OUT, .fn = axv_get_info },
	{ .cmd = AXVCPU_CREATE_VM, .min = AXVCPU_CREATE_VM_SIZE_1,
	  .size = sizeof(struct axvcpu_create_vm), .fn = axv_create_vm },
	AXV_IOCTL_ROW(AXVCPU_CREATE_STAGE2, struct axvcpu_create_stage2, 0, axv_create_stage2),
	AXV_IOCTL_ROW(AXVCPU_CREATE_RING, struct axvcpu_create_ring, 0, axv_create_ring),
};

static long axv_dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return axv_ioctl(file, cmd, arg, axv_dev_ioctls, ARRAY_SIZE(axv_dev_ioctls));
}

static const struct file_operations axv_dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = axv_dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice axv_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "axvcpu",
	.fops = &axv_dev_fops,
	.mode = 0660,
};

static int __init axv_init(void)
{
	int r;

	r = axv_compat_init();
	if (r)
		return r;
	r = axv_arch_init(&axv_probe);
	if (r)
		goto out_compat;
	axv_run_init();
	axv_debugfs_init();
	r = misc_register(&axv_dev);
	if (r)
		goto out_debugfs;

	if (axv_probe.why != AXVCPU_WHY_USABLE)
		pr_info("no VM can be made: %s\n", axv_probe.why_text);
	return 0;

out_debugfs:
	axv_debugfs_exit();
	axv_run_exit();
	axv_arch_exit();
out_compat:
	axv_compat_exit();
	return r;
}

static void __exit axv_exit(void)
{
	misc_deregister(&axv_dev);
	axv_s2_exit();
	axv_debugfs_exit();
	axv_run_exit();
	axv_arch_exit();
	axv_compat_exit();
	/* filters and tables freed by RCU callbacks of this module */
	rcu_barrier();
}

module_init(axv_init);
module_exit(axv_exit);

MODULE_DESCRIPTION("Virtual CPUs for user space, the same on every architecture");
MODULE_AUTHOR("The axvcpu authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
