// SPDX-License-Identifier: GPL-2.0-only
/*
 * How interrupts of a controller in user space reach the vCPU.
 *
 * A controller like the 8259 has one output; which vector it stands for is
 * decided when the CPU acknowledges, not when the line rises. So a vector may
 * only be acknowledged when the CPU takes it at once, and nothing must be
 * forgotten in between. The protocol, everything under vm->lock:
 *
 *  1. Devices change lines of the controller and call irq_changed(). The
 *     controller remembers; nobody else keeps a copy of "there is one".
 *  2. The vCPU thread asks the controller before each RUN, in the same
 *     stretch of the lock in which it declares itself in_guest:
 *	- output low: nothing to do;
 *	- output high, and the last exit says that an interrupt would be taken
 *	  and none is queued: inject the vector, acknowledge;
 *	- output (still) high: ask for an IRQ_WINDOW exit, and look again then.
 *  3. Who raises the output while the vCPU is in_guest kicks it. The kick is
 *     sticky: if RUN has not begun yet, it ends at once; if the guest runs,
 *     it comes out; if it waits in a halt, it wakes. One STOPPED exit follows,
 *     and that leads to 2. No second kick while that exit is owed.
 *
 * An edge can rise before 2 (then 2 sees it), or after 2 (then in_guest is
 * set and 3 kicks). There is no third case, so none is lost. Where 2 has asked
 * for the window, 3 leaves the kick out: that exit leads to 2 just as well,
 * and as early as any interrupt could be taken. With a local APIC the window is
 * open only while its LINT0 lets the vector through.
 */
#include <errno.h>
#include <string.h>

#include "axrun.h"
#include "irq.h"

/*
 * Nothing is pending between an acknowledge and the guest's handler but the
 * vector in the kernel's queue: AXVCPU_INTR_PENDING in the next exit.
 */
static bool window_open(const struct vcpu *v)
{
	/* the exit half may be an old one: ask before acknowledging */
	return v->exited &&
	       (v->axv.run->exit.intr_state &
		(AXVCPU_INTR_WINDOW | AXVCPU_INTR_PENDING)) ==
	       AXVCPU_INTR_WINDOW;
}

/* Acknowledged is what the CPU has taken, and nothing else. */
static void inject(struct vcpu *v, const struct irq_source *source)
{
	unsigned int vector = source->peek(source->opaque);
	int ret = axv_inject_irq(&v->axv, vector);

	if (ret >= 0)
		source->ack(source->opaque);
	else if (ret != -EAGAIN)
		vm_end(v->vm, AXRUN_ERROR, "cannot inject vector %#x: %s", vector,
		       strerror(-ret));
}

void irq_before_run(struct vcpu *v, const struct irq_source *source)
{
	v->want_window = false;
	if (source->output(source->opaque)) {
		if (window_open(v))
			inject(v, source);
		v->want_window = source->output(source->opaque);
	}
	v->axv.run->entry.flags = v->want_window ? AXVCPU_ENTRY_IRQ_WINDOW : 0;
}

void irq_changed(struct vcpu *v, const struct irq_source *source)
{
	/* the guest comes out for it anyway */
	if (v->want_window)
		return;
	if (source->output(source->opaque))
		vcpu_kick(v);
}
