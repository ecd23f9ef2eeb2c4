// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the host that each CPU has for itself and a guest's timers and list
 * registers raise: they end the guest, and nothing is to be done about them then but to
 * make them quiet, which whoever runs the guest has done before the host can look.
 *
 * All that is needed of the kernel is thus that they are enabled. Who has requested them
 * does not matter: we, or, where the kernel runs at EL2 with KVM at work, KVM, whose
 * handlers ignore what comes while they have no vCPU. But it may disable them when its
 * last VM has gone (before 6.12), so that has to be looked at again and again.
 */
#include <linux/cpuhotplug.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>

#include "arm64.h"

#define MAX_PPIS	3

static struct axv_arm64_ppi *ppis[MAX_PPIS];
static unsigned int nr_ppis;
static bool have_others;
static int hotplug_state = -1;

/* what request_percpu_irq() wants to be told apart by, and free_percpu_irq() by it */
static DEFINE_PER_CPU(unsigned long, checked);

/* It came when the guest had gone, and what it was for is off. */
static irqreturn_t ppi_handler(int irq, void *dev)
{
	return IRQ_HANDLED;
}

/**
 * axv_arm64_ppi_init() - find out about one, and have it if possible
 * @ppi: filled in
 * @name: of it
 * @irq: its Linux number; 0 where firmware does not describe it
 */
void axv_arm64_ppi_init(struct axv_arm64_ppi *ppi, const char *name, unsigned int irq)
{
	struct irq_data *d = irq ? irq_get_irq_data(irq) : NULL, *marks = d;

	/* the number in the innermost controller is the INTID */
	while (d && d->parent_data)
		d = d->parent_data;
	/* the outermost that can, as irq_set_irqchip_state() finds it */
	while (marks && !irq_data_get_irq_chip(marks)->irq_set_irqchip_state)
		marks = marks->parent_data;
	if (!d || irqd_to_hwirq(d) < 16 || irqd_to_hwirq(d) > 31 || nr_ppis == MAX_PPIS)
		return;
	ppi->irq = irq;
	ppi->intid = irqd_to_hwirq(d);
	ppi->type = irq_get_trigger_type(irq);
	ppi->name = name;
	ppi->data = marks;
	/* to ask for one that somebody has is an error in the log */
	ppi->ours = !irq_has_action(irq) && !request_percpu_irq(irq, ppi_handler, name, &checked);
	if (!ppi->ours)
		have_others = true;
	ppis[nr_ppis++] = ppi;
}

/**
 * axv_arm64_ppi_exit() - undo axv_arm64_ppi_init(), after axv_arm64_ppi_offline()
 * @ppi: the interrupt
 */
void axv_arm64_ppi_exit(struct axv_arm64_ppi *ppi)
{
	if (ppi->ours)
		free_percpu_irq(ppi->irq, &checked);
	ppi->ours = false;
	ppi->irq = 0;
}

static int ppi_cpu_up(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < nr_ppis; i++)
		if (ppis[i]->ours || !irq_percpu_is_enabled(ppis[i]->irq))
			enable_percpu_irq(ppis[i]->irq, ppis[i]->type);
	return 0;
}

/* What is not ours may be in use by now. */
static int ppi_cpu_down(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < nr_ppis; i++)
		if (ppis[i]->ours)
			disable_percpu_irq(ppis[i]->irq);
	return 0;
}

/**
 * axv_arm64_ppi_online() - enable them, on each CPU that is there or comes
 *
 * Return: 0 or a negative errno.
 */
int axv_arm64_ppi_online(void)
{
	int r;

	if (!nr_ppis)
		return 0;
	r = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "axvcpu/arm64:ppi", ppi_cpu_up, ppi_cpu_down);
	if (r < 0)
		return r;
	hotplug_state = r;
	return 0;
}

/** axv_arm64_ppi_offline() - undo axv_arm64_ppi_online() */
void axv_arm64_ppi_offline(void)
{
	if (hotplug_state >= 0)
		cpuhp_remove_state(hotplug_state);
	nr_ppis = 0;
}

/**
 * axv_arm64_ppi_check() - are those enabled that others have?
 *
 * Interrupts are off. Once in a tick is enough: a guest whose timer was not heard is
 * looked at with the tick.
 */
void axv_arm64_ppi_check(void)
{
	/* whatever is not now was before: no order is asked for */
	if (likely(!have_others || !(__this_cpu_read(checked) ^ jiffies)))
		return;
	__this_cpu_write(checked, jiffies);
	ppi_cpu_up(smp_processor_id());
}

/**
 * axv_arm64_ppi_quiet() - have this CPU not be interrupted by it, or again
 * @ppi: the interrupt
 * @quiet: which of them
 *
 * Active as if it had been acknowledged: so it may be pending, and is not signalled. A
 * list register that names it takes that back by the guest's own end of interrupt.
 *
 * The same as irq_set_irqchip_state(), which looks for the interrupt's description and
 * takes its lock, which is one for all CPUs; what is marked is this CPU's alone.
 */
void axv_arm64_ppi_quiet(const struct axv_arm64_ppi *ppi, bool quiet)
{
	struct irq_data *d = ppi->data;

	if (ppi->irq && d)
		irq_data_get_irq_chip(d)->irq_set_irqchip_state(d, IRQCHIP_STATE_ACTIVE, quiet);
}
