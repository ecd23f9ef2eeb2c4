// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sixteen kinds of test that the axvcpu crate has for its vCPU, on the
 * device: same names, same order, so that who knows those knows these.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, halt);
DECLARE_GUEST_SYM(basic, hypercall);
DECLARE_GUEST_SYM(basic, irq_halt);
DECLARE_GUEST_SYM(basic, irq_handler);

static const struct axt_config ready = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static const struct axt_config created = {
	.stage = AXT_CREATED,
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static int setup(struct axt *f, const struct axv_vcpu *v)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	return axv_setup(v, &s);
}

/* 1: a new vCPU */
TEST(creation, &created)
{
	struct axvcpu_vm_state_info vm;
	struct axvcpu_get_state s;

	EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_CREATED);
	EXPECT_EQ(s.id, 0);
	EXPECT_EQ(s.owner, 0);
	EXPECT_EQ(s.last_cpu, -1);
	EXPECT_EQ(s.pending_exit, 0);
	EXPECT_OK(axv_vm_state(f->vm, &vm));
	EXPECT_EQ(vm.nr_vcpus, 1);
	EXPECT_EQ(f->v.run->stop, 0);
	EXPECT_EQ(f->v.run->counters.entries, 0);
}

/* 2: SETUP is entry, root and the rest, or nothing at all */
TEST(setup_order, &created)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	s.stage2_fd = -1;
	EXPECT_ERR(EBADF, axv_setup(&f->v, &s));
	EXPECT_STATE(&f->v, CREATED);
	s.stage2_fd = f->vm;
	EXPECT_ERR(EINVAL, axv_setup(&f->v, &s));
	EXPECT_STATE(&f->v, CREATED);
	s.stage2_fd = f->s2;
	s.arch.words[7] = 1;
	EXPECT_ERR(EINVAL, axv_setup(&f->v, &s));
	EXPECT_STATE(&f->v, CREATED);

	/* what SET_ENTRY says before SETUP is not what SETUP says */
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, halt)));
	EXPECT_OK(axv_set_root(&f->v, f->s2));
	EXPECT_OK(setup(f, &f->v));
	EXPECT_STATE(&f->v, FREE);
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	EXPECT_EQ(axt_gpr_pc(f->v.run), GUEST_SYM(basic, sync_loop));
	EXPECT_EQ(reg(&f->v, AXT_SP), GUEST_STACK);
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);
}

/* 3: transitions, and the one that ends in INVALID */
TEST(state_transitions, &created)
{
	EXPECT_OK(setup(f, &f->v));
	EXPECT_STATE(&f->v, FREE);
	EXPECT_ERR(EBADFD, axv_unbind(&f->v));
	EXPECT_STATE(&f->v, INVALID);
	EXPECT_ERR(EBADFD, axv_bind(&f->v));
	EXPECT_ERR(EBADFD, setup(f, &f->v));
	EXPECT_STATE(&f->v, INVALID);
	EXPECT_OK(axv_reset(&f->v));
	EXPECT_STATE(&f->v, CREATED);
	EXPECT_OK(setup(f, &f->v));
	EXPECT_STATE(&f->v, FREE);
}

/* 4: bind and unbind, as often as one likes */
TEST(bind_unbind, &ready)
{
	struct axvcpu_get_state s;

	for (int i = 1; i <= 10; i++) {
		EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
		EXPECT_EQ(s.owner, gettid());
		EXPECT_SYNC(f);
		EXPECT_EQ(axt_synced(f->exit), i);
		axv_fulfil(&f->v, 0);
		EXPECT_OK(axv_unbind(&f->v));
		EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_FREE);
		EXPECT_EQ(s.owner, 0);
		/* the decision about the exit stays to be made */
		EXPECT_EQ(s.pending_exit, AXT_EXIT_SYNC);
		EXPECT_OK(axv_bind(&f->v));
	}
}

/* 5: run, to a halt */
TEST(run, &ready)
{
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, halt)));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	EXPECT_EXIT(f, AXVCPU_EXIT_HALT);
	EXPECT_STATE(&f->v, READY);
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_HALT], 1);
	EXPECT_GE(f->v.run->counters.entries, 1);
}

/* 6: general registers and the return value */
TEST(gpr_and_return_value, &ready)
{
	int i;

	for (i = 0; i < AXT_NR_GPRS; i++)
		EXPECT_OK(axv_set_gpr(&f->v, i, 0x1111111111111111ull * i));
	EXPECT_ERR(EINVAL, axv_set_gpr(&f->v, AXT_NR_GPRS, 0));
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	for (i = 0; i < AXT_NR_GPRS; i++)
		EXPECT_EQ(reg(&f->v, i), 0x1111111111111111ull * i);
	EXPECT_OK(axv_set_return_value(&f->v, 0xfeedfacecafebeef));
	EXPECT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	EXPECT_EQ(reg(&f->v, AXT_RESULT_REG), 0xfeedfacecafebeef);
}

/* 7: injection, bound or not; the vector waits until it can be delivered */
TEST(injection, &created)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	volatile uint32_t *irqs = &GUEST_MEM(f, GUEST_DATA + 8, uint32_t);

	axt_need_irqs(f);
	axt_avoid(AXT_FLAW_WINDOW);
	s.entry = GUEST_SYM(basic, irq_halt);
	axt_irq_handler(f->ram, AXT_START_FLAT, GUEST_SYM(basic, irq_handler));
	EXPECT_OK(axv_setup(&f->v, &s));
	EXPECT_OK(axv_inject_irq(&f->v, AXT_IRQ));
	EXPECT_ERR(EAGAIN, axv_inject_irq(&f->v, AXT_IRQ));
	EXPECT_ERR(EINVAL, axv_inject_irq(&f->v, AXT_NO_IRQ));

	EXPECT_OK(axv_bind(&f->v));
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	EXPECT_EXIT(f, AXVCPU_EXIT_HALT);
	EXPECT_EQ(*irqs, 1);
	EXPECT_OK(axv_inject_irq(&f->v, AXT_IRQ));
	axv_fulfil(&f->v, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_HALT);
	EXPECT_EQ(*irqs, 2);
	EXPECT_GE(f->v.run->counters.injected, 2);
}

/* 8: every exit reason has a name, and a line of text */
TEST(exit_reason_text, NULL)
{
	struct axvcpu_exit e;
	char line[160];

	for (uint32_t i = 0; i < AXVCPU_EXIT_NR; i++) {
		axt_context("reason %u", i);
		EXPECT_TRUE(strcmp(axv_exit_name(i), "?"));
		memset(&e, 0, sizeof(e));
		e.reason = i;
		EXPECT_TRUE(axv_exit_str(&e, line, sizeof(line)) == line);
		EXPECT_TRUE(strstr(line, axv_exit_name(i)));
	}
	EXPECT_TRUE(!strcmp(axv_exit_name(AXVCPU_EXIT_NR), "?"));
	EXPECT_TRUE(!strcmp(axv_exit_name(AXVCPU_EXIT_IO_WRITE), "IO_WRITE"));
}

/* 9: number and six arguments of a hypercall, and its result */
TEST(hypercall_fields, &ready)
{
	EXPECT_OK(axv_set_gpr(&f->v, AXT_ARG4, 15));
	EXPECT_OK(axv_set_gpr(&f->v, AXT_ARG5, 16));
	EXPECT_OK(axv_set_entry(&f->v, GUEST_SYM(basic, hypercall)));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->hypercall.nr, 5);
	for (int i = 0; i < 6; i++) {
		axt_context("argument %d", i);
		EXPECT_EQ(f->exit->hypercall.args[i], 11 + i);
	}
	axv_fulfil(&f->v, 0x1234);
	EXPECT_SYNC(f);
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 0x1234);
}

/* 10: the states have the crate's numbers */
TEST(state_values, NULL)
{
	EXPECT_EQ(AXVCPU_STATE_INVALID, 0);
	EXPECT_EQ(AXVCPU_STATE_CREATED, 1);
	EXPECT_EQ(AXVCPU_STATE_FREE, 2);
	EXPECT_EQ(AXVCPU_STATE_READY, 3);
	EXPECT_EQ(AXVCPU_STATE_RUNNING, 4);
	EXPECT_EQ(AXVCPU_STATE_BLOCKED, 5);
	for (uint32_t i = 0; i <= AXVCPU_STATE_BLOCKED; i++)
		EXPECT_TRUE(strcmp(axv_state_name(i), "?"));
}

/* 11: SETUP in the wrong state */
TEST(setup_in_wrong_state, &ready)
{
	EXPECT_ERR(EBADFD, setup(f, &f->v));
	EXPECT_STATE(&f->v, INVALID);
}

/* 12: RUN without BIND */
TEST(run_without_bind, &created)
{
	EXPECT_OK(setup(f, &f->v));
	EXPECT_ERR(EBADFD, axv_run(&f->v));
	EXPECT_STATE(&f->v, INVALID);
	EXPECT_EQ(f->v.run->counters.entries, 0);
}

static long run_thread(void *arg)
{
	struct axv_vcpu *v = arg;
	int r = axv_bind(v);

	return r ? r : axv_run(v);
}

/* 13: vCPU 0 is the one that starts by itself */
TEST(bsp, &created)
{
	struct axvcpu_inject_event start = {
		.kind = AXVCPU_EVENT_START,
		.payload = GUEST_SYM(basic, sync_loop),
	};
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axt_thread t;
	struct axv_vcpu v1;

	s.flags = 0;
	EXPECT_OK(axv_setup(&f->v, &s));
	EXPECT_OK(axv_bind(&f->v));
	EXPECT_SYNC(f);

	axt_add_vcpu(f, 1, &created, &v1);
	s.entry = GUEST_SYM(basic, halt);
	EXPECT_OK(axv_setup(&v1, &s));
	axt_thread_start(&t, run_thread, &v1);
	ASSERT_TRUE(WAIT_STATE(&v1, BLOCKED));
	axt_sleep_ms(20);
	EXPECT_STATE(&v1, BLOCKED);
	EXPECT_EQ(v1.run->counters.entries, 0);
	if (EXPECT_OK(axv_inject_event(&v1, &start)) == 0) {
		EXPECT_OK(axt_thread_join(&t));
		EXPECT_EQ(v1.run->exit.reason, AXT_EXIT_SYNC);
	}
}

/* 14: affinity: preferred CPU 2 and mask 1010b where there are so many */
TEST(affinity, &ready)
{
	uint64_t mask = axt_cpus() >= 4 ? 0xa : 0x2;
	struct axvcpu_create_vcpu c = {
		.id = 1,
		.preferred_cpu = axt_cpus() >= 4 ? 2 : 1,
		.cpu_set_size = sizeof(mask),
		.cpu_set = (uintptr_t)&mask,
	};
	struct axvcpu_get_state s;
	struct axv_vcpu v;

	if (axt_cpus() < 2)
		axt_skip("one CPU only");
	ASSERT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	EXPECT_OK(setup(f, &v));
	EXPECT_OK(axv_bind(&v));
	EXPECT_SYNC_V(&v);
	EXPECT_EQ(axv_get_state(&v, &s), AXVCPU_STATE_READY);
	EXPECT_EQ(s.id, 1);
	EXPECT_TRUE(s.last_cpu >= 0 && mask & 1ull << s.last_cpu);
}

/* 15: creations that fail leave nothing behind */
TEST(creation_failure, &ready)
{
	struct axvcpu_create_vcpu c = { .preferred_cpu = -1 };
	struct axvcpu_vm_state_info vm;
	struct axv_vcpu v;

	EXPECT_ERR(EEXIST, axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	c.id = f->dev.info.max_vcpus;
	EXPECT_ERR(EINVAL, axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	c.id = 1;
	c.preferred_cpu = 1 << 20;
	EXPECT_ERR(EINVAL, axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	c.preferred_cpu = -2;
	EXPECT_ERR(EINVAL, axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	c.preferred_cpu = -1;
	c.arch.reserved[3] = 1;
	EXPECT_ERR(EINVAL, axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	c.arch.reserved[3] = 0;
	c.cpu_set_size = 8;
	EXPECT_ERR(EFAULT, axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
	c.cpu_set_size = 0;

	EXPECT_OK(axv_vm_state(f->vm, &vm));
	EXPECT_EQ(vm.nr_vcpus, 1);
	EXPECT_OK(axv_vcpu_create_with(&f->dev, f->vm, &c, &v));
}

/* 16: a whole life */
TEST(whole_life, &created)
{
	struct axvcpu_get_state s;
	unsigned int life, i;

	for (life = 0; life < 3; life++) {
		axt_context("life %u", life);
		EXPECT_STATE(&f->v, CREATED);
		EXPECT_OK(setup(f, &f->v));
		EXPECT_OK(axv_bind(&f->v));
		for (i = 1; i <= 5; i++) {
			ASSERT_SYNC(f);
			EXPECT_EQ(axt_synced(f->exit), i);
			EXPECT_EQ(axv_get_state(&f->v, &s), AXVCPU_STATE_READY);
			EXPECT_EQ(s.pending_exit, AXT_EXIT_SYNC);
			axv_fulfil(&f->v, 0);
		}
		EXPECT_OK(axv_unbind(&f->v));
		EXPECT_STATE(&f->v, FREE);
		f->v.run->entry.command = AXVCPU_CMD_NONE;
		EXPECT_OK(axv_reset(&f->v));
	}
	EXPECT_EQ(f->v.run->counters.exits[AXT_EXIT_SYNC], 15);
}
