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

struct options {
	const char *kernel;
	const char *initrd;
	const char *append;
	uint64_t mem;
	struct flat_file *flats;	/* in the order given */
	const struct board *board;
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

/* ---- irq.c: an interrupt controller that the vCPU pulls vectors from ----- */

struct irq_source {
	/* is the controller's output asserted? */
	bool (*output)(void *opaque);
	/* the CPU takes the interrupt: which vector is it? */
	unsigned int (*ack)(void *opaque);
	void *opaque;
};

/* ---- events.c: file descriptors and timers ------------------------------- */

#define MAX_EVENTS	8

struct event {
	int fd;
	short events;			/* POLLIN, or 0 to rest */
	/* called in the event thread, with vm->lock held */
	void (*fn)(void *opaque);
	void *opaque;
	bool timer;
};

struct events {
	pthread_t thread;
	bool started;
	bool stop;
	int wake_fd;
	unsigned int nr;
	struct event event[MAX_EVENTS];
};

/* ---- bus.c: port I/O ------------------------------------------------------ */

struct bus_device {
	uint16_t first;
	uint16_t last;
	bool bytes;			/* wider accesses are split into bytes */
	uint32_t (*read)(void *opaque, uint16_t port, unsigned int width);
	void (*write)(void *opaque, uint16_t port, unsigned int width,
		      uint32_t data);
	void *opaque;
};

#define MAX_BUS_DEVICES	24

struct bus {
	unsigned int nr;
	struct bus_device device[MAX_BUS_DEVICES];
};

/* ---- the machine ---------------------------------------------------------- */

struct vm {
	struct options opt;
	struct axv axv;
	int fd;
	int s2;
	struct axv_vcpu vcpu;

	/*
	 * Held by whoever touches a device or anything below: by the vCPU
	 * thread whenever it is not in RUN, by the event thread in callbacks.
	 */
	pthread_mutex_t lock;
	bool in_guest;			/* the vCPU thread is in RUN */
	bool kicked;			/* a STOPPED exit is owed to axv_kick() */
	bool window;			/* last exit: an interrupt would be taken */
	bool want_window;		/* RUN was asked for an IRQ_WINDOW exit */

	/* also set by signal handlers of the vCPU thread */
	volatile sig_atomic_t ending;
	volatile sig_atomic_t status;	/* enum axrun_status, with ending */
	char message[256];		/* why, for people */

	struct memory mem;
	struct events events;
	struct bus bus;
	struct irq_source irq;
	void *board;			/* the board's own */
};

struct board {
	const char *name;
	const char *what;
	uint64_t min_mem;
	/* die unless the options are possible and their files good */
	void (*check)(const struct options *opt);
	/* put RAM into vm->mem and the stage-2 */
	void (*map_memory)(struct vm *vm);
	/* make the devices */
	void (*init)(struct vm *vm);
	/* load what the options name and set the vCPU up */
	void (*load)(struct vm *vm);
};

extern const struct board *const boards[];

/* runloop.c */
void vm_run(struct vm *vm);
void vm_end(struct vm *vm, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void vm_print_stats(const struct vm *vm);

/* irq.c, lock held */
void irq_before_run(struct vm *vm);
void irq_changed(struct vm *vm);
void vm_kick(struct vm *vm);

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
uint32_t bus_read(struct bus *bus, uint16_t port, unsigned int width);
void bus_write(struct bus *bus, uint16_t port, unsigned int width,
	       uint32_t data);

#endif /* AXRUN_H */
