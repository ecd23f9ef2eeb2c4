// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSRs that a hart has for guests, as everybody else on it finds them: before, between
 * and after what guests of ours do there they are the same, bit by bit, whatever the host
 * or KVM has put into them. The tests' own module reads and writes them.
 *
 * KVM is loaded afterwards: no other program is to have the same machine (mem).
 *
 * rig: timeout=240 mem=1152 arch=riscv machine=virt,aia,nosstc
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/riscv_keeper.h"
#include "module/axvcpu_harts.h"

static const char * const names[] = {
#define X(name, ...)	#name,
	HART_CSRS(X)
#undef X
};

#define DEVICE	"/dev/axvcpu_harts"

static int harts = -1;

static void need_harts(void)
{
	if (access(DEVICE, F_OK) && system("modprobe axvcpu_harts 2>/dev/null"))
		axt_skip("there is no module axvcpu_harts, which reads CSRs of harts");
	WAIT_UNTIL(!access(DEVICE, R_OK | W_OK));
	harts = open(DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_GE(harts, 0);
}

static void harts_access(struct hart_csrs *c, unsigned int cpu, unsigned int flags)
{
	c->cpu = cpu;
	c->flags = flags;
	ASSERT_EQ(ioctl(harts, HART_ACCESS, c), 0);
}

static void expect_same(const struct hart_csrs *was, const char *when)
{
	struct hart_csrs now;
	unsigned int i;

	harts_access(&now, was->cpu, HART_READ);
	EXPECT_EQ(now.there, was->there);
	for (i = 0; i < HART_NR; i++) {
		axt_context("%s of CPU %u, %s", names[i], was->cpu, when);
		EXPECT_EQ(now.value[i], was->value[i]);
	}
	axt_context(NULL);
}

/*
 * Something of @seed in each. A line that is up and not the guests' would be an interrupt
 * that the host knows nothing of: those that are not delegated are down and off.
 */
static void scribble(struct hart_csrs *c, unsigned int cpu, unsigned int seed)
{
	uint64_t value = (seed + 1) * 0x9e3779b97f4a7c15ull;
	unsigned int i;

	for (i = 0; i < HART_NR; i++)
		c->value[i] = value ^ i * 0x0101010101010101ull;
	c->value[HART_HIDELEG] = seed & 1 ? 0x444 : 0;
	c->value[HART_HVIP] &= c->value[HART_HIDELEG];
	c->value[HART_HIE] &= c->value[HART_HIDELEG];
	c->value[HART_HGATP] |= 8ull << 60;
	c->value[HART_VSATP] |= 8ull << 60;
	c->there = (1ull << HART_NR) - 1;
	harts_access(c, cpu, HART_WRITE);
}

static void move_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* Two vCPUs in turn on one hart: seen between RUNs, after both, and when they are gone. */
static void used_by_guests(const struct hart_csrs *was, unsigned int seed)
{
	const struct keeper_wish wish[2] = {
		{ .seed = seed, .spin = 10, .ticks = 200 }, { .seed = seed + 50, .spin = 30000 },
	};
	struct keeper k[2];
	unsigned int i, n;

	for (i = 0; i < 2; i++)
		keeper_open(&k[i], KEEPER_OURS, &wish[i]);
	for (n = 0; n < 3; n++)
		for (i = 0; i < 2; i++) {
			ASSERT_OK(axv_bind(&k[i].f.v));
			ASSERT_TRUE(keeper_round(&k[i]));
			if (n == 1)
				expect_same(was, "between two RUNs");
			ASSERT_TRUE(keeper_round(&k[i]));
			ASSERT_OK(axv_unbind(&k[i].f.v));
		}
	expect_same(was, "after RUNs");
	for (i = 0; i < 2; i++)
		keeper_close(&k[i]);
	expect_same(was, "after the VMs' end");
}

static void all_harts(void)
{
	struct hart_csrs saved, was;
	unsigned int cpu, seed;

	for (cpu = 0; cpu < axt_cpus(); cpu++) {
		move_to(cpu);
		harts_access(&saved, cpu, HART_READ);
		used_by_guests(&saved, 1 + cpu);
		for (seed = 0; seed < 6 && !axt_failures(); seed++) {
			scribble(&was, cpu, seed);
			used_by_guests(&was, seed);
		}
		saved.there = (1ull << HART_NR) - 1;
		harts_access(&saved, cpu, HART_WRITE);
		/* any thread may run anywhere */
	}
}

TEST_TIMEOUT(without_kvm, NULL, 90)
{
	need_harts();
	if (keeper_have_kvm() && keeper_unload_kvm())
		axt_skip("KVM is there, and does not go");
	all_harts();
}

TEST_TIMEOUT(beside_kvm, NULL, 90)
{
	need_harts();
	if (!keeper_have_kvm() && keeper_load_kvm())
		axt_skip("KVM cannot be loaded here");
	all_harts();
}

/* What KVM's vCPU has left on a hart, which it may count upon (7.2): not an invented value. */
TEST_TIMEOUT(after_kvm, NULL, 90)
{
	const struct keeper_wish wish = { .seed = 11, .spin = 10 };
	struct hart_csrs was;
	struct keeper kvm;
	unsigned int n;

	need_harts();
	if (!keeper_have_kvm() && keeper_load_kvm())
		axt_skip("KVM cannot be loaded here");
	move_to(0);
	keeper_open(&kvm, KEEPER_KVM, &wish);
	for (n = 0; n < 5; n++) {
		ASSERT_TRUE(keeper_round(&kvm));
		harts_access(&was, 0, HART_READ);
		used_by_guests(&was, 20 + n);
		ASSERT_TRUE(keeper_round(&kvm));
	}
	keeper_close(&kvm);
}
