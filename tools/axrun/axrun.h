/* SPDX-License-Identifier: GPL-2.0-only */
/* axrun: what its parts share. */
#ifndef AXRUN_H
#define AXRUN_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libaxvcpu.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define KIB		(1ull << 10)
#define MIB		(1ull << 20)
#define GIB		(1ull << 30)

#define NSEC_PER_SEC	1000000000ull
#define NSEC_PER_MSEC	1000000ull

/* exit statuses, as Documentation/axrun.rst lists them */
enum axrun_status {
	AXRUN_POWEROFF	= 0,
	AXRUN_ERROR	= 1,
	AXRUN_USAGE	= 2,
	AXRUN_RESET	= 3,
	AXRUN_QUIT	= 4,
};

/* ---- util.c: messages and parsing --------------------------------------- */

/* "axrun: ..." on stderr, right in a raw terminal too */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* the same, then exit(AXRUN_ERROR); not for the event thread */
void die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* the same, then exit(AXRUN_USAGE) */
void die_usage(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void *xcalloc(size_t nr, size_t size);
uint64_t now_ns(void);
/* SIZE[K|M|G], any base strtoull() knows; false when it is something else */
bool parse_size(const char *text, uint64_t *size);
/* FILE@ADDR: *path is allocated */
bool parse_flat(const char *text, char **path, uint64_t *addr);

/* ---- options ------------------------------------------------------------ */

struct flat_file {
	char *path;
	uint64_t addr;
	struct flat_file *next;
};

/* a virtio device asked for: virtio.h knows the kinds */
struct device_option {
	const struct virtio_kind *kind;
	const char *arg;		/* NULL: it takes none */
	void *priv;			/* what the kind has opened */
	struct device_option *next;
};

struct options {
	const char *kernel;
	const char *initrd;
	const char *append;
	uint64_t mem;
	unsigned int cpus;
	struct flat_file *flats;	/* in the order given */
	struct device_option *devices;	/* in the order given */
	const struct board *board;
	bool no_apic;
	bool stats;
	bool trace;
};

/* ---- memory.c ------------------------------------------------------------ */

#define MAX_RAM_REGIONS	4

struct ram_region {
	uint64_t gpa;
	uint64_t len;
	uint8_t *host;
};

struct memory {
	struct ram_region region[MAX_RAM_REGIONS];
	unsigned int nr;
};

/* ---- events.c: file descriptors and timers ------------------------------- */

#define MAX_EVENTS	16

struct event {
	int fd;
	short events;			/* POLLIN, or 0 to rest */
	/* called in the event thread, with vm->lock held */
	void (*fn)(void *opaque);
	void *opaque;
	bool timer;
	uint64_t due;			/* a timer's; UINT64_MAX: never */
};

struct events {
	pthread_t thread;
	bool started;
	bool stop;
	int wake_fd;
	unsigned int nr;
	struct event event[MAX_EVENTS];
};

/* ---- bus.c: port I/O, and devices in memory -------------------------------- */

struct bus_device {
	uint64_t first;
	uint64_t last;
	bool bytes;			/* wider accesses are split into bytes */
	/* @width: 1, 2, 4, in memory 8 too; NULL: nobody answers */
	uint64_t (*read)(void *opaque, uint64_t addr, unsigned int width);
	void (*write)(void *opaque, uint64_t addr, unsigned int width,
		      uint64_t data);
	void *opaque;
};

#define MAX_BUS_DEVICES	32

/* one address space */
struct bus {
	unsigned int nr;
	struct bus_device device[MAX_BUS_DEVICES];
};

/* ---- the machine ---------------------------------------------------------- */

#define MAX_VCPUS	64
#define MAX_VIRTIO	8

struct vcpu {
	struct vm *vm;
	unsigned int id;
	struct axv_vcpu axv;
	pthread_t thread;

	/* under vm->lock */
	bool in_guest;			/* its thread is in RUN */
	bool kicked;			/* a STOPPED exit is owed to axv_kick() */
	bool exited;			/* the exit half is that of the last RUN */
	bool want_window;		/* irq.c: RUN was asked for an IRQ_WINDOW exit */
	uint64_t exits;			/* for --trace */
};

struct vm {
	struct options opt;
	struct axv axv;
	int fd;
	int s2;
	struct vcpu vcpu[MAX_VCPUS];
	unsigned int nr_vcpus;

	/*
	 * Held by whoever touches a device of the board or anything below: by
	 * the vCPUs' threads whenever they are not in RUN, by the event thread
	 * in callbacks, by a virtio device's thread when it moves its line.
	 */
	pthread_mutex_t lock;

	/* also set by signal handlers of the first vCPU's thread */
	volatile sig_atomic_t ending;
	volatile sig_atomic_t status;	/* enum axrun_status, with ending */
	char message[256];		/* why, for people */

	struct memory mem;
	struct events events;
	struct bus ports;
	struct bus mmio;
	unsigned int nr_virtio;		/* devices, from the board's first slot on */
	struct virtio_dev *virtio[MAX_VIRTIO];
	void *board;			/* the board's own */
};

/* Where a board has room for virtio-mmio devices, and their interrupt lines. */
#define VIRTIO_SLOT_SIZE	0x1000u

struct virtio_slots {
	uint64_t addr;			/* of the first; VIRTIO_SLOT_SIZE each */
	unsigned int nr;
	const uint8_t *irq;		/* line of each, as board.set_irq takes it */
};

/* Functions that may be left out are marked so. */
struct board {
	const char *name;
	const char *what;
	uint64_t min_mem;
	unsigned int max_cpus;
	bool has_apic;			/* --no-apic means something */
	struct virtio_slots virtio;

	/* die unless the options are possible and their files good */
	void (*check)(const struct options *opt);
	/* what CREATE_VM and CREATE_VCPU take beside the defaults; optional */
	void (*vm_args)(struct vm *vm, struct axvcpu_create_vm *args);
	void (*vcpu_args)(const struct options *opt,
			  struct axvcpu_create_vcpu *args);
	/* put RAM into vm->mem and the stage-2 */
	void (*map_memory)(struct vm *vm);
	/* make the devices; those of virtio come next */
	void (*init)(struct vm *vm);
	/* load what the options name and set the first vCPU up */
	void (*load)(struct vm *vm);
	/* set another vCPU up, to wait for its start; with max_cpus above 1 */
	void (*setup_secondary)(struct vcpu *v);

	/* The rest with vm->lock held. */

	/*
	 * Before each RUN, in the stretch of the lock in which the vCPU
	 * becomes in_guest: whatever it pulls (interrupts). Optional.
	 */
	void (*before_run)(struct vcpu *v);
	/* an exit, before the core looks: true when it is dealt with. Optional. */
	bool (*exit)(struct vcpu *v, const volatile struct axvcpu_exit *e);
	/* an interrupt line of virtio.irq changes, from any thread */
	void (*set_irq)(struct vm *vm, unsigned int irq, bool level);
};

/* of this architecture, NULL at the end; the first one is the default */
extern const struct board *const boards[];

/* runloop.c */
void vcpus_create(struct vm *vm);
/* all vCPUs, the first one in the calling thread; until the VM ends */
void vm_run(struct vm *vm);
/* lock held; the first one to end the VM says why */
void vm_end(struct vm *vm, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* lock held: get it out of RUN, to look again before the next one */
void vcpu_kick(struct vcpu *v);
void vm_print_stats(const struct vm *vm);

/* memory.c */
uint8_t *mem_alloc(uint64_t len);
void mem_add(struct vm *vm, uint64_t gpa, uint64_t len, uint8_t *host);
/* where guest memory is in this process; NULL unless all of it is RAM */
void *mem_ptr(const struct memory *mem, uint64_t gpa, uint64_t len);

/* loader.c */
struct image {
	const char *option;
	const char *path;
	int fd;
	uint64_t size;
};

void image_open(struct image *im, const char *option, const char *path);
void image_read(const struct image *im, uint64_t offset, void *to,
		uint64_t len);
void image_close(struct image *im);
void load_flats(struct vm *vm);

/* events.c */
void events_init(struct events *ev);
struct event *event_add_fd(struct events *ev, int fd,
			   void (*fn)(void *), void *opaque);
struct event *event_add_timer(struct events *ev, void (*fn)(void *),
			      void *opaque);
/* absolute CLOCK_MONOTONIC nanoseconds; UINT64_MAX: never */
void event_set_timer(struct event *e, uint64_t when);
void event_enable_fd(struct events *ev, struct event *e, bool on);
void events_start(struct vm *vm);
void events_stop(struct vm *vm);

/* bus.c */
void bus_add(struct bus *bus, const struct bus_device *dev);
void bus_add_range(struct bus *bus, uint64_t first, uint64_t last, bool bytes,
		   uint64_t (*read)(void *, uint64_t, unsigned int),
		   void (*write)(void *, uint64_t, unsigned int, uint64_t),
		   void *opaque);
/* all ones where there is nobody */
uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned int width);
void bus_write(struct bus *bus, uint64_t addr, unsigned int width,
	       uint64_t data);

#endif /* AXRUN_H */
