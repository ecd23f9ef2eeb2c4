// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/axvcpu: one file for all VMs, so that making a VM makes no
 * dentry.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "axvcpu.h"

static const char * const axv_exit_names[AXVCPU_EXIT_NR] = {
	[AXVCPU_EXIT_NOTHING] = "nothing",
	[AXVCPU_EXIT_HYPERCALL] = "hypercall",
	[AXVCPU_EXIT_MMIO_READ] = "mmio_read",
	[AXVCPU_EXIT_MMIO_WRITE] = "mmio_write",
	[AXVCPU_EXIT_SYSREG_READ] = "sysreg_read",
	[AXVCPU_EXIT_SYSREG_WRITE] = "sysreg_write",
	[AXVCPU_EXIT_IO_READ] = "io_read",
	[AXVCPU_EXIT_IO_WRITE] = "io_write",
	[AXVCPU_EXIT_EXTERNAL_INTERRUPT] = "external_interrupt",
	[AXVCPU_EXIT_NESTED_PAGE_FAULT] = "nested_page_fault",
	[AXVCPU_EXIT_HALT] = "halt",
	[AXVCPU_EXIT_CPU_UP] = "cpu_up",
	[AXVCPU_EXIT_CPU_DOWN] = "cpu_down",
	[AXVCPU_EXIT_SYSTEM_DOWN] = "system_down",
	[AXVCPU_EXIT_FAIL_ENTRY] = "fail_entry",
	[AXVCPU_EXIT_SEND_IPI] = "send_ipi",
	[AXVCPU_EXIT_IRQ_WINDOW] = "irq_window",
	[AXVCPU_EXIT_STOPPED] = "stopped",
	[AXVCPU_EXIT_DEBUG] = "debug",
	[AXVCPU_EXIT_EXCEPTION] = "exception",
	[AXVCPU_EXIT_SHUTDOWN] = "shutdown",
	[AXVCPU_EXIT_INTERNAL_ERROR] = "internal_error",
};

static const char * const axv_state_names[] = {
	[AXVCPU_STATE_INVALID] = "invalid",
	[AXVCPU_STATE_CREATED] = "created",
	[AXVCPU_STATE_FREE] = "free",
	[AXVCPU_STATE_READY] = "ready",
	[AXVCPU_STATE_RUNNING] = "running",
	[AXVCPU_STATE_BLOCKED] = "blocked",
};

static const char * const axv_vm_state_names[] = {
	[AXVCPU_VM_RUNNING] = "running",
	[AXVCPU_VM_PAUSED] = "paused",
	[AXVCPU_VM_STOPPED] = "stopped",
};

static struct dentry *axv_debugfs;

static void axv_show_vcpu(struct seq_file *m, struct axv_vcpu *v)
{
	const struct axvcpu_counters *c = &v->count;
	u32 i;

	seq_printf(m, "  vcpu %u %s cpu %d entries %llu guest_ns %llu injected %llu s2_faults %llu blocked %llu\n",
		   v->id, axv_state_names[READ_ONCE(v->state)], READ_ONCE(v->cpu), c->entries,
		   c->guest_ns, c->injected, c->s2_faults, c->blocked);
	for (i = 0; i < AXVCPU_EXIT_NR; i++)
		if (c->exits[i])
			seq_printf(m, "    %s %llu\n", axv_exit_names[i], c->exits[i]);
}

static int vms_show(struct seq_file *m, void *unused)
{
	struct axv_vm *vm;
	u32 i;

	mutex_lock(&axv_vms_lock);
	list_for_each_entry(vm, &axv_vms, node) {
		mutex_lock(&vm->lock);
		seq_printf(m, "vm %u %s vcpus %u\n", vm->id, axv_vm_state_names[vm->state],
			   vm->nr_vcpus);
		for (i = 0; i < AXV_MAX_VCPUS; i++)
			if (vm->vcpus[i])
				axv_show_vcpu(m, vm->vcpus[i]);
		mutex_unlock(&vm->lock);
	}
	mutex_unlock(&axv_vms_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vms);

static int backend_show(struct seq_file *m, void *unused)
{
	const struct axvcpu_info *i = &axv_probe.info;

	seq_printf(m, "backend %s\n", axv_ops ? axv_ops->name : "none");
	seq_printf(m, "status %s\n", axv_probe.why_text);
	seq_printf(m, "stage2_levels %u\ngpa_bits %u\npage_sizes 0x%llx\ntags %u\nfeatures 0x%llx\n",
		   i->stage2_levels, i->gpa_bits, i->page_sizes, i->tags, i->arch_features);
	if (axv_ops && axv_ops->show)
		axv_ops->show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(backend);

void axv_debugfs_init(void)
{
	axv_debugfs = debugfs_create_dir("axvcpu", NULL);
	debugfs_create_file("vms", 0400, axv_debugfs, NULL, &vms_fops);
	debugfs_create_file("backend", 0400, axv_debugfs, NULL, &backend_fops);
}

void axv_debugfs_exit(void)
{
	debugfs_remove(axv_debugfs);
}
