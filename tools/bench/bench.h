/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measurements need of a hypervisor; axvcpu and KVM each have it. */
#ifndef AXV_BENCH_H
#define AXV_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCPUS	2	/* of a VM, at most */

enum exit_kind {
	EXIT_PORT_WRITE,
	EXIT_PORT_READ,
	EXIT_MMIO_WRITE,
	EXIT_MMIO_READ,
	EXIT_HYPERCALL,
	EXIT_OTHER,

	/* what a guest does that is done */
#ifdef __x86_64__
	EXIT_DONE = EXIT_PORT_WRITE,
#else
	EXIT_DONE = EXIT_MMIO_WRITE,
#endif
};

/**
 * struct hv - a hypervisor; it has one VM at a time, of one vCPU unless there is a second
 * @name: its column
 * @open: open the device; false: there is none
 * @create: make the VM with @ram at 0, ready to run at @entry in flat 32-bit
 *	mode. With @bare, nothing is done that this does not need.
 * @destroy: all of it gone
 * @exits: run through @n exits to user space, each of @kind, and answer them
 * @second: another vCPU, ready to run at @entry; exits() of the calling thread is its
 *	from now on
 * @map: show @mem to the guest at @gpa
 * @unmap: no longer
 * @tsc: guest TSC equals host TSC from now on, of the calling thread's vCPU (x86)
 * @inject: queue GUEST_VECTOR, or raise a line
 * @lower: the handler has run: the line is down again
 * @stop: from another thread: get run_stopped() back
 * @run_stopped: run until a stop
 * @event: serve writes to GUEST_EVENT by an eventfd; NULL: no such thing
 * @chip: the next create() makes a VM with the interrupt controller in the kernel, where
 *	there is a choice; NULL: there is none, it is there or nobody has one
 * @irqfd: have irqfd_signal() do as inject() from now on; set up before create(),
 *	which makes another kind of VM where it takes that; false: no such thing here
 * @irqfd_signal: write to the eventfd
 * @view: go on with another table of the same memory, of two by turns; NULL:
 *	no such thing
 */
struct hv {
	const char *name;
	bool (*open)(void);
	void (*create)(void *ram, uint32_t entry, bool bare);
	void (*destroy)(void);
	void (*exits)(enum exit_kind kind, unsigned int n);
	void (*second)(uint32_t entry);
	void (*map)(uint64_t gpa, void *mem, size_t len);
	void (*unmap)(uint64_t gpa, size_t len);
	void (*tsc)(void);
	void (*inject)(void);
	void (*lower)(void);
	void (*stop)(void);
	void (*run_stopped)(void);
	void (*event)(void);
	void (*chip)(void);
	bool (*irqfd)(void);
	void (*irqfd_signal)(void);
	void (*view)(void);
};

extern const struct hv hv_axvcpu, hv_kvm;

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif /* AXV_BENCH_H */
