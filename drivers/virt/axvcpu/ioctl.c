// SPDX-License-Identifier: GPL-2.0-only
/* One dispatcher for the ioctls of all fd kinds: size, copy, call, copy back. */
#include <linux/uaccess.h>

#include "axvcpu.h"

/* Not inlined: its buffer is not to be set up, and cleared, for RUN. */
static noinline long with_argument(struct file *file, void __user *uarg,
				   const struct axv_ioctl *row)
{
	u64 buf[AXV_IOCTL_MAX / sizeof(u64)];
	u32 size;
	long r;

	if (get_user(size, (u32 __user *)uarg))
		return -EFAULT;
	if (size < row->min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	r = copy_struct_from_user(buf, row->size, uarg, size);
	if (r)
		return r;
	*(u32 *)buf = size;

	/* A read-only argument must be noticed before anything is done. */
	if ((row->flags & AXV_IOCTL_OUT) && put_user(size, (u32 __user *)uarg))
		return -EFAULT;

	r = row->fn(file, buf);
	/* with E2BIG the structure tells how much room it takes */
	if ((r >= 0 || r == -E2BIG) && (row->flags & AXV_IOCTL_OUT) &&
	    copy_to_user(uarg, buf, min_t(u32, size, row->size)))
		return -EFAULT;
	return r;
}

/**
 * axv_ioctl() - find a request in @table and do it
 * @file: the fd's file
 * @cmd: request
 * @arg: third argument of ioctl()
 * @table: the fd kind's requests
 * @nr: rows of @table
 *
 * Return: what the row's function returns; ENOTTY, EINVAL, E2BIG, EFAULT.
 */
long axv_ioctl(struct file *file, unsigned int cmd, unsigned long arg,
	       const struct axv_ioctl *table, unsigned int nr)
{
	const struct axv_ioctl *row;

	for (row = table; row->cmd != cmd; row++)
		if (row == table + nr - 1)
			return -ENOTTY;

	if (row->size)
		return with_argument(file, (void __user *)arg, row);
	return arg ? -EINVAL : row->fn(file, NULL);
}
