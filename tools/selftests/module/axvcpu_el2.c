// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who answers an HVC at EL2, of the tests: /sys/module/axvcpu_el2/parameters/answers has
 * a line for each CPU, its number and what the answer to an unknown call is. The kernel's
 * stub says 0xbadca11, KVM and axvcpu -1.
 */
#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/sysfs.h>
#include <asm/arch_timer.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

/* of those that a hypervisor may define for itself; nobody has */
#define UNKNOWN_CALL	0xc6000124

static DEFINE_PER_CPU(u64, answer);

static void ask(void *unused)
{
	struct arm_smccc_res res;

	arm_smccc_hvc(UNKNOWN_CALL, 0, 0, 0, 0, 0, 0, 0, &res);
	this_cpu_write(answer, res.a0);
}

static int answers_get(char *buffer, const struct kernel_param *kp)
{
	int cpu, n = 0;

	cpus_read_lock();
	on_each_cpu(ask, NULL, 1);
	for_each_online_cpu(cpu)
		n += sysfs_emit_at(buffer, n, "%d %#llx\n", cpu, per_cpu(answer, cpu));
	cpus_read_unlock();
	return n;
}

static const struct kernel_param_ops answers_ops = {
	.get = answers_get,
};

module_param_cb(answers, &answers_ops, NULL, 0400);

/* Where the kernel is at EL2, or nobody is, an HVC cannot be executed at all. */
static int __init el2_init(void)
{
	if (is_kernel_in_hyp_mode() || !(read_sysreg(cntp_ctl_el0) & ARCH_TIMER_CTRL_ENABLE))
		return -ENODEV;
	return 0;
}

static void __exit el2_exit(void)
{
}

module_init(el2_init);
module_exit(el2_exit);

MODULE_DESCRIPTION("Who is at EL2, for axvcpu's tests");
MODULE_AUTHOR("The axvcpu authors");
MODULE_LICENSE("GPL");
