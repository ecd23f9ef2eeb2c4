// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl of a vCPU in every state of its life, in strict and in lenient
 * VMs: which errno, which state afterwards.
 *
 * rig: timeout=240
 */
#include <sched.h>
#include <sys/ioctl.h>

#include "axvtest.h"

DECLARE_GUEST(basic);
DECLARE_GUEST_SYM(basic, sync_loop);
DECLARE_GUEST_SYM(basic, irq_spin);
DECLARE_GUEST_SYM(basic, irq_halt);
DECLARE_GUEST_SYM(basic, irq_handler);
DECLARE_GUEST_SYM(basic, nmi_handler);

#define S(state)	(1u << AXVCPU_STATE_##state)
#define AT_REST		(S(CREATED) | S(FREE) | S(READY))
#define ALL		(AT_REST | S(INVALID))

/* ---- one legal call of each ioctl ------------------------------------------- */

static struct axvcpu_cpuid_entry table[512];

static int do_setup(struct axt *f)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);

	return axv_setup(&f->v, &s);
}

static int do_set_entry(struct axt *f)
{
	return axv_set_entry(&f->v, GUEST_SYM(basic, sync_loop));
}

static int do_set_root(struct axt *f)
{
	return axv_set_root(&f->v, f->s2);
}

static int do_bind(struct axt *f)
{
	return axv_bind(&f->v);
}

static int do_run(struct axt *f)
{
	return axv_run(&f->v);
}

static int do_unbind(struct axt *f)
{
	return axv_unbind(&f->v);
}

static int do_reset(struct axt *f)
{
	return axv_reset(&f->v);
}

static int do_kick(struct axt *f)
{
	return axv_kick(&f->v);
}

static int do_get_state(struct axt *f)
{
	int r = axv_get_state(&f->v, NULL);

	return r < 0 ? r : 0;
}

static int do_set_gpr(struct axt *f)
{
	return axv_set_gpr(&f->v, AXT_SPARE, 1);
}

static int do_set_return_value(struct axt *f)
{
	return axv_set_return_value(&f->v, 1);
}

static int do_inject_interrupt(struct axt *f)
{
	return axv_inject_irq(&f->v, AXT_IRQ);
}

static int do_inject_event(struct axt *f)
{
	return axt_inject_other(&f->v);
}

static int do_set_affinity(struct axt *f)
{
	return axv_set_affinity(&f->v, -1, NULL, 0);
}

static int do_translate(struct axt *f)
{
	struct axvcpu_translate t;

	return axv_translate(&f->v, GUEST_CODE, 0, &t);
}

static int do_get_cpuid(struct axt *f)
{
	int r = axv_get_cpuid(&f->v, table, ARRAY_SIZE(table));

	return r < 0 ? r : 0;
}

/* A table that is surely valid: the default, read before from another vCPU. */
static int nr_entries;

static int do_set_cpuid(struct axt *f)
{
	return axv_set_cpuid(&f->v, table, nr_entries);
}

static int do_sync(struct axt *f)
{
	return axv_sync(&f->v, 0, AXVCPU_REGS_GPR);
}

/**
 * struct call - what the life cycle says about one ioctl
 * @name: its name
 * @fn: makes the call, in its legal form
 * @legal: states where it succeeds
 * @to: state it leads to, 0: the same
 * @any_thread: legal for a thread that does not hold the vCPU
 */
static const struct call {
	const char *name;
	int (*fn)(struct axt *f);
	uint32_t legal;
	uint32_t to;
	bool any_thread;
} calls[] = {
	{ "SETUP", do_setup, S(CREATED), AXVCPU_STATE_FREE, false },
	{ "SET_ENTRY", do_set_entry, AT_REST, 0, false },
	{ "SET_STAGE2_ROOT", do_set_root, AT_REST, 0, false },
	{ "BIND", do_bind, S(FREE), AXVCPU_STATE_READY, false },
	{ "RUN", do_run, S(READY), 0, false },
	{ "UNBIND", do_unbind, S(READY), AXVCPU_STATE_FREE, false },
	{ "RESET", do_reset, ALL, AXVCPU_STATE_CREATED, false },
	{ "KICK", do_kick, ALL, 0, true },
	{ "GET_STATE", do_get_state, ALL, 0, true },
	{ "SET_GPR", do_set_gpr, AT_REST, 0, false },
	{ "SET_RETURN_VALUE", do_set_return_value, AT_REST, 0, false },
	{ "INJECT_INTERRUPT", do_inject_interrupt, AT_REST, 0, true },
	{ "INJECT_EVENT", do_inject_event, AT_REST, 0, true },
	{ "SET_AFFINITY", do_set_affinity, AT_REST, 0, false },
	{ "TRANSLATE", do_translate, S(FREE) | S(READY), 0, false },
	{ "SET_CPUID", do_set_cpuid, S(CREATED) | S(FREE), 0, false },
	{ "GET_CPUID", do_get_cpuid, AT_REST, 0, false },
	{ "SYNC", do_sync, S(FREE) | S(READY), 0, false },
};

static const uint32_t states[] = {
	AXVCPU_STATE_CREATED, AXVCPU_STATE_FREE, AXVCPU_STATE_READY,
	AXVCPU_STATE_INVALID,
};

static struct axt_config config = {
	.start = AXT_START_FLAT,
	GUEST(basic),
	.entry = GUEST_SYM(basic, sync_loop),
};

static void read_default_cpuid(void)
{
	static const struct axt_config created = { .stage = AXT_CREATED };
	struct axt f;

	axt_open(&f, &created);
	if (f.dev.info.max_cpuid)
		nr_entries = ASSERT_OK(axv_get_cpuid(&f.v, table, ARRAY_SIZE(table)));
	axt_close(&f);
}

/* A vCPU in @state; INVALID is entered by a call that READY does not know. */
static void open_in_state(struct axt *f, uint32_t state, bool lenient)
{
	config.vm_flags = lenient ? AXVCPU_VM_LENIENT : 0;
	config.stage = state == AXVCPU_STATE_CREATED ? AXT_CREATED :
		       state == AXVCPU_STATE_FREE ? AXT_FREE : AXT_READY;
	axt_open(f, &config);
	if (state == AXVCPU_STATE_INVALID)
		ASSERT_ERR(EBADFD, axv_bind(&f->v));
	ASSERT_EQ(axv_get_state(&f->v, NULL), (int)state);
}

/* Where there is no CPUID table it is EOPNOTSUPP, whatever the state. */
static bool is_known(const struct call *c)
{
	return nr_entries || (c->fn != do_set_cpuid && c->fn != do_get_cpuid);
}

static void try_state(const struct call *c, uint32_t state, bool lenient)
{
	bool legal = c->legal & 1u << state;
	bool known = is_known(c);
	uint32_t after = state;
	struct axt f;

	axt_context("%s in %s", c->name, axv_state_name(state));
	open_in_state(&f, state, lenient);
	if (!known) {
		EXPECT_ERR(EOPNOTSUPP, c->fn(&f));
	} else if (legal) {
		EXPECT_OK(c->fn(&f));
		after = c->to ? c->to : state;
	} else {
		EXPECT_ERR(EBADFD, c->fn(&f));
		if (!lenient)
			after = AXVCPU_STATE_INVALID;
	}
	EXPECT_EQ(axv_get_state(&f.v, NULL), (int)after);

	/* whatever happened, RESET leads back to a vCPU that works */
	EXPECT_OK(axv_reset(&f.v));
	EXPECT_STATE(&f.v, CREATED);
	EXPECT_OK(do_setup(&f));
	EXPECT_OK(axv_bind(&f.v));
	f.v.run->stop = 0;
	if (EXPECT_SYNC(&f))
		EXPECT_EQ(axt_synced(f.exit), 1);
	axt_close(&f);
}

TEST_ROWS(strict, calls, ARRAY_SIZE(calls), NULL)
{
	read_default_cpuid();
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		try_state(arg, states[i], false);
}

TEST_ROWS(lenient, calls, ARRAY_SIZE(calls), NULL)
{
	read_default_cpuid();
	/* nothing makes such a vCPU INVALID */
	for (size_t i = 0; i < ARRAY_SIZE(states) - 1; i++)
		try_state(arg, states[i], true);
}

/* ---- held by another thread ---------------------------------------------------- */

struct other {
	struct axt *f;
	bool run;
	bool bound;
	bool stop;
};

/* Binds the vCPU, then runs it until STOPPED or sits on it until told. */
static long other_thread(void *arg)
{
	struct other *o = arg;
	int r = axv_bind(&o->f->v);

	__atomic_store_n(&o->bound, true, __ATOMIC_SEQ_CST);
	if (!r && o->run)
		r = axv_run(&o->f->v);
	while (!o->run && !__atomic_load_n(&o->stop, __ATOMIC_SEQ_CST))
		axt_sleep_ms(1);
	if (!r)
		r = axv_unbind(&o->f->v);
	return r;
}

/* The calls of @o's vCPU from this thread, whose state stays @state. */
static void try_held(struct other *o, uint32_t state)
{
	struct axt *f = o->f;
	struct axvcpu_get_state before, after;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *c = &calls[i];

		/* a KICK ends RUN: see life_stops.c */
		if (c->fn == do_kick && o->run)
			continue;
		axt_context("%s in another thread's %s", c->name,
			    axv_state_name(state));
		axv_get_state(&f->v, &before);
		EXPECT_ERR(!is_known(c) ? EOPNOTSUPP : c->any_thread ? 0 : EBUSY,
			   c->fn(f));
		/* an exception in the midst of that handler would have its own way back */
		if (o->run && c->fn == do_inject_interrupt)
			WAIT_UNTIL(GUEST_MEM(f, GUEST_DATA + 8, uint32_t) == 1);
		/* an event wakes it, and it finds nothing to do: some time later */
		if (state != AXVCPU_STATE_READY)
			WAIT_UNTIL(axv_get_state(&f->v, NULL) == (int)state);
		axv_get_state(&f->v, &after);
		if (state == AXVCPU_STATE_READY)
			EXPECT_EQ(after.state, state);
		EXPECT_EQ(after.owner, before.owner);
		EXPECT_EQ(after.pending_exit, before.pending_exit);
	}
	axt_context(NULL);
}

static void prepare_irqs(struct axt *f)
{
	axt_irq_handler(f->ram, AXT_START_FLAT, GUEST_SYM(basic, irq_handler));
	axt_other_handler(f->ram, AXT_START_FLAT, GUEST_SYM(basic, nmi_handler));
}

static void held(uint32_t vm_flags, uint32_t state, uint64_t entry)
{
	struct axt_config c = config;
	struct other o = { .run = state != AXVCPU_STATE_READY };
	struct axt_thread t;
	struct axt f;

	c.stage = AXT_FREE;
	c.vm_flags = vm_flags;
	c.entry = entry;
	read_default_cpuid();
	axt_open(&f, &c);
	axt_need_irqs(&f);
	prepare_irqs(&f);
	o.f = &f;
	axt_thread_start(&t, other_thread, &o);
	if (o.run)
		WAIT_UNTIL(GUEST_MEM(&f, GUEST_DATA, uint32_t) == 1);
	else
		WAIT_UNTIL(__atomic_load_n(&o.bound, __ATOMIC_SEQ_CST));
	ASSERT_TRUE(WAIT_UNTIL(axv_get_state(&f.v, NULL) == (int)state));

	try_held(&o, state);

	if (o.run) {
		/* what was injected has arrived */
		WAIT_UNTIL(GUEST_MEM(&f, GUEST_DATA + 8, uint32_t) == 1);
		WAIT_UNTIL(GUEST_MEM(&f, GUEST_DATA + 12, uint32_t) == 1);
		EXPECT_OK(axv_kick(&f.v));
	}
	__atomic_store_n(&o.stop, true, __ATOMIC_SEQ_CST);
	EXPECT_OK(axt_thread_join(&t));
	if (o.run)
		EXPECT_EQ(f.exit->reason, AXVCPU_EXIT_STOPPED);
	EXPECT_STATE(&f.v, FREE);
	EXPECT_OK(axv_bind(&f.v));
}

TEST(held_ready, NULL)
{
	held(0, AXVCPU_STATE_READY, GUEST_SYM(basic, irq_spin));
}

TEST(held_running, NULL)
{
	held(0, AXVCPU_STATE_RUNNING, GUEST_SYM(basic, irq_spin));
}

TEST(held_blocked, NULL)
{
	held(0, AXVCPU_STATE_BLOCKED, GUEST_SYM(basic, irq_halt));
}

TEST(held_ready_lenient, NULL)
{
	held(AXVCPU_VM_LENIENT, AXVCPU_STATE_READY, GUEST_SYM(basic, irq_spin));
}

TEST(held_running_lenient, NULL)
{
	held(AXVCPU_VM_LENIENT, AXVCPU_STATE_RUNNING, GUEST_SYM(basic, irq_spin));
}

TEST(held_blocked_lenient, NULL)
{
	held(AXVCPU_VM_LENIENT, AXVCPU_STATE_BLOCKED, GUEST_SYM(basic, irq_halt));
}
