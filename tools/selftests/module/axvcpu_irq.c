// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interrupt that no device has, of the tests: /sys/module/axvcpu_irq/parameters/irq is its
 * Linux number, what is written to fire has it come, and state says whether it is active and
 * pending at the GIC.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/sysfs.h>

/* INTID 132: QEMU's machine has nothing there; of the device tree: an SPI, an edge */
#define SPARE_SPI	100

static unsigned int irq;

module_param(irq, uint, 0400);

static int fire_set(const char *value, const struct kernel_param *kp)
{
	return irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, true);
}

static const struct kernel_param_ops fire_ops = {
	.set = fire_set,
};

module_param_cb(fire, &fire_ops, NULL, 0200);

static int state_get(char *buffer, const struct kernel_param *kp)
{
	bool active = false, pending = false;

	irq_get_irqchip_state(irq, IRQCHIP_STATE_ACTIVE, &active);
	irq_get_irqchip_state(irq, IRQCHIP_STATE_PENDING, &pending);
	return sysfs_emit(buffer, "%d %d\n", active, pending);
}

static const struct kernel_param_ops state_ops = {
	.get = state_get,
};

module_param_cb(state, &state_ops, NULL, 0400);

static int __init spare_init(void)
{
	struct of_phandle_args args = {
		.args_count = 3,
		.args = { 0, SPARE_SPI, IRQ_TYPE_EDGE_RISING },
	};

	args.np = of_find_compatible_node(NULL, NULL, "arm,gic-v3");
	if (!args.np)
		return -ENODEV;
	irq = irq_create_of_mapping(&args);
	of_node_put(args.np);
	return irq ? 0 : -EINVAL;
}

static void __exit spare_exit(void)
{
	irq_dispose_mapping(irq);
}

module_init(spare_init);
module_exit(spare_exit);

MODULE_DESCRIPTION("An interrupt without a device, for axvcpu's tests");
MODULE_AUTHOR("The axvcpu authors");
MODULE_LICENSE("GPL");
