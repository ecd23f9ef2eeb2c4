// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU saved at an exit and restored into another one, of the same VM and of
 * another VM on the same memory, goes on as if nothing had happened. Done at
 * each exit of guest/save.S in turn: at the exit nothing of the instruction is
 * done, so the second vCPU makes the same exit first of all.
 */
#include <unistd.h>

#include "common/x86.h"

DECLARE_GUEST(save);
DECLARE_GUEST_SYM(save, start);
DECLARE_GUEST_SYM(save, finish);
DECLARE_GUEST_SYM(save, halted);
DECLARE_GUEST_SYM(save, halted_next);
DECLARE_GUEST_SYM(save, halted_done);
DECLARE_GUEST_SYM(save, traps);

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	.exception_exits = 1u << 6,
	GUEST(save),
	.irqs_off = true,
};

#define RO_PAGE		0x100000ull
#define MSR		0x4b564d10
#define VECTOR		0x61
#define RESULTS		(GUEST_DATA)
#define RESULTS_SIZE	0x3000
#define NEVER		~0u

/* what a whole run gives */
struct outcome {
	unsigned char memory[RESULTS_SIZE];
	uint64_t written;	/* what the device and the ports were told */
	unsigned int exits;
};

static const struct axvcpu_filter_range msr_exits = {
	MSR, MSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
};

/* A vCPU at the start of the program, or anywhere: it is to be overwritten. */
static void prepare(struct axt *f, struct axv_vcpu *v, const struct x86_traps *t)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	s.entry = GUEST_SYM(save, start);
	ASSERT_OK(axv_reset(v));
	ASSERT_OK(axv_setup(v, &s));
	ASSERT_OK(axv_bind(v));
	x86_traps_load(t, v);
}

/* Move everything from @a to @b. */
static void transfer(struct axv_vcpu *a, struct axv_vcpu *b)
{
	ASSERT_OK(axv_sync(a, 0, AXVCPU_REGS_ALL));
	memcpy((void *)&b->run->regs, (void *)&a->run->regs, sizeof(a->run->regs));
	memcpy(b->fp, a->fp, a->fp_size);
	b->run->entry.commit = AXVCPU_REGS_ALL;
	b->run->entry.flags = a->run->entry.flags;
}

/* The same exit as the one that @was at, of an instruction made once more. */
static void expect_same_exit(struct axv_vcpu *v, const struct axvcpu_exit *was)
{
	struct axvcpu_exit x;

	memcpy(&x, (void *)&v->run->exit, sizeof(x));
	EXPECT_EQ(x.pc, was->pc);
	EXPECT_EQ(x.insn_len, was->insn_len);
	EXPECT_EQ(x.intr_state, was->intr_state);
	EXPECT_EQ(x.commands, was->commands);
	/* the second half of a read-modify-write begins with the first again */
	if (was->reason == AXVCPU_EXIT_MMIO_WRITE && x.reason == AXVCPU_EXIT_MMIO_READ)
		return;
	EXPECT_EQ(x.reason, was->reason);
	EXPECT_TRUE(!memcmp(x.words, was->words, sizeof(x.words)));
}

static void answer_trap(struct axt *f, struct axv_vcpu *v, const struct x86_frame *fr)
{
	x86_fetch(v);
	if (fr->vector == 6)	/* the UD2: go on behind it */
		GUEST_MEM(f, reg(v, RSP), uint64_t) += 2;
	axv_skip(v);
}

/* What the exit asks for, always the same for the same question. */
static void answer(struct axt *f, struct axv_vcpu *v, const struct x86_traps *t,
		   struct outcome *o)
{
	volatile struct axvcpu_exit *x = &v->run->exit;
	struct x86_frame fr;
	char buf[200];

	if (x86_trapped(t, v, &fr)) {
		answer_trap(f, v, &fr);
		return;
	}
	switch (x->reason) {
	case AXVCPU_EXIT_HYPERCALL:
		/* interrupts are off here */
		ASSERT_OK(axv_inject_irq(v, VECTOR));
		axv_fulfil(v, 0x1234567890ull);
		break;
	case AXVCPU_EXIT_MMIO_READ:
		axv_fulfil(v, x->mmio.gpa * 0x0101010101ull);
		break;
	case AXVCPU_EXIT_MMIO_WRITE:
		o->written = o->written * 31 + x->mmio.data;
		axv_fulfil(v, 0);
		break;
	case AXVCPU_EXIT_IO_READ:
		memset((void *)v->run->data, 0x5d, x->io.count * x->io.width);
		axv_fulfil(v, 0x8123);
		break;
	case AXVCPU_EXIT_IO_WRITE:
		o->written = o->written * 31 + x->io.data;
		axv_fulfil(v, 0);
		break;
	case AXVCPU_EXIT_SYSREG_READ:
		axv_fulfil(v, 0x9876543210ull);
		break;
	case AXVCPU_EXIT_SYSREG_WRITE:
		o->written = o->written * 31 + x->sysreg.value;
		axv_fulfil(v, 0);
		break;
	case AXVCPU_EXIT_HALT:
		axv_fulfil(v, 0);
		break;
	case AXVCPU_EXIT_EXCEPTION:
		axv_fault(v);
		break;
	case AXVCPU_EXIT_NESTED_PAGE_FAULT:
		EXPECT_EQ(x->npf.gpa, RO_PAGE);
		ASSERT_OK(axv_s2_protect(f->s2, RO_PAGE, AXT_PAGE, AXV_PROT_RWX));
		axv_retry(v);
		break;
	default:
		axt_fail(__FILE__, __LINE__, "exit: %s", axv_exit_str(x, buf, sizeof(buf)));
		axt_end();
	}
}

/* Run the program on @a, from exit @at on (or NEVER) on @b. */
static void run_program(struct axt *f, struct axv_vcpu *a, struct axv_vcpu *b,
			unsigned int at, const struct x86_traps *t, struct outcome *o)
{
	struct axv_vcpu *v = a;
	struct axvcpu_exit was;

	memset(o, 0, sizeof(*o));
	memset(f->ram + RESULTS, 0, RESULTS_SIZE);
	GUEST_MEM(f, RO_PAGE, uint64_t) = 0;
	prepare(f, a, t);
	ASSERT_OK(axv_s2_protect(f->s2, RO_PAGE, AXT_PAGE, AXV_PROT_RX));
	a->run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;

	for (;;) {
		ASSERT_OK(axv_run(v));
		if (v->run->exit.pc == GUEST_SYM(save, finish))
			break;
		if (o->exits == at) {
			memcpy(&was, (void *)&v->run->exit, sizeof(was));
			transfer(a, b);
			v = b;
			ASSERT_OK(axv_run(v));
			expect_same_exit(v, &was);
			if (axt_failures())
				axt_end();
		}
		answer(f, v, t, o);
		o->exits++;
		ASSERT_LE(o->exits, 200u);
	}
	memcpy(o->memory, f->ram + RESULTS, RESULTS_SIZE);
}

static void at_each_exit(struct axt *f, struct axv_vcpu *other)
{
	static struct outcome whole, moved;
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(save, traps));
	uint64_t *result = (uint64_t *)moved.memory;
	unsigned int at, i;

	run_program(f, &f->v, NULL, NEVER, &t, &whole);
	EXPECT_GE(whole.exits, 25u);
	EXPECT_EQ(((uint64_t *)whole.memory)[1], 0u);
	for (at = 0; at < whole.exits; at++) {
		axt_context("moved at exit %u", at);
		prepare(f, other, &t);
		run_program(f, &f->v, other, at, &t, &moved);
		EXPECT_EQ(result[0], ((uint64_t *)whole.memory)[0]);
		EXPECT_EQ(result[1], 0u);
		for (i = 0; i < RESULTS_SIZE; i++)
			if (moved.memory[i] != whole.memory[i])
				break;
		EXPECT_EQ(i, (unsigned int)RESULTS_SIZE);
		/* the write of a read-modify-write may be asked twice, no other */
		EXPECT_EQ(moved.written, whole.written);
		if (axt_failures() > 5)
			axt_end();
	}
	axt_context(NULL);
	axt_diag("%u exits", whole.exits);
}

TEST(same_vm, &config)
{
	struct axv_vcpu other;

	ASSERT_OK(axv_set_msr_filter(f->vm, &msr_exits, 1));
	axt_add_vcpu(f, 1, f->config, &other);
	at_each_exit(f, &other);
}

TEST(other_vm, &config)
{
	const struct axvcpu_create_vm vm = { .exception_exits = 1u << 6 };
	struct axv_vcpu other;
	int first = f->vm;

	ASSERT_OK(axv_set_msr_filter(f->vm, &msr_exits, 1));
	f->vm = ASSERT_OK(axv_vm_create_with(&f->dev, &vm));
	ASSERT_OK(axv_set_msr_filter(f->vm, &msr_exits, 1));
	axt_add_vcpu(f, 0, f->config, &other);
	close(first);
	at_each_exit(f, &other);
}

/* Halted in the kernel on the one, woken on the other. */
TEST(halted, &config)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(save, traps));
	struct axt_thread thread;
	struct axv_vcpu other;
	struct x86_frame fr;

	axt_add_vcpu(f, 1, f->config, &other);
	x86_goto(&f->v, GUEST_SYM(save, halted), 0);
	ASSERT_OK(axv_unbind(&f->v));
	axt_thread_start(&thread, x86_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);

	transfer(&f->v, &other);
	ASSERT_OK(axv_unbind(&other));
	axt_thread_start(&thread, x86_run_once, &other);
	WAIT_STATE(&other, BLOCKED);
	axt_sleep_ms(20);
	EXPECT_STATE(&other, BLOCKED);
	ASSERT_OK(axv_inject_irq(&other, VECTOR));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(x86_trapped(&t, &other, &fr));
	EXPECT_EQ(fr.vector, (unsigned int)VECTOR);
	EXPECT_EQ(fr.ip, GUEST_SYM(save, halted_next));
	ASSERT_OK(axv_bind(&other));
	axv_skip(&other);
	ASSERT_EXIT_V(&other, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(other.run->exit.pc, GUEST_SYM(save, halted_done));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 0x600du);
}

/* Events of every kind that wait while interrupts are off. */
TEST(pending_events, &config)
{
	struct x86_traps t = x86_traps_init(f, GUEST_SYM(save, traps));
	struct axvcpu_inject_event pf = {
		.kind = AXVCPU_EVENT_EXCEPTION, .vector = 14, .error_code = 7,
		.flags = AXVCPU_EVENT_HAS_ERROR | AXVCPU_EVENT_HAS_PAYLOAD,
		.payload = 0xabc123,
	};
	struct axvcpu_x86_control c;
	struct axvcpu_x86_intr i;
	struct axv_vcpu other;
	struct x86_frame fr;

	axt_add_vcpu(f, 1, f->config, &other);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	ASSERT_OK(axv_inject_irq(&f->v, 0xf1));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_OK(axv_inject_event(&f->v, &pf));
	axv_stop_word(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
	transfer(&f->v, &other);
	other.run->entry.commit = 0;
	ASSERT_OK(axv_sync(&other, AXVCPU_REGS_ALL, 0));

	x86_get_intr(&other, &i);
	EXPECT_EQ(i.flags, AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_EXC_ERROR |
			   AXVCPU_X86_INTR_EXC_PAYLOAD);
	EXPECT_EQ(i.exc_vector, 14u);
	EXPECT_EQ(i.exc_error, 7u);
	EXPECT_EQ(i.exc_payload, 0xabc123u);
	EXPECT_EQ(i.nmis, 1u);
	EXPECT_EQ(i.pending[1], 1ull << (VECTOR - 64));
	EXPECT_EQ(i.pending[3], 1ull << (0xf1 - 192));
	/* the exception first: the NMI interrupts its handler, IF holds back the rest */
	ASSERT_TRAP(&t, &other, 2, &fr);
	EXPECT_EQ(fr.ip, GUEST_SYM(save, traps) + 14 * TRAP_SIZE);
	axv_skip(&other);
	ASSERT_TRAP(&t, &other, 14, &fr);
	EXPECT_EQ(fr.error, 7u);
	x86_get_control(&other, &c);
	EXPECT_EQ(c.cr2, 0xabc123u);
	axv_skip(&other);
	GUEST_MEM(f, reg(&other, RSP) + 24, uint64_t) |= FLAG_IF;
	ASSERT_TRAP(&t, &other, 0xf1, &fr);
	axv_skip(&other);
	ASSERT_TRAP(&t, &other, VECTOR, &fr);
}
