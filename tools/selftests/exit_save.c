// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU saved at an exit and restored into another one, of the same VM and of
 * another VM on the same memory, goes on as if nothing had happened. Done at
 * each exit of guest/ARCH/save.S in turn: at the exit nothing of the instruction is
 * done, so the second vCPU makes the same exit first of all.
 */
#include <unistd.h>

#include "common/traps.h"

DECLARE_GUEST(save);
DECLARE_GUEST_SYM(save, start);
DECLARE_GUEST_SYM(save, finish);
DECLARE_GUEST_SYM(save, halted);
DECLARE_GUEST_SYM(save, halted_next);
DECLARE_GUEST_SYM(save, halted_done);
DECLARE_GUEST_SYM(save, traps);
#if defined(__x86_64__)
#define MSR		0x4b564d10

/* The handler of an invalid instruction is to return behind it. */
static void skip_invalid(struct axt *f, struct axv_vcpu *v)
{
	axt_fetch(v);
	GUEST_MEM(f, reg(v, AXT_SP), uint64_t) += 2;
}

static void irq_taken(struct axv_vcpu *v __maybe_unused) { }
static void move_time(struct axv_vcpu *v __maybe_unused) { }
#elif defined(__riscv)
DECLARE_GUEST_SYM(save, trap_call);
#define MSR		0x5c0

static void skip_invalid(struct axt *f __maybe_unused, struct axv_vcpu *v)
{
	v->run->regs.riscv.control.sepc += 4;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

/* It is a line. */
static void irq_taken(struct axv_vcpu *v)
{
	ASSERT_OK(axv_inject_irq(v, AXT_IRQ | AXVCPU_INTERRUPT_CLEAR));
}

/* It is the VM's, and another one's goes on from there. */
static void move_time(struct axv_vcpu *v)
{
	v->run->regs.riscv.timer.flags = AXVCPU_RISCV_TIMER_SET;
}
#elif defined(__aarch64__)
#define MSR		AXVCPU_ARM64_SYSREG(3, 0, 15, 7, 7)

static void skip_invalid(struct axt *f __maybe_unused, struct axv_vcpu *v)
{
	v->run->regs.arm64.control.elr += 4;
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_CONTROL, 0));
}

/* The handler has acknowledged it. */
static void irq_taken(struct axv_vcpu *v __maybe_unused)
{
}

/* It is the VM's, and another one's goes on from there. */
static void move_time(struct axv_vcpu *v)
{
	v->run->regs.arm64.timer.flags = AXVCPU_ARM64_TIMER_SET;
}
#endif

static const struct axt_config config = {
	.start = AXT_START_PAGED,
	.exception_exits = AXT_EXCEPTION_EXIT(TRAP_ILLEGAL),
	GUEST(save),
	.irqs_off = true,
};

#define RO_PAGE		0x100000ull
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
static void prepare(struct axt *f, struct axv_vcpu *v, const traps_t *t)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	s.entry = GUEST_SYM(save, start);
	ASSERT_OK(axv_reset(v));
	ASSERT_OK(axv_setup(v, &s));
	ASSERT_OK(axv_bind(v));
	traps_load(t, v);
}

/* Move everything from @a to @b. */
static void transfer(struct axv_vcpu *a, struct axv_vcpu *b)
{
	ASSERT_OK(axv_sync(a, 0, AXVCPU_REGS_ALL));
	memcpy((void *)&b->run->regs, (void *)&a->run->regs, sizeof(a->run->regs));
	memcpy(b->fp, a->fp, a->fp_size);
	move_time(b);
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
	if (was->reason == AXVCPU_EXIT_SYSREG_WRITE && x.reason == AXVCPU_EXIT_SYSREG_READ)
		return;
	EXPECT_EQ(x.reason, was->reason);
	EXPECT_TRUE(!memcmp(x.words, was->words, sizeof(x.words)));
}

static void answer_trap(struct axt *f, struct axv_vcpu *v, const struct trap *p)
{
	if (p->what == TRAP_ILLEGAL)
		skip_invalid(f, v);
	if (p->what == TRAP_IRQ)
		irq_taken(v);
	axv_skip(v);
}

/* What the exit asks for, always the same for the same question. */
static void answer(struct axt *f, struct axv_vcpu *v, const traps_t *t,
		   struct outcome *o)
{
	volatile struct axvcpu_exit *x = &v->run->exit;
	struct trap p;
	char buf[200];

	if (trapped(t, v, &p)) {
		answer_trap(f, v, &p);
		return;
	}
	switch (x->reason) {
	case AXVCPU_EXIT_HYPERCALL:
		/* interrupts are off here */
		ASSERT_OK(axv_inject_irq(v, AXT_IRQ));
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
			unsigned int at, const traps_t *t, struct outcome *o)
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
	traps_t t = TRAPS_INIT(f, save);
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
	const struct axvcpu_create_vm vm = { .exception_exits = AXT_EXCEPTION_EXIT(TRAP_ILLEGAL) };
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
	traps_t t = TRAPS_INIT(f, save);
	struct axt_thread thread;
	struct axv_vcpu other;
	struct trap p;

	axt_need_irqs(f);
	axt_add_vcpu(f, 1, f->config, &other);
	axt_goto(&f->v, GUEST_SYM(save, halted), 0);
	ASSERT_OK(axv_unbind(&f->v));
	axt_thread_start(&thread, axt_run_once, &f->v);
	WAIT_STATE(&f->v, BLOCKED);
	ASSERT_OK(axv_kick(&f->v));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	EXPECT_EQ(f->exit->reason, (uint32_t)AXVCPU_EXIT_STOPPED);

	transfer(&f->v, &other);
	ASSERT_OK(axv_unbind(&other));
	axt_thread_start(&thread, axt_run_once, &other);
	WAIT_STATE(&other, BLOCKED);
	axt_sleep_ms(20);
	EXPECT_STATE(&other, BLOCKED);
	ASSERT_OK(axv_inject_irq(&other, AXT_IRQ));
	EXPECT_EQ(axt_thread_join(&thread), 0);
	ASSERT_TRUE(trapped(&t, &other, &p));
	EXPECT_EQ(p.what, TRAP_IRQ);
	EXPECT_EQ(p.pc, GUEST_SYM(save, halted_next));
	ASSERT_OK(axv_bind(&other));
	irq_taken(&other);
	axv_skip(&other);
	ASSERT_EXIT_V(&other, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(other.run->exit.pc, GUEST_SYM(save, halted_done));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 0x600du);
}
