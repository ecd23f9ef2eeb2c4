// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSIs from vCPU to vCPU and from user space, to those that run and those that sleep, on
 * files of the harts and in memory, while they change hands.
 *
 * An MSI that finds its like pending goes with it, so the sender notes what it means before,
 * and the handler has to find it. Guests send no other before that.
 *
 * rig: arch=riscv machine=aia smp=2 timeout=600
 */
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/leaks.h"
#include "common/riscv_imsic.h"

/* ---- sending -------------------------------------------------------------------------------- */

/* Each identity once a round: none lost, none twice, none taken for another. */
TEST_TIMEOUT(each_identity, &config, 60)
{
	unsigned int n = 200 / axt_slow() + 1, id;

	make(f, 2);
	ALL(IMSIC_ROUNDS) = n;
	start(1, SYM(idle));
	WAIT_UNTIL(WORD(1, IMSIC_READY));
	start(0, SYM(each));
	WAIT_UNTIL(WORD(0, IMSIC_READY));
	ALL(IMSIC_GO) = 1;
	EXPECT_OK(axt_thread_join(&m->cpu[0].thread));
	m->cpu[0].started = false;
	stop_all();
	EXPECT_EQ(WORD(1, IMSIC_IRQS), n * 63);
	EXPECT_EQ(WORD(1, IMSIC_TAKEN), n * 63);
	for (id = 1; id < IMSIC_IDS; id++) {
		axt_context("identity %u", id);
		EXPECT_EQ(WORD(1, IMSIC_COUNT + 4 * id), n);
	}
	axt_context(NULL);
	axt_diag("%u MSIs", n * 63);
}

/* What user space means by an MSI, as the guest's own sender notes it. */
static void post(unsigned int to, unsigned int id)
{
	__atomic_fetch_add((uint32_t *)&WORD(to, IMSIC_POSTED + 4 * id), 1, __ATOMIC_SEQ_CST);
}

static void from_user(struct axt *f, uint64_t entry, bool wait)
{
	unsigned int n = (wait ? 150 : 2000) / axt_slow() + 1, i;
	uint64_t one = 1;
	int fd;

	make(f, 1);
	start(0, entry);
	WAIT_UNTIL(WORD(0, IMSIC_READY));
	fd = eventfd(0, 0);
	ASSERT_OK(axv_irqfd(f->vm, fd, 0, MSI(60)));
	for (i = 0; i < n && !axt_failures(); i++) {
		post(0, i % 2 ? 60 : 61);
		if (i % 2)
			ASSERT_EQ(write(fd, &one, sizeof(one)), (ssize_t)sizeof(one));
		else
			ASSERT_OK(axv_inject_irq(V(0), MSI(61)));
		if (wait)
			WAIT_UNTIL(WORD(0, IMSIC_TAKEN) == i + 1);
	}
	WAIT_UNTIL(WORD(0, IMSIC_TAKEN) == n);
	stop_all();
	axt_diag("%u MSIs, %u interrupts, %llu waits", n, WORD(0, IMSIC_IRQS),
		 (unsigned long long)V(0)->run->counters.blocked);
}

TEST_TIMEOUT(from_user_to_sleeping, &config, 60)
{
	from_user(f, SYM(idle), true);
	EXPECT_GE(V(0)->run->counters.blocked, 10u);
}

TEST_TIMEOUT(from_user_to_running, &config, 60)
{
	from_user(f, SYM(busy), false);
}

/* A write to the page of one that sleeps: its file wakes it. Then to one in memory. */
TEST(sleeping_is_woken, &config)
{
	unsigned int i;

	make(f, 2);
	ALL(IMSIC_ROUNDS) = 1;
	start(1, SYM(idle));
	WAIT_UNTIL(WORD(1, IMSIC_READY));
	set_up(0, SYM(burst));
	for (i = 0; i < 20; i++) {
		axt_context("round %u", i);
		WAIT_STATE(V(1), BLOCKED);
		run_done(0, SYM(burst), 7, 1);
		WAIT_UNTIL(WORD(1, IMSIC_IRQS) == i + 1);
	}
	axt_context(NULL);
	stop_all();

	/* at rest, its file in memory: nobody is woken, nothing is lost */
	get_file(1);
	run_done(0, SYM(burst), 9, 1);
	get_file(1);
	EXPECT_EQ(IMSIC(1).eip[0], 1ull << 9);
	m->cpu[1].started = true;
	axt_thread_start(&m->cpu[1].thread, run_cpu, &m->cpu[1]);
	WAIT_UNTIL(WORD(1, IMSIC_IRQS) == i + 1);
	EXPECT_EQ(WORD(1, IMSIC_COUNT + 4 * 9), 1u);
	stop_all();
}

static uint64_t exits(unsigned int id)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < 32; i++)
		n += V(id)->run->counters.exits[i];
	return n;
}

/* Where there is a file, writes to its page are no exits; in memory each of them is. */
TEST(without_exits, &config)
{
	const unsigned int n = 2000;
	uint64_t file, memory;

	make(f, 2);
	ALL(IMSIC_ROUNDS) = n;
	set_up(0, SYM(burst));
	set_up(1, SYM(look));
	run_done(0, SYM(burst), 3, 1);
	memory = exits(0);
	EXPECT_GE(memory, n);
	/* it has a file from now on, although it does not run */
	run_done(1, SYM(look), 0, 0);
	run_done(0, SYM(burst), 3, 1);
	file = exits(0) - memory;
	EXPECT_LE(file, n / 10);
	axt_diag("%u MSIs: %llu exits in memory, %llu with a file", n,
		 (unsigned long long)memory, (unsigned long long)file);
	get_file(1);
	EXPECT_EQ(IMSIC(1).eip[0], 1u << 3);
}

/* ---- storms --------------------------------------------------------------------------------- */

static void begin_storm(struct axt *f, unsigned int nr, unsigned int rounds, int pinned)
{
	make(f, nr);
	m->pinned = pinned;
	ALL(IMSIC_ROUNDS) = rounds;
	for (unsigned int i = 0; i < nr; i++)
		start(i, SYM(storm));
	WAIT_UNTIL(sum(IMSIC_READY) == nr);
	ALL(IMSIC_GO) = 1;
}

/* Files that were found with something for their vCPU of which the hart had not told. */
static uint64_t untold(void)
{
	char line[256];
	uint64_t n = 0;
	FILE *file;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	file = fopen("/sys/kernel/debug/axvcpu/backend", "r");
	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "imsic_untold %lu", &n) == 1)
			break;
	fclose(file);
	return n;
}

/*
 * Where QEMU has several threads for the harts, a bit of hgeip is lost now and then: a guest
 * takes an interrupt from its file, which changes hgeip without the lock that is held while
 * an MSI to another file of that hart does. That file's vCPU is told of nothing then until
 * the next MSI, and at the end of a storm there is none. So, where nothing gets on: each
 * file that has something has to be one that its hart did not tell of, which the module
 * sees when it reads it; and it has to have all that was sent. Then they may go on.
 */
static bool go_on(void)
{
	uint64_t before = untold();
	unsigned int i, id, n = 0;

	stop_all();
	for (i = 0; i < m->nr; i++) {
		get_file(i);
		if (IMSIC(i).eidelivery && (IMSIC(i).eip[0] & IMSIC(i).eie[0]))
			n++;
		for (id = 1; id < IMSIC_IDS; id++) {
			axt_context("vCPU %u, identity %u", i, id);
			EXPECT_EQ(!!WORD(i, IMSIC_POSTED + 4 * id), IMSIC(i).eip[0] >> id & 1);
		}
	}
	axt_context(NULL);
	axt_diag("%u files with something, %llu of them without a word of the hart", n,
		 (unsigned long long)(untold() - before));
	EXPECT_EQ(untold() - before, n);
	if (!n || axt_failures())
		return false;
	for (i = 0; i < m->nr; i++) {
		m->cpu[i].started = true;
		axt_thread_start(&m->cpu[i].thread, run_cpu, &m->cpu[i]);
	}
	return true;
}

static void end_storm(unsigned int rounds)
{
	uint32_t before, taken = sum(IMSIC_TAKEN);
	uint64_t begin = axt_now_ms();

	/* for as long as it gets on */
	do {
		before = taken;
		for (unsigned int i = 0; i < 5000u * axt_slow(); i++) {
			taken = sum(IMSIC_TAKEN);
			if (taken == m->nr * rounds || taken - before > 100)
				break;
			axt_sleep_ms(1);
		}
	} while (taken != m->nr * rounds && (taken != before || go_on()));
	stop_all();
	EXPECT_EQ(sum(IMSIC_SENT), m->nr * rounds);
	EXPECT_EQ(sum(IMSIC_TAKEN), m->nr * rounds);
	EXPECT_EQ(sum(IMSIC_IRQS), m->nr * rounds);
	axt_diag("%u MSIs, %u interrupts, after %llu ms", sum(IMSIC_SENT), sum(IMSIC_IRQS),
		 (unsigned long long)(axt_now_ms() - begin));
}

TEST_TIMEOUT(storm, &config, 120)
{
	unsigned int n = 1000 / axt_slow();

	begin_storm(f, 4, n, -1);
	end_storm(n);
}

/* The threads are sent from CPU to CPU meanwhile, and the files go with them. */
TEST_TIMEOUT(storm_that_moves, &config, 120)
{
	unsigned int n = 1000 / axt_slow(), cpus = axt_cpus(), moves = 0;
	uint64_t begin;

	if (cpus < 2)
		axt_skip("one CPU only");
	begin_storm(f, 4, n, -1);
	begin = axt_now_ms();
	while (sum(IMSIC_SENT) < 4 * n && moves < 300 && !axt_failures()) {
		go_to(m->cpu[moves % 4].thread.tid, (moves / 4 + moves) % cpus);
		moves++;
		axt_sleep_ms(2);
	}
	axt_diag("%u moves in %llu ms, %u MSIs meanwhile", moves,
		 (unsigned long long)(axt_now_ms() - begin), sum(IMSIC_SENT));
	end_storm(n);
}

/* On one CPU there are not enough files, so they change hands. */
TEST_TIMEOUT(more_than_files, &config, 180)
{
	unsigned int n = 300 / axt_slow();

	begin_storm(f, 8, n, 0);
	end_storm(n);
}

TEST_TIMEOUT(more_than_files_and_moving, &config, 180)
{
	unsigned int n = 200 / axt_slow(), cpus = axt_cpus(), moves = 0;
	uint64_t begin;

	begin_storm(f, 12, n, -1);
	begin = axt_now_ms();
	while (sum(IMSIC_SENT) < 12 * n && moves < 300 && !axt_failures()) {
		go_to(m->cpu[moves % 12].thread.tid, (moves / 12 + moves) % cpus);
		moves++;
		axt_sleep_ms(2);
	}
	axt_diag("%u moves in %llu ms, %u MSIs meanwhile", moves,
		 (unsigned long long)(axt_now_ms() - begin), sum(IMSIC_SENT));
	end_storm(n);
}

/* Registers go to memory and back, and MSIs come meanwhile. */
TEST(saved_again_and_again, &config)
{
	make(f, 1);
	set_up(0, SYM(look));
	for (unsigned int id = 1; id < IMSIC_IDS; id++) {
		axt_context("identity %u", id);
		ASSERT_OK(axv_inject_irq(V(0), MSI(id)));
		run_done(0, SYM(look), 0, 0);
		ASSERT_EQ(reg(V(0), A2), (2ull << id) - 2);
		get_file(0);
		ASSERT_EQ(IMSIC(0).eip[0], (2ull << id) - 2);
		ASSERT_OK(axv_sync(V(0), AXVCPU_REGS_INTR, 0));
	}
}

static int plug(int cpu, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "/sys/devices/system/cpu/cpu%d/online", cpu);
	return file_write(name, what);
}

/* A CPU goes, with all of its files. */
TEST_TIMEOUT(storm_without_a_cpu, &config, 180)
{
	unsigned int n = 2000 / axt_slow(), laps = 0;
	int last = axt_cpus() - 1;

	if (last < 1)
		axt_skip("one CPU only");
	begin_storm(f, 4, n, -1);
	while (sum(IMSIC_SENT) < 4 * n && laps < 20 && !axt_failures()) {
		ASSERT_OK(plug(last, "0"));
		axt_sleep_ms(10);
		ASSERT_OK(plug(last, "1"));
		axt_sleep_ms(10);
		laps++;
	}
	axt_diag("%u times", laps);
	end_storm(n);
}
