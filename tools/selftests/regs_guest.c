// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's registers: what is committed is in the CPU, what the guest writes
 * is fetched, neither the host nor another vCPU on the same CPU changes any of
 * it, and what no CPU can hold is EINVAL and changes nothing. For RISC-V: regs_riscv.c.
 *
 * rig: arch=x86
 */
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "common/x86_state.h"

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(state),
	.entry = GUEST_SYM(state, dump),
};

/* ---- slots and groups -------------------------------------------------------------- */

/* Where a slot is in the control group; NULL: not in it. */
static uint64_t *control_slot(struct axvcpu_x86_control *c, unsigned int slot)
{
	switch (slot) {
	case SLOT_STAR:
		return (uint64_t *)&c->star;
	case SLOT_LSTAR:
		return (uint64_t *)&c->lstar;
	case SLOT_CSTAR:
		return (uint64_t *)&c->cstar;
	case SLOT_SFMASK:
		return (uint64_t *)&c->sfmask;
	case SLOT_KERNEL_GS:
		return (uint64_t *)&c->kernel_gs_base;
	case SLOT_FS_BASE:
		return (uint64_t *)&c->seg[AXVCPU_X86_FS].base;
	case SLOT_GS_BASE:
		return (uint64_t *)&c->seg[AXVCPU_X86_GS].base;
	case SLOT_SYSENTER_CS:
		return (uint64_t *)&c->sysenter_cs;
	case SLOT_SYSENTER_ESP:
		return (uint64_t *)&c->sysenter_esp;
	case SLOT_SYSENTER_EIP:
		return (uint64_t *)&c->sysenter_eip;
	case SLOT_PAT:
		return (uint64_t *)&c->pat;
	case SLOT_TSC_AUX:
		return (uint64_t *)&c->tsc_aux;
	case SLOT_CR2:
		return (uint64_t *)&c->cr2;
	case SLOT_CR8:
		return (uint64_t *)&c->cr8;
	}
	return NULL;
}

static uint64_t *debug_slot(struct axvcpu_x86_debug *d, unsigned int slot)
{
	if (slot >= SLOT_DR0 && slot <= SLOT_DR3)
		return (uint64_t *)&d->dr[slot - SLOT_DR0];
	if (slot == SLOT_DR6)
		return (uint64_t *)&d->dr6;
	return slot == SLOT_DR7 ? (uint64_t *)&d->dr7 : NULL;
}

static uint64_t components(void)
{
	return have_xsave() ? xgetbv0() & (XFEATURE_X87 | XFEATURE_SSE | XFEATURE_AVX) : 0;
}

/* Commit everything that differs with @seed, and run up to nothing. */
static void commit_seed(struct axv_vcpu *v, unsigned int seed)
{
	uint64_t slots[SLOT_DR7 + 1];
	struct axvcpu_x86_control c;
	struct axvcpu_x86_debug d;
	uint64_t *p;
	unsigned int i;

	state_enable_fp(v, components());
	state_fill_slots(slots, seed);
	x86_get_control(v, &c);
	x86_get_debug(v, &d);
	for (i = 0; i <= SLOT_DR7; i++) {
		p = control_slot(&c, i);
		if (!p)
			p = debug_slot(&d, i);
		*p = slots[i];
	}
	ASSERT_OK(x86_set_control(v, &c));
	ASSERT_OK(x86_set_debug(v, &d));
	memset(v->fp, 0, v->fp_size);
	state_fill_fp(v->fp, components(), seed);
	ASSERT_OK(axv_sync(v, AXVCPU_REGS_FP, 0));
}

static void expect_area(const unsigned char *got, const unsigned char *want_area)
{
	unsigned int i;

	for (i = 0; i < XSAVE_AVX_END; i++) {
		if ((i >= XSAVE_SW && i < XSAVE_HEADER) ||
		    (i >= XSAVE_MXCSR + 4 && i < XSAVE_ST))
			continue;
		/* PKRU may be in use by itself */
		if (i == XSAVE_HEADER + 1)
			continue;
		if (i >= XSAVE_AVX && !(components() & XFEATURE_AVX))
			break;
		if (got[i] != want_area[i]) {
			axt_fail(__FILE__, __LINE__, "XSAVE byte %u: %02x, not %02x", i, got[i],
				 want_area[i]);
			return;
		}
	}
}

/* What the guest's own instructions read is what belongs to @seed. */
static void expect_dump(struct axt *f, unsigned int seed)
{
	static unsigned char area[4096];
	uint64_t *dump = (uint64_t *)(f->ram + STATE_DUMP);
	uint64_t slots[SLOT_DR7 + 1];
	unsigned int i;

	state_fill_slots(slots, seed);
	for (i = 0; i <= SLOT_DR7; i++) {
		axt_context("seed %u, slot %u", seed, i);
		EXPECT_EQ(dump[i], slots[i]);
	}
	axt_context("seed %u", seed);
	EXPECT_EQ(dump[SLOT_RCX_TSCP], slots[SLOT_TSC_AUX]);
	EXPECT_EQ(dump[SLOT_XCR0], components());
	EXPECT_EQ(dump[SLOT_EFER], EFER_LME | EFER_LMA);
	EXPECT_EQ(dump[SLOT_CR3], (uint64_t)GUEST_PML4);
	state_fill_fp(area, components(), seed);
	expect_area(f->ram + STATE_DUMP_FP, area);
	axt_context(NULL);
}

static void expect_groups(struct axv_vcpu *v, unsigned int seed)
{
	static unsigned char area[4096];
	uint64_t slots[SLOT_DR7 + 1], *p;
	struct axvcpu_x86_control c;
	struct axvcpu_x86_debug d;
	unsigned int i;

	state_fill_slots(slots, seed);
	x86_get_control(v, &c);
	x86_get_debug(v, &d);
	for (i = 0; i <= SLOT_DR7; i++) {
		axt_context("seed %u, slot %u", seed, i);
		p = control_slot(&c, i);
		if (!p)
			p = debug_slot(&d, i);
		EXPECT_EQ(*p, slots[i]);
	}
	axt_context("seed %u", seed);
	ASSERT_OK(axv_sync(v, 0, AXVCPU_REGS_FP));
	state_fill_fp(area, components(), seed);
	expect_area(v->fp, area);
	axt_context(NULL);
}

static void run_dump(struct axt *f, struct axv_vcpu *v)
{
	memset(f->ram + STATE_DUMP, 0, 0x1000);
	memset(f->ram + STATE_DUMP_FP, 0, 0x1000);
	axt_goto(v, GUEST_SYM(state, dump), GUEST_STACK);
	ASSERT_EXIT_V(v, AXVCPU_EXIT_HYPERCALL);
}

/* ---- both ways ------------------------------------------------------------------------- */

TEST(commit_reaches_cpu, &config)
{
	unsigned int seed;

	if (!components())
		axt_skip("this CPU has no XSAVE");
	for (seed = 0; seed < 6; seed++) {
		commit_seed(&f->v, seed);
		run_dump(f, &f->v);
		expect_dump(f, seed);
		/* reading has changed nothing */
		expect_groups(&f->v, seed);
	}
}

TEST(guest_writes_are_fetched, &config)
{
	uint64_t *load = (uint64_t *)(f->ram + STATE_LOAD);
	unsigned int seed;

	if (!components())
		axt_skip("this CPU has no XSAVE");
	commit_seed(&f->v, 99);
	for (seed = 0; seed < 6; seed++) {
		state_fill_slots(load, seed);
		load[SLOT_XMASK] = components();
		state_fill_fp(f->ram + STATE_LOAD_FP, components(), seed);
		axt_goto(&f->v, GUEST_SYM(state, load), GUEST_STACK);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		expect_groups(&f->v, seed);
		run_dump(f, &f->v);
		expect_dump(f, seed);
	}
}

/* ---- two vCPUs on one CPU ------------------------------------------------------------------ */

/* The host's own use of the vector registers between two runs. */
static void scribble_host(unsigned int seed)
{
	static unsigned char area[4096] __attribute__((aligned(64)));
	uint64_t mask = components();

	state_fill_fp(area, mask, seed + 1000);
	/* not what the C library computes with */
	area[0] = 0x7f;
	area[1] = 0x03;
	area[XSAVE_MXCSR] = 0x80;
	area[XSAVE_MXCSR + 1] = 0x1f;
	asm volatile("xrstor64 (%0)\n\tfninit" : : "r" (area), "a" ((uint32_t)mask), "d" (0)
		     : "memory");
}

static void alternate(struct axt *f, struct axv_vcpu *other)
{
	struct axv_vcpu *v[2] = { &f->v, other };
	unsigned int i;
	cpu_set_t set;

	if (!components())
		axt_skip("this CPU has no XSAVE");
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	commit_seed(v[0], 10);
	commit_seed(v[1], 21);
	for (i = 0; i < 40; i++) {
		run_dump(f, v[i & 1]);
		expect_dump(f, i & 1 ? 21 : 10);
		scribble_host(i);
		if (i % 8 == 0) {
			expect_groups(v[0], 10);
			expect_groups(v[1], 21);
		}
		if (axt_failures() > 5)
			axt_end();
	}
}

TEST(alternate_same_vm, &config)
{
	struct axv_vcpu other;

	axt_add_vcpu(f, 1, f->config, &other);
	alternate(f, &other);
}

TEST(alternate_other_vm, &config)
{
	struct axv_vcpu other;
	int vm = f->vm;

	f->vm = ASSERT_OK(axv_vm_create(&f->dev, 0));
	axt_add_vcpu(f, 0, f->config, &other);
	close(vm);
	alternate(f, &other);
}

/* From one CPU to the other, with registers and all. */
TEST(migrate, &config)
{
	unsigned int i;
	cpu_set_t set;

	if (!components())
		axt_skip("this CPU has no XSAVE");
	if (axt_cpus() < 2)
		axt_skip("there is one CPU only");
	commit_seed(&f->v, 3);
	for (i = 0; i < 20; i++) {
		CPU_ZERO(&set);
		CPU_SET(i & 1, &set);
		ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
		run_dump(f, &f->v);
		expect_dump(f, 3);
	}
}

/* ---- round trips ------------------------------------------------------------------------------ */

TEST(round_trip, &config)
{
	static struct axvcpu_x86_regs before, after;
	static unsigned char fp[0x3000];

	commit_seed(&f->v, 5);
	run_dump(f, &f->v);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	memcpy(&before, (void *)f->regs, sizeof(before));
	memcpy(fp, f->v.fp, f->v.fp_size);
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_ALL, AXVCPU_REGS_ALL));
	memcpy(&after, (void *)f->regs, sizeof(after));
	EXPECT_TRUE(!memcmp(&before.gpr, &after.gpr, sizeof(before.gpr)));
	EXPECT_TRUE(!memcmp(&before.control, &after.control, sizeof(before.control)));
	EXPECT_TRUE(!memcmp(&before.intr, &after.intr, sizeof(before.intr)));
	EXPECT_TRUE(!memcmp(&before.debug, &after.debug, sizeof(before.debug)));
	EXPECT_TRUE(!memcmp(fp, f->v.fp, f->v.fp_size));
	EXPECT_GE(after.timer.tsc, before.timer.tsc);
}

/* Hidden parts of segments, through the CPU and back. */
TEST(segments, &config)
{
	struct axvcpu_x86_control c, after;
	unsigned int i;

	x86_get_control(&f->v, &c);
	for (i = AXVCPU_X86_FS; i < AXVCPU_X86_NR_SEGS; i++)
		c.seg[i].base = 0x7f0000001000ull + i * 0x123000;
	c.seg[AXVCPU_X86_LDTR].selector = 0x48;
	c.seg[AXVCPU_X86_LDTR].limit = 0x123;
	c.seg[AXVCPU_X86_TR].selector = 0x38;
	c.seg[AXVCPU_X86_TR].limit = 0x67;
	c.seg[AXVCPU_X86_TR].base = 0xffff800000055000ull;
	c.gdt.base = 0xffff800000012000ull;
	c.gdt.limit = 0x1234;
	c.idt.base = 0x7f0000abc000ull;
	c.idt.limit = 0xabc;
	ASSERT_OK(x86_set_control(&f->v, &c));
	axt_goto(&f->v, GUEST_SYM(state, done), 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	x86_get_control(&f->v, &after);
	for (i = 0; i < AXVCPU_X86_NR_SEGS; i++) {
		axt_context("segment %u", i);
		EXPECT_EQ(after.seg[i].base, c.seg[i].base);
		EXPECT_EQ(after.seg[i].limit, c.seg[i].limit);
		EXPECT_EQ(after.seg[i].selector, c.seg[i].selector);
		EXPECT_EQ(after.seg[i].attr, c.seg[i].attr);
	}
	axt_context(NULL);
	EXPECT_EQ(after.gdt.base, c.gdt.base);
	EXPECT_EQ(after.gdt.limit, c.gdt.limit);
	EXPECT_EQ(after.idt.base, c.idt.base);
	EXPECT_EQ(after.idt.limit, c.idt.limit);
}

/* Only what was wanted is put into the page. */
TEST(wanted, &config)
{
	uint32_t groups;

	for (groups = 0; groups <= AXVCPU_REGS_ALL; groups++) {
		axt_context("groups %x", groups);
		memset((void *)f->regs, 0xa5, sizeof(*f->regs));
		memset(f->v.fp, 0xa5, f->v.fp_size);
		want(&f->v, groups);
		axt_goto(&f->v, GUEST_SYM(state, done), GUEST_STACK);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->cached, groups);
		EXPECT_EQ(f->regs->gpr.rip == GUEST_SYM(state, done),
			  !!(groups & AXVCPU_REGS_GPR));
		EXPECT_EQ(f->regs->control.cr3 == GUEST_PML4, !!(groups & AXVCPU_REGS_CONTROL));
		EXPECT_EQ(f->regs->intr.flags == 0, !!(groups & AXVCPU_REGS_INTR));
		EXPECT_EQ(f->regs->timer.flags == 0, !!(groups & AXVCPU_REGS_TIMER));
		EXPECT_EQ(f->regs->debug.dr7 == 0x400, !!(groups & AXVCPU_REGS_DEBUG));
		EXPECT_EQ(((unsigned char *)f->v.fp)[XSAVE_HEADER + 8] == 0,
			  !!(groups & AXVCPU_REGS_FP));
	}
}

/* ---- what is refused ------------------------------------------------------------------------------ */

/* all groups, to see that nothing changed */
struct everything {
	struct axvcpu_x86_regs regs;
	unsigned char fp[0x3000];
};

static void fetch_everything(struct axt *f, struct everything *e)
{
	memset(e, 0, sizeof(*e));
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
	memcpy(&e->regs, (void *)f->regs, sizeof(e->regs));
	memset(&e->regs.timer, 0, sizeof(e->regs.timer));
	memcpy(e->fp, f->v.fp, f->v.fp_size);
}

/* Spoil register group contents in the run page: the groups concerned, 0: end. */
static uint32_t spoil(struct axt *f, unsigned int nr)
{
	volatile struct axvcpu_x86_regs *r = f->regs;
	unsigned char *fp = f->v.fp;

	switch (nr) {
	case 0:
		r->gpr.rflags |= 1ull << 32;
		return AXVCPU_REGS_GPR;
	case 1:
		r->gpr.rflags |= 1ull << 15;
		return AXVCPU_REGS_GPR;
	case 2:	/* virtual-8086 code in long mode */
		r->gpr.rflags |= 1ull << 17;
		return AXVCPU_REGS_GPR;
	case 3:
		r->gpr.rip = 0x1234000000000000ull;
		return AXVCPU_REGS_GPR;
	case 4:
		r->control.cr0 |= 1ull << 32;
		break;
	case 5:
		r->control.cr0 |= CR0_NW;
		break;
	case 6:
		r->control.cr0 &= ~CR0_PE;
		break;
	case 7:
		r->control.cr4 |= 1ull << 63;
		break;
	case 8:
		r->control.cr4 &= ~CR4_PAE;
		break;
	case 9:
		r->control.cr3 |= 1ull << 63;
		break;
	case 10:
		r->control.cr8 = 16;
		break;
	case 11:
		r->control.efer |= EFER_SVME;
		break;
	case 12:
		r->control.efer |= 1ull << 40;
		break;
	case 13:
		r->control.efer &= ~EFER_LMA;
		break;
	case 14:
		r->control.efer &= ~EFER_LME;
		break;
	case 15:
		r->control.xcr0 = 0;
		break;
	case 16:
		r->control.xcr0 = XFEATURE_X87 | XFEATURE_AVX;
		break;
	case 17:
		r->control.xcr0 |= 1ull << 62;
		break;
	case 18:
		r->control.xss = 1ull << 40;
		break;
	case 19:
		r->control.pat = 0x0007040600070402ull;
		break;
	case 20:
		r->control.pat = 0x0807040600070406ull;
		break;
	case 21:
		r->control.lstar = 0x1000000000000000ull;
		break;
	case 22:
		r->control.cstar = 1ull << 63;
		break;
	case 23:
		r->control.kernel_gs_base = 1ull << 63;
		break;
	case 24:
		r->control.sysenter_esp = 1ull << 63;
		break;
	case 25:
		r->control.sysenter_eip = 1ull << 63;
		break;
	case 26:
		r->control.idt.limit = 0xffffffff;
		break;
	case 27:
		r->control.tsc_aux = 1ull << 32;
		break;
	case 28:
		r->control.reserved[5] = 1;
		break;
	case 29:
		r->control.seg[AXVCPU_X86_DS].attr |= 0x1000;
		break;
	case 30:
		r->control.seg[AXVCPU_X86_ES].base = 1ull << 32;
		break;
	case 31:
		r->control.seg[AXVCPU_X86_FS].base = 1ull << 63;
		break;
	case 32:	/* code that is not there */
		r->control.seg[AXVCPU_X86_CS].attr &= ~0x80;
		break;
	case 33:
		r->control.idt.limit = 0x10000;
		break;
	case 34:
		r->control.gdt.limit = 0x10000;
		break;
	case 35:
		r->control.idt.base = 1ull << 63;
		break;
	case 36:
		r->control.idt.reserved = 1;
		break;
	case 37:
		r->timer.flags = 2;
		return AXVCPU_REGS_TIMER;
	case 38:
		r->timer.reserved = 1;
		return AXVCPU_REGS_TIMER;
	case 39:	/* a component beyond XCR0 */
		fp[XSAVE_HEADER + 7] = 0x40;
		return AXVCPU_REGS_FP;
	case 40:	/* the compacted form */
		fp[XSAVE_HEADER + 15] = 0x80;
		return AXVCPU_REGS_FP;
	case 41:
		fp[XSAVE_HEADER + 40] = 1;
		return AXVCPU_REGS_FP;
	case 42:	/* reserved bits of MXCSR */
		fp[XSAVE_MXCSR + 3] = 1;
		return AXVCPU_REGS_FP;
	default:
		return 0;
	}
	return AXVCPU_REGS_CONTROL;
}

TEST(refused, &config)
{
	static struct everything before, after;
	uint32_t group;
	unsigned int nr;

	commit_seed(&f->v, 2);
	ASSERT_OK(axv_inject_irq(&f->v, 0x77));
	fetch_everything(f, &before);
	for (nr = 0;; nr++) {
		axt_context("row %u", nr);
		/* good values of all groups, but for one */
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
		f->regs->timer.flags = AXVCPU_X86_TIMER_OFFSET;
		group = spoil(f, nr);
		if (!group)
			break;
		EXPECT_ERR(EINVAL, axv_sync(&f->v, group, 0));
		fetch_everything(f, &after);
		EXPECT_TRUE(!memcmp(&before, &after, sizeof(before)));

		/* with others beside it, none of which is taken */
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_ALL));
		f->regs->gpr.r[RBX] = 0xdead;
		f->regs->control.cr2 = 0xdead;
		f->regs->debug.dr[2] = 0xdead;
		f->regs->intr.pending[3] = 1;
		f->regs->timer.flags = AXVCPU_X86_TIMER_OFFSET;
		((unsigned char *)f->v.fp)[XSAVE_XMM] ^= 0xff;
		spoil(f, nr);
		EXPECT_ERR(EINVAL, axv_sync(&f->v, AXVCPU_REGS_ALL, 0));
		fetch_everything(f, &after);
		EXPECT_TRUE(!memcmp(&before, &after, sizeof(before)));
		if (axt_failures() > 10)
			axt_end();
	}
	axt_context(NULL);
	EXPECT_GE(nr, 40u);
	EXPECT_ERR(EINVAL, axv_sync(&f->v, AXVCPU_REGS_ALL + 1, 0));
	EXPECT_ERR(EINVAL, axv_sync(&f->v, 0, 1u << 31));
	EXPECT_ERR(EINVAL, axv_set_gpr(&f->v, 16, 0));
	EXPECT_ERR(EINVAL, axv_set_gpr(&f->v, ~0u, 0));
	fetch_everything(f, &after);
	EXPECT_TRUE(!memcmp(&before, &after, sizeof(before)));
}

/* ---- time ------------------------------------------------------------------------------------------- */

static uint64_t guest_tsc(struct axt *f)
{
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_TIMER));
	return f->regs->timer.tsc;
}

/* EDX:EAX of the RDTSCP at the end of a dump. */
static uint64_t tsc_in_guest(struct axt *f)
{
	want(&f->v, AXVCPU_REGS_GPR);
	run_dump(f, &f->v);
	return reg(&f->v, RDX) << 32 | (uint32_t)reg(&f->v, RAX);
}

TEST(timer, &config)
{
	uint64_t before, inside, after, offset;

	commit_seed(&f->v, 1);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_TIMER));
	EXPECT_GE(f->regs->timer.tsc_khz, 1000u);
	before = guest_tsc(f);
	inside = tsc_in_guest(f);
	after = guest_tsc(f);
	EXPECT_GE(inside, before);
	EXPECT_GE(after, inside);

	/* it goes on from where it is set */
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_TIMER));
	f->regs->timer.tsc = 0x1000000000000ull;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_TIMER, 0));
	inside = tsc_in_guest(f);
	EXPECT_GE(inside, 0x1000000000000ull);
	EXPECT_LE(inside, 0x1000000000000ull + (1ull << 40));

	/* or by the offset to the host's */
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_TIMER));
	offset = f->regs->timer.tsc_offset + (1ull << 44);
	f->regs->timer.tsc_offset = offset;
	f->regs->timer.flags = AXVCPU_X86_TIMER_OFFSET;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_TIMER, AXVCPU_REGS_TIMER));
	EXPECT_EQ(f->regs->timer.tsc_offset, offset);
	EXPECT_EQ(f->regs->timer.flags, 0u);
	EXPECT_GE(tsc_in_guest(f), inside + (1ull << 44));
}
