// SPDX-License-Identifier: GPL-2.0-only
/*
 * AXVCPU_ARM64_SETUP_INTERRUPT: an interrupt of the host that is a guest's, ended at the
 * host by the guest's own end, or where the guest loses it; and who can have which. The
 * tests' own module has one that no device has.
 *
 * rig: arch=arm64 smp=2 machine=virt,nokvm
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "axvtest.h"
#include "common/file.h"

DECLARE_GUEST(gic);
DECLARE_GUEST_SYM(gic, boot);
DECLARE_GUEST_SYM(gic, run);
DECLARE_GUEST_SYM(gic, peek);
DECLARE_GUEST_SYM(gic, wait);
DECLARE_GUEST_SYM(gic, store4);

#define SYM(label)	GUEST_SYM(gic, label)
#define V		(&f->v)
#define NOTES		(GUEST_DATA + 8)
#define END		0x80000000u
#define STOP		1u	/* x21 of the guest: "here I am" before the end */
#define PPI		20u
#define MODULE		"/sys/module/axvcpu_irq/parameters/"
#define SGI_FRAME	(GUEST_GICR + 0x10000)
#define ICPENDR0	(SGI_FRAME + 0x280)
#define ICACTIVER0	(SGI_FRAME + 0x380)

static const struct axt_config none = { .stage = AXT_NO_VCPU, GUEST(gic) };

/* ---- the host's interrupt ------------------------------------------------------------- */

static uint32_t spare_irq(void)
{
	if (access(MODULE "irq", F_OK) && system("modprobe axvcpu_irq 2>/dev/null"))
		axt_skip("there is no module axvcpu_irq, which has an interrupt to spare");
	return file_number(MODULE "irq");
}

static void fire(void)
{
	ASSERT_OK(file_write(MODULE "fire", "1"));
}

/* Active and pending at the host's GIC, in a moment. */
static void expect_state(int active, int pending)
{
	int a = -1, p = -1, tries;
	char buf[32];

	for (tries = 0; tries < 500 && (a != active || p != pending); tries++) {
		if (tries)
			axt_sleep_ms(10);
		ASSERT_GE(file_read(MODULE "state", buf, sizeof(buf)), 1);
		if (sscanf(buf, "%d %d", &a, &p) != 2)
			break;
	}
	EXPECT_EQ(a, active);
	EXPECT_EQ(p, pending);
}

/* Linux number of an interrupt with @name in /proc/interrupts, 0: there is none. */
static uint32_t irq_named(const char *name)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned int irq = 0;
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, name))
			continue;
		if (sscanf(line, " %u:", &irq) == 1)
			break;
	}
	if (file)
		fclose(file);
	return irq;
}

/* ---- a guest with it ------------------------------------------------------------------- */

static int cpu_setup(struct axt *f, uint32_t flags, uint32_t host_irq, uint32_t guest_irq,
		     struct axv_vcpu *v)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	s.entry = SYM(boot);
	s.flags = AXVCPU_SETUP_RUNNABLE;
	s.arch.arm64.flags = flags;
	s.arch.arm64.host_irq = host_irq;
	s.arch.arm64.guest_irq = guest_irq;
	return axv_setup(v, &s);
}

static void cpu_create(struct axt *f, uint32_t id, struct axv_vcpu *v)
{
	const struct axvcpu_create_vcpu c = {
		.id = id, .preferred_cpu = -1,
		.arch.arm64 = { .mpidr = id, .gicr = GUEST_GICR + id * GUEST_GICR_SIZE },
	};

	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_DIRECT_IRQ))
		axt_skip("the host's GIC has no list registers that EL2 reaches");
	ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, v));
}

/* At work with PPI 20, which is the spare interrupt; masked. */
static void cpu_boot(struct axt *f)
{
	cpu_create(f, 0, V);
	ASSERT_OK(cpu_setup(f, AXVCPU_ARM64_SETUP_INTERRUPT, spare_irq(), PPI, V));
	f->exit = &V->run->exit;
	f->regs = &V->run->regs.arm64;
	ASSERT_OK(axv_bind(V));
	want(V, AXVCPU_REGS_GPR);
	ASSERT_SYNC(f);
	ASSERT_OK(axv_set_gpr(V, 22, NOTES));
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_INTR));
	V->run->regs.arm64.intr.enabled = 1u << PPI;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
}

/* It takes interrupts until there are @nr notes, or stops before the end of each. */
static void guest_run(struct axt *f, unsigned int nr, uint32_t how)
{
	ASSERT_OK(axv_set_gpr(V, 24, NOTES + 4 * nr));
	ASSERT_OK(axv_set_gpr(V, 21, how));
	axt_goto(V, SYM(run), 0);
	ASSERT_SYNC(f);
}

/* How many notes there are after the guest has taken what comes for a while. */
static unsigned int guest_peek(struct axt *f)
{
	ASSERT_OK(axv_set_gpr(V, 21, 0));
	axt_goto(V, SYM(peek), 0);
	ASSERT_SYNC(f);
	axt_fetch(V);
	return (reg(V, 22) - NOTES) / 4;
}

static void guest_store(struct axt *f, uint64_t at, uint32_t value)
{
	axt_goto(V, SYM(store4), 0);
	ASSERT_OK(axv_set_gpr(V, 1, at));
	ASSERT_OK(axv_set_gpr(V, 2, value));
	ASSERT_SYNC(f);
}

static uint32_t note(struct axt *f, unsigned int n)
{
	return GUEST_MEM(f, NOTES + 4 * n, uint32_t);
}

/* ---- it comes and ends ----------------------------------------------------------------- */

/* The guest's end is the host's; what came meanwhile comes then. */
TEST(ended_by_the_guest, &none)
{
	cpu_boot(f);
	expect_state(0, 0);
	fire();
	expect_state(1, 0);
	guest_run(f, 2, STOP);
	EXPECT_EQ(note(f, 0), PPI);
	expect_state(1, 0);
	fire();
	fire();
	expect_state(1, 1);
	axv_fulfil(V, 0);
	/* the next, which is one for both, stops the guest too */
	ASSERT_OK(axv_set_gpr(V, 24, NOTES + 16));
	ASSERT_SYNC(f);
	expect_state(1, 0);
	axv_fulfil(V, 0);
	ASSERT_SYNC(f);
	EXPECT_EQ(note(f, 1), PPI | END);
	EXPECT_EQ(note(f, 2), PPI);
	EXPECT_EQ(guest_peek(f), 4u);
	expect_state(0, 0);
}

TEST(each_of_many, &none)
{
	unsigned int i;

	cpu_boot(f);
	for (i = 0; i < 200 && !axt_failures(); i++) {
		fire();
		ASSERT_OK(axv_set_gpr(V, 22, NOTES));
		guest_run(f, 2, 0);
		EXPECT_EQ(note(f, 0), PPI);
		EXPECT_EQ(note(f, 1), PPI | END);
	}
	expect_state(0, 0);
	EXPECT_EQ(guest_peek(f), 2u);
}

static void *fire_later(void *unused __maybe_unused)
{
	axt_sleep_ms(100);
	fire();
	return NULL;
}

/* While the guest waits in the kernel, and while it runs. */
TEST(waited_for, &none)
{
	pthread_t thread;

	cpu_boot(f);
	ASSERT_EQ(pthread_create(&thread, NULL, fire_later, NULL), 0);
	axt_goto(V, SYM(wait), 0);
	ASSERT_SYNC(f);
	pthread_join(thread, NULL);
	EXPECT_EQ(guest_peek(f), 2u);
	ASSERT_EQ(pthread_create(&thread, NULL, fire_later, NULL), 0);
	guest_run(f, 4, 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(note(f, 2), PPI);
	expect_state(0, 0);
}

/* ---- it is lost otherwise ---------------------------------------------------------------- */

TEST(cleared_by_the_guest, &none)
{
	cpu_boot(f);
	fire();
	expect_state(1, 0);
	guest_store(f, ICPENDR0, 1u << PPI);
	EXPECT_EQ(guest_peek(f), 0u);
	expect_state(0, 0);
	/* and then it is as before */
	fire();
	guest_run(f, 2, STOP);
	expect_state(1, 0);
	ASSERT_OK(axv_set_gpr(V, 24, NOTES));
	guest_store(f, ICACTIVER0, 1u << PPI);
	EXPECT_EQ(guest_peek(f), 1u);
	expect_state(0, 0);
}

TEST(taken_by_a_commit, &none)
{
	cpu_boot(f);
	fire();
	expect_state(1, 0);
	ASSERT_OK(axv_sync(V, 0, AXVCPU_REGS_INTR));
	EXPECT_EQ(V->run->regs.arm64.intr.pending, 1u << PPI);
	V->run->regs.arm64.intr.pending = 0;
	ASSERT_OK(axv_sync(V, AXVCPU_REGS_INTR, 0));
	EXPECT_EQ(guest_peek(f), 0u);
	expect_state(0, 0);
}

/* RESET and the end of the vCPU give it back, whatever it was at. */
TEST(given_back, &none)
{
	struct axv_vcpu other;

	cpu_boot(f);
	cpu_create(f, 1, &other);
	EXPECT_ERR(EBUSY, cpu_setup(f, AXVCPU_ARM64_SETUP_INTERRUPT, spare_irq(), PPI, &other));
	ASSERT_OK(axv_reset(&other));
	fire();
	guest_run(f, 2, STOP);
	expect_state(1, 0);
	ASSERT_OK(axv_reset(V));
	expect_state(0, 0);
	/* nobody hears it */
	EXPECT_EQ(irq_named("axvcpu guest"), 0u);
	ASSERT_OK(cpu_setup(f, AXVCPU_ARM64_SETUP_INTERRUPT, spare_irq(), PPI, &other));
	EXPECT_EQ(irq_named("axvcpu guest"), spare_irq());
	fire();
	expect_state(1, 0);
	axv_vcpu_close(&other);
	expect_state(0, 0);
	EXPECT_EQ(irq_named("axvcpu guest"), 0u);
}

TEST(not_the_vmms, &none)
{
	cpu_boot(f);
	EXPECT_ERR(EINVAL, axv_inject_irq(V, PPI));
	EXPECT_ERR(EINVAL, axv_inject_irq(V, PPI | AXVCPU_INTERRUPT_CLEAR));
}

/* ---- which ------------------------------------------------------------------------------ */

#define INTERRUPT	AXVCPU_ARM64_SETUP_INTERRUPT
#define TIMER		AXVCPU_ARM64_SETUP_TIMER

TEST(refused, &none)
{
	uint32_t spare = spare_irq(), uart = irq_named("uart-pl011"), own = irq_named("arch_timer");
	const struct {
		const char *what;
		uint32_t host_irq;
		uint32_t guest_irq;
		int error;
	} rows[] = {
		{ "no number", 0, PPI, EINVAL },
		{ "no such interrupt", 100000, PPI, EINVAL },
		{ "none at all", ~0u, PPI, EINVAL },
		{ "an SGI of the guest", spare, 15, EINVAL },
		{ "no INTID", spare, 1020, EINVAL },
		{ "the virtual timer's", spare, 27, EINVAL },
		{ "the physical timer's", spare, 30, EINVAL },
		{ "an SPI of the guest", spare, 40, EOPNOTSUPP },
		{ "a device's that is in use", uart, PPI, EBUSY },
		{ "the host's tick", own, PPI, EOPNOTSUPP },
	};
	unsigned int i;

	ASSERT_NE(uart, 0u);
	ASSERT_NE(own, 0u);
	cpu_create(f, 0, V);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("%s", rows[i].what);
		EXPECT_ERR(rows[i].error, cpu_setup(f, INTERRUPT, rows[i].host_irq,
						    rows[i].guest_irq, V));
		ASSERT_OK(axv_reset(V));
	}
	axt_context(NULL);
	EXPECT_EQ(irq_named("axvcpu guest"), 0u);
	ASSERT_OK(cpu_setup(f, INTERRUPT, spare, PPI, V));
}

/* A timer's is the guest's where the timer is, as the PPI that it has. */
TEST(timers, &none)
{
	uint32_t vtimer = irq_named("axvcpu virtual timer") ?: irq_named("kvm guest vtimer");
	uint32_t ptimer = irq_named("axvcpu physical timer") ?: irq_named("kvm guest ptimer");

	cpu_create(f, 0, V);
	ASSERT_NE(vtimer, 0u);
	EXPECT_ERR(EOPNOTSUPP, cpu_setup(f, INTERRUPT, vtimer, PPI, V));
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(cpu_setup(f, INTERRUPT, vtimer, 27, V));
	ASSERT_OK(axv_reset(V));
	if (!(f->dev.info.arch_features & AXVCPU_ARM64_FEAT_PTIMER)) {
		EXPECT_ERR(EOPNOTSUPP, cpu_setup(f, TIMER, 0, 0, V));
		axt_diag("the physical timer is the host's");
		return;
	}
	ASSERT_NE(ptimer, 0u);
	EXPECT_ERR(EOPNOTSUPP, cpu_setup(f, INTERRUPT, ptimer, 30, V));
	ASSERT_OK(axv_reset(V));
	EXPECT_ERR(EOPNOTSUPP, cpu_setup(f, INTERRUPT | TIMER, ptimer, PPI, V));
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(cpu_setup(f, INTERRUPT | TIMER, ptimer, 30, V));
}

static void drop_rawio(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	ASSERT_OK(syscall(SYS_capget, &head, data));
	data[0].effective &= ~(1u << CAP_SYS_RAWIO);
	ASSERT_OK(syscall(SYS_capset, &head, data));
}

/* A device's takes more than a file descriptor; a timer's does not. */
TEST(without_privilege, &none)
{
	uint32_t vtimer = irq_named("axvcpu virtual timer") ?: irq_named("kvm guest vtimer");
	uint32_t uart = irq_named("uart-pl011"), spare = spare_irq();

	cpu_create(f, 0, V);
	drop_rawio();
	EXPECT_ERR(EPERM, cpu_setup(f, INTERRUPT, spare, PPI, V));
	ASSERT_OK(axv_reset(V));
	EXPECT_ERR(EPERM, cpu_setup(f, INTERRUPT, uart, PPI, V));
	ASSERT_OK(axv_reset(V));
	ASSERT_OK(cpu_setup(f, INTERRUPT, vtimer, 27, V));
}
