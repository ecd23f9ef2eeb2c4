/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hostile_loops.c that is for x86. */
#include "common/x86.h"

LABEL(traps);
LABEL(done);
LABEL(spin_masked);
LABEL(spin_open);
LABEL(halt_masked);
LABEL(flood_soft);
LABEL(flood_cpuid);
LABEL(flood_msr);
LABEL(flood_cr);
LABEL(flood_invlpg);
LABEL(flood_window);
LABEL(endless_string);
LABEL(stack_watch);
LABEL(flood_step);
LABEL(step_handler);
LABEL(soft_handler);
LABEL(recursion);
LABEL(recursion_handler);
LABEL(no_handler);
LABEL(no_stack);

static const struct loop loops[] = {
	{ "interrupts_masked", SYM(spin_masked), 0, 0, false },
	{ "interrupts_open", SYM(spin_open), 0, 0, false },
	{ "halted_with_interrupts_masked", SYM(halt_masked), 0, 0, false },
	{ "software_interrupts", SYM(flood_soft), 0x80, SYM(soft_handler), false },
	{ "cpuid", SYM(flood_cpuid), 0, 0, false },
	{ "msrs", SYM(flood_msr), 0, 0, false },
	{ "control_registers", SYM(flood_cr), 0, 0, false },
	{ "caches_and_tlbs", SYM(flood_invlpg), 0, 0, false },
	{ "interrupt_windows", SYM(flood_window), 0, 0, false },
	{ "strings", SYM(endless_string), 0, 0, false },
	{ "breakpoint_on_the_stack", SYM(stack_watch), 1, SYM(soft_handler), true },
	{ "steps_without_end", SYM(flood_step), 1, SYM(step_handler), false },
	{ "handler_that_needs_itself", SYM(recursion), 6, SYM(recursion_handler), true },
};

/* What an emulator cannot do. */
static void loop_avoid(const struct loop *l)
{
	if (l->at == SYM(stack_watch) && x86_emulated())
		axt_skip("QEMU 10 aborts at a data breakpoint on the stack that a frame is pushed to");
	if (l->at == SYM(spin_masked))
		axt_avoid(AXT_FLAW_SPIN);
	if (l->at == SYM(flood_soft))
		axt_avoid(AXT_FLAW_EVENT);
	if (l->at == SYM(flood_step))
		axt_avoid(AXT_FLAW_STEP);
	if (l->at == SYM(stack_watch))
		axt_avoid(AXT_FLAW_DR6);
}

static void prepare(struct axt *f, const struct loop *l)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		axt_idt_set(f->ram, f->config->start, i, SYM(traps) + i * TRAP_SIZE);
	if (l->handler)
		axt_idt_set(f->ram, f->config->start, l->vector, l->handler);
}

static void start(struct axt *f, const struct loop *l)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	struct axvcpu_x86_control c;

	s.entry = l->at;
	s.arch.x86.rsp = 0x200000;	/* room for a handler that needs itself */
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	if (l->at != SYM(halt_masked))
		axt_let_spin(&f->v);
	ASSERT_OK(axv_bind(&f->v));
	x86_get_control(&f->v, &c);
	c.idt.base = GUEST_IDT;
	c.idt.limit = AXT_IDT_LIMIT;
	ASSERT_OK(x86_set_control(&f->v, &c));
	f->v.run->stop = 0;
}
