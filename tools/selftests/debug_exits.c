// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging of a guest by the VMM: single steps, breakpoints of the hardware
 * and of software, each a DEBUG exit; and the guest's own debugging, which must
 * work beside it and without it. RISC-V has none of it but ebreak: riscv_debug.c.
 *
 * rig: arch=x86
 */
#include "common/x86.h"

DECLARE_GUEST(debug);
#define LABEL(name)	DECLARE_GUEST_SYM(debug, name)
LABEL(done);
LABEL(steps);
LABEL(step1);
LABEL(step2);
LABEL(step3);
LABEL(step4);
LABEL(step5);
LABEL(step6);
LABEL(flags);
LABEL(flags1);
LABEL(flags2);
LABEL(flags3);
LABEL(flags4);
LABEL(shadows);
LABEL(shadows1);
LABEL(shadows2);
LABEL(shadows3);
LABEL(shadows4);
LABEL(shadows5);
LABEL(served);
LABEL(served1);
LABEL(served2);
LABEL(served3);
LABEL(served4);
LABEL(served5);
LABEL(served6);
LABEL(served7);
LABEL(served8);
LABEL(served9);
LABEL(software);
LABEL(software1);
LABEL(call_int);
LABEL(call_int1);
LABEL(access);
LABEL(access1);
LABEL(access2);
LABEL(access3);
LABEL(access4);
LABEL(own_step);
LABEL(own_step1);
LABEL(own_step2);
LABEL(own_step_exit);
LABEL(own_step_exit1);
LABEL(own_step_exit2);
LABEL(write_dr);
LABEL(write_dr1);
LABEL(write_dr2);
LABEL(traps);

#define SYM(label)	GUEST_SYM(debug, label)

/* DR6 */
#define DR6_BP0		0x1
#define DR6_BP1		0x2
#define DR6_STEP	0x4000
#define DR6_RESET	0xffff0ff0ull
/* DR7: enable locally; kind and length of a breakpoint */
#define DR7_L(nr)	(1ull << ((nr) * 2))
#define DR7_EXEC(nr)	(0ull << (16 + (nr) * 4))
#define DR7_WRITE4(nr)	(0xdull << (16 + (nr) * 4))
#define DR7_ACCESS4(nr)	(0xfull << (16 + (nr) * 4))

static const struct axt_config config = {
	.start = AXVCPU_X86_START_LONG64,
	GUEST(debug),
};

static void control(struct axt *f, uint32_t how)
{
	struct axvcpu_x86_debug d;

	x86_get_debug(&f->v, &d);
	d.control = how;
	ASSERT_OK(x86_set_debug(&f->v, &d));
}

static void breakpoints(struct axt *f, uint64_t addr0, uint64_t addr1, uint64_t dr7)
{
	struct axvcpu_x86_debug d;

	x86_get_debug(&f->v, &d);
	d.control = AXVCPU_X86_DEBUG_HW_BP;
	d.bp_addr[0] = addr0;
	d.bp_addr[1] = addr1;
	d.bp_dr7 = dr7;
	ASSERT_OK(x86_set_debug(&f->v, &d));
}

static void go(struct axt *f, uint64_t at)
{
	want(&f->v, AXVCPU_REGS_GPR);
	axt_goto(&f->v, at, GUEST_STACK);
}

static bool expect_debug(struct axt *f, uint32_t kind, uint64_t pc, uint64_t dr6)
{
	struct axvcpu_exit x;

	if (!EXPECT_EXIT(f, AXVCPU_EXIT_DEBUG))
		return false;
	memcpy(&x, (void *)f->exit, sizeof(x));
	EXPECT_EQ(x.debug.kind, kind);
	EXPECT_EQ(x.debug.addr, pc);
	if (kind != AXVCPU_DEBUG_SW_BP)
		EXPECT_EQ(x.debug.dr6 & 0xe00f, dr6);
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_NONE));
	EXPECT_TRUE(axv_allowed(&f->v, AXVCPU_CMD_FAULT));
	EXPECT_TRUE(!axv_allowed(&f->v, AXVCPU_CMD_FULFIL));
	return EXPECT_EQ(x.pc, pc);
}

/* ---- single steps ------------------------------------------------------------------ */

static void walk(struct axt *f, uint64_t start, const uint64_t *at, unsigned int nr)
{
	unsigned int i;

	go(f, start);
	for (i = 0; i < nr; i++) {
		axt_context("step %u", i);
		if (!expect_debug(f, AXVCPU_DEBUG_STEP, at[i], DR6_STEP))
			axt_end();
	}
	axt_context(NULL);
}

TEST(step, &config)
{
	const uint64_t at[] = {
		SYM(step1), SYM(step2), SYM(step3), SYM(step4), SYM(step5), SYM(step6),
	};

	axt_avoid(AXT_FLAW_STEP);
	control(f, AXVCPU_X86_DEBUG_STEP);
	walk(f, SYM(steps), at, ARRAY_SIZE(at));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 1u);
	/* the guest sees no sign of it */
	EXPECT_EQ(flags_of(&f->v) & FLAG_TF, 0u);
	control(f, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
}

/* Neither a pushed flags word nor a popped one tells of the steps. */
TEST(step_flags, &config)
{
	const uint64_t at[] = { SYM(flags1), SYM(flags2), SYM(flags3), SYM(flags4) };

	axt_avoid(AXT_FLAW_STEP);
	control(f, AXVCPU_X86_DEBUG_STEP);
	walk(f, SYM(flags), at, ARRAY_SIZE(at));
	EXPECT_EQ(reg(&f->v, RBX) & FLAG_TF, 0u);
	EXPECT_EQ(flags_of(&f->v) & FLAG_TF, 0u);
	/* POPF did not stop the stepping */
	EXPECT_TRUE(expect_debug(f, AXVCPU_DEBUG_STEP, SYM(flags4) + 1, DR6_STEP));
	control(f, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}

/*
 * STI and MOV SS: an instruction may hide behind a MOV SS, none is done twice
 * or skipped, and the shadow does not last.
 */
TEST(step_shadows, &config)
{
	const uint64_t all[] = {
		SYM(shadows1), SYM(shadows2), SYM(shadows3), SYM(shadows4), SYM(shadows5),
	};
	unsigned int i = 0, hidden = 0;

	axt_avoid(AXT_FLAW_STEP);
	control(f, AXVCPU_X86_DEBUG_STEP);
	go(f, SYM(shadows));
	while (i < ARRAY_SIZE(all)) {
		ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
		EXPECT_EQ(f->exit->debug.kind, (uint32_t)AXVCPU_DEBUG_STEP);
		if (f->exit->pc != all[i]) {
			hidden++;
			i++;
			ASSERT_LE(i, ARRAY_SIZE(all) - 1);
			ASSERT_EQ(all[i], SYM(shadows5));
			ASSERT_EQ(f->exit->pc, all[i]);
		}
		i++;
	}
	EXPECT_LE(hidden, 1u);
	EXPECT_EQ(f->exit->intr_state & AXVCPU_INTR_SHADOW, 0u);
	EXPECT_TRUE(f->exit->intr_state & AXVCPU_INTR_ENABLED);
}

/* Instructions that make exits are steps like all others. */
TEST(step_served, &config)
{
	const uint64_t at[] = {
		SYM(served1), SYM(served2), SYM(served3), SYM(served4), SYM(served5),
		SYM(served6), SYM(served7),
	};

	axt_avoid(AXT_FLAW_STEP);
	control(f, AXVCPU_X86_DEBUG_STEP);
	walk(f, SYM(served), at, ARRAY_SIZE(at));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(f->exit->pc, SYM(served7));
	axv_fulfil(&f->v, 0x31);
	EXPECT_TRUE(expect_debug(f, AXVCPU_DEBUG_STEP, SYM(served8), DR6_STEP));
	EXPECT_EQ(reg(&f->v, RAX), 0x31u);
	ASSERT_EXIT(f, AXVCPU_EXIT_IO_READ);
	axv_skip(&f->v);
	EXPECT_TRUE(expect_debug(f, AXVCPU_DEBUG_STEP, SYM(served9), DR6_STEP));
	control(f, 0);
	EXPECT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}

/* An interrupt between two steps: the next one is in its handler. */
TEST(step_interrupt, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	uint64_t handler = SYM(traps) + 0x41 * TRAP_SIZE;
	struct x86_frame fr;

	axt_avoid(AXT_FLAW_STEP);
	control(f, AXVCPU_X86_DEBUG_STEP);
	go(f, SYM(steps));
	x86_set_flags(&f->v, FLAG_IF, 0);
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_STEP, SYM(step1), DR6_STEP));
	ASSERT_OK(axv_inject_irq(&f->v, 0x41));
	ASSERT_OK(axv_run(&f->v));
	if (f->exit->reason == AXVCPU_EXIT_DEBUG) {
		EXPECT_EQ(f->exit->pc, handler);
		ASSERT_OK(axv_run(&f->v));
	}
	ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
	EXPECT_EQ(fr.vector, 0x41u);
	EXPECT_EQ(fr.ip, SYM(step1));
	/* nothing of the VMM's stepping in the frame */
	EXPECT_EQ(fr.flags & FLAG_TF, 0u);
	axv_skip(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
	control(f, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
}

/* INT n and INT3: the next step is in the handler, and the one after IRET behind them. */
TEST(step_software, &config)
{
	static const struct {
		unsigned int vector;
		uint64_t at, behind;
	} rows[] = {
		{ 0x41, SYM(call_int), SYM(call_int1) },
		{ 3, SYM(software), SYM(software1) },
	};
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;
	unsigned int i;

	axt_avoid(AXT_FLAW_STEP);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		axt_context("vector %u", rows[i].vector);
		control(f, AXVCPU_X86_DEBUG_STEP);
		go(f, rows[i].at);
		ASSERT_OK(axv_run(&f->v));
		if (f->exit->reason == AXVCPU_EXIT_DEBUG) {
			EXPECT_EQ(f->exit->pc, SYM(traps) + rows[i].vector * TRAP_SIZE);
			ASSERT_OK(axv_run(&f->v));
		}
		ASSERT_TRUE(x86_trapped(&t, &f->v, &fr));
		EXPECT_EQ(fr.vector, rows[i].vector);
		EXPECT_EQ(fr.ip, rows[i].behind);
		EXPECT_EQ(fr.flags & FLAG_TF, 0u);
		axv_skip(&f->v);
		ASSERT_EXIT(f, AXVCPU_EXIT_DEBUG);
		ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_STEP, rows[i].behind, DR6_STEP));
		control(f, 0);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(done));
	}
}

/* FAULT gives the guest the #DB that the exit reports. */
TEST(step_fault, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_debug d;
	struct x86_frame fr;

	axt_avoid(AXT_FLAW_STEP);
	control(f, AXVCPU_X86_DEBUG_STEP);
	go(f, SYM(steps));
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_STEP, SYM(step1), DR6_STEP));
	control(f, 0);
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 1, &fr);
	EXPECT_EQ(fr.ip, SYM(step1));
	x86_get_debug(&f->v, &d);
	EXPECT_EQ(d.dr6 & 0xe00f, (uint64_t)DR6_STEP);
}

/* ---- software breakpoints ------------------------------------------------------------- */

TEST(software, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;

	/* without the flag the guest has it */
	go(f, SYM(software));
	ASSERT_TRAP(&t, &f->v, 3, &fr);
	EXPECT_EQ(fr.ip, SYM(software1));

	control(f, AXVCPU_X86_DEBUG_SW_BP);
	go(f, SYM(software));
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_SW_BP, SYM(software), 0));
	axv_retry(&f->v);
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_SW_BP, SYM(software), 0));
	axv_fault(&f->v);
	ASSERT_TRAP(&t, &f->v, 3, &fr);
	EXPECT_EQ(fr.ip, SYM(software1));

	/* a debugger puts the instruction back */
	go(f, SYM(software));
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_SW_BP, SYM(software), 0));
	f->ram[SYM(software)] = 0x90;
	axv_retry(&f->v);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
}

/* ---- hardware breakpoints --------------------------------------------------------------- */

TEST(hardware_exec, &config)
{
	unsigned int i;

	axt_avoid(AXT_FLAW_DR6);
	breakpoints(f, SYM(step3), SYM(step5), DR7_L(0) | DR7_EXEC(0) | DR7_L(1) | DR7_EXEC(1));
	for (i = 0; i < 2; i++) {
		go(f, SYM(steps));
		ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_HW_BP, SYM(step3), DR6_BP0));
		/* before the instruction; RF lets it through once */
		EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), i);
		x86_set_flags(&f->v, FLAG_RF, 0);
		ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_HW_BP, SYM(step5), DR6_BP1));
		EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), i + 1);
		x86_set_flags(&f->v, FLAG_RF, 0);
		ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
		EXPECT_EQ(f->exit->pc, SYM(done));
	}
	/* taken away, they are gone */
	control(f, 0);
	go(f, SYM(steps));
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
}

TEST(hardware_data, &config)
{
	axt_avoid(AXT_FLAW_DR6);
	breakpoints(f, GUEST_DATA, GUEST_DATA + 4,
		    DR7_L(0) | DR7_WRITE4(0) | DR7_L(1) | DR7_ACCESS4(1));
	go(f, SYM(access));
	/* the read is not watched; a trap is reported behind its instruction */
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_HW_BP, SYM(access2), DR6_BP0));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA, uint32_t), 5u);
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_HW_BP, SYM(access4), DR6_BP1));
	EXPECT_EQ(GUEST_MEM(f, GUEST_DATA + 4, uint32_t), 6u);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
}

/* The VMM's breakpoints replace the guest's, which it reads and writes freely. */
TEST(hardware_hidden, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_debug d;
	struct x86_frame fr;

	axt_avoid(AXT_FLAW_DR6);
	breakpoints(f, SYM(write_dr2), 0, DR7_L(0));
	go(f, SYM(write_dr));
	ASSERT_OK(axv_set_gpr(&f->v, RAX, SYM(write_dr1)));
	ASSERT_OK(axv_set_gpr(&f->v, RBX, 0x401));
	ASSERT_TRUE(expect_debug(f, AXVCPU_DEBUG_HW_BP, SYM(write_dr2), DR6_BP0));
	x86_set_flags(&f->v, FLAG_RF, 0);
	ASSERT_EXIT(f, AXVCPU_EXIT_HYPERCALL);
	EXPECT_EQ(f->exit->pc, SYM(done));
	EXPECT_EQ(reg(&f->v, RCX), SYM(write_dr1));
	EXPECT_EQ(reg(&f->v, RDX), DR6_RESET);
	EXPECT_EQ(reg(&f->v, RSI), 0x401u);
	x86_get_debug(&f->v, &d);
	EXPECT_EQ(d.dr[0], SYM(write_dr1));
	EXPECT_EQ(d.dr7, 0x401u);
	EXPECT_EQ(d.bp_addr[0], SYM(write_dr2));

	/* given back to the guest, its own one is in force */
	control(f, 0);
	go(f, SYM(write_dr));
	ASSERT_TRAP(&t, &f->v, 1, &fr);
	EXPECT_EQ(fr.ip, SYM(write_dr1));
	x86_get_debug(&f->v, &d);
	EXPECT_EQ(d.dr6 & 0xe00f, (uint64_t)DR6_BP0);
}

/* ---- the guest's own -------------------------------------------------------------------------- */

TEST(guest_step, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct axvcpu_x86_debug d;
	struct x86_frame fr;

	axt_avoid(AXT_FLAW_DR6);
	go(f, SYM(own_step));
	ASSERT_TRAP(&t, &f->v, 1, &fr);
	EXPECT_EQ(fr.ip, SYM(own_step2));
	EXPECT_EQ(fr.flags & FLAG_TF, (uint64_t)FLAG_TF);
	x86_get_debug(&f->v, &d);
	EXPECT_EQ(d.dr6 & 0xe00f, (uint64_t)DR6_STEP);
}

/* An instruction that the VMM completes is stepped over as well. */
TEST(guest_step_exit, &config)
{
	struct x86_traps t = x86_traps_init(f, SYM(traps));
	struct x86_frame fr;

	axt_avoid(AXT_FLAW_STEP);
	go(f, SYM(own_step_exit));
	ASSERT_EXIT(f, AXVCPU_EXIT_MMIO_READ);
	EXPECT_EQ(f->exit->pc, SYM(own_step_exit1));
	axv_fulfil(&f->v, 0x77);
	ASSERT_TRAP(&t, &f->v, 1, &fr);
	EXPECT_EQ(fr.ip, SYM(own_step_exit2));
	EXPECT_EQ(reg(&f->v, RAX), 0x77u);
}

/* ---- the group ---------------------------------------------------------------------------------- */

TEST(bad_groups, &config)
{
	struct axvcpu_x86_debug good, bad, after;
	unsigned int i;

	x86_get_debug(&f->v, &good);
	EXPECT_EQ(good.dr6, DR6_RESET);
	EXPECT_EQ(good.dr7, 0x400u);
	for (i = 0; i < 8; i++) {
		axt_context("row %u", i);
		bad = good;
		switch (i) {
		case 0:
			bad.dr6 |= 1ull << 32;
			break;
		case 1:
			bad.dr6 |= 1ull << 12;
			break;
		case 2:
			bad.dr7 |= 1ull << 32;
			break;
		case 3:
			bad.dr7 |= 1ull << 11;
			break;
		case 4:
			bad.control = 1u << 3;
			break;
		case 5:
			bad.reserved = 1;
			break;
		case 6:
			bad.bp_dr7 |= 1ull << 13;
			break;
		case 7:
			bad.bp_dr7 |= 1ull << 40;
			break;
		}
		EXPECT_ERR(EINVAL, x86_set_debug(&f->v, &bad));
		x86_get_debug(&f->v, &after);
		EXPECT_TRUE(!memcmp(&good, &after, sizeof(good)));
	}
}
