// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of ours and of the kernel's own KVM on the same CPUs: each keeps all that it has
 * in registers, MSRs, memory and its clock (guest/x86/keeper.S), whatever the others do:
 * side by side, in one thread, on a CPU that goes and comes, and while the modules of
 * either are loaded and unloaded. For RISC-V: riscv_kvm.c.
 *
 * rig: timeout=900 smp=2 kvm arch=x86
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/file.h"
#include "common/hostile.h"
#include "common/leaks.h"
#include "common/x86_keeper.h"
#include "common/x86_state.h"

/* Two of each; nearly all of a round is spent in the guest, or nearly nothing. */
#define NR	4
static const struct keeper_wish wishes[NR] = {
	{ .seed = 3, .spin = 20000 },
	{ .seed = 6, .spin = 20000 },
	{ .seed = 10, .spin = 10 },
	{ .seed = 13, .spin = 10 },
};

/* A round has some forty exits, as every MSR and debug register is an exit of its own. */
#define TURNS	100

static enum keeper_kind kind_of(unsigned int i)
{
	return i & 1 ? KEEPER_KVM : KEEPER_OURS;
}

static void need_kvm(void)
{
	if (!have_xsave())
		axt_skip("there is no XSAVE");
	if (!keeper_have_kvm() && keeper_load_kvm(NULL))
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

/* ---- CPUs ----------------------------------------------------------------------------- */

/* The @nr-th of those that this process may use. */
static int cpu_of(unsigned int nr)
{
	static cpu_set_t set;
	int cpu;

	if (!CPU_COUNT(&set))
		ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	nr %= CPU_COUNT(&set);
	for (cpu = 0; !CPU_ISSET(cpu, &set) || nr--;)
		cpu++;
	return cpu;
}

static void move_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* ---- how sections came by the extension ----------------------------------------------- */

static uint64_t sections(const char *how)
{
	return file_value("/sys/kernel/debug/axvcpu/backend", how);
}

/* Where the backend counts: since @before, sections were as @how, and none otherwise. */
static void only(const char *how, const char *other, const uint64_t before[2])
{
	if (!sections(how) && !sections(other))
		return;
	EXPECT_GE(sections(how), before[0] + 1);
	EXPECT_EQ(sections(other), before[1]);
}

/* ---- both at once --------------------------------------------------------------------- */

/* GET_INFO says whether somebody has the extension in use, on the CPU of who asks. */
TEST(told, NULL)
{
	struct keeper k;
	struct axv dev;

	need_kvm();
	move_to(cpu_of(0));
	keeper_open(&k, KEEPER_KVM, &wishes[0]);
	ASSERT_TRUE(keeper_round(&k));
	ASSERT_OK(axv_open(&dev, NULL));
	EXPECT_TRUE(dev.info.arch_features & AXVCPU_X86_FEAT_SHARED);
	axv_close(&dev);
	keeper_close(&k);
	if (!WAIT_UNTIL(!keeper_unload_kvm()))
		axt_end();
	ASSERT_OK(axv_open(&dev, NULL));
	EXPECT_EQ(dev.info.arch_features & AXVCPU_X86_FEAT_SHARED, 0u);
	axv_close(&dev);
	EXPECT_OK(keeper_load_kvm(NULL));
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
	axt_sleep_ms(1000);
	keeper_all_get_on(k, NR, 20);
	stop_all(k, NR);
	beside_stop(&b);
}

/* All on one CPU, so that each finds what another left there. */
TEST_TIMEOUT(one_cpu, NULL, 90)
{
	struct keeper k[NR];
	unsigned int i;

	need_kvm();
	open_all(k, NR);
	for (i = 0; i < NR; i++)
		keeper_start(&k[i], cpu_of(0));
	axt_sleep_ms(1000);
	keeper_all_get_on(k, NR, 20);
	stop_all(k, NR);
}

/*
 * One thread runs them in turn and goes from CPU to CPU: nothing is ever scheduled
 * out between a RUN of ours and one of KVM's.
 */
TEST_TIMEOUT(one_thread, NULL, 90)
{
	uint64_t rode = sections("sections_ridden");
	struct keeper k[NR];
	unsigned int i, n;

	need_kvm();
	open_all(k, NR);
	for (n = 0; n < TURNS && !axt_failures(); n++) {
		axt_context("turn %u", n);
		if (n % 8 == 0)
			move_to(cpu_of(n / 8));
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
	axt_context(NULL);
	if (sections("sections_owned"))
		EXPECT_GE(sections("sections_ridden"), rode + TURNS);
	for (i = 0; i < NR; i++) {
		axt_diag("%s: %u rounds", k[i].name, k[i].rounds);
		keeper_close(&k[i]);
	}
}

/* The same with one of ours that stays bound: it is run before and after KVM's. */
TEST_TIMEOUT(one_thread_bound, NULL, 90)
{
	struct keeper k[2];
	unsigned int n;

	need_kvm();
	open_all(k, 2);
	ASSERT_OK(axv_bind(&k[0].f.v));
	move_to(cpu_of(0));
	for (n = 0; n < TURNS && !axt_failures(); n++) {
		axt_context("turn %u", n);
		ASSERT_TRUE(keeper_round(&k[0]));
		ASSERT_TRUE(keeper_round(&k[1]));
		if (n % 7 == 0)
			ASSERT_TRUE(keeper_round(&k[1]));
		if (n % 50 == 49)
			move_to(cpu_of(n / 50));
	}
	axv_unbind(&k[0].f.v);
	keeper_close(&k[0]);
	keeper_close(&k[1]);
}

/* State of ours is asked for and set while KVM's is on the CPU, and not in a section. */
TEST_TIMEOUT(state_between, NULL, 90)
{
	struct axvcpu_x86_control c;
	struct keeper k[2];
	unsigned int n;

	need_kvm();
	open_all(k, 2);
	move_to(cpu_of(0));
	for (n = 0; n < TURNS / 2 && !axt_failures(); n++) {
		axt_context("turn %u", n);
		ASSERT_OK(axv_bind(&k[0].f.v));
		ASSERT_TRUE(keeper_round(&k[0]));
		ASSERT_OK(axv_unbind(&k[0].f.v));
		ASSERT_TRUE(keeper_round(&k[1]));
		x86_get_control(&k[0].f.v, &c);
		EXPECT_EQ(c.sysenter_eip, *(uint64_t *)(k[0].ram + STATE_LOAD +
							8 * SLOT_SYSENTER_EIP));
		EXPECT_EQ(c.lstar, *(uint64_t *)(k[0].ram + STATE_LOAD + 8 * SLOT_LSTAR));
		ASSERT_OK(x86_set_control(&k[0].f.v, &c));
		ASSERT_TRUE(keeper_round(&k[1]));
	}
	keeper_close(&k[0]);
	keeper_close(&k[1]);
}

/* ---- comings and goings ----------------------------------------------------------------- */

/* A CPU goes and comes: its guests go on elsewhere, and on it again. */
TEST_TIMEOUT(cpu_goes_and_comes, NULL, 120)
{
	struct keeper k[NR];
	unsigned int i, n;
	char online[64];

	need_kvm();
	snprintf(online, sizeof(online), "/sys/devices/system/cpu/cpu%d/online", cpu_of(1));
	if (axt_cpus() < 2 || access(online, W_OK))
		axt_skip("there is no CPU that could go");
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

/* how KVM is loaded: with what, and does it hold the CPUs before it has a VM? */
static const struct {
	const char *name;
	const char *options;
} loads[] = {
	{ "usual", NULL },
	{ "virt_at_load", "enable_virt_at_load=1" },
	{ "virt_with_vm", "enable_virt_at_load=0" },
};

/* KVM comes while guests of ours run, has one of its own, and goes. */
TEST_ROWS_TIMEOUT(kvm_comes_and_goes, loads, ARRAY_SIZE(loads), NULL, 300)
{
	static const char param[] = "/sys/module/kvm/parameters/enable_virt_at_load";
	static const struct keeper_wish two[] = {
		{ .seed = 21, .spin = 2000 }, { .seed = 22, .spin = 10 },
	};
	const char *options = ((typeof(&loads[0]))arg)->options;
	struct keeper ours[2], theirs;
	uint64_t before[2];
	unsigned int i, n;

	need_kvm();
	if (options && access(param, F_OK))
		axt_skip("this kernel's KVM has no enable_virt_at_load");
	if (!WAIT_UNTIL(!keeper_unload_kvm()))
		axt_end();
	for (i = 0; i < 2; i++) {
		keeper_open(&ours[i], KEEPER_OURS, &two[i]);
		keeper_start(&ours[i], cpu_of(i));
	}
	for (n = 0; n < 2 && !axt_failures(); n++) {
		axt_context("time %u", n);
		before[0] = sections("sections_owned");
		before[1] = sections("sections_ridden");
		keeper_all_get_on(ours, 2, 3);
		only("sections_owned", "sections_ridden", before);
		ASSERT_OK(keeper_load_kvm(options));
		keeper_all_get_on(ours, 2, 2);
		keeper_open(&theirs, KEEPER_KVM, &wishes[n % NR]);
		keeper_start(&theirs, cpu_of(n));
		keeper_all_get_on(&theirs, 1, 5);
		before[0] = sections("sections_ridden");
		before[1] = sections("sections_owned");
		keeper_all_get_on(ours, 2, 2);
		only("sections_ridden", "sections_owned", before);
		keeper_stop(&theirs);
		keeper_close(&theirs);
		WAIT_UNTIL(!keeper_unload_kvm());
	}
	for (i = 0; i < 2; i++) {
		keeper_stop(&ours[i]);
		keeper_close(&ours[i]);
	}
	EXPECT_OK(keeper_load_kvm(NULL));
}

/* And the other way round. */
TEST_TIMEOUT(we_come_and_go, NULL, 300)
{
	static const char path[] = "/axvcpu/axvcpu.ko";
	struct keeper theirs[2], ours;
	unsigned int i, n;
	int fd;

	need_kvm();
	if (access(path, R_OK) || file_number(MODULE_USERS) < 0)
		axt_skip("there is no module to load again");
	for (i = 0; i < 2; i++) {
		keeper_open(&theirs[i], KEEPER_KVM, &wishes[i]);
		keeper_start(&theirs[i], cpu_of(i));
	}
	axv_close(&f->dev);
	f->dev.fd = -1;
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
		keeper_start(&ours, cpu_of(n));
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
