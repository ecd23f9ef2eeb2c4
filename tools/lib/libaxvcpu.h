/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * libaxvcpu: a thin layer over the ioctls of /dev/axvcpu.
 *
 * Every function that returns an int gives a value >= 0, or -errno. There is
 * no hidden state, no thread, no allocation: what the library knows is in the
 * handle structures, which belong to the caller and may be read freely.
 * File descriptors are plain ints, so that they can be passed on, polled and
 * closed with close().
 *
 * Any function may be called from any thread; which calls the kernel takes
 * from which thread is the interface's matter, see Documentation/api.rst.
 */
#ifndef LIBAXVCPU_H
#define LIBAXVCPU_H

#include <stddef.h>
#include <stdint.h>

#include <linux/axvcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AXV_DEVICE	"/dev/axvcpu"

#define AXV_PROT_RW	(AXVCPU_PROT_READ | AXVCPU_PROT_WRITE)
#define AXV_PROT_RX	(AXVCPU_PROT_READ | AXVCPU_PROT_EXEC)
#define AXV_PROT_RWX	(AXV_PROT_RW | AXVCPU_PROT_EXEC)

/**
 * struct axv - the device
 * @fd: open file of the device
 * @info: what AXVCPU_GET_INFO said when it was opened
 */
struct axv {
	int fd;
	struct axvcpu_info info;
};

/**
 * struct axv_vcpu - one vCPU
 * @fd: the vCPU's file
 * @run: its run page
 * @fp: FP register group, fp_size bytes, in the same mapping
 * @run_size: bytes of the mapping
 * @fp_size: bytes at @fp
 */
struct axv_vcpu {
	int fd;
	volatile struct axvcpu_run *run;
	void *fp;
	size_t run_size;
	size_t fp_size;
};

/**
 * struct axv_ring - a ring of guest writes
 * @fd: the ring's file
 * @shared: head, tail and counters
 * @records: nr of them
 * @nr: a power of two
 * @size: bytes of the mapping
 */
struct axv_ring {
	int fd;
	struct axvcpu_ring *shared;
	const struct axvcpu_ring_record *records;
	uint32_t nr;
	size_t size;
};

/* ---- the device -------------------------------------------------------- */

/**
 * axv_open() - open the device and ask what it offers
 * @a: handle to fill in
 * @path: the device, NULL for AXV_DEVICE
 *
 * Works on a machine that cannot run a VM: a->info.why then says why.
 *
 * Return: 0; -EPROTONOSUPPORT when the kernel side has another ABI version
 * or another architecture; -errno of open() or AXVCPU_GET_INFO.
 */
int axv_open(struct axv *a, const char *path);

/**
 * axv_close() - close the device; VMs made from it live on
 * @a: handle; harmless when axv_open() failed
 */
void axv_close(struct axv *a);

/* ---- virtual machines -------------------------------------------------- */

/**
 * axv_vm_create() - make a VM
 * @a: the device
 * @flags: AXVCPU_VM_*
 *
 * Return: the VM's file descriptor or -errno.
 */
int axv_vm_create(const struct axv *a, uint32_t flags);

/**
 * axv_vm_create_with() - make a VM, all parameters
 * @a: the device
 * @c: parameters; the size member is filled in on a copy
 *
 * Return: the VM's file descriptor or -errno.
 */
int axv_vm_create_with(const struct axv *a, const struct axvcpu_create_vm *c);

/**
 * axv_vm_control() - pause, resume, stop or restart a VM
 * @vm: VM fd
 * @op: enum axvcpu_vm_op
 * @reason: with AXVCPU_VM_STOP, else 0
 *
 * Return: 0 or -errno.
 */
int axv_vm_control(int vm, uint32_t op, uint32_t reason);

/**
 * axv_vm_state() - state of a VM
 * @vm: VM fd
 * @s: filled in
 *
 * Return: 0 or -errno.
 */
int axv_vm_state(int vm, struct axvcpu_vm_state_info *s);

/**
 * axv_set_io_filter() - replace a VM's port filter
 * @vm: VM fd
 * @r: sorted ranges without overlaps
 * @nr: how many; 0 takes the filter away
 *
 * Return: 0 or -errno.
 */
int axv_set_io_filter(int vm, const struct axvcpu_filter_range *r, uint32_t nr);

/**
 * axv_set_msr_filter() - replace a VM's MSR filter
 * @vm: VM fd
 * @r: sorted ranges without overlaps
 * @nr: how many; 0 takes the filter away
 *
 * Return: 0 or -errno.
 */
int axv_set_msr_filter(int vm, const struct axvcpu_filter_range *r,
		       uint32_t nr);

/* ---- event routes ------------------------------------------------------ */

/**
 * axv_set_irqfd() - AXVCPU_SET_IRQFD, all parameters
 * @vm: VM fd
 * @i: parameters; the size member is filled in on a copy
 *
 * Return: 0 or -errno.
 */
int axv_set_irqfd(int vm, const struct axvcpu_irqfd *i);

/**
 * axv_irqfd() - have an eventfd inject an interrupt, edge-triggered
 * @vm: VM fd
 * @fd: the eventfd
 * @vcpu: id of the vCPU
 * @vector: as in axv_inject_irq()
 *
 * Return: 0 or -errno.
 */
int axv_irqfd(int vm, int fd, uint32_t vcpu, uint32_t vector);

/**
 * axv_irqfd_level() - have an eventfd raise a line
 * @vm: VM fd
 * @fd: the eventfd
 * @resample: the eventfd that takes the line down
 * @vcpu: id of the vCPU
 * @vector: as in axv_inject_irq()
 *
 * Return: 0 or -errno.
 */
int axv_irqfd_level(int vm, int fd, int resample, uint32_t vcpu, uint32_t vector);

/**
 * axv_irqfd_remove() - take the route of an eventfd away
 * @vm: VM fd
 * @fd: the eventfd
 * @vcpu: as it was
 * @vector: as it was
 *
 * Return: 0 or -errno.
 */
int axv_irqfd_remove(int vm, int fd, uint32_t vcpu, uint32_t vector);

/**
 * axv_set_io_route() - AXVCPU_SET_IO_ROUTE: guest writes that are events
 * @vm: VM fd
 * @r: parameters; the size member is filled in on a copy
 *
 * Return: 0 or -errno.
 */
int axv_set_io_route(int vm, const struct axvcpu_io_route *r);

/**
 * axv_io_route_remove() - take a route away
 * @vm: VM fd
 * @r: what it was made with
 *
 * Return: 0 or -errno.
 */
int axv_io_route_remove(int vm, const struct axvcpu_io_route *r);

/**
 * axv_ring_create() - make a ring and map it
 * @a: the device
 * @nr: records, a power of two
 * @event: eventfd that is signalled when it is not empty any more, -1: none
 * @ring: handle to fill in
 *
 * Return: 0 or -errno.
 */
int axv_ring_create(const struct axv *a, uint32_t nr, int event, struct axv_ring *ring);

/**
 * axv_ring_close() - unmap and close it; routes into it go on
 * @ring: handle
 */
void axv_ring_close(struct axv_ring *ring);

/**
 * axv_ring_take() - take the oldest record; one thread at a time
 * @ring: the ring
 * @record: filled in
 *
 * Where it finds nothing the next record signals the ring's eventfd.
 *
 * Return: 1, or 0 when there is none.
 */
int axv_ring_take(struct axv_ring *ring, struct axvcpu_ring_record *record);

/* ---- stage-2 tables ---------------------------------------------------- */

/**
 * axv_stage2_create() - make a guest physical address space
 * @a: the device
 * @gpa_bits: its width, 0 for the default
 *
 * Return: the stage-2's file descriptor or -errno.
 */
int axv_stage2_create(const struct axv *a, uint32_t gpa_bits);

/**
 * axv_s2_map() - AXVCPU_S2_MAP, all parameters
 * @s2: stage-2 fd
 * @m: parameters; size is filled in; uaddr is written for AXVCPU_S2_FD
 *
 * Return: 0 or -errno.
 */
int axv_s2_map(int s2, struct axvcpu_s2_map *m);

/**
 * axv_s2_map_user() - map memory of this process
 * @s2: stage-2 fd
 * @gpa: where the guest sees it
 * @mem: page-aligned memory
 * @len: bytes, a multiple of the page size
 * @prot: AXVCPU_PROT_*
 *
 * Return: 0 or -errno.
 */
int axv_s2_map_user(int s2, uint64_t gpa, void *mem, uint64_t len,
		    uint32_t prot);

/**
 * axv_s2_map_fd() - map a file, shared
 * @s2: stage-2 fd
 * @gpa: where the guest sees it
 * @fd: the file
 * @offset: first byte of it, page aligned
 * @len: bytes, a multiple of the page size
 * @prot: AXVCPU_PROT_*
 * @where: NULL, or set to where this process sees it
 *
 * Return: 0 or -errno.
 */
int axv_s2_map_fd(int s2, uint64_t gpa, int fd, uint64_t offset, uint64_t len,
		  uint32_t prot, void **where);

/**
 * axv_s2_map_zero() - map zeroed pages that the stage-2 owns
 * @s2: stage-2 fd
 * @gpa: where the guest sees them
 * @len: bytes, a multiple of the page size
 * @prot: AXVCPU_PROT_*
 *
 * mmap() of @s2 at offset @gpa shows them to this process.
 *
 * Return: 0 or -errno.
 */
int axv_s2_map_zero(int s2, uint64_t gpa, uint64_t len, uint32_t prot);

/**
 * axv_s2_unmap() - take a range away
 * @s2: stage-2 fd
 * @gpa: first address
 * @len: bytes
 *
 * Return: 0 or -errno.
 */
int axv_s2_unmap(int s2, uint64_t gpa, uint64_t len);

/**
 * axv_s2_protect() - change the rights of a range
 * @s2: stage-2 fd
 * @gpa: first address
 * @len: bytes
 * @prot: new AXVCPU_PROT_*
 *
 * Return: 0 or -errno.
 */
int axv_s2_protect(int s2, uint64_t gpa, uint64_t len, uint32_t prot);

/**
 * axv_s2_stats() - counters of a stage-2
 * @s2: stage-2 fd
 * @s: filled in
 *
 * Return: 0 or -errno.
 */
int axv_s2_stats(int s2, struct axvcpu_s2_stats *s);

/* ---- vCPUs: life ------------------------------------------------------- */

/**
 * axv_vcpu_create() - make a vCPU and map its run page
 * @a: the device
 * @vm: VM fd
 * @id: vCPU id
 * @v: handle to fill in
 *
 * RISC-V: its hart id is @id.
 *
 * Return: 0 or -errno.
 */
int axv_vcpu_create(const struct axv *a, int vm, uint32_t id,
		    struct axv_vcpu *v);

/**
 * axv_vcpu_create_with() - make a vCPU, all parameters
 * @a: the device
 * @vm: VM fd
 * @c: parameters; the size member is filled in on a copy
 * @v: handle to fill in
 *
 * Return: 0 or -errno.
 */
int axv_vcpu_create_with(const struct axv *a, int vm,
			 const struct axvcpu_create_vcpu *c,
			 struct axv_vcpu *v);

/**
 * axv_vcpu_attach() - map the run page of a vCPU fd that came from elsewhere
 * @a: the device
 * @fd: vCPU fd, for instance received over a socket; @v owns it on success
 * @v: handle to fill in
 *
 * Return: 0 or -errno.
 */
int axv_vcpu_attach(const struct axv *a, int fd, struct axv_vcpu *v);

/**
 * axv_vcpu_close() - unmap and close
 * @v: handle; harmless when it was never filled in but zeroed, or closed
 */
void axv_vcpu_close(struct axv_vcpu *v);

/**
 * axv_setup() - AXVCPU_SETUP
 * @v: the vCPU
 * @s: parameters; the size member is filled in on a copy
 *
 * Return: 0 or -errno.
 */
int axv_setup(const struct axv_vcpu *v, const struct axvcpu_setup *s);

/**
 * axv_setup_flat() - start in the architecture's simplest flat mode
 * @v: the vCPU
 * @s2: stage-2 fd
 * @entry: guest address of the first instruction
 * @stack: initial stack pointer
 *
 * Translation is off and interrupts are masked. x86: 32-bit protected mode
 * with flat segments, so @entry and @stack are below 4 GiB. RISC-V: S-mode.
 * The vCPU is runnable whatever its id.
 *
 * Return: 0 or -errno.
 */
int axv_setup_flat(const struct axv_vcpu *v, int s2, uint64_t entry,
		   uint64_t stack);

/**
 * axv_set_entry() - go on at another address; a pending exit is dropped
 * @v: the vCPU
 * @entry: guest address
 *
 * Return: 0 or -errno.
 */
int axv_set_entry(const struct axv_vcpu *v, uint64_t entry);

/**
 * axv_set_root() - use another stage-2 from the next entry on
 * @v: the vCPU
 * @s2: stage-2 fd
 *
 * Return: 0 or -errno.
 */
int axv_set_root(const struct axv_vcpu *v, int s2);

/**
 * axv_bind() - bind the vCPU to the calling thread
 * @v: the vCPU
 *
 * Return: 0 or -errno.
 */
int axv_bind(const struct axv_vcpu *v);

/**
 * axv_run() - run until the next exit
 * @v: the vCPU
 *
 * Return: 0: v->run->exit says why; -EINTR: a signal came; else -errno.
 */
int axv_run(const struct axv_vcpu *v);

/**
 * axv_unbind() - free the vCPU from its thread
 * @v: the vCPU
 *
 * Return: 0 or -errno.
 */
int axv_unbind(const struct axv_vcpu *v);

/**
 * axv_reset() - back to CREATED, from any state but in RUN
 * @v: the vCPU
 *
 * Return: 0 or -errno.
 */
int axv_reset(const struct axv_vcpu *v);

/**
 * axv_kick() - ask for one STOPPED exit, now
 * @v: the vCPU
 *
 * Return: 0 or -errno.
 */
int axv_kick(const struct axv_vcpu *v);

/**
 * axv_stop_word() - ask for one STOPPED exit at the next entry, without a call
 * @v: the vCPU
 *
 * Unlike axv_kick() this does not get a vCPU out of the guest or out of a
 * wait: it is for the thread that runs the vCPU, and for others that follow
 * it with axv_kick() or know that an exit is near.
 */
void axv_stop_word(const struct axv_vcpu *v);

/**
 * axv_get_state() - life-cycle state
 * @v: the vCPU
 * @s: NULL, or filled in
 *
 * Return: enum axvcpu_state or -errno.
 */
int axv_get_state(const struct axv_vcpu *v, struct axvcpu_get_state *s);

/**
 * axv_set_affinity() - host CPUs the vCPU may run on
 * @v: the vCPU
 * @preferred_cpu: hint for the scheduler, -1 for none
 * @cpu_set: bit mask as for sched_setaffinity(), NULL for any CPU
 * @cpu_set_size: bytes at @cpu_set
 *
 * Return: 0 or -errno.
 */
int axv_set_affinity(const struct axv_vcpu *v, int preferred_cpu,
		     const void *cpu_set, uint32_t cpu_set_size);

/* ---- vCPUs: registers and events --------------------------------------- */

/**
 * axv_sync() - registers to and from the run page without running
 * @v: the vCPU
 * @commit: AXVCPU_REGS_* groups to take from the page
 * @fetch: AXVCPU_REGS_* groups to put there, after that
 *
 * Return: 0 or -errno.
 */
int axv_sync(const struct axv_vcpu *v, uint32_t commit, uint32_t fetch);

/**
 * axv_set_gpr() - write one general register
 * @v: the vCPU
 * @reg: index as the architecture's encodings number it
 * @value: new value
 *
 * Return: 0 or -errno.
 */
int axv_set_gpr(const struct axv_vcpu *v, uint32_t reg, uint64_t value);

/**
 * axv_set_return_value() - write the register hypercalls return in
 * @v: the vCPU
 * @value: new value
 *
 * Return: 0 or -errno.
 */
int axv_set_return_value(const struct axv_vcpu *v, uint64_t value);

/**
 * axv_inject_irq() - queue an interrupt
 * @v: the vCPU
 * @vector: which
 *
 * Return: 0; -EAGAIN when it is pending already; else -errno.
 */
int axv_inject_irq(const struct axv_vcpu *v, uint32_t vector);

/**
 * axv_inject_event() - queue an exception, an NMI or a start
 * @v: the vCPU
 * @e: the event; the size member is filled in on a copy
 *
 * Return: 0 or -errno.
 */
int axv_inject_event(const struct axv_vcpu *v,
		     const struct axvcpu_inject_event *e);

/**
 * axv_inject_nmi() - queue an NMI
 * @v: the vCPU
 *
 * Return: 0 or -errno.
 */
int axv_inject_nmi(const struct axv_vcpu *v);

/**
 * axv_inject_exception() - queue an exception
 * @v: the vCPU
 * @vector: which
 * @error_code: its error code, negative when it has none
 *
 * Return: 0 or -errno.
 */
int axv_inject_exception(const struct axv_vcpu *v, uint32_t vector,
			 int64_t error_code);

/**
 * axv_translate() - walk the guest's own page tables
 * @v: the vCPU
 * @gva: guest virtual address
 * @access: AXVCPU_PROT_* to try, 0: only look it up
 * @t: filled in
 *
 * Return: 0 (t->valid says whether there is a translation) or -errno.
 */
int axv_translate(const struct axv_vcpu *v, uint64_t gva, uint32_t access,
		  struct axvcpu_translate *t);

/**
 * axv_get_cpuid() - read the vCPU's CPUID table
 * @v: the vCPU
 * @e: room for the entries
 * @nr: how many fit
 *
 * Return: how many there are; -E2BIG when the room is short; else -errno.
 */
int axv_get_cpuid(const struct axv_vcpu *v, struct axvcpu_cpuid_entry *e,
		  uint32_t nr);

/**
 * axv_set_cpuid() - replace the vCPU's CPUID table
 * @v: the vCPU
 * @e: the entries
 * @nr: how many
 *
 * Return: 0 or -errno.
 */
int axv_set_cpuid(const struct axv_vcpu *v, const struct axvcpu_cpuid_entry *e,
		  uint32_t nr);

/* ---- entry commands: what becomes of the pending exit at the next RUN --- */

/**
 * axv_fulfil() - do the access, with the value read or the call's result
 * @v: the vCPU
 * @data: the value; ignored for writes
 */
static inline void axv_fulfil(const struct axv_vcpu *v, uint64_t data)
{
	v->run->entry.data = data;
	v->run->entry.command = AXVCPU_CMD_FULFIL;
}

/**
 * axv_skip() - go on after the instruction, nothing of it done
 * @v: the vCPU
 */
static inline void axv_skip(const struct axv_vcpu *v)
{
	v->run->entry.command = AXVCPU_CMD_SKIP;
}

/**
 * axv_retry() - execute the instruction again
 * @v: the vCPU
 */
static inline void axv_retry(const struct axv_vcpu *v)
{
	v->run->entry.command = AXVCPU_CMD_RETRY;
}

/**
 * axv_fault() - give the guest the architecture's fault at the instruction
 * @v: the vCPU
 */
static inline void axv_fault(const struct axv_vcpu *v)
{
	v->run->entry.command = AXVCPU_CMD_FAULT;
}

/**
 * axv_allowed() - may this command be given for the pending exit?
 * @v: the vCPU
 * @command: enum axvcpu_command
 *
 * Return: true or false.
 */
static inline int axv_allowed(const struct axv_vcpu *v, uint32_t command)
{
	return (v->run->exit.commands >> command) & 1;
}

/* ---- names ------------------------------------------------------------- */

/**
 * axv_exit_name() - name of an exit reason
 * @reason: enum axvcpu_exit_reason
 *
 * Return: for instance "IO_WRITE", "?" for an unknown one. Never NULL, like
 * all functions here that give a name.
 */
const char *axv_exit_name(uint32_t reason);

/**
 * axv_command_name() - name of an entry command
 * @command: enum axvcpu_command
 *
 * Return: for instance "FULFIL".
 */
const char *axv_command_name(uint32_t command);

/**
 * axv_state_name() - name of a vCPU state
 * @state: enum axvcpu_state
 *
 * Return: for instance "READY".
 */
const char *axv_state_name(uint32_t state);

/**
 * axv_fail_name() - what a FAIL_ENTRY code says, in words
 * @code: enum axvcpu_fail_code
 *
 * Return: a phrase.
 */
const char *axv_fail_name(uint32_t code);

/**
 * axv_x86_check_name() - what is wrong, of a FAIL_ENTRY of x86, in words
 * @check: enum axvcpu_x86_check
 *
 * Return: a phrase, empty where that is not known.
 */
const char *axv_x86_check_name(uint32_t check);

/**
 * axv_x86_field_name() - and with what
 * @field: enum axvcpu_x86_field
 *
 * Return: for instance "CS", empty where that is not known.
 */
const char *axv_x86_field_name(uint32_t field);

/**
 * axv_x86_refusal_name() - what the hardware reason of a FAIL_ENTRY of x86 says, in words
 * @reason: exit.fail_entry.hardware_reason: with VMX a VM-instruction error, or an exit
 *	reason with the bit of a failed entry; with SVM the exit code
 *
 * Return: a phrase, empty where that is not known.
 */
const char *axv_x86_refusal_name(uint64_t reason);

/**
 * axv_internal_name() - what an INTERNAL_ERROR says, in words
 * @what: enum axvcpu_internal_error
 *
 * Return: a phrase.
 */
const char *axv_internal_name(uint32_t what);

/**
 * axv_why_name() - why there can be no VM, in a word
 * @why: enum axvcpu_why
 *
 * Return: for instance "held"; a->info.why_text is the whole sentence.
 */
const char *axv_why_name(uint32_t why);

/**
 * axv_exit_str() - one line about an exit
 * @e: the exit half of a run page
 * @buf: where to write, always terminated unless @len is 0
 * @len: bytes at @buf; 160 are enough
 *
 * Return: @buf.
 */
char *axv_exit_str(const volatile struct axvcpu_exit *e, char *buf, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* LIBAXVCPU_H */
