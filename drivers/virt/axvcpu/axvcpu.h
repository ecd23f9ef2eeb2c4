/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * axvcpu: what the core's files share, and what a backend gives them.
 *
 * Address spaces: gva is a guest virtual address, gpa a guest physical one,
 * hva an address in the process that mapped the memory, hpa what the hardware
 * puts on its bus. gfn, pfn: gpa and hpa in pages.
 *
 * Lock legend used at the structures: [I] set once before anyone else can
 * see the object, [v] axv_vcpu.lock, [m] axv_vm.lock, [a] atomic or a single
 * word read with READ_ONCE, [o] only the thread inside RUN.
 *
 * Order: axv_vcpu.lock, axv_vm.lock, mmap_lock, axv_stage2.lock. None is held
 * across a guest entry but axv_vcpu.lock, which nobody waits for: a second
 * caller gets EBUSY.
 */
#ifndef AXVCPU_H
#define AXVCPU_H

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/axvcpu.h>

#include "compat/compat.h"

typedef u64 axv_gpa_t;
typedef u64 axv_gva_t;
typedef u64 axv_hpa_t;

struct axv_stage2;
struct axv_vcpu;
struct axv_vm;
struct seq_file;

#include "axv_arch.h"	/* struct axv_vcpu_arch, struct axv_vm_arch */
#include "route.h"

#define AXV_MAX_VMS		4096
#define AXV_MAX_VCPUS		64
#define AXV_MAX_FILTER_RANGES	256

/* ---- VM (vm.c) ----------------------------------------------------------- */

/**
 * struct axv_filter - a sorted table of ranges, replaced as a whole
 * @rcu: old tables go after a grace period
 * @nr: number of @ranges
 * @ranges: as user space gave them, checked
 */
struct axv_filter {
	struct rcu_head rcu;
	u32 nr;
	struct axvcpu_filter_range ranges[];
};

struct axv_vm {
	struct kref refs;
	u32 id;					/* [I] for debugfs and traces */
	u32 flags;				/* [I] AXVCPU_VM_* */
	u32 exception_exits;			/* [I] */
	u64 arch_flags;				/* [I] */
	struct mutex lock;
	struct axv_vcpu *vcpus[AXV_MAX_VCPUS];	/* [m] to write, RCU to read */
	u32 nr_vcpus;				/* [m] */
	u32 state;				/* [m] to write, [a] to read */
	u32 stop_reason;			/* [m] to write, [a] to read */
	struct axv_filter __rcu *io_filter;	/* [m] */
	struct axv_filter __rcu *msr_filter;	/* [m] */
	struct axv_routes routes;
	struct list_head node;			/* axv_vms, under axv_vms_lock */
	struct axv_vm_arch arch;
};

extern const struct file_operations axv_vm_fops;
extern struct list_head axv_vms;
extern struct mutex axv_vms_lock;
int axv_vm_create(const struct axvcpu_create_vm *args);
void axv_vm_get(struct axv_vm *vm);
void axv_vm_put(struct axv_vm *vm);

/* The action for @nr in @filter; AXVCPU_FILTER_DEFAULT outside all ranges. */
u32 axv_filter_action(struct axv_filter __rcu **filter, u32 nr, bool write);

/* ---- vCPU (vcpu.c: life cycle, run.c: the loop) --------------------------- */

#define AXV_S2_PEEKS	6	/* code, and five levels of page tables */
#define AXV_S2_HOLES	4

/**
 * struct axv_s2_peek - guest memory that was read in a section, as a TLB has it
 * @generation: axv_s2_generation() that all of it is good for
 * @gfn: page of guest memory, ~0: none
 * @kva: where the kernel has it
 * @layout: axv_s2_layout() that @hole is good for
 * @hole: pages where nothing is mapped
 */
struct axv_s2_peek {
	u64 generation;
	struct {
		u64 gfn;
		const void *kva;
	} page[AXV_S2_PEEKS];
	u64 layout;
	u64 hole[AXV_S2_HOLES];
};

enum axv_mode {
	AXV_OUTSIDE,		/* no IPI is needed to be noticed */
	AXV_IN_GUEST,		/* in a section, interrupts off: send an IPI */
};

struct axv_vcpu {
	struct axv_vm *vm;			/* [I] */
	u32 id;					/* [I] */
	unsigned long lock;			/* bit 0, see axv_trylock() */
	u32 state;				/* [v] to write, [a] to read */
	spinlock_t owner_lock;
	struct pid *owner;			/* [v] and owner_lock: thread it is bound to */
	struct axv_stage2 *s2;			/* [v] attached, see axv_s2_attach() */
	struct list_head s2_node;		/* axv_stage2.vcpus */
	struct cpumask cpus;			/* [v] CPUs RUN may use */
	bool cpus_set;				/* [v] @cpus restricts */
	int preferred_cpu;			/* [v] -1: none */

	int cpu;				/* [a] CPU of the section, or the last one */
	enum axv_mode mode;			/* [a] */
	struct task_struct *task;		/* [o] the thread inside RUN */
	u32 fault_wait;				/* it may wait in a fault: s2_page.c */
	wait_queue_head_t wait;			/* BLOCKED */
	u32 poll_ns;				/* [o] how long it looks before it sleeps */

	struct axvcpu_run *run;			/* [I] shared with user space: hostile */
	void *fp;				/* [I] the FP group of that mapping */
	void *copy;				/* [o] register groups, once one is committed */
	struct axvcpu_exit exit;		/* [v] ours: reason, insn and words */
	u32 commands;				/* [v] entry commands @exit allows */
	u32 entry_flags;			/* [o] AXVCPU_ENTRY_* of this RUN */
	struct axvcpu_counters count;		/* [o] copied to the run page; guest_ns is */
	u64 guest_cycles;			/* [o] this, in ticks of axv_counter() */
	struct axv_s2_peek peek;		/* [o] used in sections only */
	bool prepare;				/* [a] section_prepare() is to be called */
	bool finish;				/* [o] section_finish() likewise */
	bool leaves_traces;			/* [o] put() has something to do, see there */
	bool watched;				/* [o] @notifier is registered */
#ifdef CONFIG_PREEMPT_NOTIFIERS
	struct preempt_notifier notifier;	/* [o] */
#endif

	struct rcu_head rcu;			/* siblings may still look at it */
	struct axv_vcpu_arch arch;
};

extern const struct file_operations axv_vcpu_fops;
int axv_vcpu_create(struct axv_vm *vm, const struct axvcpu_create_vcpu *args);

/* members of axvcpu_exit.words that an exit of each reason uses, and the most */
extern const u8 axv_exit_words[AXVCPU_EXIT_NR];
#define AXV_EXIT_WORDS	7

/* Begin to fill in @x for @reason: what the last one left goes. */
static inline void axv_exit_reason(struct axvcpu_exit *x, u32 reason)
{
	unsigned int i;

	/* a loop to that number would be a call of memset() */
	for (i = 0; i < 3; i++)
		x->words[i] = 0;
	if (unlikely(axv_exit_words[x->reason] > 3))
		for (; i < AXV_EXIT_WORDS; i++)
			x->words[i] = 0;
	x->reason = reason;
}

/**
 * axv_route_write() - a guest's write, before it becomes an exit
 * @v: the vCPU; its own thread calls, interrupts may be off
 * @port: a port, not memory
 * @addr: first address
 * @width: bytes
 * @data: value, zero-extended
 *
 * Return: true: the write is done; go on behind the instruction.
 */
static __always_inline bool axv_route_write(struct axv_vcpu *v, bool port, u64 addr, u32 width,
					    u64 data)
{
	if (likely(!rcu_access_pointer(v->vm->routes.io)))
		return false;
	return axv_route_lookup(v, port, addr, width, data);
}

/* v->commands while no exit waits for a decision */
#define AXV_NO_DECISION	(BIT(AXVCPU_CMD_NONE) | BIT(AXVCPU_CMD_RETRY))

/* bytes of a vCPU fd's mapping, and where the FP group stands in it */
#define AXV_RUN_SIZE		round_up(0x4000, PAGE_SIZE)
#define AXV_RUN_FP		0x1000
#define AXV_RUN_FP_SIZE		0x3000

/* A vCPU is called by one thread at a time; nobody ever waits for another. */
static inline bool axv_trylock(struct axv_vcpu *v)
{
	return !test_and_set_bit_lock(0, &v->lock);
}

static inline void axv_unlock(struct axv_vcpu *v)
{
	clear_bit_unlock(0, &v->lock);
}

/* Make @v leave the guest, or its wait, and look at its events. Any context. */
void axv_vcpu_kick(struct axv_vcpu *v);

/*
 * As axv_vcpu_kick(), and wait until the CPU has left the guest, which it does not enter
 * before it has looked at what was changed. Interrupts on.
 */
void axv_vcpu_drive_out(struct axv_vcpu *v);

/* Copy groups from the run page and give them to the backend, or the reverse. */
int axv_commit(struct axv_vcpu *v, u32 groups);
void axv_fetch(struct axv_vcpu *v, u32 groups);

/* At load, when the backend is known, and at unload. */
void axv_run_init(void);
void axv_run_exit(void);

/* RUN, with v->lock held and the state checked: 0 with an exit published. */
int axv_run(struct axv_vcpu *v);

/* ---- answers of a backend to the run loop --------------------------------- */

enum axv_next {
	/* v->exit is filled in: return it to user space */
	AXV_EXIT	= 0,
	/* enter the guest again, in the same section where possible */
	AXV_RESUME	= 1,
	/* leave the section (a host interrupt is pending), then enter again */
	AXV_BREAK	= 2,
	/* leave the section and call ops->handle() with interrupts on */
	AXV_SLOW	= 3,
	/* the guest waits for an event: block, or HALT where the VMM asked */
	AXV_HALT	= 4,
	/* the same pending interrupt, but the section may go on: section_again() */
	AXV_SERVE	= 5,
};

/**
 * struct axv_arch_ops - one hardware backend
 *
 * One table is chosen by axv_arch_probe(). Functions that return int give 0,
 * an enum axv_next where said, or a negative errno. "Sleeps" marks those
 * called with interrupts and preemption on that may sleep.
 */
struct axv_arch_ops {
	const char *name;
	u32 backend;			/* enum axvcpu_backend */

	/* vm->msr_filter changed; vm->lock is held. Sleeps. */
	int (*filter_changed)(struct axv_vm *vm);
	void (*vm_destroy)(struct axv_vm *vm);

	/* Memory and defaults for a new vCPU, before anyone sees it. Sleeps. */
	int (*vcpu_create)(struct axv_vcpu *v, const struct axvcpu_create_vcpu *args);
	void (*vcpu_destroy)(struct axv_vcpu *v);
	/* Check the whole of @args (EINVAL: nothing changed), then load the
	 * start state; set_root() comes after it. Sleeps.
	 */
	int (*vcpu_setup)(struct axv_vcpu *v, const struct axvcpu_setup *args);
	/* Back to what vcpu_create() left; cannot fail. Sleeps. */
	void (*vcpu_reset)(struct axv_vcpu *v);
	/* v->s2 changed: the next entry uses the new root. */
	void (*set_root)(struct axv_vcpu *v);
	int (*set_entry)(struct axv_vcpu *v, u64 entry);
	int (*set_gpr)(struct axv_vcpu *v, u32 reg, u64 value);
	void (*set_return_value)(struct axv_vcpu *v, u64 value);

	/* Queue an event; from any thread, without v->lock, does not sleep.
	 * The caller kicks. EINVAL, EAGAIN.
	 */
	int (*inject_interrupt)(struct axv_vcpu *v, u32 vector);
	int (*inject_event)(struct axv_vcpu *v, const struct axvcpu_inject_event *ev);
	/* Is it a @vector for inject_interrupt(), without AXVCPU_INTERRUPT_CLEAR?
	 * NULL: that is not known before.
	 */
	bool (*valid_interrupt)(const struct axv_vcpu *v, u32 vector);
	/* False while the guest waits (halt, wait-for-start) and nothing that
	 * would end the wait is queued. Called without v->lock by the vCPU's
	 * own thread only.
	 */
	bool (*runnable)(struct axv_vcpu *v);

	/* Groups @groups of *@regs (a private copy) and, for AXVCPU_REGS_FP, of
	 * @fp (a private copy too, or NULL): check all, then take all. Sleeps.
	 */
	int (*commit_regs)(struct axv_vcpu *v, u32 groups,
			   const struct axvcpu_run *regs, const void *fp);
	/* The other way; *@regs and @fp may be the hostile page: write only. */
	void (*fetch_regs)(struct axv_vcpu *v, u32 groups,
			   struct axvcpu_run *regs, void *fp);

	int (*translate)(struct axv_vcpu *v, struct axvcpu_translate *t); /* sleeps */
	/* NULL: the architecture has no such table */
	int (*set_cpuid)(struct axv_vcpu *v, const struct axvcpu_cpuid_entry *e, u32 nr);
	/* Writes at most @room entries to @e, returns how many there are. */
	int (*get_cpuid)(struct axv_vcpu *v, struct axvcpu_cpuid_entry *e, u32 room);

	/* What goes with any exit, into the run page at @x: pc, raw and
	 * intr_state. The page is hostile: written only. Returns the entry
	 * commands that v->exit allows, as a mask of 1 << enum axvcpu_command;
	 * NONE in it: the exit needs no decision.
	 */
	u32 (*describe)(struct axv_vcpu *v, struct axvcpu_exit *x);
	/* Do @cmd for v->exit. @data: the value of FULFIL; v->run->data holds
	 * string I/O elements (hostile: copy once). enum axv_next. Sleeps.
	 */
	int (*complete)(struct axv_vcpu *v, u32 cmd, u64 data);

	/* The section, in this order. prepare: preemption on, may sleep, undone
	 * by finish (guest FPU, so that preemption is off between the two); both
	 * where v->prepare and v->finish ask for it. begin and end: interrupts
	 * off. enter: interrupts off, load events, switch, serve what can be
	 * served right there; enum axv_next.
	 */
	void (*section_prepare)(struct axv_vcpu *v);
	void (*section_begin)(struct axv_vcpu *v);
	int (*enter)(struct axv_vcpu *v);
	/* After an enter() that said AXV_SERVE, when the host's interrupts have
	 * been let in with the guest's state loaded: what section_begin() looks
	 * at and they, or others meanwhile, may have changed. Interrupts are off
	 * again; the thread was not scheduled. False: the section is to end.
	 * NULL where no enter() says so.
	 */
	bool (*section_again)(struct axv_vcpu *v);
	void (*section_end)(struct axv_vcpu *v);
	void (*section_finish)(struct axv_vcpu *v);
	/* After an enter() that said AXV_SLOW. enum axv_next. Sleeps. */
	int (*handle)(struct axv_vcpu *v);
	/* RUN returns, or the thread is scheduled out: preemption off. After
	 * it the CPU has nothing of the vCPU that others could meet. Called
	 * where section_begin() set v->leaves_traces only.
	 */
	void (*put)(struct axv_vcpu *v);

	u64 (*get_pc)(struct axv_vcpu *v);
	/* AXVCPU_INTR_*; the exit code of the hardware, for the trace */
	u32 (*intr_state)(struct axv_vcpu *v);
	u64 (*exit_code)(struct axv_vcpu *v);

	/* Lines "name value" for debugfs, of what it counts. NULL: nothing. Sleeps. */
	void (*show)(struct seq_file *m);

	/* What of GET_INFO's arch_features is of the moment. NULL: nothing. Sleeps. */
	u64 (*features_now)(void);
};

/**
 * struct axv_probe - what axv_arch_probe() found
 * @ops: the backend, NULL where @why is not AXVCPU_WHY_USABLE at load already
 * @why: enum axvcpu_why
 * @why_errno: what CREATE_VM fails with
 * @why_text: the sentence
 * @info: fields a backend knows: gpa_bits, page_sizes, stage2_levels, tags,
 *	fp_size, max_cpuid, arch_features
 */
struct axv_probe {
	const struct axv_arch_ops *ops;
	u32 why;
	int why_errno;
	char why_text[160];
	struct axvcpu_info info;
};

/* Once at load; 0, also where nothing usable was found, or a real failure. */
int axv_arch_init(struct axv_probe *probe);
void axv_arch_exit(void);

extern struct axv_probe axv_probe;
#define axv_ops	(axv_probe.ops)

/* ---- ioctl.c -------------------------------------------------------------- */

/**
 * struct axv_ioctl - one row of an fd kind's table
 * @cmd: request
 * @min: size of the structure's first version, 0: no argument
 * @size: size as the kernel knows it
 * @flags: AXV_IOCTL_OUT: copied back on success
 * @fn: does it; @arg is a zero-extended private copy
 */
struct axv_ioctl {
	unsigned int cmd;
	u16 min;
	u16 size;
	u32 flags;
	long (*fn)(struct file *file, void *arg);
};

#define AXV_IOCTL_OUT	1u
#define AXV_IOCTL_ROW(_cmd, _type, _flags, _fn) \
	{ .cmd = _cmd, .min = sizeof(_type), .size = sizeof(_type), .flags = _flags, .fn = _fn }
#define AXV_IOCTL_VOID(_cmd, _fn) { .cmd = _cmd, .fn = _fn }
#define AXV_IOCTL_MAX	512	/* bytes of the largest argument */

/* Make an fd for @object; see vm.c. */
int axv_install_fd(const char *name, const struct file_operations *fops, void *object);

long axv_ioctl(struct file *file, unsigned int cmd, unsigned long arg,
	       const struct axv_ioctl *table, unsigned int nr);

/* ---- debugfs.c -------------------------------------------------------------- */
void axv_debugfs_init(void);
void axv_debugfs_exit(void);

#endif /* AXVCPU_H */
