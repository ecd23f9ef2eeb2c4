/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hostile_loops.c that is for arm64. */

LABEL(spin_masked);
LABEL(spin_open);
LABEL(halt_masked);
LABEL(halt_event);
LABEL(no_handler);
LABEL(handler_in_a_hole);
LABEL(fault_flood);
LABEL(recursion);
LABEL(calls);
LABEL(unknown_calls);
LABEL(wrong_calls);
LABEL(fences);
LABEL(set_way);
LABEL(own_ipis);
LABEL(irq_storm);
LABEL(wfi_pending);
LABEL(timer_past);
LABEL(sys_traps);
LABEL(no_tables);
LABEL(illegal_return);

/* Where none is mapped, the handler's page is a fault for the VMM. */
static const struct loop loops[] = {
	{ "interrupts_masked", SYM(spin_masked), 0, 0, false },
	{ "interrupts_open", SYM(spin_open), 0, 0, false },
	{ "waiting_with_interrupts_masked", SYM(halt_masked), 0, 0, false },
	{ "waiting_for_events", SYM(halt_event), 0, 0, false },
	{ "no_handler", SYM(no_handler), 0, 0, false },
	{ "handler_in_a_hole", SYM(handler_in_a_hole), 0, 0, true },
	{ "page_faults", SYM(fault_flood), 0, 0, false },
	{ "breakpoints", SYM(recursion), 0, 0, false },
	{ "calls", SYM(calls), 0, 0, false },
	{ "unknown_calls", SYM(unknown_calls), 0, 0, false },
	{ "wrong_calls", SYM(wrong_calls), 0, 0, false },
	{ "fences", SYM(fences), 0, 0, false },
	{ "cache_by_set_and_way", SYM(set_way), 0, 0, false },
	{ "own_ipis", SYM(own_ipis), 0, 0, false },
	{ "interrupts", SYM(irq_storm), 0, 0, false },
	{ "wfi_with_interrupts", SYM(wfi_pending), 0, 0, false },
	{ "timer_in_the_past", SYM(timer_past), 0, 0, false },
	{ "registers", SYM(sys_traps), 0, 0, false },
	{ "no_tables", SYM(no_tables), 0, 0, true },
	{ "illegal_return", SYM(illegal_return), 0, 0, false },
};

static void loop_avoid(const struct loop *l __maybe_unused)
{
}

static void prepare(struct axt *f __maybe_unused, const struct loop *l __maybe_unused)
{
}

static void start(struct axt *f, const struct loop *l)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	s.entry = l->at;
	ASSERT_OK(axv_reset(&f->v));
	ASSERT_OK(axv_setup(&f->v, &s));
	axt_ipis_on(&f->v);
	ASSERT_OK(axv_bind(&f->v));
	f->v.run->stop = 0;
}
