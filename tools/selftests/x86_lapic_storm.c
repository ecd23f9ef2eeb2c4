// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four vCPUs write anything to anywhere in their local APICs, IPIs of all kinds to each
 * other among it, while messages come from outside: the host is well, and so is the next
 * guest.
 *
 * rig: arch=x86 smp=2 timeout=300
 */
#include <stdlib.h>

#include "common/x86_lapic.h"

#define NR	4

static const struct axt_config by_kernel = { APIC_CONFIG(AXVCPU_VM_KERNEL_START, 0) };
static const struct axt_config by_vmm = { APIC_CONFIG(0, AXVCPU_X86_EOI_EXITS) };

struct cpu {
	struct axt *f;
	struct axv_vcpu *v;
	struct axv_vcpu own;
	struct axt_thread thread;
	const bool *over;
	unsigned int id;
	unsigned int begun;
	unsigned int exits;
};

static void set_up(struct cpu *c)
{
	struct axvcpu_setup s = axt_setup_args(c->f->s2, c->f->config);
	struct axvcpu_x86_control control;

	s.entry = SYM(hammer);
	s.arch.x86.rsp = GUEST_STACK - 0x400 * c->id;
	ASSERT_OK(axv_setup(c->v, &s));
	x86_get_control(c->v, &control);
	control.idt.base = GUEST_IDT;
	control.idt.limit = AXT_IDT_LIMIT;
	ASSERT_OK(x86_set_control(c->v, &control));
	apic_enable(c->v);
	ASSERT_OK(axv_set_gpr(c->v, R14, c->id * 7919 + c->begun++));
	ASSERT_OK(axv_bind(c->v));
}

/* Whatever it ends with, it begins again. */
static long hammer(void *arg)
{
	struct cpu *c = arg;

	set_up(c);
	while (!__atomic_load_n(c->over, __ATOMIC_SEQ_CST)) {
		ASSERT_OK(axv_run(c->v));
		c->exits++;
		switch (c->v->run->exit.reason) {
		case AXVCPU_EXIT_STOPPED:
			/* it may wait for a start that nobody gives */
			if (c->exits % 4)
				break;
			ASSERT_OK(axv_reset(c->v));
			set_up(c);
			break;
		case AXVCPU_EXIT_MMIO_READ:
		case AXVCPU_EXIT_MMIO_WRITE:
		case AXVCPU_EXIT_SYSREG_WRITE:
		case AXVCPU_EXIT_CPU_UP:
			axv_fulfil(c->v, 0);
			break;
		default:
			ASSERT_OK(axv_reset(c->v));
			set_up(c);
		}
	}
	return 0;
}

static void storm(struct axt *f)
{
	uint64_t end = axt_now_ms() + 3000;
	struct cpu cpus[NR] = { };
	unsigned char *image;
	unsigned int i, n = 1;
	bool over = false;

	for (i = 0; i < 256; i++)
		axt_idt_set(f->ram, f->config->start, i, SYM(hammer_irq));
	axt_idt_set(f->ram, f->config->start, 13, SYM(hammer_gp));
	ASSERT_OK(axv_reset(V));
	for (i = 0; i < NR; i++) {
		cpus[i] = (struct cpu) { .f = f, .id = i, .over = &over };
		cpus[i].v = i ? &cpus[i].own : V;
		if (i)
			ASSERT_OK(axv_vcpu_create(&f->dev, f->vm, i, cpus[i].v));
	}
	image = malloc(f->ram_size);
	ASSERT_TRUE(image);
	memcpy(image, f->ram, f->ram_size);
	for (i = 0; i < NR; i++)
		axt_thread_start(&cpus[i].thread, hammer, &cpus[i]);
	while (axt_now_ms() < end) {
		for (i = 0; i < 50; i++) {
			n = n * 1103515245 + 12345;
			axv_inject_irq(V, (n & 0x5fffffff) | 1u << 30);
		}
		/* one that waits for what never comes */
		axt_sleep_ms(1);
		axv_kick(cpus[n >> 16 & 3].v);
	}
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < NR; i++) {
		axv_kick(cpus[i].v);
		EXPECT_OK(axt_thread_join(&cpus[i].thread));
		axt_diag("vCPU %u: %u exits, begun %u times", i, cpus[i].exits, cpus[i].begun);
	}
	axt_diag("%u writes", GUEST_MEM(f, GUEST_DATA, uint32_t));
	EXPECT_GE(GUEST_MEM(f, GUEST_DATA, uint32_t), 1000u / axt_slow());

	/*
	 * The first one is still a CPU with an APIC like any other; its memory is not what it
	 * was, for who is started by a SIPI executes whatever is at that page.
	 */
	memcpy(f->ram, image, f->ram_size);
	free(image);
	ASSERT_OK(axv_reset(V));
	V->run->stop = 0;
	V->run->entry.command = AXVCPU_CMD_NONE;
	{
		struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

		ASSERT_OK(axv_setup(V, &s));
		ASSERT_OK(axv_bind(V));
	}
	apic_start(f);
	apic_enable(V);
	apic_set(V, APIC_ICR, 0x41 | ICR_SELF);
	EXPECT_EQ(apic_peek(V), 0x41u);
}

TEST_TIMEOUT(started_by_kernel, &by_kernel, 120)
{
	storm(f);
}

TEST_TIMEOUT(started_by_vmm, &by_vmm, 120)
{
	storm(f);
}
