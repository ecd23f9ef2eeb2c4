// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's registers after a guest has had the CPU: a guest writes junk into
 * everything it can write (x87, SSE, AVX, XCR0, syscall MSRs, FS, GS, KERNEL_GS,
 * CR2, CR8, debug registers, PAT, TSC_AUX) and leaves in each of the ways a
 * guest can leave; the thread that ran it must find its own state untouched. For
 * RISC-V: regs_riscv.c.
 *
 * rig: timeout=180 arch=x86
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/x86_state.h"

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	.exception_exits = 1u << 6,
	GUEST(state),
};

#define ROUNDS	5

struct leave {
	const char *name;
	uint64_t at;
	uint32_t reason;	/* 0: RUN gives EINTR */
	uint32_t flags;		/* entry flags */
};

#define WAY(name, reason, flags) \
	{ #name, GUEST_SYM(state, scribble_##name), reason, flags }

static const struct leave ways[] = {
	WAY(hypercall, AXVCPU_EXIT_HYPERCALL, 0),
	WAY(port, AXT_EXIT_SYNC, 0),
	WAY(mmio, AXVCPU_EXIT_MMIO_READ, 0),
	WAY(decode, AXVCPU_EXIT_INTERNAL_ERROR, 0),
	WAY(halt, AXVCPU_EXIT_HALT, AXVCPU_ENTRY_EXIT_ON_HALT),
	WAY(fault, AXVCPU_EXIT_NESTED_PAGE_FAULT, 0),
	WAY(exception, AXVCPU_EXIT_EXCEPTION, 0),
	WAY(memory, AXVCPU_EXIT_HYPERCALL, 0),
	WAY(wait, AXVCPU_EXIT_STOPPED, 0),
	WAY(spin, AXVCPU_EXIT_STOPPED, 0),
	WAY(triple, AXVCPU_EXIT_SHUTDOWN, 0),
};

/* everything a user thread can see of its registers */
struct image {
	unsigned char fp[4096] __attribute__((aligned(64)));
	uint64_t xcr0;
	uint64_t fs_base;
	uint64_t gs_base;
	uint32_t tsc_aux;
	uint32_t pkru;
};

static bool have_pku(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & bit_OSPKE);
}

static uint32_t read_pkru(void)
{
	uint32_t a = 0, d;

	if (have_pku())
		asm volatile(".byte 0x0f, 0x01, 0xee" : "=a" (a), "=d" (d) : "c" (0));
	return a;
}

/* The number the kernel keeps in TSC_AUX of a CPU. */
static uint32_t read_tsc_aux(void)
{
	uint32_t a, d, c;

	asm volatile("rdtscp" : "=a" (a), "=d" (d), "=c" (c));
	return c;
}

static uint64_t base_of(int code)
{
	uint64_t base = 0;

	ASSERT_EQ(syscall(SYS_arch_prctl, code, &base), 0);
	return base;
}

/*
 * RUN with the vector registers loaded right before and saved right after the
 * system call, so that the compiler's use of them does not matter.
 */
static long run_between(int fd, const struct image *before, struct image *after,
			uint64_t mask)
{
	static const uint32_t mxcsr = 0x1f80;
	/* registers that a system call keeps */
	register const void *in asm("r8") = before->fp;
	register void *out asm("r9") = after->fp;
	register uint64_t low asm("r12") = (uint32_t)mask;
	register uint64_t high asm("r13") = mask >> 32;
	long ret = low;

	asm volatile("mov %%r13, %%rdx\n\t"
		     "xrstor64 (%%r8)\n\t"
		     "mov %[nr], %%eax\n\t"
		     "xor %%edx, %%edx\n\t"
		     "syscall\n\t"
		     "mov %%rax, %%r14\n\t"
		     "mov %%r12, %%rax\n\t"
		     "mov %%r13, %%rdx\n\t"
		     "xsave64 (%%r9)\n\t"
		     "fninit\n\t"
		     "ldmxcsr %[mxcsr]\n\t"
		     "mov %%r14, %%rax\n\t"
		     : "+a" (ret)
		     : [nr] "i" (SYS_ioctl), "D" ((long)fd), "S" ((long)AXVCPU_RUN),
		       "r" (in), "r" (out), "r" (low), "r" (high), [mxcsr] "m" (mxcsr)
		     : "rcx", "rdx", "r11", "r14", "memory", "cc");
	return ret;
}

static void take_image(struct image *i)
{
	i->xcr0 = xgetbv0();
	i->fs_base = base_of(ARCH_GET_FS);
	i->gs_base = base_of(ARCH_GET_GS);
	i->tsc_aux = read_tsc_aux();
	i->pkru = read_pkru();
}

static void expect_same(const struct image *a, const struct image *b)
{
	unsigned int i;

	EXPECT_EQ(b->xcr0, a->xcr0);
	EXPECT_EQ(b->fs_base, a->fs_base);
	EXPECT_EQ(b->gs_base, a->gs_base);
	EXPECT_EQ(b->tsc_aux, a->tsc_aux);
	EXPECT_EQ(b->pkru, a->pkru);
	/* the bytes between are software's own */
	for (i = 0; i < XSAVE_AVX_END; i++) {
		if (i >= XSAVE_SW && i < XSAVE_AVX)
			continue;
		/* MXCSR_MASK is the CPU's */
		if (i >= XSAVE_MXCSR + 4 && i < XSAVE_ST)
			continue;
		if (i >= XSAVE_AVX && !(a->xcr0 & XFEATURE_AVX))
			break;
		if (a->fp[i] != b->fp[i]) {
			axt_fail(__FILE__, __LINE__, "byte %u of the XSAVE area: %02x, was %02x",
				 i, b->fp[i], a->fp[i]);
			break;
		}
	}
}

/* On one CPU, so that TSC_AUX and the CPU's own registers are the same ones. */
static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* The guest's XCR0: now the host's, now less. */
static uint64_t guest_components(unsigned int seed)
{
	uint64_t mask = XFEATURE_X87 | XFEATURE_SSE;

	if (!(seed & 1))
		mask |= XFEATURE_AVX;
	return xgetbv0() & mask;
}

static void prepare_guest(struct axt *f, unsigned int seed)
{
	uint64_t *slots = (uint64_t *)(f->ram + STATE_LOAD);
	unsigned int i;

	state_enable_fp(&f->v, guest_components(seed));
	state_fill_slots(slots, seed);
	state_fill_fp(f->ram + STATE_LOAD_FP, guest_components(seed), seed + 100);
	slots[SLOT_XMASK] = guest_components(seed);
	/* breakpoints all over, for reads and writes of everything near the code */
	for (i = 0; i < 4; i++)
		slots[SLOT_DR0 + i] = 0x400000 + i * 0x1000;
	slots[SLOT_DR7] = 0xffff07ff & ~0x2000ull;
}

static long kick_soon(void *arg)
{
	axt_sleep_ms(30);
	return axv_kick(arg);
}

static void run_way(struct axt *f, const struct leave *way, const struct image *before,
		    struct image *after)
{
	struct axt_thread kicker;
	bool kick = way->reason == AXVCPU_EXIT_STOPPED;
	long ret;

	f->v.run->entry.flags = way->flags;
	axt_goto(&f->v, way->at, GUEST_STACK);
	if (kick) {
		axt_let_spin(&f->v);
		axt_thread_start(&kicker, kick_soon, &f->v);
	}
	ret = run_between(f->v.fd, before, after, before->xcr0);
	take_image(after);
	if (kick)
		ASSERT_OK(axt_thread_join(&kicker));
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(f->exit->reason, way->reason);
}

TEST_ROWS(leave, ways, ARRAY_SIZE(ways), &config)
{
	static struct image before, after;
	const struct leave *way = arg;
	static char gs_area[64];
	unsigned int round;

	if (!have_xsave())
		axt_skip("this CPU has no XSAVE");
	pin(0);
	ASSERT_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, gs_area), 0);
	for (round = 0; round < ROUNDS; round++) {
		axt_context("round %u", round);
		ASSERT_OK(axv_reset(&f->v));
		{
			struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

			ASSERT_OK(axv_setup(&f->v, &s));
			ASSERT_OK(axv_bind(&f->v));
		}
		prepare_guest(f, round);
		memset(&before, 0, sizeof(before));
		memset(&after, 0, sizeof(after));
		take_image(&before);
		state_fill_fp(before.fp, before.xcr0, round);
		if (have_pku())
			/* PKRU is a component as well: as it is now */
			before.xcr0 &= ~(1ull << 9);
		run_way(f, way, &before, &after);
		if (have_pku())
			after.xcr0 &= ~(1ull << 9);
		expect_same(&before, &after);
		/* the kernel's way in and out, and its per-CPU data */
		EXPECT_EQ(syscall(SYS_gettid), syscall(SYS_getpid));
		gs_area[round] = 0x55;
		EXPECT_EQ(({ char c; asm volatile("movb %%gs:(%1), %0" : "=r" (c)
				     : "r" ((uint64_t)round)); c; }), 0x55);
		if (axt_failures())
			axt_end();
	}
}

/* PKRU by itself: the guest's page keys must not become the thread's. */
TEST(pkru, &config)
{
	static struct image before, after;
	uint32_t pkru = 0x55555550;

	if (!have_pku())
		axt_skip("this CPU has no protection keys");
	pin(0);
	asm volatile(".byte 0x0f, 0x01, 0xef" : : "a" (pkru), "c" (0), "d" (0));
	prepare_guest(f, 0);
	take_image(&before);
	state_fill_fp(before.fp, before.xcr0, 1);
	before.xcr0 &= ~(1ull << 9);
	run_way(f, &ways[0], &before, &after);
	EXPECT_EQ(after.pkru, pkru);
}

/* ---- debug registers ------------------------------------------------------------- */

static volatile uint32_t watched;

static int watch_with_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&watched,
		.bp_len = HW_BREAKPOINT_LEN_4,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static uint64_t hits(int fd)
{
	uint64_t n = 0;

	ASSERT_EQ(read(fd, &n, sizeof(n)), (ssize_t)sizeof(n));
	return n;
}

/* A breakpoint of the thread itself counts each write, not one of the guest's. */
TEST(breakpoint_perf, &config)
{
	unsigned int way, i, writes = 0;
	int fd;

	if (!have_xsave())
		axt_skip("this CPU has no XSAVE");
	pin(0);
	fd = watch_with_perf();
	if (fd < 0)
		axt_skip("no hardware breakpoints by perf_event_open(): %s", strerror(errno));
	for (i = 0; i < 30; i++) {
		way = i % 8;
		axt_context("run %u, %s", i, ways[way].name);
		prepare_guest(f, i);
		f->v.run->entry.flags = ways[way].flags;
		axt_goto(&f->v, ways[way].at, GUEST_STACK);
		ASSERT_EXIT(f, ways[way].reason);
		watched = i;
		writes++;
		ASSERT_EQ(hits(fd), writes);
	}
	close(fd);
}

/* The same armed by a debugger in another process. */
static void traced(struct axt *f)
{
	unsigned int i;

	ASSERT_EQ(ptrace(PTRACE_TRACEME, 0, 0, 0), 0);
	raise(SIGSTOP);
	for (i = 0; i < 10; i++) {
		prepare_guest(f, i);
		f->v.run->entry.flags = ways[i % 8].flags;
		axt_goto(&f->v, ways[i % 8].at, GUEST_STACK);
		ASSERT_EXIT(f, ways[i % 8].reason);
		watched = i;	/* SIGTRAP, each time */
	}
	_exit(axt_failures() ? 1 : 42);
}

TEST(breakpoint_ptrace, NULL)
{
	const size_t dr0 = offsetof(struct user, u_debugreg);
	const size_t dr7 = dr0 + 7 * sizeof(long);
	unsigned int traps = 0;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_TRUE(pid >= 0);
	if (!pid) {
		axt_open(f, &config);
		traced(f);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	if (ptrace(PTRACE_POKEUSER, pid, dr0, &watched) ||
	    ptrace(PTRACE_POKEUSER, pid, dr7, 0xd0001)) {
		kill(pid, SIGKILL);
		axt_skip("no hardware breakpoints by ptrace(): %s", strerror(errno));
	}
	for (;;) {
		ASSERT_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			break;
		ASSERT_EQ(WSTOPSIG(status), SIGTRAP);
		EXPECT_EQ(ptrace(PTRACE_PEEKUSER, pid, dr0, 0), (long)(uintptr_t)&watched);
		EXPECT_EQ(ptrace(PTRACE_PEEKUSER, pid, dr7, 0) & 0xf0003, 0xd0001);
		traps++;
	}
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	EXPECT_EQ(traps, 10u);
}

/* ---- under load --------------------------------------------------------------------- */

static volatile bool stop_computing;

/* A thread beside the guest, on its CPU, that would notice a changed register. */
static long compute(void *arg)
{
	static const double factor = 1.0000001;
	volatile double x;
	uint64_t rounds = 0;
	double want, y;
	int i;

	(void)arg;
	pin(0);
	for (want = 1.0, i = 0; i < 1000; i++)
		want *= factor;
	while (!stop_computing) {
		for (x = 1.0, y = 1.0, i = 0; i < 1000; i++) {
			y *= factor;
			x = y;
		}
		if (x != want)
			return -EIO;
		rounds++;
	}
	return rounds;
}

TEST(beside_computing, &config)
{
	static struct image before, after;
	struct axt_thread t;
	uint64_t end;
	unsigned int i;

	if (!have_xsave())
		axt_skip("this CPU has no XSAVE");
	pin(0);
	axt_thread_start(&t, compute, NULL);
	end = axt_now_ms() + 1500;
	for (i = 0; axt_now_ms() < end && !axt_failures(); i++) {
		const struct leave *way = &ways[(i % 9) == 8 ? 9 : i % 8];

		axt_context("run %u, %s", i, way->name);
		prepare_guest(f, i);
		memset(&before, 0, sizeof(before));
		take_image(&before);
		state_fill_fp(before.fp, before.xcr0, i);
		before.xcr0 &= ~(1ull << 9);
		run_way(f, way, &before, &after);
		after.xcr0 &= ~(1ull << 9);
		expect_same(&before, &after);
	}
	stop_computing = true;
	EXPECT_GE(axt_thread_join(&t), 1);
	EXPECT_GE(i, 3u);
}
