// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSRs that the VMM answers for, by its filter, and instructions that trap because a
 * guest runs them: to the guest they are illegal, as on a hart without hypervisor.
 *
 * rig: arch=riscv
 */
#include "axvtest.h"

DECLARE_GUEST(csr);

#define LABEL(name)	DECLARE_GUEST_SYM(csr, name)
LABEL(trapped);
LABEL(csrrw);
LABEL(csrrw_x0);
LABEL(csrrs);
LABEL(csrrs_x0);
LABEL(csrrc);
LABEL(csrrc_x0);
LABEL(csrrwi);
LABEL(csrrwi_x0);
LABEL(csrrsi);
LABEL(csrrsi_0);
LABEL(csrrci);
LABEL(csrrci_0);
LABEL(csrrs_no_rd);
LABEL(csrrw_same);
LABEL(csrrc_same);
LABEL(to_all);
LABEL(from_all);
LABEL(read_only);
LABEL(read_only_write);
LABEL(user);
LABEL(hstatus);
LABEL(vsatp);
LABEL(mscratch);
LABEL(cycle);
LABEL(time);
LABEL(wait);
LABEL(hypervisor_fence);
LABEL(hypervisor_load);
LABEL(nothing);

#define CSR		0x5c0
#define OLD		0x0f0f0f0f0f0f0f0full
#define OPERAND		0x00ff00ff00ff00ffull
#define BEFORE		0x9999ull
#define ILLEGAL		2

static const struct axt_config flat = { .start = AXT_START_FLAT, GUEST(csr) };
static const struct axt_config paged = { .start = AXT_START_PAGED, GUEST(csr) };
static const struct axt_config exits = {
	.start = AXT_START_FLAT, GUEST(csr), .exception_exits = 1u << ILLEGAL,
};

/* ---- the machine ---------------------------------------------------------------------- */

static void prepare(struct axt *f)
{
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG));
	f->regs->control.stvec = GUEST_SYM(csr, trapped);
	f->regs->debug.control = AXVCPU_RISCV_DEBUG_SW_BP;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG, 0));
}

static void filter(struct axt *f, uint32_t first, uint32_t last, uint32_t read, uint32_t write)
{
	struct axvcpu_filter_range range = { first, last, read, write };

	ASSERT_OK(axv_set_msr_filter(f->vm, &range, 1));
}

static void filter_all(struct axt *f)
{
	filter(f, 0, 0xfff, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT);
}

/* The guest is to execute @label; not yet. */
static void go_to(struct axt *f, uint64_t label)
{
	axt_goto(&f->v, label, 0);
	ASSERT_OK(axv_set_gpr(&f->v, A1, 0x1000));
	ASSERT_OK(axv_set_gpr(&f->v, A2, OPERAND));
	ASSERT_OK(axv_set_gpr(&f->v, A4, BEFORE));
	want(&f->v, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL);
}

static uint32_t insn_at(const struct axt *f, uint64_t label)
{
	return GUEST_MEM(f, label, uint32_t);
}

/* The piece has come to its end. */
static void expect_done(struct axt *f, uint64_t label, uint64_t a4)
{
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_DEBUG);
	EXPECT_EQ(f->exit->pc, label + 4);
	EXPECT_EQ(reg(&f->v, A4), a4);
}

/* The guest has got an illegal instruction exception for that at @pc. */
static void expect_illegal(struct axt *f, uint64_t pc, uint32_t insn)
{
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_DEBUG);
	EXPECT_EQ(f->exit->pc, GUEST_SYM(csr, trapped) + 4);
	EXPECT_EQ(f->regs->control.scause, ILLEGAL);
	EXPECT_EQ(f->regs->control.stval, insn);
	EXPECT_EQ(f->regs->control.sepc, pc);
	EXPECT_EQ(reg(&f->v, A4), BEFORE);
}

static void expect_sysreg(struct axt *f, uint32_t reason, uint32_t csr, uint64_t value,
			  uint32_t reg_nr, uint64_t pc)
{
	char buf[200];

	if (f->exit->reason != reason) {
		axt_fail(__FILE__, __LINE__, "exit: %s", axv_exit_str(f->exit, buf, sizeof(buf)));
		axt_end();
	}
	EXPECT_EQ(f->exit->sysreg.addr, csr);
	EXPECT_EQ(f->exit->sysreg.value, value);
	EXPECT_EQ(f->exit->sysreg.reg, reg_nr);
	EXPECT_EQ(f->exit->pc, pc);
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->insn_nr, 4);
	EXPECT_TRUE(!memcmp((void *)f->exit->insn, f->ram + (pc & (GUEST_USER - 1)), 4));
	EXPECT_EQ(f->exit->commands, 0x1eu);
}

static void run(struct axt *f)
{
	ASSERT_OK(axv_run(&f->v));
}

/* ---- every form --------------------------------------------------------------------------- */

struct form_case {
	const char *name;
	const unsigned char *label;
	bool reads;
	bool writes;
	uint64_t value;		/* written, OLD having been read */
};

#define FORM(_name, _reads, _writes, _value) \
	{ #_name, guest_csr__##_name, _reads, _writes, _value }

static const struct form_case form_cases[] = {
	FORM(csrrw, true, true, OPERAND),
	FORM(csrrw_x0, false, true, OPERAND),
	FORM(csrrs, true, true, OLD | OPERAND),
	FORM(csrrs_x0, true, false, 0),
	FORM(csrrc, true, true, OLD & ~OPERAND),
	FORM(csrrc_x0, true, false, 0),
	FORM(csrrwi, true, true, 21),
	FORM(csrrwi_x0, false, true, 21),
	FORM(csrrsi, true, true, OLD | 21),
	FORM(csrrsi_0, true, false, 0),
	FORM(csrrci, true, true, OLD & ~21ull),
	FORM(csrrci_0, true, false, 0),
};

TEST_ROWS(forms, form_cases, ARRAY_SIZE(form_cases), &flat)
{
	const struct form_case *c = arg;
	uintptr_t label = (uintptr_t)c->label;

	prepare(f);
	filter_all(f);
	go_to(f, label);
	run(f);
	if (c->reads) {
		expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, CSR, 0, A4, label);
		EXPECT_EQ(reg(&f->v, A4), BEFORE);
		axv_fulfil(&f->v, OLD);
		run(f);
	}
	if (c->writes) {
		expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, CSR, c->value, AXVCPU_REG_NONE, label);
		/* nothing of it is done before all is */
		EXPECT_EQ(reg(&f->v, A4), BEFORE);
		axv_fulfil(&f->v, 0x7777);
		run(f);
	}
	expect_done(f, label, c->reads ? OLD : BEFORE);
	EXPECT_EQ(reg(&f->v, A2), OPERAND);
}

/* x0 is read for nothing; the source is the destination, too. */
TEST(odd_registers, &flat)
{
	uintptr_t label = GUEST_SYM(csr, csrrs_no_rd);

	prepare(f);
	filter_all(f);
	go_to(f, label);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, CSR, 0, 0, label);
	axv_fulfil(&f->v, OLD);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, CSR, OLD | OPERAND, AXVCPU_REG_NONE, label);
	axv_fulfil(&f->v, 0);
	run(f);
	expect_done(f, label, BEFORE);
	EXPECT_EQ(reg(&f->v, 0), 0u);

	label = GUEST_SYM(csr, csrrw_same);
	go_to(f, label);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, CSR, 0, A2, label);
	axv_fulfil(&f->v, OLD);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, CSR, OPERAND, AXVCPU_REG_NONE, label);
	axv_fulfil(&f->v, 0);
	run(f);
	EXPECT_EQ(reg(&f->v, A2), OLD);

	label = GUEST_SYM(csr, csrrc_same);
	go_to(f, label);
	run(f);
	axv_fulfil(&f->v, OLD);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, CSR, OLD & ~OPERAND, AXVCPU_REG_NONE, label);
	axv_fulfil(&f->v, 0);
	run(f);
	EXPECT_EQ(reg(&f->v, A2), OLD);
}

TEST(all_registers, &flat)
{
	uint64_t value, pc;
	unsigned int i;

	prepare(f);
	filter_all(f);
	go_to(f, GUEST_SYM(csr, to_all));
	for (i = 0; i < 32; i++) {
		run(f);
		pc = GUEST_SYM(csr, to_all) + 4 * i;
		expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, CSR, 0, i, pc);
		axv_fulfil(&f->v, 0x8000000100000001ull * (i + 1));
	}
	run(f);
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_DEBUG);
	for (i = 0; i < 32; i++)
		EXPECT_EQ(reg(&f->v, i), i ? 0x8000000100000001ull * (i + 1) : 0);

	ASSERT_OK(axv_set_entry(&f->v, GUEST_SYM(csr, from_all)));
	for (i = 0; i < 32; i++) {
		run(f);
		value = i ? 0x8000000100000001ull * (i + 1) : 0;
		pc = GUEST_SYM(csr, from_all) + 4 * i;
		expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, CSR, value, AXVCPU_REG_NONE, pc);
		axv_fulfil(&f->v, 0);
	}
	run(f);
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_DEBUG);
}

/* ---- commands ------------------------------------------------------------------------------- */

TEST(commands, &flat)
{
	uintptr_t label = GUEST_SYM(csr, csrrw);
	unsigned int half;

	prepare(f);
	filter_all(f);
	for (half = 0; half < 2; half++) {
		uint32_t reason = half ? AXVCPU_EXIT_SYSREG_WRITE : AXVCPU_EXIT_SYSREG_READ;
		unsigned int i;

		for (i = 0; i < 3; i++) {
			axt_context("half %u, command %u", half, i);
			go_to(f, label);
			run(f);
			if (half) {
				axv_fulfil(&f->v, OLD);
				run(f);
			}
			ASSERT_EQ(f->exit->reason, reason);
			if (i == 0) {
				/* all of it again */
				axv_retry(&f->v);
				run(f);
				expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, CSR, 0, A4, label);
				axv_skip(&f->v);
				run(f);
				expect_done(f, label, BEFORE);
			} else if (i == 1) {
				axv_skip(&f->v);
				run(f);
				expect_done(f, label, BEFORE);
			} else {
				axv_fault(&f->v);
				run(f);
				expect_illegal(f, label, insn_at(f, label));
			}
		}
	}
}

/* ---- filters ---------------------------------------------------------------------------------- */

TEST(ignored, &flat)
{
	uintptr_t label = GUEST_SYM(csr, csrrs);

	prepare(f);
	filter(f, CSR, CSR, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_IGNORE);
	go_to(f, label);
	run(f);
	expect_done(f, label, 0);

	filter(f, CSR, CSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_IGNORE);
	go_to(f, label);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, CSR, 0, A4, label);
	axv_fulfil(&f->v, OLD);
	run(f);
	expect_done(f, label, OLD);

	filter(f, CSR, CSR, AXVCPU_FILTER_IGNORE, AXVCPU_FILTER_EXIT);
	go_to(f, label);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, CSR, OPERAND, AXVCPU_REG_NONE, label);
	axv_fulfil(&f->v, 0);
	run(f);
	expect_done(f, label, 0);
}

/* No filter, one for others, FAULT: illegal, and each with the instruction in stval. */
TEST(refused, &flat)
{
	uintptr_t label = GUEST_SYM(csr, csrrw);
	unsigned int i;

	prepare(f);
	for (i = 0; i < 6; i++) {
		axt_context("filter %u", i);
		if (i == 1)
			filter(f, CSR + 1, 0xfff, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT);
		if (i == 2)
			filter(f, CSR, CSR, AXVCPU_FILTER_FAULT, AXVCPU_FILTER_EXIT);
		if (i == 3)
			filter(f, CSR, CSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_FAULT);
		if (i == 4)
			filter(f, CSR, CSR, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_DEFAULT);
		if (i == 5)
			ASSERT_OK(axv_set_msr_filter(f->vm, NULL, 0));
		go_to(f, label);
		run(f);
		expect_illegal(f, label, insn_at(f, label));
	}
}

/* The filter is asked for each half when it is made. */
TEST(changed, &flat)
{
	uintptr_t label = GUEST_SYM(csr, csrrw);

	prepare(f);
	filter_all(f);
	go_to(f, label);
	run(f);
	ASSERT_OK(axv_set_msr_filter(f->vm, NULL, 0));
	axv_fulfil(&f->v, OLD);
	run(f);
	expect_illegal(f, label, insn_at(f, label));
}

/* What the architecture does not let the guest do is not the filter's to allow. */
TEST(privilege, &paged)
{
	static const unsigned char *const labels[] = {
		guest_csr__csrrw, guest_csr__hstatus, guest_csr__mscratch, guest_csr__wait,
	};
	uintptr_t label = GUEST_SYM(csr, read_only_write);
	unsigned int i;

	prepare(f);
	filter_all(f);
	go_to(f, label);
	run(f);
	expect_illegal(f, label, insn_at(f, label));
	label = GUEST_SYM(csr, read_only);
	go_to(f, label);
	run(f);
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, 0xcc0, 0, A4, label);
	axv_fulfil(&f->v, OLD);
	run(f);
	expect_done(f, label, OLD);

	/* the user */
	for (i = 0; i <= ARRAY_SIZE(labels); i++) {
		label = i < ARRAY_SIZE(labels) ? (uintptr_t)labels[i] : GUEST_SYM(csr, user);
		axt_context("user mode, case %u", i);
		go_to(f, label);
		ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
		f->regs->gpr.mode = AXVCPU_RISCV_MODE_U;
		f->regs->gpr.pc = GUEST_USER + label;
		ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
		run(f);
		if (i < ARRAY_SIZE(labels)) {
			expect_illegal(f, GUEST_USER + label, insn_at(f, label));
			continue;
		}
		expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, 0x8c0, 0, A4, GUEST_USER + label);
	}
}

/* ---- a hypervisor's own ---------------------------------------------------------------------------- */

struct own_case {
	const char *name;
	const unsigned char *label;
	uint32_t csr;
};

#define OWN(_name, _csr)	{ #_name, guest_csr__##_name, _csr }

static const struct own_case own_cases[] = {
	OWN(hstatus, 0x600), OWN(vsatp, 0x280), OWN(mscratch, 0x340), OWN(cycle, 0xc00),
	OWN(hypervisor_fence, 0), OWN(hypervisor_load, 0), OWN(nothing, 0),
};

/* Illegal, the instruction in stval; a CSR among them is the VMM's where it wants. */
TEST_ROWS(own, own_cases, ARRAY_SIZE(own_cases), &flat)
{
	const struct own_case *c = arg;
	uintptr_t label = (uintptr_t)c->label;

	prepare(f);
	go_to(f, label);
	run(f);
	expect_illegal(f, label, insn_at(f, label));

	filter_all(f);
	go_to(f, label);
	run(f);
	if (!c->csr) {
		expect_illegal(f, label, insn_at(f, label));
		return;
	}
	expect_sysreg(f, AXVCPU_EXIT_SYSREG_READ, c->csr, 0, A4, label);
	axv_fulfil(&f->v, OLD);
	run(f);
	if (c->csr != 0xc00) {
		expect_sysreg(f, AXVCPU_EXIT_SYSREG_WRITE, c->csr, OPERAND, AXVCPU_REG_NONE, label);
		axv_fulfil(&f->v, 0);
		run(f);
	}
	expect_done(f, label, OLD);
}

/* time is the guest's: it does not trap, whatever the filter says. */
TEST(time, &flat)
{
	uintptr_t label = GUEST_SYM(csr, time);

	prepare(f);
	filter_all(f);
	go_to(f, label);
	run(f);
	EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_DEBUG);
	EXPECT_EQ(f->exit->pc, label + 4);
	EXPECT_NE(reg(&f->v, A4), BEFORE);
}

/* EXCEPTION exits of illegal instructions; a filter comes first. */
TEST(exception_exits, &exits)
{
	static const unsigned char *const labels[] = {
		guest_csr__nothing, guest_csr__csrrw, guest_csr__hstatus, guest_csr__hypervisor_fence,
	};
	unsigned int i, filtered;

	prepare(f);
	for (filtered = 0; filtered < 2; filtered++) {
		for (i = 0; i < ARRAY_SIZE(labels); i++) {
			uintptr_t label = (uintptr_t)labels[i];

			axt_context("filter %u, case %u", filtered, i);
			go_to(f, label);
			run(f);
			if (filtered && (i == 1 || i == 2)) {
				EXPECT_EQ(f->exit->reason, AXVCPU_EXIT_SYSREG_READ);
				axv_retry(&f->v);
				continue;
			}
			ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_EXCEPTION);
			EXPECT_EQ(f->exit->exception.vector, ILLEGAL);
			EXPECT_EQ(f->exit->exception.addr, insn_at(f, label));
			EXPECT_EQ(f->exit->pc, label);
			axv_fault(&f->v);
			run(f);
			expect_illegal(f, label, insn_at(f, label));
		}
		filter_all(f);
	}
}

/* wfi with nothing pending: HALT where that is asked for, and FULFIL ends it. */
TEST(wait, &flat)
{
	uintptr_t label = GUEST_SYM(csr, wait);

	prepare(f);
	go_to(f, label);
	f->v.run->entry.flags = AXVCPU_ENTRY_EXIT_ON_HALT;
	run(f);
	ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_HALT);
	EXPECT_EQ(f->exit->pc, label);
	EXPECT_EQ(f->exit->insn_len, 4);
	EXPECT_EQ(f->exit->commands, 0x1eu);
	axv_retry(&f->v);
	run(f);
	ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_HALT);
	axv_fulfil(&f->v, 0);
	run(f);
	expect_done(f, label, BEFORE);
	go_to(f, label);
	run(f);
	ASSERT_EQ(f->exit->reason, AXVCPU_EXIT_HALT);
	axv_fault(&f->v);
	run(f);
	expect_illegal(f, label, 0);
	f->v.run->entry.flags = 0;
}
