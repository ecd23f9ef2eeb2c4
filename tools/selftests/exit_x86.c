// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exit_reasons.c leaves to x86: the shadow of STI and MOV SS before IRQ_WINDOW,
 * error codes and CR2 of EXCEPTION, SHUTDOWN, FAIL_ENTRY; and exit_faults.c: walks of
 * tables of four levels, instructions that are not decoded, frames on a device.
 *
 * rig: arch=x86
 */
#include <sys/mman.h>

#include "common/exits.h"

DECLARE_GUEST(save);
DECLARE_GUEST_SYM(save, traps);

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(exits),
	.irqs_off = true,
};

#define VECTOR	0x40
#define SAVE_VECTOR 0x61

/* ---- IRQ_WINDOW -------------------------------------------------------------------------- */

TEST(irq_window, &config)
{
	f->v.run->entry.flags = AXVCPU_ENTRY_IRQ_WINDOW;
	start_at(f, SYM(sti_nop));
	ASSERT_EXIT(f, AXVCPU_EXIT_IRQ_WINDOW);
	/* not in the shadow of STI, and not an instruction later */
	EXPECT_EQ(f->exit->pc, SYM(sti_open));
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	/* open already: at once */
	ASSERT_EXIT(f, AXVCPU_EXIT_IRQ_WINDOW);
	EXPECT_EQ(f->exit->pc, SYM(sti_open));
	f->v.run->entry.flags = 0;
	EXPECT_DONE(f);
}

TEST(intr_state, &config)
{
	start_at(f, SYM(sti_vmmcall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(in_shadow));
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_SHADOW);
	axv_fulfil(&f->v, 0);
	EXPECT_DONE(f);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_ENABLED | AXVCPU_INTR_WINDOW);
	x86_set_flags(&f->v, 0, FLAG_IF);
	ASSERT_OK(axv_inject_irq(&f->v, VECTOR));
	start_at(f, SYM(hypercall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
}

/* ---- EXCEPTION -------------------------------------------------------------------------------- */

static const struct axt_config exception_config = {
	.start = AXVCPU_X86_START_LONG64,
	.exception_exits = 1u << 0 | 1u << 3 | 1u << 6 | 1u << 13 | 1u << 14,
	GUEST(exits),
};

static void expect_exception(struct axt *f, unsigned int vector, uint64_t pc,
			     int64_t error, uint64_t addr)
{
	struct axvcpu_exit x;

	ASSERT_EXIT(f, AXVCPU_EXIT_EXCEPTION);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.exception.vector, vector);
	EXPECT_EQ(x.exception.has_error, error >= 0 ? 1u : 0u);
	EXPECT_EQ(x.exception.error_code, error >= 0 ? (uint32_t)error : 0u);
	EXPECT_EQ(x.exception.addr, addr);
	EXPECT_EQ(x.pc, pc);
	/* INT3 may be caught as a software interrupt */
	if (vector != 3 || x.raw[0] != HW_EXIT_SWINT)
		EXPECT_EQ(x.raw[0], HW_EXIT_EXCEPTION(vector));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FAULT));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
}

TEST(exception, &exception_config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t *pd = (uint64_t *)(f->ram + GUEST_PD);
	struct axvcpu_x86_control c;
	struct x86_frame fr;

	start_at(f, SYM(invalid));
	expect_exception(f, 6, SYM(invalid), -1, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 6, &fr);
	EXPECT_EQ(fr.ip, SYM(invalid));

	set(f, RCX, 0);
	start_at(f, SYM(divide));
	expect_exception(f, 0, SYM(divide), -1, 0);
	set(f, RCX, 2);
	set(f, RDX, 0);
	set(f, RAX, 9);
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RAX), 4u);

	set(f, RDX, 0x1230);
	start_at(f, SYM(general_protection));
	expect_exception(f, 13, SYM(general_protection), 0x1230, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.error, 0x1230u);
	EXPECT_EQ(fr.ip, SYM(general_protection));

	/* CR2 is the guest's only when the guest gets the fault */
	x86_get_control(&f->v, &c);
	c.cr2 = 0x5555;
	ASSERT_OK(x86_set_control(&f->v, &c));
	pd[1] = 0;
	set(f, RSI, 0x234567);
	start_at(f, SYM(write_ro));
	expect_exception(f, 14, SYM(write_ro), 2, 0x234567);
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0x5555u);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 14, &fr);
	EXPECT_EQ(fr.error, 2u);
	EXPECT_EQ(fr.ip, SYM(write_ro));
	x86_get_control(&f->v, &c);
	EXPECT_EQ(c.cr2, 0x234567u);

	start_at(f, SYM(breakpoint));
	expect_exception(f, 3, SYM(breakpoint), -1, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 3, &fr);
	EXPECT_EQ(fr.ip, SYM(breakpoint_end));
}

/* ---- SHUTDOWN ----------------------------------------------------------------------------------- */

TEST(shutdown, &config)
{
	struct axvcpu_setup s = axt_setup_args(f->s2, f->config);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start_at(f, SYM(triple));
		ASSERT_EXIT(f, AXVCPU_EXIT_SHUTDOWN);
		EXPECT_EQ(f->exit->raw[0], HW_EXIT_SHUTDOWN);
		EXPECT_EQ(f->exit->commands & (CMDS(FULFIL) | CMDS(SKIP) | CMDS(FAULT)), 0u);
		/* the machine can be used again after a reset */
		ASSERT_OK(axv_reset(&f->v));
		ASSERT_OK(axv_setup(&f->v, &s));
		ASSERT_OK(axv_bind(&f->v));
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	}
	EXPECT_EQ(f->v.run->counters.exits[AXVCPU_EXIT_SHUTDOWN], 2u);
}

/* ---- FAIL_ENTRY ---------------------------------------------------------------------------------- */

/*
 * States that the AMD manual's "canonicalization and consistency checks" of
 * VMRUN refuse. A commit should not take most of them; whatever it takes must
 * come back as FAIL_ENTRY with the hardware's word.
 */
static bool spoil(struct axvcpu_x86_control *c, unsigned int nr)
{
	switch (nr) {
	case 0:		/* CR0.NW without CD */
		c->cr0 |= CR0_NW;
		return true;
	case 1:		/* upper half of CR0 */
		c->cr0 |= 1ull << 40;
		return true;
	case 2:		/* reserved bits of CR4 */
		c->cr4 |= 1ull << 40;
		return true;
	case 3:		/* reserved bits of EFER */
		c->efer |= 1ull << 40;
		return true;
	case 4:		/* long mode without PAE */
		c->cr4 &= ~CR4_PAE;
		return true;
	case 5:		/* long mode without protection */
		c->cr0 &= ~CR0_PE;
		return true;
	case 6:		/* 64-bit and 32-bit code at a time */
		c->seg[AXVCPU_X86_CS].attr |= 0x600;
		return true;
	case 7:		/* CR3 beyond the address width */
		c->cr3 |= 1ull << 60;
		return true;
	case 8:		/* active long mode that is not enabled */
		c->efer &= ~EFER_LME;
		return true;
	default:
		return false;
	}
}

TEST(fail_entry, &config)
{
	struct axvcpu_x86_control good, bad;
	unsigned int nr, tried = 0;

	x86_get_control(&f->v, &good);
	for (nr = 0; bad = good, spoil(&bad, nr); nr++) {
		axt_context("state %u", nr);
		if (x86_set_control(&f->v, &bad) == -EINVAL)
			continue;
		tried++;
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_FAIL_ENTRY);
		/* what it was is looked for in the state */
		EXPECT_EQ(f->exit->fail_entry.code,
			  (uint32_t)(axt_flawed(AXT_FLAW_REFUSED) ? AXVCPU_FAIL_UNKNOWN :
				     AXVCPU_FAIL_GUEST_STATE));
		EXPECT_EQ(f->exit->fail_entry.hardware_reason, HW_EXIT_REFUSED);
		EXPECT_EQ(f->exit->raw[0], HW_EXIT_REFUSED);
		EXPECT_EQ(f->exit->pc, SYM(hypercall));
		/* a state that can be entered, and all is well */
		ASSERT_OK(x86_set_control(&f->v, &good));
		start_at(f, SYM(hypercall));
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	}
	axt_context(NULL);
	start_at(f, SYM(hypercall));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	/* CS.L with CS.D at least is left to the hardware */
	EXPECT_GE(tried, 1u);
}

/* ---- NESTED_PAGE_FAULT, INTERNAL_ERROR ------------------------------------------------------------ */

/* The guest's own page walk meets a hole. */
TEST(npf_walk, &config)
{
	uint64_t *pml4 = (uint64_t *)(f->ram + GUEST_PML4);
	struct axvcpu_exit x;

	pml4[3] = GUEST_MMIO | 7;
	set(f, RSI, 3ull << 39 | 5ull << 30);
	start_at(f, SYM(load));
	ASSERT_EXIT(f, AXVCPU_EXIT_NESTED_PAGE_FAULT);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.npf.gpa, GUEST_MMIO + 5 * 8u);
	EXPECT_TRUE(x.npf.flags & AXVCPU_NPF_WALK);
	EXPECT_EQ(x.npf.flags & (AXVCPU_NPF_BACKING | AXVCPU_NPF_PROT), 0u);
	EXPECT_EQ(x.pc, SYM(load));
	/* the guest mends its tables */
	pml4[3] = GUEST_PDPT | 7;
	((uint64_t *)(f->ram + GUEST_PDPT))[5] = 0x83;
	GUEST_MEM(f, 0, uint32_t) = 0x4711;
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(reg(&f->v, RDX), 0x4711u);
}

static void expect_undecoded(struct axt *f, uint64_t at, uint64_t end, uint32_t what,
			     uint64_t gpa)
{
	struct axvcpu_exit x;

	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.internal.what, what);
	EXPECT_EQ(x.internal.gpa, gpa);
	EXPECT_EQ(x.pc, at);
	EXPECT_EQ(x.raw[0], HW_EXIT_NPF);
	/* who wants to decode it has all of it */
	EXPECT_GE(x.insn_nr, end - at);
	EXPECT_LE(x.insn_nr, 15);
	EXPECT_TRUE(!memcmp(x.insn, f->ram + at, x.insn_nr));
	EXPECT_TRUE(!axv_allowed(&f->v, AXVCPU_CMD_FULFIL));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_RETRY));
}

TEST(internal_error_decode, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_control c;
	struct x86_frame fr;
	void *mem;

	x86_get_control(&f->v, &c);
	c.cr4 |= CR4_OSFXSR;
	ASSERT_OK(x86_set_control(&f->v, &c));
	set(f, RSI, GUEST_MMIO);
	start_at(f, SYM(sse_store));
	expect_undecoded(f, SYM(sse_store), SYM(sse_store_end), AXVCPU_ERROR_DECODE,
			 GUEST_MMIO + 0x40);
	axv_retry(&f->v);
	expect_undecoded(f, SYM(sse_store), SYM(sse_store_end), AXVCPU_ERROR_DECODE,
			 GUEST_MMIO + 0x40);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 13, &fr);
	EXPECT_EQ(fr.ip, SYM(sse_store));
	EXPECT_EQ(fr.error, 0u);

	start_at(f, SYM(sse_load));
	expect_undecoded(f, SYM(sse_load), SYM(sse_load_end), AXVCPU_ERROR_DECODE, GUEST_MMIO);
	start_at(f, SYM(call_hole));
	expect_undecoded(f, SYM(call_hole), SYM(call_hole_end), AXVCPU_ERROR_DECODE, GUEST_MMIO);

	/* memory put there makes an ordinary instruction of it */
	mem = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mem != MAP_FAILED);
	memset(mem, 0xcc, AXT_PAGE);
	start_at(f, SYM(sse_store));
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	ASSERT_OK(axv_s2_map_user(f->s2, GUEST_MMIO, mem, AXT_PAGE, AXV_PROT_RW));
	axv_retry(&f->v);
	EXPECT_DONE(f);
	EXPECT_EQ(((unsigned char *)mem)[0x40], 0);
	EXPECT_EQ(((unsigned char *)mem)[0x4f], 0);
	EXPECT_EQ(((unsigned char *)mem)[0x50], 0xcc);
}

/* An exception whose frame would go to a device. */
TEST(internal_error_delivery, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;

	start_at(f, SYM(invalid));
	set(f, RSP, GUEST_MMIO + 0x800);
	ASSERT_EXIT(f, AXVCPU_EXIT_INTERNAL_ERROR);
	EXPECT_EQ(f->exit->internal.what, (uint32_t)AXVCPU_ERROR_DELIVERY);
	EXPECT_EQ(f->exit->internal.gpa & ~0xfffull, (uint64_t)GUEST_MMIO);
	EXPECT_EQ(f->exit->pc, SYM(invalid));
	/* with a stack in memory it comes through */
	set(f, RSP, GUEST_STACK);
	axv_retry(&f->v);
	ASSERT_TRAP(&t, &f->v, 6, &fr);
	EXPECT_EQ(fr.ip, SYM(invalid));
}

/* ---- exit_save.c --------------------------------------------------------------------------------- */

static const struct axt_config save_config = {
	.start = AXVCPU_X86_START_LONG64,
	.exception_exits = 1u << 6,
	GUEST(save),
	.irqs_off = true,
};

/* Move everything from @a to @b. */
static void transfer(struct axv_vcpu *a, struct axv_vcpu *b)
{
	ASSERT_OK(axv_sync(a, 0, AXVCPU_REGS_ALL));
	memcpy((void *)&b->run->regs, (void *)&a->run->regs, sizeof(a->run->regs));
	memcpy(b->fp, a->fp, a->fp_size);
	ASSERT_OK(axv_sync(b, AXVCPU_REGS_ALL, 0));
}

/* Events of every kind that wait while interrupts are off. */
TEST(pending_events, &save_config)
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
	ASSERT_OK(axv_inject_irq(&f->v, SAVE_VECTOR));
	ASSERT_OK(axv_inject_irq(&f->v, 0xf1));
	ASSERT_OK(axv_inject_nmi(&f->v));
	ASSERT_OK(axv_inject_event(&f->v, &pf));
	axv_stop_word(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_STOPPED);
	EXPECT_EQ(f->exit->intr_state, AXVCPU_INTR_PENDING);
	transfer(&f->v, &other);

	x86_get_intr(&other, &i);
	EXPECT_EQ(i.flags, AXVCPU_X86_INTR_EXCEPTION | AXVCPU_X86_INTR_EXC_ERROR |
			   AXVCPU_X86_INTR_EXC_PAYLOAD);
	EXPECT_EQ(i.exc_vector, 14u);
	EXPECT_EQ(i.exc_error, 7u);
	EXPECT_EQ(i.exc_payload, 0xabc123u);
	EXPECT_EQ(i.nmis, 1u);
	EXPECT_EQ(i.pending[1], 1ull << (SAVE_VECTOR - 64));
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
	ASSERT_TRAP(&t, &other, SAVE_VECTOR, &fr);
}
