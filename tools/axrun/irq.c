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
 *	  and none is queued: acknowledge, inject the vector;
 *	- output (still) high: ask for an IRQ_WINDOW exit, and look again then.
 *  3. Who raises the output while the vCPU is in_guest kicks it. The kick is
 *     sticky: if RUN has not begun yet, it ends at once; if the guest runs,
 *     it comes out; if it waits in a halt, it wakes. One STOPPED exit follows,
 *     and that leads to 2. No second kick while that exit is owed.
 *
 * An edge can rise before 2 (then 2 sees it), or after 2 (then in_guest is
 * set and 3 kicks). There is no third case, so none is lost. Where 2 has asked
 * for the window, 3 leaves the kick out: that exit leads to 2 just as well,
 * and as early as any interrupt could be taken.
 */
#include <errno.h>
#include <string.h>

#include "axrun.h"

/*
 * Nothing is pending between an acknowledge and the guest's handler but the
 * vector in the kernel's queue: AXVCPU_INTR_PENDING in the next exit.
 */
void irq_before_run(struct vm *vm)
{
	volatile struct axvcpu_run *run = vm->vcpu.run;

	vm->want_window = false;
	if (vm->irq.output && vm->irq.output(vm->irq.opaque)) {
		if (vm->window) {
			unsigned int vector = vm->irq.ack(vm->irq.opaque);
			int ret = axv_inject_irq(&vm->vcpu, vector);

			if (ret < 0)
				vm_end(vm, AXRUN_ERROR,
				       "cannot inject vector %#x: %s", vector,
				       strerror(-ret));
			vm->window = false;
		}
		vm->want_window = vm->irq.output(vm->irq.opaque);
	}
	run->entry.flags = vm->want_window ? AXVCPU_ENTRY_IRQ_WINDOW : 0;
}

void vm_kick(struct vm *vm)
{
	int ret;

	/* the vCPU thread itself looks before it enters the guest again */
	if (!vm->in_guest || vm->kicked)
		return;

	ret = axv_kick(&vm->vcpu);
	if (ret < 0)
		say("cannot kick the vCPU: %s", strerror(-ret));
	else
		vm->kicked = true;
}

void irq_changed(struct vm *vm)
{
	/* the guest comes out for it anyway */
	if (vm->want_window)
		return;
	if (vm->irq.output(vm->irq.opaque))
		vm_kick(vm);
}
