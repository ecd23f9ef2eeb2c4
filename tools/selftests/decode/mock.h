/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core as walk.c, emulate.c and pio.c see it: one vCPU in a megabyte of
 * guest memory. Included before anything else, in the place of axvcpu.h and
 * stage2.h.
 */
#ifndef DECODE_MOCK_H
#define DECODE_MOCK_H
#define AXVCPU_H
#define AXVCPU_STAGE2_H

#ifndef __ASSEMBLER__

#include <errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/axvcpu.h>
#include <string.h>

#include <asm/processor-flags.h>

#define __rcu
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))

struct axv_vcpu;
struct axv_stage2;
struct axv_filter;

#include "axv_arch.h"

enum axv_next { AXV_EXIT, AXV_RESUME, AXV_BREAK, AXV_SLOW, AXV_HALT };

struct axv_arch_ops {
	const char *name;
};

struct axv_vm {
	struct axv_filter *io_filter;
};

struct axv_vcpu {
	struct axv_vm *vm;
	u32 id;
	u32 entry_flags;
	struct axv_stage2 *s2;
	struct axvcpu_run *run;
	struct axvcpu_exit exit;
	struct axv_vcpu_arch arch;
};

static const u8 axv_exit_words[AXVCPU_EXIT_NR] = { 0 };

static inline void axv_exit_reason(struct axvcpu_exit *x, u32 reason)
{
	memset(x->words, 0, sizeof(x->words));
	x->reason = reason;
}

/* In the place of the one in x86.h. */
#define axv_x86_skip axv_x86_skip
void axv_x86_skip(struct axv_vcpu *v, unsigned int len);

u32 axv_filter_action(struct axv_filter **filter, u32 nr, bool write);
bool axv_route_write(struct axv_vcpu *v, bool port, u64 addr, u32 width, u64 data);
const void *axv_s2_peek(struct axv_vcpu *v, u64 gpa, unsigned int slot);
u32 axv_s2_prot(struct axv_stage2 *s2, u64 gpa);
int axv_s2_read(struct axv_stage2 *s2, u64 gpa, void *buf, size_t len);
int axv_s2_write(struct axv_stage2 *s2, u64 gpa, const void *buf, size_t len);
int axv_s2_cmpxchg(struct axv_stage2 *s2, u64 gpa, u64 old, u64 new, size_t len);

/* ---- for the tests ------------------------------------------------------------ */

#define RAM_PAGES	256

#define PROT_RO		(AXVCPU_PROT_READ | AXVCPU_PROT_EXEC)
#define PROT_RW		(PROT_RO | AXVCPU_PROT_WRITE)

/* The guest's memory, and what the stage-2 says of each page; 0: a hole. */
extern u8 ram[RAM_PAGES * 4096];
extern u32 ram_prot[RAM_PAGES];

extern struct axv_vcpu *vcpu;

/**
 * struct mock - what the stubs were told, and what they say
 * @bits: mode.c: 16, 32, 64
 * @cpl: mode.c
 * @pkru: fpu.c
 * @filter: what axv_filter_action() answers
 * @routed: how many writes axv_route_write() takes
 * @route_addr: where it takes them
 * @route_port: whether that is a port
 * @route_width: the last one's
 * @route_data: the same
 * @vector: exception queued, -1: none
 * @error: its error code
 * @cr2: its address
 * @skips: calls of axv_x86_skip()
 * @skip_len: what the last one was told
 * @cmpxchg_races: how often an exchange fails for no reason
 */
struct mock {
	unsigned int bits;
	unsigned int cpl;
	u32 pkru;
	u32 filter;
	unsigned int routed;
	u64 route_addr;
	bool route_port;
	u32 route_width;
	u64 route_data;
	int vector;
	u32 error;
	u64 cr2;
	unsigned int skips;
	unsigned int skip_len;
	unsigned int cmpxchg_races;
};
extern struct mock mock;

/* All anew: memory zero and writable, flat segments, no paging, rip 0x7000. */
void mock_reset(unsigned int bits);
/* The instruction at rip, from code.S. */
void mock_code(const u8 *start, const u8 *end);
#define CODE(name)	mock_code(code_##name, code_##name##_end)

#define MOCK_RIP	0x7000

static inline u64 *gpr(unsigned int reg)
{
	return &vcpu->arch.gpr.r[reg];
}

static inline void put64(u64 gpa, u64 val)
{
	memcpy(ram + gpa, &val, 8);
}

static inline u64 get64(u64 gpa)
{
	u64 val;

	memcpy(&val, ram + gpa, 8);
	return val;
}

/* ---- the tests, by file --------------------------------------------------------- */

struct mock_test {
	const char *name;
	bool (*fn)(void);
};
extern const struct mock_test walk_tests[], mmio_tests[], pio_tests[];

#endif /* __ASSEMBLER__ */
#endif
