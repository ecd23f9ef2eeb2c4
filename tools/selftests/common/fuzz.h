/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of fuzz_user.c: the objects it plays with, and calls gone wrong. */
#ifndef AXV_SELFTEST_FUZZ_H
#define AXV_SELFTEST_FUZZ_H

#include <setjmp.h>

#include "common/hostile.h"
#include "common/requests.h"

#define NR_VMS		3
#define NR_S2		3
#define NR_VCPUS	6
#define ARENA		(1ul << 20)	/* memory of this process that guests are on */

#define NR_EVENTS	8
#define NR_RINGS	2

#define NR_ERRNOS	134

/* fds that are none of ours */
enum {
	ODD_MEMFD, ODD_SEALED, ODD_HUGE, ODD_ZERO, ODD_NULL, ODD_MEM, ODD_PIPE_IN, ODD_PIPE_OUT,
	ODD_SOCKET, ODD_EVENT, ODD_EPOLL, ODD_DIR, ODD_PATH, ODD_READ_ONLY, ODD_WRITE_ONLY,
	ODD_OWN_MEM, ODD_CLOSED, NR_ODD
};

/**
 * struct fuzz_vcpu - a vCPU that is played with
 * @fd: its fd, -1: none just now
 * @run: its run page, for scribbling; may be gone
 * @eyes: the same for looking, always there
 */
struct fuzz_vcpu {
	int fd;
	unsigned char *run;
	unsigned char *eyes;
};

/**
 * struct fuzz_world - the objects of all threads
 * @strict: one thread only: what fails has changed nothing
 * @dev: of the device
 * @vm: VM fds
 * @s2: stage-2 fds
 * @vcpu: vCPUs
 * @event: eventfds, for routes
 * @ring: rings
 * @odd: ODD_*
 * @lenient: VMs are AXVCPU_VM_LENIENT
 * @ram: guest memory at 0, with code
 * @arena: more of it
 * @cpuid: a legal CPUID table
 * @nr_cpuid: its rows
 */
struct fuzz_world {
	bool strict;
	bool lenient;
	struct axv dev;
	int vm[NR_VMS];
	int s2[NR_S2];
	struct fuzz_vcpu vcpu[NR_VCPUS];
	int event[NR_EVENTS];
	int ring[NR_RINGS];
	int odd[NR_ODD];
	unsigned char *ram;
	unsigned char *arena;
	struct axvcpu_cpuid_entry *cpuid;
	uint32_t nr_cpuid;
	struct axt_thread watch;
	struct fuzz *threads;
	unsigned int nr_threads;
	bool over;
};

/**
 * struct fuzz - a thread
 * @seed: and
 * @thread: and
 * @step: decide what it does
 * @steps: how many
 * @what: it is doing
 * @r: the numbers of this step
 * @beat: when the step began, 0: not in one
 * @arg: two pages and then none
 * @read_only: a page for arguments that can only be read
 * @alias: the same page, to be written
 * @guard: a fault now goes to @back
 * @child: it is a forked copy
 * @failing: chance in percent that an allocation fails, NULL: none
 * @calls: ioctls
 * @good: those that succeeded
 * @worked: by row of requests[]: how often it did
 * @refused: by row and errno: it was refused so
 */
struct fuzz {
	struct fuzz_world *w;
	struct axt_thread in;
	uint64_t seed;
	uint64_t thread;
	uint64_t step;
	uint64_t steps;
	const char *what;
	struct rnd r;
	uint64_t beat;
	unsigned char *arg;
	unsigned char *read_only;
	unsigned char *alias;
	volatile int guard;
	sigjmp_buf back;
	bool child;
	const char *failing;
	unsigned int calls;
	unsigned int good;
	unsigned int worked[40];
	bool refused[40][NR_ERRNOS];
};

struct fuzz_world *fuzz_world(bool strict, bool lenient);
void fuzz_world_end(struct fuzz_world *w);
void fuzz_thread_init(struct fuzz *z);

/* A thread that gets the others out of RUN. */
void fuzz_watch_start(struct fuzz_world *w, struct fuzz *threads, unsigned int nr);
void fuzz_watch_stop(struct fuzz_world *w);

void fuzz_fail(struct fuzz *z, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* @fn(@z, @arg); false when it ended in a fault of its memory. */
bool fuzz_try(struct fuzz *z, void (*fn)(struct fuzz *z, void *arg), void *arg);

const struct req *fuzz_request(unsigned int cmd);
/* Some code of the guest's. */
uint64_t fuzz_entry_point(struct fuzz *z);
int fuzz_fd(struct fuzz *z, enum req_kind kind);
int fuzz_odd_fd(struct fuzz *z);
bool fuzz_is_ours(struct fuzz *z, int fd);

/* An argument that is legal but for a thing or two, and the call; it is judged. */
void fuzz_call(struct fuzz *z, const struct req *r, int fd);
long fuzz_call_as_is(struct fuzz *z, const struct req *r, int fd, void *arg);
/* Some bits of the run page. */
void fuzz_scribble(struct fuzz *z, struct fuzz_vcpu *v, unsigned int n);
/* The entry half. */
void fuzz_entry(struct fuzz *z, struct fuzz_vcpu *v);

void fuzz_new_vm(struct fuzz *z, unsigned int i);
void fuzz_new_s2(struct fuzz *z, unsigned int i);
void fuzz_new_event(struct fuzz *z, unsigned int i);
void fuzz_new_vcpu(struct fuzz *z, unsigned int i);
/* A vCPU that has come to its end starts anew, bound to this thread. */
void fuzz_revive(struct fuzz *z, unsigned int i);
/* An fd becomes another one for the same: by dup(), or through a socket. */
void fuzz_pass_fd(struct fuzz *z);

/* Allocations and copies of threads that say so can be made to fail, or a skip. */
void fuzz_need_injection(void);
/* Nothing on the console from now on, until the next test program. */
void fuzz_quiet_console(void);

#endif /* AXV_SELFTEST_FUZZ_H */
