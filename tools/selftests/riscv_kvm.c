// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of ours and of the kernel's own KVM on the same harts: each keeps all that it
 * has in registers, CSRs, memory, clock and timer (guest/riscv/keeper.S), whatever the
 * others do: side by side, in one thread, on a hart that goes and comes, and while the
 * module of either is loaded and unloaded.
 *
 * KVM is loaded afterwards: no other program is to have the same machine (mem).
 *
 * rig: timeout=1200 mem=1152 arch=riscv machine=virt,aia,nosstc
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/file.h"
#include "common/hostile.h"
#include "common/leaks.h"
#include "common/riscv_keeper.h"
#include "common/riscv_state.h"

/* Two of each; nearly all of a round is spent in the guest, or nearly nothing. */
#define NR	4
static const struct keeper_wish wishes[NR] = {
	{ .seed = 3, .spin = 20000, .ticks = 500 },
	{ .seed = 7, .spin = 20000, .ticks = 500 },
	{ .seed = 10, .spin = 10 },
	{ .seed = 14, .spin = 10 },
};

static enum keeper_kind kind_of(unsigned int i)
{
	return i & 1 ? KEEPER_KVM : KEEPER_OURS;
}

static void need_kvm(void)
{
	if (!keeper_have_kvm() && keeper_load_kvm())
		axt_skip("KVM cannot be loaded here");
}

static void open_all(struct keeper *k, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		keeper_open(&k[i], kind_of(i), &wishes[i]);
}

static void stop_all(struct keeper *k, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		keeper_stop(&k[i]);
	for (i = 0; i < nr; i++) {
		axt_diag("%s: %u rounds", k[i].name, k[i].rounds);
		keeper_close(&k[i]);
	}
}

static void move_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* Wherever the scheduler puts them, with threads of the host that look, too. */
TEST_TIMEOUT(side_by_side, NULL, 90)
{
	struct keeper k[NR];
	struct beside b;
	unsigned int i;

	need_kvm();
	beside_start(&b);
	open_all(k, NR);
	for (i = 0; i < NR; i++)
		keeper_start(&k[i], -1);
	axt_sleep_ms(1500);
	keeper_all_get_on(k, NR, 20);
	stop_all(k, NR);
	beside_stop(&b);
}

/* All on one hart, so that each finds what another left there. */
TEST_TIMEOUT(one_hart, NULL, 90)
{
	struct keeper k[NR];
	unsigned int i;

	need_kvm();
	open_all(k, NR);
	for (i = 0; i < NR; i++)
		keeper_start(&k[i], 0);
	axt_sleep_ms(1500);
	keeper_all_get_on(k, NR, 20);
	stop_all(k, NR);
}

/*
 * One thread runs them in turn and goes from hart to hart: nothing is ever scheduled
 * out between a RUN of ours and one of KVM's.
 */
TEST_TIMEOUT(one_thread, NULL, 90)
{
	struct keeper k[NR];
	unsigned int i, n, cpus = axt_cpus();

	need_kvm();
	open_all(k, NR);
	for (n = 0; n < 200 && !axt_failures(); n++) {
		axt_context("turn %u", n);
		if (n % 8 == 0)
			move_to(n / 8 % cpus);
		for (i = 0; i < NR; i++) {
			/* now before, now after its neighbour */
			struct keeper *next = &k[n & 16 ? i : NR - 1 - i];

			if (next->kind == KEEPER_OURS)
				ASSERT_OK(axv_bind(&next->f.v));
			for (unsigned int twice = 0; twice < 1 + n % 3; twice++)
				ASSERT_TRUE(keeper_round(next));
			if (next->kind == KEEPER_OURS)
				ASSERT_OK(axv_unbind(&next->f.v));
		}
	}
	for (i = 0; i < NR; i++)
		keeper_close(&k[i]);
}

/* The same with one of ours that stays bound: it is run before and after KVM's. */
TEST_TIMEOUT(one_thread_bound, NULL, 90)
{
	struct keeper k[2];
	unsigned int n;

	need_kvm();
	open_all(k, 2);
	ASSERT_OK(axv_bind(&k[0].f.v));
	move_to(0);
	for (n = 0; n < 300 && !axt_failures(); n++) {
		axt_context("turn %u", n);
		ASSERT_TRUE(keeper_round(&k[0]));
		ASSERT_TRUE(keeper_round(&k[1]));
		if (n % 7 == 0)
			ASSERT_TRUE(keeper_round(&k[1]));
		if (n % 50 == 49)
			move_to(n / 50 % axt_cpus());
	}
	axv_unbind(&k[0].f.v);
	keeper_close(&k[0]);
	keeper_close(&k[1]);
}

static uint64_t fences(const char *what)
{
	return file_value("/sys/kernel/debug/axvcpu/backend", what);
}

/* Each time the thread leaves the hart, what it has of ours is flushed. */
static uint64_t switches(void)
{
	struct rusage u;

	return getrusage(RUSAGE_THREAD, &u) ? 0 : u.ru_nvcsw + u.ru_nivcsw;
}

/*
 * Beside KVM a hart has one VMID for guests of ours, which KVM's do not have: it is
 * flushed when another one of ours comes, and not when one of KVM's was there.
 */
TEST_TIMEOUT(one_vmid, NULL, 90)
{
	static const char * const kinds[] = { "hfence_gvma_all", "hfence_vvma_all" };
	const unsigned int rounds = 40;
	uint64_t before[2], left;
	struct keeper k[3];
	unsigned int i, n;

	need_kvm();
	if (!(f->dev.info.arch_features & AXVCPU_RISCV_FEAT_VMID))
		axt_skip("the harts have no VMIDs");
	move_to(0);
	keeper_open(&k[0], KEEPER_OURS, &wishes[2]);
	keeper_open(&k[1], KEEPER_OURS, &wishes[3]);
	keeper_open(&k[2], KEEPER_KVM, &wishes[0]);
	for (n = 0; n < 2; n++) {
		for (i = 0; i < 2; i++)
			before[i] = fences(kinds[i]);
		left = switches();
		for (i = 0; i < rounds; i++) {
			struct keeper *ours = &k[n ? 0 : i % 2];

			ASSERT_OK(axv_bind(&ours->f.v));
			ASSERT_TRUE(keeper_round(ours));
			ASSERT_OK(axv_unbind(&ours->f.v));
			ASSERT_TRUE(keeper_round(&k[2]));
		}
		for (i = 0; i < 2; i++) {
			axt_context("%s, %s", kinds[i], n ? "one of ours" : "two of ours");
			if (n)
				EXPECT_LE(fences(kinds[i]) - before[i],
					  rounds / 4 + switches() - left);
			else
				EXPECT_GE(fences(kinds[i]) - before[i], rounds - 1);
		}
	}
	axt_context(NULL);
	for (i = 0; i < 3; i++)
		keeper_close(&k[i]);
}

/* A hart goes and comes: its guests go on elsewhere, and on it again. */
TEST_TIMEOUT(hart_goes_and_comes, NULL, 90)
{
	static const char online[] = "/sys/devices/system/cpu/cpu1/online";
	struct keeper k[NR];
	unsigned int i, n;

	need_kvm();
	if (axt_cpus() < 2 || access(online, W_OK))
		axt_skip("there is no hart that could go");
	open_all(k, NR);
	for (i = 0; i < NR; i++)
		keeper_start(&k[i], -1);
	for (n = 0; n < 4 && !axt_failures(); n++) {
		EXPECT_OK(file_write(online, "0"));
		keeper_all_get_on(k, NR, 3);
		EXPECT_OK(file_write(online, "1"));
		keeper_all_get_on(k, NR, 3);
	}
	stop_all(k, NR);
}

/*
 * KVM comes while guests of ours run, has some of its own, and goes. For each page of a
 * module that goes the kernel interrupts all harts, which takes its time where they are
 * emulated by few.
 */
TEST_TIMEOUT(kvm_comes_and_goes, NULL, 400)
{
	static const struct keeper_wish two[] = {
		{ .seed = 21, .spin = 2000 }, { .seed = 22, .spin = 10, .ticks = 500 },
	};
	bool had = keeper_have_kvm(), can = !host_has("ssaia");
	struct keeper ours[2], theirs;
	unsigned int i, n;

	/*
	 * On a machine with guest interrupt files 6.12's KVM leaves its per-CPU
	 * interrupt behind when it goes: there it comes, and stays.
	 */
	if (had && !can)
		axt_skip("KVM is there, and does not go without harm on this machine");
	if (had && keeper_unload_kvm())
		axt_skip("KVM is there, and does not go");
	for (i = 0; i < 2; i++) {
		keeper_open(&ours[i], KEEPER_OURS, &two[i]);
		keeper_start(&ours[i], i % axt_cpus());
	}
	keeper_all_get_on(ours, 2, 3);
	for (n = 0; n < (can ? 2 : 1) && !axt_failures(); n++) {
		axt_context("time %u", n);
		ASSERT_OK(keeper_load_kvm());
		keeper_all_get_on(ours, 2, 2);
		keeper_open(&theirs, KEEPER_KVM, &wishes[n % NR]);
		keeper_start(&theirs, n % axt_cpus());
		keeper_all_get_on(&theirs, 1, 5);
		keeper_all_get_on(ours, 2, 2);
		keeper_stop(&theirs);
		keeper_close(&theirs);
		if (can) {
			WAIT_UNTIL(!keeper_unload_kvm());
			keeper_all_get_on(ours, 2, 2);
		}
	}
	for (i = 0; i < 2; i++) {
		keeper_stop(&ours[i]);
		keeper_close(&ours[i]);
	}
	if (had && can)
		EXPECT_OK(keeper_load_kvm());
}

/* And the other way round. */
TEST_TIMEOUT(we_come_and_go, NULL, 400)
{
	static const char path[] = "/axvcpu/axvcpu.ko";
	struct keeper theirs[2], ours;
	unsigned int i, n;
	int fd;

	need_kvm();
	if (access(path, R_OK) || file_number(MODULE_USERS) < 0)
		axt_skip("there is no module to load again");
	axv_close(&f->dev);
	f->dev.fd = -1;
	for (i = 0; i < 2; i++) {
		keeper_open(&theirs[i], KEEPER_KVM, &wishes[i]);
		keeper_start(&theirs[i], i % axt_cpus());
	}
	for (n = 0; n < 2 && !axt_failures(); n++) {
		axt_context("time %u", n);
		WAIT_UNTIL(file_number(MODULE_USERS) == 0);
		EXPECT_OK(syscall(SYS_delete_module, "axvcpu", O_NONBLOCK) ? -errno : 0);
		keeper_all_get_on(theirs, 2, 2);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_GE(fd, 0);
		EXPECT_OK(syscall(SYS_finit_module, fd, "", 0) ? -errno : 0);
		close(fd);
		WAIT_UNTIL(!access(AXV_DEVICE, R_OK | W_OK));
		keeper_all_get_on(theirs, 2, 2);
		keeper_open(&ours, KEEPER_OURS, &wishes[2]);
		keeper_start(&ours, n % axt_cpus());
		keeper_all_get_on(&ours, 1, 5);
		keeper_all_get_on(theirs, 2, 2);
		keeper_stop(&ours);
		keeper_close(&ours);
	}
	for (i = 0; i < 2; i++) {
		keeper_stop(&theirs[i]);
		keeper_close(&theirs[i]);
	}
}
