// SPDX-License-Identifier: GPL-2.0-only
/* The vCPU's loop: run, look at the exit, give the entry command. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "axrun.h"
#include "console.h"

/* The first one to end the VM says why. Lock held. */
void vm_end(struct vm *vm, int status, const char *fmt, ...)
{
	va_list ap;

	if (vm->ending)
		return;

	va_start(ap, fmt);
	vsnprintf(vm->message, sizeof(vm->message), fmt, ap);
	va_end(ap);
	vm->status = status;
	vm->ending = true;
	vm_kick(vm);
}

/* ---- exits ---------------------------------------------------------------- */

static void do_io_read(struct vm *vm, const volatile struct axvcpu_exit *e)
{
	volatile uint8_t *data = vm->vcpu.run->data;
	uint16_t port = e->io.port;
	unsigned int width = e->io.width;
	unsigned int count = e->io.count;

	if (!(e->io.flags & AXVCPU_IO_STRING)) {
		axv_fulfil(&vm->vcpu, bus_read(&vm->bus, port, width));
		return;
	}

	if (width * count > AXVCPU_RUN_DATA_SIZE)
		count = 0;
	while (count--) {
		uint32_t value = bus_read(&vm->bus, port, width);

		for (unsigned int i = 0; i < width; i++)
			*data++ = value >> (8 * i);
	}
	axv_fulfil(&vm->vcpu, 0);
}

static void do_io_write(struct vm *vm, const volatile struct axvcpu_exit *e)
{
	volatile uint8_t *data = vm->vcpu.run->data;
	uint16_t port = e->io.port;
	unsigned int width = e->io.width;
	unsigned int count = e->io.count;

	axv_fulfil(&vm->vcpu, 0);
	if (!(e->io.flags & AXVCPU_IO_STRING)) {
		bus_write(&vm->bus, port, width, e->io.data);
		return;
	}

	if (width * count > AXVCPU_RUN_DATA_SIZE)
		count = 0;
	while (count--) {
		uint32_t value = 0;

		for (unsigned int i = 0; i < width; i++)
			value |= (uint32_t)*data++ << (8 * i);
		bus_write(&vm->bus, port, width, value);
	}
}

/* No board has devices in memory yet: nobody answers, the bus floats high. */
static void do_mmio_read(struct vm *vm, const volatile struct axvcpu_exit *e)
{
	unsigned int width = e->mmio.width;

	if (e->mmio.flags & AXVCPU_IO_STRING)
		memset((void *)vm->vcpu.run->data, 0xff, AXVCPU_RUN_DATA_SIZE);
	axv_fulfil(&vm->vcpu,
		   width < 8 ? (1ull << (8 * width)) - 1 : UINT64_MAX);
}

static void do_system_down(struct vm *vm, const volatile struct axvcpu_exit *e)
{
	switch (e->system_down.kind) {
	case AXVCPU_DOWN_POWEROFF:
		vm_end(vm, AXRUN_POWEROFF, "the guest powered off");
		break;
	case AXVCPU_DOWN_RESET:
		vm_end(vm, AXRUN_RESET, "the guest asked for a reset");
		break;
	default:
		vm_end(vm, AXRUN_ERROR, "the guest reported a crash");
		break;
	}
}

/* An exit that leaves nothing to go on with. */
static void do_fatal(struct vm *vm, const volatile struct axvcpu_exit *e)
{
	char text[200];

	axv_exit_str(e, text, sizeof(text));
	vm_end(vm, AXRUN_ERROR, "%s (raw %#" PRIx64 " %#" PRIx64 " %#" PRIx64
	       ")", text, (uint64_t)e->raw[0], (uint64_t)e->raw[1],
	       (uint64_t)e->raw[2]);
}

static void handle_exit(struct vm *vm)
{
	const volatile struct axvcpu_exit *e = &vm->vcpu.run->exit;

	switch (e->reason) {
	case AXVCPU_EXIT_IO_READ:
		do_io_read(vm, e);
		break;
	case AXVCPU_EXIT_IO_WRITE:
		do_io_write(vm, e);
		break;
	case AXVCPU_EXIT_MMIO_READ:
		do_mmio_read(vm, e);
		break;
	case AXVCPU_EXIT_MMIO_WRITE:
		axv_fulfil(&vm->vcpu, 0);
		break;
	case AXVCPU_EXIT_HYPERCALL:
		/* none is known: the usual answer is minus one */
		axv_fulfil(&vm->vcpu, UINT64_MAX);
		break;
	case AXVCPU_EXIT_SYSREG_READ:
	case AXVCPU_EXIT_SYSREG_WRITE:
		axv_fault(&vm->vcpu);
		break;
	case AXVCPU_EXIT_STOPPED:
		if (e->stopped.cause == AXVCPU_STOPPED_KICK)
			vm->kicked = false;
		else
			vm_end(vm, AXRUN_ERROR, "the VM was stopped");
		break;
	case AXVCPU_EXIT_IRQ_WINDOW:
	case AXVCPU_EXIT_EXTERNAL_INTERRUPT:
	case AXVCPU_EXIT_HALT:
		break;
	case AXVCPU_EXIT_SYSTEM_DOWN:
		do_system_down(vm, e);
		break;
	case AXVCPU_EXIT_CPU_DOWN:
		vm_end(vm, AXRUN_ERROR, "the guest switched its only CPU off");
		break;
	case AXVCPU_EXIT_SHUTDOWN:
		vm_end(vm, AXRUN_RESET, "the guest reset by a triple fault");
		break;
	default:
		do_fatal(vm, e);
		break;
	}
}

/* ---- --trace and --stats --------------------------------------------------- */

static void trace_exit(struct vm *vm, uint64_t nr)
{
	const volatile struct axvcpu_run *run = vm->vcpu.run;
	char text[200];

	axv_exit_str(&run->exit, text, sizeof(text));
	fprintf(stderr, "exit %" PRIu64 " %s intr=%#x -> %s %#" PRIx64 "%s\n",
		nr, text, run->exit.intr_state,
		axv_command_name(run->entry.command),
		(uint64_t)run->entry.data, console_is_raw() ? "\r" : "");
}

void vm_print_stats(const struct vm *vm)
{
	const volatile struct axvcpu_counters *c = &vm->vcpu.run->counters;

	fprintf(stderr, "%-20s %12" PRIu64 "\n", "entries",
		(uint64_t)c->entries);
	fprintf(stderr, "%-20s %12" PRIu64 "\n", "guest_ns",
		(uint64_t)c->guest_ns);
	fprintf(stderr, "%-20s %12" PRIu64 "\n", "injected",
		(uint64_t)c->injected);
	fprintf(stderr, "%-20s %12" PRIu64 "\n", "s2_faults",
		(uint64_t)c->s2_faults);
	fprintf(stderr, "%-20s %12" PRIu64 "\n", "blocked",
		(uint64_t)c->blocked);
	/* what never reached this process */
	fprintf(stderr, "%-20s %12" PRIu64 "\n", "served_in_kernel",
		(uint64_t)c->exits[AXVCPU_EXIT_NOTHING]);
	for (unsigned int i = 1; i < AXVCPU_EXIT_NR; i++)
		if (c->exits[i])
			fprintf(stderr, "%-20s %12" PRIu64 "\n",
				axv_exit_name(i), (uint64_t)c->exits[i]);
}

/* ---- the loop --------------------------------------------------------------- */

/* In the thread the vCPU is bound to. vm->lock is given up during RUN only. */
void vm_run(struct vm *vm)
{
	uint64_t nr = 0;
	int ret;

	pthread_mutex_lock(&vm->lock);
	for (;;) {
		irq_before_run(vm);
		if (vm->ending)
			break;

		vm->in_guest = true;
		pthread_mutex_unlock(&vm->lock);
		ret = axv_run(&vm->vcpu);
		pthread_mutex_lock(&vm->lock);
		vm->in_guest = false;

		/* the exit half may be an old one: ask before acknowledging */
		vm->window = false;
		if (ret == -EINTR)
			continue;
		if (ret < 0) {
			vm_end(vm, AXRUN_ERROR, "cannot run the vCPU: %s",
			       strerror(-ret));
			break;
		}

		vm->window = (vm->vcpu.run->exit.intr_state &
			      (AXVCPU_INTR_WINDOW | AXVCPU_INTR_PENDING)) ==
			     AXVCPU_INTR_WINDOW;
		handle_exit(vm);
		if (vm->opt.trace)
			trace_exit(vm, ++nr);
	}
	pthread_mutex_unlock(&vm->lock);
}
