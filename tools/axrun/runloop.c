// SPDX-License-Identifier: GPL-2.0-only
/* The vCPU's loop: run, look at the exit, give the entry command. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "axrun.h"
#include "console.h"

/*
 * Get the vCPU out of RUN. The kick is sticky: if RUN has not begun yet, it
 * ends at once; if the guest runs, it comes out; if it waits, it wakes. One
 * STOPPED exit follows; no second kick while that one is owed.
 */
void vcpu_kick(struct vcpu *v)
{
	int ret;

	/* its thread itself looks before it enters the guest again */
	if (!v->in_guest || v->kicked)
		return;

	ret = axv_kick(&v->axv);
	if (ret < 0)
		say("cannot kick vCPU %u: %s", v->id, strerror(-ret));
	else
		v->kicked = true;
}

static void kick_all(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vcpu_kick(&vm->vcpu[i]);
}

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
	kick_all(vm);
}

/* ---- exits ---------------------------------------------------------------- */

static void do_io_read(struct vcpu *v, const volatile struct axvcpu_exit *e)
{
	volatile uint8_t *data = v->axv.run->data;
	uint16_t port = e->io.port;
	unsigned int width = e->io.width;
	unsigned int count = e->io.count;

	if (!(e->io.flags & AXVCPU_IO_STRING)) {
		axv_fulfil(&v->axv, bus_read(&v->vm->ports, port, width));
		return;
	}

	if (width * count > AXVCPU_RUN_DATA_SIZE)
		count = 0;
	while (count--) {
		uint64_t value = bus_read(&v->vm->ports, port, width);

		for (unsigned int i = 0; i < width; i++)
			*data++ = value >> (8 * i);
	}
	axv_fulfil(&v->axv, 0);
}

static void do_io_write(struct vcpu *v, const volatile struct axvcpu_exit *e)
{
	volatile uint8_t *data = v->axv.run->data;
	uint16_t port = e->io.port;
	unsigned int width = e->io.width;
	unsigned int count = e->io.count;

	axv_fulfil(&v->axv, 0);
	if (!(e->io.flags & AXVCPU_IO_STRING)) {
		bus_write(&v->vm->ports, port, width, e->io.data);
		return;
	}

	if (width * count > AXVCPU_RUN_DATA_SIZE)
		count = 0;
	while (count--) {
		uint64_t value = 0;

		for (unsigned int i = 0; i < width; i++)
			value |= (uint64_t)*data++ << (8 * i);
		bus_write(&v->vm->ports, port, width, value);
	}
}

static void do_mmio_read(struct vcpu *v, const volatile struct axvcpu_exit *e)
{
	axv_fulfil(&v->axv, bus_read(&v->vm->mmio, e->mmio.gpa, e->mmio.width));
}

static void do_mmio_write(struct vcpu *v, const volatile struct axvcpu_exit *e)
{
	axv_fulfil(&v->axv, 0);
	bus_write(&v->vm->mmio, e->mmio.gpa, e->mmio.width, e->mmio.data);
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

/* The vCPU waits for another start now: the kernel does that in RUN. */
static void do_cpu_down(struct vm *vm)
{
	if (vm->nr_vcpus == 1)
		vm_end(vm, AXRUN_ERROR, "the guest switched its only CPU off");
}

static void handle_exit(struct vcpu *v)
{
	const volatile struct axvcpu_exit *e = &v->axv.run->exit;
	struct vm *vm = v->vm;

	if (vm->opt.board->exit && vm->opt.board->exit(v, e))
		return;

	switch (e->reason) {
	case AXVCPU_EXIT_IO_READ:
		do_io_read(v, e);
		break;
	case AXVCPU_EXIT_IO_WRITE:
		do_io_write(v, e);
		break;
	case AXVCPU_EXIT_MMIO_READ:
		do_mmio_read(v, e);
		break;
	case AXVCPU_EXIT_MMIO_WRITE:
		do_mmio_write(v, e);
		break;
	case AXVCPU_EXIT_HYPERCALL:
		/* none is known: the usual answer is minus one */
		axv_fulfil(&v->axv, UINT64_MAX);
		break;
	case AXVCPU_EXIT_SYSREG_READ:
	case AXVCPU_EXIT_SYSREG_WRITE:
		axv_fault(&v->axv);
		break;
	case AXVCPU_EXIT_STOPPED:
		if (e->stopped.cause == AXVCPU_STOPPED_KICK)
			v->kicked = false;
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
		do_cpu_down(vm);
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

static void trace_exit(struct vcpu *v)
{
	const volatile struct axvcpu_run *run = v->axv.run;
	char who[24] = "";
	char text[200];

	if (v->vm->nr_vcpus > 1)
		snprintf(who, sizeof(who), "vcpu=%u ", v->id);
	axv_exit_str(&run->exit, text, sizeof(text));
	fprintf(stderr, "exit %" PRIu64 " %s%s intr=%#x -> %s %#" PRIx64 "%s\n",
		++v->exits, who, text, run->exit.intr_state,
		axv_command_name(run->entry.command),
		(uint64_t)run->entry.data, console_is_raw() ? "\r" : "");
}

static void print_stat(const char *name, uint64_t value)
{
	fprintf(stderr, "%-20s %12" PRIu64 "\n", name, value);
}

/* Of all vCPUs together. */
void vm_print_stats(const struct vm *vm)
{
	struct axvcpu_counters sum = { 0 };

	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		const volatile struct axvcpu_counters *c =
			&vm->vcpu[i].axv.run->counters;

		sum.entries += c->entries;
		sum.guest_ns += c->guest_ns;
		sum.injected += c->injected;
		sum.s2_faults += c->s2_faults;
		sum.blocked += c->blocked;
		for (unsigned int j = 0; j < AXVCPU_EXIT_NR; j++)
			sum.exits[j] += c->exits[j];
	}

	print_stat("entries", sum.entries);
	print_stat("guest_ns", sum.guest_ns);
	print_stat("injected", sum.injected);
	print_stat("s2_faults", sum.s2_faults);
	print_stat("blocked", sum.blocked);
	/* what never reached this process */
	print_stat("served_in_kernel", sum.exits[AXVCPU_EXIT_NOTHING]);
	for (unsigned int i = 1; i < AXVCPU_EXIT_NR; i++)
		if (sum.exits[i])
			print_stat(axv_exit_name(i), sum.exits[i]);
}

/* ---- the loop --------------------------------------------------------------- */

/* In the thread the vCPU is bound to. vm->lock is given up during RUN only. */
static void vcpu_loop(struct vcpu *v)
{
	const struct board *board = v->vm->opt.board;
	struct vm *vm = v->vm;
	int ret;

	pthread_mutex_lock(&vm->lock);
	for (;;) {
		if (board->before_run)
			board->before_run(v);
		if (vm->ending)
			break;

		v->in_guest = true;
		pthread_mutex_unlock(&vm->lock);
		ret = axv_run(&v->axv);
		pthread_mutex_lock(&vm->lock);
		v->in_guest = false;

		v->exited = ret == 0;
		if (ret == -EINTR)
			continue;
		if (ret < 0) {
			vm_end(vm, AXRUN_ERROR, "cannot run vCPU %u: %s",
			       v->id, strerror(-ret));
			break;
		}

		handle_exit(v);
		if (vm->opt.trace)
			trace_exit(v);
	}
	/* a signal handler ends the VM without kicking anyone */
	kick_all(vm);
	pthread_mutex_unlock(&vm->lock);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	int ret = axv_bind(&v->axv);

	if (ret < 0) {
		pthread_mutex_lock(&v->vm->lock);
		vm_end(v->vm, AXRUN_ERROR, "cannot bind vCPU %u: %s", v->id,
		       strerror(-ret));
		pthread_mutex_unlock(&v->vm->lock);
		return NULL;
	}
	vcpu_loop(v);
	return NULL;
}

void vcpus_create(struct vm *vm)
{
	const struct board *board = vm->opt.board;

	for (unsigned int i = 0; i < vm->opt.cpus; i++) {
		struct axvcpu_create_vcpu args = {
			.id = i,
			.preferred_cpu = -1,
		};
		struct vcpu *v = &vm->vcpu[i];
		int ret;

		if (board->vcpu_args)
			board->vcpu_args(&vm->opt, &args);
		v->vm = vm;
		v->id = i;
		ret = axv_vcpu_create_with(&vm->axv, vm->fd, &args, &v->axv);
		if (ret < 0)
			die("cannot make vCPU %u: %s", i, strerror(-ret));
		vm->nr_vcpus++;
	}
}

void vm_run(struct vm *vm)
{
	unsigned int started = 1;
	sigset_t all;
	sigset_t old;
	int ret = 0;

	/* signals are for this thread: they must get it out of RUN */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (started < vm->nr_vcpus) {
		struct vcpu *v = &vm->vcpu[started];

		ret = pthread_create(&v->thread, NULL, vcpu_thread, v);
		if (ret)
			break;
		started++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret) {
		pthread_mutex_lock(&vm->lock);
		vm_end(vm, AXRUN_ERROR, "cannot start a thread: %s",
		       strerror(ret));
		pthread_mutex_unlock(&vm->lock);
	}

	vcpu_thread(&vm->vcpu[0]);
	for (unsigned int i = 1; i < started; i++)
		pthread_join(vm->vcpu[i].thread, NULL);
}
