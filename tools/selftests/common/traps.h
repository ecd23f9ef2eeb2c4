/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests whose every exception and interrupt comes to the test, on all architectures:
 * what guest/ARCH/traps.h has, under one name.
 */
#ifndef AXV_SELFTEST_COMMON_TRAPS_H
#define AXV_SELFTEST_COMMON_TRAPS_H

#include "axvtest.h"

/**
 * struct trap - an exception or interrupt that the guest has taken
 * @what: TRAP_*
 * @pc: where it goes on
 * @addr: the address with it, where the architecture has one
 * @error: likewise the error code
 * @sp: stack pointer before it
 */
struct trap {
	unsigned int what;
	uint64_t pc;
	uint64_t addr;
	uint64_t error;
	uint64_t sp;
};

#if defined(__x86_64__)

#include "common/x86.h"

typedef struct x86_traps traps_t;
#define TRAPS_INIT(f, guest)	x86_traps_init(f, GUEST_SYM(guest, traps))
#define traps_load		x86_traps_load

#define TRAP_IRQ		AXT_IRQ
#define TRAP_OTHER		2	/* of axt_inject_other() */
#define TRAP_ILLEGAL		6
#define TRAP_BREAKPOINT		3
/* what FAULT gives for an access that was refused */
#define TRAP_LOAD		13
#define TRAP_STORE		13
#define TRAP_FETCH		13

static inline bool trapped(const traps_t *t, struct axv_vcpu *v, struct trap *p)
{
	struct x86_frame fr;

	if (!x86_trapped(t, v, &fr))
		return false;
	*p = (struct trap) {
		.what = fr.vector, .pc = fr.ip, .error = fr.error, .sp = fr.sp,
	};
	return true;
}

#elif defined(__riscv)

/* @load: address of the handler; @call: pc of its exit */
typedef struct {
	uint64_t load;
	uint64_t call;
} traps_t;

#define TRAPS_INIT(f, guest) \
	riscv_traps_init(&(f)->v, GUEST_SYM(guest, traps), GUEST_SYM(guest, trap_call))

#define TRAP_IS_IRQ		0x80000000
#define TRAP_IRQ		(TRAP_IS_IRQ | AXT_IRQ)
#define TRAP_OTHER		2	/* of axt_inject_other() */
#define TRAP_ILLEGAL		2
#define TRAP_BREAKPOINT		3
#define TRAP_LOAD		5
#define TRAP_STORE		7
#define TRAP_FETCH		1

static inline void traps_load(const traps_t *t, struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	v->run->regs.riscv.control.stvec = t->load;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

static inline traps_t riscv_traps_init(struct axv_vcpu *v, uint64_t load, uint64_t call)
{
	traps_t t = { load, call };

	traps_load(&t, v);
	return t;
}

static inline bool trapped(const traps_t *t, struct axv_vcpu *v, struct trap *p)
{
	volatile struct axvcpu_riscv_control *c = &v->run->regs.riscv.control;

	if (v->run->exit.reason != AXVCPU_EXIT_HYPERCALL || v->run->exit.pc != t->call)
		return false;
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR));
	*p = (struct trap) {
		.what = (c->scause & 0x7fffffff) | (c->scause >> 63 ? TRAP_IS_IRQ : 0),
		.pc = c->sepc,
		.addr = c->stval,
		.sp = reg(v, AXT_SP),
	};
	return true;
}

#elif defined(__aarch64__)

/* @load: address of the vectors */
typedef struct {
	uint64_t load;
} traps_t;

#define TRAPS_INIT(f, guest)	arm64_traps_init(&(f)->v, GUEST_SYM(guest, traps))

/* the class, or which other vector it was */
#define TRAP_IS_VECTOR		0x80000000
#define TRAP_IRQ		(TRAP_IS_VECTOR | 1)
#define TRAP_FIQ		(TRAP_IS_VECTOR | 2)
#define TRAP_SERROR		(TRAP_IS_VECTOR | 3)
#define TRAP_OTHER		0	/* of axt_inject_other() */
#define TRAP_ILLEGAL		0
#define TRAP_BREAKPOINT		0x3c
#define TRAP_LOAD		0x25
#define TRAP_STORE		0x25
#define TRAP_FETCH		0x21

static inline void traps_load(const traps_t *t, struct axv_vcpu *v)
{
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL));
	v->run->regs.arm64.control.vbar = t->load;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

static inline traps_t arm64_traps_init(struct axv_vcpu *v, uint64_t load)
{
	traps_t t = { load };

	traps_load(&t, v);
	return t;
}

static inline bool trapped(const traps_t *t, struct axv_vcpu *v, struct trap *p)
{
	volatile struct axvcpu_arm64_control *c = &v->run->regs.arm64.control;
	uint64_t at = v->run->exit.pc - t->load;
	unsigned int vector = at / 0x80 % 4;

	if (v->run->exit.reason != AXVCPU_EXIT_HYPERCALL || at >= 0x800 || at % 0x80 != 0x10)
		return false;
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_GPR));
	*p = (struct trap) {
		.what = vector ? TRAP_IS_VECTOR | vector : c->esr >> 26 & 0x3f,
		.pc = c->elr,
		.addr = c->far,
		.sp = reg(v, AXT_SP),
	};
	return true;
}

#endif

/* RUN until a handler is reached: it must be the next exit, and this. */
static inline bool run_to_trap(const char *file, int line, const traps_t *t, struct axv_vcpu *v,
			       unsigned int what, struct trap *p)
{
	char buf[200];
	int ret = axv_run(v);

	if (ret < 0) {
		axt_fail(file, line, "RUN for trap %#x: %s", what, axt_result_str(ret));
		return false;
	}
	if (!trapped(t, v, p)) {
		axt_fail(file, line, "exit is not of the handler of trap %#x: %s", what,
			 axv_exit_str(&v->run->exit, buf, sizeof(buf)));
		return false;
	}
	if (p->what != what) {
		axt_fail(file, line, "trap %#x at %#llx (%#llx), not %#x", p->what,
			 (unsigned long long)p->pc, (unsigned long long)p->addr, what);
		return false;
	}
	return true;
}

#define EXPECT_TRAPPED(t, v, what, p)	run_to_trap(__FILE__, __LINE__, t, v, what, p)
#define ASSERT_TRAPPED(t, v, what, p) \
	do { if (!EXPECT_TRAPPED(t, v, what, p)) axt_end(); } while (0)

#endif /* AXV_SELFTEST_COMMON_TRAPS_H */
