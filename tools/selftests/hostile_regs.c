// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that write anything to any register of the system: every MSR number,
 * control and debug registers, XCR0, descriptor tables, segments. The guest gets
 * its value or a fault, and the host's own registers are what they were. For RISC-V:
 * hostile_riscv.c, and regs_riscv.c for the host's.
 *
 * rig: timeout=300 arch=x86
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/hostile.h"
#include "common/x86.h"

DECLARE_GUEST(hostile);
#define LABEL(name)	DECLARE_GUEST_SYM(hostile, name)
#define SYM(name)	GUEST_SYM(hostile, name)
LABEL(traps);
LABEL(done);
LABEL(msr_walk);
LABEL(gp_skip);
LABEL(to_cr0);
LABEL(to_cr2);
LABEL(to_cr3);
LABEL(to_cr4);
LABEL(to_cr8);
LABEL(to_dr0);
LABEL(to_dr3);
LABEL(to_dr6);
LABEL(to_dr7);
LABEL(to_msr);
LABEL(to_xcr);
LABEL(to_gdt);
LABEL(to_idt);
LABEL(to_ldt);
LABEL(to_task);
LABEL(to_ds);
LABEL(to_ss);
LABEL(to_fs);
LABEL(to_gs);
LABEL(lmsw_ax);
LABEL(clts_insn);
LABEL(swap_gs);
LABEL(cpuid_insn);
LABEL(far_return);

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(hostile),
};

/* ---- the host's MSRs --------------------------------------------------------------------- */

/* Those that stay as they are while nothing but guests happens. */
static const uint32_t host_msrs[] = {
	0x1b, 0xfe, 0x174, 0x175, 0x176, 0x179, 0x1d9, 0x200, 0x201, 0x202, 0x203, 0x250, 0x258,
	0x259, 0x268, 0x26f, 0x277, 0x2ff, 0xda0, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083,
	0xc0000084, 0xc0000103, 0xc0010010, 0xc0010015, 0xc001001a, 0xc0010111, 0xc0010114,
	0xc0010117, 0xc0011029,
};

struct msr_image {
	bool there[2][ARRAY_SIZE(host_msrs)];
	uint64_t value[2][ARRAY_SIZE(host_msrs)];
	unsigned int nr;
};

static bool have_msr_driver(void)
{
	if (access("/dev/cpu/0/msr", R_OK))
		(void)!system("modprobe msr 2>/dev/null");
	return !access("/dev/cpu/0/msr", R_OK);
}

/* On that CPU, so that all this thread's own MSRs are loaded. */
static void read_host_msrs(struct msr_image *m)
{
	char path[40];
	cpu_set_t set, old;
	unsigned int cpu, i;
	int fd;

	memset(m, 0, sizeof(*m));
	sched_getaffinity(0, sizeof(old), &old);
	for (cpu = 0; cpu < 2; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		snprintf(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || sched_setaffinity(0, sizeof(set), &set))
			continue;
		for (i = 0; i < ARRAY_SIZE(host_msrs); i++) {
			m->there[cpu][i] = pread(fd, &m->value[cpu][i], 8, host_msrs[i]) == 8;
			m->nr += m->there[cpu][i];
		}
		close(fd);
	}
	sched_setaffinity(0, sizeof(old), &old);
}

static void expect_same_msrs(const struct msr_image *a, const struct msr_image *b)
{
	unsigned int cpu, i;

	for (cpu = 0; cpu < 2; cpu++) {
		for (i = 0; i < ARRAY_SIZE(host_msrs); i++) {
			if (a->there[cpu][i] == b->there[cpu][i] &&
			    a->value[cpu][i] == b->value[cpu][i])
				continue;
			axt_fail(__FILE__, __LINE__, "MSR %x of CPU %u was %llx, is %llx",
				 host_msrs[i], cpu, (unsigned long long)a->value[cpu][i],
				 (unsigned long long)b->value[cpu][i]);
		}
	}
}

/* Both CPUs have been in a guest: what is turned on once is on. */
static void warm_up(struct axt *f)
{
	cpu_set_t set, old;
	unsigned int cpu;

	sched_getaffinity(0, sizeof(old), &old);
	for (cpu = 0; cpu < 2; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			continue;
		axt_goto(&f->v, SYM(done), GUEST_STACK);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	}
	sched_setaffinity(0, sizeof(old), &old);
}

/* ---- every MSR ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint32_t first, last;
} ranges[] = {
	{ "low", 0, 0x1fff },
	{ "middle", 0x3fffff00, 0x400001ff },
	{ "paravirtual", 0x4b564d00, 0x4b564dff },
	{ "high", 0xc0000000, 0xc0001fff },
	{ "amd", 0xc0010000, 0xc0011fff },
	{ "last", 0xffffff00, 0xffffffff },
	{ "behind_the_bitmap", 0x2000, 0x20ff },
	{ "behind_the_high", 0xc0002000, 0xc00020ff },
	{ "behind_amd", 0xc0012000, 0xc00120ff },
};

static void set(struct axt *f, unsigned int nr, uint64_t value)
{
	ASSERT_OK(axv_set_gpr(&f->v, nr, value));
}

/* A walk over the numbers from @first to @last that starts anew where it ended. */
static void walk(struct axt *f, uint32_t first, uint32_t last, uint64_t seed,
		 unsigned int *read, unsigned int *faults)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axvcpu_x86_control c;

	s.entry = SYM(msr_walk);
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	x86_get_control(&f->v, &c);
	c.idt.base = GUEST_IDT;
	c.idt.limit = AXT_IDT_LIMIT;
	ASSERT_OK(x86_set_control(&f->v, &c));
	f->v.run->stop = 0;
	want(&f->v, AXVCPU_REGS_GPR);
	set(f, RSI, first);
	set(f, RDI, last);
	set(f, R8, seed);
	set(f, R9, 0);
	set(f, R10, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	/* a guest that turned off what it needs ends in a trap */
	*read += reg(&f->v, R9);
	*faults += reg(&f->v, R10);
}

/*
 * With all other numbers refused by the filter nothing is left but those that are
 * the guest's own: an MSR that is not intercepted would show.
 */
static const struct axvcpu_filter_range refuse_all[] = {
	{ 0, 0x173, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_FAULT },
	{ 0x177, 0xc0000080, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_FAULT },
	{ 0xc0000085, 0xc00000ff, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_FAULT },
	{ 0xc0000103, ~0u, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_FAULT },
};

static unsigned int left_over(uint32_t first, uint32_t last)
{
	static const uint32_t own[] = {
		0x174, 0x175, 0x176, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100,
		0xc0000101, 0xc0000102,
	};
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(own); i++)
		n += own[i] >= first && own[i] <= last;
	return n;
}

TEST_ROWS(msrs, ranges, ARRAY_SIZE(ranges), &config)
{
	const __typeof__(*ranges) *r = arg;
	uint64_t seed = env_number("AXV_FUZZ_SEED", 0x4d53520000000001);
	/* a part of them where all takes longer */
	uint32_t first, last, step = 0x400, skip = step * axt_slow();
	bool driver = have_msr_driver();
	unsigned int i, read = 0, faults = 0, refused = 0, own;
	struct msr_image before, after;
	struct beside b;

	beside_start(&b);
	for (i = 0; i < 256; i++)
		axt_idt_set(f->ram, f->config->start, i, SYM(traps) + i * TRAP_SIZE);
	axt_idt_set(f->ram, f->config->start, 13, SYM(gp_skip));
	warm_up(f);
	if (driver)
		read_host_msrs(&before);
	for (first = r->first; first <= r->last && first >= r->first; first += skip) {
		axt_context("AXV_FUZZ_SEED=0x%llx from %x", (unsigned long long)seed, first);
		last = r->last - first < step ? r->last : first + step - 1;
		ASSERT_OK(axv_set_msr_filter(f->vm, NULL, 0));
		walk(f, first, last, seed + first, &read, &faults);
		ASSERT_OK(axv_set_msr_filter(f->vm, refuse_all, ARRAY_SIZE(refuse_all)));
		own = 0;
		walk(f, first, last, seed + first, &own, &refused);
		EXPECT_EQ(own, left_over(first, last));
	}
	axt_context(NULL);
	if (driver) {
		read_host_msrs(&after);
		expect_same_msrs(&before, &after);
		axt_diag("%u MSRs of the host are what they were", after.nr);
	} else {
		axt_diag("no MSR driver: the host's MSRs are judged by what they do");
	}
	axt_diag("%u numbers could be read, %u accesses were faults", read, faults);
	EXPECT_GE(read + faults, 100u);
	/* the kernel's way in, and its per-CPU data */
	EXPECT_EQ(syscall(SYS_gettid), syscall(SYS_getpid));
	beside_stop(&b);
	expect_hello();
}

/* ---- everything else --------------------------------------------------------------------------- */

#define TRIES	1500

/* What is in rax, rcx, rdx and at rsi beforehand. */
static const struct {
	const char *name;
	uint64_t at;
	uint64_t near;		/* a legal value, some bits of which are changed */
} pieces[] = {
	{ "cr0", SYM(to_cr0), CR0_PE | CR0_ET | CR0_NE | CR0_PG },
	{ "cr2", SYM(to_cr2), 0 },
	{ "cr3", SYM(to_cr3), GUEST_PML4 },
	{ "cr4", SYM(to_cr4), CR4_PAE },
	{ "cr8", SYM(to_cr8), 0 },
	{ "dr0", SYM(to_dr0), GUEST_DATA },
	{ "dr3", SYM(to_dr3), GUEST_DATA },
	{ "dr6", SYM(to_dr6), 0xffff0ff0 },
	{ "dr7", SYM(to_dr7), 0x400 },
	{ "msr", SYM(to_msr), 0 },
	{ "efer", SYM(to_msr), EFER_LME | EFER_LMA },
	{ "xcr0", SYM(to_xcr), 3 },
	{ "gdt", SYM(to_gdt), 0 },
	{ "idt", SYM(to_idt), 0 },
	{ "ldt", SYM(to_ldt), 0 },
	{ "task", SYM(to_task), 0x38 },
	{ "ds", SYM(to_ds), GUEST_DS },
	{ "ss", SYM(to_ss), GUEST_DS },
	{ "fs", SYM(to_fs), GUEST_DS },
	{ "gs", SYM(to_gs), GUEST_DS },
	{ "msw", SYM(lmsw_ax), 1 },
	{ "ts", SYM(clts_insn), 0 },
	{ "swapgs", SYM(swap_gs), 0 },
	{ "cpuid", SYM(cpuid_insn), 0 },
	{ "far_return", SYM(far_return), 0 },
};

static uint64_t near_value(struct rnd *r, uint64_t near)
{
	unsigned int n;

	if (rnd_one_in(r, 4))
		return rnd_value(r);
	for (n = 1 + rnd_below(r, 3); n; n--)
		near ^= 1ull << rnd_below(r, rnd_one_in(r, 3) ? 64 : 32);
	return near;
}

static void one_try(struct axt *f, struct rnd *r, const struct x86_traps *t,
		    unsigned int *reasons)
{
	const __typeof__(*pieces) *p = &pieces[rnd_below(r, ARRAY_SIZE(pieces))];
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axvcpu_x86_control c;
	unsigned int i, n = 1 + rnd_below(r, 3);
	int ret;

	axt_gdt(f->ram, f->config->start);
	/* no way to other rings: an emulated CPU is easily lost there */
	memset(f->ram + GUEST_GDT + 0x28, 0, 16);
	axt_page_tables(f->ram, true);
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	ASSERT_OK(axv_bind(&f->v));
	x86_traps_load(t, &f->v);
	x86_get_control(&f->v, &c);
	c.seg[AXVCPU_X86_TR].attr = X86_TR_ATTR;
	c.cr4 |= CR4_OSXSAVE;
	c.xcr0 = 3;
	ASSERT_OK(x86_set_control(&f->v, &c));
	f->v.run->stop = 0;
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	/* one after the other: what one left is where the next begins */
	for (i = 0; i < n; i++, p = &pieces[rnd_below(r, ARRAY_SIZE(pieces))]) {
		if (axv_set_entry(&f->v, p->at))
			return;
		set(f, RAX, near_value(r, p->near));
		set(f, RCX, p->at == SYM(to_xcr) ? 0 : p->near & EFER_LME ? MSR_EFER : rnd(r));
		set(f, RDX, rnd_one_in(r, 2) ? 0 : rnd_value(r));
		set(f, RSI, GUEST_DATA);
		memcpy(f->ram + GUEST_DATA, &(uint64_t) { rnd_value(r) }, 8);
		memcpy(f->ram + GUEST_DATA + 8, &(uint64_t) { rnd_value(r) }, 8);
		/* a far return pops an address and a selector */
		memcpy(f->ram + GUEST_STACK - 16, &(uint64_t) { SYM(done) }, 8);
		memcpy(f->ram + GUEST_STACK - 8, &(uint64_t) { rnd_below(r, 0x48) }, 8);
		set(f, RSP, GUEST_STACK - 16);
		ret = axv_run(&f->v);
		ASSERT_EQ(ret, 0);
		reasons[f->exit->reason]++;
		if (f->exit->reason == AXVCPU_EXIT_FAIL_ENTRY)
			EXPECT_NE(f->exit->fail_entry.code, AXVCPU_FAIL_CONTROLS);
		if (f->exit->reason == AXVCPU_EXIT_INTERNAL_ERROR)
			EXPECT_NE(f->exit->internal.what, AXVCPU_ERROR_UNEXPECTED);
		if (f->exit->reason != AXVCPU_EXIT_HYPERCALL || f->exit->pc != SYM(done))
			return;
	}
}

TEST_TIMEOUT(games, &config, 60)
{
	uint64_t seed = env_number("AXV_FUZZ_SEED", 0x47414d4553000001), step;
	uint64_t from = env_number("AXV_FUZZ_STEP", 0), tries = rounds(TRIES);
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	unsigned int reasons[AXVCPU_EXIT_NR] = { }, i;
	bool driver = have_msr_driver();
	struct msr_image before, after;
	struct stopper stopper;
	struct beside b;
	struct rnd r;

	beside_start(&b);
	warm_up(f);
	if (driver)
		read_host_msrs(&before);
	stopper_start(&stopper, &f->v, 5);
	for (step = from; step < from + tries && !axt_failures(); step++) {
		axt_context("AXV_FUZZ_SEED=0x%llx AXV_FUZZ_STEP=%llu", (unsigned long long)seed,
			    (unsigned long long)step);
		r = rnd_at(seed, 0, step);
		one_try(f, &r, &t, reasons);
	}
	axt_context(NULL);
	stopper_stop(&stopper);
	if (driver) {
		read_host_msrs(&after);
		expect_same_msrs(&before, &after);
	}
	for (i = 0; i < AXVCPU_EXIT_NR; i++)
		if (reasons[i])
			axt_diag("%5u %s", reasons[i], axv_exit_name(i));
	EXPECT_GE(reasons[AXVCPU_EXIT_HYPERCALL], tries / 4);
	beside_stop(&b);
	expect_hello();
}
