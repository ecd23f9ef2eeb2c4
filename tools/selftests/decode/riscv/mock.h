/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core as the RISC-V files see it: one vCPU in a megabyte of guest memory. Included
 * before anything else, in the place of axvcpu.h and stage2.h.
 */
#ifndef DECODE_RISCV_MOCK_H
#define DECODE_RISCV_MOCK_H
#define AXVCPU_H
#define AXVCPU_STAGE2_H

#include <errno.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/axvcpu.h>
#include <linux/axvcpu_riscv.h>
#include <string.h>

#define AXV_MAX_VCPUS	64
#define DECLARE_BITMAP(name, bits)	unsigned long name[((bits) + 63) / 64]

#define __rcu
#define notrace
#define noinline	__attribute__((__noinline__))
#define static_assert(e)	_Static_assert(e, #e)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, y)	(*(volatile typeof(x) *)&(x) = (y))

typedef u64 axv_gpa_t;
typedef u64 axv_gva_t;

struct axv_vcpu;
struct axv_stage2;
struct seq_file;
struct axv_filter;
struct axv_probe;

#include "axv_arch.h"

enum axv_next { AXV_EXIT, AXV_RESUME, AXV_BREAK, AXV_SLOW, AXV_HALT };

struct axv_vm {
	struct {
		void *io;
	} routes;
	struct axv_filter *msr_filter;
	u32 exception_exits;
};

struct axv_vcpu {
	struct axv_vm *vm;
	struct axv_stage2 *s2;
	struct axvcpu_exit exit;
	struct axv_vcpu_arch arch;
};

static inline void axv_exit_reason(struct axvcpu_exit *x, u32 reason)
{
	memset(x->words, 0, sizeof(x->words));
	x->reason = reason;
}

u32 axv_filter_action(struct axv_filter **filter, u32 nr, bool write);
bool axv_route_write(struct axv_vcpu *v, bool port, u64 addr, u32 width, u64 data);
u32 axv_s2_gpa_bits(struct axv_stage2 *s2);
int axv_s2_read(struct axv_stage2 *s2, u64 gpa, void *buf, size_t len);

/* ---- for the tests ------------------------------------------------------------ */

#define RAM_SIZE	0x100000

extern u8 ram[RAM_SIZE];
extern struct axv_vcpu *vcpu;

/**
 * struct mock - what the stubs were told, and what they say
 * @insn: axv_riscv_fetch(): the instruction at pc
 * @no_fetch: it faults
 * @fetches: its calls
 * @f: FP registers
 * @read_action: axv_filter_action() of a read
 * @write_action: and of a write
 * @routed: axv_route_write(), which is always asked, takes it
 * @route_addr: what it was told
 * @route_data: likewise
 * @route_width: likewise
 * @cause: exception that the guest got, -1: none
 * @tval: its stval
 * @calls: axv_riscv_sbi_complete(): its calls
 * @call_cmd: the command of the last one
 * @waits: calls of axv_riscv_wfi()
 * @vsstatus: sstatus of the guest
 * @vsatp: its satp
 * @extensions: bits of RISCV_ISA_EXT_*
 * @broken: gpa of memory that cannot be had
 */
struct mock {
	u32 insn;
	bool no_fetch;
	unsigned int fetches;
	u64 f[32];
	u32 read_action;
	u32 write_action;
	bool routed;
	u64 route_addr;
	u64 route_data;
	u32 route_width;
	s64 cause;
	u64 tval;
	unsigned int calls;
	u32 call_cmd;
	unsigned int waits;
	u64 vsstatus;
	u64 vsatp;
	u64 extensions;
	u64 broken;
};
extern struct mock mock;

#define MOCK_PC	0x7000ull

/* All anew: memory zero, S-mode at MOCK_PC, no filter, no translation. */
void mock_reset(void);

/* The entry commands that the vCPU's exit allows. */
u32 mock_commands(void);

struct mock_test {
	const char *name;
	bool (*fn)(void);
};
extern const struct mock_test mmio_tests[], csr_tests[], walk_tests[];

#endif
