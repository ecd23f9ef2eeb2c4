// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel tells of its work: counters, debugfs, tracepoints. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, halt);
DECLARE_GUEST_SYM(basic, irq_halt);
DECLARE_GUEST_SYM(basic, irq_handler);

#define DEBUGFS		"/sys/kernel/debug"
#define TRACEFS		"/sys/kernel/tracing"
#define LAPS		50

static const struct axt_config sync_guest = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static const struct axt_config irq_guest = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, irq_halt),
	.irqs_off = true,
};

static char text[1 << 20];

static char *read_text(const char *path)
{
	ssize_t n, at = 0;
	int fd;

	fd = open(path, O_RDONLY);
	ASSERT_GE(fd, 0);
	while ((n = read(fd, text + at, sizeof(text) - 1 - at)) > 0)
		at += n;
	text[at] = 0;
	close(fd);
	return text;
}

static void write_text(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, what, strlen(what)), (ssize_t)strlen(what));
	close(fd);
}

/* Both may be mounted already. */
static void need_fs(const char *type, const char *where)
{
	mount(type, where, type, 0, NULL);
}

static uint64_t sum(const volatile struct axvcpu_counters *c)
{
	uint64_t all = 0;
	unsigned int i;

	for (i = AXVCPU_EXIT_NOTHING + 1; i < AXVCPU_EXIT_NR; i++)
		all += c->exits[i];
	return all;
}

/* every exit given is counted once, under its reason */
TEST(exits_are_counted, &sync_guest)
{
	const volatile struct axvcpu_counters *c = &f->v.run->counters;
	uint64_t seen[AXVCPU_EXIT_NR] = { 0 };
	unsigned int i;

	for (i = 0; i < LAPS; i++) {
		ASSERT_OK(axv_run(&f->v));
		ASSERT_TRUE(f->exit->reason < AXVCPU_EXIT_NR);
		seen[f->exit->reason]++;
		axv_fulfil(&f->v, 0);
	}
	for (i = AXVCPU_EXIT_NOTHING + 1; i < AXVCPU_EXIT_NR; i++) {
		axt_context("%s", axv_exit_name(i));
		EXPECT_EQ(c->exits[i], seen[i]);
	}
	axt_context(NULL);
	EXPECT_EQ(sum(c), LAPS);
	EXPECT_GE(c->entries, (uint64_t)LAPS);
	EXPECT_GE(c->guest_ns, 1u);
	/* its code was not there when it began */
	EXPECT_GE(c->s2_faults, 1u);
	EXPECT_GE(c->exits[AXVCPU_EXIT_NOTHING], c->s2_faults);
}

static long kick_when_blocked(void *arg)
{
	struct axt *f = arg;

	WAIT_STATE(&f->v, BLOCKED);
	return axv_kick(&f->v);
}

/* each event delivered, and each wait */
TEST(events_are_counted, &irq_guest)
{
	const volatile struct axvcpu_counters *c = &f->v.run->counters;
	struct axt_thread t;
	uint64_t before;
	unsigned int i;

	axt_need_irqs(f);
	axt_irq_handler(f->ram, f->config->start, GUEST_SYM(basic, irq_handler));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
	before = c->injected;
	EXPECT_EQ(c->blocked, 0u);
	for (i = 1; i <= 5; i++) {
		ASSERT_OK(axv_inject_irq(&f->v, AXT_IRQ));
		axv_fulfil(&f->v, 0);
		ASSERT_EXIT(f, AXVCPU_EXIT_HALT);
		EXPECT_EQ(c->injected, before + i);
		EXPECT_EQ(GUEST_MEM(f, GUEST_DATA + 8, uint32_t), i);
	}

	f->v.run->entry.flags = 0;
	axv_retry(&f->v);
	axt_thread_start(&t, kick_when_blocked, f);
	ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
	ASSERT_OK(axt_thread_join(&t));
	EXPECT_EQ(c->blocked, 1u);
}

TEST(debugfs_lists_the_vcpu, &sync_guest)
{
	char *s;

	need_fs("debugfs", DEBUGFS);
	if (access(DEBUGFS "/axvcpu/vms", R_OK))
		axt_skip("no debugfs here");
	ASSERT_OK(axv_run(&f->v));
	s = read_text(DEBUGFS "/axvcpu/vms");
	EXPECT_TRUE(strstr(s, "running vcpus 1"));
	EXPECT_TRUE(strstr(s, "vcpu 0 ready"));
	EXPECT_TRUE(strstr(s, " entries "));
	s = read_text(DEBUGFS "/axvcpu/backend");
	EXPECT_TRUE(strstr(s, f->dev.info.backend_name));
	EXPECT_TRUE(strstr(s, "stage2_levels "));
}

static unsigned int count(const char *s, const char *what)
{
	unsigned int n = 0;

	while ((s = strstr(s, what))) {
		s += strlen(what);
		n++;
	}
	return n;
}

/* each of the five events appears, entry and exit in pairs */
TEST(tracepoints, &irq_guest)
{
	char *s;

	axt_need_irqs(f);
	need_fs("tracefs", TRACEFS);
	if (access(TRACEFS "/events/axvcpu/enable", W_OK))
		axt_skip("no tracefs here");
	write_text(TRACEFS "/trace", "");
	write_text(TRACEFS "/events/axvcpu/enable", "1");
	ASSERT_OK(axv_inject_irq(&f->v, AXT_IRQ));
	axv_kick(&f->v);
	EXPECT_EXIT(f, AXVCPU_EXIT_STOPPED);
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	ASSERT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, halt)));
	EXPECT_EXIT(f, AXVCPU_EXIT_HALT);
	write_text(TRACEFS "/events/axvcpu/enable", "0");

	s = read_text(TRACEFS "/trace");
	EXPECT_GE(count(s, "axvcpu_entry: vcpu 0 pc 0x"), 1u);
	EXPECT_EQ(count(s, "axvcpu_entry:"), count(s, "axvcpu_exit:"));
	EXPECT_TRUE(strstr(s, axt_format("axvcpu_inject: vcpu 0 interrupt vector %u -> 0",
					 AXT_IRQ)));
	EXPECT_TRUE(strstr(s, "axvcpu_fault: vcpu 0 gpa 0x"));
	EXPECT_TRUE(strstr(s, "axvcpu_map: gpa 0x"));
}

#ifdef __x86_64__
static const struct axt_config apic_guest = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.arch_flags = AXVCPU_X86_LOCAL_APIC,
};

/* Of a message both are told: what came, and what a local APIC took. */
TEST(tracepoint_of_a_message, &apic_guest)
{
	const uint32_t msi = AXVCPU_X86_MSI(0, 0x45);
	char *s;

	need_fs("tracefs", TRACEFS);
	if (access(TRACEFS "/events/axvcpu/enable", W_OK))
		axt_skip("no tracefs here");
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_INTR));
	f->v.run->regs.x86.apic.svr = 0x1ff;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_INTR, 0));
	write_text(TRACEFS "/trace", "");
	write_text(TRACEFS "/events/axvcpu/axvcpu_inject/enable", "1");
	EXPECT_OK(axv_inject_irq(&f->v, msi));
	EXPECT_ERR(EAGAIN, axv_inject_irq(&f->v, msi));
	write_text(TRACEFS "/events/axvcpu/axvcpu_inject/enable", "0");
	s = read_text(TRACEFS "/trace");
	EXPECT_EQ(count(s, "axvcpu_inject: vcpu 0 interrupt vector 69 -> 0"), 1u);
	EXPECT_EQ(count(s, "axvcpu_inject: vcpu 0 interrupt vector 69 -> -11"), 1u);
	EXPECT_EQ(count(s, axt_format("vector %u -> 0", msi)), 1u);
}
#endif
