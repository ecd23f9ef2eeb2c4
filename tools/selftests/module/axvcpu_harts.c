// SPDX-License-Identifier: GPL-2.0-only
/* See axvcpu_harts.h. */
#include <linux/cpu.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

#include "axvcpu_harts.h"

static const struct {
	enum hart_csr csr;
	unsigned int nr;
	u64 seen;
	u64 free;
} csrs[] = {
#define X(name, ...)	{ HART_##name, __VA_ARGS__ },
	HART_CSRS(X)
#undef X
};

/* The number of a CSR is part of the instruction. */
static u64 read_one(unsigned int i)
{
	switch (i) {
#define X(name, nr, ...)	case HART_##name: { return csr_read(nr); }
	HART_CSRS(X)
#undef X
	}
	return 0;
}

static void write_one(unsigned int i, u64 value)
{
	switch (i) {
#define X(name, nr, ...)	case HART_##name: { csr_write(nr, value); break; }
	HART_CSRS(X)
#undef X
	}
}

static bool is_there(unsigned int i)
{
	switch (i) {
	case HART_VSTIMECMP:
		return riscv_isa_extension_available(NULL, SSTC);
	case HART_HSTATEEN0:
		return riscv_isa_extension_available(NULL, SMSTATEEN);
	case HART_VSISELECT:
	case HART_HVIEN:
	case HART_HVICTL:
	case HART_HVIPRIO1:
	case HART_HVIPRIO2:
		return riscv_isa_extension_available(NULL, SSAIA);
	/* with Sstc, Svpbmt, Zicbom or the like only; one of them is enough */
	case HART_HENVCFG:
	case HART_SENVCFG:
		return riscv_isa_extension_available(NULL, SSTC) ||
		       riscv_isa_extension_available(NULL, ZICBOM);
	}
	return true;
}

static void access_here(struct hart_csrs *c)
{
	unsigned long flags;
	unsigned int i;
	u64 there = 0;

	local_irq_save(flags);
	for (i = 0; i < HART_NR; i++)
		if ((c->flags & HART_WRITE) && (c->there & BIT_ULL(i)) && is_there(i) && csrs[i].free)
			write_one(i, (read_one(i) & ~csrs[i].free) | (c->value[i] & csrs[i].free));
	for (i = 0; i < HART_NR; i++) {
		c->value[i] = is_there(i) ? read_one(i) & csrs[i].seen : 0;
		if (is_there(i))
			there |= BIT_ULL(i);
	}
	c->there = there;
	local_irq_restore(flags);
}

static long from_thread(void *c)
{
	access_here(c);
	return 0;
}

static void from_irq(void *c)
{
	access_here(c);
}

static int access_csrs(struct hart_csrs *c)
{
	int r;

	if (c->cpu >= nr_cpu_ids)
		return -EINVAL;
	cpus_read_lock();
	if (!cpu_online(c->cpu))
		r = -ENXIO;
	else if (c->flags & HART_FROM_IRQ)
		r = smp_call_function_single(c->cpu, from_irq, c, 1);
	else
		r = work_on_cpu(c->cpu, from_thread, c);
	cpus_read_unlock();
	return r;
}

static long harts_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct hart_csrs *c;
	long r;

	if (cmd != HART_ACCESS)
		return -ENOTTY;
	c = memdup_user((void __user *)arg, sizeof(*c));
	if (IS_ERR(c))
		return PTR_ERR(c);
	r = access_csrs(c);
	if (!r && copy_to_user((void __user *)arg, c, sizeof(*c)))
		r = -EFAULT;
	kfree(c);
	return r;
}

static const struct file_operations harts_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = harts_ioctl,
};

static struct miscdevice harts_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "axvcpu_harts",
	.fops = &harts_fops,
	.mode = 0600,
};

static int __init harts_init(void)
{
	BUILD_BUG_ON(ARRAY_SIZE(csrs) != HART_NR || HART_NR > 64);
	if (!riscv_isa_extension_available(NULL, h))
		return -ENODEV;
	return misc_register(&harts_dev);
}
module_init(harts_init);

static void __exit harts_exit(void)
{
	misc_deregister(&harts_dev);
}
module_exit(harts_exit);

MODULE_DESCRIPTION("CSRs of harts, for the tests of axvcpu");
MODULE_LICENSE("GPL");
