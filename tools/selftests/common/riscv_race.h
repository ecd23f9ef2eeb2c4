/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hostile_race.c that is for RISC-V. */
LABEL(s_write32);
LABEL(s_read32);
LABEL(s_write8);
LABEL(s_write_next);
LABEL(s_write_12);
LABEL(s_read_12);
LABEL(s_read64);
LABEL(s_read8);
LABEL(s_read_f32);
LABEL(s_amo);
LABEL(s_register);
LABEL(s_csr_read);
LABEL(s_csr_write);
LABEL(s_wfi);
LABEL(s_call);
LABEL(s_ebreak);
LABEL(s_invalid);
LABEL(s_sret);
LABEL(s_sfence);
LABEL(s_sstatus);
LABEL(s_c_read32);
LABEL(s_c_write32);
LABEL(s_c_ebreak);

#define SYSREG		0x5c0
#define VALUE		0x11223344u
#define CALL_NR		5
#define ASTRAY		(GUEST_DATA + 0x9800)	/* of no interest */

#define WRITE32		SIDE(s_write32, MMIO_WRITE, MMIO, .width = 4, .data = VALUE)
#define WRITE_HALVES	SIDE(s_write32, MMIO_WRITE, MMIO, .width = 4, .data = VALUE, .halves = true)
#define READ32		SIDE(s_read32, MMIO_READ, MMIO, .width = 4)
#define WRITE8		SIDE(s_write8, MMIO_WRITE, MMIO, .width = 1, .data = VALUE & 0xff)
#define WRITE_NEXT	SIDE(s_write_next, MMIO_WRITE, .at = GUEST_MMIO + 8, .width = 8, .data = VALUE)
/* the same half says which register is written, and where is read */
#define MMIO_12		.at = GUEST_MMIO + 12
#define WRITE_12	SIDE(s_write_12, MMIO_WRITE, MMIO_12, .width = 4, .data = VALUE)
#define READ_12		SIDE(s_read_12, MMIO_READ, MMIO_12, .width = 4)
#define READ64		SIDE(s_read64, MMIO_READ, MMIO, .width = 8)
#define READ8		SIDE(s_read8, MMIO_READ, MMIO, .width = 1)
#define READ_F32	SIDE(s_read_f32, MMIO_READ, MMIO, .width = 4)
#define AMO		SIDE(s_amo, INTERNAL_ERROR, MMIO)
#define REGISTER	SIDE(s_register, NOTHING)
#define CSR_READ	SIDE(s_csr_read, SYSREG_READ, .at = SYSREG)
#define CSR_WRITE	SIDE(s_csr_write, SYSREG_WRITE, .at = SYSREG, .data = ASTRAY)
#define WFI		SIDE(s_wfi, HALT)
#define CALL		SIDE(s_call, HYPERCALL, .at = CALL_NR)
#define EBREAK		SIDE(s_ebreak, DEBUG)
#define INVALID		SIDE(s_invalid, NOTHING, .trap = 3)
#define C_READ32	SIDE(s_c_read32, MMIO_READ, MMIO, .width = 4)
#define C_WRITE32	SIDE(s_c_write32, MMIO_WRITE, MMIO, .width = 4, .data = VALUE)
#define C_EBREAK	SIDE(s_c_ebreak, DEBUG)

static const struct race races[] = {
	{ "write_or_read", { WRITE_12, READ_12 } },
	{ "write_or_read_or_half", { WRITE_HALVES, READ32 } },
	{ "write_4_or_1", { WRITE32, WRITE8 } },
	{ "write_here_or_there", { WRITE32, WRITE_NEXT } },
	{ "read_4_or_8", { READ32, READ64 } },
	{ "read_into_x_or_f", { READ32, READ_F32 } },
	{ "amo_or_write", { AMO, WRITE32 } },
	{ "write_or_register", { WRITE8, REGISTER } },
	{ "read_or_invalid", { READ8, INVALID } },
	{ "read_2_bytes_or_4", { C_READ32, READ32 } },
	{ "write_2_bytes_or_4", { C_WRITE32, WRITE32 } },
	{ "csr_read_or_write", { CSR_READ, CSR_WRITE } },
	{ "csr_or_read", { CSR_READ, READ32 } },
	{ "wfi_or_write", { WFI, WRITE32 } },
	{ "wfi_or_csr", { WFI, CSR_READ } },
	{ "call_or_csr", { CALL, CSR_READ } },
	{ "ebreak_2_bytes_or_4", { C_EBREAK, EBREAK } },
	{ "ebreak_or_read", { EBREAK, READ32 } },
};

/*
 * A hart without Ziccif may fetch an instruction in halves, and QEMU before 10.1 does. It
 * may have one half of each side, then. Sides are such that what comes of them is
 * - no instruction that it knows: this;
 * - a load or store by ra, gp or a3: see astray();
 * - a register or a CSR that nobody looks at.
 * Behind a short one may be the second half of a longer one: c.nop, or c.addi of ra.
 */
static bool is_torn(const struct axt *f, uint64_t a, uint64_t b, const struct trap *p)
{
	uint32_t x = GUEST_MEM(f, a, uint32_t), y = GUEST_MEM(f, b, uint32_t);

	return axt_flawed(AXT_FLAW_TORN) && p->what == TRAP_ILLEGAL && p->pc == slot &&
	       (p->addr == ((x & 0xffff) | (y & ~0xffffu)) ||
		p->addr == ((y & 0xffff) | (x & ~0xffffu)));
}

/* They go to @page. */
static void astray(struct axt *f, uint64_t page)
{
	ASSERT_OK(axv_set_gpr(&f->v, RA, page));
	ASSERT_OK(axv_set_gpr(&f->v, GP, page));
	ASSERT_OK(axv_set_gpr(&f->v, A3, page));
}

static bool other_trap(const struct axt *f, const struct race *row, const struct trap *p)
{
	return is_torn(f, row->side[0].code, row->side[1].code, p);
}

static void race_prepare(struct axt *f)
{
	astray(f, ASTRAY);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_ADDR, GUEST_MMIO));
	ASSERT_OK(axv_set_gpr(&f->v, AXT_VALUE, VALUE));
	ASSERT_OK(axv_set_gpr(&f->v, A6, CALL_NR));
	ASSERT_OK(axv_set_gpr(&f->v, A7, AXVCPU_RISCV_SBI_HVC));
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG));
	f->regs->control.sstatus |= SSTATUS_FS;
	f->regs->debug.control = AXVCPU_RISCV_DEBUG_SW_BP;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_CONTROL | AXVCPU_REGS_DEBUG, 0));
}

/* ---- user mode ----------------------------------------------------------------------- */

static const struct side harmless = READ32;

static const struct privileged privileged[] = {
	{ "csr_read", SYM(s_csr_read), TRAP_ILLEGAL },
	{ "csr_write", SYM(s_csr_write), TRAP_ILLEGAL },
	{ "sstatus", SYM(s_sstatus), TRAP_ILLEGAL },
	{ "wfi", SYM(s_wfi), TRAP_ILLEGAL },
	{ "sret", SYM(s_sret), TRAP_ILLEGAL },
	{ "sfence", SYM(s_sfence), TRAP_ILLEGAL },
	{ "call", SYM(s_call), 8 },
};

/* To user mode, at the loop, where the kernel would answer for the CSR. */
static void to_user(struct axt *f)
{
	static const struct axvcpu_filter_range csr = {
		SYSREG, SYSREG, AXVCPU_FILTER_EXIT, AXVCPU_FILTER_EXIT,
	};

	ASSERT_OK(axv_set_msr_filter(f->vm, &csr, 1));
	slot = GUEST_USER + SYM(race_slot);
	ASSERT_OK(axv_set_gpr(&f->v, AXT_ADDR, GUEST_USER + GUEST_MMIO));
	astray(f, GUEST_USER + ASTRAY);
	axt_goto(&f->v, GUEST_USER + SYM(race), GUEST_STACK);
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR));
	f->regs->gpr.mode = AXVCPU_RISCV_MODE_U;
	ASSERT_OK(axv_sync(&f->v, AXVCPU_REGS_GPR, 0));
}

/* It got no further. */
static void expect_user(struct axt *f)
{
	/* its kernel's, which has the trap */
	if (f->exit->pc >= SYM(traps) && f->exit->pc <= SYM(trap_call))
		return;
	ASSERT_OK(axv_sync(&f->v, 0, AXVCPU_REGS_GPR | AXVCPU_REGS_CONTROL));
	EXPECT_EQ(f->regs->gpr.mode, AXVCPU_RISCV_MODE_U);
	EXPECT_EQ(f->regs->control.sstatus & (SSTATUS_SIE | SSTATUS_SUM | SSTATUS_MXR), 0u);
}

static bool user_trap(const struct axt *f, const struct privileged *row, const struct trap *p)
{
	return p->what == row->trap || is_torn(f, harmless.code, row->code, p);
}

/* ---- page tables --------------------------------------------------------------------- */

#define PTE(gpa, flags)	((uint64_t)(gpa) >> 2 | (flags))
#define PTE_RW		0xc7	/* accessed and dirty */
#define PTE_RO		0xc3
#define PTE_TABLE	0x1
#define DEVICE_PTE	PTE(GUEST_MMIO, PTE_RW)

static const struct table tables[] = {
	{ "memory_or_device", false, { PTE(FRAME, PTE_RW), DEVICE_PTE } },
	{ "memory_or_nothing", false, { PTE(FRAME, PTE_RW), 0 } },
	{ "device_or_nothing", false, { DEVICE_PTE, 0 } },
	{ "device_or_read_only", false, { DEVICE_PTE, PTE(FRAME, PTE_RO) } },
	{ "device_or_not_dirty", false, { DEVICE_PTE, PTE(FRAME, PTE_RW & ~0x80) } },
	{ "table_or_device", true, { PTE(TABLE, PTE_TABLE), PTE(GUEST_MMIO, PTE_TABLE) } },
	{ "table_or_reserved_bits", true, { PTE(TABLE, PTE_TABLE), PTE(TABLE, 1ull << 58 | PTE_TABLE) } },
	{ "table_or_beyond", true, { PTE(TABLE, PTE_TABLE), PTE(0x00fffffffffff000ull, PTE_TABLE) } },
};

/* A directory for GVA, and its table; the entry of that is to come. */
static void tables_prepare(struct axt *f)
{
	((uint64_t *)(f->ram + GUEST_PML4))[1] = PTE(GUEST_DATA, PTE_TABLE);
	((uint64_t *)(f->ram + GUEST_DATA))[0] = PTE(TABLE, PTE_TABLE);
}

/* Or an access fault, where the hart itself finds an address too large. */
static bool is_page_fault(unsigned int what)
{
	return what == 13 || what == 15 || what == TRAP_LOAD || what == TRAP_STORE;
}
