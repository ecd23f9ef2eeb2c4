/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness of the selftests. A test program is one file:
 *
 *	#include "axvtest.h"
 *
 *	DECLARE_GUEST(io);				(guest/ARCH/io.S)
 *
 *	static const struct axt_config flat = {
 *		.start = AXT_START_FLAT,
 *		GUEST(io),
 *		.entry = GUEST_SYM(io, out_byte),
 *	};
 *
 *	TEST(out_byte, &flat)
 *	{
 *		EXPECT_SYNC(f);
 *		EXPECT_EQ(axt_synced(f->exit), 1);
 *	}
 *
 * Each case runs in a process of its own with a time-out, so that a case may
 * crash, hang or leave threads behind without harm to the next. Output is
 * KTAP; the exit status is 0, 1 (a case failed) or 4 (nothing could run).
 *
 * How the rig runs a program is said near its top in a comment, for instance
 * "rig: timeout=300 smp=4".
 *
 * What the architectures call by other names has one name here, in axvtest_x86.h,
 * axvtest_riscv.h and axvtest_arm64.h. A program that needs more than that is for one of them and
 * says so: "rig: arch=x86".
 */
#ifndef AXVTEST_H
#define AXVTEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libaxvcpu.h"
#include "guest.h"
#if defined(__x86_64__)
#include "axvtest_x86.h"
#elif defined(__riscv)
#include "axvtest_riscv.h"
#elif defined(__aarch64__)
#include "axvtest_arm64.h"
#else
#error "the harness does not know this architecture"
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#ifndef __maybe_unused
#define __maybe_unused	__attribute__((unused))
#endif
#define AXT_PAGE	4096ul

/* ---- guests ---------------------------------------------------------------- */

#define DECLARE_GUEST(name) \
	extern const unsigned char guest_##name##_start[], guest_##name##_end[]
/* members of struct axt_config */
#define GUEST(name) \
	.code = guest_##name##_start, .code_end = guest_##name##_end
/* the guest address of a .globl label: declare it, then use it */
#define DECLARE_GUEST_SYM(name, label) \
	extern const unsigned char guest_##name##__##label[]
#define GUEST_SYM(name, label) ((uintptr_t)guest_##name##__##label)

/* ---- the fixture ----------------------------------------------------------- */

enum axt_stage {
	AXT_READY = 0,		/* set up and bound to the calling thread */
	AXT_FREE,		/* set up */
	AXT_CREATED,
	AXT_NO_VCPU,		/* a VM and memory, no vCPU */
};

/**
 * struct axt_config - what a case finds when it starts
 * @stage: how far vCPU 0 has come
 * @vm_flags: AXVCPU_VM_*
 * @exception_exits: as in struct axvcpu_create_vm
 * @arch_flags: likewise
 * @start: AXT_START_FLAT: the kernel's mode without paging; AXT_START_PAGED: the
 *	same on the page tables of axt_page_tables(). Or one of the architecture's
 * @code: the guest, copied to GUEST_CODE; NULL: nothing but zeroes there
 * @code_end: its end
 * @entry: first instruction, 0: GUEST_CODE
 * @stack: stack pointer, 0: GUEST_STACK
 * @ram_size: bytes of RAM at gpa 0, 0: GUEST_RAM_SIZE
 * @shared: RAM is shared with children of fork()
 * @irqs_off: interrupts are off at first as always, even with AXT_FLAW_SPIN, where
 *	      they are on otherwise: one that spins could not be stopped
 */
struct axt_config {
	enum axt_stage stage;
	uint32_t vm_flags;
	uint32_t exception_exits;
	uint64_t arch_flags;
	uint32_t start;
	const unsigned char *code;
	const unsigned char *code_end;
	uint64_t entry;
	uint64_t stack;
	size_t ram_size;
	bool shared;
	bool irqs_off;
};

/**
 * struct axt - the fixture a case gets as "f"
 * @dev: the device, always open
 * @vm: VM fd; the rest is there when the case has a config
 * @s2: stage-2 fd with @ram at gpa 0
 * @v: vCPU 0
 * @exit: exit half of its run page
 * @regs: register groups of its run page
 * @ram: guest memory as this process sees it
 * @ram_size: bytes of it
 * @config: what it was made by
 */
struct axt {
	struct axv dev;
	int vm;
	int s2;
	struct axv_vcpu v;
	volatile struct axvcpu_exit *exit;
	volatile axt_regs_t *regs;
	unsigned char *ram;
	size_t ram_size;
	const struct axt_config *config;
};

/* Guest memory at @gpa as an lvalue. */
#define GUEST_MEM(f, gpa, type)	(*(volatile type *)((f)->ram + (gpa)))

/*
 * @v, set up and at rest, may go round and round without an exit: with AXT_FLAW_SPIN
 * its interrupts are turned on. The fixture does it, a case that calls SETUP itself
 * has to. Each architecture has its own.
 */
void axt_let_spin(const struct axv_vcpu *v);
/* Make what @c says; failures end the case. axt_close() is optional. */
void axt_open(struct axt *f, const struct axt_config *c);
void axt_close(struct axt *f);
/* One more vCPU of f->vm on f->s2, at the stage, start and entry of @c. */
void axt_add_vcpu(struct axt *f, uint32_t id, const struct axt_config *c,
		  struct axv_vcpu *v);
/* The SETUP arguments that axt_open() uses. */
struct axvcpu_setup axt_setup_args(int s2, const struct axt_config *c);
/*
 * Page tables at GUEST_PML4: 4 GiB one to one, writable, for the kernel; for the
 * user too, or not: on x86 the same addresses, else those from GUEST_USER on.
 */
void axt_page_tables(unsigned char *ram, bool user);
/* The guest may use FP registers; where that is its own affair: nothing. */
void axt_fp_on(struct axv_vcpu *v);
/* Guests have interrupts by number here, AXT_IRQ; or else this skips the case. */
void axt_need_irqs(const struct axt *f);
/* Its IPIs can come, where the guest does not see to that. */
void axt_ipis_on(const struct axv_vcpu *v);
/* @v, on @ram and at rest, reaches 2^@bits bytes one to one: at most 40 bits. */
void axt_reach(const struct axv_vcpu *v, unsigned char *ram, unsigned int bits);
/*
 * Where AXT_IRQ goes, what axt_inject_other() injects, and the handlers of storm.S:
 * for guests that leave it to the test to say so.
 */
void axt_irq_handler(unsigned char *ram, uint32_t start, uint64_t handler);
void axt_other_handler(unsigned char *ram, uint32_t start, uint64_t handler);
void axt_storm_handlers(unsigned char *ram, uint32_t start, uint64_t handlers);

/* Of the architecture, for the harness: what memory and SETUP want for a start. */
void axt_arch_ram(unsigned char *ram, uint32_t start);
/* ... and a guest's code, for the hypervisor it will run on. */
void axt_arch_code(const struct axt *f, unsigned char *code, size_t size);
void axt_arch_setup(struct axvcpu_setup *s, const struct axt_config *c);
/* AXVCPU_*_FEAT_* of the architecture by bit, without what they begin with; NULL ends it */
extern const char *const axt_features[];

/* ---- registers ---------------------------------------------------------------- */

/* Groups to be in the run page after each RUN from now on. */
static inline void want(struct axv_vcpu *v, uint32_t groups)
{
	v->run->entry.wanted = groups;
}

/* General registers as the page holds them, for instance after want(GPR). */
static inline uint64_t reg(const struct axv_vcpu *v, unsigned int nr)
{
	return axt_gpr(v->run, nr);
}

/* Fetch the general registers now. */
void axt_fetch(const struct axv_vcpu *v);
/* Drop the pending exit and go on at @addr with @sp, or the old stack if 0. */
void axt_goto(const struct axv_vcpu *v, uint64_t addr, uint64_t sp);

/* ---- cases ------------------------------------------------------------------ */

typedef void (*axt_fn)(struct axt *f, const void *arg);

/* Add a case; TEST() and TEST_TABLE() call this before main(). @name is kept. */
void axt_add(const char *name, axt_fn fn, const struct axt_config *c,
	     const void *arg, unsigned int timeout);

#define TEST_TIMEOUT(_name, _config, _timeout)				\
	static void test_##_name(struct axt *f, const void *arg);	\
	static void __attribute__((constructor)) add_##_name(void)	\
	{								\
		axt_add(#_name, test_##_name, _config, NULL, _timeout);	\
	}								\
	static void test_##_name(struct axt *f __maybe_unused,	\
				 const void *arg __maybe_unused)

/* @_config: NULL for the device only. Time-out: 30 seconds. */
#define TEST(_name, _config)	TEST_TIMEOUT(_name, _config, 0)

/* Once in a program: its cases run where no VM can be made, too, see f->dev.info.why. */
#define TEST_UNUSABLE_TOO	bool axt_unusable_too = true
extern bool axt_unusable_too;

/*
 * One case for each row of a table; the rows have a member "name" and, where
 * the macro's @_config is NULL, may open their fixture themselves:
 *
 *	TEST_ROWS(decode, forms, ARRAY_SIZE(forms), &flat)
 *	{
 *		const struct form *row = arg;
 *	}
 */
#define TEST_ROWS(_name, _rows, _nr, _config)				\
	TEST_ROWS_TIMEOUT(_name, _rows, _nr, _config, 0)

#define TEST_ROWS_TIMEOUT(_name, _rows, _nr, _config, _timeout)		\
	static void test_##_name(struct axt *f, const void *arg);	\
	static void __attribute__((constructor)) add_##_name(void)	\
	{								\
		for (size_t i = 0; i < (_nr); i++)			\
			axt_add(axt_format(#_name "/%s", (_rows)[i].name), \
				test_##_name, _config, &(_rows)[i], _timeout); \
	}								\
	static void test_##_name(struct axt *f __maybe_unused,	\
				 const void *arg)

/* printf() into memory that is never freed. */
char *axt_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- verdicts ----------------------------------------------------------------- */

/* A line of diagnostics: "# ...". */
void axt_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Said before every failure from now on, NULL: nothing. For loops over tables. */
void axt_context(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The case has failed and goes on. */
void axt_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The end of the case, from any thread. */
void axt_end(void) __attribute__((noreturn));
/* The case cannot be tried here. */
void axt_skip(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
/* Failures so far. */
unsigned int axt_failures(void);

/*
 * What an emulator that stands for the hardware gets wrong, by name: a case that
 * cannot do without says so where it would meet it, and is skipped with the words
 * that belong to the flaw (axvtest.c has them, and which engine or machine has which).
 */
enum axt_flaw {
	AXT_FLAW_SPIN,		/* guests with interrupts off cannot be interrupted */
	AXT_FLAW_STEP,		/* a single step that is an exit ends the host */
	AXT_FLAW_EVENT,		/* the interrupted event of an exit may be an old one */
	AXT_FLAW_WINDOW,	/* the end of a shadow or of a TPR is not noticed */
	AXT_FLAW_DR6,		/* DR6 does not say why a #DB exits */
	AXT_FLAW_REFUSED,	/* a state that is not entered is overwritten */
	AXT_FLAW_REAL_CS,	/* CS has the attributes of data in real mode */
	AXT_FLAW_SREG,		/* MOV to no segment register ends it: x86_sreg.h */
	AXT_FLAW_SLOW,		/* an interrupt takes longer than a short period lasts */
	AXT_FLAW_TORN,		/* half of an instruction may be an earlier one's */
	AXT_FLAW_HTINST,	/* a hart does not tell what instruction faulted */
	AXT_FLAW_BEYOND,	/* addresses past the end of a stage-2 wrap around */
	AXT_FLAW_STIP,		/* a guest's sip does not show what stimecmp raises */
	AXT_NR_FLAWS
};

/* Does the engine have it? False on hardware and wherever nobody says so. */
bool axt_flawed(enum axt_flaw flaw);
/* Skip the case if it does. */
void axt_avoid(enum axt_flaw flaw);
/* "-EBUSY" or the number; a ring of static buffers. */
const char *axt_result_str(long ret);

#define AXT_COMPARE(a, op, b, last)					\
	({								\
		__typeof__(a) _a = (a);					\
		__typeof__(b) _b = (b);					\
		bool _ok = _a op _b;					\
									\
		if (!_ok) {						\
			axt_fail(__FILE__, __LINE__,			\
				 "%s %s %s: 0x%llx (%lld), 0x%llx (%lld)", \
				 #a, #op, #b,				\
				 (unsigned long long)_a, (long long)_a,	\
				 (unsigned long long)_b, (long long)_b); \
			last;						\
		}							\
		_ok;							\
	})
#define AXT_CONDITION(c, last)						\
	({								\
		bool _ok = (c);						\
									\
		if (!_ok) {						\
			axt_fail(__FILE__, __LINE__, "%s is false", #c); \
			last;						\
		}							\
		_ok;							\
	})
/* results of libaxvcpu: a value or -errno */
#define AXT_RESULT(call, want, last)					\
	({								\
		long _r = (call), _w = (want);				\
		bool _ok = _w ? _r == _w : _r >= 0;			\
									\
		if (!_ok) {						\
			axt_fail(__FILE__, __LINE__, "%s: %s, not %s",	\
				 #call, axt_result_str(_r),		\
				 _w ? axt_result_str(_w) : "success");	\
			last;						\
		}							\
		_r;							\
	})

#define EXPECT_EQ(a, b)		AXT_COMPARE(a, ==, b, (void)0)
#define EXPECT_NE(a, b)		AXT_COMPARE(a, !=, b, (void)0)
#define EXPECT_GE(a, b)		AXT_COMPARE(a, >=, b, (void)0)
#define EXPECT_LE(a, b)		AXT_COMPARE(a, <=, b, (void)0)
#define EXPECT_TRUE(c)		AXT_CONDITION(c, (void)0)
#define EXPECT_OK(call)		AXT_RESULT(call, 0, (void)0)
/* EXPECT_ERR(EBUSY, axv_bind(v)) */
#define EXPECT_ERR(err, call)	AXT_RESULT(call, -(err), (void)0)
#define ASSERT_EQ(a, b)		AXT_COMPARE(a, ==, b, axt_end())
#define ASSERT_NE(a, b)		AXT_COMPARE(a, !=, b, axt_end())
#define ASSERT_GE(a, b)		AXT_COMPARE(a, >=, b, axt_end())
#define ASSERT_LE(a, b)		AXT_COMPARE(a, <=, b, axt_end())
#define ASSERT_TRUE(c)		AXT_CONDITION(c, axt_end())
#define ASSERT_OK(call)		AXT_RESULT(call, 0, axt_end())
#define ASSERT_ERR(err, call)	AXT_RESULT(call, -(err), axt_end())

/* RUN the vCPU: it must succeed and give this exit; the exit is shown if not. */
#define EXPECT_EXIT_V(v, reason) \
	axt_run_to(__FILE__, __LINE__, v, reason, #reason)
#define ASSERT_EXIT_V(v, reason) \
	do { if (!EXPECT_EXIT_V(v, reason)) axt_end(); } while (0)
#define EXPECT_EXIT(f, reason)	EXPECT_EXIT_V(&(f)->v, reason)
#define ASSERT_EXIT(f, reason)	ASSERT_EXIT_V(&(f)->v, reason)
bool axt_run_to(const char *file, int line, struct axv_vcpu *v,
		uint32_t reason, const char *name);

/*
 * The guest says "here I am" with a byte: an exit of the cheapest kind of write that
 * the architecture has, with axt_synced(exit) as the byte.
 */
#define EXPECT_SYNC_V(v)	EXPECT_EXIT_V(v, AXT_EXIT_SYNC)
#define ASSERT_SYNC_V(v)	ASSERT_EXIT_V(v, AXT_EXIT_SYNC)
#define EXPECT_SYNC(f)		EXPECT_SYNC_V(&(f)->v)
#define ASSERT_SYNC(f)		ASSERT_SYNC_V(&(f)->v)

/* The life-cycle state. */
#define EXPECT_STATE(v, s) \
	axt_state_is(__FILE__, __LINE__, v, AXVCPU_STATE_##s)
bool axt_state_is(const char *file, int line, const struct axv_vcpu *v,
		  uint32_t state);

/* ---- threads and time ------------------------------------------------------------ */

/* Poll for up to 10 seconds; false and a failure when it does not come about. */
#define WAIT_UNTIL(cond)						\
	({								\
		uint64_t _end = axt_now_ms() + 10000u * axt_slow();	\
		bool _ok;						\
									\
		while (!(_ok = (cond)) && axt_now_ms() < _end)		\
			axt_sleep_ms(1);				\
		if (!_ok)						\
			axt_fail(__FILE__, __LINE__, "waited in vain for %s", #cond); \
		_ok;							\
	})
#define WAIT_STATE(v, s)	WAIT_UNTIL(axv_get_state(v, NULL) == AXVCPU_STATE_##s)
uint64_t axt_now_ms(void);
/* How many times slower than usual the machine is, by the one who made it: more
 * than 1 on a debug kernel and in a slow emulator. Time-outs of cases are
 * multiplied by it; bounds on what may take how long, and counts of rounds,
 * want to be scaled by the case.
 */
unsigned int axt_slow(void);
void axt_sleep_ms(unsigned int ms);

/* A thread; its function's return value comes back from the join. */
struct axt_thread {
	unsigned long id;		/* pthread_t */
	long (*fn)(void *arg);
	void *arg;
	int tid;			/* 0 until it runs */
	bool done;
	long result;
};

void axt_thread_start(struct axt_thread *t, long (*fn)(void *arg), void *arg);
long axt_thread_join(struct axt_thread *t);
/* Run @fn in a new thread and wait: what it returns. */
long axt_in_thread(long (*fn)(void *arg), void *arg);
/*
 * A thread that binds a vCPU, runs it once and unbinds it: axt_thread_start(&t,
 * axt_run_once, &v). Its result is RUN's.
 */
long axt_run_once(void *v);
/* CPUs this process may use. */
int axt_cpus(void);

#endif /* AXVTEST_H */
